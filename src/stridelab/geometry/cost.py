"""What a convolution costs: parameters, multiplications, memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stridelab.errors import StrideLabError, shown
from stridelab.geometry.checks import flag, one_of, whole
from stridelab.geometry.plane import conv_geometry

_BYTES: Mapping[str, int] = {"float32": 4, "float64": 8}


@dataclass(frozen=True)
class Cost:
    """Parameters, multiply-adds and bytes of one convolution; made by `cost`.

    Parameters
    ----------
    output_shape : tuple of int
        As Keras writes it, in the layer's data format.
    params : int
        Weights and biases to learn.
    macs : int
        Multiply-adds, those on padded zeros counted.
    real_macs : int
        Multiply-adds that fall on input cells.
    bytes : int
        Input, weights and output, each moved once.
    """

    output_shape: tuple[int, ...]
    params: int
    macs: int
    real_macs: int
    bytes: int

    @property
    def flops(self) -> int:
        """Floating-point operations: ``2·MACs``, a multiplication and an addition each."""
        return 2 * self.macs


def cost(
    input_shape: tuple[int, ...],
    filters: int,
    kernel_size: int | tuple[int, int],
    *,
    strides: int | tuple[int, int] = 1,
    padding: object = "valid",
    dilation_rate: int | tuple[int, int] = 1,
    groups: int = 1,
    use_bias: bool = True,
    data_format: str = "channels_last",
    dtype: object = "float32",
) -> Cost:
    """Counts what one convolution learns, multiplies and moves.

    ``params = Cout·(Cin/groups)·KH·KW + Cout``; ``MACs = N·OH·OW·Cout·(Cin/groups)·KH·KW``;
    ``FLOPs = 2·MACs``. Fewer MACs fall on real cells, since windows at a padded border hang over
    zeros.

    Parameters
    ----------
    input_shape : (H, W, C) or (N, H, W, C)
        Cells and channels; (C, H, W) or (N, C, H, W) under ``channels_first``. N may be 0.
    filters : int
        ``Cout``.
    kernel_size, strides, padding, dilation_rate, groups, use_bias, data_format
        As for Keras' Conv2D; `stridelab.conv_geometry` has the paddings.
    dtype : str or NumPy dtype
        ``float32`` or ``float64``, for the bytes.

    Raises
    ------
    StrideLabError
        Where a shape, a size or ``groups`` does not fit, and where ``use_bias`` is no bool.

    Source: the definition; He et al., arXiv:1512.03385, call MACs "FLOPs" (table 1).

    >>> layer = cost((32, 32, 3), filters=32, kernel_size=3, strides=2, padding="same")
    >>> layer.output_shape, layer.params, layer.macs, layer.real_macs
    ((16, 16, 32), 896, 221184, 212064)
    """
    one_of("data_format", data_format, ("channels_last", "channels_first"))
    bytes_each = _BYTES[one_of("dtype", _dtype_name(dtype), _BYTES)]
    lead, (height, width, channels) = _shape(input_shape, data_format)
    batch = lead[0] if lead else 1
    filters = whole("filters", filters)
    groups = whole("groups", groups)
    for what, count in (("the input's channels", channels), ("filters", filters)):
        if count % groups:
            raise StrideLabError(
                "groups",
                "divide the input's channels and filters",
                str(groups),
                f"{what}: {count}",
            )
    g = conv_geometry((height, width), kernel_size, strides, padding, dilation_rate)
    rows, cols = g.output_shape
    weights = filters * (channels // groups) * g.rows.kernel * g.cols.kernel
    params = weights + (filters if flag("use_bias", use_bias) else 0)
    per_output_cell = batch * filters * (channels // groups)
    plane = (filters, rows, cols) if data_format == "channels_first" else (rows, cols, filters)
    moved = batch * height * width * channels + params + batch * rows * cols * filters
    return Cost(
        output_shape=(*lead, *plane),
        params=params,
        macs=batch * rows * cols * weights,
        real_macs=per_output_cell * g.rows.real_taps * g.cols.real_taps,
        bytes=bytes_each * moved,
    )


def _shape(
    input_shape: tuple[int, ...], data_format: str
) -> tuple[tuple[int, ...], tuple[int, int, int]]:
    """The batch, where there is one, and (height, width, channels)."""
    if not isinstance(input_shape, (tuple, list)) or len(input_shape) not in (3, 4):
        raise StrideLabError(
            "input_shape",
            "have 3 numbers, or 4 with the batch first",
            shown(input_shape),
            data_format,
            "Write (32, 32, 3) for a colour image of 32 by 32 cells.",
        )
    *lead, a, b, c = input_shape
    if lead and lead[0] is None:
        raise StrideLabError(
            "input_shape",
            "have a number of images where it has a batch",
            shown(input_shape),
            remedy=f"Leave the batch out: {shown((a, b, c))}.",
        )
    batch = tuple(whole("input_shape", number, minimum=0, context="N") for number in lead)
    names = ("C", "H", "W") if data_format == "channels_first" else ("H", "W", "C")
    sizes = {
        name: whole("input_shape", number, context=name)
        for name, number in zip(names, (a, b, c), strict=True)
    }
    return batch, (sizes["H"], sizes["W"], sizes["C"])


def _dtype_name(dtype: object) -> object:
    """The name that a NumPy type or dtype has; anything else as it is."""
    if isinstance(dtype, str):
        return dtype
    name = getattr(dtype, "__name__", None) or getattr(dtype, "name", None)
    return name or dtype
