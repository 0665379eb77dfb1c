"""What tests of the service share: a job, and an operating system that only writes down what it is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st

from anonymiser.errors import AnonymiserError, ServiceError
from anonymiser.service import Job, Ran


@dataclass
class FakeSystem:
    """Runs nothing. A command that contains a key of `answers` gets that answer, others succeed."""

    answers: dict[str, Ran] = field(default_factory=dict)
    missing: bool = False
    ran: list[tuple[str, ...]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    """For each command, the names of the files that were there when it ran."""
    watched: Path | None = None

    def __call__(self, command: Sequence[str], seconds: float) -> Ran:
        if self.missing:
            raise ServiceError(f"this computer has no {command[0]}", remedy="Start it in another way.")
        self.ran.append(tuple(command))
        if self.watched is not None:
            self.files.append(" ".join(sorted(path.name for path in self.watched.glob("*"))))
        return next((answer for key, answer in self.answers.items() if key in command), Ran(0))


def job_of(folder: Path, program: str = "/opt/anonymiser/bin/python", place: str = "/srv/school") -> Job:
    """A `watch` of the workspace `place`, with its data in `folder`."""
    arguments = ("-P", "-m", "anonymiser", "watch", "--workspace", place)
    return Job("anonymiser-school-1a2b3c4d", program, arguments, 330, folder, folder / "stop")


NASTY = st.text(st.sampled_from(" \"'\\%$&<>;^!`(){}[]=~#@:+-é人\u00a0aZ0/.\u2028😀"), min_size=1, max_size=30)
"""Parts of a path that a file for an operating system could misread."""

NOBODY = 64_123
"""An account without a name, a home folder or rights."""


def refused_to_nobody(*steps: Callable[[], object]) -> list[str]:
    """What each step says to an account without rights: an error of this program, or a defect.

    The administrator may read everything, so that a process of theirs becomes another account's; others stay who they
    are.
    """
    if os.geteuid() != 0:
        return [_said(step) for step in steps]
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writing, "\0".join(map(_said, steps)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as answers:
        said = answers.read()
    os.waitpid(child, 0)
    return said.split("\0")


def _said(step: Callable[[], object]) -> str:
    try:
        step()
    except AnonymiserError as error:
        return f"{type(error).__name__}: {error.message} {error.remedy}"
    except Exception as error:  # noqa: BLE001 - whatever else it is, it is a defect
        return f"a defect: {type(error).__name__}"
    return "nothing"
