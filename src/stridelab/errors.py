"""The one family of errors that StrideLab raises for what a caller can mend."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable


class StrideLabError(ValueError):
    """Says which argument broke which rule, with what value, and what to write instead.

    The text is ``<argument> must <rule>; got <got> (<context>). <remedy>``; the last two parts
    only where they are given.

    Parameters
    ----------
    argument : str
        The argument's name as the caller wrote it.
    rule : str
        What must hold, in the words that follow "must".
    got : str
        The value met, as text (`shown` makes one).
    context : str
        Where or why the rule holds.
    remedy : str
        A whole sentence: what to do about it.

    >>> print(StrideLabError("strides", "be at least 1", "0", remedy="Use 1 to move by one cell."))
    strides must be at least 1; got 0. Use 1 to move by one cell.
    """

    def __init__(
        self, argument: str, rule: str, got: str, context: str = "", remedy: str = ""
    ) -> None:
        super().__init__(argument, rule, got, context, remedy)  # all of them, so that it pickles
        self.argument = argument
        self.rule = rule
        self.got = got
        self.context = context
        self.remedy = remedy

    def __str__(self) -> str:
        text = f"{self.argument} must {self.rule}; got {self.got}"
        if self.context:
            text += f" ({self.context})"
        return f"{text}. {self.remedy}" if self.remedy else text

    def within(self, place: str) -> StrideLabError:
        """The same error, its context led by the place where it came up.

        >>> print(StrideLabError("strides", "be at least 1", "0", "rows").within("layer 2"))
        strides must be at least 1; got 0 (layer 2, rows)
        """
        context = f"{place}, {self.context}" if self.context else place
        return StrideLabError(self.argument, self.rule, self.got, context, self.remedy)


def shown(value: object) -> str:
    """The value as a person would type it, cut to 80 characters.

    >>> shown("smae"), shown((1, 2)), shown(-(10**5000))
    ("'smae'", '(1, 2)', 'a negative number of over 4300 digits')
    """
    try:
        text = repr(value)
    except ValueError:  # Python writes out no longer number
        digits = f"number of over {sys.get_int_max_str_digits()} digits"
        if isinstance(value, int):
            return f"a negative {digits}" if value < 0 else f"a {digits}"
        return f"an object of type {type(value).__name__} that holds a {digits}"
    text = re.sub(r"\n\s*", " ", text)  # NumPy breaks an array's lines
    return text if len(text) <= 80 else text[:77] + "..."


def nearest(name: object, names: Iterable[str]) -> str:
    """A question that offers the nearest of the known names; empty where none is near.

    A name that differs in its numbers alone is another thing, not a slip.

    >>> nearest("smae", ["valid", "same"]), nearest("x", ["valid", "same"])
    ("Did you mean 'same'?", '')
    >>> nearest("float16", ["float64"]), nearest("flaot64", ["float64"])
    ('', "Did you mean 'float64'?")
    """
    asked = str(name).lower()
    known = {each.lower(): each for each in names}
    near = [each for each in known if not _differ_in_numbers_alone(asked, each)]
    close = difflib.get_close_matches(asked, near, n=1)
    return f"Did you mean {known[close[0]]!r}?" if close else ""


def _differ_in_numbers_alone(asked: str, known: str) -> bool:
    def letters(text: str) -> str:
        return re.sub(r"\d+", "#", text)

    def numbers(text: str) -> list[str]:
        return [digits.lstrip("0") for digits in re.findall(r"\d+", text)]

    return letters(asked) == letters(known) and numbers(asked) != numbers(known)
