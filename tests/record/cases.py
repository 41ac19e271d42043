"""The layer calls that are recorded: drawn with fixed seeds, uneven on purpose.

Rows and columns differ in size, kernel and stride; sizes are even and odd; square symmetric
cases, which cannot tell a swapped axis or a pad on the wrong side, are left out.
"""

from __future__ import annotations

import random

CONVOLUTIONS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose")
COUNTS = {  # integer-valued cases, real-valued cases
    "Conv2D": (110, 24),
    "DepthwiseConv2D": (40, 8),
    "SeparableConv2D": (30, 8),
    "Conv2DTranspose": (70, 10),
    "MaxPooling2D": (40, 4),
    "AveragePooling2D": (40, 6),
    "ZeroPadding2D": (12, 2),
}


def pair(draw: random.Random, values) -> list[int]:
    """Two values, seldom equal."""
    first, second = draw.choice(values), draw.choice(values)
    return [first, second if first != second else draw.choice(values)]


def span(kernel: int, dilation: int) -> int:
    return dilation * (kernel - 1) + 1


def draw_case(layer: str, index: int, real: bool) -> dict:
    """One case that the layer accepts; the same for the same arguments, always."""
    for attempt in range(1000):
        draw = random.Random(f"{layer} {index} {real} {attempt}")
        size = draw.sample(range(3, 10), 2)
        channels = draw.choice([1, 2, 3, 4])
        arguments = {
            "Conv2D": conv2d,
            "DepthwiseConv2D": depthwise,
            "SeparableConv2D": separable,
            "Conv2DTranspose": transposed,
            "MaxPooling2D": pooling,
            "AveragePooling2D": pooling,
            "ZeroPadding2D": zero_padding,
        }[layer](draw, size, channels)
        if arguments is None:
            continue
        shape = [draw.choice([1, 2]), *size, channels]
        if draw.random() < 0.25:
            arguments["data_format"] = "channels_first"
            shape = [shape[0], channels, *size]
        on_jax = "data_format" in arguments or only_jax(layer, arguments)
        if layer in CONVOLUTIONS:
            arguments["use_bias"] = draw.random() < 0.7
            exact, inexact = [None, "linear", "relu"], ["relu", "sigmoid", "tanh", "softmax"]
            if on_jax:  # there Keras gives sigmoid and tanh of float64 as float32
                inexact = ["relu", "softmax"]
            arguments["activation"] = draw.choice(inexact if real else exact)
        backend = "jax" if on_jax else "tensorflow"
        return {"layer": layer, "args": arguments, "input_shape": shape, "backend": backend}
    raise AssertionError(layer)


def only_jax(layer: str, arguments: dict) -> bool:
    """What TensorFlow cannot run on a CPU."""
    if layer in ("DepthwiseConv2D", "SeparableConv2D"):  # float64, strides that differ
        return len(set(arguments["strides"])) > 1
    if layer != "Conv2DTranspose":
        return False
    if max(arguments["dilation_rate"]) > 1:
        return True
    even = any(k % 2 == 0 for k in arguments["kernel_size"])
    return arguments["padding"] == "same" and arguments["output_padding"] is not None and even


def windowed(draw, size, together: bool) -> dict | None:
    """Kernel, strides, dilation and padding that fit; strides with dilation only where allowed."""
    kernel = pair(draw, [1, 2, 3, 4, 5])
    strides, dilation = pair(draw, [1, 2, 3]), [1, 1]
    kind = draw.choice(["strides", "dilation", "both"] if together else ["strides", "dilation"])
    if kind != "strides":
        dilation = pair(draw, [1, 2, 3])
    if kind == "dilation":
        strides = [1, 1]
    padding = draw.choice(["valid", "same"])
    spans = [span(k, d) for k, d in zip(kernel, dilation, strict=True)]
    if padding == "valid" and any(e > n for e, n in zip(spans, size, strict=True)):
        return None
    return {
        "kernel_size": kernel,
        "strides": strides,
        "padding": padding,
        "dilation_rate": dilation,
    }


def conv2d(draw, size, channels):
    window = windowed(draw, size, together=False)
    groups = draw.choice([g for g in (1, 1, 2, 3, 4) if channels % g == 0])
    filters = groups * draw.choice([1, 2, 3])
    return window and {"filters": filters, **window, "groups": groups}


def depthwise(draw, size, channels):
    window = windowed(draw, size, together=True)
    return window and {**window, "depth_multiplier": draw.choice([1, 1, 2, 3])}


def separable(draw, size, channels):
    window = windowed(draw, size, together=True)
    return window and {
        "filters": draw.choice([1, 2, 3]),
        **window,
        "depth_multiplier": draw.choice([1, 2]),
    }


def transposed(draw, size, channels):
    size[:] = [draw.choice([1, 2, 3, 4, 5]), draw.choice([2, 3, 4])]
    window = windowed(draw, [9, 9], together=False)
    if window is None:
        return None
    window["strides"] = [min(s * draw.choice([1, 1, 2]), 5) for s in window["strides"]]
    if max(window["strides"]) > 1 and max(window["dilation_rate"]) > 1:
        return None
    extra = [draw.randrange(s) for s in window["strides"]]
    given = draw.random() < 0.5
    if given and extra_leaves_nothing(size, window, extra):
        return None
    return {
        "filters": draw.choice([1, 2, 3]),
        **window,
        "output_padding": extra if given else None,
    }


def extra_leaves_nothing(size, window, extra) -> bool:
    """Whether (n − 1)·s + e mod 2 + output_padding is 0 on an axis: JAX gives an empty array."""
    axes = zip(size, window["kernel_size"], window["dilation_rate"], extra, strict=True)
    return window["padding"] == "same" and any(
        n == 1 and span(k, d) % 2 == 0 and more == 0 for n, k, d, more in axes
    )


def pooling(draw, size, channels):
    pool = pair(draw, [1, 2, 3, 4])
    strides = draw.choice([None, pair(draw, [1, 2, 3])])
    padding = draw.choice(["valid", "same"])
    if padding == "valid" and any(k > n for k, n in zip(pool, size, strict=True)):
        return None
    return {"pool_size": pool, "strides": strides, "padding": padding}


def zero_padding(draw, size, channels):
    uneven = [[draw.randrange(4), draw.randrange(4)], [draw.randrange(4), draw.randrange(4)]]
    return {"padding": draw.choice([uneven, [draw.randrange(4), draw.randrange(4)], 2])}


def all_cases():
    for layer, (integer, real) in COUNTS.items():
        for index in range(integer):
            yield draw_case(layer, index, real=False), "integers"
        for index in range(real):
            yield draw_case(layer, index, real=True), ("float32", "float64")[index % 2]
