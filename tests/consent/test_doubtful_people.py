"""Rows that may be about several children, or about one who is written in two ways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from form_kit import FORM, WITHOUT_ID, granted

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.parsed import ParsedFile, ProblemKind
from anonymiser.consent.register import Register
from anonymiser.values.consent import STANDARD_PURPOSES, Event

Load = Callable[..., ImportReport]
WHOLE = 'name = "First"'
WITH_ID = 'person_id = "ID"\nforename = "First"\nsurname = "Last"\ngroups = ["Class"]'
BY_CLASS = f'{WITHOUT_ID}\ngroups = ["Class"]'
NO_IDS = "First,Last,Class,Answered by,Date,Website\n"


def names_granted(register: Register, event: Event) -> set[str]:
    names = {person.id: person.names.full[0] for person in register.people()}
    return {names[person] for person in granted(register, event)}


@pytest.fixture
def form(tmp_path: Path) -> Callable[[str], str]:
    """A mapping with these lines of columns."""

    def write(columns: str) -> str:
        path = tmp_path / "form.mapping.toml"
        path.write_text(FORM.format(columns=columns), encoding="utf-8")
        return str(path)

    return write


JOINED = [
    "Ella/Tom", "Ella / Tom", "Ella&Tom", "Ella & Tom", "Ella and Tom", "Ella;Tom", "Ella; Tom", "Ella+Tom",
    "Ella\nTom", "Ella, Bo and Tom", "Ella AND Tom", "Ella\\Tom", "Ella, Tom & Bo",
]  # fmt: skip


@pytest.mark.parametrize("joined", JOINED)
@pytest.mark.parametrize("cell", ["{} Lane", "Lane, {}", "{}"])
def test_siblings_in_one_cell_are_all_refused(
    cell: str, joined: str, load: Load, register: Register, website: Event, form: Callable[[str], str], tmp_path: Path
) -> None:
    """Whatever stands between their names, in a workbook too, where a line break does."""
    whole = cell != "{}"
    mapping = form(WHOLE if whole else WITHOUT_ID)
    heads = (
        ["First", "Answered by", "Date", "Website"] if whole else ["First", "Last", "Answered by", "Date", "Website"]
    )
    known = [f"{name} Lane" if whole else name for name in ("Ella", "Tom")]

    def rows(names: list[str]) -> list[list[str]]:
        last = [] if whole else ["Lane"]
        other = ["Ann Reed"] if whole else ["Ann", "Reed"]
        return [heads, *([name, *last, "", "", "Yes"] for name in names), [*other, "", "", "Yes"]]

    load(f"{','.join(heads)}\n" + "".join(f"{','.join(row)}\n" for row in rows(known)[1:]), mapping)
    assert len(granted(register, website)) == 3
    book = openpyxl.Workbook()
    for row in rows([cell.format(joined)]):
        book.active.append(row)
    path = tmp_path / "siblings.xlsx"
    book.save(path)
    parsed = parse_file(path, Path(mapping), STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)
    report = register.import_consents(parsed, Coverage.PARTIAL)
    assert len(register.people()) == 3
    names = {person.id: person.names.surname for person in register.people()}
    assert {names[person] for person in granted(register, website)} == {"Reed"}
    assert any(2 in problem.rows for problem in report.problems)


@pytest.mark.parametrize("one", ["Ella,", ",Lane", "ELLA,", ",lane"])
@pytest.mark.parametrize("answer", ["No", ""])
@pytest.mark.parametrize("coverage", [Coverage.PARTIAL, Coverage.COMPLETE])
def test_half_a_name_that_does_not_agree_denies_everybody_who_may_be_meant(
    coverage: Coverage,
    answer: str,
    one: str,
    load: Load,
    register: Register,
    website: Event,
    form: Callable[[str], str],
) -> None:
    """In the same class, or where either class is not known; in the file and on record."""
    mapping = form(BY_CLASS)
    rest = "Tom,Reed,3A,,,Yes\nElla,Lane,3B,,,Yes\nIsla,Lane,3B,,,Yes\nElla,Marsh,3B,,,Yes\n"
    load(f"{NO_IDS}Ella,Wood,3A,,,Yes\nBo,Lane,3A,,,Yes\n{rest}", mapping)
    report = load(f"{NO_IDS}{one},3A,,,{answer}\nElla,Wood,3A,,,Yes\nBo,Lane,3A,,,Yes\n{rest}", mapping, coverage)
    meant = "Bo Lane" if one[0] == "," else "Ella Wood"
    assert names_granted(register, website) == {
        "Ella Wood", "Bo Lane", "Tom Reed", "Ella Lane", "Isla Lane", "Ella Marsh",
    } - {meant}  # fmt: skip
    assert any(2 in problem.rows for problem in report.problems)
    load(f"{NO_IDS}{one},,,,{answer}\nTom,Reed,3A,,,Yes\n", mapping, Coverage.PARTIAL)
    assert "Tom Reed" in names_granted(register, website)
    assert meant not in names_granted(register, website)


@pytest.mark.parametrize("one", ["Ella", "Lane"])
def test_half_a_name_in_one_column_denies_too(
    one: str, load: Load, register: Register, website: Event, form: Callable[[str], str]
) -> None:
    """A yes in such a row takes nothing from anybody."""
    mapping, head = form(WHOLE), "First,Answered by,Date,Website\n"
    rest = "Ella Lane,,,Yes\nTom Reed,,,Yes\n"
    load(f"{head}{rest}{one},,,Yes\n", mapping)
    assert names_granted(register, website) == {"Ella Lane", "Tom Reed"}
    load(f"{head}{rest}{one},,,No\n", mapping)
    assert names_granted(register, website) == {"Tom Reed"}


NEARLY = [("Ella,Smith", "Ella,Smyth"), ("Aisha,Khan", "Aysha,Khan"), ("Mohammed,Ali", "Mohamed,Ali"),
          ("Tom,Johnson", "Tom,Jonson"), ("Niamh,Reid", "Naimh,Reid")]  # fmt: skip


@pytest.mark.parametrize("answers", [("Yes", "No"), ("No", "Yes"), ("", "Yes")])
@pytest.mark.parametrize("names", NEARLY)
@pytest.mark.parametrize("classes", ["3A 3A", " 3A", " "])
def test_names_that_differ_by_a_letter_and_contradict_are_both_refused(
    classes: str, names: tuple[str, str], answers: tuple[str, str], load: Load, register: Register, website: Event,
    form: Callable[[str], str],
) -> None:  # fmt: skip
    """In a list without ids, in one class: it may be one child, whose name was typed twice."""
    first, second = classes.split(" ")
    rows = f"{names[0]},{first},,,{answers[0]}\n{names[1]},{second},,,{answers[1]}\nTom,Reed,3A,,,Yes\n"
    report = load(NO_IDS + rows, form(BY_CLASS))
    assert names_granted(register, website) == {"Tom Reed"}
    assert any({2, 3} <= set(problem.rows) for problem in report.problems if problem.kind is ProblemKind.AMBIGUOUS)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ("Ella,Smith,3A,,,No\nElla,Smyth,4B,,,Yes\n", BY_CLASS),
        ("Jayden,Smith,3A,,,No\nKayden,Smith,3A,,,Yes\n", BY_CLASS),
        ("Ava,Smith,3A,,,No\nAda,Smith,3A,,,Yes\n", BY_CLASS),
        ("Ella,Smith,3A,,,No\nEllie,Smith,3A,,,Yes\n", BY_CLASS),
        ("Ella,Smith,3A,,,No\nEmma,Smith,3A,,,Yes\n", BY_CLASS),
    ],
)
def test_siblings_twins_and_namesakes_with_names_alike_are_two(
    rows: str, columns: str, load: Load, register: Register, website: Event, form: Callable[[str], str]
) -> None:
    """In two classes, or with names that nobody mistypes for each other."""
    load(NO_IDS + rows, form(columns))
    assert len(granted(register, website)) == 1


def test_names_alike_with_an_id_each_are_two(
    load: Load, register: Register, website: Event, form: Callable[[str], str]
) -> None:
    """Their school knows them apart."""
    rows = "1,Ella,Smith,3A,,,No\n2,Ella,Smyth,3A,,,Yes\n"
    load(f"ID,{NO_IDS}{rows}", form(WITH_ID))
    assert granted(register, website) == {"2"}


@pytest.mark.parametrize("names", NEARLY)
@pytest.mark.parametrize("coverage", [Coverage.PARTIAL, Coverage.COMPLETE])
def test_nobody_comes_back_under_a_name_that_differs_by_a_letter(
    coverage: Coverage,
    names: tuple[str, str],
    load: Load,
    register: Register,
    website: Event,
    form: Callable[[str], str],
) -> None:
    """If the one on record is missing from the list, the new one may be the same child."""
    mapping, rest = form(BY_CLASS), "Tom,Reed,3A,,,Yes\nMia,Wood,3A,,,Yes\n"
    load(f"{NO_IDS}{names[0]},3A,,,No\n{rest}", mapping)
    report = load(f"{NO_IDS}{names[1]},3A,,,Yes\n{rest}", mapping, coverage)
    assert names_granted(register, website) == {"Tom Reed", "Mia Wood"}
    assert any(2 in problem.rows for problem in report.problems)
    load(f"{NO_IDS}{names[0]},3A,,,No\n{names[1]},4B,,,Yes\n{rest}", mapping, coverage)
    assert names_granted(register, website) == {"Tom Reed", "Mia Wood", names[1].replace(",", " ")}
