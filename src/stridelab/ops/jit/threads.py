"""How much work goes to how many threads.

A parallel region costs some microseconds to start, so little work stays with the thread that asks.
Work is cut into tasks when a call is prepared, once for one thread and once for all that there can
be; how many run is asked at each call, since `numba.set_num_threads` may change it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import numba
from numba.core import config as _config
from numba.np.ufunc import parallel as _numba_parallel

from stridelab.ops.call import Array, Cells
from stridelab.ops.jit import Compiled, helper
from stridelab.ops.jit.arguments import frozen

#: Multiply-adds that are worth a thread: some 10 µs of one.
WORTH_A_THREAD = 500_000

# settings and functions that are made at run time
config: Any = _config
_parallel: Any = _numba_parallel

_process = os.getpid()
_one_at_a_time = threading.Lock()


def at_most() -> int:
    """The most threads that a call may take."""
    return int(config.NUMBA_NUM_THREADS)


def useful(work: int, threads: int) -> int:
    """How many of these threads have enough to do with so many multiply-adds."""
    return max(1, min(threads, work // WORTH_A_THREAD))


def evenly(blocks: int, times: int, at_most_blocks: int, threads: int) -> int:
    """So many blocks or a few more, that ``blocks·times`` tasks share out evenly to all threads.

    Where no number does, there are enough for as many threads as can be.

    >>> evenly(7, 1, 56, 2), evenly(1, 1, 1, 2), evenly(7, 1, 56, 1), evenly(1, 1, 14, 16)
    (8, 1, 7, 14)
    """
    for more in range(blocks, min(blocks + threads, at_most_blocks + 1)):
        if times * more % threads == 0 and times * more > 1:
            return more
    return max(blocks, min(at_most_blocks, -(-threads // max(1, times))))


def dealt(tasks: int, times: int, most: int, threads: int) -> int:
    """The parts that each of `times` tasks is cut into, `most` or fewer: about `tasks` in all.

    Where it can be, as many for each thread.

    >>> dealt(2, 3, 5, 2), dealt(4, 1, 8, 2), dealt(4, 1, 3, 2), dealt(1, 3, 8, 1)
    (2, 4, 2, 1)
    """
    fewest = max(1, min(-(-tasks // max(1, times)), most))
    nearest = [*range(fewest, most + 1), *range(fewest - 1, 0, -1)]
    even = (parts for parts in nearest if parts * times % threads == 0)
    return next(even, fewest) if tasks > 1 else 1


@helper
def part(size: int, parts: int, number: int) -> tuple[int, int]:
    """Where one of so many nearly equal parts begins, and where the next one does.

    >>> [part.py_func(7, 3, number) for number in range(3)]
    [(0, 2), (2, 4), (4, 7)]
    """
    return number * size // parts, (number + 1) * size // parts


def spread(
    tasks: tuple[Compiled, Compiled],
    plan: Callable[[int], Any],
    work: int,
    tables: Cells,
    weights: Array,
    start: Array,
) -> Callable[[Array, Array], None]:
    """Of images and a result: runs all tasks, in this thread or in as many as numba is set to.

    Parameters
    ----------
    tasks : Compiled, twice
        The loop over tasks, `stridelab.ops.jit.shared`: of `stridelab.ops.jit.arguments`.
    plan : function
        Of a number of threads: the plan for them.
    work : int
        Multiply-adds of all tasks.
    tables, weights, start : array
        Of the arguments.
    """
    (one, many), dtype = tasks, weights.dtype
    alone, for_one = one.ready(dtype), frozen(plan(1))
    everyone = plan(at_most())
    if everyone.tasks < 2 or work < 2 * WORTH_A_THREAD or at_most() < 2:
        return lambda x, out: alone(for_one, tables, x, weights, start, out)
    together, for_all = many.ready(dtype), frozen(everyone)
    numba.get_num_threads()  # starts them; `allowed` asks without numba's locks, which take 0.4 µs
    allowed = getattr(_parallel, "_get_num_threads", numba.get_num_threads)
    # numba's own pool ends the process where two threads enter it; the others take both
    guard = _one_at_a_time if _parallel.threading_layer() == "workqueue" else None

    def run(x: Array, out: Array) -> None:
        # GNU OpenMP does not survive a fork: a child process computes by itself
        if os.getpid() != _process or allowed() < 2:
            alone(for_one, tables, x, weights, start, out)
        elif guard is None:
            together(for_all, tables, x, weights, start, out)
        else:
            with guard:
                together(for_all, tables, x, weights, start, out)

    return run
