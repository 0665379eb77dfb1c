"""The irreversible change of pixels: heads and name labels are destroyed.

Nothing of a head is kept: every head becomes the same picture, as a mosaic, a soft cloud or plain. So there is nothing
that a filter, a learned model, a comparison with photos redacted in the same way or an average of several copies could
find; an attacker is left with what surrounds the head.

A mosaic of the head's own colours is not enough. With 4 x 4 cells in 150 colours it looks destroyed, and a face
recogniser makes nothing of it; but compared with photos redacted in the same way it names one in eight of thirty
people, where one in thirty is chance: skin, hair and light are enough. If the number of cells grows with the face it is
worse: a mosaic of 10 pixels on a face of 100 is recognised after nothing more than a low-pass filter.

One mask says for every pixel of the photo how much of it is replaced; where several heads overlap, paint covers paint.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.settings import RedactionStyle
from anonymiser.values.faces import Faces
from anonymiser.values.photo import Pixels

Mask = NDArray[np.uint8]
"""`uint8 [H, W]`: 255 where nothing of the original is left, 0 if it is untouched, blended in between."""

_Grey = NDArray[np.uint8]

GREY = 128
"""What the style `fill` and every name label are painted with."""
_PATTERN = np.array([[4, -6, 8, -2], [-8, 6, -4, 7], [7, -3, 5, -8], [-5, 8, -7, 3]])
"""Cells of the mosaic, added to GREY; ornament only."""
_FINE = 8
"""Pixels on a side with which a cell of the ornament is drawn."""
_LARGEST_CELL = 16
"""As a power of two; larger than any photo."""

_NARROWEST = 0.8
"""Least width of a face, in face heights. A profile counts as this wide, because its box ends before the ear and its
head does not."""
_SIDE_MARGIN, _TOP_MARGIN, _BOTTOM_MARGIN = 0.35, 0.6, 0.3
"""Growth of a face box to a head, in face widths and heights: detectors' boxes run from brow to chin and from ear to
ear; hair, ears and chin lie beyond. The corners of the face box are well inside the ellipse in the grown box:
(.5 / .85)^2 + (.65 / .95)^2 = .81."""
_EXTRA_PIXELS = 2.0
"""Added on every side, so that rounding uncovers nothing and even the smallest face is a region."""
_FEATHER = 0.12
"""Width of the soft edge, in half-axes of the head; it is outside the head, over what may be seen anyway."""
_LABEL_MARGIN = 0.15
"""Growth of a line of text on every side, in line heights, for accents, descenders and the reader's inaccuracy."""
_FAR = 1 << 20
"""Beyond any photo; OpenCV draws with integers, and coordinates must fit into them."""

_SHORTEST, _LONGEST = 0.15, 0.8
"""Distance from the eyes to the mouth, in longer sides of the face box: .35 to .45 in a face seen from the front.
Landmarks further apart or closer together do not show where the top of the head is."""


def redact(pixels: Pixels, heads: Faces, label_quads: NDArray[np.float32], style: RedactionStyle) -> Pixels:
    """A copy of the photo in which the heads and labels cannot be recovered; no bit changes outside the mask.

    `heads` are faces as detected (not grown); their landmarks, if there are any, show which way up the head is.
    `label_quads` is `float32 [M, 4, 2]`, the corners of lines of text. Both are in pixels of this photo, and may be
    partly or wholly outside it. The same input gives the same bytes.

    Raises ValueError if a coordinate of a label is not finite.
    """
    redacted = pixels.copy()
    visible = _heads(heads, pixels.shape)
    scratch = _Scratch.for_heads(visible)
    for head in visible:
        _paint(head, redacted, style, scratch)
    for polygon in _grown_labels(label_quads):
        cv2.fillConvexPoly(redacted, polygon, (GREY, GREY, GREY))
    return redacted


def redaction_mask(shape: tuple[int, ...], heads: Faces, label_quads: NDArray[np.float32]) -> Mask:
    """The mask that `redact` uses, for a photo of `shape` (height, width, ...); the other arguments are the same."""
    mask = np.zeros(shape[:2], np.uint8)
    for head in _heads(heads, shape):
        region = mask[head.rows, head.columns]
        np.maximum(region, head.alpha(), out=region)
    for polygon in _grown_labels(label_quads):
        cv2.fillConvexPoly(mask, polygon, 255)
    return mask


@dataclass(frozen=True, slots=True)
class _Head:
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
_DISC_AXIS = (_DISC_SIDE / 2 - 2) / (1 + _FEATHER)
"""Radius in pixels that stands for the half-axes of a head."""


def _disc() -> Mask:
    """The mask of a round head: just outside its half-axes it begins to fall evenly to 0."""
    offsets = np.arange(_DISC_SIDE) - (_DISC_SIDE - 1) / 2
    radius = np.hypot.outer(offsets, offsets)
    # 1.5 pixels wider, because sampling mixes each pixel with its neighbours, and none of the head may shine through.
    full, end = _DISC_AXIS + 1.5, _DISC_AXIS * (1 + _FEATHER)
    disc: Mask = np.clip(255 * (end - radius) / (end - full), 0, 255).astype(np.uint8)
    return disc


_DISC = _disc()


def _heads(heads: Faces, shape: tuple[int, ...]) -> list[_Head]:
    """Heads that touch the photo, smallest first: the nearest person is painted over the others."""
    found = (
        _head(box, points, shape)
        for box, points in zip(heads.xyxy.astype(np.float64), heads.points.astype(np.float64), strict=True)
    )
    visible = [head for head in found if head is not None]
    return sorted(visible, key=lambda head: (head.axes[0] * head.axes[1], head.centre_xy, head.down_xy))


def _head(box_xyxy: NDArray[np.float64], points: NDArray[np.float64], shape: tuple[int, ...]) -> _Head | None:
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
    return _Head((x, y), (across, along), down, rows, columns)


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
    start, stop = math.floor(centre - half * (1 + _FEATHER)), math.ceil(centre + half * (1 + _FEATHER))
    return slice(min(max(0, start), size), min(max(0, stop), size))


@dataclass(frozen=True, slots=True)
class _Scratch:
    """Memory that all heads of a photo share: getting new pages for each would take longer than painting it."""

    grey: NDArray[np.uint8]
    """`uint8 [3, H, W]`, as large as the largest head."""
    colour: NDArray[np.uint8]
    """`uint8 [2, H, W, 3]`."""

    @staticmethod
    def for_heads(heads: list[_Head]) -> _Scratch:
        """Large enough for each of `heads`."""
        shape = np.array([(0, 0), *(head.shape for head in heads)]).max(0)
        return _Scratch(np.empty((3, *shape), np.uint8), np.empty((2, *shape, 3), np.uint8))


def _paint(head: _Head, redacted: Pixels, style: RedactionStyle, scratch: _Scratch) -> None:
    height, width = head.shape
    alpha, left, painted = scratch.grey[:, :height, :width]
    colour, background = scratch.colour[:, :height, :width]
    target = redacted[head.rows, head.columns]
    head.alpha(alpha)
    cv2.bitwise_not(alpha, dst=left)
    cv2.multiply(_picture(head, style), alpha, dst=painted, scale=1 / 255)
    cv2.cvtColor(painted, cv2.COLOR_GRAY2RGB, dst=colour)
    cv2.cvtColor(left, cv2.COLOR_GRAY2RGB, dst=background)
    cv2.multiply(target, background, dst=background, scale=1 / 255)
    cv2.add(colour, background, dst=target)


def _picture(head: _Head, style: RedactionStyle) -> _Grey:
    """What is drawn over the rows and columns of a head.

    The size of the ornament's cells is a power of two, and the ornament starts at random, seeded by the place of the
    head: if it were fitted to the head, it would tell an attacker the proportions of the face box.
    """
    ornament = _ORNAMENTS[style]
    cell_px = 2 ** min(max(0, round(math.log2(head.axes[0] / 2))), _LARGEST_CELL)
    lot = np.random.default_rng([abs(int(coordinate)) for coordinate in head.centre_xy])
    rows, columns = (
        (np.arange(part.start, part.stop) + start) * _FINE // cell_px % len(ornament)
        for part, start in zip((head.rows, head.columns), lot.integers(cell_px * len(_PATTERN), size=2), strict=True)
    )
    picture: _Grey = ornament.take(rows, 0).take(columns, 1)
    return picture


def _ornament(style: RedactionStyle) -> _Grey:
    """One period, `uint8 [n, n]`, which repeats seamlessly on every side."""
    cells = np.kron(GREY + _PATTERN, np.ones((_FINE, _FINE), int)).astype(np.uint8)
    match style:
        case RedactionStyle.MOSAIC:
            return cells
        case RedactionStyle.BLUR:
            side = len(cells)
            smooth = cv2.GaussianBlur(np.tile(cells, (3, 3)), (0, 0), _FINE / 4)
            return np.asarray(smooth[side : 2 * side, side : 2 * side], np.uint8)
        case RedactionStyle.FILL:
            return np.full_like(cells, GREY)


_ORNAMENTS = {style: _ornament(style) for style in RedactionStyle}


def _grown_labels(label_quads: NDArray[np.float32]) -> Iterator[NDArray[np.int32]]:
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
