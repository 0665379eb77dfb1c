"""A disk that fails, for tests: whatever delivery/files.py asks the operating system for passes through here.

A test of tests/delivery/test_files.py makes sure that no other module changes files, so every step is counted.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from anonymiser.delivery import files
from anonymiser.ledger.ledger import Ledger

CHANGES = ("rename", "replace", "link", "unlink", "rmdir", "makedirs", "copyfile")
LOOKS = ("open", "listdir")
TRANSACTIONS = (
    "receive", "withdraw", "claim", "reopen", "deliver", "_move", "remember", "keep_look", "drop_look",
    "keep_restored", "note_changes", "note_refusal", "begin_deletion",
    "end_deletion", "delete_row",
)  # fmt: skip
"""Methods of the ledger after which a killed process would leave it in another state."""
ALLOCATES = ("rename", "replace", "link", "makedirs", "copyfile", "open")
"""What needs room, if only for a name."""
WINDOWS_ERRORS = {
    5: "Access is denied",
    32: "The process cannot access the file because it is being used",
    33: "Locked",
}


class Crash(BaseException):
    """The process dies here, as far as the files and the database can tell."""


def windows_error(number: int) -> PermissionError:
    """What Python raises on Windows for this system error."""
    error = PermissionError(errno.EACCES, WINDOWS_ERRORS[number])
    error.winerror = number
    return error


@dataclass(frozen=True)
class Step:
    """One thing that the operating system is asked for."""

    number: int
    """From 1."""
    name: str
    paths: tuple[Path, ...]
    """What it touches; none for a transaction of the ledger."""
    writes: bool = True

    @property
    def needs_room(self) -> bool:
        """Whether a full disk would refuse it."""
        return self.name in ALLOCATES and self.writes


Fault = Callable[[Step], None]
"""Raises instead of some steps."""


def none(step: Step) -> None:
    """The disk works."""


@dataclass
class CrashAt:
    """Die before one step."""

    number: int

    def __call__(self, step: Step) -> None:
        if step.number == self.number:
            raise Crash


@dataclass
class FullAt:
    """No room for one step, nor for any later one that needs some."""

    number: int

    def __call__(self, step: Step) -> None:
        if step.number >= self.number and step.needs_room:
            raise OSError(errno.ENOSPC, "No space left on device")


@dataclass
class HoldAt:
    """From one step on another program holds the file that the step touches first (or last), and lets nobody else."""

    number: int
    which: int = 0
    held: Path | None = None

    def __call__(self, step: Step) -> None:
        if step.number == self.number and step.paths:
            self.held = step.paths[self.which]
        if self.held is not None and self.held in step.paths:
            raise windows_error(list(WINDOWS_ERRORS)[self.number % 3])


@dataclass
class Disk:
    """Stands in for `os` and `shutil` in delivery/files.py."""

    fault: Fault
    windows: bool = False
    steps: list[Step] = field(default_factory=list)

    def ask(self, name: str, paths: tuple[Path, ...], *, writes: bool = True) -> None:
        """Count the step, and let it fail."""
        self.steps.append(Step(len(self.steps) + 1, name, paths, writes))
        self.fault(self.steps[-1])

    def __getattr__(self, name: str) -> Any:
        if name == "name":
            return "nt" if self.windows else "posix"
        real = getattr(shutil if name in {"copyfile", "rmtree"} else os, name)
        if name not in CHANGES + LOOKS:
            return real

        def step(*args: Any, **kwargs: Any) -> Any:
            paths = tuple(argument for argument in args if isinstance(argument, Path))
            self.ask(name, paths, writes=name != "listdir" and not (name == "open" and not args[1] & os.O_CREAT))
            if self.windows and name == "rename" and paths[0] != paths[1] and os.path.lexists(paths[1]):
                raise FileExistsError(errno.EEXIST, "Cannot create a file when that file already exists")
            return real(*args, **kwargs)

        return step


@contextmanager
def faulty_disk(fault: Fault, monkeypatch: pytest.MonkeyPatch, *, windows: bool = False) -> Iterator[Disk]:
    """Let steps fail as `fault` says, without waiting for better times in between."""
    disk = Disk(fault, windows)

    def counted(name: str) -> Callable[..., object]:
        method = getattr(Ledger, name)

        def call(*args: object, **kwargs: object) -> object:
            disk.ask(name, ())
            return method(*args, **kwargs)

        return call

    with monkeypatch.context() as patch, files.waiting(()):
        patch.setattr("anonymiser.delivery.files.os", disk)
        patch.setattr("anonymiser.delivery.files.shutil", disk)
        for name in TRANSACTIONS:
            patch.setattr(Ledger, name, counted(name))
        yield disk


@contextmanager
def crash_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Die before the step with this number, counted from 1."""
    with faulty_disk(CrashAt(number), monkeypatch) as disk:
        yield disk
