"""Files whose cells do not stand where their headings say: nothing of them ever becomes a yes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.parsed import ParsedFile, ProblemKind
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import STANDARD_PURPOSES, Hold

HEADINGS = ["person_id", "forename", "surname", "class", *STANDARD_PURPOSES, "hold"]
FORENAMES = ("Ella", "Tom", "Amy", "Bo", "Cy", "Dee", "Eve", "Flo", "Gus", "Ian")
SURNAMES = ("Example", "Sample", "Specimen", "Muster", "Beispiel", "Esempio", "Ejemplo", "Prov", "Voorbeeld", "Exemple")
ANSWER = st.sampled_from(["granted", "refused", ""])
PUPILS = st.lists(st.lists(ANSWER, min_size=5, max_size=5), min_size=3, max_size=8)
DELIMITER = st.sampled_from([",", ";", "\t", "|"])
Read = Callable[[str], ParsedFile]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    path = tmp_path_factory.mktemp("shapes") / "consents.csv"

    def parse(text: str) -> ParsedFile:
        path.write_text(text, encoding="utf-8", newline="")
        parsed = parse_file(path, None, STANDARD_PURPOSES)
        assert isinstance(parsed, ParsedFile)
        return parsed

    return parse


def table(pupils: list[list[str]], hold: str = "") -> list[list[str]]:
    names = zip(FORENAMES, SURNAMES, pupils, strict=False)
    return [HEADINGS] + [
        [str(1001 + i), forename, surname, "3A", *answers, hold] for i, (forename, surname, answers) in enumerate(names)
    ]


def written(rows: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def yeses(parsed: ParsedFile) -> set[tuple[str, str]]:
    return {
        (listed.names.source_id, key[0])
        for listed in parsed.people
        for key, answer in listed.answers.items()
        if answer.why is None
    }


@settings(max_examples=150, deadline=None)
@given(PUPILS, st.data(), DELIMITER, st.sampled_from(["too many", "too few"]), st.booleans())
def test_a_row_with_a_cell_too_many_or_too_few_says_no_to_everything(
    read: Read, pupils: list[list[str]], data: st.DataObject, delimiter: str, kind: str, hold: bool
) -> None:
    """Wherever the cell was lost or came in, the row is listed, grants nothing and keeps its hold; others stay."""
    rows = table(pupils)
    want = yeses(read(written(rows, delimiter)))
    number = data.draw(st.integers(1, len(rows) - 1))
    row = [*rows[number][:-1], "never-photograph" if hold else ""]
    at = data.draw(st.integers(1, len(row) - 2))
    rows[number] = [*row[:at], "Oak", *row[at:]] if kind == "too many" else [*row[:at], *row[at + 1 :]]
    parsed = read(written(rows, delimiter))
    spoilt = str(1000 + number)
    assert yeses(parsed) == {entry for entry in want if entry[0] != spoilt}
    assert [problem.rows for problem in parsed.problems if problem.kind is ProblemKind.MISFIT] == [(number + 1,)]
    held = {hold for listed in parsed.people if listed.names.source_id == spoilt for hold in listed.holds}
    assert held == ({Hold.NEVER_PHOTOGRAPH} if hold else set())


@settings(max_examples=60, deadline=None)
@given(PUPILS, st.data())
def test_every_row_may_be_shifted(read: Read, pupils: list[list[str]], data: st.DataObject) -> None:
    """Where each row has the same cell too many, or the headings end in a delimiter, still nobody agrees."""
    rows = table(pupils)
    at = data.draw(st.integers(1, 8))
    shifted = [[*row[:at], "Oak", *row[at:]] for row in rows[1:]]
    for headings in (HEADINGS, [*HEADINGS, ""]):
        parsed = read(written([headings, *shifted]))
        assert not yeses(parsed)
        assert any(problem.kind is ProblemKind.MISFIT for problem in parsed.problems)


def test_headings_that_end_in_a_delimiter_do_no_harm(read: Read) -> None:
    """Some programs end the headings with a comma, and no other row."""
    rows = table([["granted"] * 5, ["refused"] * 5])
    parsed = read(written([[*HEADINGS, ""], *rows[1:]]))
    assert len(yeses(parsed)) == 5
    assert not any(problem.kind is ProblemKind.MISFIT for problem in parsed.problems)


@settings(max_examples=150, deadline=None)
@given(PUPILS, st.data(), DELIMITER)
def test_a_stray_quotation_mark_never_makes_a_yes(
    read: Read, pupils: list[list[str]], data: st.DataObject, delimiter: str
) -> None:
    """One or two quotation marks anywhere in the file: it is refused, or nobody agrees to more than they did."""
    rows = table(pupils)
    text = written(rows, delimiter)
    want = yeses(read(text))
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(len(text.splitlines()[0]) + 2, len(text)))
        text = text[:at] + '"' + text[at:]
    found: set[tuple[str, str]] = set()
    with suppress(ImportRefused):
        found = yeses(read(text))
    assert {(person.replace('"', ""), purpose) for person, purpose in found} <= want


@pytest.mark.parametrize("column", ["person_id", "forename", "surname", "class", "website"])
@pytest.mark.parametrize("inside", ["{0}\n{0}", "{0}\r\n", "{0},{0}", "{0}, Jnr", '{0}"",x', "{0}\n1002,Tom,Sample,3A"])
def test_a_line_break_or_a_delimiter_inside_a_cell_refuses_the_file(read: Read, column: str, inside: str) -> None:
    """In a name, an id, a class or an answer it shows that a quotation mark is out of place; the row is named."""
    rows = table([["granted"] * 5, ["refused"] * 5])
    cell = rows[1][HEADINGS.index(column)]
    rows[1][HEADINGS.index(column)] = inside.format(cell)
    if rows[1][HEADINGS.index(column)].strip() == cell:
        pytest.skip("a line break at the end of a cell is space")
    with pytest.raises(ImportRefused, match="row 2") as refusal:
        read(written(rows))
    assert "quotation" in refusal.value.message
    assert cell not in refusal.value.message + refusal.value.remedy


def test_a_comment_column_may_hold_whole_sentences(tmp_path: Path) -> None:
    """A column that the mapping does not read may have commas and line breaks, but no swallowed rows."""
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'confirmed = true\n[columns]\nperson_id = "id"\nforename = "first"\nsurname = "last"\n'
        '[[consent]]\ncolumn = "web"\npurpose = "website"\ngranted = ["Yes"]\nrefused = ["No"]\n'
    )
    path = tmp_path / "a.csv"
    path.write_text('id,first,last,web,notes\n1,Ella,Example,Yes,"Nuts, milk\nand eggs"\n2,Tom,Sample,No,\n')
    parsed = parse_file(path, mapping, STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)
    assert yeses(parsed) == {("1", "website")}
    path.write_text('id,first,last,web,notes\n1,Ella,Example,Yes,"Nuts\n2,Tom,Sample,No,\n3,Amy,Muster,Yes,"\n')
    with pytest.raises(ImportRefused, match="quotation"):
        parse_file(path, mapping, STANDARD_PURPOSES)


@settings(max_examples=50, deadline=None)
@given(PUPILS, st.data())
def test_headings_that_are_repeated_are_no_person(read: Read, pupils: list[list[str]], data: st.DataObject) -> None:
    """As at the top of each printed page, in any case; in another order they are a second list, and refused."""
    rows = table(pupils)
    at = data.draw(st.integers(1, len(rows)))
    again = [heading.upper() if data.draw(st.booleans()) else heading for heading in HEADINGS]
    parsed = read(written([*rows[:at], again, *rows[at:]]))
    assert yeses(parsed) == yeses(read(written(rows)))
    assert [listed.names.source_id for listed in parsed.people] == [row[0] for row in rows[1:]]
    other = data.draw(st.permutations(HEADINGS))
    if other != HEADINGS:
        with pytest.raises(ImportRefused, match=f"row {at + 1} is a second row of headings"):
            read(written([*rows[:at], other, *rows[at:]]))


@pytest.mark.parametrize(
    "damaged",
    [
        "9.20456E+11", "9,20456E+11", "1E5", "1.00E+05", "1e+05", "9.2E-3", "920456000000", "1000000000", "01-Mar",
        "1-Mar-26", "Mar-01", "March 2026", "01/03/2026", "2026-03-01", "1.3.26", "12:30", "#REF!", "#N/A", "#VALUE!",
        "#NAME?", "########", "12.5", "3,14", "TRUE", "false",
    ],
)  # fmt: skip
def test_an_id_that_a_spreadsheet_program_has_damaged_is_nobody(read: Read, damaged: str) -> None:
    """Rounded, turned into a date or into an error: the row is listed, and whoever has that name is in doubt."""
    parsed = read(written([HEADINGS, [damaged, "Ella", "Example", "3A", *["granted"] * 5, ""]], ";"))
    assert not parsed.people
    assert [(problem.kind, problem.rows) for problem in parsed.problems] == [(ProblemKind.UNMATCHED, (2,))]
    assert "ellaexample" in parsed.doubtful


@pytest.mark.parametrize(
    "sound",
    ["1001", "0012", "A123456789012", "pupil-001", "MAN-2021-00001", "12345678", "p1e5", "ABC-12", "9204560001"],
)
def test_ids_of_real_systems_are_not_taken_for_damaged(read: Read, sound: str) -> None:
    """Numbers, pupil numbers and codes stay what they are."""
    parsed = read(written([HEADINGS, [sound, "Ella", "Example", "3A", *["granted"] * 5, ""]]))
    assert [listed.names.source_id for listed in parsed.people] == [sound]


@pytest.mark.parametrize("hold", ["N/A", "-", "FALSE", "false", "0", "n", "?", "see office", "#REF!", "x"])
def test_a_hold_that_is_not_understood_holds(read: Read, hold: str) -> None:
    """What does not clearly say that there is none counts as never-publish, and is listed."""
    parsed = read(written(table([["granted"] * 5], hold)))
    assert parsed.people[0].holds == {Hold.NEVER_PUBLISH}
    assert ProblemKind.HOLD in {problem.kind for problem in parsed.problems}


def test_the_hold_that_hides_without_blocking_can_be_imported(read: Read) -> None:
    """never-shown is a word of the hold column like the others."""
    parsed = read(written(table([["granted"] * 5], "Never shown; never-photograph")))
    assert parsed.people[0].holds == {Hold.NEVER_SHOWN, Hold.NEVER_PHOTOGRAPH}
