"""Few filters: vectors run along a window's inputs, and each sum's lanes are added up at last.

                  weights of F filters
                ┌───────┬───────┐
    pixel 0  │ x x x … │  sum  │  sum  │      for each run of neighbouring inputs
    pixel 1  │ x x x … │  sum  │  sum  │          for each vector of them: P + F loads, P·F times
             └─────────┴───────┴───────┘              multiplied and added
                                                 the sums' lanes, added up: a vector of results

A vector of `stridelab.ops.jit.tile` holds filters, and of one filter it would be nearly empty. Here
runs fill it, if they are as long. A tile has as many pixels as fill a vector of results, or two.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from stridelab.ops.jit.vectors import Writer, instruction
from stridelab.ops.runs import most_along


def _write_dots(w: Writer, of: SimpleNamespace) -> None:
    """``out[p, f] = max(floor, bias[f] + Σ_r,k cells[at[l + p] + d + k] · weights[r, k, f])``

    For `filters` f and `pixels` p, whose results lie side by side from place `out_at` on.

    cells, first, at, runs, count, length
        As `stridelab.ops.jit.tile` reads them; runs are as long as a vector or longer.
    weights
        From `stridelab.ops.jit.packing.pack_along`.
    bias
        Of all filters, again and again: a tile's.
    """
    for filters in range(1, most_along(w.lanes) + 1):
        with w.when(w.equal(of.filters, filters)):
            _write_tiles(w, of, filters, max(2, w.lanes // filters))


def _write_tiles(w: Writer, of: SimpleNamespace, filters: int, pixels: int) -> None:
    """Tiles of so many pixels; the last pixel fills up the last one."""
    rest = w.rest(of.length, w.lanes)
    whole = w.plus(of.length, w.times(rest, -1))
    with w.steps(of.pixels, pixels) as first:
        left = w.plus(of.pixels, w.times(first, -1))
        sums = [[w.sum(w.zero) for _ in range(filters)] for _ in range(pixels)]
        with w.loop(of.count) as run:
            entry = w.at(of.runs, w.times(run, 2))
            cells, at = w.at(of.cells, of.first, w.get(w.at(entry, 1))), w.at(of.at, w.get(entry))
            each = [w.plus(first, w.smaller(w.plus(left, -1), p)) for p in range(pixels)]
            inputs = [w.at(cells, w.get(w.at(at, pixel))) for pixel in each]
            steps = w.plus(whole, w.either(w.at_least(rest, 1), w.lanes, 0))
            row = w.at(of.weights, w.times(w.times(run, steps), filters))

            with w.steps(whole, w.lanes) as k:
                numbers = [w.load(w.at(place, k))[0] for place in inputs]
                _multiply(w, sums, numbers, w.at(row, w.times(k, filters)))
            with w.when(w.at_least(rest, 1)):  # a vector that reaches back over what is done
                back = w.plus(w.times(rest, -1), w.lanes)
                numbers = [w.load(w.at(place, w.plus(of.length, -w.lanes)))[0] for place in inputs]
                numbers = [w.cleared(one, back) for one in numbers]
                _multiply(w, sums, numbers, w.at(row, w.times(whole, filters)))
        values = [w.value(one) for row in sums for one in row]
        totals = [w.totals(values[v : v + w.lanes]) for v in range(0, len(values), w.lanes)]
        start = w.load(of.bias, len(totals))
        valid = w.times(w.smaller(left, pixels), filters)
        target = w.at(of.out, of.out_at, w.times(first, filters))
        w.store(
            [[w.sum(w.add(*both)) for both in zip(start, totals, strict=True)]],
            of.floor,
            target,
            of.filters,
            valid,
        )


def _multiply(w: Writer, sums: list[list[Any]], numbers: list[Any], place: Any) -> None:
    """A vector of each pixel's inputs times one of each filter's weights."""
    for f, column in enumerate(zip(*sums, strict=True)):
        (weight,) = w.load(w.at(place, f * w.lanes))
        for total, one in zip(column, numbers, strict=True):
            w.multiply_add(total, one, weight)


DOTS = instruction(
    "filters cells first at pixels runs count length weights bias floor out out_at", _write_dots
)
