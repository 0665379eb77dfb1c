"""Opening the register: its database, its key, and the two kinds of transaction."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Engine, insert, select

from anonymiser.consent import schema
from anonymiser.consent.database import (
    Session,
    latest_version,
    make_engine,
    migrate,
    new_version,
    reported,
    scrub,
    writing_connection,
)
from anonymiser.consent.vault import KeyStore, Vault, choose_key_store, forbid_core_dumps, unlock
from anonymiser.errors import RegisterError
from anonymiser.workspace import Workspace


class Store:
    """An open register; it does not know what is in it."""

    def __init__(self, engine: Engine, key_store: KeyStore) -> None:
        self._engine = engine
        self.notices: tuple[str, ...] = ()
        """What to tell the user once: set when the register was new and its key is in a file."""
        forbid_core_dumps()
        with reported():
            migrate(engine)
            self._vault = self._unlocked(key_store)

    @classmethod
    def open(cls, workspace: Workspace, key_store: KeyStore | None = None) -> Self:
        """The workspace's register, created if there is none yet.

        Args:
            workspace: Whose register.
            key_store: Where its key is; default: the keyring of this computer, else the workspace's key file.
        """
        store = key_store or choose_key_store(workspace.key_file)
        if server := workspace.settings.consent.register_url:
            return cls.open_url(server, store)
        path = workspace.register_file
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # SQLite would let everybody read it; its log and index files copy these rights.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise RegisterError(
                f"the register cannot be written to {path.parent}: {error.strerror}",
                remedy="Give your account the right to write there.",
            ) from error
        return cls.open_url(URL.create("sqlite", database=str(path)), store)

    @classmethod
    def open_url(cls, url: str | URL, key_store: KeyStore) -> Self:
        """The register behind a database URL: `sqlite:///FILE` or `postgresql://user@host/database`."""
        return cls(make_engine(url), key_store)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    @property
    def version(self) -> int:
        """Number of the newest change; 0 for a register that was never written to."""
        with self._reading() as session:
            return session.version

    @contextmanager
    def _reading(self, known_at: dt.datetime | None = None) -> Iterator[Session]:
        """A consistent view of everything that was recorded by `known_at` (default: until now)."""
        with reported(), self._engine.connect() as connection, connection.begin():
            yield Session(connection, self._vault, latest_version(connection, known_at))

    @contextmanager
    def _writing(self, kind: str) -> Iterator[Session]:
        """A change of the register; an exception, or `session.keep = False`, leaves no trace of it."""
        with reported(), writing_connection(self._engine) as connection, connection.begin() as transaction:
            session = Session(connection, self._vault, new_version(connection, kind))
            yield session
            if not session.keep:
                transaction.rollback()

    def _scrub(self) -> None:
        """Leave no deleted value in any file of the register."""
        with reported():
            scrub(self._engine)

    def _unlocked(self, key_store: KeyStore) -> Vault:
        """The vault of this register; a new register gets a name and a key, which only one process can do."""
        entry = select(schema.vault.c.name, schema.vault.c.key_check)
        with self._engine.connect() as connection, connection.begin():
            row = connection.execute(entry).first()
        if row is not None:
            return unlock(key_store, row.name, row.key_check)
        with writing_connection(self._engine) as connection, connection.begin():
            row = connection.execute(entry).first()
            if row is not None:
                return unlock(key_store, row.name, row.key_check)
            name = str(uuid.uuid4())
            vault = unlock(key_store, name, None)
            connection.execute(insert(schema.vault).values(name=name, key_check=vault.check))
        if key_store.notice:
            self.notices = (key_store.notice,)
        return vault
