"""Statements, withdrawals and holds: written once, read as of any moment."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import insert, select

from anonymiser.consent import schema
from anonymiser.consent.database import Session
from anonymiser.consent.rules import Source, Statement, Why, rule, strongest
from anonymiser.values.consent import ConsentSnapshot, Event, Hold, Medium, Purpose
from anonymiser.values.people import PersonId

Key = tuple[Purpose, Medium]
EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Filed:
    """A statement on its way into the register."""

    person: PersonId
    key: Key
    statement: Statement
    source_row: int | None = None
    sealed_evidence: bytes | None = field(default=None, repr=False)


def file_statements(session: Session, filed: Iterable[Filed]) -> None:
    """Add the statements under the session's version."""
    rows = [
        {
            "version": session.version,
            "person": entry.person,
            "purpose": entry.key[0],
            "medium": entry.key[1],
            "source": entry.statement.source,
            "why_refused": entry.statement.why,
            "valid_from": entry.statement.valid_from,
            "valid_to": entry.statement.valid_to,
            "source_row": entry.source_row,
            "sealed_evidence": entry.sealed_evidence,
        }
        for entry in filed
    ]
    if rows:
        session.connection.execute(insert(schema.consent), rows)


def read_statements(session: Session, keys: Iterable[Key] | None = None) -> dict[tuple[PersonId, Key], list[Statement]]:
    """Statements by person, purpose and medium, oldest first; of `keys` only, where given."""
    c = schema.consent.c
    query = select(c.version, c.person, c.purpose, c.medium, c.source, c.why_refused, c.valid_from, c.valid_to).where(
        c.version <= session.version
    )
    wanted = None if keys is None else frozenset(keys)
    if wanted is not None:
        query = query.where(c.purpose.in_({purpose for purpose, _ in wanted}))
    found: dict[tuple[PersonId, Key], list[Statement]] = defaultdict(list)
    for version, person, purpose, medium, source, why, valid_from, valid_to in session.connection.execute(
        query.order_by(c.version)
    ):
        key = (Purpose(purpose), Medium(medium))
        if wanted is None or key in wanted:
            found[PersonId(person), key].append(
                Statement(version, Source(source), None if why is None else Why(why), valid_from, valid_to)
            )
    return found


def withdraw(session: Session, person: PersonId, purpose: Purpose | None, sealed_evidence: bytes) -> None:
    """Record the family's withdrawal, for one purpose or (None) for all."""
    session.connection.execute(
        insert(schema.withdrawal).values(
            version=session.version, person=person, purpose=purpose, sealed_evidence=sealed_evidence
        )
    )


def read_withdrawals(session: Session) -> dict[PersonId, list[tuple[int, Purpose | None]]]:
    """Version and purpose (None: all) of every withdrawal, by person."""
    w = schema.withdrawal.c
    found: dict[PersonId, list[tuple[int, Purpose | None]]] = defaultdict(list)
    query = select(w.person, w.version, w.purpose).where(w.version <= session.version)
    for person, version, purpose in session.connection.execute(query):
        found[PersonId(person)].append((version, None if purpose is None else Purpose(purpose)))
    return found


def withdrawn_in(withdrawals: Iterable[tuple[int, Purpose | None]], purpose: Purpose) -> int:
    """Version of the newest withdrawal that covers `purpose`, 0 for none."""
    return max((version for version, covered in withdrawals if covered in {None, purpose}), default=0)


def set_hold(session: Session, person: PersonId, kind: Hold, *, on: bool) -> None:
    """Set or lift a hold; the reason is nobody's business here."""
    session.connection.execute(insert(schema.hold).values(version=session.version, person=person, kind=kind, is_set=on))


def read_holds(session: Session) -> dict[PersonId, frozenset[Hold]]:
    """The holds that are set, by person; people without one are absent."""
    h = schema.hold.c
    query = select(h.person, h.kind, h.is_set).where(h.version <= session.version).order_by(h.version, h.id)
    state: dict[PersonId, dict[Hold, bool]] = defaultdict(dict)
    for person, kind, on in session.connection.execute(query):
        state[PersonId(person)][Hold(kind)] = on
    held = {person: frozenset(kind for kind, on in kinds.items() if on) for person, kinds in state.items()}
    return {person: kinds for person, kinds in held.items() if kinds}


def read_snapshot(session: Session, event: Event, on: dt.date) -> ConsentSnapshot:
    """Everybody's ruling for the event's purpose and medium on the day `on`."""
    key = (event.purpose, event.medium)
    statements = read_statements(session, [key])
    withdrawals = read_withdrawals(session)
    holds = read_holds(session)
    p = schema.person.c
    people = session.connection.scalars(select(p.id).where(p.version <= session.version).order_by(p.id))
    granted, refused = set(), {}
    for person in map(PersonId, people):
        ruling = rule(
            event.purpose,
            tuple(statements.get((person, key), ())),
            withdrawn_in=withdrawn_in(withdrawals.get(person, ()), event.purpose),
            holds=holds.get(person, frozenset()),
            on=on,
        )
        if ruling.because is None:
            granted.add(person)
        else:
            refused[person] = ruling.because
    return ConsentSnapshot(
        purpose=event.purpose,
        medium=event.medium,
        on=on,
        version=session.version,
        granted=frozenset(granted),
        refused_because=refused,
        holds=_strongest_of(holds),
    )


def _strongest_of(holds: Mapping[PersonId, frozenset[Hold]]) -> dict[PersonId, Hold]:
    return {person: strongest(kinds) for person, kinds in holds.items()}
