"""Writes README's marked blocks: the Binder badge, the example's result, the two tables.

    python course/build/readme.py            writes README.md
    python course/build/readme.py --check    writes nothing; exit 1 when README.md differs

The badge comes from one field, `address` in pyproject.toml's [tool.stridelab]; the result from
running README's first Python block; the tables from the headers of the lessons' sources and from
the explorers' own help.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote, urlsplit

from lessons import read_lessons

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
START = "lessons/00_start_here.ipynb"


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
    for lesson in read_lessons():
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


def written(readme: str) -> str:
    """README with its blocks as they should be."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    blocks = {
        "badge": badge(project["tool"]["stridelab"]["address"]),
        "example": example(readme),
        "lessons": table(),
        "explorers": explorers(),
    }
    for name, text in blocks.items():
        begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
        before, _, rest = readme.partition(begin)
        _, _, after = rest.partition(end)
        readme = f"{before}{begin}\n{text}\n{end}{after}"
    return readme


def main(arguments: list[str]) -> int:
    """Writes or checks README; returns the exit status."""
    old = README.read_text(encoding="utf-8")
    new = written(old)
    if "--check" in arguments:
        if old != new:
            print("README.md differs from what it is written from; run: make readme")
        return int(old != new)
    README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
