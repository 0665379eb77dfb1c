"""Everything on record about one person, in the order in which it was recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import RowMapping, Table, select

from anonymiser import wording
from anonymiser.consent import schema
from anonymiser.consent.biometrics import read_biometric_ruling
from anonymiser.consent.consents import (
    EVIDENCE,
    Key,
    read_holds,
    read_statements,
    read_withdrawals,
    withdrawn_in,
)
from anonymiser.consent.database import Session
from anonymiser.consent.people import Person
from anonymiser.consent.rules import BiometricFact, Ruling, Source, rule
from anonymiser.values.consent import Hold, Medium, Purpose


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was recorded."""

    at: dt.datetime
    what: str
    """Plain English, without a name."""
    evidence: str = field(repr=False)
    """Where the paper is, as staff wrote it; or file and row of an import."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """One person's page of the register."""

    person: Person
    rulings: Mapping[Key, Ruling]
    """For the school's purposes, and for every other purpose and medium on record."""
    holds: frozenset[Hold]
    biometric: Ruling
    templates: int
    templates_expire: dt.date | None
    entries: tuple[Entry, ...]


def read_dossier(session: Session, person: Person, purposes: Iterable[Purpose], on: dt.date) -> Dossier:
    """Collect the page as it stands on the day `on`."""
    statements = {key: tuple(rows) for (_, key), rows in read_statements(session, of=person.id).items()}
    withdrawals = read_withdrawals(session).get(person.id, [])
    holds = read_holds(session).get(person.id, frozenset())
    keys = dict.fromkeys([*((purpose, Medium.IMAGE) for purpose in purposes), *sorted(statements)])
    t = schema.template.c
    templates = session.connection.execute(select(t.number, t.expires).where(t.person == person.id)).all()
    return Dossier(
        person=person,
        rulings={
            key: rule(
                key[0],
                statements.get(key, ()),
                withdrawn_in=withdrawn_in(withdrawals, key[0]),
                holds=holds,
                on=on,
            )
            for key in keys
        },
        holds=holds,
        biometric=read_biometric_ruling(session, person.id, on),
        templates=sum(row.number for row in templates),
        templates_expire=max((row.expires for row in templates), default=None),
        entries=tuple(sorted(_entries(session, person), key=lambda entry: entry.at)),
    )


def _entries(session: Session, person: Person) -> Iterable[Entry]:
    def rows(table: Table) -> Iterable[RowMapping]:
        query = (
            select(schema.change.c.at, table)
            .join(schema.change, table.c.version == schema.change.c.version)
            .where((table.c.person == person.id) & (table.c.version <= session.version))
            .order_by(table.c.version, table.c.id)
        )
        return session.connection.execute(query).mappings()

    def opened(sealed: object) -> str:
        if not isinstance(sealed, bytes):
            return ""
        return session.vault.open(person.wrapped_key, person.id, EVIDENCE, sealed).decode()

    f = schema.import_file.c
    files = {row.version: row.sha256 for row in session.connection.execute(select(f.version, f.sha256))}
    for row in rows(schema.consent):
        what = (
            f"{row['purpose']} ({row['medium']}): {wording.why(row['why_refused']) if row['why_refused'] else 'agreed'}"
        )
        for word, day in (("from", row["valid_from"]), ("until", row["valid_to"])):
            what += f", {word} {day:%d/%m/%Y}" if isinstance(day, dt.date) else ""
        if row["source"] == Source.WRITTEN:
            yield Entry(row["at"], f"{what} (in writing)", opened(row["sealed_evidence"]))
        else:
            place = f"row {row['source_row']} of" if row["source_row"] else "not in"
            yield Entry(row["at"], what, f"{place} import {str(files.get(row['version'], ''))[:12]}")
    for row in rows(schema.withdrawal):
        yield Entry(row["at"], f"withdrawn: {row['purpose'] or 'everything'}", opened(row["sealed_evidence"]))
    for row in rows(schema.hold):
        yield Entry(row["at"], f"hold {row['kind']} {'set' if row['is_set'] else 'lifted'}", "")
    for row in rows(schema.biometric):
        yield Entry(
            row["at"], f"face recognition: {_FACTS[BiometricFact(row['fact'])]}", opened(row["sealed_evidence"])
        )


_FACTS = {
    BiometricFact.CONSENT: "written consent",
    BiometricFact.OBJECTION: "objection by a parent, or consent withdrawn",
    BiometricFact.CHILD_REFUSAL: "refused by the child",
    BiometricFact.DOUBT: "in doubt after a list, so not used",
}
