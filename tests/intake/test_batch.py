from __future__ import annotations

import errno
import os
from pathlib import Path

import fake_worker
import pytest
from intake_kit import TWO_PUPILS, InlinePool, drop, import_consents, new_workspace, opened, outcomes, run, tree

from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.consent.register import Register
from anonymiser.delivery.files import ChangedWhileReading, move_new
from anonymiser.errors import DiskFullError, ModelError
from anonymiser.intake.batch import Stop
from anonymiser.reconcile import reconcile
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.reasons import Code
from anonymiser.values.report import Job, OutcomeKind, PhotoReport
from anonymiser.workspace import Workspace


def test_every_outcome_has_its_place(workspace: Workspace) -> None:
    """One photo of each fate: copies, notes and originals are where the contract says, and the inbox is empty."""
    drop(workspace.inbox / "Sports day", good="dated 2024-05-01", wait="review please look", bad="bad", evil="seal")
    results = run(workspace)
    assert outcomes(results) == {
        "Sports day/good.jpg": "released",
        "Sports day/wait.jpg": "review",
        "Sports day/bad.jpg": "quarantined",
        "Sports day/evil.jpg": "sealed",
    }
    by_fate = {str(result.report.kind): result for result in results}
    waiting, bad, sealed = (by_fate[fate].item for fate in ("review", "quarantined", "sealed"))
    assert tree(workspace.outbox) == ["website/sports-day-2024-05-01-001.jpg"]
    assert tree(workspace.review) == [f"{waiting}.jpg", f"{waiting}.txt"]
    assert tree(workspace.quarantine) == [f"Sports day/{bad}-bad.jpg", f"Sports day/{bad}.txt"]
    assert tree(workspace.sealed) == [sealed, f"{sealed}.txt"]
    assert [name.split("-", 2)[2] for name in tree(workspace.originals)] == ["good.jpg", "wait.jpg"]
    assert tree(workspace.inbox) == tree(workspace.work) == []
    assert "please look" in (workspace.review / f"{waiting}.txt").read_text(encoding="utf-8")
    assert "not a picture" in (workspace.quarantine / f"Sports day/{bad}.txt").read_text(encoding="utf-8")
    assert (workspace.sealed / sealed).read_bytes() == b"seal"


def test_notes_and_json_of_a_sealed_photo(workspace: Workspace) -> None:
    """The original's name is kept in the sealed folder alone."""
    drop(workspace.inbox, evil="seal")
    (sealed,) = run(workspace)
    assert sealed.output is None
    assert "evil.jpg" in (workspace.sealed / f"{sealed.item}.txt").read_text(encoding="utf-8")
    others = [path for path in workspace.root.rglob("*") if path.is_file() and workspace.sealed not in path.parents]
    assert not [path for path in others if b"evil" in path.read_bytes()]


def test_a_folder_elsewhere_stays_untouched(workspace: Workspace, tmp_path: Path) -> None:
    """Nothing is moved or copied but the safe copies; quarantine and sealed hold notes alone."""
    folder = tmp_path / "elsewhere"
    drop(folder, good="1", wait="review", bad="bad", evil="seal")
    before = sorted((path.name, path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir())
    results = run(workspace, folder)
    assert sorted((path.name, path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()) == before
    fate = {str(result.report.kind): result.item for result in results}
    assert tree(workspace.quarantine) == [f"{fate['quarantined']}.txt"]
    assert tree(workspace.sealed) == [f"{fate['sealed']}.txt"]
    note = (workspace.sealed / f"{fate['sealed']}.txt").read_text(encoding="utf-8")
    assert "NOT moved" in note
    assert str(folder / "evil.jpg") in note
    assert tree(workspace.originals) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_awkward_names_are_processed_and_links_and_pipes_set_aside(workspace: Workspace, tmp_path: Path) -> None:
    """Spaces, emoji, line breaks, 250 characters and undecodable bytes are names; a link or FIFO is moved unopened."""
    names = ["  a (2).jpg", "\N{RUNNER} b.jpg", "c\nd.jpg", "x" * 246 + ".jpg", os.fsdecode(b"\xff.jpg")]
    for number, name in enumerate(names):
        (workspace.inbox / name).write_bytes(b"%d" % number)
    (tmp_path / "outside.jpg").write_bytes(b"secret")
    (workspace.inbox / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    os.mkfifo(workspace.inbox / "pipe.jpg")
    (workspace.inbox / "x.jpg").mkdir()
    results = run(workspace)
    assert sorted(outcomes(results).values()) == ["quarantined"] * 2 + ["released"] * 5
    assert all(result.to_json()["input"].encode() for result in results)
    assert [path.name for path in workspace.inbox.iterdir()] == ["x.jpg"]
    assert (tmp_path / "outside.jpg").read_bytes() == b"secret"
    assert not [name for name in tree(workspace.outbox) if "x" * 20 in name]


def test_an_oversized_file_is_quarantined_unread(workspace: Workspace) -> None:
    """Over the limit of the settings no byte is read."""
    drop(workspace.inbox, big=b"1" * (1024 * 1024 + 1))
    pool = InlinePool()
    (result,) = run(workspace, pool=pool)
    assert (result.report.kind, result.sha256, pool.seen) == (OutcomeKind.QUARANTINED, None, [])
    assert result.report.reasons == (Code.LARGE_FILE(megabytes=1),)


def test_an_unreadable_file_is_quarantined(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that this account may not read is set aside with the reason."""

    def refuse(path: Path) -> str:
        raise PermissionError(13, "denied")

    monkeypatch.setattr("anonymiser.delivery.files.sha256_of", refuse)
    drop(workspace.inbox, locked="1")
    (result,) = run(workspace)
    assert result.report.reasons == (Code.NO_READ_ACCESS(),)
    assert len(tree(workspace.quarantine)) == 2


def test_a_file_in_use_stays_and_is_told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be moved is a failure with its reason, and still in the inbox for the next run."""
    drop(workspace.inbox, busy="1")
    with monkeypatch.context() as patch:
        patch.setattr("os.rename", lambda *_: (_ for _ in ()).throw(PermissionError(13, "in use")))
        (result,) = run(workspace)
    assert result.report.kind is OutcomeKind.FAILED
    assert result.report.reasons == (Code.IN_USE(),)
    assert tree(workspace.inbox) == ["busy.jpg"]
    assert run(workspace)[0].report.kind is OutcomeKind.RELEASED


def test_a_copy_that_is_not_the_verified_one_is_never_delivered(workspace: Workspace) -> None:
    """The bytes in the staging area must be those that the worker reported."""
    drop(workspace.inbox, a="lie")
    (result,) = run(workspace)
    assert result.report.kind is OutcomeKind.FAILED
    assert tree(workspace.outbox) == []


def test_a_foreign_file_in_the_outbox_is_never_overwritten(workspace: Workspace) -> None:
    """A name that is taken is passed over."""
    drop(workspace.outbox / "website", **{"school-photo-2024-05-01-001": "theirs"})
    drop(workspace.inbox, a="dated 2024-05-01")
    (result,) = run(workspace)
    assert result.output == "outbox/website/school-photo-2024-05-01-002.jpg"
    assert (workspace.outbox / "website/school-photo-2024-05-01-001.jpg").read_bytes() == b"theirs"


def test_a_file_that_appears_at_the_last_moment_is_not_overwritten(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the promise and the delivery somebody saves a file of that very name: the copy takes the next."""
    theirs = workspace.outbox / "website/school-photo-2024-05-01-001.jpg"

    def race(staged: Path, final: Path) -> None:
        if not theirs.exists():
            theirs.write_bytes(b"theirs")
        move_new(staged, final)

    monkeypatch.setattr("anonymiser.delivery.files.move_new", race)
    drop(workspace.inbox, a="dated 2024-05-01")
    (result,) = run(workspace)
    assert result.output == "outbox/website/school-photo-2024-05-01-002.jpg"
    assert theirs.read_bytes() == b"theirs"


def test_a_changed_copy_in_review_gives_way_to_the_new_one(workspace: Workspace, tmp_path: Path) -> None:
    """When a photo is processed again, a copy that somebody edited is set aside, not released and not lost."""
    import_consents(workspace, TWO_PUPILS)
    drop(tmp_path / "photos", a="review")
    with WorkspaceContexts(workspace) as contexts:
        (first,) = run(workspace, tmp_path / "photos", contexts=contexts)
        (workspace.root / str(first.output)).write_bytes(b"edited")
        with Register.open(workspace) as register:
            register.withdraw(register.find("Ben Okafor"), "letter")
        (again,) = run(workspace, tmp_path / "photos", contexts=contexts)
    assert again.output == first.output
    assert (workspace.root / str(again.output)).read_text().startswith("copy of")
    assert (workspace.quarantine / f"{first.item}-changed.jpg").read_bytes() == b"edited"


def test_a_file_that_goes_away_before_its_turn_is_no_input(workspace: Workspace) -> None:
    """Listed, then removed by its owner: no row, no line, no trace."""
    drop(workspace.inbox, a="1", b="2", c="3")
    pool = InlinePool(room=1)

    def process(job: Job) -> PhotoReport:
        (workspace.inbox / "c.jpg").unlink(missing_ok=True)
        return fake_worker.process(job)

    pool.process = process
    assert len(run(workspace, pool=pool)) == 2
    assert tree(workspace.work) == []


def test_a_file_that_is_still_being_written_is_told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that change while they are hashed are not processed."""

    def changing(_: Path) -> str:
        raise ChangedWhileReading("changed")

    drop(workspace.inbox, a="1")
    monkeypatch.setattr("anonymiser.delivery.files.sha256_of", changing)
    (result,) = run(workspace)
    assert result.report.reasons == (Code.STILL_WRITTEN(),)


@pytest.mark.parametrize("place", ["anonymiser.delivery.files.move_new", "anonymiser.delivery.files.sha256_of"])
def test_no_room_in_the_parent_ends_the_run_too(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """The disk fills while a copy is delivered or read: a plain error, and the next run completes."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    drop(workspace.inbox, a="1", b="2")
    with monkeypatch.context() as patch:
        patch.setattr(place, full)
        with pytest.raises(DiskFullError):
            run(workspace)
    run(workspace)
    assert len(tree(workspace.outbox)) == 2
    assert tree(workspace.work) == []


@pytest.mark.parametrize(("deed", "error"), [("disk-full", DiskFullError), ("broken-model", ModelError)])
def test_what_no_photo_could_escape_ends_the_run_and_the_next_one_goes_on(
    workspace: Workspace, deed: str, error: type[Exception]
) -> None:
    """Nothing is lost or set aside: what was claimed is finished when there is room, or a working network, again."""
    drop(workspace.inbox, a="1", b=deed, c="3")
    with pytest.raises(error):
        run(workspace)
    assert tree(workspace.quarantine) == []
    assert len(tree(workspace.outbox)) < 3
    pool = InlinePool(lambda job: fake_worker._release(job, ""))
    run(workspace, pool=pool)
    with opened(workspace) as site:
        account = reconcile(site)
    assert account.differences == []
    assert account.outcomes == {"released": 3}


def test_a_stop_finishes_what_runs_and_leaves_the_rest(workspace: Workspace) -> None:
    """After a request to stop nothing new is begun; a second run completes."""
    drop(workspace.inbox, **{f"p{number}": str(number) for number in range(8)})
    stop, pool = Stop(), InlinePool(room=2)

    def process(job: Job) -> PhotoReport:
        stop.requests = 1
        return fake_worker.process(job)

    pool.process = process
    first = run(workspace, pool=pool, stop=stop)
    assert 1 <= len(first) < 8
    second = run(workspace)
    assert len(tree(workspace.outbox)) == 8
    assert {result.item for result in first}.isdisjoint(result.item for result in second)


def test_a_withdrawal_while_a_photo_is_processed_bites(workspace: Workspace) -> None:
    """The copy made under the old consents is dropped and the photo processed again before it is delivered."""
    import_consents(workspace, TWO_PUPILS)
    drop(workspace.inbox, a="1")
    made = []

    def process(job: Job) -> PhotoReport:
        report = fake_worker.process(job)
        made.append(job.staging.read_text())
        if len(made) == 1:
            with Register.open(workspace) as register:
                register.withdraw(register.find("Ben Okafor"), "letter")
        return report

    with WorkspaceContexts(workspace) as contexts:
        (result,) = run(workspace, contexts=contexts, pool=InlinePool(process))
    assert len(made) == 2
    assert not made[0].endswith("shown: ")
    assert (workspace.root / str(result.output)).read_text().endswith("shown: ")
    assert len(tree(workspace.outbox)) == 1


def test_a_row_names_its_event(workspace: Workspace) -> None:
    """The ledger keeps what later questions need: event, report and digest of the context."""
    drop(workspace.inbox / "Fair", a="1")
    (result,) = run(workspace)
    with opened(workspace) as site:
        item = site.ledger.get(result.item)
    assert item is not None
    assert item.event == Event("Fair", Purpose("website"))
    assert item.report == result.report
    assert item.context


def test_a_workspace_without_hard_links_delivers_too(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the volume has no hard links, names are checked and files renamed."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr("anonymiser.delivery.files.os.link", refuse)
    drop(workspace.outbox / "website", **{"school-photo-2024-05-01-001": "theirs"})
    drop(workspace.inbox, a="dated 2024-05-01", b="bad")
    assert sorted(outcomes(run(workspace)).values()) == ["quarantined", "released"]


def test_thousands_of_files_are_not_held_in_memory(tmp_path: Path) -> None:
    """The run asks for the next candidate only when there is room for it."""
    workspace = new_workspace(tmp_path / "school")
    drop(workspace.inbox, **{f"p{number}": str(number) for number in range(40)})
    ahead = []

    def process(job: Job) -> PhotoReport:
        ahead.append(len(tree(workspace.work)))
        return fake_worker.process(job)

    run(workspace, pool=InlinePool(process, room=4))
    assert max(ahead) <= 5
