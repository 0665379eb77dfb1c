"""A second, closer look at doubtful heads, so that low thresholds do not mean many needless boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.interface import TileDetector
from anonymiser.values.faces import Faces, Float32
from anonymiser.values.photo import Pixels

CROP_PX = 192
"""Side of a crop in pixels: a multiple of the networks' strides."""
FACE_SHARE = 0.35
"""Share of the crop's side that the face fills; the rest shows hair and shoulders, which help the networks."""
BATCH = 16
"""Crops in one call of a network, which bounds its memory."""
_MIRRORED = [1, 0, 2, 4, 3]
"""Landmarks of a mirrored face: its right eye is the left one."""


class View(NamedTuple):
    """How a crop is turned."""

    degrees: float = 0.0
    """Clockwise, on top of the head's own turn."""
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What enlarged crops of each head show."""

    score: Float32
    """`float32 [N, len(views)]`: 0 if nothing is found."""
    points: Float32
    """`float32 [N, 5, 2]`: landmarks, the mean over the views that find the head; NaN if none does."""


def look_again(
    pixels: Pixels,
    xyxy: Float32,
    turn_degrees: Float32,
    detect: TileDetector,
    threshold: float,
    views: tuple[View, ...],
) -> Look:
    """Each head, given by its box `[N, 4]`, as `detect` sees it at the size that suits it best.

    A crop is turned clockwise by the head's own `turn_degrees` `[N]` and by that of the view. Scores under `threshold`
    are ignored.
    """
    score = np.zeros((len(xyxy), len(views)), np.float32)
    points = np.full((len(xyxy), len(views), 5, 2), np.nan, np.float32)
    looks = [(head, view) for head in range(len(xyxy)) for view in range(len(views))]
    for start in range(0, len(looks), BATCH):
        part = looks[start : start + BATCH]
        crops = np.zeros((len(part), CROP_PX, CROP_PX, 3), np.uint8)
        to_photo = [
            _cut(pixels, xyxy[head], float(turn_degrees[head]), views[view], crop)
            for crop, (head, view) in zip(crops, part, strict=True)
        ]
        found, which = detect(crops, threshold)
        same = _at_the_centre(found)
        found, which = found[same], which[same]
        # Ascending, so that the best of several is written last.
        for row in np.argsort(found.score):
            head, view = part[which[row]]
            affine = to_photo[which[row]]
            score[head, view] = found.score[row]
            seen = found.points[row, _MIRRORED] if views[view].mirrored else found.points[row]
            points[head, view] = seen @ affine[:, :2].T + affine[:, 2]
    known = np.asarray(np.isfinite(points).all((2, 3)))
    mean = np.where(known[..., None, None], points, 0).sum(1) / np.maximum(known.sum(1), 1)[:, None, None]
    mean[~known.any(1)] = np.nan
    return Look(score, mean.astype(np.float32))


def _at_the_centre(found: Faces) -> NDArray[np.bool_]:
    """Whether a face found on a crop is the one that the crop was cut around, and not its neighbour.

    Its centre lies within half of the expected side of the crop's centre, and it is neither half nor twice as large.
    """
    expected = CROP_PX * FACE_SHARE
    away = np.abs((found.xyxy[:, :2] + found.xyxy[:, 2:]) / 2 - CROP_PX / 2).max(1, initial=0)
    side = (found.xyxy[:, 2:] - found.xyxy[:, :2]).max(1, initial=0)
    same: NDArray[np.bool_] = (away < expected / 2) & (side > expected / 2) & (side < expected * 1.9)
    return same


def _cut(
    pixels: Pixels, xyxy: Float32, turn_degrees: float, view: View, crop: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Draw the neighbourhood of a box into `crop`, turned clockwise; anything outside the photo stays as it is.

    Returns the affine `[2, 3]` from the crop to the photo.
    """
    height, width = pixels.shape[:2]
    turn = np.radians(turn_degrees + view.degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if view.mirrored:
        rotation[0] *= -1
    side = max(float((xyxy[2:] - xyxy[:2]).max()), 1.0) / FACE_SHARE
    scale = CROP_PX / side
    centre = (xyxy[:2] + xyxy[2:]).astype(np.float64) / 2
    back = rotation.T / scale
    to_photo = np.column_stack([back, centre - back @ np.full(2, CROP_PX / 2)])
    # Cut before shrinking: only the neighbourhood is resampled, and shrinking first avoids aliasing.
    reach = side * 0.75
    x0, y0 = (max(0, int(value - reach)) for value in centre)
    x1, y1 = min(width, int(centre[0] + reach) + 1), min(height, int(centre[1] + reach) + 1)
    if x1 <= x0 or y1 <= y0:
        return to_photo
    part, shrink = pixels[y0:y1, x0:x1], 1.0
    if scale < 0.5:
        shrink = scale * 1.5
        size = (max(1, round(part.shape[1] * shrink)), max(1, round(part.shape[0] * shrink)))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    matrix = rotation * (scale / shrink)
    shift = CROP_PX / 2 - matrix @ ((centre - [x0, y0]) * shrink)
    cv2.warpAffine(part, np.column_stack([matrix, shift]), (CROP_PX, CROP_PX), dst=crop, flags=cv2.INTER_LINEAR)
    return to_photo
