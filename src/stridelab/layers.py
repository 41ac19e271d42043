"""Layers with Keras' constructor signatures: they hold arguments and weights, `ops` computes.

A layer is built for a number of channels by its first call, or by `build`; from then on its weights
change only through `set_weights`. Layers compute, they do not train.

>>> x = np.ones((1, 9, 12, 3), np.float32)
>>> for layer in (Conv2D(8, 3, strides=2, padding="same"), MaxPooling2D(), Conv2DTranspose(1, 4)):
...     x = layer(x)
...     print(x.shape, [weight.shape for weight in layer.get_weights()])
(1, 5, 6, 8) [(3, 3, 3, 8), (8,)]
(1, 2, 3, 8) []
(1, 5, 6, 1) [(4, 4, 1, 8), (1,)]
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from stridelab._layer import (
    Convolution,
    Initializer,
    Layer,
    Pair,
    Pooling,
    Weights,
    grouped,
    written,
)
from stridelab.errors import StrideLabError, shown
from stridelab.geometry import conv_geometry, transposed_geometry
from stridelab.geometry.checks import pair, whole
from stridelab.ops import avg_pool2d, conv2d_transpose, door, max_pool2d, memory
from stridelab.ops.activations import Activation
from stridelab.ops.call import Array, Size

__all__ = [
    "AveragePooling2D",
    "Conv2D",
    "Conv2DTranspose",
    "DepthwiseConv2D",
    "MaxPooling2D",
    "SeparableConv2D",
    "ZeroPadding2D",
]


def __dir__() -> list[str]:
    return __all__  # what Tab offers


class Conv2D(Convolution):
    """A convolution and its weights: `stridelab.conv2d` behind Keras' constructor.

    Parameters
    ----------
    filters : int
        Cout, the channels of the result.
    kernel_size, strides, dilation_rate : int or (int, int)
        Cells, for both axes or (rows, columns); strides or dilation_rate over 1, not both.
    padding : str
        ``valid`` or ``same``, in any case.
    data_format : str, optional
        ``channels_last``, also for None, or ``channels_first``.
    groups : int
        Divides the input's channels and `filters`.
    activation : str, function or None
        As for `stridelab.conv2d`, but for softmax: it takes the last axis, as in Keras.
    use_bias : bool
        Whether a bias is added.
    kernel_initializer, bias_initializer : str, function or None
        ``glorot_uniform``: uniform between ``±√(6/(fan_in + fan_out))``, a fan being the kernel's
        cells times the channels on its side; ``zeros``; ``ones``; or a function of
        ``(shape, dtype=…)``.
    kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint
        None: they act in training only.
    name : str, optional
        For you.
    dtype : str
        ``float32`` or ``float64``: of weights, inputs and results.
    seed : int, optional
        The same seed draws the same weights.

    Attributes
    ----------
    kernel : array
        (KH, KW, Cin/groups, Cout), read-only.
    bias : array or None
        (Cout,), read-only.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy; already in the constructor where that can tell.

    Source: ``keras/src/layers/convolutional/base_conv.py``;
    ``keras/src/initializers/random_initializers.py``.

    >>> layer = Conv2D(32, 3, strides=2, padding="same", seed=0)
    >>> layer(np.ones((1, 32, 32, 3), np.float32)).shape, layer.count_params()
    ((1, 16, 16, 32), 896)
    >>> layer
    Conv2D(32, 3, strides=2, padding='same', seed=0)
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Size,
        strides: Size = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Size = (1, 1),
        groups: int = 1,
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: None = None,
        bias_regularizer: None = None,
        activity_regularizer: None = None,
        kernel_constraint: None = None,
        bias_constraint: None = None,
        *,
        name: str | None = None,
        dtype: npt.DTypeLike = "float32",
        seed: int | None = None,
    ) -> None:
        self._take(locals())
        self.filters = whole("filters", filters)
        self.groups = whole("groups", groups)
        if self.filters % self.groups:
            raise StrideLabError("groups", "divide the filters", str(groups), f"{filters} filters")
        self._refuse_strides_with_dilation()

    def _output_channels(self, channels: int) -> int:
        if channels % self.groups:
            context = f"{channels} channels"
            raise StrideLabError("groups", "divide the channels", str(self.groups), context)
        return self.filters

    def _weight_shapes(self, channels: int) -> dict[str, tuple[int, ...]]:
        kernel = (*self.kernel_size, channels // self.groups, self.filters)
        return self._with_bias({"kernel": kernel}, self.filters)

    def _prepare(self, x: Array, weights: Weights) -> Callable[[Array], Array]:
        kernel, bias = weights["kernel"], weights.get("bias")
        return self._prepared(x, weights, "kernel", kernel, bias, self.groups, self._active)


class DepthwiseConv2D(Convolution):
    """A convolution of each channel by itself: channel c gives the results c·m … c·m + m − 1.

    Parameters
    ----------
    kernel_size, strides, dilation_rate : int or (int, int)
        As for `Conv2D`; here strides and dilation_rate may both be over 1.
    depth_multiplier : int
        m, the results of one channel.
    depthwise_initializer, bias_initializer : str, function or None
        As `Conv2D`'s `kernel_initializer`; so are the other parameters as `Conv2D`'s.

    Attributes
    ----------
    kernel : array
        (KH, KW, Cin, m), read-only.
    bias : array or None
        (Cin·m,), read-only.

    Raises
    ------
    StrideLabError
        As for `Conv2D`.

    Source: ``keras/src/layers/convolutional/base_depthwise_conv.py``.

    >>> layer = DepthwiseConv2D((3, 1), strides=2, padding="same", dilation_rate=2)
    >>> layer.compute_output_shape((None, 8, 9, 4))
    (None, 4, 5, 4)
    """

    _drawn_by = {"kernel": "depthwise_initializer", "bias": "bias_initializer"}

    def __init__(
        self,
        kernel_size: Size,
        strides: Size = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Size = (1, 1),
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        depthwise_regularizer: None = None,
        bias_regularizer: None = None,
        activity_regularizer: None = None,
        depthwise_constraint: None = None,
        bias_constraint: None = None,
        *,
        name: str | None = None,
        dtype: npt.DTypeLike = "float32",
        seed: int | None = None,
    ) -> None:
        self._take(locals())
        self.depth_multiplier = whole("depth_multiplier", depth_multiplier)

    def _output_channels(self, channels: int) -> int:
        return channels * self.depth_multiplier

    def _weight_shapes(self, channels: int) -> dict[str, tuple[int, ...]]:
        kernel = (*self.kernel_size, channels, self.depth_multiplier)
        return self._with_bias({"kernel": kernel}, channels * self.depth_multiplier)

    def _prepare(self, x: Array, weights: Weights) -> Callable[[Array], Array]:
        kernel, bias = grouped(weights["kernel"]), weights.get("bias")
        groups = weights["kernel"].shape[2]
        return self._prepared(x, weights, "kernel", kernel, bias, groups, self._active)


class SeparableConv2D(Convolution):
    """A depthwise convolution, then a 1×1 one that mixes its results.

    Parameters
    ----------
    filters : int
        Cout, the channels of the result.
    kernel_size, strides, dilation_rate : int or (int, int)
        Of the depthwise part, as for `DepthwiseConv2D`.
    depth_multiplier : int
        m, the depthwise results of one channel.
    depthwise_initializer, pointwise_initializer, bias_initializer : str, function or None
        As `Conv2D`'s `kernel_initializer`; so are the other parameters as `Conv2D`'s.

    Attributes
    ----------
    depthwise_kernel, pointwise_kernel : array
        (KH, KW, Cin, m) and (1, 1, Cin·m, Cout), read-only.
    bias : array or None
        (Cout,), read-only; added after both.

    Raises
    ------
    StrideLabError
        As for `Conv2D`.

    Source: ``keras/src/layers/convolutional/base_separable_conv.py``.

    >>> layer = SeparableConv2D(32, 3, padding="same")
    >>> layer.build((None, 32, 32, 3))
    >>> layer.count_params()
    155
    """

    _drawn_by = {
        "depthwise_kernel": "depthwise_initializer",
        "pointwise_kernel": "pointwise_initializer",
        "bias": "bias_initializer",
    }

    def __init__(
        self,
        filters: int,
        kernel_size: Size,
        strides: Size = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Size = (1, 1),
        depth_multiplier: int = 1,
        activation: Activation = None,
        use_bias: bool = True,
        depthwise_initializer: Initializer = "glorot_uniform",
        pointwise_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        depthwise_regularizer: None = None,
        pointwise_regularizer: None = None,
        bias_regularizer: None = None,
        activity_regularizer: None = None,
        depthwise_constraint: None = None,
        pointwise_constraint: None = None,
        bias_constraint: None = None,
        *,
        name: str | None = None,
        dtype: npt.DTypeLike = "float32",
        seed: int | None = None,
    ) -> None:
        self._take(locals())
        self.filters = whole("filters", filters)
        self.depth_multiplier = whole("depth_multiplier", depth_multiplier)

    @property
    def depthwise_kernel(self) -> Array:
        """The kernel of the depthwise part, read-only."""
        return self._built_weights("depthwise_kernel")["depthwise_kernel"]

    @property
    def pointwise_kernel(self) -> Array:
        """The kernel of the 1×1 part, read-only."""
        return self._built_weights("pointwise_kernel")["pointwise_kernel"]

    def _output_channels(self, channels: int) -> int:
        return self.filters

    def _weight_shapes(self, channels: int) -> dict[str, tuple[int, ...]]:
        kernels: dict[str, tuple[int, ...]] = {
            "depthwise_kernel": (*self.kernel_size, channels, self.depth_multiplier),
            "pointwise_kernel": (1, 1, channels * self.depth_multiplier, self.filters),
        }
        return self._with_bias(kernels, self.filters)

    def _prepare(self, x: Array, weights: Weights) -> Callable[[Array], Array]:
        depthwise, pointwise = weights["depthwise_kernel"], weights["pointwise_kernel"]
        groups = depthwise.shape[2]
        spread = self._prepared(x, weights, "depthwise_kernel", grouped(depthwise), groups=groups)
        mix = self._prepared(
            spread(x),
            weights,
            "pointwise_kernel",
            pointwise,
            weights.get("bias"),
            activation=self._active,
        )
        return lambda images: mix(spread(images))


class Conv2DTranspose(Convolution):
    """A transposed convolution and its weights: `stridelab.conv2d_transpose`, Keras' constructor.

    Parameters
    ----------
    output_padding : int or (int, int), optional
        Cells added to the size, below the strides; None for the default sizes.
    filters, kernel_size, strides, …
        As for `Conv2D`, without groups.

    Attributes
    ----------
    kernel : array
        (KH, KW, Cout, Cin), read-only.
    bias : array or None
        (Cout,), read-only.

    Raises
    ------
    StrideLabError
        As for `Conv2D`.

    Source: ``keras/src/layers/convolutional/base_conv_transpose.py``.

    >>> Conv2DTranspose(8, 3, strides=2, padding="same").compute_output_shape((None, 7, 8, 3))
    (None, 14, 16, 8)
    """

    _for_cells = ""

    def __init__(
        self,
        filters: int,
        kernel_size: Size,
        strides: Size = (1, 1),
        padding: str = "valid",
        output_padding: Size | None = None,
        data_format: str | None = None,
        dilation_rate: Size = (1, 1),
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: None = None,
        bias_regularizer: None = None,
        activity_regularizer: None = None,
        kernel_constraint: None = None,
        bias_constraint: None = None,
        *,
        name: str | None = None,
        dtype: npt.DTypeLike = "float32",
        seed: int | None = None,
    ) -> None:
        self._take(locals())
        self.filters = whole("filters", filters)
        self.output_padding = output_padding
        if output_padding is not None:
            self.output_padding = pair("output_padding", output_padding, minimum=0)
            if any(more >= s for more, s in zip(self.output_padding, self.strides, strict=True)):
                got, context = written(self.output_padding), f"strides={written(self.strides)}"
                raise StrideLabError("output_padding", "be below the strides", got, context)
        self._refuse_strides_with_dilation()

    def _output_channels(self, channels: int) -> int:
        return self.filters

    def _weight_shapes(self, channels: int) -> dict[str, tuple[int, ...]]:
        return self._with_bias(
            {"kernel": (*self.kernel_size, self.filters, channels)}, self.filters
        )

    def _output_size(self, size: Pair) -> Pair:
        return transposed_geometry(
            size,
            self.kernel_size,
            self.strides,
            self.padding,
            self.dilation_rate,
            self.output_padding,
        ).output_shape

    def _prepare(self, x: Array, weights: Weights) -> Callable[[Array], Array]:
        return functools.partial(
            conv2d_transpose,
            kernel=weights["kernel"],
            bias=weights.get("bias"),
            strides=self.strides,
            padding=self.padding,
            output_padding=self.output_padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
            activation=self._active,
        )


class MaxPooling2D(Pooling):
    """Takes the largest cell of each window: `stridelab.max_pool2d` behind Keras' constructor.

    Parameters
    ----------
    pool_size, strides : int or (int, int)
        Cells, for both axes or (rows, columns); strides None: the pool size.
    padding : str
        ``valid`` or ``same``, in any case.
    data_format : str, optional
        ``channels_last``, also for None, or ``channels_first``.
    name : str, optional
        For you.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy.

    Source: ``keras/src/layers/pooling/base_pooling.py``.

    >>> MaxPooling2D((2, 3), padding="same").compute_output_shape((None, 7, 8, 3))
    (None, 4, 3, 3)
    """

    _pool = staticmethod(max_pool2d)

    def __init__(
        self,
        pool_size: Size = (2, 2),
        strides: Size | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name)


class AveragePooling2D(Pooling):
    """Takes the mean of each window's real cells: `stridelab.avg_pool2d`, Keras' constructor.

    Parameters
    ----------
    pool_size, strides, padding, data_format, name
        As for `MaxPooling2D`; here the pool size has no default.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy.

    Source: ``keras/src/layers/pooling/base_pooling.py``.

    >>> AveragePooling2D(3, strides=1, padding="same")(np.ones((1, 5, 5, 1)))[0, 0, 0]
    array([1.])
    """

    _pool = staticmethod(avg_pool2d)

    def __init__(
        self,
        pool_size: Size,
        strides: Size | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name)


class ZeroPadding2D(Layer):
    """Adds rows and columns of zeros around each image; a layer with padding='valid' can follow.

    Parameters
    ----------
    padding : int, (int, int) or ((int, int), (int, int))
        Cells: on every side, (above and below, left and right), or ((top, bottom), (left, right)).
    data_format : str, optional
        ``channels_last``, also for None, or ``channels_first``.
    name : str, optional
        For you.

    Raises
    ------
    StrideLabError
        Names the argument, its rule and a remedy.

    Source: ``keras/src/layers/reshaping/zero_padding2d.py``.

    >>> ZeroPadding2D(((0, 1), (2, 3)))(np.ones((1, 2, 2, 1))).shape
    (1, 3, 7, 1)
    """

    def __init__(
        self,
        padding: Size | tuple[Pair, Pair] = (1, 1),
        data_format: str | None = None,
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(data_format, name)
        try:
            cells = None if isinstance(padding, str) else padding  # names are for other layers
            self.padding = conv_geometry(1, 1, padding=cells).pads
        except StrideLabError:
            rule = "be cells: a number, (rows, columns) or ((top, bottom), (left, right))"
            raise StrideLabError("padding", rule, shown(padding)) from None

    def _output_size(self, size: Pair) -> Pair:
        return conv_geometry(size, 1, padding=self.padding).output_shape

    def _compute(self, x: Array, weights: Weights) -> Array:
        first = self.data_format == "channels_first"
        height, width = x.shape[2:] if first else x.shape[1:3]
        axes = conv_geometry((height, width), 1, padding=self.padding)
        _, *shape = self.compute_output_shape(x.shape)
        memory.judge(door.output_part((len(x), *shape), x.itemsize, 1, axes.rows, axes.cols))
        y = np.zeros((len(x), *shape), x.dtype)
        inside = tuple(
            slice(axis.pad_before, axis.pad_before + axis.size) for axis in (axes.rows, axes.cols)
        )
        y[(..., *inside) if first else (slice(None), *inside)] = x
        return y
