"""Locks that the operating system drops when their holder dies, however it dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from anonymiser.errors import WorkspaceBusy, WorkspaceError

_REVIEW_SECONDS = 30.0
"""A verdict takes moments."""
_LIST_SECONDS = 20.0
"""Changing a list, or comparing a password with it, takes a tenth of a second."""


@contextmanager
def exclusive(path: Path, *, wait_seconds: float, busy: str, remedy: str) -> Iterator[None]:
    """Hold the lock file `path`; wait at most `wait_seconds` for another holder.

    Raises WorkspaceBusy(busy, remedy) where somebody else keeps it, and WorkspaceError where this account may not.
    """
    # The file stays behind, empty: removing it would let two processes lock two files of one name. Where the file
    # system has no locks, filelock would make do with a marker file, which outlives a holder that was killed.
    lock = FileLock(path, mode=0o600, thread_local=False, fallback_to_soft=False, preserve_lock_file=True)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise WorkspaceBusy(busy, remedy=remedy) from None
    except PermissionError as error:
        raise WorkspaceError(
            f"this account may not use {path}", remedy="Give it the right to read and write in the workspace's folders."
        ) from error
    try:
        yield
    finally:
        lock.release()


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
    """Whether a `batch` or `watch` is working on the workspace at this moment.

    Raises WorkspaceError if this account may not ask.
    """
    try:
        with run_lock(data):
            return False
    except WorkspaceBusy:
        return True


@contextmanager
def review_lock(data: Path) -> Iterator[None]:
    """One process at a time decides photos in review; it is held only for moments, even while `watch` runs."""
    with exclusive(
        data / "review.lock",
        wait_seconds=_REVIEW_SECONDS,
        busy="another program is deciding photos in review at this moment",
        remedy="Try again in a minute.",
    ):
        yield


@contextmanager
def desk_lock(data: Path) -> Iterator[None]:
    """One desk at a time answers for a workspace."""
    with exclusive(
        data / "desk.lock",
        wait_seconds=0,
        busy="this workspace has a desk already",
        remedy="Use the page that is open, or close it first.",
    ):
        yield


@contextmanager
def staff_lock(data: Path) -> Iterator[None]:
    """One process at a time changes the staff list, or compares a password with it."""
    with exclusive(
        data / "staff.lock",
        wait_seconds=_LIST_SECONDS,
        busy="another program is using the staff list at this moment",
        remedy="Try again in a minute.",
    ):
        yield


@contextmanager
def devices_lock(data: Path) -> Iterator[None]:
    """One process at a time changes the list of devices."""
    with exclusive(
        data / "devices.lock",
        wait_seconds=_LIST_SECONDS,
        busy="another program is changing the list of devices at this moment",
        remedy="Try again in a minute.",
    ):
        yield
