"""The window explorer's model: control values in, a scene out. No widget is needed for it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from stridelab import ops
from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Choice, Image, Kernel, Matrix, OwnImage, Whole
from stridelab.explorers.kernels import KERNELS, turned, weights
from stridelab.explorers.scene import (
    Fill,
    Focus,
    Grid,
    Model,
    Preset,
    Question,
    Scene,
    Window,
)
from stridelab.explorers.words import listed, pads_text
from stridelab.geometry import Axis, Geometry, conv_geometry, cost
from stridelab.geometry.checks import pair
from stridelab.theme import cell_text, full_text, size_text

TITLE = "A window slides over the input"

Size = int | tuple[int, int]
Values = np.ndarray[Any, Any]

#: A note spells out its sum up to this many taps; beyond, the grid of products shows it.
LONGEST_SUM = 9

KERNEL = Kernel("kernel", "Kernel", "sobel_x", KERNELS)

CONTROLS = (
    Whole("size", "Input size", default=8, low=1, high=12, paired=True),
    Whole("kernel_size", "Kernel size", default=3, low=1, high=5, paired=True),
    Whole("strides", "Stride", default=1, low=1, high=4, paired=True),
    Whole("dilation_rate", "Dilation", default=1, low=1, high=3, paired=True),
    Choice(
        "padding",
        "Padding",
        "same",
        {"valid": "valid", "same": "same", "same_lower": "same_lower", "full": "full"},
    ),
    KERNEL,
    Whole("channels", "Input channels", default=1, low=1, high=3),
    Whole("filters", "Filters", default=1, low=1, high=3),
    Image("image", "Input", "disc", {"disc": "a disc", "dot": "one dot", "stripes": "stripes"}),
)

# --- the input ------------------------------------------------------------------------------------

#: Where each channel's disc has its middle, and its radius: shares of the input's size.
_DISCS = ((0.56, 0.53, 0.36), (0.3, 0.36, 0.3), (0.62, 0.2, 0.24))


def picture(rows: int, cols: int, channel: int = 0) -> Values:
    """The input: a bright disc, right and below of the middle, on a ground of 1; whole numbers.

    The ground is not 0, so that zero padding shows as an edge. Other channels have their discs
    elsewhere.

    >>> picture(4, 5).astype(int).tolist()
    [[1, 1, 1, 2, 1], [1, 3, 5, 6, 3], [1, 4, 8, 9, 5], [1, 3, 7, 7, 5]]
    """
    down, across, share = _DISCS[channel]
    row, col = np.mgrid[:rows, :cols]
    distance = np.hypot(row - down * rows, col - across * cols)
    return np.clip(np.rint(5 + 4 * (share * min(rows, cols) - distance)), 1, 9)


def dot(rows: int, cols: int, channel: int = 0) -> Values:
    """A single 1 among zeros, in the middle; further right in other channels.

    >>> dot(2, 3).astype(int).tolist()
    [[0, 0, 0], [0, 1, 0]]
    """
    values = np.zeros((rows, cols))
    values[rows // 2, (cols // 2 + channel) % cols] = 1
    return values


def stripes(rows: int, cols: int, channel: int = 0) -> Values:
    """Stripes of 1 and 9: upright, lying, slanting.

    >>> stripes(2, 3).astype(int).tolist(), stripes(2, 3, 1).astype(int).tolist()
    ([[1, 9, 1], [1, 9, 1]], [[1, 1, 1], [9, 9, 9]])
    """
    row, col = np.mgrid[:rows, :cols]
    return 1.0 + 8 * ((col, row, row + col)[channel] % 2)


_DRAWN = {"disc": picture, "dot": dot, "stripes": stripes}


def _inputs(image: str | OwnImage, rows: int, cols: int, channels: int) -> Values:
    """Rows × columns × channels."""
    if isinstance(image, OwnImage):
        return _own(image, rows, cols, channels)
    return np.stack([_DRAWN[image](rows, cols, at) for at in range(channels)], axis=-1)


@lru_cache(maxsize=8)
def _own(image: OwnImage, rows: int, cols: int, channels: int) -> Values:
    """A learner's image at this size, 0 to 255 scaled to 0 to 9: grey, or red, green and blue."""
    from PIL import Image as Pillow

    opened = Pillow.fromarray(image.values)
    opened = opened.convert("L") if channels == 1 else opened
    small = np.asarray(opened.resize((cols, rows), Pillow.Resampling.BOX), dtype=np.float64)
    return np.rint(small.reshape(rows, cols, -1)[..., :channels] * (9 / 255))


# --- the scene ------------------------------------------------------------------------------------


def scene(
    size: Size,
    kernel_size: Size,
    strides: Size,
    dilation_rate: Size,
    padding: str,
    kernel: str | Matrix,
    channels: int = 1,
    filters: int = 1,
    image: str | OwnImage = "disc",
    position: tuple[int, int] = (0, 0),
) -> Scene:
    """The scene for these values: inputs, kernels, products and outputs, or the library's error.

    Parameters
    ----------
    size, kernel_size, strides, dilation_rate : int or (int, int)
        In cells: both axes, or rows and columns.
    padding : str
        A name from the control's options.
    kernel : str or matrix
        A name of the menu, or weights: cut, or filled up with zeros, to `kernel_size`. All channels
        share it; filter 1 has it turned by a quarter, filter 2 by two.
    channels, filters : int
        Of the input, of the output. Products are shown for filter 0.
    image : str or OwnImage
        A name of the menu, or a learner's own, reduced to `size`.
    position : (int, int)
        The output cell to start from; the last one where it lies beyond.

    >>> shown = scene(8, 3, 2, 1, "same", "sobel_x", position=(1, 1))
    >>> shown["output"].values.shape
    (4, 4)
    """
    x = _inputs(image, *pair("size", size), channels)
    first = weights(kernel, *pair("kernel_size", kernel_size))
    slices = [turned(first, number) for number in range(filters)]
    kernels = _kernels(kernel, slices, channels)
    arguments: dict[str, Any] = {
        "strides": strides,
        "padding": padding,
        "dilation_rate": dilation_rate,
    }
    try:
        geometry = conv_geometry(x.shape[:2], kernel_size, strides, padding, dilation_rate)
    except StrideLabError as error:
        columns = (_grids("input", "Input", x, "channel"), kernels)
        return Scene(TITLE, "No window fits, so there is no output.", columns, error=str(error))
    each = np.repeat(np.stack(slices, axis=-1)[:, :, None], channels, axis=2)
    y = ops.conv2d(x, each, **arguments, method="windows")
    last = y.shape[:2]
    start = (min(position[0], last[0] - 1), min(position[1], last[1] - 1))
    focus, products = _focus(geometry, x, first, y[..., 0], start)
    params = cost(x.shape, filters, first.shape, **arguments, use_bias=False).params
    inputs = _grids("input", "Input", x, "channel", pads=geometry.pads)
    asked, sizes = (
        ("rows × columns", last) if filters == 1 else ("rows × columns × filters", y.shape)
    )
    return Scene(
        title=TITLE,
        sentence=_sentence(geometry) + _counts(first.shape, channels, filters, params),
        columns=(
            _captioned(inputs, isinstance(image, OwnImage)),
            (kernels[0], *products, *kernels[1:]),
            _grids("output", "Output", y, "filter", is_answer=True),
        ),
        focus=focus,
        derivation=geometry.derive(),
        question=Question(f"How large is the output ({asked})?", " × ".join(map(str, sizes))),
    )


def _grids(role: str, title: str, values: Values, what: str, **more: Any) -> tuple[Grid, ...]:
    """A grid for each channel or filter; the first has the role for its name."""
    names, titles = _named(role, title, values.shape[-1], what)
    return tuple(
        Grid(name, called, role, values[..., at], **more)
        for at, (name, called) in enumerate(zip(names, titles, strict=True))
    )


def _captioned(inputs: tuple[Grid, ...], is_own: bool) -> tuple[Grid, ...]:
    """The inputs with what is hatched; channels of a learner's image also with their colours."""
    hatched = "hatched: padding, zeros" if any(map(any, inputs[0].pads)) else "no padding"
    colours = ("red; ", "green; ", "blue; ") if is_own and len(inputs) > 1 else ("",) * 3
    return tuple(
        replace(grid, caption=colour + hatched)
        for grid, colour in zip(inputs, colours, strict=False)
    )


def _named(name: str, title: str, count: int, what: str) -> tuple[list[str], list[str]]:
    """``input``, ``input_1``, …; and ``Input``, or ``Input, channel 0`` where there are several."""
    names = [name, *(f"{name}_{at}" for at in range(1, count))]
    titles = [title] if count == 1 else [f"{title}, {what} {at}" for at in range(count)]
    return names, titles


def _kernels(kernel: str | Matrix, slices: list[Values], channels: int) -> tuple[Grid, ...]:
    """Each filter's kernel: one slice, which all channels share."""
    rows, cols = slices[0].shape
    ways = ("", "turned by 90°", "turned by 180°")
    if rows != cols:
        ways = ("", "flipped left-right", "flipped upside down")
    label = KERNELS[kernel] if isinstance(kernel, str) else "typed"
    shared = ", the same for every channel" if channels > 1 else ""
    names, titles = _named("kernel", "Kernel", len(slices), "filter")
    return tuple(
        Grid(name, title, "kernel", values, caption=f"{label}, {way}" if way else label + shared)
        for name, title, values, way in zip(names, titles, slices, ways, strict=False)
    )


def _taps(axis: Axis) -> tuple[tuple[int, ...], ...]:
    return tuple(axis.taps(output) for output in range(axis.output_size))


def _focus(
    geometry: Geometry, x: Values, kernel: Values, y: Values, position: tuple[int, int]
) -> tuple[Focus, tuple[Grid, ...]]:
    """What each output of filter 0 reads: windows, products, a sentence; and its products."""
    rows, cols = _taps(geometry.rows), _taps(geometry.cols)
    (top, _), (left, _) = geometry.pads
    padded = np.pad(x.transpose(2, 0, 1), ((0, 0), *geometry.pads))
    read = padded[
        :, (np.array(rows) + top)[:, None, :, None], (np.array(cols) + left)[None, :, None, :]
    ]
    products = read * kernel
    parts = y[None] if len(products) == 1 else products.sum(axis=(3, 4))
    limits = float(products.min()), float(products.max())
    names, titles = _named("products", "Products", x.shape[2], "channel")
    inputs, _ = _named("input", "", x.shape[2], "")
    sums = [
        tuple(f"they add up to {_total(value)}" for value in part.ravel().tolist())
        for part in parts
    ]
    focus = Focus(
        grid="output",
        position=position,
        windows=tuple(Window(name, rows, cols) for name in inputs),
        fills=tuple(map(Fill, names, products, sums)),
        notes=_notes(geometry, read, kernel, y, parts),
    )
    row, col = position
    grids = tuple(
        Grid(
            name,
            title,
            "window",
            part[position],
            limits=limits,
            caption=caption[row * y.shape[1] + col],
            is_answer=True,
        )
        for name, title, part, caption in zip(names, titles, products, sums, strict=True)
    )
    return focus, grids


def _sentence(geometry: Geometry) -> str:
    axes = geometry.rows, geometry.cols
    window = size_text(*(axis.kernel for axis in axes))
    if any(axis.span > axis.kernel for axis in axes):
        window += f" window spread over {size_text(*(axis.span for axis in axes))} cells"
    else:
        window += " window"
    steps = " and ".join(dict.fromkeys(str(axis.stride) for axis in axes))
    text = (
        f"A {window} in steps of {steps} over {size_text(*(axis.size for axis in axes))} cells "
        f"({pads_text(geometry)}) gives {size_text(*geometry.output_shape)} outputs."
    )
    for axis, name in zip(axes, ("row", "column"), strict=True):
        if axis.unread:
            text += f" No window reads input {listed(name, axis.unread)}."
    return text


def _counts(kernel: tuple[int, ...], channels: int, filters: int, params: int) -> str:
    """What several channels and filters mean, in numbers; empty for one of each."""
    text = ""
    if channels > 1:
        taps = f"{size_text(*kernel)} × {channels} taps"
        every = "both" if channels == 2 else f"all {channels}"
        text += f" It reads {every} channels, {taps}, and adds them up."
    if filters > 1:
        text += f" Each of the {filters} filters gives an output of its own."
    if text:
        sizes = " × ".join(map(str, (*kernel, channels, filters)))
        text += f" Weights: {sizes} = {params}."
    return text


def _notes(
    geometry: Geometry, read: Values, kernel: Values, y: Values, parts: Values
) -> tuple[str, ...]:
    """A sentence for each output, row by row: which cells it reads, and the sum."""
    channels = len(read)
    taps = kernel.size * channels
    rows = [(listed("row", taps), _real(geometry.rows, taps)) for taps in _taps(geometry.rows)]
    cols = [(listed("column", taps), _real(geometry.cols, taps)) for taps in _taps(geometry.cols)]
    sums = _sums_of_channels(parts, y) if channels > 1 else _sums(read[0], kernel, y)
    of_all = f" of {channels} channels" if channels > 1 else ""
    notes = []
    for i, (row_taps, real_rows) in enumerate(rows):
        for j, (col_taps, real_cols) in enumerate(cols):
            text = f"Output ({i}, {j}) reads {row_taps} and {col_taps}{of_all}"
            if outside := taps - real_rows * real_cols * channels:
                text += f"; padding under {outside} of its {taps} taps"
            notes.append(f"{text}. {sums[i * y.shape[1] + j]}")
    return tuple(notes)


def _sums(read: Values, kernel: Values, y: Values) -> list[str]:
    """How each output comes about from its products, row by row."""
    totals = y.ravel().tolist()
    if kernel.size > LONGEST_SUM:
        return [f"Its {kernel.size} products add up to {_total(total)}" for total in totals]
    factors = [_factor(weight) for weight in kernel.ravel().tolist()]
    exact = all(cell_text(weight) == full_text(weight) for weight in kernel.ravel().tolist())
    texts = []
    for cells, total in zip(read.reshape(-1, kernel.size).tolist(), totals, strict=True):
        terms = zip(cells, factors, strict=True)
        text = " + ".join(f"{cell:.0f}·{factor}" for cell, factor in terms)
        texts.append(text + (f" = {full_text(total)}" if exact else f" ≈ {cell_text(total)}"))
    return texts


def _sums_of_channels(parts: Values, y: Values) -> list[str]:
    """How each output comes about from its channels' sums, row by row."""
    texts = []
    for each, total in zip(
        parts.reshape(len(parts), -1).T.tolist(), y.ravel().tolist(), strict=True
    ):
        exact = all(_number(part) == full_text(part) for part in (*each, total))
        terms = " + ".join(f"({_number(part)})" if part < 0 else _number(part) for part in each)
        texts.append(f"Its channels add {terms} {'=' if exact else '≈'} {_number(total)}")
    return texts


def _number(value: float) -> str:
    """A sum: whole numbers in full, others as in a cell.

    >>> _number(1234.0), _number(-3.76486)
    ('1234', '−3.76')
    """
    full = full_text(value)
    return full if full.lstrip("−").isdigit() else cell_text(value)


def _total(value: float) -> str:
    """A sum that says where it is rounded.

    >>> _total(0.25), _total(1 / 3)
    ('0.25', '≈ 0.333')
    """
    text = _number(value)
    return text if text == full_text(value) else f"≈ {text}"


def _real(axis: Axis, taps: tuple[int, ...]) -> int:
    return sum(0 <= tap < axis.size for tap in taps)


def _factor(weight: float) -> str:
    text = cell_text(weight)
    return f"({text})" if weight < 0 else text


PRESETS = (
    Preset(
        "'same' does not keep the size",
        "With stride 2, 8 cells become 4: 'same' means ⌈n/s⌉ outputs, not n.",
        {"strides": 2},
    ),
    Preset(
        "One pad, and it comes after",
        "One cell of padding is needed, and it stands below and right: windows start at cell 0.",
        {"kernel_size": 2, "kernel": "box_blur"},
    ),
    Preset(
        "Cells that no window reads",
        "Rows and columns 2, 3, 6, 7 and 8 lie between the windows or behind them: whatever they "
        "hold, no output hears of it.",
        {"size": 9, "kernel_size": 2, "strides": 4, "padding": "valid", "kernel": "box_blur"},
    ),
    Preset(
        "A 3 × 3 kernel that spans 5 cells",
        "Dilation spreads the taps, so 'valid' loses 4 rows and columns, as a 5 × 5 kernel does.",
        {"dilation_rate": 2, "padding": "valid"},
    ),
    Preset(
        "One dot shows the kernel, turned round",
        "The window is not flipped: the tap that meets the dot first is the kernel's last.",
        {"size": 5, "image": "dot", "kernel": ((1, 2, 3), (4, 5, 6), (7, 8, 9))},
    ),
    Preset(
        "Three channels in, two filters out",
        "Each filter adds up all channels into one output: channels do not stay apart.",
        {"size": 5, "channels": 3, "filters": 2},
    ),
)

MODEL = Model("window", TITLE, CONTROLS, scene, PRESETS)
