"""The drawing: a grid as SVG, and a whole scene as one SVG that needs no kernel.

The stage's JavaScript inserts these pictures and moves outlines over them; it draws no cell. Cell
(row, column) has its corner at ``(column·U, row·U)``, so padding has negative coordinates.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from html import escape
from importlib.resources import files
from itertools import chain
from textwrap import wrap
from typing import NamedTuple

from stridelab.explorers.scene import Focus, Grid, Scene
from stridelab.theme import cell_text, full_text, levels
from stridelab.theme.palette import css_levels, css_variables

#: A cell's side, in the units of the drawing.
U = 32

#: Room for the indices, left of the grid and above it.
MARGIN = 20

#: The size of a cell's letters, by how many the longest text of the grid has.
_LETTERS = {1: 15, 2: 14, 3: 12.5, 4: 11, 5: 9.5}
_SMALLEST_LETTERS = 8.5

#: A letter's width in a sentence of 13 units, on the wide side: an SVG does not wrap its lines.
_LETTER_WIDTH = 7.4


def letters(texts: list[list[str]]) -> float:
    """The size at which the longest of these texts fits a cell.

    >>> letters([["1", "−12"]]), letters([["−0.046"]])
    (12.5, 8.5)
    """
    longest = max(len(text) for row in texts for text in row)
    return _LETTERS.get(longest, _SMALLEST_LETTERS)


def extent(grid: Grid) -> tuple[int, int, int, int]:
    """The drawing's left, top, width and height, padding and indices included."""
    rows, cols = grid.values.shape
    (top, bottom), (left, right) = grid.pads
    width = (left + cols + right) * U + MARGIN + 3
    height = (top + rows + bottom) * U + MARGIN + 3
    return -left * U - MARGIN, -top * U - MARGIN, width, height


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
    return f"{start}{''.join(parts)}</svg>"


def grid_parts(grid: Grid, focus: Focus | None = None) -> tuple[str, list[str]]:
    """The tag that opens a grid's SVG, and what stands in it: padding, cells, indices, outlines.

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
        f"width='{width}' height='{height}'>"
    )
    return start, [_padding(grid), cells(grid), _indices(grid), _outlines(grid, focus)]


class _Cell(NamedTuple):
    row: int
    col: int
    text: str
    full: str
    level: int


def _rows(grid: Grid) -> list[list[_Cell]]:
    steps = levels(grid.values, grid.limits)
    return [
        [_Cell(i, j, cell_text(v), full_text(v), steps[i][j]) for j, v in enumerate(row)]
        for i, row in enumerate(grid.values.tolist())
    ]


def _still(grid: Grid) -> str:
    """Cells that stay as they are: squares of each level's colour, and texts on them."""
    rows = _rows(grid)
    return _squares(rows) + _texts(rows, "<g>", lambda cell: "") + _full_texts(rows)


def _reachable(grid: Grid) -> str:
    """Cells that the learner can go to: each text is one for the keyboard and for readers."""

    def reader(cell: _Cell) -> str:
        at, name = f"{cell.row},{cell.col}", f"row {cell.row}, column {cell.col}: {cell.full}"
        return f" role='gridcell' tabindex='-1' data-at='{at}' aria-label='{name}'"

    rows = _rows(grid)
    return _squares(rows) + _texts(rows, "<g role='row'>", reader) + _full_texts(rows)


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
            f"<text x='{x + U // 2}' y='{y + base:g}'>{cell.text}</text>"
        )
        parts.append("</g>" if cell.full == cell.text else f"<title>{cell.full}</title></g>")
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
    """What a pointer gets to read over the cells whose text hides digits."""
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
        f"<path class='sl-hatch' d='{''.join(strokes)}'/>"
    )


def _indices(grid: Grid) -> str:
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
        _outline(window.rows[row], window.cols[col])
        for window in focus.windows
        if window.grid == grid.name
    )


def _outline(rows: tuple[int, ...], cols: tuple[int, ...]) -> str:
    taps = "".join(
        f"<rect class='sl-tap' x='{col * U}' y='{row * U}' width='{U}' height='{U}' rx='2.5'/>"
        for row in rows
        for col in cols
    )
    x, y = cols[0] * U, rows[0] * U
    width, height = (cols[-1] - cols[0] + 1) * U, (rows[-1] - rows[0] + 1) * U
    frame = f"x='{x}' y='{y}' width='{width}' height='{height}' rx='3'/>"
    return (
        f"<g class='sl-outline' aria-hidden='true'>{taps}"
        f"<rect class='sl-casing' {frame}<rect class='sl-frame' {frame}</g>"
    )


@cache
def grid_css() -> str:
    """The rules that colour a grid, the same in a notebook and in a picture of its own."""
    path = files("stridelab.explorers").joinpath("grid.css")
    return path.read_text(encoding="utf-8") + css_levels(".sl")


def scene_svg(scene: Scene, mode: str = "light") -> str:
    """The whole scene as one SVG file: its grids side by side, each with its title.

    Parameters
    ----------
    scene : Scene
        What to draw.
    mode : str
        ``light`` or ``dark``.
    """
    gap, head, foot = 28, 30, 24
    parts, x, bottom = [], gap, 0
    for column in scene.columns:
        y, width = gap, 0
        for grid in column:
            _, _, wide, high = extent(grid)
            text = f'<text class="sl-title sl-{grid.role}-title" x="{x + MARGIN}" y="{y + 12}">'
            parts.append(f'{text}{grid.title} <tspan class="sl-size">{grid.size}</tspan></text>')
            parts.append(grid_svg(grid, scene.focus, (x, y + head - 6)))
            y += head + high
            if grid.caption:
                caption = f'<text class="sl-caption" x="{x + MARGIN}" y="{y + 8}">'
                parts.append(f"{caption}{escape(grid.caption)}</text>")
            y += foot
            width = max(width, wide, 150)
        x += width + gap
        bottom = max(bottom, y)
    for kind, said in (("error", scene.error), ("said", scene.sentence), ("said", scene.note)):
        bottom += 6
        for line in wrap(said, width=int((x - 2 * gap) / _LETTER_WIDTH)):
            bottom += 19
            at = f'x="{gap + MARGIN}" y="{bottom}"'
            parts.append(f'<text class="sl-{kind}" {at}>{escape(line)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sl" viewBox="0 0 {x} {bottom + gap}" '
        f'width="{x}" height="{bottom + gap}" role="img" aria-label="{escape(scene.sentence)}">'
        f"<style>.sl {{ {css_variables(mode)} }}\n{grid_css()}</style>"
        f'<rect class="sl-paper" width="100%" height="100%"/>{"".join(parts)}</svg>'
    )
