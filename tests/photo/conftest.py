from __future__ import annotations

from pathlib import Path

import pytest
from bad_inputs import BadFile, make_bad_files


@pytest.fixture(scope="session")
def bad_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, BadFile]:
    """Every bad input as a real file, by a short name."""
    folder: Path = tmp_path_factory.mktemp("bad")
    return make_bad_files(folder)
