from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from intake_kit import InlinePool, drop, new_workspace, opened, run, tree

from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.events import Events
from anonymiser.intake.heartbeat import heartbeat_file
from anonymiser.intake.results import Result
from anonymiser.intake.watcher import Watcher
from anonymiser.ledger.item import Origin, ReviewVerdict
from anonymiser.review.queue import Decided, ReviewQueue
from anonymiser.workspace import Workspace

QUIET = "[intake]\nquiet_seconds = 0.6\nrescan_seconds = {rescan}\npolling = {polling}\n"


@contextmanager
def watcher(workspace: Workspace, stop: Stop) -> Iterator[Watcher[Decided]]:
    with opened(workspace) as site:
        events = Events(workspace.inbox, workspace.settings.publishing, site.contexts.names_someone)
        intake = Intake(site, InlinePool(), stop, events, workspace.inbox, Origin.INBOX)
        yield Watcher(site, intake, stop, ReviewQueue(site).collect)


def watch_until(workspace: Workspace, expected: int, work: Callable[[], None]) -> list[Result | Decided]:
    """Watch while another thread does `work`, until so many results have come."""
    stop, results = Stop(), []
    thread = threading.Thread(target=work)
    with watcher(workspace, stop) as watching:
        thread.start()
        for result in watching.run(once=False):
            results.append(result)
            if len(results) == expected:
                stop.requests = 1
    thread.join()
    return results


@pytest.mark.parametrize(("rescan", "polling"), [(600, "false"), (0.3, "false"), (600, "true")])
def test_a_file_written_slowly_comes_out_once(tmp_path: Path, rescan: float, polling: str) -> None:
    """In pieces, beside files that arrive whole; found by events alone, by rescans alone, and by polling alone."""
    workspace = new_workspace(tmp_path / "school", QUIET.format(rescan=rescan, polling=polling))

    def arrive() -> None:
        with (workspace.inbox / "slow.jpg").open("wb") as file:
            for piece in range(10):
                file.write(b"%d" % piece)
                file.flush()
                time.sleep(0.1)
        drop(workspace.inbox / "Fair", quick="1")

    results = watch_until(workspace, 2, arrive)
    copies = sorted(path.read_text() for path in workspace.outbox.rglob("*.jpg"))
    assert len(copies) == len(results) == 2
    whole = {result.sha256 for result in results if isinstance(result, Result)}
    assert all(any(str(digest) in copy for copy in copies) for digest in whole)
    assert tree(workspace.inbox) == []
    assert (workspace.originals.rglob("*slow.jpg").__next__()).read_bytes() == b"0123456789"


def test_once_takes_what_is_complete_and_ends(tmp_path: Path) -> None:
    """Files that were there before the start are found without any event."""
    workspace = new_workspace(tmp_path / "school", QUIET.format(rescan=600, polling="false"))
    drop(workspace.inbox, a="1", b="2")
    with watcher(workspace, Stop()) as watching:
        assert len(list(watching.run(once=True))) == 2
    with watcher(workspace, Stop()) as watching:
        assert list(watching.run(once=True)) == []


def test_the_heartbeat_tells_when_somebody_last_looked(workspace: Workspace) -> None:
    """Even a look that finds nothing leaves its mark."""
    with watcher(workspace, Stop()) as watching:
        list(watching.run(once=True))
    assert "looked_at" in json.loads(heartbeat_file(workspace).read_text(encoding="utf-8"))


def test_moving_a_copy_decides_it_at_the_next_look(workspace: Workspace) -> None:
    """A photo moved into review/approve is released by the watcher."""
    drop(workspace.inbox, a="review")
    (waiting,) = run(workspace)
    copy = workspace.review / f"{waiting.item}.jpg"
    decided = watch_until(workspace, 1, lambda: copy.rename(workspace.approve / copy.name) and None)
    assert isinstance(decided[0], Decided)
    assert decided[0].verdict is ReviewVerdict.APPROVED
    assert len(tree(workspace.outbox)) == 1


def test_a_file_that_cannot_be_taken_is_told_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watcher does not report the same obstacle at every look."""
    drop(workspace.inbox, busy="1")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "in use")

    monkeypatch.setattr("os.rename", refuse)
    stop = Stop()
    with watcher(workspace, stop) as watching:
        first = list(watching._look())
        second = list(watching._look())
    assert (len(first), len(second)) == (1, 0)


def test_without_events_the_rescan_finds_everything(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the operating system offers no events, photos come out all the same."""

    def refuse(_: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("watchdog.observers.api.BaseObserver.start", refuse)
    assert len(watch_until(workspace, 1, lambda: drop(workspace.inbox, a="1"))) == 1
