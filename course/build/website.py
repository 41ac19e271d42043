"""Builds the course's site: build/site/html, which opens from disk and asks no other host.

    python course/build/website.py

The lessons are executed once (`execute`) and shown as learners see them, without instructors'
notes and slides. The start page is written from README, the reference from the docstrings, all
else from the Markdown files where it stands. Sphinx (course/site/conf.py) makes pages of it, and a
warning of it is an error here.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import files
from inspect import cleandoc
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
from execute import EXECUTED, LessonError, execute_all
from reference import write_reference
from sphinx.cmd.build import build_main

from lessons import NOT_SHOWN, ROOT
from stridelab.theme.palette import css_variables

SITE = ROOT / "build" / "site"

#: The pages that are files of the repository, by the heading that they stand under.
PAGES = {
    "Learning": {
        "glossary": "course/glossary.md",
        "cheatsheet": "course/cheatsheet.md",
        "misconceptions": "course/misconceptions.md",
    },
    "Teaching": {
        "syllabus": "course/syllabus.md",
        "instructor_guide": "course/instructor_guide.md",
    },
    "Reference": {"benchmark": "course/benchmark.md"},
    "Project": {"contributing": "CONTRIBUTING.md", "changelog": "CHANGELOG.md"},
}

_LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)")
_BADGE = re.compile(r"\[!\[([^\]]*)\]\(https?:[^)]*\)\]")


def relinked(text: str, origin: str, page: str, places: Mapping[str, str]) -> str:
    """A text's links as they are on the site; what the site does not hold is no link there.

    Parameters
    ----------
    text : str
        Markdown.
    origin, page : str
        Where it stands in the repository and on the site: ``course/syllabus.md``, ``syllabus.md``.
    places : mapping
        The files that the site holds: their places in the repository and on the site.

    >>> places = {"lessons/glossary.md": "glossary.md"}
    >>> relinked("[tap](glossary.md#tap)", "lessons/02.ipynb", "lessons/02.ipynb", places)
    '[tap](../glossary.md#tap)'
    >>> relinked("See [LICENSE](LICENSE).", "README.md", "index.md", places)
    'See LICENSE.'
    """

    def link(match: re.Match[str]) -> str:
        target, hash_, anchor = match["target"].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return match[0]
        file = os.path.normpath(PurePosixPath(origin).parent / target)
        if file in places:
            there = os.path.relpath(places[file], PurePosixPath(page).parent)
            return f"{match['image']}[{match['text']}]({there}{hash_}{anchor})"
        return match["text"] if (ROOT / file).exists() else match[0]  # else Sphinx says so

    return _LINK.sub(link, text)


def readme_parts(readme: str) -> dict[str, str]:
    """README by its headings; the empty one is what stands between its title and the first.

    >>> readme_parts("# T\\n\\nHello.\\n\\n## How\\n\\nSo.\\n")
    {'': 'Hello.', 'How': 'So.'}
    """
    first, *rest = re.split(r"^## ", readme, flags=re.MULTILINE)
    parts = {"": first.partition("\n")[2].strip()}
    for part in rest:
        title, _, text = part.partition("\n")
        parts[title.strip()] = text.strip()
    return parts


def start_page(template: str, readme: str, groups: Mapping[str, Iterable[str]]) -> str:
    """The start page: course/site/index.md with README's parts in it, and all pages behind it."""
    parts = readme_parts(re.sub(r"<!--.*?-->\n?", "", readme))
    text = re.sub(r"\{\{ README(?:: (.+?))? \}\}", lambda match: parts[match[1] or ""], template)
    trees = [
        "\n".join(["```{toctree}", ":hidden:", f":caption: {title}", "", *pages, "```"])
        for title, pages in groups.items()
    ]
    return "\n\n".join([_BADGE.sub(r"[\1]", text.strip()), *trees]) + "\n"


def learners(notebook: Any, name: str, places: Mapping[str, str]) -> Any:
    """An executed lesson as its page: learners' cells, and its live page beneath an explorer."""
    notebook.cells = [
        cell for cell in notebook.cells if not NOT_SHOWN & set(cell.metadata.get("tags", []))
    ]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = relinked(cell.source, f"lessons/{name}", f"lessons/{name}", places)
        for output in cell.get("outputs", []):
            ours = output.get("metadata", {}).get("stridelab", {})
            if "live" in ours:
                output["data"]["text/html"] += _live(ours["live"], ours["title"])
    return notebook


def _live(page: str, title: str) -> str:
    """The folded frame of an explorer that moves; it is loaded when it is opened."""
    return (
        f'<details class="sl-live"><summary>Move it here, without Python</summary>'
        f'<iframe loading="lazy" title="{title}, to move" src="../_static/explorers/{page}">'
        f"</iframe></details>"
    )


def mathjax() -> Path:
    """MathJax as one file that needs no other: formulas as SVG."""
    found = [file for file in files("sphinx-mathjax-offline") or [] if file.name == "tex-svg.js"]
    return Path(str(found[0].locate()))


def colours(dark: str = "@media (prefers-color-scheme: dark)") -> str:
    """The theme's colours as CSS: the page's own choice, else the reader's preference."""
    return cleandoc(f"""
        body {{ {css_variables("light")} }}
        {dark} {{ body:not([data-theme="light"]) {{ {css_variables("dark")} }} }}
        body[data-theme="dark"] {{ {css_variables("dark")} }}
    """)


def assemble(source: Path, lessons: list[Path]) -> None:
    """Lays out what Sphinx reads: the project's files, the lessons and all other pages."""
    shutil.copytree(ROOT / "course" / "site", source)
    static = source / "_static"
    (static / "mathjax").mkdir()
    shutil.copy(mathjax(), static / "mathjax")
    shutil.copytree(EXECUTED / "explorers", static / "explorers")
    (static / "colours.css").write_text(colours(), encoding="utf-8")
    shutil.copytree(ROOT / "course" / "images", source / "images")

    pages = {
        title: {name: file for name, file in group.items() if (ROOT / file).is_file()}
        for title, group in PAGES.items()
    }
    places = {"README.md": "index.md", "lessons/glossary.md": "glossary.md"}
    places |= {file: f"{name}.md" for group in pages.values() for name, file in group.items()}
    for path in lessons:
        places[f"lessons/{path.name}"] = f"lessons/{path.name}"
        places[f"course/lessons/{path.stem}.py"] = f"lessons/{path.name}"
    for path in (ROOT / "course" / "images").iterdir():
        places[f"course/images/{path.name}"] = f"images/{path.name}"

    (source / "lessons").mkdir()
    for path in lessons:
        notebook = learners(nbformat.read(path, 4), path.name, places)
        nbformat.write(notebook, source / "lessons" / path.name)
    for group in pages.values():
        for name, file in group.items():
            text = (ROOT / file).read_text(encoding="utf-8")
            page = relinked(text, file, f"{name}.md", places)
            (source / f"{name}.md").write_text(page, encoding="utf-8")

    groups = {"Lessons": [f"lessons/{path.stem}" for path in lessons]}
    groups |= {title: list(group) for title, group in pages.items()}
    groups["Reference"] = [*write_reference(source), *groups["Reference"]]
    index, readme = source / "index.md", (ROOT / "README.md").read_text(encoding="utf-8")
    text = start_page(index.read_text(encoding="utf-8"), readme, groups)
    index.write_text(relinked(text, "README.md", "index.md", places), encoding="utf-8")


def build(target: Path, lessons: list[Path]) -> int:
    """Builds the site of executed lessons into a folder, from nothing; Sphinx' exit status."""
    shutil.rmtree(target, ignore_errors=True)
    assemble(target / "source", lessons)
    places = [str(target / part) for part in ("source", "html")]
    doctrees = ["-d", str(target / "doctrees")]
    return build_main(["-q", "-W", "--keep-going", "-j", "2", "-b", "html", *doctrees, *places])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the course's site.")
    parser.add_argument("--to", type=Path, default=SITE, help="the folder (build/site)")
    target = parser.parse_args(arguments).to
    try:
        status = build(target, execute_all())
    except LessonError as error:
        print(error, file=sys.stderr)
        return 1
    print(target / "html" / "index.html")
    return status


if __name__ == "__main__":
    raise SystemExit(main())
