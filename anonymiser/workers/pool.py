"""Worker processes, one photo each at a time, that may die or hang without taking the run with them.

`concurrent.futures` breaks as a whole when one process dies and cannot say which photo did it. Here every worker
has a pipe of its own, so the photo is known: it is tried once more with no other photo running (two large photos at
once may have been too much for the memory), and given up when it takes a second worker with it.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Self

from anonymiser.errors import AnonymiserError, WorkspaceError
from anonymiser.settings import Settings
from anonymiser.values.reasons import Code
from anonymiser.values.report import Failed, Job, PhotoReport

_START_SECONDS = 300.0
"""Loading the models takes a few seconds; on a cold and busy disk perhaps a minute."""

_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

GIVEN_UP = Code.GIVEN_UP()


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker process runs; both must be picklable, so module-level functions or partials of such."""

    initialise: Callable[[], None]
    """Called once in each new process; an AnonymiserError ends the whole run."""
    process: Callable[[Job], PhotoReport]
    """Called for each photo; an AnonymiserError ends the whole run, any other exception fails the photo."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A job and what came of it."""

    job: Job
    report: PhotoReport


def pipeline_setup(settings: Settings) -> WorkerSetup:
    """The product's own pipeline; its models and OpenCV are loaded by the workers alone."""
    return WorkerSetup(functools.partial(_initialise_pipeline, settings), _process_with_pipeline)


def _initialise_pipeline(settings: Settings) -> None:
    from anonymiser.pipeline import initialise  # noqa: PLC0415 - only workers load models

    initialise(settings)


def _process_with_pipeline(job: Job) -> PhotoReport:
    from anonymiser.pipeline import process  # noqa: PLC0415 - only workers load models

    return process(job)


class Pool:
    """At most `jobs` worker processes, started when there is work for them and kept until the end."""

    def __init__(self, setup: WorkerSetup, jobs: int, photo_seconds: float) -> None:
        """A photo may take `photo_seconds`; longer counts as a death."""
        self._setup = setup
        self._jobs = jobs
        self._photo_seconds = photo_seconds
        self._workers: list[_Worker] = []
        self._queue: deque[Job] = deque()
        self._suspects: deque[Job] = deque()
        """Jobs that a worker died on; each runs alone."""
        self._trials: set[str] = set()
        """Items of jobs that are having, or waiting for, their second chance."""
        self._failed_starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(gently=kind is None)

    @property
    def idle(self) -> bool:
        """True when nothing is queued or running."""
        return not (self._queue or self._suspects or any(worker.job for worker in self._workers))

    @property
    def has_room(self) -> bool:
        """True when another job may be submitted; keeps no more than two a worker in memory."""
        running = sum(worker.job is not None for worker in self._workers)
        return len(self._queue) + len(self._suspects) + running < 2 * self._jobs

    def submit(self, job: Job) -> None:
        """Queue a job; the caller asks `has_room` first."""
        self._queue.append(job)
        self._feed()

    def poll(self, timeout: float) -> list[Finished]:
        """Whatever has finished, waiting at most `timeout` seconds for the first.

        Raises the AnonymiserError of a worker that says the whole run must end, and WorkspaceError where workers
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
        """Forget what no worker has begun."""
        self._queue.clear()
        self._suspects.clear()

    def close(self, *, gently: bool) -> None:
        """End every worker; queued and running jobs are dropped. `gently` lets an idle worker end by itself."""
        self.drop_queue()
        for worker in self._workers:
            worker.stop(gently=gently)
        self._workers.clear()

    def _feed(self) -> None:
        running = [worker.job.item for worker in self._workers if worker.job]
        if not self._trials.isdisjoint(running):
            return
        if self._suspects:
            if not running:
                self._hand_out(self._suspects)
            return
        while self._queue and self._hand_out(self._queue):
            pass

    def _hand_out(self, jobs: deque[Job]) -> bool:
        """Give the first job to a worker that is ready; start one where that may help."""
        worker = next((worker for worker in self._workers if worker.ready and worker.job is None), None)
        if worker is not None:
            job = jobs.popleft()
            worker.give(job, time.monotonic() + self._photo_seconds)
            return True
        starting = sum(not worker.ready for worker in self._workers)
        if len(self._workers) < self._jobs and starting < len(jobs):
            self._workers.append(_Worker(self._setup, time.monotonic() + _START_SECONDS))
            return len(jobs) > starting + 1
        return False

    def _ready(self, timeout: float) -> list[_Worker]:
        active = [worker for worker in self._workers if worker.deadline < float("inf")]
        if not active:
            return []
        first = min(worker.deadline for worker in active)
        patience = max(0.0, min(timeout, first - time.monotonic()))
        sources = [source for worker in self._workers for source in (worker.connection, worker.process.sentinel)]
        found = wait(sources, patience)
        return [worker for worker in self._workers if worker.connection in found or worker.process.sentinel in found]

    def _listen(self, worker: _Worker) -> list[Finished]:
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
                self._trials.discard(job.item)
                return [Finished(job, message)]
            case _:
                self._failed_starts = 0
                worker.release_start()
                return []

    def _bury(self, worker: _Worker) -> list[Finished]:
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
        if job.item in self._trials:
            self._trials.discard(job.item)
            return [Finished(job, PhotoReport(Failed((GIVEN_UP,))))]
        self._trials.add(job.item)
        self._suspects.append(job)
        return []


class _Worker:
    """The parent's side of one process."""

    def __init__(self, setup: WorkerSetup, deadline: float) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs, setup), daemon=True)
        with _interrupts_ignored(), _one_thread_each():
            self.process.start()
        theirs.close()
        self.ready = False
        self.job: Job | None = None
        self.deadline = deadline

    def give(self, job: Job, deadline: float) -> None:
        self.job = job
        self.deadline = deadline
        # A worker that has just died is noticed by the next poll, with this job as its last.
        with contextlib.suppress(OSError):
            self.connection.send(job)

    def release(self) -> Job:
        job, self.job = self.job, None
        if job is None:
            raise RuntimeError("a worker reported on a job that it was not given")
        self.deadline = float("inf")
        return job

    def release_start(self) -> None:
        self.ready = True
        self.deadline = float("inf")

    def stop(self, *, gently: bool) -> None:
        if gently and self.ready and self.job is None:
            with contextlib.suppress(OSError):
                self.connection.send(None)
            self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.connection.close()
        self.process.close()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Let a new process inherit that Ctrl+C is not for it: the parent decides what a stop means."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let a new process inherit that its arithmetic runs on one thread: parallelism comes from processes.

    The libraries read these when they are loaded, which is before any of our code runs in the worker.
    """
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _serve(connection: Connection, setup: WorkerSetup) -> None:
    """The worker's side: initialise, then photo after photo until the parent says stop, or dies."""
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)  # sent to the whole group; the parent lets running photos finish
    _silence()
    jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, jobs), daemon=True).start()
    try:
        setup.initialise()
    except AnonymiserError as error:
        connection.send(error)
        return
    connection.send("ready")
    while (job := jobs.get()) is not None:
        connection.send(_answer(setup, job))


def _answer(setup: WorkerSetup, job: Job) -> PhotoReport | AnonymiserError:
    try:
        return setup.process(job)
    except AnonymiserError as error:
        return error
    except MemoryError:
        os._exit(1)
    except Exception as error:  # noqa: BLE001 - a defect costs this photo, not the run; its message may hold a name
        return PhotoReport(Failed((Code.DEFECT(error=type(error).__name__),)))


def _receive(connection: Connection, jobs: queue.SimpleQueue[Job | None]) -> None:
    """Keep the pipe empty; a closed pipe means that the parent is gone, and nobody wants the photo any more."""
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            os._exit(1)
        jobs.put(job)
        if job is None:
            return


def _silence() -> None:
    """Native libraries print what they like; standard output is for JSON, and neither may carry a name."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the process's life
