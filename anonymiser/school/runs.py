"""Photos being processed: a folder once, the inbox as photos arrive, or what an earlier run left unfinished."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from anonymiser.delivery import files
from anonymiser.delivery.site import Site, open_dry_site
from anonymiser.intake.batch import Intake, Stop
from anonymiser.intake.claim import Candidate, listing
from anonymiser.intake.events import EventOverrides, Events
from anonymiser.intake.preflight import check_folders, check_workspace
from anonymiser.intake.results import Result, Summary
from anonymiser.intake.session import remember_run, working
from anonymiser.intake.stability import settled
from anonymiser.intake.watcher import Watcher
from anonymiser.ledger.item import Origin
from anonymiser.locks import run_lock
from anonymiser.review.queue import Decided, ReviewQueue
from anonymiser.settings import Settings
from anonymiser.threads import processors
from anonymiser.workers.cluster import ClusterPool
from anonymiser.workers.interface import PhotoPool, WorkerSetup
from anonymiser.workers.pool import Pool
from anonymiser.workers.scheduler import Scheduler
from anonymiser.workspace import Workspace

WorkerFactory = Callable[[Settings], WorkerSetup]
"""Makes what worker processes run: the product's own pipeline, or a test double."""

RunEvent = Result | Decided
"""What a run reports: a photo is finished, or a verdict that somebody made by moving a copy was carried out."""


@dataclass(frozen=True, slots=True)
class Order:
    """How to do a run, whatever its photos."""

    workers: WorkerFactory
    jobs: int | None
    """The most worker processes; None for one per processor, or for all of a cluster."""
    stop: Stop
    """Can be set from anywhere (a signal, a button) to end the run early."""
    notices: tuple[str, ...] = ()
    """What the person who runs this should know first, in plain English."""
    scheduler: Scheduler | None = None
    """The cluster whose workers look at the photos; None for processes of this computer."""

    def pool(self, settings: Settings) -> PhotoPool:
        """Workers that look at photos with `settings`.

        Raises WorkspaceError if the cluster cannot be reached, and KeyboardInterrupt if it is to stop before that.
        """
        setup, seconds = self.workers(settings), settings.intake.photo_seconds
        if self.scheduler is not None:
            return ClusterPool(setup, self.scheduler, seconds, self.jobs, lambda: bool(self.stop.requests))
        return Pool(setup, self.jobs or processors(), seconds)


class Run:
    """What happens, as it happens: iterate it once, inside the `with` that gave it.

    Leaving the `with` early ends the run: what was claimed stays claimed, and the next run continues with it.
    """

    def __init__(
        self, events: Iterator[RunEvent], order: Order, *, total: int | None, end: Callable[[Summary], None]
    ) -> None:
        self._events = events
        self._end = end
        self.notices = order.notices
        """What the person who runs this should know first, in plain English."""
        self.stop = order.stop
        self.total = total
        """Results to come; None if nobody knows."""
        self.summary = Summary()
        """Counts so far; its time is set at the end."""

    def __iter__(self) -> Iterator[RunEvent]:
        """Work. Raises DiskFullError, ModelError and other errors that would hit every later photo too."""
        started = time.monotonic()
        for event in self._events:
            if isinstance(event, Result):
                self.summary.count(event)
            yield event
        self.summary.seconds = time.monotonic() - started
        self._end(self.summary)

    @property
    def stopped(self) -> bool:
        """Whether somebody asked for an early end."""
        return bool(self.stop.requests)


@dataclass(frozen=True, slots=True)
class Folder:
    """Photos to process, in a folder that was checked."""

    root: Path
    """The folder that inputs are relative to."""
    start: Path
    """The part of it that is processed."""
    origin: Origin
    """Whether the photos may be moved."""

    @staticmethod
    def checked(workspace: Workspace, given: Path | None, own_inbox: Path | None) -> Folder:
        """`given` (default: the workspace's inbox) as a folder of photos for `workspace`.

        `own_inbox` is None if photos are never taken, only read. Raises UsageError if the folders lie inside
        each other, WorkspaceError if results could not be written.
        """
        start = workspace.inbox if given is None else given.resolve()
        origin = check_folders(start, workspace.root, own_inbox)
        check_workspace(workspace)
        return Folder(workspace.inbox if origin is Origin.INBOX else start, start, origin)


@contextmanager
def batch(site: Site, order: Order, folder: Folder, overrides: EventOverrides, *, dry: bool) -> Iterator[Run]:
    """The photos of `folder`, once; a dry run publishes, moves and records nothing."""
    with ExitStack() as stack:
        events = Events(folder.root, site.workspace.settings.publishing, site.contexts.names_someone, overrides)
        if dry:
            stack.enter_context(run_lock(site.workspace.data))
            site = stack.enter_context(open_dry_site(site.workspace, site.contexts))
        pool = stack.enter_context(working(site, functools.partial(order.pool, site.workspace.settings)))
        origin = Origin.ELSEWHERE if dry else folder.origin
        intake = Intake(site, pool, order.stop, events, folder.root, origin)

        def happenings() -> Iterator[RunEvent]:
            yield from ReviewQueue(site).collect()
            candidates = _candidates(folder, run.summary)
            if origin is Origin.INBOX:
                quiet = site.workspace.settings.intake.quiet_seconds
                candidates = settled(candidates, quiet, lambda: bool(order.stop.requests))
            for result in intake.run(candidates):
                yield _without_copy(site, result) if dry else result

        files = sum(isinstance(entry, Candidate) for entry in listing(folder.root, folder.start))
        total = files * max(1, len(overrides.purposes))
        run = Run(happenings(), order, total=total, end=_remember(site, order.stop))
        run.summary.generalised = events.generalised
        yield run


@contextmanager
def watch(site: Site, order: Order, *, once: bool, daily: Callable[[], None]) -> Iterator[Run]:
    """The photos of the workspace's inbox as they arrive, and verdicts as they are made.

    `daily` is called before every look, and does what is due once a day.
    """
    check_workspace(site.workspace)
    events = _inbox_events(site)
    with working(site, functools.partial(order.pool, site.workspace.settings)) as pool:
        quiet = site.workspace.settings.intake.quiet_seconds
        intake = Intake(site, pool, order.stop, events, site.workspace.inbox, Origin.INBOX, quiet_seconds=quiet)
        queue = ReviewQueue(site)

        def collect() -> list[Decided]:
            daily()
            return queue.collect()

        happenings = Watcher(site, intake, order.stop, collect).run(once=once)
        run = Run(happenings, order, total=None, end=_remember(site, order.stop))
        run.summary.generalised = events.generalised
        yield run


@contextmanager
def resume(site: Site, order: Order, *, total: int | None) -> Iterator[Run]:
    """Photos that an earlier run left unfinished, and nothing else; `total` is their number, if known."""
    with working(site, functools.partial(order.pool, site.workspace.settings)) as pool:
        intake = Intake(site, pool, order.stop, _inbox_events(site), site.workspace.inbox, Origin.INBOX)
        yield Run(intake.run(()), order, total=total, end=lambda _: None)


def _inbox_events(site: Site) -> Events:
    return Events(site.workspace.inbox, site.workspace.settings.publishing, site.contexts.names_someone)


def _remember(site: Site, stop: Stop) -> Callable[[Summary], None]:
    return lambda summary: remember_run(site, summary, complete=not stop.requests)


def _candidates(folder: Folder, summary: Summary) -> Iterator[Candidate]:
    for entry in listing(folder.root, folder.start):
        if isinstance(entry, Candidate):
            yield entry
        else:
            summary.left[entry.kind] += 1


def _without_copy(site: Site, result: Result) -> Result:
    """A dry run's result: its copy is removed at once, so that the disk does not fill with them."""
    if result.output is not None:
        files.unlink(site.workspace.root / result.output)
    return replace(result, output=None)
