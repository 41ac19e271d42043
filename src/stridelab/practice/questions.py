"""What the lessons ask before they show: the truth, why it holds, and what wrong rules give.

They stand here and not in the lessons, so that no answer can be read next to its question. Each
truth is computed by `geometry` or `ops`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stridelab.geometry import conv_axis


@dataclass(frozen=True)
class Asked:
    """A question's answer.

    Parameters
    ----------
    truth : object
        A number, a tuple of numbers, or a word.
    because : str
        Why it holds; follows "It is 4: ".
    beliefs : mapping of str to object
        A wrong rule, in words that follow "is what you get if", to the answer that it gives.
    """

    truth: object
    because: str
    beliefs: Mapping[str, object]


#: Every question by its name: the lesson's number, and what is asked for.
QUESTIONS: dict[str, Callable[[], Asked]] = {}


def _question(name: str) -> Callable[[Callable[[], Asked]], Callable[[], Asked]]:
    def keep(make: Callable[[], Asked]) -> Callable[[], Asked]:
        QUESTIONS[name] = make
        return make

    return keep


@_question("00-places")
def _places() -> Asked:
    n, k, s = 8, 3, 2
    return Asked(
        conv_axis(n, k, s).output_size,
        "the window starts at cells 0, 2 and 4. From 6 it would reach cell 8, which is not there.",
        {
            "the stride halved the size": n // s,
            "the window moved by one cell": n - k + 1,
            "all places on a picture of 8 × 8 were asked for": conv_axis(n, k, s).output_size ** 2,
        },
    )


@_question("01-columns")
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


@_question("01-row")
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


@_question("01-channels")
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


@_question("02-pads")
def _pads_of_an_even_kernel() -> Asked:
    k = 4
    axis = conv_axis(6, k, padding="same")
    return Asked(
        (axis.pad_before, axis.pad_after),
        "three cells are needed; one goes before, and the odd one goes after.",
        {
            "the odd cell went before, as in ONNX's SAME_LOWER": (2, 1),
            "each side got half the kernel, k // 2": (k // 2, k // 2),
            "each side got (k − 1) // 2": ((k - 1) // 2, (k - 1) // 2),
            "all of it went after": (0, k - 1),
            "all of it went before": (k - 1, 0),
        },
    )


@_question("02-drift")
def _drift() -> Asked:
    import numpy as np

    from stridelab.ops import conv2d

    cell, layers = 10, 10
    row = np.zeros((1, 21, 1), np.float32)
    row[0, cell] = 1
    pair = np.full((1, 2, 1, 1), 0.5, np.float32)
    for _ in range(layers):
        row = conv2d(row, pair, padding="same")
    return Asked(
        float(row.ravel() @ np.arange(21)),
        "each layer reads half a cell to the right, so the picture moves half a cell to the left.",
        {
            "'same' kept everything in its place": cell,
            "the picture moved towards the padded end": cell + layers / 2,
            "each layer moved it by a whole cell": cell - layers,
        },
    )


@_question("02-corner")
def _corner() -> Asked:
    axis = conv_axis(5, 3, padding="same")
    real = sum(tap >= 0 for tap in axis.taps(0)) ** 2
    return Asked(
        real / 9,
        f"only {real} of its 9 taps lie on the picture, the others on zeros: {real}/9.",
        {
            "the mean of ones were 1 everywhere": 1,
            "the corner were an edge, where 6 of 9 taps are real": 6 / 9,
            "only one tap lay on the picture": 1 / 9,
            "the corner were all padding": 0,
        },
    )


@_question("02-reads")
def _reads() -> Asked:
    k = 3
    return Asked(
        conv_axis(6, k, padding="same").coverage()[0],
        "the windows of outputs 0 and 1 read it. A third one would have to start at cell −2.",
        {
            "padding made all cells count equally": k,
            "nothing were padded": conv_axis(6, k).coverage()[0],
        },
    )


@_question("03-unread")
def _unread() -> Asked:
    n, k, s = 7, 3, 2
    return Asked(
        len(conv_axis(n, k, s).unread),
        "the windows read cells 0–2, 2–4 and 4–6. Cells 2 and 4 are even read twice.",
        {
            "a stride of 2 skipped every other pixel": n // s,
            "the windows stood side by side and left a rest": n % k,
            "each window read its first cell only": n - conv_axis(n, k, s).output_size,
        },
    )


@_question("03-size")
def _size() -> Asked:
    n, k, s = 7, 3, 2
    return Asked(
        conv_axis(n, k, s, padding="same").output_size,
        "⌈7/2⌉, one output for each of the cells 0, 2, 4 and 6.",
        {
            "'same' kept the size whatever the stride": n,
            "the size were rounded down, ⌊7/2⌋": n // s,
            "nothing were padded": conv_axis(n, k, s).output_size,
        },
    )


@_question("03-layers")
def _layers_that_fit() -> Asked:
    n, k, s = 32, 3, 2
    layers, halvings = 0, n.bit_length() - 1
    while n >= k:
        n, layers = conv_axis(n, k, s).output_size, layers + 1
    return Asked(
        layers,
        "32, 15, 7, 3, 1. Each layer halves the size and loses a cell on top, and the fifth finds "
        "one cell for its window of 3.",
        {
            "'valid' halved the size and lost nothing": halvings,
            "a layer whose output is a single cell did not count": layers - 1,
        },
    )


@_question("03-pads")
def _pads_of_a_stride() -> Asked:
    k = 3
    axis = conv_axis(8, k, 2, padding="same")
    return Asked(
        (axis.pad_before, axis.pad_after),
        "four windows cover 3·2 + 3 = 9 cells; one is missing, and it goes after.",
        {
            "each side got k // 2, as with PyTorch's padding=1": (k // 2, k // 2),
            "the stride did not matter": (1, 1),
            "the odd cell went before": (1, 0),
            "nothing were needed, because the size shrinks": (0, 0),
        },
    )
