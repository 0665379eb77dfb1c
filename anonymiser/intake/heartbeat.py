"""How a `watch` and others talk: its sign of life (since when it runs, how it ended), and the stop file."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import time
from pathlib import Path

from anonymiser.delivery import files
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
    path = heartbeat_file(workspace)
    said = {}
    with contextlib.suppress(OSError, ValueError):
        said = json.loads(path.read_text(encoding="utf-8"))
    with contextlib.suppress(OSError, TypeError), files.waiting(()):
        files.write_text(path, json.dumps({"looked_at": _now(), **said, "ended": _now(), "why": why, "remedy": remedy}))


def take_stop_file(workspace: Workspace) -> bool:
    """Whether somebody asks a `watch` to end; asked once, because the file is removed."""
    with contextlib.suppress(OSError), files.waiting(()):
        if workspace.stop_file.exists():
            files.unlink(workspace.stop_file)
            return True
    return False


def heartbeat_file(workspace: Workspace) -> Path:
    """Where `watch` writes when it last looked."""
    return workspace.data / "heartbeat.json"


def _now() -> str:
    return dt.datetime.now().astimezone().isoformat(timespec="seconds")
