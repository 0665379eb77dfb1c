"""How long ago an import last confirmed what is on record.

An import confirms only the people that it lists, and only for the purposes that it covers: a list of one class does not
confirm the rest of the school.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, insert, select

from anonymiser.consent import schema
from anonymiser.consent.consents import Key
from anonymiser.consent.database import Session
from anonymiser.consent.people import read_present
from anonymiser.errors import SafetyRefusal
from anonymiser.settings import ConsentSettings
from anonymiser.values.consent import Event, Medium, Purpose
from anonymiser.values.people import PersonId


def record_listed(session: Session, people: Iterable[PersonId]) -> None:
    """Record that the import of the session's version lists these people."""
    rows = [{"version": session.version, "person": person} for person in people]
    if rows:
        session.connection.execute(insert(schema.listed), rows)


def last_confirmed(session: Session) -> dict[Key, dict[PersonId, dt.datetime]]:
    """When each person was last listed, by purpose and medium."""
    change, file, listed = schema.change.c, schema.import_file.c, schema.listed.c
    found: dict[Key, dict[PersonId, dt.datetime]] = defaultdict(dict)
    versions: dict[Key, list[int]] = defaultdict(list)
    at: dict[int, dt.datetime] = {}
    for version, moment, covers in session.connection.execute(
        select(file.version, change.at, file.covers)
        .join(schema.change, change.version == file.version)
        .where(file.version <= session.version)
    ):
        at[version] = moment
        for covered in covers:
            purpose, _, medium = covered.rpartition(".")
            versions[Purpose(purpose), Medium(medium)].append(version)
    for key, those in versions.items():
        query = select(listed.person, func.max(listed.version)).where(listed.version.in_(those)).group_by(listed.person)
        found[key] = {PersonId(person): at[version] for person, version in session.connection.execute(query)}
    return found


def oldest_confirmation(session: Session) -> dict[Key, dt.datetime]:
    """By purpose and medium: the moment since when everybody who is still in the school's list has been confirmed."""
    present = read_present(session)
    found = {}
    for key, people in last_confirmed(session).items():
        moments = [moment for person, moment in people.items() if person in present]
        if moments:
            found[key] = min(moments)
    return found


def warning(session: Session, settings: ConsentSettings, on: dt.date, event: Event | None) -> str | None:
    """A reminder if consents were last confirmed long ago; see Register.freshness_warning."""
    newest = newest_import(session)
    if newest is None:
        return None
    confirmed = oldest_confirmation(session)
    asked = None if event is None else confirmed.get((event.purpose, event.medium))
    moments = [asked] if asked else list(confirmed.values()) or [newest]
    ages = sorted((on - moment.astimezone().date()).days for moment in moments)
    if ages[0] > settings.stale_refusal_days:
        raise SafetyRefusal(
            f"the newest import of everybody's consents is {ages[0]} days old: families may have changed their minds "
            "since",
            remedy="Export the consents of the whole school and run: anonymise consent import FILE (a list of one "
            "class does not make the others new)",
        )
    if ages[-1] > settings.stale_warning_days:
        return f"the newest import of everybody's consents is {ages[-1]} days old; please import again"
    return None


def newest_import(session: Session) -> dt.datetime | None:
    """When consents were last imported; None if they never were."""
    change, file = schema.change.c, schema.import_file.c
    return session.connection.scalar(
        select(change.at)
        .join(schema.import_file, file.version == change.version)
        .where(file.version <= session.version)
        .order_by(change.version.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class RecordedImport:
    """An import that is on record."""

    at: dt.datetime
    file: tuple[str, bool]
    """SHA-256 of what it said, and whether it was a part of the school."""
    covers: frozenset[str]


def recorded_imports(session: Session) -> list[RecordedImport]:
    """Every import so far, oldest first."""
    change, file = schema.change.c, schema.import_file.c
    rows = session.connection.execute(
        select(change.at, file.content_sha256, file.partial, file.covers)
        .join(schema.import_file, file.version == change.version)
        .order_by(change.version)
    )
    return [RecordedImport(row.at, (row.content_sha256 or "", row.partial), frozenset(row.covers)) for row in rows]


def covered(keys: Iterable[Key]) -> frozenset[str]:
    """Purposes and media as an import keeps them."""
    return frozenset(f"{purpose}.{medium}" for purpose, medium in keys)
