"""Sheets of problems: the same for a seed, whole, and without answers unless they are asked for."""

from __future__ import annotations

import re

import pytest

from stridelab import StrideLabError
from stridelab.__main__ import main
from stridelab.practice import bank, sheet
from stridelab.practice.card import as_html
from tests.practice.test_classroom import Page

#: A value, pads, an array, a choice, code and an order.
IDS = tuple(f"pad-0{number}" for number in range(1, 7))
SIX = tuple(bank.deal(id, 7) for id in IDS)


def test_a_seed_gives_one_sheet():
    assert sheet.as_html(SIX) == sheet.as_html([bank.deal(id, 7) for id in IDS])
    assert sheet.as_html(SIX) != sheet.as_html([bank.deal(id, 8) for id in IDS])
    chosen = [[one.problem.id for one in sheet.dealt("padding", seed, 3)] for seed in (1, 1, 2, 3)]
    assert chosen[0] == chosen[1]
    assert len({tuple(each) for each in chosen}) > 1
    order = list(bank.bank())
    assert all(each == sorted(each, key=order.index) for each in chosen)
    everything = [one.problem.id for one in sheet.dealt("padding")]
    assert everything == [id for id, one in bank.bank().items() if one.topic == "padding"]


@pytest.mark.parametrize("solutions", [False, True])
def test_the_page_is_whole(solutions):
    text = sheet.as_html(SIX, solutions=solutions)
    page = Page(text)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    assert not re.search(r"https?:|[\"'(]//|<script|<link|url\(|@import", text)
    for rule in ("@page", "@media print", "break-inside: avoid", "break-before: page"):
        assert rule in text


def test_a_problem_shows_its_facts_options_and_room():
    page = Page(sheet.as_html(SIX))
    words = "".join(page.text)
    minutes = sum(one.problem.minutes for one in SIX)
    assert f"StrideLab · padding · seed 7 · 6 problems · {minutes} minutes" in words
    assert "1. pad-01 · difficulty 1 of 5 · 1 minute\n" in words
    assert "def same_pads(n, k, s):\n    ..." in words
    assert [one["type"] for one in page.all("ol")] == ["a", "a"]
    assert len(page.all("li")) == sum(len(one.options) for one in SIX) == 6
    rooms = [one["class"] for one in page.all("span") if "class" in one]
    assert rooms == ["long", "long", "short", "short", "short", "short"]
    assert len(page.all("svg")) == 1
    assert page.all("div") == [{"class": "lines", "aria-hidden": "true"}, *[{}] * sheet.LINES]
    for one in SIX:
        assert as_html(one.prompt).strip() in sheet.as_html(SIX)


def test_answers_are_there_when_asked_for_and_only_then():
    without, with_them = sheet.as_html(SIX), sheet.as_html(SIX, solutions=True)
    start = with_them.index('<section class="solutions">')
    assert with_them[:start] == without[: without.index("</main>")]
    for one in SIX:
        because = as_html(one.because).strip()
        assert because not in without
        assert all(as_html(line).strip() in with_them[start:] for line in one.solution)
        assert one.solution[-1] == one.because
    assert "Solutions" not in without
    words = "".join(Page(with_them[start:].partition("</main>")[0]).text)
    assert f"Answer: {SIX[0].truth}\n" in words
    assert f"Answer: {SIX[1].truth}\n" in words
    assert f"Answer: {list(SIX[2].truth)}\n" in words
    assert f"Answer: {SIX[3].truth}, ZeroPadding2D(1), then Conv2D(64, 3, strides=2" in words
    assert SIX[4].problem.right_code.strip() in words
    assert f"Answer: {', '.join(SIX[5].truth)}\n" in words


def test_the_command_writes_a_file_or_prints(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = sheet.as_html(sheet.dealt("padding", 7, 2), solutions=True)
    asked = ["sheet", "padding", "--seed", "7", "--count", "2", "--answers"]
    assert main(asked) == 0
    assert capsys.readouterr().out == "Problems written to padding_answers.html: 2.\n"
    assert (tmp_path / "padding_answers.html").read_text(encoding="utf-8") == text
    assert main([*asked, "-"]) == 0
    assert capsys.readouterr().out == text
    assert main([*asked, "mine.html"]) == 0
    assert {file.name for file in tmp_path.iterdir()} == {
        "padding_answers.html",
        "mine.html",
    }
    assert main(asked[:-1]) == 0
    assert capsys.readouterr().out.endswith("Problems written to padding.html: 2.\n")


def test_what_cannot_be_dealt_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = f"Take one of {', '.join(bank.topics())}."
    assert main(["sheet", "paddingg"]) == 1
    said = f"topic must name a topic; got 'paddingg'. Did you mean 'padding'? {names}"
    assert capsys.readouterr().err == f"stridelab: {said}\n"
    number = len(sheet.dealt("padding"))
    for count in (0, number + 1):
        assert main(["sheet", "padding", "--count", str(count)]) == 1
        said = f"--count must be from 1 to {number}, the problems of 'padding'; got {count}"
        assert capsys.readouterr().err == f"stridelab: {said}\n"
    with pytest.raises(StrideLabError, match="seed must be a whole number, 0 or more; got -1"):
        sheet.dealt("padding", -1)
    assert list(tmp_path.iterdir()) == []
