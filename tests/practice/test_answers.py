"""Answers in every form that a person types are read as one value, and only the truth is right."""

from __future__ import annotations

import itertools
import math
import pickle
import time
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stridelab.errors import StrideLabError
from stridelab.practice.answers import KINDS, ROUNDING, Unreadable, read, same, spelled

OPTIONS = ("keep it", "halve it", "double `it`.")
NUMBERS = ("value", "shape", "pads", "array", "predict")
few = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


class Size(IntEnum):
    SMALL = 3


#: kind, answer, what is read
NUMBERS_READ = [
    ("value", 16, 16),
    ("value", 16.0, 16.0),
    ("value", 2.5, 2.5),
    ("value", -3, -3),
    ("value", Size.SMALL, 3),
    ("value", Fraction(5, 9), 5 / 9),
    ("value", Fraction(8, 2), 4),
    ("value", Decimal("2.5"), 2.5),
    ("value", np.int8(-3), -3),
    ("value", np.uint64(2**64 - 1), 2**64 - 1),
    ("value", np.float16(0.5), 0.5),
    ("value", np.longdouble("2.5"), 2.5),
    ("value", np.array(7), 7),
    ("value", np.array([[7]]), 7),
    ("value", np.array("5/9"), 5 / 9),
    ("value", [16], 16),
    ("value", ((16,),), 16),
    ("value", ["1,234"], 1234),
    ("value", "16", 16),
    ("value", " 16 ", 16),
    ("value", "\t16\r\n", 16),
    ("value", "'16'", 16),
    ("value", "(16)", 16),
    ("value", "[[16]]", 16),
    ("value", "16.", 16),
    ("value", "16.0", 16),
    ("value", ".5", 0.5),
    ("value", "+3", 3),
    ("value", "007", 7),
    ("value", "2.5", 2.5),
    ("value", "-2.5", -2.5),
    ("value", "−3", -3),
    ("value", "–3", -3),
    ("value", "- 3", -3),
    ("value", "1,234", 1234),
    ("value", "1 234", 1234),
    ("value", "1\N{NARROW NO-BREAK SPACE}234", 1234),
    ("value", "1_234", 1234),
    ("value", "-12,345,678.5", -12345678.5),
    ("value", "5/9", 5 / 9),
    ("value", "5 / 9", 5 / 9),
    ("value", "-3/4", -0.75),
    ("value", "3/-4", -0.75),
    ("value", "5⁄9", 5 / 9),
    ("value", "16/2", 8),
    ("value", "75%", 0.75),
    ("value", "75 %", 0.75),
    ("value", "75 percent", 0.75),
    ("value", "100%", 1),
    ("value", "1e6", 1_000_000),
    ("value", "1.2E6", 1_200_000),
    ("value", "1e23", 10**23),  # as a float it would be another number
    ("value", "1e-3", 0.001),
    ("value", "2^10", 1024),
    ("value", "2**10", 1024),
    ("value", "2 ** 10", 1024),
    ("value", "2^-2", 0.25),
    ("value", "-2^2", -4),
    ("value", "≈ 3.2", 3.2),
    ("value", "~3.2", 3.2),
    ("value", "= 16", 16),
    ("value", "=16", 16),
    ("value", "16 cells", 16),
    ("value", "1,234 cells", 1234),
    ("value", "3 px", 3),
    ("value", "3px", 3),
    ("value", "12 MB", 12),
    ("value", "16 größen", 16),
    ("value", "np.int64(16)", 16),
    ("value", "array(16)", 16),
    ("value", "inf", math.inf),
    ("value", "-Infinity", -math.inf),
    ("predict", "16", 16),
    ("predict", "1,234", 1234),
    ("predict", "16.5 px", 16.5),
    ("predict", 16, 16),
    ("predict", [16], 16),
    ("predict", (1, 2), (1, 2)),
    ("predict", np.array([2, 3, 4]), (2, 3, 4)),
    ("predict", "1, 2", (1, 2)),
    ("predict", "(1,234)", (1, 234)),
    ("predict", "16x16", (16, 16)),
    ("predict", "16 x 16 px", (16, 16)),
    ("predict", "2 3 4 5 0", (2, 3, 4, 5, 0)),
    ("predict", " Same ", "same"),
    ("predict", "'same'", "same"),
    ("predict", "It gets\nSMALLER", "it gets smaller"),
    ("predict", ["Same"], "same"),
    ("predict", np.str_("valid"), "valid"),
    ("predict", "conv2d", "conv2d"),
    ("predict", "layer 2", "layer 2"),
    ("predict", "layer 2 px", "layer 2 px"),
    ("shape", 16, (16,)),
    ("shape", "16", (16,)),
    ("shape", "(16,)", (16,)),
    ("shape", "16x16", (16, 16)),
    ("shape", "16X16", (16, 16)),
    ("shape", "16 × 16 × 32", (16, 16, 32)),
    ("shape", "16*16", (16, 16)),
    ("shape", "16 * 16 px", (16, 16)),
    ("shape", "2**4 x 16", (16, 16)),
    ("shape", "(16, 16, 32)", (16, 16, 32)),
    ("shape", "[16,16]", (16, 16)),
    ("shape", "16, 16", (16, 16)),
    ("shape", "16 16", (16, 16)),
    ("shape", "1,234", (1, 234)),
    ("shape", "1_024, 3", (1024, 3)),
    ("shape", "= 16, 16,", (16, 16)),
    ("shape", (None, 16, 16, 32), (None, 16, 16, 32)),
    ("shape", "None, 16, 16, 32", (None, 16, 16, 32)),
    ("shape", "(None, None, None, 32)", (None, None, None, 32)),
    ("shape", "?x16x16x32", (None, 16, 16, 32)),
    ("shape", "None x 16 x None", (None, 16, None)),
    ("shape", "16 None", (16, None)),
    ("shape", [(None, 28, 28, 1)], (None, 28, 28, 1)),
    ("shape", ["16x16"], (16, 16)),
    ("shape", np.array([16, 16]), (16, 16)),
    ("shape", ["16", 16], (16, 16)),
    ("shape", "(np.int64(16), np.int64(8))", (16, 8)),
    ("pads", ((0, 1), (0, 1)), ((0, 1), (0, 1))),
    ("pads", [[0, 1], [2, 3]], ((0, 1), (2, 3))),
    ("pads", np.array([[0, 1], [2, 3]]), ((0, 1), (2, 3))),
    ("pads", "((0, 1), (0, 1))", ((0, 1), (0, 1))),
    ("pads", "(0,1),(2,3)", ((0, 1), (2, 3))),
    ("pads", "(0 1) (2 3)", ((0, 1), (2, 3))),
    ("pads", "0 1; 2 3", ((0, 1), (2, 3))),
    ("pads", ["0 1", "2, 3"], ((0, 1), (2, 3))),
    ("pads", "(0, 1)", (0, 1)),
    ("pads", "0 1", (0, 1)),
    ("pads", "0,1", (0, 1)),
    ("pads", "0 1 0 1", (0, 1, 0, 1)),
    ("pads", "before 0, after 1", (0, 1)),
    ("pads", "Before: 0; after: 1", (0, 1)),
    ("pads", "before=0 after=1", (0, 1)),
    ("pads", "0 before and 1 after", (0, 1)),
    ("pads", "0 before, 1 after", (0, 1)),
    ("pads", "after 1, before 0", (0, 1)),
    ("pads", "1 after and 0 before", (0, 1)),
    ("pads", "after 12 and before 3", (3, 12)),
    ("array", [[1, 2], [3, 4]], ((1, 2), (3, 4))),
    ("array", ((1.5, 2), [3, np.float32(0.25)]), ((1.5, 2), (3, 0.25))),
    ("array", [np.array([1, 2]), np.array([3, 4])], ((1, 2), (3, 4))),
    ("array", [1, 2, 3], (1, 2, 3)),
    ("array", 5, (5,)),
    ("array", np.arange(4, dtype="uint8").reshape(2, 2), ((0, 1), (2, 3))),
    ("array", np.arange(6).reshape(1, 2, 3, 1), ((0, 1, 2), (3, 4, 5))),
    ("array", np.arange(6).reshape(2, 3, 1, 1), ((0, 1, 2), (3, 4, 5))),
    ("array", np.arange(6).reshape(1, 1, 2, 3), ((0, 1, 2), (3, 4, 5))),
    ("array", np.arange(3).reshape(1, 3, 1, 1), ((0,), (1,), (2,))),
    ("array", np.arange(3).reshape(1, 1, 3, 1), ((0, 1, 2),)),
    ("array", np.arange(3).reshape(1, 3, 1), ((0, 1, 2),)),
    ("array", np.array([["1", "1/2"], ["3", "4"]], dtype=object), ((1, 0.5), (3, 4))),
    ("array", "[[1, 2], [3, 4]]", ((1, 2), (3, 4))),
    ("array", "[1, 2], [3, 4]", ((1, 2), (3, 4))),
    ("array", "[1 2]\n[3 4]", ((1, 2), (3, 4))),
    ("array", "[[1 2]\n [3 4]]", ((1, 2), (3, 4))),
    ("array", "array([[1., 2.],\n       [3., 4.]], dtype=float32)", ((1, 2), (3, 4))),
    ("array", "1 2; 3 4", ((1, 2), (3, 4))),
    ("array", "[1 2; 3 4]", ((1, 2), (3, 4))),
    ("array", "1 2\n3 4", ((1, 2), (3, 4))),
    ("array", "1, 2,\r\n\r\n3, 4;\n", ((1, 2), (3, 4))),
    ("array", "1/2 75%; −3 2^3", ((0.5, 0.75), (-3, 8))),
    ("array", "1,5", (1, 5)),
    ("array", "1 2 3", (1, 2, 3)),
    ("array", ["1 2", "3 4"], ((1, 2), (3, 4))),
]
LETTERS_READ = [
    ("choice", "b", "b"),
    ("choice", " B ", "b"),
    ("choice", "(b)", "b"),
    ("choice", "[b]", "b"),
    ("choice", "b)", "b"),
    ("choice", "b.", "b"),
    ("choice", "b) halve it", "b"),
    ("choice", "(B) Halve  it", "b"),
    ("choice", "b: halve it.", "b"),
    ("choice", "b – halve it", "b"),
    ("choice", "halve it", "b"),
    ("choice", "HALVE \n it", "b"),
    ("choice", "Double it", "c"),
    ("choice", '"b"', "b"),
    ("choice", "2", "b"),
    ("choice", "2.", "b"),
    ("choice", 2, "b"),
    ("choice", 2.0, "b"),
    ("choice", np.int64(3), "c"),
    ("choice", ["b"], "b"),
    ("choice", np.array(["b"]), "b"),
    ("order", "b a c", ("b", "a", "c")),
    ("order", "b, a, c", ("b", "a", "c")),
    ("order", "(b, a, c)", ("b", "a", "c")),
    ("order", "['b', 'a', 'c']", ("b", "a", "c")),
    ("order", "BAC", ("b", "a", "c")),
    ("order", "b > a > c", ("b", "a", "c")),
    ("order", "b → a → c", ("b", "a", "c")),
    ("order", "b->a->c", ("b", "a", "c")),
    ("order", "b-a-c", ("b", "a", "c")),
    ("order", "b) a) c)", ("b", "a", "c")),
    ("order", "2 1 3", ("b", "a", "c")),
    ("order", "213", ("b", "a", "c")),
    ("order", ["b", "A", "(c)"], ("b", "a", "c")),
    ("order", ("b a c",), ("b", "a", "c")),
    ("order", [2, 1, 3], ("b", "a", "c")),
    ("order", np.array([2, 1, 3]), ("b", "a", "c")),
    ("order", ["halve it", "Keep it", "double it"], ("b", "a", "c")),
    ("order", "halve it, keep it, double it", ("b", "a", "c")),
]
READ = [(kind, answer, (), value) for kind, answer, value in NUMBERS_READ] + [
    (kind, answer, OPTIONS, value) for kind, answer, value in LETTERS_READ
]


def types(value: object) -> object:
    return tuple(map(types, value)) if isinstance(value, tuple) else type(value)


@pytest.mark.parametrize(("kind", "answer", "options", "value"), READ, ids=repr)
def test_it_is_read(kind, answer, options, value) -> None:
    got = read(kind, answer, options)
    assert got == value
    assert types(got) == types(value)
    assert same(kind, got, value)
    assert read(kind, got, options) == got
    assert read(kind, [answer] if kind in ("value", "choice") else answer, options) == got


def test_whole_numbers_are_ints_and_computed_floats_stay_floats() -> None:
    assert type(read("value", "16.0")) is int
    assert type(read("value", 16.0)) is float
    assert type(read("value", np.float32(16))) is float
    assert types(read("array", np.array([1, 2]))) == (int, int)
    assert math.isnan(read("value", math.nan))
    assert math.isnan(read("value", "NaN"))
    assert math.isnan(read("value", Decimal("nan")))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "blank",
    [
        *(None, ..., "", " \n\t", "...", "…", "?", " ? ", "''", "= ", "\u200b"),
        *([], (), [[], []], (None, None), [None, "", ...]),
        *(np.array([]), np.empty((10**9, 0)), np.array(None)),
    ],
    ids=repr,
)
def test_it_is_blank(kind: str, blank: object) -> None:
    assert read(kind, blank, OPTIONS) is None
    assert not same(kind, None, None)


UNREADABLE = [
    ("value", "1,5"),
    ("value", "0,123"),
    ("value", "1234,567"),
    ("value", "1,23,456"),
    ("value", "1,234 567"),
    ("value", "12 34"),
    ("value", "1_0"),
    ("value", "½"),
    ("value", "1 1/2"),
    ("value", "10²"),
    ("value", "٣"),  # a digit, but not one of ours
    ("value", "16k"),
    ("value", "16 k"),
    ("value", "2 million"),
    ("value", "3 halves"),
    ("value", "16cells"),
    ("value", "16 output cells"),
    ("value", "16 x"),
    ("value", "x = 16"),
    ("value", "16 16"),
    ("value", "16, 16"),
    ("value", "3*3"),
    ("value", "sixteen"),
    ("value", "None"),
    ("value", "--3"),
    ("value", "1/0"),
    ("value", "0^-1"),
    ("value", "2^0.5"),
    ("value", "1e"),
    ("value", "0x10"),
    ("value", "(16"),
    ("value", "16)"),
    ("value", "(16]"),
    ("value", True),
    ("value", np.True_),
    ("value", 1j),
    ("value", b"16"),
    ("value", {16}),
    ("value", {"a": 1}),
    ("value", np.datetime64("2020-01-01")),
    ("value", np.array([1j])),
    ("value", (16, 16)),
    ("value", [16, None]),
    ("value", Decimal("sNaN")),
    ("value", len),
    ("value", "__import__('os').getcwd()"),
    ("predict", "1,5"),
    ("predict", "16k"),
    ("predict", "!"),
    ("predict", "2 cells and 3"),
    ("predict", (1, None)),
    ("predict", "a" * 200),
    ("shape", "16 x"),
    ("shape", "x16"),
    ("shape", "16,,16"),
    ("shape", ",16"),
    ("shape", "((16, 16), 3)"),
    ("shape", np.ones((2, 2))),
    ("shape", "same"),
    ("shape", (True, 2)),
    ("pads", 1),
    ("pads", "1"),
    ("pads", "0 1 2"),
    ("pads", "(0, 1), 2"),
    ("pads", "((0, 1), (0, 1, 2))"),
    ("pads", "(((0, 1), (0, 1)))"),
    ("pads", "same"),
    ("pads", "before 0, before 1"),
    ("pads", "before and after 1"),
    ("pads", (0, None)),
    ("array", [[1, 2], [3]]),
    ("array", "1 2; 3"),
    ("array", [1, [2, 3]]),
    ("array", "1, 2 / 3, 4"),
    ("array", "[[1, 2], [3, 4]"),
    ("array", "[1 2 ... 9]"),
    ("array", "[[1], []]"),
    ("array", np.ones((2, 2, 2))),
    ("array", np.array([True])),
    ("array", np.ma.array([1, 2], mask=[0, 1])),
    ("choice", "d"),
    ("choice", "0"),
    ("choice", 4),
    ("choice", 1.5),
    ("choice", True),
    ("choice", "b) keep it"),
    ("choice", "halve"),
    ("choice", "a b"),
    ("choice", ["a", "b"]),
    ("order", "b a"),
    ("order", "b a a"),
    ("order", "b a d"),
    ("order", "b < a < c"),
    ("order", "abca"),
    ("order", [1, 2, 4]),
    ("order", 213),
]
NESTED: list = []
for _ in range(50_000):
    NESTED = [NESTED, 1]
LOOP: list = [1]
LOOP.append(LOOP)
HUGE = [
    "1" * 10**7,
    "1 " * 5 * 10**6,
    " " * 10**7 + "1",
    "(" * 10**6,
    "b" * 10**7,
    "1" * 10**5,
    "b" * 19_999,
    "1 " * 9_999 + "x",
    "before " * 2_000,
    "1x" * 9_000,
    10 ** (10**5),
    -(10 ** (10**5)),
    [10 ** (10**5)],
    Fraction(10 ** (10**5), 3),
    "9**9**9",
    "9^999999999",
    "9^99999",
    "9^-9999",
    "1e999999999",
    "1e-999999999",
    "1e101",
    Decimal("1e999999999"),
    np.zeros(10**6),
    np.zeros((1000, 1000), dtype=object),
    np.zeros((1,) * 30),
    [0] * 10**6,
    [[[0] * 1000] * 1000] * 1000,
    ["1 2" * 5_000] * 10_000,
    NESTED,
    LOOP,
]


@pytest.mark.parametrize(("kind", "answer"), UNREADABLE, ids=repr)
def test_it_is_unreadable(kind: str, answer: object) -> None:
    with pytest.raises(Unreadable, match=r"^answer must .+; got .+"):
        read(kind, answer, OPTIONS)


@pytest.mark.parametrize("number", range(len(HUGE)))
def test_what_is_huge_is_refused_at_once(number: int) -> None:
    for kind in KINDS:
        started = time.process_time()
        with pytest.raises(Unreadable) as caught:
            read(kind, HUGE[number], OPTIONS)
        assert time.process_time() - started < 0.5
        assert len(str(caught.value)) < 400


VALUE = "answer must be one number, such as 16, 2.5, 5/9, 75% or 2^10; got "
PADS = "answer must be pads before and after, such as (0, 1) or ((0, 1), (0, 1)); got "
ROWS = "answer must be rows of numbers, such as [[1, 2], [3, 4]] or 1 2; 3 4; got "
MESSAGES = [
    ("value", "1,5", VALUE + "'1,5' (a comma stands before groups of three digits). Write 1.5."),
    ("value", "−0,5", VALUE + "'−0,5' (a comma stands before groups of three digits). Write -0.5."),
    (
        "value",
        "16k",
        VALUE + "'16k'. Write the number out in digits, with a space before its unit.",
    ),
    ("value", "16 k", VALUE + "'16 k' (k multiplies). Write the number out in digits."),
    ("value", "sixteen", VALUE + "'sixteen'"),
    ("value", True, VALUE + "True (True and False are not numbers)"),
    ("value", (1, 2), VALUE + "(1, 2) (it has 2 entries)"),
    ("value", "1/0", VALUE + "'1/0' (nothing can be divided by 0)"),
    ("value", 10**5000, VALUE + "a number of over 4300 digits (it has over 100 digits)"),
    ("value", "9^9999", VALUE + "'9^9999' (it has over 100 digits)"),
    (
        "value",
        np.zeros((1000, 1000)),
        VALUE + "an array of shape (1000, 1000) (it is too long)",
    ),
    (
        "predict",
        "1,5",
        "answer must be a number, several numbers or a word, such as 16, (16, 32) or smaller; got "
        "'1,5' (a comma stands before groups of three digits). "
        "Write 1.5 for one number, (1, 5) for two.",
    ),
    (
        "shape",
        "16,,16",
        "answer must be a shape, such as (16, 16, 32) or 16 x 16 x 32; got '16,,16' "
        "(a comma follows no number)",
    ),
    ("pads", 1, PADS + "1 (it has one number). Write both sides, before and after."),
    ("pads", "0 1 2", PADS + "'0 1 2' (it has 3 numbers)"),
    ("array", "1 2; 3", ROWS + "'1 2; 3' (row 2 is not as long as row 1)"),
    (
        "array",
        np.zeros((2, 1, 3)),
        ROWS + "array([[[0., 0., 0.]], [[0., 0., 0.]]]) (its shape is (2, 1, 3)). "
        "Write one picture of one channel.",
    ),
    ("choice", "d", "answer must be one of the letters a, b or c; got 'd' (there is no option d)"),
    ("choice", "maybe", "answer must be one of the letters a, b or c; got 'maybe'"),
    (
        "order",
        "b a a",
        "answer must name each of a, b and c once, such as a, b, c; got 'b a a' "
        "(c is missing, a is there more than once)",
    ),
    (
        "order",
        ["b"],
        "answer must name each of a, b and c once, such as a, b, c; got ['b'] "
        "(a and c are missing)",
    ),
]


@pytest.mark.parametrize(("kind", "answer", "text"), MESSAGES, ids=range(len(MESSAGES)))
def test_it_says_what_is_read(kind: str, answer: object, text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(kind, answer, OPTIONS)
    assert str(caught.value) == text
    assert str(pickle.loads(pickle.dumps(caught.value))) == text


def test_the_callers_slips_are_named() -> None:
    with pytest.raises(StrideLabError) as caught:
        read("shapes", 1)
    assert str(caught.value) == (
        "kind must be one of 'value', 'shape', 'pads', 'array', 'choice', 'order' or 'predict'; "
        "got 'shapes'. Did you mean 'shape'?"
    )
    for options in ((), ["it"] * 27):
        with pytest.raises(StrideLabError, match="options must be 1 to 26 texts; got"):
            read("order", "a", options)
    for tolerance in (-1.0, math.nan, math.inf):
        with pytest.raises(StrideLabError, match="tolerance must be at least 0 and finite; got"):
            same("value", 1, 1.0, tolerance)


def test_an_options_number_is_not_taken_for_its_text() -> None:
    sizes = ("2", "4", "8")
    assert read("choice", "8", sizes) == "c"  # there is no option 8
    assert read("choice", 4, sizes) == "b"
    assert read("choice", "a", sizes) == "a"
    for answer in ("2", 2):  # the text of a, the number of b
        with pytest.raises(Unreadable, match=r"more than one option\)\. Write the option's letter"):
            read("choice", answer, sizes)
    assert read("choice", 1, ("1", "2")) == "a"


def test_one_option_is_named_in_the_singular() -> None:
    assert read("order", "a", ["it"]) == ("a",)
    with pytest.raises(Unreadable, match=r"^answer must be the letter a; got 'x'"):
        read("choice", "x", ["it"])
    with pytest.raises(Unreadable, match=r"^answer must name a once; got 2$"):
        read("order", 2, ["it"])


# --- same ------------------------------------------------------------------------------------


SAME = [
    ("value", 16, 16, True),
    ("value", 16.0, 16, True),
    ("value", 16.4, 16, False),
    ("value", 16.0000001, 16, False),
    ("value", 15, 16, False),
    ("value", 16, 16.0, True),
    ("value", "16", 16, False),
    ("value", None, 16, False),
    ("value", True, 1, False),
    ("value", (16,), 16, True),
    ("value", 10**23, 10**23, True),
    ("value", 1e23, 10**23, False),
    ("value", 5 / 9, np.float64(5 / 9), True),
    ("value", 0.5, Fraction(1, 2), True),
    ("value", 1e-17, 0.0, True),
    ("value", 1e-9, 0.0, False),
    ("value", math.nan, math.nan, True),
    ("value", 0.0, math.nan, False),
    ("value", math.nan, 0.0, False),
    ("value", math.nan, 0, False),
    ("value", math.inf, math.inf, True),
    ("value", -math.inf, math.inf, False),
    ("value", 1e308, math.inf, False),
    ("value", math.inf, 1e308, False),
    ("predict", "same", "Same", True),
    ("predict", "same", "valid", False),
    ("predict", "same", 3, False),
    ("predict", 3, (3,), True),
    ("predict", (1, 2), [1, 2], True),
    ("predict", (1, 2), (2, 1), False),
    ("predict", (1, 2), (1, 2, 0), False),
    ("shape", (16,), 16, True),
    ("shape", (None, 16), (None, 16), True),
    ("shape", (16,), (None, 16), False),
    ("shape", (None, 16), (16,), False),
    ("shape", (16, 16), (16, 16, 1), False),
    ("pads", ((0, 1), (0, 1)), [[0, 1], [0, 1]], True),
    ("pads", ((0, 1), (0, 1)), ((0, 1), (1, 0)), False),
    ("pads", (0, 1, 0, 1), ((0, 1), (0, 1)), False),
    ("pads", (0, 0, 1, 1), ((0, 1), (0, 1)), False),
    ("pads", (1, 1, 1, 1), ((1, 1), (1, 1)), True),
    ("pads", (1, 1, 1, 2), ((1, 1), (1, 1)), False),
    ("pads", (1, 1), ((1, 1), (1, 1)), False),
    ("pads", ((0, 1),), (0, 1), True),
    ("pads", (0, 1), ((0, 1),), True),
    ("pads", (0, 1), (1, 0), False),
    ("array", (1, 2, 3), ((1, 2, 3),), True),
    ("array", ((1, 2, 3),), (1, 2, 3), True),
    ("array", ((1,), (2,), (3,)), (1, 2, 3), False),
    ("array", ((1, 2), (3, 4)), [[1, 2], [3, 4]], True),
    ("array", ((1, 2), (3, 4)), np.array([[1, 2], [3, 4]]), True),
    ("array", (1, 2, 3, 4), ((1, 2), (3, 4)), False),
    ("array", ((1, 3), (2, 4)), ((1, 2), (3, 4)), False),
    ("choice", "b", "B", True),
    ("choice", "b", "a", False),
    ("order", ("b", "a"), ["b", "a"], True),
    ("order", ("b", "a"), ("a", "b"), False),
]


@pytest.mark.parametrize(("kind", "answer", "truth", "equal"), SAME, ids=repr)
def test_only_the_truth_is_the_same(kind, answer, truth, equal) -> None:
    assert same(kind, answer, truth) is equal


#: truth, tolerance, the outermost that is right, and the next decimal, which is wrong
EDGES = [
    (100.0, 0.01, 101.0, 101.00001),
    (100.0, 0.01, 99.0, 98.99999),
    (1.0, 0.005, 1.005, 1.0050001),
    (1.0, 0.005, 0.995, 0.9949999),  # in binary 1 − 0.995 is over 0.005
    (-8.0, 0.25, -10.0, -10.0000001),
    (-8.0, 0.25, -6.0, -5.9999999),
    (0.1, 0.1, 0.11, 0.1100001),
    (0.1, 0.1, 0.09, 0.0899999),
    (2.5, 0.0, 2.5000025, 2.5000026),  # rounding alone
    (2.5, 0.0, 2.4999975, 2.4999974),
    (2.5, 1e-9, 2.5000025, 2.5000026),
    (1e-3, 0.5, 1.5e-3, 1.50001e-3),
    (16.0, 0.0, 16.000016, 16.000017),
]


@pytest.mark.parametrize(("truth", "tolerance", "inside", "outside"), EDGES)
def test_a_tolerance_ends_where_it_says(truth, tolerance, inside, outside) -> None:
    assert same("value", inside, truth, tolerance)
    assert not same("value", outside, truth, tolerance)
    assert not same("value", 2 * truth - 2 * outside, truth, tolerance)
    rows = ((truth, inside), (truth, truth))
    assert same("array", rows, ((truth, truth), (truth, truth)), tolerance)
    rows = ((truth, truth), (truth, outside))
    assert not same("array", rows, ((truth, truth), (truth, truth)), tolerance)


def test_a_whole_truth_has_no_tolerance() -> None:
    assert not same("value", 16.0001, 16, 0.5)
    assert not same("value", 17, 16, 0.5)
    assert not same("shape", (16, 17), (16, 16), 0.5)


# --- properties ------------------------------------------------------------------------------


whole = st.integers(-(10**6), 10**6)
VALUES = {
    "value": whole,
    "predict": st.lists(whole, min_size=2, max_size=5).map(tuple),
    "shape": st.lists(whole, min_size=1, max_size=5).map(tuple),
    "pads": st.lists(st.tuples(whole, whole), min_size=2, max_size=3).map(tuple)
    | st.tuples(whole, whole),
    "array": st.integers(1, 4).flatmap(
        lambda n: st.lists(st.tuples(*[whole] * n), min_size=1, max_size=4).map(tuple)
    )
    | st.lists(whole, min_size=1, max_size=5).map(tuple),
}
cases = st.sampled_from(NUMBERS).flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind]))


def lists(value: object) -> object:
    return list(map(lists, value)) if isinstance(value, tuple) else value


@few
@given(cases, st.lists(st.sampled_from(["", " ", "  ", "\n ", "\N{NO-BREAK SPACE}"]), min_size=3))
def test_whole_numbers_read_back_however_they_are_written(case, gaps) -> None:
    kind, value = case
    spaces = itertools.cycle(gaps)
    spread = "".join(
        f"{next(spaces)}{sign}{next(spaces)}" if sign in "()," else sign for sign in str(value)
    )
    written = [spelled(kind, value), repr(value), repr(lists(value)), spread, lists(value)]
    array = np.array(value)
    written += [array, array.astype(np.float64), str(array), repr(array), array.astype(object)]
    if isinstance(value, tuple):
        written += [str(value)[1:-1], tuple(array), str(tuple(array)), list(map(str, value))]
    for text in written:
        assert same(kind, read(kind, text), value), text
    if kind != "predict":
        assert read(kind, spelled(kind, value)) == value


def one_off(value: object, where: list[int], by: int) -> object:
    """The value with the number at position `where[0]`, counted down, changed."""
    if isinstance(value, tuple):
        return tuple(one_off(each, where, by) for each in value)
    where[0] -= 1
    return value + by if where[0] == -1 else value


def numbers_in(value: object) -> int:
    return sum(map(numbers_in, value)) if isinstance(value, tuple) else 1


@few
@given(cases, st.sampled_from([1, -1]))
def test_one_number_off_by_one_is_wrong(case, by: int) -> None:
    kind, value = case
    for number in range(numbers_in(value)):
        other = one_off(value, [number], by)
        assert not same(kind, read(kind, spelled(kind, other)), value)
        assert not same(kind, read(kind, np.array(other, dtype=float)), value, 0.5)


@few
@given(st.permutations("abcde"), st.sampled_from([" ", ", ", "", " > ", "→", "\n"]))
def test_every_order_reads_back(letters: list[str], between: str) -> None:
    options = [f"step {number}" for number in range(10, 15)]
    places = ["abcde".index(letter) + 1 for letter in letters]
    texts = [options[place - 1] for place in places]
    for answer in (letters, between.join(letters), places, between.join(map(str, places)), texts):
        assert read("order", answer, options) == tuple(letters)
    assert read("order", spelled("order", letters), options) == tuple(letters)
    assert not same("order", tuple(letters), (letters[1], letters[0], *letters[2:]))


decimals = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e99, max_value=1e99)


@few
@given(decimals, st.floats(-3e-6, 3e-6))
def test_decimals_are_spelled_alike_only_where_they_are_the_same(value, off) -> None:
    if abs(value) > 1e-99:  # below, text is refused for its digits
        assert same("value", read("value", spelled("value", value)), value)
        assert same("value", read("value", repr(value)), value)
    other = value * (1 + off)
    if spelled("value", other) == spelled("value", value):
        assert same("value", other, value)


@few
@given(st.integers(-999, 999), st.integers(1, 999))
def test_fractions_are_exact(over: int, under: int) -> None:
    assert read("value", f"{over}/{under}") == over / under
    assert read("value", f"{over}%") == over / 100
    assert read("value", f"{over * 10**6:,}.25") == float(f"{over * 10**6}.25")


texts = st.text(max_size=40) | st.text(
    "0123456789.,;:()[]-+*/^%xX×e _\n?≈=abcknpNonei", max_size=25
)
NUMPY = [
    np.zeros(shape, dtype)
    for shape in [(), (0,), (3,), (2, 2), (1, 2, 3), (1, 2, 2, 1), (0, 2), (2, 0)]
    for dtype in [
        "i1",
        "u8",
        "f2",
        "f8",
        "longdouble",
        "c8",
        "?",
        "U3",
        "S3",
        "O",
        "M8[D]",
        "i4,f4",
    ]
]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | texts
    | st.binary(max_size=5) | st.decimals() | st.fractions() | st.just(...)
    | st.sampled_from(NUMPY),
    lambda inner: st.lists(inner, max_size=4)
    | st.tuples(inner, inner)
    | st.dictionaries(st.integers(), inner, max_size=2),
    max_leaves=8,
)  # fmt: skip


def readable(value: object) -> bool:
    """Whether the value is plain data."""
    if isinstance(value, tuple):
        return all(map(readable, value))
    return value is None or type(value) in (int, float, str)


@settings(few, max_examples=200)
@given(st.sampled_from(KINDS), texts | anything)
def test_nothing_but_unreadable_is_raised(kind: str, answer: object) -> None:
    try:
        got = read(kind, answer, OPTIONS)
    except Unreadable as error:
        got = None
        said = str(error)
    else:
        said = spelled(kind, got)
    assert len(said) < 400
    assert readable(got)
    assert got is None or same(kind, got, got)
    again = read(kind, got, OPTIONS)  # what is read is itself an answer
    assert again == got or same(kind, again, got)


class Hostile:
    """Raises whatever it is asked for."""

    def __getattribute__(self, name: str) -> object:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError


class HostileList(list):
    def __iter__(self):
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("kind", KINDS)
def test_an_object_that_raises_is_unreadable(kind: str) -> None:
    for answer in (Hostile(), [Hostile()], HostileList([1])):  # pytest itself would ask them
        with pytest.raises(Unreadable):
            read(kind, answer, OPTIONS)


def test_what_is_spelled() -> None:
    assert spelled("value", 16) == "16"
    assert spelled("value", 16.0) == "16"
    assert spelled("value", 2.5) == "2.5"
    assert spelled("value", 16.00000001) == "16.00000001"
    assert spelled("value", 2 / 3) == "0.6666667"
    assert spelled("value", np.int64(3)) == "3"
    assert spelled("value", math.nan) == "nan"
    assert spelled("value", None) == "..."
    assert spelled("predict", "same") == "same"
    assert spelled("predict", (1, 2.0)) == "(1, 2)"
    assert spelled("shape", (16,)) == "(16,)"
    assert spelled("shape", (None, 16, 16, 32)) == "(None, 16, 16, 32)"
    assert spelled("pads", [[0, 1], [0, 1]]) == "((0, 1), (0, 1))"
    assert spelled("array", ((1, 2), (3, 4))) == "[[1, 2], [3, 4]]"
    assert spelled("array", np.array([1.5, 2])) == "[1.5, 2]"
    assert spelled("choice", "b") == "b"
    assert spelled("order", ("b", "a", "c")) == "b, a, c"
    assert ROUNDING == 1e-6
