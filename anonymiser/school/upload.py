"""A file that comes in pieces. Until it is complete it is out of sight, in the folder for what is being processed."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from anonymiser.delivery import files
from anonymiser.errors import AnonymiserError

PATTERN = "upload-*"
"""What a program that was killed may leave behind in `Workspace.work`."""


class Upload:
    """One file under a name of ours; a context manager that removes it again unless it was moved or kept."""

    def __init__(self, work: Path) -> None:
        self.part = work / f"upload-{secrets.token_hex(8)}.part"
        self.kept = False
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        with files.full_disk_is_said():
            self._file = self.part.open("xb")
        return self

    def write(self, piece: bytes) -> None:
        """The next bytes. Raises DiskFullError."""
        if self._file is None:
            raise TypeError("not open")
        with files.full_disk_is_said():
            self._file.write(piece)

    def close(self) -> None:
        """All of it has come. Raises DiskFullError."""
        if self._file is not None:
            with files.full_disk_is_said():
                self._file.close()

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
        if not self.kept:
            files.unlink(self.part)


def discard(parts: Iterable[Path]) -> None:
    """Remove uploads that were kept; what cannot be removed now, the next sweep removes."""
    for part in parts:
        with contextlib.suppress(AnonymiserError, OSError):
            files.unlink(part)


def sweep(work: Path) -> None:
    """Remove what is left of uploads; only for whoever knows that none is coming."""
    for path in work.glob(PATTERN):
        files.unlink(path)
