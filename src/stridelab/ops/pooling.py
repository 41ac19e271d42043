"""Pooling: the largest cell of each window, or the mean of its real cells.

Both can be done one axis at a time: first down the rows, then across the columns.
"""

from __future__ import annotations

import numpy as np

from stridelab.geometry import Axis, Geometry
from stridelab.ops import door
from stridelab.ops.call import Array, Cells, Size, blocks, border_cells, tap_cells


def max_pool2d(
    x: Array,
    pool_size: Size,
    *,
    strides: Size | None = None,
    padding: object = "valid",
    data_format: str = "channels_last",
) -> Array:
    """Takes the largest cell of each window, channel by channel.

    ``y[i, j, c] = max over a, b of x[i·s + a − p_b, j·s + b − p_b, c]``; padded cells are left out,
    so negative inputs keep their values at the border. A NaN wins.

    Parameters
    ----------
    x : array
        (N, H, W, C) or (H, W, C); with channels_first (N, C, H, W) or (C, H, W). float32 or
        float64. N may be 0.
    pool_size : int or (int, int)
        The window's cells, for both axes or (rows, columns).
    strides : int or (int, int), optional
        Cells between windows; the pool size where it is None.
    padding : str, int or tuple
        As for `conv2d`; numbers stay below the pool size.
    data_format : str
        ``channels_last`` or ``channels_first``.

    Returns
    -------
    array
        (N, OH, OW, C), laid out as `x` is.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy, before any array is read.

    Source: ``keras/src/ops/nn.py``, ``max_pool``.

    >>> x = np.array([[-5.0, -2.0, -3.0]])[..., np.newaxis]
    >>> max_pool2d(x, (1, 2), strides=1, padding="same")[..., 0]
    array([[-2., -2., -3.]])
    """
    images, axes, layout = door.pooling(
        x, pool_size, strides=strides, padding=padding, data_format=data_format
    )
    return layout.outward(_pool(images, axes, np.maximum, -np.inf))


def avg_pool2d(
    x: Array,
    pool_size: Size,
    *,
    strides: Size | None = None,
    padding: object = "valid",
    data_format: str = "channels_last",
) -> Array:
    """Takes the mean of each window's real cells, channel by channel.

    ``y[i, j, c] = Σ x[…] / count``, both over the cells of the window that lie on the image:
    padding counts for nothing, as in Keras, TensorFlow and JAX (and unlike PyTorch).

    Parameters
    ----------
    x, pool_size, strides, padding, data_format
        As for `max_pool2d`.

    Returns
    -------
    array
        (N, OH, OW, C), laid out as `x` is.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy, before any array is read.

    Source: ``keras/src/ops/nn.py``, ``average_pool``.

    >>> x = np.array([[1.0, 3.0, 7.0]])[..., np.newaxis]
    >>> avg_pool2d(x, (1, 2), strides=1, padding="same")[..., 0]
    array([[2., 5., 7.]])
    """
    images, axes, layout = door.pooling(
        x, pool_size, strides=strides, padding=padding, data_format=data_format
    )
    y = _pool(images, axes, np.add, 0)
    across = real_cells(axes.cols)[:, np.newaxis]
    for row, down in enumerate(real_cells(axes.rows)):
        y[:, row] /= (down * across).astype(y.dtype)
    return layout.outward(y)


@np.errstate(all="ignore")
def _pool(x: Array, axes: Geometry, combine: np.ufunc, neutral: float) -> Array:
    """Combines the cells of every window, some output rows at a time."""
    batch, _, width, channels = x.shape
    y = np.full((batch, *axes.output_shape, channels), neutral, x.dtype)
    row_taps, col_taps = (tap_cells(axis, border_cells(axis)) for axis in (axes.rows, axes.cols))
    for images, rows in blocks(y.shape[:2], width * channels * x.itemsize):
        ours = row_taps[rows]
        down = np.full((*y[images, rows].shape[:2], width, channels), neutral, x.dtype)
        _slide(x[images], ours, 1, combine, down)
        _slide(down, col_taps, 2, combine, y[images, rows])
        del down  # before the next one is made
    return y


def _slide(x: Array, taps: Cells, dim: int, combine: np.ufunc, out: Array) -> None:
    """Combines `out` with the real cells of its windows along one dimension, tap by tap."""
    before = (slice(None),) * dim
    for cells in taps.T:
        (inside,) = np.nonzero(cells >= 0)
        if inside.size:
            first, last = inside[0], inside[-1]  # all between them are inside as well
            step = cells[first + 1] - cells[first] if last > first else 1
            ours = out[(*before, slice(first, last + 1))]
            combine(ours, x[(*before, slice(cells[first], cells[last] + 1, step))], out=ours)


def real_cells(axis: Axis) -> Cells:
    """How many cells of each window lie on the input."""
    cells: Cells = np.count_nonzero(tap_cells(axis, border_cells(axis)) >= 0, axis=1)
    return cells
