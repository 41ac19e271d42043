"""The receptive explorer's model: cones, paths and centres are what plain loops find."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.explorers.explore import receptive
from stridelab.explorers.receptive import CONTROLS, MODEL, half, scene
from stridelab.explorers.static import scene_svg
from stridelab.explorers.view import view

DEFAULTS = {control.name: control.default for control in CONTROLS}
#: Sizes odd and even, kernels odd and even, one layer and many; every option.
VALUES = {
    "size": [5, 16, 23, 24],
    "layers": [1, 3, 5],
    "kernel_size": [1, 2, 3, 5],
    "strides": ["ones", "twos", "two_first"],
    "dilation_rate": ["ones", "doubling"],
    "padding": ["valid", "same", "same_lower"],
}
ALL = [dict(zip(VALUES, values, strict=True)) for values in product(*VALUES.values())]


def shown_with(**changes: object):
    return scene(**{**DEFAULTS, **changes})


def plain_layers(values: dict) -> list[dict] | None:
    """Each layer by the facts' formulas: n, k, s, d, p_b, p_a, o; None where one does not fit."""
    layers, n = [], values["size"]
    for at in range(values["layers"]):
        k = values["kernel_size"]
        s = {"ones": 1, "twos": 2, "two_first": 2 if at == 0 else 1}[values["strides"]]
        d = {"ones": 1, "doubling": 2**at}[values["dilation_rate"]]
        e = d * (k - 1) + 1
        before = after = 0
        if values["padding"] == "valid":
            o = (n - e) // s + 1
        else:
            o = -(-n // s)
            total = max((o - 1) * s + e - n, 0)
            less, more = total // 2, total - total // 2
            before, after = (less, more) if values["padding"] == "same" else (more, less)
        if o < 1:
            return None
        layers.append({"n": n, "k": k, "s": s, "d": d, "pads": (before, after), "o": o})
        n = o
    return layers


def one_layer(row: list[int], layer: dict) -> list[int]:
    """A convolution with a kernel of ones, as the definition has it."""
    outputs = [0] * layer["o"]
    for output in range(layer["o"]):
        for tap in range(layer["k"]):
            cell = output * layer["s"] - layer["pads"][0] + tap * layer["d"]
            outputs[output] += row[cell] if 0 <= cell < layer["n"] else 0
    return outputs


def plain_paths(layers: list[dict]) -> np.ndarray:
    """Outputs × cells of the first layer's input, a single 1 at a time."""
    n = layers[0]["n"]
    columns = []
    for cell in range(n):
        row = [int(other == cell) for other in range(n)]
        for layer in layers:
            row = one_layer(row, layer)
        columns.append(row)
    return np.array(columns).T


def test_every_scene_agrees_with_plain_loops() -> None:
    impossible = 0
    for values in ALL:
        shown = scene(**values, position=(3, 10**6))
        layers = plain_layers(values)
        if layers is None:
            _check_error(shown, values)
            impossible += 1
            continue
        assert shown.error == ""
        names = ["input", *(f"layer_{number}" for number in range(len(layers) - 1))]
        assert [grid.name for grid in shown.grids] == ["output", *reversed(names)]
        outputs = layers[-1]["o"]
        assert shown.focus.position == (0, outputs - 1)
        paths = plain_paths(layers)
        assert shown["output"].values.tolist() == [paths.sum(axis=1).tolist()]
        (of_input,) = (fill for fill in shown.focus.fills if fill.grid == "input")
        assert (of_input.values[0, :, 0] == paths).all(), values
        assert (shown["input"].values[0] == paths[-1]).all()
        _check_cones(shown, names, layers, paths)
        _check_field(shown, layers)
    assert 0 < impossible < len(ALL)


def _check_error(shown, values) -> None:
    built = [
        {
            "kernel_size": values["kernel_size"],
            "strides": 2 if values["strides"] == "twos" or
            (values["strides"] == "two_first" and at == 0) else 1,
            "dilation_rate": 2**at if values["dilation_rate"] == "doubling" else 1,
            "padding": values["padding"],
        }
        for at in range(values["layers"])
    ]  # fmt: skip
    # rows have no window in the explorer: columns alone can be too narrow
    with pytest.raises(StrideLabError) as refused:
        sl.receptive_field(built, (10**6, values["size"]))
    assert shown.error == str(refused.value)
    assert (shown.focus, shown.question, list(shown.grids)) == (None, None, [])
    (at,) = shown["stack"].marked
    assert f"(layer {at}, columns:" in shown.error
    assert shown.sentence.startswith(f"Layer {at} has no room")
    assert shown["stack"].rows[at][-1].endswith("→ none")


def _check_cones(shown, names, layers, paths) -> None:
    """Sets composed layer by layer, from the definition; and the cells that have a path."""
    windows = {window.grid: window for window in shown.focus.windows}
    assert list(windows) == names
    outputs = layers[-1]["o"]
    for output in range(outputs):
        seen = {output}
        for name, layer in reversed(list(zip(names, layers, strict=True))):
            taps = {
                cell * layer["s"] - layer["pads"][0] + tap * layer["d"]
                for cell in seen
                for tap in range(layer["k"])
            }
            before, after = shown[name].pads[1]
            drawn = sorted(tap for tap in taps if -before <= tap < layer["n"] + after)
            assert windows[name].cols[output] == (tuple(drawn) or None)
            assert shown[name].values.shape == (1, layer["n"])
            full = layer["pads"]
            assert (before, after) == full or max(before, after) >= (26 - layer["n"]) // 2
            seen = {tap for tap in taps if 0 <= tap < layer["n"]}
        assert sorted(seen) == np.flatnonzero(paths[output]).tolist()


def _check_field(shown, layers) -> None:
    """Araujo, Norris & Sim: r = 1 + Σ (e − 1)·Π s, P = Σ p_b·Π s."""
    size, jump, start = 1, 1, 0
    for layer, row in zip(layers, shown["field"].rows, strict=True):
        size += layer["d"] * (layer["k"] - 1) * jump
        start -= layer["pads"][0] * jump
        jump *= layer["s"]
        centre = start + (size - 1) / 2
        assert row[1:] == tuple(
            f"{number:g}".replace("-", "−") for number in (size, jump, start, centre)
        )
    assert shown.question.answer == str(size)
    assert f"field is {size} cell{'s' if size > 1 else ''} wide (r)" in shown.sentence
    centres = [centre + output * jump for output in range(layers[-1]["o"])]
    drift = float(np.mean(centres)) - np.mean(range(layers[0]["n"]))
    side = "no drift" if drift == 0 else f"a drift of {abs(drift):g} towards the "
    side += "end" if drift > 0 else "start" if drift < 0 else ""
    assert shown.sentence.endswith(f"{side}.")


def test_the_centre_moves_with_the_size() -> None:
    """Under 'same' with stride 2 an even size pads (0, 1), an odd one (1, 1)."""
    even, odd = shown_with(), shown_with(size=17)
    assert even["field"].rows == (
        ("layer 0", "3", "2", "0", "1"),
        ("layer 1", "7", "4", "0", "3"),
        ("layer 2", "15", "8", "0", "7"),
    )
    assert odd["field"].rows[-1] == ("layer 2", "15", "8", "−7", "0")
    assert even.sentence == (
        "One output's field is 15 cells wide (r), and the next output's lies 8 further on (S). "
        "Output 0 is centred on cell 7. The 2 fields together are centred on 11, the input on "
        "7.5: a drift of 3.5 towards the end."
    )
    assert odd.sentence.endswith(
        "The 3 fields together are centred on 8, as the input is: no drift."
    )
    # where outputs stand for S cells each, the drift is that of output 0 from the middle of its S
    assert 3.5 == 7 - (8 - 1) / 2
    assert "a drift of 3.5 towards the start" in shown_with(padding="same_lower").sentence
    assert "a drift of 0.5 towards the end" in shown_with(layers=1).sentence
    assert (
        "The only field is centred on 7, the input on 7.5" in shown_with(padding="valid").sentence
    )


def test_cell_0_stands_over_cell_0_where_there_is_room() -> None:
    doubling = shown_with(strides="ones", dilation_rate="doubling")
    assert [panel.pads[1][0] for panel in doubling.grids] == [0, 4, 2, 1]
    assert {panel.room for panel in doubling.grids} == {((0, 0), (4, 0))}
    crowded = shown_with(size=24, layers=5, kernel_size=5, dilation_rate="doubling")
    assert {panel.room for panel in crowded.grids} == {((0, 0), (0, 0))}


def test_notes_word_for_word() -> None:
    notes = shown_with().focus.notes
    assert notes[1] == (
        "Output 1's field is cells 8 to 22, centred on 15; 8 input cells feed it. "
        "Half of its 14 paths or more start at cells 12, 13, 14."
    )
    alone = shown_with(kernel_size=1, size=5).focus.notes
    assert alone == ("Output 0's field is cell 0, centred on 0; 1 input cell feeds it.",)[:1]
    starved = shown_with(size=5, layers=5, kernel_size=2, strides="ones", dilation_rate="doubling")
    assert starved.focus.notes[1] == (
        "Output 1's field is cells −14 to 17, centred on 1.5; no input cell feeds it, "
        "all that it reads is padding."
    )
    crowded = shown_with(layers=5, kernel_size=5, strides="ones", dilation_rate="doubling")
    assert crowded["layer_3"].pads == ((0, 0), (5, 5))
    assert crowded["layer_3"].caption == "padding 32 before, 32 after; of it 5 and 5 are drawn"


@pytest.mark.parametrize("weights", [[1, 5, 15, 30, 45, 51, 45, 30, 15, 5, 1], [3, 0, 4], [7],
                                     [1, 1, 1, 1], [0, 2, 1, 0, 2]])  # fmt: skip
def test_half_of_the_weight_is_held_by_as_few_cells_as_can_be(weights: list[int]) -> None:
    cells = half(np.array(weights))
    assert sum(weights[cell] for cell in cells) * 2 >= sum(weights)
    fewer = sorted(weights)[::-1][: len(cells) - 1]
    assert sum(fewer) * 2 < sum(weights)
    assert len(set(cells)) == len(cells)


def test_a_learner_who_predicts_sees_the_stack_alone() -> None:
    shown = shown_with(dilation_rate="doubling", strides="ones", kernel_size=2)
    assert shown.question.answer == "8"
    asking = shown.to_predict("")
    assert [panel.name for panel in asking.panels] == ["stack"]
    assert [row[1:4] for row in asking["stack"].rows] == [
        ("2", "1", "1"),
        ("2", "1", "2"),
        ("2", "1", "4"),
    ]
    assert shown.to_predict("8").verdict.startswith("✓")
    assert shown.to_predict("7").verdict == "≠ You said 7. Right: 8."


def test_each_preset_shows_its_surprise() -> None:
    strides, dilation, odd, middle = (shown_with(**preset.values) for preset in MODEL.presets)
    assert all(not each.error for each in (strides, dilation, odd, middle))
    ones = shown_with(**{**MODEL.presets[0].values, "strides": "ones"})
    assert [each.question.answer for each in (strides, ones)] == ["31", "9"]
    assert strides["input"].values.shape[1] < 31
    assert dilation.question.answer == "15"
    assert {grid.values.shape[1] for grid in dilation.grids} == {16}
    assert odd["field"].rows[-1][-1] == "0"
    assert shown_with(size=16)["field"].rows[-1][-1] == "7"
    assert middle.question.answer == "11"
    assert middle.focus.notes[8].endswith(
        "11 input cells feed it. Half of its 243 paths or more start at cells 7, 8, 9."
    )


def test_it_is_drawn_at_every_size_and_its_code_makes_it_again() -> None:
    for values in ({}, {"size": 24, "layers": 5, "kernel_size": 5, "dilation_rate": "doubling"},
                   {"layers": 5, "padding": "valid"}):  # fmt: skip
        explorer = receptive(**values)
        assert scene_svg(explorer.scene).startswith("<svg")
        json.loads(view(explorer.scene, values={}, code=""))
        again = eval(explorer.code, {"sl": type("sl", (), {"explore": sl.explore})})
        assert (again.values, again.text) == (explorer.values, explorer.text)


def test_one_cell_and_one_output_are_told_apart_from_several() -> None:
    single = shown_with(kernel_size=1)
    assert single.sentence.startswith(
        "One output's field is 1 cell wide (r), and the next output's lies 8 further on (S)."
    )
    assert single.focus.notes[1] == (
        "Output 1's field is cell 8, centred on 8; 1 input cell feeds it."
    )
    alone = shown_with(padding="valid")
    assert alone["output"].values.shape == (1, 1)
    assert "wide (r), and a next output's would lie 8 further on (S)." in alone.sentence
