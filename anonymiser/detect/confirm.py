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
"""Side of a crop in pixels, for networks that take any multiple of their strides."""
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
    face_share: float = FACE_SHARE
    """Share of the crop's side that the face fills."""


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
    crop_px: int = CROP_PX,
) -> Look:
    """Each head, given by its box `[N, 4]`, as `detect` sees it at the size that suits it best.

    A crop, with sides of `crop_px`, is turned clockwise by the head's own `turn_degrees` `[N]` and by that of the view.
    Scores under `threshold` are ignored.
    """
    score = np.zeros((len(xyxy), len(views)), np.float32)
    points = np.full((len(xyxy), len(views), 5, 2), np.nan, np.float32)
    looks = [(head, view) for head in range(len(xyxy)) for view in range(len(views))]
    for start in range(0, len(looks), BATCH):
        part = looks[start : start + BATCH]
        to_crop = [_to_crop(xyxy[head], float(turn_degrees[head]), views[view], crop_px) for head, view in part]
        crops = np.stack([cut(pixels, affine, crop_px, crop_px) for affine in to_crop])
        found, which = detect(crops, threshold)
        expected = np.array([views[view].face_share * crop_px for _, view in part], np.float32)
        same = _at_the_centre(found, expected[which], crop_px)
        found, which = found[same], which[same]
        for row in _best_of_each(which, found.score):
            head, view = part[which[row]]
            score[head, view] = found.score[row]
            seen = found.points[row, _MIRRORED] if views[view].mirrored else found.points[row]
            points[head, view] = moved(inverse(to_crop[which[row]]), seen)
    known = np.asarray(np.isfinite(points).all((2, 3)))
    mean = np.where(known[..., None, None], points, 0).sum(1) / np.maximum(known.sum(1), 1)[:, None, None]
    mean[~known.any(1)] = np.nan
    return Look(score, mean.astype(np.float32))


def _best_of_each(which: NDArray[np.intp], score: Float32) -> NDArray[np.intp]:
    """The row with the highest score of each crop on which anything is found."""
    descending = np.argsort(-score, kind="stable")
    return descending[np.unique(which[descending], return_index=True)[1]]


def _at_the_centre(found: Faces, expected: Float32, crop_px: int) -> NDArray[np.bool_]:
    """Whether a face found on a crop is the one that the crop was cut around, and not its neighbour.

    Its centre lies within half of the `expected` side `[N]` of the crop's centre, and it is neither half nor twice as
    large.
    """
    away = np.abs((found.xyxy[:, :2] + found.xyxy[:, 2:]) / 2 - crop_px / 2).max(1, initial=0)
    side = (found.xyxy[:, 2:] - found.xyxy[:, :2]).max(1, initial=0)
    same: NDArray[np.bool_] = (away < expected / 2) & (side > expected / 2) & (side < expected * 1.9)
    return same


def _to_crop(xyxy: Float32, turn_degrees: float, view: View, crop_px: int) -> Affine:
    """The affine from the photo to the crop that shows the neighbourhood of a box, turned clockwise."""
    turn = np.radians(turn_degrees + view.degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if view.mirrored:
        rotation[0] *= -1
    side = max(float((xyxy[2:] - xyxy[:2]).max()), 1.0) / view.face_share
    linear = rotation * (crop_px / side)
    centre = (xyxy[:2] + xyxy[2:]).astype(np.float64) / 2
    return np.column_stack([linear, crop_px / 2 - linear @ centre])
