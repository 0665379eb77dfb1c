"""Answers that moved into other columns while every row kept its number of cells, and second rows of headings."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.parsed import ParsedFile, ProblemKind
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import STANDARD_PURPOSES

HEADINGS = ["Pupil ID", "Forename", "Surname", "Class", "DOB", "School website", "Newsletter", "Until"]
MAPPING = """
confirmed = true
[columns]
person_id = "Pupil ID"
forename = "Forename"
surname = "Surname"
groups = ["Class"]
valid_to = "Until"
[[consent]]
column = "School website"
purpose = "website"
granted = [{0}]
refused = [{1}]
[[consent]]
column = "Newsletter"
purpose = "newsletter"
granted = [{0}]
refused = [{1}]
"""
NAMES = (("Ella", "Example"), ("Tom", "Sample"), ("Mia", "Muster"), ("Ann", "Prov"), ("Bo", "Esempio"))
CLASSES = ("3A", "4B", "3A", "5C", "4B")
Read = Callable[..., ParsedFile]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = tmp_path_factory.mktemp("shifts")

    def parse(rows: list[list[str]], *, words: tuple[str, str] = ("Yes", "No"), workbook: bool = False) -> ParsedFile:
        (folder / "m.toml").write_text(MAPPING.format(*(f'"{word}"' for word in words)))
        path = folder / "a.csv"
        if workbook:
            book = openpyxl.Workbook()
            for row in rows:
                book.active.append([cell or None for cell in row])
            book.save(path)
        else:
            out = io.StringIO()
            csv.writer(out).writerows(rows)
            path.write_text(out.getvalue(), encoding="utf-8", newline="")
        parsed = parse_file(path, folder / "m.toml", STANDARD_PURPOSES)
        assert isinstance(parsed, ParsedFile)
        return parsed

    return parse


def table(answers: list[tuple[str, str]], until: str = "") -> list[list[str]]:
    return [HEADINGS] + [
        [str(101 + n), *NAMES[n], CLASSES[n], f"1{n}/02/2018", *pair, until] for n, pair in enumerate(answers)
    ]


def yeses(parsed: ParsedFile) -> set[tuple[str, str]]:
    return {
        (listed.names.surname, key[0])
        for listed in parsed.people
        for key, answer in listed.answers.items()
        if answer.why is None
    }


WORDS = st.sampled_from([("Yes", "No"), ("granted", "refused"), ("Y", "N"), ("TRUE", "FALSE")])
PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=5, max_size=5)


def worded(pairs: list[tuple[bool, bool]], words: tuple[str, str]) -> list[tuple[str, str]]:
    return [(words[0 if one else 1], words[0 if two else 1]) for one, two in pairs]


@settings(max_examples=60, deadline=None)
@given(PAIRS, WORDS, st.integers(0, 4), st.integers(0, 4), st.booleans())
def test_a_row_that_moved_to_the_left_and_was_filled_up_says_no(
    read: Read, pairs: list[tuple[bool, bool]], words: tuple[str, str], number: int, at: int, workbook: bool
) -> None:
    """Whichever cell was deleted, in a workbook or in a padded text file: the row is listed, the others stay."""
    rows = table(worded(pairs, words))
    want = {entry for entry in yeses(read(rows, words=words)) if entry[0] != NAMES[number][1]}
    row = rows[number + 1]
    rows[number + 1] = [*row[:at], *row[at + 1 :], ""]
    parsed = read(rows, words=words, workbook=workbook)
    assert yeses(parsed) == want
    assert [p.rows for p in parsed.problems if p.kind is ProblemKind.MISFIT] == [(number + 2,)]


@settings(max_examples=60, deadline=None)
@given(PAIRS, WORDS, st.integers(0, 4), st.integers(1, 4), st.sampled_from(["Jr", "Anne", "3A"]), st.booleans())
def test_a_row_that_moved_to_the_right_and_lost_its_last_blank_says_no(
    read: Read, pairs: list[tuple[bool, bool]], words: tuple[str, str], number: int, at: int, extra: str, workbook: bool
) -> None:
    """An unquoted comma in front of the answers, and the blank at the end cut off."""
    rows = table(worded(pairs, words))
    want = {entry for entry in yeses(read(rows, words=words)) if entry[0] != NAMES[number][1]}
    row = rows[number + 1]
    rows[number + 1] = [*row[:at], extra, *row[at:-1]]
    parsed = read(rows, words=words, workbook=workbook)
    assert yeses(parsed) == want
    assert number + 2 in {r for p in parsed.problems if p.kind is ProblemKind.MISFIT for r in p.rows}


def test_a_class_that_nobody_else_is_in_is_known_by_its_shape(read: Read) -> None:
    """3A among the answers is a class where others are in 4B and 5C."""
    rows = table([("Yes", "No"), ("Yes", "No"), ("Yes", "Yes")])
    rows[1] = ["101", "Ella", "Example", "Jr", "x", "6D", "Yes", ""]
    assert {surname for surname, _ in yeses(read(rows))} == {"Sample", "Muster"}


def test_ordinary_lists_have_no_shifted_rows(read: Read) -> None:
    """Classes called by a digit or a letter, answers nobody has explained, and 1 and 0 as answers."""
    for words, classes in ((("1", "0"), "11010"), (("Yes", "No"), "ABCDE"), (("Y", "N"), ("Oak", "Elm", "Ash") * 2)):
        rows = table([(words[0], words[1])] * 5)
        for row, group in zip(rows[1:], classes, strict=False):
            row[3] = group
        rows[2][5] = "Yes but ask"
        parsed = read(rows, words=words)
        assert len(yeses(parsed)) == 4
        assert not any(problem.kind is ProblemKind.MISFIT for problem in parsed.problems)


@pytest.mark.parametrize(
    "second",
    [
        "Adm no,First name,Last name,Reg,Born,Newsletter photos,Website photos,",
        "Pupil No.,First Name,Family Name,Reg Group,DOB,Newsletter,Web,",
        "UPN,Legal Forename,Legal Surname,Form,,Newsletter?,Website?,",
        "ID,Enw,Cyfenw,Dosbarth,,Gwefan,,",
        "Rhif,Enw cyntaf,Cyfenw,Dosbarth,Dyddiad geni,Cylchlythyr,Gwefan,",
        "Pupil ID,Forename,Surname,Class,DOB,Newsletter,School website,Until",
        "Student ID,Child's first name,Child's surname,Year,,Photos,Videos,",
    ],
)
@pytest.mark.parametrize("workbook", [False, True])
def test_a_second_row_of_headings_in_other_words_refuses_the_file(read: Read, second: str, workbook: bool) -> None:
    """Below it, the answers may stand in other columns."""
    rows = table([("Yes", "No"), ("No", "Yes")])
    with pytest.raises(ImportRefused, match="row 3 is a second row of headings"):
        read([*rows[:2], second.split(","), *rows[2:]], workbook=workbook)


@pytest.mark.parametrize(
    "again",
    [
        HEADINGS,
        [heading.upper() for heading in HEADINGS],
        ["Pupil ID", "Forename", "Surname", *[""] * 5],
        ["", "Forename", "Surname", "CLASS", "", "School website?", "", ""],
        [heading + ":" for heading in HEADINGS],
    ],
)
def test_headings_that_are_repeated_in_their_places_are_skipped(read: Read, again: list[str]) -> None:
    """All of them or some of them, in capitals or not: they are no person, and nothing is wrong."""
    rows = table([("Yes", "No"), ("No", "Yes")])
    parsed = read([*rows[:2], again, *rows[2:]])
    assert yeses(parsed) == yeses(read(rows))
    assert len(parsed.people) == 2
    assert not parsed.problems


def test_pupils_whose_names_are_words_of_headings_are_no_headings(read: Read) -> None:
    """Reg Child and May Form are people, if they answer."""
    rows = table([("Yes", "No"), ("No", "Yes")])
    rows[1][1:4] = ["Reg", "Child", "Form"]
    assert yeses(read(rows)) == {("Child", "website"), ("Sample", "newsletter")}


def test_a_hold_in_the_words_of_the_answers_is_a_hold(tmp_path: Path) -> None:
    """TRUE in the column of holds stays a hold, where answers are TRUE and FALSE too."""
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'confirmed = true\n[columns]\nperson_id = "ID"\nforename = "First"\nsurname = "Last"\nhold = "Hold"\n'
        '[[consent]]\ncolumn = "Web"\npurpose = "website"\ngranted = ["TRUE"]\nrefused = ["FALSE"]\n'
    )
    path = tmp_path / "a.csv"
    path.write_text("ID,First,Last,Web,Hold\n1,Ella,Example,TRUE,TRUE\n2,Tom,Sample,TRUE,\n")
    parsed = parse_file(path, mapping, STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)
    assert [len(listed.holds) for listed in parsed.people] == [1, 0]
