"""One axis of a transposed convolution: each input cell adds a whole window to the output."""

from __future__ import annotations

from dataclasses import dataclass

from stridelab.errors import StrideLabError, shown
from stridelab.geometry.axis import span
from stridelab.geometry.checks import one_axis, one_of, whole
from stridelab.geometry.derivation import Derivation, Step, step

#: The padding names that Keras' transposed layers take.
TRANSPOSED_PADDINGS = ("valid", "same")


@dataclass(frozen=True)
class TransposedAxis:
    """One axis of a transposed convolution; made by `transposed_axis`.

    Input cell i adds its window to the full extent's cells ``i·s + j·d``, ``f = (n − 1)·s + e`` of
    them in all; the output is that extent without its first ``c_b`` cells, ``o`` cells long. Where
    it reaches beyond the extent, nothing was added.

    Parameters
    ----------
    size, kernel, stride, dilation : int
        ``n``, ``k``, ``s``, ``d`` in cells.
    output_size : int
        ``o`` in cells.
    crop_before : int
        ``c_b`` in cells.
    rule : str
        ``valid``, ``same`` or ``explicit``.
    output_padding : int, optional
        ``op`` in cells; None where the default was taken.

    >>> axis = transposed_axis(4, kernel=2, stride=3)
    >>> axis.output_size, axis.full_size, axis.targets(3)
    (12, 11, (9, 10))
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    output_size: int
    crop_before: int
    rule: str
    output_padding: int | None = None

    @property
    def span(self) -> int:
        """The cells from a window's first tap to its last: ``e = d·(k − 1) + 1``."""
        return span(self.kernel, self.dilation)

    @property
    def full_size(self) -> int:
        """The cells that the windows reach together: ``f = (n − 1)·s + e``."""
        return (self.size - 1) * self.stride + self.span

    def targets(self, cell: int) -> tuple[int, ...]:
        """The output indices to which one input cell adds: ``cell·s + j·d − c_b``.

        An index below 0 or from ``output_size`` on was cropped.

        Raises
        ------
        StrideLabError
            Where there is no such input cell.

        >>> transposed_axis(4, kernel=3, stride=2, padding="same").targets(0)
        (0, 1, 2)
        """
        index = whole("cell", cell, minimum=0)
        if index >= self.size:
            raise StrideLabError("cell", f"be below the input size, {self.size}", shown(index))
        first = index * self.stride - self.crop_before
        return tuple(first + tap * self.dilation for tap in range(self.kernel))

    def coverage(self) -> tuple[int, ...]:
        """How many windows add to each output cell; uneven counts make a checkerboard.

        Source: Odena, Dumoulin & Olah, Distill 2016.

        >>> transposed_axis(4, kernel=3, stride=2).coverage()
        (1, 1, 2, 1, 2, 1, 2, 1, 1)
        """
        uses = [0] * self.output_size
        for cell in range(self.size):
            for target in self.targets(cell):
                if 0 <= target < self.output_size:
                    uses[target] += 1
        return tuple(uses)

    def derive(self) -> Derivation:
        """The worked steps from the arguments to the crop and the output size.

        >>> print(transposed_axis(4, kernel=3, stride=2, padding="same").derive())
        4 cells, transposed, kernel 3, stride 2, dilation 1, padding 'same'
          e   = d·(k − 1) + 1 = 1·(3 − 1) + 1 = 3
          f   = (n − 1)·s + e = (4 − 1)·2 + 3 = 9
          o   = n·s = 4·2 = 8
          c   = max(f − o, 0) = max(9 − 8, 0) = 1
          c_b = ⌊c/2⌋ = ⌊1/2⌋ = 0
        """
        values = {
            "n": self.size,
            "k": self.kernel,
            "s": self.stride,
            "d": self.dilation,
            "e": self.span,
            "f": self.full_size,
            "o": self.output_size,
            "c": max(self.full_size - self.output_size, 0),
            "c_b": self.crop_before,
        }
        if self.output_padding is not None:
            values["op"] = self.output_padding

        def line(symbol: str, template: str) -> Step:
            return step(symbol, template, values[symbol], values)

        steps = [line("e", "{d}·({k} − 1) + 1"), line("f", "({n} − 1)·{s} + {e}")]
        if self.rule != "explicit":
            steps.append(line("o", _SIZES[self.rule, self.output_padding is not None]))
            steps += [line("c", "max({f} − {o}, 0)"), line("c_b", "⌊{c}/2⌋")]
        else:
            steps += [line("c_b", ""), line("o", "{f} − 2·{c_b} + {op}")]
        title = (
            f"{self.size} cells, transposed, kernel {self.kernel}, stride {self.stride}, "
            f"dilation {self.dilation}, padding {self.rule!r}"
        )
        return Derivation(title, tuple(steps))


_SIZES = {
    ("valid", False): "({n} − 1)·{s} + max({e}, {s})",
    ("valid", True): "({n} − 1)·{s} + {e} + {op}",
    ("same", False): "{n}·{s}",
    ("same", True): "({n} − 1)·{s} + {e} mod 2 + {op}",
}


def transposed_axis(
    size: int,
    kernel: int,
    stride: int = 1,
    padding: str = "valid",
    dilation: int = 1,
    output_padding: int | None = None,
) -> TransposedAxis:
    """One axis of a transposed convolution with Keras' sizes.

    VALID: ``o = (n − 1)·s + max(e, s)``, with ``output_padding`` ``(n − 1)·s + e + op``;
    SAME: ``o = n·s``, with ``output_padding`` ``(n − 1)·s + e mod 2 + op``. What is cropped goes
    half before: ``c = max(f − o, 0)``, ``c_b = ⌊c/2⌋``.

    Parameters
    ----------
    size, kernel, stride, dilation : int
        ``n``, ``k``, ``s``, ``d`` in cells; at least 1.
    padding : str
        ``valid`` or ``same``.
    output_padding : int, optional
        ``op`` in cells, below the stride; None for the default sizes.

    Raises
    ------
    StrideLabError
        For another padding, an ``output_padding`` not below the stride, or an output of size 0.

    Source: ``keras/src/backend/common/backend_utils.py``.

    >>> transposed_axis(4, kernel=3, stride=2, padding="same").output_size
    8
    >>> transposed_axis(4, kernel=3, stride=2, padding="same", output_padding=0).output_size
    7
    """
    return build_transposed_axis(
        one_axis("size", size),
        one_axis("kernel", kernel),
        one_axis("stride", stride),
        transposed_padding(padding),
        one_axis("dilation", dilation),
        None if output_padding is None else whole("output_padding", output_padding, minimum=0),
    )


def transposed_padding(padding: object) -> str:
    """The name in lower case where Keras' transposed layers take it.

    >>> transposed_padding("SAME")
    'same'
    """
    name = padding.lower() if isinstance(padding, str) else padding
    return one_of("padding", name, TRANSPOSED_PADDINGS, context="transposed convolution")


def build_transposed_axis(
    size: int,
    kernel: int,
    stride: int,
    padding: str,
    dilation: int,
    output_padding: int | None,
    where: str = "",
) -> TransposedAxis:
    """A transposed axis from numbers that were checked at the door.

    >>> build_transposed_axis(4, 2, 3, "valid", 1, None).output_size
    12
    """
    axis = f"{where}: " if where else ""
    if output_padding is not None and output_padding >= stride:
        raise StrideLabError(
            "output_padding",
            "be below the stride",
            str(output_padding),
            f"{axis}s = {stride}",
            f"Use at most {stride - 1}, or None for the default size.",
        )
    reach = span(kernel, dilation)
    full = (size - 1) * stride + reach
    if padding == "same":
        tail = stride if output_padding is None else reach % 2 + output_padding
        output = (size - 1) * stride + tail
    else:
        output = full + max(stride - reach, 0) if output_padding is None else full + output_padding
    if output < 1:
        raise StrideLabError(
            "output_padding",
            "leave at least one output cell",
            str(output_padding),
            f"{axis}n = {size}, e = {reach}, padding 'same'",
            "Use None for the default size, n·s.",
        )
    crop_before = max(full - output, 0) // 2
    return TransposedAxis(
        size, kernel, stride, dilation, output, crop_before, padding, output_padding
    )
