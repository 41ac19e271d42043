"""The colours of ``palette.toml``: by role, as ramps of cell fills, and as CSS variables."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from stridelab.errors import StrideLabError, nearest, shown

#: The two sets of colours.
MODES = ("light", "dark")

#: What a colour can stand for.
ROLES = ("input", "padding", "window", "kernel", "output", "disagree")

#: Steps of a ramp, from the paper to the role's full colour.
LEVELS = 9


@cache
def _palette() -> dict[str, dict[str, dict[str, str]]]:
    text = files("stridelab.theme").joinpath("palette.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def colour(name: str, part: str = "fill", mode: str = "light") -> str:
    """The colour of a role (`ROLES`) or of the ground (``paper``, ``ink``, ``muted``, …).

    Parameters
    ----------
    name : str
        A role, or one of the names under ``base`` in ``palette.toml``.
    part : str
        ``fill`` for areas and lines, ``text`` for letters; the ground's colours have one part.
    mode : str
        ``light`` or ``dark``.

    Raises
    ------
    StrideLabError
        For a name, part or mode that the palette does not hold.

    >>> colour("input"), colour("input", "text"), colour("paper", mode="dark")
    ('#0072b2', '#00639b', '#14171b')
    """
    colours = _palette()[_known("mode", mode, MODES)]
    base = colours["base"]
    if name in base:
        return base[name]
    return colours[_known("part", part, ("fill", "text"))][_known("name", name, [*ROLES, *base])]


def _known(argument: str, value: str, names: tuple[str, ...] | list[str]) -> str:
    if value in names:
        return value
    rule = "be one of " + ", ".join(names)
    raise StrideLabError(argument, rule, shown(value), remedy=nearest(value, names))


def contrast(one: str, other: str) -> float:
    """How far two colours stand apart, from 1 to 21: ``(L₁ + 0.05)/(L₂ + 0.05)``.

    Text wants 4.5 or more, lines and areas that mean something 3.

    Parameters
    ----------
    one, other : str
        Colours as ``#rrggbb``.

    Source: Web Content Accessibility Guidelines 2.2, "contrast ratio", "relative luminance".

    >>> contrast("#000000", "#ffffff"), round(contrast("#0072b2", "#ffffff"), 2)
    (21.0, 5.19)
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ramp(role: str, mode: str = "light") -> tuple[tuple[str, str], ...]:
    """The fills of a cell from the lowest value to the highest, each with its text's colour.

    Parameters
    ----------
    role, mode : str
        As for `colour`.

    >>> len(ramp("output")), ramp("output")[0], ramp("output")[-1]
    (9, ('#ffffff', '#000000'), ('#009e73', '#000000'))
    """
    paper, full = _channels(colour("paper", mode=mode)), _channels(colour(role, mode=mode))
    fills = []
    for level in range(LEVELS):
        share = level / (LEVELS - 1)
        mixed = (round(p + (f - p) * share) for p, f in zip(paper, full, strict=True))
        fills.append("#" + "".join(f"{channel:02x}" for channel in mixed))
    return tuple((fill, _text_on(fill)) for fill in fills)


def _text_on(fill: str) -> str:
    return max("#000000", "#ffffff", key=lambda text: contrast(text, fill))


def size_text(*lengths: int) -> str:
    """A size as every title writes it: rows first, or an array's axes in their order.

    >>> size_text(8, 6)
    '8 × 6'
    """
    return " × ".join(map(str, lengths))


@cache
def css_variables(mode: str) -> str:
    """The mode's colours as CSS declarations: ``--sl-input``, ``--sl-input-text``, ramps.

    >>> "--sl-input: #0072b2;" in css_variables("light")
    True
    """
    colours = _palette()[_known("mode", mode, MODES)]
    lines = [f"--sl-{name}: {value};" for name, value in colours["base"].items()]
    for role in ROLES:
        lines.append(f"--sl-{role}: {colours['fill'][role]};")
        lines.append(f"--sl-{role}-text: {colours['text'][role]};")
        for level, (fill, text) in enumerate(ramp(role, mode)):
            lines.append(f"--sl-{role}-{level}: {fill}; --sl-{role}-{level}-on: {text};")
    return "\n".join(lines)


def css_levels(scope: str) -> str:
    """The rules for a cell of class ``v0`` … ``v8`` within a grid of class ``sl-<role>``.

    The cell gets its fill, and as ``color`` the colour of its text.

    Parameters
    ----------
    scope : str
        The selector that all rules start with.
    """
    rules = []
    for role in ROLES:
        for level in range(LEVELS):
            name = f"--sl-{role}-{level}"
            rules.append(
                f"{scope} .sl-{role} .v{level} {{ fill: var({name}); color: var({name}-on); }}"
            )
    return "\n".join(rules)


@cache
def css(scope: str = ".sl") -> str:
    """The colours as CSS: JupyterLab's theme decides where it says, else the reader's preference.

    Parameters
    ----------
    scope : str
        The selector of the elements that carry the variables.

    >>> css().startswith(".sl {")
    True
    """
    dark = css_variables("dark")
    return "\n".join(
        [
            f"{scope} {{ color-scheme: light;\n{css_variables('light')} }}",
            "@media (prefers-color-scheme: dark) {",
            f"body:not([data-jp-theme-light]) {scope} {{ color-scheme: dark;\n{dark} }} }}",
            f"body[data-jp-theme-light='false'] {scope} {{ color-scheme: dark;\n{dark} }}",
            css_levels(scope),
        ]
    )
