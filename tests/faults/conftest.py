from __future__ import annotations

import keyring
import pytest
from fault_kit import new_school
from keyring.backends.fail import Keyring as NoKeyring
from workspace_fixtures import no_syncing

from anonymiser.workspace import Workspace

__all__ = ["no_syncing"]


@pytest.fixture(scope="session")
def empty_school(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Made once, and copied by every test."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # its copies have their key in a file
    try:
        return new_school(tmp_path_factory.mktemp("template") / "school")
    finally:
        keyring.set_keyring(before)
