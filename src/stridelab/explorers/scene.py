"""What an explorer shows, as data: panels, a window for each output, and the same in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import isnan
from typing import Any

import numpy as np

from stridelab.explorers.controls import Control
from stridelab.geometry import Derivation
from stridelab.theme import full_text, size_text

Pads = tuple[tuple[int, int], tuple[int, int]]
NO_PADS: Pads = ((0, 0), (0, 0))

#: Behind what disagrees, in texts: never colour alone.
MARK = " ≠"

#: What texts have for a cell that is empty.
NONE = "none"

Values = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Blocks:
    """How a grid shows an array of up to four axes: grids of its last two, set out by the others.

    Parameters
    ----------
    rows, cols : int
        Those of one block.
    axes : (str, str, str, str)
        What is counted from block to block downwards and across, and within a block from row to row
        and from column to column; empty where there is no such axis.

    >>> Blocks(3, 2, ("", "H", "W", "C")).names(4, 1)
    ['H0 C0', 'H0 C1', 'H1 C0', 'H1 C1']
    """

    rows: int
    cols: int
    axes: tuple[str, str, str, str]

    def names(self, count: int, way: int) -> list[str]:
        """What so many rows (way 0) or columns (way 1) are called."""
        length, outer, inner = (self.rows, self.cols)[way], self.axes[way], self.axes[2 + way]
        led = [f"{outer}{at // length} " if outer else "" for at in range(count)]
        return [f"{before}{inner}{at % length}" for at, before in enumerate(led)]

    def lengths(self, rows: int, cols: int) -> list[int]:
        """The array's, from those of the grid."""
        four = rows // self.rows, cols // self.cols, self.rows, self.cols
        return [length for length, name in zip(four, self.axes, strict=True) if name]

    def text(self, rows: list[str]) -> list[str]:
        """Lines of text with a rule between blocks above each other."""
        lines = []
        for at, line in enumerate(rows):
            lines += ["-" * len(line)] if at and at % self.rows == 0 else []
            lines.append(line)
        return lines


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
        Rows × columns; NaN where a cell is empty.
    pads : ((top, bottom), (left, right))
        Cells of padding around them, drawn hatched.
    limits : (float, float), optional
        The values drawn lightest and darkest; the grid's own where it is None.
    caption : str
        A few words under the grid.
    pad_values : array, optional
        What is read in the padding, where that is not zeros: the grid with its padding, (top + rows
        + bottom) × (left + columns + right); of it only the padding is drawn.
    marks : array of bool, optional
        Rows × columns: the cells that disagree, drawn with a vermilion corner and told in the text.
    is_answer : bool
        Whether it stays hidden while the learner predicts.
    room : ((top, bottom), (left, right))
        Cells of padding to leave room for, so that grids above each other stand cell over cell.
    blocks : Blocks, optional
        Of an array with more axes than two: how they are drawn, and what they are called.
    shades : array, optional
        Rows × columns, from 0 to 1: how dark each cell is, where its value does not say it.
    """

    name: str
    title: str
    role: str
    values: Values
    pads: Pads = NO_PADS
    limits: tuple[float, float] | None = None
    caption: str = ""
    pad_values: Values | None = None
    marks: Values | None = None
    is_answer: bool = False
    room: Pads = NO_PADS
    blocks: Blocks | None = None
    shades: Values | None = None

    @property
    def size(self) -> str:
        """Rows × columns, or the array's axes, as titles write it."""
        rows, cols = self.values.shape
        return size_text(*(self.blocks.lengths(rows, cols) if self.blocks else (rows, cols)))

    def names(self, way: int) -> list[str]:
        """What its rows (way 0) or columns (way 1) are called."""
        count = self.values.shape[way]
        return self.blocks.names(count, way) if self.blocks else list(map(str, range(count)))

    def rows_of_text(self) -> list[list[str]]:
        """The values in full, row by row; a mark stands behind those that disagree."""
        texts = [
            [NONE if isnan(value) else full_text(value) for value in row]
            for row in self.values.tolist()
        ]
        if self.marks is not None:
            for row, col in np.argwhere(self.marks).tolist():
                texts[row][col] += MARK
        return texts

    @property
    def text(self) -> str:
        """The grid in words and numbers; what padding shows stands between brackets."""
        rows = self.rows_of_text()
        if self.pad_values is not None:
            (top, _), (left, _) = self.pads
            padded = [[f"({full_text(v)})" for v in row] for row in self.pad_values.tolist()]
            for row, texts in enumerate(rows):
                padded[top + row][left : left + len(texts)] = texts
            rows = padded
        width = max(len(text) for row in rows for text in row)
        caption = f" ({self.caption})" if self.caption else ""
        every = self.blocks.cols if self.blocks else len(rows[0])
        lines = [
            "  |  ".join(
                "  ".join(f"{text:>{width}}" for text in row[start : start + every])
                for start in range(0, len(row), every)
            )
            for row in rows
        ]
        lines = self.blocks.text(lines) if self.blocks else lines
        return "\n".join([f"{self.title}, {self.size}{caption}", *lines])


@dataclass(frozen=True, eq=False)
class Picture:
    """An image drawn as pixels.

    Parameters
    ----------
    name, title, role
        As for `Grid`.
    values : array of uint8
        Rows × columns, or rows × columns × 3.
    alt : str
        What it shows, for those who do not see it.
    width : int
        In the page's pixels; the height follows. Enlarged pixels stay square.
    caption, is_answer
        As for `Grid`.
    """

    name: str
    title: str
    role: str
    values: Values
    alt: str
    width: int = 256
    caption: str = ""
    is_answer: bool = False

    @property
    def size(self) -> str:
        """Rows × columns, as titles write it."""
        return size_text(*self.values.shape[:2])

    @property
    def text(self) -> str:
        """The image in words."""
        caption = f" ({self.caption})" if self.caption else ""
        return f"{self.title}, {self.size}{caption}\n{self.alt}"


@dataclass(frozen=True)
class Table:
    """Texts in rows under a head; the first column names the rows.

    Parameters
    ----------
    name, title, role
        As for `Grid`.
    head : tuple of str
        The columns.
    rows : tuple of tuple of str
        As long as the head.
    marked : tuple of int
        The rows at fault, by index: vermilion, with a mark.
    caption, is_answer
        As for `Grid`.
    """

    name: str
    title: str
    role: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: tuple[int, ...] = ()
    caption: str = ""
    is_answer: bool = False

    @property
    def size(self) -> str:
        """Nothing: a table says itself how long it is."""
        return ""

    def rows_of_text(self) -> list[list[str]]:
        """The texts; a mark stands behind the name of a row at fault."""
        return [
            [name + MARK if at in self.marked else name, *texts]
            for at, (name, *texts) in enumerate(self.rows)
        ]

    @property
    def text(self) -> str:
        """The table in aligned columns."""
        rows = [list(self.head), *self.rows_of_text()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        caption = f" ({self.caption})" if self.caption else ""
        lines = [
            "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([f"{self.title}{caption}", *lines])


@dataclass(frozen=True)
class Bars:
    """A bar for each name, from 0 to the right.

    Parameters
    ----------
    name, title, role
        As for `Grid`.
    labels : tuple of str
        What each bar is.
    values : tuple of float
        Their lengths, in one unit.
    texts : tuple of str
        What stands at each bar's end: the value with its unit.
    limit : float, optional
        What no bar can pass, drawn as a line.
    limit_text : str
        What the line is.
    caption, is_answer
        As for `Grid`.
    """

    name: str
    title: str
    role: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    texts: tuple[str, ...]
    limit: float | None = None
    limit_text: str = ""
    caption: str = ""
    is_answer: bool = False

    @property
    def size(self) -> str:
        """Nothing: the bars say themselves how many they are."""
        return ""

    def rows_of_text(self) -> list[list[str]]:
        """Each bar's name and text; the limit as the last."""
        rows = [list(pair) for pair in zip(self.labels, self.texts, strict=True)]
        return rows if self.limit is None else [*rows, ["limit", self.limit_text]]

    @property
    def text(self) -> str:
        """The bars as lines."""
        caption = f" ({self.caption})" if self.caption else ""
        return "\n".join(
            [f"{self.title}{caption}", *(": ".join(row) for row in self.rows_of_text())]
        )


Panel = Grid | Picture | Table | Bars


@dataclass(frozen=True)
class Window:
    """The cells of a grid that each cell of the focus belongs to: taps per row, taps per column.

    Parameters
    ----------
    grid : str
        The name of the grid that is outlined.
    rows, cols : tuple of tuple of int
        For each row (column) of the focus, the rows (columns) it reads: ``Axis.taps``. None where
        it reads nothing: then nothing is outlined.
    """

    grid: str
    rows: tuple[tuple[int, ...] | None, ...]
    cols: tuple[tuple[int, ...] | None, ...]

    def at(self, row: int, col: int) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
        """The rows and the columns for a cell of the focus."""
        return self.rows[row], self.cols[col]


@dataclass(frozen=True)
class Source:
    """The one cell of a grid that each cell of the focus belongs to, wherever that lies.

    Parameters
    ----------
    grid : str
        The name of the grid that is outlined.
    cells : tuple of tuple of (int, int)
        For each row of the focus and each of its columns: row, column.
    """

    grid: str
    cells: tuple[tuple[tuple[int, int], ...], ...]

    def at(self, row: int, col: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The row and the column for a cell of the focus."""
        at = self.cells[row][col]
        return at[:1], at[1:]


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
    windows: tuple[Window | Source, ...]
    fills: tuple[Fill, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """What the learner predicts before the scene shows its answers.

    Parameters
    ----------
    text : str
        The question.
    answer : str
        One of the options, or the numbers as the scene writes them: ``8 × 6``.
    options : tuple of str
        What to choose from; numbers are typed where it is empty.

    >>> asked = Question("How large is the output (rows × columns)?", "8 × 6")
    >>> asked.verdict("8x6"), asked.verdict("6 × 8")
    ('✓ Right: 8 × 6.', '≠ You said 6 × 8. Right: 8 × 6.')
    >>> asked.problem("8")
    'The answer is 2 numbers; write them like 3 × 3.'
    """

    text: str
    answer: str
    options: tuple[str, ...] = ()

    def problem(self, guess: str) -> str:
        """Why this is no answer at all; empty where it is one."""
        if self.options:
            return "" if guess in self.options else f"Choose one of {', '.join(self.options)}."
        count = len(_numbers(self.answer))
        if len(_numbers(guess)) == count:
            return ""
        return (
            "The answer is one number, like 3."
            if count == 1
            else f"The answer is {count} numbers; write them like {' × '.join('3' * count)}."
        )

    def verdict(self, guess: str) -> str:
        """Whether the guess is right, and what the answer is."""
        said = guess if self.options else " × ".join(_numbers(guess))
        right = guess == self.answer if self.options else _numbers(guess) == _numbers(self.answer)
        return f"✓ Right: {self.answer}." if right else f"≠ You said {said}. Right: {self.answer}."


def _numbers(text: str) -> list[str]:
    """The whole numbers in a text, without zeros before them."""
    return [digits.lstrip("0") or "0" for digits in re.findall(r"[0-9]+", text)]


@dataclass(frozen=True, eq=False)
class Scene:
    """One picture of an explorer, with its sentence, its derivation and its text twin.

    Parameters
    ----------
    title, sentence : str
        What it is, and what it shows.
    columns : tuple of tuple of Panel
        Panels side by side; those of one column stand below each other.
    focus : Focus, optional
        None where there is nothing to move over.
    derivation : Derivation, optional
        The worked steps, as `stridelab.geometry` makes them.
    error : str
        The library's own text, where the controls are impossible together.
    question : Question, optional
        What the learner can predict; None where the scene has no answer.
    stacked : bool
        Whether the columns are rows instead: below each other, and the panels of one side by side.
    verdict : str
        What became of the prediction.
    is_asking : bool
        Whether the answers are hidden until the learner commits to one.
    """

    title: str
    sentence: str
    columns: tuple[tuple[Panel, ...], ...]
    focus: Focus | None = None
    derivation: Derivation | None = None
    error: str = ""
    question: Question | None = None
    stacked: bool = False
    verdict: str = ""
    is_asking: bool = False

    @property
    def panels(self) -> Iterator[Panel]:
        """All panels, column by column."""
        return (panel for column in self.columns for panel in column)

    @property
    def grids(self) -> Iterator[Grid]:
        """All grids, column by column."""
        return (panel for panel in self.panels if isinstance(panel, Grid))

    def __getitem__(self, name: str) -> Any:
        """The panel of that name."""
        for panel in self.panels:
            if panel.name == name:
                return panel
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
        parts = [self.title, self.verdict, self.error, self.sentence, self.note]
        parts.append(str(self.derivation) if self.derivation else "")
        parts += [panel.text for panel in self.panels]
        return "\n\n".join(part for part in parts if part)

    def to_predict(self, guess: str) -> Scene:
        """The scene of a learner who predicts first: without its answers until there is a guess.

        Parameters
        ----------
        guess : str
            What the learner committed to; empty before.
        """
        if self.question is None:
            return self
        if guess and not (problem := self.question.problem(guess)):
            return replace(self, verdict=self.question.verdict(guess))
        columns = (
            tuple(panel for panel in column if not panel.is_answer) for column in self.columns
        )
        return replace(
            self,
            sentence=self.question.text,
            columns=tuple(column for column in columns if column),
            focus=None,
            derivation=None,
            verdict=problem if guess else "",
            is_asking=True,
        )


@dataclass(frozen=True)
class Preset:
    """Control values that show a classic surprise at once.

    Parameters
    ----------
    label : str
        What the learner reads in the menu.
    look : str
        One sentence: where to look, or what to try next.
    values : dict
        Control values by name; the others get their defaults.
    """

    label: str
    look: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Action:
    """Work that an explorer does when asked: a measurement, with its progress.

    Parameters
    ----------
    label : str
        The button.
    run : callable
        The controls' values by name, and ``report``, a function that takes a text of progress, to
        what the model's scene gets as ``measured``.
    """

    label: str
    run: Callable[[Mapping[str, Any], Callable[[str], None]], object] = field(repr=False)


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
        A pure function: each control's value by name, and ``position``, to a `Scene`; with an
        action also ``measured``, None before. It raises nothing for values that the controls allow.
    presets : tuple of Preset
        Classic surprises.
    action : Action, optional
        What is done only when asked.
    fetches_ahead : bool
        Whether the page may ask for scenes that the learner has not come to: not where one takes
        long.
    """

    name: str
    title: str
    controls: tuple[Control, ...]
    scene: Callable[..., Scene] = field(repr=False)
    presets: tuple[Preset, ...] = ()
    action: Action | None = None
    fetches_ahead: bool = True
