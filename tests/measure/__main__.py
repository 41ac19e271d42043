"""Times in JupyterLab in Chromium, printed as a table: ``python -m tests.measure``.

For each explorer: its cell's run until it stands on the page; a control's move until the new
picture is laid out, and until it is painted, as a hand moves it: the pointer comes first; the same
to laid out where the pointer did not come, so that the kernel is asked; a step of the pointer until
the picture has followed. Beside them a widget that only echoes, the dealing of each problem, and
nbval's run of each lesson. Nothing is judged here.
"""

from __future__ import annotations

import functools
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page
from rich.console import Console
from rich.progress import track
from rich.table import Table

from stridelab.explorers import explore
from stridelab.ops import machine
from stridelab.practice.bank import bank, deal
from tests.browser.lab import Lab, Shown, chromium, find_chromium, jupyterlab

LESSONS = Path(__file__).resolve().parents[2] / "lessons"

#: Moves of a control, and steps of the pointer, for each explorer.
MOVES = 25

#: Moves before those that count: the first ones compile, in Python and in the page.
WARM_UP = 8

#: From the pointer's coming to a slider until the hand moves it.
REACH_MS = 250

#: Runs the notebook's last cell; the milliseconds until its explorer has drawn grids.
APPEAR = """async () => {
  const { commands, shell } = window.jupyterapp;
  const { content } = shell.currentWidget;
  content.activeCellIndex = content.widgets.length - 1;
  const start = performance.now();
  const drawn = new Promise(resolve => {
    const watch = new MutationObserver(() => {
      const grid = document.querySelector('.sl-stage figure');
      if (!grid || grid.getBoundingClientRect().width === 0) return;
      watch.disconnect();
      resolve(performance.now() - start);
    });
    watch.observe(document.body, { childList: true, subtree: true });
  });
  commands.execute('notebook:run-cell');
  return drawn;
}"""

#: Moves a slider to these values, each as soon as the picture of the one before is painted; the
#: milliseconds until each is laid out, and painted.
MOVE = """async (slider, values) => {
  const root = slider.closest('.sl-stage');
  const all = { childList: true, subtree: true, characterData: true, attributes: true };
  const moved = (value) => new Promise(resolve => {
    slider.value = value;
    const start = performance.now();
    const done = () => {
      watch.disconnect();
      root.getBoundingClientRect();
      const laidOut = performance.now() - start;
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve([laidOut, performance.now() - start]);
        port2.postMessage(0);
      });
    };
    const watch = new MutationObserver(done);
    for (const part of root.querySelectorAll('.sl-scene, .sl-sentence')) watch.observe(part, all);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  });
  const times = [];
  for (const value of values) times.push(await moved(value));
  return times;
}"""

#: A widget that only echoes: it answers a question with a text as long as an explorer's scene.
ECHO = """import anywidget, traitlets

class Echo(anywidget.AnyWidget):
    _esm = '''export default { render({ model, el }) {
      el.className = "echo";
      el.ask = () => new Promise(resolve => {
        const start = performance.now();
        const heard = () => {
          model.off("change:text", heard);
          resolve(performance.now() - start);
        };
        model.on("change:text", heard);
        model.send({});
      });
    } }'''
    text = traitlets.Unicode().tag(sync=True)
    count = 0

    def answer(self, *_):
        self.count += 1
        self.text = f"{self.count:040000}"

echo = Echo()
echo.on_msg(echo.answer)
echo"""

#: The milliseconds of so many round trips, with a pause after each.
ROUND_TRIPS = """async (echo, count) => {
  const times = [];
  for (let i = 0; i < count; i += 1) {
    times.push(await echo.ask());
    await new Promise(resolve => setTimeout(resolve, 80));
  }
  return times;
}"""

#: Goes over the output's cells; for each the milliseconds until the picture has followed.
HOVER = """(root, count) => {
  const cells = [...root.querySelectorAll('[data-at]')];
  const times = [];
  for (let i = 0; i < count; i += 1) {
    const cell = cells[(7 * i + 1) % cells.length];
    const box = cell.getBoundingClientRect();
    const [clientX, clientY] = [box.x + box.width / 2, box.y + box.height / 2];
    const start = performance.now();
    cell.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX, clientY }));
    root.getBoundingClientRect();
    times.push(performance.now() - start);
  }
  return times;
}"""


@dataclass(frozen=True)
class Times:
    """One explorer's times, in milliseconds."""

    name: str
    appeared: float
    laid_out: Sequence[float]
    painted: Sequence[float]
    asked: Sequence[float]
    hovered: Sequence[float]


def measure(name: str, lab: Lab, page: Page) -> Times:
    """One explorer in a notebook of its own."""
    lab.open(page, lab.write(f"{name}.ipynb", "import stridelab as sl", f"sl.explore.{name}()"))
    lab.run_all(page)  # the first time imports; the second is the one that counts
    Shown(page).wait()
    page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.wait_for_selector(".sl-stage", state="detached")
    appeared = page.evaluate(APPEAR)
    explorer = Shown(page).wait()
    sliders = [one for one in explorer.root.locator("input[type=range]").all() if one.is_visible()]
    each = -(-MOVES // len(sliders))
    asked = new_ground(sliders)
    explorer.button("Reset").click()
    page.wait_for_timeout(REACH_MS)
    moves = []
    for slider in sliders:
        home, step = home_and_step(slider)
        slider.hover()
        page.wait_for_timeout(REACH_MS)
        moves += slider.evaluate(MOVE, [home + step, home] * -(-each // 2))
    hovered = []
    if explorer.root.locator("[data-at]").count():
        explorer.root.evaluate(HOVER, WARM_UP)
        hovered = explorer.root.evaluate(HOVER, MOVES)
    laid_out, painted = zip(*moves[:MOVES], strict=True)
    return Times(name, appeared, laid_out, painted, [time for time, _ in asked], hovered)


def home_and_step(slider: Locator) -> tuple[int, int]:
    """Where a slider stands, and the step from there that it has room for."""
    home, high = slider.evaluate("one => [one.value, one.max].map(Number)")
    return home, -1 if home == high else 1


def new_ground(sliders: list[Locator]) -> list[tuple[float, float]]:
    """Each slider in turn a step on, from its own default: no state comes twice, none is known."""
    starts = [(slider, *home_and_step(slider)) for slider in sliders]
    ends = [
        slider.evaluate("(one, by) => Number(by > 0 ? one.max : one.min)", step)
        for slider, _, step in starts
    ]
    times = []
    for far in range(1, MOVES):
        for (slider, home, step), end in zip(starts, ends, strict=True):
            if far <= abs(end - home):
                times += slider.evaluate(MOVE, [home + far * step])
    return times


def round_trips(lab: Lab, page: Page) -> list[float]:
    """A widget that only echoes."""
    lab.open(page, lab.write("echo.ipynb", ECHO))
    lab.run_all(page)
    page.wait_for_selector(".echo", state="attached")
    echo = page.locator(".echo")
    echo.evaluate(ROUND_TRIPS, WARM_UP)
    return echo.evaluate(ROUND_TRIPS, MOVES)


def table(rows: list[Times], echoes: list[float]) -> Table:
    """Medians, with the 95th percentile behind a stroke."""
    shown = Table(title=f"Milliseconds: median / 95th percentile of {MOVES} moves")
    shown.add_column("explorer")
    for head in ("appears", "to laid out", "to painted", "asking the kernel", "hover"):
        shown.add_column(head, justify="right")
    for row in rows:
        times = (row.laid_out, row.painted, row.asked, row.hovered)
        shown.add_row(row.name, f"{row.appeared:.0f}", *map(_median_and_tail, times))
    shown.add_row("a bare echo", "", "", "", _median_and_tail(echoes), "")
    return shown


def _median_and_tail(times: Sequence[float]) -> str:
    if not times:
        return "—"
    return f"{statistics.median(times):.1f} / {statistics.quantiles(times, n=20)[-1]:.1f}"


def dealing() -> list[float]:
    """Milliseconds to deal each problem of the bank, in a variant not met before."""
    taken = []
    for id in bank():
        deal(id)  # what its expressions use is loaded
        taken.append(1e3 * machine.seconds(functools.partial(deal, id, 1)))
    return taken


def executing() -> dict[str, float]:
    """Seconds that nbval takes to execute each lesson, its kernel's start included."""
    nbval = [sys.executable, "-m", "pytest", "--nbval-lax", "-q", "-o", "addopts="]
    taken = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = os.environ | {"STRIDELAB_DATA": folder}
        for lesson in track(sorted(LESSONS.glob("*.ipynb")), "Executing the lessons"):
            command = [*nbval, "-p", "no:cacheprovider", str(lesson)]
            run = functools.partial(
                subprocess.run, command, check=True, capture_output=True, env=settings
            )
            taken[lesson.stem] = machine.seconds(run)
    return taken


def main() -> int:
    console = Console()
    lessons = executing()
    for lesson, seconds in lessons.items():
        console.print(f"{lesson}: {seconds:.1f} s")
    console.print(f"All {len(lessons)} lessons, one after another: {sum(lessons.values()):.0f} s")
    times = dealing()
    count = f"Dealing one of {len(times)} problems"
    console.print(f"{count}, milliseconds: median / 95th percentile {_median_and_tail(times)}")
    if find_chromium() is None:
        console.print("Chromium is not installed (Debian and Ubuntu: apt install chromium).")
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        jupyterlab(Path(folder) / "lab") as lab,
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1300, "height": 1200})
        rows = [measure(name, lab, page) for name in track(explore.__all__, "Measuring")]
        echoes = round_trips(lab, page)
    console.print(table(rows, echoes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
