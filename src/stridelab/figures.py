"""The lessons' figures: photographs, small grids of numbers, bars, and one axis with its windows.

Each function returns a `Picture`, which a notebook shows with its alt text. Colours mean what they
mean everywhere (`stridelab.theme`): input blue, padding hatched grey, window orange, kernel purple,
output green.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import matplotlib.style
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from stridelab import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from stridelab.geometry import Axis

#: Pixels per inch of the page; a picture holds twice as many, for dense screens.
PAGE_DPI = 96

#: The widest a figure becomes, in inches: a notebook's column.
WIDTH = 9.0


@dataclass(frozen=True, repr=False)
class Picture:
    """A finished figure with the sentence that says what it shows."""

    figure: Figure
    alt: str

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"

    def png(self) -> bytes:
        """The figure as a file's bytes, two pixels for each of the page's."""
        buffer = io.BytesIO()
        with matplotlib.style.context(theme.MPLSTYLE):
            self.figure.savefig(buffer, format="png", dpi=2 * PAGE_DPI)
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        # HTML, because JupyterLab shows a bare PNG without its alt text.
        width = round(self.figure.get_figwidth() * PAGE_DPI)
        data = base64.b64encode(self.png()).decode()
        return (
            f'<img alt="{escape(self.alt)}" width="{width}" style="max-width:100%" '
            f'src="data:image/png;base64,{data}">'
        )


def _axes(count: int, height: float, columns: int | None = None, **sharing: Any) -> Any:
    columns = columns or count
    rows = -(-count // columns)
    figure = Figure(figsize=(WIDTH, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **sharing)
    for spare in axes.flat[count:]:
        spare.set_visible(False)
    return figure, list(axes.flat[:count])


def pictures(
    panels: Mapping[str, np.ndarray], alt: str, *, signed: bool = False, columns: int | None = None
) -> Picture:
    """Photographs or feature maps side by side, all on one scale.

    Parameters
    ----------
    panels : mapping of str to array
        Title to rows × columns, with one channel or three (or no channel axis).
    alt : str
        What the figure shows, in a sentence.
    signed : bool
        Shows negative blue, zero white and positive vermilion instead of 0 black and 1 white.
    columns : int, optional
        Panels in a row; all of them where it is None.

    >>> pictures({"grey": np.full((4, 4), 0.5)}, "A grey square.")
    Figure: A grey square.
    """
    with matplotlib.style.context(theme.MPLSTYLE):
        shown = {title: np.squeeze(np.asarray(panel)) for title, panel in panels.items()}
        columns = min(columns or len(shown), len(shown))
        tallest = max(panel.shape[0] / panel.shape[1] for panel in shown.values())
        figure, axes = _axes(len(shown), WIDTH / (columns + 0.5) * tallest + 0.7, columns)
        top = max(float(np.abs(panel).max()) for panel in shown.values()) if signed else 1.0
        for axis, (title, panel) in zip(axes, shown.items(), strict=True):
            scale = {"cmap": _diverging() if signed else "gray", "vmin": -top if signed else 0.0}
            image = axis.imshow(np.clip(panel, -top, top), vmax=top, **scale)
            axis.set(title=title, xlabel="column (cell)", ylabel="row (cell)")
            axis.grid(visible=False)
        if signed or all(panel.ndim == 2 for panel in shown.values()):
            figure.colorbar(image, ax=axes, label="value", shrink=0.8, aspect=30)
    return Picture(figure, alt)


def grids(panels: Mapping[str, tuple[str, np.ndarray]], alt: str) -> Picture:
    """Small tables of numbers side by side, each in its part's colour.

    Parameters
    ----------
    panels : mapping of str to (part, array)
        Title to a part (``input``, ``kernel``, ``output`` ...) and its numbers, rows × columns.
    alt : str
        What the figure shows, in a sentence.

    >>> grids({"kernel": ("kernel", np.eye(3))}, "Ones on the diagonal.")
    Figure: Ones on the diagonal.
    """
    with matplotlib.style.context(theme.MPLSTYLE):
        sizes = [np.shape(numbers) for _, numbers in panels.values()]
        widths = [columns + 0.7 for _, columns in sizes]
        cell = min(0.5, WIDTH / sum(widths))
        rows = max(rows for rows, _ in sizes)
        figure = Figure(figsize=(cell * sum(widths), cell * rows + 0.5), layout="constrained")
        axes = figure.subplots(1, len(panels), squeeze=False, width_ratios=widths)[0]
        for axis, (title, (part, numbers)) in zip(axes, panels.items(), strict=True):
            axis.set_title(title)
            axis.set(xlim=(-0.1, np.shape(numbers)[1] + 0.1), ylim=(rows + 0.1, -0.1))
            axis.set_aspect("equal")
            axis.axis("off")
            for (row, column), number in np.ndenumerate(numbers):
                _cell(axis, column, row, part, f"{number:.3g}".replace("-", "−"))
    return Picture(figure, alt)


def bars(panels: Mapping[str, Sequence[float]], alt: str, *, x: str, y: str) -> Picture:
    """Counts per cell as bars, one panel a title, all on one scale.

    Parameters
    ----------
    panels : mapping of str to sequence of float
        Title to one bar's height per cell.
    alt, x, y : str
        What the figure shows, and the axes' names with their units.

    >>> bars({"VALID": (1, 2, 1)}, "The middle is read twice.", x="cell", y="reads (windows)")
    Figure: The middle is read twice.
    """
    with matplotlib.style.context(theme.MPLSTYLE):
        figure, axes = _axes(len(panels), 2.4, sharey=True)
        for axis, (title, heights) in zip(axes, panels.items(), strict=True):
            drawn = axis.bar(range(len(heights)), heights, color=theme.colour("input"))
            axis.bar_label(drawn, fmt="{:.3g}")
            axis.set(title=title, xlabel=x, xticks=range(len(heights)))
            axis.margins(y=0.18)
        axes[0].set_ylabel(y)
    return Picture(figure, alt)


def windows(*lines: Axis) -> Picture:
    """One axis a panel: its cells and pads on top, each window below, with the output it makes.

    >>> from stridelab.geometry import conv_axis
    >>> windows(conv_axis(4, kernel=3, stride=2, padding="same"))
    Figure: 4 cells, pads 0 before and 1 after. Output 0 reads 0, 1, 2. Output 1 reads 2, 3, padding.
    """
    with matplotlib.style.context(theme.MPLSTYLE):
        first = min(line.phase for line in lines)
        stop = max(max(line.size + line.pad_after, line.size + 1) for line in lines)
        cell = min(0.5, WIDTH / (stop - first + 3))
        rows = [line.output_size + 2.6 for line in lines]
        figure = Figure(
            figsize=(cell * (stop - first + 3), cell * sum(rows)), layout="constrained"
        )
        axes = figure.subplots(len(lines), 1, squeeze=False, height_ratios=rows)[:, 0]
        for axes_, line in zip(axes, lines, strict=True):
            axes_.set(xlim=(first - 0.2, stop + 2.8), ylim=(line.output_size + 1.4, -0.2))
            _axis_with_windows(axes_, line)
    return Picture(figure, " ".join(_axis_in_words(line) for line in lines))


def _axis_with_windows(axes: Axes, line: Axis) -> None:
    pads = f"({line.pad_before}, {line.pad_after})"
    title = f"n = {line.size}, k = {line.kernel}, s = {line.stride}, {line.rule}: pads {pads}"
    axes.set_title(title, loc="left")
    axes.set_aspect("equal")
    axes.axis("off")
    unread = set(line.unread)
    for position in range(-line.pad_before, line.size + line.pad_after):
        inside = 0 <= position < line.size
        part = "input" if inside else "padding"
        _cell(axes, position, 0, part, str(position) if inside else "0")
        if position in unread:
            axes.text(position + 0.5, 1.3, "unread", ha="center", rotation=0, fontsize="xx-small")
    for output in range(line.output_size):
        taps = line.taps(output)
        for tap in taps:
            _cell(axes, tap, output + 1.2, "window", "")
        axes.annotate(
            f"output {output}", (taps[-1] + 1.2, output + 1.7), va="center", fontsize="small"
        )


def _axis_in_words(line: Axis) -> str:
    def tap(position: int) -> str:
        return str(position) if 0 <= position < line.size else "padding"

    reads = [
        f"Output {output} reads {', '.join(map(tap, line.taps(output)))}."
        for output in range(line.output_size)
    ]
    pads = f"{line.size} cells, pads {line.pad_before} before and {line.pad_after} after."
    return " ".join([pads, *reads])


def _cell(axes: Axes, column: float, row: float, part: str, text: str) -> None:
    """One cell of a grid: its part's colour, hatched where it is padding."""
    colour = theme.colour(part)
    axes.add_patch(
        Rectangle(
            (column + 0.04, row + 0.04),
            0.92,
            0.92,
            facecolor=(*matplotlib.colors.to_rgb(colour), 0.25),
            edgecolor=colour,
            hatch="////" if part == "padding" else None,
        )
    )
    axes.text(column + 0.5, row + 0.52, text, ha="center", va="center")


def _diverging() -> LinearSegmentedColormap:
    ends = [theme.colour("input"), "white", theme.colour("disagreement")]
    return LinearSegmentedColormap.from_list("stridelab", ends)
