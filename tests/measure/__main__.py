"""Times in JupyterLab in Chromium, printed as a table: ``python -m tests.measure``.

For each explorer: its cell's run until it stands on the page; a control's move until the new
picture is laid out, and until it is painted; a step of the pointer until the picture has followed.
Nothing is judged here.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page
from rich.console import Console
from rich.progress import track
from rich.table import Table

from stridelab.explorers import explore
from tests.browser.lab import Lab, Shown, chromium, find_chromium, jupyterlab

#: Moves of a control, and steps of the pointer, for each explorer.
MOVES = 25

#: Moves before those that count: the first ones compile, in Python and in the page.
WARM_UP = 8

#: Runs the notebook's last cell; the milliseconds until its explorer has drawn grids.
APPEAR = """async () => {
  const { commands, shell } = window.jupyterapp;
  const { content } = shell.currentWidget;
  content.activeCellIndex = content.widgets.length - 1;
  const start = performance.now();
  const drawn = new Promise(resolve => {
    const watch = new MutationObserver(() => {
      const grid = document.querySelector('.sl-stage .sl-grid');
      if (!grid || grid.getBoundingClientRect().width === 0) return;
      watch.disconnect();
      resolve(performance.now() - start);
    });
    watch.observe(document.body, { childList: true, subtree: true });
  });
  commands.execute('notebook:run-cell');
  return drawn;
}"""

#: Moves the sliders as a hand does, each a step from its default and back to it, as soon as the
#: picture of the move before is painted; the milliseconds until each is laid out, and painted.
MOVE = """async (root, count) => {
  const sliders = [...root.querySelectorAll('input[type=range]')]
    .filter(one => one.checkVisibility());
  const all = { childList: true, subtree: true, characterData: true, attributes: true };
  const moved = (slider, value) => new Promise(resolve => {
    slider.value = value;
    const start = performance.now();
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    const watch = new MutationObserver(() => {
      watch.disconnect();
      root.getBoundingClientRect();
      const laidOut = performance.now() - start;
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve([laidOut, performance.now() - start]);
        port2.postMessage(0);
      });
    });
    for (const part of root.querySelectorAll('.sl-scene, .sl-sentence')) watch.observe(part, all);
  });
  const times = [];
  for (let i = 0; times.length < count; i += 1) {
    const slider = sliders[i % sliders.length];
    const [home, high] = [slider.value, slider.max].map(Number);
    times.push(await moved(slider, home === high ? home - 1 : home + 1));
    times.push(await moved(slider, home));
  }
  return times.slice(0, count);
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
    laid_out: list[float]
    painted: list[float]
    hovered: list[float]


def measure(name: str, lab: Lab, page: Page) -> Times:
    """One explorer in a notebook of its own."""
    lab.open(page, lab.write(f"{name}.ipynb", "import stridelab as sl", f"sl.explore.{name}()"))
    lab.run_all(page)  # the first time imports; the second is the one that counts
    Shown(page).wait()
    page.evaluate("window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.wait_for_selector(".sl-stage", state="detached")
    appeared = page.evaluate(APPEAR)
    explorer = Shown(page).wait()
    explorer.root.evaluate(MOVE, WARM_UP)
    moves = explorer.root.evaluate(MOVE, MOVES)
    explorer.root.evaluate(HOVER, WARM_UP)
    hovered = explorer.root.evaluate(HOVER, MOVES)
    return Times(name, appeared, [m[0] for m in moves], [m[1] for m in moves], hovered)


def table(rows: list[Times]) -> Table:
    """Medians, with the 95th percentile behind a stroke."""
    shown = Table(title=f"Milliseconds: median / 95th percentile of {MOVES} moves")
    shown.add_column("explorer")
    for head in ("appears", "control to laid out", "control to painted", "hover"):
        shown.add_column(head, justify="right")
    for row in rows:
        three = [_median_and_tail(times) for times in (row.laid_out, row.painted, row.hovered)]
        shown.add_row(row.name, f"{row.appeared:.0f}", *three)
    return shown


def _median_and_tail(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} / {statistics.quantiles(times, n=20)[-1]:.1f}"


def main() -> int:
    console = Console()
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
    console.print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
