"""Compiling for the kernels: numba's functions and their cache, threads, vectors and their tiles.

Importing this package imports numba, so `stridelab.ops.methods` does so only when it is needed.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from types import FunctionType
from typing import Any, cast

import numba
import numpy as np
from numba import types

_lock = RLock()

_njit: Any = numba.njit  # its types lack some options

#: Modules of `stridelab.ops` whose numbers are compiled in.
BESIDE = ("memory", "runs", "winograd")

#: All that were made so far.
EVERY: list[Compiled] = []

#: Compiled into the kernels that call it.
helper = cast(
    Callable[[Any], Any],
    _njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True),
)


class Compiled:
    """A function that is compiled, or loaded from disk, for a dtype when that is first asked for.

    `module` is the name of the one that it stands in.

    Parameters
    ----------
    function : function
        What numba compiles. It runs without Python's lock.
    signature : function
        Of numba's type of the numbers: the types of all arguments.
    parallel : bool
        Whether its `prange` loops take several threads.
    """

    def __init__(
        self, function: Callable[..., Any], signature: Callable[[Any], Any], *, parallel: bool
    ) -> None:
        EVERY.append(self)
        self.module, self._signature = function.__module__, signature
        self._function, self._parallel = function, parallel
        # one for each dtype: none is open to other types while another thread calls it
        self._dispatchers: dict[str, Any] = {}

    def cache(self) -> tuple[str | None, int]:
        """The folder where its machine code is kept, if it is, and how often it was compiled."""
        made = list(self._dispatchers.values()) or [self._open()]
        stats = [one.stats for one in made if hasattr(one, "stats")]  # not with NUMBA_DISABLE_JIT
        path = stats[0].cache_path if stats else None
        return path, sum(sum(one.cache_misses.values()) for one in stats)

    def ready(self, dtype: np.dtype[Any]) -> Callable[..., Any]:
        """The function for arrays of that dtype."""
        with _lock:
            if dtype.name not in self._dispatchers:
                dispatcher = self._open()
                if hasattr(dispatcher, "compile"):
                    dispatcher.compile(self._signature(getattr(types, dtype.name)))
                    dispatcher.disable_compile()  # other types are a slip
                self._dispatchers[dtype.name] = dispatcher
        return cast(Callable[..., Any], self._dispatchers[dtype.name])

    def _open(self) -> Any:
        dispatcher = _njit(nogil=True, parallel=self._parallel)(self._function)
        # The cache does not notice NUMBA_BOUNDSCHECK: checked code would be served later to those
        # who want none, and the other way round.
        if hasattr(dispatcher, "compile") and not numba.config.BOUNDSCHECK:  # type: ignore[attr-defined]
            _keep(dispatcher)
        return dispatcher


def compiled(signature: Callable[[Any], Any]) -> Callable[[Callable[..., Any]], Compiled]:
    """Makes a function `Compiled`, for one thread."""
    return functools.partial(Compiled, signature=signature, parallel=False)


def shared(
    signature: Callable[[Any], Any],
) -> Callable[[Callable[..., Any]], tuple[Compiled, Compiled]]:
    """Makes a function with a `prange` loop `Compiled` twice: for one thread, and for several."""

    def twice(function: Callable[..., Any]) -> tuple[Compiled, Compiled]:
        # numba's cache knows functions by their names
        other = FunctionType(function.__code__, function.__globals__, f"{function.__name__}_many")
        other.__qualname__, other.__module__ = other.__name__, function.__module__
        one = Compiled(function, signature, parallel=False)
        return one, Compiled(other, signature, parallel=True)

    return twice


def _keep(dispatcher: Any) -> None:
    """Lets numba's cache serve the code as long as none of the files that `_stamp` reads changes.

    By itself numba looks at the function's own file, not at those that it takes helpers from.
    """
    try:
        dispatcher.enable_caching()
    except RuntimeError as error:  # "cannot cache function ...: no locator available"
        if "cannot cache" not in str(error):
            raise
        return
    folder = Path(dispatcher.py_func.__code__.co_filename).parent
    dispatcher._cache._cache_file._source_stamp = _stamp(folder)


@functools.cache
def _stamp(folder: Path) -> str:
    """Changes with any source file of that folder and of this one, and with a line's length."""
    own = Path(__file__).parent
    beside = [own.parent / f"{name}.py" for name in BESIDE]
    sources = [*sorted(folder.glob("*.py")), *sorted(own.glob("*.py")), *beside]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
