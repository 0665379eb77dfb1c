"""Nine ways in which real exports mislead, each as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.mapping import canonical
from anonymiser.consent.parsed import ParsedFile, ProblemKind
from anonymiser.consent.people import name_key
from anonymiser.consent.proposal import propose
from anonymiser.consent.register import Register
from anonymiser.consent.rules import BiometricFact
from anonymiser.consent.tabular import read_sheet
from anonymiser.errors import ImportRefused
from anonymiser.values.consent import STANDARD_PURPOSES, Event, Medium, Purpose
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code

FIXTURES = Path(__file__).with_name("fixtures")
Load = Callable[..., ImportReport]


def kinds(report: ImportReport) -> dict[ProblemKind, list[int]]:
    found: dict[ProblemKind, list[int]] = {}
    for problem in report.problems:
        found.setdefault(problem.kind, []).extend(problem.rows)
    return found


def test_trap_1_an_inverted_heading_is_called_out_and_not_guessed() -> None:
    """Under "Consent Denied" the proposal names the heading and leaves the meaning of yes to a person."""
    proposal = propose(read_sheet(FIXTURES / "trap1_inverted.csv"))
    assert proposal.inverted == ("Consent Denied",)
    assert "granted = []" in proposal.text
    assert "CAREFUL" in proposal.text
    assert "confirmed = false" in proposal.text


def test_trap_1_an_inverted_column_counts_as_a_person_has_confirmed(
    load: Load, register: Register, website: Event
) -> None:
    """With a confirmed mapping "denied: FALSE" is a consent, "TRUE" and an empty cell are none."""
    load("trap1_inverted.csv", "trap1_inverted.toml")
    assert register.snapshot(website).granted == {"A2"}


def test_trap_2_long_and_repeated_headings_are_told_apart(load: Load, register: Register) -> None:
    """Headings that share sixty characters, break lines, use curly quotes or occur twice map to their own column."""
    load("trap2_questions.csv", "trap2_questions.toml")
    granted = {purpose: register.snapshot(Event("Fair", Purpose(purpose))).granted for purpose in
               ("website", "social-media", "press")}  # fmt: skip
    assert granted == {"website": {"B1"}, "social-media": {"B2"}, "press": {"B2"}}


def test_trap_2_an_ambiguous_heading_is_refused(load: Load, tmp_path: Path) -> None:
    """A mapping that names a heading which occurs twice is refused with the way to say which."""
    text = (FIXTURES / "trap2_questions.csv").read_text(encoding="utf-8")
    mapping = (FIXTURES / "trap2_questions.toml").read_text(encoding="utf-8").replace("Answer [2]", "Answer")
    path = tmp_path / "m.toml"
    path.write_text(mapping, encoding="utf-8")
    with pytest.raises(ImportRefused, match="more than once") as refusal:
        load(text, str(path))
    assert "Answer [2]" in refusal.value.remedy


def test_trap_3_only_listed_values_are_consents(load: Load, register: Register) -> None:
    """Every spelling that nobody explained is a refusal and is listed by its row."""
    report = load("trap3_values.csv", "trap3_values.toml")
    of = {f"C{i:02d}" for i in range(8)}
    assert register.snapshot(Event("Fair", Purpose("website"))).granted == of
    assert register.snapshot(Event("Fair", Purpose("press"))).granted == of - {"C07"}
    assert register.snapshot(Event("Fair", Purpose("website"), Medium.VIDEO)).granted == of - {"C06", "C07"}
    assert set(kinds(report)[ProblemKind.UNLISTED]) == {15, 16, 18, 19, 20, 21, 22, 23}
    assert set(kinds(report)[ProblemKind.BLANK]) == {17}


def test_trap_4_parents_who_disagree_have_not_agreed(load: Load, register: Register, website: Event) -> None:
    """Both parents must agree; a parent's own later answer replaces the earlier one where its date is certain."""
    report = load("trap4_parents.csv", "trap4_parents.toml")
    assert register.snapshot(website).granted == {"D2", "D5"}
    assert set(kinds(report)[ProblemKind.CONFLICT]) == {2, 3, 8, 9}


def test_trap_4_dates_that_could_be_american_decide_nothing(load: Load, register: Register, website: Event) -> None:
    """One date with the month first makes the column's other dates uncertain, so no answer replaces another."""
    report = load("trap4_ambiguous_dates.csv", "trap4_parents.toml")
    assert register.snapshot(website).granted == {"D2"}
    assert kinds(report)[ProblemKind.DATE] == [2, 3]


@pytest.mark.parametrize("form", ["utf8", "bom", "utf16", "utf16_unmarked", "cp1252", "excel_named"])
def test_trap_5_encodings_delimiters_titles_and_totals(
    form: str, load: Load, register: Register, website: Event
) -> None:
    """The same export reads the same in every encoding, with rows above its headings and totals below."""
    report = load(f"trap5_{form}.csv", "trap5.toml")
    assert report.people == 2
    people = {person.names.forename: person for person in register.people()}
    assert people["Zoë"].names.surname == "O\N{RIGHT SINGLE QUOTATION MARK}Brien"
    assert people.keys() == {"Zoë", "Tom Lee"}
    assert len(register.snapshot(website).granted) == 2
    assert set(kinds(report)[ProblemKind.UNMATCHED]) == {7, 8}


def test_trap_5_a_unique_pupil_number_does_not_become_an_id(load: Load, register: Register) -> None:
    """Ids in file names and reports are random where the school's own id follows a child for life."""
    load("trap5_utf8.csv", "trap5.toml")
    assert all(person.id[0] == "p" and person.id[1:] not in person.names.source_id for person in register.people())
    assert register.find("a123456789012") in {person.id for person in register.people()}


def test_trap_6_namesakes_without_an_id_are_refused_together(load: Load, register: Register, website: Event) -> None:
    """A list without ids gives nothing to two pupils of one name, and nothing to a row without a full name."""
    report = load("trap6_names.csv", "trap6_names.toml")
    granted = register.snapshot(website).granted
    assert {person.names.surname for person in register.people() if person.id in granted} == {"O'Brien", "Smith-Jones"}
    assert kinds(report)[ProblemKind.AMBIGUOUS] == [2, 3]
    assert kinds(report)[ProblemKind.UNMATCHED] == [6]
    assert register.snapshot(website).refused_because[register.find("Ella Smith")].values["why"] == "ambiguous"


@pytest.mark.parametrize(
    "spelling", ["O'Brien", "O\N{RIGHT SINGLE QUOTATION MARK}BRIEN", "O Brien", "OBrien", "Ó'Brien", "O-Brien"]
)
def test_trap_6_one_name_in_many_spellings(spelling: str) -> None:
    """Apostrophes, hyphens, accents, spaces and case do not make another person."""
    assert name_key(spelling) == "obrien"


def test_trap_7_a_list_much_shorter_than_the_last_is_not_the_school(
    load: Load, register: Register, website: Event
) -> None:
    """A partial export is refused whole until a person says what it is, and then keeps or ends the others."""
    header = "person_id,forename,surname,class,website\n"
    rows = [f"g{i:02d},Pupil{chr(97 + i)},Sur{chr(97 + i)},3A,granted\n" for i in range(20)]
    load(header + "".join(rows))
    short = header + "".join(rows[:18]).replace("g00,Pupila,Sura,3A,granted", "g00,Pupila,Sura,3A,refused")
    with pytest.raises(ImportRefused, match="18 people"):
        load(short)
    assert len(register.snapshot(website).granted) == 20
    assert load(short, coverage=Coverage.PARTIAL).vanished == ()
    assert len(register.snapshot(website).granted) == 19
    assert load(short, coverage=Coverage.COMPLETE).vanished == ("g18", "g19")
    assert len(register.snapshot(website).granted) == 17
    assert register.snapshot(website).refused_because["g19"].values["why"] == "vanished"


def test_trap_8_no_import_undoes_a_withdrawal(load: Load, register: Register, website: Event) -> None:
    """A later export that still says yes changes nothing until a person records a newer written consent."""
    header = "person_id,forename,surname,website,press\n"
    load(header + "h1,Ella,Smith,granted,granted\n")
    person = register.find("h1")
    register.withdraw(person, "letter", Purpose("website"))
    report = load(header + "h1,Ella,Smith,granted,refused\n")
    assert report.withdrawn == (("h1", ("website", "image")),)
    assert register.snapshot(website).refused_because == {"h1": Code.WITHDRAWN(purpose="website")}
    register.grant(person, Purpose("website"), "new form")
    assert register.snapshot(website).granted == {"h1"}


def test_trap_9_formulas_are_text(read: Callable[..., ParsedFile]) -> None:
    """Cells that begin like formulas are names like others."""
    parsed = read("trap9_formulas.csv")
    assert [listed.names.forename for listed in parsed.people] == ["=HYPERLINK", "-Tom"]


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.glob("trap[1-6]*.csv")))
def test_no_foreign_export_is_taken_for_the_programs_own_format(name: str) -> None:
    """An export that needs a mapping never slips through without one."""
    assert canonical(read_sheet(FIXTURES / name), STANDARD_PURPOSES) is None


def test_no_import_says_anything_about_face_recognition(
    register: Register, load: Load, tmp_path: Path, agree: Callable[..., None]
) -> None:
    """Whatever a photo consent file says, even to a question about faces, biometric records stay as they were."""
    question = "Do you consent to facial recognition (biometric data)?"
    mapping = tmp_path / "faces.toml"
    mapping.write_text(
        'confirmed = true\n[columns]\nperson_id = "id"\nforename = "first"\nsurname = "last"\n'
        f'[[consent]]\ncolumn = "{question}"\npurpose = "website"\ngranted = ["Yes"]\nrefused = ["No"]\n'
    )
    load(f"id,first,last,{question}\np00,Ella,Smith,Yes\np01,Tom,Brown,Yes\n", mapping)
    assert register.agreed_to_recognition() == frozenset()
    agree("p00")
    register.record_biometric_refusal(PersonId("p01"), BiometricFact.CHILD_REFUSAL)
    before = register.biometric_ruling(PersonId("p01"))
    load(f"id,first,last,{question}\np00,Ella,Smith,No\np01,Tom,Brown,Yes\n", mapping)
    assert register.agreed_to_recognition() == {"p00"}
    assert register.biometric_ruling(PersonId("p01")) == before
