from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import anonymiser
from anonymiser.errors import WorkspaceError
from anonymiser.locks import exclusive, run_lock


def test_a_second_run_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    """The message is plain, and the lock is free again afterwards."""
    with run_lock(tmp_path):
        with pytest.raises(WorkspaceError, match="another batch or watch") as caught, run_lock(tmp_path):
            pass
        assert "Wait" in caught.value.remedy
    with run_lock(tmp_path):
        pass


def test_a_waiting_holder_gets_the_lock_when_it_is_freed(tmp_path: Path) -> None:
    """Short operations wait for each other instead of failing."""
    with pytest.raises(WorkspaceError), exclusive(tmp_path / "l", wait_seconds=0, busy="", remedy=""):  # noqa: SIM117
        with exclusive(tmp_path / "l", wait_seconds=0.1, busy="busy", remedy=""):
            pass


HOLD_AND_DIE = """
import os, sys
from pathlib import Path
from anonymiser.locks import exclusive
with exclusive(Path(sys.argv[1]), wait_seconds=0, busy="", remedy=""):
    os._exit(9)
"""


def test_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    """Nobody has to remove a stale lock file."""
    package = str(Path(anonymiser.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", HOLD_AND_DIE, str(tmp_path / "l")],
        env={**os.environ, "PYTHONPATH": package},
        check=False,
    )
    assert done.returncode == 9
    with exclusive(tmp_path / "l", wait_seconds=0, busy="busy", remedy=""):
        pass
