"""The search for the smallest case in which a misconception fails."""

from __future__ import annotations

import pytest

from stridelab.practice.smallest import smallest
from stridelab.practice.world import world


def found(over, truth, theirs, *where):
    names = smallest(over, where, truth, theirs, world())
    return {name: names[name] for name in over}


@pytest.mark.parametrize(
    ("over", "truth", "theirs", "where", "case"),
    [
        ({"n": "1..9", "s": "1..4"}, "-(-n//s)", "n", (), (2, 2)),
        ({"n": "1..9", "s": "1..4"}, "-(-n//s)", "n", ("s > 2",), (2, 3)),
        ({"n": "1..9", "s": "1..4"}, "-(-n//s)", "n//s", (), (1, 2)),
        # as large as one another: the first name's smaller value wins
        ({"a": "0..3", "b": "0..3"}, "a", "b", (), (0, 1)),
        ({"x": "2 of 0..2"}, "x", "x[::-1]", (), ((0, 1),)),
        ({"x": "2x2 of 0..1"}, "x[0][1]", "x[1][0]", (), (((0, 0), (1, 0)),)),
        # signs do not count: of −1 and 2 the first is smaller
        ({"z": [2, -1, 0]}, "abs(z)", "z", (), (-1,)),
        # a case that is an error, in truth or for the misconception, is none
        ({"n": "0..4"}, "6//n", "6", (), (2,)),
        ({"n": "0..4"}, "6", "6//n", (), (2,)),
        # a window that does not fit is an error of the library's
        ({"n": "1..4", "k": "1..4"}, "conv(n, k).output_size", "n", ("k == 3",), (3, 3)),
    ],
)
def test_the_first_case_that_differs(over, truth, theirs, where, case):
    assert tuple(found(over, truth, theirs, *where).values()) == case


def test_rules_that_never_differ_are_told():
    with pytest.raises(LookupError, match="tells 'n' from 'n \\+ 0'"):
        found({"n": "1..4"}, "n + 0", "n")


def test_too_many_cases_are_told():
    with pytest.raises(LookupError, match="more than 20,000 cases"):
        found({"x": "9x9 of 0..9"}, "x", "0")
