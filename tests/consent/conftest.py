from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from anonymiser.consent.csv_import import parse_file
from anonymiser.consent.database import make_engine
from anonymiser.consent.importing import Coverage, ImportReport
from anonymiser.consent.parsed import ParsedFile
from anonymiser.consent.register import Register
from anonymiser.values.consent import STANDARD_PURPOSES, Event, Purpose
from anonymiser.values.identity import Embedding
from anonymiser.workspace import Workspace

FIXTURES = Path(__file__).with_name("fixtures")
WEBSITE = Event("Sports day", Purpose("website"))


TODAY = dt.date(2026, 11, 28)
"""When the lists are imported, some of which have a date in their title."""
SERVER = os.environ.get("ANONYMISER_TEST_POSTGRESQL", "")
"""URL of a PostgreSQL database whose tables tests may delete: postgresql://user:password@127.0.0.1/database."""


@pytest.fixture
def postgresql() -> Iterator[str]:
    """URL of an empty database on a real server, ours alone until the end of the test: other workers wait."""
    if not SERVER:
        pytest.skip("no PostgreSQL server: set ANONYMISER_TEST_POSTGRESQL to the URL of a database for tests")
    with make_engine(SERVER).connect() as connection:
        execute = connection.execution_options(isolation_level="AUTOCOMMIT", writing=True).exec_driver_sql
        execute("SET lock_timeout = '5min'")
        execute("SELECT pg_advisory_lock(1)")
        for table in connection.dialect.get_table_names(connection):
            execute(f'DROP TABLE "{table}" CASCADE')
        yield SERVER


@pytest.fixture
def register_url() -> str:
    """Where the workspace's register is; test_register.py runs its tests with each kind of database."""
    return ""


@pytest.fixture
def workspace(tmp_path: Path, register_url: str) -> Workspace:
    return Workspace.create(tmp_path / "school", f'[consent]\nregister_url = "{register_url}"\n')


@pytest.fixture
def register(workspace: Workspace) -> Iterator[Register]:
    with Register.open(workspace) as opened:
        yield opened


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., ParsedFile]:
    """Parse text (or a fixture by its name) as a consent file."""

    def parse(text: str, mapping: str | None = None) -> ParsedFile:
        path = FIXTURES / text
        if "\n" in text:
            path = tmp_path / "consents.csv"
            path.write_text(text, encoding="utf-8", newline="")
        parsed = parse_file(path, FIXTURES / mapping if mapping else None, STANDARD_PURPOSES, TODAY)
        assert isinstance(parsed, ParsedFile)
        return parsed

    return parse


@pytest.fixture
def load(register: Register, read: Callable[..., ParsedFile]) -> Callable[..., ImportReport]:
    """Import text (or a fixture by its name) into the register."""

    def load_text(
        text: str, mapping: str | None = None, coverage: Coverage = Coverage.USUAL, **choices: bool
    ) -> ImportReport:
        return register.import_consents(read(text, mapping), coverage, **choices)

    return load_text


@pytest.fixture
def website() -> Event:
    return WEBSITE


@pytest.fixture
def school(load: Callable[..., ImportReport]) -> ImportReport:
    """Four pupils in two classes, everybody with consent for the website."""
    return load(
        "person_id,forename,surname,class,website\n"
        "p00,Ella,Smith,3A,granted\np01,Tom,Brown,3A,granted\np02,Mia,Khan,3B,granted\np03,Ali,Jones,3B,granted\n"
    )


@pytest.fixture
def face() -> Callable[[int], Embedding]:
    """Two unit embeddings of an invented face."""

    def make(seed: int) -> Embedding:
        values = np.random.default_rng(seed).normal(size=(2, 128))
        return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)

    return make


@pytest.fixture
def agree(register: Register) -> Callable[..., None]:
    """Record a written consent to face recognition."""

    def record(person: str, **details: object) -> None:
        register.record_biometric_consent(
            register.find(person), evidence="form", parents_notified=dt.date(2025, 9, 1), **details
        )

    return record
