"""One worker process: the parent's side, which starts, feeds and stops it, and the child's side, which serves."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeVar

from anonymiser.errors import AnonymiserError
from anonymiser.values.reasons import Code
from anonymiser.values.report import Failed, Job, PhotoReport
from anonymiser.workers.interface import WorkerSetup

T = TypeVar("T")

_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Worker:
    """The parent's side of one process."""

    def __init__(self, setup: WorkerSetup, deadline: float) -> None:
        """Start the process; it counts as hanging when `time.monotonic` passes `deadline`."""
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs, setup), daemon=True)
        with _interrupts_ignored(), _one_thread_each():
            self.process.start()
        theirs.close()
        self.ready = False
        """True once its models are loaded."""
        self.job: Job | None = None
        """The photo that it has now."""
        self.deadline = deadline

    def give(self, job: Job, deadline: float) -> None:
        """Send a job, to be finished by `deadline`."""
        self.job = job
        self.deadline = deadline
        # A worker that has just died is noticed by the next poll, with this job as its last.
        with contextlib.suppress(OSError):
            self.connection.send(job)

    def release(self) -> Job:
        """The job is done: take it back, and let the process wait as long as it likes."""
        job, self.job = self.job, None
        if job is None:
            raise RuntimeError("a worker reported on a job that it was not given")
        self.deadline = float("inf")
        return job

    def release_start(self) -> None:
        """The process has said that it is ready."""
        self.ready = True
        self.deadline = float("inf")

    def stop(self, *, gently: bool) -> None:
        """End the process; `gently` lets an idle one end by itself."""
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
    """Make a new process ignore Ctrl+C: the parent decides what a stop means."""
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
    """Make a new process run its arithmetic on one thread, because parallelism comes from processes.

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
    """The worker's side: initialise, then process photos until the parent says stop, or dies."""
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
        connection.send(answer_or_failure(functools.partial(setup.process, job), failed=PhotoReport))


def answer_or_failure(look: Callable[[], T], *, failed: Callable[[Failed], T]) -> T | AnonymiserError:
    """What `look` says, or the error that ends the run; a defect costs the photo alone, and no memory the process."""
    try:
        return look()
    except AnonymiserError as error:
        return error
    except MemoryError:
        os._exit(1)
    except Exception as error:  # noqa: BLE001 - a defect costs this photo, not the run; its message may hold a name
        return failed(Failed((Code.DEFECT(error=type(error).__name__),)))


def _receive(connection: Connection, jobs: queue.SimpleQueue[Job | None]) -> None:
    """Keep the pipe empty; if it is closed, the parent has gone, and nobody wants the photo any more."""
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            os._exit(1)
        jobs.put(job)
        if job is None:
            return


def _silence() -> None:
    """Silence native libraries, which print what they like: standard output is for JSON, and must carry no name."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the process's life
