"""What a method of convolution gets: one checked call, and the tables that hold its borders."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from stridelab.geometry import Axis

_T = TypeVar("_T")

#: An array of floats; the door lets float32 and float64 pass.
Array: TypeAlias = npt.NDArray[np.floating[Any]]
#: Indices of input cells along one axis.
Cells: TypeAlias = npt.NDArray[np.intp]
#: One number for both axes, or (rows, columns).
Size: TypeAlias = int | tuple[int, int]


#: The temporary memory for one block of work, in bytes: about what a processor's cache holds.
BLOCK = 4 * 2**20


@dataclass(frozen=True, eq=False)
class Call:
    """One convolution of images of one shape, checked by the door; methods check nothing again.

    The images come later, as often as one likes: it holds what can be prepared before.

    Parameters
    ----------
    shape : (int, int, int, int)
        (N, H, W, Cin) of the images.
    kernel : array
        (KH, KW, Cin/groups, Cout); C-contiguous, aligned and read-only, once the call is `packed`.
        Images have its dtype, are C-contiguous and aligned, and the caller's own: methods only
        read them.
    bias : array, optional
        (Cout,).
    rows, cols : Axis
        Sizes, pads, strides and dilations.
    groups : int
        Divides Cin and Cout.
    padding_mode : str
        What the padded cells show; the pads are within the mode's limit.
    floor : float
        Results below it become it: −∞, or 0 for a ReLU that the method brings along.
    kept : dict
        What methods made of the weights alone, by name (`keep`).
    """

    shape: tuple[int, int, int, int]
    kernel: Array
    bias: Array | None
    rows: Axis
    cols: Axis
    groups: int = 1
    padding_mode: str = "zeros"
    floor: float = -math.inf
    kept: dict[str, Any] = field(default_factory=dict, repr=False)

    def packed(self) -> Call:
        """The call with its arrays in the form that methods work on."""
        bias = None if self.bias is None else packed(self.bias)
        return replace(self, kernel=packed(self.kernel), bias=bias)

    def keep(self, name: str, make: Callable[[], _T]) -> _T:
        """What was made of the weights before under that name, which says all it hangs on; or now.

        A layer keeps everything until its weights change.
        """
        if name not in self.kept:
            self.kept[name] = make()
        made: _T = self.kept[name]
        return made

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        """(N, OH, OW, Cout)."""
        batch, filters = self.shape[0], self.kernel.shape[3]
        return batch, self.rows.output_size, self.cols.output_size, filters

    @cached_property
    def row_cells(self) -> Cells:
        """The input row that each padded row shows; −1 for zeros."""
        return border_cells(self.rows, self.padding_mode)

    @cached_property
    def col_cells(self) -> Cells:
        """The input column that each padded column shows; −1 for zeros."""
        return border_cells(self.cols, self.padding_mode)

    @cached_property
    def row_taps(self) -> Cells:
        """(OH, KH): the input row that each tap of each output row reads; −1 for zeros."""
        return tap_cells(self.rows, self.row_cells)

    @cached_property
    def col_taps(self) -> Cells:
        """(OW, KW): the input column that each tap of each output column reads; −1 for zeros."""
        return tap_cells(self.cols, self.col_cells)


def is_packed(array: Array) -> bool:
    """Whether methods can work on the array as it lies in memory."""
    return array.flags.c_contiguous and array.flags.aligned


def in_order(array: Array) -> Array:
    """The array as methods can work on it; a copy only where they cannot as it lies."""
    return np.asarray(array) if is_packed(array) else np.array(array, order="C")


def packed(array: Array) -> Array:
    """The array `in_order` and read-only."""
    view = in_order(array).view()
    view.flags.writeable = False
    return view


def border_cells(axis: Axis, mode: str = "zeros") -> Cells:
    """The input cell that each cell of the padded axis shows; −1 where it shows a zero.

    `stridelab.geometry.border_cell` for all cells at once, in place.

    >>> from stridelab.geometry import conv_axis
    >>> border_cells(conv_axis(4, kernel=3, padding=2), "reflect")
    array([2, 1, 0, 1, 2, 3, 2, 1])
    >>> border_cells(conv_axis(4, kernel=3, padding=(0, 1)))
    array([ 0,  1,  2,  3, -1])
    """
    cells = np.arange(-axis.pad_before, axis.size + axis.pad_after, dtype=np.intp)
    last = axis.size - 1
    if mode == "zeros":
        cells[: axis.pad_before] = cells[axis.pad_before + axis.size :] = -1
    elif mode == "replicate":
        np.clip(cells, 0, last, out=cells)
    elif mode == "circular":
        cells %= axis.size
    else:  # reflect: mirrored at cell 0, then at the last one
        np.abs(cells, out=cells)
        np.abs(np.subtract(last, cells, out=cells), out=cells)
        np.subtract(last, cells, out=cells)
    cells.flags.writeable = False
    return cells


def tap_cells(axis: Axis, cells: Cells) -> Cells:
    """(o, k): the cell that each tap of each output reads; a view of `border_cells`.

    Output i reads padded cell ``i·s + j·d`` with its tap j.

    >>> from stridelab.geometry import conv_axis
    >>> axis = conv_axis(4, kernel=2, stride=2, padding=(1, 0))
    >>> tap_cells(axis, border_cells(axis))
    array([[-1,  0],
           [ 1,  2]])
    """
    # a step that is never taken may be longer than any memory
    step = axis.stride if axis.output_size > 1 else 1
    jump = axis.dilation if axis.kernel > 1 else 1
    strides = (step * cells.itemsize, jump * cells.itemsize)
    return np.ndarray((axis.output_size, axis.kernel), cells.dtype, cells, 0, strides)


def blocks(shape: tuple[int, ...], bytes_each: int) -> Iterator[tuple[slice, ...]]:
    """Slices that cut an array of that shape into blocks of `BLOCK` bytes at most, a cell at least.

    A block is contiguous: whole rows, or a part of one row, and so on for every axis.

    >>> list(blocks((2, 3), BLOCK // 2))
    [(slice(0, 1, None), slice(0, 2, None)), (slice(0, 1, None), slice(2, 3, None)), \
(slice(1, 2, None), slice(0, 2, None)), (slice(1, 2, None), slice(2, 3, None))]
    """
    lengths = block_shape(shape, bytes_each)
    axes = [
        [slice(at, min(at + length, size)) for at in range(0, size, length)]
        for size, length in zip(shape, lengths, strict=True)
    ]
    return itertools.product(*axes)


def block_shape(shape: tuple[int, ...], bytes_each: int) -> tuple[int, ...]:
    """The shape of the largest of the `blocks`.

    >>> block_shape((8, 30, 20), BLOCK // 50)
    (1, 2, 20)
    """
    room = max(1, BLOCK // max(1, bytes_each))
    lengths: list[int] = []
    for size in reversed(shape):
        lengths.insert(0, max(1, min(room, size)))
        room //= lengths[0]
    return tuple(lengths)
