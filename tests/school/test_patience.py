"""`watch` whose disk fills up, or goes away and comes back: it says so once, waits, and goes on."""

from __future__ import annotations

import datetime as dt
import errno
import os
import shutil
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from disk_faults import Step, faulty_disk
from intake_kit import drop, fake_workers, new_workspace, tree

from anonymiser.audit.entry import Kind, parsed
from anonymiser.errors import DiskFullError, SafetyRefusal, WorkspaceBusy, WorkspaceError
from anonymiser.intake import preflight
from anonymiser.ledger.ledger import Ledger
from anonymiser.locks import is_working, run_lock
from anonymiser.school import Result, School, Stop, Told, Watching, watcher_status, watching
from anonymiser.school.clock import ClockGuard, steady_seconds
from anonymiser.school.patience import _passes
from anonymiser.workspace import Workspace

SETTINGS = "[intake]\nquiet_seconds = 0\nrescan_seconds = 0.3\n"
DAY = 86400.0
renames = pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody rename a folder that is in use")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
    monkeypatch.setattr("anonymiser.school.patience._FIRST_PAUSE_SECONDS", 0.1)
    monkeypatch.setattr("anonymiser.school.patience._LONGEST_PAUSE_SECONDS", 0.2)


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "school", SETTINGS)


@contextmanager
def watched(place: Workspace, stop: Stop) -> Iterator[Watching]:
    """A watch that is stopped after a minute, so that no test hangs."""
    deadline = threading.Timer(60, lambda: setattr(stop, "requests", 2))
    deadline.start()
    try:
        with watching(lambda: School.open(place.root, workers=fake_workers), jobs=1, stop=stop) as found:
            yield found
    finally:
        deadline.cancel()


def follow(place: Workspace, on: Callable[[list[str]], object], *, stop_after: int) -> list[str]:
    """What is told, a word for each: file names, and sentences; `on` is called with all so far after each."""
    stop, told = Stop(), []
    with watched(place, stop) as run:
        for event in run:
            told.append(event.text if isinstance(event, Told) else getattr(event, "relative", "decided"))
            on(told)
            if sum(name.endswith(".jpg") for name in told) == stop_after:
                stop.requests = 1
        assert run.summary.photos == stop_after, "the summary counts what came before the trouble too"
    return told


@renames
@pytest.mark.parametrize("what", ["inbox", "workspace"])
def test_a_share_that_goes_away_and_comes_back(place: Workspace, tmp_path: Path, what: str) -> None:
    """It is told once, however long it lasts; what lies in it afterwards comes out; nothing is made in its place."""
    lost = place.inbox if what == "inbox" else place.root
    drop(place.inbox, a="1")
    made: list[bool] = []

    def back() -> None:
        made.append(lost.exists())
        (tmp_path / "away").rename(lost)
        drop(place.inbox, b="2")

    def on(told: list[str]) -> None:
        if told == ["a.jpg"]:
            lost.rename(tmp_path / "away")
        elif "waits" in told[-1]:
            threading.Timer(1.0, back).start()

    told = follow(place, on, stop_after=2)
    assert [told[0], *told[2:]] == ["a.jpg", "going on", "b.jpg"]
    assert "cannot be reached. It waits" in told[1]
    assert made == [False]
    assert len(tree(place.outbox)) == 2


def test_a_full_disk_that_is_free_again(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """No photo is lost and none comes out twice; while it waits, another run may work in the workspace."""
    full = [True]
    usage = namedtuple("usage", "total used free")
    real = shutil.disk_usage
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda path: usage(1, 1, 0) if full[0] else real(path))

    def no_room(step: Step) -> None:
        if full[0] and step.needs_room:
            raise OSError(errno.ENOSPC, "No space left on device")

    def on(told: list[str]) -> None:
        if "waits" in told[-1]:
            assert not is_working(place.data)
            threading.Timer(1.0, lambda: full.__setitem__(0, False)).start()

    drop(place.inbox, a="1", b="2")
    monkeypatch.setattr("anonymiser.school.runs.check_workspace", lambda _: None)  # it was not full at the start
    with faulty_disk(no_room, monkeypatch):
        told = follow(place, on, stop_after=2)
    assert told[1:2] == ["going on"]
    assert told[0].startswith("the disk is full. It waits")
    assert sorted(told[2:]) == ["a.jpg", "b.jpg"]
    assert len(tree(place.outbox)) == 2


@renames
def test_while_it_waits_it_can_be_stopped(place: Workspace, tmp_path: Path) -> None:
    """At once, not only when the share is back."""
    stop, told = Stop(), []
    begun = 0.0
    with watched(place, stop) as run:
        threading.Timer(0.6, lambda: place.inbox.rename(tmp_path / "away")).start()
        for event in run:
            assert isinstance(event, Told)
            told.append(event.text)
            stop.requests, begun = 1, time.monotonic()
    assert time.monotonic() - begun < 5
    assert len(told) == 1
    assert run.stopped


@renames
def test_a_stop_file_ends_the_wait_too(place: Workspace, tmp_path: Path) -> None:
    """Where the inbox alone is away."""
    with watched(place, Stop()) as run:
        threading.Timer(0.6, lambda: place.inbox.rename(tmp_path / "away")).start()
        for event in run:
            assert isinstance(event, Told)
            found = watcher_status(place)
            assert found
            assert not found.alive
            assert str(found.why).endswith("cannot be reached. It waits, and goes on by itself once that has passed.")
            place.stop_file.touch()
    assert run.stopped
    assert not place.stop_file.exists()


def test_a_stop_that_cannot_be_removed_is_told_once(place: Workspace) -> None:
    """It ends the watch all the same, and the next start says why there is none."""
    threading.Timer(0.6, (place.stop_file / "kept").mkdir, kwargs={"parents": True}).start()
    with watched(place, Stop()) as run:
        told = [event.text for event in run if isinstance(event, Told)]
    assert run.stopped
    assert [text.split(str(place.stop_file))[1] for text in told] == [
        " asks watch to end, and cannot be removed. Delete it by hand; until then watch does not start."
    ]
    with pytest.raises(WorkspaceError, match="cannot be removed"), watched(place, Stop()) as again:
        list(again)
    found = watcher_status(place)
    assert found
    assert "Delete it by hand" in str(found.why)


@renames
def test_what_is_damaged_while_it_waits_is_told_once(place: Workspace, tmp_path: Path) -> None:
    """Settings, for example: with the line, and what to do; once they are mended, it goes on."""
    settings = place.root / "anonymiser.toml"
    good = settings.read_text(encoding="utf-8")

    def mend() -> None:
        settings.write_text(good, encoding="utf-8")
        drop(place.inbox, b="2")

    def damage() -> None:
        settings.write_text("[intake]\nquiet_seconds = 'no'\n", encoding="utf-8")
        (tmp_path / "away").rename(place.inbox)

    def on(told: list[str]) -> None:
        if told == ["a.jpg"]:
            place.inbox.rename(tmp_path / "away")
        elif "cannot be reached" in told[-1]:
            damage()
        elif "quiet_seconds" in told[-1]:
            threading.Timer(1.5, mend).start()

    drop(place.inbox, a="1")
    told = follow(place, on, stop_after=2)
    assert [told[0], *told[3:]] == ["a.jpg", "going on", "b.jpg"]
    assert "line 2" in told[2]
    assert told[2].endswith("It waits, and goes on by itself once that has passed.")


def test_the_same_trouble_again_and_again_is_told_once(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quota that no look at the disk can see, for example: every attempt fails, and nobody is flooded."""
    attempts = []
    stop = Stop()

    def no_room(*_: object) -> None:
        attempts.append(1)
        stop.requests = int(len(attempts) >= 4)
        raise DiskFullError("the disk is full", remedy="Free some space.")

    monkeypatch.setattr("anonymiser.intake.batch.reissue_left", no_room)
    with watched(place, stop) as run:
        told = [event.text for event in run if isinstance(event, Told)]
    assert len(attempts) == 4
    assert len(told) == 2


def test_what_does_not_pass_by_itself_ends_it(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged ledger, for example; the reason is kept for whoever looks later."""

    def broken(*_: object) -> None:
        raise WorkspaceError("the ledger is damaged", remedy="Restore it.")

    monkeypatch.setattr("anonymiser.intake.batch.reissue_left", broken)
    with pytest.raises(WorkspaceError, match="damaged"), watched(place, Stop()) as run:
        list(run)
    found = watcher_status(place)
    assert found
    assert (found.alive, found.why) == (False, "the ledger is damaged. Restore it.")


def test_once_waits_for_nothing(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked for one look wants the answer now."""

    def no_room(*_: object) -> None:
        raise DiskFullError("the disk is full", remedy="Free some space.")

    monkeypatch.setattr("anonymiser.intake.batch.reissue_left", no_room)
    opened = watching(lambda: School.open(place.root, workers=fake_workers), once=True, jobs=1, stop=Stop())
    with pytest.raises(DiskFullError), opened as run:
        list(run)


def test_a_second_watch_is_refused_and_the_first_is_left_alone(place: Workspace) -> None:
    """With its sign of life."""
    stop = Stop()
    drop(place.inbox, a="1")
    with watched(place, stop) as first:
        for event in first:
            assert isinstance(event, Result)
            with pytest.raises(WorkspaceBusy, match="another batch or watch"), watched(place, Stop()):
                pass
            found = watcher_status(place)
            assert found
            assert (found.alive, found.why) == (True, None)
            stop.requests = 1


def test_a_refusal_at_the_start_is_kept_too(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service has no window that would show it."""

    def too_old(_: School) -> None:
        raise SafetyRefusal("consents are too old", remedy="Import them again.")

    monkeypatch.setattr(School, "_require_clock", too_old)
    with pytest.raises(SafetyRefusal), watched(place, Stop()):
        pass
    found = watcher_status(place)
    assert found
    assert found.why == "consents are too old. Import them again."


@pytest.mark.parametrize(
    ("trouble", "passes"),
    [
        (OSError(errno.EIO, "x"), True),
        (OSError(errno.ENOENT, "x"), False),
        (WorkspaceError("x", remedy="y"), False),
        (DiskFullError("x", remedy="y"), True),
        (WorkspaceBusy("a backup has the ledger open", remedy="y"), True),
    ],
)
def test_a_share_that_is_back_already_was_away_all_the_same(place: Workspace, trouble: Exception, passes: bool) -> None:
    """The error says so, although the folder can be reached again; other errors are not waited out."""
    assert _passes(trouble, place) is passes


# --- the calendar ---------------------------------------------------------------------------------------------


def test_a_clock_that_is_set_back_behind_the_records_ends_it(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Consents that have ended would be live again. An hour is nothing, and photos come out after it."""
    day = dt.datetime.now().astimezone().date()
    today = [day]
    monkeypatch.setattr("anonymiser.school.records.local_today", lambda: today[0])
    drop(place.inbox, a="1")

    def on(told: list[str]) -> None:
        today[0] = day - dt.timedelta(days=30)
        drop(place.inbox, b="2")

    with pytest.raises(SafetyRefusal, match="this computer's clock says"):
        follow(place, on, stop_after=2)
    assert tree(place.inbox) == ["b.jpg"]


def test_a_refusal_that_goes_on_for_weeks_is_recorded_once_a_day(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service is started again every minute; the audit record does not grow by each, and misses no day."""
    day = dt.datetime.now().astimezone().date()
    drop(place.inbox, a="1")
    follow(place, lambda _: None, stop_after=1)
    recorded: list[int] = []
    for days in (30, 30, 30, 29, 29):
        today = day - dt.timedelta(days=days)
        monkeypatch.setattr("anonymiser.school.records.local_today", lambda today=today: today)
        monkeypatch.setattr("anonymiser.school.opened.local_today", lambda today=today: today)
        with pytest.raises(SafetyRefusal), watched(place, Stop()):
            pass
        with Ledger(place.ledger_file) as ledger:
            recorded.append(sum(parsed(row.text).kind is Kind.REFUSED for row in ledger.audit_rows()))
    assert recorded == [1, 1, 1, 2, 2]


def test_nothing_is_deleted_by_age_after_the_clock_was_put_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By more than a day, while it watched: its originals are not 400 days old because somebody says so."""
    place = new_workspace(tmp_path / "school", SETTINGS + "[retention]\nat_day_end = true\n")
    called: list[int] = []
    monkeypatch.setattr("anonymiser.school.school.tidy_daily", lambda *_: called.append(1))
    ahead = [False]
    monkeypatch.setattr(ClockGuard, "is_ahead", property(lambda _: ahead[0]))
    stop = Stop()
    drop(place.inbox, a="1")
    counts: list[int] = []
    with watched(place, stop) as run:
        for _ in run:
            counts.append(len(called))
            if len(counts) == 1:
                ahead[0] = True
                drop(place.inbox, b="2")
            else:
                stop.requests = 1
    assert counts[0] >= 1
    assert len(called) == counts[0]


@pytest.mark.parametrize(
    ("calendar", "steady", "ahead"),
    [
        (100 * DAY, 100 * DAY, False),
        (100 * DAY + 3600, 100 * DAY, False),
        (101.5 * DAY, 100 * DAY, True),
        (-5 * DAY, 1.0, False),
        (5000 * DAY, 60.0, True),
    ],
)
def test_the_guard_compares_the_calendar_with_a_steady_clock(calendar: float, steady: float, ahead: bool) -> None:
    """A hundred days of watching are no jump, nor is summer time; a clock that goes back gives nothing away."""
    now = [1000.0, 50.0]
    guard = ClockGuard(lambda: now[0], lambda: now[1])
    now[:] = [now[0] + calendar, now[1] + steady]
    assert guard.is_ahead is ahead


def test_the_steady_clock_goes_on() -> None:
    """It is that of this computer."""
    before = steady_seconds()
    time.sleep(0.05)
    assert 0.04 < steady_seconds() - before < 5


@renames
def test_a_run_that_works_meanwhile_is_awaited(place: Workspace, tmp_path: Path) -> None:
    """Somebody starts a batch while the share is away; the watch goes on once that has ended."""
    released: list[float] = []

    def batch() -> None:
        with run_lock(place.data):
            (tmp_path / "away").rename(place.inbox)
            time.sleep(1.0)
            released.append(time.monotonic())

    def on(told: list[str]) -> None:
        if told == ["a.jpg"]:
            place.inbox.rename(tmp_path / "away")
        elif "cannot be reached" in told[-1]:
            threading.Thread(target=batch).start()
        elif told[-1] == "going on":
            assert released
            drop(place.inbox, b="2")

    drop(place.inbox, a="1")
    assert follow(place, on, stop_after=2)[-1] == "b.jpg"
