"""What `predict` says of an answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stridelab import StrideLabError
from stridelab.practice import predict
from stridelab.practice.predictions import judge
from stridelab.practice.questions import QUESTIONS, Asked

BLANK = "Replace None above by your answer, run that cell, then run this one again."


@pytest.mark.parametrize(
    ("answer", "truth", "correct", "text"),
    [
        (None, 4, None, BLANK),
        ("", 4, None, BLANK),
        (4, 4, True, "It is 4: ⌈7/2⌉ = 4."),
        (4.0, 4, True, "It is 4: ⌈7/2⌉ = 4."),
        (np.int64(4), 4, True, "It is 4: ⌈7/2⌉ = 4."),
        (5, 4, False, "You wrote 5. It is 4: ⌈7/2⌉ = 4."),
        (0.44, 4 / 9, True, "It is 0.444: ⌈7/2⌉ = 4."),
        (0.45, 4 / 9, False, "You wrote 0.45. It is 0.444: ⌈7/2⌉ = 4."),
        ([0, 1], (0, 1), True, "It is (0, 1): ⌈7/2⌉ = 4."),
        ((1, 0), (0, 1), False, "You wrote (1, 0). It is (0, 1): ⌈7/2⌉ = 4."),
        (" Same ", "same", True, "It is same: ⌈7/2⌉ = 4."),
        ("four", 4, None, "The answer is a number; you wrote 'four'."),
        (True, 1, None, "The answer is a number; you wrote True."),
        (1, (0, 1), None, "The answer is 2 numbers, such as (10, 20); you wrote 1."),
        (
            (0, 1, 2),
            (0, 1),
            None,
            "The answer is 2 numbers, such as (10, 20); you wrote (0, 1, 2).",
        ),
        (np.array([0, 1]), (0, 1), True, "It is (0, 1): ⌈7/2⌉ = 4."),
        (np.array([1.0, 0.0]), (0, 1), False, "You wrote (1, 0). It is (0, 1): ⌈7/2⌉ = 4."),
    ],
)
def test_an_answer_is_judged(answer: Any, truth: Any, correct: bool | None, text: str) -> None:
    verdict = judge(answer, Asked(truth, "⌈7/2⌉ = 4.", {}))
    assert (verdict.correct, verdict.text, verdict.beliefs) == (correct, text, ())


def test_all_rules_that_give_a_wrong_answer_are_named() -> None:
    beliefs = {"it were floored": 3, "nothing were padded": 3, "the size were kept": 7}
    verdict = judge(3, Asked(4, "⌈7/2⌉ = 4.", beliefs))
    assert verdict.beliefs == ("it were floored", "nothing were padded")
    assert repr(verdict) == (
        "✗ Not quite. 3 is what you get if it were floored, or if nothing were padded. "
        "It is 4: ⌈7/2⌉ = 4."
    )


def test_a_rule_that_gives_the_truth_is_refused() -> None:
    with pytest.raises(StrideLabError) as raised:
        judge(None, Asked(4, "⌈7/2⌉ = 4.", {"a": 3, "b": 4.0}))
    assert str(raised.value) == "beliefs must each differ from the truth; got 'b'"


def test_what_a_learner_types_is_shown_as_text() -> None:
    shown = predict("03-size", "<b>")._repr_html_()
    assert "you wrote &#x27;&lt;b&gt;&#x27;." in shown


def test_an_unknown_question_names_the_nearest() -> None:
    with pytest.raises(StrideLabError) as raised:
        predict("03-sise", 4)
    assert str(raised.value) == (
        "name must name a question of the lessons; got '03-sise'. Did you mean '03-size'?"
    )


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_wrong_rule_is_named_when_it_is_used(name: str) -> None:
    asked = QUESTIONS[name]()
    assert predict(name, asked.truth).correct is True
    for rule, answer in asked.beliefs.items():
        verdict = predict(name, answer)
        assert verdict.correct is False
        assert rule in verdict.beliefs
