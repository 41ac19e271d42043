"""The site and the decks: built without a network, opened from disk in a browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser import lab as driver

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow

#: Runs a script in a process that can reach nothing but this machine.
ALONE = """
import os, runpy, sys
HERE = (None, "", "localhost", "127.0.0.1", "::1")
def refuse(event, arguments):
    host = arguments[0] if event == "socket.getaddrinfo" else ""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    if host not in HERE:
        raise OSError(f"the build asked for {host!r}")
sys.addaudithook(refuse)
del sys.argv[0]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""

#: Seconds: fourteen lessons, where none was executed before, on a busy machine.
BUILD_S = 900

#: The least height of a picture on a slide, of the slide's 720.
PICTURE = 220


@dataclass(frozen=True)
class Built:
    """Where the pages and the decks are, and what the builders said."""

    site: Path
    slides: Path
    said: str

    @property
    def pages(self) -> list[Path]:
        return sorted(self.site.rglob("*.html"))

    @property
    def decks(self) -> list[Path]:
        return sorted(self.slides.glob("[0-9]*.html"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    dead = dict.fromkeys(
        ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"
    )
    said = ""
    for script, name in (("website", "site"), ("slides", "slides")):
        done = subprocess.run(
            [sys.executable, "-c", ALONE, f"course/build/{script}.py", "--to", str(folder / name)],
            cwd=ROOT,
            env=os.environ | dead,
            capture_output=True,
            text=True,
            timeout=BUILD_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        said += done.stdout + done.stderr
    return Built(folder / "site" / "html", folder / "slides", said)


class Parts(HTMLParser):
    """A page's anchors, its links, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif "href" in given and tag == "link":
            self.loads.append(given["href"])
        elif "src" in given:
            self.loads.append(given["src"])


def lost(path: Path, parts: dict[Path, Parts]) -> list[str]:
    """What a page links to or loads, and is not there."""
    found = []
    for target in (*parts[path].links, *parts[path].loads):
        url = urlsplit(target)
        if url.scheme:
            continue
        there = (path.parent / unquote(url.path)).resolve() if url.path else path
        if not there.is_file() or (
            url.fragment and there in parts and unquote(url.fragment) not in parts[there].ids
        ):
            found.append(target)
    return found


def test_nobody_warns(built: Built) -> None:
    assert "warning" not in built.said.lower()


def test_links_lead_somewhere(built: Built) -> None:
    pages = [*built.pages, *built.slides.glob("*.html")]
    parts = {path: Parts(path) for path in pages if "explorers" not in path.parts}
    missing = {path.name: lost(path, parts) for path in parts if path.name != "genindex.html"}
    assert {name: links for name, links in missing.items() if links} == {}
    assert "span" in parts[built.site / "glossary.html"].ids
    assert any("glossary.html#" in link for link in parts[lesson(built, "02")].links)


def test_nothing_is_loaded_from_elsewhere(built: Built) -> None:
    for path in (*built.pages, *built.slides.rglob("*.html")):
        assert [url for url in Parts(path).loads if re.match(r"(https?:)?//", url)] == []
    for path in (*built.site.rglob("*.css"), *built.slides.rglob("*.css")):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", path.read_text("utf-8")), path


def lesson(built: Built, number: str) -> Path:
    return next(built.site.glob(f"lessons/{number}_*.html"))


# --- in a browser ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if driver.find_chromium() is None:
        pytest.skip("Chromium is not installed (Debian and Ubuntu: apt install chromium)")
    with driver.chromium() as browser:
        yield browser


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser, scheme: str) -> Iterator[Page]:
    """A page whose console stays empty, and which asks for files of this disk alone."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 720},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    context.set_default_timeout(driver.PAGE_MS)
    said: list[str] = []
    asked: list[str] = []
    context.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    context.on("weberror", lambda one: said.append(str(one.error)))
    context.on("request", lambda one: asked.append(one.url))
    yield context.new_page()
    context.close()
    assert said == []
    assert {url for url in asked if url.startswith(("http", "ws", "//"))} == set()


def serious(page: Page) -> list[str]:
    """What axe finds of a serious kind; style sheets it may not fetch, since a disk forbids it."""
    options = {"preload": False, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.browser
def test_pages_are_sound(built: Built, page: Page, scheme: str) -> None:
    names = ["index", "api/stridelab.layers"]
    if scheme == "light":
        names += ["glossary", "misconceptions", "benchmark", "contributing", "search"]
    paths = [*(built.site / f"{name}.html" for name in names), lesson(built, "02")]
    for path in paths:
        page.goto(path.as_uri())
        assert page.locator("html").get_attribute("lang") == "en"
        assert serious(page) == [], path.name
    keep(page, f"site_lesson_{scheme}", full_page=True)


def keep(page: Page, name: str, *, full_page: bool = False) -> None:
    """Keeps a picture in screenshots/, which git ignores."""
    (ROOT / "screenshots").mkdir(exist_ok=True)
    page.screenshot(path=ROOT / "screenshots" / f"{name}.png", full_page=full_page)


@pytest.mark.browser
def test_lessons_show_formulas_figures_and_explorers(built: Built, page: Page, scheme: str) -> None:
    page.goto(lesson(built, "02").as_uri())
    page.locator("mjx-container svg").first.wait_for()
    assert page.locator("[data-mjx-error]").count() == 0
    assert page.locator(".math:not(:has(mjx-container))").count() == 0
    figure = page.locator(".cell_output img:not(.only-light, .only-dark)").first
    expect(figure).to_have_css("background-color", "rgb(255, 255, 255)")
    for mode in ("light", "dark"):
        expect(page.locator(f"img.only-{mode}").first).to_be_visible(visible=mode == scheme)
    page.locator(".sl-live summary").first.click()
    frame = page.frame_locator(".sl-live iframe").first
    frame.get_by_role("slider", name="Stride", exact=True).press("ArrowRight")
    expect(frame.locator("figure[data-panel=output] small").first).to_contain_text("×")
    assert scheme == "dark" or serious(page) == []  # what the frame holds too
    paper = frame.locator("html").evaluate(
        "() => matchMedia('(prefers-color-scheme: dark)').matches"
    )
    assert paper == (scheme == "dark")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light"], indirect=True)
def test_search_works_from_disk(built: Built, page: Page) -> None:
    page.goto((built.site / "index.html").as_uri())
    page.get_by_role("textbox", name="Search").fill("aliasing")
    page.keyboard.press("Enter")
    expect(page.locator("#search-results li a").first).to_be_visible()
    found = page.locator("#search-results li a").all_text_contents()
    assert "Glossary" in " ".join(found)


#: What goes over the edge of the slide that is shown, and how high its pictures are.
MEASURE = """() => {
  const slide = Reveal.getCurrentSlide(), edge = slide.getBoundingClientRect(), over = [];
  if (slide.scrollHeight > slide.clientHeight + 1 || slide.scrollWidth > slide.clientWidth + 1)
    over.push(`${slide.scrollWidth} × ${slide.scrollHeight}`);
  for (const one of slide.querySelectorAll("*")) {
    if (one.closest("aside, mjx-assistive-mml")) continue;
    const box = one.getBoundingClientRect();
    if (box.width && (box.right > edge.right + 1 || box.bottom > edge.bottom + 1
        || box.left < edge.left - 1 || box.top < edge.top - 1))
      over.push(one.outerHTML.slice(0, 80));
  }
  const heights = [...slide.querySelectorAll(".shown img")].map(one => one.offsetHeight);
  return [over, heights.filter(height => height)];
}"""


def open_deck(page: Page, path: Path) -> int:
    """Opens a deck, waits until all is drawn; how many slides it has."""
    page.goto(path.as_uri())
    page.wait_for_function("window.Reveal?.isReady()")
    page.evaluate("MathJax.startup.promise.then(() => null)")
    return int(page.evaluate("Reveal.getTotalSlides()"))


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light"], indirect=True)
def test_decks_are_sound(built: Built, page: Page) -> None:
    """Every slide of every deck: nothing over the edge, no picture too small, nothing for axe."""
    assert len(built.decks) == len(list((ROOT / "course" / "lessons").glob("[0-9]*.py")))
    faults = []
    for path in built.decks:
        total = open_deck(page, path)
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.title().startswith(path.name[:2])
        for number in range(1, total + 1):
            page.evaluate("() => { while (Reveal.nextFragment()); }")
            over, heights = page.evaluate(MEASURE)
            where = f"{path.name}, slide {number}"
            faults += [f"{where}: over the edge: {one}" for one in over]
            faults += [f"{where}: a picture {h:.0f} high" for h in heights if h < PICTURE]
            faults += [f"{where}: {one}" for one in serious(page)]
            page.keyboard.press("ArrowRight")
        assert page.evaluate("Reveal.isLastSlide()"), "the arrow key moves"
        if page.locator("[data-mjx-error], .math:not(:has(mjx-container))").count():
            faults.append(f"{path.name}: a formula that is not one")
    assert faults == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["dark"], indirect=True)
def test_a_deck_is_dark_where_the_reader_is(built: Built, page: Page) -> None:
    open_deck(page, built.decks[2])
    expect(page.locator("body")).to_have_css("background-color", "rgb(20, 23, 27)")
    page.keyboard.press("ArrowRight")
    assert serious(page) == []
    keep(page, "slide_dark")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light"], indirect=True)
def test_s_opens_the_notes(built: Built, page: Page) -> None:
    open_deck(page, built.decks[2])
    with page.context.expect_page() as opened:
        page.keyboard.press("s")
    notes = opened.value
    notes.get_by_text("Afterwards they can").wait_for()


@pytest.mark.browser
def test_the_decks_index_is_sound(built: Built, page: Page) -> None:
    page.goto((built.slides / "index.html").as_uri())
    assert serious(page) == []
    page.get_by_role("link").first.click()
    page.wait_for_function("window.Reveal?.isReady()")
