"""What the lessons ask before they show, one module a lesson.

The answers stand here and not in the lessons, so that none can be read next to its question. Each
truth is computed by `geometry` or `ops`.
"""

from stridelab.practice.questions import (
    lesson_00,
    lesson_01,
    lesson_02,
    lesson_03,
    lesson_04,
    lesson_05,
    lesson_06,
    lesson_07,
    lesson_08,
    lesson_09,
    lesson_10,
    lesson_11,
    lesson_12,
    lesson_13,
)
from stridelab.practice.questions.asked import QUESTIONS, Asked

__all__ = [
    "QUESTIONS",
    "Asked",
    "lesson_00",
    "lesson_01",
    "lesson_02",
    "lesson_03",
    "lesson_04",
    "lesson_05",
    "lesson_06",
    "lesson_07",
    "lesson_08",
    "lesson_09",
    "lesson_10",
    "lesson_11",
    "lesson_12",
    "lesson_13",
]
