"""What the operating system shall start: one `watch` for one workspace."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from anonymiser.errors import ServiceError
from anonymiser.values.slug import slug
from anonymiser.workspace import Workspace

_GRACE_SECONDS = 30
"""Beyond the longest time of a photo: to move files and to close the databases."""


@dataclass(frozen=True, slots=True)
class Job:
    """One `watch`, for every system."""

    name: str
    """Lower-case letters, digits and hyphens; another one for every workspace of this computer."""
    program: str
    """Absolute path of the Python that runs this program."""
    arguments: tuple[str, ...]
    stop_seconds: int
    """So long it may take to end: photos that are being processed are finished first."""
    data: Path
    """The workspace's own folder for what belongs to no photo."""
    stop_file: Path
    """Asks a `watch` of this workspace to end."""

    @staticmethod
    def of(workspace: Workspace, program: str = sys.executable) -> Job:
        """The `watch` of this workspace, run by the Python of this process.

        Raises ServiceError if a path cannot be written into any file for an operating system.
        """
        root = str(workspace.root)
        for text in (program, root):
            _require_text(text)
        arguments = ("-P", "-m", "anonymiser", "watch", "--workspace", root)  # -P: no module of the current folder
        seconds = round(workspace.settings.intake.photo_seconds) + _GRACE_SECONDS
        return Job(
            _name(workspace.root), _without_window(program), arguments, seconds, workspace.data, workspace.stop_file
        )

    @property
    def command(self) -> tuple[str, ...]:
        """Program and arguments."""
        return (self.program, *self.arguments)


def _name(root: Path) -> str:
    """Readable, and different for two workspaces whose folders have the same name."""
    digest = hashlib.sha256(os.path.normcase(root).encode("utf-8")).hexdigest()
    return f"anonymiser-{slug(root.name)}-{digest[:8]}"


def _without_window(program: str) -> str:
    """On Windows the Python that opens no window, which somebody would close, if it is there."""
    path = Path(program)
    quiet = path.with_name("pythonw.exe")
    return str(quiet) if path.name.lower() == "python.exe" and quiet.is_file() else program


def _require_text(path: str) -> None:
    if not path or not _is_utf8(path) or any(ord(letter) in {0, 0xFFFE, 0xFFFF} for letter in path):
        raise ServiceError(
            f"the path {path.encode('utf-8', 'replace').decode()!r} has characters that no text file can hold",
            remedy="Rename the folder, so that its name has letters and digits only, and try again.",
        )


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
