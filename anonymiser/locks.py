"""A lock that the operating system drops when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anonymiser.errors import WorkspaceError

if sys.platform == "win32":  # pragma: no cover - the other branch runs where the tests do
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def exclusive(path: Path, *, wait_seconds: float, busy: str, remedy: str) -> Iterator[None]:
    """Hold the lock file `path`; wait at most `wait_seconds` for another holder.

    Raises WorkspaceError(busy, remedy) where somebody else keeps it. The file stays behind, empty: removing it
    would let two processes lock two files of one name.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        give_up_at = time.monotonic() + wait_seconds
        while not _try_lock(descriptor):
            if time.monotonic() >= give_up_at:
                raise WorkspaceError(busy, remedy=remedy)
            time.sleep(0.05)
        try:
            yield
        finally:
            _unlock(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def run_lock(data: Path) -> Iterator[None]:
    """One `batch` or `watch` at a time works on a workspace."""
    with exclusive(
        data / "run.lock",
        wait_seconds=0,
        busy="another batch or watch is working in this workspace",
        remedy="Wait until it has finished, or stop it; photos dropped into the inbox are taken by the one that runs.",
    ):
        yield


def is_working(data: Path) -> bool:
    """Whether a `batch` or `watch` works on the workspace at this moment."""
    try:
        with run_lock(data):
            return False
    except WorkspaceError:
        return True


@contextmanager
def review_lock(data: Path) -> Iterator[None]:
    """One process at a time decides photos in review; held for moments, also beside a running `watch`."""
    with exclusive(
        data / "review.lock",
        wait_seconds=30,
        busy="another program is deciding photos in review at this moment",
        remedy="Try again in a minute.",
    ):
        yield
