"""Receptive fields: which input cells one output of a stack can see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.geometry.axis import build_axis, pool_padding, same_pads, span
from stridelab.geometry.checks import listed, pair
from stridelab.geometry.padding import AxisPadding, axis_paddings

_WINDOW = ("kernel_size", "pool_size", "strides", "padding", "dilation_rate")
_KEYS = (*_WINDOW, "filters", "groups", "name")
_LIKE = "Write {'kernel_size': 3} for a window of 3 by 3 cells."


@dataclass(frozen=True)
class FieldAxis:
    """One axis of a receptive field, in input cells.

    Parameters
    ----------
    size : int
        ``r``: cells from the first to the last that an output sees, padding included.
    jump : int
        ``S``: cells between the fields of neighbouring outputs.
    start : int
        The first cell of output 0's field; below 0 in the padding.
    output_size : int, optional
        ``o`` after this layer; None where no input size was given.
    """

    size: int
    jump: int
    start: int
    output_size: int | None = None

    @property
    def centre(self) -> float:
        """The middle of output 0's field: ``start + (r − 1)/2``."""
        return self.start + (self.size - 1) / 2


@dataclass(frozen=True)
class ReceptiveField:
    """The field after one layer of a stack: rows and columns."""

    name: str
    rows: FieldAxis
    cols: FieldAxis


def receptive_field(
    layers: Sequence[Mapping[str, object]],
    input_size: int | tuple[int, int] | None = None,
) -> list[ReceptiveField]:
    """Size, jump, start and centre of the receptive field after each layer of a stack.

    ``r = 1 + Σ_l (e_l − 1)·Π_{i<l} s_i``, ``S = Π s_i``, ``start = −Σ_l p_b,l·Π_{i<l} s_i``. A
    layer's stride widens only the fields of later layers.

    Parameters
    ----------
    layers : sequence of dict
        Keras' argument names: ``kernel_size`` or ``pool_size``, ``strides``, ``padding``,
        ``dilation_rate``; a ``name`` for the output. ``filters`` and ``groups`` may be there: a
        field does not depend on them.
    input_size : int or (int, int), optional
        ``n`` in cells. Needed where a layer pads SAME with a stride over 1, since its pads, and
        with them ``start``, depend on the size.

    Returns
    -------
    list of ReceptiveField
        One a layer; ``.rows`` and ``.cols`` each with ``size``, ``jump``, ``start``, ``centre``
        and, where the input size is known, ``output_size``.

    Raises
    ------
    StrideLabError
        For what is no list of dicts, an unknown key, a missing ``input_size``, or a layer whose
        window no longer fits.

    Source: Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural Networks",
    Distill 2019.

    >>> stem = [{"kernel_size": 7, "strides": 2, "padding": "same"}] + 4 * [
    ...     {"kernel_size": 3, "strides": 2, "padding": "same"}]
    >>> [receptive_field(stem, n)[-1].rows.centre for n in (224, 225)]
    [31.0, 0.0]
    """
    if isinstance(layers, str) or not isinstance(layers, Sequence):
        put = f"Put it into a list: [{shown(layers)}]."
        remedy = put if isinstance(layers, Mapping) else "Write [{'kernel_size': 3}]."
        raise StrideLabError("layers", "be a list of dicts, one a layer", shown(layers), "", remedy)
    if not layers:
        raise StrideLabError("layers", "hold at least one layer", "none")
    sizes = (None, None) if input_size is None else pair("input_size", input_size)
    axes = [FieldAxis(1, 1, 0, size) for size in sizes]
    fields = []
    for number, layer in enumerate(layers):
        name = _name(layer, number)
        try:
            windows = _windows(layer)
        except StrideLabError as error:
            raise error.within(name) from None
        axes = [
            _seen_through(axis, *window, where=f"{name}, {side}")
            for axis, window, side in zip(axes, windows, ("rows", "columns"), strict=True)
        ]
        fields.append(ReceptiveField(name, *axes))
    return fields


def _name(layer: object, number: int) -> str:
    name = layer.get("name") if isinstance(layer, Mapping) else None
    if name is None:
        return f"layer {number}"
    return name if isinstance(name, str) else shown(name)


def _as_dict(layer: object) -> str:
    """The dict to write for a layer object; a general one for anything else."""
    has_window = hasattr(layer, "kernel_size") or hasattr(layer, "pool_size")
    if not has_window or not hasattr(layer, "strides") or hasattr(layer, "output_padding"):
        return _LIKE  # not Keras' names, or a transposed layer
    defaults = {"strides": (1, 1), "padding": "valid", "dilation_rate": (1, 1)}
    if hasattr(layer, "pool_size"):
        defaults["strides"] = layer.pool_size
    given = {key: getattr(layer, key) for key in _WINDOW if hasattr(layer, key)}
    told = {key: value for key, value in given.items() if value != defaults.get(key)}
    return f"Write {told}."


def _windows(layer: object) -> list[tuple[str, int, int, AxisPadding, int]]:
    """Per axis: the kernel argument's name, kernel, stride, padding, dilation."""
    if not isinstance(layer, Mapping):
        plain = layer is None or isinstance(layer, (bool, int, float, str, tuple, list))
        got = shown(layer) if plain else f"an object of type {type(layer).__name__}"
        raise StrideLabError("layers", "hold dicts", got, remedy=_as_dict(layer))
    for key in layer:
        if key not in _KEYS:
            raise StrideLabError(
                "layers",
                f"hold dicts with the keys {listed(_KEYS)}",
                shown(key),
                remedy=nearest(key, _KEYS),
            )
    argument = "pool_size" if "pool_size" in layer else "kernel_size"
    if argument not in layer or ("pool_size" in layer and "kernel_size" in layer):
        raise StrideLabError(
            "layers", "have one of 'kernel_size' and 'pool_size' each", shown(dict(layer))
        )
    kernels = pair(argument, layer[argument])
    default = kernels if argument == "pool_size" else 1
    steps = pair("strides", default if layer.get("strides") is None else layer["strides"])
    pads = axis_paddings(layer.get("padding", "valid"))
    dilations = pair("dilation_rate", layer.get("dilation_rate", 1))
    if argument == "pool_size":
        if dilations != (1, 1):
            raise StrideLabError("dilation_rate", "be 1 for a pooling", shown(dilations))
        pads = (
            pool_padding(pads[0], kernels[0], "rows"),
            pool_padding(pads[1], kernels[1], "columns"),
        )
    return [(argument, *window) for window in zip(kernels, steps, pads, dilations, strict=True)]


def _seen_through(
    field: FieldAxis,
    argument: str,
    kernel: int,
    stride: int,
    padding: AxisPadding,
    dilation: int,
    *,
    where: str,
) -> FieldAxis:
    """The field after one more layer."""
    reach = span(kernel, dilation)
    output_size = None
    if field.output_size is not None:
        axis = build_axis(
            field.output_size, kernel, stride, padding, dilation, argument=argument, where=where
        )
        before, output_size = axis.pad_before, axis.output_size
    else:
        before = _pad_before_at_any_size(reach, stride, padding, where)
    return FieldAxis(
        size=field.size + (reach - 1) * field.jump,
        jump=field.jump * stride,
        start=field.start - before * field.jump,
        output_size=output_size,
    )


def _pad_before_at_any_size(reach: int, stride: int, padding: AxisPadding, where: str) -> int:
    if not isinstance(padding, str):
        return padding[0]
    if padding in ("valid", "full"):
        return reach - 1 if padding == "full" else 0
    if stride > 1 and reach > 1:
        raise StrideLabError(
            "input_size",
            "be given where a layer pads 'same' with a stride over 1",
            "None",
            f"{where}: k spans {reach}, s = {stride}",
            "The pads, and so the field's start, depend on the size.",
        )
    return same_pads(reach, reach, stride, lower=padding == "same_lower")[0]
