"""Records each framework's own rule for sizes and first taps into tests/data/rules.json.

    python tests/record/rules.py tensorflow keras jax torch
    python tests/record/rules.py onnx

Each name needs that framework installed; the tables of the others stay as they are. How a row is found: the
input is a column holding 1..n, the kernel an identity with one filter a tap, so the output shows for
every window which input cell each tap reads (0: padding).
"""

from __future__ import annotations

import datetime
import importlib.metadata
import itertools
import json
import os
import pathlib
import re
import sys
import warnings

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

TARGET = pathlib.Path(__file__).parents[1] / "data" / "rules.json"
SIZES = range(1, 11)
CONV_WINDOWS = [  # kernel, stride, dilation
    *itertools.product((1, 2, 3, 4, 5), (1, 2, 3), (1,)),
    *itertools.product((2, 3), (4,), (1,)),
    *itertools.product((2, 3, 4), (1, 2, 3), (2,)),
    *itertools.product((2, 3), (1, 2), (3,)),
]
POOL_WINDOWS = list(itertools.product((1, 2, 3, 4, 5), (1, 2, 3, 4)))  # kernel, stride


def first_line(text: str) -> str:
    """An error's first line that says something, without a machine's paths and object names."""
    text = re.sub(r"\x1b\[\d*m", "", text)  # colours
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["(no text)"]
    if lines[0] == "in user code:":  # TensorFlow's trace comes first, the error last
        lines = lines[-1:]
    if lines[0].startswith("Exception encountered when calling"):
        lines = lines[1:]
    line = re.sub(r"\{\{function_node.*?\}\} ", "", lines[0])
    line = re.sub(r"(/[\w.+-]+){2,}", "(file)", line)
    line = re.sub(r"\b(conv2d|node)_\d+", r"\1", line)
    return line.replace("{'valid', 'same'}", "{'same', 'valid'}")[:240]  # a set has no order


class Outcome:
    """One framework's answers: rows grouped by window, and every kind of error met, once."""

    def __init__(self, package: str) -> None:
        self.table = {
            "version": importlib.metadata.version(package),
            "date": datetime.date.today().isoformat(),
            "errors": {},
        }

    def error(self, exception: Exception) -> str:
        """The key of this error; errors that differ in numbers only share one."""
        kind = [type(exception).__name__, first_line(str(exception))]
        same = re.sub(r"\d+", "#", str(kind))
        for key, known in self.table["errors"].items():
            if re.sub(r"\d+", "#", str(known)) == same:
                return key
        key = f"E{len(self.table['errors']) + 1}"
        self.table["errors"][key] = kind
        return key

    def rows(self, name, windows, paddings, probe, **fixed) -> None:
        """One row a window and padding: output sizes and first taps for every size."""
        rows = self.table.setdefault(name, [])
        for padding, window in itertools.product(paddings, windows):
            answers = [self.answer(probe, size, *window, padding, **fixed) for size in SIZES]
            row = dict(zip(("kernel", "stride", "dilation"), window, strict=False))
            row |= {"padding": padding} | fixed
            row["output_size"] = [answer[0] for answer in answers]
            row["first"] = [answer[1] for answer in answers]
            rows.append(row)

    def pools(self, windows, paddings, maximum, average, **fixed) -> None:
        """Rows of the maximum; the average's sizes where it answers or refuses differently."""
        start = len(self.table.get("pool", []))
        self.rows("pool", windows, paddings, pool_probe(maximum), **fixed)
        self.rows("average", windows, paddings, average_size(average), **fixed)
        twins = zip(self.table["pool"][start:], self.table.pop("average"), strict=True)
        for row, other in twins:
            pairs = zip(SIZES, row["output_size"], other["output_size"], strict=True)
            differs = {
                str(size): answer
                for size, known, answer in pairs
                if known != answer and not (isinstance(known, str) and isinstance(answer, str))
            }
            if differs:
                row["average_output_size"] = differs

    def answer(self, probe, *arguments, **fixed):
        try:
            return probe(*arguments, **fixed)
        except Exception as exception:
            return self.error(exception), None

    def probe(self, what: str, call) -> None:
        """One question in words with its answer: what a call returned, or how it failed."""
        try:
            answer = call()
        except Exception as exception:
            answer = self.error(exception)
        self.table.setdefault("probes", {})[what] = answer


def conv_probe(run):
    """`run` (x (1,n,1,1), kernel (k,1,1,k), stride, dilation, padding) as size and first tap."""

    def probe(size, kernel, stride, dilation, padding):
        x = np.arange(1, size + 1, dtype="float32").reshape(1, size, 1, 1)
        identity = np.eye(kernel, dtype="float32").reshape(kernel, 1, 1, kernel)
        output = np.nan_to_num(np.asarray(run(x, identity, stride, dilation, padding)))
        assert output.shape[0] == output.shape[2] == 1, output.shape
        seen = output[0, :, 0, :].astype(int) - 1  # (windows, taps): the cell read; -1: padding
        windows, taps = np.nonzero(seen >= 0)
        if not len(windows):
            return len(seen), None
        firsts = seen[windows, taps] - windows * stride - taps * dilation
        first = int(firsts[0])
        every = first + np.arange(len(seen))[:, None] * stride + np.arange(kernel) * dilation
        expected = np.where((every >= 0) & (every < size), every, -1)
        assert np.array_equal(seen, expected), (seen, expected)
        return len(seen), first

    return probe


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


def pool_probe(run):
    """The same for a maximum: a rising input shows each window's last cell, a falling one the first."""

    def probe(size, kernel, stride, padding, **options):
        rising = np.arange(1, size + 1, dtype="float32").reshape(1, size, 1, 1)
        last = np.asarray(run(rising, kernel, stride, padding, **options)).ravel().astype(int) - 1
        low = np.asarray(run(-rising, kernel, stride, padding, **options)).ravel()
        low = -low.astype(int) - 1
        steps = np.arange(len(last)) * stride
        fits = [
            first
            for first in range(-kernel, size)
            if np.array_equal(np.minimum(first + steps + kernel - 1, size - 1), last)
            and np.array_equal(np.maximum(first + steps, 0), low)
        ]
        return len(last), fits[0] if len(fits) == 1 else None

    return probe


def average_size(average):
    """Size and nothing more: an average over ones says how many windows there are."""

    def probe(size, kernel, stride, padding, **options):
        ones = np.ones((1, size, 1, 1), "float32")
        return int(np.size(average(ones, kernel, stride, padding, **options))), None

    return probe


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
        "MaxPooling2D(2, padding='SAME') called": lambda: layers.MaxPooling2D(2, padding="SAME")(ones),
        "MaxPooling2D(2, padding='causal') made": lambda: layers.MaxPooling2D(2, padding="causal") and None,
        "MaxPooling2D(2, padding='causal') called": lambda: layers.MaxPooling2D(2, padding="causal")(ones),
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
    import torch.nn.functional as F
    from torch import from_numpy

    def conv(x, kernel, stride, dilation, padding):
        pad = padding if isinstance(padding, str) else (padding, 0)
        x, kernel = x.transpose(0, 3, 1, 2), kernel.transpose(3, 2, 0, 1)
        output = F.conv2d(
            from_numpy(x.copy()), from_numpy(kernel.copy()), None, (stride, 1), pad, (dilation, 1)
        )
        return output.numpy().transpose(0, 2, 3, 1)

    def pool(x, kernel, stride, padding, ceil_mode):
        x = from_numpy(x.transpose(0, 3, 1, 2).copy())
        return F.max_pool2d(x, (kernel, 1), (stride, 1), (padding, 0), ceil_mode=ceil_mode).numpy()

    def average(x, kernel, stride, padding, ceil_mode):
        x = from_numpy(x.transpose(0, 3, 1, 2).copy())
        return F.avg_pool2d(x, (kernel, 1), (stride, 1), (padding, 0), ceil_mode=ceil_mode).numpy()

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
        lambda: list(F.conv2d(from_numpy(ones), from_numpy(ones), padding=(0, 1, 1, 0)).shape),
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


def lines(value, depth=0):
    """JSON with one line a row, so that a change of one row is a change of one line."""
    inner = isinstance(value, dict) and depth < 3 or isinstance(value, list) and depth == 2
    if not inner:
        return json.dumps(value, separators=(",", ":"))
    pad = " " * (depth + 1)
    if isinstance(value, dict):
        parts = [f"{pad}{json.dumps(key)}: {lines(item, depth + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{' ' * depth}}}"
    return "[\n" + ",\n".join(pad + lines(item, 9) for item in value) + f"\n{' ' * depth}]"


def main(names):
    warnings.simplefilter("ignore")  # some frameworks warn of what the probes do on purpose
    known = {"tensorflow": tensorflow, "keras": keras, "jax": jax, "torch": torch, "onnx": onnx}
    rules = json.loads(TARGET.read_text()) if TARGET.exists() else {}
    rules["sizes"] = list(SIZES)
    for name in names:
        rules[name] = known[name]()
        print(name, rules[name]["version"], "errors:", len(rules[name]["errors"]))
    TARGET.write_text(lines({key: rules[key] for key in ["sizes", *known] if key in rules}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
