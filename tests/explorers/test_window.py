"""The window explorer's model: what a scene says is what geometry and ops say."""

from __future__ import annotations

import json
import re
from itertools import product
from xml.etree import ElementTree

import numpy as np
import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.explorers.controls import OwnImage
from stridelab.explorers.draw import grid_parts, grid_svg
from stridelab.explorers.kernels import KERNELS
from stridelab.explorers.static import scene_svg
from stridelab.explorers.view import view
from stridelab.explorers.window import CONTROLS, MODEL, scene
from stridelab.theme import cell_text, full_text

DEFAULTS = {control.name: control.default for control in CONTROLS}
ENDS = {
    control.name: list(control.options)
    if hasattr(control, "options")
    else list(product((control.low, control.high), repeat=2))
    if control.paired
    else [control.low, control.high]
    for control in CONTROLS
}
ONE_PLANE = {"kernel": ["sobel_x"], "channels": [1], "filters": [1], "image": ["disc"]}
#: Both ends of every slider, rows and columns apart, under every padding.
CORNERS = [
    dict(zip(ENDS, values, strict=True)) for values in product(*({**ENDS, **ONE_PLANE}).values())
]
SVG = "{http://www.w3.org/2000/svg}"


def test_every_corner_is_a_scene_that_agrees_with_the_library() -> None:
    impossible = 0
    for values in CORNERS:
        shown = scene(**values, position=(10**6, 1))
        arguments = {name: values[name] for name in ("strides", "padding", "dilation_rate")}
        try:
            geometry, error = (
                sl.conv_geometry(values["size"], values["kernel_size"], **arguments),
                "",
            )
        except StrideLabError as refused:
            geometry, error = None, str(refused)
        assert shown.error == error
        if geometry is None:
            assert shown.focus is None
            assert [grid.name for grid in shown.grids] == ["input", "kernel"]
            impossible += 1
            continue
        x, kernel, y = (shown[name].values for name in ("input", "kernel", "output"))
        assert (x.shape, kernel.shape) == (values["size"], values["kernel_size"])
        assert y.shape == geometry.output_shape
        expected = sl.conv2d(x[..., None], kernel[..., None, None], **arguments, method="reference")
        assert (y == expected[..., 0]).all(), values
        _check_focus(shown, geometry)
    assert 0 < impossible < len(CORNERS)


def _check_focus(shown, geometry) -> None:
    y, focus = shown["output"].values, shown.focus
    (window,), (fill,) = focus.windows, focus.fills
    for taps, axis in ((window.rows, geometry.rows), (window.cols, geometry.cols)):
        assert taps == tuple(axis.taps(i) for i in range(axis.output_size))
    assert shown["input"].pads == geometry.pads
    assert (fill.values.sum(axis=(2, 3)) == y).all()
    rows, cols = y.shape
    assert focus.position == (rows - 1, min(1, cols - 1))
    assert (shown["products"].values == fill.values[focus.position]).all()
    assert len(focus.notes) == len(fill.captions) == y.size
    for value, note, caption in zip(y.ravel(), focus.notes, fill.captions, strict=True):
        assert note.split()[-1] == caption.split()[-1] == cell_text(value)
    assert str(shown.derivation) == str(geometry.derive())


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("kernel_size", [1, 2, (3, 2), 5])
def test_every_kernel_gives_the_library_s_output(kernel: str, kernel_size: int) -> None:
    shown = scene(**{**DEFAULTS, "kernel": kernel, "kernel_size": kernel_size, "size": (6, 7)})
    x, weights = shown["input"].values, shown["kernel"].values
    expected = sl.conv2d(x[..., None], weights[..., None, None], padding="same", method="reference")
    np.testing.assert_allclose(shown["output"].values, expected[..., 0], rtol=0, atol=1e-12)


def test_the_values_of_a_small_scene_worked_by_hand() -> None:
    shown = scene((4, 5), (2, 3), (2, 1), 1, "same", "sobel_x")
    assert shown["input"].values.tolist() == [
        [1, 1, 1, 2, 1],
        [1, 3, 5, 6, 3],
        [1, 4, 8, 9, 5],
        [1, 3, 7, 7, 5],
    ]
    assert shown["kernel"].values.tolist() == [[-1, 0, 1], [-1, 0, 1]]
    assert shown["input"].pads == ((0, 0), (1, 1))
    # Sums of two rows: 2 4 6 8 4 and 2 7 15 16 10; each output: its right one less its left one.
    assert shown["output"].values.tolist() == [[4, 4, 4, -2, -8], [7, 13, 9, -5, -16]]
    assert shown.sentence == (
        "A 2 × 3 window in steps of 2 and 1 over 4 × 5 cells "
        "(padded by 0 above, 0 below, 1 left and 1 right) gives 2 × 5 outputs."
    )
    assert shown.focus.notes[0] == (
        "Output (0, 0) reads rows 0, 1 and columns −1, 0, 1; padding under 2 of its 6 taps. "
        "0·(−1) + 1·0 + 1·1 + 0·(−1) + 1·0 + 3·1 = 4"
    )
    assert shown.focus.notes[6] == (
        "Output (1, 1) reads rows 2, 3 and columns 0, 1, 2. "
        "1·(−1) + 4·0 + 8·1 + 1·(−1) + 3·0 + 7·1 = 13"
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "A 3 × 3 window in steps of 1 over 8 × 8 cells (padded by 1 on every side) "
             "gives 8 × 8 outputs."),
        ({"size": 6, "kernel_size": 2, "strides": 3, "padding": "same"},
         "A 2 × 2 window in steps of 3 over 6 × 6 cells (no padding) gives 2 × 2 outputs. "
         "No window reads input rows 2, 5. No window reads input columns 2, 5."),
        ({"dilation_rate": (2, 1), "padding": "valid"},
         "A 3 × 3 window spread over 5 × 3 cells in steps of 1 over 8 × 8 cells (no padding) "
         "gives 4 × 6 outputs."),
        ({"kernel_size": 2, "padding": "same_lower"},
         "A 2 × 2 window in steps of 1 over 8 × 8 cells "
         "(padded by 1 above, 0 below, 1 left and 0 right) gives 8 × 8 outputs."),
    ],
)  # fmt: skip
def test_the_sentence_says_what_matters(changes: dict, sentence: str) -> None:
    assert scene(**{**DEFAULTS, **changes}).sentence == sentence


def test_a_sum_of_rounded_weights_says_so_and_a_long_one_is_left_to_the_grid() -> None:
    blurred = scene(**{**DEFAULTS, "kernel": "box_blur", "kernel_size": 2, "padding": "valid"})
    assert blurred.note == (
        "Output (0, 0) reads rows 0, 1 and columns 0, 1. 1·0.25 + 1·0.25 + 1·0.25 + 1·0.25 = 1"
    )
    thirds = scene(**{**DEFAULTS, "kernel": "box_blur", "kernel_size": (1, 3), "padding": "valid"})
    assert thirds.note.endswith("1·0.333 + 1·0.333 + 1·0.333 ≈ 1")
    wide = scene(**{**DEFAULTS, "kernel_size": (2, 5), "padding": "valid"})
    assert wide.note == (
        "Output (0, 0) reads rows 0, 1 and columns 0, 1, 2, 3, 4. Its 10 products add up to 4"
    )


def test_sums_are_told_in_full_or_as_rounded() -> None:
    """Ones under 3 × 5 weights of 100.5, and of 100."""
    flat = {**DEFAULTS, "size": (3, 5), "kernel_size": (3, 5), "padding": "valid", "image": "disc"}
    for weight, told in ((100, "{:.0f}"), (100.25, "≈ {:.1e}")):
        shown = scene(**{**flat, "kernel": ((weight,) * 5,) * 3})
        total = weight * float(shown["input"].values.sum())
        text = told.format(total).replace("e+0", "e")
        assert shown.note.endswith(f"Its 15 products add up to {text}")
        assert shown["products"].caption == f"they add up to {text}"
    several = scene(**{**flat, "channels": 2, "kernel": ((100,) * 5,) * 3})
    first, second = (100 * several[name].values.sum() for name in ("input", "input_1"))
    assert several.note.endswith(f"add {first:.0f} + {second:.0f} = {first + second:.0f}")
    assert "It reads both channels, 3 × 5 × 2 taps" in several.sentence


def test_one_tap_is_not_spread() -> None:
    shown = scene(**{**DEFAULTS, "kernel_size": 1, "dilation_rate": 3})
    assert shown.sentence.startswith("A 1 × 1 window in steps of 1 over")


def test_an_impossible_combination_carries_the_library_s_words() -> None:
    shown = scene(**{**DEFAULTS, "size": (6, 3), "kernel_size": 4, "padding": "valid"})
    assert shown.error == (
        "kernel_size must span at most the padded input; got a span of 4 over 3 cells "
        "(columns: k = 4, d = 1, n = 3, pads 0 and 0). Pad by 1 more, or take padding='same'."
    )
    assert shown.text.startswith(f"{MODEL.title}\n\n{shown.error}\n\nNo window fits")
    assert ElementTree.fromstring(scene_svg(shown)).tag == f"{SVG}svg"


def test_channels_are_added_up_and_each_filter_has_an_output() -> None:
    changes = {
        "size": (5, 4),
        "kernel_size": (2, 3),
        "strides": (1, 2),
        "channels": 3,
        "filters": 2,
    }
    shown = scene(**{**DEFAULTS, **changes}, position=(4, 1))
    assert [[panel.name for panel in column] for column in shown.columns] == [
        ["input", "input_1", "input_2"],
        ["kernel", "products", "products_1", "products_2", "kernel_1"],
        ["output", "output_1"],
    ]
    inputs = np.stack([shown[name].values for name in ("input", "input_1", "input_2")])
    assert len({plane.tobytes() for plane in inputs}) == 3
    assert shown["kernel_1"].values.tolist() == shown["kernel"].values[:, ::-1].tolist()
    padded = np.pad(inputs, ((0, 0), (0, 1), (0, 1)))  # SAME: 2 − 1 rows, (2 − 1)·2 + 3 − 4 columns
    for name, kernel in (("output", "kernel"), ("output_1", "kernel_1")):
        weights = shown[kernel].values
        for i, j in np.ndindex(5, 2):
            window = padded[:, i : i + 2, 2 * j : 2 * j + 3]
            assert shown[name].values[i, j] == (window * weights).sum()
    fills = {fill.grid: fill.values for fill in shown.focus.fills}
    assert (sum(fills.values()).sum(axis=(2, 3)) == shown["output"].values).all()
    assert (shown["products_2"].values == padded[2, 4:6, 2:5] * shown["kernel"].values).all()
    assert [window.grid for window in shown.focus.windows] == ["input", "input_1", "input_2"]
    sums = [int(fills[name][4, 1].sum()) for name in fills]
    total = int(shown["output"].values[4, 1])
    said = " + ".join(f"(−{-each})" if each < 0 else str(each) for each in sums)
    assert shown.note == (
        "Output (4, 1) reads rows 4, 5 and columns 2, 3, 4 of 3 channels; padding under 12 of its "
        f"18 taps. Its channels add {said} = {total}".replace("-", "−")
    )
    assert shown.sentence.endswith(
        " gives 5 × 2 outputs. It reads all 3 channels, 2 × 3 × 3 taps, and adds them up. "
        "Each of the 2 filters gives an output of its own. Weights: 2 × 3 × 3 × 2 = 36."
    )
    assert shown.question.answer == "5 × 2 × 2"


@pytest.mark.parametrize("image", ["disc", "dot", "stripes", "own"])
@pytest.mark.parametrize(("channels", "filters"), [(1, 3), (3, 1), (3, 3), (2, 2)])
def test_every_count_of_channels_and_filters_at_the_corners(
    image: str, channels: int, filters: int
) -> None:
    own = OwnImage(np.arange(90, dtype=np.uint8).reshape(5, 6, 3), "array")
    for size, kernel_size in product([(1, 1), (12, 1), (3, 12)], [(1, 1), (5, 5), (1, 5)]):
        changes = {
            "size": size,
            "kernel_size": kernel_size,
            "image": own if image == "own" else image,
        }
        shown = scene(**{**DEFAULTS, **changes, "channels": channels, "filters": filters})
        assert shown.error == ""
        names = [panel.name for panel in shown.panels]
        assert len(set(names)) == len(names) == 2 * channels + 2 * filters
        assert all(shown[name].values.shape == size for name in names if "input" in name)
        assert shown.question.answer.count("×") == (1 if filters == 1 else 2)
        assert [name for name in names if shown[name].is_answer] == [
            name for name in names if name.startswith(("products", "output"))
        ]


def test_square_kernels_turn_from_filter_to_filter() -> None:
    shown = scene(**{**DEFAULTS, "filters": 3})
    assert shown["kernel_1"].values.tolist() == [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
    assert shown["kernel_2"].values.tolist() == [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    assert (shown["output_2"].values == -shown["output"].values).all()


def test_a_typed_kernel_is_cut_or_filled_up_to_its_size() -> None:
    typed = ((1, 2.5), (3, 4), (5, 6))
    for kernel_size, expected in (
        ((3, 2), [[1, 2.5], [3, 4], [5, 6]]),
        ((2, 1), [[3], [5]]),  # the tap over the output's own cell stays the one that it is
        ((1, 4), [[0, 3, 4, 0]]),
        ((5, 2), [[0, 0], [1, 2.5], [3, 4], [5, 6], [0, 0]]),
    ):
        shown = scene(**{**DEFAULTS, "kernel": typed, "kernel_size": kernel_size})
        assert shown["kernel"].values.tolist() == expected
    assert sl.explore.window(kernel=typed).kernel_size == (3, 2)
    assert sl.explore.window(kernel=np.array(typed), kernel_size=3).kernel_size == 3


def test_a_learner_s_image_is_reduced_to_whole_numbers_from_0_to_9() -> None:
    values = np.zeros((4, 6, 3), np.uint8)
    values[:2, :3] = 255, 0, 0  # red
    values[2:, 3:] = 0, 255, 255
    changes = {"size": (2, 2), "image": OwnImage(values, "two corners")}
    red, green, blue = ([[9, 0], [0, 0]], [[0, 0], [0, 9]], [[0, 0], [0, 9]])
    three = scene(**{**DEFAULTS, **changes, "channels": 3})
    assert [three[name].values.tolist() for name in ("input", "input_1", "input_2")] == [
        red, green, blue
    ]  # fmt: skip
    assert three["input_2"].caption == "blue; hatched: padding, zeros"
    one = scene(**{**DEFAULTS, **changes})
    # luma: 0.299 of 9 for red, the rest of 9 for the others
    assert one["input"].values.tolist() == [[3, 0], [0, 6]]


def test_each_preset_shows_its_surprise() -> None:
    halved, after, unread, dilated, dot, planes = (
        scene(**{**DEFAULTS, **preset.values}) for preset in MODEL.presets
    )
    assert halved["input"].values.shape == (8, 8)
    assert halved["output"].values.shape == (4, 4)
    assert after["input"].pads == ((0, 1), (0, 1))
    assert unread.sentence.endswith(
        "No window reads input rows 2, 3, 6, 7, 8. No window reads input columns 2, 3, 6, 7, 8."
    )
    assert dilated["output"].values.shape == (4, 4)
    assert dilated["kernel"].values.shape == (3, 3)
    assert (dot["output"].values[1:4, 1:4] == dot["kernel"].values[::-1, ::-1]).all()
    assert len(planes.columns[0]) == 3
    assert len(planes.columns[2]) == 2
    for shown in (halved, after, unread, dilated, dot, planes):
        assert shown.error == ""


def test_the_question_is_answered_by_the_size_alone() -> None:
    for changes, answer in (
        ({}, "8 × 8"),
        ({"size": (7, 12), "strides": (2, 4), "padding": "valid"}, "3 × 3"),
        ({"size": (7, 12), "strides": (2, 4), "padding": "same", "filters": 2}, "4 × 3 × 2"),
    ):
        shown = scene(**{**DEFAULTS, **changes})
        assert shown.question.answer == answer
        asking = shown.to_predict("").text
        assert "Output" not in asking
        assert "Products" not in asking


def test_the_text_twin_says_all_that_the_picture_shows() -> None:
    shown = scene(2, 1, 1, 1, "valid", "identity", position=(1, 0))
    assert shown.text == (
        "A window slides over the input\n"
        "\n"
        "A 1 × 1 window in steps of 1 over 2 × 2 cells (no padding) gives 2 × 2 outputs.\n"
        "\n"
        "Output (1, 0) reads row 1 and column 0. 4·1 = 4\n"
        "\n"
        "Rows and columns alike: 2 cells, kernel 1, stride 1, dilation 1, padding 'valid'\n"
        "  e = d·(k − 1) + 1 = 1·(1 − 1) + 1 = 1\n"
        "  o = ⌊(n − e)/s⌋ + 1 = ⌊(2 − 1)/1⌋ + 1 = 2\n"
        "\n"
        "Input, 2 × 2 (no padding)\n2  3\n4  7\n"
        "\n"
        "Kernel, 1 × 1 (identity)\n1\n"
        "\n"
        "Products, 1 × 1 (they add up to 4)\n4\n"
        "\n"
        "Output, 2 × 2\n2  3\n4  7"
    )


def test_the_picture_shows_the_scene_s_values_pads_and_window() -> None:
    shown = scene(4, (2, 3), 1, (1, 2), "same", "box_blur", position=(3, 0))
    root = ElementTree.fromstring(scene_svg(shown))
    grids = {
        part.get("data-grid"): part for part in root.iter(f"{SVG}svg") if part.get("data-grid")
    }
    assert list(grids) == ["input", "kernel", "products", "output"]
    for name, part in grids.items():
        values = shown[name].values.ravel().tolist()
        texts = part.find(f"{SVG}g[@class='sl-cells']").iter(f"{SVG}text")
        assert [text.text for text in texts] == list(map(cell_text, values))
        hidden = [full_text(value) for value in values if cell_text(value) != full_text(value)]
        assert [title.text for title in part.iter(f"{SVG}title")] == hidden
    # 4 × 4 cells, one row of padding below, two columns on either side; taps on row 4 are padding
    frames = grids["input"].find(f"{SVG}path[@class='sl-pad-frame']").get("d")
    assert frames.count("M") == 5 * 8 - 16
    taps = grids["input"].find(f".//{SVG}path[@class='sl-tap']").get("d")
    corners = [(int(y) // 32, int(x) // 32) for x, y in re.findall(r"M(\S+) (\S+?)h", taps)]
    assert corners == [(row, col) for row in (3, 4) for col in (-2, 0, 2)]


def test_a_grid_that_stays_has_a_path_for_each_level_and_a_text_for_each_cell() -> None:
    shown = scene(**{**DEFAULTS, "kernel": "box_blur"})
    squares, texts = ElementTree.fromstring(
        f"<svg>{grid_parts(shown['output'], shown.focus)[1][1]}</svg>"
    )
    levels = [text.get("class") for text in texts.iter("text")]
    places = [(text.get("data-at"), text.get("role")) for text in texts.iter("text")]
    assert places == [(f"{row},{col}", "gridcell") for row in range(8) for col in range(8)]
    assert [row.get("role") for row in texts] == ["row"] * 8
    drawn = {path.get("class"): path.get("d") for path in squares}
    assert len(squares) == len(drawn) <= 9
    for k, level in enumerate(levels):
        assert f"M{k % 8 * 32}.5 {k // 8 * 32}.5h31v31h-31z" in drawn[level]
    assert sum(d.count("M") for d in drawn.values()) == 64
    # in a file, a rectangle that shows all digits lies on its cell, and on no other
    fulls = ElementTree.fromstring(grid_svg(shown["output"], shown.focus)).find(
        "g[@class='sl-full']"
    )
    values = shown["output"].values.ravel().tolist()
    hiding = {
        (str(k % 8 * 32), str(k // 8 * 32)): full_text(value)
        for k, value in enumerate(values)
        if cell_text(value) != full_text(value)
    }
    assert 0 < len(hiding) < 64
    assert {(one.get("x"), one.get("y")): one.find("title").text for one in fulls} == hiding
    assert "gridcell" not in "".join(grid_parts(shown["input"], shown.focus)[1])


def test_the_stage_gets_every_product_and_note_to_look_up() -> None:
    shown = scene(**{**DEFAULTS, "size": (5, 4), "strides": (2, 1), "kernel_size": (2, 3)})
    data = json.loads(view(shown, values={"size": (5, 4)}, code="sl.explore.window()"))
    focus, products = data["focus"], shown.focus.fills[0].values
    (fill,) = focus["fills"]
    texts = [fill["looks"][k][0] for k in fill["index"]]
    assert texts == [cell_text(value) for value in products.ravel().tolist()]
    assert (focus["rows"], focus["cols"], fill["size"]) == (*products.shape[:2], 6)
    assert focus["notes"] == list(shown.focus.notes)
    assert (data["values"], data["error"]) == ({"size": [5, 4]}, "")
    # A product has one look, wherever it is shown first: what Python drew and what is looked up
    first = [fill["looks"][k][:2] for k in fill["index"][:6]]
    cells = data["columns"][1][1]["parts"][1]
    drawn = ElementTree.fromstring(cells).findall("g")
    assert [[cell.find("text").text, cell.get("class")] for cell in drawn] == first


def test_a_grid_s_parts_are_its_picture() -> None:
    """The page gets a grid in parts, so that it can leave alone what a move does not change."""
    shown = scene(**{**DEFAULTS, "strides": 2})
    for grid in shown.grids:
        start, parts = grid_parts(grid, shown.focus)
        assert start + "".join(parts) + "</svg>" == grid_svg(grid, shown.focus)
    wider = scene(**DEFAULTS)
    before, after = (grid_parts(each["input"], each.focus)[1] for each in (shown, wider))
    same = [a == b for a, b in zip(before, after, strict=True)]
    assert same == [False, True, True, False, False]  # padding, cells, marks, indices, outlines
