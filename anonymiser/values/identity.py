"""Whose face it is, and who it was compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code, Reason

Embedding = NDArray[np.float32]

NOT_RECOGNISED = Code.NOT_RECOGNISED()


RECIPE = 2
"""Thresholds belong to one recipe of scores (recognise/score.py), and one mean of the rendered faces. Raise this when
either changes: a calibration that was made with another no longer counts."""

SURE_BY_RISK: Mapping[int, float] = {100: 0.41, 300: 0.44, 1000: 0.47}
"""From which score on one stranger's face in so many, at most, is taken for one of 10 to 60 people enrolled.

Measured on public photos of 1,005 children and young people (docs/recognition.md). At the three scores, the worst of 45
settings kept 1.04%, 0.37% and 0.12% of strangers. A smaller risk was not measurable there."""

FEWEST_MEASURED, MOST_MEASURED = 10, 60
"""Sizes of the galleries for which `SURE_BY_RISK` was measured. One threshold serves them all."""

SURE_UNMEASURED = 0.53
"""Where the steps of `SURE_BY_RISK` lead for 1 in 10,000. Nobody has measured that, so nothing is promised from it."""

COULD_BE = 0.28
"""At this score a third of strangers resemble somebody among 10 to 60 children, and 63% to 84% of the photos of those
enrolled resemble them."""

MARGIN = 0.08
"""Costs nothing up to here."""


@dataclass(frozen=True, slots=True)
class Known:
    """The face is this person's: sure score, clear margin, good quality, and no other face in the photo matches."""

    person: PersonId
    score: float
    """How alike the face and the person are (recognise/score.py); on the scale of a cosine similarity."""
    could_be: frozenset[PersonId]
    """Everybody within the "could be" threshold, including declared look-alikes; always contains `person`."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """The face resembles somebody enrolled, but a rule forbids saying that it is them."""

    could_be: frozenset[PersonId]
    why: Reason
    """The rule that failed."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The face does not resemble anybody in the gallery, or there was nothing to compare it with."""

    why: Reason = NOT_RECOGNISED


Identity = Known | Unsure | Unknown


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores that identification uses; set by the risk that a school accepts, never by accuracy."""

    could_be: float
    sure: float
    margin: float
    """Least distance between the best person and the runner-up."""
    most: int = field(default=MOST_MEASURED, repr=False)
    """How many people a gallery may have before "sure" has to rise."""

    @staticmethod
    def standard(one_in: int, margin: float) -> Thresholds:
        """For children in general, at a risk of `SURE_BY_RISK`. Raises KeyError if the risk was not measured."""
        return Thresholds(COULD_BE, SURE_BY_RISK[one_in], margin)


def _nobody() -> Embedding:
    return np.zeros((0, 128), np.float32)


@dataclass(frozen=True, slots=True)
class Gallery:
    """Templates that may be matched for one event: only live ones of the declared group, made by this model."""

    people: tuple[PersonId, ...]
    templates: Embedding = field(repr=False)
    """`float32 [T, 128]`, unit length, raw (not centred)."""
    owner: NDArray[np.intp] = field(repr=False)
    """`intp [T]`: row of `people` that template t belongs to."""
    thresholds: Thresholds
    cohort: Embedding = field(default_factory=_nobody, repr=False)
    """`float32 [C, 128]`: for each of others enrolled at the school, the mean of the raw templates. They show how much
    faces here resemble each other anyhow, and are never an answer."""
    lookalikes: frozenset[frozenset[PersonId]] = frozenset()
    """Declared twins and look-alikes: a face that resembles one of them could be any of them."""
    closed_because: Reason | None = None
    """Why nobody can be recognised (gate closed, no group declared, ...); None when matching may run."""

    @staticmethod
    def closed(why: Reason) -> Gallery:
        """An empty gallery; every face is `Unknown(why)` and no embedding is computed."""
        return Gallery(
            people=(),
            templates=_nobody(),
            owner=np.zeros(0, np.intp),
            thresholds=Thresholds(could_be=2.0, sure=2.0, margin=2.0),
            closed_because=why,
        )
