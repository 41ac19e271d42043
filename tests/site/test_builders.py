"""The builders of the site and the slides, on a small lesson of the tests' own."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest

from stridelab.practice.bank import deal

Builder = Callable[[str], ModuleType]

LESSON = """# ---
# jupyter:
#   stridelab:
#     title: A test
#     minutes: 3
#     summary: What happens to $k$?
#     needs: [Nothing.]
#     does: [Look.]
#     outcomes: [Say $k < n$.]
# ---

# %% [markdown] tags=["instructor"]
# Wait for **hands**.

# %% [markdown] tags=["slide"]
# ## See [the word](glossary.md#span)
#
# $$ k < n $$

# %% tags=["on-slide"]
import stridelab as sl

e = sl.explore.window(strides=2)
e

# %% [markdown] tags=["instructor"]
# Point at the corner.

# %%
sl.practice.show("pad-02")

# %%
sl.practice.session("padding")

# %%
sl.practice.take_along()
"""


def cell(kind: str, source: str, *tags: str, outputs: tuple[Any, ...] = ()) -> Any:
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[kind]
    more = {"outputs": list(outputs)} if kind == "code" else {}
    return make(source, metadata={"tags": list(tags)}, **more)


def shown(html: str) -> Any:
    return nbformat.v4.new_output("display_data", {"text/html": html})


@pytest.mark.parametrize("name", ["website", "slides", "reference"])
def test_examples_hold(builder: Builder, name: str) -> None:
    assert doctest.testmod(builder(name)).failed == 0


@pytest.mark.slow
def test_a_lesson_is_executed_with_static_faces(builder: Builder, tmp_path: Path) -> None:
    source = tmp_path / "07_test.py"
    source.write_text(LESSON, encoding="utf-8")
    [path] = builder("execute").execute_all(tmp_path, tmp_path / "executed")
    notebook = nbformat.read(path, 4)
    outputs = [out for one in notebook.cells for out in one.get("outputs", [])]
    explorer, problem, session, along = (out.data["text/html"] for out in outputs)

    assert explorer.count("<img") == 2
    assert 'class="only-light" alt="A window slides over the input' in explorer
    assert 'class="only-dark"' in explorer
    assert outputs[0].metadata["stridelab"]["live"] == "07-1.html"
    page = (tmp_path / "executed" / "explorers" / "07-1.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")

    assert "pad-02" in problem
    assert "<code>stridelab practice pad-02</code>" in problem
    assert not any(line in problem for line in (*deal("pad-02").solution, *deal("pad-02").hints))
    assert "<code>stridelab practice padding</code>" in session
    assert "<code>stridelab progress export FILE</code>" in along

    made = path.stat().st_mtime_ns
    builder("execute").execute_all(tmp_path, tmp_path / "executed")
    assert path.stat().st_mtime_ns == made, "nothing changed, and it was executed again"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("1 / 0", "07_test.py, cell 8 (1 / 0): ZeroDivisionError: division by zero"),
        (
            "import ipywidgets; ipywidgets.Text()",
            "07_test.py, cell 8 (import ipywidgets; ipywidgets.Text()): "
            "shows a widget that has no static face",
        ),
    ],
)
def test_what_goes_wrong_is_named(builder: Builder, tmp_path: Path, code: str, said: str) -> None:
    head, _, _ = LESSON.partition("sl.practice.take_along()")
    (tmp_path / "07_test.py").write_text(head + code + "\n", encoding="utf-8")
    execute = builder("execute")
    with pytest.raises(execute.LessonError) as error:
        execute.execute_all(tmp_path, tmp_path / "executed")
    assert str(error.value) == said


def test_slides_are_made_of_tagged_cells(builder: Builder, tmp_path: Path) -> None:
    source = tmp_path / "07_test.py"
    source.write_text(LESSON, encoding="utf-8")
    lesson = builder("lessons").read_lesson(source)[0]
    cells = [
        cell("markdown", "Not shown."),
        cell("markdown", "First note.", "instructor"),
        cell("markdown", "## See [the word](glossary.md#span)\n\n$$ k < n $$", "slide"),
        cell("code", "draw()", "on-slide", outputs=(shown("<b>drawn</b>"),)),
        cell("code", "hidden()", outputs=(shown("<b>hidden</b>"),)),
        cell("markdown", "Second note.", "instructor"),
        cell("markdown", "Also *said*.", "on-slide"),
    ]
    title, slide = builder("slides").slides(lesson, cells)
    assert "<h1>A test</h1>" in title.html()
    assert "3 minutes" in title.html()
    assert title.notes[1:] == ["<p>First note.</p>\n"]
    assert slide.head == "<h2>See the word</h2>"
    assert "\\[k &lt; n\\]" in slide.said[0]
    assert slide.said[1] == "<p>Also <em>said</em>.</p>\n"
    assert slide.shown == ["<b>drawn</b>"]
    assert slide.notes == ["<p>Second note.</p>\n"]
    assert "fragment" not in slide.html()


def test_what_follows_a_title_that_asks_waits_for_a_key(builder: Builder) -> None:
    slide = builder("slides").Slide("<h2>How many?</h2>", ["<p>Three.</p>"], ["<b>3</b>"])
    assert '<div class="said fragment"><p>Three.</p></div>' in slide.html()
    assert '<div class="shown fragment"><b>3</b></div>' in slide.html()


def test_learners_pages_hold_learners_cells(builder: Builder) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[
            cell("markdown", "For the room.", "instructor"),
            cell("markdown", "## A slide", "slide"),
            cell("markdown", "A [tap](glossary.md#tap).", "on-slide"),
        ]
    )
    places = {"lessons/glossary.md": "glossary.md"}
    page = builder("website").learners(notebook, "07_test.ipynb", places)
    assert [one.source for one in page.cells] == ["A [tap](../glossary.md#tap)."]


def test_a_badge_of_another_host_becomes_words(builder: Builder) -> None:
    readme = "# T\n\n<!-- a:begin -->\n[![Launch](https://a.example/b.svg)](https://a.example)\n"
    page = builder("website").start_page("# T\n\n{{ README }}\n", readme, {"More": ["glossary"]})
    assert page.startswith("# T\n\n[Launch](https://a.example)\n\n```{toctree}")
