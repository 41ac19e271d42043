"""What this machine has for the course, what is missing, and the command that mends it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from stridelab import ops
from stridelab.ops import machine

#: Distributions that the course runs on, and whether it needs them.
PACKAGES = {
    "stridelab": True,
    "numpy": True,
    "numba": False,
    "matplotlib": True,
    "ipykernel": True,
    "ipywidgets": True,
    "anywidget": True,
    "jupyterlab": False,
}
_REMEDIES = {
    "numba": "pip install numba  (without it NumPy computes, more slowly)",
    "jupyterlab": 'pip install "stridelab[lab]"  (to open the lessons)',
}


@dataclass(frozen=True)
class Finding:
    """One line of the report: `needed` and not `ok` makes the machine unhealthy."""

    name: str
    value: str
    ok: bool = True
    needed: bool = True
    remedy: str = ""


def findings() -> list[Finding]:
    """All lines of the report, in the order in which a person reads them."""
    return [
        Finding("Python", f"{platform.python_version()} ({sys.platform}, {platform.machine()})"),
        *(_package(name, needed) for name, needed in PACKAGES.items()),
        *_numba(),
        Finding("processor", _processor()),
        Finding("memory available", f"{machine.memory_available() / 2**30:.1f} GiB"),
        *(_setting(name) for name in ("STRIDELAB_NUMBA", "NUMBA_NUM_THREADS", "NUMBA_CACHE_DIR")),
    ]


def healthy(report: list[Finding]) -> bool:
    """Whether all that the course needs is there."""
    return all(finding.ok for finding in report if finding.needed)


def as_dicts(report: list[Finding]) -> list[dict[str, object]]:
    """The report as plain data: what ``stridelab doctor --json`` prints."""
    return [asdict(finding) for finding in report]


def _package(name: str, needed: bool) -> Finding:
    try:
        return Finding(name, importlib.metadata.version(name), needed=needed)
    except importlib.metadata.PackageNotFoundError:
        remedy = _REMEDIES.get(name, f"pip install {name}")
        return Finding(name, "missing", ok=False, needed=needed, remedy=remedy)


def _numba() -> list[Finding]:
    missing = machine.numba_missing()
    if missing:
        return [Finding("kernels", "NumPy only", ok=False, needed=False, remedy=missing)]
    import numba

    layers = machine.threading_layers()
    unsafe = layers[:1] == ("workqueue",)
    seconds = sum(taken for _, taken in ops.warmup())
    return [
        Finding(
            "threading layer",
            layers[0] if layers else "none",
            ok=not unsafe,
            needed=False,
            remedy="pip install tbb  (workqueue ends Python when two threads enter it)"
            if unsafe
            else "",
        ),
        Finding("threads", f"{numba.get_num_threads()} of {os.cpu_count()} processors"),
        Finding("kernels", f"{', '.join(ops.METHODS)}; ready in {seconds:.1f} s"),
        _cache(),
    ]


def _cache() -> Finding:
    """Where compiled kernels are kept: numba's own choice, beside the source or in the home."""
    from stridelab.ops.kernels import loops

    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(loops.__file__).parent / "__pycache__")
    if os.access(folder if folder.exists() else folder.parent, os.W_OK):
        return Finding("kernel cache", str(folder))
    return Finding(
        "kernel cache",
        f"{folder} cannot be written; numba falls back to a folder in your home",
        ok=False,
        needed=False,
        remedy="set NUMBA_CACHE_DIR to a folder that can be written",
    )


def _processor() -> str:
    name, features = machine.processor()
    return f"{name} ({', '.join(features)})" if features else name


def _setting(name: str) -> Finding:
    return Finding(name, os.environ.get(name, "not set"))
