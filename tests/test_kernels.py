"""The compiled kernels: nothing beyond an array is touched, threads and forks do no harm."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import stridelab as sl
from stridelab.ops import METHODS, machine
from tests.ops_tools import checked, convolve, serving

pytestmark = pytest.mark.skipif(
    machine.vectors_missing() is not None, reason=f"needs vectors: {machine.vectors_missing()}"
)

COMPILED = ["direct", "winograd2", "winograd4", "depthwise", "planar"]

ODD_LAYERS = {  # sizes that no tile and no vector divides
    "dense": ((2, 7, 13, 5), (3, 2, 5, 33), {"padding": "same"}),
    "strided": ((1, 9, 11, 3), (5, 3, 3, 17), {"strides": (2, 3), "padding": "same"}),
    "valid": ((1, 6, 7, 9), (1, 1, 9, 25), {}),
    "one output": ((1, 3, 3, 40), (3, 3, 40, 41), {}),
    "one cell": ((1, 1, 1, 7), (1, 1, 7, 9), {}),
    "three cells": ((2, 1, 3, 40), (1, 1, 40, 59), {}),
    "two cells in groups": ((1, 1, 2, 12), (3, 3, 6, 10), {"groups": 2, "padding": "same"}),
    "groups": ((1, 8, 9, 6), (3, 3, 2, 21), {"groups": 3, "dilation_rate": 2}),
    "tiles": ((1, 10, 7, 19), (3, 3, 19, 35), {"padding": "same"}),
    "dilated tiles": ((2, 11, 9, 17), (3, 3, 17, 16), {"padding": "same", "dilation_rate": (2, 3)}),
    "few channels": ((1, 18, 18, 5), (3, 3, 5, 37), {}),
    "a picture": ((2, 9, 14, 3), (3, 3, 3, 35), {"padding": "same"}),
    "the end of a picture": ((1, 6, 10, 3), (3, 3, 3, 20), {}),
    "reflected pictures": (
        (2, 9, 14, 3), (3, 3, 3, 18),
        {"padding": ((2, 1), (0, 3)), "padding_mode": "reflect", "dilation_rate": (2, 1)},
    ),
    "replicated cells": (
        (1, 8, 11, 17), (3, 3, 17, 19), {"padding": ((1, 3), (2, 0)), "padding_mode": "replicate"}
    ),
    "circular ones": (
        (1, 10, 7, 6), (3, 3, 6, 16), {"padding": ((0, 2), (3, 1)), "padding_mode": "circular"}
    ),
    "one with transparency": ((1, 14, 10, 4), (3, 3, 4, 151), {}),  # the last tile ends it
    "dilated pictures": (
        (2, 13, 11, 3), (3, 3, 3, 16), {"padding": "same", "dilation_rate": (3, 2)}
    ),
    "three quarters of a vector": (
        (2, 13, 10, 5), (3, 3, 5, 12),
        {"padding": ((2, 1), (0, 3)), "padding_mode": "reflect", "dilation_rate": (1, 2)},
    ),
    "more than half of one": ((1, 12, 12, 19), (3, 3, 19, 9), {}),  # whole tiles
    "a picture's few maps": ((1, 9, 14, 3), (3, 3, 3, 11), {"padding": "same"}),
    "more than half of a short one": ((1, 7, 6, 5), (3, 3, 5, 3), {"padding": "same"}),
    "along to twelve": ((1, 3, 5, 100), (3, 3, 100, 12), {"padding": "same"}),
    "along to ten": ((2, 5, 5, 37), (1, 3, 37, 10), {}),
    "along to six": ((1, 4, 4, 40), (2, 2, 40, 6), {}),
    "channels": ((1, 9, 14, 21), (3, 3, 1, 21), {"padding": "same", "groups": 21}),
    "channels by two": (
        (1, 12, 9, 16), (5, 5, 1, 16), {"padding": "same", "groups": 16, "strides": 2}
    ),
    "wider than the image": ((1, 5, 4, 9), (3, 5, 1, 9), {"padding": "same", "groups": 9}),
    "rows and columns": ((1, 17, 14, 20), (5, 5, 1, 20), {"padding": "same", "groups": 20}),
    "columns alone": ((2, 16, 4, 18), (3, 7, 1, 18), {"padding": "same", "groups": 18}),
    "wide tiles": ((1, 17, 33, 20), (3, 3, 1, 20), {"padding": "same", "groups": 20}),
    "wide tiles, 5 wide": ((1, 9, 33, 20), (5, 5, 1, 20), {"padding": "same", "groups": 20}),
    "wide tiles of taps": ((1, 9, 33, 20), (4, 4, 1, 20), {"padding": "same", "groups": 20}),
    "channels by two across": (
        (2, 9, 31, 17), (3, 3, 1, 17), {"padding": "same", "groups": 17, "strides": (1, 2)}
    ),
    "channels by three down": (
        (1, 19, 21, 33), (3, 5, 1, 33), {"padding": "same", "groups": 33, "strides": (3, 1)}
    ),
    "dilated channels": (
        (1, 15, 20, 18), (3, 3, 1, 18), {"padding": "same", "groups": 18, "dilation_rate": (3, 2)}
    ),
    "reflected channels": (
        (1, 8, 17, 19), (3, 3, 1, 19),
        {"padding": ((2, 1), (0, 3)), "padding_mode": "reflect", "groups": 19},
    ),
    "circular channels": (
        (1, 9, 16, 16), (3, 3, 1, 16),
        {"padding": ((1, 2), (3, 1)), "padding_mode": "circular", "groups": 16},
    ),
    "any window": ((1, 7, 19, 17), (2, 7, 1, 17), {"groups": 17}),
    "weights from memory": ((1, 3, 5, 250), (3, 3, 250, 130), {"padding": "same"}),
    "grouped ones": ((1, 4, 3, 1032), (3, 2, 516, 98), {"groups": 2, "padding": "same"}),
    "dilated ones": ((1, 9, 13, 96), (4, 6, 96, 115), {"dilation_rate": 2}),
    "cells asked for": ((1, 7, 13, 99), (1, 2, 99, 37), {}),
    "lists of places": ((2, 7, 13, 35), (3, 2, 35, 33), {"padding": "same", "strides": (2, 3)}),
    "reflected places": (
        (2, 6, 9, 99), (3, 2, 33, 51),
        {
            "padding": ((2, 1), (0, 3)), "padding_mode": "reflect",
            "dilation_rate": (2, 3), "groups": 3,
        },
    ),
    "single cells asked for": ((2, 7, 9, 74), (1, 1, 74, 25), {"strides": (2, 3)}),
    "tiles to memory": ((1, 131, 127, 8), (3, 3, 8, 12), {"padding": "same"}),
    "results to memory": ((1, 99, 83, 2), (2, 2, 2, 41), {"padding": "same"}),
    "one channel": ((2, 13, 29, 1), (5, 4, 1, 1), {"padding": "same"}),
    "one channel, 3 wide": ((1, 14, 31, 1), (3, 3, 1, 1), {"padding": "same"}),
    "one channel, 5 wide": ((1, 15, 4, 1), (5, 5, 1, 1), {"padding": "same"}),
    "few rows": ((1, 2, 50, 1), (2, 2, 1, 1), {}),
    "one channel by two": ((1, 14, 31, 1), (3, 4, 1, 1), {"padding": "same", "strides": (2, 3)}),
    "a filtered picture": ((2, 13, 37, 3), (5, 3, 1, 3), {"padding": "same", "groups": 3}),
    "a shrunk picture": (
        (2, 11, 30, 3), (3, 5, 1, 3), {"padding": "same", "groups": 3, "strides": (2, 3)}
    ),
    "vectors of two cells": ((1, 19, 21, 8), (4, 3, 1, 8), {"padding": "same", "groups": 8}),
    "no vector's part": ((1, 12, 23, 7), (3, 3, 1, 7), {"groups": 7, "strides": (1, 2)}),
    "a few dilated channels": (
        (2, 13, 20, 5), (3, 2, 1, 5),
        {
            "padding": ((2, 1), (0, 3)), "padding_mode": "reflect",
            "dilation_rate": (2, 3), "groups": 5,
        },
    ),
    "all steps at once": (
        (1, 15, 22, 2), (3, 4, 1, 2), {"groups": 2, "strides": (2, 3), "dilation_rate": (3, 2)}
    ),
    "one channel's filters": ((2, 10, 13, 1), (3, 3, 1, 6), {"padding": "same"}),
    "two edges a color": (
        (1, 9, 31, 3), (3, 3, 1, 6), {"padding": "same", "groups": 3, "strides": (1, 2)}
    ),
    "as many filters as fit": ((1, 7, 6, 4), (2, 3, 1, 32), {"padding": "same", "groups": 4}),
    "more than fit": ((1, 5, 7, 2), (3, 2, 1, 18), {"groups": 2}),
    "steps that skip cells": (
        (1, 10, 13, 3), (2, 1, 1, 6), {"groups": 3, "strides": (3, 4)}
    ),
    "a row whose dilation is not taken": (
        (1, 11, 13, 3), (1, 2, 1, 3), {"groups": 3, "dilation_rate": (3, 1)}
    ),
    "steps never taken": ((2, 4, 6, 3), (4, 6, 1, 6), {"groups": 3, "strides": (5, 7)}),
    "one row, wrapped": (
        (1, 3, 4, 3), (3, 4, 1, 3),
        {
            "padding": ((3, 1), (4, 2)), "padding_mode": "circular", "groups": 3,
            "dilation_rate": (3, 2),
        },
    ),
    "wider than the picture": ((1, 3, 4, 3), (7, 9, 1, 3), {"padding": "same", "groups": 3}),
    "a picture in grey": ((2, 11, 37, 3), (3, 5, 3, 1), {"padding": "same"}),
    "a picture's filters": ((1, 12, 35, 3), (3, 2, 3, 2), {}),
    "one map of many": ((1, 9, 18, 37), (3, 3, 37, 1), {"padding": "same"}),
    "a color of each cell": ((2, 7, 33, 19), (1, 1, 19, 3), {}),
    "half a vector": ((1, 13, 20, 6), (4, 3, 6, 8), {"padding": "same"}),
    "nearly half of one": ((1, 13, 17, 7), (3, 3, 7, 7), {}),
    "a third of one": ((1, 8, 50, 4), (2, 3, 4, 5), {"padding": "same", "strides": (2, 1)}),
    "shrunk to few maps": ((1, 15, 44, 5), (5, 3, 5, 4), {"padding": "same", "strides": (2, 3)}),
    "a color shrunk": ((2, 9, 52, 2), (3, 4, 2, 3), {"strides": (3, 2)}),
    "small groups": ((1, 9, 17, 24), (3, 3, 4, 24), {"padding": "same", "groups": 6}),
    "small groups, short rows": (
        (2, 7, 7, 40), (3, 3, 2, 60), {"padding": "same", "groups": 20, "strides": (1, 2)}
    ),
    "groups of one filter": ((1, 6, 21, 18), (3, 2, 3, 6), {"groups": 6}),
    "few maps, dilated": (
        (1, 14, 40, 9), (3, 3, 9, 3),
        {"padding": "same", "strides": (1, 2), "dilation_rate": (2, 3)},
    ),
    "few maps, reflected": (
        (2, 8, 19, 5), (4, 3, 5, 2),
        {"padding": ((2, 1), (0, 3)), "padding_mode": "reflect", "dilation_rate": (2, 3)},
    ),
    "pairs": ((2, 9, 23, 2), (3, 3, 2, 2), {}),
    "every other column": ((1, 8, 37, 1), (3, 4, 1, 1), {"padding": "same", "strides": (1, 2)}),
    "columns that nobody reads": ((1, 7, 61, 4), (2, 1, 4, 3), {"strides": (3, 3)}),
    "a few cells to few maps": ((2, 2, 3, 5), (2, 2, 5, 2), {"padding": "same"}),
    "deep cells to one map": ((1, 5, 7, 50), (1, 1, 50, 1), {}),
    "to two, bordered": ((2, 6, 9, 37), (3, 3, 37, 2), {"padding": "same"}),
    "to three, strided": ((1, 11, 9, 20), (3, 2, 20, 3), {"padding": "same", "strides": (2, 3)}),
    "to four, few cells": ((3, 1, 2, 64), (1, 1, 64, 4), {}),
    "to five, dilated": (
        (1, 9, 8, 33), (3, 3, 33, 5), {"padding": "same", "dilation_rate": (2, 1)}
    ),
    "to seven": ((1, 4, 9, 16), (2, 2, 16, 7), {}),
    "to eight, reflected": (
        (1, 7, 6, 48), (3, 3, 48, 8), {"padding": ((1, 2), (0, 1)), "padding_mode": "reflect"}
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_cache_holds_results(monkeypatch):
    """Vectors that fill a line ask for the places of results from 20 MB on: here from none on."""
    if machine.vectors_missing() is None:
        from stridelab.ops.kernels import direct

        monkeypatch.setattr(direct, "HELD", 0)


def drawn(name, dtype=np.float32):
    """Images, kernel and bias of an odd layer, and its arguments."""
    x, kernel, arguments = ODD_LAYERS[name]
    draw = np.random.default_rng(3)
    return [draw.standard_normal(s).astype(dtype) for s in (x, kernel, kernel[3:])], arguments


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", COMPILED)
@pytest.mark.parametrize("name", ODD_LAYERS)
def test_odd_sizes_and_a_floor(name, method, dtype):
    arrays, arguments = drawn(name, dtype)
    y = convolve(*arrays, method=method, activation="relu", **arguments)
    expected = sl.conv2d(*arrays, method="reference", **arguments)
    tolerance = 4e-5 if dtype is np.float32 else 1e-12
    np.testing.assert_allclose(y, np.maximum(expected, 0), atol=tolerance * abs(expected).max())


@pytest.mark.parametrize("method", COMPILED)
@pytest.mark.parametrize("name", ODD_LAYERS)
def test_what_lies_around_the_result_stays(name, method):
    arrays, arguments = drawn(name)
    if not serving(method, *arrays, **arguments):
        pytest.skip("it does not serve this layer")
    call = checked(*arrays, **arguments)
    size = int(np.prod(call.output_shape))
    around = np.full(size + 400, 7.0, np.float32)
    out = around[200 : 200 + size].reshape(call.output_shape)
    METHODS[method].prepare(call)(frozen(arrays[0]), out)
    assert (around[:200] == 7).all()
    assert (around[200 + size :] == 7).all()


def test_the_cost_model_knows_which_channels_planar_tiles_pick():
    from stridelab.ops import choice
    from stridelab.ops.jit import planar_tiles

    assert planar_tiles.PICKED[-1] == choice.PICKED


@pytest.mark.parametrize("rows", [1, 64, 333])
def test_large_results_begin_with_a_cache_line(rows):
    y = sl.conv2d(np.ones((rows, 64, 3), np.float32), np.ones((1, 1, 3, 64), np.float32))
    assert y.shape == (rows, 64, 64)
    assert rows == 1 or y.ctypes.data % 64 == 0
    assert (y == 3).all()
    assert y.flags.writeable


def test_no_two_compiled_functions_have_one_name() -> None:
    """Cached files of different processes are linked by names: one would run the other's code."""
    from stridelab.ops.jit import packing, threads, tile, vectors
    from stridelab.ops.kernels import depthwise, direct, loops, panels, planar, strips, winograd

    modules = depthwise, direct, loops, panels, planar, strips, winograd, packing, threads
    found = {}
    for module in (*modules, tile, vectors):
        for value in vars(module).values():
            if hasattr(value, "py_func"):
                function = value.py_func
                name = function.__module__, function.__qualname__
                assert found.setdefault(name, function) is function, name
    assert ("stridelab.ops.kernels.panels", "sweep_1") in found


def test_cached_code_is_stale_when_a_number_that_it_holds_changes() -> None:
    """The modules whose constants kernels take are among the files that a cache depends on."""
    import ast
    from pathlib import Path

    from stridelab.ops import jit

    folder, found = Path(jit.__file__).parent, set()
    for source in (*folder.glob("*.py"), *folder.parent.glob("kernels/*.py")):
        for line in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(line, ast.ImportFrom):
                names = [f"{line.module}.{alias.name}" for alias in line.names]
                found |= {name.split(".")[2] for name in names if name.startswith("stridelab.ops.")}
    assert found - {"jit", "kernels", "call"} == set(jit.BESIDE)  # `call` has types alone


def test_tables_are_taken_apart_in_compiled_code() -> None:
    import numba

    from stridelab.ops.jit import arguments

    split = arguments.tables(1, 2, 1)

    @numba.njit
    def read(numbers):
        first, second, third = split(numbers)
        return first[1], second[1, 2], third[0], (len(first), *second.shape, len(third))

    numbers = arguments.joined([7, 8], [[1, 2, 3], [4, 5, 6]], [9])
    assert read(numbers) == (8, 6, 9, (2, 2, 3, 1))


def test_odd_layers_reach_what_asks_ahead():
    """Weights, cells, tiles and results that are asked for; runs that are cut, and dilated."""
    from stridelab.ops.jit.packing import FETCHED, RUN
    from stridelab.ops.kernels.direct import plan
    from stridelab.ops.kernels.panels import SOON
    from stridelab.ops.kernels.winograd import LARGE
    from stridelab.ops.runs import go_along

    def of(name):
        (x, kernel, bias), arguments = drawn(name)
        return checked(x, kernel, bias, **arguments)

    fetched = [of(name) for name in ("weights from memory", "grouped ones", "dilated ones")]
    assert min(call.kernel.nbytes for call in fetched) > FETCHED
    assert max(plan(call, 1).length for call in fetched) <= RUN
    in_place = [plan(of(name), 1) for name in ("cells asked for", "single cells asked for")]
    assert [p.copies for p in in_place] == [0, 0]
    assert RUN < in_place[0].length <= 2 * RUN  # cut
    assert in_place[1].length == 74  # no number near divides it
    listed = [plan(of(name), 1) for name in ("lists of places", "reflected places")]
    assert [(p.copies, p.taps) for p in listed] == [(0, 6), (0, 6)]
    tiled = of("tiles to memory")
    assert 4 * min(np.prod(tiled.shape), np.prod(tiled.output_shape)) > LARGE
    for name, lanes in (("along to twelve", 16), ("along to ten", 16), ("along to six", 8)):
        call = of(name)
        assert go_along(call, lanes)
        assert lanes < 2 * call.kernel.shape[3]  # two vectors of results
        assert np.prod(call.output_shape[1:3]) % 2  # an odd pixel ends them
    waiting = of("results to memory")
    assert plan(waiting, 1).is_far == 1
    assert np.prod(waiting.kernel.shape[:3]) < SOON


def frozen(x):
    view = x.view()
    view.flags.writeable = False
    return view


GUARDED = """
    import ctypes, itertools, mmap
    import numpy as np
    from stridelab.ops import METHODS
    from stridelab.ops.jit import arguments, packing
    from stridelab.ops.kernels import depthwise, direct, planar
    from tests.ops_tools import checked, serving
    from tests.test_kernels import COMPILED, ODD_LAYERS, drawn

    direct.HELD = 0  # results are far
    PAGE = mmap.PAGESIZE
    protect = ctypes.CDLL(None, use_errno=True).mprotect

    def guarded(array):
        '''A copy that ends where a page begins which nobody may touch; another lies before it.'''
        pages = -(-array.nbytes // PAGE)
        memory = mmap.mmap(-1, (pages + 2) * PAGE)
        start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for place in (start, start + (pages + 1) * PAGE):
            assert protect(ctypes.c_void_p(place), PAGE, 0) == 0
        offset = (pages + 1) * PAGE - array.nbytes
        copy = np.frombuffer(memory, array.dtype, array.size, offset).reshape(array.shape)
        copy[...] = array
        return copy

    def guards(make):
        return lambda *of: guarded(make(*of))

    packing.pack, arguments.joined = guards(packing.pack), guards(arguments.joined)
    packing.in_lines = depthwise.in_lines = planar.in_lines = guards(packing.in_lines)

    for name, dtype in itertools.product(ODD_LAYERS, (np.float32, np.float64)):
        arrays, arguments = drawn(name, dtype)
        for method in COMPILED:
            if serving(method, *arrays, **arguments):
                x, kernel, bias = map(guarded, arrays)
                call = checked(x, kernel, bias, **arguments)
                out = guarded(np.zeros(call.output_shape, dtype))
                x.flags.writeable = False
                METHODS[method].prepare(call)(x, out)
                METHODS["windows"].prepare(call)(x, expected := np.zeros_like(out))
                error = abs(out - expected).max() / abs(expected).max()
                assert error < (1e-4 if dtype == np.float32 else 1e-12), (name, method, error)
    print("untouched")
"""


def run_alone(code, **environment):
    """What a process of its own prints."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **environment},
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="protects pages as Linux does")
def test_no_tile_reads_beyond_its_arrays():
    """Nor what nobody wrote: new memory is full of large numbers."""
    assert run_alone(GUARDED, MALLOC_PERTURB_="128") == "untouched"


def test_no_input_counts_twice():
    """A run's last vector reaches back over others: infinity times no weight would be no number."""
    x = np.ones((1, 2, 21, 21), np.float32)
    x[0, 1][np.diag_indices(21)] = np.inf
    y = sl.conv2d(x, np.full((1, 1, 21, 2), 0.5, np.float32), method="direct")
    assert (y[0, 0] == 10.5).all()
    assert (y[0, 1] == np.inf).all()


def test_long_sums_are_made_in_parts():
    """A panel of 512 channels is too long for the cache: its sums wait in the result."""
    draw = np.random.default_rng(0)
    x = draw.standard_normal((1, 7, 7, 512)).astype(np.float32)
    kernel = (draw.standard_normal((3, 3, 512, 48)) / 68).astype(np.float32)
    bias = draw.standard_normal(48).astype(np.float32)
    y = sl.conv2d(x, kernel, bias, padding="same", method="direct", activation="relu")
    wide = [array.astype(np.float64) for array in (x, kernel, bias)]
    expected = np.maximum(sl.conv2d(*wide, padding="same", method="im2col"), 0)
    np.testing.assert_allclose(y, expected, atol=2e-5)


LARGE = [
    ("direct", (1, 64, 64, 32), (3, 3, 32, 40), {}),
    ("direct", (1, 7, 9, 128), (3, 3, 128, 200), {}),  # threads share filters, not rows
    ("direct", (1, 100, 120, 64), (3, 3, 64, 3), {}),
    ("winograd4", (1, 64, 64, 32), (3, 3, 32, 40), {}),
    ("winograd2", (1, 7, 9, 128), (3, 3, 128, 200), {}),
    ("winograd4", (1, 64, 65, 3), (3, 3, 3, 200), {}),
    ("depthwise", (1, 96, 96, 40), (3, 3, 1, 40), {"groups": 40}),
    ("depthwise", (1, 256, 250, 3), (3, 3, 1, 3), {"groups": 3}),
    ("planar", (1, 256, 250, 3), (3, 3, 1, 6), {"groups": 3, "strides": 2}),
    ("planar", (1, 100, 120, 40), (3, 3, 40, 2), {}),
]


@pytest.mark.parametrize(("method", "x", "kernel", "arguments"), LARGE)
def test_one_thread_and_many_give_the_same(method, x, kernel, arguments):
    import numba

    draw = np.random.default_rng(1)
    x, kernel = (draw.standard_normal(shape).astype(np.float32) for shape in (x, kernel))
    run = lambda: sl.conv2d(x, kernel, padding="same", method=method, **arguments)  # noqa: E731
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = run()
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(run(), alone)
    expected = sl.conv2d(x, kernel, padding="same", method="im2col", **arguments)
    np.testing.assert_allclose(alone, expected, atol=1e-4 * abs(expected).max())


@pytest.mark.parametrize(
    ("method", "least"), [*((method, 0) for method in COMPILED), ("direct", 2**20)]
)
@pytest.mark.parametrize("name", ODD_LAYERS)
def test_many_small_blocks_and_shares_give_the_same(name, method, least, monkeypatch):
    """What only large layers are cut into: parts of rows, shares of few panels, many blocks.

    Padded images are copied into strips where their cells have fewer than `least` bytes, and
    small windows.
    """
    import numba

    from stridelab.ops import runs
    from stridelab.ops.jit import threads
    from stridelab.ops.kernels import depthwise, direct, planar, winograd

    for module in (direct, depthwise, planar):
        monkeypatch.setattr(module, "STRIP", 2000)
    for module in (direct, runs):
        monkeypatch.setattr(module, "STRIP_AT_MOST", 1500)
    monkeypatch.setattr(runs, "LEAST", least)
    monkeypatch.setattr(planar, "LEAST", 2)
    monkeypatch.setattr(planar, "COPIED", 1500)
    monkeypatch.setattr(winograd, "BLOCK", 2**12)
    monkeypatch.setattr(winograd, "BLOCK_AT_MOST", 2**13)
    monkeypatch.setattr(threads, "WORTH_A_THREAD", 1)
    arrays, arguments = drawn(name)
    call = checked(*arrays, **arguments)
    if METHODS[method].serves(call):
        pytest.skip("it does not serve this layer")
    run = METHODS[method].prepare(call.packed())
    expected = sl.conv2d(*arrays, method="reference", **arguments)
    before = numba.get_num_threads()
    try:
        for count in (1, before):
            numba.set_num_threads(count)
            y = np.full_like(expected, np.nan)
            run(arrays[0], y)
            np.testing.assert_allclose(y, expected, atol=4e-5 * abs(expected).max())
    finally:
        numba.set_num_threads(before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", ["direct", "winograd2", "winograd4"])
@pytest.mark.parametrize("name", ODD_LAYERS)
def test_sums_that_wait_for_their_next_part_come_out_the_same(name, method, dtype, monkeypatch):
    """A run at a time: sums below the floor go on from what they were, not from the floor."""
    from stridelab.ops.jit import packing

    arrays, arguments = drawn(name, dtype)
    if METHODS[method].serves(checked(*arrays, **arguments)):
        pytest.skip("it does not serve this layer")
    run = lambda: sl.conv2d(*arrays, method=method, activation="relu", **arguments)  # noqa: E731
    at_once = run()
    monkeypatch.setattr(packing, "PANEL", 1)
    np.testing.assert_array_equal(run(), at_once)


@pytest.mark.parametrize("method", ["direct", "winograd2", "winograd4"])
@pytest.mark.parametrize(
    ("shape", "filters"),
    [((1, 12, 12, 64), 64), ((1, 7, 7, 512), 64), ((1, 7, 7, 256), 192), ((1, 6, 5, 300), 129)],
)
def test_a_layer_takes_few_cells_and_many_in_turn(shape, filters, method, monkeypatch):
    """Where weights outweigh images threads share filters, in panels that serve no other images."""
    from stridelab.ops.jit import threads

    monkeypatch.setattr(threads, "at_most", lambda: 4)  # whatever the machine has
    draw = np.random.default_rng(8)
    layer = sl.layers.Conv2D(filters, 3, padding="same", seed=0)
    layer.method = method
    few = draw.standard_normal(shape).astype(np.float32)
    many = draw.standard_normal((1, 60, 40, shape[3])).astype(np.float32)
    for x in (few, many, few):
        y = layer(x)
        expected = sl.conv2d(x, *layer.get_weights(), padding="same", method="im2col")
        np.testing.assert_allclose(y, expected, atol=1e-4 * abs(expected).max())


@pytest.mark.parametrize(("vector", "widest"), [(64, 4), (32, 3), (16, 4), (16, 3)])
@pytest.mark.parametrize("workers", [1, 2, 3, 4, 16, 64])
def test_every_share_has_a_panel_whose_filters_fill_a_vector(workers, vector, widest, monkeypatch):
    from stridelab.ops.jit import packing, threads
    from stridelab.ops.kernels import direct, winograd

    monkeypatch.setattr(threads, "at_most", lambda: workers)
    monkeypatch.setattr(packing, "VECTOR_BYTES", vector)
    monkeypatch.setattr(packing, "WIDEST", widest)
    lanes, zero = vector // 4, np.float32(0)
    for filters in (*range(lanes // 2 + 1, 210), 512, 1000):
        kernel = np.broadcast_to(zero, (3, 3, 64, filters))
        for side in (4, 7, 12, 33):
            call = checked(np.broadcast_to(zero, (1, side, side, 64)), kernel, padding="same")
            *_, table = winograd._sizes(call, 4)
            assert winograd.plan(call, 4, workers).shares <= len(table)
            assert direct.plan(call, workers).shares <= len(direct._panels(call, 1))
            assert (table[:, packing.VALID] >= min(lanes, filters)).all()
            assert table[:, packing.VALID].sum() == filters


@pytest.mark.parametrize("workers", [2, 3])
def test_threads_share_rows_where_filters_are_too_few_to_share(workers, monkeypatch):
    """Many weights in a single panel of 16 lanes: they were one thread's work."""
    from stridelab.ops.jit import packing, threads
    from stridelab.ops.kernels import direct, winograd

    monkeypatch.setattr(threads, "at_most", lambda: workers)
    monkeypatch.setattr(packing, "VECTOR_BYTES", 64)
    monkeypatch.setattr(packing, "WIDEST", 4)
    zero = np.float32(0)
    for side, channels, k, filters in [(20, 256, 9, 32), (7, 512, 5, 10), (14, 512, 3, 48)]:
        x = np.broadcast_to(zero, (1, side, side, channels))
        kernel = np.broadcast_to(zero, (k, k, channels, filters))
        call = checked(x, kernel, padding="same")
        assert len(direct._panels(call, 1)) == 1
        assert kernel.size > 2 * (x.size + side * side * filters)
        assert direct.plan(call, workers).tasks == workers
    assert winograd.plan(call, 4, workers).tasks == 2  # of sixteen tiles


@pytest.mark.parametrize("channels", [3, 6])
@pytest.mark.parametrize("method", ["winograd2", "winograd4"])
def test_infinite_weights_are_carried_through_in_silence(method, channels):
    x, kernel = np.ones((1, 6, 5, channels), np.float32), np.ones((3, 3, channels, 16), np.float32)
    kernel[1, 1, 0, 3] = np.inf
    with np.errstate(all="raise"):
        y = sl.conv2d(x, kernel, method=method)
    assert not np.isfinite(y[..., 3]).any()
    np.testing.assert_allclose(np.delete(y, 3, axis=3), 9 * channels, rtol=1e-5)


def test_as_many_threads_have_as_much_to_do_at_the_peak():
    from stridelab.ops.jit import peak

    one, flops = peak.prepare(1000)
    two, twice = peak.prepare(1000, 2)
    assert twice == 2 * flops
    np.testing.assert_array_equal(two(), np.repeat(one(), 2, axis=0))
    assert flops == 1000 * 2 * one().size


@pytest.mark.parametrize("method", ["direct", "winograd4"])
def test_two_threads_share_the_filters_of_a_few_cells(method, monkeypatch):
    """One panel of four vectors would leave a thread without work."""
    from stridelab.ops.jit import packing, threads
    from stridelab.ops.kernels import direct, winograd

    monkeypatch.setattr(threads, "at_most", lambda: 2)
    monkeypatch.setattr(packing, "VECTOR_BYTES", 64)
    monkeypatch.setattr(packing, "WIDEST", 4)
    for side, widths, shares in ((7, [2, 2], 2), (90, [4], 1)):
        x, kernel = np.ones((1, side, side, 256), np.float32), np.ones((3, 3, 256, 64), np.float32)
        call = checked(x, kernel, padding="same")
        if method == "direct":
            table, plan = direct._panels(call, 1), direct.plan(call, 2)
        else:
            (*_, table), plan = winograd._sizes(call, 4), winograd.plan(call, 4, 2)
        assert table[:, packing.VECTORS].tolist() == widths
        assert plan.shares == shares


@pytest.mark.parametrize("m", [2, 4])
@pytest.mark.parametrize(
    ("batch", "rows", "cols", "dilation"), [(1, 9, 14, 1), (3, 13, 8, 1), (2, 11, 23, (3, 2))]
)
def test_tiles_that_need_a_place_are_neighbours(batch, rows, cols, dilation, m):
    """By the matrix of the outputs: no other tile has an output that the place is part of."""
    from stridelab.ops.kernels.winograd import _needed
    from stridelab.ops.winograd import TRANSFORMS, tile_places

    x, kernel = np.ones((batch, rows, cols, 16), np.float32), np.ones((3, 3, 16, 16), np.float32)
    call = checked(x, kernel, padding="same", dilation_rate=dilation)
    places, ends = tile_places(call, m)
    steps = np.broadcast_to(dilation, 2)
    covered = np.zeros((batch, rows, cols), int)
    needing = {place: [] for place in range((m + 2) ** 2)}
    for number, (image, i, j) in enumerate(places.reshape(-1, 3)):
        covered[image, i :: steps[0], j :: steps[1]][:m, :m] += 1
        there = [
            np.arange(first, size, step)[:m].size
            for first, size, step in zip((i, j), (rows, cols), steps, strict=True)
        ]
        parts = [(TRANSFORMS[m].output[:count] != 0).any(axis=0) for count in there]
        for place in np.flatnonzero(np.outer(*parts)):
            needing[place].append(number)
    assert (covered == 1).all()
    needed = getattr(_needed, "py_func", _needed)
    for place, numbers in needing.items():
        for first, stop in ((0, len(places) // 3), (0, 3), (2, 7), (5, 6), (4, 4)):
            part = [number for number in numbers if first <= number < stop]
            assert list(range(*needed(ends, place, m + 2, (first, stop)))) == part


TOGETHER = """
    from concurrent.futures import ThreadPoolExecutor
    import numpy as np, stridelab as sl
    draw = np.random.default_rng(0)
    xs = [draw.standard_normal((1, 64, 64, 32)).astype(np.float32) for _ in range(4)]
    kernel = draw.standard_normal((3, 3, 32, 32)).astype(np.float32)
    run = lambda x: sl.conv2d(x, kernel, padding="same", method="direct")
    expected = [run(x) for x in xs]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(10):
            for y, right in zip(pool.map(run, xs), expected):
                np.testing.assert_array_equal(y, right)
    import numba
    print(numba.threading_layer())
"""


@pytest.mark.slow
@pytest.mark.parametrize("layer", machine.threading_layers())
def test_threads_that_call_at_once_mix_nothing(layer):
    printed = run_alone(TOGETHER, NUMBA_THREADING_LAYER=layer, NUMBA_NUM_THREADS="2")
    assert printed == layer


FORKED = """
    import os, warnings
    import numpy as np, stridelab as sl
    warnings.simplefilter("ignore")
    x, kernel = np.ones((1, 64, 64, 32), np.float32), np.ones((3, 3, 32, 32), np.float32)
    run = lambda: sl.conv2d(x, kernel, padding="same", method="direct")
    expected = run()
    child = os.fork()
    if child == 0:
        os._exit(0 if (run() == expected).all() else 1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_after_a_parallel_call_computes_on():
    assert run_alone(FORKED, NUMBA_NUM_THREADS="2") == "0"


def test_a_layer_stays_prepared_until_its_weights_change():
    layer = sl.layers.Conv2D(8, 3, padding="same", seed=0)
    x = np.random.default_rng(0).standard_normal((1, 9, 9, 4)).astype(np.float32)
    first = layer(x)
    np.testing.assert_array_equal(layer(x), first)
    kernel, bias = layer.get_weights()
    layer.set_weights([2 * kernel, bias + 1])
    np.testing.assert_allclose(layer(x), 2 * first + 1, atol=1e-5)
    layer.activation = "relu"
    np.testing.assert_allclose(layer(x), np.maximum(2 * first + 1, 0), atol=1e-5)
    layer.method = "reference"
    np.testing.assert_allclose(layer(x), np.maximum(2 * first + 1, 0), atol=1e-5)


def test_a_layer_shared_by_threads_prepares_for_many_shapes():
    layer = sl.layers.DepthwiseConv2D(3, seed=0)
    xs = [np.ones((1, 4 + size, 5, 16), np.float32) for size in range(12)]
    expected = [layer(x) for x in xs]
    with ThreadPoolExecutor(4) as pool:
        for y, right in zip(pool.map(layer, xs * 5), expected * 5, strict=True):
            np.testing.assert_array_equal(y, right)


@pytest.mark.parametrize("method", COMPILED)
def test_no_images_give_no_results(method):
    groups = 16 if method == "depthwise" else 1
    for channels in (16,) if groups > 1 else (16, 5, 3):
        x = np.ones((0, 8, 8, channels), np.float32)
        filters = 1 if method == "planar" else 16
        kernel = np.ones((3, 3, channels // groups, filters), np.float32)
        assert sl.conv2d(x, kernel, method=method, groups=groups).shape == (0, 6, 6, filters)


def test_a_layer_with_another_dilation_makes_its_spectrum_anew():
    layer = sl.layers.Conv2D(1, 5, padding="same", seed=0)
    layer.method = "fft"
    x = np.random.default_rng(0).standard_normal((1, 64, 64, 1)).astype(np.float32)
    layer(x)
    layer.dilation_rate = (2, 2)
    expected = sl.conv2d(x, layer.kernel, padding="same", dilation_rate=2, method="im2col")
    np.testing.assert_allclose(layer(x), expected, atol=1e-4)


def test_a_copied_layer_stays_prepared():
    layer = copy.deepcopy(sl.layers.SeparableConv2D(8, 3, seed=0))
    x = np.ones((1, 5, 5, 16), np.float32)
    first = layer(x)
    again = pickle.loads(pickle.dumps(layer))
    np.testing.assert_array_equal(again(x), first)
    prepared = again._ready[x.shape]
    again(x)
    assert again._ready[x.shape] is prepared
