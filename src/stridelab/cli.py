"""The ``stridelab`` command: exit 0 done, 1 impossible or unhealthy, 2 usage."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from stridelab.errors import StrideLabError, shown

if TYPE_CHECKING:
    from stridelab.lab import Copied

app = typer.Typer(
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # typer's boxes give a flag the type <bool>, as if it took a value
)

#: What is raised for options and values that do not fit, by whichever click typer brings.
_UsageError: Any = typer.BadParameter.__base__

_AsJson = Annotated[bool, typer.Option("--json", help="Print data for programs.")]

#: What this command calls the package's arguments.
_NAMES = {
    "count": "--count",
    "dilation_rate": "--dilation",
    "dir": "--dir",
    "filters": "--filters",
    "groups": "--groups",
    "input_shape": "INPUT_SHAPE",
    "input_size": "INPUT_SHAPE",
    "kernel_size": "--kernel",
    "layers": "--layers",
    "padding": "--padding",
    "port": "--port",
    "strides": "--strides",
}

#: What errors advise in Python's spelling, and how it is typed here.
_SPELLINGS = {
    "padding='same'": "--padding same",
    "((top, bottom), (left, right))": "top,bottom,left,right",
}


def main(arguments: list[str] | None = None) -> int:
    """Runs the command and gives its exit status."""
    typed = sys.argv[1:] if arguments is None else arguments
    try:
        return app(typed or ["--help"], prog_name="stridelab", standalone_mode=False) or 0
    except _UsageError as error:
        return _say_wrong(_misuse(error, typed), 2)
    except StrideLabError as error:
        return _say_wrong(_as_typed(error), 1)
    except typer.Abort:  # Ctrl-C
        return 130


def _misuse(error: Any, typed: list[str]) -> str:
    """What click says; a size with a minus in front is no option that it could not find."""
    option = getattr(error, "option_name", "")
    if typed[0] == "shape" and re.match(r"-\d", option):
        word = next(word for word in typed if word.startswith(option))
        return _refusal("INPUT_SHAPE", _SIZES, word, 3)
    return " ".join(error.format_message().split())


def _as_typed(error: StrideLabError) -> str:
    """The error's text in the names and the spelling of the command line."""
    name, remedy = _NAMES.get(error.argument, error.argument), error.remedy
    for python, here in _SPELLINGS.items():
        remedy = remedy.replace(python, here)
    return str(StrideLabError(name, error.rule, error.got, error.context, remedy))


def _say_wrong(text: str, status: int) -> int:
    print(f"stridelab: {text}", file=sys.stderr)
    return status


def _fail(text: str, status: int) -> NoReturn:
    raise typer.Exit(_say_wrong(text, status))


def _tell_version(asked: bool) -> None:
    if asked:
        from stridelab import __version__

        typer.echo(f"stridelab {__version__}")
        raise typer.Exit


@app.callback()
def _course(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """A course on Conv2D that you can touch."""


@app.command()
def lab(
    folder: Annotated[
        Path, typer.Option("--dir", metavar="FOLDER", help="Your copy of the lessons.")
    ] = Path("my-lessons"),
    port: Annotated[str, typer.Option(metavar="PORT", help="JupyterLab's port.")] = "8888",
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the address.")] = False,
) -> None:
    """Copy the lessons into a folder and open JupyterLab on them."""
    from stridelab import doctor
    from stridelab import lab as course

    wanted = _port(port)
    if course.jupyterlab_missing():
        mends = doctor.install(doctor.wanted("jupyterlab"))
        _fail(f"JupyterLab is not installed. To mend: {mends}", 1)
    _tell_copied(course.copy_lessons(folder), folder)
    _warm_up()
    free = course.free_port(wanted)
    if free != wanted:
        typer.echo(f"Port {wanted} is taken; JupyterLab takes {free}.")
    typer.echo("Starting JupyterLab; Ctrl-C ends it.")
    status = course.run_lab(folder, free, open_browser=not no_open, say=typer.echo)
    raise typer.Exit(1 if status else 0)


def _port(text: str) -> int:
    if re.fullmatch("[0-9]{1,5}", text) and 1 <= int(text) <= 65535:
        return int(text)
    _fail(f"--port must be a whole number from 1 to 65535; got {shown(text)}.", 2)


def _tell_copied(copied: list[Copied], folder: Path) -> None:
    new = sum(each.how == "new" for each in copied)
    updated = [each.name for each in copied if each.how == "updated"]
    if new:
        typer.echo(f"Copied {new} {'file' if new == 1 else 'files'} into {folder}.")
    if updated:
        typer.echo(f"Brought up to date in {folder}: {', '.join(updated)}.")
    for each in copied:
        if each.how == "beside":
            typer.echo(f"You changed {each.lesson}; the newer one is beside it: {each.name}.")


@app.command()
def doctor(
    as_json: _AsJson = False,
    classroom: Annotated[
        bool,
        typer.Option("--classroom", help="Also try all that a workshop asks for, JupyterLab too."),
    ] = False,
) -> None:
    """Say what is installed, what is missing, and what mends it."""
    from stridelab import doctor as examination

    if classroom:
        from stridelab import preflight

        raise typer.Exit(preflight.tell(as_json, lambda line: typer.echo(line, err=True)))
    raise typer.Exit(examination.tell(as_json))


@app.command(context_settings={"allow_extra_args": True})
def shape(
    context: typer.Context,
    input_shape: Annotated[
        str, typer.Argument(metavar="INPUT_SHAPE", help="HEIGHTxWIDTHxCHANNELS, as 32x32x3.")
    ],
    filters: Annotated[str, typer.Option(metavar="N", help="Output channels.")],
    kernel: Annotated[
        str, typer.Option(metavar="SIZE", help="Kernel size: 3, or 3x5 for rows x columns.")
    ],
    strides: Annotated[str, typer.Option(metavar="SIZE", help="2, or 2x1.")] = "1",
    padding: Annotated[
        str,
        typer.Option(
            metavar="CELLS", help="valid, same, same_lower, full, 1, 1x2, or top,bottom,left,right."
        ),
    ] = "valid",
    dilation: Annotated[str, typer.Option(metavar="SIZE", help="1, or 2x1.")] = "1",
    groups: Annotated[
        str, typer.Option(metavar="N", help="1, or a divisor of both channel counts.")
    ] = "1",
    as_json: _AsJson = False,
) -> None:
    """Derive a Conv2D's output shape, pads and cost, step by step."""
    from stridelab import geometry

    words = " ".join([input_shape, *context.args])  # 32 32 3 is told what to write instead
    height, width, channels = _numbers("INPUT_SHAPE", _SIZES, words, 3)
    (count,) = _numbers("--filters", _COUNT, filters, 1)
    (group_count,) = _numbers("--groups", _COUNT, groups, 1)
    arguments: dict[str, Any] = {
        "kernel_size": _one_or_two("--kernel", "3 or 3x5", kernel),
        "strides": _one_or_two("--strides", "2 or 2x1", strides),
        "padding": _padding(padding),
        "dilation_rate": _one_or_two("--dilation", "1 or 2x1", dilation),
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
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Six layers, fewer samples.")] = False,
    layers: Annotated[
        str, typer.Option(metavar="NAMES", help="Layers or networks, as res56,dw112 or vgg16.")
    ] = "",
    threads: Annotated[
        str, typer.Option(metavar="COUNTS", help="As 1,2; without it one thread, then all.")
    ] = "",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write data for programs.")
    ] = None,
    picture_file: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE", help="Draw the roofline, as roof.png."),
    ] = None,
    readme: Annotated[
        bool, typer.Option("--readme", help="Write the result into the checkout's README.md.")
    ] = False,
) -> None:
    """Time our convolutions against PyTorch and ONNX Runtime, layer by layer."""
    from stridelab.bench import picture, race, report, suite

    cases = _cases(layers, quick)
    counts = _counts(threads)
    _check_file("--json", json_file)
    _check_file("--picture", picture_file, picture.KINDS)
    readme_file = _readme(quick or bool(layers)) if readme else None
    _check_bench(counts)
    _warm_up()
    passes = 1 if quick else race.PASSES
    with _timing() as show:
        found = race.run(suite.load(), cases, counts or race.thread_counts(), passes, show)
    report.print_all(found)
    if json_file:
        text = json.dumps(report.as_dict(found), indent=1, ensure_ascii=False)
        json_file.write_text(text + "\n", encoding="utf-8")
    if picture_file:
        picture.save(found, picture_file)
    if readme_file:
        text = report.in_readme(readme_file.read_text(encoding="utf-8"), found)
        readme_file.write_text(text, encoding="utf-8")
    raise typer.Exit(0 if report.is_well(found) else 1)


@contextlib.contextmanager
def _timing() -> Iterator[Callable[[str, int, int, int], None]]:
    """A progress bar that moves between the layers alone: a clock of its own would be heard."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(
        console=console, transient=True, auto_refresh=False, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("Timing", total=None)

        def show(name: str, threads: int, done: int, count: int) -> None:
            text = f"Timing {name}, {threads} thread{'' if threads == 1 else 's'}"
            progress.update(task, description=text, completed=done, total=count, refresh=True)

        yield show


def _cases(layers: str, quick: bool) -> dict[str, Any]:
    """The convolutions that the options mean, by name."""
    from stridelab.bench import suite

    everything = suite.load()
    names = [name.strip() for name in layers.split(",")] if layers else everything.quick
    try:
        return everything.chosen(names) if layers or quick else everything.cases
    except StrideLabError as error:
        _fail(_as_typed(error), 2)


def _counts(threads: str) -> list[int]:
    """The numbers of threads; none where the option is left out."""
    counts = list(dict.fromkeys(_whole(threads.split(",")))) if threads else []
    if threads and (not counts or 0 in counts):
        rule = "be whole numbers of at least 1 with commas between, as 1,2"
        _fail(f"--threads must {rule}; got {shown(threads)}.", 2)
    return counts


def _check_file(name: str, file: Path | None, kinds: tuple[str, ...] = ()) -> None:
    """Refuses what could not be written in the end, after minutes of work."""
    if file is None:
        return
    if kinds and file.suffix.lower() not in kinds:
        _fail(f"{name} must end in {' or '.join(kinds)}; got {shown(str(file))}.", 2)
    if file.is_dir() or not file.absolute().parent.is_dir():
        _fail(f"{name} must be a file in a folder that exists; got {shown(str(file))}.", 2)


def _readme(in_part: bool) -> Path:
    """The checkout's README, which shows whole runs alone."""
    from stridelab import lab as course
    from stridelab.bench import report

    if in_part:
        _fail("--readme shows the whole suite: leave --quick and --layers out.", 2)
    checkout = course.checkout()
    if checkout is None:
        _fail("--readme must be given in StrideLab's checkout; this is an installed package.", 1)
    readme = checkout / "README.md"
    report.check_readme(readme.read_text(encoding="utf-8"))
    return readme


def _check_bench(counts: list[int]) -> None:
    """Refuses a comparison that could not be made: without peers, kernels or threads."""
    from stridelab import doctor
    from stridelab.bench import peers, race
    from stridelab.ops import machine

    missing = ", ".join(peers.missing())
    if missing:
        mends = doctor.install("stridelab[bench]")
        _fail(
            f"Nothing was compared, because these are not installed: {missing}. To mend: {mends}", 1
        )
    if machine.numba_missing():
        _fail(f"Kernels are compared, and there are none: {machine.numba_missing()}.", 1)
    most = race.thread_counts()[-1]
    if max(counts, default=1) > most:
        _fail(f"--threads must be at most {most}, as many as numba has; got {max(counts)}.", 1)


@app.command()
def practice(
    topic: Annotated[
        str, typer.Argument(metavar="[TOPIC]", help="A topic, or a problem as pad-03.")
    ] = "",
    minutes: Annotated[float, typer.Option(metavar="MINUTES", help="How long.")] = 15.0,
    seed: Annotated[int, typer.Option(metavar="SEED", help="A problem's variant.")] = 0,
    list_topics: Annotated[bool, typer.Option("--list", help="List the topics.")] = False,
) -> None:
    """Solve problems: what is due first, then what is new."""
    from stridelab.practice import bank, sessions, terminal

    if list_topics:
        for name, title in bank.topics().items():
            count = sum(one.topic == name for one in bank.bank().values())
            typer.echo(f"{name:<12} {title} ({count} problems)")
        return
    if re.fullmatch(r"[a-z]+-\d+", topic):
        terminal.Turn(bank.deal(topic, seed), input, typer.echo).play()
        return
    solved = terminal.practise(sessions.Session(topic, minutes), input, typer.echo)
    typer.echo(f"Solved: {solved}. `stridelab progress` shows all so far.")


_progress = typer.Typer(context_settings={"help_option_names": ["-h", "--help"]})
app.add_typer(_progress, name="progress")


@_progress.callback(invoke_without_command=True)
def _tell_progress(context: typer.Context) -> None:
    """Show what you solved so far; export it, import it, or begin anew."""
    from stridelab.practice.summary import progress

    if context.invoked_subcommand is None:
        typer.echo(repr(progress()))


@_progress.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Such as progress.json.")],
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Yours, for an instructor's table; or none.")
    ] = "",
) -> None:
    """Write your attempts to a file that another machine can import."""
    from stridelab.practice import store

    typer.echo(f"Attempts written to {file}: {store.export(file, name)}.")


@_progress.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="That `export` wrote.")],
) -> None:
    """Add a file's attempts to yours; none is lost or counted twice."""
    from stridelab.practice import store

    typer.echo(f"Attempts added: {store.merge(file)}.")


@_progress.command()
def where() -> None:
    """Say which file your attempts are kept in."""
    from stridelab.practice import store

    typer.echo(str(store.where()))


@_progress.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Begin anew; a copy is kept."""
    from stridelab.practice import store

    if not yes:
        typer.confirm("Put all your attempts aside and begin anew?", abort=True)
    kept = store.reset()
    typer.echo(f"They are kept in {kept}." if kept else "There are none.")


@app.command("class")
def class_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES", help="That `progress export` wrote.")
    ],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page, as class.html.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a table, as class.csv.")
    ] = None,
    names: Annotated[
        bool, typer.Option("--names/--no-names", help="Show the names in the files.")
    ] = True,
) -> None:
    """Show an instructor what a class has solved, and which misconceptions it holds."""
    from stridelab.practice import classroom, store

    taken = {file.resolve() for file in files}
    for name, file in (("--html", html), ("--csv", csv)):
        if file and file.resolve() in taken:
            _fail(f"{name} must be a file of its own; got {shown(str(file))}.", 2)
        taken |= {file.resolve()} if file else set()
    found = classroom.gathered([store.read(file) for file in files], names)
    texts = {html: classroom.as_html, csv: classroom.as_csv}
    written = {file: render(found) for file, render in texts.items() if file}
    classroom.write(written)
    typer.echo(classroom.as_text(found))
    if written:
        typer.echo(f"\nWritten: {', '.join(map(str, written))}.")


@app.command()
def sheet(
    topic: Annotated[
        str, typer.Argument(metavar="TOPIC", help="As padding; practice --list names all.")
    ],
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Where left out TOPIC.html, or TOPIC_answers.html; - prints the page.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="SEED", help="The problems' variant.")] = 0,
    count: Annotated[
        int | None, typer.Option(metavar="N", help="So many problems; without it all.")
    ] = None,
    solutions: Annotated[
        bool, typer.Option("--answers", help="With the solutions at the end.")
    ] = False,
) -> None:
    """Write a topic's problems as a page to print."""
    from stridelab.practice import classroom
    from stridelab.practice import sheet as paper

    problems = paper.dealt(topic, seed, count)
    text = paper.as_html(problems, solutions=solutions)
    if file == Path("-"):
        typer.echo(text, nl=False)
        return
    target = file or Path(f"{topic}_answers.html" if solutions else f"{topic}.html")
    classroom.write({target: text})
    typer.echo(f"Problems written to {target}: {len(problems)}.")


@app.command()
def warmup() -> None:
    """Compile the kernels once, so that no lesson waits for it."""
    _warm_up()


#: Seconds without a word, where there is no progress bar.
_QUIET_S = 3


def _warm_up() -> None:
    """Compiles what is not compiled yet, with a progress bar, and says what there was to do."""
    from rich.console import Console
    from rich.progress import Progress

    from stridelab import doctor, ops
    from stridelab.ops import machine

    console = Console(stderr=True)
    start, silent = time.monotonic(), not console.is_terminal
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Compiling the kernels, once", total=None)

        def show(name: str, done: int, total: int) -> None:
            nonlocal silent
            if silent and time.monotonic() - start > _QUIET_S:
                typer.echo("Compiling the kernels, once; it takes a minute or two ...")
                silent = False
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


#: Longer numbers are no sizes, and Python itself refuses some thousands of digits.
_DIGITS = 18

_COUNT = "be a whole number of at least 1"
_SIZES = "be 3 whole numbers of at least 1, as 32x32x3"


def _numbers(name: str, rule: str, text: str, *counts: int) -> tuple[int, ...]:
    """Whole numbers of at least 1 with x between, as many as one of the counts says."""
    numbers = _whole(text.lower().replace("×", "x").split("x"))
    if len(numbers) in counts and min(numbers) >= 1:
        return numbers
    _fail(_refusal(name, rule, text, *counts), 2)


def _whole(parts: list[str]) -> tuple[int, ...]:
    """The parts as numbers; none at all where one of them is no number, or too long."""
    fit = all(part.isdecimal() and len(part) <= _DIGITS for part in parts)
    return tuple(map(int, parts)) if fit else ()


def _refusal(name: str, rule: str, text: str, *counts: int) -> str:
    """What the text must be, and what to write where it has other signs between its numbers."""
    if re.search(rf"\d{{{_DIGITS + 1}}}", text):
        rule += f", of at most {_DIGITS} digits"
    numbers = _whole(re.split(r"[,;* ]+", text))
    meant = len(numbers) > 1 and len(numbers) in counts and 0 not in numbers
    remedy = f" Write {'x'.join(map(str, numbers))}." if meant else ""
    return f"{name} must {rule}; got {shown(text)}.{remedy}"


def _one_or_two(name: str, examples: str, text: str) -> int | tuple[int, ...]:
    numbers = _numbers(name, f"be whole numbers of at least 1, as {examples}", text, 1, 2)
    return numbers if len(numbers) == 2 else numbers[0]


def _padding(text: str) -> object:
    """A name, or cells: ``1``, ``1x2`` (rows x columns) or ``top,bottom,left,right``."""
    from stridelab.geometry.padding import NAMES, padding_name

    rule = (
        f"be {', '.join(NAMES)}, or cells as 1, 1x2 (rows x columns) "
        "or 0,1,2,3 (top,bottom,left,right)"
    )
    if text.replace("_", "").isalpha():
        try:
            return padding_name(text)
        except StrideLabError as error:
            remedy = "" if "padding_mode" in error.remedy else error.remedy  # not typed here
            _fail(_as_typed(StrideLabError("padding", rule, error.got, remedy=remedy)), 2)
    separator = "," if "," in text else "x"
    cells = _whole(text.lower().replace("×", "x").split(separator))
    if separator == "," and len(cells) == 4:
        return cells[:2], cells[2:]
    if separator == "x" and len(cells) in (1, 2):
        return cells[0], cells[-1]
    _fail(_refusal("--padding", rule, text), 2)
