"""The same explorer's model: six rules, against the frameworks' formulas written out here."""

from __future__ import annotations

from itertools import product
from math import ceil

import numpy as np
import pytest

import stridelab as sl
from stridelab.explorers.same import AGREE, CONTROLS, MODEL, PRESETS, SIZES, WINDOWS, scene

DEFAULTS = {control.name: control.default for control in CONTROLS}
ALL = [
    dict(zip(DEFAULTS, values, strict=True))
    for values in product(
        *(range(control.low, control.high + 1) for control in CONTROLS),
    )
]
#: Every setting at these sizes: the ends, a small one, odd and even.
SOME = [values for values in ALL if values["size"] in (1, 2, 7, 8, 16)]

TORCH_SAYS = (
    "padding must be a number where the stride is over 1: PyTorch's 'same' keeps the size, which "
    "no stride over 1 can; got 'same' (stride {}). sl.port gives the cells that equal Keras' "
    "'same'."
)


def of(**changes):
    return scene(**{**DEFAULTS, **changes})


def told_indices(text):
    """The indices that a text like ``0 to 3, 5`` stands for."""
    parts = [part.split(" to ") for part in text.split(", ") if part != "none"]
    return [index for part in parts for index in range(int(part[0]), int(part[-1]) + 1)]


def strip(shown, name):
    return shown[name].values[0].tolist()


def rules_of(size, kernel_size, strides, dilation_rate):
    """(outputs, pad before) by rule, from the formulas of facts.md and PyTorch's documentation."""
    n, k, s, e = size, kernel_size, strides, dilation_rate * (kernel_size - 1) + 1
    outputs = ceil(n / s)
    total = max((outputs - 1) * s + e - n, 0)
    rules = {
        "same": (outputs, total // 2),
        "lower": (outputs, total - total // 2),
        "half": ((n + 2 * (e // 2) - e) // s + 1, e // 2),
    }
    if s == 1:
        rules["torch_same"] = (n, (e - 1) // 2)
    p = k // 2
    rules["floor"] = ((n + 2 * p - k) // s + 1, p)
    rounded = ceil((n + 2 * p - k) / s) + 1
    rules["ceil"] = (rounded - ((rounded - 1) * s >= n + p), p)
    return rules


def test_every_setting_gives_the_outputs_of_the_frameworks_formulas() -> None:
    seen = set()
    for values in SOME:
        shown = scene(**values, position=(0, 10**6))
        assert shown.error == ""
        rules = rules_of(**values)
        taps = {}
        for name, (outputs, before) in rules.items():
            step = values["dilation_rate"] if name not in ("floor", "ceil") else 1
            starts = [output * values["strides"] - before for output in range(outputs)]
            taps[name] = [
                tuple(start + step * tap for tap in range(values["kernel_size"]))
                for start in starts
            ]
            cells = [[tap + 1 for tap in ours if 0 <= tap < values["size"]] for ours in taps[name]]
            value = max if name in ("floor", "ceil") else sum
            assert strip(shown, f"output_{name}") == list(map(value, cells)), (values, name)
            assert shown[f"input_{name}"].pads[1][0] == before
        assert {panel.name for panel in shown.panels if panel.name.startswith("output_")} == {
            f"output_{name}" for name in rules
        }
        _check_marks(shown, values, taps)
        _check_focus(shown, taps)
        seen.add(_check_outcome(shown, rules))
    assert seen == {AGREE, SIZES, WINDOWS}


def _check_marks(shown, values, taps) -> None:
    n, k, s = values["size"], values["kernel_size"], values["strides"]
    pooled = rules_of(n, k, s, 1)["same"]
    for name, ours in taps.items():
        theirs = taps["same"]
        if name in ("floor", "ceil"):  # padding is no candidate for the maximum
            theirs = [tuple(i * s - pooled[1] + tap for tap in range(k)) for i in range(pooled[0])]
            ours, theirs = (
                [[tap for tap in window if 0 <= tap < n] for window in windows]
                for windows in (ours, theirs)
            )
        other = [i >= len(theirs) or ours[i] != theirs[i] for i in range(len(ours))]
        marks = shown[f"output_{name}"].marks
        assert (marks[0].tolist() if marks is not None else [False] * len(ours)) == other
        row = next(row for row in shown["summary"].rows if row[0] == shown[f"input_{name}"].title)
        at = shown["summary"].rows.index(row)
        assert (at in shown["summary"].marked) == any(other)
        if name != "same":
            assert told_indices(row[4]) == [i for i in range(len(other)) if other[i]]


def _check_focus(shown, taps) -> None:
    outputs = len(taps["same"])
    assert shown.focus.position == (0, outputs - 1)
    assert len(shown.focus.notes) == outputs
    windows = {window.grid: window.cols for window in shown.focus.windows}
    for name, ours in taps.items():
        assert len(ours) >= outputs  # so no window is missing at an output of SAME
        assert windows[f"input_{name}"] == tuple(ours[:outputs])
        if name != "same":
            assert windows[f"output_{name}"] == tuple((at,) for at in range(outputs))


def _check_outcome(shown, rules) -> str:
    compared = [rule for name, rule in rules.items() if name not in ("floor", "ceil")]
    sizes, firsts = (len(set(each)) for each in zip(*compared, strict=True))
    expected = SIZES if sizes > 1 else WINDOWS if firsts > 1 else AGREE
    assert shown.question.answer == expected
    opening = {
        AGREE: "The convolutions agree: ",
        SIZES: "The sizes differ: ",
        WINDOWS: "The sizes agree (",
    }
    assert shown.sentence.startswith(opening[expected])
    assert ("earlier than SAME" in shown.sentence) == (firsts > 1)
    assert ("ceil mode" in shown.sentence) == (rules["floor"] != rules["ceil"])
    return expected


def test_the_default_scene_in_words() -> None:
    shown = of()
    assert shown.stacked
    assert shown.sentence == (
        "The sizes agree (4 outputs each), the windows do not: SAME_LOWER and PyTorch padding=1 "
        "start one cell earlier than SAME. Pooling in ceil mode gives 5 outputs, in floor mode 4."
    )
    assert shown.note == (
        "Output 0 reads cells 0, 1, 2 under SAME, sum 6; "
        "cells −1, 0, 1 under SAME_LOWER and PyTorch padding=1, sum 3."
    )
    assert shown["input_ceil"].caption == "pads 1 and 1; the last window reaches one cell beyond"
    assert shown["input_ceil"].pads == ((0, 0), (1, 2))


def test_equal_sums_of_other_windows_are_told_apart() -> None:
    shown = of(size=2)
    assert strip(shown, "output_same") == strip(shown, "output_half") == [3]
    assert shown["output_half"].marks.tolist() == [[True]]
    assert shown.note.endswith("Equal sums, other windows: with other weights they differ.")


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_what_pytorch_refuses_stands_in_the_library_s_words(stride: int) -> None:
    shown = of(strides=stride)
    names = [panel.name for panel in shown.panels]
    assert ("output_torch_same" in names) == (stride == 1)
    assert ("refusal_torch_same" in names) == (stride > 1)
    if stride > 1:
        assert shown["refusal_torch_same"].rows == (("PyTorch", TORCH_SAYS.format(stride)),)
        assert shown["summary"].rows[3][1] == "refused"


def test_dilation_with_a_stride_is_refused_by_keras_and_onnx_and_given_by_others() -> None:
    shown = of(dilation_rate=2)
    assert shown["refusal_same"].title == "1 SAME, refused by Keras and ONNX"
    for (title, said), name, padding in zip(
        shown["refusal_same"].rows, ("keras", "onnx"), ("same", "SAME_UPPER"), strict=True
    ):
        framework = sl.convention(name)
        with pytest.raises(sl.StrideLabError) as refused:
            framework.conv(8, 3, 2, 2, padding)
        assert (title, said) == (framework.title, str(refused.value))
    assert shown["summary"].rows[0][-1] == (
        "refused: strides must be 1 where dilation_rate is over 1"
    )
    assert "refusal_same" not in [panel.name for panel in of().panels]


def test_the_ported_pads_give_keras_the_same_windows() -> None:
    for values in SOME:
        if values["strides"] > 1 < values["dilation_rate"]:
            continue
        shown = scene(**values)
        for name, row in zip(
            ("same", "lower", "half", "torch_same"), shown["summary"].rows, strict=False
        ):
            if row[1] == "refused":
                continue
            pads = tuple(map(int, row[-1].split(" and ")))
            y = sl.conv2d(
                shown[f"input_{name}"].values[..., None],
                np.ones((1, values["kernel_size"], 1, 1)),
                strides=(1, values["strides"]),
                dilation_rate=(1, values["dilation_rate"]),
                padding=((0, 0), pads),
                method="reference",
            )
            assert y[0, :, 0].tolist() == strip(shown, f"output_{name}")


def test_pooling_is_ported_where_keras_same_reads_the_same_cells() -> None:
    odd, even = of(size=7)["summary"].rows, of()["summary"].rows
    assert [row[-1] for row in odd[4:]] == ["'same' is equal"] * 2
    assert [row[-1] for row in even[4:]] == ["pooling takes none"] * 2


@pytest.mark.parametrize(
    ("sizes", "pads"),
    [
        ((8, 3, 2, 1), (0, 1)),
        ((8, 1, 1, 1), (0, 0)),
        ((9, 4, 1, 2), (3, 3)),
        ((7, 2, 3, 1), (0, 1)),
    ],
)
def test_the_call_of_port_that_it_shows_gives_rule_1(
    sizes: tuple[int, ...], pads: tuple[int, int]
) -> None:
    size, kernel, stride, dilation = sizes
    shown = of(size=size, kernel_size=kernel, strides=stride, dilation_rate=dilation)
    line = shown["summary"].caption.split("rule 1: ")[1]
    assert eval(line, {"sl": sl}).pads[1] == pads


def test_no_call_of_port_is_shown_where_keras_refuses() -> None:
    assert "sl.port" not in of(strides=2, dilation_rate=2)["summary"].caption


def test_the_question_hides_every_strip_and_the_summary() -> None:
    asked = of().to_predict("")
    assert [panel.name for panel in asked.panels] == ["refusal_torch_same", "rules"]
    assert asked.sentence.startswith("Rules 1 to 3 slide a kernel of 3 over 8 cells in steps of 2.")
    assert asked.question.options == (AGREE, SIZES, WINDOWS)
    assert of(strides=1).question.text.startswith("Rules 1 to 4 ")


def test_the_presets_show_what_they_promise() -> None:
    shift, odd, even, ceil_mode = (of(**each.values) for each in PRESETS)
    for shown in (shift, odd):
        assert len(strip(shown, "output_same")) == len(strip(shown, "output_half")) == 4
    assert shift.question.answer == WINDOWS
    assert shift["output_half"].marks.all()
    assert (odd.question.answer, odd["output_half"].marks) == (AGREE, None)
    assert odd["input_same"].pads == odd["input_half"].pads == ((0, 0), (1, 1))
    assert even.question.answer == SIZES
    assert [len(strip(even, name)) for name in ("output_same", "output_half")] == [8, 9]
    assert [len(strip(ceil_mode, f"output_{name}")) for name in ("floor", "ceil")] == [5, 6]


def test_the_model_is_named_after_its_function() -> None:
    explorer = sl.explore.same(size=7, kernel_size=5)
    assert explorer.scene.text == of(size=7, kernel_size=5).text
    assert MODEL.name == "same"
    assert repr(explorer) == "sl.explore.same(size=7, kernel_size=5)"
