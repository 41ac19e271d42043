"""JupyterLab in Chromium: a server on a free port, a page on a notebook, an explorer on the page.

The browser tests and ``make measure`` share it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from stridelab.explorers.draw import U

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: Seconds until JupyterLab must answer, and until a page or a cell must be done, on a busy machine.
START_S = 90
PAGE_MS = 90_000

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def find_chromium() -> str | None:
    """The installed Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium; the caller made sure that there is one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Lab:
    """A running JupyterLab and the folder that it serves."""

    def __init__(self, root: Path, url: str, token: str) -> None:
        self.root, self.url, self.token = root, url, token

    def write(self, name: str, *cells: str) -> str:
        """A notebook with these code cells, in the lab's folder."""
        notebook = {
            "cells": [
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "id": f"cell-{number}",
                    "metadata": {},
                    "outputs": [],
                    "source": source,
                }
                for number, source in enumerate(cells)
            ],
            "metadata": {"kernelspec": KERNEL},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.root / name).write_text(json.dumps(notebook), encoding="utf-8")
        return name

    def open(self, page: Page, name: str) -> None:
        """Opens the notebook and waits until its kernel is there."""
        page.set_default_timeout(PAGE_MS)
        page.goto(f"{self.url}/lab/tree/{name}?reset&token={self.token}")
        page.wait_for_selector(".jp-NotebookPanel .jp-Notebook")
        page.wait_for_function(
            "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?"
            ".connectionStatus === 'connected'"
        )

    def run_all(self, page: Page) -> None:
        """Runs all cells and waits until the last is done."""
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def type_and_run(self, page: Page, code: str) -> None:
        """Runs code in a new last cell and does not wait for it."""
        page.evaluate(
            """code => {
              const { commands, shell } = window.jupyterapp;
              const { content } = shell.currentWidget;
              content.activeCellIndex = content.widgets.length - 1;
              return commands.execute('notebook:insert-cell-below').then(() => {
                content.activeCell.model.sharedModel.setSource(code);
                commands.execute('notebook:run-cell');
              });
            }""",
            code,
        )

    def outputs(self, page: Page) -> list[dict[str, Any]]:
        """The outputs of all cells, as the notebook's file would hold them."""
        cells = page.evaluate("window.jupyterapp.shell.currentWidget.content.model.toJSON().cells")
        return [output for cell in cells for output in cell.get("outputs", [])]

    def set_theme(self, name: str) -> None:
        """Chooses ``JupyterLab Light`` or ``JupyterLab Dark`` for pages opened from here on."""
        request = urllib.request.Request(
            f"{self.url}/lab/api/settings/@jupyterlab/apputils-extension:themes",
            data=json.dumps({"raw": json.dumps({"theme": name})}).encode(),
            headers={"Authorization": f"token {self.token}"},
            method="PUT",
        )
        urllib.request.urlopen(request, timeout=START_S).close()


@contextmanager
def jupyterlab(root: Path) -> Iterator[Lab]:
    """JupyterLab on a free port, with everything it writes under `root`."""
    served = root / "notebooks"
    served.mkdir(parents=True)
    for name, values in SETTINGS.items():
        path = root / "settings/@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    token, port = secrets.token_hex(16), free_port()
    log = (root / "jupyterlab.log").open("w", encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={served}"]
    command += ["--allow-root"] if os.name == "posix" and os.geteuid() == 0 else []
    process = subprocess.Popen(
        command, cwd=served, env=_environment(root), stdout=log, stderr=subprocess.STDOUT
    )
    try:
        lab = Lab(served, f"http://127.0.0.1:{port}", token)
        _wait_until_up(lab, process, root / "jupyterlab.log")
        yield lab
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _environment(root: Path) -> dict[str, str]:
    places = {
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "STRIDELAB_DATA": "progress",
    }
    return os.environ | {name: str(root / place) for name, place in places.items()}


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(lab: Lab, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{lab.url}/api?token={lab.token}", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


class Shown:
    """An explorer on the page."""

    def __init__(self, page: Page, number: int = 0) -> None:
        self.page = page
        self.root: Locator = page.locator(".sl-stage").nth(number)

    def wait(self) -> Shown:
        """Waits until it is drawn and scrolls to it."""
        self.root.wait_for(state="attached")
        self.root.scroll_into_view_if_needed()
        self.root.locator("figure").first.wait_for()
        return self

    def slider(self, label: str) -> Locator:
        """The slider of that label."""
        return self.root.get_by_role("slider", name=label, exact=True)

    def button(self, label: str) -> Locator:
        """The button of that label."""
        return self.root.get_by_role("button", name=label, exact=True)

    @property
    def note(self) -> Locator:
        """The sentence about the cell that the learner is at."""
        return self.root.locator(".sl-note")

    @staticmethod
    def starts_with(*beginnings: str) -> re.Pattern[str]:
        """A pattern for a text with one of these beginnings."""
        return re.compile(f"^({'|'.join(map(re.escape, beginnings))})")

    def place_of(self, row: int, col: int) -> tuple[float, float]:
        """Where on the page the middle of a cell is, of the grid that the learner moves over."""
        grid = self.root.locator("[role=grid]")
        grid.scroll_into_view_if_needed()
        x, y = grid.evaluate(
            """(svg, [x, y]) => {
              const place = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
              return [place.x, place.y];
            }""",
            [col * U + U / 2, row * U + U / 2],
        )
        return x, y

    def point_at(self, row: int, col: int, *, click: bool = False) -> None:
        """Moves the pointer to the middle of that cell, and clicks there if asked."""
        x, y = self.place_of(row, col)
        self.page.mouse.move(x, y)
        if click:
            self.page.mouse.click(x, y)

    def settle(self) -> None:
        """Waits until the kernel has answered all that the page asked."""
        self.page.wait_for_function(
            "root => root.dataset.waiting === 'false'", arg=self.root.element_handle()
        )

    def values(self, grid: str) -> list[int]:
        """The whole numbers in a grid's cells, row by row."""
        texts = self.root.locator(f"[data-grid={grid}] .sl-cells text").all_text_contents()
        return [int(text.replace("−", "-")) for text in texts]

    def names_of_controls(self) -> list[str]:
        """The names of all controls that the page shows, as a screen reader says them."""
        return [
            control.evaluate("one => one.getAttribute('aria-label') ?? one.labels[0].textContent")
            for control in self.root.locator("input:not([type=radio]), select").all()
            if control.is_visible()
        ]

    def open_all(self) -> None:
        """Opens the parts that are folded away."""
        folded = self.root.locator("details:not([open]):not([hidden]) > summary")
        while folded.count():
            folded.first.click()

    def wait_for_size(self, grid: str, size: str) -> None:
        """Waits until the page shows that size."""
        figure = self.root.locator(f"figure[data-panel={grid}]")
        figure.locator("figcaption small", has_text=size).wait_for()

    def sentence(self) -> str:
        """What it says above the picture."""
        return self.root.locator(".sl-sentence").inner_text()

    def screenshot(self, path: Path) -> None:
        """Keeps a picture of it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.root.screenshot(path=path)
