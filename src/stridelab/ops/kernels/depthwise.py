"""Each channel by itself: vectors run along the channels, or along the row where there is one.

    many channels: out[j, c] += x[j·s + b, c] · w[b, c]                lanes are channels
        for each output row                                            threads
            for P outputs of the row
                for each vector of channels
                    for each tap: a vector of weights serves the P outputs' inputs

    one channel: out[i, j] += x[i + a, j + b] · w[a, b]                lanes are columns
        for each P output rows                                         threads
            for V vectors of neighbouring columns
                for each input row under them, for each column b of the kernel
                    V vectors of inputs serve all of the P rows that see them, a weight each

Images with channels are not copied: of outputs near a border only the taps that meet the image are
taken. A single channel is copied with its padding, so that vectors can start anywhere.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numba import prange, types

from stridelab.ops.call import Array, Call, Cells
from stridelab.ops.jit import compiled, fields, frozen, helper, of_sizes_and_arrays, threads
from stridelab.ops.jit.vectors import REGISTERS, VECTOR_BYTES, Writer, instruction
from stridelab.ops.kernels.strips import STRIP, Rows, copy_strip
from stridelab.ops.kernels.tile import SHAPES
from stridelab.ops.memory import LINE

# --- many channels --------------------------------------------------------------------------------

#: Outputs of a tile, where a row has as many: a register each, beside a kernel row's weights.
PIXELS = (8 if REGISTERS == 16 else 20, 4, 1)
_MANY, _FEW, _ = PIXELS
#: Kernel columns and strides that have tiles of their own, where an input serves several outputs.
REUSED = ((3, 1), (3, 2), (5, 1), (5, 2))


def _write_row(w: Writer, of: SimpleNamespace) -> None:
    """``out[p, c] = max(floor, bias[c] + Σ_t,b x[at + taps[t, 0] + (p·s + b)·C + c] · w[t, b, c])``

    For `pixels` neighbouring outputs of one row, one of `PIXELS`, and all channels.

    taps, count
        For each kernel row its place in `x`, and its weights' place; how many there are. With
        `columns` 1 each tap counts as a row.
    columns, stride
        One of `REUSED`, but not for a single output; or 1 and any stride.
    ahead, below
        The place of the row that the outputs below need, for the caches to fetch it meanwhile, and
        the way to the row after it.
    channels
        C, which is also the way from one cell to the next: in `x`, in the weights and in `out`.
    """
    for columns, stride in (*REUSED, (1, None)):
        for pixels in PIXELS if stride is None else PIXELS[:-1]:
            conditions = [w.equal(of.columns, columns), w.equal(of.pixels, pixels)]
            if stride is not None:
                conditions.append(w.equal(of.stride, stride))
            with w.when(*conditions):
                _write_tile(w, of, pixels, columns, of.stride if stride is None else stride)


def _write_tile(w: Writer, of: SimpleNamespace, pixels: int, columns: int, stride: Any) -> None:
    """A vector of channels after the other; the last one reaches back over channels done."""
    last = w.plus(of.channels, -w.lanes)
    with w.steps(of.channels, w.lanes) as start:
        channel = w.smaller(start, last)
        (bias,) = w.load(w.at(of.bias, channel))
        sums = [[w.sum(bias)] for _ in range(pixels)]
        x, all_weights = w.at(of.x, of.at, channel), w.at(of.weights, channel)
        _fetch_ahead(w, of, start, pixels, stride if columns > 1 else 1)
        with w.loop(of.count) as a:
            tap = w.at(of.taps, w.times(a, 2))
            line, row = w.at(x, w.get(tap)), w.at(all_weights, w.get(w.at(tap, 1)))
            weights = [w.load(w.at(row, w.times(of.channels, b)))[0] for b in range(columns)]
            for column, served in _inputs(pixels, columns, stride):
                far = w.times(of.channels, column)
                (cells,) = w.load(w.at(line, far if columns > 1 else w.times(far, stride)))
                for p, b in served:
                    w.multiply_add(sums[p][0], cells, weights[b])
        w.store(sums, of.floor, w.at(of.out, of.out_at, channel), of.channels, w.lanes)


def _fetch_ahead(w: Writer, of: SimpleNamespace, start: Any, pixels: int, stride: int) -> None:
    """A share of the cells under the outputs below, a cache line at a time."""
    line = LINE // w.itemsize
    lines = -(-pixels * stride * w.lanes // line)
    for row in range(stride):
        place = w.at(of.x, of.at, w.times(of.below, row), of.ahead, w.times(start, pixels * stride))
        for number in range(lines):
            w.prefetch(w.at(place, number * line))


def _inputs(pixels: int, columns: int, stride: Any) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Each input of a row that a tile reads, with the outputs that it serves, and by which tap.

    >>> list(_inputs(2, 3, 2))[2]
    (2, [(0, 2), (1, 0)])
    """
    if columns == 1:
        yield from ((p, [(p, 0)]) for p in range(pixels))
        return
    for column in range((pixels - 1) * stride + columns):
        taps = [(*divmod(column - b, stride), b) for b in range(columns)]
        yield column, [(p, b) for p, rest, b in reversed(taps) if rest == 0 and p in range(pixels)]


_ROW = instruction(
    "x at ahead below pixels columns stride taps count weights bias channels floor out out_at",
    _write_row,
)


class Plan(NamedTuple):
    """The sizes of the loop nests, in cells."""

    images: int
    rows: int
    cols: int
    channels: int
    out_rows: int
    out_cols: int
    kernel_rows: int
    kernel_cols: int
    stride: int
    reused: int  # columns of a kernel row that tiles take at once
    inner_from: int  # the first output of a row whose window lies within it
    inner_to: int  # behind the last
    blocks: int  # of output rows, in one image
    tasks: int  # what threads share: images · blocks
    pitch: int  # numbers from a strip's row to the next


SIZES = len(Plan._fields)


def serves(call: Call) -> str | None:
    """Why a call cannot be served."""
    channels, filters = call.shape[3], call.kernel.shape[3]
    if not channels == call.groups == filters:
        return "it filters each channel by itself and once: as many groups and filters as channels"
    steps = (call.rows.stride, call.cols.stride, call.rows.dilation, call.cols.dilation)
    if channels == 1 and steps != (1, 1, 1, 1):
        return "it takes a single channel with strides and dilations of 1 only"
    if channels == 1 and _line(call) > STRIP:
        return f"a padded row of a single channel takes {_line(call):,} bytes"
    if 1 < channels < VECTOR_BYTES // call.kernel.itemsize:
        return f"its vectors hold more channels than {channels}"
    return None


def work(call: Call) -> int:
    """The bytes of the lists of taps; or of strips, since one channel is copied."""
    if call.shape[3] > 1:
        return int(call.row_taps.size + call.col_taps.size) * np.dtype(np.intp).itemsize
    p = plan(call, 1)
    rows = -(-p.out_rows // p.blocks) + p.kernel_rows - 1
    return threads.at_most() * rows * p.pitch * call.kernel.itemsize


def _line(call: Call) -> int:
    """Bytes of a padded row, with room to read whole vectors behind it."""
    cols = call.cols
    return (cols.pad_before + cols.size + cols.pad_after) * call.kernel.itemsize + 3 * VECTOR_BYTES


def plan(call: Call, workers: int) -> Plan:
    batch, out_rows, out_cols, channels = call.output_shape
    cols = call.cols
    stride = cols.stride if out_cols > 1 else 1
    inner_from = min(-(-cols.pad_before // cols.stride), out_cols)
    inner_to = (cols.size - cols.span + cols.pad_before) // cols.stride + 1
    inner_to = max(min(inner_to, out_cols), inner_from)
    reuses = (cols.kernel, stride) in REUSED and cols.dilation == 1
    reuses = reuses and inner_to - inner_from >= PIXELS[1]
    pitch = _line(call) // call.kernel.itemsize
    block = 1 if channels > 1 else max(1, STRIP // _line(call) - call.rows.kernel)
    blocks = threads.evenly(-(-out_rows // block), batch, out_rows, workers)
    return Plan(
        images=batch,
        rows=call.shape[1],
        cols=cols.size,
        channels=channels,
        out_rows=out_rows,
        out_cols=out_cols,
        kernel_rows=call.rows.kernel,
        kernel_cols=cols.kernel,
        stride=stride,
        reused=cols.kernel if reuses else 1,
        inner_from=inner_from,
        inner_to=inner_to,
        blocks=blocks,
        tasks=batch * blocks,
        pitch=pitch,
    )


def prepare(call: Call) -> Callable[[Array, Array], None]:
    """What is returned fills a result (N, OH, OW, C) from images."""
    p, dtype = plan(call, 1), call.kernel.dtype
    bias = np.zeros(p.channels if p.channels > 1 else 3 * VECTOR_BYTES, dtype)
    if call.bias is not None:
        bias[:] = call.bias  # one channel's stands in every lane
    bias.flags.writeable = False
    one, many, tables = _rows_one, _rows_many, [call.row_taps, call.col_taps]
    if p.channels == 1:
        one, many, tables = _planes_one, _planes_many, [call.row_cells, call.col_cells]
    tables = [frozen(np.atleast_2d(table)) for table in tables]
    multiplications = math.prod(call.output_shape) * math.prod(call.kernel.shape[:2])
    rest = (call.kernel.reshape(-1), bias, *tables, dtype.type(call.floor))
    cut = functools.partial(plan, call)
    return threads.spread(one, many, cut, multiplications, dtype, *rest)


@helper
def _rows(p: Plan, task: int, arrays: Any) -> None:
    """One block of output rows of an image with channels."""
    x, weights, bias, row_taps, col_taps, floor, out = arrays
    block, image = task % p.blocks, task // p.blocks
    cells, results = x.reshape(x.size), out.reshape(out.size)
    base = image * p.rows * p.cols * p.channels
    taps = np.empty((p.kernel_rows * p.kernel_cols, 2), np.intp)
    for i in range(block * p.out_rows // p.blocks, (block + 1) * p.out_rows // p.blocks):
        target = (image * p.out_rows + i) * p.out_cols * p.channels
        ahead = (max(row_taps[i]) + 1) * p.cols * p.channels
        for j in range(p.out_cols):
            if p.inner_from < j < p.inner_to:
                continue
            # all outputs whose window lies within the row; or one at a border by itself
            inner = p.inner_from == j < p.inner_to
            outputs = p.inner_to - j if inner else 1
            columns = p.reused if inner else 1
            count = _taps(p, row_taps[i], col_taps[j], columns, taps)
            pixels = _MANY if outputs >= _MANY else _FEW if outputs >= _FEW else 1
            for tile_at in range(0, outputs, pixels):
                far = min(tile_at, outputs - pixels)  # the last reaches back over outputs done
                _ROW(
                    cells, base + far * p.stride * p.channels, ahead, p.cols * p.channels, pixels,
                    columns, p.stride, taps, count, weights, bias, p.channels, floor, results,
                    target + (j + far) * p.channels,
                )  # fmt: skip


@helper
def _taps(p: Plan, rows: Cells, cols: Cells, columns: int, taps: Cells) -> int:
    """How many taps meet the image; of each its place in the image, and its weights' place.

    With `columns` over 1 the first tap stands for its whole row of the kernel.
    """
    count = 0
    for a in range(p.kernel_rows):
        for b in range(p.kernel_cols if columns == 1 else 1):
            if rows[a] >= 0 and cols[b] >= 0:
                taps[count, 0] = (rows[a] * p.cols + cols[b]) * p.channels
                taps[count, 1] = (a * p.kernel_cols + b) * p.channels
                count += 1
    return count


# --- one channel ----------------------------------------------------------------------------------

#: Output rows of a tile, and vectors of columns.
ROWS, VECTORS = SHAPES[3], 3


def _plane_tile(rows: int) -> Any:
    """``out[r, q] = max(floor, bias + Σ_a,b x[at + (r + a)·pitch + b + q] · w[a, b])``

    For the columns q of `VECTORS` vectors. An input row serves the output rows that see it: first
    one, then one more with each, then all, then fewer again. `height` is `rows` − 1 or more.
    """

    def write(w: Writer, of: SimpleNamespace) -> None:
        start = w.load(of.bias, VECTORS)
        sums = [[w.sum(one) for one in start] for _ in range(rows)]
        x = w.at(of.x, of.at)

        def input_row(place: Any, weights: Any, served: range) -> None:
            """`weights` is the kernel row that output row 0 sees there."""
            with w.loop(of.width) as b:
                cells = w.load(w.at(place, b), VECTORS)
                for r in served:
                    above = w.at(weights, w.times(of.width, -r), b)
                    weight = w.spread(w.get(above))
                    for v in range(VECTORS):
                        w.multiply_add(sums[r][v], cells[v], weight)

        def row(a: Any) -> tuple[Any, Any]:
            return w.at(x, w.times(of.pitch, a)), w.at(of.weights, w.times(of.width, a))

        for a in range(rows - 1):
            input_row(*row(a), range(a + 1))
        with w.loop(w.plus(of.height, 1 - rows)) as a:
            input_row(*row(w.plus(a, rows - 1)), range(rows))
        for a in range(rows - 1):
            input_row(*row(w.plus(of.height, a)), range(a + 1, rows))
        w.store(sums, of.floor, w.at(of.out, of.out_at), of.out_step, of.valid)

    names = "x at pitch weights height width bias floor out out_at out_step valid"
    return instruction(names, write)


_PLANE, _PLANE_ROW = _plane_tile(ROWS), _plane_tile(1)


@helper
def _planes(p: Plan, task: int, arrays: Any) -> None:
    """One block of output rows of an image with one channel."""
    x, weights, bias, row_cells, col_cells, floor, out = arrays
    block, image = task % p.blocks, task // p.blocks
    first, stop = block * p.out_rows // p.blocks, (block + 1) * p.out_rows // p.blocks
    count = stop - first
    height = count + p.kernel_rows - 1
    # whole vectors are read behind the last row too
    strip = np.empty(height * p.pitch, x.dtype)
    width = p.out_cols + p.kernel_cols - 1
    copy_strip(x[image], Rows(first, height, 0, width, p.pitch), row_cells[0], col_cells[0], strip)
    results = out.reshape(out.size)
    target = (image * p.out_rows + first) * p.out_cols
    step = VECTORS * (VECTOR_BYTES // x.itemsize)
    by_tiles = count >= ROWS and p.kernel_rows >= ROWS - 1
    for tile_at in range(0, count, ROWS if by_tiles else 1):
        i = min(tile_at, count - ROWS) if by_tiles else tile_at
        for j in range(0, p.out_cols, step):
            at, place = i * p.pitch + j, target + i * p.out_cols + j
            valid = p.out_cols - j
            if by_tiles:
                _PLANE(
                    strip, at, p.pitch, weights, p.kernel_rows, p.kernel_cols, bias, floor,
                    results, place, p.out_cols, valid,
                )  # fmt: skip
            else:
                _PLANE_ROW(
                    strip, at, p.pitch, weights, p.kernel_rows, p.kernel_cols, bias, floor,
                    results, place, p.out_cols, valid,
                )  # fmt: skip


# --- threads --------------------------------------------------------------------------------------


def _signature(scalar: Any) -> Any:
    arrays = [types.Array(scalar, ndim, "C", readonly=True) for ndim in (4, 1, 1)]
    table = types.Array(types.intp, 2, "C", readonly=True)
    return of_sizes_and_arrays(*arrays, table, table, scalar, types.Array(scalar, 4, "C"))


@compiled(_signature)
def _rows_one(sizes, x, weights, bias, rows, cols, floor, out):  # type: ignore[no-untyped-def]
    p = Plan(*fields(sizes, SIZES))
    arrays = (x, weights, bias, rows, cols, floor, out)
    for task in range(p.tasks):
        _rows(p, task, arrays)


@compiled(_signature, parallel=True)
def _rows_many(sizes, x, weights, bias, rows, cols, floor, out):  # type: ignore[no-untyped-def]
    p = Plan(*fields(sizes, SIZES))
    arrays = (x, weights, bias, rows, cols, floor, out)
    for task in prange(p.tasks):
        _rows(p, task, arrays)


@compiled(_signature)
def _planes_one(sizes, x, weights, bias, rows, cols, floor, out):  # type: ignore[no-untyped-def]
    p = Plan(*fields(sizes, SIZES))
    arrays = (x, weights, bias, rows, cols, floor, out)
    for task in range(p.tasks):
        _planes(p, task, arrays)


@compiled(_signature, parallel=True)
def _planes_many(sizes, x, weights, bias, rows, cols, floor, out):  # type: ignore[no-untyped-def]
    p = Plan(*fields(sizes, SIZES))
    arrays = (x, weights, bias, rows, cols, floor, out)
    for task in prange(p.tasks):
        _planes(p, task, arrays)
