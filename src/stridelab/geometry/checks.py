"""The door of the geometry: arguments become whole numbers and pairs here, once."""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterable, Sequence
from numbers import Real

from stridelab.errors import StrideLabError, nearest, shown

#: No machine counts cells beyond it; below it, every number of an error's text can be written out.
_LARGEST = sys.maxsize


def whole(argument: str, value: object, minimum: int | None = 1, context: str = "") -> int:
    """The value as an int; anything but a whole number of at least `minimum` is refused.

    NumPy's integers pass; booleans, floats and strings do not, since a size of ``True`` or ``3.0``
    is more often a slip than a wish. Without a minimum, negative numbers pass too.

    >>> whole("size", 8)
    8
    """
    rule = "be a whole number" if minimum is None else f"be a whole number of at least {minimum}"
    lowest = -_LARGEST if minimum is None else minimum
    if _is_boolean(value):
        raise StrideLabError(argument, rule, shown(value), context, "Write a number.")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        meant = _meant(value)
        fits = meant is not None and lowest <= meant <= _LARGEST
        quoted = " without quotes" if isinstance(value, str) else ""
        remedy = f"Write {meant}{quoted}." if fits else ""
        raise StrideLabError(argument, rule, shown(value), context, remedy) from None
    if number > _LARGEST:
        rule = f"be a whole number of at most {_LARGEST}"
    if not lowest <= number <= _LARGEST:
        raise StrideLabError(argument, rule, shown(number), context)
    return number


def one_axis(argument: str, value: object) -> int:
    """A number of cells along one axis; a pair for two axes is told to come one at a time.

    >>> one_axis("size", 8)
    8
    """
    try:
        return whole(argument, value)
    except StrideLabError as error:
        if error.remedy or not isinstance(value, (tuple, list)) or len(value) != 2:
            raise
        first, second = map(shown, value)
        remedy = f"One axis at a time: {argument} {first} for rows, {second} for columns."
        raise StrideLabError(argument, error.rule, error.got, error.context, remedy) from None


def _meant(value: object) -> int | None:
    """The whole number that a float or a string stands for, where it stands for one."""
    if isinstance(value, str):
        digits = value.strip()
        plain = digits.isascii() and digits.isdecimal() and len(digits) <= len(str(_LARGEST))
        return int(digits) if plain else None
    # a float has is_integer, and so has NumPy's float32, which is none
    is_integer = getattr(value, "is_integer", None) if isinstance(value, Real) else None
    return int(value) if is_integer is not None and is_integer() else None  # type: ignore[call-overload]


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")  # NumPy's


def flag(argument: str, value: object) -> bool:
    """The value as a bool; anything but True and False, Python's or NumPy's, is refused.

    >>> flag("use_bias", False)
    False
    """
    if _is_boolean(value):
        return bool(value)
    remedy = ""
    if isinstance(value, int) and value in (0, 1):
        remedy = f"Write {bool(value)}."
    raise StrideLabError(argument, "be True or False", shown(value), remedy=remedy)


def pair(argument: str, value: object, minimum: int | None = 1) -> tuple[int, int]:
    """One number for both axes, or two: rows, then columns.

    >>> pair("strides", 2), pair("strides", (2, 1))
    ((2, 2), (2, 1))
    """
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise StrideLabError(
                argument,
                "be one whole number or a pair of them (rows, columns)",
                shown(value),
                remedy=f"Give 2 numbers, not {len(value)}.",
            )
        rows, cols = value
        return (
            whole(argument, rows, minimum, context="rows"),
            whole(argument, cols, minimum, context="columns"),
        )
    if write := as_tuple(value, (2,)):
        rule = "be one whole number or a pair of them (rows, columns)"
        raise StrideLabError(argument, rule, shown(value), remedy=write)
    number = whole(argument, value, minimum)
    return number, number


def as_tuple(value: object, *shapes: tuple[int, ...]) -> str:
    """What to write for a NumPy array of whole numbers in one of those shapes; else empty.

    >>> as_tuple([2, 2], (2,))
    ''
    """
    shape = getattr(value, "shape", None)
    if not isinstance(shape, tuple) or shape not in shapes:
        return ""
    rows = value.tolist()  # type: ignore[attr-defined]
    entries = tuple(tuple(row) if isinstance(row, list) else row for row in rows)
    cells = [cell for row in rows for cell in (row if isinstance(row, list) else [row])]
    return f"Write a tuple, {entries}." if all(type(cell) is int for cell in cells) else ""


def one_of(argument: str, value: object, names: Iterable[str], context: str = "") -> str:
    """The name itself where it is one of those known; else an error that lists them.

    >>> one_of("padding", "same", ["valid", "same"])
    'same'
    """
    names = list(names)
    if isinstance(value, str) and value in names:
        return value
    rule = f"be one of {listed(names)}"
    remedy = nearest(value, names) if isinstance(value, str) else ""
    raise StrideLabError(argument, rule, shown(value), context, remedy)


def listed(names: Sequence[object]) -> str:
    """Names as a sentence has them.

    >>> listed(["valid", "same", "full"])
    "'valid', 'same' or 'full'"
    """
    *first, last = [repr(name) for name in names]
    return f"{', '.join(first)} or {last}" if first else last
