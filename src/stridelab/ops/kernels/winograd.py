"""Winograd's convolution: 3×3 kernels with fewer multiplications, F(2×2, 3×3) and F(4×4, 3×3).

    y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A         d: m + 2 by m + 2 cells of the input; y: m by m outputs

    for each task: a block of tiles and a share of the filters                     threads
        for each tile: V = Bᵀ d B, (m + 2)² numbers for each channel               additions
        for each of the (m + 2)² places: V (tiles × channels) times the weights    register tiles
            there, which are transformed once, when the layer is made
        for each tile: y = Aᵀ M A, plus the bias                                   additions

A tile of 4 × 4 outputs takes 36 multiplications a channel and filter instead of 144, one of 2 × 2
takes 16 instead of 36. What is saved is paid for in accuracy: the transforms add numbers of both
signs and multiply by up to 8 (`stridelab.ops.winograd`). Transforms run along the channels, eight
or sixteen at once. With a dilation d, a tile's cells are d apart: d² plain convolutions in one.

Source: Lavin & Gray, Fast Algorithms for Convolutional Neural Networks, arXiv:1509.09308, §4.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numba import prange

from stridelab.ops.call import Array, Call, Cells
from stridelab.ops.jit import fields, frozen, helper, packing, shared, threads
from stridelab.ops.jit.packing import FETCHED, FILTER, PLACE, VALID, WIDEST
from stridelab.ops.jit.vectors import VECTOR_BYTES, Writer, hold, instruction, pointer
from stridelab.ops.kernels import panels
from stridelab.ops.kernels.panels import sweep
from stridelab.ops.kernels.strips import CLEAR, COPY
from stridelab.ops.memory import LINE, NEAR, empty
from stridelab.ops.winograd import extended, tile_starts, transformed

#: Bytes of a block's transformed inputs and products: at least those, as many as the weights take
#: that are fetched once for each block, and no more than these.
BLOCK, BLOCK_AT_MOST = 4 * NEAR, 2**23
#: Tiles of a block that is cut for threads: fewer would not make up for fetching the weights.
LEAST = 8
#: Images and results of more bytes are far away: a tile asks for the next one's cells.
LARGE = 2**19
#: The largest dilation: each has phases with tiles of their own.
FARTHEST = 64


def _inputs_of_2(w: Writer, d: list[Any]) -> list[Any]:
    """Bᵀ d for F(2, 3)."""
    return [w.minus(d[0], d[2]), w.add(d[1], d[2]), w.minus(d[2], d[1]), w.minus(d[1], d[3])]


def _inputs_of_4(w: Writer, d: list[Any]) -> list[Any]:
    """Bᵀ d for F(4, 3); its rows 1 and 2, and 3 and 4, differ in signs only."""
    even, odd = w.add_times(d[4], -4, d[2]), w.add_times(d[3], -4, d[1])
    near, far = w.minus(d[4], d[2]), w.minus(d[3], d[1])
    return [
        w.add_times(w.add_times(d[4], -5, d[2]), 4, d[0]),
        w.add(even, odd),
        w.minus(even, odd),
        w.add_times(near, 2, far),
        w.add_times(near, -2, far),
        w.add_times(w.add_times(d[5], -5, d[3]), 4, d[1]),
    ]


def _outputs_of_2(w: Writer, m: list[Any]) -> list[Any]:
    """Aᵀ m for F(2, 3)."""
    return [w.add(w.add(m[0], m[1]), m[2]), w.minus(w.minus(m[1], m[2]), m[3])]


def _outputs_of_4(w: Writer, m: list[Any]) -> list[Any]:
    """Aᵀ m for F(4, 3)."""
    sum_1, sum_2 = w.add(m[1], m[2]), w.add(m[3], m[4])
    rest_1, rest_2 = w.minus(m[1], m[2]), w.minus(m[3], m[4])
    return [
        w.add(w.add(m[0], sum_1), sum_2),
        w.add_times(rest_1, 2, rest_2),
        w.add_times(sum_1, 4, sum_2),
        w.add(w.add_times(rest_1, 8, rest_2), m[5]),
    ]


_TRANSFORMS = {2: (_inputs_of_2, _outputs_of_2), 4: (_inputs_of_4, _outputs_of_4)}


def _columns(w: Writer, corner: Any, row_step: Any, col_step: Any, side: int) -> list[list[Any]]:
    """The places of side · side cells, column by column."""
    steps = [(w.times(row_step, n), w.times(col_step, n)) for n in range(side)]
    return [[w.at(corner, down, across) for down, _ in steps] for _, across in steps]


def _twice(w: Writer, transform: Any, places: list[list[Any]]) -> list[list[Any]]:
    """``T d Tᵀ``: the cells there, transformed down the columns, then along the rows."""
    columns = [transform(w, [w.load(place)[0] for place in column]) for column in places]
    return [transform(w, list(row)) for row in zip(*columns, strict=True)]


def _write_inputs(w: Writer, of: SimpleNamespace) -> None:
    """``V[u, v] = Bᵀ d B``: a tile's cells, `row_step` and `col_step` apart, all channels."""
    for m, (transform, _) in _TRANSFORMS.items():
        n = m + 2
        with w.when(w.equal(of.m, m)), w.steps(of.channels, w.lanes) as start:
            c = w.smaller(start, w.plus(of.channels, -w.lanes))
            out = w.at(of.out, of.out_at, c)
            places = _columns(w, w.at(of.x, of.at, c), of.row_step, of.col_step, n)
            for place in itertools.chain(*places[2:]):  # the next tile's
                w.prefetch(w.at(place, of.ahead), near=False)
            for number, one in enumerate(itertools.chain(*_twice(w, transform, places))):
                w.put(one, w.at(out, w.times(of.plane, number)))


def _write_outputs(w: Writer, of: SimpleNamespace) -> None:
    """``y = Aᵀ M A + bias``: a tile's outputs, `row_step` and `col_step` apart, some filters."""
    for m, (_, transform) in _TRANSFORMS.items():
        n = m + 2
        with w.when(w.equal(of.m, m)), w.steps(of.filters, w.lanes) as start:
            f = w.smaller(start, w.plus(of.filters, -w.lanes))
            products = w.at(of.products, of.at, f)
            places = _columns(w, products, w.times(of.plane, n), of.plane, n)
            targets = _columns(w, w.at(of.out, of.out_at, f), of.row_step, of.col_step, m)
            for target in itertools.chain(*targets):  # the next tile's
                w.prefetch(w.at(target, of.ahead), write=True)
            (bias,), low = w.load(w.at(of.bias, of.first, f)), w.spread(of.floor)
            for i, row in enumerate(_twice(w, transform, places)):
                for j, one in enumerate(row):
                    w.put(w.raised(w.add(one, bias), low), targets[j][i])


_INPUTS = instruction(
    "m x at row_step col_step ahead channels floor out out_at plane", _write_inputs
)
_OUTPUTS = instruction(
    "m products at plane bias first filters floor out out_at row_step col_step ahead",
    _write_outputs,
)


class Plan(NamedTuple):
    """The sizes of the loop nest: cells, or numbers of things."""

    m: int  # outputs of a tile, a side
    rows: int
    cols: int
    channels: int
    filters: int
    out_rows: int
    out_cols: int
    down: int  # dilations
    across: int
    pad_top: int
    pad_left: int
    tiles: int  # of all images
    blocks: int
    shares: int  # of the panels
    tasks: int  # what threads share: blocks · shares
    size: int  # numbers in the panels of one place
    length: int  # inputs of a run
    near: int  # runs of a part whose weights stay near


def serves(call: Call) -> str | None:
    """Why a call cannot be served."""
    lanes = VECTOR_BYTES // call.kernel.itemsize
    if call.kernel.shape[:2] != (3, 3) or (call.rows.stride, call.cols.stride) != (1, 1):
        return "it takes 3×3 kernels with strides of 1"
    if max(call.rows.dilation, call.cols.dilation) > FARTHEST:
        return f"it takes dilations of {FARTHEST} at most"
    if call.groups > 1 or min(call.shape[3], call.kernel.shape[3]) < lanes:
        return f"it takes one group with {lanes} channels and {lanes} filters or more"
    return None


SIZES = len(Plan._fields)


def plan(call: Call, m: int, workers: int) -> Plan:
    """Threads share tiles; or filters, where fetching all weights for each thread would cost more.

    `workers` is the number of threads.
    """
    _, out_rows, out_cols, filters = call.output_shape
    channels, down, across = call.shape[3], call.rows.dilation, call.cols.dilation
    tiles, whole, weights, table = _sizes(call, m)
    blocks = max(1, -(-whole // min(max(BLOCK, weights), BLOCK_AT_MOST)))
    if weights <= 2 * whole:
        blocks = threads.evenly(blocks, 1, max(1, tiles // LEAST), workers)
    useful = threads.useful(tiles * (m + 2) ** 2 * channels * filters, workers)
    shares = threads.dealt(useful, blocks, len(table), workers)
    length = packing.run_length(channels, weights)
    return Plan(
        m=m,
        rows=call.shape[1],
        cols=call.shape[2],
        channels=channels,
        filters=filters,
        out_rows=out_rows,
        out_cols=out_cols,
        down=down,
        across=across,
        pad_top=call.rows.pad_before,
        pad_left=call.cols.pad_before,
        tiles=tiles,
        blocks=blocks,
        shares=shares,
        tasks=blocks * shares,
        size=packing.packed_size(table, channels),
        length=length,
        near=packing.runs_near(length),
    )


def _sizes(call: Call, m: int) -> tuple[int, int, int, Cells]:
    """The tiles, the bytes of them transformed and of the weights, and the panels of a place."""
    batch, rows, cols, filters = call.output_shape
    down, across = call.rows.dilation, call.cols.dilation
    tiles = batch * len(tile_starts(rows, down, m)) * len(tile_starts(cols, across, m))
    place, channels = (m + 2) ** 2 * call.kernel.itemsize, call.shape[3]
    whole, weights = tiles * place * (channels + filters), place * channels * filters
    useful = threads.useful(tiles * (m + 2) ** 2 * channels * filters, threads.at_most())
    sharers = useful if weights > 2 * whole else 1
    return tiles, whole, weights, packing.panel_table(call.kernel, 1, channels, sharers)


def work(call: Call, m: int) -> int:
    """The bytes of panels, transformed inputs and products."""
    places, taken, apart = (m + 2) ** 2, 0, 4 * LINE // call.kernel.itemsize  # of two planes
    for workers in (1, threads.at_most()):
        p = plan(call, m, workers)
        tiles = -(-p.tiles // p.blocks)
        filters = min(p.filters, -(-p.filters // p.shares) + WIDEST * VECTOR_BYTES // 4)
        task = places * (tiles * (p.channels + filters) + apart + max(p.channels, filters))
        taken = max(taken, min(workers, p.tasks) * task)
    double = 17 * p.channels * p.filters * np.dtype(np.float64).itemsize  # kernel, rows, a place
    return (taken + (places + 1) * p.size) * call.kernel.itemsize + double


def prepare(call: Call, m: int) -> Callable[[Array, Array], None]:
    """Transforms and packs the weights; what is returned fills a result from images."""
    p, dtype, (*_, table) = plan(call, m, 1), call.kernel.dtype, _sizes(call, m)
    name = f"winograd{m} {packing.layout(table)}"
    packed = call.keep(name, lambda: _packed(call.kernel, m, table))
    bias = packing.pack_bias(call.bias, table, dtype)
    starts = tile_starts(p.out_rows, p.down, m), tile_starts(p.out_cols, p.across, m)
    # the last tiles reach beyond the padding: zeros, whose outputs are left out
    axes = (call.row_cells, p.down), (call.col_cells, p.across)
    cells = [frozen(extended(of, m, step)) for of, step in axes]
    multiplications = p.tiles * (m + 2) ** 2 * p.channels * p.filters
    rest = (packed, bias, *cells, *starts, table, dtype.type(call.floor))
    return threads.spread(_tasks, functools.partial(plan, call, m), multiplications, dtype, *rest)


def _packed(kernel: Array, m: int, table: Cells) -> Array:
    """The transformed kernel, a set of panels for each place of a tile."""
    size = packing.packed_size(table, kernel.shape[2])
    packed = empty(((m + 2) ** 2 * size,), kernel.dtype)
    for place, weights in enumerate(transformed(kernel, m)):
        packed[place * size : (place + 1) * size] = packing.pack(weights, table)
    packed.flags.writeable = False
    return packed


@helper
def _task(p: Plan, task: int, arrays: Any) -> None:
    """One block of tiles with one share of the panels."""
    x, packed, bias, _, _, _, _, table, _, _ = arrays
    block, share = task // p.shares, task % p.shares
    first, stop = block * p.tiles // p.blocks, (block + 1) * p.tiles // p.blocks
    from_panel, to_panel = share * len(table) // p.shares, (share + 1) * len(table) // p.shares
    if from_panel == to_panel:  # its products would be whatever lies in memory
        return
    from_filter = table[from_panel, FILTER]
    filters = table[to_panel - 1, FILTER] + table[to_panel - 1, VALID] - from_filter
    count, n = stop - first, p.m + 2
    plane, into_plane = _apart(count * p.channels, x), _apart(count * filters, x)
    inputs = np.empty(n * n * plane, x.dtype)
    products = np.empty(n * n * into_plane, x.dtype)
    scratch = np.empty(max(n * n * p.channels, p.m * p.m * filters), x.dtype)
    _transform(p, first, count, arrays, pointer(scratch), (pointer(inputs), plane))
    at, runs = np.arange(count) * p.channels, np.arange(0, p.channels, p.length)
    zeros, lowest = np.zeros(len(bias), x.dtype), x.dtype.type(-np.inf)
    values, places, offsets, many = pointer(inputs), pointer(at), pointer(runs), len(runs)
    weights, results, start = pointer(packed), pointer(products), (pointer(zeros), lowest, lowest)
    fetches, panels_here = packed.size * packed.itemsize > FETCHED, (from_panel, to_panel)
    for place in range(n * n):
        after = table[from_panel, PLACE] + (place + 1) % (n * n) * p.size if fetches else -1
        read = values, place * plane, 0, places, count, offsets, many, p.near, p.length
        into = results, place * into_plane - from_filter, filters, False
        sweep(read, (weights, place * p.size, after), table, panels_here, start, into)
    _collect(p, first, arrays, pointer(scratch), (results, count, into_plane, from_filter, filters))
    hold((inputs, products, scratch, at, runs, zeros))


@helper
def _apart(numbers: int, array: Array) -> int:
    """The way from a plane to the next: an odd number of lines, so that they share no cache set."""
    line = LINE // array.itemsize
    return (-(-numbers // line) | 1) * line


@helper
def _transform(p: Plan, first: int, count: int, arrays: Any, scratch: Any, into: Any) -> None:
    """Transformed inputs of tiles; where one meets a border its cells are gathered first."""
    x, _, _, row_cells, col_cells, row_starts, col_starts, _, floor, _ = arrays
    n, channels, images = p.m + 2, p.channels, pointer(x)
    line, ahead = p.cols * channels, _ahead(p, x)
    inputs, plane = into
    for t in range(count):
        image, i, j = _where(first + t, row_starts, col_starts)
        top, left, target = i - p.pad_top, j - p.pad_left, t * channels
        cells, at = images, (image * p.rows + top) * line + left * channels
        down, across = p.down * line, p.across * channels
        inside = top >= 0 and top + (n - 1) * p.down < p.rows
        if not (inside and left >= 0 and left + (n - 1) * p.across < p.cols):
            _gather(p, (image, i, j), images, (row_cells, col_cells), scratch)
            cells, at, down, across = scratch, 0, n * channels, channels
        _INPUTS(p.m, cells, at, down, across, ahead, channels, floor, inputs, target, plane)


@helper
def _ahead(p: Plan, array: Array) -> int:
    """The way to the next tile's cells, which are asked for; small images are near anyway."""
    return p.m * p.across * array.shape[3] if array.size * array.itemsize > LARGE else 0


@helper
def _gather(p: Plan, tile: Any, images: Any, cells: Any, scratch: Any) -> None:
    """A tile's cells side by side, zeros among them."""
    (image, i, j), (row_cells, col_cells) = tile, cells
    n, channels = p.m + 2, p.channels
    for u in range(n):
        row = row_cells[i + u * p.down]
        for v in range(n):
            col = col_cells[j + v * p.across]
            at = (u * n + v) * channels
            if row < 0 or col < 0:
                CLEAR(scratch, at, channels)
            else:
                place = ((image * p.rows + row) * p.cols + col) * channels
                COPY(images, place, scratch, at, channels)


@helper
def _where(tile: int, row_starts: Cells, col_starts: Cells) -> tuple[int, int, int]:
    """A tile's image, and its first output's row and column."""
    each = len(row_starts) * len(col_starts)
    rest = tile % each
    return tile // each, row_starts[rest // len(col_starts)], col_starts[rest % len(col_starts)]


@helper
def _collect(p: Plan, start: int, arrays: Any, scratch: Any, of: Any) -> None:
    """Outputs of tiles; where one reaches beyond the last ones they go through `scratch`."""
    _, _, bias, _, _, row_starts, col_starts, _, floor, out = arrays
    products, count, plane, first, filters = of
    line, results, start_of = p.out_cols * p.filters, pointer(out), pointer(bias)
    ahead = _ahead(p, out)
    for t in range(count):
        image, i, j = _where(start + t, row_starts, col_starts)
        bottom, right = i + (p.m - 1) * p.down, j + (p.m - 1) * p.across
        into, at = results, (image * p.out_rows + i) * line + j * p.filters + first
        down, across = p.down * line, p.across * p.filters
        whole = bottom < p.out_rows and right < p.out_cols
        if not whole:
            into, at, down, across = scratch, 0, p.m * filters, filters
        _OUTPUTS(
            p.m, products, t * filters, plane, start_of, first, filters, floor, into, at, down,
            across, ahead,
        )  # fmt: skip
        for u in range(0 if whole else p.m):
            for v in range(p.m):
                row, col, at = i + u * p.down, j + v * p.across, (u * p.m + v) * filters
                if row < p.out_rows and col < p.out_cols:
                    to = ((image * p.out_rows + row) * p.out_cols + col) * p.filters + first
                    COPY(scratch, at, results, to, filters)


@shared(panels.signature)
def _tasks(sizes, x, packed, bias, rows, cols, down, across, table, floor, out):  # type: ignore[no-untyped-def]
    arrays = (x, packed, bias, rows, cols, down, across, table, floor, out)
    p = Plan(*fields(sizes, SIZES))
    for task in prange(p.tasks):
        _task(p, task, arrays)
