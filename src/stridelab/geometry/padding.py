"""Padding at the door: a name or numbers become one entry for each axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.geometry.checks import as_tuple, listed, whole

#: The padding names of the package, lower case.
NAMES = ("valid", "same", "same_lower", "full")

#: What padded cells show (`stridelab.geometry.borders`), in the order in which the course meets it.
MODES = ("zeros", "reflect", "replicate", "circular")

#: One axis' padding: a name, or the cells (before, after).
AxisPadding: TypeAlias = str | tuple[int, int]

_RULE = (
    f"be {listed(NAMES)}, a whole number of at least 0, a pair (rows, columns) "
    "or ((top, bottom), (left, right))"
)
_OTHER_NAMES = {
    "same_upper": "ONNX's SAME_UPPER is 'same' here.",
    "causal": "Causal padding is d·(k − 1) cells before and none after: give those numbers.",
    "notset": "Give ONNX's pads as ((top, bottom), (left, right)).",
    "explicit": "Give the pads themselves as ((top, bottom), (left, right)).",
    **{
        mode: f"What padded cells show is padding_mode={mode!r}; padding says how many they are."
        for mode in MODES
    },
}


def padding_name(padding: str) -> str:
    """The name in lower case; Keras, too, takes ``"SAME"`` for ``"same"``.

    >>> padding_name("SAME")
    'same'
    """
    name = padding.lower()
    if name not in NAMES:
        remedy = _OTHER_NAMES.get(name, "") or nearest(name, NAMES)
        raise StrideLabError("padding", _RULE, shown(padding), remedy=remedy)
    return name


def axis_paddings(padding: object) -> tuple[AxisPadding, AxisPadding]:
    """One entry for rows and one for columns: a name, or the cells (before, after).

    Parameters
    ----------
    padding : str, int or tuple
        A name; a number of cells for every side; ``(a, b)``: a above and below, b left and right;
        or ``((top, bottom), (left, right))``.

    Raises
    ------
    StrideLabError
        For an unknown name, a negative or fractional number, or another nesting.

    >>> axis_paddings("same"), axis_paddings((1, 2)), axis_paddings(((0, 1), (2, 3)))
    (('same', 'same'), ((1, 1), (2, 2)), ((0, 1), (2, 3)))
    """
    if isinstance(padding, str):
        name = padding_name(padding)
        return name, name
    if isinstance(padding, (tuple, list)):
        if len(padding) != 2:
            raise StrideLabError("padding", _RULE, shown(padding), remedy=_nested(padding))
        rows, cols = padding
        return _sides(rows, "rows"), _sides(cols, "columns")
    if padding is None:
        raise StrideLabError("padding", _RULE, "None", remedy="No padding is 'valid'.")
    if write := as_tuple(padding, (2,), (2, 2)):
        raise StrideLabError("padding", _RULE, shown(padding), remedy=write)
    cells = whole("padding", padding, minimum=0)
    return (cells, cells), (cells, cells)


def _nested(padding: Sequence[object]) -> str:
    """What to write for four numbers in a row."""
    if len(padding) != 4 or not all(type(cells) is int for cells in padding):
        return ""
    top, bottom, left, right = padding
    return f"For top, bottom, left, right write {((top, bottom), (left, right))}."


def axis_padding(padding: object) -> AxisPadding:
    """The padding of a single axis: a name, a number for both sides, or (before, after).

    >>> axis_padding("valid"), axis_padding(1), axis_padding((0, 1))
    ('valid', (1, 1), (0, 1))
    """
    return padding_name(padding) if isinstance(padding, str) else _sides(padding, "one axis")


def _sides(cells: object, where: str) -> tuple[int, int]:
    if isinstance(cells, (tuple, list)):
        if len(cells) != 2:
            raise StrideLabError("padding", _RULE, shown(cells), context=where)
        before, after = cells
        return (
            whole("padding", before, minimum=0, context=f"{where}, before"),
            whole("padding", after, minimum=0, context=f"{where}, after"),
        )
    if write := as_tuple(cells, (2,)):
        raise StrideLabError("padding", _RULE, shown(cells), where, write)
    number = whole("padding", cells, minimum=0, context=where)
    return number, number
