"""Lesson 09, What strides do: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from math import prod

import numpy as np

from stridelab.geometry import conv_axis
from stridelab.ops import max_pool2d
from stridelab.practice.questions.asked import Asked, question


@question("09-period")
def _period() -> Asked:
    p, s = 5, 4
    read = [taps[0] % p for taps in map(conv_axis(100, 1, s).taps, range(1, p + 1))]
    return Asked(
        s * (1 + read.index(0)),
        "the outputs stand at the places 0, 4, 3, 2, 1 of the period and then at 0 again: five "
        "outputs, 4 cells apart.",
        {
            "stripes came through as they are": p,
            "the outputs' distance were their period": s,
            "the period were divided by the stride": p / s,
            "the stride made everything coarser until it fits, to two outputs a period": 2 * s,
        },
    )


@question("09-run")
def _run() -> Asked:
    p, s = 5, 4

    def picked(move: int) -> list[int]:
        return [(taps[0] - move) % p for taps in map(conv_axis(100, 1, s).taps, range(p))]

    before, after = picked(0), picked(1)
    ways = [by for by in range(-p // 2, p // 2 + 1) if np.roll(before, by).tolist() == after]
    return Asked(
        s * min(ways, key=abs),
        "4/5 of a period forward looks like 1/5 backward, so the false stripes run backward: by "
        "one output, which is 4 cells.",
        {
            "the output followed the input": 1,
            "the false stripes ran along, four times as far": s,
            "they ran backward, but no faster": -1,
            "a move by less than the stride went unseen": 0,
        },
    )


@question("09-move")
def _move() -> Asked:
    strides = (2, 1, 2, 2)
    return Asked(
        prod(strides),
        "strides multiply, 2·1·2·2, and the pool's is one of them. Nothing less moves the last "
        "outputs by a whole cell.",
        {
            "convolutions followed every move": 1,
            "the last stride decided": strides[-1],
            "strides added up": sum(strides),
            "the max pool followed every move": prod(strides[:-1]),
        },
    )


@question("09-white")
def _white() -> Asked:
    stripes = np.tile(np.array([1, 1, 0, 0], np.float32), 4)

    def white(row: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
        return float(max_pool2d(row.reshape(1, -1, 1), (1, 2)).mean())

    return Asked(
        white(np.roll(stripes, 1)),
        "now each pair of cells holds one white and one black, and white is the larger.",
        {
            "a max pool did not notice a move by one cell": white(stripes),
            "a pool took the smallest": 0.0,
            "one output in four turned white": 0.75,
        },
    )
