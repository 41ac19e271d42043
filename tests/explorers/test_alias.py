"""The alias explorer's model: pictures against slices and plain loops, claims against pictures."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from stridelab.explorers.alias import (
    CHANGES,
    CONTROLS,
    IMAGES,
    MOVES,
    PRESETS,
    STAYS,
    false_part,
    picture,
    scene,
    whole_move,
)

DEFAULTS = {control.name: control.default for control in CONTROLS}


def _blurred(x: np.ndarray, line: list[int], strides: int) -> np.ndarray:
    """One strided, mirrored blur, a window at a time, in double precision."""
    size, taps = x.shape[0], len(line)
    outputs = -(-size // strides)
    total = max((outputs - 1) * strides + taps - size, 0)
    padded = np.pad(x.astype(float), (total // 2, total - total // 2), mode="reflect")
    weights = np.outer(line, line) / sum(line) ** 2
    return np.array(
        [
            [
                (padded[i * strides :, j * strides :][:taps, :taps] * weights).sum()
                for j in range(outputs)
            ]
            for i in range(outputs)
        ]
    )


def _as_parts(grey: np.ndarray) -> np.ndarray:
    return grey.astype(float) / 255


def test_every_corner_is_a_scene() -> None:
    ends = [
        list(control.options) if hasattr(control, "options") else [control.low, control.high]
        for control in CONTROLS
    ]
    for values in product(*ends):
        shown = scene(*values, position=(10**6, 1))
        image, strides, _, shift = values
        names = [panel.name for panel in shown.panels]
        assert names == ["input", "output", "shifted", "difference"][: 4 if shift else 2]
        assert shown.error == ""
        size = -(-256 // strides)
        assert shown["output"].values.shape == (size, size)
        for panel in shown.panels:
            assert panel.values.dtype == np.uint8
            assert "" not in (panel.alt, panel.caption)
        if shift:
            ratio = shown["difference"].values.shape[1] / size
            assert shown["difference"].width == round(256 * ratio)
        assert IMAGES[image] in shown["input"].caption


@pytest.mark.parametrize("image", IMAGES)
def test_the_plain_stride_keeps_every_so_many_cells(image: str) -> None:
    for strides in range(1, 9):
        shown = scene(image, strides, "none", 3)
        for name, shift in (("input", 0), ("output", 0), ("shifted", 3)):
            step = 1 if name == "input" else strides
            kept = picture(image, shift)[::step, ::step]
            np.testing.assert_allclose(_as_parts(shown[name].values), kept, rtol=0, atol=0.51 / 255)


@pytest.mark.parametrize(
    ("blur", "strides", "line"),
    [
        ("box", 2, [1, 1]),
        ("box", 3, [1, 1, 1]),
        ("triangle", 2, [1, 2, 1]),
        ("triangle", 4, [1, 2, 3, 4, 3, 2, 1]),
        ("triangle", 5, [1, 2, 3, 4, 5, 4, 3, 2, 1]),
    ],
)
def test_the_blur_is_the_mean_of_a_window(blur: str, strides: int, line: list[int]) -> None:
    shown = scene("stripes", strides, blur, 2)
    for name, shift in (("output", 0), ("shifted", 2)):
        expected = _blurred(picture("stripes", shift), line, strides)
        np.testing.assert_allclose(_as_parts(shown[name].values), expected, rtol=0, atol=0.51 / 255)
    assert f"{blur} blur {' '.join(map(str, line))}" in shown["output"].caption


def test_the_images_are_what_they_are_said_to_be() -> None:
    plate, stripes, photo = (picture(image).astype(float) for image in IMAGES)
    row, col = np.mgrid[:256, :256]
    squares = (row - 128) ** 2 + (col - 128) ** 2
    np.testing.assert_allclose(plate, (1 + np.cos(np.pi * squares / 256)) / 2, rtol=0, atol=1e-6)
    np.testing.assert_allclose(stripes, (1 + np.cos(np.pi * col**2 / 512)) / 2, rtol=0, atol=1e-6)
    # At the edge neighbours are black and white: half a cycle from cell to cell
    assert np.abs(np.diff(plate[128, :5])).min() > 0.95
    assert np.abs(np.diff(stripes[0, -5:])).min() > 0.95
    for image in IMAGES:
        for shift in (1, 8):
            assert (picture(image, shift)[:, shift:] == picture(image)[:, :-shift]).all()
    assert 0 <= photo.min() < 0.05 < 0.95 < photo.max() <= 1


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("blur", ["none", "box", "triangle"])
def test_the_question_s_answer_is_what_the_pictures_show(image: str, blur: str) -> None:
    for strides, shift in [(1, 3), (2, 1), (2, 6), (3, 3), (4, 1), (4, 4), (4, 8), (5, 7), (8, 8)]:
        shown = scene(image, strides, blur, shift)
        before, after = (shown[name].values.astype(int) for name in ("output", "shifted"))
        width = before.shape[1]
        # Two columns more at either side: there a window may read padding
        gaps = {
            move: np.abs(after[:, move + 2 : -2] - before[:, 2 : width - move - 2]).max()
            for move in range(shift + 1)
        }
        moves = [move for move, gap in gaps.items() if gap <= 1]
        if shown.question.answer == MOVES:
            assert shift // strides in moves, (strides, shift)
            assert 0 not in moves
            assert not shown["difference"].values.any()
            assert "no value changes" in shown.sentence
        else:
            assert shown.question.answer == CHANGES
            assert not moves, (strides, shift)
            assert shown["difference"].values.any()
    still = scene(image, 4, blur, 0)
    assert still.question.answer == STAYS
    assert still.sentence.endswith("The input does not move, so the output stays as it is.")


def test_the_difference_is_to_the_output_moved_by_whole_cells() -> None:
    for strides, blur, shift, move in [
        (4, "none", 1, 0), (4, "none", 2, 0), (4, "none", 3, 1), (4, "triangle", 7, 2),
        (2, "box", 1, 0), (1, "none", 5, 5), (3, "triangle", 5, 2),
    ]:  # fmt: skip
        assert whole_move(strides, blur, shift)[0] == move
        shown = scene("photo", strides, blur, shift)
        before, after = (shown[name].values.astype(int) for name in ("output", "shifted"))
        _, cols = whole_move(strides, blur, shift)
        gaps = np.abs(after[:, cols] - before[:, cols.start - move : cols.stop - move])
        difference = shown["difference"].values.astype(int)
        assert np.abs(difference - gaps).max() <= 1
        mean = float(shown.sentence.split("change by ")[1].split("%")[0]) if shift % strides else 0
        assert abs(mean - 100 * gaps.mean() / 255) < 0.6
    # A 7-tap window of stride 4 hangs over both ends: 3 cells of padding, 1 before and 2 after
    assert whole_move(4, "triangle", 4)[1] == slice(2, 63)


def test_what_is_false_is_measured_where_the_input_is_too_fine() -> None:
    # The mean of |cos| is 2/π, so full stripes are 1/π off an even grey
    assert abs(false_part("zone_plate", 4, "none") - 1 / np.pi) < 0.01
    kept = picture("stripes").astype(float)[0, ::2]
    assert false_part("stripes", 2, "none") == pytest.approx(np.abs(kept[65:] - 0.5).mean(), 1e-5)
    for image, strides in product(("zone_plate", "stripes"), range(2, 9)):
        plain, box, triangle = (false_part(image, strides, b) for b in ("none", "box", "triangle"))
        assert triangle < box / 2 < plain / 4, (image, strides)
    sentence = scene("stripes", 4, "none", 0).sentence
    assert (
        "1/8 cycle per cell), nothing finer; the stripes are finer from column 64 on." in sentence
    )
    sentence = scene("zone_plate", 3, "none", 0).sentence
    assert "repeats in more than 6 cells (under 1/6 cycle per cell), nothing finer" in sentence
    assert "; the rings are finer from" in sentence


def test_who_predicts_first_sees_input_and_output_only() -> None:
    asked = scene(**DEFAULTS).to_predict("")
    assert [panel.name for panel in asked.panels] == ["input", "output"]
    verdict = scene(**DEFAULTS).to_predict(MOVES).verdict
    assert verdict == "≠ You said moves by whole cells. Right: changes its values."


def test_every_preset_shows_its_surprise() -> None:
    shown = {preset.label: scene(**{**DEFAULTS, **preset.values}) for preset in PRESETS}
    rings, blurred, flipped, place = shown.values()
    # Every 64th row and column the input's middle comes back: the same 5 × 5 outputs, white within
    centre = rings["output"].values[30:35, 30:35]
    for row, col in product((16, 32, 48), repeat=2):
        assert (rings["output"].values[row - 2 : row + 3, col - 2 : col + 3] == centre).all()
    assert rings["input"].values[126:131, 190:195].min() == 0  # the input has none there
    far = blurred["output"].values[:, [*range(20), *range(44, 64)]].astype(int)
    assert np.abs(far - 127.5).max() < 0.1 * 255
    assert np.abs(far - 127.5).mean() < 0.02 * 255
    assert flipped["output"].values[0, -1] > 200
    assert flipped["shifted"].values[0, -1] < 55
    assert not place["difference"].values.any()
    assert np.ptp(place["output"].values) == 255
