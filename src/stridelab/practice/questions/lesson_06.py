"""Lesson 06, Pooling and transposed convolution: what it asks, why, and what wrong rules give."""

from __future__ import annotations

import numpy as np

from stridelab import ops
from stridelab.geometry import conv_axis, convention, transposed_axis
from stridelab.practice.questions.asked import Asked, question


@question("06-corner")
def _corner_of_a_mean() -> Asked:
    white, box = np.ones((5, 5, 1)), np.ones((3, 3, 1, 1))
    real = ops.conv2d(white, box, padding="same")[:, :, 0]
    return Asked(
        float(ops.avg_pool2d(white, 3, strides=1, padding="same")[0, 0, 0]),
        "four real cells, all 1, divided by four. Keras does not count padding.",
        {
            "padded zeros counted as cells": float(real[0, 0] / box.size),
            "padding counted along one axis only": float(real[0, 2] / box.size),
            "the sum were divided by the kernel's side": float(real[0, 0] / 3),
        },
    )


@question("06-max")
def _largest_of_negatives() -> Asked:
    row = np.array([-3.0, -1.0, -4.0, -2.0]).reshape(1, 4, 1)
    last = {
        rule: float(ops.max_pool2d(row, (1, 3), strides=(1, 2), padding=rule)[0, -1, 0])
        for rule in ("valid", "same", "same_lower")
    }
    return Asked(
        last["same"],
        "the last window has the cells −4 and −2 and a padded one, which is left out.",
        {
            "padded zeros took part": 0.0,
            "the padded cell went before the row": last["same_lower"],
            "the sign did not count": float(row[0, 2:].min()),
        },
    )


@question("06-size")
def _size_in_torch() -> Asked:
    n, k, s = 4, 2, 3
    return Asked(
        convention("torch").transposed(n, k, s).output_size,
        "the last window starts at 3·3 = 9 and is two cells wide.",
        {
            "PyTorch filled up the last step, as Keras does": transposed_axis(n, k, s).output_size,
            "each cell added a window of its own, without gaps": n * k,
            "the windows started at s and not at 0": n * s + k,
            "it were a convolution's size": (n - k) // s + 1,
        },
    )


@question("06-back")
def _down_and_up() -> Asked:
    n, k, s = 7, 3, 2
    small = conv_axis(n, k, s, "same").output_size
    return Asked(
        transposed_axis(small, k, s, "same").output_size,
        "four cells, and 'same' gives n·s = 4·2.",
        {
            "the way up undid the way down": n,
            "nothing were cut off": transposed_axis(small, k, s).output_size,
            "the way down rounded ⌈7/2⌉ down": transposed_axis(n // s, k, s, "same").output_size,
        },
    )


@question("06-most")
def _windows_that_meet() -> Asked:
    k, s = 5, 2
    most = max(transposed_axis(9, k, s).coverage())
    return Asked(
        most**2,
        "three windows on one axis meet with three on the other.",
        {
            "one axis were all": most,
            "every tap met another window": k * k,
            "the average, (k/s)², were the most": (k / s) ** 2,
        },
    )
