"""The register tile: P pixels times V vectors of filters, all sums held in registers.

              V vectors of filters, loaded once for all pixels
             ┌────────┬────────┬────────┐
    pixel 0  │ sum    │ sum    │ sum    │   for each run of neighbouring inputs
    pixel 1  │ sum    │ sum    │ sum    │       for each input k of the run
    pixel 2  │ sum    │ sum    │ sum    │           load V vectors of weights
    pixel 3  │ sum    │ sum    │ sum    │           for each pixel: spread its one input over a
             └────────┴────────┴────────┘               vector, multiply and add V times

A processor with two multiply-adds a cycle, each four cycles long, is busy only with eight sums or
more under way, and every load must serve several of them: here P + V loads serve P·V multiply-adds.
Compilers do not keep such a tile in registers by themselves, so it is written as instructions.

Nothing waits for memory that is asked for in time: the place of a later tile's results when a tile
begins, a few lines of the weights that are next and of the next tile's cells with every run.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from stridelab.ops.jit.vectors import REGISTERS, VECTOR_BYTES, Writer, instruction

#: Pixels of a tile, by its vectors: as many as leave registers for what is loaded; and those of a
#: short one, for pixels that are left. Where there are fewer they go one by one.
SHAPES = {
    (64, 32): {4: (6, 4), 3: (9, 4), 2: (14, 4), 1: (14, 4)},
    (32, 16): {3: (4, 2), 2: (6, 4), 1: (8, 4)},
    (16, 32): {4: (6, 4), 3: (8, 4), 2: (12, 4), 1: (14, 4)},
    (16, 16): {3: (3, 2), 2: (5, 3), 1: (8, 4)},
}[VECTOR_BYTES, REGISTERS]

_ARGUMENTS = """
    cells first at pixel runs run count length weights weight step run_step bias filter floor out
    out_at out_step valid resumes later onward ahead lines near"""


def _tile(pixels: int, vectors: int) -> Any:
    """``out[p, f] = max(floor, bias[f] + Σ_r,k cells[at[l + p] + d + k] · weights[r, k, f])``

    Its arguments, places counted in numbers:

    cells, first
        The inputs, and the place from which `at` counts.
    at, pixel
        Lists of places, one for each pixel, and the tile's first pixel in a list.
    runs, run, count, length
        Of each run of neighbouring inputs, two numbers: l, where its list starts, and d, how far it
        lies from the places there; the first one to take, how many, and how long they are.
    weights, weight, step, run_step
        The vectors, the place of the first one, and the way to the next input's and the next run's.
    bias, filter
        What the sums start from: its vectors begin at place `filter`.
    floor
        Results below it become it.
    out, out_at, out_step, valid
        Where the first pixel's results go, the way to the next pixel's, and how many filters there
        are: no others are written.
    resumes
        Over 0 where the sums go on from what stands in `out`, not from the bias; all filters valid.
    later
        The way to a later tile's results, whose places are asked for; or 0.
    onward
        The way to the next tile's pixels, whose cells are asked for; or 0.
    ahead, lines, near
        The place of the weights that are next, how many lines of them each run asks for, and over 0
        where they come into the first-level cache at once.
    """

    def write(w: Writer, of: SimpleNamespace) -> None:
        start = w.load(w.at(of.bias, of.filter), vectors)
        sums = [[w.sum(one) for one in start] for _ in range(pixels)]
        target = w.at(of.out, of.out_at)
        with w.when(w.at_least(of.later, 1)):
            for p in range(pixels):
                place = w.at(target, of.later, w.times(of.out_step, p))
                w.prefetch_all(place, vectors, write=True)
        with w.when(w.at_least(of.resumes, 1)):
            for p in range(pixels):
                for v, one in enumerate(w.load(w.at(target, w.times(of.out_step, p)), vectors)):
                    w.set(sums[p][v], one)
        with w.loop(of.count) as run:
            entry = w.at(of.runs, w.times(w.plus(of.run, run), 2))
            at = w.at(of.at, of.pixel, w.get(entry))
            cells = w.at(of.cells, of.first, w.get(w.at(entry, 1)))
            with w.when(w.at_least(w.larger(of.lines, of.onward), 1)):
                w.prefetch_lines(w.at(of.weights, of.ahead), run, of.lines, of.near)
                with w.when(w.at_least(of.onward, 1), likely=False):
                    w.prefetch_each(w.listed(cells, w.at(at, of.onward), pixels), of.length)
            inputs = w.listed(cells, at, pixels)
            row = w.at(of.weights, of.weight, w.times(run, of.run_step))

            def multiply(k: Any, row: Any = row, inputs: Any = inputs) -> None:
                weights = w.load(w.at(row, w.times(k, of.step)), vectors)
                for p in range(pixels):
                    cell = w.spread(w.get(w.at(inputs[p], k)))
                    for v in range(vectors):
                        w.multiply_add(sums[p][v], cell, weights[v])

            w.in_pairs(of.length, multiply)
        w.store(sums, of.floor, target, of.out_step, of.valid)

    return instruction(_ARGUMENTS, write)


# Module-level names: the cache of compiled code knows functions by them.
TILE_4, SHORT_4, SINGLE_4 = (_tile(pixels, 4) for pixels in (*SHAPES.get(4, SHAPES[3]), 1))
TILE_3, SHORT_3, SINGLE_3 = (_tile(pixels, 3) for pixels in (*SHAPES[3], 1))
TILE_2, SHORT_2, SINGLE_2 = (_tile(pixels, 2) for pixels in (*SHAPES[2], 1))
TILE_1, SHORT_1, SINGLE_1 = (_tile(pixels, 1) for pixels in (*SHAPES[1], 1))
