"""The lessons' figures: named axes, alt text, and one axis told in words."""

from __future__ import annotations

from html import escape

import numpy as np
import pytest

from stridelab.figures import Picture, bars, curves, grids, named_bars, pictures, windows
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
        grids({"a": ("input", np.eye(3))}, window=((0, 1), (1, 2))),
        bars({"a": (1, 2)}, x="cell", y="reads (windows)"),
        windows(conv_axis(5, 2, 2, "same")),
    ],
)
def test_a_picture_carries_its_alt_text(picture: Picture) -> None:
    html = picture._repr_html_()
    assert f'<img alt="{escape(picture.alt)}"' in html
    assert repr(picture) == f"Figure: {picture.alt}"
    file = picture.webp()
    assert (file[:4], file[8:12]) == (b"RIFF", b"WEBP")


def test_an_axis_with_its_windows_tells_the_same_in_words() -> None:
    picture = windows(conv_axis(5, 2, 2, "same"), conv_axis(6, 2, 3, "same"))
    assert picture.alt == (
        "5 cells, pads 0 and 1. Output 0 reads 0, 1. Output 1 reads 2, 3. Output 2 reads 4, "
        "padding. 6 cells, pads 0 and 0. Output 0 reads 0, 1. Output 1 reads 3, 4."
    )
    marks = [text.get_text() for text in picture.figure.axes[1].texts]
    assert marks == ["", "", "✗", "", "", "✗", "output 0", "output 1"]


def test_grids_and_bars_read_their_numbers_out() -> None:
    numbers = {
        "picture": ("input", np.array([[0, 1], [2, -3]])),
        "sum": ("output", np.ones((1, 1))),
    }
    assert grids(numbers, window=((0, 1), (1,))).alt == (
        "picture, row by row: 0 1; 2 −3. A window is outlined on rows 0 1 and columns 1. "
        "sum, row by row: 1."
    )
    reads = {"valid": (1, 2, 1), "same": (2, 3, 2)}
    assert bars(reads, x="cell", y="reads (windows)").alt == (
        "Bars: reads (windows) by cell. valid: 1 2 1. same: 2 3 2."
    )


def test_grids_of_one_role_share_their_scale() -> None:
    one, two = np.array([[0.0, 4.0]]), np.array([[0.0, 8.0]])
    apart = grids({"a": ("input", one), "b": ("output", two)}).figure
    together = grids({"a": ("input", one), "b": ("input", two)}).figure
    fills = [
        [patch.get_facecolor() for patch in axes.patches]
        for figure in (apart, together)
        for axes in figure.axes
    ]
    assert fills[0][1] == fills[3][1]  # the largest of its scale has the full colour
    assert fills[2][1] not in (fills[0][1], fills[2][0])


def test_padding_cells_have_their_indices_too() -> None:
    (axes,) = windows(conv_axis(4, 3, padding=(2, 1))).figure.axes
    assert [round(tick) for tick in axes.get_xticks()] == [-2, -1, 0, 1, 2, 3, 4]
    assert axes.get_xlabel() == "cell"


def test_named_bars_have_names_numbers_and_limits() -> None:
    values = {"loops": 2.0, "tile": 40.0}
    (axes,) = named_bars(
        values, "Two.", title="Rates", x="speed (GFLOP/s)", limits={"peak": 60}, log=True
    ).figure.axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["loops", "tile"]
    assert [text.get_text() for text in axes.texts] == ["2", "40"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["peak"]
    assert (axes.get_title(loc="left"), axes.get_xlabel()) == ("Rates", "speed (GFLOP/s)")
    assert axes.yaxis_inverted()
    (plain,) = named_bars(values, "Two.", title="Rates", x="speed (GFLOP/s)").figure.axes
    assert (plain.get_xscale(), plain.get_legend()) == ("linear", None)


def test_a_curve_of_one_point_is_a_large_mark_without_a_line() -> None:
    lines = {"roof": ((1, 8, 64), (2, 16, 16)), "layer": ((4,), (5,))}
    (axes,) = curves(lines, "A mark.", title="Roof", x="flops", y="speed", log="xy").figure.axes
    roof, layer = axes.lines
    assert (roof.get_linestyle(), layer.get_linestyle()) == ("-", "None")
    assert layer.get_markersize() > 2 * roof.get_markersize()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["roof", "layer"]
