"""The stage's Python side: controls as traits, what goes to the page, and several threads."""

from __future__ import annotations

import json
import threading
from xml.etree import ElementTree

import ipywidgets
import pytest

import stridelab as sl
from stridelab import StrideLabError
from stridelab.explorers import explore
from stridelab.explorers.controls import Cell, Choice, Switch, Whole
from stridelab.explorers.stage import Explorer

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
        assert control["start"] == getattr(explorer, control["name"])


@every_explorer
def test_its_line_of_python_makes_the_same_explorer(name: str) -> None:
    explorer = getattr(explore, name)()
    for control in explorer.controls.values():
        if isinstance(control, Choice):
            explorer.set_trait(control.name, list(control.options)[-1])
        elif isinstance(control, Whole):
            explorer.set_trait(control.name, (control.high, control.low) if control.paired else 1)
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
    assert not [part for part in root.iter() if part.tag.endswith(("script", "image"))]


@every_explorer
def test_what_goes_to_the_page_is_json_without_surprises(name: str) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    view = json.loads(getattr(explore, name)()._view, parse_constant=refuse)  # NaN is no JSON
    assert view["sentence"]
    assert view["columns"]


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
    assert view["values"] | {"kernel": ""} == {
        "size": 5, "kernel_size": 3, "strides": [1, 2], "dilation_rate": 1, "padding": "same",
        "kernel": "", "apart": True,
    }  # fmt: skip
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
