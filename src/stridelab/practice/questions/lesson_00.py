"""Lesson 00, Start here: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from stridelab.geometry import conv_axis
from stridelab.practice.questions.asked import Asked, question


@question("00-places")
def _places() -> Asked:
    n, k, s = 8, 3, 2
    return Asked(
        conv_axis(n, k, s).output_size,
        "the window starts at cells 0, 2 and 4. From 6 it would reach cell 8, which is not there.",
        {
            "the stride halved the size": n // s,
            "the window moved by one cell": n - k + 1,
            "all places on a picture of 8 × 8 were asked for": conv_axis(n, k, s).output_size ** 2,
        },
    )
