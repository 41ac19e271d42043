"""Pooling: the largest cell of each window, or the mean of its real cells.

Both can be done one axis at a time: first down the rows, then across the columns.
"""

from __future__ import annotations

import numpy as np

from stridelab.geometry import Axis, Geometry
from stridelab.ops import door
from stridelab.ops.call import Array, Size, border_cells, image_blocks


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
    y /= np.multiply.outer(_real_cells(axes.rows), _real_cells(axes.cols))[..., np.newaxis]
    return layout.outward(y)


@np.errstate(all="ignore")
def _pool(x: Array, axes: Geometry, combine: np.ufunc, neutral: float) -> Array:
    """Combines the cells of every window, some images at a time."""
    y = np.empty((x.shape[0], *axes.output_shape, x.shape[3]), x.dtype)
    for images in image_blocks(x.shape[0], x[:1].nbytes):
        down = _slide(x[images], axes.rows, 1, combine, neutral)
        y[images] = _slide(down, axes.cols, 2, combine, neutral)
    return y


def _slide(x: Array, axis: Axis, dim: int, combine: np.ufunc, neutral: float) -> Array:
    """Combines the cells of every window along one dimension, tap by tap."""
    padded = x
    if axis.pad_before or axis.pad_after:
        cells = border_cells(axis)
        padded = x.take(cells, axis=dim)
        np.moveaxis(padded, dim, 0)[cells < 0] = neutral
    reach = (axis.output_size - 1) * axis.stride + 1
    taps = (
        padded[(slice(None),) * dim + (slice(tap, tap + reach, axis.stride),)]
        for tap in range(axis.kernel)
    )
    result = next(taps).copy()
    for tap in taps:
        combine(result, tap, out=result)
    return result


def _real_cells(axis: Axis) -> Array:
    """How many cells of each window lie on the input."""
    return _slide(np.ones(axis.size), axis, 0, np.add, 0)
