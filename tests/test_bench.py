"""The benchmark: its suite, its statistics and its report from given numbers; no time is judged."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import itertools
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from stridelab import cli, doctor, lab
from stridelab.__main__ import main
from stridelab.bench import ours, peers, picture, race, report, suite, timing
from stridelab.bench.ours import PEAK
from stridelab.bench.results import Lap, Machine, Report, Result, Roof, joined, mean
from stridelab.bench.suite import Case
from stridelab.errors import StrideLabError
from stridelab.ops import machine

SUITE = suite.load()

#: N, H, Cin→Cout, kernel, stride, as they were measured for the first time.
LAYERS = """
seed32: 1, 32, 3→32, 3, 2
seed32b64: 64, 32, 3→32, 3, 2
stem: 1, 224, 3→64, 7, 2
vgg1_1: 1, 224, 3→64, 3, 1
vgg1_2: 1, 224, 64→64, 3, 1
res56: 1, 56, 64→64, 3, 1
res28: 1, 28, 128→128, 3, 1
res28s2: 1, 56, 128→128, 3, 2
res14: 1, 14, 256→256, 3, 1
res7: 1, 7, 512→512, 3, 1
pw56: 1, 56, 64→256, 1, 1
pw14: 1, 14, 1024→256, 1, 1
pw56s2: 1, 56, 256→512, 1, 2
dw112: 1, 112, 32→32, 3, 1 g32
dw112s2: 1, 112, 96→96, 3, 2 g96
dw14: 1, 14, 384→384, 3, 1 g384
dil2_28: 1, 28, 256→256, 3, 1 d2
img1024k5: 1, 1024, 1→1, 5, 1
img1024k31: 1, 1024, 1→1, 31, 1
res56b8: 8, 56, 64→64, 3, 1
res14b8: 8, 14, 256→256, 3, 1
"""


def test_the_layers_are_those_that_were_measured_before() -> None:
    assert [f"{name}: {case.text}" for name, case in SUITE.layers.items()] == LAYERS.split("\n")[
        1:-1
    ]
    assert set(SUITE.quick) <= set(SUITE.layers)
    assert len(SUITE.quick) == 6


@pytest.mark.parametrize(
    ("name", "count", "macs", "parameters", "others"),
    [
        # parameters as torchvision counts them; others: batch norm, dense layers, biases
        ("resnet50", 53, 4_087_136_256, 25_557_032, 53_120 + 2_049_000),
        ("vgg16", 13, 15_346_630_656, 138_357_544, 4_224 + 123_642_856),
        ("mobilenetv2", 52, 299_494_272, 3_504_872, 34_112 + 1_281_000),
        ("efficientnetb0", 81, 384_534_752, 5_288_548, 42_016 + 1_281_000 + 9_340),
    ],
)
def test_the_networks_have_their_known_totals(name, count, macs, parameters, others) -> None:
    network = SUITE.networks[name]
    assert (network.count, network.macs) == (count, macs)
    assert network.weights == parameters - others


def test_networks_have_each_convolution_once() -> None:
    for network in SUITE.networks.values():
        cases = [case for case, _ in network.parts]
        assert len(set(cases)) == len(cases), "a convolution stands there twice"
        assert {case.size for case in cases} <= {224, 112, 56, 28, 14, 7, 1}
        assert all(case.batch == case.dilation == 1 for case in cases)
        assert all(case.depthwise == (case.groups > 1) for case in cases)


def test_every_case_has_one_name() -> None:
    assert len(SUITE.cases) == len(set(SUITE.cases.values()))
    assert SUITE.cases["res56"] in dict(SUITE.networks["resnet50"].parts)
    assert "56x64-64k3" not in SUITE.cases
    assert list(SUITE.chosen(["dw14", "56x64-64k3", "res56"])) == ["dw14", "res56"]
    everything = SUITE.chosen([*SUITE.layers, *SUITE.networks])
    assert everything == SUITE.cases


def test_a_case_counts_as_cost_does() -> None:
    case = Case(7, 6, 9, 3, stride=2, groups=3, batch=2)
    assert case.macs == 2 * 4 * 4 * 9 * 2 * 9
    assert case.weights == 9 * 2 * 9
    assert case.bytes == 4 * (2 * 7 * 7 * 6 + 9 * 2 * 9 + 2 * 4 * 4 * 9)
    assert case.pads == ((1, 1), (1, 1))
    assert Case(8, 6, 9, 3, stride=2).pads == ((0, 1), (0, 1))
    assert not case.depthwise
    assert not Case(8, 1, 1, 3).depthwise


def test_ratios_are_paired() -> None:
    found = timing.ratio([2.0, 8.0, 3.0, 4.0, 5.0], [1.0, 2.0, 3.0, 4.0, 2.0])
    assert found == timing.Ratio(2.0, 1.0, 2.5)
    assert str(found) == "2.00 (1.00–2.50)"
    assert timing.ratio([3.0], [2.0]) == timing.Ratio(1.5, 1.5, 1.5)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.000123456, "0.000123"),
        (0.0999, "0.0999"),
        (0.09999, "0.100"),
        (99.96, "100"),
        (285.4, "285"),
        (12345.6, "12,346"),
    ],
)
def test_three_digits_without_powers(value: float, text: str) -> None:
    assert timing.digits(value) == text


def test_samples_take_turns_and_inputs_rotate(monkeypatch) -> None:
    asked: list[tuple[str, int]] = []
    settled: list[int] = []
    monkeypatch.setattr(timing.machine, "settle", lambda call: settled.append(len(asked)))
    monkeypatch.setattr(timing, "SAMPLE", 0.0)  # one call makes a sample

    def compute(name: str):
        return lambda number: asked.append((name, number))

    taken = timing.in_turn({name: compute(name) for name in "abc"}, 12)
    assert {name: len(seconds) for name, seconds in taken.items()} == dict.fromkeys("abc", 12)
    assert settled == list(range(3 + 36))  # before each one's measure, and before every sample
    order = "".join(name for name, _ in asked[3:])
    assert all(set(order[start : start + 3]) == set("abc") for start in range(0, 36, 3))
    followed = {order[place : place + 2] for place in range(35)}
    assert followed >= {"ab", "ac", "ba", "bc", "ca", "cb"}  # nobody has always the same before
    assert [number for name, number in asked[3:] if name == "a"] == [0, 1, 2, 3] * 3


class Clock:
    """Time that passes by being slept, with a process that has more to do for a while."""

    def __init__(self, busy: float) -> None:
        self.now, self.busy = 0.0, busy

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def process_time(self) -> float:
        return min(self.now, self.busy)


@pytest.mark.parametrize(("busy", "until"), [(0.0, 0.01), (0.035, 0.05), (9.0, 0.25)])
def test_rest_lasts_as_long_as_threads_spin(monkeypatch, busy: float, until: float) -> None:
    clock = Clock(busy)
    monkeypatch.setattr(machine, "time", clock)
    machine.rest()
    assert clock.now == pytest.approx(until)


def test_calls_bring_threads_back_before_a_time_is_taken(monkeypatch) -> None:
    clock = Clock(0.0)
    monkeypatch.setattr(machine, "time", clock)
    machine.settle(lambda: clock.sleep(0.004))
    assert clock.now == pytest.approx(0.01 + 3 * 0.004)
    machine.settle(lambda: clock.sleep(7.0))
    assert clock.now == pytest.approx(0.022 + 0.01 + 7.0)


TINY = suite.read(
    """
quick = ["one"]
[layers]
one = { size = 8, channels = 4, filters = 4, kernel = 3 }
image = { size = 100, channels = 1, filters = 1, kernel = 5 }
[networks.net]
title = "Net"
layers = [
  { size = 8, channels = 4, filters = 4, kernel = 3, count = 3 },
  { size = 8, channels = 4, filters = 4, kernel = 3, groups = 4, count = 2 },
]
"""
)
ONE, IMAGE = TINY.layers.values()
DEPTHWISE = TINY.networks["net"].parts[1][0]


def laps(auto: float, strict: float, torch: float, onnx: float, method: str = "direct"):
    """Three samples of each, in milliseconds, the later ones slower by a tenth and by two."""
    given = {"auto": auto, "strict": strict, "torch": torch, "onnxruntime": onnx, PEAK: 0.25}
    hows = {"auto": method, "strict": "direct", "torch": "channels_last"}
    return {
        name: Lap(hows.get(name, "all"), tuple(ms / 1e3 * f for f in (1.0, 1.1, 1.2)))
        for name, ms in given.items()
    }


def recorded(**fault: Lap) -> Report:
    """A run of the tiny suite on one thread; `fault` replaces laps of the image."""
    here = Machine(
        "2026-01-31", "znver9", ("avx2", "fma"), 2, {"numpy": "2.4.6", "torch": "2.13.0"}
    )
    results = (
        Result("one", ONE, 1, laps(0.5, 1.0, 1.5, 2.0, "winograd")),
        Result("image", IMAGE, 1, {**laps(1.0, 1.0, 4.0, 3.0), **fault}),
        Result("8x4-4k3g4", DEPTHWISE, 1, laps(1.0, 1.0, 0.5, 1.0)),
    )
    return Report(TINY, here, 3, (Roof(1, 1e9, 20e9, 60e9),), results)


def test_a_networks_sum_counts_its_layers() -> None:
    layers, net = recorded().sections(1)
    assert [result.name for _, result in layers.rows] == ["one", "image"]
    assert (net.title, [count for count, _ in net.rows]) == ("Net", [3, 2])
    total = net.total
    # 3·1.5 + 2·0.5 and 3·2 + 2·1, then a tenth more
    assert total.laps["torch"].seconds[0] == pytest.approx(5.5e-3)
    assert total.timed["onnxruntime"].median == pytest.approx(1.1 * 8e-3)
    assert total.best_peer == "torch"
    assert total.ratio(PEAK, "strict").median == pytest.approx(0.25)
    assert total.ratio("torch", "auto").median == pytest.approx(5.5 / 3.5)
    assert total.rate("strict") == pytest.approx(TINY.networks["net"].flops / 5.5e-3)


def test_a_network_lacks_who_lacks_a_layer() -> None:
    whole = recorded()
    first, image, last = whole.results
    without = {name: lap for name, lap in last.laps.items() if name != "torch"}
    found = Report(
        TINY, whole.machine, 3, whole.roofs, (first, image, Result("d", DEPTHWISE, 1, without))
    )
    net = found.sections(1)[1]
    assert set(net.total.laps) == {"auto", "strict", "onnxruntime", PEAK}
    assert Report(TINY, whole.machine, 3, whole.roofs, (last,)).sections(1)[0].title == (
        "Other layers"
    )


def test_passes_make_one_result() -> None:
    def part(auto, **torch):
        return Result("one", ONE, 1, {"auto": Lap("direct", auto), "torch": Lap(**torch)})

    first = part((1.0, 2.0), how="plain", seconds=(3.0, 4.0))
    found = joined([first, part((5.0, 6.0), how="packed", seconds=(7.0, 8.0))])
    assert found.laps["auto"] == Lap("direct", (1.0, 2.0, 5.0, 6.0))
    assert found.laps["torch"] == Lap("plain", (3.0, 4.0, 7.0, 8.0))
    assert joined([first]) == first
    # who fails once has no samples that could be paired with the others'
    found = joined([first, part((5.0,), reason="no primitive")])
    assert found.laps["torch"] == Lap("plain", (), "no primitive")
    assert list(found.timed) == ["auto"]


def test_a_case_comes_again_in_each_pass(monkeypatch) -> None:
    asked = []

    def time_case(name, case, threads, rounds, before):
        asked.append((threads, name, rounds, len(before)))
        return Result(name, case, threads, {"auto": Lap("direct", (float(len(asked)),))})

    monkeypatch.setattr(race, "time_case", time_case)
    monkeypatch.setattr(race, "roof", lambda threads: Roof(threads, float(len(asked)), 1.0, 1.0))
    monkeypatch.setattr(peers, "conditions", contextlib.nullcontext)
    told = []
    cases = {"one": ONE, "image": IMAGE}
    found = race.run(TINY, cases, [1, 2], 2, lambda *words: told.append(words))
    turn = [(1, "one"), (1, "image"), (2, "one"), (2, "image")]
    assert asked == [(*each, race.ROUNDS, number) for number in (0, 1) for each in turn]
    assert [(each.threads, each.name) for each in found.results] == turn
    assert [each.laps["auto"].seconds for each in found.results] == [
        (1.0, 5.0), (2.0, 6.0), (3.0, 7.0), (4.0, 8.0),
    ]  # fmt: skip
    assert [each.peak for each in found.roofs] == [4.0, 6.0]  # the last ones asked for
    assert found.rounds == 2 * race.ROUNDS
    assert [done for _, _, done, count in told if count == 8] == [
        0,
        0,
        1,
        2,
        2,
        3,
        4,
        4,
        5,
        6,
        6,
        7,
    ]


def test_peers_keep_the_layouts_of_the_first_pass(monkeypatch) -> None:
    monkeypatch.setattr(timing.machine, "settle", lambda call: None)
    monkeypatch.setattr(timing, "SAMPLE", 0.0)
    monkeypatch.setattr(race, "OURS", ("auto",))
    quick, asked = ["a"], []

    def make(case, data, threads):
        def compute(how, number):
            time.sleep(0 if how in quick else 0.005)
            asked.append(how)
            return ours.reference(case, data)

        ways = {how: functools.partial(compute, how) for how in "ab"}
        return [ours.Contender(way, lambda y: y, how) for how, way in ways.items()]

    serves = [True]  # which is asked for once
    one = peers.Peer("one", "json", make, lambda case, threads: serves.pop())
    monkeypatch.setattr(peers, "present", lambda: [one])
    seeds = []
    in_turn = timing.in_turn

    def seen(computes, rounds, seed):
        seeds.append(seed)
        return in_turn(computes, rounds, seed)

    monkeypatch.setattr(timing, "in_turn", seen)
    first = race.time_case("small", Case(5, 2, 3, 3), 1, 2)
    assert (first.laps["one"].how, set(asked)) == ("a", {"a", "b"})
    quick[:] = ["b"]
    asked.clear()
    again = race.time_case("small", Case(5, 2, 3, 3), 1, 2, [first])
    assert (again.laps["one"].how, set(asked)) == ("a", {"a"})
    assert seeds == [0, 1]


def test_seeds_change_the_orders(monkeypatch) -> None:
    monkeypatch.setattr(timing.machine, "settle", lambda call: None)
    monkeypatch.setattr(timing, "SAMPLE", 0.0)

    def order(seed: int) -> str:
        asked = []
        computes = {
            name: functools.partial(lambda name, _: asked.append(name), name) for name in "abc"
        }
        timing.in_turn(computes, 5, seed)
        return "".join(asked)

    assert order(0) == order(0)
    assert len({order(seed) for seed in range(3)}) == 3


def test_means_are_geometric() -> None:
    results = recorded().results
    assert mean(results, "torch", "auto") == pytest.approx((3 * 4 * 0.5) ** (1 / 3))
    assert mean(results, None, "strict") == pytest.approx((1.5 * 3 * 0.5) ** (1 / 3))
    assert mean(results, "jax", "auto") is None


def test_tables_show_the_recorded_numbers() -> None:
    found = recorded()
    layers, net = found.sections(1)
    head, rows = report.cells(layers)
    assert dict(zip(head, rows[0], strict=True)) == {
        "layer": "one",
        "N, H, Cin→Cout, k, s": "1, 8, 4→4, 3, 1",
        "auto ms": "0.550",
        "method": "winograd",
        "strict ms": "1.10",
        "torch ms": "1.65",
        "ORT ms": "2.20",
        "best peer": "torch",
        "it / auto": "3.00 (3.00–3.00)",
        "it / strict": "1.50 (1.50–1.50)",
        "of peak": "25%",
    }
    assert report.cells(net)[1][-1][:4] == ["sum of Net", "5", "3.85", "—"]
    assert report.summary(found) == (
        ["", "threads", "torch / auto", "torch / strict", "best peer / auto", "best peer / strict"],
        [
            ["Layers (2), geometric mean", "1", "3.46", "2.45", "3.00", "2.12"],
            [
                "Net, sum",
                "1",
                "1.57 (1.57–1.57)",
                "1.10 (1.10–1.10)",
                "1.57 (1.57–1.57)",
                "1.10 (1.10–1.10)",
            ],
        ],
    )
    assert report.limits(found) == [
        "2026-01-31, znver9 (avx2, fma), 2 processors; numpy 2.4.6, torch 2.13.0.",
        "1 thread: 1.00 GFLOP/s of float32 FMA; a copy moves 20.0 GB/s in memory, 60.0 GB/s in "
        "the caches.",
    ]


def test_who_was_not_timed_is_said() -> None:
    assert report.notes(recorded()) == []
    assert report.is_well(recorded())
    wrong = recorded(torch=Lap("packed weights", reason="its result has shape (1, 2), not (1, 3)"))
    assert report.notes(wrong) == [
        "torch was not timed on image: its result has shape (1, 2), not (1, 3)."
    ]
    assert report.is_well(wrong)
    layers = wrong.sections(1)[0]
    assert report.cells(layers)[1][1][5:8] == ["—", "3.30", "ORT"]
    assert not report.is_well(recorded(strict=Lap(reason="no such method")))


def test_as_data_it_is_complete() -> None:
    data = json.loads(json.dumps(report.as_dict(recorded())))
    assert data["date"] == "2026-01-31"
    assert data["roofs"] == [{"threads": 1, "peak": 1e9, "memory": 20e9, "cache": 60e9}]
    first, image, _ = data["layers"]
    assert first["name"] == "one"
    assert first["case"] == {
        "batch": 1,
        "size": 8,
        "channels": 4,
        "filters": 4,
        "kernel": 3,
        "stride": 1,
        "dilation": 1,
        "groups": 1,
    }
    assert first["contenders"]["auto"] == {
        "how": "winograd",
        "median": pytest.approx(0.55e-3),
        "samples": pytest.approx([0.5e-3, 0.55e-3, 0.6e-3]),
    }
    assert first["ratios"]["torch / auto"] == pytest.approx([3, 3, 3])
    assert image["best_peer"] == "onnxruntime"
    assert [each["name"] for each in data["networks"]] == ["net"]
    assert data["summary"][0]["torch / auto"] == "3.46"


def test_readmes_section_is_written_between_its_marks() -> None:
    readme = "# Top\n\n<!-- bench:begin -->\nold\n<!-- bench:end -->\n\n## Next\n"
    written = report.in_readme(readme, recorded())
    assert written.startswith(
        "# Top\n\n<!-- bench:begin -->\nMeasured by `stridelab bench --readme`: 2026-01-31, znver9 "
        "(avx2, fma), 2 processors; numpy 2.4.6, torch 2.13.0.\n\n1 thread: 1.00 GFLOP/s"
    )
    assert written.endswith("\n</details>\n<!-- bench:end -->\n\n## Next\n")
    assert "\nold\n" not in written
    assert "| one | 1, 8, 4→4, 3, 1 | 0.550 | winograd | 1.10 | 1.65 | 2.20 | torch |" in written
    assert report.in_readme(written, recorded()) == written
    with pytest.raises(StrideLabError) as refused:
        report.in_readme("# Top\n", recorded())
    assert str(refused.value) == (
        "README.md must have a place for the result; got none. Write these two lines where it "
        "shall stand: <!-- bench:begin --> and <!-- bench:end -->."
    )


def test_names_in_the_picture_do_not_cover_each_other() -> None:
    stream = np.random.default_rng(0)
    results = []
    for name, case in SUITE.layers.items():
        least = 1e3 * max(case.flops / 100e9, case.bytes / 50e9)
        results.append(Result(name, case, 1, laps(*(least * stream.uniform(0.5, 2, 4)))))
    here = recorded().machine
    found = Report(SUITE, here, 3, (Roof(1, 110e9, 20e9, 60e9),), tuple(results))
    drawn = picture.figure(found)
    drawn.draw_without_rendering()
    (axes,) = drawn.axes
    names = [text for text in axes.texts if text.get_text() in SUITE.layers]
    assert len(names) == len(SUITE.layers)
    boxes = [(text.get_text(), _extent(text)) for text in names]
    covered = [
        (one, other)
        for index, (one, box) in enumerate(boxes)
        for other, beside in boxes[:index]
        if box.overlaps(beside)
    ]
    assert covered == []


def _extent(annotation):
    """The box of the words alone, without the line that leads to them."""
    from matplotlib.text import Text

    return Text.get_window_extent(annotation)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def command(*arguments: str) -> tuple[int, str, str]:
        status = main(["bench", *arguments])
        return status, *capsys.readouterr()

    return command


@pytest.fixture
def nothing_runs(monkeypatch):
    def fail(*arguments):
        raise AssertionError("it was timed")

    monkeypatch.setattr(race, "run", fail)
    monkeypatch.setattr(cli, "_warm_up", fail)


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (
            ["--layers", "rez56"],
            2,
            "--layers must name layers or networks of the suite, with commas between; got 'rez56' "
            "(networks: resnet50, vgg16, mobilenetv2, efficientnetb0). Did you mean 'res56'?",
        ),
        (
            ["--threads", "0,1"],
            2,
            "--threads must be whole numbers of at least 1 with commas between, as 1,2; got '0,1'.",
        ),
        (
            ["--threads", "two"],
            2,
            "--threads must be whole numbers of at least 1 with commas between, as 1,2; got 'two'.",
        ),
        (
            ["--json", "no/such/folder.json"],
            2,
            "--json must be a file in a folder that exists; got 'no/such/folder.json'.",
        ),
        (
            ["--picture", "roof.gif"],
            2,
            "--picture must end in .png or .svg or .pdf; got 'roof.gif'.",
        ),
        (
            ["--readme", "--quick"],
            2,
            "--readme shows the whole suite: leave --quick and --layers out.",
        ),
    ],
)
def test_what_cannot_be_is_one_line(run, nothing_runs, arguments, status, line) -> None:
    assert run(*arguments) == (status, "", f"stridelab: {line}\n")


def test_readme_is_the_checkouts(run, nothing_runs, monkeypatch) -> None:
    monkeypatch.setattr(lab, "checkout", lambda: None)
    line = "--readme must be given in StrideLab's checkout; this is an installed package."
    assert run("--readme") == (1, "", f"stridelab: {line}\n")


@pytest.mark.parametrize("absent", [["torch"], ["torch", "onnxruntime"]])
def test_without_its_peers_nothing_is_compared(run, nothing_runs, monkeypatch, absent) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in absent else find(json.__name__)
    )
    mends = doctor.install("stridelab[bench]")
    line = (
        f"Nothing was compared, because these are not installed: {', '.join(absent)}. "
        f"To mend: {mends}"
    )
    assert run("--quick") == (1, "", f"stridelab: {line}\n")


def test_without_kernels_nothing_is_compared(run, nothing_runs, monkeypatch) -> None:
    monkeypatch.setattr(peers, "missing", list)
    monkeypatch.setattr(machine, "numba_missing", lambda: "numba is not installed")
    line = "Kernels are compared, and there are none: numba is not installed."
    assert run() == (1, "", f"stridelab: {line}\n")


def test_more_threads_than_there_are_is_one_line(run, nothing_runs, monkeypatch) -> None:
    monkeypatch.setattr(peers, "missing", list)
    monkeypatch.setattr(race, "thread_counts", lambda: (1, 2))
    line = "--threads must be at most 2, as many as numba has; got 3."
    assert run("--threads", "1,3") == (1, "", f"stridelab: {line}\n")


def test_the_command_writes_what_it_is_asked_for(run, monkeypatch, tmp_path: Path) -> None:
    asked = []
    monkeypatch.setattr(peers, "missing", list)
    monkeypatch.setattr(race, "thread_counts", lambda: (1, 2))
    monkeypatch.setattr(race, "run", lambda *arguments: asked.append(arguments) or recorded())
    monkeypatch.setattr(cli, "_warm_up", lambda: None)
    monkeypatch.setattr(lab, "checkout", lambda: tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text(f"{report.BEGIN}\n{report.END}\n", encoding="utf-8")
    data, drawn = tmp_path / "bench.json", tmp_path / "roof.png"
    status, out, err = run("--readme", "--json", str(data), "--picture", str(drawn))
    assert (status, err) == (0, "")
    (given, cases, counts, passes, _), *_ = asked
    assert (given, cases, counts, passes) == (SUITE, SUITE.cases, (1, 2), race.PASSES)
    for words in ("Layers, 1 thread", "Net, 1 thread", "sum of Net", "3.00 (3.00–3.00)"):
        assert words in out
    assert json.loads(data.read_text(encoding="utf-8")) == report.as_dict(recorded())
    assert drawn.read_bytes().startswith(b"\x89PNG")
    assert readme.read_text(encoding="utf-8").startswith(f"{report.BEGIN}\nMeasured by")
    run("--quick", "--threads", "2,2")
    assert asked[1][1:4] == (SUITE.chosen(SUITE.quick), [2], 1)


def test_ours_that_fails_is_no_success(run, monkeypatch) -> None:
    monkeypatch.setattr(peers, "missing", list)
    monkeypatch.setattr(cli, "_warm_up", lambda: None)
    monkeypatch.setattr(race, "run", lambda *_: recorded(strict=Lap(reason="no such method")))
    status, out, err = run("--quick")
    assert (status, err) == (1, "")
    assert "strict was not timed on image: no such method.\n" in out


UNEVEN = [
    Case(9, 3, 8, 3, stride=2),
    Case(8, 3, 8, 3, stride=2),  # pads 0 and 1
    Case(8, 4, 6, 2),  # pads 0 and 1
    Case(9, 4, 6, 3, dilation=2),
    Case(7, 6, 9, 3, groups=3, batch=2),
    Case(10, 8, 8, 5, stride=2, groups=8),
    Case(1, 8, 4, 1),
    Case(7, 4, 6, 1, stride=2),
    Case(12, 1, 1, 5),
]


@pytest.mark.parametrize("case", UNEVEN, ids=lambda case: case.code)
@pytest.mark.parametrize("peer", peers.PEERS, ids=lambda peer: peer.name)
def test_each_peer_computes_the_same(monkeypatch, peer, case) -> None:
    pytest.importorskip(peer.module)
    pytest.importorskip("onnx")
    monkeypatch.setattr(timing.machine, "settle", lambda call: None)
    monkeypatch.setattr(timing, "SAMPLE", 0.0)
    if not peer.serves(case, 1):
        pytest.skip("the peer does not serve it")
    data = ours.Data.of(case)
    ways = peer.make(case, data, 1)
    assert len({way.how for way in ways}) == len(ways)
    for way, (number, x) in itertools.product(ways, enumerate(data.inputs)):
        expected = ours.reference(case, ours.Data((x,), data.kernel))
        got, again = (way.as_array(way.compute(number)) for _ in range(2))
        limit = race.TOLERANCE * np.abs(expected).max()
        np.testing.assert_allclose(got, expected, rtol=0, atol=limit, err_msg=way.how)
        assert not np.shares_memory(got, again), f"{way.how}: a result is not fresh"


@pytest.mark.parametrize("case", UNEVEN, ids=lambda case: case.code)
@pytest.mark.parametrize("name", ours.OURS)
def test_our_layers_compute_the_same(name, case) -> None:
    data = ours.Data.of(case)
    if name == "strict" and machine.vectors_missing():
        pytest.skip("no kernel")
    made = ours.contender(name, case, data)
    assert name == "strict" or made.how == ours.auto_method(case, data)
    expected = ours.reference(case, data)
    limit = race.TOLERANCE * np.abs(expected).max()
    np.testing.assert_allclose(made.compute(0), expected, rtol=0, atol=limit)
    assert made.compute(0) is not made.compute(0)


def test_strict_saves_no_arithmetic() -> None:
    methods = {name: ours.strict_method(case) for name, case in SUITE.cases.items()}
    assert set(methods.values()) == {"direct", "depthwise"}
    assert {methods[name] for name in ("dw112", "dw14", "img1024k5")} == {"depthwise"}
    assert {methods[name] for name in ("seed32", "res56")} == {"direct"}


def test_who_disagrees_is_reported_and_not_timed(monkeypatch) -> None:
    monkeypatch.setattr(timing.machine, "settle", lambda call: None)
    monkeypatch.setattr(timing, "SAMPLE", 0.0)
    monkeypatch.setattr(race, "OURS", ("auto",))

    def peer(name, change):
        def make(case, data, threads):
            compute = lambda number: change(ours.reference(case, data))  # noqa: E731
            return [ours.Contender(compute, lambda y: y, "its way")]

        return peers.Peer(name, "json", make)

    def broken(case, data, threads):
        raise RuntimeError("no\n  primitive")

    crowd = [
        peer("right", lambda y: y * (1 + 1e-4)),
        peer("wrong", lambda y: y * 1.01),
        peer("lost", lambda y: y * np.nan),
        peer("cut", lambda y: y[:, 1:]),
        peers.Peer("broken", "json", broken),
        peers.Peer("elsewhere", "json", broken, lambda case, threads: False),
    ]
    monkeypatch.setattr(peers, "present", lambda: crowd)
    result = race.time_case("small", Case(5, 2, 3, 3), 1, rounds=2)
    method = ours.reference_method()
    away = f"of the largest number away from that of {method!r}"
    assert {name: lap.reason for name, lap in result.laps.items() if name != PEAK} == {
        "auto": "",
        "right": "",
        "wrong": f"its result is 0.01 {away}",
        "lost": f"its result is nan {away}",
        "cut": "its result has shape (1, 4, 5, 3), not (1, 5, 5, 3)",
        "broken": "RuntimeError: no primitive",
    }
    assert set(result.timed) - {PEAK} == {"auto", "right"}
    assert all(len(lap.seconds) == 2 for lap in result.timed.values())
    assert result.laps["right"].how == "its way"


def test_jax_serves_the_threads_that_it_takes(monkeypatch) -> None:
    (jax,) = (peer for peer in peers.PEERS if peer.name == "jax")
    monkeypatch.setattr(peers, "processors", lambda: 4)
    assert [threads for threads in (1, 2, 4) if jax.serves(UNEVEN[0], threads)] == [4]


def test_all_sides_get_the_same_threads() -> None:
    torch = pytest.importorskip("torch")
    threadpoolctl = pytest.importorskip("threadpoolctl")
    numba = pytest.importorskip("numba")

    def threads():
        blas = {
            each["num_threads"]
            for each in threadpoolctl.threadpool_info()
            if each["user_api"] == "blas"
        }
        return numba.get_num_threads(), torch.get_num_threads(), blas

    before = threads()
    with peers.conditions(1):
        assert threads() == (1, 1, {1})
        assert torch.is_inference_mode_enabled()
    assert threads() == before
    assert not torch.is_inference_mode_enabled()


def test_a_whole_run_of_one_layer(run, monkeypatch, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("threadpoolctl")
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr(timing.machine, "settle", lambda call: None)
    monkeypatch.setattr(machine, "fma_peak", lambda threads: 1e11 * threads, raising=False)
    monkeypatch.setattr(machine, "copy_bandwidth", lambda moved: 1e10)
    data = tmp_path / "bench.json"
    status, out, _ = run("--quick", "--layers", "seed32", "--threads", "1", "--json", str(data))
    assert "Layers, 1 thread" in out
    (found,) = json.loads(data.read_text(encoding="utf-8"))["layers"]
    timed = [name for name, lap in found["contenders"].items() if "median" in lap]
    assert {"auto", "torch", "onnxruntime"} <= set(timed)
    assert status == (0 if "strict" in timed else 1)
    assert len(found["contenders"]["auto"]["samples"]) == race.ROUNDS
    # 3 -> 32 channels: nothing does its multiply-adds in less time than registers alone
    if "strict" in timed:
        strict, limit = (found["contenders"][name]["median"] for name in ("strict", PEAK))
        assert 0 < limit < strict


def test_the_package_needs_no_peer_to_be_asked_about_its_suite() -> None:
    """What the command says before it runs comes without PyTorch and without matplotlib."""
    code = (
        "import sys; from stridelab.bench import peers, picture, race, report, suite; "
        "suite.load().cases; peers.missing(); "
        "print({'torch', 'onnxruntime', 'onnx', 'numba', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("set()\n", "")
