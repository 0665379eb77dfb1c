"""What the audit record says of the photos of a term: what became of each, when, and with which versions."""

from __future__ import annotations

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from anonymiser.audit.entry import Entry, Kind
from anonymiser.ledger.item import Item
from anonymiser.school.term import Period, local_day
from anonymiser.values.report import OutcomeKind


@enum.unique
class Fate(enum.StrEnum):
    """What has become of a photo by the day of the report."""

    RELEASED = "released"
    APPROVED = "approved"
    WAITING = "waiting"
    REJECTED = "rejected"
    REFERRED = "referred"
    SEALED = "sealed"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    IN_WORK = "in-work"


@dataclass(slots=True)
class Week:
    """One week."""

    arrived: int = 0
    """Photos."""
    to_review: int = 0
    """Copies that came to wait for a person, those that were made again included."""
    judged: int = 0
    """Verdicts of people."""


@dataclass(frozen=True, slots=True)
class Made:
    """With what copies were made; hashes as in the audit record."""

    program: str
    models: str
    settings: str
    first: dt.date
    photos: int


@dataclass(slots=True)
class Photo:
    """One photo, as its entries tell; moments are aware."""

    received: dt.datetime
    purpose: str
    outcome: str | None = None
    why: tuple[str, ...] = ()
    device: str | None = None
    verdict: str | None = None
    waits_since: dt.datetime | None = None
    judged: dt.datetime | None = None
    released: dt.datetime | None = None

    @property
    def fate(self) -> Fate:
        """What has become of it."""
        if self.verdict is not None:
            return Fate(self.verdict)
        if self.outcome is None:
            return Fate.IN_WORK
        return Fate.WAITING if self.outcome == OutcomeKind.REVIEW else Fate(self.outcome)


class TermRecord:
    """The audit record, read once."""

    def __init__(self, items: Mapping[str, Item], period: Period) -> None:
        self._items = items
        self._period = period
        self._by: dict[str, str] = {}
        """By a photo's id, that of the photo whose copy stands in for its own."""
        self._weeks: dict[dt.date, Week] = defaultdict(Week)
        self.photos: dict[str, Photo] = {}
        self.versions: dict[tuple[str, str, str], tuple[dt.date, int]] = {}

    @property
    def own_photos(self) -> list[Photo]:
        """Those that arrived in the period; a photo whose copy was made again counts once, as it is now."""
        again = set(self._by.values())
        own = ((item_id, photo) for item_id, photo in self.photos.items() if item_id not in again)
        return [self._as_it_is(item_id) for item_id, photo in own if self._period.has(photo.received)]

    def _as_it_is(self, item_id: str) -> Photo:
        first = last = self.photos[item_id]
        while (item_id := self._by.get(item_id, "")) in self.photos:
            last = self.photos[item_id]
        return replace(
            last,
            received=first.received,
            waits_since=first.waits_since or last.waits_since,
            released=first.released or last.released,
        )

    def weeks_until(self, today: dt.date) -> dict[dt.date, Week]:
        """Every week of the period up to today."""
        for photo in self.own_photos:
            self._weeks[_monday(local_day(photo.received))].arrived += 1
        monday, weeks = _monday(self._period.first), {}
        while monday <= min(self._period.last, today):
            weeks[monday] = self._weeks[monday]
            monday += dt.timedelta(days=7)
        return weeks

    def add(self, entry: Entry) -> None:
        """The next entry."""
        if entry.about is None:
            return
        if entry.kind is Kind.RECEIVED:
            self.photos[entry.about] = Photo(entry.at, str(entry.data["purpose"]))
        elif entry.kind is Kind.TAKEN_OVER and (item := self._items.get(entry.about)) is not None:
            why = tuple(reason.code.stable_name for reason in item.report.reasons)
            self.photos[entry.about] = Photo(utc(item.received_at), item.event.purpose, item.outcome, why)
            self.photos[entry.about].verdict = item.verdict
        elif entry.kind is Kind.DROPPED:
            self.photos.pop(entry.about, None)
        elif entry.kind is Kind.REISSUED:
            self._by[entry.about] = str(entry.data["by_photo"])
        elif (photo := self.photos.get(entry.about)) is not None:
            self._go_on(photo, entry)

    def _go_on(self, photo: Photo, entry: Entry) -> None:
        week = self._weeks[_monday(local_day(entry.at))] if self._period.has(entry.at) else Week()
        data = entry.data
        match entry.kind:
            case Kind.DECIDED:
                photo.outcome, photo.verdict = str(data["outcome"]), None
                photo.why = tuple(data["why"]) if isinstance(data["why"], list) else ()
                photo.device = str(data["device"]) if "device" in data else None
                self._note_version(entry)
            case Kind.WRITTEN if data.get("place") == "review":
                photo.waits_since = photo.waits_since or entry.at
                week.to_review += 1
            case Kind.WRITTEN:
                photo.released = photo.released or entry.at
            case Kind.REVIEWED:
                verdict = data.get("verdict")
                photo.verdict = None if verdict is None else str(verdict)
                if verdict is not None:
                    photo.judged = photo.judged or entry.at
                    week.judged += 1
            case Kind.REOPENED | Kind.UNDECIDED:
                photo.verdict = None

    def _note_version(self, entry: Entry) -> None:
        if self._period.has(entry.at):
            program, models, settings = (str(entry.data.get(name, "")) for name in ("program", "models", "settings"))
            first, number = self.versions.get((program, models, settings), (local_day(entry.at), 0))
            self.versions[program, models, settings] = (first, number + 1)


def utc(moment: dt.datetime) -> dt.datetime:
    """A moment of the ledger, which has no time zone, as an aware one."""
    return moment.replace(tzinfo=dt.UTC)


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())
