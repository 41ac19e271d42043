"""Receptive fields: which input cells one output of a stack can see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.geometry.axis import build_axis, pool_padding, same_pads, span
from stridelab.geometry.checks import listed, pair
from stridelab.geometry.padding import AxisPadding, axis_paddings

_KEYS = ("kernel_size", "pool_size", "strides", "padding", "dilation_rate", "name")


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
        ``dilation_rate``; a ``name`` for the output.
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
        For an unknown key, a missing ``input_size``, or a layer whose window no longer fits.

    Source: Araujo, Norris & Sim, "Computing Receptive Fields of Convolutional Neural Networks",
    Distill 2019.

    >>> stem = [{"kernel_size": 7, "strides": 2, "padding": "same"}] + 4 * [
    ...     {"kernel_size": 3, "strides": 2, "padding": "same"}]
    >>> [receptive_field(stem, n)[-1].rows.centre for n in (224, 225)]
    [31.0, 0.0]
    """
    if not layers:
        raise StrideLabError("layers", "hold at least one layer", "none")
    sizes = (None, None) if input_size is None else pair("input_size", input_size)
    axes = [FieldAxis(1, 1, 0, size) for size in sizes]
    fields = []
    for number, layer in enumerate(layers):
        name = str(layer.get("name", f"layer {number}"))
        windows = _windows(layer, name)
        axes = [
            _seen_through(axis, *window, where=f"{name}, {side}")
            for axis, window, side in zip(axes, windows, ("rows", "columns"), strict=True)
        ]
        fields.append(ReceptiveField(name, *axes))
    return fields


def _windows(
    layer: Mapping[str, object], name: str
) -> list[tuple[str, int, int, AxisPadding, int]]:
    """Per axis: the kernel argument's name, kernel, stride, padding, dilation."""
    for key in layer:
        if key not in _KEYS:
            raise StrideLabError(
                "layers",
                f"hold dicts with the keys {listed(_KEYS)}",
                shown(key),
                name,
                nearest(key, _KEYS),
            )
    argument = "pool_size" if "pool_size" in layer else "kernel_size"
    if argument not in layer or ("pool_size" in layer and "kernel_size" in layer):
        raise StrideLabError(
            "layers", "have one of 'kernel_size' and 'pool_size' each", shown(dict(layer)), name
        )
    kernels = pair(argument, layer[argument])
    default = kernels if argument == "pool_size" else 1
    steps = pair("strides", default if layer.get("strides") is None else layer["strides"])
    pads = axis_paddings(layer.get("padding", "valid"))
    dilations = pair("dilation_rate", layer.get("dilation_rate", 1))
    if argument == "pool_size":
        if dilations != (1, 1):
            raise StrideLabError("dilation_rate", "be 1 for a pooling", shown(dilations), name)
        pads = (pool_padding(pads[0], kernels[0]), pool_padding(pads[1], kernels[1]))
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
