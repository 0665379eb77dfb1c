"""Files whose time is over: which they are, and their deletion, which may be repeated after a crash.

What is to go is written into the ledger before the first file goes, so that nobody misses it; that it has gone, with
its entry in the audit record, afterwards.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from anonymiser.delivery import files
from anonymiser.delivery.site import Site
from anonymiser.delivery.takedown import left_behind
from anonymiser.ledger.item import Item, Origin, ReviewVerdict, State
from anonymiser.ledger.noting import LEDGER_ROW
from anonymiser.settings import Retention
from anonymiser.values.report import OutcomeKind

ORIGINAL = "original"
QUARANTINED = "quarantined file"
SEALED = "sealed picture"
"""What the ledger and the audit record call it."""


@dataclass(frozen=True, slots=True)
class Expired:
    """Something of one photo whose time is over."""

    item: str
    what: str
    since: dt.datetime
    """When its time began (UTC, naive)."""


class Expiry:
    """The files of one workspace at one moment."""

    def __init__(self, site: Site, now: dt.datetime) -> None:
        """`now` is in UTC, without a zone, as every moment of the ledger."""
        self._site = site
        self._periods: Retention = site.workspace.settings.retention
        self._now = now
        self._items = list(site.ledger.every())
        self._judged = site.ledger.judged_at()

    def waiting(self) -> Iterator[Expired]:
        """Photos that nobody has decided for too long."""
        for item in self._items:
            if item.waits_for_a_person and self._is_over(item.finished_at, self._periods.waiting_days):
                yield Expired(item.id, "copy that waits", item.finished_at or item.received_at)

    def files(self) -> Iterator[Expired]:
        """Originals, files in quarantine and sealed pictures that are still there."""
        held_back = set(left_behind(self._site))
        archived = _by_item(self._site.workspace.originals)
        quarantined = _by_item(self._site.workspace.quarantine)
        sealed = _by_item(self._site.workspace.sealed)
        for item in self._items:
            if item.state is not State.DONE or item.id in held_back:
                continue
            since = item.finished_at or item.received_at
            if item.id in archived and (started := self._original_is_over(item)) is not None:
                yield Expired(item.id, ORIGINAL, started)
            if item.id in quarantined and self._is_over(since, self._periods.quarantined_days):
                yield Expired(item.id, QUARANTINED, since)
            if item.id in sealed and _is_sealed(item) and self._is_over(since, self._periods.sealed_days):
                yield Expired(item.id, SEALED, since)

    def rows(self) -> Iterator[Expired]:
        """Records of photos of which no file is left, in none of the folders."""
        workspace = self._site.workspace
        folders = (workspace.originals, workspace.quarantine, workspace.sealed, workspace.review)
        there = set().union(*map(_by_item, folders))
        for item in self._items:
            since = item.finished_at or item.received_at
            if (
                item.state is State.DONE
                and item.id not in there
                and not item.waits_for_a_person
                and not _is_sealed(item)
                and not (item.output and (workspace.root / item.output).exists())
                and self._is_over(since, self._periods.rows_days)
            ):
                yield Expired(item.id, LEDGER_ROW, since)

    def _original_is_over(self, item: Item) -> dt.datetime | None:
        """Since when the time of the item's original ran, if it is over."""
        if item.origin is not Origin.INBOX or item.waits_for_a_person or _is_sealed(item):
            return None
        since, days = item.finished_at or item.received_at, self._periods.originals_days
        if item.verdict is ReviewVerdict.REJECTED:
            since, days = self._judged.get(item.id, since), self._periods.rejected_days
        return since if self._is_over(since, days) else None

    def _is_over(self, since: dt.datetime | None, days: int) -> bool:
        return bool(days) and since is not None and since + dt.timedelta(days=days) <= self._now


def delete_expired(site: Site, item_id: str, what: str) -> None:
    """Delete the files; after a crash, do it again. Raises OSError if one is in use: the next call tries again.

    Call it with the review lock held.
    """
    site.ledger.begin_deletion(item_id, what)
    site.ledger.drop_look(item_id)
    folder = _FOLDERS[what](site)
    found = _by_item(folder).get(item_id, [])
    files.every(*(partial(files.unlink, path) for path in found))
    for path in found:
        place = path.parent
        while place not in {folder, site.workspace.root}:
            files.remove_if_empty(place)
            place = place.parent
    site.ledger.end_deletion(item_id, what)


_FOLDERS: dict[str, Callable[[Site], Path]] = {
    ORIGINAL: lambda site: site.workspace.originals,
    QUARANTINED: lambda site: site.workspace.quarantine,
    SEALED: lambda site: site.workspace.sealed,
}


def _by_item(folder: Path) -> dict[str, list[Path]]:
    """By item id, its files in a folder and those below; folders that could not be opened are nobody's."""
    found: dict[str, list[Path]] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            found.setdefault("-".join(name.partition(".")[0].split("-", 2)[:2]), []).append(Path(place, name))
    return found


def _is_sealed(item: Item) -> bool:
    return item.outcome is OutcomeKind.SEALED or item.verdict is ReviewVerdict.REFERRED
