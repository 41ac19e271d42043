"""The lessons notice a changed formula: SAME's rule is spoiled in a copy of the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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

CHANGES = {
    "the odd cell before": ("less = total // 2", "less = total - total // 2"),
    "no max": (
        "max((same_size(size, stride) - 1) * stride + span - size, 0)",
        "(same_size(size, stride) - 1) * stride + span - size",
    ),
    "no ceiling": ("return -(-size // stride)", "return max(size // stride, 1)"),
}


def run_with(lesson: str, folder: Path, old: str, new: str) -> subprocess.CompletedProcess[str]:
    """The lesson's cells, run on a copy of the package in which `new` stands for `old`."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    axis = folder / "src" / "stridelab" / "geometry" / "axis.py"
    text = axis.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"the rule is not written as {old!r} any more"
    axis.write_text(text.replace(old, new), encoding="utf-8")
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


@pytest.mark.parametrize("lesson", ["02", "03"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_rule_makes_the_lesson_fail(tmp_path: Path, lesson: str, change: str) -> None:
    done = run_with(lesson, tmp_path, *CHANGES[change])
    assert done.returncode == 1
    assert "RAN TO THE END" not in done.stdout
    assert re.search(r'File "\d\d-[0-9a-f]{8}"', done.stderr), "it failed before its first cell"


@pytest.mark.parametrize("lesson", ["00", "01", "02", "03"])
def test_the_unchanged_rule_lets_it_pass(tmp_path: Path, lesson: str) -> None:
    done = run_with(lesson, tmp_path, "less = total // 2", "less = total // 2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("RAN TO THE END\n")
