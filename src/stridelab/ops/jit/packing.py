"""Weights in panels, as tiles of registers read them.

kernel (KH, KW, Cin, Cout)            panels: all inputs k = (a, b, m) below one another,
┌──────────────────────┐              some filters side by side, in whole vectors
│ k = 0  f f f f f f f │        ┌─────┐┌─────┐┌───┐
│ k = 1  f f f f f f f │   →    │ f f ││ f f ││ f │    a tile reads one from top to bottom;
│ …                    │        │ f f ││ f f ││ f │    lanes without a filter hold zeros
└──────────────────────┘        └─────┘└─────┘└───┘
"""

from __future__ import annotations

from typing import Any

import numpy as np

from stridelab.ops.call import Array, Cells
from stridelab.ops.jit.vectors import REGISTERS, VECTOR_BYTES
from stridelab.ops.memory import empty

#: Numbers of more bytes than this lie in memory, or in a cache that all cores share: the weights of
#: the next panel are fetched while tiles compute with this one.
FETCHED = 2**20
#: Inputs between two times that a tile asks for weights: so few that what it asks for at once finds
#: room in the processor's list of requests (some twenty).
RUN = 16

#: Vectors of the widest panel: tiles of four need many registers. Where results outweigh what they
#: are computed from, those of neighbouring filters had better be stored at once.
WIDEST = 4 if REGISTERS == 32 else 3

#: The columns of a table of panels.
FILTER, VALID, VECTORS, STEP, PLACE, GROUP = range(6)


def panel_table(filters: int, groups: int, inputs: int, itemsize: int) -> Cells:
    """One row a panel: its first filter, how many there are, its vectors and their numbers, its
    place, its group.

    Parameters
    ----------
    filters, groups : int
        Cout, and the groups that divide it: no panel has filters of two.
    inputs : int
        Weights of one filter.
    itemsize : int
        Bytes of a number.

    >>> panel_table(33, 1, 27, VECTOR_BYTES // 8)[:, [FILTER, VALID, VECTORS, PLACE]].tolist()
    [[0, 24, 3, 0], [24, 9, 2, 648]]
    """
    lanes = VECTOR_BYTES // itemsize
    width = filters // groups
    rows, place = [], 0
    for group in range(groups):
        first = 0
        for vectors in _widths(-(-width // lanes)):
            valid = min(vectors * lanes, width - first)
            rows.append((group * width + first, valid, vectors, vectors * lanes, place, group))
            first += valid
            place += vectors * lanes * inputs
    return np.array(rows, np.intp)


def _widths(vectors: int, widest: int = WIDEST) -> list[int]:
    """So many vectors as panels of the widest kind; a one only where nothing else is left.

    >>> [_widths(vectors, 4) for vectors in (1, 6, 7, 9)], [_widths(n, 3) for n in (1, 5, 7)]
    ([[1], [4, 2], [4, 3], [4, 3, 2]], [[1], [3, 2], [3, 2, 2]])
    """
    many, rest = divmod(vectors, widest)
    if rest == 1 and many:
        return [widest] * (many - 1) + [widest // 2 + 1, (widest + 1) // 2]
    return [widest] * many + [rest] * (rest > 0)


def packed_size(table: Cells, inputs: int) -> int:
    """Numbers in all panels."""
    return int(table[-1, PLACE] + table[-1, STEP] * inputs)


def run_length(inputs: int, weights: int) -> int:
    """The inputs of a run that is cut so that a tile asks for weights in time, or all of them.

    Parameters
    ----------
    inputs : int
        Neighbouring inputs.
    weights : int
        Bytes of all weights: only those that are fetched are asked for.

    >>> run_length(1536, 2**21), run_length(1536, 2**20), run_length(67, 2**21)
    (16, 1536, 67)
    """
    if weights <= FETCHED:
        return inputs
    longest = max(length for length in range(1, RUN + 1) if inputs % length == 0)
    return longest if 4 * longest >= RUN else inputs


def pack(weights: Array, table: Cells) -> Array:
    """The weights (inputs, Cout) in panels; all inputs of a filter below one another.

    Parameters
    ----------
    table : array
        From `panel_table`.
    """
    inputs = weights.shape[0]
    panels = empty((packed_size(table, inputs),), weights.dtype)
    panels[:] = 0
    for first, valid, _, width, place, _ in table.tolist():
        panel = panels[place : place + width * inputs].reshape(inputs, width)
        panel[:, :valid] = weights[:, first : first + valid]
    panels.flags.writeable = False
    return panels


def pack_bias(bias: Array | None, table: Cells, dtype: np.dtype[Any]) -> Array:
    """The bias, zeros for none, with room to read whole vectors behind every filter."""
    lanes = VECTOR_BYTES // dtype.itemsize
    filters = int(table[-1, FILTER] + table[-1, VALID])
    padded = np.zeros(filters + WIDEST * lanes, dtype)
    if bias is not None:
        padded[:filters] = bias
    padded.flags.writeable = False
    return padded
