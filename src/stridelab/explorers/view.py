"""A scene as the stage's JavaScript reads it: pictures drawn, look-ups made, one JSON text.

One text instead of nested traits: ipywidgets walks through every list of a trait in search of
buffers, which costs more than drawing does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from stridelab.explorers.draw import U, cell_look, panel_parts
from stridelab.explorers.scene import Bars, Fill, Focus, Grid, Panel, Scene
from stridelab.theme import levels


def view(scene: Scene, values: Mapping[str, object], code: str, look: str = "") -> str:
    """The scene as JSON.

    Parameters
    ----------
    scene : Scene
        What to show.
    values : mapping
        Each control's value: what the scene shows, and by what the stage keeps it.
    code : str
        The line of Python that makes this state.
    look : str
        Where to look, where the state is one of the model's surprises.
    """
    data = {
        "values": values,
        "sentence": scene.sentence,
        "error": scene.error,
        "look": look,
        "verdict": scene.verdict,
        "question": _question(scene),
        "columns": [[_panel(panel, scene.focus) for panel in column] for column in scene.columns],
        "stacked": scene.stacked,
        "focus": scene.focus and _focus(scene.focus, scene),
        "derivation": scene.derivation._repr_html_() if scene.derivation else "",
        "code": code,
        "unit": U,
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _question(scene: Scene) -> dict[str, object] | None:
    if scene.question is None or not scene.is_asking:
        return None
    return {"options": scene.question.options}


def _panel(panel: Panel, focus: Focus | None) -> dict[str, object]:
    start, parts = panel_parts(panel, focus)
    return {
        "name": panel.name,
        "role": panel.role,
        "title": panel.title,
        "size": panel.size,
        "caption": panel.caption,
        "start": start,
        "parts": parts,
        "numbers": _numbers(panel),
    }


def _numbers(panel: Panel) -> dict[str, object] | None:
    """A grid or bars as rows of texts; None for what is read where it stands."""
    if isinstance(panel, Grid):
        texts = zip(panel.names(0), panel.rows_of_text(), strict=True)
        return {"head": ["", *panel.names(1)], "rows": [[name, *row] for name, row in texts]}
    if isinstance(panel, Bars):
        return {"head": [], "rows": panel.rows_of_text()}
    return None


def _focus(focus: Focus, scene: Scene) -> dict[str, object]:
    rows, cols = scene[focus.grid].values.shape
    return {
        "grid": focus.grid,
        "rows": rows,
        "cols": cols,
        "position": focus.position,
        "windows": [vars(window) for window in focus.windows],
        "fills": [_fill(fill, scene[fill.grid]) for fill in focus.fills],
        "notes": focus.notes,
    }


def _fill(fill: Fill, grid: Grid) -> dict[str, object]:
    """Each value once, as text, class and full text; and for each cell which of them it shows."""
    values, index = np.unique(fill.values, return_inverse=True)
    steps = levels(values[None, :], grid.limits)[0]
    looks = [
        (text, f"v{level}", full) for text, full, level in map(cell_look, values.tolist(), steps)
    ]
    return {
        "grid": fill.grid,
        "size": grid.values.size,
        "cols": grid.values.shape[1],
        "looks": looks,
        "index": index.ravel().tolist(),
        "captions": fill.captions,
    }
