"""The database behind a ledger: opened, brought up to date, and asked in transactions."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, Self

import sqlalchemy as sa

from anonymiser.audit.chain import metadata as audit_metadata
from anonymiser.errors import DiskFullError, LedgerDamaged, WorkspaceAway, WorkspaceBusy, WorkspaceError
from anonymiser.ledger.noting import take_over
from anonymiser.ledger.tables import (
    AUDITED,
    REASONS_AS_CODES,
    VERSION,
    facts,
    metadata,
    rewrite_reports,
)

_SYNCHRONOUS = "FULL"
"""After a power cut, the intent to deliver must not be lost while the delivered file is there."""


_PATIENCE_MS = 30_000
"""So long another program may have the ledger locked."""


class LedgerStore:
    """An open ledger, without any knowledge of how a photo moves."""

    def __init__(self, path: Path, made_by: Mapping[str, str] | None = None) -> None:
        """Open or create the database; `made_by` says with which program, models and settings copies are made.

        Raises WorkspaceError if it cannot be used.
        """
        self.made_by = dict(made_by or {})
        self._path = path
        self._engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
        sa.event.listen(self._engine, "connect", _configure)
        sa.event.listen(self._engine, "begin", _begin_immediate)
        try:
            self._key = self._prepare()
        except sa.exc.DatabaseError as error:
            self._engine.dispose()
            raise self._damaged(error) from error
        except WorkspaceError:
            self._engine.dispose()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def _prepare(self) -> bytes:
        with self._begin() as connection:
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if found > VERSION:
                raise WorkspaceError(
                    "the ledger was written by a newer version of anonymiser", remedy="Update this installation."
                )
            if found < VERSION:
                metadata.create_all(connection)
                audit_metadata.create_all(connection)
                if 0 < found < REASONS_AS_CODES:
                    rewrite_reports(connection)
                if found < AUDITED:
                    take_over(connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
            key = connection.scalar(sa.select(facts.c.value).where(facts.c.name == "path-key"))
            if key is None:
                key = secrets.token_hex(32)
                connection.execute(facts.insert().values(name="path-key", value=key))
            return bytes.fromhex(key)

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.DatabaseError as error:
            if (explained := self._explained(error)) is None:
                raise
            raise explained from error

    def _explained(self, error: sa.exc.DatabaseError) -> WorkspaceError | None:
        """What the user can do about it; None for a defect of the program."""
        match str(getattr(error.orig, "sqlite_errorname", "")).split("_")[1:2]:
            case ["FULL"]:
                return DiskFullError("the disk is full", remedy="Free some space and start again.")
            case ["BUSY" | "LOCKED" | "PROTOCOL"]:
                return WorkspaceBusy(
                    "another program is using the ledger at this moment",
                    remedy="Try again in a minute. If that does not help, look for a backup or a synchronisation that "
                    "has the data folder open.",
                )
            case ["READONLY" | "PERM" | "CANTOPEN" | "AUTH"]:
                return WorkspaceError(
                    f"the ledger {self._path} cannot be opened for writing",
                    remedy="Check that the disk has room for another file, and give your account the right to read "
                    "and write in its folder and its files. The ledger itself is not damaged.",
                )
            case ["IOERR"]:
                return WorkspaceAway(
                    f"the disk did not read or write the ledger {self._path}",
                    remedy="Check its drive or network share, and its free space.",
                )
            case ["CORRUPT" | "NOTADB"]:
                return self._damaged(error)
        return None

    def _damaged(self, error: sa.exc.DatabaseError) -> LedgerDamaged:
        return LedgerDamaged(
            f"the ledger {self._path} cannot be used: {error.orig}",
            remedy="Restore it from a backup. To begin a new one, first move it away, and everything out of "
            "originals, outbox and sealed: without the ledger nobody can tell what was published.",
        )

    def path_key(self, root: Path, relative: PurePath) -> str:
        """HMAC-SHA-256 of a file's path, to recognise the file again without storing its name."""
        place = f"{root.as_posix()}\0{relative.as_posix()}"
        return hmac.new(self._key, place.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def folder_key(self, folder: str) -> str:
        """HMAC-SHA-256 of a folder's name, to recognise the folder again without storing its name."""
        return hmac.new(self._key, b"folder\0" + folder.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def scrub(self) -> None:
        """Leave no deleted value in the log beside the database; in the database itself it is overwritten already."""
        with self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            if driver is not None:
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def remember(self, name: str, value: Mapping[str, str | int | float]) -> None:
        """Store a small fact under a name, such as the last run's summary."""
        with self._begin() as connection:
            remember(connection, name, value)

    def recall(self, name: str) -> dict[str, str | int | float] | None:
        """A fact stored by `remember`."""
        with self._begin() as connection:
            return recall(connection, name)


def remember(connection: sa.Connection, name: str, value: Mapping[str, str | int | float]) -> None:
    """Store a fact in the transaction of `connection`."""
    connection.execute(facts.delete().where(facts.c.name == name))
    connection.execute(facts.insert().values(name=name, value=json.dumps(dict(value))))


def recall(connection: sa.Connection, name: str) -> dict[str, str | int | float] | None:
    """A fact that `remember` stored."""
    text = connection.scalar(sa.select(facts.c.value).where(facts.c.name == name))
    return None if text is None else dict(json.loads(text))


def _configure(connection: Any, _: object) -> None:  # noqa: ANN401 - the DBAPI has no type
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute(f"PRAGMA synchronous = {_SYNCHRONOUS}")
    cursor.close()


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
