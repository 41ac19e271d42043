"""One axis of a window that slides over an input: sizes, pads, taps.

Symbols, per axis: ``n`` input size, ``k`` kernel size, ``s`` stride, ``d`` dilation,
``e = d·(k − 1) + 1`` span, ``p_b`` and ``p_a`` cells padded before and after, ``o`` output size.
All are counts of cells. Two axes are two of these (`stridelab.geometry.plane`).
"""

from __future__ import annotations

from dataclasses import dataclass

from stridelab.errors import StrideLabError, shown
from stridelab.geometry.checks import flag, one_axis, whole
from stridelab.geometry.derivation import Derivation, Step, step
from stridelab.geometry.padding import AxisPadding, axis_padding


def span(kernel: int, dilation: int = 1) -> int:
    """The cells from a window's first tap to its last, both counted: ``e = d·(k − 1) + 1``.

    Parameters
    ----------
    kernel, dilation : int
        Taps, and the step between them in cells; at least 1 each.

    Source: Dumoulin & Visin, arXiv:1603.07285, section 5.1.

    >>> span(3), span(3, 2)
    (3, 5)
    """
    return dilation * (kernel - 1) + 1


def same_size(size: int, stride: int) -> int:
    """The output size under SAME: ``o = ⌈n/s⌉``, whatever the kernel and the dilation.

    Source: ``tensorflow/core/framework/kernel_shape_util.cc``.

    >>> same_size(12, 1), same_size(12, 2), same_size(13, 2)
    (12, 6, 7)
    """
    return -(-size // stride)


def same_pads(size: int, span: int, stride: int, *, lower: bool = False) -> tuple[int, int]:
    """The cells that SAME pads (before, after).

    ``o = ⌈n/s⌉``, ``t = max((o − 1)·s + e − n, 0)``, ``p_b = ⌊t/2⌋``, ``p_a = t − p_b``: an odd
    cell goes after. SAME_LOWER puts it before.

    Parameters
    ----------
    size, span, stride : int
        Cells; at least 1 each.
    lower : bool
        True for ONNX's SAME_LOWER.

    Source: ``tensorflow/core/framework/kernel_shape_util.cc``; ``onnx/defs/nn/defs.cc``.

    >>> same_pads(224, 3, 2), same_pads(225, 3, 2), same_pads(224, 3, 2, lower=True)
    ((0, 1), (1, 1), (1, 0))
    """
    total = max((same_size(size, stride) - 1) * stride + span - size, 0)
    less = total // 2
    return (total - less, less) if lower else (less, total - less)


def floor_sum(count: int, start: int, step: int, divisor: int) -> int:
    """``Σ ⌊(start + i·step)/divisor⌋`` for i = 0 … count − 1, as fast as Euclid's algorithm.

    It counts the points with whole coordinates under a line, and turns the line on its side as soon
    as it is flatter than 1.

    Parameters
    ----------
    count, start, step : int
        At least 0.
    divisor : int
        At least 1.

    Source: R. Graham, D. Knuth & O. Patashnik, "Concrete Mathematics", 2nd ed., section 3.5.

    >>> floor_sum(4, 1, 3, 2), sum((1 + i * 3) // 2 for i in range(4))
    (10, 10)
    """
    total = 0
    while count:
        total += count * (count - 1) // 2 * (step // divisor) + count * (start // divisor)
        step, start = step % divisor, start % divisor
        count, start = divmod(step * count + start, divisor)
        step, divisor = divisor, step
    return total


@dataclass(frozen=True)
class Axis:
    """One axis of a convolution or a pooling; made by `conv_axis` and `pool_axis`.

    Parameters
    ----------
    size, kernel, stride, dilation : int
        ``n``, ``k``, ``s``, ``d`` in cells.
    pad_before, pad_after : int
        ``p_b``, ``p_a`` in cells.
    output_size : int
        ``o``: the number of windows.
    rule : str
        Where the pads came from: ``valid``, ``same``, ``same_lower``, ``full`` or ``explicit``.
    ceil_mode : bool
        Whether the size was rounded up (pooling only).
    clips : bool
        Whether rounding up drops a last window that would start beyond the input and its first
        pad; Caffe without pads keeps it.

    >>> axis = conv_axis(6, kernel=3, stride=2, padding="same")
    >>> axis.output_size, (axis.pad_before, axis.pad_after), axis.taps(2), axis.coverage()
    (3, (0, 1), (4, 5, 6), (1, 1, 2, 1, 2, 1))
    """

    size: int
    kernel: int
    stride: int
    dilation: int
    pad_before: int
    pad_after: int
    output_size: int
    rule: str = "explicit"
    ceil_mode: bool = False
    clips: bool = True

    @property
    def span(self) -> int:
        """The cells from a window's first tap to its last: ``e = d·(k − 1) + 1``."""
        return span(self.kernel, self.dilation)

    @property
    def phase(self) -> int:
        """The input index of the first window's first tap: ``−p_b``."""
        return -self.pad_before

    def taps(self, output: int) -> tuple[int, ...]:
        """The input indices that one output reads: ``output·s − p_b + j·d`` for j = 0 … k − 1.

        An index below 0 or from ``size`` on is a padded cell.

        Raises
        ------
        StrideLabError
            Where there is no such output.

        >>> conv_axis(6, kernel=3, padding="same").taps(0)
        (-1, 0, 1)
        """
        index = whole("output", output, minimum=0)
        if index >= self.output_size:
            raise StrideLabError(
                "output", f"be below the output size, {self.output_size}", shown(index)
            )
        first = index * self.stride - self.pad_before
        return tuple(first + tap * self.dilation for tap in range(self.kernel))

    def coverage(self) -> tuple[int, ...]:
        """How many windows read each input cell.

        >>> conv_axis(6, kernel=3, padding="same").coverage()
        (2, 3, 3, 3, 3, 2)
        """
        uses = [0] * self.size
        for tap in range(self.kernel):
            for cell in self._real(tap * self.dilation, self.stride, self.output_size):
                uses[cell] += 1
        return tuple(uses)

    @property
    def unread(self) -> tuple[int, ...]:
        """The input cells that no window reads.

        >>> conv_axis(6, kernel=2, stride=3, padding="same").unread
        (2, 5)
        """
        return tuple(cell for cell, uses in enumerate(self.coverage()) if uses == 0)

    @property
    def inner(self) -> tuple[int, int]:
        """The first output whose window lies within the input, and the one behind the last.

        ``⌈p_b/s⌉`` and ``⌊(n − e + p_b)/s⌋ + 1``, neither beyond ``o``; equal where there is none.

        >>> conv_axis(14, kernel=5, stride=2, padding="same").inner
        (1, 6)
        >>> conv_axis(2, kernel=5, padding="same").inner
        (2, 2)
        """
        first = min(-(-self.pad_before // self.stride), self.output_size)
        stop = (self.size - self.span + self.pad_before) // self.stride + 1
        return first, max(min(stop, self.output_size), first)

    @property
    def real_taps(self) -> int:
        """How many taps of all windows fall on input cells rather than on padding.

        >>> conv_axis(6, kernel=3, padding="same").real_taps
        16
        """
        return self._taps_below(self.size) - self._taps_below(0)

    def _taps_below(self, cell: int) -> int:
        """How many taps of all windows lie before a cell: ``i·s + j·d ≤ cell − 1 + p_b``."""
        room = cell - 1 + self.pad_before
        if room < 0:
            return 0
        reach = room - (self.kernel - 1) * self.dilation
        whole_windows = 0 if reach < 0 else min(self.output_size, reach // self.stride + 1)
        windows = min(self.output_size, room // self.stride + 1)
        cut = windows - whole_windows  # the last of them has the fewest taps there
        fewest = room - (windows - 1) * self.stride
        return (
            whole_windows * self.kernel + cut + floor_sum(cut, fewest, self.stride, self.dilation)
        )

    def _real(self, offset: int, step: int, count: int) -> range:
        """Those of the cells ``offset − p_b``, a step further, … (count of them) in the input."""
        first = offset - self.pad_before
        stop = min(first + count * step, self.size)
        return range(first if first >= 0 else first % step, stop, step)

    def derive(self) -> Derivation:
        """The worked steps from the arguments to the pads and the output size.

        >>> print(conv_axis(12, kernel=3, stride=2, padding="same").derive())
        12 cells, kernel 3, stride 2, dilation 1, padding 'same'
          e   = d·(k − 1) + 1 = 1·(3 − 1) + 1 = 3
          o   = ⌈n/s⌉ = ⌈12/2⌉ = 6
          t   = max((o − 1)·s + e − n, 0) = max((6 − 1)·2 + 3 − 12, 0) = 1
          p_b = ⌊t/2⌋ = ⌊1/2⌋ = 0
          p_a = t − p_b = 1 − 0 = 1
        """
        values = {
            "n": self.size,
            "k": self.kernel,
            "s": self.stride,
            "d": self.dilation,
            "e": self.span,
            "p_b": self.pad_before,
            "p_a": self.pad_after,
            "t": self.pad_before + self.pad_after,
            "o": self.output_size,
        }

        def line(symbol: str, template: str) -> Step:
            return step(symbol, template, values[symbol], values)

        steps = [line("e", "{d}·({k} − 1) + 1")]
        if self.rule in ("same", "same_lower"):
            before = "⌊{t}/2⌋" if self.rule == "same" else "{t} − ⌊{t}/2⌋"
            steps += [
                line("o", "⌈{n}/{s}⌉"),
                line("t", "max(({o} − 1)·{s} + {e} − {n}, 0)"),
                line("p_b", before),
                line("p_a", "{t} − {p_b}"),
            ]
        elif self.rule == "valid":
            steps.append(line("o", self._rounded("({n} − {e})/{s}")))
        else:
            formula = "{e} − 1" if self.rule == "full" else ""
            steps += [
                line("p_b", formula),
                line("p_a", formula),
                line("o", self._rounded("({n} + {p_b} + {p_a} − {e})/{s}")),
            ]
        return Derivation(self._title(), tuple(steps))

    def _rounded(self, quotient: str) -> str:
        if not self.ceil_mode:
            floored = f"⌊{quotient}⌋ + 1"
            return floored if self.output_size else f"max({floored}, 0)"
        if not self.clips:
            return f"⌈{quotient}⌉ + 1"
        # ceil_mode drops a last window that would start beyond the input and its first pad
        return f"min(⌈{quotient}⌉, ⌈({{n}} + {{p_b}})/{{s}}⌉ − 1) + 1"

    def _title(self) -> str:
        padding = repr(self.rule)
        if self.rule == "explicit":
            padding = f"({self.pad_before}, {self.pad_after})"
        text = (
            f"{self.size} cells, kernel {self.kernel}, stride {self.stride}, "
            f"dilation {self.dilation}, padding {padding}"
        )
        return f"{text}, ceil mode" if self.ceil_mode else text


def conv_axis(
    size: int, kernel: int, stride: int = 1, padding: object = "valid", dilation: int = 1
) -> Axis:
    """One axis of a convolution.

    ``o = ⌊(n + p_b + p_a − e)/s⌋ + 1``; SAME chooses the pads so that ``o = ⌈n/s⌉``, FULL pads
    ``e − 1`` on both sides, VALID none.

    Parameters
    ----------
    size, kernel, stride, dilation : int
        ``n``, ``k``, ``s``, ``d`` in cells; at least 1.
    padding : str, int or tuple
        ``valid``, ``same`` (the odd cell after), ``same_lower`` (before), ``full``, a number of
        cells for both sides, or (before, after).

    Raises
    ------
    StrideLabError
        Where a number is no whole number of at least 1, the padding is unknown, or the window
        is wider than the padded input.

    Source: Dumoulin & Visin, arXiv:1603.07285, relationship 6.

    >>> conv_axis(12, kernel=3, stride=2, padding="same").output_size
    6
    >>> conv_axis(2, kernel=3)
    Traceback (most recent call last):
    ...
    stridelab.errors.StrideLabError: kernel must span at most the padded input; got a span of 3 \
over 2 cells (k = 3, d = 1, n = 2, pads 0 and 0). Pad by 1 more, or take padding='same'.
    """
    return build_axis(
        one_axis("size", size),
        one_axis("kernel", kernel),
        one_axis("stride", stride),
        axis_padding(padding),
        one_axis("dilation", dilation),
        argument="kernel",
    )


def pool_axis(
    size: int,
    pool: int,
    stride: int | None = None,
    padding: object = "valid",
    *,
    ceil_mode: bool = False,
) -> Axis:
    """One axis of a pooling: a convolution's axis with dilation 1 and, by default, ``s = k``.

    With ``ceil_mode`` the size is ``o = ⌈(n + p_b + p_a − k)/s⌉ + 1``, less 1 where the last window
    would start beyond the input and its first pad, ``(o − 1)·s ≥ n + p_b``.

    Parameters
    ----------
    size, pool : int
        ``n`` and ``k`` in cells; at least 1.
    stride : int, optional
        ``s`` in cells; the pool size where it is None.
    padding : str, int or tuple
        As for `conv_axis`.
    ceil_mode : bool
        Whether the size is rounded up, as PyTorch and ONNX offer; SAME rounds up by itself.

    Raises
    ------
    StrideLabError
        As `conv_axis`, where a pad is not below the pool size, and where `ceil_mode` is no bool.

    Source: ``aten/src/ATen/native/Pool.h``.

    >>> pool_axis(6, 2, 3).output_size, pool_axis(6, 2, 3, ceil_mode=True).output_size
    (2, 2)
    >>> pool_axis(7, 2, 3).output_size, pool_axis(7, 2, 3, ceil_mode=True).output_size
    (2, 3)
    """
    kernel = one_axis("pool", pool)
    return build_axis(
        one_axis("size", size),
        kernel,
        kernel if stride is None else one_axis("stride", stride),
        pool_padding(axis_padding(padding), kernel),
        1,
        argument="pool",
        ceil_mode=flag("ceil_mode", ceil_mode),
    )


def pool_padding(padding: AxisPadding, pool: int, where: str = "") -> AxisPadding:
    """The padding itself, where every window of a pooling keeps at least one real cell.

    >>> pool_padding((1, 1), 2)
    (1, 1)
    """
    if not isinstance(padding, str) and max(padding) >= pool:
        raise StrideLabError(
            "padding",
            "be below the pool size, since a window of padding alone has no value",
            shown(padding),
            f"{where}: k = {pool}" if where else f"k = {pool}",
        )
    return padding


def build_axis(
    size: int,
    kernel: int,
    stride: int,
    padding: AxisPadding,
    dilation: int,
    *,
    argument: str,
    where: str = "",
    ceil_mode: bool = False,
    remedy: str = "Pad by {more} more, or take padding='same'.",
) -> Axis:
    """An axis from numbers that were checked at the door; only their fit is judged here.

    Parameters
    ----------
    argument, where : str
        The caller's name for the kernel, and of the axis, for the error's text.
    remedy : str
        What makes room for the window: ``{more}`` stands for the cells that lack, ``{each}`` for
        the pad that does it on both sides.

    >>> build_axis(6, 3, 1, "full", 1, argument="kernel_size").output_size
    8
    """
    reach = span(kernel, dilation)
    before, after = _pads(size, reach, stride, padding)
    room = size + before + after - reach
    outputs = room // stride + 1
    if ceil_mode:  # a single window, clipped, may be wider than the input
        outputs = min(-(-room // stride), -(-(size + before) // stride) - 1) + 1
    if outputs < 1:
        axis = f"{where}: " if where else ""
        raise StrideLabError(
            argument,
            "span at most the padded input",
            f"a span of {reach} over {size + before + after} cells",
            f"{axis}k = {kernel}, d = {dilation}, n = {size}, pads {before} and {after}",
            remedy.format(more=-room, each=-((size - reach) // 2)),
        )
    rule = padding if isinstance(padding, str) else "explicit"
    rounds_up = ceil_mode and rule not in ("same", "same_lower")
    return Axis(size, kernel, stride, dilation, before, after, outputs, rule, rounds_up)


def _pads(size: int, reach: int, stride: int, padding: AxisPadding) -> tuple[int, int]:
    if not isinstance(padding, str):
        return padding
    if padding == "valid":
        return 0, 0
    if padding == "full":
        return reach - 1, reach - 1
    return same_pads(size, reach, stride, lower=padding == "same_lower")
