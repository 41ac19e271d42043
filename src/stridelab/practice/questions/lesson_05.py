"""Lesson 05, Dilation and groups: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from itertools import product

from stridelab.geometry import conv_axis, cost, receptive_field, span
from stridelab.practice.questions.asked import Asked, question


@question("05-span")
def _span() -> Asked:
    k, d = 4, 3
    return Asked(
        span(k, d),
        "four taps have three steps between them, of three cells each, and the first tap is a "
        "cell too: 3·3 + 1.",
        {
            "each tap took up d cells, d·k": d * k,
            "the dilation changed nothing": k,
            "d cells were left out between two taps": span(k, d + 1),
            "the first tap were not counted": span(k, d) - 1,
        },
    )


@question("05-pads")
def _pads_of_a_dilated_kernel() -> Asked:
    n, k, d = 9, 2, 3
    axis = conv_axis(n, k, padding="same", dilation=d)
    plain = conv_axis(n, k, padding="same")
    return Asked(
        (axis.pad_before, axis.pad_after),
        "the span is 3·1 + 1 = 4, so 3 cells are missing; one goes before, and the odd one after.",
        {
            "'same' went by the kernel and not by its span": (plain.pad_before, plain.pad_after),
            "the odd cell went before": (axis.pad_after, axis.pad_before),
            "each side got as many cells as the dilation": (d, d),
            "each side got k // 2": (k // 2, k // 2),
        },
    )


@question("05-seen")
def _cells_seen() -> Asked:
    rates, k = (2, 2, 2), 3
    steps = [[d * tap for tap in range(k)] for d in rates]
    field = receptive_field([{"kernel_size": k, "dilation_rate": d} for d in rates])[-1].rows.size
    return Asked(
        len({sum(path) for path in product(*steps)}),
        "every step is −2, 0 or 2, so that only every other cell of the stretch is met.",
        {
            "all cells from the first to the last were seen": field,
            "every path led to a cell of its own": k ** len(rates),
            "only the last layer's taps counted": k,
            "every other cell of the stretch were seen, from the second on": field // 2,
        },
    )


@question("05-weights")
def _weights_of_groups() -> Asked:
    cin, cout, k, g = 64, 128, 3, 4
    all_in = cost((k, k, cin), cout, k, use_bias=False).params
    return Asked(
        cost((k, k, cin), cout, k, groups=g, use_bias=False).params,
        "each of the 128 filters reads 16 channels: 3·3·16·128.",
        {
            "groups changed nothing": all_in,
            "groups divided the filters as well as the channels": all_in // g**2,
            "each filter read a single channel": cost((k, k, cout), cout, k, groups=cout).params
            - cout,
            "each group had a kernel for all channels": all_in * g,
        },
    )


@question("05-share")
def _share_of_separable() -> Asked:
    cin, cout, k = 64, 128, 3
    around = cost((k, k, cin), cin, k, padding="same", groups=cin).macs
    mixing = cost((k, k, cin), cout, 1).macs
    plain = cost((k, k, cin), cout, k, padding="same").macs
    return Asked(
        (around + mixing) / plain,
        "1/128 for the depthwise half and 1/9 for the 1 × 1 half.",
        {
            "the depthwise half cost nothing": mixing / plain,
            "the 1 × 1 half cost nothing": around / plain,
            "the ratio had the input's channels in it, 1/Cin + 1/k²": 1 / cin + 1 / k**2,
            "a kernel of k by k were split into a column and a row": 2 / k,
        },
    )
