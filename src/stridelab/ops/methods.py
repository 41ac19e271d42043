"""The methods of convolution behind one mapping, and the function that chooses among them."""

from __future__ import annotations

import functools
import importlib
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, ModuleType

from stridelab.errors import StrideLabError
from stridelab.geometry.checks import listed, one_of
from stridelab.ops import machine, reference, windows
from stridelab.ops.call import Array, Call

_lock = threading.Lock()
_said: set[str] = set()


@dataclass(frozen=True)
class Method:
    """One way to compute a convolution.

    Parameters
    ----------
    name : str
        Its key in `METHODS`.
    summary : str
        One sentence: what it does.
    serves : function
        Of a `Call`: None where the method can compute it, else the reason why not.
    run : function
        Of a `Call` and ``out``, a C-contiguous array (N, OH, OW, Cout): fills it with the
        convolution plus the bias. The activation is not its work.
    work : function
        Of a `Call`: the bytes that it takes beside the result and the tables of cells.
    """

    name: str
    summary: str
    serves: Callable[[Call], str | None] = field(repr=False)
    run: Callable[[Call, Array], None] = field(repr=False)
    work: Callable[[Call], int] = field(repr=False, default=lambda call: 0)


def _loops(call: Call, out: Array) -> None:
    _kernel("loops").run(call, out)


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        method.name: method
        for method in (
            Method(
                "reference",
                "The definition as plain Python loops, in double precision.",
                lambda call: None,
                reference.convolve,
                reference.work,
            ),
            Method(
                "windows",
                "NumPy: the windows laid side by side as one matrix, times the kernel.",
                lambda call: None,
                windows.convolve,
                windows.work,
            ),
            Method(
                "loops",
                "The reference's loops, compiled by numba.",
                lambda call: machine.numba_missing(),
                _loops,
            ),
        )
    }
)

#: The modules of `stridelab.ops.kernels` that are compiled on their first use.
KERNELS = ("loops",)


def select(name: str, call: Call) -> Method:
    """The method of that name, or the one that `choose` takes for ``auto``.

    Raises
    ------
    StrideLabError
        For an unknown name, and where the method cannot serve the call.
    """
    if check_name(name) == "auto":
        return choose(call)
    reason = METHODS[name].serves(call)
    if reason is None:
        return METHODS[name]
    others = [method.name for method in METHODS.values() if method.serves(call) is None]
    raise StrideLabError(
        "method", "be able to serve this call", repr(name), reason, f"Take {listed(others)}."
    )


def check_name(name: object) -> str:
    """The name itself, where it is ``auto`` or a key of `METHODS`."""
    return one_of("method", name, ("auto", *METHODS))


def choose(call: Call) -> Method:
    """The method that ``auto`` takes: loops for little work or thin groups, windows for much.

    `_loops_time` is held against 0.2 ms. Measured on two cores of an AMD EPYC (Zen 3, AVX2) that
    had other work to do, so quick deciles of 25 interleaved calls in µs; float32, input sizes
    H = W, kernel 3, SAME:

    ====================  ======  =====  =======
    H, Cin→Cout, stride   groups  loops  windows
    ====================  ======  =====  =======
    8, 1→1, 1             1         230      341
    32, 3→32, 2           1         168      231
    16, 16→16, 1          1         326      247
    28 (128×), 1→32, 1    1        9050     5440
    28 (128×), 2→32, 1    1       24600    13900
    56, 64→64, 1          1       21500     9110
    28, 128→128, 1        16       3250     2160
    56, 64→64, 1          8       12700     7690
    56, 64→64, 1          16       5030     5920
    56, 64→64, 1          32       7000     9970
    56, 64→64, 1          64       7970     1760
    ====================  ======  =====  =======

    Below some 0.1 ms the loops win, since NumPy takes as long to lay out the first window. Up to
    0.2 ms they lose little, and spare a matrix product that waits for BLAS' second thread: on a
    busy machine such waits were seen to take 16 ms. Groups of up to 4 channels make matrices too
    thin for BLAS; a group of one channel needs none.
    """
    missing = machine.numba_missing()
    depth = call.kernel.shape[2]
    if missing:
        _say_once(f"StrideLab computes with NumPy alone: {missing}. Results are the same.")
    elif _loops_time(call) < 200e-6 or (call.groups > 1 and 1 < depth <= 4):
        return METHODS["loops"]
    able = (METHODS[name] for name in ("windows", "loops", "reference"))
    return next(method for method in able if method.serves(call) is None)


def _loops_time(call: Call) -> float:
    """Seconds, roughly: each tap on each channel starts a vector loop over its group's filters."""
    batch, out_rows, out_cols, filters = call.output_shape
    starts = batch * out_rows * out_cols * math.prod(call.kernel.shape[:3]) * call.groups
    return starts * (4e-9 + 0.1e-9 * filters / call.groups)


def warmup(progress: Callable[[str, int, int], None] | None = None) -> list[tuple[str, float]]:
    """Loads every kernel, compiling it where that was not done before, so that no call waits.

    Parameters
    ----------
    progress : function, optional
        Called as ``progress(name, done, total)``: before each part, with how many are done, and
        at the end, when all are.

    Returns
    -------
    list of (str, float)
        Each part and the seconds that it took; empty without numba.

    >>> [name for name, seconds in warmup()] in (["numba", "loops"], [])
    True
    """
    parts: list[tuple[str, Callable[[], object]]] = [("numba", machine.numba_missing)]
    parts += [(name, functools.partial(_kernel, name)) for name in KERNELS]
    taken: list[tuple[str, float]] = []
    for done, (name, load) in enumerate(parts):
        if progress:
            progress(name, done, len(parts))
        start = time.perf_counter()
        load()
        taken.append((name, time.perf_counter() - start))
        if machine.numba_missing():
            return []
    if progress:
        progress(parts[-1][0], len(parts), len(parts))
    return taken


def _kernel(name: str) -> ModuleType:
    """A module of `stridelab.ops.kernels`; compiled by the first thread that asks, once."""
    with _lock:
        return importlib.import_module(f"stridelab.ops.kernels.{name}")


def _say_once(text: str) -> None:
    """Tells the reader something that holds for the whole process.

    A log record, not a warning: it reaches a notebook or a terminal through Python's last-resort
    handler, and a program that turns warnings into errors is not stopped by it.
    """
    with _lock:
        if text in _said:
            return
        _said.add(text)
    logging.getLogger("stridelab").warning(text)
