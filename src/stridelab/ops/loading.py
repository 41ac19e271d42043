"""Kernels made ready before they are needed, compiled where that was not done yet.

A compiler takes a minute and a half for all of them, and in one process it takes them one by one.
So where there is something to compile, other processes take a share each, if there are processors
and memory for them, and this one finds their kernels in the cache.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stridelab.ops import machine, methods

if TYPE_CHECKING:
    from stridelab.ops.jit import Compiled

#: More processes gain nothing: the kernel that takes longest is compiled by one.
AT_MOST = 4
#: Bytes that have to be free for each of the others: it takes 440 million at most.
ROOM = 2**29
#: Seconds after which one is not waited for any longer.
PATIENCE = 600

_COMPILE = "import sys; from stridelab.ops import loading; [*map(loading.load, sys.argv[1:])]"


def warmup(progress: Callable[[str, int, int], None] | None = None) -> list[tuple[str, float]]:
    """Loads every kernel, compiling it where that was not done before, so that no call waits.

    It does so for float32; float64 is compiled when it is first met. It also measures what the
    choice of a method has to know of the machine (`stridelab.ops.machine.limits`). Where there is
    something to compile, other Python processes help; they have ended when it returns.

    Parameters
    ----------
    progress : function, optional
        Called as ``progress(name, done, total)``: before each part, with how many are done, and
        at the end, when all are.

    Returns
    -------
    list of (str, float)
        Each part and the seconds that it took; empty without numba.

    >>> names = ["numba", *methods.KERNELS, "machine"]
    >>> [name for name, seconds in warmup()] in (names, [])
    True
    """
    names = ["numba", *methods.KERNELS, "machine"]
    taken: dict[str, float] = {}

    def take(name: str, part: Callable[[], object]) -> None:
        if progress:
            progress(name, len(taken), len(names))
        start = time.perf_counter()
        part()
        taken[name] = time.perf_counter() - start

    take("numba", machine.numba_missing)
    if machine.numba_missing():
        return []
    first, *others = methods.KERNELS  # it has least to compile, and tells whether the others have
    before = _compiled(first)
    take(first, partial(load, first))
    with _others(others if _compiled(first) > before else []) as sharing:
        for name in sorted(others, key=sharing.__contains__):  # first those that are compiled here
            take(name, partial(load, name, sharing.get(name)))
    take("machine", machine.limits)
    if progress:
        progress("machine", len(names), len(names))
    return [(name, taken[name]) for name in names]


def load(name: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """A kernel's functions for float32, for one thread and for many; after that process's end."""
    if process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
    for function in _functions(name):
        function.ready(np.dtype(np.float32))


def _functions(name: str) -> list[Compiled]:
    from stridelab.ops.jit import EVERY

    module = methods.kernel(name).__name__
    return [function for function in EVERY if function.module == module]


def _compiled(name: str) -> int:
    """How often this process compiled a kernel's functions for a cache that others find them in."""
    found = [function.cache() for function in _functions(name)]
    return sum(compiled for folder, compiled in found if folder)


@contextmanager
def _others(names: Sequence[str]) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Processes that compile some kernels, by these: so many that each processor has a share.

    Whatever one fails to compile is compiled here.
    """
    from stridelab.ops.jit import threads

    room = 1 + machine.memory_available() // ROOM
    shares = min(threads.at_most(), AT_MOST, len(names), room)
    if not (sys.executable and "python" in Path(sys.executable).name.lower()):
        shares = 1  # a program of its own, which Python is a part of
    processes: list[subprocess.Popen[bytes]] = []
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        with suppress(OSError):  # no more processes are allowed
            for n in range(1, shares):
                processes.append(_started(names[n::shares]))
                started |= dict.fromkeys(names[n::shares], processes[-1])
        yield started
    finally:
        for process in processes:
            process.kill()  # nothing, where it has ended
        for process in processes:
            process.wait()


def _started(names: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process that compiles these kernels in silence."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _COMPILE, *names],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
