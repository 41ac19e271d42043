"""Records one convolution as five frameworks compute it into src/stridelab/recorded.json.

    python tests/record/porting.py

Lesson 04 ports it by hand. The input has an even and an odd side, one kernel is odd and one even,
strides differ per axis; all numbers are small whole ones, so that every framework computes them
exactly. An output lies as its framework gives it. PyTorch is asked three times: with half the
kernel as its padding, by its own 'same', and by its `pad` with the cells that a port from Keras
needs; those were found by hand.

oneDNN is switched off for TensorFlow, as in layers.py.
"""

from __future__ import annotations

import os
import pathlib

import numpy as np
from store import compact, drawn, head

TARGET = pathlib.Path(__file__).parents[2] / "src" / "stridelab" / "recorded.json"
PACKAGES = {
    "keras": "keras",
    "tensorflow": "tensorflow-cpu",
    "jax": "jax",
    "torch": "torch",
    "onnx": "onnxruntime",
}
SIZE, CHANNELS, FILTERS = (8, 11), 2, 3
KERNELS = [(3, 3), (4, 2)]
STRIDES = [(1, 1), (2, 2), (2, 3)]

#: ((top, bottom), (left, right)) that equal Keras' 'same', by kernel and strides.
PORTED = {
    ((3, 3), (1, 1)): ((1, 1), (1, 1)),
    ((3, 3), (2, 2)): ((0, 1), (1, 1)),
    ((3, 3), (2, 3)): ((0, 1), (0, 1)),
    ((4, 2), (1, 1)): ((1, 2), (0, 1)),
    ((4, 2), (2, 2)): ((1, 1), (0, 1)),
    ((4, 2), (2, 3)): ((1, 1), (0, 0)),
}


def keras(x, kernel, strides, padding):
    from keras.layers import Conv2D

    layer = Conv2D(kernel.shape[3], kernel.shape[:2], strides, padding, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    return layer(x)


def tensorflow(x, kernel, strides, padding):
    import tensorflow as tf

    return tf.nn.conv2d(x, kernel, strides, padding)


def jax(x, kernel, strides, padding):
    from jax import lax

    return lax.conv_general_dilated(
        x,
        kernel,
        strides,
        padding,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        precision=lax.Precision.HIGHEST,
    )


def torch(x, kernel, strides, padding):
    """`padding` is PyTorch's own, or ((top, bottom), (left, right)) to pad before the call."""
    from torch import from_numpy
    from torch.nn import functional

    x, weight = from_numpy(channels_first(x)), from_numpy(filters_first(kernel))
    if isinstance(padding[0], tuple):
        (top, bottom), (left, right) = padding
        return functional.conv2d(
            functional.pad(x, (left, right, top, bottom)), weight, None, strides
        )
    return functional.conv2d(x, weight, None, strides, padding)


def onnx(x, kernel, strides, padding):
    from onnx import TensorProto, helper
    from onnxruntime import InferenceSession

    node = helper.make_node("Conv", ["x", "w"], ["y"], strides=strides, auto_pad=padding)
    images = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4) for name in "xwy"]
    graph = helper.make_graph([node], "porting", images[:2], images[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    session = InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["y"], {"x": channels_first(x), "w": filters_first(kernel)})[0]


def channels_first(x):
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def filters_first(kernel):
    return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))


def questions(kernel_size, strides):
    """Whom to ask, and with which padding."""
    yield keras, "same"
    yield tensorflow, "SAME"
    yield from ((jax, "SAME"), (jax, "SAME_LOWER"))
    yield from ((onnx, "SAME_UPPER"), (onnx, "SAME_LOWER"))
    yield torch, tuple(k // 2 for k in kernel_size)
    if max(strides) == 1:
        yield torch, "same"
    yield torch, PORTED[kernel_size, strides]


def main() -> None:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    x = np.abs(drawn("porting", (*SIZE, CHANNELS), "integers", 9))
    kernels = {k: drawn(f"porting {k}", (*k, CHANNELS, FILTERS), "integers", 2) for k in KERNELS}
    cases = []
    for kernel_size, kernel in kernels.items():
        for strides in STRIDES:
            for ask, padding in questions(kernel_size, strides):
                given = x[None].astype("float32"), kernel.astype("float32")
                output = np.asarray(ask(*given, strides, padding))[0]
                assert np.array_equal(output, output.astype(int))
                cases.append(
                    {
                        "framework": ask.__name__,
                        "kernel_size": kernel_size,
                        "strides": strides,
                        "padding": padding,
                        "output": output.astype(int).tolist(),
                    }
                )
    found = head(list(PACKAGES.values()))["versions"].values()
    versions = {name: version.split("+")[0] for name, version in zip(PACKAGES, found, strict=True)}
    lines = [
        f'"versions":{compact(versions)}',
        f'"date":{compact(head([])["date"])}',
        f'"x":{compact(x.tolist())}',
        f'"kernels":{compact([kernel.tolist() for kernel in kernels.values()])}',
        '"cases":[\n' + ",\n".join(map(compact, cases)) + "\n]",
    ]
    TARGET.write_text("{" + ",\n".join(lines) + "}\n")
    print(f"{len(cases)} cases, {TARGET.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
