"""Is a file complete? Nobody can know, but one that has not changed for a while, and is not open, probably is.

What was taken too early all the same is noticed afterwards (changed.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from anonymiser.delivery import files
from anonymiser.intake.claim import Candidate, Unreachable
from anonymiser.values.reasons import Code

_HELD_SECONDS = 60.0
"""If another program still has an unchanged file open, it is mostly being copied; after this long the user is told."""
_LONGEST_WAIT_SECONDS = 60.0
"""So long `batch` waits at its end for files that are being written; what is not complete by then stays."""
_STEP_SECONDS = 0.25
"""Longest wait before a stop is noticed."""


@dataclass(frozen=True, slots=True)
class _Look:
    size: int
    modified_ns: int
    changed_ns: int
    at: float


class StabilityTracker:
    """Remembers how each file looked, and since when it has looked like that.

    It does not trust the file's own times (copying keeps them, and shares have their own clocks) or the operating
    system's events (they announce the start of a copy). It trusts only two looks, `quiet_seconds` apart by its own
    clock, with nothing changed between them.
    """

    def __init__(self, quiet_seconds: float, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never go back, such as `time.monotonic`."""
        self._quiet = quiet_seconds
        self._clock = clock
        self._looks: dict[Path, _Look] = {}
        self._seen: set[Path] = set()
        self._restless: set[Path] = set()

    def is_stable(self, path: Path) -> bool:
        """Look at `path`; True once it has not changed for long enough and no other program holds it.

        Also True for one that has been open for very long, so that somebody is told.
        """
        try:
            status = path.lstat()
        except OSError:
            self._looks.pop(path, None)
            return False
        self._seen.add(path)
        look = _Look(status.st_size, status.st_mtime_ns, status.st_ctime_ns, self._clock())
        before = self._looks.get(path)
        if before is None or (before.size, before.modified_ns, before.changed_ns) != (
            look.size,
            look.modified_ns,
            look.changed_ns,
        ):
            self._looks[path] = before = look
        quiet_for = look.at - before.at
        if quiet_for < self._quiet:
            self._restless.add(path)
            return False
        return quiet_for >= self._quiet + _HELD_SECONDS or not files.is_held_open(path)

    def end_of_scan(self) -> float | None:
        """Forget files that have gone; returns the seconds until the next file can be complete, or None."""
        self._looks = {path: look for path, look in self._looks.items() if path in self._seen}
        now = self._clock()
        pauses = [max(0.0, self._looks[path].at + self._quiet - now) for path in self._restless & self._looks.keys()]
        self._seen.clear()
        self._restless.clear()
        return min(pauses, default=None)

    def start_anew(self) -> None:
        """The computer was asleep, and so were those who write: no file has been quiet yet, however long ago it was."""
        self._looks.clear()

    def forget(self, path: Path) -> None:
        """The file has been taken; another with its name starts from the beginning."""
        self._looks.pop(path, None)
        self._seen.discard(path)


def settled(candidates: Iterable[Candidate], quiet_seconds: float, stopped: Callable[[], bool]) -> Iterator[Candidate]:
    """The candidates, those last that were written a moment ago: each as soon as it has been quiet.

    Files that are still being written after a minute come as unreachable, and those that have gone not at all.
    """
    tracker = StabilityTracker(quiet_seconds, time.monotonic)
    recent = []
    for candidate in candidates:
        if candidate.refusal is None and _is_recent(candidate.path, quiet_seconds):
            tracker.is_stable(candidate.path)
            recent.append(candidate)
        else:
            yield candidate
    until = time.monotonic() + _LONGEST_WAIT_SECONDS
    while recent and not stopped() and time.monotonic() < until:
        waiting = []
        for candidate in recent:
            if tracker.is_stable(candidate.path):
                yield candidate
            elif candidate.path.exists():
                waiting.append(candidate)
        recent = waiting
        pause = tracker.end_of_scan()
        if recent:
            time.sleep(min(_STEP_SECONDS, _STEP_SECONDS if pause is None else max(pause, 0.01)))
    for candidate in recent if not stopped() else ():
        yield Unreachable(candidate.path, candidate.relative, Code.STILL_WRITTEN())


def _is_recent(path: Path, seconds: float) -> bool:
    """Whether a file was changed less than so long ago, or in the future: the dates of a share have their own clock."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return time.time() - max(status.st_mtime, status.st_ctime) < seconds
