"""The border explorer's model: images and depths against plain NumPy and numbers by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.explorers.border import CONTROLS, PRESETS, scene

DEFAULTS = {control.name: control.default for control in CONTROLS}
#: Both ends of every slider, one layer, an even kernel; every mode.
CORNERS = [
    dict(zip(DEFAULTS, values, strict=True))
    for values in product(
        (4, 14), (0, 1, 6), (1, 4, 5), (1, 2), ("reflect", "replicate", "circular")
    )
]
NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _shifts(padded: np.ndarray, size: int, kernel: int, dilation: int) -> list[np.ndarray]:
    """What each tap reads, for all cells at once."""
    offsets = [tap * dilation for tap in range(kernel)]
    return [padded[a : a + size, b : b + size] for a in offsets for b in offsets]


def _by_hand(
    size: int, layers: int, kernel: int, dilation: int, mode: str
) -> tuple[np.ndarray, np.ndarray]:
    """Values after the layers, and which cells any path from the padding leads to."""
    image, touched = np.ones((size, size)), np.zeros((size, size), dtype=bool)
    total = dilation * (kernel - 1)
    pads = total // 2, total - total // 2
    for _ in range(layers):
        padded = np.pad(image, pads, mode=NUMPY_MODES[mode])
        image = sum(_shifts(padded, size, kernel, dilation)) / kernel**2
        reached = np.pad(touched, pads, constant_values=True)
        touched = np.any(_shifts(reached, size, kernel, dilation), axis=0)
    return image, touched


def test_every_corner_is_a_scene_that_agrees_with_numpy() -> None:
    impossible = 0
    for values in CORNERS:
        size, layers, kernel, dilation, mode = values.values()
        shown = scene(**values, position=(10**6, 1))
        try:
            sl.conv2d(
                np.ones((size, size, 1)),
                np.ones((kernel, kernel, 1, 1)),
                padding="same",
                dilation_rate=dilation,
                padding_mode=mode,
            )
            error = ""
        except StrideLabError as refused:
            error = str(refused) if layers else ""
        assert shown.error == error, values
        expected, touched = _by_hand(size, layers, kernel, dilation, "zeros")
        output = shown["output"]
        np.testing.assert_allclose(output.values, expected, rtol=0, atol=1e-12)
        assert (output.marks == touched).all(), values
        assert ((output.values != 1) == touched).all(), values
        names = [grid.name for grid in shown.grids]
        assert names == [
            *(["input"] if layers else []),
            "output",
            *([] if error else ["other"]),
            "strip",
            "kernel",
        ]
        assert (shown.focus is None) == (layers == 0)
        assert (shown.question is None) == bool(error)
        impossible += bool(error)
        if not error:
            other, _ = _by_hand(size, layers, kernel, dilation, mode)
            np.testing.assert_allclose(other, 1, rtol=0, atol=1e-12)
            assert (shown["other"].values == 1).all()
            assert not shown["other"].marks.any()
    assert 0 < impossible < len(CORNERS)


def test_the_strip_is_one_row_of_the_image_after_each_layer() -> None:
    shown = scene(7, 4, 4, 1, "circular")
    assert shown["strip"].values.shape == (5, 7)
    for layer in range(5):
        image, touched = _by_hand(7, layer, 4, 1, "zeros")
        np.testing.assert_allclose(shown["strip"].values[layer], image[3], rtol=0, atol=1e-12)
        assert (shown["strip"].marks[layer] == touched[3]).all()
    assert shown["strip"].marks[:, 3].tolist() == [False, False, True, True, True]


def test_one_layer_over_ones_worked_by_hand() -> None:
    shown = scene(4, 1, 3, 1, "reflect")
    ninths = [[4, 6, 6, 4], [6, 9, 9, 6], [6, 9, 9, 6], [4, 6, 6, 4]]
    np.testing.assert_allclose(shown["output"].values, np.array(ninths) / 9, rtol=0, atol=1e-15)
    assert shown["input"].values.tolist() == [[1] * 4] * 4
    assert shown["input"].pads == ((1, 1), (1, 1))
    assert shown.note == (
        "Cell (0, 0) is 0.444, the mean under 9 taps, 5 of them on zeros of the padding. "
        "The border has reached it since layer 1."
    )
    assert shown.focus.notes[1].startswith("Cell (0, 1) is 0.667, the mean under 9 taps, 3 of them")
    assert shown.focus.notes[5] == (
        "Cell (1, 1) is 1, the mean under 9 taps. The border has not reached it."
    )
    assert [window.rows[0] for window in shown.focus.windows] == [(-1, 0, 1)]
    assert shown.sentence == (
        "Each layer takes the mean of 3 × 3 cells and pads 1 on every side, so after 1 layer the "
        "border reaches 1·1 = 1 cell deep. 4 of 16 cells (25%) still hold 1; the corner (0, 0) is "
        "down to 0.444. Under reflect all stay 1: its padding repeats image cells."
    )


def test_a_note_says_since_which_layer() -> None:
    shown = scene(12, 3, 3, 1, "reflect")
    since = [note.rstrip(".").split()[-1] for note in shown.focus.notes[5 * 12 : 5 * 12 + 6]]
    assert since == ["1", "2", "3", "it", "it", "it"]  # row 5; the last: "has not reached it"


@pytest.mark.parametrize(
    ("changes", "depth", "sentence"),
    [
        ({}, "3", "reaches 3·1 = 3 cells deep. 36 of 144 cells (25%) still hold 1"),
        ({"kernel_size": 2}, "0",
         "reaches 3·0 = 0 cells deep from the top and left, 3·1 = 3 from the bottom and right. "
         "81 of 144 cells (56%) still hold 1; the corner (11, 11) is down to 0.016."),
        ({"kernel_size": 4, "layers": 2}, "2",
         "pads 1 before and 2 after, so after 2 layers the border reaches 2·1 = 2 cells deep from "
         "the top and left, 2·2 = 4 from the bottom and right. 36 of 144"),
        ({"kernel_size": 4, "layers": 2, "dilation_rate": 2}, "6",
         "the mean of 4 × 4 cells spread over 7 × 7 and pads 3 on every side"),
        ({"size": 7, "layers": 3}, "3", "1 of 49 cells (2%) still holds 1"),
        ({"size": 5, "layers": 6}, "5",
         "6·1 = 6 cells deep, more than the 5 there are. No cell still holds 1;"),
        ({"layers": 0}, "0", "Before the first layer all 144 cells hold 1."),
        ({"kernel_size": 1}, "0", "reads no padding: after 3 layers every cell holds 1."),
    ],
)  # fmt: skip
def test_the_sentence_and_the_question_say_how_deep(
    changes: dict, depth: str, sentence: str
) -> None:
    shown = scene(**{**DEFAULTS, "size": 12, **changes})
    assert sentence in shown.sentence
    assert shown.question.answer == depth
    size, layers, kernel, dilation, _ = {**DEFAULTS, "size": 12, **changes}.values()
    above = dilation * (kernel - 1) // 2
    reached: set[int] = set()  # the rows from which a path leads to the padding above
    for _ in range(layers):
        reached = {
            row
            for row in range(size)
            for tap in range(row - above, row - above + dilation * kernel, dilation)
            if tap < 0 or tap in reached
        }
    assert reached == set(range(int(depth)))


def test_an_impossible_mode_still_shows_the_zeros() -> None:
    shown = scene(4, 2, 5, 2, "reflect")
    assert shown.error == (
        "padding must be at most 3 on each side under padding_mode='reflect'; got (4, 4) "
        "(rows: 4 cells). Pad less, or take padding_mode='replicate'."
    )
    assert "reflect" not in shown.sentence
    assert shown.focus is not None
    assert scene(4, 2, 5, 2, "circular").error == ""


def test_who_predicts_first_sees_no_depth() -> None:
    asked = scene(**DEFAULTS).to_predict("")
    assert [grid.name for grid in asked.grids] == ["other", "kernel"]
    assert asked.sentence == (
        "An image of 9 × 9 ones goes through 3 layers with zero padding, 'same'; each takes the "
        "mean of 3 × 3 cells. How many rows deep does the padding above the image reach in the end?"
    )
    assert scene(**DEFAULTS).to_predict("3").verdict == "✓ Right: 3."


def test_every_preset_shows_its_surprise() -> None:
    shown = {preset.label: scene(**{**DEFAULTS, **preset.values}) for preset in PRESETS}
    frame, nothing, even, dilated = shown.values()
    assert not any(each.error for each in shown.values())
    np.testing.assert_allclose(frame["output"].values[0, 0], (13 / 27) ** 2, rtol=1e-14)
    assert frame["output"].values[0, 0] < 1 / 4
    assert (frame["other"].values == 1).all()
    assert nothing["output"].marks.all()
    assert (even["output"].values[:6, :6] == 1).all()
    assert (even["output"].values[6:] < 1).all()
    assert even["output"].values[0, 8] < 1  # the corners: only the top left one is untouched
    assert even["output"].values[8, 8] < even["output"].values[0, 8]
    single = scene(**{**DEFAULTS, "layers": 2})
    assert (dilated.question.answer, single.question.answer) == ("4", "2")
