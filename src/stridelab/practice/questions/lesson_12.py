"""Lesson 12, Fewer multiplications: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from stridelab.geometry import conv_axis
from stridelab.ops.winograd import TRANSFORMS
from stridelab.practice.questions.asked import Asked, question


@question("12-third")
def _third() -> Asked:
    t, weights = 2, (5, 3, 1)
    first = sum(weight * t**place for place, weight in enumerate(weights))
    return Asked(
        first * t**2,
        "the third window holds the cells of the first times 4, so its output is 4·15.",
        {
            "every output were the same": first,
            "the output doubled once only": first * t,
            "the first output were added each time": first * 3,
            "the third output were twice doubled and doubled again": first * t**3,
        },
    )


@question("12-products")
def _products() -> Asked:
    outputs, weights = 2, 3
    return Asked(
        TRANSFORMS[outputs].input.shape[0],
        "four cells are a mix of four rows, each of which needs one product.",
        {
            "no product could be left out": outputs * weights,
            "only one product of a shared cell could be left out": outputs * weights - 1,
            "one product a weight were enough": weights,
            "one product an output were enough": outputs,
        },
    )


@question("12-nested")
def _nested() -> Asked:
    m, k = 2, 3
    n = TRANSFORMS[m].input.shape[0]
    return Asked(
        n * n,
        "4 along each axis instead of 2·3 = 6, so 4·4 instead of 6·6.",
        {
            "nothing were saved": (m * k) ** 2,
            "multiplications were saved along one axis only": n * m * k,
            "the two axes' products were added, not multiplied": 2 * n,
            "one multiplication an output were enough": m * m,
        },
    )


@question("12-block")
def _block() -> Asked:
    cells, k = 32, 7
    return Asked(
        conv_axis(cells, k).output_size,
        "windows that start at cells 0 to 25 lie wholly on the block. The last 6 go round.",
        {
            "all outputs could be used": cells,
            "a whole kernel of outputs were lost": cells - k,
            "k − 1 outputs were lost at both ends": cells - 2 * (k - 1),
            "half a kernel were lost at the end": cells - k // 2,
        },
    )
