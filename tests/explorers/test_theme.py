"""The colours: contrast that a person with low vision needs, and one source for all of them."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import combinations

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


#: Linear RGB as people see it who lack the long, the middle or the short cones; G. Machado, M.
#: Oliveira & L. Fernandes, "A Physiologically-based Model for Simulation of Color Vision
#: Deficiency", 2009, severity 1.
SEEN = {
    "all cones": np.eye(3),
    "no long": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no middle": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no short": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def _lab(srgb_hex: str, seen: object) -> np.ndarray:
    """CIE L*a*b* of a colour as it is seen: a distance of 2.3 is just noticeable."""
    srgb = np.array([int(srgb_hex[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = to_xyz @ np.clip(seen @ linear, 0, 1) / [0.9505, 1, 1.089]
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("who", SEEN)
def test_roles_stay_apart_for_those_who_see_fewer_colours(mode: str, who: str) -> None:
    """Padding is hatched: its pattern sets it apart, not its grey."""
    roles = [role for role in ROLES if role != "padding"]
    seen = {role: _lab(colour(role, mode=mode), np.array(SEEN[who])) for role in roles}
    near = {
        pair: round(float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])), 1)
        for pair in combinations(roles, 2)
    }
    assert min(near.values()) > 10, near


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
        (0.0005, "5e−4", "0.0005"),
        (0.0012, "1.2e−3", "0.0012"),
        (-0.005, "−0.005", "−0.005"),
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
