"""What a learner can set in an explorer, as data: the stage makes a native input of each."""

from __future__ import annotations

from dataclasses import dataclass

from stridelab.errors import StrideLabError, shown
from stridelab.geometry.checks import one_of, pair, whole


@dataclass(frozen=True)
class Whole:
    """A slider of whole numbers; with `paired` one number, or one for rows and one for columns.

    Parameters
    ----------
    name, label : str
        The argument's name, and what the learner reads.
    default, low, high : int
        In cells.
    paired : bool
        Whether rows and columns may differ.

    >>> size = Whole("size", "Input size", default=8, low=1, high=12, paired=True)
    >>> size.check((6, 6)), size.check((6, 5))
    (6, (6, 5))
    """

    name: str
    label: str
    default: int
    low: int
    high: int
    paired: bool = False

    def check(self, value: object) -> int | tuple[int, int]:
        """The value in its shortest form, where the control can show it.

        Raises
        ------
        StrideLabError
            Names the control, its range and the value.

        >>> Whole("strides", "Stride", default=1, low=1, high=4).check(9)
        Traceback (most recent call last):
        ...
        stridelab.errors.StrideLabError: strides must be at most 4; got 9 (this explorer's limit)
        """
        if not self.paired:
            return self._within(whole(self.name, value, self.low))
        rows, cols = pair(self.name, value, self.low)
        self._within(rows), self._within(cols)
        return rows if rows == cols else (rows, cols)

    def _within(self, number: int) -> int:
        if number > self.high:
            raise StrideLabError(
                self.name, f"be at most {self.high}", str(number), "this explorer's limit"
            )
        return number

    def as_data(self) -> dict[str, object]:
        """The control as the stage's JavaScript reads it."""
        return {"kind": "whole", "low": self.low, "high": self.high, "paired": self.paired}


@dataclass(frozen=True)
class Choice:
    """One of a few names.

    Parameters
    ----------
    name, label, default : str
        The argument's name, what the learner reads, and the value to start with.
    options : dict
        Each value, and what the learner reads for it.

    >>> Choice("padding", "Padding", "valid", {"valid": "valid", "same": "same"}).check("same")
    'same'
    """

    name: str
    label: str
    default: str
    options: dict[str, str]

    def check(self, value: object) -> str:
        """The value, where it is one of the options; else an error that lists them."""
        return one_of(self.name, value, self.options)

    def as_data(self) -> dict[str, object]:
        """The control as the stage's JavaScript reads it."""
        return {"kind": "choice", "options": list(self.options.items())}


@dataclass(frozen=True)
class Switch:
    """Yes or no."""

    name: str
    label: str
    default: bool = False

    def check(self, value: object) -> bool:
        """The value, where it is True or False.

        >>> Switch("apart", "Rows and columns apart").check(1)
        Traceback (most recent call last):
        ...
        stridelab.errors.StrideLabError: apart must be True or False; got 1
        """
        if not isinstance(value, bool):
            raise StrideLabError(self.name, "be True or False", shown(value))
        return value

    def as_data(self) -> dict[str, object]:
        """The control as the stage's JavaScript reads it."""
        return {"kind": "switch"}


@dataclass(frozen=True)
class Cell:
    """A cell of a grid, set from Python only."""

    name: str
    default: tuple[int, int] = (0, 0)

    def check(self, value: object) -> tuple[int, int]:
        """The row and the column, from 0.

        >>> Cell("position").check([2, 5])
        (2, 5)
        """
        if not isinstance(value, (tuple, list)):
            raise StrideLabError(self.name, "be a pair (row, column)", shown(value))
        return pair(self.name, value, minimum=0)


Control = Whole | Choice | Switch
