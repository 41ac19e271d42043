"""An instructor's view: learners' exported files as one table, its misconceptions and its tests.

`gathered` turns files into data; `as_text`, `as_html` and `as_csv` render it. Nothing is kept, and
the page loads nothing from anywhere.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files as resources
from pathlib import Path

from stridelab.errors import StrideLabError, shown
from stridelab.practice.bank import bank, beliefs, topics
from stridelab.practice.sessions import DASH, Share, share, share_of_test
from stridelab.practice.store import Attempt, Exported
from stridelab.theme.palette import LEVELS, css_variables

#: Characters of a name that are shown; of these a terminal's table has room for the first ones.
LONGEST = 60
_WIDTH = 24
#: Misconceptions that a terminal shows.
_MOST = 10


#: Signs that join letters of many scripts; they print nothing by themselves.
_JOINERS = "\u200c\u200d"
#: What makes a spreadsheet compute a cell, in narrow and wide signs.
_FORMULA = tuple("=+-@＝＋－＠")


@dataclass(frozen=True)
class Row:
    """One learner in one topic.

    Parameters
    ----------
    topic : str
        Its name.
    problems, met, solved : int
        How many it has, how many of them were tried, and how many of those were answered right.
    attempts : int
        Answers, right and wrong.
    first : Share
        Of the first answers to each problem, in practice or in a test.
    before, after : Share
        Of the first answers in the pre-test and in the post-test.
    belief : str
        The commonest misconception's id; empty without one.
    """

    topic: str
    problems: int
    met: int
    solved: int
    attempts: int
    first: Share
    before: Share
    after: Share
    belief: str = ""


@dataclass(frozen=True)
class Learner:
    """One learner: a row a topic, and both tests as a whole."""

    name: str
    rows: tuple[Row, ...]
    before: Share
    after: Share

    @property
    def gain(self) -> int | None:
        """Percentage points from the pre-test to the post-test; None where one is missing."""
        if self.before.value is None or self.after.value is None:
            return None
        return round(100 * (self.after.value - self.before.value))


@dataclass(frozen=True)
class Held:
    """A misconception: who holds it, in how many answers, and at which problems."""

    belief: str
    claim: str
    learners: int
    answers: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Classroom:
    """All learners.

    Parameters
    ----------
    learners : tuple of Learner
        By name, and then those without one.
    held : tuple of Held
        The misconception of the most learners first, then of the most answers.
    left_out : int
        Answers to problems that this version does not have.
    """

    learners: tuple[Learner, ...]
    held: tuple[Held, ...]
    left_out: int = 0


# --- data -----------------------------------------------------------------------------------------


def gathered(exported: Sequence[Exported], names: bool = True) -> Classroom:
    """The files' learners; files that share an attempt are one learner's, without doubles.

    Parameters
    ----------
    exported : sequence of Exported
        What `stridelab.practice.store.read` gave, in any order.
    names : bool
        Whether learners go by the names in their files. Those without go by "learner 1", …: in the
        order of their first answers, so that a number stays when a newer file takes an older's
        place.

    >>> gathered([Exported("", ())]).learners[0].name
    'learner 1'
    """
    people = sorted((_person(group) for group in _groups(exported)), key=_began)
    labels = _labels([name if names else "" for name, _ in people])
    named = [(label, tried) for label, (_, tried) in zip(labels, people, strict=True)]
    if names:  # with a stable sort, those without a name stay in the order of their numbers
        has_name = {label: bool(name) for label, (name, _) in zip(labels, people, strict=True)}
        named.sort(key=lambda one: (0, one[0].casefold()) if has_name[one[0]] else (1, ""))
    known = [(name, [one for one in tried if one.problem in bank()]) for name, tried in named]
    count = sum(len(tried) for _, tried in named) - sum(len(tried) for _, tried in known)
    return Classroom(tuple(_learner(*one) for one in known), _held(known), count)


def _groups(exported: Sequence[Exported]) -> list[list[Exported]]:
    """The files that belong together, as they share attempts."""
    groups: list[tuple[set[str], list[Exported]]] = []
    for file in exported:
        ids, group = {one.id for one in file.attempts}, [file]
        apart = []
        for other_ids, other in groups:
            if ids & other_ids:
                ids, group = ids | other_ids, [*other, *group]
            else:
                apart.append((other_ids, other))
        groups = [*apart, (ids, group)]
    return [group for _, group in groups]


def _person(group: Sequence[Exported]) -> tuple[str, list[Attempt]]:
    """Name and attempts, the oldest first; files under two names show both."""
    names = sorted({name for file in group if (name := _clean(file.learner))})
    unique = {one.id: one for file in group for one in file.attempts}
    return " / ".join(names), sorted(unique.values(), key=_moment)


def _clean(name: str) -> str:
    """A name in one line, without signs that would steer a terminal or turn the text round."""
    printed = "".join(
        sign for sign in name if sign.isprintable() or sign.isspace() or sign in _JOINERS
    )
    return _cut(" ".join(printed.split()), LONGEST)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _moment(one: Attempt) -> tuple[datetime.datetime, str]:
    return datetime.datetime.fromisoformat(one.at), one.id


def _began(person: tuple[str, list[Attempt]]) -> tuple[bool, datetime.datetime, str]:
    """Those who have not begun come last."""
    name, tried = person
    if not tried:
        return True, datetime.datetime.max.replace(tzinfo=datetime.UTC), name
    return False, *_moment(tried[0])


def _labels(names: Sequence[str]) -> list[str]:
    """A label each, no two alike: two learners of one name are told apart by numbers."""
    labels: list[str] = []
    number = 0
    for name in names:
        number += not name
        label = wanted = name or f"learner {number}"
        turn = 1
        while label in labels:
            turn += 1
            label = f"{wanted} ({turn})"
        labels.append(label)
    return labels


def _learner(name: str, tried: Sequence[Attempt]) -> Learner:
    rows = tuple(_row(topic, tried) for topic in topics())
    return Learner(name, rows, share_of_test(tried, "pre-test"), share_of_test(tried, "post-test"))


def _row(topic: str, tried: Sequence[Attempt]) -> Row:
    problems = {id for id, one in bank().items() if one.topic == topic}
    own = [one for one in tried if one.problem in problems]
    first = {one.problem: one.status for one in reversed(own)}
    solved = {one.problem for one in own if one.status == "correct"}
    held = Counter(name for one in own for name in _known(one))
    return Row(
        topic,
        len(problems),
        len(first),
        len(solved),
        len(own),
        share(first.values()),
        share_of_test(own, "pre-test"),
        share_of_test(own, "post-test"),
        held.most_common(1)[0][0] if held else "",
    )


def _known(one: Attempt) -> list[str]:
    """The misconceptions of an answer, each once."""
    return [name for name in dict.fromkeys(one.beliefs) if name in beliefs()]


def _held(people: Sequence[tuple[str, Sequence[Attempt]]]) -> tuple[Held, ...]:
    found: dict[str, list[tuple[str, str]]] = {}
    for name, tried in people:
        for one in tried:
            for belief in _known(one):
                found.setdefault(belief, []).append((name, one.problem))
    held = []
    for belief, answers in found.items():
        met = {problem for _, problem in answers}
        problems = tuple(id for id in bank() if id in met)
        learners = len({name for name, _ in answers})
        held.append(Held(belief, beliefs()[belief].claim, learners, len(answers), problems))
    return tuple(sorted(held, key=lambda one: (-one.learners, -one.answers, one.belief)))


# --- text -----------------------------------------------------------------------------------------


def as_text(classroom: Classroom) -> str:
    """The summary for a terminal: a line a learner and topic that was begun."""
    lines = [_headline(classroom), "", *_text_topics(classroom), ""]
    lines.append("Misconceptions, the commonest first:")
    for one in classroom.held[:_MOST]:
        counts = f"{_count(one.learners, 'learner')}, {_count(one.answers, 'answer')}"
        lines.append(f"  {counts} as if {one.claim}: {', '.join(one.problems)}")
    if not classroom.held:
        lines.append("  none")
    if len(classroom.held) > _MOST:
        lines.append(f"  and {len(classroom.held) - _MOST} more, which the page of --html lists")
    lines += ["", f"{'learner':<{_WIDTH}} {'pre-test':>16} {'post-test':>16} {'difference':>12}"]
    for learner in classroom.learners:
        shares = f"{learner.before!s:>16} {learner.after!s:>16}"
        lines.append(f"{_cut(learner.name, _WIDTH):<{_WIDTH}} {shares} {_gain(learner):>12}")
    return "\n".join(lines)


def _text_topics(classroom: Classroom) -> list[str]:
    heads = f"{'solved':>7} {'met':>5} {'of':>5}   first right"
    lines = [f"{'learner':<{_WIDTH}} {'topic':<14} {heads}"]
    for learner in classroom.learners:
        name = f"{_cut(learner.name, _WIDTH):<{_WIDTH}}"
        begun = [row for row in learner.rows if row.attempts]
        for row in begun:
            counts = f"{row.solved:>7} {row.met:>5} {row.problems:>5}   {row.first}"
            lines.append(f"{name} {row.topic:<14} {counts}")
        if not begun:
            lines.append(f"{name} nothing answered yet")
    return lines


def _headline(classroom: Classroom) -> str:
    answers = sum(row.attempts for learner in classroom.learners for row in learner.rows)
    text = f"{_count(len(classroom.learners), 'learner')}, {_count(answers, 'answer')}."
    if classroom.left_out:
        left = _count(classroom.left_out, "answer")
        text += f" Left out: {left} to problems that this version does not have."
    return text


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _gain(learner: Learner) -> str:
    if learner.gain is None:
        return DASH
    sign = "+" if learner.gain > 0 else "−" if learner.gain < 0 else ""
    return f"{sign}{_count(abs(learner.gain), 'point')}"


# --- CSV ------------------------------------------------------------------------------------------

_COLUMNS = (
    "learner", "topic", "problems", "met", "solved", "attempts", "first_right", "pre_right",
    "post_right", "belief",
)  # fmt: skip


def as_csv(classroom: Classroom) -> str:
    """A row a learner and topic; shares from 0 to 1, empty where there is none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for learner in classroom.learners:
        for row in learner.rows:
            counts = (row.problems, row.met, row.solved, row.attempts)
            shares = (_decimal(one) for one in (row.first, row.before, row.after))
            writer.writerow((_inert(learner.name), row.topic, *counts, *shares, row.belief))
    return out.getvalue()


def _decimal(share: Share) -> str:
    return "" if share.value is None else f"{share.value:.4g}"


def _inert(text: str) -> str:
    """The text as a spreadsheet shows it and computes nothing."""
    return f"'{text}" if text.startswith(_FORMULA) else text


# --- HTML -----------------------------------------------------------------------------------------


def as_html(classroom: Classroom) -> str:
    """One page that needs no other file, for screens light and dark and for paper."""
    body = "\n".join(
        (
            f"<h1>StrideLab: the class</h1>\n<p>{escape(_headline(classroom))}</p>",
            _part("Topics", _html_solved(classroom)),
            _part("First answers", _html_first(classroom), _legend()),
            _part("Misconceptions", _html_held(classroom)),
            _part("Before and after", _html_tests(classroom)),
        )
    )
    dark = (
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {css_variables('dark')} }} }}"
    )
    steps = "\n".join(
        f".v{n} {{ background: var(--sl-output-{n}); color: var(--sl-output-{n}-on); }}"
        for n in range(LEVELS)
    )
    return page("StrideLab: the class", f"{dark}\n{asset('classroom.css')}{steps}", body)


def _part(title: str, *parts: str) -> str:
    return "\n".join((f"<section>\n<h2>{title}</h2>", *parts, "</section>"))


def _html_solved(classroom: Classroom) -> str:
    rows = [
        [_name(learner), *(_solved(row) for row in learner.rows)] for learner in classroom.learners
    ]
    caption = "Problems solved/met, of all that the topic has"
    return _table(caption, ["Learner", *topics()], rows, "topics")


def _solved(row: Row) -> str:
    return f"<td>{row.solved}/{row.met} <small>of {row.problems}</small></td>"


def _html_first(classroom: Classroom) -> str:
    rows = [
        [_name(learner), *(_heat(row.first) for row in learner.rows)]
        for learner in classroom.learners
    ]
    caption = (
        f"The share right of first answers to each problem, in practice or a test; {DASH} where "
        "nothing was answered"
    )
    return _table(caption, ["Learner", *topics()], rows, "heat")


def _heat(share: Share) -> str:
    if share.value is None:
        return f"<td>{DASH}</td>"
    small = f"<small>{share.right} of {share.of}</small>"
    return f'<td class="v{_level(share.value)}">{share.value:.0%} {small}</td>'


def _level(share: float) -> int:
    return round(share * (LEVELS - 1))


def _legend() -> str:
    steps = "".join(
        f'<li class="v{_level(share)}">{share:.0%}</li>' for share in (0, 0.25, 0.5, 0.75, 1)
    )
    text = '<p id="scale">The stronger the green, the more are right:</p>'
    return f'{text}\n<ul class="scale" aria-labelledby="scale">{steps}</ul>'


def _html_held(classroom: Classroom) -> str:
    if not classroom.held:
        return "<p>No answer showed one.</p>"
    rows = [
        [
            f'<th scope="row" class="claim">{_as_code(one.claim)}</th>',
            f"<td>{one.learners}</td><td>{one.answers}</td>",
            f'<td class="list">{escape(", ".join(one.problems))}</td>',
        ]
        for one in classroom.held
    ]
    heads = ["Answered as if", "Learners", "Answers", "Problems"]
    return _table("The misconceptions of the most learners first", heads, rows, "held")


def _as_code(text: str) -> str:
    """A claim as HTML: what stands between backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _html_tests(classroom: Classroom) -> str:
    rows = [
        [_name(one), f"<td>{one.before}</td><td>{one.after}</td><td>{_gain(one)}</td>"]
        for one in classroom.learners
    ]
    caption = (
        f"The share right in the pre-test and the post-test, and the difference in percentage "
        f"points; {DASH} where a test is missing"
    )
    return _table(caption, ["Learner", "Pre-test", "Post-test", "Difference"], rows)


def _name(learner: Learner) -> str:
    # a name may be written from right to left, and must not turn the row
    return f'<th scope="row"><bdi>{escape(learner.name)}</bdi></th>'


def _table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], name: str = ""
) -> str:
    """A table that scrolls by itself where it is wider than the page, also by keyboard."""
    label = escape(caption)
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    body = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    kind = f' class="{name}"' if name else ""
    return (
        f'<div class="wide" role="region" aria-label="{label}" tabindex="0">\n<table{kind}>\n'
        f"<caption>{label}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


# --- pages and files ------------------------------------------------------------------------------


def asset(name: str) -> str:
    """A file beside this one."""
    return resources("stridelab.practice").joinpath(name).read_text(encoding="utf-8")


def page(title: str, css: str, body: str) -> str:
    """A whole page in the light colours, to which `css` may add others."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n:root {{ {css_variables('light')} }}\n{css}\n"
        f"</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def write(texts: Mapping[Path, str]) -> None:
    """Replaces each file in one step; none of them, where one text cannot be written.

    Raises
    ------
    StrideLabError
        For a folder, or a file that cannot be written.
    """
    for file in texts:
        if not file.name or file.is_dir():
            raise _unwritten(file, "it is a folder")
    parts = {file: file.with_name(f".{file.name}.{os.getpid()}") for file in texts}
    file = Path()
    try:
        for file, text in texts.items():
            parts[file].write_text(text, encoding="utf-8", newline="")
        for file, part in parts.items():
            part.replace(file)
    except OSError as error:
        raise _unwritten(file, error.strerror or str(error)) from None
    finally:
        for part in parts.values():
            with contextlib.suppress(OSError):  # its folder may be none
                part.unlink(missing_ok=True)


def _unwritten(file: Path, why: str) -> StrideLabError:
    rule = "be a file that can be written"
    return StrideLabError("file", rule, shown(str(file)), why, "Nothing was changed.")
