"""What becomes of a person's acts on one photo: pure rules, like those of decide.py, which calls them.

Acts are followed in their order, each on what the ones before it left. So a `Cover` at the end can only take away, and
a `Show` counts only if nothing forbade it at its own place in the list. An act that is refused says why, and a face
that a person named but may not show is covered, even if the program would have shown it as somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.consent import ConsentSnapshot
from anonymiser.values.decision import CoveredPlace, FaceDecision, Keep, LabelDecision, Obscure
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Identity, Known, Unknown, Unsure
from anonymiser.values.labels import Clue, ClueKind, NameLabel
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box
from anonymiser.values.quads import SAME_TEXT, shared_part
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.ruling import Act, Cover, Crop, NotAFace, NotAName, Show, area, overlap, shared_area

Said = Act | None
"""An act with its box in the frame of the faces; None in place of one that a crop cut away."""

SAME_PLACE = 0.5
"""Intersection over union from which a box means a face, or a label: the customary criterion of detection (PASCAL VOC,
Everingham et al. 2010). Detection finds the same boxes in the same bytes again; another model's differ a little."""
SAME_BOX = 0.9
"""From here on a `Cover` means the face as it was found, and no region of its own is drawn."""
SAME_EDGES = 0.1
"""A `Cover` means a clue as it was found if no edge is further off than this share of the clue's shorter side: less
than the margin with which text is covered."""
WITHIN = 0.5
"""Share of a face, or of a clue, that a larger box must hold to mean it as well."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the program knows about the faces of a photo."""

    faces: Faces
    identities: tuple[Identity, ...]
    named: frozenset[PersonId]
    """Everybody whom a label in the photo names."""
    beside: frozenset[int]
    """Rows of faces next to a label."""
    consents: ConsentSnapshot
    clues: tuple[Clue, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What happens to text."""

    labels: tuple[LabelDecision | None, ...]
    """None for what is no name, but a clue."""
    clues: tuple[LabelDecision | None, ...]
    """None for what is part of a name."""
    answers: tuple[Reason | None, ...]
    """One per act: None if it was done or is not about text, else why not."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What acts on faces lead to."""

    faces: tuple[FaceDecision, ...]
    covered: tuple[CoveredPlace, ...]
    answers: tuple[Reason | None, ...]
    """One per act: None if it was done or is not about a face, else why not."""


def read(
    acts: Sequence[Said],
    labels: tuple[NameLabel, ...],
    clues: tuple[Clue, ...],
    consents: ConsentSnapshot,
    cover: frozenset[ClueKind],
) -> Read:
    """What happens to each label and clue, and to each act: what a person says is no name stays readable.

    Without a confirmation, or if one of those whose name it is has a hold, it is destroyed like any other. A clue of a
    kind in `cover`, or in a place that a person covers, is destroyed too. What is no name and holds a clue is treated
    as any clue of its kind.
    """
    names: list[LabelDecision] = [Obscure(Code.FULL_NAME()) for _ in labels]
    others: list[LabelDecision] = [
        Obscure(Code.CLUE(kind=clue.kind)) if clue.kind in cover else Keep(None, Code.CLUE(kind=clue.kind))
        for clue in clues
    ]
    answers: list[Reason | None] = []
    for act in acts:
        answer = None
        if isinstance(act, NotAName):
            rows, clue_rows = _meant(act.box, labels, clues)
            people = frozenset[PersonId]().union(*(labels[row].people for row in rows))
            answer = _why_a_name(act, rows + clue_rows, people, consents)
            for row in rows if answer is None else ():
                names[row] = Keep(None, Code.NOT_A_NAME())
            for row in clue_rows if answer is None else ():
                others[row] = Keep(None, Code.CLUE_SHOWN_BY_PERSON(kind=clues[row].kind))
        elif isinstance(act, Cover):
            for row, clue in enumerate(clues):
                if _within(box_of_quad(clue), act.box):
                    others[row] = Obscure(Code.CLUE_COVERED_BY_PERSON(kind=clue.kind))
        answers.append(answer)
    covered = {row for row, what in enumerate(names) if isinstance(what, Obscure)}
    stand = [not clue.named & covered for clue in clues]
    replaced = [
        any(
            stands and row in clue.named and np.array_equal(clue.quad, label.quad)
            for clue, stands in zip(clues, stand, strict=True)
        )
        for row, label in enumerate(labels)
    ]
    return Read(
        tuple(None if replaced[row] else what for row, what in enumerate(names)),
        tuple(what if stands else None for what, stands in zip(others, stand, strict=True)),
        tuple(answers),
    )


def _meant(box: Box, labels: Sequence[NameLabel], clues: Sequence[Clue]) -> tuple[list[int], list[int]]:
    """Rows of the labels and the clues that are meant: the one whose box fits best, and the same text read again.

    The boxes of two slanting lines, one below the other, share most of their area. A clue in a name is not meant: only
    the name is.
    """
    texts: list[NameLabel | Clue] = [*labels, *(clue for clue in clues if not clue.named)]
    fits = [overlap(box_of_quad(text), box) for text in texts]
    if max(fits, default=0.0) < SAME_PLACE:
        return [], []
    best = texts[fits.index(max(fits))]
    meant = [
        text for text, fit in zip(texts, fits, strict=True) if fit >= SAME_PLACE and _is_same_text(text.quad, best.quad)
    ]
    rows = ([row for row, text in enumerate(among) if any(text is one for one in meant)] for among in (labels, clues))
    return next(rows), next(rows)


def _is_same_text(quad: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    return max(shared_part(quad, other), shared_part(other, quad)) >= SAME_TEXT


def _why_a_name(
    act: NotAName, rows: list[int], people: frozenset[PersonId], consents: ConsentSnapshot
) -> Reason | None:
    if not rows:
        return Code.NO_LABEL_THERE()
    if not act.confirmed:
        return Code.NOT_CONFIRMED()
    return Code.HELD() if people & consents.holds.keys() else None


def box_of_quad(label: NameLabel | Clue) -> Box:
    """The box around the corners of a label, or of a clue."""
    (left, top), (right, bottom) = label.quad.min(0).tolist(), label.quad.max(0).tolist()
    return left, top, right, bottom


def follow(acts: Sequence[Said], evidence: Evidence, decisions: Iterable[FaceDecision]) -> Followed:
    """What acts on faces make of the program's own `decisions`, one per face."""
    state = _State(evidence, list(decisions))
    answers = tuple(state.answer(act) for act in acts)
    return Followed(tuple(state.decisions), tuple(state.covered), answers)


class _State:
    """Decisions while acts are being followed."""

    def __init__(self, evidence: Evidence, decisions: list[FaceDecision]) -> None:
        self._evidence = evidence
        self._boxes: list[Box] = [
            (left, top, right, bottom) for left, top, right, bottom in evidence.faces.xyxy.tolist()
        ]
        self._clues = [box_of_quad(clue) for clue in evidence.clues]
        self.decisions = decisions
        self.covered: list[CoveredPlace] = []

    def answer(self, act: Said) -> Reason | None:
        """Follow one act; why not, if a rule forbids it."""
        match act:
            case None:
                return Code.CROPPED_AWAY()
            case Cover():
                self._cover(act)
                return None
            case Show():
                return self._show(act)
            case NotAFace():
                return self._dismiss(act)
            case NotAName() | Crop():
                return None

    def _meant(self, box: Box) -> list[int]:
        return [row for row, face in enumerate(self._boxes) if overlap(face, box) >= SAME_PLACE]

    def _cover(self, act: Cover) -> None:
        rows = {*self._meant(act.box), *(row for row, face in enumerate(self._boxes) if _within(face, act.box))}
        for row in rows:
            identity = self._evidence.identities[row]
            person = identity.person if isinstance(identity, Known) else None
            self.decisions[row] = Obscure(Code.COVERED_BY_PERSON(), person)
        is_face = any(overlap(self._boxes[row], act.box) >= SAME_BOX for row in rows)
        if not is_face and not any(_same_edges(clue, act.box) for clue in self._clues):
            self.covered.append(CoveredPlace(act.box, found=bool(rows)))

    def _show(self, act: Show) -> Reason | None:
        rows = self._meant(act.box)
        if not rows:
            return Code.NO_FACE_THERE()
        if len(rows) > 1:
            for row in rows:
                self.decisions[row] = Obscure(Code.SEVERAL_FACES_THERE())
            return Code.SEVERAL_FACES_THERE()
        (row,) = rows
        why_not = self._why_not_shown(act.person, row) or self._why_still_covered(row)
        if why_not is not None:
            self.decisions[row] = Obscure(why_not, act.person)
            return why_not
        consents = self._evidence.consents
        others = (_could_be(self._evidence.identities[row]) | consents.alike(act.person)) & consents.granted
        self._uncover(row)
        reason = Code.SHOWN_BY_PERSON(purpose=consents.purpose)
        self.decisions[row] = Keep(act.person, reason, others - {act.person})
        return None

    def _meant_alone(self, row: int, place: CoveredPlace) -> bool:
        """Whether a covered place was meant for this face: then a later act on the face takes its place."""
        return overlap(place.box, self._boxes[row]) >= SAME_PLACE

    def _why_still_covered(self, row: int) -> Reason | None:
        over = (place for place in self.covered if not self._meant_alone(row, place))
        return Code.COVERED_BY_PERSON() if any(_within(self._boxes[row], place.box) for place in over) else None

    def _uncover(self, row: int) -> None:
        self.covered = [place for place in self.covered if not self._meant_alone(row, place)]

    def _why_not_shown(self, person: PersonId, row: int) -> Reason | None:
        evidence, consents = self._evidence, self._evidence.consents
        identity, alike = evidence.identities[row], consents.alike(person)
        if ({person} | alike | _could_be(identity)) & consents.holds.keys():
            return Code.HELD()
        if person not in consents.granted:
            return consents.refused_because.get(person, Code.NO_RECORD())
        if person in evidence.named:
            return Code.NAMED()
        if row in evidence.beside:
            return Code.BESIDE_LABEL()
        taken_for = identity.could_be if isinstance(identity, Known) else frozenset()
        if not taken_for | alike <= consents.granted:
            return Code.LOOKS_LIKE_REFUSED()
        if any(isinstance(face, Keep) and face.person == person for face in self._others(row)):
            return Code.SHOWN_ALREADY()
        return None

    def _others(self, row: int) -> list[FaceDecision]:
        return self.decisions[:row] + self.decisions[row + 1 :]

    def _dismiss(self, act: NotAFace) -> Reason | None:
        rows = self._meant(act.box)
        if not rows:
            return Code.NO_FACE_THERE()
        if len(rows) > 1:
            return Code.SEVERAL_FACES_THERE()
        if not act.confirmed:
            return Code.NOT_CONFIRMED()
        (row,) = rows
        if not isinstance(self._evidence.identities[row], Unknown):
            return Code.RESEMBLES_SOMEBODY()
        why_not = self._why_still_covered(row)
        if why_not is None:
            self._uncover(row)
            self.decisions[row] = Keep(None, Code.NOT_A_FACE())
        return why_not


def _could_be(identity: Identity) -> frozenset[PersonId]:
    return identity.could_be if isinstance(identity, Known | Unsure) else frozenset()


def _same_edges(clue: Box, box: Box) -> bool:
    most = SAME_EDGES * min(clue[2] - clue[0], clue[3] - clue[1])
    return all(abs(a - b) <= most for a, b in zip(clue, box, strict=True))


def _within(face: Box, box: Box) -> bool:
    """Whether at least half of the face is in the box."""
    return shared_area(face, box) >= WITHIN * max(area(face), 1.0)
