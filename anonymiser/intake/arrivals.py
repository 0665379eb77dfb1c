"""How a file becomes photos to process: its events, its rows in the ledger, and the move out of the inbox."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePath

from anonymiser.delivery import files
from anonymiser.delivery.site import Site
from anonymiser.errors import UsageError
from anonymiser.intake.claim import EVENT_FILE, Candidate, Unreachable
from anonymiser.intake.events import Events
from anonymiser.intake.in_work import KEPT, InWork
from anonymiser.intake.results import Result
from anonymiser.ledger.item import Item, Origin, ReviewVerdict, State
from anonymiser.ledger.sources import Look
from anonymiser.values.consent import Event
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.report import Duplicate, Failed, OutcomeKind, PhotoReport, Refused, Sealed
from anonymiser.wording import say


class Arrivals:
    """Takes the candidates of one folder for processing."""

    def __init__(self, site: Site, events: Events, root: Path, origin: Origin) -> None:
        """`root` is the folder that candidates are relative to; `origin` says whether they may be moved."""
        self._site = site
        self._ledger = site.ledger
        self._deliverer = site.deliverer
        self._events = events
        self._root = root
        self._origin = origin
        self._untakable: dict[Path, int] = {}
        """Files that this account is not allowed to move, with their time of change; tried again when that differs."""
        self._told: set[Path] = set()
        """Files that another program has open; tried again every time, but reported once."""
        self._held: dict[PurePath, tuple[str, int]] = {}
        """What names an event that cannot be used: what was reported about it, and when it had been changed then."""

    def of(self, candidate: Candidate) -> Iterator[InWork | Result]:
        """A photo for each copy that is wanted, or what to report about a file that stays where it is.

        Nothing for a file that has gone, or if there is nothing new to report. Raises OSError if the disk is
        full.
        """
        refusal = candidate.refusal
        try:
            events = self._events.of(candidate.relative)
        except UsageError as error:
            yield from self._hold_folder(candidate, error)
            return
        if self._held:
            for source in self._events.sources(candidate.relative):
                self._held.pop(source, None)
        if self._origin is Origin.INBOX:
            events = self._as_before(candidate) or events
        if refusal:
            events = events[:1]
        if isinstance(candidate, Unreachable):
            yield from self._stays(candidate, events[0], say(refusal) if refusal else "")
        elif self._origin is Origin.ELSEWHERE:
            for event in events:
                yield from self._read_in_place(candidate, event, refusal)
        else:
            yield from self._take(candidate, events, refusal)

    def _as_before(self, candidate: Candidate) -> tuple[Event, ...]:
        """The event of a file that was restored from quarantine; none for any other file."""
        with contextlib.suppress(OSError, UsageError):
            path_key = self._ledger.path_key(self._root, candidate.relative)
            before = self._ledger.restored_from(path_key, Look.at(candidate.path))
            if before and (item := self._ledger.get(before)):
                return self._events.again(item.event)
        return ()

    def _hold_folder(self, candidate: Candidate, error: UsageError) -> Iterator[Result]:
        """The folder's photos stay where they are, which is told once, until what is wrong with it has changed."""
        source = self._events.source(candidate.relative)
        told = (error.message, _changed_at(self._root / source) if source.name == EVENT_FILE else 0)
        if self._held.get(source) != told:
            self._held[source] = told
            report = PhotoReport(Failed((Code.UNUSABLE_EVENT(detail=error.message, remedy=error.remedy),)))
            yield Result(source.as_posix(), "", None, report, self._events.unnamed.purpose)

    # --- the workspace's own inbox ---------------------------------------------------------------------------

    def _take(
        self, candidate: Candidate, events: tuple[Event, ...], refusal: Reason | None
    ) -> Iterator[InWork | Result]:
        if self._untakable.get(candidate.path, 0) == _changed_at(candidate.path):
            return
        settled = PhotoReport(Refused((refusal,))) if refusal else None
        items: list[Item] = []
        try:
            files.check_free(candidate.path)
            items += self._received(candidate, events)
            # The file itself goes last: until then the next run would find it, and know the copies made so far.
            folder, name = candidate.relative.parent, candidate.path.name
            shares = [self._deliverer.share(item, candidate.path, name, folder) for item in items[1:]]
            sources = [self._deliverer.take(items[0], candidate.path, folder), *shares]
        except OSError as error:
            self._let_go(items)
            if files.is_full(error):
                raise
            if files.is_busy(error):
                yield from self._stays(candidate, events[0], files.why(error))
            elif not isinstance(error, FileNotFoundError):
                yield self._may_not_move(candidate, events[0])
            return
        self._told.discard(candidate.path)
        for item, source in zip(items, sources, strict=True):
            yield InWork(item, candidate.relative.as_posix(), source, settled=settled)

    def _received(self, candidate: Candidate, events: tuple[Event, ...]) -> list[Item]:
        path_key = self._ledger.path_key(self._root, candidate.relative)
        folder = self._site.devices.folder_of(self._root, candidate.relative)
        return [self._ledger.receive(self._origin, path_key, event, folder=folder) for event in events]

    def _let_go(self, items: list[Item]) -> None:
        """Nothing was taken. If a share of the file is already in use, it is processed, which does no harm."""
        for item in items:
            with contextlib.suppress(OSError):
                self._deliverer.discard(item.id)
                self._ledger.withdraw(item)

    def _stays(self, candidate: Candidate, event: Event, why: str) -> Iterator[Result]:
        if candidate.path not in self._told:
            self._told.add(candidate.path)
            report = PhotoReport(Failed((Code.LATE(detail=why),)))
            yield Result(candidate.relative.as_posix(), "", None, report, event.purpose)

    def _may_not_move(self, candidate: Candidate, event: Event) -> InWork:
        self._untakable[candidate.path] = _changed_at(candidate.path)
        (item,) = self._received(candidate, (event,))
        report = PhotoReport(Failed((Code.IN_USE(),)))
        return InWork(item, candidate.relative.as_posix(), candidate.path, settled=report)

    # --- a folder elsewhere ----------------------------------------------------------------------------------

    def _read_in_place(self, candidate: Candidate, event: Event, refusal: Reason | None) -> Iterator[InWork | Result]:
        relative = candidate.relative.as_posix()
        path_key = self._ledger.path_key(self._root, candidate.relative)
        sha256 = None
        if not refusal:
            with contextlib.suppress(OSError):
                sha256 = files.sha256_of(candidate.path)
        before = self._ledger.last_at(path_key, event.purpose)
        if before is None or (before.sha256, before.event, before.state) != (sha256, event, State.DONE):
            before = None
        elif (done := self._already_done(before)) is not None:
            yield Result(relative, before.id, sha256, done, event.purpose, before.output)
            return
        try:
            folder = self._site.devices.folder_of(self._root, candidate.relative)
            item = self._begun_anew(before) or self._ledger.receive(self._origin, path_key, event, folder=folder)
        except OSError as error:
            if files.is_full(error):
                raise
            yield from self._stays(candidate, event, files.why(error))
            return
        settled = PhotoReport(Refused((refusal,))) if refusal else None
        yield InWork(item, relative, candidate.path, settled=settled, sha256=sha256)

    def _begun_anew(self, before: Item | None) -> Item | None:
        """The row of an earlier run, if nothing that was published or decided would be lost."""
        if before is None or not before.may_be_reopened:
            return None
        item = self._ledger.reopen(before)
        # If a copy is in use, the next start removes it together with the row.
        self._deliverer.remove_review_files(item)
        return item

    def _already_done(self, item: Item) -> PhotoReport | None:
        """The report for a file that an earlier run has finished for good, None if it must be done again."""
        if item.outcome is OutcomeKind.SEALED or item.verdict is ReviewVerdict.REFERRED:
            return PhotoReport(Sealed(item.report.reasons))
        if item.outcome in KEPT and item.context == self._site.basis(item).digest:
            return PhotoReport(Duplicate((Code.ALREADY_PROCESSED(item=item.id),), item.report.shown))
        return None


def _changed_at(path: Path) -> int:
    """When the file was last changed, in nanoseconds; -1 if unknown."""
    try:
        return path.lstat().st_ctime_ns
    except OSError:
        return -1
