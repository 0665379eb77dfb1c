"""Is a file complete? Nobody can know; one that is quiet for a while, and not held open, is likely to be."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class _Look:
    size: int
    modified_ns: int
    changed_ns: int
    at: float


class StabilityTracker:
    """Remembers how each file looked, and since when it has looked like that.

    Neither the file's own times are trusted (copying keeps them, shares have clocks of their own) nor the operating
    system's events (they announce the start of a copy): only two looks, `quiet_seconds` apart by our own clock, with
    nothing changed between them.
    """

    def __init__(self, quiet_seconds: float, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that never go back, such as `time.monotonic`."""
        self._quiet = quiet_seconds
        self._clock = clock
        self._looks: dict[Path, _Look] = {}
        self._seen: set[Path] = set()

    def is_stable(self, path: Path) -> bool:
        """Look at `path`; True once it has not changed for long enough and can be opened alone."""
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
        return look.at - before.at >= self._quiet and not _is_held_open(path)

    def end_of_scan(self) -> float | None:
        """Forget files that have gone; seconds until the next of the others can be stable, None without any."""
        self._looks = {path: look for path, look in self._looks.items() if path in self._seen}
        self._seen.clear()
        now = self._clock()
        return min((max(0.0, look.at + self._quiet - now) for look in self._looks.values()), default=None)

    def forget(self, path: Path) -> None:
        """The file has been taken; another of its name starts afresh."""
        self._looks.pop(path, None)
        self._seen.discard(path)


def _is_held_open(path: Path) -> bool:
    """Windows refuses to rename what another program has open; elsewhere there is no such lock to ask for."""
    if os.name != "nt":
        return False
    try:  # pragma: no cover - Windows only
        path.rename(path)
    except OSError:
        return True
    return False
