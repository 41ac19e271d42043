"""Against what TensorFlow, Keras, JAX, PyTorch and ONNX Runtime answered (tests/record).

Integer-valued cases compare exactly, in float32 and in float64.
"""

from __future__ import annotations

import json
import math
import pathlib

import numpy as np
import pytest

import stridelab as sl
from stridelab import StrideLabError
from tests.ops_tools import assert_same as agree
from tests.ops_tools import convolve, every_method

DATA = pathlib.Path(__file__).parent / "data"
TOLERANCE = {"float32": 2e-6, "float64": 1e-14}
RULES = json.loads((DATA / "rules.json").read_text())


def recorded(name):
    """The cases of one recording, with their arrays."""
    cases = json.loads((DATA / f"{name}.json").read_text())["cases"]
    with np.load(DATA / f"{name}.npz") as flat:
        kinds = dict(flat)
    for index, case in enumerate(cases):
        arrays = {
            label: kinds[case["kind"]][start : start + math.prod(shape)].reshape(shape)
            for label, (start, shape) in case["arrays"].items()
        }
        label = f"{name}-{index}-{case.get('layer') or case['op']}"
        yield pytest.param(case | {"arrays": arrays}, id=label)


def dtypes(case):
    return ("float32", "float64") if case["kind"] == "integers" else (case["kind"],)


def assert_same(case, dtype, output, method="auto"):
    expected = case["arrays"]["output"].astype(dtype)
    assert output.dtype == dtype
    if case["kind"] == "integers":
        agree(output, expected, method)
    else:
        np.testing.assert_allclose(output, expected, TOLERANCE[dtype], TOLERANCE[dtype])


@pytest.mark.parametrize("case", [*recorded("keras_tensorflow"), *recorded("keras_jax")])
def test_a_layer_computes_what_keras_computes(case):
    x, *weights, output = case["arrays"].values()  # weights in Keras' order
    for dtype in dtypes(case):
        own_dtype = {"dtype": dtype} if "use_bias" in case["args"] else {}
        layer = getattr(sl.layers, case["layer"])(**case["args"], **own_dtype)
        layer.build((None, *x.shape[1:]))
        layer.set_weights([weight.astype(dtype) for weight in weights])
        assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *output.shape[1:])
        assert_same(case, dtype, layer(x.astype(dtype)))


@every_method
@pytest.mark.parametrize("case", [case for case in recorded("lax") if "conv2d-" in f"{case.id}-"])
def test_every_method_computes_what_lax_computes(case, method):
    for dtype in dtypes(case):
        x, kernel = (case["arrays"][name].astype(dtype) for name in ("x", "kernel"))
        output = convolve(x, kernel, method=method, **case["args"])
        assert_same(case, dtype, output, method)


@pytest.mark.parametrize("case", [case for case in recorded("lax") if "transpose" in case.id])
def test_a_transposed_convolution_computes_what_lax_computes(case):
    for dtype in dtypes(case):
        x, kernel = (case["arrays"][name].astype(dtype) for name in ("x", "kernel"))
        assert_same(case, dtype, sl.conv2d_transpose(x, kernel, **case["args"]))


def test_the_recordings_can_tell_a_wrong_side_and_a_wrong_axis():
    """Enough cases are uneven: an odd number of SAME pads, rows unlike columns."""
    uneven = swapped = 0
    for (case,) in (param.values for param in recorded("keras_tensorflow")):
        if case["layer"] == "Conv2D":
            arguments, shape = case["args"], case["input_shape"]
            names = ("kernel_size", "strides", "padding", "dilation_rate")
            pads = sl.conv_geometry(shape[1:3], *(arguments[name] for name in names)).pads
            uneven += any(before != after for before, after in pads)
            swapped += arguments["kernel_size"][0] != arguments["kernel_size"][1]
    assert uneven >= 20
    assert swapped >= 60


# --- each framework's own rule -------------------------------------------------------------------


def answers(row):
    """(size, recorded output size, recorded first tap), for each size of a row."""
    sizes, firsts = row["output_size"], row.get("first")
    if isinstance(sizes, str):  # refused whatever the size
        sizes, firsts = [sizes] * len(RULES["sizes"]), [None] * len(RULES["sizes"])
    return zip(RULES["sizes"], sizes, firsts, strict=True)


def ours(axis_of, *arguments, **named):
    """Our output size and first tap, or "raises"."""
    try:
        axis = axis_of(*arguments, **named)
    except StrideLabError:
        return "raises", None
    return axis.output_size, axis.phase


def shown(row, size, got, expected):
    asked = {name: row[name] for name in row if name not in ("output_size", "first")}
    return f"{asked} size {size}: {got}, recorded {expected}"


@pytest.mark.parametrize("name", [name for name in RULES if name != "sizes"])
def test_a_convolution_by_a_framework_s_rule(name):
    rule = sl.convention(name)
    wrong = []
    for row in RULES[name]["conv"]:
        for size, output, first in answers(row):
            # over memory that nobody filled TensorFlow returns something; a size it is not
            refused = isinstance(output, str) or first == "uninitialised"
            window = row["kernel"], row["stride"], row["dilation"]
            got = ours(rule.conv, size, *window, padding=row["padding"])
            expected = ("raises", None) if refused else (output, got[1] if first is None else first)
            if got != expected:
                wrong.append(shown(row, size, got, expected))
    assert wrong == []


def pool_expected(name, row, size, output, first):
    """What our rule has to answer where the framework answered this."""
    if str(size) in row.get("average_output_size", {}) and isinstance(output, str):
        # ONNX Runtime's maximum refuses a stride over the window under SAME_*, its average does not
        output = row["average_output_size"][str(size)]
    padding = row["padding"]
    named = isinstance(padding, str)
    pads = 0 if named else 2 * padding if isinstance(padding, int) else sum(padding)
    too_small = "SAME" not in str(padding).upper() and size + pads < row["kernel"]
    if too_small and name in ("tensorflow", "keras", "onnx") and not row.get("ceil_mode"):
        return "raises", None  # there an integer division decides: an error, size 0 or a size
    if isinstance(output, str) or (output == 0 and name != "jax"):
        return "raises", None
    return output, first


@pytest.mark.parametrize("name", [name for name in RULES if name != "sizes"])
def test_a_pooling_by_a_framework_s_rule(name):
    rule = sl.convention(name)
    wrong = []
    for row in RULES[name]["pool"]:
        for size, output, first in answers(row):
            named = {"ceil_mode": row["ceil_mode"]} if "ceil_mode" in row else {}
            got = ours(rule.pool, size, row["kernel"], row["stride"], row["padding"], **named)
            expected = pool_expected(name, row, size, output, first)
            if expected[0] != "raises" and expected[1] is None:
                expected = (expected[0], got[1])
            if got != expected:
                wrong.append(shown(row, size, got, expected))
    assert wrong == []


QUESTIONS = {
    "tensorflow": {
        "tf.nn.conv2d, padding='same' in lower case, size 6, kernel 3, stride 2: shape":
            lambda rule: rule.conv(6, 3, 2, padding="same"),
        "tf.nn.max_pool2d, padding='same' in lower case: shape":
            lambda rule: rule.pool(6, 2, 2, padding="same"),
        "tf.nn.conv2d, padding=1": lambda rule: rule.conv(6, 3, padding=1),
        "tf.nn.conv2d, padding='SAME_LOWER'": lambda rule: rule.conv(6, 3, padding="SAME_LOWER"),
        "tf.nn.conv2d, strides 2 with dilations 2, VALID, size 6, kernel 2: shape":
            lambda rule: rule.conv(6, 2, 2, 2, "VALID"),
        "tf.nn.conv2d in tf.function, VALID, size 2, kernel 3: shape when traced":
            lambda rule: rule.conv(2, 3, padding="VALID"),
        "tf.nn.conv2d, explicit pads of -1": lambda rule: rule.conv(6, 3, padding=(-1, 0)),
    },
    "keras": {
        "Conv2D(1, 3, padding=1)": lambda rule: rule.conv(6, 3, padding=1),
        "Conv2D(1, 3, padding=(1, 1)) called": lambda rule: rule.conv(6, 3, padding=(1, 1)),
        "Conv2D(1, 3, padding='SAME'): shape": lambda rule: rule.conv(6, 3, padding="SAME"),
        "Conv2D(1, 3, padding='full')": lambda rule: rule.conv(6, 3, padding="full"),
        "MaxPooling2D(2, padding='SAME') called": lambda rule: rule.pool(6, 2, padding="SAME"),
        "MaxPooling2D(2, padding='causal') called": lambda rule: rule.pool(6, 2, padding="causal"),
        "MaxPooling2D(2, padding=1) called": lambda rule: rule.pool(6, 2, padding=1),
    },
    "jax": {
        "lax.conv_general_dilated, padding='same', size 6, kernel 3: shape":
            lambda rule: rule.conv(6, 3, padding="same"),
        "lax.conv_general_dilated, padding='Same', size 6, kernel 3: shape":
            lambda rule: rule.conv(6, 3, padding="Same"),
        "lax.conv_general_dilated, padding='FULL', size 6, kernel 3: shape":
            lambda rule: rule.conv(6, 3, padding="FULL"),
        "lax.conv_general_dilated, padding=1, size 6, kernel 3: shape":
            lambda rule: rule.conv(6, 3, padding=1),
        "lax.conv_general_dilated, VALID, size 1, kernel 3: shape":
            lambda rule: rule.conv(1, 3, padding="VALID"),
    },
    "torch": {
        "conv2d, padding=-1": lambda rule: rule.conv(6, 3, padding=-1),
        "conv2d, padding='SAME'": lambda rule: rule.conv(6, 3, padding="SAME"),
        "conv2d, padding='full'": lambda rule: rule.conv(6, 3, padding="full"),
        "conv2d, padding='same', stride 2": lambda rule: rule.conv(6, 3, 2, padding="same"),
        "conv2d, padding=(0, 1, 1, 0)": lambda rule: rule.conv(6, 3, padding=(0, 1)),
        "max_pool2d, kernel 3, padding=-1": lambda rule: rule.pool(6, 3, padding=-1),
        "max_pool2d, kernel 3, padding=2": lambda rule: rule.pool(6, 3, padding=2),
        "max_pool2d, kernel 3, padding='same'": lambda rule: rule.pool(6, 3, padding="same"),
    },
    "onnx": {
        "Conv, {'auto_pad': 'same_upper'}": lambda rule: rule.conv(6, 3, padding="same_upper"),
        "Conv, {'auto_pad': 'SAME'}": lambda rule: rule.conv(6, 3, padding="SAME"),
        "Conv, {'pads': [-1, 0, 0, 0]}": lambda rule: rule.conv(6, 3, padding=(-1, 0)),
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "question"), [(name, question) for name in QUESTIONS for question in QUESTIONS[name]]
)
def test_a_question_put_to_a_framework(name, question):
    answer = RULES[name]["probes"][question]  # a shape (1, size, …), or an error's key
    expected = "raises" if isinstance(answer, str) else answer[1]
    assert ours(QUESTIONS[name][question], sl.convention(name))[0] == expected


@pytest.mark.parametrize("name", QUESTIONS)
def test_strides_and_dilations_of_zero_raise_in_every_framework(name):
    zero = [
        answer
        for text, answer in RULES[name]["probes"].items()
        if text.endswith(("stride 0", "dilation 0", "strides=0)", "dilation_rate=0)"))
    ]
    assert len(zero) == 2
    assert all(answer in RULES[name]["errors"] for answer in zero)
    rule = sl.convention(name)
    for wrong in ({"stride": 0}, {"dilation": 0}):
        with pytest.raises(StrideLabError, match="must be a whole number of at least 1; got 0"):
            rule.conv(6, 3, **wrong)
