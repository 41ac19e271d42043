"""The groups explorer's model: which slices of a kernel there are, and what groups save."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import gcd
from typing import Any

import numpy as np

from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Whole
from stridelab.explorers.scene import Fill, Focus, Grid, Model, Preset, Question, Scene, Table
from stridelab.explorers.words import listed
from stridelab.geometry import convention, cost
from stridelab.theme import size_text

TITLE = "Which input channels each filter reads"

Values = np.ndarray[Any, Any]

#: What a table has where there is nothing to say.
NOTHING = "—"

#: The axes of a kernel: as a `Convention` writes them, and as a learner reads them.
AXES = {"H": "KH", "W": "KW", "I": "Cin/groups", "O": "Cout"}

#: Neighbours that are named one by one; of longer blocks the first and the last are.
LONGEST_LIST = 3

CONTROLS = (
    Whole("channels", "Input channels", default=4, low=1, high=12),
    Whole("filters", "Filters", default=4, low=1, high=12),
    Whole("groups", "Groups", default=2, low=1, high=12),
    Whole("kernel_size", "Kernel size", default=3, low=1, high=7),
)


@dataclass(frozen=True)
class Layer:
    """A convolution by its arguments, and what `stridelab.geometry` says of it.

    Parameters
    ----------
    channels, filters, groups : int
        ``Cin``, ``Cout``, and the blocks of neighbours that both are dealt out into.
    kernel_size : int
        In cells, for both axes.

    >>> Layer(64, 128, 4, 3).weights, Layer(64, 128, 4, 3).shape("torch")
    (18432, '(128, 16, 3, 3)')
    """

    channels: int
    filters: int
    groups: int
    kernel_size: int

    def _count(self, name: str, *, use_bias: bool = True) -> int:
        """What `cost` counts on an input that leaves room for one output cell."""
        k = self.kernel_size
        counted = cost(
            (k, k, self.channels), self.filters, k, groups=self.groups, use_bias=use_bias
        )
        return int(getattr(counted, name))

    @property
    def weights(self) -> int:
        """Of the kernel alone."""
        return self._count("params", use_bias=False)

    @property
    def biases(self) -> int:
        """One for each filter."""
        return self._count("params") - self.weights

    @property
    def macs(self) -> int:
        """Multiply-adds for one output cell, all filters."""
        return self._count("macs")

    @property
    def taps(self) -> int:
        """Weights of one slice: of one filter on one channel."""
        return replace(self, channels=1, filters=1, groups=1).weights

    @property
    def depth_multiplier(self) -> int:
        """Filters for each channel, where the layer is depthwise: several channels, each alone."""
        depthwise = self.groups == self.channels > 1 and self.filters % self.channels == 0
        return self.filters // self.channels if depthwise else 0

    def shape(self, framework: str) -> str:
        """The kernel's shape in a framework's layout."""
        depth = self.channels // self.groups
        sizes = {"H": self.kernel_size, "W": self.kernel_size, "I": depth, "O": self.filters}
        return str(tuple(sizes[axis] for axis in convention(framework).kernel_layout))

    def blocks(self) -> Iterator[tuple[range, range]]:
        """For each group its filters and its channels."""
        of_filters, of_channels = self.filters // self.groups, self.channels // self.groups
        for group in range(self.groups):
            yield (
                range(group * of_filters, (group + 1) * of_filters),
                range(group * of_channels, (group + 1) * of_channels),
            )


def scene(
    channels: int,
    filters: int,
    groups: int,
    kernel_size: int,
    position: tuple[int, int] = (0, 0),
) -> Scene:
    """The scene for these values: the kernel's slices, who reads whom, counts; or the error.

    Parameters
    ----------
    channels, filters, groups, kernel_size : int
        As for `Layer`.
    position : (int, int)
        The filter and the channel to start from; the last ones where they lie beyond.

    >>> print(scene(2, 4, 2, 3)["slices"].text)
    Filters × channels, 4 × 2 (a number: 3 × 3 weights of that group; empty: none)
       0  none
       0  none
    none     1
    none     1
    """
    layer = Layer(channels, filters, groups, kernel_size)
    try:
        asked = Question("How many weights has the kernel, without biases?", str(layer.weights))
    except StrideLabError as error:
        said = "Channels and filters cannot both be dealt out evenly, so there is no such layer."
        columns = ((_code(layer),),)
        return Scene(TITLE, said, columns, error=_remedied(error, layer), stacked=True)
    slices = _slices(layer)
    start = (min(position[0], filters - 1), min(position[1], channels - 1))
    focus, reads, reaches = _focus(layer, slices, start)
    return Scene(
        title=TITLE,
        sentence=_sentence(layer) + _kind(layer),
        columns=((reads, _code(layer)), (slices, reaches), (_counts(layer),)),
        focus=focus,
        question=asked,
        stacked=True,
    )


def _remedied(error: StrideLabError, layer: Layer) -> str:
    """The library's text, with the next fewer and the next more groups that are possible."""
    common = gcd(layer.channels, layer.filters)
    possible = [groups for groups in range(1, common + 1) if common % groups == 0]
    fewer = [groups for groups in possible if groups < layer.groups][-1:]
    more = [groups for groups in possible if groups > layer.groups][:1]
    remedy = f"Take {' or '.join(f'groups={groups}' for groups in fewer + more)}."
    return str(StrideLabError(error.argument, error.rule, error.got, error.context, remedy))


def _slices(layer: Layer) -> Grid:
    """Filters × channels: the group where both are in one, and nothing elsewhere."""
    values = np.full((layer.filters, layer.channels), np.nan)
    for group, (filters, channels) in enumerate(layer.blocks()):
        values[filters.start : filters.stop, channels.start : channels.stop] = group
    window = size_text(layer.kernel_size, layer.kernel_size)
    return Grid(
        "slices",
        "Filters × channels",
        "kernel",
        values,
        limits=(-2.0 * layer.groups, layer.groups - 1.0),  # group 0 is to look filled, too
        caption=f"a number: {window} weights of that group; empty: none",
        is_answer=True,
    )


def _focus(layer: Layer, slices: Grid, position: tuple[int, int]) -> tuple[Focus, Grid, Grid]:
    """What lights up with each slice; and the strips of channels and filters that do, at first."""
    taps = np.where(np.isnan(slices.values), np.nan, float(layer.taps))
    shape = layer.filters, layer.channels
    read = np.broadcast_to(taps[:, None, None, :], (*shape, 1, layer.channels))
    reached = np.broadcast_to(taps.T[None, :, :, None], (*shape, layer.filters, 1))
    reads, reaches, notes = zip(*_told(layer), strict=True)
    first = position[0] * layer.channels + position[1]
    limits = 0.0, float(layer.taps)
    focus = Focus(
        grid=slices.name,
        position=position,
        windows=(),
        fills=(Fill("input", read, reads), Fill("output", reached, reaches)),
        notes=notes,
    )
    channels, filters = (
        Grid(
            fill.grid,
            title,
            fill.grid,
            fill.values[position],
            limits=limits,
            caption=fill.captions[first],
            is_answer=True,
        )
        for fill, title in zip(focus.fills, ("Input channels", "Output channels"), strict=True)
    )
    return focus, channels, filters


def _told(layer: Layer) -> Iterator[tuple[str, str, str]]:
    """For each filter and channel, row by row: whom it reads, whom it reaches, and their slice."""
    blocks = list(layer.blocks())
    homes = {c: group for group, (_, channels) in enumerate(blocks) for c in channels}
    each = f"{_counted(layer.taps, 'weight')} each"
    for group, (filters, channels) in enumerate(blocks):
        for f, (c, home) in product(filters, homes.items()):
            ours = f"Group {group}: {_block('filter', filters)} and {_block('channel', channels)}."
            yield (
                f"filter {f} reads {_block('channel', channels)}: {each}",
                f"channel {c} reaches {_block('filter', blocks[home][0])}: {each}",
                f"{_slice(f, c, c - channels.start) if home == group else _no_slice(f, c)} {ours}",
            )


def _slice(f: int, c: int, at: int) -> str:
    """Where the weights of filter f on channel c, which is its group's at-th, are kept."""
    return (
        f"Filter {f} reads channel {c}: its weights are kernel[:, :, {at}, {f}] in Keras, "
        f"weight[{f}, {at}] in PyTorch."
    )


def _no_slice(f: int, c: int) -> str:
    return f"Filter {f} does not read channel {c}: the kernel has no weights for it."


def _block(name: str, block: range) -> str:
    """Neighbours by their indices; of many the first and the last.

    >>> _block("channel", range(2, 4)), _block("filter", range(6))
    ('channels 2, 3', 'filters 0 to 5')
    """
    if len(block) <= LONGEST_LIST:
        return listed(name, block)
    return f"{name}s {block[0]} to {block[-1]}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _sentence(layer: Layer) -> str:
    """How much each filter reads, and what all of them cost, beside one group."""
    if layer.groups == 1:
        return (
            f"In one group every filter reads every channel: {_counted(layer.weights, 'weight')}, "
            f"{_counted(layer.macs, 'multiply-add')} for one output cell."
        )
    ordinary = replace(layer, groups=1)
    _, own = next(layer.blocks())
    return (
        f"Each of {layer.filters} filters reads {len(own)} of {layer.channels} channels: "
        f"{_counted(layer.weights, 'weight')}, {_counted(layer.macs, 'multiply-add')} for one "
        f"output cell, 1/{ordinary.macs // layer.macs} of the {ordinary.macs:,} with groups=1."
    )


def _kind(layer: Layer) -> str:
    """The layer's own name, where it has one."""
    if multiplier := layer.depth_multiplier:
        return (
            " As many groups as channels: depthwise. Filters = channels · depth_multiplier: "
            f"{layer.filters} = {layer.channels} · {multiplier}."
        )
    if layer.groups == layer.kernel_size == 1:
        return " A 1 × 1 kernel, one group: pointwise. It mixes channels and sees one cell of each."
    return ""


def _code(layer: Layer) -> Table:
    """The layer in Python: no answer, since it says no more than the controls."""
    groups = f", groups={layer.groups}" if layer.groups > 1 else ""
    k, filters = layer.kernel_size, layer.filters
    rows = [
        ("Keras", f"Conv2D({filters}, {k}{groups})"),
        ("PyTorch", f"Conv2d({layer.channels}, {filters}, {k}{groups})"),
    ]
    if multiplier := layer.depth_multiplier:
        more = f", depth_multiplier={multiplier}" if multiplier > 1 else ""
        rows.insert(1, ("Keras", f"DepthwiseConv2D({k}{more})"))
    return Table("code", "The layer", "input", ("framework", "call"), tuple(rows))


def _counts(layer: Layer) -> Table:
    """The kernel's shapes, and what there is to learn and to multiply; beside one group."""
    layers = [layer, replace(layer, groups=1)] if layer.groups > 1 else [layer]
    rows = [
        (
            f"{title} ({', '.join(AXES[axis] for axis in convention(name).kernel_layout)})",
            *(each.shape(name) for each in layers),
        )
        for name, title in (("keras", "Keras"), ("torch", "PyTorch"))
    ]
    if multiplier := layer.depth_multiplier:
        shape = layer.kernel_size, layer.kernel_size, layer.channels, multiplier
        name = "Keras DepthwiseConv2D (KH, KW, Cin, depth_multiplier)"
        rows.insert(1, (name, str(shape), NOTHING))
    rows += [
        ("weights", *(f"{each.weights:,}" for each in layers)),
        ("biases, if it has any", *(f"{each.biases:,}" for each in layers)),
        ("multiply-adds for one output cell", *(f"{each.macs:,}" for each in layers)),
    ]
    head = "", *(f"groups={each.groups}" for each in layers)
    caption = "one output cell: one row and column, all filters; each weight is used once there"
    return Table(
        "counts",
        "The kernel, and its cost",
        "kernel",
        head,
        tuple(rows),
        caption=caption,
        is_answer=True,
    )


PRESETS = (
    Preset(
        "Depthwise: a diagonal",
        "Each filter reads one channel, so channels are never mixed; and of the weights 1/6 is "
        "left.",
        {"channels": 6, "filters": 6, "groups": 6},
    ),
    Preset(
        "Two filters for each channel",
        "Filters 0 and 1 both read channel 0: Keras calls that depth_multiplier=2.",
        {"filters": 8, "groups": 4},
    ),
    Preset(
        "Pointwise: channels alone",
        "A 1 × 1 kernel looks at one cell, in all channels: what a depthwise layer leaves out.",
        {"groups": 1, "kernel_size": 1},
    ),
    Preset(
        "Twice the filters, the same weights",
        "12 filters in 2 groups have 324 weights; now set 6 filters in 1 group: 324 again.",
        {"channels": 6, "filters": 12},
    ),
)

MODEL = Model("groups", TITLE, CONTROLS, scene, PRESETS)
