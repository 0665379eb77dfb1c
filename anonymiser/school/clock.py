"""Whether somebody has put this computer's clock forward while the program runs."""

from __future__ import annotations

import time
from collections.abc import Callable

_MOST_SECONDS = 24 * 3600.0
"""Summer time, a time zone and a correction over the network stay below it."""


def steady_seconds() -> float:
    """Seconds that nobody can set, and that pass while the computer sleeps."""
    # Linux has a clock of its own for that; those of Windows and macOS do so anyway.
    number = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
    return time.clock_gettime(number) if number is not None and hasattr(time, "clock_gettime") else time.monotonic()


class ClockGuard:
    """Compares the calendar with a steady clock since the guard was made."""

    def __init__(self, calendar: Callable[[], float] = time.time, steady: Callable[[], float] = steady_seconds) -> None:
        """Both give seconds; `calendar` since 1970."""
        self._calendar = calendar
        self._steady = steady
        self._between = calendar() - steady()

    @property
    def is_ahead(self) -> bool:
        """Whether the calendar has gained more than a day, so that nothing should be deleted because of its age."""
        return self._calendar() - self._steady() - self._between > _MOST_SECONDS
