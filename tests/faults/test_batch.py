"""A disk that fails at each step of a run, a family that withdraws meanwhile, and the next start."""

from __future__ import annotations

from pathlib import Path

import pytest
from disk_faults import Step, faulty_disk, windows_error
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

from anonymiser.workspace import Workspace


@each_case
def test_photos_in_the_inbox(
    case: Case, empty_school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing lost, nothing twice, no unknown copy; the next start finishes, and shows Ben in no new copy."""
    school = copied(empty_school, tmp_path / "school")
    drop(school.inbox / "Fair", first="show p1", same="show p1", wait="review look")
    sources = sources_of(school.inbox)
    for failed in failing(case, school, run_school, tmp_path, monkeypatch):
        assert_nothing_is_lost(failed, sources)
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
            before = finished(site)
        withdraw(failed)
        run_school(failed)
        assert_nothing_is_lost(failed, sources)
        assert showing_ben(failed) <= before
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
            assert_all_done(failed, site)


@each_case
def test_what_is_no_photo_or_must_be_sealed(
    case: Case, empty_school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start puts both where they belong, with their notes; the sealed one keeps its name and its bytes."""
    school = copied(empty_school, tmp_path / "school")
    drop(school.inbox / "Fair", bad="bad", evil="seal")
    sources = sources_of(school.inbox)
    for failed in failing(case, school, run_school, tmp_path, monkeypatch):
        assert_nothing_is_lost(failed, sources)
        run_school(failed)
        assert_nothing_is_lost(failed, sources)
        assert [path.read_bytes() for path in failed.sealed.iterdir() if not path.suffix] == [b"seal"]
        assert ["evil.jpg" in path.read_text(encoding="utf-8") for path in failed.sealed.glob("*.txt")] == [True]
        assert len(tree(failed.quarantine)) == 2
        with site_of(failed) as site:
            assert_all_done(failed, site)


@each_case
def test_a_photo_for_two_purposes(
    case: Case, empty_school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One copy for each in the end, or none that shows Ben where his family withdrew before it was finished."""
    school = copied(empty_school, tmp_path / "school")
    drop(school.inbox, a="show p1")
    sources = sources_of(school.inbox)

    def both(school: Workspace) -> None:
        run_school(school, purposes=("website", "newsletter"))

    for failed in failing(case, school, both, tmp_path, monkeypatch):
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
            before = finished(site)
        withdraw(failed)
        both(failed)
        assert_nothing_is_lost(failed, sources)
        assert showing_ben(failed) <= before
        assert {place.split("/")[1] for place in outbox(failed)} == {"website", "newsletter"}
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
            assert_all_done(failed, site)


@each_case
def test_a_folder_elsewhere(
    case: Case, empty_school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files are never touched; given again, every photo comes out, and none shows Ben."""
    folder = tmp_path / "photos"
    drop(folder, first="show p1", wait="review look", evil="seal")
    sources = sources_of(folder)

    def elsewhere(school: Workspace) -> None:
        run_school(school, folder)

    for failed in failing(case, empty_school, elsewhere, tmp_path, monkeypatch):
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
            before = finished(site)
        withdraw(failed)
        elsewhere(failed)
        assert sources_of(folder) == sources
        assert showing_ben(failed) <= before
        assert [text.endswith("shown: p2") for text in outbox(failed).values()].count(True) == 1
        assert len(tree(failed.review)) == 2
        assert len(tree(failed.sealed)) == 1
        with site_of(failed) as site:
            assert_outbox_is_known(failed, site)
            assert_all_done(failed, site)


def test_what_was_busy_for_a_moment_is_finished_by_the_same_run(
    empty_school: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scanner that lets go while the other photos are processed is never mentioned."""
    school = copied(empty_school, tmp_path / "school")
    drop(school.inbox, a="show p1", b="show p2")
    refused = []

    def hold_once(step: Step) -> None:
        if step.name == "link" and "outbox" in step.paths[1].parts and not refused:
            refused.append(step.paths[1])
            raise windows_error(32)

    with faulty_disk(hold_once, monkeypatch):
        results = run_school(school)
    assert len(refused) == 1
    assert [str(result.report.kind) for result in results] == ["released"] * 2
    assert refused[0].is_file()
    with site_of(school) as site:
        assert_all_done(school, site)
