"""What to practise next: problems that are due by spaced repetition, then new ones.

A problem is a card. Its state is computed from the attempts each time (FSRS, Ye et al., KDD 2022,
by the fsrs package), so there is nothing to keep beside them. Right without a hint counts as good,
right with hints as hard, wrong as again. A problem that comes back is dealt with other numbers.
"""

from __future__ import annotations

import datetime
import functools
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, ClassVar

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.practice.bank import Dealt, Problem, bank, deal, deal_of, topics
from stridelab.practice.checking import Outcome
from stridelab.practice.store import Attempt, record

if TYPE_CHECKING:
    from fsrs import Card

#: Chances below which a card is due: as likely forgotten as to be worth a look.
DUE_BELOW = 0.9


@dataclass(frozen=True)
class Chosen:
    """The next problem, its variant, and why it was chosen."""

    dealt: Dealt
    why: str


@dataclass
class Session:
    """Problems one after the other, for some minutes.

    Parameters
    ----------
    topic : str
        One of `stridelab.practice.bank.topics`; all, where it is empty.
    minutes : float
        What the problems of the session take together, by their own estimates.
    without : tuple of str
        Kinds that are left out.
    """

    part: ClassVar[str] = "practice"

    topic: str = ""
    minutes: float = 15.0
    without: tuple[str, ...] = ()
    spent: float = field(default=0.0, init=False)
    met: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.topic, str) or (self.topic and self.topic not in topics()):
            near = nearest(self.topic, topics()) if isinstance(self.topic, str) else ""
            remedy = near or f"Take one of {', '.join(topics())}."
            raise StrideLabError("topic", "name a topic", shown(self.topic), remedy=remedy)
        if not isinstance(self.minutes, (int, float)) or not self.minutes > 0:
            raise StrideLabError("minutes", "be more than 0", shown(self.minutes))

    def next(
        self, attempts: Sequence[Attempt], now: datetime.datetime | None = None
    ) -> Chosen | None:
        """The next problem, given all attempts so far; None where the time is used up."""
        if self.spent >= self.minutes:
            return None
        found = choose(self._open(), attempts, now or datetime.datetime.now(datetime.UTC))
        if found is not None:
            self.met.add(found.dealt.problem.id)
            self.spent += found.dealt.problem.minutes
        return found

    def _open(self) -> list[Problem]:
        return [
            one
            for one in bank().values()
            if self.topic in ("", one.topic)
            and one.kind not in self.without
            and one.id not in self.met
        ]


@functools.cache
def form() -> tuple[str, ...]:
    """The problems of the tests before and after the course: the same, with other numbers."""
    text = files("stridelab.practice").joinpath("form.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["problems"])


#: The seeds of the two tests: far from those that practice deals.
SEEDS = {"pre-test": 100_001, "post-test": 200_001}


@dataclass
class Form:
    """A test: its problems in order, once each, without hints.

    Parameters
    ----------
    part : str
        ``pre-test`` or ``post-test``.
    """

    part: str
    at: int = field(default=0, init=False)

    def next(
        self, attempts: Sequence[Attempt], now: datetime.datetime | None = None
    ) -> Chosen | None:
        """The next problem that this test has no answer to yet; None behind the last."""
        answered = {one.problem for one in attempts if one.part == self.part}
        while self.at < len(form()) and form()[self.at] in answered:
            self.at += 1
        if self.at == len(form()):
            return None
        self.at += 1
        dealt = deal(form()[self.at - 1], SEEDS[self.part])
        return Chosen(dealt, f"{self.part}, {self.at} of {len(form())}")


#: What stands where nothing was answered.
DASH = "–"


@dataclass(frozen=True)
class Share:
    """So many right of so many."""

    right: int = 0
    of: int = 0

    @property
    def value(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.right / self.of if self.of else None

    def __str__(self) -> str:
        return DASH if self.value is None else f"{self.value:.0%} ({self.right} of {self.of})"


def share(statuses: Iterable[str]) -> Share:
    """How many of these outcomes are right.

    >>> print(share(["correct", "incorrect"]))
    50% (1 of 2)
    """
    found = list(statuses)
    return Share(found.count("correct"), len(found))


def share_of_test(tried: Iterable[Attempt], part: str) -> Share:
    """A test's share: what is answered again, and the test taken again, do not count."""
    own = [one for one in tried if one.part == part]
    return share({(one.problem, one.seed): one.status for one in reversed(own)}.values())


def choose(
    problems: Sequence[Problem], attempts: Sequence[Attempt], now: datetime.datetime
) -> Chosen | None:
    """The problem that is likeliest forgotten; where none is due, the easiest new one.

    Where all were met and none is due, the one that will be due first.
    """
    own = {one.id: one for one in problems}
    tried = [attempt for attempt in attempts if attempt.problem in own]
    chances = recall(tried, now)
    due = {id: chance for id, chance in chances.items() if chance < DUE_BELOW}
    new = [one for one in problems if one.id not in chances]
    if due:
        id, why = min(due, key=lambda id: due[id]), "it is time to meet it again"
    elif new:
        id, why = min(new, key=lambda one: one.difficulty).id, "it is new"
    elif chances:
        id, why = min(chances, key=lambda id: chances[id]), "nothing is due; it comes soonest"
    else:
        return None
    seed = 1 + max((one.seed for one in tried if one.problem == id), default=-1)
    return Chosen(deal_of(own[id], seed), why)


def recall(attempts: Sequence[Attempt], now: datetime.datetime) -> Mapping[str, float]:
    """For each problem that was tried the chance that its holder still knows it.

    >>> long_ago = Attempt("pad-01", 0, "correct", at="2020-01-01T00:00:00+00:00")
    >>> recall([long_ago], datetime.datetime.now(datetime.UTC))["pad-01"] < 0.5
    True
    """
    from fsrs import Rating, Scheduler

    scheduler = Scheduler(enable_fuzzing=False, learning_steps=(), relearning_steps=())
    cards: dict[str, Card] = {}
    for attempt in sorted(attempts, key=lambda one: one.at):
        card = cards.get(attempt.problem) or _new_card()
        rating = Rating.Again
        if attempt.status == "correct":
            rating = Rating.Hard if attempt.hints else Rating.Good
        at = datetime.datetime.fromisoformat(attempt.at)
        cards[attempt.problem], _ = scheduler.review_card(card, rating, at)
    wrong_last = {one.problem: one.status == "incorrect" for one in attempts}
    return {
        id: 0.0 if wrong_last[id] else scheduler.get_card_retrievability(card, now)
        for id, card in cards.items()
    }


def _new_card() -> Card:
    from fsrs import Card

    return Card(card_id=1)  # by itself it waits for a number of its own


@dataclass
class Trial:
    """One learner at one variant: what is recorded of it.

    Each new answer is an attempt, until one is right or the solution is shown. A solution that is
    shown before counts as a wrong answer, so that the problem comes back with other numbers.

    Parameters
    ----------
    dealt : Dealt
        The variant.
    part : str
        As `stridelab.practice.store.Attempt` has it.
    """

    dealt: Dealt
    part: str = "practice"
    hints: int = field(default=0, init=False)
    is_closed: bool = field(default=False, init=False)
    last: str | None = field(default=None, init=False)
    began: float = field(default_factory=time.monotonic, init=False)

    def answered(self, outcome: Outcome, answer: object) -> None:
        """Records the outcome of an answer, where it is an attempt and a new one."""
        text = getattr(answer, "__name__", str(answer))
        if outcome.status not in ("correct", "incorrect") or self.is_closed or text == self.last:
            return
        self.last, self.is_closed = text, outcome.status == "correct"
        self._record(outcome.status, text, outcome.beliefs)

    def gave_up(self) -> None:
        """Records that the solution is shown."""
        if not self.is_closed:
            self.is_closed = True
            self._record("incorrect", "", ())

    def _record(self, status: str, answer: str, held: tuple[str, ...]) -> None:
        seconds = round(time.monotonic() - self.began, 1)
        one = self.dealt
        record(
            Attempt(one.problem.id, one.seed, status, answer, held, self.hints, seconds, self.part)
        )
