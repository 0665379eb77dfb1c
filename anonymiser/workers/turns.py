"""Which photo is next, and what happens to a photo on which a worker has died."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from anonymiser.values.reasons import Code
from anonymiser.values.report import Failed, Job, PhotoReport
from anonymiser.workers.interface import Finished

GIVEN_UP = Code.GIVEN_UP()


class Turns:
    """Jobs that no worker has yet, in order; those on which a worker has died come first, and alone."""

    def __init__(self) -> None:
        self._queue: deque[Job] = deque()
        self._suspects: deque[Job] = deque()
        """Jobs that a worker died on; each runs alone."""
        self._trials: set[str] = set()
        """Items of jobs that are having, or waiting for, their second chance."""

    def __len__(self) -> int:
        return len(self._queue) + len(self._suspects)

    def add(self, job: Job) -> None:
        """Let a job wait for its turn."""
        self._queue.append(job)

    def open(self, running: Collection[str]) -> deque[Job]:
        """The jobs that may begin now, the first first, while the items `running` run; take them from its left."""
        if not self._trials.isdisjoint(running):
            return deque()
        if self._suspects:
            return deque() if running else self._suspects
        return self._queue

    def done(self, job: Job) -> None:
        """A worker has reported on the job."""
        self._trials.discard(job.item)

    def died(self, job: Job) -> list[Finished]:
        """A worker has died on the job, or hangs: a second chance alone, or the job given up."""
        if job.item in self._trials:
            self._trials.discard(job.item)
            return [Finished(job, PhotoReport(Failed((GIVEN_UP,))))]
        self._trials.add(job.item)
        self._suspects.append(job)
        return []

    def clear(self) -> None:
        """Forget every job that waits."""
        self._queue.clear()
        self._suspects.clear()
