"""What the lessons' tests share: the builder, the built notebooks, and a runner of their cells."""

from __future__ import annotations

import ast
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def builder() -> ModuleType:
    """course/build/lessons.py, which is a script and no package."""
    spec = importlib.util.spec_from_file_location(
        "lessons_builder", ROOT / "course" / "build" / "lessons.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def notebooks() -> dict[str, dict[str, Any]]:
    """Every built notebook by its number."""
    paths = sorted((ROOT / "lessons").glob("*.ipynb"))
    return {path.name[:2]: json.loads(path.read_text(encoding="utf-8")) for path in paths}


@pytest.fixture(scope="session")
def run_cells() -> Callable[[dict[str, Any]], list[Any]]:
    """Runs a notebook's code cells in one namespace; what their last lines show."""

    def run(notebook: dict[str, Any]) -> list[Any]:
        namespace: dict[str, Any] = {"__name__": "__main__"}
        shown = []
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                tree = ast.parse("".join(cell["source"]))
                last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
                exec(compile(tree, cell["id"], "exec"), namespace)
                if last is not None:
                    value = compile(ast.Expression(last.value), cell["id"], "eval")
                    shown.append(eval(value, namespace))
        return shown

    return run
