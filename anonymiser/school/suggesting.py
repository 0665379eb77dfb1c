"""Who a face may be: worked out while somebody asks, for that person's eyes, and kept nowhere.

A suggestion is no recognition. It is never a reason to show anybody: the person who names a face answers for it, and
every rule still applies to what they say.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from anonymiser.detect.interface import FaceDetector
from anonymiser.photo.warp import turned
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.recognise.recognise import describe
from anonymiser.recognise.score import person_scores
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Gallery
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box, Photo

MOST = 3
"""More would be a list to read, and there is one already."""

_AROUND = 1.0
"""In lengths of the face's longer side, on each side of it: what the detector needs to see of head and shoulders."""

Networks = Callable[[], tuple[FaceDetector, FaceEmbedder]]


class Suggester:
    """Holds the networks, which the first question loads; that takes some seconds."""

    def __init__(self, load: Networks) -> None:
        self._load = load

    @functools.cached_property
    def _networks(self) -> tuple[FaceDetector, FaceEmbedder]:
        return self._load()

    def suggest(
        self, photo: Photo, turn_degrees: int, box: Box, wh: tuple[int, int], gallery: Gallery
    ) -> list[PersonId]:
        """Everybody of the gallery that the face could be, likeliest first; nobody if it cannot be found again.

        `box` is in a frame of width and height `wh`: the upright original, turned clockwise by `turn_degrees`.
        """
        if gallery.closed_because or not len(gallery.templates):
            return []
        pixels = turned(photo.pixels, turn_degrees).pixels
        scale = pixels.shape[1] / wh[0], pixels.shape[0] / wh[1]
        place = np.array(box, np.float64) * np.tile(scale, 2)
        reach = _AROUND * max(place[2:] - place[:2])
        left, top = np.maximum(np.floor(place[:2] - reach), 0).astype(int)
        right, bottom = np.ceil(place[2:] + reach).astype(int)
        part = np.ascontiguousarray(pixels[top:bottom, left:right])
        detector, embedder = self._networks
        face = _same(detector.detect(part), place - np.tile([left, top], 2))
        described = describe(part, face, embedder)
        if not len(described.rows):
            return []
        scores = person_scores(described.embeddings, gallery)[0]
        order = [int(row) for row in np.argsort(-scores) if scores[row] >= gallery.thresholds.could_be]
        return [gallery.people[row] for row in order]


def _same(faces: Faces, place: np.ndarray) -> Faces:
    """The face whose middle is in the place, and nearest to its middle; none if there is none."""
    middles = (faces.xyxy[:, :2] + faces.xyxy[:, 2:]) / 2
    inside = ((middles >= place[:2]) & (middles <= place[2:])).all(1)
    if not inside.any():
        return faces[slice(0, 0)]
    away = np.linalg.norm(middles - (place[:2] + place[2:]) / 2, axis=1)
    row = int(np.where(inside, away, np.inf).argmin())
    return faces[slice(row, row + 1)]
