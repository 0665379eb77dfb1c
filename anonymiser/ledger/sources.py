"""How files that were taken looked when something was decided about them, so that one that changes later is noticed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from anonymiser.ledger.store import LedgerStore
from anonymiser.ledger.tables import arrivals, items, restored, sources
from anonymiser.values.report import OutcomeKind

_STILL_HERE = (OutcomeKind.QUARANTINED, OutcomeKind.FAILED)


@dataclass(frozen=True, slots=True)
class Look:
    """What a file system says about a file without its being read; if two looks are equal, so is what was written."""

    size: int
    """Bytes."""
    modified_ns: int
    """When it was last written, as the writer has it."""
    changed_ns: int
    """When anything about it was last changed; on Windows, when it was made."""

    @classmethod
    def at(cls, path: Path) -> Self:
        """The file as it is now; links are not followed. Raises OSError if it has gone."""
        status = path.lstat()
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def same_bytes_as(self, other: Look) -> bool:
        """Whether nothing was written between two looks with a move of the file in between."""
        return (self.size, self.modified_ns) == (other.size, other.modified_ns)


class Sources(LedgerStore):
    """The part of the ledger about files that were taken."""

    def keep_look(self, item_id: str, look: Look) -> None:
        """The decision about the item rests on the file as it looked then."""
        row = {"item": item_id, "size": look.size, "modified_ns": look.modified_ns, "changed_ns": look.changed_ns}
        with self._begin() as connection:
            connection.execute(sources.delete().where(sources.c.item == item_id))
            connection.execute(sources.insert().values(**row))

    def drop_look(self, item_id: str) -> None:
        """The file need not be looked at again."""
        with self._begin() as connection:
            connection.execute(sources.delete().where(sources.c.item == item_id))

    def keep_restored(self, path_key: str, look: Look, item_id: str) -> None:
        """The file at this path of the inbox came out of quarantine, where it was this item's."""
        row = {"path_key": path_key, "item": item_id, "size": look.size, "modified_ns": look.modified_ns}
        with self._begin() as connection:
            connection.execute(restored.delete().where(restored.c.path_key == path_key))
            connection.execute(restored.insert().values(**row))

    def restored_from(self, path_key: str, look: Look) -> str | None:
        """The item whose file lies at this path of the inbox again; None if another file lies there."""
        r = restored.c
        same = (r.path_key == path_key, r.size == look.size, r.modified_ns == look.modified_ns)
        with self._begin() as connection:
            return connection.scalar(sa.select(r.item).where(*same))

    def arrived_by(self, item_id: str) -> str | None:
        """The `folder_key` of the folder of the inbox by which the item came; None if it came by none."""
        with self._begin() as connection:
            return connection.scalar(sa.select(arrivals.c.folder_key).where(arrivals.c.item == item_id))

    def looks(self, since: dt.datetime) -> dict[str, Look]:
        """By item id, how the files looked that were finished `since` (naive, UTC), or that were not processed."""
        s = sources.c
        query = (
            sa.select(s.item, s.size, s.modified_ns, s.changed_ns)
            .join(items, items.c.id == s.item)
            .where(sa.or_(items.c.finished_at >= since, items.c.outcome.in_(_STILL_HERE)))
        )
        with self._begin() as connection:
            return {row.item: Look(row.size, row.modified_ns, row.changed_ns) for row in connection.execute(query)}
