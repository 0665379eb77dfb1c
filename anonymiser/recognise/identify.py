"""Open-set identification of the faces of one photo: each rule is one function, and each fails to `Unsure`.

The score of a face for a person is its cosine similarity to the mean of the person's templates. This was compared with
other scores on Labeled Faces in the Wild, with 30 enrolled people, 3 photos each, and 2,300 strangers. At one false
match in 1,000 strangers it found 99.4% of those enrolled; the best single template found 98.9%, and the mean of all
similarities 99.0%. Its scale is that of a single comparison, so thresholds measured on pairs stay valid, whatever the
number of photos.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anonymiser.recognise.embed import normalised
from anonymiser.values.identity import NOT_RECOGNISED, Embedding, Gallery, Identity, Known, Thresholds, Unknown, Unsure
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code, Reason

Scores = NDArray[np.float32]

REFERENCE_PEOPLE = 10
"""`Thresholds.sure` is for a gallery of this size."""

SURE_PER_TENFOLD = 0.10
"""How much "sure" rises when a gallery grows tenfold and the same share of strangers may be taken for somebody.

If comparisons were independent, P people would be P chances of a false match, so each could have one P-th of the rate.
Pairs of different children need 0.096 more for a tenth of the false matches (0.438 at 1%, 0.534 at 0.1%), and 0.103
more with centring (0.274, 0.377). Against whole galleries, at 1% false matches, 25 children needed 0.40 and 100
children 0.46. In fact comparisons are not independent (a face that resembles one child resembles others), so the rule
obscures a little too much: 25 children at 0.40 had 1.3% false matches, and 1.4% were predicted."""


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
    sure = sure_threshold(gallery.thresholds, len(gallery.people))
    scores = person_scores(embeddings, gallery)
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
    sure: float,
    *,
    contested: bool,
) -> Identity:
    """Apply to one face the first rule that fits."""
    if not could_be:
        return Unknown(shortcoming or NOT_RECOGNISED)
    best = int(scores.argmax())
    if shortcoming:
        return Unsure(could_be, shortcoming)
    if not scores[best] >= sure:
        return Unsure(could_be, Code.NOT_CLEAR())
    if not lead(scores) >= gallery.thresholds.margin:
        return Unsure(could_be, Code.TWO_PEOPLE())
    if contested:
        return Unsure(could_be, Code.TWO_FACES())
    return Known(gallery.people[best], float(scores[best]), could_be)


def sure_threshold(thresholds: Thresholds, people: int) -> float:
    """The score from which a face may be known in a gallery of `people`; never below the configured one."""
    growth = max(0.0, math.log10(max(people, 1) / REFERENCE_PEOPLE))
    return max(thresholds.sure, thresholds.could_be) + SURE_PER_TENFOLD * growth


def centred(embeddings: Embedding, mean: Embedding | None) -> Embedding:
    """Embeddings `[..., 128]` minus what all the school's faces share, at unit length; unchanged without a mean."""
    return embeddings if mean is None else normalised(embeddings - mean)


def person_scores(embeddings: Embedding, gallery: Gallery) -> Scores:
    """Similarities `[N, P]` of faces to people, in one matrix product; -inf for people without a template."""
    scores: Scores = centred(embeddings, gallery.mean) @ person_means(gallery).T
    scores[:, np.bincount(gallery.owner, minlength=len(gallery.people)) == 0] = -np.inf
    return scores


def person_means(gallery: Gallery) -> Embedding:
    """The mean of each person's centred templates, `[P, 128]` of unit length; zero for people without a template."""
    templates = centred(gallery.templates, gallery.mean)
    counts = np.bincount(gallery.owner, minlength=len(gallery.people))
    by_owner = np.argsort(gallery.owner, kind="stable")
    if (counts == 1).all():
        only: Embedding = templates[by_owner]
        return only
    first = np.cumsum(counts) - counts
    sums = np.zeros((len(counts), templates.shape[1]), np.float32)
    # People with the same number of templates form one dense array; np.add.at takes ten times as long.
    for count in np.unique(counts[counts > 0]):
        people = np.flatnonzero(counts == count)
        sums[people] = templates[by_owner[first[people, None] + np.arange(count)]].sum(1)
    return normalised(sums)


def resembles(scores: Scores, gallery: Gallery) -> frozenset[PersonId]:
    """Everybody that a face with these scores `[P]` could be, with everybody declared to look like them."""
    close = {gallery.people[row] for row in np.flatnonzero(scores >= gallery.thresholds.could_be)}
    while grown := {person for alike in gallery.lookalikes if alike & close for person in alike} - close:
        close |= grown
    return frozenset(close)


def resembling_pairs(gallery: Gallery) -> frozenset[frozenset[PersonId]]:
    """Pairs of people whose mean templates are within the "could be" threshold."""
    means = person_means(gallery)
    pairs = np.argwhere(np.triu(means @ means.T >= gallery.thresholds.could_be, 1))
    return frozenset(frozenset((gallery.people[a], gallery.people[b])) for a, b in pairs)


def lead(scores: Scores) -> float:
    """How far the best of scores `[P]` is ahead of the second; infinite if there is no other."""
    if len(scores) < 2:
        return math.inf
    second, best = np.partition(scores, -2)[-2:]
    return float(best - second)


def contested(scores: Scores, sure: float) -> frozenset[int]:
    """Faces, by row of scores `[N, P]`, that share their best person with another face of the photo.

    Nobody is in a photo twice, so at most one of them is that person, and there is no way to tell which. Faces that are
    too blurred or too uncertain to be known count too.
    """
    if not len(scores):
        return frozenset()
    best = scores.argmax(1)
    claims = np.flatnonzero(scores[np.arange(len(scores)), best] >= sure)
    people, counts = np.unique(best[claims], return_counts=True)
    return frozenset(int(row) for row in claims if best[row] in people[counts > 1])
