"""What a learner has done so far, topic by topic: a picture, and the same as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from stridelab.practice import store
from stridelab.practice.bank import bank, beliefs, topics
from stridelab.practice.sessions import SEEDS, Share, share_of_test
from stridelab.practice.store import Attempt

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Row:
    """One topic.

    Parameters
    ----------
    topic, title : str
        Its name, and what it is called.
    problems, met, solved : int
        How many it has, how many of them were tried, and how many of those were answered right.
    attempts : int
        Answers, right and wrong.
    belief : str
        The commonest misconception among them; empty without one.
    """

    topic: str
    title: str
    problems: int
    met: int
    solved: int
    attempts: int
    belief: str = ""


@dataclass(frozen=True, repr=False)
class Progress:
    """All topics, and the tests; in a notebook a picture, in a terminal a table."""

    rows: tuple[Row, ...]
    tests: Mapping[str, Share]

    def __repr__(self) -> str:
        lines = [f"{'topic':<44} {'solved':>7} {'met':>5} {'of':>5} {'answers':>8}"]
        for row in self.rows:
            counts = f"{row.solved:>7} {row.met:>5} {row.problems:>5} {row.attempts:>8}"
            lines.append(f"{row.title:<44} {counts}")
            if row.belief:
                lines.append(f"    most often: {beliefs()[row.belief].claim}")
        return "\n".join([*lines, "", *self._said()])

    def _repr_html_(self) -> str:
        from stridelab.theme.pictures import Picture

        picture = Picture(self._figure(), self.alt)._repr_html_()
        return picture + "".join(f"<p>{escape(line)}</p>" for line in self._said())

    @property
    def alt(self) -> str:
        """The picture in words."""
        each = (f"{row.title}: {row.solved} of {row.problems} solved." for row in self.rows)
        return f"Progress by topic. {' '.join(each)}"

    def _said(self) -> Iterator[str]:
        """A line for the tests, where one was begun, and one for what comes next."""
        begun = {part: share for part, share in self.tests.items() if share.of}
        if begun:
            yield " ".join(f"{part.capitalize()}: {share} right." for part, share in begun.items())
        yield self._advice()

    def _advice(self) -> str:
        """What to do next."""
        if not any(row.attempts for row in self.rows):
            return "Nothing is answered yet. Begin with `stridelab practice`."
        least = min(self.rows, key=lambda row: row.solved / row.problems)
        return f"Least is done in {least.title!r}: `stridelab practice {least.topic}`."

    def _figure(self) -> Figure:
        """A bar a topic: solved, met and the rest."""
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

        from stridelab.theme.figures import style
        from stridelab.theme.palette import colour

        with style():
            figure = Figure(figsize=(9.0, 0.42 * len(self.rows) + 1.1), layout="constrained")
            axes = figure.subplots()
            titles, places = [row.title for row in self.rows], range(len(self.rows))
            solved = [row.solved for row in self.rows]
            open_ = [row.met - row.solved for row in self.rows]
            rest = [row.problems - row.met for row in self.rows]
            axes.barh(places, solved, color=colour("output"), label="solved")
            axes.barh(places, open_, left=solved, color=colour("window"), label="tried")
            before = [row.met for row in self.rows]
            axes.barh(places, rest, left=before, color=colour("padding"), label="to come")
            axes.set(yticks=list(places), yticklabels=titles, xlabel="problems", title="Progress")
            axes.invert_yaxis()
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            figure.legend(loc="outside lower center", ncols=3, frameon=False)
        return figure


def progress() -> Progress:
    """What was done so far, by topic, from the attempts that are kept on this machine.

    Raises
    ------
    StrideLabError
        Where the attempts' file is damaged or a newer program's.
    """
    return summed(store.attempts())


def summed(attempts: Sequence[Attempt]) -> Progress:
    """`progress` of these attempts; those at problems that are no more are left out."""
    rows = []
    for topic, title in topics().items():
        own = {id for id, one in bank().items() if one.topic == topic}
        tried = [one for one in attempts if one.problem in own]
        held = Counter(name for one in tried for name in one.beliefs if name in beliefs())
        solved = {one.problem for one in tried if one.status == "correct"}
        met = {one.problem for one in tried}
        commonest = held.most_common(1)[0][0] if held else ""
        rows.append(Row(topic, title, len(own), len(met), len(solved), len(tried), commonest))
    return Progress(tuple(rows), {part: share_of_test(attempts, part) for part in SEEDS})
