"""A question of a lesson: what is true, and what somebody with a wrong rule would answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """A question's answer.

    Parameters
    ----------
    truth : object
        A number, a tuple of numbers, or a word.
    because : str
        Why it holds; follows "It is 4: ".
    beliefs : mapping of str to object
        A wrong rule, in words that follow "is what you get if", to the answer that it gives.
    """

    truth: object
    because: str
    beliefs: Mapping[str, object]


#: Every question by its name: the lesson's number, and what is asked for.
QUESTIONS: dict[str, Callable[[], Asked]] = {}


def question(name: str) -> Callable[[Callable[[], Asked]], Callable[[], Asked]]:
    """Keeps a function that makes the answer under the question's name."""

    def keep(make: Callable[[], Asked]) -> Callable[[], Asked]:
        QUESTIONS[name] = make
        return make

    return keep
