"""The methods of convolution behind one mapping, and the function that chooses among them."""

from __future__ import annotations

import functools
import importlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from stridelab.errors import StrideLabError
from stridelab.geometry.checks import listed, one_of
from stridelab.ops import bounds, fft, im2col, machine, memory, reference, windows, winograd
from stridelab.ops.call import Array, Call

#: Fills a result (N, OH, OW, Cout) from images (N, H, W, Cin).
Run: TypeAlias = Callable[[Array, Array], None]

_lock = threading.Lock()
_said: set[str] = set()

#: Geometries for which the choice of a method is remembered.
CHOICES_KEPT = 1000
_chosen: dict[tuple[Any, ...], str] = {}


@dataclass(frozen=True)
class Method:
    """One way to compute a convolution.

    Parameters
    ----------
    name : str
        Its key in `METHODS`.
    summary : str
        One sentence: what it does.
    serves : function
        Of a `Call`: None where the method can compute it, else the reason why not.
    prepare : function
        Of a `Call`: what can be done before the images are known, such as packing the weights. It
        returns a function of the images and of ``out``, a C-contiguous array (N, OH, OW, Cout),
        which it fills with the convolution plus the bias.
    work : function
        Of a `Call`: the bytes that it takes beside the result and the tables of cells.
    floors : bool
        Whether it raises results to the call's floor; other activations are not its work.
    bound : function
        Of a `Call`: the factor c in |y − exact| ≤ c · u · scale (`stridelab.ops.bounds`).
    scale : function
        Of a `Call` and its images: what the bound refers to, float64 (N, OH, OW, Cout).
    """

    name: str
    summary: str
    serves: Callable[[Call], str | None] = field(repr=False)
    prepare: Callable[[Call], Run] = field(repr=False)
    work: Callable[[Call], int] = field(repr=False, default=lambda call: 0)
    floors: bool = False
    bound: Callable[[Call], float] = field(repr=False, default=bounds.in_own_precision)
    scale: Callable[[Call, Array], Array] = field(repr=False, default=bounds.window)

    def tolerance(self, call: Call, x: Array) -> Array:
        """The largest error that each number of the result can have: c · u · scale."""
        return self.bound(call) * bounds.unit_roundoff(x.dtype) * self.scale(call, x)


def _in_numpy(convolve: Callable[[Call, Array, Array], None]) -> Callable[[Call], Run]:
    """Nothing to prepare: the whole convolution when the images come."""

    def run(call: Call, x: Array, out: Array) -> None:
        with np.errstate(all="ignore"):  # infinities and NaN are carried through in silence
            convolve(call, x, out)

    return lambda call: functools.partial(run, call)


def _compiled(
    name: str,
    summary: str,
    *more: int,
    module: str = "",
    missing: Callable[[], str | None] = machine.vectors_missing,
    floors: bool = True,
    bound: Callable[[Call], float] = bounds.in_own_precision,
    scale: Callable[[Call, Array], Array] = bounds.window,
) -> Method:
    """A method whose module is compiled, or loaded, when it is first used.

    Parameters
    ----------
    more : int
        What the module's `prepare` and `work` get beside the call.
    module : str
        Of `stridelab.ops.kernels`; the method's name where it is left out.
    missing : function
        Why nothing of the kind can be used on this machine, or None.
    """
    module = module or name
    return Method(
        name,
        summary,
        lambda call: missing() or kernel(module).serves(call),
        lambda call: kernel(module).prepare(call, *more),
        lambda call: kernel(module).work(call, *more),
        floors,
        bound,
        scale,
    )


def _winograd(m: int, summary: str) -> Method:
    return _compiled(
        f"winograd{m}",
        summary,
        m,
        module="winograd",
        bound=winograd.bound,
        scale=lambda call, x: winograd.scale(call, x, m),
    )


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        method.name: method
        for method in (
            Method(
                "reference",
                "The definition as plain Python loops, in double precision.",
                lambda call: None,
                _in_numpy(reference.convolve),
                reference.work,
                bound=bounds.in_double,
            ),
            Method(
                "windows",
                "NumPy: the windows as one view of the images, times the kernel.",
                lambda call: None,
                _in_numpy(windows.convolve),
                windows.work,
            ),
            _compiled(
                "loops",
                "The reference's loops, compiled by numba.",
                missing=machine.numba_missing,
                floors=False,
            ),
            Method(
                "im2col",
                "NumPy: the windows laid side by side as one matrix, times the kernel.",
                lambda call: None,
                _in_numpy(im2col.convolve),
                im2col.work,
            ),
            _compiled("direct", "Tiles of sums in vector registers; windows are never copied."),
            _winograd(2, "Tiles of 2×2 outputs with 16 multiplications for 36 (3×3 kernels)."),
            _winograd(4, "Tiles of 4×4 outputs with 36 multiplications for 144 (3×3 kernels)."),
            _compiled("depthwise", "Each channel by itself: vectors of channels, or of a row."),
            _compiled("planar", "Few filters, or groups of few: vectors of neighbouring columns."),
            Method(
                "fft",
                "NumPy: Fourier transforms of blocks, multiplied by that of the kernel.",
                fft.serves,
                fft.prepare,
                fft.work,
                bound=fft.bound,
                scale=fft.scale,
            ),
        )
    }
)

#: The modules that are compiled on their first use, and the packages that they stand in.
KERNELS = dict.fromkeys(("loops", "direct", "winograd", "depthwise", "planar"), "kernels") | {
    "peak": "jit"
}


def select(name: str, call: Call) -> Method:
    """The method of that name, or the one that `choose` takes for ``auto``.

    Raises
    ------
    StrideLabError
        For an unknown name, and where the method cannot serve the call.
    """
    if check_name(name) == "auto":
        return choose(call)
    reason = METHODS[name].serves(call)
    if reason is None:
        return METHODS[name]
    others = [method.name for method in METHODS.values() if method.serves(call) is None]
    raise StrideLabError(
        "method", "be able to serve this call", repr(name), reason, f"Take {listed(others)}."
    )


def check_name(name: object) -> str:
    """The name itself, where it is ``auto`` or a key of `METHODS`."""
    return one_of("method", name, ("auto", *METHODS))


def choose(call: Call) -> Method:
    """The method that ``auto`` takes: the one with the smallest estimate (`stridelab.ops.choice`).

    A call's estimates are made once for each of its geometries.
    """
    missing = machine.numba_missing()
    if missing:
        _say_once(f"StrideLab computes with NumPy alone: {missing}. Results are the same.")
    limits = replace(machine.limits(), threads=machine.threads())
    sizes = (call.shape, call.kernel.shape, call.kernel.dtype.char, call.rows, call.cols)
    key = (*sizes, call.groups, call.padding_mode, limits.threads)
    name = _chosen.get(key)
    if name is None:
        from stridelab.ops import choice

        name = next(filter(lambda name: _fits(METHODS[name], call), choice.ranked(call, limits)))
        if len(_chosen) >= CHOICES_KEPT:
            _chosen.clear()
        _chosen[key] = name
    return METHODS[name]


def _fits(method: Method, call: Call) -> bool:
    """Whether a method's work fits in the memory that is free; the plainest one has to do."""
    work = method.work(call)
    is_small = work <= memory.SMALL or method.name in ("im2col", "reference")
    return is_small or work < machine.memory_available() // 2


def kernel(name: str) -> ModuleType:
    """A module of `KERNELS`; compiled by the first thread that asks, once."""
    with _lock:
        return importlib.import_module(f"stridelab.ops.{KERNELS[name]}.{name}")


def _say_once(text: str) -> None:
    """Tells the reader something that holds for the whole process.

    A log record, not a warning: it reaches a notebook or a terminal through Python's last-resort
    handler, and a program that turns warnings into errors is not stopped by it.
    """
    with _lock:
        if text in _said:
            return
        _said.add(text)
    logging.getLogger("stridelab").warning(text)
