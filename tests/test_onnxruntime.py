"""Values against ONNX Runtime: seeded configurations, each compared for every method.

Two kinds of SAME go to ONNX Runtime as explicit pads, from the formula that is written here and not
from `stridelab.geometry`: with a dilation it refuses auto_pad; with a stride over the window its
pads come out negative, for which its pooling stops and its convolution skips cells at the start.
"""

from __future__ import annotations

import random

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from stridelab.ops import (
    avg_pool2d,
    conv2d,
    conv2d_transpose,
    max_pool2d,
)
from tests.ops_tools import USABLE, assert_same, serving


def run(operation, inputs, **attributes):
    """One node of ONNX, computed by ONNX Runtime on one thread."""
    names = [f"i{number}" for number in range(len(inputs))]
    node = helper.make_node(operation, names, ["y"], **attributes)
    described = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
        for name, array in zip(names, inputs, strict=True)
    ]
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * 4)
    model = helper.make_model(
        helper.make_graph([node], "one", described, [result]),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, dict(zip(names, inputs, strict=True)))[0]


def arrays(seed, *shapes, whole):
    """float32 arrays: small whole numbers, whose sums are exact, or normally distributed."""
    draw = np.random.default_rng(seed)
    for shape in shapes:
        values = draw.integers(-5, 6, shape) if whole else draw.standard_normal(shape)
        yield values.astype(np.float32)


def same_pads(size, span, stride, upper):
    total = max((-(-size // stride) - 1) * stride + span - size, 0)
    few, many = total // 2, (total + 1) // 2
    return (few, many) if upper else (many, few)


def pads_attribute(rows, cols):
    """ONNX writes all that comes before first: top, left, bottom, right."""
    return {"pads": [rows[0], cols[0], rows[1], cols[1]]}


def compare(ours, theirs, whole, told, method="auto"):
    assert ours.dtype == np.float32, told
    assert ours.shape == theirs.shape, told
    if whole:
        assert_same(ours, theirs, method, told=told)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=5e-6, err_msg=told)


def in_format(array, data_format):
    return array if data_format == "channels_first" else array.transpose(0, 2, 3, 1)


def spans(kernel, dilation):
    return [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]


def over(strides, pool):
    return any(stride > cells for stride, cells in zip(strides, pool, strict=True))


def draw_padding(pick, size, span, strides, limits, *, refused):
    """A padding in our words and in ONNX'; drawn again where the window would not fit."""
    while True:
        name = pick.choice(["valid", "same", "same_lower", "explicit"])
        if name == "explicit":
            rows, cols = [(pick.randint(0, top), pick.randint(0, top)) for top in limits]
            ours, theirs = (rows, cols), pads_attribute(rows, cols)
        elif name == "valid":
            rows = cols = (0, 0)
            ours, theirs = "valid", {"auto_pad": "VALID"}
        else:
            rows, cols = (
                same_pads(*numbers, name == "same")
                for numbers in zip(size, span, strides, strict=True)
            )
            upper = "SAME_UPPER" if name == "same" else "SAME_LOWER"
            ours = name
            theirs = pads_attribute(rows, cols) if refused else {"auto_pad": upper}
        if all(n + sum(p) >= e for n, p, e in zip(size, (rows, cols), span, strict=True)):
            return ours, theirs


@pytest.mark.parametrize("seed", range(500))
def test_conv(seed):
    pick = random.Random(seed)
    whole = seed % 3 != 0
    data_format = pick.choice(["channels_last", "channels_first"])
    groups = pick.choice([1, 1, 2, 3, 4])
    depth, width = pick.randint(1, 3), pick.randint(1, 3)
    depth = 1 if groups == 4 else depth  # depthwise
    size, kernel = (
        (pick.randint(3, 13), pick.randint(3, 13)),
        (pick.randint(1, 5), pick.randint(1, 5)),
    )
    strides = pick.randint(1, 4), pick.randint(1, 4)
    dilation = pick.choice([(1, 1), (1, 1), (1, 1), (2, 1), (1, 3), (2, 2), (3, 2)])
    span = spans(kernel, dilation)
    padding, theirs = draw_padding(
        pick, size, span, strides, span, refused=over(strides, kernel) or dilation != (1, 1)
    )
    x, weights, bias = arrays(
        seed,
        (pick.choice([1, 1, 2]), groups * depth, *size),
        (groups * width, depth, *kernel),
        (groups * width,),
        whole=whole,
    )
    biased = pick.random() < 0.5
    expected = run(
        "Conv",
        [x, weights, bias] if biased else [x, weights],
        strides=strides,
        dilations=dilation,
        group=groups,
        **theirs,
    )
    given = in_format(x, data_format), weights.transpose(2, 3, 1, 0), bias if biased else None
    arguments = {
        "strides": strides,
        "padding": padding,
        "dilation_rate": dilation,
        "groups": groups,
        "data_format": data_format,
    }
    for method in [*USABLE, "auto"]:
        if serving(method, *given, **arguments):
            y = conv2d(*given, method=method, **arguments)
            told = f"{method} {x.shape} {weights.shape} {arguments}"
            compare(y, in_format(expected, data_format), whole, told, method)


@pytest.mark.parametrize("seed", range(100))
def test_pools(seed):
    pick = random.Random(seed)
    data_format = pick.choice(["channels_last", "channels_first"])
    size, pool = (
        (pick.randint(3, 11), pick.randint(3, 11)),
        (pick.randint(1, 4), pick.randint(1, 4)),
    )
    strides = pick.randint(1, 4), pick.randint(1, 4)
    limits = [cells - 1 for cells in pool]
    padding, theirs = draw_padding(pick, size, pool, strides, limits, refused=over(strides, pool))
    (x,) = arrays(seed, (2, 3, *size), whole=False)
    for function, operation, more in (
        (max_pool2d, "MaxPool", {}),
        (avg_pool2d, "AveragePool", {"count_include_pad": 0}),
    ):
        expected = run(operation, [x], kernel_shape=pool, strides=strides, **theirs, **more)
        y = function(
            in_format(x, data_format),
            pool,
            strides=strides,
            padding=padding,
            data_format=data_format,
        )
        told = f"{operation} {x.shape} {pool} {strides} {padding}"
        compare(y, in_format(expected, data_format), operation == "MaxPool", told)


def transposed_pads(size, span, stride, padding, extra):
    """Keras' size as ONNX' crop before and after, and its cells added at the end."""
    full = (size - 1) * stride + span
    if padding == "valid":
        wanted = full + max(stride - span, 0) if extra is None else full + extra
    else:
        wanted = size * stride if extra is None else (size - 1) * stride + span % 2 + extra
    crop = max(full - wanted, 0)
    return crop // 2, crop - crop // 2, max(wanted - full, 0)


@pytest.mark.parametrize("seed", range(120))
def test_conv_transpose(seed):
    pick = random.Random(seed)
    whole = seed % 3 != 0
    data_format = pick.choice(["channels_last", "channels_first"])
    channels, filters = pick.randint(1, 4), pick.randint(1, 4)
    size, kernel = (
        (pick.randint(2, 7), pick.randint(2, 7)),
        (pick.randint(1, 5), pick.randint(1, 5)),
    )
    strides = pick.randint(1, 4), pick.randint(1, 4)
    dilation = pick.choice([(1, 1), (1, 1), (1, 2), (3, 1)])
    padding = pick.choice(["valid", "same"])
    extra = pick.choice([None, None, tuple(pick.randrange(stride) for stride in strides)])
    x, weights, bias = arrays(
        seed, (2, channels, *size), (channels, filters, *kernel), (filters,), whole=whole
    )
    (top, bottom, below), (left, right, beside) = (
        transposed_pads(n, e, s, padding, more)
        for n, e, s, more in zip(
            size, spans(kernel, dilation), strides, extra or (None, None), strict=True
        )
    )
    expected = run(
        "ConvTranspose",
        [x, weights, bias],
        strides=strides,
        dilations=dilation,
        pads=[top, left, bottom, right],
        output_padding=[below, beside],
    )
    y = conv2d_transpose(
        in_format(x, data_format),
        weights.transpose(2, 3, 1, 0),
        bias,
        strides=strides,
        padding=padding,
        output_padding=extra,
        dilation_rate=dilation,
        data_format=data_format,
    )
    told = f"{x.shape} {weights.shape} {strides} {dilation} {padding} {extra}"
    compare(y, in_format(expected, data_format), whole, told)


def test_a_layer_of_ordinary_size():
    """Enough work for `auto` to take its heavier method, and for sums to round."""
    x, weights, bias = arrays(0, (1, 32, 57, 48), (64, 32, 3, 3), (64,), whole=False)
    expected = run("Conv", [x, weights, bias], strides=(2, 1), auto_pad="SAME_UPPER")
    given = x, weights.transpose(2, 3, 1, 0), bias
    arguments = {"strides": (2, 1), "padding": "same", "data_format": "channels_first"}
    for method in [name for name in USABLE if name != "reference"]:
        if not serving(method, *given, **arguments):
            continue
        y = conv2d(*given, method=method, **arguments)
        np.testing.assert_allclose(y, expected, rtol=2e-5, atol=1e-4, err_msg=method)
