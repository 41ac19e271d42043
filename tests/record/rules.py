"""Records each framework's own rule for sizes and first taps into tests/data/rules.json.

    python tests/record/rules.py tensorflow keras jax torch
    python tests/record/rules.py onnx

Each name needs that framework installed; the tables of the others stay as they are.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import os
import sys
import warnings

import numpy as np
from probes import CONV_WINDOWS, POOL_WINDOWS, SIZES, Outcome, conv_probe, lines, pool_probe
from store import DATA


def checked(probe, pads_of):
    """A probe that does not read what TensorFlow returns over memory that nobody filled.

    Where the padded input is smaller than the span, tf.nn.conv2d on the CPU can return a
    result of some size over whatever the memory held; its values are not looked at.
    """

    def guarded(size, kernel, stride, dilation, padding):
        span = dilation * (kernel - 1) + 1
        if padding == "SAME" or size + sum(pads_of(padding)) >= span:
            return probe(size, kernel, stride, dilation, padding)
        try:
            return probe(size, kernel, stride, dilation, padding)[0], "uninitialised"
        except AssertionError as exception:
            seen, _ = exception.args[0]
            return len(seen), "uninitialised"

    return guarded


def tensorflow():
    import tensorflow as tf

    def pads(padding):
        return padding if isinstance(padding, str) else [[0, 0], padding, [0, 0], [0, 0]]

    def conv(x, kernel, stride, dilation, padding):
        return tf.nn.conv2d(x, kernel, (stride, 1), pads(padding), dilations=(dilation, 1))

    def pool(x, kernel, stride, padding):
        return tf.nn.max_pool2d(x, (kernel, 1), (stride, 1), pads(padding))

    def average(x, kernel, stride, padding):
        return tf.nn.avg_pool2d(x, (kernel, 1), (stride, 1), padding)

    out = Outcome("tensorflow-cpu")
    probe = checked(conv_probe(conv), lambda name: (0, 0) if name == "VALID" else name)
    out.rows("conv", CONV_WINDOWS, ["SAME", "VALID"], probe)
    out.rows("conv", [(2, 1, 1), (3, 2, 1), (2, 3, 1)], [[0, 1], [2, 0]], probe)
    out.pools(POOL_WINDOWS, ["SAME", "VALID"], pool, average)
    out.rows("pool", [(2, 2), (3, 2)], [[0, 1], [1, 0], [2, 1], [3, 3]], pool_probe(pool))

    ones = np.ones((1, 6, 1, 1), "float32")
    kernel = np.ones((3, 1, 1, 1), "float32")

    @tf.function
    def graph(x, kernel):
        return tf.nn.conv2d(x, kernel, 1, "VALID")

    def traced(size):
        x = np.ones((1, size, 1, 1), "float32")
        return list(graph.get_concrete_function(x, kernel).outputs[0].shape)

    out.probe(
        "tf.nn.conv2d, padding='same' in lower case, size 6, kernel 3, stride 2: shape",
        lambda: list(conv(ones, kernel, 2, 1, "same").shape),
    )
    out.probe(
        "tf.nn.max_pool2d, padding='same' in lower case: shape",
        lambda: list(pool(ones, 2, 2, "same").shape),
    )
    out.probe("tf.nn.conv2d, padding=1", lambda: list(conv(ones, kernel, 1, 1, 1).shape))
    out.probe(
        "tf.nn.conv2d, padding='SAME_LOWER'",
        lambda: list(conv(ones, kernel, 1, 1, "SAME_LOWER").shape),
    )
    out.probe(
        "tf.nn.conv2d, strides 2 with dilations 2, VALID, size 6, kernel 2: shape",
        lambda: list(conv(ones, kernel[:2], 2, 2, "VALID").shape),
    )
    out.probe(
        "tf.nn.conv2d in tf.function, VALID, size 2, kernel 3: shape when traced", lambda: traced(2)
    )
    out.probe(
        "tf.nn.conv2d in tf.function, VALID, size 1, kernel 3: shape when traced", lambda: traced(1)
    )
    out.probe(
        "tf.nn.conv2d in tf.function, VALID, size 2, kernel 3: shape when run",
        lambda: list(graph(ones[:, :2], kernel).shape),
    )
    out.probe(
        "tf.nn.conv2d, explicit pads of -1", lambda: list(conv(ones, kernel, 1, 1, [-1, 0]).shape)
    )
    out.probe("tf.nn.conv2d, stride 0", lambda: list(conv(ones, kernel, 0, 1, "VALID").shape))
    out.probe("tf.nn.conv2d, dilation 0", lambda: list(conv(ones, kernel, 1, 0, "VALID").shape))
    out.probe(
        "tf.nn.avg_pool2d of ones, SAME, size 5, kernel 3, stride 1: values",
        lambda: average(ones[:, :5], 3, 1, "SAME").numpy().ravel().tolist(),
    )
    return out.table


def keras():
    import keras

    def weighted(layer, x, kernel):
        layer.build(x.shape)
        layer.set_weights([kernel])
        return layer(x)

    def conv(x, kernel, stride, dilation, padding):
        size = kernel.shape[0]
        layer = keras.layers.Conv2D(
            size, (size, 1), (stride, 1), padding, use_bias=False, dilation_rate=(dilation, 1)
        )
        return weighted(layer, x, kernel)

    def causal(x, kernel, stride, dilation, padding):
        size = kernel.shape[0]
        layer = keras.layers.Conv1D(
            size, size, stride, padding, use_bias=False, dilation_rate=dilation
        )
        return np.asarray(weighted(layer, x[:, :, 0], kernel[:, 0]))[:, :, None]

    def pool(x, kernel, stride, padding):
        return keras.layers.MaxPooling2D((kernel, 1), (stride, 1), padding)(x)

    def average(x, kernel, stride, padding):
        return keras.layers.AveragePooling2D((kernel, 1), (stride, 1), padding)(x)

    out = Outcome("keras")
    out.table["backend"] = f"tensorflow {importlib.metadata.version('tensorflow-cpu')}"
    out.rows("conv", CONV_WINDOWS, ["same", "valid"], conv_probe(conv))
    out.rows("conv", [(3, 1, 1), (2, 1, 2), (3, 2, 1)], ["causal"], conv_probe(causal))
    out.pools(POOL_WINDOWS, ["same", "valid"], pool, average)

    ones = np.ones((1, 6, 6, 1), "float32")
    layers = keras.layers
    questions = {
        "Conv2D(1, 3, padding=1)": lambda: layers.Conv2D(1, 3, padding=1),
        "Conv2D(1, 3, padding=(1, 1)) called": lambda: layers.Conv2D(1, 3, padding=(1, 1))(ones),
        "Conv2D(1, 3, padding=((0, 1), (0, 1))) called":
            lambda: layers.Conv2D(1, 3, padding=((0, 1), (0, 1)))(ones),
        "Conv2D(1, 3, padding='SAME'): shape": lambda: layers.Conv2D(1, 3, padding="SAME")(ones),
        "Conv2D(1, 3, padding='causal')": lambda: layers.Conv2D(1, 3, padding="causal"),
        "Conv2D(1, 3, padding='full')": lambda: layers.Conv2D(1, 3, padding="full"),
        "Conv2D(1, 3, strides=(2, 1), dilation_rate=(1, 2))":
            lambda: layers.Conv2D(1, 3, strides=(2, 1), dilation_rate=(1, 2)),
        "Conv2D(1, 3, dilation_rate=0)": lambda: layers.Conv2D(1, 3, dilation_rate=0),
        "Conv2D(1, 3, strides=0)": lambda: layers.Conv2D(1, 3, strides=0),
        "Conv2D(0, 3)": lambda: layers.Conv2D(0, 3),
        "Conv2D(3, 3, groups=2)": lambda: layers.Conv2D(3, 3, groups=2),
        "Conv2D(2, 3, groups=2) on 3 channels":
            lambda: layers.Conv2D(2, 3, groups=2).build((1, 6, 6, 3)),
        "DepthwiseConv2D(3, strides=2, dilation_rate=2, padding='same'): shape":
            lambda: layers.DepthwiseConv2D(3, 2, "same", dilation_rate=2)(ones),
        "SeparableConv2D(1, 3, strides=2, dilation_rate=2, padding='same'): shape":
            lambda: layers.SeparableConv2D(1, 3, 2, "same", dilation_rate=2)(ones),
        "DepthwiseConv2D(3, strides=(1, 2), padding='same'): shape":
            lambda: layers.DepthwiseConv2D(3, (1, 2), "same")(ones),
        "Conv2DTranspose(1, 3, strides=2, dilation_rate=2)":
            lambda: layers.Conv2DTranspose(1, 3, 2, dilation_rate=2),
        "Conv2DTranspose(1, 3, strides=2, output_padding=2)":
            lambda: layers.Conv2DTranspose(1, 3, 2, output_padding=2),
        "MaxPooling2D(2, padding='SAME') called":
            lambda: layers.MaxPooling2D(2, None, "SAME")(ones),
        "MaxPooling2D(2, padding='causal') made":
            lambda: layers.MaxPooling2D(2, None, "causal") and None,
        "MaxPooling2D(2, padding='causal') called":
            lambda: layers.MaxPooling2D(2, None, "causal")(ones),
        "MaxPooling2D(2, padding=1) called": lambda: layers.MaxPooling2D(2, padding=1)(ones),
        "MaxPooling2D(3).compute_output_shape((1, 2, 6, 1))":
            lambda: layers.MaxPooling2D(3).compute_output_shape((1, 2, 6, 1)),
        "Conv2D(1, 3).compute_output_shape((1, 2, 6, 1))":
            lambda: layers.Conv2D(1, 3).compute_output_shape((1, 2, 6, 1)),
        "MaxPooling2D(2, strides=0) made": lambda: layers.MaxPooling2D(2, strides=0) and None,
        "ZeroPadding2D('same')": lambda: layers.ZeroPadding2D("same"),
        "ZeroPadding2D(-1) called": lambda: layers.ZeroPadding2D(-1)(ones),
        "ZeroPadding2D((1, 2, 3))": lambda: layers.ZeroPadding2D((1, 2, 3)),
        "keras.ops.conv, strides 2 with dilation_rate 2, on tensorflow":
            lambda: keras.ops.conv(ones, np.ones((2, 2, 1, 1), "float32"), 2, dilation_rate=2),
        "Conv2D(1, 3) on a 3-D input": lambda: layers.Conv2D(1, 3)(ones[0]),
        "Conv2D(1, 3) on an empty batch: shape": lambda: layers.Conv2D(1, 3)(ones[:0]),
        "Conv2D(1, 3) built for 1 channel, called with 2":
            lambda: (layer := layers.Conv2D(1, 3), layer(ones), layer(np.ones((1, 6, 6, 2))))[-1],
    }  # fmt: skip
    for what, call in questions.items():
        out.probe(what, lambda call=call: shape_of(call()))
    return out.table


def shape_of(result):
    return None if result is None else list(result.shape) if hasattr(result, "shape") else "made"


def jax():
    from jax import lax

    def pads(padding):
        return padding if isinstance(padding, str) else [padding, [0, 0]]

    def conv(x, kernel, stride, dilation, padding):
        return lax.conv_general_dilated(
            x, kernel, (stride, 1), pads(padding), rhs_dilation=(dilation, 1),
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )  # fmt: skip

    def pool(x, kernel, stride, padding):
        padding = padding if isinstance(padding, str) else [[0, 0], padding, [0, 0], [0, 0]]
        window, strides = (1, kernel, 1, 1), (1, stride, 1, 1)
        return lax.reduce_window(x, -np.inf, lax.max, window, strides, padding)

    out = Outcome("jax")
    out.rows("conv", CONV_WINDOWS, ["SAME", "SAME_LOWER", "VALID"], conv_probe(conv))
    out.rows("conv", [(2, 1, 1), (3, 2, 2), (2, 3, 1)], [[0, 1], [2, 0], [-1, 0]], conv_probe(conv))
    out.rows("pool", POOL_WINDOWS, ["SAME", "SAME_LOWER", "VALID"], pool_probe(pool))
    out.rows("pool", [(2, 2), (3, 2)], [[0, 1], [2, 1], [3, 3]], pool_probe(pool))

    ones = np.ones((1, 6, 1, 1), "float32")
    kernel = np.ones((3, 1, 1, 1), "float32")
    for padding in ("same", "valid", "Same", "FULL", 1):
        out.probe(
            f"lax.conv_general_dilated, padding={padding!r}, size 6, kernel 3: shape",
            lambda padding=padding: (
                list(conv(ones, kernel, 1, 1, padding).shape)
                if isinstance(padding, str)
                else list(lax.conv_general_dilated(ones, kernel, (1, 1), padding).shape)
            ),
        )
    out.probe(
        "lax.conv_general_dilated, VALID, size 1, kernel 3: shape",
        lambda: list(conv(ones[:, :1], kernel, 1, 1, "VALID").shape),
    )
    out.probe(
        "lax.conv_general_dilated, stride 0", lambda: list(conv(ones, kernel, 0, 1, "VALID").shape)
    )
    out.probe(
        "lax.conv_general_dilated, dilation 0",
        lambda: list(conv(ones, kernel, 1, 0, "VALID").shape),
    )
    return out.table


def torch():
    import torch.nn.functional as nn
    from torch import from_numpy

    def conv(x, kernel, stride, dilation, padding):
        pad = padding if isinstance(padding, str) else (padding, 0)
        x, kernel = x.transpose(0, 3, 1, 2), kernel.transpose(3, 2, 0, 1)
        output = nn.conv2d(
            from_numpy(x.copy()), from_numpy(kernel.copy()), None, (stride, 1), pad, (dilation, 1)
        )
        return output.numpy().transpose(0, 2, 3, 1)

    def pool(x, kernel, stride, padding, ceil_mode):
        x = from_numpy(x.transpose(0, 3, 1, 2).copy())
        return nn.max_pool2d(x, (kernel, 1), (stride, 1), (padding, 0), ceil_mode=ceil_mode).numpy()

    def average(x, kernel, stride, padding, ceil_mode):
        x = from_numpy(x.transpose(0, 3, 1, 2).copy())
        return nn.avg_pool2d(x, (kernel, 1), (stride, 1), (padding, 0), ceil_mode=ceil_mode).numpy()

    out = Outcome("torch")
    out.rows("conv", CONV_WINDOWS, ["same", "valid", 0, 1, 2], conv_probe(conv))
    for ceil_mode in (False, True):
        out.pools(POOL_WINDOWS, [0, 1, 2], pool, average, ceil_mode=ceil_mode)

    ones = np.ones((1, 6, 1, 1), "float32")
    kernel = np.ones((3, 1, 1, 1), "float32")
    for padding in (-1, "SAME", "full"):
        out.probe(
            f"conv2d, padding={padding!r}",
            lambda padding=padding: list(conv(ones, kernel, 1, 1, padding).shape),
        )
    out.probe(
        "conv2d, padding='same', stride 2", lambda: list(conv(ones, kernel, 2, 1, "same").shape)
    )
    out.probe("conv2d, stride 0", lambda: list(conv(ones, kernel, 0, 1, 0).shape))
    out.probe("conv2d, dilation 0", lambda: list(conv(ones, kernel, 1, 0, 0).shape))
    for padding in (-1, 2, "same"):
        out.probe(
            f"max_pool2d, kernel 3, padding={padding!r}",
            lambda padding=padding: list(pool(ones, 3, 2, padding, False).shape),
        )
    out.probe(
        "conv2d, padding=(0, 1, 1, 0)",
        lambda: list(nn.conv2d(from_numpy(ones), from_numpy(ones), padding=(0, 1, 1, 0)).shape),
    )
    out.probe(
        "avg_pool2d of ones, size 5, kernel 3, stride 1, padding 1: values",
        lambda: average(ones[:, :5], 3, 1, 1, False).ravel().tolist(),
    )
    out.probe(
        "avg_pool2d of ones, size 6, kernel 3, stride 2, padding 1, ceil_mode: values",
        lambda: average(ones, 3, 2, 1, True).ravel().tolist(),
    )
    return out.table


def onnx():
    import onnxruntime
    from onnx import TensorProto, helper

    onnxruntime.set_default_logger_severity(4)

    def run(operator, x, kernel=None, **attributes):
        inputs = {"x": np.ascontiguousarray(x.transpose(0, 3, 1, 2))}
        if kernel is not None:
            inputs["w"] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        described = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape)
            for name, value in inputs.items()
        ]
        result = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
        node = helper.make_node(operator, list(inputs), ["y"], **attributes)
        graph = helper.make_graph([node], "probe", described, [result])
        opset = [helper.make_opsetid("", 22)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=10)
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        return session.run(None, inputs)[0].transpose(0, 2, 3, 1)

    def pads(padding):
        if isinstance(padding, str):
            return {"auto_pad": padding}
        return {"pads": [padding[0], 0, padding[1], 0]}

    def conv(x, kernel, stride, dilation, padding):
        return run("Conv", x, kernel, strides=[stride, 1], dilations=[dilation, 1], **pads(padding))

    def pooled(operator):
        def pool(x, kernel, stride, padding, ceil_mode):
            return run(
                operator,
                x,
                kernel_shape=[kernel, 1],
                strides=[stride, 1],
                ceil_mode=int(ceil_mode),
                **pads(padding),
            )

        return pool

    pool, average = pooled("MaxPool"), pooled("AveragePool")
    out = Outcome("onnxruntime")
    out.rows("conv", CONV_WINDOWS, ["SAME_UPPER", "SAME_LOWER", "VALID"], conv_probe(conv))
    windows = [(2, 1, 1), (3, 2, 1), (3, 2, 2), (2, 3, 1)]
    out.rows("conv", windows, [[0, 0], [0, 1], [1, 1], [2, 0]], conv_probe(conv))
    for ceil_mode in (False, True):
        paddings = ["SAME_UPPER", "SAME_LOWER", "VALID", [1, 1], [0, 1], [1, 0]]
        out.pools(POOL_WINDOWS, paddings, pool, average, ceil_mode=ceil_mode)

    ones = np.ones((1, 6, 1, 1), "float32")
    kernel = np.ones((3, 1, 1, 1), "float32")
    for padding in ("same_upper", "SAME", [-1, 0]):
        out.probe(
            f"Conv, {pads(padding)}",
            lambda padding=padding: list(conv(ones, kernel, 1, 1, padding).shape),
        )
    out.probe("Conv, stride 0", lambda: list(conv(ones, kernel, 0, 1, [0, 0]).shape))
    out.probe("Conv, dilation 0", lambda: list(conv(ones, kernel, 1, 0, [0, 0]).shape))
    rising = np.arange(1, 9, dtype="float32").reshape(1, 8, 1, 1)
    for window, name in itertools.product((1, 2), ("SAME_UPPER", "SAME_LOWER")):
        what = f"AveragePool of 1..8, kernel {window}, stride 4, {name}: values"
        out.probe(
            what,
            lambda window=window, name=name: (
                average(rising, window, 4, name, False).ravel().tolist()
            ),
        )
    for include in (0, 1):
        out.probe(
            f"AveragePool of ones, size 5, kernel 3, pads 1, count_include_pad {include}: values",
            lambda include=include: (
                run(
                    "AveragePool",
                    ones[:, :5],
                    kernel_shape=[3, 1],
                    pads=[1, 0, 1, 0],
                    count_include_pad=include,
                )
                .ravel()
                .tolist()
            ),
        )
    return out.table


def main(names):
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")  # some frameworks warn of what the probes do on purpose
    known = {"tensorflow": tensorflow, "keras": keras, "jax": jax, "torch": torch, "onnx": onnx}
    target = DATA / "rules.json"
    rules = json.loads(target.read_text()) if target.exists() else {}
    rules["sizes"] = list(SIZES)
    for name in names:
        rules[name] = known[name]()
        print(name, rules[name]["version"], "errors:", len(rules[name]["errors"]))
    target.write_text(lines({key: rules[key] for key in ["sizes", *known] if key in rules}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
