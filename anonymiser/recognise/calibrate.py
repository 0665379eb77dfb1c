"""Thresholds and mean from a school's own faces, without anybody naming a face.

Two kinds of comparison are certain to be between different people: two faces in one photo, and photos of two enrolled
people. Their scores follow a normal curve closely: for pairs of different children, median 0.144 and deviation 0.126
predict the false matches that were measured from 4% down to 0.1%. The curve is fitted to a school's comparisons by
their median, and the widest deviation that their upper quantiles show. It gives the score that a budget of false keeps
requires. Resampling people and photos gives the confidence, because comparisons that share a face are not independent
(the subset bootstrap of Bolle, Ratha and Pankanti, "Error analysis of pattern recognition systems", CVIU 2004).

Tried on Labeled Faces in the Wild with 14 or 30 enrolled people, 3 photos each, up to 30 photos of 8 others and about
2,200 strangers, 8 draws of each kind. With budgets of 1 in 100, 1,000 and 10,000 strangers, the curve alone let 0.8 to
1.2, 1.3 to 2.7 and 1.5 to 6 be kept. With the confidence margin and every rule of identify.py, 0.05 in 100, 0.4 in
1,000 (the worst draw 1.7) and none of 69,000 were kept, and 98%, 98% and 95% of the enrolled people's other photos.

Centring: what all faces of a school have in common (age above all) raises every score. Subtracting their mean makes one
threshold valid for children and adults. People who contribute to the mean are moved away from it, so two people are
always compared with a mean that leaves them out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from anonymiser.recognise.embed import normalised
from anonymiser.recognise.identify import REFERENCE_PEOPLE, centred
from anonymiser.values.identity import Embedding, Thresholds
from anonymiser.values.people import PersonId

LEAST_FOR_MEAN = 30
"""Different people needed for centring: with 30 other children, false matches fell nearly as far as with hundreds
(0.1% at a score of 0.400 instead of 0.377; without centring, 0.534)."""

FLOOR = Thresholds(could_be=0.40, sure=0.53, margin=0.08)
"""Calibration never goes below the scores at which 2% and 0.1% of pairs of different children match, however
different the faces of one school look: a few photos prove little about the next ones."""

FLOOR_CENTRED = Thresholds(could_be=0.30, sure=0.40, margin=0.08)
"""The same for centred scores, with the mean of 30 other children."""

_COULD_BE_RATE = 0.02
"""Share of pairs of different people that may count as "could be"."""

_QUANTILES = (0.84, 0.90, 0.95, 0.99)
"""Where the upper half of the scores is compared with the normal curve; one odd pair in a hundred moves none."""

_LEAST_COMPARISONS = 200
"""Leaves two above the highest quantile."""

_DECADES_BEYOND = 3.0
"""The curve may predict events this many powers of ten rarer than one in all comparisons."""

_DRAWS = 200
"""Resamplings, of which the confidence bound is a quantile."""
_CEILING = 0.80
"""Above this, hardly any second photo of the same person is recognised (median of own scores: 0.75 to 0.80)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The risk that a school accepts."""

    false_keeps: float = 1e-4
    """Share of faces of people who are not enrolled that may be taken for somebody enrolled."""
    confidence: float = 0.95
    """How sure the estimate must be."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured; store it with the templates, because both belong to one model."""

    mean: Embedding | None = field(repr=False)
    """`float32 [128]` for `Gallery.mean`; None if there were too few faces for it."""
    thresholds: Thresholds
    """For a gallery of REFERENCE_PEOPLE; identification adds what a larger gallery needs."""
    model_sha256: str
    """The weights that made the faces comparable."""
    comparisons: int
    """How many pairs of different people were compared."""
    people: int
    """At least this many different people."""
    own_kept: float
    """Share of enrolment photos that the person's other photos would recognise; NaN if nobody has two."""
    note: str
    """Plain English for the person who asked."""


@dataclass(frozen=True, slots=True)
class NoPromise:
    """These photos cannot show that the budget would be kept."""

    why: str
    """Plain English, with what would help."""
    comparisons: int
    """How many pairs of different people were compared."""
    people: int
    """How many different people there are at least."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Scores between different people, and where each came from."""

    scores: NDArray[np.float64] = field(repr=False)
    """`[C]`: cosine similarities."""
    units: NDArray[np.intp]
    """`[C, 2]`: the two people that a score came from, or the same photo twice."""

    def __len__(self) -> int:
        return len(self.scores)


def calibrate(
    enrolled: Mapping[PersonId, Embedding],
    photos: Sequence[Embedding],
    model_sha256: str,
    *,
    budget: Budget | None = None,
    lookalikes: frozenset[frozenset[PersonId]] = frozenset(),
    least_for_mean: int = LEAST_FOR_MEAN,
) -> Calibration | NoPromise:
    """Measure thresholds for the budget.

    Args:
        enrolled: Templates `float32 [k, 128]` of each enrolled person, unit length, raw.
        photos: For each photo of the school, the embeddings `float32 [n, 128]` of its clear faces.
        model_sha256: The weights all of them come from.
        budget: Accepted risk; default: one false keep in 10,000 unenrolled faces.
        lookalikes: Declared twins are not compared with each other, because another rule handles them.
        least_for_mean: Faces are centred if there are at least this many different people.
    """
    budget = budget or Budget()
    people = _different_people(enrolled, photos)
    shares_mean = people >= least_for_mean
    pool = _Pool.of(enrolled, photos)
    evidence = _compare(enrolled, photos, pool if shares_mean else None, lookalikes)
    rate = budget.false_keeps / REFERENCE_PEOPLE
    if len(evidence) < _LEAST_COMPARISONS or rate * len(evidence) < 10**-_DECADES_BEYOND:
        needed = max(_LEAST_COMPARISONS, math.ceil(10**-_DECADES_BEYOND / rate))
        return NoPromise(
            f"recognition cannot promise that with these photos: they allow {len(evidence)} comparisons of different "
            f"people, and {needed} are needed; add photos of groups, or enrol more people",
            len(evidence),
            people,
        )
    could_be, sure = _upper_bounds(evidence, (_COULD_BE_RATE, rate), budget.confidence)
    floor = FLOOR_CENTRED if shares_mean else FLOOR
    thresholds = Thresholds(could_be=max(could_be, floor.could_be), sure=max(sure, floor.sure), margin=floor.margin)
    if thresholds.sure > _CEILING:
        return NoPromise(
            "recognition cannot promise that with these photos: the faces look so alike that hardly anybody would be "
            "recognised; accept a higher risk, or leave recognition off",
            len(evidence),
            people,
        )
    mean = pool.mean() if shares_mean else None
    own_kept = _own_kept(enrolled, mean, thresholds.sure)
    return Calibration(
        mean, thresholds, model_sha256, len(evidence), people, own_kept, _note(thresholds, budget, own_kept)
    )


def normal_threshold(scores: NDArray[np.floating], rate: float) -> float:
    """The score that a share `rate` of comparisons of different people exceeds, from the curve fitted to `scores`."""
    median, *upper = np.quantile(scores, (0.5, *_QUANTILES))
    normal = NormalDist()
    deviation = max((at - median) / normal.inv_cdf(q) for at, q in zip(upper, _QUANTILES, strict=True))
    return float(median - deviation * normal.inv_cdf(rate))


def _upper_bounds(evidence: _Evidence, rates: Sequence[float], confidence: float) -> list[float]:
    """Thresholds for the rates, with the given confidence, from resampled people and photos."""
    random = np.random.default_rng(0)  # the same faces must give the same thresholds
    bounds = []
    for _ in range(_DRAWS):
        units = int(evidence.units.max()) + 1
        times = np.bincount(random.integers(0, units, units), minlength=units)
        first, second = evidence.units.T
        weight = np.where(first == second, times[first], times[first] * times[second])
        sample = np.repeat(evidence.scores, weight)
        if len(sample):
            bounds.append([normal_threshold(sample, rate) for rate in rates])
    return [float(bound) for bound in np.quantile(bounds, confidence, axis=0)]


@dataclass(frozen=True, slots=True)
class _Pool:
    """Sum of all faces in the mean: each enrolled person once, and every face in the photos."""

    total: NDArray[np.float64] = field(repr=False)
    """`[128]`: the sum."""
    count: int
    """How many faces it is the sum of."""

    @staticmethod
    def of(enrolled: Mapping[PersonId, Embedding], photos: Sequence[Embedding]) -> _Pool:
        rows = [part.mean(0, dtype=np.float64) for part in enrolled.values()]
        rows += [row for faces in photos for row in faces.astype(np.float64)]
        return _Pool(np.sum(rows, axis=0) if rows else np.zeros(1), len(rows))

    def mean(self, *, without: Sequence[NDArray[np.floating]] = ()) -> Embedding:
        """The mean of all rows but these."""
        rest = self.total - sum(row.astype(np.float64) for row in without)
        mean: Embedding = (rest / max(self.count - len(without), 1)).astype(np.float32)
        return mean


def _compare(
    enrolled: Mapping[PersonId, Embedding],
    photos: Sequence[Embedding],
    pool: _Pool | None,
    lookalikes: frozenset[frozenset[PersonId]],
) -> _Evidence:
    """Every comparison that is certain to be of two people, scored as identification would score it."""
    scores: list[NDArray[np.floating]] = []
    units: list[tuple[int, int]] = []
    ids = list(enrolled)
    for j, second in enumerate(ids):
        for i, first in enumerate(ids[:j]):
            if any({first, second} <= alike for alike in lookalikes):
                continue
            a, b = enrolled[first], enrolled[second]
            mean = pool.mean(without=[a.mean(0), b.mean(0)]) if pool else None
            a, b = centred(a, mean), centred(b, mean)
            found = np.concatenate([a @ normalised(b.sum(0)), b @ normalised(a.sum(0))])
            scores.append(found)
            units += [(i, j)] * len(found)
    stretch = _stretch(enrolled, pool)
    for number, faces in enumerate(photos, start=len(ids)):
        own = centred(faces, pool.mean(without=list(faces)) if pool else None)
        found = (own @ own.T)[np.triu_indices(len(own), 1)]
        # The mean of templates lacks the peculiarities of any one photo, so a face scores higher against it.
        scores.append(np.where(found > 0, found * stretch, found))
        units += [(number, number)] * len(found)
    return _Evidence(np.concatenate([np.zeros(0), *scores]), np.array(units, np.intp).reshape(-1, 2))


def _stretch(enrolled: Mapping[PersonId, Embedding], pool: _Pool | None) -> float:
    """How much higher a face scores against the mean of a person's templates than against one of them."""
    mean = pool.mean() if pool else None
    lengths = [float(np.linalg.norm(centred(part, mean).mean(0))) for part in enrolled.values()]
    return float(np.mean([1 / max(length, 0.5) for length in lengths])) if lengths else 1.0


def _different_people(enrolled: Mapping[PersonId, Embedding], photos: Sequence[Embedding]) -> int:
    """The least number of different people: those enrolled, and those in one photo who resemble none of them."""
    means = np.array([part.mean(0) for part in enrolled.values()], np.float32)
    strangers = [
        int(((faces @ normalised(means).T).max(1) < FLOOR.could_be).sum()) if len(means) else len(faces)
        for faces in photos
    ]
    return len(enrolled) + max(strangers, default=0)


def _own_kept(enrolled: Mapping[PersonId, Embedding], mean: Embedding | None, sure: float) -> float:
    """Share of templates that the same person's other templates recognise."""
    kept = []
    for part in enrolled.values():
        if len(part) > 1:
            own = centred(part, mean)
            others = normalised(own.sum(0) - own)
            kept += list((own * others).sum(1) >= sure)
    return float(np.mean(kept)) if kept else math.nan


def _note(thresholds: Thresholds, budget: Budget, own_kept: float) -> str:
    text = (
        f"from a score of {thresholds.sure:.2f} on, at most 1 in {round(1 / budget.false_keeps):,} faces of people who "
        f"are not enrolled will be taken for somebody ({budget.confidence:.0%} confidence)"
    )
    if math.isnan(own_kept):
        return text
    return f"{text}; of the enrolment photos {1 - own_kept:.0%} would not be recognised by the others"
