"""The photo explorer's model: one convolution of a whole photograph, and how long it took."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from stridelab import ops
from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Choice, Image, Kernel, Matrix, OwnImage, Switch, Whole
from stridelab.explorers.kernels import KERNELS, weights
from stridelab.explorers.scene import Grid, Model, Picture, Preset, Question, Scene
from stridelab.explorers.words import pads_text
from stridelab.geometry import Geometry, conv_geometry, cost
from stridelab.geometry.checks import pair
from stridelab.photos import sample
from stridelab.theme import cell_text, full_text, size_text

TITLE = "A convolution of a photograph"

Size = int | tuple[int, int]
Values = np.ndarray[Any, Any]

#: Rows and columns that are convolved, at most; a larger image has to be reduced first.
MOST_SIDE = 4096

#: How the image is reduced before: cells averaged, along each axis.
SCALES = {"full": 1, "half": 2, "quarter": 4}

#: The longer side of a picture that goes to the page, in pixels.
SHOWN_SIDE = 640

#: The room for the input on the page: columns and rows of its pixels; and what no output is below.
ROOM, LEAST_WIDTH = (366, 430), 150

#: Below this many multiply-adds, a first call may compile for longer than it computes.
LITTLE_WORK = 1_000_000

KERNEL = Kernel("kernel", "Kernel", "sobel_x", KERNELS, most=9)

CONTROLS = (
    Image("image", "Image", "hopper", {"hopper": "Grace Hopper"}),
    Choice("scale", "Image size", "full", {"full": "full", "half": "half", "quarter": "quarter"}),
    Switch("grey", "Grey", default=True),
    KERNEL,
    Whole("kernel_size", "Kernel size", default=3, low=1, high=9, paired=True),
    Whole("strides", "Stride", default=2, low=1, high=8, paired=True),
    Whole("dilation_rate", "Dilation", default=1, low=1, high=4, paired=True),
    Choice(
        "padding",
        "Padding",
        "same",
        {"valid": "valid", "same": "same", "same_lower": "same_lower", "full": "full"},
    ),
)


def scene(
    image: str | OwnImage,
    scale: str,
    grey: bool,
    kernel: str | Matrix,
    kernel_size: Size,
    strides: Size,
    dilation_rate: Size,
    padding: str,
    position: tuple[int, int] = (0, 0),
) -> Scene:
    """The scene for these values: the image, the kernel, what comes out, and the time it took.

    Parameters
    ----------
    image : str or OwnImage
        ``hopper``, or a learner's own.
    scale : str
        ``full``, or reduced before to ``half`` or ``quarter`` of its rows and columns.
    grey : bool
        Whether the image has one channel; else red, green and blue, each convolved by itself.
    kernel : str or matrix
        A name of the menu, or weights: cut, or filled up with zeros, to `kernel_size`.
    kernel_size, strides, dilation_rate : int or (int, int)
        In cells: both axes, or rows and columns.
    padding : str
        A name from the control's options.
    position : (int, int)
        Has no effect here.

    >>> shown = scene("hopper", "full", True, "sobel_x", 3, 2, 1, "same")
    >>> shown["input"].size, shown["output"].size
    ('600 × 512', '300 × 256')
    """
    kernel_values = weights(kernel, *pair("kernel_size", kernel_size))
    what = KERNELS[kernel] if isinstance(kernel, str) else "typed"
    if not grey:
        what += "; the same for red, green and blue"
    kernel_grid = Grid("kernel", "Kernel", "kernel", kernel_values, caption=what)
    shown = _input(image, scale, grey)
    try:
        _judge_size(shown.of, scale)
        geometry = conv_geometry(shown.of, kernel_size, strides, padding, dilation_rate)
        result = _convolved(
            image, scale, grey, kernel, kernel_size, strides, dilation_rate, padding
        )
    except StrideLabError as error:
        columns = ((shown, kernel_grid),)
        return Scene(TITLE, "There is no output.", columns, error=str(error))
    return Scene(
        title=TITLE,
        sentence=_sentence(geometry, result),
        columns=((shown, kernel_grid), (result.picture,)),
        derivation=geometry.derive(),
        question=Question(
            "How large is the output (rows × columns)?", size_text(*geometry.output_shape)
        ),
    )


@dataclass(frozen=True, eq=False)
class Photograph(Picture):
    """A picture that may be drawn with fewer pixels than what it shows has cells.

    Parameters
    ----------
    of : (int, int)
        The cells: rows, columns.
    """

    of: tuple[int, int] = (0, 0)

    @property
    def size(self) -> str:
        """Rows × columns of what it shows."""
        return size_text(*self.of)


@dataclass(frozen=True, eq=False)
class Result:
    """What a convolution gave, for the page, and what it took."""

    picture: Photograph
    macs: int
    seconds: float


# --- the image ------------------------------------------------------------------------------------


def _colour(image: str | OwnImage) -> Values:
    return image.values if isinstance(image, OwnImage) else sample()


def _judge_size(size: tuple[int, int], scale: str) -> None:
    """Refuses an image with too many rows or columns, and says which scale to take."""
    if max(size) <= MOST_SIDE:
        return
    full = max(size) * SCALES[scale]
    fitting = [name for name, factor in SCALES.items() if math.ceil(full / factor) <= MOST_SIDE]
    remedy = (
        f"Take scale={fitting[0]!r}."
        if fitting
        else "Reduce it first, for example with Pillow: picture.reduce(8)."
    )
    raise StrideLabError(
        "image",
        f"have at most {MOST_SIDE} rows and columns",
        size_text(*size),
        f"scale={scale!r}",
        remedy,
    )


@lru_cache(maxsize=2)
def _cells(image: str | OwnImage, scale: str, grey: bool) -> Values:
    """The image at that scale, whole numbers from 0 to 255: rows × columns × 1 or 3, uint8."""
    from PIL import Image as Pillow

    picture = Pillow.fromarray(_colour(image))
    picture = picture.convert("L") if grey else picture  # the luma of stridelab.photos, rounded
    reduced = np.asarray(picture.reduce(SCALES[scale]) if scale != "full" else picture)
    return reduced[..., None] if grey else reduced


@lru_cache(maxsize=4)
def _input(image: str | OwnImage, scale: str, grey: bool) -> Photograph:
    cells = _cells(image, scale, grey)
    name = (
        f"The image {image.label}"
        if isinstance(image, OwnImage)
        else "Grace Hopper in uniform in front of a flag"
    )
    rows, cols, _ = cells.shape
    alt = (
        f"{name}: {rows} rows and {cols} columns, brightness from {cells.min()} to {cells.max()}, "
        f"{cells.mean():.0f} on average."
    )
    label = image.label if isinstance(image, OwnImage) else "Grace Hopper"
    width = max(1, round(cols * _enlargement(rows, cols)))
    return _photograph("input", "Input", cells, alt, width, f"{label}; 0 black, 255 white")


def _enlargement(rows: int, cols: int) -> float:
    """Pixels of the page for each cell of the input."""
    return min(ROOM[0] / cols, ROOM[1] / rows)


def _photograph(
    name: str, title: str, values: Values, alt: str, width: int, caption: str
) -> Photograph:
    """A picture of uint8 cells, with fewer pixels where there are many."""
    from PIL import Image as Pillow

    rows, cols, channels = values.shape
    pixels = values[..., 0] if channels == 1 else values
    if (factor := math.ceil(max(rows, cols) / SHOWN_SIDE)) > 1:
        pixels = np.asarray(Pillow.fromarray(pixels).reduce(factor))
        caption += f"; shown at 1 : {factor}"
    return Photograph(
        name, title, name, pixels, alt, width, caption, name == "output", (rows, cols)
    )


# --- the convolution ------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _convolved(
    image: str | OwnImage,
    scale: str,
    grey: bool,
    kernel: str | Matrix,
    kernel_size: Size,
    strides: Size,
    dilation_rate: Size,
    padding: str,
) -> Result:
    """The output's picture and the time of the one call that made it.

    It is kept: the same values give the same scene, to the millisecond.
    """
    x = _cells(image, scale, grey).astype(np.float32)
    rows, cols, channels = x.shape
    taps = weights(kernel, *pair("kernel_size", kernel_size))
    shared: dict[str, Any] = {
        "strides": strides,
        "padding": padding,
        "dilation_rate": dilation_rate,
        "groups": channels,
    }
    each = np.repeat(taps[..., None, None], channels, axis=-1).astype(np.float32)
    macs = cost(x.shape, channels, taps.shape, use_bias=False, **shared).macs
    if macs < LITTLE_WORK:
        ops.conv2d(x, each, **shared)
    else:
        _prepare()
    start = time.perf_counter()
    y = ops.conv2d(x, each, **shared)
    seconds = time.perf_counter() - start
    pixels, caption = _drawn(y, float(taps.sum()))
    width, enlarged = _output_width((rows, cols), y.shape[:2])
    low, high, mean = (_level(float(value)) for value in (y.min(), y.max(), y.mean()))
    alt = (
        f"The output: {y.shape[0]} rows and {y.shape[1]} columns, "
        f"values from {low} to {high}, {mean} on average."
    )
    caption += "; drawn larger than the input's scale" if enlarged else ""
    return Result(_photograph("output", "Output", pixels, alt, width, caption), macs, seconds)


@lru_cache(maxsize=1)
def _prepare() -> None:
    """Imports what the first convolution of much work would import, so that no time is its."""
    ops.conv2d(np.ones((120, 120, 1), np.float32), np.ones((3, 3, 1, 1), np.float32))


def _drawn(y: Values, total: float) -> tuple[Values, str]:
    """The values as grey from 0 to 255, and in words what the greys mean."""
    low, high = float(y.min()), float(y.max())
    if abs(total - 1) < 1e-9:
        offset, slope, caption = 0.0, 1.0, "0 black, 255 white, cut off beyond"
    elif abs(total) < 1e-9:
        limit = max(-low, high) / 2  # a few strong edges leave the others pale
        offset, slope = 127.5, 127.5 / (limit or 1)
        caption = f"0 mid-grey, {_level(-limit)} black, {_level(limit)} white, cut off beyond"
        caption = caption if limit else "0 everywhere: mid-grey"
    elif high - low <= 1e-5 * max(-low, high):
        offset, slope, caption = 127.5, 0.0, f"{_level(high)} everywhere: mid-grey"
    else:
        slope = 255 / (high - low)
        offset, caption = -low * slope, f"{_level(low)} black, {_level(high)} white"
    grey = np.clip(y * np.float32(slope) + np.float32(offset + 0.5), 0, 255)
    return grey.astype(np.uint8), caption


def _output_width(size: tuple[int, int], outputs: tuple[int, ...]) -> tuple[int, bool]:
    """The output's width on the page, at the input's scale unless it would be tiny then."""
    rows, cols = outputs
    natural = cols * _enlargement(*size)
    width = min(max(natural, LEAST_WIDTH), ROOM[1] * cols / rows)
    return max(1, round(max(width, natural))), width > natural


# --- words ----------------------------------------------------------------------------------------


def _sentence(geometry: Geometry, result: Result) -> str:
    axes = geometry.rows, geometry.cols
    window = f"{size_text(*(axis.kernel for axis in axes))} window"
    if any(axis.span > axis.kernel for axis in axes):
        window += f" spread over {size_text(*(axis.span for axis in axes))} cells"
    steps = " and ".join(dict.fromkeys(str(axis.stride) for axis in axes))
    text = (
        f"A {window} in steps of {steps} over {size_text(*(axis.size for axis in axes))} cells "
        f"({pads_text(geometry)}) gives {size_text(*geometry.output_shape)} outputs: "
        f"{_count(result.macs)} multiply-add{'' if result.macs == 1 else 's'} in "
        f"{_duration(result.seconds)}."
    )
    if unread := [
        f"{len(axis.unread)} of the {axis.size} {name}"
        for axis, name in zip(axes, ("rows", "columns"), strict=True)
        if axis.unread
    ]:
        text += f" No window reads {' and '.join(unread)}."
    return text


def _level(value: float) -> str:
    """A brightness: whole where the first three digits are, else three digits.

    >>> _level(-1019.6), _level(0.123456)
    ('−1020', '0.123')
    """
    return full_text(round(value)) if abs(value) >= 100 else cell_text(value)


def _count(number: int) -> str:
    """Three digits that a person can say.

    >>> _count(691_200), _count(27_123_456), _count(999_999_999)
    ('691,200', '27.1 million', '1 billion')
    """
    if number < 10**6:
        return f"{number:,}"
    unit, name = (10**9, "billion") if number >= 999_500_000 else (10**6, "million")
    return f"{number / unit:.3g} {name}"


def _duration(seconds: float) -> str:
    """A time that was measured.

    >>> _duration(0.00312), _duration(0.0537), _duration(2.58)
    ('3.1 ms', '54 ms', '2.6 s')
    """
    if seconds >= 0.9995:
        return f"{seconds:.1f} s"
    return f"{seconds * 1e3:.0f} ms" if seconds >= 0.01 else f"{seconds * 1e3:.1f} ms"


PRESETS = (
    Preset(
        "Edges, in steps of 2",
        "Mid-grey is 0; white where it gets brighter to the right, black where it gets darker.",
        {},
    ),
    Preset(
        "'same' in steps of 4",
        "A quarter of the rows and columns is left: 'same' means ⌈n/s⌉ outputs, not n.",
        {"kernel": "box_blur", "strides": 4},
    ),
    Preset(
        "Dilation doubles, it does not blur",
        "Four taps 4 cells apart average four copies of the image: edges stay sharp, but come "
        "twice.",
        {"kernel": "box_blur", "kernel_size": 2, "strides": 1, "dilation_rate": 4},
    ),
    Preset(
        "A blur of 9 × 9, and a dark frame",
        "Every output is the mean of 81 cells; at the border some of them are padding, zeros.",
        {"kernel": "box_blur", "kernel_size": 9, "strides": 1},
    ),
)

MODEL = Model("photo", TITLE, CONTROLS, scene, PRESETS, fetches_ahead=False)
