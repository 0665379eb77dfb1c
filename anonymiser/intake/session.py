"""How a run begins and ends: lock, recover, pool."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from anonymiser.delivery.recovery import recover
from anonymiser.delivery.site import Site
from anonymiser.intake.results import Summary
from anonymiser.locks import review_lock, run_lock
from anonymiser.workers.interface import PhotoPool

LAST_RUN = "last-run"


@contextmanager
def working(site: Site, open_pool: Callable[[], PhotoPool]) -> Iterator[PhotoPool]:
    """Alone in the workspace, with everything of an earlier run recovered, and with a pool of workers.

    Raises WorkspaceError if another run is active, and what `open_pool` raises.
    """
    with run_lock(site.workspace.data):
        with review_lock(site.workspace.data):
            recover(site)
        with open_pool() as pool:
            yield pool


def remember_run(site: Site, summary: Summary, *, complete: bool) -> None:
    """Let `status` say when this workspace was last worked in, and with what result."""
    ended = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    site.ledger.remember(LAST_RUN, {"ended": ended, "complete": int(complete), **summary.to_json()})
