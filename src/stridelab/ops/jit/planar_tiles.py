"""Planar tiles as vector instructions: lanes are neighbouring columns.

PLANES      a row of cells  │ r g b r g b r g b … │     to     │ r r r … │ g g g … │ b b b … │
OUTPUTS     R vectors of a plane, F filters: R·F sums, and the filters' side by side again

    weights         w₀   w₁   w₂           one number each, spread
    │ x x x … │    sum  sum  sum           R vectors of columns, from any of the rows
    │ x x x … │    sum  sum  sum
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from stridelab.ops.jit.packing import FEW, few
from stridelab.ops.jit.vectors import REGISTERS, Writer, instruction

#: Vectors of a tile, by its filters: registers for their sums, for them, and for a weight.
TILES = [0, *(min(9, (REGISTERS - 2) // (filters + 1)) for filters in range(1, FEW + 1))]
#: The most vectors of a tile's results.
RESULTS = max(filters * vectors for filters, vectors in enumerate(TILES))
#: Numbers from a cell to the next: from so many vectors channels are picked; else cells are loaded
#: one by one and transposed.
PICKED = (1, 2, 3, 4, 5, 6)


def _write_planes(w: Writer, of: SimpleNamespace) -> None:
    """``planes[to + c·plane + n] = cells[at + n·step + c]`` for all channels c.

    For `count` cells n, whole vectors.
    """
    with w.steps(of.count, w.lanes) as n:
        source, target = w.at(of.cells, of.at, w.times(n, of.step)), w.at(of.planes, of.to, n)
        for step in PICKED:
            with w.when(w.equal(of.step, step)):
                numbers = w.load(source, step)
                for c in range(step):
                    with w.when(w.at_least(of.channels, c + 1)):
                        one = w.picked(numbers, range(c, step * w.lanes, step))
                        w.put(one, w.at(target, w.times(of.plane, c)))
        with w.when(w.at_least(of.step, PICKED[-1] + 1)), w.steps(of.channels, w.lanes) as start:
            first = w.larger(w.smaller(start, w.plus(of.channels, -w.lanes)), 0)
            cells = [
                w.load(w.at(source, first, w.times(of.step, one)))[0] for one in range(w.lanes)
            ]
            for c, numbers in enumerate(w.transposed(cells)):
                with w.when(w.at_least(of.channels, c + 1)):
                    w.put(numbers, w.at(target, w.times(of.plane, w.plus(first, c))))


PLANES = instruction("cells at step count channels planes to plane", _write_planes)


def _write_outputs(w: Writer, of: SimpleNamespace) -> None:
    """``y[v, n, f] = max(floor, bias[f] + Σ_t x[first + places[v] + taps[t] + n] · w[t, f])``

    For `filters` f of a group, and for as many vectors v as `TILES` says, of `valid` columns n.

    places, place, out_place
        A list; from `place` on it has the vectors' first inputs, from `out_place` their results.
    taps, count
        A list of ways from there to each tap's inputs, and how many there are.
    weights, weight, bias, filter
        The group's weights begin at place `weight`, its filters at `filter`.
    out_step, at_once
        The way from a column's results to the next one's; 1 where that is `filters` and all columns
        of a vector are valid.
    scratch
        A place in `x` for `RESULTS` vectors.
    """
    for filters, vectors in enumerate(TILES):
        if 0 < filters <= few(w.lanes):
            with w.when(w.equal(of.filters, filters)):
                sums = _multiply(w, of, filters, vectors)
                low = w.spread(of.floor)
                _put(w, of, [[w.raised(w.value(one), low) for one in row] for row in sums])


def _multiply(w: Writer, of: SimpleNamespace, filters: int, vectors: int) -> list[list[Any]]:
    """The sums of each vector, a filter after the other."""
    start = [w.spread(w.get(w.at(of.bias, of.filter, f))) for f in range(filters)]
    sums = [[w.sum(one) for one in start] for _ in range(vectors)]
    inputs = w.listed(w.at(of.x, of.first), w.at(of.places, of.place), vectors)
    weights = w.at(of.weights, of.weight)
    with w.loop(of.count) as tap:
        way, these = w.get(w.at(of.taps, tap)), w.at(weights, w.times(tap, filters))
        cells = [w.load(w.at(one, way))[0] for one in inputs]
        for f in range(filters):
            weight = w.spread(w.get(w.at(these, f)))
            for v in range(vectors):
                w.multiply_add(sums[v][f], cells[v], weight)
    return sums


def _put(w: Writer, of: SimpleNamespace, rows: list[list[Any]]) -> None:
    """Stores results: a vector's at once, or by way of `scratch` a column after the other."""
    filters, at_once, scratch = len(rows[0]), w.equal(of.at_once, 1), w.at(of.x, of.scratch)
    targets = w.listed(w.at(of.out, of.filter), w.at(of.places, of.out_place), len(rows))
    aside = [w.at(scratch, v * filters * w.lanes) for v in range(len(rows))]
    for target, place, row in zip(targets, aside, rows, strict=True):
        into = w.either(at_once, target, place)
        for v, results in enumerate(_side_by_side(w, row)):
            w.put(results, w.at(into, v * w.lanes))
    cell = w.of_lanes(filters)
    with w.loop(w.either(at_once, 0, of.valid)) as n:
        for target, place in zip(targets, aside, strict=True):
            (results,) = cell.load(w.at(place, w.times(n, filters)))
            cell.put(results, w.at(target, w.times(of.out_step, n)))


def _side_by_side(w: Writer, results: list[Any]) -> list[Any]:
    """Of vectors of columns, one a filter: the first column's results, then the second's …"""
    filters = len(results)
    order = [n % filters * w.lanes + n // filters for n in range(filters * w.lanes)]
    return [w.picked(results, order[n : n + w.lanes]) for n in range(0, len(order), w.lanes)]


OUTPUTS = instruction(
    """filters x first places place taps count weights weight bias filter floor out out_place
    out_step valid at_once scratch""",
    _write_outputs,
)
