"""What holds for every convolution: linearity, shifts, groups, dilation, the adjoint.

Values are small whole numbers in float64, so every identity holds exactly; with the methods whose
errors refer to a block of cells, nearly. A layer that a method cannot serve tells nothing about it.
"""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stridelab.ops import (
    avg_pool2d,
    conv2d,
    conv2d_transpose,
    max_pool2d,
)
from tests.ops_tools import assert_same, every_method, serving

few = settings(max_examples=40, deadline=None, derandomize=True)
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
PADDINGS = ["valid", "same", "same_lower", "full", 1, (0, 2), ((2, 0), (1, 3))]


@st.composite
def layers(draw, paddings=PADDINGS, groups=(1, 2, 3), room=0):
    """x (N, H, W, Cin), a kernel that fits it, and the arguments that go with them."""
    group = draw(st.sampled_from(groups))
    kernel, dilation = draw(pairs), draw(pairs)
    least = [d * (k - 1) + 1 + room for k, d in zip(kernel, dilation, strict=True)]
    size = [draw(st.integers(cells, cells + 5)) for cells in least]
    depth, width = draw(pairs)
    values = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = values.integers(-4, 5, (draw(st.integers(1, 2)), *size, group * depth))
    weights = values.integers(-4, 5, (*kernel, depth, group * width))
    arguments = {
        "strides": draw(pairs),
        "dilation_rate": dilation,
        "padding": draw(st.sampled_from(paddings)),
        "groups": group,
    }
    return x.astype(float), weights.astype(float), arguments


@every_method
@few
@given(layers(), st.integers(-3, 3), st.integers(-3, 3))
def test_linear_in_the_image_and_in_the_kernel(method, layer, a, b):
    x, kernel, arguments = layer
    if not serving(method, x, kernel, **arguments):
        return
    other, weights = np.roll(x, 1, axis=2) + 1, np.flip(kernel, axis=0) - 2
    y = conv2d(x, kernel, method=method, **arguments)
    mixed = conv2d(a * x + b * other, kernel, method=method, **arguments)
    assert_same(mixed, a * y + b * conv2d(other, kernel, **arguments), method)
    mixed = conv2d(x, a * kernel + b * weights, method=method, **arguments)
    assert_same(mixed, a * y + b * conv2d(x, weights, **arguments), method)


@every_method
@few
@given(layers(paddings=["valid"], room=4), pairs)
def test_a_shift_by_strides_shifts_the_output(method, layer, windows):
    x, kernel, arguments = layer
    (down, across), (rows, cols) = windows, arguments["strides"]
    moved = x[:, down * rows :, across * cols :]
    spans = [
        d * (k - 1) + 1 for k, d in zip(kernel.shape, arguments["dilation_rate"], strict=False)
    ]
    assume(all(n >= e for n, e in zip(moved.shape[1:3], spans, strict=True)))
    if not all(serving(method, image, kernel, **arguments) for image in (x, moved)):
        return
    y = conv2d(x, kernel, method=method, **arguments)
    shifted = conv2d(moved, kernel, method=method, **arguments)
    assert_same(shifted, y[:, down:, across:], method)


@every_method
@few
@given(layers(groups=[2, 3]))
def test_groups_are_separate_convolutions_side_by_side(method, layer):
    x, kernel, arguments = layer
    if not serving(method, x, kernel, **arguments):
        return
    groups = arguments.pop("groups")
    parts = [
        conv2d(part, weights, **arguments)
        for part, weights in zip(
            np.split(x, groups, axis=3), np.split(kernel, groups, axis=3), strict=True
        )
    ]
    y = conv2d(x, kernel, groups=groups, method=method, **arguments)
    assert_same(y, np.concatenate(parts, axis=3), method)


@every_method
@few
@given(layers())
def test_a_dilated_kernel_is_one_with_zeros_between_its_taps(method, layer):
    x, kernel, arguments = layer
    if not serving(method, x, kernel, **arguments):
        return
    rows, cols = arguments.pop("dilation_rate")
    down, across, *rest = kernel.shape
    stuffed = np.zeros((rows * (down - 1) + 1, cols * (across - 1) + 1, *rest))
    stuffed[::rows, ::cols] = kernel
    y = conv2d(x, kernel, dilation_rate=(rows, cols), method=method, **arguments)
    assert_same(y, conv2d(x, stuffed, **arguments), method)


@every_method
@few
@given(layers())
def test_rows_and_columns_play_the_same_part(method, layer):
    x, kernel, arguments = layer
    turned = {
        name: value[::-1] if isinstance(value, tuple) else value
        for name, value in arguments.items()
    }
    other = x.swapaxes(1, 2), kernel.swapaxes(0, 1)
    if not serving(method, x, kernel, **arguments) or not serving(method, *other, **turned):
        return
    y = conv2d(x, kernel, method=method, **arguments)
    assert_same(conv2d(*other, method=method, **turned).swapaxes(1, 2), y, method)


@every_method
@few
@given(layers(paddings=["valid"], groups=[1]))
def test_the_transposed_is_the_adjoint(method, layer):
    """⟨conv(x), y⟩ = ⟨x, transposed(y)⟩, with the kernel's last axes as they stand."""
    x, kernel, arguments = layer
    if not serving(method, x, kernel, **arguments):
        return
    arguments.pop("groups")
    out = conv2d(x, kernel, method=method, **arguments)
    y = np.random.default_rng(0).integers(-4, 5, out.shape).astype(float)
    back = conv2d_transpose(y, kernel, **{**arguments, "output_padding": 0})
    rows, cols = back.shape[1:3]  # cells beyond these were read by no window
    assert_same(np.vdot(out, y), np.vdot(x[:, :rows, :cols], back), method)


@few
@given(layers(paddings=["valid", "same", "same_lower"], groups=[1]))
def test_pools_are_monotone_and_within_their_windows(layer):
    x, kernel, arguments = layer
    pool, strides, padding = kernel.shape[:2], arguments["strides"], arguments["padding"]
    top = max_pool2d(x, pool, strides=strides, padding=padding)
    mean = avg_pool2d(x, pool, strides=strides, padding=padding)
    low = -max_pool2d(-x, pool, strides=strides, padding=padding)
    assert np.all((low <= mean + 1e-12) & (mean <= top + 1e-12))
    np.testing.assert_array_equal(
        max_pool2d(x + 3, pool, strides=strides, padding=padding), top + 3
    )
    ones = avg_pool2d(np.ones_like(x), pool, strides=strides, padding=padding)
    assert np.unique(ones).tolist() == [1.0]
    if padding == "valid":  # the mean is a convolution with equal weights
        channels = x.shape[3]
        box = np.ones((*pool, 1, channels))
        total = conv2d(x, box, strides=strides, groups=channels)
        np.testing.assert_array_equal(mean, total / (pool[0] * pool[1]))
