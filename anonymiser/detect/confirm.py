"""A second, closer look at doubtful heads, so that low thresholds do not mean many needless boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.interface import TileDetector
from anonymiser.photo.warp import Affine, cut, inverse, moved
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
        to_crop = [_to_crop(xyxy[head], float(turn_degrees[head]), views[view]) for head, view in part]
        crops = np.stack([cut(pixels, affine, CROP_PX, CROP_PX) for affine in to_crop])
        found, which = detect(crops, threshold)
        same = _at_the_centre(found)
        found, which = found[same], which[same]
        # Ascending, so that the best of several is written last.
        for row in np.argsort(found.score):
            head, view = part[which[row]]
            score[head, view] = found.score[row]
            seen = found.points[row, _MIRRORED] if views[view].mirrored else found.points[row]
            points[head, view] = moved(inverse(to_crop[which[row]]), seen)
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


def _to_crop(xyxy: Float32, turn_degrees: float, view: View) -> Affine:
    """The affine from the photo to the crop that shows the neighbourhood of a box, turned clockwise."""
    turn = np.radians(turn_degrees + view.degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if view.mirrored:
        rotation[0] *= -1
    side = max(float((xyxy[2:] - xyxy[:2]).max()), 1.0) / FACE_SHARE
    linear = rotation * (CROP_PX / side)
    centre = (xyxy[:2] + xyxy[2:]).astype(np.float64) / 2
    return np.column_stack([linear, CROP_PX / 2 - linear @ centre])
