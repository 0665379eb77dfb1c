"""What the three systems share: a file that says what to start, and commands that tell the system about it."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from anonymiser.errors import ServiceError
from anonymiser.service.job import Job

Command = tuple[str, ...]
"""A program of the operating system, by its bare name, and its arguments."""

_LONGEST_SAID = 300


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    said: str = ""
    """What it printed, on both outputs."""


Runner = Callable[[Sequence[str], float], Ran]
"""Runs a command, at most for so many seconds. Raises ServiceError if that cannot be done."""


def run_command(command: Sequence[str], seconds: float) -> Ran:
    """Run a program of the operating system, without input. Raises ServiceError if it is missing or does not end."""
    program = command[0]
    if os.name == "nt":  # never one of this name in the current folder
        program = str(Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", f"{program}.exe"))
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, and arguments that no shell reads
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        raise ServiceError(
            f"this computer has no {command[0]}",
            remedy="Let the system start this at log-on in its own way: anonymise watch --workspace DIR",
        ) from None
    except subprocess.TimeoutExpired:
        raise ServiceError(
            f"{command[0]} did not end within {seconds:.0f} seconds", remedy="Wait a few minutes, and try again."
        ) from None
    except OSError as error:
        raise ServiceError(
            f"{command[0]} cannot be run: {error.strerror}", remedy="Ask your network manager for access to it."
        ) from error
    encoding = "oem" if os.name == "nt" else "utf-8"  # what Windows' console programs write
    return Ran(done.returncode, (done.stderr + b"\n" + done.stdout).decode(encoding, "replace").strip())


class Manager(ABC):
    """Sets one job up, takes it down, and says whether it is there."""

    title: ClassVar[str]
    """What the system calls its part that starts programs."""
    refused: ClassVar[str]
    """The remedy where the system refuses."""
    log_on_only: ClassVar[str]
    """What to know about when it starts."""
    _SECONDS: ClassVar[float] = 60.0

    def __init__(self, job: Job, runner: Runner) -> None:
        self.job = job
        self._run = runner

    @property
    @abstractmethod
    def file(self) -> Path:
        """Where the file is written."""

    @abstractmethod
    def content(self) -> bytes:
        """The file, byte for byte. Raises ServiceError if a path cannot be written into it."""

    @abstractmethod
    def shown(self) -> str:
        """The file as text, for a person."""

    @abstractmethod
    def to_install(self) -> tuple[Command, ...]:
        """The commands once the file is written."""

    def to_refresh(self) -> tuple[Command, ...]:
        """More commands where an earlier one was replaced, which may be running."""
        return ()

    @abstractmethod
    def to_remove(self) -> tuple[Command, ...]:
        """The commands that end it; the file is deleted after the first."""

    @abstractmethod
    def is_installed(self) -> bool:
        """Whether the system will start it. Raises ServiceError if nobody can say."""

    def install(self) -> None:
        """Set it up, in place of an earlier one, and start it. Raises ServiceError; then everything is as before."""
        content, was_known = self.content(), self.is_known()
        before = self._content_before()
        commands = (*self.to_install(), *(self.to_refresh() if was_known else ()))
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_bytes(content)
            for command in commands:
                self._require(command, self._SECONDS + self.job.stop_seconds)
        except (ServiceError, OSError) as error:
            if not was_known:
                with contextlib.suppress(ServiceError):
                    self._run(self.to_remove()[0], self._SECONDS)
            with contextlib.suppress(ServiceError):
                self._put_back(before)
            if isinstance(error, ServiceError):
                raise
            raise ServiceError(f"cannot write {self.file}: {error.strerror}", remedy=self.refused) from error

    def remove(self) -> bool:
        """End it and take it down; False if it was not there. Raises ServiceError."""
        if not self.is_known():
            return False
        first, *others = self.to_remove()
        self._require(first, self._SECONDS + self.job.stop_seconds)
        self._put_back(None)
        for command in others:
            self._require(command, self._SECONDS)
        return True

    def is_known(self) -> bool:
        """Whether there is something to take down. Raises ServiceError if nobody can say."""
        try:
            return stat.S_ISREG(self.file.stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._unreadable(error) from error

    def _content_before(self) -> bytes | None:
        try:
            return self.file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> ServiceError:
        return ServiceError(
            f"cannot read {self.file}: {error.strerror}",
            remedy="Give this account the right to read and write there, or ask your network manager for it.",
        )

    def _put_back(self, before: bytes | None) -> None:
        try:
            if before is None:
                self.file.unlink(missing_ok=True)
            else:
                self.file.write_bytes(before)
        except OSError as error:
            raise ServiceError(f"cannot change {self.file}: {error.strerror}", remedy="Delete it by hand.") from error

    def _require(self, command: Command, seconds: float) -> None:
        done = self._run(command, seconds)
        if done.code != 0:
            said = " ".join(done.said.split())[:_LONGEST_SAID] or f"exit code {done.code}"
            raise ServiceError(f"{self.title} refused: {said}", remedy=self.refused)

    def _succeeds(self, command: Command) -> bool:
        return self._run(command, self._SECONDS).code == 0
