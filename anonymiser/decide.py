"""From evidence to decisions: a pure function that sees no pixels, no model and no disk.

Its table of cases is tests/test_decide.py. Every rule fails towards obscuring or holding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from anonymiser.rulings import Evidence, Said, follow, read
from anonymiser.values.consent import ConsentSnapshot, Hold
from anonymiser.values.decision import FaceDecision, Keep, Obscure, PhotoDecision, Policy, Verdict
from anonymiser.values.faces import Faces, Place
from anonymiser.values.identity import Identity, Known, Unknown, Unsure
from anonymiser.values.labels import Clue, NameLabel
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.ruling import Show
from anonymiser.values.suitability import Suitability


def must_be_sealed(unsuitable: float, policy: Policy) -> bool:
    """Judge the score for nudity alone, before anything else looks at the photo; what is not a number is the worst."""
    return not unsuitable < policy.unsuitable_seal


def suitability_reasons(suitability: Suitability, policy: Policy) -> tuple[Verdict, tuple[Reason, ...]]:
    """Judge the scores alone; one that is not a number counts as the worst."""
    if must_be_sealed(suitability.unsuitable, policy):
        return Verdict.SEAL, (Code.MAY_BE_INDECENT(),)
    reasons = []
    if not suitability.unsuitable < policy.unsuitable_review:
        reasons.append(Code.MAY_BE_UNSUITABLE())
    if not suitability.swimwear < policy.swimwear_review:
        reasons.append(Code.MAY_SHOW_SWIMWEAR())
    return (Verdict.REVIEW if reasons else Verdict.RELEASE), tuple(reasons)


def decide(
    faces: Faces,
    somebody_at: tuple[Place, ...],
    identities: tuple[Identity, ...],
    labels: tuple[NameLabel, ...],
    suitability: Suitability,
    consents: ConsentSnapshot,
    policy: Policy,
    doubts: tuple[Reason, ...] = (),
    *,
    second_in: Mapping[int, Place] = MappingProxyType({}),
    acts: Sequence[Said] | None = None,
    clues: tuple[Clue, ...] = (),
) -> PhotoDecision:
    """Decide every face, every label and the photo.

    Args:
        faces: All that were found, `identities` in the same order.
        somebody_at: Places where people are likely although no face was found there: the photo waits.
        identities: Whose face each is.
        labels: Every name that can be read.
        suitability: Scores of the whole photo.
        consents: The register's answer for the event.
        policy: The school's choices.
        doubts: Why detection may not have found everybody: the photo waits.
        second_in: Rows of the faces inside which there may be a further face, and where in the photo they are: if such
            a face is shown, the photo waits.
        acts: What people have said, in order, in the frame of `faces`: see rulings.py. None if nobody said anything;
            else the photo waits.
        clues: What besides names tells where a child is. Whatever is done with it, the photo does not wait for it.

    Raises ValueError if the faces and the identities do not belong together.
    """
    if len(faces) != len(identities):
        raise ValueError(f"{len(faces)} faces, but {len(identities)} identities")
    verdict, reasons = suitability_reasons(suitability, policy)
    if verdict is Verdict.SEAL:
        sealed = Obscure(Code.PHOTO_SEALED())
        unheard = (Code.PHOTO_SEALED(),) * len(acts or ())
        faces_sealed, labels_sealed, clues_sealed = ((sealed,) * len(what) for what in (identities, labels, clues))
        return PhotoDecision(verdict, reasons, faces_sealed, labels_sealed, answers=unheard, clues=clues_sealed)

    text = read(acts or (), labels, clues, consents, policy.cover)
    legible = tuple(label for label, ruling in zip(labels, text.labels, strict=True) if isinstance(ruling, Obscure))
    held = frozenset(consents.holds)
    named = frozenset().union(*(label.people for label in legible))
    beside = _faces_beside_labels(faces, legible)
    own = (_decide_face(identity, named, row in beside, held, consents) for row, identity in enumerate(identities))
    stand = tuple(clue for clue, ruling in zip(clues, text.clues, strict=True) if ruling is not None)
    followed = follow(acts or (), Evidence(faces, identities, named, beside, consents, stand), own)
    answers = tuple(face or label for face, label in zip(followed.answers, text.answers, strict=True))

    found = list(reasons)
    waiting = frozenset(person for person, hold in consents.holds.items() if hold is not Hold.NEVER_SHOWN)
    said_to_be_here = frozenset(act.person for act in acts or () if isinstance(act, Show))
    if waiting & (named | said_to_be_here | frozenset().union(*map(_could_be, identities))):
        found.append(Code.HOLD())
    found += [Code.NO_FACE_FOUND(place=place.value) for place in somebody_at]
    found += doubts
    shown = dict.fromkeys(place for row, place in second_in.items() if isinstance(followed.faces[row], Keep))
    found += [Code.SECOND_FACE(place=place.value) for place in shown]
    if not policy.release_automatically:
        found.append(Code.EVERY_PHOTO_WAITS())
    if acts is not None:
        found.append(Code.CHANGED_BY_PERSON())
    if any(answer and answer.code is not Code.CROPPED_AWAY for answer in answers):
        found.append(Code.ACT_REFUSED())
    verdict = Verdict.REVIEW if found else Verdict.RELEASE
    return PhotoDecision(verdict, tuple(found), followed.faces, text.labels, followed.covered, answers, text.clues)


def doubted(decision: PhotoDecision, reason: Reason) -> PhotoDecision:
    """The same decision about a photo that must also wait for `reason`; a sealed one stays sealed."""
    if decision.verdict is Verdict.SEAL:
        return decision
    return replace(decision, verdict=Verdict.REVIEW, reasons=(*decision.reasons, reason))


def _could_be(identity: Identity) -> frozenset[PersonId]:
    match identity:
        case Known() | Unsure():
            return identity.could_be
        case Unknown():
            return frozenset()


def _decide_face(
    identity: Identity,
    named: frozenset[PersonId],
    beside_label: bool,
    held: frozenset[PersonId],
    consents: ConsentSnapshot,
) -> FaceDecision:
    match identity:
        case Unknown(why) | Unsure(why=why):
            return Obscure(why)
        case Known(person, _, could_be):
            if person in held or could_be & held:
                return Obscure(Code.HELD(), person)
            if person in named:
                return Obscure(Code.NAMED(), person)
            if beside_label:
                return Obscure(Code.BESIDE_LABEL(), person)
            if person not in consents.granted:
                return Obscure(consents.refused_because.get(person, Code.NO_RECORD()), person)
            if not could_be <= consents.granted:
                return Obscure(Code.LOOKS_LIKE_REFUSED(), person)
            return Keep(person, Code.AGREED(purpose=consents.purpose), could_be - {person})


def _faces_beside_labels(faces: Faces, labels: tuple[NameLabel, ...]) -> frozenset[int]:
    """The face that each label most likely belongs to: the nearest, measured in face heights.

    A badge hangs below its wearer's chin, a peg or tray label is beside the face, a board can be anywhere. The
    nearest face is obscured, because people who see the picture would make the same link. More than four face
    heights away (a board across the hall) a label names nobody in particular.
    """
    if not labels or not len(faces):
        return frozenset()
    centre = (faces.xyxy[:, :2] + faces.xyxy[:, 2:]) / 2
    height = np.maximum(faces.xyxy[:, 3] - faces.xyxy[:, 1], 1)
    beside = set()
    for label in labels:
        distance = _distance_to_quad(centre, label.quad) / height
        nearest = int(distance.argmin())
        if distance[nearest] <= 4:
            beside.add(nearest)
    return frozenset(beside)


def _distance_to_quad(points: NDArray[np.floating], quad: NDArray[np.floating]) -> NDArray[np.floating]:
    """Distance from each point `[N, 2]` to the axis-aligned box around the quad, 0 inside it."""
    low, high = quad.min(0), quad.max(0)
    gap = np.maximum(np.maximum(low - points, points - high), 0)
    distance: NDArray[np.floating] = np.hypot(gap[:, 0], gap[:, 1])
    return distance
