"""A finished figure with its alt text, as a notebook shows it."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from stridelab.theme.figures import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Pixels per inch of the page; a picture holds twice as many, for dense screens.
PAGE_DPI = 96


@dataclass(frozen=True, repr=False)
class Picture:
    """A finished figure with the sentence that says what it shows."""

    figure: Figure
    alt: str

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"

    def webp(self) -> bytes:
        """The figure as a file's bytes, two pixels for each of the page's; half of a PNG's size."""
        buffer = io.BytesIO()
        with style():
            self.figure.savefig(
                buffer, format="webp", dpi=2 * PAGE_DPI, pil_kwargs={"lossless": True}
            )
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        # HTML, because JupyterLab shows a bare picture without its alt text.
        width = round(self.figure.get_figwidth() * PAGE_DPI)
        data = base64.b64encode(self.webp()).decode()
        return (
            f'<img alt="{escape(self.alt)}" width="{width}" style="max-width:100%" '
            f'src="data:image/webp;base64,{data}">'
        )
