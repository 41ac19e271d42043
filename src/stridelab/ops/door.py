"""The door of the operations: every argument is judged here, once, before an array is read.

Sizes are judged by arithmetic, then memory is compared with what the machine has, and only then
are arrays copied into the one form that methods work on: NHWC, C-contiguous and aligned.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stridelab.errors import StrideLabError, shown
from stridelab.geometry import (
    MODES,
    Axis,
    Geometry,
    TransposedGeometry,
    check_border,
    conv_geometry,
    pool_geometry,
    transposed_geometry,
)
from stridelab.geometry.checks import one_of, whole
from stridelab.ops import activations, memory
from stridelab.ops.call import Array, Call, Size, block_shape, is_packed, packed

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_FORMATS = ("channels_last", "channels_first")


@dataclass(frozen=True)
class Layout:
    """How the caller's images lie in memory, and the way to (N, H, W, C) and back."""

    channels_first: bool
    batched: bool

    @property
    def channels(self) -> int:
        """The axis of the channels, counted from the end."""
        return -3 if self.channels_first else -1

    @property
    def is_inward(self) -> bool:
        """Whether the caller's arrays are (N, H, W, C) as they are."""
        return self.batched and not self.channels_first

    def shape(self, nhwc: tuple[int, int, int, int]) -> tuple[int, ...]:
        """The caller's shape of an array (N, H, W, C)."""
        n, h, w, c = nhwc
        image = (c, h, w) if self.channels_first else (h, w, c)
        return (n, *image) if self.batched else image

    def size(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """(H, W) of an array of the caller's shape."""
        height, width = shape[-2:] if self.channels_first else shape[-3:-1]
        return height, width

    def inward(self, x: Array) -> Array:
        """A view (N, H, W, C) of the caller's array."""
        batch = x if self.batched else x[np.newaxis]
        return batch.transpose(0, 2, 3, 1) if self.channels_first else batch

    def outward(self, y: Array) -> Array:
        """The array (N, H, W, C) as the caller lays it out, C-contiguous."""
        batch = y.transpose(0, 3, 1, 2) if self.channels_first else y
        return np.ascontiguousarray(batch if self.batched else batch[0])


def convolution(
    x: Array,
    kernel: Array,
    bias: Array | None,
    out: Array | None,
    *,
    strides: Size,
    padding: object,
    dilation_rate: Size,
    groups: object,
    data_format: object,
    padding_mode: object,
) -> tuple[Call, Layout]:
    """A checked call from `stridelab.conv2d`'s arguments, not packed yet, and the layout."""
    check_arrays(x=x, kernel=kernel, bias=bias)
    layout, (batch, height, width, _) = images(x, data_format)
    _check_kernel(kernel, "KH, KW, Cin/groups, Cout")
    filters = kernel.shape[3]
    parts = _groups(groups, kernel, x.shape, layout)
    _check_bias(bias, filters)
    mode = one_of("padding_mode", padding_mode, MODES)
    axes = _conv_geometry((height, width), kernel.shape[:2], strides, padding, dilation_rate)
    check_border(axes.rows, mode, "rows")
    check_border(axes.cols, mode, "columns")
    if out is not None:
        shape = layout.shape((batch, *axes.output_shape, filters))
        _check_out(out, shape, x=x, kernel=kernel, bias=bias)
    return Call(layout.inward(x).shape, kernel, bias, axes.rows, axes.cols, parts, mode), layout


def judge_memory(
    call: Call, x: Array, layout: Layout, out: Array | None, extra: int, work: int
) -> None:
    """Refuses a convolution that does not fit in memory.

    Parameters
    ----------
    extra : int
        Bytes beside the result for each of its numbers, as activations take.
    work : int
        Bytes that the method takes.
    """
    if out is None:
        results = 1 + layout.channels_first  # channels last first, then turned
    else:
        results = 0 if is_packed(layout.inward(out)) else 1
    memory.judge(
        output_part(call.output_shape, call.kernel.itemsize, results, call.rows, call.cols, extra),
        tables_part(call.rows, call.cols),
        _copies(layout.inward(x), call.kernel),
        memory.Part(
            work, "method", "work in the memory that is free", "its work", "Take method='auto'."
        ),
    )


def pooling(
    x: Array, pool_size: Size, *, strides: Size | None, padding: object, data_format: object
) -> tuple[Array, Geometry, Layout]:
    """Checked images (N, H, W, C), the geometry of a pooling, and the caller's layout."""
    check_arrays(x=x)
    layout, (batch, height, width, channels) = images(x, data_format)
    axes = pool_geometry((height, width), pool_size, strides, padding)
    shape = (batch, *axes.output_shape, channels)
    line = width * channels * x.itemsize
    work = math.prod(block_shape((batch, axes.rows.output_size), line)) * line
    memory.judge(
        output_part(shape, x.itemsize, 1 + layout.channels_first, axes.rows, axes.cols),
        tables_part(axes.rows, axes.cols),
        _copies(layout.inward(x)),
        memory.Part(work, "x", "leave room to work in", "a block of rows"),
    )
    return packed(layout.inward(x)), axes, layout


def transposed(
    x: Array,
    kernel: Array,
    bias: Array | None,
    *,
    strides: Size,
    padding: str,
    output_padding: Size | None,
    dilation_rate: Size,
    data_format: object,
    activation: activations.Activation = None,
) -> tuple[Array, Array, TransposedGeometry, Layout]:
    """Checked images, kernel and geometry of a transposed convolution, and the caller's layout."""
    check_arrays(x=x, kernel=kernel, bias=bias)
    layout, (batch, height, width, channels) = images(x, data_format)
    _check_kernel(kernel, "KH, KW, Cout, Cin")
    if kernel.shape[3] != channels:
        swapped = kernel.shape[2] == channels
        raise StrideLabError(
            "kernel",
            f"have Cin = {channels} on its last axis",
            f"shape {kernel.shape}",
            "KH, KW, Cout, Cin",
            "Swap the two: kernel.swapaxes(2, 3)." if swapped else "",
        )
    filters = kernel.shape[2]
    _check_bias(bias, filters)
    axes = transposed_geometry(
        (height, width), kernel.shape[:2], strides, padding, dilation_rate, output_padding
    )
    shape = (batch, *axes.output_shape, filters)
    results = math.prod(shape) * x.itemsize
    work = memory.work_of_phases(x.nbytes + results, kernel.nbytes)
    extra = activations.extra(activation, results, filters)
    memory.judge(
        output_part(shape, x.itemsize, 1 + layout.channels_first, extra=extra),
        _copies(layout.inward(x)),
        memory.Part(work, "x", "leave room to work in", "a block of cells"),
    )
    return packed(layout.inward(x)), np.asarray(kernel), axes, layout


def _conv_geometry(
    size: tuple[int, int], kernel: tuple[int, int], strides: Size, padding: object, dilation: Size
) -> Geometry:
    try:
        return conv_geometry(size, kernel, strides, padding, dilation)
    except StrideLabError as error:
        if error.argument != "kernel_size":
            raise
        # the caller gave an array and no size, so the array is the name to blame
        raise StrideLabError("kernel", error.rule, error.got, error.context, error.remedy) from None


def check_arrays(dtype: np.dtype[Any] | None = None, **arrays: Array | None) -> None:
    """NumPy arrays that are all float32 or all float64; a bias may be None.

    Parameters
    ----------
    dtype : dtype, optional
        What the arrays have to be; else what the first one is that is a float array.
    """
    given = {name: x for name, x in arrays.items() if x is not None or name != "bias"}
    wanted = dtype or _common_dtype(given)
    for name, array in given.items():
        check_is_array(name, array, wanted)
    dtypes = {name: array.dtype for name, array in given.items() if array is not None}
    for name, other in dtypes.items():
        if other not in _FLOATS:
            real = f"{name}.real" if other.kind == "c" else name
            remedy = f"Use {real}.astype(np.{wanted})."
            raise StrideLabError(name, "be float32 or float64", str(other), remedy=remedy)
    for name, other in dtypes.items():
        if other != wanted:
            remedy = f"Use {name}.astype(np.{wanted})."
            rule = f"be {wanted} as {next(iter(dtypes))} is"
            raise StrideLabError(name, rule, str(other), remedy=remedy)


def _common_dtype(arrays: Mapping[str, object]) -> np.dtype[Any]:
    """The first float dtype; in this machine's byte order, for the remedies to name."""
    given = (array.dtype for array in arrays.values() if isinstance(array, np.ndarray))
    native = (dtype.newbyteorder("=") for dtype in given)
    return next((dtype for dtype in native if dtype in _FLOATS), _FLOATS[0])


def check_is_array(name: str, array: object, dtype: np.dtype[Any]) -> None:
    """A NumPy array without a mask; `dtype` is for the remedy."""
    if isinstance(array, np.ma.MaskedArray):
        remedy = f"Use {name}.filled(0)."
        raise StrideLabError(name, "have no mask", "a masked array", remedy=remedy)
    if not isinstance(array, np.ndarray):
        kind = f"an object of type {type(array).__name__}"
        remedy = f"Use np.asarray({name}, dtype=np.{dtype})."
        if isinstance(array, str):
            remedy = "Read a picture by stridelab.photos.photograph."
        elif array is None or isinstance(array, (bool, int, float, complex)):
            remedy = ""  # nothing that a conversion makes good
        raise StrideLabError(name, "be a NumPy array", kind, remedy=remedy)


def images(x: Array, data_format: object) -> tuple[Layout, tuple[int, int, int, int]]:
    """The layout and the sizes (N, H, W, C) of images; only N may be 0."""
    name = check_data_format(data_format)
    first = name == "channels_first"
    if x.ndim not in (3, 4):
        raise StrideLabError(
            "x",
            "have the axes (N, C, H, W) or (C, H, W)"
            if first
            else "have the axes (N, H, W, C) or (H, W, C)",
            f"shape {x.shape}",
            f"data_format={name!r}",
            _with_new_axes("x", x, "np.newaxis, :, :" if first else ":, :, np.newaxis"),
        )
    layout = Layout(first, x.ndim == 4)
    batch, height, width, channels = layout.inward(x).shape
    if 0 in (height, width, channels):
        raise StrideLabError(
            "x", "have at least one row, one column and one channel", f"shape {x.shape}"
        )
    return layout, (batch, height, width, channels)


def check_data_format(value: object) -> str:
    """The name itself, where it is one of the two."""
    try:
        return one_of("data_format", value, _FORMATS)
    except StrideLabError as error:
        other = {"NHWC": "channels_last", "NCHW": "channels_first"}.get(str(value).upper())
        if other is None:
            raise
        remedy = f"{value} is {other!r} here."
        raise StrideLabError("data_format", error.rule, error.got, remedy=remedy) from None


def _check_kernel(kernel: Array, axes: str) -> None:
    if kernel.ndim != 4:
        remedy = _with_new_axes("kernel", kernel, ":, :, np.newaxis, np.newaxis")
        raise StrideLabError(
            "kernel", f"have the axes ({axes})", f"shape {kernel.shape}", remedy=remedy
        )
    if 0 in kernel.shape:
        raise StrideLabError("kernel", "have no axis of length 0", f"shape {kernel.shape}", axes)


def _with_new_axes(name: str, array: Array, index: str) -> str:
    """What gives a plane of numbers the axes that it lacks."""
    return f"For one plane use {name}[{index}]." if array.ndim == 2 else ""


def _groups(groups: object, kernel: Array, shape: tuple[int, ...], layout: Layout) -> int:
    """The number of groups, where it divides the channels as the kernel says."""
    number = whole("groups", groups)
    channels = shape[layout.channels]
    depth, filters = kernel.shape[2:]
    if channels % number or filters % number:
        raise StrideLabError(
            "groups",
            "divide the input channels and the filters",
            str(number),
            f"{channels} channels, {filters} filters",
            _fitting(kernel, number, shape, layout),
        )
    if depth * number != channels:
        raise StrideLabError(
            "kernel",
            f"have Cin/groups = {channels // number} on its third axis",
            f"shape {kernel.shape}",
            f"{channels} channels in x, groups={number}",
            _fitting(kernel, number, shape, layout),
        )
    return number


def _fitting(kernel: Array, groups: int, shape: tuple[int, ...], layout: Layout) -> str:
    """What is most likely meant where channels, groups and kernel do not fit."""
    channels = shape[layout.channels]
    down, across, depth, filters = kernel.shape
    elsewhere = shape[-1 if layout.channels_first else -3]  # channels, in the other data format
    if elsewhere == depth * groups and filters % groups == 0:
        other = "channels_last" if layout.channels_first else "channels_first"
        return f"Is x {other}? Then say data_format={other!r}."
    if depth == channels == groups:
        turned = f"kernel.reshape({down}, {across}, 1, {depth * filters})"
        return f"A depthwise kernel as Keras has it (KH, KW, Cin, m) turns by {turned}."
    if _reads_as_pytorch(kernel.shape, groups, channels, layout.size(shape)):
        return "A PyTorch kernel turns by kernel.transpose(2, 3, 1, 0)."
    if channels % depth == 0 and filters % (channels // depth) == 0:
        return f"This kernel fits groups={channels // depth}."
    if depth == 1:
        each = f"groups={channels} with np.tile(kernel, {channels})"
        return f"To filter each channel by itself take {each}."
    return ""


def _reads_as_pytorch(
    kernel: tuple[int, ...], groups: int, channels: int, size: tuple[int, int]
) -> bool:
    """Whether a shape is rather (Cout, Cin/groups, KH, KW) than (KH, KW, Cin/groups, Cout).

    Its second number fits, the last two are sizes of windows, and the first two hardly are: they
    differ. A kernel of 3 × 3 on three channels does not count.
    """
    filters, depth, *window = kernel
    is_window = all(1 < cells <= min(side, 11) for cells, side in zip(window, size, strict=True))
    return depth * groups == channels and filters % groups == 0 and filters != depth and is_window


def _check_bias(bias: Array | None, filters: int) -> None:
    if bias is not None and bias.shape != (filters,):
        raise StrideLabError(
            "bias", f"have one value per filter, shape ({filters},)", f"shape {bias.shape}"
        )


def _check_out(out: Array, shape: tuple[int, ...], **inputs: Array | None) -> None:
    """Room for the result, apart from the inputs."""
    dtype = next(array.dtype for array in inputs.values() if array is not None)
    remedy = f"Use np.empty({shape}, dtype=np.{dtype})."

    def refuse(rule: str, got: str) -> None:
        raise StrideLabError("out", rule, got, remedy=remedy)

    if not isinstance(out, np.ndarray) or isinstance(out, np.ma.MaskedArray):
        refuse("be a NumPy array", f"an object of type {type(out).__name__}")
    if out.shape != shape:
        refuse(f"have the shape {shape}", f"{out.shape}")
    if out.dtype != dtype:
        refuse(f"be {dtype} as x is", str(out.dtype))
    if not out.flags.writeable:
        refuse("be writeable", "a read-only array")
    if _overlaps_itself(out):
        refuse("have a place in memory for each of its cells", f"strides {out.strides}")
    for name, array in inputs.items():
        if array is not None and _overlap(out, array):
            refuse("share no memory with an input", f"an array that overlaps {name}")


def _overlaps_itself(array: Array) -> bool:
    """Whether two cells may share memory: an axis steps by less than those within it fill."""
    filled = array.itemsize
    axes = zip(array.strides, array.shape, strict=True)
    for stride, size in sorted((abs(stride), size) for stride, size in axes if size > 1):
        if stride < filled:
            return array.size > 0
        filled += (size - 1) * stride
    return False


def _overlap(one: Array, other: Array) -> bool:
    try:
        # NumPy's types know only the limits -1 and 0
        return np.shares_memory(one, other, max_work=1000)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:  # so entangled that finding out would take long
        return True


def output_part(
    shape: tuple[int, ...],
    itemsize: int,
    results: int,
    rows: Axis | None = None,
    cols: Axis | None = None,
    extra: int = 0,
) -> memory.Part:
    """What the output takes: so many arrays of that shape, and `extra` bytes.

    Raises
    ------
    StrideLabError
        Where not even an array without images can have the shape.
    """
    padded = [axis for axis in (rows, cols) if axis and axis.size < max(_pads(axis))]
    argument = "padding" if padded else "x"
    remedy = "Pad less." if padded else memory.IN_PARTS
    what = f"an output of shape {shown(shape)}"
    if math.prod(max(1, length) for length in shape) * itemsize > sys.maxsize:
        raise StrideLabError(argument, "give an output that can be addressed", what, remedy=remedy)
    size = results * math.prod(shape) * itemsize + extra
    return memory.Part(size, argument, "give an output that fits in memory", what, remedy)


def _pads(axis: Axis) -> tuple[int, int]:
    return axis.pad_before, axis.pad_after


def _copies(*arrays: Array) -> memory.Part:
    """What it takes to bring arrays to the form that methods work on."""
    size = sum(array.nbytes for array in arrays if not is_packed(array))
    return memory.Part(size, "x", "leave room for a copy of it", "C-contiguous copies")


def tables_part(rows: Axis, cols: Axis) -> memory.Part:
    """What the tables of padded cells take (`stridelab.ops.call.border_cells`)."""
    lengths = [axis.size + sum(_pads(axis)) for axis in (rows, cols)]
    named = [axis for axis in (rows, cols) if axis.rule != "explicit"]
    remedy = "Pad less."
    if named:  # the window says how much that is
        dilated = any(axis.dilation > 1 for axis in named)
        remedy = "Take a smaller dilation_rate." if dilated else "Take a smaller window."
    return memory.Part(
        sum(lengths) * np.dtype(np.intp).itemsize,
        "padding",
        "give rows and columns that can be listed in memory",
        f"lists of {lengths[0]:,} rows and {lengths[1]:,} columns",
        remedy,
    )
