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
image. Few channels are copied with their padding, so that vectors can start anywhere: once for each
filter, and as neighbours of the results meet them where there are strides.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numba import prange

from stridelab.ops.call import Array, Call, Cells
from stridelab.ops.jit import arguments, helper, packing, shared, threads
from stridelab.ops.jit.arguments import fields
from stridelab.ops.jit.vectors import REGISTERS, VECTOR_BYTES, Writer, hold, instruction, pointer
from stridelab.ops.kernels.strips import CLEAR, STRIP, Rows, copy_strip
from stridelab.ops.kernels.tile import SHAPES
from stridelab.ops.memory import LINE, NEAR, SCRATCH, in_lines

# --- many channels --------------------------------------------------------------------------------

#: Kernel columns and strides that have tiles of their own, where an input serves several outputs.
REUSED = ((3, 1), (3, 2), (5, 1), (5, 2))
#: Outputs of a tile, by a kernel row's columns: a register each, one for each weight. Where they
#: take more than 17, LLVM keeps some of the inputs on the stack.
_PIXELS = (7, 6, 5, 3, 1) if REGISTERS == 16 else (14, 12, 10, 8, 6, 5, 3, 1)
PIXELS = {columns: [n for n in _PIXELS if n + columns <= 17] for columns in (1, *dict(REUSED))}
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


def _write_outputs(w: Writer, of: SimpleNamespace) -> None:
    """``y[r, p, c] = max(floor, bias[c] + Σ_t,b x[at + taps[r, t] + p·step + b·C + c] · w[t,b,c])``

    For all channels of `outputs` neighbours in `rows` rows, or in a column, `pixels` at a time.

    taps, listed
        For each row, `listed` numbers further on: how many kernel rows it takes; the place of a
        row further down, for the caches to fetch meanwhile; of each kernel row its place in `x`,
        and its weights' place. With `columns` 1 each tap counts as a row.
    columns, stride
        One of `REUSED`, but not for a single output: ``step`` is ``stride·C``. Or 1 and any stride.
    step, out_step, below, out_down
        From an output's inputs to the next one's, and from its result; from row to row of both.
    channels
        C, which is also the way from one cell to the next, and from one tap's weights.
    """
    for columns, stride in (*REUSED, (1, None)):
        for pixels in PIXELS[columns] if stride is None else PIXELS[columns][:-1]:
            conditions = [w.equal(of.columns, columns), w.equal(of.pixels, pixels)]
            if stride is not None:
                conditions.append(w.equal(of.stride, stride))
            with w.when(*conditions):
                _write_tiles(w, of, pixels, columns, stride or 1)


def _write_tiles(w: Writer, of: SimpleNamespace, pixels: int, columns: int, stride: int) -> None:
    """Tiles side by side; of each a vector of channels after the other; of that all rows.

    The last ones reach back over outputs and channels that are done.
    """
    with w.steps(of.outputs, pixels) as tile_at:
        first = w.smaller(tile_at, w.plus(of.outputs, -pixels))
        inputs = w.at(of.x, of.at, w.times(first, of.step))
        to = w.at(of.out, of.out_at, w.times(first, of.out_step))
        with w.steps(of.channels, w.lanes) as start, w.loop(of.rows) as r:
            channel = w.smaller(start, w.plus(of.channels, -w.lanes))
            (bias,) = w.load(w.at(of.bias, channel))
            sums = [[w.sum(bias)] for _ in range(pixels)]
            x, all_weights = w.at(inputs, channel), w.at(of.weights, channel)
            row = w.at(of.taps, w.times(r, of.listed))
            later, cells = w.at(inputs, w.get(w.at(row, 1))), pixels * stride
            for more in range(stride):
                below = w.at(later, w.times(of.below, more))
                if VECTOR_BYTES < LINE:  # a share of all channels, which come next
                    w.prefetch_all(w.at(below, w.times(start, cells)), cells)
                else:
                    for n in range(cells):
                        w.prefetch(w.at(below, channel, w.times(of.channels, n)))
            with w.loop(w.get(row)) as a:
                tap = w.at(row, 2, w.times(a, 2))
                line, these = w.at(x, w.get(tap)), w.at(all_weights, w.get(w.at(tap, 1)))
                weights = [w.load(w.at(these, w.times(of.channels, b)))[0] for b in range(columns)]
                for column, served in _inputs(pixels, columns, stride):
                    far = w.times(of.channels if columns > 1 else of.step, column)
                    (cells,) = w.load(w.at(line, far))
                    for p, b in served:
                        w.multiply_add(sums[p][0], cells, weights[b])
            w.store(
                sums, of.floor, w.at(to, channel, w.times(r, of.out_down)), of.out_step, w.lanes
            )


def _inputs(pixels: int, columns: int, stride: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Each input of a row that a tile reads, with the outputs that it serves, and by which tap.

    >>> list(_inputs(2, 3, 2))[2]
    (2, [(0, 2), (1, 0)])
    """
    for column in range((pixels - 1) * stride + columns):
        taps = [(*divmod(column - b, stride), b) for b in range(columns)]
        yield column, [(p, b) for p, rest, b in reversed(taps) if rest == 0 and p in range(pixels)]


_OUTPUTS = instruction(
    """x at step outputs rows below pixels columns stride taps listed weights bias channels floor
    out out_at out_step out_down""",
    _write_outputs,
)


class Plan(NamedTuple):
    """The sizes of the loop nests, in cells."""

    rows: int
    cols: int
    channels: int
    filters: int
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
    dealt: int  # and from a padded row, where its columns are dealt out into it; or 0
    period: int  # weights of a tap that tiles have; 0 for many channels
    is_far: int  # 1 where the second-level cache does not hold images and results


SIZES, TASKS = len(Plan._fields), Plan._fields.index("tasks")


def serves(call: Call) -> str | None:
    """Why a call cannot be served."""
    channels, filters = call.shape[3], call.kernel.shape[3]
    if channels != call.groups:
        return "it filters each channel by itself: as many groups as channels"
    most = VECTORS * packing.lanes_of(call.kernel)
    if filters > max(most, channels):
        return f"it gives a channel several filters only where all are {most} or fewer"
    if _period(call) and (taken := _row(call)[-1] * call.rows.span) > SCRATCH:
        return f"the padded rows under a row of outputs take {taken:,} bytes, not {SCRATCH:,}"
    return None


def work(call: Call) -> int:
    """The bytes of weights, and of tables and lists of taps; or of few channels' strips."""
    p, weights, listed = plan(call, 1), call.kernel.nbytes, np.dtype(np.intp).itemsize
    if not p.period:
        taps = threads.at_most() * BLOCK * 2 * (p.kernel_rows * p.kernel_cols + 1)
        return weights + (taps + call.row_taps.size + call.col_taps.size) * listed
    height = (-(-p.out_rows // p.blocks) - 1) * p.down + p.span_down
    strips = threads.at_most() * (
        height * (p.pitch + p.dealt) + VECTORS * packing.lanes_of(call.kernel)
    )
    numbers = 2 * p.kernel_rows * p.kernel_cols * p.period + strips
    return weights + numbers * call.kernel.itemsize + 2 * p.pitch * listed


def _period(call: Call) -> int:
    """Weights of a tap that a tile has: one, a vector's, or all vectors'; 0 for many channels."""
    channels, filters, lanes = call.shape[3], call.kernel.shape[3], packing.lanes_of(call.kernel)
    if channels == filters >= lanes:
        return 0
    return 1 if filters == 1 else lanes if lanes % filters == 0 else VECTORS * lanes


def _cost(call: Call) -> int:
    """Twice the multiply-adds: what they take where inputs serve many filters."""
    return 2 * math.prod(call.output_shape) * math.prod(call.kernel.shape[:2])


def _row(call: Call) -> tuple[int, int, int, int]:
    """The step across; numbers of a strip's row; of one that is dealt out into it, or 0; bytes."""
    (*_, channels), (*_, filters), cols = call.shape, call.kernel.shape, call.cols
    across = cols.stride if cols.output_size > 1 else 1
    cells = (cols.output_size - 1 - -cols.span // across) * across  # whole steps
    dealt = cells * channels if across * filters > channels else 0
    return across, cells * filters, dealt, (cells * filters + dealt) * call.kernel.itemsize


def plan(call: Call, workers: int) -> Plan:
    batch, out_rows, out_cols, filters = call.output_shape
    rows, cols, period = call.rows, call.cols, _period(call)
    down, (across, pitch, dealt, row) = rows.stride if rows.output_size > 1 else 1, _row(call)
    upper, lower, left, right = *rows.inner, *cols.inner
    near, most = (room // row - rows.span for room in (STRIP, SCRATCH))
    block = max(1, near // down, min(ROWS[0], most // down)) if period else BLOCK
    least = max(-(-out_rows // block), threads.useful(_cost(call), workers) // max(1, batch))
    blocks = threads.evenly(min(least, out_rows), batch, out_rows, workers)
    reuses = (cols.kernel, across) in REUSED and cols.dilation == 1
    if not period:
        pixels = tile(right - left, cols.kernel if reuses else 1)
        reuses = reuses and pixels > 1
    else:  # a tile's rows are busy with kernels that are nearly as high
        together = rows.kernel + 1 if down == 1 and rows.span == rows.kernel else 1
        highest = max(1, min(out_rows // blocks, together))
        pixels = next(n for n in ROWS[period > 1 :] if n <= highest)
    return Plan(
        *(rows.size, cols.size, call.shape[3], filters, out_rows, out_cols),
        *(rows.kernel, cols.kernel, down, across, rows.dilation if rows.kernel > 1 else 1),
        *(rows.span, (out_cols - 1) * across + cols.span),
        *(pixels, cols.kernel if reuses else 1, upper, lower, left, right, blocks, batch * blocks),
        *(pitch, dealt, period, int(math.prod(call.shape) * call.kernel.itemsize > NEAR // 2)),
    )


def prepare(call: Call) -> Callable[[Array, Array], None]:
    """What is returned fills a result (N, OH, OW, C·m) from images."""
    sizes, period = functools.partial(plan, call), _period(call)
    tables: Any = (call.row_taps, call.col_taps, (), ())
    if period:
        tables = (call.row_cells, call.col_cells, *_columns(call))
    weights = call.keep(f"depthwise {period}", lambda: in_lines(packing.again(call.kernel, period)))
    start = packing.pack_start(call, VECTORS * packing.lanes_of(call.kernel) if period else 1)
    return threads.spread(_tasks, sizes, _cost(call), arguments.joined(*tables), weights, start)


def _columns(call: Call) -> tuple[Cells, Cells]:
    """Where a tap's column begins in a strip's row; the places of what is dealt out into a row."""
    (across, pitch, dealt, _), filters = _row(call), call.kernel.shape[3]
    col, turn = np.divmod(np.arange(call.cols.kernel) * call.cols.dilation, across)
    taps = turn * (pitch // across) + col * filters
    turn, number = np.divmod(np.arange(pitch if dealt else 0), pitch // across)
    col, f = np.divmod(number, filters)
    return taps, (col * across + turn) * call.groups + f // (filters // call.groups)


_tables = arguments.tables(1, 1, 1, 1)


@helper
def _rows(p: Plan, task: int, tables: Any, arrays: Any) -> None:
    """A block of rows. A tile's outputs take the same taps: inner ones, or a border column's."""
    (row_taps, col_taps, _, _), (x, weights, bias, out) = tables, arrays
    block, image = task % p.blocks, task // p.blocks
    first, stop = block * p.out_rows // p.blocks, (block + 1) * p.out_rows // p.blocks
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
        _OUTPUTS(
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

#: Output rows of a tile, the most for one channel alone: they take long to compile; its vectors.
ROWS, VECTORS = (*SHAPES[3], 1), 3


def _write_planes(w: Writer, of: SimpleNamespace) -> None:
    """``y[r, q] = max(floor, bias[q] + Σ_a,b x[at + (r + a)·pitch + taps[b] + q] · w[a, b, q])``

    For the numbers q of `VECTORS` vectors, of `rows` output rows, one of `ROWS`. Of a tap's weights
    there are `period`: one for all numbers, those of a vector, which serve each, or all.
    """
    for rows, period in itertools.product(ROWS, (1, w.lanes, VECTORS * w.lanes)):
        if rows in ROWS[period > 1 :]:
            with w.when(w.equal(of.rows, rows), w.equal(of.period, period)):
                _write_plane(w, of, rows, period)


def _write_plane(w: Writer, of: SimpleNamespace, rows: int, period: int) -> None:
    """An input row serves the output rows that see it: one, then two …, all, then fewer again."""
    start = w.load(of.bias, VECTORS)
    sums = [[w.sum(one) for one in start] for _ in range(rows)]
    x, line = w.at(of.x, of.at), w.times(of.width, period)

    def input_row(a: Any, served: range) -> None:
        """Of the kernel row `a` that output row 0 sees there, and of those above it."""
        place, weights = w.at(x, w.times(of.pitch, a)), w.at(of.weights, w.times(line, a))
        with w.loop(of.width) as b:
            cells = w.load(w.at(place, w.get(w.at(of.taps, b))), VECTORS)
            for r in served:
                tap = w.at(weights, w.times(line, -r), w.times(b, period))
                these = [w.spread(w.get(tap))] if period == 1 else w.load(tap, period // w.lanes)
                for v in range(VECTORS):
                    w.multiply_add(sums[r][v], cells[v], these[v % len(these)])

    for a in range(rows - 1):
        input_row(a, range(a + 1))
    with w.loop(w.plus(of.height, 1 - rows)) as a:
        input_row(w.plus(a, rows - 1), range(rows))
    for a in range(rows - 1):
        input_row(w.plus(of.height, a), range(a + 1, rows))
    w.store(sums, of.floor, w.at(of.out, of.out_at), of.out_step, of.valid)


_PLANES = instruction(
    "rows period x at pitch taps weights height width bias floor out out_at out_step valid",
    _write_planes,
)


@helper
def _planes(p: Plan, task: int, tables: Any, arrays: Any) -> None:
    """One block of output rows of an image with few channels."""
    (row_cells, col_cells, taps, columns), (x, weights, bias, out) = tables, arrays
    block, image = task % p.blocks, task // p.blocks
    first, stop = block * p.out_rows // p.blocks, (block + 1) * p.out_rows // p.blocks
    count, numbers = stop - first, p.out_cols * p.filters
    height, beside = (count - 1) * p.down + p.span_down, VECTORS * (VECTOR_BYTES // x.itemsize)
    strip = np.empty(height * p.pitch + beside, x.dtype)
    cells, results, floor = pointer(strip), pointer(out), bias[-1]
    CLEAR(cells, height * p.pitch, beside)  # vectors reach behind the last row
    copied, source = np.zeros(height * p.dealt, x.dtype), image * p.rows * p.cols * p.channels
    rows = Rows(first * p.down, height, 0, p.width, p.dealt if p.dealt else p.pitch)
    from_image = pointer(x), source, p.cols, p.channels
    copy_strip(from_image, rows, row_cells, col_cells, pointer(copied) if p.dealt else cells)
    if p.dealt:
        padded, listed = pointer(copied), pointer(columns)
        for line in range(height):
            for q in range(p.pitch):
                cells[line * p.pitch + q] = padded[line * p.dealt + listed[q]]
    target, step = (image * p.out_rows + first) * numbers, beside // p.filters * p.filters
    for tile_at in range(0, count, p.pixels):
        i = min(tile_at, count - p.pixels)
        for q in range(0, numbers, step):
            _PLANES(
                p.pixels, p.period, cells, i * p.down * p.pitch + q, p.apart_down * p.pitch,
                pointer(taps), pointer(weights), p.kernel_rows, p.kernel_cols, pointer(bias), floor,
                results, target + i * numbers + q, numbers, numbers - q,
            )  # fmt: skip
    hold((strip, copied))


@shared(arguments.signature)
def _tasks(sizes, tables, x, weights, bias, out):  # type: ignore[no-untyped-def]
    for task in prange(sizes[TASKS]):
        p, arrays = Plan(*fields(sizes, SIZES)), (x, weights, bias, out)
        if p.period:
            _planes(p, task, _tables(tables), arrays)
        else:
            _rows(p, task, _tables(tables), arrays)
