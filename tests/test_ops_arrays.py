"""What arrays may look like, what they may hold, and where results may go."""

from __future__ import annotations

import numpy as np
import pytest

from stridelab.ops import avg_pool2d, conv2d, conv2d_transpose, door, max_pool2d
from tests.ops_tools import (
    assert_same,
    convolve,
    every_method,
    every_window_method,
    plane,
    taps,
)

# --- what an array may look like ------------------------------------------------------------------

X = np.random.default_rng(0).integers(-4, 5, (2, 6, 5, 4)).astype(np.float32)
KERNEL = np.random.default_rng(1).integers(-4, 5, (3, 2, 4, 6)).astype(np.float32)


def unaligned(array):
    spare = np.empty(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
    spare[...] = array
    assert not spare.flags.aligned
    return spare


def read_only(array):
    view = array.view()
    view.flags.writeable = False
    return view


FORMS = {
    "read-only": read_only,
    "Fortran-ordered": np.asfortranarray,
    "every other cell": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "unaligned": unaligned,
    "a subclass": lambda a: a.view(np.recarray),
}


@every_method
@pytest.mark.parametrize("form", FORMS)
def test_any_memory_layout_gives_the_same(form, method):
    x, kernel = FORMS[form](X), FORMS[form](KERNEL)
    before = x.tobytes(), kernel.tobytes()
    y = convolve(x, kernel, padding="same", strides=(2, 1), method=method)
    assert_same(y, conv2d(X, KERNEL, padding="same", strides=(2, 1)), method)
    assert type(y) is np.ndarray
    assert (x.tobytes(), kernel.tobytes()) == before


@pytest.mark.parametrize("form", FORMS)
def test_methods_get_arrays_of_one_form(form):
    given = {
        "strides": 1,
        "padding": "valid",
        "dilation_rate": 1,
        "groups": 1,
        "data_format": "channels_last",
        "padding_mode": "zeros",
    }
    bias = FORMS[form](np.zeros((1, 6), np.float32))[0]
    call, _ = door.convolution(FORMS[form](X), FORMS[form](KERNEL), bias, None, **given)
    call = call.packed()
    for cells in (call.row_taps, call.col_taps):
        assert not cells.flags.writeable
    for array in (call.kernel, call.bias, call.row_cells, call.col_cells):
        assert type(array) is np.ndarray
        assert array.flags.c_contiguous
        assert array.flags.aligned
        assert not array.flags.writeable


@pytest.mark.parametrize("form", FORMS)
def test_pools_and_transposed_take_any_memory_layout(form):
    x, kernel = FORMS[form](X), FORMS[form](KERNEL.swapaxes(2, 3)[..., :4].copy())
    np.testing.assert_array_equal(max_pool2d(x, 2), max_pool2d(X, 2))
    np.testing.assert_array_equal(avg_pool2d(x, 2), avg_pool2d(X, 2))
    plain = conv2d_transpose(X, KERNEL.swapaxes(2, 3)[..., :4], strides=2)
    np.testing.assert_array_equal(conv2d_transpose(x, kernel, strides=2), plain)


OPERATIONS = {
    "conv2d": lambda x, f: conv2d(x, KERNEL, strides=(1, 2), data_format=f),
    "max_pool2d": lambda x, f: max_pool2d(x, (2, 3), padding="same", data_format=f),
    "avg_pool2d": lambda x, f: avg_pool2d(x, (2, 3), padding="same", data_format=f),
    "conv2d_transpose": lambda x, f: conv2d_transpose(
        x, KERNEL.swapaxes(2, 3), strides=(1, 2), data_format=f
    ),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_formats_and_single_images(operation):
    run = OPERATIONS[operation]
    y = run(X, "channels_last")
    assert y.flags.c_contiguous
    first = run(X.transpose(0, 3, 1, 2), "channels_first")
    assert first.flags.c_contiguous
    np.testing.assert_array_equal(first.transpose(0, 2, 3, 1), y)
    np.testing.assert_array_equal(run(X[1], "channels_last"), y[1])
    np.testing.assert_array_equal(run(X[1].transpose(2, 0, 1), "channels_first"), first[1])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_empty_batch_gives_an_empty_result(operation):
    run = OPERATIONS[operation]
    assert run(X[:0], "channels_last").shape == (0, *run(X, "channels_last").shape[1:])


@every_method
def test_an_empty_batch_in_every_method(method):
    y = convolve(X[:0], KERNEL, activation="softmax", method=method)
    assert y.shape == (0, 4, 4, 6)


# --- out ------------------------------------------------------------------------------------------

OUTS = {
    "plain": lambda: np.full((2, 4, 4, 6), np.nan, np.float32),
    "Fortran-ordered": lambda: np.full((2, 4, 4, 6), np.nan, np.float32, order="F"),
    "part of a larger one": lambda: np.full((2, 9, 4, 7), np.nan, np.float32)[:, 2:6, :, 1:],
    "unaligned": lambda: unaligned(np.full((2, 4, 4, 6), np.nan, np.float32)),
}


@every_method
@pytest.mark.parametrize("form", OUTS)
def test_out_is_filled_and_returned(form, method):
    out = OUTS[form]()
    y = convolve(X, KERNEL, activation="relu", method=method, out=out)
    assert y is out
    assert_same(out, np.maximum(conv2d(X, KERNEL), 0), method)


def test_out_in_the_callers_format():
    out = np.empty((6, 4, 4), np.float32)
    x = np.ascontiguousarray(X[0].transpose(2, 0, 1))
    assert conv2d(x, KERNEL, data_format="channels_first", out=out) is out
    np.testing.assert_array_equal(out.transpose(1, 2, 0), conv2d(X[0], KERNEL))


def test_out_may_interleave_with_an_input_without_overlap():
    both = np.zeros((1, 4, 4, 2))
    both[..., 0] = 7
    conv2d(both[..., :1], taps([[3]]), out=both[..., 1:])
    assert np.unique(both[..., 0]).tolist() == [7]
    assert np.unique(both[..., 1]).tolist() == [21]


# --- infinities and NaN ---------------------------------------------------------------------------


@every_window_method
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_reaches_the_windows_that_read_it_and_no_other(method, dtype):
    x = np.ones((5, 6, 1), dtype)
    x[1, 2] = np.nan
    y = convolve(x, np.ones((2, 2, 1, 1), dtype), method=method)
    assert np.argwhere(np.isnan(y[:, :, 0])).tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]
    assert np.unique(y[~np.isnan(y)]).tolist() == [4]


@every_window_method
def test_a_padded_zero_is_multiplied_like_any_other_cell(method):
    row = plane([[1, 1, 1]])
    y = convolve(row, taps([[1, 1, np.inf]]), padding="same", method=method)
    assert y[0, :2, 0].tolist() == [np.inf, np.inf]
    assert np.isnan(y[0, 2, 0])  # 0 · inf


@every_window_method
def test_float32_overflows_to_infinity_in_silence(method):
    x = np.full((1, 2, 2, 1), 3e38, np.float32)
    with np.errstate(all="raise"):
        y = convolve(x, np.full((2, 2, 1, 1), 1e3, np.float32), method=method)
    assert y.tolist() == [[[[np.inf]]]]


@every_method
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_never_stops_a_method_nor_leaves_its_windows_finite(method, value):
    """`fft` spreads it over a block: that much it says of itself."""
    x = np.ones((1, 5, 6, 1))
    x[0, 1, 2] = value
    with np.errstate(all="raise"):
        y = convolve(x, np.ones((3, 3, 1, 1)), method=method)
    assert not np.isfinite(y[0, :2, :3]).any()


def test_pools_carry_nan_and_infinities():
    x = plane([[1, np.nan, 2, 3, np.inf, -np.inf]])
    with np.errstate(all="raise"):
        top = max_pool2d(x, (1, 2))[0, :, 0]
        mean = avg_pool2d(x, (1, 2))[0, :, 0]
    np.testing.assert_array_equal(top, [np.nan, 3, np.inf])
    np.testing.assert_array_equal(mean, [np.nan, 2.5, np.nan])
    lowest = max_pool2d(plane([[-np.inf] * 3]), (1, 2), padding="same")
    assert lowest[0, :, 0].tolist() == [-np.inf, -np.inf]


# --- activations ----------------------------------------------------------------------------------

LINEAR = np.array([[[-1000.0, -1.0, 0.0, 2.0]]])  # one cell, four channels
ACTIVE = {
    None: [-1000.0, -1.0, 0.0, 2.0],
    "linear": [-1000.0, -1.0, 0.0, 2.0],
    "relu": [0.0, 0.0, 0.0, 2.0],
    "sigmoid": [0.0, 0.2689414213699951, 0.5, 0.8807970779778823],
    "tanh": [-1.0, -0.7615941559557649, 0.0, 0.9640275800758169],
    "softmax": [0.0, 0.04201006613406605, 0.11419519938459449, 0.8437947344813395],
}


@every_method
@pytest.mark.parametrize("name", ACTIVE)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_activations(name, data_format, method):
    identity = np.eye(4)[np.newaxis, np.newaxis]
    first = data_format == "channels_first"
    x = LINEAR.transpose(2, 0, 1) if first else LINEAR
    with np.errstate(all="raise"):
        y = convolve(x, identity, activation=name, data_format=data_format, method=method)
    assert_same(y.ravel(), ACTIVE[name], method, rtol=1e-15)
    y = conv2d_transpose(x, identity, activation=name, data_format=data_format)
    np.testing.assert_allclose(y.ravel(), ACTIVE[name], rtol=1e-15)


def test_softmax_is_over_the_channels_of_each_cell():
    y = conv2d(X, KERNEL, activation="softmax", padding="same")
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-6)


def test_sigmoid_keeps_small_values():
    y = conv2d(plane([[-40.0, 40.0]]), taps([[1]]), activation="sigmoid")
    np.testing.assert_allclose(y[0, :, 0], [4.248354255291589e-18, 1.0], rtol=1e-15)


def test_activation_by_a_function():
    got = []

    def clip(y):
        got.append(y.shape)
        return np.clip(y, -1, 1)

    y = conv2d(X[0].transpose(2, 0, 1), KERNEL, activation=clip, data_format="channels_first")
    assert got == [(6, 4, 4)]  # as the caller will see it
    np.testing.assert_array_equal(y.transpose(1, 2, 0), np.clip(conv2d(X[0], KERNEL), -1, 1))


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softmax"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_activation_in_a_part_of_a_larger_array(name, dtype):
    """Where neighbours lie some numbers apart; NumPy 2.4's negative is wrong there, in place."""
    x = np.random.default_rng(0).standard_normal((1, 5, 6, 1)).astype(dtype)
    kernel = np.ones((3, 2, 1, 1), dtype)
    y = conv2d(x, kernel, padding="same").astype(np.float64)
    expected = {
        "relu": np.where(y > 0, y, 0),
        "sigmoid": 1 / (1 + np.exp(-y)),
        "tanh": np.tanh(y),
        "softmax": np.ones_like(y),  # of a single channel
    }[name]
    for step in range(1, 10):
        whole = np.full((1, 5, 6, step), 7, dtype)
        conv2d(x, kernel, padding="same", activation=name, out=whole[..., :1])
        np.testing.assert_allclose(whole[..., :1], expected, rtol=1e-5, atol=1e-6)
        assert (whole[..., 1:] == 7).all()
