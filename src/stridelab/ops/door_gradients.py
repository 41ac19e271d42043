"""The door of the gradients: the call whose gradient is asked for, judged as that call is.

An array of which only the shape is known (the images whose gradient is wanted, or the kernel) is
stood in for by one that takes no memory. So the same rules hold, in the same words.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from stridelab.errors import StrideLabError, shown
from stridelab.geometry import Axis, Geometry, pool_geometry
from stridelab.geometry.checks import as_tuple, whole
from stridelab.ops import door, memory
from stridelab.ops.call import BLOCK, Array, Call, Size, is_packed

_T = TypeVar("_T")


def input_gradient(
    grad: Array, kernel: Array, input_shape: object, **arguments: Any
) -> tuple[Call, door.Layout]:
    """The checked call that gave the result of which `grad` is the gradient, and the layout.

    Parameters
    ----------
    arguments
        Those of `stridelab.ops.door.convolution`.
    """
    door.check_arrays(grad=grad, kernel=kernel)
    x = _stand_in("input_shape", input_shape, grad.dtype, _IMAGES)
    call, layout = _named(
        {"x": "input_shape"}, lambda: door.convolution(x, kernel, None, None, **arguments)
    )
    _check_result(grad, layout.shape(call.output_shape), "convolution")
    padded = _padded(call) if call.padding_mode != "zeros" else 0
    cut = any(max(axis.pad_before, axis.pad_after) >= axis.span for axis in (call.rows, call.cols))
    work = memory.work_of_phases(grad.nbytes + x.nbytes, kernel.nbytes)
    memory.judge(
        _result("input_shape", x, 1 + (layout.channels_first and not padded)),
        _borders(padded),
        _copy("grad", layout.inward(grad)),
        _work(work + cut * grad.nbytes),
    )
    return call, layout


def kernel_gradient(
    x: Array, grad: Array, kernel_shape: object, **arguments: Any
) -> tuple[Call, door.Layout]:
    """As `input_gradient`, where the images are known and the kernel is not."""
    door.check_arrays(x=x, grad=grad)
    kernel = _stand_in("kernel_shape", kernel_shape, grad.dtype, _KERNEL)
    call, layout = _named(
        {"kernel": "kernel_shape"}, lambda: door.convolution(x, kernel, None, None, **arguments)
    )
    _check_result(grad, layout.shape(call.output_shape), "convolution")
    memory.judge(
        _result("kernel_shape", kernel, 2),  # and what a block adds
        door.tables_part(call.rows, call.cols),
        _copy("x", layout.inward(x)),
        _copy("grad", layout.inward(grad)),
        _work(max(BLOCK, kernel.nbytes)),
    )
    return call, layout


def bias_gradient(grad: Array, data_format: object) -> door.Layout:
    """The layout of the gradient of a convolution's result."""
    door.check_arrays(grad=grad)
    layout, _ = _named({"x": "grad"}, lambda: door.images(grad, data_format))
    return layout


def max_pooling(
    x: Array, grad: Array, pool_size: Size, **arguments: Any
) -> tuple[Geometry, door.Layout]:
    """The geometry of the pooling that gave the result of which `grad` is the gradient."""
    door.check_arrays(x=x, grad=grad)
    axes, layout = _pooling(x, grad, pool_size, **arguments)
    memory.judge(
        _result("x", x, 1 + layout.channels_first),
        memory.Part(grad.nbytes, "x", "leave room for the maxima", "the largest of each window"),
        _copy("x", layout.inward(x)),
        _copy("grad", layout.inward(grad)),
        _work(BLOCK),
    )
    return axes, layout


def average_pooling(
    grad: Array, input_shape: object, pool_size: Size, **arguments: Any
) -> tuple[tuple[int, ...], Geometry, door.Layout]:
    """The images' shape (N, H, W, C), and what `max_pooling` gives."""
    door.check_arrays(grad=grad)
    x = _stand_in("input_shape", input_shape, grad.dtype, _IMAGES)
    axes, layout = _named({"x": "input_shape"}, lambda: _pooling(x, grad, pool_size, **arguments))
    memory.judge(
        _result("input_shape", x, 1 + layout.channels_first),
        _copy("grad", layout.inward(grad)),
        _work(BLOCK),
    )
    return layout.inward(x).shape, axes, layout


def _pooling(
    x: Array,
    grad: Array,
    pool_size: Size,
    *,
    strides: Size | None,
    padding: object,
    data_format: object,
) -> tuple[Geometry, door.Layout]:
    layout, (batch, height, width, channels) = door.images(x, data_format)
    axes = pool_geometry((height, width), pool_size, strides, padding)
    _check_result(grad, layout.shape((batch, *axes.output_shape, channels)), "pooling")
    return axes, layout


_IMAGES = (3, 4), "be the shape of images, of 3 or 4 whole numbers"
_KERNEL = (4,), "be a kernel's shape, 4 whole numbers (KH, KW, Cin/groups, Cout)"


def _stand_in(
    argument: str, shape: object, dtype: np.dtype[Any], kind: tuple[tuple[int, ...], str]
) -> Array:
    """An array of that shape that takes no memory: one zero, seen everywhere."""
    lengths, rule = kind
    if not isinstance(shape, (tuple, list)) or len(shape) not in lengths:
        remedy, got = as_tuple(shape, *((length,) for length in lengths)), shown(shape)
        if not remedy and isinstance(shape, np.ndarray):  # the array itself
            got, remedy = f"an array of shape {shape.shape}", f"Write {shape.shape}."
        raise StrideLabError(argument, rule, got, remedy=remedy)
    sizes = tuple(whole(argument, size, minimum=0) for size in shape)
    if math.prod(max(1, size) for size in sizes) * dtype.itemsize > sys.maxsize:
        raise StrideLabError(argument, "be the shape of what can be addressed", shown(sizes))
    return np.broadcast_to(np.zeros((), dtype), sizes)


def _named(names: dict[str, str], judge: Callable[[], _T]) -> _T:
    """What is judged, its errors in the caller's names."""
    try:
        return judge()
    except StrideLabError as error:
        name = names.get(error.argument)
        if name is None:
            raise
        remedy = error.remedy.replace(f"{error.argument}[", f"{name}[")
        raise StrideLabError(name, error.rule, error.got, error.context, remedy) from None


def _check_result(grad: Array, shape: tuple[int, ...], operation: str) -> None:
    if grad.shape != shape:
        rule = f"have the shape {shape} of that {operation}'s result"
        raise StrideLabError("grad", rule, f"{grad.shape}")


def _result(argument: str, like: Array, count: int) -> memory.Part:
    what = f"a gradient of shape {like.shape}"
    rule = "give a gradient that fits in memory"
    return memory.Part(count * like.nbytes, argument, rule, what)


def _padded(call: Call) -> int:
    """The bytes of the images with their borders."""
    batch, _, _, channels = call.shape
    lengths = [_padded_size(axis) for axis in (call.rows, call.cols)]
    return batch * math.prod(lengths) * channels * call.kernel.itemsize


def _padded_size(axis: Axis) -> int:
    return axis.size + axis.pad_before + axis.pad_after


def _borders(size: int) -> memory.Part:
    rule = "leave room for the images with their borders"
    return memory.Part(size, "padding", rule, "padded images", "Pad less.")


def _copy(argument: str, array: Array) -> memory.Part:
    size = 0 if is_packed(array) else array.nbytes
    return memory.Part(size, argument, "leave room for a copy of it", "a C-contiguous copy")


def _work(size: int) -> memory.Part:
    return memory.Part(size, "grad", "leave room to work in", "a block of cells")
