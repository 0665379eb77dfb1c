from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from intake_kit import FAST_SETTINGS, fake_workers, new_workspace

from anonymiser.school import School


@pytest.fixture
def school(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[School]:
    """A school whose workers do what a photo's first line says."""
    monkeypatch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
    with School(new_workspace(tmp_path / "school", FAST_SETTINGS), workers=fake_workers) as opened:
        yield opened
