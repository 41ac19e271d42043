"""Whether what a call takes fits in memory: judged by arithmetic, before anything is allocated."""

from __future__ import annotations

from dataclasses import dataclass

from stridelab.errors import StrideLabError
from stridelab.ops import machine

#: Needs below this many bytes are not compared with the machine's memory: asking takes time.
SMALL = 64 * 2**20

IN_PARTS = "Compute it in parts: fewer images, rows or filters at a time."


@dataclass(frozen=True)
class Part:
    """Some of the memory that a call takes, and the error where it is what does not fit.

    Parameters
    ----------
    size : int
        In bytes.
    argument, rule, remedy : str
        Of the error (`stridelab.errors.StrideLabError`).
    what : str
        What the bytes are for.
    """

    size: int
    argument: str
    rule: str
    what: str
    remedy: str = IN_PARTS


def judge(*parts: Part) -> None:
    """Holds the sum of all parts against the memory that is free.

    Raises
    ------
    StrideLabError
        Where it does not fit; it speaks of the largest part.

    >>> judge(Part(10**6, "x", "give an output that fits in memory", "an output"))
    """
    need = sum(part.size for part in parts)
    if need <= SMALL:
        return
    free = machine.memory_available()
    if need > free:
        largest = max(parts, key=lambda part: part.size)
        raise StrideLabError(
            largest.argument,
            largest.rule,
            f"{_gigabytes(largest.size)} for {largest.what}",
            f"{_gigabytes(need)} in all, {_gigabytes(free)} are free",
            largest.remedy,
        )


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
