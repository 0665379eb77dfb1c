"""The register as a whole: history, withdrawals, holds, vanished and forgotten people, stale consents."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from anonymiser.consent import schema
from anonymiser.consent.csv_import import ParsedFile, ProblemKind
from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.interface import ConsentSnapshot, Event, Hold, Medium, Purpose
from anonymiser.consent.people import Names, Role, choose_id
from anonymiser.consent.register import Register, local_today
from anonymiser.consent.rules import Why
from anonymiser.errors import ImportRefused, SafetyRefusal, UsageError
from anonymiser.recognise.interface import Embedding, PersonId, Thresholds
from anonymiser.settings import ConsentSettings, Recognition
from anonymiser.workspace import Workspace

Load = Callable[..., ImportReport]
HEADER = "person_id,forename,surname,class,website\n"


@pytest.fixture(params=["sqlite", "postgresql"] if "ANONYMISER_TEST_POSTGRESQL" in os.environ else ["sqlite"])
def register_url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgresql") if request.param == "postgresql" else ""


def test_an_empty_register_has_granted_nothing(register: Register, website: Event) -> None:
    """A new register answers like the snapshot of nobody, at version 0, and is not stale."""
    assert register.snapshot(website) == ConsentSnapshot.nobody(website, local_today())
    assert register.version == 0
    assert register.freshness_warning(ConsentSettings()) is None


def test_a_purpose_or_medium_without_consent_is_refused(
    school: ImportReport, register: Register, website: Event
) -> None:
    """Consent for one purpose and medium says nothing about another."""
    assert register.snapshot(website).granted == {"p00", "p01", "p02", "p03"}
    assert register.snapshot(Event("Fair", Purpose("press"))).granted == frozenset()
    assert register.snapshot(Event("Fair", Purpose("website"), Medium.VIDEO)).granted == frozenset()


def test_dates_count_to_the_day(load: Load, register: Register, website: Event) -> None:
    """Consent holds from its first to its last day, both included."""
    load(HEADER.replace("website", "website,valid_from,valid_to") + "p00,Ella,Smith,3A,granted,02/05/2026,3 May 2026\n")
    days = {day: register.snapshot(website, dt.date(2026, 5, day)) for day in (1, 2, 3, 4)}
    assert {day for day, snapshot in days.items() if snapshot.granted} == {2, 3}
    assert days[1].refused_because == {"p00": "consent for website begins on 02/05/2026"}
    assert days[4].refused_because == {"p00": "consent for website ended on 03/05/2026"}


def test_a_date_that_cannot_be_read_is_no_consent(load: Load, register: Register, website: Event) -> None:
    """An impossible last day refuses the row's consents and is listed once."""
    report = load("person_id,forename,surname,website,press,valid_to\np00,Ella,Smith,granted,granted,31/02/2099\n")
    assert [(problem.kind, problem.rows) for problem in report.problems] == [(ProblemKind.DATE, (2,))]
    assert register.snapshot(website).granted == frozenset()


def test_what_was_known_at_a_moment(load: Load, register: Register, website: Event) -> None:
    """The register answers as it would have answered at any moment before, names of newcomers included."""
    before_all = dt.datetime.now(dt.UTC)
    load(HEADER + "p00,Ella,Smith,3A,granted\n")
    after_import = dt.datetime.now(dt.UTC)
    register.withdraw(register.find("p00"), "letter")
    after_withdrawal = dt.datetime.now(dt.UTC)
    load(HEADER + "p00,Ella,Smith,4A,granted\np01,Tom,Brown,4A,granted\n")
    assert register.snapshot(website, known_at=before_all).granted == frozenset()
    assert register.snapshot(website, known_at=before_all).version == 0
    assert register.snapshot(website, known_at=after_import).granted == {"p00"}
    assert register.snapshot(website, known_at=after_withdrawal).granted == frozenset()
    assert register.snapshot(website).granted == {"p01"}


def test_history_runs_forward_though_the_clock_runs_back(
    school: ImportReport, register: Register, website: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change recorded while the clock stands in the past is still the newest change."""
    known = dt.datetime.now(dt.UTC)

    class Past(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return dt.datetime(2020, 1, 1, tzinfo=tz)

    monkeypatch.setattr("anonymiser.consent.database.dt.datetime", Past)
    register.withdraw(register.find("p00"), "letter")
    monkeypatch.undo()
    assert "p00" not in register.snapshot(website).granted
    assert "p00" not in register.snapshot(website, known_at=known).granted
    assert register.snapshot(website, known_at=dt.datetime(2020, 1, 2, tzinfo=dt.UTC)).version == 0


def test_the_version_grows_with_every_change_and_with_nothing_else(
    school: ImportReport, load: Load, register: Register
) -> None:
    """Reading, dry runs, refusals and files seen before leave the version alone."""
    version = register.version
    load(HEADER + "p00,Ella,Smith,3A,refused\n", coverage=Coverage.PARTIAL, dry_run=True)
    with pytest.raises(ImportRefused):
        load(HEADER + "p00,Ella,Smith,3A,refused\n")
    register.names()
    assert register.version == version
    register.set_hold(register.find("p00"), Hold.NEVER_PUBLISH)
    assert register.version > version


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
    """A file that was imported before is recognised, whatever has happened since."""
    text = (
        HEADER + "p00,Ella,Smith,3A,refused\np01,Tom,Brown,3A,granted\np02,Mia,Khan,3B,granted\np03,Ali,Jones,3B,no\n"
    )
    load(text)
    version = register.version
    assert load(text).already_imported is not None
    assert register.version == version


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
    assert (
        register.snapshot(Event("Fair", Purpose("press"))).refused_because["p00"] == "consent for press was withdrawn"
    )


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
    assert register.snapshot(website).refused_because == {"p00": f"no consent for website: {Why.VANISHED}"}
    assert ("Ella Smith", "p00") in register.names().names
    load(everybody + "p00,Ella,Smith,4A,granted\n")
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


def test_forgetting_leaves_nothing_but_the_refusal(
    school: ImportReport, load: Load, register: Register, website: Event
) -> None:
    """A forgotten person is gone with every row, and comes back, under any id, withdrawn and with their hold."""
    register.set_hold(register.find("p00"), Hold.NEVER_PHOTOGRAPH)
    register.forget(register.find("p00"))
    assert "p00" not in {person.id for person in register.people()}
    assert "p00" not in register.snapshot(website, known_at=dt.datetime.now(dt.UTC)).refused_because
    rows = "p01,Tom,Brown,3A,granted\np02,Mia,Khan,3B,granted\np03,Ali,Jones,3B,granted\n"
    load(HEADER + "n77,Ella,Smith,3A,granted\n" + rows)
    snapshot = register.snapshot(website)
    assert snapshot.holds == {"n77": Hold.NEVER_PHOTOGRAPH}
    register.lift_hold(register.find("n77"), Hold.NEVER_PHOTOGRAPH)
    assert register.snapshot(website).refused_because == {"n77": "consent for website was withdrawn"}
    register.forget(register.find("n77"))
    load(HEADER + rows + "p00,Ella,Other,3A,granted\n")
    assert "p00" not in register.snapshot(website).granted


@pytest.mark.parametrize(("age", "warned"), [(0, False), (30, False), (31, True), (100, True)])
def test_old_consents_are_called_old(school: ImportReport, register: Register, age: int, warned: bool) -> None:
    """From the day after the limit a reminder appears."""
    warning = register.freshness_warning(ConsentSettings(), local_today() + dt.timedelta(age))
    assert (warning is not None) is warned


def test_stale_consents_stop_publishing(school: ImportReport, load: Load, register: Register) -> None:
    """Past the second limit nothing may be published, and importing the old file again does not help."""
    later = local_today() + dt.timedelta(101)
    with pytest.raises(SafetyRefusal, match="101 days"):
        register.freshness_warning(ConsentSettings(), later)
    assert register.newest_import() is not None


def test_everything_on_record_about_a_person(school: ImportReport, load: Load, register: Register) -> None:
    """The dossier lists every statement in order, with its evidence, and today's answer for each purpose."""
    person = register.find("p00")
    register.withdraw(person, "letter 7", Purpose("website"))
    register.grant(person, Purpose("website"), "form 9", media=list(Medium), valid_from=dt.date(2026, 1, 2))
    register.set_hold(person, Hold.NEVER_PUBLISH)
    register.record_biometric_consent(person, evidence="form 10", parents_notified=dt.date(2026, 1, 1))
    dossier = register.dossier(person, [Purpose("website"), Purpose("press")])
    assert [entry.what.split(":")[0] for entry in dossier.entries] == [
        "website (image)", "withdrawn", "website (image)", "website (video)", "hold never-publish set",
        "face recognition",
    ]  # fmt: skip
    assert [entry.evidence for entry in dossier.entries if "import" not in entry.evidence] == [
        "letter 7", "form 9", "form 9", "", "form 10",
    ]  # fmt: skip
    assert dossier.entries[0].evidence.startswith("row 2 of import")
    assert "from 02/01/2026" in dossier.entries[2].what
    assert {purpose for purpose, _ in dossier.rulings} == {"website", "press"}
    assert not any(ruling.granted for ruling in dossier.rulings.values())


@pytest.mark.parametrize("act", ["withdraw", "grant", "set_hold", "dossier", "forget", "delete_templates"])
def test_nothing_is_recorded_about_strangers(register: Register, act: str) -> None:
    """An id that the register does not have is a mistake of the user, with the way to find the right one."""
    arguments = {
        "withdraw": ("e",),
        "grant": (Purpose("press"), "e"),
        "set_hold": (Hold.NEVER_PUBLISH,),
        "dossier": ([],),
    }
    with pytest.raises(UsageError, match="no such person"):
        getattr(register, act)("nobody", *arguments.get(act, ()))
    with pytest.raises(UsageError):
        register.find("nobody")
    assert register.version == 0


def test_a_withdrawal_without_evidence_is_not_recorded(school: ImportReport, register: Register) -> None:
    """Staff must say where the family's words are filed."""
    with pytest.raises(UsageError, match="evidence"):
        register.withdraw(register.find("p00"), " ")
    assert register.version == 1


def test_an_import_of_nobody_is_refused(load: Load) -> None:
    """A file with headings alone is the wrong file."""
    with pytest.raises(ImportRefused, match="nobody"):
        load(HEADER + "\n", coverage=Coverage.COMPLETE)


def _granted(path: Path, queue: multiprocessing.Queue) -> None:
    with Register.open(Workspace.open(path)) as register:
        queue.put(sorted(register.snapshot(Event("Fair", Purpose("website"))).granted))


def test_other_processes_read_while_one_writes(
    workspace: Workspace, register: Register, school: ImportReport, read: Callable[..., ParsedFile]
) -> None:
    """A reader in another process sees the last complete state, without waiting for the writer."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    with register._writing("import") as session:
        session.keep = False
        reader = context.Process(target=_granted, args=(workspace.root, queue))
        reader.start()
        assert queue.get(timeout=60) == ["p00", "p01", "p02", "p03"]
        reader.join()


def test_an_export_that_equals_an_older_one_is_never_passed_over(
    load: Load, register: Register, read: Callable[..., ParsedFile], website: Event
) -> None:
    """No, yes, no again: the third file has the bytes of the first, and its no may not be lost in silence."""
    no, yes = (HEADER + f"p00,Ella,Smith,3A,{answer}\n" for answer in ("refused", "granted"))
    load(no)
    load(yes)
    assert load(yes).already_imported
    with pytest.raises(ImportRefused, match="another one since") as error:
        load(no)
    assert "--again" in error.value.remedy
    register.import_consents(read(no), again=True)
    assert register.snapshot(website).granted == frozenset()
    assert load(no).already_imported
    press = "person_id,forename,surname,press\np00,Ella,Smith,granted\n"
    load(press)
    assert load(no).already_imported


def test_who_has_left_loses_a_later_written_consent_too(load: Load, register: Register, website: Event) -> None:
    """A written consent recorded after somebody left counts until the next list of the whole school lacks them."""
    both, one = HEADER + "p00,Ella,Smith,3A,granted\np01,Tom,Brown,3A,granted\n", HEADER + "p01,Tom,Brown,3A,granted\n"
    load(both)
    load(one, coverage=Coverage.COMPLETE)
    register.grant(PersonId("p00"), Purpose("website"), "form 9")
    assert "p00" in register.snapshot(website).granted
    load(one.replace("Tom,", "Thomas,"), coverage=Coverage.PARTIAL)
    assert "p00" in register.snapshot(website).granted
    report = load(one.replace("Tom,", "Tommy,"), coverage=Coverage.COMPLETE)
    assert register.snapshot(website).refused_because["p00"].endswith("no longer in the school's list")
    assert (report.vanished, [change.person for change in report.changed]) == ((), ["p00"])


def test_changes_come_one_after_another(workspace: Workspace, register: Register, school: ImportReport) -> None:
    """Whoever writes second waits for the first, so versions appear in the order in which they were given."""
    with Register.open(workspace) as other, ThreadPoolExecutor(1) as beside:
        with register._writing("import") as session:
            second = beside.submit(other.set_hold, PersonId("p00"), Hold.NEVER_PUBLISH)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.3)
            assert other.version < session.version
        second.result(timeout=30)
        assert other.version > session.version


def test_a_person_may_rule_on_look_alikes(
    school: ImportReport, register: Register, agree: Callable[..., None], face: Callable[[int], Embedding]
) -> None:
    """Measured look-alikes count together until somebody has looked; the newest word counts."""
    pair = frozenset(map(PersonId, ("p00", "p01")))
    register.open_gate("DPIA 1", "Head")
    for person in sorted(pair):
        agree(person)
        register.store_templates(PersonId(person), face(0), "a" * 64)

    def alike() -> frozenset[frozenset[PersonId]]:
        return register.gallery(Event("Fair", Purpose("website")), "a" * 64, Recognition()).lookalikes

    assert alike() == frozenset()
    register.store_calibration("a" * 64, None, Thresholds(could_be=0.4, sure=0.5, margin=0.1))
    assert alike() == {pair}
    register.declare_lookalikes(pair, alike=False)
    assert alike() == frozenset()
    register.declare_lookalikes(pair)
    assert alike() == {pair}
    assert register.lookalikes() == {pair: True}


def test_expired_templates_are_destroyed(
    school: ImportReport, register: Register, agree: Callable[..., None], face: Callable[[int], Embedding]
) -> None:
    """They are deleted, not merely passed over; nothing is recorded where there is nothing to do."""
    register.open_gate("DPIA 1", "Head")
    for person, last in (("p00", 3), ("p01", 4)):
        agree(person)
        register.store_templates(PersonId(person), face(0), "a" * 64, dt.date(2099, 8, last))
    version = register.version
    assert register.destroy_expired_templates(dt.date(2099, 8, 3)) == 0
    assert register.version == version
    assert register.destroy_expired_templates(dt.date(2099, 8, 4)) == 2
    assert register.enrolled("a" * 64) == {"p01"}


def test_forgetting_tells_what_it_deleted(school: ImportReport, register: Register, workspace: Workspace) -> None:
    """The answer counts rows by table, keeps what to search for out of its repr, and finds it where it still is."""
    register.withdraw(PersonId("p00"), "letter 7")
    erased = register.forget(PersonId("p00"))
    assert erased.rows == {"person": 1, "detail": 1, "consent": 1, "withdrawal": 1, "biometric": 1}
    assert "Ella" not in repr(erased)
    copy, empty = workspace.root / "copy.db", workspace.root / "empty"
    copy.write_bytes(b"..." + erased.traces[0] + b"...")
    empty.touch()
    assert erased.found_in([copy, empty]) == [copy]
    with register._reading() as session:
        for table in schema.metadata.sorted_tables:
            rows = session.connection.execute(table.select()).all()
            assert not any(trace in (value or b"") for row in rows for value in row if isinstance(value, bytes | None)
                           for trace in erased.traces)  # fmt: skip
