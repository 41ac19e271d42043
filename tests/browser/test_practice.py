"""A problem's card in JupyterLab: by keyboard, for a screen reader, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from stridelab.practice.bank import bank, deal
from tests.browser.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: One problem of each kind.
KINDS = {problem.kind: id for id, problem in reversed(bank().items())}

COUNT = "from stridelab.practice import store\nprint('kept', len(store.attempts()))"


def test_a_whole_problem_by_keyboard(lab: Lab, page: Page, screenshots: Path) -> None:
    """Wrong, a hint, right, and the next one; no mouse is touched."""
    dealt = deal("pad-02", 1)
    name = lab.write("card.ipynb", "import stridelab as sl\nsl.practice.show('pad-02', seed=1)")
    lab.open(page, name)
    lab.run_all(page)
    card = page.locator(".sl-card")
    answer = card.get_by_label(re.compile("^Your answer"))
    answer.focus()
    page.keyboard.type(str(dealt.beliefs["odd-cell-before"]))
    page.keyboard.press("Enter")
    said = card.get_by_role("status")
    expect(said).to_contain_text("is what you get if the odd cell of padding went before.")
    page.keyboard.press("Tab")
    expect(card.get_by_role("button", name="Check")).to_be_focused()
    page.keyboard.press("Tab")
    expect(card.get_by_role("button", name="Hint (3 left)")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.get_by_role("list", name="Hints").get_by_role("listitem")).to_have_text(
        [dealt.hints[0]]
    )
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type(str(dealt.truth))
    page.keyboard.press("Enter")
    expect(said).to_have_text(f"✓ Right. {dealt.because}")
    card.screenshot(path=screenshots / "card.png")
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(answer).to_be_focused()
    expect(answer).to_have_value("")
    expect(card).to_contain_text(deal("pad-02", 2).prompt.split("\n")[0].split("`")[0])
    lab.type_and_run(page, COUNT)
    expect(page.locator(".jp-OutputArea-output", has_text="kept")).to_have_text("kept 2\n")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_every_kind_is_accessible(lab: Lab, page: Page, theme: str, screenshots: Path) -> None:
    lab.set_theme(f"JupyterLab {theme}")
    cells = [f"sl.practice.show({id!r})" for id in KINDS.values()]
    lab.open(page, lab.write(f"kinds-{theme}.ipynb", "import stridelab as sl", *cells))
    lab.run_all(page)
    cards = page.locator(".sl-card")
    expect(cards).to_have_count(len(cells), timeout=60_000)
    for kind, card in zip(KINDS, cards.all(), strict=True):
        card.scroll_into_view_if_needed()
        for button in ("Hint", "Solution", "Check"):
            card.get_by_role("button", name=re.compile(button)).click()
        expect(card.locator(".sl-said")).not_to_be_empty()
        expect(card.locator(".sl-solution")).to_be_visible()
        card.screenshot(path=screenshots / f"card-{kind}-{theme.lower()}.png")
    found = Axe().run(page, context=".sl-card")
    assert found.response["violations"] == [], found.generate_report()
    lab.set_theme("JupyterLab Light")


def test_progress_is_taken_along(lab: Lab, page: Page, tmp_path: Path) -> None:
    """A download that another notebook adds."""
    name = lab.write("along.ipynb", "import stridelab as sl\nsl.practice.take_along()")
    lab.open(page, name)
    lab.run_all(page)
    card = page.locator(".sl-card")
    with page.expect_download() as download:
        card.get_by_role("button", name="Download my progress").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "stridelab-progress.json"
    said = card.get_by_role("status")
    expect(said).to_contain_text("Attempts in the file: ")
    card.get_by_label("Add a file's").set_input_files(file)
    expect(said).to_have_text("Attempts added: 0.")
    found = Axe().run(page, context=".sl-card")
    assert found.response["violations"] == [], found.generate_report()
