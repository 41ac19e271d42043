"""The sweep of a panel of weights over pixels, a tile after the other.

for each part of the panel's runs that stays in the caches           sums wait in the results
    for each tile: P outputs
        the runs, and between them requests for the weights and cells that are next

Arrays come as pointers: to hand over an array costs as much as thirty multiply-adds.
"""

from __future__ import annotations

from typing import Any

from stridelab.ops.call import Cells
from stridelab.ops.jit import helper, tile
from stridelab.ops.jit.packing import FETCHED, FILTER, GROUP, PLACE, STEP, VALID, VECTORS
from stridelab.ops.jit.tile import SHAPES
from stridelab.ops.jit.vectors import VECTOR_BYTES
from stridelab.ops.memory import HELD, LINE

#: Sums of fewer numbers than this would wait for their results' places where those are far: those
#: of the tile after the next are asked for.
SOON = 100

#: What a tile takes besides its pixels, in pixels.
START = 2


def _sweeper(width: int, long: Any, short: Any, single: Any) -> Any:
    """A loop over pixels, a tile at a time, for panels as wide as the tile."""
    long_pixels, short_pixels = SHAPES[width]

    def sweep(read: Any, weights: Any, panel: Any, start: Any, into: Any) -> None:
        cells, first, at, pixel, pixels, runs, run, count, length, are_far = read
        packed, place, step, ahead, asked, near = weights
        _, filter, valid, resumes = panel
        bias, floor = start
        out, out_at, out_step, waits = into
        are_few = pixels < short_pixels  # they go one by one
        longs, shorts = (0, pixels) if are_few else tiles(pixels, long_pixels, short_pixels)
        # what is asked for is shared out among the tiles, and their runs
        line, stop = LINE // VECTOR_BYTES * (step // width), ahead + asked
        lines = -(-asked // (line * count * max(1, longs + shorts)))
        later = 2 * long_pixels * out_step if waits and not are_few else 0
        for number in range(longs + shorts):
            size = 1 if are_few else long_pixels if number < longs else short_pixels
            done = min(number, longs) * long_pixels + max(number - longs, 0) * size
            p = pixel + min(done, pixels - size)
            onward = min(p + size, pixel + pixels - size) - p if are_far else 0
            arguments = (
                cells, first, at, p, runs, run, count, length, packed, place, step, step * length,
                bias, filter, floor, out, out_at + p * out_step, out_step, valid, resumes, later,
                onward, ahead, lines, near,
            )  # fmt: skip
            if are_few:
                single(*arguments)
            elif number < longs:
                long(*arguments)
            else:
                short(*arguments)
            ahead += count * lines * line
            lines = lines if ahead < stop else 0

    # a linker knows functions of different files by name: else one width may run another's code
    sweep.__name__ = sweep.__qualname__ = f"sweep_{width}"
    return helper(sweep)


@helper
def tiles(pixels: int, long: int, short: int) -> tuple[int, int]:
    """How many long and short tiles take the pixels, some perhaps again, in the least time.

    >>> tiles.py_func(49, 14, 4), tiles.py_func(27, 14, 4), tiles.py_func(4, 14, 4)
    ((3, 2), (2, 0), (0, 1))
    """
    longs = pixels // long
    shorts = -(-(pixels - longs * long) // short)
    if pixels >= long and long + START < shorts * (short + START):
        return longs + 1, 0
    return longs, shorts


_SWEEP_1 = _sweeper(1, tile.TILE_1, tile.SHORT_1, tile.SINGLE_1)
_SWEEP_2 = _sweeper(2, tile.TILE_2, tile.SHORT_2, tile.SINGLE_2)
_SWEEP_3 = _sweeper(3, tile.TILE_3, tile.SHORT_3, tile.SINGLE_3)
_SWEEP_4 = _sweeper(4, tile.TILE_4, tile.SHORT_4, tile.SINGLE_4) if 4 in SHAPES else _SWEEP_3
#: Pixels of long and short tiles, by a panel's vectors.
LONG, SHORT = (tuple(SHAPES.get(v, (0, 0))[kind] for v in range(5)) for kind in (0, 1))


@helper
def _sweep(read: Any, weights: Any, panel: Any, start: Any, into: Any) -> None:
    """The pixels, by the tiles that are as wide as the panel."""
    vectors = panel[0]
    if vectors == 1:
        _SWEEP_1(read, weights, panel, start, into)
    elif vectors == 2:
        _SWEEP_2(read, weights, panel, start, into)
    elif vectors == 3:
        _SWEEP_3(read, weights, panel, start, into)
    else:
        _SWEEP_4(read, weights, panel, start, into)


@helper
def _panel(read: Any, weights: Any, panel: Any, start: Any, into: Any) -> None:
    """All pixels with one panel, a part of it at a time that stays in the caches meanwhile.

    The last tile reaches back over pixels that are done already: they get the same numbers again.
    """
    cells, first, at, pixels, runs, count, near, length, are_far = read
    packed, place, step, ahead, size = weights
    vectors, filter, valid = panel
    bias, floor, lowest = start
    out, out_at, out_step, is_far = into
    long, short = LONG[vectors], SHORT[vectors]
    goes = out, out_at + filter, out_step, is_far and count * length < SOON
    parts, rest, last = 1, 0, 0
    if near < count and valid == step and pixels >= 2 * long:
        parts, rest = -(-count // near), pixels % long
        last = 0 if rest == 0 else short if rest <= short else long
    for part in range(parts + (last > 0)):
        run, stop, p, many = part * near, min((part + 1) * near, count), 0, pixels - rest
        if part == parts:  # the last tile has all runs at once: it reaches back over done pixels
            run, p, many = 0, pixels - last, last
        stop = count if parts == 1 or part == parts else stop
        # next are the runs after these, or the first ones of another panel; not asked for twice
        later, left = place + stop * step * length, min(near, count - stop)
        if stop == count:
            later, left = ahead, 0 if part == parts else min(near, count)
        asked = left * step * length if ahead >= 0 else 0
        these = cells, first, at, p, many, runs, run, stop - run, length, are_far
        those = packed, place + run * step * length, step, later, asked, int(size > HELD)
        low = floor if stop == count else lowest
        _sweep(these, those, (vectors, filter, valid, run), (bias, low), goes)


@helper
def sweep(read: Any, weights: Any, table: Cells, share: Any, start: Any, into: Any) -> None:
    """All pixels with each of some panels.

    Parameters
    ----------
    read
        (cells, first, depth, at, pixels, runs, count, near, length, are_far): what tiles read, from
        which place on and how much further for each group; lists of places, and how many pixels and
        runs there are (`stridelab.ops.jit.tile`); how many runs have weights that stay near;
        and whether cells are far: they are asked for.
    weights
        (packed, size, first, after): all weights and their bytes, the place of the first panel, and
        of what is read after these. If there are many, those that are next are asked for meanwhile.
    table, share
        The table of panels, the first one to take and the one behind the last.
    start
        (bias, floor, lowest): what the sums start from, and what no result is below; at all.
    into
        (out, out_at, out_step, is_far): where filter 0 of the first pixel goes, the way to the next
        one, and whether these places are far.
    """
    cells, first, depth, at, pixels, runs, count, near, length, are_far = read
    packed, size, offset, after = weights
    for n in range(share[0], share[1]):
        ahead = after if n + 1 == share[1] else offset + table[n + 1, PLACE]
        ahead = ahead if size > FETCHED else -1
        base = first + depth * table[n, GROUP]
        is_first = n == share[0] or table[n, GROUP] != table[n - 1, GROUP]  # others find them near
        these = cells, base, at, pixels, runs, count, near, length, are_far and is_first
        those = packed, offset + table[n, PLACE], table[n, STEP], ahead, size
        panel = table[n, VECTORS], table[n, FILTER], table[n, VALID]
        _panel(these, those, panel, start, into)
