"""Builds the cheat sheet, two pages of A4, from course/cheatsheet.md.

    python course/build/cheatsheet.py          writes build/cheatsheet.html and build/cheatsheet.pdf

The page holds its font (DejaVu Sans, which matplotlib brings), its colours and its picture: nothing
is asked for from anywhere. The PDF is printed by Chromium; where there is none, a sentence says
what to do instead. In the source a code span is

- a worked case where it has an arrow, `same n=8 k=3 s=2 → o=4, pads (0, 1)`: what stands before the
  arrow says which rule and numbers, and tests/test_cheatsheet.py computes what stands after it;
- a formula otherwise; a letter after an underscore goes below the line.

`<!-- picture: same n=8 k=3 s=2 -->` becomes a drawing of that axis; at `<!-- page -->` the second
page begins.
"""

from __future__ import annotations

import argparse
import base64
import re
import shutil
import sys
from html import escape
from pathlib import Path

import matplotlib
from markdown_it import MarkdownIt

from stridelab import theme
from stridelab.geometry import Axis, conv_axis

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "course" / "cheatsheet.md"
STYLE = Path(__file__).with_name("cheatsheet.css")
OUT = ROOT / "build"

#: What Chromium is called on the systems that have one.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: The browser asks nobody for updates, and runs in containers.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_PICTURE = re.compile(r"<!-- picture: (\w+) n=(\d+) k=(\d+) s=(\d+) -->")
_TURN = "<!-- page -->"
_LOW = re.compile(r"\b([A-Za-z])_([a-z])\b")
#: A worked case after a rule stands on a line of its own, without the semicolon.
_AFTER = re.compile(r';\s<code class="case">')
_CODE = re.compile(r"<code>(.*?)</code>", re.DOTALL)

#: The picture's unit: one cell, in SVG's units.
CELL = 20


def page(source: str) -> str:
    """The sheet as HTML that needs no other file."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(source)
    body = _CODE.sub(_span, body)
    body = _PICTURE.sub(lambda found: picture(found[1], *map(int, found.groups()[1:])), body)
    body = _AFTER.sub('<code class="case own">', body)
    body = _sections(body)
    title = re.search(r"<h1>(.*?)</h1>", body)[1]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title} · StrideLab</title>\n<style>\n{_fonts()}{_colours()}"
        f"{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _span(found: re.Match[str]) -> str:
    kind, text = "case" if "→" in found[1] else "formula", found[1]
    lowered = _LOW.sub(r"\1<sub>\2</sub>", text)
    return f'<code class="{kind}">{lowered}</code>'


def _sections(body: str) -> str:
    """A box for each heading with what follows it; what stands before the first is the head."""
    head, *parts = body.split("<h2>")
    boxes = "".join(f"<section>\n<h2>{part.rstrip()}\n</section>\n" for part in parts)
    pages = boxes.replace(f"{_TURN}\n</section>", f"</section>\n</div>\n{_TURN}").split(_TURN)
    columns = "".join(f'<div class="page">\n{one.strip()}\n' for one in pages)
    return f"<header>\n{head.strip()}\n</header>\n<main>\n{columns}</div>\n</main>\n"


def _fonts() -> str:
    """DejaVu Sans as data: the same lines break everywhere, and no host is asked for it."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    rule = (
        '@font-face {{ font-family: "Sheet"; font-weight: {}; src: url(data:font/ttf;base64,{}) }}'
    )
    files = {400: "DejaVuSans.ttf", 700: "DejaVuSans-Bold.ttf"}
    return "".join(
        rule.format(weight, base64.b64encode((folder / name).read_bytes()).decode()) + "\n"
        for weight, name in files.items()
    )


def _colours() -> str:
    """The theme's light colours, as variables: paper is light."""
    names = {name: theme.colour(name) for name in ("paper", "raised", "ink", "muted", "line")}
    names |= {role: theme.colour(role, "text") for role in theme.ROLES}
    lines = "".join(f"  --{name}: {value};\n" for name, value in names.items())
    return f":root {{\n{lines}}}\n"


# --- the picture ----------------------------------------------------------------------------------


def picture(padding: str, size: int, kernel: int, stride: int) -> str:
    """One axis: its cells with their padding, a bracket for each window, and the outputs.

    >>> picture("same", 8, 3, 2).startswith("<svg role")
    True
    """
    axis = conv_axis(size, kernel, stride, padding)
    before, cells = axis.pad_before, axis.pad_before + size + axis.pad_after
    shapes = [_cell(at, 0, at - before, _role(at - before, axis)) for at in range(cells)]
    for i in range(axis.output_size):
        first = axis.taps(i)[0] + before
        y = CELL + 6 + 5 * (i % 2)
        left, right = first * CELL + 2, (first + axis.span) * CELL - 2
        middle = (left + right) // 2
        shapes.append(f'<path d="M{left} {y - 4}v4H{right}v-4M{middle} {y}V{CELL + 20}"/>')
        shapes.append(_cell(middle / CELL - 0.5, CELL + 20, i, "output"))
    width, height = cells * CELL, 2 * CELL + 20
    return (
        f'<svg role="img" aria-label="{escape(_alt(axis))}" '
        f'viewBox="-1 -1 {width + 2} {height + 2}" width="{width / 3.2:g}mm">{_HATCH}'
        f"{''.join(shapes)}</svg>"
    )


_HATCH = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse">'
    f'<path d="M0 5L5 0" stroke="{theme.colour("padding")}"/></pattern></defs>'
)


def _role(index: int, axis: Axis) -> str:
    return "input" if 0 <= index < axis.size else "padding"


def _cell(column: float, y: float, index: int, role: str) -> str:
    fill = "url(#hatch)" if role == "padding" else theme.ramp(role)[2][0]
    stroke = theme.colour(role, "text")
    x = column * CELL
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{CELL}" height="{CELL}" fill="{fill}" '
        f'stroke="{stroke}"/>'
        f'<text x="{x + CELL / 2:g}" y="{y + 14:g}">{str(index).replace("-", "−")}</text>'
    )


def _alt(axis: Axis) -> str:
    windows = "; ".join(
        f"output {i} reads {', '.join(map(str, axis.taps(i)))}" for i in range(axis.output_size)
    )
    return (
        f"{axis.size} cells, kernel {axis.kernel}, stride {axis.stride}, padding '{axis.rule}': "
        f"{axis.pad_before} cells before, {axis.pad_after} after; {windows}."
    )


# --- the PDF --------------------------------------------------------------------------------------


def chromium() -> str | None:
    """The browser that prints; None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def print_pdf(html: Path, pdf: Path, browser: str) -> None:
    """Prints a page as its style says: A4, with its colours."""
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=browser, args=list(FLAGS)) as chrome,
    ):
        view = chrome.new_page()
        view.goto(html.resolve().as_uri())
        view.evaluate("document.fonts.ready")
        view.pdf(path=pdf, prefer_css_page_size=True, print_background=True, tagged=True)


def main(arguments: list[str] | None = None) -> int:
    """Writes the page and, where there is a browser, the PDF."""
    parser = argparse.ArgumentParser(description="Build the cheat sheet.")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="default: build")
    out = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    html, pdf = out / "cheatsheet.html", out / "cheatsheet.pdf"
    html.write_text(page(SOURCE.read_text(encoding="utf-8")), encoding="utf-8")
    print(html)
    browser = chromium()
    if browser is None:
        print(
            f"There is no Chromium here, so no PDF: open {html} in a browser and print it to a "
            "file, on A4 without margins (or install one: apt install chromium)."
        )
        return 0
    print_pdf(html, pdf, browser)
    print(pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
