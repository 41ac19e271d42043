"""Writes the README.txt of a folder of wheels: whom it serves, and how to install from it.

    python course/build/wheelhouse.py build/wheelhouse

`make wheelhouse` gathers the wheels and calls this. Compiled wheels serve one Python and one system
only, so the file names both.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

TEXT = """\
StrideLab without a network
===========================

This folder holds StrideLab, JupyterLab and all that they need: {count} wheels, {size} MB.
They fit {python} on {system}. Machines with another Python version or
another system need a folder of their own: run `make wheelhouse` on one of them.

Copy the folder to each machine. In the folder that then holds `{folder}`:

Linux, macOS
    {executable} -m venv stridelab-env
    stridelab-env/bin/pip install --no-index --find-links {folder} "stridelab[lab]"
    stridelab-env/bin/stridelab doctor --classroom
    stridelab-env/bin/stridelab lab

Windows
    py -{version} -m venv stridelab-env
    stridelab-env\\Scripts\\pip install --no-index --find-links {folder} "stridelab[lab]"
    stridelab-env\\Scripts\\stridelab doctor --classroom
    stridelab-env\\Scripts\\stridelab lab

`doctor --classroom` takes some minutes the first time, since it compiles the kernels once. It
ends in "Ready for the workshop.", or in what to do.
"""


def readme(folder: Path) -> str:
    """What README.txt says of a folder of wheels.

    Raises
    ------
    SystemExit
        Where StrideLab's own wheel is not there, or there are several.
    """
    wheels = sorted(folder.glob("*.whl"))
    own = [wheel.name for wheel in wheels if wheel.name.startswith("stridelab-")]
    if len(own) != 1:
        raise SystemExit(f"{folder} must hold one wheel of StrideLab; it holds {len(own)}.")
    version = ".".join(map(str, sys.version_info[:2]))
    return TEXT.format(
        count=len(wheels),
        size=round(sum(wheel.stat().st_size for wheel in wheels) / 1e6),
        python=f"{platform.python_implementation()} {version}",
        system=f"{platform.system()} ({platform.machine()})",
        folder=folder.name,
        executable=f"python{version}",
        version=version,
    )


def main(arguments: list[str]) -> int:
    """Writes the file; returns the exit status."""
    folder = Path(arguments[0])
    (folder / "README.txt").write_text(readme(folder), encoding="utf-8")
    print(f"{folder}: copy it to each machine; its README.txt says how to install from it.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
