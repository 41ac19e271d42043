"""repo2docker reads binder/ as it is meant: its Dockerfile, printed without Docker."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def dockerfile(tmp_path_factory) -> str:
    checkout = tmp_path_factory.mktemp("binder")
    shutil.copytree(ROOT / "binder", checkout / "binder")
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug"]
    done = subprocess.run(
        [*command, "--user-id", "1000", "--user-name", "jovyan", str(checkout)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout + done.stderr


def test_the_image_installs_the_pinned_course_after_the_sources_are_there(dockerfile: str) -> None:
    sources = dockerfile.index("COPY --chown=1000:1000 src/ ${REPO_DIR}/")
    install = dockerfile.index('pip install --no-cache-dir -r "binder/requirements.txt"')
    assert sources < install < dockerfile.index("RUN ./binder/postBuild")
    assert "python=3.11" in dockerfile


def test_requirements_name_the_pins_and_the_course() -> None:
    lines = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").split("\n")
    assert lines == ["--constraint ../constraints.txt", "--editable .[lab]", ""]


def test_post_build_warms_the_kernels() -> None:
    script = ROOT / "binder" / "postBuild"
    assert script.stat().st_mode & 0o111
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "stridelab warmup"
