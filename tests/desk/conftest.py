from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keyring
import pytest
from browser_kit import chromium
from desk_kit import DeskClient, running_desk
from intake_kit import TWO_PUPILS, fake_workers, import_consents, new_workspace
from keyring.backends.fail import Keyring as NoKeyring
from workspace_fixtures import no_syncing, quick_passwords, workspace

from anonymiser.workspace import Workspace

__all__ = ["no_syncing", "quick_passwords", "workspace"]


_LIGHT = ["--no-sandbox", "--disable-gpu", "--in-process-gpu", "--no-zygote", "--renderer-process-limit=1"]
"""Fewer processes: tests of the desk then take a seventh less time."""


@contextmanager
def signed_in(workspace: Workspace) -> Iterator[DeskClient]:
    import_consents(workspace, TWO_PUPILS)
    (workspace.root / "consents.csv").unlink()
    with running_desk(workspace.root, fake_workers) as client:
        client.sign_in()
        yield client


@pytest.fixture
def desk(workspace: Workspace) -> Iterator[DeskClient]:
    """A desk on a workspace with two pupils, signed in; its workers do what a photo's first line says."""
    with signed_in(workspace) as client:
        yield client


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskClient]:
    """The same for every test of a module; none of them may change anything."""
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    with signed_in(new_workspace(tmp_path_factory.mktemp("desk") / "school")) as client:
        yield client
    keyring.set_keyring(before)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of a worker."""
    playwright_api = pytest.importorskip("playwright.sync_api", reason="no Playwright here")
    path = chromium()
    with playwright_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=_LIGHT)
        yield launched
        launched.close()


@pytest.fixture
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for temporary files, in place of the system's."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder
