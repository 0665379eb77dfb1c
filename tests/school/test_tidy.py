"""What has been kept for long enough goes, from every file; what has not stays, and `status` agrees."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from disk_faults import Crash, CrashAt, HoldAt, faulty_disk, none
from fault_kit import assert_record_agrees
from intake_kit import FAST_SETTINGS, TWO_PUPILS, drop, fake_workers, import_consents, new_workspace, tree

from anonymiser.audit.entry import Kind, parsed
from anonymiser.errors import SafetyRefusal
from anonymiser.school import School
from anonymiser.values.people import PersonId

NOW = dt.datetime.now(dt.UTC)
PERIODS = """
[retention]
originals_days = 400
waiting_days = 120
rejected_days = 30
quarantined_days = 120
rows_days = 600
leavers_days = 365
"""


def in_days(number: float) -> dt.datetime:
    return NOW + dt.timedelta(days=number)


@contextmanager
def at(moment: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The ledger believes that it is then."""
    with monkeypatch.context() as patch:
        patch.setattr("anonymiser.ledger.ledger._now", lambda: moment.astimezone(dt.UTC).replace(tzinfo=None))
        yield


def new(root: Path, settings: str = PERIODS) -> Path:
    workspace = new_workspace(root, FAST_SETTINGS + settings)
    import_consents(workspace, TWO_PUPILS)
    return root


def work(school: School, **photos: str) -> dict[str, str]:
    """Process photos; their ids by name."""
    drop(school.workspace.inbox / "Fair", **photos)
    with school.run(jobs=1) as run:
        return {Path(result.relative).stem: result.item for result in run}


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[School]:
    monkeypatch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
    monkeypatch.setattr("os.fsync", lambda _: None)
    with School.open(new(tmp_path / "school"), workers=fake_workers) as opened:
        yield opened


ONE_OF_EACH = {
    "out": "show P1\nMARK-out", "waits": "review w\nMARK-waits", "no": "review n\nMARK-no", "seal": "seal\nMARK-seal",
    "bad": "bad\nMARK-bad",
}  # fmt: skip


def marks(root: Path) -> set[str]:
    """Which photos there still is a byte of, anywhere in the workspace."""
    data = b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())
    return {name for name in ONE_OF_EACH if f"MARK-{name}".encode() in data}


def test_each_kind_goes_when_its_time_is_over_and_not_before(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rejected first, what waits and what was refused next, then originals; sealed pictures never by themselves."""
    ids = work(school, **ONE_OF_EACH)
    school.review.reject(ids["no"])
    root = school.workspace.root
    everything = {"out", "waits", "no", "seal", "bad"}
    for days, left in (
        (29, everything),
        (31, everything - {"no"}),
        (119, everything - {"no"}),
        (121, {"out", "waits", "seal"}),
        (150, {"out", "waits", "seal"}),
        (152, {"out", "seal"}),
        (399, {"out", "seal"}),
        (401, {"seal"}),
    ):
        with at(in_days(days), monkeypatch):
            would = school.tidy(apply=False, now=in_days(days))
            assert school.tidy(apply=True, now=in_days(days)).counts == would.counts
            assert school.tidy(apply=True, now=in_days(days)).counts == {}
        if days == 121:
            waits = school._site.ledger.get(ids["waits"])
            assert waits is not None
            assert waits.verdict == "rejected"
            assert not (school.workspace.review / f"{ids['waits']}.jpg").exists()
        assert marks(root) == left, days
        assert school.status().differences == ()
        school.audit.verify()
    assert [one.what for one in school.audit.explain(ids["out"]).told][-1] == "deleted: original"


def test_without_periods_nothing_is_ever_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 stands for "until somebody does it"."""
    monkeypatch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
    none_at_all = "\n".join(line.split("=")[0] + "= 0" if "=" in line else line for line in PERIODS.splitlines())
    with School.open(new(tmp_path / "school", none_at_all), workers=fake_workers) as school:
        work(school, **ONE_OF_EACH)
        assert school.tidy(apply=True, now=in_days(36_000)).counts == {}
        assert len(marks(school.workspace.root)) == len(ONE_OF_EACH)


def test_sealed_pictures_go_only_if_the_school_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then with their notes; that the picture was sealed is never forgotten, and it is sealed again."""
    monkeypatch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
    with School.open(new(tmp_path / "school", f"{PERIODS}sealed_days = 500\n"), workers=fake_workers) as school:
        work(school, seal=ONE_OF_EACH["seal"])
        assert school.tidy(apply=True, now=in_days(499)).counts == {}
        assert school.tidy(apply=True, now=in_days(5000)).counts == {"sealed picture": 1}
        assert tree(school.workspace.sealed) == []
        assert school.status().differences == ()
        work(school, again=ONE_OF_EACH["seal"])
        assert school.status().sealed == 1


@pytest.mark.parametrize("how", ["setting", "file"])
def test_a_legal_hold_stops_everything(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dry run says what would go and why it does not; the refusal is in the audit record."""
    monkeypatch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
    root = new(tmp_path / "school", PERIODS + ('legal_hold = "case 7"\n' if how == "setting" else ""))
    if how == "file":
        (root / "legal-hold.txt").touch()
    with School.open(root, workers=fake_workers) as school:
        work(school, **ONE_OF_EACH)
        would = school.tidy(apply=False, now=in_days(5000))
        assert would.counts["original"] == 1
        assert would.held_by == ("case 7" if how == "setting" else "there is a file legal-hold.txt")
        with pytest.raises(SafetyRefusal, match="nothing is deleted"):
            school.tidy(apply=True, now=in_days(5000))
        assert len(marks(root)) == len(ONE_OF_EACH)
        refused = [parsed(row.text) for row in school._site.ledger.audit_rows()][-1]
        assert (refused.kind, refused.data["why"]) == (Kind.REFUSED, "legal-hold")


def test_who_left_is_forgotten_once_no_copy_shows_them(school: School) -> None:
    """Their consent is the proof for a copy, so it stays as long as the copy's record; then no byte of them stays."""
    work(school, out=ONE_OF_EACH["out"])
    list_ = school.workspace.root / "next.csv"
    list_.write_text(TWO_PUPILS.replace("P1,Ben,Okafor,3A,granted\r\n", ""), newline="")
    from anonymiser.school import Coverage  # noqa: PLC0415

    school.import_consents(list_, coverage=Coverage.COMPLETE)
    (school.workspace.root / "consents.csv").unlink()
    for days in (364, 366, 599):
        assert school.tidy(apply=True, now=in_days(days)).leavers == [], days
    for path in school.workspace.outbox.rglob("*.jpg"):
        path.unlink()  # published, and moved away
    assert school.tidy(apply=True, now=in_days(601)).leavers == [PersonId("P1")]
    data = b"".join(path.read_bytes() for path in school.workspace.data.rglob("*") if path.is_file())
    assert not any(trace in data for trace in (b"Okafor", b'"P1"', b"person:P1"))
    school.audit.verify()
    assert school.tidy(apply=True, now=in_days(602)).counts == {}


def test_two_school_years(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos of every month, tidied every month: at any time exactly what is young enough is there, to the byte."""
    began = in_days(-730)
    months = range(24)
    for month in months:
        today = began + dt.timedelta(days=30 * month)
        with at(today, monkeypatch):
            two = {f"m{month}": f"show P1\nMONTH-{month:02}-x", f"w{month}": f"review w\nWAITS-{month:02}-x"}
            ids = work(school, **two)
            school.review.reject(ids[f"w{month}"], by="office")
            for path in school.workspace.outbox.rglob("*.jpg"):
                path.unlink()
            school.tidy(apply=True, now=today)
        data = b"".join(path.read_bytes() for path in school.workspace.root.rglob("*") if path.is_file())
        kept = {number for number in months if f"MONTH-{number:02}-x".encode() in data}
        assert kept == {number for number in range(month + 1) if 30 * (month - number) < 400}
        rejected = {number for number in months if f"WAITS-{number:02}-x".encode() in data}
        assert rejected == {month}
        rows = {item.id for item in school._site.ledger.every()}
        assert len(rows) == 2 * len([number for number in range(month + 1) if 30 * (month - number) < 600])
        assert school.status().differences == ()
    school.audit.verify()
    secrets = {name for name in school._site.ledger.audit_secrets() if name.startswith("photo:")}
    assert secrets == {f"photo:{item}" for item in rows}


def test_a_crash_or_an_open_file_at_each_step_loses_track_of_nothing(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is cut short, status knows of no difference, the record agrees, and the next call does the rest."""
    ids = work(school, **ONE_OF_EACH)
    school.review.reject(ids["no"])
    school.close()
    template, now = school.workspace.root, in_days(700)

    def tidied(root: Path) -> int:
        with School.open(root, workers=fake_workers) as copy:
            return copy.tidy(apply=True, now=now).left

    counted = shutil.copytree(template, tmp_path / "counted")
    with faulty_disk(none, monkeypatch) as disk:
        assert tidied(counted) == 0
    assert len(disk.steps) > 10
    left = set()
    for step in disk.steps:
        for fault in (CrashAt(step.number), *([HoldAt(step.number)] if step.name == "unlink" else [])):
            root = shutil.copytree(template, tmp_path / f"{step.number}-{type(fault).__name__}")
            with faulty_disk(fault, monkeypatch):
                if isinstance(fault, CrashAt):
                    with pytest.raises(Crash):
                        tidied(root)
                else:
                    left.add(tidied(root))
            with School.open(root, workers=fake_workers) as copy:
                assert_record_agrees(copy.workspace)
                assert copy.status().differences == ()
                copy.tidy(apply=True, now=now)
                copy.tidy(apply=True, now=in_days(800))
                assert copy.status().differences == ()
                copy.audit.verify()
            assert marks(root) == {"seal"}
            shutil.rmtree(root)
    assert left >= {1}


def test_watch_tidies_once_a_day_if_the_school_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its first look on a day; by default it never does."""
    monkeypatch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
    for name, setting, kept in (("wanted", "at_day_end = true\n", 0), ("default", "", 1)):
        with School.open(new(tmp_path / name, PERIODS + setting), workers=fake_workers) as school:
            with at(in_days(-401), monkeypatch):
                work(school, out=ONE_OF_EACH["out"])
            with school.watch(once=True, jobs=1) as run:
                assert list(run) == []
            assert len(tree(school.workspace.originals)) == kept
            with at(in_days(-401), monkeypatch):
                work(school, later="show P2 later")
            with school.watch(once=True, jobs=1) as run:
                list(run)
            assert len(tree(school.workspace.originals)) == kept + 1
