"""Records JAX's gradients of convolutions and poolings into tests/data/gradients.npz and .json.

    python tests/record/gradients.py

`jax.vjp` of `lax.conv_general_dilated` (behind `jnp.pad` where a padding mode repeats cells) and of
`lax.reduce_window`. `args` are in this project's words: those of `sl.conv2d` and `sl.max_pool2d`.
Whole numbers of few values in the poolings: most windows hold their largest cell twice.
"""

from __future__ import annotations

import json
import os
import random

import numpy as np
from cases import pair, pooling
from lax import draw_conv
from store import Store, drawn

COUNTS = {  # integer-valued cases, real-valued cases
    "conv2d": (36, 10),
    "border": (18, 4),
    "max_pool2d": (24, 4),
    "avg_pool2d": (24, 4),
}
MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}  # in NumPy's words
COUNTED = 27720  # every count of 1..12 cells divides it


def draw_border(index: int, real: bool) -> dict:
    """A convolution whose padded cells show others; the pads are uneven, and within the limits."""
    draw = random.Random(f"border {index} {real}")
    size, kernel, groups = draw.sample(range(4, 8), 2), pair(draw, [1, 2, 3]), draw.choice([1, 2])
    return {
        "args": {
            "strides": pair(draw, [1, 2, 3]),
            "padding": [[draw.randrange(4) for _ in "ba"] for _ in "rc"],
            "dilation_rate": pair(draw, [1, 2]) if max(kernel) < 3 else [1, 1],
            "groups": groups,
            "padding_mode": draw.choice(list(MODES)),
        },
        "input_shape": [draw.choice([1, 2]), *size, groups * draw.choice([1, 2])],
        "kernel_shape": [*kernel, None, groups * draw.choice([1, 2])],
    }


def draw_pool(op: str, index: int, real: bool) -> dict:
    for attempt in range(1000):
        draw = random.Random(f"gradient {op} {index} {real} {attempt}")
        size = draw.sample(range(3, 9), 2)
        arguments = pooling(draw, size, None)
        if arguments is not None:
            shape = [draw.choice([1, 2]), *size, draw.choice([1, 2, 3])]
            return {"args": arguments, "input_shape": shape}
    raise AssertionError(index)


def convolution(case: dict):
    """A function of images and kernel."""
    import jax.numpy as jnp
    from jax import lax

    arguments = case["args"]
    padding, mode = arguments["padding"], MODES.get(arguments.get("padding_mode"))

    def run(x, kernel):
        if mode:
            x = jnp.pad(x, [(0, 0), *map(tuple, padding), (0, 0)], mode=mode)
        return lax.conv_general_dilated(
            x,
            kernel,
            tuple(arguments["strides"]),
            "VALID" if mode else padding.upper() if isinstance(padding, str) else padding,
            rhs_dilation=arguments["dilation_rate"],
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=arguments["groups"],
            precision=lax.Precision.HIGHEST,
        )

    return run


def pool(case: dict):
    """A function of images."""
    import jax.numpy as jnp
    from jax import lax

    arguments = case["args"]
    window = (1, *arguments["pool_size"], 1)
    strides = (1, *(arguments["strides"] or arguments["pool_size"]), 1)

    def reduced(x, first, combine):
        return lax.reduce_window(x, first, combine, window, strides, arguments["padding"].upper())

    def run(x):
        if case["op"] == "max_pool2d":
            return reduced(x, -jnp.inf, lax.max)
        return reduced(x, 0.0, lax.add) / reduced(jnp.ones_like(x), 0.0, lax.add)

    return run


def gradients(function, arrays: list[np.ndarray], says: np.ndarray) -> list[np.ndarray]:
    import jax

    result, back = jax.vjp(function, *arrays)
    found = [np.asarray(array) for array in back(says)]
    assert result.shape == says.shape
    assert all(array.dtype == says.dtype for array in found)
    return found


def record(store: Store, case: dict, kind: str) -> None:
    """Draws the arrays and records them with the gradients, which all dtypes of a kind agree on."""
    import jax

    seed = json.dumps(case)
    if case["op"] == "conv2d":
        shape = [
            n or case["input_shape"][-1] // case["args"]["groups"] for n in case["kernel_shape"]
        ]
        names, shapes, scales = ["x", "kernel"], [case["input_shape"], shape], [9, 4]
        function = convolution(case)
    else:
        names, shapes, scales = ["x"], [case["input_shape"]], [2]
        function = pool(case)
    inputs = {
        name: drawn(f"{seed} {name}", shape, kind, scale)
        for name, shape, scale in zip(names, shapes, scales, strict=True)
    }
    result = jax.eval_shape(function, *(array.astype("float64") for array in inputs.values()))
    says = drawn(f"{seed} grad", result.shape, kind, 9)
    if case["op"] == "avg_pool2d" and kind == "integers":
        says = says * COUNTED
    found = []
    for dtype in ("float32", "float64") if kind == "integers" else (kind,):
        arrays = [array.astype(dtype) for array in inputs.values()]
        found.append(gradients(function, arrays, says.astype(dtype)))
    assert all(map(np.array_equal, found[0], found[-1])), case
    case.pop("kernel_shape", None)
    places = dict(zip((f"{name}_grad" for name in names), found[0], strict=True))
    store.add(case, kind, {**inputs, "grad": says, **places})


def main() -> None:
    os.environ["JAX_ENABLE_X64"] = "1"
    store = Store("gradients", ["jax"])
    for name, (integer, real) in COUNTS.items():
        for index in range(integer + real):
            is_real = index >= integer
            if name == "conv2d":
                case = draw_conv(index, is_real)
            elif name == "border":
                case = {"op": "conv2d", **draw_border(index, is_real)}
            else:
                case = {"op": name, **draw_pool(name, index, is_real)}
            record(store, case, ("float32", "float64")[index % 2] if is_real else "integers")
    store.write()


if __name__ == "__main__":
    main()
