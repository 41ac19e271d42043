"""The lessons' figures: named axes, alt text, and one axis told in words."""

from __future__ import annotations

import numpy as np
import pytest

from stridelab.figures import Picture, bars, grids, pictures, windows
from stridelab.geometry import conv_axis


def test_photographs_have_titles_and_named_axes_with_units() -> None:
    figure = pictures({"one": np.zeros((4, 6, 1)), "two": np.ones((4, 6, 3))}, "Two.").figure
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["one\n4 × 6", "two\n4 × 6"]
    assert {axes.get_xlabel() for axes in figure.axes} == {"column (cell)"}
    assert {axes.get_ylabel() for axes in figure.axes} == {"row (cell)"}


def test_signed_maps_share_a_scale_that_is_even_around_zero() -> None:
    figure = pictures({"a": np.full((2, 2), -3.0), "b": np.eye(2)}, "Two.", signed=True).figure
    images = [axes.images[0] for axes in figure.axes if axes.get_xlabel() == "column (cell)"]
    assert [image.get_clim() for image in images] == [(-3, 3), (-3, 3)]


@pytest.mark.parametrize(
    "picture",
    [
        pictures({"a": np.zeros((4, 4))}, 'A "black" <square>.'),
        grids({"a": ("input", np.eye(3))}, 'A "black" <square>.', window=((0, 1), (1, 2))),
        bars({"a": (1, 2)}, 'A "black" <square>.', x="cell", y="reads (windows)"),
    ],
)
def test_a_picture_carries_its_alt_text(picture: Picture) -> None:
    html = picture._repr_html_()
    assert '<img alt="A &quot;black&quot; &lt;square&gt;."' in html
    assert repr(picture) == 'Figure: A "black" <square>.'
    assert picture.png().startswith(b"\x89PNG")


def test_an_axis_with_its_windows_tells_the_same_in_words() -> None:
    picture = windows(conv_axis(5, 2, 2, "same"), conv_axis(6, 2, 3, "same"))
    assert picture.alt == (
        "5 cells, pads 0 and 1. Output 0 reads 0, 1. Output 1 reads 2, 3. Output 2 reads 4, "
        "padding. 6 cells, pads 0 and 0. Output 0 reads 0, 1. Output 1 reads 3, 4."
    )
    marks = [text.get_text() for text in picture.figure.axes[1].texts]
    assert marks == ["", "", "✗", "", "", "✗", "output 0", "output 1"]
