"""One row of the ledger, as a value."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from anonymiser.values.consent import Event
from anonymiser.values.report import Failed, OutcomeKind, PhotoReport


@enum.unique
class State(enum.StrEnum):
    """How far the program has got with a file."""

    RECEIVED = "received"
    CLAIMED = "claimed"
    DELIVERING = "delivering"
    DONE = "done"


@enum.unique
class Origin(enum.StrEnum):
    """Whether the program may move the source."""

    INBOX = "inbox"
    ELSEWHERE = "elsewhere"


@enum.unique
class ReviewVerdict(enum.StrEnum):
    """What a person decided about a photo in review."""

    APPROVED = "approved"
    REJECTED = "rejected"
    REFERRED = "referred"


_UNDECIDED = PhotoReport(Failed(()))
"""Until there is a report, the photo counts as failed."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row."""

    id: str
    """`<yyyymmdd>-<six digits>`."""
    origin: Origin
    path_key: str
    """HMAC of the file's path."""
    state: State
    event: Event
    received_at: dt.datetime
    sha256: str | None = None
    """None until the bytes have been read, and for files that could not be read."""
    outcome: OutcomeKind | None = None
    """Set once the state is `delivering`; a person's verdict never changes it."""
    verdict: ReviewVerdict | None = None
    first: str | None = None
    """The item whose bytes this one repeats."""
    staged: str | None = None
    """Name of the finished copy in the item's work folder while it is being delivered."""
    output: str | None = None
    """Where the copy is, relative to the workspace, with forward slashes."""
    output_sha256: str | None = None
    context: str | None = None
    """Digest of the consents, gallery and names that the decision is based on (see contexts.py)."""
    report: PhotoReport = _UNDECIDED
    finished_at: dt.datetime | None = None

    @property
    def waits_for_a_person(self) -> bool:
        """Whether it is in review and nobody has decided."""
        return _waits(self)

    @property
    def may_be_reopened(self) -> bool:
        """Whether it can be processed again without losing anything that was published or decided."""
        nothing_made = (OutcomeKind.QUARANTINED, OutcomeKind.FAILED, OutcomeKind.DUPLICATE)
        return self.waits_for_a_person or (self.state is State.DONE and self.outcome in nothing_made)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Of a row, only where its photo stands: a report takes long to read, and 100,000 of them much memory."""

    id: str
    origin: Origin
    state: State
    outcome: OutcomeKind | None
    verdict: ReviewVerdict | None
    output: str | None

    @property
    def waits_for_a_person(self) -> bool:
        """Whether it is in review and nobody has decided."""
        return _waits(self)


def _waits(row: Item | Whereabouts) -> bool:
    return row.state is State.DONE and row.outcome is OutcomeKind.REVIEW and row.verdict is None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many photos of one event are equally far."""

    event: Event
    state: State
    outcome: OutcomeKind | None
    verdict: ReviewVerdict | None
    number: int
    newest: dt.datetime
    """When the newest of them arrived (UTC, naive)."""
