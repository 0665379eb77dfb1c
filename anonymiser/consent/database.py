"""Connections, transactions and migrations of the register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from anonymiser.consent import schema
from anonymiser.consent.vault import Vault
from anonymiser.errors import RegisterError


@dataclass(slots=True)
class Session:
    """One transaction: what it may read, and the version that its rows are written under."""

    connection: Connection
    vault: Vault
    version: int
    """Reading: rows of later versions do not exist. Writing: the version of every new row."""
    keep: bool = True
    """False: nothing of a writing transaction is kept (a dry run, or nothing to say)."""


def make_engine(url: str | URL) -> Engine:
    """An engine whose SQLite connections are durable, strict, and leave no deleted bytes behind.

    Connections are not pooled: a closed register holds no file, which Windows would refuse to move.
    """
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, DDL included
    for pragma in (
        "busy_timeout=20000",
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


@contextmanager
def reported() -> Iterator[None]:
    """Turn database errors into RegisterError, without the values that were on their way."""
    try:
        yield
    except IntegrityError as error:
        raise RegisterError(
            "the register refused the change because it contradicts what it holds", remedy="Nothing was changed."
        ) from error
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or type(error).__name__
        raise RegisterError(
            f"the consent register cannot be used: {reason}",
            remedy="Check the disk and your rights to data/; if the file is damaged, restore it from a backup.",
        ) from error


@contextmanager
def writing_connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose transactions lock the register for writing from their first statement."""
    with engine.connect() as connection:
        yield connection.execution_options(writing=True)


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest revision; an up-to-date register costs one query.

    Raises RegisterError where a newer anonymiser has made the register.
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
    query = select(func.max(schema.change.c.version))
    if known_at is not None:
        query = query.where(schema.change.c.at <= known_at)
    return connection.scalar(query) or 0


def new_version(connection: Connection, kind: str) -> int:
    """Date a change and return its version.

    A clock that was set back must not make history run backwards, so a change is never dated before the last.
    """
    now = dt.datetime.now(dt.UTC)
    last = connection.scalar(select(schema.change.c.at).order_by(schema.change.c.version.desc()).limit(1))
    row = insert(schema.change).values(at=max(now, last or now), kind=kind).returning(schema.change.c.version)
    version: int = connection.execute(row).scalar_one()
    return version


def truncate_log(engine: Engine) -> None:
    """Empty SQLite's write-ahead log, so that deleted values are in no file of the register any more."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            if isinstance(driver, SqliteConnection):
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
