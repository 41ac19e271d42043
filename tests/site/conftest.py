"""What the site's tests share: the builders, which are scripts and no package."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def builder() -> Iterator[Callable[[str], ModuleType]]:
    """A module of course/build by its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "course" / "build"))
        yield importlib.import_module
