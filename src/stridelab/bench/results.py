"""What a run found, as data, and what follows from it: medians, ratios, sums, means."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stridelab.bench.ours import OURS, PEAK
from stridelab.bench.suite import Case, Network, Suite
from stridelab.bench.timing import Ratio, ratio


@dataclass(frozen=True)
class Lap:
    """One contender on one case.

    Parameters
    ----------
    how : str
        The method, the layout or the setting that it took.
    seconds : tuple of float
        Of a call, a sample each; none where it was not timed.
    reason : str
        Why it was not timed.
    """

    how: str = ""
    seconds: tuple[float, ...] = ()
    reason: str = ""

    @property
    def median(self) -> float:
        """Seconds of a call."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Result:
    """All contenders on one case, or on the sum of a network's cases.

    Parameters
    ----------
    name : str
        The case's, or the network's.
    case : Case or Network
        What was computed.
    threads : int
        On all sides.
    laps : mapping of str to Lap
        By contender; ours are ``auto`` and ``strict``, and ``FMA peak`` is the machine's limit.
    """

    name: str
    case: Case | Network
    threads: int
    laps: Mapping[str, Lap]

    @property
    def timed(self) -> dict[str, Lap]:
        """The contenders that have times."""
        return {name: lap for name, lap in self.laps.items() if lap.seconds}

    @property
    def best_peer(self) -> str | None:
        """The peer with the least median."""
        peers = {name: lap for name, lap in self.timed.items() if name not in (*OURS, PEAK)}
        return min(peers, key=lambda name: peers[name].median, default=None)

    def ratio(self, peer: str | None, ours: str) -> Ratio | None:
        """How many times as long the peer takes as we do; None where one of them has no time.

        Of the peak it is the part that we reach.
        """
        timed = self.timed
        if peer not in timed or ours not in timed:
            return None
        return ratio(timed[peer].seconds, timed[ours].seconds)

    def rate(self, contender: str) -> float | None:
        """Flops a second, those of the definition counted."""
        lap = self.timed.get(contender)
        return self.case.flops / lap.median if lap else None


@dataclass(frozen=True)
class Roof:
    """The machine's limits, measured in the same run.

    Parameters
    ----------
    threads : int
        Those that the peak is for; a copy takes as many as are best.
    peak : float
        Flops a second of fused multiply-adds in registers, float32.
    memory, cache : float
        Bytes a second of a copy that does not fit in the caches, and of one that does.
    """

    threads: int
    peak: float
    memory: float
    cache: float


@dataclass(frozen=True)
class Machine:
    """Where and when a run was made.

    Parameters
    ----------
    date : str
        As 2026-01-31.
    processor : str
        Its name.
    features : tuple of str
        Its vector instructions.
    processors : int
        Those that the process may use.
    versions : mapping of str to str
        By package.
    """

    date: str
    processor: str
    features: tuple[str, ...]
    processors: int
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Section:
    """Results that belong together, and their sum where they make up a network."""

    title: str
    rows: tuple[tuple[int, Result], ...]
    total: Result | None = None


@dataclass(frozen=True)
class Report:
    """A whole run.

    Parameters
    ----------
    suite : Suite
        Whose cases were timed, all or some.
    machine : Machine
        Where.
    rounds : int
        Samples of each contender on each case.
    roofs : tuple of Roof
        One for each number of threads.
    results : tuple of Result
        One for each case and number of threads.
    """

    suite: Suite
    machine: Machine
    rounds: int
    roofs: tuple[Roof, ...]
    results: tuple[Result, ...]

    def sections(self, threads: int) -> list[Section]:
        """The layers; each network whose cases were all timed; what else was timed."""
        found = {each.case: each for each in self.results if each.threads == threads}
        named = [(1, found[case]) for case in self.suite.layers.values() if case in found]
        whole = [
            network
            for network in self.suite.networks.values()
            if all(case in found for case, _ in network.parts)
        ]
        sections = [Section("Layers", tuple(named))] if named else []
        for network in whole:
            rows = tuple((count, found[case]) for case, count in network.parts)
            sections.append(Section(network.title, rows, total(network, rows, threads)))
        shown = {result.case for section in sections for _, result in section.rows}
        others = [(1, result) for case, result in found.items() if case not in shown]
        return [*sections, Section("Other layers", tuple(others))] if others else sections

    def failed(self) -> dict[tuple[str, str], list[str]]:
        """(contender, reason) to the names of the cases on which it was not timed."""
        failed: dict[tuple[str, str], list[str]] = {}
        for result in self.results:
            for contender, lap in result.laps.items():
                if lap.reason:
                    names = failed.setdefault((contender, lap.reason), [])
                    if result.name not in names:
                        names.append(result.name)
        return failed


def joined(parts: Sequence[Result]) -> Result:
    """One case's results of several passes: all samples, of who got a time in each pass."""
    first, *_ = parts
    laps = {}
    for name, lap in first.laps.items():
        passes = [part.laps[name] for part in parts]
        fault = next((each.reason for each in passes if each.reason), "")
        seconds = () if fault else tuple(taken for each in passes for taken in each.seconds)
        laps[name] = Lap(lap.how, seconds, fault)
    return Result(first.name, first.case, first.threads, laps)


def total(network: Network, rows: Iterable[tuple[int, Result]], threads: int) -> Result:
    """A network's times: its cases' times its counts, the first samples together, and so on.

    A contender that has no time for one of the cases has none for the network.
    """
    parts = list(rows)
    laps = {}
    for name in parts[0][1].laps:
        if all(name in result.timed for _, result in parts):
            samples = zip(*(result.laps[name].seconds for _, result in parts), strict=True)
            counts = [count for count, _ in parts]
            laps[name] = Lap("", tuple(_dot(counts, sample) for sample in samples))
    return Result(network.name, network, threads, laps)


def _dot(counts: Iterable[int], seconds: Iterable[float]) -> float:
    return sum(count * taken for count, taken in zip(counts, seconds, strict=True))


def mean(results: Iterable[Result], peer: str | None, ours: str) -> float | None:
    """The geometric mean of the ratios to a peer, or to each case's best where it is None."""
    ratios = [result.ratio(peer or result.best_peer, ours) for result in results]
    medians = [each.median for each in ratios if each is not None]
    return statistics.geometric_mean(medians) if medians else None
