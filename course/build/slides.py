"""Builds the slide decks: build/slides/NN_topic.html, one a lesson, and an index.

    python course/build/slides.py

A deck is made from an executed lesson (`execute`) and shown by reveal.js, which comes with a Python
package and is copied beside the decks: they open from disk, without another host. The title slide
is made from the lesson's header. A `slide` cell starts a slide. A learner's cell tagged `on-slide`
adds its text, or what its code showed, to the slide before it; an `instructor` cell adds to that
slide's notes, which the key S opens. What follows a title that asks is shown by the next key.
"""

from __future__ import annotations

import argparse
import base64
import io
import re
import shutil
import sys
from dataclasses import dataclass, field
from html import escape
from importlib.metadata import files
from pathlib import Path
from typing import Any

import nbformat
from execute import EXECUTED, LessonError, execute_all
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from PIL import Image
from website import mathjax

from lessons import ROOT, Lesson, read_lessons
from stridelab.theme.palette import css_variables

SLIDES = ROOT / "build" / "slides"
TEMPLATES = ROOT / "course" / "site" / "slides"

#: What of reveal.js a deck loads, from the folder that its package has it in.
REVEAL = ("dist/reset.css", "dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE")

#: The kinds of what a cell showed, best first.
SHOWN = ("text/html", "text/markdown", "text/plain")


#: A picture that is not wider than so many times its height stands beside the text, not below.
WIDE = 1.6


@dataclass
class Slide:
    """What a slide shows, and what is said to it; both HTML.

    Where its title asks, the rest waits for the next key: first everybody answers.
    """

    head: str
    said: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def html(self) -> str:
        """The slide as reveal.js has it."""
        waits = " fragment" if "?" in self.head else ""
        said = f'<div class="said{waits}">{"".join(self.said)}</div>' if self.said else ""
        shown = "".join(f'<div class="shown{waits}">{each}</div>' for each in self.shown)
        notes = f'<aside class="notes">{"".join(self.notes)}</aside>' if self.notes else ""
        beside = said and len(self.shown) == 1 and 0 < shape(self.shown[0]) < WIDE
        kind = ' class="beside"' if beside else ""
        return "\n".join(filter(None, [f"<section{kind}>", self.head, said, shown, notes])) + (
            "\n</section>"
        )


def shape(html: str) -> float:
    """How many times as wide as high the picture is that was shown; 0 where there is none."""
    found = re.search(r'src="data:image/([a-z+]+);base64,([^"]+)"', html)
    if found is None:
        return 0
    data = base64.b64decode(found[2])
    if found[1] == "svg+xml":
        box = re.search(r'viewBox="0 0 (\d+) (\d+)"', data.decode())
        return int(box[1]) / int(box[2])
    with Image.open(io.BytesIO(data)) as picture:
        return picture.width / picture.height


def markdown(text: str) -> str:
    """A cell's Markdown as HTML; formulas stay as TeX, in the brackets that MathJax looks for.

    >>> markdown("So $k < n$.")
    '<p>So <span class="math inline">\\\\(k &lt; n\\\\)</span>.</p>\\n'
    """
    parser = MarkdownIt("commonmark").enable("table")
    parser.use(dollarmath_plugin, renderer=_formula, double_inline=True)
    return str(parser.render(_without_files(text)))


def _formula(tex: str, how: dict[str, bool]) -> str:
    tex = escape(tex.strip())
    return f"\\[{tex}\\]" if how.get("display_mode") else f"\\({tex}\\)"


def _without_files(text: str) -> str:
    """Links to other files as words: they lie elsewhere."""
    return re.sub(r"(?<!!)\[([^\]]*)\]\((?![a-z]+:)[^)]*\)", r"\1", text)


def title_slide(lesson: Lesson) -> Slide:
    """The first slide, from a lesson's header; its notes are what learners can do afterwards."""
    outcomes = markdown("\n".join(f"- {line}" for line in lesson.outcomes))
    head = f'<p class="course">StrideLab · {lesson.number}</p><h1>{escape(lesson.title)}</h1>'
    summary = f'<div class="summary">{markdown(lesson.summary)}</div>'
    minutes = f'<p class="minutes">{lesson.minutes} minutes</p>'
    notes = f"<p><strong>Afterwards they can</strong></p>{outcomes}"
    return Slide(head, [summary, minutes], notes=[notes])


def slides(lesson: Lesson, cells: list[Any]) -> list[Slide]:
    """A lesson's slides, from its executed cells."""
    deck = [title_slide(lesson)]
    for cell in cells:
        tags = set(cell.metadata.get("tags", []))
        if "slide" in tags:
            head, end, said = markdown(cell.source).rpartition("</h2>")
            deck.append(Slide(head + end, [said] if said.strip() else []))
        elif "instructor" in tags:
            deck[-1].notes.append(markdown(cell.source))
        elif "on-slide" in tags and cell.cell_type == "markdown":
            deck[-1].said.append(markdown(cell.source))
        elif "on-slide" in tags:
            deck[-1].shown += [_output(output) for output in cell.outputs]
    return deck


def _output(output: Any) -> str:
    """What a cell showed, as a slide shows it."""
    if output.output_type == "stream":
        return _printed(output.text)
    kind = next(kind for kind in SHOWN if kind in output.data)
    text = output.data[kind]
    if kind == "text/markdown":
        text = markdown(text)
    elif kind == "text/plain":
        text = _printed(text)
    face = output.metadata.get("stridelab", {})
    text, live = face.get("wall", text), face.get("live")
    link = f'<a class="live" href="explorers/{live}" target="_blank">Move it</a>' if live else ""
    return f"{text}{link}"


def _printed(text: str) -> str:
    """Printed text in letters that fit a slide: a letter is 0.6 of its height wide, a line 1.35."""
    lines = text.splitlines() or [""]
    size = min(26, int(1150 / (0.602 * max(1, *map(len, lines)))), 310 // len(lines))
    return f'<pre style="font-size: {size}px">{escape(text)}</pre>'


def deck(lesson: Lesson, cells: list[Any]) -> str:
    """The page of a lesson's deck."""
    page = (TEMPLATES / "deck.html").read_text(encoding="utf-8")
    body = "\n".join(slide.html() for slide in slides(lesson, cells))
    title = escape(f"{lesson.number} · {lesson.title}")
    return page.replace("{{ title }}", title).replace("{{ slides }}", body)


def index(lessons: list[Lesson]) -> str:
    """The page that names all decks."""
    page = (TEMPLATES / "index.html").read_text(encoding="utf-8")
    lines = [
        f'<li><a href="{lesson.source.stem}.html">{lesson.number} · {escape(lesson.title)}</a>'
        f"{markdown(lesson.summary)}</li>"
        for lesson in lessons
    ]
    return page.replace("{{ decks }}", "\n".join(lines))


def style() -> str:
    """The decks' style sheet, with the theme's colours before it."""
    dark = "@media (prefers-color-scheme: dark)"
    colours = (
        f":root {{ {css_variables('light')} }}\n{dark} {{ :root {{ {css_variables('dark')} }} }}"
    )
    return f"{colours}\n{(TEMPLATES / 'deck.css').read_text(encoding='utf-8')}"


def reveal() -> list[Path]:
    """The files of reveal.js that decks load."""
    wanted = [f"sphinx_revealjs/_static/revealjs/{name}" for name in REVEAL]
    found = {str(file): file for file in files("sphinx-revealjs") or []}
    return [Path(str(found[name].locate())) for name in wanted]


def build(target: Path, lessons: list[Lesson], executed: list[Path]) -> None:
    """Builds the decks of executed lessons into a folder, from nothing."""
    shutil.rmtree(target, ignore_errors=True)
    (target / "assets").mkdir(parents=True)
    for path in [*reveal(), mathjax()]:
        shutil.copy(path, target / "assets")
    (target / "assets" / "deck.css").write_text(style(), encoding="utf-8")
    shutil.copytree(EXECUTED / "explorers", target / "explorers")
    for lesson, path in zip(lessons, executed, strict=True):
        page = deck(lesson, nbformat.read(path, 4).cells)
        (target / f"{path.stem}.html").write_text(page, encoding="utf-8")
    (target / "index.html").write_text(index(lessons), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the slide decks.")
    parser.add_argument("--to", type=Path, default=SLIDES, help="the folder (build/slides)")
    target = parser.parse_args(arguments).to
    try:
        executed = execute_all()
    except LessonError as error:
        print(error, file=sys.stderr)
        return 1
    build(target, read_lessons(), executed)
    print(target / "index.html")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
