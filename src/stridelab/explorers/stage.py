"""The stage: one widget that shows any explorer's controls and scenes."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, ClassVar

import anywidget
import traitlets

from stridelab.explorers.controls import Cell, Control, Switch, Whole
from stridelab.explorers.draw import grid_css, scene_svg
from stridelab.explorers.scene import Model, Scene
from stridelab.explorers.view import view
from stridelab.theme.palette import css

#: JupyterLab runs a widget's callbacks on a thread of their own while a cell runs. One lock for
#: all explorers: linked ones set each other, and two locks could wait for one another.
_LOCK = threading.RLock()

#: The switch of every explorer that has paired controls.
APART = Switch("apart", "Rows and columns apart")


def _asset(name: str) -> str:
    return files("stridelab.explorers").joinpath(name).read_text(encoding="utf-8")


class ControlTrait(traitlets.TraitType):  # type: ignore[type-arg]
    """A trait that takes what its control takes, and else raises a StrideLabError."""

    def __init__(self, control: Control | Cell) -> None:
        super().__init__(default_value=control.default)
        self.control = control
        self.tag(sync=True)

    def validate(self, obj: traitlets.HasTraits, value: object) -> object:
        """The value in its shortest form."""
        return self.control.check(value)

    def set(self, obj: traitlets.HasTraits, value: object) -> None:
        """Sets, and lets the observers see it, while no other thread sets anything."""
        with _LOCK:
            super().set(obj, value)


class Explorer(anywidget.AnyWidget):  # type: ignore[misc]
    """An explorer: set, observe and link its controls by name; read ``scene`` and ``text``.

    A paired control holds one number where rows and columns are equal, else (rows, columns).
    ``apart`` is on while any two differ; turning it off gives the columns the rows' values.
    ``position`` is the cell that is shown first; setting it moves there.

    Subclasses come from `explorer_class`.
    """

    model: ClassVar[Model]
    controls: ClassVar[dict[str, Control]]

    _esm = traitlets.Unicode(_asset("stage.js")).tag(sync=True)
    _css = traitlets.Unicode(css() + grid_css() + _asset("stage.css")).tag(sync=True)
    _setup = traitlets.Unicode().tag(sync=True)
    _view = traitlets.Unicode().tag(sync=True)
    _answered = traitlets.Unicode().tag(sync=True)
    position = ControlTrait(Cell("position"))

    def __init__(self, **given: object) -> None:
        start = {
            name: control.check(given.pop(name, control.default))
            for name, control in self.controls.items()
        }
        start["apart"] = start["apart"] or any(map(_is_pair, start.values()))
        self._start, self._state = start, ()
        super().__init__(**start, **given, _setup=self._setup_text())
        self._first = self.position
        self._refresh()
        self.observe(self._changed, [*start, "position"])
        self.on_msg(self._answer)

    @property
    def values(self) -> dict[str, Any]:
        """The value of each of the model's controls, by name."""
        return {control.name: getattr(self, control.name) for control in self.model.controls}

    @property
    def scene(self) -> Scene:
        """What the explorer shows now, as data."""
        return self._scene

    @property
    def text(self) -> str:
        """What the explorer shows now, in words and numbers."""
        return self._scene.text

    @property
    def code(self) -> str:
        """The line of Python that makes an explorer in this state."""
        return self._code(self.values)

    def _code(self, values: Mapping[str, object]) -> str:
        given = [
            f"{control.name}={values[control.name]!r}"
            for control in self.model.controls
            if values[control.name] != control.default
        ]
        return f"sl.explore.{self.model.name}({', '.join(given)})"

    def svg(self, mode: str = "light") -> str:
        """The scene as the text of an SVG file, which needs no kernel.

        Parameters
        ----------
        mode : str
            ``light`` or ``dark``.
        """
        return scene_svg(self._scene, mode)

    def reset(self) -> None:
        """Gives every control, and the position, the value that it started with."""
        with _LOCK, self.hold_trait_notifications():
            for name, value in self._start.items():
                setattr(self, name, value)
            self.position = self._first

    def __repr__(self) -> str:
        return self.code

    def set_state(self, sync_data: Mapping[str, object]) -> None:
        """Takes what the browser sends, while no other thread sets anything."""
        with _LOCK:
            super().set_state(sync_data)

    def _setup_text(self) -> str:
        """What the stage builds its inputs from, once."""
        controls = [
            {"name": name, "label": control.label, "start": self._start[name], **control.as_data()}
            for name, control in self.controls.items()
        ]
        return json.dumps({"title": self.model.title, "controls": controls}, ensure_ascii=False)

    def _answer(self, _: object, question: Mapping[str, Any], buffers: object) -> None:
        """Takes the values that the page asks for, and answers in a single message.

        Values that the page asks about ``ahead`` are not taken: it only gets their scene.
        """
        if "ahead" in question:
            self.send(
                {"ahead": [self._drawn(self._checked(each))[1] for each in question["ahead"]]}
            )
            return
        with _LOCK, self.hold_sync():
            with self.hold_trait_notifications():
                for name, value in question["values"].items():
                    if name in self.controls:
                        setattr(self, name, value)
            self._answered = question["mark"]

    def _checked(self, values: Mapping[str, object]) -> dict[str, Any]:
        return {name: control.check(values[name]) for name, control in self.controls.items()}

    def _changed(self, change: Mapping[str, Any]) -> None:
        with _LOCK:
            if _is_pair(change["new"]) and change["name"] in self.controls:
                self.apart = True
            elif change["name"] == "apart" and not self.apart:
                self._join_axes()
            self._refresh()

    def _join_axes(self) -> None:
        with self.hold_trait_notifications():
            for name, value in self.values.items():
                if _is_pair(value):
                    setattr(self, name, value[0])

    def _refresh(self) -> None:
        """Draws the state, unless it is what was drawn last."""
        values = {name: getattr(self, name) for name in self.controls}
        state = (values, self.position)
        if state != self._state:
            self._state = state
            self._scene, self._view = self._drawn(values)

    def _drawn(self, values: dict[str, Any]) -> tuple[Scene, str]:
        """The scene of these values, and what the page makes its picture of."""
        of_model = {control.name: values[control.name] for control in self.model.controls}
        scene = self.model.scene(**of_model, position=self.position)
        return scene, view(scene, values, self._code(values))


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple)


def explorer_class(model: Model) -> type[Explorer]:
    """The widget class of a model: a trait for each control, and ``apart`` where some are paired.

    >>> from stridelab.explorers.window import MODEL
    >>> explorer = explorer_class(MODEL)(strides=2)
    >>> explorer.strides = 3
    >>> explorer
    sl.explore.window(strides=3)
    """
    controls = list(model.controls)
    if any(isinstance(control, Whole) and control.paired for control in controls):
        controls.append(APART)
    by_name = {control.name: control for control in controls}
    traits = {name: ControlTrait(control) for name, control in by_name.items()}
    members = {"model": model, "controls": by_name, "__doc__": Explorer.__doc__, **traits}
    return type(f"{model.name.title()}Explorer", (Explorer,), members)
