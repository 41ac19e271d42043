"""The settings of the course's site. `make site` builds it: course/build/website.py says how."""

from __future__ import annotations

from typing import Any

from reference import with_ends

import stridelab
from stridelab.theme import MODES, colour

project = "StrideLab"
copyright = "the StrideLab authors. Code: BSD-3-Clause; text: CC BY 4.0"
release = version = stridelab.__version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
]

# Lessons are executed before (course/build/execute.py); nothing here runs code.
nb_execution_mode = "off"
nb_ipywidgets_js = {}  # no page has widgets, so none loads what would show them
nb_render_markdown_format = "myst"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

# Formulas without another host: website.py puts MathJax beside the style sheet. As SVG they need
# no fonts, and without their menu they are no stops on the way of the Tab key.
mathjax_path = "mathjax/tex-svg.js"
mathjax3_config = {"options": {"enableMenu": False}}

autodoc_typehints = "none"  # the docstrings say more: shapes and units
autodoc_member_order = "bysource"
autosummary_generate = False  # API pages are few: website.py writes them
default_role = "code"  # `x` in a docstring is code
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = "StrideLab"
html_static_path = ["_static"]
html_css_files = ["colours.css", "site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False  # it would fetch pages, which a page from disk may not
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


def _variables(mode: str) -> dict[str, str]:
    """The theme's own names for our colours."""
    return {
        "color-brand-primary": colour("input", "text", mode),
        "color-brand-content": colour("input", "text", mode),
        "color-brand-visited": colour("kernel", "text", mode),
        "color-background-primary": colour("paper", mode=mode),
        "color-background-secondary": colour("raised", mode=mode),
        "color-foreground-primary": colour("ink", mode=mode),
        "color-foreground-secondary": colour("muted", mode=mode),
        "color-foreground-muted": colour("muted", mode=mode),
    }


_light, _dark = (_variables(mode) for mode in MODES)
html_theme_options = {
    "light_css_variables": _light,
    "dark_css_variables": _dark,
    "top_of_page_buttons": [],
}


def setup(app: Any) -> None:
    """Ends the docstrings' sections before napoleon reads them."""

    def end_sections(*arguments: Any) -> None:
        lines = arguments[-1]
        lines[:] = with_ends(lines)

    app.connect("autodoc-process-docstring", end_sections, priority=400)
