"""README's blocks are written from the project: the badge, the example's result, the lessons."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def readme(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "course" / "build"))
    import readme

    return readme


def test_readme_is_what_it_is_written_from() -> None:
    command = [sys.executable, "course/build/readme.py", "--check"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("https://github.com/someone/course", "gh/someone/course"),
        ("https://gitlab.com/some/one/course", "gl/some%2Fone%2Fcourse"),
        ("https://git.example.org/course", "git/https%3A%2F%2Fgit.example.org%2Fcourse"),
    ],
)
def test_the_badge_comes_from_the_address(readme, address: str, target: str) -> None:
    start = "HEAD?urlpath=lab%2Ftree%2Flessons%2F00_start_here.ipynb"
    assert readme.badge(address).endswith(f"(https://mybinder.org/v2/{target}/{start})")


def test_without_an_address_none_is_guessed(readme) -> None:
    assert "://" not in readme.badge("")


def test_the_example_is_five_lines_and_its_result_is_real(readme) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    assert len([line for line in code.splitlines() if line]) == 5
    assert "(6, 7) ((0, 1), (1, 1))" in readme.example(text)
