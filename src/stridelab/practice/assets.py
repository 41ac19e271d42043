"""The pages' files: a script is one module, so what scripts share is put before each."""

from __future__ import annotations

from importlib.resources import files

from stridelab.theme.palette import css


def script(name: str) -> str:
    """A page's JavaScript, with what all of them share."""
    return _text("elements.js") + _text(name)


def style() -> str:
    """The pages' CSS, with the theme's colours."""
    return css() + _text("card.css")


def _text(name: str) -> str:
    return files("stridelab.practice").joinpath(name).read_text(encoding="utf-8")
