"""The door of the operations: every argument is judged here, once, before an array is read.

Sizes are judged by arithmetic, then memory is compared with what the machine has, and only then
are arrays brought to the one form that methods work on: NHWC, C-contiguous, aligned, read-only.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np

from stridelab.errors import StrideLabError
from stridelab.geometry import (
    MODES,
    Geometry,
    TransposedGeometry,
    check_border,
    conv_geometry,
    pool_geometry,
    transposed_geometry,
)
from stridelab.geometry.checks import one_of, whole
from stridelab.ops import machine
from stridelab.ops.call import Array, Call, Size

#: Needs below this many bytes are not compared with the machine's memory: asking takes time.
SMALL = 64 * 2**20

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_IN_PARTS = "Compute it in parts: fewer images, rows or filters at a time."
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

    def shape(self, nhwc: tuple[int, int, int, int]) -> tuple[int, ...]:
        """The caller's shape of an array (N, H, W, C)."""
        n, h, w, c = nhwc
        image = (c, h, w) if self.channels_first else (h, w, c)
        return (n, *image) if self.batched else image

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
    """A checked call from `stridelab.conv2d`'s arguments, and the caller's layout."""
    _check_arrays(x=x, kernel=kernel, bias=bias)
    layout, (batch, height, width, channels) = _images(x, data_format)
    _check_kernel(kernel, "KH, KW, Cin/groups, Cout")
    filters = kernel.shape[3]
    parts = _groups(groups, channels, filters)
    _check_depth(kernel, x.shape, channels, parts, layout)
    _check_bias(bias, filters)
    mode = one_of("padding_mode", padding_mode, MODES)
    axes = _conv_geometry((height, width), kernel.shape[:2], strides, padding, dilation_rate)
    check_border(axes.rows, mode, "rows")
    check_border(axes.cols, mode, "columns")
    shape = (batch, *axes.output_shape, filters)
    if out is not None:
        _check_out(out, layout.shape(shape), x=x, kernel=kernel, bias=bias)
    outputs = (out is None) + layout.channels_first  # channels last first, then turned
    _check_memory((layout.inward(x), kernel), shape, outputs, _tables(axes))
    return (
        Call(
            _packed(layout.inward(x)),
            _packed(kernel),
            None if bias is None else _packed(bias),
            axes.rows,
            axes.cols,
            parts,
            mode,
        ),
        layout,
    )


def pooling(
    x: Array, pool_size: Size, *, strides: Size | None, padding: object, data_format: object
) -> tuple[Array, Geometry, Layout]:
    """Checked images (N, H, W, C), the geometry of a pooling, and the caller's layout."""
    _check_arrays(x=x)
    layout, (batch, height, width, channels) = _images(x, data_format)
    axes = pool_geometry((height, width), pool_size, strides, padding)
    shape = (batch, *axes.output_shape, channels)
    _check_memory((layout.inward(x),), shape, 1 + layout.channels_first, _tables(axes))
    return _packed(layout.inward(x)), axes, layout


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
) -> tuple[Array, Array, TransposedGeometry, Layout]:
    """Checked images, kernel and geometry of a transposed convolution, and the caller's layout."""
    _check_arrays(x=x, kernel=kernel, bias=bias)
    layout, (batch, height, width, channels) = _images(x, data_format)
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
    extent = axes.rows.full_size * axes.cols.full_size * filters * x.itemsize  # of one image
    _check_memory((layout.inward(x), kernel), shape, 1 + layout.channels_first, 2 * extent)
    return _packed(layout.inward(x)), _packed(kernel), axes, layout


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


def _check_arrays(**arrays: Array | None) -> None:
    """NumPy arrays that are all float32 or all float64; a bias may be None."""
    given = {name: x for name, x in arrays.items() if x is not None or name != "bias"}
    for name, array in given.items():
        _check_is_array(name, array)
    dtypes = {name: array.dtype for name, array in given.items() if array is not None}
    wanted = next((dtype for dtype in dtypes.values() if dtype in _FLOATS), _FLOATS[0])
    for name, dtype in dtypes.items():
        if dtype not in _FLOATS:
            real = f"{name}.real" if dtype.kind == "c" else name
            remedy = f"Use {real}.astype(np.{wanted})."
            raise StrideLabError(name, "be float32 or float64", str(dtype), remedy=remedy)
    for name, dtype in dtypes.items():
        if dtype != wanted:
            remedy = f"Use {name}.astype(np.{wanted})."
            raise StrideLabError(name, f"be {wanted} as x is", str(dtype), remedy=remedy)


def _check_is_array(name: str, array: object) -> None:
    if isinstance(array, np.ma.MaskedArray):
        remedy = f"Use {name}.filled(0)."
        raise StrideLabError(name, "have no mask", "a masked array", remedy=remedy)
    if not isinstance(array, np.ndarray):
        kind = f"an object of type {type(array).__name__}"
        remedy = f"Use np.asarray({name}, dtype=np.float32)."
        raise StrideLabError(name, "be a NumPy array", kind, remedy=remedy)


def _images(x: Array, data_format: object) -> tuple[Layout, tuple[int, int, int, int]]:
    """The layout and the sizes (N, H, W, C) of images; only N may be 0."""
    name = _data_format(data_format)
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


def _data_format(value: object) -> str:
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


def _groups(groups: object, channels: int, filters: int) -> int:
    number = whole("groups", groups)
    if channels % number or filters % number:
        common = math.gcd(channels, filters)
        raise StrideLabError(
            "groups",
            "divide the input channels and the filters",
            str(number),
            f"{channels} channels, {filters} filters",
            "Use 1." if common == 1 else f"Use a divisor of {common}.",
        )
    return number


def _check_depth(
    kernel: Array, shape: tuple[int, ...], channels: int, groups: int, layout: Layout
) -> None:
    depth, filters = kernel.shape[2:]
    if depth * groups == channels:
        return
    across = -1 if layout.channels_first else -3  # where the other data format has the channels
    if shape[across] == depth * groups:
        other = "channels_last" if layout.channels_first else "channels_first"
        remedy = f"Is x {other}? Then say data_format={other!r}."
    elif kernel.shape[1] * groups == channels:
        remedy = "A PyTorch kernel turns by kernel.transpose(2, 3, 1, 0)."
    elif channels % depth == 0 and filters % (channels // depth) == 0:
        remedy = f"This kernel fits groups={channels // depth}."
    else:
        remedy = ""
    raise StrideLabError(
        "kernel",
        f"have Cin/groups = {channels // groups} on its third axis",
        f"shape {kernel.shape}",
        f"{channels} channels in x, groups={groups}",
        remedy,
    )


def _check_bias(bias: Array | None, filters: int) -> None:
    if bias is not None and bias.shape != (filters,):
        raise StrideLabError(
            "bias", f"have one value per filter, shape ({filters},)", f"shape {bias.shape}"
        )


def _check_out(out: Array, shape: tuple[int, ...], **inputs: Array | None) -> None:
    """Room for the result, apart from the inputs."""
    _check_is_array("out", out)
    dtype = next(array.dtype for array in inputs.values() if array is not None)
    remedy = f"Use np.empty({shape}, dtype=np.{dtype})."
    if out.shape != shape:
        raise StrideLabError("out", f"have the shape {shape}", f"{out.shape}", remedy=remedy)
    if out.dtype != dtype:
        raise StrideLabError("out", f"be {dtype} as x is", str(out.dtype), remedy=remedy)
    if not out.flags.writeable:
        raise StrideLabError("out", "be writeable", "a read-only array", remedy=remedy)
    for name, array in inputs.items():
        if array is not None and _overlap(out, array):
            rule = "share no memory with an input"
            raise StrideLabError("out", rule, f"an array that overlaps {name}", remedy=remedy)


def _overlap(one: Array, other: Array) -> bool:
    try:
        # NumPy's types know only the limits -1 and 0
        return np.shares_memory(one, other, max_work=1000)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:  # so entangled that finding out would take long
        return True


def _check_memory(
    inputs: tuple[Array, ...], shape: tuple[int, ...], outputs: int, work: int
) -> None:
    """Judges what a call takes: outputs of that shape, copies of inputs, and bytes to work in."""
    output = math.prod(shape) * inputs[0].itemsize
    if output > sys.maxsize:
        got = f"an output of shape {shape}"
        raise StrideLabError("x", "give an output that can be addressed", got, remedy=_IN_PARTS)
    copies = sum(array.nbytes for array in inputs if not is_packed(array))
    need = outputs * output + copies + work
    if need <= SMALL:
        return
    free = machine.memory_available()
    if need > free:
        raise StrideLabError(
            "x",
            "give an output that fits in memory",
            f"{need / 1e9:,.1f} GB for an output of shape {shape}",
            f"{free / 1e9:,.1f} GB are free",
            _IN_PARTS,
        )


def _tables(axes: Geometry) -> int:
    """The bytes that the tables of padded cells take (`stridelab.ops.call.border_cells`)."""
    cells = sum(axis.pad_before + axis.size + axis.pad_after for axis in (axes.rows, axes.cols))
    return cells * np.dtype(np.intp).itemsize


def is_packed(array: Array) -> bool:
    """Whether methods can work on the array as it lies in memory."""
    return array.flags.c_contiguous and array.flags.aligned


def _packed(array: Array) -> Array:
    """The array C-contiguous, aligned and read-only; a copy only where it is not."""
    packed = np.asarray(array) if is_packed(array) else np.array(array, order="C")
    view = packed.view()
    view.flags.writeable = False
    return view
