"""The learner's copy of the lessons, and JupyterLab started on it.

A learner's work is theirs: a file that differs from what was copied is never written again; a
newer lesson goes beside it.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.resources
import importlib.util
import itertools
import json
import math
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from stridelab.errors import StrideLabError

#: Where a learner starts.
FIRST = "00_start_here.ipynb"

#: By file name, the SHA-256 of the content that was last copied there or beside it.
MANIFEST = ".stridelab-lessons.json"

#: What ends a command beside Ctrl-C: `kill`, and a terminal that is closed.
_ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@dataclass(frozen=True)
class Copied:
    """What happened to one lesson: `how` is new, updated, beside or kept; `name` is the copy's."""

    lesson: str
    how: str
    name: str


def lessons_folder() -> Traversable:
    """The lessons: inside an installed package, or beside the sources of a checkout."""
    installed = importlib.resources.files("stridelab") / "lessons"
    if installed.is_dir():
        return installed
    return Path(__file__).resolve().parents[2] / "lessons"


def checkout() -> Path | None:
    """The checkout that this module lies in; None where it was installed by a wheel."""
    folder = Path(__file__).resolve().parents[2]
    return folder if (folder / "pyproject.toml").is_file() else None


def copy_lessons(target: Path, source: Traversable | None = None) -> list[Copied]:
    """Copies the lessons into a folder and never overwrites a file that differs from its copy.

    A file that the learner left alone is brought up to date. One that they changed stays, and the
    newer lesson goes beside it, once, as ``newer_NAME.ipynb``. A lesson that they deleted comes
    back.

    Parameters
    ----------
    target : Path
        The learner's folder; made where it is missing.
    source : folder, optional
        The lessons; those of the package where it is None.

    Raises
    ------
    StrideLabError
        Where the target is a file, or cannot be written.
    """
    if target.exists() and not target.is_dir():
        raise StrideLabError("dir", "be a folder", repr(str(target)), "it is a file")
    try:
        target.mkdir(parents=True, exist_ok=True)
        copied = _read_manifest(target)
        files = sorted((source or lessons_folder()).iterdir(), key=lambda file: file.name)
        done = [_copy(file, target, copied) for file in files if file.is_file()]
        _write(target / MANIFEST, json.dumps(copied, indent=1, sort_keys=True).encode())
    except OSError as error:
        raise StrideLabError(
            "dir",
            "be a folder that can be written",
            repr(str(target)),
            error.strerror or str(error),
            "Choose another with --dir.",
        ) from None
    return done


def _copy(file: Traversable, target: Path, copied: dict[str, str]) -> Copied:
    content = file.read_bytes()
    now = _digest(content)
    for name in _names(file.name):
        path, before = target / name, copied.get(name)
        theirs = _digest(path.read_bytes()) if path.exists() else None
        if theirs is not None and now in (theirs, before):
            how = "kept"
        elif theirs is None or theirs == before:
            _write(path, content)
            how = "beside" if name != file.name else "new" if theirs is None else "updated"
        else:
            continue
        # Also under the lesson's own name: a copy beside it that was deleted does not come back.
        copied[file.name] = copied[name] = now
        return Copied(file.name, how, name)
    raise AssertionError  # the names never end


def _names(name: str) -> Iterator[str]:
    """The file's own name, then those beside it: JupyterLab's list cuts long names at the end."""
    yield name
    yield f"newer_{name}"
    yield from (f"newer-{number}_{name}" for number in itertools.count(2))


def _digest(content: bytes) -> str:
    """The SHA-256 of a file; of a notebook's cells alone.

    JupyterLab rewrites a notebook's metadata when it is opened and saved, whoever changed nothing.
    """
    with contextlib.suppress(ValueError, TypeError, LookupError):  # what is no notebook
        content = json.dumps(json.loads(content)["cells"], sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()


def _read_manifest(target: Path) -> dict[str, str]:
    try:
        data = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # missing or broken: then every file counts as the learner's
        return {}
    return data if isinstance(data, dict) else {}


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: a cut-off write leaves the old file."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)


def jupyterlab_missing() -> bool:
    """Whether JupyterLab is not installed."""
    return importlib.util.find_spec("jupyterlab") is None


def free_port(wanted: int) -> int:
    """The port itself where it is free, else one that is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            if os.name == "posix":  # elsewhere it would find a taken port free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StrideLabError("port", "be free", str(wanted), remedy="Choose another with --port.")


def run_lab(folder: Path, port: int, *, open_browser: bool, say: Callable[[str], None]) -> int:
    """JupyterLab on the learner's folder until it ends; reachable from this machine alone.

    Says the address once the server answers. Returns JupyterLab's exit status; 0 after Ctrl-C.
    """
    token = secrets.token_hex(24)
    environment = {
        **os.environ,
        # By the environment, since a command line can be read by every user of the machine.
        "JUPYTER_TOKEN": token,
        # So that JupyterLab's own terminal knows the `stridelab` command.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    # Out of the terminal's reach: JupyterLab may leave its kernels behind after a Ctrl-C of its
    # own, and ends them where it is told once, by us. So whatever ends this command must tell it.
    endings = [each for each in _ENDINGS if signal.getsignal(each) is signal.SIG_DFL]
    for each in endings:
        signal.signal(each, lambda *_: sys.exit(0))
    command = command_for(folder, port, open_browser)
    server = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        if answers(port, server):
            say(f"http://127.0.0.1:{port}/lab/tree/{FIRST}?token={token}")
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        server.terminate()
        server.wait()
        for each in endings:
            signal.signal(each, signal.SIG_DFL)


def command_for(folder: Path, port: int, open_browser: bool) -> list[str]:
    """What starts JupyterLab on a folder: for this machine alone, with no news from other hosts."""
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder.resolve()}",
        "--ServerApp.log_level=ERROR",
        "--LabApp.log_level=ERROR",
        "--KernelManager.transport_encryption=auto",  # else the kernel warns that there is none
        f"--LabApp.default_url=/lab/tree/{FIRST}",
        # One for each folder: by itself JupyterLab opens what it had open elsewhere.
        f"--LabApp.workspaces_dir={folder.resolve() / '.workspaces'}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=None",
    ]
    if not open_browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def answers(port: int, server: subprocess.Popen[bytes], seconds: float = math.inf) -> bool:
    """Waits until the server answers; False where it ended first, or took too long."""
    end = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < end:
        try:
            ask(port, "/api", timeout=1)
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def ask(
    port: int, path: str, token: str = "", data: bytes | None = None, timeout: float = 30
) -> bytes:
    """What the server on a port of this machine answers; data makes a POST.

    Whatever proxy the environment names: it would look for 127.0.0.1 elsewhere.
    """
    headers = {"Authorization": f"token {token}"} if token else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=timeout) as answer:
        return bytes(answer.read())
