"""Kernels made ready before they are needed, compiled where that was not done yet.

A compiler takes a minute and a half for all of them, and in one process it takes them one by one.
So where there is something to compile, other processes take a share each, if there are processors
for them, and this one finds their kernels in the cache.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import numpy as np

from stridelab.ops import machine, methods

#: More processes gain nothing: the kernel that takes longest is compiled by one.
AT_MOST = 4

_COMPILE = "import sys; from stridelab.ops import loading; [*map(loading.load, sys.argv[1:])]"


def warmup(progress: Callable[[str, int, int], None] | None = None) -> list[tuple[str, float]]:
    """Loads every kernel, compiling it where that was not done before, so that no call waits.

    It does so for float32; float64 is compiled when it is first met. It also measures what the
    choice of a method has to know of the machine (`stridelab.ops.machine.limits`).

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
    take(first, partial(load, first))
    with _helpers(others if _was_compiled(first) else []) as helpers:
        for name in sorted(others, key=helpers.__contains__):  # first those that have none
            take(name, partial(load, name, helpers.get(name)))
    take("machine", machine.limits)
    if progress:
        progress("machine", len(names), len(names))
    return [(name, taken[name]) for name in names]


def load(name: str, helper: subprocess.Popen[bytes] | None = None) -> None:
    """A kernel's functions for float32, for one thread and for many; once its helper is done."""
    from stridelab.ops.jit import EVERY

    if helper:
        helper.wait()
    module = methods.kernel(name).__name__
    for function in EVERY:
        if function.module == module:
            function.ready(np.dtype(np.float32))


def _was_compiled(name: str) -> bool:
    """Whether this process compiled a kernel, for a cache that others find it in."""
    from stridelab.ops.jit import EVERY

    module = methods.kernel(name).__name__
    caches = [function.cache() for function in EVERY if function.module == module]
    return all(folder and compiled for folder, compiled in caches)


@contextmanager
def _helpers(names: Sequence[str]) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Processes that compile some kernels, by these: so many that each processor has a share.

    Whatever one fails to compile is compiled here.
    """
    from stridelab.ops.jit import threads

    shares = min(threads.at_most(), AT_MOST, len(names))
    started: dict[str, subprocess.Popen[bytes]] = {}
    command = [sys.executable, "-P", "-c", _COMPILE]
    try:
        with suppress(OSError):  # no room for another process
            for n in range(1, shares):
                share = names[n::shares]
                process = subprocess.Popen(
                    [*command, *share],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                started |= dict.fromkeys(share, process)
        yield started
    finally:
        for process in started.values():
            process.kill()  # nothing, where it has ended
            process.wait()
