"""The ledger's tables, and an item as a row of them.

Tables are added, and columns stay as they are. So a ledger of an earlier version is updated by creating the tables that
it lacks; reports that hold sentences instead of codes are rewritten.
"""

from __future__ import annotations

import sqlalchemy as sa

from anonymiser.ledger.earlier import read_report
from anonymiser.ledger.item import Item, Origin, ReviewVerdict, State, Tally, Whereabouts
from anonymiser.ledger.report_json import report_from_json, report_to_json
from anonymiser.values.consent import Event, Medium, Purpose
from anonymiser.values.report import OutcomeKind

VERSION = 7
"""Raised when tables are added or their contents change; a newer ledger than the program is refused. 2: `published` and
`replaced`; 3: reasons are codes; 4: `rulings`, `verdicts`, `sources` and `restored`; 5: `deleted`, and
the audit record; 6: `arrivals`, `approvals` and `sealed_acts`; 7: `taken_down`."""
REASONS_AS_CODES = 3
AUDITED = 5

metadata = sa.MetaData()
items = sa.Table(
    "items",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("origin", sa.String, nullable=False),
    sa.Column("path_key", sa.String, nullable=False, index=True),
    sa.Column("state", sa.String, nullable=False, index=True),
    sa.Column("purpose", sa.String, nullable=False),
    sa.Column("medium", sa.String, nullable=False),
    sa.Column("label", sa.String, nullable=False),
    sa.Column("group", sa.String),
    sa.Column("date", sa.Date),
    sa.Column("received_at", sa.DateTime, nullable=False),
    sa.Column("sha256", sa.String, index=True),
    sa.Column("outcome", sa.String, index=True),
    sa.Column("verdict", sa.String),
    sa.Column("first", sa.String),
    sa.Column("staged", sa.String),
    sa.Column("output", sa.String, unique=True),
    sa.Column("output_sha256", sa.String),
    sa.Column("context", sa.String),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("finished_at", sa.DateTime),
    sa.CheckConstraint("(state IN ('delivering', 'done')) = (outcome IS NOT NULL)", name="outcome_when_decided"),
    sa.CheckConstraint("verdict IS NULL OR outcome = 'review'", name="people_decide_reviews"),
)
counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
)
facts = sa.Table(
    "facts",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
published = sa.Table(
    "published",
    metadata,
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("place", sa.String, primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),
)
taken_down = sa.Table(
    "taken_down",
    metadata,
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("place", sa.String, primary_key=True),
    sa.Column("at", sa.DateTime, nullable=False),
)
"""Places of `published` from which a person has had the copy taken down."""
replaced = sa.Table(
    "replaced",
    metadata,
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("by", sa.String, nullable=False),
)
rulings = sa.Table(
    "rulings",
    metadata,
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("acts", sa.Text, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)
"""Every list of acts that ever counted for an item, from 1; the last one counts now."""
verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("verdict", sa.String),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)
"""Every verdict on an item in order, by people who gave a name; without a verdict, the one before was taken back."""
sources = sa.Table(
    "sources",
    metadata,
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("modified_ns", sa.Integer, nullable=False),
    sa.Column("changed_ns", sa.Integer, nullable=False),
)
"""How the file of an item looked when it was decided on, to notice that it has changed since."""
restored = sa.Table(
    "restored",
    metadata,
    sa.Column("path_key", sa.String, primary_key=True),
    sa.Column("item", sa.String, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("modified_ns", sa.Integer, nullable=False),
)
"""Files put back from quarantine, by their path, and the item whose purpose and event they keep."""

arrivals = sa.Table(
    "arrivals",
    metadata,
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("folder_key", sa.String, nullable=False),
)
"""By which folder of the inbox a photo came, as an HMAC: the folder's name may be a person's."""
deleted = sa.Table(
    "deleted",
    metadata,
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("what", sa.String, primary_key=True),
    sa.Column("at", sa.DateTime),
)
"""What of an item was deleted because its time was over; without a time, it was begun."""


approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("copy", sa.String, nullable=False),
    sa.Column("basis", sa.String, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("stands", sa.Boolean, nullable=False),
)
"""Approvals that wait for a second person: of which copy, on what basis, at which version of the register. One stands
only as long as the row of its item is not touched."""
sealed_acts = sa.Table(
    "sealed_acts",
    metadata,
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("filed", sa.String, nullable=False),
    sa.Column("by", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
)
"""What the safeguarding lead did about a sealed photo, and where that is filed."""


def rewrite_reports(connection: sa.Connection) -> None:
    """Rewrite every report of version 1 or 2 in the present form, in the transaction of `connection`."""
    for item, report in connection.execute(sa.select(items.c.id, items.c.report)).all():
        present = report_to_json(read_report(report))
        connection.execute(items.update().where(items.c.id == item).values(report=present))


def to_row(item: Item) -> dict[str, object]:
    """The item as values for `items`."""
    event = item.event
    return {
        "id": item.id, "origin": item.origin, "path_key": item.path_key, "state": item.state,
        "purpose": event.purpose, "medium": event.medium, "label": event.label, "group": event.group,
        "date": event.date, "received_at": item.received_at, "sha256": item.sha256, "outcome": item.outcome,
        "verdict": item.verdict, "first": item.first, "staged": item.staged, "output": item.output,
        "output_sha256": item.output_sha256, "context": item.context, "report": report_to_json(item.report),
        "finished_at": item.finished_at,
    }  # fmt: skip


def from_row(row: sa.RowMapping) -> Item:
    """The inverse of `to_row`."""
    return Item(
        id=row["id"],
        origin=Origin(row["origin"]),
        path_key=row["path_key"],
        state=State(row["state"]),
        event=event_of(row),
        received_at=row["received_at"],
        sha256=row["sha256"],
        outcome=None if row["outcome"] is None else OutcomeKind(row["outcome"]),
        verdict=None if row["verdict"] is None else ReviewVerdict(row["verdict"]),
        first=row["first"],
        staged=row["staged"],
        output=row["output"],
        output_sha256=row["output_sha256"],
        context=row["context"],
        report=report_from_json(row["report"]),
        finished_at=row["finished_at"],
    )


def to_whereabouts(row: sa.RowMapping) -> Whereabouts:
    """A row of `Ledger.whereabouts` as a value."""
    return Whereabouts(
        id=row["id"],
        origin=Origin(row["origin"]),
        state=State(row["state"]),
        outcome=None if row["outcome"] is None else OutcomeKind(row["outcome"]),
        verdict=None if row["verdict"] is None else ReviewVerdict(row["verdict"]),
        output=row["output"],
    )


def to_tally(row: sa.RowMapping) -> Tally:
    """A row of `Ledger.tallies` as a value."""
    return Tally(
        event=event_of(row),
        state=State(row["state"]),
        outcome=None if row["outcome"] is None else OutcomeKind(row["outcome"]),
        verdict=None if row["verdict"] is None else ReviewVerdict(row["verdict"]),
        number=row["number"],
        newest=row["newest"],
    )


def event_of(row: sa.RowMapping) -> Event:
    """The event of a row of `items`."""
    return Event(row["label"], Purpose(row["purpose"]), Medium(row["medium"]), row["group"], row["date"])
