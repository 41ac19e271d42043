"""Values of the operations: literal arrays, and a definition written for this file alone."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest

from stridelab.ops import (
    avg_pool2d,
    conv2d,
    conv2d_transpose,
    door,
    max_pool2d,
    reference,
)
from tests.ops_tools import (
    USABLE,
    assert_same,
    convolve,
    every_method,
    plane,
    serving,
    taps,
)

FLOATS = [np.float32, np.float64]
PAD_WITH = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


every_float = pytest.mark.parametrize("dtype", FLOATS)

TWELVE = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]


# --- literal values -------------------------------------------------------------------------------

LITERAL_CONVOLUTIONS = [
    # kernel [[1, 2], [3, 4]] over TWELVE, worked by hand
    ({}, [[44, 54, 64], [84, 94, 104]]),
    ({"strides": (1, 2)}, [[44, 64], [84, 104]]),
    ({"strides": (2, 1)}, [[44, 54, 64]]),
    ({"padding": "same"}, [[44, 54, 64, 28], [84, 94, 104, 44], [29, 32, 35, 12]]),
    ({"padding": "same_lower"}, [[4, 11, 18, 25], [22, 44, 54, 64], [46, 84, 94, 104]]),
    ({"padding": "same", "strides": (2, 3)}, [[44, 28], [29, 12]]),
    ({"padding": ((1, 0), (0, 2)), "strides": 2}, [[11, 25, 0], [84, 104, 0]]),
    ({"padding": (1, 0), "strides": (3, 1)}, [[11, 18, 25], [29, 32, 35]]),
    ({"padding": "full", "strides": (3, 2)}, [[4, 18, 12], [18, 32, 12]]),
    ({"dilation_rate": (2, 1)}, [[1 + 4 + 27 + 40, 2 + 6 + 30 + 44, 3 + 8 + 33 + 48]]),
    ({"dilation_rate": (1, 3)}, [[1 + 8 + 15 + 32], [5 + 16 + 27 + 48]]),
    ({"dilation_rate": 2}, [[1 + 6 + 27 + 44, 2 + 8 + 30 + 48]]),
]


@every_method
@every_float
@pytest.mark.parametrize(("arguments", "expected"), LITERAL_CONVOLUTIONS)
def test_worked_by_hand(arguments, expected, dtype, method):
    y = convolve(plane(TWELVE, dtype), taps([[1, 2], [3, 4]], dtype), method=method, **arguments)
    assert y.dtype == dtype
    assert_same(y[:, :, 0], expected, method)


@every_method
@pytest.mark.parametrize(
    ("mode", "row"),
    [
        ("zeros", [0, 0, 1, 2, 3, 4, 0, 0]),
        ("reflect", [3, 2, 1, 2, 3, 4, 3, 2]),
        ("replicate", [1, 1, 1, 2, 3, 4, 4, 4]),
        ("circular", [3, 4, 1, 2, 3, 4, 1, 2]),
    ],
)
def test_a_kernel_of_one_cell_shows_the_border(mode, row, method):
    one = taps([[1]])
    across = convolve(plane([[1, 2, 3, 4]]), one, padding=(0, 2), padding_mode=mode, method=method)
    down = convolve(
        plane([[1], [2], [3], [4]]), one, padding=((2, 2), (0, 0)), padding_mode=mode, method=method
    )
    assert_same(across[0, :, 0], row, method)
    assert_same(down[:, 0, 0], row, method)


@every_method
def test_channels_filters_and_bias(method):
    x = np.array([[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]])  # one row, three columns
    kernel = np.zeros((1, 2, 2, 3))
    kernel[0, :, :, 0] = [[1, 1], [0, 0]]  # both channels of the left cell
    kernel[0, :, :, 1] = [[0, 0], [0, 1]]  # channel 1 of the right cell
    kernel[0, :, :, 2] = [[1, 0], [2, 0]]  # channel 0 of both, the right one twice
    y = convolve(x, kernel, np.array([0.5, 0.0, -1.0]), method=method)
    assert_same(y, [[[11.5, 20.0, 4.0], [22.5, 30.0, 7.0]]], method)


@every_method
@pytest.mark.parametrize(
    ("groups", "depth", "expected"),
    [
        (1, 4, [1111, 2222, 3333, 4444]),
        (2, 2, [11, 22, 3300, 4400]),
        (4, 1, [1, 20, 300, 4000]),
    ],
)
def test_groups_see_their_own_channels(groups, depth, expected, method):
    x = np.array([[[1.0, 10.0, 100.0, 1000.0]]])
    kernel = np.broadcast_to([1.0, 2.0, 3.0, 4.0], (1, 1, depth, 4))
    assert_same(convolve(x, kernel, groups=groups, method=method)[0, 0], expected, method)


@every_method
def test_depthwise_with_two_filters_a_channel(method):
    x = np.array([[[1.0, 10.0], [2.0, 20.0]]])
    kernel = np.array([[[[1.0, 0.0, 1.0, 3.0]], [[1.0, 2.0, -1.0, 0.0]]]])  # (1, 2, 1, 4)
    y = convolve(x, kernel, groups=2, method=method)
    assert_same(y, [[[3.0, 4.0, -10.0, 30.0]]], method)


SEVEN = [[-1, -2, -3, -4, -5, -6, -7]]


@every_float
@pytest.mark.parametrize(
    ("pool", "x", "arguments", "expected"),
    [
        (max_pool2d, TWELVE, {"pool_size": 2}, [[6, 8]]),
        (max_pool2d, TWELVE, {"pool_size": 2, "padding": "same"}, [[6, 8], [10, 12]]),
        (max_pool2d, TWELVE, {"pool_size": (3, 1), "strides": (1, 3)}, [[9, 12]]),
        (max_pool2d, SEVEN, {"pool_size": (1, 2), "padding": "same"}, [[-1, -3, -5, -7]]),
        (max_pool2d, SEVEN, {"pool_size": (1, 2), "padding": "same_lower"}, [[-1, -2, -4, -6]]),
        (max_pool2d, SEVEN, {"pool_size": (1, 3), "padding": (0, 1)}, [[-1, -3, -6]]),
        (avg_pool2d, TWELVE, {"pool_size": 2}, [[3.5, 5.5]]),
        (avg_pool2d, TWELVE, {"pool_size": 2, "padding": "same"}, [[3.5, 5.5], [9.5, 11.5]]),
        (avg_pool2d, [[10, 20]], {"pool_size": 3, "strides": 2, "padding": "same"}, [[15]]),
        (avg_pool2d, [[1] * 4] * 3, {"pool_size": 3, "strides": 1, "padding": 1}, [[1] * 4] * 3),
        (
            avg_pool2d,
            SEVEN,
            {"pool_size": (1, 2), "padding": ((0, 0), (1, 0))},
            [[-1, -2.5, -4.5, -6.5]],
        ),
    ],
)
def test_pools_worked_by_hand(pool, x, arguments, expected, dtype):
    y = pool(plane(x, dtype), **arguments)
    assert y.dtype == dtype
    assert y[:, :, 0].tolist() == expected


ONE_TO_FOUR = [[1, 2, 3, 4]]


@every_float
@pytest.mark.parametrize(
    ("kernel", "arguments", "expected"),
    [
        ([[1, 10, 100]], {"strides": (1, 2)}, [[1, 10, 102, 20, 203, 30, 304, 40, 400]]),
        (
            [[1, 10, 100]],
            {"strides": (1, 2), "padding": "same"},
            [[1, 10, 102, 20, 203, 30, 304, 40]],
        ),
        (
            [[1, 10, 100]],
            {"strides": (1, 2), "padding": "same", "output_padding": 0},
            [[10, 102, 20, 203, 30, 304, 40]],
        ),
        ([[1, 10, 100]], {"padding": "same"}, [[12, 123, 234, 340]]),
        ([[1, 10]], {"strides": (1, 3)}, [[1, 10, 0, 2, 20, 0, 3, 30, 0, 4, 40, 0]]),
        (
            [[1, 10]],
            {"strides": (1, 3), "output_padding": (0, 2)},
            [[1, 10, 0, 2, 20, 0, 3, 30, 0, 4, 40, 0, 0]],
        ),
        ([[1, 10]], {"dilation_rate": (1, 2)}, [[1, 2, 13, 24, 30, 40]]),
        ([[1], [10]], {"padding": "same"}, [[1, 2, 3, 4]]),
    ],
)
def test_transposed_worked_by_hand(kernel, arguments, expected, dtype):
    y = conv2d_transpose(plane(ONE_TO_FOUR, dtype), taps(kernel, dtype), **arguments)
    assert y.dtype == dtype
    assert y[:, :, 0].tolist() == expected


def test_transposed_channels_and_bias():
    x = np.array([[[1.0, 10.0]]])
    kernel = np.zeros((1, 2, 3, 2))  # (KH, KW, Cout, Cin)
    kernel[0, 0] = [[1, 0], [0, 1], [1, 1]]
    kernel[0, 1] = [[2, 0], [0, 0], [0, 3]]
    y = conv2d_transpose(x, kernel, np.array([0.0, 0.5, -1.0]), strides=(1, 3))
    assert y.tolist() == [[[1.0, 10.5, 10.0], [2.0, 0.5, 29.0], [0.0, 0.5, -1.0]]]


# --- the definition, written for this file --------------------------------------------------------


def naive_conv(x, kernel, bias, strides, pads, dilation, groups, mode):
    """Pads with NumPy, then multiplies window by window in float64."""
    kh, kw, depth, filters = kernel.shape
    padded = np.pad(x.astype(float), ((0, 0), *pads, (0, 0)), mode=PAD_WITH[mode])
    span_rows, span_cols = dilation[0] * (kh - 1) + 1, dilation[1] * (kw - 1) + 1
    corners_down = range(0, padded.shape[1] - span_rows + 1, strides[0])
    corners_across = range(0, padded.shape[2] - span_cols + 1, strides[1])
    y = np.zeros((x.shape[0], len(corners_down), len(corners_across), filters))
    for (i, top), (j, left) in itertools.product(
        enumerate(corners_down), enumerate(corners_across)
    ):
        window = padded[
            :, top : top + span_rows : dilation[0], left : left + span_cols : dilation[1]
        ]
        for f in range(filters):
            group = f * groups // filters
            seen = window[..., group * depth : (group + 1) * depth]
            y[:, i, j, f] = (seen * kernel[..., f]).sum(axis=(1, 2, 3)) + bias[f]
    return y


def same(size, kernel, stride, dilation):
    total = max((math.ceil(size / stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2


def configuration(seed):
    """A random call whose values are small whole numbers, so that every order of adding agrees."""
    pick = random.Random(seed)
    values = np.random.default_rng(seed)
    groups = pick.choice([1, 1, 1, 2, 3])
    channels, filters = groups * pick.randint(1, 3), groups * pick.randint(1, 3)
    depth = channels // groups
    size = pick.randint(4, 9), pick.randint(4, 9)
    kernel = pick.randint(1, 4), pick.randint(1, 4)
    strides = pick.randint(1, 3), pick.randint(1, 3)
    dilation = pick.choice([(1, 1), (1, 1), (2, 1), (1, 2), (3, 2)])
    mode = pick.choice(list(PAD_WITH))
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    name = pick.choice(["valid", "same", "same_lower", "explicit"])
    if name.startswith("same"):
        pads = [same(*numbers) for numbers in zip(size, kernel, strides, dilation, strict=True)]
        if name == "same_lower":
            pads = [(after, before) for before, after in pads]
    elif name == "explicit":
        pads = [(pick.randint(0, 3), pick.randint(0, 3)) for _ in range(2)]
    else:
        pads = [(0, 0), (0, 0)]
    limit = min(size) - 1
    if any(max(pad) > limit for pad in pads):
        mode = pick.choice(["zeros", "replicate"])
    if any(n + sum(pad) < span for n, pad, span in zip(size, pads, spans, strict=True)):
        return configuration(seed + 10_000)
    return {
        "x": values.integers(-4, 5, (pick.choice([1, 2]), *size, channels)),
        "kernel": values.integers(-4, 5, (*kernel, depth, filters)),
        "bias": values.integers(-9, 10, filters),
        "strides": strides,
        "pads": tuple(pads),
        "padding": tuple(pads) if name == "explicit" else name,
        "dilation": dilation,
        "groups": groups,
        "mode": mode,
    }


def arrays_of(c, dtype):
    return [c[name].astype(dtype) for name in ("x", "kernel", "bias")]


def arguments_of(c):
    return {
        "strides": c["strides"],
        "padding": c["padding"],
        "dilation_rate": c["dilation"],
        "groups": c["groups"],
        "padding_mode": c["mode"],
    }


@every_method
@every_float
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_against_the_definition(method, dtype, data_format):
    seen = set()
    for seed in range(60):
        c = configuration(seed)
        seen.add((c["padding"] if isinstance(c["padding"], str) else "explicit", c["mode"]))
        if not serving(method, *arrays_of(c, dtype), **arguments_of(c)):
            continue
        expected = naive_conv(
            c["x"], c["kernel"], c["bias"], c["strides"], c["pads"], c["dilation"], c["groups"],
            c["mode"],
        )  # fmt: skip
        x, kernel, bias = arrays_of(c, dtype)
        if data_format == "channels_first":
            x = x.transpose(0, 3, 1, 2)
        given = {**arguments_of(c), "data_format": data_format, "method": method}
        y = conv2d(x, kernel, bias, **given)
        assert y.flags.c_contiguous
        if data_format == "channels_first":
            y = y.transpose(0, 2, 3, 1)
        assert_same(y, expected, method, told=f"seed {seed}: {c}")
    assert len(seen) > 10  # the draw covers the paddings and modes


def test_the_plain_methods_serve_every_ordinary_call():
    plain = {"reference", "windows", "loops", "im2col", "direct"} & set(USABLE)
    for c in map(configuration, range(200)):
        given = arrays_of(c, np.float32), arguments_of(c)
        assert {name for name in plain if serving(name, *given[0], **given[1])} == plain


@every_method
def test_float64_keeps_its_digits(method):
    values = np.random.default_rng(5)
    x, kernel = values.standard_normal((2, 9, 7, 5)), values.standard_normal((3, 2, 5, 4))
    expected = naive_conv(x, kernel, [0] * 4, (2, 1), ((1, 1), (0, 1)), (1, 1), 1, "zeros")
    y = convolve(x, kernel, strides=(2, 1), padding="same", method=method)
    np.testing.assert_allclose(y, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("seed", range(40))
def test_pools_against_the_reference(seed):
    pick = random.Random(seed)
    size, pool = (pick.randint(3, 9), pick.randint(3, 9)), (pick.randint(1, 3), pick.randint(1, 3))
    x = np.random.default_rng(seed).integers(-9, 9, (2, *size, 3)).astype(np.float64)
    arguments = {
        "strides": pick.choice([None, (1, 2), (3, 1)]),
        "padding": pick.choice(["valid", "same", "same_lower", tuple(p - 1 for p in pool)]),
    }
    _, axes, _ = door.pooling(x, pool, data_format="channels_last", **arguments)
    for function, average in ((max_pool2d, False), (avg_pool2d, True)):
        slow = reference.pool(x, axes.rows, axes.cols, average=average)
        np.testing.assert_array_equal(function(x, pool, **arguments), slow)


@pytest.mark.parametrize("seed", range(40))
def test_transposed_against_the_reference(seed):
    pick = random.Random(seed)
    values = np.random.default_rng(seed)
    x = values.integers(-4, 5, (2, pick.randint(1, 5), pick.randint(1, 5), 3)).astype(np.float32)
    kernel = values.integers(-4, 5, (pick.randint(1, 4), pick.randint(1, 4), 2, 3))
    kernel, bias = kernel.astype(np.float32), np.array([1.0, -2.0], np.float32)
    arguments = {
        "strides": (pick.randint(1, 4), pick.randint(1, 4)),
        "dilation_rate": pick.choice([1, (2, 1), (1, 3)]),
        "padding": pick.choice(["valid", "same"]),
        "output_padding": pick.choice([None, None, 0]),
    }
    if arguments["padding"] == "same" and arguments["output_padding"] == 0:
        arguments["output_padding"] = None if 1 in x.shape[1:3] else 0
    _, _, axes, _ = door.transposed(x, kernel, bias, data_format="channels_last", **arguments)
    slow = reference.convolve_transposed(x, kernel, bias, axes.rows, axes.cols)
    np.testing.assert_array_equal(conv2d_transpose(x, kernel, bias, **arguments), slow)
