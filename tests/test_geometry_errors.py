"""What the geometry refuses: whole messages, and remedies that are taken at their word."""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.errors import nearest, shown
from stridelab.geometry import conv_axis, pool_axis
from stridelab.layers import Conv2D, Conv2DTranspose, MaxPooling2D


def refusal(call, *arguments, **named) -> str:
    with pytest.raises(StrideLabError) as caught:
        call(*arguments, **named)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    return str(caught.value)


def port(source, target, size=8, **arguments):
    return sl.port(source, target, size, **{"kernel_size": 3, **arguments})


def conv(name, *arguments, **named):
    return sl.convention(name).conv(*arguments, **named)


def pool(name, *arguments, **named):
    return sl.convention(name).pool(*arguments, **named)


HUGE = 10**5000
DIGITS = "a number of over 4300 digits"
PADDING = (
    "padding must be 'valid', 'same', 'same_lower' or 'full', a whole number of at least 0, a pair "
    "(rows, columns) or ((top, bottom), (left, right))"
)

NUMBERS = [
    (
        lambda: conv("torch", (12, 13), 3),
        "size must be a whole number of at least 1; got (12, 13). "
        "One axis at a time: size 12 for rows, 13 for columns.",
    ),
    (
        lambda: conv_axis(12, 3, (2, 1)),
        "stride must be a whole number of at least 1; got (2, 1). "
        "One axis at a time: stride 2 for rows, 1 for columns.",
    ),
    (
        lambda: sl.convention("TF"),
        "name must be one of 'keras', 'tensorflow', 'jax', 'torch', 'onnx' or 'caffe'; got 'TF'. "
        "Write 'tensorflow'.",
    ),
    (
        lambda: sl.conv_geometry(8, 3, padding="reflect"),
        f"{PADDING}; got 'reflect'. What padded cells show is padding_mode='reflect'; padding says "
        "how many they are.",
    ),
    (
        lambda: sl.conv_geometry(8, 3, padding=(1, 2, 3, 4)),
        f"{PADDING}; got (1, 2, 3, 4). For top, bottom, left, right write ((1, 2), (3, 4)).",
    ),
    (
        lambda: sl.conv_geometry(8, 3, strides=np.array([2, 2])),
        "strides must be one whole number or a pair of them (rows, columns); got array([2, 2]). "
        "Write a tuple, (2, 2).",
    ),
    (
        lambda: sl.conv_geometry(8, 3, strides=np.array([2.0, 2.0])),
        "strides must be a whole number of at least 1; got array([2., 2.])",
    ),
    (
        lambda: sl.conv_geometry(8, 3, padding=np.array([[0, 1], [1, 2]])),
        f"{PADDING}; got array([[0, 1], [1, 2]]). Write a tuple, ((0, 1), (1, 2)).",
    ),
    (
        lambda: sl.conv_geometry(8, 3, padding=(1, np.array([0, 1]))),
        f"{PADDING}; got array([0, 1]) (columns). Write a tuple, (0, 1).",
    ),
    (
        lambda: sl.conv_geometry(8, "²"),
        "kernel_size must be a whole number of at least 1; got '²'",
    ),
    (
        lambda: sl.conv_geometry(8, " 02 "),
        "kernel_size must be a whole number of at least 1; got ' 02 '. Write 2 without quotes.",
    ),
    (
        lambda: sl.conv_geometry(8, "0"),
        "kernel_size must be a whole number of at least 1; got '0'",
    ),
    (
        lambda: sl.conv_geometry(8, np.float32(2)),
        "kernel_size must be a whole number of at least 1; got np.float32(2.0). Write 2.",
    ),
    (
        lambda: sl.conv_geometry(8, -2.0),
        "kernel_size must be a whole number of at least 1; got -2.0",
    ),
    (
        lambda: sl.conv_geometry(8, np.True_),
        "kernel_size must be a whole number of at least 1; got np.True_. Write a number.",
    ),
    (
        lambda: sl.conv_geometry(8, 3, padding=HUGE),
        f"padding must be a whole number of at most {sys.maxsize}; got {DIGITS}",
    ),
    (
        lambda: sl.conv_geometry(8, 3, strides=-HUGE),
        "strides must be a whole number of at least 1; got a negative number of over 4300 digits",
    ),
    (
        lambda: sl.conv_geometry(8, 3, strides=(1, 2**63)),
        "strides must be a whole number of at most 9223372036854775807; got 9223372036854775808 "
        "(columns)",
    ),
    (
        lambda: sl.conv_geometry(8, 3, padding=(1, 2, HUGE)),
        f"{PADDING}; got an object of type tuple that holds {DIGITS}",
    ),
    (
        lambda: sl.conv_geometry(8, 2**63 - 1),
        "kernel_size must span at most the padded input; got a span of 9223372036854775807 over 8 "
        "cells (rows: k = 9223372036854775807, d = 1, n = 8, pads 0 and 0). "
        "Pad by 9223372036854775799 more, or take padding='same'.",
    ),
    (
        lambda: sl.pool_geometry(8, 2, ceil_mode="yes"),
        "ceil_mode must be True or False; got 'yes'",
    ),
    (lambda: pool_axis(8, 2, ceil_mode=1), "ceil_mode must be True or False; got 1. Write True."),
    (
        lambda: pool("torch", 8, 2, ceil_mode="yes"),
        "ceil_mode must be True or False; got 'yes'",
    ),
]

CONVENTIONS = [
    (
        lambda: conv("keras", 2, 3),
        "kernel must span at most the padded input; got a span of 3 over 2 cells (k = 3, d = 1, "
        "n = 2, pads 0 and 0). Take padding='same', or pad the input by 1 before the call.",
    ),
    (
        lambda: pool("keras", 2, 3),
        "pool must span at most the padded input; got a span of 3 over 2 cells (k = 3, d = 1, "
        "n = 2, pads 0 and 0). Take padding='same', or pad the input by 1 before the call.",
    ),
    (
        lambda: conv("tensorflow", 2, 3),
        "kernel must span at most the padded input; got a span of 3 over 2 cells (k = 3, d = 1, "
        "n = 2, pads 0 and 0). Pad by 1 more, or take padding='SAME'.",
    ),
    (
        lambda: conv("torch", 2, 6, padding=1),
        "kernel must span at most the padded input; got a span of 6 over 4 cells (k = 6, d = 1, "
        "n = 2, pads 1 and 1). Take padding=2, or padding='same'.",
    ),
    (
        lambda: conv("torch", 2, 5, 2),
        "kernel must span at most the padded input; got a span of 5 over 2 cells (k = 5, d = 1, "
        "n = 2, pads 0 and 0). Take padding=2.",
    ),
    (
        lambda: pool("torch", 2, 5),
        "pool must span at most the padded input; got a span of 5 over 2 cells (k = 5, d = 1, "
        "n = 2, pads 0 and 0). Take padding=2.",
    ),
    (
        lambda: conv("onnx", 2, 3),
        "kernel must span at most the padded input; got a span of 3 over 2 cells (k = 3, d = 1, "
        "n = 2, pads 0 and 0). Pad by 1 more, or take padding='SAME_UPPER'.",
    ),
    (
        lambda: conv("onnx", 2, 3, 1, 2),
        "kernel must span at most the padded input; got a span of 5 over 2 cells (k = 3, d = 2, "
        "n = 2, pads 0 and 0). Pad by 3 more.",
    ),
    (
        lambda: conv("caffe", 2, 3),
        "kernel must span at most the padded input; got a span of 3 over 2 cells (k = 3, d = 1, "
        "n = 2, pads 0 and 0). Take padding=1.",
    ),
    (
        lambda: conv("tensorflow", 8, 3, padding=True),
        "padding must be 'VALID' or 'SAME', or cells (before, after) in TensorFlow; got True. "
        "Write two whole numbers of at least 0, such as (1, 1).",
    ),
    (
        lambda: conv("tensorflow", 8, 3, padding=-1),
        "padding must be 'VALID' or 'SAME', or cells (before, after) in TensorFlow; got -1. "
        "Write two whole numbers of at least 0, such as (1, 1).",
    ),
    (
        lambda: conv("tensorflow", 8, 3, padding=np.array([0, 1])),
        "padding must be 'VALID' or 'SAME', or cells (before, after) in TensorFlow; "
        "got array([0, 1]). Write a tuple, (0, 1).",
    ),
    (
        lambda: conv("tensorflow", 8, 3, padding="smae"),
        "padding must be 'VALID' or 'SAME', or cells (before, after) in TensorFlow; got 'smae'. "
        "Did you mean 'SAME'?",
    ),
    (
        lambda: conv("jax", 8, 3, padding=-1),
        "padding must be 'VALID', 'SAME' or 'SAME_LOWER', or cells (before, after) in JAX; got -1. "
        "Write (-1, -1).",
    ),
    (
        lambda: conv("jax", 8, 3, padding=(True, True)),
        "padding must be a whole number; got True (JAX). Write a number.",
    ),
    (
        lambda: conv("caffe", 8, 3, padding=(0, 1)),
        "padding must be a number of cells for both sides in Caffe; got (0, 1). "
        "For other pads, pad the input before it enters the network.",
    ),
    (
        lambda: conv("onnx", 8, 3, 1, 2, "SAME_LOWER"),
        "padding must be VALID or explicit pads where the dilation is over 1: ONNX Runtime takes "
        "no auto_pad there; got SAME_LOWER (dilation 2). sl.port('jax', 'onnx', …) gives the pads.",
    ),
    (
        lambda: sl.convention("keras").transposed(8, 3, "2"),
        "stride must be a whole number of at least 1; got '2'. Write 2 without quotes.",
    ),
]

KERAS_TAKES_ONE = (
    "strides must be 1 where dilation_rate is over 1: Keras' Conv1D, Conv2D and Conv3D take one or "
    "the other; got (2, 1) (dilation_rate (1, 2)). DepthwiseConv2D and sl.conv2d take both."
)
CROPS = "target must be 'jax' or 'torch' where a pad is negative: others cannot crop"
FRAMEWORKS = "'keras', 'tensorflow', 'jax', 'torch', 'onnx' or 'caffe'"

PORTS = [
    (lambda: port("torch", "keras", strides=(2, 1), dilation_rate=(1, 2)), KERAS_TAKES_ONE),
    (lambda: port("keras", "torch", strides=(2, 1), dilation_rate=(1, 2)), KERAS_TAKES_ONE),
    (
        lambda: port("torch", "onnx", strides=(1, 2), padding="same"),
        "padding must be a number where the stride is over 1: PyTorch's 'same' keeps the size, "
        "which no stride over 1 can; got 'same' (stride (1, 2)). "
        "sl.port gives the cells that equal Keras' 'same'.",
    ),
    (
        lambda: port("onnx", "torch", dilation_rate=(1, 2), padding="SAME_UPPER"),
        "padding must be VALID or explicit pads where the dilation is over 1: ONNX Runtime takes "
        "no auto_pad there; got SAME_UPPER (dilation (1, 2)). "
        "sl.port('jax', 'onnx', …) gives the pads.",
    ),
    (
        lambda: port("jax", "onnx", padding=((-1, 0), (0, 0))),
        f"{CROPS}; got 'onnx' (pads ((-1, 0), (0, 0))). Crop the input first, x = x[:, :, 1:, :], "
        "and port the rest: input_size=(7, 8), padding=((0, 0), (0, 0)).",
    ),
    (
        lambda: port("jax", "keras", (8, 9), padding=((1, -2), (-1, -3))),
        f"{CROPS}; got 'keras' (pads ((1, -2), (-1, -3))). Crop the input first, "
        "x = x[:, :-2, 1:-3, :], and port the rest: input_size=(6, 5), padding=((1, 0), (0, 0)).",
    ),
    (
        lambda: port("jax", "caffe", padding=((-8, 8), (0, 0))),
        f"{CROPS}; got 'caffe' (pads ((-8, 8), (0, 0))). Crop less: no cell is left.",
    ),
    (
        lambda: port("jax", "torch", (2, 8)),
        "target must be 'jax' where the window is wider than the padded input, since only JAX "
        "gives an empty output there; got 'torch' (rows: a span of 3 over 2 cells). Pad by 1 more.",
    ),
    (
        lambda: port("keras", "torch", padding=("same", "valid")),
        "padding must be 'valid' or 'same' in Keras; got ('same', 'valid'). "
        "Write one name, for both axes.",
    ),
    (
        lambda: port("keras", "torch", padding="causal"),
        "padding must be 'valid' or 'same' in Keras; got 'causal'. Only Conv1D takes it.",
    ),
    (
        lambda: port("keras", "torch", padding=1),
        "padding must be 'valid' or 'same' in Keras; got 1. Where the input is padded before the "
        "call, give the padded size as input_size.",
    ),
    (
        lambda: port("torch", "keras", padding=((0, 1), (0, 1))),
        "padding must be 'valid' or 'same', or a number of cells for every side, or two "
        "(rows, columns) in PyTorch; got ((0, 1), (0, 1)). Where the input is padded before the "
        "call, give the padded size as input_size.",
    ),
    (
        lambda: port("onnx", "torch", padding=1),
        "padding must be 'VALID', 'SAME_UPPER' or 'SAME_LOWER', or cells "
        "((top, bottom), (left, right)) in ONNX; got 1. Write ((1, 1), (1, 1)).",
    ),
    (
        lambda: port("onnx", "torch", padding=(1, 2)),
        "padding must be 'VALID', 'SAME_UPPER' or 'SAME_LOWER', or cells "
        "((top, bottom), (left, right)) in ONNX; got (1, 2). Write ((1, 1), (2, 2)).",
    ),
    (
        lambda: port("tensorflow", "torch", padding=([], 1)),
        "padding must be 'VALID' or 'SAME', or cells ((top, bottom), (left, right)) in TensorFlow; "
        "got ([], 1). Write four whole numbers of at least 0, such as ((1, 1), (1, 1)).",
    ),
    (
        lambda: port("keras", "torch", (8, 2)),
        "kernel_size must span at most the padded input; got a span of 3 over 2 cells (columns: "
        "k = 3, d = 1, n = 2, pads 0 and 0). "
        "Take padding='same', or pad the input by 1 before the call.",
    ),
    (
        lambda: port("torch", "keras", (2, 8), strides=(1, 2)),
        "kernel_size must span at most the padded input; got a span of 3 over 2 cells (rows: "
        "k = 3, d = 1, n = 2, pads 0 and 0). Take padding=1.",
    ),
    (
        lambda: port("kears", "torch"),
        f"source must be one of {FRAMEWORKS}; got 'kears'. Did you mean 'keras'?",
    ),
    (
        lambda: port("keras", "tourch"),
        f"target must be one of {FRAMEWORKS}; got 'tourch'. Did you mean 'torch'?",
    ),
]

A_LIST = "layers must be a list of dicts, one a layer"
LIKE = "Write {'kernel_size': 3} for a window of 3 by 3 cells."
KEYS = (
    "layers must hold dicts with the keys 'kernel_size', 'pool_size', 'strides', 'padding', "
    "'dilation_rate', 'filters', 'groups' or 'name'"
)

FIELDS = [
    (
        {"kernel_size": 3},
        f"{A_LIST}; got {{'kernel_size': 3}}. Put it into a list: [{{'kernel_size': 3}}].",
    ),
    (5, f"{A_LIST}; got 5. Write [{{'kernel_size': 3}}]."),
    (None, f"{A_LIST}; got None. Write [{{'kernel_size': 3}}]."),
    ("abc", f"{A_LIST}; got 'abc'. Write [{{'kernel_size': 3}}]."),
    (np.array([3]), f"{A_LIST}; got array([3]). Write [{{'kernel_size': 3}}]."),
    ([], "layers must hold at least one layer; got none"),
    ([3], f"layers must hold dicts; got 3 (layer 0). {LIKE}"),
    (["a"], f"layers must hold dicts; got 'a' (layer 0). {LIKE}"),
    (
        [{"kernel_size": 3}, np.array([3])],
        f"layers must hold dicts; got an object of type ndarray (layer 1). {LIKE}",
    ),
    (
        [Conv2D(8, 3, strides=(2, 1), padding="same")],
        "layers must hold dicts; got an object of type Conv2D (layer 0). "
        "Write {'kernel_size': (3, 3), 'strides': (2, 1), 'padding': 'same'}.",
    ),
    (
        [MaxPooling2D(2)],
        "layers must hold dicts; got an object of type MaxPooling2D (layer 0). "
        "Write {'pool_size': (2, 2)}.",
    ),
    (
        [Conv2DTranspose(8, 3)],
        f"layers must hold dicts; got an object of type Conv2DTranspose (layer 0). {LIKE}",
    ),
    ([{"kernel_size": 3, "activation": "relu"}], f"{KEYS}; got 'activation' (layer 0)"),
    (
        [{"kernel_size": 3}, {"kernel_size": (3, 0)}],
        "kernel_size must be a whole number of at least 1; got 0 (layer 1, columns)",
    ),
    (
        [{"kernel_size": 3, "padding": "smae", "name": "stem"}],
        f"{PADDING}; got 'smae' (stem). Did you mean 'same'?",
    ),
    (
        [{"pool_size": 2, "padding": ((0, 0), (0, 2)), "name": "pool"}],
        "padding must be below the pool size, since a window of padding alone has no value; "
        "got (0, 2) (pool, columns: k = 2)",
    ),
    (
        [{"kernel_size": 3, "strides": 0, "name": HUGE}],
        f"strides must be a whole number of at least 1; got 0 ({DIGITS})",
    ),
]

COSTS = [
    (
        lambda: sl.cost((None, 8, 8, 3), 4, 3),
        "input_shape must have a number of images where it has a batch; got (None, 8, 8, 3). "
        "Leave the batch out: (8, 8, 3).",
    ),
    (
        lambda: sl.cost((-1, 8, 8, 3), 4, 3),
        "input_shape must be a whole number of at least 0; got -1 (N)",
    ),
    (
        lambda: sl.cost((3, 8, 0), 4, 3, data_format="channels_first"),
        "input_shape must be a whole number of at least 1; got 0 (W)",
    ),
    (
        lambda: sl.cost((8, 8, 3), 4, 3, use_bias="no"),
        "use_bias must be True or False; got 'no'",
    ),
    (
        lambda: sl.cost((8, 8, 3), 4, 3, dtype=np.float16),
        "dtype must be one of 'float32' or 'float64'; got 'float16'",
    ),
]


@pytest.mark.parametrize(("call", "message"), NUMBERS + CONVENTIONS + PORTS + COSTS)
def test_what_is_refused(call, message) -> None:
    assert refusal(call) == message


@pytest.mark.parametrize(("layers", "message"), FIELDS)
def test_what_is_no_stack_of_layers(layers, message) -> None:
    assert refusal(sl.receptive_field, layers) == message


def test_remedies_for_a_wide_window_are_taken() -> None:
    for size, kernel in ((1, 2), (2, 5), (3, 8)):
        lacking, each = kernel - size, (kernel - size + 1) // 2
        for name, same in (("keras", "same"), ("tensorflow", "SAME"), ("onnx", "SAME_UPPER")):
            assert conv(name, size, kernel, padding=same).output_size == size
            assert pool(name, size, kernel, 1, padding=same).output_size == size
        for name in ("tensorflow", "onnx"):
            assert conv(name, size, kernel, padding=(lacking, 0)).output_size == 1
            assert pool(name, size, kernel, padding=(lacking, 0)).output_size == 1
        for name in ("torch", "caffe"):
            for call, stride in ((conv, 2), (pool, 1)):
                text = refusal(call, name, size, kernel, stride)
                assert text.endswith(f"Take padding={each}.")
            assert conv(name, size, kernel, 2, padding=each).output_size == 1
            assert pool(name, size, kernel, padding=each).output_size == 1


def test_a_crop_first_reads_the_same_cells() -> None:
    """The slice and the rest of the pads that the error names, against the crop itself."""
    image = np.arange(72).reshape(1, 8, 9, 1)
    cut = image[:, :-2, 1:-3, :]
    rest = port("jax", "keras", cut.shape[1:3], padding=((1, 0), (0, 0)))
    whole = port("jax", "torch", (8, 9), padding=((1, -2), (-1, -3)))
    assert rest.output_shape == whole.output_shape == (5, 3)
    assert "torch.nn.functional.pad(x, (-1, -3, 1, -2))" in whole.code
    even = port("jax", "torch", padding=((-1, -1), (-2, -2)))
    assert "torch.nn.functional.pad(x, (-2, -2, -1, -1))" in even.code


def test_what_each_framework_s_plane_takes() -> None:
    pairs = ((0, 1), (2, 1))
    for source in ("tensorflow", "jax", "onnx"):
        assert port(source, "keras", padding=pairs).pads == pairs
    for source in ("torch", "caffe"):
        assert port(source, "keras", padding=(0, 2)).pads == ((0, 0), (2, 2))
        assert port(source, "keras", padding=1).pads == ((1, 1), (1, 1))
    assert port("torch", "jax", strides=(2, 1), dilation_rate=(1, 2)).output_shape == (3, 4)
    assert port("jax", "jax", (2, 8)).output_shape == (0, 6)


def test_keys_that_a_field_does_not_depend_on() -> None:
    bare = sl.receptive_field([{"kernel_size": (3, 5)}])
    assert sl.receptive_field([{"kernel_size": (3, 5), "filters": 8, "groups": 2}]) == bare


def test_flags_of_numpy_are_flags() -> None:
    assert sl.pool_geometry((6, 7), 2, 3, ceil_mode=np.True_).output_shape == (2, 3)
    assert sl.cost((8, 8, 3), 4, 3, use_bias=np.False_).params == 108


def test_the_cost_of_no_image_and_of_numpy_s_dtypes() -> None:
    none = sl.cost((0, 8, 8, 3), 4, 3)
    assert (none.output_shape, none.macs, none.real_macs) == ((0, 6, 6, 4), 0, 0)
    assert (none.params, none.bytes) == (112, 448)
    for dtype, size in ((np.float32, 4), (np.dtype("float64"), 8), ("float64", 8)):
        assert sl.cost((0, 8, 8, 3), 4, 3, dtype=dtype).bytes == 112 * size


def test_real_taps_of_a_kernel_far_wider_than_the_input() -> None:
    """In a moment: going through taps or windows would take minutes, or years."""
    assert conv_axis(32, 10_000_001, padding="same").real_taps == 32 * 32
    assert conv_axis(10_000_000, 3, 4, "valid").real_taps == 3 * 2_500_000
    assert conv_axis(10**10, 10**10, padding="full").real_taps == 10**20  # each tap meets each cell


def test_the_nearest_name() -> None:
    names = ["float32", "float64", "03-size", "SAME_UPPER"]
    assert nearest("flaot64", names) == "Did you mean 'float64'?"
    assert nearest("3-size", names) == "Did you mean '03-size'?"
    assert nearest("same_uper", names) == "Did you mean 'SAME_UPPER'?"
    assert nearest("float16", names) == ""
    assert shown(np.array([[1, 2], [3, 4]])) == "array([[1, 2], [3, 4]])"


def test_conventions_go_by_any_case_and_say_what_they_offer() -> None:
    assert sl.convention("Keras") is sl.convention("keras")
    assert repr(sl.convention("torch")) == (
        "PyTorch's rules, one axis at a time: .conv(size, kernel, stride, dilation, padding), "
        ".pool(size, pool, stride, padding, ceil_mode)"
    )


def test_a_port_says_how_the_kernel_turns() -> None:
    turn = "# a kernel of {} turns by kernel.transpose{}\n"
    assert turn.format("Keras", (3, 2, 0, 1)) in port("keras", "onnx").code
    assert turn.format("PyTorch", (2, 3, 1, 0)) in port("torch", "jax").code
    assert "turns" not in port("keras", "jax").code
    kernel = np.arange(24).reshape(2, 3, 1, 4)
    turned = np.transpose(kernel, port("keras", "torch").kernel_axes)
    assert turned.shape == (4, 1, 2, 3)
    assert turned[3, 0, 1, 2] == kernel[1, 2, 0, 3]


def test_a_crop_that_caffe_cannot_pad_back() -> None:
    assert refusal(port, "jax", "caffe", (6, 7), padding=((-1, 1), (0, 2))) == (
        "target must be 'jax' or 'torch' where a pad is negative: others cannot crop; got 'caffe' "
        "(pads ((-1, 1), (0, 2))). Crop and pad the input before it enters the network."
    )
