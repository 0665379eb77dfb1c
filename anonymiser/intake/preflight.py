"""Refusals before anything is done."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from anonymiser.errors import DiskFullError, UsageError, WorkspaceError
from anonymiser.ledger.item import Origin
from anonymiser.workspace import Workspace

_LEAST_FREE_BYTES = 100 * 1024 * 1024


def check_folders(inbox: Path, root: Path, own_inbox: Path | None) -> Origin:
    """Say whether `inbox` is the workspace's own, and refuse folders that lie inside each other.

    `root` is where results go; it may be missing. `own_inbox` is None if there is no workspace. Raises UsageError.
    """
    if not inbox.is_dir():
        raise UsageError(f"there is no folder {inbox}", remedy="Check the name of the folder with the photos.")
    inbox, root = inbox.resolve(), root.resolve()
    if own_inbox is not None and inbox.is_relative_to(own_inbox.resolve()):
        return Origin.INBOX
    if root.is_relative_to(inbox):
        raise UsageError(
            f"results would go to {root}, inside the folder with the photos",
            remedy="They would be taken for new photos. Choose an output folder somewhere else.",
        )
    if inbox.is_relative_to(root):
        raise UsageError(
            f"the folder with the photos is inside {root}, where results go",
            remedy="Use the workspace's own inbox, or a folder somewhere else.",
        )
    return Origin.ELSEWHERE


def check_workspace(workspace: Workspace) -> None:
    """Refuse a workspace that cannot be written to, spans volumes, or is full.

    Raises WorkspaceError or DiskFullError.
    """
    for folder in workspace.folders:
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise WorkspaceError(
                f"cannot write to {folder}: {error.strerror}",
                remedy="Give your account the right to write there, or choose another workspace.",
            ) from error
    if len({folder.stat().st_dev for folder in workspace.folders}) > 1:
        raise WorkspaceError(
            "the folders of the workspace are on different drives",
            remedy="Keep them all on one drive: photos are moved by renaming, which cannot cross drives.",
        )
    if shutil.disk_usage(workspace.root).free < _LEAST_FREE_BYTES:
        raise DiskFullError("less than 100 MB are free on the workspace's drive", remedy="Free some space first.")
