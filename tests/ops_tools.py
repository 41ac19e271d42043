"""What the tests of the operations share: the methods that can run here, and small arrays."""

from __future__ import annotations

import numpy as np
import pytest

from stridelab.ops import METHODS, machine

#: All methods, without those that need numba where there is none.
USABLE = [
    name for name in METHODS if name in ("reference", "windows") or machine.numba_missing() is None
]
every_method = pytest.mark.parametrize("method", [*USABLE, "auto"])


def plane(rows, dtype=np.float64):
    """Numbers written as rows become one image (H, W, 1)."""
    return np.array(rows, dtype)[:, :, np.newaxis]


def taps(rows, dtype=np.float64):
    """Numbers written as rows become one kernel (KH, KW, 1, 1)."""
    return np.array(rows, dtype)[:, :, np.newaxis, np.newaxis]
