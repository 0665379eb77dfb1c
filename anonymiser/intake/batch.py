"""A run over many files: claim, hash, hand to workers, deliver; an iterator of results that keeps none of them.

Only the process that runs this moves files and writes rows of the ledger. Workers only read a source and write a staged
copy that nobody sees.
"""

from __future__ import annotations

import contextlib
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from anonymiser.delivery import files
from anonymiser.delivery.recovery import Delivered, Recalled, Undone, bring_to_end
from anonymiser.delivery.site import Basis, Site
from anonymiser.delivery.takedown import reissue_left
from anonymiser.errors import WorkspaceBusy
from anonymiser.intake.arrivals import Arrivals
from anonymiser.intake.changed import Changed
from anonymiser.intake.claim import Candidate
from anonymiser.intake.events import Events
from anonymiser.intake.in_work import InWork
from anonymiser.intake.late import Late
from anonymiser.intake.results import Result
from anonymiser.ledger.item import Item, Origin, State
from anonymiser.ledger.sources import Look
from anonymiser.locks import review_lock
from anonymiser.values.reasons import Code
from anonymiser.values.report import Duplicate, Failed, PhotoReport, Refused, Sealed
from anonymiser.workers.interface import PhotoPool

_POLL_SECONDS = 0.2
_SEALED_BEFORE = Sealed((Code.SEALED_BEFORE(),))


@dataclass(slots=True)
class Stop:
    """Set by a signal handler, asked between two steps: 1 means finish what runs, 2 means drop it."""

    requests: int = 0


class Intake:
    """Brings candidates to their terminal states; can run repeatedly with one pool."""

    def __init__(
        self,
        site: Site,
        pool: PhotoPool,
        stop: Stop,
        events: Events,
        root: Path,
        origin: Origin,
        *,
        quiet_seconds: float = 0.0,
    ) -> None:
        """`root` is the folder that candidates are relative to; `origin` says whether they may be moved.

        A file that has changed after it was taken is taken once more, if it has been quiet for `quiet_seconds`.
        """
        self._site = site
        self._ledger = site.ledger
        self._deliverer = site.deliverer
        self._pool = pool
        self._stop = stop
        self._arrivals = Arrivals(site, events, root, origin)
        self._running: dict[str, InWork] = {}
        """By item id."""
        self._waiting: dict[tuple[str | None, str, str, str], list[InWork]] = defaultdict(list)
        """Photos with the bytes of one that is running."""
        self._late = Late()
        self._changed = Changed(site, quiet_seconds)

    def run(self, candidates: Iterable[Candidate]) -> Iterator[Result]:
        """Finish what an earlier run began, then the candidates; results in order of completion.

        A file that was taken and has changed since is taken once more, first and at the end.
        If another program has a file of a photo open, the photo is tried once more at the end, then reported as failed,
        and stays for the next run. Raises DiskFullError, ModelError and other errors that would hit every later photo
        too. What was claimed by then stays claimed, and the next run continues with it.
        """
        with files.full_disk_is_said():
            with contextlib.suppress(WorkspaceBusy):
                reissue_left(self._site)
            self._changed.take_again()
            yield from self._resume()
            for candidate in candidates:
                yield from self._make_room()
                if self._stop.requests:
                    break
                yield from self._begin(candidate)
                yield from self._collect(0)
            yield from self._drain()
            if not self._stop.requests and (self._changed.take_again() or self._late):
                yield from self._resume()
                yield from self._drain()
            yield from self._late.tell()

    def again(self, item: Item) -> Iterator[Result]:
        """Process one reopened photo; the caller has held the review lock since before. Raises like `run`.

        If another program has a file of it open, the result says so, and the next run goes on.
        """
        with files.full_disk_is_said():
            yield from self._take_up(self._found(item))
            yield from self._drain()
            yield from self._late.tell()

    # --- the loop --------------------------------------------------------------------------------------------

    def _resume(self) -> Iterator[Result]:
        for item in _unfinished(self._site):
            yield from self._make_room()
            if self._stop.requests:
                return
            known = self._late.take(item.id)
            photo = replace(known, item=item) if known else self._found(item)
            if item.state is not State.DELIVERING:
                yield from self._take_up(photo)
            elif item.verdict is None:  # verdicts are the review queue's
                own = known is None or item.origin is Origin.INBOX
                yield from self._deliver_again(photo, None if own else photo.source)

    def _found(self, item: Item) -> InWork:
        if (source := self._deliverer.source_of(item)) is None:
            return InWork(item, item.id, Path())
        return InWork(item, source.name.removeprefix(f"{item.id}-"), source)

    def _take_up(self, photo: InWork) -> Iterator[Result]:
        """Process a photo that was claimed before. If it has no source, the next start deals with it."""
        if (source := self._deliverer.source_of(photo.item)) is None:
            return
        try:
            # A copy from an earlier attempt is based on what has changed since.
            self._deliverer.remove_review_files(photo.item)
        except OSError as error:
            self._leave(photo, error)
        else:
            yield from self._identify(replace(photo, source=source))

    def _make_room(self) -> Iterator[Result]:
        held_back = sum(map(len, self._waiting.values()))
        while not self._stop.requests and (not self._pool.has_room or held_back > 50):
            yield from self._collect(_POLL_SECONDS)
            held_back = sum(map(len, self._waiting.values()))

    def _drain(self) -> Iterator[Result]:
        while not self._pool.idle and self._stop.requests < 2:
            if self._stop.requests:
                self._pool.drop_queue()
            yield from self._collect(_POLL_SECONDS)
        self._running.clear()
        self._waiting.clear()

    def _collect(self, timeout: float) -> Iterator[Result]:
        for finished in self._pool.poll(timeout):
            photo = self._running.pop(finished.job.item)
            yield from self._conclude(photo, finished.report)

    # --- one file --------------------------------------------------------------------------------------------

    def _begin(self, candidate: Candidate) -> Iterator[Result]:
        for arrived in self._arrivals.of(candidate):
            if isinstance(arrived, Result):
                yield arrived
            elif arrived.settled is not None:
                yield from self._settle(arrived, arrived.settled)
            else:
                yield from self._identify(arrived)

    def _identify(self, photo: InWork) -> Iterator[Result]:
        most = self._site.workspace.settings.intake.max_file_megabytes
        try:
            photo = replace(photo, look=Look.at(photo.source))
            if photo.source.stat().st_size > most * 1024 * 1024:
                yield from self._settle(photo, PhotoReport(Refused((Code.LARGE_FILE(megabytes=most),))))
                return
            sha256 = photo.sha256 or files.sha256_of(photo.source)
        except files.ChangedWhileReading:
            yield from self._settle(photo, PhotoReport(Refused((Code.STILL_WRITTEN(),))))
        except OSError as error:
            if files.is_busy(error) or files.is_full(error):
                self._leave(photo, error)
            else:
                yield from self._settle(photo, PhotoReport(Refused((Code.NO_READ_ACCESS(),))))
        else:
            item = self._ledger.claim(photo.item, sha256)
            yield from self._route(replace(photo, item=item))

    def _route(self, photo: InWork) -> Iterator[Result]:
        """Sealed before, running now, done before, or new."""
        sha256 = photo.item.sha256 or ""
        if self._ledger.was_sealed(sha256):
            yield from self._settle(photo, PhotoReport(_SEALED_BEFORE))
            return
        if any(running.key == photo.key for running in self._running.values()):
            self._waiting[photo.key].append(photo)
            return
        basis = self._site.basis(photo.item)
        first = self._ledger.first_of(sha256, photo.item.event, basis.digest)
        if first is not None:
            report = PhotoReport(Duplicate((Code.SAME_PICTURE(item=first.id),), first.report.shown))
            yield from self._settle(replace(photo, item=replace(photo.item, first=first.id)), report, first.output)
            return
        self._dispatch(photo, basis)

    def _dispatch(self, photo: InWork, basis: Basis) -> None:
        # A name of its own for every attempt: a worker that outlives a killed parent may still write to its own.
        photo = replace(photo, basis=basis, staged=f"{secrets.token_hex(8)}.jpg")
        folder = self._deliverer.work_folder(photo.item.id)
        try:
            files.make_folder(folder)
        except OSError as error:
            self._leave(photo, error)
            return
        self._running[photo.item.id] = photo
        self._pool.submit(photo.job(folder, basis))

    def _conclude(self, photo: InWork, report: PhotoReport) -> Iterator[Result]:
        busy = None
        if (made := report.made) is not None:
            staged = self._deliverer.work_folder(photo.item.id) / photo.staged
            basis = self._site.basis(photo.item)
            if photo.basis is None or basis.digest != photo.basis.digest:
                with contextlib.suppress(OSError):  # what stays is never delivered, and removed with the folder
                    files.unlink(staged)
                self._dispatch(photo, basis)
                return
            if self._ledger.was_sealed(photo.item.sha256 or ""):
                report = PhotoReport(_SEALED_BEFORE)
            else:
                try:
                    if not files.is_confirmed(staged, made.sha256):
                        report = PhotoReport(Failed((Code.NOT_THE_CHECKED_COPY(),)))
                except OSError as error:
                    busy = error
        yield from self._settle(photo, report, busy=busy)
        for waiting in self._waiting.pop(photo.key, ()):
            yield from self._route(waiting)

    def _settle(
        self, photo: InWork, report: PhotoReport, output: str | None = None, *, busy: OSError | None = None
    ) -> Iterator[Result]:
        """Bring a photo to its terminal state. `output` is the first's, for a duplicate.

        If its copy is `busy`, so that it cannot be compared with the one that was checked, it is only promised.
        """
        try:
            photo = replace(photo, item=self._deliverer.promise(photo.decided(report), photo.stem(report)))
            if busy is None:
                original = photo.source if photo.item.origin is Origin.ELSEWHERE else None
                done = self._deliverer.finish(photo.item, original)
        except OSError as error:
            busy = error
        if busy is not None:
            self._leave(photo, busy)
            return
        self._late.finished(done.id)
        self._changed.remember(photo, done)
        yield photo.result(done, report, output)

    # --- what another program has open -----------------------------------------------------------------------

    def _leave(self, photo: InWork, error: OSError) -> None:
        """Keep the photo as it is for later. Raises `error` if the disk is full."""
        if files.is_full(error):
            raise error
        self._late.add(photo, files.why(error))
        if photo.item.origin is Origin.ELSEWHERE and photo.item.state is not State.DELIVERING:
            # Nothing was taken; the file is found again when its folder is given again.
            self._ledger.withdraw(photo.item)
            self._deliverer.clear(photo.item.id)

    def _deliver_again(self, photo: InWork, original: Path | None) -> Iterator[Result]:
        try:
            with files.waiting(()):
                ended = bring_to_end(self._site, photo.item, original)
        except OSError as error:
            self._leave(photo, error)
            return
        self._late.finished(photo.item.id)
        match ended:
            case Delivered(item):
                yield photo.result(item, item.report)
            case Recalled(again=Item() as item) | Undone(Item() as item):
                yield from self._take_up(replace(photo, item=item))
            case _:
                self._late.add(photo, "consents have changed since it was processed")


def _unfinished(site: Site) -> list[Item]:
    """Rows to continue with; none while somebody is deciding, because they may be about to change one."""
    try:
        with review_lock(site.workspace.data):
            return site.ledger.unfinished()
    except WorkspaceBusy:
        return []
