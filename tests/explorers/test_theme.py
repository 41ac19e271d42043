"""The colours: contrast that a person with low vision needs, and one source for all of them."""

from __future__ import annotations

import re
from importlib.resources import files

import matplotlib as mpl
import numpy as np
import pytest

from stridelab import StrideLabError, theme
from stridelab.theme import LEVELS, MODES, ROLES, colour, contrast, ramp

EXPLORERS = files("stridelab.explorers")


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#ffffff", "#000000") == 21
    assert contrast("#123456", "#123456") == 1
    # The two greys that every text on the subject names: the last that passes, the first that fails
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("mode", MODES)
def test_text_stands_out_from_every_ground_it_is_written_on(mode: str) -> None:
    letters = [colour(name, mode=mode) for name in ("ink", "muted")]
    letters += [colour(role, "text", mode) for role in ROLES]
    for ground in ("paper", "raised"):
        for letter in letters:
            assert contrast(letter, colour(ground, mode=mode)) >= 4.5, (ground, letter)
    for role in ROLES:
        for fill, text in ramp(role, mode):
            assert contrast(fill, text) >= 4.5, (role, fill)
    # the chosen option is written in the paper's colour on ink
    assert contrast(colour("paper", mode=mode), colour("ink", mode=mode)) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_lines_that_mean_something_stand_out_from_the_paper(mode: str) -> None:
    paper = colour("paper", mode=mode)
    for name in ("edge", "focus", "disagree"):
        assert contrast(colour(name, mode=mode), paper) >= 3, name
    # The window's orange falls short of that on light cells: its casing does not.
    grounds = [fill for role in ROLES for fill, _ in ramp(role, mode)]
    for ground in [paper, *grounds]:
        lines = colour("window", mode=mode), colour("casing", mode=mode)
        assert max(contrast(line, ground) for line in lines) >= 3, ground


def test_a_ramp_goes_from_paper_to_the_full_colour() -> None:
    for mode in MODES:
        for role in ROLES:
            fills = [fill for fill, _ in ramp(role, mode)]
            assert len(set(fills)) == LEVELS
            assert (fills[0], fills[-1]) == (colour("paper", mode=mode), colour(role, mode=mode))


def test_every_colour_of_the_style_sheets_is_one_of_the_theme() -> None:
    sheets = [(EXPLORERS / name).read_text() for name in ("grid.css", "stage.css")]
    used = {
        name for sheet in [*sheets, theme.css()] for name in re.findall(r"var\((--[\w-]+)", sheet)
    }
    defined = {mode: set(re.findall(r"(--sl-[\w-]+):", _block(mode))) for mode in MODES}
    assert used
    assert used <= defined["light"] == defined["dark"]
    for sheet in sheets:
        assert not re.search(r"#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(", sheet), "a colour of its own"


def _block(mode: str) -> str:
    return theme.css().split("body[data-jp-theme-light")[0 if mode == "light" else 1]


def test_an_unknown_colour_is_refused_by_name() -> None:
    with pytest.raises(StrideLabError) as caught:
        colour("imput")
    assert str(caught.value) == (
        "name must be one of input, padding, window, kernel, output, disagree, paper, raised, ink, "
        "muted, line, edge, focus, casing; got 'imput'. Did you mean 'input'?"
    )


@pytest.mark.parametrize(
    ("value", "cell", "full"),
    [
        (0, "0", "0"),
        (-0.0, "0", "0"),
        (12.0, "12", "12"),
        (-7, "−7", "−7"),
        (432, "432", "432"),
        (999.6, "1e3", "999.6"),
        (-1234, "−1.2e3", "−1234"),
        (1 / 3, "0.333", "0.3333333333"),
        (-2 / 3, "−0.667", "−0.6666666667"),
        (0.0999, "0.1", "0.0999"),
        (0.00012345, "1.2e−4", "0.00012345"),
        (3.14159, "3.14", "3.14159"),
        (float("nan"), "nan", "nan"),
        (float("-inf"), "−inf", "−inf"),
    ],
)
def test_a_number_has_three_digits_in_a_cell_and_all_of_them_on_hover(
    value: float, cell: str, full: str
) -> None:
    assert (theme.cell_text(value), theme.full_text(value)) == (cell, full)


def test_levels_rank_the_values_of_a_grid_with_zero_among_them() -> None:
    assert theme.levels(np.array([[-4, 0, 4]])) == [[0, 4, 8]]
    assert theme.levels(np.array([[2, 4]])) == [[4, 8]]  # 0 is paper, though no cell has it
    assert theme.levels(np.array([[-8, -4]])) == [[0, 4]]
    assert theme.levels(np.zeros((2, 1))) == [[0], [0]]
    assert theme.levels(np.array([[np.nan, np.inf, 3]])) == [[0, 0, 8]]


def test_the_style_lasts_as_long_as_its_block() -> None:
    before = dict(mpl.rcParams)
    with theme.style():
        assert mpl.rcParams["axes.titlelocation"] == "left"
        assert mpl.rcParams["axes.prop_cycle"].by_key()["color"][0] == colour("input")
    assert dict(mpl.rcParams) == before


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(StrideLabError) as caught:
        theme.show_images({"Photograph": np.zeros((4, 4, 2))})
    assert str(caught.value) == (
        "images must be rows × columns, or rows × columns × 1 or 3 channels; got (4, 4, 2) "
        "(Photograph)"
    )


def test_a_drawn_grid_shows_values_padding_and_window() -> None:
    values = np.array([[1, 2, 3], [4, 5, 6]])
    figure = theme.show_grids({"Input": values}, pads=((1, 0), (0, 2)))
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["1", "2", "3", "4", "5", "6"]
    assert sum(bool(patch.get_hatch()) for patch in axes.patches) == 3 * 5 - 6
    theme.draw_grid(axes, values, window=((0, 1), (0, 2)))
    frame = axes.patches[-1]
    assert (frame.get_xy(), frame.get_width(), frame.get_height()) == ((-0.5, -0.5), 3, 2)
