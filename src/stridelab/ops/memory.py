"""Memory for arrays, and whether it suffices: judged by arithmetic, before any is allocated."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stridelab.errors import StrideLabError
from stridelab.ops import machine
from stridelab.ops.call import BLOCK, Array

#: Needs below this many bytes are not compared with the machine's memory: asking takes time.
SMALL = 64 * 2**20

#: Bytes of a cache line.
LINE = 64

#: Bytes of a core's second-level cache: what is read again and again should stay there.
NEAR = machine.own_cache()

#: Bytes that the cache of all cores holds, as a rule; beyond lies memory, which is slower.
HELD = 20_000_000

#: Bytes that each thread of a kernel works in, at most, unless one row takes more.
SCRATCH = 2**23

#: Arrays below this many bytes begin wherever NumPy lets them: aligning takes 0.5 µs.
ALIGNED = 2**16

_BYTE = np.dtype(np.uint8)
_first_byte: Any = ctypes.c_char.from_buffer
_address = ctypes.addressof

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


def empty(shape: tuple[int, ...], dtype: np.dtype[Any], least: int = ALIGNED) -> Array:
    """An array like `numpy.empty`'s that begins with a cache line, if it has so many bytes.

    NumPy's begin 16 bytes behind one as a rule: then every other vector of eight numbers lies over
    two lines, and a kernel that stores many results takes up to 1.4 times as long. It is a view, so
    that its `resize` refuses.

    >>> big = empty((128, 128), np.dtype(np.float32))
    >>> big.shape, big.ctypes.data % LINE
    ((128, 128), 0)
    """
    return maker(shape, dtype, least)()


def maker(
    shape: tuple[int, ...], dtype: np.dtype[Any], least: int = ALIGNED
) -> Callable[[], Array]:
    """What makes such an `empty` array each time: some tenths of a microsecond sooner.

    >>> make = maker((128, 128), np.dtype(np.float32))
    >>> make().shape, make() is make()
    ((128, 128), False)
    """
    size = math.prod(shape) * dtype.itemsize
    if size < least:
        return lambda: np.empty(shape, dtype)

    def make() -> Array:
        memory = np.empty(size + LINE, _BYTE)
        # a quarter of the time that `memory.ctypes.data` takes
        return np.ndarray(shape, dtype, memory, -_address(_first_byte(memory)) % LINE)

    return make


def in_lines(numbers: Array) -> Array:
    """A read-only copy, all in one row, that begins with a cache line, as most vectors then do.

    >>> in_lines(np.eye(2)).tolist()
    [1.0, 0.0, 0.0, 1.0]
    """
    copy = empty((numbers.size,), numbers.dtype, least=0)
    copy.reshape(numbers.shape)[...] = numbers
    copy.flags.writeable = False
    return copy


def work_of_phases(moved: int, kernel: int) -> int:
    """Bytes that a convolution's way back works in: some phases, and what their convolution takes.

    Parameters
    ----------
    moved : int
        Bytes of images and results: transformed for Winograd's F(2×2) they take four times as many.
    kernel : int
        Bytes of the weights.

    >>> work_of_phases(1000, 36) == 2 * BLOCK + 8 * 36
    True
    """
    work = 2 * BLOCK
    if 4 * moved > work:
        work = max(work, min(4 * moved, machine.threads() * SCRATCH))
    return work + 8 * kernel


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
