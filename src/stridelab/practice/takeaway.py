"""Taking attempts along: two buttons that write and read the exported file in the browser.

Binder and other borrowed machines forget what was done on them. The file goes through the page to
the learner's own downloads, and comes back the same way; nothing is sent anywhere else.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from stridelab.errors import StrideLabError
from stridelab.practice import store
from stridelab.practice.assets import script, style


class Takeaway(anywidget.AnyWidget):
    """A button that downloads the attempts, and one that adds a file's."""

    _esm = traitlets.Unicode(script("takeaway.js")).tag(sync=True)
    _css = traitlets.Unicode(style()).tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(self._hear)

    def _hear(self, _: object, message: dict[str, Any], __: object) -> None:
        try:
            if message.get("do") == "export":
                self._export()
            elif message.get("do") == "import":
                self._import(str(message.get("text")))
        except StrideLabError as error:
            self.said = str(error)

    def _export(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "progress.json"
            count = store.export(file)
            self.send({"file": "stridelab-progress.json", "text": file.read_text("utf-8")})
        self.said = f"Attempts in the file: {count}. Your browser keeps it with your downloads."

    def _import(self, text: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "the file that you chose"
            file.write_text(text, encoding="utf-8")
            self.said = f"Attempts added: {store.merge(file)}."


def take_along() -> Takeaway:
    """Two buttons: download your attempts as a file, or add those of a file to yours.

    >>> take_along().said
    ''
    """
    return Takeaway()
