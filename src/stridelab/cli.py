"""The ``stridelab`` command: exit 0 done, 1 impossible or unhealthy, 2 usage."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from stridelab.errors import StrideLabError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="A course on Conv2D that you can touch.",
)

_AsJson = Annotated[bool, typer.Option("--json", help="Print data for programs.")]


def main() -> None:
    """Runs the command."""
    app()


@app.command()
def lab(
    folder: Annotated[Path, typer.Option("--dir", help="Your copy of the lessons.")] = Path(
        "my-lessons"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="JupyterLab's port.")] = 8888,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the address.")] = False,
) -> None:
    """Copy the lessons into a folder of yours and open JupyterLab on them."""
    from stridelab import lab as course

    remedy = course.jupyterlab_missing()
    if remedy:
        _fail(f"JupyterLab is not installed. To install it: {remedy}", 1)
    _warm_up()
    try:
        copied = course.copy_lessons(folder)
        free = course.free_port(port)
    except StrideLabError as error:
        _fail(str(error), 1)
    _tell_copied(copied, folder)
    if free != port:
        typer.echo(f"Port {port} is taken; JupyterLab takes {free}.")
    typer.echo("Starting JupyterLab; Ctrl-C ends it.")
    status = course.run_lab(folder, free, open_browser=not no_open, say=typer.echo)
    raise typer.Exit(1 if status > 0 else 0)


def _tell_copied(copied: list, folder: Path) -> None:
    new = [each.name for each in copied if each.how == "new"]
    updated = [each.name for each in copied if each.how == "updated"]
    beside = [each.name for each in copied if each.how == "beside"]
    if new:
        typer.echo(f"Copied {len(new)} files into {folder}.")
    if updated:
        typer.echo(f"Brought up to date: {', '.join(updated)}.")
    if beside:
        typer.echo(f"You changed a lesson that is newer now; the newer one is {', '.join(beside)}.")


@app.command()
def doctor(as_json: _AsJson = False) -> None:
    """Say what is installed, what is missing, and the command that mends it."""
    from stridelab import doctor as examination

    report = examination.findings()
    well = examination.healthy(report)
    if as_json:
        typer.echo(json.dumps(examination.as_dicts(report), indent=1))
    else:
        width = max(len(finding.name) for finding in report)
        for finding in report:
            mark = "ok     " if finding.ok else "MISSING" if finding.needed else "note   "
            typer.echo(f"{mark}  {finding.name:<{width}}  {finding.value}")
            if finding.remedy:
                typer.echo(f"{'':<{width + 11}}to mend: {finding.remedy}")
        typer.echo("All that the course needs is here." if well else "Something is missing.")
    raise typer.Exit(0 if well else 1)


@app.command()
def shape(
    input_shape: Annotated[str, typer.Argument(help="HEIGHTxWIDTHxCHANNELS, as 32x32x3.")],
    filters: Annotated[str, typer.Option(help="Output channels.")],
    kernel: Annotated[str, typer.Option(help="Kernel size: 3, or 3x5 for rows x columns.")],
    strides: Annotated[str, typer.Option(help="2, or 2x1.")] = "1",
    padding: Annotated[
        str, typer.Option(help="valid, same, same_lower, full, 1, 1x2, or top,bottom,left,right.")
    ] = "valid",
    dilation: Annotated[str, typer.Option(help="1, or 2x1.")] = "1",
    groups: Annotated[str, typer.Option(help="1, or a divisor of both channel counts.")] = "1",
    as_json: _AsJson = False,
) -> None:
    """Derive a Conv2D's output shape, pads and cost, step by step."""
    from stridelab import geometry
    from stridelab.geometry.padding import axis_paddings

    height, width, channels = _numbers("INPUT_SHAPE", input_shape, 3, "32x32x3")
    (count,) = _numbers("--filters", filters, 1, "32")
    (group_count,) = _numbers("--groups", groups, 1, "1")
    pads = _padding(padding)
    try:
        axis_paddings(pads)
    except StrideLabError as error:
        _fail(str(error), 2)
    arguments = {
        "kernel_size": _one_or_two("--kernel", kernel),
        "strides": _one_or_two("--strides", strides),
        "padding": pads,
        "dilation_rate": _one_or_two("--dilation", dilation),
    }
    try:
        derivation = geometry.conv_geometry((height, width), **arguments).derive()
        cost = geometry.cost((height, width, channels), count, groups=group_count, **arguments)
    except StrideLabError as error:
        _fail(str(error), 1)
    if as_json:
        data = {
            "output_shape": cost.output_shape,
            "params": cost.params,
            "macs": cost.macs,
            "real_macs": cost.real_macs,
            "flops": cost.flops,
            "bytes": cost.bytes,
            "derivation": derivation.as_dict(),
        }
        typer.echo(json.dumps(data, indent=1, ensure_ascii=False))
        return
    typer.echo(derivation)
    typer.echo(f"Output shape: {cost.output_shape}")
    typer.echo(f"Parameters:   {cost.params:,}")
    typer.echo(f"MACs:         {cost.macs:,} ({cost.real_macs:,} of them on real cells)")


@app.command()
def warmup() -> None:
    """Compile the kernels once, so that no lesson waits for it."""
    if not _warm_up():
        typer.echo("There is nothing to compile: NumPy computes alone.")


def _warm_up() -> bool:
    """Compiles what is not compiled yet, with a progress bar; False where there is nothing to."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TimeElapsedColumn

    from stridelab import ops

    columns = (SpinnerColumn(), *Progress.get_default_columns()[:3], TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("Compiling the kernels, once", total=None)

        def show(name: str, done: int, total: int) -> None:
            text = f"Compiling the kernels, once: {name}"
            progress.update(task, description=text, completed=done, total=total)

        taken = ops.warmup(show)
    if taken:
        seconds = sum(seconds for _, seconds in taken)
        typer.echo(f"The kernels are ready ({seconds:.1f} s).")
    return bool(taken)


def _numbers(name: str, text: str, count: int, example: str) -> tuple[int, ...]:
    """Whole numbers of at least 1, separated by x."""
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) != count or not all(part.isdecimal() and int(part) for part in parts):
        numbers = "a whole number" if count == 1 else f"{count} whole numbers with x between"
        _fail(f"{name} must be {numbers} of at least 1; got {text!r}. Write {example}.", 2)
    return tuple(int(part) for part in parts)


def _one_or_two(name: str, text: str) -> int | tuple[int, int]:
    if "x" not in text.lower() and "×" not in text:
        return _numbers(name, text, 1, "3, or 3x5 for rows x columns")[0]
    rows, cols = _numbers(name, text, 2, "3, or 3x5 for rows x columns")
    return rows, cols


def _padding(text: str) -> object:
    """A name, or cells: ``1``, ``1x2`` (rows x columns) or ``top,bottom,left,right``."""
    for separator, count in (("x", 1), ("x", 2), (",", 4)):
        parts = text.replace(" ", "").split(separator)
        if len(parts) == count and all(part.isdecimal() for part in parts):
            cells = [int(part) for part in parts]
            if count == 4:
                return (cells[0], cells[1]), (cells[2], cells[3])
            return cells[0] if count == 1 else (cells[0], cells[1])
    return text


def _fail(text: str, status: int) -> NoReturn:
    """One line on the error stream; a learner needs no traceback."""
    print(f"stridelab: {text}", file=sys.stderr)
    raise typer.Exit(status)
