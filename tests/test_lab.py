"""A learner's copy of the lessons: nothing they did is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from stridelab import StrideLabError
from stridelab.lab import FIRST, MANIFEST, Copied, copy_lessons, free_port, lessons_folder


@pytest.fixture
def course(tmp_path: Path):
    """A folder of lessons, a learner's folder, and a copy step that takes the lessons' text."""
    source, mine = tmp_path / "lessons", tmp_path / "my-lessons"
    source.mkdir()

    def copy(text: str) -> list[Copied]:
        (source / "a.ipynb").write_text(text)
        return copy_lessons(mine, source)

    return copy, mine


def files(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.glob("*.ipynb")}


def test_a_lesson_left_alone_is_brought_up_to_date(course) -> None:
    copy, mine = course
    assert copy("1") == [Copied("a.ipynb", "new")]
    assert copy("1") == [Copied("a.ipynb", "kept")]
    assert copy("2") == [Copied("a.ipynb", "updated")]
    assert files(mine) == {"a.ipynb": "2"}


def test_a_changed_lesson_is_never_overwritten(course) -> None:
    copy, mine = course
    copy("1")
    (mine / "a.ipynb").write_text("my work")
    assert copy("1") == [Copied("a.ipynb", "kept")]
    assert copy("2") == [Copied("a.newer.ipynb", "beside")]
    assert copy("2") == [Copied("a.newer.ipynb", "kept")]
    assert files(mine) == {"a.ipynb": "my work", "a.newer.ipynb": "2"}
    (mine / "a.newer.ipynb").write_text("more work")
    assert copy("3") == [Copied("a.newer-2.ipynb", "beside")]
    assert files(mine) == {
        "a.ipynb": "my work",
        "a.newer.ipynb": "more work",
        "a.newer-2.ipynb": "3",
    }


def test_a_deleted_lesson_comes_back(course) -> None:
    copy, mine = course
    copy("1")
    (mine / "a.ipynb").unlink()
    assert copy("1") == [Copied("a.ipynb", "new")]


@pytest.mark.parametrize("manifest", [None, "not json", "[]"])
def test_without_its_list_every_file_counts_as_the_learners(course, manifest) -> None:
    copy, mine = course
    mine.mkdir()
    (mine / "a.ipynb").write_text("my work")
    if manifest is not None:
        (mine / MANIFEST).write_text(manifest)
    assert copy("1") == [Copied("a.newer.ipynb", "beside")]
    assert files(mine) == {"a.ipynb": "my work", "a.newer.ipynb": "1"}


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
    assert FIRST in {file.name for file in lessons_folder().iterdir()}
    assert {"new"} == {each.how for each in copy_lessons(tmp_path / "mine")}


def test_a_taken_port_is_replaced() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) not in (0, port)
