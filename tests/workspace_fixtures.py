"""Fixtures of every folder whose tests work in a workspace; each conftest.py imports those that it wants."""

from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher
from intake_kit import new_workspace

from anonymiser.workspace import Workspace


@pytest.fixture(autouse=True)
def no_syncing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test pulls the plug, so none waits for the disk."""
    monkeypatch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that take no time; what the product's own are like is a test of its own."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("anonymiser.staff.passwords._hasher", lambda: hasher)
    monkeypatch.setattr("anonymiser.staff.passwords.NOBODYS", hasher.hash("nobody knows this"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "school")
