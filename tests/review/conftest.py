from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from intake_kit import new_workspace
from keyring.backends.fail import Keyring as NoKeyring

from anonymiser.workspace import Workspace


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    """Keep tests away from the keyring of whoever runs them."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def no_syncing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test pulls the plug, so none waits for the disk."""
    monkeypatch.setattr("anonymiser.ledger.ledger._SYNCHRONOUS", "OFF")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "school")
