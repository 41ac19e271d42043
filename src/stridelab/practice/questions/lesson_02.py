"""Lesson 02, Padding: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from stridelab.geometry import conv_axis
from stridelab.practice.questions.asked import Asked, question


@question("02-pads")
def _pads_of_an_even_kernel() -> Asked:
    k = 4
    axis = conv_axis(6, k, padding="same")
    return Asked(
        (axis.pad_before, axis.pad_after),
        "three cells are needed; one goes before, and the odd one goes after.",
        {
            "the odd cell went before, as in ONNX's SAME_LOWER": (2, 1),
            "each side got half the kernel, k // 2": (k // 2, k // 2),
            "each side got (k − 1) // 2": ((k - 1) // 2, (k - 1) // 2),
            "all of it went after": (0, k - 1),
            "all of it went before": (k - 1, 0),
        },
    )


@question("02-drift")
def _drift() -> Asked:
    import numpy as np

    from stridelab.ops import conv2d

    cell, layers = 10, 10
    row = np.zeros((1, 21, 1), np.float32)
    row[0, cell] = 1
    pair = np.full((1, 2, 1, 1), 0.5, np.float32)
    for _ in range(layers):
        row = conv2d(row, pair, padding="same")
    return Asked(
        float(row.ravel() @ np.arange(21)),
        "each layer reads half a cell to the right, so the picture moves half a cell to the left.",
        {
            "'same' kept everything in its place": cell,
            "the picture moved towards the padded end": cell + layers / 2,
            "each layer moved it by a whole cell": cell - layers,
        },
    )


@question("02-corner")
def _corner() -> Asked:
    axis = conv_axis(5, 3, padding="same")
    real = sum(tap >= 0 for tap in axis.taps(0)) ** 2
    return Asked(
        real / 9,
        f"only {real} of its 9 taps lie on the picture, the others on zeros: {real}/9.",
        {
            "the mean of ones were 1 everywhere": 1,
            "the corner were an edge, where 6 of 9 taps are real": 6 / 9,
            "only one tap lay on the picture": 1 / 9,
            "the corner were all padding": 0,
        },
    )


@question("02-reads")
def _reads() -> Asked:
    k = 3
    return Asked(
        conv_axis(6, k, padding="same").coverage()[0],
        "the windows of outputs 0 and 1 read it. A third one would have to start at cell −2.",
        {
            "padding made all cells count equally": k,
            "nothing were padded": conv_axis(6, k).coverage()[0],
        },
    )
