"""The problems: what ``problems/*.toml`` says, and how a problem is dealt with its numbers.

A problem is a template: `draw` says what its numbers may be, `make` computes more from them, and
`answer` is an expression in all of those (`stridelab.practice.world`). A seed deals one variant of
it, the same one everywhere. A draw for which a misconception gives the right answer is not dealt.
"""

from __future__ import annotations

import functools
import random
import string
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, NamedTuple

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.practice import answers
from stridelab.practice.beliefs import BELIEFS, Belief
from stridelab.practice.texts import fill
from stridelab.practice.world import World, evaluate, plain, world

#: What kinds of answers there are.
KINDS = (*answers.KINDS, "code")
#: Draws before a problem counts as one that cannot be dealt.
TRIES = 2000

_LETTERS = string.ascii_lowercase


@dataclass(frozen=True)
class Option:
    """One of the answers to choose from; `belief` is the misconception that takes it."""

    text: str
    belief: str = ""


@dataclass(frozen=True)
class WrongCode:
    """A wrong function that holders of a belief write; tests hold the diagnosis against it."""

    belief: str
    code: str


@dataclass(frozen=True)
class Problem:
    """A template, as its file says it.

    Parameters
    ----------
    id, topic, kind, lesson : str
        Such as ``pad-03``, ``padding``, ``shape`` and ``02``.
    difficulty : int
        1 to 5.
    minutes : int
        What it takes.
    prompt, because : str
        The question, and the last line of the worked solution; ``{…}`` holds expressions.
    answer : str
        An expression; for ``choice`` the place of the right option, for ``order`` nothing, for
        ``code`` the right function.
    hints, solution : tuple of str
        Each hint gives more; the worked steps before `because`.
    draw, make : mapping of str to str
        Names and what they may be; names and the expressions that compute them.
    where : tuple of str
        Conditions on a draw.
    beliefs : tuple of str
        The misconceptions that a wrong answer can reveal.
    wrong : mapping of str to str
        By belief an expression, where the belief does not change the world.
    options : tuple of Option
        To choose from, or to put in order: as they are listed.
    show : str
        The explorer call that shows it.
    tolerance : float
        How far, relatively, a decimal answer may be off.
    function, starter, right_code, cases : str
        Of a code answer: its name, what the learner begins with, a right one, and an expression for
        the arguments of the calls that are compared, small ones first.
    wrong_code : tuple of WrongCode
        Known wrong functions.
    """

    id: str
    topic: str
    kind: str
    lesson: str
    difficulty: int
    minutes: int
    prompt: str
    because: str
    hints: tuple[str, ...]
    answer: str = ""
    solution: tuple[str, ...] = ()
    draw: Mapping[str, Any] = field(default_factory=dict)
    make: Mapping[str, str] = field(default_factory=dict)
    where: tuple[str, ...] = ()
    beliefs: tuple[str, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    show: str = ""
    tolerance: float = 0.0
    function: str = ""
    starter: str = ""
    right_code: str = ""
    cases: str = ""
    wrong_code: tuple[WrongCode, ...] = ()

    @property
    def is_template(self) -> bool:
        """Whether seeds deal different variants."""
        return bool(self.draw)

    @property
    def held(self) -> tuple[str, ...]:
        """All beliefs that a wrong answer can reveal, those of options included."""
        named = (*self.beliefs, *self.wrong, *(one.belief for one in self.options if one.belief))
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True)
class Dealt:
    """One variant of a problem.

    Parameters
    ----------
    problem : Problem
        Its template.
    seed : int
        That dealt it.
    prompt, because, show : str
        With its numbers.
    hints, solution : tuple of str
        With its numbers; the solution ends in `because`.
    truth : object
        The right answer, as plain data; a function for ``code``.
    beliefs : mapping of str to object
        What holders of each misconception answer.
    options : tuple of str
        To choose from or to put in order, as they are shown: a, b, c …
    cases : tuple of tuple
        The calls that a code answer is compared on.
    """

    problem: Problem
    seed: int
    prompt: str
    because: str
    show: str
    hints: tuple[str, ...]
    solution: tuple[str, ...]
    truth: Any
    beliefs: Mapping[str, Any]
    options: tuple[str, ...] = ()
    cases: tuple[tuple[Any, ...], ...] = ()


# --- the files ------------------------------------------------------------------------------------


@functools.cache
def bank() -> Mapping[str, Problem]:
    """All problems by id, in the order of the lessons."""
    return {one.id: one for topic in _files() for one in topic.problems}


@functools.cache
def beliefs() -> Mapping[str, Belief]:
    """All misconceptions: those that change the world, and those that belong to a topic."""
    return BELIEFS | {one.id: one for topic in _files() for one in topic.beliefs}


@functools.cache
def topics() -> Mapping[str, str]:
    """The topics' titles by their names."""
    return {topic.name: topic.title for topic in _files()}


class _Topic(NamedTuple):
    """One file."""

    name: str
    title: str
    lesson: str
    problems: tuple[Problem, ...]
    beliefs: tuple[Belief, ...]


@functools.cache
def _files() -> tuple[_Topic, ...]:
    """All files, in the order of the lessons that teach their topics."""
    folder = files("stridelab.practice").joinpath("problems")
    texts = (one.read_text(encoding="utf-8") for one in folder.iterdir() if ".toml" in one.name)
    return tuple(sorted(map(_topic, texts), key=lambda topic: (topic.lesson, topic.name)))


def _topic(text: str) -> _Topic:
    data = tomllib.loads(text)
    name, lesson = data["topic"], data["lesson"]
    found = tuple(_problem(name, lesson, entry) for entry in data["problem"])
    own = tuple(_belief(entry) for entry in data.get("belief", ()))
    return _Topic(name, data["title"], lesson, found, own)


def _belief(entry: dict[str, Any]) -> Belief:
    return Belief(**{**entry, "where": _texts(entry.get("where", ()))})


def _texts(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _problem(topic: str, lesson: str, entry: dict[str, Any]) -> Problem:
    entry = {"lesson": lesson, **entry}
    entry["options"] = tuple(
        Option(one) if isinstance(one, str) else Option(**one) for one in entry.get("options", ())
    )
    entry["wrong_code"] = tuple(WrongCode(**one) for one in entry.get("wrong_code", ()))
    for name in ("hints", "solution", "where", "beliefs"):
        entry[name] = _texts(entry.get(name, ()))
    return Problem(topic=topic, **entry)


def problem(id: str) -> Problem:
    """The problem of that id.

    Raises
    ------
    StrideLabError
        For an unknown one.
    """
    if not isinstance(id, str) or id not in bank():
        remedy = nearest(id, bank()) if isinstance(id, str) else ""
        raise StrideLabError("id", "name a problem, such as 'pad-01'", shown(id), remedy=remedy)
    return bank()[id]


# --- dealing --------------------------------------------------------------------------------------


def deal(id: str, seed: int = 0) -> Dealt:
    """The variant of a problem that a seed deals.

    Parameters
    ----------
    id : str
        The problem.
    seed : int
        0 or more; problems without numbers to draw have one variant.

    Raises
    ------
    StrideLabError
        For an unknown problem or a seed that is no whole number.

    >>> deal("pad-01").truth == deal("pad-01").truth
    True
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise StrideLabError("seed", "be a whole number, 0 or more", shown(seed))
    return deal_of(problem(id), seed)


def deal_of(one: Problem, seed: int) -> Dealt:
    """`deal` for a problem that stands in no file."""
    chance = random.Random(f"{one.id}/{seed if one.is_template else 0}")
    for _ in range(TRIES if one.is_template else 1):
        names = _drawn(one, chance)
        if all(evaluate(condition, names) for condition in one.where):
            dealt = _dealt(one, seed, names, chance)
            if dealt is not None:
                return dealt
    raise StrideLabError("draw", "leave a variant whose misconceptions are wrong", repr(one.id))


def _drawn(one: Problem, chance: random.Random) -> World:
    names = world()
    for name, choices in one.draw.items():
        names[name] = _draw(choices, names, chance)
    return names


def _draw(choices: Any, names: World, chance: random.Random) -> Any:
    """One of a list; a number of "2..9"; an array of "3x4 of 0..9" or "5 of -3..3"."""
    if not isinstance(choices, str):
        return _frozen(chance.choice(choices))
    sizes, _, bounds = choices.rpartition(" of ")
    low, high = (int(evaluate(end, names)) for end in bounds.split(".."))
    shape = [int(evaluate(size, names)) for size in sizes.split("x")] if sizes else []
    return _array(shape, lambda: chance.randint(low, high))


def _array(shape: Sequence[int], number: Any) -> Any:
    if not shape:
        return number()
    return tuple(_array(shape[1:], number) for _ in range(shape[0]))


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value


def _made(one: Problem, names: World) -> World:
    """The names with those that are computed from them."""
    names = dict(names)
    for name, expression in one.make.items():
        names[name] = evaluate(expression, names)
    return names


def _dealt(one: Problem, seed: int, names: World, chance: random.Random) -> Dealt | None:
    """The variant for these numbers; None where they ask for nothing clear.

    That is where a misconception gives the right answer, or two options are the same.
    """
    full = _made(one, names)
    order = list(range(len(one.options)))
    if one.kind in ("choice", "order"):
        chance.shuffle(order)
    letters = {place: _LETTERS[at] for at, place in enumerate(order)}
    truth, held = _truth(one, full, letters), {}
    for name in one.held:
        try:
            held[name] = _believed(one, name, names, full, letters)
        except (ArithmeticError, StrideLabError, ValueError):  # no answer to such numbers
            return None
        if one.kind == "code":
            continue
        if answers.same(one.kind, held[name], truth, one.tolerance):
            return None
    text = functools.partial(fill, names=full | {"answer": _spelled(one, truth)})
    options = tuple(text(one.options[place].text) for place in order)
    if len(set(options)) < len(options):  # one could not be told from another
        return None
    because = text(one.because)
    return Dealt(
        problem=one,
        seed=seed,
        prompt=text(one.prompt).strip(),
        because=because,
        show=text(one.show),
        hints=tuple(text(hint).strip() for hint in one.hints),
        solution=(*(text(line).strip() for line in one.solution), because),
        truth=truth,
        beliefs=held,
        options=options,
        cases=tuple(evaluate(one.cases, full)) if one.kind == "code" else (),
    )


def _spelled(one: Problem, truth: Any) -> str:
    return "" if one.kind == "code" else answers.spelled(one.kind, truth)


def _truth(one: Problem, names: World, letters: Mapping[int, str]) -> Any:
    if one.kind == "order":
        return tuple(letters[place] for place in range(len(letters)))
    value = evaluate(one.answer, names) if one.answer else 0
    return _as_answer(one, value, letters)


def _as_answer(one: Problem, value: Any, letters: Mapping[int, str]) -> Any:
    """Places of options become their letters; numbers and arrays plain data."""
    if one.kind == "choice":
        return letters[value]
    if one.kind == "order":
        return tuple(letters[place] for place in value)
    return value if one.kind == "code" else plain(value)


def _believed(
    one: Problem, name: str, drawn: World, names: World, letters: Mapping[int, str]
) -> Any:
    """What somebody with that belief answers."""
    if name in one.wrong:
        return _as_answer(one, evaluate(one.wrong[name], names), letters)
    for place, option in enumerate(one.options):
        if option.belief == name:
            return letters[place]
    changed = dict(drawn)
    true, theirs = world(), beliefs()[name].names()
    changed |= {key: value for key, value in theirs.items() if value is not true.get(key)}
    return _as_answer(one, evaluate(one.answer, _made(one, changed)), letters)
