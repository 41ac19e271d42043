"""The most multiply-adds that this processor does: a loop that does nothing else.

for each turn
    each of S sums: sum ← sum · a + b        all in registers; S hides how long one takes
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import types

from stridelab.ops.call import Array
from stridelab.ops.jit import compiled
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


@compiled(lambda scalar: types.void(types.intp, scalar, types.Array(scalar, 1, "C")))
def _turns(turns, factor, out):  # type: ignore[no-untyped-def]
    _TURNS(turns, factor, out)


def prepare(turns: int) -> tuple[Any, int]:
    """A function that does so many turns, and the floating-point operations that those are."""
    dtype = np.dtype(np.float32)
    run, lanes = _turns.ready(dtype), VECTOR_BYTES // dtype.itemsize
    factor = dtype.type(-0.5)  # sums shrink and stay normal for as long as they are not zero

    def work() -> Array:
        out: Array = np.zeros(SUMS * lanes, dtype)
        run(turns, factor, out)
        return out

    return work, 2 * turns * SUMS * lanes
