"""The smallest numbers for which a misconception fails: searched, not believed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stridelab.errors import StrideLabError
from stridelab.practice.world import World, evaluate, plain, world

#: Cases that a search may have to try: less than a second.
MOST = 20_000


def smallest(
    over: Mapping[str, Any], where: Sequence[str], truth: str, theirs: str, believed: World
) -> World:
    """The names and numbers of the smallest case in which truth and misconception differ.

    A case is as large as the sum of all its numbers, their signs left out; of cases equally large
    the first one in the order of `over` is taken. An error, for either of the two,
    makes none.

    Parameters
    ----------
    over : mapping of str to str or list
        What each number may be: ``"1..6"``, ``"3 of 0..2"`` for a row of them, ``"2x2 of 0..1"``,
        or a list of values. All cases together are 20,000 at most.
    where : sequence of str
        Conditions on a case.
    truth, theirs : str
        Expressions; `theirs` in the names `believed`.

    Raises
    ------
    LookupError
        Where no case makes them differ, or there are too many to try.

    >>> found = smallest({"n": "1..9", "s": "1..3"}, (), "ceil(n/s)", "n", world())
    >>> found["n"], found["s"]
    (2, 2)
    """
    true = world()
    for case in _in_order(over):
        names = true | case
        try:
            holds = all(evaluate(condition, names) for condition in where)
            if holds and _differ(evaluate(truth, names), evaluate(theirs, believed | case)):
                return names
        except (ArithmeticError, IndexError, StrideLabError, ValueError):
            continue
    raise LookupError(f"no case of {dict(over)} tells {theirs!r} from {truth!r}")


def _differ(truth: object, theirs: object) -> bool:
    return bool(plain(truth) != plain(theirs))


def _in_order(over: Mapping[str, Any]) -> Iterator[World]:
    """All cases, the smallest first."""
    if math.prod(map(_count, over.values())) > MOST:
        raise LookupError(f"{dict(over)} allows more than {MOST:,} cases")
    cases = sorted(itertools.product(*map(_values, over.values())), key=_size)
    return (dict(zip(over, case, strict=True)) for case in cases)


def _size(value: Any) -> float:
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value))
    return abs(value) if isinstance(value, (int, float)) else 0


def _read(choices: str) -> tuple[list[int], range]:
    """The sizes of an array, and what its numbers may be."""
    sizes, _, bounds = choices.rpartition(" of ")
    low, high = map(int, bounds.split(".."))
    return [int(size) for size in sizes.split("x") if size], range(low, high + 1)


def _count(choices: Any) -> int:
    """How many values there are to try."""
    if not isinstance(choices, str):
        return len(choices)
    sizes, numbers = _read(choices)
    return int(len(numbers) ** math.prod(sizes))


def _values(choices: Any) -> list[Any]:
    """All that "2..4", "3 of 0..2", "2x2 of 0..1" or a list allow."""
    if not isinstance(choices, str):
        return list(choices)
    sizes, numbers = _read(choices)
    values: list[Any] = list(numbers)
    for size in reversed(sizes):
        values = list(itertools.product(values, repeat=size))
    return values
