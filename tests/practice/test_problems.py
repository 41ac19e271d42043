"""Every problem: its answer is right, its misconceptions are named, its hints keep quiet."""

from __future__ import annotations

import re
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

import stridelab as sl
from stridelab.practice import answers, checking
from stridelab.practice.bank import KINDS, Problem, bank, beliefs, deal, deal_of, topics
from stridelab.practice.checking import check, check_dealt

BANK = bank()
CODE = [id for id, problem in BANK.items() if problem.kind == "code"]
READ = [id for id in BANK if id not in CODE]


def swept(id: str, seeds: range) -> None:
    """All that must hold for a problem that is read, for some of its variants."""
    problem = BANK[id]
    for seed in seeds if problem.is_template else seeds[:1]:
        dealt = deal_of(problem, seed)
        assert deal_of(problem, seed) == dealt
        spelled = answers.spelled(problem.kind, dealt.truth)
        for answer in (dealt.truth, spelled):
            assert check_dealt(dealt, answer).status == "correct", (seed, answer)
        for blank in (None, ..., "", " "):
            assert check_dealt(dealt, blank).status == "unattempted"
        for name, theirs in dealt.beliefs.items():
            outcome = check_dealt(dealt, theirs)
            assert outcome.status == "incorrect", (seed, name, theirs)
            assert name in outcome.beliefs
            assert beliefs()[name].claim in outcome.text
        assert dealt.solution[-1] == dealt.because
        assert spelled in dealt.because, (seed, spelled)
        if problem.kind not in ("choice", "order"):
            for hint in dealt.hints[:-1]:
                assert not states(hint, spelled), (seed, hint)


def states(hint: str, answer: str) -> bool:
    """Whether a hint has the answer as a number or a group of its own."""
    return re.search(rf"(?<![\w.(,]){re.escape(answer)}(?![\w.,]*\d)", hint) is not None


@pytest.mark.parametrize("id", READ)
def test_a_problem_in_three_variants(id):
    swept(id, range(3))


@pytest.mark.slow
@pytest.mark.parametrize("id", READ)
def test_a_problem_in_fifty_variants(id):
    swept(id, range(3, 53))


@pytest.mark.parametrize("id", CODE[::4])
def test_right_code(id):
    coded(id, wrong=False)


@pytest.mark.slow
@pytest.mark.parametrize("id", CODE)
def test_right_and_wrong_code(id):
    coded(id, wrong=True)


def coded(id: str, *, wrong: bool) -> None:
    problem = BANK[id]
    dealt = deal(id)
    right = check_dealt(dealt, problem.right_code)
    assert right.status == "correct", right.text
    assert check_dealt(dealt, problem.starter).status == "unattempted"
    assert check_dealt(dealt, None).status == "unattempted"
    # the function to mend is not yet an answer
    others = [one for one in problem.wrong_code if one.code.strip() != problem.starter.strip()]
    for one in others if wrong else ():
        outcome = check_dealt(dealt, one.code)
        assert outcome.status == "incorrect"
        assert one.belief in outcome.beliefs, (one.belief, outcome.text)


@pytest.mark.parametrize("id", BANK)
def test_a_problem_is_whole(id):
    problem = BANK[id]
    assert re.fullmatch(r"[a-z]+-\d\d", id)
    assert problem.kind in KINDS
    assert re.fullmatch(r"(0\d|1[0-3])", problem.lesson)
    assert 1 <= problem.difficulty <= 5
    assert 1 <= problem.minutes <= 15
    assert len(problem.hints) >= 2
    assert problem.held, "it reveals nothing"
    assert set(problem.held) <= set(beliefs())
    assert len(problem.held) == len(
        [*problem.beliefs, *problem.wrong, *(one for one in problem.options if one.belief)]
    )
    if problem.kind == "code":
        assert problem.function
        assert problem.starter.strip().startswith(("def ", "import "))
        assert len(problem.wrong_code) >= 1
        assert 5 <= len(deal(id).cases) <= 400


def test_prompts_differ_by_more_than_their_numbers():
    seen: dict[str, str] = {}
    for id, problem in BANK.items():
        text = re.sub(r"\W+", " ", re.sub(r"\{[^}]*\}|\d+", "", problem.prompt)).strip().lower()
        assert text not in seen, (id, seen[text])
        seen[text] = id


def test_there_are_enough_of_each():
    kinds = Counter(problem.kind for problem in BANK.values())
    assert len(BANK) >= 150
    assert sum(problem.is_template for problem in BANK.values()) >= 80
    assert kinds["code"] >= 25 <= kinds["array"]
    assert set(kinds) == set(KINDS)
    assert min(Counter(problem.topic for problem in BANK.values()).values()) >= 8
    assert len(topics()) == 14


def test_every_topic_has_a_title_and_problems():
    for topic, title in topics().items():
        own = [problem for problem in BANK.values() if problem.topic == topic]
        assert title
        assert len({problem.id.partition("-")[0] for problem in own}) == 1


@pytest.mark.parametrize("id", beliefs())
def test_the_smallest_counter_example_is_one(id):
    belief = beliefs()[id]
    text = belief.counter_example()
    theirs, truth = re.search(r"gives (.*), the truth is (.*)\.$", text).groups()
    assert theirs != truth
    assert not belief.claim.endswith(".")
    assert belief.fact.endswith(".")
    # nothing smaller is kept from the search: sizes begin at 1, counts and cells at 0 or below
    assert belief.over
    for choices in belief.over.values():
        if isinstance(choices, str):
            assert int(re.search(r"(-?\d+)\.\.", choices)[1]) <= 1


@pytest.mark.parametrize("id", BANK)
def test_each_misconception_ends_in_an_explorer(id):
    for name in BANK[id].held:
        assert beliefs()[name].show or BANK[id].show, name


@pytest.mark.slow
@pytest.mark.parametrize("id", BANK)
def test_what_it_shows_can_be_shown(id):
    if BANK[id].show:
        shown = eval(deal(id).show, {"sl": sl, "np": np})
        assert not shown.scene.error


@pytest.mark.slow
@pytest.mark.parametrize("id", beliefs())
def test_what_a_belief_shows_can_be_shown(id):
    if beliefs()[id].show:
        assert not eval(beliefs()[id].shown(), {"sl": sl, "np": np}).scene.error


def test_a_diagnosis_says_all():
    found = check("pad-02", deal("pad-02", 1).beliefs["odd-cell-before"], seed=1)
    size, kernel, stride = re.search(
        r"row of (\d+) cells, a kernel of (\d+), stride (\d+)", deal("pad-02", 1).prompt
    ).groups()
    before, after = sl.conv_geometry(
        (int(size), 1), (int(kernel), 1), strides=(int(stride), 1), padding="same"
    ).pads[0]
    assert repr(found).startswith(
        f"✗ Not quite. ({after}, {before}) is what you get if the odd cell of padding went before."
    )
    assert f"goes before and the rest after: ({before}, {after})." in found.text
    assert found.text.endswith(
        "The smallest case: 2 cells, a kernel of 2, stride 1, 'same': the cells before and after."
        " That rule gives (1, 0), the truth is (0, 1)."
        " See it: sl.explore.window(size=2, kernel_size=2, strides=1, padding='same')"
    )


def test_a_card_leaves_the_answer_to_be_found():
    dealt = deal("pad-02", 1)
    found = check_dealt(dealt, dealt.beliefs["odd-cell-before"])
    assert found.beliefs == ("odd-cell-before",)
    assert answers.spelled("pads", dealt.truth) not in found.text


def test_two_beliefs_that_agree_are_told_apart():
    """On 4 cells both rules give 2 + 2; another variant shows who holds which."""
    one = Problem(
        id="x-01", topic="x", kind="value", lesson="01", difficulty=1, minutes=1,
        prompt="{n} cells", because="{answer}", hints=("a", "b"), answer="n + 1",
        draw={"n": [2, 3]}, wrong={"no-plus-one": "n + n", "stride-ignored": "n * n"},
    )  # fmt: skip
    seed = next(seed for seed in range(20) if deal_of(one, seed).prompt == "2 cells")
    outcome = check_dealt(deal_of(one, seed), 4)
    assert outcome.beliefs == ("no-plus-one", "stride-ignored")
    claims = [beliefs()[name].claim for name in outcome.beliefs]
    assert f"4 is what you get if {claims[0]}, or if {claims[1]}." in outcome.text
    assert f"you would answer 6 if {claims[0]}; 9 if {claims[1]}." in outcome.text


@pytest.mark.parametrize(
    ("id", "answer", "status", "text"),
    [
        ("cost-08", lambda d: f"{d.truth}%", "correct", ""),
        ("win-05", lambda d: (None, *d.truth), "correct", ""),
        ("win-05", lambda d: (None, *d.truth[:-1], 0), "incorrect", ""),
        ("pad-17", lambda d: sum(d.truth, ()), "cannot check", "Write both axes: "),
        ("pad-15", lambda d: "Quit", "cannot check", "It asks for "),
        ("pad-05", lambda d: d.problem.starter, "unattempted", "Write the function's body."),
        ("pad-05", lambda d: "def same_pads(n, k, s):\n    return ceil(n)", "incorrect", ""),
    ],
)
def test_forms_that_are_taken_as_they_are_meant(id, answer, status, text):
    dealt = deal(id, 1)
    outcome = check_dealt(dealt, answer(dealt))
    assert outcome.status == status, outcome.text
    assert outcome.text.startswith(text)
    if "ceil" in str(answer(dealt)):
        assert outcome.text.endswith("put its imports and its helpers inside it.")


MUTANTS = {
    "all are equal": lambda kind, answer, truth, tolerance=0.0: True,
    "none are equal": lambda kind, answer, truth, tolerance=0.0: False,
    "the other way round": lambda *given: not answers.same(*given),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_checker_that_compares_otherwise_is_noticed(mutant, monkeypatch):
    compare = MUTANTS[mutant]
    monkeypatch.setattr(checking, "answers", SimpleNamespace(**{**vars(answers), "same": compare}))
    with pytest.raises(AssertionError):
        swept("pad-02", range(3))
