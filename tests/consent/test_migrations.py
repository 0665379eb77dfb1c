"""The tables that migrations make are the tables that the program uses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, select, text

from anonymiser import wording
from anonymiser.consent import schema
from anonymiser.consent.database import make_engine, migrate, writing_connection
from anonymiser.consent.rules import Why


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_migrations_make_exactly_the_schema(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """An empty database that is migrated has every table, column, key and index of schema.py, and no other."""
    on_a_server = kind == "postgresql"
    engine = make_engine(request.getfixturevalue("postgresql") if on_a_server else f"sqlite:///{tmp_path}/r.sqlite3")
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


@contextmanager
def at_revision(engine: Engine, revision: str) -> Iterator[Connection]:
    """The tables of an earlier version, to be filled."""
    config = Config()
    config.set_main_option("script_location", "anonymiser.consent:migrations")
    config.set_main_option("path_separator", "os")
    with writing_connection(engine) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        yield connection


def test_a_register_of_before_knows_whom_its_imports_listed(tmp_path: Path) -> None:
    """A list of the whole school confirmed everybody who was there, a part of it those whose answers it changed."""
    engine = make_engine(f"sqlite:///{tmp_path}/r.sqlite3")
    with at_revision(engine, "0002") as connection:
        for version in (1, 2, 3):
            connection.execute(text("INSERT INTO change VALUES (:v, '2026-01-01', 'import')"), {"v": version})
        for person, version in (("a", 1), ("b", 1), ("c", 3)):
            connection.execute(text("INSERT INTO person VALUES (:p, :v, x'00')"), {"p": person, "v": version})
        for version, partial in ((1, False), (3, True)):
            connection.execute(
                text(
                    "INSERT INTO import_file (version, fingerprint, sha256, mapping_sha256, people, partial, covers) "
                    "VALUES (:v, :v, '', '', 2, :partial, '[]')"
                ),
                {"v": version, "partial": partial},
            )
        for person, version in (("a", 1), ("c", 3)):
            connection.execute(
                text(
                    "INSERT INTO consent (version, person, purpose, medium, source) "
                    "VALUES (:v, :p, 'website', 'image', 'import')"
                ),
                {"p": person, "v": version},
            )
    migrate(engine)
    with engine.connect() as connection:
        rows = connection.execute(schema.listed.select()).all()
    assert {(row.version, row.person) for row in rows} == {(1, "a"), (1, "b"), (3, "c")}


def test_the_newest_revision_is_the_one_that_the_program_expects() -> None:
    """Adding a migration without raising schema.REVISION would leave registers behind."""
    config = Config()
    config.set_main_option("script_location", "anonymiser.consent:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [schema.REVISION]


def test_sentences_that_earlier_versions_stored_become_names(tmp_path: Path) -> None:
    """A refusal that an earlier program recorded is the same refusal afterwards, however it is worded today."""
    engine = make_engine(f"sqlite:///{tmp_path}/r.sqlite3")
    now = dt.datetime.now(dt.UTC)
    with at_revision(engine, "0003") as connection:
        connection.execute(schema.change.insert().values(version=1, at=now, kind="import"))
        connection.execute(schema.person.insert().values(id="p1", version=1, wrapped_key=b"0"))
        row = {"version": 1, "person": "p1", "purpose": "website", "medium": "image", "source": "import"}
        for why in ("the family said no", "no longer in the school's list", None):
            connection.execute(schema.consent.insert().values(**row, why_refused=why))
    migrate(engine)
    with engine.connect() as connection:
        assert list(connection.scalars(select(schema.consent.c.why_refused).order_by(schema.consent.c.id))) == [
            Why.SAID_NO, Why.VANISHED, None,
        ]  # fmt: skip
    assert {why.value for why in Why} == wording._WHY.keys()


def test_an_earlier_calibration_stays_on_record_without_the_mean_of_faces(tmp_path: Path) -> None:
    """It is told apart by its recipe; the encrypted mean and its key leave the file."""
    engine = make_engine(f"sqlite:///{tmp_path}/r.sqlite3")
    with at_revision(engine, "0004") as connection:
        connection.execute(text("INSERT INTO change VALUES (1, '2026-01-01', 'calibration')"))
        connection.execute(
            text(
                "INSERT INTO calibration (version, model_sha256, could_be, sure, margin, wrapped_key, sealed_mean) "
                "VALUES (1, 'a', 0.3, 0.41, 0.08, :key, :mean)"
            ),
            {"key": b"the key" * 9, "mean": b"the mean" * 99},
        )
    assert b"the mean" in (tmp_path / "r.sqlite3").read_bytes()
    migrate(engine)
    with engine.connect() as connection:
        (row,) = connection.execute(schema.calibration.select()).all()
    assert (row.sure, row.recipe) == (0.41, 1)
    assert not any(secret in (tmp_path / "r.sqlite3").read_bytes() for secret in (b"the mean", b"the key"))
