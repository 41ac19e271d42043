"""The worked steps of a result as data: symbol, formula, numbers, result.

Lessons, hints, explorers and the command line all print these steps, so they cannot disagree.
A step is written once, as a template such as ``⌊{t}/2⌋``: filled with the symbols it is the
formula, filled with the values it is the same line in numbers. The LaTeX and HTML faces are
spelled from those two texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

#: What each symbol stands for, in the words of the glossary.
MEANINGS: Mapping[str, str] = {
    "n": "input size",
    "k": "kernel size",
    "s": "stride",
    "d": "dilation",
    "e": "span: the cells from a window's first tap to its last",
    "o": "output size",
    "t": "cells padded in all",
    "p_b": "cells padded before",
    "p_a": "cells padded after",
    "f": "full extent of the scattered windows",
    "c": "cells cropped in all",
    "c_b": "cells cropped before",
    "op": "output_padding",
}

_LATEX = {
    "⌊": r"\left\lfloor ",
    "⌋": r"\right\rfloor ",
    "⌈": r"\left\lceil ",
    "⌉": r"\right\rceil ",
    "·": r" \cdot ",
    "−": "-",
    "max": r"\max",
    "min": r"\min",
    "mod": r"\bmod ",
    "op": r"\mathrm{op}",
}


@dataclass(frozen=True)
class Step:
    """One line of a derivation: ``symbol = formula = numbers = result``.

    >>> print(Step("o", "⌈n/s⌉", "⌈12/2⌉", 6))
    o = ⌈n/s⌉ = ⌈12/2⌉ = 6
    """

    symbol: str
    formula: str
    numbers: str
    result: int

    def __str__(self) -> str:
        return " = ".join(self._parts())

    @property
    def meaning(self) -> str:
        """What the step's symbol stands for, in the glossary's words."""
        return MEANINGS[self.symbol]

    @property
    def latex(self) -> str:
        """The step in LaTeX, without dollar signs."""
        return " = ".join(_as_latex(part) for part in self._parts())

    def _parts(self) -> list[str]:
        parts = [self.symbol, self.formula, self.numbers, str(self.result)]
        return [part for i, part in enumerate(parts) if part and part not in parts[:i]]


@dataclass(frozen=True)
class Derivation:
    """Titled steps, in the order in which a person would work them out.

    Shows itself as text (``str``), as LaTeX (``.latex``), as a table in a notebook, and as plain
    data for programs (``.as_dict()``).
    """

    title: str
    steps: tuple[Step, ...]
    parts: tuple[Derivation, ...] = ()

    def __str__(self) -> str:
        width = max((len(step.symbol) for step in self.steps), default=0)
        lines = [self.title]
        for step in self.steps:
            lines.append(f"  {step.symbol:<{width}}{str(step)[len(step.symbol) :]}")
        lines += [str(part) for part in self.parts]
        return "\n".join(lines)

    @property
    def latex(self) -> str:
        """All steps as one aligned block of LaTeX."""
        rows = [r"\text{" + self.title + "}"] if self.title else []
        rows += [step.latex.replace(" = ", " &= ", 1) for step in self.steps]
        body = r" \\ ".join(rows)
        blocks = [rf"\begin{{aligned}} {body} \end{{aligned}}"] if rows else []
        return r" \\ ".join(blocks + [part.latex for part in self.parts])

    def as_dict(self) -> dict[str, object]:
        """The same as plain data: what ``stridelab shape --json`` prints."""
        data: dict[str, object] = {
            "title": self.title,
            "steps": [
                {
                    "symbol": step.symbol,
                    "meaning": step.meaning,
                    "formula": step.formula,
                    "numbers": step.numbers,
                    "result": step.result,
                }
                for step in self.steps
            ],
        }
        if self.parts:
            data["parts"] = [part.as_dict() for part in self.parts]
        return data

    def _repr_latex_(self) -> str:
        return f"$$ {self.latex} $$"

    def _repr_html_(self) -> str:
        return f'<div class="stridelab-derivation">{self._html()}</div>'

    def _html(self) -> str:
        if self.parts:
            heading = f"<p><strong>{escape(self.title)}</strong></p>"
            return heading + "".join(part._html() for part in self.parts)
        rows = "".join(_html_row(step) for step in self.steps)
        heads = "".join(
            f'<th scope="col" style="text-align:left">{name}</th>'
            for name in ("symbol", "means", "formula", "in numbers", "result")
        )
        caption = f'<caption style="text-align:left">{escape(self.title)}</caption>'
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def step(symbol: str, template: str, result: int, values: Mapping[str, int]) -> Step:
    """A step from one template, filled once with symbols and once with numbers.

    >>> print(step("p_b", "⌊{t}/2⌋", 0, {"t": 1}))
    p_b = ⌊t/2⌋ = ⌊1/2⌋ = 0
    """
    symbols = {name: name for name in values}
    return Step(symbol, template.format(**symbols), template.format(**values), result)


def _as_latex(text: str) -> str:
    text = re.sub(r"\b([a-z])_([a-z])\b", r"\1_{\2}", text)
    for sign, command in _LATEX.items():
        text = text.replace(sign, command) if not sign.isalpha() else _word(text, sign, command)
    return re.sub(r" {2,}", " ", text).strip()


def _word(text: str, word: str, command: str) -> str:
    return re.sub(rf"\b{word}\b", lambda _: command, text)


def _html_row(step: Step) -> str:
    cells = [step.meaning, _as_html(step.formula), escape(step.numbers), str(step.result)]
    left = "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells)
    return f'<tr><th scope="row" style="text-align:left">{_as_html(step.symbol)}</th>{left}</tr>'


def _as_html(text: str) -> str:
    """Symbols in italics, their second letter lowered; one pass, so that no tag is read as text."""
    return re.sub(
        r"\b(?P<letter>[a-z])(_(?P<lowered>[a-z]))?\b",
        lambda match: (
            f"<var>{match['letter']}</var>"
            + (f"<sub>{match['lowered']}</sub>" if match["lowered"] else "")
        ),
        escape(text),
    )
