"""How a `watch` and others talk: its sign of life (since when it runs, how it ended), and the stop file."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import time
from pathlib import Path

from anonymiser.delivery import files
from anonymiser.errors import WorkspaceError
from anonymiser.workspace import Workspace

_BEAT_SECONDS = 10.0


class Heartbeat:
    """Of one `watch`. A beat that cannot be written is left out: the next one will do."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._since = _now()
        self._beaten_at = float("-inf")

    def beat(self, *, now: bool = False) -> None:
        """Say that it runs; at most every ten seconds, unless it is to be `now`."""
        if not now and 0 <= time.monotonic() - self._beaten_at < _BEAT_SECONDS:
            return
        self._beaten_at = time.monotonic()
        self._write({})

    def end(self) -> None:
        """Say that it has ended."""
        self._write({"ended": _now()})

    def _write(self, more: dict[str, str]) -> None:
        said = {"looked_at": _now(), "pid": os.getpid(), "since": self._since, **more}
        with contextlib.suppress(OSError), files.waiting(()):
            files.write_text(heartbeat_file(self._workspace), json.dumps(said))


def say_ended(workspace: Workspace, why: str, remedy: str) -> None:
    """Add to the newest sign of life why it ended; both texts must name nobody."""
    said: dict[str, object] = {"looked_at": _now()}
    with contextlib.suppress(OSError, ValueError):
        said |= read_heartbeat(workspace)
    said |= {"ended": _now(), "why": why, "remedy": remedy}
    with contextlib.suppress(OSError), files.waiting(()):
        files.write_text(heartbeat_file(workspace), json.dumps(said))


def read_heartbeat(workspace: Workspace) -> dict[str, object]:
    """What the newest sign of life says. Raises OSError if there is none, and ValueError if it cannot be one."""
    try:
        said = json.loads(heartbeat_file(workspace).read_text(encoding="utf-8"))
    except RecursionError:
        said = None
    if not isinstance(said, dict):
        raise ValueError("no sign of life")  # noqa: TRY004 - a value of the file, not of a caller
    return said


def take_stop_file(workspace: Workspace) -> bool:
    """Whether somebody asks a `watch` to end, by whatever has the stop file's name; it is removed if it can be."""
    there = os.path.lexists(workspace.stop_file)
    with contextlib.suppress(OSError), files.waiting(()):
        try:
            files.unlink(workspace.stop_file)
        except OSError:
            files.remove_if_empty(workspace.stop_file)
    return there


def stop_file_left(workspace: Workspace) -> WorkspaceError | None:
    """What to say of a stop file that could not be removed; None if there is none."""
    if not os.path.lexists(workspace.stop_file):
        return None
    return WorkspaceError(
        f"{workspace.stop_file} asks watch to end, and cannot be removed",
        remedy="Delete it by hand; until then watch does not start.",
    )


def heartbeat_file(workspace: Workspace) -> Path:
    """Where `watch` writes when it last looked."""
    return workspace.data / "heartbeat.json"


def _now() -> str:
    return dt.datetime.now().astimezone().isoformat(timespec="seconds")
