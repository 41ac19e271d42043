"""The two commands of README's first screen, as far as they go without installing anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},  # nothing of a `make test` that runs this
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ([], "stridelab lab --port 8888"),
        (["PORT=8899", "OPEN=0"], "stridelab lab --port 8899 --no-open"),
    ],
)
def test_lab_hands_its_variables_on(tmp_path: Path, arguments: list[str], command: str) -> None:
    venv = tmp_path / "venv"
    planned = make("-n", "lab", f"VENV={venv}", *arguments).stdout.splitlines()
    assert planned[-1].strip() == f"{venv}/bin/{command}"


def test_an_old_python_is_named_kindly(tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\n', encoding="utf-8")
    old.chmod(0o755)
    done = make("lab", f"VENV={tmp_path / 'venv'}", f"PYTHON={old}")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        f"StrideLab needs Python 3.11 or later; {old} is Python 3.9.2. "
        "Name another: make lab PYTHON=python3.12"
    )
    assert not (tmp_path / "venv").exists()


def test_help_names_every_command() -> None:
    text = make("help").stdout
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = makefile.split(".PHONY: ")[1].splitlines()[0].split()
    named = {line.split()[1] for line in text.splitlines()}
    assert named == set(phony) - {"help"}


def test_wheelhouse_gathers_what_learners_install(tmp_path: Path) -> None:
    """At the versions that are tested, for `pip install --no-index`; nothing is left of before."""
    venv = tmp_path / "venv"
    planned = make("-n", "wheelhouse", f"VENV={venv}").stdout.splitlines()
    assert [line.strip() for line in planned[-3:]] == [
        "rm -rf build/wheelhouse",
        f"{venv}/bin/python -m pip --disable-pip-version-check wheel "
        '--constraint constraints.txt --wheel-dir build/wheelhouse ".[lab]"',
        f"{venv}/bin/python course/build/wheelhouse.py build/wheelhouse",
    ]


def test_wheelhouse_says_how_to_install_from_it(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    command = [sys.executable, "course/build/wheelhouse.py", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    line = f"{folder} must hold one wheel of StrideLab; it holds 0.\n"
    assert (done.returncode, done.stderr) == (1, line)
    for name in ("stridelab-0.1.0-py3-none-any.whl", "numpy-2.whl"):
        (folder / name).write_bytes(bytes(2_000_000))
    assert subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0
    text = (folder / "README.txt").read_text(encoding="utf-8")
    assert "2 wheels, 4 MB" in text
    assert f"fit CPython {'.'.join(map(str, sys.version_info[:2]))} on" in text
    assert text.count('pip install --no-index --find-links wheels "stridelab[lab]"') == 2
    assert max(map(len, text.splitlines())) <= 100


def test_cheatsheet_is_built_by_its_script(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    planned = make("-n", "cheatsheet", f"VENV={venv}").stdout.splitlines()
    assert planned[-1].strip() == f"{venv}/bin/python course/build/cheatsheet.py"
