"""The roofline: each layer's flops a byte against its flops a second, under the measured roof.

Source: Williams, Waterman & Patterson, "Roofline", CACM 52(4), 2009.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stridelab import theme
from stridelab.bench.results import Report, Result, Roof
from stridelab.bench.suite import Case

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

#: The kinds of file that it is written as.
KINDS = (".png", ".svg", ".pdf")

#: By contender: its name in the legend, its colour's role, its mark.
_MARKS = {
    "auto": ("StrideLab, auto", "output", "o"),
    "strict": ("StrideLab, strict", "input", "s"),
    "torch": ("PyTorch", "disagree", "x"),
}

#: Where a name may stand, in points from its mark; the first free place is taken.
_PLACES = [
    (x, y, side)
    for reach in (0, 12, 24, 36, 50, 66, 84, 104)
    for y in ((0,) if reach == 0 else (reach, -reach))
    for x, side in ((8, "left"), (-8, "right"), (0, "center"))
    if reach or x
]


def save(report: Report, path: Path) -> None:
    """Writes the picture, in the kind that the file's name says."""
    drawn = figure(report)
    with theme.style():
        drawn.savefig(path, dpi=150)


def figure(report: Report) -> Figure:
    """The picture, a panel for each number of threads.

    It shows the suite's layers, or where none of these was timed the first of the networks.
    """
    from matplotlib.figure import Figure

    with theme.style():
        made = Figure(figsize=(7.6 * len(report.roofs), 6.4))
        panels = made.subplots(1, len(report.roofs), squeeze=False, sharey=True)[0]
        for axes, roof in zip(panels, report.roofs, strict=True):
            _marks(axes, _shown(report, roof))
            _roof(axes, roof)
            _words(axes, roof, report.machine.processor)
        panels[0].set_ylabel("GFLOP/s, those of the definition counted")
        panels[0].legend(loc="lower right")
        made.draw_without_rendering()
        made.set_layout_engine("none")  # from here on nothing moves, so that names find their place
        for axes, roof in zip(panels, report.roofs, strict=True):
            _names(axes, _shown(report, roof), roof)
    return made


def _shown(report: Report, roof: Roof) -> list[Result]:
    """The results in the picture, from the fewest flops a byte to the most."""
    results = [result for _, result in report.sections(roof.threads)[0].rows]
    return sorted((each for each in results if _rates(each)), key=_intensity)


def _rates(result: Result) -> list[float]:
    """GFLOP/s of those that have marks."""
    return [rate / 1e9 for name in _MARKS if (rate := result.rate(name))]


def _intensity(result: Result) -> float:
    assert isinstance(result.case, Case)
    return result.case.flops / result.case.bytes


def _marks(axes: Axes, results: list[Result]) -> None:
    """Each contender's marks; a line joins those of one layer."""
    axes.set(xscale="log", yscale="log")
    axes.grid(True, which="major")
    for result in results:
        x, rates = _intensity(result), _rates(result)
        axes.plot([x, x], [min(rates), max(rates)], color=theme.colour("line"), lw=1.2, zorder=1)
    for name, (label, role, mark) in _MARKS.items():
        points = [(_intensity(each), rate / 1e9) for each in results if (rate := each.rate(name))]
        if points:
            axes.scatter(*zip(*points, strict=True), **_look(role, mark), label=label, zorder=3)


def _look(role: str, mark: str) -> dict[str, Any]:
    """Filled for auto, hollow for strict, a cross for PyTorch: never the colour alone."""
    colour = theme.colour(role)
    if mark == "x":
        return {"marker": mark, "s": 34, "color": colour, "linewidths": 1.8}
    face = colour if mark == "o" else theme.colour("paper")
    return {"marker": mark, "s": 34, "facecolor": face, "edgecolor": colour, "linewidths": 1.5}


def _roof(axes: Axes, roof: Roof) -> None:
    """The measured limits: the bandwidths rise, the peak is level."""
    low, high = axes.get_xlim()
    low /= 2  # room for the names of the limits, beside the first points
    axes.set_xlim(low, high * 1.6)  # and for the last names
    line = {"color": theme.colour("ink"), "lw": 1.2, "zorder": 2}
    say = {"textcoords": "offset points", "fontsize": 9}
    for start, stop, rate, name in _slopes(roof, low):
        axes.plot(
            [start, stop], [rate * start, rate * stop], "-" if name == "memory" else "--", **line
        )
        text = f"{name}: {rate:.0f} GB/s"
        axes.annotate(text, (start, rate * start), xytext=(9, -3), va="top", **say)
    peak, (left, right) = _level(axes, roof)
    axes.plot([left, right], [peak, peak], **line)
    text = f"FMA peak: {peak:.0f} GFLOP/s"
    axes.annotate(text, (left, peak), xytext=(2, 4), **say)


def _slopes(roof: Roof, low: float) -> Iterator[tuple[float, float, float, str]]:
    """Each bandwidth's line: the flops a byte where it starts and ends, its GB/s, its name."""
    for rate, name in ((roof.memory, "memory"), (roof.cache, "caches")):
        if low < roof.peak / rate:
            yield low, roof.peak / rate, rate / 1e9, name


def _level(axes: Axes, roof: Roof) -> tuple[float, tuple[float, float]]:
    """The peak in GFLOP/s, and the flops a byte between which it is the limit."""
    low, high = axes.get_xlim()
    return roof.peak / 1e9, (max(low, roof.peak / max(roof.memory, roof.cache)), high)


def _words(axes: Axes, roof: Roof, processor: str) -> None:
    """The title, the axis' name, and plain numbers on both axes."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    threads = f"{roof.threads} thread{'' if roof.threads == 1 else 's'}"
    axes.set_title(f"{processor}, {threads}")
    axes.set_xlabel("flops a byte, with input, weights and output moved once")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _names(axes: Axes, results: Sequence[Result], roof: Roof) -> None:
    """The layers' names beside their uppermost marks, where nothing else stands."""
    taken = list(_taken(axes, results, roof))
    for result in results:
        taken.append(_place(axes, result.name, (_intensity(result), max(_rates(result))), taken))


def _taken(axes: Axes, results: Sequence[Result], roof: Roof) -> Iterator[Bbox]:
    """The boxes, in pixels, of what stands there: texts, the legend, the roof, all marks."""
    for text in axes.texts:
        yield text.get_window_extent()
    if axes.get_legend() is not None:
        yield axes.get_legend().get_window_extent()
    peak, ends = _level(axes, roof)
    spots = [(x, peak) for x in np.geomspace(*ends, 80)]
    for start, stop, rate, _ in _slopes(roof, axes.get_xlim()[0]):
        spots += [(x, rate * x) for x in np.geomspace(start, stop, 80)]
    yield from _around(axes, spots, 1.5)
    marks = [(_intensity(each), rate) for each in results for rate in _rates(each)]
    yield from _around(axes, marks, 4.5)


def _around(axes: Axes, spots: Sequence[tuple[float, float]], half: float) -> Iterator[Bbox]:
    """Squares around points of the plane, in pixels; half a side in points."""
    from matplotlib.transforms import Bbox

    reach = half * axes.figure.dpi / 72
    for x, y in axes.transData.transform(spots):
        yield Bbox.from_extents(x - reach, y - reach, x + reach, y + reach)


def _place(axes: Axes, text: str, spot: tuple[float, float], taken: Sequence[Bbox]) -> Bbox:
    """Writes a name where it hits the least, with a line to it from afar; its box in pixels."""
    label = axes.annotate(text, spot, (0, 0), textcoords="offset points", fontsize=8.5, va="center")
    size = label.get_window_extent().size
    label.remove()

    def hits(place: tuple[int, int, str]) -> int:
        box = _box(axes, spot, size, place)
        outside = not (axes.bbox.contains(*box.min) and axes.bbox.contains(*box.max))
        return sum(box.overlaps(other) for other in taken) + 10 * outside

    x, y, side = best = min(_PLACES, key=hits)
    thin = {"arrowstyle": "-", "lw": 0.5, "color": theme.colour("muted"), "shrinkB": 4}
    axes.annotate(
        text,
        spot,
        (x, y),
        textcoords="offset points",
        fontsize=8.5,
        ha=side,
        va="center",
        arrowprops=thin if abs(y) > 12 else None,
    )
    return _box(axes, spot, size, best).padded(2)


def _box(
    axes: Axes, spot: tuple[float, float], size: Sequence[float], place: tuple[int, int, str]
) -> Bbox:
    """The box, in pixels, of a text of that size at a place beside a point of the plane."""
    from matplotlib.transforms import Bbox

    x, y, side = place
    pixels = axes.figure.dpi / 72
    start = {"left": 0.0, "center": 0.5, "right": 1.0}[side]
    at_x, at_y = axes.transData.transform(spot)
    left, low = at_x + x * pixels - start * size[0], at_y + y * pixels - size[1] / 2
    return Bbox.from_bounds(left, low, *size)
