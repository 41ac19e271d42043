"""Weights in panels, as tiles of registers read them.

kernel (KH, KW, Cin, Cout)            panels: all inputs k = (a, b, m) below one another,
┌──────────────────────┐              some filters side by side, in whole vectors
│ k = 0  f f f f f f f │        ┌─────┐┌─────┐┌───┐
│ k = 1  f f f f f f f │   →    │ f f ││ f f ││ f │    a tile reads one from top to bottom;
│ …                    │        │ f f ││ f f ││ f │    lanes without a filter hold zeros
└──────────────────────┘        └─────┘└─────┘└───┘
"""

from __future__ import annotations

import itertools

import numpy as np

from stridelab.ops.call import Array, Call, Cells
from stridelab.ops.jit.vectors import REGISTERS, VECTOR_BYTES
from stridelab.ops.memory import NEAR, empty, in_lines

#: Numbers of more bytes than this lie in memory, or in a cache that all cores share: the weights of
#: the next panel are fetched while tiles compute with this one.
FETCHED = 2**20
#: Inputs between two times that a tile asks for weights, half of those between two for cells alone:
#: what it asks for at once finds room in the processor's list of requests (some twenty), or nearly.
RUN = 16

#: Vectors of the widest panel: tiles of four need many registers. Where results outweigh what they
#: are computed from, those of neighbouring filters had better be stored at once.
WIDEST = 4 if REGISTERS == 32 else 3

#: The most filters of tiles whose vectors hold columns.
FEW = 8

#: Bytes of a panel's part: it stays near, beside most of a strip.
PANEL = NEAR // 3

#: The columns of a table of panels.
FILTER, VALID, VECTORS, STEP, PLACE, GROUP = range(6)


def lanes_of(array: Array) -> int:
    """How many of its numbers a vector holds."""
    return int(VECTOR_BYTES // array.itemsize)


def few(lanes: int) -> int:
    """The most filters, of a group, that leave half of a vector empty: other tiles are as good.

    >>> [few(lanes) for lanes in (2, 8, 16, 32)]
    [1, 4, 8, 8]
    """
    return max(1, min(FEW, lanes // 2))


def panel_table(kernel: Array, groups: int, inputs: int, sharers: int = 1) -> Cells:
    """One row a panel: its first filter, how many there are, its vectors and their numbers, its
    place, its group.

    Parameters
    ----------
    kernel : array
        (KH, KW, Cin/groups, Cout).
    groups : int
        They divide Cout: no panel has filters of two.
    inputs : int
        Weights of one filter in a panel.
    sharers : int
        The threads that share the panels: where the widest ones are too few, they are narrower.

    >>> lanes = VECTOR_BYTES // 4
    >>> kernel = np.ones((3, 3, 3, 2 * lanes + 1), np.float32)
    >>> panel_table(kernel, 1, 27)[:, [FILTER, VALID, VECTORS, PLACE]].tolist() == [
    ...     [0, 2 * lanes + 1, 3, 0]
    ... ]
    True
    """
    lanes = lanes_of(kernel)
    width = kernel.shape[3] // groups
    widths = _widths(-(-width // lanes), sharers)
    rows, place = [], 0
    for group in range(groups):
        first = 0
        for vectors in widths:
            valid = min(vectors * lanes, width - first)
            rows.append((group * width + first, valid, vectors, vectors * lanes, place, group))
            first += valid
            place += vectors * lanes * inputs
    return np.array(rows, np.intp)


def _widths(vectors: int, sharers: int) -> list[int]:
    """So many vectors in panels that so many threads share: the widest kind that is nearly even.

    Where none is, each thread's part is cut by itself.

    >>> [_widths(n, 2) for n in (4, 10)], _widths(8, 2) == ([4, 4] if WIDEST == 4 else [2] * 4)
    ([[2, 2], [3, 2, 3, 2]], True)
    """
    if sharers == 1:  # by far the most calls, each of which asks several times
        return _in_panels(vectors, WIDEST)
    kinds = [_in_panels(vectors, widest) for widest in range(WIDEST, 1, -1)]
    cuts = [share * vectors // sharers for share in range(sharers + 1)]
    parts = [stop - first for first, stop in itertools.pairwise(cuts)]
    if min(parts) > 1:
        kinds.append([width for part in parts for width in _in_panels(part, WIDEST)])
    uneven = [_largest_share(widths, sharers) * sharers / vectors for widths in kinds]
    even_enough = max(1.1, min(uneven))
    return next(widths for widths, one in zip(kinds, uneven, strict=True) if one <= even_enough)


def _in_panels(vectors: int, widest: int) -> list[int]:
    """So many vectors in panels; no panel has a single one, which filters may not fill, but alone.

    >>> [_in_panels(n, 4) for n in (1, 6, 9)], [_in_panels(n, 3) for n in (5, 7)], _in_panels(5, 2)
    ([[1], [4, 2], [4, 3, 2]], [[3, 2], [3, 2, 2]], [2, 3])
    """
    many, rest = divmod(vectors, widest)
    if rest == 1 and many:
        last = [3] if widest == 2 else [widest // 2 + 1, (widest + 1) // 2]
        return [widest] * (many - 1) + last
    return [widest] * many + [rest] * (rest > 0)


def _largest_share(widths: list[int], sharers: int) -> int:
    """The most vectors that one of those gets who share the panels, each some neighbours.

    >>> _largest_share([4, 4, 4], 2), _largest_share([3, 3, 3, 3], 2), _largest_share([4], 2)
    (8, 6, 4)
    """
    cuts = [share * len(widths) // sharers for share in range(sharers + 1)]
    return max(sum(widths[first:stop]) for first, stop in itertools.pairwise(cuts))


def layout(table: Cells) -> str:
    """How wide the panels are, as a name: packed weights serve tables of the same layout.

    >>> layout(panel_table(np.ones((1, 1, 1, 2), np.float32), 2, 1))
    '1 1'
    """
    return " ".join(map(str, table[:, VECTORS].tolist()))


def packed_size(table: Cells, inputs: int) -> int:
    """Numbers in all panels."""
    return int(table[-1, PLACE] + table[-1, STEP] * inputs)


def run_length(inputs: int, weights: int, asks: bool = False) -> int:
    """The inputs of a run that is cut so that a tile asks in time for what is next, or all of them.

    Parameters
    ----------
    inputs : int
        Neighbouring inputs.
    weights : int
        Bytes of all weights: only those that are fetched are asked for.
    asks : bool
        Whether each run asks for the next tile's cells, too.

    >>> run_length(1536, 2**21), run_length(1536, 2**20), run_length(67, 2**21)
    (16, 1536, 67)
    >>> run_length(1536, 2**20, asks=True)
    32
    """
    if weights <= FETCHED and not asks:
        return inputs
    limit = RUN if weights > FETCHED else 2 * RUN
    longest = max(length for length in range(1, limit + 1) if inputs % length == 0)
    return longest if 4 * longest >= limit else inputs


def runs_near(length: int) -> int:
    """How many runs of so many inputs a part has: their weights stay near.

    >>> one = 64 * WIDEST * VECTOR_BYTES
    >>> runs_near(64) * one <= PANEL < (runs_near(64) + 1) * one
    True
    """
    return max(1, PANEL // (WIDEST * VECTOR_BYTES * length))


def again(kernel: Array, numbers: int) -> Array:
    """So many weights of each tap, again and again its filters'; 0: as they are.

    >>> again(np.array([[[[1, 2]]]]), 5).tolist()
    [[[[1, 2, 1, 2, 1]]]]
    """
    filters = kernel.shape[3]
    return kernel if numbers in (0, filters) else kernel[..., np.arange(numbers) % filters]


def pack(weights: Array, table: Cells) -> Array:
    """The weights (…, inputs, Cout) in panels (…, size); all inputs of a filter below one another.

    Parameters
    ----------
    table : array
        From `panel_table`.
    """
    *many, inputs, _ = weights.shape
    panels = empty((*many, packed_size(table, inputs)), weights.dtype)
    for first, valid, _, width, place, _ in table.tolist():
        panel = panels[..., place : place + width * inputs].reshape(*many, inputs, width)
        panel[..., :valid] = weights[..., first : first + valid]
        panel[..., valid:] = 0
    panels.flags.writeable = False
    return panels


def pack_along(weights: Array, length: int) -> Array:
    """The weights (inputs, Cout) in vectors of a run's inputs: for each of them one of each filter.

    A run's last vector reaches back over the one before it, with zeros there.

    >>> lanes = VECTOR_BYTES // 4
    >>> run = np.arange(1, lanes + 2, dtype=np.float32).reshape(-1, 1)  # of lanes + 1 inputs
    >>> whole, last = pack_along(run, lanes + 1).reshape(2, lanes)
    >>> [whole[-1], *last[-2:]] == [lanes, 0, lanes + 1]
    True
    """
    lanes = lanes_of(weights)
    vectors = -(-length // lanes)
    whole, missing = (length - 1) // lanes * lanes, vectors * lanes - length
    by_run = weights.reshape(-1, length, weights.shape[1])
    filled = np.insert(by_run, [whole] * missing, 0, axis=1) if missing else by_run
    split = filled.reshape(len(by_run), vectors, lanes, -1)
    return in_lines(split.swapaxes(2, 3))


def pack_start(call: Call, times: int = 1) -> Array:
    """What sums start from: the bias, so many times, or zeros; at last the call's floor.

    Whole vectors may be read from every filter on.
    """
    lanes, many = lanes_of(call.kernel), call.kernel.shape[3] * times
    start = np.zeros(many + WIDEST * lanes + 1, call.kernel.dtype)
    start[:many] = 0 if call.bias is None else np.tile(call.bias, times)
    start[-1] = call.floor
    return in_lines(start)
