"""Lists of consents to face recognition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from anonymiser.consent.biometric_import import read_biometric_file
from anonymiser.consent.importing import ImportReport
from anonymiser.consent.register import Register
from anonymiser.consent.rules import BiometricFact
from anonymiser.errors import ImportRefused
from anonymiser.school.consents import import_biometrics
from anonymiser.values.identity import Embedding
from anonymiser.values.people import PersonId

HEADER = "person_id,parents_notified,evidence,consented,objection,expires,child_refused\n"
HEADINGS = HEADER.strip().split(",")
CLEAN = {
    "person_id": "p01", "parents_notified": "01/09/2025", "evidence": "form 3", "consented": "yes", "objection": "no",
    "expires": "31/08/2099", "child_refused": "no",
}  # fmt: skip
MODEL = "a" * 64


@pytest.mark.parametrize(
    ("row", "fact"),
    [
        ("p1,01/09/2025,form 3,yes,no,31/08/2026,", BiometricFact.CONSENT),
        ("p1,01/09/2025,form 3,Yes,No,,no", BiometricFact.CONSENT),
        ("p1,01/09/2025,form 3,yes,yes,,", BiometricFact.OBJECTION),
        ("p1,,,no,,,", BiometricFact.OBJECTION),
        ("p1,01/09/2025,form 3,yes,no,,yes", BiometricFact.CHILD_REFUSAL),
        ("p1,01/09/2025,form 3,yes,no,,rather not", None),
        ("p1,01/09/2025,form 3,yes,no,,n/a", None),
        ("p1,01/09/2025,form 3,yes,maybe,,no", None),
        ("p1,01/09/2025,n/a,yes,no,,no", None),
        ("p1,01/09/2025,no,yes,no,,no", None),
        ("p1,01/09/2025,#REF!,yes,no,,no", None),
        ("1.2E+05,01/09/2025,form 3,yes,no,,no", None),
        ("p1,01/09/2025,#12,yes,no,,no", BiometricFact.CONSENT),
        ('p1,01/09/2025,"form 3, office; file 2",yes,no,,no', BiometricFact.CONSENT),
        ("p1,01/09/2025,form 3,,no,,", None),
        ("p1,01/09/2025,form 3,yes,,,", None),
        ("p1,01/09/2025,form 3,pending,no,,", None),
        ("p1,,form 3,yes,no,,", None),
        ("p1,31/02/2026,form 3,yes,no,,", None),
        ("p1,01/09/2025,,yes,no,,", None),
        ("p1,01/09/2025,form 3,yes,no,soon,", None),
        (",01/09/2025,form 3,yes,no,,", None),
        ("p1,01/09/2025,form 3", None),
    ],
)
def test_only_a_complete_row_is_a_consent(tmp_path: Path, row: str, fact: BiometricFact | None) -> None:
    """A consent needs id, notice, evidence, yes and no objection; every no is a refusal; the rest is listed."""
    path = tmp_path / "b.csv"
    path.write_text(HEADER + row + "\n")
    listed = read_biometric_file(path)
    assert [entry.record.fact for entry in listed.rows] == ([fact] if fact else [])
    assert list(listed.doubtful) == ([] if fact else [2])
    if fact is BiometricFact.CONSENT:
        assert listed.rows[0].record.parents_notified == dt.date(2025, 9, 1)
        assert not listed.rows[0].record.lifts_refusal


def test_a_photo_consent_file_is_not_a_biometric_one(tmp_path: Path) -> None:
    """The headings must be those of the biometric list."""
    path = tmp_path / "b.csv"
    path.write_text("person_id,forename,surname,website\np1,Ella,Smith,granted\n")
    with pytest.raises(ImportRefused, match="parents_notified"):
        read_biometric_file(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.permutations(HEADINGS),
    st.sampled_from(["drop", "insert", "comma", "drop two"]),
    st.integers(0, 6),
    st.tuples(*[st.sampled_from(["yes", "no"])] * 3),
    st.sampled_from(["", "yes", "no", "p01", "form 12"]),
)
def test_a_cell_too_many_or_too_few_is_neither_a_consent_nor_a_refusal(
    tmp_path: Path, order: list[str], damage: str, place: int, said: tuple[str, str, str], stray: str
) -> None:
    """Whatever the order of the columns, such a row decides nothing, is listed, and is about whoever is in it."""
    row = CLEAN | dict(zip(("consented", "objection", "child_refused"), said, strict=True))
    cells = [row[heading] for heading in order]
    match damage:
        case "drop":
            del cells[place]
        case "drop two":
            del cells[place : place + 2]
        case "insert":
            cells.insert(place, stray)
        case "comma":
            cells[place] = f"{cells[place]}, {stray}"
    clean = [(CLEAN | {"person_id": person})[heading] for person in ("p02", "p03") for heading in order]
    path = tmp_path / "b.csv"
    path.write_text("\n".join(map(",".join, (order, clean[:7], cells, clean[7:]))) + "\n")
    listed = read_biometric_file(path)
    assert [entry.person for entry in listed.rows] == ["p02", "p03"]
    assert list(listed.doubtful) == [3]
    assert set(listed.may_be_about[3]) == {cell.strip() for cell in ",".join(cells).split(",")} - {""}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEADER.strip() + ",objection 2\np1,01/09/2025,f,yes,no,,no,yes\n", "objection 2"),
        (HEADER.strip() + ",objection\np1,01/09/2025,f,yes,no,,no,yes\n", r"objection \[1\]"),
        (HEADER.strip() + ",Notes\np1,01/09/2025,f,yes,no,,no,\n", "notes"),
        (HEADER.replace("child_refused", "child refused") + "p1,01/09/2025,f,yes,no,,yes\n", "child refused"),
        (
            HEADER + "p1,01/09/2025,f,yes,no,,no\n\n"
            + HEADER.replace("consented,objection", "objection,consented") + "p2,01/09/2025,f,yes,no,,no\n",
            "second row of headings",
        ),
        (HEADER + 'p1,01/09/2025,"f,no,yes,,\np2,01/09/2025,f",yes,no,,no\n', "quotation mark"),
        (HEADER + 'p1,01/09/2025,f,"yes,no",no,,no\n', "quotation mark"),
    ],
)  # fmt: skip
def test_a_list_that_may_be_read_wrongly_is_refused(tmp_path: Path, text: str, why: str) -> None:
    """An unknown or repeated heading, a second table and a swallowing quotation mark refuse the whole list."""
    path = tmp_path / "b.csv"
    path.write_text(text)
    with pytest.raises(ImportRefused, match=why):
        read_biometric_file(path)


def test_ordinary_lists_are_read(tmp_path: Path) -> None:
    """Names, blank rows, repeated headings, a title and trailing commas are no fuss; what is not read is said."""
    path = tmp_path / "b.csv"
    heading = HEADER.strip() + ",forename,surname,,\n"
    path.write_text(
        f"Consents 2025,,,,,,,,,,\n{heading}p1,01/09/2025,f,yes,no,31/08/2026,no,Ella,Smith,,\n,,,,,,,,,,\n"
        f"{heading}p2,2025-09-13,f,yes,no,,,Tom,Brown,,\n"
    )
    listed = read_biometric_file(path)
    assert [(entry.person, entry.record.fact) for entry in listed.rows] == [
        ("p1", BiometricFact.CONSENT),
        ("p2", BiometricFact.CONSENT),
    ]
    assert listed.doubtful == {}
    assert listed.noticed == {2: "these columns are not read: forename, surname"}


def test_dates_are_judged_together(tmp_path: Path) -> None:
    """One date with the month first makes every date doubtful that can be read both ways, in other columns too."""
    path = tmp_path / "b.csv"
    path.write_text(HEADER + "p1,09/13/2025,f,yes,no,,no\np2,13 June 2025,f,yes,no,05/04/2027,no\n")
    assert list(read_biometric_file(path).doubtful) == [2, 3]


def _struck(sheet: Worksheet) -> None:
    sheet["A3"].font = Font(strike=True)


def _struck_heading(sheet: Worksheet) -> None:
    sheet["D1"].font = Font(strike=True)


def _commented(sheet: Worksheet) -> None:
    sheet["D3"].comment = Comment("withdrawn 3 June", "office")


def _commented_blank(sheet: Worksheet) -> None:
    sheet["F3"].comment = Comment("until Easter only", "office")


def _merged_down(sheet: Worksheet) -> None:
    sheet.merge_cells("D3:D4")


def _merged_across(sheet: Worksheet) -> None:
    sheet.merge_cells("D3:E3")


def _stored(sheet: Worksheet) -> None:
    sheet["F3"] = dt.date(2099, 4, 3)
    sheet["F4"] = "05/13/2099"


def _formula(sheet: Worksheet) -> None:
    sheet["F3"] = "=DATE(2026,8,31)"


def _shifted_left(sheet: Worksheet) -> None:
    for place, text in zip("CDEFG", ("no", "yes", "no", None, None), strict=True):
        sheet[f"{place}3"] = text


@pytest.mark.parametrize(
    "change",
    [_struck, _struck_heading, _commented, _commented_blank, _merged_down, _merged_across, _stored, _formula,
     _shifted_left],
)  # fmt: skip
@pytest.mark.parametrize("said", ["yes", "no"])
def test_what_a_person_sees_in_a_workbook_puts_the_row_in_doubt(
    tmp_path: Path, change: Callable[[Worksheet], None], said: str
) -> None:
    """Struck out, commented, merged, stored as a swapped date or without a value: neither a consent nor a refusal."""
    book = openpyxl.Workbook()
    for row in (HEADINGS, ["p1", "2025-09-01", "form 1", "yes", "no", None, "no"],
                ["p2", "2025-09-01", "form 2", said, "no", None, "no"],
                ["p3", "2025-09-01", "form 3", "yes", "no", None, "no"]):  # fmt: skip
        book.active.append(row)
    path = tmp_path / "b.xlsx"
    book.save(path)
    assert (len(read_biometric_file(path).rows), read_biometric_file(path).doubtful) == (3, {})
    change(book.active)
    book.save(path)
    listed = read_biometric_file(path)
    assert 3 in listed.doubtful
    assert 3 not in {entry.row for entry in listed.rows}


@pytest.mark.parametrize(
    "row",
    [
        "p01,01/09/2025,form 12, office,no,no,,yes",
        "p01,01/09/2025,no,yes,no",
        "p01,01/09/2025,form 3,yes,no,,rather not",
        "p01,01/09/2025,form 3,yes,mum: no,,no",
        "p01,01/09/2025,form 3,yes,no,end of term,no",
        "Tom Brown,p01,01/09/2025,form 3,yes,no,,no",
        "p01,01/09/2025,form 3,yes,no,,no\np01,01/09/2025,form 3,yes,no,31/08/2099,no",
        "p01,01/09/2025,form 3,yes,no,,no\np01,01/09/2025,form 3,,no,,no",
    ],
)
def test_while_a_row_is_in_doubt_nobody_is_recognised_and_nothing_destroyed(
    school: ImportReport,
    register: Register,
    agree: Callable[..., None],
    face: Callable[[int], Embedding],
    tmp_path: Path,
    row: str,
) -> None:
    """Templates stay until a person decides; a corrected list, or a refusal that is recorded, decides."""
    register.open_gate("DPIA 7", "Head")
    for seed, person in enumerate(("p00", "p01")):
        agree(person)
        register.store_templates(PersonId(person), face(seed), MODEL)
    path = tmp_path / "b.csv"
    path.write_text(HEADER + row + "\n")
    done = import_biometrics(register, path, dry_run=True)
    assert done.doubtful
    assert register.agreed_to_recognition() == {"p00", "p01"}
    import_biometrics(register, path, dry_run=False)
    assert register.agreed_to_recognition() == {"p00"}
    assert register.enrolled(MODEL) == {"p00", "p01"}
    path.write_text(HEADER + "p01,01/09/2025,form 3,yes,no,,no\n")
    assert import_biometrics(register, path, dry_run=False).doubtful == {}
    assert register.agreed_to_recognition() == {"p00", "p01"}
    path.write_text(HEADER + "p01,01/09/2025,form 3,no,no,,no\n")
    assert import_biometrics(register, path, dry_run=False).doubtful == {}
    assert register.enrolled(MODEL) == {"p00"}
