"""The phases of a transposed axis: output cells a stride apart are reached by the same taps.

With ``g = gcd(s, d)``, ``P = s/g`` and ``D = d/g``, the output cell ``i·s + j·d − c_b``, j < P,
receives tap ``j + t·P`` of input cell ``i − t·D`` for t = 0, 1, …, and nothing else: two taps meet
in a cell only where their distance ``(j′ − j)·d`` is a multiple of s. So the cells of one j, over
all i, are a convolution of stride 1 and dilation D with every P-th tap, turned round; the cells
that belong to no j receive nothing.

The gradient of a convolution with respect to its input is a transposed axis too (`gradient_axis`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from stridelab.geometry.axis import Axis
from stridelab.geometry.transposed import TransposedAxis


def gradient_axis(axis: Axis, *, padded: bool = False) -> TransposedAxis:
    """The way back along an axis: each window gives to the cells that it read.

    ``n`` and ``o`` change places, and the crop is the pad before; with `padded` the padded cells
    are part of the output.

    >>> from stridelab.geometry.axis import conv_axis
    >>> axis = conv_axis(6, kernel=3, stride=2, padding="same")
    >>> gradient_axis(axis).targets(2), gradient_axis(axis).coverage() == axis.coverage()
    ((4, 5, 6), True)
    >>> gradient_axis(axis, padded=True).output_size
    7
    """
    size = axis.size + axis.pad_before + axis.pad_after if padded else axis.size
    crop = 0 if padded else axis.pad_before
    return TransposedAxis(
        axis.output_size, axis.kernel, axis.stride, axis.dilation, size, crop, "explicit"
    )


#: Which of some cells reach the output, counted from the first; and where.
Reach: TypeAlias = tuple[slice, slice]


def meet(axis: TransposedAxis, tap: int, cells: slice) -> Reach:
    """Which of these input cells reach the output with this tap, counted from the first; and where.

    Cell i adds to output ``i·s + tap·d − c_b``, where there is one. The cells may lie beyond the
    input.

    >>> from stridelab.geometry.transposed import transposed_axis
    >>> meet(transposed_axis(4, kernel=3, stride=2, padding="same"), 2, slice(1, 4))
    (slice(0, 2, None), slice(4, 7, 2))
    """
    first = cells.start * axis.stride + tap * axis.dilation - axis.crop_before
    skipped = max(0, -(first // axis.stride))
    stop = min(cells.stop - cells.start, -((first - axis.output_size) // axis.stride))
    count = max(0, stop - skipped)
    target = first + skipped * axis.stride
    reach = max(0, (count - 1) * axis.stride + 1)
    return slice(skipped, skipped + count), slice(target, target + reach, axis.stride)


@dataclass(frozen=True)
class Phases:
    """Phases of one axis that are reached by equally many taps, from the same input cells.

    Parameters
    ----------
    axis : TransposedAxis
        The axis that they belong to.
    firsts : tuple of int
        The first tap ``j`` of each phase.
    step, dilation : int
        ``P`` and ``D``: from one tap of a phase to its next, and from the one's input cell to the
        other's.
    lowest, highest : int
        The numbers ``t`` of the taps that meet the input.
    start, stop : int
        The positions ``i`` from which these phases reach output cells.
    """

    axis: TransposedAxis
    firsts: tuple[int, ...]
    step: int
    dilation: int
    lowest: int
    highest: int
    start: int
    stop: int

    @property
    def positions(self) -> int:
        """How many there are: the output size of the convolution."""
        return self.stop - self.start

    @property
    def fills(self) -> bool:
        """Whether the output is a single phase: one position for each of its cells."""
        return len(self.firsts) == 1 and self.positions == self.axis.output_size

    @property
    def taps(self) -> tuple[tuple[int, ...], ...]:
        """The taps of each phase, turned round: the convolution reads input cells upwards."""
        turned = range(self.highest, self.lowest - 1, -1)
        return tuple(tuple(first + t * self.step for t in turned) for first in self.firsts)

    def reads(self, part: slice) -> tuple[slice, tuple[int, int]]:
        """The input cells under some positions' windows, and the zeros (before, after) them.

        Parameters
        ----------
        part : slice
            Positions, counted from the first.
        """
        first = self.start + part.start - self.highest * self.dilation
        end = self.start + part.stop - self.lowest * self.dilation
        inside = slice(max(first, 0), min(end, self.axis.size))
        return inside, (inside.start - first, end - inside.stop)

    def reaches(self, part: slice) -> tuple[Reach, ...]:
        """For each phase: which of some positions (as for `reads`) have a cell, and where."""
        cells = slice(self.start + part.start, self.start + part.stop)
        return tuple(meet(self.axis, first, cells) for first in self.firsts)


def phases(axis: TransposedAxis) -> tuple[Phases, ...]:
    """All phases of an axis that anything reaches, in as few groups as can be.

    Without dilation there are two groups at most: ``⌈k/s⌉`` taps reach some phases, one tap less
    the others.

    >>> from stridelab.geometry.transposed import transposed_axis
    >>> [group.taps for group in phases(transposed_axis(5, kernel=5, stride=3))]
    [((3, 0), (4, 1)), ((2,),)]
    >>> [group.taps for group in phases(transposed_axis(5, kernel=4, stride=4))]
    [((0,), (1,), (2,), (3,))]
    """
    shared = math.gcd(axis.stride, axis.dilation)
    step, dilation = axis.stride // shared, axis.dilation // shared
    groups: dict[tuple[int, int], list[int]] = {}
    for first in range(min(axis.kernel, step)):
        taps = -(-(axis.kernel - first) // step)
        groups.setdefault((taps, first * axis.dilation // axis.stride), []).append(first)
    made = (_clipped(axis, firsts, step, dilation, taps) for (taps, _), firsts in groups.items())
    return tuple(group for group in made if group is not None)


def _clipped(
    axis: TransposedAxis, firsts: list[int], step: int, dilation: int, taps: int
) -> Phases | None:
    """These phases without what no input cell reaches; None where nothing is left."""
    reached = {first: _reach(axis, first) for first in firsts}
    there = {first: ends for first, ends in reached.items() if ends[0] < ends[1]}
    if not there:
        return None
    start = min(start for start, _ in there.values())
    stop = max(stop for _, stop in there.values())
    lowest = max(0, (start - axis.size) // dilation + 1)
    highest = min(taps - 1, (stop - 1) // dilation)
    if lowest > highest:
        return None
    start, stop = max(start, lowest * dilation), min(stop, axis.size + highest * dilation)
    return Phases(axis, tuple(there), step, dilation, lowest, highest, start, stop)


def _reach(axis: TransposedAxis, tap: int) -> tuple[int, int]:
    """The positions, from the first to beyond the last, whose output cell by this tap exists."""
    offset = tap * axis.dilation - axis.crop_before
    return -(offset // axis.stride), (axis.output_size - 1 - offset) // axis.stride + 1
