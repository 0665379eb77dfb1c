"""One row for every file that has ever arrived: received -> claimed -> delivering -> done.

`delivering` is the intent, written before a file is put where people see it; `done` is the fact, written afterwards. If
a process dies between the two, the row alone is enough to finish its work (recovery.py), so nothing is lost and nothing
comes out twice. Every method is one transaction. No file name is stored, because it may be a child's name. A file's
path is stored as an HMAC with a key of this ledger, which is enough to recognise the file again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from anonymiser.ledger import said
from anonymiser.ledger.item import Item, Origin, ReviewVerdict, State, Tally
from anonymiser.ledger.report_json import report_to_json
from anonymiser.ledger.said import SaidLedger
from anonymiser.ledger.sources import Sources
from anonymiser.ledger.tables import (
    counters,
    from_row,
    items,
    published,
    replaced,
    to_row,
    to_tally,
)
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.people import PersonId
from anonymiser.values.report import OutcomeKind
from anonymiser.values.ruling import Rulings

_PAGE = 500


class Ledger(SaidLedger, Sources):
    """The rows of one workspace, safe to use from several processes at once."""

    # --- the path of one file --------------------------------------------------------------------------------

    def receive(
        self,
        origin: Origin,
        path_key: str,
        event: Event,
        *,
        replaces: Item | None = None,
        rulings: Rulings | None = None,
    ) -> Item:
        """A new row, with a new id; `replaces` is the item whose published copy this one's will stand in for.

        `rulings` count for it from the start; default: those of the item that it replaces.
        """
        day = f"{dt.date.today():%Y%m%d}"  # noqa: DTZ011 - the id is for people, so it has their date
        with self._begin() as connection:
            number = _count(connection, day)
            sha256 = None if replaces is None else replaces.sha256  # known at once to whoever drops the photo again
            item = Item(f"{day}-{number:06}", origin, path_key, State.RECEIVED, event, _now(), sha256)
            connection.execute(items.insert().values(**to_row(item)))
            if replaces is not None:
                connection.execute(replaced.insert().values(item=replaces.id, by=item.id))
                rulings = rulings or said.latest(connection, replaces.id)
            if rulings is not None:
                said.rule(connection, item.id, rulings)
        return item

    def claim(self, item: Item, sha256: str) -> Item:
        """The file is the program's (or stays where it is), and these are its bytes."""
        item = replace(item, state=State.CLAIMED, sha256=sha256)
        with self._begin() as connection:
            _update(connection, item, {State.RECEIVED, State.CLAIMED})
            said.inherit(connection, item)
        return item

    def withdraw(self, item: Item) -> None:
        """Forget a file that was never taken."""
        with self._begin() as connection:
            connection.execute(replaced.delete().where(replaced.c.by == item.id))
            connection.execute(items.delete().where(items.c.id == item.id, items.c.state != State.DONE))
            said.drop(connection, item.id)

    def deliver(self, item: Item, stem: str | None, root: Path, *, by: str | None = None) -> Item:
        """Write down what is about to happen; `item` carries outcome, report, staged copy and fixed output.

        With `stem` (relative to `root`, without number or suffix) the copy gets the next free name. `by` says whose
        verdict, or change of mind, this is; None if no person decides here.
        """
        with self._begin() as connection:
            output = item.output if stem is None else _next_free(connection, root, stem)
            item = replace(item, state=State.DELIVERING, output=output)
            _update(connection, item, {State.RECEIVED, State.CLAIMED, State.DELIVERING, State.DONE})
            if by is not None:
                said.give(connection, item.id, item.verdict, by, _now())
        return item

    def finish(self, item: Item) -> Item:
        """Record that what `deliver` announced has happened."""
        return self._move(
            replace(item, state=State.DONE, staged=None, finished_at=item.finished_at or _now()),
            {State.DELIVERING},
        )

    def reopen(self, item: Item, rulings: Rulings | None = None) -> Item:
        """Go back to where the bytes are known and nothing is decided: the photo is processed again.

        `output_sha256` stays until then, to tell the copy that is now out of date from others. With `rulings`, these
        count from now on; a verdict is taken back by whoever made them.
        """
        blank = Item(
            item.id, item.origin, item.path_key, State.CLAIMED, item.event, item.received_at, item.sha256,
            output_sha256=item.output_sha256,
        )  # fmt: skip
        with self._begin() as connection:
            _update(connection, blank, {State.DELIVERING, State.DONE})
            if rulings is not None:
                said.rule(connection, item.id, rulings)
                if item.verdict is not None:
                    said.give(connection, item.id, None, rulings.by, rulings.at)
        return blank

    def undecide(self, item: Item) -> Item:
        """Go back to review, because a person's verdict could not be carried out."""
        waiting = replace(item, state=State.DONE, verdict=None, staged=None, output=f"review/{item.id}.jpg")
        return self._move(waiting, {State.DELIVERING})

    def _move(self, item: Item, allowed: set[State]) -> Item:
        with self._begin() as connection:
            _update(connection, item, allowed)
        return item

    # --- questions -------------------------------------------------------------------------------------------

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
        sealed = sa.or_(items.c.outcome == OutcomeKind.SEALED, items.c.verdict == ReviewVerdict.REFERRED)
        return any(True for _ in self._select(items.c.sha256 == sha256, sealed))

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
        return list(
            self._select(items.c.state == State.DONE, items.c.outcome == OutcomeKind.REVIEW, items.c.verdict.is_(None))
        )

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

    # --- published copies ------------------------------------------------------------------------------------

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

    def publish(self, item: Item, place: str) -> None:
        """Remember where a released copy was published."""
        with self._begin() as connection:
            row = {"item": item.id, "place": place}
            connection.execute(published.delete().filter_by(**row))
            connection.execute(published.insert().values(**row, at=_now()))

    def places(self, item: Item) -> tuple[str, ...]:
        """Where a released copy was published, as far as people have recorded it, oldest first."""
        p = published.c
        with self._begin() as connection:
            return tuple(connection.scalars(sa.select(p.place).where(p.item == item.id).order_by(p.at)))

    def replacements(self) -> dict[str, str]:
        """Ids of items whose copy was replaced, and of the items that replaced it."""
        with self._begin() as connection:
            return {row.item: row.by for row in connection.execute(sa.select(replaced))}

    def forget_person(self, person: PersonId, known_as: tuple[str, ...] = ()) -> int:
        """Remove the person's id from every report and ruling, and its bytes from the file; returns their number.

        `known_as` are the names under which they may have ruled.
        """
        with self._begin() as connection:
            count = said.forget(connection, person, known_as)
            named = items.c.report.contains(json.dumps(person), autoescape=True)
            for row in connection.execute(sa.select(items).where(named)).all():
                report = from_row(row._mapping).report  # noqa: SLF001 - SQLAlchemy's public name for it
                blank = report_to_json(report.without(person))
                connection.execute(items.update().where(items.c.id == row.id).values(report=blank))
                count += 1
        with self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            if driver is not None:
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        return count

    def _select(
        self, *conditions: sa.ColumnElement[bool], newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Item]:
        order = items.c.id.desc() if newest_first else items.c.id.asc()
        with self._begin() as connection:
            rows = connection.execute(sa.select(items).where(*conditions).order_by(order).limit(limit)).all()
        return (from_row(row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name for it


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def _count(connection: sa.Connection, name: str) -> int:
    last = connection.scalar(sa.select(counters.c.last).where(counters.c.name == name))
    if last is None:
        connection.execute(counters.insert().values(name=name, last=1))
        return 1
    connection.execute(counters.update().where(counters.c.name == name).values(last=last + 1))
    return int(last) + 1


def _next_free(connection: sa.Connection, root: Path, stem: str) -> str:
    while True:
        name = f"{stem}-{_count(connection, stem):03}.jpg"
        if not (root / name).exists():
            return name


def _update(connection: sa.Connection, item: Item, allowed: Iterable[State]) -> None:
    changed = connection.execute(
        items.update().where(items.c.id == item.id, items.c.state.in_(allowed)).values(**to_row(item))
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"item {item.id} was not {' or '.join(sorted(allowed))}")
