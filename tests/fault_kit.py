"""A school with a register on a disk that fails, and what must hold of it afterwards."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from disk_faults import Crash, CrashAt, Fault, FullAt, HoldAt, Step, faulty_disk, none
from intake_kit import InlinePool, import_consents, new_workspace, opened, tree

from anonymiser.audit.entry import Entry, check
from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.consent.register import Register
from anonymiser.delivery.site import Site, open_site
from anonymiser.errors import DiskFullError
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.claim import Candidate, listing
from anonymiser.intake.events import EventOverrides, Events
from anonymiser.intake.results import Result
from anonymiser.ledger.item import Origin, State
from anonymiser.ledger.ledger import Ledger
from anonymiser.ledger.noting import agree, says_where
from anonymiser.reconcile import reconcile
from anonymiser.review.queue import ReviewQueue
from anonymiser.school.copies import showing
from anonymiser.values.people import PersonId
from anonymiser.workspace import Workspace

BEN = PersonId("p1")
PUPILS = "person_id,forename,surname,website\r\np1,Ben,Okafor,granted\r\np2,Ada,Khan,granted\r\n"


def new_school(root: Path) -> Workspace:
    """A workspace in which Ben and Ada have agreed to the website."""
    workspace = new_workspace(root)
    import_consents(workspace, PUPILS)
    (workspace.root / "consents.csv").unlink()
    return workspace


def copied(school: Workspace, root: Path) -> Workspace:
    """The same school somewhere else; much faster than a new one."""
    shutil.copytree(school.root, root)
    return Workspace.open(root)


@contextmanager
def site_of(school: Workspace) -> Iterator[Site]:
    """The school's disk side as it is, without recovery."""
    with WorkspaceContexts(school) as contexts, open_site(school, contexts) as site:
        yield site


def run_school(school: Workspace, folder: Path | None = None, purposes: tuple[str, ...] = ()) -> list[Result]:
    """One start: recovery, verdicts made by moving, then everything in the inbox (or a folder elsewhere)."""
    root = folder or school.inbox
    with WorkspaceContexts(school) as contexts, opened(school, contexts) as site:
        ReviewQueue(site).collect()
        overrides = EventOverrides(purposes=purposes)
        events = Events(root, school.settings.publishing, contexts.names_someone, overrides)
        origin = Origin.ELSEWHERE if folder else Origin.INBOX
        intake = Intake(site, InlinePool(), Stop(), events, root, origin)
        return list(intake.run(entry for entry in listing(root) if isinstance(entry, Candidate)))


def withdraw(school: Workspace) -> None:
    """Ben's family withdraws."""
    with Register.open(school) as register:
        register.withdraw(BEN, "letter")


# --- what must hold ------------------------------------------------------------------------------------------


def sources_of(*folders: Path) -> set[str]:
    """SHA-256 of every file in these folders."""
    return {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_nothing_is_lost(school: Workspace, sources: set[str]) -> None:
    """The bytes of every photo are where the program keeps them, or where they came from."""
    kept = sources_of(school.inbox, school.work, school.originals, school.quarantine, school.sealed)
    assert sources <= kept


def assert_outbox_is_known(school: Workspace, site: Site) -> None:
    """Each copy was verified, is out once, and `find` knows whom it shows; no matter what has failed."""
    copies = outbox(school)
    rows = {item.output: item for item in site.ledger.every() if item.output}
    register = site.contexts.register()
    found = {entry.item.output for entry in showing(site, register, BEN)}
    assert len(set(copies.values())) == len(copies)
    for place, text in copies.items():
        assert hashlib.sha256(text.encode()).hexdigest() == rows[place].output_sha256
        assert place in found or not rows[place].report.shows(BEN)


def assert_record_agrees(school: Workspace) -> None:
    """At whatever step the disk has failed: the audit record is whole, and each row is as its last entry says."""
    with Ledger(school.ledger_file) as ledger:
        last = {}
        for entry in check(ledger.audit_rows()):
            assert isinstance(entry, Entry), entry
            if says_where(entry):
                last[entry.about] = entry
        rows = {item.id: item for item in ledger.every()}
        assert all(agree(last.get(item_id), rows.get(item_id)) for item_id in last.keys() | rows.keys())


def assert_all_done(school: Workspace, site: Site) -> None:
    """Every row has come to its end, every file has a row, and nothing is left in work."""
    account = reconcile(site)
    assert (account.in_work, account.undelivered, account.differences) == (0, [], [])
    assert tree(school.inbox) == tree(school.work) == []


def outbox(school: Workspace) -> dict[str, str]:
    """Every copy that can be published: its place, and its text."""
    return {f"outbox/{name}": (school.outbox / name).read_text() for name in tree(school.outbox)}


def showing_ben(school: Workspace) -> set[str]:
    """Copies in the outbox that rest on Ben's consent."""
    return {place for place, text in outbox(school).items() if "p1" in text.rpartition(": ")[2].split(",")}


def finished(site: Site) -> set[str]:
    """Places of copies whose rows are at their end."""
    return {str(item.output) for item in site.ledger.every() if item.state is State.DONE}


# --- every fault at every step -------------------------------------------------------------------------------

Scenario = Callable[[Workspace], object]

FAULTS: dict[str, Callable[[Step], Fault | None]] = {
    "crash": lambda step: CrashAt(step.number),
    "full": lambda step: FullAt(step.number) if step.needs_room else None,
    "source-held": lambda step: HoldAt(step.number) if step.paths else None,
    "target-held": lambda step: HoldAt(step.number, -1) if len(step.paths) > 1 else None,
}


@dataclass(frozen=True)
class Case:
    """One failing run: what happens, on which kind of computer, to which fault."""

    fault: str
    windows: bool

    def __str__(self) -> str:
        return f"{self.fault}-{'windows' if self.windows else 'posix'}"


CASES = [
    Case("crash", windows=False),
    Case("full", windows=False),
    Case("source-held", windows=False),
    Case("source-held", windows=True),
    Case("target-held", windows=True),
]
each_case = pytest.mark.parametrize("case", CASES, ids=str)


def failing(
    case: Case, school: Workspace, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """A copy of the school for every step of the scenario, in which that step has failed; nothing else is told."""
    counted = copied(school, tmp_path / "counted")
    with faulty_disk(none, monkeypatch, windows=case.windows) as disk:
        scenario(counted)
    assert len(disk.steps) > 3
    for step in disk.steps:
        fault = FAULTS[case.fault](step)
        if fault is None:
            continue
        failed = copied(school, tmp_path / f"{step.number}-{step.name}")
        with faulty_disk(fault, monkeypatch, windows=case.windows):
            if case.fault == "crash":
                with pytest.raises(Crash):
                    scenario(failed)
            elif case.fault == "full":
                with suppress(DiskFullError):
                    scenario(failed)
            else:
                scenario(failed)
        assert_record_agrees(failed)
        yield failed
        shutil.rmtree(failed.root)
