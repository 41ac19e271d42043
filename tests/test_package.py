"""The wheel: what it carries, and that it works in a folder where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_it_carries_lessons_and_the_stage_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    lessons = {f"stridelab/lessons/{file.name}" for file in (ROOT / "lessons").iterdir()}
    assert lessons
    assert lessons <= names
    assert {"stridelab/explorers/stage.js", "stridelab/explorers/stage.css"} <= names
    assert any(name.endswith("overrides.d/stridelab.json") for name in names)
    assert not [name for name in names if "test" in name.lower()]


def test_it_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        "from pathlib import Path; import stridelab; from stridelab import lab\n"
        f"assert Path(stridelab.__file__).is_relative_to({str(site)!r}), stridelab.__file__\n"
        "print(sorted(each.name for each in lab.copy_lessons(Path('my-lessons')))[0])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "00_start_here.ipynb\n"), done.stderr
    assert (tmp_path / "my-lessons" / "00_start_here.ipynb").exists()
