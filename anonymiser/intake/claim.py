"""From names in a folder to what may be a photo: listing and refusing.

Threat model: whoever can drop files may drop anything. A symbolic link could publish a file from elsewhere on the
computer, a FIFO could hold the program for ever, a name could hold line breaks or a child's name. So only regular
files are opened, links are never followed (not even inside the folder), and names are shortened and cleaned before
they are used again.
"""

from __future__ import annotations

import fnmatch
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from anonymiser.delivery import files
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
class Unreachable(Candidate):
    """Something that cannot be looked at now, and so is left where it is: another program may have it open."""


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
        names = files.names_in(folder)
    except OSError as error:
        # The whole folder with the photos is never moved away, whatever is the matter with it.
        kind = Unreachable if files.is_busy(error) or folder == root else Candidate
        if folder.exists():
            yield kind(folder, folder.relative_to(root), Code.NO_FOLDER_ACCESS())
        return
    for name in names:
        path = folder / name
        relative = path.relative_to(root)
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            kind = Unreachable if files.is_busy(error) else Candidate
            yield kind(path, relative, Code.NO_FILE_ACCESS())
            continue
        is_folder = stat.S_ISDIR(mode) and not _is_junction(path)
        if _matches(name, _IGNORED_FOLDERS if is_folder else _IGNORED_FILES) and _is_as_spelled(name):
            yield Ignored(relative)
        elif is_folder:
            yield from _list(path, root)
        else:
            yield Candidate(path, relative, _refusal(mode))


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in patterns)


def _is_as_spelled(name: str) -> bool:
    """False for "Event.TOML", which nobody reads: the folder is told about it, and its photos stay (events.py)."""
    return name == EVENT_FILE or name.lower() != EVENT_FILE


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
