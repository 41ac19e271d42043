"""What the layers have in common: shapes, weights, a call; `stridelab.layers` holds the layers."""

from __future__ import annotations

import inspect
import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.geometry import conv_geometry, pool_geometry
from stridelab.geometry.checks import listed, one_of, pair, whole
from stridelab.geometry.padding import axis_paddings
from stridelab.ops import activations, door, memory
from stridelab.ops.activations import Activation
from stridelab.ops.call import Array, Size
from stridelab.ops.convolution import Prepared, prepare_conv2d

Pair: TypeAlias = tuple[int, int]
#: (N, H, W, C), or (N, C, H, W) with channels_first; N may be None: any number of images.
Shape: TypeAlias = tuple[int | None, int, int, int]
#: A name, or a function of (shape, dtype=…); None for the parameter's default.
Initializer: TypeAlias = str | Callable[..., npt.ArrayLike] | None
#: A layer's weights in Keras' order. Such a mapping is never changed: another one replaces it.
Weights: TypeAlias = Mapping[str, Array]

_AXES = {"channels_last": ("N", "H", "W", "C"), "channels_first": ("N", "C", "H", "W")}
#: Shapes of images for which a layer stays prepared.
SHAPES_KEPT = 4

_INITIALIZERS = ("glorot_uniform", "zeros", "ones")


class Layer(ABC):
    """What every layer does: shapes, weights, a call on a batch, a repr like its constructor.

    A layer without weights is built from the start and takes any number of channels. Threads may
    share a layer: its weights are made once, and a call computes with one set of them.
    """

    #: The weights in Keras' order, each with the parameter that says how it is drawn.
    _drawn_by: ClassVar[Mapping[str, str]] = {}

    def __init__(self, data_format: str | None, name: str | None) -> None:
        given = "channels_last" if data_format is None else data_format
        self.data_format = door.check_data_format(given)
        self.name = name
        self.dtype: str | None = None  # None: that of the input
        self.seed: int | None = None
        self._channels: int | None = None
        self._weights: Weights | None = {}  # None: not built
        self._building = threading.Lock()

    @property
    def built(self) -> bool:
        """Whether the layer has its weights."""
        return self._weights is not None

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle keeps: all but the lock."""
        return {name: value for name, value in vars(self).items() if name != "_building"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy gets a lock of its own, and its weights are read-only again."""
        vars(self).update(state, _building=threading.Lock())
        if self._weights is not None:
            self._weights = {name: _frozen(weight) for name, weight in self._weights.items()}

    def compute_output_shape(self, input_shape: Sequence[int | None]) -> Shape:
        """The shape of the result for an input of this shape.

        Parameters
        ----------
        input_shape : tuple
            (N, H, W, C), or (N, C, H, W) with channels_first, in cells; N may be None.

        Raises
        ------
        StrideLabError
            For a shape that is no such tuple, and where a window does not fit.
        """
        batch, size, channels = self._batch_size_channels(input_shape)
        height, width = self._output_size(size)
        filters = self._output_channels(channels)
        if self.data_format == "channels_first":
            return batch, filters, height, width
        return batch, height, width, filters

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs of this shape; the first call does it by itself.

        Parameters
        ----------
        input_shape : tuple
            As for `compute_output_shape`; only its channels matter to the weights.

        Raises
        ------
        StrideLabError
            As `compute_output_shape`, and where the layer was built for other channels.
        """
        self.compute_output_shape(input_shape)
        _, _, channels = self._batch_size_channels(input_shape)
        self._weights_for(channels, "input_shape")

    def _weights_for(self, channels: int, argument: str) -> Weights:
        """The weights, made where there are none; `argument` is to blame for other channels."""
        with self._building:
            if self._weights is None:
                weights = self._drawn(channels)
                self._channels, self._weights = channels, weights
        if self._channels not in (None, channels):
            rule = f"have the {self._channels} channels that the layer was built for"
            remedy = "Make another layer for other inputs."
            raise StrideLabError(argument, rule, str(channels), remedy=remedy)
        return self._weights

    def _drawn(self, channels: int) -> Weights:
        """New weights, where there is room for them."""
        shapes = self._weight_shapes(channels)
        memory.judge(*(_room(name, shape, str(self.dtype)) for name, shape in shapes.items()))
        stream = np.random.default_rng(self.seed)
        weights = {}
        for name, shape in shapes.items():
            parameter = self._drawn_by[name]
            how = getattr(self, parameter)
            weights[name] = _frozen(_initial(parameter, how, shape, str(self.dtype), stream))
        return weights

    def __call__(self, x: Array) -> Array:
        """The layer's result for a batch of images, laid out as `x` is.

        Parameters
        ----------
        x : array
            (N, H, W, C), or (N, C, H, W) with channels_first; float32 or float64, and of the
            layer's dtype where it has weights.

        Raises
        ------
        StrideLabError
            For another number of axes or of channels, another dtype, or where a window does not
            fit.
        """
        channels = self._checked_channels(x)
        self.compute_output_shape(x.shape)  # its errors name the layer's own arguments
        return self._compute(x, self._weights_for(channels, "x"))

    def get_weights(self) -> list[Array]:
        """Copies of the weights, in Keras' order and layouts; none before the layer is built."""
        return [weight.copy() for weight in (self._weights or {}).values()]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Replaces all weights by copies of these.

        Parameters
        ----------
        weights : list of arrays
            In the order, the shapes and the dtype of `get_weights`.

        Raises
        ------
        StrideLabError
            Where the layer is not built, or where number, shapes or dtypes are others.
        """
        present = self._built_weights("set_weights")
        is_list = isinstance(weights, (list, tuple))
        if not is_list or len(weights) != len(present):
            kind = type(weights).__name__
            got = f"a {kind} of {len(weights)}" if is_list else f"an object of type {kind}"
            wanted = ", ".join(present) or "this layer has none"
            raise StrideLabError("weights", f"be a list of {len(present)} arrays ({wanted})", got)
        self._weights = {
            name: _frozen(_checked_copy(f"weights[{index}]", weights[index], name, old))
            for index, (name, old) in enumerate(present.items())
        }

    def count_params(self) -> int:
        """How many numbers the weights hold."""
        return sum(weight.size for weight in self._built_weights("count_params").values())

    def __repr__(self) -> str:
        parts = []
        for parameter in inspect.signature(type(self)).parameters.values():
            value = written(getattr(self, parameter.name, None))
            if parameter.default is parameter.empty:
                parts.append(value)
            elif value != written(self._default(parameter)):
                parts.append(f"{parameter.name}={value}")
        return f"{type(self).__name__}({', '.join(parts)})"

    def _default(self, parameter: inspect.Parameter) -> object:
        """What the attribute is where the argument is left out."""
        return "channels_last" if parameter.name == "data_format" else parameter.default

    @abstractmethod
    def _output_size(self, size: Pair) -> Pair:
        """Output rows and columns for input rows and columns."""

    def _output_channels(self, channels: int) -> int:
        return channels

    def _weight_shapes(self, channels: int) -> dict[str, tuple[int, ...]]:
        return {}

    @abstractmethod
    def _compute(self, x: Array, weights: Weights) -> Array:
        """The result before the activation."""

    def _batch_size_channels(self, input_shape: object) -> tuple[int | None, Pair, int]:
        """A shape as N, (H, W), C, whatever the data format."""
        names = _AXES[self.data_format]
        if not isinstance(input_shape, (tuple, list)) or len(input_shape) != 4:
            rule = f"have the axes ({', '.join(names)})"
            raise StrideLabError("input_shape", rule, shown(input_shape))
        sizes = dict(zip(names, input_shape, strict=True))
        batch = sizes.pop("N")
        if batch is not None:
            batch = whole("input_shape", batch, minimum=0, context="N")
        height, width, channels = (
            whole("input_shape", sizes[name], context=name) for name in ("H", "W", "C")
        )
        return batch, (height, width), channels

    def _checked_channels(self, x: Array) -> int:
        """The channels of a batch, where it is one that the layer takes."""
        wanted = np.dtype(self.dtype or "float32")
        door.check_is_array("x", x, wanted)
        axes = _AXES[self.data_format]
        if x.ndim != 4:
            rule = f"be a batch of images, ({', '.join(axes)})"
            remedy = "For a batch of this one image write x[None]." if x.ndim == 3 else ""
            raise StrideLabError("x", rule, f"shape {x.shape}", remedy=remedy)
        if self.dtype is not None and x.dtype != wanted:
            remedy = f"Use {'x.real' if x.dtype.kind == 'c' else 'x'}.astype(np.{wanted})"
            if x.dtype in (np.float32, np.float64):
                remedy += f", or make the layer with dtype={x.dtype.name!r}"
            rule = f"be {wanted} as the layer is"
            raise StrideLabError("x", rule, str(x.dtype), remedy=f"{remedy}.")
        door.check_arrays(x=x)
        _, (_, _, _, channels) = door.images(x, self.data_format)
        return channels

    def _built_weights(self, asked: str) -> Weights:
        if self._weights is None:
            raise StrideLabError(
                asked,
                "come after the layer is built",
                "a layer without weights",
                "their shapes depend on the input's channels",
                "Call the layer on a batch first, or build it for a shape.",
            )
        return self._weights


class Convolution(Layer):
    """What the convolutions share: a window, a bias, an activation, how weights are drawn."""

    _drawn_by = {"kernel": "kernel_initializer", "bias": "bias_initializer"}
    #: What takes the paddings that a layer does not.
    _for_cells: ClassVar[str] = (
        "Put ZeroPadding2D({0}) before the layer, or call sl.conv2d(…, padding={0})."
    )

    kernel_size: Pair
    strides: Pair
    dilation_rate: Pair
    #: ``auto``, or a key of `stridelab.METHODS`; not an argument, since Keras has none.
    method: str = "auto"

    def _take(self, arguments: dict[str, Any]) -> None:
        """Checks and keeps what the constructors have in common; `arguments` are their locals()."""
        super().__init__(arguments["data_format"], arguments["name"])
        for name in ("kernel_size", "strides", "dilation_rate"):
            setattr(self, name, pair(name, arguments[name]))
        self.padding = keras_padding(arguments["padding"], self._for_cells)
        self.activation = arguments["activation"]
        activations.check(self.activation)
        self.use_bias = arguments["use_bias"]
        if not isinstance(self.use_bias, (bool, np.bool_)):
            raise StrideLabError("use_bias", "be True or False", shown(self.use_bias))
        self.dtype = _dtype(arguments["dtype"])
        if arguments["seed"] is not None:
            self.seed = whole("seed", arguments["seed"], minimum=0)
        for name, value in arguments.items():
            if name.endswith("_initializer"):
                setattr(self, name, _initializer(name, value))
            elif name.endswith(("_regularizer", "_constraint")) and value is not None:
                context = "it acts while weights are trained, and layers here only compute"
                raise StrideLabError(name, "be None", shown(value), context)
        self._number = np.dtype(self.dtype)
        self._weights = None
        # for shapes of images: the weights, and the function of images that was made with them
        self._ready: dict[tuple[int, ...], tuple[Weights, Callable[[Array], Array]]] = {}
        # what methods made of the weights alone
        self._kept: tuple[Weights | None, dict[str, dict[str, Any]]] = None, {}

    def __setattr__(self, name: str, value: Any) -> None:
        """A layer that is given other settings prepares its calls anew."""
        super().__setattr__(name, value)
        if not name.startswith("_"):
            self._ready, self._kept = {}, (None, {})

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle keeps: not what is prepared, which it makes anew."""
        return {**super().__getstate__(), "_ready": {}, "_kept": (None, {})}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy's dtype is NumPy's own again: calls look whether it is the very one."""
        super().__setstate__({**state, "_number": np.dtype(state["dtype"])})

    def __call__(self, x: Array) -> Array:
        """As `Layer.__call__`; images of a shape that was met before are computed at once."""
        if type(x) is np.ndarray and x.dtype is self._number:
            ready = self._ready.get(x.shape)
            if ready is not None and ready[0] is self._weights:
                return ready[1](x)
        return super().__call__(x)

    def _compute(self, x: Array, weights: Weights) -> Array:
        ready = self._ready  # a setting that is changed meanwhile leaves another one
        convolve = self._prepare(x, weights)
        for shape in list(ready)[: 1 - SHAPES_KEPT]:  # the oldest make room
            ready.pop(shape, None)
        ready[x.shape] = weights, convolve
        return convolve(x)

    @abstractmethod
    def _prepare(self, x: Array, weights: Weights) -> Callable[[Array], Array]:
        """The layer as a function of images such as `x`, with all done that can be done before."""

    @property
    def kernel(self) -> Array:
        """The kernel, read-only."""
        return self._built_weights("kernel")["kernel"]

    @property
    def bias(self) -> Array | None:
        """The bias, read-only; None without one."""
        return self._built_weights("bias").get("bias")

    @property
    def _active(self) -> Activation:
        """The activation for `ops`; Keras' softmax takes the last axis, not the channels."""
        by_the_last = self.activation == "softmax" and self.data_format == "channels_first"
        return activations.softmax_of_the_last_axis if by_the_last else self.activation

    def _with_bias(
        self, shapes: dict[str, tuple[int, ...]], filters: int
    ) -> dict[str, tuple[int, ...]]:
        return {**shapes, "bias": (filters,)} if self.use_bias else shapes

    def _refuse_strides_with_dilation(self) -> None:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise StrideLabError(
                "strides",
                "be 1 where dilation_rate is over 1, as in Keras",
                written(self.strides),
                f"dilation_rate={written(self.dilation_rate)}",
                "DepthwiseConv2D, SeparableConv2D and sl.conv2d take both.",
            )

    def _output_size(self, size: Pair) -> Pair:
        return conv_geometry(
            size, self.kernel_size, self.strides, self.padding, self.dilation_rate
        ).output_shape

    def _prepared(
        self,
        x: Array,
        weights: Weights,
        name: str,
        kernel: Array,
        bias: Array | None = None,
        groups: int = 1,
        activation: Activation = None,
    ) -> Prepared:
        """The convolution of images such as `x` by one kernel, which is the weight of that name."""
        made_of, kept = self._kept
        if made_of is not weights:
            kept = {}
            self._kept = weights, kept
        is_window = name != "pointwise_kernel"
        return prepare_conv2d(
            x,
            kernel,
            bias,
            strides=self.strides if is_window else 1,
            padding=self.padding,
            dilation_rate=self.dilation_rate if is_window else 1,
            groups=groups,
            data_format=self.data_format,
            padding_mode="zeros",
            activation=activation,
            method=self.method if is_window else "auto",
            kept=kept.setdefault(name, {}),
        )


def grouped(kernel: Array) -> Array:
    """A depthwise kernel (KH, KW, Cin, m) for `conv2d` with ``groups = Cin``.

    Result c·m + j is channel c under its filter j of m.
    """
    height, width, channels, multiplier = kernel.shape
    return kernel.reshape(height, width, 1, channels * multiplier)


class Pooling(Layer):
    """What both poolings share: all but the function."""

    _pool: ClassVar[Callable[..., Array]]

    def __init__(
        self,
        pool_size: Size,
        strides: Size | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(data_format, name)
        self.pool_size = pair("pool_size", pool_size)
        self.strides = self.pool_size if strides is None else pair("strides", strides)
        for_cells = "sl.max_pool2d and sl.avg_pool2d take padding={0}."
        self.padding = keras_padding(padding, for_cells)

    def _default(self, parameter: inspect.Parameter) -> object:
        return self.pool_size if parameter.name == "strides" else super()._default(parameter)

    def _output_size(self, size: Pair) -> Pair:
        return pool_geometry(size, self.pool_size, self.strides, self.padding).output_shape

    def _compute(self, x: Array, weights: Weights) -> Array:
        return type(self)._pool(
            x,
            self.pool_size,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
        )


def keras_padding(value: object, for_cells: str) -> str:
    """The name in lower case, where Keras' layers take it.

    >>> keras_padding("SAME", "")
    'same'
    """
    names = ("valid", "same")
    name = value.lower() if isinstance(value, str) else None
    if name in names:
        return name
    if name in ("full", "same_lower"):
        remedy = f"sl.conv2d takes padding={name!r}."
    elif name is not None:
        remedy = nearest(name, names)
    else:
        remedy = for_cells.format(shown(value)) if _is_cells(value) else ""
    rule = "be 'valid' or 'same' in a layer, as in Keras"
    raise StrideLabError("padding", rule, shown(value), remedy=remedy)


def _is_cells(padding: object) -> bool:
    """Whether an operation takes this padding: a number or numbers of cells."""
    try:
        axis_paddings(padding)
    except StrideLabError:
        return False
    return True


def _dtype(value: object) -> str:
    if value is None:  # Keras' default; NumPy would take float64
        return "float32"
    try:
        name = np.dtype(value).name  # type: ignore[call-overload]
    except (TypeError, ValueError, SyntaxError):  # NumPy parses text with commas as Python
        name = value
    return one_of("dtype", name, ["float32", "float64"])


def _initializer(argument: str, value: Initializer) -> Initializer:
    if value is None:
        return "zeros" if argument == "bias_initializer" else "glorot_uniform"
    if callable(value) or (isinstance(value, str) and value in _INITIALIZERS):
        return value
    raise StrideLabError(
        argument,
        f"be {listed(_INITIALIZERS)}, or a function of (shape, dtype=…)",
        shown(value),
        remedy=(isinstance(value, str) and nearest(value, _INITIALIZERS))
        or "For other weights draw them and call set_weights.",
    )


def _initial(
    argument: str, how: Any, shape: tuple[int, ...], dtype: str, stream: np.random.Generator
) -> Array:
    """A new weight, drawn as its initializer says."""
    if how == "glorot_uniform":
        limit = glorot_limit(shape)
        return stream.uniform(-limit, limit, shape).astype(dtype, copy=False)
    if isinstance(how, str):
        return np.full(shape, how == "ones", dtype)
    given = how(shape, dtype=dtype)
    try:
        weight = np.asarray(given)
    except ValueError:  # rows of different lengths
        weight = np.empty((0,), object)
    if weight.shape != shape or not np.can_cast(weight.dtype, dtype, "same_kind"):
        got = f"shape {weight.shape} of {weight.dtype}"
        raise StrideLabError(argument, f"return shape {shape} of {dtype}", got)
    return weight.astype(dtype, order="C")


def _room(name: str, shape: tuple[int, ...], dtype: str) -> memory.Part:
    """What a new weight takes; while it is drawn it has float64 beside it."""
    drawn = np.dtype(np.float64).itemsize if dtype == "float32" else 0
    return memory.Part(
        math.prod(shape) * (np.dtype(dtype).itemsize + drawn),
        name,
        "fit in memory",
        f"a weight of shape {shown(shape)}",
        "Make the layer with fewer filters or a smaller kernel_size.",
    )


def _frozen(weight: Array) -> Array:
    """A view that nobody can make writeable: it views no array, but read-only memory."""
    frozen: Array = np.asarray(memoryview(np.ascontiguousarray(weight)).toreadonly())
    return frozen


def glorot_limit(shape: tuple[int, ...]) -> float:
    """``√(6/(fan_in + fan_out))``; a fan is the kernel's cells times the channels on its side.

    Source: Glorot & Bengio, AISTATS 2010; ``keras/src/initializers/random_initializers.py``.

    >>> glorot_limit((3, 3, 3, 3))
    0.3333333333333333
    """
    *cells, into, out = shape if len(shape) > 1 else (*shape, *shape)
    return math.sqrt(6 / (math.prod(cells) * (into + out)))


def _checked_copy(argument: str, new: object, name: str, old: Array) -> Array:
    """A copy of a weight that can replace `old`."""
    if not isinstance(new, np.ndarray) or new.dtype != old.dtype:
        got = str(new.dtype) if isinstance(new, np.ndarray) else type(new).__name__
        remedy = f"Use np.asarray({argument}, dtype=np.{old.dtype})."
        raise StrideLabError(argument, f"be an array of {old.dtype}", got, name, remedy)
    door.check_is_array(argument, new, old.dtype)
    if new.shape != old.shape:
        raise StrideLabError(argument, f"have shape {old.shape}", str(new.shape), name)
    return np.array(new, order="C")


def written(value: object) -> str:
    """The value as a caller writes it: one number for two equal ones, a function's name.

    >>> written((2, 2)), written(((1, 1), (2, 2))), written(((0, 1), (0, 1)))
    ('2', '(1, 2)', '((0, 1), (0, 1))')
    """
    if isinstance(value, tuple) and all(isinstance(side, tuple) for side in value):
        if all(before == after for before, after in value):
            return written(tuple(before for before, _ in value))
    elif isinstance(value, tuple) and len(set(value)) == 1:
        return written(value[0])
    return str(getattr(value, "__name__", repr(value)))
