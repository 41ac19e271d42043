"""What `import stridelab` brings in, and what works without numba; each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("numpy", "numba", "matplotlib", "ipywidgets", "anywidget", "IPython", "typer")


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def heavy_after(statement: str) -> set[str]:
    done = run(f"{statement}\nimport sys\nprint(*sys.modules)")
    assert done.returncode == 0, done.stderr
    return set(HEAVY) & set(done.stdout.split())


def test_importing_the_package_is_light() -> None:
    assert heavy_after("import stridelab") == set()
    assert heavy_after("import stridelab as sl\nsl.conv_geometry(8, 3)") == set()


def test_the_light_import_can_fail() -> None:
    """The same question finds a heavy library where one is used."""
    assert "numpy" in heavy_after("import stridelab as sl\nsl.conv2d")


def test_every_public_name_loads() -> None:
    done = run("import stridelab as sl\nfor name in sl.__all__: getattr(sl, name)")
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_is_an_error_that_offers_the_nearest() -> None:
    done = run("import stridelab as sl\nsl.conv2D")
    assert done.stderr.splitlines()[-1] == (
        "AttributeError: module 'stridelab' has no attribute 'conv2D'. Did you mean 'conv2d'?"
    )
    done = run("import stridelab as sl\nsl.torch")
    assert done.stderr.splitlines()[-1] == (
        "AttributeError: module 'stridelab' has no attribute 'torch'"
    )


def test_public_names_are_listed_before_they_are_loaded() -> None:
    done = run("import stridelab as sl\nprint(dir(sl) == sl.__all__ == sorted(sl.__all__))")
    assert (done.stdout, done.stderr) == ("True\n", "")


WITHOUT_NUMBA = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("numba", "llvmlite"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""
CONVOLVE = """
import numpy as np, stridelab as sl
for _ in range(3):
    y = sl.conv2d(np.arange(12.0).reshape(1, 3, 4, 1), np.ones((2, 2, 1, 1)))
print(y[0, ..., 0].tolist())
assert "numba" not in sys.modules
"""
EXPECTED = "[[10.0, 14.0, 18.0], [26.0, 30.0, 34.0]]\n"


def test_everything_works_without_numba_and_says_so_once() -> None:
    absent = run(WITHOUT_NUMBA + CONVOLVE)
    assert (absent.returncode, absent.stdout) == (0, EXPECTED), absent.stderr
    assert absent.stderr == (
        "StrideLab computes with NumPy alone: numba is not installed; `stridelab doctor` names the "
        "command that brings it. Results are the same.\n"
    )


def test_numba_can_be_switched_off() -> None:
    off = run("import sys" + CONVOLVE, STRIDELAB_NUMBA="0")
    assert (off.returncode, off.stdout) == (0, EXPECTED), off.stderr
    assert off.stderr.count("STRIDELAB_NUMBA=0 switches numba off") == 1


def test_no_file_names_a_machine_or_a_registry() -> None:
    root = Path(__file__).parents[1]
    files = [root / name for name in ("constraints.txt", "pyproject.toml", "Makefile", ".ci/run")]
    files += sorted((root / "binder").iterdir())
    for file in files:
        text = file.read_text(encoding="utf-8")
        for word in ("index-url", "find-links", "://pypi", "@ file"):
            assert word not in text, (file.name, word)
    pins = (root / "constraints.txt").read_text(encoding="utf-8").split()
    assert pins, "constraints.txt is empty"
    assert all(pin.count("==") == 1 for pin in pins)
