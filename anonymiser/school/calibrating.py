"""Calibration on photos that the workspace has already: whose originals may be used, and the run itself."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from anonymiser.consent.register import Register
from anonymiser.delivery.site import Site
from anonymiser.errors import AnonymiserError, UsageError
from anonymiser.intake.batch import Stop
from anonymiser.ledger.item import Item
from anonymiser.recognise.calibrate import Budget, Calibration, NoPromise
from anonymiser.school import look
from anonymiser.school.picking import Order, Photographed, select
from anonymiser.school.stopping import stopping
from anonymiser.school.upload import Upload
from anonymiser.school.viewing import standing, summary
from anonymiser.school.views import Standing
from anonymiser.settings import RecognitionGate
from anonymiser.values.consent import Event
from anonymiser.values.identity import SURE_BY_RISK
from anonymiser.values.progress import Progress, untold
from anonymiser.values.reasons import WORRYING, Code
from anonymiser.weights import ModelId, model_sha256
from anonymiser.wording import say

RISKS = (*sorted(SURE_BY_RISK), 10_000)
"""One wrongly shown face in so many faces of people who are not enrolled: those of the settings, and the command's."""

USUAL_FACES = 10
"""Clear faces in a usual photo of a group, for an estimate of how many more photos would help."""

_NOT_AGREED = frozenset({Code.GROUP_NOT_AGREED, Code.NO_GROUP, Code.UNKNOWN_GROUP})


@dataclass(frozen=True, slots=True)
class EventPhotos:
    """The originals of one event."""

    event: Event
    photos: int
    """How many may be used; of those that are alike, one is."""
    why_not: str
    """Why none may be used, in plain English; empty if they may."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What came of it; the thresholds are stored if it is a Calibration."""

    result: Calibration | NoPromise
    one_in: int
    photos: int
    """How many were looked at."""

    @property
    def promised(self) -> Calibration | None:
        """What is promised from now on; None if nothing is."""
        return self.result if isinstance(self.result, Calibration) else None

    @property
    def refused(self) -> NoPromise | None:
        """Why nothing is promised; None if something is."""
        return self.result if isinstance(self.result, NoPromise) else None

    @property
    def more_photos(self) -> int:
        """How many more photos of USUAL_FACES clear faces would be enough; 0 if more would not help."""
        missing = self.refused.needed - self.refused.comparisons if self.refused else 0
        return math.ceil(max(0, missing) / math.comb(USUAL_FACES, 2))

    @property
    def unrecognised(self) -> float | None:
        """Share of the photos learned from that the others of the same person would not recognise, if that is known."""
        kept = self.promised.own_kept if self.promised else math.nan
        return None if math.isnan(kept) else 1 - kept


class Calibrating:
    """Made by `SchoolRecognition.calibrating`."""

    def __init__(self, site: Site, register: Register) -> None:
        self._site = site
        self._register = register

    def events(self) -> tuple[EventPhotos, ...]:
        """Events whose originals are archived here, newest first."""
        found: dict[Event, set[str]] = {}
        for item in self._items():
            found.setdefault(item.event, set()).add(item.sha256 or item.id)
        merged: dict[tuple[object, ...], tuple[Event, set[str]]] = {}
        for event, photos in found.items():  # one photo may have a copy for each purpose
            merged.setdefault(_place(event), (event, set()))[1].update(photos)
        return tuple(
            EventPhotos(event, len(photos), self._why_not(event)) for event, photos in reversed(merged.values())
        )

    def receive(self) -> Upload:
        """A photo that comes in pieces; whoever keeps it gives its path to `run`, and removes it afterwards."""
        return Upload(self._site.workspace.work)

    def run(
        self,
        events: Collection[Event],
        others: Sequence[Path],
        one_in: int,
        *,
        progress: Progress = untold,
        stop: Stop | None = None,
    ) -> Calibrated:
        """Calibrate on the originals of `events` and on `others`, each picture once, and keep what can be promised.

        Raises SafetyRefusal if the gate is closed, UsageError if there is no photo or the risk is not one of RISKS,
        Stopped on `stop`; then nothing is stored.
        """
        from anonymiser.school import faces  # noqa: PLC0415 - loads the networks

        if one_in not in RISKS:
            raise UsageError("this risk cannot be chosen", remedy="Choose one of those that are offered.")
        tell = stopping(progress, stop)
        tell(0, 0)
        photos = _once([*self._originals(events), *others])
        if not photos:
            raise UsageError("there is no photo to calibrate on", remedy="Choose an event, or add photos.")
        budget = Budget(false_keeps=1 / one_in)
        result = faces.calibrate(self._register, photos, self._site.workspace.settings, budget, tell)
        return Calibrated(result, one_in, len(photos))

    def _items(self) -> Iterator[Item]:
        """Photos that wait or were released; nothing sealed, refused, or worrying."""
        replaced = self._site.ledger.replacements()
        sealed = {item.sha256 for item in self._site.ledger.sealed() if item.sha256}
        for item in self._site.ledger.every():
            if standing(item, replaced.get(item.id)) not in (Standing.WAITS, Standing.RELEASED):
                continue
            worrying = any(reason.code in WORRYING for reason in item.report.reasons)
            usable = item.report.made is not None and not worrying and item.sha256 not in sealed
            if usable and self._site.deliverer.source_of(item):
                yield item

    def _originals(self, events: Collection[Event]) -> Iterator[Path]:
        """One original of each scene: of photos that are alike, the same faces would count again and again."""
        chosen: dict[tuple[object, ...], dict[str, Item]] = {
            _place(event): {} for event in events if not self._why_not(event)
        }
        for item in self._items() if chosen else ():
            chosen.get(_place(item.event), {})[item.id] = item
        for items in chosen.values():
            scenes = select(list(self._photographed(items.values())), Order.FEWEST_COVERED)
            # In the order in which they came: what is measured depends a little on which half a photo falls into.
            best = sorted(scene.best.summary.id for scene in scenes)
            yield from filter(None, (self._site.deliverer.source_of(items[item]) for item in best))

    def _photographed(self, items: Iterable[Item]) -> Iterator[Photographed]:
        for item in items:
            line = summary(item, None)
            try:
                data = look.published(self._site, item, line.standing)
            except (AnonymiserError, OSError):  # it has left the outbox: nothing is alike
                data = None
            if item.report.made is not None:
                yield Photographed(line, None, item.report.made, data)

    def _why_not(self, event: Event) -> str:
        """Where the whole group has to agree, its photos are not described either before it has."""
        settings = self._site.workspace.settings.recognition
        if settings.gate is not RecognitionGate.WHOLE_GROUP:
            return ""
        closed = self._register.gallery(event, model_sha256(ModelId.SFACE), settings).closed_because
        return say(closed) if closed and closed.code in _NOT_AGREED else ""


def _place(event: Event) -> tuple[object, ...]:
    """The event without what its photos are for: each purpose has a copy of its own."""
    return event.label, event.group, event.date


def _once(paths: Iterable[Path]) -> list[Path]:
    """Each picture once: in copies, one face would count as two people."""
    found: dict[str, Path] = {}
    for path in paths:
        try:
            found.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
        except OSError:
            continue
    return list(found.values())
