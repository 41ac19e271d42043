"""What this machine has for the course, what is missing, and the command that mends it."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import re
import shlex
import sys
import textwrap
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from stridelab import lab

#: Hears of a kernel's name, how many are done, and of how many.
Progress: TypeAlias = Callable[[str, int, int], None]

#: What the course does without, and what it does then.
OPTIONAL = {
    "numba": "NumPy computes, more slowly",
    "jupyterlab": "lessons run, but `stridelab lab` cannot open them",
}

#: The modules that are not named as their package is.
_MODULES = {"markdown-it-py": "markdown_it", "pillow": "PIL"}

#: Those of ``STRIDELAB_NUMBA`` that say what they mean: on where it is unset, empty or 1.
_SWITCHES = ("", "0", "1")


@dataclass(frozen=True)
class Finding:
    """One line of the report: `needed` and not `ok` makes the machine unhealthy."""

    name: str
    value: str
    ok: bool = True
    needed: bool = True
    remedy: str = ""


def findings(progress: Progress | None = None) -> list[Finding]:
    """All lines of the report, in the order in which a person reads them.

    `progress` hears of kernels that are compiled, as `stridelab.ops.warmup` tells it.
    """
    packages = probe("stridelab", _again(), _stridelab)
    for name, least in requirements().items():
        packages += probe(name, install("--force-reinstall", name), _package, name, least)
    return [
        Finding("Python", f"{platform.python_version()} ({sys.platform}, {platform.machine()})"),
        *packages,
        *probe("lessons", _again(), _lessons),
        # what it asks with may be what is missing
        *(_machine(progress) if healthy(packages) else []),
        _settings(),
    ]


def probe(
    name: str, remedy: str, look: Callable[..., list[Finding]], *arguments: Any
) -> list[Finding]:
    """What was found; where looking raises, that is the finding, and the report goes on."""
    try:
        return look(*arguments)
    except Exception as error:
        return [Finding(name, f"cannot be examined: {in_short(error)}", ok=False, remedy=remedy)]


def in_short(error: Exception) -> str:
    """An error on one line: that of a broken NumPy is a page."""
    return textwrap.shorten(f"{type(error).__name__}: {error}", 120, placeholder=" ...")


def tell(as_json: bool) -> int:
    """Prints the report; 0 where all that the course needs is there, else 1."""
    report = findings()
    well = healthy(report)
    if as_json:
        print(json.dumps(as_dict(report), indent=1))
        return 0 if well else 1
    print_report(report)
    print("All that the course needs is here." if well else "Something is missing.")
    return 0 if well else 1


def print_report(report: list[Finding]) -> None:
    """A line for each finding, and one for what mends it."""
    width = max(len(finding.name) for finding in report)
    for finding in report:
        mark = "ok     " if finding.ok else "MISSING" if finding.needed else "note   "
        print(f"{mark}  {finding.name:<{width}}  {finding.value}")
        if finding.remedy:
            print(f"{'':<{width + 11}}to mend: {finding.remedy}")


def healthy(report: list[Finding]) -> bool:
    """Whether all that the course needs is there."""
    return all(finding.ok for finding in report if finding.needed)


def as_dict(report: list[Finding]) -> dict[str, object]:
    """The report as plain data: what ``stridelab doctor --json`` prints."""
    return {"healthy": healthy(report), "findings": [asdict(finding) for finding in report]}


def install(*packages: str) -> str:
    """The command that installs into the Python that runs.

    >>> install("numpy>=2.0").endswith(" -m pip install 'numpy>=2.0'")
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


def wanted(name: str) -> str:
    """A package with the least version that the course works with, as pip takes it."""
    least = requirements().get(name)
    return f"{name}>={least}" if least else name


def _again() -> str:
    """StrideLab is on no index: what installs it is its checkout."""
    checkout = lab.checkout()
    return install(str(checkout)) if checkout else f"in StrideLab's checkout: {install('.')}"


def _stridelab() -> list[Finding]:
    try:
        return [Finding("stridelab", importlib.metadata.version("stridelab"))]
    except importlib.metadata.PackageNotFoundError:
        return [Finding("stridelab", "not installed", ok=False, remedy=_again())]


def _package(name: str, least: str) -> list[Finding]:
    lost = OPTIONAL.get(name, "")

    def finding(value: str, *remedy: str) -> list[Finding]:
        command = install(*remedy) if remedy else ""
        return [Finding(name, value, ok=not remedy, needed=not lost, remedy=command)]

    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        value = f"not installed; without it {lost}" if lost else "not installed"
        return finding(value, f"{name}>={least}")
    if _release(version) < _release(least):
        return finding(f"{version} is too old", "--upgrade", f"{name}>={least}")
    try:
        importlib.import_module(_MODULES.get(name, name.replace("-", "_")))
    except Exception as error:  # half a package raises anything
        return finding(f"{version} is broken: {in_short(error)}", "--force-reinstall", name)
    return finding(version)


def _release(version: str) -> list[int]:
    """The numbers that a version starts with: those of ``2.1.0rc1`` are 2, 1, 0."""
    start = re.match(r"[\d.]*", version)[0]  # type: ignore[index]  # it matches anything
    return [int(number) for number in start.split(".") if number]


def _lessons() -> list[Finding]:
    folder = lab.lessons_folder()
    if (folder / lab.FIRST).is_file():
        return [Finding("lessons", str(folder))]
    return [Finding("lessons", "not found", ok=False, remedy=_again())]


def _machine(progress: Progress | None = None) -> list[Finding]:
    numba = install("--force-reinstall", "numba")
    return [
        *probe("processor", numba, _processor),
        *probe("memory", install("--force-reinstall", "psutil"), _memory),
        *probe("kernels", numba, _kernels, progress),
    ]


def _processor() -> list[Finding]:
    from stridelab.ops import machine

    name, features = machine.processor()
    return [Finding("processor", f"{name} ({', '.join(features)})" if features else name)]


def _memory() -> list[Finding]:
    from stridelab.ops import machine

    return [Finding("memory", f"{machine.memory_available() / 2**30:.1f} GiB available")]


def _kernels(progress: Progress | None) -> list[Finding]:
    from stridelab import ops
    from stridelab.ops import machine

    missing = machine.numba_missing()
    if missing:  # what mends it, where it is no choice, stands at numba's own line
        reason = missing.split(";")[0]
        return [Finding("kernels", f"NumPy only: {reason}", ok=False, needed=False)]
    import numba

    layers = machine.threading_layers()
    seconds = sum(taken for _, taken in ops.warmup(progress))
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
    from stridelab.ops import jit

    folders, compiled = set(), 0
    for kernel in jit.EVERY:
        folder, misses = kernel.cache()
        folders.add(folder)
        compiled += misses
    return (None if None in folders else min(folders)), compiled


def _settings() -> Finding:
    ours = {k: v for k, v in os.environ.items() if k.startswith(("STRIDELAB_", "NUMBA_"))}
    value = ", ".join(f"{name}={value}" for name, value in sorted(ours.items())) or "none"
    if ours.get("STRIDELAB_NUMBA", "") in _SWITCHES:
        return Finding("settings", value)
    remedy = "set STRIDELAB_NUMBA=0, which switches numba off, or unset it, which leaves numba on"
    return Finding("settings", value, ok=False, needed=False, remedy=remedy)
