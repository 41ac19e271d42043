"""A learner's copy of the lessons: nothing they did is lost."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from stridelab import StrideLabError
from stridelab.lab import FIRST, MANIFEST, copy_lessons, free_port, lessons_folder


@pytest.fixture
def course(tmp_path: Path):
    """A copy step that takes the lesson's text, and the learner's folder."""
    source, mine = tmp_path / "lessons", tmp_path / "my-lessons"
    source.mkdir()

    def copy(text: str) -> tuple[str, str]:
        (source / "a.ipynb").write_text(text)
        (copied,) = copy_lessons(mine, source)
        assert copied.lesson == "a.ipynb"
        return copied.how, copied.name

    return copy, mine


def files(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.glob("*.ipynb")}


NEWER = "newer_a.ipynb"

#: What happens in turn: (None, text) runs the command when the lesson has that text; (name, text)
#: is the learner writing a file, (name, None) deleting it. Then what the last run did and left.
STORIES = {
    "first run": ([(None, "1")], ("new", "a.ipynb"), {"a.ipynb": "1"}),
    "run again": ([(None, "1"), (None, "1")], ("kept", "a.ipynb"), {"a.ipynb": "1"}),
    "left alone, newer": ([(None, "1"), (None, "2")], ("updated", "a.ipynb"), {"a.ipynb": "2"}),
    "deleted": (
        [(None, "1"), ("a.ipynb", None), (None, "1")],
        ("new", "a.ipynb"),
        {"a.ipynb": "1"},
    ),
    "changed": (
        [(None, "1"), ("a.ipynb", "mine"), (None, "1")],
        ("kept", "a.ipynb"),
        {"a.ipynb": "mine"},
    ),
    "changed, newer": (
        [(None, "1"), ("a.ipynb", "mine"), (None, "2")],
        ("beside", NEWER),
        {"a.ipynb": "mine", NEWER: "2"},
    ),
    "changed, newer, run again": (
        [(None, "1"), ("a.ipynb", "mine"), (None, "2"), (None, "2")],
        ("kept", "a.ipynb"),
        {"a.ipynb": "mine", NEWER: "2"},
    ),
    "the newer one is deleted": (
        [(None, "1"), ("a.ipynb", "mine"), (None, "2"), (NEWER, None), (None, "2")],
        ("kept", "a.ipynb"),
        {"a.ipynb": "mine"},
    ),
    "the newer one is left alone, newer still": (
        [(None, "1"), ("a.ipynb", "mine"), (None, "2"), (None, "3")],
        ("beside", NEWER),
        {"a.ipynb": "mine", NEWER: "3"},
    ),
    "the newer one is changed, newer still": (
        [(None, "1"), ("a.ipynb", "mine"), (None, "2"), (NEWER, "too"), (None, "3")],
        ("beside", "newer-2_a.ipynb"),
        {"a.ipynb": "mine", NEWER: "too", "newer-2_a.ipynb": "3"},
    ),
    "the newer one is taken over": (
        [(None, "1"), ("a.ipynb", "mine"), (None, "2"), ("a.ipynb", "2"), (None, "3")],
        ("updated", "a.ipynb"),
        {"a.ipynb": "3", NEWER: "2"},
    ),
    "there before the first run": (
        [("a.ipynb", "mine"), (None, "1")],
        ("beside", NEWER),
        {"a.ipynb": "mine", NEWER: "1"},
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_a_learner_wrote_is_never_lost(course, story: str) -> None:
    copy, mine = course
    steps, last, left = STORIES[story]
    mine.mkdir()
    for name, text in steps:
        if name is None:
            did = copy(text)
        elif text is None:
            (mine / name).unlink()
        else:
            (mine / name).write_text(text)
    assert (did, files(mine)) == (last, left)


def test_a_list_that_an_older_version_wrote_still_holds(course) -> None:
    """It put the newer lesson beside the changed one as ``a.newer.ipynb``."""
    copy, mine = course
    copy("1")
    (mine / "a.ipynb").write_text("mine")
    copy("2")
    old = (mine / MANIFEST).read_text()
    assert NEWER in old
    (mine / MANIFEST).write_text(old.replace(NEWER, "a.newer.ipynb"))
    (mine / NEWER).rename(mine / "a.newer.ipynb")
    assert copy("2") == ("kept", "a.ipynb")
    assert copy("3") == ("beside", NEWER)
    assert files(mine) == {"a.ipynb": "mine", "a.newer.ipynb": "2", NEWER: "3"}


def notebook(source: str, **metadata: object) -> str:
    return json.dumps({"cells": [{"source": source}], "metadata": metadata})


def test_a_notebook_that_was_only_opened_and_saved_is_brought_up_to_date(course) -> None:
    copy, mine = course
    copy(notebook("1"))
    (mine / "a.ipynb").write_text(notebook("1", language_info={"version": "3.11.7"}))
    assert copy(notebook("1")) == ("kept", "a.ipynb")
    assert copy(notebook("2")) == ("updated", "a.ipynb")
    (mine / "a.ipynb").write_text(notebook("2, and mine"))
    assert copy(notebook("3")) == ("beside", NEWER)


@pytest.mark.parametrize("manifest", [None, "not json", "[]"])
def test_without_its_list_every_file_counts_as_the_learners(course, manifest) -> None:
    copy, mine = course
    mine.mkdir()
    (mine / "a.ipynb").write_text("my work")
    if manifest is not None:
        (mine / MANIFEST).write_text(manifest)
    assert copy("1") == ("beside", NEWER)
    assert files(mine) == {"a.ipynb": "my work", NEWER: "1"}


def test_a_copy_that_is_cut_off_leaves_the_old_file(course, monkeypatch) -> None:
    copy, mine = course
    copy("1")

    def cut(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("stridelab.lab.os.replace", cut)
    with pytest.raises(StrideLabError, match="be a folder that can be written"):
        copy("2")
    assert files(mine)["a.ipynb"] == "1"


def test_a_file_in_the_folders_place_is_refused(tmp_path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StrideLabError) as caught:
        copy_lessons(tmp_path / "taken")
    assert str(caught.value).startswith("dir must be a folder; got ")


def test_the_packages_own_lessons_are_found(tmp_path) -> None:
    copied = copy_lessons(tmp_path / "mine")
    assert {each.how for each in copied} == {"new"}
    assert FIRST in {each.name for each in copied}
    for each in copied:
        there = (lessons_folder() / each.name).read_bytes()
        assert (tmp_path / "mine" / each.name).read_bytes() == there


def test_lessons_have_no_folders_which_would_not_be_copied() -> None:
    folders = [each.name for each in lessons_folder().iterdir() if each.is_dir()]
    assert set(folders) <= {".ipynb_checkpoints"}


def test_a_taken_port_is_replaced() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) not in (0, port)
