"""Gradients: by hand, by finite differences, by the adjoint, by JAX's values (tests/record)."""

from __future__ import annotations

import itertools
import random
import tracemalloc
from functools import partial

import numpy as np
import pytest

import stridelab as sl
from stridelab.geometry import conv_axis, transposed_axis
from stridelab.geometry.phases import gradient_axis, phases
from stridelab.ops import call, gradients, machine, memory
from tests.ops_tools import plane, taps
from tests.test_ops_arrays import FORMS
from tests.test_ops_errors import huge, refusal, zeros
from tests.test_recorded import dtypes, recorded

TOLERANCE = {"float32": 3e-6, "float64": 1e-11}
MODES = ["zeros", "reflect", "replicate", "circular"]

# --- phases ---------------------------------------------------------------------------------------


def axes():
    """Transposed axes by Keras' sizes, and those of gradients; strides and dilations of any kin."""
    for n, k, s, d in itertools.product((1, 2, 5), (1, 2, 3, 4, 5), (1, 2, 3, 4, 6), (1, 2, 3, 4)):
        for padding in ("valid", "same"):
            yield transposed_axis(n, k, s, padding, d)
        for padding in ("same", "full", (0, 3), (5, 1)):
            if n + sum(padding if isinstance(padding, tuple) else (99, 0)) > d * (k - 1):
                yield gradient_axis(conv_axis(n, k, s, padding, d), padded=bool((n + k) % 2))


@pytest.mark.parametrize("length", [1, 2, 100])
def test_phases_bring_what_the_definition_brings(length):
    """The same pairs (input cell, tap) arrive at every output cell; in blocks of any length."""
    for axis in axes():
        expected = {
            (target, cell, tap)
            for cell in range(axis.size)
            for tap, target in enumerate(axis.targets(cell))
            if 0 <= target < axis.output_size
        }
        found = [
            arrival
            for group in phases(axis)
            for start in range(0, group.positions, length)
            for arrival in arrivals(group, slice(start, min(start + length, group.positions)))
        ]
        assert sorted(found) == sorted(expected), axis


def arrivals(group, part):
    """What a convolution of stride 1 over the cells that a group reads, padded, brings where."""
    cells, (before, after) = group.reads(part)
    padded = [None] * before + list(range(cells.start, cells.stop)) + [None] * after
    span = group.dilation * (len(group.taps[0]) - 1) + 1
    windows = [padded[at : at + span : group.dilation] for at in range(len(padded) - span + 1)]
    assert len(windows) == part.stop - part.start
    for taps_of_one, (ours, theirs) in zip(group.taps, group.reaches(part), strict=True):
        targets = range(group.axis.output_size)[theirs]
        for window, target in zip(windows[ours], targets, strict=True):
            for cell, tap in zip(window, taps_of_one, strict=True):
                if cell is not None:
                    yield target, cell, tap


# --- by hand --------------------------------------------------------------------------------------

ROW, TENS = [[1, 2, 4, 8]], [[1, 10]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("says", "arguments", "by_x", "by_kernel"),
    [
        # the kernel [1, 10] over [1, 2, 4, 8]
        ([[1, 2, 3]], {}, [[1, 12, 23, 30]], [[1 + 4 + 12, 2 + 8 + 24]]),
        ([[1, 2]], {"strides": (1, 2)}, [[1, 10, 2, 20]], [[1 + 8, 2 + 16]]),
        ([[1]], {"strides": (1, 3)}, [[1, 10, 0, 0]], [[1, 2]]),
        ([[1, 2]], {"dilation_rate": (1, 2)}, [[1, 2, 10, 20]], [[1 + 4, 4 + 16]]),
        ([[1, 2]], {"strides": (1, 2), "dilation_rate": (1, 2), "padding": ((0, 0), (0, 1))},
         [[1, 0, 12, 0]], [[1 + 8, 4]]),
        ([[1, 2, 3, 4]], {"padding": "same"}, [[1, 12, 23, 34]], [[1 + 4 + 12 + 32, 2 + 8 + 24]]),
        ([[1, 2, 3]], {"padding": ((0, 0), (1, 1)), "strides": (1, 2)},
         [[10, 2, 20, 3]], [[4 + 24, 1 + 8]]),
        ([[1, 2, 3, 4]], {"padding": ((0, 0), (0, 1)), "padding_mode": "circular"},
         [[41, 12, 23, 34]], [[1 + 4 + 12 + 32, 2 + 8 + 24 + 4]]),
        ([[1, 2, 3, 4]], {"padding": ((0, 0), (1, 0)), "padding_mode": "replicate"},
         [[13, 23, 34, 40]], [[1 + 2 + 6 + 16, 1 + 4 + 12 + 32]]),
        ([[1, 2, 3, 4]], {"padding": ((0, 0), (1, 0)), "padding_mode": "reflect"},
         [[12, 24, 34, 40]], [[2 + 2 + 6 + 16, 1 + 4 + 12 + 32]]),
    ],
)  # fmt: skip
def test_convolutions_worked_by_hand(says, arguments, by_x, by_kernel, dtype):
    x, kernel, grad = plane(ROW, dtype), taps(TENS, dtype), plane(says, dtype)
    dx = sl.conv2d_input_grad(grad, kernel, x.shape, **arguments)
    dkernel = sl.conv2d_kernel_grad(x, grad, kernel.shape, **arguments)
    assert dx.dtype == dkernel.dtype == dtype
    assert dx[:, :, 0].tolist() == by_x
    assert dkernel[:, :, 0, 0].tolist() == by_kernel


def test_two_images_with_groups_worked_by_hand():
    x = np.array([[[[1.0, 10.0]]], [[[2.0, 20.0]]]])  # two images of one cell, two channels
    kernel = np.array([[[[3.0, 4.0, 5.0, 6.0]]]])  # two filters a channel
    grad = np.array([[[[1.0, 2.0, 3.0, 4.0]]], [[[0.0, 1.0, 0.0, -1.0]]]])
    dx = sl.conv2d_input_grad(grad, kernel, x.shape, groups=2)
    assert dx.tolist() == [[[[3 + 8, 15 + 24]]], [[[4, -6]]]]
    dkernel = sl.conv2d_kernel_grad(x, grad, kernel.shape, groups=2)
    assert dkernel.tolist() == [[[[1, 2 + 2, 30, 40 - 20]]]]
    assert sl.conv2d_bias_grad(grad).tolist() == [1, 3, 3, 3]
    first = np.ascontiguousarray(grad.transpose(0, 3, 1, 2))
    assert sl.conv2d_bias_grad(first[0], data_format="channels_first").tolist() == [1, 2, 3, 4]


NINE = [[5, 7, 7], [9, 9, 1], [9, 2, 3]]


@pytest.mark.parametrize(
    ("x", "says", "arguments", "expected"),
    [
        (NINE, [[1, 10], [100, 1000]], {"pool_size": 2, "strides": 1},
         [[0, 0, 0], [101, 1010, 0], [0, 0, 0]]),
        (NINE, [[1, 10], [100, 1000]], {"pool_size": 2, "padding": "same"},
         [[0, 0, 10], [1, 0, 0], [100, 0, 1000]]),
        (NINE, [[1], [10]], {"pool_size": (2, 3), "strides": 1}, [[0] * 3, [11, 0, 0], [0] * 3]),
        (NINE, [[1, 10]], {"pool_size": (3, 1), "strides": 2}, [[0, 0, 10], [1, 0, 0], [0] * 3]),
        ([[-3, -3]], [[1, 10, 100]], {"pool_size": (1, 2), "strides": 1, "padding": (0, 1)},
         [[11, 100]]),
        ([[-np.inf, -np.inf]], [[1]], {"pool_size": (1, 2)}, [[1, 0]]),
        ([[1, np.nan, np.inf, np.nan]], [[1]], {"pool_size": (1, 4)}, [[0, 1, 0, 0]]),
    ],
)  # fmt: skip
def test_the_first_maximum_gets_it(x, says, arguments, expected):
    dx = sl.max_pool2d_grad(plane(x), plane(says), **arguments)
    assert dx[:, :, 0].tolist() == expected


@pytest.mark.parametrize(
    ("says", "shape", "arguments", "expected"),
    [
        ([[4, 40]], (2, 4), {"pool_size": 2}, [[1, 1, 10, 10]] * 2),
        ([[4, 40]], (2, 3), {"pool_size": 2, "padding": "same"}, [[1, 1, 20]] * 2),
        ([[2, 20]], (1, 4), {"pool_size": (1, 2), "strides": (1, 2)}, [[1, 1, 10, 10]]),
        ([[2, 20]], (1, 5), {"pool_size": (1, 2), "strides": 3}, [[1, 1, 0, 10, 10]]),
        ([[2, 20, 200]], (1, 2), {"pool_size": (1, 2), "strides": 1, "padding": (0, 1)},
         [[12, 210]]),
    ],
)  # fmt: skip
def test_shares_worked_by_hand(says, shape, arguments, expected):
    dx = sl.avg_pool2d_grad(plane(says), (*shape, 1), **arguments)
    assert dx[:, :, 0].tolist() == expected


# --- finite differences ---------------------------------------------------------------------------


def slope(function, at, grad):
    """How ⟨grad, function(at)⟩ changes with each number of `at`: central differences in float64.

    The step is 1: a convolution is linear in each argument, so that the difference is no estimate.
    """
    found = np.zeros(at.size)
    for number in range(at.size):
        step = np.zeros(at.size)
        step[number] = 1
        step = step.reshape(at.shape)
        above, below = (np.vdot(grad, function(moved)) for moved in (at + step, at - step))
        found[number] = (above - below) / 2
    return found.reshape(at.shape)


slow = partial(sl.conv2d, method="reference")


def layer(seed):
    """x, kernel and the arguments of a random small convolution, uneven on purpose."""
    pick, values = random.Random(f"layer {seed}"), np.random.default_rng(seed)
    groups = pick.choice([1, 1, 2, 3])
    size = [pick.randint(2, 5) for _ in "rc"]
    kernel = [pick.randint(1, 3 if groups > 1 else 4) for _ in "rc"]
    pads = tuple((pick.randint(0, 3), pick.randint(0, 3)) for _ in "rc")
    arguments = {
        "strides": (pick.randint(1, 3), pick.randint(1, 3)),
        "padding": pick.choice(["valid", "same", "same_lower", "full", pads]),
        "dilation_rate": pick.choice([(1, 1), (2, 1), (1, 3), (2, 2), (3, 2)]),
        "groups": groups,
        "padding_mode": pick.choice(MODES),
    }
    shape = pick.choice([1, 1, 2]), *size, groups * pick.randint(1, 2)
    window = *kernel, shape[3] // groups, groups * pick.randint(1, 2)
    draw = partial(values.integers, -4, 5) if seed % 2 else values.standard_normal
    x, weights = draw(size=shape).astype(float), draw(size=window).astype(float)
    try:
        result = sl.conv2d(x, weights, **arguments)
    except sl.StrideLabError:  # the window or a border does not fit
        return layer(seed + 10_000)
    return x, weights, draw(size=result.shape).astype(float), arguments


def agree(found, expected, dtype, told=""):
    assert found.dtype == dtype
    scale = TOLERANCE[dtype] * max(1, np.abs(expected).max(initial=0))
    np.testing.assert_allclose(found, expected, TOLERANCE[dtype], scale, err_msg=told)


def turned(image, data_format):
    """(N, H, W, C) as the data format has it, and back."""
    if data_format == "channels_last":
        return image
    return np.ascontiguousarray(image.transpose(0, 3, 1, 2))


@pytest.mark.parametrize("part", range(4))
def test_convolutions_against_finite_differences(part):
    seen = set()
    for seed in range(40 * part, 40 * part + 40):
        x, kernel, grad, arguments = layer(seed)
        by_x = slope(partial(slow, kernel=kernel, **arguments), x, grad)
        by_kernel = slope(partial(slow, x, **arguments), kernel, grad)
        data_format = ("channels_last", "channels_first")[seed % 3 == 0]
        for dtype in ("float32", "float64"):
            image, weights, says = (array.astype(dtype) for array in (x, kernel, grad))
            image, says = turned(image, data_format), turned(says, data_format)
            named = {**arguments, "data_format": data_format}
            dx = sl.conv2d_input_grad(says, weights, image.shape, **named)
            agree(dx, turned(by_x, data_format), dtype, f"{seed} {named}")
            dkernel = sl.conv2d_kernel_grad(image, says, weights.shape, **named)
            agree(dkernel, by_kernel, dtype, f"{seed} {named}")
            dbias = sl.conv2d_bias_grad(says, data_format=data_format)
            agree(dbias, grad.sum((0, 1, 2)), dtype, f"{seed}")
        padding = arguments["padding"]
        seen.add((padding if isinstance(padding, str) else "pads", arguments["padding_mode"]))
    assert len(seen) > 10  # the draw covers the paddings and modes


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_pools_against_finite_differences(data_format):
    for seed in range(30):
        pick, values = random.Random(seed), np.random.default_rng(seed)
        pool = pick.randint(1, 3), pick.randint(1, 3)
        x = values.permutation(2 * 4 * 5 * 2).reshape(2, 4, 5, 2) * 3.0  # no two are near
        image = turned(x, data_format)
        arguments = {
            "strides": pick.choice([None, (1, 2), (3, 1)]),
            "padding": pick.choice(["valid", "same", "same_lower", tuple(p - 1 for p in pool)]),
            "data_format": data_format,
        }
        for function in (sl.max_pool2d, sl.avg_pool2d):
            run = partial(function, pool_size=pool, **arguments)
            grad = values.integers(-9, 10, run(image).shape).astype(float)
            expected = slope(run, image, grad)
            for dtype in ("float32", "float64"):
                says, given = grad.astype(dtype), image.astype(dtype)
                if function is sl.max_pool2d:
                    found = sl.max_pool2d_grad(given, says, pool, **arguments)
                else:
                    found = sl.avg_pool2d_grad(says, image.shape, pool, **arguments)
                agree(found, expected, dtype, f"{function.__name__} {seed} {pool} {arguments}")


# --- the adjoint ----------------------------------------------------------------------------------

LARGER = [
    # (N, H, W, Cin), (KH, KW, Cout), arguments
    ((2, 33, 40, 16), (3, 3, 24), {"padding": "same"}),
    ((1, 40, 33, 16), (3, 3, 24), {"strides": 2, "padding": "same"}),
    ((1, 57, 64, 3), (7, 7, 32), {"strides": 2, "padding": 3}),
    ((2, 32, 32, 3), (8, 8, 48), {"strides": 8}),
    ((1, 30, 41, 8), (4, 4, 8), {"strides": (2, 3), "dilation_rate": (3, 2), "padding": "full"}),
    ((2, 29, 31, 24), (3, 5, 24), {"groups": 24, "padding": "same", "strides": (1, 2)}),
    ((1, 29, 31, 12), (2, 3, 24), {"groups": 12, "dilation_rate": 4}),
    ((2, 20, 21, 32), (3, 3, 16), {"groups": 4, "padding": "same_lower", "strides": (2, 1)}),
    ((3, 20, 21, 8), (5, 3, 8), {"padding": (4, 2), "padding_mode": "reflect"}),
    ((3, 20, 21, 8), (5, 2, 8), {"padding": 9, "padding_mode": "replicate", "strides": 3}),
    ((3, 20, 21, 8), (5, 3, 8), {"padding": ((20, 0), (3, 21)), "padding_mode": "circular"}),
    ((1, 12, 12, 256), (3, 3, 256), {"padding": "same"}),
]


@pytest.mark.parametrize(("shape", "window", "arguments"), LARGER)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_are_the_adjoints(shape, window, arguments, dtype):
    """⟨conv(x, kernel), grad⟩ = ⟨x, input_grad⟩ = ⟨kernel, kernel_grad⟩, for arrays of any size."""
    values = np.random.default_rng(0)
    down, across, filters = window
    x = values.standard_normal(shape).astype(dtype)
    depth = shape[3] // arguments.get("groups", 1)
    kernel = values.standard_normal((down, across, depth, filters)).astype(dtype)
    y = sl.conv2d(x, kernel, **arguments)
    grad = values.standard_normal(y.shape).astype(dtype)
    dx = sl.conv2d_input_grad(grad, kernel, x.shape, **arguments)
    dkernel = sl.conv2d_kernel_grad(x, grad, kernel.shape, **arguments)
    wide = [array.astype(float) for array in (y, grad, x, dx, kernel, dkernel)]
    expected, by_x, by_kernel = map(np.vdot, wide[::2], wide[1::2])
    near = 20 * np.finfo(dtype).eps * np.linalg.norm(wide[0]) * np.linalg.norm(wide[1])
    assert abs(by_x - expected) < near
    assert abs(by_kernel - expected) < near


# --- JAX ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", list(recorded("gradients")))
def test_gradients_are_those_of_jax(case):
    named, operation = case["args"], case["op"]
    for dtype in dtypes(case):
        arrays = {name: array.astype(dtype) for name, array in case["arrays"].items()}
        x, grad = arrays["x"], arrays["grad"]
        if operation == "conv2d":
            kernel, by_kernel = arrays["kernel"], arrays["kernel_grad"]
            dx = sl.conv2d_input_grad(grad, kernel, x.shape, **named)
            agree(sl.conv2d_kernel_grad(x, grad, kernel.shape, **named), by_kernel, dtype)
        elif operation == "max_pool2d":
            dx = sl.max_pool2d_grad(x, grad, **named)
        else:
            dx = sl.avg_pool2d_grad(grad, x.shape, **named)
        agree(dx, arrays["x_grad"], dtype)
        if case["kind"] == "integers":
            np.testing.assert_array_equal(dx, arrays["x_grad"])


def test_the_recording_can_tell_the_first_of_equal_maxima():
    """A slope that makes the last of them the largest changes most of the recorded gradients."""
    changed = []
    for (case,) in (param.values for param in recorded("gradients")):
        if case["op"] == "max_pool2d" and case["kind"] == "integers":
            x, grad, expected = (case["arrays"][name] for name in ("x", "grad", "x_grad"))
            uphill = x + np.arange(x.size).reshape(x.shape) / x.size / 2
            found = sl.max_pool2d_grad(uphill, grad.astype(float), **case["args"])
            changed.append(not np.array_equal(found, expected))
    assert sum(changed) >= 15


# --- arrays ---------------------------------------------------------------------------------------

VALUES = np.random.default_rng(0)
X = VALUES.integers(-4, 5, (2, 6, 5, 4)).astype(np.float32)
KERNEL = VALUES.integers(-4, 5, (3, 2, 4, 6)).astype(np.float32)
GRAD = VALUES.integers(-4, 5, (2, 4, 2, 6)).astype(np.float32)
POOLED = VALUES.integers(-4, 5, (2, 3, 2, 4)).astype(np.float32)
WAYS = {  # from (x, kernel, the gradient of the result, that of a pooling, the data format)
    "conv2d_input_grad": lambda x, kernel, grad, pooled, f: sl.conv2d_input_grad(
        grad, kernel, x.shape, strides=(1, 2), data_format=f
    ),
    "conv2d_kernel_grad": lambda x, kernel, grad, pooled, f: sl.conv2d_kernel_grad(
        x, grad, kernel.shape, strides=(1, 2), data_format=f
    ),
    "conv2d_bias_grad": lambda x, kernel, grad, pooled, f: sl.conv2d_bias_grad(grad, data_format=f),
    "max_pool2d_grad": lambda x, kernel, grad, pooled, f: sl.max_pool2d_grad(
        x, pooled, (2, 3), padding="same", data_format=f
    ),
    "avg_pool2d_grad": lambda x, kernel, grad, pooled, f: sl.avg_pool2d_grad(
        pooled, x.shape, (2, 3), padding="same", data_format=f
    ),
}
every_way = pytest.mark.parametrize("way", WAYS)


@every_way
@pytest.mark.parametrize("form", FORMS)
def test_any_memory_layout_gives_the_same(way, form):
    arrays = [FORMS[form](array) for array in (X, KERNEL, GRAD, POOLED)]
    before = [array.tobytes() for array in arrays]
    found = WAYS[way](*arrays, "channels_last")
    np.testing.assert_array_equal(found, WAYS[way](X, KERNEL, GRAD, POOLED, "channels_last"))
    assert type(found) is np.ndarray
    assert [array.tobytes() for array in arrays] == before


@every_way
def test_formats_single_images_and_no_images(way):
    run = WAYS[way]
    plain = run(X, KERNEL, GRAD, POOLED, "channels_last")
    first = [turned(array, "channels_first") for array in (X, GRAD, POOLED)]
    found = run(first[0], KERNEL, first[1], first[2], "channels_first")
    assert plain.flags.c_contiguous
    assert found.flags.c_contiguous
    alike = "kernel" in way or "bias" in way  # what comes back is no image
    np.testing.assert_array_equal(found, plain if alike else turned(plain, "channels_first"))
    one = [run(X[n], KERNEL, GRAD[n], POOLED[n], "channels_last") for n in range(2)]
    np.testing.assert_array_equal(sum(one) if alike else np.stack(one), plain)
    none = run(X[:0], KERNEL, GRAD[:0], POOLED[:0], "channels_last")
    np.testing.assert_array_equal(none, np.zeros_like(plain) if alike else plain[:0])


@every_way
def test_infinities_and_nan_are_carried_in_silence(way):
    grad, pooled = GRAD.copy(), POOLED.copy()
    grad[0, 0, 0, 0] = pooled[0, 0, 0, 0] = np.inf
    grad[1, 0, 0, 0] = pooled[1, 0, 0, 0] = np.nan
    grad[0, 1, 0, 0] = pooled[0, 1, 0, 0] = -np.inf
    with np.errstate(all="raise"):
        found = WAYS[way](X, KERNEL, grad, pooled, "channels_last")
    assert np.isnan(found).any()
    if "kernel" not in way and "bias" not in way:  # only what the window reads
        assert np.isfinite(found[:, 4:]).all()
        assert np.isinf(found[0]).any()


@pytest.mark.parametrize("limit", [1, 300, 2000, 20_000])
def test_blocks_leave_no_seam(limit, monkeypatch):
    def results():
        arguments = {"strides": (1, 2), "padding": ((2, 1), (0, 3)), "dilation_rate": (2, 1)}
        for mode in MODES:
            y = sl.conv2d(X, KERNEL, padding_mode=mode, **arguments)
            yield sl.conv2d_input_grad(y, KERNEL, X.shape, padding_mode=mode, **arguments)
            yield sl.conv2d_kernel_grad(X, y, KERNEL.shape, padding_mode=mode, **arguments)
        yield sl.max_pool2d_grad(X, POOLED, (2, 3), padding="same")
        yield sl.avg_pool2d_grad(POOLED, X.shape, (2, 3), padding="same")

    whole = list(results())
    monkeypatch.setattr(call, "BLOCK", limit)
    monkeypatch.setattr(gradients, "BLOCK", limit)
    for pieces, expected in zip(results(), whole, strict=True):
        np.testing.assert_array_equal(pieces, expected)


def test_float32_keeps_its_digits_over_many_cells():
    values = np.random.default_rng(0)
    x = values.random((1, 500, 500, 2), np.float32)
    grad = values.random((1, 500, 500, 2), np.float32)
    for groups in (1, 2):
        shape = (3, 3, 2 // groups, 2)
        exact = sl.conv2d_kernel_grad(
            x.astype(float), grad.astype(float), shape, padding="same", groups=groups
        )
        found = sl.conv2d_kernel_grad(x, grad, shape, padding="same", groups=groups)
        np.testing.assert_allclose(found, exact, rtol=2e-6)
    exact = grad.astype(float).sum((0, 1, 2))
    np.testing.assert_allclose(sl.conv2d_bias_grad(grad), exact, rtol=1e-7)


# --- far windows, and memory ----------------------------------------------------------------------


def test_windows_far_longer_than_memory():
    ones, kernel = np.ones((3, 3, 1)), taps([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    far = {"dilation_rate": 40_000, "padding": 40_000}
    dx = sl.conv2d_input_grad(ones, kernel, (3, 3, 1), **far)
    assert dx[:, :, 0].tolist() == [[5.0] * 3] * 3  # only the middle tap meets the image
    dkernel = sl.conv2d_kernel_grad(ones, ones, (3, 3, 1, 1), **far)
    assert dkernel[:, :, 0, 0].tolist() == [[0, 0, 0], [0, 9, 0], [0, 0, 0]]
    y = sl.conv2d_transpose(ones, kernel[:1], strides=(1, 3), dilation_rate=(1, 1001))
    assert np.argwhere(y[0, :, 0] == 2).ravel().tolist() == [1001, 1004, 1007]


@pytest.mark.parametrize("far", [2**31, 2**62, 2**63 - 1])
def test_steps_that_are_never_taken_may_have_any_length(far):
    x, one, says = np.arange(6.0).reshape(2, 3, 1) + 1, np.ones((1, 1, 1, 1)), np.ones((1, 1, 1))
    for arguments in ({"strides": far}, {"strides": far, "dilation_rate": far}):
        dx = sl.conv2d_input_grad(says, one, x.shape, **arguments)
        assert dx[:, :, 0].tolist() == [[1, 0, 0], [0, 0, 0]]
        assert sl.conv2d_kernel_grad(x, says, one.shape, **arguments).item() == 1
    assert sl.conv2d_kernel_grad(x, x, one.shape, dilation_rate=far).item() == 91
    np.testing.assert_array_equal(sl.conv2d_input_grad(x, one, x.shape, dilation_rate=far), x)
    assert sl.max_pool2d_grad(x, says, 2, strides=far).ravel().tolist() == [0, 0, 0, 0, 1, 0]
    assert sl.avg_pool2d_grad(says, (2, 3, 1), 1, strides=far).sum() == 1


SIDE = 1000
WIDE = np.full((3, 3, 16, 16), 0.01, np.float32)
PEAKS = {  # of x (1, 1000, 1000, 16), the gradients in its size, and in a quarter of it
    "a stride": lambda x, y, quarter: sl.conv2d_input_grad(
        quarter, WIDE, x.shape, strides=2, padding="same"
    ),
    "no stride": lambda x, y, quarter: sl.conv2d_input_grad(y, WIDE, x.shape, padding="same"),
    "a border": lambda x, y, quarter: sl.conv2d_input_grad(
        y, WIDE, x.shape, padding="same", padding_mode="reflect"
    ),
    "channels_first": lambda x, y, quarter: sl.conv2d_input_grad(
        quarter.transpose(0, 3, 1, 2), WIDE, (1, 16, SIDE, SIDE), strides=2, padding="same",
        data_format="channels_first",
    ),
    "kernel": lambda x, y, quarter: sl.conv2d_kernel_grad(x, y, WIDE.shape, padding="same"),
    "a large kernel": lambda x, y, quarter: sl.conv2d_kernel_grad(
        x[:, :40, :40], np.ones((1, 9, 9, 256), np.float32), (32, 32, 16, 256)
    ),
    "maximum": lambda x, y, quarter: sl.max_pool2d_grad(x, quarter, 2),
    "average": lambda x, y, quarter: sl.avg_pool2d_grad(quarter, x.shape, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", PEAKS)
def test_memory_is_bounded_and_the_check_counts_it(name, monkeypatch):
    x, quarter = np.ones((1, SIDE, SIDE, 16), np.float32), np.ones((1, 500, 500, 16), np.float32)
    counted = []
    monkeypatch.setattr(memory, "judge", lambda *parts: counted.append(sum(p.size for p in parts)))
    tracemalloc.start()
    PEAKS[name](x, x, quarter)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.1 * counted[0]
    assert counted[0] < 1.3 * peak + 2 * call.BLOCK


@pytest.mark.parametrize(("threads", "work"), [(1, 2**23), (3, 3 * 2**23), (64, 32_000_000)])
def test_the_check_counts_what_all_threads_work_in(threads, work, monkeypatch):
    """Each of them at most 8 MB, and all four times the images and results."""
    counted = []
    monkeypatch.setattr(memory, "judge", lambda *parts: counted.append(sum(p.size for p in parts)))
    monkeypatch.setattr(memory.machine, "threads", lambda: threads)
    x = np.ones((1, 250, 250, 16), np.float32)  # 4 MB
    sl.conv2d_input_grad(x, WIDE, x.shape, padding="same")
    assert counted[0] == x.nbytes + work + 8 * WIDE.nbytes
    counted.clear()
    sl.conv2d_transpose(x, WIDE, padding="same")
    assert counted[0] == x.nbytes + work + 8 * WIDE.nbytes


# --- what is refused ------------------------------------------------------------------------------


def by_x(**arguments):
    given = {"grad": zeros(1, 4, 4, 6), "kernel": zeros(3, 2, 4, 6), "input_shape": (1, 6, 5, 4)}
    return sl.conv2d_input_grad(**{**given, **arguments})


def by_kernel(**arguments):
    given = {"x": zeros(1, 6, 5, 4), "grad": zeros(1, 4, 4, 6), "kernel_shape": (3, 2, 4, 6)}
    return sl.conv2d_kernel_grad(**{**given, **arguments})


def by_maximum(**arguments):
    given = {"x": zeros(1, 6, 5, 4), "grad": zeros(1, 3, 2, 4), "pool_size": 2}
    return sl.max_pool2d_grad(**{**given, **arguments})


def by_mean(**arguments):
    given = {"grad": zeros(1, 3, 2, 4), "input_shape": (1, 6, 5, 4), "pool_size": 2}
    return sl.avg_pool2d_grad(**{**given, **arguments})


PARTS = "Compute it in parts: fewer images, rows or filters at a time."
REFUSALS = [
    (
        by_x,
        {"grad": zeros(1, 4, 4, 5)},
        "grad must have the shape (1, 4, 4, 6) of that convolution's result; got (1, 4, 4, 5)",
    ),
    (
        by_x,
        {"input_shape": (6, 5, 4)},
        "grad must have the shape (4, 4, 6) of that convolution's result; got (1, 4, 4, 6)",
    ),
    (
        by_x,
        {"strides": 2, "padding": "same", "data_format": "channels_first", "grad": zeros(6, 3, 3),
         "input_shape": (4, 6, 5), "kernel": zeros(3, 2, 4, 5)},
        "grad must have the shape (5, 3, 3) of that convolution's result; got (6, 3, 3)",
    ),
    (
        by_x,
        {"kernel": zeros(3, 2, 4, 6, dtype=np.float64)},
        "kernel must be float32 as grad is; got float64. Use kernel.astype(np.float32).",
    ),
    (
        by_x,
        {"grad": [[1.0]]},
        "grad must be a NumPy array; got an object of type list. "
        "Use np.asarray(grad, dtype=np.float32).",
    ),
    (
        by_x,
        {"input_shape": zeros(1, 6, 5, 4)},
        "input_shape must be the shape of images, of 3 or 4 whole numbers; "
        "got an array of shape (1, 6, 5, 4). Write (1, 6, 5, 4).",
    ),
    (
        by_x,
        {"input_shape": np.array([1, 6, 5, 4])},
        "input_shape must be the shape of images, of 3 or 4 whole numbers; "
        "got array([1, 6, 5, 4]). Write a tuple, (1, 6, 5, 4).",
    ),
    (
        by_x,
        {"input_shape": (6, 5)},
        "input_shape must be the shape of images, of 3 or 4 whole numbers; got (6, 5)",
    ),
    (
        by_x,
        {"input_shape": (1, 6, 5.0, 4)},
        "input_shape must be a whole number of at least 0; got 5.0. Write 5.",
    ),
    (
        by_x,
        {"input_shape": (1, 0, 5, 4)},
        "input_shape must have at least one row, one column and one channel; "
        "got shape (1, 0, 5, 4)",
    ),
    (
        by_x,
        {"input_shape": (1, 2**40, 2**40, 4)},
        "input_shape must be the shape of what can be addressed; "
        "got (1, 1099511627776, 1099511627776, 4)",
    ),
    (
        by_x,
        {"input_shape": (1, 6, 5, 3)},
        "kernel must have Cin/groups = 3 on its third axis; got shape (3, 2, 4, 6) "
        "(3 channels in x, groups=1)",
    ),
    (
        by_x,
        {"dilation_rate": (3, 1)},
        "kernel must span at most the padded input; got a span of 7 over 6 cells "
        "(rows: k = 3, d = 3, n = 6, pads 0 and 0). Pad by 1 more, or take padding='same'.",
    ),
    (
        by_x,
        {"padding_mode": "reflection"},
        "padding_mode must be one of 'zeros', 'reflect', 'replicate' or 'circular'; "
        "got 'reflection'. Did you mean 'reflect'?",
    ),
    (
        by_x,
        {"input_shape": (1, 10**6, 10**6, 4), "grad": huge(1, 1000, 1000, 6), "strides": 1000},
        "input_shape must give a gradient that fits in memory; got 16,000.0 GB for a gradient of "
        f"shape (1, 1000000, 1000000, 4) (16,000.0 GB in all, 10.0 GB are free). {PARTS}",
    ),
    (
        by_x,
        {
            "padding": 10**6,
            "strides": 10**6,
            "padding_mode": "replicate",
            "grad": zeros(1, 3, 3, 6),
        },
        "padding must leave room for the images with their borders; got 64,000.4 GB for padded "
        "images (64,000.4 GB in all, 10.0 GB are free). Pad less.",
    ),
    (
        by_kernel,
        {"grad": zeros(4, 4, 6)},
        "grad must have the shape (1, 4, 4, 6) of that convolution's result; got (4, 4, 6)",
    ),
    (
        by_kernel,
        {"grad": zeros(1, 4, 4, 6, dtype=np.float64)},
        "grad must be float32 as x is; got float64. Use grad.astype(np.float32).",
    ),
    (
        by_kernel,
        {"kernel_shape": (3, 2)},
        "kernel_shape must be a kernel's shape, 4 whole numbers (KH, KW, Cin/groups, Cout); "
        "got (3, 2)",
    ),
    (
        by_kernel,
        {"kernel_shape": (3, 2, 4, 0)},
        "kernel_shape must have no axis of length 0; got shape (3, 2, 4, 0) "
        "(KH, KW, Cin/groups, Cout)",
    ),
    (
        by_kernel,
        {"kernel_shape": (3, 2, 2, 6)},
        "kernel_shape must have Cin/groups = 4 on its third axis; got shape (3, 2, 2, 6) "
        "(4 channels in x, groups=1). This kernel fits groups=2.",
    ),
    (
        by_kernel,
        {"kernel_shape": (7, 2, 4, 6)},
        "kernel_shape must span at most the padded input; got a span of 7 over 6 cells "
        "(rows: k = 7, d = 1, n = 6, pads 0 and 0). Pad by 1 more, or take padding='same'.",
    ),
    (
        by_kernel,
        {"kernel_shape": (6, 5, 4, 2**32), "grad": huge(1, 1, 1, 2**32)},
        "kernel_shape must give a gradient that fits in memory; got 4,123.2 GB for a gradient of "
        f"shape (6, 5, 4, 4294967296) (6,201.9 GB in all, 10.0 GB are free). {PARTS}",
    ),
    (
        by_kernel,
        {"x": huge(10**8, 6, 5, 4), "grad": huge(10**8, 4, 4, 6)},
        "x must leave room for a copy of it; got 48.0 GB for a C-contiguous copy "
        f"(86.4 GB in all, 10.0 GB are free). {PARTS}",
    ),
    (
        by_kernel,
        {"padding": "same", "dilation_rate": 2**40, "grad": zeros(1, 6, 5, 6)},
        "padding must give rows and columns that can be listed in memory; got 26,388.3 GB for "
        "lists of 2,199,023,255,558 rows and 1,099,511,627,781 columns (26,388.3 GB in all, "
        "10.0 GB are free). Take a smaller dilation_rate.",
    ),
    (
        sl.conv2d_bias_grad,
        {"grad": zeros(4, 6)},
        "grad must have the axes (N, H, W, C) or (H, W, C); got shape (4, 6) "
        "(data_format='channels_last'). For one plane use grad[:, :, np.newaxis].",
    ),
    (
        sl.conv2d_bias_grad,
        {"grad": zeros(4, 6, 3, dtype=np.int32)},
        "grad must be float32 or float64; got int32. Use grad.astype(np.float32).",
    ),
    (
        by_maximum,
        {"grad": zeros(1, 3, 3, 4)},
        "grad must have the shape (1, 3, 2, 4) of that pooling's result; got (1, 3, 3, 4)",
    ),
    (
        by_maximum,
        {"pool_size": (7, 1)},
        "pool_size must span at most the padded input; got a span of 7 over 6 cells "
        "(rows: k = 7, d = 1, n = 6, pads 0 and 0). Pad by 1 more, or take padding='same'.",
    ),
    (
        by_maximum,
        {"x": huge(1, 10**6, 10**6, 4), "grad": huge(1, 500_000, 500_000, 4)},
        "x must give a gradient that fits in memory; got 16,000.0 GB for a gradient of "
        f"shape (1, 1000000, 1000000, 4) (40,000.0 GB in all, 10.0 GB are free). {PARTS}",
    ),
    (
        by_mean,
        {"input_shape": (1, 6, 6, 4)},
        "grad must have the shape (1, 3, 3, 4) of that pooling's result; got (1, 3, 2, 4)",
    ),
    (
        by_mean,
        {"input_shape": (1, 6, 5, 0)},
        "input_shape must have at least one row, one column and one channel; "
        "got shape (1, 6, 5, 0)",
    ),
    (
        by_mean,
        {"pool_size": 2, "padding": 2},
        "padding must be below the pool size, since a window of padding alone has no value; "
        "got (2, 2) (rows: k = 2)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("function", "arguments", "message"), REFUSALS)
def test_what_is_refused(function, arguments, message, monkeypatch):
    monkeypatch.setattr(machine, "memory_available", lambda: 10 * 10**9)
    assert refusal(function, **arguments) == message
