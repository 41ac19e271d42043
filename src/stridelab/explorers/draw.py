"""The drawing: each panel as the page gets it.

The stage's JavaScript inserts these pictures and moves outlines over them; it draws no cell. Cell
(row, column) has its corner at ``(column·U, row·U)``, so padding has negative coordinates.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import cache, lru_cache
from html import escape
from importlib.resources import files
from io import BytesIO
from itertools import chain
from math import isnan
from typing import NamedTuple

import numpy as np

from stridelab.explorers.scene import MARK, NONE, Bars, Blocks, Focus, Grid, Panel, Picture, Table
from stridelab.theme import cell_text, full_text, levels
from stridelab.theme.palette import css_levels

#: A cell's side, in the units of the drawing.
U = 32

#: Room for the indices, left of the grid and above it.
MARGIN = 20

#: More of it for the names of blocks.
BAND = 18

#: How small a grid may get where it has no room; from there on it scrolls.
SMALLEST = 0.6

#: The size of a cell's letters, by how many the longest text of the grid has.
_LETTERS = {1: 15, 2: 14, 3: 12.5, 4: 11, 5: 9.5}
_SMALLEST_LETTERS = 8.5


def letters(texts: list[list[str]]) -> float:
    """The size at which the longest of these texts fits a cell.

    >>> letters([["1", "−12"]]), letters([["−0.046"]])
    (12.5, 8.5)
    """
    longest = max(len(text) for row in texts for text in row)
    return _LETTERS.get(longest, _SMALLEST_LETTERS)


def cell_look(value: float, step: int) -> tuple[str, str, int]:
    """A cell's text, its full text and its step on the ramp; an empty cell, NaN, has neither.

    >>> cell_look(2 / 3, 5), cell_look(float("nan"), 5)
    (('0.667', '0.6666666667', 5), ('', 'none', 0))
    """
    return ("", NONE, 0) if isnan(value) else (cell_text(value), full_text(value), step)


def extent(grid: Grid) -> tuple[int, int, int, int]:
    """The drawing's left, top, width and height, padding and indices included."""
    rows, cols = grid.values.shape
    (top, bottom), (left, right) = (
        [max(sides) for sides in zip(pads, room, strict=True)]
        for pads, room in zip(grid.pads, grid.room, strict=True)
    )
    down, across, *_ = grid.blocks.axes if grid.blocks else ("", "")
    before, above = (MARGIN + (BAND if name else 0) for name in (down, across))
    width = (left + cols + right) * U + before + 3
    height = (top + rows + bottom) * U + above + 3
    return -left * U - before, -top * U - above, width, height


def grid_svg(grid: Grid, focus: Focus | None = None, place: tuple[int, int] | None = None) -> str:
    """One grid as an SVG element: padding, cells, indices, and the outlines of the focus.

    Parameters
    ----------
    grid : Grid
        What to draw.
    focus : Focus, optional
        The scene's focus: the outlines that fall on this grid are drawn at its position.
    place : (int, int), optional
        Left and top inside another SVG.
    """
    start, parts = grid_parts(grid, focus)
    if place is not None:
        start = f"{start[:-1]} x='{place[0]}' y='{place[1]}'>"
    return f"{start}{''.join(parts)}{_full_texts(_rows(grid))}</svg>"


def grid_parts(grid: Grid, focus: Focus | None = None) -> tuple[str, list[str]]:
    """The tag that opens a grid's SVG, and its parts: padding, cells, marks, indices, outlines.

    The stage puts a part into the page only where it differs from what is there: most moves leave
    some cells as they are, and laying out text is what costs the page its time. Attributes stand
    between single quotes: a double one takes four letters in a message, JSON within JSON.

    Parameters
    ----------
    grid, focus
        As for `grid_svg`.
    """
    left, top, width, height = extent(grid)
    cells: Callable[[Grid], str] = _still
    face = "img"
    if focus is not None and focus.grid == grid.name:
        cells, face = _reachable, "grid"
    elif focus is not None and any(fill.grid == grid.name for fill in focus.fills):
        cells = _changing
    name = f"{grid.title}, {grid.size}" + (f"; {grid.caption}" if grid.caption else "")
    start = (
        f"<svg class='sl-grid sl-{grid.role}' data-grid='{grid.name}' role='{face}' "
        f"aria-label='{escape(name)}' viewBox='{left} {top} {width} {height}' "
        f"width='{width}' height='{height}' style='min-width: {round(SMALLEST * width)}px'>"
    )
    over = _gaps(grid) + _marks(grid)
    parts = [_padding(grid), cells(grid), over, _indices(grid), _outlines(grid, focus)]
    return start, parts


class _Cell(NamedTuple):
    row: int
    col: int
    text: str
    full: str
    level: int


def _rows(grid: Grid) -> list[list[_Cell]]:
    shades = grid.shades
    steps = levels(grid.values, grid.limits) if shades is None else levels(shades, (0, 1))
    return [
        [_Cell(i, j, *cell_look(v, steps[i][j])) for j, v in enumerate(row)]
        for i, row in enumerate(grid.values.tolist())
    ]


def _still(grid: Grid) -> str:
    """Cells that stay as they are: squares of each level's colour, and texts on them."""
    rows = _rows(grid)
    return _squares(rows) + _texts(rows, "<g>", lambda cell: "")


def _reachable(grid: Grid) -> str:
    """Cells that the learner can go to: each text is one for the keyboard and for readers."""

    rows, cols = grid.names(0), grid.names(1)
    row, column = ("", "") if grid.blocks else ("row ", "column ")

    def reader(cell: _Cell) -> str:
        at = f"{cell.row},{cell.col}"
        name = f"{row}{rows[cell.row]}, {column}{cols[cell.col]}: {cell.full}"
        if grid.marks is not None and grid.marks[cell.row, cell.col]:
            name += MARK
        return f" role='gridcell' tabindex='-1' data-at='{at}' aria-label='{name}'"

    cells = _rows(grid)
    return _squares(cells) + _texts(cells, "<g role='row'>", reader)


def _changing(grid: Grid) -> str:
    """Cells that a fill changes with the position: each by itself, with its own colour."""
    rows = _rows(grid)
    size, base = _letters_and_base(rows)
    parts = [f"<g class='sl-cells' font-size='{size}'>"]
    for cell in chain.from_iterable(rows):
        x, y = cell.col * U, cell.row * U
        parts.append(
            f"<g class='v{cell.level}'>"
            f"<rect x='{x}.5' y='{y}.5' width='{U - 1}' height='{U - 1}'/>"
            f"<text x='{x + U // 2}' y='{y + base:g}'>{cell.text}</text></g>"
        )
    return "".join(parts) + "</g>"


def _letters_and_base(rows: list[list[_Cell]]) -> tuple[float, float]:
    """The size of the letters, and how far below a cell's top they stand on its middle."""
    size = letters([[cell.text for cell in row] for row in rows])
    return size, U / 2 + 0.35 * size


def _squares(rows: list[list[_Cell]]) -> str:
    """All cells without their texts: one path for each level, which a browser draws at once."""
    paths: dict[int, list[str]] = {}
    for cell in chain.from_iterable(rows):
        square = f"M{cell.col * U}.5 {cell.row * U}.5h{U - 1}v{U - 1}h-{U - 1}z"
        paths.setdefault(cell.level, []).append(square)
    drawn = (f"<path class='v{level}' d='{''.join(path)}'/>" for level, path in paths.items())
    return f"<g class='sl-squares'>{''.join(drawn)}</g>"


def _texts(rows: list[list[_Cell]], row_tag: str, attributes: Callable[[_Cell], str]) -> str:
    size, base = _letters_and_base(rows)
    parts = [f"<g class='sl-cells' font-size='{size}'>"]
    for row in rows:
        parts.append(row_tag)
        for cell in row:
            place = f"x='{cell.col * U + U // 2}' y='{cell.row * U + base:g}'"
            parts.append(
                f"<text class='v{cell.level}' {place}{attributes(cell)}>{cell.text}</text>"
            )
        parts.append("</g>")
    return "".join(parts) + "</g>"


def _full_texts(rows: list[list[_Cell]]) -> str:
    """What a pointer gets to read over the cells whose text hides digits.

    In the page the stage shows it by itself, for the one cell under the pointer.
    """
    places = "".join(
        f"<rect x='{cell.col * U}' y='{cell.row * U}' width='{U}' height='{U}'>"
        f"<title>{cell.full}</title></rect>"
        for cell in chain.from_iterable(rows)
        if cell.full != cell.text
    )
    return places and f"<g class='sl-full' aria-hidden='true'>{places}</g>"


def _padding(grid: Grid) -> str:
    rows, cols = grid.values.shape
    (top, bottom), (left, right) = grid.pads
    frames, strokes = [], []
    for row in range(-top, rows + bottom):
        for col in range(-left, cols + right):
            if 0 <= row < rows and 0 <= col < cols:
                continue
            x, y, side = col * U, row * U, U - 1
            frames.append(f"M{x}.5 {y}.5h{side}v{side}h-{side}z".replace("-0.5", "0.5"))
            strokes.append(f"M{x + 4} {y + 12}l8-8M{x + 4} {y + 28}l24-24M{x + 20} {y + 28}l8-8")
    if not frames:
        return ""
    return (
        f"<path class='sl-pad-frame' d='{''.join(frames)}'/>"
        f"<path class='sl-hatch' d='{''.join(strokes)}'/>{_pad_texts(grid)}"
    )


def _pad_texts(grid: Grid) -> str:
    """What padding shows that is not zeros."""
    if grid.pad_values is None:
        return ""
    rows, cols = grid.values.shape
    (top, _), (left, _) = grid.pads
    texts = [[cell_text(value) for value in row] for row in grid.pad_values.tolist()]
    size = letters(texts)
    parts = [
        f"<text x='{(col - left) * U + U // 2}' y='{(row - top) * U + U / 2 + 0.35 * size:g}'>"
        f"{text}</text>"
        for row, line in enumerate(texts)
        for col, text in enumerate(line)
        if not (top <= row < top + rows and left <= col < left + cols)
    ]
    return f"<g class='sl-pad-texts' font-size='{size}'>{''.join(parts)}</g>"


def _gaps(grid: Grid) -> str:
    """A strip of paper between blocks: cells keep their places, so that a pointer finds them."""
    if grid.blocks is None:
        return ""
    rows, cols = grid.values.shape
    lines = [f"M{at * U} 0v{rows * U}" for at in range(grid.blocks.cols, cols, grid.blocks.cols)]
    lines += [f"M0 {at * U}h{cols * U}" for at in range(grid.blocks.rows, rows, grid.blocks.rows)]
    gaps = "".join(lines)
    return gaps and f"<path class='sl-gap-edge' d='{gaps}'/><path class='sl-gap' d='{gaps}'/>"


def _marks(grid: Grid) -> str:
    """A vermilion corner on each cell that disagrees."""
    if grid.marks is None:
        return ""
    corners = "".join(
        f"M{(col + 1) * U - 13} {row * U + 1}h12v12z" for row, col in np.argwhere(grid.marks)
    )
    return corners and f"<path class='sl-mark' d='{corners}'/>"


def _indices(grid: Grid) -> str:
    if grid.blocks is not None:
        return _axis_indices(grid, grid.blocks)
    rows, cols = grid.values.shape
    (top, bottom), (left, right) = grid.pads
    parts = ["<g class='sl-index' aria-hidden='true' font-size='10'>"]
    for col in range(-left, cols + right):
        x, y = col * U + U // 2, -top * U - 6
        parts.append(f"<text x='{x}' y='{y}'>{_signed(col)}</text>")
    for row in range(-top, rows + bottom):
        x, base = -left * U - 11, row * U + U / 2 + 3.5
        parts.append(f"<text x='{x}' y='{base}'>{_signed(row)}</text>")
    return "".join(parts) + "</g>"


def _axis_indices(grid: Grid, blocks: Blocks) -> str:
    """Indices that bear the names of their axes: of rows and columns, further out of blocks."""
    rows, cols = grid.values.shape
    down, across, row, col = blocks.axes
    texts = [(at * U + U // 2, -6, f"{col}{at % blocks.cols}") for at in range(cols)]
    texts += [(-11, at * U + U / 2 + 3.5, f"{row}{at % blocks.rows}") for at in range(rows)]
    outer = [
        ((at + 0.5) * blocks.cols * U, -6 - BAND, f"{across}{at}")
        for at in range(cols // blocks.cols if across else 0)
    ] + [
        (-11 - BAND, (at + 0.5) * blocks.rows * U + 3.5, f"{down}{at}")
        for at in range(rows // blocks.rows if down else 0)
    ]
    drawn = [f"<text x='{x}' y='{y}'>{text}</text>" for x, y, text in texts]
    bold = [f"<text x='{x}' y='{y}' font-weight='600'>{text}</text>" for x, y, text in outer]
    return f"<g class='sl-index' aria-hidden='true' font-size='10'>{''.join(drawn + bold)}</g>"


def _signed(index: int) -> str:
    return str(index).replace("-", "−")


def _outlines(grid: Grid, focus: Focus | None) -> str:
    """The window on this grid, at the position of the focus: each tap, and a frame round all."""
    if focus is None:
        return ""
    row, col = focus.position
    if focus.grid == grid.name:
        return _outline((row,), (col,))
    return "".join(
        _outline(*window.at(row, col)) for window in focus.windows if window.grid == grid.name
    )


def _outline(rows: tuple[int, ...] | None, cols: tuple[int, ...] | None) -> str:
    if rows is None or cols is None:  # for the page to move, once there is a window
        return _outline((0,), (0,)).replace(" aria-", " visibility='hidden' aria-", 1)
    taps = "".join(f"M{col * U} {row * U}h{U}v{U}h-{U}z" for row in rows for col in cols)
    x, y = cols[0] * U, rows[0] * U
    width, height = (cols[-1] - cols[0] + 1) * U, (rows[-1] - rows[0] + 1) * U
    frame = f"x='{x}' y='{y}' width='{width}' height='{height}' rx='3'/>"
    return (
        f"<g class='sl-outline' aria-hidden='true'><path class='sl-tap' d='{taps}'/>"
        f"<rect class='sl-casing' {frame}<rect class='sl-frame' {frame}</g>"
    )


# --- pictures, tables, bars -----------------------------------------------------------------------

#: A bar's height with its gap, and the room for the longest bar.
BAR, BAR_ROOM = 26, 260

#: A letter of 13 units, on the wide side.
LETTER = 8

#: Letters from which on a table's text, or the name of its row, may take several lines.
LONG_TEXT, LONG_NAME = 40, 24


def panel_parts(panel: Panel, focus: Focus | None = None) -> tuple[str, list[str]]:
    """What the page makes of a panel: the tag that opens it, and the parts that stand in it.

    Parameters
    ----------
    panel : Panel
        What to draw.
    focus : Focus, optional
        As for `grid_svg`.
    """
    if isinstance(panel, Grid):
        return grid_parts(panel, focus)
    if isinstance(panel, Picture):
        alt, source = escape(panel.alt), png(panel)
        return "<div>", [f"<img src='{source}' alt='{alt}' style='width: {panel.width}px'>"]
    return "<div>", [_table_html(panel) if isinstance(panel, Table) else bars_svg(panel)]


def png(picture: Picture) -> str:
    """The image as an address that holds it."""
    values = np.ascontiguousarray(picture.values)
    return _png_of(values.tobytes(), values.shape)


@lru_cache(maxsize=16)
def _png_of(data: bytes, shape: tuple[int, ...]) -> str:
    """A move leaves most pictures as they were: they are not packed again."""
    from PIL import Image

    file = BytesIO()
    image = Image.frombytes("RGB" if len(shape) == 3 else "L", shape[1::-1], data)
    image.save(file, "PNG", compress_level=1)
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


def _table_html(table: Table) -> str:
    head = "".join(
        f"<th scope='col'>{escape(text)}</th>" if text else "<td></td>" for text in table.head
    )
    rows = []
    for at, (name, *texts) in enumerate(table.rows_of_text()):
        marked = " class='sl-marked'" if at in table.marked else ""
        cells = "".join(
            f"<td{' class=sl-long' if len(text) > LONG_TEXT else ''}>{escape(text)}</td>"
            for text in texts
        )
        long = " class='sl-long-name'" if len(name) > LONG_NAME else ""
        rows.append(f"<tr{marked}><th scope='row'{long}>{escape(name)}</th>{cells}</tr>")
    return (
        f"<table class='sl-table' aria-label='{escape(table.title)}'>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def bars_extent(bars: Bars) -> tuple[int, int, int]:
    """The room for the labels, the whole width, and the height."""
    labels = 8 + round(LETTER * max(map(len, bars.labels), default=0))
    texts = 14 + round(LETTER * max(map(len, bars.texts), default=0))
    head = 20 if bars.limit is not None else 0
    return labels, labels + BAR_ROOM + texts, head + BAR * len(bars.labels) + 2


def bars_svg(bars: Bars, place: tuple[int, int] = (0, 0)) -> str:
    """Bars as an SVG element: labels, bars, texts, and the limit as a dashed line.

    Parameters
    ----------
    bars : Bars
        What to draw.
    place : (int, int)
        Left and top inside another SVG.
    """
    labels, width, height = bars_extent(bars)
    head = 20 if bars.limit is not None else 0
    longest = max([*bars.values, bars.limit or 0]) or 1
    scale = BAR_ROOM / longest
    parts = []
    for at, (label, value, text) in enumerate(
        zip(bars.labels, bars.values, bars.texts, strict=True)
    ):
        y, long = head + at * BAR, max(value * scale, 1)
        parts.append(
            f"<text x='{labels - 8}' y='{y + 17}' text-anchor='end'>{escape(label)}</text>"
            f"<rect x='{labels}' y='{y + 3}' width='{long:.1f}' height='{BAR - 7}' rx='2'/>"
            f"<text x='{labels + long + 7:.1f}' y='{y + 17}'>{escape(text)}</text>"
        )
    if bars.limit is not None:
        x = labels + bars.limit * scale
        parts.append(
            f"<path class='sl-limit' d='M{x:.1f} 14V{height}'/>"
            f"<text x='{x:.1f}' y='10' text-anchor='middle'>{escape(bars.limit_text)}</text>"
        )
    said = "; ".join(": ".join(row) for row in bars.rows_of_text())
    return (
        f"<svg class='sl-bars sl-bars-{bars.role}' role='img' x='{place[0]}' y='{place[1]}' "
        f"aria-label='{escape(f'{bars.title}. {said}')}' viewBox='0 0 {width} {height}' "
        f"width='{width}' height='{height}' style='min-width: {round(SMALLEST * width)}px'>"
        f"{''.join(parts)}</svg>"
    )


@cache
def grid_css() -> str:
    """The rules that colour a grid, the same in a notebook and in a picture of its own."""
    path = files("stridelab.explorers").joinpath("grid.css")
    return path.read_text(encoding="utf-8") + css_levels(".sl")
