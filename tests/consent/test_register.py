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
from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.parsed import ParsedFile, ProblemKind
from anonymiser.consent.register import Register, local_today
from anonymiser.errors import ImportRefused, SafetyRefusal, UsageError
from anonymiser.settings import ConsentSettings, Recognition
from anonymiser.values.consent import ConsentSnapshot, Event, Hold, Medium, Purpose
from anonymiser.values.identity import Embedding, Thresholds
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code
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
    assert days[1].refused_because == {"p00": Code.NOT_YET(purpose="website", first_day="2026-05-02")}
    assert days[4].refused_because == {"p00": Code.ENDED(purpose="website", last_day="2026-05-03")}


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
    assert register.snapshot(website).refused_because == {"n77": Code.WITHDRAWN(purpose="website")}
    register.forget(register.find("n77"))
    load(HEADER + rows + "p00,Ella,Other,3A,granted\n")
    assert "p00" not in register.snapshot(website).granted


def test_the_roll_is_what_the_register_says_one_by_one(
    school: ImportReport, register: Register, website: Event
) -> None:
    """People, answers, holds and counts; read anew after a change, and without the name of somebody forgotten."""

    def agrees() -> None:
        roll, snapshot = register.roll([website.purpose]), register.snapshot(website)
        assert {line.person for line in roll.lines} == set(register.people())
        assert {line.person.id for line in roll.lines if line.granted == (True,)} == snapshot.granted
        assert {line.person.id: line.hold for line in roll.lines if line.hold} == snapshot.holds
        assert roll.counts == register.counts([website.purpose])

    agrees()
    register.withdraw(register.find("p00"), "letter", website.purpose)
    agrees()
    register.set_hold(register.find("p01"), Hold.NEVER_SHOWN)
    agrees()
    register.forget(register.find("p00"))
    assert register._roll is None
    assert register._people is None
    agrees()


def test_nobody_is_ruled_on_by_what_another_family_said(
    school: ImportReport, load: Load, register: Register, website: Event
) -> None:
    """Four families began with the same answer; each has the ruling of their own page after a no, a hold, an end."""
    load(HEADER + "p00,Ella,Smith,3A,refused\n", coverage=Coverage.PARTIAL, again=True)
    register.set_hold(PersonId("p01"), Hold.NEVER_PUBLISH)
    register.grant(PersonId("p02"), website.purpose, "letter", valid_to=local_today() - dt.timedelta(1))
    register.withdraw(PersonId("p03"), "letter")
    press = Purpose("press")
    asked = (website.purpose, press)
    key, other = (website.purpose, Medium.IMAGE), (press, Medium.IMAGE)
    for line in register.roll(asked).lines:
        alone = register.dossier(line.person.id, asked).rulings
        assert line.granted == (alone[key].granted, alone[other].granted)
    refused = register.snapshot(website).refused_because
    assert refused == {
        person: register.dossier(person, asked).rulings[key].because for person in map(PersonId, sorted(refused))
    }
    assert {reason.code for reason in refused.values()} == {
        Code.NO_CONSENT, Code.MUST_NOT_BE_SHOWN, Code.ENDED, Code.WITHDRAWN,
    }  # fmt: skip


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
    assert register.snapshot(website).refused_because["p00"].values["why"] == "vanished"
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
    register.store_calibration("a" * 64, Thresholds(could_be=0.4, sure=0.5, margin=0.1))
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
    assert erased.rows == {"person": 1, "detail": 1, "listed": 1, "consent": 1, "withdrawal": 1, "biometric": 1}
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
