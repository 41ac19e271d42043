"""Compiling for the kernels: numba's functions and their cache, threads, vectors.

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
from llvmlite import ir
from numba import types
from numba.core.errors import RequireLiteralValue
from numba.extending import intrinsic

from stridelab.ops.call import Cells

_lock = RLock()

_njit: Any = numba.njit  # its types lack some options

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
    beside = [own.parent / "memory.py", own.parent / "winograd.py"]
    sources = [*sorted(folder.glob("*.py")), *sorted(own.glob("*.py")), *beside]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def of_images(*lists: int) -> Callable[[Any], Any]:
    """The signature of a method's kernel, by numba's type of the numbers.

    It gets `frozen` sizes, images, weights, bias, lists of places with so many axes each, the floor
    and the results.
    """

    def of(scalar: Any) -> Any:
        arrays = [types.Array(scalar, ndim, "C", readonly=True) for ndim in (4, 1, 1)]
        sizes, *places = (types.Array(types.intp, n, "C", readonly=True) for n in (1, *lists))
        return types.void(sizes, *arrays, *places, scalar, types.Array(scalar, 4, "C"))

    return of


def _fields(typing: Any, array: Any, size: Any) -> Any:
    """An array's numbers as a tuple, in compiled code; `size`, how many, is known by then.

    numba's own `to_fixed_tuple` takes 50 ns for each number beyond some twenty.
    """
    if not isinstance(size, types.IntegerLiteral):
        raise RequireLiteralValue("the size of a tuple is a literal")

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        first = context.make_array(signature.args[0])(context, builder, values[0]).data
        places = [builder.gep(first, [ir.IntType(64)(n)]) for n in range(len(kind))]
        return context.make_tuple(builder, kind, [builder.load(place) for place in places])

    tuple_of: Any = types.UniTuple
    kind = tuple_of(array.dtype, size.literal_value)
    return kind(array, size), generate


fields: Any = intrinsic(_fields)


def frozen(numbers: Any) -> Cells:
    """Whole numbers as a read-only array, as kernels take them: quicker to hand over than a tuple.

    >>> frozen((3, 4)).tolist(), frozen([1]).flags.writeable
    ([3, 4], False)
    """
    array = np.array(numbers, np.intp, order="C")
    array.flags.writeable = False
    return array
