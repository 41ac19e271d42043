"""Misconceptions: what somebody who holds one would answer, and what cures it.

A belief changes names of the world (`stridelab.practice.world`); a problem's answer, computed in
the changed world, is what its holder would answer. Beliefs that belong to one kind of problem have
no change of their own: the problem says what they give.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stridelab.geometry import Axis, FieldAxis, TransposedAxis
from stridelab.practice.smallest import smallest
from stridelab.practice.texts import fill
from stridelab.practice.world import World, evaluate, plain, world

#: The changed names, of the true ones.
Change = Callable[[World], World]


@dataclass(frozen=True)
class Belief:
    """A misconception.

    Parameters
    ----------
    id : str
        Its name.
    claim : str
        What its holder takes for true; follows "is what you get if".
    fact : str
        What is true: whole sentences.
    case : str
        A counter-example in words; ``{…}`` holds expressions in its numbers.
    truth : str
        What is asked there, an expression.
    theirs : str
        What the belief makes of it, an expression; where it is empty, `truth` in the changed world.
    over : mapping of str to str or list
        What the case's numbers may be: the smallest ones are searched
        (`stridelab.practice.smallest`).
    where : tuple of str
        Conditions on them.
    show : str
        The explorer call that shows the case, or nothing; ``{…}`` as in `case`.
    change : function, optional
        Of the true names: those that its holder has otherwise.
    """

    id: str
    claim: str
    fact: str
    case: str
    truth: str
    theirs: str = ""
    over: Mapping[str, Any] = field(default_factory=dict)
    where: tuple[str, ...] = ()
    show: str = ""
    change: Change | None = field(default=None, repr=False)

    def names(self) -> World:
        """The world as its holder sees it."""
        names = world()
        return names | self.change(names) if self.change else names

    @functools.cached_property
    def _found(self) -> World:
        """The true names, and the numbers of the smallest case."""
        theirs = self.theirs or self.truth
        return smallest(self.over, self.where, self.truth, theirs, self.names())

    def counter_example(self) -> str:
        """The smallest case where it fails, with what it gives there and what is true.

        >>> BELIEFS["same-keeps-size"].counter_example()
        "2 cells, a kernel of 1, stride 2, 'same'. That rule gives 2, the truth is 1."
        """
        found = self._found
        numbers = {name: found[name] for name in self.over}
        theirs = plain(evaluate(self.theirs or self.truth, self.names() | numbers))
        truth = plain(evaluate(self.truth, found))
        return f"{fill(self.case, found)}. That rule gives {theirs}, the truth is {truth}."

    def shown(self) -> str:
        """The explorer call that shows that case, or nothing.

        >>> BELIEFS["same-keeps-size"].shown()
        "sl.explore.window(size=2, kernel_size=1, strides=2, padding='same')"
        """
        return fill(self.show, self._found)


#: All that change the world, by their names.
BELIEFS: dict[str, Belief] = {}


def _belief(
    id: str, claim: str, fact: str, case: str, truth: str, **more: Any
) -> Callable[[Change], Change]:
    def keep(change: Change) -> Change:
        BELIEFS[id] = Belief(id, claim, fact, case, truth, change=change, **more)
        return change

    return keep


def _is_same(padding: object) -> bool:
    return isinstance(padding, str) and padding.lower() in ("same", "same_lower")


def _conv(names: World, change: Callable[..., Axis]) -> World:
    """A world where `conv` is another one: `change` gets the true axis and the arguments."""
    true = names["conv"]

    def conv(
        size: int, kernel: int, stride: int = 1, padding: Any = "valid", dilation: int = 1
    ) -> Any:
        return change(true, size, kernel, stride, padding, dilation)

    return {"conv": conv}


# --- sizes ----------------------------------------------------------------------------------------


@_belief(
    "same-keeps-size",
    "'same' kept the size at any stride",
    "'same' gives ⌈n/s⌉ outputs: it keeps the size at stride 1 only.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'same'",
    "conv(n, k, s, 'same').output_size",
    over={"n": "1..6", "k": "1..3", "s": "1..3"},
    show="sl.explore.window(size={n}, kernel_size={k}, strides={s}, padding='same')",
)
def _same_keeps_size(names: World) -> World:
    def change(true: Any, n: int, k: int, s: int, p: Any, d: int) -> Any:
        axis = true(n, k, s, p, d)
        return replace(axis, output_size=n) if _is_same(p) else axis

    return _conv(names, change)


@_belief(
    "same-rounds-down",
    "'same' rounded the size down",
    "'same' rounds up, ⌈n/s⌉: the last cells get an output of their own.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'same'",
    "conv(n, k, s, 'same').output_size",
    over={"n": "1..6", "k": "1..3", "s": "1..3"},
    show="sl.explore.window(size={n}, kernel_size={k}, strides={s}, padding='same')",
)
def _same_rounds_down(names: World) -> World:
    def change(true: Any, n: int, k: int, s: int, p: Any, d: int) -> Any:
        axis = true(n, k, s, p, d)
        return replace(axis, output_size=n // s) if _is_same(p) else axis

    return _conv(names, change)


@_belief(
    "padding-ignored",
    "nothing were padded",
    "Padding adds cells before the windows are counted: ⌊(n + p_b + p_a − e)/s⌋ + 1.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'same'",
    "conv(n, k, s, 'same').output_size",
    over={"n": "1..6", "k": "1..4", "s": "1..3"},
    where=("k <= n",),
    show="sl.explore.window(size={n}, kernel_size={k}, strides={s}, padding='same')",
)
def _padding_ignored(names: World) -> World:
    return _conv(names, lambda true, n, k, s, p, d: true(n, k, s, "valid", d))


@_belief(
    "windows-rounded-up",
    "a last window that sticks out counted",
    "Convolutions round down: a window that does not fit is left out.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'valid'",
    "conv(n, k, s).output_size",
    over={"n": "1..6", "k": "1..3", "s": "1..3"},
    show="sl.explore.window(size={n}, kernel_size={k}, strides={s}, padding='valid')",
)
def _rounded_up(names: World) -> World:
    def change(true: Any, n: int, k: int, s: int, p: Any, d: int) -> Any:
        axis = true(n, k, s, p, d)
        if _is_same(p):
            return axis
        room = n + axis.pad_before + axis.pad_after - axis.span
        return replace(axis, output_size=-(-room // s) + 1)

    return _conv(names, change)


@_belief(
    "no-plus-one",
    "the first window were not counted",
    "(n + p − e)/s counts the steps between windows; there is one window more than steps.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'valid'",
    "conv(n, k, s).output_size",
    over={"n": "1..6", "k": "1..3", "s": "1..3"},
    show="sl.explore.window(size={n}, kernel_size={k}, strides={s}, padding='valid')",
)
def _no_plus_one(names: World) -> World:
    def change(true: Any, n: int, k: int, s: int, p: Any, d: int) -> Any:
        axis = true(n, k, s, p, d)
        return axis if _is_same(p) else replace(axis, output_size=axis.output_size - 1)

    return _conv(names, change)


@_belief(
    "stride-ignored",
    "the window moved by one cell, whatever the stride",
    "A stride of s puts windows s cells apart, so there are about a sth as many.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'valid'",
    "conv(n, k, s).output_size",
    over={"n": "1..6", "k": "1..3", "s": "1..3"},
    show="sl.explore.window(size={n}, kernel_size={k}, strides={s}, padding='valid')",
)
def _stride_ignored(names: World) -> World:
    return _conv(names, lambda true, n, k, s, p, d: true(n, k, 1, p, d))


@_belief(
    "stride-divides-input",
    "the stride divided the size and the kernel took nothing",
    "'valid' counts the windows that fit: ⌊(n − e)/s⌋ + 1, and the kernel takes its part.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'valid'",
    "conv(n, k, s).output_size",
    over={"n": "1..6", "k": "1..3", "s": "1..3"},
    show="sl.explore.window(size={n}, kernel_size={k}, strides={s}, padding='valid')",
)
def _stride_divides(names: World) -> World:
    def change(true: Any, n: int, k: int, s: int, p: Any, d: int) -> Any:
        axis = true(n, k, s, p, d)
        return axis if _is_same(p) else replace(axis, output_size=n // s)

    return _conv(names, change)


@_belief(
    "pads-counted-once",
    "the padding were added once, not on both sides",
    "A padding of p adds p cells on each side: n + 2p.",
    "{many(n, 'cell')}, a kernel of {2*p + 1}, padding {p}",
    "conv(n, 2*p + 1, 1, p).output_size",
    over={"n": "1..6", "p": "0..2"},
    where=("n > p",),
    show="sl.explore.padding(size={n}, kernel_size={2*p + 1}, strides=1, padding='same')",
)
def _pads_once(names: World) -> World:
    def change(true: Any, n: int, k: int, s: int, p: Any, d: int) -> Any:
        return true(n, k, s, (p, 0) if isinstance(p, int) else p, d)

    return _conv(names, change)


# --- spans ----------------------------------------------------------------------------------------


@_belief(
    "dilation-ignored",
    "dilation left the window as wide as the kernel",
    "Dilation spreads the taps: the window spans d·(k − 1) + 1 cells.",
    "{many(n, 'cell')}, a kernel of {k}, dilation {d}, 'valid'",
    "conv(n, k, 1, 'valid', d).output_size",
    over={"n": "1..6", "k": "1..3", "d": "1..3"},
    show="sl.explore.window(size={n}, kernel_size={k}, dilation_rate={d}, padding='valid')",
)
def _dilation_ignored(names: World) -> World:
    changed = _conv(names, lambda true, n, k, s, p, d: true(n, k, s, p, 1))
    return changed | {"span": lambda kernel, dilation=1: kernel}


@_belief(
    "dilation-multiplies",
    "the window spanned dilation times kernel cells",
    "There are k − 1 gaps between k taps: the window spans d·(k − 1) + 1 cells.",
    "a kernel of {k}, dilation {d}: the cells that its window spans",
    "span(k, d)",
    over={"k": "1..4", "d": "1..3"},
    where=("k > 1",),
    show="sl.explore.window(size=5, kernel_size={k}, dilation_rate={d})",
)
def _dilation_multiplies(names: World) -> World:
    changed = _conv(names, lambda true, n, k, s, p, d: true(n, k * d, s, p, 1))
    return changed | {"span": lambda kernel, dilation=1: kernel * dilation}


@_belief(
    "dilation-counts-holes",
    "dilation counted the cells left out between two taps",
    "Dilation is the distance of neighbouring taps: 1 means no holes.",
    "a kernel of {k}, dilation {d}: the cells that its window spans",
    "span(k, d)",
    over={"k": "1..4", "d": "1..3"},
    show="sl.explore.window(size=5, kernel_size={k}, dilation_rate={d})",
)
def _dilation_holes(names: World) -> World:
    changed = _conv(names, lambda true, n, k, s, p, d: true(n, k, s, p, d + 1))
    return changed | {"span": lambda kernel, dilation=1: (dilation + 1) * (kernel - 1) + 1}


# --- pads -----------------------------------------------------------------------------------------


def _same_pads_as(
    names: World, pads: Callable[[int, int, int], tuple[int, int]], *, of_kernel: bool = False
) -> World:
    """A world where SAME pads otherwise: `pads` gets size, span (or kernel) and stride."""

    def change(true: Any, n: int, k: int, s: int, p: Any, d: int) -> Any:
        axis = true(n, k, s, p, d)
        if not _is_same(p):
            return axis
        before, after = pads(n, k if of_kernel else axis.span, s)
        return replace(axis, pad_before=before, pad_after=after)

    def same_pads(size: int, span: int, stride: int, *, lower: bool = False) -> tuple[int, int]:
        return pads(size, span, stride)

    return _conv(names, change) | {"same_pads": same_pads}


@_belief(
    "odd-cell-before",
    "the odd cell of padding went before",
    "Keras, TensorFlow, JAX and PyTorch put the odd cell after; ONNX's SAME_LOWER puts it before.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'same': the cells before and after",
    "same_pads(n, k, s)",
    over={"n": "1..6", "k": "1..4", "s": "1..3"},
    where=("k <= n",),
    show="sl.explore.window(size={n}, kernel_size={k}, strides={s}, padding='same')",
)
def _odd_before(names: World) -> World:
    true = names["same_pads"]
    return _same_pads_as(names, lambda n, e, s: true(n, e, s)[::-1])


@_belief(
    "half-the-kernel",
    "each side got k // 2 cells, as with PyTorch's padding=k//2",
    "'same' pads what the last window needs beyond the input: with a stride that is less.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'same': the cells before and after",
    "same_pads(n, k, s)",
    over={"n": "1..6", "k": "1..5", "s": "1..3"},
    where=("k % 2",),
    show="sl.explore.window(size={n}, kernel_size={k}, strides={s}, padding='same')",
)
def _half_kernel(names: World) -> World:
    return _same_pads_as(names, lambda n, k, s: (k // 2, k // 2), of_kernel=True)


@_belief(
    "pads-ignore-stride",
    "'same' padded e − 1 cells at any stride",
    "e − 1 is right at stride 1. With a stride the last window starts earlier and needs less.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'same': the cells before and after",
    "same_pads(n, k, s)",
    over={"n": "1..6", "k": "1..4", "s": "1..3"},
    where=("k <= n",),
    show="sl.explore.window(size={n}, kernel_size={k}, strides={s}, padding='same')",
)
def _pads_ignore_stride(names: World) -> World:
    true = names["same_pads"]
    return _same_pads_as(names, lambda n, e, s: true(n, e, 1))


@_belief(
    "pads-without-max",
    "'same' took cells away where the windows need fewer than there are",
    "The cells to pad are max((o − 1)·s + e − n, 0): never fewer than none.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'same': all cells of padding",
    "sum(same_pads(n, k, s))",
    over={"n": "1..6", "k": "1..4", "s": "1..3"},
    show="sl.explore.window(size={n}, kernel_size={k}, strides={s}, padding='same')",
)
def _without_max(names: World) -> World:
    def pads(n: int, e: int, s: int) -> tuple[int, int]:
        total = (-(-n // s) - 1) * s + e - n
        return total // 2, total - total // 2

    return _same_pads_as(names, pads)


# --- transposed, pooling, fields ------------------------------------------------------------------


@_belief(
    "transposed-multiplies",
    "a transposed convolution multiplied the size by the stride, whatever the padding",
    "Keras' 'valid' gives (n − 1)·s + max(e, s); only 'same' gives n·s.",
    "{many(n, 'cell')}, a kernel of {k}, stride {s}, 'valid': the transposed size",
    "transposed(n, k, s, 'valid').output_size",
    over={"n": "1..4", "k": "1..4", "s": "1..3"},
    where=("s > 1",),
    show="sl.explore.transpose(size={n}, kernel_size={k}, strides={s})",
)
def _transposed_multiplies(names: World) -> World:
    true = names["transposed"]

    def transposed(size: int, kernel: int, stride: int = 1, *rest: Any, **more: Any) -> Any:
        axis: TransposedAxis = true(size, kernel, stride, *rest, **more)
        return replace(axis, output_size=size * stride)

    return {"transposed": transposed}


@_belief(
    "ceil-in-pooling",
    "pooling rounded up by itself",
    "PyTorch's pooling and Keras' 'valid' round down; ceil_mode=True and Caffe round up.",
    "{many(n, 'cell')}, a pool of {k}: the outputs",
    "pool(n, k).output_size",
    over={"n": "1..6", "k": "1..4"},
    where=("k <= n",),
    show="sl.explore.window(size={n}, kernel_size={k}, strides={k}, padding='valid')",
)
def _ceil_pooling(names: World) -> World:
    true = names["pool"]

    def pool(
        size: int, window: int, stride: Any = None, padding: Any = "valid", **more: Any
    ) -> Any:
        return true(size, window, stride, padding, **{**more, "ceil_mode": True})

    return {"pool": pool}


@_belief(
    "pool-stride-one",
    "pooling windows moved by one cell",
    "A pooling's stride is the pool's size where none is given.",
    "{many(n, 'cell')}, a pool of {k}: the outputs",
    "pool(n, k).output_size",
    over={"n": "1..6", "k": "1..4"},
    where=("k <= n",),
    show="sl.explore.window(size={n}, kernel_size={k}, strides={k}, padding='valid')",
)
def _pool_stride(names: World) -> World:
    true = names["pool"]

    def pool(
        size: int, window: int, stride: Any = None, padding: Any = "valid", **more: Any
    ) -> Any:
        return true(size, window, 1 if stride is None else stride, padding, **more)

    return {"pool": pool}


def _receptive(names: World, change: Callable[[list[Any]], list[int]]) -> World:
    """A world where the fields' sizes are other ones: `change` gets the layers."""
    true = names["receptive"]

    def receptive(layers: Any, input_size: Any = None) -> Any:
        fields = true(layers, input_size)
        return [
            replace(one, rows=_sized(one.rows, size), cols=_sized(one.cols, size))
            for one, size in zip(fields, change(list(layers)), strict=True)
        ]

    return {"receptive": receptive}


def _sized(axis: FieldAxis, size: int) -> FieldAxis:
    return replace(axis, size=size)


def _sums(layers: list[Any], each: Callable[[int, int, int], int], start: int) -> list[int]:
    """`start` and for each layer `each` of its span, its stride and the strides before it."""
    sizes, jump = [start], 1
    for layer in layers:
        window = layer.get("kernel_size", layer.get("pool_size"))
        e = layer.get("dilation_rate", 1) * (window - 1) + 1
        s = layer.get("strides", window if "pool_size" in layer else 1)
        sizes.append(sizes[-1] + each(e, s, jump))
        jump *= s
    return sizes[1:]


@_belief(
    "field-is-kernel",
    "an output saw as many cells as its own layer's kernel has",
    "It sees what its inputs see: each layer adds (e − 1) times the strides before it.",
    "two layers, kernels of {a} and {b}: the field of the last",
    "receptive([{'kernel_size': a}, {'kernel_size': b}])[-1].rows.size",
    over={"a": "1..4", "b": "1..4"},
    show="sl.explore.stack(size=8, channels=1, layers=["
    "dict(layer='conv', kernel_size={a}), dict(layer='conv', kernel_size={b})])",
)
def _field_is_kernel(names: World) -> World:
    def change(layers: list[Any]) -> list[int]:
        return [layer.get("kernel_size", layer.get("pool_size")) for layer in layers]

    return _receptive(names, change)


@_belief(
    "field-ignores-strides",
    "strides left the field alone",
    "Behind a stride neighbouring inputs lie further apart: a later layer adds (e − 1)·S cells.",
    "a kernel of {a} with stride {s}, then a kernel of {b}: the field of the last",
    "receptive([{'kernel_size': a, 'strides': s}, {'kernel_size': b}])[-1].rows.size",
    over={"a": "1..3", "s": "1..3", "b": "1..3"},
    show="sl.explore.stack(size=8, channels=1, layers=["
    "dict(layer='conv', kernel_size={a}, strides={s}), dict(layer='conv', kernel_size={b})])",
)
def _field_no_strides(names: World) -> World:
    return _receptive(names, lambda layers: _sums(layers, lambda e, s, jump: e - 1, 1))


@_belief(
    "field-adds-kernels",
    "the kernels' sizes were added up",
    "Neighbouring windows overlap: a layer adds e − 1 cells, not e.",
    "two layers, kernels of {a} and {b}: the field of the last",
    "receptive([{'kernel_size': a}, {'kernel_size': b}])[-1].rows.size",
    over={"a": "1..4", "b": "1..4"},
    show="sl.explore.stack(size=8, channels=1, layers=["
    "dict(layer='conv', kernel_size={a}), dict(layer='conv', kernel_size={b})])",
)
def _field_adds(names: World) -> World:
    return _receptive(names, lambda layers: _sums(layers, lambda e, s, jump: e * jump, 0))


@_belief(
    "stride-widens-own-field",
    "a layer's stride widened its own field",
    "A stride sets how far apart neighbours' fields lie; it widens the fields of later layers.",
    "one layer, a kernel of {k} with stride {s}: its field",
    "receptive([{'kernel_size': k, 'strides': s}])[-1].rows.size",
    over={"k": "1..4", "s": "1..3"},
    show="sl.explore.stack(size=8, channels=1, layers=["
    "dict(layer='conv', kernel_size={k}, strides={s})])",
)
def _stride_widens(names: World) -> World:
    return _receptive(names, lambda layers: _sums(layers, lambda e, s, jump: (e - 1) * jump * s, 1))


# --- values and costs -----------------------------------------------------------------------------


@_belief(
    "kernel-flipped",
    "the kernel were flipped first, as in mathematics",
    "Deep learning's convolution is a correlation: the kernel lies on the cells as it is written.",
    "the cells {x} under the kernel {w}",
    "correlate(x, w)",
    over={"x": "2 of 0..1", "w": "2 of 0..2"},
    show="sl.explore.window(size=(1, 2), kernel=[{w}], padding='valid', "
    "image=np.array([{x}], float))",
)
def _flipped(names: World) -> World:
    true = names["correlate"]

    def turned(kernel: Any) -> Any:
        backwards = list(kernel)[::-1]
        return [list(row)[::-1] for row in backwards] if _is_grid(kernel) else backwards

    return {"correlate": lambda x, kernel, **more: true(x, turned(kernel), **more)}


def _is_grid(kernel: Any) -> bool:
    return hasattr(kernel[0], "__len__")


@_belief(
    "bias-forgotten",
    "the biases were not counted",
    "Each filter has a bias, which is learned too: Cout more parameters.",
    "{many(c, 'channel')}, {many(f, 'filter')}, a kernel of {k}: the parameters",
    "cost((4, 4, c), f, k).params",
    over={"c": "1..3", "f": "1..3", "k": "1..3"},
    show="sl.explore.stack(size=4, channels={c}, layers=["
    "dict(layer='conv', kernel_size={k}, filters={f})])",
)
def _no_bias(names: World) -> World:
    return _cost(names, lambda found, more: replace(found, params=found.params - more["filters"]))


@_belief(
    "channels-forgotten",
    "a filter had one slice, whatever the input's channels",
    "A filter has a slice for each input channel of its group: KH·KW·Cin weights.",
    "{many(c, 'channel')}, {many(f, 'filter')}, a kernel of {k}, one output: the multiply-adds",
    "cost((k, k, c), f, k).macs",
    over={"c": "1..3", "f": "1..3", "k": "1..3"},
    show="sl.explore.stack(size={k}, channels={c}, layers=["
    "dict(layer='conv', kernel_size={k}, filters={f})])",
)
def _no_channels(names: World) -> World:
    def change(found: Any, more: dict[str, Any]) -> Any:
        depth = more["channels"] // more["groups"]
        params = (found.params - more["filters"]) // depth + more["filters"]
        return replace(found, params=params, macs=found.macs // depth)

    return _cost(names, change)


@_belief(
    "groups-ignored",
    "groups changed nothing about the cost",
    "A filter of one of g groups sees Cin/g channels only: a gth of the weights and multiply-adds.",
    "{c} channels, {f} filters, {many(g, 'group')}, a kernel of {k}, one output: the multiply-adds",
    "cost((k, k, c), f, k, groups=g).macs",
    over={"c": "1..4", "f": "1..4", "g": "1..3", "k": "1..3"},
    where=("c % g == 0", "f % g == 0"),
    show="sl.explore.groups(channels={c}, filters={f}, groups={g}, kernel_size={k})",
)
def _groups_ignored(names: World) -> World:
    true = names["cost"]
    return {"cost": lambda *shape, **more: true(*shape, **{**more, "groups": 1})}


def _cost(names: World, change: Callable[[Any, dict[str, Any]], Any]) -> World:
    true = names["cost"]

    def cost(input_shape: Any, filters: int, kernel_size: Any, **more: Any) -> Any:
        groups = more.get("groups", 1)
        known = {"filters": filters, "channels": input_shape[-1], "groups": groups}
        return change(true(input_shape, filters, kernel_size, **more), known)

    return {"cost": cost}
