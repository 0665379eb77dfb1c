"""What a ledger is asked; nothing here changes a row."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import sqlalchemy as sa

from anonymiser.ledger.item import Item, ReviewVerdict, State, Tally
from anonymiser.ledger.store import LedgerStore
from anonymiser.ledger.tables import event_of, from_row, items, published, replaced, taken_down, to_tally
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.people import PersonId
from anonymiser.values.report import OutcomeKind

_PAGE = 500
_WAITS = (items.c.state == State.DONE, items.c.outcome == OutcomeKind.REVIEW, items.c.verdict.is_(None))
_SEALED = sa.or_(items.c.outcome == OutcomeKind.SEALED, items.c.verdict == ReviewVerdict.REFERRED)


class Questions(LedgerStore):
    """The part of the ledger that is read."""

    def get(self, item_id: str) -> Item | None:
        """The row with this id."""
        return next(self._select(items.c.id == item_id), None)

    def first_of(self, sha256: str, event: Event, context: str) -> Item | None:
        """The earliest photo with these bytes whose copy for this event is still based on the same consents.

        One whose copy is about to be delivered counts, so that it does not come out twice. Rejected photos do not: if
        one arrives again, it is processed again. Nor do those whose copy was replaced by another photo's.
        """
        return next(
            self._select(
                items.c.sha256 == sha256,
                items.c.purpose == event.purpose,
                items.c.medium == event.medium,
                items.c.label == event.label,
                items.c.context == context,
                items.c.id.not_in(sa.select(replaced.c.item)),
                items.c.state.in_([State.DELIVERING, State.DONE]),
                items.c.outcome.in_([OutcomeKind.RELEASED, OutcomeKind.REVIEW]),
                sa.or_(items.c.verdict.is_(None), items.c.verdict == ReviewVerdict.APPROVED),
            ),
            None,
        )

    def was_sealed(self, sha256: str) -> bool:
        """Whether these bytes were ever sealed, for any event."""
        return any(True for _ in self._select(items.c.sha256 == sha256, _SEALED))

    def sealed(self) -> list[Item]:
        """Every row that is sealed, newest first."""
        return list(self._select(_SEALED, newest_first=True))

    def same_bytes(self, sha256: str) -> list[Item]:
        """Every row with these bytes."""
        return list(self._select(items.c.sha256 == sha256))

    def last_at(self, path_key: str, purpose: Purpose) -> Item | None:
        """The latest row for a file with this path and a copy for this purpose."""
        return next(self._select(items.c.path_key == path_key, items.c.purpose == purpose, newest_first=True), None)

    def unfinished(self) -> list[Item]:
        """Rows without a terminal state; there are few, because only photos being processed have none."""
        return list(self._select(items.c.state.in_([State.RECEIVED, State.CLAIMED, State.DELIVERING])))

    def waiting(self) -> list[Item]:
        """Photos in review that nobody has decided."""
        return list(self._select(*_WAITS))

    def waiting_in(self) -> list[tuple[str, Event]]:
        """Their ids with their events, oldest first: a page asks for no more, and reports take long to read."""
        i = items.c
        query = sa.select(i.id, i.label, i.purpose, i.medium, i.group, i.date).where(*_WAITS).order_by(i.id)
        with self._begin() as connection:
            return [(row["id"], event_of(row)) for row in connection.execute(query).mappings()]

    def every(self) -> Iterator[Item]:
        """All rows, oldest first, a page at a time."""
        last = ""
        while page := list(self._select(items.c.id > last, limit=_PAGE)):
            yield from page
            last = page[-1].id

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
        found = self._select(
            items.c.state.in_([State.DELIVERING, State.DONE]),
            items.c.output.startswith("outbox/"),
            items.c.report.contains(json.dumps(person), autoescape=True),
        )
        return [item for item in found if item.report.shows(person)]

    def released_as(self, name: str) -> Item | None:
        """The item with the id `name`, or whose released copy has this file name or path in the workspace."""
        output = items.c.output
        named = sa.or_(items.c.id == name, output == name, output.endswith(f"/{name}", autoescape=True))
        return next(self._select(output.startswith("outbox/"), named, newest_first=True), None)

    def places(self, item: Item) -> tuple[str, ...]:
        """Where a released copy is published, as far as people have recorded it, oldest first."""
        p, t = published.c, taken_down.c
        gone = sa.exists().where(t.item == p.item, t.place == p.place)
        with self._begin() as connection:
            return tuple(connection.scalars(sa.select(p.place).where(p.item == item.id, ~gone).order_by(p.at)))

    def taken_down(self, item: Item) -> tuple[str, ...]:
        """Where it was published and, as people have recorded, is no longer, oldest first."""
        t = taken_down.c
        with self._begin() as connection:
            return tuple(connection.scalars(sa.select(t.place).where(t.item == item.id).order_by(t.at)))

    def replacements(self) -> dict[str, str]:
        """Ids of items whose copy was replaced, and of the items that replaced it."""
        with self._begin() as connection:
            return {row.item: row.by for row in connection.execute(sa.select(replaced))}

    def _select(
        self, *conditions: sa.ColumnElement[bool], newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Item]:
        order = items.c.id.desc() if newest_first else items.c.id.asc()
        with self._begin() as connection:
            rows = connection.execute(sa.select(items).where(*conditions).order_by(order).limit(limit)).all()
        return (from_row(row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name for it
