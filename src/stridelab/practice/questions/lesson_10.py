"""Lesson 10, What it costs: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from stridelab.geometry import Cost, conv_axis, cost
from stridelab.practice.questions.asked import Asked, question


@question("10-real")
def _real() -> Asked:
    n, k = 7, 3
    late = cost((n, n, 512), 512, k, padding="same")
    along = conv_axis(n, k, padding="same")
    inner = conv_axis(n, k).output_size
    return Asked(
        late.real_macs / late.macs,
        "19 of 21 taps are real on each axis, and (19/21)² = 0.819.",
        {
            "no tap fell on padding": 1.0,
            "windows hung over on one axis only": along.real_taps / (n * k),
            "only windows that lie wholly on the picture counted": (inner / n) ** 2,
        },
    )


def _stage(size: int, channels: int) -> Cost:
    return cost((size, size, channels), channels, 3, padding="same", use_bias=False)


@question("10-ratios")
def _ratios() -> Asked:
    first, last = _stage(56, 64), _stage(7, 512)
    weights, times = last.params // first.params, 512 // 64
    return Asked(
        (weights, last.macs // first.macs),
        "8 times the channels in and 8 times the filters make 64 times the weights; 64 times fewer "
        "places make up for it.",
        {
            "every weight cost the same wherever it stands": (weights, weights),
            "only the number of filters counted": (times, 1),
            "weights did not depend on the channels": (1, 1),
            "channels and filters counted once, and cells along one axis": (times, times),
        },
    )


@question("10-kind")
def _kind() -> Asked:
    cells, narrow, wide = 56, 24, 144  # a block of MobileNetV2 (table 2): 24 to 144 and back
    macs = {
        "depthwise": cost(
            (cells, cells, wide), wide, 3, padding="same", groups=wide, use_bias=False
        ).macs,
        "pointwise": cost((cells, cells, narrow), wide, 1).macs
        + cost((cells, cells, wide), narrow, 1).macs,
    }
    return Asked(
        max(macs, key=lambda name: macs[name]),
        "a 1 × 1 layer takes as many MACs a cell as it has channels times filters, a depthwise one "
        "9 a channel. Only the very first layer is dense.",
        {
            "the larger kernel took more": "depthwise",
            "the first layer, on the largest picture, outweighed all others": "dense",
            "only dense layers multiplied much, wherever they are": "dense",
        },
    )


@question("10-intensity")
def _intensity() -> Asked:
    n, channels = 112, 32
    layer = cost((n, n, channels), channels, 3, padding="same", groups=channels, use_bias=False)
    images = layer.bytes - 4 * layer.params
    return Asked(
        layer.flops / images,
        "9 MACs are 18 flops, and two numbers are 8 bytes: 18/8.",
        {
            "a MAC were one flop": layer.macs / images,
            "only what is read counted as moved": 2 * layer.flops / images,
            "a number were one byte": 4 * layer.flops / images,
            "each filter read all channels": channels * layer.flops / images,
        },
    )
