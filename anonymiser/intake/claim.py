"""From names in a folder to what may be a photo: listing and refusing.

Threat model: people who can drop files may drop anything. A symbolic link could publish a file from elsewhere on the
computer, a FIFO could block the program for ever, a name could contain line breaks or a child's name. So only regular
files are opened, links are never followed (not even inside the folder), and names are shortened and cleaned before they
are used again.
"""

from __future__ import annotations

import enum
import fnmatch
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from anonymiser.delivery import files
from anonymiser.values.reasons import Code, Reason

EVENT_FILE = "event.toml"


@enum.unique
class Left(enum.StrEnum):
    """Why a file is left where it is; the value is the word for it in `status` and in counts."""

    SYSTEM = "system"
    """Of an operating system or a sync client: nobody's photo."""
    TRASH = "trash"
    """Somebody threw it away."""
    BACKUP = "backup"
    """An older state of a file, kept by a program."""
    UNFINISHED = "unfinished"
    """Still being written; taken once it has its own name."""
    PLACEHOLDER = "placeholder"
    """Stands for a file whose bytes are in a cloud and not here."""
    COMPANION = "companion"
    """What a camera or a program noted about a photo beside it."""


_FILES = {
    Left.SYSTEM: (
        EVENT_FILE, ".ds_store", "._*", "thumbs.db", "ehthumbs*.db", "desktop.ini", "icon\r", ".dropbox",
        ".dropbox.attr", ".stignore", ".stfolder", ".nomedia", ".directory", "picasa.ini", ".picasa.ini", "~$*",
        ".~lock.*", ".nfs*", ".localized", "folder.htt", "albumartsmall.jpg",
    ),
    Left.TRASH: (".trashed-*", ".trash-*", "$r??????.*", "$i??????.*"),
    Left.BACKUP: ("*~", "*.bak", "*.backup", "*.old", "*.orig", "*_original", ".#*", "*.swp", "*.sync-conflict-*"),
    Left.UNFINISHED: (
        "*.tmp", "*.temp", "*.part", "*.partial", "*.crdownload", "*.download", "*.filepart", "*.opdownload",
        "*.aria2", "*.!ut", ".syncthing.*", "~syncthing~*", ".goutputstream-*", ".pending-*",
    ),
    Left.PLACEHOLDER: (".*.icloud", "*.icloud", "*.cloud", "*.cloudf", "*.onedrive-placeholder"),
    Left.COMPANION: ("*.aae", "*.xmp", "*.json", "*.thm", "*.pp3", "*.dop", "*.cos", "*.nksc", "*.on1", "*.lrv"),
}  # fmt: skip
_FOLDERS = {
    Left.SYSTEM: (
        "@eadir", ".stfolder", "__macosx", "system volume information", ".spotlight-v100", ".fseventsd",
        ".temporaryitems", ".appledouble", ".documentrevisions-v100",
    ),
    Left.TRASH: (
        "$recycle.bin", ".trash*", "#recycle", "@recycle", ".recycle", "recycler", "trash",
        "network trash folder", ".local trash",
    ),
    Left.BACKUP: (".stversions", "#snapshot", "@snapshot", ".snapshot*", ".zfs", ".sync-backup", ".dropbox.cache"),
    Left.UNFINISHED: (".tmp.drive*", "*.download", "*.photoslibrary.tmp"),
    Left.PLACEHOLDER: (),
    Left.COMPANION: (),
}  # fmt: skip
"""Lower case. What lies in folders and is no photo to be taken, by why it is left there."""
_RSYNC = re.compile(r"\..+\.[A-Za-z0-9]{2,5}\.[A-Za-z0-9]{6}")
"""A file that rsync is still writing: .IMG_1.jpg.Xa3bQz"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something in the folder that must come to a terminal state."""

    path: Path
    relative: PurePath
    refusal: Reason | None = None
    """Why it cannot be a photo; None for a regular file."""


@dataclass(frozen=True, slots=True)
class Unreachable(Candidate):
    """Something that cannot be examined now, and so stays where it is: another program may have it open."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file (or a whole folder of an operating system) that is left where it is."""

    relative: PurePath = field(repr=False)
    kind: Left = Left.SYSTEM


def listing(root: Path, start: Path | None = None) -> Iterator[Candidate | Ignored]:
    """Everything under `start` (default `root`), in order of names; paths relative to `root`.

    Holds the names of one folder and its parents in memory, never those of the whole tree.
    """
    yield from _list(start or root, root)


def _list(folder: Path, root: Path) -> Iterator[Candidate | Ignored]:
    try:
        names = files.names_in(folder)
    except OSError as error:
        # The whole folder with the photos is never moved away, whatever is wrong with it.
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
        left = _folder_kind(name) if is_folder else _file_kind(name)
        if left is not None and is_folder and left is not Left.SYSTEM:
            yield from _all_in(path, root, left)
        elif left is not None:
            yield Ignored(relative, left)
        elif is_folder:
            yield from _list(path, root)
        else:
            yield Candidate(path, relative, _refusal(mode))


def _all_in(folder: Path, root: Path, kind: Left) -> Iterator[Ignored]:
    """Each file of a folder that is left alone, so that every one can be named."""
    for place, _, names in os.walk(folder):
        yield from (Ignored(Path(place, name).relative_to(root), kind) for name in sorted(names))


def _folder_kind(name: str) -> Left | None:
    return next((kind for kind, patterns in _FOLDERS.items() if _matches(name, patterns)), None)


def _file_kind(name: str) -> Left | None:
    if name.lower() == EVENT_FILE and name != EVENT_FILE:
        return None  # nobody reads "Event.TOML": its folder's photos stay, and that is told (events.py)
    known = next((kind for kind, patterns in _FILES.items() if _matches(name, patterns)), None)
    return Left.UNFINISHED if known is None and _RSYNC.fullmatch(name) else known


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in patterns)


def _is_junction(path: Path) -> bool:
    """True for what looks like a folder on Windows but leads elsewhere."""
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
