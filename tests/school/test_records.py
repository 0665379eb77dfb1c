"""Records that have gone are never silently made anew, and nothing is done before the day of the newest one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from intake_kit import TWO_PUPILS, drop, fake_workers, import_consents, tree

from anonymiser.consent.vault import choose_key_store
from anonymiser.errors import AnonymiserError, RegisterError, SafetyRefusal, UsageError, WorkspaceError
from anonymiser.school import School, records
from anonymiser.settings import FILE_NAME


def run(root: Path) -> None:
    with School.open(root, workers=fake_workers) as school, school.run(jobs=1) as found:
        list(found)


@pytest.fixture
def root(school: School) -> Path:
    """A workspace in which consents were imported and a photo was released."""
    import_consents(school.workspace, TWO_PUPILS)
    drop(school.workspace.inbox, a="1")
    with school.run(jobs=1) as found:
        assert len(list(found)) == 1
    school.close()
    return school.workspace.root


@pytest.mark.parametrize("emptied", [False, True])
def test_a_register_that_has_gone_is_missed(root: Path, emptied: bool) -> None:
    """Neither a run nor an import goes on without it, doctor says so, and the photo stays in the inbox."""
    register = root / "data/register.sqlite3"
    register.write_bytes(b"") if emptied else register.unlink()
    for log in (root / "data").glob("register.sqlite3-*"):
        log.unlink()
    drop(root / "inbox", b="2")
    with pytest.raises(WorkspaceError, match=r"consent register .* is missing"):
        run(root)
    assert tree(root / "inbox") == ["b.jpg"]
    with School.open(root) as school:
        with pytest.raises(WorkspaceError, match="is missing"):
            school.import_consents(root / "consents.csv")
        assert not next(finding for finding in school.health() if finding.check == "ledger").ok


def test_a_register_that_has_gone_with_its_key_is_missed(root: Path) -> None:
    """The ledger remembers that there was one, although nothing else of it is left."""
    for file in (root / "data").iterdir():
        if file.name.startswith("register") or file.name == "workspace.key":
            file.unlink()
    with pytest.raises(WorkspaceError, match=r"consent register .* is missing"):
        run(root)


def test_a_register_that_went_before_the_first_photo_is_missed(school: School) -> None:
    """Its key is there, and no photo was ever processed with it."""
    import_consents(school.workspace, TWO_PUPILS)
    school.workspace.register_file.unlink()
    school.workspace.key_file.touch()  # it may be kept by the operating system
    with pytest.raises(WorkspaceError, match=r"consent register .* is missing"):
        run(school.workspace.root)


def test_a_ledger_that_has_gone_is_missed(root: Path) -> None:
    """With photos in originals there was one, and without it nobody knows what was published."""
    for file in (root / "data").glob("ledger.sqlite3*"):
        file.unlink()
    with pytest.raises(WorkspaceError, match=r"ledger .* is missing, although there are photos in originals"):
        run(root)
    assert not (root / "data/ledger.sqlite3").exists()


def test_a_new_workspace_has_nothing_to_miss(school: School) -> None:
    """Neither record is asked for where nothing was ever done."""
    with school.run(jobs=1) as found:
        assert list(found) == []
    assert [finding.ok for finding in school.health()] == [True] * 5


def test_a_key_that_has_gone_is_missed(root: Path) -> None:
    """A register that cannot be opened is no register: the run is refused, and doctor names it."""
    key = root / "data/workspace.key"
    if not key.exists():
        pytest.skip(f"the key is kept in {type(choose_key_store(key)).__name__}")
    key.unlink()
    with pytest.raises((RegisterError, WorkspaceError)):
        run(root)
    with School.open(root) as school:
        assert "register" in {finding.check for finding in school.health() if not finding.ok}


def test_a_damaged_register_is_named_by_doctor(root: Path) -> None:
    """Bytes that are no database end in one sentence, not in a new register."""
    (root / "data/register.sqlite3").write_bytes(b"x" * 4096)
    with School.open(root) as school:
        assert "register" in {finding.check for finding in school.health() if not finding.ok}
    with pytest.raises(AnonymiserError):
        run(root)


def later_record(root: Path, days: int) -> dt.date:
    """Make today earlier by as many days, as far as the checks can tell."""
    return dt.datetime.now().astimezone().date() - dt.timedelta(days)


@pytest.mark.parametrize("days", [1, 400, 20000])
def test_a_clock_that_was_set_back_stops_everything(root: Path, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """A flat battery makes ended consents live again: nothing is published before the newest record's day."""
    monkeypatch.setattr(records, "local_today", lambda: later_record(root, days))
    drop(root / "inbox", b="2")
    with pytest.raises(SafetyRefusal, match="clock says"):
        run(root)
    with School.open(root) as school, pytest.raises(SafetyRefusal):
        school.review.waiting()
    assert tree(root / "inbox") == ["b.jpg"]


def test_a_clock_that_was_set_back_after_an_import_stops_everything(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The register's own dates count where no photo was ever processed."""
    import_consents(school.workspace, TWO_PUPILS)
    monkeypatch.setattr(records, "local_today", lambda: later_record(school.workspace.root, 1))
    with pytest.raises(SafetyRefusal, match="clock says"):
        run(school.workspace.root)


def test_who_knows_that_the_date_is_right_can_say_so_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of a clock that ran ahead do not shut a school out for years; the next wrong date is noticed again."""
    monkeypatch.setattr(records, "local_today", lambda: later_record(root, 1))
    with School.open(root) as school:
        school.confirm_clock()
        assert [finding.ok for finding in school.health()] == [True] * 5
    run(root)
    drop(root / "inbox", b="2")
    run(root)
    with pytest.raises(SafetyRefusal, match="clock says"):
        run(root)


def test_deleted_settings_have_a_way_back(root: Path) -> None:
    """`init` on what was a workspace writes the file again with every default, and on anything else it refuses."""
    (root / FILE_NAME).unlink()
    with pytest.raises(AnonymiserError) as refusal:
        School.open(root)
    assert "anonymise init" in refusal.value.remedy
    School.create(root).close()
    run(root)
    (root.parent / "other").mkdir()
    (root.parent / "other/file.txt").touch()
    with pytest.raises(UsageError, match="not a workspace"):
        School.create(root.parent / "other")
