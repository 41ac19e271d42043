"""How calls are timed: in turn, in samples that are long enough to trust, as medians and ratios."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import math
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stridelab.ops import machine

#: The least seconds that a sample takes: many calls where one is shorter.
SAMPLE = 2e-3

#: Options of glibc's mallopt: the free bytes that go back to the system, and those of an array that
#: gets pages of its own.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3

#: How many inputs rotate.
INPUTS = 4

#: Computes on the input of that number.
Compute = Callable[[int], object]


@dataclass(frozen=True)
class Ratio:
    """The median of paired ratios, with their quartiles as spread."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}–{self.high:.2f})"


def digits(value: float) -> str:
    """Three significant digits, never as a power of ten.

    >>> digits(0.01234), digits(9.999), digits(1234.5)
    ('0.0123', '10.0', '1,234')
    """
    rounded = float(f"{value:.2e}")
    decimals = 2 - math.floor(math.log10(rounded)) if rounded else 0
    return f"{value:,.{max(decimals, 0)}f}"


def ratio(theirs: Sequence[float], ours: Sequence[float]) -> Ratio:
    """How many times as long they took as we did, sample by sample; over 1 we are faster.

    >>> ratio([2.0, 4.0, 9.0], [1.0, 1.0, 3.0])
    Ratio(median=3.0, low=2.5, high=3.5)
    """
    pairs = [their / our for their, our in zip(theirs, ours, strict=True)]
    if len(pairs) == 1:
        return Ratio(*pairs * 3)
    low, median, high = statistics.quantiles(pairs, n=4, method="inclusive")
    return Ratio(median, low, high)


def keep_memory() -> None:
    """Lets the C library keep what is freed, for all contenders and the rest of the process.

    Else a call pays for new pages, or does not, by what was freed before it, whoever it is: as much
    as some layers take to compute. Where the library is not glibc nothing changes.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        set_option = ctypes.CDLL(None).mallopt
        set_option(M_TRIM_THRESHOLD, 2**30)
        set_option(M_MMAP_THRESHOLD, 2**25)  # the most that it takes


def in_turn(
    computes: Mapping[str, Compute], rounds: int, seed: int = 0
) -> dict[str, tuple[float, ...]]:
    """Seconds a call, a sample of each in every round, in an order that changes with the round.

    It is drawn, the same in every run: where turns go round, each has always the same one before it
    and its caches and threads to cope with.

    Parameters
    ----------
    computes : mapping of str to function
        By name, what computes on the input of a number below `INPUTS`.
    rounds : int
        Samples of each.
    seed : int
        Of the orders.

    >>> {name: len(taken) for name, taken in in_turn({"a": abs, "b": abs}, 3).items()}
    {'a': 3, 'b': 3}
    """
    taken: dict[str, list[float]] = {name: [] for name in computes}
    order = list(computes)
    stream = random.Random(seed)
    with _no_collection():
        lengths = {name: calls_a_sample(compute) for name, compute in computes.items()}
        for _ in range(rounds):
            stream.shuffle(order)
            for name in order:
                taken[name].append(_sample(computes[name], lengths[name], len(taken[name])))
    return {name: tuple(seconds) for name, seconds in taken.items()}


def _sample(compute: Compute, calls: int, first: int) -> float:
    """Seconds a call, with its own threads awake and no other's."""
    machine.settle(lambda: compute((first - 1) % INPUTS))
    return _seconds(compute, calls, first) / calls


def calls_a_sample(compute: Compute) -> int:
    """How many calls take `SAMPLE` seconds or more: a power of 2."""
    machine.settle(lambda: compute(0))
    calls = 1
    while _seconds(compute, calls, 0) < SAMPLE:
        calls *= 2
    return calls


def _seconds(compute: Compute, calls: int, first: int) -> float:
    """The seconds of so many calls, on the inputs one after another."""
    numbers = [(first + call) % INPUTS for call in range(calls)]
    start = time.perf_counter()
    for number in numbers:
        compute(number)
    return time.perf_counter() - start


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Without Python's search for garbage, which would hit one of them at random."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
