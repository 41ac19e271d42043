"""Whether an answer is right; and where it is wrong, which misconception gives it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stridelab.errors import StrideLabError
from stridelab.practice import answers, running
from stridelab.practice.bank import Dealt, beliefs, deal, deal_of
from stridelab.practice.beliefs import Belief
from stridelab.practice.world import plain

Status = Literal["correct", "incorrect", "unattempted", "cannot check"]

_MARKS: dict[Status, str] = {
    "correct": "✓ Right",
    "incorrect": "✗ Not quite",
    "unattempted": "… Waiting for you",
    "cannot check": "? Cannot check this",
}

#: Seeds that are tried for a variant on which two beliefs differ.
SEARCHED = 60


@dataclass(frozen=True, repr=False)
class Outcome:
    """What an answer was worth.

    Parameters
    ----------
    status : str
        ``correct``, ``incorrect``, ``unattempted`` or ``cannot check``.
    text : str
        What there is to say.
    beliefs : tuple of str
        The misconceptions that give the answer.
    """

    status: Status
    text: str
    beliefs: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{_MARKS[self.status]}. {self.text}"


def check(id: str, answer: object, seed: int = 0) -> Outcome:
    """Holds an answer to a problem against the truth and against what misconceptions give.

    It records nothing and shows nothing. A wrong answer that one misconception gives is told the
    rule, the problem worked out by it, the smallest case where the misconception fails, and the
    explorer call that shows it; where several give it, what tells them apart.

    Parameters
    ----------
    id : str
        The problem, such as ``pad-03``.
    answer : object
        In any form that a person types: ``(16, 16)``, ``"16x16"``, an array; a function for
        problems that ask for code. None, ``...`` or an empty text are blank.
    seed : int
        The variant that was shown.

    Raises
    ------
    StrideLabError
        For an unknown problem or seed.

    >>> check("pad-01", None)
    … Waiting for you. There is no answer yet.
    """
    dealt = deal(id, seed)
    return check_dealt(dealt, answer, works_out=True)


def check_dealt(dealt: Dealt, answer: object, *, works_out: bool = False) -> Outcome:
    """`check` for a variant that was dealt before.

    A card and a terminal have hints and a solution for those who ask: what they say of a wrong
    answer does not work the problem out, so that it can be answered again.
    """
    kind = dealt.problem.kind
    if kind == "code":
        return _check_code(dealt, answer)
    try:
        read = answers.read(kind, answer, dealt.options)
    except StrideLabError as error:
        return Outcome("cannot check", str(error))
    if read is None:
        return Outcome("unattempted", "There is no answer yet.")
    read = _as_asked(dealt, answer, read)
    form = _wrong_form(dealt, read)
    if form:
        return Outcome("cannot check", form)
    tolerance = dealt.problem.tolerance
    if answers.same(kind, read, dealt.truth, tolerance):
        return Outcome("correct", dealt.because)
    held = tuple(
        name
        for name, theirs in dealt.beliefs.items()
        if answers.same(kind, read, theirs, tolerance)
    )
    worked = " ".join(dealt.solution) if works_out else ""
    return _told(dealt, answers.spelled(kind, read), held, worked)


def _as_asked(dealt: Dealt, answer: object, read: Any) -> Any:
    """The answer as the problem means it: a percentage as such, a shape without the batch."""
    if isinstance(answer, str) and "%" in answer and "ercent" in dealt.prompt:
        return plain(100 * read) if isinstance(read, (int, float)) else read
    if dealt.problem.kind == "shape" and read[:1] == (None,) and len(read) == len(dealt.truth) + 1:
        return read[1:]
    return read


def _wrong_form(dealt: Dealt, read: Any) -> str:
    """What to write instead of an answer that could be right and is not the kind asked for."""
    truth = dealt.truth
    if dealt.problem.kind == "pads" and isinstance(truth[0], tuple) and not _is_nested(read):
        return "Write both axes: ((before, after) of the rows, (before, after) of the columns)."
    if dealt.problem.kind == "shape":
        counts = {len(one) for one in (truth, *dealt.beliefs.values())}
        if len(read) not in counts:
            wrote = answers.spelled("shape", read)
            return f"It asks for {len(truth)} numbers; you wrote {len(read)}: {wrote}."
    words = sorted({one for one in (truth, *dealt.beliefs.values()) if isinstance(one, str)})
    if dealt.problem.kind == "predict" and isinstance(read, str) and read not in words:
        return f"It asks for {', '.join(words) or 'numbers'}; you wrote {read!r}."
    return ""


def _is_nested(pads: Any) -> bool:
    flat = all(isinstance(one, (int, float)) for one in pads)
    return not flat or len(set(pads)) == 1


def _told(dealt: Dealt, given: str, held: Sequence[str], worked: str) -> Outcome:
    """The outcome of a wrong answer."""
    if not held:
        return Outcome("incorrect", f"{_capital(given)} is not it. Take a hint, or try again.")
    known = [beliefs()[name] for name in held]
    claims = ", or if ".join(belief.claim for belief in known)
    parts = [f"{_capital(given)} is what you get if {claims}."]
    if len(known) == 1:
        parts += [known[0].fact, worked, *_case(known[0], dealt)]
    else:
        parts += [*(belief.fact for belief in known), worked, _question(dealt, held)]
    return Outcome("incorrect", " ".join(part for part in parts if part), tuple(held))


def _case(belief: Belief, dealt: Dealt) -> Iterator[str]:
    """Where a belief fails, and what shows it."""
    yield f"The smallest case: {belief.counter_example()}"
    show = belief.shown() or dealt.show
    if show:
        needs = ", with `import numpy as np`" if "np." in show else ""
        yield f"See it{needs}: {show}"


def _question(dealt: Dealt, held: Sequence[str]) -> str:
    """What tells two beliefs apart that give the same: a variant on which they differ."""
    problem = dealt.problem
    for seed in range(SEARCHED if problem.is_template and problem.kind != "code" else 0):
        other = deal_of(problem, seed)
        theirs = [answers.spelled(problem.kind, other.beliefs[name]) for name in held]
        if len(set(theirs)) == len(theirs):
            said = "; ".join(
                f"{value} if {beliefs()[name].claim}"
                for name, value in zip(held, theirs, strict=True)
            )
            return f"Which of them is yours? Variant {seed} tells: you would answer {said}."
    return "Which of them is yours?"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- code -----------------------------------------------------------------------------------------


def _check_code(dealt: Dealt, answer: object) -> Outcome:
    """Runs the learner's function beside ours, on all cases."""
    function, blank = dealt.problem.function, "Write the function's body."
    if answer is None or answer is ... or answer == "":
        return Outcome("unattempted", blank)
    try:
        source = running.source_of(answer)
    except StrideLabError as error:
        return Outcome("cannot check", str(error))
    if running.is_blank(source) or source.strip() == dealt.problem.starter.strip():
        return Outcome("unattempted", blank)
    name = getattr(answer, "__name__", function)  # a function may go by another name
    runs = running.run(source, name, dealt.cases)
    wrong = [
        (case, ran, _value(dealt.truth, case))
        for case, ran in zip(dealt.cases, runs.cases, strict=False)
        if ran.trouble or not _equal(ran.value, _value(dealt.truth, case), dealt.problem.tolerance)
    ]
    trouble = runs.trouble
    if not trouble and len(runs.cases) < len(dealt.cases):
        trouble = "it ended before all cases were run"
    if not wrong and not trouble:
        return Outcome("correct", dealt.because)
    if not wrong:
        return Outcome("incorrect", f"{_capital(trouble)}.")
    case, ran, expected = wrong[0]
    call = f"{name}({', '.join(_shown(one) for one in case)})"
    did = ran.trouble or f"yours gives {_shown(ran.value)}"
    text = f"{call} should be {_shown(expected)}; {did}."
    if "NameError" in ran.trouble:
        text += " A function runs alone: put its imports and its helpers inside it."
    held = () if ran.trouble or trouble else _held(dealt, [one.value for one in runs.cases])
    cures = [part for id in held for part in _of_code(beliefs()[id], dealt)]
    return Outcome("incorrect", " ".join((text, *cures)), held)


def _held(dealt: Dealt, values: Sequence[object]) -> tuple[str, ...]:
    """The beliefs whose function gives the same as the learner's on every case."""
    tolerance = dealt.problem.tolerance
    return tuple(
        name
        for name, theirs in dealt.beliefs.items()
        if all(
            _equal(value, _value(theirs, case), tolerance)
            for value, case in zip(values, dealt.cases, strict=True)
        )
    )


def _of_code(belief: Belief, dealt: Dealt) -> Iterator[str]:
    yield f"That is what you get if {belief.claim}. {belief.fact}"
    yield from _case(belief, dealt)


def _value(function: Any, case: tuple[Any, ...]) -> Any:
    """What a function of ours gives; an error is a value of its own kind, which nobody returns."""
    try:
        return plain(function(*case))
    except (ArithmeticError, StrideLabError, ValueError, IndexError) as error:
        return error


def _equal(value: object, expected: object, tolerance: float) -> bool:
    """Whether two results are the same numbers in the same nesting."""
    value, expected = plain(value), plain(expected)
    if isinstance(value, tuple) and isinstance(expected, tuple):
        pairs = zip(value, expected, strict=False)
        return len(value) == len(expected) and all(_equal(a, b, tolerance) for a, b in pairs)
    words = (bool, str, type(None))
    if isinstance(value, words) or isinstance(expected, words):
        return type(value) is type(expected) and value == expected
    if isinstance(value, (int, float)) and isinstance(expected, (int, float)):
        return answers.same("value", value, float(expected), tolerance)
    return False


def _shown(value: object) -> str:
    text = repr(plain(value))
    return text if len(text) <= 120 else f"{text[:110]} …"
