"""A whole scene as one SVG file: for slides, and for pages without a kernel.

An SVG neither wraps its lines nor lets a text push its neighbours away: both are done here, with
letters on the wide side.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape
from textwrap import wrap

from stridelab.explorers.draw import (
    LETTER,
    LONG_TEXT,
    MARGIN,
    bars_extent,
    bars_svg,
    extent,
    grid_css,
    grid_svg,
    png,
)
from stridelab.explorers.scene import Bars, Focus, Grid, Panel, Scene, Table
from stridelab.theme.palette import css_variables

#: Between panels, and round the whole.
GAP = 28

#: The heights of the scene's title, a panel's title, a line of a table, a caption, a sentence.
TITLE, HEAD, ROW, CAPTION, SAID = 34, 24, 21, 16, 19

#: A letter's width in a title, a caption, a sentence.
TITLE_LETTER, CAPTION_LETTER, SAID_LETTER = 8.4, 6.8, 7.4

Place = tuple[int, int]


def scene_svg(scene: Scene, mode: str = "light", *, words: bool = True) -> str:
    """The whole scene as one SVG file: its title, its panels with theirs, and what it says.

    Parameters
    ----------
    scene : Scene
        What to draw.
    mode : str
        ``light`` or ``dark``.
    words : bool
        Without them no sentences, captions, nor tables beside what is drawn: the rest is larger on
        a wall.
    """
    parts, right, bottom = _panels(scene if words else _drawn_only(scene))
    least = 2 * GAP + round(TITLE_LETTER * 1.2 * len(scene.title))
    width = max(right + GAP, least, 320)
    parts.append(_line("sl-scene-title", scene.title, (GAP + MARGIN, GAP + 10)))
    for kind, said in (
        ("sl-said", scene.verdict if words else ""),
        ("sl-error", scene.error),
        ("sl-said", scene.sentence if words else ""),
        ("sl-said", scene.note if words else ""),
    ):
        bottom += 6 if said else 0
        for line in wrap(said, width=int((width - 2 * GAP - MARGIN) / SAID_LETTER)):
            bottom += SAID
            parts.append(_line(kind, line, (GAP + MARGIN, bottom)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sl" '
        f'viewBox="0 0 {width} {bottom + GAP}" width="{width}" height="{bottom + GAP}" '
        f'role="img" aria-label="{escape(scene.sentence)}">'
        f"<style>.sl {{ {css_variables(mode)} }}\n{grid_css()}</style>"
        f'<rect class="sl-paper" width="100%" height="100%"/>{"".join(parts)}</svg>'
    )


def _drawn_only(scene: Scene) -> Scene:
    """The scene without tables and captions; as it is where no cells and no pictures are drawn."""
    if all(isinstance(panel, Table | Bars) for panel in scene.panels):
        return scene
    columns = (
        tuple(replace(panel, caption="") for panel in column if not isinstance(panel, Table))
        for column in scene.columns
    )
    return replace(scene, columns=tuple(column for column in columns if column))


def _panels(scene: Scene) -> tuple[list[str], int, int]:
    """All panels in their places; how far they reach to the right and down."""
    parts, right, bottom = [], 0, GAP + TITLE
    x, y = GAP, GAP + TITLE
    for column in scene.columns:
        widest = lowest = 0
        for panel in column:
            width, height = _size(panel)
            parts.append(_titled(panel, scene.focus, (x, y)))
            right, bottom = max(right, x + width), max(bottom, y + height)
            widest, lowest = max(widest, width), max(lowest, height)
            if scene.stacked:
                x += width + GAP
            else:
                y += height
        x, y = (GAP, y + lowest) if scene.stacked else (x + widest + GAP, GAP + TITLE)
    return parts, right, bottom


def _line(kind: str, text: str, place: Place) -> str:
    return f'<text class="{kind}" x="{place[0]}" y="{place[1]}">{escape(text)}</text>'


def _titled(panel: Panel, focus: Focus | None, place: Place) -> str:
    """A panel under its title and over its caption."""
    x, y = place
    title = (
        f'<text class="sl-title sl-{panel.role}-title" x="{x + MARGIN}" y="{y + 12}">'
        f'{escape(panel.title)} <tspan class="sl-size">{panel.size}</tspan></text>'
    )
    below = y + HEAD + _extent(panel)[1] + 14
    captions = [
        _line("sl-caption", line, (x + MARGIN, below + CAPTION * at))
        for at, line in enumerate(_caption(panel))
    ]
    return title + _drawn(panel, focus, (x, y + HEAD)) + "".join(captions)


def _size(panel: Panel) -> tuple[int, int]:
    """A panel's width and height with its title, its caption and the gap below."""
    width, height = _width(panel), _extent(panel)[1]
    return width, HEAD + height + CAPTION * len(_caption(panel)) + GAP


def _width(panel: Panel) -> int:
    title = MARGIN + round(TITLE_LETTER * len(f"{panel.title} {panel.size}"))
    return max(_extent(panel)[0], title, 150)


def _caption(panel: Panel) -> list[str]:
    return wrap(panel.caption, width=int((_width(panel) - MARGIN) / CAPTION_LETTER))


def _extent(panel: Panel) -> Place:
    """The width and the height of what a panel shows."""
    if isinstance(panel, Grid):
        return extent(panel)[2:]
    if isinstance(panel, Table):
        return MARGIN + sum(_columns(panel)), ROW * sum(map(_height, _texts(panel)))
    if isinstance(panel, Bars):
        return MARGIN + bars_extent(panel)[1], bars_extent(panel)[2]
    rows, cols = panel.values.shape[:2]
    return MARGIN + panel.width, round(panel.width * rows / cols)


def _drawn(panel: Panel, focus: Focus | None, place: Place) -> str:
    """What a panel shows, with its left upper corner at that place."""
    x, y = place
    if isinstance(panel, Grid):
        return grid_svg(panel, focus, place)
    if isinstance(panel, Table):
        return _table(panel, place)
    if isinstance(panel, Bars):
        return bars_svg(panel, (x + MARGIN, y))
    width, height = _extent(panel)
    return (
        f"<image href='{png(panel)}' x='{x + MARGIN}' y='{y}' "
        f"width='{width - MARGIN}' height='{height}' style='image-rendering: pixelated'>"
        f"<title>{escape(panel.alt)}</title></image>"
    )


# --- a table: its head and its rows, each text in as many lines as it needs -----------------------


def _texts(table: Table) -> list[list[list[str]]]:
    rows = [list(table.head), *table.rows_of_text()]
    return [[wrap(text, LONG_TEXT) or [""] for text in row] for row in rows]


def _height(row: list[list[str]]) -> int:
    """The lines that a row takes."""
    return max(map(len, row))


def _columns(table: Table) -> list[int]:
    return [
        round(LETTER * max(len(line) for lines in column for line in lines)) + 22
        for column in zip(*_texts(table), strict=True)
    ]


def _table(table: Table, place: Place) -> str:
    widths, parts, y = _columns(table), [], place[1] + 14
    for at, row in enumerate(_texts(table)):
        kind = "sl-error" if at - 1 in table.marked else "sl-said" if at else "sl-caption"
        x = place[0] + MARGIN
        for lines, width in zip(row, widths, strict=True):
            for below, line in enumerate(lines):
                parts.append(_line(kind, line, (x, y + ROW * below)))
            x += width
        y += ROW * _height(row)
    return "".join(parts)
