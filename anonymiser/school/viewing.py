"""From rows of the ledger to what the desk shows of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import TypeVar

from anonymiser.consent.people import Person, name_key
from anonymiser.delivery.site import Site
from anonymiser.ledger.item import Item, ReviewVerdict, State
from anonymiser.review.two_people import TwoPeople
from anonymiser.school.framing import best_part
from anonymiser.school.views import (
    Candidate,
    Counts,
    FaceState,
    FaceView,
    Hand,
    LabelView,
    PhotoView,
    Ruled,
    Standing,
    Summary,
)
from anonymiser.values.consent import ConsentSnapshot
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box, turned_box
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.report import Copy, FaceReport, OutcomeKind
from anonymiser.values.ruling import Act

T = TypeVar("T")

_BY_PERSON = frozenset({Code.SHOWN_BY_PERSON, Code.COVERED_BY_PERSON, Code.NOT_A_FACE})


def standing(item: Item, replaced_by: str | None) -> Standing:
    """Where a photo stands; `replaced_by` is the photo that was made in its place."""
    if item.outcome is OutcomeKind.SEALED or item.verdict is ReviewVerdict.REFERRED:
        return Standing.SEALED
    if replaced_by is not None:
        return Standing.REPLACED
    if item.state is not State.DONE:
        return Standing.IN_WORK
    if item.waits_for_a_person:
        return Standing.WAITS
    if item.verdict is ReviewVerdict.REJECTED:
        return Standing.REJECTED
    return Standing.RELEASED if item.output else Standing.NO_COPY


def summary(item: Item, replaced_by: str | None) -> Summary:
    """One line of a list."""
    where = standing(item, replaced_by)
    hidden = where is Standing.SEALED
    return Summary(
        id=item.id,
        event=item.event,
        standing=where,
        outcome=item.outcome,
        verdict=item.verdict,
        reasons=() if hidden else item.report.reasons,
        counts=_counts(() if hidden else item.report.faces),
        received_at=item.received_at,
    )


def photo_view(site: Site, item: Item) -> PhotoView:
    """Everything about one photo; of a sealed one, only that it exists."""
    replacements = site.ledger.replacements()
    replaced_by = replacements.get(item.id)
    line = summary(item, replaced_by)
    hidden = line.standing is Standing.SEALED
    copy = None if hidden else item.report.made
    said = site.ledger.rulings(item.id)
    acts = said.acts if said is not None and not hidden else ()
    answers: Sequence[Reason | None] = copy.answers if copy and len(copy.answers) == len(acts) else (None,) * len(acts)
    replaces = next((old for old, by in replacements.items() if by == item.id), None)
    before = site.ledger.get(replaces) if replaces else None
    return PhotoView(
        summary=line,
        size=turned_size(copy) if copy else (0, 0),
        frame=_frame(copy),
        part=_part(copy, site.workspace.settings.intake.min_side_pixels) if copy else None,
        copy_size=copy.output_wh if copy else (0, 0),
        sha256=copy.sha256 if copy else None,
        faces=_faces(copy) if copy else (),
        labels=_labels(copy) if copy else (),
        notices=copy.notices if copy else (),
        rulings=tuple(Ruled(as_seen(act, copy), answer) for act, answer in zip(acts, answers, strict=True)),
        ruled_by=said.by if said else "",
        ruled_at=said.at if said else None,
        approved_by=TwoPeople(site).approved_by(item),
        original_kept=not hidden and site.deliverer.source_of(item) is not None,
        output=item.output if item.output and item.output.startswith("outbox/") else None,
        replaces=replaces,
        replaced_by=replaced_by,
        take_down=site.ledger.places(before) if before else (),
        published_at=site.ledger.places(item),
    )


def candidates(people: Sequence[Person], item: Item, consents: ConsentSnapshot) -> tuple[Candidate, ...]:
    """Everybody as a choice for a face of the photo."""
    group = item.event.group
    shown = {face.decision.person for face in item.report.faces if isinstance(face.decision, Keep)}
    found = [
        Candidate(
            person=person.id,
            forename=person.names.preferred or person.names.forename,
            surname=person.names.surname,
            groups=person.groups,
            in_group=group is not None and person.belongs_to(group),
            why_not=_why_not(person.id, consents) or (Code.SHOWN_ALREADY() if person.id in shown else None),
        )
        for person in people
    ]
    return tuple(sorted(found, key=lambda one: (not one.in_group, name_key(one.surname), name_key(one.forename))))


def _why_not(person: PersonId, consents: ConsentSnapshot) -> Reason | None:
    """The refusals of rulings.py that do not depend on the face."""
    alike = consents.alike(person)
    if person in consents.holds:
        return Code.MUST_NOT_BE_SHOWN()
    if person not in consents.granted:
        return consents.refused_because.get(person, Code.NO_RECORD())
    if alike & consents.holds.keys() or not alike <= consents.granted:
        return Code.LOOKS_LIKE_REFUSED()
    return None


def _frame(copy: Copy | None) -> Box:
    if copy is None:
        return 0.0, 0.0, 0.0, 0.0
    return _seen(copy.crop or (0.0, 0.0, float(copy.source_wh[0]), float(copy.source_wh[1])), copy)


def _part(copy: Copy, least_px: int) -> Box | None:
    if copy.crop is not None:
        return None
    faces, labels = _faces(copy), _labels(copy)
    shown = [face.box for face in faces if face.state is FaceState.SHOWN]
    covered = [face.box for face in faces if face.state is FaceState.COVERED]
    return best_part(turned_size(copy), shown, [*covered, *(one.box for one in labels if one.covered)], least_px)


def turned_size(copy: Copy) -> tuple[int, int]:
    """Width and height of the upright original, turned as the copy is."""
    return copy.source_wh[::-1] if copy.turn_degrees % 180 else copy.source_wh


def as_seen(act: Act, copy: Copy | None) -> Act:
    """An act in the frame of the screen, where the original is turned as the copy is."""
    return act if copy is None else replace(act, box=_seen(act.box, copy))


def as_said(act: Act, copy: Copy | None) -> Act:
    """An act from the screen in the frame of the original, to the thousandth of a pixel: `as_seen` the other way."""
    if copy is None or not copy.turn_degrees:
        return act
    box = turned_box(act.box, turned_size(copy), -copy.turn_degrees)
    left, top, right, bottom = (round(value, 3) for value in box)
    return replace(act, box=(left, top, right, bottom))


def _seen(box: Box, copy: Copy) -> Box:
    return turned_box(box, copy.source_wh, copy.turn_degrees)


def _counts(faces: Sequence[FaceReport]) -> Counts:
    states = [(_state(face), _hand(face)) for face in faces]
    return Counts(
        shown=sum(state is FaceState.SHOWN for state, _ in states),
        covered_by_program=states.count((FaceState.COVERED, Hand.PROGRAM)),
        covered_by_person=states.count((FaceState.COVERED, Hand.PERSON)),
    )


def _faces(copy: Copy) -> tuple[FaceView, ...]:
    faces = [replace(face, box=_seen(face.box, copy)) for face in copy.faces]
    return tuple(
        FaceView(
            number=number,
            box=face.box,
            state=_state(face),
            reason=face.decision.reason,
            person=face.decision.person,
            by=_hand(face),
            found=face.score > 0,
        )
        for number, face in enumerate(in_reading_order(faces, lambda face: face.box), 1)
    )


def _labels(copy: Copy) -> tuple[LabelView, ...]:
    return tuple(
        LabelView(number, _seen(label.box, copy), isinstance(label.decision, Obscure), label.decision.reason)
        for number, label in enumerate(copy.labels, 1)
    )


def _state(face: FaceReport) -> FaceState:
    if isinstance(face.decision, Obscure):
        return FaceState.COVERED
    return FaceState.NOT_A_FACE if face.decision.reason.code is Code.NOT_A_FACE else FaceState.SHOWN


def _hand(face: FaceReport) -> Hand:
    return Hand.PERSON if face.decision.reason.code in _BY_PERSON else Hand.PROGRAM


def in_reading_order(faces: Sequence[T], box_of: Callable[[T], Box]) -> list[T]:
    """Row by row from the top, each from the left; faces less than half a usual face apart in height are one row."""
    if not faces:
        return []

    def middle_y(face: T) -> float:
        return (box_of(face)[1] + box_of(face)[3]) / 2

    half = median(box_of(face)[3] - box_of(face)[1] for face in faces) / 2
    rows: list[list[T]] = []
    for face in sorted(faces, key=middle_y):
        if rows and middle_y(face) - middle_y(rows[-1][-1]) <= half:
            rows[-1].append(face)
        else:
            rows.append([face])
    return [face for row in rows for face in sorted(row, key=lambda face: box_of(face)[0] + box_of(face)[2])]
