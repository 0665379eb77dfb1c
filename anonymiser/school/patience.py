"""`watch` for years: it waits while its disk is full or away, and goes on by itself."""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from anonymiser.errors import (
    AnonymiserError,
    DiskFullError,
    RegisterError,
    WorkspaceAway,
    WorkspaceBusy,
    WorkspaceError,
)
from anonymiser.intake.batch import Stop
from anonymiser.intake.heartbeat import say_ended, stop_file_left, take_stop_file
from anonymiser.intake.preflight import check_workspace
from anonymiser.intake.results import Summary
from anonymiser.school.runs import Run, RunEvent
from anonymiser.school.school import School
from anonymiser.workspace import Workspace

_SLICE_SECONDS = 0.25
"""Longest wait before a stop is noticed."""
_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 60.0
_SAME_TROUBLE_SECONDS = 300.0
"""The same trouble as before, sooner than this, is not told again: nothing has become better."""
_WAITS = "It waits, and goes on by itself once that has passed."
_MAY_PASS = (OSError, SQLAlchemyError, WorkspaceError, RegisterError)
_GONE = frozenset(
    getattr(errno, name)
    for name in (
        "ESTALE",
        "EIO",
        "ENOTCONN",
        "EHOSTDOWN",
        "EHOSTUNREACH",
        "ENETUNREACH",
        "ENETDOWN",
        "ETIMEDOUT",
        "ENODEV",
    )
    if hasattr(errno, name)
)
_GONE_ON_WINDOWS = frozenset({21, 51, 53, 54, 55, 59, 64, 67, 121, 1167, 1231, 1232, 1236})
"""Of winerror.h: not ready, network path, name or device gone, timeout, unreachable, aborted."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that a person should know while it watches."""

    text: str
    """In plain English."""


class Watching:
    """A `watch` that opens its school anew once what stood in its way has passed; iterate it once.

    What is told: results, verdicts, and once for each trouble that it waits, and that it goes on.
    """

    def __init__(
        self, open_school: Callable[[], School], opened: ExitStack, *, once: bool, jobs: int, stop: Stop
    ) -> None:
        self._open_school = open_school
        self._opened = opened
        self._once = once
        self._jobs = jobs
        self._stop = stop
        self.summary = Summary()
        """Counts so far, of all the time."""
        self.workspace, self._run = self._begin()

    @property
    def notices(self) -> tuple[str, ...]:
        """What the person who runs this should know first, in plain English."""
        return self._run.notices

    @property
    def stopped(self) -> bool:
        """Whether somebody asked for an early end."""
        return bool(self._stop.requests)

    def __iter__(self) -> Iterator[RunEvent | Told]:
        """Work, until stopped. Raises what a run raises, unless it passes by itself."""
        started, told, told_at = time.monotonic(), "", float("-inf")
        while True:
            try:
                yield from self._run
            except _MAY_PASS as trouble:
                waited_for, why = trouble, _sentence(trouble)
                waits = not self._once and _passes(trouble, self.workspace)
                self._end(why, _WAITS if waits else getattr(trouble, "remedy", ""))
                if not waits:
                    raise
            else:
                yield from self._stop_file_left()
                return
            finally:
                self.summary.seconds = time.monotonic() - started
            is_new = why != told or time.monotonic() - told_at > _SAME_TROUBLE_SECONDS
            told = why
            if is_new:
                yield Told(f"{why}. {_WAITS}")
            pause = _FIRST_PAUSE_SECONDS if is_new else _LONGEST_PAUSE_SECONDS
            if not (yield from self._waited(pause, {_kind(waited_for)})):
                yield from self._stop_file_left()
                return
            told_at = time.monotonic()
            if is_new:
                yield Told("going on")

    def _waited(self, pause: float, known: set[str]) -> Generator[Told, None, bool]:
        """Try again until it works, and tell once whatever else is in the way; False if somebody asked to stop."""
        while True:
            trouble = self._resumed(pause)
            if trouble is None:
                return not self.stopped
            if _kind(trouble) not in known:
                known.add(_kind(trouble))
                what_to_do = f"{getattr(trouble, 'remedy', '')} {_WAITS}".strip()
                if not isinstance(trouble, WorkspaceBusy):  # then the sign of life is another's
                    say_ended(self.workspace, _sentence(trouble), what_to_do)
                yield Told(f"{_sentence(trouble)}. {what_to_do}")
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _stop_file_left(self) -> Iterator[Told]:
        if self.stopped and (left := stop_file_left(self.workspace)) is not None:
            yield Told(f"{left.message}. {left.remedy}")

    def _begin(self) -> tuple[Workspace, Run]:
        school = self._opened.enter_context(self._open_school())
        try:
            run = self._opened.enter_context(school.watch(once=self._once, jobs=self._jobs, stop=self._stop))
        except AnonymiserError as trouble:
            if not isinstance(trouble, WorkspaceBusy):  # then the sign of life is another's
                say_ended(school.workspace, trouble.message, trouble.remedy)
            raise
        run.summary.generalised[:0] = self.summary.generalised
        self.summary.generalised = run.summary.generalised
        run.summary = self.summary
        return school.workspace, run

    def _end(self, why: str, remedy: str) -> None:
        """Let go of everything, as far as that is possible, and leave word."""
        with contextlib.suppress(OSError, SQLAlchemyError, AnonymiserError):
            self._opened.close()
        say_ended(self.workspace, why, remedy)

    def _resumed(self, pause: float) -> Exception | None:
        """What is still in the way after so many seconds; None if nothing is, and if somebody asked to stop."""
        until = time.monotonic() + pause
        while time.monotonic() < until:
            if self.stopped or self._is_asked_to_stop():
                return None
            time.sleep(min(_SLICE_SECONDS, pause))
        try:
            _require_reachable(self.workspace)
            check_workspace(self.workspace)
            self.workspace, self._run = self._begin()
        except _MAY_PASS as trouble:
            with contextlib.suppress(OSError, SQLAlchemyError, AnonymiserError):
                self._opened.close()
            return trouble
        return None

    def _is_asked_to_stop(self) -> bool:
        if take_stop_file(self.workspace):
            self._stop.requests = max(1, self._stop.requests)
        return self.stopped


@contextmanager
def watching(open_school: Callable[[], School], *, once: bool = False, jobs: int, stop: Stop) -> Iterator[Watching]:
    """Photos as they arrive, until stopped, for as long as the computer lives.

    Raises like `School.watch` if it cannot begin, and for whatever does not pass by itself. With `once`, nothing is
    waited for.
    """
    with ExitStack() as opened:
        found = Watching(open_school, opened, once=once, jobs=jobs, stop=stop)
        try:
            yield found
        except AnonymiserError as trouble:
            say_ended(found.workspace, trouble.message, trouble.remedy)
            raise


def _passes(trouble: Exception, workspace: Workspace) -> bool:
    """Whether it is the disk, the share or another program, and nobody need start anything again."""
    if isinstance(trouble, DiskFullError | WorkspaceAway | WorkspaceBusy):
        return True
    if isinstance(trouble, OSError) and (
        trouble.errno in _GONE or getattr(trouble, "winerror", None) in _GONE_ON_WINDOWS
    ):
        return True
    try:
        _require_reachable(workspace)
    except WorkspaceAway:
        return True
    return False


def _require_reachable(workspace: Workspace) -> None:
    for folder in (workspace.inbox, workspace.data):
        if not folder.is_dir():
            raise WorkspaceAway(f"{folder} cannot be reached", remedy="Check its drive or network share.")


def _kind(trouble: Exception) -> str:
    """The same for whatever is away in one way or another, and for every way of saying that a disk is full."""
    if isinstance(trouble, DiskFullError):
        return "full"
    if isinstance(trouble, AnonymiserError) and not isinstance(trouble, WorkspaceAway):
        return trouble.message
    return "away"


def _sentence(trouble: Exception) -> str:
    """What it is, without the values of a statement or the name of a file."""
    if isinstance(trouble, AnonymiserError):
        return trouble.message
    return "the workspace cannot be reached"
