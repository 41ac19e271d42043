"""The instructor's view: small classes whose whole table is known."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import asdict
from html.parser import HTMLParser
from itertools import permutations

import pytest

from stridelab import StrideLabError, theme
from stridelab.__main__ import main
from stridelab.errors import shown
from stridelab.practice import bank, classroom
from stridelab.practice.beliefs import Belief
from stridelab.practice.classroom import Classroom, Held, Learner, Row, Share, gathered
from stridelab.practice.store import Attempt, Exported

#: Elements that have no end.
VOID = {"meta"}


class Page(HTMLParser):
    """Refuses tags that do not match, and keeps what tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def attempt(id, minute, problem, status, *beliefs, part="practice", seed=0):
    at = f"2026-01-01T00:{minute:02d}:00+00:00"
    return Attempt(problem, seed, status, "", beliefs, part=part, at=at, id=id)


ADA = (
    attempt("a1", 1, "pad-01", "incorrect", "valid-keeps-size", part="pre-test", seed=100),
    attempt("a2", 2, "pad-02", "incorrect", "odd-cell-before"),
    attempt("a3", 3, "pad-02", "correct", seed=1),
    attempt("a4", 4, "pad-01", "correct", part="post-test", seed=200),
    attempt("a5", 5, "pad-01", "incorrect", part="post-test", seed=200),  # asked again
)
BO = (
    attempt("b1", 1, "pad-02", "incorrect", "odd-cell-before"),
    attempt("b2", 2, "pad-02", "incorrect", "odd-cell-before", "valid-keeps-size"),
    attempt("b3", 3, "gone-01", "incorrect", "odd-cell-before"),
)
SOMEBODY = (attempt("c1", 9, "pad-06", "correct"),)

FILES = [Exported("Bo", BO), Exported("", SOMEBODY), Exported("Ada", ADA)]

NONE = Share()
CLASS = Classroom(
    (
        Learner(
            "Ada",
            (
                Row(
                    "padding", 6, 2, 2, 5, Share(0, 2), Share(0, 1), Share(1, 1), "valid-keeps-size"
                ),
            ),
            Share(0, 1),
            Share(1, 1),
        ),
        Learner(
            "Bo",
            (Row("padding", 6, 1, 0, 2, Share(0, 1), NONE, NONE, "odd-cell-before"),),
            NONE,
            NONE,
        ),
        Learner("learner 1", (Row("padding", 6, 1, 1, 1, Share(1, 1), NONE, NONE),), NONE, NONE),
    ),
    (
        Held("odd-cell-before", "the odd cell went before", 2, 3, ("pad-02",)),
        Held("valid-keeps-size", "'valid' kept the size", 2, 2, ("pad-01", "pad-02")),
    ),
    1,
)


@pytest.fixture
def small(monkeypatch):
    """The topic of padding with its first six problems, whatever else there is."""
    ids = [f"pad-0{number}" for number in range(1, 7)]
    problems = {id: bank.bank()[id] for id in ids}
    claims = {
        "odd-cell-before": "the odd cell went before",
        "valid-keeps-size": "'valid' kept the size",
    }
    held = {id: Belief(id, claim, "", "", "") for id, claim in claims.items()}
    monkeypatch.setattr(classroom, "bank", lambda: problems)
    monkeypatch.setattr(classroom, "topics", lambda: {"padding": "Padding"})
    monkeypatch.setattr(classroom, "beliefs", lambda: held)


def save(folder, *exported):
    files = []
    for number, one in enumerate(exported):
        file = folder / f"{number}.json"
        data = {"format": "stridelab progress", "version": 1, "learner": one.learner}
        data["attempts"] = [asdict(each) for each in one.attempts]
        file.write_text(json.dumps(data), encoding="utf-8")
        files.append(str(file))
    return files


# --- data -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_three_files_give_the_whole_class_in_any_order():
    for files in permutations(FILES):
        assert gathered(files) == CLASS
    assert CLASS.learners[0].gain == 100
    assert CLASS.learners[1].gain is None


@pytest.mark.usefixtures("small")
def test_files_that_share_attempts_are_one_learner_without_doubles():
    older, newer = Exported("Ada", ADA[:2]), Exported("Ada", ADA[1:])
    assert gathered([*FILES[:2], older, newer, FILES[2], older]) == CLASS
    chain = [Exported("", ADA[:1]), Exported("", ADA[2:]), Exported("", ADA)]  # the last joins them
    assert [one.rows[0].attempts for one in gathered(chain).learners] == [5]


@pytest.mark.usefixtures("small")
def test_without_names_the_order_of_first_answers_gives_the_numbers():
    found = gathered(FILES, names=False)
    assert [one.name for one in found.learners] == ["learner 1", "learner 2", "learner 3"]
    assert [one.rows for one in found.learners] == [one.rows for one in CLASS.learners]
    assert "Ada" not in classroom.as_html(found) + classroom.as_csv(found)
    assert "Ada" not in classroom.as_text(found)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["Alex", "Alex"], ["Alex", "Alex (2)"]),
        (["bo", "Al", ""], ["Al", "bo", "learner 1"]),
        (["learner 1", ""], ["learner 1", "learner 1 (2)"]),
        ([" A\n\x1b[2Jb\u202e ", "n" * 61], ["A [2Jb", "n" * 59 + "…"]),
    ],
)
def test_names_are_told_apart_and_steer_nothing(names, labels):
    files = [
        Exported(name, (attempt(f"{at}", at, "pad-01", "correct"),))
        for at, name in enumerate(names)
    ]
    assert [one.name for one in gathered(files).learners] == labels


@pytest.mark.usefixtures("small")
def test_files_under_two_names_show_both():
    files = [Exported("Bo", ADA[:2]), Exported("Ada", ADA)]
    assert [one.name for one in gathered(files).learners] == ["Ada / Bo"]


# --- what is rendered -----------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_the_text():
    assert classroom.as_text(CLASS).splitlines() == [
        "3 learners, 8 answers. Left out: 1 answer to problems that this version does not have.",
        "",
        "learner                  topic           solved   met    of   first right",
        "Ada                      padding              2     2     6   0% (0 of 2)",
        "Bo                       padding              0     1     6   0% (0 of 1)",
        "learner 1                padding              1     1     6   100% (1 of 1)",
        "",
        "Misconceptions, the commonest first:",
        "  2 learners, 3 answers as if the odd cell went before: pad-02",
        "  2 learners, 2 answers as if 'valid' kept the size: pad-01, pad-02",
        "",
        "learner                          pre-test        post-test   difference",
        "Ada                           0% (0 of 1)    100% (1 of 1)  +100 points",
        "Bo                                      –                –            –",
        "learner 1                               –                –            –",
    ]


@pytest.mark.usefixtures("small")
def test_the_csv():
    assert classroom.as_csv(CLASS) == (
        "learner,topic,problems,met,solved,attempts,first_right,pre_right,post_right,belief\n"
        "Ada,padding,6,2,2,5,0,0,1,valid-keeps-size\n"
        "Bo,padding,6,1,0,2,0,,,odd-cell-before\n"
        "learner 1,padding,6,1,1,1,1,,,\n"
    )


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x","y")'])
def test_no_spreadsheet_computes_a_name(name):
    found = gathered([Exported(f" {name}", SOMEBODY)])
    rows = list(csv.DictReader(classroom.as_csv(found).splitlines()))
    assert [row["learner"] for row in rows] == [f"'{name}"]


@pytest.mark.usefixtures("small")
def test_the_page_is_whole_and_says_what_its_cells_are():
    text = classroom.as_html(CLASS)
    page = Page(text)
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    assert len(page.all("table")) == len(page.all("caption")) == 4
    assert all(head["scope"] in ("col", "row") for head in page.all("th"))
    assert not re.search(r"https?:|//|<script|<link|url\(|@import", text)
    shades = [cell["class"] for cell in page.all("td") if cell.get("class", "").startswith("v")]
    assert shades == ["v0", "v0", "v8"]
    words = " ".join(page.text)
    assert "100%  1 of 1" in words
    assert "+100 points" in words


def test_each_shade_of_the_heat_map_has_a_readable_number():
    for mode in theme.MODES:
        assert all(theme.contrast(*pair) >= 4.5 for pair in theme.ramp("output", mode))
        for name in ("ink", "muted"):
            assert (
                theme.contrast(theme.colour(name, mode=mode), theme.colour("paper", mode=mode))
                > 4.5
            )


@pytest.mark.usefixtures("small")
def test_a_name_is_no_markup():
    name = "<script>alert('x')</script>&amp;"
    text = classroom.as_html(gathered([Exported(name, SOMEBODY)]))
    assert "<script" not in text
    assert Page(text).text.count(name) == 3


@pytest.mark.usefixtures("small")
def test_a_class_that_has_not_begun():
    found = gathered([Exported("", ()), Exported("Ada", ())])
    assert [one.name for one in found.learners] == ["Ada", "learner 1"]
    assert "No answer showed one." in Page(classroom.as_html(found)).text
    assert "nothing answered yet" in classroom.as_text(found)


@pytest.mark.usefixtures("small")
def test_a_terminal_shows_ten_misconceptions():
    held = tuple(Held(f"b{at}", f"rule {at} held", 1, 1, ("pad-01",)) for at in range(12))
    text = classroom.as_text(Classroom((), held))
    assert text.count("as if") == 10
    assert "  and 2 more, which the page of --html lists" in text


# --- files and the command ------------------------------------------------------------------------


def test_the_command_writes_both_files_and_prints(tmp_path, capsys):
    files = save(tmp_path, *FILES)
    page, table = tmp_path / "class.html", tmp_path / "class.csv"
    page.write_text("old", encoding="utf-8")
    assert main(["class", *files, "--html", str(page), "--csv", str(table)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("3 learners, 8 answers.")
    assert out.endswith(f"Written: {page}, {table}.\n")
    assert "Ada" in Page(page.read_text(encoding="utf-8")).text
    assert "Ada,padding," in table.read_text(encoding="utf-8")
    assert main(["class", *files, "--no-names"]) == 0
    out = capsys.readouterr().out
    assert "Ada" not in out
    assert "learner 3" in out
    assert len(list(tmp_path.iterdir())) == 5


def test_a_damaged_file_leaves_no_output(tmp_path, capsys):
    files = save(tmp_path, *FILES)
    damaged = tmp_path / "damaged.json"
    damaged.write_text('{"format": "stridelab progress"', encoding="utf-8")
    page = tmp_path / "class.html"
    assert main(["class", *files, str(damaged), "--html", str(page)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    rule = "file must be a file that `stridelab progress export` wrote"
    why = "(it is not JSON). Nothing was changed."
    assert said.err == f"stridelab: {rule}; got {shown(str(damaged))} {why}\n"
    assert not page.exists()


def test_outputs_are_files_of_their_own(tmp_path, capsys):
    files = save(tmp_path, FILES[0])
    before = (tmp_path / "0.json").read_text(encoding="utf-8")
    assert main(["class", *files, "--csv", files[0]]) == 2
    assert "--csv must be a file of its own; got " in capsys.readouterr().err
    assert (tmp_path / "0.json").read_text(encoding="utf-8") == before
    out = str(tmp_path / "out")
    assert main(["class", *files, "--html", out, "--csv", out]) == 2
    assert main(["class"]) == 2


def test_where_one_file_cannot_be_written_none_is(tmp_path):
    good, bad = tmp_path / "good", tmp_path / "none" / "bad"
    for other in (bad, tmp_path):
        with pytest.raises(StrideLabError, match="file must be a file that can be written; got "):
            classroom.write({good: "new", other: "new"})
        assert list(tmp_path.iterdir()) == []
    classroom.write({good: "a\r\nb\n"})
    assert good.read_bytes() == b"a\r\nb\n"
