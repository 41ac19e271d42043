"""What an explorer shows, as data: grids, a window for each output, and the same in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stridelab.explorers.controls import Control
from stridelab.geometry import Derivation
from stridelab.theme import full_text, size_text

Pads = tuple[tuple[int, int], tuple[int, int]]
NO_PADS: Pads = ((0, 0), (0, 0))
Values = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Grid:
    """A grid of numbers; cell (0, 0) is its first, padding lies at negative indices and beyond.

    Parameters
    ----------
    name, title : str
        For programs, and for the learner.
    role : str
        One of `stridelab.theme.ROLES`: the colour.
    values : array
        Rows × columns.
    pads : ((top, bottom), (left, right))
        Cells of padding around them, drawn hatched.
    limits : (float, float), optional
        The values drawn lightest and darkest; the grid's own where it is None.
    caption : str
        A few words under the grid.
    """

    name: str
    title: str
    role: str
    values: Values
    pads: Pads = NO_PADS
    limits: tuple[float, float] | None = None
    caption: str = ""

    @property
    def size(self) -> str:
        """Rows × columns, as titles write it."""
        rows, cols = self.values.shape
        return size_text(rows, cols)

    def rows_of_text(self) -> list[list[str]]:
        """The values in full, row by row."""
        return [[full_text(value) for value in row] for row in self.values.tolist()]


@dataclass(frozen=True)
class Window:
    """The cells of a grid that each cell of the focus belongs to: taps per row, taps per column.

    Parameters
    ----------
    grid : str
        The name of the grid that is outlined.
    rows, cols : tuple of tuple of int
        For each row (column) of the focus, the rows (columns) it reads: ``Axis.taps``.
    """

    grid: str
    rows: tuple[tuple[int, ...], ...]
    cols: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class Fill:
    """What a grid shows for each cell of the focus.

    Parameters
    ----------
    grid : str
        The name of the grid that is filled.
    values : array
        Focus rows × focus columns × rows × columns.
    captions : tuple of str
        A few words under the grid, for each cell of the focus, row by row.
    """

    grid: str
    values: Values
    captions: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Focus:
    """The grid over which the learner moves, and what follows each of its cells.

    Parameters
    ----------
    grid : str
        Its name.
    position : (int, int)
        The cell to start from: row, column.
    windows, fills : tuple
        What is outlined and what is filled in with the cell.
    notes : tuple of str
        A sentence for each cell, row by row.
    """

    grid: str
    position: tuple[int, int]
    windows: tuple[Window, ...]
    fills: tuple[Fill, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Scene:
    """One picture of an explorer, with its sentence, its derivation and its text twin.

    Parameters
    ----------
    title, sentence : str
        What it is, and what it shows.
    columns : tuple of tuple of Grid
        Grids side by side; those of one column stand below each other.
    focus : Focus, optional
        None where there is nothing to move over.
    derivation : Derivation, optional
        The worked steps, as `stridelab.geometry` makes them.
    error : str
        The library's own text, where the controls are impossible together.
    """

    title: str
    sentence: str
    columns: tuple[tuple[Grid, ...], ...]
    focus: Focus | None = None
    derivation: Derivation | None = None
    error: str = ""

    @property
    def grids(self) -> Iterator[Grid]:
        """All grids, column by column."""
        return (grid for column in self.columns for grid in column)

    def __getitem__(self, name: str) -> Grid:
        """The grid of that name."""
        for grid in self.grids:
            if grid.name == name:
                return grid
        raise KeyError(name)

    @property
    def note(self) -> str:
        """The sentence of the cell where the focus starts; empty without a focus."""
        if self.focus is None:
            return ""
        row, col = self.focus.position
        return self.focus.notes[row * self[self.focus.grid].values.shape[1] + col]

    @property
    def text(self) -> str:
        """The whole scene in words and numbers."""
        parts = [self.title, self.error, self.sentence, self.note]
        parts.append(str(self.derivation) if self.derivation else "")
        parts += [_grid_text(grid) for grid in self.grids]
        return "\n\n".join(part for part in parts if part)


def _grid_text(grid: Grid) -> str:
    rows = grid.rows_of_text()
    width = max(len(text) for row in rows for text in row)
    caption = f" ({grid.caption})" if grid.caption else ""
    lines = ["  ".join(f"{text:>{width}}" for text in row) for row in rows]
    return "\n".join([f"{grid.title}, {grid.size}{caption}", *lines])


@dataclass(frozen=True)
class Model:
    """An explorer without its picture: its controls, and the scene for their values.

    Parameters
    ----------
    name, title : str
        The function of `stridelab.explore` that shows it, and what the learner reads.
    controls : tuple
        In the order in which they stand.
    scene : callable
        A pure function: each control's value by name, and ``position``, to a `Scene`. It raises
        nothing for values that the controls allow.
    """

    name: str
    title: str
    controls: tuple[Control, ...]
    scene: Callable[..., Scene] = field(repr=False)
