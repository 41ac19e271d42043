"""The compiled kernels.

Importing this package imports numba, so `stridelab.ops.methods` does so only when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_F = TypeVar("_F", bound=Callable[..., Any])


def compiled(*signatures: Any) -> Callable[[_F], _F]:
    """Compiles a function for these signatures at once, and keeps the machine code on disk.

    It runs without Python's lock, and never in parallel by itself. Two things stand against
    keeping the code: no folder to write to, and NUMBA_BOUNDSCHECK, which the cache does not
    notice (checked code would be served later to those who want none, and the other way round).
    """

    def decorate(function: _F) -> _F:
        keep = not numba.config.BOUNDSCHECK  # type: ignore[attr-defined]  # set by numba at import
        try:
            return _jit(function, signatures, cache=keep)
        except RuntimeError as error:  # numba: "cannot cache function ...: no locator available"
            if "cannot cache" not in str(error):
                raise
            return _jit(function, signatures, cache=False)

    return decorate


def _jit(function: _F, signatures: tuple[Any, ...], *, cache: bool) -> _F:
    return cast(_F, numba.njit(list(signatures), nogil=True, cache=cache)(function))
