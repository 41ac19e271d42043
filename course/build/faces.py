"""Static faces of widgets: what pages and slides, which have no kernel, show in their place.

`register` is called in the kernel that executes a lesson. From there on an explorer is shown as two
pictures, one for each theme, with its text as their alternative; a problem as its prompt with the
command that opens it; the other cards as a sentence. An answer is never among them.

What is shown carries ``{"stridelab": {"face": …}}`` as metadata, so that what builds pages knows
it. An explorer's says ``live`` too, the name of the page without a kernel that was written for it,
and ``wall``, its pictures for slides: without sentences, so that the rest is larger.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython

from stridelab.explorers.stage import Explorer
from stridelab.practice.card import Card
from stridelab.practice.sessions import Form
from stridelab.practice.takeaway import Takeaway
from stridelab.theme import MODES

Face = tuple[dict[str, str], dict[str, Any]]


def register(lesson: str, folder: str) -> None:
    """Shows widgets by their faces in this kernel.

    Parameters
    ----------
    lesson : str
        Its number; the first live page is then called ``03-1.html``.
    folder : str
        Where live pages are written.
    """
    shell = get_ipython()
    assert shell is not None, "faces are for a kernel"
    formatter = shell.display_formatter.mimebundle_formatter
    formatter.for_type(Explorer, _explorers(lesson, Path(folder)))
    formatter.for_type(Card, lambda card, **_: _face("card", _card(card)))
    formatter.for_type(Takeaway, lambda _, **__: _face("card", _TAKEAWAY))


def _face(kind: str, html: str, **more: object) -> Face:
    return {"text/html": html}, {"stridelab": {"face": kind, **more}}


def _explorers(lesson: str, folder: Path) -> Callable[..., Face]:
    """A formatter that numbers the explorers of its lesson, and writes a live page for each."""
    shown = 0

    def face(explorer: Explorer, **_: object) -> Face:
        nonlocal shown
        shown += 1
        live = f"{lesson}-{shown}.html"
        (folder / live).write_text(explorer.html(), encoding="utf-8")
        html, wall = (
            f'<div class="sl-face sl-face-explorer">{_pictures(explorer, words=words)}</div>'
            for words in (True, False)
        )
        return _face("explorer", html, live=live, title=explorer.scene.title, wall=wall)

    return face


def _pictures(explorer: Explorer, *, words: bool) -> str:
    """One for each theme."""
    pictures = (base64.b64encode(explorer.svg(mode, words=words).encode()) for mode in MODES)
    return "".join(
        f'<img class="only-{mode}" alt="{escape(explorer.text)}" '
        f'src="data:image/svg+xml;base64,{picture.decode()}">'
        for mode, picture in zip(MODES, pictures, strict=True)
    )


def _card(card: Card) -> str:
    """A problem of its own as it is; of a session or a test, what it is and how to open it."""
    if isinstance(card._session, Form):
        return _boxed(
            f"The {card._session.part}",
            "<p>Twelve problems, once each, without hints. They are dealt in the notebook.</p>",
        )
    if card._session is not None:
        topic = card._session.topic
        return _boxed(
            f"Practice: {topic or 'all topics'}",
            "<p>Problems one after the other: first what you got wrong and what you are about to "
            f"forget, then what is new.</p>{_opened_by(f'practice {topic}'.strip())}",
        )
    return _problem(json.loads(card._face))


def _problem(face: dict[str, Any]) -> str:
    options = "".join(f"<li>{option}</li>" for option in face["options"])
    starter = f"<pre>{escape(face['starter'])}</pre>" if face["starter"] else ""
    return _boxed(
        f"{face['id']} · {face['facts']}",
        face["prompt"]
        + (f'<ol type="a">{options}</ol>' if options else "")
        + starter
        + f"<p>{escape(face['form'])}.</p>"
        + _opened_by(f"practice {face['id']}"),
    )


def _boxed(title: str, html: str) -> str:
    return (
        '<div class="sl-face sl-face-card">'
        f'<p class="sl-face-title"><strong>{escape(title)}</strong></p>{html}</div>'
    )


def _opened_by(command: str) -> str:
    return f'<p class="sl-face-open">In a terminal: <code>stridelab {escape(command)}</code></p>'


_TAKEAWAY = _boxed(
    "Take your attempts along",
    "<p>In the notebook, two buttons: one downloads your attempts as a file, one adds those of a "
    f"file to yours.</p>{_opened_by('progress export FILE')}",
)
