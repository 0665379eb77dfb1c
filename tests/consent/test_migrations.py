"""The tables that migrations make are the tables that the program uses."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select

from anonymiser import wording
from anonymiser.consent import schema
from anonymiser.consent.database import make_engine, migrate
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


def test_the_newest_revision_is_the_one_that_the_program_expects() -> None:
    """Adding a migration without raising schema.REVISION would leave registers behind."""
    config = Config()
    config.set_main_option("script_location", "anonymiser.consent:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [schema.REVISION]


def test_sentences_that_earlier_versions_stored_become_names(tmp_path: Path) -> None:
    """A refusal that an earlier program recorded is the same refusal afterwards, however it is worded today."""
    engine = make_engine(f"sqlite:///{tmp_path}/r.sqlite3")
    migrate(engine)
    now = dt.datetime.now(dt.UTC)
    with engine.begin() as connection:
        connection.execute(schema.change.insert().values(version=1, at=now, kind="import"))
        connection.execute(schema.person.insert().values(id="p1", version=1, wrapped_key=b"0"))
        row = {"version": 1, "person": "p1", "purpose": "website", "medium": "image", "source": "import"}
        for why in ("the family said no", "no longer in the school's list", None):
            connection.execute(schema.consent.insert().values(**row, why_refused=why))
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0003'")
    migrate(engine)
    with engine.connect() as connection:
        assert list(connection.scalars(select(schema.consent.c.why_refused).order_by(schema.consent.c.id))) == [
            Why.SAID_NO, Why.VANISHED, None,
        ]  # fmt: skip
    assert {why.value for why in Why} == wording._WHY.keys()
