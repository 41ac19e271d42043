"""Lesson 07, Receptive fields: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from math import prod

from stridelab.geometry import receptive_field
from stridelab.practice.questions.asked import Asked, question


@question("07-three")
def _three_layers() -> Asked:
    k, layers = 3, 3
    return Asked(
        receptive_field(layers * [{"kernel_size": k}])[-1].rows.size,
        "1, 3, 5, 7. Each layer adds e − 1 = 2 cells, since neighbouring windows overlap.",
        {
            "the field were the last layer's window": k,
            "neighbouring windows did not overlap, so that each layer multiplied it": k**layers,
            "the kernels' sizes added up": k * layers,
            "the first layer were not counted": 1 + (layers - 1) * (k - 1),
        },
    )


def _width(strides: tuple[int, ...], k: int = 3) -> int:
    return receptive_field([{"kernel_size": k, "strides": s} for s in strides])[-1].rows.size


@question("07-strides")
def _stride_last_and_first() -> Asked:
    k, last, first = 3, (1, 1, 2), (2, 1, 1)
    own = [
        1 + sum((k - 1) * prod(strides[: at + 1]) for at in range(3)) for strides in (last, first)
    ]
    return Asked(
        (_width(last), _width(first)),
        "behind the last layer nothing is left to widen. Behind the first one, two layers take "
        "steps of two cells.",
        {
            "a stride widened its own layer's window": tuple(own),
            "strides did not matter for the field": (_width((1, 1, 1)), _width((1, 1, 1))),
            "it did not matter which layer has the stride": (_width(first), _width(first)),
            "a stride widened the layers in front of it": (_width(first), _width(last)),
        },
    )


def _centre(n: int) -> float:
    stem = [{"kernel_size": k, "strides": 2, "padding": "same"} for k in (7, 3, 3, 3, 3)]
    return receptive_field(stem, n)[-1].rows.centre


@question("07-centre")
def _centre_at_225() -> Asked:
    return Asked(
        _centre(225),
        "all sizes on the way are odd, so each layer pads half of its window before: 3, 1, 1, 1 "
        "and 1 cells, each as long as the jump, 33 in all. The field of 67 starts at −33.",
        {
            "the centre did not depend on the input's size": _centre(224),
            "the one cell more moved it by one cell": _centre(224) + 1,
            "half of it were put before, and it moved by half a cell": _centre(224) + 0.5,
            "output 0 sat in the middle of a share of 32 cells": (32 - 1) / 2,
        },
    )


@question("07-middle")
def _share_of_the_middle() -> Asked:
    k, layers, third = 3, 20, 13
    field = receptive_field(layers * [{"kernel_size": k}])[-1].rows.size
    paths = [1]
    for _ in range(layers):
        paths = [sum(paths[max(at - k + 1, 0) : at + 1]) for at in range(len(paths) + k - 1)]
    pyramid = [min(at, field - 1 - at) + 1 for at in range(field)]
    share, flat, linear = (_middle(each, third) ** 2 for each in (paths, [1] * field, pyramid))
    return Asked(
        round(share, 1),
        f"{share:.0%}. Most paths wander back and forth and stay near the middle; to come from the "
        "rim, one has to go outwards in every layer.",
        {
            "all cells of the field counted alike": round(flat, 1),
            "the influence fell evenly from the middle to the rim": round(linear, 1),
            "only the cells of the last window counted": 1.0,
        },
    )


def _middle(weights: list[int], cells: int) -> float:
    """The share of the weights that the cells in the middle have, on one axis."""
    first = (len(weights) - cells) // 2
    return sum(weights[first : first + cells]) / sum(weights)
