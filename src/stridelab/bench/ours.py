"""Our side of the benchmark: a layer of `stridelab.layers`, built once, and what it must equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stridelab.bench.suite import Case
from stridelab.bench.timing import INPUTS, Compute
from stridelab.layers import Conv2D, DepthwiseConv2D
from stridelab.ops import METHODS, conv2d, door, machine, memory, methods
from stridelab.ops.call import Call

Array = npt.NDArray[np.float32]

#: Our two contenders: whatever is fastest; and no arithmetic saved, so no Winograd and no FFT.
OURS = ("auto", "strict")

#: What stands among the contenders for the machine's limit: multiply-adds in registers, nothing
#: else. Its time is what it would take for the case's.
PEAK = "FMA peak"

#: Numbers of the longest vector: with fewer channels depthwise tiles may not serve a stride.
LANES = 16

#: Turns of its loop: some milliseconds.
TURNS = 800_000


@dataclass(frozen=True)
class Data:
    """What all contenders of a case compute with.

    Parameters
    ----------
    inputs : tuple of array
        (N, H, W, Cin) each; they take turns.
    kernel : array
        (KH, KW, Cin/groups, Cout).
    """

    inputs: tuple[Array, ...]
    kernel: Array

    @classmethod
    def of(cls, case: Case) -> Data:
        """Normally distributed numbers, the same in every run."""
        stream = np.random.default_rng(0)

        def drawn(shape: tuple[int, ...]) -> Array:
            x = memory.empty(shape, np.dtype(np.float32))  # lies as a layer's result does
            return stream.standard_normal(dtype=np.float32, out=x)

        return cls(tuple(drawn(case.input_shape) for _ in range(INPUTS)), drawn(case.kernel_shape))


@dataclass(frozen=True)
class Contender:
    """One way to compute a case.

    Parameters
    ----------
    compute : function
        Of an input's number: a fresh result, in whatever form the contender has it.
    as_array : function
        Of such a result: the array (N, OH, OW, Cout).
    how : str
        The method, the layout or the setting that it takes.
    """

    compute: Compute
    as_array: Any
    how: str = ""


def contender(name: str, case: Case, data: Data) -> Contender:
    """Ours: a layer with that kernel, called on the inputs; each call returns a fresh array."""
    method = "auto" if name == "auto" else strict_method(case)
    layer = layer_of(case, data.kernel, method)
    return Contender(
        lambda number: layer(data.inputs[number]),
        lambda result: result,
        auto_method(case, data) if method == "auto" else method,
    )


def strict_method(case: Case) -> str:
    """The method that does all of the definition's multiplications.

    >>> strict_method(Case(14, 8, 8, 3)), strict_method(Case(14, 8, 8, 3, groups=8))
    ('direct', 'depthwise')
    """
    one_channel = case.channels == case.filters == case.stride == case.dilation == 1
    if case.depthwise and case.stride > 1 and case.channels < LANES:
        return "planar"
    return "depthwise" if case.depthwise or one_channel else "direct"


def multiply_adds(threads: int) -> tuple[Compute, int] | None:
    """What does nothing but multiply-adds in so many threads, and the flops of a call."""
    if machine.vectors_missing():
        return None
    work, flops = methods.kernel("peak").prepare(TURNS, threads)
    return lambda number: work(), flops


def auto_method(case: Case, data: Data) -> str:
    """The method that ``auto`` takes for the case."""
    return methods.select("auto", call_of(case, data.inputs[0], data.kernel)).name


def call_of(case: Case, x: Array, kernel: Array) -> Call:
    """The checked call that methods are asked about: whom it serves, what it takes, its bound.

    Parameters
    ----------
    x, kernel : array
        (N, H, W, Cin) and (KH, KW, Cin/groups, Cout), of any size; the case says how they meet.
    """
    return door.convolution(x, kernel, None, None, **_arguments(case))[0]


def reference_method() -> str:
    """The method whose results all others are held against: a matrix product, no tricks."""
    return next(name for name in ("im2col", "windows") if name in METHODS)


def reference(case: Case, data: Data) -> Array:
    """What every contender must get for the first input."""
    arguments = {**_arguments(case), "method": reference_method()}
    return conv2d(data.inputs[0], data.kernel, **arguments)


def _arguments(case: Case) -> dict[str, Any]:
    return {
        "strides": case.stride,
        "padding": "same",
        "dilation_rate": case.dilation,
        "groups": case.groups,
        "data_format": "channels_last",
        "padding_mode": "zeros",
    }


def layer_of(case: Case, kernel: Array, method: str = "auto") -> Conv2D | DepthwiseConv2D:
    """A layer with this kernel and no bias, computed by one method; its first call prepares."""
    shared = {
        "strides": case.stride,
        "padding": "same",
        "dilation_rate": case.dilation,
        "use_bias": False,
    }
    layer: Conv2D | DepthwiseConv2D
    if case.depthwise:  # its kernel is (KH, KW, Cin, 1), the groups' is (KH, KW, 1, Cin)
        layer = DepthwiseConv2D(case.kernel, **shared)
        kernel = kernel.transpose(0, 1, 3, 2)
    else:
        layer = Conv2D(case.filters, case.kernel, groups=case.groups, **shared)
    layer.build(case.input_shape)
    layer.set_weights([np.ascontiguousarray(kernel)])
    layer.method = methods.check_name(method)
    return layer
