"""The only module that renames, replaces, links, copies or removes files, and writes notes; a test makes sure of that.

On Windows, a file that a virus scanner, an indexer or a viewer has open cannot be moved or removed, and sometimes not
even read. That usually lasts only moments, so every step here is tried again for a second and a half. Then BusyFile
says that it did not happen: the caller leaves that photo as it is, says so, and goes on with the others.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import BufferedReader
from pathlib import Path, PurePath
from typing import TypeVar

from anonymiser.errors import DiskFullError

T = TypeVar("T")

PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between the tries of one step."""

_BUSY_ON_WINDOWS = frozenset({5, 32, 33})
"""ERROR_ACCESS_DENIED (the target is open, or about to be removed), ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION."""
_BUSY = frozenset({errno.EBUSY, errno.ETXTBSY})
"""What a Windows share tells other systems in the same cases."""
_FULL_ON_WINDOWS = frozenset({39, 112, 1295})
"""ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL, ERROR_DISK_QUOTA_EXCEEDED."""
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})

_UNFINISHED = ".tmp"
"""Of a name that every listing ignores."""

_waiting: ContextVar[tuple[tuple[float, ...], Callable[[float], None]]] = ContextVar(
    "waiting", default=(PAUSES, time.sleep)
)


class BusyFile(OSError):
    """Another program still has the file open after the last try. Holds no path, because a name can be a child's."""

    def __init__(self) -> None:
        super().__init__(errno.EBUSY, "another program has the file open")


class ChangedWhileReading(OSError):
    """Somebody was still writing the file."""


@contextmanager
def waiting(pauses: tuple[float, ...], sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Let steps in this block wait this long for a busy file; without pauses, each is tried once."""
    token = _waiting.set((pauses, sleep))
    try:
        yield
    finally:
        _waiting.reset(token)


def _patiently(step: Callable[[], T]) -> T:
    pauses, sleep = _waiting.get()
    for pause in (*pauses, None):
        try:
            return step()
        except OSError as error:
            if not is_busy(error):
                raise
        if pause is not None:
            sleep(pause)
    raise BusyFile


# --- what the operating system answered -----------------------------------------------------------------------


def is_busy(error: OSError) -> bool:
    """Whether the same step may succeed a moment later, because another program has the file open."""
    return error.errno in _BUSY or getattr(error, "winerror", None) in _BUSY_ON_WINDOWS


def is_full(error: OSError) -> bool:
    """Whether there is no room, which would hit every later file too."""
    return error.errno in _FULL or getattr(error, "winerror", None) in _FULL_ON_WINDOWS


def why(error: OSError) -> str:
    """The error in plain English, without the file's name."""
    if is_busy(error):
        return "another program has a file of it open, or this account is not allowed to move it"
    return f"a file of it could not be moved or read ({error.strerror or type(error).__name__})"


@contextmanager
def full_disk_is_said() -> Iterator[None]:
    """Raise DiskFullError, with its remedy, instead of the operating system's error for a full disk."""
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise DiskFullError(
            "the disk is full", remedy="Free some space and start again; nothing is lost or half done."
        ) from None


# --- changes --------------------------------------------------------------------------------------------------


def make_folder(folder: Path) -> None:
    """Make the folder and its parents, if they are missing."""
    _patiently(lambda: os.makedirs(folder, exist_ok=True))


def move(source: Path, target: Path) -> None:
    """Rename within one volume to a name that nothing else uses."""
    _patiently(lambda: os.rename(source, target))


def move_new(source: Path, target: Path) -> None:
    """Rename within one volume, in one step, never over an existing file; repeating it after a crash is harmless.

    Raises FileExistsError if `target` exists, OSError if the volume refuses.
    """
    if os.name == "nt":
        _patiently(lambda: os.rename(source, target))  # Windows renames only to names that are free
        return
    try:
        _patiently(lambda: os.link(source, target, follow_symlinks=False))
    except FileExistsError:
        if not (source.is_file() and target.is_file() and source.samefile(target)):
            raise
        unlink(source)  # a crash came between the two steps below
    except BusyFile:
        raise
    except OSError:
        # No hard links here (exFAT, some shares; FIFOs nowhere): names are unique by the ledger, so check and rename.
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "a file of this name already exists") from None
        move(source, target)
    else:
        unlink(source)
    _sync_folder(target.parent)


def replace(source: Path, target: Path) -> None:
    """Rename within one volume, replacing an older file of that name."""
    _patiently(lambda: os.replace(source, target))


def unlink(path: Path) -> None:
    """Remove a file; it does not matter if it has already gone."""
    with contextlib.suppress(FileNotFoundError):
        _patiently(lambda: os.unlink(path))


def link_or_copy(source: Path, target: Path, unfinished: Path) -> None:
    """Give the bytes of `source` a second name; if there are no hard links, copy them via `unfinished`."""
    with contextlib.suppress(OSError), waiting(()):
        os.link(source, target, follow_symlinks=False)
        return
    _patiently(lambda: shutil.copyfile(source, unfinished))
    move(unfinished, target)


def write_text(path: Path, text: str) -> None:
    """Write a note in one step, so that nobody reads half of it; replaces a note of an earlier attempt."""
    unfinished = path.with_name(f".{path.name}{_UNFINISHED}")
    try:
        _patiently(lambda: _write(unfinished, text))
        replace(unfinished, path)
    except OSError:
        with contextlib.suppress(OSError), waiting(()):
            unlink(unfinished)
        raise


def write_private(path: Path, text: str) -> None:
    """Write a file that only this account can read, in one step; on Windows it inherits the rights of the folder."""
    unfinished = path.with_name(f".{path.name}{_UNFINISHED}")
    try:
        unlink(unfinished)  # a crash left it, with whatever rights
        _patiently(lambda: _write(unfinished, text, 0o600))
        replace(unfinished, path)
    except OSError:
        with contextlib.suppress(OSError), waiting(()):
            unlink(unfinished)
        raise
    _sync_folder(path.parent)


def unfinished_notes(folder: Path) -> list[Path]:
    """What a crash in the middle of `write_text` left behind."""
    return list(folder.rglob(f".*.txt{_UNFINISHED}"))


def _write(path: Path, text: str, mode: int = 0o666) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def remove_if_empty(folder: Path) -> None:
    """Remove a folder that nobody needs any more; it stays if it holds something or is in use."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def remove_empty_tree(folder: Path) -> None:
    """Remove a folder and those in it, as far as they hold nothing."""
    for place, _, _ in os.walk(folder, topdown=False):
        remove_if_empty(Path(place))


def remove_tree(folder: Path) -> None:
    """Remove a folder with everything in it; the next start removes what is in use now."""
    shutil.rmtree(folder, ignore_errors=True)


def every(*steps: Callable[[], None]) -> None:
    """Do each step even if one before it fails; then raise the first error."""
    first = None
    for step in steps:
        try:
            step()
        except OSError as error:
            first = first or error
    if first is not None:
        raise first


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut, if folders can be opened and synchronised."""
    with contextlib.suppress(OSError):  # some shares cannot; the ledger's row finishes the work then
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# --- looks ----------------------------------------------------------------------------------------------------


def is_held_open(path: Path) -> bool:
    """Whether Windows would refuse to move the file at this moment."""
    try:
        with waiting(()):
            check_free(path)
    except OSError:
        return True
    return False


def check_free(path: Path) -> None:
    """Raise BusyFile where Windows would refuse to move the file now; elsewhere there is no such lock to ask for."""
    if os.name == "nt":
        _patiently(lambda: os.rename(path, path))


def names_in(folder: Path) -> list[str]:
    """Names of everything in a folder, in order. Raises OSError if it cannot be opened."""
    return sorted(_patiently(lambda: os.listdir(folder)))


def sha256_of(path: Path) -> str:
    """SHA-256 of a regular file, in hexadecimal.

    Raises OSError if it cannot be read or is not a regular file, ChangedWhileReading if it grew or changed
    meanwhile.
    """
    return _patiently(lambda: _sha256_of(path))


def _sha256_of(path: Path) -> str:
    with _opened(path) as file:
        before = os.fstat(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ChangedWhileReading(errno.EAGAIN, "the file changed while it was read")
    return digest


def head_of(path: Path, size: int) -> bytes:
    """At most the first `size` bytes of a regular file. Raises OSError if it cannot be read or is not one."""
    with _opened(path) as file:
        return file.read(size)


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    # O_NONBLOCK: if the name has become a FIFO since it was listed, opening it must not wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        yield file


def is_confirmed(copy: Path, sha256: str | None) -> bool:
    """Whether `copy` is a regular file with exactly these bytes.

    Raises OSError if that cannot be told: a copy that cannot be read is neither confirmed nor somebody else's.
    """
    if sha256 is None or copy.is_symlink() or not copy.is_file():
        return False
    try:
        return sha256_of(copy) == sha256
    except (FileNotFoundError, ChangedWhileReading):
        return False


# --- names ----------------------------------------------------------------------------------------------------


def safe_name(name: str, *, limit_bytes: int = 120) -> str:
    """`name` without what some file system refuses, shortened to `limit_bytes` of UTF-8 with its suffix kept."""
    clean = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]', "_", name).strip(" .") or "_"
    suffix = safe_suffix(clean)
    stem = clean[: len(clean) - len(suffix)]
    room = limit_bytes - len(suffix)
    return stem.encode()[:room].decode(errors="ignore").rstrip(" .") + suffix


def safe_folder(folder: PurePath) -> PurePath:
    """A relative folder, each of its names made safe; found again by comparing the safe names."""
    return PurePath(*(safe_name(part, limit_bytes=60) for part in folder.parts))


def safe_suffix(name: str) -> str:
    """The file's own suffix where it is short and plain (".jpg"), else nothing; it may not carry a name."""
    found = re.search(r"\.[A-Za-z0-9]{1,5}$", name)
    return found.group() if found else ""
