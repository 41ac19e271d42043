"""The process that runs a learner's code: started by path, by `running`, and imported by nobody.

It needs the standard library and NumPy alone. Its one argument is a folder: it reads `task.json`
there, and appends a line of JSON to `results.jsonl` for each thing that happened.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import types
from collections.abc import Callable
from typing import Any

#: The name of the learner's source in tracebacks.
FILE = "<answer>"

#: Characters of JSON that one result may have, and as the text says it.
LARGEST, LARGEST_TEXT = 1_000_000, "1 MB"

#: How deep lists may be nested: as many axes as a NumPy array can have.
DEEPEST = 64

#: The exit code where the memory is so full that nothing more can be told.
FULL = 99

_RULE = "return a number, a string, None, or a list, tuple or array of them"


class _NoResultError(Exception):
    """A result that cannot be handed back; its text is the case's trouble."""


def main(folder: str) -> None:
    with open(os.path.join(folder, "task.json"), encoding="utf-8") as file:
        task = json.load(file)
    sys.path[:] = task["path"]  # the notebook's, so that it is the same NumPy
    import numpy as np

    results, process = os.path.join(folder, "results.jsonl"), os.getpid()

    def tell(**what: object) -> None:
        if os.getpid() != process:  # a fork came back from the learner's function
            os._exit(0)
        with open(results, "a", encoding="ascii") as file:  # anew: they may have closed all files
            file.write(json.dumps(what) + "\n")

    _limit(task["seconds"], task["memory"], task["most"])
    tell(ready=True)
    try:
        function = _function(task["source"], task["function"], np)
    except _NoResultError as error:
        tell(stop=str(error))
    else:
        for arguments in task["cases"]:
            tell(**_outcome(function, arguments, task["source"], np))
        tell(end=True)
    os._exit(0)  # at once: the learner's threads and exit handlers have no say


def _limit(seconds: float, memory: int, most: int) -> None:
    """What one process may take. Where the system refuses a limit, it goes without."""
    if hasattr(signal, "alarm"):  # ends it where the notebook died and cannot
        signal.alarm(math.ceil(seconds) + 5)
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {
        resource.RLIMIT_AS: memory,  # macOS refuses: its processes start with more
        resource.RLIMIT_FSIZE: most,
        resource.RLIMIT_CORE: 0,
    }
    for kind, limit in limits.items():
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        try:
            resource.setrlimit(kind, (limit, limit))
        except (OSError, ValueError):
            continue


def _function(source: str, name: str, np: Any) -> Callable[..., object]:
    """The learner's function.

    Raises
    ------
    _NoResultError
        Where the source does not parse, fails or defines no such function.
    """
    module = types.ModuleType("answer")
    sys.modules["answer"] = module  # dataclasses look their module up
    module.__dict__.update(np=np, math=math)
    try:
        # Annotations stay text, as here: they may name what only the notebook has.
        flags = annotations.compiler_flag
        code = compile(source, FILE, "exec", flags=flags, dont_inherit=True)
    except SyntaxError as error:
        said = f"{type(error).__name__}: {error.msg}"
        line = f" (line {error.lineno})" if error.lineno else ""
        raise _NoResultError(f"the source could not be read: {said}{line}") from None
    except BaseException as error:  # a zero byte, or brackets too deep
        raise _NoResultError(f"the source could not be read: {_said(error)}") from None
    try:
        exec(code, module.__dict__)
    except BaseException as error:
        raise _NoResultError(f"the source could not be run: {_raised(error, source)}") from None
    function: object = module.__dict__.get(name)
    if not callable(function):
        raise _NoResultError(f"the source defines no function {name}")
    return function


def _outcome(
    function: Callable[..., object], arguments: list[object], source: str, np: Any
) -> dict[str, object]:
    """What `tell` writes about one case."""
    try:
        # Built anew from the task, so that no case sees what another did to its arguments.
        value = _plain(function(*[_decoded(each, np) for each in arguments]), np)
        if len(json.dumps(value)) > LARGEST:
            raise _too_large()
        return {"value": value}
    except _NoResultError as error:
        return {"trouble": str(error)}
    except BaseException as error:  # SystemExit and KeyboardInterrupt too
        return {"trouble": _raised(error, source)}


def _decoded(value: Any, np: Any) -> object:
    """An argument, from what `running._encoded` made of it."""
    if isinstance(value, list):
        return [_decoded(each, np) for each in value]
    if isinstance(value, dict):
        if "tuple" in value:
            return tuple(_decoded(each, np) for each in value["tuple"])
        return np.array(value["array"], dtype=value["type"]).reshape(value["shape"])
    return value


def _plain(result: object, np: Any) -> object:
    """The result as JSON has it: tuples and arrays are lists, NumPy's numbers Python's.

    Raises
    ------
    _NoResultError
        Where it holds anything else, or too much.
    """
    left = LARGEST  # a list that holds another many times is small here, and endless as JSON

    def convert(value: Any, depth: int) -> object:
        nonlocal left
        left -= 3  # a character, a comma and a space, or more
        if left >= 0 and type(value) in (float, bool, types.NoneType):
            return value
        if isinstance(value, np.ndarray):
            if 3 * value.size > left:
                raise _too_large()
            # float128 has no number of Python's to become.
            value = (value.astype(float) if value.dtype.kind == "f" else value).tolist()
        elif isinstance(value, (np.bool_, np.integer)):
            value = value.item()
        elif isinstance(value, np.floating):
            value = float(value)
        if isinstance(value, str):
            left -= len(value)
            value = str.__str__(value) if left >= 0 else ""
        if left < 0:
            raise _too_large()
        if isinstance(value, (bool, str)):
            return value
        if isinstance(value, int):
            left -= value.bit_length() // 4  # a digit is 3.3 bits
            if value.bit_length() > 1000:
                _check_digits(value)
            return int.__int__(value)
        if isinstance(value, float):
            return float.__float__(value)
        if isinstance(value, (list, tuple)):
            if depth == DEEPEST:
                raise _NoResultError(f"it returned lists in lists, over {DEEPEST} deep")
            return [convert(each, depth + 1) for each in value]
        kind = type(value).__name__[:60]
        article = "an" if kind[:1].lower() in set("aeiou") else "a"
        holder = "a list that holds " if depth else ""
        raise _NoResultError(f"it returned {holder}{article} {kind}; {_RULE}")

    return convert(result, 0)


def _check_digits(value: int) -> None:
    """Refuses what Python writes out as no text, here or in the notebook."""
    try:
        str(value)
    except ValueError:
        digits = sys.get_int_max_str_digits()
        raise _NoResultError(f"it returned a number of over {digits} digits") from None


def _too_large() -> _NoResultError:
    return _NoResultError(f"it returned more than {LARGEST_TEXT}")


def _raised(error: BaseException, source: str) -> str:
    """What was raised, and on which of the learner's lines."""
    text = f"it raised {_said(error)}"
    number, trace = 0, error.__traceback__
    while trace is not None:  # the innermost of their lines; below it are NumPy's
        if trace.tb_frame.f_code.co_filename == FILE and trace.tb_lineno:
            number = trace.tb_lineno
        trace = trace.tb_next
    lines = source.split("\n")
    if not 1 <= number <= len(lines):
        return text
    return f"{text} (line {number}: `{_one_line(lines[number - 1], 80)}`)"


def _said(error: BaseException) -> str:
    """The exception's name and message."""
    # NumPy has an error of its own, _ArrayMemoryError.
    name = "MemoryError" if isinstance(error, MemoryError) else type(error).__name__[:60]
    try:
        message = _one_line(str(error), 200)
    except BaseException:  # their own exception, whose text raises
        message = ""
    return f"{name}: {message}" if message else name


def _one_line(text: str, most: int) -> str:
    """Without line ends and what a terminal or a page would not print, cut to that length."""
    seen = "".join(each if each.isprintable() else " " for each in text[: 4 * most])
    words = " ".join(seen.split())
    return words if len(words) <= most else words[: most - 3] + "..."


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except MemoryError:
        os._exit(FULL)
