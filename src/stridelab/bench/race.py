"""Runs the benchmark: every contender is checked against one result, then all are timed in turn."""

from __future__ import annotations

import datetime
import functools
import importlib.metadata
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from stridelab.bench import ours, peers, timing
from stridelab.bench.ours import OURS, PEAK, Array, Contender, Data
from stridelab.bench.results import Lap, Machine, Report, Result, Roof, joined
from stridelab.bench.suite import Case, Suite
from stridelab.errors import StrideLabError
from stridelab.ops import machine

#: How far a result may be from the expected one, as a part of the largest number in that.
TOLERANCE = 1e-3

#: Passes over all cases, and samples of each contender on a case in one of them. In a whole run a
#: program that is busy for some minutes meets one pass of a case; its medians are the others'.
PASSES, ROUNDS = 3, 5

#: Bytes that a copy moves to show the memory's rate, and that of the caches. Half of the latter is
#: no multiple of a page: where two arrays lie in memory one after the other, and so at the same
#: places of their pages, a copy was seen to take ten times as long (Zen 3).
BEYOND_CACHES, WITHIN_CACHES = 2**28, 2**19 + 2**12

#: Told before each case: its name, the number of threads, how many are done, of how many.
Progress = Callable[[str, int, int, int], None]


def run(
    suite: Suite,
    cases: Mapping[str, Case],
    threads: Sequence[int],
    passes: int,
    progress: Progress = lambda name, threads, done, count: None,
) -> Report:
    """Times all contenders on these cases, for each number of threads.

    Parameters
    ----------
    suite : Suite
        That the cases belong to.
    cases : mapping of str to Case
        By name.
    threads : sequence of int
        The numbers of threads, the same on all sides.
    passes : int
        How often all of it is gone through, with `ROUNDS` samples each.
    progress : function, optional
        Called before each case with its name, the threads, how many are done, and of how many.
    """
    timing.keep_memory()
    roofs: dict[int, Roof] = {}
    results: dict[tuple[int, str], list[Result]] = {}
    done, count = 0, passes * len(threads) * len(cases)
    for _, number in itertools.product(range(passes), threads):
        with peers.conditions(number):
            progress("this machine's roof", number, done, count)
            roofs[number] = roof(number)  # the best of all so far
            for name, case in cases.items():
                progress(name, number, done, count)
                before = results.setdefault((number, name), [])
                before.append(time_case(name, case, number, ROUNDS, before))
                done += 1
    found = tuple(joined(parts) for parts in results.values())
    return Report(suite, here(), passes * ROUNDS, tuple(roofs.values()), found)


def thread_counts() -> tuple[int, ...]:
    """One thread, and as many as numba's kernels can have."""
    import numba

    return tuple(sorted({1, numba.config.NUMBA_NUM_THREADS}))


def roof(threads: int) -> Roof:
    """The machine's limits now."""
    return Roof(
        threads,
        machine.fma_peak(threads),
        machine.copy_bandwidth(BEYOND_CACHES),
        machine.copy_bandwidth(WITHIN_CACHES),
    )


def here() -> Machine:
    """This machine, today."""
    name, features = machine.processor()
    packages = {"numpy": "numpy", "numba": "numba"}
    packages |= {peer.name: peer.module for peer in peers.present()}
    distributions = importlib.metadata.packages_distributions()
    versions = {
        package: importlib.metadata.version(distributions.get(module, [module])[0])
        for package, module in packages.items()
    }
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return Machine(today, name, features, peers.processors(), versions)


def time_case(
    name: str, case: Case, threads: int, rounds: int, before: Sequence[Result] = ()
) -> Result:
    """All contenders on one case, and the peak among them, the machine's limit.

    A contender that fails or gets another result is not timed.

    Parameters
    ----------
    before : sequence of Result
        What earlier passes found: all who were there in the first one, with the layouts that they
        took, are there again.
    """
    data = Data.of(case)
    expected = ours.reference(case, data)
    able: dict[str, Contender] = {}
    laps: dict[str, Lap] = {}
    for contender, make in _contenders(case, data, threads, before):
        try:
            made = make()
            laps[contender] = Lap(made.how, reason=_fault(made, expected))
            able[contender] = made
        except StrideLabError as error:
            laps[contender] = Lap(reason=str(error))
        except Exception as error:  # another library's may be any
            laps[contender] = Lap(reason=" ".join(f"{type(error).__name__}: {error}".split()))
    computes = {each: able[each].compute for each in able if not laps[each].reason}
    limit = ours.multiply_adds(threads)
    taken = timing.in_turn(computes | ({PEAK: limit[0]} if limit else {}), rounds, len(before))
    if limit:
        part = case.flops / limit[1]
        laps[PEAK] = Lap("registers alone", tuple(part * each for each in taken.pop(PEAK)))
    for contender, seconds in taken.items():
        laps[contender] = Lap(able[contender].how, seconds)
    return Result(name, case, threads, laps)


def _contenders(
    case: Case, data: Data, threads: int, before: Sequence[Result]
) -> Iterator[tuple[str, Callable[[], Contender]]]:
    """By name, what makes each of ours and of the peers that serve the case."""
    for name in OURS:
        yield name, functools.partial(ours.contender, name, case, data)
    known = before[0].laps if before else {}
    for peer in peers.present():
        if peer.name in known if before else peer.serves(case, threads):
            how = known[peer.name].how if before else ""
            yield peer.name, functools.partial(peers.contender, peer, case, data, threads, how)


def _fault(made: Contender, expected: Array) -> str:
    """What is wrong with a contender's result for the first input; empty where nothing is."""
    result = made.as_array(made.compute(0))
    if result.shape != expected.shape:
        return f"its result has shape {result.shape}, not {expected.shape}"
    off = float(np.abs(result - expected).max() / np.abs(expected).max())
    if off <= TOLERANCE:  # NaN is not
        return ""
    method = ours.reference_method()
    return f"its result is {off:.2g} of the largest number away from that of {method!r}"
