"""What the desk shows of photos: plain values, in the original's upright pixel coordinates.

Names of pupils are in `Candidate` alone, and kept out of its repr.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field

from anonymiser.ledger.item import ReviewVerdict
from anonymiser.values.consent import Event
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box
from anonymiser.values.reasons import CLUES, Reason
from anonymiser.values.report import OutcomeKind
from anonymiser.values.ruling import Act


@enum.unique
class Standing(enum.StrEnum):
    """Where a photo stands for the person who works at the desk."""

    WAITS = "waits"
    """Nobody has decided: it can be ruled on, approved, rejected, referred."""
    RELEASED = "released"
    """Its copy may be published: it can be reopened, or ruled on, which reopens it. If a person approved it, that can
    be taken back as long as the copy is in the outbox and nobody recorded where it was published."""
    REJECTED = "rejected"
    """It is not used; that can be taken back."""
    SEALED = "sealed"
    """For the safeguarding lead alone: the desk knows that it exists, and shows nothing of it."""
    REPLACED = "replaced"
    """A released copy that was made again, as another photo: `PhotoView.replaced_by`."""
    IN_WORK = "in work"
    """Being processed, or left unfinished by a crash: the next run continues with it (`School.resume`)."""
    NO_COPY = "no copy"
    """A duplicate, not a photo, or the program could not finish it: `outcome` says which, `reasons` why."""


@enum.unique
class FaceState(enum.StrEnum):
    """What the copy shows of a face."""

    COVERED = "covered"
    SHOWN = "shown"
    NOT_A_FACE = "not a face"
    """A person said so: it is visible, and counts neither as shown nor as covered."""


@enum.unique
class Hand(enum.StrEnum):
    """Who decided."""

    PROGRAM = "program"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Counts:
    """What the person who approves has to count."""

    shown: int
    covered_by_program: int
    covered_by_person: int

    @property
    def covered(self) -> int:
        """All that are covered."""
        return self.covered_by_program + self.covered_by_person


@dataclass(frozen=True, slots=True)
class Summary:
    """One photo as a line of a list."""

    id: str
    event: Event
    standing: Standing
    outcome: OutcomeKind | None
    """What the program made of it; None while it is in work."""
    verdict: ReviewVerdict | None
    """What a person decided."""
    reasons: tuple[Reason, ...]
    """Why it waits, or was refused; none of a sealed photo."""
    counts: Counts
    received_at: dt.datetime
    """UTC, without a time zone."""


@dataclass(frozen=True, slots=True)
class FaceView:
    """One face, or a place that a person covered where the program found none."""

    number: int
    """From 1 in reading order; the same as long as `PhotoView.sha256` is."""
    box: Box
    """Send it back, as it is, in the act about this face."""
    state: FaceState
    reason: Reason
    person: PersonId | None
    """Who it is, if the program is sure or a person said so."""
    by: Hand
    """Who decided the state. A `Show` that was refused leaves the face covered by the program."""
    found: bool
    """Whether the program found a face here; False for a place that a person drew."""


@dataclass(frozen=True, slots=True)
class LabelView:
    """One name that the program read, or another text or code that tells where a child is."""

    number: int
    box: Box
    covered: bool
    """False if a person said, and confirmed, that it is not a name; and of what is only listed."""
    reason: Reason

    @property
    def is_clue(self) -> bool:
        """Whether it is no name: then a `Cover` of its box covers it, and a `NotAName` shows it."""
        return self.reason.code in CLUES


@dataclass(frozen=True, slots=True)
class Ruled:
    """One act that counts for the photo, and what became of it."""

    act: Act
    why_not: Reason | None
    """None if it was done."""


@dataclass(frozen=True, slots=True)
class PhotoView:
    """Everything that the desk shows of one photo."""

    summary: Summary
    size: tuple[int, int]
    """Width and height of the upright original, which all boxes are for; (0, 0) if the photo has no copy."""
    frame: Box
    """The part of the original that the copy shows: all of it, or what a `Crop` kept."""
    part: Box | None
    """A crop worth suggesting, in which nobody has to be covered; None if there is none, or if one was made."""
    copy_size: tuple[int, int]
    """Width and height of the copy, in its own pixels."""
    sha256: str | None
    """Of the copy: give it back as `seen`. None if there is no copy."""
    faces: tuple[FaceView, ...]
    labels: tuple[LabelView, ...]
    notices: tuple[Reason, ...]
    """Remarks about the file that change nothing."""
    rulings: tuple[Ruled, ...]
    """Every act that counts, in order. `Desk.rule` takes the whole list: append to it (values.ruling.then), or leave
    acts out to undo them."""
    ruled_by: str
    """Who ruled last; empty if nobody did."""
    ruled_at: dt.datetime | None
    approved_by: str
    """Who has approved this copy, which waits for a second person; empty if nobody has, or one is enough."""
    original_kept: bool
    """Whether the original is archived here; without it nothing can be changed, and there is no "before"."""
    output: str | None
    """Where a released copy is, relative to the workspace."""
    replaces: str | None
    """The released photo that this one was made to stand in for."""
    replaced_by: str | None
    take_down: tuple[str, ...]
    """Places where the copy that this one replaces is recorded as published: it has to be taken down there."""
    published_at: tuple[str, ...]
    """Places where this photo's own copy is recorded as published."""

    @property
    def id(self) -> str:
        """The photo's id. After ruling on a released photo it is another one: the old row records what was out."""
        return self.summary.id


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of the register, as a choice for a face of one photo."""

    person: PersonId
    forename: str = field(repr=False)
    """The name in daily use."""
    surname: str = field(repr=False)
    groups: tuple[str, ...]
    in_group: bool
    """Whether they belong to the event's group."""
    why_not: Reason | None
    """Why they cannot be chosen; None if they can. The face may still forbid it: `Ruled.why_not` then says so."""


@enum.unique
class View(enum.StrEnum):
    """Which picture of a photo."""

    PUBLISHED = "published"
    """The copy, byte for byte."""
    BEFORE = "before"
    """The original, uncovered: upright, sRGB, without metadata, made in memory for this look."""
    SMALL = "small"
    """The copy, made smaller for a list."""
