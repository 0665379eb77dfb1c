"""The tables that migrations make are the tables that the program uses."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from anonymiser.consent import schema
from anonymiser.consent.database import make_engine, migrate


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
