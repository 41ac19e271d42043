"""Answers: what a learner typed or computed, as plain values, and whether these are the truth.

Reading is tolerant of form and strict about value: "16 × 16" is (16, 16), but "1,5" is refused, for
it may be meant as 1.5 or as two numbers. Nothing is evaluated, and what is huge is refused early.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from string import ascii_lowercase
from typing import TypeAlias

import numpy as np

from stridelab.errors import StrideLabError, nearest, shown

#: The kinds of answers that are read here (`code` is not).
KINDS = ("value", "shape", "pads", "array", "choice", "order", "predict")

#: Every decimal may be off by this much of the truth: what float arithmetic loses.
ROUNDING = 1e-6

#: A decimal truth of 0 has no relative error: this far from it is rounding as well.
ZERO = Fraction(1, 10**12)

Plain: TypeAlias = "int | float | str | tuple[Plain, ...] | None"

_FORMS = {
    "value": "be one number, such as 16, 2.5, 5/9, 75% or 2^10",
    "shape": "be a shape, such as (16, 16, 32) or 16 x 16 x 32",
    "pads": "be pads before and after, such as (0, 1) or ((0, 1), (0, 1))",
    "array": "be rows of numbers, such as [[1, 2], [3, 4]] or 1 2; 3 4",
    "predict": "be a number, several numbers or a word, such as 16, (16, 32) or smaller",
}

# The largest answers that are read: a lesson's are far below, and all of them take milliseconds.
_ROOM = 20_000  # characters and entries together
_DEPTH = 8  # brackets inside brackets
_CHARACTERS = 120  # of one number or word
_DIGITS = 100


class Unreadable(StrideLabError):  # noqa: N818 - it reads as what an answer is
    """An answer in a form that is not read; its text says which forms are."""


class _UnlikeError(Exception):
    """Why a text or an object is not of the asked form; `read` adds the form itself."""

    def __init__(self, context: str = "", remedy: str = "") -> None:
        super().__init__(context, remedy)
        self.context = context
        self.remedy = remedy


def read(kind: str, answer: object, options: Sequence[str] = ()) -> object:
    """The answer as plain data.

    Numbers become int or float, lists and arrays nested tuples. A `choice` becomes its option's
    letter, an `order` a tuple of letters; None in a `shape` stays (the batch). Text is read in the
    forms that people write: ``16 × 16``, ``1,234``, ``5/9``, ``75%``, ``2^10``, ``1 2; 3 4``.

    The truth is not known here. So four `pads` without inner brackets stay four numbers: which of
    them are pairs depends on a convention (rows first, or all that come before first).

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    answer : object
        A number, text, an array, or tuples and lists of these.
    options : sequence of str
        The options of a `choice` or an `order`, 1 to 26.

    Returns
    -------
    object
        None where the answer is blank: None, ..., no text, "?", an empty list, a list of blanks.

    Raises
    ------
    Unreadable
        For every other form.
    StrideLabError
        For an unknown kind, or a `choice` or `order` without options.

    >>> read("value", "1,234 cells"), read("shape", "? x 16 × 16 x 32")
    (1234, (None, 16, 16, 32))
    >>> read("pads", "1 after, 0 before"), read("array", "1 2; 3 5/2")
    ((0, 1), ((1, 2), (3, 2.5)))
    >>> read("choice", "(B)", ["keep it", "halve it"])
    'b'
    """
    if kind not in KINDS:
        rule = f"be one of {_listed([repr(each) for each in KINDS], 'or')}"
        raise StrideLabError("kind", rule, shown(kind), remedy=nearest(kind, KINDS))
    if kind in ("choice", "order") and not 1 <= len(options) <= len(ascii_lowercase):
        raise StrideLabError("options", "be 1 to 26 texts", f"{len(options)} of them")
    try:
        return _read(kind, answer, options)
    except _UnlikeError as why:
        context, remedy = why.context, why.remedy
    except Exception:  # an object that raises while it is looked at holds no answer
        context, remedy = "", ""
    form = _FORMS[kind] if kind in _FORMS else _form_of_letters(kind, len(options))
    raise Unreadable("answer", form, _shown(answer), context, remedy)


def same(kind: str, answer: object, truth: object, tolerance: float = 0.0) -> bool:
    """Whether a read answer equals the truth.

    A whole truth must be met exactly (16.0 meets 16, 16.4 does not). A truth that is a float may be
    missed by ``max(tolerance, 1e-6) · |truth|``, counted in decimals as they are written, so that
    1.005 is within 0.005 of 1.0. NaN equals NaN alone. A blank equals nothing.

    Brackets that tell nothing are looked past: (16,) is 16 for a `value`, and one row is the list
    of its numbers for an `array`. `pads` in one flat list equal pairs where all are the same number
    only: elsewhere their order cannot be known.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    answer : object
        What `read` returned.
    truth : object
        Numbers, words, and nested tuples and lists of them.
    tolerance : float
        Relative to the truth, for floats.

    Raises
    ------
    StrideLabError
        For a tolerance below 0 or without end.

    >>> same("value", 16.0, 16), same("value", 16.4, 16, 0.1), same("value", 0.56, 5 / 9, 0.01)
    (True, False, True)
    >>> same("array", (1, 2, 3), [[1, 2, 3]]), same("pads", (0, 1, 0, 1), ((0, 1), (0, 1)))
    (True, False)
    """
    if not 0 <= tolerance < math.inf:
        raise StrideLabError("tolerance", "be at least 0 and finite", shown(tolerance))
    given, true = _frozen(answer), _frozen(truth)
    if given is None:
        return False
    within = max(_exactly(float(tolerance)), _exactly(ROUNDING))
    if kind in ("value", "predict"):
        given, true = _unwrapped(given), _unwrapped(true)
    elif kind == "shape":
        given, true = _as_tuple(given), _as_tuple(true)
    elif kind == "array":
        given, true = _as_rows(given), _as_rows(true)
    elif kind == "pads":
        given, true = _without_outer(given), _without_outer(true)
        flat, pads = _leaves(given), _leaves(true)
        if len(flat) == len(pads) and len(set(pads)) == 1:
            given, true = flat, pads
    return _equal(given, true, within)


def spelled(kind: str, value: object) -> str:
    """The value as a learner would write it; `read` reads it back.

    Decimals have 7 digits: two that `same` tells apart are never spelled alike.

    >>> spelled("value", 16.0), spelled("value", 5 / 9), spelled("shape", (None, 16, 16))
    ('16', '0.5555556', '(None, 16, 16)')
    >>> spelled("array", ((1, 2), (3, 4))), spelled("order", ("b", "a", "c"))
    ('[[1, 2], [3, 4]]', 'b, a, c')
    """
    plain = _frozen(value)
    if plain is None:
        return "..."
    if kind == "order" and isinstance(plain, tuple):
        return ", ".join(map(str, plain))
    return _spelled(plain, "[]" if kind == "array" else "()")


# --- reading ---------------------------------------------------------------------------------


def _read(kind: str, answer: object, options: Sequence[str]) -> Plain:
    if kind in ("choice", "order"):
        plain = _tree(answer, [_ROOM], _as_it_is, _as_it_is)
        if _blank(plain):
            return None
        names = [_tidy(option) for option in options]
        return _choice(_unwrapped(plain), names) if kind == "choice" else _order(plain, names)
    from_text, finished = _READERS[kind]
    plain = _tree(answer, [_ROOM], from_text, _entry)
    return None if _blank(plain) else finished(plain)


def _tree(
    value: object,
    room: list[int],
    top: Callable[[str], Plain],
    inner: Callable[[str], Plain],
    depth: int = 0,
) -> Plain:
    """Numbers and nested tuples of them; `top` reads a text, `inner` one inside a list.

    `room` holds how many characters and entries may still come.
    """
    if depth > _DEPTH:
        raise _UnlikeError(f"it has over {_DEPTH} brackets inside each other")
    room[0] -= len(value) if isinstance(value, (str, tuple, list)) else 1
    if room[0] < 0:
        raise _UnlikeError("it is too long")
    if value is None or value is Ellipsis:
        return None
    if isinstance(value, str):
        text = _tidy(value)
        return None if text.lstrip("=≈~ ") in _BLANKS else top(text)
    if isinstance(value, (bool, np.bool_)):
        raise _UnlikeError("True and False are not numbers")
    if isinstance(value, (tuple, list)):
        inside = top if len(value) == 1 else inner  # ["16x16"] is "16x16"
        return tuple(_tree(each, room, inside, inner, depth + 1) for each in value)
    if isinstance(value, (np.ndarray, np.generic)):
        if value.size > room[0]:
            raise _UnlikeError("it is too long")
        if value.size == 0:
            return None  # tolist would make a list for each of, say, a billion empty rows
        if value.dtype.kind not in "iufOU":
            raise _UnlikeError(f"it holds {value.dtype}")
        if value.dtype.kind == "f":
            value = value.astype(np.float64)  # tolist leaves a longdouble as it is
        return _tree(value.tolist(), room, top, inner, depth)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, int):
        return _short(int(value))
    if isinstance(value, Rational):
        return _plainly(Fraction(int(value.numerator), int(value.denominator)))
    if isinstance(value, Decimal):
        return _number(str(value))
    raise _UnlikeError()


def _blank(plain: Plain) -> bool:
    """Also a list of blanks: a lesson's ``my_pads = (None, None)`` before it is answered."""
    return plain is None or (isinstance(plain, tuple) and all(map(_blank, plain)))


_BLANKS = ("", "...", "…", "?")

# What editors and keyboards make of a minus, a fraction's bar and a times; and what cannot be seen.
_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "‑": "-", "﹣": "-", "－": "-", "⁄": "/", "∕": "/"}
    | {"✕": "×", "⨯": "×", "\u200b": None, "\ufeff": None, "\u2060": None}
)


def _tidy(text: str) -> str:
    """The text with single spaces, plain signs and without quotes around it."""
    text = re.sub(r"[^\S\n]+", " ", str(text).translate(_SIGNS))
    text = re.sub(r" ?\n\s*", "\n", text).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"`":
        text = text[1:-1].strip()
    return text


# --- numbers ---------------------------------------------------------------------------------

_DECIMAL = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_GROUPED = r"[1-9][0-9]{0,2}(?P<gap>[, _])[0-9]{3}(?:(?P=gap)[0-9]{3})*(?:\.[0-9]*)?"
_SIGN = r"(?P<sign>[+-]?) ?"
_AMOUNT = re.compile(rf"{_SIGN}(?P<number>{_GROUPED}|{_DECIMAL}) ?(?P<percent>%?)")
_FRACTION = re.compile(rf"{_SIGN}(?P<over>{_DECIMAL}) ?/ ?(?P<under>[+-]?{_DECIMAL})")
_POWER = re.compile(rf"{_SIGN}(?P<base>{_DECIMAL}) ?(?:\^|\*\*) ?(?P<exponent>[+-]?[0-9]+)")
_DIGITS_ALONE = re.compile(r"[+-]?[0-9]+")
_ENDLESS = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_COMMA = re.compile(r"([+-]?) ?([0-9]+),([0-9]+)")

_TOO_MANY_DIGITS = f"it has over {_DIGITS} digits"


def _number(text: str) -> int | float:
    """One number; a whole one is an int, however it is written."""
    if len(text) > _CHARACTERS:
        raise _UnlikeError("it is too long for a number")
    text = text.strip()
    if _DIGITS_ALONE.fullmatch(text):
        return _short(int(text))  # the forms below take ten times as long, and arrays are long
    if _ENDLESS.fullmatch(text):
        return float(text)
    if found := _AMOUNT.fullmatch(text):
        value = _decimal(re.sub("[, _]", "", found["number"]))
        value /= 100 if found["percent"] else 1
    elif found := _FRACTION.fullmatch(text):
        under = _decimal(found["under"])
        if under == 0:
            raise _UnlikeError("nothing can be divided by 0")
        value = _decimal(found["over"]) / under
    elif found := _POWER.fullmatch(text):
        value = _power(_decimal(found["base"]), found["exponent"])
    elif found := _COMMA.fullmatch(text):
        raise _UnlikeError(
            "a comma stands before groups of three digits", f"Write {_point(found)}."
        )
    elif re.search(r"[0-9][^\W\d_]+$", text):
        raise _UnlikeError(remedy="Write the number out in digits, with a space before its unit.")
    else:
        raise _UnlikeError()
    return _plainly(-value if found["sign"] == "-" else value)


def _point(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}.{found[3]}"


def _decimal(text: str) -> Fraction:
    exponent = text.lower().partition("e")[2]
    if exponent and (len(exponent) > 5 or abs(int(exponent)) > _DIGITS):
        raise _UnlikeError(_TOO_MANY_DIGITS)  # before 1e999999999 is written out
    return Fraction(text)


def _power(base: Fraction, exponent: str) -> Fraction:
    if len(exponent) > 5:
        raise _UnlikeError(_TOO_MANY_DIGITS)
    times = int(exponent)
    longest = max(base.numerator, base.denominator).bit_length()
    if longest * abs(times) > 8 * _DIGITS:  # a digit takes 3.3 bits
        raise _UnlikeError(_TOO_MANY_DIGITS)
    if base == 0 and times < 0:
        raise _UnlikeError("nothing can be divided by 0")
    return base**times


def _plainly(value: Fraction) -> int | float:
    whole = _short(int(value))
    return whole if value.denominator == 1 else float(value)


def _short(value: int) -> int:
    if abs(value) >= 10**_DIGITS:
        raise _UnlikeError(_TOO_MANY_DIGITS)
    return value


# --- numbers in text -------------------------------------------------------------------------

_UNIT = re.compile(r"(.*[0-9.)\]]) ([^\W\d_]+)|(.*[0-9.)\]])(px)", re.DOTALL | re.IGNORECASE)
_NO_UNITS = {"none", "x", "e", "nan", "inf", "infinity"}
_MULTIPLIERS = {"k", "K", "M", "G", "T", "hundred", "thousand", "million", "billion", "dozen"} | {
    "half",
    "halves",
    "thirds",
    "quarters",
}

# What a cell prints: np.int64(3), array([1, 2]), array([1., 2.], dtype=float32).
_PRINTED_NUMBER = re.compile(r"\b(?:np\.|numpy\.)?(?:u?int|float)[0-9]{1,2}\(([^()]*)\)")
_PRINTED_ARRAY = re.compile(r"\b(?:np\.|numpy\.)?array\(([^()]*?)(?:, ?dtype=[^()]*)?\)")


_SEPARATORS = re.compile(r"[\s,(\[]")


def _bare(text: str) -> str:
    """The text without what stands around its numbers: "≈", a unit, what NumPy prints."""
    text = re.sub(r"^[=≈~]{1,2}\s*", "", text)
    text = _PRINTED_NUMBER.sub(r"\1", text)
    text = _PRINTED_ARRAY.sub(r"\1", text)
    text = re.sub(r" ?per ?cent$", "%", text, flags=re.IGNORECASE)
    if found := _UNIT.fullmatch(text):
        number, unit = found[1] or found[3], found[2] or found[4]
        if unit in _MULTIPLIERS:
            raise _UnlikeError(f"{unit} multiplies", "Write the number out in digits.")
        if unit.lower() not in _NO_UNITS:
            return number
    return text


def _value_in(text: str) -> Plain:
    text = _bare(text)
    return _sequence(text) if text[:1] in ("(", "[") else _number(text)


def _shape_in(text: str) -> Plain:
    return _sequence(_times_as_commas(_bare(text)))


def _predict_in(text: str) -> Plain:
    bare = _bare(text)
    try:
        return _number(bare)
    except _UnlikeError as why:
        if bare[0].isalpha():
            return _word(text)
        if found := _COMMA.fullmatch(bare):
            two = f"({found[1]}{found[2]}, {found[3]})"
            remedy = f"Write {_point(found)} for one number, {two} for two."
            raise _UnlikeError(why.context, remedy) from None
        if why.remedy or not _SEPARATORS.search(_times_as_commas(bare)):
            raise
    return _sequence(_times_as_commas(bare))


def _word(text: str) -> str:
    if len(text) > _CHARACTERS:
        raise _UnlikeError("it is too long for a word")
    return " ".join(text.lower().split())


def _pads_in(text: str) -> Plain:
    return _pair_in_words(text) or _rows(_bare(text))


def _entry(text: str) -> Plain:
    """A text inside a list: a number, or several of them, such as a row."""
    text = _bare(text)
    try:
        return _number(text)
    except _UnlikeError as why:
        if why.remedy or not _SEPARATORS.search(text):
            raise
        return _sequence(text)


def _as_it_is(text: str) -> Plain:
    return text


def _times_as_commas(text: str) -> str:
    text = re.sub(r" ?× ?| ?(?<!\*)\*(?!\*) ?", ",", text)  # but 2**10 is a power
    return re.sub(r"(?<=[0-9?eE.)]) ?[xX] ?(?=[0-9?nN(])", ",", text)


_SIDES = re.compile(
    r"(?P<name>before|after) ?[:=]? ?(?P<number>\S+?) ?(?:[,;&\n]|\band\b)? ?"
    r"(?P<name2>before|after) ?[:=]? ?(?P<number2>\S+)"
    r"|(?P<number3>\S+) (?P<name3>before|after) ?(?:[,;&\n]|\band\b)? ?"
    r"(?P<number4>\S+) (?P<name4>before|after)"
)


def _pair_in_words(text: str) -> Plain:
    """ "0 before and 1 after" as (0, 1), also the other way round; None for other text."""
    if len(text) > _CHARACTERS or not (found := _SIDES.fullmatch(text.lower())):
        return None
    first, second = found["name"] or found["name3"], found["name2"] or found["name4"]
    if first == second:
        raise _UnlikeError(f"{first} stands there twice")
    pair = (
        _number(found["number"] or found["number3"]),
        _number(found["number2"] or found["number4"]),
    )
    return pair if first == "before" else pair[::-1]


def _rows(text: str) -> Plain:
    """Rows in brackets, or separated by semicolons or lines; one row is a flat tuple."""
    if found := re.fullmatch(r"[\[(]([^\[\]()]*;[^\[\]()]*)[\])]", text):
        text = found[1]  # [1 2; 3 4]
    if re.search(r"[\[\]()]", text):
        return _sequence(text)
    rows = [_sequence(row) for row in re.split(r"[;\n]", text) if row.strip()]
    return rows[0] if len(rows) == 1 else tuple(rows)


_PARTNERS = {")": "(", "]": "["}


def _sequence(text: str) -> Plain:
    """Nested brackets of numbers, with commas or spaces between; the outer ones may be missing."""
    levels: list[tuple[str, list[Plain]]] = [("", [])]
    may_be_comma = False  # neither first nor after another comma
    for token in re.findall(r"[()\[\],]|[^\s()\[\],]+", text):
        opener, entries = levels[-1]
        if token in ("(", "["):
            if len(levels) > _DEPTH:
                raise _UnlikeError(f"it has over {_DEPTH} brackets inside each other")
            levels.append((token, []))
        elif token in _PARTNERS:
            if opener != _PARTNERS[token]:
                raise _UnlikeError("a bracket is closed that is not open")
            levels.pop()
            levels[-1][1].append(tuple(entries))
        elif token == ",":
            if not may_be_comma:
                raise _UnlikeError("a comma follows no number")
        elif token in _BLANKS or token.lower() == "none":
            entries.append(None)
        else:
            entries.append(_number(token))
        may_be_comma = token not in ("(", "[", ",")
    if len(levels) > 1:
        raise _UnlikeError("a bracket is not closed")
    whole = levels[0][1]
    return whole[0] if len(whole) == 1 and isinstance(whole[0], tuple) else tuple(whole)


# --- each kind's form ------------------------------------------------------------------------


def _one_number(plain: Plain) -> Plain:
    plain = _unwrapped(plain)
    if isinstance(plain, tuple):
        raise _UnlikeError(f"it has {len(plain)} entries")
    return plain


def _numbers_or_word(plain: Plain) -> Plain:
    plain = _unwrapped(plain)
    if isinstance(plain, tuple):
        _refuse_blanks(plain)
    return plain


def _shape(plain: Plain) -> Plain:
    while isinstance(plain, tuple) and len(plain) == 1 and isinstance(plain[0], tuple):
        plain = plain[0]  # Keras' input layers list their one shape
    flat = _as_tuple(plain)
    if any(isinstance(each, tuple) for each in flat):
        raise _UnlikeError("it has brackets inside brackets")
    return flat


def _pads(plain: Plain) -> Plain:
    if not isinstance(plain, tuple):
        raise _UnlikeError("it has one number", "Write both sides, before and after.")
    _refuse_blanks(plain)
    flat = not any(isinstance(each, tuple) for each in plain)
    if flat and len(plain) % 2:
        raise _UnlikeError(f"it has {len(plain)} numbers")
    if not flat and not all(isinstance(each, tuple) and _is_pair(each) for each in plain):
        raise _UnlikeError("each inner bracket holds one axis' two pads")
    return plain


def _is_pair(plain: tuple[Plain, ...]) -> bool:
    return len(plain) == 2 and not any(isinstance(each, tuple) for each in plain)


def _array(plain: Plain) -> Plain:
    whole = _as_tuple(plain)
    _refuse_blanks(whole)
    axes = _axes(whole)
    # By turns, the last first: (1, 3, 1, 1) is a column in a batch with one channel, (1, 1, 3, 1) a
    # row, and (1, 3, 1) a row with one channel.
    while len(axes) > 2 and 1 in (axes[0], axes[-1]):
        if axes[-1] == 1:
            whole, axes = _without_last(whole, len(axes)), axes[:-1]
        if len(axes) > 2 and axes[0] == 1:
            (first,) = whole
            whole, axes = _as_tuple(first), axes[1:]
    if len(axes) > 2:
        raise _UnlikeError(f"its shape is {axes}", "Write one picture of one channel.")
    return whole


def _axes(whole: Plain) -> tuple[int, ...]:
    """The shape of nested tuples."""
    if not isinstance(whole, tuple):
        return ()
    inner = [_axes(each) for each in whole]
    for number, axes in enumerate(inner, 1):
        if axes != inner[0]:
            raise _UnlikeError(f"row {number} is not as long as row 1")
    return (len(whole), *inner[0])


def _without_last(plain: Plain, axes: int) -> tuple[Plain, ...]:
    whole = _as_tuple(plain)
    if axes == 2:
        return tuple(_as_tuple(each)[0] for each in whole)
    return tuple(_without_last(each, axes - 1) for each in whole)


def _refuse_blanks(plain: tuple[Plain, ...]) -> None:
    for each in plain:
        if each is None or each == ():
            raise _UnlikeError("a part of it is blank")
        if isinstance(each, tuple):
            _refuse_blanks(each)


_READERS: dict[str, tuple[Callable[[str], Plain], Callable[[Plain], Plain]]] = {
    "value": (_value_in, _one_number),
    "shape": (_shape_in, _shape),
    "pads": (_pads_in, _pads),
    "array": (lambda text: _rows(_bare(text)), _array),
    "predict": (_predict_in, _numbers_or_word),
}


# --- letters ---------------------------------------------------------------------------------


def _choice(plain: Plain, names: Sequence[str]) -> str:
    """The letter that a letter, a number from 1 on, or an option's text stands for."""
    if isinstance(plain, float) and plain.is_integer():
        plain = int(plain)
    if plain is None or isinstance(plain, (tuple, float)):
        raise _UnlikeError()
    said = str(plain)
    if len(said) > _ROOM:
        raise _UnlikeError()
    letters = ascii_lowercase[: len(names)]
    folded = [_folded(name) for name in names]
    if found := re.fullmatch(r"[(\[]?([a-z])[)\].:]?", said.lower()):
        if found[1] not in letters:
            raise _UnlikeError(f"there is no option {found[1]}")
        return found[1]
    meant = {letter for letter, name in zip(letters, folded, strict=True) if name == _folded(said)}
    if found := re.fullmatch(r"\(?0*([0-9]{1,2})[).]?", said):
        number = int(found[1])
        meant |= {letters[number - 1]} if 1 <= number <= len(letters) else set()
    if found := re.fullmatch(r"\(?([a-z]) ?[).:–-] ?(.+)", said, re.DOTALL | re.IGNORECASE):
        at = letters.find(found[1].lower())
        meant |= {letters[at]} if at >= 0 and folded[at] == _folded(found[2]) else set()
    if len(meant) > 1:
        raise _UnlikeError("it may be more than one option", "Write the option's letter.")
    if not meant:
        raise _UnlikeError()
    return meant.pop()


def _folded(text: str) -> str:
    """The text in lower case, without backticks and a full stop at its end."""
    return " ".join(text.casefold().replace("`", "").split()).rstrip(" .")


def _order(plain: Plain, names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(plain, tuple) and len(plain) == 1:
        plain = plain[0]
    pieces = _pieces(plain) if isinstance(plain, str) else plain
    if not isinstance(pieces, tuple) or len(pieces) > 2 * len(ascii_lowercase):
        raise _UnlikeError()
    said = tuple(_choice(_unwrapped(each), names) for each in pieces)
    letters = ascii_lowercase[: len(names)]
    missing = [letter for letter in letters if letter not in said]
    double = [letter for letter in letters if said.count(letter) > 1]
    wrong = [
        f"{_listed(each)} {'is' if len(each) == 1 else 'are'} {what}"
        for each, what in ((missing, "missing"), (double, "there more than once"))
        if each
    ]
    if wrong:
        raise _UnlikeError(", ".join(wrong))
    return said


def _pieces(text: str) -> tuple[str, ...]:
    """The text cut at commas, arrows and lines; else at spaces; else into its letters."""
    if found := re.fullmatch(r"\[(.*)\]|\((.*[ ,].*)\)", text, re.DOTALL):
        text = found[1] or found[2] or ""
    strong = re.split(r"\s*(?:->|=>|[,;>→\n])\s*", text.strip(" ,;"))
    if len(strong) > 1:
        return tuple(_tidy(each) for each in strong)
    weak = re.split(r"[ -]+", text.strip())
    if len(weak) > 1:
        return tuple(weak)
    return tuple(text) if re.fullmatch(r"[A-Za-z]+|[1-9]+", text) else (text,)


def _form_of_letters(kind: str, count: int) -> str:
    letters = ascii_lowercase[:count]
    if kind == "choice":
        return f"be {'one of the letters' if count > 1 else 'the letter'} {_listed(letters, 'or')}"
    such = f", such as {', '.join(letters)}" if count > 1 else ""
    return f"name {'each of ' if count > 1 else ''}{_listed(letters)} once{such}"


def _listed(words: Sequence[str], last: str = "and") -> str:
    *first, end = words or ("",)
    return f"{', '.join(first)} {last} {end}" if first else end


# --- comparing and spelling --------------------------------------------------------------------


def _frozen(value: object) -> Plain:
    """Lists as tuples and NumPy's numbers as Python's."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (tuple, list)):
        return tuple(map(_frozen, value))
    if value is None or isinstance(value, (int, float, str)):
        return value
    return _plainly(Fraction(value)) if isinstance(value, (Fraction, Decimal)) else str(value)


def _unwrapped(plain: Plain) -> Plain:
    while isinstance(plain, tuple) and len(plain) == 1:
        plain = plain[0]
    return plain


def _as_tuple(plain: Plain) -> tuple[Plain, ...]:
    return plain if isinstance(plain, tuple) else (plain,)


def _as_rows(plain: Plain) -> tuple[Plain, ...]:
    whole = _as_tuple(plain)
    return whole if any(isinstance(each, tuple) for each in whole) else (whole,)


def _without_outer(plain: Plain) -> Plain:
    """((0, 1),) is the pair of the one axis that there is."""
    if isinstance(plain, tuple) and len(plain) == 1 and isinstance(plain[0], tuple):
        return plain[0]
    return plain


def _leaves(plain: Plain) -> tuple[Plain, ...]:
    if isinstance(plain, tuple):
        return tuple(leaf for each in plain for leaf in _leaves(each))
    return (plain,)


def _equal(answer: Plain, truth: Plain, within: Fraction) -> bool:
    if isinstance(answer, tuple) and isinstance(truth, tuple):
        pairs = zip(answer, truth, strict=False)
        return len(answer) == len(truth) and all(_equal(a, t, within) for a, t in pairs)
    if isinstance(answer, str) and isinstance(truth, str):
        return _folded(answer) == _folded(truth)
    if answer is None and truth is None:
        return True  # the batch in a shape
    if isinstance(answer, (int, float)) and isinstance(truth, (int, float)):
        return not isinstance(answer, bool) and _close(answer, truth, within)
    return False


def _close(answer: int | float, truth: int | float, within: Fraction) -> bool:
    if isinstance(truth, int) or answer == truth:
        return answer == truth
    if math.isnan(truth):
        return math.isnan(answer)
    if math.isinf(truth) or math.isnan(answer) or math.isinf(answer):
        return False
    true = _exactly(truth)
    return abs(_exactly(answer) - true) <= max(within * abs(true), ZERO)


def _exactly(value: int | float) -> Fraction:
    """The decimal that is written: 1.005 − 1.0 is 0.005, which it is not in binary."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _spelled(plain: Plain, brackets: str) -> str:
    if isinstance(plain, tuple):
        comma = "," if len(plain) == 1 and brackets == "()" else ""
        inner = ", ".join(_spelled(each, brackets) for each in plain)
        return f"{brackets[0]}{inner}{comma}{brackets[1]}"
    if not isinstance(plain, float):
        return str(plain)
    if plain.is_integer() and abs(plain) < 1e15:
        return str(int(plain))
    text = f"{plain:.7g}"
    # 16.0000001 is not 16, and must not look like it.
    return repr(plain) if float(text).is_integer() and not plain.is_integer() else text


class _Short(reprlib.Repr):
    """repr without going through a million entries."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxlist = self.maxtuple = 16
        self.maxstring = self.maxother = 80

    def repr_ndarray(self, value: np.ndarray, level: int) -> str:
        return repr(value) if value.size <= 100 else f"an array of shape {value.shape}"


def _shown(answer: object) -> str:
    try:
        if isinstance(answer, int):
            return shown(answer)
        text = re.sub(r"\n\s*", " ", _Short().repr(answer))
    except Exception:  # an answer that cannot be shown is refused all the same
        text = f"an object of type {type(answer).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."
