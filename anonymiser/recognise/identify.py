"""Open-set identification of the faces of one photo: each rule is one function, and each fails to `Unsure`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anonymiser.recognise.score import Scores, pair_scores, person_scores
from anonymiser.values.identity import (
    FEWEST_MEASURED,
    NOT_RECOGNISED,
    Embedding,
    Gallery,
    Identity,
    Known,
    Unknown,
    Unsure,
)
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code, Reason

SURE_PER_TENFOLD = 0.10
"""How much "sure" rises beyond `Thresholds.most` when a gallery grows tenfold. If comparisons were independent, P
people would be P chances of a false match; the scores of pairs of different children need 0.10 more for a tenth of
them."""

ONE_PHOTO = 0.015
"""How much more is asked where a person gave only one photo: without it, their strangers are kept twice as often."""

ALONE = 0.06
"""How much more is asked of a gallery of one without a cohort, and evenly less up to `FEWEST_MEASURED` people in both
together. Fewer people say little about what faces share: at the standard 0.47, 0.17% of 2,300 adult strangers were
taken for the only one of Labeled Faces in the Wild who was enrolled (two photos), and 0.01% at 0.53 or with ten
enrolled."""

RELIEF_PER_TENFOLD, RELIEF_HALF = 0.07, 20
"""With a cohort, fewer people are fewer chances of a false match: measured with 30 and 100 in it, and 10 to 60 people.
The relief is half of what many bring when the cohort has 20."""


def identify(embeddings: Embedding, shortcomings: Sequence[Reason | None], gallery: Gallery) -> tuple[Identity, ...]:
    """Whose face each face of one photo is.

    Args:
        embeddings: `float32 [N, 128]` of unit length, raw, one row per face of the photo.
        shortcomings: Why each face is not clear enough to be known; None if it is.
        gallery: The people it may be.

    Raises ValueError if the two do not belong together.
    """
    if len(embeddings) != len(shortcomings):
        raise ValueError(f"{len(embeddings)} embeddings, but {len(shortcomings)} shortcomings")
    if gallery.closed_because:
        return tuple(Unknown(gallery.closed_because) for _ in shortcomings)
    if not len(gallery.templates):
        return tuple(Unknown(Code.NOBODY_COULD_BE_HERE()) for _ in shortcomings)
    return judge(person_scores(embeddings, gallery), shortcomings, gallery)


def judge(scores: Scores, shortcomings: Sequence[Reason | None], gallery: Gallery) -> tuple[Identity, ...]:
    """The same for scores `[N, P]`."""
    sure = sure_thresholds(gallery)
    taken = contested(scores, sure)
    return tuple(
        _identity(row, shortcoming, resembles(row, gallery), gallery, sure, contested=index in taken)
        for index, (row, shortcoming) in enumerate(zip(scores, shortcomings, strict=True))
    )


def _identity(
    scores: Scores,
    shortcoming: Reason | None,
    could_be: frozenset[PersonId],
    gallery: Gallery,
    sure: NDArray[np.floating],
    *,
    contested: bool,
) -> Identity:
    """Apply to one face the first rule that fits."""
    if not could_be:
        return Unknown(shortcoming or NOT_RECOGNISED)
    best = int(scores.argmax())
    if shortcoming:
        return Unsure(could_be, shortcoming)
    if not scores[best] >= sure[best]:
        return Unsure(could_be, Code.NOT_CLEAR())
    if not lead(scores) >= gallery.thresholds.margin:
        return Unsure(could_be, Code.TWO_PEOPLE())
    if contested:
        return Unsure(could_be, Code.TWO_FACES())
    return Known(gallery.people[best], float(scores[best]), could_be)


def sure_thresholds(gallery: Gallery) -> NDArray[np.floating]:
    """`[P]`: the score from which a face may be known as each person; never below "could be"."""
    people, others, most = len(gallery.people), len(gallery.cohort), gallery.thresholds.most
    sure = gallery.thresholds.sure
    sure += SURE_PER_TENFOLD * max(0.0, math.log10(max(people, 1) / most))
    fewer = max(0.0, math.log10(most / max(people, FEWEST_MEASURED)))
    sure -= RELIEF_PER_TENFOLD * fewer * others / (others + RELIEF_HALF)
    sure += ALONE * max(0, FEWEST_MEASURED - people - others) / (FEWEST_MEASURED - 1)
    only_one = np.bincount(gallery.owner, minlength=people) == 1
    sure = max(sure, gallery.thresholds.could_be)
    return np.where(only_one, sure + ONE_PHOTO, sure)


def resembles(scores: Scores, gallery: Gallery) -> frozenset[PersonId]:
    """Everybody that a face with these scores `[P]` could be, with everybody declared to look like them."""
    close = {gallery.people[row] for row in np.flatnonzero(scores >= gallery.thresholds.could_be)}
    while grown := {person for alike in gallery.lookalikes if alike & close for person in alike} - close:
        close |= grown
    return frozenset(close)


def resembling_pairs(gallery: Gallery) -> frozenset[frozenset[PersonId]]:
    """Pairs of people who are within the "could be" threshold of each other."""
    pairs = np.argwhere(np.triu(pair_scores(gallery) >= gallery.thresholds.could_be, 1))
    return frozenset(frozenset((gallery.people[a], gallery.people[b])) for a, b in pairs)


def lead(scores: Scores) -> float:
    """How far the best of scores `[P]` is ahead of the second; infinite if there is no other."""
    if len(scores) < 2:
        return math.inf
    second, best = np.partition(scores, -2)[-2:]
    return float(best - second)


def contested(scores: Scores, sure: NDArray[np.floating]) -> frozenset[int]:
    """Faces, by row of scores `[N, P]`, that share their best person with another face of the photo.

    `sure` `[P]` is the score from which a face claims a person.

    Nobody is in a photo twice, so at most one of them is that person, and there is no way to tell which. Faces that are
    too blurred or too uncertain to be known count too.
    """
    if not len(scores):
        return frozenset()
    best = scores.argmax(1)
    claims = np.flatnonzero(scores[np.arange(len(scores)), best] >= sure[best])
    people, counts = np.unique(best[claims], return_counts=True)
    return frozenset(int(row) for row in claims if best[row] in people[counts > 1])
