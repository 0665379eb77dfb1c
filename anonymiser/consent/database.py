"""Connections, transactions and migrations of the register."""

from __future__ import annotations

import datetime as dt
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, insert, inspect, make_url, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from anonymiser.consent import schema
from anonymiser.consent.vault import Vault
from anonymiser.errors import RegisterError, WorkspaceBusy

PASSWORD_VARIABLE = "ANONYMISER_REGISTER_PASSWORD"  # noqa: S105 - its name
_THIS_COMPUTER = (None, "localhost", "127.0.0.1", "::1")
_PATIENCE_MS = 20_000
"""So long another program may have the register locked."""
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_WRITER_LOCK = 0x616E6F6E
"""Number of the lock ("anon") that writers of one PostgreSQL database take in turn."""


@dataclass(slots=True)
class Session:
    """One transaction: what it may read, and the version of the rows that it writes."""

    connection: Connection
    vault: Vault
    version: int
    """When reading, rows of later versions do not exist; when writing, the version of every new row."""
    keep: bool = True
    """False: nothing of a writing transaction is kept (a dry run, or nothing to say)."""


_LATEST = select(func.max(schema.change.c.version))


def make_engine(url: str | URL) -> Engine:
    """An engine whose transactions see one state of the register, and whose writers take turns.

    SQLite connections are durable, strict, and leave no deleted bytes behind. Connections are not pooled: a closed
    register keeps no file open, which Windows would refuse to move.

    Raises RegisterError if PostgreSQL is wanted and its driver is not installed.
    """
    place = make_url(url)
    if place.get_backend_name() == "postgresql":
        return _make_postgresql_engine(place)
    engine = create_engine(place, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_postgresql_engine(place: URL) -> Engine:
    if place.password is None and (password := os.environ.get(PASSWORD_VARIABLE)):
        place = place.set(password=password)
    try:
        engine = create_engine(
            place.set(drivername="postgresql+pg8000"),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args=_encryption(place.host),
        )
    except ModuleNotFoundError as error:
        raise RegisterError(
            "this installation cannot talk to PostgreSQL",
            remedy="Install it with: pip install 'anonymiser[postgresql]'",
        ) from error
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _encryption(host: str | None) -> dict[str, ssl.SSLContext]:
    """A server on another computer must use TLS, with a certificate that this computer trusts."""
    return {} if host in _THIS_COMPUTER else {"ssl_context": ssl.create_default_context()}


def _prepare_sqlite(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, DDL included
    for pragma in (
        f"busy_timeout={_PATIENCE_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # a recorded withdrawal survives a power cut
        "foreign_keys=ON",
        "secure_delete=ON",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    # A transaction that reads first and writes later could find that another process wrote in between.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("writing", False):
        # One writer at a time: otherwise versions would be given out in one order and appear in another. Each later
        # statement sees what was committed before the lock was taken (READ COMMITTED, the default).
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


@contextmanager
def reported() -> Iterator[None]:
    """Turn database errors into RegisterError, without the values in the statement; WorkspaceBusy for a lock."""
    try:
        yield
    except IntegrityError as error:
        raise RegisterError(
            "the register refused the change because it contradicts what it holds", remedy="Nothing was changed."
        ) from error
    except SQLAlchemyError as error:
        if str(getattr(getattr(error, "orig", None), "sqlite_errorname", "")).startswith(_BUSY):
            raise WorkspaceBusy(
                "another program is using the consent register at this moment",
                remedy="Try again in a minute. If that does not help, look for a backup or a synchronisation that has "
                "the data folder open.",
            ) from error
        raise RegisterError(
            f"the consent register cannot be used: {_reason(error)}",
            remedy="Check the disk and your rights to data/ (or the database server and [consent] register_url); "
            "if the file is damaged, restore it from a backup.",
        ) from error


def _reason(error: SQLAlchemyError) -> str:
    cause: object = getattr(error, "orig", None) or type(error).__name__
    details = cause.args[0] if isinstance(cause, Exception) and cause.args else None
    # PostgreSQL's details can hold values of a row; its message does not.
    return str(details.get("M", type(cause).__name__) if isinstance(details, dict) else cause)


@contextmanager
def writing_connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose transactions lock the register for writing from their first statement."""
    with engine.connect() as connection:
        yield connection.execution_options(writing=True)


def migrate(engine: Engine) -> None:
    """Update the tables to the newest revision; an up-to-date register costs one query.

    Raises RegisterError if a newer anonymiser has made the register.
    """
    if _revision(engine) == schema.REVISION:
        return
    from alembic import command  # noqa: PLC0415 - slow to import, needed once per upgrade
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "anonymiser.consent:migrations")
    config.set_main_option("path_separator", "os")
    with writing_connection(engine) as connection, connection.begin():
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise RegisterError(
                "this register was made by a newer version of anonymiser",
                remedy="Install that version, or a newer one.",
            ) from error


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection, connection.begin():
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


def latest_version(connection: Connection, known_at: dt.datetime | None = None) -> int:
    """The newest version, or the newest one recorded by the moment `known_at`; 0 for an empty register."""
    query = _LATEST if known_at is None else _LATEST.where(schema.change.c.at <= known_at)
    return connection.scalar(query) or 0


def newest_change(session: Session, after_version: int = 0) -> dt.datetime | None:
    """When the newest change after `after_version` was recorded (aware); None without any."""
    moments = select(schema.change.c.at).where(schema.change.c.version > after_version)
    return session.connection.scalar(moments.order_by(schema.change.c.at.desc()).limit(1))


def new_version(connection: Connection, kind: str) -> int:
    """Date a change and return its version.

    If the clock was set back, history must not run backwards, so a change is never dated before the last one.
    """
    now = dt.datetime.now(dt.UTC)
    last = connection.scalar(select(schema.change.c.at).order_by(schema.change.c.version.desc()).limit(1))
    row = insert(schema.change).values(at=max(now, last or now), kind=kind).returning(schema.change.c.version)
    version: int = connection.execute(row).scalar_one()
    return version


def scrub(engine: Engine) -> None:
    """Leave no deleted value in the register's files.

    SQLite has overwritten it, except in the write-ahead log, which is emptied. PostgreSQL keeps deleted rows in its
    tables until they are rewritten; whoever runs the server takes care of its write-ahead log.
    """
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        if isinstance(driver, SqliteConnection):
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        elif driver is not None:
            driver.autocommit = True
            cursor = driver.cursor()
            for table in schema.metadata.sorted_tables:
                cursor.execute(f'VACUUM FULL "{table.name}"')
            driver.autocommit = False
