"""The one family of errors that StrideLab raises for what a caller can mend."""

from __future__ import annotations

import difflib
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


def shown(value: object) -> str:
    """The value as a person would type it, cut to 80 characters.

    >>> shown("smae"), shown((1, 2))
    ("'smae'", '(1, 2)')
    """
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def nearest(name: object, names: Iterable[str]) -> str:
    """A question that offers the nearest of the known names; empty where none is near.

    >>> nearest("smae", ["valid", "same"]), nearest("x", ["valid", "same"])
    ("Did you mean 'same'?", '')
    """
    close = difflib.get_close_matches(str(name).lower(), list(names), n=1)
    return f"Did you mean {close[0]!r}?" if close else ""
