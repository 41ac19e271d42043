"""Writes the site's reference pages: the public names of each public module, by its docstrings."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType

#: The modules whose names learners write, each with the title of its page.
MODULES = {
    "stridelab": "sl: convolutions, sizes, errors",
    "stridelab.explorers.explore": "sl.explore: the explorers",
    "stridelab.practice": "sl.practice: problems and answers",
    "stridelab.layers": "sl.layers: layers with Keras' arguments",
    "stridelab.geometry": "stridelab.geometry: the padding math",
    "stridelab.figures": "stridelab.figures: the lessons' figures",
}


def write_reference(source: Path) -> list[str]:
    """Writes a page for each module into ``api``; their names, as a table of contents has them."""
    (source / "api").mkdir()
    described: dict[int, str] = {}
    for module in MODULES:
        (source / "api" / f"{module}.rst").write_text(page(module, described), encoding="utf-8")
    return [f"api/{module}" for module in MODULES]


def page(name: str, described: dict[int, str]) -> str:
    """One module's page.

    Parameters
    ----------
    name : str
        The module's.
    described : dict
        What earlier pages describe, by identity, with the name that it has there; it grows.
    """
    module = importlib.import_module(name)
    title = MODULES[name]
    parts = [title, "=" * len(title), "", f".. py:module:: {name}", "", _opening(module), ""]
    for member in public(module):
        value = getattr(module, member)
        elsewhere = described.setdefault(id(value), f"{name}.{member}")
        if elsewhere != f"{name}.{member}":
            parts += [f"``{member}`` is :py:obj:`{elsewhere}`.", ""]
        else:
            parts += [*_directive(f"{name}.{member}", value), ""]
    return "\n".join(parts)


def public(module: ModuleType) -> list[str]:
    """The names that a module offers, without its modules; where it does not say, its functions."""
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and name[0] != "_"
    ]
    return [name for name in names if not inspect.ismodule(getattr(module, name))]


def _opening(module: ModuleType) -> str:
    """The first paragraph of the module's docstring."""
    return inspect.getdoc(module).split("\n\n")[0]


def _directive(name: str, value: object) -> list[str]:
    if inspect.isclass(value):
        return [f".. autoclass:: {name}", "   :members:"]
    if callable(value):
        return [f".. autofunction:: {name}"]
    return [f".. autodata:: {name}", "   :no-value:"]


def with_ends(lines: list[str]) -> list[str]:
    """A docstring whose sections end where prose or an example begins.

    Ours end a list of parameters or errors by a blank line and go on; the reader of NumPy's style
    would take what follows for further entries.

    >>> with_ends(["Raises", "------", "Error", "    Always.", "", "Source: it.", "", ">>> 1"])[5:]
    ['Notes', '-----', 'Source: it.', '', 'Examples', '--------', '>>> 1']
    """
    found: list[str] = []
    listing = False
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        if re.fullmatch("-{3,}", line):
            listing = True
        elif listing and before == "" and line and not line.startswith(" "):
            is_title = re.fullmatch("-{3,}", after)
            title = "Examples" if line.startswith(">>>") else "Notes"
            if not is_title and not after.startswith("    "):
                found += [title, "-" * len(title)]
                listing = title == "Notes"  # an example may still follow
        found.append(line)
    return found
