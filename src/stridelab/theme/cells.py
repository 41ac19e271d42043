"""How a number looks in a cell: its text, its full text, its step on the ramp."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stridelab.theme.palette import LEVELS

if TYPE_CHECKING:
    import numpy as np


def cell_text(value: float) -> str:
    """At most three significant digits and six letters, with a real minus sign.

    >>> cell_text(12), cell_text(-0.5), cell_text(2 / 3), cell_text(-0.04567), cell_text(-31416)
    ('12', '−0.5', '0.667', '−0.046', '−3.1e4')
    """
    if value == 0 or not math.isfinite(value):
        return _signed(f"{value:g}")
    size = abs(value)
    if 0.01 <= size < 1 or size == round(size, 3) < 1:  # below, three decimals say too little
        return _signed(f"{value:.3f}".rstrip("0").rstrip("."))
    if 1 <= size < 999.5:
        return _signed(f"{value:.3g}")
    digits, exponent = f"{value:.1e}".split("e")
    return _signed(f"{digits.removesuffix('.0')}e{int(exponent)}")


def full_text(value: float) -> str:
    """Every digit that matters, with a real minus sign: what a cell shows on hover.

    >>> full_text(12.0), full_text(2 / 3), full_text(-31416)
    ('12', '0.6666666667', '−31416')
    """
    return _signed(f"{value:.10g}")


def _signed(text: str) -> str:
    return "0" if text == "-0" else text.replace("-", "−")


def levels(
    values: np.ndarray[Any, Any], limits: tuple[float, float] | None = None
) -> Sequence[Sequence[int]]:
    """Each cell's step on its role's ramp: the lowest value, or 0, is paper.

    Parameters
    ----------
    values : array
        Rows × columns; what is not finite gets step 0.
    limits : (float, float), optional
        The lowest and the highest value; the grid's own where it is None.

    >>> import numpy as np
    >>> levels(np.array([[0, 2], [8, 4]])), levels(np.array([[4]]), limits=(0, 8))
    ([[0, 2], [8, 4]], [[4]])
    """
    import numpy as np

    finite = np.where(np.isfinite(values), values, 0.0)
    low, high = limits or (float(finite.min()), float(finite.max()))
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return np.zeros(finite.shape, dtype=int).tolist()
    steps = np.rint((finite - low) * ((LEVELS - 1) / (high - low))).astype(int)
    return steps.tolist()
