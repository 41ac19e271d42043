"""Lesson 08, What borders do: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

import numpy as np

from stridelab.geometry import conv_axis, receptive_field
from stridelab.ops import conv2d
from stridelab.practice.questions.asked import Asked, question


@question("08-kinds")
def _kinds_of_cells() -> Asked:
    n, k = 16, 3
    taps = conv_axis(n, k, padding="same").taps
    kinds = {tuple(0 <= tap < n for tap in taps(i)) for i in range(n)}  # which taps are real
    return Asked(
        len(kinds) ** 2,
        "on each axis a window hangs over at the start, at the end, or not at all. 3·3 kinds: four "
        "corners, four edges and the inside.",
        {
            "a flat picture stayed flat": 1,
            "the border were one kind and the inside another": 2,
            "all corners were alike, and all edges": 3,
            "rows alone had a border": len(kinds),
            "each cell saw something else": n**2,
        },
    )


@question("08-vgg")
def _free_of_padding() -> Asked:
    n = 224
    layers: list[dict[str, object]] = []
    for convolutions in (2, 2, 3, 3, 3):
        layers += convolutions * [{"kernel_size": 3, "padding": "same"}] + [{"pool_size": 2}]
    last = receptive_field(layers, n)[-1].rows
    outputs = last.output_size or 0
    starts = [last.start + y * last.jump for y in range(outputs)]
    free = sum(0 <= start <= n - last.size for start in starts)
    return Asked(
        free**2,
        f"an output sees {last.size} cells of {n}, and the next one's field starts {last.jump} "
        "further on. On each axis one field lies wholly on the picture.",
        {
            "only the outermost ring of the last outputs met padding": (outputs - 2) ** 2,
            "the last pooling pads nothing, so that no output met padding": outputs**2,
            "padding reached everything by then": 0,
            "one axis alone were counted": free * outputs,
        },
    )


@question("08-slope")
def _slope_under_reflect() -> Asked:
    row = np.arange(1.0, 9).reshape(1, 8, 1)
    kernel = np.array([-1.0, 0, 1]).reshape(1, 3, 1, 1)
    last = {
        mode: float(conv2d(row, kernel, padding="same", padding_mode=mode)[0, -1, 0])
        for mode in ("zeros", "reflect", "replicate", "circular")
    }
    return Asked(
        last["reflect"],
        "the mirror stands on the last cell, so the cell after it is the cell before it: 7 − 7.",
        {
            "reflect went on with the slope": float(row[0, 2, 0] - row[0, 0, 0]),
            "the edge cell were repeated, as under replicate": last["replicate"],
            "zeros stood there": last["zeros"],
            "the row were wrapped round, as under circular": last["circular"],
        },
    )


@question("08-fold")
def _where_a_fold_is_wrong() -> Asked:
    x, kernel, a, b = np.ones((5, 5, 1)), np.ones((3, 3, 1, 1)), 2.0, 1.0
    apart = conv2d(a * x + b, kernel, padding="same")
    bias = np.array([b * kernel.sum()])
    wrong = conv2d(x, a * kernel, bias, padding="same") != apart
    inside = bool(wrong[1:-1, 1:-1].any())
    return Asked(
        "everywhere" if inside else "border" if wrong.any() else "nowhere",
        "a padded zero is put in after the normalisation and has no b in it, but the folded bias "
        "counts b for every tap.",
        {
            "scale and shift were linear and so always folded": "nowhere",
            "a fold in front of a convolution never held": "everywhere",
        },
    )
