"""One row for every file that has ever arrived: received -> claimed -> delivering -> done.

`delivering` is the intent, written before a file is put where people see it; `done` is the fact, written afterwards. If
a process dies between the two, the row alone is enough to finish its work (recovery.py), so nothing is lost and nothing
comes out twice. Every method is one transaction, and so is its entry in the audit record (noting.py). No file name is
stored, because it may be a child's name. A file's path is stored as an HMAC with a key of this ledger, which is enough
to recognise the file again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from anonymiser.audit.chain import Recorder
from anonymiser.audit.entry import Kind
from anonymiser.ledger import noting, said
from anonymiser.ledger.approvals import Approvals, void
from anonymiser.ledger.audited import AuditedLedger
from anonymiser.ledger.deletions import Deletions
from anonymiser.ledger.item import Item, Origin, State
from anonymiser.ledger.noting import note
from anonymiser.ledger.questions import Questions
from anonymiser.ledger.report_json import report_to_json
from anonymiser.ledger.said import SaidLedger
from anonymiser.ledger.sealing import Sealing
from anonymiser.ledger.sources import Sources
from anonymiser.ledger.tables import arrivals, counters, from_row, items, published, replaced, taken_down, to_row
from anonymiser.values.consent import Event
from anonymiser.values.people import PersonId
from anonymiser.values.ruling import Rulings

# Built once: that takes longer than what SQLite does with them.
_CHANGED = items.update().where(
    items.c.id == sa.bindparam("this"), items.c.state.in_(sa.bindparam("allowed", expanding=True))
)
_COUNTED = sa.select(counters.c.last).where(counters.c.name == sa.bindparam("counter"))
_COUNT = counters.update().where(counters.c.name == sa.bindparam("counter"))


class Ledger(Questions, SaidLedger, Sources, Deletions, Approvals, Sealing, AuditedLedger):
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
        folder: str | None = None,
        came_as: Item | None = None,
    ) -> Item:
        """A new row, with a new id; `replaces` is the item whose published copy this one's will stand in for.

        `rulings` count for it from the start; default: those of the item that it replaces. `folder` is the one of the
        inbox by which it came, as DeviceList names it; default: that of the item `came_as`, or that it replaces.
        """
        day = f"{dt.date.today():%Y%m%d}"  # noqa: DTZ011 - the id is for people, so it has their date
        with self._begin() as connection:
            number = _count(connection, day)
            sha256 = None if replaces is None else replaces.sha256  # known at once to whoever drops the photo again
            item = Item(f"{day}-{number:06}", origin, path_key, State.RECEIVED, event, _now(), sha256)
            connection.execute(items.insert(), to_row(item))
            note(connection, Kind.RECEIVED, item, {"purpose": event.purpose, "medium": event.medium, "from": origin})
            if replaces is not None:
                connection.execute(replaced.insert().values(item=replaces.id, by=item.id))
                note(connection, Kind.REISSUED, replaces, {"by_photo": item.id})
                rulings = rulings or said.latest(connection, replaces.id)
            if rulings is not None:
                said.rule(connection, item.id, rulings)
            before = came_as or replaces
            key = None if folder is None else self.folder_key(folder)
            if key is None and before is not None:
                key = connection.scalar(sa.select(arrivals.c.folder_key).where(arrivals.c.item == before.id))
            if key is not None:
                connection.execute(arrivals.insert().values(item=item.id, folder_key=key))
        return item

    def claim(self, item: Item, sha256: str) -> Item:
        """The file is the program's (or stays where it is), and these are its bytes."""
        item = replace(item, state=State.CLAIMED, sha256=sha256)
        with self._begin() as connection:
            _update(connection, item, {State.RECEIVED, State.CLAIMED})
            note(connection, Kind.CLAIMED, item, {"original": Recorder(connection).keyed(item.id, "original", sha256)})
            said.inherit(connection, item)
        return item

    def withdraw(self, item: Item) -> None:
        """Forget a file that was never taken."""
        with self._begin() as connection:
            connection.execute(replaced.delete().where(replaced.c.by == item.id))
            gone = connection.execute(items.delete().where(items.c.id == item.id, items.c.state != State.DONE))
            said.drop(connection, item.id)
            if gone.rowcount:
                connection.execute(arrivals.delete().where(arrivals.c.item == item.id))
                noting.note_dropped(connection, item.id)

    def deliver(self, item: Item, stem: str | None, root: Path, *, by: str | None = None) -> Item:
        """Write down what is about to happen; `item` carries outcome, report, staged copy and fixed output.

        With `stem` (relative to `root`, without number or suffix) the copy gets the next free name. `by` says whose
        verdict, or change of mind, this is; None if no person decides here.
        """
        with self._begin() as connection:
            output = item.output if stem is None else _next_free(connection, root, stem)
            item = replace(item, state=State.DELIVERING, output=output)
            _update(connection, item, {State.RECEIVED, State.CLAIMED, State.DELIVERING, State.DONE})
            noting.note_decided(connection, item, by, self.made_by)
            if by is not None:
                said.give(connection, item.id, item.verdict, by, _now())
        return item

    def finish(self, item: Item) -> Item:
        """Record that what `deliver` announced has happened."""
        done = replace(item, state=State.DONE, staged=None, finished_at=item.finished_at or _now())
        return self._move(done, Kind.WRITTEN)

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
            note(connection, Kind.REOPENED, blank, by="" if rulings is None else rulings.by)
            if rulings is not None:
                said.rule(connection, item.id, rulings)
                if item.verdict is not None:
                    said.give(connection, item.id, None, rulings.by, rulings.at)
        return blank

    def undecide(self, item: Item) -> Item:
        """Go back to review, because a person's verdict could not be carried out."""
        waiting = replace(item, state=State.DONE, verdict=None, staged=None, output=f"review/{item.id}.jpg")
        return self._move(waiting, Kind.UNDECIDED)

    def _move(self, item: Item, kind: Kind) -> Item:
        with self._begin() as connection:
            _update(connection, item, {State.DELIVERING})
            if kind is Kind.UNDECIDED:
                note(connection, kind, item)
            else:
                noting.note_done(connection, item)
        return item

    # --- published copies, and people --------------------------------------------------------------------------

    def publish(self, item: Item, place: str) -> None:
        """Remember where a released copy was published."""
        with self._begin() as connection:
            row = {"item": item.id, "place": place}
            for table in (published, taken_down):
                connection.execute(table.delete().filter_by(**row))
            connection.execute(published.insert().values(**row, at=_now()))
            recorder = Recorder(connection)
            recorder.add(Kind.PUBLISHED, item.id, {"where": recorder.keyed(item.id, "where", place)})

    def take_down(self, item: Item, place: str) -> None:
        """Remember that a copy is no longer at a place where it was recorded as published."""
        with self._begin() as connection:
            connection.execute(taken_down.insert().values(item=item.id, place=place, at=_now()))
            recorder = Recorder(connection)
            recorder.add(Kind.TAKEN_DOWN, item.id, {"where": recorder.keyed(item.id, "where", place)})

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
            noting.note_erased(connection, person, known_as, count)
        self.scrub()
        return count


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def _count(connection: sa.Connection, name: str) -> int:
    last = connection.scalar(_COUNTED, {"counter": name})
    if last is None:
        connection.execute(counters.insert(), {"name": name, "last": 1})
        return 1
    connection.execute(_COUNT, {"counter": name, "last": last + 1})
    return int(last) + 1


def _next_free(connection: sa.Connection, root: Path, stem: str) -> str:
    while True:
        name = f"{stem}-{_count(connection, stem):03}.jpg"
        if not (root / name).exists():
            return name


def _update(connection: sa.Connection, item: Item, allowed: Iterable[State]) -> None:
    void(connection, item.id)
    changed = connection.execute(_CHANGED, {"this": item.id, "allowed": list(allowed), **to_row(item)})
    if changed.rowcount != 1:
        raise RuntimeError(f"item {item.id} was not {' or '.join(sorted(allowed))}")
