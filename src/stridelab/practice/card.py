"""Problems in a notebook: one card that shows a problem, takes an answer and says what it is worth.

The card is a form of its own (``card.js``), with native inputs, a label for each and a live region
for what is said; Python deals, checks and records. The answer is not in the notebook: the page is
told of hints and of the solution when the learner asks for them.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from html import escape
from typing import Any

import anywidget
import traitlets

from stridelab.errors import StrideLabError
from stridelab.practice import store
from stridelab.practice.assets import script, style
from stridelab.practice.bank import Dealt, deal
from stridelab.practice.checking import Outcome, check_dealt
from stridelab.practice.sessions import Form, Session, Trial
from stridelab.practice.terminal import FORMS


class Card(anywidget.AnyWidget):
    """A problem to solve, and after it the next one.

    `check`, `hint`, `solution` and `next` do what the card's buttons do; `said` is what it says.

    Parameters
    ----------
    dealt : Dealt
        The first problem.
    session : Session or Form, optional
        Where the next problems come from; without one the next is the same with other numbers. A
        form is a test: it has no hints, and an answer leads to the next problem.
    why : str
        Why the session chose it.
    """

    _esm = traitlets.Unicode(script("card.js")).tag(sync=True)
    _css = traitlets.Unicode(style()).tag(sync=True)
    _face = traitlets.Unicode().tag(sync=True)
    _told = traitlets.Unicode().tag(sync=True)

    def __init__(self, dealt: Dealt, session: Session | Form | None = None, why: str = "") -> None:
        self._session = session
        self.outcome: Outcome | None = None
        self._shows_solution = self._ended = False
        super().__init__()
        self._show(dealt, why)
        self.on_msg(self._hear)

    @property
    def _is_test(self) -> bool:
        return isinstance(self._session, Form)

    @property
    def said(self) -> str:
        """The last outcome in words; empty before there is one."""
        return "" if self.outcome is None else repr(self.outcome)

    def check(self, answer: object) -> Outcome:
        """Checks an answer and records the attempt."""
        self.outcome = outcome = check_dealt(self.dealt, answer)
        self._tell()  # even where it cannot be kept
        self._trial.answered(outcome, answer)
        if self._is_test and outcome.status in ("correct", "incorrect"):
            self.next()
        return outcome

    def hint(self) -> str:
        """The next hint; the last one again where there are no more. A test has none."""
        if self._is_test:
            return ""
        self._trial.hints = min(self._trial.hints + 1, len(self.dealt.hints))
        self._tell()
        return self.dealt.hints[self._trial.hints - 1]

    def solution(self) -> str:
        """The worked solution; none in a test."""
        if self._is_test:
            return ""
        self._shows_solution = True
        self._tell()
        self._trial.gave_up()
        return "\n".join(self.dealt.solution)

    def next(self) -> None:
        """The session's next problem; without a session this one with other numbers."""
        if self._session is None:
            self._show(deal(self.dealt.problem.id, self.dealt.seed + 1))
            return
        chosen = self._session.next(store.attempts())
        if chosen is None:
            self._ended, self.outcome = True, None
            self._tell()
        else:
            self._show(chosen.dealt, chosen.why)

    def _show(self, dealt: Dealt, why: str = "") -> None:
        self.dealt, self.outcome = dealt, None
        self._shows_solution = self._ended = False
        self._trial = Trial(dealt, self._session.part if self._session else "practice")
        problem = dealt.problem
        minutes = f"{problem.minutes} minute{'' if problem.minutes == 1 else 's'}"
        facts = [f"difficulty {problem.difficulty} of 5", minutes, why]
        self._face = json.dumps(
            {
                "id": problem.id,
                "facts": " · ".join(fact for fact in facts if fact),
                "prompt": as_html(dealt.prompt),
                "kind": problem.kind,
                "form": f"Your answer: {FORMS[problem.kind]}",
                "options": [as_html(option, inline=True) for option in dealt.options],
                "starter": problem.starter.strip(),
                "hints": 0 if self._is_test else len(dealt.hints),
                "isTest": self._is_test,
                "next": self._next_name(),
                "seed": dealt.seed,
            }
        )
        self._tell()

    def _next_name(self) -> str:
        if self._session is not None:
            return "Skip it" if self._is_test else "Next problem"
        return "Other numbers" if self.dealt.problem.is_template else ""

    def _tell(self) -> None:
        hints = [as_html(hint) for hint in self.dealt.hints[: self._trial.hints]]
        solution = [as_html(line) for line in self.dealt.solution] if self._shows_solution else []
        status = self.outcome.status if self.outcome else ""
        told = {"status": status, "text": self.said, "hints": hints, "solution": solution}
        what = "test" if self._is_test else "session"
        ended = f"That is all for this {what}. sl.progress() shows all so far."
        ended = ended if self._ended else ""
        # the time makes each a new one: the same words said again are read out again
        self._told = json.dumps({**told, "ended": ended, "at": time.monotonic()})

    def _hear(self, _: object, message: dict[str, Any], __: object) -> None:
        do = message.get("do")
        try:
            if do == "check":
                self.check(message.get("answer"))
            elif do in ("hint", "solution", "next"):
                getattr(self, do)()
        except StrideLabError as error:  # the attempts' file: nobody reads the log of a message
            self.outcome = Outcome("cannot check", f"This was not kept: {error}")
            self._tell()


def show(id: str, seed: int = 0) -> Card:
    """A problem as a card: answer it, take a hint, see the solution, have it with other numbers.

    Parameters
    ----------
    id : str
        The problem, such as ``pad-03``.
    seed : int
        The variant.

    Raises
    ------
    StrideLabError
        For an unknown problem or seed.

    >>> card = show("pad-01")
    >>> card.check(None)
    … Waiting for you. There is no answer yet.
    """
    return Card(deal(id, seed))


def session(topic: str = "", minutes: float = 15.0) -> Card:
    """Problems one after the other: what is due by spaced repetition first, then what is new.

    Parameters
    ----------
    topic : str
        Such as ``padding``; all topics, where it is left out.
    minutes : float
        How long, by the problems' own estimates.

    Raises
    ------
    StrideLabError
        For an unknown topic, or where the attempts' file is damaged.
    """
    found = Session(topic, minutes)
    chosen = found.next(store.attempts())
    assert chosen is not None, "a topic has problems"
    return Card(chosen.dealt, found, chosen.why)


@dataclass(frozen=True, repr=False)
class Notice:
    """A sentence where a card would stand."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f'<p role="status">{escape(self.text)}</p>'


def pretest() -> Card | Notice:
    """The test before the course: twelve problems, once each, without hints.

    It goes on where it was left; once it is done it says so, so that a notebook runs to its end.
    """
    return _test(Form("pre-test"))


def posttest() -> Card | Notice:
    """The test after the course: the same twelve problems with other numbers; see `pretest`."""
    return _test(Form("post-test"))


def _test(form: Form) -> Card | Notice:
    first = form.next(store.attempts())
    if first is None:
        after = "sl.progress() shows it; `stridelab progress reset` begins anew."
        return Notice(f"The {form.part} is done, all of its problems are answered. {after}")
    return Card(first.dealt, form, first.why)


_NUMBERS = re.compile(r"(?:^[ \t]*[-−]?\d[-−\d.,e ]*$\n?){1,}", re.MULTILINE)


def as_html(text: str, *, inline: bool = False) -> str:
    """A problem's text as HTML; rows of numbers keep their columns.

    >>> as_html("`k` is 3:")
    '<p><code>k</code> is 3:</p>\\n'
    """
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False})
    if inline:
        return str(markdown.renderInline(text))
    fenced = _NUMBERS.sub(lambda match: f"\n```\n{match[0].rstrip()}\n```\n", text)
    return str(markdown.render(fenced))
