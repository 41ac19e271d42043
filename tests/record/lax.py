"""Records what jax.lax computes into tests/data/lax.npz and .json: what Keras' layers do not offer.

    python tests/record/lax.py

SAME_LOWER, explicit pads, strides together with dilation, groups, and transposed convolutions by
`conv_transpose(transpose_kernel=True)`. `args` are in this project's words: those of `sl.conv2d`
and `sl.conv2d_transpose`.
"""

from __future__ import annotations

import json
import os
import random

import numpy as np
from cases import pair, span
from store import Store, drawn

CONVOLUTIONS, TRANSPOSES = (70, 20), (24, 6)  # integer-valued cases, real-valued cases


def draw_conv(index: int, real: bool) -> dict:
    """Arguments of one convolution, uneven on purpose; strides and dilation together."""
    for attempt in range(1000):
        draw = random.Random(f"lax {index} {real} {attempt}")
        size = draw.sample(range(3, 10), 2)
        kernel, groups = pair(draw, [1, 2, 3, 4, 5]), draw.choice([1, 1, 2, 3])
        uneven = [[draw.randrange(4) for _ in "ba"] for _ in "rc"]
        arguments = {
            "strides": pair(draw, [1, 2, 3]),
            "padding": draw.choice(["same_lower", "same_lower", "same", "valid", uneven, uneven]),
            "dilation_rate": pair(draw, [1, 2, 3]),
            "groups": groups,
        }
        pads = arguments["padding"] if arguments["padding"] is uneven else [[0, 0], [0, 0]]
        spans = [span(k, d) for k, d in zip(kernel, arguments["dilation_rate"], strict=True)]
        fits = all(n + sum(p) >= e for n, p, e in zip(size, pads, spans, strict=True))
        if fits or arguments["padding"] in ("same", "same_lower"):
            channels = draw.choice([1, 2])
            return {
                "op": "conv2d",
                "args": arguments,
                "input_shape": [draw.choice([1, 2]), *size, groups * channels],
                "kernel_shape": [*kernel, channels, groups * draw.choice([1, 2])],
            }
    raise AssertionError(index)


def draw_transpose(index: int, real: bool) -> dict:
    draw = random.Random(f"lax transpose {index} {real}")
    strides = pair(draw, [1, 2, 3, 4])
    return {
        "op": "conv2d_transpose",
        "args": {
            "strides": strides,
            "padding": draw.choice(["same", "valid"]),
            "dilation_rate": pair(draw, [1, 2, 3]) if max(strides) == 1 or index % 3 else [1, 1],
        },
        "input_shape": [draw.choice([1, 2]), *draw.sample(range(1, 6), 2), draw.choice([1, 2, 3])],
        "kernel_shape": [*pair(draw, [1, 2, 3, 4]), draw.choice([1, 2]), None],
    }


def run(case: dict, x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    from jax import lax

    arguments = case["args"]
    padding = arguments["padding"]
    common = {
        "padding": padding.upper() if isinstance(padding, str) else padding,
        "rhs_dilation": arguments["dilation_rate"],
        "dimension_numbers": ("NHWC", "HWIO", "NHWC"),
        "precision": lax.Precision.HIGHEST,
    }
    strides = tuple(arguments["strides"])
    if case["op"] == "conv2d":
        groups = arguments["groups"]
        output = lax.conv_general_dilated(x, kernel, strides, feature_group_count=groups, **common)
    else:
        output = lax.conv_transpose(x, kernel, strides, transpose_kernel=True, **common)
    assert output.dtype == x.dtype
    return np.asarray(output)


def main() -> None:
    os.environ["JAX_ENABLE_X64"] = "1"
    store = Store("lax", ["jax"])
    for draw, (integer, real) in ((draw_conv, CONVOLUTIONS), (draw_transpose, TRANSPOSES)):
        for index in range(integer + real):
            case = draw(index, index >= integer)
            kind = "integers" if index < integer else ("float32", "float64")[index % 2]
            shape = [n or case["input_shape"][-1] for n in case.pop("kernel_shape")]
            seed = json.dumps(case)
            x = drawn(seed, case["input_shape"], kind, 9)
            kernel = drawn(f"{seed} kernel", shape, kind, 4)
            dtypes = ("float32", "float64") if kind == "integers" else (kind,)
            outputs = [run(case, x.astype(dtype), kernel.astype(dtype)) for dtype in dtypes]
            assert all(np.array_equal(outputs[0], other) for other in outputs), case
            store.add(case, kind, {"x": x, "kernel": kernel, "output": outputs[0]})
    store.write()


if __name__ == "__main__":
    main()
