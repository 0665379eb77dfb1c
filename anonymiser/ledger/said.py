"""What people said about photos: their acts and their verdicts, every one with who and when.

Acts are of one item, but they are about a picture. So an item whose bytes were ruled on before begins with those acts:
all of them if it is for the same event, else what was covered, because a no holds for the picture, and a yes for its
purpose. A file that was changed begins with what was covered in it before: it then waits, and a person sees whether
the places still fit.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace

import sqlalchemy as sa

from anonymiser.ledger.item import Item, ReviewVerdict
from anonymiser.ledger.noting import note_ruled
from anonymiser.ledger.rulings_json import acts_from_json, acts_to_json
from anonymiser.ledger.store import LedgerStore
from anonymiser.ledger.tables import approvals, items, replaced, rulings, sealed_acts, verdicts
from anonymiser.values.people import PersonId
from anonymiser.values.ruling import Cover, Rulings, combined

_LATEST = (  # built once: that takes longer than SQLite's answer
    sa.select(rulings).where(rulings.c.item == sa.bindparam("item_id")).order_by(rulings.c.number.desc()).limit(1)
)


@dataclass(frozen=True, slots=True)
class Given:
    """One verdict in the history of an item."""

    verdict: ReviewVerdict | None
    """None where the verdict before was taken back."""
    by: str
    """Empty if nobody gave a name."""
    at: dt.datetime


class SaidLedger(LedgerStore):
    """The tables `rulings` and `verdicts`."""

    def rulings(self, item_id: str) -> Rulings | None:
        """What counts for an item now; None if nobody has said anything."""
        with self._begin() as connection:
            return latest(connection, item_id)

    def ruled(self, item_id: str) -> tuple[Rulings, ...]:
        """Everything that ever counted for an item, oldest first."""
        r = rulings.c
        with self._begin() as connection:
            rows = connection.execute(sa.select(rulings).where(r.item == item_id).order_by(r.number)).all()
        return tuple(Rulings(acts_from_json(row.acts), row.by, row.at) for row in rows)

    def given(self, item_id: str) -> tuple[Given, ...]:
        """Every verdict on an item, oldest first."""
        v = verdicts.c
        with self._begin() as connection:
            rows = connection.execute(sa.select(verdicts).where(v.item == item_id).order_by(v.number)).all()
        return tuple(Given(ReviewVerdict(row.verdict) if row.verdict else None, row.by, row.at) for row in rows)


def latest(connection: sa.Connection, item_id: str) -> Rulings | None:
    """The last rulings of an item."""
    row = connection.execute(_LATEST, {"item_id": item_id}).one_or_none()
    return None if row is None else Rulings(acts_from_json(row.acts), row.by, row.at)


def rule(connection: sa.Connection, item_id: str, said: Rulings) -> None:
    """From now on `said` counts for the item."""
    number = _next(connection, rulings, item_id)
    row = {"item": item_id, "number": number, "acts": acts_to_json(said.acts), "by": said.by, "at": said.at}
    connection.execute(rulings.insert().values(**row))
    note_ruled(connection, item_id, said)


def give(connection: sa.Connection, item_id: str, verdict: ReviewVerdict | None, by: str, at: dt.datetime) -> None:
    """Remember a verdict, or that the one before was taken back."""
    number = _next(connection, verdicts, item_id)
    connection.execute(verdicts.insert().values(item=item_id, number=number, verdict=verdict, by=by, at=at))


def inherit(connection: sa.Connection, item: Item) -> None:
    """Let the item begin with what was said about the same bytes; if it has rulings, with what was covered since then.

    If nothing was said, with what was covered in the file that was in its place before: it may be the same picture,
    edited.
    """
    if item.sha256 is None:
        return
    own = latest(connection, item.id)
    said = _about_bytes(connection, item, item.sha256, own)
    if own is None and said is None and (before := _bytes_in_its_place(connection, item)) is not None:
        said = _about_bytes(connection, item, before, None)
        said = replace(said, acts=said.covers) if said is not None and said.covers else None
    if said is not None and (own is None or said.acts != own.acts):
        rule(connection, item.id, said)


def _about_bytes(connection: sa.Connection, item: Item, sha256: str, own: Rulings | None) -> Rulings | None:
    """What other items with these bytes have to say to `item`; of two acts on a face, what was said later.

    `own` are its own rulings, to which later covers are added; without any, those of the same event are taken.
    """
    r = rulings.c
    newest = sa.select(r.item, sa.func.max(r.number).label("number")).group_by(r.item).subquery()
    query = (
        sa.select(items.c.purpose, items.c.medium, items.c.label, r.acts, r.by, r.at)
        .join(newest, newest.c.item == items.c.id)
        .join(rulings, sa.and_(r.item == newest.c.item, r.number == newest.c.number))
        .where(items.c.sha256 == sha256, items.c.id != item.id, items.c.id.not_in(sa.select(replaced.c.item)))
        .order_by(r.at, r.item)
    )
    here = (item.event.purpose, item.event.medium, item.event.label)
    before: tuple[Cover, ...] = ()
    after: tuple[Cover, ...] = ()
    base, signed = own, own
    for row in connection.execute(query):
        said = Rulings(acts_from_json(row.acts), row.by, row.at)
        if own is None and (row.purpose, row.medium, row.label) == here:
            base, signed, before, after = said, said, before + after, ()
        elif said.covers and (own is None or said.at > own.at):
            after += said.covers
            signed = said
    if signed is None or (base is own and not after):
        return None
    return replace(signed, acts=combined((), (*before, *(base.acts if base else ()), *after)))


def _bytes_in_its_place(connection: sa.Connection, item: Item) -> str | None:
    """SHA-256 of the file before, at the path of `item`; None if there was none, or it had the same bytes."""
    earlier = sa.and_(items.c.path_key == item.path_key, items.c.id < item.id, items.c.sha256 != item.sha256)
    return connection.scalar(sa.select(items.c.sha256).where(earlier).order_by(items.c.id.desc()).limit(1))


def drop(connection: sa.Connection, item_id: str) -> None:
    """Forget what was said about an item whose row has gone."""
    for table in (rulings, verdicts, approvals):
        gone = sa.not_(sa.exists().where(items.c.id == table.c.item))
        connection.execute(table.delete().where(table.c.item == item_id, gone))


def forget(connection: sa.Connection, person: PersonId, known_as: tuple[str, ...]) -> int:
    """Remove the person's id from every list of acts, and their names from who said so; the number of rows."""
    count = 0
    named = rulings.c.acts.contains(json.dumps(person), autoescape=True)
    for row in connection.execute(sa.select(rulings).where(named)).all():
        acts = Rulings(acts_from_json(row.acts), row.by, row.at).without(person).acts
        this = sa.and_(rulings.c.item == row.item, rulings.c.number == row.number)
        connection.execute(rulings.update().where(this).values(acts=acts_to_json(acts)))
        count += 1
    for table in (rulings, verdicts, approvals, sealed_acts):
        for name in filter(None, known_as):
            signed = table.c.by.contains(name, autoescape=True)
            count += connection.execute(table.update().where(signed).values(by="")).rowcount
    return count


def _next(connection: sa.Connection, table: sa.Table, item_id: str) -> int:
    last = connection.scalar(sa.select(sa.func.max(table.c.number)).where(table.c.item == item_id))
    return (last or 0) + 1
