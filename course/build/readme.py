"""Writes the marked blocks of README and of the syllabus.

    python course/build/readme.py            writes README.md and course/syllabus.md
    python course/build/readme.py --check    writes nothing; exit 1 when one of them differs

README's badge comes from one field, `address` in pyproject.toml's [tool.stridelab]; its result from
running its first Python block; its tables from the headers of the lessons' sources and from the
explorers' own help. The syllabus' tables come from the same headers, from the problems that the
lessons show, and from `PATHS`.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote, urlsplit

from lessons import Lesson, read_lesson, read_lessons

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
SYLLABUS = ROOT / "course" / "syllabus.md"
START = "lessons/00_start_here.ipynb"

#: The ways through the course that the syllabus describes: name to the lessons' numbers.
PATHS = {
    "porting models": ("00", "01", "02", "03", "04", "05", "06", "07", "13"),
    "speed": ("00", "01", "02", "03", "05", "10", "11", "12"),
    "teaching": ("00", "01", "02", "03", "04", "07", "08", "09", "13"),
}

#: The lessons, read once.
_lessons = functools.cache(read_lessons)


def badge(address: str) -> str:
    """The Binder badge of a public address; without one, how to launch from one's own copy.

    >>> print(badge("https://github.com/someone/course"))
    [![Launch the course on Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/\
gh/someone/course/HEAD?urlpath=lab%2Ftree%2Flessons%2F00_start_here.ipynb)
    """
    path = f"urlpath={quote(f'lab/tree/{START}', safe='')}"
    if not address:
        return (
            "**On Binder**, without installing: the repository is ready for it (`binder/`). Give "
            f"your copy's public address to any BinderHub and open it with `?{path}`. Binder "
            "forgets your work when it ends; download a notebook that you want to keep."
        )
    parts = urlsplit(address)
    owner_and_name = parts.path.strip("/")
    hosts = {"github.com": f"gh/{owner_and_name}", "gitlab.com": f"gl/{quote(owner_and_name, '')}"}
    target = hosts.get(parts.netloc, f"git/{quote(address, '')}")
    url = f"https://mybinder.org/v2/{target}/HEAD?{path}"
    return f"[![Launch the course on Binder](https://mybinder.org/badge_logo.svg)]({url})"


def example(readme: str) -> str:
    """What README's first Python block prints, run now."""
    code = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code[1], "README.md", "exec"), {"__name__": "readme"})
    return f"```text\n{printed.getvalue()}```"


def table() -> str:
    """The lessons: number and title, minutes, one line."""
    rows = ["| lesson | minutes | what it shows |", "|---|---|---|"]
    for lesson in _lessons():
        link = f"[{lesson.number} · {lesson.title}](lessons/{lesson.notebook})"
        rows.append(f"| {link} | {lesson.minutes} | {lesson.summary} |")
    return "\n".join(rows)


def explorers() -> str:
    """The explorers: how each is called, and the first sentence of its help."""
    from stridelab.explorers import explore

    rows = ["| explorer | what it shows |", "|---|---|"]
    for name in explore.__all__:
        sentence = " ".join(getattr(explore, name).__doc__.split("\n\n")[0].split())
        rows.append(f"| `sl.explore.{name}()` | {sentence} |")
    return "\n".join(rows)


@functools.cache
def problem_minutes(lesson: Lesson) -> int:
    """What the problems that a lesson shows take together, by the bank's own estimates."""
    from stridelab.practice.bank import problem

    cells = read_lesson(lesson.source)[1]
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    shown = re.findall(r'^sl\.practice\.show\("([^"]+)"\)$', code, re.MULTILINE)
    return sum(problem(name).minutes for name in shown)


def outcomes() -> str:
    """The lessons: minutes, minutes of their problems, and what a learner can do afterwards."""
    rows = ["| lesson | minutes | and its problems | afterwards you can |", "|---|---|---|---|"]
    lessons = _lessons()
    for lesson in lessons:
        link = f"[{lesson.number} · {lesson.title}](../lessons/{lesson.notebook})"
        can = " ".join(lesson.outcomes)
        rows.append(f"| {link} | {lesson.minutes} | {problem_minutes(lesson)} | {can} |")
    rows.append(f"| all {len(lessons)} | {_minutes(lessons)} | {_problem_minutes(lessons)} | |")
    return "\n".join(rows)


def paths() -> str:
    """The ways through the course: their lessons, and what these take."""
    rows = ["| path | lessons | minutes | and their problems |", "|---|---|---|---|"]
    lessons = _lessons()
    for name, numbers in PATHS.items():
        taken = [lesson for lesson in lessons if lesson.number in numbers]
        links = (f"[{lesson.number}](../lessons/{lesson.notebook})" for lesson in taken)
        minutes = f"{_minutes(taken)} | {_problem_minutes(taken)}"
        rows.append(f"| {name} | {', '.join(links)} | {minutes} |")
    return "\n".join(rows)


def _minutes(lessons: list[Lesson]) -> int:
    return sum(lesson.minutes for lesson in lessons)


def _problem_minutes(lessons: list[Lesson]) -> int:
    return sum(map(problem_minutes, lessons))


def filled(text: str, blocks: dict[str, str]) -> str:
    """The text with its marked blocks as they should be.

    >>> filled("<!-- a:begin -->old<!-- a:end -->.", {"a": "new"})
    '<!-- a:begin -->\\nnew\\n<!-- a:end -->.'
    """
    for name, block in blocks.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        if not 0 <= text.find(begin) < text.find(end):
            raise SystemExit(f"there is no block {begin} … {end} to write")
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n{block}\n{end}{after}"
    return text


def written() -> dict[Path, str]:
    """Both files with their blocks as they should be."""
    readme = README.read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    in_readme = {
        "badge": badge(project["tool"]["stridelab"]["address"]),
        "example": example(readme),
        "lessons": table(),
        "explorers": explorers(),
    }
    syllabus = SYLLABUS.read_text(encoding="utf-8")
    in_syllabus = {"lessons": outcomes(), "paths": paths()}
    return {README: filled(readme, in_readme), SYLLABUS: filled(syllabus, in_syllabus)}


def main(arguments: list[str]) -> int:
    """Writes or checks both files; returns the exit status."""
    stale = {
        file: text for file, text in written().items() if file.read_text(encoding="utf-8") != text
    }
    if "--check" in arguments:
        for file in stale:
            name = file.relative_to(ROOT).as_posix()
            print(f"{name} differs from what it is written from; run: make readme")
        return int(bool(stale))
    for file, text in stale.items():
        file.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
