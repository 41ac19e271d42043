"""The lessons' predictions run clean when blank, and name the rule behind a wrong answer."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from stridelab.explorers.controls import Choice, Image, Kernel, Whole
from stridelab.explorers.stage import Explorer
from stridelab.practice import Verdict, predict
from stridelab.practice.questions import QUESTIONS
from tests.lessons.expected import EXPECTED, LESSONS


def asked_in(notebook: dict[str, Any]) -> dict[str, str]:
    """Each prediction's variable, and the name of the question that judges it."""
    code = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    return {
        variable: name
        for cell in code
        for name, variable in re.findall(r'^predict\("([^"]+)", (my_\w+)\)$', cell, re.MULTILINE)
    }


PREDICTIONS = [(lesson, *row) for lesson, each in EXPECTED.items() for row in each.PREDICTIONS]


@pytest.mark.parametrize(("lesson", "variable", "right", "wrong"), PREDICTIONS)
def test_a_prediction_is_judged(
    notebooks: dict[str, Any], lesson: str, variable: str, right: Any, wrong: dict[Any, str]
) -> None:
    name = asked_in(notebooks[lesson])[variable]
    assert predict(name, None).correct is None
    assert predict(name, right).correct is True
    for answer, rule in wrong.items():
        verdict = predict(name, answer)
        assert verdict.correct is False
        assert rule in verdict.text
        assert bool(verdict.beliefs) == bool(rule)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs_with_its_predictions_filled_and_leaves_its_explorers_as_shown(
    notebooks: dict[str, Any], run_cells: Callable[..., list[Any]], lesson: str
) -> None:
    answers = {name: right for number, name, right, _ in PREDICTIONS if number == lesson}
    notebook = copy.deepcopy(notebooks[lesson])
    for cell in notebook["cells"]:
        if "prediction" in cell["metadata"].get("tags", []):
            text = "".join(cell["source"])
            cell["source"] = [
                re.sub(r"^(my_\w+) = None", lambda m: f"{m[1]} = {answers[m[1]]!r}", text)
            ]
    shown = run_cells(notebook)
    verdicts = [value for value in shown if isinstance(value, Verdict)]
    assert [verdict.correct for verdict in verdicts] == [True] * len(answers)
    explorers = [value for value in shown if isinstance(value, Explorer)]
    assert explorers
    for explorer in explorers:  # Run All shows them as the text beside them says
        now = explorer.text
        explorer.reset()
        assert explorer.text == now


def disturb(explorer: Explorer) -> None:
    """What a learner may do to it: every control somewhere else."""
    for control in explorer.controls.values():
        if isinstance(control, Whole):
            pair = (control.low + 1, control.low + 2)
            setattr(explorer, control.name, pair if control.paired else control.high)
        elif isinstance(control, Choice | Kernel | Image):
            setattr(explorer, control.name, list(control.options)[-1])
    explorer.predict_first = True


def run_and_meet(
    notebook: dict[str, Any], meet: Callable[[Explorer], None], times: int = 1
) -> list[Explorer]:
    """Runs each code cell so many times and meets every explorer after each; those at the end."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        code = compile("".join(cell["source"]), cell["id"], "exec")
        for _ in range(times):
            exec(code, namespace)
            for explorer in [each for each in namespace.values() if isinstance(each, Explorer)]:
                meet(explorer)
    return [each for each in namespace.values() if isinstance(each, Explorer)]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_s_cells_hold_again_whatever_was_done_to_its_explorers(
    notebooks: dict[str, Any], lesson: str
) -> None:
    """The cells' own assertions judge; at the end each explorer is where it was moved to."""
    explorers = run_and_meet(notebooks[lesson], disturb, times=2)
    assert explorers
    for explorer in explorers:
        moved = explorer.text
        disturb(explorer)
        assert explorer.text == moved


def test_a_lesson_runs_with_its_predictions_blank(
    notebooks: dict[str, Any], run_cells: Callable[..., list[Any]]
) -> None:
    verdicts = [value for value in run_cells(notebooks["02"]) if isinstance(value, Verdict)]
    assert [verdict.correct for verdict in verdicts] == [None] * 4


def test_every_prediction_of_the_lessons_is_tried_and_every_question_asked(
    notebooks: dict[str, Any],
) -> None:
    asked = {(number, name) for number in notebooks for name in asked_in(notebooks[number])}
    assert asked == {(lesson, name) for lesson, name, *_ in PREDICTIONS}
    names = [name for notebook in notebooks.values() for name in asked_in(notebook).values()]
    assert sorted(names) == sorted(QUESTIONS)
