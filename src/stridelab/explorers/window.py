"""The window explorer's model: control values in, a scene out. No widget is needed for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from stridelab import ops
from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Choice, Whole
from stridelab.explorers.kernels import KERNELS, preset
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
from stridelab.geometry import Axis, Geometry, conv_geometry
from stridelab.geometry.checks import pair
from stridelab.theme import cell_text, full_text, size_text

TITLE = "A window slides over the input"

Size = int | tuple[int, int]

#: A note spells out its sum up to this many taps; beyond, the grid of products shows it.
LONGEST_SUM = 9

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
    Choice("kernel", "Kernel", "sobel_x", KERNELS),
)


def picture(rows: int, cols: int) -> np.ndarray[Any, Any]:
    """The input: a bright disc, right and below of the middle, on a ground of 1; whole numbers.

    The ground is not 0, so that zero padding shows as an edge.

    >>> picture(4, 5).astype(int).tolist()
    [[1, 1, 1, 2, 1], [1, 3, 5, 6, 3], [1, 4, 8, 9, 5], [1, 3, 7, 7, 5]]
    """
    row, col = np.mgrid[:rows, :cols]
    radius = 0.36 * min(rows, cols)
    distance = np.hypot(row - 0.56 * rows, col - 0.53 * cols)
    return np.clip(np.rint(5 + 4 * (radius - distance)), 1, 9)


def scene(
    size: Size,
    kernel_size: Size,
    strides: Size,
    dilation_rate: Size,
    padding: str,
    kernel: str,
    position: tuple[int, int] = (0, 0),
) -> Scene:
    """The scene for these values: input, kernel, products and output, or the library's error.

    Parameters
    ----------
    size, kernel_size, strides, dilation_rate : int or (int, int)
        In cells: both axes, or rows and columns.
    padding, kernel : str
        Names from the controls' options.
    position : (int, int)
        The output cell to start from; the last one where it lies beyond.

    >>> shown = scene(8, 3, 2, 1, "same", "sobel_x", position=(1, 1))
    >>> shown["output"].values.shape
    (4, 4)
    """
    x = picture(*pair("size", size))
    weights = preset(kernel, *pair("kernel_size", kernel_size))
    kernel_grid = Grid("kernel", "Kernel", "kernel", weights, caption=KERNELS[kernel])
    try:
        geometry = conv_geometry(x.shape, kernel_size, strides, padding, dilation_rate)
    except StrideLabError as error:
        grids = ((Grid("input", "Input", "input", x),), (kernel_grid,))
        return Scene(TITLE, "No window fits, so there is no output.", grids, error=str(error))
    y = ops.conv2d(
        x[..., None],
        weights[..., None, None],
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        method="windows",
    )[..., 0]
    rows, cols = (min(at, last - 1) for at, last in zip(position, y.shape, strict=True))
    focus, products = _focus(geometry, x, weights, y, (rows, cols))
    hatched = "hatched: padding, zeros" if any(map(any, geometry.pads)) else "no padding"
    return Scene(
        title=TITLE,
        sentence=_sentence(geometry),
        columns=(
            (Grid("input", "Input", "input", x, pads=geometry.pads, caption=hatched),),
            (kernel_grid, products),
            (Grid("output", "Output", "output", y, is_answer=True),),
        ),
        focus=focus,
        derivation=geometry.derive(),
        question=Question("How large is the output (rows × columns)?", size_text(*y.shape)),
    )


def _taps(axis: Axis) -> tuple[tuple[int, ...], ...]:
    return tuple(axis.taps(output) for output in range(axis.output_size))


def _focus(
    geometry: Geometry,
    x: np.ndarray[Any, Any],
    weights: np.ndarray[Any, Any],
    y: np.ndarray[Any, Any],
    position: tuple[int, int],
) -> tuple[Focus, Grid]:
    """What each output reads: its window, its products, its sentence; and the grid of products."""
    rows, cols = _taps(geometry.rows), _taps(geometry.cols)
    (top, _), (left, _) = geometry.pads
    padded = np.pad(x, geometry.pads)
    read = padded[
        (np.array(rows) + top)[:, None, :, None], (np.array(cols) + left)[None, :, None, :]
    ]
    products = read * weights
    sums = tuple(f"they add up to {cell_text(value)}" for value in y.ravel().tolist())
    focus = Focus(
        grid="output",
        position=position,
        windows=(Window("input", rows, cols),),
        fills=(Fill("products", products, sums),),
        notes=_notes(geometry, read, weights, y),
    )
    row, col = position
    grid = Grid(
        "products",
        "Products",
        "window",
        products[position],
        limits=(float(products.min()), float(products.max())),
        caption=sums[row * y.shape[1] + col],
        is_answer=True,
    )
    return focus, grid


def _sentence(geometry: Geometry) -> str:
    axes = geometry.rows, geometry.cols
    window = size_text(*(axis.kernel for axis in axes))
    if any(axis.dilation > 1 for axis in axes):
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


def _notes(
    geometry: Geometry,
    read: np.ndarray[Any, Any],
    weights: np.ndarray[Any, Any],
    y: np.ndarray[Any, Any],
) -> tuple[str, ...]:
    """A sentence for each output, row by row: which cells it reads, and the sum."""
    factors = [_factor(weight) for weight in weights.ravel().tolist()]
    exact = all(cell_text(weight) == full_text(weight) for weight in weights.ravel().tolist())
    rows = [(listed("row", taps), _real(geometry.rows, taps)) for taps in _taps(geometry.rows)]
    cols = [(listed("column", taps), _real(geometry.cols, taps)) for taps in _taps(geometry.cols)]
    cells = read.reshape(*y.shape, weights.size).tolist()
    notes = []
    for i, (row_taps, real_rows) in enumerate(rows):
        for j, (col_taps, real_cols) in enumerate(cols):
            text = f"Output ({i}, {j}) reads {row_taps} and {col_taps}"
            if outside := weights.size - real_rows * real_cols:
                text += f"; padding under {outside} of its {weights.size} taps"
            if weights.size > LONGEST_SUM:
                text += f". Its {weights.size} products add up to {cell_text(y[i, j])}"
            else:
                terms = zip(cells[i][j], factors, strict=True)
                text += ". " + " + ".join(f"{cell:.0f}·{factor}" for cell, factor in terms)
                text += f" = {full_text(y[i, j])}" if exact else f" ≈ {cell_text(y[i, j])}"
            notes.append(text)
    return tuple(notes)


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
        "The stride is larger than the kernel: change the input, and no output hears of it.",
        {"size": 9, "kernel_size": 2, "strides": 4, "padding": "valid", "kernel": "box_blur"},
    ),
    Preset(
        "A 3 × 3 kernel that spans 5 cells",
        "Dilation spreads the taps, so 'valid' loses 4 rows and columns, as a 5 × 5 kernel does.",
        {"dilation_rate": 2, "padding": "valid"},
    ),
)

MODEL = Model("window", TITLE, CONTROLS, scene, PRESETS)
