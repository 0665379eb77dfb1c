"""A disk that fails at each step of a verdict, by command or by moving, and a family that withdraws meanwhile."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from disk_faults import Crash, Step, faulty_disk
from fault_kit import (
    Case,
    assert_all_done,
    assert_nothing_is_lost,
    assert_outbox_is_known,
    copied,
    each_case,
    failing,
    finished,
    outbox,
    run_school,
    showing_ben,
    site_of,
    sources_of,
    withdraw,
)  # fmt: skip
from intake_kit import drop, tree

from anonymiser.errors import PhotoBusy
from anonymiser.ledger.item import ReviewVerdict
from anonymiser.review.queue import ReviewQueue
from anonymiser.workspace import Workspace


@pytest.fixture
def waiting(empty_school: Workspace, tmp_path: Path) -> tuple[Workspace, str]:
    """A school in which one photo waits for a person, and its id."""
    school = copied(empty_school, tmp_path / "school")
    drop(school.inbox / "Fair", a="review look")
    (result,) = run_school(school)
    return school, result.item


def assert_decided_whole(school: Workspace, item_id: str, verdict: ReviewVerdict) -> None:
    """Copy and note are in review and the photo (or what replaces it) waits, or the verdict is carried out."""
    with site_of(school) as site:
        item = site.ledger.get(item_id)
        assert item
        assert_outbox_is_known(school, site)
        assert_all_done(school, site)
        waits = item_id if item.waits_for_a_person else site.ledger.replacements().get(item_id)
    if waits:
        assert tree(school.review) == [f"{waits}.jpg", f"{waits}.txt"]
        assert tree(school.outbox) == []
    else:
        assert (item.verdict, tree(school.review)) == (verdict, [])
        assert len(outbox(school)) == (verdict is ReviewVerdict.APPROVED)
        assert (item_id in tree(school.sealed)) == (verdict is ReviewVerdict.REFERRED)


@each_case
@pytest.mark.parametrize("verdict", ReviewVerdict)
def test_by_command(
    case: Case, verdict: ReviewVerdict, waiting: tuple[Workspace, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is held is told in plain English; the next start finishes, or the photo waits again."""
    school, item_id = waiting
    sources = sources_of(school.originals)

    def decide(school: Workspace) -> None:
        with site_of(school) as site, suppress(PhotoBusy):
            queue = ReviewQueue(site)
            {"approved": queue.approve, "rejected": queue.reject, "referred": queue.refer}[verdict](item_id)

    for failed in failing(case, school, decide, tmp_path, monkeypatch):
        assert_nothing_is_lost(failed, sources)
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
            before = finished(site)
        withdraw(failed)
        run_school(failed)
        assert_nothing_is_lost(failed, sources)
        assert showing_ben(failed) <= before
        assert_decided_whole(failed, item_id, verdict)


@each_case
@pytest.mark.parametrize("folder", ["approve", "reject"])
def test_by_moving(
    case: Case, folder: str, waiting: tuple[Workspace, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`collect` never ends a run, and what people asked for is carried out, or the photo waits again."""
    school, item_id = waiting
    (school.review / f"{item_id}.jpg").rename(school.review / folder / f"{item_id}.jpg")
    sources = sources_of(school.originals)
    verdict = ReviewVerdict.APPROVED if folder == "approve" else ReviewVerdict.REJECTED

    def collect(school: Workspace) -> None:
        with site_of(school) as site:
            ReviewQueue(site).collect()

    for failed in failing(case, school, collect, tmp_path, monkeypatch):
        assert_nothing_is_lost(failed, sources)
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
        run_school(failed)
        assert_decided_whole(failed, item_id, verdict)


@each_case
def test_an_approval_that_may_not_be_finished(
    case: Case, empty_school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the copy was out, and a family withdraws: whatever fails at the next start, the photo waits again.

    The photo is from a folder elsewhere, so its one copy cannot be made anew.
    """
    school, folder = copied(empty_school, tmp_path / "school"), tmp_path / "photos"
    drop(folder, a="review look")
    (result,) = run_school(school, folder)

    def die(step: Step) -> None:
        if step.name == "link" and "outbox" in step.paths[1].parts:
            raise Crash

    with site_of(school) as site, faulty_disk(die, monkeypatch), pytest.raises(Crash):
        ReviewQueue(site).approve(result.item)
    withdraw(school)
    for failed in failing(case, school, run_school, tmp_path, monkeypatch):
        run_school(failed)
        assert tree(failed.outbox) == []
        assert tree(failed.review) == [f"{result.item}.jpg", f"{result.item}.txt"]
        with site_of(failed) as site:
            assert [item.id for item in site.ledger.waiting()] == [result.item]
            assert_all_done(failed, site)


def test_an_edited_copy_is_put_back_after_a_crash(
    waiting: tuple[Workspace, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it was looked at, somebody's work is neither released nor deleted."""
    school, item_id = waiting
    (school.review / f"{item_id}.jpg").write_bytes(b"edited")

    def die(step: Step) -> None:
        if step.name == "open" and school.work in step.paths[0].parents:
            raise Crash

    with site_of(school) as site, faulty_disk(die, monkeypatch), pytest.raises(Crash):
        ReviewQueue(site).approve(item_id)
    assert not (school.review / f"{item_id}.jpg").exists()
    run_school(school)
    assert (school.review / f"{item_id}.jpg").read_bytes() == b"edited"
    assert tree(school.outbox) == tree(school.work) == []
