"""A watcher over years: events that are lost, clocks that jump, computers that sleep, and somebody who stops it."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from intake_kit import InlinePool, drop, new_workspace, opened, tree
from watchdog.observers.polling import PollingObserver

from anonymiser.errors import WorkspaceAway, WorkspaceError
from anonymiser.intake import watcher as module
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.events import Events
from anonymiser.intake.heartbeat import heartbeat_file, say_ended
from anonymiser.intake.results import Result
from anonymiser.intake.stability import StabilityTracker
from anonymiser.intake.watcher import Watcher
from anonymiser.ledger.item import Origin
from anonymiser.review.queue import Decided, ReviewQueue
from anonymiser.school.status import WatcherStatus, watcher_status
from anonymiser.workspace import Workspace

SETTINGS = "[intake]\nquiet_seconds = {quiet}\nrescan_seconds = {rescan}\n"


def school(tmp_path: Path, *, quiet: float = 0.3, rescan: float = 600) -> Workspace:
    return new_workspace(tmp_path / "school", SETTINGS.format(quiet=quiet, rescan=rescan))


@contextmanager
def watcher(workspace: Workspace, stop: Stop) -> Iterator[Watcher[Decided]]:
    with opened(workspace) as site:
        events = Events(workspace.inbox, workspace.settings.publishing, site.contexts.names_someone)
        intake = Intake(site, InlinePool(), stop, events, workspace.inbox, Origin.INBOX)
        yield Watcher(site, intake, stop, ReviewQueue(site).collect)


def watch_until(workspace: Workspace, expected: int, work: Callable[[], object], *, wait: float = 0.0) -> list[str]:
    """Watch, do `work` in another thread once it has begun (after `wait` seconds), until so many files are out."""
    stop, names = Stop(), []
    deadline = threading.Timer(60, lambda: setattr(stop, "requests", 1))
    thread = threading.Timer(wait, work)
    with watcher(workspace, stop) as watching:
        deadline.start()
        thread.start()
        for result in watching.run(once=False):
            assert isinstance(result, Result)
            names.append(result.relative)
            if len(names) == expected:
                stop.requests = 1
    thread.join()
    deadline.cancel()
    return sorted(names)


def test_files_that_were_there_before_the_start_come_out(tmp_path: Path) -> None:
    """Although no event tells of them."""
    workspace = school(tmp_path)
    drop(workspace.inbox / "Fair", a="1")
    assert watch_until(workspace, 1, lambda: None) == ["Fair/a.jpg"]


def test_a_folder_that_is_moved_in_whole_comes_out(tmp_path: Path) -> None:
    """By its event alone, with folders in it; and so does what is put into it afterwards."""
    workspace = school(tmp_path)
    drop(tmp_path / "new" / "Sports day" / "morning", a="1", b="2")

    def move() -> None:
        (tmp_path / "new" / "Sports day").rename(workspace.inbox / "Sports day")
        time.sleep(1.5)
        drop(workspace.inbox / "Sports day" / "morning", c="3")

    names = watch_until(workspace, 3, move, wait=1)
    assert names == [f"Sports day/morning/{name}.jpg" for name in "abc"]


def test_what_no_event_tells_of_is_found_by_the_next_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The observer runs and says nothing, as on a share that another computer writes to."""
    monkeypatch.setattr("anonymiser.intake.watcher._Hint.on_any_event", lambda *_: None)
    workspace = school(tmp_path, rescan=0.5)
    assert watch_until(workspace, 1, lambda: drop(workspace.inbox, a="1"), wait=1) == ["a.jpg"]


@pytest.mark.parametrize("remote", [True, False])
def test_a_share_is_polled_without_being_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remote: bool) -> None:
    """Listings are compared there, because the system reports only what this computer does; on a disk, events do."""
    made = []

    class Noted(PollingObserver):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    monkeypatch.setattr(module, "PollingObserver", Noted)
    monkeypatch.setattr(module, "is_on_a_share", lambda folder: remote)
    workspace = school(tmp_path)
    assert watch_until(workspace, 1, lambda: drop(workspace.inbox, a="1"), wait=1) == ["a.jpg"]
    assert bool(made) is remote


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody rename a folder that is in use")
def test_an_inbox_that_goes_away_is_told(tmp_path: Path) -> None:
    """It is not taken for an empty one."""
    workspace = school(tmp_path, rescan=0.3)
    away = tmp_path / "away"
    threading.Timer(0.6, lambda: workspace.inbox.rename(away)).start()
    with watcher(workspace, Stop()) as watching, pytest.raises(WorkspaceAway, match="cannot be reached"):
        list(watching.run(once=False))


@pytest.mark.parametrize("jump", [-3600.0, 3600.0, -20 * 365 * 86400.0, 20 * 365 * 86400.0])
def test_the_clock_may_jump_while_it_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    """Files come out all the same, and the heart goes on beating: no wait is counted in times of the day."""
    workspace = school(tmp_path, rescan=0.5)
    monkeypatch.setattr("anonymiser.intake.heartbeat._BEAT_SECONDS", 0.1)
    real = time.time
    offset = [0.0]
    monkeypatch.setattr("time.time", lambda: real() + offset[0])

    def work() -> None:
        offset[0] = jump
        drop(workspace.inbox, a="1")

    before = heartbeat_file(workspace)
    assert watch_until(workspace, 1, work, wait=1) == ["a.jpg"]
    assert json.loads(before.read_text(encoding="utf-8"))["ended"]


def test_after_a_sleep_every_file_must_be_quiet_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was half written when the computer went to sleep is as long as before, and not complete."""
    workspace = school(tmp_path, quiet=1.0)
    slept, real = [0.0], time.monotonic
    monkeypatch.setattr("time.monotonic", lambda: real() + slept[0])
    whole = b"0123456789"

    def work() -> None:
        target = workspace.inbox / "half.jpg"
        target.write_bytes(whole[:5])
        time.sleep(0.5)  # it was seen, and is not quiet yet
        slept[0] += 8 * 3600.0
        time.sleep(0.5)  # the computer is awake again, and so is the writer, a little later
        target.write_bytes(whole)

    assert watch_until(workspace, 1, work, wait=1) == ["half.jpg"]
    (original,) = workspace.originals.rglob("*half.jpg")
    assert original.read_bytes() == whole
    assert len(tree(workspace.outbox)) == 1


def test_without_starting_anew_a_sleep_would_count_as_quiet(tmp_path: Path) -> None:
    """What the test above is about: eight hours have passed between two looks, in which nobody could write."""
    now = [0.0]
    tracker = StabilityTracker(3.0, lambda: now[0])
    (tmp_path / "a.jpg").write_bytes(b"half")
    assert not tracker.is_stable(tmp_path / "a.jpg")
    now[0] = 8 * 3600.0
    assert tracker.is_stable(tmp_path / "a.jpg")
    tracker.start_anew()
    assert not tracker.is_stable(tmp_path / "a.jpg")
    now[0] += 3.0
    assert tracker.is_stable(tmp_path / "a.jpg")


def test_a_look_comes_at_once_after_a_sleep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was left of the wait before."""
    workspace = school(tmp_path, rescan=3600)
    monkeypatch.setattr("anonymiser.intake.watcher._Hint.on_any_event", lambda *_: None)
    slept, real = [0.0], time.monotonic
    monkeypatch.setattr("time.monotonic", lambda: real() + slept[0])

    def work() -> None:
        drop(workspace.inbox, a="1")
        slept[0] += 600.0

    assert watch_until(workspace, 1, work, wait=1) == ["a.jpg"]


def test_a_stop_file_ends_it_once(tmp_path: Path) -> None:
    """What is in work is finished, the file is removed, and an old one stops nobody."""
    workspace = school(tmp_path, rescan=0.3)
    workspace.stop_file.touch()
    stop = Stop()
    with watcher(workspace, stop) as watching:
        drop(workspace.inbox, a="1")
        for result in watching.run(once=False):
            assert isinstance(result, Result)
            workspace.stop_file.touch()
    assert stop.requests == 1
    assert not workspace.stop_file.exists()
    assert len(tree(workspace.outbox)) == 1


def test_the_heartbeat_says_since_when_and_that_it_has_ended(tmp_path: Path) -> None:
    """While it runs it has not ended, also when it works for long."""
    workspace = school(tmp_path, rescan=0.3)
    seen = []
    stop = Stop()
    with watcher(workspace, stop) as watching:
        drop(workspace.inbox, a="1")
        for _ in watching.run(once=False):
            seen.append(json.loads(heartbeat_file(workspace).read_text(encoding="utf-8")))
            stop.requests = 1
    assert set(seen[0]) == {"looked_at", "pid", "since"}
    after = json.loads(heartbeat_file(workspace).read_text(encoding="utf-8"))
    assert after["since"] == seen[0]["since"] <= after["ended"]


NO_SIGNS_OF_LIFE = [
    "[" * 100_000, "", "null", "[]", "5", '"looked_at"', "{}", '{"looked_at": 5}', '{"looked_at": "yesterday"}',
    '{"looked_at": "2026-11-28T12:00:00"}',
    '{"looked_at": "2026-11-28T12:00:00+00:00", "why": ["x"]}',
    '{"looked_at": "2026-11-28T12:00:00+00:00", "since": {}}',
]  # fmt: skip


@pytest.mark.parametrize("content", NO_SIGNS_OF_LIFE)
def test_a_sign_of_life_that_cannot_be_one_is_unreadable(tmp_path: Path, content: str) -> None:
    """However it is damaged; the next word replaces what cannot be read at all."""
    workspace = school(tmp_path)
    heartbeat_file(workspace).write_text(content, encoding="utf-8")
    assert watcher_status(workspace) == WatcherStatus("unreadable", alive=False)
    if not content.startswith("{"):
        say_ended(workspace, "the disk is full", "Free some space.")
        found = watcher_status(workspace)
        assert found
        assert (found.alive, found.why) == (False, "the disk is full. Free some space.")


def leave(path: Path, what: str) -> None:
    """Something that has the stop file's name."""
    match what:
        case "folder":
            path.mkdir()
        case "full folder":
            path.mkdir()
            (path / "kept").touch()
        case "dangling link":
            path.symlink_to(path.parent / "nowhere")
        case "link to a folder":
            path.symlink_to(path.parent)


needs_links = pytest.mark.skipif(os.name == "nt", reason="on Windows, links need a right of their own")
STOPS = [
    "folder",
    "full folder",
    pytest.param("dangling link", marks=needs_links),
    pytest.param("link to a folder", marks=needs_links),
]


@pytest.mark.parametrize("what", STOPS)
def test_whatever_is_called_stop_ends_it(tmp_path: Path, what: str) -> None:
    """And is removed, if it can be."""
    workspace = school(tmp_path, rescan=0.3)
    stop = Stop()
    threading.Timer(0.8, lambda: leave(workspace.stop_file, what)).start()
    deadline = threading.Timer(60, lambda: setattr(stop, "requests", 9))
    deadline.start()
    with watcher(workspace, stop) as watching:
        assert list(watching.run(once=False)) == []
    deadline.cancel()
    assert stop.requests == 1
    assert os.path.lexists(workspace.stop_file) is (what == "full folder")


def test_an_old_stop_file_that_cannot_be_removed_says_why_nothing_starts(tmp_path: Path) -> None:
    """With what to do, instead of ending at once in silence."""
    workspace = school(tmp_path)
    leave(workspace.stop_file, "full folder")
    with watcher(workspace, Stop()) as watching, pytest.raises(WorkspaceError, match="cannot be removed") as caught:
        list(watching.run(once=False))
    assert "Delete it by hand" in caught.value.remedy


def test_an_inbox_that_is_emptied_and_made_anew_goes_on(tmp_path: Path) -> None:
    """Somebody deletes an event's folder while it is watched; the others are still seen."""
    workspace = school(tmp_path)
    drop(workspace.inbox / "Fair", a="1")

    def work() -> None:
        shutil.rmtree(workspace.inbox / "Fair", ignore_errors=True)
        drop(workspace.inbox / "Play", b="2")

    assert watch_until(workspace, 2, work, wait=2) == ["Fair/a.jpg", "Play/b.jpg"]
