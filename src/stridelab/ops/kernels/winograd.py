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

Products of few channels, a picture's colours, are cheaper to make than to write and read again:
there a tile goes all the way at once, if its filters fill vectors (`stridelab.ops.jit.transforms`).

Source: Lavin & Gray, Fast Algorithms for Convolutional Neural Networks, arXiv:1509.09308, §4.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import prange

from stridelab.ops import winograd
from stridelab.ops.call import Array, Call, Cells
from stridelab.ops.jit import arguments, helper, packing, shared, threads
from stridelab.ops.jit.arguments import fields
from stridelab.ops.jit.packing import FILTER, PLACE, VALID, WIDEST
from stridelab.ops.jit.transforms import INPUTS, OUTPUTS, TILE
from stridelab.ops.jit.vectors import VECTOR_BYTES, hold, pointer
from stridelab.ops.kernels.panels import sweep
from stridelab.ops.kernels.strips import CLEAR, COPY
from stridelab.ops.memory import LINE, NEAR, SCRATCH, empty

#: Bytes of a block's transformed inputs and products: at least those, as many as the weights take
#: that are fetched once for each block, and no more than these. Where tiles go all the way at once
#: none are stored, and any blocks will do.
BLOCK, BLOCK_AT_MOST = 4 * NEAR, SCRATCH
#: Tiles of a block that is cut for threads: fewer would not make up for fetching the weights.
LEAST = 8
#: Images and results of more bytes are far away: a tile asks for the next one's cells.
LARGE = 2**19
#: The largest dilation: each has phases with tiles of their own.
FARTHEST = 64
#: A number that is transformed takes as long as so many multiply-adds.
TRANSFORM = 8


class Plan(NamedTuple):
    """The sizes of the loop nest: cells, or numbers of things."""

    m: int  # outputs of a tile, a side
    tiles: int  # of all images
    rows: int
    cols: int
    channels: int
    out_rows: int
    out_cols: int
    filters: int
    down: int  # dilations
    across: int
    pad_top: int
    pad_left: int
    blocks: int
    shares: int  # of the panels
    tasks: int  # what threads share: blocks · shares
    size: int  # numbers in the panels of one place
    length: int  # inputs of a run
    near: int  # runs of a part whose weights stay near
    at_once: int  # 1 where a tile goes all the way at once


def serves(call: Call) -> str | None:
    """Why a call cannot be served."""
    least = packing.lanes_of(call.kernel) // 2 + 1  # fewer leave half of each vector empty
    if call.kernel.shape[:2] != (3, 3) or (call.rows.stride, call.cols.stride) != (1, 1):
        return "it takes 3×3 kernels with strides of 1"
    if max(call.rows.dilation, call.cols.dilation) > FARTHEST:
        return f"it takes dilations of {FARTHEST} at most"
    if call.groups > 1 or call.shape[3] < winograd.FEWEST or call.kernel.shape[3] < least:
        return f"it takes one group with {winograd.FEWEST} channels and {least} filters or more"
    return None


SIZES, TASKS = len(Plan._fields), Plan._fields.index("tasks")


def plan(call: Call, m: int, workers: int) -> Plan:
    """Threads, `workers`, share tiles; or filters, where each fetching all weights costs more."""
    channels, at_once = call.shape[3], winograd.goes_at_once(call, m, packing.lanes_of(call.kernel))
    tiles, whole, weights, table = _sizes(call, m)
    blocks = max(1, -(-whole // min(max(BLOCK, weights), BLOCK_AT_MOST)))
    useful = threads.useful(_work(call, m, tiles), workers)
    if weights <= 2 * whole or len(table) < useful:
        blocks = threads.evenly(blocks, 1, max(1, tiles // LEAST), workers)
    # tiles that go at once all go with a panel, which stays in the first-level cache
    shares = len(table) if at_once else threads.dealt(useful, blocks, len(table), workers)
    length = packing.run_length(channels, weights)
    return Plan(
        *(m, tiles, *call.shape[1:], *call.output_shape[1:]),
        *(call.rows.dilation, call.cols.dilation, call.rows.pad_before, call.cols.pad_before),
        *(blocks, shares, blocks * shares, packing.packed_size(table, channels)),
        *(length, packing.runs_near(length), int(at_once)),
    )


def _sizes(call: Call, m: int) -> tuple[int, int, int, Cells]:
    """The tiles, the bytes of them transformed and of the weights, and the panels of a place."""
    tiles = call.shape[0] * winograd.tile_count(call.rows, m) * winograd.tile_count(call.cols, m)
    place, channels, filters = (m + 2) ** 2 * call.kernel.itemsize, *call.kernel.shape[2:]
    whole, weights = tiles * place * (channels + filters), place * channels * filters
    useful = threads.useful(_work(call, m, tiles), threads.at_most())
    sharers = useful if weights > 2 * whole else 1
    return tiles, whole, weights, packing.panel_table(call.kernel, 1, channels, sharers)


def _work(call: Call, m: int, tiles: int) -> int:
    """Multiply-adds, and what takes as long."""
    _, _, channels, filters = call.kernel.shape
    numbers: int = channels * filters + TRANSFORM * (channels + filters)
    return tiles * (m + 2) ** 2 * numbers


def work(call: Call, m: int) -> int:
    """The bytes of panels, transformed inputs and products."""
    places, taken, apart = (m + 2) ** 2, 0, 4 * LINE // call.kernel.itemsize  # of two planes
    for workers in (1, threads.at_most()):
        p = plan(call, m, workers)
        tiles = 1 if p.at_once else -(-p.tiles // p.blocks)
        filters = min(p.filters, -(-p.filters // p.shares) + WIDEST * VECTOR_BYTES // 4)
        task = places * (tiles * (p.channels + filters) + apart + max(p.channels, filters))
        taken = max(taken, min(workers, p.tasks) * task)
    # in double the kernel, its rows, and two rows of places; one of these packed beside the panels
    double = (12 + 3 * (m + 2)) * p.channels * p.filters * np.dtype(np.float64).itemsize
    listed = 9 * p.tiles * np.dtype(np.intp).itemsize
    return (taken + (places + m + 2) * p.size) * call.kernel.itemsize + double + listed


def prepare(call: Call, m: int) -> Callable[[Array, Array], None]:
    """Transforms and packs the weights; what is returned fills a result from images."""
    p, (*_, table) = plan(call, m, 1), _sizes(call, m)
    name = f"winograd{m} {packing.layout(table)}"
    pack = _packed_at_once if p.at_once else _packed
    packed = call.keep(name, lambda: pack(call.kernel, m, table))
    # the last tiles reach beyond the padding: zeros, whose outputs are left out
    axes = (call.row_cells, p.down), (call.col_cells, p.across)
    cells = [winograd.extended(of, m, step) for of, step in axes]
    tables = arguments.joined(*cells, *winograd.tile_places(call, m), table)
    multiplications, sizes = _work(call, m, p.tiles), functools.partial(plan, call, m)
    return threads.spread(_tasks, sizes, multiplications, tables, packed, packing.pack_start(call))


def _packed(kernel: Array, m: int, table: Cells) -> Array:
    """The transformed kernel, a set of panels for each place of a tile."""
    packed = empty((m + 2, m + 2, packing.packed_size(table, kernel.shape[2])), kernel.dtype)
    for row, weights in enumerate(winograd.transformed(kernel, m)):
        packed[row] = packing.pack(weights, table)
    packed.flags.writeable = False
    return packed.reshape(-1)


def _packed_at_once(kernel: Array, m: int, table: Cells) -> Array:
    """The transformed kernel, for each panel vector after vector: all its places and channels."""
    weights = np.concatenate(list(winograd.transformed(kernel, m))).reshape(-1, kernel.shape[3])
    lanes = packing.lanes_of(kernel)
    vectors = [
        weights[:, first : first + lanes]
        for start, valid in table[:, [FILTER, VALID]].tolist()
        for first in (start + min(v, valid - lanes) for v in range(0, valid, lanes))
    ]
    packed = empty((len(vectors) * lanes * len(weights),), kernel.dtype, least=0)
    np.concatenate(vectors, out=packed.reshape(-1, lanes))
    packed.flags.writeable = False
    return packed


class _Lists(NamedTuple):
    """Pointers to what tells where a tile lies, and to the images."""

    images: Any
    numbers: int  # in all images
    reach: int  # numbers that are read at a cell
    row_cells: Any
    col_cells: Any
    tiles: Any
    from_whole: int
    to_whole: int


_tables = arguments.tables(1, 1, 1, 1, 2)


@helper
def _task(p: Plan, task: int, tables: Any, arrays: Any) -> None:
    """One block of tiles with one share of the panels."""
    (row_cells, col_cells, tile_list, ends, table), (x, packed, bias, out) = tables, arrays
    block, number = task // p.shares, task % p.shares
    tiles = threads.part(p.tiles, p.blocks, block)
    share = threads.part(len(table), p.shares, number)
    if share[0] == share[1]:  # its products would be whatever lies in memory
        return
    n, first, last = p.m + 2, table[share[0]], table[share[1] - 1]
    filters, lanes = last[FILTER] + last[VALID] - first[FILTER], VECTOR_BYTES // x.itemsize
    cells, around, floor = pointer(row_cells), pointer(col_cells), bias[-1]
    reach = max(p.channels, lanes, winograd.FEW)
    lists = _Lists(pointer(x), x.size, reach, cells, around, pointer(tile_list), ends[0], ends[1])
    start, into = (pointer(bias), floor), (pointer(out), first[FILTER], filters)
    scratch = np.empty(max(n * n * p.channels + lanes, p.m * p.m * filters), x.dtype)
    if p.at_once:
        inputs = np.empty(n * n * p.channels + lanes, x.dtype)
        of = pointer(inputs), pointer(packed), n * n * first[PLACE]
        _at_once(p, tiles, lists, pointer(scratch), of, start, into, _ahead(p, out))
    else:
        count = tiles[1] - tiles[0]
        # whole vectors are written, each over what the one before it wrote too much, and read
        plane = _apart((count - 1) * p.channels + max(p.channels, lanes), x)
        into_plane = _apart((count - 1) * filters + max(filters, lanes), x)
        inputs = np.empty(n * n * plane, x.dtype)
        products = np.empty(n * n * into_plane, x.dtype)
        planes = pointer(inputs), plane, pointer(products), into_plane
        _transform(p, tiles, lists, pointer(scratch), planes, floor, _ahead(p, x))
        _multiply(p, tiles, planes, (packed, table, share, len(bias)), ends)
        _collect(p, tiles, lists, pointer(scratch), planes, start, into, _ahead(p, out))
        hold(products)
    hold((inputs, scratch))


@helper
def _apart(numbers: int, array: Array) -> int:
    """The way from a plane to the next: an odd number of lines, so that they share no cache set."""
    line = LINE // array.itemsize
    return (-(-numbers // line) | 1) * line


@helper
def _ahead(p: Plan, array: Array) -> int:
    """The way to the next tile's cells, which are asked for; small images are near anyway."""
    return p.m * p.across * array.shape[3] if array.size * array.itemsize > LARGE else 0


@helper
def _needed(ends: Cells, place: int, n: int, tiles: tuple[int, int]) -> tuple[int, int]:
    """The tiles among those that need a place: it may be of use for their last outputs alone."""
    is_last_row, is_last_col = place // n == n - 1, place % n == n - 1
    first = max(tiles[0], ends[0] if is_last_col else 0)
    stop = ends[1] if is_last_row else ends[2] if is_last_col else ends[3]
    return first, max(first, min(tiles[1], stop))


@helper
def _where(lists: _Lists, tile: int) -> tuple[int, int, int, bool]:
    """A tile's image, its first output's row and column, and whether it is whole."""
    image, i, j = lists.tiles[3 * tile], lists.tiles[3 * tile + 1], lists.tiles[3 * tile + 2]
    return image, i, j, lists.from_whole <= tile < lists.to_whole


@helper
def _transform(
    p: Plan, tiles: Any, lists: _Lists, scratch: Any, planes: Any, floor: Any, ahead: int
) -> None:
    """Transformed inputs of tiles."""
    inputs, plane, _, _ = planes
    for t in range(tiles[0], tiles[1]):
        cells, at, down, across = _source(p, _where(lists, t), lists, scratch)
        to = (t - tiles[0]) * p.channels
        INPUTS(p.m, cells, at, down, across, ahead, p.channels, floor, inputs, to, plane)


@helper
def _multiply(p: Plan, tiles: Any, planes: Any, weights: Any, ends: Cells) -> None:
    """Products of tiles, place by place."""
    (inputs, plane, products, into_plane), (packed, table, share, filters) = planes, weights
    at = np.arange(tiles[1] - tiles[0]) * p.channels
    runs, zeros = np.zeros(2 * (p.channels // p.length), np.intp), np.zeros(filters, packed.dtype)
    runs[1::2] = np.arange(0, p.channels, p.length)
    first, stop = table[share[0], FILTER], table[share[1] - 1, FILTER] + table[share[1] - 1, VALID]
    lowest = packed.dtype.type(-np.inf)
    size, many = packed.size * packed.itemsize, (p.m + 2) ** 2
    for place in range(many):
        from_tile, to_tile = _needed(ends, place, p.m + 2, tiles)
        begin, count = from_tile - tiles[0], to_tile - from_tile
        after = table[share[0], PLACE] + (place + 1) % many * p.size
        source, target = place * plane + begin * p.channels, place * into_plane - first
        these = pointer(at), count, pointer(runs), len(runs) // 2, p.near, p.length, False
        read = inputs, source, 0, *these
        into = products, target + begin * (stop - first), stop - first, False
        start = pointer(zeros), lowest, lowest
        those = pointer(packed), size, place * p.size, after
        sweep(read, those, table, share, start, into)
    hold((at, runs, zeros))


@helper
def _collect(
    p: Plan, tiles: Any, lists: _Lists, scratch: Any, planes: Any, start: Any, into: Any, ahead: int
) -> None:
    """Outputs of tiles."""
    (_, _, sums, plane), (bias, floor), (_, first, filters) = planes, start, into
    for t in range(tiles[0], tiles[1]):
        tile, at = _where(lists, t), (t - tiles[0]) * filters
        to, to_at, down, across = _target(p, tile, scratch, into)
        OUTPUTS(p.m, sums, at, plane, bias, first, filters, floor, to, to_at, down, across, ahead)
        _put_part(p, tile, scratch, into)


@helper
def _at_once(
    p: Plan, tiles: Any, lists: _Lists, scratch: Any, of: Any, start: Any, into: Any, ahead: int
) -> None:
    """Tiles of few channels, from their cells to their outputs."""
    (inputs, weights, weight), (bias, floor), (_, first, filters) = of, start, into
    for t in range(tiles[0], tiles[1]):
        tile = _where(lists, t)
        cells, at, down, across = _source(p, tile, lists, scratch)
        to, to_at, to_down, to_across = _target(p, tile, scratch, into)
        TILE(
            cells, at, down, across, p.channels, inputs, weights, weight, bias, first, filters,
            floor, to, to_at, to_down, to_across, ahead,
        )  # fmt: skip
        _put_part(p, tile, scratch, into)


@helper
def _source(p: Plan, tile: Any, lists: _Lists, scratch: Any) -> Any:
    """Where a tile's cells lie; where it meets a border they are gathered first."""
    (image, i, j, _), n, line = tile, p.m + 2, p.cols * p.channels
    top, left, down, across = i - p.pad_top, j - p.pad_left, p.down * line, p.across * p.channels
    at = (image * p.rows + top) * line + left * p.channels
    inside = top >= 0 and top + (n - 1) * p.down < p.rows and left >= 0
    stop = at + (n - 1) * (down + across) + lists.reach
    if inside and left + (n - 1) * p.across < p.cols and stop <= lists.numbers:
        return lists.images, at, down, across
    for u in range(n):
        row, v = lists.row_cells[i + u * p.down], 0
        while v < n:  # a run of zeros, or of neighbours
            col, begin = lists.col_cells[j + v * p.across], v
            step = 0 if col < 0 else 1
            while v < n and lists.col_cells[j + v * p.across] == col + (v - begin) * step:
                v += 1
            at, count = (u * n + begin) * p.channels, (v - begin) * p.channels
            if row < 0 or col < 0:
                CLEAR(scratch, at, count)
            else:
                place = ((image * p.rows + row) * p.cols + col) * p.channels
                COPY(lists.images, place, scratch, at, count)
    return scratch, 0, n * p.channels, p.channels


@helper
def _target(p: Plan, tile: Any, scratch: Any, into: Any) -> Any:
    """Where a tile's outputs go: to `scratch` first, if some of them are not there."""
    (image, i, j, is_whole), (out, first, filters) = tile, into
    line = p.out_cols * p.filters
    if not is_whole:
        return scratch, 0, p.m * filters, filters
    at = (image * p.out_rows + i) * line + j * p.filters + first
    return out, at, p.down * line, p.across * p.filters


@helper
def _put_part(p: Plan, tile: Any, scratch: Any, into: Any) -> None:
    """Copies the outputs that are there, if some are not."""
    (image, i, j, is_whole), (out, first, filters) = tile, into
    for u in range(0 if is_whole else p.m):
        for v in range(p.m):
            row, col, at = i + u * p.down, j + v * p.across, (u * p.m + v) * filters
            if row < p.out_rows and col < p.out_cols:
                to = ((image * p.out_rows + row) * p.out_cols + col) * p.filters + first
                COPY(scratch, at, out, to, filters)


@shared(arguments.signature)
def _tasks(sizes, tables, x, packed, bias, out):  # type: ignore[no-untyped-def]
    for task in prange(sizes[TASKS]):
        _task(Plan(*fields(sizes, SIZES)), task, _tables(tables), (x, packed, bias, out))
