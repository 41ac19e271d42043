"""The photo explorer's model: what it convolves, how it draws it, and what it says of it."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from PIL import Image as Pillow

import stridelab as sl
from stridelab import StrideLabError
from stridelab.explorers import photo
from stridelab.explorers.controls import OwnImage
from stridelab.explorers.photo import CONTROLS, MODEL, scene
from stridelab.photos import photograph, sample

DEFAULTS = {control.name: control.default for control in CONTROLS}


def own(rows: int, cols: int) -> OwnImage:
    values = np.random.default_rng(3).integers(0, 256, (rows, cols, 3), dtype=np.uint8)
    return OwnImage(values, "own.png")


def shown(**changes: object):
    return scene(**{**DEFAULTS, **changes})


def plain(x: np.ndarray, kernel: np.ndarray, pads, stride, dilation) -> np.ndarray:
    """The definition, as loops over the output."""
    padded = np.pad(x.astype(float), pads)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel.shape, strict=True)]
    sizes = [(n - e) // s + 1 for n, e, s in zip(padded.shape, spans, stride, strict=True)]
    y = np.zeros(sizes)
    for i, j in np.ndindex(*sizes):
        top, left = i * stride[0], j * stride[1]
        window = padded[top : top + spans[0] : dilation[0], left : left + spans[1] : dilation[1]]
        y[i, j] = (window * kernel).sum()
    return y


def test_every_corner_is_a_scene_that_agrees_with_the_library() -> None:
    ends = [(1, 9), (1, 8), (1, 4)]
    impossible = 0
    for image in (own(7, 12), own(1, 1), own(40, 3)):
        for kernel_size, strides, dilation_rate in product(
            *(product(each, repeat=2) for each in ends)
        ):
            for padding in ("valid", "same", "same_lower", "full"):
                values = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
                made = shown(image=image, kernel="box_blur", kernel_size=kernel_size, **values)
                rows, cols = image.values.shape[:2]
                try:
                    geometry, error = sl.conv_geometry((rows, cols), kernel_size, **values), ""
                except StrideLabError as refused:
                    geometry, error = None, str(refused)
                assert made.error == error
                if geometry is None:
                    assert [panel.name for panel in made.panels] == ["input", "kernel"]
                    assert made.question is None
                    impossible += 1
                    continue
                size = " × ".join(map(str, geometry.output_shape))
                assert made.question.answer == made["output"].size == size
                assert f" gives {size} outputs: " in made.sentence
    assert impossible > 100


def test_what_is_drawn_is_the_convolution_by_plain_loops() -> None:
    image = own(9, 14)
    luma = np.asarray(Pillow.fromarray(image.values).convert("L"))
    blurred = shown(
        image=image,
        kernel="box_blur",
        kernel_size=(2, 3),
        strides=(2, 3),
        dilation_rate=(1, 2),
        padding="same",
    )
    # rows: 5 outputs, (5 − 1)·2 + 2 − 9 = 1; columns: 5 outputs, (5 − 1)·3 + 5 − 14 = 3
    expected = plain(luma, np.full((2, 3), 1 / 6), ((0, 1), (1, 2)), (2, 3), (1, 2))
    drawn = blurred["output"].values
    assert drawn.shape == expected.shape == (5, 5)
    assert np.abs(drawn - expected).max() <= 0.51
    assert blurred["output"].caption.startswith("0 black, 255 white, cut off beyond")


def test_edges_are_drawn_around_mid_grey_and_other_sums_from_lowest_to_highest() -> None:
    image = own(8, 9)
    luma = np.asarray(Pillow.fromarray(image.values).convert("L")).astype(float)
    edges = shown(image=image, kernel=((-1, 1),), kernel_size=(1, 2), strides=1, padding="valid")
    expected = luma[:, 1:] - luma[:, :-1]
    limit = np.abs(expected).max() / 2
    greys = np.clip(127.5 + expected * 127.5 / limit, 0, 255)
    assert np.abs(edges["output"].values - greys).max() <= 0.51
    assert edges["output"].caption.startswith("0 mid-grey, −")
    double = shown(image=image, kernel=((2,),), kernel_size=1, strides=1)
    low, high = luma.min(), luma.max()
    greys = (luma - low) * 255 / (high - low)
    assert np.abs(double["output"].values - greys).max() <= 0.51
    assert double["output"].caption.startswith(f"{2 * low:.0f} black, {2 * high:.0f} white")


def test_colours_are_convolved_each_by_itself() -> None:
    image = own(5, 6)
    colour = shown(image=image, grey=False, kernel="box_blur", kernel_size=2, padding="valid")
    for channel in range(3):
        expected = plain(image.values[..., channel], np.full((2, 2), 0.25), 0, (2, 2), (1, 1))
        assert np.abs(colour["output"].values[..., channel] - expected).max() <= 0.51
    macs = 2 * 3 * 3 * 4  # outputs, colours, taps
    assert f" outputs: {macs} multiply-adds in " in colour.sentence
    assert colour["kernel"].caption == "box blur; the same for red, green and blue"


def test_the_sample_is_convolved_at_its_own_size() -> None:
    made = shown()
    assert (made["input"].size, made["output"].size) == ("600 × 512", "300 × 256")
    assert made["input"].width <= 420
    # the same scale for both: half the columns, half as wide
    assert made["output"].width == made["input"].width / 2
    assert re.fullmatch(
        r"A 3 × 3 window in steps of 2 over 600 × 512 cells \(padded by 0 above, 1 below, 0 left "
        r"and 1 right\) gives 300 × 256 outputs: 691,200 multiply-adds in [0-9.]+ m?s\.",
        made.sentence,
    )
    assert shown().text == made.text  # the time is of the first
    grey = photograph(grey=True)[..., 0] * 255
    assert np.abs(made["input"].values - grey).max() <= 0.51
    assert made["input"].alt.startswith("Grace Hopper in uniform in front of a flag: 600 rows and ")
    dead = shown(kernel="identity", kernel_size=1, strides=8)
    assert dead.sentence.endswith("No window reads 525 of the 600 rows and 448 of the 512 columns.")
    assert dead["output"].caption.endswith("; drawn larger than the input's scale")


def test_a_large_image_is_shown_smaller_and_convolved_whole() -> None:
    image = OwnImage(np.full((1500, 2), 40, np.uint8).repeat(3).reshape(1500, 2, 3), "strip.png")
    made = shown(image=image, kernel="box_blur", kernel_size=1, strides=1)
    for name in ("input", "output"):
        panel = made[name]
        assert panel.size == "1500 × 2"
        assert panel.values.shape == (500, 1)
        assert (panel.values == 40).all()
        assert panel.caption.endswith("shown at 1 : 3")
        assert panel.width * 1500 / 2 < 2000  # no endless page
    assert "1500 rows and 2 columns" in made["output"].alt


def test_too_large_an_image_is_offered_to_be_reduced() -> None:
    image = OwnImage(np.zeros((3, 6001, 3), np.uint8), "wide.png")
    made = shown(image=image)
    assert made.error == (
        "image must have at most 4096 rows and columns; got 3 × 6001 (scale='full'). "
        "Take scale='half'."
    )
    assert [panel.name for panel in made.panels] == ["input", "kernel"]
    assert shown(image=image, scale="half")["input"].size == "2 × 3001"
    assert shown(image=image, scale="quarter").question.answer == "1 × 751"
    wider = OwnImage(np.zeros((1, 20_000, 3), np.uint8), "wider.png")
    assert shown(image=wider, scale="half").error == (
        "image must have at most 4096 rows and columns; got 1 × 10000 (scale='half'). "
        "Reduce it first, for example with Pillow: picture.reduce(8)."
    )
    assert photo._judge_size((4096, 4096), "full") is None


def test_each_preset_shows_its_surprise() -> None:
    edges, same, doubled, framed = (shown(**preset.values) for preset in MODEL.presets)
    assert all(made.error == "" for made in (edges, same, doubled, framed))
    assert np.median(edges["output"].values) in (127, 128)  # most of the picture is no edge
    assert same["output"].size == "150 × 128"
    grey = np.asarray(Pillow.fromarray(sample()).convert("L")).astype(float)
    padded = np.pad(grey, 2)  # 4 cells in all, half of them before
    copies = [padded[a : a + 600, b : b + 512] for a in (0, 4) for b in (0, 4)]
    assert np.abs(doubled["output"].values - np.mean(copies, axis=0)).max() <= 0.51
    assert framed["output"].size == "600 × 512"
    corner = grey[:5, :5].sum() / 81  # the rest of its window is padding
    assert abs(framed["output"].values[0, 0] - corner) <= 0.51
    assert corner < grey[:5, :5].mean() / 3


def test_nothing_gives_the_answer_away() -> None:
    asking = shown(strides=(3, 5)).to_predict("").text
    assert "Output" not in asking
    assert "200" not in asking
    assert shown(strides=(3, 5)).to_predict("200 x 103").verdict.startswith("✓")


@pytest.mark.parametrize("kernel", [((0, 0), (0, 0)), "sobel_x"])
def test_an_output_of_zeros_is_mid_grey(kernel: object) -> None:
    made = shown(image=own(3, 4), kernel=kernel, kernel_size=1)
    assert set(made["output"].values.ravel().tolist()) == {128}
    assert made["output"].caption.startswith("0 everywhere: mid-grey")


def test_an_output_of_one_value_is_mid_grey_and_says_so() -> None:
    white = OwnImage(np.full((6, 5, 3), 200), "white.png")
    flat = shown(image=white, kernel=((1, 1),), kernel_size=(1, 2), strides=1, padding="valid")
    assert flat["output"].caption.startswith("400 everywhere: mid-grey")
    assert set(flat["output"].values.ravel().tolist()) == {128}


def test_counts_and_times_at_the_edge_of_a_unit() -> None:
    assert [photo._count(number) for number in (1_000_000, 999_499_999, 999_500_000)] == [
        "1 million", "999 million", "1 billion",
    ]  # fmt: skip
    assert [photo._duration(seconds) for seconds in (0.9994, 0.9996)] == ["999 ms", "1.0 s"]
    one = shown(image=own(1, 1), kernel="identity", kernel_size=1, strides=1)
    assert "outputs: 1 multiply-add in " in one.sentence


def test_a_learner_s_own_image_by_the_function(tmp_path) -> None:
    file = tmp_path / "mine.png"
    Pillow.fromarray(own(20, 30).values).save(file)
    explorer = sl.explore.photo(file, kernel=[[1, 0], [0, -1]], padding="valid")
    assert explorer.scene["input"].size == "20 × 30"
    assert explorer.scene["output"].size == "10 × 15"
    assert explorer.scene["input"].caption == "mine.png; 0 black, 255 white"
    again = eval(explorer.code, {"sl": sl})
    assert again.scene.text == explorer.scene.text
    with pytest.raises(
        StrideLabError, match="image must be 'hopper', an array, or a picture's path"
    ):
        sl.explore.photo("hoper")
