"""Each framework's own rule for sizes and pads: what it takes, what it gives, what it refuses.

``padding`` is spelled here as the framework spells it, and the errors say why the framework
refuses, not only that it does.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.geometry.axis import Axis, build_axis, pool_padding, span
from stridelab.geometry.checks import listed, one_of, whole
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
    kernel_layout : str
        The axes of a 2-D kernel: H, W, I (input channels a group) and O (output channels).
    paddings : dict
        The framework's padding names and what they are in this package.
    default_padding : str, int or (int, int)
        What `conv` and `pool` take where the framework's call leaves padding out.
    """

    name: str
    title: str
    kernel_layout: str
    paddings: dict[str, str]
    default_padding: str | int | tuple[int, int]
    any_case = False
    takes_pairs = True  # (before, after)
    takes_number = False  # one for both sides
    takes_ceil_mode = False
    fewest_cells = 0

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
        self._judge_conv(k, s, d, pads)
        return build_axis(n, k, s, self._in_cells(pads, k, d), d, argument="kernel")

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
            Where the framework raises, and for what is no size.
        """
        n, k, s, _ = _sizes(size, pool, pool if stride is None else stride, 1)
        pads = self._pads(padding)
        return self._pooled(n, k, s, pads, ceil_mode)

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
        pads = pool_padding(pads, pool)
        return build_axis(size, pool, stride, pads, 1, argument="pool", ceil_mode=bool(ceil_mode))

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
        if isinstance(value, str):
            spelling = {name.lower(): name for name in self.paddings}.get(value.lower())
            name = spelling if self.any_case and spelling else value
            if name not in self.paddings:
                remedy = f"Write {spelling!r}." if spelling else nearest(value, self.paddings)
                raise StrideLabError("padding", self._rule(), shown(value), remedy=remedy)
            return self.paddings[name]
        if isinstance(value, (tuple, list)) and len(value) == 2:
            before, after = (
                whole("padding", cells, self.fewest_cells, self.title) for cells in value
            )
            if self.takes_pairs or (self.takes_number and before == after):
                return before, after
        elif self.takes_number:
            cells = whole("padding", value, self.fewest_cells, self.title)
            return cells, cells
        raise StrideLabError("padding", self._rule(), shown(value), remedy=self._remedy(value))

    def _rule(self) -> str:
        choices = [listed(list(self.paddings))] if self.paddings else []
        if self.takes_pairs:
            choices.append("cells (before, after)")
        if self.takes_number:
            choices.append("a number of cells for both sides")
        return f"be {', or '.join(choices)} in {self.title}"

    def _remedy(self, value: object) -> str:
        if not self.takes_pairs:
            return "For other pads, pad the input before the call; sl.port writes it."
        return f"Write {(value, value)}." if isinstance(value, int) else ""

    def _judge_conv(self, kernel: int, stride: int, dilation: int, pads: AxisPadding) -> None:
        """Raises where the framework refuses this combination; most refuse none."""

    def _in_cells(self, pads: AxisPadding, kernel: int, dilation: int) -> AxisPadding:
        if pads == "causal":
            return span(kernel, dilation) - 1, 0
        return pads


class Keras(Convention):
    """Layers of Keras 3. Source: ``keras/src/layers/convolutional/base_conv.py``."""

    name = "keras"
    title = "Keras"
    kernel_layout = "HWIO"
    paddings = {"valid": "valid", "same": "same", "causal": "causal"}
    default_padding = "valid"
    any_case = True
    takes_pairs = False

    def _judge_conv(self, kernel: int, stride: int, dilation: int, pads: AxisPadding) -> None:
        if stride > 1 and dilation > 1:
            raise StrideLabError(
                "strides",
                "be 1 where dilation_rate is over 1: Keras' Conv1D, Conv2D and Conv3D take one "
                "or the other",
                str(stride),
                f"dilation_rate {dilation}",
                "DepthwiseConv2D and sl.conv2d take both.",
            )

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
        self._judge_conv(kernel, stride, dilation, "valid")
        name = self._pads(padding)
        return transposed_axis(size, kernel, stride, str(name), dilation, output_padding)


class TensorFlow(Convention):
    """``tf.nn.conv2d`` and ``tf.nn.pool``. Source: ``kernel_shape_util.cc``."""

    name = "tensorflow"
    title = "TensorFlow"
    kernel_layout = "HWIO"
    paddings = {"VALID": "valid", "SAME": "same"}
    default_padding = "VALID"


class Jax(Convention):
    """``lax.conv_general_dilated`` and ``lax.reduce_window``. Source: ``jax.lax.padtype_to_pads``.

    A window wider than the padded input gives size 0 here, as JAX does, and no error.
    """

    name = "jax"
    title = "JAX"
    kernel_layout = "HWIO"
    paddings = {"VALID": "valid", "SAME": "same", "SAME_LOWER": "same_lower"}
    default_padding = "VALID"
    any_case = True
    fewest_cells = -sys.maxsize  # a negative pad crops

    def conv(
        self,
        size: int,
        kernel: int,
        stride: int = 1,
        dilation: int = 1,
        padding: object = None,
    ) -> Axis:
        """One axis of ``lax.conv_general_dilated``.

        >>> convention("jax").conv(2, kernel=3, padding="VALID").output_size
        0
        """
        n, k, s, d = _sizes(size, kernel, stride, dilation)
        return _or_empty(n, k, s, self._pads(padding), d)

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
    kernel_layout = "OIHW"
    paddings = {"valid": "valid", "same": "same"}
    default_padding = 0
    takes_pairs = False
    takes_number = True
    takes_ceil_mode = True

    def _judge_conv(self, kernel: int, stride: int, dilation: int, pads: AxisPadding) -> None:
        if pads == "same" and stride > 1:
            raise StrideLabError(
                "padding",
                "be a number where the stride is over 1: PyTorch's 'same' keeps the size, which "
                "no stride over 1 can",
                "'same'",
                f"stride {stride}",
                "sl.port gives the cells that equal Keras' 'same'.",
            )

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
    kernel_layout = "OIHW"
    paddings = {"VALID": "valid", "SAME_UPPER": "same", "SAME_LOWER": "same_lower"}
    default_padding = (0, 0)
    takes_ceil_mode = True

    def _judge_conv(self, kernel: int, stride: int, dilation: int, pads: AxisPadding) -> None:
        if pads in ("same", "same_lower") and dilation > 1:
            raise StrideLabError(
                "padding",
                "be VALID or explicit pads where the dilation is over 1: ONNX Runtime takes no "
                "auto_pad there",
                "SAME_UPPER" if pads == "same" else "SAME_LOWER",
                f"dilation {dilation}",
                "sl.port gives the pads.",
            )


class Caffe(Convention):
    """Layers of Caffe: convolution rounds down, pooling up. Source: ``pooling_layer.cpp``."""

    name = "caffe"
    title = "Caffe"
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
        return replace(axis, output_size=-(-(size - pool) // stride) + 1)


_CONVENTIONS: dict[str, Convention] = {
    known.name: known for known in (Keras(), TensorFlow(), Jax(), Torch(), Onnx(), Caffe())
}


def convention(name: str) -> Convention:
    """One framework's rules: ``.conv(…)`` and ``.pool(…)`` give an axis, or raise where it raises.

    Parameters
    ----------
    name : str
        ``keras``, ``tensorflow``, ``jax``, ``torch``, ``onnx`` or ``caffe``.

    Raises
    ------
    StrideLabError
        For another name.

    Source: each class names its framework's file; all but Caffe were run (``tests/record``).

    >>> [convention(name).conv(224, 3, 2, padding=p).phase
    ...  for name, p in [("keras", "same"), ("torch", 1), ("onnx", "SAME_LOWER")]]
    [0, -1, -1]
    """
    return _CONVENTIONS[one_of("name", name, _CONVENTIONS)]


def _sizes(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int, int, int]:
    return (
        whole("size", size),
        whole("kernel", kernel),
        whole("stride", stride),
        whole("dilation", dilation),
    )


def _or_empty(size: int, kernel: int, stride: int, pads: AxisPadding, dilation: int) -> Axis:
    """The axis; of size 0 where the window is wider than the padded input."""
    before, after = (0, 0) if isinstance(pads, str) else pads
    same = pads in ("same", "same_lower")
    if not same and size + before + after < span(kernel, dilation):
        rule = pads if isinstance(pads, str) else "explicit"
        return Axis(size, kernel, stride, dilation, before, after, 0, rule)
    return build_axis(size, kernel, stride, pads, dilation, argument="kernel")
