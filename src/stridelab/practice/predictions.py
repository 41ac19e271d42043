"""Predictions: commit to an answer, then hear whether it holds and, if not, which rule gives it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from numbers import Integral, Real

from stridelab.errors import StrideLabError, shown

#: How far a decimal answer may be off: two decimals are enough.
TOLERANCE = 0.005

_MARKS = {True: "✓ Right", False: "✗ Not quite", None: "… Waiting for you"}


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a prediction was worth: `correct` is None where there is nothing to judge yet.

    `beliefs` are the wrong rules that give the answer, in the words of `predict`'s argument.
    """

    correct: bool | None
    text: str
    beliefs: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{_MARKS[self.correct]}. {self.text}"

    def _repr_html_(self) -> str:
        return (
            '<p role="status" style="border-left:4px solid currentColor;padding-left:0.8em">'
            f"<strong>{_MARKS[self.correct]}.</strong> {escape(self.text)}</p>"
        )


def predict(
    answer: object, truth: object, because: str = "", beliefs: Mapping[str, object] | None = None
) -> Verdict:
    """Holds an answer against the truth and against what known wrong rules would give.

    Parameters
    ----------
    answer : object
        The learner's: a number, a tuple or list of numbers, a word; None while it is blank.
    truth : object
        The computed answer.
    because : str
        One sentence that says why the truth holds.
    beliefs : mapping of str to object
        A wrong rule, in words that follow "if", to the answer that it gives.

    Raises
    ------
    StrideLabError
        Where a belief gives the truth: it could not be told from knowing.

    >>> predict(7, 4, "⌈7/2⌉ = 4.", {"SAME kept the size": 7, "the size were floored": 3})
    ✗ Not quite. 7 is what you get if SAME kept the size. It is 4: ⌈7/2⌉ = 4.
    >>> predict(None, 4)
    … Waiting for you. Replace None above by your answer, run that cell, then run this one again.
    """
    beliefs = beliefs or {}
    for words, value in beliefs.items():
        if _equal(value, truth):
            raise StrideLabError("beliefs", "each differ from the truth", shown(words))
    why = f": {because}" if because else "."
    if answer is None or answer == "":
        return Verdict(
            None, "Replace None above by your answer, run that cell, then run this one again."
        )
    if _form(answer) != _form(truth):
        return Verdict(None, f"The answer is {_form(truth)}; you wrote {shown(answer)}.")
    if _equal(answer, truth):
        return Verdict(True, f"It is {_spelled(truth)}{why}")
    held = tuple(words for words, value in beliefs.items() if _equal(answer, value))
    told = f"It is {_spelled(truth)}{why}"
    if held:
        told = f"{_spelled(answer)} is what you get if {', or if '.join(held)}. {told}"
    return Verdict(False, told, held)


def _form(value: object) -> str:
    """The kind of answer in words: what to write."""
    if isinstance(value, str):
        return "a word in quotes"
    if isinstance(value, (tuple, list)):
        return f"{len(value)} numbers, such as {tuple(range(1, len(value) + 1))}"
    if isinstance(value, Real) and not isinstance(value, bool):
        return "a number"
    return "of another kind"


def _equal(answer: object, value: object) -> bool:
    if isinstance(answer, (tuple, list)) and isinstance(value, (tuple, list)):
        return len(answer) == len(value) and all(map(_equal, answer, value))
    if isinstance(answer, str) or isinstance(value, str):
        return str(answer).strip().lower() == str(value).strip().lower()
    if isinstance(answer, Integral) and isinstance(value, Integral):
        return int(answer) == int(value)
    if isinstance(answer, Real) and isinstance(value, Real):
        return math.isclose(float(answer), float(value), rel_tol=0, abs_tol=TOLERANCE)
    return False


def _spelled(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(_spelled, value))})"
    if isinstance(value, Integral):
        return str(int(value))
    return f"{float(value):.3g}" if isinstance(value, Real) else str(value)
