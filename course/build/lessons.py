"""Builds the learners' notebooks in lessons/ from their sources in course/lessons.

    python course/build/lessons.py            writes what differs
    python course/build/lessons.py --check    writes nothing; exit 1 when a built file differs

A source is a jupytext py:percent file. What the course says about a lesson stands once, in the
header of its source, and nowhere else; README's table, the tests and the opening cell of the
notebook are all written from it::

    # ---
    # jupyter:
    #   stridelab:
    #     title: Padding
    #     minutes: 30
    #     summary: One line for README's table.
    #     needs: [What you need, one line each]
    #     does: [What you will do]
    #     outcomes: [What you will be able to do]
    # ---

`read_lessons` gives these as `Lesson` objects, in order. Tags on cells:

- `question`; `prediction` (a code cell whose one variable is None); `recap`; `further`;
- `instructor`: a note that learners' notebooks do not show;
- `slide`: the text of one slide, which learners' notebooks do not show either;
- `on-slide`: a learner's cell that the slide before it shows too: its text, or what its code shows.

A build is deterministic: a cell's id comes from its position and its text; there are no outputs
and no execution counts. The glossary, course/glossary.md, is copied beside the notebooks, so that
their links reach it wherever they are copied, the wheel included.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "course" / "lessons"
GLOSSARY = ROOT / "course" / "glossary.md"
BUILT = ROOT / "lessons"

#: Cells with one of these tags are for the room, not for a learner's notebook.
NOT_SHOWN = {"instructor", "slide"}

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True)
class Lesson:
    """What the header of a source says about its lesson."""

    source: Path
    title: str
    minutes: int
    summary: str
    needs: tuple[str, ...]
    does: tuple[str, ...]
    outcomes: tuple[str, ...]

    @property
    def number(self) -> str:
        """The two digits that order the lessons: ``02``."""
        return self.source.name[:2]

    @property
    def notebook(self) -> str:
        """The built file's name: ``02_padding.ipynb``."""
        return f"{self.source.stem}.ipynb"

    def opening(self) -> str:
        """The notebook's first cell: title, minutes, and what the learner can expect."""
        blocks = [
            f"# {self.number} · {self.title}",
            self.summary,
            f"**Minutes:** {self.minutes}",
            _listed("You need", self.needs),
            _listed("You will", self.does),
            _listed("Afterwards you can", self.outcomes),
            "A new word is **bold** where it is defined and links to the [glossary](glossary.md).",
        ]
        return "\n\n".join(blocks)


def _listed(title: str, lines: tuple[str, ...]) -> str:
    return "\n".join([f"**{title}**", "", *(f"- {line}" for line in lines)])


def _lesson(source: Path, header: dict[str, Any]) -> Lesson:
    fields = ("title", "minutes", "summary", "needs", "does", "outcomes")
    missing = [field for field in fields if not header.get(field)]
    if missing:
        raise SystemExit(f"{source.name}: the header lacks {', '.join(missing)}")
    values = {field: header[field] for field in fields}
    lists = {field: tuple(values.pop(field)) for field in ("needs", "does", "outcomes")}
    return Lesson(source, **values, **lists)


def read_lesson(source: Path) -> tuple[Lesson, list[dict[str, Any]]]:
    """The lesson and its cells as a source states them, instructors' cells included."""
    notebook = jupytext.read(source, fmt="py:percent")
    return _lesson(source, notebook.metadata.get("stridelab", {})), notebook.cells


def read_lessons(sources: Path = SOURCES) -> list[Lesson]:
    """All lessons in their order."""
    return [read_lesson(source)[0] for source in sorted(sources.glob("[0-9][0-9]_*.py"))]


def build(source: Path) -> str:
    """The notebook of one source, as the text of its file."""
    lesson, cells = read_lesson(source)
    shown = [_cell("markdown", lesson.opening(), ["opening"])]
    for cell in cells:
        tags = list(cell.metadata.get("tags", []))
        if not NOT_SHOWN & set(tags):
            shown.append(_cell(cell.cell_type, cell.source, tags))
    for position, cell in enumerate(shown):
        digest = hashlib.sha256("".join(cell["source"]).encode()).hexdigest()
        cell["id"] = f"{position:02d}-{digest[:8]}"
    notebook = {"cells": shown, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _cell(kind: str, text: str, tags: list[str]) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "metadata": {"tags": tags} if tags else {},
        "source": text.splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def build_all(sources: Path = SOURCES, glossary: Path = GLOSSARY) -> dict[str, str]:
    """Every file that lessons/ holds: name to text."""
    files = {f"{path.stem}.ipynb": build(path) for path in sorted(sources.glob("[0-9][0-9]_*.py"))}
    return files | {"glossary.md": glossary.read_text(encoding="utf-8")}


def differing(files: dict[str, str], built: Path = BUILT) -> list[str]:
    """The names in `built` that are missing, differ, or have no source."""
    names = {path.name for path in built.iterdir() if path.is_file()} if built.is_dir() else set()
    stale = [
        name
        for name, text in files.items()
        if name not in names or (built / name).read_text(encoding="utf-8") != text
    ]
    return sorted([*stale, *(names - set(files))])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build lessons/ from course/lessons.")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when files differ")
    check = parser.parse_args(arguments).check
    files = build_all()
    stale = differing(files)
    for name in stale:
        if check:
            print(f"lessons/{name} differs from its source: run `make lessons`", file=sys.stderr)
        elif name in files:
            BUILT.mkdir(exist_ok=True)
            (BUILT / name).write_text(files[name], encoding="utf-8", newline="\n")
            print(f"lessons/{name}")
        else:
            (BUILT / name).unlink()
            print(f"lessons/{name} removed: it has no source")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
