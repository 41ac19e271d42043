"""The padding explorer's model: one axis close up, its padding, and who reads which cell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from stridelab import ops
from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Choice, Whole
from stridelab.explorers.scene import Focus, Grid, Model, Pads, Preset, Question, Scene, Window
from stridelab.explorers.words import listed
from stridelab.geometry import Axis, border_cell, check_border, conv_geometry
from stridelab.theme import full_text

TITLE = "Padding, one axis close up"

Values = np.ndarray[Any, Any]

#: How each mode fills the padding, for a caption.
FILLINGS = {
    "zeros": "zeros",
    "reflect": "the input mirrored at its edge cell, which is not repeated",
    "replicate": "the edge cell repeated",
    "circular": "the input from its other end",
}

CONTROLS = (
    Whole("size", "Input size", default=7, low=1, high=16),
    Whole("kernel_size", "Kernel size", default=3, low=1, high=7),
    Whole("strides", "Stride", default=2, low=1, high=5),
    Whole("dilation_rate", "Dilation", default=1, low=1, high=3),
    Choice(
        "padding",
        "Padding",
        "same",
        {"valid": "valid", "same": "same", "same_lower": "same_lower", "full": "full"},
    ),
    Choice("padding_mode", "What padding shows", "zeros", {mode: mode for mode in FILLINGS}),
)


def scene(
    size: int,
    kernel_size: int,
    strides: int,
    dilation_rate: int,
    padding: str,
    padding_mode: str,
    position: tuple[int, int] = (0, 0),
) -> Scene:
    """The scene for these values: input, output, and the counts of both, or the library's error.

    The input is 1, 2, 3, …, and all weights are 1, so that an output is the sum of its window.

    Parameters
    ----------
    size, kernel_size, strides, dilation_rate : int
        In cells, for the one axis.
    padding, padding_mode : str
        Names from the controls' options.
    position : (int, int)
        The output cell to start from: its row is always 0; the last one where it lies beyond.

    >>> shown = scene(7, 3, 2, 1, "same", "reflect")
    >>> shown["input"].pads, shown["output"].values.astype(int).tolist()
    (((0, 0), (1, 1)), [[5, 9, 15, 19]])
    """
    x = np.arange(1.0, size + 1)[np.newaxis]
    try:
        axis = conv_geometry(
            (1, size), (1, kernel_size), (1, strides), padding, (1, dilation_rate)
        ).cols
    except StrideLabError as error:
        grids = (Grid("input", "Input", "input", x),)
        return Scene(TITLE, "No window fits, so there is no output.", (grids,), error=str(error))
    pads = ((0, 0), (axis.pad_before, axis.pad_after))
    try:
        check_border(axis, padding_mode, "columns")
    except StrideLabError as error:
        grids = (Grid("input", "Input", "input", x, pads=pads, caption="hatched: padding"),)
        said = f"{_pads_sentence(axis)} There is too little input to fill it by {padding_mode!r}."
        return Scene(TITLE, said, (grids,), error=str(error))
    y = ops.conv2d(
        x[..., np.newaxis],
        np.ones((1, kernel_size, 1, 1)),
        strides=(1, strides),
        padding=pads,
        dilation_rate=(1, dilation_rate),
        padding_mode=padding_mode,
        method="windows",
    )[..., 0]
    return _scene(axis, padding_mode, x, y, (0, min(position[1], axis.output_size - 1)))


def _scene(axis: Axis, mode: str, x: Values, y: Values, position: tuple[int, int]) -> Scene:
    """The scene where there is an output."""
    taps = tuple(axis.taps(output) for output in range(axis.output_size))
    outside = [_outside(axis, ours) for ours in taps]
    copied = {border_cell(tap, axis.size, mode) for ours in outside for tap in ours}
    unread = tuple(cell for cell in axis.unread if cell not in copied)
    touching = tuple(output for output, ours in enumerate(outside) if ours)
    focus = Focus(
        grid="output",
        position=position,
        windows=(
            Window("input", ((0,),), taps),
            Window("outside", ((0,),), tuple((output,) for output in range(axis.output_size))),
            Window("used", ((0,),), taps),
        ),
        fills=(),
        notes=_notes(axis, mode, taps, x, y),
    )
    return Scene(
        title=TITLE,
        sentence=_sentence(axis, touching, unread),
        columns=(_panels(axis, mode, x, y, outside, unread),),
        focus=focus,
        derivation=axis.derive(),
        question=Question(
            f"{_windows_text(axis)} over {_cells(axis.size)}, padding {axis.rule!r}: how many "
            "outputs touch padding?",
            str(len(touching)),
        ),
    )


def _panels(
    axis: Axis,
    mode: str,
    x: Values,
    y: Values,
    outside: list[list[int]],
    unread: tuple[int, ...],
) -> tuple[Grid, ...]:
    """The four strips: what is read, what comes of it, and how much of either is padding."""
    pads: Pads = ((0, 0), (axis.pad_before, axis.pad_after))
    places = range(-axis.pad_before, axis.size + axis.pad_after)
    sources = [border_cell(place, axis.size, mode) for place in places]
    showing = np.array([[0.0 if source is None else x[0, source] for source in sources]])
    # the padding's own counts stand in the padding, so that they are not taken for the input's
    uses = np.zeros((1, len(places)))
    uses[0, axis.pad_before : axis.pad_before + axis.size] = axis.coverage()
    for ours in outside:
        uses[0, np.array(ours, int) + axis.pad_before] += 1
    hatched = f"hatched: padding, {FILLINGS[mode]}" if any(pads[1]) else "no padding"
    marks = np.isin(np.arange(axis.size), unread)[np.newaxis]
    return (
        Grid(
            "input",
            "Input",
            "input",
            x,
            pads=pads,
            caption=hatched,
            pad_values=None if mode == "zeros" else showing,
        ),
        Grid("output", "Output", "output", y, caption="sums of windows", is_answer=True),
        Grid(
            "outside",
            "Taps in padding",
            "padding",
            np.array([[len(ours) for ours in outside]]),
            caption=f"of the {axis.kernel} of each output",
            is_answer=True,
        ),
        Grid(
            "used",
            "Times used",
            "window",
            uses[:, axis.pad_before : axis.pad_before + axis.size],
            pads=pads,
            caption="windows that read each cell, padding included",
            pad_values=uses,
            marks=marks if unread else None,
            is_answer=True,
        ),
    )


def _outside(axis: Axis, taps: tuple[int, ...]) -> list[int]:
    """Those of the taps that lie in padding."""
    return [tap for tap in taps if not 0 <= tap < axis.size]


def _cells(count: int) -> str:
    return f"{count} cell{'' if count == 1 else 's'}"


def _windows_text(axis: Axis) -> str:
    """The windows, for a sentence."""
    spread = f" spread over {axis.span}" if axis.span > axis.kernel else ""
    return f"Windows of {_cells(axis.kernel)}{spread} in steps of {axis.stride}"


def _pads_sentence(axis: Axis) -> str:
    if axis.pad_before == axis.pad_after == 0:
        return f"{axis.rule!r} pads nothing{'' if axis.rule == 'valid' else ' here'}."
    return f"{axis.rule!r} pads {axis.pad_before} before and {axis.pad_after} after."


def _sentence(axis: Axis, touching: tuple[int, ...], unread: tuple[int, ...]) -> str:
    """The pads, the outputs that touch them, and the cells that nothing hears of."""
    text = _pads_sentence(axis)
    outputs = f"{axis.output_size} output{'' if axis.output_size == 1 else 's'}"
    if touching:
        touch = "touches" if len(touching) == 1 else "touch"
        text += f" {len(touching)} of {outputs} {touch} padding: {listed('output', touching)}."
    else:
        text += f" Of {outputs}, none touches padding."
    if unread:
        text += f" No window reads {listed('cell', unread)}."
    if copies := tuple(cell for cell in axis.unread if cell not in unread):
        text += f" Only padding's copy of {listed('cell', copies)} is read."
    return text


def _notes(
    axis: Axis, mode: str, taps: Iterable[tuple[int, ...]], x: Values, y: Values
) -> tuple[str, ...]:
    """For each output: which cells it reads, its sum, and what it meets in the padding."""
    notes = []
    for output, ours in enumerate(taps):
        sources = {tap: border_cell(tap, axis.size, mode) for tap in ours}
        terms = ["0" if each is None else full_text(x[0, each]) for each in sources.values()]
        text = f"Output {output} reads {listed('cell', ours)}: {' + '.join(terms)}"
        text += f" = {full_text(y[0, output])}." if len(terms) > 1 else "."
        if outside := _outside(axis, ours):
            one = len(outside) == 1
            are, show = ("is", "shows") if one else ("are", "show")
            text += f" {listed('Cell', outside)} {are} padding and {show} "
            copied = [each for tap in outside if (each := sources[tap]) is not None]
            copied = copied[:1] if len(set(copied)) == 1 else copied
            hold = "holds" if len(copied) == 1 else "hold"
            text += f"what {listed('cell', copied)} {hold}." if copied else "0."
        notes.append(text)
    return tuple(notes)


PRESETS = (
    Preset(
        "One pad, and it comes after",
        "8 cells lack one for the last window, and 'same' adds it after: windows start at cell 0.",
        {"size": 8},
    ),
    Preset(
        "Cells that nobody reads",
        "The stride is larger than the kernel: cells 2 and 5 are used 0 times.",
        {"size": 6, "kernel_size": 2, "strides": 3},
    ),
    Preset(
        "reflect does not repeat the edge",
        "Before 1, 2, 3 stands 3, 2 and not 2, 1: the mirror stands on the edge cell.",
        {"kernel_size": 5, "strides": 1, "padding_mode": "reflect"},
    ),
    Preset(
        "The ends count less than the middle",
        "Under 'same', 3 windows read each cell in the middle, 2 the first and the last one.",
        {"strides": 1},
    ),
)

MODEL = Model("padding", TITLE, CONTROLS, scene, PRESETS)
