"""What a padded cell shows: zero, or a cell of the input, by padding mode.

For an input ``1234`` and two padded cells on each side::

    zeros      00|1234|00
    reflect    32|1234|32     mirrored at the edge cell, which is not repeated
    replicate  11|1234|44     the edge cell repeated
    circular   34|1234|12     wrapped round

Source: the modes and their limits are PyTorch's, ``torch.nn.functional.pad``.
"""

from __future__ import annotations

from stridelab.errors import StrideLabError
from stridelab.geometry.axis import Axis
from stridelab.geometry.padding import MODES

__all__ = ["MODES", "border_cell", "check_border"]


def border_cell(position: int, size: int, mode: str) -> int | None:
    """The input cell that a position shows; None where it shows a zero.

    Parameters
    ----------
    position : int
        An index that may lie outside the input: −1 is the first padded cell before it.
    size : int
        ``n`` in cells.
    mode : str
        One of `MODES`; the pads are within its limit (`check_border`).

    >>> [border_cell(position, 4, "reflect") for position in range(-2, 6)]
    [2, 1, 0, 1, 2, 3, 2, 1]
    >>> border_cell(-1, 4, "circular"), border_cell(-1, 4, "replicate"), border_cell(-1, 4, "zeros")
    (3, 0, None)
    """
    if 0 <= position < size:
        return position
    if mode == "zeros":
        return None
    if mode == "replicate":
        return 0 if position < 0 else size - 1
    if mode == "circular":
        return position % size
    return -position if position < 0 else 2 * (size - 1) - position


def check_border(axis: Axis, mode: str, where: str = "") -> None:
    """Refuses pads that the mode cannot fill: reflect needs ``p ≤ n − 1``, circular ``p ≤ n``.

    Parameters
    ----------
    axis : Axis
        The axis whose pads are judged.
    mode : str
        One of `MODES`.
    where : str
        The axis' name for the error's text.

    Raises
    ------
    StrideLabError
        Where a pad is over the limit.

    >>> from stridelab.geometry.axis import conv_axis
    >>> check_border(conv_axis(3, 3, padding=3), "circular")
    >>> check_border(conv_axis(3, 3, padding=3), "reflect", "rows")
    Traceback (most recent call last):
    ...
    stridelab.errors.StrideLabError: padding must be at most 2 on each side under \
padding_mode='reflect'; got (3, 3) (rows: 3 cells). Pad less, or take padding_mode='replicate'.
    """
    limits = {"reflect": axis.size - 1, "circular": axis.size}
    limit = limits.get(mode)
    if limit is not None and max(axis.pad_before, axis.pad_after) > limit:
        raise StrideLabError(
            "padding",
            f"be at most {limit} on each side under padding_mode={mode!r}",
            f"({axis.pad_before}, {axis.pad_after})",
            f"{where}: {axis.size} cells" if where else f"{axis.size} cells",
            "Pad less, or take padding_mode='replicate'.",
        )
