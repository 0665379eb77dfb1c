"""What a term was like, in figures, from the ledger, the register and the audit record; nothing that names a child."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from anonymiser.audit.entry import Entry
from anonymiser.consent.register import Register
from anonymiser.delivery.site import Site
from anonymiser.ledger.item import Item, ReviewVerdict, State
from anonymiser.school.term import Period
from anonymiser.school.term_record import Fate, Made, Photo, TermRecord, Week, utc
from anonymiser.values.consent import Event
from anonymiser.values.decision import Keep
from anonymiser.values.people import PersonId, Role
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind

_FLAGS = frozenset({Code.MAY_BE_UNSUITABLE.stable_name, Code.MAY_SHOW_SWIMWEAR.stable_name})


@dataclass(slots=True)
class Corrections:
    """What people told the program about the photos of the term, by what their newest copies show."""

    missed: int = 0
    """Places that somebody covered where the program had found no face."""
    covered: int = 0
    """Faces that the program had found and somebody wanted covered."""
    wrongly_covered: int = 0
    """Faces that the program had covered, and that somebody named and showed."""
    no_face: int = 0
    """What the program took for a face."""
    no_name: int = 0
    """What the program took for a name."""
    flagged: int = 0
    """Photos that waited because they might be unsuitable or show swimwear."""
    cleared: int = 0
    """Of these, the photos that a person approved."""


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """What families took back, and what became of copies that were out already."""

    number: int = 0
    hours: tuple[float, ...] = ()
    """From each withdrawal to the moment when a copy that showed the person was taken out of the outbox, ascending."""
    left: int = 0
    """Copies that still are in the outbox."""


@dataclass(frozen=True, slots=True)
class TakeDowns:
    """Copies of any term that show somebody who no longer agrees, or may."""

    in_outbox: int = 0
    published: int = 0
    """No longer in the outbox, and recorded as published somewhere."""
    unknown: int = 0
    """No longer in the outbox, and nobody has recorded where they went."""
    taken_down: int = 0
    """No longer in the outbox, and recorded as taken down wherever they were published."""


@dataclass(frozen=True, slots=True)
class GroupShown:
    """One class or club."""

    name: str | None
    """None if the name may tell of somebody."""
    pupils: int
    shown: int
    """Of them, those who can be seen in at least one copy released in the term."""


@dataclass(frozen=True, slots=True)
class TermFigures:
    """Everything in the report. Counts are of photos unless they say otherwise."""

    period: Period
    made_on: dt.date
    fates: Mapping[Fate, int]
    reasons: Mapping[str, int]
    """Photos that did not go straight through, by the stable name of each reason; a photo may have several."""
    purposes: Mapping[str, tuple[int, int]]
    """Photos that arrived, and that may be published, by purpose."""
    hours_to_release: tuple[float, ...]
    """From arrival to the copy in the outbox, ascending."""
    weeks: Mapping[dt.date, Week]
    """By Monday, without gaps."""
    hours_to_verdict: tuple[float, ...]
    """From the copy in review to a person's first verdict, ascending."""
    corrections: Corrections
    withdrawals: Withdrawals
    take_downs: TakeDowns
    groups: tuple[GroupShown, ...]
    """Seldom shown first."""
    versions: tuple[Made, ...]
    """In order of their first photo."""
    devices: Mapping[str, int] = field(default_factory=dict)
    """Photos by what they say about their device; empty without a list of devices."""

    @property
    def photos(self) -> int:
        """All that arrived in the term."""
        return sum(self.fates.values())


def read_figures(
    site: Site, register: Register | None, entries: Iterable[Entry], period: Period, today: dt.date
) -> TermFigures:
    """The figures of a period; `entries` are the whole audit record, in order."""
    items = {item.id: item for item in site.ledger.every()}
    record = TermRecord(items, period)
    for entry in entries:
        record.add(entry)
    replaced = site.ledger.replacements()
    photos = record.own_photos
    return TermFigures(
        period=period,
        made_on=today,
        fates=Counter(photo.fate for photo in photos),
        reasons=Counter(why for photo in photos if photo.outcome != OutcomeKind.RELEASED for why in photo.why),
        purposes=_purposes(photos),
        hours_to_release=_hours((photo.received, photo.released) for photo in photos),
        weeks=record.weeks_until(today),
        hours_to_verdict=_hours(
            (photo.waits_since, photo.judged)
            for photo in record.photos.values()
            if photo.judged is not None and period.has(photo.judged)
        ),
        corrections=_corrections(
            photos, [item for item in items.values() if period.has(utc(item.received_at)) and item.id not in replaced]
        ),
        withdrawals=_withdrawals(site, register, items, replaced, period),
        take_downs=_take_downs(site, register, items.values(), replaced),
        groups=_groups(site, register, items.values(), replaced, period),
        versions=tuple(
            Made(*key, first=first, photos=number) for key, (first, number) in sorted(
                record.versions.items(), key=lambda one: one[1][0]
            )
        ),
        devices=Counter(photo.device for photo in photos if photo.device is not None),
    )  # fmt: skip


def _purposes(photos: Iterable[Photo]) -> dict[str, tuple[int, int]]:
    arrived, released = Counter[str](), Counter[str]()
    for photo in photos:
        arrived[photo.purpose] += 1
        released[photo.purpose] += photo.fate in {Fate.RELEASED, Fate.APPROVED}
    return {purpose: (number, released[purpose]) for purpose, number in arrived.most_common()}


def _corrections(photos: Iterable[Photo], items: Iterable[Item]) -> Corrections:
    counts = Corrections()
    for photo in photos:
        if photo.waits_since is not None and _FLAGS & set(photo.why):
            counts.flagged += 1
            counts.cleared += photo.fate is Fate.APPROVED
    for item in items:
        made = item.report.made
        for face in made.faces if made is not None else ():
            match face.decision.reason.code:
                case Code.COVERED_BY_PERSON if face.score == 0:
                    counts.missed += 1
                case Code.COVERED_BY_PERSON:
                    counts.covered += 1
                case Code.SHOWN_BY_PERSON:
                    counts.wrongly_covered += isinstance(face.decision, Keep)
                case Code.NOT_A_FACE:
                    counts.no_face += isinstance(face.decision, Keep)
        for label in made.labels if made is not None else ():
            counts.no_name += isinstance(label.decision, Keep) and label.decision.reason.code is Code.NOT_A_NAME
    return counts


def _withdrawals(
    site: Site, register: Register | None, items: Mapping[str, Item], replaced: Mapping[str, str], period: Period
) -> Withdrawals:
    number, left, waited = 0, 0, []
    agreed = _agreed(register)
    for change in site.contexts.changes(0, "").rows:
        if change.kind != "withdrawal" or not period.has(change.at):
            continue
        number += 1
        for person in change.people:
            for item in site.ledger.showing(person):
                again = items.get(replaced.get(item.id, ""))
                if item.finished_at is None or utc(item.finished_at) > change.at:
                    continue
                if again is not None and utc(again.received_at) >= change.at:
                    waited.append((change.at, utc(again.received_at)))
                elif again is None and person not in agreed(item.event) and _is_there(site, item):
                    left += 1
    return Withdrawals(number, _hours(waited), left)


def _take_downs(site: Site, register: Register | None, items: Iterable[Item], replaced: Mapping[str, str]) -> TakeDowns:
    found = Counter[str]()
    agreed = _agreed(register)
    for item in _released(items):
        if set(_visible(item)) <= agreed(item.event):
            continue
        if _is_there(site, item):
            found["in_outbox"] += 1
        elif site.ledger.places(item):
            found["published"] += 1
        elif site.ledger.taken_down(item):
            found["taken_down"] += 1
        elif item.id not in replaced:
            found["unknown"] += 1
    return TakeDowns(**found)


def _groups(
    site: Site, register: Register | None, items: Iterable[Item], replaced: Mapping[str, str], period: Period
) -> tuple[GroupShown, ...]:
    if register is None:
        return ()
    shown: set[PersonId] = set()
    for item in _released(items):
        if item.id not in replaced and item.finished_at is not None and period.has(utc(item.finished_at)):
            kept = (face.decision for face in item.report.faces if isinstance(face.decision, Keep))
            shown |= {decision.person for decision in kept if decision.person is not None}
    members: dict[str, set[PersonId]] = defaultdict(set)
    for person in register.people():
        if person.present and person.role is Role.PUPIL:
            for group in person.groups:
                members[group].add(person.id)
    found = [
        GroupShown(group if site.contexts.names_someone(group) is False else None, len(pupils), len(pupils & shown))
        for group, pupils in members.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.shown / one.pupils, one.name or "")))


def _agreed(register: Register | None) -> Callable[[Event], frozenset[PersonId]]:
    """Who agrees to an event's purpose and medium today; nobody without a register."""

    @functools.cache
    def granted(event: Event) -> frozenset[PersonId]:
        return frozenset() if register is None else register.snapshot(event).granted

    return granted


def _released(items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        out = item.outcome is OutcomeKind.RELEASED or item.verdict is ReviewVerdict.APPROVED
        if out and item.state is State.DONE and str(item.output).startswith("outbox/"):
            yield item


def _visible(item: Item) -> Iterator[PersonId]:
    for face in item.report.faces:
        if isinstance(face.decision, Keep):
            yield from (one for one in (face.decision.person, *face.decision.could_be) if one is not None)


def _is_there(site: Site, item: Item) -> bool:
    return (site.workspace.root / str(item.output)).is_file()


def _hours(spans: Iterable[tuple[dt.datetime | None, dt.datetime | None]]) -> tuple[float, ...]:
    both = ((first, last) for first, last in spans if first is not None and last is not None)
    return tuple(sorted(max(0.0, (last - first).total_seconds() / 3600) for first, last in both))
