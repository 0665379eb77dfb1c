"""Fixtures of every folder whose tests work in a workspace; each conftest.py imports those that it wants."""

from __future__ import annotations

from pathlib import Path

import pytest
from intake_kit import new_workspace

from anonymiser.workspace import Workspace


@pytest.fixture(autouse=True)
def no_syncing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test pulls the plug, so none waits for the disk."""
    monkeypatch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "school")
