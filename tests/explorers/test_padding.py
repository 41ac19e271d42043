"""The padding explorer's model: pads, taps and counts, against NumPy's own padding and loops."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.explorers.padding import CONTROLS, MODEL, PRESETS, scene
from stridelab.geometry import check_border

DEFAULTS = {control.name: control.default for control in CONTROLS}
ENDS = {
    control.name: list(control.options)
    if hasattr(control, "options")
    else [control.low, control.default, control.high]
    for control in CONTROLS
}
CORNERS = [dict(zip(ENDS, values, strict=True)) for values in product(*ENDS.values())]

#: NumPy's names for what the padding shows.
NUMPY_MODES = {
    "zeros": {"mode": "constant"},
    "reflect": {"mode": "reflect"},
    "replicate": {"mode": "edge"},
    "circular": {"mode": "wrap"},
}


def of(**changes):
    return scene(**{**DEFAULTS, **changes})


def strip(shown, name):
    return shown[name].values[0].tolist()


def refusal(values) -> str:
    """The library's own text for values that are impossible together; empty where they are not."""
    try:
        geometry = sl.conv_geometry(
            (1, values["size"]),
            (1, values["kernel_size"]),
            (1, values["strides"]),
            values["padding"],
            (1, values["dilation_rate"]),
        )
        check_border(geometry.cols, values["padding_mode"], "columns")
    except StrideLabError as error:
        return str(error)
    return ""


def test_every_corner_is_a_scene_that_loops_over_numpy_s_padding_agree_with() -> None:
    impossible = {"kernel_size": 0, "padding": 0}
    for values in CORNERS:
        shown = scene(**values, position=(3, 10**6))
        assert shown.error == refusal(values)
        if shown.error:
            assert (shown.focus, shown.question) == (None, None)
            assert [grid.name for grid in shown.grids] == ["input"]
            impossible[shown.error.split()[0]] += 1
            continue
        _check(shown, values)
    assert all(0 < count < len(CORNERS) / 2 for count in impossible.values())


def _check(shown, values) -> None:
    n, k, s, d = (values[name] for name in ("size", "kernel_size", "strides", "dilation_rate"))
    (_, (before, after)), x = shown["input"].pads, strip(shown, "input")
    assert x == list(range(1, n + 1))
    padded = np.pad(x, (before, after), **NUMPY_MODES[values["padding_mode"]]).tolist()
    if values["padding_mode"] == "zeros":
        assert shown["input"].pad_values is None
    else:
        assert shown["input"].pad_values.tolist() == [padded]
    # each window, by its first tap in the padded strip
    starts = [start for start in range(0, len(padded), s) if start + d * (k - 1) < len(padded)]
    windows = [[start + d * tap for tap in range(k)] for start in starts]
    assert strip(shown, "output") == [sum(padded[at] for at in window) for window in windows]
    is_pad = [at < before or at >= before + n for at in range(len(padded))]
    outside = [sum(is_pad[at] for at in window) for window in windows]
    assert strip(shown, "outside") == outside
    assert shown.question.answer == str(sum(count > 0 for count in outside))
    uses = [sum(window.count(at) for window in windows) for at in range(len(padded))]
    assert shown["used"].pad_values[0].tolist() == uses
    assert strip(shown, "used") == uses[before : before + n]
    # a cell is read in place or as a copy: then its value reaches an output
    heard = {padded[at] for window in windows for at in window}
    unheard = [cell not in heard for cell in x]
    marks = shown["used"].marks
    assert (marks.tolist() if marks is not None else [[False] * n]) == [unheard]
    cells = ", ".join(str(int(cell) - 1) for cell in x if cell not in heard)
    assert (f"No window reads cell{'s' * (sum(unheard) > 1)} {cells}." in shown.sentence) == any(
        unheard
    )
    assert shown.focus.position == (0, len(windows) - 1)
    taps = tuple(tuple(at - before for at in window) for window in windows)
    assert {window.grid: window.cols for window in shown.focus.windows} == {
        "input": taps,
        "outside": tuple((at,) for at in range(len(windows))),
        "used": taps,
    }
    assert len(shown.focus.notes) == len(windows)


def test_the_default_scene_in_words() -> None:
    shown = of()
    assert shown.sentence == (
        "'same' pads 1 before and 1 after. 2 of 4 outputs touch padding: outputs 0, 3."
    )
    assert shown.focus.notes == (
        "Output 0 reads cells −1, 0, 1: 0 + 1 + 2 = 3. Cell −1 is padding and shows 0.",
        "Output 1 reads cells 1, 2, 3: 2 + 3 + 4 = 9.",
        "Output 2 reads cells 3, 4, 5: 4 + 5 + 6 = 15.",
        "Output 3 reads cells 5, 6, 7: 6 + 7 + 0 = 13. Cell 7 is padding and shows 0.",
    )
    assert str(shown.derivation).startswith("7 cells, kernel 3, stride 2, dilation 1")
    assert shown.text.index("Taps in padding, 1 × 4") < shown.text.index("Times used, 1 × 7")


def test_notes_say_what_padding_shows() -> None:
    wide = {"size": 4, "kernel_size": 5, "strides": 1}
    assert of(**wide, padding_mode="circular").note == (
        "Output 0 reads cells −2, −1, 0, 1, 2: 3 + 4 + 1 + 2 + 3 = 13. "
        "Cells −2, −1 are padding and show what cells 2, 3 hold."
    )
    assert of(**wide, padding_mode="replicate").focus.notes[3] == (
        "Output 3 reads cells 1, 2, 3, 4, 5: 2 + 3 + 4 + 4 + 4 = 17. "
        "Cells 4, 5 are padding and show what cell 3 holds."
    )
    single = of(size=3, kernel_size=1, strides=1, padding="valid")
    assert single.note == "Output 0 reads cell 0: 1."
    assert single.sentence == "'valid' pads nothing. Of 3 outputs, none touches padding."
    assert of(size=3, kernel_size=1).sentence == (
        "'same' pads nothing here. Of 2 outputs, none touches padding. No window reads cell 1."
    )


def test_a_cell_whose_copy_is_read_is_heard_of() -> None:
    changes = {"size": 7, "kernel_size": 2, "strides": 5, "padding": "full"}
    assert of(**changes).sentence == (
        "'full' pads 1 before and 1 after. 1 of 2 outputs touches padding: output 0. "
        "No window reads cells 1, 2, 3, 6."
    )
    copied = of(**changes, padding_mode="circular")
    assert copied.sentence.endswith(
        "No window reads cells 1, 2, 3. Only padding's copy of cell 6 is read."
    )
    assert copied["used"].marks.tolist() == [[False, True, True, True, False, False, False]]


def test_impossible_values_show_what_there_is() -> None:
    narrow = of(size=3, kernel_size=5, padding="valid")
    assert narrow.error == (
        "kernel_size must span at most the padded input; got a span of 5 over 3 cells "
        "(columns: k = 5, d = 1, n = 3, pads 0 and 0). Pad by 2 more, or take padding='same'."
    )
    mirror = of(size=2, kernel_size=7, strides=1, padding_mode="reflect")
    assert mirror.error == (
        "padding must be at most 1 on each side under padding_mode='reflect'; got (3, 3) "
        "(columns: 2 cells). Pad less, or take padding_mode='replicate'."
    )
    assert mirror["input"].pads == ((0, 0), (3, 3))
    assert mirror.sentence.startswith("'same' pads 3 before and 3 after.")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, "2"),
        ({"size": 8}, "1"),
        ({"padding": "valid"}, "0"),
        ({"strides": 1, "padding": "full"}, "4"),
        ({"size": 8, "padding": "same_lower"}, "1"),
        ({"size": 6, "kernel_size": 3, "strides": 1, "dilation_rate": 3}, "6"),
    ],
)
def test_the_question_counts_the_outputs_that_touch_padding(changes, answer) -> None:
    shown = of(**changes)
    assert shown.question.answer == answer
    asked = shown.to_predict("")
    assert [panel.name for panel in asked.panels] == ["input"]
    assert asked.sentence == shown.question.text
    assert shown.to_predict(answer).verdict == f"✓ Right: {answer}."


def test_the_presets_show_what_they_promise() -> None:
    after, nobody, mirror, ends = (of(**each.values) for each in PRESETS)
    assert not any(shown.error for shown in (after, nobody, mirror, ends))
    assert after["input"].pads == ((0, 0), (0, 1))
    assert after.focus.windows[0].cols[0] == (0, 1, 2)
    assert strip(nobody, "used") == [1, 1, 0, 1, 1, 0]  # facts.md, 1
    assert nobody["used"].marks.nonzero()[1].tolist() == [2, 5]
    assert mirror["input"].pad_values[0, :5].tolist() == [3, 2, 1, 2, 3]
    assert mirror["input"].pad_values[0, -3:].tolist() == [7, 6, 5]
    assert strip(ends, "used") == [2, 3, 3, 3, 3, 3, 2]


def test_the_model_is_named_after_its_function() -> None:
    explorer = sl.explore.padding(size=6, padding_mode="reflect")
    assert explorer.scene.text == of(size=6, padding_mode="reflect").text
    assert MODEL.name == "padding"
    assert repr(explorer) == "sl.explore.padding(size=6, padding_mode='reflect')"
