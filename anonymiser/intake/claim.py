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
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from anonymiser.delivery import files
from anonymiser.photo.sniff import Picture, sniff
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
    MISNAMED = "misnamed"
    """A picture with the name of a file of an operating system: perhaps a photo."""


_FILES = {
    Left.SYSTEM: (
        EVENT_FILE, ".ds_store", "._*", "thumbs.db", "ehthumbs*.db", "desktop.ini", "icon\r", ".dropbox",
        ".dropbox.attr", ".stignore", ".stfolder", ".nomedia", ".directory", "picasa.ini", ".picasa.ini", "~$*",
        ".849c9593-*", ".~lock.*", ".nfs*", ".localized", "folder.htt", "albumartsmall.jpg",
    ),
    Left.TRASH: (".trashed-*", ".trash-*"),
    Left.BACKUP: ("*~", "*.bak", "*.backup", "*.old", "*.orig", "*_original", ".#*", "*.swp", "*.sync-conflict-*"),
    Left.UNFINISHED: (
        "*.tmp", "*.temp", "*.part", "*.partial", "*.crdownload", "*.download", "*.filepart", "*.opdownload",
        "*.aria2", "*.!ut", "*.!sync", "*.sync", "*.!qb", "*.!bt", "*.bc!", "*.mega", "*.incomplete", "*.uploading",
        "*.upload", "*.rclone", "*.fdmdownload", "*.sb-????????-??????", ".syncthing.*", "~syncthing~*",
        ".goutputstream-*", ".pending-*", ".*.~[0-9a-f]*",
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
    Left.BACKUP: (
        ".stversions", ".sync", "#snapshot", "@snapshot", ".snapshot*", ".zfs", ".sync-backup", ".dropbox.cache",
    ),
    Left.UNFINISHED: (".tmp.drive*", "*.download", "*.photoslibrary.tmp", ".~tmp~", ".rsync-partial", ".rsync-tmp*"),
    Left.PLACEHOLDER: (),
    Left.COMPANION: (),
}  # fmt: skip
"""Lower case. What lies in folders and is no photo to be taken, by why it is left there."""
_RSYNC = re.compile(r"\..+\.[A-Za-z0-9]{2,5}\.[A-Za-z0-9]{6}")
"""A file that rsync is still writing: .IMG_1.jpg.Xa3bQz"""
_RECYCLED = re.compile(r"\$(?!IMG\d)[RI][A-Z0-9]{6}\..*")
"""A file of the Windows Recycle Bin, $RA1B2C3.jpg; $Rebecca.jpg, $IMG_001.jpg and $IMG0001.jpg are photos."""
_ENDINGS = "|".join(
    re.escape(pattern[1:]).replace(r"\?", ".")
    for kind in (Left.UNFINISHED, Left.PLACEHOLDER)
    for pattern in _FILES[kind]
    if pattern.startswith("*")
)
_UNDER_WAY = re.compile(
    rf"(?:\.syncthing\.|~syncthing~|\.pending-\d+-)?(?P<name>.+?)(?:\.~[0-9a-f]+|{_ENDINGS})*",
    re.IGNORECASE | re.DOTALL,
)
_DOWNLOAD = re.compile(r"(.+)\.(?:part|partial|crdownload|download|opdownload)")
_IN_A_CLOUD = 0x1000 | 0x40000 | 0x400000
"""FILE_ATTRIBUTE_OFFLINE, _RECALL_ON_OPEN and _RECALL_ON_DATA_ACCESS: OneDrive and others fetch the bytes when read."""
_DATALESS = 0x40000000
"""SF_DATALESS of macOS: iCloud has the bytes (sys/stat.h)."""
_LEAST_PHOTO = 8192
"""Bytes of a file that is looked into although its name is a system's; what macOS notes beside each photo has fewer."""
_HEAD_BYTES = 4096
_DEEPEST = 60
"""Folders in one another; only a copy that copies itself, or a loop of mounts, makes more."""


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
            status = path.lstat()
            mode = status.st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            kind = Unreachable if files.is_busy(error) else Candidate
            yield kind(path, relative, Code.NO_FILE_ACCESS())
            continue
        is_folder = stat.S_ISDIR(mode) and not _is_junction(path)
        left = _folder_kind(name) if is_folder else _file_kind(name) or _bytes_elsewhere(status, name, names)
        if left is Left.SYSTEM and name != EVENT_FILE and not is_folder and _may_be_photo(path, status):
            left = Left.MISNAMED
        if left is not None and is_folder and left is not Left.SYSTEM:
            yield from _all_in(path, root, left)
        elif left is not None:
            yield Ignored(relative, left)
        elif is_folder:
            yield from _below(path, root)
        else:
            yield Candidate(path, relative, _refusal(mode))


def _below(folder: Path, root: Path) -> Iterator[Candidate | Ignored]:
    relative = folder.relative_to(root)
    if len(relative.parts) > _DEEPEST:
        yield Unreachable(folder, relative, Code.TOO_DEEP())
    else:
        yield from _list(folder, root)


def _all_in(folder: Path, root: Path, kind: Left) -> Iterator[Ignored]:
    """Each file of a folder that is left alone, so that every one can be named."""
    for place, below, names in os.walk(folder):
        if len(Path(place).relative_to(root).parts) > _DEEPEST:
            below.clear()
        yield from (Ignored(Path(place, name).relative_to(root), kind) for name in sorted(names))


def finished_name(name: str) -> str:
    """What a file that is still being written, or stands for one in a cloud, is going to be called."""
    found = _UNDER_WAY.fullmatch(name)
    plain = found["name"] if found else name
    return plain.rpartition(".")[0] if _RSYNC.fullmatch(plain) else plain


def is_left_alone(folder: str) -> bool:
    """Whether photos in a folder of this name are taken for somebody else's, such as a recycle bin's."""
    return _folder_kind(folder) is not None


def _folder_kind(name: str) -> Left | None:
    return next((kind for kind, patterns in _FOLDERS.items() if _matches(name, patterns)), None)


def _file_kind(name: str) -> Left | None:
    if name.lower() == EVENT_FILE and name != EVENT_FILE:
        return None  # nobody reads "Event.TOML": its folder's photos stay, and that is told (events.py)
    known = next((kind for kind, patterns in _FILES.items() if _matches(name, patterns)), None)
    if known is None and _RECYCLED.fullmatch(name):
        return Left.TRASH
    return Left.UNFINISHED if known is None and _RSYNC.fullmatch(name) else known


def _may_be_photo(path: Path, status: os.stat_result) -> bool:
    """Whether a file begins as pictures do; one that cannot be read, or would have to be fetched, does not."""
    if not stat.S_ISREG(status.st_mode) or status.st_size < _LEAST_PHOTO or _is_in_a_cloud(status):
        return False
    try:
        return isinstance(sniff(files.head_of(path, _HEAD_BYTES)), Picture)
    except OSError:
        return False


def _is_in_a_cloud(status: os.stat_result) -> bool:
    attributes, flags = getattr(status, "st_file_attributes", 0), getattr(status, "st_flags", 0)
    return bool(attributes & _IN_A_CLOUD or flags & _DATALESS)


def _bytes_elsewhere(status: os.stat_result, name: str, names: Collection[str]) -> Left | None:
    """Whether a regular file has the name of a photo and none of its bytes yet, because they are somewhere else."""
    if _is_in_a_cloud(status):
        return Left.PLACEHOLDER
    if status.st_size == 0 and stat.S_ISREG(status.st_mode) and any(_is_download_of(name, other) for other in names):
        return Left.UNFINISHED
    return None


def _is_download_of(name: str, other: str) -> bool:
    """Whether a browser writes to `other` what it will call `name`: IMG_1.jpg.part, IMG_1.Xa3bQz9K.jpg.part."""
    stem, dot, suffix = name.rpartition(".")
    found = _DOWNLOAD.fullmatch(other)
    if found is None:
        return False
    own, _, random = found[1].removesuffix(dot + suffix).rpartition(".")
    return found[1] == name or (bool(dot) and own == stem and 6 <= len(random) <= 12)


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
