"""A second opinion: where a body says that somebody is, but no face was found, a person looks.

Face detectors fail together on what none of them was shown: the dark, a head from behind, a face under a hood.
MediaPipe's BlazePose finds people by shoulders and hips instead. V. Bazarevsky and others, "BlazePose: On-device
Real-time Body Pose tracking" (2020); anchors after mediapipe/modules/pose_detection/pose_detection_cpu.pbtxt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.blazeface import raw_outputs
from anonymiser.detect.interface import HeadFinder
from anonymiser.detect.merge import overlaps, suppress
from anonymiser.detect.pyramid import Copies, Level, search
from anonymiser.values.faces import Faces, Float32, Place
from anonymiser.values.photo import Pixels
from anonymiser.weights import ModelId, session

TILE_PX = 224
"""Side of the tiles, which the network's anchors fix."""
GRIDS = ((28, 2), (14, 2), (7, 6))
"""Cells along a tile's side, and anchors in each cell; the order is that of the network's output."""
LIKELY = 0.7
"""Score from which a person is likely enough to ask somebody. On 224 photos of WIDER FACE it asks about 4.5 %, and 8
of 11 places are heads; at 0.6 it asks about 11.6 %, and what is added is hands and shoes."""
UP, SIDE = 0.28, 0.34
"""Where the head is, in parts of the way from the shoulders to the circle around the upper body, and how large:
medians over the people whose face is known in 224 photos of WIDER FACE."""
LEAST_PX = 4.0
"""Smaller heads, in tile pixels, are guesses; the next level shows them larger."""
SAME_HEAD = 0.3
"""Two people whose heads overlap this much are one."""
ROOM = 1.5
"""Face boxes are grown to so many times their sides before they are compared with heads: brow to chin is two thirds
of a head with its hair."""
SHARED, WITHIN = 0.03, 0.5
"""A head is a face's if it shares this much with the grown face, of all that both cover, or lies in it by half."""


class BlazePose:
    """A `TileDetector` (see pyramid.py) of heads by their bodies; tiles must be of TILE_PX."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._session = session(ModelId.BLAZEPOSE)

    def __call__(self, tiles: NDArray[np.uint8]) -> tuple[Faces, NDArray[np.intp]]:
        """Heads of people above the threshold in tile pixels, and the tile of each."""
        return decode(*raw_outputs(self._session, tiles), threshold=self._threshold)


class PersonFinder(HeadFinder):
    """BlazePose on the whole photo and on tiles of half its long side."""

    def __init__(self) -> None:
        self._blazepose = BlazePose(LIKELY)

    def heads(self, pixels: Pixels) -> Faces:
        """Likely heads in photo pixels, one row a person, none whose middle lies beyond the frame."""
        height, width = pixels.shape[:2]
        found = search(Copies(pixels), levels(max(height, width)), self._blazepose)
        middle = (found.xyxy[:, :2] + found.xyxy[:, 2:]) / 2
        inside = np.flatnonzero(((middle >= 0) & (middle < [width, height])).all(1))
        return suppress(found[inside], iou=SAME_HEAD)


def levels(longest_px: int) -> tuple[Level, ...]:
    """The whole photo, and tiles of half its long side that share half of theirs."""
    return tuple(
        Level(TILE_PX * parts / longest_px, TILE_PX, TILE_PX // 2, multiple=TILE_PX, least_px=LEAST_PX)
        for parts in (1, 2)
    )


def anchors() -> Float32:
    """`float32 [2254, 2]`: x, y of every anchor in tile pixels, the middle of its cell."""
    grids = []
    for cells, each in GRIDS:
        middle = (np.arange(cells, dtype=np.float32) + 0.5) * np.float32(TILE_PX / cells)
        grids.append(np.stack(np.meshgrid(middle, middle), -1).reshape(-1, 2).repeat(each, 0))
    return np.concatenate(grids)


_ANCHORS = anchors()


def decode(regressors: Float32, logits: Float32, *, threshold: float) -> tuple[Faces, NDArray[np.intp]]:
    """Outputs `[B, 2254, 12]` and `[B, 2254, 1]` to heads in tile pixels, for the whole batch at once.

    Of the regressors, in tile pixels from the anchor, only the third and fourth point serve: the middle of the
    shoulders, and a point on the circle around the upper body, straight above them in the body's own direction.
    """
    probability = 1 / (1 + np.exp(-np.clip(logits[..., 0], -80, 80)))
    tile, row = np.nonzero(probability >= threshold)
    shoulders, above = regressors[tile, row, 8:10] + _ANCHORS[row], regressors[tile, row, 10:12] + _ANCHORS[row]
    way = above - shoulders
    centre = shoulders + UP * way
    half = SIDE / 2 * np.hypot(way[:, 0], way[:, 1])[:, None]
    xyxy = np.concatenate([centre - half, centre + half], 1).astype(np.float32)
    points = np.full((len(tile), 5, 2), np.nan, np.float32)
    return Faces(xyxy, probability[tile, row].astype(np.float32), points), tile


def unseen(heads: Faces, faces: Faces) -> Float32:
    """Boxes `[M, 4]` of the heads at which no face was found.

    A face box ends at the brow and the cheeks, so faces are grown to whole heads. A head that is inferred from
    shoulders is off by half of its size, so little of the union need be shared; but some must be: a child far behind
    a large face is somebody else. Only inside of a larger head, which hides whatever is behind it, nobody else can be.
    """
    centre, half = (faces.xyxy[:, :2] + faces.xyxy[:, 2:]) / 2, (faces.xyxy[:, 2:] - faces.xyxy[:, :2]) / 2 * ROOM
    grown = np.concatenate([centre - half, centre + half], 1)
    union, smaller = overlaps(heads.xyxy, grown)
    area, grown_area = ((xyxy[:, 2:] - xyxy[:, :2]).prod(1) for xyxy in (heads.xyxy, grown))
    seen = (union >= SHARED) | ((smaller >= WITHIN) & (grown_area[None] >= area[:, None]))
    return heads[np.flatnonzero(~seen.any(1))].xyxy


def places(xyxy: Float32, width: int, height: int) -> tuple[Place, ...]:
    """In which ninths of a photo of that size the boxes `[N, 4]` have their middles; each once, in reading order."""
    middle = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    column, row = np.clip(middle * 3 // [width, height], 0, 2).astype(int).T
    every = tuple(Place)
    return tuple(every[ninth] for ninth in np.unique(row * 3 + column))
