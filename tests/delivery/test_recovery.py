from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import fake_worker
import pytest
from disk_faults import Crash, crash_at
from intake_kit import InlinePool, drop, import_consents, new_workspace, opened, run, tree

import anonymiser
from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.consent.register import Register
from anonymiser.ledger.item import Origin
from anonymiser.reconcile import reconcile
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.report import OutcomeKind
from anonymiser.workspace import Workspace

EVENT = Event("Fair", Purpose("website"))
FILES = {"good": "dated 2024-05-01", "same": "dated 2024-05-01", "wait": "review look", "bad": "bad", "evil": "seal"}
FATES = {"released": 1, "duplicate": 1, "review": 1, "quarantined": 1, "sealed": 1}


def assert_all_came_once(workspace: Workspace) -> None:
    with opened(workspace) as site:
        account = reconcile(site)
    assert (account.outcomes, account.in_work, account.differences) == (FATES, 0, [])
    assert tree(workspace.inbox) == tree(workspace.work) == []
    assert len(tree(workspace.outbox)) == 1
    assert len(tree(workspace.review)) == len(tree(workspace.quarantine)) == len(tree(workspace.sealed)) == 2
    assert len(tree(workspace.originals)) == 3


def test_a_crash_at_every_single_step_loses_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Die before the first change of the disk, the second, ... the last: the next run ends in the same state."""
    step = 0
    while True:
        step += 1
        workspace = new_workspace(tmp_path / f"school{step}")
        drop(workspace.inbox, **FILES)
        try:
            with crash_at(step, monkeypatch):
                run(workspace)
        except Crash:
            staged = [path for path in tree(workspace.outbox) if not path.endswith("-001.jpg")]
            assert staged == []
            run(workspace)
            assert_all_came_once(workspace)
        else:
            break
    assert step > 40
    assert_all_came_once(workspace)


def test_a_crash_during_recovery_is_recovered_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second start may die as well, anywhere."""
    chance = random.Random(7)  # noqa: S311 - the same steps every time
    for number in range(12):
        workspace = new_workspace(tmp_path / f"school{number}")
        drop(workspace.inbox, **FILES)
        for _ in range(4):
            with suppress(Crash), crash_at(chance.randint(1, 30), monkeypatch):
                run(workspace)
        run(workspace)
        assert_all_came_once(workspace)


def test_a_folder_elsewhere_survives_a_crash_at_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where sources stay in place, a second run completes the first without a second copy of anything."""
    step, done = 0, False
    while not done:
        step += 2
        workspace, folder = new_workspace(tmp_path / f"school{step}"), tmp_path / f"photos{step}"
        drop(folder, **FILES)
        try:
            with crash_at(step, monkeypatch):
                run(workspace, folder)
            done = True
        except Crash:
            run(workspace, folder)
        with opened(workspace) as site:
            account = reconcile(site)
        assert (account.outcomes, account.in_work, account.differences) == (FATES, 0, [])
        assert len(tree(workspace.outbox)) == 1
        assert len(tree(workspace.review)) == 2
        assert len(tree(folder)) == 5


def test_a_delivery_cut_short_is_not_finished_under_other_consents(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a crash and the restart a family withdrew: the staged copy is dropped and made again."""
    import_consents(workspace, "person_id,forename,surname,class,website\r\nP1,Ben,Okafor,3A,granted\r\n")
    drop(workspace.inbox, a="1")
    with WorkspaceContexts(workspace) as contexts:
        monkeypatch.setattr("anonymiser.delivery.files.move_new", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            run(workspace, contexts=contexts)
        monkeypatch.undo()
        with Register.open(workspace) as register:
            register.withdraw(register.find("Ben Okafor"), "letter")
        (result,) = run(workspace, contexts=contexts)
    assert (workspace.root / str(result.output)).read_text().endswith("shown: ")
    assert len(tree(workspace.outbox)) == 1


def test_sources_without_a_row_go_back_to_the_inbox(workspace: Workspace) -> None:
    """Where the ledger was lost in the middle of a run, the originals in work are not."""
    stray = workspace.work / "20240101-000001/in/20240101-000001-a.jpg"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"1")
    with opened(workspace):
        assert tree(workspace.inbox) == ["a.jpg"]
    assert tree(workspace.work) == []


def test_a_claimed_file_that_somebody_removed_is_accounted_for(workspace: Workspace) -> None:
    """Its row ends as failed, with a note."""
    with opened(workspace) as site:
        item = site.ledger.receive(Origin.INBOX, "k", EVENT)
        site.ledger.claim(item, "00")
    with opened(workspace) as site:
        found = site.ledger.get(item.id)
    assert found is not None
    assert found.outcome is OutcomeKind.FAILED
    assert tree(workspace.quarantine) == [f"{item.id}.txt"]


def test_a_file_that_was_never_taken_leaves_no_row(workspace: Workspace) -> None:
    """Received and not yet claimed means that the next listing finds it again."""
    with opened(workspace) as site:
        item = site.ledger.receive(Origin.INBOX, "k", EVENT)
    with opened(workspace) as site:
        assert site.ledger.get(item.id) is None


def test_leftovers_of_a_dry_run_are_removed(workspace: Workspace) -> None:
    """A dry run that was killed leaves no copies behind."""
    drop(workspace.work / "dry-run-x/outbox", a="1")
    with opened(workspace):
        assert tree(workspace.work) == []


TESTS, PACKAGE = Path(__file__).parents[1], Path(anonymiser.__file__).parents[1]
DRIVER = """
import sys
from pathlib import Path
import fake_worker
from anonymiser.cli import cli
from anonymiser.cli.console import run
from anonymiser.workers.pool import WorkerSetup
if __name__ == "__main__":
    setup = WorkerSetup(fake_worker.initialise, fake_worker.process)
    sys.exit(run(cli, sys.argv[1:], workers=lambda settings: setup))
"""


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[bytes]:
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (TESTS, PACKAGE)))}
    return subprocess.Popen(
        [sys.executable, str(driver), *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_killing_the_real_process_again_and_again(tmp_path: Path) -> None:
    """SIGKILL at random moments, workers and all, then one undisturbed run: every photo once."""
    workspace = new_workspace(tmp_path / "school")
    drop(workspace.inbox, **{f"p{number:02}": f"slow 0.02\n{number}" for number in range(24)})
    chance = random.Random(3)  # noqa: S311 - the same moments every time
    for kill in range(4):
        process = start(tmp_path, "batch", "--workspace", str(workspace.root), "--jobs", "2")
        until = len(tree(workspace.outbox)) + chance.randint(0, 4)
        while process.poll() is None and len(tree(workspace.outbox)) <= until and kill < 4:
            time.sleep(chance.uniform(0.001, 0.01))
        process.kill()
        process.communicate()
    process = start(tmp_path, "batch", "--workspace", str(workspace.root), "--jobs", "2")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors.decode()
    copies = [path.read_bytes() for path in (workspace.outbox / "website").iterdir()]
    assert len(copies) == len(set(copies)) == 24
    with opened(workspace) as site:
        account = reconcile(site)
    assert (account.outcomes, account.in_work, account.differences) == ({"released": 24}, 0, [])


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_ends_cleanly_and_is_told(tmp_path: Path) -> None:
    """Ctrl+C lets running photos finish, exits with 130 and without a traceback; the next run completes."""
    workspace = new_workspace(tmp_path / "school")
    drop(workspace.inbox, **{f"p{number}": f"slow 0.2\n{number}" for number in range(20)})
    process = start(tmp_path, "batch", "--workspace", str(workspace.root), "--jobs", "1", "--json")
    while not tree(workspace.outbox) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors.decode()
    assert b"Traceback" not in errors
    assert b'"summary"' in output.splitlines()[-1]
    assert 0 < len(tree(workspace.outbox)) < 20
    run(workspace, pool=InlinePool(lambda job: fake_worker._release(job, "")))
    assert len(tree(workspace.outbox)) == 20
