"""How alike a face and a person are, in the company of everybody else who is enrolled.

A raw cosine tells children apart badly: all of them share much, and some faces resemble everybody. So what all faces
share is subtracted, and a similarity is divided by how much the face, and the person, resemble the others. With t the
templates of a gallery of P people, c the C people of its cohort, and m_r the mean of `rendered`:

    m = (sum of mean t of each person + sum of c + 10 m_r) / (P + C + 10)
    z, t, c = (face, template, c) - m, at unit length;   T = mean t of a person, at unit length
    b = 0.7 z.T + 0.3 max z.t
    f^2 = (sum over the others of (z.T)^2 + sum of (z.c)^2 + 40 * 0.112^2) / (P - 1 + C + 40)
    p^2 = the same with the person's T in place of z
    score = b (0.112 / f + 0.112 / p) / 2, each of the two at most 1.5

That is a cosine whose scale follows the company (a mean of z-norm and t-norm, Auckenthaler and others, "Score
normalization for text-independent speaker verification systems", Digital Signal Processing 10, 2000), held by what is
usual while the company is small. The numbers were chosen on one half of 1,009 children and young people, and hold on
the other (docs/recognition.md). Doubling or halving any of them costs 2 points at most.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anonymiser.recognise import rendered
from anonymiser.recognise.embed import normalised
from anonymiser.values.identity import Embedding, Gallery

Scores = NDArray[np.float32]

USUAL = 0.112
"""Root mean square of the similarities of a child to other children, after centring."""

_RENDERED_WEIGHT = 10
"""As many people the rendered faces count as in the mean."""
_USUAL_WEIGHT = 40
"""As many others the usual resemblance counts as."""
_BEST_SHARE = 0.3
"""The part that the best single template has in a score; the mean of the templates has the rest."""
_MOST = 1.5
"""However little something resembles the others, it gains no more; no real face was seen above 1.25."""


@dataclass(frozen=True, slots=True)
class Company:
    """A gallery made ready: centred, at unit length, and the templates of each person side by side."""

    present: NDArray[np.intp]
    """`[Q]`: rows of the gallery's people who have a template."""
    first: NDArray[np.intp]
    """`[Q]`: row of `templates` with each one's first."""
    mean: Embedding = field(repr=False)
    """`[128]`: what all faces share."""
    templates: Embedding = field(repr=False)
    """`[T, 128]`."""
    people: Embedding = field(repr=False)
    """`[Q, 128]`: the mean of each person's templates."""
    cohort: Embedding = field(repr=False)
    """`[C, 128]`."""

    @staticmethod
    def of(gallery: Gallery) -> Company:
        """The company of a gallery; nobody is present if it has no templates."""
        order = np.argsort(gallery.owner, kind="stable")
        present, first, counts = np.unique(gallery.owner[order], return_index=True, return_counts=True)
        raw = gallery.templates[order]
        each = np.add.reduceat(raw, first) / counts[:, None] if len(first) else raw
        rows = np.concatenate([each, gallery.cohort], dtype=np.float64)
        mean = (rows.sum(0) + _RENDERED_WEIGHT * rendered.MEAN) / (len(rows) + _RENDERED_WEIGHT)
        templates = normalised(raw - mean)
        people = normalised(np.add.reduceat(templates, first)) if len(first) else templates
        return Company(present, first, mean.astype(np.float32), templates, people, normalised(gallery.cohort - mean))

    def centred(self, embeddings: Embedding) -> Embedding:
        """Embeddings `[N, 128]` minus what all faces share, at unit length."""
        return normalised(embeddings - self.mean)


def factor(squares: NDArray[np.floating], others: int | NDArray[np.intp]) -> NDArray[np.float64]:
    """By what a similarity is multiplied if the squares of the similarities to `others` people add up to `squares`."""
    square = (np.maximum(squares, 0) + _USUAL_WEIGHT * USUAL**2) / (others + _USUAL_WEIGHT)
    result: NDArray[np.float64] = np.minimum(USUAL / np.sqrt(square), _MOST)
    return result


def person_scores(embeddings: Embedding, gallery: Gallery) -> Scores:
    """Scores `[N, P]` of raw embeddings `[N, 128]`; -inf for people without a template, NaN for broken embeddings."""
    scores = np.full((len(embeddings), len(gallery.people)), -np.inf, np.float32)
    company = Company.of(gallery)
    if not len(company.present):
        return scores
    faces = company.centred(embeddings)
    alike = faces @ company.people.T
    best = np.maximum.reduceat(faces @ company.templates.T, company.first, axis=1)
    among = (alike**2).sum(1) + ((faces @ company.cohort.T) ** 2).sum(1)
    others = len(company.present) - 1 + len(company.cohort)
    factors = factor(among[:, None] - alike**2, others) + factor(_resemblance(company), others)
    scores[:, company.present] = ((1 - _BEST_SHARE) * alike + _BEST_SHARE * best) * factors / 2
    return scores


def pair_scores(gallery: Gallery) -> Scores:
    """How alike the people of a gallery are, `[P, P]`: each pair as if neither were in the other's company.

    -inf for people without a template, and for a person and themselves.
    """
    scores = np.full((len(gallery.people),) * 2, -np.inf, np.float32)
    company = Company.of(gallery)
    if not len(company.present):
        return scores
    alike = company.people @ company.people.T
    others = max(len(company.present) - 2, 0) + len(company.cohort)
    factors = factor(_resemblance(company)[:, None] - alike**2, others)
    found = alike * (factors + factors.T) / 2
    np.fill_diagonal(found, -np.inf)
    scores[np.ix_(company.present, company.present)] = found
    return scores


def _resemblance(company: Company) -> NDArray[np.float32]:
    """`[Q]`: the squares of each person's similarities to everybody else, added up."""
    alike = company.people @ company.people.T
    to_cohort = company.people @ company.cohort.T
    sums: NDArray[np.float32] = (alike**2).sum(1) - np.diag(alike) ** 2 + (to_cohort**2).sum(1)
    return sums
