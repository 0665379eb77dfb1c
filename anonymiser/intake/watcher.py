"""Takes photos as they arrive.

The operating system's events are only hints: they come twice, early, late, or (on network shares) never. They only make
the next look come sooner. The watcher looks into the inbox at least every `rescan_seconds`, and StabilityTracker says
whether a file is complete. A look that finds nothing costs one listing. A heartbeat file tells `status` that the
watcher is running.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from anonymiser.delivery import files
from anonymiser.delivery.site import Site
from anonymiser.errors import WorkspaceBusy
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.claim import Candidate, listing
from anonymiser.intake.results import Result
from anonymiser.intake.stability import StabilityTracker
from anonymiser.workspace import Workspace

Verdict = TypeVar("Verdict")
"""What a person decided, as the caller sees it."""

_SLICE_SECONDS = 0.25
"""Longest wait before a stop is noticed; also how long a burst of events is collected into one look."""
_BEAT_SECONDS = 10.0
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
        self._beaten_at = float("-inf")

    def run(self, *, once: bool) -> Iterator[Result | Verdict]:
        """Results and verdicts as they come, until stopped; with `once`, until what is complete now is done."""
        with contextlib.nullcontext() if once else self._hints():
            looks = 0
            while not self._stop.requests:
                self._hint.clear()
                yield from self._look()
                looks += 1
                pause = self._tracker.end_of_scan()
                if once and (looks == 2 or pause is None):
                    return
                self._rest(pause if once else self._rescan_seconds, pause)

    def _look(self) -> Iterator[Result | Verdict]:
        self._beat(now=True)
        yield from self._verdicts()
        for result in self._intake.run(self._complete_files()):
            self._beat()
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

    def _rest(self, longest: float | None, next_stable: float | None) -> None:
        """Wait until it is time to look again: a hint, a file that may be complete, or the time is up."""
        pause = min(seconds for seconds in (longest, next_stable) if seconds is not None)
        until = time.monotonic() + max(pause, _SLICE_SECONDS)
        while not self._stop.requests and time.monotonic() < until:
            time.sleep(min(_SLICE_SECONDS, max(0.0, until - time.monotonic())))
            self._beat()
            if self._hint.is_set():
                return

    def _beat(self, *, now: bool = False) -> None:
        if not now and time.monotonic() - self._beaten_at < _BEAT_SECONDS:
            return
        self._beaten_at = time.monotonic()
        looked_at = dt.datetime.now().astimezone().isoformat(timespec="seconds")
        with contextlib.suppress(OSError), files.waiting(()):  # the next beat will do
            files.write_text(
                heartbeat_file(self._site.workspace), json.dumps({"looked_at": looked_at, "pid": os.getpid()})
            )

    @contextmanager
    def _hints(self) -> Iterator[None]:
        workspace = self._site.workspace
        observer: BaseObserver = PollingObserver() if workspace.settings.intake.polling else Observer()
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


def heartbeat_file(workspace: Workspace) -> Path:
    """Where `watch` writes when it last looked."""
    return workspace.data / "heartbeat.json"
