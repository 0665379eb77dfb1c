"""A second, closer look at doubtful faces, so that low thresholds need not mean many needless boxes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.interface import Faces, Float32
from anonymiser.detect.pyramid import TileDetector
from anonymiser.photo.interface import Pixels

CROP_PX = 160
"""Side of the closer look: a multiple of the networks' strides."""
FACE_SHARE = 0.4
"""Part of the crop that the face fills, so that hair and shoulders speak too and its scale suits the network."""
BATCH = 16


def look_again(pixels: Pixels, faces: Faces, detect: TileDetector, *, turn_degrees: float = 0.0) -> Faces:
    """Each face as `detect` sees it on a crop of its own, row by row; score 0 where it sees none there.

    Box and landmarks are those of the closer look, which locates a face better than the pass that proposed it: two
    proposals of one head end as nearly the same box. The crop is turned by `turn_degrees` clockwise, like the level
    on which the face was proposed.
    """
    xyxy, score, points = faces.xyxy.copy(), np.zeros_like(faces.score), faces.points.copy()
    for start in range(0, len(faces), BATCH):
        crops, to_photo = _crops(pixels, faces.xyxy[start : start + BATCH], turn_degrees)
        found, which = detect(crops)
        same = _at_the_centre(found)
        found, which = found[same], which[same]
        # Ascending, so that the best of several is written last.
        for row in np.argsort(found.score):
            affine, target = to_photo[which[row]], start + which[row]
            xyxy[target], points[target] = _in_photo(found.xyxy[row], found.points[row], affine)
            score[target] = found.score[row]
    return Faces(xyxy, score, points)


def _at_the_centre(found: Faces) -> NDArray[np.bool_]:
    """Whether a face found on a crop is the one that the crop was cut around, and not its neighbour."""
    expected = CROP_PX * FACE_SHARE
    away = np.abs((found.xyxy[:, :2] + found.xyxy[:, 2:]) / 2 - CROP_PX / 2).max(1, initial=0)
    side = (found.xyxy[:, 2:] - found.xyxy[:, :2]).max(1, initial=0)
    same: NDArray[np.bool_] = (away < expected / 2) & (side > expected / 2) & (side < expected * 1.7)
    return same


def _in_photo(xyxy: Float32, points: Float32, affine: NDArray[np.float64]) -> tuple[Float32, Float32]:
    """From crop to photo; a turned box keeps its size around its turned centre."""
    centre = affine[:, :2] @ ((xyxy[:2] + xyxy[2:]) / 2) + affine[:, 2]
    half = (xyxy[2:] - xyxy[:2]) / 2 * np.hypot(*affine[0, :2])
    moved = points @ affine[:, :2].T + affine[:, 2]
    return np.concatenate([centre - half, centre + half]).astype(np.float32), moved.astype(np.float32)


def _crops(pixels: Pixels, boxes: Float32, turn_degrees: float) -> tuple[NDArray[np.uint8], list[NDArray[np.float64]]]:
    """Crops `uint8 [N, CROP_PX, CROP_PX, 3]` centred on the boxes, and for each the affine `[2, 3]` to the photo.

    What lies beyond the photo is black.
    """
    height, width = pixels.shape[:2]
    turn = np.radians(turn_degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    crops = np.zeros((len(boxes), CROP_PX, CROP_PX, 3), np.uint8)
    to_photo = []
    for row, (left, top, right, bottom) in enumerate(boxes.tolist()):
        side = max(right - left, bottom - top, 1.0) / FACE_SHARE
        scale = CROP_PX / side
        centre = np.array([left + right, top + bottom]) / 2
        back = rotation.T / scale
        to_photo.append(np.column_stack([back, centre - back @ np.full(2, CROP_PX / 2)]))
        # Cut before shrinking: only the neighbourhood is resampled, and shrinking first avoids aliasing.
        reach = side * 0.75
        x0, y0 = (max(0, int(v - reach)) for v in centre)
        x1, y1 = min(width, int(centre[0] + reach) + 1), min(height, int(centre[1] + reach) + 1)
        part, shrink = pixels[y0:y1, x0:x1], 1.0
        if not part.size:
            continue
        if scale < 0.5:
            shrink = scale * 1.5
            size = (max(1, round(part.shape[1] * shrink)), max(1, round(part.shape[0] * shrink)))
            part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = rotation * (scale / shrink)
        shift = CROP_PX / 2 - matrix @ ((centre - [x0, y0]) * shrink)
        cv2.warpAffine(
            part, np.column_stack([matrix, shift]), (CROP_PX, CROP_PX), dst=crops[row], flags=cv2.INTER_LINEAR
        )
    return crops, to_photo
