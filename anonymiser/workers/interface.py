"""What a run asks of its workers, wherever they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

from anonymiser.photo.verify import verify
from anonymiser.values.report import Answer, Job, PhotoReport


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker process runs; all must be picklable: module-level functions, or partials of them."""

    initialise: Callable[[], None]
    """Called once in each new process; an AnonymiserError ends the whole run."""
    process: Callable[[Job], PhotoReport]
    """Called for each photo; an AnonymiserError ends the whole run, any other exception fails the photo."""
    examine: Callable[[Job, bytes], Answer] | None = None
    """The same for a worker on another computer: the job's paths are empty, the bytes are those of the source."""
    verify: Callable[[bytes, tuple[int, int]], None] = verify
    """Called in the asking process for each copy that comes from another computer, as `photo.verify.verify`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A job and what came of it."""

    job: Job
    report: PhotoReport


class PhotoPool(Protocol):
    """Workers with one photo each at a time, that may die or hang without ending the run.

    The photo of a worker that died or hung gets a second chance, with no other photo of the run at work, and is given
    up if it fails again.
    """

    @property
    def idle(self) -> bool:
        """True when nothing is queued or running."""

    @property
    def has_room(self) -> bool:
        """True when another job may be submitted; no more than two for each worker are held."""

    def submit(self, job: Job) -> None:
        """Queue a job; the caller checks `has_room` first."""

    def poll(self, timeout: float) -> list[Finished]:
        """Whatever has finished, waiting at most `timeout` seconds for the first.

        Raises the AnonymiserError of a worker that says the whole run must end, and WorkspaceError if workers cannot
        even start.
        """

    def drop_queue(self) -> None:
        """Forget jobs that no worker has begun."""

    def close(self, *, gently: bool) -> None:
        """Let go of every worker; queued and running jobs are dropped. `gently` lets an idle one end by itself."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None: ...
