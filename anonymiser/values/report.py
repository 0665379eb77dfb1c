"""What happens to a file, and what workers and the process that moves files tell each other."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from anonymiser.values.consent import EventContext
from anonymiser.values.decision import FaceDecision, Keep, LabelDecision
from anonymiser.values.devices import DeviceCheck, DeviceEvidence
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.ruling import Rulings


@enum.unique
class OutcomeKind(enum.StrEnum):
    """The word for each outcome in the ledger, in JSON and in counts."""

    RELEASED = "released"
    REVIEW = "review"
    SEALED = "sealed"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """One photo for a worker."""

    item: str
    """Neutral id, `<yyyymmdd>-<six digits>`, by which people and notes refer to the photo."""
    source: Path
    """File to read; never written, moved or removed by a worker."""
    sha256: str
    """Of the source when it was claimed; a worker that reads other bytes refuses them."""
    staging: Path
    """File that the worker writes and verifies; the caller alone moves it to a place that people see."""
    context: EventContext
    rulings: Rulings | None = None
    """What people have said about the photo; None if nobody has."""
    devices: DeviceCheck | None = None
    """What the school's list of devices says; None if the school has no list."""


@dataclass(frozen=True, slots=True)
class FaceReport:
    """One face, and what was done with it."""

    box: Box
    score: float
    """The detector's confidence, 0..1; 0 for a place that a person covered where no face was found."""
    decision: FaceDecision

    def without(self, person: PersonId) -> FaceReport:
        """The same face, without any mention of the person."""
        who = None if self.decision.person == person else self.decision.person
        if isinstance(self.decision, Keep):
            others = self.decision.could_be - {person}
            return replace(self, decision=replace(self.decision, person=who, could_be=others))
        return replace(self, decision=replace(self.decision, person=who))


@dataclass(frozen=True, slots=True)
class LabelReport:
    """One name label, or another text or code that tells where a child is, and what was done with it."""

    box: Box
    decision: LabelDecision


@dataclass(frozen=True, slots=True)
class Copy:
    """A finished copy: what it shows, and its facts."""

    sha256: str
    """Of the verified file, in hexadecimal; only these bytes may be released."""
    source_wh: tuple[int, int]
    """Width and height of the upright original."""
    output_wh: tuple[int, int]
    """Width and height of the copy."""
    faces: tuple[FaceReport, ...] = ()
    labels: tuple[LabelReport, ...] = ()
    taken_on: str | None = None
    """Day that the camera recorded, ISO 8601."""
    device: str | None = None
    """Camera make and model as recorded."""
    notices: tuple[Reason, ...] = ()
    """Remarks about the source that change nothing: an attached video was left out."""
    crop: Box | None = None
    """The part of the original that the copy shows; None for all of it."""
    answers: tuple[Reason | None, ...] = ()
    """One per act of `Job.rulings`: None if it was done, else why not."""
    device_evidence: DeviceEvidence | None = None
    """What the file says about the device that took it; None if the school had no list of devices."""

    @property
    def turn_degrees(self) -> int:
        """By how much the copy is turned clockwise, compared with its file's own orientation: 0, 90, 180 or 270.

        `output_wh` is that of the turned picture; everything else is in the frame of the original.
        """
        turns = (reason.values["degrees"] for reason in self.notices if reason.code is Code.TURNED_UPRIGHT)
        return int(next(turns, 0))


@dataclass(frozen=True, slots=True)
class Released:
    """The copy may be published for the event's purpose."""

    copy: Copy
    kind: ClassVar = OutcomeKind.RELEASED


@dataclass(frozen=True, slots=True)
class Waits:
    """The copy waits for a person."""

    copy: Copy
    reasons: tuple[Reason, ...]
    kind: ClassVar = OutcomeKind.REVIEW


@dataclass(frozen=True, slots=True)
class Sealed:
    """For the safeguarding lead alone; there is no copy."""

    reasons: tuple[Reason, ...]
    kind: ClassVar = OutcomeKind.SEALED


@dataclass(frozen=True, slots=True)
class Refused:
    """Not a photo, or not one that can be processed."""

    reasons: tuple[Reason, ...]
    kind: ClassVar = OutcomeKind.QUARANTINED


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same picture was processed for the same event before."""

    reasons: tuple[Reason, ...]
    first: Copy | None = None
    """The copy of the first."""
    kind: ClassVar = OutcomeKind.DUPLICATE


@dataclass(frozen=True, slots=True)
class Failed:
    """The program could not finish it."""

    reasons: tuple[Reason, ...]
    kind: ClassVar = OutcomeKind.FAILED


_EVIDENCE = {
    Code.DEVICE_NOT_ON_LIST: DeviceEvidence.NOT_ON_LIST,
    Code.DEVICE_NO_EVIDENCE: DeviceEvidence.NO_EVIDENCE,
}

Outcome = Released | Waits | Sealed | Refused | Duplicate | Failed
"""The one terminal state of a file."""


@dataclass(frozen=True, slots=True)
class PhotoReport:
    """What a worker found and did; holds no pixels, embeddings or names, so it may be stored and printed."""

    outcome: Outcome
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time per stage."""

    @property
    def kind(self) -> OutcomeKind:
        """The outcome in one word."""
        return self.outcome.kind

    @property
    def made(self) -> Copy | None:
        """The staged copy that comes with a release or a review."""
        return self.outcome.copy if isinstance(self.outcome, Released | Waits) else None

    @property
    def shown(self) -> Copy | None:
        """The copy that people see: this photo's, or that of the photo it repeats."""
        return self.outcome.first if isinstance(self.outcome, Duplicate) else self.made

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the outcome is what it is; empty for a release."""
        return () if isinstance(self.outcome, Released) else self.outcome.reasons

    @property
    def notices(self) -> tuple[Reason, ...]:
        """Remarks about the source of the copy."""
        return () if self.shown is None else self.shown.notices

    @property
    def faces(self) -> tuple[FaceReport, ...]:
        """The faces of the copy."""
        return () if self.shown is None else self.shown.faces

    @property
    def labels(self) -> tuple[LabelReport, ...]:
        """The name labels of the copy, and the clues."""
        return () if self.shown is None else self.shown.labels

    @property
    def taken_on(self) -> str | None:
        """Day that the camera recorded, ISO 8601."""
        return None if self.shown is None else self.shown.taken_on

    @property
    def device_evidence(self) -> DeviceEvidence | None:
        """What the file says about the device that took it; None if nobody asked."""
        if self.shown is not None:
            return self.shown.device_evidence
        said = (_EVIDENCE.get(reason.code) for reason in self.reasons)
        return next(filter(None, said), None)

    def shows(self, person: PersonId) -> bool:
        """Whether the person is visible in the copy, or may be."""
        kept = [face.decision for face in self.faces if isinstance(face.decision, Keep)]
        return any(person in {decision.person, *decision.could_be} for decision in kept)

    def without(self, person: PersonId) -> PhotoReport:
        """The same report, without any mention of the person."""
        if self.shown is None:
            return self
        copy = replace(self.shown, faces=tuple(face.without(person) for face in self.shown.faces))
        if isinstance(self.outcome, Duplicate):
            return replace(self, outcome=replace(self.outcome, first=copy))
        if isinstance(self.outcome, Released | Waits):
            return replace(self, outcome=replace(self.outcome, copy=copy))
        return self


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker without a disk gives back."""

    report: PhotoReport
    copy: bytes | None = field(default=None, repr=False)
    """The verified file; None if there is none."""
