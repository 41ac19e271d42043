"""The cheat sheet: each worked case is computed again; the page is whole and asks no host."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import stridelab as sl
from stridelab import theme
from stridelab.geometry import conv_axis, span, transposed_axis
from stridelab.ops.winograd import TRANSFORMS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "course" / "cheatsheet.md").read_text(encoding="utf-8")
CASES = [code for code in re.findall(r"`([^`]+)`", TEXT) if "→" in code]

#: What is written as a name; the numbers are written as n=8, p=1.
NAMES = {"valid", "same", "same_lower", "full", "explicit", "causal"}


@pytest.fixture
def sheet(monkeypatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "course" / "build"))
    import cheatsheet

    return cheatsheet


# --- the cases: what stands before the arrow is computed to what stands after it ------------------


def numbers(words: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"\b(\w+)=(\d+)", words)}


def values(words: str) -> np.ndarray:
    """The numbers after "of"."""
    return np.array([float(one) for one in words.split(" of ")[1].split(",")])


def padding(words: str) -> Any:
    pads = re.search(r"pads \((\d+), (\d+)\)", words)
    if pads:
        return int(pads[1]), int(pads[2])
    return next(word for word in words.split() if word in NAMES)


def sized(axis: Any, with_pads: bool = True) -> str:
    pads = f", pads ({axis.pad_before}, {axis.pad_after})" if with_pads else ""
    return f"o={axis.output_size}{pads}"


def axis_of(words: str, **more: int) -> Any:
    has = {"s": 1, "d": 1, **numbers(words), **more}
    if "causal" in words:
        return sl.convention("keras").conv(has["n"], has["k"], has["s"], has["d"], "causal")
    return conv_axis(has["n"], has["k"], has["s"], padding(words), has["d"])


def convolution(words: str) -> str:
    return sized(axis_of(words), with_pads="explicit" not in words)


def reaches(words: str) -> str:
    has = numbers(words)
    return f"e={span(has['k'], has['d'])}"


def taps(words: str) -> str:
    return str(axis_of(words).taps(numbers(words)["i"]))


def unread(words: str) -> str:
    return str(axis_of(words).unread)


def reads(words: str) -> str:
    return str(axis_of(words).coverage())


def sizes(words: str) -> str:
    """Layer after layer, until no window fits or one cell is left."""
    found = [numbers(words)["n"]]
    while found[-1] > 1:
        found.append(axis_of(words, n=found[-1]).output_size)
    return listed(found[1:])


def listed(found: Any) -> str:
    return ", ".join(f"{one:g}" for one in found)


def framework(words: str) -> str:
    name, has = words.split()[0], {"s": None, "op": None, "p": None, **numbers(words)}
    rule = sl.convention(name)
    pads = has["p"] if has["p"] is not None else None
    if NAMES & set(words.split()):
        pads = padding(words)
    if " transposed " in words:
        axis = rule.transposed(has["n"], has["k"], has["s"], 1, pads, has["op"])
        return f"o={axis.output_size}"
    if " pool " in words:
        ceil = True if " ceil" in words else None
        return sized(rule.pool(has["n"], has["k"], has["s"], pads, ceil), with_pads=False)
    return sized(rule.conv(has["n"], has["k"], has["s"], padding=pads))


def port(words: str) -> str:
    source, target = re.match(r"port (\w+) to (\w+)", words).groups()
    has = numbers(words)
    found = sl.port(source, target, has["n"], kernel_size=has["k"], strides=has["s"],
                    padding=padding(words))  # fmt: skip
    assert found.pads[0] == found.pads[1]
    return f"pads {found.pads[0]}"


def weights(words: str) -> str:
    has = numbers(words)
    cost = sl.cost((8, 8, has["in"]), has["out"], has["k"], groups=has["groups"], use_bias=False)
    return str(cost.params)


def row(cells: Any) -> np.ndarray:
    return np.asarray(cells, float).reshape(1, -1, 1)


def convolved(words: str, kernel: Any, **arguments: Any) -> str:
    kernel = np.asarray(kernel, float).reshape(1, -1, 1, 1)
    strides = numbers(words).get("s", 1)
    return listed(sl.conv2d(row(values(words)), kernel, strides=strides, **arguments)[0, :, 0])


def maximum(words: str) -> str:
    x = np.full((4, 4, 1), values(words)[0])
    pooled = sl.max_pool2d(x, numbers(words)["k"], strides=1, padding="same")
    assert (pooled == pooled[0, 0]).all()
    return f"{pooled[0, 0, 0]:g}"


def mean(words: str) -> str:
    k, x = numbers(words)["k"], np.full((5, 5, 1), values(words)[0])
    if "keras" in words:
        pooled = sl.avg_pool2d(x, k, strides=1, padding="same")
    else:  # all cells of the window, padded ones too
        pooled = sl.conv2d(x, np.full((k, k, 1, 1), 1 / k**2), padding=k // 2)
    return f"{pooled[0, 0, 0]:.3g}"


def overlap(words: str) -> str:
    has = numbers(words)
    return str(transposed_axis(has["n"], has["k"], has["s"]).coverage())


def field(words: str) -> str:
    layers = [numbers(layer) for layer in re.sub(r"n=\d+", "", words).split(",")]
    name = "same" if "same" in words else "valid"
    stack = [
        {"kernel_size": one["k"], "strides": one.get("s", 1), "padding": name} for one in layers
    ]
    rows = sl.receptive_field(stack, numbers(words).get("n"))[-1].rows
    return f"r={rows.size}, S={rows.jump}, start {rows.start}"


def cost(words: str) -> set[str]:
    """All that one may say about the layer."""
    has, shape = numbers(words), tuple(map(int, re.search(r"(\d+)×(\d+)×(\d+)", words).groups()))
    found = sl.cost(shape, has["out"], has["k"], strides=has["s"], padding=padding(words))
    size = "×".join(map(str, found.output_shape))
    return {
        f"{size}, {found.params} parameters",
        f"{found.macs} MACs",
        f"{found.flops} FLOPs",
        f"{found.real_macs} real MACs",
    }


def separable(words: str) -> str:
    has = numbers(words)
    shape, k = (8, 8, has["in"]), has["k"]
    depthwise = sl.cost(shape, has["in"], k, groups=has["in"], padding="same")
    pointwise = sl.cost(shape, has["out"], 1)
    full = sl.cost(shape, has["out"], k, padding="same")
    return f"{(depthwise.macs + pointwise.macs) / full.macs:.3g}"


def winograd(words: str) -> str:
    m = numbers(words)["m"]
    products, plain = len(TRANSFORMS[m].input) ** 2, 9 * m * m
    return f"{products} for {plain}, {plain / products:g}× fewer"


def fft(words: str) -> str:
    """The outputs of a circular convolution that hold no cell of the other end."""
    has = numbers(words)
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(size=has["N"]), rng.normal(size=has["k"])
    spectra = np.fft.rfft(x) * np.conj(np.fft.rfft(kernel, has["N"]))
    circular = np.fft.irfft(spectra, has["N"])
    true = np.correlate(x, kernel, "valid")
    assert np.allclose(circular[: true.size], true)
    return f"{true.size} outputs"


def im2col(words: str) -> str:
    height, width, channels = map(int, re.search(r"(\d+)×(\d+)×(\d+)", words).groups())
    k = numbers(words)["k"]
    rows, cols = sl.conv_geometry((height, width), k, padding=padding(words)).output_shape
    return f"{rows * cols}×{k * k * channels}"


def sums(words: str) -> str:
    ones = np.full(numbers(words)["n"], values(words)[0])
    kernel = np.ones((1, numbers(words)["k"], 1, 1))
    return listed(sl.conv2d(row(ones), kernel, padding=padding(words))[0, :, 0])


RULES = {
    **dict.fromkeys(NAMES, convolution),
    **dict.fromkeys(("keras", "torch", "caffe"), framework),
    "blur": lambda words: convolved(words, np.array([1, 2, 1]) / 4),
    "cost": cost,
    "fft": fft,
    "field": field,
    "im2col": im2col,
    "max": maximum,
    "mean": mean,
    "overlap": overlap,
    "port": port,
    "reads": reads,
    "separable": separable,
    "sizes": sizes,
    "span": reaches,
    "stride": lambda words: convolved(words, [1]),
    "sums": sums,
    "taps": taps,
    "unread": unread,
    "weights": weights,
    "winograd": winograd,
}


@pytest.mark.parametrize("case", CASES)
def test_a_worked_case_is_right(case: str) -> None:
    words, _, said = case.replace("−", "-").partition(" → ")
    found = RULES[words.split()[0]](words)
    assert said in (found if isinstance(found, set) else {found})


def test_a_wrong_case_is_noticed() -> None:
    assert convolution("same n=8 k=3 s=2") != "o=4, pads (1, 0)"
    with pytest.raises(AssertionError):
        test_a_worked_case_is_right("same n=8 k=3 s=2 → o=4, pads (1, 0)")


def test_every_rule_has_a_worked_case() -> None:
    """Each item with a formula has a case, and each case stands in its item."""
    items = re.split(r"\n *- ", TEXT)[1:]
    assert len(CASES) >= 50
    for item in items:
        formulas = [code for code in re.findall(r"`([^`]+)`", item) if "=" in code]
        if formulas:
            assert "→" in item, item
    assert set(RULES) - {"explicit"} <= {case.split()[0] for case in CASES} | NAMES


def test_the_letters_are_the_glossarys() -> None:
    glossary = (ROOT / "course" / "glossary.md").read_text(encoding="utf-8")
    letters = glossary.split("## Letters")[1].split("⌊x⌋")[0]
    for letter in ("n", "k", "s", "d", "e", "t", "o", "p_b, p_a"):
        assert f"\n| {letter} |" in letters
        assert f"| {', '.join(f'`{one}`' for one in letter.split(', '))} |" in TEXT


@pytest.mark.parametrize("name", ["keras", "tensorflow", "jax", "onnx", "torch", "caffe"])
def test_the_table_of_frameworks_is_theirs(name: str) -> None:
    rule = sl.convention(name)
    line = re.search(rf"^\| {rule.title} \| (.*) \| (.*) \| (\w+) \| (\w+) \|$", TEXT, re.MULTILINE)
    same, given, axes, kernel = line.groups()
    assert (axes, kernel) == (rule.input_layout, rule.kernel_layout)
    assert ("name" in given) == bool(rule.paddings)
    assert ("pairs" in given, "number" in given) == (rule.takes_pairs, rule.takes_number)
    assert ("SAME_LOWER" in same) == ("same_lower" in rule.paddings.values())
    assert ("after" in same) == ("same" in rule.paddings.values())


# --- the page -------------------------------------------------------------------------------------


def test_the_page_is_whole_and_needs_no_host(sheet: ModuleType) -> None:
    text = sheet.page(TEXT)
    assert text.startswith('<!doctype html>\n<html lang="en">')
    assert not re.search(r"(src|href)\s*=|https?://|@import", text)
    assert re.findall(r"url\((?!data:)([^)]*)\)", text) == ["#hatch"]
    assert text.count("<section>") == TEXT.count("\n## ")
    assert text.count('<div class="page">') == 2
    assert text.count('class="case') == len(CASES)
    assert "<!--" not in text
    assert 'role="img" aria-label="8 cells, kernel 3, stride 2, padding' in text
    assert "output 3 reads 6, 7, 8." in text


def test_its_letters_are_large_and_stand_out(sheet: ModuleType) -> None:
    style = sheet.STYLE.read_text(encoding="utf-8")
    points = [float(size) for size in re.findall(r"(?:font|font-size): ([\d.]+)pt", style)]
    assert len(points) >= 4
    assert min(points) >= 8
    paper = theme.colour("paper")
    assert theme.contrast(paper, "#000000") > 15, "it is printed on paper"
    for name in set(re.findall(r"\bcolor: var\(--(\w+)\)", style)):
        part = "text" if name in theme.ROLES else "fill"
        assert theme.contrast(theme.colour(name, part), paper) >= 4.5, name


def test_without_a_browser_it_says_how_to_get_the_pdf(
    sheet: ModuleType, monkeypatch, tmp_path: Path, capsys
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert sheet.main(["--out", str(tmp_path)]) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["cheatsheet.html"]
    assert "There is no Chromium here, so no PDF: open" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.browser
def test_it_is_two_pages_and_asks_no_host(sheet: ModuleType, tmp_path: Path) -> None:
    browser = sheet.chromium()
    if browser is None:
        pytest.skip("Chromium is not installed (Debian and Ubuntu: apt install chromium)")
    command = [sys.executable, "course/build/cheatsheet.py", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(tmp_path / f"cheatsheet.{kind}") for kind in ("html", "pdf")]
    pdf = (tmp_path / "cheatsheet.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {(595, 842)}
    asked, smallest, overfull = looked_at(sheet, tmp_path / "cheatsheet.html", browser)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert smallest >= 8 * 96 / 72 - 0.01  # pixels of 8 points
    assert overfull == []


def looked_at(sheet: ModuleType, html: Path, browser: str) -> tuple[list[str], float, list[str]]:
    """What the printed page asks for, its smallest letters, and what sticks out of its column."""
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=browser, args=list(sheet.FLAGS)) as chrome,
    ):
        view = chrome.new_page(viewport={"width": 726, "height": 1050})  # A4 less its margins
        view.on("request", lambda request: asked.append(request.url))
        view.emulate_media(media="print")
        view.goto(html.as_uri())
        found = view.evaluate(
            """() => {
              const texts = [...document.querySelectorAll('body *')].filter(
                one => !one.closest('svg') && [...one.childNodes].some(
                  node => node.nodeType === 3 && node.data.trim()))
              const sizes = texts.map(one => parseFloat(getComputedStyle(one).fontSize))
              const wide = texts.filter(one => {
                const box = one.getBoundingClientRect()
                const column = one.closest('section, header').getClientRects()
                return ![...column].some(
                  side => box.left >= side.left - 1 && box.right <= side.right + 1)
              })
              return [Math.min(...sizes), wide.map(one => one.textContent)]
            }"""
        )
    return asked, found[0], found[1]
