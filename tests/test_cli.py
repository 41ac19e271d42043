"""The command line, as a person types it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import stridelab
from stridelab import doctor
from stridelab.__main__ import main

LAYER = ["shape", "32x32x3", "--filters", "32", "--kernel", "3"]
KERNEL = ["--filters", "1", "--kernel", "3"]
SIZES = "INPUT_SHAPE must be 3 whole numbers of at least 1, as 32x32x3"
PADDING = (
    "--padding must be valid, same, same_lower, full, or cells as 1, 1x2 (rows x columns) "
    "or 0,1,2,3 (top,bottom,left,right)"
)


@dataclass
class Result:
    """What a command did: its exit status and what it wrote."""

    status: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    def command(*arguments: str) -> Result:
        status = main(list(arguments))
        written = capsys.readouterr()
        return Result(status, written.out, written.err)

    return command


def test_shape_derives_the_course_layer(run) -> None:
    result = run(*LAYER, "--strides", "2", "--padding", "same")
    assert (result.status, result.err) == (0, "")
    assert result.out == (
        "Rows and columns alike: 32 cells, kernel 3, stride 2, dilation 1, padding 'same'\n"
        "  e   = d·(k − 1) + 1 = 1·(3 − 1) + 1 = 3\n"
        "  o   = ⌈n/s⌉ = ⌈32/2⌉ = 16\n"
        "  t   = max((o − 1)·s + e − n, 0) = max((16 − 1)·2 + 3 − 32, 0) = 1\n"
        "  p_b = ⌊t/2⌋ = ⌊1/2⌋ = 0\n"
        "  p_a = t − p_b = 1 − 0 = 1\n"
        "Output shape: (16, 16, 32)\n"
        "Parameters:   896\n"
        "MACs:         221,184 (212,064 of them on real cells)\n"
    )


def test_shape_as_data(run) -> None:
    layer = ["9x14x4", "--filters", "6", "--kernel", "2x5", "--strides", "3x2", "--groups", "2"]
    result = run("shape", *layer, "--padding", "0,1,2,3", "--dilation", "1x2", "--json")
    data = json.loads(result.out)
    derivation = data.pop("derivation")
    assert data == {
        "output_shape": [3, 6, 6],
        "pads": [[0, 1], [2, 3]],
        "params": 2 * 5 * 2 * 6 + 6,
        "macs": 3 * 6 * 6 * 2 * 5 * 2,
        "real_macs": 6 * 2 * (2 + 2 + 2) * (4 + 5 + 5 + 5 + 4 + 3),
        "flops": 2 * 3 * 6 * 6 * 2 * 5 * 2,
        "bytes": 4 * (9 * 14 * 4 + 126 + 3 * 6 * 6),
    }
    assert [part["steps"][-1]["result"] for part in derivation["parts"]] == [3, 6]


@pytest.mark.parametrize(
    ("padding", "pads"),
    [
        ("1", [[1, 1], [1, 1]]),
        ("1x2", [[1, 1], [2, 2]]),
        ("1×2", [[1, 1], [2, 2]]),
        ("0,1,2,3", [[0, 1], [2, 3]]),
        ("same", [[1, 1], [1, 1]]),
        ("SAME", [[1, 1], [1, 1]]),
        ("same_lower", [[1, 1], [1, 1]]),
        ("full", [[2, 2], [2, 2]]),
        ("valid", [[0, 0], [0, 0]]),
    ],
)
def test_shape_takes_padding_in_each_form(run, padding: str, pads: list[list[int]]) -> None:
    assert json.loads(run(*LAYER, "--padding", padding, "--json").out)["pads"] == pads


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (["shape"], 2, "Missing argument 'INPUT_SHAPE'."),
        (["warmp"], 2, "No such command 'warmp'. Did you mean 'warmup'?"),
        (
            [*LAYER, "--pading", "same"],
            2,
            "No such option: --pading (Possible options: --padding)",
        ),
        (
            ["lab", "--port", "65536"],
            2,
            "--port must be a whole number from 1 to 65535; got '65536'.",
        ),
        (["lab", "--port", "abc"], 2, "--port must be a whole number from 1 to 65535; got 'abc'."),
        (["shape", "32x32", *KERNEL], 2, f"{SIZES}; got '32x32'."),
        (["shape", "32x32x0", *KERNEL], 2, f"{SIZES}; got '32x32x0'."),
        (["shape", "-1x32x3", *KERNEL], 2, f"{SIZES}; got '-1x32x3'."),
        (["shape", "32", "32", "3", *KERNEL], 2, f"{SIZES}; got '32 32 3'. Write 32x32x3."),
        (["shape", "32,32,3", *KERNEL], 2, f"{SIZES}; got '32,32,3'. Write 32x32x3."),
        (
            ["shape", "9999999999999999999x1x1", *KERNEL],
            2,
            f"{SIZES}, of at most 18 digits; got '9999999999999999999x1x1'.",
        ),
        (
            ["shape", "32x32x3", "--filters", "0", "--kernel", "3"],
            2,
            "--filters must be a whole number of at least 1; got '0'.",
        ),
        (
            ["shape", "32x32x3", "--filters", "9" * 5000, "--kernel", "3"],
            2,
            "--filters must be a whole number of at least 1, of at most 18 digits; got '"
            + "9" * 76
            + "....",
        ),
        (
            ["shape", "32x32x3", "--filters", "1", "--kernel", "sobel.png"],
            2,
            "--kernel must be whole numbers of at least 1, as 3 or 3x5; got 'sobel.png'.",
        ),
        (
            ["shape", "32x32x3", "--filters", "1", "--kernel", "3x3x3"],
            2,
            "--kernel must be whole numbers of at least 1, as 3 or 3x5; got '3x3x3'.",
        ),
        (
            [*LAYER, "--strides", "2x-1"],
            2,
            "--strides must be whole numbers of at least 1, as 2 or 2x1; got '2x-1'.",
        ),
        (
            [*LAYER, "--strides", "1,2"],
            2,
            "--strides must be whole numbers of at least 1, as 2 or 2x1; got '1,2'. Write 1x2.",
        ),
        ([*LAYER, "--padding", "smae"], 2, f"{PADDING}; got 'smae'. Did you mean 'same'?"),
        ([*LAYER, "--padding", "reflect"], 2, f"{PADDING}; got 'reflect'"),
        (
            [*LAYER, "--padding", "explicit"],
            2,
            f"{PADDING}; got 'explicit'. Give the pads themselves as top,bottom,left,right.",
        ),
        ([*LAYER, "--padding", "-1"], 2, f"{PADDING}; got '-1'."),
        ([*LAYER, "--padding", "0,1"], 2, f"{PADDING}; got '0,1'."),
        ([*LAYER, "--padding", "1x1x1x1"], 2, f"{PADDING}; got '1x1x1x1'."),
        ([*LAYER, "--padding", ""], 2, f"{PADDING}; got ''."),
        (
            [*LAYER, "--padding", "9" * 19],
            2,
            f"{PADDING}, of at most 18 digits; got '{'9' * 19}'.",
        ),
        (
            ["shape", "2x9x3", *KERNEL],
            1,
            "--kernel must span at most the padded input; got a span of 3 over 2 cells "
            "(rows: k = 3, d = 1, n = 2, pads 0 and 0). Pad by 1 more, or take --padding same.",
        ),
        (
            [*LAYER, "--groups", "2"],
            1,
            "--groups must divide the input's channels and filters; got 2 "
            "(the input's channels: 3)",
        ),
    ],
)
def test_what_cannot_be_is_one_line(run, arguments, status, line) -> None:
    assert run(*arguments) == Result(status, "", f"stridelab: {line}\n")


def test_without_a_command_it_shows_what_there_is(run) -> None:
    result = run()
    assert result.status == 0
    commands = result.out.split("Commands:\n")[1]
    names = re.findall(r"^  (\w+) ", commands, re.MULTILINE)
    assert names == (
        ["lab", "doctor", "shape", "bench", "practice", "class", "sheet", "warmup", "progress"]
    )


def test_help_and_version_are_where_they_are_looked_for(run) -> None:
    text = run("shape", "--help").out
    assert re.match(r"Usage: stridelab shape \[OPTIONS\] \{?INPUT_SHAPE\}?\n", text)
    assert "  -h, --help       Show this message and exit.\n" in text
    assert "  --json           Print data for programs.\n" in text
    assert run("shape", "-h").out == text
    assert run("--version") == Result(0, f"stridelab {stridelab.__version__}\n", "")


def test_a_library_that_is_missing_is_one_line(run, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "stridelab.ops", None)  # importing it raises
    result = run("warmup")
    assert (result.status, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.endswith(". `stridelab doctor` names the command that mends it.\n")


def test_doctor_is_well_here(run) -> None:
    result = run("doctor")
    assert (result.status, result.err) == (0, "")
    assert result.out.endswith("All that the course needs is here.\n")
    report = json.loads(run("doctor", "--json").out)
    assert report["healthy"] is True
    found = {finding["name"]: finding for finding in report["findings"]}
    assert found["numpy"]["value"] == importlib.metadata.version("numpy")
    assert found["jupyterlab"]["needed"] is False


def test_doctor_reads_what_the_package_asks_for(monkeypatch) -> None:
    lines = ["numpy>=2.0", "lazy-loader>=0.4", "jupyterlab>=4.3; extra == 'lab'"]
    others = ["pytest>=8.4; extra == 'test'", "stridelab[lab]; extra == 'test'"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: lines + others)
    assert doctor.requirements() == {"numpy": "2.0", "lazy-loader": "0.4", "jupyterlab": "4.3"}


@pytest.mark.parametrize(
    ("asked", "status", "lines"),
    [
        (
            {"numpyy": "2.0"},
            1,
            r"MISSING  numpyy +not installed\n +to mend: .+ -m pip install 'numpyy>=2\.0'\n",
        ),
        (
            {"numpy": "99.1"},
            1,
            r"MISSING  numpy +2\.\S+ is too old\n"
            r" +to mend: .+ -m pip install --upgrade 'numpy>=99\.1'\n",
        ),
        (
            {"jupyterlabb": "4.3"},
            0,
            r"note     jupyterlabb +not installed; without it one reads\n"
            r" +to mend: .+ -m pip install 'jupyterlabb>=4\.3'\n",
        ),
    ],
)
def test_doctor_names_what_is_missing_and_the_command(
    run, monkeypatch, asked, status: int, lines: str
) -> None:
    monkeypatch.setattr(doctor, "requirements", lambda: asked)
    monkeypatch.setattr(doctor, "OPTIONAL", {"jupyterlabb": "one reads"})
    result = run("doctor")
    assert result.status == status
    assert re.search(lines, result.out)
    assert result.out.endswith(
        "Something is missing.\n" if status else "All that the course needs is here.\n"
    )


def command(
    *arguments: str, before: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, after some lines that spoil its environment."""
    code = (
        f"import sys\n{before}\nfrom stridelab.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


ABSENT = """
import importlib.metadata as data
version = data.version
def without(name):
    if name in absent: raise data.PackageNotFoundError(name)
    return version(name)
data.version = without
for name in absent: sys.modules[name] = None
"""


@pytest.mark.parametrize("name", ["numpy", "typer"])
def test_doctor_reports_without_what_is_missing(name: str) -> None:
    done = command("doctor", before=f"absent = [{name!r}]\n{ABSENT}")
    assert (done.returncode, done.stderr) == (1, "")
    assert re.search(
        rf"MISSING  {name} +not installed\n +to mend: .+ -m pip install '{name}>=[\d.]+'\n",
        done.stdout,
    )
    assert done.stdout.endswith("Something is missing.\n")


@pytest.mark.parametrize("name", ["psutil", "numba"])
def test_doctor_reports_what_is_broken(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text("def half(", encoding="utf-8")
    done = command("doctor", PYTHONPATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "")
    assert re.search(
        rf"{name} +\d\S+ is broken: SyntaxError: '\(' was never closed \({name}\.py, line 1\)\n"
        rf" +to mend: .+ -m pip install --force-reinstall {name}\n",
        done.stdout,
    )
    assert done.stdout.endswith("Something is missing.\n")


def test_without_typer_other_commands_name_doctor() -> None:
    done = command("shape", before="sys.modules['typer'] = None")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.endswith(". `stridelab doctor` names the command that mends it.\n")


def test_doctor_without_numba_says_once_what_mends_it() -> None:
    done = command("doctor", before=f"absent = ['numba']\n{ABSENT}")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"note +numba +not installed; without it NumPy computes", done.stdout)
    assert re.search(r"note +kernels +NumPy only: numba is not installed\n", done.stdout)
    assert done.stdout.count("to mend:") == 1


@pytest.mark.parametrize(
    ("value", "mark", "remedy"),
    [
        ("0", "ok  ", ""),
        (
            "no",
            "note",
            "to mend: set STRIDELAB_NUMBA=0, which switches numba off, or unset it, "
            "which leaves numba on\n",
        ),
    ],
)
def test_doctor_judges_the_settings(run, monkeypatch, value: str, mark: str, remedy: str) -> None:
    monkeypatch.setattr(doctor, "_machine", lambda progress: [])
    for name in os.environ:
        if name.startswith("NUMBA_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("STRIDELAB_NUMBA", value)
    monkeypatch.delenv("STRIDELAB_DATA", raising=False)
    line = rf"^{mark} +settings +STRIDELAB_NUMBA={value}\n *{remedy}All that .+\n\Z"
    assert re.search(line, run("doctor").out, re.MULTILINE)


def test_doctor_leaves_a_choice_alone() -> None:
    done = command("doctor", STRIDELAB_NUMBA="0")
    assert (done.returncode, done.stderr, done.stdout.count("to mend:")) == (0, "", 0)
    assert "kernels" in done.stdout
    assert "NumPy only: STRIDELAB_NUMBA=0 switches numba off\n" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize("arguments", [["doctor"], LAYER, ["--help"]])
def test_output_that_cannot_be_written_is_one_line(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "stridelab", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    line = "stridelab: the output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, line)


@pytest.mark.parametrize("arguments", [LAYER, ["--help"]])
def test_output_that_nobody_reads_ends_quietly(arguments: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "stridelab", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def warmed_up(cache: Path, **settings: str) -> str:
    """What `stridelab warmup` prints in a process of its own, with its own kernel cache."""
    done = subprocess.run(
        [sys.executable, "-m", "stridelab", "warmup"],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.slow
def test_warmup_compiles_once(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    first = warmed_up(tmp_path)
    assert re.fullmatch(
        r"Compiling the kernels, once; it takes a minute or two \.\.\.\n"
        r"The kernels are compiled \(\d+\.\d s\) and kept in (.+)\.\n",
        first,
    )
    assert str(tmp_path) in first
    again = warmed_up(tmp_path)
    assert again == "The kernels are ready; there was nothing to compile.\n"


def test_warmup_without_numba_says_why_there_is_nothing_to_do(tmp_path: Path) -> None:
    assert warmed_up(tmp_path, STRIDELAB_NUMBA="0") == (
        "There is nothing to compile, NumPy computes alone: STRIDELAB_NUMBA=0 switches numba off; "
        "unset it and start Python again to have it.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_lab_without_jupyterlab_names_the_command(run, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("stridelab.lab.jupyterlab_missing", lambda: True)
    assert run("lab", "--dir", str(tmp_path / "mine")) == Result(
        1,
        "",
        f"stridelab: JupyterLab is not installed. To mend: {doctor.install('jupyterlab>=4.3')}\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_lab_refuses_a_file_in_the_folders_place(run, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    line = f"stridelab: --dir must be a folder; got {str(taken)!r} (it is a file)\n"
    assert run("lab", "--dir", str(taken)) == Result(1, "", line)
    assert taken.read_text() == "mine"


def test_lab_says_what_it_did_to_the_lessons(run, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("stridelab.lab.run_lab", lambda *_, **__: 0)
    monkeypatch.setattr("stridelab.cli._warm_up", lambda: None)
    source, mine = tmp_path / "lessons", tmp_path / "mine"
    monkeypatch.setattr("stridelab.lab.lessons_folder", lambda: source)
    source.mkdir()

    def said(*texts: str) -> list[str]:
        for name, text in zip(("00.ipynb", "01.ipynb"), texts, strict=True):
            (source / name).write_text(text)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        result = run("lab", "--dir", str(mine), "--port", port)
        assert (result.status, result.err) == (0, "")
        *lines, last = result.out.splitlines()
        assert last == "Starting JupyterLab; Ctrl-C ends it."
        return lines

    assert said("1", "1") == [f"Copied 2 files into {mine}."]
    assert said("1", "1") == []
    (mine / "00.ipynb").unlink()
    assert said("1", "1") == [f"Copied 1 file into {mine}."]
    (mine / "01.ipynb").write_text("mine")
    assert said("2", "2") == [
        f"Brought up to date in {mine}: 00.ipynb.",
        "You changed 01.ipynb; the newer one is beside it: newer_01.ipynb.",
    ]


def ask(address: str, path: str, data: bytes | None = None) -> object:
    """What JupyterLab answers, asked with the token of its printed address; data makes a POST."""
    base, token = address.split("/lab/tree/")[0], address.split("?")[1]
    with urllib.request.urlopen(f"{base}{path}?{token}", data, timeout=30) as answer:
        return json.load(answer)


def hear() -> None:
    for each in (signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """`stridelab lab` in a group of its own, as a terminal starts it; it ends in two minutes.

    A terminal's programs hear Ctrl-C, but those of a job in the background start deaf to it.
    """
    server = subprocess.Popen(
        [sys.executable, "-m", "stridelab", "lab", "--no-open", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
        preexec_fn=hear if os.name == "posix" else None,
    )

    def end() -> None:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)

    watchdog = threading.Timer(120, end)
    watchdog.daemon = True
    watchdog.start()
    return server


def address_of(server: subprocess.Popen[str]) -> tuple[str, list[str]]:
    """The printed address, and the lines before it."""
    lines = []
    for line in server.stdout:
        if line.startswith("http"):
            return line.rstrip(), lines
        lines.append(line.rstrip())
    raise AssertionError(lines)


def test_lab_serves_the_first_lesson_and_ends_when_told(tmp_path: Path) -> None:
    """The real command, on a port that is taken: JupyterLab answers at the address it prints."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = started(tmp_path, "--port", str(port))
        try:
            address, lines = address_of(server)
            match = re.fullmatch(
                r"http://127\.0\.0\.1:(\d+)/lab/tree/00_start_here\.ipynb\?token=[0-9a-f]{48}",
                address,
            )
            assert f"Port {port} is taken; JupyterLab takes {match[1]}." in lines
            lesson = ask(address, "/api/contents/00_start_here.ipynb")
            assert lesson["content"]["cells"][0]["source"].startswith("# 00 · Start here")
            plugins = {each["id"]: each for each in ask(address, "/lab/api/settings")["settings"]}
        finally:
            server.send_signal(signal.SIGTERM)
            rest, _ = server.communicate()
    assert (server.returncode, rest) == (0, "")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address, timeout=30)
    assert (tmp_path / "my-lessons" / "03_strides.ipynb").exists()
    settings = {
        name: plugins[f"@jupyterlab/apputils-extension:{name}"]["schema"]["properties"]
        for name in ("kernels-settings", "notification")
    }
    assert settings["kernels-settings"]["commsOverSubshells"]["default"] == "disabled"
    assert settings["notification"]["fetchNews"]["default"] == "false"
    assert settings["notification"]["checkForUpdates"]["default"] is False


@pytest.mark.skipif(os.name != "posix", reason="there are no process groups")
@pytest.mark.parametrize("name", ["SIGINT", pytest.param("SIGHUP", marks=pytest.mark.slow)])
def test_lab_ends_its_kernels_before_it_ends(tmp_path: Path, name: str) -> None:
    """Each signal goes to the whole group, as a terminal's Ctrl-C does."""
    server = started(tmp_path)
    try:
        address, _ = address_of(server)
        for _ in range(2):
            ask(address, "/api/kernels", b"{}")
        assert len(ask(address, "/api/kernels")) == 2
    finally:
        os.killpg(server.pid, getattr(signal, name))
        rest, errors = server.communicate()  # ends when no kernel can write any more
    assert (server.returncode, rest) == (0, "")
    assert errors.count("received signal 15, stopping\n") == 1
    assert "Parent appears to have exited" not in errors  # a kernel that was left behind
