"""The groups explorer's model: who reads whom, by convolving; counts by layers that are built."""

from __future__ import annotations

import functools
import json
import re
from itertools import product

import numpy as np
import pytest

import stridelab as sl
from stridelab.explorers.groups import CONTROLS, MODEL, PRESETS, scene
from stridelab.explorers.scene import NONE
from stridelab.explorers.static import scene_svg
from stridelab.explorers.view import view

DEFAULTS = {control.name: control.default for control in CONTROLS}
SIZES = (1, 2, 3, 4, 6, 7, 12)
CORNERS = [
    dict(zip(DEFAULTS, values, strict=True))
    for values in product(SIZES, SIZES, (1, 2, 3, 4, 6, 12), (1, 3, 7))
]


def of(**changes: int):
    return scene(**{**DEFAULTS, **changes})


def numbers(shown, row: str) -> list[str]:
    """A row of the counts: what this layer has, and what it has in one group."""
    (found,) = [texts for name, *texts in shown["counts"].rows if name.startswith(row)]
    return found


@functools.cache
def who_reads_whom(channels: int, filters: int, groups: int) -> np.ndarray:
    """Filters × channels: whether a 1 in that channel comes out of that filter."""
    ones = np.ones((1, 1, channels // groups, filters))
    out = sl.conv2d(
        np.eye(channels).reshape(channels, 1, 1, channels), ones, groups=groups, method="reference"
    )
    return out[:, 0, 0].T > 0


def test_every_corner_is_a_scene_that_convolutions_agree_with() -> None:
    impossible = 0
    for values in CORNERS:
        channels, filters, groups, k = values.values()
        shown = scene(**values, position=(10**6, 1))
        if channels % groups or filters % groups:
            impossible += 1
            assert shown.error.startswith(
                f"groups must divide the input's channels and filters; got {groups} ("
            )
            assert (shown.focus, shown.question) == (None, None)
            assert [panel.name for panel in shown.panels] == ["code"]
            continue
        assert shown.error == ""
        reads = who_reads_whom(channels, filters, groups)
        assert (~np.isnan(shown["slices"].values) == reads).all()
        # two filters are in one group where they read the same channels
        group = [len(set(map(tuple, reads[: f + 1]))) - 1 for f in range(filters)]
        told = np.where(reads, np.array(group)[:, None], -1)
        assert (np.nan_to_num(shown["slices"].values, nan=-1) == told).all()
        weights = int(reads.sum()) * k * k
        assert shown.question.answer == str(weights)
        assert numbers(shown, "weights")[0] == f"{weights:,}"
        assert numbers(shown, "weights")[-1] == f"{filters * channels * k * k:,}"
        assert numbers(shown, "biases")[0] == str(filters)
        _check_focus(shown, reads, k)
    assert 0 < impossible < len(CORNERS)


def _check_focus(shown, reads, k: int) -> None:
    filters, channels = reads.shape
    focus = shown.focus
    last = (filters - 1, min(1, channels - 1))
    assert (focus.grid, focus.position) == ("slices", last)
    taps = np.where(reads, k * k, 0)
    lit = {fill.grid: np.nan_to_num(fill.values) for fill in focus.fills}
    for f, c in ((0, 0), last, (filters // 2, channels - 1)):
        assert (lit["input"][f, c] == taps[f]).all()
        assert (lit["output"][f, c, :, 0] == taps[:, c]).all()
    assert (np.nan_to_num(shown["input"].values) == taps[last[0]]).all()
    assert (np.nan_to_num(shown["output"].values[:, 0]) == taps[:, last[1]]).all()
    assert len(focus.notes) == reads.size
    for (f, c), is_read in np.ndenumerate(reads):
        verb = "reads" if is_read else "does not read"
        assert focus.notes[f * channels + c].startswith(f"Filter {f} {verb} channel {c}: ")


@pytest.mark.parametrize(
    "values", [{}, {"channels": 6, "filters": 9, "groups": 3}, {"groups": 1}, {"groups": 4}]
)
def test_a_note_says_where_the_weights_are_kept(values: dict) -> None:
    """A 1 at that place alone carries that channel into that filter, and nothing else anywhere."""
    shown = of(**values)
    channels, filters, groups, _ = {**DEFAULTS, **values}.values()
    axes = sl.port("keras", "torch", 5, kernel_size=1, padding="valid").kernel_axes
    x = np.eye(channels).reshape(channels, 1, 1, channels)
    for note in (each for each in shown.focus.notes if "does not" not in each):
        f, c, at, f2, f3, at2 = map(int, re.findall(r"\d+", note)[:6])
        assert (f, at) == (f2, at2) == (f3, at)
        assert f"kernel[:, :, {at}, {f}] in Keras, weight[{f}, {at}] in PyTorch." in note
        kernel = np.zeros((1, 1, channels // groups, filters))
        kernel[:, :, at, f] = 1
        assert kernel.transpose(axes)[f, at].tolist() == [[1]]
        out = sl.conv2d(x, kernel, groups=groups)[:, 0, 0]
        assert np.argwhere(out).tolist() == [[c, f]]


@pytest.mark.parametrize(
    ("channels", "filters", "groups", "k"),
    [(4, 4, 2, 3), (6, 12, 3, 5), (12, 8, 4, 1), (3, 6, 3, 7)],
)
def test_shapes_and_counts_are_those_of_a_layer_that_is_built(
    channels: int, filters: int, groups: int, k: int
) -> None:
    shown = scene(channels, filters, groups, k)
    for at, parts in enumerate((groups, 1)):
        layer = sl.layers.Conv2D(filters, k, groups=parts)
        layer.build((None, k, k, channels))
        assert numbers(shown, "Keras (KH, KW, Cin/groups, Cout)")[at] == str(layer.kernel.shape)
        torch = numbers(shown, "PyTorch (Cout, Cin/groups, KH, KW)")[at]
        assert torch == str(layer.kernel.transpose(3, 2, 0, 1).shape)
        assert numbers(shown, "weights")[at] == f"{layer.kernel.size:,}"
        assert numbers(shown, "biases")[at] == str(layer.bias.size)
        # one output cell uses each weight once
        assert numbers(shown, "multiply-adds for one output cell")[at] == f"{layer.kernel.size:,}"
        if parts == groups:
            assert shown["code"].rows[0] == ("Keras", repr(layer))
    assert shown["code"].rows[-1][1].startswith(f"Conv2d({channels}, {filters}, {k}")


def test_the_default_scene_in_words() -> None:
    shown = of()
    assert shown.sentence == (
        "Each of 4 filters reads 2 of 4 channels: 72 weights, 72 multiply-adds for one output "
        "cell, 1/2 of the 144 with groups=1."
    )
    assert shown.note == (
        "Filter 0 reads channel 0: its weights are kernel[:, :, 0, 0] in Keras, weight[0, 0] in "
        "PyTorch. Group 0: filters 0, 1 and channels 0, 1."
    )
    assert shown.focus.notes[9] == (
        "Filter 2 does not read channel 1: the kernel has no weights for it. Group 1: filters "
        "2, 3 and channels 2, 3."
    )
    assert shown["slices"].rows_of_text()[2] == [NONE, NONE, "1", "1"]
    assert [fill.captions[9] for fill in shown.focus.fills] == [
        "filter 2 reads channels 2, 3: 9 weights each",
        "channel 1 reaches filters 0, 1: 9 weights each",
    ]
    assert shown["code"].rows == (
        ("Keras", "Conv2D(4, 3, groups=2)"),
        ("PyTorch", "Conv2d(4, 4, 3, groups=2)"),
    )


def test_one_group_has_nothing_to_compare_with() -> None:
    shown = of(groups=1)
    assert shown["counts"].head == ("", "groups=1")
    assert shown.sentence == (
        "In one group every filter reads every channel: 144 weights, 144 multiply-adds for one "
        "output cell."
    )
    assert shown.focus.fills[0].captions[5] == "filter 1 reads channels 0 to 3: 9 weights each"
    least = of(channels=1, filters=1, groups=1, kernel_size=1)
    assert "1 weight, 1 multiply-add for" in least.sentence
    assert least.focus.fills[0].captions == ("filter 0 reads channel 0: 1 weight each",)


@pytest.mark.parametrize("multiplier", [1, 2])
def test_depthwise_is_named_and_is_keras_depthwise_layer(multiplier: int) -> None:
    shown = of(channels=6, filters=6 * multiplier, groups=6)
    layer = sl.layers.DepthwiseConv2D(3, depth_multiplier=multiplier)
    layer.build((None, 3, 3, 6))
    assert shown["code"].rows[1] == ("Keras", repr(layer))
    assert numbers(shown, "Keras DepthwiseConv2D (KH, KW, Cin, depth_multiplier)") == [
        str(layer.kernel.shape), "—",
    ]  # fmt: skip
    assert numbers(shown, "weights")[0] == str(layer.kernel.size)
    assert shown.sentence.endswith(
        "As many groups as channels: depthwise. Filters = channels · depth_multiplier: "
        f"{6 * multiplier} = 6 · {multiplier}."
    )
    # the same numbers in a kernel of Conv2D: filter f reads channel f // multiplier
    x = np.random.default_rng(0).random((1, 3, 3, 6), dtype="float32")
    grouped = sl.conv2d(x, layer.kernel.reshape(3, 3, 1, -1), groups=6)
    assert np.allclose(layer(x), grouped, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ()),
        ({"groups": 4}, ("depthwise",)),
        ({"groups": 4, "kernel_size": 1}, ("depthwise",)),
        ({"groups": 1, "kernel_size": 1}, ("pointwise",)),
        ({"groups": 2, "kernel_size": 1}, ()),
        ({"groups": 1}, ()),
        ({"channels": 1, "groups": 1}, ()),  # all channels, and one each: an ordinary layer
        ({"channels": 2, "filters": 6}, ("depthwise",)),
    ],
)
def test_only_what_has_a_name_is_named(changes: dict, names: tuple) -> None:
    shown = of(**changes)
    assert tuple(name for name in ("depthwise", "pointwise") if name in shown.sentence) == names
    assert ("Depthwise" in shown["code"].text) == (names == ("depthwise",))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"groups": 3}, "got 3 (the input's channels: 4). Take groups=2 or groups=4."),
        ({"groups": 12}, "got 12 (the input's channels: 4). Take groups=4."),
        ({"channels": 3, "filters": 5}, "got 2 (the input's channels: 3). Take groups=1."),
        ({"channels": 12, "groups": 3}, "got 3 (filters: 4). Take groups=2 or groups=4."),
    ],
)
def test_groups_that_do_not_divide_both_are_told_the_next_ones(changes: dict, message: str) -> None:
    shown = of(**changes)
    assert shown.error == f"groups must divide the input's channels and filters; {message}"
    assert shown.sentence == (
        "Channels and filters cannot both be dealt out evenly, so there is no such layer."
    )
    for groups in re.findall(r"groups=(\d+)", shown.error):
        assert of(**{**changes, "groups": int(groups)}).error == ""


def test_a_learner_who_predicts_sees_the_layer_alone() -> None:
    shown = of(channels=12, filters=12, kernel_size=7, groups=1)
    asked = shown.to_predict("")
    assert [panel.name for panel in asked.panels] == ["code"]
    assert asked.sentence == shown.question.text
    assert "7056" not in asked.text
    assert shown.to_predict("7056").verdict == "✓ Right: 7056."
    assert shown.to_predict("144").verdict.startswith("≠")


def test_the_presets_show_what_they_promise() -> None:
    diagonal, two, pointwise, twice = (of(**preset.values) for preset in PRESETS)
    assert (np.isnan(diagonal["slices"].values) == ~np.eye(6, dtype=bool)).all()
    assert numbers(diagonal, "weights") == ["54", "324"]
    assert [two.focus.fills[0].captions[row * 4] for row in (0, 1)] == [
        "filter 0 reads channel 0: 9 weights each",
        "filter 1 reads channel 0: 9 weights each",
    ]
    assert "depth_multiplier=2" in two["code"].text
    assert "pointwise" in pointwise.sentence
    assert numbers(twice, "weights")[0] == "324"
    assert numbers(of(channels=6, filters=6, groups=1), "weights") == ["324"]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_an_empty_cell_is_paper_without_a_number_and_is_read_as_none(mode: str) -> None:
    shown = of()
    data = json.loads(view(shown, {}, ""))
    (slices,) = [panel for row in data["columns"] for panel in row if panel["name"] == "slices"]
    cells = re.findall(
        r"class='v(\d)'[^>]*aria-label='row 0, column \d: (\w+)'>(\w*)<", str(slices)
    )
    assert cells == [("6", "0", "0"), ("6", "0", "0"), ("0", "none", ""), ("0", "none", "")]
    assert slices["numbers"]["rows"][0] == ["0", "0", "0", "none", "none"]
    assert data["focus"]["fills"][0]["looks"] == [["9", "v8", "9"], ["", "v0", "none"]]
    drawn = scene_svg(shown, mode)
    assert "nan" not in drawn.split("</style>")[1]
    assert "<title>none</title>" in drawn


def test_the_model_is_named_after_its_function() -> None:
    explorer = sl.explore.groups(filters=6, position=(5, 3))
    assert explorer.scene.text == scene(4, 6, 2, 3, (5, 3)).text
    assert explorer.scene.note.startswith("Filter 5 reads channel 3: ")
    assert MODEL.name == "groups"
    assert repr(explorer) == "sl.explore.groups(filters=6)"
    with pytest.raises(sl.StrideLabError, match=r"channels must be at most 12; got 13 \(this"):
        explorer.channels = 13
