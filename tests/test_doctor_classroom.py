"""`stridelab doctor --classroom`: what a workshop needs, each with what mends it."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import warnings
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from stridelab import StrideLabError, doctor, lab, preflight
from stridelab.__main__ import main
from stridelab.doctor import Finding
from stridelab.preflight import StepError

GIB = 2**30
WELL = [Finding("numpy", "2.4"), Finding("jupyterlab", "4.6", needed=False)]


@pytest.fixture
def found(monkeypatch) -> SimpleNamespace:
    """What the parts find; a test puts in what it wants."""
    parts = SimpleNamespace(packages=list(WELL), checked=[], lab=[Finding("JupyterLab", "answers")])
    monkeypatch.setattr(doctor, "findings", lambda progress=None: parts.packages)
    monkeypatch.setattr(preflight, "CHECKS", [("Trying", "try", "mend", lambda: parts.checked)])
    monkeypatch.setattr(preflight, "jupyterlab", lambda say: parts.lab)
    return parts


def test_a_machine_that_has_all_is_ready(found, capsys) -> None:
    assert main(["doctor", "--classroom"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("ok       JupyterLab  answers\n\nReady for the workshop.\n")
    assert err.splitlines() == [
        "Looking at the packages, and loading the kernels ...",
        "Trying ...",
        "Starting JupyterLab ...",
    ]


def test_one_that_has_not_gets_the_list_of_what_mends_it(found, capsys) -> None:
    found.checked = [
        Finding("free memory", "1.0 GiB, of 2 needed", ok=False, remedy="close other programs"),
        Finding("browser", "none", ok=False, needed=False, remedy="open the address"),
    ]
    found.lab = [Finding("JupyterLab", "ends at once", ok=False, remedy="pip install it")]
    assert main(["doctor", "--classroom"]) == 1
    assert capsys.readouterr().out.split("\n\n")[1] == (
        "Not ready for the workshop. To mend:\n"
        "  1. free memory: close other programs\n"
        "  2. JupyterLab: pip install it\n"
    )


@pytest.mark.parametrize("name", ["numpy", "jupyterlab"])
def test_without_a_package_nothing_else_is_tried(found, capsys, name: str) -> None:
    """JupyterLab, which one can do without alone, is one of them."""
    needed = name == "numpy"
    found.packages = [Finding(name, "not installed", ok=False, needed=needed, remedy="pip")]
    found.lab = found.checked = [Finding("JupyterLab", "was started")]
    assert main(["doctor", "--classroom"]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"MISSING  {name}  not installed\n")
    assert out.endswith(f"To mend:\n  1. {name}: pip\n")
    assert "was started" not in out


def test_what_raises_is_a_finding(found, monkeypatch, capsys) -> None:
    def fails() -> list[Finding]:
        raise RuntimeError("no screen")

    monkeypatch.setattr(preflight, "CHECKS", [("Trying", "figures", "mend it", fails)])
    assert main(["doctor", "--classroom"]) == 1
    out = capsys.readouterr().out
    assert re.search("figures +cannot be examined: RuntimeError: no screen\n", out)
    assert "  1. figures: mend it\n" in out


def test_as_data(found, capsys) -> None:
    assert main(["doctor", "--classroom", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["ready"], data["healthy"]) == (True, True)
    assert [one["name"] for one in data["findings"]] == ["numpy", "jupyterlab", "JupyterLab"]


def test_kernels_that_take_time_are_named(monkeypatch) -> None:
    said: list[str] = []
    now = iter([0.0, 1.0, 9.0])
    monkeypatch.setattr(preflight.time, "monotonic", lambda: next(now))
    progress = preflight.compiling(said.append)
    for done, name in enumerate(["numba", "direct", ""]):
        progress(name, done, 2)
    assert said == ["Loading kernels, compiling new ones: direct (2 of 2) ..."]


def test_what_ends_the_command_lets_it_clear_away() -> None:
    with pytest.raises(SystemExit) as ended, preflight._cleared_away():
        signal.raise_signal(signal.SIGTERM)
    assert ended.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


# --- what is tried in this process ----------------------------------------------------------------


def look(name: str) -> list[Finding]:
    """What the check of that name finds."""
    return next(check for _, finding, _, check in preflight.CHECKS if finding == name)()


@pytest.mark.parametrize(
    ("free", "value", "ok"),
    [(2.0, "2.0 GiB", True), (1.9, "1.9 GiB, of 2 needed", False)],
)
def test_memory_is_a_number(monkeypatch, free: float, value: str, ok: bool) -> None:
    monkeypatch.setattr("stridelab.ops.machine.memory_available", lambda: free * GIB)
    (finding,) = look("free memory")
    assert (finding.value, finding.ok) == (value, ok)
    assert ok or finding.remedy == "close other programs and browser tabs until 2 GiB are free"


def test_lessons_are_copied_and_taken_away(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    copied, disk = look("lessons copied")
    count = sum(file.is_file() for file in lab.lessons_folder().iterdir())
    assert (copied.ok, copied.value) == (
        True,
        f"{count} files can be copied into {tmp_path} (tried, and removed)",
    )
    assert disk.ok
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_number(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=0.2 * GIB))
    disk = look("lessons copied")[1]
    assert (disk.name, disk.value, disk.ok) == ("free disk", "0.2 GiB, of 0.5 needed", False)
    assert disk.remedy == f"free 0.5 GiB on the disk of {tmp_path}"


def test_a_folder_that_cannot_be_written(monkeypatch, tmp_path: Path) -> None:
    def copy_lessons(target: Path) -> list[lab.Copied]:
        raise StrideLabError("dir", "be a folder that can be written", "'x'", "Read-only")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab, "copy_lessons", copy_lessons)
    (finding,) = look("lessons copied")
    assert not finding.ok
    assert "must be a folder that can be written" in finding.value
    assert finding.remedy.startswith("change to a folder of yours")


def test_a_figure_is_drawn() -> None:
    (finding,) = look("figures")
    assert finding.ok, finding.value


def test_a_font_that_is_missing_is_noticed(monkeypatch) -> None:
    def bars(*_: object, **__: object) -> SimpleNamespace:
        logging.getLogger("matplotlib.font_manager").warning("findfont: Font family not found.")
        return SimpleNamespace(webp=lambda: b"")

    monkeypatch.setattr("stridelab.figures.bars", bars)
    (finding,) = look("figures")
    assert (finding.ok, "findfont" in finding.value) == (False, True)


def test_what_packages_warn_their_developers_of_is_no_finding(monkeypatch) -> None:
    def bars(*_: object, **__: object) -> SimpleNamespace:
        warnings.warn("use another name", DeprecationWarning, stacklevel=1)
        return SimpleNamespace(webp=lambda: b"")

    monkeypatch.setattr("stridelab.figures.bars", bars)
    assert look("figures")[0].ok


def test_an_attempt_is_kept_elsewhere(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STRIDELAB_DATA", str(tmp_path / "new" / "mine"))
    (finding,) = look("practice")
    assert finding.ok
    assert str(tmp_path) in finding.value
    assert list(tmp_path.iterdir()) == []
    assert os.environ["STRIDELAB_DATA"] == str(tmp_path / "new" / "mine")
    monkeypatch.setattr(os, "access", lambda *_: False)
    (finding,) = look("practice")
    assert (finding.ok, finding.value) == (False, f"{tmp_path} cannot be written")


def test_without_a_browser_there_is_a_hint(monkeypatch) -> None:
    def get() -> None:
        raise webbrowser.Error("none")

    monkeypatch.setattr(webbrowser, "get", get)
    (finding,) = look("browser")
    assert (finding.ok, finding.needed) == (False, False)
    assert "Firefox, Chrome, Edge or Safari" in finding.remedy
    monkeypatch.setattr(webbrowser, "get", object)
    assert look("browser")[0].ok


# --- what is tried in JupyterLab ------------------------------------------------------------------


class Fake:
    """A server that answers with one page."""

    def __init__(self, names: list[str], off: list[str]) -> None:
        self.config = {
            "federated_extensions": [{"name": name} for name in names],
            "disabledExtensions": off,
        }

    def ask(self, path: str, data: bytes | None = None) -> bytes:
        assert path == "/lab"
        text = json.dumps(self.config)
        return f'<script id="jupyter-config-data" type="a">\n{text}\n</script>'.encode()


BOTH = list(preflight.FRONT_ENDS)


@pytest.mark.parametrize(
    ("names", "off", "missing"),
    [
        ([*BOTH, "other"], [], ""),
        (BOTH[:1], [], BOTH[1]),
        ([], [], f"{BOTH[0]}, {BOTH[1]}"),
        (BOTH, [f"{BOTH[0]}:plugin"], BOTH[0]),
    ],
)
def test_the_page_must_have_the_widgets(names, off, missing: str) -> None:
    finding = preflight.front_end(Fake(names, off))
    assert finding.ok == (not missing)
    if missing:
        assert finding.value == f"not in JupyterLab: {missing}; no explorer would be shown"
        wanted = [preflight.FRONT_ENDS[name] for name in missing.split(", ")]
        assert finding.remedy == doctor.install("--force-reinstall", *wanted)


def test_a_page_without_settings_has_none() -> None:
    assert preflight.page_config("<html></html>") == {}


def test_a_server_that_ends_at_once_says_its_last_words(monkeypatch) -> None:
    code = "print('starting'); print('OSError: no room'); raise SystemExit(1)"
    monkeypatch.setattr(lab, "command_for", lambda *_, **__: [sys.executable, "-c", code])
    (finding,) = preflight.jupyterlab(lambda line: None)
    assert (finding.name, finding.ok) == ("JupyterLab", False)
    assert "OSError: no room" in finding.value
    assert "pip install" in finding.remedy


def test_a_server_that_does_not_answer_is_ended(monkeypatch) -> None:
    code = "import time; time.sleep(60)"
    monkeypatch.setattr(lab, "command_for", lambda *_, **__: [sys.executable, "-c", code])
    monkeypatch.setattr(preflight, "PATIENCE", 0.3)
    monkeypatch.setattr(preflight, "ENDING", 0.1)
    (finding,) = preflight.jupyterlab(lambda line: None)
    assert finding.value == "does not answer within 0.3 s"
    assert "firewall" in finding.remedy


def test_a_kernel_that_does_not_start() -> None:
    def ask(path: str, data: bytes) -> bytes:
        raise OSError("no such kernel")

    with pytest.raises(StepError) as caught:
        preflight.in_kernel(SimpleNamespace(ask=ask), [])
    assert caught.value.finding.value == "does not start: OSError: no such kernel"


def test_a_kernel_that_cannot_be_reached() -> None:
    """It is there, but nothing listens where its web socket should be."""
    server = SimpleNamespace(ask=lambda path, data: b'{"id": "1"}', port=9, token="")
    with pytest.raises(StepError) as caught:
        preflight.in_kernel(server, [])
    assert caught.value.finding.value.startswith("does not answer: ")
    assert "web sockets" in caught.value.finding.remedy


@pytest.mark.parametrize(
    ("is_first", "name", "value"),
    [
        (True, "kernel", "'python3' is another Python's: ModuleNotFoundError: No module"),
        (False, "lesson 00", "stops with ModuleNotFoundError: No module"),
    ],
)
def test_a_cell_that_raises(is_first: bool, name: str, value: str) -> None:
    reply = {"ename": "ModuleNotFoundError", "evalue": "No \x1b[0mmodule", "status": "error"}
    finding = preflight._failed(reply, is_first=is_first).finding
    assert (finding.name, finding.value, finding.ok) == (name, value, False)


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        pass


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert lab.ask(server.server_port, "/") == b"hello"
        thread.join()


@pytest.mark.slow
def test_the_real_one(tmp_path: Path) -> None:
    """In a folder of its own, behind a proxy that is not there; it leaves nothing."""
    pytest.importorskip("jupyterlab")
    done = subprocess.run(
        [sys.executable, "-m", "stridelab", "doctor", "--classroom"],
        cwd=tmp_path,
        env={**os.environ, "http_proxy": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    lines = done.stdout.splitlines()
    if lines[-1] != preflight.READY:  # the machine may be out of memory: then that is all
        assert all("free memory" in line for line in lines[lines.index("") + 2 :]), done.stdout
    for name in ("JupyterLab", "widgets", "kernel", "lesson 00", "practice", "figures"):
        assert re.search(rf"^ok +{name} ", done.stdout, re.MULTILINE), done.stdout
    assert "Starting JupyterLab ...\n" in done.stderr
    assert list(tmp_path.iterdir()) == []
