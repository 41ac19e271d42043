"""Winograd's transforms as vector instructions: lanes are channels, or filters.

    INPUTS      V = Bᵀ d B        a tile's cells, to the planes of its places
    OUTPUTS     y = Aᵀ M A + b    its products, from such planes, to its outputs
    TILE        all of a tile     where channels are few: products of few terms are cheaper to make
                                  than to write and read again, so they stay in registers

    plane (0, 0)  │ tile 0: channels │ tile 1: channels │ …       one of (m + 2)² places
    plane (0, 1)  │ tile 0: channels │ tile 1: channels │ …       one of its neighbours

The matrices are those of `stridelab.ops.winograd`; what their rows have in common is added once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from stridelab.ops.jit.vectors import Writer, instruction
from stridelab.ops.winograd import FEW, FEWEST


def _inputs_of_2(w: Writer, d: list[Any]) -> list[Any]:
    """Bᵀ d for F(2, 3)."""
    return [w.minus(d[0], d[2]), w.add(d[1], d[2]), w.minus(d[2], d[1]), w.minus(d[1], d[3])]


def _inputs_of_4(w: Writer, d: list[Any]) -> list[Any]:
    """Bᵀ d for F(4, 3); its rows 1 and 2, and 3 and 4, differ in signs only."""
    even, odd = w.add_times(d[4], -4, d[2]), w.add_times(d[3], -4, d[1])
    near, far = w.minus(d[4], d[2]), w.minus(d[3], d[1])
    return [
        w.add_times(w.add_times(d[4], -5, d[2]), 4, d[0]),
        w.add(even, odd),
        w.minus(even, odd),
        w.add_times(near, 2, far),
        w.add_times(near, -2, far),
        w.add_times(w.add_times(d[5], -5, d[3]), 4, d[1]),
    ]


def _outputs_of_2(w: Writer, m: list[Any]) -> list[Any]:
    """Aᵀ m for F(2, 3)."""
    return [w.add(w.add(m[0], m[1]), m[2]), w.minus(w.minus(m[1], m[2]), m[3])]


def _outputs_of_4(w: Writer, m: list[Any]) -> list[Any]:
    """Aᵀ m for F(4, 3)."""
    sum_1, sum_2 = w.add(m[1], m[2]), w.add(m[3], m[4])
    rest_1, rest_2 = w.minus(m[1], m[2]), w.minus(m[3], m[4])
    return [
        w.add(w.add(m[0], sum_1), sum_2),
        w.add_times(rest_1, 2, rest_2),
        w.add_times(sum_1, 4, sum_2),
        w.add(w.add_times(rest_1, 8, rest_2), m[5]),
    ]


_TRANSFORMS = {2: (_inputs_of_2, _outputs_of_2), 4: (_inputs_of_4, _outputs_of_4)}


def _columns(w: Writer, corner: Any, row_step: Any, col_step: Any, side: int) -> list[list[Any]]:
    """The places of side · side cells, column by column."""
    steps = [(w.times(row_step, n), w.times(col_step, n)) for n in range(side)]
    return [[w.at(corner, down, across) for down, _ in steps] for _, across in steps]


def _loaded(w: Writer, places: list[list[Any]]) -> Iterator[list[Any]]:
    """The vectors there, column by column."""
    return ([w.load(place)[0] for place in column] for column in places)


def _down(w: Writer, transform: Any, columns: Iterable[list[Any]]) -> list[list[Any]]:
    """``T d``, column by column."""
    return [transform(w, column) for column in columns]


def _across(w: Writer, transform: Any, columns: list[list[Any]]) -> list[list[Any]]:
    """``d Tᵀ``, from columns to rows."""
    return [transform(w, list(row)) for row in zip(*columns, strict=True)]


def _write_inputs(w: Writer, of: SimpleNamespace) -> None:
    """``V[u, v] = Bᵀ d B``: a tile's cells, `row_step` and `col_step` apart, all channels."""
    for m, (transform, _) in _TRANSFORMS.items():
        with w.when(w.equal(of.m, m)), w.steps(of.channels, w.lanes) as start:
            c = w.larger(w.smaller(start, w.plus(of.channels, -w.lanes)), 0)
            out = w.at(of.out, of.out_at, c)
            places = _columns(w, w.at(of.x, of.at, c), of.row_step, of.col_step, m + 2)
            for place in itertools.chain(*places[2:]):  # the next tile's
                w.prefetch(w.at(place, of.ahead), near=False)
            both = _across(w, transform, _down(w, transform, _loaded(w, places)))
            for number, one in enumerate(itertools.chain(*both)):
                w.put(one, w.at(out, w.times(of.plane, number)))


def _write_outputs(w: Writer, of: SimpleNamespace) -> None:
    """``y = Aᵀ M A + bias``: a tile's outputs, `row_step` and `col_step` apart, some filters."""
    for m, (_, transform) in _TRANSFORMS.items():
        with w.when(w.equal(of.m, m)), w.steps(of.filters, w.lanes) as start:
            f = w.larger(w.smaller(start, w.plus(of.filters, -w.lanes)), 0)
            products = w.at(of.products, of.at, f)
            places = _columns(w, products, w.times(of.plane, m + 2), of.plane, m + 2)
            targets, half = _targets(w, of, m, f), _down(w, transform, _loaded(w, places))
            with w.when(w.at_least(of.filters, w.lanes)):
                _put_outputs(w, of, f, _across(w, transform, half), targets)
            with w.when(w.below(of.filters, w.lanes), likely=False):  # a part of a vector
                (bias,) = w.load(w.at(of.bias, of.first))
                for row, target in zip(_across(w, transform, half), targets[0], strict=True):
                    sums = [[w.sum(w.add(one, bias))] for one in row]
                    w.store(sums, of.floor, target, of.col_step, of.filters)


def _targets(w: Writer, of: SimpleNamespace, m: int, f: Any) -> list[list[Any]]:
    """Where the outputs of filter `f` and its neighbours go, column by column.

    Of an instruction's arguments `ahead` is the way to the next tile's, which are asked for, or 0.
    """
    targets = _columns(w, w.at(of.out, of.out_at, f), of.row_step, of.col_step, m)
    with w.when(w.at_least(of.ahead, 1)):
        for target in itertools.chain(*targets):
            w.prefetch(w.at(target, of.ahead), write=True)
    return targets


def _put_outputs(w: Writer, of: SimpleNamespace, f: Any, rows: Any, targets: Any) -> None:
    """Rows of outputs of filter `f` and its neighbours, to their targets."""
    (bias,), low = w.load(w.at(of.bias, of.first, f)), w.spread(of.floor)
    for i, row in enumerate(rows):
        for j, one in enumerate(row):
            w.put(w.raised(w.add(one, bias), low), targets[j][i])


def _write_tile(w: Writer, of: SimpleNamespace) -> None:
    """A tile of few channels for F(4, 3), from its cells to its outputs."""
    (transform, back), n, narrow = _TRANSFORMS[4], 6, w.of_lanes(FEW)
    for channels in range(FEWEST, FEW + 1):
        with w.when(w.equal(of.channels, channels)):
            places = _columns(w, w.at(of.x, of.at), of.down, of.across, n)
            half = _down(narrow, transform, _loaded(narrow, places))
            inputs = itertools.chain(*_across(narrow, transform, half))
            for number, one in enumerate(inputs):  # over what is too much of each
                narrow.put(one, w.at(of.inputs, number * channels))
            with w.steps(of.filters, w.lanes) as start:
                f = w.smaller(start, w.plus(of.filters, -w.lanes))
                weights = w.at(of.weights, of.weight, w.times(start, n * n * channels))
                targets = _targets(w, of, 4, f)
                half = _down(w, back, _products(w, of.inputs, weights, n, channels))
                _put_outputs(w, of, f, _across(w, back, half), targets)


def _products(w: Writer, inputs: Any, weights: Any, n: int, channels: int) -> Iterator[list[Any]]:
    """Of n · n places, column by column: the sums over the channels."""
    for v in range(n):
        sums = [w.sum(w.zero) for _ in range(n)]
        for c, u in itertools.product(range(channels), range(n)):
            number = (u * n + v) * channels + c
            cell, (one,) = w.get(w.at(inputs, number)), w.load(w.at(weights, number * w.lanes))
            w.multiply_add(sums[u], w.spread(cell), one)
        yield [w.value(one) for one in sums]


INPUTS = instruction(
    "m x at row_step col_step ahead channels floor out out_at plane", _write_inputs
)
OUTPUTS = instruction(
    "m products at plane bias first filters floor out out_at row_step col_step ahead",
    _write_outputs,
)
TILE = instruction(
    """x at down across channels inputs weights weight bias first filters floor out out_at row_step
    col_step ahead""",
    _write_tile,
)
