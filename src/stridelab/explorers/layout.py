"""The layout explorer's model: an array's numbers in memory, and two ways to give it new axes."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Choice, Lengths, Order
from stridelab.explorers.scene import (
    MARK,
    Blocks,
    Focus,
    Grid,
    Model,
    Preset,
    Question,
    Scene,
    Source,
    Table,
)
from stridelab.explorers.words import listed

TITLE = "Axes and memory: transpose or reshape"

Values = np.ndarray[Any, Any]
Numbers = tuple[int, ...]

#: What x's axes are called where an order is not among the named ones, by their number.
AXES = {2: "HW", 3: "HWC", 4: "ijkl"}

#: Orders that have a name: what x's axes are called, and the name.
NAMED: dict[Numbers, tuple[str, str]] = {
    (1, 0): ("HW", "rows and columns swapped (.T)"),
    (0, 1): ("HW", "as it is"),
    (2, 0, 1): ("HWC", "channels first"),
    (1, 2, 0): ("CHW", "channels last"),
    (2, 1, 0): ("HWC", "all reversed (.T)"),
    (1, 0, 2): ("HWC", "rows and columns swapped"),
    (0, 1, 2): ("HWC", "as it is"),
    (3, 2, 0, 1): ("HWIO", "a kernel for PyTorch"),
    (2, 3, 1, 0): ("OIHW", "a kernel for Keras"),
    (2, 3, 0, 1): ("HWIO", "I and O swapped"),
    (0, 3, 1, 2): ("NHWC", "channels first"),
    (0, 2, 3, 1): ("NCHW", "channels last"),
    (3, 2, 1, 0): ("HWIO", "all reversed (.T)"),
    (0, 1, 2, 3): ("HWIO", "as it is"),
}

#: One step along the axis that shades the cells, by its letter; the last axis where none is here.
COUNTED = {"C": "channel", "O": "filter", "W": "column"}


def moved(letters: str, axes: Numbers) -> str:
    """The names of y's axes.

    >>> moved("HWIO", (3, 2, 0, 1))
    'OIHW'
    """
    return "".join(letters[axis] for axis in axes)


OPTIONS = {
    axes: f"{axes} {letters} → {moved(letters, axes)}, {name}"
    for axes, (letters, name) in NAMED.items()
}

CONTROLS = (
    Lengths("shape", "Lengths of x (≤ 48 numbers)", (2, 3, 2)),
    Order(
        "axes",
        "x's axes in y's order",
        (2, 0, 1),
        OPTIONS,
        "shape",
        {2: (3, 4), 3: (2, 3, 2), 4: (2, 2, 3, 2)},
    ),
    Choice("how", "How", "transpose", {"transpose": "transpose", "reshape": "reshape"}),
)


def scene(shape: Numbers, axes: Numbers, how: str, position: tuple[int, int] = (0, 0)) -> Scene:
    """The scene for these values: x, y, memory and strides; without y where the axes do not fit.

    x holds 0, 1, 2, … in memory order, the last axis fastest: x[i, j, …] lies at i·sᵢ + j·sⱼ + …
    with the strides s, and is that number.

    Parameters
    ----------
    shape : tuple of int
        x's lengths: 2 to 4 axes.
    axes : tuple of int
        For each axis of y, the axis of x that it is.
    how : str
        ``transpose``, or ``reshape`` to the shape that transposing gives.
    position : (int, int)
        The cell of y's drawing to start from; the last one where it lies beyond.

    >>> shown = scene((1, 4, 3), (2, 0, 1), "reshape")
    >>> shown["y"].values.tolist(), int(shown["y"].marks.sum())
    ([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]], 10)
    """
    x = np.arange(prod(shape)).reshape(shape)
    letters = NAMED.get(axes, (AXES[len(shape)],))[0] if len(axes) == len(shape) else ""
    if not letters:
        panels = _array("x", AXES[len(shape)], x, None), _memory(x, None)
        error = StrideLabError(
            "axes",
            f"name each of x's {len(shape)} axes once",
            str(axes),
            f"shape {shape}",
            f"Give axes {len(shape)} numbers, or shape {len(axes)} lengths.",
        )
        said = "There is no y."
        return Scene(TITLE, said, tuple((one,) for one in panels), error=str(error), stacked=True)
    return _scene(x, x.transpose(axes), letters, axes, how, position)


def _scene(
    x: Values, wanted: Values, letters: str, axes: Numbers, how: str, position: tuple[int, int]
) -> Scene:
    """The scene where the axes fit."""
    dealt = x.reshape(wanted.shape)
    y = wanted if how == "transpose" else dealt
    marks = _drawn(y != wanted) if (y != wanted).any() else None
    shades, shaded = _shades(x, letters)
    captions = [f"{shaded} in x"] * bool(shaded)
    if marks is not None:
        captions.append(f"{MARK.strip()} another number than the transposed x has")
    source = _array("x", letters, x, shades, caption=shaded)
    drawn = _array(
        "y",
        moved(letters, axes),
        y,
        shades,
        caption="; ".join(captions),
        marks=marks,
        is_answer=True,
    )
    row, col = (min(at, n - 1) for at, n in zip(position, drawn.values.shape, strict=True))
    index = _asked(wanted, dealt)
    memory = _memory(x, shades, "x's numbers as they lie; y reads the same ones")
    return Scene(
        title=TITLE,
        sentence=_sentence(x, wanted, letters, axes, how),
        columns=((source, drawn), (memory,), (_strides(x, wanted, axes, how),)),
        focus=Focus(
            "y", (row, col), _sources(source, drawn.values), (), _notes(x, y, wanted, axes)
        ),
        question=Question(
            f"y = {_call(how, axes, y.shape)}: which number is y{list(index)}?", str(y[index])
        ),
        stacked=True,
    )


def _call(how: str, axes: Numbers, shape: Numbers) -> str:
    return f"x.{how}{axes if how == 'transpose' else shape}"


def _shading(letters: str) -> int:
    """The axis that shades the cells: channels or filters where there are any."""
    return next((letters.index(each) for each in "CO" if each in letters), len(letters) - 1)


def _shades(x: Values, letters: str) -> tuple[Values, str]:
    """How dark each number is drawn, and what that says."""
    axis = _shading(letters)
    steps = np.unravel_index(np.arange(x.size), x.shape)[axis] + 1.0
    said = f"shaded by {letters[axis]}" if x.shape[axis] > 1 else ""
    return steps / x.shape[axis], said


def _four(values: Values) -> Values:
    """The array with four axes, the first ones of length 1."""
    return values.reshape((1,) * (4 - values.ndim) + values.shape)


def _drawn(values: Values) -> Values:
    """The last two axes as blocks; the one before across, the first one downwards.

    >>> _drawn(np.arange(12).reshape(2, 3, 2)).tolist()
    [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]]
    """
    down, across, rows, cols = _four(values).shape
    return _four(values).swapaxes(1, 2).reshape(down * rows, across * cols)


def _array(name: str, letters: str, values: Values, shades: Values | None, **more: Any) -> Grid:
    """An array as a grid of grids, its cells shaded by number."""
    rows, cols = values.shape[-2:]
    down, across, row, col = (*[""] * (4 - values.ndim), *letters)
    return Grid(
        name,
        f"{name}, {letters}",
        "input" if name == "x" else "output",
        _drawn(values),
        blocks=Blocks(rows, cols, (down, across, row, col)),
        shades=None if shades is None else shades[_drawn(values)],
        **more,
    )


def _memory(x: Values, shades: Values | None, caption: str = "") -> Grid:
    line = x.reshape(1, -1)
    shown = None if shades is None else shades[line]
    return Grid("memory", "Memory", "input", line, caption=caption, shades=shown)


def _sources(x: Grid, y: Values) -> tuple[Source, Source]:
    """For each cell of y, the cell of x with its number, and the place in memory."""
    cells = {int(number): cell for cell, number in np.ndenumerate(x.values)}
    rows = y.tolist()
    return (
        Source("x", tuple(tuple((*cells[number],) for number in row) for row in rows)),
        Source("memory", tuple(tuple((0, number) for number in row) for row in rows)),
    )


def _steps(values: Values) -> Numbers:
    """The strides, in numbers."""
    return tuple(step // values.itemsize for step in values.strides)


def _asked(wanted: Values, dealt: Values) -> Numbers:
    """The index to predict: of those at which the two ways differ, the one in the middle."""
    places = np.argwhere(wanted != dealt)
    places = places if len(places) else np.argwhere(wanted >= 0)
    return tuple(places[len(places) // 2].tolist())


def _sentence(x: Values, wanted: Values, letters: str, axes: Numbers, how: str) -> str:
    """What y is, whether both ways agree, and what got mixed."""
    dealt = x.reshape(wanted.shape)
    differ, count = int((dealt != wanted).sum()), x.size
    calls = {each: _call(each, axes, wanted.shape) for each in ("transpose", "reshape")}
    names = moved(letters, axes)
    if how == "transpose":
        becomes = f"{letters} becomes {names}" if names != letters else f"{letters} stays {names}"
        text = f"y = {calls[how]}: {becomes}. No number moves in memory: "
        text += f"x's strides {_steps(x)} become {_steps(wanted)}. "
        if differ:
            return f"{text}{calls['reshape']} has another number in {differ} of {count} cells."
        return f"{text}{calls['reshape']} is the same here: {_why_equal(letters)}."
    if not differ:
        equal = f"y = {calls[how]} equals {calls['transpose']} in every cell"
        return f"{equal}: {_why_equal(letters)}."
    text = f"y = {calls[how]} has the shape of {calls['transpose']}, and another number in "
    return f"{text}{differ} of {count} cells.{_mixed(x, dealt, letters, axes)}"


def _why_equal(letters: str) -> str:
    return f"those of {', '.join(letters)} that are longer than 1 keep their order"


def _mixed(x: Values, dealt: Values, letters: str, axes: Numbers) -> str:
    """The first channel, filter or column of y with numbers of several of x."""
    shading = _shading(letters)
    counted = COUNTED.get(letters[shading], letters[shading])
    origin = np.unravel_index(dealt, x.shape)[shading]
    for at, part in enumerate(np.moveaxis(origin, axes.index(shading), 0)):
        if len(found := np.unique(part).tolist()) > 1:
            return f" {counted.title()} {at} of y holds numbers of {listed(counted, found)} of x."
    return ""


def _notes(x: Values, y: Values, wanted: Values, axes: Numbers) -> tuple[str, ...]:
    """For each cell of y: its place in memory, worked out, and the cell of x."""
    notes = {}
    for index, number in np.ndenumerate(y):
        place = " + ".join(f"{at}·{step}" for at, step in zip(index, _steps(y), strict=True))
        source = [int(at) for at in np.unravel_index(number, x.shape)]
        text = f"y{list(index)} lies at {place} = {number} in memory: it is x{source}."
        if wanted[index] != number:
            text += f" x.transpose{axes} has {wanted[index]} there."
        notes[int(number)] = text
    return tuple(notes[number] for number in _drawn(y).ravel().tolist())


def _strides(x: Values, wanted: Values, axes: Numbers, how: str) -> Table:
    """Shapes and strides of x and of both ways, and whether they agree."""
    dealt = x.reshape(wanted.shape)
    differ = int((dealt != wanted).sum())
    rows = [("x", str(x.shape), str(_steps(x)), "")]
    for name, values in (("transpose", wanted), ("reshape", dealt)):
        agrees = f"{differ if name == 'reshape' else 0} of {x.size}"
        called = f"{'y = ' if name == how else ''}{_call(name, axes, wanted.shape)}"
        rows.append((called, str(values.shape), str(_steps(values)), agrees))
    return Table(
        "strides",
        "Shapes and strides",
        "output",
        ("", "shape", "strides", "cells that differ from the transposed x"),
        tuple(rows),
        marked=(2,) if differ else (),
        caption="An array's stride (not a layer's) is the step in memory from one index of an axis "
        "to the next, here in numbers; NumPy's .strides counts bytes, 4 for each float32",
        is_answer=True,
    )


PRESETS = (
    Preset(
        "The right shape, mixed colours",
        "4 pixels of 3 colours: each block of y should be one channel, in one shade. reshape deals "
        "the numbers out in memory order.",
        {"shape": (1, 4, 3), "how": "reshape"},
    ),
    Preset(
        "One channel hides the mistake",
        "Only an axis of length 1 moved, so reshape gives what transpose gives: a test with a grey "
        "picture passes. Set axis 2 to 2, and it fails.",
        {"shape": (4, 3, 1), "how": "reshape"},
    ),
    Preset(
        "A kernel on its way to PyTorch",
        "HWIO becomes OIHW. Go over one filter of y, the upper row of blocks, and watch how far "
        "apart in memory its numbers lie.",
        {"shape": (2, 2, 3, 2), "axes": (3, 2, 0, 1)},
    ),
    Preset(
        "As many filters as channels hide a swap",
        "y is IOHW, but with 2 channels and 2 filters its shape is that of OIHW: a check of shapes "
        "passes. Set axis 3 to 3, and it fails.",
        {"shape": (2, 3, 2, 2), "axes": (2, 3, 0, 1)},
    ),
    Preset(
        ".T turns the picture, too",
        "All axes are reversed: the channels come first, and each picture lies on its side.",
        {"axes": (2, 1, 0)},
    ),
)

MODEL = Model("layout", TITLE, CONTROLS, scene, PRESETS)
