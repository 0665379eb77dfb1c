from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from audit_kit import new_school, work
from intake_kit import fake_workers
from keyring.backends.fail import Keyring as NoKeyring
from workspace_fixtures import no_syncing

from anonymiser.school import School

__all__ = ["no_syncing"]


@pytest.fixture(scope="session")
def schools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Made once, and copied by every test; their keys are in files."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
        patch.setattr("os.fsync", lambda _: None)
        new = new_school(tmp_path_factory.mktemp("new") / "school")
        busy = tmp_path_factory.mktemp("busy") / "school"
        shutil.copytree(new, busy)
        work(busy)
    keyring.set_keyring(before)
    return {"new": new, "busy": busy}


@pytest.fixture
def school(schools: dict[str, Path], tmp_path: Path) -> Iterator[School]:
    """A school with two pupils and no photo yet."""
    yield from _opened(schools["new"], tmp_path)


@pytest.fixture
def busy(schools: dict[str, Path], tmp_path: Path) -> Iterator[School]:
    """The same after a day."""
    yield from _opened(schools["busy"], tmp_path)


def _opened(template: Path, tmp_path: Path) -> Iterator[School]:
    shutil.copytree(template, tmp_path / "school")
    with School.open(tmp_path / "school", workers=fake_workers) as opened:
        yield opened
