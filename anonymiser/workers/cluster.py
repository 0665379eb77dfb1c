"""Workers on other computers, as processes of a Dask cluster, with the behaviour of the local pool.

The bytes of a photo go to a worker, and a verified copy comes back; this process alone touches the school's files. Dask
only carries them: it is not told of tasks, because it would keep their results, spill them to a disk, and run the task
of a worker that died again by rules of its own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import errno
import hashlib
import pickle
import queue
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from anonymiser.errors import AnonymiserError, DiskFullError, VerificationFailed, WorkspaceError
from anonymiser.staging import OnDisk
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.report import Answer, Failed, Job, PhotoReport
from anonymiser.workers import seat
from anonymiser.workers.interface import Finished, WorkerSetup
from anonymiser.workers.scheduler import Scheduler
from anonymiser.workers.turns import Turns

_LOOK_SECONDS = 1.0
"""How often the scheduler is asked which workers there are."""
_START_SECONDS = 300.0
"""As in the local pool."""
_ASK_SECONDS = 60.0
"""For an answer that needs no work."""
_PATIENCE_SECONDS = 120.0
"""A cluster without any worker for this long ends the run; a nanny starts another in a few seconds."""


class _Lost(Exception):
    """The worker does not answer any more."""


@dataclass(eq=False, slots=True)
class _Seat:
    """One worker process of the cluster."""

    address: str
    asked: concurrent.futures.Future[object] | None = None
    """What it is doing for this run."""
    ready: bool = False
    """Whether it has the same program and its networks are loaded."""
    begun: bool = False
    """Whether it has answered at all; a worker that is listed may have gone already."""
    job: Job | None = None


class ClusterPool:
    """At most `jobs` processes of a cluster; those that come later join in."""

    def __init__(
        self,
        setup: WorkerSetup,
        scheduler: Scheduler,
        photo_seconds: float,
        jobs: int | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """A photo may take `photo_seconds`; `jobs` None takes every worker.

        Raises what `Scheduler.connect` raises, which `is_stopped` ends.
        """
        self._setup = setup
        self._pickled = pickle.dumps(setup)
        self._photo_seconds = photo_seconds
        self._jobs = jobs
        self._identity = seat.identity()
        self._turns = Turns()
        self._seats: dict[str, _Seat] = {}
        self._shunned: set[str] = set()
        """Workers that did not even end a photo that took too long."""
        self._answered: queue.SimpleQueue[tuple[_Seat, concurrent.futures.Future[object]]] = queue.SimpleQueue()
        self._settled: list[Finished] = []
        """Photos that no worker needs to see."""
        self._failed_starts = 0
        self._next_look = 0.0
        self._alone_since = time.monotonic()
        self._scheduler = scheduler
        self._client = scheduler.connect(is_stopped)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.close(gently=kind is None)

    @property
    def idle(self) -> bool:
        """True when nothing is queued or running."""
        return not (self._turns or self._running() or self._settled)

    @property
    def has_room(self) -> bool:
        """True when another job may be submitted. Jobs hold no pixels: a photo is read when a worker is free for it."""
        return len(self._turns) + len(self._running()) < 2 * max(1, len(self._seats))

    def submit(self, job: Job) -> None:
        """Queue a job; the caller checks `has_room` first."""
        self._turns.add(job)
        self._feed()

    def poll(self, timeout: float) -> list[Finished]:
        """Whatever has finished, waiting at most `timeout` seconds for the first.

        Raises what the local pool raises, WorkspaceError if scheduler or workers are lost for good or are not of this
        program's version, and SafetyRefusal if a worker could only be reached unencrypted.
        """
        self._look_for_workers()
        self._feed()
        finished, self._settled = self._settled, []
        with contextlib.suppress(queue.Empty):
            wait = 0.0 if finished else min(timeout, _LOOK_SECONDS)
            finished += self._listen(*self._answered.get(timeout=wait) if wait else self._answered.get_nowait())
            while True:
                finished += self._listen(*self._answered.get_nowait())
        self._feed()
        return finished

    def drop_queue(self) -> None:
        """Forget jobs that no worker has begun."""
        self._turns.clear()

    def close(self, *, gently: bool) -> None:  # noqa: ARG002 - a worker belongs to the cluster, and is never ended
        """Let go of every worker; queued and running jobs are dropped, and what a worker still says is not heard."""
        self.drop_queue()
        for each in self._seats.values():
            if each.asked is not None:
                each.asked.cancel()
        self._seats.clear()
        self._client.close()

    # --- workers that come and go ----------------------------------------------------------------------------

    def _look_for_workers(self) -> None:
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_SECONDS
        there = self._workers()
        for gone in [each for each in self._seats.values() if each.address not in there]:
            if gone.asked is None:
                del self._seats[gone.address]
            else:
                gone.asked.cancel()
        for address in sorted(there - self._seats.keys() - self._shunned):
            if self._jobs is not None and len(self._seats) >= self._jobs:
                break
            self._scheduler.require_protected(address)
            self._seats[address] = _Seat(address)
            self._ask(self._seats[address], self._start(self._seats[address]))
        if self._seats:
            self._alone_since = now
        elif now > self._alone_since + _PATIENCE_SECONDS:
            raise WorkspaceError(
                f"the scheduler at {self._scheduler.address} has no worker",
                remedy="Start workers (docs/trust.md says how), then start again: nothing is lost.",
            )

    def _workers(self) -> set[str]:
        if self._client.scheduler is None:  # Dask's client has given the scheduler up
            raise self._without_scheduler()
        try:
            identity = self._on_loop(self._client.scheduler.identity(n_workers=-1)).result(_ASK_SECONDS)
        except (OSError, TimeoutError) as error:
            raise self._without_scheduler() from error
        return {address for address, each in identity["workers"].items() if each["status"] == "running"} | {
            address for address in identity["workers"] if address in self._seats
        }

    async def _start(self, each: _Seat) -> AnonymiserError | None:
        found = await self._call(each.address, _ASK_SECONDS, seat.identity)
        each.begun = True
        if found != self._identity:
            return _other_program(each.address, self._identity, found)
        answer = await self._call(each.address, _START_SECONDS, seat.prepare, self._pickled)
        return answer if isinstance(answer, AnonymiserError) else None

    # --- photos ----------------------------------------------------------------------------------------------

    def _running(self) -> list[str]:
        return [each.job.item for each in self._seats.values() if each.job]

    def _feed(self) -> None:
        while jobs := self._turns.open(self._running()):
            free = next((each for each in self._seats.values() if each.ready and each.asked is None), None)
            if free is None:
                return
            job = jobs.popleft()
            try:
                photo = job.source.read_bytes()
            except OSError as error:
                self._turns.done(job)
                self._settled.append(_failure(job, Code.DISK_ERROR(detail=str(error.strerror))))
                continue
            free.job = job
            self._ask(free, self._examine(free.address, job, photo))

    async def _examine(self, address: str, job: Job, photo: bytes) -> object:
        there = replace(job, source=Path(), staging=Path())
        parcel = seat.Parcel(self._pickled, there, photo, self._photo_seconds)
        # A worker ends itself in time. This is for a computer that is lost, and long enough for another run's photo.
        return await self._call(address, 2 * self._photo_seconds + _ASK_SECONDS, seat.examine, parcel)

    def _listen(self, each: _Seat, asked: concurrent.futures.Future[object]) -> list[Finished]:
        each.asked = None
        try:
            answer = asked.result()
        except (_Lost, TimeoutError, concurrent.futures.CancelledError) as error:
            if isinstance(error, TimeoutError):
                self._shunned.add(each.address)
            return self._bury(each)
        except OSError as error:
            raise self._without_scheduler() from error
        match answer:
            case AnonymiserError():
                raise answer
            case Answer() if each.job is not None:
                job, each.job = each.job, None
                self._turns.done(job)
                return [self._kept(job, answer)]
            case None if each.job is None:
                each.ready = True
                self._failed_starts = 0
                return []
        raise WorkspaceError(f"{each.address} does not answer like a worker", remedy="Start the workers again.")

    def _bury(self, each: _Seat) -> list[Finished]:
        """A worker has died, hangs or cannot be reached: its photo's second chance, or its end."""
        if self._seats.get(each.address) is each:
            del self._seats[each.address]
        if each.job is not None:
            return self._turns.died(each.job)
        if each.begun and not each.ready:
            self._failed_starts += 1
        if self._failed_starts >= 2 + len(self._seats):
            raise WorkspaceError("the workers of the cluster cannot start", remedy="Run on them: anonymise doctor")
        return []

    def _kept(self, job: Job, answer: Answer) -> Finished:
        """The report, once its copy has been checked again and is in the staging area."""
        made, copy, files = answer.report.made, answer.copy, OnDisk(job.source, job.staging)
        if made is None:
            return Finished(job, answer.report)
        if copy is None or hashlib.sha256(copy).hexdigest() != made.sha256:
            return _failure(job, Code.NOT_THE_CHECKED_COPY())
        try:
            self._setup.verify(copy, made.output_wh)
            if files.write(copy) == copy:
                return Finished(job, answer.report)
            reason = Code.NOT_THE_CHECKED_COPY()
        except VerificationFailed as error:
            reason = Code.FAILED_CHECK(detail=error.message)
        except OSError as error:
            reason = Code.DISK_ERROR(detail=str(error.strerror))
            if error.errno == errno.ENOSPC:
                with contextlib.suppress(OSError):
                    files.discard()
                raise DiskFullError("the disk is full", remedy="Free some space and start again.") from None
        with contextlib.suppress(OSError):
            files.discard()
        return _failure(job, reason)

    # --- Dask ------------------------------------------------------------------------------------------------

    def _ask(self, each: _Seat, question: Coroutine[Any, Any, object]) -> None:
        each.asked = self._on_loop(question)
        each.asked.add_done_callback(lambda asked: self._answered.put((each, asked)))

    def _on_loop(self, coroutine: Coroutine[Any, Any, Any]) -> concurrent.futures.Future[Any]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._client.loop.asyncio_loop)

    async def _call(self, address: str, seconds: float, function: Callable[..., object], *arguments: object) -> object:
        """What a function of `seat` says on a worker. Raises _Lost, TimeoutError, or OSError without a scheduler."""
        running = self._client.run(function, *arguments, workers=[address], on_error="return")
        answer = (await asyncio.wait_for(running, seconds))[address]
        if isinstance(answer, AnonymiserError) or not isinstance(answer, BaseException):
            return answer
        if isinstance(answer, OSError):
            raise _Lost
        # The function, or what it was given, is not known there.
        return WorkspaceError(f"the worker {address} does not have this anonymiser", remedy=_SAME_EVERYWHERE)

    def _without_scheduler(self) -> WorkspaceError:
        return WorkspaceError(
            f"the scheduler at {self._scheduler.address} no longer answers",
            remedy="When it is back, start again: nothing is lost, and the next run continues with every photo.",
        )


_SAME_EVERYWHERE = (
    "Install the same anonymiser, with the same packages, on every computer of the cluster, and start its workers anew."
)


def _other_program(address: str, ours: dict[str, str], theirs: object) -> AnonymiserError:
    if isinstance(theirs, AnonymiserError):
        return theirs
    other = theirs if isinstance(theirs, dict) else {}
    different = next(what for what in (*ours, *other) if ours.get(what) != other.get(what))
    return WorkspaceError(
        f"the worker {address} is not like this computer: {different} is {str(ours.get(different))[:16]} here and "
        f"{str(other.get(different))[:16]} there, so its copies could differ",
        remedy=_SAME_EVERYWHERE,
    )


def _failure(job: Job, reason: Reason) -> Finished:
    return Finished(job, PhotoReport(Failed((reason,))))
