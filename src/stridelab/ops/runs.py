"""Runs: the neighbouring inputs under a window, as direct tiles read them; and which tiles do.

    a window of 2 × 3 cells                             channels come last, so that a kernel row's
    ┌─────┬─────┬─────┐                                 inputs are neighbours: one run
    │ m m │ m m │ m m │   run 0: b = 0, 1, 2; m = 0, 1
    ├─────┼─────┼─────┤                                 with dilation, groups or listed places each
    │ m m │ m m │ m m │   run 1                         cell's are a run of their own
    └─────┴─────┴─────┘

A tile's vectors hold filters, whose weights meet one input after the other; or they run along the
inputs, those of one filter after those of another. Either way lanes may be left empty.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stridelab.ops.call import Call
from stridelab.ops.memory import LINE, SCRATCH

#: Cells of fewer bytes are copied where there is padding: each is too little for a run of its own.
LEAST = 2 * LINE
#: No strip of copied rows takes more than this many bytes.
STRIP_AT_MOST = SCRATCH
#: Bytes of a place in a list: of large kernels there are so many that copies are smaller.
LISTED = np.dtype(np.intp).itemsize


class Runs(NamedTuple):
    """What tiles read for an output."""

    length: int  # neighbouring inputs
    per_window: int  # runs
    copied: bool  # from a strip with the image's padding
    listed: bool  # from places in the image that each tap has a list of


def runs_of(call: Call) -> Runs:
    """The runs of windows. Where there is padding, small cells are copied and others are listed."""
    rows, cols, depth, itemsize = call.rows, call.cols, call.kernel.shape[2], call.kernel.itemsize
    is_padded = any(pad for axis in (rows, cols) for pad in (axis.pad_before, axis.pad_after))
    is_small = depth * itemsize < max(LEAST, LISTED * rows.kernel * cols.kernel // 2)
    window = rows.span * cols.span * call.shape[3] * itemsize
    copied = is_padded and is_small and window <= STRIP_AT_MOST
    listed = is_padded and not copied
    if cols.dilation == 1 and call.groups == 1 and not listed:
        return Runs(cols.kernel * depth, rows.kernel, copied, listed)
    return Runs(depth, rows.kernel * cols.kernel, copied, listed)


def most_along(lanes: int) -> int:
    """The most filters that tiles along runs take: three quarters of a vector.

    >>> [most_along(lanes) for lanes in (2, 4, 8, 16)]
    [1, 3, 6, 12]
    """
    return max(1, lanes * 3 // 4)


def go_along(call: Call, lanes: int) -> bool:
    """Whether tiles' vectors run along the inputs, because they are fuller so.

    Adding up lanes takes as long as 1.5 vectors, and a run that ends within one half a vector more.
    """
    filters, (length, per_window, *_) = int(call.kernel.shape[3]), runs_of(call)
    if call.groups > 1 or filters > most_along(lanes) or length < lanes:
        return False
    whole, rest = divmod(length, lanes)
    sums = per_window * (whole + 1.5 * (rest > 0)) + 1.5
    return filters * sums < per_window * length
