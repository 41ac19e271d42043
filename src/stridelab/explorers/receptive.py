"""The receptive explorer's model: the input cells that one output of a stack hears of."""

from __future__ import annotations

from typing import Any

import numpy as np

from stridelab import ops
from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Choice, Whole
from stridelab.explorers.scene import (
    Fill,
    Focus,
    Grid,
    Model,
    Pads,
    Preset,
    Question,
    Scene,
    Table,
    Window,
)
from stridelab.explorers.words import listed
from stridelab.geometry import Axis, FieldAxis, conv_geometry, receptive_field
from stridelab.theme import full_text

TITLE = "What one output of a stack sees"

Numbers = np.ndarray[Any, Any]
Layer = dict[str, Any]

#: Cells across that a strip takes with its padding; of more padding, the nearest cells are drawn.
WIDEST = 26

CONTROLS = (
    Whole("size", "Input size", default=16, low=5, high=24),
    Whole("layers", "Layers", default=3, low=1, high=5),
    Whole("kernel_size", "Kernel size", default=3, low=1, high=5),
    Choice(
        "strides",
        "Strides",
        "twos",
        {"ones": "1 each", "twos": "2 each", "two_first": "2 first, then 1"},
    ),
    Choice("dilation_rate", "Dilation", "ones", {"ones": "1 each", "doubling": "1, 2, 4, …"}),
    Choice(
        "padding",
        "Padding",
        "same",
        {"valid": "valid", "same": "same", "same_lower": "same_lower"},
    ),
)


def stack(
    layers: int, kernel_size: int, strides: str, dilation_rate: str, padding: str
) -> list[Layer]:
    """The layers, as `stridelab.receptive_field` takes them: windows of one row.

    >>> [layer["strides"] for layer in stack(3, 3, "two_first", "ones", "same")]
    [(1, 2), (1, 1), (1, 1)]
    """
    return [
        {
            "kernel_size": (1, kernel_size),
            "strides": (1, 2 if strides == "twos" or (strides, at) == ("two_first", 0) else 1),
            "dilation_rate": (1, 2**at if dilation_rate == "doubling" else 1),
            "padding": padding,
        }
        for at in range(layers)
    ]


def scene(
    size: int,
    layers: int,
    kernel_size: int,
    strides: str,
    dilation_rate: str,
    padding: str,
    position: tuple[int, int] = (0, 0),
) -> Scene:
    """The scene for these values: a strip for each layer, or the library's error.

    Parameters
    ----------
    size, layers, kernel_size : int
        Cells of the strip, the number of layers, and the taps of each.
    strides, dilation_rate, padding : str
        Names from the controls' options.
    position : (int, int)
        Row 0, and the cell of the last layer to start from; the last one where it lies beyond.

    >>> shown = scene(16, 3, 3, "twos", "ones", "same")
    >>> shown["input"].values.astype(int).tolist()
    [[1, 1, 2, 1, 3, 2, 3, 1, 3, 2, 3, 1, 2, 1, 1, 0]]
    """
    built = stack(layers, kernel_size, strides, dilation_rate, padding)
    axes = _axes(built, size)
    stack_table = _stack_table(built, axes)
    try:
        fields = [field.cols for field in receptive_field(built, (1, size))]
    except StrideLabError as error:
        sentence = f"Layer {len(axes)} has no room for its window, so the stack has no output."
        return Scene(TITLE, sentence, ((stack_table,),), error=str(error))
    paths = _paths(built, size)
    at = min(position[1], axes[-1].output_size - 1)
    room = _room(axes)
    strips = [_strip(number, axis, paths[number], at, room) for number, axis in enumerate(axes)]
    output = _output_strip(layers - 1, paths[0], room)
    return Scene(
        title=TITLE,
        sentence=_sentence(size, fields[-1]),
        columns=(
            *((strip,) for strip in (output, *reversed(strips))),
            (stack_table, _field_table(fields)),
        ),
        focus=_focus(axes, paths, fields[-1], strips, at),
        question=Question(
            "How many cells wide is the field of one output, padding included?",
            str(fields[-1].size),
        ),
        stacked=True,
    )


def _axes(built: list[Layer], size: int) -> list[Axis]:
    """One axis a layer, up to the first whose window does not fit."""
    axes: list[Axis] = []
    for layer in built:
        try:
            axes.append(conv_geometry((1, size), **layer).cols)
        except StrideLabError:
            break
        size = axes[-1].output_size
    return axes


def _paths(built: list[Layer], size: int) -> list[Numbers]:
    """For each layer's input: how many paths lead from each of its cells to each output.

    Measured: a strip with a single 1 for each cell is pushed through the layers above it, all
    kernels ones. What arrives is the number of paths, outputs × cells.
    """
    probes, sizes = np.eye(size), []
    for layer in built:
        cells = probes.shape[1]
        sizes.append(cells)
        ones = np.ones((*layer["kernel_size"], 1, 1))
        arguments = {key: value for key, value in layer.items() if key != "kernel_size"}
        passed = ops.conv2d(probes[:, None, :, None], ones, method="windows", **arguments)
        outputs = passed.shape[2]
        probes = np.concatenate([passed[:, 0, :, 0], np.eye(outputs)])
    return [part.T for part in np.split(probes, np.cumsum(sizes))][: len(built)]


def _name(number: int) -> str:
    return "input" if number == 0 else f"layer_{number - 1}"


def _strip(number: int, axis: Axis, paths: Numbers, at: int, room: Pads) -> Grid:
    """The cells that a layer reads, with the number of paths from each to the output `at`."""
    drawn = _drawn_pads(axis)
    pads = axis.pad_before, axis.pad_after
    told = f"padding {pads[0]} before, {pads[1]} after" if any(pads) else "no padding"
    return Grid(
        _name(number),
        f"{f'After layer {number - 1}' if number else 'Input'}: paths to this output",
        "input" if number == 0 else "output",
        paths[at][None, :],
        pads=((0, 0), drawn),
        limits=(0.0, float(paths.max())),
        caption=told if drawn == pads else f"{told}; of it {drawn[0]} and {drawn[1]} are drawn",
        is_answer=True,
        room=room,
    )


def _drawn_pads(axis: Axis) -> tuple[int, int]:
    """All padding where there is room for it, else the cells next to the strip."""
    room = max((WIDEST - axis.size) // 2, 1)
    return min(axis.pad_before, room), min(axis.pad_after, room)


def _room(axes: list[Axis]) -> Pads:
    """The most padding before any strip, so that cell 0 stands over cell 0; none if too wide."""
    drawn = [_drawn_pads(axis) for axis in axes]
    most = max(before for before, _ in drawn)
    widest = max(most + axis.size + after for axis, (_, after) in zip(axes, drawn, strict=True))
    return (0, 0), (most if widest <= WIDEST else 0, 0)


def _output_strip(number: int, paths: Numbers, room: Pads) -> Grid:
    return Grid(
        "output",
        f"Output, after layer {number}: all paths to it",
        "output",
        paths.sum(axis=1)[None, :],
        caption="what kernels of ones make of an input of ones",
        is_answer=True,
        room=room,
    )


def _stack_table(built: list[Layer], axes: list[Axis]) -> Table:
    """Each layer's arguments, pads and sizes; the first that does not fit is marked."""
    rows, left = [], str(axes[0].size)
    for number, layer in enumerate(built[: len(axes) + 1]):
        if number < len(axes):
            axis = axes[number]
            pads, cells = f"{axis.pad_before} and {axis.pad_after}", str(axis.output_size)
        else:
            pads, cells = "0 and 0", "none"
        numbers = (str(layer[key][1]) for key in ("kernel_size", "strides", "dilation_rate"))
        rows.append((f"layer {number}", *numbers, pads, f"{left} → {cells}"))
        left = cells
    return Table(
        "stack",
        "The stack",
        "kernel",
        ("", "kernel", "stride", "dilation", "pads", "cells"),
        tuple(rows),
        marked=(len(axes),) if len(axes) < len(built) else (),
    )


def _field_table(fields: list[FieldAxis]) -> Table:
    """How the field grows from layer to layer."""
    return Table(
        "field",
        "Output 0's field, in input cells",
        "input",
        ("after", "size r", "jump S", "start", "centre"),
        tuple(
            (
                f"layer {number}",
                *map(full_text, (field.size, field.jump, field.start, field.centre)),
            )
            for number, field in enumerate(fields)
        ),
        caption="a layer adds (e − 1)·S, with the S before it: its stride widens later layers only",
        is_answer=True,
    )


def _cone(axes: list[Axis]) -> list[tuple[tuple[int, ...], ...]]:
    """For each layer's input: the cells that each output is computed from, padding included.

    A padded cell is not computed from anything, so the cone goes on from the others only.
    """
    cones = []
    seen = [{output} for output in range(axes[-1].output_size)]
    for axis in reversed(axes):
        reads = [axis.taps(cell) for cell in range(axis.output_size)]
        taps = [sorted({tap for cell in cells for tap in reads[cell]}) for cells in seen]
        cones.append(tuple(map(tuple, taps)))
        seen = [{tap for tap in cells if 0 <= tap < axis.size} for cells in taps]
    return cones[::-1]


def _focus(
    axes: list[Axis],
    paths: list[Numbers],
    field: FieldAxis,
    strips: list[Grid],
    at: int,
) -> Focus:
    cones = _cone(axes)
    windows = []
    for strip, axis, cone in zip(strips, axes, cones, strict=True):
        before, after = strip.pads[1]
        # None, where all that an output reads is padding further off than what is drawn
        drawn: list[Any] = [
            tuple(cell for cell in cells if -before <= cell < axis.size + after) or None
            for cells in cone
        ]
        windows.append(Window(strip.name, ((0,),), tuple(drawn)))
    return Focus(
        grid="output",
        position=(0, at),
        windows=tuple(windows),
        fills=tuple(
            Fill(strip.name, part[None, :, None, :], (strip.caption,) * part.shape[0])
            for strip, part in zip(strips, paths, strict=True)
        ),
        notes=tuple(_note(output, field, row) for output, row in enumerate(paths[0])),
    )


def _sentence(size: int, field: FieldAxis) -> str:
    """How wide and how far apart the fields are, and whether all of them lie off the middle."""
    count = field.output_size or 0
    following = "the next output's lies" if count > 1 else "a next output's would lie"
    text = (
        f"One output's field is {field.size} cell{'' if field.size == 1 else 's'} wide (r), and "
        f"{following} {field.jump} further on (S). "
        f"Output 0 is centred on cell {full_text(field.centre)}. "
    )
    fields = "The only field is" if count == 1 else f"The {count} fields together are"
    middle = field.centre + (count - 1) * field.jump / 2
    drift = middle - (size - 1) / 2
    text += f"{fields} centred on {full_text(middle)}, "
    if not drift:
        return f"{text}as the input is: no drift."
    return (
        f"{text}the input on {full_text((size - 1) / 2)}: a drift of {full_text(abs(drift))} "
        f"towards the {'end' if drift > 0 else 'start'}."
    )


def _note(output: int, field: FieldAxis, weights: Numbers) -> str:
    """Where an output's field lies, how much of it is input, and where half of its weight is."""
    first = field.start + output * field.jump
    centre = field.centre + output * field.jump
    reach = f"cell {full_text(first)}"
    if field.size > 1:
        reach = f"cells {full_text(first)} to {full_text(first + field.size - 1)}"
    text = f"Output {output}'s field is {reach}, centred on {full_text(centre)}"
    fed = np.flatnonzero(weights)
    if not fed.size:
        return f"{text}; no input cell feeds it, all that it reads is padding."
    if fed.size == 1:
        return f"{text}; 1 input cell feeds it."
    start = listed("cell", half(weights))
    return (
        f"{text}; {fed.size} input cells feed it. Half of its {weights.sum():.0f} paths or more "
        f"start at {start}."
    )


def half(weights: Numbers) -> tuple[int, ...]:
    """The fewest cells that hold half of the weight or more; of equal ones, those in the middle.

    >>> half(np.array([1, 2, 3, 2, 1])), half(np.array([1, 1, 1]))
    ((1, 2), (0, 1))
    """
    cells = np.arange(weights.size)
    middle = weights @ cells / weights.sum()
    order = np.lexsort((cells, abs(cells - middle), -weights))
    held = np.cumsum(weights[order])
    count = int(np.searchsorted(held, held[-1] / 2)) + 1
    return tuple(sorted(order[:count].tolist()))


PRESETS = (
    Preset(
        "Strides multiply",
        "Four layers 3 wide see 31 cells, more than there are; with stride 1 each they see 9.",
        {"size": 24, "layers": 4},
    ),
    Preset(
        "Dilation doubles instead",
        "Three layers 3 wide see 15 cells without any stride, and all sizes stay.",
        {"strides": "ones", "dilation_rate": "doubling"},
    ),
    Preset(
        "One cell more, no drift",
        "With 17 cells output 0 is centred on cell 0; set the size to 16, and it is on cell 7.",
        {"size": 17},
    ),
    Preset(
        "The middle weighs most",
        "Move to output 8: its field is 11 cells wide, and yet 3 of them hold half of the paths.",
        {"layers": 5, "strides": "ones"},
    ),
)

MODEL = Model("receptive", TITLE, CONTROLS, scene, PRESETS)
