"""Faces under a translucent pen, a sticker or a glare: in patches of nearly one tone, each with its own contrast.

Where a patch is much smaller than the places for which contrast is stretched (detect/filtered.py), its dark or bright
surroundings take all the contrast, and the face in it stays as pale as before. Here every patch is stretched alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.interface import TileDetector
from anonymiser.photo.warp import ScaledVersions, resized
from anonymiser.values.faces import Faces
from anonymiser.values.photo import Pixels

LONG_SIDE_PX = 480
"""Of the copy on which patches are looked for."""
SMOOTH = 10
"""Largest difference between neighbouring pixels of a patch, in levels of one colour."""
LEAST_SHARE, MOST_SHARE = 0.0008, 0.3
"""Share of the copy that a patch covers: not a button, and not the sky."""
LEAST_PX, LONGEST, COMPACT = 12, 2.5, 0.45
"""Shorter side of a patch, its longer side in shorter ones, and the share of its box that it fills: as a head does."""
LEAST_DEVIATION, MOST_DEVIATION = 0.5, 8.0
"""Standard deviation of the grey levels in a patch: something shows through, but hardly."""
CROP_PX, FILLED = 128, 0.85
"""Side of the picture of a patch, and the share of it that the patch fills."""
LEAST_FACE = 0.25
"""Side of a face, as a share of that picture."""
FIRST, SECOND = 0.25, 0.3
"""Scores that a face needs from both networks. Of 125 ordinary photos (112 of WIDER FACE, 13 of families) none has such
a patch. Of 173 faces with 3 to 12% left under a pen it finds 113."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of a photo that is nearly of one tone."""

    corner_xy: tuple[float, float]
    """Where the top left corner of `picture` is, in pixels of the photo."""
    scale: float
    """Pixels of the photo per pixel of `picture`."""
    picture: Pixels
    """`uint8 [CROP_PX, CROP_PX, 3]`: grey, with the whole range of tones, and of one tone around the patch."""


def faces_in_patches(pixels: Pixels, first: TileDetector, second: TileDetector) -> Faces:
    """Faces in patches of `pixels`, in its own pixels, on which both networks agree; the score is the first's.

    Only what the first network sees is shown to the second.
    """
    seen = list(patches(pixels))
    by_first = _look(seen, first, FIRST)
    likely = [row for row, faces in enumerate(by_first) if len(faces)]
    by_second = _look([seen[row] for row in likely], second, SECOND)
    return Faces.concatenate(
        [
            by_first[row].moved(seen[row].scale, seen[row].corner_xy)
            for row, faces in zip(likely, by_second, strict=True)
            if len(faces)
        ]
    )


def patches(pixels: Pixels) -> Iterator[Patch]:
    """Every patch of a photo `uint8 [H, W, 3]` in which a face could be hidden."""
    copy = ScaledVersions(pixels).at(min(1.0, LONG_SIDE_PX / max(pixels.shape[:2])))
    grey = np.asarray(cv2.cvtColor(copy, cv2.COLOR_RGB2GRAY), np.uint8)
    smooth = (_steepest(copy) <= SMOOTH).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(smooth, connectivity=4)
    for label in np.flatnonzero(_like_a_head(np.asarray(stats, np.intp), grey.size)):
        left, top, width, height = map(int, stats[label, :4])
        place = np.s_[top : top + height, left : left + width]
        picture = _picture(grey[place], _filled(labels[place] == label))
        if picture is not None:
            side = max(width, height) / FILLED
            corner = np.array([left + (width - side) / 2, top + (height - side) / 2]) * pixels.shape[1] / copy.shape[1]
            yield Patch((float(corner[0]), float(corner[1])), side / CROP_PX * pixels.shape[1] / copy.shape[1], picture)


def _steepest(pixels: Pixels) -> NDArray[np.uint8]:
    """`uint8 [H, W]`: how much the pixels around each differ, in the colour in which they differ most."""
    gradient = cv2.morphologyEx(pixels, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    red, green, blue = cv2.split(gradient)
    return np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8)


def _like_a_head(stats: NDArray[np.intp], pixels: int) -> NDArray[np.bool_]:
    """`[N]`: which components have the size and the shape of a head; the first is what is not smooth."""
    short, long = stats[:, 2:4].min(1), stats[:, 2:4].max(1)
    share = stats[:, 4] / pixels
    like = (share >= LEAST_SHARE) & (share <= MOST_SHARE) & (short >= LEAST_PX) & (long <= LONGEST * short)
    like &= stats[:, 4] >= COMPACT / 2 * short * long
    like[0] = False
    return np.asarray(like, np.bool_)


def _filled(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A connected mask without holes, and without its outermost pixels, which are half of something else."""
    filled = mask.astype(np.uint8)
    contours, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    inner = cv2.erode(filled, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(inner > 0, np.bool_)


def _picture(grey: NDArray[np.uint8], inside: NDArray[np.bool_]) -> Pixels | None:
    """The patch with its own contrast, or None of one that is not compact, or shows nothing or too much."""
    if np.count_nonzero(inside) < COMPACT * inside.size:
        return None
    levels = grey[inside].astype(np.float32)
    deviation = float(levels.std())
    if not LEAST_DEVIATION <= deviation <= MOST_DEVIATION:
        return None
    low, high = np.percentile(levels, (1, 99))
    side = round(max(grey.shape) / FILLED)
    top, left = ((side - length) // 2 for length in grey.shape)
    square = np.full((side, side), levels.mean(), np.float32)
    square[top : top + grey.shape[0], left : left + grey.shape[1]][inside] = levels
    stretched = np.clip((square - low) * (255 / max(high - low, 1.0)), 0, 255).astype(np.uint8)
    return np.repeat(resized(stretched, CROP_PX, CROP_PX)[..., None], 3, 2)


def _look(seen: list[Patch], network: TileDetector, threshold: float) -> list[Faces]:
    """What a network finds on the picture of each patch, without what is small there: a face fills most of a patch."""
    if not seen:
        return []
    faces, which = network(np.stack([patch.picture for patch in seen]), threshold)
    large = (faces.xyxy[:, 2:] - faces.xyxy[:, :2]).max(1, initial=0) >= LEAST_FACE * CROP_PX
    return [faces[large & (which == row)] for row in range(len(seen))]
