"""A run over many files: claim, hash, hand to workers, deliver; an iterator of results that keeps none of them.

The one process that runs this owns every move of a file and every row of the ledger. Workers only read a source and
write a staged copy that nobody sees.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from anonymiser.consent.contexts import Resolved
from anonymiser.delivery.deliver import is_confirmed
from anonymiser.delivery.site import Site
from anonymiser.errors import DiskFullError, UsageError
from anonymiser.intake.claim import Candidate, ChangedWhileReading, sha256_of
from anonymiser.intake.events import Events, output_stem
from anonymiser.intake.results import Result
from anonymiser.ledger.item import Item, Origin, ReviewVerdict, State
from anonymiser.values.consent import Event
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.report import Duplicate, Failed, Job, OutcomeKind, PhotoReport, Refused, Released, Sealed
from anonymiser.workers.pool import Pool

_KEPT = (OutcomeKind.RELEASED, OutcomeKind.REVIEW)
_FULL_DISK = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_POLL_SECONDS = 0.2
_SEALED_BEFORE = Sealed((Code.SEALED_BEFORE(),))


@dataclass(slots=True)
class Stop:
    """Set by a signal handler, asked between two steps: 1 means finish what runs, 2 means drop it."""

    requests: int = 0


@dataclass(frozen=True, slots=True)
class _Photo:
    """One file on its way."""

    item: Item
    relative: str
    source: Path
    context: Resolved | None = None
    staged: str = ""

    @property
    def key(self) -> tuple[str | None, str, str, str]:
        """Equal for photos of which only the first is processed."""
        event = self.item.event
        return self.item.sha256, event.purpose, event.medium, event.label


class Intake:
    """Brings candidates to their terminal states; may run again and again with one pool."""

    def __init__(self, site: Site, pool: Pool, stop: Stop, events: Events, root: Path, origin: Origin) -> None:
        """`root` is the folder that candidates are relative to; `origin` says whether they may be moved."""
        self._site = site
        self._ledger = site.ledger
        self._deliverer = site.deliverer
        self._pool = pool
        self._stop = stop
        self._events = events
        self._root = root
        self._origin = origin
        self._running: dict[str, _Photo] = {}
        """By item id."""
        self._waiting: dict[tuple[str | None, str, str, str], list[_Photo]] = defaultdict(list)
        """Photos with the bytes of one that is running."""

    def run(self, candidates: Iterable[Candidate]) -> Iterator[Result]:
        """Finish what an earlier run began, then the candidates; results in order of completion.

        Raises DiskFullError, ModelError and other errors that no later photo could escape. Whatever was claimed
        then stays claimed, and the next run goes on with it.
        """
        with _disk_full_is_said():
            yield from self._resume()
            for candidate in candidates:
                yield from self._make_room()
                if self._stop.requests:
                    break
                yield from self._begin(candidate)
                yield from self._collect(0)
            yield from self._drain()

    # --- the loop --------------------------------------------------------------------------------------------

    def _resume(self) -> Iterator[Result]:
        for item in self._ledger.unfinished():
            source = self._deliverer.source_of(item)
            if source is None or item.state is State.DELIVERING:
                continue
            yield from self._make_room()
            if self._stop.requests:
                return
            self._deliverer.remove_review_files(item)
            name = source.name.removeprefix(f"{item.id}-")
            yield from self._identify(_Photo(item, name, source), trusted=None)

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
        refusal = candidate.refusal
        try:
            events = self._events.of(candidate.relative)
        except UsageError as error:
            events = (self._events.unnamed,)
            refusal = refusal or Code.UNUSABLE_EVENT(detail=error.message, remedy=error.remedy)
        if refusal:
            events = events[:1]
        relative = candidate.relative.as_posix()
        path_key = self._ledger.path_key(self._root, candidate.relative)
        if self._origin is Origin.ELSEWHERE:
            for event in events:
                yield from self._begin_elsewhere(candidate, relative, path_key, event, refusal)
            return
        items = [self._ledger.receive(self._origin, path_key, event) for event in events]
        # The file itself goes last: until then the next run would find it, and know the copies made so far.
        shares = [self._acquire(item, candidate, relative, share=True) for item in items[1:]]
        for photo in (self._acquire(items[0], candidate, relative, share=False), *shares):
            match photo:
                case Result():
                    yield photo
                case _Photo() if refusal:
                    yield self._settle(photo, PhotoReport(Refused((refusal,))))
                case _Photo():
                    yield from self._identify(photo, trusted=None)

    def _acquire(self, item: Item, candidate: Candidate, relative: str, *, share: bool) -> _Photo | Result | None:
        """Take the file, or a share of it; a result where that failed, None where the file has gone."""
        try:
            if share:
                source = self._deliverer.share(item, candidate.path, candidate.path.name)
            else:
                source = self._deliverer.take(item, candidate.path)
        except FileNotFoundError:
            self._ledger.withdraw(item)
            self._deliverer.clear(item.id)
            return None
        except OSError as error:
            _raise_if_full(error)
            report = PhotoReport(Failed((Code.IN_USE(),)))
            return self._settle(_Photo(item, relative, candidate.path), report)
        return _Photo(item, relative, source)

    def _begin_elsewhere(
        self, candidate: Candidate, relative: str, path_key: str, event: Event, refusal: Reason | None
    ) -> Iterator[Result]:
        sha256 = None
        if not refusal:
            with contextlib.suppress(OSError):
                sha256 = sha256_of(candidate.path)
        before = self._ledger.last_at(path_key, event.purpose)
        if before is None or (before.sha256, before.event, before.state) != (sha256, event, State.DONE):
            before = None
        elif (done := self._already_done(before)) is not None:
            yield Result(relative, before.id, sha256, done, event.purpose, before.output)
            return
        if before is not None and before.may_be_reopened:
            item = self._ledger.reopen(before)
            self._deliverer.remove_review_files(item)
        else:
            item = self._ledger.receive(self._origin, path_key, event)
        photo = _Photo(item, relative, candidate.path)
        if refusal:
            yield self._settle(photo, PhotoReport(Refused((refusal,))))
        else:
            yield from self._identify(photo, trusted=sha256)

    def _already_done(self, item: Item) -> PhotoReport | None:
        """The report for a file that an earlier run has finished for good, None where it must be done again."""
        if item.outcome is OutcomeKind.SEALED or item.verdict is ReviewVerdict.REFERRED:
            return PhotoReport(Sealed(item.report.reasons))
        if item.outcome in _KEPT and item.context == self._site.contexts.current(item.event).digest:
            return PhotoReport(Duplicate((Code.ALREADY_PROCESSED(item=item.id),), item.report.shown))
        return None

    def _identify(self, photo: _Photo, trusted: str | None) -> Iterator[Result]:
        most = self._site.workspace.settings.intake.max_file_megabytes
        try:
            if photo.source.stat().st_size > most * 1024 * 1024:
                yield self._settle(photo, PhotoReport(Refused((Code.LARGE_FILE(megabytes=most),))))
                return
            sha256 = trusted or sha256_of(photo.source)
        except ChangedWhileReading:
            yield self._settle(photo, PhotoReport(Refused((Code.STILL_WRITTEN(),))))
        except OSError as error:
            _raise_if_full(error)
            yield self._settle(photo, PhotoReport(Refused((Code.NO_READ_ACCESS(),))))
        else:
            item = self._ledger.claim(photo.item, sha256)
            yield from self._route(replace(photo, item=item))

    def _route(self, photo: _Photo) -> Iterator[Result]:
        """Sealed before, running now, done before, or new."""
        sha256 = photo.item.sha256 or ""
        if self._ledger.was_sealed(sha256):
            yield self._settle(photo, PhotoReport(_SEALED_BEFORE))
            return
        if any(running.key == photo.key for running in self._running.values()):
            self._waiting[photo.key].append(photo)
            return
        context = self._site.contexts.current(photo.item.event)
        first = self._ledger.first_of(sha256, photo.item.event, context.digest)
        if first is not None:
            report = PhotoReport(Duplicate((Code.SAME_PICTURE(item=first.id),), first.report.shown))
            yield self._settle(replace(photo, item=replace(photo.item, first=first.id)), report, first.output)
            return
        self._dispatch(photo, context)

    def _dispatch(self, photo: _Photo, context: Resolved) -> None:
        # A name of its own for every attempt: a worker that outlives a killed parent may still write to its own.
        photo = replace(photo, context=context, staged=f"{secrets.token_hex(8)}.jpg")
        folder = self._deliverer.work_folder(photo.item.id)
        folder.mkdir(parents=True, exist_ok=True)
        self._running[photo.item.id] = photo
        job = Job(photo.item.id, photo.source, photo.item.sha256 or "", folder / photo.staged, context.context)
        self._pool.submit(job)

    def _conclude(self, photo: _Photo, report: PhotoReport) -> Iterator[Result]:
        staged = self._deliverer.work_folder(photo.item.id) / photo.staged
        if (made := report.made) is not None:
            context = self._site.contexts.current(photo.item.event)
            if photo.context is None or context.digest != photo.context.digest:
                staged.unlink(missing_ok=True)
                self._dispatch(photo, context)
                return
            if self._ledger.was_sealed(photo.item.sha256 or ""):
                report = PhotoReport(_SEALED_BEFORE)
            elif not is_confirmed(staged, made.sha256):
                report = PhotoReport(Failed((Code.NOT_THE_CHECKED_COPY(),)))
        yield self._settle(photo, report)
        for waiting in self._waiting.pop(photo.key, ()):
            yield from self._route(waiting)

    def _settle(self, photo: _Photo, report: PhotoReport, output: str | None = None) -> Result:
        """Bring a photo to its terminal state. `output` is the first's, for a duplicate."""
        made = report.made
        promised = self._deliverer.promise(
            replace(
                photo.item,
                outcome=report.kind,
                report=report,
                output_sha256=made.sha256 if made else None,
                staged=photo.staged if made else None,
                context=photo.context.digest if made and photo.context else None,
            ),
            output_stem(photo.item.event, report.taken_on, dt.date.today())  # noqa: DTZ011 - the school's calendar
            if isinstance(report.outcome, Released)
            else None,
        )
        stays = promised.origin is Origin.ELSEWHERE
        done = self._deliverer.finish(promised, photo.source if stays else None)
        return Result(photo.relative, done.id, done.sha256, report, done.event.purpose, output or done.output)


def _raise_if_full(error: OSError) -> None:
    if error.errno in _FULL_DISK:
        raise error


@contextmanager
def _disk_full_is_said() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL_DISK:
            raise
        raise DiskFullError(
            "the disk is full", remedy="Free some space and start again; nothing is lost or half done."
        ) from error
