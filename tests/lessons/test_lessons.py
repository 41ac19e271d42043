"""Every built lesson is clean, whole and true to its source; a spoiled one is found out."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest

from stridelab.practice.bank import Problem, problem
from stridelab.practice.sessions import form

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = [path.name[:2] for path in sorted((ROOT / "course" / "lessons").glob("[0-9]*.py"))]

MOST_LINES = 12
BANNED = re.compile(r"\b(simply|obviously|just)\b", re.IGNORECASE)
LIST = re.compile(r"\S[^\n]*\n *(\d+[.)]|[+*])\s").search
LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")

Notebook = dict[str, Any]


def sources(notebook: Notebook, kind: str = "code", tag: str | None = None) -> list[str]:
    return [
        "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["cell_type"] == kind and (tag is None or tag in cell["metadata"].get("tags", []))
    ]


def headings() -> set[str]:
    """The glossary's anchors."""
    text = (ROOT / "lessons" / "glossary.md").read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {"#" + title.strip().lower().replace(" ", "-") for title in titles}


def links(text: str) -> list[str]:
    """Links that lead nowhere."""
    anchors = headings()
    return [
        file + anchor
        for file, anchor in LINK.findall(text)
        if not (ROOT / "lessons" / file).is_file()
        or (anchor and (file != "glossary.md" or anchor not in anchors))
    ]


def assertions(code: str) -> int:
    return sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(code)))


def faults(notebook: Notebook) -> list[str]:
    """All that a lesson lacks or should not have."""
    code, prose = sources(notebook), sources(notebook, "markdown")
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    opening, recap = (
        sources(notebook, "markdown", "opening"),
        sources(notebook, "markdown", "recap"),
    )
    promised = ("**Minutes:**", "**You need**", "**You will**", "**Afterwards you can**")
    predictions = [
        name
        for cell in sources(notebook, tag="prediction")
        for name in re.findall(r"^(my_\w+) = None", cell, re.MULTILINE)
    ]
    widgets = re.findall(r"^(\w+) = sl\.explore\.", "\n".join(code), re.MULTILINE)
    found = {
        "has no assertion": not any(map(assertions, code)),
        "has outputs": any(cell["outputs"] for cell in cells),
        "has execution counts": any(cell["execution_count"] is not None for cell in cells),
        "lacks its opening": not opening or not all(part in opening[0] for part in promised),
        "lacks a question": not any(
            "?**" in text for text in sources(notebook, "markdown", "question")
        ),
        "lacks a recap": not recap or "## Recap" not in recap[0],
        "lacks a prediction": not predictions,
        "has a prediction that nothing judges": any(
            not re.search(rf'predict\("[^"]+", {name}\)', "\n".join(code)) for name in predictions
        ),
        "lacks an explorer": not widgets,
        "has an explorer that no cell moves": any(
            not re.search(rf"^{name}\.\w+ = ", "\n".join(code), re.MULTILINE) for name in widgets
        ),
        "has a link that leads nowhere": any(map(links, prose)),
        "breaks a line where Markdown starts a list": any(map(LIST, prose)),
        "has a word that belittles": any(map(BANNED.search, prose + code)),
        "has a wall of code": any(len(text.splitlines()) > MOST_LINES for text in code),
        "shows an instructor's cell or a slide's": any(
            {"instructor", "slide"} & set(cell["metadata"].get("tags", []))
            for cell in notebook["cells"]
        ),
    }
    return [words for words, holds in found.items() if holds]


def problems_of(notebook: Notebook) -> list[Problem]:
    """The bank's problems that a lesson shows, in its order."""
    return [
        problem(name)
        for name in re.findall(
            r'^sl\.practice\.show\("([^"]+)"\)$', "\n".join(sources(notebook)), re.M
        )
    ]


@pytest.mark.parametrize("number", [number for number in NUMBERS if number != "00"])
def test_a_lesson_has_all_that_a_learner_and_an_instructor_need(
    notebooks: dict[str, Notebook], builder: ModuleType, number: str
) -> None:
    notebook = notebooks[number]
    code = "\n".join(sources(notebook))
    shown = problems_of(notebook)
    assert len({one.id for one in shown}) == len(shown) >= 6
    assert [one.difficulty for one in shown] == sorted(one.difficulty for one in shown)
    assert all(one.lesson <= number for one in shown), "a later lesson's problem"
    assert re.search(r"\bphotograph\(|stridelab\.bench", code), "no photograph, no real layer"
    further = sources(notebook, "markdown", "further")
    assert further
    assert "## Going further" in further[0]
    _, cells = builder.read_lesson(next((ROOT / "course" / "lessons").glob(f"{number}_*.py")))
    tags = [tag for cell in cells for tag in cell.metadata.get("tags", [])]
    assert tags.count("instructor") >= 3
    assert tags.count("slide") >= 5
    assert "on-slide" in tags


@pytest.mark.parametrize("number", NUMBERS)
def test_a_lesson_is_whole(notebooks: dict[str, Notebook], number: str) -> None:
    notebook = notebooks[number]
    nbformat.validate(nbformat.from_dict(notebook))
    assert faults(notebook) == []


def replaced(pattern: str, by: str) -> Callable[[Notebook], None]:
    def spoil(notebook: Notebook) -> None:
        for cell in notebook["cells"]:
            text = re.sub(pattern, by, "".join(cell["source"]), flags=re.MULTILINE)
            cell["source"] = text.splitlines(keepends=True)

    return spoil


def untagged(tag: str) -> Callable[[Notebook], None]:
    def spoil(notebook: Notebook) -> None:
        for cell in notebook["cells"]:
            if tag in cell["metadata"].get("tags", []):
                cell["metadata"] = {}

    return spoil


def run_once(notebook: Notebook) -> None:
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell["execution_count"] = 1
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "ready"}]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (replaced(r"^( *)assert .*$", r"\1pass"), "has no assertion"),
        (run_once, "has outputs"),
        (run_once, "has execution counts"),
        (untagged("opening"), "lacks its opening"),
        (untagged("question"), "lacks a question"),
        (untagged("recap"), "lacks a recap"),
        (untagged("prediction"), "lacks a prediction"),
        (replaced(r"^predict\(.*$", "pass"), "has a prediction that nothing judges"),
        (replaced(r"sl\.explore\.", "object()."), "lacks an explorer"),
        (replaced(r"^(e|parity)\.\w+ = .*$", "pass"), "has an explorer that no cell moves"),
        (replaced(r"#stride\)", "#strife)"), "has a link that leads nowhere"),
        (replaced(r"03_strides\.ipynb", "03_gone.ipynb"), "has a link that leads nowhere"),
        (replaced(r"^## Recap", "## Recap, simply"), "has a word that belittles"),
        (replaced(r"^- ", "- at stride\n  1. "), "breaks a line where Markdown starts a list"),
        (replaced(r"^import numpy.*$", "import numpy as np\n" + 12 * "\n"), "has a wall of code"),
    ],
)
def test_a_spoiled_lesson_is_found_out(
    notebooks: dict[str, Notebook], spoil: Callable[[Notebook], None], fault: str
) -> None:
    notebook = copy.deepcopy(notebooks["02"])
    spoil(notebook)
    assert fault in faults(notebook)


def test_no_lesson_shows_a_problem_of_the_tests_before_and_after(
    notebooks: dict[str, Notebook],
) -> None:
    shown = {one.id for notebook in notebooks.values() for one in problems_of(notebook)}
    assert not shown & set(form())


def test_the_glossary_links_to_itself_only() -> None:
    text = (ROOT / "course" / "glossary.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\((#[^)]+)\)", text)) <= headings()


def test_the_built_files_are_the_sources(builder: ModuleType) -> None:
    assert builder.differing(builder.build_all()) == []
    assert builder.main(["--check"]) == 0


@pytest.mark.parametrize("change", ["edited", "missing", "surplus"])
def test_a_difference_is_reported(
    builder: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: str,
) -> None:
    files = builder.build_all()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="\n")
    name = "04_gone.ipynb" if change == "surplus" else "02_padding.ipynb"
    if change == "missing":
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(files["02_padding.ipynb"] + " ", encoding="utf-8")
    monkeypatch.setattr(builder, "BUILT", tmp_path)
    monkeypatch.setattr(builder.differing, "__defaults__", (tmp_path,))

    assert builder.main(["--check"]) == 1
    assert capsys.readouterr().err == (
        f"lessons/{name} differs from its source: run `make lessons`\n"
    )
    assert builder.main([]) == 0
    assert builder.main(["--check"]) == 0


SOURCE = """\
# ---
# jupyter:
#   stridelab:
#     title: A lesson
#     minutes: 20
#     summary: What it is about.
#     needs: [nothing]
#     does: [something]
#     outcomes: [more]
# ---

# %% [markdown]
# ## The question

# %% [markdown] tags=["instructor"]
# They will ask about the odd cell.

# %% [markdown] tags=["slide"]
# ## The odd cell goes after

# %% tags=["prediction"]
my_size = None

# %% tags=["on-slide"]
my_size = None
"""


def test_a_build_is_deterministic_and_leaves_the_instructors_cells_out(
    builder: ModuleType, tmp_path: Path
) -> None:
    source = tmp_path / "07_a_lesson.py"
    source.write_text(SOURCE, encoding="utf-8")
    text = builder.build(source)
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert builder.build(source) == text
    assert "odd cell" not in text
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "markdown", "code", "code"]
    assert notebook.cells[0].source.startswith("# 07 · A lesson\n\nWhat it is about.\n")
    assert len({cell.id for cell in notebook.cells}) == 4
    assert builder.read_lesson(source)[0].notebook == "07_a_lesson.ipynb"


def test_a_header_without_a_field_is_refused(builder: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "07_a_lesson.py"
    source.write_text(SOURCE.replace("#     minutes: 20\n", ""), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"^07_a_lesson\.py: the header lacks minutes$"):
        builder.build(source)


def test_lessons_take_fifteen_to_thirty_five_minutes(builder: ModuleType) -> None:
    minutes = {lesson.number: lesson.minutes for lesson in builder.read_lessons()}
    assert minutes.pop("00") == 2
    assert minutes
    assert all(15 <= time <= 35 for time in minutes.values())
