"""What comes next, what is kept, and the same in a terminal."""

from __future__ import annotations

import datetime
import itertools
import json

import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.__main__ import main
from stridelab.practice import store
from stridelab.practice.bank import bank, deal
from stridelab.practice.sessions import SEEDS, Session, choose, form, recall
from stridelab.practice.store import Attempt
from stridelab.practice.summary import summed
from stridelab.practice.terminal import Turn, practise

NOW = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)
PADDING = [problem for problem in bank().values() if problem.topic == "padding"]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("STRIDELAB_DATA", str(tmp_path))


def ago(days, id, status, seed=0, hints=0):
    at = NOW - datetime.timedelta(days=days)
    return Attempt(id, seed, status, hints=hints, at=at.isoformat())


def test_new_problems_come_by_difficulty():
    chosen = choose(PADDING, [], NOW)
    assert chosen.dealt.problem.difficulty == min(one.difficulty for one in PADDING)
    assert (chosen.dealt.seed, chosen.why) == (0, "it is new")


def test_what_was_wrong_comes_back_with_other_numbers():
    chosen = choose(PADDING, [ago(0.01, "pad-02", "incorrect", seed=4)], NOW)
    assert (chosen.dealt.problem.id, chosen.dealt.seed) == ("pad-02", 5)
    assert chosen.why == "it is time to meet it again"


def test_what_is_likeliest_forgotten_comes_first():
    tried = [ago(90, "pad-01", "correct"), ago(20, "pad-02", "correct")]
    assert choose(PADDING, tried, NOW).dealt.problem.id == "pad-01"
    fresh = [ago(0.1, "pad-01", "correct")]
    assert choose(PADDING, fresh, NOW).why == "it is new"


def test_hints_are_forgotten_sooner():
    chances = recall([ago(9, "pad-01", "correct"), ago(9, "pad-02", "correct", hints=1)], NOW)
    assert 0 < chances["pad-02"] < chances["pad-01"] < 1


def test_a_session_ends_with_its_minutes_and_repeats_nothing():
    session = Session("padding", minutes=6)
    met = []
    while (chosen := session.next([], NOW)) is not None:
        met.append(chosen.dealt.problem)
    assert len({one.id for one in met}) == len(met) > 1
    assert sum(one.minutes for one in met[:-1]) < 6 <= sum(one.minutes for one in met)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("padding2",), "topic must name a topic; got 'padding2'. Did you mean 'padding'?"),
        (("padding", 0), "minutes must be more than 0; got 0"),
    ],
)
def test_a_session_that_cannot_be(arguments, message):
    with pytest.raises(StrideLabError) as caught:
        Session(*arguments)
    assert str(caught.value) == message


def talk(*lines):
    """A learner who types these lines, and what was said."""
    typed, said = iter(lines), []

    def ask(prompt):
        line = next(typed, None)
        if line is None:
            raise EOFError
        return line

    return ask, said.append, said


def test_a_problem_in_a_terminal():
    dealt = deal("pad-02", 1)
    before = str(dealt.beliefs["odd-cell-before"])
    ask, say, said = talk(before, "H", "h", "h", "h", "", str(dealt.truth))
    assert Turn(dealt, ask, say).play() is True
    assert "the odd cell of padding went before" in said[1]
    assert said[2:5] == [f"Hint {n}: {hint}" for n, hint in enumerate(dealt.hints, start=1)]
    assert said[5] == "There are no more hints; s shows the solution."
    assert said[6].startswith("… Waiting for you")
    assert said[7] == f"✓ Right. {dealt.because}"
    first, second = store.attempts()
    assert (first.status, first.beliefs, first.hints) == ("incorrect", ("odd-cell-before",), 0)
    assert (second.status, second.beliefs, second.hints) == ("correct", (), 3)


def test_code_in_a_terminal_ends_with_a_dot():
    first, *rest = bank()["pad-05"].right_code.strip().split("\n")
    starter = bank()["pad-05"].starter.strip().split("\n")
    ask, say, said = talk(*starter, ".", first, "", *rest, ".")
    assert Turn(deal("pad-05"), ask, say).play() is True
    assert [text[:1] for text in said[1:]] == ["…", "✓"]
    assert len(store.attempts()) == 1


def test_a_solution_that_is_shown_is_an_answer_not_known():
    """It is met again with other numbers; what is typed after it does not count."""
    card = sl.practice.show("pad-01")
    card.solution()
    card.check(card.dealt.truth)
    assert [(one.status, one.answer) for one in store.attempts()] == [("incorrect", "")]
    later = datetime.datetime.now(datetime.UTC)
    chosen = choose(PADDING, store.attempts(), later)
    assert (chosen.dealt.problem.id, chosen.dealt.seed) == ("pad-01", 1)


def test_an_answer_counts_once():
    card = sl.practice.show("pad-01")
    for answer in (3, 3, card.dealt.truth, card.dealt.truth, 3):
        card.check(answer)
    assert [one.status for one in store.attempts()] == ["incorrect", "correct"]


def test_a_card_says_what_it_could_not_keep(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    card = sl.practice.show("pad-01")
    monkeypatch.setenv("STRIDELAB_DATA", str(tmp_path / "file"))
    card._hear(card, {"do": "check", "answer": "3"}, [])
    assert card.said.startswith("? Cannot check this. This was not kept: file must be")


def test_quitting_ends_a_session():
    ask, say, said = talk("n", "s", "q")
    assert practise(Session("padding", 60), ask, say) == 0
    assert "That is all for this session." not in said
    ask, say, said = talk(*itertools.repeat("n", 100))
    assert practise(Session("padding", 3), ask, say) == 0
    assert said[-1] == "That is all for this session."


def test_progress_by_topic():
    tried = [
        Attempt("pad-01", 0, "incorrect", "3", ("no-plus-one",)),
        Attempt("pad-01", 0, "correct", "4"),
        Attempt("pad-02", 0, "incorrect", "(1, 0)", ("odd-cell-before",)),
        Attempt("pad-02", 1, "incorrect", "(1, 0)", ("odd-cell-before",)),
        Attempt("gone-01", 0, "correct"),
    ]
    row = next(row for row in summed(tried).rows if row.topic == "padding")
    assert (row.met, row.solved, row.attempts, row.belief) == (2, 1, 4, "odd-cell-before")
    assert row.problems == len(PADDING)
    assert sum(row.attempts for row in summed(tried).rows) == 4


def test_progress_is_a_picture_with_words():
    store.record(Attempt("pad-01", 0, "correct"))
    shown = sl.progress()
    assert "Padding: 1 of " in shown.alt
    assert shown._repr_html_().startswith('<img alt="Progress by topic. ')
    assert "Padding" in repr(shown)


def test_progress_puts_the_tests_side_by_side():
    before = [Attempt(id, 100_001, "incorrect", "?", part="pre-test") for id in form()]
    after = [Attempt(id, 200_001, "correct", "!", part="post-test") for id in form()]
    again = Attempt(form()[0], 100_001, "correct", "!", part="pre-test")
    said = repr(summed([*before, *after[:9], again]))
    assert "Pre-test: 0% (0 of 12) right. Post-test: 100% (9 of 9) right." in said
    assert "test:" not in repr(summed([]))


def test_the_commands(tmp_path, capsys, monkeypatch):
    store.record(Attempt("pad-01", 0, "correct"))
    file = tmp_path / "mine.json"
    assert main(["progress", "export", str(file), "--name", "Ada"]) == 0
    assert main(["progress", "import", str(file)]) == 0
    assert main(["progress", "where"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"Attempts written to {file}: 1.",
        "Attempts added: 0.",
        str(store.where()),
    ]
    monkeypatch.setattr("builtins.input", lambda _: "q")
    assert main(["practice", "pad-01"]) == 0
    assert main(["practice", "padding", "--minutes", "1"]) == 0
    assert main(["practice", "nothing"]) == 1
    assert main(["practice", "pad-99"]) == 1
    assert main(["practice", "--list"]) == 0
    assert "padding" in capsys.readouterr().out
    assert main(["progress", "reset", "--yes"]) == 0
    assert "They are kept in" in capsys.readouterr().out
    assert store.attempts() == []
    assert main(["progress"]) == 0
    assert "Nothing is answered yet." in capsys.readouterr().out


def test_a_reset_that_is_not_meant(capsys, monkeypatch):
    store.record(Attempt("pad-01", 0, "correct"))
    monkeypatch.setattr("sys.stdin", __import__("io").StringIO("n\n"))
    assert main(["progress", "reset"]) == 130
    assert len(store.attempts()) == 1


def test_a_card_without_a_page():
    card = sl.practice.session("padding", minutes=2)
    first = card.dealt
    assert card.check(None).status == "unattempted"
    assert store.attempts() == []
    assert card.check(first.truth).status == "correct"
    assert card.said.startswith("✓ Right.")
    assert card.hint() == first.hints[0]
    assert card.solution().endswith(first.because)
    assert "because" not in card._face
    for _ in range(5):
        card.next()
    assert "That is all for this session." in card._told


def test_the_two_tests_are_parallel():
    problems = [bank()[id] for id in form()]
    assert len(set(form())) == len(problems) == 12
    assert len({one.topic for one in problems}) == 12
    assert all(one.is_template and one.kind != "code" for one in problems)
    for id in form():
        before, after = (deal(id, SEEDS[part]) for part in ("pre-test", "post-test"))
        assert before.prompt != after.prompt


def test_a_test_asks_once_and_without_hints():
    card = sl.practice.pretest()
    assert json.loads(card._face)["hints"] == 0
    for number in range(12):
        assert card.dealt.problem.id == form()[number]
        card.check(card.dealt.truth if number % 2 else "no idea")
        assert card.hint() == card.solution() == ""
        if number % 2 == 0:  # what cannot be read is no attempt
            assert card.dealt.problem.id == form()[number]
            card.next()
    assert "That is all for this test." in card._told
    assert [one.part for one in store.attempts()] == 6 * ["pre-test"]
    # it goes on where it was left: with what has no answer
    assert sl.practice.pretest().dealt.problem.id == form()[0]
    for id in form():
        store.record(Attempt(id, 0, "correct", part="pre-test"))
    assert repr(sl.practice.pretest()) == (
        "The pre-test is done, all of its problems are answered. sl.progress() shows it; "
        "`stridelab progress reset` begins anew."
    )
    assert sl.practice.posttest().dealt.problem.id == form()[0]


def test_attempts_are_taken_along(tmp_path, monkeypatch):
    store.record(Attempt("pad-01", 0, "correct"))
    here, sent = sl.practice.take_along(), []
    monkeypatch.setattr(here, "send", sent.append)
    here._hear(here, {"do": "export"}, [])
    assert here.said.startswith("Attempts in the file: 1.")
    monkeypatch.setenv("STRIDELAB_DATA", str(tmp_path / "elsewhere"))
    there = sl.practice.take_along()
    there._hear(there, {"do": "import", "text": sent[0]["text"]}, [])
    assert there.said == "Attempts added: 1."
    there._hear(there, {"do": "import", "text": "{"}, [])
    assert "(it is not JSON). Nothing was changed." in there.said
