"""Predictions: commit to an answer, then hear whether it holds and, if not, which rule gives it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from numbers import Integral, Real

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.practice.questions import QUESTIONS, Asked

#: How far a decimal answer may be off: two decimals are enough.
TOLERANCE = 0.005

_MARKS = {True: "✓ Right", False: "✗ Not quite", None: "… Waiting for you"}


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a prediction was worth: `correct` is None where there is nothing to judge yet.

    `beliefs` are the wrong rules that give the answer, in the question's words.
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


def predict(name: str, answer: object) -> Verdict:
    """Holds a learner's answer to a lesson's question against the truth and known wrong rules.

    Parameters
    ----------
    name : str
        The question, by its name in `stridelab.practice.questions`.
    answer : object
        A number, a tuple or list of numbers, a word; None while it is blank.

    Raises
    ------
    StrideLabError
        For an unknown name.

    >>> predict("03-size", 7)
    ✗ Not quite. 7 is what you get if 'same' kept the size whatever the stride. It is 4: ⌈7/2⌉, \
one output for each of the cells 0, 2, 4 and 6.
    >>> predict("03-size", None)
    … Waiting for you. Replace None above by your answer, run that cell, then run this one again.
    """
    if name not in QUESTIONS:
        rule = "name a question of the lessons"
        raise StrideLabError("name", rule, shown(name), remedy=nearest(name, QUESTIONS))
    return judge(answer, QUESTIONS[name]())


def judge(answer: object, asked: Asked) -> Verdict:
    """The verdict on an answer.

    Raises
    ------
    StrideLabError
        Where a wrong rule gives the truth: it could not be told from knowing.
    """
    if hasattr(answer, "tolist"):  # NumPy's numbers and arrays
        answer = answer.tolist()
    for words, value in asked.beliefs.items():
        if _equal(value, asked.truth):
            raise StrideLabError("beliefs", "each differ from the truth", shown(words))
    if answer is None or answer == "":
        return Verdict(
            None, "Replace None above by your answer, run that cell, then run this one again."
        )
    if _form(answer) != _form(asked.truth):
        return Verdict(None, f"The answer is {_form(asked.truth)}; you wrote {shown(answer)}.")
    told = f"It is {_spelled(asked.truth)}: {asked.because}"
    if _equal(answer, asked.truth):
        return Verdict(True, told)
    held = tuple(words for words, value in asked.beliefs.items() if _equal(answer, value))
    if held:
        return Verdict(
            False, f"{_spelled(answer)} is what you get if {', or if '.join(held)}. {told}", held
        )
    return Verdict(False, f"You wrote {_spelled(answer)}. {told}")


def _form(value: object) -> str:
    """The kind of answer in words: what to write."""
    if isinstance(value, str):
        return "a word in quotes"
    if isinstance(value, (tuple, list)):
        return f"{len(value)} numbers, such as {tuple(range(10, 10 * len(value) + 1, 10))}"
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
