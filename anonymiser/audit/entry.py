"""One entry of the audit record: its text, and the hash that chains it to the entry before."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Datum: TypeAlias = str | int | bool | list[str] | dict[str, int] | None

BEFORE_THE_FIRST = "0" * 64
"""What the first entry is chained to."""


@enum.unique
class Kind(enum.StrEnum):
    """What happened. A kind is never given another meaning, because records keep it."""

    TAKEN_OVER = "taken-over"
    """A photo that a ledger of an earlier version knew, as it stood when this record began."""
    RECEIVED = "received"
    CLAIMED = "claimed"
    """Its bytes were read."""
    DECIDED = "decided"
    """By the program; what follows from it is not done yet."""
    REVIEWED = "reviewed"
    """Decided by a person, or a verdict taken back; not done yet."""
    APPROVED_FIRST = "approved-first"
    """By one of the two people who have to."""
    RULED = "ruled"
    """A person said what to cover or to show."""
    WRITTEN = "written"
    """The copy is in the outbox, or waits in review."""
    FILED = "filed"
    """There is no copy: the file is archived or in quarantine."""
    REJECTED = "rejected"
    """The copy is deleted."""
    SEALED = "sealed"
    REFERRED = "referred"
    """Sealed because a person said so."""
    SEAL_ANSWERED = "seal-answered"
    """The safeguarding lead recorded what was done about a sealed photo."""
    REOPENED = "reopened"
    UNDECIDED = "undecided"
    """A person's verdict could not be carried out: the photo waits again."""
    REISSUED = "reissued"
    """Another photo's copy stands in for this one's."""
    PUBLISHED = "published"
    TAKEN_DOWN = "taken-down"
    DROPPED = "dropped"
    """The file was never taken, or is processed where it came from: its row is gone."""
    DELETED = "deleted"
    """Files or records whose time was over."""
    CONSENTS = "consents"
    """The register changed."""
    IMPORT = "import"
    GATE = "gate"
    """Face recognition was opened or closed."""
    REGISTER_REPLACED = "register-replaced"
    """The register is not the one that was there before, or an older state of it."""
    ERASED = "erased"
    """A person was forgotten in the ledger."""
    DEVICES = "devices"
    """The list of devices was changed with the program."""
    REFUSED = "refused"
    """The program did not do what it was asked for, for safety."""
    SIGNED_IN = "signed-in"
    STAFF = "staff"
    """Somebody was put into the staff list or taken out of it, or has a new password."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one row says."""

    number: int
    """From 1, without gaps."""
    at: dt.datetime
    """When it was written down (aware, UTC, whole microseconds)."""
    kind: Kind
    about: str | None
    """The photo's id; None if it is not about one photo."""
    data: Mapping[str, Datum]
    """Codes, counts and keyed hashes; no names, faces, places in the picture, or names of files."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is stored."""

    number: int
    text: bytes
    """The entry in canonical form."""
    hash: str
    """In hexadecimal."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry: whoever keeps this elsewhere can prove later that everything up to it is unchanged."""

    number: int
    """0 for an empty record."""
    hash: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that does not fit."""

    number: int
    """The number that the entry should have."""
    why: str
    """In plain English."""


def canonical(entry: Entry) -> bytes:
    """The entry as bytes: JSON with sorted keys and without spaces, ASCII only. The same entry has the same bytes."""
    fields = {
        "n": entry.number,
        "at": entry.at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "kind": entry.kind,
        "about": entry.about,
        "data": dict(entry.data),
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def parsed(text: bytes) -> Entry:
    """The inverse of `canonical`. Raises ValueError if `text` is no entry."""
    fields = json.loads(text.decode("ascii"))
    try:
        at = dt.datetime.strptime(fields["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=dt.UTC)
        return Entry(int(fields["n"]), at, Kind(fields["kind"]), fields["about"], dict(fields["data"]))
    except (KeyError, TypeError) as error:
        raise ValueError("not an entry") from error


def chained(before: str, text: bytes) -> str:
    """SHA-256, in hexadecimal, over the hash of the entry before and the text of this one."""
    return hashlib.sha256(before.encode("ascii", "replace") + b"\n" + text).hexdigest()


def check(rows: Iterable[Row], head: Head | None = None) -> Iterator[Entry | Broken]:
    """Every entry in order; where one does not fit, what is wrong with it, and nothing after it.

    With a `head` that was kept elsewhere, an entry that is missing at the end, or a record that was made anew, is found
    too.
    """
    before, number = BEFORE_THE_FIRST, 0
    for row in rows:
        number += 1
        if row.number != number:
            yield Broken(number, f"entry {number} is missing: entry {row.number} comes in its place")
            return
        if row.hash != chained(before, row.text):
            yield Broken(number, f"entry {number}, or what it is chained to, was changed")
            return
        try:
            entry = parsed(row.text)
        except ValueError:
            entry = None
        if entry is None or entry.number != number:
            yield Broken(number, f"entry {number} cannot be read, or has another number in it")
            return
        if head is not None and head.number == number and head.hash != row.hash:
            yield Broken(number, f"entry {number} is not the one whose hash was kept: the record was made anew")
            return
        before = row.hash
        yield entry
    if head is not None and head.number > number:
        yield Broken(number + 1, f"entry {number + 1} is missing: the hash that was kept is of entry {head.number}")


def to_line(row: Row) -> bytes:
    """A row as one line of the exported chain: its hash, a space, its text."""
    return row.hash.encode("ascii", "replace") + b" " + row.text + b"\n"


def from_lines(data: bytes) -> Iterator[Row]:
    """The rows of an exported chain, numbered as they stand; what is no row becomes one that does not fit."""
    lines = data.split(b"\n")
    if lines[-1]:
        yield from map(_from_line, range(1, len(lines) + 1), lines)
    else:
        yield from map(_from_line, range(1, len(lines)), lines[:-1])


def _from_line(number: int, line: bytes) -> Row:
    stored, _, text = line.partition(b" ")
    return Row(number, text, stored.decode("ascii", "replace"))
