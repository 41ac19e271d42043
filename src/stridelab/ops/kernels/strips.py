"""Strips: the padded rows and columns under some outputs, copied side by side.

    image (H, W, C)              strip: rows of pad_before + W + pad_after columns
    ┌──────────┐                 ┌─┬──────────┬─┐
    │ row 3    │        →        │0│ row 3    │0│     −1 in the tables of cells is a zero;
    │ row 4    │                 │0│ row 4    │0│     other cells are copied, whatever the mode
    │ row 5    │                 │0│ row 5    │0│
    └──────────┘                 └─┴──────────┴─┘

A strip is small enough to stay in a cache, so that padding costs one pass over it and no test in
the loops that multiply.
"""

from __future__ import annotations

from typing import NamedTuple

from stridelab.ops.call import Array, Cells
from stridelab.ops.jit import helper
from stridelab.ops.memory import NEAR

#: Bytes of a strip and of the results beside it: with a panel of weights they stay near.
STRIP = NEAR * 3 // 4


class Rows(NamedTuple):
    """Where a strip lies in the padded image, in cells."""

    top: int
    height: int
    left: int
    width: int
    pitch: int  # numbers from one row of the strip to the next


@helper
def copy_strip(image: Array, rows: Rows, row_cells: Cells, col_cells: Cells, strip: Array) -> None:
    """Copies padded rows and columns of an image (H, W, C) into `strip`, row after row."""
    channels = image.shape[2]
    cells, width = image.reshape(image.size), rows.width * channels
    # the columns that lie side by side in the image are copied at once
    start, stop = inner_columns(col_cells, rows.left, rows.width)
    inner, count = max(col_cells[rows.left + start], 0) * channels, (stop - start) * channels
    for r in range(rows.height):
        line = strip[r * rows.pitch : r * rows.pitch + width]
        row = row_cells[rows.top + r]
        if row < 0:
            clear(line)
            continue
        first = row * image.shape[1] * channels
        copy(cells[first + inner : first + inner + count], line[start * channels :])
        for c in range(rows.width - stop + start):
            at = c if c < start else c - start + stop
            cell, col = line[at * channels : (at + 1) * channels], col_cells[rows.left + at]
            if col < 0:
                clear(cell)
            else:
                copy(cells[first + col * channels : first + (col + 1) * channels], cell)


@helper
def copy(source: Array, target: Array) -> None:
    """All of the source, by vectors, which setting one slice to another does not become."""
    for place in range(source.size):
        target[place] = source[place]


@helper
def clear(target: Array) -> None:
    """Zeros, by vectors as well."""
    for place in range(target.size):
        target[place] = 0


@helper
def inner_columns(col_cells: Cells, first: int, count: int) -> tuple[int, int]:
    """The longest stretch of columns from the first real neighbours on that lie side by side."""
    start = 0
    while start + 1 < count and not (
        col_cells[first + start] >= 0
        and col_cells[first + start + 1] == col_cells[first + start] + 1
    ):
        start += 1
    stop = start
    if col_cells[first + start] >= 0:
        stop += 1
        while stop < count and col_cells[first + stop] == col_cells[first + stop - 1] + 1:
            stop += 1
    return start, stop
