"""What has become of the photos, event by event, as quickly as a page needs it: no file is opened."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from anonymiser.consent.register import Register
from anonymiser.delivery.site import Site
from anonymiser.intake.claim import Candidate, listing
from anonymiser.intake.events import DEFAULT_LABEL
from anonymiser.intake.session import LAST_RUN
from anonymiser.ledger.item import ReviewVerdict, State, Tally
from anonymiser.school.status import RegisterStatus, WatcherStatus, register_status, watcher_status
from anonymiser.values.consent import Event
from anonymiser.values.report import OutcomeKind


@dataclass(slots=True)
class EventOverview:
    """The photos of one event that have been taken."""

    event: Event
    newest: dt.datetime
    """When the newest arrived (UTC, naive)."""
    in_work: int = 0
    waiting: int = 0
    released: int = 0
    unseen: int = 0
    """Those of the released that no person has looked at."""
    not_used: int = 0
    """Rejected by a person."""
    refused: int = 0
    """Files that could not be processed."""
    repeated: int = 0

    @property
    def total(self) -> int:
        """Every file that was taken for the event, apart from those that were put out of sight."""
        return self.in_work + self.waiting + self.released + self.not_used + self.refused + self.repeated


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that needs no look into a file."""

    arrived: dict[str, int]
    """Files in the inbox that the next run takes, by the label of their folder."""
    events: tuple[EventOverview, ...]
    """Newest first."""
    sealed: int
    """This number is all that anybody is told about pictures that were put out of sight."""
    watcher: WatcherStatus | None
    register: RegisterStatus
    last_run: dict[str, Any] | None

    @property
    def waiting(self) -> int:
        """Photos that wait for a person."""
        return sum(event.waiting for event in self.events)


def read_overview(site: Site, register: Register | None) -> Overview:
    """As of now."""
    events: dict[Event, EventOverview] = {}
    sealed = 0
    for tally in site.ledger.tallies():
        if _is_sealed(tally):
            sealed += tally.number
            continue
        entry = events.setdefault(tally.event, EventOverview(tally.event, tally.newest))
        entry.newest = max(entry.newest, tally.newest)
        _count(entry, tally)
    return Overview(
        arrived=_arrived(site),
        events=tuple(sorted(events.values(), key=lambda entry: entry.newest, reverse=True)),
        sealed=sealed,
        watcher=watcher_status(site.workspace),
        register=register_status(register, site.workspace.settings.consent),
        last_run=site.ledger.recall(LAST_RUN),
    )


def _is_sealed(tally: Tally) -> bool:
    return tally.outcome is OutcomeKind.SEALED or tally.verdict is ReviewVerdict.REFERRED


def _count(entry: EventOverview, tally: Tally) -> None:
    match tally.outcome:
        case _ if tally.state is not State.DONE:
            entry.in_work += tally.number
        case OutcomeKind.REVIEW if tally.verdict is None:
            entry.waiting += tally.number
        case OutcomeKind.REVIEW if tally.verdict is ReviewVerdict.REJECTED:
            entry.not_used += tally.number
        case OutcomeKind.REVIEW | OutcomeKind.RELEASED:
            entry.released += tally.number
            entry.unseen += tally.number * (tally.outcome is OutcomeKind.RELEASED and tally.verdict is None)
        case OutcomeKind.DUPLICATE:
            entry.repeated += tally.number
        case _:
            entry.refused += tally.number


def _arrived(site: Site) -> dict[str, int]:
    found = (entry.relative for entry in listing(site.workspace.inbox) if isinstance(entry, Candidate))
    return dict(Counter(path.parts[0] if len(path.parts) > 1 else DEFAULT_LABEL for path in found))
