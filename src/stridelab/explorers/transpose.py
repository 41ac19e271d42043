"""The transpose explorer's model: how a transposed convolution scatters its input."""

from __future__ import annotations

from dataclasses import dataclass
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
    Panel,
    Preset,
    Question,
    Scene,
    Table,
    Window,
)
from stridelab.explorers.words import listed
from stridelab.geometry import (
    TransposedAxis,
    TransposedGeometry,
    convention,
    transposed_axis,
    transposed_geometry,
)
from stridelab.geometry.checks import pair
from stridelab.theme import full_text, size_text

TITLE = "A transposed convolution scatters"

Size = int | tuple[int, int]
Numbers = np.ndarray[Any, Any]

#: Cells across that the output and the overlap map may take side by side.
WIDEST = 26


@dataclass(frozen=True)
class Extra(Choice):
    """``output_padding``: a whole number in Python, or None; a name among others in the page.

    >>> extra = Extra("output_padding", "Output padding", "none", {"none": "none", "1": "1"})
    >>> extra.check(1), extra.check(None), extra.code("1"), extra.code("none")
    ('1', 'none', '1', 'None')
    """

    def check(self, value: object) -> str:
        """The option of that name, of that number, or for None."""
        number = type(value) is int and str(value) in self.options
        return super().check("none" if value is None else str(value) if number else value)

    def code(self, value: Any) -> str:
        """The number, or None."""
        return repr(cells(value))


def cells(extra: str) -> int | None:
    """What the option ``none``, ``0``, ``1``, … is in Python.

    >>> cells("none"), cells("2")
    (None, 2)
    """
    return None if extra == "none" else int(extra)


CONTROLS = (
    Whole("size", "Input size", default=3, low=1, high=6, paired=True),
    Whole("kernel_size", "Kernel size", default=3, low=1, high=5, paired=True),
    Whole("strides", "Stride", default=2, low=1, high=4, paired=True),
    Choice("padding", "Padding", "valid", {"valid": "valid", "same": "same"}),
    Extra(
        "output_padding",
        "Output padding",
        "none",
        {"none": "none: Keras' own size", "0": "0", "1": "1", "2": "2", "3": "3"},
    ),
    Choice("kernel", "Kernel", "ones", {"ones": "all ones", "binomial": "binomial: 1 2 1, …"}),
    Choice("content", "Input values", "numbers", {"numbers": "1 to 9", "flat": "all ones"}),
)


def weights(kernel: str, rows: int, cols: int) -> Numbers:
    """The kernel of that name, rows × columns of whole numbers.

    >>> weights("binomial", 3, 4).astype(int).tolist()
    [[1, 3, 3, 1], [2, 6, 6, 2], [1, 3, 3, 1]]
    """
    if kernel == "ones":
        return np.ones((rows, cols))
    return np.outer(*(_binomial(taps) for taps in (rows, cols)))


def _binomial(taps: int) -> Numbers:
    row = np.ones(1)
    for _ in range(taps - 1):
        row = np.convolve(row, [1.0, 1.0])
    return row


def content_values(content: str, rows: int, cols: int) -> Numbers:
    """The input of that name: ones, or 1 to 9 over and over.

    >>> content_values("numbers", 2, 3).astype(int).tolist()
    [[1, 2, 3], [4, 5, 6]]
    """
    if content == "flat":
        return np.ones((rows, cols))
    return (1.0 + np.arange(rows * cols) % 9).reshape(rows, cols)


def scene(
    size: Size,
    kernel_size: Size,
    strides: Size,
    padding: str,
    output_padding: str,
    kernel: str,
    content: str,
    position: tuple[int, int] = (0, 0),
) -> Scene:
    """The scene for these values: input, kernel, output and overlap, or the library's error.

    Parameters
    ----------
    size, kernel_size, strides : int or (int, int)
        In cells: both axes, or rows and columns.
    padding, output_padding, kernel, content : str
        Names from the controls' options.
    position : (int, int)
        The input cell to start from; the last one where it lies beyond.

    >>> shown = scene(3, 3, 2, "valid", "none", "ones", "numbers")
    >>> shown["output"].values.shape, shown["overlap"].values[2].astype(int).tolist()
    ((7, 7), [2, 2, 4, 2, 4, 2, 2])
    """
    x = content_values(content, *pair("size", size))
    taps = weights(kernel, *pair("kernel_size", kernel_size))
    grids = (Grid("input", "Input", "input", x), Grid("kernel", "Kernel", "kernel", taps))
    extra = cells(output_padding)
    try:
        geometry = transposed_geometry(x.shape, kernel_size, strides, padding, output_padding=extra)
    except StrideLabError as error:
        return Scene(TITLE, "There is no output.", (grids,), error=str(error), stacked=True)
    y = ops.conv2d_transpose(
        x[..., None],
        taps[..., None, None],
        strides=strides,
        padding=padding,
        output_padding=extra,
    )[..., 0]
    rows, cols = (min(at, last - 1) for at, last in zip(position, x.shape, strict=True))
    overlap = _overlap(geometry)
    focus, added = _focus(geometry, x, taps, (rows, cols))
    return Scene(
        title=TITLE,
        sentence=_sentence(geometry, overlap),
        columns=_rows_of_panels(
            (*grids, added),
            Grid("output", "Output", "output", y, is_answer=True),
            overlap,
            _sizes(geometry),
        ),
        focus=focus,
        derivation=geometry.derive(),
        question=Question("How large is the output (rows × columns)?", size_text(*y.shape)),
        stacked=True,
    )


def _rows_of_panels(
    start: tuple[Panel, ...], output: Grid, overlap: Grid, sizes: Table
) -> tuple[tuple[Panel, ...], ...]:
    """Output and overlap side by side, where there is room: their cells are the same ones."""
    if 2 * output.values.shape[1] <= WIDEST:
        return start, (output, overlap), (sizes,)
    return start, (output,), (overlap,), (sizes,)


def _overlap(geometry: TransposedGeometry) -> Grid:
    counts = np.outer(geometry.rows.coverage(), geometry.cols.coverage()).astype(float)
    fewest, most = int(counts.min()), int(counts.max())
    return Grid(
        "overlap",
        "Windows that meet here",
        "window",
        counts,
        caption=f"{fewest} everywhere" if fewest == most else f"{fewest} to {most}",
        is_answer=True,
    )


def _targets(axis: TransposedAxis) -> tuple[tuple[int, ...], ...]:
    """Where each input cell adds, without what was cropped."""
    return tuple(
        tuple(target for target in axis.targets(cell) if 0 <= target < axis.output_size)
        for cell in range(axis.size)
    )


def _focus(
    geometry: TransposedGeometry, x: Numbers, taps: Numbers, position: tuple[int, int]
) -> tuple[Focus, Grid]:
    """What each input cell adds, and where; and the grid of what the first one adds."""
    rows, cols = _targets(geometry.rows), _targets(geometry.cols)
    added = x[:, :, None, None] * taps
    captions = tuple(f"{full_text(value)} · kernel" for value in x.ravel().tolist())
    focus = Focus(
        grid="input",
        position=position,
        windows=(Window("output", rows, cols), Window("overlap", rows, cols)),
        fills=(Fill("added", added, captions),),
        notes=_notes(geometry, x),
    )
    row, col = position
    grid = Grid(
        "added",
        "What this cell adds",
        "window",
        added[position],
        limits=(0.0, float(added.max())),
        caption=captions[row * x.shape[1] + col],
    )
    return focus, grid


def _notes(geometry: TransposedGeometry, x: Numbers) -> tuple[str, ...]:
    """A sentence for each input cell, row by row: what it adds, and where."""
    rows = [_place(geometry.rows, "row", cell) for cell in range(x.shape[0])]
    cols = [_place(geometry.cols, "column", cell) for cell in range(x.shape[1])]
    notes = []
    for (i, j), value in np.ndenumerate(x):
        (down, above), (across, beside) = rows[i], cols[j]
        text = f"Input ({i}, {j}) adds {value:.0f} times the kernel to output {down} and {across}."
        if cut := " and ".join(part for part in (above, beside) if part):
            text += f" What would fall on {cut} is cut off."
        notes.append(text)
    return tuple(notes)


def _place(axis: TransposedAxis, name: str, cell: int) -> tuple[str, str]:
    """The rows or columns that one input cell adds to, and those that were cropped."""
    inside = _targets(axis)[cell]
    cut = [target for target in axis.targets(cell) if target not in inside]
    return listed(name, inside), listed(name, cut) if cut else ""


def _sentence(geometry: TransposedGeometry, overlap: Grid) -> str:
    axes = geometry.rows, geometry.cols
    steps = " and ".join(dict.fromkeys(str(axis.stride) for axis in axes))
    text = (
        f"Each of {size_text(*(axis.size for axis in axes))} cells adds a "
        f"{size_text(*(axis.kernel for axis in axes))} window, in steps of {steps}: "
        f"{size_text(*geometry.output_shape)} outputs. "
    )
    has_middle = all(_has_middle(axis) for axis in axes)
    text += "Away from the border" if has_middle else "In the middle of a larger output"
    counts = sorted(
        {down * across for down in _in_the_middle(axes[0]) for across in _in_the_middle(axes[1])}
    )
    if len(counts) == 1:
        (same,) = counts
        fewer = has_middle and overlap.values.min() < same
        met = f"{same} window{'s' if same > 1 else ''}"
        return f"{text}, every output gets {met}{'; the border gets fewer' if fewer else ''}."
    *less, most = map(str, counts)
    windows = "windows" if counts[-1] > 1 else "window"
    return f"{text}, outputs get {', '.join(less)} or {most} {windows} in turn: {_why(axes)}."


def _why(axes: tuple[TransposedAxis, TransposedAxis]) -> str:
    """Why not all outputs get the same number of windows."""
    uneven = [axis for axis in axes if len(set(_in_the_middle(axis))) > 1]
    if all(axis.kernel < axis.stride for axis in uneven):
        return "there are gaps, since the steps are longer than the kernel"
    pairs = " and ".join(
        dict.fromkeys(f"{axis.stride} does not divide {axis.kernel}" for axis in uneven)
    )
    return f"{'stripes' if len(uneven) == 1 else 'a checkerboard'}, since {pairs}"


def _in_the_middle(axis: TransposedAxis) -> tuple[int, ...]:
    """How many windows add to each of s neighbouring outputs that no border is near."""
    reach = axis.span
    wide = transposed_axis(reach + 1, axis.kernel, axis.stride, dilation=axis.dilation)
    return wide.coverage()[reach - 1 : reach - 1 + axis.stride]


def _has_middle(axis: TransposedAxis) -> bool:
    """Whether the output shows every count that comes in the middle."""
    return set(_in_the_middle(axis)) <= set(axis.coverage())


def _sizes(geometry: TransposedGeometry) -> Table:
    """Keras' size beside that of PyTorch, which crops what it is told: nothing, or (k − 1)//2.

    A last row has the ``output_padding`` that gives PyTorch Keras' size, where there is one.
    """
    axes = geometry.rows, geometry.cols
    padding = axes[0].rule
    crops = [(axis.kernel - 1) // 2 if padding == "same" else 0 for axis in axes]
    extras = [axis.output_padding or 0 for axis in axes]
    theirs = _torch(axes, crops, extras)
    rows = [
        _size_row(f"Keras, padding={padding!r}", axes),
        _size_row(_torch_name(crops, extras), theirs),
    ]
    more = [
        extra + keras.output_size - torch.output_size
        for extra, keras, torch in zip(extras, axes, theirs, strict=True)
    ]
    if more != extras and all(0 <= op < axis.stride for op, axis in zip(more, axes, strict=True)):
        rows.append(_size_row(_torch_name(crops, more), _torch(axes, crops, more)))
    no_same = (
        "PyTorch has no 'same' here: its padding is c_b, cut off on both sides; "
        if padding == "same"
        else ""
    )
    return Table(
        "sizes",
        "Two frameworks",
        "output",
        ("", "size per axis", "rows × columns", "cut off before, c_b"),
        tuple(rows),
        marked=tuple(at for at, row in enumerate(rows) if row[2:] != rows[0][2:]),
        caption=f"{no_same}f = (n − 1)·s + e: all cells that the windows cover",
        is_answer=True,
    )


def _torch(
    axes: tuple[TransposedAxis, TransposedAxis], crops: list[int], extras: list[int]
) -> tuple[TransposedAxis, TransposedAxis]:
    rows, cols = (
        convention("torch").transposed(
            axis.size, axis.kernel, axis.stride, axis.dilation, crop, extra
        )
        for axis, crop, extra in zip(axes, crops, extras, strict=True)
    )
    return rows, cols


def _torch_name(crops: list[int], extras: list[int]) -> str:
    """PyTorch's arguments; its ``output_padding`` is 0 where nothing is said."""
    named = f", output_padding={_one(extras)}" if any(extras) else ""
    return f"PyTorch, padding={_one(crops)}{named}"


def _one(numbers: list[int]) -> str:
    """One number for both axes, or (rows, columns)."""
    rows, cols = numbers
    return str(rows if rows == cols else (rows, cols))


def _size_row(name: str, axes: tuple[TransposedAxis, TransposedAxis]) -> tuple[str, ...]:
    """A framework's rule, size, and cells cut off before, for rows and columns."""
    (rule,) = (step.formula for step in axes[0].derive().steps if step.symbol == "o")
    return (
        name,
        rule,
        size_text(*(axis.output_size for axis in axes)),
        " and ".join(dict.fromkeys(str(axis.crop_before) for axis in axes)),
    )


PRESETS = (
    Preset(
        "The checkerboard",
        "Input and kernel are all ones, and yet the output is a pattern: windows 3 wide in steps "
        "of 2 meet 1, 2 or 4 at a time.",
        {"size": 4, "content": "flat"},
    ),
    Preset(
        "No checkerboard: 2 divides 4",
        "A 4 × 4 kernel in steps of 2: away from the border 4 windows meet in every output.",
        {"size": 4, "kernel_size": 4, "content": "flat"},
    ),
    Preset(
        "'same' gives n·s, not n",
        "3 cells become 6: what 'same' keeps is the ratio, and one row and column are cut off.",
        {"padding": "same"},
    ),
    Preset(
        "Which size came before?",
        "A stride of 2 under 'same' turns 5 × 5 and 6 × 6 into 3 × 3: here the way back gives "
        "5 × 5; set the output padding to 1 for 6 × 6.",
        {"padding": "same", "output_padding": "0"},
    ),
)

MODEL = Model("transpose", TITLE, CONTROLS, scene, PRESETS)
