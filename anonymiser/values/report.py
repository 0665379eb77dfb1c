"""What the disk side (intake) and the picture side (pipeline) tell each other."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from pathlib import Path

from anonymiser.values.consent import EventContext
from anonymiser.values.people import PersonId


@enum.unique
class Outcome(enum.StrEnum):
    """The one terminal state of a file."""

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


@dataclass(frozen=True, slots=True)
class FaceReport:
    """One face in the JSON line."""

    box: tuple[float, float, float, float]
    """`xyxy` in upright pixel coordinates of the original."""
    score: float
    decision: str
    """`keep` or `obscure`."""
    reason: str
    person: str | None
    could_be: tuple[str, ...] = ()
    """Of a kept face: who else it may be. All of them had agreed, and any of them may ask where they are shown."""


@dataclass(frozen=True, slots=True)
class LabelReport:
    """One name label in the JSON line."""

    box: tuple[float, float, float, float]
    decision: str
    reason: str


@dataclass(frozen=True, slots=True)
class PhotoReport:
    """What a worker found and did; holds no pixels, embeddings or names, so it may be stored and printed."""

    outcome: Outcome
    """RELEASED and REVIEW come with a staged copy; SEALED, QUARANTINED and FAILED without."""
    reasons: tuple[str, ...] = ()
    faces: tuple[FaceReport, ...] = ()
    labels: tuple[LabelReport, ...] = ()
    source_wh: tuple[int, int] | None = None
    output_wh: tuple[int, int] | None = None
    output_sha256: str | None = None
    taken_on: str | None = None
    device: str | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall time per stage."""

    def shows(self, person: PersonId) -> bool:
        """Whether the person is visible in the copy, or may be."""
        return any(face.decision == "keep" and person in {face.person, *face.could_be} for face in self.faces)

    def without(self, person: PersonId) -> PhotoReport:
        """The same report, in which the person is not known any more."""
        return replace(
            self,
            faces=tuple(
                replace(
                    face,
                    person=None if face.person == person else face.person,
                    could_be=tuple(other for other in face.could_be if other != person),
                )
                for face in self.faces
            ),
        )
