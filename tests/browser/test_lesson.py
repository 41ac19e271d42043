"""A lesson as a learner meets it: JupyterLab, Chromium, the keyboard."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.lab import Lab, Shown

LESSONS = Path(__file__).parents[2] / "lessons"

pytestmark = pytest.mark.browser


def test_lesson_03_runs_and_its_explorer_follows_the_keyboard(
    lab: Lab, page: Page, screenshots: Path
) -> None:
    shutil.copy(LESSONS / "03_strides.ipynb", lab.root)
    lab.open(page, "03_strides.ipynb")
    lab.run_all(page)
    outputs = lab.outputs(page)
    assert [each for each in outputs if each["output_type"] == "error"] == []
    assert [each for each in outputs if each.get("name") == "stderr"] == []
    assert "One portrait at strides 1, 2, 4 and 8" in str(outputs)  # the photograph's alt text

    explorer = Shown(page).wait()
    explorer.wait_for_size("input", "7 × 7")
    explorer.wait_for_size("output", "3 × 3")
    explorer.slider("Stride").focus()
    page.keyboard.press("ArrowLeft")
    explorer.wait_for_size("output", "5 × 5")
    page.keyboard.press("End")
    explorer.wait_for_size("output", "2 × 2")
    assert "in steps of 4 over 7 × 7 cells" in explorer.sentence()
    explorer.screenshot(screenshots / "lesson_03_explorer.png")
    page.screenshot(path=screenshots / "lesson_03.png")
