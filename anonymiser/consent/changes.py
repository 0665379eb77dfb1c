"""The register's changes in order, as the audit record tells them: counts and ids, no names, answers or evidence."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, func, literal_column, select, union_all

from anonymiser.consent import schema
from anonymiser.consent.database import Session
from anonymiser.values.people import PersonId

_ABOUT_FEW = frozenset({"withdrawal", "written-consent", "hold", "hold-lifted", "biometric", "templates"})
"""Kinds of change that are about one person, or about those of one list."""
_change = schema.change.c
_SINCE: BindParameter[int] = bindparam("since")
_DATED = [table for table in schema.metadata.sorted_tables if table is not schema.change and "version" in table.c]
# One statement each, built once: asked table by table, this takes longer than everything else before a photo's turn.
_ROWS = union_all(
    *(
        select(literal_column(f"'{table.name}'").label("name"), table.c.version, func.count().label("number"))
        .where(table.c.version > _SINCE)
        .group_by(table.c.version)
        for table in _DATED
    )
)
_PEOPLE = union_all(
    *(
        select(table.c.version, table.c.person)
        .join(schema.change, _change.version == table.c.version)
        .where(table.c.version > _SINCE, _change.kind.in_(sorted(_ABOUT_FEW)))
        for table in _DATED
        if "person" in table.c
    )
)
_CHANGES = (
    select(_change.version, _change.at, _change.kind, schema.import_file.c.sha256, schema.gate.c.open)
    .outerjoin(schema.import_file, schema.import_file.c.version == _change.version)
    .outerjoin(schema.gate, schema.gate.c.version == _change.version)
    .where(_change.version > _SINCE, _change.version <= bindparam("until"))
    .order_by(_change.version)
)


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
    known = session.connection.scalar(select(_change.at).where(_change.version == after))
    replaced = bool(after) and (known is None or known.isoformat() != at)
    since = 0 if replaced else after
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    people: dict[int, set[PersonId]] = defaultdict(set)
    for table, version, number in session.connection.execute(_ROWS, {"since": since}):
        counts[version][table] = number
    for version, person in session.connection.execute(_PEOPLE, {"since": since}):
        people[version].add(PersonId(person))
    rows = session.connection.execute(_CHANGES, {"since": since, "until": session.version})
    return Changes(
        after,
        replaced,
        tuple(
            Change(
                row.version, row.at, row.kind, counts[row.version], frozenset(people[row.version]),
                row.sha256, row.open,
            )
            for row in rows
        ),
    )  # fmt: skip
