"""Takes photos as they arrive.

The operating system's events are only hints: they come twice, early, late, or (on network shares) never. They only make
the next look come sooner. The watcher looks into the inbox at least every `rescan_seconds`, and StabilityTracker says
whether a file is complete. A look that finds nothing costs one listing. A heartbeat file tells `status` that the
watcher is running, and a stop file asks it to end.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from anonymiser.delivery.site import Site
from anonymiser.errors import WorkspaceAway, WorkspaceBusy
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.claim import Candidate, listing
from anonymiser.intake.heartbeat import Heartbeat, stop_file_left, take_stop_file
from anonymiser.intake.results import Result
from anonymiser.intake.shares import is_on_a_share
from anonymiser.intake.stability import StabilityTracker

Verdict = TypeVar("Verdict")
"""What a person decided, as the caller sees it."""

_SLICE_SECONDS = 0.25
"""Longest wait before a stop is noticed; also how long a burst of events is collected into one look."""
_ASLEEP_SECONDS = 30.0
"""If a slice has taken this long, the computer was asleep, and so were those who write files."""
logging.getLogger("watchdog").addHandler(logging.NullHandler())  # it would print names of folders
_TELLING_EVENTS = frozenset({"created", "modified", "moved", "closed"})


class Watcher(Generic[Verdict]):
    """The loop over one workspace's inbox and its review folders."""

    def __init__(self, site: Site, intake: Intake, stop: Stop, collect: Callable[[], Iterable[Verdict]]) -> None:
        """`intake` must belong to the workspace's own inbox; `collect` carries out verdicts made by moving copies."""
        self._site = site
        self._intake = intake
        self._stop = stop
        self._collect = collect
        settings = site.workspace.settings.intake
        self._tracker = StabilityTracker(settings.quiet_seconds, time.monotonic)
        self._rescan_seconds = settings.rescan_seconds
        self._hint = threading.Event()
        self._heart = Heartbeat(site.workspace)

    def run(self, *, once: bool) -> Iterator[Result | Verdict]:
        """Results and verdicts as they come, until stopped; with `once`, until what is complete now is done.

        Raises WorkspaceAway if the inbox cannot be reached, WorkspaceError if a stop file cannot be removed, and what
        `Intake.run` raises.
        """
        take_stop_file(self._site.workspace)  # it was for an earlier one
        if (left := stop_file_left(self._site.workspace)) is not None:
            raise left
        try:
            with contextlib.nullcontext() if once else self._hints():
                yield from self._looks(once=once)
        finally:
            self._heart.end()

    def _looks(self, *, once: bool) -> Iterator[Result | Verdict]:
        looks = 0
        while not self._is_asked_to_stop():
            self._hint.clear()
            yield from self._look()
            looks += 1
            pause = self._tracker.end_of_scan()
            if once and (looks == 2 or pause is None):
                return
            self._rest(pause if once else self._rescan_seconds, pause)

    def _look(self) -> Iterator[Result | Verdict]:
        self._require_inbox()
        self._heart.beat(now=True)
        yield from self._verdicts()
        for result in self._intake.run(self._complete_files()):
            self._heart.beat()
            yield result

    def _verdicts(self) -> Iterable[Verdict]:
        try:
            return list(self._collect())
        except WorkspaceBusy:
            return ()  # somebody is deciding photos at this moment; the next look asks again

    def _complete_files(self) -> Iterator[Candidate]:
        for entry in listing(self._site.workspace.inbox):
            if isinstance(entry, Candidate) and self._tracker.is_stable(entry.path):
                yield entry
                # Asked for the next one, so this one was taken, or could not be.
                self._tracker.forget(entry.path)
                self._is_asked_to_stop()

    def _rest(self, longest: float | None, next_stable: float | None) -> None:
        """Wait until it is time to look again: a hint, a file that may be complete, the time is up, or a sleep."""
        pause = min(seconds for seconds in (longest, next_stable) if seconds is not None)
        before = time.monotonic()
        until = before + max(pause, _SLICE_SECONDS)
        while not self._is_asked_to_stop() and before < until:
            time.sleep(min(_SLICE_SECONDS, until - before))
            now = time.monotonic()
            if now - before > _ASLEEP_SECONDS:
                self._tracker.start_anew()
                return
            before = now
            self._heart.beat()
            if self._hint.is_set():
                return

    def _require_inbox(self) -> None:
        inbox = self._site.workspace.inbox
        if not inbox.is_dir():
            raise WorkspaceAway(
                f"the inbox {inbox} cannot be reached",
                remedy="Check its drive or network share, and whether it was renamed.",
            )

    def _is_asked_to_stop(self) -> bool:
        """Whether somebody wants an early end."""
        if take_stop_file(self._site.workspace):
            self._stop.requests = max(1, self._stop.requests)
        return bool(self._stop.requests)

    @contextmanager
    def _hints(self) -> Iterator[None]:
        workspace = self._site.workspace
        polling = workspace.settings.intake.polling or is_on_a_share(workspace.inbox.resolve())
        observer: BaseObserver = PollingObserver() if polling else Observer()
        handler = _Hint(self._hint)
        observer.schedule(handler, str(workspace.inbox), recursive=True)
        for folder in (workspace.approve, workspace.reject):
            observer.schedule(handler, str(folder))
        try:
            observer.start()
        except OSError:
            # No events are available (a share, too many watches): the rescan alone finds everything, only later.
            yield
            return
        try:
            yield
        finally:
            observer.stop()
            observer.join()


class _Hint(FileSystemEventHandler):
    """Only sets a flag, because an exception here would end the observer silently."""

    def __init__(self, hint: threading.Event) -> None:
        self._hint = hint

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in _TELLING_EVENTS:
            self._hint.set()
