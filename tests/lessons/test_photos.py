"""The photograph: the sample, a learner's own, and files that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stridelab import StrideLabError
from stridelab.photos import photograph


def test_the_sample_is_float32_from_black_to_white() -> None:
    colour, grey = photograph(), photograph(grey=True)
    assert colour.shape == (600, 512, 3)
    assert grey.shape == (600, 512, 1)
    assert colour.dtype == grey.dtype == np.float32
    assert 0 <= grey.min() < 0.05
    assert 0.95 < grey.max() <= 1
    assert colour.max() <= 1


@pytest.mark.parametrize(
    ("size", "shape"), [((300, 200), (512, 768, 3)), ((1000, 2000), (1024, 512, 3))]
)
def test_ones_own_is_scaled_to_512_on_the_shorter_side(
    tmp_path: Path, size: tuple[int, int], shape: tuple[int, int, int]
) -> None:
    file = tmp_path / "holiday.png"
    Image.new("RGBA", size, (255, 0, 0, 128)).save(file)
    own = photograph(file)
    assert own.shape == shape
    assert own[0, 0].tolist() == [1, 0, 0]


def test_a_picture_that_lies_on_its_side_is_turned_upright(tmp_path: Path) -> None:
    file = tmp_path / "phone.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    Image.new("RGB", (600, 512)).save(file, exif=exif)
    assert photograph(file).shape == (600, 512, 3)


def test_files_that_are_no_photograph_are_refused(tmp_path: Path) -> None:
    text, strip = tmp_path / "notes.txt", tmp_path / "strip.png"
    text.write_text("not a picture")
    Image.new("RGB", (500, 100)).save(strip)
    for file, message in (
        ("gone.jpg", "file must exist; got 'gone.jpg'. Give its path from this notebook's folder."),
        (text, f"file must be a picture that Pillow reads; got {str(text)!r}"[:118]),
        (strip, "file must be at most 4 times as long as wide; got 500 × 100. Crop it first."),
    ):
        with pytest.raises(StrideLabError) as raised:
            photograph(file)
        assert str(raised.value).startswith(message)
