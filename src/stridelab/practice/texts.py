"""Texts of problems and misconceptions, with their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stridelab.practice.world import evaluate, plain

_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")


def many(count: int, thing: str) -> str:
    """So many of a thing; texts may say ``{many(n, 'cell')}``.

    >>> many(1, "cell"), many(2, "cell")
    ('1 cell', '2 cells')
    """
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def fill(text: str, names: Mapping[str, Any]) -> str:
    """The text with the value of each expression in braces; arrays become rows.

    >>> fill("{n} + 1 = {n + 1}, {{}}", {"n": 2})
    '2 + 1 = 3, {}'
    """
    names = {"many": many, **names}

    def value(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        return _as_text(evaluate(match[1].strip(), names))

    return _FIELD.sub(value, text)


def _as_text(value: Any) -> str:
    value = plain(value)
    if _is_grid(value):
        return _rows(value)
    if isinstance(value, tuple) and len(value) == 1:
        return f"({value[0]},)"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is_grid(value: Any) -> bool:
    """Whether it is rows of numbers, equally many each."""
    is_nested = isinstance(value, tuple) and all(isinstance(row, tuple) for row in value)
    if not is_nested or len({len(row) for row in value}) != 1:
        return False
    return bool(value[0]) and _is_numbers(value)


def _is_numbers(rows: Iterable[Iterable[Any]]) -> bool:
    return all(isinstance(cell, (int, float)) for row in rows for cell in row)


def _rows(rows: Sequence[Sequence[Any]]) -> str:
    """Numbers right-aligned, a line each row; a pair of pairs stays in one line."""
    if len(rows) == 2 and len(rows[0]) == 2:
        return str(tuple(tuple(row) for row in rows))
    cells = [[f"{cell:g}" for cell in row] for row in rows]
    width = max(len(cell) for row in cells for cell in row)
    return "\n".join(" ".join(cell.rjust(width) for cell in row) for row in cells)
