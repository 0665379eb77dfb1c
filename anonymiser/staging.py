"""Where a worker has a photo from and puts its copy: files of this computer, or memory and no disk at all."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Staging(Protocol):
    """One photo's source and its copy; what goes wrong with files is an OSError."""

    def read(self) -> bytes:
        """The source."""

    def write(self, copy: bytes) -> bytes:
        """Put the copy there, and give back what is there now."""

    def discard(self) -> None:
        """Leave no copy."""


@dataclass(frozen=True, slots=True)
class OnDisk:
    """Two files of this computer."""

    source: Path
    copy: Path

    def read(self) -> bytes:
        """As Staging says."""
        return self.source.read_bytes()

    def write(self, copy: bytes) -> bytes:
        """As Staging says; after a power failure the copy is there, too."""
        write_durably(self.copy, copy)
        return self.copy.read_bytes()

    def discard(self) -> None:
        """As Staging says."""
        self.copy.unlink(missing_ok=True)


@dataclass(slots=True)
class InMemory:
    """Bytes that came from elsewhere and go back there."""

    source: bytes = field(repr=False)
    copy: bytes | None = field(default=None, repr=False)

    def read(self) -> bytes:
        """As Staging says."""
        return self.source

    def write(self, copy: bytes) -> bytes:
        """As Staging says."""
        self.copy = copy
        return copy

    def discard(self) -> None:
        """As Staging says."""
        self.copy = None


def write_durably(path: Path, data: bytes) -> None:
    """Write a file that a power failure does not undo. Raises OSError."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
