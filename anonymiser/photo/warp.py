"""Shrinking, enlarging and turning pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.values.photo import Pixels


@dataclass(frozen=True, slots=True)
class TurnedImage:
    """A turned image, and how to get back."""

    pixels: Pixels
    back: NDArray[np.float64]
    """Affine `float64 [3, 3]` from pixels of this image to pixels of the one that was turned."""


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

    def _source_of(self, scale: float) -> Pixels:
        halvings = math.ceil(-math.log2(scale)) - 1
        return self.at(0.5**halvings) if halvings > 0 else self.pixels


def turned(pixels: Pixels, degrees: float) -> TurnedImage:
    """An image turned clockwise, on a canvas large enough for all of it."""
    if degrees % 90:
        return _turned_obliquely(pixels, degrees)
    height, width = pixels.shape[:2]
    quarter = int(degrees // 90) % 4
    back = {
        0: np.eye(3),
        1: np.array([[0, 1, 0], [-1, 0, height], [0, 0, 1]]),
        2: np.array([[-1, 0, width], [0, -1, height], [0, 0, 1]]),
        3: np.array([[0, -1, width], [1, 0, 0], [0, 0, 1]]),
    }[quarter]
    # np.rot90 turns anticlockwise; clockwise quarter turns are its negatives.
    return TurnedImage(np.ascontiguousarray(np.rot90(pixels, -quarter)), back)


def _turned_obliquely(pixels: Pixels, degrees: float) -> TurnedImage:
    height, width = pixels.shape[:2]
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    canvas_w = int(np.ceil(abs(width * cos) + abs(height * sin)))
    canvas_h = int(np.ceil(abs(width * sin) + abs(height * cos)))
    # In image coordinates (y down) this matrix turns clockwise.
    matrix = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    matrix[:2, 2] = np.array([canvas_w, canvas_h]) / 2 - matrix[:2, :2] @ np.array([width, height]) / 2
    image = cv2.warpAffine(pixels, matrix[:2], (canvas_w, canvas_h), flags=cv2.INTER_LINEAR)
    return TurnedImage(np.asarray(image, np.uint8), np.linalg.inv(matrix))
