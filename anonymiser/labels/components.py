"""Lines of text in the detector's map of probabilities, even if the background looks like text.

In front of bricks, books or a fence, the map is high far around a line, and one threshold joins the line and its
background into one large patch, which is not a line. So every patch that is not, or hardly, a line is examined again
above a higher threshold, where the line stands out.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Rectangle = tuple[tuple[float, float], tuple[float, float], float]
"""OpenCV's: centre, sides, and the angle of the first side in degrees."""

LEVELS = (0.3, 0.5, 0.7, 0.85, 0.95)
"""The first is the one shipped with the detector (rapidocr's config.yaml)."""
LINE_SCORE = 0.5
"""Least mean probability inside a line, as shipped."""
_CLEAR_SCORE = 0.75
"""A patch with more is a line, or no threshold separates it."""
_LEAST_SIDE = 3
_LEAST_GROUND = 8
"""Lower patches do not join a line with its background."""
_PART_SCORE, _PART_LENGTH = 0.65, 2.5
"""What stands out in a patch is a line only if it is sure, and this many times longer than high, as a full name is."""


def rectangles(text_map: Float32) -> Iterator[Rectangle]:
    """The core of every line in `float32 [h, w]`, in pixels of the map."""
    whole = 0, 0, text_map.shape[1], text_map.shape[0]
    yield from _above(text_map, whole, None, 0)


def _above(
    text_map: Float32, box: tuple[int, int, int, int], within: NDArray[np.int32] | None, level: int
) -> Iterator[Rectangle]:
    """Lines above a level in the part `box` (left, top, right, bottom) of the map, or in an outline there."""
    left, top, right, bottom = box
    window = text_map[top:bottom, left:right]
    mask = (window > LEVELS[level]).astype(np.uint8)
    if within is not None:
        mask &= np.asarray(cv2.fillPoly(np.zeros_like(mask), [within - (left, top)], (1,)), np.uint8)
    if level == 0:
        mask = np.asarray(cv2.dilate(mask, np.ones((2, 2), np.uint8)), np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST if level == 0 else cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        outline = np.asarray(contour, np.int32) + np.array([left, top], np.int32)
        centre, size, angle = cv2.minAreaRect(outline)
        rectangle = (centre[0], centre[1]), (size[0], size[1]), angle
        short, long = sorted(size)
        if short < _LEAST_SIDE:
            continue
        score = mean_inside(text_map, cv2.boxPoints(rectangle))
        if score >= LINE_SCORE if level == 0 else score >= _PART_SCORE and long >= _PART_LENGTH * short:
            yield rectangle
        if score < _CLEAR_SCORE and short >= _LEAST_GROUND and level + 1 < len(LEVELS):
            x, y, width, height = cv2.boundingRect(outline)
            inner = x, y, min(x + width, text_map.shape[1]), min(y + height, text_map.shape[0])
            yield from _above(text_map, inner, outline, level + 1)


def mean_inside(text_map: Float32, outline: NDArray[np.number]) -> float:
    """Mean of the map inside a polygon `[N, 2]`."""
    corners = np.round(outline).astype(np.int32)
    low = corners.min(0).clip(0)
    high = corners.max(0) + 1
    window = text_map[low[1] : high[1], low[0] : high[0]]
    inside = cv2.fillPoly(np.zeros(window.shape, np.uint8), [corners - low], (1,))
    return float(cv2.mean(window, inside)[0])
