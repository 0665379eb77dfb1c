"""A disk that fails while published copies are taken back and made anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from disk_faults import HoldAt, Step, faulty_disk, windows_error
from fault_kit import (
    BEN,
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

from anonymiser.delivery.takedown import NotTakenBack, Reissued, TakenBack, reissue_each
from anonymiser.school.copies import showing
from anonymiser.workspace import Workspace


@pytest.fixture
def withdrawn(empty_school: Workspace, tmp_path: Path) -> Workspace:
    """A school with two released copies that show Ben, whose family has withdrawn since."""
    school = copied(empty_school, tmp_path / "school")
    drop(school.inbox, a="show p1", b="show p1 p2")
    run_school(school)
    withdraw(school)
    return school


def take_down(school: Workspace) -> list[Reissued | TakenBack | NotTakenBack]:
    """What `anonymise find p1 --reissue` does first."""
    with site_of(school) as site:
        register = site.contexts.register()
        due = [entry.item for entry in showing(site, register, BEN) if not entry.agreed and not entry.replaced_by]
        return reissue_each(site, due)


@each_case
def test_a_fault_at_each_step(
    case: Case, withdrawn: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked again, after the next start, every old copy is gone and each has one new copy in its place."""
    sources = sources_of(withdrawn.originals)
    for failed in failing(case, withdrawn, take_down, tmp_path, monkeypatch):
        assert_nothing_is_lost(failed, sources)
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
        run_school(failed)
        take_down(failed)
        run_school(failed)
        assert showing_ben(failed) == set()
        assert len(outbox(failed)) == 2
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
            assert_all_done(failed, site)


def test_a_copy_that_is_open_does_not_hold_up_the_others(withdrawn: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one is told with its remedy and stays due; the other is replaced."""
    held = withdrawn.root / min(outbox(withdrawn))
    with faulty_disk(HoldAt(0, held=held), monkeypatch):
        first, second = take_down(withdrawn)
    assert isinstance(first, NotTakenBack)
    assert "another program" in first.trouble.message
    assert "Close it" in first.trouble.remedy
    assert isinstance(second, Reissued)
    assert showing_ben(withdrawn) == {held.relative_to(withdrawn.root).as_posix()}
    (again,) = take_down(withdrawn)
    assert isinstance(again, Reissued)


def test_an_original_that_is_open_is_tried_again_without_a_restart(
    withdrawn: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copies are gone and stay due; nothing half made is left of the first attempt."""

    def hold(step: Step) -> None:
        if step.name in {"link", "copyfile"}:
            raise windows_error(32)

    with faulty_disk(hold, monkeypatch):
        assert [type(entry) for entry in take_down(withdrawn)] == [NotTakenBack] * 2
    assert outbox(withdrawn) == {}
    assert tree(withdrawn.work) == []
    with site_of(withdrawn) as site:
        assert site.ledger.replacements() == {}
    assert [type(entry) for entry in take_down(withdrawn)] == [Reissued] * 2
