"""Practice in a terminal: the text form of everything, for a keyboard and a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stridelab.practice import store
from stridelab.practice.answers import KINDS
from stridelab.practice.bank import Dealt
from stridelab.practice.checking import check_dealt
from stridelab.practice.sessions import Session, Trial

#: Reads a line after a prompt; raises EOFError where there is none.
Ask = Callable[[str], str]
#: Prints a text.
Say = Callable[[str], None]

HELP = "Type your answer, or: h hint, s solution, n next, q quit."

#: What each kind of answer looks like.
FORMS = {
    "value": "a number, such as 16, 2.5 or 5/9",
    "shape": "a shape, such as 16x16 or (16, 16, 32)",
    "pads": "pads, such as (0, 1) or ((0, 1), (1, 1))",
    "array": "numbers, rows parted by semicolons, such as 1 2; 3 4",
    "choice": "a letter",
    "order": "the letters in order, such as b a c",
    "predict": "what will come out",
    "code": "the function",
}
assert set(FORMS) == {*KINDS, "code"}


def practise(session: Session, ask: Ask, say: Say) -> int:
    """Deals problems until the session or the learner ends it; gives how many were solved."""
    solved = 0
    while (chosen := session.next(store.attempts())) is not None:
        found = Turn(chosen.dealt, ask, say).play()
        solved += found is True
        if found is None:
            break
    else:
        say("That is all for this session.")
    return solved


def shown(dealt: Dealt) -> str:
    """A problem as text: its id, what it takes, the question, the options, the form of the answer.

    >>> from stridelab.practice.bank import deal
    >>> print(shown(deal("pad-04")).splitlines()[0])
    pad-04 · difficulty 2 of 5 · 1 minute
    """
    problem = dealt.problem
    minutes = f"{problem.minutes} minute{'' if problem.minutes == 1 else 's'}"
    lines = [f"{problem.id} · difficulty {problem.difficulty} of 5 · {minutes}", "", dealt.prompt]
    lines += [f"  {chr(97 + at)}) {text}" for at, text in enumerate(dealt.options)]
    if problem.starter:
        lines += ["", problem.starter.strip()]
    last = " End it with a dot on a line of its own." if problem.kind == "code" else ""
    return "\n".join([*lines, "", f"Answer with {FORMS[problem.kind]}.{last}"])


@dataclass
class Turn:
    """One problem, from the question to its solution."""

    dealt: Dealt
    ask: Ask
    say: Say

    def __post_init__(self) -> None:
        self.trial = Trial(self.dealt)

    def play(self) -> bool | None:
        """Whether it was solved; None where the learner quits."""
        self.say(f"\n{shown(self.dealt)}\n{HELP}")
        while True:
            try:
                line = self.ask("> ")
            except EOFError:
                return None
            command = line.strip().lower()
            if command == "q":
                return None
            if command == "n":
                return False
            if command == "s":
                self.trial.gave_up()
                self.say("\n".join(self.dealt.solution))
                return False
            if command == "h":
                self._hint()
            elif self._is_right(self._rest(line)):
                return True

    def _hint(self) -> None:
        if self.trial.hints < len(self.dealt.hints):
            self.say(f"Hint {self.trial.hints + 1}: {self.dealt.hints[self.trial.hints]}")
            self.trial.hints += 1
        else:
            self.say("There are no more hints; s shows the solution.")

    def _rest(self, line: str) -> str:
        """The whole answer: more lines of code until a dot on a line of its own."""
        if self.dealt.problem.kind != "code" or not line.strip():
            return line.strip()
        lines = [line]
        while (more := self.ask(". ")).strip() != ".":
            lines.append(more)
        return "\n".join(lines)

    def _is_right(self, answer: str) -> bool:
        outcome = check_dealt(self.dealt, answer)
        self.say(repr(outcome))
        self.trial.answered(outcome, answer)
        return outcome.status == "correct"
