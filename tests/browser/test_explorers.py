"""Every explorer in JupyterLab: for all learners, on all screens, whatever the kernel does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from stridelab.explorers import explore
from tests.browser.lab import Lab, Shown

pytestmark = [pytest.mark.browser, pytest.mark.slow]

every_explorer = pytest.mark.parametrize("name", explore.__all__)

#: Elements of the explorer that stick out of it, or hold more than they show. What is too wide for
#: its place scrolls within a fold or a picture.
CUT_OFF = """root => {
  const edge = root.getBoundingClientRect();
  return [...root.querySelectorAll('*')]
    .filter(one => one.checkVisibility())
    .filter(one => !one.closest('.sl-unseen, .sl-fold, .sl-picture, svg *'))
    .filter(one => {
      const box = one.getBoundingClientRect();
      const outside = box.left < edge.left - 1 || box.right > edge.right + 1;
      return outside || (one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0);
    })
    .map(one => `${one.tagName}.${one.getAttribute('class')}: ${one.textContent.slice(0, 40)}`);
}"""

#: What has the focus: its name, and whether it or what stands for it (a cell's outline) has a ring.
FOCUSED = """() => {
  const one = document.activeElement;
  const outline = one.closest('.sl-grid')?.querySelector('.sl-frame');
  const ring = [one, one.nextElementSibling, outline].filter(Boolean).some(each => {
    const style = getComputedStyle(each);
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)
      || parseFloat(style.strokeWidth) >= 4;
  });
  const label = one.labels?.[0]?.textContent;
  return [one.getAttribute('aria-label') ?? label ?? one.textContent, ring];
}"""


@pytest.fixture
def show(lab: Lab, page: Page) -> Callable[..., Shown]:
    """Runs these cells in a notebook of their own; the explorer that they show."""

    def run(*cells: str, on: Page = page) -> Shown:
        name = lab.write("explorer.ipynb", "import stridelab as sl", *cells)
        lab.open(on, name)
        lab.run_all(on)
        on.set_default_timeout(15_000)
        return Shown(on).wait()

    return run


def assert_accessible(page: Page) -> None:
    found = Axe().run(page, context=".sl-stage")
    assert found.response["passes"]
    wrong = [
        (each["id"], node["html"])
        for each in found.response["violations"]
        for node in each["nodes"]
    ]
    assert wrong == []


@every_explorer
@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing_wrong(
    name: str, theme: str, lab: Lab, page: Page, show: Callable[..., Shown], screenshots: Path
) -> None:
    lab.set_theme(f"JupyterLab {theme}")
    try:
        explorer = show(f"sl.explore.{name}()")
        explorer.open_all()
        explorer.screenshot(screenshots / f"{name}_{theme.lower()}.png")
        assert_accessible(page)
    finally:
        lab.set_theme("JupyterLab Light")


@every_explorer
def test_it_fits_a_column_of_360_pixels(
    name: str, page: Page, show: Callable[..., Shown], screenshots: Path
) -> None:
    explorer = show(f"sl.explore.{name}()")
    explorer.open_all()
    explorer.root.evaluate("root => { root.style.width = '360px'; }")
    page.wait_for_timeout(300)
    assert explorer.root.bounding_box()["width"] == 360
    assert explorer.root.evaluate(CUT_OFF) == []
    explorer.screenshot(screenshots / f"{name}_narrow.png")
    assert_accessible(page)


@every_explorer
def test_it_fits_at_200_percent(
    name: str, browser: Browser, show: Callable[..., Shown], screenshots: Path
) -> None:
    """Zoom halves the page's width in CSS pixels and doubles what each is drawn with."""
    zoomed = browser.new_page(viewport={"width": 650, "height": 1200}, device_scale_factor=2)
    try:
        explorer = show(f"sl.explore.{name}()", on=zoomed)
        assert explorer.root.evaluate(CUT_OFF) == []
        explorer.screenshot(screenshots / f"{name}_200_percent.png")
    finally:
        zoomed.close()


@every_explorer
def test_the_keyboard_reaches_everything_and_sees_where_it_is(
    name: str, page: Page, show: Callable[..., Shown]
) -> None:
    explorer = show(f"sl.explore.{name}()")
    explorer.root.get_by_label("Surprises").focus()
    reached = []
    while page.evaluate("document.activeElement.closest('.sl-stage') !== null"):
        reached.append(page.evaluate(FOCUSED))
        page.keyboard.press("Tab")
        assert len(reached) < 60
    assert [label for label, ring in reached if not ring] == []
    labels = [label for label, _ in reached]
    assert labels == list(dict.fromkeys(labels))  # each of them once
    assert set(explorer.names_of_controls()) <= set(labels)


@every_explorer
def test_every_control_goes_to_both_ends_and_back(
    name: str, page: Page, show: Callable[..., Shown]
) -> None:
    """The page and the kernel agree at each end; a page on which a script fails fails the test."""
    explorer = show(f"e = sl.explore.{name}()\ne")
    explorer.root.get_by_text("As one line of Python").click()
    code = explorer.root.locator(".sl-code code")
    start = code.inner_text()
    for slider in explorer.root.locator("input[type=range]").all():
        if not slider.is_visible():
            continue
        for key in ("End", "Home"):
            slider.press(key)
            explorer.settle()
            assert slider.input_value() == slider.get_attribute("max" if key == "End" else "min")
    for choices in explorer.root.locator(".sl-choices").all():
        for choice in (choices.locator("input").last, choices.locator("input").first):
            choice.check()
            explorer.settle()
    for menu in explorer.root.locator(".sl-controls select").all():
        values = menu.locator("option").evaluate_all("all => all.map(one => one.value)")
        for value in (values[0], values[-1]):
            if value != "other":  # asks for a file
                menu.select_option(value)
                explorer.settle()
    explorer.button("Reset").click()
    explorer.settle()
    expect(code).to_have_text(start)
    assert explorer.root.locator(".sl-wrong").is_hidden()


@every_explorer
def test_its_surprises_and_its_question_work_on_the_page(
    name: str, page: Page, show: Callable[..., Shown]
) -> None:
    explorer = show(f"sl.explore.{name}()")
    surprises = explorer.root.get_by_label("Surprises")
    for index in range(1, surprises.locator("option").count()):
        surprises.select_option(index=index)
        explorer.root.locator(".sl-look").wait_for()
        explorer.settle()
    explorer.button("Reset").click()
    explorer.settle()
    explorer.root.get_by_label("Predict first").check()
    explorer.settle()
    form = explorer.root.locator(".sl-question")
    if name == "race":  # asks once it has measured
        assert form.is_hidden()
        return
    form.wait_for()
    if form.get_by_role("radio").count():
        form.get_by_role("radio").first.check()
    else:
        numbers = " × ".join("1" * 3)
        form.get_by_role("textbox").fill(numbers)
        form.get_by_role("textbox").press("Enter")
        explorer.root.locator(".sl-verdict").wait_for()
        if form.is_visible():  # it says how many numbers the answer has
            count = 2 if "2 numbers" in explorer.root.locator(".sl-verdict").inner_text() else 1
            form.get_by_role("textbox").fill(" × ".join("1" * count))
    if form.is_visible():
        explorer.button("Commit").click()
    form.wait_for(state="hidden")
    verdict = explorer.root.locator(".sl-verdict")
    assert verdict.inner_text().startswith(("✓ Right: ", "≠ You said "))
    assert verdict.evaluate("one => one === document.activeElement")


def test_the_window_s_keys_and_pointer_move_it(page: Page, show: Callable[..., Shown]) -> None:
    explorer = show("sl.explore.window(size=(6, 5), kernel_size=3, strides=(2, 1))")
    cell = explorer.root.locator("[data-at='0,0']")
    cell.focus()
    for key, place in [
        ("ArrowDown", "(1, 0)"),
        ("ArrowRight", "(1, 1)"),
        ("End", "(1, 4)"),
        ("ArrowRight", "(1, 4)"),
        ("Control+End", "(2, 4)"),
        ("ArrowLeft", "(2, 3)"),
        ("Control+Home", "(0, 0)"),
        ("ArrowUp", "(0, 0)"),
    ]:
        page.keyboard.press(key)
        expect(explorer.note).to_have_text(explorer.starts_with(f"Output {place} reads"))
    # Output (1, 2) reads rows 2, 3, 4 and columns 1, 2, 3: the pointer shows their products
    explorer.point_at(1, 2)
    expect(explorer.note).to_have_text(
        explorer.starts_with("Output (1, 2) reads rows 2, 3, 4 and columns 1, 2, 3.")
    )
    products = explorer.values("products")
    output = int(explorer.values("output")[1 * 5 + 2])
    assert sum(products) == output
    outline = explorer.root.locator("[data-grid=input] .sl-frame")
    assert [outline.get_attribute(side) for side in ("x", "y", "width", "height")] == [
        "32", "64", "96", "96",
    ]  # fmt: skip


def test_a_filter_lights_the_channels_that_it_reads(page: Page, show: Callable[..., Shown]) -> None:
    explorer = show("sl.explore.groups(channels=6, filters=6, groups=3)")

    def lit(grid: str) -> list[int]:
        texts = explorer.root.locator(f"[data-grid={grid}] .sl-cells text").all_text_contents()
        return [at for at, text in enumerate(texts) if text == "9"]

    explorer.point_at(2, 3, click=True)
    assert (lit("input"), lit("output")) == ([2, 3], [2, 3])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # to an empty cell
    expect(explorer.note).to_have_text(explorer.starts_with("Filter 4 does not read channel 3: "))
    assert (lit("input"), lit("output")) == ([4, 5], [2, 3])
    page.keyboard.press("End")
    expect(explorer.note).to_have_text(explorer.starts_with("Filter 4 reads channel 5: "))
    assert (lit("input"), lit("output")) == ([4, 5], [4, 5])


@pytest.mark.parametrize(
    ("width", "zoom", "column"), [(1300, 1, "auto"), (650, 2, "auto"), (1300, 1, "360px")]
)
def test_the_pointer_finds_the_cell_at_any_size(
    width: int, zoom: int, column: str, browser: Browser, show: Callable[..., Shown]
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 1200}, device_scale_factor=zoom)
    try:
        explorer = show("sl.explore.window(size=12, kernel='box_blur')", on=page)
        explorer.root.evaluate("(root, width) => { root.style.width = width; }", column)
        for row, col in ((0, 0), (0, 11), (11, 0), (11, 11), (6, 7)):
            explorer.point_at(row, col)
            expect(explorer.note).to_have_text(explorer.starts_with(f"Output ({row}, {col}) "))
        explorer.point_at(3, 4)
        x, y = explorer.place_of(3, 4)
        page.mouse.move(x, y - 2)
        full = page.evaluate("at => document.elementFromPoint(...at).textContent", [x, y])
        assert len(full) > 6  # every digit, where the cell's text hides some
    finally:
        page.close()


def test_the_keys_go_on_from_the_pointer_s_cell(page: Page, show: Callable[..., Shown]) -> None:
    explorer = show("sl.explore.window(size=5)")
    explorer.point_at(1, 2, click=True)
    page.keyboard.press("ArrowRight")
    expect(explorer.note).to_have_text(explorer.starts_with("Output (1, 3)"))
    x, y = explorer.place_of(1, 2)
    page.mouse.move(x - 2, y - 2)  # a pointer that trembles in its cell takes nothing back
    expect(explorer.note).to_have_text(explorer.starts_with("Output (1, 3)"))
    explorer.point_at(2, 2)
    expect(explorer.note).to_have_text(explorer.starts_with("Output (2, 2)"))


def test_steps_and_play_go_row_by_row(page: Page, show: Callable[..., Shown]) -> None:
    explorer = show("sl.explore.window(size=4, kernel_size=2, strides=2, padding='valid')")
    explorer.button("Next →").click()
    expect(explorer.note).to_have_text(explorer.starts_with("Output (0, 1)"))
    explorer.button("← Back").click()
    expect(explorer.note).to_have_text(explorer.starts_with("Output (0, 0)"))
    explorer.button("▶ Play").click()
    expect(explorer.button("❚❚ Pause")).to_be_visible()
    expect(explorer.note).to_have_text(explorer.starts_with("Output (1, 1)"), timeout=10_000)
    expect(explorer.button("▶ Play")).to_be_visible()  # it stops at the end
    spoken = explorer.root.locator("[aria-live]")
    expect(spoken).to_have_text(explorer.starts_with("Output (1, 1)"))


def test_python_and_the_page_agree_whoever_moves(page: Page, show: Callable[..., Shown]) -> None:
    explorer = show("e = sl.explore.window(); e", "e.strides, e.padding = 3, 'valid'")
    explorer.wait_for_size("output", "2 × 2")
    assert explorer.slider("Stride").input_value() == "3"
    assert explorer.root.get_by_role("radio", name="valid").is_checked()
    explorer.root.get_by_text("As one line of Python").click()
    code = explorer.root.locator("code")
    expect(code).to_have_text("sl.explore.window(strides=3, padding='valid')")
    explorer.root.get_by_role("radio", name="full").check()
    explorer.root.get_by_role("checkbox", name="Rows and columns apart").check()
    explorer.slider("Dilation, columns").press("ArrowRight")
    expect(code).to_have_text("sl.explore.window(strides=3, dilation_rate=(1, 2), padding='full')")
    explorer.button("Reset").click()
    expect(code).to_have_text("sl.explore.window()")
    assert explorer.slider("Stride").input_value() == "1"
    assert not explorer.slider("Dilation, columns").is_visible()


def test_two_views_of_one_explorer_stay_together(page: Page, show: Callable[..., Shown]) -> None:
    first = show("e = sl.explore.window(size=6)\ne", "e")
    second = Shown(page, 1).wait()
    first.slider("Input size").press("Home")
    second.wait_for_size("input", "1 × 1")
    second.slider("Input size").press("End")
    first.wait_for_size("input", "12 × 12")
    assert [each.slider("Input size").input_value() for each in (first, second)] == ["12", "12"]


def test_an_impossible_combination_says_what_to_do(page: Page, show: Callable[..., Shown]) -> None:
    explorer = show("sl.explore.window(size=3, padding='valid')")
    explorer.slider("Kernel size").press("End")
    wrong = explorer.root.locator(".sl-wrong")
    expect(wrong).to_have_text(
        "✕ kernel_size must span at most the padded input; got a span of 5 over 3 cells "
        "(rows: k = 5, d = 1, n = 3, pads 0 and 0). Pad by 2 more, or take padding='same'."
    )
    assert explorer.root.locator("[data-grid=output]").count() == 0
    assert_accessible(page)
    explorer.root.get_by_role("radio", name="same", exact=True).check()
    explorer.wait_for_size("output", "3 × 3")
    expect(wrong).to_be_hidden()


def test_a_busy_kernel_is_said_and_the_last_value_wins(
    lab: Lab, page: Page, show: Callable[..., Shown]
) -> None:
    explorer = show(
        "sl.explore.window()",
        "import time",
        "def wait(): time.sleep(9)",
    )
    lab.type_and_run(page, "wait()")
    slider = explorer.slider("Input size")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    explorer.point_at(3, 3)  # needs no kernel
    expect(explorer.note).to_have_text(explorer.starts_with("Output (3, 3)"))
    silent = explorer.root.locator(".sl-silent")
    expect(silent).to_have_text(explorer.starts_with("No answer from the kernel"), timeout=8000)
    explorer.wait_for_size("input", "3 × 3")
    expect(silent).to_have_text("")
    assert slider.input_value() == "3"


def test_what_was_fetched_ahead_is_drawn_by_a_kernel_that_is_busy(
    lab: Lab, page: Page, show: Callable[..., Shown]
) -> None:
    """A pointer that comes to a slider brings the pictures around; the kernel hears of it later."""
    explorer = show("e = sl.explore.window()\ne", "import time", "def wait(): time.sleep(4)")
    slider = explorer.slider("Input size")
    slider.hover()
    page.wait_for_timeout(2000)
    lab.type_and_run(page, "wait(); print('awake')")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    explorer.wait_for_size("output", "10 × 10")
    assert not page.locator(".jp-OutputArea", has_text="awake").count()
    explorer.point_at(9, 9)
    expect(explorer.note).to_have_text(explorer.starts_with("Output (9, 9)"))
    page.locator(".jp-OutputArea", has_text="awake").wait_for()
    lab.type_and_run(page, "print('the kernel has', e.size)")
    page.locator(".jp-OutputArea", has_text="the kernel has 10").wait_for()


def test_a_drag_ends_where_the_hand_does(lab: Lab, page: Page, show: Callable[..., Shown]) -> None:
    """There and back over all values, faster than the kernel answers: no stale picture is left."""
    explorer = show("e = sl.explore.window(size=4)\ne")
    box = explorer.slider("Input size").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], middle)
    page.mouse.down()
    for sweep in range(3):
        for step in range(25):
            share = step / 24 if sweep % 2 == 0 else 1 - step / 24
            page.mouse.move(box["x"] + (0.1 + 0.85 * share) * box["width"], middle)
    page.mouse.up()
    explorer.settle()
    value = int(explorer.slider("Input size").input_value())
    assert value >= 11
    explorer.wait_for_size("input", f"{value} × {value}")
    assert f"over {value} × {value} cells" in explorer.sentence()
    lab.type_and_run(page, "print('the kernel has', e.size)")
    page.locator(".jp-OutputArea", has_text=f"the kernel has {value}").wait_for()


def test_two_explorers_of_one_notebook_keep_to_themselves(
    page: Page, show: Callable[..., Shown]
) -> None:
    window = show("sl.explore.window()", "sl.explore.padding()")
    padding = Shown(page, 1).wait()
    padding.slider("Stride").press("End")
    padding.wait_for_size("output", "1 × 2")
    window.slider("Stride").press("ArrowRight")
    window.wait_for_size("output", "4 × 4")
    assert (window.slider("Stride").input_value(), padding.slider("Stride").input_value()) == (
        "2",
        "5",
    )


def test_weights_are_typed_into_a_kernel_of_one_s_own(
    page: Page, show: Callable[..., Shown]
) -> None:
    explorer = show("sl.explore.window(kernel_size=2, kernel='identity')")
    explorer.root.get_by_role("combobox", name="Kernel", exact=True).select_option("own")
    weight = explorer.root.get_by_label("weight, row 1, column 0")
    expect(weight).to_have_value("0")  # what the kernel was
    weight.fill("-2.5")
    weight.press("Tab")
    explorer.settle()
    explorer.root.get_by_text("As one line of Python").click()
    expect(explorer.root.locator(".sl-code code")).to_have_text(
        "sl.explore.window(kernel_size=2, kernel=((1, 0), (-2.5, 0)))"
    )
    weight.fill("")
    weight.press("Tab")
    assert weight.get_attribute("aria-invalid") == "true"
    explorer.slider("Kernel size").press("ArrowRight")
    explorer.root.get_by_label("weight, row 2, column 2").wait_for()
    assert_accessible(page)


def test_a_weight_that_is_too_large_is_said(page: Page, show: Callable[..., Shown]) -> None:
    """A refusal is an answer: the page goes on, and what is typed meanwhile stays."""
    explorer = show("sl.explore.window(kernel=[[-1e-7, 2]])")
    weights = [explorer.root.get_by_label(f"weight, row 0, column {col}") for col in (0, 1)]
    expect(weights[0]).to_have_value("-1e-7")
    weights[1].fill("2000000")
    weights[1].press("Tab")
    explorer.settle()
    wrong = explorer.root.locator(".sl-wrong")
    expect(wrong).to_have_text(
        "✕ kernel[0][1] must be a number from -1000000 to 1000000; got 2000000"
    )
    weights[1].fill("3")
    weights[1].press("Tab")
    weights[0].press_sequentially("5")  # before the answer is there
    explorer.settle()
    expect(weights[0]).to_have_value("-1e-75")
    expect(wrong).to_be_hidden()


def test_titles_change_with_the_picture(page: Page, show: Callable[..., Shown]) -> None:
    explorer = show("sl.explore.window()")
    title = explorer.root.locator("figure:has([data-grid=input]) figcaption")
    expect(title).to_have_text("Input 8 × 8")
    explorer.slider("Input channels").press("ArrowRight")
    expect(title).to_have_text("Input, channel 0 8 × 8")


def test_a_move_is_heard_as_its_sentence_and_reset_goes_to_the_start(
    page: Page, show: Callable[..., Shown]
) -> None:
    explorer = show("sl.explore.window(position=(2, 3))")
    spoken = explorer.root.locator("[aria-live]")
    explorer.slider("Stride").press("ArrowRight")
    expect(spoken).to_have_text(explorer.starts_with("A 3 × 3 window in steps of 2"))
    explorer.point_at(1, 1)
    expect(spoken).to_have_text(explorer.starts_with("Output (1, 1) reads"))
    explorer.button("Reset").click()
    expect(explorer.note).to_have_text(explorer.starts_with("Output (2, 3) reads"))


def test_a_picture_of_one_s_own_comes_from_a_file(
    lab: Lab, page: Page, show: Callable[..., Shown]
) -> None:
    explorer = show("e = sl.explore.photo()\ne")
    Image.new("RGB", (40, 30), "#0072b2").save(lab.root / "blue.png")
    (lab.root / "broken.png").write_bytes(b"no picture")
    menu = explorer.root.get_by_role("combobox", name="Image", exact=True)
    explorer.root.locator("input[type=file]").set_input_files(lab.root / "broken.png")
    wrong = explorer.root.locator(".sl-wrong")
    expect(wrong).to_have_text("✕ image must be a picture that Pillow reads; got 'broken.png'")
    (lab.root / "large.png").write_bytes(bytes(9_000_001))
    explorer.root.locator("input[type=file]").set_input_files(lab.root / "large.png")
    expect(explorer.root.locator(".sl-silent")).to_have_text(
        explorer.starts_with("The file is larger than 9 MB")
    )
    explorer.root.locator("input[type=file]").set_input_files(lab.root / "blue.png")
    explorer.wait_for_size("input", "30 × 40")
    expect(wrong).to_be_hidden()
    expect(menu.locator("option:checked")).to_have_text("own: blue.png")
    menu.select_option(index=0)
    explorer.wait_for_size("input", "600 × 512")
    menu.select_option(label="own: blue.png")
    explorer.wait_for_size("input", "30 × 40")


def test_layers_are_added_changed_moved_and_removed(page: Page, show: Callable[..., Shown]) -> None:
    explorer = show("e = sl.explore.stack(layers=[{'layer': 'conv', 'filters': 4}])\ne")
    explorer.root.get_by_text("As one line of Python").click()
    code = explorer.root.locator(".sl-code code")
    explorer.button("Add a layer").click()
    kind = explorer.root.get_by_label("layer 1, kind")
    assert kind.evaluate("one => one === document.activeElement")
    kind.select_option("pool")
    explorer.button("layer 1: move up").click()
    filters = explorer.root.get_by_label("layer 1, Filters")
    filters.fill("6")
    filters.press("Tab")
    expect(code).to_have_text(
        "sl.explore.stack(layers=[{'layer': 'pool'}, {'layer': 'conv', 'filters': 6}])"
    )
    filters.fill("0")
    filters.press("Tab")
    assert filters.get_attribute("aria-invalid") == "true"
    explorer.button("layer 0: remove").click()
    expect(code).to_have_text("sl.explore.stack(layers=[{'layer': 'conv', 'filters': 6}])")
    assert explorer.button("layer 0: remove").is_disabled()


def test_an_order_of_more_axes_brings_lengths_and_sliders_end_where_the_array_is_full(
    page: Page, show: Callable[..., Shown]
) -> None:
    explorer = show("e = sl.explore.layout(axes=(0, 2, 1))\ne")
    menu = explorer.root.get_by_role("combobox", name="x's axes in y's order")
    expect(menu.locator("option:checked")).to_have_text("(0, 2, 1)")  # not one of the menu's
    menu.select_option("3,2,0,1")
    explorer.wait_for_size("y", "2 × 3 × 2 × 2")
    lengths = [explorer.slider(f"Lengths of x (≤ 48 numbers), axis {axis}") for axis in range(4)]
    lengths[3].press("End")
    explorer.wait_for_size("x", "2 × 2 × 3 × 4")
    explorer.settle()
    assert [each.get_attribute("max") for each in lengths] == ["2", "2", "3", "4"]
    menu.select_option("2,3,0,1")
    explorer.wait_for_size("y", "3 × 4 × 2 × 2")  # of as many axes: the lengths stay
    explorer.root.evaluate("root => { root.style.width = '360px'; }")
    explorer.point_at(5, 7)  # I 2, O 3, H 1, W 1: the last number of all
    expect(explorer.note).to_have_text(explorer.starts_with("y[2, 3, 1, 1] lies at 2·4 + 3·1 + "))
    frames = [explorer.root.locator(f"[data-grid={grid}] .sl-frame") for grid in ("x", "memory")]
    places = [[int(each.get_attribute(side)) // 32 for side in "yx"] for each in frames]
    assert places == [[5, 7], [0, 47]]
    memory = explorer.root.locator("[data-panel=memory] .sl-picture")
    assert memory.evaluate("one => one.scrollLeft") > 0  # where it is lit, it is seen


def test_a_measurement_shows_its_progress_and_what_came_of_it(
    page: Page, show: Callable[..., Shown], screenshots: Path
) -> None:
    explorer = show("sl.explore.race(size=8, channels=2, filters=2)")
    explorer.button("Measure").click()
    explorer.root.locator(".sl-bars").wait_for(timeout=60_000)
    expect(explorer.root.locator(".sl-action [role=status]")).to_have_text("")
    explorer.screenshot(screenshots / "race_measured.png")
    assert_accessible(page)
    explorer.slider("Kernel size").press("ArrowRight")
    expect(explorer.root.locator(".sl-bars")).to_have_count(0)  # that was another layer


def test_nothing_moves_for_those_who_want_less_motion(
    page: Page, show: Callable[..., Shown]
) -> None:
    for motion, moves in (("no-preference", True), ("reduce", False)):
        page.emulate_media(reduced_motion=motion)
        explorer = show("sl.explore.window()")
        explorer.button("▶ Play").click()
        frame = explorer.root.locator("[data-grid=input] .sl-frame")
        duration = frame.evaluate("one => parseFloat(getComputedStyle(one).transitionDuration)")
        assert (duration > 0) is moves


def test_after_a_restart_the_cell_brings_the_explorer_back(
    lab: Lab, page: Page, show: Callable[..., Shown]
) -> None:
    explorer = show("sl.explore.window(size=5)")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    explorer.slider("Input size").press("ArrowLeft")
    silent = explorer.root.locator(".sl-silent")
    expect(silent).to_have_text(
        explorer.starts_with("No answer", "The kernel is gone"), timeout=20_000
    )
    lab.run_all(page)
    expect(Shown(page).root.locator(".sl-silent")).to_have_text("", timeout=30_000)
    again = Shown(page).wait()
    again.slider("Input size").press("End")
    again.wait_for_size("input", "12 × 12")


def test_a_kernel_that_is_gone_is_said(page: Page, show: Callable[..., Shown]) -> None:
    explorer = show("sl.explore.window()")
    page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.shutdown()")
    explorer.slider("Input size").press("ArrowLeft")
    silent = explorer.root.locator(".sl-silent")
    expect(silent).to_have_text(
        explorer.starts_with("No answer", "The kernel is gone"), timeout=9000
    )
