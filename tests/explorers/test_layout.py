"""The layout explorer's model: where each number of y lies, against plain loops over indices."""

from __future__ import annotations

import json
from itertools import permutations, product
from xml.etree import ElementTree

import numpy as np
import pytest

import stridelab as sl
from stridelab.explorers.draw import U, extent, grid_svg
from stridelab.explorers.layout import CONTROLS, MODEL, NAMED, OPTIONS, PRESETS, scene
from stridelab.explorers.page import moves
from stridelab.recorded import recorded

DEFAULTS = {control.name: control.default for control in CONTROLS}
SHAPES = [shape for axes in (2, 3) for shape in product((1, 2, 3), repeat=axes)] + [
    (2, 2, 3, 2),
    (1, 3, 2, 4),
    (3, 1, 1, 2),
    (6, 1, 2, 4),
]


def of(**changes):
    return scene(**{**DEFAULTS, **changes})


def places(shape):
    """Each index of an array of that shape, and its place in memory: the last axis runs fastest."""
    return {index: place for place, index in enumerate(product(*map(range, shape)))}


def numbers(shown, name, shape):
    """An array out of its grid of grids: by index, the number that is drawn there."""
    values = shown[name].values.astype(int).tolist()
    found = {}
    for index in product(*map(range, shape)):
        down, across, row, col = (0,) * (4 - len(shape)) + index
        rows, cols = shape[-2:]
        found[index] = values[down * rows + row][across * cols + col]
    return found


def test_every_number_of_y_is_where_loops_over_indices_put_it() -> None:
    seen = set()
    for shape in SHAPES:
        for axes, how in product(permutations(range(len(shape))), ("transpose", "reshape")):
            shown = scene(shape, axes, how, position=(10**6, 1))
            moved = tuple(shape[axis] for axis in axes)
            x, theirs = places(shape), places(moved)
            assert numbers(shown, "x", shape) == x
            wanted = {}  # y[i, j, ...] is the number of x at the index that i, j, ... came from
            for index, place in x.items():
                wanted[tuple(index[axis] for axis in axes)] = place
            y = numbers(shown, "y", moved)
            assert y == (wanted if how == "transpose" else theirs)
            differ = sum(wanted[index] != theirs[index] for index in wanted)
            marks = shown["y"].marks
            assert (0 if marks is None else marks.sum()) == (differ if how == "reshape" else 0)
            if marks is not None:
                assert (marks == (shown["y"].values != _drawn(wanted, moved))).all()
            assert (f"{differ} of {len(x)} cells" in shown.sentence) == (differ > 0)
            _check_focus(shown, how)
            seen.add((how, differ > 0))
    assert len(seen) == 4


def _drawn(values, shape):
    rows, cols = shape[-2:]
    four = (1,) * (4 - len(shape)) + shape
    grid = np.zeros((four[0] * rows, four[1] * cols), int)
    for index, value in values.items():
        down, across, row, col = (0,) * (4 - len(shape)) + index
        grid[down * rows + row, across * cols + col] = value
    return grid


def _check_focus(shown, how) -> None:
    """The cell of x and the place in memory that are lit hold y's number."""
    y, focus = shown["y"].values, shown.focus
    assert focus.position == (y.shape[0] - 1, min(1, y.shape[1] - 1))
    on_x, on_memory = focus.windows
    assert (focus.grid, on_x.grid, on_memory.grid) == ("y", "x", "memory")
    assert shown["memory"].values.tolist() == [list(range(y.size))]
    for (row, col), value in np.ndenumerate(y):
        assert shown["x"].values[on_x.cells[row][col]] == value
        assert on_memory.cells[row][col] == (0, value)
        assert on_memory.at(row, col) == ((0,), (value,))
    assert len(focus.notes) == y.size


@pytest.mark.parametrize(
    ("changes", "strides"),
    [
        # numpy.arange(n, dtype="int64").reshape(shape).transpose(axes).strides, over 8
        ({}, ["(6, 2, 1)", "(1, 6, 2)", "(6, 3, 1)"]),
        ({"shape": (1, 4, 3)}, ["(12, 3, 1)", "(1, 12, 3)", "(4, 4, 1)"]),
        ({"shape": (3, 4), "axes": (1, 0)}, ["(4, 1)", "(1, 4)", "(3, 1)"]),
        ({"shape": (2, 2, 3, 2), "axes": (3, 2, 0, 1)},
         ["(12, 6, 2, 1)", "(1, 2, 12, 6)", "(12, 4, 2, 1)"]),
    ],
)  # fmt: skip
def test_strides_are_in_numbers(changes: dict, strides: list) -> None:
    assert [row[2] for row in of(**changes)["strides"].rows] == strides


def test_the_default_scene_in_words() -> None:
    shown = of(position=(1, 4))
    assert shown.sentence == (
        "y = x.transpose(2, 0, 1): HWC becomes CHW. No number moves in memory: x's strides "
        "(6, 2, 1) become (1, 6, 2). x.reshape(2, 2, 3) has another number in 10 of 12 cells."
    )
    assert shown.note == "y[1, 1, 1] lies at 1·1 + 1·6 + 1·2 = 9 in memory: it is x[1, 1, 1]."
    assert shown["x"].text.splitlines() == [
        "x, HWC, 2 × 3 × 2 (shaded by C)",
        " 0   1  |   6   7",
        " 2   3  |   8   9",
        " 4   5  |  10  11",
    ]
    assert shown["strides"].rows_of_text()[1:] == [
        ["y = x.transpose(2, 0, 1)", "(2, 2, 3)", "(1, 6, 2)", "0 of 12"],
        ["x.reshape(2, 2, 3) ≠", "(2, 2, 3)", "(6, 3, 1)", "10 of 12"],
    ]


def test_reshape_in_words() -> None:
    shown = of(shape=(1, 4, 3), how="reshape", position=(0, 1))
    assert shown.sentence == (
        "y = x.reshape(3, 1, 4) has the shape of x.transpose(2, 0, 1), and another number in "
        "10 of 12 cells. Channel 0 of y holds numbers of channels 0, 1, 2 of x."
    )
    assert shown.note == (
        "y[0, 0, 1] lies at 0·4 + 0·4 + 1·1 = 1 in memory: it is x[0, 0, 1]. "
        "x.transpose(2, 0, 1) has 3 there."
    )
    assert shown["y"].caption == ("shaded by C in x; ≠ another number than the transposed x has")
    grey = of(shape=(4, 3, 1), how="reshape")
    assert grey.sentence == (
        "y = x.reshape(1, 4, 3) equals x.transpose(2, 0, 1) in every cell: those of H, W, C that "
        "are longer than 1 keep their order."
    )
    assert (grey["y"].marks, grey["y"].caption, grey["strides"].marked) == (None, "", ())
    # within its channel each number moved, and none changed its channel
    inside = of(shape=(2, 3, 2), axes=(1, 0, 2), how="reshape")
    assert inside.sentence.endswith("another number in 8 of 12 cells.")
    stays = of(axes=(0, 1, 2))
    assert stays.sentence.startswith("y = x.transpose(0, 1, 2): HWC stays HWC. ")
    assert "x.reshape(2, 3, 2) is the same here" in stays.sentence


def test_shades_follow_channels_and_filters() -> None:
    for changes, letter in (({}, "C"), ({"axes": (1, 2, 0)}, "C"), ({"axes": (0, 2, 1)}, "C")):
        shown = of(shape=(2, 3, 4), **changes)
        assert letter in shown["x"].caption
        letters = shown["x"].title[3:]
        for grid in ("x", "y", "memory"):
            for number, shade in zip(
                shown[grid].values.ravel(), shown[grid].shades.ravel(), strict=True
            ):
                index = np.unravel_index(number, (2, 3, 4))
                at = letters.index(letter)
                assert shade == (index[at] + 1) / (2, 3, 4)[at]
    kernel = of(shape=(2, 2, 3, 2), axes=(3, 2, 0, 1))["y"]
    assert kernel.shades.tolist() == [[0.5] * 6] * 2 + [[1.0] * 6] * 2  # one filter below the other


def test_the_named_orders_are_what_real_frameworks_hold() -> None:
    call = ((3, 3), (2, 2))
    keras, torch = recorded("keras", *call, "same"), recorded("torch", *call, (1, 1))
    assert NAMED[3, 2, 0, 1][0] == sl.convention("keras").kernel_layout
    assert NAMED[2, 3, 1, 0][0] == sl.convention("torch").kernel_layout
    assert (keras.kernel.transpose(3, 2, 0, 1) == torch.kernel).all()
    assert (torch.kernel.transpose(2, 3, 1, 0) == keras.kernel).all()
    assert (keras.x.transpose(2, 0, 1) == torch.x).all()
    assert NAMED[0, 3, 1, 2][0] == sl.convention("keras").input_layout
    assert NAMED[0, 2, 3, 1][0] == sl.convention("torch").input_layout
    assert OPTIONS[2, 3, 0, 1] == "(2, 3, 0, 1) HWIO → IOHW, I and O swapped"
    for axes, (letters, _) in NAMED.items():
        shape = dict(zip("HWCION", (2, 3, 4, 1, 2, 1), strict=True))
        shown = of(shape=tuple(shape[each] for each in letters), axes=axes)
        assert shown["y"].title == f"y, {''.join(letters[axis] for axis in axes)}"


def test_axes_that_do_not_fit_show_x_alone() -> None:
    shown = of(shape=(3, 4))
    assert shown.error == (
        "axes must name each of x's 2 axes once; got (2, 0, 1) (shape (3, 4)). "
        "Give axes 2 numbers, or shape 3 lengths."
    )
    assert [panel.name for panel in shown.panels] == ["x", "memory"]
    assert (shown.focus, shown.question) == (None, None)
    explorer = sl.explore.layout()
    explorer.shape = (2, 2, 3, 2)  # one after the other is how it is done in Python
    assert explorer.scene.error.startswith("axes must name each of x's 4 axes once; got (2, 0, 1)")
    explorer.axes = (3, 2, 0, 1)
    assert (explorer.scene.error, explorer.scene["y"].size) == ("", "2 × 3 × 2 × 2")


@pytest.mark.parametrize(
    ("changes", "question", "answer"),
    [
        ({}, "y = x.transpose(2, 0, 1): which number is y[1, 0, 0]?", "1"),
        ({"how": "reshape"}, "y = x.reshape(2, 2, 3): which number is y[1, 0, 0]?", "6"),
        ({"shape": (4, 3, 1)}, "y = x.transpose(2, 0, 1): which number is y[0, 2, 0]?", "6"),
    ],
)
def test_the_question_is_where_both_ways_differ(changes: dict, question: str, answer: str) -> None:
    shown = of(**changes)
    assert (shown.question.text, shown.question.answer) == (question, answer)
    assert [panel.name for panel in shown.to_predict("").panels] == ["x", "memory"]
    assert shown.to_predict(answer).verdict == f"✓ Right: {answer}."


def test_the_presets_show_what_they_promise() -> None:
    mixed, grey, kernel, swap, turned = (of(**each.values) for each in PRESETS)
    assert "Channel 0 of y holds numbers of channels 0, 1, 2 of x." in mixed.sentence
    assert "equals x.transpose(2, 0, 1) in every cell" in grey.sentence
    two = of(shape=(4, 3, 2), how="reshape")
    assert two["y"].marks.any()
    assert (kernel["x"].title, kernel["y"].title) == ("x, HWIO", "y, OIHW")
    assert sorted(kernel["y"].values[:2].ravel()) == list(range(0, 24, 2))  # filter 0
    assert (swap["y"].title, swap["y"].size) == ("y, IOHW", "2 × 2 × 2 × 3")
    right = of(shape=(2, 3, 2, 2), axes=(3, 2, 0, 1))
    assert (right["y"].title, right["y"].size) == ("y, OIHW", swap["y"].size)
    assert (right["y"].values != swap["y"].values).any()
    sizes = {of(shape=(2, 3, 2, 3), axes=axes)["y"].size for axes in ((2, 3, 0, 1), (3, 2, 0, 1))}
    assert len(sizes) == 2
    assert turned["y"].title == "y, CWH"


# --- the drawing of an array ----------------------------------------------------------------------


def test_blocks_are_apart_and_every_index_bears_its_axis() -> None:
    grid = of(shape=(2, 2, 3, 2), axes=(3, 2, 0, 1))["x"]
    svg = ElementTree.fromstring(grid_svg(grid))
    (indices,) = [part for part in svg if part.get("class") == "sl-index"]
    assert [text.text for text in indices] == [
        *("O0", "O1", "O0", "O1"), *("I0", "I1", "I2", "I0", "I1", "I2"), *("W0", "W1", "H0", "H1"),
    ]  # fmt: skip
    places = [(float(text.get("x")), float(text.get("y"))) for text in indices]
    left, top, width, height = extent(grid)
    assert all(left + 6 < x < left + width and top + 9 < y < top + height for x, y in places)
    assert len(set(places)) == len(places)
    (gap,) = [part for part in svg if part.get("class") == "sl-gap"]
    assert gap.get("d") == f"M{2 * U} 0v{6 * U}M0 {3 * U}h{4 * U}"
    assert extent(of()["memory"])[:2] == (-20, -20)


def test_readers_hear_each_cell_by_its_axes() -> None:
    explorer = sl.explore.layout(position=(1, 4))
    page = json.loads(explorer._view)
    (y,) = [panel for column in page["columns"] for panel in column if panel["name"] == "y"]
    assert "aria-label='H1, C1 W1: 9'" in "".join(y["parts"])
    assert y["numbers"]["head"] == ["", "C0 W0", "C0 W1", "C0 W2", "C1 W0", "C1 W1", "C1 W2"]
    assert y["numbers"]["rows"][1] == ["H1", "6", "8", "10", "7", "9", "11"]
    assert page["focus"]["windows"][0]["cells"][1][4] == [1, 3]
    assert page["focus"]["windows"][1] == {"grid": "memory", "cells": [
        [[0, at] for at in (0, 2, 4, 1, 3, 5)], [[0, at] for at in (6, 8, 10, 7, 9, 11)],
    ]}  # fmt: skip
    outlined = ElementTree.fromstring(explorer.svg()).iter("{http://www.w3.org/2000/svg}rect")
    frames = [rect for rect in outlined if rect.get("class") == "sl-frame"]
    assert [(int(one.get("x")) // U, int(one.get("y")) // U) for one in frames] == [
        (3, 1), (4, 1), (9, 0),
    ]  # fmt: skip


# --- its controls ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shape": 3}, "shape must be 2 to 4 lengths; got 3. "
                       "Write one for each axis, for example (2, 3, 2)."),
        ({"shape": (2,) * 5}, "shape must be 2 to 4 lengths; got (2, 2, 2, 2, 2). "
                              "Write one for each axis, for example (2, 3, 2)."),
        ({"shape": (2, 0, 1)}, "shape[1] must be a whole number of at least 1; got 0"),
        ({"shape": (2, 3, 7)}, "shape[2] must be at most 6; got 7 (this explorer's limit)"),
        ({"shape": (6, 3, 3)}, "shape must hold at most 48 numbers; got 6 × 3 × 3 = 54 "
                               "(this explorer's limit). Make an axis shorter."),
        ({"axes": "T"}, "axes must name 2 to 4 axes; got 'T'. "
                        "Write them in their new order, for example (2, 0, 1)."),
        ({"axes": (0, 0, 1)}, "axes must name each of 0, 1, 2 once; got (0, 0, 1). 2 is missing."),
        ({"axes": (0, 5, 5)}, "axes must name each of 0, 1, 2 once; got (0, 5, 5). "
                              "1 and 2 are missing."),
        ({"axes": (3, 1, 2)}, "axes must name each of 0, 1, 2 once; got (3, 1, 2). "
                              "Axes count from 0: write (2, 0, 1)."),
        ({"axes": (-1, 0, 1)}, "axes[0] must be a whole number of at least 0; got -1 "
                               "(axes count from 0)"),
        ({"how": "permute"}, "how must be one of 'transpose' or 'reshape'; got 'permute'"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_by_name(arguments: dict, message: str) -> None:
    with pytest.raises(sl.StrideLabError) as caught:
        sl.explore.layout(**arguments)
    assert str(caught.value) == message


def test_any_order_is_taken_and_written_down() -> None:
    explorer = sl.explore.layout(shape=[3, 4], axes=np.array([1, 0]).tolist(), how="reshape")
    assert repr(explorer) == "sl.explore.layout(shape=(3, 4), axes=(1, 0), how='reshape')"
    free = sl.explore.layout(shape=(2, 3, 1, 2), axes=(1, 0, 3, 2))
    assert (free.scene["x"].title, free.scene["y"].title) == ("x, ijkl", "y, jilk")
    assert free.text == scene((2, 3, 1, 2), (1, 0, 3, 2), "transpose").text
    assert MODEL.name == "layout"


def test_the_page_s_moves_keep_shape_and_axes_together() -> None:
    explorer = sl.explore.layout(shape=(2, 4, 6), axes=(0, 2, 1))
    states = list(moves(MODEL, explorer.values))
    assert {len(state["shape"]) for state in states} == {2, 3, 4}
    assert all(len(state["shape"]) == len(state["axes"]) for state in states)
    assert {"shape": (1, 4, 6), "axes": (0, 2, 1), "how": "transpose"} in states
    assert {"shape": (3, 4, 6), "axes": (0, 2, 1), "how": "transpose"} not in states  # 72 numbers
    assert {"shape": (3, 4), "axes": (1, 0), "how": "transpose"} in states
    assert not any(scene(**state).error for state in states)
