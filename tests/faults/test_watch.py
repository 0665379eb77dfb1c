"""A watcher on a disk whose files other programs hold: it goes on, says so once, and finishes when they let go."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from disk_faults import HoldAt, Step, faulty_disk, none, windows_error
from fault_kit import (
    assert_all_done,
    assert_nothing_is_lost,
    assert_outbox_is_known,
    copied,
    outbox,
    run_school,
    showing_ben,
    site_of,
    sources_of,
    withdraw,
)  # fmt: skip
from intake_kit import InlinePool, drop, tree

from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.events import Events
from anonymiser.intake.heartbeat import heartbeat_file
from anonymiser.intake.results import Result
from anonymiser.intake.watcher import Watcher
from anonymiser.ledger.item import Origin, ReviewVerdict
from anonymiser.locks import review_lock
from anonymiser.reconcile import reconcile
from anonymiser.review.queue import Decided, ReviewQueue
from anonymiser.wording import say
from anonymiser.workspace import Workspace


@contextmanager
def watching(school: Workspace) -> Iterator[Watcher[Decided]]:
    """A watcher that is ready for its first look."""
    with site_of(school) as site:
        events = Events(school.inbox, school.settings.publishing, site.contexts.names_someone)
        intake = Intake(site, InlinePool(), Stop(), events, school.inbox, Origin.INBOX)
        yield Watcher(site, intake, Stop(), ReviewQueue(site).collect)


def outcomes(told: list[Result | Decided]) -> list[str]:
    """The fate of each photo and request that was told."""
    return [str(one.report.kind) if isinstance(one, Result) else str(one.verdict) for one in told]


@pytest.fixture
def school(empty_school: Workspace, tmp_path: Path) -> Workspace:
    return copied(empty_school, tmp_path / "school")


class HoldAlways:
    """Another program holds one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, step: Step) -> None:
        if self.path in step.paths:
            raise windows_error(32)


def test_a_busy_heartbeat_ends_nothing(school: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scanner that holds the heartbeat costs one beat."""
    drop(school.inbox, a="show p2")
    with watching(school) as watcher:
        with faulty_disk(HoldAlways(heartbeat_file(school)), monkeypatch):
            assert outcomes(list(watcher._look())) == ["released"]
        assert not heartbeat_file(school).exists()
        list(watcher._look())
    assert heartbeat_file(school).exists()


@pytest.mark.parametrize("windows", [False, True])
def test_a_busy_photo_is_told_once_and_taken_when_it_is_free(
    school: Workspace, monkeypatch: pytest.MonkeyPatch, windows: bool
) -> None:
    """It stays in the inbox without a row or a note, and the others are not held up."""
    monkeypatch.setattr("anonymiser.intake.stability._HELD_SECONDS", 0)
    drop(school.inbox, busy="show p1", other="show p2")
    with watching(school) as watcher:
        with faulty_disk(HoldAlways(school.inbox / "busy.jpg"), monkeypatch, windows=windows):
            told = [list(watcher._look()) for _ in range(3)]
            assert [outcomes(one) for one in told] == [["failed", "released"], [], []]
        result = told[0][0]
        assert isinstance(result, Result)
        assert "another program" in say(result.report.reasons[0])
        assert result.to_json()["item"] is None
        assert tree(school.inbox) == ["busy.jpg"]
        assert tree(school.quarantine) == tree(school.work) == []
        assert outcomes(list(watcher._look())) == ["released"]
    assert len(outbox(school)) == 2


def test_a_busy_place_in_the_outbox_is_told_once_and_filled_later(
    school: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The photo stays in delivery; when it is out, that is told too."""
    drop(school.inbox, a="show p1\ndated")
    copy = school.outbox / "website"
    with watching(school) as watcher:

        def hold(step: Step) -> None:
            if step.name == "link" and step.paths[1].parent == copy:
                raise windows_error(5)

        with faulty_disk(hold, monkeypatch):
            assert [outcomes(list(watcher._look())) for _ in range(3)] == [["failed"], [], []]
        assert tree(school.outbox) == []
        (released,) = watcher._look()
        assert isinstance(released, Result)
        assert released.relative == "a.jpg"
        assert (school.root / str(released.output)).is_file()
        assert list(watcher._look()) == []


def test_consents_that_change_while_a_file_is_held_count(school: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy was never out: when the file is free it is made anew, under the new consents and the old id."""
    drop(school.inbox, a="show p1")
    with watching(school) as watcher:

        def hold(step: Step) -> None:
            if step.name == "link" and "outbox" in step.paths[1].parts:
                raise windows_error(5)

        with faulty_disk(hold, monkeypatch):
            (failed,) = watcher._look()
        withdraw(school)
        (released,) = watcher._look()
    assert isinstance(failed, Result)
    assert isinstance(released, Result)
    assert released.item == failed.item
    assert showing_ben(school) == set()
    assert len(outbox(school)) == 1


def test_a_copy_that_is_out_is_replaced_without_a_restart(school: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its staged twin was held, so its row is not finished, and a family withdraws: the next look takes it back."""
    drop(school.inbox, a="show p1")
    with watching(school) as watcher:

        def hold(step: Step) -> None:
            if step.name == "unlink" and step.paths[0].suffix == ".jpg":
                raise windows_error(32)

        with faulty_disk(hold, monkeypatch):
            assert outcomes(list(watcher._look())) == ["failed"]
        assert len(showing_ben(school)) == 1
        with site_of(school) as site:
            assert_outbox_is_known(school, site)
        withdraw(school)
        assert outcomes(list(watcher._look())) == ["released"]
    assert showing_ben(school) == set()
    with site_of(school) as site:
        assert_all_done(school, site)


def test_a_look_goes_on_while_somebody_else_decides(school: Workspace) -> None:
    """The photos come out; what was moved into approve is carried out by the next look."""
    drop(school.inbox, a="review look")
    (waits,) = run_school(school)
    copy = school.review / f"{waits.item}.jpg"
    copy.rename(school.approve / copy.name)
    drop(school.inbox, b="show p2")
    with watching(school) as watcher, pytest.MonkeyPatch.context() as patch:
        with review_lock(school.data):
            patch.setattr("anonymiser.locks._REVIEW_SECONDS", 0.1)
            assert outcomes(list(watcher._look())) == ["released"]
        assert outcomes(list(watcher._look())) == [str(ReviewVerdict.APPROVED)]


def test_a_busy_copy_in_approve_is_told_once(school: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A viewer that has the copy open delays the release, and nothing else."""
    drop(school.inbox, a="review look")
    (waits,) = run_school(school)
    copy = school.review / f"{waits.item}.jpg"
    copy = copy.rename(school.approve / copy.name)
    with watching(school) as watcher:
        with faulty_disk(HoldAlways(copy), monkeypatch):
            first, second = list(watcher._look()), list(watcher._look())
        (told,) = first
        assert isinstance(told, Decided)
        assert "another program" in told.why_refused
        assert second == []
        assert outcomes(list(watcher._look())) == ["approved"]


@pytest.mark.parametrize(("which", "windows"), [(0, False), (0, True), (-1, True)])
def test_any_file_may_be_held_at_any_moment(
    school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: int, windows: bool
) -> None:
    """No look ends in an error, and once the file is free the looks after that finish everything, without a restart."""
    drop(school.inbox, wait="review look")
    (waits,) = run_school(school)
    copy = school.review / f"{waits.item}.jpg"
    copy.rename(school.approve / copy.name)
    drop(school.inbox, first="show p1", same="show p1", bad="bad")
    sources = sources_of(school.inbox, school.originals)
    monkeypatch.setattr("anonymiser.intake.stability._HELD_SECONDS", 0)
    counted = copied(school, tmp_path / "counted")
    with watching(counted) as watcher, faulty_disk(none, monkeypatch, windows=windows) as disk:
        list(watcher._look())
    for step in disk.steps:
        if len(step.paths) <= (which != 0):
            continue
        held = copied(school, tmp_path / f"held{step.number}")
        with watching(held) as watcher:
            with faulty_disk(HoldAt(step.number, which), monkeypatch, windows=windows):
                told = list(itertools.chain(watcher._look(), watcher._look()))
            assert_nothing_is_lost(held, sources)
            with site_of(held) as site:
                assert_outbox_is_known(held, site)
            told += itertools.chain(watcher._look(), watcher._look())
        assert len([fate for fate in outcomes(told) if fate == "released"]) == 1
        assert_nothing_is_lost(held, sources)
        assert len(outbox(held)) == 2 - len(tree(held.review)) // 2
        with site_of(held) as site:
            assert_outbox_is_known(held, site)
            assert reconcile(site).differences == []
            assert reconcile(site).in_work == 0
