"""What this machine has for the course, what is missing, and the command that mends it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shlex
import sys
from dataclasses import asdict, dataclass

from stridelab import lab

#: What the course does without, and what it does then.
OPTIONAL = {
    "numba": "NumPy computes, more slowly",
    "jupyterlab": "lessons run, but `stridelab lab` cannot open them",
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
    packages = [_package("stridelab", "")]
    packages += [_package(name, least) for name, least in requirements().items()]
    return [
        Finding("Python", f"{platform.python_version()} ({sys.platform}, {platform.machine()})"),
        *packages,
        _lessons(),
        *(_machine() if healthy(packages) else []),  # what it asks with may be what is missing
        Finding("settings", _settings()),
    ]


def healthy(report: list[Finding]) -> bool:
    """Whether all that the course needs is there."""
    return all(finding.ok for finding in report if finding.needed)


def as_dict(report: list[Finding]) -> dict[str, object]:
    """The report as plain data: what ``stridelab doctor --json`` prints."""
    return {"healthy": healthy(report), "findings": [asdict(finding) for finding in report]}


def install(*packages: str) -> str:
    """The command that installs into the Python that runs.

    >>> install("stridelab[lab]").endswith(" -m pip install 'stridelab[lab]'")
    True
    """
    command = [sys.executable, "-m", "pip", "install", *packages]
    return " ".join(f'"{part}"' if os.name == "nt" else shlex.quote(part) for part in command)


def requirements() -> dict[str, str]:
    """What the installed package asks for, the extra `lab` included: name and least version."""
    try:
        lines = importlib.metadata.requires("stridelab") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    asked = (re.fullmatch(r"([\w-]+)>=([\d.]+)(; extra == .lab.)?", line) for line in lines)
    return {match[1]: match[2] for match in asked if match}


def _package(name: str, least: str) -> Finding:
    wanted = f"{name}>={least}" if least else name
    lost = OPTIONAL.get(name, "")
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        value = f"not installed; without it {lost}" if lost else "not installed"
        return Finding(name, value, ok=False, needed=not lost, remedy=install(wanted))
    if _release(version) < _release(least):
        remedy = install("--upgrade", wanted)
        return Finding(name, f"{version} is too old", ok=False, needed=not lost, remedy=remedy)
    return Finding(name, version, needed=not lost)


def _release(version: str) -> list[int]:
    """The numbers that a version starts with: those of ``2.1.0rc1`` are 2, 1, 0."""
    start = re.match(r"[\d.]*", version)[0]  # type: ignore[index]  # it matches anything
    return [int(number) for number in start.split(".") if number]


def _lessons() -> Finding:
    found = lab.lessons_folder() / lab.FIRST
    if found.is_file():
        return Finding("lessons", str(lab.lessons_folder()))
    remedy = install("--force-reinstall", "--no-deps", "stridelab")
    return Finding("lessons", "not found", ok=False, remedy=remedy)


def _machine() -> list[Finding]:
    try:
        from stridelab.ops import machine
    except ImportError as error:
        remedy = install("--force-reinstall", "numpy")
        return [Finding("arrays", f"NumPy cannot be used: {error}", ok=False, remedy=remedy)]

    name, features = machine.processor()
    missing = machine.numba_missing()
    numpy_only = Finding("kernels", "NumPy only", ok=False, needed=False, remedy=missing or "")
    return [
        Finding("processor", f"{name} ({', '.join(features)})" if features else name),
        Finding("memory", f"{machine.memory_available() / 2**30:.1f} GiB available"),
        *([numpy_only] if missing else _kernels()),
    ]


def _kernels() -> list[Finding]:
    import numba

    from stridelab import ops
    from stridelab.ops import machine

    layers = machine.threading_layers()
    seconds = sum(taken for _, taken in ops.warmup())
    return [
        Finding("threads", f"{numba.get_num_threads()} of {os.cpu_count()} processors"),
        _threading(layers[0] if layers else "none"),
        Finding("kernels", f"ready in {seconds:.1f} s"),
        _cache(),
    ]


def _threading(layer: str) -> Finding:
    if layer in ("tbb", "omp"):
        return Finding("threading layer", layer)
    value = f"{layer}; Python ends when two threads enter it at once"
    return Finding("threading layer", value, ok=False, needed=False, remedy=install("tbb"))


def _cache() -> Finding:
    folder, compiled = kernel_cache()
    if folder is None:
        return Finding(
            "kernel cache",
            "none: each start compiles again",
            ok=False,
            needed=False,
            remedy="set NUMBA_CACHE_DIR to a folder that can be written, unset NUMBA_BOUNDSCHECK",
        )
    return Finding("kernel cache", f"{folder} ({'filled now' if compiled else 'warm'})")


def kernel_cache() -> tuple[str | None, int]:
    """Where compiled kernels are kept, if they are, and how many this process had to compile."""
    from stridelab.ops import kernels, methods

    folders, compiled = set(), 0
    for name in methods.KERNELS:
        for value in vars(getattr(kernels, name)).values():
            if hasattr(value, "py_func"):  # a compiled function
                folders.add(value.stats.cache_path)
                compiled += sum(value.stats.cache_misses.values())
    return (None if None in folders else min(folders)), compiled


def _settings() -> str:
    ours = {k: v for k, v in os.environ.items() if k.startswith(("STRIDELAB_", "NUMBA_"))}
    return ", ".join(f"{name}={value}" for name, value in sorted(ours.items())) or "none"
