"""Executes every lesson once, offline, for the pages and the slides that are made of it.

    python course/build/execute.py            executes what changed

All cells of a source are executed in order, instructors' and slides' too, into
build/executed/NN_topic.ipynb; widgets are shown by their static faces (`faces`), and each explorer
gets a page of its own in build/executed/explorers. A lesson whose source, package and
builder are what they were is left alone. What a lesson records goes to a temporary folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from lessons import METADATA, ROOT, SOURCES, read_lesson

HERE = Path(__file__).resolve().parent
EXECUTED = ROOT / "build" / "executed"

#: Kernels at a time, and seconds that a cell may take.
AT_A_TIME = 2
CELL_S = 120

#: How a widget without a static face is known.
_WIDGET = "application/vnd.jupyter.widget-view+json"

Notebook = Any  # nbformat's nodes have no types


class LessonError(Exception):
    """What went wrong in which cell of which lesson."""


@cache
def _package() -> str:
    """A digest of the package and of what executes lessons."""
    digest = hashlib.sha256(sys.version.encode())
    ours = [HERE / "execute.py", HERE / "faces.py"]
    for path in sorted([*(ROOT / "src" / "stridelab").rglob("*"), *ours]):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _digest(source: Path) -> str:
    return hashlib.sha256(_package().encode() + source.read_bytes()).hexdigest()


def assemble(source: Path) -> Notebook:
    """A source's notebook with all its cells behind the opening one, not executed."""
    lesson, cells = read_lesson(source)
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    opening = make["markdown"](lesson.opening(), metadata={"tags": ["opening"]})
    rest = [
        make[cell.cell_type](cell.source, metadata={"tags": list(cell.metadata.get("tags", []))})
        for cell in cells
    ]
    notebook = nbformat.v4.new_notebook(cells=[opening, *rest], metadata=dict(METADATA))
    for position, cell in enumerate(notebook.cells):
        cell.id = f"{position:03d}"
    return notebook


def execute(source: Path, live: Path) -> Notebook:
    """The executed notebook of a source.

    Parameters
    ----------
    source : Path
        A lesson's source.
    live : Path
        Where the explorers' pages are written.

    Raises
    ------
    LessonError
        Names the lesson, the cell and what was raised in it.
    """
    notebook = assemble(source)
    faces = (
        f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        f"import faces; faces.register({source.name[:2]!r}, {str(live)!r})\n"
        "del sys, faces"
    )
    notebook.cells.insert(0, nbformat.v4.new_code_cell(faces, id="faces"))
    with tempfile.TemporaryDirectory(prefix="stridelab-") as folder:
        client = NotebookClient(
            notebook,
            timeout=CELL_S,
            kernel_name="python3",
            store_widget_state=False,
            extra_arguments=["--log-level=ERROR"],  # else each says that it listens on this machine
            resources={"metadata": {"path": folder}},
        )
        try:
            asyncio.run(client.async_execute(env=os.environ | {"STRIDELAB_DATA": folder}))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise LessonError(_failed(source, notebook, error)) from None
    del notebook.cells[0]
    _tidy(source, notebook)
    return notebook


def _failed(source: Path, notebook: Notebook, error: Exception) -> str:
    """Where it failed: the last cell that was begun."""
    begun = [
        position
        for position, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and "execution" in cell.metadata
    ]
    said = f"{error.ename}: {error.evalue}" if hasattr(error, "ename") else str(error)
    return f"{_place(source, notebook, begun[-1] if begun else 0, first=0)}: {said}"


def _place(source: Path, notebook: Notebook, position: int, first: int = 1) -> str:
    lines = notebook.cells[position].source.splitlines() or [""]
    return f"{source.name}, cell {position + first} ({lines[0]})"


def _tidy(source: Path, notebook: Notebook) -> None:
    """Leaves out what no page shows; refuses what no page can show."""
    for position, cell in enumerate(notebook.cells):
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if _WIDGET in output.get("data", {}):
                place = _place(source, notebook, position)
                raise LessonError(f"{place}: shows a widget that has no static face")
        if cell.cell_type == "code":  # what is said there while kernels compile, and the like
            cell.outputs = [one for one in cell.outputs if one.get("name") != "stderr"]


def execute_all(sources: Path = SOURCES, target: Path = EXECUTED) -> list[Path]:
    """All executed notebooks in order, made anew where something changed."""
    live = target / "explorers"
    live.mkdir(parents=True, exist_ok=True)
    found = sorted(sources.glob("[0-9][0-9]_*.py"))
    made = [target / f"{source.stem}.ipynb" for source in found]
    for stale in set(target.glob("*.ipynb")) - set(made):
        stale.unlink()

    def refresh(source: Path, path: Path) -> str:
        """What went wrong; nothing where nothing did."""
        digest = _digest(source)
        if path.is_file() and nbformat.read(path, 4).metadata.get("digest") == digest:
            return ""
        for page in live.glob(f"{source.name[:2]}-*.html"):
            page.unlink()
        try:
            notebook = execute(source, live)
        except LessonError as error:
            return str(error)
        notebook.metadata["digest"] = digest
        nbformat.write(notebook, path)
        print(f"executed {source.name}", flush=True)
        return ""

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        troubles = [trouble for trouble in pool.map(refresh, found, made) if trouble]
    if troubles:
        raise LessonError("\n".join(troubles))
    return made


def main() -> int:
    try:
        execute_all()
    except LessonError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
