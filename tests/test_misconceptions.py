"""course/misconceptions.md: it is whole, its code runs, its links and ids lead somewhere."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from stridelab.practice.bank import bank, beliefs

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "course" / "misconceptions.md").read_text(encoding="utf-8")

#: What people believe, in the order of the map: twenty seen in the wild, then an article's claims.
NAMES = (
    "Windows must fit exactly",
    "'same' keeps the size at any stride",
    "padding=k//2 is 'same'",
    "The odd cell goes before",
    "Dilation 0 means none",
    "Padding makes all cells count equally",
    "'same' pads evenly",
    "The padding formula needs no max",
    "The receptive field is the kernel, or the stride widens it",
    "Alignment does not depend on the input size",
    "Dilation moves the centre of the field",
    "output_padding appends zeros",
    "MACs are FLOPs",
    "Floor and ceil are interchangeable in pooling",
    "Convolutions are shift-equivariant",
    "Pooling makes a network shift-invariant",
    "Transposed convolutions have one size",
    "The kernel is flipped",
    "BatchNorm always folds into the convolution",
    "A transposed convolution undoes the convolution",
    "'same' means an output of the input's size",
    "With a stride 'same' pads more",
    "'same' surrounds the input with zeros",
    "Stride 2 skips every other pixel",
    "A larger stride zooms out",
    "A stride increases the receptive field",
    "'same' stops a network from shrinking too fast",
    "Conv2D copes with the zeros of its padding",
)
FIELDS = ("Belief", "Seen in", "True", "Lessons", "Problems")

HEADING = re.compile(r"^### (\d+) · (.+)$", re.MULTILINE)
FIELD = re.compile(r"^- \*\*(.+?):\*\* (.+(?:\n  .+)*)$", re.MULTILINE)
LESSON = re.compile(r"\[(\d\d) · ([^\]]+)\]\(\.\./lessons/((\d\d)_\w+\.ipynb)\)")
PROBLEM = re.compile(r"([a-z]+-\d\d) \(([a-z0-9-]+)\)")
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)

ENTRIES = {
    int(heading[1]): TEXT[heading.end() :].split("\n## ")[0].split("\n### ")[0]
    for heading in HEADING.finditer(TEXT)
}


@pytest.fixture(params=ENTRIES)
def entry(request) -> str:
    return ENTRIES[request.param]


def test_the_map_is_complete() -> None:
    found = [(int(heading[1]), heading[2]) for heading in HEADING.finditer(TEXT)]
    assert found == list(enumerate(NAMES, 1))
    assert TEXT.index("## Claims of the article") > TEXT.index(NAMES[19])


def test_an_entry_has_every_line(entry: str) -> None:
    fields = FIELD.findall(entry)
    assert tuple(name for name, _ in fields) == FIELDS
    assert all(text.endswith(".") for _, text in fields[:3])
    assert len(CODE.findall(entry)) == 1


def test_its_lessons_are_there(entry: str) -> None:
    line = dict(FIELD.findall(entry))["Lessons"]
    lessons = LESSON.findall(line)
    assert ", ".join(f"[{n} · {title}](../lessons/{file})" for n, title, file, _ in lessons) == line
    for number, title, file, prefix in lessons:
        assert number == prefix
        notebook = ROOT / "lessons" / file
        assert notebook.is_file()
        assert f"# {number} · {title}" in notebook.read_text(encoding="utf-8")


def test_its_problems_reveal_it(entry: str) -> None:
    line = dict(FIELD.findall(entry))["Problems"]
    problems = PROBLEM.findall(line)
    assert problems
    assert ", ".join(f"{id} ({belief})" for id, belief in problems) == line
    for id, belief in problems:
        assert belief in beliefs()
        assert belief in bank()[id].held, (id, bank()[id].held)
        assert list((ROOT / "lessons").glob(f"{bank()[id].lesson}_*.ipynb"))


def test_the_code_gives_what_it_shows() -> None:
    """One namespace from top to bottom, as a reader who types it has."""
    blocks = [(match.start(1), match[1]) for match in CODE.finditer(TEXT)]
    names: dict[str, object] = {}
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    said: list[str] = []
    for start, block in blocks:
        line = TEXT[:start].count("\n")
        test = parser.get_doctest(block, names, "misconceptions.md", "misconceptions.md", line)
        assert test.examples
        runner.run(test, out=said.append, clear_globs=False)
        names = test.globs
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


def test_an_entry_needs_the_first_lines_alone(entry: str) -> None:
    names: dict[str, object] = {}
    exec("\n".join(re.findall(r"^>>> (.+)$", CODE.findall(TEXT)[0], re.MULTILINE)), names)
    test = doctest.DocTestParser().get_doctest(CODE.findall(entry)[0], names, "entry", None, 0)
    said: list[str] = []
    assert doctest.DocTestRunner(verbose=False).run(test, out=said.append).failed == 0, said


def test_every_other_link_is_there() -> None:
    for target in re.findall(r"\]\(((?!http)[^)#]+)", TEXT):
        path = (ROOT / "course" / target).resolve()
        assert path.is_file(), target
