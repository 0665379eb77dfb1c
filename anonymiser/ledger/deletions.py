"""Files and rows whose time is over: the intent is written down before a file goes, the fact afterwards."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from anonymiser.audit.chain import Recorder, audit_secrets, delete_secrets, of_photo
from anonymiser.audit.entry import Kind
from anonymiser.ledger.item import State
from anonymiser.ledger.noting import LEDGER_ROW
from anonymiser.ledger.store import LedgerStore
from anonymiser.ledger.tables import (
    approvals,
    arrivals,
    deleted,
    items,
    published,
    replaced,
    restored,
    rulings,
    sealed_acts,
    sources,
    taken_down,
    verdicts,
)

_OWNED = (rulings, verdicts, approvals, sealed_acts, published, taken_down, sources, restored, deleted, arrivals)
"""Tables with rows that belong to one item."""


class Deletions(LedgerStore):
    """The table `deleted`, and the end of a row."""

    def begin_deletion(self, item_id: str, what: str) -> None:
        """From now on nothing of this kind is missed, whether or not it is still there."""
        with self._begin() as connection:
            d = deleted.c
            connection.execute(deleted.delete().where(d.item == item_id, d.what == what))
            connection.execute(deleted.insert().values(item=item_id, what=what))

    def end_deletion(self, item_id: str, what: str) -> None:
        """It is gone."""
        with self._begin() as connection:
            d = deleted.c
            now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
            connection.execute(deleted.update().where(d.item == item_id, d.what == what).values(at=now))
            Recorder(connection).add(Kind.DELETED, item_id, {"what": what})

    def begun_deletions(self) -> list[tuple[str, str]]:
        """Items and kinds whose deletion was begun, and perhaps not carried out."""
        d = deleted.c
        with self._begin() as connection:
            query = sa.select(d.item, d.what).where(d.at.is_(None)).order_by(d.item, d.what)
            return [(row.item, row.what) for row in connection.execute(query)]

    def deleted(self, what: str) -> frozenset[str]:
        """Ids of items of which something of this kind was deleted, or is about to be."""
        d = deleted.c
        with self._begin() as connection:
            return frozenset(connection.scalars(sa.select(d.item).where(d.what == what)))

    def judged_at(self) -> dict[str, dt.datetime]:
        """By item id, when a person last gave a verdict (UTC, naive)."""
        v = verdicts.c
        with self._begin() as connection:
            query = sa.select(v.item, sa.func.max(v.at).label("at")).group_by(v.item)
            return {row.item: row.at for row in connection.execute(query)}

    def delete_row(self, item_id: str) -> None:
        """Delete everything about a finished item, and make the record's hashes about it meaningless."""
        with self._begin() as connection:
            i = items.c
            gone = connection.execute(items.delete().where(i.id == item_id, i.state == State.DONE))
            if not gone.rowcount:
                return
            for table in _OWNED:
                connection.execute(table.delete().where(table.c.item == item_id))
            connection.execute(replaced.delete().where(sa.or_(replaced.c.item == item_id, replaced.c.by == item_id)))
            Recorder(connection).add(Kind.DELETED, item_id, {"what": LEDGER_ROW})
            delete_secrets(connection, audit_secrets.c.subject == of_photo(item_id))
