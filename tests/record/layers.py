"""Records what Keras' layers compute into tests/data/keras_<backend>.npz and .json.

    python tests/record/layers.py tensorflow
    python tests/record/layers.py jax

The cases are those of cases.py. JAX records what TensorFlow cannot run on a CPU (channels_first,
some transposed convolutions), and is compared with TensorFlow's recording on everything else.
oneDNN is switched off: with it TensorFlow 2.21 returns wrong values for some small convolutions
(input (2, 6, 4, 1), kernel (3, 3), strides (1, 2), valid).
"""

from __future__ import annotations

import json
import os
import sys

import numpy as np
from cases import all_cases
from store import DATA, Store, drawn


def run(case: dict, kind: str) -> dict:
    """The input, the weights and the output of one case, in every dtype of its kind."""
    import keras

    seed = json.dumps(case, sort_keys=True)
    x = drawn(seed, case["input_shape"], kind, 9)
    if case["layer"] == "AveragePooling2D" and kind == "integers":
        x *= 27720  # every count of 1..12 cells divides it
    arrays = {"x": x}
    outputs = []
    for dtype in ("float32", "float64") if kind == "integers" else (kind,):
        layer = getattr(keras.layers, case["layer"])(**case["args"], dtype=dtype)
        layer.build(x.shape)
        names = [weight.name for weight in layer.weights]
        shapes = [tuple(weight.shape) for weight in layer.weights]
        weights = {
            name: drawn(f"{seed} {name}", shape, kind, 4)
            for name, shape in zip(names, shapes, strict=True)
        }
        layer.set_weights([weight.astype(dtype) for weight in weights.values()])
        output = np.asarray(layer(x.astype(dtype)))
        assert output.shape == tuple(layer.compute_output_shape(x.shape)), (case, output.shape)
        assert output.dtype == dtype, (case, output.dtype)
        outputs.append(output)
    assert all(np.array_equal(outputs[0], other) for other in outputs), case
    return {**arrays, **weights, "output": outputs[0]}


def recorded_outputs(name: str) -> dict:
    """The outputs of another recording by case."""
    index = json.loads((DATA / f"{name}.json").read_text())
    arrays = np.load(DATA / f"{name}.npz")
    outputs = {}
    for case in index["cases"]:
        start, shape = case["arrays"]["output"]
        flat = arrays[case["kind"]][start : start + int(np.prod(shape))]
        outputs[asked(case)] = flat.reshape(shape)
    return outputs


def asked(case: dict) -> str:
    return json.dumps([case["layer"], case["args"], case["input_shape"]])


def main(backend: str) -> None:
    os.environ["KERAS_BACKEND"] = backend
    os.environ["JAX_ENABLE_X64"] = "1"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    package = {"tensorflow": "tensorflow-cpu", "jax": "jax"}[backend]
    store = Store(f"keras_{backend}", ["keras", package])
    others = recorded_outputs("keras_tensorflow") if backend == "jax" else {}
    compared = 0
    for case, kind in all_cases():
        if case.pop("backend") == backend:
            store.add(case, kind, run(case, kind))
        elif others and case["args"].get("activation") not in ("sigmoid", "tanh"):
            tolerance = {"integers": 0, "float32": 1e-6, "float64": 1e-14}[kind]
            output = run(case, kind)["output"]
            np.testing.assert_allclose(output, others[asked(case)], tolerance, tolerance, str(case))
            compared += 1
    store.write()
    if compared:
        print(f"{compared} cases agree with TensorFlow's recording")


if __name__ == "__main__":
    main(sys.argv[1])
