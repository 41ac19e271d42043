"""Weights in panels, as tiles read them, and the sweep of a panel over pixels.

kernel (KH, KW, Cin, Cout)            panels: all inputs k = (a, b, m) below one another,
┌──────────────────────┐              some filters side by side, in whole vectors
│ k = 0  f f f f f f f │        ┌─────┐┌─────┐┌───┐
│ k = 1  f f f f f f f │   →    │ f f ││ f f ││ f │    a tile reads one from top to bottom;
│ …                    │        │ f f ││ f f ││ f │    lanes without a filter hold zeros
└──────────────────────┘        └─────┘└─────┘└───┘
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from stridelab.ops.call import Array, Cells
from stridelab.ops.jit import helper, of_sizes_and_arrays
from stridelab.ops.jit.vectors import VECTOR_BYTES
from stridelab.ops.kernels.tile import (
    ONE_PIXEL,
    SHAPES,
    TILE_1,
    TILE_2,
    TILE_3,
)

#: Bytes of a panel's part: it stays in a second-level cache, beside a strip.
PANEL = 2**17

#: The columns of a table of panels.
FILTER, VALID, VECTORS, PLACE, GROUP = range(5)


def panel_table(filters: int, groups: int, inputs: int, itemsize: int) -> Cells:
    """One row a panel: its first filter, how many there are, its vectors, its place, its group.

    Parameters
    ----------
    filters, groups : int
        Cout, and the groups that divide it: no panel has filters of two.
    inputs : int
        Weights of one filter.
    itemsize : int
        Bytes of a number.

    >>> panel_table(33, 1, 27, VECTOR_BYTES // 8)[:, [FILTER, VALID, VECTORS, PLACE]].tolist()
    [[0, 24, 3, 0], [24, 9, 2, 648]]
    """
    lanes = VECTOR_BYTES // itemsize
    width = filters // groups
    rows, place = [], 0
    for group in range(groups):
        first = 0
        for vectors in _widths(-(-width // lanes)):
            valid = min(vectors * lanes, width - first)
            rows.append((group * width + first, valid, vectors, place, group))
            first += valid
            place += vectors * lanes * inputs
    return np.array(rows, np.intp)


def _widths(vectors: int) -> list[int]:
    """So many vectors as threes and twos; a one only where nothing else is left.

    >>> [_widths(vectors) for vectors in (1, 2, 4, 5, 8)]
    [[1], [2], [2, 2], [3, 2], [3, 3, 2]]
    """
    if vectors == 1:
        return [1]
    twos = -vectors % 3
    return [3] * ((vectors - 2 * twos) // 3) + [2] * twos


def packed_size(table: Cells, inputs: int, itemsize: int) -> int:
    """Numbers in all panels."""
    lanes = VECTOR_BYTES // itemsize
    return int(table[-1, PLACE] + table[-1, VECTORS] * lanes * inputs)


def pack(weights: Array, table: Cells) -> Array:
    """The weights (inputs, Cout) in panels; all inputs of a filter below one another.

    Parameters
    ----------
    table : array
        From `panel_table`.
    """
    lanes = VECTOR_BYTES // weights.itemsize
    inputs = weights.shape[0]
    panels = np.zeros(packed_size(table, inputs, weights.itemsize), weights.dtype)
    for first, valid, vectors, place, _ in table.tolist():
        width = vectors * lanes
        panel = panels[place : place + width * inputs].reshape(inputs, width)
        panel[:, :valid] = weights[:, first : first + valid]
    panels.flags.writeable = False
    return panels


def pack_bias(bias: Array | None, table: Cells, dtype: np.dtype[Any]) -> Array:
    """The bias, zeros for none, with room to read whole vectors behind every filter."""
    lanes = VECTOR_BYTES // dtype.itemsize
    filters = int(table[-1, FILTER] + table[-1, VALID])
    padded = np.zeros(filters + 3 * lanes, dtype)
    if bias is not None:
        padded[:filters] = bias
    padded.flags.writeable = False
    return padded


def signature(scalar: Any) -> Any:
    """Of a kernel that gets images, panels, bias, four lists of places, a table, floor and out."""
    arrays = [types.Array(scalar, ndim, "C", readonly=True) for ndim in (4, 1, 1)]
    lists = [types.Array(types.intp, ndim, "C", readonly=True) for ndim in (1, 1, 1, 1, 2)]
    return of_sizes_and_arrays(*arrays, *lists, scalar, types.Array(scalar, 4, "C"))


def _sweeper(pixels_each: int, tile: Any) -> Any:
    """A loop over pixels, a tile at a time, for panels as wide as the tile."""

    @helper
    def sweep(read: Any, weights: Any, valid: int, start: Any, into: Any, resumes: int) -> None:
        cells, first, at, pixels, runs, length = read
        panels, place, step = weights
        bias, filter, floor = start
        out, out_at, out_step = into
        for tile_at in range(0, pixels, pixels_each):
            p = min(tile_at, pixels - pixels_each)
            tile(
                cells, first, at, p, runs, length, panels, place, step, step * length, bias,
                filter, floor, out, out_at + p * out_step, out_step, valid, resumes,
            )  # fmt: skip

    return sweep


@helper
def _one_by_one(read: Any, weights: Any, valid: int, start: Any, into: Any) -> None:
    """Too few pixels for a tile: one after the other, a vector of filters at a time."""
    cells, first, at, pixels, runs, length = read
    panels, place, step = weights
    bias, filter, floor = start
    out, out_at, out_step = into
    lanes = VECTOR_BYTES // panels.itemsize
    for p in range(pixels):
        for f in range(0, min(step, valid), lanes):
            ONE_PIXEL(
                cells, first, at, p, runs, length, panels, place + f, step, step * length, bias,
                filter + f, floor, out, out_at + p * out_step + f, out_step, valid - f, 0,
            )  # fmt: skip


_SWEEP_1, _SWEEP_2, _SWEEP_3 = (
    _sweeper(SHAPES[vectors], tile) for vectors, tile in ((1, TILE_1), (2, TILE_2), (3, TILE_3))
)
_P1, _P2, _P3 = (SHAPES[vectors] for vectors in (1, 2, 3))


@helper
def _sweep(read: Any, weights: Any, valid: int, start: Any, into: Any, resumes: int) -> None:
    """All pixels, by the tiles that are as wide as the panel."""
    vectors = weights[2] // (VECTOR_BYTES // weights[0].itemsize)
    if read[3] < (_P3 if vectors == 3 else _P2 if vectors == 2 else _P1):
        _one_by_one(read, weights, valid, start, into)
    elif vectors == 3:
        _SWEEP_3(read, weights, valid, start, into, resumes)
    elif vectors == 2:
        _SWEEP_2(read, weights, valid, start, into, resumes)
    else:
        _SWEEP_1(read, weights, valid, start, into, resumes)


@helper
def sweep(
    read: Any, panels: Array, panels_at: int, panel: Cells, bias: Array, floor: float, into: Any
) -> None:
    """All pixels with one panel, a part of it at a time that stays in the caches meanwhile.

    The last tile reaches back over pixels that are done already: they get the same numbers again.
    Too few pixels for one tile go one by one.

    Parameters
    ----------
    read
        (cells, first, at, pixels, runs, length): what tiles read, and how many pixels there are.
    panels, panels_at, panel
        All weights, the place of their first panel, and a row of its table.
    into
        (out, out_at, out_step): where filter 0 of the first pixel goes, and the way to the next.
    """
    cells, first, at, pixels, runs, length = read
    vectors, filter, valid = panel[VECTORS], panel[FILTER], panel[VALID]
    tile = _P3 if vectors == 3 else _P2 if vectors == 2 else _P1
    step = vectors * (VECTOR_BYTES // panels.itemsize)
    out, out_at, out_step = into
    place, target = panels_at + panel[PLACE], out_at + filter
    # so many runs that their weights stay in the cache; sums wait in `out` for the next ones
    each = max(1, PANEL // (step * length * panels.itemsize))
    whole = pixels // tile * tile
    if valid < step or whole < 2 * tile or each >= len(runs):
        each, whole = len(runs), pixels
    parts = -(-len(runs) // each)
    for part in range(parts + (whole < pixels)):
        run, stop, p, count = part * each, min((part + 1) * each, len(runs)), 0, whole
        if part == parts:  # the last tile has all runs at once: it reaches back over done pixels
            run, stop, p, count = 0, len(runs), pixels - tile, tile
        low = floor if stop == len(runs) else panels.dtype.type(-np.inf)
        read = cells, first, at[p:], count, runs[run:stop], length
        weights = panels, place + run * step * length, step
        into = out, target + p * out_step, out_step
        _sweep(read, weights, valid, (bias, filter, low), into, run)
