"""From the faces of one photo to identities: align, measure, embed, identify.

Embeddings exist only during these calls; they are never stored or logged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anonymiser.recognise.align import align, copies, similarity
from anonymiser.recognise.embed import WIDTH, normalised
from anonymiser.recognise.identify import identify
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.recognise.quality import MATCHING, Limits, measure, shortcomings
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Embedding, Gallery, Identity, Unknown
from anonymiser.values.photo import Pixels
from anonymiser.values.reasons import Code, Reason

NOT_LOCATED = Code.NOT_LOCATED()
"""Why a face without all five landmarks is not recognised."""


@dataclass(frozen=True, slots=True)
class Described:
    """The faces of one photo that have all five points, as columns."""

    rows: NDArray[np.intp]
    """`[K]`: rows of these faces among the photo's faces."""
    embeddings: Embedding = field(repr=False)
    """`float32 [K, 128]`, unit length, raw."""
    shortcomings: tuple[Reason | None, ...]
    """Why each face is not clear enough; None if it is."""

    @property
    def good(self) -> Embedding:
        """Embeddings of the faces that are clear enough."""
        fit = [row for row, reason in enumerate(self.shortcomings) if not reason]
        good: Embedding = self.embeddings[fit]
        return good


def describe(pixels: Pixels, faces: Faces, embedder: FaceEmbedder, limits: Limits = MATCHING) -> Described:
    """Measure and embed every face whose five points are known."""
    rows = np.flatnonzero(np.isfinite(similarity(faces.points)).all((1, 2)))
    points = faces.points[rows]
    chips = align(pixels, points)
    return Described(rows, embedder.embed(chips), shortcomings(measure(points, chips), limits))


def describe_portrait(pixels: Pixels, faces: Faces, embedder: FaceEmbedder, limits: Limits) -> Described:
    """As `describe`, but each embedding is the mean of the face's copies (align.py), at unit length: a template."""
    rows = np.flatnonzero(np.isfinite(similarity(faces.points)).all((1, 2)))
    points = faces.points[rows]
    chips = copies(pixels, points)
    each = embedder.embed(chips.reshape(-1, *chips.shape[2:])).reshape(len(rows), chips.shape[1], WIDTH)
    return Described(rows, normalised(each.mean(1)), shortcomings(measure(points, chips[:, 0]), limits))


def falling_short(pixels: Pixels, faces: Faces, limits: Limits) -> tuple[Reason | None, ...]:
    """What each of `faces` falls short of, in their order; measured only: nobody is described."""
    rows = np.flatnonzero(np.isfinite(similarity(faces.points)).all((1, 2)))
    points = faces.points[rows]
    found: list[Reason | None] = [NOT_LOCATED] * len(faces)
    for row, reason in zip(rows.tolist(), shortcomings(measure(points, align(pixels, points)), limits), strict=True):
        found[row] = reason
    return tuple(found)


def recognise(pixels: Pixels, faces: Faces, gallery: Gallery, embedder: FaceEmbedder) -> tuple[Identity, ...]:
    """Who each of `faces` is, in their order. Nothing is computed if nobody may be recognised."""
    if gallery.closed_because or not len(gallery.templates) or not len(faces):
        return identify(np.zeros((len(faces), 128), np.float32), [None] * len(faces), gallery)
    described = describe(pixels, faces, embedder)
    found: Iterator[Identity] = iter(identify(described.embeddings, described.shortcomings, gallery))
    located = frozenset(described.rows.tolist())
    return tuple(next(found) if row in located else Unknown(NOT_LOCATED) for row in range(len(faces)))
