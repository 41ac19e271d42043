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

from typing import Any, NamedTuple

from stridelab.ops.call import Cells
from stridelab.ops.jit import helper
from stridelab.ops.jit.vectors import instruction
from stridelab.ops.memory import NEAR

#: Bytes of a strip and of the results beside it: with a panel of weights they stay near.
STRIP = NEAR * 3 // 4


#: ``target[at + n] = source[first + n]`` for so many n, and ``target[at + n] = 0``.
COPY = instruction(
    "source first target at count",
    lambda w, of: w.copy(w.at(of.source, of.first), w.at(of.target, of.at), of.count),
)
CLEAR = instruction("target at count", lambda w, of: w.clear(w.at(of.target, of.at), of.count))


class Rows(NamedTuple):
    """Where a strip lies in the padded image, in cells."""

    top: int
    height: int
    left: int
    width: int
    pitch: int  # numbers from one row of the strip to the next


@helper
def copy_strip(image: Any, rows: Rows, row_cells: Cells, col_cells: Cells, strip: Any) -> None:
    """Copies padded rows and columns of an image into `strip`, row after row.

    Parameters
    ----------
    image
        (cells, first, cols, channels): a pointer, the place of the image, and its sizes.
    """
    cells, first, cols, channels = image
    # the columns that lie side by side in the image are copied at once
    start, stop = inner_columns(col_cells, rows.left, rows.width)
    inner, count = max(col_cells[rows.left + start], 0) * channels, (stop - start) * channels
    for r in range(rows.height):
        line, row = r * rows.pitch, row_cells[rows.top + r]
        if row < 0:
            CLEAR(strip, line, rows.width * channels)
            continue
        source = first + row * cols * channels
        COPY(cells, source + inner, strip, line + start * channels, count)
        for c in range(rows.width - stop + start):
            at = c if c < start else c - start + stop
            col = col_cells[rows.left + at]
            if col < 0:
                CLEAR(strip, line + at * channels, channels)
            else:
                COPY(cells, source + col * channels, strip, line + at * channels, channels)


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
