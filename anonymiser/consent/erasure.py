"""Forgetting one person, and proving it."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import LargeBinary, delete, func, insert, or_, select

from anonymiser.consent import schema
from anonymiser.consent.consents import read_holds
from anonymiser.consent.database import Session
from anonymiser.consent.people import Person, tombstone_tokens


@dataclass(frozen=True, slots=True)
class Erased:
    """What was deleted about one person."""

    rows: Mapping[str, int]
    """Number of rows by table; tables that had none are absent."""
    templates: int
    holds_kept: int
    """Holds that a later import of the same person will find in force."""
    traces: tuple[bytes, ...] = field(repr=False)
    """The wrapped key, everything that was sealed with it, and the names: what no file may hold any more."""

    def found_in(self, files: Iterable[Path]) -> list[Path]:
        """The files that still hold one of the traces; there should be none."""
        return [file for file in files if self._is_in(file)]

    def _is_in(self, file: Path) -> bool:
        if not file.stat().st_size:
            return False
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return any(data.find(trace) >= 0 for trace in self.traces)


def erase(session: Session, person: Person) -> Erased:
    """Delete the person's key and every row about them; keep a keyed hash and the holds (see Register.forget)."""
    holds = sorted(read_holds(session).get(person.id, ()))
    tokens = tombstone_tokens(session, person)
    owned = {table.name: table for table in schema.metadata.sorted_tables if "person" in table.c}
    rows = {
        name: session.connection.scalar(select(func.count()).where(table.c.person == person.id)) or 0
        for name, table in owned.items()
    }
    pair = schema.lookalike.c
    rows[schema.lookalike.name] = (
        session.connection.scalar(select(func.count()).where(or_(pair.first == person.id, pair.second == person.id)))
        or 0
    )
    t = schema.template.c
    templates = sum(session.connection.scalars(select(t.number).where(t.person == person.id)))
    sealed = [
        value
        for table in owned.values()
        for column in table.c
        if isinstance(column.type, LargeBinary)
        for value in session.connection.scalars(select(column).where(table.c.person == person.id))
        if value is not None
    ]
    names = [name.encode(code) for name in person.names.full for code in ("utf-8", "utf-16-le")]
    session.connection.execute(delete(schema.forgotten).where(schema.forgotten.c.token.in_(tokens)))
    session.connection.execute(
        insert(schema.forgotten),
        [{"token": token, "version": session.version, "holds": holds} for token in tokens],
    )
    session.connection.execute(delete(schema.person).where(schema.person.c.id == person.id))
    return Erased(
        rows={"person": 1} | {name: count for name, count in rows.items() if count},
        templates=templates,
        holds_kept=len(holds),
        traces=(person.wrapped_key, *sealed, *names),
    )
