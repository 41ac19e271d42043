"""Where attempts are kept: SQLite under the user's data directory, one transaction an attempt.

Nothing leaves the machine. ``STRIDELAB_DATA`` names another folder. An attempt is written at once
and never changed, so a kernel that is killed loses at most the one in flight, and notebooks that
record at the same time wait for one another. What is exported and imported is one JSON file; an
import adds attempts and never takes one away.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

from stridelab.errors import StrideLabError, shown

#: The layout of the file; a newer program may have another.
VERSION = 1
#: What an exported file says that it is.
FORMAT = "stridelab progress"
#: Seconds that a writer waits for others.
PATIENCE = 60.0
#: The largest file that is imported.
LARGEST = 2**26

_NAME = "progress.sqlite3"
_STATUSES = ("correct", "incorrect")

_LAYOUT = """
create table if not exists attempts (
  id text primary key, at text not null, problem text not null, seed integer not null,
  status text not null, answer text not null, beliefs text not null, hints integer not null,
  seconds real not null, part text not null
) without rowid
"""


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Attempt:
    """One answer to one variant of a problem.

    Parameters
    ----------
    problem : str
        Its id.
    seed : int
        The variant.
    status : str
        ``correct`` or ``incorrect``: what is blank or cannot be checked is no attempt.
    answer : str
        As it was spelled.
    beliefs : tuple of str
        The misconceptions that it revealed.
    hints : int
        Taken before.
    seconds : float
        Since the problem was shown.
    part : str
        ``practice``, ``pre-test`` or ``post-test``.
    at : str
        When, in UTC (ISO 8601).
    id : str
        Its own, by which files are merged.
    """

    problem: str
    seed: int
    status: str
    answer: str = ""
    beliefs: tuple[str, ...] = ()
    hints: int = 0
    seconds: float = 0.0
    part: str = "practice"
    at: str = field(default_factory=_now)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


_COLUMNS = tuple(one.name for one in fields(Attempt))


def where() -> Path:
    """The file that attempts are kept in, whether it is there yet or not."""
    folder = os.environ.get("STRIDELAB_DATA")
    return (Path(folder) if folder else platformdirs.user_data_path("stridelab")) / _NAME


def record(attempt: Attempt) -> None:
    """Keeps an attempt.

    Raises
    ------
    StrideLabError
        Where the file cannot be written, or is not one of ours.
    """
    _add([attempt])


def attempts() -> list[Attempt]:
    """All attempts, the oldest first."""
    if not where().exists():
        return []
    with _opened() as connection:
        columns = ", ".join(_COLUMNS)
        rows = connection.execute(f"select {columns} from attempts order by at, id").fetchall()
    return [_from_row(row) for row in rows]


def export(file: Path, learner: str = "") -> int:
    """Writes all attempts to a JSON file, and gives their number.

    Parameters
    ----------
    file : path
        It is replaced in one step, or left as it was.
    learner : str
        A name for the instructor's table; none is needed.
    """
    found = attempts()
    data = {"format": FORMAT, "version": VERSION, "learner": learner}
    text = json.dumps({**data, "attempts": [asdict(one) for one in found]}, indent=1)
    part = file.parent / f".{file.name}.{os.getpid()}"
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _trouble(file, "be a file that can be written", error) from None
    return len(found)


def merge(file: Path) -> int:
    """Adds an exported file's attempts that are not known yet, and gives their number.

    Raises
    ------
    StrideLabError
        For a file that is none of ours, damaged, or of a newer version: nothing is added then.
    """
    return _add(read(file).attempts)


@dataclass(frozen=True)
class Exported:
    """What an exported file holds."""

    learner: str
    attempts: tuple[Attempt, ...]


def read(file: Path) -> Exported:
    """An exported file, checked whole before anything of it is used."""
    try:
        if file.stat().st_size > LARGEST:
            raise _no_file(file, f"it takes more than {LARGEST:,} bytes")
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise _trouble(file, "be a file that can be read", error) from None
    except (ValueError, RecursionError):
        raise _no_file(file, "it is not JSON") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise _no_file(file, f"it does not say that it is {FORMAT!r}")
    if data.get("version") != VERSION:
        raise _newer(file, data.get("version"))
    found = data.get("attempts")
    learner = data.get("learner", "")
    if not isinstance(found, list) or not isinstance(learner, str):
        raise _no_file(file, "its attempts are missing")
    return Exported(learner, tuple(_checked(one, file, at) for at, one in enumerate(found)))


def reset() -> Path | None:
    """Puts the attempts aside, and gives the file in which they are kept; None without any."""
    found = where()
    if not attempts():
        return None
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M%S-%f")
    kept = found.with_name(f"progress-{stamp}.json")
    with _opened() as connection:  # nobody adds one between the copy and the end
        connection.execute("begin immediate")
        export(kept)
        connection.execute("delete from attempts")
        connection.execute("commit")
    return kept


# --- inside ---------------------------------------------------------------------------------------


def _add(found: Sequence[Attempt]) -> int:
    marks = ", ".join("?" * len(_COLUMNS))
    rows = [
        tuple(
            json.dumps(one.beliefs) if name == "beliefs" else getattr(one, name)
            for name in _COLUMNS
        )
        for one in found
    ]
    with _opened() as connection:
        connection.execute("begin immediate")
        before = connection.total_changes
        connection.executemany(
            f"insert or ignore into attempts ({', '.join(_COLUMNS)}) values ({marks})", rows
        )
        added = connection.total_changes - before
        connection.execute("commit")
    return added


@contextlib.contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    """The file, made where it is missing; closed afterwards."""
    file = where()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, timeout=PATIENCE, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise _trouble(file, "be a file that can be written", error) from None
    try:
        _prepare(connection, file)
        yield connection
    except sqlite3.OperationalError as error:
        raise _trouble(file, "be free to be written", error) from None
    except sqlite3.DatabaseError as error:
        raise _trouble(file, "hold StrideLab's attempts", error) from None
    finally:
        connection.close()  # what was begun and not committed is undone


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    version = connection.execute("pragma user_version").fetchone()[0]
    if version > VERSION:
        raise _newer(file, version)
    connection.execute("pragma synchronous = full")
    if version < VERSION:
        connection.execute("begin immediate")
        connection.execute(_LAYOUT)
        connection.execute(f"pragma user_version = {VERSION}")
        connection.execute("commit")


def _from_row(row: Sequence[Any]) -> Attempt:
    values = dict(zip(_COLUMNS, row, strict=True))
    return Attempt(**{**values, "beliefs": tuple(json.loads(values["beliefs"]))})


def _checked(one: object, file: Path, at: int) -> Attempt:
    """An attempt of a file, every field of its kind."""
    kinds: dict[str, Any] = {"seed": int, "hints": int, "seconds": (int, float), "beliefs": list}
    is_whole = (
        isinstance(one, dict)
        and set(one) == set(_COLUMNS)
        and all(
            isinstance(one[name], kinds.get(name, str)) and not isinstance(one[name], bool)
            for name in _COLUMNS
        )
        and all(isinstance(belief, str) for belief in one["beliefs"])
        and one["status"] in _STATUSES
        and all(0 <= one[name] < 2**53 for name in ("seed", "hints", "seconds"))
        and _is_text(json.dumps(one, ensure_ascii=False))
    )
    time = _time(one["at"]) if is_whole and isinstance(one, dict) else ""
    if not time or not isinstance(one, dict):
        raise _no_file(file, f"its attempt {at} is damaged")
    held, seconds = tuple(one["beliefs"]), float(one["seconds"])
    return Attempt(**{**one, "beliefs": held, "seconds": seconds, "at": time})


def _time(text: str) -> str:
    """A time of this course's days in the one form that is kept; empty where it is none."""
    try:
        time = datetime.datetime.fromisoformat(text)
        if time.tzinfo is None or not 2020 < time.year < 2200:
            return ""
        return time.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    except ValueError:
        return ""


def _is_text(text: str) -> bool:
    """Whether it can be written to a file: half a surrogate pair cannot."""
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


def _no_file(file: Path, why: str) -> StrideLabError:
    rule = "be a file that `stridelab progress export` wrote"
    return StrideLabError("file", rule, shown(str(file)), why, "Nothing was changed.")


def _newer(file: Path, version: object) -> StrideLabError:
    return StrideLabError(
        "file",
        f"be of version {VERSION}",
        shown(version),
        str(file),
        "Update StrideLab: a newer one wrote it. Nothing was changed.",
    )


def _trouble(file: Path, rule: str, error: Exception) -> StrideLabError:
    return StrideLabError("file", rule, shown(str(file)), str(error), "Nothing was changed.")
