"""Facts about this machine: free memory, the processor and its speed, whether numba can be used."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import math
import os
import platform
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import platformdirs

#: The best that was met of each limit: a busy moment makes a machine look slower than it is.
_best: dict[str, float] = {}

#: Seconds that threads are watched for before they count as asleep, which the system notes every 4
#: or 10 ms (Windows: 16), seconds that they are waited for at most, and seconds of calls that are
#: not timed.
WINDOW, PATIENCE, WARMING = 0.02 if sys.platform == "win32" else 0.01, 0.25, 0.01

_CGROUP = Path("/sys/fs/cgroup")
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_lock = threading.RLock()


def memory_available() -> int:
    """The bytes that can still be taken, by the system's count and by the container's limit.

    >>> memory_available() > 0
    True
    """
    import psutil  # type: ignore[import-untyped]  # it ships no types

    free: int = psutil.virtual_memory().available
    return min(free, _container_room(_CGROUP, free))


def _container_room(folder: Path, otherwise: int) -> int:
    """What a container's limit leaves; files that the kernel only caches can be dropped."""
    for limit, used, cached in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            room = int((folder / limit).read_text()) - int((folder / used).read_text())
            statistics = (folder / limit).with_name("memory.stat").read_text().split()
            pairs = dict(zip(statistics[::2], statistics[1::2], strict=True))
            return max(room + int(pairs.get(cached, 0)), 0)
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
    return otherwise


def own_cache() -> int:
    """Bytes of a core's second-level cache, as Linux says; a guess where nobody does.

    >>> 2**18 <= own_cache() <= 2**21
    True
    """
    for cache in _CACHES.glob("index*"):
        with contextlib.suppress(OSError, ValueError):
            if (cache / "level").read_text().strip() == "2":
                size = 2**10 * int((cache / "size").read_text().strip().removesuffix("K"))
                return min(max(size, 2**18), 2**21)
    return 2**20


@functools.cache
def numba_missing() -> str | None:
    """Why numba cannot be used, with what mends it; None where it can.

    The answer holds for the life of the process.
    """
    if os.environ.get("STRIDELAB_NUMBA") == "0":
        return "STRIDELAB_NUMBA=0 switches numba off; unset it and start Python again to have it"
    with _lock:  # two threads that import numba at the same time have met half of it
        try:
            importlib.import_module("numba")
        except ModuleNotFoundError:
            return "numba is not installed; `stridelab doctor` names the command that brings it"
        except ImportError as error:
            return f"numba cannot be imported: {error}"
    return None


def vectors_missing() -> str | None:
    """Why kernels that are written in vector instructions cannot be used; None where they can."""
    missing = numba_missing()
    if missing is None:
        import numba

        if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]  # set by numba at import
            return "NUMBA_DISABLE_JIT=1 runs compiled functions as Python, which has no vectors"
    return missing


def processor() -> tuple[str, tuple[str, ...]]:
    """The processor's name, and those of its vector instructions that matter to a convolution.

    >>> name, features = processor()
    """
    if numba_missing():
        return platform.processor() or platform.machine(), ()
    from llvmlite import binding

    has = binding.get_host_cpu_features()
    known = ("sse4.2", "avx", "avx2", "fma", "avx512f", "neon", "sve")
    return binding.get_host_cpu_name(), tuple(name for name in known if has.get(name))


def threading_layers() -> tuple[str, ...]:
    """The numba threading layers that load here, the one that numba takes first in front.

    ``workqueue`` ends the process when two threads enter it at once; the others are safe.

    >>> "workqueue" in threading_layers() or numba_missing() is not None
    True
    """
    if numba_missing():
        return ()
    layers = []
    for name, module in (("tbb", "tbbpool"), ("omp", "omppool"), ("workqueue", "workqueue")):
        try:
            importlib.import_module(f"numba.np.ufunc.{module}")
        except ImportError:
            continue
        layers.append(name)
    return tuple(layers)


def rest() -> None:
    """Waits until the threads of whatever ran before sleep: some spin for 30 ms and more.

    Meanwhile they hold the cores that the next one's threads are waited for on. A process that
    never sleeps is waited for no longer than `PATIENCE`.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        before = time.process_time()
        time.sleep(WINDOW)
        if time.process_time() - before < WINDOW / 10:
            return


def settle(call: Callable[[], object]) -> None:
    """Rests, then calls it for `WARMING` seconds, so that what is timed after it is its own time.

    A thread that slept may wake on the core of the one that waits for it, until the system's next
    tick or two; caches are still full of what ran before.
    """
    rest()
    end = time.monotonic() + WARMING
    call()
    while time.monotonic() < end:
        call()


def seconds(call: Callable[[], object]) -> float:
    """The seconds that one call takes.

    >>> seconds(lambda: None) < 1
    True
    """
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def peak_flops() -> float:
    """Flops a second of a float32 matrix product whose operands fit in the caches.

    ``2·n³ / t`` with n = 768, the best of 25 runs and of all calls in this process. BLAS takes as
    many threads as it is set to.

    >>> peak_flops() > 1e6
    True
    """
    import numpy as np

    n = 768
    left = np.ones((n, n), np.float32)
    out = np.empty_like(left)
    best = min(seconds(lambda: np.matmul(left, left, out=out)) for _ in range(25))
    return _best_so_far("peak", 2 * n**3 / best)


def fma_peak(threads: int = 1) -> float:
    """Flops a second of float32 multiply-adds in registers; numba is set to so many threads.

    A multiply-add counts as two. The best of some short runs, and of all calls in this process; 0
    without numba, and where it does not compile.

    >>> fma_peak() > 1e6 or vectors_missing() is not None
    True
    """
    if vectors_missing():
        return 0.0
    from stridelab.ops.jit import peak

    # one thread is best measured between two interruptions; several need time to wake
    work, flops = peak.prepare(200_000 if threads == 1 else 2_000_000, threads)
    work()
    best = min(seconds(work) for _ in range(25))
    return _best_so_far(f"multiply-adds of {threads}", flops / best)


@dataclass(frozen=True)
class Limits:
    """What a choice among methods has to know of a machine.

    Parameters
    ----------
    fma : float
        Flops a second of one thread's multiply-adds in float32.
    bandwidth : float
        Bytes a second of a copy that no cache holds, read and written bytes counted.
    threads : int
        The most threads that a kernel takes.
    lanes : int
        float32 numbers in a vector register.
    fft : float
        The time of NumPy's Fourier transforms, over that of the machine whose nanoseconds
        `stridelab.ops.fft` counts.
    """

    fma: float
    bandwidth: float
    threads: int
    lanes: int
    fft: float = 1.3


def threads() -> int:
    """How many threads kernels take now: what numba is set to, which is all until it is asked.

    >>> threads() >= 1
    True
    """
    if numba_missing():
        return os.cpu_count() or 1
    import numba
    from numba.np.ufunc import parallel

    # asking numba starts its threads, which takes a while
    if not parallel._is_initialized:
        return int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    return numba.get_num_threads()


#: Seconds of a Fourier transform of 128 by 128 numbers there and back, where `stridelab.ops.fft`
#: counts nanoseconds rightly.
FFT_TIME = 112e-6

#: A middling machine: where nothing could be measured.
MIDDLING = Limits(fma=100e9, bandwidth=15e9, threads=1, lanes=8)


def limits() -> Limits:
    """This machine's limits: measured once, in some 80 ms, and kept for the next process.

    >>> limits().threads >= 1
    True
    """
    with _lock:  # two that measure at once would find half of it
        return _limits()


@functools.cache
def _limits() -> Limits:
    if vectors_missing():
        return replace(MIDDLING, threads=os.cpu_count() or 1)
    from stridelab.ops.jit import threads, vectors

    name, _ = processor()
    size = {"threads": threads.at_most(), "lanes": vectors.VECTOR_BYTES // 4}
    known = {"processor": name, **size}
    file = platformdirs.user_cache_path("stridelab") / "machine.json"
    try:
        kept = json.loads(file.read_text())
        rates = {key: float(kept[key]) for key in ("fma", "bandwidth", "fft")}
        is_ours = all(kept[key] == value for key, value in known.items())
        if is_ours and all(0 < rate < math.inf for rate in rates.values()):
            return Limits(**rates, **size)  # type: ignore[arg-type]
    except (OSError, ValueError, KeyError, TypeError):
        pass
    rates = {"fma": fma_peak(), "bandwidth": copy_bandwidth(1 << 25), "fft": fft_time()}
    with contextlib.suppress(OSError):  # a folder that cannot be written to: measured anew
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**known, **rates})
        part = file.with_name(f"machine.{os.getpid()}.json")
        part.write_text(text)
        part.replace(file)
    return Limits(**rates, **size)  # type: ignore[arg-type]


def fft_time() -> float:
    """The time of NumPy's Fourier transforms here, over `FFT_TIME`.

    >>> 0 < fft_time() < 100
    True
    """
    import numpy as np

    from stridelab.ops import fft

    x: Any = np.ones((128, 128), np.float32)
    spectrum: Any = np.empty((128, 65), np.complex64)

    def there_and_back() -> None:
        fft.transform(x, spectrum)
        np.fft.ifft(spectrum, axis=-2, norm="ortho", out=spectrum)
        np.fft.irfft(spectrum, 128, norm="ortho", out=x)

    return min(seconds(there_and_back) for _ in range(20)) / FFT_TIME


def copy_bandwidth(moved: int) -> float:
    """Bytes a second of a copy, read and written bytes counted, by one thread or by all.

    What fits in the caches is moved faster than what does not, so the size decides; and either one
    thread or several may be the faster.

    Parameters
    ----------
    moved : int
        Bytes that a copy reads and writes in all; at least 16.

    >>> copy_bandwidth(1 << 18) > 1e6
    True
    """
    import numpy as np

    source = np.ones(moved // 2, np.uint8)
    target = np.empty_like(source)
    workers = min(os.cpu_count() or 1, 8)  # more add nothing but waiting
    parts = list(zip(np.array_split(target, workers), np.array_split(source, workers), strict=True))
    repeats = max(5, min(200, (1 << 26) // moved))
    with ThreadPoolExecutor(workers) as pool:
        alone = min(seconds(lambda: np.copyto(target, source)) for _ in range(repeats))
        together = min(
            seconds(lambda: list(pool.map(lambda pair: np.copyto(*pair), parts)))
            for _ in range(repeats)
        )
    return _best_so_far(f"copy of {moved}", moved / min(alone, together))


def _best_so_far(name: str, rate: float) -> float:
    _best[name] = max(rate, _best.get(name, 0.0))
    return _best[name]
