"""One row for every file that ever arrived: received -> claimed -> delivering -> done.

`delivering` is the intent, written before a file is put where people see it; `done` is the fact, written after.
A process that dies between the two is finished from the row alone (recovery.py), so nothing is lost and nothing
comes out twice. Every method is one transaction. No file name is stored: a name can be a child's. A file's place
is kept as an HMAC with a key of this ledger, which is enough to know it again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from anonymiser.consent.interface import Event, Medium, Purpose
from anonymiser.errors import DiskFullError, WorkspaceError
from anonymiser.intake.interface import Outcome
from anonymiser.intake.item import Item, Origin, ReviewVerdict, State
from anonymiser.intake.report_json import report_from_json, report_to_json

_VERSION = 1
"""Raised when the tables change; a newer ledger than the program is refused."""


_metadata = sa.MetaData()
_items = sa.Table(
    "items",
    _metadata,
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
_counters = sa.Table(
    "counters",
    _metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),
)
_facts = sa.Table(
    "facts",
    _metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


_PAGE = 500
_SYNCHRONOUS = "FULL"
"""A power cut must not forget the intent to deliver and remember the delivered file."""


class Ledger:
    """The rows of one workspace, safe to use from several processes at once."""

    def __init__(self, path: Path) -> None:
        """Open or create the database. Raises WorkspaceError where it cannot be used."""
        self._engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self._engine, "connect", _configure)
        sa.event.listen(self._engine, "begin", _begin_immediate)
        try:
            self._key = self._prepare()
        except sa.exc.DatabaseError as error:
            self._engine.dispose()
            raise WorkspaceError(
                f"the ledger {path} cannot be used: {error.orig}",
                remedy="Restore it from a backup, or move it away to begin a new one.",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def _prepare(self) -> bytes:
        with self._begin() as connection:
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if found > _VERSION:
                raise WorkspaceError(
                    "the ledger was written by a newer version of anonymiser", remedy="Update this installation."
                )
            if found < _VERSION:
                _metadata.create_all(connection)
                connection.execute(_facts.insert().values(name="path-key", value=secrets.token_hex(32)))
                connection.exec_driver_sql(f"PRAGMA user_version = {_VERSION}")
            key = connection.scalar(sa.select(_facts.c.value).where(_facts.c.name == "path-key"))
            return bytes.fromhex(str(key))

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as error:
            if "full" in str(error.orig):
                raise DiskFullError("the disk is full", remedy="Free some space and start again.") from error
            raise

    def path_key(self, root: Path, relative: PurePath) -> str:
        """HMAC-SHA-256 of a file's place, so that it is known again without its name being stored."""
        place = f"{root.as_posix()}\0{relative.as_posix()}"
        return hmac.new(self._key, place.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    # --- the way of one file ---------------------------------------------------------------------------------

    def receive(self, origin: Origin, path_key: str, event: Event) -> Item:
        """A new row, with a new id."""
        day = f"{dt.date.today():%Y%m%d}"  # noqa: DTZ011 - the id is for people, so it has their date
        with self._begin() as connection:
            number = _count(connection, day)
            item = Item(f"{day}-{number:06}", origin, path_key, State.RECEIVED, event, received_at=_now())
            connection.execute(_items.insert().values(**_to_row(item)))
        return item

    def claim(self, item: Item, sha256: str) -> Item:
        """The file is ours (or left where it is), and these are its bytes."""
        return self._move(replace(item, state=State.CLAIMED, sha256=sha256), {State.RECEIVED, State.CLAIMED})

    def withdraw(self, item: Item) -> None:
        """Forget a file that was never taken."""
        with self._begin() as connection:
            connection.execute(_items.delete().where(_items.c.id == item.id, _items.c.state != State.DONE))

    def deliver(self, item: Item, stem: str | None, root: Path) -> Item:
        """Write down what is about to happen; `item` carries outcome, report, staged copy and fixed output.

        With `stem` (relative to `root`, no number or suffix) the next free name is given to the copy.
        """
        with self._begin() as connection:
            output = item.output if stem is None else _next_free(connection, root, stem)
            item = replace(item, state=State.DELIVERING, output=output)
            _update(connection, item, {State.RECEIVED, State.CLAIMED, State.DELIVERING, State.DONE})
        return item

    def finish(self, item: Item) -> Item:
        """What `deliver` promised has happened."""
        return self._move(
            replace(item, state=State.DONE, staged=None, finished_at=item.finished_at or _now()),
            {State.DELIVERING},
        )

    def reopen(self, item: Item) -> Item:
        """Back to where the bytes are known and nothing is decided: the photo is processed again.

        `output_sha256` stays until then, so that the copy that is now out of date can be told from others.
        """
        blank = Item(
            item.id, item.origin, item.path_key, State.CLAIMED, item.event, item.received_at, item.sha256,
            output_sha256=item.output_sha256,
        )  # fmt: skip
        return self._move(blank, {State.DELIVERING, State.DONE})

    def undecide(self, item: Item) -> Item:
        """Back to review: a person's verdict could not be carried out."""
        waiting = replace(item, state=State.DONE, verdict=None, staged=None, output=f"review/{item.id}.jpg")
        return self._move(waiting, {State.DELIVERING})

    def _move(self, item: Item, allowed: set[State]) -> Item:
        with self._begin() as connection:
            _update(connection, item, allowed)
        return item

    # --- questions -------------------------------------------------------------------------------------------

    def get(self, item_id: str) -> Item | None:
        """The row with this id."""
        return next(self._select(_items.c.id == item_id), None)

    def first_of(self, sha256: str, event: Event, context: str) -> Item | None:
        """The earliest photo with these bytes whose copy for this event still rests on the same consents.

        Rejected photos do not count: who offers one again gets it processed again.
        """
        return next(
            self._select(
                _items.c.sha256 == sha256,
                _items.c.purpose == event.purpose,
                _items.c.medium == event.medium,
                _items.c.label == event.label,
                _items.c.context == context,
                _items.c.state == State.DONE,
                _items.c.outcome.in_([Outcome.RELEASED, Outcome.REVIEW]),
                sa.or_(_items.c.verdict.is_(None), _items.c.verdict == ReviewVerdict.APPROVED),
            ),
            None,
        )

    def was_sealed(self, sha256: str) -> bool:
        """True where these bytes were ever sealed, for whatever event."""
        sealed = sa.or_(_items.c.outcome == Outcome.SEALED, _items.c.verdict == ReviewVerdict.REFERRED)
        return any(True for _ in self._select(_items.c.sha256 == sha256, sealed))

    def same_bytes(self, sha256: str) -> list[Item]:
        """Every row of these bytes."""
        return list(self._select(_items.c.sha256 == sha256))

    def last_at(self, path_key: str) -> Item | None:
        """The latest row for a file at this place."""
        return next(self._select(_items.c.path_key == path_key, newest_first=True), None)

    def unfinished(self) -> list[Item]:
        """Rows without a terminal state; few, because only photos in work are in it."""
        return list(self._select(_items.c.state.in_([State.RECEIVED, State.CLAIMED, State.DELIVERING])))

    def waiting(self) -> list[Item]:
        """Photos in review that nobody has decided."""
        return list(
            self._select(_items.c.state == State.DONE, _items.c.outcome == Outcome.REVIEW, _items.c.verdict.is_(None))
        )

    def every(self) -> Iterator[Item]:
        """All rows, oldest first, a page at a time."""
        last = ""
        while page := list(self._select(_items.c.id > last, limit=_PAGE)):
            yield from page
            last = page[-1].id

    def counts(self) -> dict[Outcome, int]:
        """How many rows ended in each outcome."""
        query = sa.select(_items.c.outcome, sa.func.count()).where(_items.c.state == State.DONE)
        with self._begin() as connection:
            return {Outcome(name): number for name, number in connection.execute(query.group_by(_items.c.outcome))}

    def _select(
        self, *conditions: sa.ColumnElement[bool], newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Item]:
        order = _items.c.id.desc() if newest_first else _items.c.id.asc()
        with self._begin() as connection:
            rows = connection.execute(sa.select(_items).where(*conditions).order_by(order).limit(limit)).all()
        return (_from_row(row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's public name for it

    # --- facts about runs ------------------------------------------------------------------------------------

    def remember(self, name: str, value: Mapping[str, str | int | float]) -> None:
        """Store a small fact under a name, such as the last run's summary."""
        with self._begin() as connection:
            connection.execute(_facts.delete().where(_facts.c.name == name))
            connection.execute(_facts.insert().values(name=name, value=json.dumps(dict(value))))

    def recall(self, name: str) -> dict[str, str | int | float] | None:
        """A fact stored by `remember`."""
        with self._begin() as connection:
            text = connection.scalar(sa.select(_facts.c.value).where(_facts.c.name == name))
        return None if text is None else dict(json.loads(text))


def _configure(connection: Any, _: object) -> None:  # noqa: ANN401 - the DBAPI has no type
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute(f"PRAGMA synchronous = {_SYNCHRONOUS}")
    cursor.execute("PRAGMA busy_timeout = 30000")
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def _count(connection: sa.Connection, name: str) -> int:
    last = connection.scalar(sa.select(_counters.c.last).where(_counters.c.name == name))
    if last is None:
        connection.execute(_counters.insert().values(name=name, last=1))
        return 1
    connection.execute(_counters.update().where(_counters.c.name == name).values(last=last + 1))
    return int(last) + 1


def _next_free(connection: sa.Connection, root: Path, stem: str) -> str:
    while True:
        name = f"{stem}-{_count(connection, stem):03}.jpg"
        if not (root / name).exists():
            return name


def _update(connection: sa.Connection, item: Item, allowed: Iterable[State]) -> None:
    changed = connection.execute(
        _items.update().where(_items.c.id == item.id, _items.c.state.in_(allowed)).values(**_to_row(item))
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"item {item.id} was not {' or '.join(sorted(allowed))}")


def _to_row(item: Item) -> dict[str, object]:
    event = item.event
    return {
        "id": item.id, "origin": item.origin, "path_key": item.path_key, "state": item.state,
        "purpose": event.purpose, "medium": event.medium, "label": event.label, "group": event.group,
        "date": event.date, "received_at": item.received_at, "sha256": item.sha256, "outcome": item.outcome,
        "verdict": item.verdict, "first": item.first, "staged": item.staged, "output": item.output,
        "output_sha256": item.output_sha256, "context": item.context, "report": report_to_json(item.report),
        "finished_at": item.finished_at,
    }  # fmt: skip


def _from_row(row: sa.RowMapping) -> Item:
    return Item(
        id=row["id"],
        origin=Origin(row["origin"]),
        path_key=row["path_key"],
        state=State(row["state"]),
        event=Event(row["label"], Purpose(row["purpose"]), Medium(row["medium"]), row["group"], row["date"]),
        received_at=row["received_at"],
        sha256=row["sha256"],
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        verdict=None if row["verdict"] is None else ReviewVerdict(row["verdict"]),
        first=row["first"],
        staged=row["staged"],
        output=row["output"],
        output_sha256=row["output_sha256"],
        context=row["context"],
        report=report_from_json(row["report"]),
        finished_at=row["finished_at"],
    )
