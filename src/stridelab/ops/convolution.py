"""Convolution and transposed convolution of images."""

from __future__ import annotations

import math

import numpy as np

from stridelab.geometry import TransposedAxis, TransposedGeometry
from stridelab.ops import activations, door, methods
from stridelab.ops.activations import Activation
from stridelab.ops.call import Array, Size, blocks, is_packed


def conv2d(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: Size = 1,
    padding: object = "valid",
    dilation_rate: Size = 1,
    groups: int = 1,
    data_format: str = "channels_last",
    padding_mode: str = "zeros",
    activation: Activation = None,
    method: str = "auto",
    out: Array | None = None,
) -> Array:
    """Slides a kernel over images and adds up the products under it.

    ``y[i, j, f] = bias[f] + Σ_a,b,m x[i·s + a·d − p_b, j·s + b·d − p_b, m] · kernel[a, b, m, f]``,
    with each axis' own ``s``, ``d`` and ``p_b``; positions outside the image show what
    `padding_mode` says. The kernel is not flipped (the field calls this cross-correlation
    convolution).

    Parameters
    ----------
    x : array
        (N, H, W, Cin) or (H, W, Cin); with channels_first (N, Cin, H, W) or (Cin, H, W). float32 or
        float64; kernel, bias and the result have the same dtype. N may be 0.
    kernel : array
        (KH, KW, Cin/groups, Cout), as in Keras. Depthwise: ``groups = Cin``.
    bias : array, optional
        (Cout,).
    strides, dilation_rate : int or (int, int)
        Cells between windows, and between a window's taps; for both axes or (rows, columns).
    padding : str, int or tuple
        ``valid``: none. ``same``: output size ⌈n/s⌉, the odd cell after (TensorFlow, Keras, JAX,
        ONNX SAME_UPPER); ``same_lower``: before. ``full``: e − 1 on every side. Or cells: a number
        for every side, (a, b) for rows and columns, ((top, bottom), (left, right)).
    groups : int
        Filters see only the channels of their own group; divides Cin and Cout.
    data_format : str
        ``channels_last`` or ``channels_first``, of `x` and of the result.
    padding_mode : str
        What padded cells show, for the row 1234 and 2 cells on each side: ``zeros`` 00|1234|00,
        ``reflect`` 32|1234|32, ``replicate`` 11|1234|44, ``circular`` 34|1234|12.
    activation : str, function or None
        ``linear``, ``relu``, ``sigmoid``, ``tanh``, ``softmax`` (over the channels), or a function
        of the result that returns an array of its shape.
    method : str
        ``auto``, or a key of `METHODS`.
    out : array, optional
        Where to put the result: of its shape and dtype, apart from the inputs.

    Returns
    -------
    array
        (N, OH, OW, Cout), laid out as `x` is.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy, before any array is read.

    Source: Dumoulin & Visin, arXiv:1603.07285; ``keras/src/ops/nn.py``, ``conv``.

    >>> x = np.arange(16.0).reshape(4, 4, 1)
    >>> box = np.ones((2, 2, 1, 1))
    >>> conv2d(x, box, strides=2)[..., 0]
    array([[10., 18.],
           [42., 50.]])
    >>> conv2d(x, box, padding="same").shape
    (4, 4, 1)
    """
    methods.check_name(method)
    activate = activations.check(activation)
    call, layout = door.convolution(
        x,
        kernel,
        bias,
        out,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        groups=groups,
        data_format=data_format,
        padding_mode=padding_mode,
    )
    chosen = methods.select(method, call)
    *_, filters = call.output_shape
    extra = activations.extra(activation, math.prod(call.output_shape) * x.itemsize, filters)
    door.judge_memory(call, layout, out, extra, chosen.work(call))
    call = call.packed()
    inner = np.empty(call.output_shape, x.dtype) if out is None else layout.inward(np.asarray(out))
    y = inner if is_packed(inner) else np.empty(call.output_shape, x.dtype)
    with np.errstate(all="ignore"):  # infinities and NaN are carried through in silence
        chosen.run(call, y)
    if y is not inner:
        inner[...] = y
    result = layout.outward(inner) if out is None else out
    activate(result, layout.channels)
    return result


def conv2d_transpose(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: Size = 1,
    padding: str = "valid",
    output_padding: Size | None = None,
    dilation_rate: Size = 1,
    data_format: str = "channels_last",
    activation: Activation = None,
) -> Array:
    """Lets each input cell add the kernel, scaled by the cell's value, to a larger output.

    ``y[i·s + a·d − c_b, j·s + b·d − c_b, f] += Σ_m x[i, j, m] · kernel[a, b, f, m]``, plus the
    bias. This is the gradient of `conv2d` with respect to its input: it brings sizes back, not
    values.

    Parameters
    ----------
    x : array
        (N, H, W, Cin) or (H, W, Cin); with channels_first (N, Cin, H, W) or (Cin, H, W). float32 or
        float64; kernel, bias and the result have the same dtype. N may be 0.
    kernel : array
        (KH, KW, Cout, Cin), as in Keras: the last two axes are swapped against `conv2d`'s.
    bias : array, optional
        (Cout,).
    strides, dilation_rate : int or (int, int)
        Output cells between the windows of neighbouring inputs, and between a window's taps.
    padding : str
        ``valid``: output size (n − 1)·s + max(e, s), per axis. ``same``: n·s.
    output_padding : int or (int, int), optional
        Cells added at the end, below the stride: VALID (n − 1)·s + e + op, SAME
        (n − 1)·s + e mod 2 + op. Beyond all windows the output is the bias.
    data_format, activation
        As for `conv2d`.

    Returns
    -------
    array
        (N, OH, OW, Cout), laid out as `x` is.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy, before any array is read.

    Source: Dumoulin & Visin, arXiv:1603.07285, chapter 4;
    ``keras/src/backend/common/backend_utils.py`` for the sizes.

    >>> x = np.array([[[1.0], [10.0]]])
    >>> row = np.ones((1, 3, 1, 1))
    >>> conv2d_transpose(x, row, strides=(1, 2))[0, :, 0]
    array([ 1.,  1., 11., 10., 10.])
    """
    activate = activations.check(activation)
    images, weights, axes, layout = door.transposed(
        x,
        kernel,
        bias,
        strides=strides,
        padding=padding,
        output_padding=output_padding,
        dilation_rate=dilation_rate,
        data_format=data_format,
        activation=activation,
    )
    y = np.empty((images.shape[0], *axes.output_shape, weights.shape[2]), images.dtype)
    y[...] = 0 if bias is None else bias
    with np.errstate(all="ignore"):
        _scatter(images, weights, axes, y)
    result = layout.outward(y)
    activate(result, layout.channels)
    return result


def _scatter(x: Array, kernel: Array, axes: TransposedGeometry, out: Array) -> None:
    """Adds every cell's windows to `out`: one product for all taps of a block, added tap by tap."""
    *taps, filters, channels = kernel.shape
    weights = kernel.reshape(-1, channels).T
    width = x.shape[2]
    for images, rows in blocks(x.shape[:2], width * weights.shape[1] * x.itemsize):
        cells = x[images, rows]
        products = (cells.reshape(-1, channels) @ weights).reshape(*cells.shape[:3], *taps, filters)
        for a, b in np.ndindex(*taps):
            down, targets_down = _meet(axes.rows, a, rows)
            across, targets_across = _meet(axes.cols, b, slice(0, width))
            out[images, targets_down, targets_across] += products[:, down, across, a, b]
        del products  # before the next ones are made


def _meet(axis: TransposedAxis, tap: int, cells: slice) -> tuple[slice, slice]:
    """Which of these input cells meet the output with this tap, counted from the first; and where.

    Cell i adds to output ``i·s + j·d − c_b``, where there is one.
    """
    first = cells.start * axis.stride + tap * axis.dilation - axis.crop_before
    skipped = max(0, -(first // axis.stride))
    stop = min(cells.stop - cells.start, -((first - axis.output_size) // axis.stride))
    count = max(0, stop - skipped)
    target = first + skipped * axis.stride
    reach = max(0, (count - 1) * axis.stride + 1)
    return slice(skipped, skipped + count), slice(target, target + reach, axis.stride)
