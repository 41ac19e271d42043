"""Convolution and transposed convolution of images."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from stridelab.geometry import TransposedGeometry
from stridelab.geometry.phases import Phases, Reach, phases
from stridelab.ops import activations, door, memory, methods
from stridelab.ops.activations import Activation
from stridelab.ops.call import Array, Size, blocks, in_order, is_packed


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
    convolve = prepare_conv2d(
        x,
        kernel,
        bias,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        groups=groups,
        data_format=data_format,
        padding_mode=padding_mode,
        activation=activation,
        method=method,
        out=out,
    )
    return convolve(x, out)


def prepare_conv2d(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    activation: Activation = None,
    method: str = "auto",
    out: Array | None = None,
    kept: dict[str, Any] | None = None,
    **arguments: Any,
) -> Prepared:
    """`conv2d` up to the point where the images' values are needed: a function of such images.

    Parameters
    ----------
    x : array
        As `conv2d`'s; only its form is looked at. What is returned takes images of that shape and
        dtype and checks nothing again.
    kept : dict, optional
        What was made of the weights alone, to be shared by calls with the same weights.

    Raises
    ------
    StrideLabError
        As `conv2d`, to which all other parameters belong.

    >>> x, box = np.ones((4, 4, 1)), np.ones((2, 2, 1, 1))
    >>> convolve = prepare_conv2d(
    ...     x, box, strides=2, padding="valid", dilation_rate=1, groups=1,
    ...     data_format="channels_last", padding_mode="zeros",
    ... )
    >>> convolve(x)[..., 0].tolist(), convolve(2 * x)[..., 0].tolist()
    ([[4.0, 4.0], [4.0, 4.0]], [[8.0, 8.0], [8.0, 8.0]])
    """
    methods.check_name(method)
    activate = activations.check(activation)
    call, layout = door.convolution(x, kernel, bias, out, **arguments)
    chosen = methods.select(method, call)
    *_, filters = call.output_shape
    extra = activations.extra(activation, math.prod(call.output_shape) * x.itemsize, filters)
    door.judge_memory(call, x, layout, out, extra, chosen.work(call))
    call = replace(call.packed(), kept={} if kept is None else kept)
    if chosen.floors and activation == "relu":
        call, activate = replace(call, floor=0.0), activations.linear
    return Prepared(chosen.prepare(call), layout, call.output_shape, x.dtype, activate)


class Prepared:
    """A convolution that waits for its images: `prepare_conv2d` makes it.

    Parameters
    ----------
    run : function
        Of the images (N, H, W, Cin) and the result (N, OH, OW, Cout) that it fills.
    layout : Layout
        How the caller's images lie in memory.
    shape : (int, int, int, int)
        (N, OH, OW, Cout).
    dtype : dtype
        Of all arrays.
    activate : function
        Applied to the result, in place.
    """

    def __init__(
        self,
        run: methods.Run,
        layout: door.Layout,
        shape: tuple[int, int, int, int],
        dtype: np.dtype[Any],
        activate: activations.InPlace,
    ) -> None:
        self._run, self._layout, self._empty = run, layout, memory.maker(shape, dtype)
        self._is_inward = layout.is_inward
        self._activate = None if activate is activations.linear else activate

    def __call__(self, x: Array, out: Array | None = None) -> Array:
        """The convolution of `x`, in `out` where that is given."""
        images = x if self._is_inward else self._layout.inward(x)
        if type(images) is not np.ndarray or not images.flags.carray:
            images = in_order(images)
        if out is not None:
            self._fill(out, images)
            result = out
        else:
            y = self._empty()
            self._run(images, y)
            result = y if self._is_inward else self._layout.outward(y)
        if self._activate:
            self._activate(result, self._layout.channels)
        return result

    def _fill(self, out: Array, images: Array) -> None:
        """Puts the convolution into the caller's array, through another where it must."""
        inner = self._layout.inward(np.asarray(out))
        y = inner if is_packed(inner) else self._empty()
        self._run(images, y)
        if y is not inner:
            inner[...] = y


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
    method: str = "auto",
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
        What is added to the size, below the stride: VALID (n − 1)·s + e + op, the cells at the
        end; SAME (n − 1)·s + e mod 2 + op, and half of what is then still cut off, rounded down,
        is cut off before, so that the first cell comes back at the start. Beyond all windows the
        output is the bias.
    data_format, activation, method
        As for `conv2d`; the method is that of the convolutions that it is computed by.

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
    y = np.zeros((images.shape[0], *axes.output_shape, weights.shape[2]), images.dtype)
    spread(images, weights, axes, 1, y, methods.check_name(method))
    if bias is not None:
        with np.errstate(all="ignore"):
            y += bias
    result = layout.outward(y)
    activate(result, layout.channels)
    return result


def spread(
    x: Array,
    kernel: Array,
    axes: TransposedGeometry,
    groups: int,
    out: Array,
    method: str = "auto",
) -> None:
    """Lets each cell of `x` add its window to `out`, which holds zeros: a convolution's way back.

    ``out[i·s + a·d − c_b, j·s + b·d − c_b, m] += Σ_f x[i, j, f] · kernel[a, b, m, f]``, by phases
    (`stridelab.geometry.phases`): one convolution of stride 1 computes a group of them, with a
    filter for each phase and channel, and its results are dealt out. Zeros stand beyond `x`, so
    that an infinite weight may give NaN at the border.

    Parameters
    ----------
    x : array
        (N, H, W, Cout), packed.
    kernel : array
        (KH, KW, Cin/groups, Cout).
    out : array
        (N, OH, OW, Cin), packed.
    method : str
        Of these convolutions.

    Source: Shi et al., arXiv:1609.07009.
    """
    for down, across in itertools.product(phases(axes.rows), phases(axes.cols)):
        weights = _turned(kernel, down, across, groups)
        straight = down.fills and across.fills
        positions = (len(x), down.positions, across.positions)
        parts: Iterable[tuple[slice, ...]] = [tuple(slice(0, count) for count in positions)]
        if not straight:
            parts = blocks(positions, (x.shape[3] + weights.shape[3]) * x.itemsize)
        for images, rows, cols in parts:
            cells_down, pads_down = down.reads(rows)
            cells_across, pads_across = across.reads(cols)
            y = conv2d(
                x[images, cells_down, cells_across],
                weights,
                padding=(pads_down, pads_across),
                dilation_rate=(down.dilation, across.dilation),
                groups=groups,
                method=method,
                out=out if straight else None,
            )
            if not straight:
                _deal(y, down.reaches(rows), across.reaches(cols), groups, out[images])


def _turned(kernel: Array, down: Phases, across: Phases, groups: int) -> Array:
    """(T, T′, Cout/groups, Cin·phases): the taps of these phases, in and out changed over."""
    rows, cols = np.array(down.taps), np.array(across.taps)
    taps = kernel[rows[:, :, np.newaxis, np.newaxis], cols]  # phases, T, phases, T′, in, out
    parts = taps.reshape(*taps.shape[:5], groups, -1).transpose(1, 3, 6, 5, 0, 2, 4)
    turned: Array = parts.reshape(*parts.shape[:3], -1)
    return turned


def _deal(
    y: Array, down: tuple[Reach, ...], across: tuple[Reach, ...], groups: int, out: Array
) -> None:
    """Puts each phase's results, side by side among the filters, where its cells are."""
    parts = y.reshape(*y.shape[:3], groups, len(down), len(across), -1)
    cells = out.reshape(*out.shape[:3], groups, -1)
    for u, v in np.ndindex(len(down), len(across)):
        (rows, to_rows), (cols, to_cols) = down[u], across[v]
        cells[:, to_rows, to_cols] = parts[:, rows, cols, :, u, v]
