"""The reference's loops, compiled: the same sums in the same nest, at machine speed.

    for each image n, output row i, output column j
        y = out[n, i, j, :]                        one value per filter
        for each tap (a, b)                        row_taps[i, a] is the input row, −1: zeros
            for each group and each channel m of it
                for each filter f of the group     innermost: neighbours in memory, 8 or 16 at once
                    y[f] += x[...] · kernel[a, b, m, f]

Only the loop over filters moved, to the inside, where the compiler turns it into vector
instructions. Sums are in the arrays' own precision, in the order that is written.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import types
from numba.core.typing.templates import Signature

from stridelab.ops.call import Array, Call
from stridelab.ops.jit import compiled


def serves(call: Call) -> None:
    """It serves every call."""


def work(call: Call) -> int:
    """Nothing beside the result."""
    return 0


def prepare(call: Call) -> Callable[[Array, Array], None]:
    """What is returned hands the call's arrays to the kernel."""
    zeros = np.zeros(call.kernel.shape[3], call.kernel.dtype)
    bias = zeros if call.bias is None else call.bias
    rest = (call.kernel, bias, call.row_taps, call.col_taps, call.groups)
    kernel = convolve.ready(call.kernel.dtype)
    return lambda x, out: kernel(x, *rest, out)


def _signature(scalar: types.Float) -> Signature:
    four, one = (types.Array(scalar, ndim, "C", readonly=True) for ndim in (4, 1))
    taps = types.Array(types.intp, 2, "A", readonly=True)
    out = types.Array(scalar, 4, "C")
    return types.void(four, four, one, taps, taps, types.intp, out)


@compiled(_signature)
def convolve(x, kernel, bias, row_taps, col_taps, groups, out):  # type: ignore[no-untyped-def]
    """The loop nest above."""
    taps_down, taps_across, depth, filters = kernel.shape
    width = filters // groups
    zero = x.dtype.type(0)
    for n in range(out.shape[0]):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                for f in range(filters):
                    out[n, i, j, f] = bias[f]
                for a in range(taps_down):
                    row = row_taps[i, a]
                    for b in range(taps_across):
                        col = col_taps[j, b]
                        inside = row >= 0 and col >= 0
                        for group in range(groups):
                            for m in range(depth):
                                cell = x[n, row, col, group * depth + m] if inside else zero
                                for f in range(width):
                                    weight = kernel[a, b, m, group * width + f]
                                    out[n, i, j, group * width + f] += cell * weight
