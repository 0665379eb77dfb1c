from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import anonymiser
from anonymiser.errors import WorkspaceBusy
from anonymiser.locks import exclusive, is_working, review_lock, run_lock

HOLD = """
import sys
from pathlib import Path
from anonymiser.locks import run_lock
with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_run(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that works in the workspace until it is killed, or its standard input ends."""
    environment = {**os.environ, "PYTHONPATH": str(Path(anonymiser.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == b"held"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_run_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    """The message is plain, and the lock is free again afterwards."""
    with run_lock(tmp_path):
        with pytest.raises(WorkspaceBusy, match="another batch or watch") as caught, run_lock(tmp_path):
            pass
        assert "Wait" in caught.value.remedy
    with run_lock(tmp_path):
        pass


def test_asking_whether_somebody_works_changes_nothing(tmp_path: Path) -> None:
    """Whoever asks neither keeps the lock nor takes it away from who holds it."""
    assert not is_working(tmp_path)
    with run_lock(tmp_path):
        assert is_working(tmp_path)
        assert is_working(tmp_path)
    assert not is_working(tmp_path)


def test_a_lock_is_freed_by_an_error_too(tmp_path: Path) -> None:
    """Whatever ends the block, the next one may go on."""
    with pytest.raises(KeyError), review_lock(tmp_path):
        raise KeyError
    with review_lock(tmp_path):
        pass


def test_who_waits_gets_the_lock_when_it_is_freed(tmp_path: Path) -> None:
    """Short operations wait for each other instead of failing, and give up after a while."""
    held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with exclusive(tmp_path / "l", wait_seconds=0, busy="", remedy=""):
            held.set()
            may_end.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(60)
    with pytest.raises(WorkspaceBusy), exclusive(tmp_path / "l", wait_seconds=0.1, busy="busy", remedy=""):
        pass
    threading.Timer(0.1, may_end.set).start()
    with exclusive(tmp_path / "l", wait_seconds=60, busy="busy", remedy=""):
        pass
    thread.join()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    """Nobody has to remove a lock file that a killed run left behind."""
    with another_run(tmp_path) as process:
        assert is_working(tmp_path)
        process.kill()
        process.wait()
        assert (tmp_path / "run.lock").exists()
        with run_lock(tmp_path):
            assert is_working(tmp_path)


def test_the_lock_file_stays(tmp_path: Path) -> None:
    """Were it removed, two processes could each lock a file of the same name."""
    with run_lock(tmp_path):
        before = (tmp_path / "run.lock").stat().st_ino
    assert (tmp_path / "run.lock").stat().st_ino == before
