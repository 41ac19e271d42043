"""A browser, a JupyterLab and a page for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import lab as driver

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if driver.find_chromium() is None:
        pytest.skip("Chromium is not installed (Debian and Ubuntu: apt install chromium)")
    with driver.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[driver.Lab]:
    with driver.jupyterlab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which no script fails and from which nothing leaves the machine."""
    page = browser.new_page(viewport={"width": 1300, "height": 2400})
    failed, asked = [], []
    page.on("pageerror", lambda error: failed.append((str(error), error.stack or "")))
    page.on("request", lambda request: asked.append(urlsplit(request.url)))
    yield page
    page.close()
    # Notebook 7 trips over settings of JupyterLab that it has no plugin for: not ours.
    assert [text for text, stack in failed if "/static/notebook/" not in stack] == []
    assert {url.hostname for url in asked if url.scheme.startswith("http")} <= {"127.0.0.1"}


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures are kept; git ignores it."""
    SCREENSHOTS.mkdir(exist_ok=True)
    return SCREENSHOTS
