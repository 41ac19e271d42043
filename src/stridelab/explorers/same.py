"""The same explorer's model: every framework's SAME side by side, over one input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stridelab import ops
from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Whole
from stridelab.explorers.scene import (
    Focus,
    Grid,
    Model,
    Pads,
    Panel,
    Preset,
    Question,
    Scene,
    Table,
    Window,
)
from stridelab.explorers.words import listed
from stridelab.geometry import Axis, convention, port, span
from stridelab.theme import full_text

TITLE = "What frameworks mean by 'same'"

Values = np.ndarray[Any, Any]

CONTROLS = (
    Whole("size", "Input size", default=8, low=1, high=16),
    Whole("kernel_size", "Kernel size", default=3, low=1, high=7),
    Whole("strides", "Stride", default=2, low=1, high=4),
    Whole("dilation_rate", "Dilation", default=1, low=1, high=2),
)

#: How the rules of convolution can compare: the question's options.
AGREE, SIZES, WINDOWS = "all agree", "sizes differ", "sizes agree, windows do not"


@dataclass(frozen=True)
class Rule:
    """One rule, and what it gives.

    Parameters
    ----------
    number : int
        Its place in the scene, from 1.
    name, label : str
        For the panels' names, and in a sentence.
    written : str
        How code spells it.
    axis : Axis, optional
        The windows; None where every framework refuses.
    refusals : tuple of (str, str)
        The frameworks that refuse it, and what they say.
    ported : str
        What makes Keras read the same windows.
    pools : bool
        Whether it is a max pooling, else a convolution.
    """

    number: int
    name: str
    label: str
    written: str
    axis: Axis | None
    refusals: tuple[tuple[str, str], ...] = ()
    ported: str = ""
    pools: bool = False

    @property
    def title(self) -> str:
        """The number and the rule."""
        return f"{self.number} {self.label}"


def scene(
    size: int,
    kernel_size: int,
    strides: int,
    dilation_rate: int,
    position: tuple[int, int] = (0, 0),
) -> Scene:
    """The scene for these values: a row for each rule, with its input and its output.

    The input is 1, 2, 3, …; a convolution's weights are all 1, so that an output is the sum of its
    window; a pooling takes the largest cell.

    Parameters
    ----------
    size, kernel_size, strides, dilation_rate : int
        In cells, for the one axis.
    position : (int, int)
        The output cell of the first rule to start from: its row is always 0; the last one where it
        lies beyond.

    >>> shown = scene(8, 3, 2, 1)
    >>> [shown[f"output_{name}"].values.astype(int).tolist() for name in ("same", "half")]
    [[[6, 12, 18, 15]], [[3, 9, 15, 21]]]
    """
    x = np.arange(1.0, size + 1)[np.newaxis]
    sizes = size, kernel_size, strides, dilation_rate
    rules = _rules(*sizes)
    taken = {rule.name: rule.axis for rule in rules if rule.axis is not None}
    compared = [rule for rule in rules if rule.name in taken and not rule.pools]
    first, pooled = taken["same"], convention("keras").pool(size, kernel_size, strides, "same")
    outputs, differing, rows = {}, {}, []
    room = _room(list(taken.values()))
    for rule in rules:
        if rule.axis is not None:
            other = pooled if rule.pools else first
            differing[rule.name] = _differing(rule.axis, other, pools=rule.pools)
            outputs[rule.name] = _output(rule, rule.axis, x)
            rows.append(_strips(rule, rule.axis, x, outputs[rule.name], differing[rule.name], room))
        if rule.refusals:
            rows.append((_refusal(rule),))
    return Scene(
        title=TITLE,
        sentence=_sentence(rules),
        columns=(*rows, (_summary(rules, differing, sizes),), (_spellings(rules),)),
        focus=Focus(
            grid="output_same",
            position=(0, min(position[1], first.output_size - 1)),
            windows=_windows(taken),
            fills=(),
            notes=_notes(compared, taken, outputs),
        ),
        derivation=first.derive(),
        question=Question(
            f"Rules 1 to {len(compared)} slide a kernel of {kernel_size} over {size} cells in "
            f"steps of {strides}{f', dilation {dilation_rate}' if dilation_rate > 1 else ''}. "
            "How do their outputs compare?",
            _outcome([taken[rule.name] for rule in compared]),
            (AGREE, SIZES, WINDOWS),
        ),
        stacked=True,
    )


# --- the rules ------------------------------------------------------------------------------------


def _rules(size: int, kernel: int, stride: int, dilation: int) -> tuple[Rule, ...]:
    """The six rules at these values."""
    sizes = size, kernel, stride, dilation
    half = span(kernel, dilation) // 2
    numbers = f"{kernel}, stride={stride}" + (f", dilation={dilation}" if dilation > 1 else "")
    halved = "k//2" if dilation == 1 else "e//2, half the span"
    upper = {"keras": "same", "tensorflow": "SAME", "onnx": "SAME_UPPER", "jax": "SAME"}
    lower = {"onnx": "SAME_LOWER", "jax": "SAME_LOWER"}
    return (
        _convolution(1, "same", "SAME", _spelled(upper), upper, sizes),
        _convolution(2, "lower", "SAME_LOWER", _spelled(lower), lower, sizes),
        _convolution(
            3,
            "half",
            f"PyTorch padding={half}",
            f"Conv2d(…, {numbers}, padding={half}), that is {halved}",
            {"torch": half},
            sizes,
        ),
        _convolution(
            4,
            "torch_same",
            "PyTorch padding='same'",
            f"Conv2d(…, {numbers}, padding='same')",
            {"torch": "same"},
            sizes,
        ),
        _pooling(5, "floor", size, kernel, stride),
        _pooling(6, "ceil", size, kernel, stride),
    )


def _spelled(spellings: Mapping[str, object]) -> str:
    return ", ".join(f"{convention(name).title} {word!r}" for name, word in spellings.items())


def _convolution(
    number: int,
    name: str,
    label: str,
    written: str,
    spellings: Mapping[str, object],
    sizes: tuple[int, int, int, int],
) -> Rule:
    """A rule of convolution: what the frameworks give that take it, what the others say."""
    axis, taker, refusals = None, "", []
    for framework, padding in spellings.items():
        try:
            axis = convention(framework).conv(*sizes, padding)
        except StrideLabError as error:
            refusals.append((convention(framework).title, str(error)))
        else:
            taker = framework
    ported = _ported(taker, spellings[taker], sizes) if taker else ""
    return Rule(number, name, label, written, axis, tuple(refusals), ported)


def _ported(source: str, padding: object, sizes: tuple[int, int, int, int]) -> str:
    """The cells to pad before a convolution of Keras under 'valid'."""
    size, kernel, stride, dilation = sizes
    try:
        found = port(
            source,
            "keras",
            size,
            kernel_size=kernel,
            strides=stride,
            padding=padding,
            dilation_rate=dilation,
        )
    except StrideLabError as error:
        return f"refused: {error.argument} must {error.rule.split(':')[0]}"
    before, after = found.pads[1]
    return f"{before} and {after}"


def _pooling(number: int, name: str, size: int, pool: int, stride: int) -> Rule:
    """PyTorch's max pooling with half the pool padded, rounded down or up."""
    ceil_mode = name == "ceil"
    axis = convention("torch").pool(size, pool, stride, pool // 2, ceil_mode)
    written = f"MaxPool2d({pool}, stride={stride}, padding={pool // 2}, ceil_mode={ceil_mode})"
    alike = not _differing(axis, convention("keras").pool(size, pool, stride, "same"), pools=True)
    ported = "'same' is equal" if alike else "pooling takes none"
    return Rule(number, name, f"Max pooling, {name} mode", written, axis, ported=ported, pools=True)


# --- comparing ------------------------------------------------------------------------------------


def _differing(axis: Axis, other: Axis, *, pools: bool = False) -> tuple[int, ...]:
    """The outputs that read other cells than the other axis' output of that index, or have none.

    A convolution has a weight for each tap, so all taps count; a max pooling leaves padding out.
    """

    def read(of: Axis, output: int) -> tuple[int, ...]:
        taps = of.taps(output)
        return tuple(tap for tap in taps if 0 <= tap < of.size) if pools else taps

    return tuple(
        output
        for output in range(axis.output_size)
        if output >= other.output_size or read(axis, output) != read(other, output)
    )


def _outcome(axes: list[Axis]) -> str:
    """The question's answer: what these convolutions agree on."""
    if len({axis.output_size for axis in axes}) > 1:
        return SIZES
    return AGREE if len({axis.phase for axis in axes}) == 1 else WINDOWS


# --- the panels -----------------------------------------------------------------------------------


def _output(rule: Rule, axis: Axis, x: Values) -> tuple[Values, int]:
    """A rule's outputs, and the cells after the input that its windows reach."""
    reach = _reach(axis)
    pads = ((0, 0), (axis.pad_before, reach))
    image, strides = x[..., np.newaxis], (1, axis.stride)
    if rule.pools:
        y = ops.max_pool2d(image, (1, axis.kernel), strides=strides, padding=pads)
    else:
        y = ops.conv2d(
            image,
            np.ones((1, axis.kernel, 1, 1)),
            strides=strides,
            padding=pads,
            dilation_rate=(1, axis.dilation),
            method="windows",
        )
    return y[..., 0], reach


def _room(axes: list[Axis]) -> Pads:
    """The most padding of any rule: cell 0 stands over cell 0."""
    return (0, 0), (max(axis.pad_before for axis in axes), max(map(_reach, axes)))


def _reach(axis: Axis) -> int:
    """The cells after the input that are padded, or that the last window reaches beyond."""
    # ceil mode's last window may hang over the pads: padding there changes no maximum
    return max(axis.pad_after, axis.taps(axis.output_size - 1)[-1] - (axis.size - 1))


def _strips(
    rule: Rule,
    axis: Axis,
    x: Values,
    output: tuple[Values, int],
    differing: tuple[int, ...],
    room: Pads,
) -> tuple[Panel, ...]:
    """A rule's input and output, side by side."""
    values, reach = output
    pads = f"pads {axis.pad_before} and {axis.pad_after}"
    if over := reach - axis.pad_after:
        pads += f"; the last window reaches {'one cell' if over == 1 else f'{over} cells'} beyond"
    marks = np.isin(np.arange(axis.output_size), differing)[np.newaxis]
    return (
        Grid(
            f"input_{rule.name}",
            rule.title,
            "input",
            x,
            pads=((0, 0), (axis.pad_before, reach)),
            caption=pads,
            is_answer=True,
            room=room,
        ),
        Grid(
            f"output_{rule.name}",
            "Largest cells" if rule.pools else "Sums",
            "output",
            values,
            marks=marks if differing else None,
            is_answer=True,
        ),
    )


def _refusal(rule: Rule) -> Table:
    """What the frameworks say that refuse a rule."""
    return Table(
        f"refusal_{rule.name}",
        f"{rule.title}, refused by {_and([name for name, _ in rule.refusals])}",
        "padding",
        ("Framework", "Says"),
        rule.refusals,
    )


def _spellings(rules: tuple[Rule, ...]) -> Table:
    rows = tuple((rule.title, rule.written) for rule in rules)
    return Table("rules", "Six rules", "kernel", ("Rule", "Written as"), rows)


def _summary(
    rules: tuple[Rule, ...],
    differing: Mapping[str, tuple[int, ...]],
    sizes: tuple[int, int, int, int],
) -> Table:
    """What each rule gives, in numbers."""
    rows = []
    for rule in rules:
        if rule.axis is None:
            rows.append((rule.title, "refused", "", "", "", ""))
            continue
        others = _runs(differing[rule.name]) or "none"
        rows.append(
            (
                rule.title,
                str(rule.axis.output_size),
                f"{rule.axis.pad_before} and {rule.axis.pad_after}",
                full_text(rule.axis.phase),
                others if rule.number > 1 else "",
                rule.ported,
            )
        )
    return Table(
        "summary",
        "What they give",
        "output",
        ("Rule", "Outputs", "Pads", "First tap", "Outputs that differ", "Pads for Keras' 'valid'"),
        tuple(rows),
        marked=tuple(at for at, rule in enumerate(rules) if differing.get(rule.name)),
        caption="≠: other windows than rule 1's, or for pooling than MaxPooling2D's under 'same'."
        + _port_call(sizes),
        is_answer=True,
    )


def _port_call(sizes: tuple[int, int, int, int]) -> str:
    """How to get PyTorch's call that equals rule 1; nothing where Keras has no such layer."""
    size, kernel, stride, dilation = sizes
    given = {"kernel_size": kernel, "strides": stride, "padding": "same", "dilation_rate": dilation}
    try:
        port("keras", "torch", size, **given)
    except StrideLabError:
        return ""
    named = ", ".join(
        f"{name}={value!r}" for name, value in given.items() if name == "kernel_size" or value != 1
    )
    return f" PyTorch's call that equals rule 1: sl.port('keras', 'torch', {size}, {named})"


def _runs(indices: tuple[int, ...]) -> str:
    """Indices in short: neighbours as the first and the last of them.

    >>> _runs((0, 1, 2, 3, 5)), _runs((4, 5)), _runs(())
    ('0 to 3, 5', '4, 5', '')
    """
    runs: list[list[int]] = []
    for index in indices:
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return ", ".join(
        f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs
    )


# --- what is said ---------------------------------------------------------------------------------


def _windows(taken: Mapping[str, Axis]) -> tuple[Window, ...]:
    """All rules' windows at one index of SAME's outputs."""
    # no rule has fewer outputs than SAME: half the span on both sides is at least the span less 1
    outputs = range(taken["same"].output_size)
    windows = []
    for name, axis in taken.items():
        windows.append(Window(f"input_{name}", ((0,),), tuple(map(axis.taps, outputs))))
        if name != "same":
            windows.append(Window(f"output_{name}", ((0,),), tuple((at,) for at in outputs)))
    return tuple(windows)


def _sentence(rules: tuple[Rule, ...]) -> str:
    """Whether the convolutions agree, and on what; and what ceil mode adds."""
    first, *others = [
        (rule.label, rule.axis) for rule in rules if rule.axis is not None and not rule.pools
    ]
    axes = [axis for _, axis in (first, *others)]
    outcome, size = _outcome(axes), _count(first[1].output_size)
    if outcome == AGREE:
        text = f"The convolutions agree: {size} each, and the first window starts at cell "
        text += f"{full_text(first[1].phase)}."
    elif outcome == SIZES:
        larger = [
            (label, axis) for label, axis in others if axis.output_size != axes[0].output_size
        ]
        gives = ", ".join(f"{label} gives {axis.output_size}" for label, axis in larger)
        text = f"The sizes differ: SAME gives {size}, {gives}."
    else:
        text = f"The sizes agree ({size} each), the windows do not:"
    text += _starts(first[1], others)
    floor, ceil = (rule.axis for rule in rules if rule.pools)
    if floor is not None and ceil is not None and floor.output_size != ceil.output_size:
        text += (
            f" Pooling in ceil mode gives {_count(ceil.output_size)}, "
            f"in floor mode {floor.output_size}."
        )
    return text


def _starts(first: Axis, others: list[tuple[str, Axis]]) -> str:
    """Which rules' windows start earlier than SAME's, and by how many cells."""
    earlier: dict[int, list[str]] = {}
    for label, axis in others:
        if axis.phase != first.phase:
            earlier.setdefault(first.phase - axis.phase, []).append(label)
    parts = [
        f"{_and(labels)} {'starts' if len(labels) == 1 else 'start'} "
        f"{'one cell' if cells == 1 else f'{cells} cells'} earlier than SAME"
        for cells, labels in sorted(earlier.items())
    ]
    return f" {'; '.join(parts)}." if parts else ""


def _notes(
    compared: list[Rule], taken: Mapping[str, Axis], outputs: Mapping[str, tuple[Values, int]]
) -> tuple[str, ...]:
    """For each output of SAME: what each convolution's output of that index reads, and its sum."""
    notes = []
    for output in range(taken["same"].output_size):
        readers: dict[tuple[int, ...], list[Rule]] = {}
        for rule in compared:
            readers.setdefault(taken[rule.name].taps(output), []).append(rule)
        sums, parts = [], []
        for taps, rules in readers.items():
            sums.append(full_text(outputs[rules[0].name][0][0, output]))
            labels = _and([rule.label for rule in rules])
            parts.append(f"{listed('cell', taps)} under {labels}, sum {sums[-1]}")
        text = f"Output {output} reads {'; '.join(parts)}."
        if len(set(sums)) < len(sums):
            text += " Equal sums, other windows: with other weights they differ."
        notes.append(text)
    return tuple(notes)


def _and(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _count(outputs: int) -> str:
    return f"{outputs} output{'' if outputs == 1 else 's'}"


PRESETS = (
    Preset(
        "Shifted by one pixel",
        "Rule 1 and rule 3 give 4 outputs each, but rule 3's windows all start one cell earlier.",
        {},
    ),
    Preset(
        "An odd size hides it",
        "One cell less, and no output differs: the missing cells come in pairs, one on each side.",
        {"size": 7},
    ),
    Preset(
        "An even kernel gives one more",
        "For kernel 2, k//2 pads a cell on both sides where one is enough: 9 outputs for 8 cells.",
        {"kernel_size": 2, "strides": 1},
    ),
    Preset(
        "Ceil mode adds an output",
        "Rule 6 has one output more than rule 5: its last window hangs over the padding.",
        {"size": 10},
    ),
)

MODEL = Model("same", TITLE, CONTROLS, scene, PRESETS)
