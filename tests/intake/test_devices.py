"""From the folder that a photo came by to what its worker is told, and what is kept of it afterwards."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import pytest
from intake_kit import InlinePool, drop, fake_workers, opened, run

from anonymiser.audit.entry import Kind, parsed
from anonymiser.delivery.quarantine import Quarantine
from anonymiser.errors import SettingsError
from anonymiser.ledger.item import Item, Origin
from anonymiser.ledger.ledger import Ledger
from anonymiser.ledger.tables import VERSION
from anonymiser.school import Result, School
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.devices import Camera, DeviceCheck, DeviceEvidence
from anonymiser.values.reasons import Code
from anonymiser.values.report import Copy, Job, PhotoReport, Refused, Released
from anonymiser.workspace import Workspace

SERIAL = "032051001234"
CANON = Camera("Canon", "EOS 80D", SERIAL)
LIST = f'[[device]]\nmake = "Canon"\nmodel = "EOS 80D"\nserial = "{SERIAL}"\n\n[[folder]]\nname = "Office scanner"\n'


@pytest.fixture
def listed(workspace: Workspace) -> Workspace:
    workspace.devices_file.write_text(LIST, encoding="utf-8")
    return workspace


def by_the_list(job: Job) -> PhotoReport:
    """What the pipeline reports of a photo without camera data, where the school refuses such photos."""
    evidence = job.devices.evidence(None) if job.devices else None
    if evidence is DeviceEvidence.NO_EVIDENCE:
        return PhotoReport(Refused((Code.DEVICE_NO_EVIDENCE(),)))
    job.staging.write_bytes(b"copy of " + job.item.encode())
    sha256 = hashlib.sha256(job.staging.read_bytes()).hexdigest()
    return PhotoReport(Released(Copy(sha256, (4, 3), (4, 3), device_evidence=evidence)))


def seen(pool: InlinePool) -> list[bool]:
    return [job.devices.from_approved_folder for job in pool.seen if job.devices]


def test_a_worker_is_told_the_list_and_whether_the_folder_is_approved(listed: Workspace) -> None:
    """Spelling of the folder's name makes no difference; a folder inside it counts, one beside it does not."""
    drop(listed.inbox / "office SCANNER" / "June", a="1")
    drop(listed.inbox / "Sports day", b="2")
    drop(listed.inbox, c="3")
    told = {}

    def asked(job: Job) -> PhotoReport:
        told[job.source.read_text(encoding="utf-8")] = job.devices
        return by_the_list(job)

    run(listed, pool=InlinePool(asked))
    plain = DeviceCheck((CANON,))
    assert told == {"1": DeviceCheck((CANON,), from_approved_folder=True), "2": plain, "3": plain}


def test_a_folder_elsewhere_with_the_same_name_is_not_approved(listed: Workspace, tmp_path: Path) -> None:
    """The inbox is where the school's accounts upload; a memory stick is not."""
    drop(tmp_path / "stick" / "Office scanner", a="1")
    pool = InlinePool()
    run(listed, tmp_path / "stick", pool=pool)
    assert seen(pool) == [False]


def test_without_a_list_a_worker_is_told_nothing(workspace: Workspace) -> None:
    """And reports nothing."""
    drop(workspace.inbox / "Office scanner", a="1")
    pool = InlinePool(by_the_list)
    (result,) = run(workspace, pool=pool)
    assert [job.devices for job in pool.seen] == [None]
    assert result.to_json()["device_evidence"] is None


def test_a_refused_photo_is_released_once_its_folder_is_approved_and_it_is_restored(workspace: Workspace) -> None:
    """The remedy that the note gives works."""
    workspace.devices_file.write_text("", encoding="utf-8")
    drop(workspace.inbox / "Office scanner", a="1")
    (refused,) = run(workspace, pool=InlinePool(by_the_list))
    assert refused.to_json()["device_evidence"] == "no-evidence"
    (note,) = workspace.quarantine.rglob("*.txt")
    assert "nothing in the file says which device took it" in note.read_text(encoding="utf-8")
    assert f"anonymise quarantine restore {refused.item}" in note.read_text(encoding="utf-8")
    workspace.devices_file.write_text('[[folder]]\nname = "Office scanner"\n', encoding="utf-8")
    with opened(workspace) as site:
        Quarantine(site).restore(refused.item)
    (released,) = run(workspace, pool=InlinePool(by_the_list))
    assert (released.report.kind, released.to_json()["device_evidence"]) == ("released", "approved")


def test_a_photo_that_is_processed_again_came_by_the_same_folder(listed: Workspace) -> None:
    """After a crash, after a person's correction, and where another photo takes its place."""
    drop(listed.inbox / "Office scanner", a="review")
    run(listed)
    with opened(listed) as site:
        (item,) = site.ledger.waiting()
        site.ledger.reopen(item)
        assert site.basis(item).devices == DeviceCheck((CANON,), from_approved_folder=True)
        again = site.ledger.receive(Origin.INBOX, item.path_key, item.event, replaces=item)
        alike = site.ledger.receive(Origin.INBOX, item.path_key, item.event, came_as=item)
        other = site.ledger.receive(Origin.INBOX, item.path_key, item.event)
        approved = [site.basis(one).devices.from_approved_folder for one in (again, alike, other)]
        assert approved == [True, True, False]
        for one in (again, alike, other):
            site.ledger.withdraw(one)
    pool = InlinePool()
    run(listed, pool=pool)
    assert seen(pool) == [True]


def test_the_decision_is_in_the_record_and_no_serial_number_or_folder_is_in_the_data(listed: Workspace) -> None:
    """What the evidence was is told; what identifies a device, or a person's folder, is kept in the list alone."""
    drop(listed.inbox / "Office scanner", a="1")
    (result,) = run(listed, pool=InlinePool(by_the_list))
    with opened(listed) as site:
        decided = [entry for row in site.ledger.audit_rows() if (entry := parsed(row.text)).kind is Kind.DECIDED]
        assert [entry.data["device"] for entry in decided] == ["approved"]
        item = site.ledger.get(result.item)
        assert item is not None
        assert item.report.device_evidence is DeviceEvidence.APPROVED
    data = b"".join(path.read_bytes() for path in listed.data.rglob("*") if path.is_file()).lower()
    assert SERIAL.encode() not in data
    assert b"office scanner" not in data.replace(b"office-scanner", b"").replace(item.event.label.lower().encode(), b"")


def test_a_list_that_cannot_be_read_stops_the_run_before_a_photo_is_taken(workspace: Workspace) -> None:
    """Nothing is published by a list with a slip in it, and every photo is still where staff put it."""
    workspace.devices_file.write_text("[[device]\n", encoding="utf-8")
    drop(workspace.inbox, a="1")
    with School.open(workspace.root, workers=fake_workers) as school, pytest.raises(SettingsError, match="line 1"):
        school.run()
    assert (workspace.inbox / "a.jpg").exists()
    with School.open(workspace.root, workers=fake_workers) as school, pytest.raises(SettingsError, match="line 1"):
        school.watch(once=True)


def test_a_dry_run_goes_by_the_same_list(listed: Workspace) -> None:
    """It tells what a run would do."""
    drop(listed.inbox / "Office scanner", a="1")
    drop(listed.inbox / "Fair", b="2")
    with School.open(listed.root, workers=fake_workers) as school, school.run(dry_run=True, jobs=1) as dry:
        found = {event.relative: event.report.device_evidence for event in dry if isinstance(event, Result)}
    assert found == {
        "Office scanner/a.jpg": DeviceEvidence.APPROVED, "Fair/b.jpg": DeviceEvidence.NO_EVIDENCE
    }  # fmt: skip


def test_a_ledger_of_the_fifth_version_learns_by_which_folders_photos_come(tmp_path: Path) -> None:
    """A file that the program of that version wrote: every row reads the same, and none came by an approved folder."""
    path = tmp_path / "ledger.sqlite3"
    script = (Path(__file__).parents[1] / "ledger/version5.sql").read_text(encoding="utf-8")
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
        before = connection.execute("SELECT id, report FROM items ORDER BY id").fetchall()
    connection.close()
    with Ledger(path) as ledger:
        items: list[Item] = list(ledger.every())
        assert [item.id for item in items] == [name for name, _ in before]
        assert all(ledger.arrived_by(item.id) is None and item.report.device_evidence is None for item in items)
        assert all(ledger.agrees_about(item.id) for item in items)
        new = ledger.receive(Origin.INBOX, "k", Event("Fair", Purpose("website")), folder="office scanner")
        assert ledger.arrived_by(new.id) == ledger.folder_key("office scanner")
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        (table,) = connection.execute("SELECT folder_key FROM arrivals").fetchall()
        assert "scanner" not in str(table)
    connection.close()


def test_nothing_of_a_photo_is_kept_when_its_row_goes(listed: Workspace) -> None:
    """The table of folders loses its row with the photo's."""
    drop(listed.inbox / "Office scanner", a="1")
    (result,) = run(listed)
    with opened(listed) as site:
        assert site.ledger.arrived_by(result.item) is not None
        site.ledger.delete_row(result.item)
        assert site.ledger.arrived_by(result.item) is None
