"""The race explorer's model: counts by hand, results handed in, one tiny measurement."""

from __future__ import annotations

import math
from itertools import product

import pytest

import stridelab as sl
from stridelab.explorers import race
from stridelab.explorers.race import CONTROLS, MODEL, Lap, Measured, measure, scene
from stridelab.ops import machine

DEFAULTS = {control.name: control.default for control in CONTROLS}
ENDS = {
    control.name: list(control.options)
    if hasattr(control, "options")
    else [control.low, control.high]
    for control in CONTROLS
}
TINY = {**DEFAULTS, "size": 7, "channels": 2, "filters": 3, "strides": 2}

#: A machine of 100 GFLOP/s and 10 GB/s; three methods, of which one was not run whole.
LAPS = (Lap("reference", 20.0, 0), Lap("windows", 0.004, 9), Lap("loops", 0.016, 5))
FAKE = Measured(LAPS, peak=100e9, bandwidth=10e9, threads=2)


def test_every_corner_is_a_scene_whose_counts_are_those_of_the_definition() -> None:
    for values in (dict(zip(ENDS, each, strict=True)) for each in product(*ENDS.values())):
        n, cin, cout, k, s, padding, images = values.values()
        side = len(range(0, n if padding == "same" else n - k + 1, s))
        macs = images * side**2 * cout * cin * k**2
        moved = 4 * (images * (n**2 * cin + side**2 * cout) + k**2 * cin * cout + cout)
        for measured in (None, FAKE):
            shown = scene(**values, measured=measured)
            rows = dict(shown["layer"].rows)
            assert shown.error == ""
            assert rows["output"] == f"{images} × {side} × {side} × {cout}"
            assert (rows["MACs"], rows["bytes in float32"]) == (f"{macs:,}", f"{moved:,}")
            told = float(rows["flops a byte"].replace(",", ""))
            assert math.isclose(told, 2 * macs / moved, rel_tol=0.006)
            assert shown.text


def test_before_it_is_measured_the_scene_says_what_the_layer_needs() -> None:
    shown = scene(**DEFAULTS)
    assert shown.sentence == (
        "The layer takes 116 million MACs, that is 231 million flops, and moves at least "
        "1.75 million bytes: 132 flops a byte. Press Measure to time every method on this machine."
    )
    methods = [(row[0], row[1]) for row in shown["methods"].rows]
    assert methods == [(name, "not measured") for name in sl.METHODS]
    assert shown.question is None
    assert MODEL.action.label == "Measure"


def test_a_result_worked_by_hand() -> None:
    # 8·8 outputs × 16 filters × 16 channels × 9 taps; the memory would feed 169 GFLOP/s
    values = {**DEFAULTS, "size": 8, "channels": 16, "filters": 16}
    counted = sl.cost((1, 8, 8, 16), 16, 3, padding="same")
    assert counted.macs == 147_456
    assert counted.bytes == 4 * (8 * 8 * 16 * 2 + 9 * 256 + 16)
    laps = (Lap("reference", 2.0, 0), Lap("windows", 10e-6, 9), Lap("loops", 20e-6, 1))
    shown = scene(**values, measured=Measured(laps, 100e9, 10e9, 2))
    assert shown["rates"].values == pytest.approx([294_912 / 2e9, 29.4912, 14.7456])
    assert shown["rates"].texts == ("≈ 0.000147 GFLOP/s", "29.5 GFLOP/s", "14.7 GFLOP/s")
    assert shown["rates"].limit == pytest.approx(100)
    assert shown["methods"].rows[1:] == (
        ("windows", "10 µs", "29.5", "29.5%", "1", "median of 9 calls"),
        ("loops", "20 µs", "14.7", "14.7%", "2", "one call"),
    )
    assert shown["methods"].rows[0][1:5] == ("≈ 2 s", "≈ 0.000147", "≈ 0.000147%", "≈ 200,000")
    assert shown["methods"].rows[0][5].startswith("skipped")
    assert shown.sentence == (
        "'windows' is the fastest: 10 µs a call, 29.5 GFLOP/s, 29.5% of this machine's roof. "
        "'reference' takes ≈ 200,000 times as long. At 16.9 flops a byte the arithmetic sets the "
        "roof."
    )


def test_the_question_is_asked_only_of_a_measured_layer_and_hides_its_results() -> None:
    shown = scene(**DEFAULTS, measured=FAKE)
    assert shown.question.options == ("reference", "windows", "loops")
    assert shown.question.answer == "windows"
    asked = shown.to_predict("")
    assert [panel.name for panel in asked.panels] == ["layer"]
    assert shown.to_predict("windows").verdict.startswith("✓")
    assert shown.to_predict("loops").verdict == "≠ You said loops. Right: windows."
    other = Measured((*LAPS[:2], Lap("loops", 0.001, 5)), 100e9, 10e9, 2)
    assert scene(**DEFAULTS, measured=other).question.answer == "loops"
    alone = Measured(LAPS[1:2], 100e9, 10e9, 0)
    assert scene(**DEFAULTS, measured=alone).question is None


def test_a_method_that_cannot_serve_says_why_and_has_no_bar() -> None:
    reason = "method must be able to serve this call; got 'loops' (numba is not installed)"
    laps = (*LAPS[:2], Lap("loops", 0.0, 0, reason))
    shown = scene(**DEFAULTS, measured=Measured(laps, 100e9, 10e9, 0))
    assert shown["methods"].rows[2] == ("loops", "—", "—", "—", "—", reason)
    assert shown["rates"].labels == ("reference", "windows")
    assert shown.question.options == ("reference", "windows")
    assert shown["methods"].caption.startswith("no numba")


PRESETS = {preset.label.split(":")[0]: {**DEFAULTS, **preset.values} for preset in MODEL.presets}


def test_counts_and_times_at_the_edge_of_a_unit() -> None:
    assert [race._short(count) for count in (999, 999_499, 999_500, 999_500_000)] == [
        "999", "999 thousand", "1 million", "1 billion",
    ]  # fmt: skip
    assert [race._span(seconds) for seconds in (0.9994, 0.9996, 0.0009996)] == [
        "999 ms", "1 s", "1 ms",
    ]  # fmt: skip
    assert [race._digits(value) for value in (999.4, 999.6, 1000)] == ["999", "1,000", "1,000"]


def _per_byte(values: dict) -> float:
    return float(dict(scene(**values)["layer"].rows)["flops a byte"])


def test_presets_show_what_they_say() -> None:
    controls = {control.name: control for control in CONTROLS}
    for values in PRESETS.values():
        for name, value in values.items():
            assert controls[name].check(value) == value
        assert scene(**values, measured=FAKE).error == ""
    matrix = sl.cost((28 * 28, 1, 1, 256), 256, 1)  # a row a cell: 784 × 256 times 256 × 256
    one = PRESETS["1 × 1"]
    assert f"{matrix.macs:,}" == dict(scene(**one)["layer"].rows)["MACs"] == "51,380,224"
    assert PRESETS["A first layer"]["channels"] == 3
    large, plain = PRESETS["A large kernel"], DEFAULTS
    macs = [int(dict(scene(**v)["layer"].rows)["MACs"].replace(",", "")) for v in (large, plain)]
    assert macs[0] * 9 == macs[1] * 49
    assert _per_byte(large) > 3 * _per_byte(plain)
    few = PRESETS["Few channels"]
    assert _per_byte(few) == 1
    shown = scene(**few, measured=FAKE)
    assert shown["rates"].limit == pytest.approx(10, rel=1e-3)  # 1 flop a byte × 10 GB/s
    assert shown.sentence.endswith("At 1 flop a byte the memory sets the roof.")


def test_measuring_a_tiny_layer_gives_every_method_a_row(monkeypatch) -> None:
    monkeypatch.setattr(race, "BUDGET", 0.06)
    said: list[str] = []
    found = measure(TINY, said.append)
    assert [lap.method for lap in found.laps] == list(sl.METHODS)
    assert found.error == ""
    served = {lap.method for lap in found.laps if not lap.reason}
    plain = {"reference", "windows", "im2col"}
    assert served >= plain | (set() if machine.numba_missing() else {"loops", "direct"})
    for lap in found.laps:
        if lap.reason:
            assert lap.reason.startswith("method must be able to serve this call; got")
        else:
            assert lap.calls >= 1
            assert 0 < lap.seconds < 60
    for limit in (found.peak, found.bandwidth):
        assert limit > 0
        assert math.isfinite(limit)
    assert found.threads >= (0 if machine.numba_missing() else 1)
    for number, name in enumerate(sl.METHODS, start=1):
        assert f"{name}: {number} of {len(sl.METHODS)}" in said
    assert said[-1] == "this machine's roof"
    shown = scene(**TINY, measured=found)
    assert [row[0] for row in shown["methods"].rows] == list(sl.METHODS)
    assert shown.question.answer in shown.question.options


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_a_method_too_slow_for_a_whole_call_is_reckoned_from_a_part(
    monkeypatch, padding: str
) -> None:
    """Plain loops on 40 million multiply-adds: only corners of the image are computed."""
    values = {**DEFAULTS, "size": 61, "channels": 32, "filters": 4, "kernel_size": 6}
    values |= {"strides": 1, "padding": padding, "images": 3}
    asked = []
    convolve = race.ops.conv2d

    def spy(x, kernel, bias, **arguments):
        asked.append(x.shape)
        return convolve(x, kernel, bias, **arguments)

    monkeypatch.setattr(race.ops, "conv2d", spy)
    lap = race._lap("reference", values, race._arrays(values), 0.05)
    assert lap.calls == 0
    assert lap.seconds > 1
    assert (3, 61, 61, 32) not in asked
    assert {shape[0] for shape in asked} == {1}
    assert race._how(lap).startswith("skipped")


def test_a_layer_that_does_not_fit_in_memory_is_not_measured(monkeypatch) -> None:
    monkeypatch.setattr(machine, "memory_available", lambda: 10**6)
    values = {**DEFAULTS, "size": 224, "channels": 256, "images": 8}
    found = measure(values, lambda text: None)
    shown = scene(**values, measured=found)
    # 8 images of 224 × 224 cells with 256 channels in and 64 out, 4 bytes each, are 0.51 GB
    assert shown.error == (
        "images must make a layer that fits in memory; got 0.5 GB for input, weights and output "
        "(0.5 GB in all, 0.0 GB are free). Take fewer images, channels or cells."
    )
    assert shown.question is None
    assert [panel.name for panel in shown.panels] == ["layer"]
