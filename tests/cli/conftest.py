from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from intake_kit import Invoke, fake_workers, new_workspace

from anonymiser.cli import cli
from anonymiser.cli.console import console, run
from anonymiser.school import WorkerFactory
from anonymiser.workspace import ENVIRONMENT_VARIABLE, Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "school")


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Invoke]:
    """Run the command line with the fake worker; exit code, JSON lines and what was said to people."""
    monkeypatch.setattr("anonymiser.ledger.store._SYNCHRONOUS", "OFF")
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setenv("COLUMNS", "200")  # no table breaks a line that a test looks for
    monkeypatch.chdir(tmp_path)

    def call(
        *arguments: str | Path, workers: WorkerFactory | None = fake_workers
    ) -> tuple[int, list[dict[str, Any]], str]:
        capsys.readouterr()
        console.cache_clear()
        code = run(cli, [str(argument) for argument in arguments], workers=workers)
        said = capsys.readouterr()
        lines = said.out.splitlines() if "--json" in arguments else []
        return int(code), [json.loads(line) for line in lines], said.err

    yield call
    console.cache_clear()
