"""Opening a register: damaged, newer, unreachable, and without the driver."""

from __future__ import annotations

import contextlib
import sqlite3
import ssl
import sys

import pytest

from anonymiser.consent import database
from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.consent.database import make_engine
from anonymiser.consent.register import Register
from anonymiser.consent.vault import KeyFile
from anonymiser.errors import RegisterError, SettingsError, WorkspaceBusy
from anonymiser.values.consent import Event, Purpose
from anonymiser.workspace import Workspace


def test_a_damaged_register_is_named_and_nothing_is_lost(workspace: Workspace) -> None:
    """A file that is no database is refused with a remedy and left as it is."""
    workspace.register_file.write_bytes(b"not a database" * 100)
    with pytest.raises(RegisterError, match="cannot be used") as error:
        Register.open(workspace)
    assert error.value.remedy
    assert workspace.register_file.read_bytes() == b"not a database" * 100


def test_a_register_of_a_newer_version_is_left_alone(workspace: Workspace) -> None:
    """An older program refuses tables that it does not know."""
    Register.open(workspace).close()
    with sqlite3.connect(workspace.register_file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(RegisterError, match="newer version"):
        Register.open(workspace)


def test_a_register_folder_that_cannot_be_written(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing rights are told as such, with the remedy."""
    workspace.register_file.mkdir()
    with pytest.raises(RegisterError, match="cannot be written"):
        Register.open(workspace)


def test_a_register_that_another_program_keeps_locked_is_busy(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That passes by itself, so a watch waits for it, and nobody is told to restore anything."""
    monkeypatch.setattr(database, "_PATIENCE_MS", 50)
    Register.open(workspace).close()
    with contextlib.closing(sqlite3.connect(workspace.register_file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(WorkspaceBusy, match="consent register"):
            Register.open(workspace)


def test_a_server_that_does_not_answer_is_named_without_its_password(workspace: Workspace) -> None:
    """The error has a remedy and keeps the secret."""
    with pytest.raises(RegisterError, match="cannot be used") as error:
        Register.open_url("postgresql://school:secret@127.0.0.1:1/register", KeyFile(workspace.key_file))
    assert "register_url" in error.value.remedy
    assert "secret" not in repr(error.value) + repr(error.value.__cause__)


def test_a_server_elsewhere_is_reached_under_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this computer is talked to in the clear; every other server must show a certificate."""
    assert database._encryption("127.0.0.1") == database._encryption(None) == {}
    context = database._encryption("db.trust.example")["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_the_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It need not stand in the settings; one that does is used."""
    monkeypatch.setenv(database.PASSWORD_VARIABLE, "from outside")
    found = [make_engine(f"postgresql://{user}@localhost/register").url.password for user in ("school", "school:own")]
    assert found == ["from outside", "own"]


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever installed without PostgreSQL is told how to add it."""
    monkeypatch.setitem(sys.modules, "pg8000", None)
    with pytest.raises(RegisterError, match="PostgreSQL") as error:
        make_engine("postgresql://school@localhost/register")
    assert "pip install" in error.value.remedy


def test_another_kind_of_url_is_a_wrong_setting(workspace: Workspace) -> None:
    """A register is a file of the workspace or a PostgreSQL database."""
    (workspace.root / "anonymiser.toml").write_text('[consent]\nregister_url = "mysql://x/y"\n')
    with pytest.raises(SettingsError, match="register_url"):
        Workspace.open(workspace.root)


def test_a_run_asks_the_register_on_the_server(workspace: Workspace, postgresql: str) -> None:
    """With register_url set no register file is made, and an event's consents come from the server."""
    settings = f'[consent]\nregister_url = "{postgresql}"\n'
    (workspace.root / "anonymiser.toml").write_text(settings, encoding="utf-8")
    place = Workspace.open(workspace.root)
    with Register.open(place) as register, WorkspaceContexts(place) as contexts:
        before = contexts.current(Event("Fair", Purpose("website")))
        register.open_gate("DPIA 1", "Head")
        assert contexts.current(Event("Fair", Purpose("website"))).context.consents.version == 1
    assert before.context.consents.version == 0
    assert not place.register_file.exists()
