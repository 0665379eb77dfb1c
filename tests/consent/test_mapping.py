"""Mapping files: what is proposed, what is accepted, what is refused."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from anonymiser.consent.biometric_import import read_biometric_file
from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.mapping import Mapping, canonical, load_mapping
from anonymiser.consent.parsed import ParsedFile
from anonymiser.consent.proposal import propose
from anonymiser.consent.table import Sheet
from anonymiser.consent.tabular import read_sheet
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import STANDARD_PURPOSES, Medium

GOOD = """confirmed = true
[columns]
forename = "First"
surname = "Last"
[[consent]]
column = "Photos"
purpose = "website"
granted = ["Yes"]
refused = ["No"]
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write_text(text: str, name: str = "m.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("confirmed = true", "confirmed = false", "nobody has confirmed"),
        ('granted = ["Yes"]', "granted = []", "granted"),
        ('granted = ["Yes"]', 'granted = ["Yes", ""]', "no agreement"),
        ('granted = ["Yes"]', 'granted = ["Pending"]', "'pending' is no agreement"),
        ('granted = ["Yes"]', 'granted = ["no "]', "in `granted` and in `refused`"),
        ('purpose = "website"', 'purpose = ""', "consent.1.purpose"),
        ('surname = "Last"', "", "columns.surname"),
        ('surname = "Last"', 'surname = "Last"\nbiometric = "Face"', "columns.biometric"),
        ('purpose = "website"', 'purpose = "website"\nmedia = ["biometric"]', "consent.1.media"),
        ("[columns]", "[columns", "cannot be read"),
        ("[columns]\n", "[columns]\ngroups = []\nx = 1\n", "columns.x"),
    ],
)
def test_a_mapping_that_is_not_safe_is_refused(write: Callable[[str], Path], old: str, new: str, why: str) -> None:
    """Unconfirmed, empty, contradictory or unknown lines are named; biometric consent cannot be mapped at all."""
    with pytest.raises(ImportRefused, match=why) as refusal:
        load_mapping(write(GOOD.replace(old, new)))
    assert refusal.value.remedy


def test_a_renamed_column_stops_the_import(write: Callable[..., Path]) -> None:
    """An export whose headings have changed does not fit its mapping any more, and the heading is named."""
    with pytest.raises(ImportRefused, match="'Photos'"):
        parse_file(write("First,Last,Photographs\nElla,Smith,Yes\n", "a.csv"), write(GOOD), STANDARD_PURPOSES)


def test_two_columns_for_one_purpose_must_both_agree(write: Callable[..., Path]) -> None:
    """Where two questions are about one purpose, both must be answered with yes."""
    second = '[[consent]]\ncolumn = "Again"\npurpose = "website"\ngranted = ["Yes"]\nrefused = ["No"]\n'
    text = "First,Last,Photos,Again\nElla,Smith,Yes,Yes\nTom,Brown,Yes,No\nMia,Khan,Yes,\nAli,Jones,Yes\n"
    parsed = parse_file(write(text, "a.csv"), write(GOOD + second), STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)
    assert [answer.why is None for person in parsed.people for answer in person.answers.values()] == [
        True, False, False, False,
    ]  # fmt: skip


def test_the_programs_own_format_needs_no_mapping(write: Callable[..., Path]) -> None:
    """The documented headings are recognised in any order and case, below a title, with a column for video."""
    sheet = read_sheet(write("Our school\n\nSurname,Forename,PERSON_ID,website.video,press\nSmith,Ella,p1,granted,\n"))
    mapping = canonical(sheet, STANDARD_PURPOSES)
    assert isinstance(mapping, Mapping)
    assert mapping.covers == {("website", Medium.VIDEO), ("press", Medium.IMAGE)}


@pytest.mark.parametrize(
    "header",
    [
        "person_id,forename,surname",
        "person_id,forename,surname,website,Website",
        "person_id,forename,surname,website,x",
    ],
)
def test_headings_beyond_the_format_need_a_mapping(write: Callable[..., Path], header: str) -> None:
    """A format with no purpose, a repeated or an unknown heading is not read on trust."""
    path = write(header + "\n1,2,3,4,5\n", "a.csv")
    assert isinstance(parse_file(path, None, STANDARD_PURPOSES), Sheet)


def test_a_proposal_for_parentmails_columns(write: Callable[..., Path]) -> None:
    """Known headings and plain questions are filled in, odd answers stay open, and nothing is confirmed."""
    path = write(
        "studentforename,studentsurname,year,reg,dob,studentid,May we use photos on our website?,Video for the press?,"
        "Photo consent withdrawn?,Any dietary needs\n"
        'Ella,Smith,3,3A,01/02/2018,MAN-2021-00001,Yes,No,No,"nuts, \\ milk"\n'
        "Tom,Brown,3,3A,02/02/2018,MAN-2021-00002,No,Only with us,Yes,\n",
        "a.csv",
    )
    proposal = propose(read_sheet(path))
    values = tomllib.loads(proposal.text)
    assert values["confirmed"] is False
    assert values["columns"] == {
        "person_id": "studentid", "forename": "studentforename", "surname": "studentsurname", "groups": ["reg"],
    }  # fmt: skip
    website, press, withdrawn = values["consent"]
    assert website == {
        "column": "May we use photos on our website?", "purpose": "website", "media": ["image"], "granted": ["Yes"],
        "refused": ["No"],
    }  # fmt: skip
    assert (press["purpose"], press["media"], press["granted"]) == ("press", ["video"], [])
    assert '"Only with us"' in proposal.text
    assert withdrawn["granted"] == []
    assert proposal.inverted == ("Photo consent withdrawn?",)
    assert proposal.unclear == ("Video for the press?",)
    assert "nuts" not in proposal.text
    assert set(proposal.unused) == {"year", "dob", "Any dietary needs"}


@pytest.mark.parametrize(
    "heading",
    [
        "Consent Denied", "Do NOT photograph", "Opt out of photos", "Opted-out: website", "No photos",
        "Objects to images", "I don't want photos", "Photo consent withdrawn", "Refused website",
        "Photographs: declined", "Exclude from press", "Never publish images", "Not to be photographed",
    ],
)  # fmt: skip
def test_headings_that_may_be_inverted_are_never_guessed(write: Callable[..., Path], heading: str) -> None:
    """Any heading with a negation leaves the meaning of yes to a person."""
    proposal = propose(read_sheet(write(f"Forename,Surname,{heading}\nElla,Smith,Yes\n", "a.csv")))
    assert proposal.inverted == (heading,)
    assert tomllib.loads(proposal.text)["consent"][0]["granted"] == []


def test_a_proposal_tells_repeated_headings_apart(write: Callable[..., Path]) -> None:
    """Headings that occur twice are proposed with their number, and the proposal can be used as it stands."""
    path = write("ID,Forename,Surname,Forename,Surname,Website,Website\n1,Ella,Smith,Ann,Smith,Yes,No\n", "a.csv")
    text = propose(read_sheet(path)).text
    assert tomllib.loads(text)["columns"]["forename"] == "Forename [1]"
    confirmed = text.replace("confirmed = false", "confirmed = true").replace("granted = []", 'granted = ["Yes"]')
    mapping = write(confirmed.replace('refused = ["No"]', "refused = []"))
    parsed = parse_file(path, mapping, STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)


@pytest.mark.parametrize(
    ("headings", "wanted"),
    [
        ("First name,Last name,Child's first name,Child's surname", ("Child's first name", "Child's surname")),
        ("Forename,Surname,Pupil forename,Pupil surname", ("Pupil forename", "Pupil surname")),
        ("Forename,Surname,Student Forename,Student Surname", ("Student Forename", "Student Surname")),
        ("Pupil First Name,Pupil Last Name,First Name,Last Name", ("Pupil First Name", "Pupil Last Name")),
        ("Name,Child,Email,Phone", ("Child",)),
        ("Full name,Pupil,Email,Phone", ("Pupil",)),
        ("Name,Email,Class,Year", ("Name",)),
        ("First name,Last name,Class,Year", ("First name", "Last name")),
    ],
)
def test_the_childs_columns_win_over_those_of_whoever_answered(
    write: Callable[..., Path], headings: str, wanted: tuple[str, ...]
) -> None:
    """Wherever they stand; without them the plain ones are the child's."""
    proposal = propose(read_sheet(write(f"{headings},Photo consent\na,b,c,d,Yes\n", "a.csv")))
    columns = dict(proposal.columns)
    assert tuple(columns[name] for name in ("forename", "surname", "name") if name in columns) == wanted


def test_the_programs_own_format_with_one_more_column_loses_nothing(write: Callable[..., Path]) -> None:
    """Holds and days are still understood, in the mapping that it then needs."""
    header = "person_id,forename,surname,class,role,website,answered_on,valid_from,valid_to,hold,notes"
    path = write(
        f"{header}\n1,Ella,Example,3A,staff,granted,01/09/2026,02/09/2026,31/08/2027,,x\n"
        "2,Tom,Sample,3A,pupil,granted,,,,never-publish,y\n",
        "a.csv",
    )
    text = propose(read_sheet(path)).text
    columns = tomllib.loads(text)["columns"]
    assert columns == {
        **{name: name for name in header.split(",") if name not in {"website", "notes", "class"}}, "groups": ["class"]
    }  # fmt: skip
    confirmed = text.replace("confirmed = false", "confirmed = true").replace("granted = []", 'granted = ["granted"]')
    parsed = parse_file(path, write(confirmed), STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)
    assert [len(listed.holds) for listed in parsed.people] == [0, 1]
    answer = parsed.people[0].answers["website", "image"]
    assert None not in {answer.valid_from, answer.valid_to, answer.answered_on}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1234,Ella,Smith,3A\n1235,Tom,Brown,3A\n", "no row of headings"),
        ("Forename,Surname,dob\nElla,Smith,x\n", "no column"),
    ],
)
def test_files_without_headings_or_questions_get_no_proposal(write: Callable[..., Path], text: str, why: str) -> None:
    """Where nothing is recognised, the remedy says what to add."""
    with pytest.raises(ImportRefused, match=why):
        propose(read_sheet(write(text, "a.csv")))


def test_the_documented_examples_work(write: Callable[..., Path]) -> None:
    """The file and the mapping shown in docs/consent-csv.md are accepted as they stand."""
    page = Path(__file__).parents[2] / "docs" / "consent-csv.md"
    blocks = page.read_text(encoding="utf-8").split("```")[1::2]
    example, mapping, biometric = (
        next(block.partition("\n")[2] for block in blocks if block.startswith(kind) and word in block)
        for kind, word in (("csv", "website"), ("toml", "confirmed"), ("csv", "objection"))
    )
    parsed = parse_file(write(example, "a.csv"), None, STANDARD_PURPOSES)
    assert isinstance(parsed, ParsedFile)
    assert len(parsed.people) == 2
    assert load_mapping(write(mapping)).confirmed
    listed = read_biometric_file(write(biometric, "b.csv"))
    assert (len(listed.rows), listed.doubtful) == (2, {})
    assert listed.rows[0].evidence in page.read_text(encoding="utf-8").split("--evidence ")[1]
