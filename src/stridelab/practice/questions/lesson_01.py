"""Lesson 01, The sliding window: what it asks, why it holds, what wrong rules give."""

from __future__ import annotations

from stridelab.practice.questions.asked import Asked, question


@question("01-columns")
def _columns() -> Asked:
    import numpy as np

    from stridelab.ops import conv2d

    step = np.array([0, 0, 0, 1, 1, 1], np.float32).reshape(1, 6, 1)
    difference = np.array([-1, 0, 1], np.float32).reshape(1, 3, 1, 1)
    places = conv2d(step, difference).ravel()
    return Asked(
        int((places != 0).sum()),
        "a window answers where it holds both a dark and a light column, and two places do.",
        {
            "an edge were one column wide in the output, too": 1,
            "every window saw the edge": len(places),
            "a window answered wherever it holds a light column": 3,
            "an edge kernel gave 0 at an edge": 0,
        },
    )


@question("01-row")
def _row() -> Asked:
    import numpy as np

    from stridelab.ops import conv2d

    cells, kernel = [1, 2, 3, 4, 5], [0, 0, 1]
    row, right = (
        np.array(cells, np.float32).reshape(1, 5, 1),
        np.array(kernel, np.float32).reshape(1, 3, 1, 1),
    )
    moved = conv2d(row, right, padding="same").ravel()
    return Asked(
        tuple(int(cell) for cell in moved),
        "each output copies the cell on its right, so the picture moves left.",
        {
            "the kernel were flipped first": tuple(np.convolve(cells, kernel, "same").tolist()),
            "the 1 stood in the middle": tuple(cells),
            "the picture wrapped round": (2, 3, 4, 5, 1),
        },
    )


@question("01-channels")
def _channels() -> Asked:
    import numpy as np

    from stridelab.ops import conv2d

    one_filter = np.ones((3, 3, 3, 1), dtype="float32")
    return Asked(
        conv2d(np.ones((4, 4, 3), dtype="float32"), one_filter).shape[-1],
        "all 27 products are added into one number for each place.",
        {
            "each channel were filtered by itself": 3,
            "a channel came out for each number of a slice": 9,
            "each of the 27 products were kept": one_filter.size,
        },
    )
