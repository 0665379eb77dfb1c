"""What a ledger is asked; nothing here changes a row."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from anonymiser.ledger.item import Item, ReviewVerdict, State, Tally, Whereabouts
from anonymiser.ledger.store import LedgerStore
from anonymiser.ledger.tables import (
    event_of,
    from_row,
    items,
    published,
    replaced,
    taken_down,
    to_tally,
    to_whereabouts,
)
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.people import PersonId
from anonymiser.values.report import OutcomeKind

_PAGE = 500
_i = items.c
_WAITS = (_i.state == State.DONE, _i.outcome == OutcomeKind.REVIEW, _i.verdict.is_(None))
_SEALED = sa.or_(_i.outcome == OutcomeKind.SEALED, _i.verdict == ReviewVerdict.REFERRED)

# To build a statement takes longer than SQLite takes to answer it, so those for every photo are built once.
_OLDEST_FIRST = sa.select(items).order_by(_i.id)
_NEWEST_FIRST = sa.select(items).order_by(_i.id.desc())
_BY_ID = _OLDEST_FIRST.where(_i.id == sa.bindparam("item_id"))
_BY_BYTES = _OLDEST_FIRST.where(_i.sha256 == sa.bindparam("sha256"))
_SAME_COPY = _BY_BYTES.where(
    _i.purpose == sa.bindparam("purpose"),
    _i.medium == sa.bindparam("medium"),
    _i.label == sa.bindparam("label"),
    _i.context == sa.bindparam("context"),
    _i.id.not_in(sa.select(replaced.c.item)),
    _i.state.in_([State.DELIVERING, State.DONE]),
    _i.outcome.in_([OutcomeKind.RELEASED, OutcomeKind.REVIEW]),
    sa.or_(_i.verdict.is_(None), _i.verdict == ReviewVerdict.APPROVED),
)
_SEALED_BYTES = sa.select(sa.exists().where(_i.sha256 == sa.bindparam("sha256"), _SEALED))
_AT_PATH = _NEWEST_FIRST.where(_i.path_key == sa.bindparam("path_key"), _i.purpose == sa.bindparam("purpose"))
_UNFINISHED = _OLDEST_FIRST.where(_i.state.in_([State.RECEIVED, State.CLAIMED, State.DELIVERING]))
_WAITING = _OLDEST_FIRST.where(*_WAITS)
_WAITING_IDS = sa.select(_i.id).where(*_WAITS)
_AFTER = _OLDEST_FIRST.where(_i.id > sa.bindparam("last")).limit(_PAGE)
_WHERE_AFTER = (
    sa.select(_i.id, _i.origin, _i.state, _i.outcome, _i.verdict, _i.output)
    .where(_i.id > sa.bindparam("last"))
    .order_by(_i.id)
    .limit(_PAGE)
)
_OPEN_PLACES = (
    sa.select(published.c.place)
    .where(published.c.item == sa.bindparam("item_id"))
    .where(~sa.exists().where(taken_down.c.item == published.c.item, taken_down.c.place == published.c.place))
    .order_by(published.c.at)
)
_REPLACED = sa.select(replaced)


class Questions(LedgerStore):
    """The part of the ledger that is read."""

    def get(self, item_id: str) -> Item | None:
        """The row with this id."""
        return next(self._rows(_BY_ID, item_id=item_id), None)

    def first_of(self, sha256: str, event: Event, context: str) -> Item | None:
        """The earliest photo with these bytes whose copy for this event is still based on the same consents.

        One whose copy is about to be delivered counts, so that it does not come out twice. Rejected photos do not: if
        one arrives again, it is processed again. Nor do those whose copy was replaced by another photo's.
        """
        what = {"purpose": event.purpose, "medium": event.medium, "label": event.label, "context": context}
        return next(self._rows(_SAME_COPY, sha256=sha256, **what), None)

    def was_sealed(self, sha256: str) -> bool:
        """Whether these bytes were ever sealed, for any event."""
        with self._begin() as connection:
            return bool(connection.scalar(_SEALED_BYTES, {"sha256": sha256}))

    def sealed(self) -> list[Item]:
        """Every row that is sealed, newest first."""
        return list(self._rows(_NEWEST_FIRST.where(_SEALED)))

    def same_bytes(self, sha256: str) -> list[Item]:
        """Every row with these bytes."""
        return list(self._rows(_BY_BYTES, sha256=sha256))

    def last_at(self, path_key: str, purpose: Purpose) -> Item | None:
        """The latest row for a file with this path and a copy for this purpose."""
        return next(self._rows(_AT_PATH, path_key=path_key, purpose=purpose), None)

    def unfinished(self) -> list[Item]:
        """Rows without a terminal state; there are few, because only photos being processed have none."""
        return list(self._rows(_UNFINISHED))

    def waiting(self) -> list[Item]:
        """Photos in review that nobody has decided."""
        return list(self._rows(_WAITING))

    def waiting_ids(self) -> frozenset[str]:
        """Their ids alone: what comes after a photo is asked for every photo."""
        with self._begin() as connection:
            return frozenset(connection.scalars(_WAITING_IDS))

    def waiting_in(self) -> list[tuple[str, Event]]:
        """Their ids with their events, oldest first: a page asks for no more, and reports take long to read."""
        i = items.c
        query = sa.select(i.id, i.label, i.purpose, i.medium, i.group, i.date).where(*_WAITS).order_by(i.id)
        with self._begin() as connection:
            return [(row["id"], event_of(row)) for row in connection.execute(query).mappings()]

    def every(self) -> Iterator[Item]:
        """All rows, oldest first, a page at a time."""
        last = ""
        while page := list(self._rows(_AFTER, last=last)):
            yield from page
            last = page[-1].id

    def whereabouts(self) -> Iterator[Whereabouts]:
        """All rows without their reports, oldest first, a page at a time."""
        last = ""
        while True:
            with self._begin() as connection:
                page = connection.execute(_WHERE_AFTER, {"last": last}).mappings().all()
            if not page:
                return
            yield from map(to_whereabouts, page)
            last = page[-1]["id"]

    def counts(self) -> dict[OutcomeKind, int]:
        """How many rows ended in each outcome."""
        query = sa.select(items.c.outcome, sa.func.count()).where(items.c.state == State.DONE)
        with self._begin() as connection:
            return {OutcomeKind(name): number for name, number in connection.execute(query.group_by(items.c.outcome))}

    def tallies(self) -> list[Tally]:
        """How many rows of each event are how far, without those whose copy was replaced; newest events first."""
        i = items.c
        newest = sa.func.max(i.received_at)
        what = (i.label, i.purpose, i.medium, i.group, i.date)
        query = (
            sa.select(*what, i.state, i.outcome, i.verdict, sa.func.count().label("number"), newest.label("newest"))
            .where(i.id.not_in(sa.select(replaced.c.item)))
            .group_by(*what, i.state, i.outcome, i.verdict)
            .order_by(newest.desc())
        )
        with self._begin() as connection:
            return [to_tally(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - public in SQLAlchemy

    def last_row(self) -> int:
        """Number of the newest row; 0 for an empty ledger."""
        with self._begin() as connection:
            return int(connection.exec_driver_sql("SELECT COALESCE(MAX(rowid), 0) FROM items").scalar_one())

    def newest(self, after_row: int = 0) -> dt.datetime | None:
        """When the newest thing in the rows after `after_row` happened (aware); None without any."""
        moment = sa.func.max(sa.func.max(items.c.received_at, sa.func.coalesce(items.c.finished_at, "")))
        query = sa.select(moment).where(sa.text("items.rowid > :row").bindparams(row=after_row))
        with self._begin() as connection:
            found = connection.scalar(query)
        return None if found is None else dt.datetime.fromisoformat(str(found)).replace(tzinfo=dt.UTC)

    def showing(self, person: PersonId) -> list[Item]:
        """Every copy for the outbox in which the person is visible, or may be, including those that were replaced.

        Whether a copy that is `delivering` has come there is for the caller to find out.
        """
        shown = _OLDEST_FIRST.where(
            _i.state.in_([State.DELIVERING, State.DONE]),
            _i.output.startswith("outbox/"),
            _i.report.contains(json.dumps(person), autoescape=True),
        )
        found = self._rows(shown)
        return [item for item in found if item.report.shows(person)]

    def released_as(self, name: str) -> Item | None:
        """The item with the id `name`, or whose released copy has this file name or path in the workspace."""
        named = sa.or_(_i.id == name, _i.output == name, _i.output.endswith(f"/{name}", autoescape=True))
        return next(self._rows(_NEWEST_FIRST.where(_i.output.startswith("outbox/"), named)), None)

    def places(self, item: Item) -> tuple[str, ...]:
        """Where a released copy is published, as far as people have recorded it, oldest first."""
        with self._begin() as connection:
            return tuple(connection.scalars(_OPEN_PLACES, {"item_id": item.id}))

    def taken_down(self, item: Item) -> tuple[str, ...]:
        """Where it was published and, as people have recorded, is no longer, oldest first."""
        t = taken_down.c
        with self._begin() as connection:
            return tuple(connection.scalars(sa.select(t.place).where(t.item == item.id).order_by(t.at)))

    def replacements(self) -> dict[str, str]:
        """Ids of items whose copy was replaced, and of the items that replaced it."""
        with self._begin() as connection:
            return {row.item: row.by for row in connection.execute(_REPLACED)}

    def _rows(self, query: sa.Select[Any], **values: str) -> Iterator[Item]:
        with self._begin() as connection:
            rows = connection.execute(query, values).all()
        return (from_row(row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name for it
