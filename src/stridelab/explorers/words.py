"""Phrases that several explorers say in the same way."""

from __future__ import annotations

from collections.abc import Iterable

from stridelab.geometry import Geometry
from stridelab.theme import full_text


def listed(name: str, indices: Iterable[int]) -> str:
    """Rows or columns by their indices.

    >>> listed("row", (2,)), listed("column", (-1, 0, 1))
    ('row 2', 'columns −1, 0, 1')
    """
    texts = [full_text(index) for index in indices]
    return f"{name}{'s' if len(texts) > 1 else ''} {', '.join(texts)}"


def pads_text(geometry: Geometry) -> str:
    """How a plane is padded, for a sentence.

    >>> from stridelab.geometry import conv_geometry
    >>> pads_text(conv_geometry(8, 3, padding="same")), pads_text(conv_geometry(8, 3))
    ('padded by 1 on every side', 'no padding')
    """
    (top, bottom), (left, right) = geometry.pads
    if not any((top, bottom, left, right)):
        return "no padding"
    if top == bottom == left == right:
        return f"padded by {top} on every side"
    return f"padded by {top} above, {bottom} below, {left} left and {right} right"
