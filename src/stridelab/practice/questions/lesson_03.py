"""Lesson 03, Strides: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from stridelab.geometry import conv_axis
from stridelab.practice.questions.asked import Asked, question


@question("03-unread")
def _unread() -> Asked:
    n, k, s = 7, 3, 2
    return Asked(
        len(conv_axis(n, k, s).unread),
        "the windows read cells 0–2, 2–4 and 4–6. Cells 2 and 4 are even read twice.",
        {
            "a stride of 2 skipped every other pixel": n // s,
            "the windows stood side by side and left a rest": n % k,
            "each window read its first cell only": n - conv_axis(n, k, s).output_size,
        },
    )


@question("03-size")
def _size() -> Asked:
    n, k, s = 7, 3, 2
    return Asked(
        conv_axis(n, k, s, padding="same").output_size,
        "⌈7/2⌉, one output for each of the cells 0, 2, 4 and 6.",
        {
            "'same' kept the size whatever the stride": n,
            "the size were rounded down, ⌊7/2⌋": n // s,
            "nothing were padded": conv_axis(n, k, s).output_size,
        },
    )


@question("03-layers")
def _layers_that_fit() -> Asked:
    n, k, s = 32, 3, 2
    layers, halvings = 0, n.bit_length() - 1
    while n >= k:
        n, layers = conv_axis(n, k, s).output_size, layers + 1
    return Asked(
        layers,
        "32, 15, 7, 3, 1. Each layer halves the size and loses a cell on top, and the fifth finds "
        "one cell for its window of 3.",
        {
            "'valid' halved the size and lost nothing": halvings,
            "a layer whose output is a single cell did not count": layers - 1,
        },
    )


@question("03-pads")
def _pads_of_a_stride() -> Asked:
    k = 3
    axis = conv_axis(8, k, 2, padding="same")
    return Asked(
        (axis.pad_before, axis.pad_after),
        "four windows cover 3·2 + 3 = 9 cells; one is missing, and it goes after.",
        {
            "each side got k // 2, as with PyTorch's padding=1": (k // 2, k // 2),
            "the stride did not matter": (1, 1),
            "the odd cell went before": (1, 0),
            "nothing were needed, because the size shrinks": (0, 0),
        },
    )
