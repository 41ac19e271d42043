"""Depthwise tiles as vector instructions: lanes are channels, or a row's numbers.

OUTPUTS     neighbouring outputs of many channels: a vector of weights serves all of them

    inputs      │ c c c c │ c c c c │ c c c c │ c c c c │        one column each
    outputs         │ sum     │ sum     │                         those of its kernel row

ROWS        rows of outputs of few channels: an input row serves all that see it

    input row   │ r g b r g b r g b r g b … │                    three vectors side by side
    weights     │ r g b r g b r g b r g b … │                    again and again
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from stridelab.ops.jit.tile import SHAPES
from stridelab.ops.jit.vectors import REGISTERS, VECTOR_BYTES, Writer, instruction
from stridelab.ops.memory import LINE

#: Kernel columns and strides that have tiles of their own, where an input serves several outputs.
REUSED = ((3, 1), (3, 2), (5, 1), (5, 2))
#: Outputs of a tile, by a kernel row's columns: a register each, one for each weight. Where they
#: take more than 17, LLVM keeps some of the inputs on the stack.
_PIXELS = (7, 6, 5, 3, 1) if REGISTERS == 16 else (14, 12, 10, 8, 6, 5, 3, 1)
PIXELS = {columns: [n for n in _PIXELS if n + columns <= 17] for columns in (1, *dict(REUSED))}


def _write_outputs(w: Writer, of: SimpleNamespace) -> None:
    """``y[r, p, c] = max(floor, bias[c] + Σ_t,b x[at + taps[r, t] + p·step + b·C + c] · w[t,b,c])``

    For all channels of `outputs` neighbours in `rows` rows, or in a column, `pixels` at a time.

    taps, listed
        For each row, `listed` numbers further on: how many kernel rows it takes; the place of a
        row further down, for the caches to fetch meanwhile; of each kernel row its place in `x`,
        and its weights' place. With `columns` 1 each tap counts as a row.
    columns, stride
        One of `REUSED`, but not for a single output: ``step`` is ``stride·C``. Or 1 and any stride.
    step, out_step, below, out_down
        From an output's inputs to the next one's, and from its result; from row to row of both.
    channels
        C, which is also the way from one cell to the next, and from one tap's weights.
    """
    for columns, stride in (*REUSED, (1, None)):
        for pixels in PIXELS[columns] if stride is None else PIXELS[columns][:-1]:
            conditions = [w.equal(of.columns, columns), w.equal(of.pixels, pixels)]
            if stride is not None:
                conditions.append(w.equal(of.stride, stride))
            with w.when(*conditions):
                _write_tiles(w, of, pixels, columns, stride or 1)


def _write_tiles(w: Writer, of: SimpleNamespace, pixels: int, columns: int, stride: int) -> None:
    """Tiles side by side; of each a vector of channels after the other; of that all rows.

    The last ones reach back over outputs and channels that are done.
    """
    with w.steps(of.outputs, pixels) as tile_at:
        first = w.smaller(tile_at, w.plus(of.outputs, -pixels))
        inputs = w.at(of.x, of.at, w.times(first, of.step))
        to = w.at(of.out, of.out_at, w.times(first, of.out_step))
        with w.steps(of.channels, w.lanes) as start, w.loop(of.rows) as r:
            channel = w.smaller(start, w.plus(of.channels, -w.lanes))
            (bias,) = w.load(w.at(of.bias, channel))
            sums = [[w.sum(bias)] for _ in range(pixels)]
            x, all_weights = w.at(inputs, channel), w.at(of.weights, channel)
            row = w.at(of.taps, w.times(r, of.listed))
            later, cells = w.at(inputs, w.get(w.at(row, 1))), pixels * stride
            for more in range(stride):
                below = w.at(later, w.times(of.below, more))
                if VECTOR_BYTES < LINE:  # a share of all channels, which come next
                    w.prefetch_all(w.at(below, w.times(start, cells)), cells)
                else:
                    for n in range(cells):
                        w.prefetch(w.at(below, channel, w.times(of.channels, n)))
            with w.loop(w.get(row)) as a:
                tap = w.at(row, 2, w.times(a, 2))
                line, these = w.at(x, w.get(tap)), w.at(all_weights, w.get(w.at(tap, 1)))
                weights = [w.load(w.at(these, w.times(of.channels, b)))[0] for b in range(columns)]
                for column, served in _inputs(pixels, columns, stride):
                    far = w.times(of.channels if columns > 1 else of.step, column)
                    (cells,) = w.load(w.at(line, far))
                    for p, b in served:
                        w.multiply_add(sums[p][0], cells, weights[b])
            w.store(
                sums, of.floor, w.at(to, channel, w.times(r, of.out_down)), of.out_step, w.lanes
            )


def _inputs(pixels: int, columns: int, stride: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Each input of a row that a tile reads, with the outputs that it serves, and by which tap.

    >>> list(_inputs(2, 3, 2))[2]
    (2, [(0, 2), (1, 0)])
    """
    for column in range((pixels - 1) * stride + columns):
        taps = [(*divmod(column - b, stride), b) for b in range(columns)]
        yield column, [(p, b) for p, rest, b in reversed(taps) if rest == 0 and p in range(pixels)]


OUTPUTS = instruction(
    """x at step outputs rows below pixels columns stride taps listed weights bias channels floor
    out out_at out_step out_down""",
    _write_outputs,
)


#: Output rows of a tile, the most for one channel alone: they take long to compile; its vectors.
HEIGHTS, VECTORS = (*SHAPES[3], 1), 3


def _write_rows(w: Writer, of: SimpleNamespace) -> None:
    """``y[r, q] = max(floor, bias[q] + Σ_a,b x[at + (r + a)·pitch + taps[b] + q] · w[a, b, q])``

    For the numbers q of `VECTORS` vectors, of `rows` output rows, one of `HEIGHTS`. Of a tap's
    weights there are `period`: one for all numbers, those of a vector, which serve each, or all.
    """
    for rows, period in itertools.product(HEIGHTS, (1, w.lanes, VECTORS * w.lanes)):
        if rows in HEIGHTS[period > 1 :]:
            with w.when(w.equal(of.rows, rows), w.equal(of.period, period)):
                _write_row_tile(w, of, rows, period)


def _write_row_tile(w: Writer, of: SimpleNamespace, rows: int, period: int) -> None:
    """An input row serves the output rows that see it: one, then two …, all, then fewer again."""
    start = w.load(of.bias, VECTORS)
    sums = [[w.sum(one) for one in start] for _ in range(rows)]
    x, line = w.at(of.x, of.at), w.times(of.width, period)

    def input_row(a: Any, served: range) -> None:
        """Of the kernel row `a` that output row 0 sees there, and of those above it."""
        place, weights = w.at(x, w.times(of.pitch, a)), w.at(of.weights, w.times(line, a))
        with w.loop(of.width) as b:
            cells = w.load(w.at(place, w.get(w.at(of.taps, b))), VECTORS)
            for r in served:
                tap = w.at(weights, w.times(line, -r), w.times(b, period))
                these = [w.spread(w.get(tap))] if period == 1 else w.load(tap, period // w.lanes)
                for v in range(VECTORS):
                    w.multiply_add(sums[r][v], cells[v], these[v % len(these)])

    for a in range(rows - 1):
        input_row(a, range(a + 1))
    with w.loop(w.plus(of.height, 1 - rows)) as a:
        input_row(w.plus(a, rows - 1), range(rows))
    for a in range(rows - 1):
        input_row(w.plus(of.height, a), range(a + 1, rows))
    w.store(sums, of.floor, w.at(of.out, of.out_at), of.out_step, of.valid)


ROWS = instruction(
    "rows period x at pitch taps weights height width bias floor out out_at out_step valid",
    _write_rows,
)
