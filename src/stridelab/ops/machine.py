"""Facts about this machine: free memory, the processor, and whether numba can be used."""

from __future__ import annotations

import functools
import importlib
import os
import platform
import threading
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_lock = threading.RLock()


def memory_available() -> int:
    """The bytes that can still be taken, by the system's count and by the container's limit.

    >>> memory_available() > 0
    True
    """
    import psutil  # type: ignore[import-untyped]  # it ships no types

    free: int = psutil.virtual_memory().available
    return min(free, _container_room(_CGROUP, free))


def _container_room(folder: Path, otherwise: int) -> int:
    """What a container's limit leaves; files that the kernel only caches can be dropped."""
    for limit, used, cached in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            room = int((folder / limit).read_text()) - int((folder / used).read_text())
            statistics = (folder / limit).with_name("memory.stat").read_text().split()
            pairs = dict(zip(statistics[::2], statistics[1::2], strict=True))
            return max(room + int(pairs.get(cached, 0)), 0)
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
    return otherwise


@functools.cache
def numba_missing() -> str | None:
    """Why numba cannot be used, with what mends it; None where it can.

    The answer holds for the life of the process.
    """
    if os.environ.get("STRIDELAB_NUMBA") == "0":
        return "STRIDELAB_NUMBA=0 switches numba off; unset it and start Python again to have it"
    with _lock:  # two threads that import numba at the same time have met half of it
        try:
            importlib.import_module("numba")
        except ModuleNotFoundError:
            return "numba is not installed; `stridelab doctor` names the command that brings it"
        except ImportError as error:
            return f"numba cannot be imported: {error}"
    return None


def processor() -> tuple[str, tuple[str, ...]]:
    """The processor's name, and those of its vector instructions that matter to a convolution.

    >>> name, features = processor()
    """
    if numba_missing():
        return platform.processor() or platform.machine(), ()
    from llvmlite import binding

    has = binding.get_host_cpu_features()
    known = ("sse4.2", "avx", "avx2", "fma", "avx512f", "neon", "sve")
    return binding.get_host_cpu_name(), tuple(name for name in known if has.get(name))


def threading_layers() -> tuple[str, ...]:
    """The numba threading layers that load here, the one that numba takes first in front.

    ``workqueue`` ends the process when two threads enter it at once; the others are safe.

    >>> "workqueue" in threading_layers() or numba_missing() is not None
    True
    """
    if numba_missing():
        return ()
    layers = []
    for name, module in (("tbb", "tbbpool"), ("omp", "omppool"), ("workqueue", "workqueue")):
        try:
            importlib.import_module(f"numba.np.ufunc.{module}")
        except ImportError:
            continue
        layers.append(name)
    return tuple(layers)
