"""Public names of a package that are loaded when they are first used."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping

from stridelab.errors import nearest


def attach(
    package: str,
    modules: Iterable[str] = (),
    names: Mapping[str, Iterable[str]] | None = None,
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """A package's ``__getattr__``, ``__dir__`` and ``__all__``.

    Parameters
    ----------
    modules : names
        Those of the package's modules that are public themselves.
    names : dict
        By module, the names in it that are public names of the package.
    """
    homes = {name: f"{package}.{module}" for module, all_ in (names or {}).items() for name in all_}
    modules = set(modules)
    public = sorted({*modules, *homes})

    def load(name: str) -> object:
        if name in homes:
            value: object = getattr(importlib.import_module(homes[name]), name)
            setattr(sys.modules[package], name, value)
            return value
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        remedy = nearest(name, public)
        text = f"module {package!r} has no attribute {name!r}" + (f". {remedy}" if remedy else "")
        raise AttributeError(text, name=name)  # the name, else Python adds a guess of its own

    return load, lambda: list(public), list(public)
