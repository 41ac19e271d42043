"""What the tests of the operations share: the methods that can run here, and small arrays."""

from __future__ import annotations

import numpy as np
import pytest

from stridelab import StrideLabError
from stridelab.ops import METHODS, bounds, conv2d, door, machine

DEFAULTS = {
    "strides": 1,
    "padding": "valid",
    "dilation_rate": 1,
    "groups": 1,
    "data_format": "channels_last",
    "padding_mode": "zeros",
}


def checked(x, kernel, bias=None, **arguments):
    """The call that a method gets; what is no argument of the geometry is left out."""
    given = {name: arguments.get(name, default) for name, default in DEFAULTS.items()}
    return door.convolution(x, kernel, bias, None, **given)[0].packed()


def serving(method, x, kernel, bias=None, **arguments):
    """Whether a method can serve the call."""
    return method == "auto" or METHODS[method].serves(checked(x, kernel, bias, **arguments)) is None


def convolve(*arrays, method, **arguments):
    """`conv2d`; the test is skipped where the method says that it cannot serve the call."""
    try:
        return conv2d(*arrays, method=method, **arguments)
    except StrideLabError as error:
        if error.rule != "be able to serve this call":
            raise
        pytest.skip(str(error))


def _can_run(name):
    """Whether a method needs nothing that is missing here."""
    one = np.ones((1, 1, 1, 1))
    missing = {machine.numba_missing(), machine.vectors_missing()} - {None}
    return METHODS[name].serves(checked(one, one)) not in missing


#: All methods, without those that need numba where there is none.
USABLE = [name for name in METHODS if _can_run(name)]
#: Those that add up each window by itself: exact on small whole numbers.
BY_WINDOW = [name for name in USABLE if METHODS[name].scale is bounds.window]
every_method = pytest.mark.parametrize("method", [*USABLE, "auto"])
every_window_method = pytest.mark.parametrize("method", [*BY_WINDOW, "auto"])


def assert_same(y, expected, method, rtol=0.0, told=""):
    """Equal, for methods that add up each window; within 1000 ε of the largest for the others.

    How near they really have to be is measured in tests/test_bounds.py.
    """
    y, expected = np.asarray(y), np.asarray(expected)
    atol = 0.0
    if method not in (*BY_WINDOW, "auto"):
        atol = 1000 * np.finfo(y.dtype).eps * max(1.0, np.abs(expected).max(initial=0))
    np.testing.assert_allclose(y, expected, rtol, atol, err_msg=f"{method}: {told}")


def plane(rows, dtype=np.float64):
    """Numbers written as rows become one image (H, W, 1)."""
    return np.array(rows, dtype)[:, :, np.newaxis]


def taps(rows, dtype=np.float64):
    """Numbers written as rows become one kernel (KH, KW, 1, 1)."""
    return np.array(rows, dtype)[:, :, np.newaxis, np.newaxis]
