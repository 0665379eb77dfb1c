"""The chain in a database: entries are added in the transaction of what they tell, and never changed.

So a process that dies leaves both or neither. What could name somebody is stored as an HMAC with a secret that belongs
to one photo or one person. When the secret is deleted, nobody can tell any more whom or what the hash meant, and the
chain stays whole.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterable

import sqlalchemy as sa

from anonymiser.audit.entry import BEFORE_THE_FIRST, Datum, Entry, Head, Kind, Row, canonical, chained

_PAGE = 2000
_SECRET_BYTES = 32

metadata = sa.MetaData()
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("entry", sa.Text, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
)
audit_secrets = sa.Table(
    "audit_secrets",
    metadata,
    sa.Column("subject", sa.String, primary_key=True),
    sa.Column("secret", sa.LargeBinary, nullable=False),
)
"""Keys of the hashes in the chain, by what they are about; deleting one makes its hashes meaningless."""
# Built once: that takes longer than SQLite's answer, and every entry asks for both.
_NEWEST = sa.select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
_SECRET = sa.select(audit_secrets.c.secret).where(audit_secrets.c.subject == sa.bindparam("subject"))


def of_photo(item_id: str) -> str:
    """The subject of hashes about one photo."""
    return f"photo:{item_id}"


def of_person(person: str) -> str:
    """The subject of hashes about one person of the register."""
    return f"person:{person}"


def of_signer(name: str) -> str:
    """The subject of hashes of somebody who decides, by the name that they gave."""
    return f"by:{name}"


class Recorder:
    """Adds entries in one transaction, which the caller has begun for writing."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._head = head(connection)

    def add(
        self,
        kind: Kind,
        about: str | None = None,
        data: dict[str, Datum] | None = None,
        *,
        people: Iterable[str] = (),
        by: str = "",
        whom: str = "",
        at: dt.datetime | None = None,
    ) -> None:
        """One entry, about pupils (`people`) or a member of staff (`whom`), done `by` somebody: all as keyed hashes."""
        number = self._head.number + 1
        fields = dict(data or {})
        if marks := sorted({self._mark(of_person(person), number) for person in people}):
            fields["people"] = marks
        if by:
            fields["by"] = self._mark(of_signer(by), number)
        if whom:
            fields["whom"] = self._mark(of_signer(whom), number)
        entry = Entry(number, at or dt.datetime.now(dt.UTC), kind, about, fields)
        text = canonical(entry)
        self._head = Head(number, chained(self._head.hash, text))
        row = {"number": number, "entry": text.decode("ascii"), "hash": self._head.hash}
        self._connection.execute(audit.insert(), row)

    def keyed(self, item_id: str, what: str, value: str | None) -> str | None:
        """A hash of something about one photo, which only that photo's secret explains; None of nothing."""
        if value is None:
            return None
        return keyed(self._secret(of_photo(item_id)), what, value)

    def _mark(self, subject: str, number: int) -> str:
        return keyed(self._secret(subject), "entry", str(number))

    def _secret(self, subject: str) -> bytes:
        found = secret(self._connection, subject)
        if found is None:
            found = secrets.token_bytes(_SECRET_BYTES)
            self._connection.execute(audit_secrets.insert(), {"subject": subject, "secret": found})
        return found


def keyed(key: bytes, what: str, value: str) -> str:
    """HMAC-SHA-256 in hexadecimal of `value`, apart for each `what`."""
    return hmac.new(key, f"{what}\0{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def is_marked(key: bytes, entry: Entry, field: str = "people") -> bool:
    """Whether the entry is about the subject with this secret (`people`), or was made by them (`by`)."""
    marks = entry.data.get(field)
    mark = keyed(key, "entry", str(entry.number))
    return mark == marks if isinstance(marks, str) else isinstance(marks, list) and mark in marks


def secret(connection: sa.Connection, subject: str) -> bytes | None:
    """The key of the hashes about a subject; None if there are none, or they have been made meaningless."""
    found: bytes | None = connection.scalar(_SECRET, {"subject": subject})
    return found


def delete_secrets(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> int:
    """Make the hashes about all subjects that fit one of the conditions meaningless; returns their number."""
    return connection.execute(audit_secrets.delete().where(sa.or_(*conditions))).rowcount if conditions else 0


def head(connection: sa.Connection) -> Head:
    """The newest entry."""
    row = connection.execute(_NEWEST).one_or_none()
    return Head(0, BEFORE_THE_FIRST) if row is None else Head(row.number, row.hash)


def page(connection: sa.Connection, after: int | None) -> list[Row]:
    """The next rows after a number, or the first; as bytes, because whoever changed a row may have left no text."""
    a = audit.c
    text, stored = sa.cast(a.entry, sa.LargeBinary), sa.cast(a.hash, sa.LargeBinary)
    query = sa.select(a.number, text, stored).order_by(a.number).limit(_PAGE)
    query = query if after is None else query.where(a.number > after)
    return [
        Row(number, bytes(entry or b""), bytes(found or b"").decode("ascii", "replace"))
        for number, entry, found in connection.execute(query)
    ]


def about(connection: sa.Connection, item_id: str) -> list[Row]:
    """The rows about one photo, newest first."""
    a = audit.c
    query = sa.select(a.number, a.entry, a.hash).where(sa.func.instr(a.entry, f'"about":"{item_id}"') > 0)
    rows = connection.execute(query.order_by(a.number.desc())).all()
    return [Row(row.number, row.entry.encode(), row.hash) for row in rows]
