"""What is to be done with each face and with the photo."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from anonymiser.values.labels import ClueKind
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box
from anonymiser.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class Keep:
    """This face stays visible, because this person agreed; or a reviewer says that it is no face, or no name."""

    person: PersonId | None
    """None once the person has been forgotten, and of what is nobody's face."""
    reason: Reason
    could_be: frozenset[PersonId] = frozenset()
    """Who else it may be. All of them had agreed, and any of them may ask where they are shown."""


@dataclass(frozen=True, slots=True)
class Obscure:
    """This face, or this label, is destroyed in the copy."""

    reason: Reason
    person: PersonId | None = None
    """Who it is, if that is certain; a resemblance is never recorded."""


FaceDecision = Keep | Obscure
LabelDecision = Keep | Obscure


@dataclass(frozen=True, slots=True)
class CoveredPlace:
    """A box that a person wants covered, whatever the program found there; drawn like a face of that box."""

    box: Box
    """In the frame of the faces decided on."""
    found: bool
    """Whether faces that the program found are meant as well; they are decided on in their own rows."""


@enum.unique
class Verdict(enum.StrEnum):
    """What happens to the whole photo."""

    RELEASE = "release"
    REVIEW = "review"
    SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Policy:
    """The school's choices that decisions depend on; read from anonymiser.toml."""

    release_automatically: bool = True
    """False: even a photo without findings waits for a person."""
    swimwear_review: float = 0.15
    """Scores of the classifiers, 0 to 1, from which a photo waits or is sealed; measured in docs/suitability.md. These
    are the defaults of anonymiser.toml, too."""
    unsuitable_review: float = 0.30
    unsuitable_seal: float = 0.85
    cover: frozenset[ClueKind] = frozenset({ClueKind.CODE})
    """Kinds of clues that are covered; all others are listed only. A code may lead anywhere, and nobody who looks at
    the photo can tell where."""


@dataclass(frozen=True, slots=True)
class PhotoDecision:
    """Everything that is to be done with one photo."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    """Why it waits or is sealed; empty if, and only if, it is released."""
    faces: tuple[FaceDecision, ...]
    """One per row of the faces decided on."""
    labels: tuple[LabelDecision | None, ...]
    """One per name label; every one is destroyed, unless a reviewer says and confirms that it names nobody. None if it
    then is a clue, which stands in its place."""
    covered: tuple[CoveredPlace, ...] = ()
    """Covered as well, because a person said so."""
    answers: tuple[Reason | None, ...] = ()
    """One per act of a person: None if it was done, else why not."""
    clues: tuple[LabelDecision | None, ...] = ()
    """One per clue; none of them makes the photo wait. None for one that is part of a name: the label stands for it."""

    @property
    def text(self) -> tuple[LabelDecision | None, ...]:
        """One per name label, then one per clue."""
        return self.labels + self.clues
