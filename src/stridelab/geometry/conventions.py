"""Each framework's own rule for sizes and pads: what it takes, what it gives, what it refuses.

``padding`` is spelled here as the framework spells it, and the errors say why the framework
refuses, not only that it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.geometry.axis import Axis, build_axis, pool_padding, span
from stridelab.geometry.checks import as_tuple, flag, listed, one_axis, one_of, pair, whole
from stridelab.geometry.padding import AxisPadding
from stridelab.geometry.transposed import TransposedAxis, transposed_axis


class Convention:
    """One framework's rules for one axis; `convention` hands one out by name.

    Attributes
    ----------
    name : str
        The framework, lower case.
    title : str
        The framework as a sentence names it.
    input_layout, kernel_layout : str
        The axes of a batch of images and of a 2-D kernel: N (images), H, W, C (channels); I (input
        channels a group) and O (output channels).
    paddings : dict
        The framework's padding names and what they are in this package.
    default_padding : str, int or (int, int)
        What `conv` and `pool` take where the framework's call leaves padding out.
    """

    name: str
    title: str
    input_layout: str
    kernel_layout: str
    paddings: dict[str, str]
    default_padding: str | int | tuple[int, int]
    any_case = False
    takes_pairs = True  # (before, after)
    takes_number = False  # one for both sides
    takes_ceil_mode = False
    fewest_cells: int | None = 0  # None: a negative pad crops

    def __repr__(self) -> str:
        return (
            f"{self.title}'s rules, one axis at a time: .conv(size, kernel, stride, dilation, "
            "padding), .pool(size, pool, stride, padding, ceil_mode)"
        )

    def conv(
        self,
        size: int,
        kernel: int,
        stride: int = 1,
        dilation: int = 1,
        padding: object = None,
    ) -> Axis:
        """One axis of this framework's convolution.

        Parameters
        ----------
        size, kernel, stride, dilation : int
            ``n``, ``k``, ``s``, ``d`` in cells; at least 1.
        padding : str, int or (int, int), optional
            As the framework spells it; None for its default.

        Raises
        ------
        StrideLabError
            Where the framework raises, and for what is no size.
        """
        n, k, s, d = _sizes(size, kernel, stride, dilation)
        pads = self._pads(padding)
        self.judge((s,), (d,), pads)
        return self.axis(n, k, s, d, pads, self.room((s,), (d,)))

    def axis(
        self,
        size: int,
        kernel: int,
        stride: int,
        dilation: int,
        pads: AxisPadding,
        room: str,
        *,
        argument: str = "kernel",
        where: str = "",
    ) -> Axis:
        """An axis from what `plane_pads` and `judge` have passed; only its fit is judged here."""
        if pads == "causal":
            pads = (span(kernel, dilation) - 1, 0)
        return build_axis(
            size, kernel, stride, pads, dilation, argument=argument, where=where, remedy=room
        )

    def judge(
        self, strides: tuple[int, ...], dilations: tuple[int, ...], pads: AxisPadding
    ) -> None:
        """Raises where the framework refuses this convolution, on however many axes it has.

        Most frameworks refuse none; those that do look at the largest of the numbers.
        """

    def pool(
        self,
        size: int,
        pool: int,
        stride: int | None = None,
        padding: object = None,
        ceil_mode: bool | None = None,
    ) -> Axis:
        """One axis of this framework's pooling.

        Parameters
        ----------
        size, pool : int
            ``n`` and ``k`` in cells; at least 1.
        stride : int, optional
            ``s`` in cells; the pool size where it is None.
        padding : str, int or (int, int), optional
            As the framework spells it; None for its default.
        ceil_mode : bool, optional
            Whether the size is rounded up; None for the framework's default.

        Raises
        ------
        StrideLabError
            Where the framework raises, for what is no size, and for a `ceil_mode` that is no bool.
        """
        n, k, s, _ = _sizes(size, pool, pool if stride is None else stride, 1)
        pads = self._pads(padding)
        rounds_up = None if ceil_mode is None else flag("ceil_mode", ceil_mode)
        return self._pooled(n, k, s, pads, rounds_up)

    def _pooled(
        self, size: int, pool: int, stride: int, pads: AxisPadding, ceil_mode: bool | None
    ) -> Axis:
        if ceil_mode and not self.takes_ceil_mode:
            raise StrideLabError(
                "ceil_mode",
                f"be False: {self.title} rounds a pooling's size by its padding's name",
                "True",
                remedy="'same' gives ⌈n/s⌉.",
            )
        return build_axis(
            size,
            pool,
            stride,
            pool_padding(pads, pool),
            1,
            argument="pool",
            ceil_mode=bool(ceil_mode),
            remedy=self._room_for_pool(),
        )

    def transposed(
        self,
        size: int,
        kernel: int,
        stride: int = 1,
        dilation: int = 1,
        padding: object = None,
        output_padding: int | None = None,
    ) -> TransposedAxis:
        """One axis of this framework's transposed convolution (Keras and PyTorch).

        Raises
        ------
        StrideLabError
            Where the framework raises, and for a framework whose rule this package does not hold.
        """
        raise StrideLabError(
            "framework", "be 'keras' or 'torch' for a transposed convolution", repr(self.name)
        )

    def _pads(self, padding: object) -> AxisPadding:
        """The framework's spelling as this package's: a name, or (before, after)."""
        value = self.default_padding if padding is None else padding
        rule = self._rule(
            self.paddings, "cells (before, after)", "a number of cells for both sides"
        )
        if isinstance(value, str):
            return self._named(value, self.paddings, rule)
        if isinstance(value, (tuple, list)) and len(value) == 2:
            before, after = (self._cells(cells) for cells in value)
            if self.takes_pairs or (self.takes_number and before == after):
                return before, after
        elif self.takes_number:
            cells = self._cells(value)
            return cells, cells
        raise StrideLabError("padding", rule, shown(value), remedy=self._remedy(value))

    def plane_pads(self, padding: object) -> tuple[AxisPadding, AxisPadding]:
        """The framework's spelling for a 2-D convolution: one entry for rows, one for columns.

        A name is for both axes. A framework that takes pairs takes one an axis; one that takes a
        number takes one for every side, or one an axis.

        Raises
        ------
        StrideLabError
            For what the framework's 2-D convolution does not take.

        >>> convention("jax").plane_pads(((0, 1), (1, 1))), convention("torch").plane_pads((0, 1))
        (((0, 1), (1, 1)), ((0, 0), (1, 1)))
        """
        if padding is None:
            pads = self._pads(None)
            return pads, pads
        names = {name: ours for name, ours in self.paddings.items() if ours != "causal"}
        rule = self._rule(
            names,
            "cells ((top, bottom), (left, right))",
            "a number of cells for every side, or two (rows, columns)",
        )
        if isinstance(padding, str):
            name = self._named(padding, names, rule)
            return name, name
        entries = padding if isinstance(padding, (tuple, list)) else (padding, padding)
        lengths = [len(each) if isinstance(each, (tuple, list)) else 0 for each in entries]
        if lengths == [2, 2] and self.takes_pairs:
            return self._pads(entries[0]), self._pads(entries[1])
        a_name = any(isinstance(each, str) for each in entries)
        if lengths == [0, 0] and self.takes_number and not a_name and not as_tuple(padding, (2,)):
            rows, cols = (self._cells(each) for each in entries)
            return (rows, rows), (cols, cols)
        raise StrideLabError("padding", rule, shown(padding), remedy=self._plane_remedy(padding))

    def _named(self, value: str, names: Mapping[str, str], rule: str) -> str:
        """What the framework's padding name is in this package."""
        spelling = {name.lower(): name for name in names}.get(value.lower())
        name = spelling if self.any_case and spelling else value
        if name in names:
            return names[name]
        remedy = f"Write {spelling!r}." if spelling else nearest(value, names)
        if value.lower() == "causal" and "causal" in self.paddings:
            remedy = "Only Conv1D takes it."
        raise StrideLabError("padding", rule, shown(value), remedy=remedy)

    def _cells(self, value: object) -> int:
        return whole("padding", value, self.fewest_cells, self.title)

    def _rule(self, names: Mapping[str, str], pairs: str, number: str) -> str:
        choices = [listed(list(names))] if names else []
        if self.takes_pairs:
            choices.append(pairs)
        if self.takes_number:
            choices.append(number)
        return f"be {', or '.join(choices)} in {self.title}"

    def _remedy(self, value: object) -> str:
        """What to write instead of pads that the framework does not take on one axis."""
        if not self.takes_pairs:
            return "For other pads, pad the input before the call; sl.port writes it."
        try:
            cells = self._cells(value)
        except StrideLabError:  # no number that could be written twice
            return as_tuple(value, (2,)) or f"Write {self._numbers('two')}, such as (1, 1)."
        return f"Write {(cells, cells)}."

    def _plane_remedy(self, value: object) -> str:
        """The same for two axes, inside `stridelab.port`."""
        if isinstance(value, (tuple, list)) and any(isinstance(each, str) for each in value):
            return "Write one name, for both axes."
        if not self.takes_pairs:
            first = "Where the input is padded before the call, give the padded size as input_size."
            return (self.takes_number and as_tuple(value, (2,))) or first
        try:
            rows, cols = pair("padding", value, self.fewest_cells)
        except StrideLabError:
            write = f"Write {self._numbers('four')}, such as ((1, 1), (1, 1))."
            return as_tuple(value, (2, 2)) or write
        return f"Write {((rows, rows), (cols, cols))}."

    def _numbers(self, how_many: str) -> str:
        least = "" if self.fewest_cells is None else f" of at least {self.fewest_cells}"
        return f"{how_many} whole numbers{least}"

    def room(self, strides: tuple[int, ...], dilations: tuple[int, ...]) -> str:
        """How to make room for a window wider than the input (`build_axis` fills it in)."""
        return "Pad by {more} more."

    def _room_for_pool(self) -> str:
        return self.room((1,), (1,))


class Keras(Convention):
    """Layers of Keras 3. Source: ``keras/src/layers/convolutional/base_conv.py``."""

    name = "keras"
    title = "Keras"
    input_layout = "NHWC"
    kernel_layout = "HWIO"
    paddings = {"valid": "valid", "same": "same", "causal": "causal"}
    default_padding = "valid"
    any_case = True
    takes_pairs = False

    def judge(
        self, strides: tuple[int, ...], dilations: tuple[int, ...], pads: AxisPadding
    ) -> None:
        if max(strides) > 1 and max(dilations) > 1:
            raise StrideLabError(
                "strides",
                "be 1 where dilation_rate is over 1: Keras' Conv1D, Conv2D and Conv3D take one "
                "or the other",
                _as_written(strides),
                f"dilation_rate {_as_written(dilations)}",
                "DepthwiseConv2D and sl.conv2d take both.",
            )

    def room(self, strides: tuple[int, ...], dilations: tuple[int, ...]) -> str:
        return "Take padding='same', or pad the input by {more} before the call."

    def _pooled(
        self, size: int, pool: int, stride: int, pads: AxisPadding, ceil_mode: bool | None
    ) -> Axis:
        one_of("padding", pads, ("valid", "same"), context="pooling in Keras")
        return super()._pooled(size, pool, stride, pads, ceil_mode)

    def transposed(
        self,
        size: int,
        kernel: int,
        stride: int = 1,
        dilation: int = 1,
        padding: object = None,
        output_padding: int | None = None,
    ) -> TransposedAxis:
        """One axis of Keras' Conv2DTranspose: `stridelab.geometry.transposed_axis`.

        >>> convention("keras").transposed(4, kernel=2, stride=3).output_size
        12
        """
        n, k, s, d = _sizes(size, kernel, stride, dilation)
        self.judge((s,), (d,), "valid")
        return transposed_axis(n, k, s, str(self._pads(padding)), d, output_padding)


class TensorFlow(Convention):
    """``tf.nn.conv2d`` and ``tf.nn.pool``. Source: ``kernel_shape_util.cc``."""

    name = "tensorflow"
    title = "TensorFlow"
    input_layout = "NHWC"
    kernel_layout = "HWIO"
    paddings = {"VALID": "valid", "SAME": "same"}
    default_padding = "VALID"

    def room(self, strides: tuple[int, ...], dilations: tuple[int, ...]) -> str:
        return "Pad by {more} more, or take padding='SAME'."


class Jax(Convention):
    """``lax.conv_general_dilated`` and ``lax.reduce_window``. Source: ``jax.lax.padtype_to_pads``.

    A window wider than the padded input gives size 0 here, as JAX does, and no error.
    """

    name = "jax"
    title = "JAX"
    input_layout = "NHWC"
    kernel_layout = "HWIO"
    paddings = {"VALID": "valid", "SAME": "same", "SAME_LOWER": "same_lower"}
    default_padding = "VALID"
    any_case = True
    fewest_cells = None

    def axis(
        self,
        size: int,
        kernel: int,
        stride: int,
        dilation: int,
        pads: AxisPadding,
        room: str,
        *,
        argument: str = "kernel",
        where: str = "",
    ) -> Axis:
        """One axis of ``lax.conv_general_dilated``.

        >>> convention("jax").conv(2, kernel=3, padding="VALID").output_size
        0
        """
        return _or_empty(size, kernel, stride, pads, dilation)

    def _pooled(
        self, size: int, pool: int, stride: int, pads: AxisPadding, ceil_mode: bool | None
    ) -> Axis:
        if ceil_mode:
            return super()._pooled(size, pool, stride, pads, ceil_mode)
        return _or_empty(size, pool, stride, pads, 1)


class Torch(Convention):
    """``torch.nn.Conv2d`` and pooling. Source: ``test/nn/test_convolution.py``, ``Pool.h``."""

    name = "torch"
    title = "PyTorch"
    input_layout = "NCHW"
    kernel_layout = "OIHW"
    paddings = {"valid": "valid", "same": "same"}
    default_padding = 0
    takes_pairs = False
    takes_number = True
    takes_ceil_mode = True

    def judge(
        self, strides: tuple[int, ...], dilations: tuple[int, ...], pads: AxisPadding
    ) -> None:
        if pads == "same" and max(strides) > 1:
            raise StrideLabError(
                "padding",
                "be a number where the stride is over 1: PyTorch's 'same' keeps the size, which "
                "no stride over 1 can",
                "'same'",
                f"stride {_as_written(strides)}",
                "sl.port gives the cells that equal Keras' 'same'.",
            )

    def room(self, strides: tuple[int, ...], dilations: tuple[int, ...]) -> str:
        same = ", or padding='same'" if max(strides) == 1 else ""
        return f"Take padding={{each}}{same}."

    def _room_for_pool(self) -> str:
        return "Take padding={each}."

    def _pooled(
        self, size: int, pool: int, stride: int, pads: AxisPadding, ceil_mode: bool | None
    ) -> Axis:
        if isinstance(pads, str) or pads[0] > pool // 2:
            raise StrideLabError(
                "padding",
                "be a number of cells of at most half the pool size in PyTorch",
                shown(pads if isinstance(pads, str) else pads[0]),
                f"pool size {pool}",
            )
        return super()._pooled(size, pool, stride, pads, ceil_mode)

    def transposed(
        self,
        size: int,
        kernel: int,
        stride: int = 1,
        dilation: int = 1,
        padding: object = None,
        output_padding: int | None = None,
    ) -> TransposedAxis:
        """One axis of ``torch.nn.ConvTranspose2d``: ``o = (n − 1)·s − 2p + e + op``.

        >>> convention("torch").transposed(4, kernel=2, stride=3).output_size
        11
        """
        n, k, s, d = _sizes(size, kernel, stride, dilation)
        pads = self._pads(padding)
        if isinstance(pads, str):
            raise StrideLabError(
                "padding", "be a number of cells in a transposed convolution", shown(padding)
            )
        crop = pads[0]
        extra = whole("output_padding", 0 if output_padding is None else output_padding, 0)
        if extra >= max(s, d):
            raise StrideLabError(
                "output_padding",
                "be below the stride or the dilation in PyTorch",
                str(extra),
                f"stride {s}, dilation {d}",
            )
        output = (n - 1) * s - 2 * crop + span(k, d) + extra
        if output < 1:
            raise StrideLabError(
                "padding", "leave at least one output cell", str(crop), f"size {output}"
            )
        return TransposedAxis(n, k, s, d, output, crop, "explicit", extra)


class Onnx(Convention):
    """``Conv`` and pooling of ONNX. Source: ``onnx/defs/nn/defs.cc``; refusals: ONNX Runtime 1.32.

    ``padding`` is ``auto_pad``, or the pads themselves. Where the stride is over the span by 2 or
    more, ONNX Runtime's SAME crops cells instead of padding none (its windows start later, and its
    MaxPool raises); this is the rule without that slip.
    """

    name = "onnx"
    title = "ONNX"
    input_layout = "NCHW"
    kernel_layout = "OIHW"
    paddings = {"VALID": "valid", "SAME_UPPER": "same", "SAME_LOWER": "same_lower"}
    default_padding = (0, 0)
    takes_ceil_mode = True

    def judge(
        self, strides: tuple[int, ...], dilations: tuple[int, ...], pads: AxisPadding
    ) -> None:
        if pads in ("same", "same_lower") and max(dilations) > 1:
            raise StrideLabError(
                "padding",
                "be VALID or explicit pads where the dilation is over 1: ONNX Runtime takes no "
                "auto_pad there",
                "SAME_UPPER" if pads == "same" else "SAME_LOWER",
                f"dilation {_as_written(dilations)}",
                "sl.port('jax', 'onnx', …) gives the pads.",
            )

    def room(self, strides: tuple[int, ...], dilations: tuple[int, ...]) -> str:
        same = ", or take padding='SAME_UPPER'" if max(dilations) == 1 else ""
        return f"Pad by {{more}} more{same}."


class Caffe(Convention):
    """Layers of Caffe: convolution rounds down, pooling up. Source: ``pooling_layer.cpp``."""

    name = "caffe"
    title = "Caffe"
    input_layout = "NCHW"
    kernel_layout = "OIHW"
    paddings = {}
    default_padding = 0
    takes_pairs = False
    takes_number = True
    takes_ceil_mode = True

    def _pooled(
        self, size: int, pool: int, stride: int, pads: AxisPadding, ceil_mode: bool | None
    ) -> Axis:
        """Rounds up by default, and drops a last window beyond the input only where p > 0."""
        axis = super()._pooled(size, pool, stride, pads, ceil_mode is not False)
        if not axis.ceil_mode or axis.pad_before > 0:
            return axis
        return replace(axis, output_size=-(-(size - pool) // stride) + 1, clips=False)

    def room(self, strides: tuple[int, ...], dilations: tuple[int, ...]) -> str:
        return "Take padding={each}."

    def _remedy(self, value: object) -> str:
        return "For other pads, pad the input before it enters the network."


_CONVENTIONS: dict[str, Convention] = {
    known.name: known for known in (Keras(), TensorFlow(), Jax(), Torch(), Onnx(), Caffe())
}

_NAMES = tuple(_CONVENTIONS)
#: What people also call them.
_OTHER_NAMES: dict[object, str] = {
    "tf": "tensorflow",
    "pytorch": "torch",
    "lax": "jax",
    "onnxruntime": "onnx",
}


def convention(name: str) -> Convention:
    """One framework's rules: ``.conv(…)`` and ``.pool(…)`` give an axis, or raise where it raises.

    Parameters
    ----------
    name : str
        ``keras``, ``tensorflow``, ``jax``, ``torch``, ``onnx`` or ``caffe``, in any case.

    Raises
    ------
    StrideLabError
        For another name.

    Source: each class names its framework's file; all but Caffe were run (``tests/record``).

    >>> [convention(name).conv(224, 3, 2, padding=p).phase
    ...  for name, p in [("keras", "same"), ("torch", 1), ("onnx", "SAME_LOWER")]]
    [0, -1, -1]
    """
    return convention_named("name", name)


def convention_named(argument: str, name: object) -> Convention:
    """The same for an argument of another name.

    >>> convention_named("source", "keras").title
    'Keras'
    """
    known = name.lower() if isinstance(name, str) else name
    if known in _OTHER_NAMES:
        remedy = f"Write {_OTHER_NAMES[known]!r}."
        raise StrideLabError(argument, f"be one of {listed(_NAMES)}", shown(name), remedy=remedy)
    return _CONVENTIONS[one_of(argument, known, _NAMES)]


def _sizes(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int, int, int]:
    return (
        one_axis("size", size),
        one_axis("kernel", kernel),
        one_axis("stride", stride),
        one_axis("dilation", dilation),
    )


def _as_written(numbers: tuple[int, ...]) -> str:
    return str(numbers if len(numbers) > 1 else numbers[0])


def _or_empty(size: int, kernel: int, stride: int, pads: AxisPadding, dilation: int) -> Axis:
    """The axis; of size 0 where the window is wider than the padded input."""
    before, after = (0, 0) if isinstance(pads, str) else pads
    same = pads in ("same", "same_lower")
    if not same and size + before + after < span(kernel, dilation):
        rule = pads if isinstance(pads, str) else "explicit"
        return Axis(size, kernel, stride, dilation, before, after, 0, rule)
    return build_axis(size, kernel, stride, pads, dilation, argument="kernel")
