"""What an import changes in the register: whose answer counts, who is in doubt, who has vanished."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.parsed import ProblemKind
from anonymiser.consent.people import Names, choose_id
from anonymiser.consent.register import Register, local_today
from anonymiser.errors import ImportRefused, UsageError
from anonymiser.values.consent import Event, Hold, Medium, Purpose
from anonymiser.values.people import Role
from anonymiser.values.reasons import Code

Load = Callable[..., ImportReport]
HEADER = "person_id,forename,surname,class,website\n"


@pytest.fixture(params=["sqlite", "postgresql"] if "ANONYMISER_TEST_POSTGRESQL" in os.environ else ["sqlite"])
def register_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else ""


def test_a_dry_run_tells_what_the_import_then_does(school: ImportReport, load: Load, register: Register) -> None:
    """The report of a dry run equals the report of the import, and nothing is kept of it."""
    text = HEADER + "p00,Ella,Smith,3A,refused\np01,Tom,Brown,3A,granted\np09,New,Child,3A,granted\n"
    planned = load(text, coverage=Coverage.COMPLETE, dry_run=True)
    assert [change.person for change in planned.changed] == ["p00", "p02", "p03"]
    assert planned.new == ("p09",)
    assert planned.vanished == ("p02", "p03")
    assert "p09" not in {person.id for person in register.people()}
    assert load(text, coverage=Coverage.COMPLETE).statements == planned.statements


def test_the_same_file_twice_changes_nothing(school: ImportReport, load: Load, register: Register) -> None:
    """A file that says what the newest said is recognised, and confirms it without another word."""
    text = (
        HEADER + "p00,Ella,Smith,3A,refused\np01,Tom,Brown,3A,granted\np02,Mia,Khan,3B,granted\np03,Ali,Jones,3B,no\n"
    )
    load(text)
    entries = register.dossier(register.find("p00"), []).entries
    report = load(text)
    assert report.already_imported is not None
    assert (report.statements, report.new, report.changed) == (0, (), ())
    assert register.dossier(register.find("p00"), []).entries == entries


def test_unchanged_answers_are_not_recorded_again(school: ImportReport, load: Load) -> None:
    """A new export with the same answers adds no statement."""
    report = load(
        HEADER
        + "p03,Ali,Jones,3B,granted\np02,Mia,Khan,3B,granted\np01,Tom,Brown,3A,granted\np00,Ella,Smith,3A,granted\n"
    )
    assert (report.statements, report.changed, report.new, report.vanished) == (0, (), (), ())


def test_the_newest_statement_counts_after_a_written_consent(load: Load, register: Register, website: Event) -> None:
    """A later export that still says no ends a written consent: in doubt the refusal counts."""
    text = HEADER + "p00,Ella,Smith,3A,refused\n"
    load(text)
    register.grant(register.find("p00"), Purpose("website"), "form", valid_to=local_today())
    assert register.snapshot(website).granted == {"p00"}
    report = load(text + "p01,Tom,Brown,3A,refused\n")
    assert [change.person for change in report.changed] == ["p00"]
    assert register.snapshot(website).granted == frozenset()


def test_a_withdrawal_of_everything_covers_purposes_to_come(
    school: ImportReport, register: Register, load: Load
) -> None:
    """Who withdrew everything is refused for a purpose that was first asked about later."""
    register.withdraw(register.find("p00"), "letter")
    load("person_id,forename,surname,press\np00,Ella,Smith,granted\n", coverage=Coverage.PARTIAL)
    assert register.snapshot(Event("Fair", Purpose("press"))).refused_because["p00"] == Code.WITHDRAWN(purpose="press")


def test_holds_beat_consent_and_only_a_person_lifts_them(load: Load, register: Register, website: Event) -> None:
    """An import sets holds, never lifts them; a hold that it cannot read counts as one."""
    header = "person_id,forename,surname,website,hold\n"
    report = load(header + "p00,Ella,Smith,granted,Never publish\np01,Tom,Brown,granted,see office\n")
    assert register.snapshot(website).holds == {"p00": Hold.NEVER_PUBLISH, "p01": Hold.NEVER_PUBLISH}
    assert [problem.kind for problem in report.problems] == [ProblemKind.HOLD]
    load(header + "p00,Ella,Smith,granted,\np01,Tom,Brown,granted,no\n")
    assert register.snapshot(website).holds.keys() == {"p00", "p01"}
    assert register.snapshot(website).granted == frozenset()
    register.set_hold(register.find("p00"), Hold.NEVER_PHOTOGRAPH)
    assert register.snapshot(website).holds["p00"] is Hold.NEVER_PHOTOGRAPH
    for hold in Hold:
        register.lift_hold(register.find("p00"), hold)
    assert register.snapshot(website).granted == {"p00"}


def test_who_vanishes_from_the_list_loses_consent_and_keeps_the_name(
    school: ImportReport, load: Load, register: Register, website: Event
) -> None:
    """A leaver's consent ends, the search for the name in pictures goes on, and coming back is seen."""
    everybody = HEADER + "p01,Tom,Brown,3A,granted\np02,Mia,Khan,3B,granted\np03,Ali,Jones,3B,granted\n"
    load(everybody, coverage=Coverage.COMPLETE)
    assert register.snapshot(website).refused_because == {"p00": Code.NO_CONSENT(purpose="website", why="vanished")}
    assert ("Ella Smith", "p00") in register.names().names
    back = everybody + "p00,Ella,Smith,4A,granted\n"
    assert load(back).held_back == (("p00", ("website", Medium.IMAGE)),)
    assert "p00" not in register.snapshot(website).granted
    assert load(back, accept_new_yes=True).new_yes == (("p00", ("website", Medium.IMAGE)),)
    assert "p00" in register.snapshot(website).granted


def test_purposes_outside_a_file_keep_their_answers(school: ImportReport, load: Load, register: Register) -> None:
    """One export per consent type works: each covers its own purposes and classes need not be repeated."""
    rows = "".join(f"{p.id},{p.names.forename},{p.names.surname},granted\n" for p in register.people())
    load("person_id,forename,surname,press\n" + rows)
    assert len(register.snapshot(Event("Fair", Purpose("website"))).granted) == 4
    assert len(register.snapshot(Event("Fair", Purpose("press"))).granted) == 4
    assert {person.groups for person in register.people()} == {("3A",), ("3B",)}


def test_a_known_name_under_a_new_id_is_nobody_for_sure(
    school: ImportReport, load: Load, register: Register, website: Event
) -> None:
    """A changed id cannot shake off a withdrawal: the row is not used, and the namesake is refused."""
    register.withdraw(register.find("p00"), "letter")
    report = load(
        HEADER
        + "z00,Ella,Smith,3A,granted\np01,Tom,Brown,3A,granted\np02,Mia,Khan,3B,granted\np03,Ali,Jones,3B,granted\n"
    )
    assert [problem.kind for problem in report.problems] == [ProblemKind.UNMATCHED]
    assert "p00" in report.problems[0].text
    assert register.snapshot(website).granted == {"p01", "p02", "p03"}
    assert "z00" not in {person.id for person in register.people()}


def test_a_row_without_an_id_puts_its_namesake_in_doubt(
    school: ImportReport, load: Load, register: Register, website: Event
) -> None:
    """An answer that cannot be matched refuses whoever it may be about, even in a partial file."""
    load(HEADER + ",Ella,Smith,3A,refused\n" + "p01,Tom,Brown,3A,granted\n", coverage=Coverage.PARTIAL)
    assert register.snapshot(website).granted == {"p01", "p02", "p03"}


def test_one_id_with_two_names_is_refused(load: Load, register: Register, website: Event) -> None:
    """Rows of one id about two children give a consent to neither."""
    report = load(HEADER + "p00,Ella,Smith,3A,granted\np00,Tom,Brown,3A,granted\n")
    assert [problem.kind for problem in report.problems] == [ProblemKind.AMBIGUOUS]
    assert register.snapshot(website).granted == frozenset()


def test_a_repeated_row_must_agree(load: Load, register: Register, website: Event) -> None:
    """The same pupil twice is granted only what both rows grant."""
    report = load(HEADER + "p00,Ella,Smith,3A,granted\np00,Ella,Smith,Choir,refused\np01,Tom,Brown,3A,granted\n" * 2)
    assert {problem.kind for problem in report.problems} == {ProblemKind.DUPLICATE, ProblemKind.CONFLICT}
    assert register.snapshot(website).granted == {"p01"}
    assert register.people()[0].groups == ("3A", "Choir")


def test_names_that_slid_to_other_ids_stop_the_import(school: ImportReport, load: Load, register: Register) -> None:
    """A column that was sorted on its own is noticed, and nothing is imported."""
    with pytest.raises(ImportRefused, match="wholly other names"):
        load(
            HEADER
            + "p00,Ali,Jones,3B,granted\np01,Mia,Khan,3A,granted\np02,Tom,Brown,3B,granted\np03,Ella,Smith,3B,granted\n"
        )
    assert register.people()[0].names.forename == "Ella"


def test_a_new_surname_is_recorded_and_reported(school: ImportReport, load: Load, register: Register) -> None:
    """A pupil who takes another surname stays the same person."""
    report = load(HEADER + "p00,Ella,Khan-Smith,3A,granted\n", coverage=Coverage.PARTIAL)
    assert report.renamed == ("p00",)
    assert register.find("ella khan smith") == "p00"


def test_a_list_without_ids_meets_one_with_ids(load: Load, register: Register, website: Event) -> None:
    """Someone known by name alone keeps their history when the school's id arrives, and the other way round."""
    mapping = "trap6_names.toml"
    load("First name,Last name,Website\nSiân,O'Brien,Yes\n", mapping)
    (person,) = register.people()
    load(HEADER + "m1,Sian,O\N{RIGHT SINGLE QUOTATION MARK}Brien,3A,granted\n")
    assert register.find("m1") == person.id
    load("First name,Last name,Website\nSIAN,OBRIEN,No\n", mapping)
    assert [known.id for known in register.people()] == [person.id]
    assert register.snapshot(website).granted == frozenset()


def test_a_name_of_several_people_needs_an_id(load: Load, register: Register, website: Event) -> None:
    """A list without ids is no answer for two people of one name, and refuses both."""
    load(HEADER + "p00,Ella,Smith,3A,granted\np01,Ella,Smith,3B,granted\n")
    report = load("First name,Last name,Website\nElla,Smith,Yes\n", "trap6_names.toml", Coverage.PARTIAL)
    assert [problem.kind for problem in report.problems] == [ProblemKind.UNMATCHED]
    assert register.snapshot(website).granted == frozenset()
    with pytest.raises(UsageError, match="2 people"):
        register.find("Ella Smith")


def test_roles_and_preferred_names(load: Load, register: Register) -> None:
    """Staff are people like pupils, and a preferred name is a name to look for."""
    load(
        "person_id,forename,surname,preferred,class,group,role,website\n"
        "s1,Elizabeth,Hall,Beth,,Choir; Netball,staff,granted\n"
        "s2,Ann,Lee,,3A,,governor,granted\n"
    )
    first, second = register.people()
    assert (first.role, first.groups) == (Role.STAFF, ("Choir", "Netball"))
    assert second.role is Role.PUPIL
    assert {name for name, _ in register.names().names} == {"Elizabeth Hall", "Beth Hall", "Ann Lee"}
    assert register.find("beth hall") == "s1"


@pytest.mark.parametrize("source_id", ["A123456789012", "ella7", "smith-e", "con", "COM1", "a/b", "..", "", "x" * 40])
def test_ids_that_tell_too_much_or_name_no_folder_are_replaced(source_id: str) -> None:
    """A pupil number, a name or a reserved file name never becomes the id that files and reports carry."""
    chosen = choose_id(Names("Ella", "Smith", source_id=source_id), frozenset())
    assert chosen.casefold() != source_id.casefold()
    assert len(chosen) == 9


def test_ids_differ_by_more_than_case() -> None:
    """Two ids that one folder name would stand for do not both become ids."""
    assert choose_id(Names("Ella", "Smith", source_id="AB1"), frozenset({"ab1"})) != "AB1"


def test_a_file_of_which_no_row_can_be_used_is_refused_with_the_reason(load: Load, register: Register) -> None:
    """It says what is wrong with its rows, not that there are none."""
    with pytest.raises(ImportRefused, match=r"damaged by a spreadsheet program \(row 2, 3\)"):
        load(HEADER + "9.2E+11,Ella,Smith,3A,granted\n9.3E+11,Tom,Brown,3A,granted\n")
    with pytest.raises(ImportRefused, match="lists nobody"):
        load(HEADER)
    assert not register.people()
