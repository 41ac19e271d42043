"""The door of the geometry: arguments become whole numbers and pairs here, once."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence

from stridelab.errors import StrideLabError, nearest, shown


def whole(argument: str, value: object, minimum: int = 1, context: str = "") -> int:
    """The value as an int; anything but a whole number of at least `minimum` is refused.

    NumPy's integers pass; booleans, floats and strings do not, since a size of ``True`` or ``3.0``
    is more often a slip than a wish.

    >>> whole("size", 8)
    8
    """
    rule = f"be a whole number of at least {minimum}"
    if isinstance(value, bool):
        raise StrideLabError(argument, rule, shown(value), context, "Write a number.")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        remedy = ""
        if isinstance(value, float) and value.is_integer():
            remedy = f"Write {int(value)}."
        elif isinstance(value, str) and value.strip().isdigit():
            remedy = f"Write {value.strip()} without quotes."
        raise StrideLabError(argument, rule, shown(value), context, remedy) from None
    if number < minimum:
        raise StrideLabError(argument, rule, str(number), context)
    return number


def pair(argument: str, value: object, minimum: int = 1) -> tuple[int, int]:
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
    number = whole(argument, value, minimum)
    return number, number


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
