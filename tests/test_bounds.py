"""Every method's documented error bound against exact sums, on data that is made to break it.

A sum's exact value comes from `math.fsum`, which rounds once, of products that are split into two
numbers each: what was rounded, and what rounding lost (Dekker). So it is exact in float64 too.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from stridelab.ops import METHODS, bounds, fft
from tests.ops_tools import USABLE, checked, serving

LAYERS = {  # images, kernel, arguments
    "27 terms": ((1, 7, 6, 3), (3, 3, 3, 4), {}),
    "4608 terms": ((1, 5, 5, 512), (3, 3, 512, 2), {}),
    "961 terms": ((1, 37, 36, 1), (31, 31, 1, 1), {}),
    "a matrix": ((1, 4, 5, 33), (1, 1, 33, 17), {}),
    "many filters": ((1, 8, 8, 16), (3, 3, 16, 16), {}),
    "a picture": ((1, 8, 9, 3), (3, 3, 3, 16), {}),
    "few channels": ((1, 9, 8, 5), (3, 3, 5, 17), {}),
    "groups and strides": ((2, 9, 8, 6), (3, 2, 3, 4), {"groups": 2, "strides": (2, 1)}),
    "depthwise": ((1, 12, 13, 4), (5, 5, 1, 4), {"groups": 4}),
    "3 × 3 depthwise": ((1, 9, 9, 20), (3, 3, 1, 20), {"groups": 20}),
    "dilated": ((1, 13, 13, 2), (3, 3, 2, 3), {"dilation_rate": 3}),
}


def _signs(shape):
    return np.where(np.indices(shape).sum(axis=0) % 2, -1.0, 1.0)


def _alternating(draw, shape):
    """Neighbours of opposite signs, of nearly one size."""
    return _signs(shape) * (1 + draw.random(shape) / 1000)


def _scales(draw, shape):
    """From a millionth to a million, in no order."""
    return draw.standard_normal(shape) * 2.0 ** draw.integers(-20, 21, shape)


def _islands(draw, shape):
    """Small values, and a few large ones that only some windows see."""
    return np.where(draw.random(shape) < 0.01, 1e7, 1e-3) * draw.standard_normal(shape)


def _third(draw, shape):
    """One value whose products never fit: every addition rounds, the same way for long."""
    return np.full(shape, 1 / 3)


VALUES = {
    "normal": lambda draw, shape: draw.standard_normal(shape),
    "positive": lambda draw, shape: draw.uniform(1, 2, shape),
    "alternating": _alternating,
    "scales": _scales,
    "islands": _islands,
    "a third": _third,
}


def windows(x, shape, stride, dilation):
    """For each output row and column what its window shows, by slicing."""
    spans = [d * (k - 1) + 1 for k, d in zip(shape, dilation, strict=True)]
    tops, lefts = (
        range(0, n - e + 1, s) for n, e, s in zip(x.shape[1:3], spans, stride, strict=True)
    )
    for (i, top), (j, left) in itertools.product(enumerate(tops), enumerate(lefts)):
        down, across = (
            slice(first, first + e, d)
            for first, e, d in zip((top, left), spans, dilation, strict=True)
        )
        yield i, j, x[:, down, across]


def halves(values):
    """Two numbers of half the digits each, whose sum is the value (Veltkamp)."""
    large = values * (2.0**27 + 1)
    high = large - (large - values)
    return high, values - high


def exact_products(a, b):
    """Rounded products, and what rounding lost: their sum is exact."""
    product = a * b
    (a_high, a_low), (b_high, b_low) = halves(a), halves(b)
    lost = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, lost


def exact(x, kernel, bias, strides=1, dilation_rate=1, groups=1):
    """The result in float64, each number rounded once."""
    stride, dilation = (np.broadcast_to(pair, 2).tolist() for pair in (strides, dilation_rate))
    down, across, depth, filters = kernel.shape
    x, kernel, bias = (array.astype(np.float64) for array in (x, kernel, bias))
    found = {}
    for i, j, seen in windows(x, (down, across), stride, dilation):
        for n, f in itertools.product(range(len(x)), range(filters)):
            first = f // (filters // groups) * depth
            terms = exact_products(seen[n, ..., first : first + depth], kernel[..., f])
            found[n, i, j, f] = math.fsum([bias[f], *terms[0].ravel(), *terms[1].ravel()])
    y = np.empty(np.array(list(found)).max(axis=0) + 1)
    for place, value in found.items():
        y[place] = value
    return y


def layer(name, values, dtype):
    """Images, kernel and bias of one dtype, and the other arguments."""
    draw = np.random.default_rng(len(name) + len(values))
    x_shape, kernel_shape, arguments = LAYERS[name]
    shapes = (x_shape, kernel_shape, kernel_shape[3:])
    return [VALUES[values](draw, shape).astype(dtype) for shape in shapes], arguments


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_method_is_further_from_the_exact_sum_than_it_says(dtype, name, values):
    arrays, arguments = layer(name, values, dtype)
    call = checked(*arrays, **arguments)
    expected = exact(*arrays, **arguments)
    for method in (METHODS[key] for key in USABLE if serving(key, *arrays, **arguments)):
        y = np.full(call.output_shape, np.nan, dtype)
        method.prepare(call)(arrays[0], y)
        error = np.abs(y - expected)  # of two float64 close to each other: exact
        assert (error <= method.tolerance(call, arrays[0])).all(), method.name


@pytest.mark.parametrize("name", USABLE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_bound_is_not_far_above_the_largest_error(dtype, name):
    """A thousandfold at most: a bound that nothing comes near to tells nothing."""
    method, nearest = METHODS[name], 0.0
    for case in ("27 terms", "3 × 3 depthwise", "many filters"):
        arrays, arguments = layer(case, "scales", dtype)
        if serving(name, *arrays, **arguments):
            call = checked(*arrays, **arguments)
            y = np.empty(call.output_shape, dtype)
            method.prepare(call)(arrays[0], y)
            error = np.abs(y - exact(*arrays, **arguments))
            nearest = max(nearest, (error / method.tolerance(call, arrays[0])).max())
    assert nearest > 1e-3


def test_transforms_of_a_large_kernel_have_a_smaller_factor():
    call = checked(*layer("961 terms", "normal", np.float32)[0])
    assert METHODS["windows"].bound(call) == 963
    assert METHODS["fft"].bound(call) < 160
    assert 1 < METHODS["reference"].bound(call) < 1.00001


def test_the_scale_of_a_window_by_hand():
    x = np.array([1.0, -2.0, 3.0, -4.0]).reshape(1, 1, 4, 1)
    kernel = np.array([10.0, -1.0]).reshape(1, 2, 1, 1)
    call = checked(x, kernel, np.array([-0.5]), padding=((0, 0), (0, 1)))
    assert bounds.window(call, x).ravel().tolist() == [12.5, 23.5, 34.5, 40.5]
    assert bounds.products(call) == 2
    assert bounds.in_own_precision(call) == 4


def test_the_scale_of_a_block_by_hand():
    """Two groups, each of one channel: a block of 3 + 4 cells, and filters of norms 5 and 13."""
    x = np.stack([[2.0, 3.0, 6.0], [0.0, 0.0, -1.0]], axis=-1).reshape(1, 1, 3, 2)
    kernel = np.array([[3.0, 5.0], [4.0, 12.0]]).reshape(1, 2, 1, 2)
    call = checked(x, kernel, np.array([1.0, -2.0]), groups=2)
    assert fft.scale(call, x).tolist() == [[[[1 + 7 * 5, 2 + 1 * 13]] * 2]]


def test_a_sum_of_large_terms_that_cancel_may_lose_all_digits_and_the_bound_says_so():
    x = np.array([1e8, 1.0, -1e8], np.float32).reshape(1, 1, 3, 1)
    kernel = np.ones((1, 3, 1, 1), np.float32)
    call = checked(x, kernel)
    assert METHODS["windows"].tolerance(call, x).item() > 1
    assert METHODS["reference"].tolerance(call, x).item() > 1e8 * 2**-25


def test_what_a_block_holds_reaches_all_its_outputs_and_the_bound_says_so():
    """Far from a cell of 1e8 the sums of ones are exact; the transform's are not."""
    x = np.ones((1, 1, 64, 1), np.float32)
    x[0, 0, 0] = 1e8
    kernel = np.ones((1, 3, 1, 1), np.float32)
    call = checked(x, kernel)
    y = np.empty(call.output_shape, np.float32)
    METHODS["windows"].prepare(call)(x, y)
    assert y[0, 0, 1:, 0].tolist() == [3.0] * 61
    METHODS["fft"].prepare(call)(x, y)
    error = np.abs(y[0, 0, 1:, 0] - 3)
    assert error.max() > 1e-3
    assert (error <= METHODS["fft"].tolerance(call, x)[0, 0, 1:, 0]).all()
