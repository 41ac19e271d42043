"""The day before a workshop: all that it will ask of this machine, done once.

``stridelab doctor --classroom`` prints what `stridelab.doctor` finds and then does what a learner
will do: copies the lessons, starts JupyterLab, runs lesson 00 in it, keeps an attempt. It leaves
nothing behind, also where it is told to end in the middle, and everything that waits has a limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings
import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypeAlias

from stridelab import doctor, lab
from stridelab.doctor import Finding, install

#: What a lesson in JupyterLab and its browser need, in GiB.
MEMORY = 2.0
#: What the lessons, the kernels' cache and a browser's need on the disk, in GiB.
DISK = 0.5
#: Seconds until JupyterLab answers, and until a cell is done; the first start is the longest.
PATIENCE = 120.0
#: Seconds that a JupyterLab which was told to end has for it.
ENDING = 15.0
#: Seconds after which a part that goes on says so.
QUIET = 2.0

#: What shows explorers and problems in the browser, and the package that brings it.
FRONT_ENDS = {"anywidget": "anywidget", "@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets"}

Say: TypeAlias = Callable[[str], None]

READY = "Ready for the workshop."


def tell(as_json: bool, say: Say) -> int:
    """Prints the report and the verdict; 0 where this machine is ready, else 1.

    Parameters
    ----------
    as_json : bool
        Whether the report is data for programs.
    say : function
        Hears what is being done, a line each.
    """
    report = findings(say)
    ready = doctor.healthy(report)
    if as_json:
        print(json.dumps({**doctor.as_dict(report), "ready": ready}, indent=1))
        return 0 if ready else 1
    doctor.print_report(report)
    print()
    print(READY if ready else "\n".join(["Not ready for the workshop. To mend:", *to_do(report)]))
    return 0 if ready else 1


def to_do(report: list[Finding]) -> list[str]:
    """What mends the machine, numbered, a line each.

    >>> to_do([Finding("memory", "1.0 GiB", ok=False, remedy="close other programs")])
    ['  1. memory: close other programs']
    """
    broken = [one for one in report if one.needed and not one.ok]
    return [f"  {number}. {one.name}: {one.remedy}" for number, one in enumerate(broken, 1)]


def findings(say: Say) -> list[Finding]:
    """All lines of the report: the doctor's, then what was tried."""
    with _cleared_away():
        return _findings(say)


def _findings(say: Say) -> list[Finding]:
    say("Looking at the packages, and loading the kernels ...")
    found = [_needed_here(one) for one in doctor.findings(compiling(say))]
    if not doctor.healthy(found):
        return found  # what follows would fail of the same
    for title, name, remedy, check in CHECKS:
        say(f"{title} ...")
        found += doctor.probe(name, remedy, check)
    say("Starting JupyterLab ...")
    mends = install("--force-reinstall", "jupyterlab", "ipykernel")
    return found + doctor.probe("JupyterLab", mends, jupyterlab, say)


#: What ends a command beside Ctrl-C: `kill`, and a terminal that is closed.
_ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextlib.contextmanager
def _cleared_away() -> Iterator[None]:
    """Whatever ends this command lets it end JupyterLab and take its folders away before."""
    endings = [each for each in _ENDINGS if signal.getsignal(each) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        endings = []  # only the main thread may
    for each in endings:
        signal.signal(each, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        for each in endings:
            signal.signal(each, signal.SIG_DFL)


def _needed_here(finding: Finding) -> Finding:
    """A workshop is held in JupyterLab; alone one can do without it."""
    return replace(finding, needed=True) if finding.name == "jupyterlab" else finding


def compiling(say: Say) -> doctor.Progress:
    """Says which kernel is loaded, where it takes time: that is where one has to be compiled."""
    start = time.monotonic()

    def progress(name: str, done: int, total: int) -> None:
        if done < total and time.monotonic() - start > QUIET:
            say(f"Loading kernels, compiling new ones: {name} ({done + 1} of {total}) ...")

    return progress


# --- what is tried in this process ----------------------------------------------------------------


def _memory() -> list[Finding]:
    from stridelab.ops import machine

    free = machine.memory_available() / 2**30
    remedy = f"close other programs and browser tabs until {MEMORY:g} GiB are free"
    return [_enough("free memory", free, MEMORY, f"{free:.1f} GiB", remedy)]


def _enough(name: str, found: float, least: float, value: str, remedy: str) -> Finding:
    if found >= least:
        return Finding(name, value)
    return Finding(name, f"{value}, of {least:g} needed", ok=False, remedy=remedy)


def _copied() -> list[Finding]:
    """The lessons, copied to where ``stridelab lab`` would put them, and taken away again."""
    here = Path.cwd()
    free = shutil.disk_usage(here).free / 2**30
    try:
        with tempfile.TemporaryDirectory(dir=here, prefix=".stridelab-") as folder:
            copied = len(lab.copy_lessons(Path(folder) / "my-lessons"))
    except (OSError, ValueError) as error:
        remedy = "change to a folder of yours that can be written, and start there"
        value = f"cannot be copied into {here}: {doctor.in_short(error)}"
        return [Finding("lessons copied", value, ok=False, remedy=remedy)]
    remedy = f"free {DISK:g} GiB on the disk of {here}"
    return [
        Finding("lessons copied", f"{copied} files can be copied into {here} (tried, and removed)"),
        _enough("free disk", free, DISK, f"{free:.1f} GiB", remedy),
    ]


def _drawn() -> list[Finding]:
    """A figure of the lessons, with its signs; matplotlib only warns of a font that it lacks.

    Its first start lists the fonts of the machine, and says so where that takes long: before we
    listen. Nor is it of interest here what packages warn their developers of.
    """
    import matplotlib.font_manager  # noqa: F401

    from stridelab import figures

    heard = _Heard()
    logging.getLogger("matplotlib").addHandler(heard)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            picture = figures.bars({"⌈n/s⌉ − 1 × ⌊x⌋": (1, 2, 1)}, x="cell", y="reads (windows)")
            size = len(picture.webp())
    finally:
        logging.getLogger("matplotlib").removeHandler(heard)
    seen = [str(one.message) for one in warned if issubclass(one.category, UserWarning)]
    trouble = [*heard.lines, *seen]
    if trouble:
        mends = install("--force-reinstall", "matplotlib")
        return [Finding("figures", doctor.in_short(Warning(trouble[0])), ok=False, remedy=mends)]
    return [Finding("figures", f"drawn ({size // 1024 + 1} kB), fonts included")]


class _Heard(logging.Handler):
    """The warnings of a logger."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _kept() -> list[Finding]:
    """An attempt, kept and read back in a folder of its own; the learner's is only looked at."""
    from stridelab.practice import store

    own = store.where()
    folder = next(one for one in (own, *own.parents) if one.exists())
    with tempfile.TemporaryDirectory() as other, _environment(STRIDELAB_DATA=other):
        store.record(store.Attempt("pad-02", 0, "correct"))
        count = len(store.attempts())
    if count == 1 and os.access(folder, os.W_OK):
        return [Finding("practice", f"an attempt is kept; yours go to {own}")]
    remedy = "set STRIDELAB_DATA to a folder of yours that can be written"
    return [Finding("practice", f"{folder} cannot be written", ok=False, remedy=remedy)]


@contextlib.contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Environment variables for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _browser() -> list[Finding]:
    """A hint: whether Python finds a browser. Which one, a person knows better."""
    hint = "Firefox, Chrome, Edge or Safari, not older than two years"
    try:
        webbrowser.get()
    except webbrowser.Error:
        remedy = f"open the address that `stridelab lab` prints in {hint}"
        return [Finding("browser", "none opens by itself", ok=False, needed=False, remedy=remedy)]
    return [Finding("browser", f"one opens by itself; let it be {hint}")]


#: What is said before, the finding's name, what mends it where looking fails, and what is done.
CHECKS: tuple[tuple[str, str, str, Callable[[], list[Finding]]], ...] = (
    ("Asking for free memory", "free memory", install("--force-reinstall", "psutil"), _memory),
    ("Copying the lessons", "lessons copied", "change to a folder of yours, as cd ~", _copied),
    ("Drawing a figure", "figures", install("--force-reinstall", "matplotlib"), _drawn),
    ("Keeping an attempt", "practice", "set STRIDELAB_DATA to a folder of yours", _kept),
    ("Looking for a browser", "browser", "install Firefox or Chrome", _browser),
)


# --- what is tried in JupyterLab ------------------------------------------------------------------


class StepError(Exception):
    """What went wrong in JupyterLab, as the report says it."""

    def __init__(self, name: str, value: str, remedy: str) -> None:
        super().__init__(value)
        self.finding = Finding(name, value, ok=False, remedy=remedy)


@dataclass(frozen=True)
class Server:
    """A JupyterLab that answers: where, by which token, and after how many seconds."""

    port: int
    token: str
    seconds: float

    def ask(self, path: str, data: bytes | None = None) -> bytes:
        """What it answers; data makes a POST."""
        return lab.ask(self.port, path, self.token, data, PATIENCE)


def jupyterlab(say: Say) -> list[Finding]:
    """Starts JupyterLab on a copy of the lessons and runs the first one in it, as browsers do."""
    found: list[Finding] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        lessons = Path(folder) / "lessons"
        lab.copy_lessons(lessons)
        try:
            with served(lessons, Path(folder)) as server:
                took = f"answers at 127.0.0.1 after {server.seconds:.1f} s"
                found.append(Finding("JupyterLab", took))
                found.append(front_end(server))
                say("Starting a kernel, and running lesson 00 in it ...")
                found += in_kernel(server, code_cells(lessons / lab.FIRST))
        except StepError as error:
            found.append(error.finding)
    return found


@contextlib.contextmanager
def served(lessons: Path, folder: Path) -> Iterator[Server]:
    """JupyterLab on a folder of lessons; attempts and its words go to another folder."""
    port, token, start = lab.free_port(8888), secrets.token_hex(24), time.monotonic()
    environment = {**os.environ, "JUPYTER_TOKEN": token, "STRIDELAB_DATA": str(folder / "data")}
    log = folder / "log.txt"
    with log.open("wb") as words:
        process = subprocess.Popen(
            lab.command_for(lessons, port, open_browser=False),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if not lab.answers(port, process, PATIENCE):
                raise _silent(process, log)
            yield Server(port, token, time.monotonic() - start)
        finally:
            try:
                with contextlib.suppress(OSError, HTTPException):
                    if process.poll() is None:  # it ends its kernels, and then itself
                        lab.ask(port, "/api/shutdown", token, b"", ENDING)
            finally:
                _end(process)


def _silent(process: subprocess.Popen[bytes], log: Path) -> StepError:
    """JupyterLab ended by itself, or something keeps it from being reached."""
    if process.poll() is None:
        remedy = "let Python take connections at 127.0.0.1: a firewall or a proxy may forbid it"
        return StepError("JupyterLab", f"does not answer within {PATIENCE:g} s", remedy)
    said = log.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line.strip() for line in reversed(said) if line.strip()), "it says nothing")
    remedy = install("--force-reinstall", doctor.wanted("jupyterlab"))
    return StepError("JupyterLab", f"ends at once: {doctor.in_short(RuntimeError(last))}", remedy)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Waits for a process that was told to end, and ends one that does not."""
    for end in (process.terminate, process.kill):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=ENDING)
        if process.poll() is None:
            end()
    process.wait()


def front_end(server: Server) -> Finding:
    """Whether the page that a browser gets has the widgets' scripts, not switched off."""
    config = page_config(server.ask("/lab").decode())
    here = {one["name"] for one in config.get("federated_extensions", ())}
    off = [one.split(":")[0] for one in config.get("disabledExtensions", ())]
    missing = [name for name in FRONT_ENDS if name not in here or name in off]
    if not missing:
        return Finding("widgets", "JupyterLab has their scripts")
    mends = install("--force-reinstall", *(FRONT_ENDS[name] for name in missing))
    value = f"not in JupyterLab: {', '.join(missing)}; no explorer would be shown"
    return Finding("widgets", value, ok=False, remedy=mends)


def page_config(html: str) -> dict[str, Any]:
    """What JupyterLab's page tells its scripts.

    >>> page_config('<script id="jupyter-config-data" type="application/json">{"a": 1}</script>')
    {'a': 1}
    """
    found = re.search(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', html, re.DOTALL)
    return dict(json.loads(found[1])) if found else {}


def code_cells(notebook: Path) -> list[str]:
    """A notebook's code."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


#: A kernel called python3 may be one that another environment has left in the user's folder.
_WHO = "import os, sys, stridelab\nassert os.path.samefile(sys.prefix, {!r}), sys.executable"


def in_kernel(server: Server, cells: list[str]) -> list[Finding]:
    """A kernel of JupyterLab's runs a cell, and then a lesson's, over a web socket."""
    try:
        kernel = json.loads(server.ask("/api/kernels", b'{"name": "python3"}'))["id"]
    except OSError as error:
        remedy = install("--force-reinstall", "ipykernel")
        raise StepError("kernel", f"does not start: {doctor.in_short(error)}", remedy) from None
    try:
        first, rest = asyncio.run(_run(server, kernel, [_WHO.format(sys.prefix)], cells))
    except StepError:
        raise
    except Exception as error:  # a timeout, a refusal, a broken message: tornado has its own
        remedy = "let web sockets through at 127.0.0.1: a firewall or a virus scanner may stop them"
        value = f"does not answer: {doctor.in_short(error)}"
        raise StepError("kernel", value, remedy) from None
    count = f"{len(cells)} cells in {rest:.1f} s"
    return [
        Finding("kernel", f"runs a cell after {first:.1f} s"),
        Finding("lesson 00", f"runs, {count}"),
    ]


async def _run(server: Server, kernel: str, *parts: list[str]) -> list[float]:
    """Runs cells in a kernel, part by part, and gives each part's seconds."""
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    address = f"ws://127.0.0.1:{server.port}/api/kernels/{kernel}/channels"
    headers = {"Authorization": f"token {server.token}"}
    # the server answers when the kernel does; tornado's own patience is 20 s
    request = HTTPRequest(
        address, headers=headers, connect_timeout=PATIENCE, request_timeout=PATIENCE
    )
    socket = await asyncio.wait_for(websocket_connect(request), PATIENCE)
    taken = []
    try:
        for number, cells in enumerate(parts):
            start = time.monotonic()
            for cell in cells:
                reply = await asyncio.wait_for(_replied(socket, cell), PATIENCE)
                if reply["status"] != "ok":
                    raise _failed(reply, is_first=number == 0)
            taken.append(time.monotonic() - start)
    finally:
        socket.close()
    return taken


async def _replied(socket: Any, code: str) -> dict[str, Any]:
    """Sends a cell and gives what the kernel says to it in the end."""
    id = uuid.uuid4().hex
    header = {"msg_id": id, "msg_type": "execute_request", "version": "5.3"}
    request = {
        "header": {**header, "session": id, "username": "", "date": ""},
        "parent_header": {},
        "metadata": {},
        # not into the history that IPython keeps for its user
        "content": {"code": code, "silent": False, "store_history": False, "allow_stdin": False},
        "channel": "shell",
    }
    await socket.write_message(json.dumps(request))
    while True:
        text = await socket.read_message()
        if text is None:
            raise ConnectionError("the kernel's connection was closed")
        if isinstance(text, bytes):  # a widget's data
            continue
        message = json.loads(text)
        is_ours = message["parent_header"].get("msg_id") == id
        if is_ours and message["header"]["msg_type"] == "execute_reply":
            return dict(message["content"])


def _failed(reply: dict[str, Any], *, is_first: bool) -> StepError:
    """A cell that raised: in the first one it is the wrong Python."""
    text = f"{reply.get('ename', 'error')}: {reply.get('evalue', '')}"
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    value = doctor.in_short(RuntimeError(text)).removeprefix("RuntimeError: ")
    if not is_first:
        remedy = "run `stridelab lab` and lesson 00 to see where; then install StrideLab again"
        return StepError("lesson 00", f"stops with {value}", remedy)
    command = f'"{sys.executable}" -m ipykernel install --sys-prefix'
    remedy = f"{command}; if that is not enough: jupyter kernelspec remove python3"
    return StepError("kernel", f"'python3' is another Python's: {value}", remedy)
