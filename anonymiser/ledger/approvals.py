"""Approvals that wait for a second person.

An approval is of one copy, and stands only as long as nothing about its photo changes: whatever touches the photo's row
ends it, in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from anonymiser.audit.entry import Kind
from anonymiser.ledger.item import Item
from anonymiser.ledger.noting import note
from anonymiser.ledger.store import LedgerStore
from anonymiser.ledger.tables import approvals

_VOID = (  # built once, for every change of a row
    approvals.update().where(approvals.c.item == sa.bindparam("item_id"), approvals.c.stands).values(stands=False)
)


@dataclass(frozen=True, slots=True)
class FirstApproval:
    """Somebody has approved a copy, and somebody else has to."""

    by: str
    at: dt.datetime
    """UTC, naive."""
    copy: str
    """SHA-256 of the copy that they approved."""
    basis: str
    """Digest of the consents and rulings that it was made on."""
    version: int
    """Of the register at that moment."""


class Approvals(LedgerStore):
    """The table `approvals`."""

    def approve_first(self, item: Item, by: str, version: int) -> None:
        """Remember that `by` approves the copy of `item`, which waits, at this `version` of the register."""
        with self._begin() as connection:
            void(connection, item.id)
            last = connection.scalar(sa.select(sa.func.max(approvals.c.number)).where(approvals.c.item == item.id))
            row = {
                "item": item.id, "number": (last or 0) + 1, "copy": item.output_sha256 or "",
                "basis": item.context or "", "version": version, "by": by,
                "at": dt.datetime.now(dt.UTC).replace(tzinfo=None), "stands": True,
            }  # fmt: skip
            connection.execute(approvals.insert().values(**row))
            note(connection, Kind.APPROVED_FIRST, item, by=by)

    def first_approval(self, item_id: str) -> FirstApproval | None:
        """The approval that stands."""
        a = approvals.c
        with self._begin() as connection:
            row = connection.execute(sa.select(approvals).where(a.item == item_id, a.stands)).one_or_none()
        return None if row is None else FirstApproval(row.by, row.at, row.copy, row.basis, row.version)


def void(connection: sa.Connection, item_id: str) -> None:
    """No approval of this photo stands any more."""
    connection.execute(_VOID, {"item_id": item_id})
