"""Worker processes, with one photo each at a time, that may die or hang without ending the run.

`concurrent.futures` breaks completely when one process dies, and cannot say which photo caused it. Here every worker
has its own pipe, so the photo is known. It is tried once more with no other photo running (two large photos at once may
have been too much for the memory), and given up if it kills a second worker.
"""

from __future__ import annotations

import time
from collections import deque
from multiprocessing.connection import wait
from typing import Self

from anonymiser.errors import AnonymiserError, WorkspaceError
from anonymiser.values.report import Job, PhotoReport
from anonymiser.workers.interface import Finished, WorkerSetup
from anonymiser.workers.process import Worker
from anonymiser.workers.turns import GIVEN_UP, Turns

__all__ = ["GIVEN_UP", "Finished", "Pool", "WorkerSetup"]

_START_SECONDS = 300.0
"""Loading the models takes a few seconds; on a cold and busy disk, perhaps a minute."""


class Pool:
    """At most `jobs` worker processes, started when there is work for them and kept until the end."""

    def __init__(self, setup: WorkerSetup, jobs: int, photo_seconds: float) -> None:
        """A photo may take `photo_seconds`; longer counts as a death."""
        self._setup = setup
        self._jobs = jobs
        self._photo_seconds = photo_seconds
        self._workers: list[Worker] = []
        self._turns = Turns()
        self._failed_starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(gently=kind is None)

    @property
    def idle(self) -> bool:
        """True when nothing is queued or running."""
        return not (self._turns or any(worker.job for worker in self._workers))

    @property
    def has_room(self) -> bool:
        """True when another job may be submitted; keeps no more than two for each worker in memory."""
        running = sum(worker.job is not None for worker in self._workers)
        return len(self._turns) + running < 2 * self._jobs

    def warm_up(self) -> None:
        """Start a worker if there is none, so that the first job need not wait for its models."""
        if not self._workers:
            self._workers.append(Worker(self._setup, time.monotonic() + _START_SECONDS))

    def submit(self, job: Job) -> None:
        """Queue a job; the caller checks `has_room` first."""
        self._turns.add(job)
        self._feed()

    def poll(self, timeout: float) -> list[Finished]:
        """Whatever has finished, waiting at most `timeout` seconds for the first.

        Raises the AnonymiserError of a worker that says the whole run must end, and WorkspaceError if workers
        cannot even start.
        """
        self._feed()
        finished = []
        for worker in self._ready(timeout):
            finished += self._listen(worker)
        now = time.monotonic()
        for worker in [worker for worker in self._workers if worker.deadline <= now]:
            finished += self._bury(worker)
        self._feed()
        return finished

    def drop_queue(self) -> None:
        """Forget jobs that no worker has begun."""
        self._turns.clear()

    def close(self, *, gently: bool) -> None:
        """End every worker; queued and running jobs are dropped. `gently` lets an idle worker end by itself."""
        self.drop_queue()
        for worker in self._workers:
            worker.stop(gently=gently)
        self._workers.clear()

    def _feed(self) -> None:
        more = True
        while more and (jobs := self._turns.open([worker.job.item for worker in self._workers if worker.job])):
            more = self._hand_out(jobs)

    def _hand_out(self, jobs: deque[Job]) -> bool:
        """Give the first job to a worker that is ready; start one if that may help."""
        worker = next((worker for worker in self._workers if worker.ready and worker.job is None), None)
        if worker is not None:
            job = jobs.popleft()
            worker.give(job, time.monotonic() + self._photo_seconds)
            return True
        starting = sum(not worker.ready for worker in self._workers)
        if len(self._workers) < self._jobs and starting < len(jobs):
            self._workers.append(Worker(self._setup, time.monotonic() + _START_SECONDS))
            return len(jobs) > starting + 1
        return False

    def _ready(self, timeout: float) -> list[Worker]:
        active = [worker for worker in self._workers if worker.deadline < float("inf")]
        if not active:
            return []
        first = min(worker.deadline for worker in active)
        patience = max(0.0, min(timeout, first - time.monotonic()))
        sources = [source for worker in self._workers for source in (worker.connection, worker.process.sentinel)]
        found = wait(sources, patience)
        return [worker for worker in self._workers if worker.connection in found or worker.process.sentinel in found]

    def _listen(self, worker: Worker) -> list[Finished]:
        try:
            if not worker.connection.poll():
                return self._bury(worker)
            message = worker.connection.recv()
        except (EOFError, OSError):
            return self._bury(worker)
        match message:
            case AnonymiserError():
                raise message
            case PhotoReport():
                job = worker.release()
                self._turns.done(job)
                return [Finished(job, message)]
            case _:
                self._failed_starts = 0
                worker.release_start()
                return []

    def _bury(self, worker: Worker) -> list[Finished]:
        """A worker has died or hangs: give its photo a second chance alone, or give it up."""
        self._workers.remove(worker)
        worker.stop(gently=False)
        job = worker.job
        if job is None:
            if not worker.ready:
                self._failed_starts += 1
            if self._failed_starts >= 2:
                raise WorkspaceError("the processes that look at photos cannot start", remedy="Run: anonymise doctor")
            return []
        return self._turns.died(job)
