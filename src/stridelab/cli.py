"""The ``stridelab`` command: exit 0 done, 1 impossible or unhealthy, 2 usage."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from stridelab.errors import StrideLabError, shown

if TYPE_CHECKING:
    from stridelab.lab import Copied

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A course on Conv2D that you can touch.",
)

#: What is raised for options and values that do not fit, by whichever click typer brings.
_UsageError: Any = typer.BadParameter.__base__

_AsJson = Annotated[bool, typer.Option("--json", help="Print data for programs.")]


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs the command; nothing that a person types ends in a traceback."""
    typed = sys.argv[1:] if arguments is None else arguments
    try:
        status = app(typed or ["--help"], prog_name="stridelab", standalone_mode=False)
    except _UsageError as error:
        status = _say_wrong(" ".join(error.format_message().split()), 2)
    except StrideLabError as error:
        status = _say_wrong(str(error), 1)
    except ImportError as error:
        status = _say_wrong(f"{error}. `stridelab doctor` names the command that mends it.", 1)
    sys.exit(status)


def _say_wrong(text: str, status: int) -> int:
    print(f"stridelab: {text}", file=sys.stderr)
    return status


def _fail(text: str, status: int) -> NoReturn:
    raise typer.Exit(_say_wrong(text, status))


@app.command()
def lab(
    folder: Annotated[Path, typer.Option("--dir", help="Your copy of the lessons.")] = Path(
        "my-lessons"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="JupyterLab's port.")] = 8888,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the address.")] = False,
) -> None:
    """Copy the lessons into a folder of yours and open JupyterLab on them."""
    from stridelab import doctor
    from stridelab import lab as course

    if course.jupyterlab_missing():
        _fail(f"JupyterLab is not installed. To mend: {doctor.install('stridelab[lab]')}", 1)
    if folder.exists() and not folder.is_dir():
        _fail(f"--dir must be a folder; got {shown(str(folder))} (it is a file)", 2)
    _tell_copied(course.copy_lessons(folder), folder)
    _warm_up()
    free = course.free_port(port)
    if free != port:
        typer.echo(f"Port {port} is taken; JupyterLab takes {free}.")
    typer.echo("Starting JupyterLab; Ctrl-C ends it.")
    status = course.run_lab(folder, free, open_browser=not no_open, say=typer.echo)
    raise typer.Exit(1 if status else 0)


def _tell_copied(copied: list[Copied], folder: Path) -> None:
    new = sum(each.how == "new" for each in copied)
    updated = [each.name for each in copied if each.how == "updated"]
    if new:
        typer.echo(f"Copied {new} files into {folder}.")
    if updated:
        typer.echo(f"Brought up to date in {folder}: {', '.join(updated)}.")
    for each in copied:
        if each.how == "beside":
            typer.echo(f"You changed {each.lesson}; the newer one is beside it: {each.name}.")


@app.command()
def doctor(as_json: _AsJson = False) -> None:
    """Say what is installed, what is missing, and the command that mends it."""
    from stridelab import doctor as examination

    report = examination.findings()
    well = examination.healthy(report)
    if as_json:
        typer.echo(json.dumps(examination.as_dict(report), indent=1))
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

    height, width, channels = _numbers("INPUT_SHAPE", input_shape, 3, "32x32x3")
    (count,) = _numbers("--filters", filters, 1, "32")
    (group_count,) = _numbers("--groups", groups, 1, "1")
    arguments: dict[str, Any] = {
        "kernel_size": _one_or_two("--kernel", kernel),
        "strides": _one_or_two("--strides", strides),
        "padding": _padding(padding),
        "dilation_rate": _one_or_two("--dilation", dilation),
    }
    g = geometry.conv_geometry((height, width), **arguments)
    cost = geometry.cost((height, width, channels), count, groups=group_count, **arguments)
    if as_json:
        data = {
            "output_shape": cost.output_shape,
            "pads": g.pads,
            "params": cost.params,
            "macs": cost.macs,
            "real_macs": cost.real_macs,
            "flops": cost.flops,
            "bytes": cost.bytes,
            "derivation": g.derive().as_dict(),
        }
        typer.echo(json.dumps(data, indent=1, ensure_ascii=False))
        return
    typer.echo(g.derive())
    typer.echo(f"Output shape: {cost.output_shape}")
    typer.echo(f"Parameters:   {cost.params:,}")
    typer.echo(f"MACs:         {cost.macs:,} ({cost.real_macs:,} of them on real cells)")


@app.command()
def warmup() -> None:
    """Compile the kernels once, so that no lesson waits for it."""
    _warm_up()


def _warm_up() -> None:
    """Compiles what is not compiled yet, with a progress bar, and says what there was to do."""
    from rich.console import Console
    from rich.progress import Progress

    from stridelab import doctor, ops
    from stridelab.ops import machine

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Compiling the kernels, once", total=None)

        def show(name: str, done: int, total: int) -> None:
            text = f"Compiling the kernels, once: {name}"
            progress.update(task, description=text, completed=done, total=total)

        seconds = sum(taken for _, taken in ops.warmup(show))
    reason = machine.numba_missing()
    if reason:
        typer.echo(f"There is nothing to compile, NumPy computes alone: {reason}.")
        return
    folder, compiled = doctor.kernel_cache()
    if compiled:
        where = f"kept in {folder}" if folder else "kept nowhere: `stridelab doctor` says why"
        typer.echo(f"The kernels are compiled ({seconds:.1f} s) and {where}.")
    else:
        typer.echo("The kernels are ready; there was nothing to compile.")


def _numbers(name: str, text: str, count: int, example: str) -> tuple[int, ...]:
    """Whole numbers of at least 1, separated by x."""
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) == count and all(_is_number(part) and int(part) for part in parts):
        return tuple(int(part) for part in parts)
    rule = "be a whole number" if count == 1 else f"be {count} whole numbers with x between"
    _fail(f"{name} must {rule} of at least 1; got {shown(text)}. Write {example}.", 2)


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= 18  # Python itself refuses some thousands of digits


def _one_or_two(name: str, text: str) -> int | tuple[int, int]:
    if "x" not in text.lower() and "×" not in text:
        return _numbers(name, text, 1, "3, or 3x5 for rows x columns")[0]
    rows, cols = _numbers(name, text, 2, "3, or 3x5 for rows x columns")
    return rows, cols


def _padding(text: str) -> object:
    """A name, or cells: ``1``, ``1x2`` (rows x columns) or ``top,bottom,left,right``."""
    from stridelab.geometry.padding import padding_name

    if text.replace("_", "").isalpha():
        try:
            return padding_name(text)
        except StrideLabError as error:
            _fail(str(error), 2)
    parts = text.lower().replace("×", "x").split("," if "," in text else "x")
    if all(map(_is_number, parts)):
        cells = [int(part) for part in parts]
        if "," in text and len(cells) == 4:
            return (cells[0], cells[1]), (cells[2], cells[3])
        if "," not in text and len(cells) <= 2:
            return cells[0], cells[-1]
    _fail(
        "--padding must be a name, or cells as 1, 1x2 (rows x columns) or 0,1,2,3 "
        f"(top,bottom,left,right); got {shown(text)}.",
        2,
    )
