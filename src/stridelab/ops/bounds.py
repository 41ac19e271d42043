"""How far the methods' results may be from the exact ones: c · u · scale, for any finite input.

u is the unit roundoff, half the gap between 1 and the next number: 2⁻²⁴ in float32, 2⁻⁵³ in
float64. A method brings a factor c (`stridelab.ops.Method.bound`) and what it refers to, a scale
(`stridelab.ops.Method.scale`), a number for each number of the result:

=====================  ========================  =================================================
methods                factor c                  scale of y[n, i, j, f]
=====================  ========================  =================================================
those that add up a    K + 2, for K products:    S = |b[f]| + Σ |x| · |k| over the window: `window`
window's products      `in_own_precision`
reference              1 + (K + 3) · 2⁻²⁹ in     S
                       float32: `in_double`
winograd2, winograd4   Cin + 20                  with |·| around all transforms:
                                                 `stridelab.ops.winograd`
fft                    12 · log₂ n + D + 24,     |b[f]| + ‖x_block‖₂ · ‖k_f‖₂: all the cells of its
                       n cells in a block, D     block and group, not only those of its window;
                       channels in a group       `stridelab.ops.fft.scale`
=====================  ========================  =================================================

**Window methods.** Each product is rounded once, and then meets at most K additions, the bias' one
included; in whatever order they are made, with or without fused multiply-adds, errors add up to no
more than (K + 1) · u · S. So they are small against |y| unless large terms cancel: S, not |y|, is
what the arithmetic has seen. And where all sums are whole numbers below 1/u, results are exact.

**Block methods.** They compute sums of a whole block of cells, from which all but the window cancel
out. Their errors are spread evenly over the block: a result of 0 is a small number instead, and a
window of small cells near large ones loses its digits. Where S is ‖x_block‖₂ · ‖k_f‖₂ or so, with
values of one size, c is the smaller one: it grows with the logarithm of the block.

Both hold while nothing overflows or falls below the smallest normal number.

Source: Jeannerod & Rump, Improved error bounds for inner products in floating-point arithmetic,
SIAM J. Matrix Anal. Appl. 34 (2013), theorem 3.1; for the transforms Higham, Accuracy and Stability
of Numerical Algorithms (2002), theorem 24.2.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from stridelab.ops import im2col
from stridelab.ops.call import Array, Call


def unit_roundoff(dtype: npt.DTypeLike) -> float:
    """The largest relative error of one rounding, u.

    >>> unit_roundoff(np.float32) == 2.0**-24
    True
    """
    return float(np.finfo(dtype).eps) / 2


def products(call: Call) -> int:
    """K: the products that one result adds up."""
    return math.prod(call.kernel.shape[:3])


def in_own_precision(call: Call) -> float:
    """c of sums in the arrays' own precision: K + 1 roundings on a term's way, and one spare."""
    return products(call) + 2.0


def in_double(call: Call) -> float:
    """c of sums in float64 that are rounded once, at the end; products of float32 are exact."""
    double, own = unit_roundoff(np.float64), unit_roundoff(call.kernel.dtype)
    return (products(call) + 3) * double / own + (1 if own > double else 0)


def window(call: Call, x: Array) -> Array:
    """The scale S = |b[f]| + Σ |x| · |k| over the window of each result, in float64.

    Parameters
    ----------
    x : array
        (N, H, W, Cin): the images.
    """
    kernel, bias = (_absolute(array) for array in (call.kernel, call.bias))
    assert kernel is not None
    sums = np.empty(call.output_shape)
    im2col.convolve(replace(call, kernel=kernel, bias=bias), np.abs(x.astype(np.float64)), sums)
    return sums


def _absolute(array: Array | None) -> Array | None:
    return None if array is None else np.abs(array.astype(np.float64))
