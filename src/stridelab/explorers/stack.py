"""The stack explorer's model: layers one after another, and where a size collapses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import takewhile
from typing import Any

from stridelab import layers as keras_like
from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Choice, Layers, Whole
from stridelab.explorers.scene import Bars, Model, Preset, Question, Scene, Table
from stridelab.explorers.words import listed
from stridelab.geometry import ReceptiveField, cost, receptive_field
from stridelab.geometry.checks import pair
from stridelab.theme.cells import full_text

TITLE = "Layers, one after another"

Size = int | tuple[int, int]
Shape = tuple[int, int, int]

#: What a table has where there is nothing to say.
NOTHING = "—"

_PADDING = Choice("padding", "Padding", "valid", {"valid": "valid", "same": "same"})
_KERNEL = Whole("kernel_size", "Kernel", default=3, low=1, high=11)
_STRIDES = Whole("strides", "Stride", default=1, low=1, high=4)
_DILATION = Whole("dilation_rate", "Dilation", default=1, low=1, high=4)
_FILTERS = Whole("filters", "Filters", default=32, low=1, high=512)
_POOL = Whole("pool_size", "Pool", default=2, low=1, high=11)

#: Each kind of layer: what the learner reads, and its fields, by Keras' names.
KINDS = {
    "conv": ("Conv2D", (_FILTERS, _KERNEL, _STRIDES, _PADDING, _DILATION)),
    "depthwise": ("DepthwiseConv2D", (_KERNEL, _STRIDES, _PADDING, _DILATION)),
    "pool": ("MaxPooling2D", (_POOL, replace(_STRIDES, default=2), _PADDING)),
    "transposed": (
        "Conv2DTranspose",
        (_FILTERS, _KERNEL, replace(_STRIDES, default=2), _PADDING),
    ),
}


def cells_text(counts: Iterable[int]) -> str:
    """Rows × columns, or rows × columns × channels.

    >>> cells_text((28, 28, 6))
    '28 × 28 × 6'
    """
    return " × ".join(map(str, counts))


def _stack(*layers: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The layers with every field, as the control gives them."""
    return Layers("layers", "Layers", (), KINDS).check(layers)


def _conv(filters: int, kernel_size: int, **others: object) -> dict[str, object]:
    return {"layer": "conv", "filters": filters, "kernel_size": kernel_size, **others}


_HALVES = {"layer": "pool"}

#: The layers to start with: two ways to halve a size, and two 'valid' layers that gnaw at it.
LAYERS = _stack(_conv(32, 3, strides=2, padding="same"), _HALVES, _conv(64, 3), _conv(64, 3))

CONTROLS = (
    Whole("size", "Input size", default=32, low=1, high=512, paired=True),
    Whole("channels", "Input channels", default=3, low=1, high=64),
    Layers("layers", "Layers", LAYERS, KINDS),
)


@dataclass(frozen=True)
class Step:
    """What one layer of the stack does.

    Parameters
    ----------
    code : str
        The line of Python that makes it.
    shape : (int, int, int)
        Rows, columns and channels that come out.
    params, macs : int
        What it learns and what it multiplies and adds, padding counted.
    """

    code: str
    shape: Shape
    params: int
    macs: int


def scene(
    size: Size,
    channels: int,
    layers: Sequence[Mapping[str, Any]],
    position: tuple[int, int] = (0, 0),
) -> Scene:
    """The scene for these layers: shapes, parameters, multiply-adds and fields, or where it ends.

    Parameters
    ----------
    size : int or (int, int)
        The input, in cells: both axes, or rows and columns.
    channels : int
        The input's.
    layers : sequence of dict
        As the control ``layers`` gives them: ``layer``, and all of that kind's fields.
    position : (int, int)
        Nothing here has a focus.

    >>> shown = scene(32, 3, LAYERS)
    >>> [row[1] for row in shown["shapes"].rows]
    ['32 × 32 × 3', '16 × 16 × 32', '8 × 8 × 32', '6 × 6 × 64', '4 × 4 × 64']
    """
    start = (*pair("size", size), channels)
    steps, error = _walk(start, layers)
    fields = _fields(start, layers[: len(steps)])
    rows = [_input_row(start), *map(_row, range(len(steps)), steps, fields)]
    if error is not None:
        rest = range(len(steps), len(layers))
        rows += [(f"{at} {_code(layers[at])}", *[NOTHING] * (len(_HEAD) - 1)) for at in rest]
        table = replace(_table(rows, fields), marked=(len(steps) + 1,))
        return Scene(TITLE, _end(start, steps, layers), ((table,),), error=str(error))
    return Scene(
        title=TITLE,
        sentence=_sentence(start, steps, fields[-1]),
        columns=((_table(rows, fields),), (_macs(steps), _params(steps))),
        question=Question(
            f"{cells_text(start)} goes in. What comes out of the last layer "
            "(rows × columns × channels)?",
            cells_text(steps[-1].shape),
        ),
        stacked=True,
    )


def _walk(
    start: Shape, layers: Sequence[Mapping[str, Any]]
) -> tuple[list[Step], StrideLabError | None]:
    """Layer by layer; up to the first that is impossible, with its error."""
    steps: list[Step] = []
    shape = start
    for number, layer in enumerate(layers):
        try:
            made = _made(layer)
            _, *size, channels = made.compute_output_shape((None, *shape))
            params, macs = _COUNTS[layer["layer"]](shape, layer)
        except StrideLabError as error:
            return steps, error.within(f"layer {number}")
        shape = (*size, channels)
        steps.append(Step(repr(made), shape, params, macs))
    return steps, None


@lru_cache(maxsize=1024)
def _cached(kind: str, arguments: tuple[tuple[str, Any], ...]) -> Any:
    """A layer of `stridelab.layers`: a slider moves one, and all of the stack are asked for."""
    return getattr(keras_like, KINDS[kind][0])(**dict(arguments))


def _arguments(layer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in layer.items() if name != "layer"}


def _made(layer: Mapping[str, Any]) -> Any:
    return _cached(layer["layer"], tuple(_arguments(layer).items()))


def _code(layer: Mapping[str, Any]) -> str:
    """The layer as Python writes it; the bare class where no such layer can be."""
    try:
        return repr(_made(layer))
    except StrideLabError:
        return KINDS[layer["layer"]][0]


def _fields(start: Shape, layers: Sequence[Mapping[str, Any]]) -> list[ReceptiveField | None]:
    """What each of the layers sees; None from a transposed layer on.

    The outputs of a transposed layer do not all see equally many cells, so that no single number
    says how many.
    """
    plain = list(takewhile(lambda layer: layer["layer"] != "transposed", layers))
    fields = receptive_field(list(map(_arguments, plain)), start[:2]) if plain else []
    return [*fields, *[None] * (len(layers) - len(plain))]


def _count_conv(shape: Shape, layer: Mapping[str, Any]) -> tuple[int, int]:
    counted = cost(shape, **_arguments(layer))
    return counted.params, counted.macs


def _count_depthwise(shape: Shape, layer: Mapping[str, Any]) -> tuple[int, int]:
    """As many groups as channels: a convolution of each channel by itself."""
    counted = cost(shape, filters=shape[2], groups=shape[2], **_arguments(layer))
    return counted.params, counted.macs


def _count_pool(shape: Shape, layer: Mapping[str, Any]) -> tuple[int, int]:
    """A pooling learns nothing, and compares where others multiply."""
    return 0, 0


def _count_transposed(shape: Shape, layer: Mapping[str, Any]) -> tuple[int, int]:
    """Every input cell times the whole kernel, products that are cropped counted.

    That is what a convolution does that has a window on every input cell: SAME with stride 1.
    """
    counted = cost(shape, layer["filters"], layer["kernel_size"], padding="same")
    return counted.params, counted.macs


_COUNTS: Mapping[str, Callable[[Shape, Mapping[str, Any]], tuple[int, int]]] = {
    "conv": _count_conv,
    "depthwise": _count_depthwise,
    "pool": _count_pool,
    "transposed": _count_transposed,
}

_HEAD = (
    "layer",
    "output",
    "parameters",
    "MACs",
    "receptive field",
    "jump",
    "centre of (0, 0)",
)


def _input_row(start: Shape) -> tuple[str, ...]:
    return "input", cells_text(start), NOTHING, NOTHING, "1 × 1", "1", "0"


def _row(number: int, step: Step, field: ReceptiveField | None) -> tuple[str, ...]:
    seen = (NOTHING,) * 3 if field is None else _seen(field)
    counts = f"{step.params:,}", f"{step.macs:,}"
    return f"{number} {step.code}", cells_text(step.shape), *counts, *seen


def _seen(field: ReceptiveField) -> tuple[str, str, str]:
    """The field's size, jump and first centre; a jump and a centre twice only where axes differ."""
    axes = field.rows, field.cols
    jumps = dict.fromkeys(full_text(axis.jump) for axis in axes)
    centres = dict.fromkeys(full_text(axis.centre) for axis in axes)
    return cells_text(axis.size for axis in axes), ", ".join(jumps), ", ".join(centres)


def _table(rows: Sequence[tuple[str, ...]], fields: Sequence[ReceptiveField | None]) -> Table:
    caption = "receptive field, jump and centre in input cells; MACs on padding counted"
    if None in fields:
        caption += (
            "; no field from a transposed layer on: its outputs do not all see equally many cells"
        )
    head, cells = _HEAD, tuple(rows)
    return Table("shapes", "Layer by layer", "output", head, cells, caption=caption, is_answer=True)


def _bars(steps: Sequence[Step], counts: Sequence[int]) -> dict[str, Any]:
    """Labels, lengths and texts: each count, and its part of the whole."""
    total = sum(counts)
    texts = [f"{count:,} ({_share(count / total)})" if count else "0" for count in counts]
    labels = [f"{number} {step.code.split('(')[0]}" for number, step in enumerate(steps)]
    values = [float(count) for count in counts]
    return {"labels": tuple(labels), "values": tuple(values), "texts": tuple(texts)}


def _share(part: float) -> str:
    """Whole percents; what rounds to none is some all the same."""
    return "under 1%" if part < 0.005 else f"{part:.0%}"


def _macs(steps: Sequence[Step]) -> Bars:
    bars = _bars(steps, [step.macs for step in steps])
    return Bars("macs", "Multiply-adds (MACs), one image", "output", **bars, is_answer=True)


def _params(steps: Sequence[Step]) -> Bars:
    """No answer: parameters do not depend on the input's size."""
    return Bars("params", "Parameters", "kernel", **_bars(steps, [step.params for step in steps]))


def _sentence(start: Shape, steps: Sequence[Step], field: ReceptiveField | None) -> str:
    macs, params = sum(step.macs for step in steps), sum(step.params for step in steps)
    last = steps[-1]
    text = f"{cells_text(start)} goes in, {cells_text(last.shape)} comes out. "
    if macs:
        most = max(step.macs for step in steps)
        busiest = [number for number, step in enumerate(steps) if step.macs == most]
        text += f"{params:,} parameters, {macs:,} MACs; {listed('layer', busiest)} "
        text += f"{'take' if len(busiest) > 1 else 'takes'} {most / macs:.0%} of the MACs"
        text += " each." if len(busiest) > 1 else "."
    else:
        text += "Nothing is learned and nothing multiplied."
    if field is None:
        return text
    reach = field.rows.size, field.cols.size
    text += f" An output of the last layer sees {cells_text(reach)} input cells"
    sides = zip(("rows", "columns"), reach, start[:2], strict=True)
    if beyond := [name for name, cells, side in sides if cells > side]:
        text += f", more {' and '.join(beyond)} than the input has: the rest is padding"
    return f"{text}."


def _end(start: Shape, steps: Sequence[Step], layers: Sequence[Mapping[str, Any]]) -> str:
    """Where the stack ends, for the sentence above a table with nothing below that row."""
    at = len(steps)
    shape = steps[-1].shape if steps else start
    try:
        _made(layers[at])
    except StrideLabError:
        return f"There is no layer {at} of this kind, so nothing comes out."
    return f"Layer {at}, {_code(layers[at])}, cannot take the {cells_text(shape)} that reach it."


PRESETS = (
    Preset(
        "LeNet-5: nothing is padded",
        "Each 5 × 5 layer takes 4 rows and columns, and each pooling half of the rest: 32 cells "
        "end at 5.",
        {
            "channels": 1,
            "layers": _stack(_conv(6, 5), _HALVES, _conv(16, 5), _HALVES),
        },
    ),
    Preset(
        "A size that collapses",
        "Three 5 × 5 layers without padding on 16 cells: the marked row is where no window fits; "
        "set its padding to 'same'.",
        {
            "size": 16,
            "layers": _stack(_conv(16, 5), _HALVES, _conv(32, 5), _HALVES, _conv(64, 5)),
        },
    ),
    Preset(
        "VGG: two small kernels see what one large sees",
        "Two 3 × 3 layers see 5 × 5 cells, as one 5 × 5 layer does, with 18 weights instead of 25 "
        "for each pair of an input and an output channel.",
        {
            "size": 224,
            "layers": _stack(
                _conv(64, 3, padding="same"),
                _conv(64, 3, padding="same"),
                _HALVES,
                _conv(128, 3, padding="same"),
                _conv(128, 3, padding="same"),
                _HALVES,
            ),
        },
    ),
    Preset(
        "ResNet's stem: off centre at 224",
        "Output (0, 0) of the last layer has its centre on cell 3, not on cell 0; set the size to "
        "225, and it is on cell 0.",
        {
            "size": 224,
            "layers": _stack(
                _conv(64, 7, strides=2, padding="same"),
                {"layer": "pool", "pool_size": 3, "strides": 2, "padding": "same"},
                _conv(64, 3, padding="same"),
                _conv(64, 3, padding="same"),
            ),
        },
    ),
    Preset(
        "MobileNet: a convolution in two parts",
        "Layers 1 and 2 together do the work of layer 3, a whole 3 × 3 layer of the same size: "
        "compare their MACs.",
        {
            "size": 112,
            "layers": _stack(
                _conv(64, 3, strides=2, padding="same"),
                {"layer": "depthwise", "padding": "same"},
                _conv(64, 1),
                _conv(64, 3, padding="same"),
            ),
        },
    ),
)

MODEL = Model("stack", TITLE, CONTROLS, scene, PRESETS)
