"""The seam: methods behind one mapping, blocks without seams, threads, life without numba."""

from __future__ import annotations

import itertools
import json
import logging
import os
import subprocess
import sys
import textwrap
import threading
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from stridelab import StrideLabError
from stridelab.geometry import border_cell, conv_axis
from stridelab.ops import (
    METHODS,
    avg_pool2d,
    call,
    conv2d,
    conv2d_transpose,
    fft,
    loading,
    machine,
    max_pool2d,
    memory,
    methods,
)
from tests.ops_tools import USABLE, assert_same, checked, convolve, every_method

X = np.random.default_rng(0).integers(-4, 5, (2, 6, 5, 4)).astype(np.float32)
KERNEL = np.random.default_rng(1).integers(-4, 5, (3, 2, 4, 6)).astype(np.float32)


@pytest.mark.parametrize("limit", [1, 300, 2000, 20_000])
def test_blocks_leave_no_seam(limit, monkeypatch):
    def results():
        arguments = {"strides": (1, 2), "padding": ((2, 1), (0, 3)), "dilation_rate": (2, 1)}
        for method in ("windows", "im2col"):
            yield conv2d(X, KERNEL, padding_mode="reflect", method=method, **arguments)
        yield conv2d_transpose(X, KERNEL.swapaxes(2, 3), strides=(1, 2))
        yield avg_pool2d(X, (2, 3), padding="same")

    whole = list(results())
    monkeypatch.setattr(call, "BLOCK", limit)
    for pieces, expected in zip(results(), whole, strict=True):
        np.testing.assert_array_equal(pieces, expected)


BLOCK = call.BLOCK
KERNELS = {k: np.full((k, k, 16, 16), 0.01, np.float32) for k in (1, 3)}
SIDE, F32 = 1000, np.float32
PEAKS = {  # a call on (1, 1000, 1000, 16), and the arrays of that size that it has to take
    "windows": (lambda x: conv2d(x, KERNELS[3], padding="same", method="windows"), 1),
    "a dilation": (
        lambda x: conv2d(x, KERNELS[3], padding="same", dilation_rate=300, method="windows"),
        1,
    ),
    "im2col": (lambda x: conv2d(x, KERNELS[3], padding="same", method="im2col"), 1),
    "im2col with a dilation": (
        lambda x: conv2d(x, KERNELS[3], padding="same", dilation_rate=300, method="im2col"),
        1,
    ),
    "im2col with groups": (
        lambda x: conv2d(x, KERNELS[3][:, :, :8], padding="same", groups=2, method="im2col"),
        1,
    ),
    "one cell": (lambda x: conv2d(x, KERNELS[1], method="im2col"), 1),
    "depthwise": (
        lambda x: conv2d(x, KERNELS[3][:, :, :1], padding="same", groups=16, method="im2col"),
        1,
    ),
    "sigmoid": (lambda x: conv2d(x, KERNELS[1], activation="sigmoid", method="im2col"), 1),
    "softmax": (lambda x: conv2d(x, KERNELS[1], activation="softmax", method="im2col"), 17 / 16),
    "a function": (lambda x: conv2d(x, KERNELS[1], activation=np.abs, method="im2col"), 2),
    "an out with gaps": (
        lambda x: conv2d(x, KERNELS[1], out=np.empty((1, SIDE, SIDE, 17), F32)[..., 1:]),
        1 + 17 / 16,
    ),
    "average": (lambda x: avg_pool2d(x, 3, strides=1, padding="same"), 1),
    "maximum": (lambda x: max_pool2d(x, 3, strides=1, padding="same"), 1),
    "transposed": (
        lambda x: conv2d_transpose(x, KERNELS[3], padding="same", method="im2col"),
        1,
    ),
}


@pytest.mark.parametrize("name", PEAKS)
def test_memory_is_bounded_and_the_check_counts_it(name, monkeypatch):
    run, arrays = PEAKS[name]
    x = np.ones((1, SIDE, SIDE, 16), F32)
    counted = []
    monkeypatch.setattr(memory, "judge", lambda *parts: counted.append(sum(p.size for p in parts)))
    loading.warmup()  # loading kernels takes memory of its own
    tracemalloc.start()
    run(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < arrays * x.nbytes + 1.05 * BLOCK
    given = x.nbytes * 17 / 16 if "out" in name else 0  # the caller's
    assert peak - given < 1.1 * counted[0]
    assert counted[0] < 1.3 * (peak - given) + BLOCK


def test_fft_takes_little_memory_on_a_large_image():
    """Blocks of it are transformed, each by itself; the kernel's spectrum is of a block's size."""
    x, kernel = np.ones((1, 4096, 4096, 1), F32), np.full((31, 31, 1, 1), 1 / 961, F32)
    given = checked(x, kernel, padding="same")
    y = np.empty(x.shape, F32)
    tracemalloc.start()
    METHODS["fft"].prepare(given)(x, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * 2**20
    assert peak < METHODS["fft"].work(given) + 2**20 < 2 * peak
    np.testing.assert_allclose(y[0, 15:-15, 15:-15], 1, rtol=1e-5)


needs_numba = pytest.mark.skipif(
    machine.numba_missing() is not None, reason=str(machine.numba_missing())
)

needs_vectors = pytest.mark.skipif(
    machine.vectors_missing() is not None, reason="the kernels of most layers are missing"
)

#: A machine of 2021: two threads of 80 GFLOP/s with vectors of eight numbers.
LIMITS = machine.Limits(fma=80e9, bandwidth=20e9, threads=2, lanes=8)


@needs_vectors
@pytest.mark.parametrize(
    ("x", "kernel", "arguments", "method"),
    [
        ((1, 8, 8, 3), (3, 3, 3, 8), {}, "direct"),
        ((1, 56, 56, 64), (3, 3, 64, 64), {}, "winograd4"),
        ((1, 56, 56, 64), (3, 3, 64, 64), {"strides": 2}, "direct"),
        ((1, 56, 56, 64), (1, 1, 64, 256), {}, "direct"),
        ((1, 28, 28, 128), (3, 3, 128, 128), {"dilation_rate": 2}, "winograd4"),
        ((1, 7, 7, 512), (3, 3, 512, 512), {}, "winograd2"),
        ((1, 56, 56, 64), (3, 3, 1, 64), {"groups": 64}, "depthwise"),
        ((1, 56, 56, 64), (3, 3, 16, 64), {"groups": 4}, "direct"),
        ((1, 56, 56, 128), (3, 3, 4, 128), {"groups": 32}, "planar"),
        ((1, 512, 512, 3), (3, 3, 3, 3), {}, "planar"),
        ((1, 224, 224, 64), (3, 3, 64, 1), {}, "direct"),
        ((1, 56, 56, 512), (1, 1, 512, 3), {}, "direct"),
        ((1, 112, 112, 8), (3, 3, 8, 2), {}, "planar"),
        ((1, 512, 512, 1), (5, 5, 1, 1), {}, "depthwise"),
        ((1, 512, 512, 3), (5, 5, 1, 3), {"groups": 3}, "depthwise"),
        ((1, 512, 512, 3), (5, 5, 1, 3), {"groups": 3, "strides": 2}, "planar"),
        ((1, 28, 28, 1), (3, 3, 1, 32), {}, "direct"),
        ((1, 512, 512, 1), (101, 101, 1, 1), {}, "fft"),
    ],
)
def test_auto_takes_what_the_model_says(x, kernel, arguments, method, monkeypatch):
    monkeypatch.setattr(machine, "limits", lambda: LIMITS)
    monkeypatch.setattr(machine, "threads", lambda: 2)
    monkeypatch.setattr(methods, "_chosen", {})
    arrays = [np.ones(shape, np.float32) for shape in (x, kernel)]
    assert methods.choose(checked(*arrays, padding="same", **arguments)).name == method


def test_auto_falls_back_to_what_serves(monkeypatch):
    call = checked(np.ones((1, 3, 3, 1)), np.ones((3, 3, 1, 1)), padding="same")
    rests = [replace(method, serves=lambda call: "it rests") for method in METHODS.values()]
    only = {"reference": METHODS["reference"]}
    monkeypatch.setattr(methods, "METHODS", {**{rest.name: rest for rest in rests}, **only})
    monkeypatch.setattr(methods, "_chosen", {})
    monkeypatch.setattr(methods, "_say_once", lambda text: None)
    monkeypatch.setattr(machine, "numba_missing", lambda: "numba is away")
    assert methods.choose(call).name == "reference"


@every_method
def test_windows_far_longer_than_memory(method):
    far = {"dilation_rate": 40_000, "padding": 40_000, "method": method}
    y = convolve(np.ones((3, 3, 1)), np.ones((3, 3, 1, 1)), **far)
    assert y[:, :, 0].tolist() == [[1.0] * 3] * 3  # only the middle tap meets the image


@every_method
@pytest.mark.parametrize("far", [2**31, 2**62, 2**63 - 1])
def test_steps_that_are_never_taken_may_have_any_length(method, far):
    x = np.arange(6.0).reshape(2, 3, 1)
    one = np.ones((1, 1, 1, 1))
    assert_same(convolve(x, one, strides=far, method=method).ravel(), [0], method)
    assert_same(convolve(x, one, strides=(1, far), method=method).ravel(), [0, 3], method)
    assert_same(convolve(x, one, dilation_rate=far, method=method), x, method)
    colors, each = np.stack([x[:, :, 0]] * 3, -1), np.ones((2, 1, 1, 3))
    down = {"groups": 3, "method": method}
    y = convolve(colors, each, dilation_rate=(1, far), **down)
    assert_same(y, colors.sum(0, keepdims=True), method)
    y = convolve(colors, each.reshape(1, 2, 1, 3), dilation_rate=(far, 1), **down)
    assert_same(y, colors[:, :2] + colors[:, 1:], method)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("limit", [1, BLOCK])
def test_fft_gives_the_same_in_blocks_of_every_size(mode, limit, monkeypatch):
    draw = np.random.default_rng(2)
    x = draw.integers(-4, 5, (3, 23, 30, 4)).astype(np.float64)
    kernel, bias = draw.integers(-4, 5, (3, 4, 2, 6)).astype(np.float64), np.arange(6.0)
    given = {"padding": ((2, 1), (0, 3)), "dilation_rate": (2, 1), "groups": 2}
    given = checked(x, kernel, bias, **given, strides=(1, 3), padding_mode=mode)
    expected, y = np.empty(given.output_shape), np.empty(given.output_shape)
    METHODS["windows"].prepare(given)(x, expected)
    monkeypatch.setattr(call, "BLOCK", limit)
    choices = list(itertools.product(fft.sides(given.rows), fft.sides(given.cols)))
    assert {side.pieces for side, _ in choices} >= {1, 2, 3, 5}
    for sides in choices:
        monkeypatch.setattr(fft, "plan", lambda shape, sides=sides: sides)
        y[...] = np.nan
        METHODS["fft"].prepare(given)(x, y)
        np.testing.assert_allclose(y, expected, rtol=0, atol=1e-12, err_msg=str(sides))


def test_fft_says_what_it_would_take():
    far = {"dilation_rate": 40_000, "padding": 40_000, "method": "fft"}
    with pytest.raises(StrideLabError) as caught:
        conv2d(np.ones((3, 3, 1), F32), np.ones((3, 3, 1, 1), F32), **far)
    assert str(caught.value).startswith(
        "method must be able to serve this call; got 'fft' (it transforms all cells under a window "
        "at once, and that takes 153,604,800,036 bytes or more). Take 'reference', 'windows'"
    )
    kernel = np.broadcast_to(F32(1), (7, 7, 2048, 2048))  # it takes four bytes
    with pytest.raises(StrideLabError, match="it transforms the whole kernel, and that takes"):
        conv2d(np.ones((7, 7, 2048), F32), kernel, method="fft")


def test_fft_takes_lengths_of_small_factors():
    assert fft.fast_numbers()[-2:] == [1036800, 1048576]
    axis = conv_axis(100, kernel=7, stride=3, padding=3)
    for side in fft.sides(axis):
        assert side.length in fft.fast_numbers()
        assert (side.outputs - 1) * side.step + axis.span <= side.length
        assert (side.pieces - 1) * side.outputs < axis.output_size <= side.pieces * side.outputs


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("pads", [(0, 0), (3, 1), (0, 3), (2, 0)])
def test_tables_of_cells_are_the_definition(mode, pads):
    axis = conv_axis(4, kernel=2, stride=2, padding=pads, dilation=2)
    cells = [border_cell(cell, 4, mode) for cell in range(-pads[0], 4 + pads[1])]
    table = call.border_cells(axis, mode)
    assert table.tolist() == [-1 if cell is None else cell for cell in cells]
    taps = call.tap_cells(axis, table)
    assert taps.tolist() == [
        [int(table[tap + pads[0]]) for tap in axis.taps(output)]
        for output in range(axis.output_size)
    ]


def test_methods_is_an_ordered_read_only_mapping():
    assert list(METHODS)[:5] == ["reference", "windows", "loops", "im2col", "direct"]
    assert list(METHODS)[-1] == "fft"
    assert [method.name for method in METHODS.values()] == list(METHODS)
    assert all(method.summary.endswith(".") for method in METHODS.values())
    with pytest.raises(TypeError):
        METHODS["mine"] = METHODS["loops"]
    for name in ("reference", "windows", "im2col", "fft"):  # these need NumPy alone
        assert METHODS[name].serves(checked(X, KERNEL)) is None


# --- without numba --------------------------------------------------------------------------------


def python(program, **environment):
    """Runs a program in a process of its own: (standard output, standard error)."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


OFF = "STRIDELAB_NUMBA=0 switches numba off; unset it and start Python again to have it"
ABSENT = "numba is not installed; `stridelab doctor` names the command that brings it"
WITHOUT = """
    import numpy as np
    import stridelab as sl
    x, kernel = np.arange(12.0).reshape(3, 4, 1), np.ones((2, 2, 1, 1))
    for method in ("auto", "windows", "im2col", "reference"):
        print(sl.conv2d(x, kernel, method=method)[..., 0].tolist())
    try:
        sl.conv2d(x, kernel, method="loops")
    except sl.StrideLabError as error:
        print(error)
    print(sl.ops.warmup())
    print("numba" in sys.modules and sys.modules["numba"] is not None)
"""


@pytest.mark.parametrize(
    ("before", "environment", "why"),
    [
        ("import sys", {"STRIDELAB_NUMBA": "0"}, OFF),
        ("import sys; sys.modules['numba'] = None", {"STRIDELAB_NUMBA": "1"}, ABSENT),
    ],
)
def test_without_numba_numpy_serves_and_says_so_once(before, environment, why):
    out, err = python(before + textwrap.dedent(WITHOUT), **environment)
    box = "[[10.0, 14.0, 18.0], [26.0, 30.0, 34.0]]"
    refusal = (
        f"method must be able to serve this call; got 'loops' ({why}). "
        "Take 'reference', 'windows', 'im2col' or 'fft'."
    )
    assert out.splitlines() == [box] * 4 + [refusal, "[]", "False"]
    assert err == f"StrideLab computes with NumPy alone: {why}. Results are the same.\n"


def test_a_broken_numba_is_named():
    out, err = python(
        """
        import sys
        class Broken:
            def find_spec(self, name, path=None, target=None):
                if name == "numba":
                    raise ImportError("Numba needs NumPy 1.0 or less")
        sys.meta_path.insert(0, Broken())
        import numpy as np
        import stridelab as sl
        print(sl.conv2d(np.ones((2, 2, 1)), np.ones((2, 2, 1, 1))).tolist())
        """,
        STRIDELAB_NUMBA="1",
    )
    assert out == "[[[4.0]]]\n"
    assert err == (
        "StrideLab computes with NumPy alone: numba cannot be imported: "
        "Numba needs NumPy 1.0 or less. Results are the same.\n"
    )


def test_the_same_text_is_said_once_by_many_threads(caplog, monkeypatch):
    monkeypatch.setattr(methods, "_said", set())
    with caplog.at_level(logging.WARNING, "stridelab"):
        together(lambda _: methods._say_once("once"), 8)
    assert caplog.messages == ["once"]


# --- threads and kernels --------------------------------------------------------------------------


def together(work, count):
    """Calls work(0) … work(count − 1) at the same moment, each in a thread of its own."""
    barrier, results = threading.Barrier(count), [None] * count

    def start(number):
        barrier.wait()
        results[number] = work(number)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("method", [name for name in USABLE if name != "reference"])
def test_threads_do_not_mix_their_results(method):
    kernel = np.ones((3, 3, 3, 8), np.float32)
    convolve(np.ones((1, 20, 20, 3), np.float32), kernel, method=method)  # skips, not in a thread

    def work(number):
        x = np.full((1, 20, 20, 3), number, np.float32)
        return [
            np.unique(conv2d(x, kernel, method=method).round(3)).tolist()  # fft is not exact
            for _ in range(20)
        ]

    assert together(work, 6) == [[[27.0 * number]] * 20 for number in range(6)]


@needs_numba
def test_the_first_call_may_come_from_several_threads_at_once():
    out, err = python(
        """
        import threading
        import numpy as np
        import stridelab as sl
        barrier, sums = threading.Barrier(6), []
        def work():
            barrier.wait()
            y = sl.conv2d(np.ones((4, 4, 1), np.float32), np.ones((3, 3, 1, 1), np.float32))
            sums.append(y.sum())
        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(sums == [36.0] * 6)
        """
    )
    assert (out, err) == ("True\n", "")


@needs_numba
def test_nothing_of_numba_is_loaded_before_it_is_used():
    out, _ = python(
        """
        import sys
        import numpy as np
        import stridelab as sl
        y = sl.conv2d(np.ones((4, 4, 1)), np.ones((3, 3, 1, 1)), method="windows")
        print("numba" in sys.modules, "matplotlib" in sys.modules)
        sl.conv2d(np.ones((4, 4, 1)), np.ones((3, 3, 1, 1)), method="loops")
        print("numba" in sys.modules)
        """
    )
    assert out == "False False\nTrue\n"


@needs_numba
def test_warmup_says_what_it_loads():
    said = []
    parts = loading.warmup(lambda *told: said.append(told))
    names = ["numba", *methods.KERNELS, "machine"]
    assert [name for name, _ in parts] == names
    assert all(seconds >= 0 for _, seconds in parts)
    *steps, last = said
    assert sorted(name for name, *_ in steps) == sorted(names)  # those with helpers come later
    assert [counts for _, *counts in steps] == [[done, len(names)] for done in range(len(names))]
    assert last == (names[-1], len(names), len(names))


@needs_numba
@pytest.mark.parametrize("code", ["import time; time.sleep(99)", "raise SystemExit(1)"])
def test_processes_end_with_the_warm_up(code, monkeypatch):
    """Those that are at work still, too; a kernel that one fails to compile is compiled here."""
    from stridelab.ops.jit import threads

    monkeypatch.setattr(threads, "at_most", lambda: 3)
    monkeypatch.setattr(machine, "memory_available", lambda: 2**40)
    monkeypatch.setattr(loading, "_COMPILE", code)
    monkeypatch.setattr(loading, "PATIENCE", 5)
    with loading._others(["direct", "peak", "loops", "planar"]) as sharing:
        assert list(sharing) == ["peak", "loops"]
        if "Exit" in code:
            loading.load("peak", sharing["peak"])
            assert sharing["peak"].returncode == 1
    assert all(process.returncode is not None for process in sharing.values())


@needs_numba
@pytest.mark.parametrize(
    ("lacking", "started"),
    [
        ("processes", 1),
        ("memory", 0),
        ("Python", 0),
        ("processors", 0),
        ("work", 0),
    ],
)
def test_the_warm_up_does_without_other_processes(lacking, started, monkeypatch):
    from stridelab.ops.jit import threads

    asked, compiled = [], itertools.count()

    def refused(*arguments, **settings):
        asked.append(arguments)
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refused)
    monkeypatch.setattr(threads, "at_most", lambda: 1 if lacking == "processors" else 3)
    free = 2**28 if lacking == "memory" else 2**40
    monkeypatch.setattr(machine, "memory_available", lambda: free)
    if lacking == "Python":
        monkeypatch.setattr(sys, "executable", None)
    if lacking != "work":
        monkeypatch.setattr(loading, "_compiled", lambda name: next(compiled))
    assert len(loading.warmup()) == 2 + len(methods.KERNELS)
    assert len(asked) == started


SHARED_OUT = """
    from stridelab.ops import loading, methods
    methods.KERNELS = {name: methods.KERNELS[name] for name in ("loops", "peak", "planar")}
    loading.warmup()
    print([loading._compiled(name) > 0 for name in methods.KERNELS])
    """


@needs_numba
@needs_vectors
@pytest.mark.slow
def test_another_process_compiles_its_share(tmp_path):
    switches = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_NUM_THREADS": "2"}
    switches["NUMBA_BOUNDSCHECK"] = "0"  # checked code is not kept, and nothing to share
    assert python(SHARED_OUT, **switches)[0] == "[True, True, False]\n"
    assert python(SHARED_OUT, **switches)[0] == "[False, False, False]\n"


@needs_numba
def test_nothing_compiles_after_the_kernel_is_loaded():
    from stridelab.ops.kernels import loops

    dtypes = (np.float32, np.float64)
    functions = [loops.convolve.ready(np.dtype(dtype)) for dtype in dtypes]
    if not hasattr(functions[0], "signatures"):
        pytest.skip("NUMBA_DISABLE_JIT is set")
    compiled = [list(function.signatures) for function in functions]
    for dtype in dtypes:
        conv2d(X.astype(dtype), KERNEL.astype(dtype), method="loops")
        conv2d(np.ones((1, 1, 1, 1), dtype), np.ones((1, 1, 1, 1), dtype), method="loops")
    assert [function.signatures for function in functions] == compiled
    assert [len(signatures) for signatures in compiled] == [1, 1]


@needs_numba
def test_a_function_takes_calls_while_it_is_compiled_for_another_dtype():
    from numba import types

    from stridelab.ops.jit import compiled

    meanwhile = []

    def signature(scalar):
        if scalar == types.float64:
            meanwhile.append(first.ready(np.dtype(np.float32))(np.ones(2, np.float32)))
        return scalar(types.Array(scalar, 1, "C", readonly=True))

    @compiled(signature)
    def first(numbers):
        return numbers[0]

    singles = first.ready(np.dtype(np.float32))
    first.ready(np.dtype(np.float64))
    if not hasattr(singles, "signatures"):
        pytest.skip("NUMBA_DISABLE_JIT is set")
    assert meanwhile == [1.0]
    assert len(singles.signatures) == 1  # a writable array is no reason for another one


@needs_numba
def test_a_kernel_compiles_where_no_folder_can_keep_it(monkeypatch):
    from numba.core import caching

    from stridelab.ops.jit import compiled

    monkeypatch.setattr(caching.CompileResultCacheImpl, "_locator_classes", [])

    @compiled(lambda scalar: scalar(scalar))
    def twice(number):
        return 2 * number

    assert twice.ready(np.dtype(np.float32))(np.float32(21)) == 42


@pytest.mark.parametrize(
    ("method", "total"),
    [("reference", 1.0), pytest.param("loops", 0.0, marks=needs_numba)],
)
def test_the_order_and_the_precision_of_sums(method, total):
    """The reference adds in double precision; the kernel in float32, where 1e8 + 1 is 1e8."""
    x = np.array([1e8, 1, -1e8], np.float32).reshape(1, 3, 1)
    assert conv2d(x, np.ones((1, 3, 1, 1), np.float32), method=method).item() == total


@needs_numba
@pytest.mark.slow
def test_checked_kernels_notice_a_wrong_table_and_are_not_kept(tmp_path):
    out, _ = python(
        """
        import numpy as np
        from stridelab.ops.kernels import loops
        convolve = loops.convolve.ready(np.dtype(np.float32))
        x, kernel = np.ones((1, 3, 3, 1), np.float32), np.ones((1, 1, 1, 1), np.float32)
        bias, cells = np.zeros(1, np.float32), np.array([[0], [1], [2]])
        wrong = np.array([[0], [1], [3]])
        y = np.zeros((1, 3, 3, 1), np.float32)
        for columns in (cells, wrong):
            try:
                convolve(x, kernel, bias, cells, columns, 1, y)
                print("served")
            except IndexError:
                print("noticed")
        """,
        NUMBA_BOUNDSCHECK="1",
        NUMBA_CACHE_DIR=str(tmp_path),
    )
    assert out == "served\nnoticed\n"
    assert list(tmp_path.rglob("*.nbi")) == []


# --- the machine ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "room"),
    [
        ({"memory.max": "1000", "memory.current": "300", "memory.stat": "inactive_file 50"}, 750),
        ({"memory.max": "100", "memory.current": "300", "memory.stat": "anon 1"}, 0),
        ({"memory.max": "max", "memory.current": "300", "memory.stat": "anon 1"}, 9000),
        (
            {
                "memory/memory.limit_in_bytes": "1000",
                "memory/memory.usage_in_bytes": "400",
                "memory/memory.stat": "cache 9\ntotal_inactive_file 100",
            },
            700,
        ),
        ({}, 9000),
    ],
)
def test_a_containers_limit_counts(files, room, tmp_path):
    (tmp_path / "memory").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text + "\n")
    assert machine._container_room(tmp_path, otherwise=9000) == room


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ({}, 2**20),
        ({"0": ("1", "48K"), "2": ("2", "1024K"), "3": ("3", "32768K")}, 2**20),
        ({"0": ("2", "512K")}, 2**19),
        ({"0": ("2", "64K")}, 2**18),
        ({"0": ("2", "12288K")}, 2**21),
        ({"0": ("2", "much"), "1": ("3", "32768K")}, 2**20),
    ],
)
def test_a_cores_own_cache_is_read_or_guessed(levels, expected, tmp_path, monkeypatch):
    for index, (level, size) in levels.items():
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        (folder / "level").write_text(f"{level}\n")
        (folder / "size").write_text(f"{size}\n")
    monkeypatch.setattr(machine, "_CACHES", tmp_path)
    assert machine.own_cache() == expected


def test_limits_are_kept_and_an_older_form_is_measured_anew(tmp_path, monkeypatch):
    if machine.vectors_missing():
        pytest.skip("nothing is measured without vectors")
    monkeypatch.setattr(machine.platformdirs, "user_cache_path", lambda name: tmp_path)
    monkeypatch.setattr(machine, "fma_peak", lambda: 123e9)
    measure = machine._limits.__wrapped__
    first = measure()
    assert first.fma == 123e9
    file = tmp_path / "machine.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "fma": 77e9}))
    assert measure() == replace(first, fma=77e9)
    file.write_text(json.dumps({name: kept[name] for name in kept if name != "fft"}))
    assert measure().fma == 123e9


def test_a_transposed_convolution_takes_the_method_that_is_named():
    """3 cells with stride 2 under [1, 2, 4]: written out by hand, whatever computes it."""
    x = np.array([1.0, 10.0, 100.0]).reshape(1, 3, 1)
    kernel = np.array([1.0, 2.0, 4.0]).reshape(1, 3, 1, 1)
    for method in ("auto", "reference", "windows", "im2col"):
        y = conv2d_transpose(x, kernel, strides=(1, 2), method=method)
        assert y.ravel().tolist() == [1, 2, 14, 20, 140, 200, 400]
    with pytest.raises(StrideLabError, match="method"):
        conv2d_transpose(x, kernel, method="quickest")
