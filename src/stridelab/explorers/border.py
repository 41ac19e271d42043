"""The border explorer: what zero padding does to a constant image, layer after layer."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from stridelab import ops
from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Choice, Whole
from stridelab.explorers.scene import Focus, Grid, Model, Panel, Preset, Question, Scene, Window
from stridelab.geometry import Axis, Geometry, conv_geometry, receptive_field
from stridelab.theme import cell_text, size_text

TITLE = "Zero padding reaches into the image"

Array = np.ndarray[Any, Any]

CONTROLS = (
    Whole("size", "Image size", default=9, low=4, high=14),
    Whole("layers", "Layers", default=3, low=0, high=6),
    Whole("kernel_size", "Kernel size", default=3, low=1, high=5),
    Whole("dilation_rate", "Dilation", default=1, low=1, high=2),
    Choice(
        "padding_mode",
        "Compare with",
        "reflect",
        {"reflect": "reflect", "replicate": "replicate", "circular": "circular"},
    ),
)

#: Every image holds values from 0 to 1, so that equal cells look alike in all grids.
LIMITS = (0.0, 1.0)


def scene(
    size: int,
    layers: int,
    kernel_size: int,
    dilation_rate: int,
    padding_mode: str,
    position: tuple[int, int] = (0, 0),
) -> Scene:
    """The scene for these values: ones after the layers, under zeros and under another mode.

    Parameters
    ----------
    size, kernel_size, dilation_rate : int
        In cells, for both axes.
    layers : int
        How often the mean of the window is taken, each time under ``same``.
    padding_mode : str
        What the padding shows in the image to compare with.
    position : (int, int)
        The cell to start from; the last one where it lies beyond.

    >>> shown = scene(6, 1, 3, 1, "reflect")
    >>> [round(9 * shown["output"].values[0, col]) for col in range(3)]
    [4, 6, 6]
    """
    geometry = conv_geometry(size, kernel_size, 1, "same", dilation_rate)
    images = _images(size, layers, kernel_size, dilation_rate, "zeros")
    reaches = _reaches(size, layers, kernel_size, dilation_rate)
    touched = [_touched(size, *reach) for reach in reaches]
    error, others = "", images[:1]
    try:
        others = _images(size, layers, kernel_size, dilation_rate, padding_mode)
    except StrideLabError as refused:
        error = str(refused)
    sentence = _sentence(geometry, reaches, images[-1], int((~touched[-1]).sum()))
    other = None
    if not error:
        if any(reaches[-1]):
            sentence += f" Under {padding_mode} all stay 1: its padding repeats image cells."
        title = _title(layers, f" under {padding_mode}")
        other = Grid("other", title, "output", others[-1], limits=LIMITS, marks=others[-1] != 1)
    return Scene(
        title=TITLE,
        sentence=sentence,
        columns=_panels(geometry, images, touched, other),
        focus=_focus(geometry, images[-1], touched, position) if layers else None,
        derivation=geometry.derive() if layers else None,
        error=error,
        question=None if error else _question(geometry, layers, min(size, reaches[-1][0])),
        stacked=True,
    )


def _images(size: int, layers: int, kernel_size: int, dilation: int, mode: str) -> list[Array]:
    """Ones, and what each layer makes of them.

    The window's sum is divided, instead of weights of 1/(k·k) summed: so nine ones have the mean 1
    to the last digit, and a cell that is not 1 has met the border.
    """
    ones = np.ones((kernel_size, kernel_size, 1, 1))
    images = [np.ones((size, size))]
    for _ in range(layers):
        sums = ops.conv2d(
            images[-1][..., None],
            ones,
            padding="same",
            dilation_rate=dilation,
            padding_mode=mode,
            method="windows",
        )
        images.append(sums[..., 0] / ones.size)
    return images


def _reaches(size: int, layers: int, kernel_size: int, dilation: int) -> list[tuple[int, int]]:
    """For the image and after each layer: how far the padding reaches in, before and after.

    That is how far the receptive fields of the first and the last cell reach out.
    """
    if layers == 0:
        return [(0, 0)]
    layer: dict[str, object] = {
        "kernel_size": kernel_size,
        "padding": "same",
        "dilation_rate": dilation,
    }
    fields = [field.rows for field in receptive_field([layer] * layers, size)]
    return [(0, 0), *((-field.start, field.start + field.size - 1) for field in fields)]


def _touched(size: int, before: int, after: int) -> Array:
    """Which cells the padding has reached."""
    index = np.arange(size)
    line = (index < before) | (index >= size - after)
    return line[:, None] | line[None, :]


def _title(layer: int, behind: str = "") -> str:
    return f"After layer {layer}{behind}" if layer else f"The image{behind}"


def _panels(
    geometry: Geometry, images: list[Array], touched: list[Array], other: Grid | None
) -> tuple[tuple[Panel, ...], ...]:
    """The last layer's input and output; below, what they are compared with, and the kernel."""
    kernel_size, size, last = geometry.rows.kernel, geometry.rows.size, len(images) - 1
    weights = np.full((kernel_size, kernel_size), 1 / kernel_size**2)
    kernel = Grid("kernel", "Kernel", "kernel", weights, caption="the mean")
    marked = "marked: the border has reached it"
    output = Grid(
        "output",
        _title(last, " under zeros"),
        "output",
        images[-1],
        limits=LIMITS,
        caption=marked if touched[-1].any() else "no cell is touched by the border",
        marks=touched[-1],
        is_answer=True,
    )
    middle = size // 2
    strip = Grid(
        "strip",
        f"Row {middle} under zeros, by layer",
        "output",
        np.array([image[middle] for image in images]),
        limits=LIMITS,
        caption="row 0: the image; row 1: after layer 1; …",
        marks=np.array([mask[middle] for mask in touched]),
        is_answer=True,
    )
    below = (strip, kernel) if other is None else (other, strip, kernel)
    if last == 0:
        return (output,), below
    before = Grid(
        "input",
        _title(last - 1),
        "input",
        images[-2],
        pads=geometry.pads,
        limits=LIMITS,
        caption="hatched: padding, zeros" if any(map(any, geometry.pads)) else "no padding",
        is_answer=True,
    )
    return (before, output), below


def _focus(
    geometry: Geometry, image: Array, touched: list[Array], position: tuple[int, int]
) -> Focus:
    """What each cell of the last image reads in the image before, and its sentence."""
    axis = geometry.rows
    taps = tuple(axis.taps(output) for output in range(axis.size))
    row, col = (min(at, axis.size - 1) for at in position)
    return Focus(
        grid="output",
        position=(row, col),
        windows=(Window("input", taps, taps),),
        fills=(),
        notes=_notes(axis, taps, image, touched),
    )


def _notes(
    axis: Axis, taps: tuple[tuple[int, ...], ...], image: Array, touched: list[Array]
) -> tuple[str, ...]:
    """A sentence for each cell, row by row: its value, its padding, since when it is touched."""
    real = [sum(0 <= tap < axis.size for tap in each) for each in taps]
    since = np.argmax(np.array(touched), axis=0).tolist()  # the first layer; 0 where there is none
    values, count = image.tolist(), axis.kernel**2
    notes = []
    for row, col in product(range(axis.size), repeat=2):
        value = cell_text(values[row][col])
        text = f"Cell ({row}, {col}) is {value}, the mean under {_count(count, 'tap')}"
        if outside := count - real[row] * real[col]:
            text += f", {outside} of them on zeros of the padding"
        text += (
            f". The border has reached it since layer {since[row][col]}."
            if since[row][col]
            else ". The border has not reached it."
        )
        notes.append(text)
    return tuple(notes)


def _window(axis: Axis) -> str:
    text = f"{size_text(axis.kernel, axis.kernel)} cells"
    return text if axis.dilation == 1 else f"{text} spread over {size_text(axis.span, axis.span)}"


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def _sentence(
    geometry: Geometry, reaches: list[tuple[int, int]], image: Array, untouched: int
) -> str:
    axis, layers = geometry.rows, len(reaches) - 1
    before, after = reaches[-1]
    if layers == 0:
        return f"Before the first layer all {image.size} cells hold 1."
    if before == after == 0:
        return (
            f"A 1 × 1 window reads no padding: after {_count(layers, 'layer')} every cell holds 1."
        )
    reach = (
        f"so after {_count(layers, 'layer')} the border reaches "
        f"{layers}·{axis.pad_before} = {_count(before, 'cell')} deep"
    )
    text = f"Each layer takes the mean of {_window(axis)} and pads {axis.pad_before} "
    if before == after:
        text += f"on every side, {reach}."
    else:
        text += (
            f"before and {axis.pad_after} after, {reach} from the top and left, "
            f"{layers}·{axis.pad_after} = {after} from the bottom and right."
        )
    if max(before, after) > axis.size:
        text = f"{text.removesuffix('.')}, more than the {axis.size} there are."
    # More padding after than before, so where they differ the last corner has lost most
    corner = 0 if before == after else axis.size - 1
    share = untouched / image.size
    held = f"{untouched} of {image.size} cells ({share:.0%})" if untouched else "No cell"
    hold = "still holds" if untouched in (0, 1) else "still hold"
    return (
        f"{text} {held} {hold} 1; "
        f"the corner ({corner}, {corner}) is down to {cell_text(image[corner, corner])}."
    )


def _question(geometry: Geometry, layers: int, answer: int) -> Question:
    axis = geometry.rows
    size = size_text(axis.size, axis.size)
    return Question(
        f"An image of {size} ones goes through {_count(layers, 'layer')} "
        f"with zero padding, 'same'; each takes the mean of {_window(axis)}. "
        "How many rows deep does the padding above the image reach in the end?",
        str(answer),
    )


PRESETS = (
    Preset(
        "Zeros draw a frame, reflect does not",
        "The image is 1 everywhere, yet after three layers its corner is below a quarter; under "
        "reflect nothing changes.",
        {},
    ),
    Preset(
        "No cell is left untouched",
        "Five layers of 3 × 3 reach 5 cells in from either side: all 9.",
        {"layers": 5},
    ),
    Preset(
        "An even kernel leans to one side",
        "The top left corner stays 1, the bottom right one fades: a 2 × 2 window is padded below "
        "and right only.",
        {"kernel_size": 2},
    ),
    Preset(
        "Dilation doubles the depth",
        "Two layers with dilation 2 reach 4 cells deep; set the dilation to 1, and it is 2.",
        {"layers": 2, "dilation_rate": 2},
    ),
)

MODEL = Model("border", TITLE, CONTROLS, scene, PRESETS)
