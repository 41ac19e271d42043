"""The lessons' figures, each with the sentence that says what it shows.

`stridelab.theme` draws photographs and grids; this module names their axes, adds bars and the
picture of one axis with its windows, and shows them all with alt text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stridelab import theme
from stridelab.theme.pictures import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from stridelab.geometry import Axis

#: The widest a figure becomes, in inches: a notebook's column.
WIDTH = 9.0

#: The percentile of a signed figure's values that gets the full colour.
CLIPPED = 99

Array = np.ndarray[Any, Any]


def pictures(
    panels: Mapping[str, Array], alt: str, *, signed: bool = False, columns: int | None = None
) -> Picture:
    """Photographs or feature maps side by side, all on one scale.

    Parameters
    ----------
    panels : mapping of str to array
        Title to rows × columns, with one channel or three (or no channel axis).
    alt : str
        What the figure shows, in a sentence.
    signed : bool
        Negative is blue, zero white and positive vermilion, up to the 99th percentile of their
        size; otherwise 0 is black and 1 white.
    columns : int, optional
        Panels in a row; all of them where it is None.

    >>> pictures({"grey": np.full((4, 4), 0.5)}, "A grey square.")
    Figure: A grey square.
    """
    from matplotlib.ticker import MaxNLocator

    columns = min(columns or len(panels), len(panels))
    rows, cols = next(iter(panels.values())).shape[:2]
    top = 1.0
    if signed:  # a few cells of extreme contrast would leave all others pale
        every = np.concatenate([panel.ravel() for panel in panels.values()])
        top = float(np.percentile(np.abs(every), CLIPPED))
    figure = theme.show_images(
        panels,
        columns=columns,
        limits=(-top if signed else 0.0, top),
        bar=signed,
        height=(WIDTH / columns - (1.25 if signed else 0.8)) * rows / cols,
    )
    figure.set_figwidth(WIDTH)
    figure.get_layout_engine().set(wspace=0.04)
    for axes in figure.axes:
        if not axes.images:  # a colour bar
            axes.set_ylabel("value")
            continue
        axes.set_axis_on()
        axes.set(xlabel="column (cell)", ylabel="row (cell)")
        axes.spines[:].set_visible(True)  # white cells end somewhere, too
        for each in (axes.xaxis, axes.yaxis):
            each.set_major_locator(MaxNLocator(nbins=5, integer=True))
        if signed:
            axes.images[0].set_cmap(_diverging())
    return Picture(figure, alt)


def grids(
    panels: Mapping[str, tuple[str, Array]],
    *,
    window: tuple[Sequence[int], Sequence[int]] | None = None,
    x: str = "column",
    y: str = "row",
) -> Picture:
    """Small tables of numbers side by side, each in its part's colour; the alt text reads them out.

    Parameters
    ----------
    panels : mapping of str to (role, array)
        Title to one of `theme.ROLES` and the numbers, rows × columns. Panels of one role share
        their scale.
    window : (rows, columns), optional
        Outlined in orange on the first grid: the taps of one window.
    x, y : str
        What runs across, and what runs down.

    >>> grids({"kernel": ("kernel", np.eye(2))})
    Figure: kernel, row by row: 1 0; 0 1.
    """
    roles = [role for role, _ in panels.values()]
    numbers = {title: array for title, (_, array) in panels.items()}
    figure = theme.show_grids(numbers, roles)
    for axes in figure.axes:
        axes.set(xlabel=x, ylabel=y)
    read_out = [f"{title}, row by row: {_in_words(array)}." for title, array in numbers.items()]
    if window is not None:
        with theme.style():
            theme.draw_window(figure.axes[0], *window)
        spots = [" ".join(map(str, taps)) for taps in window]
        read_out.insert(1, f"A window is outlined on rows {spots[0]} and columns {spots[1]}.")
    return Picture(figure, " ".join(read_out))


def _in_words(array: Array) -> str:
    return "; ".join(" ".join(map(theme.cell_text, row)) for row in array.tolist())


def bars(panels: Mapping[str, Sequence[float]], *, x: str, y: str) -> Picture:
    """Counts per cell as bars, one panel a title, all on one scale; the alt text reads them out.

    Parameters
    ----------
    panels : mapping of str to sequence of float
        Title to one bar's height per cell.
    x, y : str
        The axes' names with their units.

    >>> bars({"valid": (1, 2, 1)}, x="cell", y="reads (windows)")
    Figure: Bars: reads (windows) by cell. valid: 1 2 1.
    """
    from matplotlib.figure import Figure

    with theme.style():
        figure = Figure(figsize=(WIDTH, 2.6))
        grid = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
        for axes, (title, heights) in zip(grid, panels.items(), strict=True):
            drawn = axes.bar(range(len(heights)), heights, color=theme.colour("input"))
            axes.bar_label(drawn, fmt="{:.3g}")
            axes.set(title=title, xlabel=x, xticks=range(len(heights)))
            axes.margins(y=0.18)
        grid[0].set_ylabel(y)
    read_out = [f"{title}: {_in_words(np.array([each]))}." for title, each in panels.items()]
    return Picture(figure, " ".join([f"Bars: {y} by {x}.", *read_out]))


def curves(
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    alt: str,
    *,
    title: str,
    x: str,
    y: str,
    log: str = "",
) -> Picture:
    """Lines with points on one pair of axes, each with a colour, a mark and a name of its own.

    Parameters
    ----------
    lines : mapping of str to (xs, ys)
        A line's name to the places of its points. A single point gets a larger mark.
    alt : str
        What the figure shows, in a sentence.
    title, x, y : str
        The figure's title, and the axes' names with their units.
    log : str
        The axes that count in powers: "x", "y" or "xy".

    >>> curves({"n²": ((1, 2, 3), (1, 4, 9))}, "It grows.", title="Squares", x="n", y="cells")
    Figure: It grows.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    roles, marks = ("input", "window", "output", "kernel", "disagree"), "osD^v"
    with theme.style():
        figure = Figure(figsize=(WIDTH * 0.75, 3.6))
        axes = figure.subplots()
        for place, (name, (xs, ys)) in enumerate(lines.items()):
            axes.plot(
                xs,
                ys,
                color=theme.colour(roles[place % len(roles)]),
                marker=marks[place % len(marks)],
                markersize=4 if len(xs) > 1 else 10,
                linestyle="-" if len(xs) > 1 else "none",
                label=name,
            )
        axes.set(title=title, xlabel=x, ylabel=y)
        for each in log:
            getattr(axes, f"set_{each}scale")("log")
            ticks = getattr(axes, f"{each}axis")
            ticks.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ticks.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            ticks.set_minor_formatter(NullFormatter())
        if len(lines) > 1:  # beside the lines: inside, a legend covers some of them
            axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
            figure.set_figwidth(WIDTH)
    return Picture(figure, alt)


def named_bars(
    values: Mapping[str, float],
    alt: str,
    *,
    title: str,
    x: str,
    limits: Mapping[str, float] | None = None,
    log: bool = False,
) -> Picture:
    """Bars that lie, each with its name and its number, the first on top; limits are dashed lines.

    Parameters
    ----------
    values : mapping of str to float
        A bar's name to its length.
    alt : str
        What the figure shows, in a sentence.
    title, x : str
        The figure's title, and the lengths' name with their unit.
    limits : mapping of str to float, optional
        What no bar should pass: a line's name to its place.
    log : bool
        Whether lengths count in powers of ten.

    >>> named_bars({"loops": 2, "tile": 40}, "Two rates.", title="Rates", x="GFLOP/s")
    Figure: Two rates.
    """
    from matplotlib.figure import Figure

    lines = dict(limits or {})
    with theme.style():
        figure = Figure(figsize=(WIDTH * 0.75, 1.1 + 0.42 * len(values)))
        axes = figure.subplots()
        drawn = axes.barh(list(values), list(values.values()), color=theme.colour("output"))
        numbers = [
            f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" for value in values.values()
        ]
        for label in axes.bar_label(drawn, numbers, padding=4):
            label.set_bbox({"facecolor": theme.colour("paper"), "edgecolor": "none", "pad": 1})
        for dash, (name, place) in zip(("--", ":", "-."), lines.items(), strict=False):
            axes.axvline(place, color=theme.colour("ink"), linestyle=dash, label=name)
        axes.invert_yaxis()
        axes.set(title=title, xlabel=x)
        if log:
            axes.set_xscale("log")
        axes.margins(x=0.15)
        if lines:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.28), ncols=len(lines))
    return Picture(figure, alt)


def windows(*lines: Axis) -> Picture:
    """One axis a panel: its cells and pads on top, below them each window; ✗ marks unread cells.

    >>> from stridelab.geometry import conv_axis
    >>> windows(conv_axis(4, kernel=3, stride=2, padding="same"))
    Figure: 4 cells, pads 0 and 1. Output 0 reads 0, 1, 2. Output 1 reads 2, 3, padding.
    """
    from matplotlib.figure import Figure

    first = min(line.phase for line in lines)
    stop = max(line.size + line.pad_after for line in lines)
    heights = [line.output_size + 2.9 for line in lines]
    cell = min(0.42, WIDTH / (stop - first + 2.5))
    with theme.style():
        figure = Figure(figsize=(cell * (stop - first + 2.5), cell * sum(heights)))
        grid = figure.subplots(len(lines), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, line in zip(grid, lines, strict=True):
            _axis_with_windows(axes, line)
            axes.set(xlim=(first - 0.6, stop + 1.9), ylim=(line.output_size + 0.45, -0.6))
    return Picture(figure, " ".join(map(_axis_in_words, lines)))


def _axis_with_windows(axes: Axes, line: Axis) -> None:
    from matplotlib.patches import Rectangle

    pads = (line.pad_before, line.pad_after)
    apart = f", d = {line.dilation}" if line.dilation > 1 else ""
    title = (
        f"n = {line.size}, k = {line.kernel}, s = {line.stride}{apart}, {line.rule}: pads {pads}"
    )
    theme.draw_grid(axes, np.zeros((1, line.size)), pads=((0, 0), pads), title=title)
    for patch in axes.patches:
        if not patch.get_hatch():
            patch.set_facecolor(theme.ramp("input")[2][0])
    axes.set(xlabel="cell", ylabel="")
    for cell, text in enumerate(axes.texts):  # the index above a cell is number enough here
        text.set(text="✗" if cell in line.unread else "", color=theme.colour("disagree", "text"))
    fill, edge = theme.ramp("window")[3][0], theme.colour("window", "text")
    for output in range(line.output_size):
        taps = line.taps(output)
        for tap in taps:
            corner = (tap - 0.46, output + 0.62)
            axes.add_patch(Rectangle(corner, 0.92, 0.76, fc=fill, ec=edge, lw=1.2))
        axes.text(taps[-1] + 0.7, output + 1, f"output {output}", va="center", fontsize=9)
    axes.set(yticks=[], anchor="NW")


def _axis_in_words(line: Axis) -> str:
    def tap(position: int) -> str:
        return str(position) if 0 <= position < line.size else "padding"

    reads = [
        f"Output {output} reads {', '.join(map(tap, line.taps(output)))}."
        for output in range(line.output_size)
    ]
    pads = f"{line.size} cells, pads {line.pad_before} and {line.pad_after}."
    return " ".join([pads, *reads])


def _diverging() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    ends = [theme.colour("input"), theme.colour("paper"), theme.colour("disagree")]
    return LinearSegmentedColormap.from_list("stridelab", ends)
