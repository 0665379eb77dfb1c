"""A second opinion: where there is a body, but no face was found, the photo waits for a person.

Face detectors fail together on what none of them was trained on: the dark, a head from behind, a face under a hood.
MediaPipe's BlazePose finds people by shoulders and hips instead.
"""

from __future__ import annotations

import numpy as np

from anonymiser.detect.blazepose import TILE_PX
from anonymiser.detect.interface import HeadFinder, TileDetector
from anonymiser.detect.merge import overlaps, suppress
from anonymiser.detect.search import Level, search
from anonymiser.photo.warp import ScaledVersions
from anonymiser.values.faces import Faces, Float32, Place
from anonymiser.values.photo import Pixels

LIKELY = 0.7
"""Score from which it is likely enough that somebody is there for a photo to wait. Of 224 photos of WIDER FACE 4.5%
wait for it, and 8 of the 11 places are heads; at 0.6, 11.6% wait, and what is added is hands and shoes."""
POSSIBLE = 0.3
"""Score from which a body is worth a look for what it wears: no swimmer's photo of 60 is without one, nor is one of 60
in which the swimmers' whole picture has 30% of a pool's width; at 0.4, 9% of these are."""
LEAST_PX = 4.0
"""Smaller heads, in tile pixels, are guesses; the next level shows them larger."""
SAME_HEAD = 0.3
"""Two people whose heads overlap this much are one."""
ROOM = 1.5
"""How many times its sides a face box is grown before it is compared with heads: brow to chin is two thirds of a head
with its hair."""
SHARED, WITHIN = 0.03, 0.5
"""A head belongs to a face if it shares this much of their union with the grown face, or lies in it by half."""


class PersonFinder(HeadFinder):
    """A tile detector of heads, such as BlazePose, on the whole photo and on tiles of half its long side."""

    def __init__(self, blazepose: TileDetector, threshold: float = POSSIBLE) -> None:
        self._blazepose = blazepose
        self._threshold = threshold

    def heads(self, pixels: Pixels) -> Faces:
        """Possible heads in photo pixels, one row for each person, without those whose middle is outside the frame.

        The likeliest come first. Only LIKELY ones are evidence that somebody is there; see `likely`.
        """
        height, width = pixels.shape[:2]
        found = search(ScaledVersions(pixels), levels(max(height, width)), self._blazepose, self._threshold)
        middle = (found.xyxy[:, :2] + found.xyxy[:, 2:]) / 2
        inside = np.flatnonzero(((middle >= 0) & (middle < [width, height])).all(1))
        return suppress(found[inside], iou=SAME_HEAD)


def levels(longest_px: int) -> tuple[Level, ...]:
    """The whole photo, and tiles of half its long side that overlap by half."""
    return tuple(
        Level(TILE_PX * parts / longest_px, TILE_PX, TILE_PX // 2, multiple=TILE_PX, least_px=LEAST_PX)
        for parts in (1, 2)
    )


def likely(heads: Faces) -> Faces:
    """Those from which a photo may have to wait."""
    return heads[heads.score >= LIKELY]


def unseen(heads: Faces, faces: Faces) -> Float32:
    """Boxes `[M, 4]` of the heads where no face was found.

    A face box ends at the brow and the cheeks, so faces are grown to whole heads. A head that is inferred from
    shoulders is off by half of its size, so little of the union need be shared; but some must be: a child far behind
    a large face is somebody else. Only inside a larger head, which hides whatever is behind it, can nobody else be.
    """
    centre, half = (faces.xyxy[:, :2] + faces.xyxy[:, 2:]) / 2, (faces.xyxy[:, 2:] - faces.xyxy[:, :2]) / 2 * ROOM
    grown = np.concatenate([centre - half, centre + half], 1)
    union, smaller = overlaps(heads.xyxy, grown)
    area, grown_area = ((xyxy[:, 2:] - xyxy[:, :2]).prod(1) for xyxy in (heads.xyxy, grown))
    seen = (union >= SHARED) | ((smaller >= WITHIN) & (grown_area[None] >= area[:, None]))
    return heads[np.flatnonzero(~seen.any(1))].xyxy


def places(xyxy: Float32, width: int, height: int) -> tuple[Place, ...]:
    """The ninths of a photo of that size in which boxes `[N, 4]` have their centres; each once, in reading order."""
    middle = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    column, row = np.clip(middle * 3 // [width, height], 0, 2).astype(int).T
    every = tuple(Place)
    return tuple(every[ninth] for ninth in np.unique(row * 3 + column))
