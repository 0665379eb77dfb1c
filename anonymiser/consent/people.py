"""Who is in the register: names sealed, ids opaque, every earlier state kept."""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
import unicodedata
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, insert, select

from anonymiser.consent import schema
from anonymiser.consent.database import Session
from anonymiser.values.people import PersonId, Role

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_UPN = re.compile(r"[A-Za-z][0-9]{11}[0-9A-Za-z]")
"""A unique pupil number: a letter, eleven digits, a digit or letter (DfE guide to UPNs)."""
_DEVICE_NAMES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})
"""Names that Windows allows for no file or folder."""
_DETAILS = "details"
_KNOWN = (  # built once: it is asked again for every change
    select(
        schema.person.c.id, schema.person.c.wrapped_key, schema.detail.c.sealed_names, schema.detail.c.groups,
        schema.detail.c.role, schema.detail.c.present,
    )
    .join(schema.detail, schema.detail.c.person == schema.person.c.id)
    .where(schema.detail.c.version <= bindparam("version"))
)  # fmt: skip
_PEOPLE = _KNOWN.order_by(schema.person.c.id, schema.detail.c.version)
_PERSON = _KNOWN.where(schema.person.c.id == bindparam("person")).order_by(schema.detail.c.version.desc()).limit(1)


@dataclass(frozen=True, slots=True)
class Names:
    """Somebody's names; kept out of every repr."""

    forename: str = field(repr=False)
    surname: str = field(repr=False)
    preferred: str = field(default="", repr=False)
    """Name in daily use, if it is not the forename."""
    source_id: str = field(default="", repr=False)
    """Id in the school's own system; empty if its lists have none."""

    @property
    def full(self) -> tuple[str, ...]:
        """Every full name that a label could carry."""
        first = dict.fromkeys(name for name in (self.forename, self.preferred) if name)
        return tuple(f"{name} {self.surname}".strip() for name in first)

    @property
    def keys(self) -> frozenset[str]:
        """The full names in a form that makes two spellings of one name equal."""
        return frozenset(name_key(name) for name in self.full)

    @property
    def turned(self) -> frozenset[str]:
        """The same with the surname first, as in "Smith Ella"."""
        return frozenset(name_key(f"{self.surname} {name}") for name in (self.forename, self.preferred) if name)

    def resembles(self, other: Names) -> bool:
        """Whether a first name or the surname is the same."""
        mine, theirs = (
            {name_key(part) for part in (names.forename, names.preferred) if part} for names in (self, other)
        )
        return bool(mine & theirs) or name_key(self.surname) == name_key(other.surname)


@dataclass(frozen=True, slots=True)
class Person:
    """One person as the register knows them at one version."""

    id: PersonId
    names: Names = field(repr=False)
    groups: tuple[str, ...]
    """Class, clubs and teams."""
    role: Role
    present: bool
    """False once a complete import no longer lists them."""
    wrapped_key: bytes = field(repr=False)

    def belongs_to(self, group: str) -> bool:
        """Whether the person is in `group`, however it is spaced or capitalised."""
        return group_key(group) in map(group_key, self.groups)


def name_key(name: str) -> str:
    """Letters and digits only, without accents or case: O'Brien, O BRIEN and Obrien are one name."""
    decomposed = unicodedata.normalize("NFKD", name).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def group_key(group: str) -> str:
    """A group's name without differences in spacing and case."""
    return " ".join(group.split()).casefold()


def source_key(source_id: str) -> str:
    """A source id in the form used for searching."""
    return source_id.strip().casefold()


def choose_id(names: Names, taken: Set[str]) -> PersonId:
    """The school's own id if it is opaque and can name a folder, else a random one.

    A unique pupil number follows a child for life and must not spread into file names and reports; an id with
    a name in it is no better than the name.

    Args:
        names: With the source id.
        taken: Casefolded ids in use, because some file systems ignore case.
    """
    given = names.source_id.strip()
    telling = [key for key in (name_key(names.forename), name_key(names.surname)) if len(key) > 2]
    if (
        _ID.fullmatch(given)
        and not _UPN.fullmatch(given)
        and given.casefold() not in taken
        and given.casefold() not in _DEVICE_NAMES
        and not any(key in name_key(given) for key in telling)
    ):
        return PersonId(given)
    while (drawn := f"p{secrets.token_hex(4)}") in taken:
        pass
    return PersonId(drawn)


def tombstone_tokens(session: Session, person: Person) -> frozenset[bytes]:
    """Recognises a forgotten person by id or by name, in either order of its parts, without keeping either."""
    token = session.vault.token
    names = person.names.keys | person.names.turned
    return frozenset({token("id", source_key(person.names.source_id or person.id)), *(token("name", k) for k in names)})


def read_people(session: Session) -> dict[PersonId, Person]:
    """Everybody, as known at the session's version."""
    rows = session.connection.execute(_PEOPLE, {"version": session.version})
    newest = {row.id: row for row in rows}
    return {PersonId(row.id): _from_row(session, row) for row in newest.values()}


def read_person(session: Session, person: PersonId) -> Person | None:
    """One of them, without decrypting anybody else's name; None where there is none."""
    row = session.connection.execute(_PERSON, {"version": session.version, "person": person}).first()
    return None if row is None else _from_row(session, row)


def _from_row(session: Session, row: Row[*tuple[Any, ...]]) -> Person:
    return Person(
        id=PersonId(row.id),
        names=_open_names(session, row.wrapped_key, row.id, row.sealed_names),
        groups=tuple(row.groups),
        role=Role(row.role),
        present=row.present,
        wrapped_key=row.wrapped_key,
    )


def read_present(session: Session) -> frozenset[PersonId]:
    """Who is in the school's newest list, without decrypting anybody's name."""
    detail = schema.detail.c
    rows = session.connection.execute(
        select(detail.person, detail.present).where(detail.version <= session.version).order_by(detail.version)
    )
    newest = {row.person: row.present for row in rows}
    return frozenset(PersonId(person) for person, present in newest.items() if present)


def last_changed(session: Session, people: Iterable[PersonId]) -> dict[PersonId, dt.datetime]:
    """When the newest details of each of these people were recorded: of somebody who left, when they left."""
    wanted, detail = frozenset(people), schema.detail.c
    query = (
        select(detail.person, schema.change.c.at)
        .join(schema.change, schema.change.c.version == detail.version)
        .where(detail.version <= session.version)
        .order_by(detail.version)
    )
    return {PersonId(row.person): row.at for row in session.connection.execute(query) if row.person in wanted}


def add_people(session: Session, people: Iterable[Person]) -> None:
    """New rows of `person`; `record_details` must follow in the same session."""
    rows = [
        {
            "id": person.id,
            "version": session.version,
            "wrapped_key": person.wrapped_key,
        }
        for person in people
    ]
    if rows:
        session.connection.execute(insert(schema.person), rows)


def record_details(session: Session, people: Iterable[Person]) -> None:
    """The state of each person from the session's version on."""
    rows = [
        {
            "version": session.version,
            "person": person.id,
            "sealed_names": _seal_names(session, person),
            "groups": list(person.groups),
            "role": person.role,
            "present": person.present,
        }
        for person in people
    ]
    if rows:
        session.connection.execute(insert(schema.detail), rows)


def _seal_names(session: Session, person: Person) -> bytes:
    names = person.names
    plain = json.dumps([names.forename, names.surname, names.preferred, names.source_id]).encode()
    return session.vault.seal(person.wrapped_key, person.id, _DETAILS, plain)


def _open_names(session: Session, wrapped_key: bytes, person: str, sealed: bytes) -> Names:
    return Names(*json.loads(session.vault.open(wrapped_key, person, _DETAILS, sealed)))
