"""What a method of convolution gets: one checked call, and the tables that hold its borders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from stridelab.geometry import Axis, border_cell

#: An array of floats; the door lets float32 and float64 pass.
Array: TypeAlias = npt.NDArray[np.floating[Any]]
#: Indices of input cells along one axis.
Cells: TypeAlias = npt.NDArray[np.intp]
#: One number for both axes, or (rows, columns).
Size: TypeAlias = int | tuple[int, int]


#: The temporary memory that a method may take for one block of its work, in bytes.
BLOCK = 64 * 2**20


@dataclass(frozen=True, eq=False)
class Call:
    """One convolution, checked and brought to one form by the door; methods check nothing again.

    Parameters
    ----------
    x : array
        (N, H, W, Cin); like every array here C-contiguous, aligned, read-only, of one dtype.
    kernel : array
        (KH, KW, Cin/groups, Cout).
    bias : array, optional
        (Cout,).
    rows, cols : Axis
        Sizes, pads, strides and dilations.
    groups : int
        Divides Cin and Cout.
    padding_mode : str
        What the padded cells show; the pads are within the mode's limit.
    """

    x: Array
    kernel: Array
    bias: Array | None
    rows: Axis
    cols: Axis
    groups: int = 1
    padding_mode: str = "zeros"

    @property
    def output_shape(self) -> tuple[int, int, int, int]:
        """(N, OH, OW, Cout)."""
        batch, filters = self.x.shape[0], self.kernel.shape[3]
        return batch, self.rows.output_size, self.cols.output_size, filters

    @property
    def strides(self) -> tuple[int, int]:
        """The cells from one window to the next: rows, columns."""
        return self.rows.stride, self.cols.stride

    @property
    def dilations(self) -> tuple[int, int]:
        """The cells from one tap to the next: rows, columns."""
        return self.rows.dilation, self.cols.dilation

    @cached_property
    def row_cells(self) -> Cells:
        """The input row that each padded row shows; −1 for zeros."""
        return border_cells(self.rows, self.padding_mode)

    @cached_property
    def col_cells(self) -> Cells:
        """The input column that each padded column shows; −1 for zeros."""
        return border_cells(self.cols, self.padding_mode)


def border_cells(axis: Axis, mode: str = "zeros") -> Cells:
    """The input cell that each cell of the padded axis shows; −1 where it shows a zero.

    Output i reads padded cell ``i·s + j·d`` with its tap j.

    >>> from stridelab.geometry import conv_axis
    >>> border_cells(conv_axis(4, kernel=3, padding=2), "reflect")
    array([2, 1, 0, 1, 2, 3, 2, 1])
    >>> border_cells(conv_axis(4, kernel=3, padding=(0, 1)))
    array([ 0,  1,  2,  3, -1])
    """
    cells = np.arange(-axis.pad_before, axis.size + axis.pad_after, dtype=np.intp)
    for padded in (slice(axis.pad_before), slice(axis.pad_before + axis.size, None)):
        shown = (border_cell(position, axis.size, mode) for position in cells[padded].tolist())
        cells[padded] = [-1 if cell is None else cell for cell in shown]
    cells.flags.writeable = False
    return cells


def image_blocks(batch: int, bytes_per_image: int) -> Iterator[slice]:
    """Slices of a batch that take `BLOCK` bytes at most, one image at least.

    >>> list(image_blocks(5, BLOCK // 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    """
    images = max(1, BLOCK // max(1, bytes_per_image))
    return (slice(first, first + images) for first in range(0, batch, images))
