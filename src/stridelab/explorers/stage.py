"""The stage: one widget that shows any explorer's controls and scenes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files
from typing import Any, ClassVar

import anywidget
import traitlets

from stridelab.errors import StrideLabError
from stridelab.explorers.controls import Cell, Control, Kernel, Switch, Text, Whole
from stridelab.explorers.draw import grid_css
from stridelab.explorers.page import guesses, moves, page_html
from stridelab.explorers.scene import Model, Preset, Scene
from stridelab.explorers.static import scene_svg
from stridelab.explorers.view import view
from stridelab.geometry.checks import one_of
from stridelab.theme.palette import css

#: JupyterLab runs a widget's callbacks on a thread of their own while a cell runs. One lock for
#: all explorers: linked ones set each other, and two locks could wait for one another.
_LOCK = threading.RLock()

#: The switch of every explorer that has paired controls.
APART = Switch("apart", "Rows and columns apart")

#: The switch of every explorer: its answers stay hidden until the learner commits to one.
PREDICT_FIRST = Switch("predict_first", "Predict first")

#: Images of a learner's own that the page can go back to: each may take 201 MB.
_KEPT_AT_MOST = 12


def _asset(name: str) -> str:
    return files("stridelab.explorers").joinpath(name).read_text(encoding="utf-8")


def _script(*more: str) -> str:
    """The stage's JavaScript as one module: anywidget takes a single file."""
    parts = ("elements", "asking", "controls", "picture", "words", "stage", *more)
    return "\n".join(_asset(f"stage_js/{part}.js") for part in parts)


class ControlTrait(traitlets.TraitType):  # type: ignore[type-arg]
    """A trait that takes what its control takes, and else raises a StrideLabError."""

    def __init__(self, control: Control | Cell | Text) -> None:
        super().__init__(default_value=control.default)
        self.control = control
        self.tag(sync=True, to_json=lambda value, _: control.as_json(value))

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
    ``position`` is the cell that is shown first; setting it moves there. With ``predict_first`` the
    answers are hidden until ``guess`` holds one; a control that moves asks anew.

    Subclasses come from `explorer_class`.
    """

    model: ClassVar[Model]
    controls: ClassVar[dict[str, Control]]

    _esm = traitlets.Unicode(_script()).tag(sync=True)
    _css = traitlets.Unicode(css() + grid_css() + _asset("stage.css")).tag(sync=True)
    _setup = traitlets.Unicode().tag(sync=True)
    _view = traitlets.Unicode().tag(sync=True)
    _answered = traitlets.Unicode().tag(sync=True)
    _progress = traitlets.Unicode().tag(sync=True)
    position = ControlTrait(Cell("position"))
    guess = ControlTrait(Text("guess"))

    def __init__(self, **given: object) -> None:
        start = {
            name: control.check(given.pop(name, control.default))
            for name, control in self.controls.items()
        }
        if "apart" in start:
            start["apart"] = start["apart"] or _any_pair(self.model, start)
        self._start, self._state = start, ()
        self._measured: tuple[dict[str, Any], object] | None = None
        self._trouble = ""
        self._kept: dict[tuple[str, str], object] = {}  # what the page has only a name for
        for name, value in start.items():
            self._keep(name, value)
        # What is measured changes scenes behind the page's back: it may keep none of them.
        ahead = self.model.fetches_ahead and self.model.action is None
        super().__init__(**start, **given, _setup=self._setup_text(start, ahead))
        self._first = self.position
        self._refresh()
        self.observe(self._changed, [*start, "position", "guess"])
        self.on_msg(self._hear)

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
        return self._code({**self.values, "predict_first": self.predict_first})

    def _code(self, values: Mapping[str, Any]) -> str:
        typed = any(
            isinstance(control, Kernel) and not isinstance(values[control.name], str)
            for control in self.model.controls
        )
        given = [
            f"{control.name}={control.code(values[control.name])}"
            for control in self.model.controls
            if values[control.name] != control.default
            or (typed and control.name == "kernel_size")  # else typed weights say how many
        ]
        if values["predict_first"]:
            given.append("predict_first=True")
        return f"sl.explore.{self.model.name}({', '.join(given)})"

    def svg(self, mode: str = "light", *, words: bool = True) -> str:
        """The scene as the text of an SVG file, which needs no kernel.

        Parameters
        ----------
        mode : str
            ``light`` or ``dark``.
        words : bool
            Without its sentences, and tables beside something drawn, it is larger on a wall.
        """
        return scene_svg(self._scene, mode, words=words)

    def html(self) -> str:
        """The text of a page that needs no kernel: the cells to go over, and what was made ahead.

        It holds the scene of now, the surprises, and every move of one control from here; for other
        moves it says that it has no kernel. With ``predict_first`` it asks first.
        """
        rest = {"predict_first": self.predict_first, "guess": ""}
        states = [{**values, **rest} for values in moves(self.model, self.values)]
        if "apart" in self.controls:
            for state in states:
                state["apart"] = _any_pair(self.model, state)
        if self.predict_first:
            states = [
                {**state, "guess": guess}
                for state in states
                for guess in guesses(self._scene_of({**state, "predict_first": False}))
            ]
        views = list(dict.fromkeys(self._drawn(self._scene_of(state), state) for state in states))
        held = json.loads(views[0])["values"] | {
            "_setup": self._setup_text(states[0], ahead=False, without="predict_first"),
            "_view": views[0],
            "_answered": "",
            "_progress": "",
            "position": self.position,
        }
        scripts = _script("standalone")
        return page_html(self.model.title, self._css, scripts, held, views)

    def reset(self) -> None:
        """Gives every control, and the position, the value that it started with."""
        with _LOCK, self.hold_trait_notifications():
            for name, value in self._start.items():
                setattr(self, name, value)
            self.position, self.guess = self._first, ""

    def act(self) -> None:
        """Does what the explorer does only when asked, such as measuring, and shows the result."""
        action, values = self.model.action, self.values
        if action is None:
            raise StrideLabError(
                "act()", "be called where there is something to do", f"sl.explore.{self.model.name}"
            )
        self._report(f"{action.label} …")
        try:
            result = action.run(values, self._report)
        finally:
            self._report("")
        with _LOCK:
            self._measured, self._trouble = (values, result), ""
            self._refresh()

    def __repr__(self) -> str:
        return self.code

    def __setattr__(self, name: str, value: object) -> None:
        """Sets what there is to set; a slip of the pen would else be kept, and nothing move."""
        if not name.startswith("_") and not hasattr(type(self), name):
            one_of("what is set", name, (*self.controls, "position", "guess"))
        super().__setattr__(name, value)

    def set_state(self, sync_data: Mapping[str, object]) -> None:
        """Takes what the browser sends, while no other thread sets anything."""
        with _LOCK:
            super().set_state(sync_data)

    def _setup_text(self, start: Mapping[str, Any], ahead: bool, without: str = "") -> str:
        """What the stage builds its inputs from, once."""
        model = self.model
        controls = [
            {
                "name": name,
                "label": control.label,
                "start": control.as_json(start[name]),
                **control.as_data(),
            }
            for name, control in self.controls.items()
            if name != without
        ]
        data = {
            "title": model.title,
            "controls": controls,
            "presets": [[preset.label, self._preset(preset)] for preset in model.presets],
            "action": model.action.label if model.action else "",
            "ahead": ahead,
        }
        return json.dumps(data, ensure_ascii=False)

    def _preset(self, preset: Preset) -> dict[str, Any]:
        """All of the model's controls as the preset sets them."""
        values = {
            control.name: control.as_json(
                control.check(preset.values.get(control.name, control.default))
            )
            for control in self.model.controls
        }
        apart = {"apart": _any_pair(self.model, values)} if "apart" in self.controls else {}
        return values | apart

    def _hear(self, _: object, said: Mapping[str, Any], buffers: list[memoryview]) -> None:
        """Takes a message of the page: a question, scenes to fetch ahead, a file, a button."""
        if "values" in said:
            self._take(lambda: self._meant(said["values"]), said["mark"])
        elif "ahead" in said:
            wanted = [self._meant(each) for each in said["ahead"]]
            self.send({"ahead": [self._drawn(self._scene_of(each), each) for each in wanted]})
        elif "file" in said:
            name, data = said["control"], bytes(buffers[0])
            self._take(lambda: {name: self.controls[name].read(said["file"], data)})  # type: ignore[union-attr]
        elif "act" in said and not self._progress:
            self._report("…")  # a second press finds it at work
            threading.Thread(target=self._act_aside, daemon=True).start()

    def _take(self, read: Callable[[], Mapping[str, Any]], mark: str = "") -> None:
        """Sets what the page means, and answers in a single message, whatever goes wrong.

        What does is shown: a callback's traceback goes to a log that nobody reads.
        """
        with _LOCK, self.hold_sync():
            self._trouble = ""
            try:
                values = read()
                with self.hold_trait_notifications():
                    for name, value in values.items():
                        setattr(self, name, value)
            except Exception as error:
                self._trouble = _words(error)
                if not isinstance(error, StrideLabError):
                    raise
            finally:
                self._answered = mark or self._answered
                self._refresh()

    def _act_aside(self) -> None:
        try:
            self.act()
        except Exception as error:  # nobody sees what a thread raises
            with _LOCK:
                self._trouble = _words(error)
                self._refresh()

    def _report(self, text: str) -> None:
        """Sets the progress, from any thread."""
        with _LOCK:
            self._progress = text

    def _meant(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values from the page as the controls take them; those it knows by name, from here."""
        known = {**self.controls, "guess": type(self).guess.control}
        return {
            name: self._kept[name, value]
            if isinstance(value, str) and (name, value) in self._kept
            else known[name].check(value)
            for name, value in values.items()
            if name in known
        }

    def _keep(self, name: str, value: object) -> None:
        called = self.controls[name].as_json(value)
        if isinstance(called, str) and called != value:
            self._kept[name, called] = value
        if len(self._kept) > _KEPT_AT_MOST:  # the first may be what it started with
            del self._kept[list(self._kept)[1]]

    def _changed(self, change: Mapping[str, Any]) -> None:
        with _LOCK:
            name, value = change["name"], change["new"]
            if name in self.controls:
                self._trouble = ""
                self.guess = ""  # another question
                self._keep(name, value)
            if name in self.controls and _any_pair(self.model, {name: value}):
                self.apart = True
            elif name == "apart" and not self.apart:
                self._join_axes()
            self._refresh()

    def _join_axes(self) -> None:
        with self.hold_trait_notifications():
            for name, value in self.values.items():
                if _any_pair(self.model, {name: value}):
                    setattr(self, name, value[0])

    def _refresh(self) -> None:
        """Draws the state, unless it is what was drawn last."""
        values = {name: getattr(self, name) for name in (*self.controls, "guess")}
        state = (values, self.position, self._measured, self._trouble)
        if state == self._state:
            return
        self._state = state
        try:
            scene = self._scene_of(values)
        except Exception as error:  # never an old picture under new controls
            self._scene = Scene(self.model.title, "", (), error=_words(error))
            self._view = self._drawn(self._scene, values)
            raise
        self._scene = replace(scene, error=self._trouble) if self._trouble else scene
        self._view = self._drawn(self._scene, values)

    def _of_model(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {control.name: values[control.name] for control in self.model.controls}

    def _scene_of(self, values: Mapping[str, Any]) -> Scene:
        """The scene of these values."""
        of_model = self._of_model(values)
        handed: dict[str, Any] = {}
        if self.model.action:
            isfor, result = self._measured or (None, None)
            handed["measured"] = result if isfor == of_model else None
        scene = self.model.scene(**of_model, position=self.position, **handed)
        return scene.to_predict(values["guess"]) if values["predict_first"] else scene

    def _drawn(self, scene: Scene, values: Mapping[str, Any]) -> str:
        """What the page makes its picture of this scene of."""
        named = {name: control.as_json(values[name]) for name, control in self.controls.items()}
        named["guess"] = values["guess"]
        look = "" if scene.is_asking else self._look(self._of_model(values))
        return view(scene, named, self._code(values), look)

    def _look(self, values: Mapping[str, Any]) -> str:
        """Where to look, if this is one of the model's surprises."""
        for preset in self.model.presets:
            if all(
                values[control.name]
                == control.check(preset.values.get(control.name, control.default))
                for control in self.model.controls
            ):
                return preset.look
        return ""


def _words(error: Exception) -> str:
    """The library's own text; of any other error also the kind."""
    return str(error) if isinstance(error, StrideLabError) else f"{type(error).__name__}: {error}"


def _any_pair(model: Model, values: Mapping[str, object]) -> bool:
    """Whether rows and columns differ in any paired control."""
    return any(
        isinstance(values.get(control.name), tuple)
        for control in model.controls
        if isinstance(control, Whole) and control.paired
    )


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
    controls.append(PREDICT_FIRST)
    by_name = {control.name: control for control in controls}
    traits = {name: ControlTrait(control) for name, control in by_name.items()}
    members = {"model": model, "controls": by_name, "__doc__": Explorer.__doc__, **traits}
    return type(f"{model.name.title()}Explorer", (Explorer,), members)
