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

from stridelab.geometry import Axis
from stridelab.ops.call import Array, Call, Cells

#: Channels of a picture, and of one with transparency: so few that F(4×4) makes a tile at once.
FEWEST, FEW = 3, 4


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


def tile_count(axis: Axis, m: int) -> int:
    """The tiles of an axis; a tile's outputs are a dilation apart, so that each phase has its own.

    >>> from stridelab.geometry import conv_axis
    >>> tile_count(conv_axis(9, kernel=3), 4), tile_count(conv_axis(18, kernel=3, dilation=2), 4)
    (2, 4)
    """
    outputs, step = axis.output_size, axis.dilation
    return sum(-(-len(range(phase, outputs, step)) // m) for phase in range(min(step, outputs)))


def tile_starts(axis: Axis, m: int) -> tuple[Cells, Cells]:
    """The first output of each tile of an axis: of those that are whole, and of those that reach
    beyond the last output.

    >>> from stridelab.geometry import conv_axis
    >>> [starts.tolist() for starts in tile_starts(conv_axis(18, kernel=3, dilation=2), 4)]
    [[0, 1], [8, 9]]
    """
    outputs, step = axis.output_size, axis.dilation
    phases = [np.arange(phase, outputs, m * step) for phase in range(min(step, outputs))]
    starts = np.concatenate([*phases, []]).astype(np.intp)
    is_whole = starts + (m - 1) * step < outputs
    return starts[is_whole], starts[~is_whole]


def tile_places(call: Call, m: int) -> tuple[Cells, Cells]:
    """Each tile's image and the row and column of its first output; and where the four kinds end.

    A tile that reaches beyond the outputs lacks the last ones, and with them the last row or column
    of places: no other output needs those. Which tiles need a place stand side by side:

        lack columns │ whole │ lack rows │ lack both
        └─ last row of places ─┘
                     └─ last column of places ─┘            all others: all
    """
    (rows, cut_rows), (cols, cut_cols) = tile_starts(call.rows, m), tile_starts(call.cols, m)
    kinds = ((rows, cut_cols), (rows, cols), (cut_rows, cols), (cut_rows, cut_cols))
    ends = np.cumsum([call.shape[0] * len(i) * len(j) for i, j in kinds])
    places, images = np.empty((ends[-1], 3), np.intp), np.arange(call.shape[0])
    for (i, j), stop in zip(kinds, ends.tolist(), strict=True):
        first = stop - len(images) * len(i) * len(j)
        kind = places[first:stop].reshape(len(images), len(i), len(j), 3)
        kind[..., 0], kind[..., 1], kind[..., 2] = images[:, None, None], i[:, None], j
    return places.ravel(), ends


def transformed(kernel: Array, m: int) -> Iterator[Array]:
    """``G g Gᵀ``: for each row of m + 2 places (m + 2, Cin, Cout), computed in double.

    >>> [row[:, 0, 0].tolist() for row in transformed(np.ones((3, 3, 1, 1), np.float32), 2)][1]
    [1.5, 2.25, 0.75, 1.5]
    """
    g, (*_, channels, filters) = TRANSFORMS[m].kernel, kernel.shape
    rows = kernel.astype(np.float64).reshape(3, -1)
    for down in g:
        with np.errstate(all="ignore"):  # infinities and NaN are carried through in silence
            places = (g @ (down @ rows).reshape(3, -1)).astype(kernel.dtype)
        yield places.reshape(-1, channels, filters)


def goes_at_once(call: Call, m: int, lanes: int) -> bool:
    """Whether a tile goes from its cells to its outputs, so that its products are never stored.

    Its vectors are full of filters: there are as many as lanes, or more.
    """
    return m == 4 and call.shape[3] <= FEW and call.kernel.shape[3] >= lanes


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
    starts = (np.concatenate(tile_starts(axis, m)) for axis in (call.rows, call.cols))
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
