"""The definitions as plain loops: slow, and nothing between them and the formulas.

Every faster method is tested against these. They add in double precision and round once, at the
end. Positions that no input cell fills are read as None: a zero for a convolution, nothing at all
for a pooling.
"""

from __future__ import annotations

import math

import numpy as np

from stridelab.geometry import Axis, TransposedAxis, border_cell
from stridelab.ops.call import Array, Call


def convolve(call: Call, images: Array, out: Array) -> None:
    """Fills `out` with ``y[i, j, f] = bias[f] + Σ x[i·s + a·d − p_b, …, m] · kernel[a, b, m, f]``.

    Each filter reads the input channels of its own group only. The kernel is not turned: what the
    field calls convolution is a cross-correlation.

    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), equation 9.6.
    """
    x, kernel = images.tolist(), call.kernel.tolist()
    depth, filters = call.kernel.shape[2:]
    bias = [0.0] * filters if call.bias is None else call.bias.tolist()
    rows, cols = _taps(call.rows, call.padding_mode), _taps(call.cols, call.padding_mode)
    for n, i, j, f in np.ndindex(out.shape):
        first = f // (filters // call.groups) * depth  # the first channel of this filter's group
        total = bias[f]
        for a, row in enumerate(rows[i]):
            for b, col in enumerate(cols[j]):
                for m in range(depth):
                    inside = row is not None and col is not None
                    cell = x[n][row][col][first + m] if inside else 0.0
                    total += cell * kernel[a][b][m][f]
        out[n, i, j, f] = total


def work(call: Call) -> int:
    """The bytes of both arrays as Python's lists."""
    return _listed(call.shape) + _listed(call.kernel.shape)


def _listed(shape: tuple[int, ...]) -> int:
    """An object and a pointer for each number, and a list for each row of each axis."""
    lists = sum(math.prod(shape[:axis]) for axis in range(1, len(shape)))
    return 32 * math.prod(shape) + 64 * lists


def convolve_transposed(
    x: Array, kernel: Array, bias: Array | None, rows: TransposedAxis, cols: TransposedAxis
) -> Array:
    """Each input cell adds its window, scaled by the cell's value, to the output.

    Parameters
    ----------
    x : array
        (N, H, W, Cin).
    kernel : array
        (KH, KW, Cout, Cin).

    Source: Dumoulin & Visin, arXiv:1603.07285, chapter 4.
    """
    y = np.zeros((x.shape[0], rows.output_size, cols.output_size, kernel.shape[2]))
    for n, i, j, m in np.ndindex(x.shape):
        for a, row in enumerate(rows.targets(i)):
            for b, col in enumerate(cols.targets(j)):
                if 0 <= row < rows.output_size and 0 <= col < cols.output_size:
                    y[n, row, col] += float(x[n, i, j, m]) * kernel[a, b, :, m].astype(float)
    return (y if bias is None else y + bias).astype(x.dtype)


def pool(x: Array, rows: Axis, cols: Axis, *, average: bool) -> Array:
    """The largest cell of each window, or the mean of its cells; padding is not looked at.

    Parameters
    ----------
    x : array
        (N, H, W, C).
    """
    y = np.empty((x.shape[0], rows.output_size, cols.output_size, x.shape[3]), x.dtype)
    row_taps, col_taps = _taps(rows, "zeros"), _taps(cols, "zeros")
    for n, i, j, c in np.ndindex(y.shape):
        cells = [
            float(x[n, row, col, c])
            for row in row_taps[i]
            for col in col_taps[j]
            if row is not None and col is not None
        ]
        if average:
            y[n, i, j, c] = sum(cells) / len(cells)
        else:
            y[n, i, j, c] = np.max(cells)
    return y


def _taps(axis: Axis, mode: str) -> list[list[int | None]]:
    """For each output the input cells that its taps show."""
    return [
        [border_cell(tap, axis.size, mode) for tap in axis.taps(output)]
        for output in range(axis.output_size)
    ]
