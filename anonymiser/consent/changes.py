"""The register's changes in order, as the audit record tells them: counts and ids, no names, answers or evidence."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from anonymiser.consent import schema
from anonymiser.consent.database import Session
from anonymiser.values.people import PersonId

_ABOUT_FEW = frozenset({"withdrawal", "written-consent", "hold", "hold-lifted", "biometric", "templates"})
"""Kinds of change that are about one person, or about those of one list."""


@dataclass(frozen=True, slots=True)
class Change:
    """One version of the register."""

    version: int
    at: dt.datetime
    """When it was recorded (aware)."""
    kind: str
    """As `Register` names its changes."""
    counts: Mapping[str, int]
    """Rows that it added, by table."""
    people: frozenset[PersonId] = frozenset()
    """Whom it is about; empty for imports, which are about the whole list."""
    sha256: str | None = None
    """Of the file that was imported."""
    gate_open: bool | None = None
    """Whether the gate was opened or closed; None for other changes."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to the register after a version that somebody knows."""

    after: int
    replaced: bool
    """Whether that version is not there, or is another: the register was made anew, or is an older copy. Then `rows`
    begins with the first version."""
    rows: tuple[Change, ...]


NONE = Changes(0, replaced=False, rows=())


def read_changes(session: Session, after: int, at: str) -> Changes:
    """Everything after the version `after`, which was recorded at the moment `at` (ISO 8601; empty for version 0)."""
    change = schema.change.c
    known = session.connection.scalar(select(change.at).where(change.version == after))
    replaced = bool(after) and (known is None or known.isoformat() != at)
    since = 0 if replaced else after
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    people: dict[int, set[PersonId]] = defaultdict(set)
    for table in schema.metadata.sorted_tables:
        if table is schema.change or "version" not in table.c:
            continue
        version = table.c.version
        grouped = select(version, func.count()).where(version > since).group_by(version)
        for number, count in session.connection.execute(grouped):
            counts[number][table.name] = count
        if "person" in table.c:
            named = (
                select(version, table.c.person)
                .join(schema.change, change.version == version)
                .where((version > since) & change.kind.in_(sorted(_ABOUT_FEW)))
            )
            for number, person in session.connection.execute(named):
                people[number].add(PersonId(person))
    f, g = schema.import_file.c, schema.gate.c
    files = {row.version: row.sha256 for row in session.connection.execute(select(f.version, f.sha256))}
    gates = {row.version: row.open for row in session.connection.execute(select(g.version, g.open))}
    rows = select(change.version, change.at, change.kind).where(
        (change.version > since) & (change.version <= session.version)
    )
    return Changes(
        after,
        replaced,
        tuple(
            Change(
                row.version, row.at, row.kind, counts[row.version], frozenset(people[row.version]),
                files.get(row.version), gates.get(row.version),
            )
            for row in session.connection.execute(rows.order_by(change.version))
        ),
    )  # fmt: skip
