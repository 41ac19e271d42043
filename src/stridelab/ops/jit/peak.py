"""The most multiply-adds that this processor does: a loop that does nothing else.

for each thread
    for each turn
        each of S sums: sum ← sum · a + b        all in registers; S hides how long one takes
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import prange, types

from stridelab.ops.call import Array
from stridelab.ops.jit import shared
from stridelab.ops.jit.vectors import REGISTERS, VECTOR_BYTES, Writer, instruction

#: Sums: enough to hide the four or five cycles of each multiply-add, two a cycle.
SUMS = 12 if REGISTERS == 16 else 24


def _write_turns(w: Writer, of: SimpleNamespace) -> None:
    """So many turns; the sums are stored, so that the optimiser cannot leave them out."""
    (start,) = w.load(of.out)
    sums = [w.sum(start) for _ in range(SUMS)]
    factor = w.spread(of.floor)
    with w.loop(of.turns):
        for one in sums:
            w.multiply_add(one, w.value(one), factor)
    for place, one in enumerate(sums):
        w.put(w.value(one), w.at(of.out, place * w.lanes))


_TURNS = instruction("turns floor out", _write_turns)


@shared(lambda scalar: types.void(types.intp, scalar, types.Array(scalar, 2, "C")))
def _turns(turns, factor, out):  # type: ignore[no-untyped-def]
    for thread in prange(len(out)):
        _TURNS(turns, factor, out[thread])


def prepare(turns: int, threads: int = 1) -> tuple[Any, int]:
    """A function that does so many turns in each of so many threads, which numba is set to, and the
    floating-point operations that those are.
    """
    dtype = np.dtype(np.float32)
    run, lanes = _turns[threads > 1].ready(dtype), VECTOR_BYTES // dtype.itemsize
    factor = dtype.type(-0.5)  # sums shrink and stay normal for as long as they are not zero

    def work() -> Array:
        out: Array = np.zeros((threads, SUMS * lanes), dtype)
        run(turns, factor, out)
        return out

    return work, 2 * turns * SUMS * lanes * threads
