"""Code answers in a process of their own: whatever they do is an outcome, and nothing stays."""

from __future__ import annotations

import functools
import math
import os
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from stridelab.errors import StrideLabError
from stridelab.practice import running
from stridelab.practice.running import Ran, Runs, is_blank, run, source_of

POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX processes")
LIMITED = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_AS")

PLAIN = "return a number, a string, None, or a list, tuple or array of them"


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path, monkeypatch):
    """After each test: the folder for temporary files is empty, and no child is left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    before = set(psutil.Process().children())
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []
    assert set(psutil.Process().children()) <= before


def of(body: str, *cases: tuple[object, ...], seconds: float = running.SECONDS) -> Runs:
    """What `f(n)` with that body does; for n = 1 where no case is given."""
    source = "def f(n):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    return run(source, "f", cases or [(1,)], seconds)


# One process serves a whole table: every case is a branch of one function.

HONEST = {
    "n + 1": 2,
    "n / 2": 0.5,
    "'é' * 2 + chr(0xDC80)": "éé\udc80",
    "None": None,
    "n > 0": True,
    "(n, [n, (n,)], ())": [1, [1, [1]], []],
    "math.ceil(n / 2)": 1,
    "np.arange(6).reshape(2, 3)": [[0, 1, 2], [3, 4, 5]],
    "np.zeros((0, 3))": [],
    "np.array(2.5)": 2.5,
    "[np.int8(3), np.float32(0.5), np.True_, np.longdouble(2), np.ones(1, 'g')]": [
        3,
        0.5,
        True,
        2.0,
        [1.0],
    ],
    "[math.inf, -np.inf]": [math.inf, -math.inf],
    "10**4000": 10**4000,
    "__import__('enum').IntEnum('Axis', 'ROWS').ROWS": 1,
    "print('x' * 10**6) or n": 1,
    "__import__('os').closerange(0, 100)": None,
}

HOSTILE = {
    "return n / 0": "it raised ZeroDivisionError: division by zero (line {}: `return n / 0`)",
    "return helper(n)": "it raised KeyError: 1 (line 2: `return {}[n]`)",
    "raise ValueError": "it raised ValueError (line {}: `raise ValueError`)",
    "raise ValueError('a\\n\\x1b[1m' + 'b' * 10**6)": "it raised ValueError: a [1m"
    + "b" * 192
    + "... "
    "(line {}: `raise ValueError('a\\n\\x1b[1m' + 'b' * 10**6)`)",
    "raise Silent": "it raised Silent (line {}: `raise Silent`)",
    "raise SystemExit(3)": "it raised SystemExit: 3 (line {}: `raise SystemExit(3)`)",
    "raise KeyboardInterrupt": "it raised KeyboardInterrupt (line {}: `raise KeyboardInterrupt`)",
    "input()": "it raised EOFError: EOF when reading a line (line {}: `input()`)",
    "return f(n, number)": "it raised RecursionError: maximum recursion depth exceeded "
    "(line {}: `return f(n, number)`)",
    "return {n: n}": f"it returned a dict; {PLAIN}",
    "return [n, [{n}]]": f"it returned a list that holds a set; {PLAIN}",
    "return np.array([n, object()])": f"it returned a list that holds an object; {PLAIN}",
    "return 1j": f"it returned a complex; {PLAIN}",
    "return (each for each in [n])": f"it returned a generator; {PLAIN}",
    "return 10**5000": "it returned a number of over 4300 digits",
    "return [0] * 10**6": "it returned more than 1 MB",
    "return 'x' * 10**6": "it returned more than 1 MB",
    "return 'é' * 200_000": "it returned more than 1 MB",
    "return np.zeros((1000, 1000))": "it returned more than 1 MB",
    "return [10**4000] * 1000": "it returned more than 1 MB",
    "return functools.reduce(lambda a, _: [a, a], range(60), n)": "it returned more than 1 MB",
    "return functools.reduce(lambda a, _: [a], range(70), n)": "it returned lists in lists, "
    "over 64 deep",
    "a = []; a.append(a); return a": "it returned lists in lists, over 64 deep",
}

BEFORE = """def helper(n):
    return {}[n]
import functools
class Silent(Exception):
    def __str__(self):
        raise self
"""


def table(statements: list[str]) -> str:
    """A function `f(n, number)` that does the statement of that number."""
    lines = [f"    if number == {at}:\n        {each}" for at, each in enumerate(statements)]
    return "\n".join([BEFORE.rstrip("\n"), "def f(n, number):", *lines])


def test_what_honest_functions_return() -> None:
    source = table([f"return {expression}" for expression in HONEST])
    ran = run(source, "f", [(1, number) for number in range(len(HONEST))])
    assert ran == Runs(tuple(Ran(value) for value in HONEST.values()))
    assert [type(each.value) for each in ran.cases] == [type(each) for each in HONEST.values()]


def test_what_goes_wrong_in_a_case_is_told_and_the_others_run() -> None:
    ran = run(table(list(HOSTILE)), "f", [(1, number) for number in range(len(HOSTILE))])
    lines = range(len(BEFORE.splitlines()) + 3, 1000, 2)
    told = [
        text.replace("{}:", f"{line}:") for text, line in zip(HOSTILE.values(), lines, strict=False)
    ]
    assert ran == Runs(tuple(Ran(None, text) for text in told))


def test_nan_survives_in_and_out() -> None:
    (ran,) = of("return [n, np.full(2, n), n != n]", (math.nan,)).cases
    one, (two, three), is_nan = ran.value
    assert math.isnan(one)
    assert math.isnan(two)
    assert math.isnan(three)
    assert is_nan is True


def test_cases_arrive_as_they_were() -> None:
    arrivals = [
        (np.arange(6).reshape(2, 3), "ndarray int64 (2, 3) [[0, 1, 2], [3, 4, 5]]"),
        (np.arange(6, dtype="u1")[::-2], "ndarray int64 (3,) [5, 3, 1]"),
        (np.array([True, False]), "ndarray int64 (2,) [1, 0]"),
        (np.array([[0.5, -math.inf]], "f4"), "ndarray float64 (1, 2) [[0.5, -inf]]"),
        (np.zeros((0, 3)), "ndarray float64 (0, 3) []"),
        (np.float32(0.5), "float 0.5"),
        ([1, (2, [None, "é\n"])], "list [1, (2, [None, 'é\\n'])]"),
        ((), "tuple ()"),
    ]
    body = """
    kind = type(n).__name__
    return f"{kind} {n.dtype} {n.shape} {n.tolist()}" if kind == "ndarray" else f"{kind} {n!r}"
    """
    ran = of(body, *[(value,) for value, _ in arrivals])
    assert ran == Runs(tuple(Ran(text) for _, text in arrivals))


@pytest.mark.parametrize("value", [{"tuple": 1}, [np.array(["a"])]])
def test_a_case_that_is_no_plain_data_is_refused(value) -> None:
    with pytest.raises(StrideLabError) as raised:
        of("return n", (value,))
    refused = value[0] if isinstance(value, list) else value
    assert str(raised.value) == (
        "cases must hold numbers, strings, None, and lists, tuples or arrays of them; "
        f"got {refused!r}"
    )


def test_a_case_does_not_see_what_another_did_to_its_arguments() -> None:
    rows, grid = [[1], [2]], np.ones((1, 2))
    source = "def f(rows, grid):\n    rows[0].append(5)\n    grid += 1\n    return rows, grid"
    ran = run(source, "f", [(rows, grid), (rows, grid)])
    assert ran == Runs((Ran([[[1, 5], [2]], [[2.0, 2.0]]]),) * 2)
    assert rows == [[1], [2]]
    assert grid.tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize(
    ("source", "trouble"),
    [
        ("def g(n): return n", "the source defines no function f"),
        ("f = 3", "the source defines no function f"),
        (
            "def f(n)\n    return n",
            "the source could not be read: SyntaxError: expected ':' (line 1)",
        ),
        (
            "def f(n):\n\n  return 1\n return 2",
            "the source could not be read: IndentationError: "
            "unindent does not match any outer indentation level (line 4)",
        ),
        (
            "import sys\nsys.exit('no')",
            "the source could not be run: it raised SystemExit: no (line 2: `sys.exit('no')`)",
        ),
        (
            "def f(n=unknown): return n",
            "the source could not be run: it raised NameError: name 'unknown' is not defined "
            "(line 1: `def f(n=unknown): return n`)",
        ),
        ("import os\nos._exit(0)", "Python ended at once (exit code 0)"),
    ],
)
def test_a_source_without_the_function(source, trouble) -> None:
    assert run(source, "f", [(1,)]) == Runs((), trouble)


def test_annotations_may_name_what_only_the_notebook_has() -> None:
    source = """
    from dataclasses import dataclass
    @dataclass
    class Axis:
        size: Whole
    def f(n: Whole) -> Sequence[Whole]:
        return Axis(n).size
    """
    assert run(textwrap.dedent(source), "f", [(7,)]) == Runs((Ran(7),))


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        ("while n == 2: pass", "it did not end within 0.5 s"),
        ("while n == 2:\n    print('flood' * 10**5, flush=True)", "it did not end within 0.5 s"),
        (
            "import time\nwhile n == 2:\n  try:\n    time.sleep(9)\n  except BaseException: pass",
            "it did not end within 0.5 s",
        ),
        ("import os\nif n == 2: os._exit(3)", "Python ended at once (exit code 3)"),
        pytest.param(
            "import os\nif n == 2: os.kill(os.getpid(), 9)",
            "Python ended at once (signal SIGKILL)",
            marks=POSIX,
        ),
        pytest.param(
            "import ctypes\nif n == 2: ctypes.string_at(0)",
            "Python ended at once (signal SIGSEGV)",
            marks=POSIX,
        ),
    ],
)
def test_what_ends_everything_keeps_the_cases_before_it(body, trouble) -> None:
    start = time.monotonic()
    assert of(body + "\nreturn n", (1,), (2,), (3,), seconds=0.5) == Runs((Ran(1),), trouble)
    assert time.monotonic() - start < 5


def test_threads_and_exit_handlers_hold_nothing_up() -> None:
    body = """
    import atexit, threading, time
    atexit.register(time.sleep, 60)
    threading.Thread(target=time.sleep, args=(60,)).start()
    return n
    """
    assert of(body) == Runs((Ran(1),))


@POSIX
def test_a_fork_that_comes_back_runs_no_case() -> None:
    assert of("import os\nos.fork()\nreturn n", (1,), (2,)) == Runs((Ran(1), Ran(2)))


@POSIX
@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("return n", Runs((Ran(1),))),
        ("while True: pass", Runs((), "it did not end within 0.5 s")),
        ("os._exit(3)", Runs((), "Python ended at once (exit code 3)")),
    ],
)
def test_a_fork_that_lives_on_is_ended_too(tmp_path, after, expected) -> None:
    beats = tmp_path / "beats"
    body = f"""
    import os, time
    if os.fork() == 0:
        while True:
            with open({str(beats)!r}, "a") as file:
                file.write(".")
            time.sleep(0.01)
    while not os.path.exists({str(beats)!r}):
        time.sleep(0.01)
    {after}
    """
    assert of(body, seconds=0.5) == expected
    time.sleep(0.05)  # a process is told that it is killed; it ends soon after
    size = beats.stat().st_size
    time.sleep(0.1)
    assert beats.stat().st_size == size > 0


@LIMITED
def test_memory_has_an_end(monkeypatch) -> None:
    assert of("return len(bytearray(3 * 2**30))") == Runs(
        (Ran(None, "it raised MemoryError (line 2: `return len(bytearray(3 * 2**30))`)"),)
    )
    assert of("np.empty(2**31)") == Runs(
        (
            Ran(
                None,
                "it raised MemoryError: Unable to allocate 16.0 GiB for an array with shape "
                "(2147483648,) and data type float64 (line 2: `np.empty(2**31)`)",
            ),
        )
    )
    monkeypatch.setattr(running, "MEMORY", 400 * 1024**2)
    grows = "held = []\nwhile n: held.append([0] * 10**6)\nreturn 'room again'"
    assert of(grows, (1,), (0,)) == Runs(
        (
            Ran(None, "it raised MemoryError (line 3: `while n: held.append([0] * 10**6)`)"),
            Ran("room again"),
        )
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs mkfifo")
def test_results_that_were_tampered_with_are_no_trouble_for_the_notebook() -> None:
    garbage = "with open('../results.jsonl', 'a') as file: file.write({})\nreturn n"
    expected = Runs((), "it wrote over its own results")
    assert of(garbage.format(r"'[\n'")) == expected
    assert of(garbage.format(r"'3\n'")) == expected
    assert of(garbage.format(r"'[' * 10**5 + '\n'")) == expected
    pipe = "import os\nos.remove('../results.jsonl')\nos.mkfifo('../results.jsonl')\nreturn n"
    assert of(pipe, seconds=0.2) == Runs((), "it did not end within 0.2 s")


def test_what_it_writes_lands_in_the_folder_that_is_removed() -> None:
    body = """
    import os, tempfile
    open("mine", "w").close()
    tempfile.mkstemp()
    return sorted(os.listdir())[0], len(os.listdir()), tempfile.gettempdir() == os.getcwd()
    """
    assert of(body) == Runs((Ran(["mine", 2, True]),))


def test_python_that_does_not_start(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(running, "START", 0.0)
    assert of("return n") == Runs((), "Python did not start within 0 s")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    ran = of("return n")
    assert ran.cases == ()
    assert ran.trouble.startswith("Python could not be started: ")


def test_an_interrupt_of_the_notebook_ends_it(monkeypatch) -> None:
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        of("while True: pass")


def test_no_case_at_all() -> None:
    assert run("def f(): pass", "f", []) == Runs(())


def written(size: int) -> int:
    """In this file."""
    return size // 2


@functools.cache
def cached(size: int) -> int:
    return size


def test_source_of_functions_and_text() -> None:
    def inner(size):
        # with a comment
        return size + 1

    assert source_of(written) == (
        'def written(size: int) -> int:\n    """In this file."""\n    return size // 2\n'
    )
    assert source_of(inner) == "def inner(size):\n    # with a comment\n    return size + 1\n"
    assert source_of(cached) == "@functools.cache\ndef cached(size: int) -> int:\n    return size\n"
    assert source_of("\n    def f():\n        pass\n") == "\ndef f():\n    pass\n"
    assert run(source_of(written), "written", [(7,)]) == Runs((Ran(3),))


def _without_source():
    names = {}
    exec("def typed(n):\n    return n", names)
    return names["typed"]


@pytest.mark.parametrize(
    ("answer", "got"),
    [
        (len, "the builtin function len"),
        (lambda n: n, "a lambda"),
        (_without_source(), "the function typed, which has no source"),
        (int, "the class int"),
        (Path().exists, "the method exists"),
        (None, "None"),
        (3, "3"),
    ],
)
def test_source_of_what_has_none(answer, got) -> None:
    with pytest.raises(StrideLabError) as raised:
        source_of(answer)
    assert str(raised.value) == (
        f"answer must be a function whose source can be read, or its text; got {got}. "
        "Write it with def in a cell of the notebook, run that cell, and name the function."
    )


@pytest.mark.parametrize(
    ("source", "blank"),
    [
        ("", True),
        ("# only\n# comments", True),
        ('"""Text."""', True),
        ("import numpy as np\nfrom math import ceil", True),
        ("def f(n):\n    ...", True),
        ("def f(n): pass", True),
        ('def f(n):\n    """Half of n."""', True),
        ('def f(n):\n    """Half."""\n    # your code\n    pass', True),
        ("def f(n):\n    raise NotImplementedError", True),
        ("def f(n):\n    raise NotImplementedError('yours')", True),
        ("async def f(n): ...", True),
        ("def f(n): ...\ndef g(n): ...", True),
        ("def f(n): ...\ndef g(n): return n", False),
        ("def f(n):\n    return n", False),
        ("def f(n):\n    return", False),
        ("def f(n):\n    raise ValueError", False),
        ("def f(n):\n    raise", False),
        ("def f(n):\n    3", False),
        ("def f(n):\n    print('x')", False),
        ("f = None", False),
        ("def f(n):", False),
        ("def f(n):\n    # only a comment", False),
        ("\0", False),
    ],
)
def test_is_blank(source, blank) -> None:
    assert is_blank(source) is blank
