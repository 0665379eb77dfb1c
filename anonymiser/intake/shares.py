"""Is a folder on a network share? There the system reports no changes that other computers make."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

_KINDS = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs", "ocfs2", "gfs2",
    "beegfs", "virtiofs", "vboxsf", "drvfs", "davfs",
})  # fmt: skip
"""File systems of Linux, as /proc/mounts names them, on which another computer can write."""
_LOCAL_FUSE = frozenset({"fuse.portal", "fuse.lxcfs", "fuse.gvfsd-fuse", "fuseblk"})
"""FUSE of this computer alone; any other (sshfs, rclone, s3fs) is taken for a network's."""
_DRIVE_REMOTE = 4
"""GetDriveTypeW (fileapi.h)."""


def is_on_a_share(
    folder: Path,
    *,
    system: str = sys.platform,
    mounts: Callable[[], str] | None = None,
    drive_type: Callable[[str], int] | None = None,
) -> bool:
    """Whether `folder` is on a network share, as far as the system says; False where it does not.

    `mounts` gives the text of /proc/mounts, `drive_type` what Windows says about the root of a drive.
    """
    try:
        if system == "win32":
            return _is_remote(str(folder), drive_type or _drive_type)
        if system == "linux":
            return _is_network(_kind_of(folder, (mounts or _mounts)()))
    except OSError:
        return False
    return False


def _is_remote(folder: str, drive_type: Callable[[str], int]) -> bool:
    if re.match(r"[\\/]{2}(?![?.][\\/])", folder) or re.match(r"\\\\[?.]\\UNC\\", folder, re.IGNORECASE):
        return True
    drive = re.match(r"(?:\\\\[?.]\\)?([A-Za-z]:)", folder)
    return drive is not None and drive_type(f"{drive[1]}\\") == _DRIVE_REMOTE


def _drive_type(root: str) -> int:
    import ctypes  # noqa: PLC0415 - only Windows has this call

    kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009 - unknown to the type checker elsewhere
    return int(kernel32.GetDriveTypeW(root))


def _is_network(kind: str) -> bool:
    return kind in _KINDS or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)


def _mounts() -> str:
    return os.fsdecode(Path("/proc/self/mounts").read_bytes())


def _kind_of(folder: Path, mounts: str) -> str:
    """The file system of the longest mount point above `folder`; of two on one point, the later hides the other."""
    place, found, longest = str(folder), "", -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[1])
        above = point.rstrip("/") + "/"
        if (place + "/").startswith(above) and len(above) >= longest:
            found, longest = fields[2], len(above)
    return found
