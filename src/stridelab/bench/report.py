"""What a run found, for people and for programs: tables, sentences, JSON, README's section."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from stridelab.bench.ours import OURS, PEAK
from stridelab.bench.results import Lap, Report, Result, Section, mean
from stridelab.bench.suite import Case
from stridelab.bench.timing import Ratio, digits
from stridelab.errors import StrideLabError

if TYPE_CHECKING:
    from rich.table import Table

#: What the widest table takes, in characters.
WIDTH = 148

#: What stands where there is no number.
NOTHING = "—"

#: README's block, written by `stridelab bench --readme`.
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"

_SHORT = {"onnxruntime": "ORT"}

_SHAPE = "N, H, Cin→Cout, k, s"
_LEFT = ("layer", _SHAPE, "method", "best peer", "")
_HEAD = ("auto ms", "method", "strict ms", "torch ms", "ORT ms")
_RATIOS = ("best peer", "it / auto", "it / strict", "of peak")

HOW_TO_READ = (
    "Medians of interleaved samples. It / auto and it / strict: how many times as long the fastest "
    "peer takes as we do, over 1 we are faster; in brackets the quartiles. Strict does all of the "
    "definition's multiplications (no Winograd, no FFT), auto is free to save some. Of peak: the "
    "part that strict reaches of what multiply-adds in registers reach meanwhile, in samples among "
    "the others."
)


def print_all(report: Report) -> None:
    """Prints everything: the machine, a table for each section, how we stand, who failed."""
    from rich.console import Console

    wide = Console(highlight=False)
    wide.width = max(wide.width, WIDTH)
    for line in limits(report):
        wide.print(line, soft_wrap=True)
    for roof in report.roofs:
        for section in report.sections(roof.threads):
            title = f"{section.title}, {_count(roof.threads, 'thread')}"
            wide.print(table(title, *cells(section)))
    wide.print(table("How we stand", *summary(report)))
    for line in (HOW_TO_READ, *notes(report)):
        wide.print(line, soft_wrap=True)


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table for the terminal, numbers to the right."""
    from rich import box
    from rich.table import Table

    made = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for name in head:
        made.add_column(name, justify="left" if name in _LEFT else "right", no_wrap=True)
    for row in rows:
        made.add_row(*row)
    return made


def cells(section: Section) -> tuple[list[str], list[list[str]]]:
    """A section as texts: the head, and a row for each result, a network's sum last."""
    network = section.total is not None
    lead = ["layer", "times"] if network else ["layer", _SHAPE]
    rows = []
    for count, result in section.rows:
        second = str(count) if network else result.case.text
        rows.append([result.name, second, *_numbers(result)])
    if section.total is not None:
        name, count = f"sum of {section.title}", sum(count for count, _ in section.rows)
        rows.append([name, str(count), *_numbers(section.total)])
    return [*lead, *_HEAD, *_RATIOS], rows


def _numbers(result: Result) -> list[str]:
    auto, strict, torch, onnx = (
        _milliseconds(result.timed.get(name)) for name in (*OURS, "torch", "onnxruntime")
    )
    method = result.laps["auto"].how if "auto" in result.laps else ""
    best = result.best_peer
    share = result.ratio(PEAK, "strict")
    return [
        auto,
        method or NOTHING,
        strict,
        torch,
        onnx,
        _SHORT.get(best, best) if best else NOTHING,
        *(_ratio(result.ratio(best, name)) for name in OURS),
        f"{100 * share.median:.0f}%" if share else NOTHING,
    ]


def _milliseconds(lap: Lap | None) -> str:
    return digits(1e3 * lap.median) if lap else NOTHING


def _ratio(ratio: Ratio | None) -> str:
    return str(ratio) if ratio else NOTHING


#: The columns of the summary: a peer, or None for each case's or network's best; and one of ours.
_COMPARED = (
    ("torch / auto", "torch", "auto"),
    ("torch / strict", "torch", "strict"),
    ("best peer / auto", None, "auto"),
    ("best peer / strict", None, "strict"),
)


def summary(report: Report) -> tuple[list[str], list[list[str]]]:
    """How we stand: geometric means over layers, and each network's sum."""
    head = ["", "threads", *(name for name, _, _ in _COMPARED)]
    rows = []
    for roof in report.roofs:
        for section in report.sections(roof.threads):
            title, numbers = _standing(section)
            rows.append([title, str(roof.threads), *numbers])
    return head, rows


def _standing(section: Section) -> tuple[str, list[str]]:
    if section.total is not None:
        total = section.total
        ratios = (total.ratio(peer or total.best_peer, ours) for _, peer, ours in _COMPARED)
        return f"{section.title}, sum", [_ratio(each) for each in ratios]
    results = [result for _, result in section.rows]
    means = (mean(results, peer, ours) for _, peer, ours in _COMPARED)
    title = f"{section.title} ({len(results)}), geometric mean"
    return title, [f"{each:.2f}" if each else NOTHING for each in means]


def limits(report: Report) -> list[str]:
    """The machine's name and its limits, a sentence each."""
    here = report.machine
    features = f" ({', '.join(here.features)})" if here.features else ""
    versions = ", ".join(f"{name} {version}" for name, version in here.versions.items())
    lines = [
        f"{here.date}, {here.processor}{features}, {_count(here.processors, 'processor')}; "
        f"{versions}."
    ]
    for roof in report.roofs:
        lines.append(
            f"{_count(roof.threads, 'thread')}: {_giga(roof.peak)} GFLOP/s of float32 FMA; a copy "
            f"moves {_giga(roof.memory)} GB/s in memory, {_giga(roof.cache)} GB/s in the caches."
        )
    return lines


def notes(report: Report) -> list[str]:
    """Who was not timed on what, and why."""
    lines = []
    for (contender, reason), names in report.failed().items():
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        lines.append(f"{contender} was not timed on {shown}: {reason.rstrip('.')}.")
    return lines


def is_well(report: Report) -> bool:
    """Whether all of ours were timed on every case."""
    return not any(contender in OURS for contender, _ in report.failed())


def as_dict(report: Report) -> dict[str, Any]:
    """The report as plain data: what ``stridelab bench --json`` writes. Times are in seconds."""
    here = report.machine
    threads = [roof.threads for roof in report.roofs]
    totals = [
        section.total
        for count in threads
        for section in report.sections(count)
        if section.total is not None
    ]
    head, rows = summary(report)
    return {
        "date": here.date,
        "processor": here.processor,
        "features": list(here.features),
        "processors": here.processors,
        "versions": dict(here.versions),
        "rounds": report.rounds,
        "roofs": [vars(roof) for roof in report.roofs],
        "layers": [_as_dict(result) for result in report.results],
        "networks": [_as_dict(result) for result in totals],
        "summary": [dict(zip(["what", *head[1:]], row, strict=True)) for row in rows],
    }


def _as_dict(result: Result) -> dict[str, Any]:
    best = result.best_peer
    data: dict[str, Any] = {"name": result.name, "threads": result.threads}
    if isinstance(result.case, Case):
        data |= {"case": dict(_shape(result.case)), "bytes": result.case.bytes}
    ratios = {
        f"{peer} / {ours}": _as_list(result.ratio(peer, ours))
        for peer in result.timed
        for ours in OURS
        if peer not in (*OURS, PEAK)
    }
    return data | {
        "flops": result.case.flops,
        "best_peer": best,
        "of_peak": _as_list(result.ratio(PEAK, "strict")),
        "ratios": {name: each for name, each in ratios.items() if each},
        "contenders": {name: _lap(lap) for name, lap in result.laps.items()},
    }


def _shape(case: Case) -> Iterable[tuple[str, int]]:
    names = ("batch", "size", "channels", "filters", "kernel", "stride", "dilation", "groups")
    return ((name, getattr(case, name)) for name in names)


def _lap(lap: Lap) -> dict[str, Any]:
    if lap.reason:
        return {"how": lap.how, "reason": lap.reason}
    return {"how": lap.how, "median": lap.median, "samples": list(lap.seconds)}


def _as_list(ratio: Ratio | None) -> list[float] | None:
    return [ratio.low, ratio.median, ratio.high] if ratio else None


def markdown(report: Report) -> str:
    """README's section: where and when, the summary, and a table of the layers per thread count."""
    first, *rest = limits(report)
    head, rows = summary(report)
    parts = [f"Measured by `stridelab bench --readme`: {first}", *rest, _grid(head, rows)]
    parts += notes(report)
    parts.append(HOW_TO_READ)
    for roof in report.roofs:
        section = report.sections(roof.threads)[0]
        summary_line = f"{section.title} one by one, {_count(roof.threads, 'thread')}"
        grid = _grid(*cells(section))
        parts.append(f"<details>\n<summary>{summary_line}</summary>\n\n{grid}\n\n</details>")
    return "\n\n".join(parts)


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def in_readme(readme: str, report: Report) -> str:
    """README's text with its block written anew.

    Raises
    ------
    StrideLabError
        Where README has no such block.
    """
    check_readme(readme)
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{markdown(report)}\n{END}{after}"


def check_readme(readme: str) -> None:
    """Refuses a README that has no place for the section."""
    if BEGIN not in readme or END not in readme.partition(BEGIN)[2]:
        raise StrideLabError(
            "README.md",
            "have a place for the result",
            "none",
            remedy=f"Write these two lines where it shall stand: {BEGIN} and {END}.",
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _giga(rate: float) -> str:
    return digits(rate / 1e9)
