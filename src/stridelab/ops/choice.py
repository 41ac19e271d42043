"""Which method a convolution takes: a model of what each one costs, and the words for it.

A method's estimate has three parts. Multiply-adds take what the processor's peak allows, times a
factor for how near the method comes to it; so many threads share them as have enough to do. Bytes
move at the bandwidth of memory, whoever asks. And every call takes some time to start. The factors
stand in `_estimates` and the functions that it calls; they were fitted to the times of 240 layers
(the benchmark's and random ones) on two cores of an AMD EPYC with AVX2, and adjusted to others on
AMD's and Intel's AVX-512; the machine's limits are measured on the machine itself
(`stridelab.ops.machine.limits`). How often that takes the quickest method: `course/benchmark.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stridelab.errors import StrideLabError, shown
from stridelab.geometry.checks import one_of
from stridelab.ops import door, fft, machine, memory, methods, winograd
from stridelab.ops.call import Array, Call, Size
from stridelab.ops.machine import Limits, seconds
from stridelab.ops.runs import go_along, runs_of

#: The cells of a kernel from which on it is worth asking whether Fourier transforms are quicker.
FFT_FROM = 25
#: Cycles a second of the machine that nanoseconds were fitted on.
CLOCK = 3.125e9
#: Winograd's products take as long for fewer tiles as for so many, by the outputs of a side.
LEAST_TILES = {2: 4, 4: 5.3}
#: Numbers from a cell to the next up to which planar tiles pick channels from whole vectors.
PICKED = 6
#: Multiply-adds from which on a kernel takes several threads.
SHARED = 1_000_000


@dataclass(frozen=True)
class Estimate:
    """What a method is thought to take, in seconds.

    Parameters
    ----------
    multiply, move, start : float
        For the arithmetic, for bytes from and to memory, and for each call.
    """

    multiply: float
    move: float
    start: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.multiply + self.move + self.start


@dataclass(frozen=True)
class _Layer:
    """A call's sizes, as the model counts them."""

    channels: int
    filters: int
    depth: int  # channels of a group
    groups: int
    pixels: int  # outputs of all images
    taps: int  # cells of the kernel
    vectors: int  # of filters, whole ones
    lanes: int  # numbers of a vector
    wide: bool  # whether vectors are long, and registers many
    tile: int  # sums of a register tile
    images: float  # bytes of the cells that are read
    results: int
    weights: int


def _layer(call: Call, lanes: int) -> _Layer:
    batch, rows, cols, filters = call.output_shape
    down, across, depth, _ = call.kernel.shape
    itemsize, groups = call.kernel.itemsize, call.groups
    wide = lanes > 8  # registers are twice as many where they are longer
    tile = (28 if wide else 12) * lanes
    lanes = lanes * 4 // itemsize
    steps = (axis for axis in (call.rows, call.cols) if axis.output_size > 1)
    read = math.prod(min(1.0, axis.kernel / axis.stride) for axis in steps)
    return _Layer(
        channels=call.shape[3],
        filters=filters,
        depth=depth,
        groups=groups,
        pixels=batch * rows * cols,
        taps=down * across,
        vectors=-(-(filters // groups) // lanes) * groups * lanes,
        lanes=lanes,
        wide=wide,
        tile=tile,
        images=read * math.prod(call.shape) * itemsize,
        results=batch * rows * cols * filters * itemsize,
        weights=call.kernel.size * itemsize,
    )


def estimate(name: str, call: Call, limits: Limits) -> Estimate:
    """What a method is thought to take for a call on a machine with these limits.

    >>> from stridelab.ops.machine import Limits
    >>> call = door.convolution(
    ...     np.ones((1, 56, 56, 64), np.float32), np.ones((3, 3, 64, 64), np.float32), None, None,
    ...     strides=1, padding="same", dilation_rate=1, groups=1, data_format="channels_last",
    ...     padding_mode="zeros",
    ... )[0]
    >>> limits = Limits(fma=100e9, bandwidth=10e9, threads=1, lanes=8)
    >>> [round(1e3 * estimate(name, call, limits).seconds, 1) for name in ("direct", "winograd4")]
    [2.6, 1.4]
    """
    one = _layer(call, limits.lanes)
    # numbers in float64 are half as many in a vector
    peak = limits.fma * 4 / call.kernel.itemsize
    flops, ns, moved, start = _estimates(name, call, one)
    clock = limits.fma / (4 * limits.lanes)  # two multiply-adds a cycle, of all lanes, as a rule
    ns *= limits.fft if name == "fft" else min(max(CLOCK / clock, 0.5), 2.0)
    work = one.pixels * one.taps * one.depth * one.filters
    is_shared = work >= SHARED and name not in _ALONE
    threads = 1 + 0.8 * (limits.threads - 1) if is_shared else 1.0
    return Estimate((flops / peak + ns * 1e-9) / threads, moved / limits.bandwidth, start * 1e-6)


#: Methods that take one thread whatever there is to do.
_ALONE = ("reference", "loops", "windows", "fft")


def _estimates(name: str, call: Call, one: _Layer) -> tuple[float, float, float, float]:
    """Flops at the peak, nanoseconds of one thread, bytes, and microseconds to start."""
    dense = 2.0 * one.pixels * one.taps * one.depth * one.filters
    padded = 2.0 * one.pixels * one.taps * one.depth * one.vectors
    in_and_out = one.images + one.results
    if name == "direct":
        return _direct(call, one, padded)
    if name.startswith("winograd"):
        return _winograd(int(name[-1]), call, one, in_and_out)
    if name == "planar":
        return *_planar(call, one), 0.5 * in_and_out, 2.5
    if name == "depthwise" and one.channels < one.lanes:
        return *_few_channels(call, one, dense), 0.5 * in_and_out, 2.2
    if name == "depthwise":
        return (0.25 if one.wide else 0.35) * padded, 0.0, 0.5 * in_and_out, 2.2
    if name == "fft":
        return 0.0, fft.nanoseconds(call), 0.0, 100
    if name == "im2col":
        matrix = one.pixels * one.taps * one.channels * call.kernel.itemsize
        moved = 2.0 * in_and_out + 2.5 * one.weights
        dealt = 0.0
        if one.groups > 1:  # from short runs, and to every n-th place
            dealt = one.pixels * (8.0 * one.taps * one.groups + 4.0 * one.filters)
        return 1.25 * dense, 3 * matrix / 13.5 + dealt, moved, 130
    if name == "loops":
        starts = 20 + one.taps * (13 + 3.5 * one.channels)
        again = 0.25 * min(one.pixels, 10) * one.weights  # for each pixel; many find them near
        return 4.5 * dense, one.pixels * starts, again, 2
    if name == "windows":
        # NumPy's innermost loop runs over the filters, or over neighbouring inputs of a single one
        run = call.kernel.shape[1] if call.cols.dilation == 1 else 1
        inner = one.filters if one.filters > 1 else run * one.depth
        each = 3.4 if one.groups > 1 else 0.35 + 12 / inner  # of float32
        return 0.0, each * dense / 2 * call.kernel.itemsize / 4, 0.0, 200
    return 6000.0 * dense, 0.0, 0.0, 200


def _direct(call: Call, one: _Layer, padded: float) -> tuple[float, float, float, float]:
    """Tiles whose vectors hold filters; or, of few filters and where they are full, inputs."""
    moved = 0.8 * (one.images + one.results) + 1.5 * one.weights
    copied = one.images / 13.5 if runs_of(call).copied else 0.0
    if go_along(call, one.lanes):
        flops, ns = _along(call, one)
        return flops, ns + copied, moved, 2.2
    if one.pixels < (4 if one.wide else 2) * call.shape[0]:  # of an image, for a tile
        return _one_by_one(one, call.shape[0])
    narrow = one.vectors <= one.groups * one.lanes
    is_split = call.cols.dilation > 1 or one.groups > 1
    rows = call.kernel.shape[0] * (call.kernel.shape[1] if is_split else 1)
    tiles = one.pixels * one.vectors / one.tile
    apart = 8 * one.pixels * one.groups if one.groups > 1 else 0  # each group has its tiles
    # one vector's tile has an address for each multiply-add, more than there are registers for
    alone = 1.8 if one.wide else 1.45
    flops = (alone if narrow else 1.05) * padded
    return flops, tiles * (12 + 5 * rows) + apart + 3 * copied, moved, 2.2


def _along(call: Call, one: _Layer) -> tuple[float, float]:
    """Flops and nanoseconds of direct tiles whose vectors run along the inputs.

    Each pixel looks up where its runs are; at last a tile's sums are added up. Weights that the
    first-level cache does not hold are read again for each tile.
    """
    batch, (run, many, *_) = call.shape[0], runs_of(call)
    whole, rest = divmod(run, one.lanes)
    vectors, tile = whole + 1.5 * (rest > 0), max(2, one.lanes // one.filters)
    pixels = batch * max(one.pixels / batch, tile)  # the last tile is filled up
    flops = 1.6 * pixels * many * vectors * one.lanes * one.filters
    places = pixels * many * (0.6 + 0.25 * vectors)
    again = one.weights / 210 if one.weights > 2**15 else 0.0
    return flops, places + (12 + again) * pixels / tile + 0.65 * one.images / memory.LINE


def _few_channels(call: Call, one: _Layer, dense: float) -> tuple[float, float]:
    """Flops and nanoseconds of depthwise tiles whose three vectors run along a row.

    An input row serves several rows of outputs but with steps down. Rows are copied.
    """
    rows, cols, numbers = call.rows, call.cols, call.output_shape[2] * one.channels
    tile = 3 * one.lanes
    tiles = math.ceil(numbers / (tile // one.channels * one.channels))
    factor = (1.0 if one.lanes % one.channels == 0 else 1.6) * tiles * tile / numbers
    factor *= 2.0 if max(rows.stride, rows.dilation) > 1 else 1.0
    row = (cols.pad_before + cols.size + cols.pad_after) * one.channels * call.kernel.itemsize
    block = max(9, (memory.NEAR * 3 // 4 // row - rows.span) // rows.stride)  # rows of outputs
    copied = one.images / call.kernel.itemsize
    copied *= 1 + max(0, rows.span / rows.stride - 1) / min(block, call.output_shape[1])
    return factor * dense, 0.5 * one.pixels * one.filters + 0.3 * copied


def _planar(call: Call, one: _Layer) -> tuple[float, float]:
    """Flops and nanoseconds of tiles of few filters whose vectors hold columns.

    A vector of inputs serves all filters: a single one waits for them. Images are copied and taken
    apart; results are put side by side, those of a group or a short row column by column.
    """
    batch, out_rows, out_cols, _ = call.output_shape
    rows, cols = call.rows, call.cols
    columns = math.ceil(out_cols / one.lanes) * one.lanes
    width = one.filters // one.groups
    flops = 2.0 * batch * out_rows * columns * one.filters * one.taps * one.depth
    cells = batch * (rows.pad_before + rows.size + rows.pad_after)
    cells *= math.ceil((cols.pad_before + cols.size + cols.pad_after) / one.lanes) * one.lanes
    step = one.channels * (cols.stride if out_cols > 1 else 1)
    apart = step if step <= PICKED else math.ceil(one.channels / one.lanes) * one.lanes
    taken = cells * (0.15 * one.channels + (0.2 if step <= PICKED else 0.35) * apart)
    if one.groups == 1 and out_cols >= one.lanes:
        put = 0.15 * one.pixels * width
    else:
        put = 0.8 * one.pixels * one.groups
    return (3.0 if width == 1 else 1.5) * flops, taken + put


def _one_by_one(one: _Layer, batch: int) -> tuple[float, float, float, float]:
    """Too few pixels for a tile: each multiply-add of a panel waits four cycles for the one before.

    Weights that are fetched meanwhile are waited for half as long, but come again for each image.
    """
    vectors = one.vectors // (one.lanes * one.groups)
    panels = one.groups * -(-vectors // (4 if one.wide else 3))
    chain = 2 * 4 * one.taps * one.depth * 2 * one.lanes  # flops of the peak, in these cycles
    moved = (batch - 0.5) * one.weights + 0.8 * (one.images + one.results)
    return one.pixels * panels * chain, 50.0 * one.pixels * panels, moved, 2.2


def _winograd(
    m: int, call: Call, one: _Layer, in_and_out: float
) -> tuple[float, float, float, float]:
    """Tiles take all places but those that only outputs beyond the last need; transformed weights
    are fetched, ahead. Of few channels a tile goes all the way at once, if filters fill vectors.
    """
    places, tiles, needed = (m + 2) ** 2, call.shape[0], 1.0  # needed: a part of all places
    for axis in (call.rows, call.cols):
        whole, cut = map(len, winograd.tile_starts(axis, m))
        tiles *= whole + cut
        needed *= (whole + cut * (m + 1) / (m + 2)) / (whole + cut)
    if winograd.goes_at_once(call, m, one.lanes):
        vectors = one.vectors / one.lanes
        spilled = 1.0 if one.wide else 2.0  # where registers are few
        tile = 41 * math.ceil(vectors / 4) + spilled * vectors * (11 + 13.5 * one.channels)
        # weights of a function's call are transformed first: longer than small images take
        return 0.0, tiles * tile, 0.8 * in_and_out, 10
    narrow = 1.4 if one.vectors <= one.lanes else 1.0
    products = 2 * places * one.channels * one.vectors  # of a tile
    # register tiles of few pixels wait for their weights
    flops = narrow * (1.0 if m == 2 else 1.05) * max(needed * tiles, LEAST_TILES[m]) * products
    before, after = (1.6, 0.3) if m == 2 else (1.2, 0.9)
    inputs = -(-one.channels // one.lanes) * one.lanes  # whole vectors
    place = (before * inputs + after * one.vectors) * (0.6 if one.wide else 1.0)
    transforms = tiles * places * place * 4 / 13.5
    weights = places * one.channels * one.filters * call.kernel.itemsize
    sums = places * one.vectors * (tiles / one.tile * 20 + 25 / 24)  # register tiles, panels
    fetched = (0.3 if weights < memory.HELD else 1.0) * weights
    return flops, transforms + sums, fetched + 2.3 * in_and_out, 5


@dataclass(frozen=True)
class Row:
    """One method of a `Choice`.

    Parameters
    ----------
    method : str
        Its key in `stridelab.METHODS`.
    estimate : Estimate or None
        What it is thought to take; None where it cannot serve the call.
    measured : float or None
        The seconds that it took, the median of some calls; None where it was not measured.
    reason : str
        Why it cannot serve the call.
    """

    method: str
    estimate: Estimate | None
    measured: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Choice:
    """The method that ``auto`` takes for a convolution, and what speaks for it.

    Parameters
    ----------
    method : str
        The one with the smallest estimate.
    rows : tuple of Row
        All methods, the quickest estimate first; those that cannot serve the call at the end.
    limits : Limits
        What is known of the machine.
    """

    method: str
    rows: tuple[Row, ...]
    limits: Limits

    def __str__(self) -> str:
        limits = self.limits
        lines = [
            f"auto takes {self.method!r}.",
            f"This machine: {limits.fma / 1e9:.0f} GFLOP/s a thread, "
            f"{limits.threads} thread{'' if limits.threads == 1 else 's'}, "
            f"{limits.bandwidth / 1e9:.0f} GB/s.",
            "",
            f"{'method':<10} {'estimate':>11} {'measured':>11}   of the estimate",
        ]
        for row in self.rows:
            if row.estimate is None:
                lines.append(f"{row.method:<10} {'—':>11} {'—':>11}   {row.reason}")
                continue
            parts = row.estimate
            measured = "" if row.measured is None else _time(row.measured)
            lines.append(
                f"{row.method:<10} {_time(parts.seconds):>11} {measured:>11}   multiply "
                f"{_time(parts.multiply)}, move {_time(parts.move)}, start {_time(parts.start)}"
            )
        return "\n".join(lines)

    __repr__ = __str__


def _time(value: float) -> str:
    """Three digits, in a unit that fits.

    >>> _time(0.00123456), _time(2.5e-6)
    ('1.23 ms', '2.5 µs')
    """
    for factor, unit in ((1, "s"), (1e3, "ms")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {unit}"
    return f"{value * 1e6:.3g} µs"


def explain_choice(
    input_shape: tuple[int, ...],
    kernel_shape: tuple[int, int, int, int],
    *,
    strides: Size = 1,
    padding: object = "valid",
    dilation_rate: Size = 1,
    groups: int = 1,
    dtype: Any = np.float32,
    measure: bool = False,
) -> Choice:
    """Says which method ``auto`` takes for a convolution, and what each one would cost.

    Parameters
    ----------
    input_shape : tuple
        (N, H, W, Cin) or (H, W, Cin).
    kernel_shape : tuple
        (KH, KW, Cin/groups, Cout).
    strides, padding, dilation_rate, groups
        As `stridelab.conv2d`'s.
    dtype : dtype
        float32 or float64.
    measure : bool
        Whether each method is run, on ones, for some tenths of a second or more: once all other
        threads sleep, some times to wake its own, then three to fifty times that count.
        ``reference`` only where it takes less than a tenth.

    Returns
    -------
    Choice
        Its text is a table.

    Raises
    ------
    StrideLabError
        As `stridelab.conv2d`.

    >>> choice = explain_choice((1, 56, 56, 64), (3, 3, 64, 64), padding="same")
    >>> choice.method in methods.METHODS, choice.rows[-1].reason != ""
    (True, True)
    """
    x, kernel = _ones("input_shape", input_shape, dtype), _ones("kernel_shape", kernel_shape, dtype)
    call, _ = door.convolution(
        x,
        kernel,
        None,
        None,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        groups=groups,
        data_format="channels_last",
        padding_mode="zeros",
    )
    limits = replace(machine.limits(), threads=machine.threads())
    rows = _rows(call, limits)
    if measure:
        packed, images = call.packed(), np.ones(call.shape, dtype)
        rows = [_measured(row, packed, images) for row in rows]
    return Choice(methods.select("auto", call).name, tuple(rows), limits)


def _ones(argument: str, shape: object, dtype: Any) -> Array:
    """Ones of a shape, which take no memory."""
    one_of("dtype", np.dtype(dtype).name, ("float32", "float64"))
    if not isinstance(shape, (tuple, list)) or not all(
        isinstance(n, (int, np.integer)) and n > 0 for n in shape
    ):
        raise StrideLabError(argument, "be a tuple of whole numbers, 1 or more each", shown(shape))
    return np.broadcast_to(np.ones((), dtype), tuple(shape))


def _row(name: str, call: Call, limits: Limits) -> Row:
    taps = math.prod(call.kernel.shape[:2])
    reason = methods.METHODS[name].serves(call)
    if reason is None and name == "fft" and taps < FFT_FROM:
        reason = f"it is not considered for kernels of fewer than {FFT_FROM} cells"
    if reason is not None:
        return Row(name, None, reason=reason)
    return Row(name, estimate(name, call, limits))


def _measured(row: Row, call: Call, x: Array) -> Row:
    """The row with the median of a few calls, as many as fit in a tenth of a second."""
    if row.estimate is None or (row.method == "reference" and row.estimate.seconds > 0.1):
        return row
    run = methods.METHODS[row.method].prepare(call)
    x.flags.writeable = False

    def once() -> float:
        out = memory.empty(call.output_shape, call.kernel.dtype)
        return seconds(lambda: run(x, out))

    machine.settle(once)
    times = [once()]
    while len(times) < 5 or (sum(times) < 0.05 and len(times) < 50):
        times.append(once())
        if sum(times) > 0.1 and len(times) > 2:
            break
    return Row(row.method, row.estimate, float(np.median(times)))


def ranked(call: Call, limits: Limits) -> list[str]:
    """The methods that can serve the call, the smallest estimate first."""
    rows = [row for row in _rows(call, limits) if row.estimate]
    return [row.method for row in rows]


def _rows(call: Call, limits: Limits) -> list[Row]:
    """All methods, the smallest estimate first, those that cannot serve the call at the end."""
    rows = [_row(name, call, limits) for name in methods.METHODS]
    rows.sort(key=lambda row: math.inf if row.estimate is None else row.estimate.seconds)
    return rows
