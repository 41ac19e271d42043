"""An explorer as a page of its own, for sites and slides: it needs no kernel and no server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from stridelab.explorers.controls import Choice, Kernel, Lengths, Order, Whole
from stridelab.explorers.scene import Model, Scene

#: A number that no scene answers with; the page writes the learner's own in its place.
WRONG = "999999999"


def moves(model: Model, start: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The start, the surprises, and what one move of one control makes of the start.

    Parameters
    ----------
    model : Model
        The explorer's model. Where it fetches nothing ahead, a scene is long: no moves then.
    start : mapping
        Each control's value by name.
    """
    yield dict(start)
    for preset in model.presets:
        yield {
            control.name: control.check(preset.values.get(control.name, control.default))
            for control in model.controls
        }
    for control in model.controls if model.fetches_ahead else ():
        reachable: list[Any] = []
        if isinstance(control, Whole):
            reachable = list(range(control.low, control.high + 1))
        elif isinstance(control, (Choice, Kernel)):
            reachable = list(control.options)
        elif isinstance(control, (Lengths, Order)):
            yield from ({**start, **moved} for moved in control.moves(start[control.name]))
        for value in reachable:
            yield {**start, control.name: value}


def guesses(scene: Scene) -> list[str]:
    """What a learner can say to a scene's question: nothing yet, each option, or numbers.

    Of numbers there are the right ones, one that stands for all wrong ones, and what is none.
    """
    question = scene.question
    if question is None:
        return [""]
    if question.options:
        return ["", *question.options]
    wrong = " × ".join(WRONG for _ in question.answer.split(" × "))
    return ["", question.answer, wrong, "?"]


def page_html(
    title: str, css: str, scripts: str, state: Mapping[str, Any], views: list[str]
) -> str:
    """The page's text.

    Parameters
    ----------
    title : str
        The explorer's.
    css, scripts : str
        What it looks like; the stage and the model that stands in for a kernel.
    state : mapping
        What the widget's model holds at the start.
    views : list of str
        The scenes that the page can show, as `stridelab.explorers.view.view` writes them.
    """
    held = json.dumps([state, views], ensure_ascii=False)
    held = held.replace("</", "<\\/").replace("<!--", "\\u003c!--")  # nothing ends or hides it
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>\n{css}\n</style>\n</head>\n<body>\n"
        f'<main id="explorer"></main>\n<script type="application/json" id="held">{held}</script>\n'
        f'<script type="module">\n{scripts}\n'
        'const [state, views] = JSON.parse(document.getElementById("held").textContent);\n'
        'const el = document.getElementById("explorer");\n'
        "render({ model: makeModel(state, views), el });\n"
        "</script>\n</body>\n</html>\n"
    )
