"""Explorers outside JupyterLab: Notebook 7, Voila, and a page that has no kernel at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import stridelab as sl
from stridelab.explorers import explore
from tests.browser.lab import KERNEL, PAGE_MS, START_S, Lab, Shown, free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def assert_alive(explorer: Shown) -> None:
    """A control reaches the kernel and the picture comes back; cells follow the pointer."""
    explorer.slider("Stride").press("ArrowRight")
    explorer.wait_for_size("output", "4 × 4")
    explorer.point_at(2, 3)
    expect(explorer.note).to_have_text(explorer.starts_with("Output (2, 3) reads"))


def test_notebook_7_serves_it(lab: Lab, page: Page) -> None:
    """The server of JupyterLab serves Notebook 7 beside it."""
    name = lab.write("seven.ipynb", "import stridelab as sl\nsl.explore.window()")
    page.set_default_timeout(PAGE_MS)
    page.goto(f"{lab.url}/notebooks/{name}?token={lab.token}")
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    assert_alive(Shown(page).wait())


@contextmanager
def voila(root: Path) -> Iterator[str]:
    """Voila on a free port, for one notebook with one explorer."""
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": "explorer",
                "metadata": {},
                "outputs": [],
                "source": "import stridelab as sl\nsl.explore.window()",
            }
        ],
        "metadata": {"kernelspec": KERNEL},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (root / "shown.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    port = free_port()
    places = {name: str(root / name) for name in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    command = [sys.executable, "-m", "voila", "shown.ipynb", f"--port={port}", "--no-browser"]
    command += ["--Voila.ip=127.0.0.1"]
    log = (root / "voila.log").open("w", encoding="utf-8")
    process = subprocess.Popen(
        command, cwd=root, env=os.environ | places, stdout=log, stderr=subprocess.STDOUT
    )
    address = f"http://127.0.0.1:{port}/"
    try:
        deadline = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{address}static/", timeout=5).close()
            except urllib.error.HTTPError:
                break  # it answers
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def test_voila_serves_it(browser: Browser, tmp_path: Path) -> None:
    """Also where the host from which Voila's own template wants MathJax is out of reach."""
    page = browser.new_page(viewport={"width": 1300, "height": 2400})
    page.route(lambda url: not url.startswith("http://127.0.0.1"), lambda route: route.abort())
    page.set_default_timeout(PAGE_MS)
    try:
        with voila(tmp_path) as address:
            page.goto(address)
            assert_alive(Shown(page).wait())
    finally:
        page.close()


@pytest.mark.parametrize(
    ("guess", "verdict"),
    [
        ("how many?", "The answer is 2 numbers; write them like 3 × 3."),
        ("9 by 08", "≠ You said 9 × 8. Right: 8 × 8."),
        ("8x8", "✓ Right: 8 × 8."),
    ],
)
def test_a_page_of_its_own_asks_first(guess: str, verdict: str, page: Page, tmp_path: Path) -> None:
    path = tmp_path / "window.html"
    path.write_text(sl.explore.window(predict_first=True).html(), encoding="utf-8")
    page.goto(path.as_uri())
    explorer = Shown(page)
    assert explorer.sentence() == "How large is the output (rows × columns)?"
    assert explorer.root.locator("[data-panel=output]").count() == 0
    explorer.root.get_by_role("textbox").fill(guess)
    explorer.button("Commit").click()
    expect(explorer.root.locator(".sl-verdict")).to_have_text(verdict)
    assert explorer.root.locator("[data-panel=output]").count() == int("Right" in verdict)
    explorer.slider("Stride").press("ArrowRight")  # another question
    expect(explorer.root.locator("[data-panel=output]")).to_have_count(0)


@pytest.mark.parametrize("name", explore.__all__)
def test_a_page_of_its_own_needs_no_kernel(
    name: str, page: Page, tmp_path: Path, screenshots: Path
) -> None:
    """The stage asks no more of its host than anywidget's contract: get, send, on, off."""
    path = tmp_path / f"{name}.html"
    path.write_text(getattr(explore, name)().html(), encoding="utf-8")
    page.goto(path.as_uri())
    explorer = Shown(page)
    explorer.root.locator("figure").first.wait_for()
    before = explorer.sentence()
    explorer.root.get_by_label("Surprises").select_option(index=2)
    explorer.root.locator(".sl-look").wait_for()
    assert explorer.sentence() != before
    explorer.button("Reset").click()
    assert explorer.sentence() == before
    sliders = [one for one in explorer.root.locator("input[type=range]").all() if one.is_visible()]
    for slider in sliders[:2]:
        slider.press("Home" if slider.input_value() != slider.get_attribute("min") else "End")
    wrong = explorer.root.locator(".sl-wrong")
    expect(wrong).to_have_text(explorer.starts_with("✕ This page has no kernel"))
    assert explorer.root.locator(".sl-silent").inner_text() == ""
    explorer.button("Reset").click()
    assert (wrong.is_hidden(), explorer.sentence()) == (True, before)
    if name == "race":
        explorer.button("Measure").click()
        expect(wrong).to_have_text(explorer.starts_with("✕ This page has no kernel"))
        explorer.button("Reset").click()
    explorer.screenshot(screenshots / f"{name}_page.png")
    assert Axe().run(page, context=".sl-stage").response["violations"] == []
