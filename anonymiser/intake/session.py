"""The order in which a run begins and ends: lock, recover, pool."""

from __future__ import annotations

import datetime as dt
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from anonymiser.delivery.recovery import recover
from anonymiser.delivery.site import Site
from anonymiser.intake.batch import Stop
from anonymiser.intake.results import Summary
from anonymiser.locks import review_lock, run_lock
from anonymiser.workers.pool import Pool, WorkerSetup

LAST_RUN = "last-run"


@contextmanager
def working(site: Site, setup: WorkerSetup, jobs: int) -> Iterator[Pool]:
    """Alone in the workspace, with everything of an earlier run recovered.

    Raises WorkspaceError where another run is active.
    """
    with run_lock(site.workspace.data):
        with review_lock(site.workspace.data):
            recover(site)
        with Pool(setup, jobs, site.workspace.settings.intake.photo_seconds) as pool:
            yield pool


@contextmanager
def stop_on_signals(stop: Stop) -> Iterator[None]:
    """Ctrl+C and a polite kill ask the run to stop instead of tearing it down; a second one drops what runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(_signal: int, _frame: object) -> None:
        stop.requests += 1

    names = ("SIGINT", "SIGTERM", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def remember_run(site: Site, summary: Summary, *, complete: bool) -> None:
    """Let `status` tell when this workspace was last worked in, and with what result."""
    ended = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    site.ledger.remember(LAST_RUN, {"ended": ended, "complete": int(complete), **summary.to_json()})
