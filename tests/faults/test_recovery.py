"""A disk that fails while a start mends what an earlier fault has left."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from disk_faults import Crash, HoldAt, Step, faulty_disk, none
from fault_kit import (
    Case,
    assert_all_done,
    assert_nothing_is_lost,
    assert_outbox_is_known,
    copied,
    each_case,
    failing,
    outbox,
    run_school,
    showing_ben,
    site_of,
    sources_of,
    withdraw,
)  # fmt: skip
from intake_kit import drop, tree

from anonymiser.ledger.item import State
from anonymiser.reconcile import reconcile
from anonymiser.workspace import Workspace


class CrashAfterLink:
    """Die when a copy has just become visible, and is still staged."""

    def __init__(self) -> None:
        self.linked = False

    def __call__(self, step: Step) -> None:
        if self.linked:
            raise Crash
        self.linked = step.name == "link" and step.paths[1].parent.parent.name == "outbox"


@pytest.fixture
def half_placed(empty_school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A school whose run was killed when the copy of Ben's photo had just become visible, beside other photos."""
    school = copied(empty_school, tmp_path / "school")
    drop(school.inbox, a="show p1", b="bad")
    with faulty_disk(CrashAfterLink(), monkeypatch), pytest.raises(Crash):
        run_school(school)
    assert len(outbox(school)) == 1
    assert len([name for name in tree(school.work) if "/in/" not in name]) == 1
    return school


def test_a_copy_that_was_just_visible_is_known_and_taken_back(half_placed: Workspace) -> None:
    """Killed between two steps, and Ben's family withdraws: `find` tells of the copy, the next start replaces it."""
    (old,) = outbox(half_placed)
    with site_of(half_placed) as site:
        assert_outbox_is_known(half_placed, site)
        assert reconcile(site).differences == []
    withdraw(half_placed)
    run_school(half_placed)
    (new,) = outbox(half_placed)
    assert new != old
    assert showing_ben(half_placed) == set()
    with site_of(half_placed) as site:
        assert_all_done(half_placed, site)
        assert (reconcile(site).replaced, reconcile(site).released) == (1, 1)
        assert site.ledger.released_as(old)


def test_a_copy_that_was_just_visible_stays_where_everybody_still_agrees(half_placed: Workspace) -> None:
    """The next start finishes it under the name that it has."""
    before = outbox(half_placed)
    run_school(half_placed)
    assert outbox(half_placed) == before
    with site_of(half_placed) as site:
        assert_all_done(half_placed, site)
        assert reconcile(site).replaced == 0


@each_case
def test_the_next_start_fails_too(
    case: Case, half_placed: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails while the copy is taken back, the start after it ends with one new copy and no old one."""
    withdraw(half_placed)
    sources = sources_of(half_placed.inbox, *half_placed.work.glob("*/in"))
    for failed in failing(case, half_placed, run_school, tmp_path, monkeypatch):
        assert_nothing_is_lost(failed, sources)
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
        run_school(failed)
        assert_nothing_is_lost(failed, sources)
        assert [text.endswith("shown: p2") for text in outbox(failed).values()] == [True]
        with site_of(failed) as site:
            assert_all_done(failed, site)


def test_one_file_that_stays_busy_keeps_no_start_from_beginning(
    empty_school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Start after start another program has a copy open: the other photos come out, and `status` names the one."""
    school = copied(empty_school, tmp_path / "school")
    drop(school.inbox, a="show p1")
    fault = HoldAt(0)
    with faulty_disk(none, monkeypatch) as disk, suppress(Crash):
        run_school(copied(school, tmp_path / "counted"))
    final = next(step.paths[1] for step in disk.steps if step.name == "link" and "outbox" in step.paths[1].parts)
    fault.held = school.root / final.relative_to(tmp_path / "counted")
    with faulty_disk(fault, monkeypatch):
        for number in range(3):
            drop(school.inbox, **{f"other{number}": f"show p2\n{number}"})
            results = [str(result.report.kind) for result in run_school(school)]
            assert sorted(results) == ["failed", "released"]
            with site_of(school) as site:
                assert len(reconcile(site).undelivered) == 1
                assert reconcile(site).differences == []
    assert len(outbox(school)) == 3
    run_school(school)
    assert len(outbox(school)) == 4
    with site_of(school) as site:
        assert {item.state for item in site.ledger.every()} == {State.DONE}
        assert_all_done(school, site)
