"""A photo is processed anew because somebody asked for it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from disk_faults import Crash, crash_at
from intake_kit import drop, new_workspace, run, tree
from review_kit import differences, queue, waiting

from anonymiser.errors import SafetyRefusal, UsageError
from anonymiser.ledger.item import ReviewVerdict
from anonymiser.values.report import OutcomeKind
from anonymiser.workspace import Workspace


def test_a_photo_that_waits_is_looked_at_again(workspace: Workspace) -> None:
    """It keeps its id, its old copy is gone, and the next run processes the archived original."""
    item = waiting(workspace)
    (workspace.review / f"{item}.jpg").write_bytes(b"edited")
    with queue(workspace) as reviews:
        assert reviews.again(item).id == item
        assert tree(workspace.review) == []
    (again,) = run(workspace)
    assert (again.item, again.report.kind) == (item, OutcomeKind.REVIEW)
    assert tree(workspace.review) == [f"{item}.jpg", f"{item}.txt"]
    assert differences(workspace) == tree(workspace.quarantine) == []


def test_a_rejected_photo_is_looked_at_again_under_a_new_id(workspace: Workspace) -> None:
    """The rejection stays on record, and so does the original."""
    item = waiting(workspace)
    with queue(workspace) as reviews:
        reviews.reject(item)
        new = reviews.again(item).id
        assert reviews.get(item).verdict is ReviewVerdict.REJECTED
    (again,) = run(workspace)
    assert (again.item, again.report.kind, new != item) == (new, OutcomeKind.REVIEW, True)
    assert differences(workspace) == []
    assert len(tree(workspace.originals)) == 2


def test_what_cannot_be_looked_at_again_is_refused_with_what_to_do(workspace: Workspace, tmp_path: Path) -> None:
    """A sealed photo is nobody's business; released, quarantined and repeated ones have commands of their own."""
    item = waiting(workspace)
    drop(workspace.inbox, good="1", evil="seal", bad="bad")
    found = {result.relative: result.item for result in run(workspace)}
    drop(workspace.inbox, same="1")
    (same,) = run(workspace)
    drop(tmp_path / "elsewhere", a="review elsewhere")
    (elsewhere,) = run(workspace, tmp_path / "elsewhere")
    with queue(workspace) as reviews:
        reviews.refer(item)
        for sealed in (item, found["evil.jpg"]):
            with pytest.raises(SafetyRefusal, match="sealed"):
                reviews.again(sealed)
        for other, remedy in {
            found["good.jpg"]: "find PERSON --reissue",
            found["bad.jpg"]: f"quarantine restore {found['bad.jpg']}",
            same.item: found["good.jpg"],
            elsewhere.item: "anonymise batch",
            "20200101-000001": "review list",
        }.items():
            with pytest.raises(UsageError) as caught:
                reviews.again(other)
            assert remedy in caught.value.remedy
    assert run(workspace) == []
    assert differences(workspace) == []


@pytest.mark.parametrize("rejected", [False, True])
def test_a_crash_at_every_step_of_looking_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rejected: bool
) -> None:
    """Afterwards the photo is either as it was, or is processed anew once."""
    step, done = 0, False
    while not done:
        step += 1
        workspace = new_workspace(tmp_path / f"school{step}")
        item = waiting(workspace)
        with queue(workspace) as reviews:
            if rejected:
                reviews.reject(item)
            with suppress(Crash), crash_at(step, monkeypatch):
                reviews.again(item)
                done = True
        results = run(workspace)
        assert len(results) <= 1
        assert results or not done
        assert differences(workspace) == tree(workspace.work) == tree(workspace.outbox) == []
        assert len(tree(workspace.review)) == (0 if rejected and not results else 2)
    assert step > 3
