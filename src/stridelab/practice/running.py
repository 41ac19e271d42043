"""Code answers: their source, and what a function does with cases, in a process of its own.

Whatever a learner's code does there is an outcome: it may raise, loop, print without end, crash or
leave. The notebook waits a few seconds at most, and nothing stays behind.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import types
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from stridelab.errors import StrideLabError, shown
from stridelab.practice._child import FULL, LARGEST

#: Seconds that all cases together may take.
SECONDS = 5.0

#: Seconds that Python and NumPy may take to start: they are not the learner's.
START = 30.0

#: Bytes of address space: a runaway allocation is a MemoryError, long before the machine swaps.
MEMORY = 2 * 1024**3

_CHILD = Path(__file__).with_name("_child.py")

#: Seconds between two looks at the child.
_PAUSE = 0.004

#: One thread: many would take address space, and time to start, for a few small sums.
_THREADS = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)

_WRITE_IT = "Write it with def in a cell of the notebook, run that cell, and name the function."


@dataclass(frozen=True)
class Ran:
    """What one case did: `value` is what the function returned, or `trouble` what went wrong.

    A value is plain data: a number, a string, None, or lists of them.
    """

    value: object = None
    trouble: str = ""


@dataclass(frozen=True)
class Runs:
    """The cases that were run, in order, and what stopped everything, if anything did."""

    cases: tuple[Ran, ...]
    trouble: str = ""


def source_of(answer: object) -> str:
    """The source of a code answer, without the indentation that all its lines share.

    Parameters
    ----------
    answer : function or str
        A function that was written with `def` in a cell or a file, or its text.

    Raises
    ------
    StrideLabError
        For what has no such source: a lambda, a builtin, a class, a number.

    >>> source_of("    def twice(n):\\n        return 2 * n")
    'def twice(n):\\n    return 2 * n'
    """
    if isinstance(answer, str):
        return textwrap.dedent(answer)
    function = inspect.unwrap(answer) if callable(answer) else answer
    if isinstance(function, types.FunctionType) and function.__name__ != "<lambda>":
        with suppress(OSError, TypeError):
            return textwrap.dedent(inspect.getsource(function))
    rule = "be a function whose source can be read, or its text"
    raise StrideLabError("answer", rule, _called(function), remedy=_WRITE_IT)


def _called(answer: object) -> str:
    """A name for what is no answer; without the address that Python prints."""
    if isinstance(answer, type):
        return f"the class {answer.__name__}"
    if inspect.isbuiltin(answer):
        return f"the builtin function {answer.__name__}"
    if isinstance(answer, types.MethodType):
        return f"the method {answer.__name__}"
    if isinstance(answer, types.FunctionType):
        name = answer.__name__
        return "a lambda" if name == "<lambda>" else f"the function {name}, which has no source"
    return shown(answer)


def is_blank(source: str) -> bool:
    """Whether nothing is answered yet: each function has no body but what a template puts there.

    That is a docstring, `...`, `pass` and `raise NotImplementedError`. Text that is empty or holds
    only comments and imports is blank too; what does not parse is not.

    >>> is_blank("def twice(n):\\n    ..."), is_blank("def twice(n):\\n    return 2 * n")
    (True, False)
    """
    try:
        return all(map(_is_idle, ast.parse(source).body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _is_idle(statement: ast.stmt) -> bool:
    match statement:
        case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
            return all(map(_is_idle, body))
        case ast.Pass() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Constant(value=value)):
            return value is ... or isinstance(value, str)
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name == "NotImplementedError"
    return False


def run(
    source: str, function: str, cases: Sequence[tuple[object, ...]], seconds: float = SECONDS
) -> Runs:
    """What a function of the source does with each case, in a process of its own.

    Parameters
    ----------
    source : str
        Python source. It finds NumPy as `np` and `math` without importing them.
    function : str
        The name of the function to call.
    cases : sequence of tuple
        The arguments of each call: numbers, strings, None, and lists, tuples or arrays of them.
        Arrays arrive as float64 or int64. Each call gets fresh ones.
    seconds : float
        How long all cases together may take; the start of Python is not counted.

    Raises
    ------
    StrideLabError
        For a case that holds anything else.

    >>> run("def half(n):\\n    return 12 / n", "half", [(3,), (0,)]).cases
    (Ran(value=4.0, trouble=''), Ran(value=None, \
trouble='it raised ZeroDivisionError: division by zero (line 2: `return 12 / n`)'))
    """
    most = (len(cases) + 1) * (LARGEST + 1_000)  # bytes of all results: no value is larger
    task = {
        "path": [os.path.abspath(each) for each in sys.path if each],  # "": what lies about there
        "source": source,
        "function": function,
        "cases": [[_encoded(each) for each in case] for case in cases],
        "seconds": seconds,
        "memory": MEMORY,
        "most": most,
    }
    with tempfile.TemporaryDirectory(prefix="stridelab-", ignore_cleanup_errors=True) as folder:
        Path(folder, "task.json").write_text(json.dumps(task), encoding="utf-8")
        # Opened before the learner's code runs: whatever lies at that path later is not read.
        with open(Path(folder, "results.jsonl"), "w+b") as results:
            try:
                child = _start(folder)
            except OSError as error:
                return Runs((), f"Python could not be started: {error}")
            try:
                trouble = _wait(child, results, seconds)
            finally:  # also where the notebook is interrupted
                _end(child)
            return _read(results, len(cases), most, trouble)


def _encoded(value: object) -> object:
    """An argument as JSON has it, with tuples and arrays marked; `_child._decoded` undoes it."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [_encoded(each) for each in value]
    if isinstance(value, tuple):
        return {"tuple": [_encoded(each) for each in value]}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        kind = "float64" if value.dtype.kind == "f" else "int64"
        flat = value.astype(kind).ravel().tolist()
        return {"array": flat, "shape": list(value.shape), "type": kind}
    rule = "hold numbers, strings, None, and lists, tuples or arrays of them"
    raise StrideLabError("cases", rule, shown(value))


def _start(folder: str) -> subprocess.Popen[bytes]:
    """The child, in a session of its own, so that it can be ended with all that it starts."""
    work = Path(folder, "work")  # what the learner's code writes goes with the folder
    work.mkdir()
    return subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", str(_CHILD), folder],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=work,
        env={**os.environ, **_THREADS, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work))},
        start_new_session=True,  # Windows ignores it
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _wait(child: subprocess.Popen[bytes], results: IO[bytes], seconds: float) -> str:
    """Waits until the child ends or its time is up; says how it ended."""
    is_ready, end = False, time.monotonic() + START
    while (code := child.poll()) is None:
        if not is_ready and os.fstat(results.fileno()).st_size:
            is_ready, end = True, time.monotonic() + seconds
        if time.monotonic() > end:
            if is_ready:
                return f"it did not end within {seconds:g} s"
            return f"Python did not start within {START:g} s"
        time.sleep(_PAUSE)
    if code == FULL:
        return "Python ran out of memory"
    if code >= 0 or os.name == "nt":
        return f"Python ended at once (exit code {code})"
    try:
        return f"Python ended at once (signal {signal.Signals(-code).name})"
    except ValueError:  # a real-time signal has no name
        return f"Python ended at once (signal {-code})"


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends the child and what it started. Its group keeps its number while any of them lives."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):  # nobody is left; macOS: only zombies
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()  # does nothing where it has ended
    child.wait()


def _read(results: IO[bytes], count: int, most: int, trouble: str) -> Runs:
    """What the child told. `trouble` holds where it did not come to its end."""
    results.seek(0)
    *lines, _ = results.read(most).split(b"\n")  # a line without its end was cut off
    cases: list[Ran] = []
    for line in lines:
        try:
            told = json.loads(line)
            if "stop" in told:
                return Runs((), str(told["stop"]))
            if "end" in told:
                return Runs(tuple(cases), "")
            if "ready" not in told and len(cases) < count:
                cases.append(Ran(told.get("value"), str(told.get("trouble", ""))))
        except (ValueError, TypeError, AttributeError, RecursionError):
            return Runs(tuple(cases), "it wrote over its own results")
    return Runs(tuple(cases), trouble)
