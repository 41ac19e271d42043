"""The race explorer's model: every method of convolution on one layer, timed when asked."""

from __future__ import annotations

import functools
import math
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stridelab import ops
from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Choice, Whole
from stridelab.explorers.scene import Action, Bars, Model, Preset, Question, Scene, Table
from stridelab.geometry import Cost, cost
from stridelab.ops import machine, memory

TITLE = "One layer, every method"

#: Seconds for all methods together; each gets its part of them.
BUDGET = 8.0
#: The multiply-adds of the first part of a layer that is tried.
FIRST_TRY = 200_000
#: Calls of a method at most.
MOST_CALLS = 25

NOTHING = "—"

_LOADING = "loading (the first time ever: compiling)"

#: Two measurements at a time would spoil each other.
_alone = threading.Lock()

CONTROLS = (
    Whole("size", "Input size", default=56, low=7, high=224),
    Whole("channels", "Input channels", default=64, low=1, high=256),
    Whole("filters", "Filters", default=64, low=1, high=256),
    Whole("kernel_size", "Kernel size", default=3, low=1, high=7),
    Whole("strides", "Stride", default=1, low=1, high=3),
    Choice("padding", "Padding", "same", {"valid": "valid", "same": "same"}),
    Whole("images", "Images", default=1, low=1, high=8),
)


@dataclass(frozen=True)
class Lap:
    """One method's result.

    Parameters
    ----------
    method : str
        Its key in `stridelab.METHODS`.
    seconds : float
        Of one call on the whole layer; 0 where the method cannot serve it.
    calls : int
        How many whole calls were timed; 0 where the seconds are reckoned from a part of the layer.
    reason : str
        The library's text, where the method cannot serve the call.
    """

    method: str
    seconds: float
    calls: int
    reason: str = ""


@dataclass(frozen=True)
class Measured:
    """What the measurement found; its rates count the definition's operations.

    Parameters
    ----------
    laps : tuple of Lap
        In the order of `stridelab.METHODS`.
    peak : float
        What a large matrix product reaches here, in flops a second.
    bandwidth : float
        What a copy of as many bytes as the layer moves reaches here, in bytes a second.
    threads : int
        Those that compiled kernels may use; 0 without numba.
    error : str
        The library's text, where the layer does not fit in memory.
    estimates : tuple of (str, float)
        What `stridelab.explain_choice` thinks that methods take, in seconds, the quickest first:
        that is the one that ``auto`` takes.
    """

    laps: tuple[Lap, ...]
    peak: float
    bandwidth: float
    threads: int
    error: str = ""
    estimates: tuple[tuple[str, float], ...] = ()

    def roof(self, counted: Cost) -> float:
        """The flops a second that a layer can reach: those of a product, or those it is fed for."""
        return min(self.peak, self.bandwidth * _intensity(counted))


def scene(
    size: int,
    channels: int,
    filters: int,
    kernel_size: int,
    strides: int,
    padding: str,
    images: int,
    position: tuple[int, int] = (0, 0),
    measured: Measured | None = None,
) -> Scene:
    """The scene for this layer: what it costs, and once it is measured, who wins.

    Parameters
    ----------
    size, channels, images : int
        The input: rows and columns, channels, images in the batch.
    filters, kernel_size, strides, padding
        The layer's, by Keras' names.
    position : (int, int)
        Nothing here has a focus.
    measured : Measured, optional
        What `measure` found for these values; None before.

    >>> shown = scene(56, 64, 64, 3, 1, "same", 1)
    >>> shown["layer"].rows[:2]
    (('output', '1 × 56 × 56 × 64'), ('MACs', '115,605,504'))
    """
    counted = _cost(size, channels, filters, kernel_size, strides, padding, images)
    layer = _layer_table(counted)
    if measured is None:
        sentence = f"{_needs(counted)} Press Measure to time every method on this machine."
        return Scene(TITLE, sentence, ((layer,), (_not_measured(),)), stacked=True)
    if measured.error:
        sentence = "The layer is too large for this machine, so nothing was measured."
        return Scene(TITLE, sentence, ((layer,),), error=measured.error)
    timed = [lap for lap in measured.laps if lap.seconds]
    fastest = min(timed, key=lambda lap: lap.seconds)
    question = Question(
        "Which method is the fastest on this layer?",
        fastest.method,
        tuple(lap.method for lap in timed),
    )
    return Scene(
        title=TITLE,
        sentence=_verdict(counted, measured, timed),
        columns=(
            (layer, _rates(counted, measured, timed)),
            (_results(counted, measured, fastest),),
        ),
        question=question if len(timed) > 1 else None,
        stacked=True,
    )


def _cost(
    size: int,
    channels: int,
    filters: int,
    kernel_size: int,
    strides: int,
    padding: str,
    images: int,
) -> Cost:
    shape = (images, size, size, channels)
    return cost(shape, filters, kernel_size, strides=strides, padding=padding)


def _intensity(counted: Cost) -> float:
    return counted.flops / counted.bytes


def _per_byte(counted: Cost) -> str:
    count = _digits(_intensity(counted))
    return f"{count} flop{'' if count == '1' else 's'} a byte"


def _needs(counted: Cost) -> str:
    return (
        f"The layer takes {_short(counted.macs)} MACs, that is {_short(counted.flops)} flops, and "
        f"moves at least {_short(counted.bytes)} bytes: "
        f"{_per_byte(counted)}."
    )


def _layer_table(counted: Cost) -> Table:
    rows = (
        ("output", " × ".join(map(str, counted.output_shape))),
        ("MACs", f"{counted.macs:,}"),
        ("flops (2 a MAC)", f"{counted.flops:,}"),
        ("bytes in float32", f"{counted.bytes:,}"),
        ("flops a byte", _digits(_intensity(counted))),
    )
    caption = "bytes: input, weights and output, each moved once"
    return Table("layer", "The layer", "input", ("quantity", "count"), rows, caption=caption)


def _not_measured() -> Table:
    rows = tuple((name, "not measured", method.summary) for name, method in ops.METHODS.items())
    return Table("methods", "Methods", "output", ("method", "a call", "what it does"), rows)


def _verdict(counted: Cost, measured: Measured, timed: Sequence[Lap]) -> str:
    """Who wins, by how much, and what holds even the winner back."""
    fastest, *_ = ordered = sorted(timed, key=lambda lap: lap.seconds)
    rate, roof = counted.flops / fastest.seconds, measured.roof(counted)
    text = (
        f"{fastest.method!r} is the fastest: {_about(fastest)}{_span(fastest.seconds)} a call, "
        f"{_giga(rate)} GFLOP/s, {_digits(100 * rate / roof)}% of this machine's roof."
    )
    if len(ordered) > 1:
        slowest = ordered[-1]
        times = _about(slowest) + _digits(slowest.seconds / fastest.seconds)
        text += f" {slowest.method!r} takes {times} times as long."
    limits = "memory" if roof < measured.peak else "arithmetic"
    return f"{text} At {_per_byte(counted)} the {limits} sets the roof."


def _rates(counted: Cost, measured: Measured, timed: Sequence[Lap]) -> Bars:
    rates = [counted.flops / lap.seconds / 1e9 for lap in timed]
    roof = measured.roof(counted) / 1e9
    return Bars(
        "rates",
        "Speed",
        "output",
        labels=tuple(lap.method for lap in timed),
        values=tuple(rates),
        texts=tuple(
            f"{_about(lap)}{_digits(rate)} GFLOP/s" for lap, rate in zip(timed, rates, strict=True)
        ),
        limit=roof,
        limit_text=f"the roof here, {_digits(roof)} GFLOP/s",
        caption=(
            f"the roof: the lesser of {_giga(measured.peak)} GFLOP/s, as a matrix product "
            f"reaches, and {_per_byte(counted)} × "
            f"{_giga(measured.bandwidth)} GB/s, as a copy reaches"
        ),
        is_answer=True,
    )


_HEAD = ("method", "a call", "GFLOP/s", "of the roof", "× the fastest", "how it was timed")


def _results(counted: Cost, measured: Measured, fastest: Lap) -> Table:
    roof = measured.roof(counted)
    rows = []
    for lap in measured.laps:
        if not lap.seconds:
            rows.append((lap.method, *[NOTHING] * 4, lap.reason))
            continue
        rate = counted.flops / lap.seconds
        about = _about(lap)
        rows.append(
            (
                lap.method,
                about + _span(lap.seconds),
                about + _giga(rate),
                f"{about}{_digits(100 * rate / roof)}%",
                about + _digits(lap.seconds / fastest.seconds),
                _how(lap),
            )
        )
    threads = f"numba may use {measured.threads} threads; " if measured.threads else "no numba; "
    caption = f"{threads}NumPy's matrix products take the threads that their BLAS is set to"
    if measured.estimates:
        thought = ", ".join(f"{name} {_span(seconds)}" for name, seconds in measured.estimates[:3])
        name = measured.estimates[0][0]
        caption += (
            f". Before it measures anything, 'auto' takes {name!r}: it reckons with {thought}"
        )
    return Table(
        "methods", "Methods", "output", _HEAD, tuple(rows), caption=caption, is_answer=True
    )


def _how(lap: Lap) -> str:
    if not lap.calls:
        return "skipped: too long for a whole call, so reckoned from a part of the layer"
    return "one call" if lap.calls == 1 else f"median of {lap.calls} calls"


def _about(lap: Lap) -> str:
    return "" if lap.calls else "≈ "


def _span(seconds: float) -> str:
    """A time in the unit that fits.

    >>> _span(2.5), _span(0.0123), _span(45e-6)
    ('2.5 s', '12.3 ms', '45 µs')
    """
    for unit, name in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= 0.9995 * unit:
            return f"{_digits(seconds / unit)} {name}"
    return f"{_digits(seconds * 1e6)} µs"


def _giga(rate: float) -> str:
    return _digits(rate / 1e9)


def _digits(value: float) -> str:
    """Three significant digits, without an exponent.

    >>> _digits(0.012345), _digits(25.0), _digits(12345.6)
    ('0.0123', '25', '12,300')
    """
    if value >= 999.5:
        return f"{float(f'{value:.3g}'):,.0f}"
    places = 2 - math.floor(math.log10(value)) if value > 0 else 0
    text = f"{value:.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _short(count: int) -> str:
    """A count in millions or thousands.

    >>> _short(115_605_504), _short(1_200), _short(12)
    ('116 million', '1.2 thousand', '12')
    """
    for unit, name in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if count >= 0.9995 * unit:
            return f"{_digits(count / unit)}{name}"
    return str(count)


def measure(values: Mapping[str, Any], report: Callable[[str], None]) -> Measured:
    """Times every method on the layer, and what this machine could reach.

    Methods are loaded, and where that is due compiled, before the first is timed. A method gets its
    part of `BUDGET`; where a single call would take longer, its time is reckoned from a part of the
    layer.

    Parameters
    ----------
    values : mapping
        The controls' values by name.
    report : function
        Takes a text of progress.
    """
    counted = _cost(**values)
    part = memory.Part(
        counted.bytes,
        "images",
        "make a layer that fits in memory",
        "input, weights and output",
        "Take fewer images, channels or cells.",
    )
    try:
        memory.judge(part)
    except StrideLabError as error:
        return Measured((), 0.0, 0.0, 0, error=str(error))
    with _alone:
        ops.warmup(lambda name, done, total: report(f"{_LOADING} {name}: {done} of {total}"))
        laps = _laps(values, report)
        report("this machine's roof")
        # of about the layer's size; below 2¹⁸ bytes it is a copy's start that would be measured
        moved = 1 << max(18, min(counted.bytes.bit_length(), 27))
        peak = machine.peak_flops()
        machine.rest()
        bandwidth = machine.copy_bandwidth(moved)
        found = Measured(laps, peak, bandwidth, _threads(), estimates=_estimates(values))
    if any(lap.seconds for lap in laps):
        return found
    return Measured((), 0.0, 0.0, 0, error=laps[0].reason)


def _estimates(values: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """What each method that serves the layer is thought to take, the quickest first."""
    side, window = values["size"], values["kernel_size"]
    choice = ops.explain_choice(
        (values["images"], side, side, values["channels"]),
        (window, window, values["channels"], values["filters"]),
        strides=values["strides"],
        padding=values["padding"],
    )
    return tuple((row.method, row.estimate.seconds) for row in choice.rows if row.estimate)


def _laps(values: Mapping[str, Any], report: Callable[[str], None]) -> tuple[Lap, ...]:
    arrays = _arrays(values)
    laps = []
    for number, name in enumerate(ops.METHODS, start=1):
        report(f"{name}: {number} of {len(ops.METHODS)}")
        machine.rest()
        try:
            laps.append(_lap(name, values, arrays, BUDGET / len(ops.METHODS)))
        except StrideLabError as error:
            laps.append(Lap(name, 0.0, 0, str(error)))
    return tuple(laps)


Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]


def _arrays(values: Mapping[str, Any]) -> Arrays:
    """The input, the kernel and the bias, in float32."""
    stream = np.random.default_rng(0)
    side, window = values["size"], values["kernel_size"]
    channels, filters = values["channels"], values["filters"]
    x, kernel, bias = (
        stream.random(shape, dtype=np.float32)
        for shape in (
            (values["images"], side, side, channels),
            (window, window, channels, filters),
            (filters,),
        )
    )
    return x, kernel, bias


def _lap(name: str, values: Mapping[str, Any], arrays: Arrays, budget: float) -> Lap:
    """One method: larger and larger parts of the layer, until one says how long a call takes."""
    x, kernel, bias = arrays
    given = {"strides": values["strides"], "method": name}
    whole, limit = _cost(**values).macs, FIRST_TRY
    while limit < whole:
        part = _part(values, x, limit)
        macs = cost(
            part.shape, values["filters"], values["kernel_size"], strides=given["strides"]
        ).macs
        call = functools.partial(ops.conv2d, part, kernel, bias, **given)
        seconds = min(machine.seconds(call), machine.seconds(call))
        reckoned = seconds * whole / macs
        if seconds > 0.02 and reckoned > budget:
            return Lap(name, reckoned, 0)
        if seconds > 0.02:
            break
        limit *= 8
    call = functools.partial(ops.conv2d, x, kernel, bias, padding=values["padding"], **given)
    return _timed(name, call, budget)


def _timed(name: str, call: Callable[[], object], budget: float) -> Lap:
    """The median of as many calls as fit; one before them, where there is time, is not counted."""
    until = time.perf_counter() + budget / 2
    first = machine.seconds(call)
    times = [first] if first > budget / 4 else [machine.seconds(call)]
    while time.perf_counter() < until and len(times) < MOST_CALLS:
        times.append(machine.seconds(call))
    return Lap(name, statistics.median(times), len(times))


def _part(values: Mapping[str, Any], x: np.ndarray[Any, Any], macs: int) -> np.ndarray[Any, Any]:
    """A square corner of the first image whose 'valid' outputs take about so many multiply-adds."""
    side, window, step = values["size"], values["kernel_size"], values["strides"]
    each = values["channels"] * values["filters"] * window**2
    outputs = min(max(math.isqrt(macs // each), 1), (side - window) // step + 1)
    rows = (outputs - 1) * step + window
    return np.ascontiguousarray(x[:1, :rows, :rows])


def _threads() -> int:
    if machine.numba_missing():
        return 0
    import numba

    threads: int = numba.get_num_threads()
    return threads


PRESETS = (
    Preset(
        "1 × 1: the layer is a matrix product",
        "Each window is one cell, so 'im2col' has nothing to lay side by side: measure, and see "
        "how near the roof it comes.",
        {"size": 28, "channels": 256, "filters": 256, "kernel_size": 1},
    ),
    Preset(
        "A first layer: 3 channels",
        "Three channels make a thin matrix: measure, and compare the GFLOP/s with those of the "
        "layer with 64 channels, where Reset leads.",
        {"size": 224, "channels": 3, "filters": 64, "kernel_size": 7, "strides": 2},
    ),
    Preset(
        "A large kernel: more work for the same bytes",
        "A 7 × 7 kernel takes 49/9 times the MACs of a 3 × 3 one on the same input and output: "
        "more flops a byte, so the memory matters less.",
        {"kernel_size": 7},
    ),
    Preset(
        "Few channels: the memory sets the roof",
        "A single flop for each byte: the roof is what the memory feeds, far below what a matrix "
        "product reaches.",
        {"size": 224, "channels": 4, "filters": 4, "kernel_size": 1},
    ),
)

MODEL = Model("race", TITLE, CONTROLS, scene, PRESETS, action=Action("Measure", measure))
