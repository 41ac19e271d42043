"""The alias explorer: what a stride makes of fine detail, and of an image that moves by a cell."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np

from stridelab import ops
from stridelab.explorers.controls import Choice, Whole
from stridelab.explorers.scene import Model, Picture, Preset, Question, Scene
from stridelab.geometry import Axis, conv_geometry
from stridelab.theme import cell_text, size_text

TITLE = "A stride invents patterns"

Array = np.ndarray[Any, Any]

#: Rows and columns of every image.
SIZE = 256

#: Of the photograph, the first row and column that are shown: the face under the cap.
PHOTO_CORNER = (20, 130)

IMAGES = {"zone_plate": "zone plate", "stripes": "stripes", "photo": "photo"}
BLURS = {"none": "none", "box": "box", "triangle": "triangle"}

CONTROLS = (
    Choice("image", "Image", "zone_plate", IMAGES),
    Whole("strides", "Stride", default=4, low=1, high=8),
    Choice("blur", "Blur before", "none", BLURS),
    Whole("shift", "Move right by", default=1, low=0, high=8),
)

#: What the outputs can do when the input moves.
MOVES, CHANGES, STAYS = "moves by whole cells", "changes its values", "stays as it is"


def scene(
    image: str, strides: int, blur: str, shift: int, position: tuple[int, int] = (0, 0)
) -> Scene:
    """The scene for these values: an image, what a stride makes of it, and of it moved.

    Parameters
    ----------
    image, blur : str
        Names from the controls' options.
    strides : int
        In cells, for both axes.
    shift : int
        By how many cells the input moves to the right.
    position : (int, int)
        Not used: there is nothing to move over.

    >>> shown = scene("zone_plate", 4, "none", 4)
    >>> shown["output"].size, int(shown["difference"].values.max())
    ('64 × 64', 0)
    """
    x, y = picture(image), _output(image, strides, blur, 0)
    columns: tuple[tuple[Picture, ...], ...] = (
        (_input(image, x), _strided(image, strides, blur, y)),
    )
    sentence = f"{_limit(image, strides, blur)} "
    if shift == 0:
        sentence += f"The input does not move, so the output {STAYS}."
    else:
        moved = _output(image, strides, blur, shift)
        move, cols = whole_move(strides, blur, shift)
        difference = np.abs(moved[:, cols] - y[:, cols.start - move : cols.stop - move])
        columns += (
            (
                _shifted(shift, moved),
                _difference(difference, move, cols, y.shape[1]),
            ),
        )
        sentence += _moved(strides, shift, move, float(difference.mean()))
    return Scene(TITLE, sentence, columns, question=_question(strides, shift), stacked=True)


@lru_cache(maxsize=32)
def picture(name: str, shift: int = 0) -> Array:
    """An image of 256 × 256 cells as float32 from 0 to 1, moved to the right by some cells.

    What comes in at the left belongs to the image too, so a moved image is exact up to its edge.
    Rings and stripes are ``(1 + cos φ)/2``. The zone plate's phase ``φ = π·r²/256``, at r cells
    from the middle, gives ``φ′/2π = r/256`` cycles per cell: 1/2, the most that cells can carry,
    at the edge. The stripes' ``φ = π·c²/512`` gives c/512 in column c: 1/2 at the right edge.

    Parameters
    ----------
    name : str
        A key of `IMAGES`.
    shift : int
        In cells.

    >>> plate = picture("zone_plate")
    >>> plate[128, 128], bool((picture("zone_plate", 5)[:, 5:] == plate[:, :-5]).all())
    (np.float32(1.0), True)
    """
    row, col = np.ogrid[:SIZE, -shift : SIZE - shift]
    if name == "photo":
        top, left = PHOTO_CORNER
        shown: Array = _photo()[top + row, left + col]
    else:
        middle = SIZE // 2
        # Whole numbers up to here, so that a moved image has the very same values
        squares = (
            2 * ((row - middle) ** 2 + (col - middle) ** 2) if name == "zone_plate" else col**2
        )
        phase = np.pi / (2 * SIZE) * (squares + 0 * row)
        shown = ((1 + np.cos(phase)) / 2).astype(np.float32)
    shown.setflags(write=False)
    return shown


@cache
def _photo() -> Array:
    from stridelab.photos import photograph

    grey: Array = photograph(grey=True)[..., 0]
    return grey


def taps(blur: str, strides: int) -> list[int]:
    """The blur's weights along one axis, before they are divided by their sum.

    A box as wide as the stride, or that box blurred by itself: both erase what has 1/s cycles per
    cell or a multiple, which is what would come out as a false even ground.

    >>> taps("none", 4), taps("box", 4), taps("triangle", 4)
    ([1], [1, 1, 1, 1], [1, 2, 3, 4, 3, 2, 1])
    """
    if blur == "none":
        return [1]
    box = [1] * strides
    return box if blur == "box" else np.convolve(box, box).tolist()


@lru_cache(maxsize=64)
def _output(image: str, strides: int, blur: str, shift: int) -> Array:
    """One convolution: the blur is its kernel, and only every s-th window is computed."""
    line = np.array(taps(blur, strides), dtype=np.float32)
    kernel = np.outer(line, line) / line.sum() ** 2
    y: Array = ops.conv2d(
        picture(image, shift)[..., None],
        kernel[..., None, None],
        strides=strides,
        padding="same",
        padding_mode="reflect",  # zeros would draw a dark frame
        method="windows",
    )[..., 0]
    y.setflags(write=False)
    return y


def _axis(strides: int, blur: str) -> Axis:
    return conv_geometry(SIZE, len(taps(blur, strides)), strides, "same").cols


def whole_move(strides: int, blur: str, shift: int) -> tuple[int, slice]:
    """By how many whole cells the output moves, rounded, and the columns where that can be seen.

    Those are the columns whose windows read no padding, neither there nor before they moved.

    >>> whole_move(4, "none", 4), whole_move(4, "triangle", 1)
    ((1, slice(1, 64, None)), (0, slice(1, 63, None)))
    """
    move = (2 * shift + strides - 1) // (2 * strides)  # the nearest; of two, the lower
    axis = _axis(strides, blur)
    ends = [(axis.taps(output)[0], axis.taps(output)[-1]) for output in range(axis.output_size)]
    inner = [at for at, (first, last) in enumerate(ends) if first >= 0 and last < axis.size]
    return move, slice(inner[0] + move, inner[-1] + 1)


def false_part(image: str, strides: int, blur: str) -> float:
    """How far the output is from even grey, on average, where the input is finer than it can show.

    That is where a window's middle has over ``1/(2s)`` cycles per cell in its row or its column:
    at more than 128/s rows or columns from the middle of the zone plate, behind column 256/s of the
    stripes. An even grey is the mean of black and white, all that is left of finer detail.

    >>> [round(false_part("zone_plate", 4, blur), 2) for blur in BLURS]
    [0.32, 0.03, 0.01]
    """
    axis = _axis(strides, blur)
    index = np.arange(axis.output_size)
    middles = index * axis.stride + axis.phase + (axis.span - 1) / 2
    if image == "zone_plate":
        beyond = np.abs(middles - SIZE // 2) > SIZE / (2 * strides)
        mask = beyond[:, None] | beyond[None, :]
    else:
        mask = np.broadcast_to(middles > SIZE / strides, 2 * index.shape)
    return float(np.abs(_output(image, strides, blur, 0)[mask] - 0.5).mean())


def _grey(values: Array) -> Array:
    grey: Array = np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8)
    return grey


def _input(image: str, x: Array) -> Picture:
    alt = {
        "zone_plate": f"Rings around cell ({SIZE // 2}, {SIZE // 2}), finer and finer outwards: "
        f"r/{SIZE} cycles per cell at r cells from the middle, 1/2 at the edges.",
        "stripes": f"Upright stripes, finer and finer to the right: c/{2 * SIZE} cycles per cell "
        "in column c, 1/2 at the right edge.",
        "photo": "A woman's face with glasses, under a naval officer's cap with a finely "
        "embroidered badge: Grace Hopper.",
    }[image]
    return Picture("input", "Input", "input", _grey(x), alt, caption=IMAGES[image])


def _strided(image: str, strides: int, blur: str, y: Array) -> Picture:
    line = taps(blur, strides)
    if len(line) > 1:
        caption = f"{blur} blur {' '.join(map(str, line))}, in steps of {strides}"
    else:
        caption = f"one cell in {strides}, down and across" if strides > 1 else "every cell"
    if strides == 1:
        alt = "The same as the input."
    elif image == "photo":
        alt = f"The same face in {size_text(*y.shape)} cells, drawn as large as the input."
    else:
        # Where the input has 1/s cycles per cell or a multiple: every output meets one phase
        what, centres, apart = (
            ("rings", "cells", SIZE / strides)
            if image == "zone_plate"
            else ("stripes", "columns", 2 * SIZE / strides)
        )
        alt = (
            f"{size_text(*y.shape)} cells, drawn as large as the input. False {what}, "
            f"{_percent(false_part(image, strides, blur))} of the range from even grey, lie around "
            f"{centres} that are {cell_text(apart)} apart in the input."
        )
    return Picture("output", "Output", "output", _grey(y), alt, caption=caption)


def _shifted(shift: int, y: Array) -> Picture:
    alt = f"What the same stride makes of the input moved right by {_cells(shift)}."
    caption = f"input moved right by {_cells(shift)}"
    return Picture(
        "shifted",
        "Moved input's output",
        "output",
        _grey(y),
        alt,
        caption=caption,
        is_answer=True,
    )


def _difference(values: Array, move: int, cols: slice, outputs: int) -> Picture:
    against = f"the output moved by {_cells(move)}" if move else "the output"
    mean, most = _percent(float(values.mean())), _percent(float(values.max()))
    shown = _grey(values)
    alt = (
        f"The moved input's output less {against}: {mean} of the range on average, {most} at most."
        if shown.any()
        else f"All black: the moved input's output is {against}, value for value."
    )
    return Picture(
        "difference",
        f"Difference from {against}",
        "disagree",
        shown,
        alt,
        width=round(SIZE * values.shape[1] / outputs),  # its cells as large as the output's
        caption=f"black: no difference; columns {cols.start} to {cols.stop - 1}",
        is_answer=True,
    )


def _cells(count: int) -> str:
    return f"{count} cell" if count == 1 else f"{count} cells"


def _percent(part: float) -> str:
    """Whole percents, but with a digit more where that would say none.

    >>> _percent(0.314), _percent(0.004), _percent(0.0)
    ('31%', '0.4%', '0%')
    """
    return f"{cell_text(round(100 * part, 0 if part >= 0.01 else 1))}%"


def _limit(image: str, strides: int, blur: str) -> str:
    """What the stride can carry, and what becomes of what it cannot."""
    if strides == 1:
        return "Stride 1 keeps every cell, and with it the finest detail: 1/2 cycle per cell."
    text = (
        f"Stride {strides} can carry what repeats in more than {2 * strides} cells "
        f"(under 1/{2 * strides} cycle per cell), nothing finer"
    )
    if image == "photo":
        return text + (
            "; what is finer in the photo comes back as coarse, false detail."
            if blur == "none"
            else f"; the {blur} blur takes out most of what is finer in the photo."
        )
    what, where = (
        ("rings", f"from {cell_text(SIZE / 2 / strides)} cells off the middle on")
        if image == "zone_plate"
        else ("stripes", f"from column {cell_text(SIZE / strides)} on")
    )
    part = _percent(false_part(image, strides, blur))
    return (
        f"{text}; the {what} are finer {where}. What the output shows there is false: it differs "
        f"from even grey by {part} of the range on average."
    )


def _moved(strides: int, shift: int, move: int, change: float) -> str:
    """What the output does when the input moves."""
    if shift % strides == 0:
        times = "1 stride" if move == 1 else f"{move} strides"
        return (
            f"The input moves by {_cells(shift)}, {times}: "
            f"the output moves by {_cells(move)}, and no value changes."
        )
    against = f"even against the output moved by {_cells(move)}, " if move else ""
    return (
        f"The input moves by {_cells(shift)}, {shift}/{strides} of a stride, and the output "
        f"cannot follow: {against}its values change by {_percent(change)} of the range on average."
    )


def _question(strides: int, shift: int) -> Question:
    answer = STAYS if shift == 0 else MOVES if shift % strides == 0 else CHANGES
    return Question(
        f"Stride {strides}; the input moves right by {_cells(shift)}. What does the output do?",
        answer,
        (MOVES, CHANGES, STAYS),
    )


PRESETS = (
    Preset(
        "Rings that are not there",
        "The input has one centre, the output several: rings too fine for the stride come back as "
        "coarse ones, around every 64th row and column.",
        {},
    ),
    Preset(
        "Blur first, and they are gone",
        "Outside the middle the output is nearly even grey: the triangle blur takes out what "
        "stride 4 cannot carry.",
        {"blur": "triangle"},
    ),
    Preset(
        "One cell further, and black is white",
        "Under stride 2 the finest stripes at the right are read as one even ground: bright before "
        "the input moves by 1 cell, dark after.",
        {"image": "stripes", "strides": 2},
    ),
    Preset(
        "A whole stride changes only the place",
        "The difference is black: the input moves by 4 cells, and the output follows by 1.",
        {"shift": 4},
    ),
)

MODEL = Model("alias", TITLE, CONTROLS, scene, PRESETS)
