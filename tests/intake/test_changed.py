"""A file that changes after something was decided about it is taken once more, and nothing of the half is left."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from disk_faults import Crash, crash_at
from intake_kit import copies, copy_of, drop, new_workspace, opened, run, tree

from anonymiser.delivery.again import take_again
from anonymiser.intake.changed import Changed
from anonymiser.review.queue import ReviewQueue
from anonymiser.workspace import Workspace

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not move a file that is being written")


@POSIX
@pytest.mark.parametrize(
    ("early", "outcome"),
    [(b"review", "review"), (b"bad", "quarantined"), (b"", "released"), (b"first", "duplicate"), (b"seal", "sealed")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_became_of_the_half_the_whole_is_taken(workspace: Workspace, early: bytes, outcome: str) -> None:
    """Waiting, refused, released, a duplicate: nothing of the half is left. What was sealed stays sealed."""
    drop(workspace.inbox, first="first")
    run(workspace)
    drop(workspace.inbox / "Fair" if outcome != "duplicate" else workspace.inbox, a=early)
    (path,) = workspace.inbox.rglob("a.jpg")
    with path.open("r+b") as held:
        assert [str(result.report.kind) for result in run(workspace)] == [outcome]
        held.truncate()
        held.write(b"whole")
    again = [str(result.report.kind) for result in run(workspace)]
    left = (tree(workspace.review), tree(workspace.quarantine), len(tree(workspace.outbox)))
    expected = ([], ([], [], 1)) if outcome == "sealed" else (["released"], ([], [], 2))
    assert (again, left) == expected
    assert run(workspace) == []


@pytest.mark.parametrize("referred", [False, True])
def test_what_was_sealed_is_never_taken_again(workspace: Workspace, referred: bool) -> None:
    """Whoever asks: nothing but the safeguarding lead's work is done with it."""
    drop(workspace.inbox, a="review" if referred else "seal")
    (found,) = run(workspace)
    with opened(workspace) as site:
        if referred:
            ReviewQueue(site).refer(found.item)
        item = site.ledger.get(found.item)
        assert item is not None
        take_again(site, item, workspace.sealed / item.id)
        assert site.ledger.get(found.item) == item
        assert site.ledger.unfinished() == []
    assert run(workspace) == []


@POSIX
def test_a_rejected_half_is_asked_about_again(workspace: Workspace) -> None:
    """Somebody rejected what they saw; the whole picture is another, and the rejection stays on record."""
    drop(workspace.inbox, a="review")
    with (workspace.inbox / "a.jpg").open("ab") as held:
        (waiting,) = run(workspace)
        with opened(workspace) as site:
            ReviewQueue(site).reject(waiting.item)
        held.write(b" once more")
    (again,) = run(workspace)
    assert (str(again.report.kind), again.item != waiting.item) == ("review", True)


def test_a_file_that_somebody_mends_in_quarantine_is_taken_again(workspace: Workspace) -> None:
    """It was refused, has changed, and keeps its event; one that was only touched is not read as another."""
    drop(workspace.inbox / "Fair", a="bad")
    (refused,) = run(workspace)
    file = workspace.quarantine / f"Fair/{refused.item}-a.jpg"
    os.utime(file, (1_000_000_000, 1_000_000_000))
    assert run(workspace) == []
    file.write_bytes(b"mended")
    (again,) = run(workspace)
    assert (str(again.report.kind), again.relative) == ("released", "a.jpg")
    assert tree(workspace.outbox)[0].startswith("website/fair-")
    assert list(workspace.quarantine.iterdir()) == []


@pytest.mark.parametrize("early", ["bad", "half", "review", "first"])
def test_a_crash_at_every_step_of_taking_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, early: str) -> None:
    """The next run has one copy of the whole file, and leaves nothing of the half."""
    step, done = 0, False
    while not done:
        step += 1
        workspace = new_workspace(tmp_path / f"school{step}")
        drop(workspace.inbox, a="first")
        run(workspace)
        drop(workspace.inbox, b=early)
        (half,) = run(workspace)
        next(workspace.root.rglob(f"{half.item}-b.jpg")).write_bytes(b"whole")
        with opened(workspace) as site, suppress(Crash), crash_at(step, monkeypatch):
            Changed(site, 0).take_again()
            done = True
        run(workspace)
        run(workspace)
        assert copies(workspace) == sorted([copy_of(b"first"), copy_of(b"whole")]), step
        assert tree(workspace.inbox) == tree(workspace.work) == tree(workspace.quarantine) == []
        assert tree(workspace.review) == []
    assert step > 4


def test_a_changed_file_is_left_alone_until_it_is_quiet(workspace: Workspace) -> None:
    """What `watch` has seen changing is not read before it has been quiet for as long as a new file must be."""
    drop(workspace.inbox, a="bad")
    run(workspace)
    (file,) = workspace.quarantine.glob("*.jpg")
    file.write_bytes(b"bad still")
    now = [100.0]
    with opened(workspace) as site:
        changed = Changed(site, 3600, clock=lambda: now[0])
        assert not changed.take_again()
        now[0] += 3599
        assert not changed.take_again()
        file.write_bytes(b"bad and still")
        now[0] += 3599
        assert not changed.take_again()
        now[0] += 3600
        assert changed.take_again()
