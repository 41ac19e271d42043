"""Two axes make a plane: rows go down and are first, columns go right."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stridelab.geometry.axis import Axis, build_axis, pool_padding
from stridelab.geometry.checks import flag, pair
from stridelab.geometry.derivation import Derivation
from stridelab.geometry.padding import axis_paddings
from stridelab.geometry.transposed import (
    TransposedAxis,
    build_transposed_axis,
    transposed_padding,
)

_WHERE = ("rows", "columns")


@dataclass(frozen=True)
class Geometry:
    """Rows and columns of a convolution or a pooling; made by `conv_geometry`, `pool_geometry`.

    >>> g = conv_geometry((32, 32), kernel_size=3, strides=2, padding="same")
    >>> g.output_shape, g.pads
    ((16, 16), ((0, 1), (0, 1)))
    """

    rows: Axis
    cols: Axis

    @property
    def output_shape(self) -> tuple[int, int]:
        """Output rows and columns, in cells."""
        return self.rows.output_size, self.cols.output_size

    @property
    def pads(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Padded cells: ((top, bottom), (left, right))."""
        return (
            (self.rows.pad_before, self.rows.pad_after),
            (self.cols.pad_before, self.cols.pad_after),
        )

    def derive(self) -> Derivation:
        """The worked steps; once where rows and columns are alike.

        >>> print(conv_geometry((8, 8), kernel_size=3).derive())
        Rows and columns alike: 8 cells, kernel 3, stride 1, dilation 1, padding 'valid'
          e = d·(k − 1) + 1 = 1·(3 − 1) + 1 = 3
          o = ⌊(n − e)/s⌋ + 1 = ⌊(8 − 3)/1⌋ + 1 = 6
        """
        return _both_axes(self.rows.derive(), self.cols.derive(), self.output_shape)

    def _repr_html_(self) -> str:
        return self.derive()._repr_html_()


@dataclass(frozen=True)
class TransposedGeometry:
    """Rows and columns of a transposed convolution; made by `transposed_geometry`.

    >>> transposed_geometry((4, 5), kernel_size=3, strides=2, padding="same").output_shape
    (8, 10)
    """

    rows: TransposedAxis
    cols: TransposedAxis

    @property
    def output_shape(self) -> tuple[int, int]:
        """Output rows and columns, in cells."""
        return self.rows.output_size, self.cols.output_size

    def derive(self) -> Derivation:
        """The worked steps; once where rows and columns are alike."""
        return _both_axes(self.rows.derive(), self.cols.derive(), self.output_shape)

    def _repr_html_(self) -> str:
        return self.derive()._repr_html_()


def conv_geometry(
    input_size: int | tuple[int, int],
    kernel_size: int | tuple[int, int],
    strides: int | tuple[int, int] = 1,
    padding: object = "valid",
    dilation_rate: int | tuple[int, int] = 1,
) -> Geometry:
    """Sizes, pads and taps of a convolution, one axis at a time.

    Per axis ``o = ⌊(n + p_b + p_a − e)/s⌋ + 1`` with ``e = d·(k − 1) + 1``; under SAME
    ``o = ⌈n/s⌉``.

    Parameters
    ----------
    input_size, kernel_size, strides, dilation_rate : int or (int, int)
        Cells, for both axes or (rows, columns); at least 1.
    padding : str, int or tuple
        ``valid``, ``same``, ``same_lower``, ``full``; a number for every side; ``(a, b)``: a above
        and below, b left and right; or ``((top, bottom), (left, right))``.

    Raises
    ------
    StrideLabError
        Names the argument, the rule and the axis that breaks it.

    Source: Dumoulin & Visin, arXiv:1603.07285, relationship 6;
    ``tensorflow/core/framework/kernel_shape_util.cc`` for SAME.

    >>> g = conv_geometry((32, 33), kernel_size=3, strides=2, padding="same")
    >>> g.output_shape, g.pads
    ((16, 17), ((0, 1), (1, 1)))
    """
    sizes = pair("input_size", input_size)
    kernels = pair("kernel_size", kernel_size)
    steps = pair("strides", strides)
    dilations = pair("dilation_rate", dilation_rate)
    pads = axis_paddings(padding)
    rows, cols = (
        build_axis(*numbers, argument="kernel_size", where=where)
        for *numbers, where in zip(sizes, kernels, steps, pads, dilations, _WHERE, strict=True)
    )
    return Geometry(rows, cols)


def pool_geometry(
    input_size: int | tuple[int, int],
    pool_size: int | tuple[int, int],
    strides: int | tuple[int, int] | None = None,
    padding: object = "valid",
    *,
    ceil_mode: bool = False,
) -> Geometry:
    """Sizes, pads and taps of a pooling: a convolution's, with strides that default to the pool.

    Parameters
    ----------
    input_size, pool_size, strides : int or (int, int)
        Cells, for both axes or (rows, columns); at least 1.
    padding : str, int or tuple
        As for `conv_geometry`; numbers stay below the pool size.
    ceil_mode : bool
        Whether sizes are rounded up (`stridelab.geometry.pool_axis` has the rule).

    Raises
    ------
    StrideLabError
        Names the argument, the rule and the axis that breaks it.

    Source: ``keras/src/ops/operation_utils.py``; ``aten/src/ATen/native/Pool.h`` for ceil_mode.

    >>> pool_geometry((7, 8), 2).output_shape, pool_geometry((7, 8), 2, padding="same").output_shape
    ((3, 4), (4, 4))
    """
    sizes = pair("input_size", input_size)
    pools = pair("pool_size", pool_size)
    steps = pools if strides is None else pair("strides", strides)
    rounds_up = flag("ceil_mode", ceil_mode)
    rows, cols = (
        build_axis(
            size,
            pool,
            stride,
            pool_padding(pads, pool, where),
            1,
            argument="pool_size",
            where=where,
            ceil_mode=rounds_up,
        )
        for size, pool, stride, pads, where in zip(
            sizes, pools, steps, axis_paddings(padding), _WHERE, strict=True
        )
    )
    return Geometry(rows, cols)


def transposed_geometry(
    input_size: int | tuple[int, int],
    kernel_size: int | tuple[int, int],
    strides: int | tuple[int, int] = 1,
    padding: str = "valid",
    dilation_rate: int | tuple[int, int] = 1,
    output_padding: int | tuple[int, int] | None = None,
) -> TransposedGeometry:
    """Sizes and crops of a transposed convolution, by Keras' rules.

    Per axis, VALID: ``o = (n − 1)·s + max(e, s)``; SAME: ``o = n·s``; with ``output_padding``
    as `stridelab.geometry.transposed_axis` says.

    Parameters
    ----------
    input_size, kernel_size, strides, dilation_rate : int or (int, int)
        Cells, for both axes or (rows, columns); at least 1.
    padding : str
        ``valid`` or ``same``.
    output_padding : int or (int, int), optional
        Cells, below the stride; None for the default sizes.

    Raises
    ------
    StrideLabError
        Names the argument, the rule and the axis that breaks it.

    Source: ``keras/src/backend/common/backend_utils.py``.

    >>> transposed_geometry((4, 4), kernel_size=2, strides=3).output_shape
    (12, 12)
    """
    name = transposed_padding(padding)
    extra = (None, None) if output_padding is None else pair("output_padding", output_padding, 0)
    rows, cols = (
        build_transposed_axis(size, kernel, stride, name, dilation, more, where)
        for size, kernel, stride, dilation, more, where in zip(
            pair("input_size", input_size),
            pair("kernel_size", kernel_size),
            pair("strides", strides),
            pair("dilation_rate", dilation_rate),
            extra,
            _WHERE,
            strict=True,
        )
    )
    return TransposedGeometry(rows, cols)


def _both_axes(rows: Derivation, cols: Derivation, output_shape: tuple[int, int]) -> Derivation:
    if rows == cols:
        return replace(rows, title=f"Rows and columns alike: {rows.title}")
    parts = (
        replace(rows, title=f"Rows: {rows.title}"),
        replace(cols, title=f"Columns: {cols.title}"),
    )
    return Derivation(f"Output shape {output_shape}, one axis at a time", (), parts)
