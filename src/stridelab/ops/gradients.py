"""Gradients: how the sum of ``grad · result`` changes with an input, a kernel, a bias.

`grad` is the gradient of some number with respect to an operation's result, and what comes back is
the gradient of that number with respect to one of the operation's arguments.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from stridelab.geometry import Geometry, TransposedGeometry
from stridelab.geometry.phases import Reach, gradient_axis, meet
from stridelab.ops import door_gradients as door
from stridelab.ops import windows
from stridelab.ops.call import BLOCK, Array, Call, Size, blocks, packed
from stridelab.ops.convolution import spread
from stridelab.ops.pooling import max_pool2d, real_cells


def conv2d_input_grad(
    grad: Array,
    kernel: Array,
    input_shape: tuple[int, ...],
    *,
    strides: Size = 1,
    padding: object = "valid",
    dilation_rate: Size = 1,
    groups: int = 1,
    data_format: str = "channels_last",
    padding_mode: str = "zeros",
) -> Array:
    """Gives each cell of the images what every window that read it says: the gradient by x.

    ``dx[r, c, m] = Σ grad[i, j, f] · kernel[a, b, m, f]`` over all windows and taps with
    ``i·s + a·d − p_b`` showing row r and ``j·s + b·d − p_b`` column c. A cell that no window reads
    gets 0; under the padding modes that repeat cells, a cell also gets what its copies get.

    Parameters
    ----------
    grad : array
        (N, OH, OW, Cout) or (OH, OW, Cout), with channels_first (N, Cout, OH, OW) or
        (Cout, OH, OW): of the shape of the convolution's result.
    kernel : array
        (KH, KW, Cin/groups, Cout).
    input_shape : tuple of int
        The shape of the images.
    strides, padding, dilation_rate, groups, data_format, padding_mode
        Those of the convolution, as for `conv2d`.

    Returns
    -------
    array
        Of `input_shape`.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy, before any array is read.

    Source: Dumoulin & Visin, arXiv:1603.07285, chapter 4.

    >>> grad = np.array([[[1.0], [10.0]]])
    >>> conv2d_input_grad(grad, np.ones((1, 3, 1, 1)), (1, 6, 1), strides=(1, 2))[0, :, 0]
    array([ 1.,  1., 11., 10., 10.,  0.])
    """
    call, layout = door.input_gradient(
        grad,
        kernel,
        input_shape,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        groups=groups,
        data_format=data_format,
        padding_mode=padding_mode,
    )
    padded = call.padding_mode != "zeros"
    axes = _way_back(call, padded=padded)
    dx = np.zeros((call.shape[0], *axes.output_shape, call.shape[3]), grad.dtype)
    spread(packed(layout.inward(grad)), np.asarray(kernel), axes, call.groups, dx)
    return layout.outward(_folded(dx, call) if padded else dx)


def conv2d_kernel_grad(
    x: Array,
    grad: Array,
    kernel_shape: tuple[int, ...],
    *,
    strides: Size = 1,
    padding: object = "valid",
    dilation_rate: Size = 1,
    groups: int = 1,
    data_format: str = "channels_last",
    padding_mode: str = "zeros",
) -> Array:
    """Gives each weight the products of the cells that it met and what their windows say.

    ``dkernel[a, b, m, f] = Σ_i,j x[i·s + a·d − p_b, j·s + b·d − p_b, m] · grad[i, j, f]``, over all
    images; positions outside the image show what `padding_mode` says.

    Parameters
    ----------
    x : array
        (N, H, W, Cin) or (H, W, Cin); with channels_first (N, Cin, H, W) or (Cin, H, W).
    grad : array
        (N, OH, OW, Cout), laid out as `x` is: of the shape of the convolution's result.
    kernel_shape : tuple of int
        (KH, KW, Cin/groups, Cout).
    strides, padding, dilation_rate, groups, data_format, padding_mode
        Those of the convolution, as for `conv2d`.

    Returns
    -------
    array
        Of `kernel_shape`.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy, before any array is read.

    Source: Goodfellow, Bengio & Courville, Deep Learning (2016), equation 9.11.

    >>> x = np.array([[[1.0], [2.0], [4.0], [8.0]]])
    >>> conv2d_kernel_grad(x, np.array([[[1.0], [10.0]]]), (1, 2, 1, 1), strides=2).ravel()
    array([41., 82.])
    """
    call, layout = door.kernel_gradient(
        x,
        grad,
        kernel_shape,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        groups=groups,
        data_format=data_format,
        padding_mode=padding_mode,
    )
    dkernel = np.zeros(call.kernel.shape, x.dtype)
    _correlate(call, packed(layout.inward(x)), packed(layout.inward(grad)), dkernel)
    return dkernel


def conv2d_bias_grad(grad: Array, *, data_format: str = "channels_last") -> Array:
    """Adds up what all cells of a filter say: ``dbias[f] = Σ_i,j grad[i, j, f]``, over all images.

    Parameters
    ----------
    grad : array
        (N, OH, OW, Cout) or (OH, OW, Cout); with channels_first (N, Cout, OH, OW) or
        (Cout, OH, OW).
    data_format : str
        ``channels_last`` or ``channels_first``.

    Returns
    -------
    array
        (Cout,); added in double precision.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy.

    Source: ``tensorflow/core/kernels/bias_op.cc``, ``BiasGradOp``.

    >>> conv2d_bias_grad(np.array([[[1.0, 10.0], [2.0, 20.0]]]))
    array([ 3., 30.])
    """
    layout = door.bias_gradient(grad, data_format)
    with np.errstate(all="ignore"):
        sums: Array = layout.inward(np.asarray(grad)).sum(axis=(0, 1, 2), dtype=np.float64)
        return sums.astype(grad.dtype)


def max_pool2d_grad(
    x: Array,
    grad: Array,
    pool_size: Size,
    *,
    strides: Size | None = None,
    padding: object = "valid",
    data_format: str = "channels_last",
) -> Array:
    """Gives the largest cell of each window what the window says; the first of equal ones.

    The first is the one in the highest row, and there the leftmost, as in TensorFlow and JAX; a NaN
    counts as the largest. Padding gets nothing.

    Parameters
    ----------
    x : array
        (N, H, W, C) or (H, W, C); with channels_first (N, C, H, W) or (C, H, W).
    grad : array
        (N, OH, OW, C), laid out as `x` is: of the shape of the pooling's result.
    pool_size, strides, padding, data_format
        Those of the pooling, as for `max_pool2d`.

    Returns
    -------
    array
        Of the shape of `x`.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy, before any array is read.

    Source: ``tensorflow/core/kernels/maxpooling_op.cc``, ``SpatialMaxPoolWithArgMaxHelper``.

    >>> x = np.array([[5.0, 7.0, 7.0, 1.0]])[..., np.newaxis]
    >>> grad = np.array([[1.0, 10.0, 100.0]])[..., np.newaxis]
    >>> max_pool2d_grad(x, grad, (1, 2), strides=1)[..., 0]
    array([[  0.,  11., 100.,   0.]])
    """
    pooling, layout = door.max_pooling(
        x, grad, pool_size, strides=strides, padding=padding, data_format=data_format
    )
    images, says = packed(layout.inward(x)), packed(layout.inward(grad))
    tops = max_pool2d(images, pool_size, strides=strides, padding=padding)
    axes = _way_back(pooling)
    dx = np.zeros(images.shape, x.dtype)
    for batch, rows, cols in blocks(says.shape[:3], 4 * says.shape[3] * x.itemsize):
        down = [meet(axes.rows, tap, rows) for tap in range(axes.rows.kernel)]
        across = [meet(axes.cols, tap, cols) for tap in range(axes.cols.kernel)]
        ours = batch, rows, cols
        _give_to_first(images[batch], tops[ours], says[ours], down, across, dx[batch])
    return layout.outward(dx)


def avg_pool2d_grad(
    grad: Array,
    input_shape: tuple[int, ...],
    pool_size: Size,
    *,
    strides: Size | None = None,
    padding: object = "valid",
    data_format: str = "channels_last",
) -> Array:
    """Shares what each window says evenly among its real cells.

    ``dx[r, c, m] = Σ grad[i, j, m] / count[i, j]`` over the windows that hold the cell, where count
    is a window's number of cells on the image: padding gets nothing.

    Parameters
    ----------
    grad : array
        (N, OH, OW, C) or (OH, OW, C); with channels_first (N, C, OH, OW) or (C, OH, OW): of the
        shape of the pooling's result.
    input_shape : tuple of int
        The shape of the images.
    pool_size, strides, padding, data_format
        Those of the pooling, as for `avg_pool2d`.

    Returns
    -------
    array
        Of `input_shape`.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy, before any array is read.

    Source: ``tensorflow/core/kernels/avgpooling_op.cc``, ``AvgPoolingGradOp``.

    >>> grad = np.array([[2.0, 20.0, 200.0]])[..., np.newaxis]
    >>> avg_pool2d_grad(grad, (1, 3, 1), (1, 2), strides=1, padding="same")[..., 0]
    array([[  1.,  11., 210.]])
    """
    shape, pooling, layout = door.average_pooling(
        grad,
        input_shape,
        pool_size,
        strides=strides,
        padding=padding,
        data_format=data_format,
    )
    dx = np.zeros(shape, grad.dtype)
    _share_out(packed(layout.inward(grad)), pooling, dx)
    return layout.outward(dx)


def _way_back(axes: Geometry | Call, *, padded: bool = False) -> TransposedGeometry:
    """From windows to the cells that they read; with `padded` to padded cells too."""
    rows, cols = (gradient_axis(axis, padded=padded) for axis in (axes.rows, axes.cols))
    return TransposedGeometry(rows, cols)


@np.errstate(all="ignore")
def _folded(padded: Array, call: Call) -> Array:
    """The images without their borders, once each border cell has given to the one it shows."""
    images = padded
    for dim, axis, shown in ((1, call.rows, call.row_cells), (2, call.cols, call.col_cells)):
        lines = images.swapaxes(0, dim)
        inside = lines[axis.pad_before : axis.pad_before + axis.size]
        for line in (*range(axis.pad_before), *range(axis.pad_before + axis.size, len(lines))):
            inside[shown[line]] += lines[line]
        images = inside.swapaxes(0, dim)
    return images


@np.errstate(all="ignore")
def _correlate(call: Call, x: Array, grad: Array, out: Array) -> None:
    """Adds ``Σ x[i·s + a·d − p_b, …, m] · grad[i, …, f]`` to `out`, some windows at a time.

    Where the kernel is larger than a block, so are the pieces: adding up costs little then.
    """
    alone = call.kernel.shape[2] == 1 < call.groups
    each = windows.bytes_per_output(call) * (1 if alone else 2)
    piece = each * BLOCK // max(BLOCK, out.nbytes)
    sums = out.reshape(*out.shape[:3], call.groups, -1)
    for images, rows, cols in blocks(grad.shape[:3], piece):
        seen = windows.views(call, x, images, rows, cols)
        says = grad[images, rows, cols].reshape(*seen.shape[:3], call.groups, -1)
        if alone:  # no sum over channels, so no matrix product
            sums += np.einsum("nijabgm,nijgf->abmgf", seen, says)
        else:
            sums += _products(seen, says)


def _products(seen: Array, says: Array) -> Array:
    """(KH, KW, m, g, f): group by group, the matrix of windows, turned, times what they say."""
    *outputs, down, across, groups, depth = seen.shape
    count = math.prod(outputs)
    matrix = seen.transpose(5, 0, 1, 2, 3, 4, 6).reshape(groups, count, -1)
    products = matrix.swapaxes(1, 2) @ says.reshape(count, groups, -1).swapaxes(0, 1)
    return products.reshape(groups, down, across, depth, -1).transpose(1, 2, 3, 0, 4)


@np.errstate(all="ignore")
def _give_to_first(
    x: Array, tops: Array, grad: Array, down: list[Reach], across: list[Reach], out: Array
) -> None:
    """Each window's first cell that is its largest, row by row, gets what the window says."""
    waiting = np.ones(tops.shape, np.bool_)
    for (rows, lines), (cols, places) in itertools.product(down, across):
        ours, theirs = (slice(None), rows, cols), (slice(None), lines, places)
        found = waiting[ours] & ((x[theirs] == tops[ours]) | np.isnan(x[theirs]))
        np.add(out[theirs], grad[ours], out=out[theirs], where=found)
        waiting[ours] &= ~found


@np.errstate(all="ignore")
def _share_out(grad: Array, pooling: Geometry, out: Array) -> None:
    """Gives every cell its windows' shares: first across the columns, then down the rows."""
    axes, width = _way_back(pooling), slice(0, grad.shape[2])
    across = real_cells(pooling.cols)[:, np.newaxis]
    for images, rows in blocks(grad.shape[:2], math.prod(out.shape[2:]) * out.itemsize):
        down = real_cells(pooling.rows)[rows, np.newaxis, np.newaxis]
        shares = grad[images, rows] / (down * across).astype(grad.dtype)
        lines = np.zeros((*shares.shape[:2], *out.shape[2:]), out.dtype)
        for tap in range(axes.cols.kernel):
            ours, theirs = meet(axes.cols, tap, width)
            lines[:, :, theirs] += shares[:, :, ours]
        for tap in range(axes.rows.kernel):
            ours, theirs = meet(axes.rows, tap, rows)
            out[images, theirs] += lines[:, ours]
