"""Porting: the explicit pads that make one framework's convolution equal another's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.geometry.axis import Axis
from stridelab.geometry.checks import listed, pair, whole
from stridelab.geometry.conventions import Convention, convention_named

_ARGUMENTS = ("kernel_size", "strides", "padding", "dilation_rate", "groups")
_Pair = tuple[int, int]
_Pads = tuple[_Pair, _Pair]


@dataclass(frozen=True)
class Port:
    """What to write in the target framework; made by `port`.

    Parameters
    ----------
    source, target : str
        The two frameworks.
    output_shape : (int, int)
        Rows and columns that both give.
    pads : ((int, int), (int, int))
        Cells ((top, bottom), (left, right)).
    kernel_axes : tuple of int
        The permutation that turns the source's kernel array into the target's:
        ``np.transpose(kernel, kernel_axes)``.
    code : str
        The target's call with those pads, to copy.
    """

    source: str
    target: str
    output_shape: tuple[int, int]
    pads: _Pads
    kernel_axes: tuple[int, ...]
    code: str

    def __str__(self) -> str:
        return self.code


def port(
    source: str, target: str, input_size: int | tuple[int, int], **conv_arguments: object
) -> Port:
    """The explicit pads, kernel layout and call that make `target` equal `source`.

    Two convolutions read the same windows where output size, first tap (``−p_b``), stride and
    dilation agree; explicit pads carry all that.

    Parameters
    ----------
    source, target : str
        Names that `stridelab.convention` knows.
    input_size : int or (int, int)
        Cells, for both axes or (rows, columns); SAME's pads depend on it.
    **conv_arguments
        ``kernel_size`` and, where they are not 1, ``strides``, ``dilation_rate`` and ``groups``, by
        Keras' names; ``padding`` as the source spells it.

    Raises
    ------
    StrideLabError
        Where the source's 2-D convolution refuses the arguments, or the target has no such one.

    Source: the rules of `stridelab.convention`.

    >>> p = port("keras", "torch", (224, 225), kernel_size=3, strides=2, padding="same")
    >>> p.pads, p.kernel_axes
    (((0, 1), (1, 1)), (3, 2, 0, 1))
    >>> print(p)
    # x is (N, C, H, W), kernel (O, I, H, W)
    # a kernel of Keras turns by kernel.transpose(3, 2, 0, 1)
    x = torch.nn.functional.pad(x, (1, 1, 0, 1))  # left, right, top, bottom
    y = torch.nn.functional.conv2d(x, kernel, stride=(2, 2), dilation=(1, 1), groups=1)
    """
    giver, taker = convention_named("source", source), convention_named("target", target)
    arguments = _checked(conv_arguments)
    kernels = pair("kernel_size", arguments["kernel_size"])
    strides = pair("strides", arguments.get("strides", 1))
    dilations = pair("dilation_rate", arguments.get("dilation_rate", 1))
    groups = whole("groups", arguments.get("groups", 1))
    sizes = pair("input_size", input_size)
    padding = giver.plane_pads(arguments.get("padding"))
    giver.judge(strides, dilations, padding[0])
    room = giver.room(strides, dilations)
    rows, cols = (
        giver.axis(size, k, s, d, cells, room, argument="kernel_size", where=where)
        for size, k, s, d, cells, where in zip(
            sizes, kernels, strides, dilations, padding, ("rows", "columns"), strict=True
        )
    )
    pads = ((rows.pad_before, rows.pad_after), (cols.pad_before, cols.pad_after))
    axes = tuple(giver.kernel_layout.index(axis) for axis in taker.kernel_layout)
    taker.judge(strides, dilations, pads[0])  # refused even on an input that is padded already
    _judge_windows(taker, rows, cols)
    _judge_crop(taker, sizes, pads)
    return Port(
        source=giver.name,
        target=taker.name,
        output_shape=(rows.output_size, cols.output_size),
        pads=pads,
        kernel_axes=axes,
        code=_turn(giver, axes, _CALLS[taker.name](pads, kernels, strides, dilations, groups)),
    )


def _turn(giver: Convention, axes: tuple[int, ...], code: str) -> str:
    """The code, with a line that says how the source's kernel turns, where it has to."""
    if axes == (0, 1, 2, 3):
        return code
    layouts, call = code.split("\n", 1)
    return f"{layouts}\n# a kernel of {giver.title} turns by kernel.transpose{axes}\n{call}"


def _checked(arguments: Mapping[str, object]) -> Mapping[str, object]:
    for name in arguments:
        if name not in _ARGUMENTS:
            raise StrideLabError(
                "conv_arguments",
                f"be among {listed(_ARGUMENTS)}",
                shown(name),
                remedy=nearest(name, _ARGUMENTS),
            )
    if "kernel_size" not in arguments:
        raise StrideLabError("kernel_size", "be given", "nothing", remedy="Write kernel_size=3.")
    return arguments


def _judge_windows(taker: Convention, *axes: Axis) -> None:
    """Only JAX gives an empty output where the window is wider than the padded input."""
    for axis, where in zip(axes, ("rows", "columns"), strict=True):
        if axis.output_size == 0 and taker.name != "jax":
            padded = axis.size + axis.pad_before + axis.pad_after
            raise StrideLabError(
                "target",
                "be 'jax' where the window is wider than the padded input, since only JAX gives "
                "an empty output there",
                repr(taker.name),
                f"{where}: a span of {axis.span} over {padded} cells",
                f"Pad by {axis.span - padded} more.",
            )


def _judge_crop(taker: Convention, sizes: _Pair, pads: _Pads) -> None:
    """A negative pad crops, which only JAX's pads and PyTorch's ``pad`` do."""
    if min(*pads[0], *pads[1]) >= 0 or taker.name in ("jax", "torch"):
        return
    kept, left, padding = {}, [], []
    for axis, size, (before, after) in zip("HW", sizes, pads, strict=True):
        kept[axis] = f"{max(-before, 0) or ''}:{min(after, 0) or ''}"
        left.append(size + min(before, 0) + min(after, 0))
        padding.append((max(before, 0), max(after, 0)))
    slices = ", ".join(kept.get(axis, ":") for axis in taker.input_layout)
    remedy = (
        f"Crop the input first, x = x[{slices}], and port the rest: input_size={tuple(left)}, "
        f"padding={tuple(padding)}."
    )
    if min(left) < 1:
        remedy = "Crop less: no cell is left."
    elif taker.name == "caffe" and any(before != after for before, after in padding):
        remedy = "Crop and pad the input before it enters the network."
    raise StrideLabError(
        "target",
        "be 'jax' or 'torch' where a pad is negative: others cannot crop",
        repr(taker.name),
        f"pads {pads}",
        remedy,
    )


def _keras(pads: _Pads, kernels: _Pair, strides: _Pair, dilations: _Pair, groups: int) -> str:
    pad = f"x = keras.layers.ZeroPadding2D({pads})(x)\n" if pads != ((0, 0), (0, 0)) else ""
    return (
        "# x is (N, H, W, C), kernel (H, W, I, O)\n"
        f"{pad}y = keras.layers.Conv2D(filters, {kernels}, strides={strides}, padding='valid', "
        f"dilation_rate={dilations}, groups={groups})(x)"
    )


def _tensorflow(pads: _Pads, kernels: _Pair, strides: _Pair, dilations: _Pair, groups: int) -> str:
    (top, bottom), (left, right) = pads
    return (
        "# x is (N, H, W, C), kernel (H, W, I, O); its I says how many groups there are\n"
        f"y = tf.nn.conv2d(x, kernel, strides={strides}, "
        f"padding=[[0, 0], [{top}, {bottom}], [{left}, {right}], [0, 0]], dilations={dilations})"
    )


def _jax(pads: _Pads, kernels: _Pair, strides: _Pair, dilations: _Pair, groups: int) -> str:
    return (
        "# x is (N, H, W, C), kernel (H, W, I, O)\n"
        f"y = jax.lax.conv_general_dilated(x, kernel, {strides}, {pads}, "
        f"rhs_dilation={dilations}, dimension_numbers=('NHWC', 'HWIO', 'NHWC'), "
        f"feature_group_count={groups})"
    )


def _torch(pads: _Pads, kernels: _Pair, strides: _Pair, dilations: _Pair, groups: int) -> str:
    (top, bottom), (left, right) = pads
    pad, padding = "", ""
    if top == bottom and left == right and min(top, left) >= 0:
        padding = f"padding={(top, left)}, "
    else:
        sides = (left, right, top, bottom)
        pad = f"x = torch.nn.functional.pad(x, {sides})  # left, right, top, bottom\n"
    return (
        "# x is (N, C, H, W), kernel (O, I, H, W)\n"
        f"{pad}y = torch.nn.functional.conv2d(x, kernel, stride={strides}, {padding}"
        f"dilation={dilations}, groups={groups})"
    )


def _onnx(pads: _Pads, kernels: _Pair, strides: _Pair, dilations: _Pair, groups: int) -> str:
    (top, bottom), (left, right) = pads
    return (
        "# x is (N, C, H, W), kernel (O, I, H, W)\n"
        "node = onnx.helper.make_node('Conv', ['x', 'kernel'], ['y'], "
        f"strides={list(strides)}, pads={[top, left, bottom, right]}, "
        f"dilations={list(dilations)}, group={groups})"
    )


def _caffe(pads: _Pads, kernels: _Pair, strides: _Pair, dilations: _Pair, groups: int) -> str:
    (top, bottom), (left, right) = pads
    if top != bottom or left != right:
        raise StrideLabError(
            "target",
            "take uneven pads; Caffe pads both sides of an axis alike",
            "'caffe'",
            f"pads {pads}",
            "Pad the input before it enters the network.",
        )
    if dilations[0] != dilations[1]:
        dilation = f"dilation: {dilations[0]} dilation: {dilations[1]}"
    else:
        dilation = f"dilation: {dilations[0]}"
    return (
        "# x is (N, C, H, W), kernel (O, I, H, W)\n"
        f"convolution_param {{ kernel_h: {kernels[0]} kernel_w: {kernels[1]} "
        f"stride_h: {strides[0]} stride_w: {strides[1]} pad_h: {top} pad_w: {left} "
        f"{dilation} group: {groups} }}"
    )


_CALLS = {
    "keras": _keras,
    "tensorflow": _tensorflow,
    "jax": _jax,
    "torch": _torch,
    "onnx": _onnx,
    "caffe": _caffe,
}
