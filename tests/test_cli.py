"""The command line, as a person types it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stridelab import cli

GROUPS = ["--groups", "2", "--json"]
LAYER = ["shape", "32x32x3", "--filters", "32", "--kernel", "3"]


def run(*arguments: str):
    return CliRunner().invoke(cli.app, list(arguments))


def test_shape_derives_the_course_layer() -> None:
    result = run(*LAYER, "--strides", "2", "--padding", "same")
    assert result.exit_code == 0
    assert result.stdout == (
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


def test_shape_as_data() -> None:
    layer = ["9x14x4", "--filters", "6", "--kernel", "2x5", "--strides", "3x2"]
    result = run("shape", *layer, "--padding", "0,1,2,3", "--dilation", "1x2", *GROUPS)
    data = json.loads(result.stdout)
    assert data["output_shape"] == [3, 6, 6]
    assert data["params"] == 2 * 5 * 2 * 6 + 6
    assert [part["steps"][-1]["result"] for part in data["derivation"]["parts"]] == [3, 6]


@pytest.mark.parametrize("padding", ["1", "1x1", "1,1,1,1", "same"])
def test_shape_takes_padding_in_each_form(padding: str) -> None:
    data = json.loads(run(*LAYER, "--padding", padding, "--json").stdout)
    assert data["output_shape"] == [32, 32, 32]


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (
            ["shape", "32x32", "--filters", "1", "--kernel", "3"],
            2,
            "INPUT_SHAPE must be 3 whole numbers with x between of at least 1; got '32x32'. "
            "Write 32x32x3.",
        ),
        (
            ["shape", "32x32x3", "--filters", "0", "--kernel", "3"],
            2,
            "--filters must be a whole number of at least 1; got '0'. Write 32.",
        ),
        (
            ["shape", "32x32x3", "--filters", "1", "--kernel", "sobel.png"],
            2,
            "--kernel must be a whole number of at least 1; got 'sobel.png'. "
            "Write 3, or 3x5 for rows x columns.",
        ),
        (
            [*LAYER, "--padding", "smae"],
            2,
            "padding must be 'valid', 'same', 'same_lower' or 'full', a whole number of at least "
            "0, a pair (rows, columns) or ((top, bottom), (left, right)); got 'smae'. "
            "Did you mean 'same'?",
        ),
        (
            ["shape", "2x9x3", "--filters", "1", "--kernel", "3"],
            1,
            "kernel_size must span at most the padded input; got a span of 3 over 2 cells "
            "(rows: k = 3, d = 1, n = 2, pads 0 and 0). Pad by 1 more, or take padding='same'.",
        ),
        (
            [*LAYER, "--groups", "2"],
            1,
            "groups must divide the input's channels and filters; got 2 (the input's channels: 3)",
        ),
    ],
)
def test_what_cannot_be_is_one_line(arguments, status, line) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (status, "", f"stridelab: {line}\n")


def test_an_unknown_option_is_usage() -> None:
    assert run("shape", "8x8x1", "--kernal", "3").exit_code == 2


def test_doctor_is_well_here_and_reports_data() -> None:
    assert "All that the course needs is here." in run("doctor").stdout
    report = {line["name"]: line for line in json.loads(run("doctor", "--json").stdout)}
    assert report["numpy"]["ok"]
    assert "omp" in report["threading layer"]["value"] or not report["threading layer"]["ok"]


def test_doctor_names_what_is_missing_and_the_command(monkeypatch) -> None:
    monkeypatch.setattr("stridelab.doctor.PACKAGES", {"numpyy": True, "jupyterlab": False})
    result = run("doctor")
    assert result.exit_code == 1
    assert re.search(r"MISSING +numpyy +missing\n +to mend: pip install numpyy\n", result.stdout)
    assert result.stdout.endswith("Something is missing.\n")


def test_warmup_says_that_the_kernels_are_ready() -> None:
    result = run("warmup")
    assert result.exit_code == 0
    assert re.fullmatch(r"The kernels are ready \([\d.]+ s\)\.\n", result.stdout)


def test_lab_without_jupyterlab_names_the_command(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("stridelab.lab.importlib.util.find_spec", lambda name: None)
    result = run("lab", "--dir", str(tmp_path / "mine"))
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert result.stderr == (
        'stridelab: JupyterLab is not installed. To install it: pip install "stridelab[lab]"\n'
    )


def test_lab_serves_the_first_lesson(tmp_path: Path) -> None:
    """The real command: it prints an address, and JupyterLab answers there."""
    command = [sys.executable, "-m", "stridelab", "lab", "--no-open", "--port", "8977"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    server = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert server.stdout is not None
        pattern = r"http://127\.0\.0\.1:\d+/lab/tree/00_start_here\.ipynb\?token=[0-9a-f]+"
        address = next(line for line in server.stdout if re.fullmatch(pattern, line.strip()))
        contents = address.strip().replace("/lab/tree/", "/api/contents/")
        with urllib.request.urlopen(contents, timeout=30) as answer:
            assert json.load(answer)["name"] == "00_start_here.ipynb"
        settings = contents.split("/api/")[0] + "/lab/api/settings?" + contents.split("?")[1]
        with urllib.request.urlopen(settings, timeout=30) as answer:
            plugins = {each["id"]: each["schema"] for each in json.load(answer)["settings"]}
        kernels = plugins["@jupyterlab/apputils-extension:kernels-settings"]["properties"]
        assert kernels["commsOverSubshells"]["default"] == "disabled"
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=30) == 0
        server.stdout.close()
    assert (tmp_path / "my-lessons" / "03_strides.ipynb").exists()
