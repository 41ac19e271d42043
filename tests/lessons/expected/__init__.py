"""What each lesson should accept and refuse, one module a lesson."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

#: Lesson number to its module, which has PREDICTIONS and SPOILED.
EXPECTED = {
    path.stem[-2:]: importlib.import_module(f"tests.lessons.expected.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("lesson_*.py"))
}

#: A lesson is run several times by these tests: one of them in `make test`, the rest are slow.
LESSONS = [
    pytest.param(number, marks=() if number == "02" else pytest.mark.slow) for number in EXPECTED
]
