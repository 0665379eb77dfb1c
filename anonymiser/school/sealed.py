"""What is put out of sight, for the safeguarding lead: that it exists, and what was done about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from anonymiser.delivery.site import Site
from anonymiser.errors import UsageError
from anonymiser.ledger.sealing import SealedAct
from anonymiser.values.sealing import SealAct

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class SealedItem:
    """All that anybody is told of a sealed photo."""

    id: str
    event: str
    """The label of its event."""
    received_at: dt.datetime
    """UTC, naive."""
    acts: tuple[SealedAct, ...]
    """What was done about it, oldest first."""


class Sealed:
    """Made by `School.sealed`. It opens no file, and nothing here moves or deletes one."""

    def __init__(self, site: Site) -> None:
        self._ledger = site.ledger

    def items(self) -> tuple[SealedItem, ...]:
        """Everything that is sealed, newest first."""
        acts = self._ledger.sealed_history()
        return tuple(
            SealedItem(item.id, item.event.label, item.received_at, acts.get(item.id, ()))
            for item in self._ledger.sealed()
        )

    def unanswered(self) -> int:
        """How many nobody has recorded anything about."""
        return sum(not item.acts for item in self.items())

    def record(self, item_id: str, what: SealAct, filed: str, *, by: str) -> None:
        """Write down what was done, and where that is filed. Raises UsageError if the item is not a sealed one."""
        filed = " ".join(filed.split())
        if not filed or len(filed) > _LONGEST or not filed.isprintable():
            raise UsageError("it is not clear where this is filed", remedy=f"Give at most {_LONGEST} characters.")
        if not any(item.id == item_id for item in self._ledger.sealed()):
            raise UsageError("nothing with this number is put aside", remedy="Take a number from the list.")
        self._ledger.record_sealed_act(item_id, what, filed, by)
