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


def confidence(pixels: Pixels, faces: Faces, detect: TileDetector, *, turn_degrees: float = 0.0) -> Float32:
    """What `detect` says of each face on a crop of its own, `float32 [N]`; 0 where it sees none there.

    The crop is turned by `turn_degrees` clockwise, like the level on which the face was proposed.
    """
    scores = np.zeros(len(faces), np.float32)
    for start in range(0, len(faces), BATCH):
        boxes = faces.xyxy[start : start + BATCH]
        found, which = detect(_crops(pixels, boxes, turn_degrees))
        centre = (found.xyxy[:, :2] + found.xyxy[:, 2:]) / 2
        side = (found.xyxy[:, 2:] - found.xyxy[:, :2]).max(1, initial=0)
        expected = CROP_PX * FACE_SHARE
        same = (
            (np.abs(centre - CROP_PX / 2).max(1, initial=0) < expected / 2)
            & (side > expected / 2)
            & (side < expected * 1.7)
        )
        np.maximum.at(scores[start : start + BATCH], which[same], found.score[same])
    return scores


def _crops(pixels: Pixels, boxes: Float32, turn_degrees: float) -> NDArray[np.uint8]:
    """Crops `uint8 [N, CROP_PX, CROP_PX, 3]` centred on the boxes; what lies beyond the photo is black."""
    height, width = pixels.shape[:2]
    turn = np.radians(turn_degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    crops = np.empty((len(boxes), CROP_PX, CROP_PX, 3), np.uint8)
    for row, (left, top, right, bottom) in enumerate(boxes.tolist()):
        side = max(right - left, bottom - top, 1.0) / FACE_SHARE
        scale = CROP_PX / side
        centre = np.array([left + right, top + bottom]) / 2
        # Cut before shrinking: only the neighbourhood is resampled, and shrinking first avoids aliasing.
        reach = side * 0.75
        x0, y0 = (max(0, int(v - reach)) for v in centre)
        x1, y1 = min(width, int(centre[0] + reach) + 1), min(height, int(centre[1] + reach) + 1)
        part, shrink = pixels[y0:y1, x0:x1], 1.0
        if scale < 0.5 and part.size:
            shrink = scale * 1.5
            size = (max(1, round(part.shape[1] * shrink)), max(1, round(part.shape[0] * shrink)))
            part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        if not part.size:
            crops[row] = 0
            continue
        matrix = rotation * (scale / shrink)
        shift = CROP_PX / 2 - matrix @ ((centre - [x0, y0]) * shrink)
        cv2.warpAffine(
            part, np.column_stack([matrix, shift]), (CROP_PX, CROP_PX), dst=crops[row], flags=cv2.INTER_LINEAR
        )
    return crops
