from __future__ import annotations

import pytest
from fault_kit import new_school
from workspace_fixtures import no_syncing

from anonymiser.workspace import Workspace

__all__ = ["no_syncing"]


@pytest.fixture(scope="session")
def empty_school(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Made once, and copied by every test."""
    return new_school(tmp_path_factory.mktemp("template") / "school")
