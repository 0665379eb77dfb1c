"""Whose face it is, and who it was compared with."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code, Reason

Embedding = NDArray[np.float32]

NOT_RECOGNISED = Code.NOT_RECOGNISED()


@dataclass(frozen=True, slots=True)
class Known:
    """The face is this person's: sure score, clear margin, good quality, and no other face in the photo matches."""

    person: PersonId
    score: float
    """Cosine similarity to the person, after centring if the gallery has a mean."""
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
    """Cosine similarities that identification uses; set by calibration, never by accuracy."""

    could_be: float
    sure: float
    margin: float
    """Least distance between the best person and the runner-up."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Templates that may be matched for one event: only live ones of the declared group, made by this model."""

    people: tuple[PersonId, ...]
    templates: Embedding = field(repr=False)
    """`float32 [T, 128]`, unit length, raw (not centred)."""
    owner: NDArray[np.intp] = field(repr=False)
    """`intp [T]`: row of `people` that template t belongs to."""
    mean: Embedding | None = field(repr=False)
    """`float32 [128]` subtracted from every embedding before comparison, or None (see recognise/calibrate.py)."""
    thresholds: Thresholds
    lookalikes: frozenset[frozenset[PersonId]] = frozenset()
    """Declared twins and look-alikes: a face that resembles one of them could be any of them."""
    closed_because: Reason | None = None
    """Why nobody can be recognised (gate closed, no group declared, ...); None when matching may run."""

    @staticmethod
    def closed(why: Reason) -> Gallery:
        """An empty gallery; every face is `Unknown(why)` and no embedding is computed."""
        return Gallery(
            people=(),
            templates=np.zeros((0, 128), np.float32),
            owner=np.zeros(0, np.intp),
            mean=None,
            thresholds=Thresholds(could_be=2.0, sure=2.0, margin=2.0),
            closed_because=why,
        )
