"""What the safeguarding lead did about photos that are put out of sight; the photos themselves stay as they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from anonymiser.audit.chain import Recorder
from anonymiser.audit.entry import Kind
from anonymiser.ledger.store import LedgerStore
from anonymiser.ledger.tables import sealed_acts
from anonymiser.values.sealing import SealAct


@dataclass(frozen=True, slots=True)
class SealedAct:
    """One line of its history."""

    what: SealAct
    filed: str
    """Where the papers are."""
    by: str
    at: dt.datetime
    """UTC, naive."""


class Sealing(LedgerStore):
    """The table `sealed_acts`."""

    def record_sealed_act(self, item_id: str, what: SealAct, filed: str, by: str) -> None:
        """Add to the history of a sealed item."""
        s = sealed_acts.c
        with self._begin() as connection:
            last = connection.scalar(sa.select(sa.func.max(s.number)).where(s.item == item_id))
            row = {"item": item_id, "number": (last or 0) + 1, "what": what, "filed": filed, "by": by}
            connection.execute(sealed_acts.insert().values(**row, at=dt.datetime.now(dt.UTC).replace(tzinfo=None)))
            recorder = Recorder(connection)
            data = {"what": str(what), "filed": recorder.keyed(item_id, "filed", filed)}
            recorder.add(Kind.SEAL_ANSWERED, item_id, dict(data), by=by)

    def sealed_history(self) -> dict[str, tuple[SealedAct, ...]]:
        """By item, everything that was done, oldest first."""
        s = sealed_acts.c
        with self._begin() as connection:
            rows = connection.execute(sa.select(sealed_acts).order_by(s.item, s.number)).all()
        found: dict[str, tuple[SealedAct, ...]] = {}
        for row in rows:
            act = SealedAct(SealAct(row.what), row.filed, row.by, row.at)
            found[row.item] = (*found.get(row.item, ()), act)
        return found
