"""Each channel by itself: vectors run along the channels, or along the row where there are few.

    many channels: out[j, c] += x[j·s + b, c] · w[b, c]                lanes are channels
        for each block of output rows                                  threads
            for P outputs of a row; or of a column at a border
                for each vector of channels
                    for each row: its inputs are near, most of them served the row before
                        for each tap: a vector of weights serves the P outputs' inputs

    few: out[i, q] += x[i + a, q + b·C] · w[a, b, q mod C]             lanes are a row's numbers
        for each P output rows                                         threads
            for V vectors of a row: its columns' channels, side by side
                for each input row under them, for each column b of the kernel
                    V vectors of inputs serve all of the P rows that see them, a weight each

Images with many channels are not copied: outputs of a tile take the same taps, those that meet the
image. Few channels are copied with their padding, so that vectors can start anywhere; where there
are steps across, or several filters for a channel, `stridelab.ops.kernels.planar` serves them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import prange

from stridelab.ops.call import Array, Call
from stridelab.ops.jit import arguments, helper, packing, shared, threads
from stridelab.ops.jit.arguments import fields
from stridelab.ops.jit.depthwise_tiles import HEIGHTS, OUTPUTS, PIXELS, REUSED, ROWS, VECTORS
from stridelab.ops.jit.vectors import VECTOR_BYTES, hold, pointer
from stridelab.ops.kernels.strips import CLEAR, STRIP, Rows, copy_strip
from stridelab.ops.memory import LINE, NEAR, SCRATCH, in_lines

# --- many channels --------------------------------------------------------------------------------

#: What a tile takes besides its outputs, in outputs.
START = 2


def tile(outputs: int, columns: int = 1) -> int:
    """The outputs of the tiles that take so many in the least time, by a kernel row's weights.

    >>> tile(2 * PIXELS[1][0]) == PIXELS[1][0]
    True
    """
    fit = [pixels for pixels in PIXELS[columns] if pixels <= max(1, outputs)]
    return min(fit, key=lambda pixels: -(-outputs // pixels) * (pixels + START))


#: The most rows of a block.
BLOCK = 7
TILES = np.array([tile(outputs) for outputs in range(BLOCK + 1)])


class Plan(NamedTuple):
    """The sizes of the loop nests, in cells."""

    rows: int
    cols: int
    channels: int
    out_rows: int
    out_cols: int
    kernel_rows: int
    kernel_cols: int
    down: int  # strides
    across: int
    apart_down: int  # the dilation, if it is taken
    span_down: int
    width: int  # of the padded cells under a row of outputs
    pixels: int  # of a tile of inner outputs; rows of one, where there are few channels
    reused: int  # columns of a kernel row that tiles take at once
    upper: int  # the first output row whose windows lie within the image
    lower: int  # behind the last
    left: int  # and the first output column
    right: int
    blocks: int  # of output rows, in one image
    tasks: int  # what threads share: images · blocks
    pitch: int  # numbers from a strip's row to the next
    period: int  # weights of a tap that tiles have; 0 for many channels
    is_far: int  # 1 where the second-level cache does not hold images and results


SIZES, TASKS = len(Plan._fields), Plan._fields.index("tasks")


def serves(call: Call) -> str | None:
    """Why a call cannot be served."""
    channels, filters, cols = call.shape[3], call.kernel.shape[3], call.cols
    if not channels == filters == call.groups:
        return "it filters each channel by itself: as many groups as channels, and as filters"
    if (period := _period(call)) and min(cols.stride, cols.output_size) > 1:
        return f"it takes steps across only where channels fill a vector; there are {channels}"
    if period and (taken := _pitch(call) * call.kernel.itemsize * call.rows.span) > SCRATCH:
        return f"the padded rows under a row of outputs take {taken:,} bytes, not {SCRATCH:,}"
    return None


def work(call: Call) -> int:
    """The bytes of weights, and of tables and lists of taps; or of few channels' strips."""
    p, weights, listed = plan(call, 1), call.kernel.nbytes, np.dtype(np.intp).itemsize
    if not p.period:
        taps = threads.at_most() * BLOCK * 2 * (p.kernel_rows * p.kernel_cols + 1)
        return weights + (taps + call.row_taps.size + call.col_taps.size) * listed
    height = (-(-p.out_rows // p.blocks) - 1) * p.down + p.span_down
    strips = threads.at_most() * (height * p.pitch + VECTORS * packing.lanes_of(call.kernel))
    return weights + (2 * p.kernel_rows * p.kernel_cols * p.period + strips) * call.kernel.itemsize


def _period(call: Call) -> int:
    """Weights of a tap that a tile has: one, a vector's, or all vectors'; 0 for many channels."""
    channels, lanes = call.shape[3], packing.lanes_of(call.kernel)
    if channels >= lanes:
        return 0
    return 1 if channels == 1 else lanes if lanes % channels == 0 else VECTORS * lanes


def _cost(call: Call) -> int:
    """Twice the multiply-adds: what they take where inputs serve many filters."""
    return 2 * math.prod(call.output_shape) * math.prod(call.kernel.shape[:2])


def _pitch(call: Call) -> int:
    """Numbers of a padded row under a row of outputs."""
    return (call.cols.output_size - 1 + call.cols.span) * call.shape[3]


def plan(call: Call, workers: int) -> Plan:
    batch, out_rows, out_cols, _ = call.output_shape
    rows, cols, period, pitch = call.rows, call.cols, _period(call), _pitch(call)
    # a step that is never taken may have any length
    down, across = (axis.stride if axis.output_size > 1 else 1 for axis in (rows, cols))
    upper, lower, left, right = *rows.inner, *cols.inner
    row = pitch * call.kernel.itemsize
    near, most = (room // row - rows.span for room in (STRIP, SCRATCH))
    block = max(1, near // down, min(HEIGHTS[0], most // down)) if period else BLOCK
    least = max(-(-out_rows // block), threads.useful(_cost(call), workers) // max(1, batch))
    blocks = threads.evenly(min(least, out_rows), batch, out_rows, workers)
    reuses = (cols.kernel, across) in REUSED and cols.dilation == 1
    if not period:
        pixels = tile(right - left, cols.kernel if reuses else 1)
        reuses = reuses and pixels > 1
    else:  # a tile's rows are busy with kernels that are nearly as high
        together = rows.kernel + 1 if down == 1 and rows.span == rows.kernel else 1
        highest = max(1, min(out_rows // blocks, together))
        pixels = next(n for n in HEIGHTS[period > 1 :] if n <= highest)
    return Plan(
        *(rows.size, cols.size, call.shape[3], out_rows, out_cols),
        *(rows.kernel, cols.kernel, down, across, rows.dilation if rows.kernel > 1 else 1),
        *(rows.span, (out_cols - 1) * across + cols.span),
        *(pixels, cols.kernel if reuses else 1, upper, lower, left, right, blocks, batch * blocks),
        *(pitch, period, int(math.prod(call.shape) * call.kernel.itemsize > NEAR // 2)),
    )


def prepare(call: Call) -> Callable[[Array, Array], None]:
    """What is returned fills a result (N, OH, OW, C) from images."""
    sizes, period = functools.partial(plan, call), _period(call)
    tables: Any = (call.row_taps, call.col_taps, ())
    if period:
        taps = np.arange(call.cols.kernel) * call.cols.dilation * call.shape[3]
        tables = (call.row_cells, call.col_cells, taps)
    weights = call.keep(f"depthwise {period}", lambda: in_lines(packing.again(call.kernel, period)))
    start = packing.pack_start(call, VECTORS * packing.lanes_of(call.kernel) if period else 1)
    return threads.spread(_tasks, sizes, _cost(call), arguments.joined(*tables), weights, start)


_tables = arguments.tables(1, 1, 1)


@helper
def _many(p: Plan, task: int, tables: Any, arrays: Any) -> None:
    """A block of rows. A tile's outputs take the same taps: inner ones, or a border column's."""
    (row_taps, col_taps, _), (x, weights, bias, out) = tables, arrays
    block, image = task % p.blocks, task // p.blocks
    first, stop = threads.part(p.out_rows, p.blocks, block)
    cells, results, line, floor = pointer(x), pointer(out), p.cols * p.channels, bias[-1]
    kernel, start, of = pointer(weights), pointer(bias), (pointer(row_taps), pointer(col_taps))
    listed, out_line = 2 + 2 * p.kernel_rows * p.kernel_cols, p.out_cols * p.channels
    # parts of lines would be fetched again for each part: there tiles lie side by side
    rows = 1 if p.left == p.right or (p.is_far and VECTOR_BYTES < LINE) else stop - first
    lists = np.empty(rows * listed, np.intp)
    taps, i, j = pointer(lists), first, 0
    while j < p.out_cols:
        is_inner = p.left <= j < p.right
        if is_inner:
            count, high, columns, pixels = p.right - p.left, rows, p.reused, p.pixels
            step, out_step = p.across * p.channels, p.channels
        else:
            count = min(stop, p.lower) - i if p.upper <= i < p.lower else 1
            high, columns, pixels = 1, 1, TILES[count]
            step, out_step = p.down * line, out_line
        for r in range(high):
            _taps(p, of, i + r, j, columns, taps, r * listed)
        target = (image * p.out_rows + i) * out_line + j * p.channels
        OUTPUTS(
            cells, image * p.rows * line, step, count, high, line, pixels, columns, p.across, taps,
            listed, kernel, start, p.channels, floor, results, target, out_step, out_line,
        )  # fmt: skip
        i += high if is_inner else count
        if i == stop:
            i, j = first, p.right if is_inner else j + 1
    hold(lists)


@helper
def _taps(p: Plan, tables: Any, i: int, j: int, columns: int, taps: Any, at: int) -> None:
    """Lists the taps of output (i, j) in the image; with `columns` over 1 the first of each row."""
    (rows, cols), last, tap = tables, -1, at + 2
    for a in range(p.kernel_rows):
        row = rows[i * p.kernel_rows + a]
        last = max(last, row)
        for b in range(p.kernel_cols if columns == 1 else 1):
            col = cols[j * p.kernel_cols + b]
            if row >= 0 and col >= 0:
                taps[tap] = (row * p.cols + col) * p.channels
                taps[tap + 1] = (a * p.kernel_cols + b) * p.channels
                tap += 2
    below = last + (4 if p.is_far and p.down == 1 and VECTOR_BYTES >= LINE else 1)
    taps[at], taps[at + 1] = (tap - at) // 2 - 1, below * p.cols * p.channels


# --- few channels ---------------------------------------------------------------------------------


@helper
def _few(p: Plan, task: int, tables: Any, arrays: Any) -> None:
    """One block of output rows of an image with few channels."""
    (row_cells, col_cells, taps), (x, weights, bias, out) = tables, arrays
    block, image = task % p.blocks, task // p.blocks
    first, stop = threads.part(p.out_rows, p.blocks, block)
    count, numbers = stop - first, p.out_cols * p.channels
    height, beside = (count - 1) * p.down + p.span_down, VECTORS * (VECTOR_BYTES // x.itemsize)
    strip = np.empty(height * p.pitch + beside, x.dtype)
    cells, results, floor = pointer(strip), pointer(out), bias[-1]
    CLEAR(cells, height * p.pitch, beside)  # vectors reach behind the last row
    rows = Rows(first * p.down, height, 0, p.width, p.pitch)
    from_image = pointer(x), image * p.rows * p.cols * p.channels, p.cols, p.channels
    copy_strip(from_image, rows, row_cells, col_cells, cells)
    target, step = (image * p.out_rows + first) * numbers, beside // p.channels * p.channels
    for tile_at in range(0, count, p.pixels):
        i = min(tile_at, count - p.pixels)
        for q in range(0, numbers, step):
            ROWS(
                p.pixels, p.period, cells, i * p.down * p.pitch + q, p.apart_down * p.pitch,
                pointer(taps), pointer(weights), p.kernel_rows, p.kernel_cols, pointer(bias), floor,
                results, target + i * numbers + q, numbers, numbers - q,
            )  # fmt: skip
    hold(strip)


@shared(arguments.signature)
def _tasks(sizes, tables, x, weights, bias, out):  # type: ignore[no-untyped-def]
    for task in prange(sizes[TASKS]):
        p, arrays = Plan(*fields(sizes, SIZES)), (x, weights, bias, out)
        if p.period:
            _few(p, task, _tables(tables), arrays)
        else:
            _many(p, task, _tables(tables), arrays)
