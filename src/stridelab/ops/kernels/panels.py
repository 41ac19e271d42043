"""The sweep of a panel of weights over pixels, a tile after the other.

for each part of the panel's runs that stays in the caches           sums wait in the results
    for each tile: P outputs
        the runs, and between them requests for the weights that are next
"""

from __future__ import annotations

from typing import Any

import numpy as np

from stridelab.ops.call import Array, Cells
from stridelab.ops.jit import helper, of_images
from stridelab.ops.jit.packing import FETCHED, FILTER, PLACE, VALID, VECTORS
from stridelab.ops.jit.vectors import VECTOR_BYTES
from stridelab.ops.kernels.tile import (
    EXPECTED_1,
    EXPECTED_2,
    EXPECTED_3,
    FETCHING_2,
    FETCHING_3,
    ONE_PIXEL,
    SHAPES,
    SHORT_1,
    SHORT_2,
    SHORT_3,
    SHORT_FETCHING_2,
    SHORT_FETCHING_3,
    TILE_1,
    TILE_2,
    TILE_3,
)
from stridelab.ops.memory import LINE, NEAR

#: Bytes of a panel's part: it stays near, beside a strip.
PANEL = NEAR // 4

#: Sums of fewer numbers than this would wait for their results' places: those of the tile after the
#: next are asked for.
SOON = 100


#: What a tile takes besides its pixels, in pixels.
START = 2

#: Of a kernel that gets images, panels, bias, four lists of places and the table of panels.
signature = of_images(1, 1, 1, 1, 2)


def _sweeper(width: int, tile: Any, short: Any, expected: Any) -> Any:
    """A loop over pixels, a tile at a time, for panels as wide as the tile."""
    long_pixels, short_pixels = SHAPES[width]

    @helper
    def sweep(read: Any, weights: Any, valid: int, start: Any, into: Any, resumes: int) -> None:
        cells, first, at, pixels, runs, length = read
        panels, place, step, ahead, asked = weights
        bias, filter, floor = start
        out, out_at, out_step = into
        waits = len(runs) * length < SOON and out.size * out.itemsize > FETCHED
        longs, shorts = tiles(pixels, long_pixels, short_pixels)
        # what is asked for is shared out among the tiles, and their runs
        line, stop = LINE // panels.itemsize, ahead + asked
        lines = -(-asked // (line * len(runs) * (longs + shorts)))
        for number in range(longs):
            p = min(number * long_pixels, pixels - long_pixels)
            if waits:
                expected(out, out_at + (p + 2 * long_pixels) * out_step, out_step, floor)
            tile(
                cells, first, at, p, runs, length, panels, place, step, step * length, bias,
                filter, floor, out, out_at + p * out_step, out_step, valid, resumes, ahead, lines,
            )  # fmt: skip
            ahead += len(runs) * lines * line
            lines = lines if ahead < stop else 0
        for number in range(shorts):
            p = min(longs * long_pixels + number * short_pixels, pixels - short_pixels)
            short(
                cells, first, at, p, runs, length, panels, place, step, step * length, bias,
                filter, floor, out, out_at + p * out_step, out_step, valid, resumes, ahead, lines,
            )  # fmt: skip
            ahead += len(runs) * lines * line
            lines = lines if ahead < stop else 0

    return sweep


@helper
def tiles(pixels: int, long: int, short: int) -> tuple[int, int]:
    """How many long and short tiles take that many pixels in the least time.

    Their last one may reach back over pixels that are done.

    >>> tiles.py_func(49, 14, 4), tiles.py_func(27, 14, 4), tiles.py_func(4, 14, 4)
    ((3, 2), (2, 0), (0, 1))
    """
    longs = pixels // long
    shorts = -(-(pixels - longs * long) // short)
    if pixels >= long and long + START < shorts * (short + START):
        return longs + 1, 0
    return longs, shorts


@helper
def _one_by_one(read: Any, weights: Any, valid: int, start: Any, into: Any) -> None:
    """Too few pixels for a tile: one after the other, a vector of filters at a time."""
    cells, first, at, pixels, runs, length = read
    panels, place, step, _, _ = weights
    bias, filter, floor = start
    out, out_at, out_step = into
    lanes = VECTOR_BYTES // panels.itemsize
    for p in range(pixels):
        for f in range(0, min(step, valid), lanes):
            ONE_PIXEL(
                cells, first, at, p, runs, length, panels, place + f, step, step * length, bias,
                filter + f, floor, out, out_at + p * out_step + f, out_step, valid - f, 0, 0, 0,
            )  # fmt: skip


_SWEEP_1 = _sweeper(1, TILE_1, SHORT_1, EXPECTED_1)
_SWEEP_2 = _sweeper(2, TILE_2, SHORT_2, EXPECTED_2)
_SWEEP_3 = _sweeper(3, TILE_3, SHORT_3, EXPECTED_3)
_FETCHING_2 = _sweeper(2, FETCHING_2, SHORT_FETCHING_2, EXPECTED_2)
_FETCHING_3 = _sweeper(3, FETCHING_3, SHORT_FETCHING_3, EXPECTED_3)
(_P1, _S1), (_P2, _S2), (_P3, _S3) = (SHAPES[width] for width in (1, 2, 3))


@helper
def _sweep(read: Any, weights: Any, valid: int, start: Any, into: Any, resumes: int) -> None:
    """All pixels, by the tiles that are as wide as the panel."""
    panels = weights[0]
    vectors = weights[2] // (VECTOR_BYTES // panels.itemsize)
    fetches = panels.size * panels.itemsize > FETCHED
    if read[3] < (_S3 if vectors == 3 else _S2 if vectors == 2 else _S1):
        _one_by_one(read, weights, valid, start, into)
    elif vectors == 1:
        _SWEEP_1(read, weights, valid, start, into, resumes)
    elif vectors == 2 and fetches:
        _FETCHING_2(read, weights, valid, start, into, resumes)
    elif vectors == 2:
        _SWEEP_2(read, weights, valid, start, into, resumes)
    elif fetches:
        _FETCHING_3(read, weights, valid, start, into, resumes)
    else:
        _SWEEP_3(read, weights, valid, start, into, resumes)


@helper
def sweep(read: Any, weights: Any, panel: Cells, bias: Array, floor: float, into: Any) -> None:
    """All pixels with one panel, a part of it at a time that stays in the caches meanwhile.

    The last tile reaches back over pixels that are done already: they get the same numbers again.
    Too few pixels for one tile go one by one.

    Parameters
    ----------
    read
        (cells, first, at, pixels, runs, length): what tiles read, and how many pixels there are.
    weights
        (panels, first, ahead): all weights, the place of the first panel, and the place of what is
        read after this one.
    panel
        A row of the table.
    into
        (out, out_at, out_step): where filter 0 of the first pixel goes, and the way to the next.
    """
    cells, first, at, pixels, runs, length = read
    panels, panels_at, ahead = weights
    vectors, filter, valid = panel[VECTORS], panel[FILTER], panel[VALID]
    long = _P3 if vectors == 3 else _P2 if vectors == 2 else _P1
    short = _S3 if vectors == 3 else _S2 if vectors == 2 else _S1
    step = vectors * (VECTOR_BYTES // panels.itemsize)
    out, out_at, out_step = into
    place, target = panels_at + panel[PLACE], out_at + filter
    # so many runs that their weights stay in the cache; sums wait in `out` for the next ones
    each = max(1, PANEL // (step * length * panels.itemsize))
    whole = pixels // long * long
    last = short if pixels - whole <= short else long
    if valid < step or whole < 2 * long or each >= len(runs):
        each, whole = len(runs), pixels
    parts = -(-len(runs) // each)
    for part in range(parts + (whole < pixels)):
        run, stop, p, count = part * each, min((part + 1) * each, len(runs)), 0, whole
        if part == parts:  # the last tile has all runs at once: it reaches back over done pixels
            run, stop, p, count = 0, len(runs), pixels - last, last
        low = floor if stop == len(runs) else panels.dtype.type(-np.inf)
        read = cells, first, at[p:], count, runs[run:stop], length
        # next are the runs after these, or the first ones of another panel; not asked for twice
        later, left = place + stop * step * length, len(runs) - stop
        if left == 0:
            later, left = ahead, len(runs) if part < parts else 0
        asked = min(each, left) * step * length
        weights = panels, place + run * step * length, step, later, asked
        into = out, target + p * out_step, out_step
        _sweep(read, weights, valid, (bias, filter, low), into, run)
