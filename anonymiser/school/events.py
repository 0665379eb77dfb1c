"""The events of a school's photos, for callers that show them and take photos for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from anonymiser.consent.register import Register
from anonymiser.delivery.site import Site
from anonymiser.school.inbox import Drop, groups_of, prepare_drop
from anonymiser.school.overview import Overview, read_overview
from anonymiser.values.consent import Event


@dataclass(frozen=True, slots=True)
class SchoolEvents:
    """Made by `School.events`."""

    _site: Site
    _register: Callable[[], Register | None]

    def overview(self) -> Overview:
        """What has become of the photos, event by event, without a look into any file."""
        return read_overview(self._site, self._register())

    def waiting(self) -> list[tuple[str, Event]]:
        """Ids of the photos that wait for a person, oldest first, with their events."""
        return self._site.ledger.waiting_in()

    def waiting_ids(self) -> frozenset[str]:
        """The ids alone, which is quicker."""
        return self._site.ledger.waiting_ids()

    def groups(self) -> tuple[str, ...]:
        """Every class, club and team of the school's list, in order."""
        return groups_of(self._register())

    def prepare(
        self, label: str, purposes: Sequence[str], *, group: str | None = None, date: dt.date | None = None
    ) -> Drop:
        """A folder of the inbox for the photos of one event; its `receive` takes them.

        Raises UsageError if the label is empty or names somebody, or a purpose or group does not exist.
        """
        return prepare_drop(self._site, self._register(), label, purposes, group=group, date=date)
