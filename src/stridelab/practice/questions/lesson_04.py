"""Lesson 04, One word, five rules: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from stridelab.geometry import conv_axis, convention, port, receptive_field
from stridelab.practice.questions.asked import Asked, question


@question("04-axes")
def _axes_of_a_kernel() -> Asked:
    to_keras = port("torch", "keras", 8, kernel_size=3).kernel_axes
    return Asked(
        to_keras,
        "in OIHW, H stands at place 2, W at 3, I at 1 and O at 0; HWIO names them in this order.",
        {
            "you listed where each axis goes, not where it comes from": port(
                "keras", "torch", 8, kernel_size=3
            ).kernel_axes,
            "the layouts were each other's mirror": (3, 2, 1, 0),
            "rows and columns moved alone": (2, 3, 0, 1),
        },
    )


@question("04-lower")
def _odd_cell_before() -> Asked:
    n, k = 6, 4
    axis = convention("onnx").conv(n, k, padding="SAME_LOWER")
    upper = convention("onnx").conv(n, k, padding="SAME_UPPER")
    return Asked(
        (axis.pad_before, axis.pad_after),
        "one cell on each side, and the odd one before.",
        {
            "SAME_LOWER were what Keras does": (upper.pad_before, upper.pad_after),
            "all of the padding went before": (k - 1, 0),
            "each side got k // 2": (k // 2, k // 2),
        },
    )


@question("04-even")
def _half_of_an_even_kernel() -> Asked:
    n, k, s = 8, 4, 2
    return Asked(
        convention("torch").conv(n, k, s, padding=k // 2).output_size,
        "⌊(8 + 2 + 2 − 4)/2⌋ + 1. 'same' pads two cells here, and k // 2 on both sides makes four.",
        {
            "padding=k//2 were 'same'": convention("keras")
            .conv(n, k, s, padding="same")
            .output_size,
            "half the kernel on both sides kept the size": n,
            "nothing were padded": conv_axis(n, k, s).output_size,
        },
    )


@question("04-apart")
def _pixels_apart() -> Asked:
    layers, n = 5, 224
    starts = []
    for padding in ("same", 1):
        stack = [{"kernel_size": 3, "strides": 2, "padding": padding}] * layers
        starts.append(receptive_field(stack, n)[-1].rows.start)
    return Asked(
        starts[0] - starts[1],
        "each layer is off by a cell of its own input: those are 1, 2, 4, 8 and 16 pixels wide.",
        {
            "equal sizes meant equal windows": 0,
            "the first layer's pixel were all of it": 1,
            "every layer added one pixel": layers,
            "it were a whole step from output to output": 2**layers,
        },
    )


@question("04-pads")
def _pads_for_torch() -> Asked:
    ((top, bottom), (left, right)) = port(
        "keras", "torch", (8, 11), kernel_size=3, strides=2, padding="same"
    ).pads
    return Asked(
        (left, right, top, bottom),
        "eleven columns lack two cells, one on each side; eight rows lack one, and it goes below.",
        {
            "rows came first": (top, bottom, left, right),
            "every side got k // 2": (1, 1, 1, 1),
            "the odd cell went before": (left, right, bottom, top),
        },
    )
