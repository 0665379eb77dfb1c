"""A long operation that somebody may end early."""

from __future__ import annotations

from anonymiser.errors import Stopped
from anonymiser.intake.batch import Stop
from anonymiser.values.progress import Progress


def stopping(progress: Progress, stop: Stop | None) -> Progress:
    """`progress` that also ends the operation when somebody asks for it, by raising Stopped."""

    def tell(done: int, total: int) -> None:
        if stop is not None and stop.requests:
            raise Stopped("stopped before the end; nothing was stored", remedy="Start again to do all of it.")
        progress(done, total)

    return tell
