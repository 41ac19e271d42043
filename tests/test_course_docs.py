"""The syllabus and the instructor's guide hold what they promise: minutes, commands, links."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest
import typer.main

from stridelab import cli
from stridelab.practice.bank import bank, topics
from stridelab.practice.sessions import form

ROOT = Path(__file__).parents[1]
SYLLABUS = ROOT / "course" / "syllabus.md"
GUIDE = ROOT / "course" / "instructor_guide.md"
DOCS = [SYLLABUS, GUIDE]

#: A plan's heading and, up to the next heading, its table.
PLAN = re.compile(r"^#+ ([^\n]*?(\d+) minutes[^\n]*)\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (\d):(\d\d) \| (\d+) \| ([^|]*) \|", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)


@pytest.fixture
def readme(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "course" / "build"))
    import readme

    return readme


def text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


PLANS = {found[1]: (int(found[2]), ROW.findall(found[3])) for found in PLAN.finditer(text(GUIDE))}


def test_there_are_plans_for_ninety_minutes_half_a_day_and_two_days() -> None:
    assert [minutes for minutes, _ in PLANS.values()] == [90, 210, 420, 450]


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_s_minutes_add_up_to_what_its_heading_says(plan: str) -> None:
    promised, rows = PLANS[plan]
    at = 0
    for hours, minutes, taken, what in rows:
        assert int(hours) * 60 + int(minutes) == at, what
        at += int(taken)
    assert at == promised


def test_a_whole_lesson_takes_in_a_plan_what_its_header_says(readme: ModuleType) -> None:
    lessons = {lesson.title: lesson.minutes for lesson in readme.read_lessons()}
    planned = [(what, int(taken)) for _, rows in PLANS.values() for *_, taken, what in rows]
    whole = [(what, taken) for what, taken in planned if what in lessons]
    assert {what for what, _ in whole} == set(lessons) - {"Start here"}
    assert all(taken == lessons[what] for what, taken in whole)


def test_every_lesson_is_in_the_syllabus(readme: ModuleType) -> None:
    lessons = readme.read_lessons()
    assert len(lessons) == 14
    for lesson in lessons:
        row = f"| [{lesson.number} · {lesson.title}](../lessons/{lesson.notebook}) | "
        assert f"{row}{lesson.minutes} | " in text(SYLLABUS)


def test_a_path_has_what_its_lessons_need(readme: ModuleType) -> None:
    lessons = {lesson.number: lesson for lesson in readme.read_lessons()}
    for path, numbers in readme.PATHS.items():
        assert list(numbers) == sorted(set(numbers))
        for number in numbers:
            needed = re.findall(r"\]\((\d\d)_\w+\.ipynb\)", " ".join(lessons[number].needs))
            assert set(needed) <= set(numbers[: numbers.index(number)]), (path, number)


def test_problems_minutes_are_the_bank_s(readme: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "07_a_lesson.py"
    head = "title: A\n#     minutes: 20\n#     summary: B\n#     needs: [c]\n#     does: [d]"
    header = f"# ---\n# jupyter:\n#   stridelab:\n#     {head}\n#     outcomes: [e]\n# ---\n"
    cells = 'sl.practice.show("pad-01")\n\n# %%\nsl.practice.show("pad-16")\n'
    source.write_text(f"{header}\n# %%\n{cells}", encoding="utf-8")
    lesson = readme.read_lesson(source)[0]
    assert readme.problem_minutes(lesson) == bank()["pad-01"].minutes + bank()["pad-16"].minutes


def test_a_block_without_its_marks_is_refused(readme: ModuleType) -> None:
    with pytest.raises(SystemExit, match="there is no block <!-- a:begin -->"):
        readme.filled("no marks", {"a": "text"})


def test_counts_in_the_text_are_the_package_s() -> None:
    syllabus = text(SYLLABUS)
    assert "the same twelve problems, one for each of twelve topics" in syllabus
    assert len(form()) == len({bank()[name].topic for name in form()}) == 12
    assert "more than 250 problems of fourteen topics" in syllabus
    assert len(bank()) > 250
    assert len(topics()) == 14


def commands(file: Path) -> list[list[str]]:
    """The words of each `stridelab` or `make` that the file gives to type."""
    found = []
    for block, inline in CODE.findall(text(file)):
        for line in (block or inline).splitlines():
            words = line.split(" # ")[0].split()
            while words and (re.fullmatch(r"[A-Z_]+=\S*", words[0]) or words[0] == "RUN"):
                words.pop(0)
            if words and words[0] in ("stridelab", "make"):
                found.append(words)
    return found


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.stem)
def test_every_command_that_is_named_exists(file: Path) -> None:
    named = commands(file)
    assert named
    targets = set(re.findall(r"^([a-z-]+):", text(ROOT / "Makefile"), re.MULTILINE))
    for program, *words in named:
        if program == "make":
            assert set(words) <= targets, words
            continue
        command = typer.main.get_command(cli.app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands") or not words, words
        known = {name for each in command.params for name in each.opts + each.secondary_opts}
        assert {word.split("=")[0] for word in words if word.startswith("--")} <= known, words


def test_the_guide_names_what_a_room_needs() -> None:
    named = {" ".join(words[:2]) for words in commands(GUIDE)}
    wanted = {"doctor", "warmup", "sheet", "class", "progress"}
    assert {f"stridelab {name}" for name in wanted} <= named
    assert {"make slides", "make site", "make wheelhouse", "make cheatsheet"} <= named


def test_problems_that_the_guide_names_exist() -> None:
    named = re.findall(r"`([a-z]+-\d\d)`", text(GUIDE))
    assert named
    assert set(named) <= set(bank())


def anchors(file: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text(file), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.stem)
def test_every_relative_link_leads_somewhere(file: Path) -> None:
    links = [link for link in LINK.findall(text(file)) if "://" not in link]
    assert links
    for link in links:
        name, _, anchor = link.partition("#")
        target = (file.parent / name) if name else file
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link
