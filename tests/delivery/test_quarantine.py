"""A file that was not processed goes back to where it came from, whole, whatever happens in between."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path, PurePath

import pytest
from disk_faults import Crash, Step, crash_at, faulty_disk, windows_error
from intake_kit import InlinePool, drop, new_workspace, opened, outcomes, run, tree

from anonymiser.delivery.quarantine import Quarantine
from anonymiser.errors import DiskFullError, PhotoBusy, UsageError
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.claim import Candidate
from anonymiser.intake.events import Events
from anonymiser.ledger.item import Origin
from anonymiser.values.reasons import Code
from anonymiser.workspace import Workspace


def quarantined(workspace: Workspace, folder: str = "Fair/Day 2", name: str = "Blue hat") -> str:
    """Put one damaged file into quarantine; its id."""
    drop(workspace.inbox / folder, **{name: "bad"})
    (result,) = run(workspace)
    return result.item


def test_a_restored_file_is_processed_anew_for_its_event(workspace: Workspace) -> None:
    """It is in its own folder under its own name; nothing of it is left in quarantine."""
    item = quarantined(workspace)
    with opened(workspace) as site:
        (entry,) = Quarantine(site).contents()
        assert (entry.item.id, entry.file) == (item, PurePath(f"Fair/Day 2/{item}-Blue hat.jpg"))
        done = Quarantine(site).restore(item)
        assert (done.item.id, done.place) == (item, PurePath("Fair/Day 2/Blue hat.jpg"))
        assert Quarantine(site).contents() == []
    assert tree(workspace.inbox) == ["Fair/Day 2/Blue hat.jpg"]
    assert list(workspace.quarantine.iterdir()) == []
    (workspace.inbox / "Fair/Day 2/Blue hat.jpg").write_bytes(b"mended")
    (again,) = run(workspace)
    assert (again.item != item, str(again.report.kind)) == (True, "released")
    assert tree(workspace.outbox)[0].startswith("website/fair-")


def test_another_file_of_that_name_stays(workspace: Workspace) -> None:
    """The restored one gets a number."""
    item = quarantined(workspace)
    drop(workspace.inbox / "Fair/Day 2", **{"Blue hat": "new"})
    with opened(workspace) as site:
        Quarantine(site).restore(item)
    assert tree(workspace.inbox) == ["Fair/Day 2/Blue hat (2).jpg", "Fair/Day 2/Blue hat.jpg"]
    assert (workspace.inbox / "Fair/Day 2/Blue hat.jpg").read_bytes() == b"new"


@pytest.mark.skipif("sys.platform == 'win32'", reason="Windows has no such names")
def test_a_folder_with_an_unsafe_name_is_found_again(workspace: Workspace) -> None:
    """The event is that of the folder in the inbox, not a new one with a cleaned name."""
    item = quarantined(workspace, "a:b/c")
    with opened(workspace) as site:
        Quarantine(site).restore(item)
    assert tree(workspace.inbox) == ["a:b/c/Blue hat.jpg"]


def test_a_file_of_an_earlier_version_has_no_name_to_go_back_to(workspace: Workspace) -> None:
    """It goes to the inbox under its id."""
    item = quarantined(workspace, ".")
    (workspace.quarantine / f"{item}-Blue hat.jpg").rename(workspace.quarantine / f"{item}.jpg")
    with opened(workspace) as site:
        Quarantine(site).restore(item)
    assert tree(workspace.inbox) == [f"{item}.jpg"]


@pytest.mark.parametrize("again", ["the next start", "the next call"])
def test_a_crash_at_every_step_of_restoring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: str) -> None:
    """The file is in one place, its note only beside it, and the next call or start brings it to an end."""
    step, done = 0, False
    while not done:
        step += 1
        workspace = new_workspace(tmp_path / f"school{step}")
        item = quarantined(workspace)
        with opened(workspace) as site:
            with suppress(Crash), crash_at(step, monkeypatch):
                Quarantine(site).restore(item)
                done = True
            if again == "the next call" and tree(workspace.quarantine):
                with suppress(UsageError):
                    Quarantine(site).restore(item)
        results = outcomes(run(workspace))
        assert len(tree(workspace.quarantine)) == 2, step
        assert tree(workspace.inbox) == tree(workspace.work) == []
        assert results in ({}, {"Fair/Day 2/Blue hat.jpg": "quarantined"})
        assert results or not (done or again == "the next call")
    assert step > 4


def test_what_cannot_be_restored_is_refused_in_plain_english(workspace: Workspace, tmp_path: Path) -> None:
    """Each with what can be done instead."""
    drop(workspace.inbox, good="1")
    (good,) = run(workspace)
    drop(tmp_path / "elsewhere", bad="bad")
    (elsewhere,) = run(workspace, tmp_path / "elsewhere")
    gone = quarantined(workspace)
    (workspace.quarantine / f"Fair/Day 2/{gone}-Blue hat.jpg").unlink()
    drop(workspace.inbox, wait="review")
    waits = next(result for result in run(workspace) if result.relative == "wait.jpg")
    (workspace.quarantine / f"{waits.item}-changed.jpg").write_bytes(b"an edited copy")
    expected = {
        "20200101-000001": ("no file with this id", "quarantine list"),
        good.item: ("is not in quarantine: released", "review again"),
        elsewhere.item: ("was never moved", "anonymise batch"),
        gone: ("no longer in quarantine", "inbox"),
        waits.item: ("is not in quarantine: review", "review again"),
    }
    with opened(workspace) as site:
        for item, (message, remedy) in expected.items():
            with pytest.raises(UsageError, match=message) as caught:
                Quarantine(site).restore(item)
            assert remedy in caught.value.remedy
        assert {entry.item.id: entry.file for entry in Quarantine(site).contents()} == {
            elsewhere.item: None,
            gone: None,
        }
    assert tree(workspace.inbox) == []


@pytest.mark.skipif("sys.platform == 'win32'", reason="links need a right on Windows")
def test_a_link_is_not_restored(workspace: Workspace, tmp_path: Path) -> None:
    """It would only come back."""
    (tmp_path / "photo.jpg").write_bytes(b"1")
    (workspace.inbox / "link.jpg").symlink_to(tmp_path / "photo.jpg")
    (result,) = run(workspace)
    with opened(workspace) as site, pytest.raises(UsageError, match="a link"):
        Quarantine(site).restore(result.item)
    assert len(tree(workspace.quarantine)) == 2


def test_a_file_that_is_open_stays_with_its_note(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person is told, and asks again."""
    item = quarantined(workspace)

    def hold(step: Step) -> None:
        if step.name in {"link", "rename"}:
            raise windows_error(32)

    with opened(workspace) as site:
        with faulty_disk(hold, monkeypatch), pytest.raises(PhotoBusy, match="was not restored"):
            Quarantine(site).restore(item)
        assert len(tree(workspace.quarantine)) == 2
        Quarantine(site).restore(item)
    assert tree(workspace.quarantine) == []


def test_a_full_disk_is_said(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere else."""
    item = quarantined(workspace)

    def full(step: Step) -> None:
        if step.name in {"link", "rename"}:
            raise OSError(28, "No space left on device")

    with opened(workspace) as site, faulty_disk(full, monkeypatch), pytest.raises(DiskFullError):
        Quarantine(site).restore(item)


def test_a_folder_that_could_not_be_opened_goes_back_whole(workspace: Workspace) -> None:
    """It was taken as one item, with the photos in it."""
    drop(workspace.inbox / "Fair/locked", a="1", b="2")
    with opened(workspace) as site:
        events = Events(workspace.inbox, workspace.settings.publishing, lambda _: False)
        intake = Intake(site, InlinePool(), Stop(), events, workspace.inbox, Origin.INBOX)
        locked = Candidate(workspace.inbox / "Fair/locked", PurePath("Fair/locked"), Code.NO_FOLDER_ACCESS())
        (result,) = intake.run([locked])
        assert tree(workspace.inbox) == []
        Quarantine(site).restore(result.item)
    assert tree(workspace.inbox) == ["Fair/locked/a.jpg", "Fair/locked/b.jpg"]
    assert tree(workspace.quarantine) == []
