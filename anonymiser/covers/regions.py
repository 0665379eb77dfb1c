"""What is destroyed: the region of every head, and of every line of text, and how the edge of a head fades.

A head is an ellipse around its face box, tilted as its landmarks say. One mask says for every pixel of the photo how
much of it is replaced.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.values.faces import Faces

Mask = NDArray[np.uint8]
"""`uint8 [H, W]`: 255 where nothing of the original is left, 0 if it is untouched, blended in between."""

_NARROWEST = 0.8
"""Least width of a face, in face heights. A profile counts as this wide, because its box ends before the ear and its
head does not."""
_SIDE_MARGIN, _TOP_MARGIN, _BOTTOM_MARGIN = 0.35, 0.6, 0.3
"""Growth of a face box to a head, in face widths and heights: detectors' boxes run from brow to chin and from ear to
ear; hair, ears and chin lie beyond. The corners of the face box are well inside the ellipse in the grown box:
(.5 / .85)^2 + (.65 / .95)^2 = .81."""
_EXTRA_PIXELS = 2.0
"""Added on every side, so that rounding uncovers nothing and even the smallest face is a region."""
FEATHER = 0.06
"""Width of the soft edge, in half-axes of the head; it is outside the head, over what may be seen anyway."""
_LABEL_MARGIN = 0.15
"""Growth of a line of text on every side, in line heights, for accents, descenders and the reader's inaccuracy."""
_FAR = 1 << 20
"""Beyond any photo; OpenCV draws with integers, and coordinates must fit into them."""

_SHORTEST, _LONGEST = 0.15, 0.8
"""Distance from the eyes to the mouth, in longer sides of the face box: .35 to .45 in a face seen from the front.
Landmarks further apart or closer together do not show where the top of the head is."""


@dataclass(frozen=True, slots=True)
class Head:
    """An ellipse with its soft edge, and the part of the photo that it touches."""

    centre_xy: tuple[float, float]
    axes: tuple[float, float]
    """Half-axes of the part that is replaced completely: across the head, and along it."""
    down_xy: tuple[float, float]
    """Of length 1, from the crown to the chin."""
    rows: slice
    columns: slice

    @property
    def shape(self) -> tuple[int, int]:
        """Number of its rows and columns."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    def alpha(self, out: Mask | None = None) -> Mask:
        """The head's share of the mask over its rows and columns: `_DISC`, stretched, turned and shifted."""
        down_x, down_y = self.down_xy
        to_disc = np.array([[down_y, -down_x], [down_x, down_y]]) * (_DISC_AXIS / np.array(self.axes))[:, None]
        # Pixel i has its centre at i + 1/2, in the photo and in the disc.
        start = np.array([self.columns.start, self.rows.start]) + 0.5 - self.centre_xy
        shift = to_disc @ start + (_DISC_SIDE - 1) / 2
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        matrix = np.column_stack([to_disc, shift])
        return np.asarray(cv2.warpAffine(_DISC, matrix, self.shape[::-1], dst=out, flags=how), np.uint8)


_DISC_SIDE = 256
_DISC_AXIS = (_DISC_SIDE / 2 - 2) / (1 + FEATHER)
"""Radius in pixels that stands for the half-axes of a head."""


def _disc() -> Mask:
    """The mask of a round head: just outside its half-axes it begins to fall evenly to 0."""
    offsets = np.arange(_DISC_SIDE) - (_DISC_SIDE - 1) / 2
    radius = np.hypot.outer(offsets, offsets)
    # 1.5 pixels wider, because sampling mixes each pixel with its neighbours, and none of the head may shine through.
    full, end = _DISC_AXIS + 1.5, _DISC_AXIS * (1 + FEATHER)
    disc: Mask = np.clip(255 * (end - radius) / (end - full), 0, 255).astype(np.uint8)
    return disc


_DISC = _disc()


def heads_in(faces: Faces, shape: tuple[int, ...]) -> list[Head]:
    """Heads that touch the photo, smallest first: the nearest person is painted over the others."""
    found = (
        _head(box, points, shape)
        for box, points in zip(faces.xyxy.astype(np.float64), faces.points.astype(np.float64), strict=True)
    )
    visible = [head for head in found if head is not None]
    return sorted(visible, key=lambda head: (head.axes[0] * head.axes[1], head.centre_xy, head.down_xy))


def _head(box_xyxy: NDArray[np.float64], points: NDArray[np.float64], shape: tuple[int, ...]) -> Head | None:
    width, height = (box_xyxy[2:] - box_xyxy[:2]).tolist()
    height = max(width, height)
    width = max(width, height * _NARROWEST)
    x, y = ((box_xyxy[:2] + box_xyxy[2:]) / 2).tolist()
    down = _down(points, height)
    if down is None:
        down = 0.0, 1.0
        across = along = height * (0.5 + _TOP_MARGIN)
    else:
        up = height * (_TOP_MARGIN - _BOTTOM_MARGIN) / 2
        x, y = x - up * down[0], y - up * down[1]
        across, along = width * (0.5 + _SIDE_MARGIN), height * (1 + _TOP_MARGIN + _BOTTOM_MARGIN) / 2
    across, along = across + _EXTRA_PIXELS, along + _EXTRA_PIXELS
    columns = _span(x, math.hypot(across * down[1], along * down[0]), shape[1])
    rows = _span(y, math.hypot(across * down[0], along * down[1]), shape[0])
    if columns.start >= columns.stop or rows.start >= rows.stop:
        return None
    return Head((x, y), (across, along), down, rows, columns)


def _down(points: NDArray[np.float64], face_px: float) -> tuple[float, float] | None:
    """Direction from the crown to the chin, length 1, by landmarks `[5, 2]`; None if they do not show it.

    It runs from the eyes to the mouth or, if the mouth is unknown, at right angles to the line of the eyes.
    """
    right_eye, left_eye = points[:2]
    way = points[3:].mean(0) - points[:2].mean(0)
    if not np.isfinite(way).all():
        way = (left_eye - right_eye)[::-1] * (-1, 1)
    length = float(np.hypot(*way))
    if not _SHORTEST * face_px <= length <= _LONGEST * face_px or length == 0:
        return None
    return float(way[0] / length), float(way[1] / length)


def _span(centre: float, half: float, size: int) -> slice:
    """Pixels of one axis of the photo that a head and its soft edge cover."""
    start, stop = math.floor(centre - half * (1 + FEATHER)), math.ceil(centre + half * (1 + FEATHER))
    return slice(min(max(0, start), size), min(max(0, stop), size))


def grown_labels(label_quads: NDArray[np.float32]) -> Iterator[NDArray[np.int32]]:
    """Convex polygons `int32 [K, 1, 2]` around lines of text and their margin."""
    if not np.isfinite(label_quads).all():
        raise ValueError("a coordinate is not finite")
    for quad in label_quads.astype(np.float64).reshape(-1, 4, 2):
        along = quad[1] - quad[0] + quad[2] - quad[3]
        length = np.hypot(*along)
        along = along / length if length > 0 else np.array([1.0, 0.0])
        line_height = (np.hypot(*(quad[3] - quad[0])) + np.hypot(*(quad[2] - quad[1]))) / 2
        margin = _LABEL_MARGIN * line_height + 1
        across = along[::-1] * (-1, 1)
        offsets = margin * np.array([along + across, along - across, across - along, -along - across])
        corners = (quad[:, None] + offsets).reshape(-1, 2)
        yield cv2.convexHull(np.rint(corners.clip(-_FAR, _FAR)).astype(np.int32)).astype(np.int32)
