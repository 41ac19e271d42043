"""Winograd's transforms as matrices, where tiles lie, and how far results may be from exact ones.

    y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A         d: m + 2 by m + 2 cells; g: 3 × 3 weights; y: m × m

The polynomials behind F(m, 3) are evaluated at 0, 1, −1, for m = 4 also at 2 and −2, and at ∞.

**Error.** |y − exact| ≤ c · u · scale with

    scale = |b| + |A|ᵀ [ (|G||g||G|ᵀ) ⊙ (|B|ᵀ|d||B|) ] |A|, summed over the channels,

and c = Cin + 20: a term meets two transforms of the input and two of
the products with four roundings each at most, one rounding of the weights (their transform is
computed in double precision), one product, Cin sums and the bias. The scale is larger than that of
the definition's own sum by some 10 for F(2×2) and 100 for F(4×4): that is what the digits cost. As
for all that computes by tiles, a cell may leave traces in results whose window does not hold it:
an infinity or a NaN spreads over its tile.

Source: Lavin & Gray, arXiv:1509.09308, section 4; Barabasz, Anderson, Soodhalter & Gregg, Error
Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks, ACM Trans.
Math. Softw. 46 (2020), theorem 2.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from stridelab.ops.call import Array, Call, Cells


class Transforms(NamedTuple):
    """Bᵀ (n × n), G (n × 3) and Aᵀ (m × n) of F(m, 3), with n = m + 2."""

    input: Array
    kernel: Array
    output: Array


#: By m.
TRANSFORMS = {
    2: Transforms(
        np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], float),
        np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2,
        np.array([[1, 1, 1, 0], [0, 1, -1, -1]], float),
    ),
    4: Transforms(
        np.array(
            [
                [4, 0, -5, 0, 1, 0],
                [0, -4, -4, 1, 1, 0],
                [0, 4, -4, -1, 1, 0],
                [0, -2, -1, 2, 1, 0],
                [0, 2, -1, -2, 1, 0],
                [0, 4, 0, -5, 0, 1],
            ],
            float,
        ),
        np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24,
        np.array(
            [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]],
            float,
        ),
    ),
}


def tile_starts(outputs: int, dilation: int, m: int) -> Cells:
    """The first output of each tile of an axis; a tile's outputs are `dilation` apart.

    >>> tile_starts(7, 1, 4).tolist(), tile_starts(10, 2, 4).tolist()
    ([0, 4], [0, 8, 1, 9])
    """
    step = m * dilation
    starts = [np.arange(phase, outputs, step) for phase in range(min(dilation, outputs))]
    return np.concatenate(starts).astype(np.intp) if starts else np.empty(0, np.intp)


def transformed(kernel: Array, m: int) -> Iterator[Array]:
    """``G g Gᵀ``: for each of (m + 2)² places all channels and filters, computed in double.

    >>> [float(place[0, 0]) for place in transformed(np.ones((3, 3, 1, 1), np.float32), 2)][4:8]
    [1.5, 2.25, 0.75, 1.5]
    """
    g = TRANSFORMS[m].kernel
    for down in g:
        row = np.tensordot(down, kernel, 1)
        for weights in g:
            yield np.tensordot(weights, row, 1).astype(kernel.dtype)


def bound(call: Call) -> float:
    """c: Cin + 20 roundings on a term's way."""
    return call.shape[3] + 20.0


def scale(call: Call, x: Array, m: int) -> Array:
    """What the bound refers to, for each result, in float64 (N, OH, OW, Cout)."""
    absolute = Transforms(*(np.abs(matrix) for matrix in TRANSFORMS[m]))
    g, bt, at = absolute.kernel, absolute.input, absolute.output
    kernel = np.abs(call.kernel.astype(np.float64))
    weights = np.einsum("ua,abcf,vb->uvcf", g, kernel, g, optimize=True)
    down, across = call.rows.dilation, call.cols.dilation
    rows, cols = extended(call.row_cells, m, down), extended(call.col_cells, m, across)
    cells = np.abs(x.astype(np.float64))[:, rows][:, :, cols]
    cells[:, rows < 0] = cells[:, :, cols < 0] = 0
    sums = np.zeros(call.output_shape)
    starts = (
        tile_starts(count, step, m)
        for count, step in zip(call.output_shape[1:3], (down, across), strict=True)
    )
    for i, j in itertools.product(*starts):
        tile = cells[:, i::down][:, : m + 2, j::across][:, :, : m + 2]
        inputs = np.einsum("ua,nabc,vb->nuvc", bt, tile, bt, optimize=True)
        products = np.einsum("nuvc,uvcf->nuvf", inputs, weights)
        part = sums[:, i::down][:, :m, j::across][:, :, :m]
        y = np.einsum("iu,nuvf,jv->nijf", at, products, at, optimize=True)
        part += y[:, : part.shape[1], : part.shape[2]]
    return sums if call.bias is None else sums + np.abs(call.bias.astype(np.float64))


def extended(cells: Cells, m: int, dilation: int) -> Cells:
    """The cells of an axis, with zeros behind the padding for the last tile."""
    return np.append(cells, np.full((m + 2) * dilation, -1, np.intp))
