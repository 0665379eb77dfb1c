"""What is true about a set of sample photos, from its truth.json."""

from __future__ import annotations

import datetime as dt
import enum
import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from anonymiser.errors import UsageError
from anonymiser.values.consent import Purpose
from anonymiser.values.people import PersonId
from anonymiser.values.report import OutcomeKind

Point = tuple[float, float]
"""x, y in upright pixel coordinates of the original."""


@enum.unique
class Because(enum.StrEnum):
    """Why a face must be kept or obscured."""

    AGREED = "agreed"
    PURPOSE_REFUSED = "purpose refused"
    EXPIRED = "expired"
    NEVER_ANSWERED = "never answered"
    HELD = "must not be shown"
    NAMED = "named by a label"
    NOT_ENROLLED = "no biometric consent"
    STRANGER = "not in the register"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(_Record):
    """Somebody in the photos; only people in the register have a name and a class."""

    id: PersonId
    rendered_as: str
    """Id in the set of renderings that the samples were composed from."""
    name: str | None = Field(default=None, repr=False)
    group: str | None = None
    enrolled: bool = False


class Face(_Record):
    """One face of one photo."""

    person: PersonId
    box: tuple[float, float, float, float]
    """`xyxy`, upright pixel coordinates; chin to hairline, ear to ear."""
    points: tuple[Point, Point, Point, Point, Point]
    """Right eye, left eye, nose tip, right and left mouth corner (the person's own right)."""
    visible: Annotated[float, Field(ge=0, le=1)]
    """Share of the face that nothing hides."""
    yaw: float
    pitch: float
    """Degrees away from the camera."""
    because: Because
    must_keep: bool
    """The face is clear, consented and enrolled, so obscuring it would be a fault."""

    @property
    def may_keep(self) -> bool:
        """Whether the face may be shown; if not, it must be destroyed."""
        return self.because is Because.AGREED

    @model_validator(mode="after")
    def _consistent(self) -> Face:
        if self.must_keep and not self.may_keep:
            raise ValueError("a face that has to be kept is not allowed to be shown")
        return self


class Label(_Record):
    """A register name that can be read in a photo."""

    kind: str
    """sticker, certificate, board, peg, tray."""
    text: str = Field(repr=False)
    person: PersonId
    quad: tuple[Point, Point, Point, Point]
    """Corners of the printed line, clockwise from its own top left."""


class Photo(_Record):
    """One file in the inbox."""

    file: str
    """Path inside the inbox, with forward slashes."""
    event: str
    purpose: Purpose
    date: dt.date
    shows: str
    """What the file demonstrates."""
    outcome: OutcomeKind
    same_as: str | None = None
    """The other file with the same bytes; one of the two is processed, the other is a duplicate."""
    size: tuple[int, int] | None
    """Upright width and height; None if the file cannot be decoded."""
    faces: tuple[Face, ...] = ()
    labels: tuple[Label, ...] = ()


class Truth(_Record):
    """The whole of truth.json."""

    about: str
    people: tuple[Person, ...]
    photos: tuple[Photo, ...]

    @staticmethod
    def load(path: Path) -> Truth:
        """Read and check the file.

        Raises UsageError if it is missing or does not have this form.
        """
        try:
            return Truth.model_validate(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from error
        except (ValidationError, ValueError) as error:
            raise UsageError(f"{path} is not a truth file", remedy="Restore the file.") from error
