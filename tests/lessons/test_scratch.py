"""The lessons notice a changed formula: a rule is spoiled in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lessons.expected import EXPECTED

ROOT = Path(__file__).resolve().parents[2]

RUN = """
import json, sys
import stridelab

if not stridelab.__file__.startswith(sys.argv[2]):
    sys.exit("the copy was not imported")
namespace = {"__name__": "__main__"}
with open(sys.argv[1], encoding="utf-8") as file:
    cells = json.load(file)["cells"]
for cell in cells:
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), cell["id"], "exec"), namespace)
print("RAN TO THE END")
"""


def run_with(
    lesson: str, folder: Path, file: str, old: str, new: str
) -> subprocess.CompletedProcess[str]:
    """The lesson's cells, run on a copy of the package in which `new` stands for `old`."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    rule = folder / "src" / "stridelab" / file
    text = rule.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"the rule is not written as {old!r} any more"
    rule.write_text(text.replace(old, new), encoding="utf-8")
    settings = {"PYTHONPATH": str(folder / "src"), "STRIDELAB_NUMBA": "0", "MPLBACKEND": "agg"}
    notebook = next((ROOT / "lessons").glob(f"{lesson}_*.ipynb"))
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", RUN, str(notebook), str(folder)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


SPOILED = [
    pytest.param(lesson, *change, marks=() if lesson == "02" else pytest.mark.slow)
    for lesson, each in EXPECTED.items()
    for change in each.SPOILED
]


@pytest.mark.parametrize(("lesson", "file", "old", "new"), SPOILED)
def test_a_changed_rule_makes_the_lesson_fail(
    tmp_path: Path, lesson: str, file: str, old: str, new: str
) -> None:
    done = run_with(lesson, tmp_path, file, old, new)
    assert done.returncode == 1
    assert "RAN TO THE END" not in done.stdout
    assert re.search(r'File "\d\d-[0-9a-f]{8}"', done.stderr), "it failed before its first cell"


def test_the_unchanged_rule_lets_it_pass(tmp_path: Path) -> None:
    """One lesson is enough: nbval runs all of them without numba, too."""
    rule = "less = total // 2"
    done = run_with("02", tmp_path, "geometry/axis.py", rule, rule)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("RAN TO THE END\n")


def test_every_lesson_that_teaches_a_rule_has_one_spoiled() -> None:
    assert [lesson for lesson, each in EXPECTED.items() if not each.SPOILED] == ["00"]
