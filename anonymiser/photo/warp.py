"""Cutting, shrinking, enlarging and turning pictures: the one place where pixels are resampled for a network.

Places are real numbers. The pixel in column i and row j covers i to i + 1 and j to j + 1, so its centre is at
i + 1/2, j + 1/2, and a picture of W x H pixels spans 0 to W and 0 to H. Boxes, landmarks and the corners of text are
places in this sense, and so is whatever an affine here takes and gives. OpenCV's `resize` follows the same convention;
its `warpAffine` counts from the centre of the first pixel, which only this module knows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.values.photo import Pixels

Affine = NDArray[np.float64]
"""`float64 [2, 3]`: places `x` go to `affine[:, :2] @ x + affine[:, 2]`."""

BLURS_BELOW = 0.5
"""Scale below which sampling between four pixels passes over some, so that fine patterns turn into coarse ones."""
SPARE = 1.5
"""How much larger than the result a picture is left where it is shrunk first, so that the second step blurs little."""


def moved(affine: Affine, places: NDArray[np.floating]) -> NDArray[np.float64]:
    """Places `[..., 2]` through an affine."""
    result: NDArray[np.float64] = places @ affine[:, :2].T + affine[:, 2]
    return result


def inverse(affine: Affine) -> Affine:
    """The affine that undoes another. Raises LinAlgError where nothing does."""
    linear = np.linalg.inv(affine[:, :2])
    return np.column_stack([linear, -linear @ affine[:, 2]])


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """A picture at another size: averaged where it shrinks, smoothly interpolated where it grows."""
    how = cv2.INTER_AREA if width * height < pixels.shape[0] * pixels.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)


def cut(
    pixels: Pixels,
    affine: Affine,
    width: int,
    height: int,
    *,
    interpolation: int = cv2.INTER_LINEAR,
    border: int = cv2.BORDER_CONSTANT,
    shrink_below: float = BLURS_BELOW,
    spare: float = SPARE,
) -> Pixels:
    """What an affine shows of a picture, `uint8 [height, width, 3]`; what lies beyond the picture is black.

    `affine` leads from places in the picture to places in the result; rotation, mirroring, shift and scale, the latter
    about the same in all directions. Where the scale is below `shrink_below`, the part that is shown is averaged first,
    to `spare` times the size that it has in the result. `interpolation` and `border` are OpenCV's.
    """
    scale = math.sqrt(abs(float(np.linalg.det(affine[:, :2]))))
    if scale < shrink_below:
        pixels, to_part = _shrunk_part(pixels, affine, (width, height), scale * spare)
        if not pixels.size:
            return np.zeros((height, width, 3), np.uint8)
        linear = affine[:, :2] / to_part[:, 0]
        affine = np.column_stack([linear, affine[:, 2] - linear @ to_part[:, 1]])
    result = cv2.warpAffine(pixels, _in_opencv(affine), (width, height), flags=interpolation, borderMode=border)
    return np.asarray(result, np.uint8)


def _shrunk_part(
    pixels: Pixels, affine: Affine, size_wh: tuple[int, int], scale: float
) -> tuple[Pixels, NDArray[np.float64]]:
    """The part of a picture that an affine shows, at `scale`, with a margin for interpolation; empty if there is none.

    Also, for x and y, by what places in the picture are multiplied and what is added then: `[2, 2]`.
    """
    corners = np.array([[0.0, 0.0], [size_wh[0], 0.0], [0.0, size_wh[1]], size_wh])
    shown = moved(inverse(affine), corners)
    margin = 2 / scale
    low = np.floor(shown.min(0) - margin).clip(0, pixels.shape[1::-1]).astype(int)
    high = np.ceil(shown.max(0) + margin).clip(0, pixels.shape[1::-1]).astype(int)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    if not part.size:
        return part, np.zeros((2, 2))
    width, height = (max(1, round(side * scale)) for side in part.shape[1::-1])
    factor = np.array([width, height]) / part.shape[1::-1]
    shrunk = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8), np.column_stack([factor, -low * factor])


def _in_opencv(affine: Affine) -> Affine:
    """The affine as `warpAffine` wants it, which takes the centre of the first pixel for 0, 0."""
    return np.column_stack([affine[:, :2], affine[:, 2] + affine[:, :2] @ [0.5, 0.5] - 0.5])


@dataclass(frozen=True, slots=True)
class TurnedImage:
    """A picture turned, and how its places lead back."""

    pixels: Pixels
    """`uint8 [h, w, 3]`: the picture on a canvas that holds all of it."""
    back: Affine
    """From places in `pixels` to places in the picture that was turned."""


def turned(pixels: Pixels, degrees: float) -> TurnedImage:
    """A picture turned clockwise; quarter turns change no pixel."""
    if degrees % 90:
        return _turned_obliquely(pixels, degrees)
    height, width = pixels.shape[:2]
    quarter = int(degrees // 90) % 4
    back = {
        0: [[1, 0, 0], [0, 1, 0]],
        1: [[0, 1, 0], [-1, 0, height]],
        2: [[-1, 0, width], [0, -1, height]],
        3: [[0, -1, width], [1, 0, 0]],
    }[quarter]
    # np.rot90 turns anticlockwise; clockwise quarter turns are its negatives.
    return TurnedImage(np.ascontiguousarray(np.rot90(pixels, -quarter)), np.array(back, np.float64))


def _turned_obliquely(pixels: Pixels, degrees: float) -> TurnedImage:
    height, width = pixels.shape[:2]
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    canvas_w = math.ceil(abs(width * cos) + abs(height * sin))
    canvas_h = math.ceil(abs(width * sin) + abs(height * cos))
    # With y downwards this matrix turns clockwise.
    turn = np.array([[cos, -sin], [sin, cos]])
    affine = np.column_stack([turn, np.array([canvas_w, canvas_h]) / 2 - turn @ [width / 2, height / 2]])
    return TurnedImage(cut(pixels, affine, canvas_w, canvas_h), inverse(affine))


class ScaledVersions:
    """A photo at each scale that is asked for, each made only once: shrinking costs as much as a small network."""

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        """`uint8 [H, W, 3]` RGB, at the photo's own size."""
        self._made = {1.0: pixels}

    def at(self, scale: float) -> Pixels:
        """`uint8 [h, w, 3]`: the photo at `scale`, each side rounded to whole pixels.

        It is halved as often as possible, then sampled between four pixels; from half size up these miss no pixel.
        """
        if scale not in self._made:
            height, width = self.pixels.shape[:2]
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            source = self._source_of(scale)
            self._made[scale] = np.asarray(cv2.resize(source, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        return self._made[scale]

    def to_photo(self, scale: float) -> Affine:
        """From places in `at(scale)` to places in the photo."""
        scaled = self.at(scale)
        factor = np.divide(self.pixels.shape[1::-1], scaled.shape[1::-1])
        return np.column_stack([np.diag(factor), np.zeros(2)])

    def _source_of(self, scale: float) -> Pixels:
        halvings = math.ceil(-math.log2(scale)) - 1
        return self.at(0.5**halvings) if halvings > 0 else self.pixels
