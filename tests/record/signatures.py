"""Records Keras' constructor signatures, weights and fans into tests/data/signatures.json.

python tests/record/signatures.py
"""

from __future__ import annotations

import inspect
import json
import os

from store import DATA, compact, head

LAYERS = {  # one uneven example of each, for the order and the shapes of its weights
    "Conv2D": ({"filters": 6, "kernel_size": [2, 3], "groups": 2}, [1, 7, 8, 4]),
    "DepthwiseConv2D": ({"kernel_size": [2, 3], "depth_multiplier": 2}, [1, 7, 8, 3]),
    "SeparableConv2D": (
        {"filters": 5, "kernel_size": [2, 3], "depth_multiplier": 2},
        [1, 7, 8, 3],
    ),
    "Conv2DTranspose": ({"filters": 5, "kernel_size": [2, 3]}, [1, 7, 8, 3]),
    "MaxPooling2D": ({}, [1, 7, 8, 3]),
    "AveragePooling2D": ({"pool_size": 2}, [1, 7, 8, 3]),
    "ZeroPadding2D": ({}, [1, 7, 8, 3]),
}
SHAPES = [[3, 3, 3, 32], [2, 5, 4, 7], [1, 1, 8, 3], [3, 3, 6, 2]]


def signature(layer) -> list:
    """[name, default] of each parameter, [name] without a default, "**" where others are taken."""
    parameters = []
    for parameter in inspect.signature(layer.__init__).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            parameters.append("**")
        elif parameter.name != "self":
            default = [] if parameter.default is parameter.empty else [parameter.default]
            parameters.append([parameter.name, *default])
    return parameters


def weights(layer, shape) -> list:
    layer.build(tuple(shape))
    return [[weight.name, list(weight.shape)] for weight in layer.weights]


def main() -> None:
    os.environ["KERAS_BACKEND"] = "jax"
    import keras
    from keras.src.initializers.random_initializers import compute_fans

    record = head(["keras"])
    record["signatures"] = {name: signature(getattr(keras.layers, name)) for name in LAYERS}
    record["weights"] = {
        name: [arguments, shape, weights(getattr(keras.layers, name)(**arguments), shape)]
        for name, (arguments, shape) in LAYERS.items()
    }
    record["fans"] = [[shape, list(compute_fans(shape))] for shape in SHAPES]
    lines = ",\n".join(f"{json.dumps(key)}:{compact(value)}" for key, value in record.items())
    (DATA / "signatures.json").write_text(f"{{{lines}}}\n")


if __name__ == "__main__":
    main()
