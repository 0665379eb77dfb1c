"""From names in a folder to bytes that are ours: listing, refusing, taking, hashing.

Threat model: whoever can drop files may drop anything. A symbolic link could publish a file from elsewhere on the
computer, a FIFO could hold the program for ever, a name could hold line breaks or a child's name. So only regular
files are opened, links are never followed (not even inside the folder), and names are shortened and cleaned before
they are used again.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from anonymiser.values.reasons import Code, Reason

EVENT_FILE = "event.toml"

_IGNORED_FILES = (
    EVENT_FILE, ".ds_store", "._*", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "*.tmp", "~$*", ".~lock.*",
    "*.part", "*.partial", "*.crdownload", "*.download", "*.filepart", ".*.icloud", ".dropbox", ".stignore",
    ".syncthing.*", ".nfs*",
)  # fmt: skip
_IGNORED_FOLDERS = (
    "@eadir", ".stfolder", ".stversions", "__macosx", "$recycle.bin", "system volume information", ".trash*",
    ".spotlight-v100", ".fseventsd", ".dropbox.cache", ".tmp.drive*", "#recycle",
)  # fmt: skip
"""Lower case. What operating systems and sync clients leave in folders, and files that they are still writing."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something in the folder that must come to a terminal state."""

    path: Path
    relative: PurePath
    refusal: Reason | None = None
    """Why it cannot be a photo; None for a regular file."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file (or a whole folder) that is known not to be a photo of anybody's."""

    relative: PurePath


def listing(root: Path, start: Path | None = None) -> Iterator[Candidate | Ignored]:
    """Everything under `start` (default `root`), in order of names; paths relative to `root`.

    Holds the names of one folder and its parents in memory, never those of the whole tree.
    """
    yield from _list(start or root, root)


def _list(folder: Path, root: Path) -> Iterator[Candidate | Ignored]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError:
        if folder.exists():
            yield Candidate(folder, folder.relative_to(root), Code.NO_FOLDER_ACCESS())
        return
    for name in names:
        path = folder / name
        relative = path.relative_to(root)
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        except OSError:
            yield Candidate(path, relative, Code.NO_FILE_ACCESS())
            continue
        is_folder = stat.S_ISDIR(mode) and not _is_junction(path)
        if _matches(name, _IGNORED_FOLDERS if is_folder else _IGNORED_FILES):
            yield Ignored(relative)
        elif is_folder:
            yield from _list(path, root)
        else:
            yield Candidate(path, relative, _refusal(mode))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in patterns)


def _is_junction(path: Path) -> bool:
    """True for what looks like a folder on Windows and leads elsewhere."""
    reparse_point = getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0)
    attributes = getattr(path.lstat(), "st_file_attributes", 0)
    tag = getattr(path.lstat(), "st_reparse_tag", 0)
    return bool(attributes & reparse_point) and tag == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)


def _refusal(mode: int) -> Reason | None:
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISLNK(mode) or stat.S_ISDIR(mode):
        return Code.LINK()
    return Code.NOT_A_FILE()


class ChangedWhileReading(OSError):
    """Somebody was still writing the file."""


def sha256_of(path: Path) -> str:
    """SHA-256 of a regular file, in hexadecimal.

    Raises OSError where it cannot be read or is not a regular file, ChangedWhileReading where it grew or changed
    meanwhile.
    """
    # O_NONBLOCK: should the name have become a FIFO since it was listed, opening it must not wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise OSError("not a regular file")
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ChangedWhileReading("the file changed while it was read")
    return digest


def safe_name(name: str, *, limit_bytes: int = 120) -> str:
    """`name` without what some file system refuses, shortened to `limit_bytes` of UTF-8 with its suffix kept."""
    clean = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]', "_", name).strip(" .") or "_"
    suffix = safe_suffix(clean)
    stem = clean[: len(clean) - len(suffix)]
    room = limit_bytes - len(suffix)
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + suffix


def safe_suffix(name: str) -> str:
    """The file's own suffix where it is short and plain (".jpg"), else nothing; it may not carry a name."""
    found = re.search(r"\.[A-Za-z0-9]{1,5}$", name)
    return found.group() if found else ""
