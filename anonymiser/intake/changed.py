"""Files that were taken while somebody was still writing them: noticed when they have changed, and taken once more.

Nobody can know that a file is complete. A writer that pauses for longer than `quiet_seconds`, one that makes the file
at its full size first, and one that begins with nothing are all taken for finished. Where the system allows it, they go
on writing into the file although it was moved. So every file that was taken is looked at again: for a day, or for as
long as it is in quarantine. Only one that looks different is read.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

from anonymiser.delivery import files
from anonymiser.delivery.again import resting_place, resting_places, take_again
from anonymiser.delivery.site import Site
from anonymiser.errors import WorkspaceBusy
from anonymiser.intake.in_work import InWork
from anonymiser.ledger.item import Item, Origin
from anonymiser.ledger.sources import Look
from anonymiser.locks import review_lock
from anonymiser.values.report import OutcomeKind

_LOOKED_AT_FOR = dt.timedelta(days=1)


class Changed:
    """The files of one workspace that may have changed after they were taken."""

    def __init__(self, site: Site, quiet_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that never go back; a changed file must have been quiet for `quiet_seconds`."""
        self._site = site
        self._ledger = site.ledger
        self._quiet = quiet_seconds
        self._clock = clock
        self._restless: dict[str, tuple[Look, float]] = {}
        """By item id: how a changed file looked, and since when."""

    def remember(self, photo: InWork, done: Item) -> None:
        """The photo is finished: whatever is written to its file from now on, or was since it was read, counts."""
        if photo.look is None or done.origin is not Origin.INBOX or done.outcome is OutcomeKind.SEALED:
            return
        with contextlib.suppress(OSError):
            now = Look.at(resting_place(self._site, done, photo.source))
            self._ledger.keep_look(done.id, now if now.same_bytes_as(photo.look) else photo.look)

    def take_again(self) -> bool:
        """Put every file that has changed, and has been quiet since, in for processing again; whether there was one."""
        looks = self._ledger.looks(dt.datetime.now(dt.UTC).replace(tzinfo=None) - _LOOKED_AT_FOR)
        places = resting_places(self._site, looks) if looks else {}
        taken = [self._take(item_id, looks[item_id], place) for item_id, place in places.items()]
        return any(taken)

    def _take(self, item_id: str, before: Look, place: Path) -> bool:
        try:
            now = Look.at(place)
            if now == before or not self._is_quiet(item_id, now):
                return False
            sha256 = files.sha256_of(place)
            with review_lock(self._site.workspace.data):
                item = self._ledger.get(item_id)
                if item is None or sha256 == item.sha256:
                    self._ledger.keep_look(item_id, now)
                    return False
                take_again(self._site, item, place)
        except WorkspaceBusy:
            return False  # somebody is deciding photos at this moment; the next run asks again
        except OSError as error:
            if files.is_full(error):
                raise
            return False  # it has gone, is in use, or is being written: the next run looks again
        self._restless.pop(item_id, None)
        return True

    def _is_quiet(self, item_id: str, now: Look) -> bool:
        """As it was a while ago; or, at the first look, as its own dates say, which may only be too early."""
        seen, since = self._restless.get(item_id, (None, 0.0))
        if seen != now:
            since = self._clock()
            self._restless[item_id] = (now, since)
        last = max(now.modified_ns, now.changed_ns) / 1e9
        return self._clock() - since >= self._quiet or self._quiet <= time.time() - last
