"""The names that problems are written with: the padding math, the operations, arithmetic.

A problem's answer is an expression in these names, so it is computed and never typed. What somebody
with a misconception would answer is the same expression in a world where one of the names computes
what that person believes (`stridelab.practice.beliefs`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from fractions import Fraction
from types import CodeType
from typing import Any, TypeAlias

from stridelab import geometry

#: What a name stands for.
World: TypeAlias = dict[str, Any]

#: Python's own that expressions may use.
_PLAIN = (
    *(abs, all, any, bool, dict, divmod, enumerate, float, int, len, list, map, max, min, pow),
    *(range, reversed, round, set, sorted, str, sum, tuple, zip),
)

#: How many decimals an array's numbers keep; the operations' own errors are far below.
DECIMALS = 9


def world() -> World:
    """All names, as they are in truth.

    >>> names = world()
    >>> evaluate("conv(7, 3, 2, 'same').output_size", names), evaluate("ceil(7/2)", names)
    (4, 4)
    """
    import numpy as np

    names: World = {one.__name__: one for one in _PLAIN}
    names |= {"np": np, "Fraction": Fraction}
    names |= {
        name: getattr(math, name) for name in ("ceil", "floor", "gcd", "log2", "prod", "sqrt")
    }
    names |= {
        "conv": geometry.conv_axis,
        "cost": geometry.cost,
        "framework": geometry.convention,
        "pool": geometry.pool_axis,
        "port": geometry.port,
        "receptive": geometry.receptive_field,
        "same_pads": geometry.same_pads,
        "span": geometry.span,
        "transposed": geometry.transposed_axis,
    }
    operations = (correlate, pool_max, pool_mean, spread, plain)
    return names | {function.__name__: function for function in operations}


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression of ours in these names; it may take several lines."""
    return eval(_compiled(expression), {"__builtins__": {}, **names})


@functools.cache
def _compiled(expression: str) -> CodeType:
    return compile(f"({expression})", expression, "eval")


def plain(value: object) -> Any:
    """Numbers and nested tuples in place of arrays; whole numbers as such.

    >>> import numpy as np
    >>> plain(np.array([[1.0, 2.5]])), plain(4.0)
    (((1, 2.5),), 4)
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return tuple(plain(one) for one in value)
    if isinstance(value, (float, Fraction)):
        if math.isfinite(value) and value == int(value):
            return int(value)
        return round(float(value), DECIMALS)
    return value


def correlate(x: Any, kernel: Any, **arguments: Any) -> Any:
    """`stridelab.conv2d` of one channel and one filter, both written as rows or as one row.

    >>> correlate([1, 2, 4], [-1, 1]), correlate([[1, 2], [3, 4]], [[1, 0], [0, 1]])
    ((1, 2), ((5,),))
    """
    import numpy as np

    from stridelab.ops import conv2d

    image, weights = np.atleast_2d(np.array(x, float)), np.atleast_2d(np.array(kernel, float))
    arguments.setdefault("method", "reference")
    y = conv2d(image[..., np.newaxis], weights[..., np.newaxis, np.newaxis], **arguments)
    return _as_written(x, y)


def pool_max(x: Any, size: Any, **arguments: Any) -> Any:
    """`stridelab.max_pool2d` of one channel; of a row, where `x` is one."""
    from stridelab.ops import max_pool2d

    return _pooled(max_pool2d, x, size, arguments)


def pool_mean(x: Any, size: Any, **arguments: Any) -> Any:
    """`stridelab.avg_pool2d` of one channel; of a row, where `x` is one."""
    from stridelab.ops import avg_pool2d

    return _pooled(avg_pool2d, x, size, arguments)


def spread(x: Any, kernel: Any, **arguments: Any) -> Any:
    """`stridelab.conv2d_transpose` of one channel and one filter.

    >>> spread([1, 10], [1, 1, 1], strides=(1, 2))
    (1, 1, 11, 10, 10)
    """
    import numpy as np

    from stridelab.ops import conv2d_transpose

    image, weights = np.atleast_2d(np.array(x, float)), np.atleast_2d(np.array(kernel, float))
    arguments.setdefault("method", "reference")
    y = conv2d_transpose(image[..., np.newaxis], weights[..., np.newaxis, np.newaxis], **arguments)
    return _as_written(x, y)


def _pooled(pool: Any, x: Any, size: Any, arguments: dict[str, Any]) -> Any:
    import numpy as np

    image = np.atleast_2d(np.array(x, float))
    if np.ndim(x) == 1 and isinstance(size, int):
        size = (1, size)
        stride = arguments.get("strides")
        if isinstance(stride, int):
            arguments["strides"] = (1, stride)
    return _as_written(x, pool(image[..., np.newaxis], size, **arguments))


def _as_written(x: Any, y: Any) -> Any:
    """A row for a row, rows for rows."""
    import numpy as np

    rows = y[..., 0]
    return plain(rows[0] if np.ndim(x) == 1 else rows)
