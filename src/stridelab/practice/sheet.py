"""Problems on paper: a topic's problems as one page to print, with their solutions if asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from html import escape

from stridelab.errors import StrideLabError, nearest, shown
from stridelab.practice import answers
from stridelab.practice.bank import Dealt, bank, deal, topics
from stridelab.practice.classroom import asset, page

#: Cells of the grid for arrays, and millimetres of one: the same for all, so that it tells nothing.
ROWS, COLUMNS, CELL = 4, 20, 8
#: Ruled lines for code.
LINES = 12


def dealt(topic: str, seed: int = 0, count: int | None = None) -> tuple[Dealt, ...]:
    """A sheet's problems, in the bank's order; the same for the same seed.

    Parameters
    ----------
    topic : str
        One of `stridelab.practice.bank.topics`.
    seed : int
        The variant of each problem.
    count : int, optional
        So many of the topic's problems, chosen by the seed; all, where it is None.

    Raises
    ------
    StrideLabError
        For an unknown topic, a seed below 0, or a count that the topic does not have.

    >>> [one.problem.topic for one in dealt("padding", seed=7, count=2)]
    ['padding', 'padding']
    """
    if topic not in topics():
        remedy = " ".join((nearest(topic, topics()), f"Take one of {', '.join(topics())}."))
        raise StrideLabError("topic", "name a topic", shown(topic), remedy=remedy.strip())
    ids = [id for id, one in bank().items() if one.topic == topic]
    if count is not None:
        if not 1 <= count <= len(ids):
            rule = f"be from 1 to {len(ids)}, the problems of {topic!r}"
            raise StrideLabError("count", rule, shown(count))
        chosen = set(random.Random(f"{topic}/{seed}").sample(ids, count))
        ids = [id for id in ids if id in chosen]
    return tuple(deal(id, seed) for id in ids)


def as_html(problems: Sequence[Dealt], *, solutions: bool = False) -> str:
    """The sheet as a page that needs no other file and fits A4 and Letter.

    Parameters
    ----------
    problems : sequence of Dealt
        One or more, of one topic.
    solutions : bool
        Whether the worked solutions follow, from a new page on.
    """
    first = problems[0]
    title = topics()[first.problem.topic]
    minutes = sum(one.problem.minutes for one in problems)
    facts = (
        f"StrideLab · {first.problem.topic} · seed {first.seed} · "
        f"{_count(len(problems), 'problem')} · {_count(minutes, 'minute')}"
    )
    parts = [
        f'<header>\n<h1>{escape(title)}</h1>\n<p class="facts">{escape(facts)}</p>',
        '<p class="person"><span>Name</span><span>Date</span></p>\n</header>',
        *(_problem(number, one) for number, one in enumerate(problems, 1)),
    ]
    if solutions:
        parts.append('<section class="solutions">\n<h2>Solutions</h2>')
        parts += [_solution(number, one) for number, one in enumerate(problems, 1)]
        parts.append("</section>")
    return page(f"{title}, seed {first.seed}", asset("sheet.css"), "\n".join(parts))


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _problem(number: int, one: Dealt) -> str:
    problem = one.problem
    facts = (
        f"{problem.id} · difficulty {problem.difficulty} of 5 · {_count(problem.minutes, 'minute')}"
    )
    options = "".join(f"<li>{_line(option)}</li>" for option in one.options)
    parts = [
        f'<article>\n<h2>{number}. <small class="facts">{escape(facts)}</small></h2>',
        _markdown(one.prompt),
        f'<ol class="options" type="a">{options}</ol>' if options else "",
        _code(problem.starter),
        _room(one),
        "</article>",
    ]
    return "\n".join(part for part in parts if part)


def _room(one: Dealt) -> str:
    """Room for an answer: it is as large for every answer of a kind."""
    kind = one.problem.kind
    if kind == "code":
        return f'<div class="lines" aria-hidden="true">{"<div></div>" * LINES}</div>'
    if kind == "array":
        return f'<p class="room">Answer, in as many cells as it needs:</p>\n{_grid()}'
    count = len(one.options) if kind == "order" else 1
    size = "short" if kind in ("choice", "order") else "long"
    boxes = f'<span class="{size}"></span>' * count
    return f'<p class="room">Answer: {boxes}</p>'


def _grid() -> str:
    """Lines, not a background: browsers print no backgrounds unless they are told to."""
    width, height = COLUMNS * CELL, ROWS * CELL
    down = "".join(f"M{col * CELL} 0v{height}" for col in range(COLUMNS + 1))
    across = "".join(f"M0 {row * CELL}h{width}" for row in range(ROWS + 1))
    return (
        f'<svg class="grid" aria-hidden="true" viewBox="-1 -1 {width + 2} {height + 2}" '
        f'style="width:{width + 2}mm"><path d="{down}{across}"/></svg>'
    )


def _solution(number: int, one: Dealt) -> str:
    problem = one.problem
    parts = [
        f'<article>\n<h3>{number}. <small class="facts">{escape(problem.id)}</small></h3>',
        *(_markdown(line) for line in one.solution),
    ]
    if problem.kind == "code":
        parts.append(_code(problem.right_code))
    else:
        parts.append(f"<p><strong>Answer: {_answer(one)}</strong></p>")
    return "\n".join((*(part for part in parts if part), "</article>"))


def _answer(one: Dealt) -> str:
    """The answer as it is written; a letter with what it stands for."""
    text = escape(answers.spelled(one.problem.kind, one.truth))
    if one.problem.kind == "choice":
        return f"{text}, {_line(one.options[ord(str(one.truth)) - ord('a')])}"
    return text


def _code(text: str) -> str:
    return f"<pre><code>{escape(text.strip())}</code></pre>" if text.strip() else ""


def _markdown(text: str) -> str:
    from stridelab.practice.card import as_html as rendered  # it brings the notebook's widgets

    return rendered(text).strip()


def _line(text: str) -> str:
    from stridelab.practice.card import as_html as rendered

    return rendered(text, inline=True)
