"""One matplotlib style for all figures, and the few figures that every lesson draws.

matplotlib is imported when a figure is first drawn. The helpers return a figure that pyplot does
not keep: as a cell's last line it shows once, and nothing needs closing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stridelab.errors import StrideLabError, shown
from stridelab.theme.cells import cell_text, levels
from stridelab.theme.palette import colour, ramp, size_text

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Pads = tuple[tuple[int, int], tuple[int, int]]
NO_PADS: Pads = ((0, 0), (0, 0))


def _settings() -> dict[str, Any]:
    from cycler import cycler

    ink, muted, line = (colour(name) for name in ("ink", "muted", "line"))
    lines = [colour(role) for role in ("input", "output", "window", "kernel", "disagree")]
    return {
        "axes.axisbelow": True,
        "axes.edgecolor": muted,
        "axes.grid": False,
        "axes.labelcolor": ink,
        "axes.labelsize": 10,
        "axes.prop_cycle": cycler(color=[*lines, ink]),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlecolor": ink,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "figure.constrained_layout.use": True,
        "figure.dpi": 110,
        "figure.facecolor": colour("paper"),
        "figure.figsize": (7.0, 3.4),
        "figure.titlesize": 12,
        "figure.titleweight": "bold",
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib; its figures are tabular
        "font.size": 10,
        "grid.color": line,
        "grid.linewidth": 0.6,
        "hatch.color": colour("padding"),
        "hatch.linewidth": 0.8,
        "image.cmap": "gray",
        "image.interpolation": "nearest",
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "savefig.facecolor": colour("paper"),
        "svg.fonttype": "none",
        "text.color": ink,
        "xtick.color": muted,
        "xtick.labelsize": 9,
        "ytick.color": muted,
        "ytick.labelsize": 9,
    }


def use() -> None:
    """Makes StrideLab's style the style of all figures drawn from here on.

    >>> use()
    """
    import matplotlib as mpl

    mpl.rcParams.update(_settings())


@contextmanager
def style() -> Iterator[None]:
    """StrideLab's style for the figures drawn inside ``with style():``.

    >>> import matplotlib as mpl
    >>> with style():
    ...     mpl.rcParams["image.cmap"]
    'gray'
    """
    import matplotlib as mpl

    with mpl.rc_context(_settings()):
        yield


def show_images(
    images: Mapping[str, np.ndarray[Any, Any]],
    *,
    columns: int | None = None,
    limits: tuple[float, float] | None = (0.0, 1.0),
    bar: bool = False,
    height: float = 3.2,
) -> Figure:
    """Pictures side by side, each with its title and its size in cells.

    Parameters
    ----------
    images : dict
        Title to picture: rows × columns, or with 1 or 3 channels last.
    columns : int, optional
        Pictures a row; all in one row where it is None.
    limits : (float, float), optional
        The values drawn black and white, the same for all pictures; None: each picture's own
        lowest and highest value.
    bar : bool
        Whether each one-channel picture has a bar that says which grey is which value.
    height : float
        Of one picture, in inches.

    Raises
    ------
    StrideLabError
        Where there is no picture, or one is no picture.

    >>> import numpy as np
    >>> figure = show_images({"Dark": np.zeros((2, 3)), "Light": np.ones((2, 3, 1))})
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['Dark\\n2 × 3', 'Light\\n2 × 3']
    """
    pictures = {title: _picture(title, image) for title, image in images.items()}
    if not pictures:
        raise StrideLabError("images", "hold at least one picture", "none")
    across = min(columns or len(pictures), len(pictures))
    down = -(-len(pictures) // across)
    shape = next(iter(pictures.values())).shape
    width = height * min(max(shape[1] / shape[0], 0.6), 2.0) + (0.8 if bar else 0.25)
    with style():
        figure, grid = _figure(down, across, (width * across, (height + 0.55) * down))
        for axes in grid:
            axes.set_axis_off()
        for axes, (title, picture) in zip(grid, pictures.items(), strict=False):
            low, high = limits or (picture.min(), picture.max())
            drawn = axes.imshow(picture.clip(low, high), vmin=low, vmax=high)
            axes.set_title(f"{title}\n{size_text(*picture.shape[:2])}")
            if bar and picture.ndim == 2:
                figure.colorbar(drawn, ax=axes, shrink=0.85)
    return figure


def _picture(title: str, image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    import numpy as np

    picture = np.asarray(image)
    if picture.ndim == 3 and picture.shape[-1] == 1:
        picture = picture[..., 0]
    if picture.size == 0 or not (
        picture.ndim == 2 or (picture.ndim == 3 and picture.shape[-1] == 3)
    ):
        raise StrideLabError(
            "images",
            "be rows × columns, or rows × columns × 1 or 3 channels",
            shown(picture.shape),
            title,
        )
    return picture


def _figure(down: int, across: int, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(down, across, figsize=size, squeeze=False)
    plt.close(figure)  # pyplot lets go of it: the cell's value shows it, and shows it once
    return figure, list(axes.ravel())


def show_grids(
    grids: Mapping[str, np.ndarray[Any, Any]],
    roles: Sequence[str] = ("input", "kernel", "output"),
    *,
    pads: Pads = NO_PADS,
    cell: float = 0.42,
) -> Figure:
    """Grids of numbers side by side, as the explorers draw them; those of one role on one scale.

    Parameters
    ----------
    grids : dict
        Title to values: rows × columns.
    roles : sequence of str
        A role for each grid, in order; `ROLES` has the names.
    pads : ((top, bottom), (left, right))
        Cells of padding drawn around grids of the role ``input``.
    cell : float
        A cell's side in inches.

    >>> import numpy as np
    >>> figure = show_grids({"Input": np.arange(6).reshape(2, 3)}, pads=((1, 1), (1, 1)))
    >>> figure.axes[0].get_title(loc="left")
    'Input, 2 × 3'
    """
    import numpy as np

    arrays = {title: np.asarray(values) for title, values in grids.items()}
    margins = [pads if role == "input" else NO_PADS for role in roles[: len(arrays)]]
    extents = [
        (sum(margin[0]) + values.shape[0], sum(margin[1]) + values.shape[1])
        for margin, values in zip(margins, arrays.values(), strict=True)
    ]
    width = sum(max(cols, 3) for _, cols in extents) + 1.5 * len(extents)
    height = max(rows for rows, _ in extents) + 2
    with style():
        figure, axes = _figure(1, len(arrays), (width * cell, height * cell))
        axes[0].get_gridspec().set_width_ratios([max(cols, 3) for _, cols in extents])
        for ax, (title, values), role, margin in zip(
            axes, arrays.items(), roles, margins, strict=False
        ):
            alike = [each for each, its in zip(arrays.values(), roles, strict=False) if its == role]
            draw_grid(
                ax,
                values,
                role,
                pads=margin,
                title=f"{title}, {size_text(*values.shape)}",
                limits=(min(each.min() for each in alike), max(each.max() for each in alike)),
            )
    return figure


def draw_grid(
    axes: Axes,
    values: np.ndarray[Any, Any],
    role: str = "input",
    *,
    pads: Pads = NO_PADS,
    title: str = "",
    window: tuple[Sequence[int], Sequence[int]] | None = None,
    limits: tuple[float, float] | None = None,
) -> None:
    """One grid of numbers on the axes: cells in the role's colour, padding hatched.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw; its ticks are the indices, from 0.
    values : array
        Rows × columns.
    role : str
        One of `ROLES`.
    pads : ((top, bottom), (left, right))
        Cells of padding around the values.
    title : str
        Above the grid.
    window : (rows, columns), optional
        The taps of one window, as ``Axis.taps`` gives them: outlined in orange.
    limits : (float, float), optional
        The values drawn lightest and darkest; the grid's own where it is None.
    """
    import numpy as np

    values = np.asarray(values)
    rows, cols = values.shape
    (top, bottom), (left, right) = pads
    steps = levels(values, limits)
    for row in range(-top, rows + bottom):
        for col in range(-left, cols + right):
            if 0 <= row < rows and 0 <= col < cols:
                _draw_cell(axes, row, col, values[row, col], steps[row][col], role)
            else:
                _draw_padding(axes, row, col)
    if window is not None:
        draw_window(axes, *window)
    axes.set(xlim=(-left - 0.55, cols + right - 0.45), ylim=(rows + bottom - 0.45, -top - 0.55))
    axes.set(xticks=range(-left, cols + right), yticks=range(-top, rows + bottom))
    axes.set(xlabel="column", ylabel="row", aspect="equal", anchor="NW")
    axes.xaxis.set_label_position("top")
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set(color=colour("muted"), fontsize=9)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.set_title(title)


def _draw_cell(axes: Axes, row: int, col: int, value: float, level: int, role: str) -> None:
    from matplotlib.patches import Rectangle

    fill, text = ramp(role)[level]
    corner = (col - 0.5, row - 0.5)
    axes.add_patch(Rectangle(corner, 1, 1, facecolor=fill, edgecolor=colour("line"), lw=0.8))
    axes.text(col, row, cell_text(value), ha="center", va="center", color=text, fontsize=9)


def _draw_padding(axes: Axes, row: int, col: int) -> None:
    from matplotlib.patches import Rectangle

    corner = (col - 0.5, row - 0.5)
    axes.add_patch(Rectangle(corner, 1, 1, fc=colour("paper"), ec=colour("line"), hatch="////"))


def draw_window(axes: Axes, rows: Sequence[int], cols: Sequence[int]) -> None:
    """Outlines one window on a drawn grid: each tap, and a frame round all.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where `draw_grid` drew.
    rows, cols : sequence of int
        The taps, as ``Axis.taps`` gives them.
    """
    from matplotlib.patches import Rectangle

    orange = colour("window")
    for row in rows:
        for col in cols:
            axes.add_patch(Rectangle((col - 0.5, row - 0.5), 1, 1, fill=False, ec=orange, lw=1.2))
    corner = (cols[0] - 0.5, rows[0] - 0.5)
    size = (cols[-1] - cols[0] + 1, rows[-1] - rows[0] + 1)
    for line, width in ((colour("casing"), 4.2), (orange, 2.8)):  # so that it stands out anywhere
        axes.add_patch(Rectangle(corner, *size, fill=False, ec=line, lw=width))
