"""The choice of a method: what it says, what it measures, and what it refuses."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.ops import choice, machine
from stridelab.ops.runs import go_along, runs_of
from tests.ops_tools import checked

#: A machine of round numbers: 100 GFLOP/s a thread, 10 GB/s.
LIMITS = machine.Limits(fma=100e9, bandwidth=10e9, threads=1, lanes=8)


def test_an_estimate_is_arithmetic_bytes_and_a_start():
    """A 1×1 kernel: 2·784·64·96 flops in whole vectors; tiles; 784·(64 + 96) numbers move."""
    x, kernel = np.ones((1, 28, 28, 64), np.float32), np.ones((1, 1, 64, 96), np.float32)
    found = choice.estimate("direct", checked(x, kernel), LIMITS)
    tiles = 784 * 96 / 96
    assert found.multiply == pytest.approx(1.05 * 9_633_792 / 100e9 + tiles * 17e-9)
    assert found.move == pytest.approx((0.8 * 784 * 160 * 4 + 1.5 * 64 * 96 * 4) / 10e9)
    assert found.start == pytest.approx(2.2e-6)
    assert found.seconds == found.multiply + found.move + found.start
    twice = machine.Limits(200e9, 10e9, threads=1, lanes=8)  # as many lanes: twice the clock
    assert choice.estimate("direct", checked(x, kernel), twice).multiply == found.multiply / 2


#: Channels and filters of single cells, as it was measured on such a machine: 2.3 µs to 3.7; 2.8 to
#: 5.5; 1.8 to 2.1; then 2.2 to 2.4; 3.0 to 3.4; 1.5 to 1.7.
SINGLE_CELLS = {
    "direct": [(672, 28), (1152, 48), (240, 10)],
    "loops": [(28, 672), (48, 1152), (10, 240)],
}


@pytest.mark.parametrize(
    ("quicker", "channels", "filters"),
    [(quicker, *sizes) for quicker, cells in SINGLE_CELLS.items() for sizes in cells],
)
def test_a_single_cells_multiply_adds_wait_for_one_another(quicker, channels, filters):
    x, kernel = np.ones((1, 1, 1, channels), np.float32), np.ones((1, 1, channels, filters), "f4")
    call, wide = checked(x, kernel), machine.Limits(270e9, 86e9, threads=1, lanes=16)
    seconds = {name: choice.estimate(name, call, wide).seconds for name in SINGLE_CELLS}
    assert min(seconds, key=lambda name: seconds[name]) == quicker


#: Image, kernel, what a call says, then a run's inputs, the runs of a window, and how cells are
#: read: in place, from a padded copy, or from lists of places.
RUNS = [
    ((1, 9, 9, 20), (3, 3, 20, 9), {}, 60, 3, ""),
    ((1, 9, 9, 20), (3, 3, 20, 9), {"padding": "same"}, 60, 3, "copied"),
    ((1, 9, 9, 32), (3, 3, 32, 9), {"padding": "same"}, 32, 9, "listed"),
    ((1, 9, 9, 32), (1, 1, 32, 9), {"padding": "same"}, 32, 1, ""),
    ((1, 9, 9, 20), (3, 2, 20, 9), {"dilation_rate": (1, 2)}, 20, 6, ""),
    ((1, 9, 9, 20), (3, 2, 10, 8), {"groups": 2}, 10, 6, ""),
    ((1, 40, 40, 40), (9, 9, 40, 2), {"padding": "same"}, 360, 9, "copied"),  # so many lists
]


@pytest.mark.parametrize(("x", "kernel", "arguments", "length", "each", "how"), RUNS)
def test_runs_are_the_neighbours_under_a_window(x, kernel, arguments, length, each, how):
    call = checked(np.ones(x, np.float32), np.ones(kernel, np.float32), **arguments)
    assert runs_of(call) == (length, each, how == "copied", how == "listed")


#: Channels, filters and a kernel's side: which took less time along runs than across, or more, as
#: measured for 16 lanes: 0.26, 0.60, 0.90, 0.72, 0.76, 0.75, 0.89; then 1.09, 1.59, 1.23, 1.07,
#: 1.10, 1.19; of 13 filters no tile is made.
ALONG = [(16, 1, 1), (16, 4, 1), (32, 8, 1), (256, 10, 1), (256, 12, 1), (17, 10, 5), (17, 12, 5)]
ACROSS = [(16, 8, 1), (17, 8, 1), (32, 10, 1), (48, 12, 1), (20, 6, 1), (33, 12, 5), (999, 13, 1)]


@pytest.mark.parametrize(("channels", "filters", "side"), [*ALONG, *ACROSS])
def test_tiles_go_along_runs_where_their_vectors_are_fuller(channels, filters, side):
    x = np.ones((1, 9, 9, channels), np.float32)
    kernel = np.ones((side, side, channels, filters), np.float32)
    found = go_along(checked(x, kernel, padding="same"), 16)
    assert found is ((channels, filters, side) in ALONG)


def test_transforms_go_by_their_own_time_and_nothing_else_does():
    x, kernel = np.ones((1, 64, 64, 1), np.float32), np.ones((15, 15, 1, 1), np.float32)
    slow = dataclasses.replace(LIMITS, fft=2 * LIMITS.fft)
    for name, times in (("fft", 2), ("direct", 1), ("im2col", 1)):
        found = [choice.estimate(name, checked(x, kernel), limits) for limits in (LIMITS, slow)]
        assert found[1].multiply == pytest.approx(times * found[0].multiply)


@pytest.mark.parametrize(("side", "channels", "quicker"), [(8, 256, 4), (7, 256, 2), (7, 512, 2)])
@pytest.mark.parametrize("threads", [1, 2])
def test_few_tiles_of_four_wait_for_weights(side, channels, quicker, threads):
    """F(4×4) has 0.56 of the multiplications, in 4 tiles, and fetches 2.25 times the weights.

    Of 7×7 outputs F(2×2) leaves 31 of 256 products out, F(4×4) 23 of 144. As it was measured on
    such a machine: 0.13 to 0.16 ms; 0.16 to 0.14; 1.19 to 0.52, weights that no cache holds.
    """
    x = np.ones((1, side, side, channels), np.float32)
    kernel = np.ones((3, 3, channels, channels), np.float32)
    wide = machine.Limits(250e9, 90e9, threads, lanes=16)
    seconds = {
        m: choice.estimate(f"winograd{m}", checked(x, kernel, padding="same"), wide).seconds
        for m in (2, 4)
    }
    assert min(seconds, key=lambda m: seconds[m]) == quicker


def test_estimates_in_double_take_twice_as_long_and_threads_share():
    arrays = [np.ones(shape, np.float32) for shape in ((1, 56, 56, 64), (3, 3, 64, 64))]
    single = choice.estimate("im2col", checked(*arrays, padding="same"), LIMITS)
    wide = [array.astype(np.float64) for array in arrays]
    double = choice.estimate("im2col", checked(*wide, padding="same"), LIMITS)
    assert double.seconds > 1.5 * single.seconds
    two = machine.Limits(100e9, 10e9, threads=2, lanes=8)
    shared = choice.estimate("im2col", checked(*arrays, padding="same"), two)
    assert shared.multiply == pytest.approx(single.multiply / 1.8)
    assert shared.move == single.move


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("lanes", "part"), [(16, 0.8), (8, 1.0)])
def test_a_picture_goes_through_winograds_tiles_at_once(lanes, part, dtype):
    """3 → 64 channels as measured: 0.62 of 0.76 ms; with half as many registers no quicker."""
    arrays = [np.ones(shape, dtype) for shape in ((1, 224, 224, 3), (3, 3, 3, 64))]
    limits = machine.Limits(270e9 / 16 * lanes, 90e9, 1, lanes)
    call = checked(*arrays, padding="same")
    direct, tiles = (choice.estimate(name, call, limits) for name in ("direct", "winograd4"))
    assert tiles.seconds == pytest.approx(part * direct.seconds, rel=0.25)


def test_a_choice_reads_as_a_table():
    rows = (
        choice.Row("direct", choice.Estimate(1e-3, 2e-4, 5e-6), measured=0.00125),
        choice.Row("fft", None, reason="it rests"),
    )
    assert str(choice.Choice("direct", rows, LIMITS)).splitlines() == [
        "auto takes 'direct'.",
        "This machine: 100 GFLOP/s a thread, 1 thread, 10 GB/s.",
        "",
        "method        estimate    measured   of the estimate",
        "direct         1.21 ms     1.25 ms   multiply 1 ms, move 200 µs, start 5 µs",
        "fft                  —           —   it rests",
    ]


def test_measuring_runs_what_serves():
    found = sl.explain_choice((1, 12, 12, 8), (3, 3, 8, 8), padding="same", measure=True)
    able = [row for row in found.rows if row.estimate]
    assert found.method == able[0].method
    assert all(row.measured for row in able if row.method != "reference")
    assert {row.method for row in found.rows} == set(sl.METHODS)
    assert [row.reason != "" for row in found.rows if row.estimate is None].count(False) == 0


@pytest.mark.parametrize(
    ("x", "kernel", "message"),
    [
        (
            (1, 0, 5, 3),
            (3, 3, 3, 8),
            "input_shape must be a tuple of whole numbers, 1 or more each; got (1, 0, 5, 3)",
        ),
        (
            (1, 5, 5, 3),
            "3x3",
            "kernel_shape must be a tuple of whole numbers, 1 or more each; got '3x3'",
        ),
    ],
)
def test_it_refuses_what_is_no_shape(x, kernel, message):
    with pytest.raises(StrideLabError) as caught:
        sl.explain_choice(x, kernel)
    assert str(caught.value) == message
