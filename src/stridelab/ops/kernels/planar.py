"""Few filters: vectors of neighbouring columns, from planes of one channel each.

    y[i, j, f] = Σ_c,a,b plane[c, i·s + a, j + b] · w[c, a, b, f]           lanes are columns j

    for each block of output rows                                           threads
        copy the padded rows under it; take their channels apart: planes
        for each group, for each R vectors of columns, in any of the rows   sums stay in registers
            for each tap (c, a, b): R vectors of a plane
                for each of the F filters: a weight, spread over a vector, times the R
            put the filters' sums side by side again: channels come last

The direct kernel's vectors hold filters: of three, 13 lanes in 16 are empty. Here a tile has all F
filters of a group and R vectors of outputs, and R + F loads serve R·F multiply-adds. Vectors at the
end of a row reach back over columns that are done, or beyond a short one. With steps across, a
plane's row has every s-th column, then those beside them, so that a tap's inputs are neighbours
again.
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
from stridelab.ops.jit.planar_tiles import OUTPUTS, PLANES, RESULTS, TILES
from stridelab.ops.jit.vectors import hold, pointer
from stridelab.ops.kernels.strips import CLEAR, STRIP, Rows, copy_strip
from stridelab.ops.memory import LINE, SCRATCH, in_lines

#: Bytes of padded rows that are copied at once: they stay in the caches of a core.
COPIED = 2**16
#: Rows of outputs of a block, at least, with one thread and where their inputs find room.
LEAST = 8


class Plan(NamedTuple):
    """The sizes of the loop nest: cells, or numbers of things."""

    rows: int
    cols: int
    channels: int
    filters: int
    groups: int
    out_rows: int
    out_cols: int
    down: int  # strides
    across: int
    span_down: int
    width: int  # of the padded cells under a row of outputs
    lanes: int
    part: int  # columns that are steps apart, side by side in a plane's row: whole vectors
    turns: int  # such parts of a row
    plane: int  # numbers from a plane to the next
    together: int  # padded rows that are copied at once
    tile: int  # vectors of a tile
    sharing: int  # groups whose results lie in one line
    blocks: int  # of output rows, in one image
    tasks: int  # what threads share: images · blocks


SIZES, TASKS = len(Plan._fields), Plan._fields.index("tasks")


def serves(call: Call) -> str | None:
    """Why a call cannot be served."""
    most = packing.few(packing.lanes_of(call.kernel))
    if call.kernel.shape[3] > most * call.groups:
        return f"a group has more filters than {most}"
    if (taken := _row(call)[-1] * call.rows.span) > SCRATCH:
        return f"the planes under a row of outputs take {taken:,} bytes, not {SCRATCH:,}"
    return None


def work(call: Call) -> int:
    """The bytes of weights, and of planes, padded rows and lists."""
    p = plan(call, 1)  # its blocks are the largest
    vectors = -(-p.out_rows // p.blocks) * -(-p.out_cols // p.lanes) + p.tile
    copied = (p.together * p.across * p.part + p.across) * p.channels
    numbers = p.channels * p.plane + copied + (RESULTS + 2) * p.lanes
    place, taps = np.dtype(np.intp).itemsize, 2 * math.prod(call.kernel.shape[:3])
    each = numbers * call.kernel.itemsize + 2 * vectors * place
    return call.kernel.nbytes + taps * place + threads.at_most() * each


def _row(call: Call) -> tuple[int, int, int, int]:
    """The step across, if it is taken; the parts of a plane's row, and the columns of each.

    Last the bytes of a padded row, which are at least those of its rows in all planes.
    """
    cols, lanes = call.cols, packing.lanes_of(call.kernel)
    across = cols.stride if cols.output_size > 1 else 1
    part = -(-(cols.output_size - 1 - -cols.span // across) // lanes) * lanes
    line = across * part * call.shape[3] * call.kernel.itemsize
    return across, min(across, cols.span), part, line


def _cost(call: Call) -> int:
    """Multiply-adds."""
    return math.prod(call.output_shape) * math.prod(call.kernel.shape[:3])


def plan(call: Call, workers: int) -> Plan:
    """Blocks whose planes stay in a second-level cache, and enough of them for all threads."""
    batch, out_rows, out_cols, filters = call.output_shape
    rows, (across, turns, part, row) = call.rows, _row(call)
    line, width = LINE // call.kernel.itemsize, filters // call.groups
    down = rows.stride if rows.output_size > 1 else 1
    near, most = (room // row - rows.span for room in (STRIP // 2, SCRATCH))
    blocks = -(-out_rows // max(1, near // down, min(LEAST, most // down)))
    height = (-(-out_rows // blocks) - 1) * down + rows.span  # of the largest, with one thread
    blocks = max(blocks, threads.useful(_cost(call), workers) // max(1, batch))
    blocks = threads.evenly(min(blocks, out_rows), batch, out_rows, workers)
    return Plan(
        *(rows.size, call.cols.size, call.shape[3], filters, call.groups, out_rows, out_cols),
        *(down, across, rows.span, (out_cols - 1) * across + call.cols.span),
        *(packing.lanes_of(call.kernel), part, turns),
        # an odd number of lines, so that planes share no set of a cache
        (-(-height * turns * part // line) | 1) * line,
        *(min(height, max(1, COPIED // row)), TILES[width], max(1, line // width)),
        *(blocks, batch * blocks),
    )


def prepare(call: Call) -> Callable[[Array, Array], None]:
    """What is returned fills a result (N, OH, OW, Cout) from images."""
    p = plan(call, 1)
    rows, cols = (np.arange(axis.kernel) * axis.dilation for axis in (call.rows, call.cols))
    col, turn = np.divmod(cols, p.across)
    planes = np.arange(call.kernel.shape[2])[:, np.newaxis, np.newaxis] * p.plane
    taps = planes + rows[:, np.newaxis] * (p.turns * p.part) + turn * p.part + col
    tables = arguments.joined(call.row_cells, call.col_cells, taps.ravel())
    weights = call.keep(f"planar {call.groups}", lambda: _packed(call))
    sizes = functools.partial(plan, call)
    return threads.spread(_tasks, sizes, _cost(call), tables, weights, packing.pack_start(call))


def _packed(call: Call) -> Array:
    """The weights, group after group: of each tap (c, a, b) those of the group's filters."""
    by_group = call.kernel.reshape(*call.kernel.shape[:3], call.groups, -1)
    return in_lines(by_group.transpose(3, 2, 0, 1, 4))


_tables = arguments.tables(1, 1, 1)


@helper
def _task(p: Plan, task: int, tables: Any, arrays: Any) -> None:
    """One block of output rows of an image."""
    (row_cells, col_cells, taps), (x, weights, bias, out) = tables, arrays
    block, image = task % p.blocks, task // p.blocks
    first, stop = threads.part(p.out_rows, p.blocks, block)
    scratch = p.channels * p.plane + p.lanes  # vectors reach behind the last plane
    planes = np.empty(scratch + RESULTS * p.lanes, x.dtype)
    source = pointer(x), image * p.rows * p.cols * p.channels, p.cols, p.channels
    height = (stop - first - 1) * p.down + p.span_down
    _take_apart(p, source, (first * p.down, height), (row_cells, col_cells), planes)
    target = (image * p.out_rows + first) * p.out_cols * p.filters
    places = _places(p, stop - first, target)
    width, half = p.filters // p.groups, len(places) // 2
    depth, at_once = p.channels // p.groups * p.plane, int(p.groups == 1 and p.out_cols >= p.lanes)
    for start in range(0, p.groups, p.sharing):
        for n in range(0, half, p.tile):
            for group in range(start, min(start + p.sharing, p.groups)):
                OUTPUTS(
                    width, pointer(planes), group * depth, pointer(places), n, pointer(taps),
                    len(taps), pointer(weights), group * len(taps) * width, pointer(bias),
                    group * width, bias[-1], pointer(out), half + n, p.filters,
                    min(p.lanes, p.out_cols), at_once, scratch,
                )  # fmt: skip
    hold((planes, places))


@helper
def _take_apart(p: Plan, image: Any, rows: Any, cells: Any, planes: Any) -> None:
    """Padded rows of an image, some at a time, as rows of the channels' planes."""
    (top, height), (row_cells, col_cells), line = rows, cells, p.turns * p.part
    pitch = p.across * p.part * p.channels
    # vectors reach behind a row, short ones behind a plane's last
    beside = p.across * p.channels + p.lanes
    padded = np.zeros(p.together * pitch + beside, planes.dtype)
    for channel in range(p.channels if p.out_cols < p.lanes else 0):
        CLEAR(pointer(planes), channel * p.plane + height * line, p.lanes)
    for done in range(0, height, p.together):
        count = min(p.together, height - done)
        these = Rows(top + done, count, 0, p.width, pitch)
        copy_strip(image, these, row_cells, col_cells, pointer(padded))
        for row in range(count):
            for turn in range(p.turns):
                at, to = row * pitch + turn * p.channels, (done + row) * line + turn * p.part
                step = p.across * p.channels
                PLANES(
                    pointer(padded), at, step, p.part, p.channels, pointer(planes), to, p.plane
                )  # fmt: skip
    hold(padded)


@helper
def _places(p: Plan, count: int, target: int) -> Any:
    """Of each vector of columns the place in a plane; then of each that of its results.

    A row's last one reaches back, and whole tiles are filled up with the last row's last one.
    """
    vectors = -(-p.out_cols // p.lanes)
    whole = -(-count * vectors // p.tile) * p.tile
    places = np.empty(2 * whole, np.intp)
    for n in range(whole):
        i, v = divmod(min(n, count * vectors - 1), vectors)
        j = max(0, min(v * p.lanes, p.out_cols - p.lanes))
        places[n] = i * p.down * p.turns * p.part + j
        places[whole + n] = target + (i * p.out_cols + j) * p.filters
    return places


@shared(arguments.signature)
def _tasks(sizes, tables, x, weights, bias, out):  # type: ignore[no-untyped-def]
    for task in prange(sizes[TASKS]):
        _task(Plan(*fields(sizes, SIZES)), task, _tables(tables), (x, weights, bias, out))
