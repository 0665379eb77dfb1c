"""Statements, withdrawals and holds: written once, read as of any moment."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from sqlalchemy import insert, select

from anonymiser.consent import schema
from anonymiser.consent.database import Session
from anonymiser.consent.people import read_present
from anonymiser.consent.rules import Ruling, Source, Statement, Why, newest, rule, strongest
from anonymiser.values.consent import ConsentSnapshot, Event, Hold, Medium, Purpose
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code

Key = tuple[Purpose, Medium]
EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many people of the school's list agree to one purpose and medium today."""

    yes: int = 0
    no: int = 0
    """People who may not be shown and are not blank: refused, withdrawn, on hold, ended, in doubt."""
    blank: int = 0
    """Nothing is on record, or an empty cell."""
    held: int = 0
    """Of `no`: on hold, whatever the family says."""
    ended: int = 0
    """Of `no`: the family agreed until a day that has passed."""
    withdrawn: int = 0
    """Of `no`: the family took its consent back."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A statement to be added to the register."""

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
            "answered_on": entry.statement.answered_on,
            "source_row": entry.source_row,
            "sealed_evidence": entry.sealed_evidence,
        }
        for entry in filed
    ]
    if rows:
        session.connection.execute(insert(schema.consent), rows)


def read_statements(
    session: Session, keys: Iterable[Key] | None = None, *, of: PersonId | None = None
) -> dict[tuple[PersonId, Key], list[Statement]]:
    """Statements by person, purpose and medium, oldest first; of `keys` or one person only, if given."""
    c = schema.consent.c
    query = select(
        c.version, c.person, c.purpose, c.medium, c.source, c.why_refused, c.valid_from, c.valid_to, c.answered_on
    ).where(c.version <= session.version)
    if of is not None:
        query = query.where(c.person == of)
    wanted = None if keys is None else frozenset(keys)
    if wanted is not None:
        query = query.where(c.purpose.in_({purpose for purpose, _ in wanted}))
    found: dict[tuple[PersonId, Key], list[Statement]] = defaultdict(list)
    keys_of: dict[tuple[str, str], Key] = {}
    for version, person, purpose, medium, source, why, *days in session.connection.execute(query.order_by(c.version)):
        key = keys_of.get((purpose, medium))
        if key is None:
            key = keys_of[purpose, medium] = (Purpose(purpose), Medium(medium))
        if wanted is None or key in wanted:
            found[PersonId(person), key].append(Statement(version, _SOURCES[source], _WHY[why], *days))
    return found


_SOURCES = {source.value: source for source in Source}
_WHY: dict[str | None, Why | None] = {None: None, **{why.value: why for why in Why}}
"""Looked up for every row of the register, which an enum's own call takes ten times as long for."""


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
    """Set or lift a hold; no reason is stored."""
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


def read_rulings(session: Session, keys: Iterable[Key], on: dt.date) -> dict[Key, dict[PersonId, tuple[Ruling, bool]]]:
    """Everybody's ruling on the day `on` by purpose and medium, and whether nothing but blanks is on record."""
    wanted = tuple(keys)
    statements = read_statements(session, wanted)
    withdrawals = read_withdrawals(session)
    holds = read_holds(session)
    p = schema.person.c
    people = [
        PersonId(person)
        for person in session.connection.scalars(select(p.id).where(p.version <= session.version).order_by(p.id))
    ]
    found: dict[Key, dict[PersonId, tuple[Ruling, bool]]] = {}
    for key in wanted:
        found[key] = {}
        same: dict[object, tuple[Ruling, bool]] = {}  # most families of a school have said the same
        for person in people:
            said = tuple(statements.get((person, key), ()))
            since = withdrawn_in(withdrawals[person], key[0]) if person in withdrawals else 0
            held = holds.get(person, frozenset())
            case = said, since, held
            if case not in same:
                last = newest(said)
                blank = (last is None or last.why is Why.BLANK) and not since and not held
                same[case] = rule(key[0], said, withdrawn_in=since, holds=held, on=on), blank
            found[key][person] = same[case]
    return found


def read_tallies(session: Session, keys: Iterable[Key], on: dt.date) -> dict[Key, Tally]:
    """How many people in the school's list agree, by purpose and medium."""
    return tallied(read_rulings(session, keys, on), read_present(session))


def tallied(
    everybody: Mapping[Key, Mapping[PersonId, tuple[Ruling, bool]]], present: Set[PersonId]
) -> dict[Key, Tally]:
    """The rulings of `read_rulings`, counted over the people who are `present`."""
    found = {}
    for key, rulings in everybody.items():
        of = [entry for person, entry in rulings.items() if person in present]
        yes = sum(ruling.granted for ruling, _ in of)
        blank = sum(blank and not ruling.granted for ruling, blank in of)
        why = Counter(ruling.because.code for ruling, _ in of if ruling.because)
        found[key] = Tally(
            yes,
            len(of) - yes - blank,
            blank,
            held=why[Code.MUST_NOT_BE_SHOWN],
            ended=why[Code.ENDED],
            withdrawn=why[Code.WITHDRAWN],
        )
    return found


def read_asked(session: Session) -> list[Key]:
    """Every purpose and medium that anything is on record about, in order."""
    c = schema.consent.c
    rows = session.connection.execute(select(c.purpose, c.medium).where(c.version <= session.version).distinct())
    return sorted((Purpose(purpose), Medium(medium)) for purpose, medium in rows)


def read_snapshot(session: Session, event: Event, on: dt.date) -> ConsentSnapshot:
    """Everybody's ruling for the event's purpose and medium on the day `on`."""
    key = (event.purpose, event.medium)
    rulings = read_rulings(session, [key], on)[key]
    return ConsentSnapshot(
        purpose=event.purpose,
        medium=event.medium,
        on=on,
        version=session.version,
        granted=frozenset(person for person, (ruling, _) in rulings.items() if ruling.granted),
        refused_because={person: ruling.because for person, (ruling, _) in rulings.items() if ruling.because},
        holds=_strongest_of(read_holds(session)),
    )


def _strongest_of(holds: Mapping[PersonId, frozenset[Hold]]) -> dict[PersonId, Hold]:
    return {person: strongest(kinds) for person, kinds in holds.items()}
