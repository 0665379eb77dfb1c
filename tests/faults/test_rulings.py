"""A disk that fails at each step of a ruling: on a photo that waits, on one that was released, on a verdict."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from fault_kit import (
    BEN,
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
from intake_kit import InlinePool, drop, tree

from anonymiser.delivery.site import Site
from anonymiser.errors import PhotoBusy, UsageError
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.events import Events
from anonymiser.ledger.item import Item, Origin, ReviewVerdict
from anonymiser.review.queue import ReviewQueue
from anonymiser.review.reopening import Reopener
from anonymiser.values.ruling import Cover, Rulings, Show
from anonymiser.workspace import Workspace

RULINGS = Rulings(
    (Cover((1.0, 2.0, 3.0, 4.0)), Show((5.0, 6.0, 7.0, 8.0), BEN)),
    "office",
    dt.datetime(2026, 6, 22),  # noqa: DTZ001 - as every moment of the ledger
)


def reopener(site: Site) -> Reopener:
    """Photos are processed again in this process."""
    events = Events(site.workspace.inbox, site.workspace.settings.publishing, site.contexts.names_someone)
    return Reopener(site, Intake(site, InlinePool(), Stop(), events, site.workspace.inbox, Origin.INBOX).again)


def one(school: Workspace, content: str) -> str:
    """A school with one photo; its id."""
    drop(school.inbox / "Fair", a=content)
    (result,) = run_school(school)
    return result.item


def asked(item_id: str, ask: Callable[[Reopener], Item]) -> Callable[[Workspace], None]:
    """What a person asks for at the desk, whatever becomes of it."""

    def scenario(school: Workspace) -> None:
        with site_of(school) as site, suppress(PhotoBusy):
            ask(reopener(site))

    return scenario


def assert_whole(school: Workspace, item_id: str) -> Item:
    """No photo is half done: rows and files agree, and each copy that waits was made as people say now."""
    with site_of(school) as site:
        assert_outbox_is_known(school, site)
        assert_all_done(school, site)
        for item in site.ledger.waiting():
            said = site.ledger.rulings(item.id)
            copy = (school.review / f"{item.id}.jpg").read_text()
            assert ("Cover" in copy) == bool(said and said.acts)
        item = site.ledger.get(site.ledger.replacements().get(item_id, item_id))
        assert item is not None
        return item


@each_case
def test_on_a_photo_that_waits(
    case: Case, empty_school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Afterwards it waits as it did, or as it was ruled; never is an older copy taken for the new one."""
    school = copied(empty_school, tmp_path / "school")
    item_id = one(school, "review look")
    sources = sources_of(school.originals)
    ruled = set()
    for failed in failing(case, school, asked(item_id, lambda r: r.rule(item_id, RULINGS)), tmp_path, monkeypatch):
        assert_nothing_is_lost(failed, sources)
        with site_of(failed) as site:
            said = site.ledger.rulings(item_id)
            item = site.ledger.get(item_id)
            assert item is not None
            if said is not None and item.waits_for_a_person:
                assert item.context == site.basis(item).digest
        run_school(failed)
        assert_nothing_is_lost(failed, sources)
        assert assert_whole(failed, item_id).waits_for_a_person
        assert tree(failed.outbox) == []
        ruled.add(said is not None)
    assert True in ruled


@each_case
@pytest.mark.parametrize("content", ["show p1", "review look"], ids=["released", "approved"])
def test_on_a_photo_that_was_released(
    case: Case, content: str, empty_school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the ruling is written down, the old copy leaves the outbox and a new one waits; a family withdraws too."""
    school = copied(empty_school, tmp_path / "school")
    item_id = one(school, content)
    with site_of(school) as site, suppress(UsageError):
        ReviewQueue(site).approve(item_id)
    assert len(outbox(school)) == 1
    sources = sources_of(school.originals)
    for failed in failing(case, school, asked(item_id, lambda r: r.rule(item_id, RULINGS)), tmp_path, monkeypatch):
        assert_nothing_is_lost(failed, sources)
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
            begun = item_id in site.ledger.replacements()
            before = finished(site)
        withdraw(failed)
        run_school(failed)
        assert_nothing_is_lost(failed, sources)
        assert showing_ben(failed) <= before
        item = assert_whole(failed, item_id)
        assert item.waits_for_a_person == begun
        assert len(outbox(failed)) == (not begun)
        with site_of(failed) as site:
            assert item.context != site.basis(item).digest or not item.report.shows(BEN)


@each_case
@pytest.mark.parametrize("verdict", [ReviewVerdict.APPROVED, ReviewVerdict.REJECTED])
def test_on_a_verdict_that_is_taken_back(
    case: Case, verdict: ReviewVerdict, empty_school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The verdict stands, or the photo waits again; a copy is in the outbox or in review, never in both or neither."""
    school = copied(empty_school, tmp_path / "school")
    item_id = one(school, "review look")
    with site_of(school) as site:
        queue = ReviewQueue(site)
        (queue.approve if verdict is ReviewVerdict.APPROVED else queue.reject)(item_id)
    sources = sources_of(school.originals)
    nothing = Rulings((), "office", RULINGS.at)
    outcomes = set()
    scenario = asked(item_id, lambda r: r.take_back(item_id, nothing))
    for failed in failing(case, school, scenario, tmp_path, monkeypatch):
        assert_nothing_is_lost(failed, sources)
        run_school(failed)
        assert_nothing_is_lost(failed, sources)
        item = assert_whole(failed, item_id)
        assert item.verdict in {verdict, None}
        assert item.waits_for_a_person == (item.verdict is None)
        assert len(outbox(failed)) == (item.verdict is ReviewVerdict.APPROVED)
        outcomes.add(item.verdict)
    assert None in outcomes
