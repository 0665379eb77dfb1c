"""Thresholds from a school's own faces, without anybody naming a face.

Two kinds of comparison are certain to be between different people: two faces in one photo, and photos of two enrolled
people. They are scored as identification scores a stranger: the face's own person is not in the company, nor is anybody
whom the face could be. Their scores follow a normal curve closely. The curve is fitted to a school's comparisons by
their median, and the widest deviation that their upper quantiles show. It gives the score that a budget of false keeps
requires. Resampling people and photos gives the confidence, because comparisons that share a face are not independent
(the subset bootstrap of Bolle, Ratha and Pankanti, "Error analysis of pattern recognition systems", CVIU 2004).

Tried on Labeled Faces in the Wild with 14 or 30 enrolled people, 3 photos each, 30 made-up photos of 8 others or none,
and about 2,000 strangers, 8 draws of each kind. With budgets of 1 in 100, 1,000 and 10,000 strangers, and every rule of
identify.py, 0.03% to 0.17%, 0.00% to 0.04% (worst draw 0.11%) and 0.00% to 0.014% (at most one face in a draw) were
kept, and 99%, 97% and 91% to 94% of the enrolled people's other photos. Against a look-alike no curve helps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from anonymiser.recognise.identify import ONE_PHOTO
from anonymiser.recognise.score import Company, factor, person_scores
from anonymiser.values.identity import (
    COULD_BE,
    FEWEST_MEASURED,
    MARGIN,
    MOST_MEASURED,
    SURE_BY_RISK,
    Embedding,
    Gallery,
    Thresholds,
)
from anonymiser.values.people import PersonId

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
"""Above this, hardly any second photo of the same person is recognised."""


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

    thresholds: Thresholds
    """For a gallery of as many people as are enrolled, 10 to 60."""
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
    needed: int = 0
    """How many comparisons would be enough; 0 if more would not help."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Scores between different people, and where each came from."""

    scores: NDArray[np.float64] = field(repr=False)
    """`[C]`: as identification would score them."""
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
) -> Calibration | NoPromise:
    """Measure thresholds for the budget.

    Args:
        enrolled: Templates `float32 [k, 128]` of each enrolled person, unit length, raw.
        photos: For each photo of the school, the embeddings `float32 [n, 128]` of its clear faces.
        model_sha256: The weights all of them come from.
        budget: Accepted risk; default: one false keep in 10,000 unenrolled faces.
        lookalikes: Declared twins are not compared with each other, because another rule handles them.
    """
    budget = budget or Budget()
    company = Company.of(_gallery(enrolled))
    people = _different_people(company, photos)
    evidence = _compare(enrolled, photos, company, lookalikes)
    most = min(max(len(enrolled), FEWEST_MEASURED), MOST_MEASURED)
    rate = budget.false_keeps / most
    if len(evidence) < _LEAST_COMPARISONS or rate * len(evidence) < 10**-_DECADES_BEYOND:
        needed = max(_LEAST_COMPARISONS, math.ceil(10**-_DECADES_BEYOND / rate))
        return NoPromise(
            f"recognition cannot promise that with these photos: they allow {len(evidence)} comparisons of different "
            f"people, and {needed} are needed; add photos of groups, or enrol more people",
            len(evidence),
            people,
            needed,
        )
    could_be, sure = _upper_bounds(evidence, (_COULD_BE_RATE, rate), budget.confidence)
    floor = SURE_BY_RISK[100 if budget.false_keeps >= 1 / 100 else 300]
    thresholds = Thresholds(max(could_be, COULD_BE), max(sure, floor), MARGIN, most)
    if thresholds.sure > _CEILING:
        return NoPromise(
            "recognition cannot promise that with these photos: the faces look so alike that hardly anybody would be "
            "recognised; accept a higher risk, or leave recognition off",
            len(evidence),
            people,
        )
    own_kept = _own_kept(enrolled, thresholds.sure)
    return Calibration(thresholds, model_sha256, len(evidence), people, own_kept, _note(thresholds, budget, own_kept))


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


def _gallery(enrolled: Mapping[PersonId, Embedding]) -> Gallery:
    """Everybody in one gallery; only for scores."""
    parts = list(enrolled.values())
    return Gallery(
        tuple(enrolled),
        np.concatenate([np.zeros((0, 128), np.float32), *parts]),
        np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
        Thresholds(COULD_BE, math.inf, MARGIN),
    )


def _compare(
    enrolled: Mapping[PersonId, Embedding],
    photos: Sequence[Embedding],
    company: Company,
    lookalikes: frozenset[frozenset[PersonId]],
) -> _Evidence:
    """Every comparison that is certain to be of two people, scored as identification would score it."""
    scores: list[NDArray[np.floating]] = []
    units: list[tuple[int, int]] = []
    number = {person: row for row, person in enumerate(enrolled)}
    for person, own in enrolled.items():
        alike = {person}.union(*(group for group in lookalikes if person in group))
        others = {other: part for other, part in enrolled.items() if other not in alike}
        scores.append(person_scores(own, _gallery(others)).ravel())
        units += [(number[person], number[other]) for _ in own for other in others]
    stretch = _stretch(company)
    for unit, faces in enumerate(photos, start=len(enrolled)):
        found = _strangers(company.centred(faces), company)[np.triu_indices(len(faces), 1)]
        scores.append(np.where(found > 0, found * stretch, found))
        units += [(unit, unit)] * len(found)
    return _Evidence(np.concatenate([np.zeros(0), *scores]), np.array(units, np.intp).reshape(-1, 2))


def _strangers(faces: Embedding, company: Company) -> NDArray[np.floating]:
    """Scores `[n, n]` of centred faces for each other, as if each were enrolled with this one photo."""
    alike = faces @ company.people.T
    others = alike < COULD_BE  # whoever the face could be says nothing about its resemblance to other people
    factors = factor((alike**2 * others).sum(1), others.sum(1))
    return (faces @ faces.T) * (factors[:, None] + factors) / 2


def _stretch(company: Company) -> float:
    """How much higher a face scores against the mean of a person's templates than against one of them.

    The mean lacks what is peculiar to any one photo.
    """
    own = np.repeat(company.people, np.diff(company.first, append=len(company.templates)), axis=0)
    lengths = (own * company.templates).sum(1)
    return float(np.mean(1 / np.maximum(lengths, 0.5))) if len(lengths) else 1.0


def _different_people(company: Company, photos: Sequence[Embedding]) -> int:
    """The least number of different people: those enrolled, and those in one photo who resemble none of them."""
    strangers = [int((company.centred(faces) @ company.people.T < COULD_BE).all(1).sum()) for faces in photos]
    return len(company.present) + max(strangers, default=0)


def _own_kept(enrolled: Mapping[PersonId, Embedding], sure: float) -> float:
    """Share of templates that the same person's other templates recognise."""
    kept = []
    for number, (person, part) in enumerate(enrolled.items()):
        for row in range(len(part)) if len(part) > 1 else ():
            others = np.delete(part, row, axis=0)
            score = person_scores(part[row, None], _gallery({**enrolled, person: others}))[0, number]
            kept.append(score >= sure + (ONE_PHOTO if len(others) == 1 else 0))
    return float(np.mean(kept)) if kept else math.nan


def _note(thresholds: Thresholds, budget: Budget, own_kept: float) -> str:
    text = (
        f"from a score of {thresholds.sure:.2f} on, at most 1 in {round(1 / budget.false_keeps):,} faces of people who "
        f"are not enrolled will be taken for somebody ({budget.confidence:.0%} confidence)"
    )
    if math.isnan(own_kept):
        return text
    return f"{text}; of the enrolment photos {1 - own_kept:.0%} would not be recognised by the others"
