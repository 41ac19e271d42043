"""The attempts' file: nothing is lost, nothing damaged gets in, nothing real is touched."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stridelab import StrideLabError
from stridelab.practice import store
from stridelab.practice.store import Attempt


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("STRIDELAB_DATA", str(tmp_path / "data"))


def test_attempts_come_back_as_they_were():
    assert store.attempts() == []
    one = Attempt("pad-02", 7, "incorrect", "(1, 0)", ("odd-cell-before",), 2, 12.5)
    two = Attempt("pad-02", 8, "correct", "(0, 1)")
    store.record(one)
    store.record(two)
    assert store.attempts() == [one, two]
    assert store.where().parent.name == "data"


def test_an_export_is_merged_without_doubles(tmp_path, monkeypatch):
    first = [Attempt("pad-01", seed, "correct") for seed in range(3)]
    for one in first:
        store.record(one)
    file = tmp_path / "mine.json"
    assert store.export(file, "Ada") == 3
    assert store.merge(file) == 0
    monkeypatch.setenv("STRIDELAB_DATA", str(tmp_path / "other"))
    other = Attempt("pad-01", 9, "incorrect", "3")
    store.record(other)
    assert store.merge(file) == 3
    assert {one.id for one in store.attempts()} == {one.id for one in (*first, other)}
    assert store.read(file).learner == "Ada"


def test_a_reset_keeps_a_copy():
    assert store.reset() is None
    one = Attempt("pad-01", 0, "correct")
    store.record(one)
    kept = store.reset()
    assert store.attempts() == []
    assert store.merge(kept) == 1
    assert store.attempts() == [one]


WHOLE = {
    "format": "stridelab progress",
    "version": 1,
    "learner": "",
    "attempts": [
        {
            "problem": "pad-01", "seed": 0, "status": "correct", "answer": "3", "beliefs": [],
            "hints": 0, "seconds": 1.5, "part": "practice", "at": "2026-11-26T01:00:00+00:00",
            "id": "a",
        }
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": "another"}, "it does not say that it is 'stridelab progress'"),
        ({"attempts": None}, "its attempts are missing"),
        ({"attempts": [{}]}, "its attempt 0 is damaged"),
        ({"attempts": [{**WHOLE["attempts"][0], "seed": True}]}, "its attempt 0 is damaged"),
        ({"attempts": [{**WHOLE["attempts"][0], "seed": 2**70}]}, "its attempt 0 is damaged"),
        ({"attempts": [{**WHOLE["attempts"][0], "status": "won"}]}, "its attempt 0 is damaged"),
        ({"attempts": [{**WHOLE["attempts"][0], "seconds": 10**400}]}, "its attempt 0 is damaged"),
        ({"attempts": [{**WHOLE["attempts"][0], "hints": -1}]}, "its attempt 0 is damaged"),
        ({"attempts": [{**WHOLE["attempts"][0], "answer": "\ud800"}]}, "its attempt 0 is damaged"),
        (
            {"attempts": [{**WHOLE["attempts"][0], "at": "9999-12-31T00:00:00+00:00"}]},
            "its attempt 0 is damaged",
        ),
        ({"attempts": [{**WHOLE["attempts"][0], "at": "today"}]}, "its attempt 0 is damaged"),
        ({"attempts": [WHOLE["attempts"][0], {"id": "b"}]}, "its attempt 1 is damaged"),
    ],
)
def test_a_damaged_file_changes_nothing(change, why, tmp_path):
    file = tmp_path / "progress.json"
    file.write_text(json.dumps(WHOLE))
    assert store.merge(file) == 1
    file.write_text(json.dumps({**WHOLE, **change}))
    with pytest.raises(StrideLabError) as caught:
        store.merge(file)
    assert str(caught.value) == (
        f"file must be a file that `stridelab progress export` wrote; got '{file}' ({why}). "
        "Nothing was changed."
    )
    assert len(store.attempts()) == 1


def test_times_of_other_places_are_kept_in_one_form(tmp_path):
    file = tmp_path / "progress.json"
    one = {**WHOLE["attempts"][0], "at": "2026-11-26T03:00:00+02:00"}
    file.write_text(json.dumps({**WHOLE, "attempts": [one]}))
    store.merge(file)
    assert store.attempts()[0].at == "2026-11-26T01:00:00.000000+00:00"


def test_a_newer_file_is_refused(tmp_path):
    file = tmp_path / "progress.json"
    file.write_text(json.dumps({**WHOLE, "version": 2}))
    with pytest.raises(StrideLabError, match="be of version 1; got 2"):
        store.merge(file)
    file.write_text("{")
    with pytest.raises(StrideLabError, match="it is not JSON"):
        store.merge(file)
    with pytest.raises(StrideLabError, match="be a file that can be read"):
        store.merge(tmp_path / "none.json")


def test_a_database_of_another_kind_is_left_alone():
    file = store.where()
    file.parent.mkdir()
    file.write_bytes(b"these are no attempts, but somebody's notes " * 100)
    before = file.read_bytes()
    for use in (store.attempts, lambda: store.record(Attempt("pad-01", 0, "correct")), store.reset):
        with pytest.raises(StrideLabError, match="hold StrideLab's attempts"):
            use()
    assert file.read_bytes() == before


def test_a_newer_database_is_left_alone():
    store.record(Attempt("pad-01", 0, "correct"))
    connection = sqlite3.connect(store.where())
    connection.execute("pragma user_version = 2")
    connection.close()
    with pytest.raises(StrideLabError, match="Update StrideLab"):
        store.attempts()


RECORDING = """
import sys
from stridelab.practice import store
for number in range(int(sys.argv[1])):
    store.record(store.Attempt("pad-01", number, "correct"))
    print(number, flush=True)
"""


def recording(count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RECORDING, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    "count", [50, pytest.param(1000, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_two_that_record_at_once_lose_nothing(count):
    both = [recording(count), recording(count)]
    for one in both:
        one.communicate()
        assert one.returncode == 0
    assert len(store.attempts()) == 2 * count


@pytest.mark.parametrize(
    "kills", [5, pytest.param(200, marks=pytest.mark.slow)], ids=["some", "many"]
)
def test_a_kill_loses_at_most_the_one_in_flight(kills):
    pick, told = random.Random(0), 0
    for _ in range(kills):
        one = recording(10**6)
        assert one.stdout is not None
        for _ in range(pick.randint(1, 4)):
            one.stdout.readline()
            told += 1
        time.sleep(pick.random() / 200)
        os.kill(one.pid, signal.SIGKILL)
        rest, _ = one.communicate()
        told += len(rest.splitlines())
        kept = len(store.attempts())
        assert told <= kept <= told + 1
        told = kept


def test_the_folder_is_the_users_unless_it_is_named(monkeypatch):
    monkeypatch.delenv("STRIDELAB_DATA")
    assert store.where().parent.name == "stridelab"
    assert isinstance(store.where(), Path)
