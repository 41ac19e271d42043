"""Layers: Keras' constructors, shapes, weights and errors. Values: test_recorded.py."""

from __future__ import annotations

import copy
import inspect
import json
import pathlib
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.layers import (
    AveragePooling2D,
    Conv2D,
    Conv2DTranspose,
    DepthwiseConv2D,
    MaxPooling2D,
    SeparableConv2D,
    ZeroPadding2D,
)
from stridelab.ops import machine

DATA = pathlib.Path(__file__).parent / "data"
KERAS = json.loads((DATA / "signatures.json").read_text())
PROBES = json.loads((DATA / "rules.json").read_text())["keras"]["probes"]
OWN = {"name": None, "dtype": "float32", "seed": None}  # behind Keras' parameters, by keyword only


def batch(*shape, dtype="float32"):
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape) % 7 - 3


def built(layer, *shape):
    layer.build(shape)
    return layer


# --- constructors --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KERAS["signatures"])
def test_a_constructor_has_keras_parameters_in_keras_order(name):
    *recorded, others = KERAS["signatures"][name]
    assert others == "**"  # Keras takes name and dtype there
    parameters = list(inspect.signature(getattr(sl.layers, name)).parameters.values())
    ours, own = parameters[: len(recorded)], parameters[len(recorded) :]
    assert [p.name for p in ours] == [parameter for parameter, *_ in recorded]
    for parameter, (_, *default) in zip(ours, recorded, strict=True):
        wanted = default[0] if default else parameter.empty
        assert parameter.default == (tuple(wanted) if isinstance(wanted, list) else wanted)
        assert parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    assert {p.name: p.default for p in own}.items() <= OWN.items()
    assert all(p.kind is p.KEYWORD_ONLY for p in own)


def test_the_layers_are_those_that_were_recorded():
    assert sorted(sl.layers.__all__) == sorted(KERAS["signatures"])


REPRS = [
    (Conv2D(32, (3, 3), 2, "SAME"), "Conv2D(32, 3, strides=2, padding='same')"),
    (
        Conv2D(8, (3, 1), activation=np.tanh, dtype="float64", name="first"),
        "Conv2D(8, (3, 1), activation=tanh, name='first', dtype='float64')",
    ),
    (
        DepthwiseConv2D(3, depth_multiplier=2, data_format="channels_first"),
        "DepthwiseConv2D(3, depth_multiplier=2, data_format='channels_first')",
    ),
    (
        SeparableConv2D(8, 3, use_bias=False, seed=1),
        "SeparableConv2D(8, 3, use_bias=False, seed=1)",
    ),
    (
        Conv2DTranspose(8, 2, (2, 3), output_padding=(0, 1)),
        "Conv2DTranspose(8, 2, strides=(2, 3), output_padding=(0, 1))",
    ),
    (MaxPooling2D((2, 3), strides=(2, 3)), "MaxPooling2D(pool_size=(2, 3))"),
    (AveragePooling2D(3, 2, "same"), "AveragePooling2D(3, strides=2, padding='same')"),
    (ZeroPadding2D(1), "ZeroPadding2D()"),
    (ZeroPadding2D(((1, 1), (2, 2))), "ZeroPadding2D(padding=(1, 2))"),
    (ZeroPadding2D(((0, 1), (0, 1))), "ZeroPadding2D(padding=((0, 1), (0, 1)))"),
]


@pytest.mark.parametrize(("layer", "text"), REPRS)
def test_a_repr_reads_like_the_constructor_s_call(layer, text):
    assert repr(layer) == text
    again = eval(text.replace("activation=tanh", "activation=np.tanh"))
    assert repr(again) == text


# --- weights -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KERAS["weights"])
def test_weights_have_keras_order_and_shapes(name):
    arguments, shape, recorded = KERAS["weights"][name]
    layer = built(getattr(sl.layers, name)(**arguments), *shape)
    weights = layer.get_weights()
    assert [list(weight.shape) for weight in weights] == [shape for _, shape in recorded]
    for weight, (attribute, _) in zip(weights, recorded, strict=True):
        np.testing.assert_array_equal(getattr(layer, attribute), weight)
    assert layer.count_params() == sum(np.prod(shape) for _, shape in recorded)


@pytest.mark.parametrize(("shape", "fans"), KERAS["fans"])
def test_glorot_uniform_fills_keras_limits_evenly(shape, fans):
    *kernel_size, channels, filters = shape
    limit = np.sqrt(6 / sum(fans))  # Keras' fans, as recorded
    draws = [
        built(Conv2D(filters, kernel_size, dtype="float64", seed=seed), 1, 9, 9, channels).kernel
        for seed in range(2000 // np.prod(shape) + 1)
    ]
    values = np.ravel(draws)
    assert abs(values).max() <= limit
    assert abs(values).max() > 0.99 * limit
    np.testing.assert_allclose(values.mean(), 0, atol=0.06 * limit)
    np.testing.assert_allclose(values.std(), limit / np.sqrt(3), rtol=0.04)


def test_a_seed_repeats_its_weights_and_none_does_not():
    def kernel(seed):
        return built(Conv2D(8, (2, 3), seed=seed), 1, 6, 7, 3).kernel

    np.testing.assert_array_equal(kernel(3), kernel(3))
    assert not np.array_equal(kernel(3), kernel(4))
    assert not np.array_equal(kernel(None), kernel(None))
    layer = built(SeparableConv2D(3, 1, seed=0), 1, 6, 7, 3)  # two kernels of one stream
    assert not np.array_equal(layer.depthwise_kernel.ravel(), layer.pointwise_kernel.ravel()[:3])


def test_initializers_by_name_by_function_and_by_default():
    def ramp(shape, dtype):
        return np.arange(np.prod(shape), dtype=dtype).reshape(shape)

    layer = Conv2D(2, (1, 3), kernel_initializer=ramp, bias_initializer="ones", dtype="float64")
    kernel, bias = built(layer, 1, 4, 5, 1).get_weights()
    np.testing.assert_array_equal(kernel.ravel(), [0, 1, 2, 3, 4, 5])
    np.testing.assert_array_equal(bias, [1, 1])
    assert kernel.dtype == bias.dtype == "float64"
    layer = built(Conv2D(2, 3, kernel_initializer=None, bias_initializer=None), 1, 4, 5, 1)
    assert layer.kernel.any()
    assert not layer.bias.any()


def test_weights_change_only_through_set_weights():
    layer = Conv2D(2, (1, 2), seed=0)
    x = batch(1, 3, 4, 1)
    layer(x)
    with pytest.raises(ValueError, match="read-only"):
        layer.kernel[...] = 0
    with pytest.raises(ValueError, match="read-only"):
        layer.bias[0] = 1
    for weight in layer.get_weights():
        weight[...] = 99
    assert layer.kernel.max() < 2
    kernel = np.asfortranarray(np.array([1, 0, 0, -1], np.float32).reshape(1, 2, 1, 2))
    bias = np.array([10, 20], np.float32)
    layer.set_weights([kernel, bias])
    kernel[...] = bias[...] = 99  # the layer holds its own
    left, right = x[..., :-1, 0], x[..., 1:, 0]
    np.testing.assert_array_equal(layer(x), np.stack([left + 10, 20 - right], axis=-1))


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda layer: pickle.loads(pickle.dumps(layer)),
}


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_computes_the_same_and_is_a_layer_of_its_own(way):
    x = batch(1, 6, 7, 3)
    layer = Conv2D(2, (3, 2), activation=np.tanh, seed=0)
    assert not COPIES[way](layer).built
    y = layer(x)
    twin = COPIES[way](layer)
    np.testing.assert_array_equal(twin(x), y)
    twin.set_weights([2 * weight for weight in twin.get_weights()])
    np.testing.assert_array_equal(layer(x), y)
    assert repr(twin) == repr(layer)


@pytest.mark.parametrize("way", [*COPIES, "none"])
def test_weights_cannot_be_made_writeable(way):
    layer = built(SeparableConv2D(2, (3, 2), seed=0), 1, 6, 7, 3)
    layer.set_weights(layer.get_weights())
    layer = COPIES.get(way, lambda same: same)(layer)
    for weight in (layer.depthwise_kernel, layer.pointwise_kernel, layer.bias):
        assert not weight.flags.writeable
        with pytest.raises(ValueError, match="cannot set WRITEABLE"):
            weight.flags.writeable = True
        assert not isinstance(weight.base, np.ndarray)


def together(work, count):
    """Calls work(0) … work(count − 1) at the same moment, each in a thread of its own."""
    barrier = threading.Barrier(count)

    def start(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


def slowly(shape, dtype):
    time.sleep(0.05)  # all threads arrive before the weights are there
    return np.random.default_rng().random(shape, dtype)


def test_threads_build_a_layer_once():
    layer = Conv2D(3, 1, use_bias=False, kernel_initializer=slowly)
    x = np.ones((1, 1, 1, 1), np.float32)
    for y in together(lambda number: layer(x), 4):
        np.testing.assert_array_equal(y.ravel(), layer.kernel.ravel())


def test_threads_with_other_channels_are_refused():
    layer = Conv2D(3, 1, kernel_initializer=slowly)

    def work(number):
        try:
            return layer(np.ones((1, 1, 1, number + 3), np.float32)).shape
        except StrideLabError as error:
            return str(error)

    answers = together(work, 2)
    channels = layer.kernel.shape[2]
    assert answers[channels - 3] == (1, 1, 1, 3)
    assert answers[4 - channels] == (
        f"x must have the {channels} channels that the layer was built for; got {7 - channels}. "
        "Make another layer for other inputs."
    )


def test_a_call_takes_one_set_of_weights():
    layer = built(Conv2D(1, 1), 1, 1, 1, 1)
    sets = [
        [np.full((1, 1, 1, 1), value, np.float32), np.full(1, -value, np.float32)]
        for value in (1, 2)
    ]
    layer.set_weights(sets[0])
    x = np.ones((1, 1, 1, 1), np.float32)

    def work(number):
        for turn in range(300):
            if number:
                assert layer(x).item() == 0  # never the kernel of one and the bias of the other
            else:
                layer.set_weights(sets[turn % 2])

    together(work, 3)


@pytest.mark.parametrize("size", [10**12, 10**18])
def test_weights_are_judged_before_they_are_made(size, monkeypatch):
    monkeypatch.setattr(machine, "memory_available", lambda: 10 * 10**9)
    need = f"{size * 27 * 12 / 1e9:,.1f}", f"{size * (27 + 1) * 12 / 1e9:,.1f}"
    text = (
        f"kernel must fit in memory; got {need[0]} GB for a weight of shape (3, 3, 3, {size}) "
        f"({need[1]} GB in all, 10.0 GB are free). "
        "Make the layer with fewer filters or a smaller kernel_size."
    )
    layer = Conv2D(size, 3)
    assert message(lambda: layer(IMAGES)) == text
    assert message(lambda: layer.build((1, 6, 7, 3))) == text
    assert not layer.built


def test_a_padding_that_does_not_fit_is_judged(monkeypatch):
    monkeypatch.setattr(machine, "memory_available", lambda: 10 * 10**9)
    assert message(lambda: ZeroPadding2D(10**6)(IMAGES)) == (
        "padding must give an output that fits in memory; got 96,000.6 GB for an output of shape "
        "(2, 2000006, 2000007, 3) (96,000.6 GB in all, 10.0 GB are free). Pad less."
    )


def test_a_missing_argument_names_the_layer():
    with pytest.raises(TypeError, match=r"AveragePooling2D\.__init__\(\) missing 1 required"):
        AveragePooling2D()


def test_dtype_none_is_the_default():
    assert Conv2D(2, 3, dtype=None).dtype == "float32"


def test_a_failed_set_weights_changes_nothing():
    layer = built(Conv2D(2, 3, seed=0), 1, 5, 5, 1)
    before = layer.get_weights()
    with pytest.raises(StrideLabError):
        layer.set_weights([np.zeros((3, 3, 1, 2), np.float32), np.zeros(3, np.float32)])
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# --- shapes and calls ----------------------------------------------------------------------------

SHAPES = [
    (Conv2D(32, 3, strides=2, padding="same"), (None, 32, 32, 3), (None, 16, 16, 32)),
    (Conv2D(8, (2, 5), strides=(1, 2), use_bias=False), (4, 7, 12, 3), (4, 6, 4, 8)),
    (Conv2D(8, (2, 5), data_format="channels_first"), (None, 3, 7, 12), (None, 8, 6, 8)),
    (DepthwiseConv2D((3, 2), (2, 1), "same", 3), (None, 7, 12, 4), (None, 4, 12, 12)),
    (SeparableConv2D(5, 3, 2, dilation_rate=2), (0, 8, 9, 4), (0, 2, 3, 5)),
    (Conv2DTranspose(5, (2, 3), (3, 2)), (None, 4, 5, 2), (None, 12, 11, 5)),
    (Conv2DTranspose(5, 3, 2, "same", output_padding=0), (None, 4, 5, 2), (None, 7, 9, 5)),
    (MaxPooling2D(), (None, 7, 12, 3), (None, 3, 6, 3)),
    (MaxPooling2D((2, 3), 2, "same", "channels_first"), (None, 3, 7, 12), (None, 3, 4, 6)),
    (AveragePooling2D(3), (None, 7, 12, 3), (None, 2, 4, 3)),
    (ZeroPadding2D(((0, 1), (2, 3))), (None, 7, 12, 3), (None, 8, 17, 3)),
    (ZeroPadding2D((1, 2), "channels_first"), (None, 3, 7, 12), (None, 3, 9, 16)),
]


@pytest.mark.parametrize(("layer", "shape", "expected"), SHAPES)
def test_a_call_has_the_computed_shape(layer, shape, expected):
    assert layer.compute_output_shape(shape) == expected
    for images in (0, 2):
        result = layer(np.ones((images, *shape[1:]), np.float32))
        assert result.shape == (images, *expected[1:])
        assert result.dtype == np.float32
        assert result.flags.writeable


def test_a_built_layer_takes_other_sizes_and_keeps_its_weights():
    layer = Conv2D(2, 3, seed=0)
    layer(batch(1, 5, 6, 3))
    kernel = layer.kernel
    layer.build((None, 9, 8, 3))
    assert layer(batch(2, 9, 8, 3)).shape == (2, 7, 6, 2)
    assert layer.kernel is kernel


def test_softmax_takes_the_last_axis_as_keras_does_even_with_channels_first():
    x = batch(1, 3, 4, 5, dtype="float64")
    for data_format in ("channels_last", "channels_first"):
        layer = Conv2D(2, 1, activation="softmax", data_format=data_format, dtype="float64")
        np.testing.assert_allclose(layer(x).sum(axis=-1), 1, rtol=1e-12)


def test_a_function_as_activation():
    layer = Conv2D(1, 1, activation=lambda y: y * y, kernel_initializer="ones")
    x = batch(1, 3, 4, 1)
    np.testing.assert_array_equal(layer(x), x * x)


def test_zero_padding_carries_what_is_no_number():
    x = np.array([np.nan, np.inf, -np.inf]).reshape(1, 1, 3, 1)
    padded = ZeroPadding2D(((0, 0), (1, 0)))(x)
    np.testing.assert_array_equal(padded.ravel(), [0, np.nan, np.inf, -np.inf])
    assert np.signbit(ZeroPadding2D(0)(-np.zeros((1, 2, 2, 1)))).all()


def test_zero_padding_in_both_formats():
    x = batch(2, 3, 4, 5)
    expected = np.pad(x, ((0, 0), (1, 2), (0, 3), (0, 0)))
    np.testing.assert_array_equal(ZeroPadding2D(((1, 2), (0, 3)))(x), expected)
    first = ZeroPadding2D(((1, 2), (0, 3)), "channels_first")(x.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(first, expected.transpose(0, 3, 1, 2))


# --- errors --------------------------------------------------------------------------------------

TRAINING = "(it acts while weights are trained, and layers here only compute)"
IN_A_LAYER = "padding must be 'valid' or 'same' in a layer, as in Keras"
UNBUILT = (
    "must come after the layer is built; got a layer without weights (their shapes depend on the "
    "input's channels). Call the layer on a batch first, or build it for a shape."
)
BUILT_FOR = (
    "must have the 4 channels that the layer was built for; got 3. "
    "Make another layer for other inputs."
)
SPAN = (
    "got a span of 7 over 6 cells (rows: k = 7, d = 1, n = 6, pads 0 and 0). "
    "Pad by 1 more, or take padding='same'."
)
CELLS = "padding must be cells: a number, (rows, columns) or ((top, bottom), (left, right)); got"
IMAGES = batch(2, 6, 7, 3)
KERNEL, BIAS = np.ones((3, 3, 3, 8), np.float32), np.ones(8, np.float32)

CONSTRUCTORS = [
    (lambda: Conv2D(0, 3), "filters must be a whole number of at least 1; got 0"),
    (lambda: Conv2D(8, 0), "kernel_size must be a whole number of at least 1; got 0"),
    (lambda: Conv2D(8, 3, strides=(1, 0)),
     "strides must be a whole number of at least 1; got 0 (columns)"),
    (lambda: Conv2D(8, 3, dilation_rate=0),
     "dilation_rate must be a whole number of at least 1; got 0"),
    (lambda: Conv2D(8, 3, strides=(2, 1), dilation_rate=(1, 2)),
     "strides must be 1 where dilation_rate is over 1, as in Keras; got (2, 1) "
     "(dilation_rate=(1, 2)). DepthwiseConv2D, SeparableConv2D and sl.conv2d take both."),
    (lambda: Conv2DTranspose(8, 3, strides=2, dilation_rate=2),
     "strides must be 1 where dilation_rate is over 1, as in Keras; got 2 (dilation_rate=2). "
     "DepthwiseConv2D, SeparableConv2D and sl.conv2d take both."),
    (lambda: Conv2D(8, 3, padding=1),
     f"{IN_A_LAYER}; got 1. Put ZeroPadding2D(1) before the layer, "
     "or call sl.conv2d(…, padding=1)."),
    (lambda: Conv2D(8, 3, padding=((0, 1), (0, 1))),
     f"{IN_A_LAYER}; got ((0, 1), (0, 1)). Put ZeroPadding2D(((0, 1), (0, 1))) before the layer, "
     "or call sl.conv2d(…, padding=((0, 1), (0, 1)))."),
    (lambda: Conv2D(8, 3, padding="smae"), f"{IN_A_LAYER}; got 'smae'. Did you mean 'same'?"),
    (lambda: Conv2D(8, 3, padding="full"),
     f"{IN_A_LAYER}; got 'full'. sl.conv2d takes padding='full'."),
    (lambda: Conv2D(8, 3, padding="causal"), f"{IN_A_LAYER}; got 'causal'"),
    (lambda: Conv2D(8, 3, padding=None), f"{IN_A_LAYER}; got None"),
    (lambda: Conv2D(8, 3, padding=np.array([1, 1])), f"{IN_A_LAYER}; got array([1, 1])"),
    (lambda: Conv2D(8, 3, padding=True), f"{IN_A_LAYER}; got True"),
    (lambda: Conv2D(8, 3, padding=[]), f"{IN_A_LAYER}; got []"),
    (lambda: Conv2DTranspose(8, 3, padding=1), f"{IN_A_LAYER}; got 1"),
    (lambda: MaxPooling2D(2, padding=1),
     f"{IN_A_LAYER}; got 1. sl.max_pool2d and sl.avg_pool2d take padding=1."),
    (lambda: AveragePooling2D(2, padding="causal"), f"{IN_A_LAYER}; got 'causal'"),
    (lambda: MaxPooling2D(0), "pool_size must be a whole number of at least 1; got 0"),
    (lambda: MaxPooling2D(2, strides=0), "strides must be a whole number of at least 1; got 0"),
    (lambda: Conv2D(8, 3, groups=3), "groups must divide the filters; got 3 (8 filters)"),
    (lambda: Conv2D(8, 3, groups=0), "groups must be a whole number of at least 1; got 0"),
    (lambda: DepthwiseConv2D(3, depth_multiplier=0),
     "depth_multiplier must be a whole number of at least 1; got 0"),
    (lambda: SeparableConv2D(0, 3), "filters must be a whole number of at least 1; got 0"),
    (lambda: SeparableConv2D(8, 3, depth_multiplier=0),
     "depth_multiplier must be a whole number of at least 1; got 0"),
    (lambda: Conv2DTranspose(0, 3), "filters must be a whole number of at least 1; got 0"),
    (lambda: Conv2DTranspose(8, 3, (2, 3), output_padding=(1, 3)),
     "output_padding must be below the strides; got (1, 3) (strides=(2, 3))"),
    (lambda: Conv2DTranspose(8, 3, output_padding=-1),
     "output_padding must be a whole number of at least 0; got -1"),
    (lambda: Conv2D(8, 3, use_bias=1), "use_bias must be True or False; got 1"),
    (lambda: Conv2D(8, 3, kernel_initializer="he_normal"),
     "kernel_initializer must be 'glorot_uniform', 'zeros' or 'ones', or a function of "
     "(shape, dtype=…); got 'he_normal'. For other weights draw them and call set_weights."),
    (lambda: Conv2D(8, 3, kernel_regularizer="l2"),
     f"kernel_regularizer must be None; got 'l2' {TRAINING}"),
    (lambda: SeparableConv2D(8, 3, pointwise_constraint="unit_norm"),
     f"pointwise_constraint must be None; got 'unit_norm' {TRAINING}"),
    (lambda: DepthwiseConv2D(3, activity_regularizer="l1"),
     f"activity_regularizer must be None; got 'l1' {TRAINING}"),
    (lambda: Conv2D(8, 3, dtype="float16"),
     "dtype must be one of 'float32' or 'float64'; got 'float16'"),
    (lambda: Conv2D(8, 3, dtype="f4,,"),
     "dtype must be one of 'float32' or 'float64'; got 'f4,,'"),
    (lambda: Conv2D(8, 3, data_format="NCHW"),
     "data_format must be one of 'channels_last' or 'channels_first'; got 'NCHW'. "
     "NCHW is 'channels_first' here."),
    (lambda: Conv2D(8, 3, activation="gelu"),
     "activation must be one of 'linear', 'relu', 'sigmoid', 'tanh' or 'softmax', a function or "
     "None; got 'gelu'"),
    (lambda: Conv2D(8, 3, seed=-1), "seed must be a whole number of at least 0; got -1"),
    (lambda: ZeroPadding2D(-1), f"{CELLS} -1"),
    (lambda: ZeroPadding2D("same"), f"{CELLS} 'same'"),
    (lambda: ZeroPadding2D((1, 2, 3)), f"{CELLS} (1, 2, 3)"),
]  # fmt: skip

CALLS = [
    (lambda: Conv2D(6, 3, groups=2)(IMAGES), "groups must divide the channels; got 2 (3 channels)"),
    (lambda: Conv2D(8, 3, kernel_initializer=lambda shape, dtype: np.zeros(3))(IMAGES),
     "kernel_initializer must return shape (3, 3, 3, 8) of float32; got shape (3,) of float64"),
    (lambda: Conv2D(8, 3)(IMAGES[0]),
     "x must be a batch of images, (N, H, W, C); got shape (6, 7, 3). "
     "For a batch of this one image write x[None]."),
    (lambda: Conv2D(8, 3, data_format="channels_first")(IMAGES[0, 0]),
     "x must be a batch of images, (N, C, H, W); got shape (7, 3)"),
    (lambda: MaxPooling2D()([[1.0]]),
     "x must be a NumPy array; got an object of type list. Use np.asarray(x, dtype=np.float32)."),
    (lambda: Conv2D(8, 3)(IMAGES.astype("float64")),
     "x must be float32 as the layer is; got float64. Use x.astype(np.float32), "
     "or make the layer with dtype='float64'."),
    (lambda: Conv2D(8, 3, dtype="float64")(IMAGES.astype("uint8")),
     "x must be float64 as the layer is; got uint8. Use x.astype(np.float64)."),
    (lambda: Conv2D(8, 3, dtype="float64")([[1.0]]),
     "x must be a NumPy array; got an object of type list. Use np.asarray(x, dtype=np.float64)."),
    (lambda: Conv2D(8, 3)(IMAGES.astype("complex64")),
     "x must be float32 as the layer is; got complex64. Use x.real.astype(np.float32)."),
    (lambda: Conv2D(8, 3)(np.ma.array(IMAGES)),
     "x must have no mask; got a masked array. Use x.filled(0)."),
    (lambda: Conv2D(4, 3)(IMAGES[:, :0]),
     "x must have at least one row, one column and one channel; got shape (2, 0, 7, 3)"),
    (lambda: ZeroPadding2D()(IMAGES[..., :0]),
     "x must have at least one row, one column and one channel; got shape (2, 6, 7, 0)"),
    (lambda: ZeroPadding2D()(IMAGES.astype("int64")),
     "x must be float32 or float64; got int64. Use x.astype(np.float32)."),
    (lambda: Conv2D(8, 7)(IMAGES), f"kernel_size must span at most the padded input; {SPAN}"),
    (lambda: built(Conv2D(8, 7), 1, 9, 9, 3)(IMAGES),
     f"kernel_size must span at most the padded input; {SPAN}"),
    (lambda: MaxPooling2D(7)(IMAGES), f"pool_size must span at most the padded input; {SPAN}"),
    (lambda: built(Conv2D(8, 3), 1, 6, 7, 4)(IMAGES), f"x {BUILT_FOR}"),
    (lambda: built(Conv2D(8, 3), 1, 6, 7, 4).build((1, 6, 7, 3)), f"input_shape {BUILT_FOR}"),
    (lambda: Conv2D(8, 3).compute_output_shape((6, 7, 3)),
     "input_shape must have the axes (N, H, W, C); got (6, 7, 3)"),
    (lambda: Conv2D(8, 3).compute_output_shape((None, None, 7, 3)),
     "input_shape must be a whole number of at least 1; got None (H)"),
    (lambda: Conv2D(8, 3).kernel, f"kernel {UNBUILT}"),
    (lambda: SeparableConv2D(8, 3).pointwise_kernel, f"pointwise_kernel {UNBUILT}"),
    (lambda: Conv2D(8, 3).count_params(), f"count_params {UNBUILT}"),
    (lambda: Conv2D(8, 3).set_weights([KERNEL, BIAS]), f"set_weights {UNBUILT}"),
]  # fmt: skip

WEIGHTS = [
    ([KERNEL], "weights must be a list of 2 arrays (kernel, bias); got a list of 1"),
    (KERNEL, "weights must be a list of 2 arrays (kernel, bias); got an object of type ndarray"),
    ([KERNEL.swapaxes(2, 3), BIAS],
     "weights[0] must have shape (3, 3, 3, 8); got (3, 3, 8, 3) (kernel)"),
    ([KERNEL, BIAS.astype("float64")],
     "weights[1] must be an array of float32; got float64 (bias). "
     "Use np.asarray(weights[1], dtype=np.float32)."),
    ([np.ma.array(KERNEL, mask=True), BIAS],
     "weights[0] must have no mask; got a masked array. Use weights[0].filled(0)."),
    ([KERNEL, [0.0] * 8],
     "weights[1] must be an array of float32; got list (bias). "
     "Use np.asarray(weights[1], dtype=np.float32)."),
]  # fmt: skip


def questions():
    """Keras' recorded answers to layers' calls, as (a constructor's call, the answer)."""
    for question, answer in PROBES.items():
        text = question.removesuffix(": shape").removesuffix(" called")
        if text.endswith(")") and text.split("(")[0] in sl.layers.__all__:
            yield pytest.param(text, answer, id=text)


@pytest.mark.parametrize(("text", "answer"), list(questions()))
def test_a_layer_refuses_what_keras_refuses_and_takes_what_it_takes(text, answer):
    def call():
        return eval(text, vars(sl.layers))(np.ones((1, 6, 6, 1), np.float32))

    if isinstance(answer, str):  # an error's key
        with pytest.raises(StrideLabError):
            call()
    else:
        assert list(call().shape) == answer


def message(call):
    with pytest.raises(StrideLabError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(("call", "text"), CONSTRUCTORS)
def test_a_constructor_says_what_is_wrong(call, text):
    assert message(call) == text


@pytest.mark.parametrize(("call", "text"), CALLS)
def test_a_call_says_what_is_wrong(call, text):
    assert message(call) == text


@pytest.mark.parametrize(("weights", "text"), WEIGHTS)
def test_set_weights_says_what_is_wrong(weights, text):
    layer = built(Conv2D(8, 3), 1, 6, 7, 3)
    assert message(lambda: layer.set_weights(weights)) == text
