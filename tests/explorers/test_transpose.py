"""The transpose explorer's model: it scatters as plain loops do, and counts as they count."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.explorers.explore import transpose
from stridelab.explorers.static import scene_svg
from stridelab.explorers.transpose import CONTROLS, MODEL, scene
from stridelab.explorers.view import view
from stridelab.geometry import conv_geometry, transposed_geometry

DEFAULTS = {control.name: control.default for control in CONTROLS}
ENDS = {
    control.name: list(control.options)
    if hasattr(control, "options")
    else list(product((control.low, control.high), repeat=2))
    for control in CONTROLS
}
CORNERS = [
    dict(zip(ENDS, values, strict=True))
    for values in product(*({**ENDS, "kernel": ["binomial"], "content": ["numbers"]}).values())
]


def shown_with(**changes: object):
    return scene(**{**DEFAULTS, **changes})


def keras_size(n: int, k: int, s: int, padding: str, extra: int | None) -> int:
    """The sizes as the facts have them, without dilation."""
    if padding == "valid":
        return n * s + max(k - s, 0) if extra is None else (n - 1) * s + k + extra
    return n * s if extra is None else (n - 1) * s + k % 2 + extra


def scattered(x, kernel, steps, sizes, crops=None):
    """Plain loops: each cell adds the kernel to a large plane; the output is cut out of it."""
    full = [(n - 1) * s + k for n, s, k in zip(x.shape, steps, kernel.shape, strict=True)]
    plane = np.zeros([max(f, o) + f for f, o in zip(full, sizes, strict=True)])
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            top, left = i * steps[0], j * steps[1]
            plane[top : top + kernel.shape[0], left : left + kernel.shape[1]] += x[i, j] * kernel
    top, left = crops or [max(f - o, 0) // 2 for f, o in zip(full, sizes, strict=True)]
    return plane[top : top + sizes[0], left : left + sizes[1]]


def test_every_corner_is_a_scene_that_agrees_with_plain_loops() -> None:
    impossible = 0
    for values in CORNERS:
        shown = scene(**values, position=(10**6, 1))
        sizes, kernels, steps = (values[name] for name in ("size", "kernel_size", "strides"))
        extra = None if values["output_padding"] == "none" else int(values["output_padding"])
        padding = values["padding"]
        try:
            transposed_geometry(sizes, kernels, steps, padding, output_padding=extra)
            error = ""
        except StrideLabError as refused:
            error = str(refused)
        assert shown.error == error
        if error:
            assert (shown.focus, shown.question, shown.derivation) == (None, None, None)
            assert [panel.name for panel in shown.panels] == ["input", "kernel"]
            impossible += 1
            continue
        x, kernel = shown["input"].values, shown["kernel"].values
        assert (x.shape, kernel.shape) == (sizes, kernels)
        outputs = [
            keras_size(n, k, s, padding, extra)
            for n, k, s in zip(sizes, kernels, steps, strict=True)
        ]
        assert (shown["output"].values == scattered(x, kernel, steps, outputs)).all(), values
        counts = scattered(np.ones_like(x), np.ones_like(kernel), steps, outputs)
        assert (shown["overlap"].values == counts).all(), values
        assert shown.question.answer == f"{outputs[0]} × {outputs[1]}"
        _check_focus(shown, steps, outputs)
    assert 0 < impossible < len(CORNERS)


def _check_focus(shown, steps, outputs) -> None:
    x, kernel, focus = shown["input"].values, shown["kernel"].values, shown.focus
    on_output, on_overlap = focus.windows
    assert (focus.grid, on_output.grid, on_overlap.grid) == ("input", "output", "overlap")
    assert (on_output.rows, on_output.cols) == (on_overlap.rows, on_overlap.cols)
    assert (len(on_output.rows), len(on_output.cols)) == x.shape
    assert focus.position == (x.shape[0] - 1, min(1, x.shape[1] - 1))
    # what one cell alone writes is its window, and no part of a window lies outside
    for cell in {(0, 0), focus.position, (x.shape[0] - 1, x.shape[1] - 1)}:
        alone = np.zeros_like(x)
        alone[cell] = 1
        written = np.argwhere(scattered(alone, kernel, steps, outputs)).tolist()
        rows, cols = on_output.rows[cell[0]], on_output.cols[cell[1]]
        assert written == [list(pair) for pair in product(rows, cols)]
    (fill,) = focus.fills
    assert (fill.values == x[:, :, None, None] * kernel).all()
    assert (shown["added"].values == fill.values[focus.position]).all()
    assert len(focus.notes) == len(fill.captions) == x.size


@pytest.mark.parametrize(
    ("changes", "rows", "marked"),
    [
        # the facts' example: n = 4, k = 2, s = 3
        ({"size": 4, "kernel_size": 2, "strides": 3},
         [("12 × 12", "0"), ("11 × 11", "0"), ("12 × 12", "0")], (1,)),
        ({}, [("7 × 7", "0"), ("7 × 7", "0")], ()),
        # sizes that agree at last, and yet other cells are cut off
        ({"padding": "same"}, [("6 × 6", "0"), ("5 × 5", "1"), ("6 × 6", "1")], (1, 2)),
        ({"padding": "same", "strides": 1}, [("3 × 3", "1"), ("3 × 3", "1")], ()),
        ({"padding": "same", "kernel_size": (4, 3), "strides": (2, 1)},
         [("6 × 3", "1"), ("6 × 3", "1")], ()),
        ({"size": (3, 2), "output_padding": "1"}, [("8 × 6", "0"), ("8 × 6", "0")], ()),
    ],
)  # fmt: skip
def test_keras_and_pytorch_side_by_side(changes: dict, rows: list, marked: tuple) -> None:
    shown = shown_with(**changes)
    table = shown["sizes"]
    assert [row[2:] for row in table.rows] == rows
    assert table.marked == marked
    # PyTorch's sizes by its own formula; and its values are Keras' where the row has no mark
    x, kernel = shown["input"].values, shown["kernel"].values
    steps = np.broadcast_to(changes.get("strides", 2), 2)
    for at, row in enumerate(table.rows[1:], start=1):
        call = dict(part.split("=") for part in row[0].split(", ", 1)[1].split(", output_")[:1])
        crops = np.broadcast_to(json.loads(call["padding"].translate({40: 91, 41: 93})), 2)
        sizes = [int(cells) for cells in row[2].split(" × ")]
        extra = [
            o - ((n - 1) * s - 2 * p + k)
            for o, n, s, p, k in zip(sizes, x.shape, steps, crops, kernel.shape, strict=True)
        ]
        told = row[0].split("output_padding=")
        given = int(told[1]) if len(told) == 2 else int(changes.get("output_padding", 0))
        assert extra == [given] * 2
        theirs = scattered(x, kernel, steps, sizes, tuple(crops))
        assert np.array_equal(theirs, shown["output"].values) == (at not in marked)


@pytest.mark.parametrize("strides", range(1, 5))
@pytest.mark.parametrize("kernel_size", range(1, 6))
def test_the_sentence_says_how_many_windows_meet(kernel_size: int, strides: int) -> None:
    comb = np.zeros(40 * strides)
    comb[::strides] = 1
    middle = np.convolve(comb, np.ones(kernel_size))[20 * strides : 21 * strides]
    counts = sorted({int(a * b) for a in middle for b in middle})
    shown = shown_with(size=6, kernel_size=kernel_size, strides=strides)
    assert set(counts) <= set(shown["overlap"].values.astype(int).ravel().tolist())
    said = shown.sentence.split(" outputs. ")[1]
    if kernel_size % strides == 0:
        assert said.startswith(f"Away from the border, every output gets {counts[0]} window")
        assert ("fewer" in said) == (kernel_size > strides)
    else:
        text = ", ".join(map(str, counts[:-1])) + f" or {counts[-1]} window"
        assert said.startswith(f"Away from the border, outputs get {text}")
        why = "gaps" if kernel_size < strides else f"{strides} does not divide {kernel_size}."
        assert why in said
        assert ("checkerboard" in said) == (kernel_size > strides)


def test_pytorch_s_row_names_the_output_padding_that_it_has() -> None:
    """(n − 1)·s − 2·p + k + op: 4 − 2 + 3 + 1 = 6 here, and not 5."""
    given = shown_with(padding="same", output_padding="1")["sizes"]
    assert given.rows[1][0] == "PyTorch, padding=1, output_padding=1"
    assert given.rows[1][2] == "6 × 6"
    for rows in (shown_with(padding="same"), shown_with(padding="same", output_padding="0")):
        assert rows["sizes"].rows[1][0] == "PyTorch, padding=1"


def test_counts_that_alternate_along_one_axis_only_are_stripes() -> None:
    assert shown_with(size=4, kernel_size=(4, 3)).sentence.endswith(
        "outputs get 2 or 4 windows in turn: stripes, since 2 does not divide 3."
    )


def test_sentences_and_notes_word_for_word() -> None:
    assert shown_with().sentence == (
        "Each of 3 × 3 cells adds a 3 × 3 window, in steps of 2: 7 × 7 outputs. Away from the "
        "border, outputs get 1, 2 or 4 windows in turn: a checkerboard, since 2 does not divide 3."
    )
    assert shown_with(size=1, kernel_size=(5, 4), strides=(1, 2)).sentence == (
        "Each of 1 × 1 cells adds a 5 × 4 window, in steps of 1 and 2: 5 × 4 outputs. In the "
        "middle of a larger output, every output gets 10 windows."
    )
    shown = scene(**{**DEFAULTS, "padding": "same", "output_padding": "0"}, position=(1, 2))
    assert shown.note == (
        "Input (1, 2) adds 6 times the kernel to output rows 1, 2, 3 and columns 3, 4. "
        "What would fall on column 5 is cut off."
    )
    assert shown["added"].caption == "6 · kernel"
    error = shown_with(strides=1, output_padding="2").error
    assert error == (
        "output_padding must be below the stride; got 2 (rows: s = 1). "
        "Use at most 0, or None for the default size."
    )


def test_a_binomial_kernel_has_a_checkerboard_of_counts_and_none_of_values() -> None:
    flat = shown_with(size=4, kernel="binomial", content="flat")
    assert flat["kernel"].values.tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert flat["overlap"].values[2:7, 2:7].min() == 1
    assert (flat["output"].values[1:8, 1:8] == 4).all()


def test_a_learner_who_predicts_sees_no_size() -> None:
    shown = shown_with(size=(3, 2), kernel_size=(4, 3))
    assert shown.question.answer == "8 × 5"
    asking = shown.to_predict("")
    assert [panel.name for panel in asking.panels] == ["input", "kernel", "added"]
    assert "8" not in asking.text
    assert shown.to_predict("8 × 5").verdict.startswith("✓")
    assert shown.to_predict("5 × 8").verdict.startswith("≠")


def test_each_preset_shows_its_surprise() -> None:
    checkerboard, even, same, came = (shown_with(**preset.values) for preset in MODEL.presets)
    assert all(not each.error for each in (checkerboard, even, same, came))
    assert (checkerboard["input"].values == 1).all()
    assert (checkerboard["kernel"].values == 1).all()
    assert checkerboard["output"].values[4].tolist() == [2, 2, 4, 2, 4, 2, 4, 2, 2]
    assert checkerboard["output"].values[3].tolist() == [1, 1, 2, 1, 2, 1, 2, 1, 1]
    assert (even["output"].values[2:-2, 2:-2] == 4).all()
    assert even["output"].values[0].tolist() == [1, 1, 2, 2, 2, 2, 2, 2, 1, 1]
    assert same["output"].values.shape == (6, 6)
    assert "c   = max(f − o, 0) = max(7 − 6, 0) = 1" in str(same.derivation)
    # both sizes come from the same one
    assert came["output"].values.shape == (5, 5)
    other = shown_with(**{**MODEL.presets[3].values, "output_padding": "1"})
    assert other["output"].values.shape == (6, 6)
    for size in (5, 6):
        assert conv_geometry(size, 3, 2, "same").output_shape == (3, 3)


def test_the_largest_output_stands_above_its_map_and_a_small_one_beside_it() -> None:
    names = [[panel.name for panel in row] for row in shown_with().columns]
    assert names == [["input", "kernel", "added"], ["output", "overlap"], ["sizes"]]
    wide = shown_with(size=6, kernel_size=5, strides=4)
    assert wide["output"].values.shape == (25, 25)
    assert [len(row) for row in wide.columns] == [3, 1, 1, 1]
    for shown in (shown_with(), wide, shown_with(strides=1, output_padding="3")):
        assert scene_svg(shown).startswith("<svg")
        json.loads(view(shown, values={}, code=""))


@pytest.mark.parametrize("output_padding", [None, 0, 1, "none", "1"])
def test_output_padding_is_a_number_or_none_in_python(output_padding: object) -> None:
    explorer = transpose(strides=(2, 3), output_padding=output_padding)
    again = eval(explorer.code, {"sl": type("sl", (), {"explore": sl.explore})})
    assert (again.values, again.code) == (explorer.values, explorer.code)
    assert ("output_padding" in again.code) == (output_padding not in (None, "none"))
    with pytest.raises(StrideLabError, match="output_padding must be one of 'none', '0'"):
        explorer.output_padding = 4
    with pytest.raises(StrideLabError, match="output_padding must be one of 'none', '0'"):
        explorer.output_padding = True
