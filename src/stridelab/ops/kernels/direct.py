"""The direct kernel: a matrix product whose left matrix is never built.

    for each task: a block of output rows of one image, and a share of the panels      threads
        lists of the places of the block's inputs: in the image, or in a copy with its padding
        for each panel of filters                                       it stays in the caches
            for each tile: P outputs of the block                       sums stay in registers
                for each run of neighbouring inputs (a kernel row)
                    for each input k of the run
                        V vectors of weights · P inputs, spread         `stridelab.ops.jit.tile`

An output's window is not copied into a row of a matrix, as im2col does: tiles read inputs where
they lie. Since channels come last, the KW·Cin inputs under one kernel row are neighbours, so that a
window is KH runs at fixed distances from its first cell; with dilation or groups KH·KW runs of a
group's channels. At borders distances differ, and each tap of the kernel has a list of places of
its own: that of padding is a cell of zeros. Where cells are too small for runs of their own, padded
rows are copied instead (`stridelab.ops.kernels.strips`). Long runs are cut. Outputs of a tile may
lie in different rows, since each has its place in a list: no width or stride is special. Of few
filters the runs themselves are taken in vectors (`stridelab.ops.jit.dot_tile`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import prange

from stridelab.ops.call import Array, Call, Cells
from stridelab.ops.jit import arguments, helper, packing, shared, threads
from stridelab.ops.jit.arguments import fields
from stridelab.ops.jit.dot_tile import DOTS
from stridelab.ops.jit.packing import FETCHED, PLACE
from stridelab.ops.jit.vectors import VECTOR_BYTES, hold, pointer
from stridelab.ops.kernels.panels import sweep
from stridelab.ops.kernels.strips import STRIP, Rows, copy_strip
from stridelab.ops.memory import HELD, LINE
from stridelab.ops.runs import LISTED, STRIP_AT_MOST, go_along, runs_of


class Plan(NamedTuple):
    """The sizes of the loop nest: cells, or numbers of things."""

    channels: int
    depth: int  # channels of a group
    filters: int
    out_rows: int
    out_cols: int
    stride_down: int
    stride_across: int
    span_down: int
    span_across: int
    blocks: int  # of rows, in one image
    parts: int  # of a row; over 1 only where a block is one row
    shares: int  # of the panels
    tasks: int  # what threads share: images · blocks · parts · shares
    pitch: int  # numbers from a row of the strip, or of the image, to the next
    length: int  # inputs of a run
    near: int  # runs of a part whose weights stay near
    copies: int  # 1 where a strip is copied, 0 where inputs are read in the image
    taps: int  # that have lists of places; 0 where there is one list, of windows
    taps_across: int
    apart_down: int  # dilations
    apart_across: int
    listed: int  # places in a list
    along: int  # 1 where vectors run along a run: of few filters
    is_far: int  # 1 where results had better be asked for ahead


SIZES, TASKS = len(Plan._fields), Plan._fields.index("tasks")


def plan(call: Call, workers: int) -> Plan:
    """Blocks whose inputs stay in a second-level cache, and enough of them for all threads.

    All weights are fetched for each block: where there are many, blocks are larger; where they
    outweigh the images, threads share the filters instead, if there are enough. `workers` is the
    number of threads.
    """
    batch, out_rows, out_cols, filters = call.output_shape
    rows, cols, channels, depth = call.rows, call.cols, call.shape[3], call.kernel.shape[2]
    line = channels * call.kernel.itemsize  # bytes of a cell
    neighbours, _, copies, is_listed = runs_of(call)
    taps = rows.kernel * cols.kernel if is_listed else 0
    # a step that is never taken may have any length
    down, across = (axis.stride if axis.output_size > 1 else 1 for axis in (rows, cols))
    apart = [axis.dilation if axis.kernel > 1 else 1 for axis in (rows, cols)]
    width = (out_cols - 1) * across + cols.span
    beside = max(rows.span * width * line, LISTED * taps * out_cols)
    parts = min(out_cols, -(-beside // STRIP_AT_MOST)) or 1
    part = -(-out_cols // parts)
    width = (part - 1) * across + cols.span
    results, weights = part * filters * call.kernel.itemsize, call.kernel.nbytes  # a row's; all
    room = min(max(STRIP, weights // 6), STRIP_AT_MOST) - (rows.span - down) * width * line
    block = 1 if parts > 1 else max(1, min(out_rows, room // max(1, down * width * line + results)))
    blocks = -(-out_rows // block)
    listed = -(-out_rows // blocks) * part  # of the largest block, with one thread
    inputs, outputs = (math.prod(n) * call.kernel.itemsize for n in (call.shape, call.output_shape))
    # stores of vectors that fill a line wait for memory only, and where they are most of the work
    far = FETCHED if VECTOR_BYTES < LINE else max(HELD, 4 * inputs)
    work = math.prod(call.output_shape) * math.prod(call.kernel.shape[:3])
    tasks, panels = threads.useful(work, workers), len(_panels(call, 1))
    if weights > 2 * (inputs + outputs) and panels >= tasks:
        tasks = 2 * tasks if tasks > 1 else 1  # two each: one that waits for memory is waited for
    else:
        blocks = threads.evenly(blocks, batch * parts, out_rows, workers)
    shares = threads.dealt(tasks, batch * blocks * parts, panels, workers)
    along = go_along(call, packing.lanes_of(call.kernel))
    length = neighbours if along else packing.run_length(neighbours, weights, asks=not copies)
    return Plan(
        *(channels, depth, filters, out_rows, out_cols, down, across, rows.span, cols.span),
        *(blocks, parts, shares, batch * blocks * parts * shares),
        *((width if copies else call.shape[2]) * channels, length, packing.runs_near(length)),
        *(int(copies), taps, cols.kernel, *apart, listed, int(along), int(outputs > far)),
    )


def _panels(call: Call, inputs: int) -> Cells:
    """The table of panels, of so many weights of a filter; threads share it as in `plan`."""
    images = math.prod(call.shape) + math.prod(call.output_shape)
    work = math.prod(call.output_shape) * math.prod(call.kernel.shape[:3])
    shared = call.kernel.size > 2 * images and call.groups == 1
    sharers = threads.useful(work, threads.at_most()) if shared else 1
    return packing.panel_table(call.kernel, call.groups, inputs, sharers)


def run_places(call: Call, p: Plan) -> Cells:
    """For each run of a window where its list of places starts, and how far from them it lies."""
    (neighbours, many, *_), rows = runs_of(call), call.rows.kernel
    lists = np.arange(max(p.taps, 1))[:, np.newaxis] * p.listed
    further = np.arange(0, neighbours, p.length)
    if not p.taps:  # from where the window is
        down = np.arange(rows) * (p.apart_down * p.pitch)
        across = np.arange(many // rows) * (p.apart_across * p.channels)
        further = (down[:, np.newaxis, np.newaxis] + across[:, np.newaxis] + further).ravel()
    return np.stack(np.broadcast_arrays(lists, further), -1).astype(np.intp).ravel()


def serves(call: Call) -> None:
    """It serves every call."""


def work(call: Call) -> int:
    """The bytes of panels, and of strips or lists."""
    p = plan(call, 1)  # its blocks are the largest
    inputs = math.prod(call.kernel.shape[:3])
    panels = packing.packed_size(_panels(call, inputs), inputs) * call.kernel.itemsize
    height = (-(-p.out_rows // p.blocks) - 1) * p.stride_down + p.span_down
    strip = p.copies * height * p.pitch * call.kernel.itemsize
    part = -(-p.out_cols // p.parts)
    lists = (p.taps * p.listed + min(p.taps, p.taps_across) * part) * LISTED
    return panels + threads.at_most() * (strip + lists)


def prepare(call: Call) -> Callable[[Array, Array], None]:
    """Packs the weights; what is returned fills a result (N, OH, OW, Cout) from images."""
    p = plan(call, 1)
    inputs = math.prod(call.kernel.shape[:3])
    table = _panels(call, inputs)
    weights = call.kernel.reshape(inputs, p.filters)
    if p.along:
        times = packing.lanes_of(weights)  # the biases of a tile, two vectors at most
        packed = call.keep(f"along {p.length}", lambda: packing.pack_along(weights, p.length))
    else:
        times = 1
        packed = call.keep(f"direct {packing.layout(table)}", lambda: packing.pack(weights, table))
    places = pixel_places(p), run_places(call, p)
    tables = arguments.joined(call.row_cells, call.col_cells, *places, table)
    multiplications, sizes = math.prod(call.output_shape) * inputs, functools.partial(plan, call)
    start = packing.pack_start(call, times)
    return threads.spread(_tasks, sizes, multiplications, tables, packed, start)


def pixel_places(p: Plan) -> Cells:
    """For each output of the largest block the place of its window; others take the first ones."""
    rows = np.arange(-(-p.out_rows // p.blocks), dtype=np.intp) * (p.stride_down * p.pitch)
    part = -(-p.out_cols // p.parts)
    cols = np.arange(part, dtype=np.intp) * (p.stride_across * p.channels)
    return (rows[:, np.newaxis] + cols).ravel()


@helper
def _list(p: Plan, first: Any, sizes: Any, cells: Any, none: int, into: Any) -> None:
    """For each tap the places of the cells that outputs read with it; of padding it is `none`.

    Behind them, for each column of taps, where in a row they lie; of padding it is below 0.
    """
    (top, left), (height, width), (row_cells, col_cells) = first, sizes, cells
    for n in range(p.taps_across * width):
        b, j = divmod(n, width)
        col = col_cells[left + j * p.stride_across + b * p.apart_across]
        into[p.taps * p.listed + n] = col * p.channels
    for tap in range(p.taps):
        a, b, at = tap // p.taps_across, tap % p.taps_across, tap * p.listed
        across = p.taps * p.listed + b * width
        for i in range(height):
            row = row_cells[top + i * p.stride_down + a * p.apart_down]
            for j in range(width):  # without branches, so that it takes vectors
                col = into[across + j]
                into[at + j] = none if (row | col) < 0 else row * p.pitch + col
            at += width


_tables = arguments.tables(1, 1, 1, 1, 2)


@helper
def _task(p: Plan, task: int, tables: Any, arrays: Any) -> None:
    """One block of rows (or part of a row) with one share of the panels."""
    (row_cells, col_cells, at, runs, table), (x, packed, bias, out) = tables, arrays
    share, rest = task % p.shares, task // p.shares
    part, rest = rest % p.parts, rest // p.parts
    block, image = rest % p.blocks, rest // p.blocks
    first_row, stop_row = threads.part(p.out_rows, p.blocks, block)
    first_col, stop_col = threads.part(p.out_cols, p.parts, part)
    height, width = stop_row - first_row, stop_col - first_col
    top, left = first_row * p.stride_down, first_col * p.stride_across
    cells, base = pointer(x), image * x.shape[1] * p.pitch
    beside, lists = bias, at  # or arrays made here
    if p.copies:
        down = (height - 1) * p.stride_down + p.span_down
        across = (width - 1) * p.stride_across + p.span_across
        source = cells, image * x.shape[1] * x.shape[2] * p.channels, x.shape[2], p.channels
        rows, beside = Rows(top, down, left, across, p.pitch), np.empty(down * p.pitch, x.dtype)
        copy_strip(source, rows, row_cells, col_cells, pointer(beside))
        cells, base = pointer(beside), 0
    elif p.taps:
        beside = np.zeros(p.channels, x.dtype)  # a cell of padding
        lists = np.empty(p.taps * p.listed + p.taps_across * width, np.intp)
        none = (beside.ctypes.data - x.ctypes.data) // x.itemsize - base
        cell_tables, sizes = (row_cells, pointer(col_cells)), (height, width)
        _list(p, (top, left), sizes, cell_tables, none, pointer(lists))
    else:
        base += top * p.pitch + left * p.channels
    target = ((image * p.out_rows + first_row) * p.out_cols + first_col) * p.filters
    if p.along:
        DOTS(
            p.filters, cells, base, pointer(lists), height * width, pointer(runs), len(runs) // 2,
            p.length, pointer(packed), pointer(bias), bias[-1], pointer(out), target,
        )  # fmt: skip
        hold((beside, lists))
        return
    into = pointer(out), target, p.filters, p.is_far > 0
    start = pointer(bias), bias[-1], x.dtype.type(-np.inf)
    first, stop = threads.part(len(table), p.shares, share)
    weights = pointer(packed), packed.size * packed.itemsize, 0, table[stop % len(table), PLACE]
    # a strip was written a moment ago, and a short window is over before its lines could come
    are_far = p.copies == 0 and len(runs) // 2 * p.length * x.itemsize >= 2 * LINE
    windows = pointer(lists), height * width, pointer(runs), len(runs) // 2, p.near, p.length
    read = cells, base, p.depth, *windows, are_far
    sweep(read, weights, table, (first, stop), start, into)
    hold((beside, lists))


@shared(arguments.signature)
def _tasks(sizes, tables, x, packed, bias, out):  # type: ignore[no-untyped-def]
    for task in prange(sizes[TASKS]):  # all else within: what is not is handed to each thread
        _task(Plan(*fields(sizes, SIZES)), task, _tables(tables), (x, packed, bias, out))
