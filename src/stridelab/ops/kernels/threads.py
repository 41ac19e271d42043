"""How much work goes to how many threads.

A parallel region costs some microseconds to start, so little work stays with the thread that asks.
Work is cut into tasks when a call is prepared, for all the threads that there can be; how many run
is asked at each call, since `numba.set_num_threads` may change it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numba
import numpy as np
from numba.core import config as _config

from stridelab.ops.kernels import Compiled

#: Multiply-adds that are worth a thread: some 10 µs of one.
WORTH_A_THREAD = 500_000

config: Any = _config  # its settings are made at run time
threading_layer: Any = numba.threading_layer  # type: ignore[attr-defined]

_process = os.getpid()
_one_at_a_time = threading.Lock()


def at_most() -> int:
    """The most threads that a call may take."""
    return int(config.NUMBA_NUM_THREADS)


def useful(work: int) -> int:
    """How many threads have enough to do with so many multiply-adds."""
    return max(1, min(at_most(), work // WORTH_A_THREAD))


def evenly(blocks: int, times: int, at_most_blocks: int) -> int:
    """So many blocks or a few more, that ``blocks·times`` tasks share out evenly to all threads.

    >>> evenly(7, 1, 56) % at_most(), evenly(1, 1, 1)
    (0, 1)
    """
    for more in range(blocks, min(blocks + at_most(), at_most_blocks + 1)):
        if times * more % at_most() == 0 and times * more > 1:
            return more
    return blocks


def spread(
    one: Compiled, many: Compiled, tasks: int, work: int, dtype: np.dtype[Any]
) -> Callable[..., None]:
    """The function that runs all tasks: in this thread alone, or in as many as numba is set to."""
    alone = one.ready(dtype)
    if tasks < 2 or work < 2 * WORTH_A_THREAD or at_most() < 2:
        return alone
    together = many.ready(dtype)

    def run(*arguments: Any) -> None:
        # GNU OpenMP does not survive a fork: a child process computes by itself
        if os.getpid() != _process or numba.get_num_threads() < 2:
            alone(*arguments)
            return
        with _lock():
            together(*arguments)

    return run


def _lock() -> Any:
    """numba's own pool ends the process where two threads enter it; the others take both."""
    try:
        alone = threading_layer() == "workqueue"
    except ValueError:  # no layer is loaded yet
        alone = True
    return _one_at_a_time if alone else nullcontext()
