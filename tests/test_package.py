"""The wheel: what it carries, and that it works in a folder where there is no checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
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
    lessons = {f"stridelab/lessons/{file.name}" for file in (ROOT / "lessons").glob("*.ipynb")}
    assert len(lessons) >= 4
    assert lessons <= names
    sources = (ROOT / "src").rglob("*.*")
    kinds = {".py", ".js", ".css", ".toml", ".json", ".mplstyle"}
    needed = {file.relative_to(ROOT / "src").as_posix() for file in sources if file.suffix in kinds}
    assert "stridelab/explorers/stage_js/stage.js" in needed <= names
    top = {name.split("/")[0] for name in names}
    assert {name.split("-")[0] for name in top} == {"stridelab"}
    assert not [name for name in names if "test" in name.lower() or "__pycache__" in name]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory) -> Path:
    """An environment with the wheel, and this one's libraries; nothing is downloaded."""
    home = tmp_path_factory.mktemp("installed") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-q", "--no-deps", "--no-index", str(wheel)], check=True)
    site = subprocess.check_output([python, "-c", "import site; print(site.getsitepackages()[0])"])
    libraries = Path(pytest.__file__).parents[1]
    Path(site.decode().strip(), "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    return python


def output(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_its_command_works_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    layer = ["32x32x3", "--filters", "32", "--kernel", "3", "--strides", "2", "--padding", "same"]
    shape = output(installed.with_name("stridelab"), "shape", *layer, folder=tmp_path)
    assert "Output shape: (16, 16, 32)\n" in shape


def test_it_has_its_lessons_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = "from stridelab import lab; lab.copy_lessons(lab.Path('mine')); print(lab.__file__)"
    file = output(installed, "-c", code, folder=tmp_path)
    assert Path(file).is_relative_to(installed.parents[1])
    copies = {file.name: file.read_bytes() for file in (tmp_path / "mine").glob("[!.]*")}
    lessons = (ROOT / "lessons").iterdir()
    assert copies == {file.name: file.read_bytes() for file in lessons if file.is_file()}


def test_it_asks_for_what_pyproject_names(installed: Path, tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["lab"]
    code = "import json; from stridelab import doctor; print(json.dumps(doctor.requirements()))"
    asked = json.loads(output(installed, "-c", code, folder=tmp_path))
    assert asked == dict(line.split(">=") for line in wanted)


def test_it_sets_jupyterlab_up_beside_the_settings_of_others(installed: Path) -> None:
    settings = installed.parents[1] / "share" / "jupyter" / "lab" / "settings"
    assert [file.name for file in settings.iterdir()] == ["overrides.d"]
    assert [file.name for file in (settings / "overrides.d").iterdir()] == ["stridelab.json"]
