"""The stage's Python side: controls as traits, what goes to the page, and several threads."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from xml.etree import ElementTree

import ipywidgets
import numpy as np
import pytest
from PIL import Image

import stridelab as sl
from stridelab import StrideLabError
from stridelab.explorers import explore
from stridelab.explorers.controls import Cell, Choice, Layers, OwnImage, Switch, Whole
from stridelab.explorers.scene import Action, Grid, Model, Scene
from stridelab.explorers.stage import Explorer, explorer_class
from stridelab.explorers.static import scene_svg

every_explorer = pytest.mark.parametrize("name", explore.__all__)


def shown(explorer: Explorer) -> dict:
    """What the page would draw now."""
    return json.loads(explorer._view)


def ask(explorer: Explorer, mark: str, **values: object) -> None:
    """What the page sends when controls move."""
    explorer._handle_custom_msg({"values": values, "mark": mark}, [])


# --- every explorer -------------------------------------------------------------------------------


@every_explorer
def test_it_is_a_widget_that_starts_with_its_defaults(name: str) -> None:
    explorer = getattr(explore, name)()
    assert isinstance(explorer, ipywidgets.DOMWidget)
    assert explorer.code == repr(explorer) == f"sl.explore.{name}()"
    assert explorer.scene.error == ""
    setup = json.loads(explorer._setup)
    assert [control["name"] for control in setup["controls"]] == list(explorer.controls)
    for control in setup["controls"]:
        value = explorer.controls[control["name"]].as_json(getattr(explorer, control["name"]))
        assert control["start"] == json.loads(json.dumps(value))


@every_explorer
def test_its_line_of_python_makes_the_same_explorer(name: str) -> None:
    explorer = getattr(explore, name)()
    for control in explorer.controls.values():
        if isinstance(control, Choice):
            explorer.set_trait(control.name, list(control.options)[-1])
        elif isinstance(control, Whole):
            explorer.set_trait(
                control.name, (control.high, control.low) if control.paired else control.low
            )
    again = eval(explorer.code, {"sl": sl})
    assert (again.code, again.text) == (explorer.code, explorer.text)
    assert again.values == explorer.values


@every_explorer
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_its_static_picture_needs_no_kernel(name: str, mode: str) -> None:
    explorer = getattr(explore, name)()
    root = ElementTree.fromstring(explorer.svg(mode))
    assert root.get("role") == "img"
    assert root.get("aria-label") == explorer.scene.sentence
    assert not [part for part in root.iter() if part.tag.endswith("script")]
    images = [part.get("href") for part in root.iter() if part.tag.endswith("image")]
    assert all(image.startswith("data:image/png;base64,") for image in images)


@every_explorer
def test_without_words_its_picture_has_the_same_grids_and_no_sentence(name: str) -> None:
    explorer = getattr(explore, name)()
    whole, bare = (ElementTree.fromstring(explorer.svg(words=words)) for words in (True, False))
    grids = [
        [part.get("data-grid") for part in root.iter() if part.get("data-grid")]
        for root in (whole, bare)
    ]
    assert grids[0] == grids[1]
    said, drawn, left = (
        "".join(text.split())  # lines are wrapped
        for text in (explorer.scene.sentence, *map("".join, (whole.itertext(), bare.itertext())))
    )
    assert said in drawn
    assert said not in left
    assert bare.get("aria-label") == explorer.scene.sentence
    assert int(bare.get("height")) < int(whole.get("height"))


@every_explorer
def test_what_goes_to_the_page_is_json_without_surprises(name: str) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    view = json.loads(getattr(explore, name)()._view, parse_constant=refuse)  # NaN is no JSON
    assert view["sentence"]
    assert view["columns"]


@every_explorer
def test_predict_first_hides_the_answer_until_there_is_one(name: str) -> None:
    explorer = getattr(explore, name)()
    full, question = explorer.text, explorer.scene.question
    if question is None:  # race asks once it has measured
        assert explorer.model.action
        return
    explorer.predict_first = True
    answers = [panel.name for panel in explorer.scene.panels if panel.is_answer]
    assert answers == []
    assert (explorer.scene.sentence, explorer.scene.focus) == (question.text, None)
    assert question.answer not in question.options or question.answer in explorer.text + "".join(
        question.options
    )
    assert shown(explorer)["question"] == {"options": list(question.options)}
    explorer.guess = "neither a number nor an option"
    assert explorer.scene.verdict == question.problem(explorer.guess) != ""
    assert explorer.scene.is_asking
    explorer.guess = question.answer
    assert explorer.scene.verdict.startswith("✓ Right: ")
    assert explorer.text.replace(explorer.scene.verdict + "\n\n", "") == full
    assert shown(explorer)["question"] is None
    control = next(each for each in explorer.model.controls if isinstance(each, Whole | Choice))
    ends = list(control.options) if isinstance(control, Choice) else [control.low, control.high]
    now = explorer.values[control.name]
    explorer.set_trait(control.name, ends[0] if ends[0] != now else ends[-1])
    assert explorer.guess == ""  # another question


@every_explorer
def test_its_surprises_are_scenes_that_say_where_to_look(name: str) -> None:
    explorer = getattr(explore, name)()
    presets = json.loads(explorer._setup)["presets"]
    assert len(presets) >= 3
    for preset, (label, values) in zip(explorer.model.presets, presets, strict=True):
        ask(explorer, label, **values)
        assert explorer.scene.error == "" or name == "stack", label
        assert shown(explorer)["look"] == preset.look
        explorer.reset()
    assert explorer.code == f"sl.explore.{name}()"


@every_explorer
def test_its_page_holds_what_needs_no_kernel(name: str) -> None:
    explorer = getattr(explore, name)()
    page = explorer.html()
    held = page.split('id="held">')[1].split("</script>")[0]
    state, views = json.loads(held.replace("<\\/", "</"))
    assert state["_view"] == views[0] == explorer._view
    kept = [json.loads(view)["values"] for view in views]
    assert all(kept.count(values) == 1 for values in kept)
    assert len(kept) >= len(explorer.model.presets)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_page_stays_whole_whatever_a_file_is_called() -> None:
    called = "<!--<script></script>'\"&.png"
    explorer = sl.explore.window(image=OwnImage(np.zeros((4, 4, 3)), called))
    held = explorer.html().split('id="held">')[1].split("</script>\n")[0]
    assert "<!--" not in held
    assert "</" not in held
    assert json.loads(held)[0]["image"].startswith(f"own: {called} #")
    ElementTree.fromstring(explorer.svg())


def test_a_scene_without_panels_is_still_a_picture() -> None:
    assert "Nothing to see." in scene_svg(Scene("Empty", "Nothing to see.", ()))


# --- what goes wrong while the page waits ---------------------------------------------------------


def test_a_weight_that_is_refused_is_said_and_the_page_goes_on() -> None:
    explorer = sl.explore.window()
    text = explorer.text
    ask(explorer, "page-1", kernel=[[2_000_000]])
    assert explorer._answered == "page-1"
    wrong = "kernel[0][0] must be a number from -1000000 to 1000000; got 2000000"
    assert shown(explorer)["error"] == explorer.scene.error == wrong
    assert wrong not in explorer.html()  # that was of the moment
    ask(explorer, "page-2")
    assert (explorer._answered, explorer.text) == ("page-2", text)


def test_a_linked_explorer_that_refuses_is_said() -> None:
    one, other = sl.explore.window(), sl.explore.window()
    one.observe(lambda change: other.set_trait("strides", change["new"] + 9), "size")
    ask(one, "page-1", size=5, padding="full")
    assert one._answered == "page-1"
    assert one.scene.error == "strides must be at most 4; got 14 (this explorer's limit)"
    assert one.code == "sl.explore.window(size=5, padding='full')"
    assert shown(one)["values"]["padding"] == "full"  # nothing of it is an old picture


def test_an_observer_s_own_fault_is_said_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    explorer = sl.explore.window()
    explorer.observe(lambda change: 1 // 0, "size")
    ask(explorer, "page-1", size=5)
    assert explorer._answered == "page-1"
    assert explorer.scene.error.startswith("ZeroDivisionError: ")
    assert explorer.scene["input"].values.shape == (5, 5)
    assert "ZeroDivisionError" in caplog.text


def test_a_scene_that_fails_leaves_no_old_picture(caplog: pytest.LogCaptureFixture) -> None:
    def scene(size: int, position: tuple[int, int]) -> Scene:
        grid = Grid("input", "Input", "input", np.ones((12 // (3 - size), size)))
        return Scene("Cells", "Some cells.", ((grid,),))

    controls = (Whole("size", "Size", 2, 1, 5),)
    explorer = explorer_class(Model("cells", "Cells", controls, scene))()
    ask(explorer, "page-1", size=3)
    assert explorer._answered == "page-1"
    assert shown(explorer)["error"].startswith("ZeroDivisionError: ")
    assert shown(explorer)["columns"] == []
    assert "ZeroDivisionError" in caplog.text
    ask(explorer, "page-2", size=1)
    assert (explorer.scene.error, shown(explorer)["columns"] != []) == ("", True)


def test_a_broken_file_is_forgotten_with_the_next_one() -> None:
    explorer = sl.explore.window()
    file = io.BytesIO()
    Image.new("RGB", (4, 3), "#0072b2").save(file, "PNG")

    def upload(name: str, data: bytes) -> None:
        explorer._handle_custom_msg({"control": "image", "file": name}, [memoryview(data)])

    upload("blue.png", file.getvalue())
    upload("<b>'.png", b"no picture")
    assert explorer.scene.error.startswith("image must be a picture that Pillow reads; got ")
    upload("blue.png", file.getvalue())  # the very same: nothing changes but the error
    assert explorer.scene.error == ""


def test_own_images_do_not_pile_up() -> None:
    explorer = sl.explore.window(image=np.zeros((2, 2), np.uint8))
    start = shown(explorer)["values"]["image"]
    for grey in range(1, 30):
        explorer.image = np.full((2, 2), grey, np.uint8)
    assert len(explorer._kept) == 12
    now = shown(explorer)["values"]["image"]
    for image in (start, now):  # Reset, and back
        ask(explorer, "page", image=image)
        assert shown(explorer)["values"]["image"] == image


def test_a_surprise_does_not_tell_the_answer() -> None:
    explorer = sl.explore.window(predict_first=True)
    _, values = json.loads(explorer._setup)["presets"][0]
    ask(explorer, "page-1", **values)
    assert shown(explorer)["look"] == ""
    explorer.guess = explorer.scene.question.answer
    assert shown(explorer)["look"] == explorer.model.presets[0].look


def test_a_guess_of_any_length_is_judged() -> None:
    explorer = sl.explore.window(predict_first=True)
    explorer.guess = "9" * 5000  # more digits than Python makes a number of
    assert explorer.scene.verdict == explorer.scene.question.problem("1")


@every_explorer
def test_its_page_asks_first_where_it_does(name: str) -> None:
    explorer = getattr(explore, name)(predict_first=True)
    assert explorer.code == repr(explorer) == f"sl.explore.{name}(predict_first=True)"
    state, views = json.loads(explorer.html().split('id="held">')[1].split("</script>")[0])
    assert "predict_first" not in [one["name"] for one in json.loads(state["_setup"])["controls"]]
    if explorer.scene.question is None:
        return
    told = [json.loads(view) for view in views]
    first = [view for view in told if {**view["values"], "guess": ""} == told[0]["values"]]
    asked, *answered = first
    assert asked["question"] is not None
    verdicts = [view["verdict"] for view in answered]
    assert len([verdict for verdict in verdicts if verdict.startswith("✓")]) == 1
    assert len([verdict for verdict in verdicts if verdict.startswith("≠")]) >= 1


@every_explorer
def test_slips_are_named_and_nothing_is_kept_of_them(name: str) -> None:
    explorer = getattr(explore, name)()
    first = next(iter(explorer.controls))
    with pytest.raises(StrideLabError, match=f"Did you mean '{first}'") as caught:
        setattr(explorer, f"{first}s", 2)
    assert str(caught.value).startswith(f"what is set must be one of '{first}'")
    with pytest.raises(StrideLabError, match=f"Did you mean '{first}'") as caught:
        getattr(explore, name)(**{f"{first}s": 2})
    assert str(caught.value).startswith(f"an argument of sl.explore.{name} must be one of ")
    with pytest.raises(StrideLabError, match="mode must be one of light, dark; got 'Dark'"):
        explorer.svg("Dark")


def test_no_model_needs_a_widget_or_a_figure() -> None:
    """All of them are imported, and none brings in what only the stage and the figures need."""
    imports = "\n".join(f"import stridelab.explorers.{name}" for name in explore.__all__)
    check = (
        f"import sys\n{imports}\n"
        "print(sorted({'ipywidgets', 'anywidget', 'matplotlib', 'IPython'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


# --- the controls ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"size": 13}, "size must be at most 12; got 13 (this explorer's limit)"),
        ({"size": (8, 13)}, "size must be at most 12; got 13 (this explorer's limit)"),
        ({"size": 0}, "size must be a whole number of at least 1; got 0"),
        ({"strides": 2.0}, "strides must be a whole number of at least 1; got 2.0. Write 2."),
        ({"strides": True}, "strides must be a whole number of at least 1; got True. "
                            "Write a number."),
        ({"padding": "smae"}, "padding must be one of 'valid', 'same', 'same_lower' or 'full'; "
                              "got 'smae'. Did you mean 'same'?"),
        ({"apart": 1}, "apart must be True or False; got 1"),
        ({"position": 3}, "position must be a pair (row, column); got 3"),
        ({"position": (0, -1)}, "position must be a whole number of at least 0; got -1 (columns)"),
    ],
)  # fmt: skip
def test_what_a_control_cannot_show_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(StrideLabError) as caught:
        sl.explore.window(**arguments)
    assert str(caught.value) == message
    explorer = sl.explore.window()
    before = explorer._view
    ((name, value),) = arguments.items()
    with pytest.raises(StrideLabError) as caught:
        setattr(explorer, name, value)
    assert str(caught.value) == message
    assert explorer._view == before


def test_rows_and_columns_come_apart_with_a_pair_and_join_by_the_switch() -> None:
    explorer = sl.explore.window(size=6)
    assert explorer.apart is False
    explorer.strides = (1, 2)
    assert explorer.apart is True
    assert explorer.scene["output"].values.shape == (6, 3)
    explorer.size = (5, 5)  # in its shortest form
    assert explorer.size == 5
    explorer.kernel_size = (2, 3)
    explorer.apart = False
    assert (explorer.strides, explorer.kernel_size, explorer.size) == (1, 2, 5)
    assert explorer.scene["output"].values.shape == (5, 5)
    assert sl.explore.window(dilation_rate=(1, 2)).apart is True


def test_reset_brings_back_the_start_whatever_was_done() -> None:
    explorer = sl.explore.window(size=(6, 5), strides=2, position=(1, 1))
    before = explorer.text
    explorer.size, explorer.strides, explorer.padding = 9, (1, 3), "full"
    explorer.apart, explorer.position = False, (0, 0)
    explorer.reset()
    assert (explorer.text, explorer.apart) == (before, True)
    assert explorer.code == "sl.explore.window(size=(6, 5), strides=2)"
    joined = sl.explore.window()
    joined.strides = (1, 2)
    joined.reset()
    assert (joined.strides, joined.apart) == (1, False)


def test_each_change_is_drawn_once() -> None:
    explorer = sl.explore.window()
    drawn: list[tuple[int, str]] = []
    explorer.observe(lambda _: drawn.append((explorer.strides, explorer.padding)), "_view")
    explorer.strides = 2
    explorer.strides = 2  # nothing new
    explorer.strides, explorer.padding = 3, "valid"
    assert drawn == [(2, "same"), (3, "same"), (3, "valid")]


def test_the_page_asks_and_the_answer_bears_its_mark() -> None:
    explorer = sl.explore.window()
    ask(explorer, "page-1", size=5, strides=[1, 2])
    view = shown(explorer)
    assert explorer._answered == "page-1"
    assert (view["values"]["size"], view["values"]["strides"], view["values"]["apart"]) == (
        5,
        [1, 2],
        True,
    )
    assert view["code"] == "sl.explore.window(size=5, strides=(1, 2))"
    assert view["sentence"].startswith("A 3 × 3 window in steps of 1 and 2 over 5 × 5 cells")
    ask(explorer, "page-2")  # a question without a change is answered, too
    assert explorer._answered == "page-2"


def test_a_scene_fetched_ahead_is_the_one_that_the_move_shows() -> None:
    explorer = sl.explore.window(padding="valid", position=(1, 2))
    sent: list[dict] = []
    explorer.send = sent.append
    before, values = explorer._view, shown(explorer)["values"]
    explorer._handle_custom_msg({"ahead": [values | {"strides": [1, 2], "apart": True}]}, [])
    assert (explorer._view, explorer.strides) == (before, 1)  # nothing was set
    ask(explorer, "page-1", strides=[1, 2])
    assert sent == [{"ahead": [explorer._view]}]


def test_an_answer_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = sl.explore.window()
    sent: list[set[str]] = []
    monkeypatch.setattr(explorer, "send_state", lambda key=None: sent.append(set(key)))
    ask(explorer, "page-1", size=5, strides=[1, 2])
    assert sent == [{"size", "strides", "apart", "_view", "_answered"}]


def test_explorers_can_be_observed_and_linked() -> None:
    one, other = sl.explore.window(), sl.explore.window(padding="valid")
    seen = []
    one.observe(lambda change: seen.append((change["old"], change["new"])), "kernel_size")
    link = ipywidgets.link((one, "kernel_size"), (other, "kernel_size"))
    other.kernel_size = 5
    assert (one.kernel_size, seen) == (5, [(3, 5)])
    assert one.scene["output"].values.shape == (8, 8)
    assert other.scene["output"].values.shape == (4, 4)
    link.unlink()


def test_two_threads_that_set_linked_explorers_neither_wait_nor_mix() -> None:
    """JupyterLab runs callbacks beside a running cell: both set, both draw, no view is torn."""
    one, other = sl.explore.window(), sl.explore.window()
    ipywidgets.link((one, "strides"), (other, "strides"))

    def set_all(explorer: Explorer, values: list[int]) -> None:
        for value in values:
            explorer.strides = value

    threads = [
        threading.Thread(target=set_all, args=(one, [1, 2, 3, 4] * 10), daemon=True),
        threading.Thread(target=set_all, args=(other, [4, 3, 2, 1] * 10), daemon=True),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert one.strides == other.strides
    for explorer in (one, other):
        fresh = sl.explore.window(strides=explorer.strides)
        assert explorer.text == fresh.text
        assert shown(explorer)["columns"] == shown(fresh)["columns"]


def test_typed_weights_keep_their_size_in_a_line_of_python() -> None:
    explorer = sl.explore.window(kernel=[[1, 2]])
    assert explorer.kernel_size == (1, 2)
    explorer.kernel_size = 3
    again = eval(explorer.code, {"sl": sl})
    assert (again.code, again.text) == (explorer.code, explorer.text)


# --- what is done when asked ----------------------------------------------------------------------


def measuring(run: object) -> Explorer:
    """An explorer that counts cells when asked."""

    def scene(size: int, position: tuple[int, int], measured: object) -> Scene:
        sentence = "Not measured." if measured is None else f"It has {measured} cells."
        grid = Grid("input", "Input", "input", np.ones((size, size)))
        return Scene("Cells", sentence, ((grid,),))

    controls = (Whole("size", "Size", 3, 1, 5),)
    return explorer_class(Model("cells", "Cells", controls, scene, action=Action("Count", run)))()


def test_an_action_reports_and_its_result_belongs_to_its_values() -> None:
    seen = []

    def count(values: dict, report: object) -> int:
        report("half of them")
        return values["size"] ** 2

    explorer = measuring(count)
    explorer.observe(lambda change: seen.append(change["new"]), "_progress")
    assert explorer.scene.sentence == "Not measured."
    explorer.act()
    assert seen == ["Count …", "half of them", ""]
    assert explorer.scene.sentence == "It has 9 cells."
    explorer.size = 4
    assert explorer.scene.sentence == "Not measured."
    explorer.size = 3
    assert explorer.scene.sentence == "It has 9 cells."
    with pytest.raises(StrideLabError, match="act"):
        sl.explore.window().act()


def test_the_page_s_button_works_beside_it_and_once() -> None:
    release, runs = threading.Event(), []

    def count(values: dict, report: object) -> int:
        runs.append(values)
        assert release.wait(timeout=30)
        return 1

    explorer = measuring(count)
    explorer._handle_custom_msg({"act": True}, [])
    explorer._handle_custom_msg({"act": True}, [])  # a second press while it works
    ask(explorer, "page-1", size=5)  # the controls still answer
    assert explorer._answered == "page-1"
    release.set()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(timeout=5)
    assert len(runs) == 1
    assert explorer.scene.sentence == "Not measured."  # that was for another size
    explorer.size = 3
    assert explorer.scene.sentence == "It has 1 cells."


def test_an_action_that_fails_beside_the_page_is_said() -> None:
    def fail(values: dict, report: object) -> int:
        raise StrideLabError("size", "fit in memory", str(values["size"]))

    explorer = measuring(fail)
    assert json.loads(explorer._setup)["ahead"] is False  # scenes change with what is measured
    explorer._handle_custom_msg({"act": True}, [])
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(timeout=5)
    assert explorer.scene.error == "size must fit in memory; got 3"
    assert explorer._progress == ""


# --- a control by itself --------------------------------------------------------------------------


def test_a_control_says_what_the_page_needs() -> None:
    assert Whole("size", "Size", 8, 1, 12, paired=True).as_data() == {
        "kind": "whole", "low": 1, "high": 12, "paired": True,
    }  # fmt: skip
    assert Choice("padding", "Padding", "same", {"same": "as large"}).as_data() == {
        "kind": "choice",
        "options": [("same", "as large")],
    }
    assert Switch("apart", "Apart").as_data() == {"kind": "switch"}
    assert Cell("position").check([1, 2]) == (1, 2)


LAYERS = Layers(
    "layers",
    "Layers",
    ({"layer": "conv"},),
    {
        "conv": ("Conv2D", (Whole("filters", "Filters", 8, 1, 64),)),
        "pool": ("MaxPool2D", (Choice("padding", "Padding", "valid", {"valid": "valid"}),)),
    },
    most=2,
)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("conv", "layers must be a list of dicts, one a layer; got 'conv'"),
        ([], "layers must hold 1 to 2 layers; got 0"),
        ([1], "layers[0] must be a dict; got 1"),
        ([{"layer": "cnov"}], "layers[0]['layer'] must be one of 'conv' or 'pool'; got 'cnov'. "
                              "Did you mean 'conv'?"),
        ([{"layer": "pool"}, {"layer": "conv", "filter": 3}],
         "a key of layers[1] must be one of 'layer' or 'filters'; got 'filter'. "
         "Did you mean 'filters'?"),
        ([{"layer": "conv", "filters": 65}],
         "filters must be at most 64; got 65 (layers[0], this explorer's limit)"),
    ],
)  # fmt: skip
def test_layers_that_cannot_be_are_named(value: object, message: str) -> None:
    with pytest.raises(StrideLabError) as caught:
        LAYERS.check(value)
    assert str(caught.value) == message


def test_layers_are_whole_inside_and_short_in_python() -> None:
    value = LAYERS.check([{"layer": "pool"}, {"filters": 16, "layer": "conv"}])
    assert value == ({"layer": "pool", "padding": "valid"}, {"layer": "conv", "filters": 16})
    assert LAYERS.code(value) == "[{'layer': 'pool'}, {'layer': 'conv', 'filters': 16}]"
    assert [kind["label"] for kind in LAYERS.as_data()["kinds"]] == ["Conv2D", "MaxPool2D"]
