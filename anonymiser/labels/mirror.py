"""Writing that is seen the wrong way round: in a mirror, a window, a selfie."""

from __future__ import annotations

import re

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.values.labels import TextLine

Float32 = NDArray[np.float32]

_SAME_IN_A_MIRROR = re.compile(r"[AHIMOTUVWXYilovwx018\s.,'|-]{4,}")
"""Letters that look the same in a mirror, and those that a reader takes for one: TIMOTHY becomes YHTOMIT, which reads
as well as the name."""


_LEAST_LENGTH = 1.5
"""In heights: shorter lines are single letters."""
_ALIKE = 1.5
"""Two lines are the same if their heights differ by this factor at most, and one has its middle in the other."""


def once(sure: list[TextLine], unsure: list[TextLine]) -> list[TextLine]:
    """The unsure lines that are worth reading again: each only once, longer than a letter, and not in a sure one."""
    kept: list[TextLine] = []
    for line in unsure:
        long, high = _size(line.quad)
        middle = line.quad.mean(0).tolist()
        if long >= _LEAST_LENGTH * high and not any(
            cv2.pointPolygonTest(other.quad, middle, measureDist=False) >= 0
            and 1 / _ALIKE <= _size(other.quad)[1] / max(high, 1e-6) <= _ALIKE
            for other in (*sure, *kept)
        ):
            kept.append(line)
    return kept


def _size(quad: Float32) -> tuple[float, float]:
    return float(np.hypot(*(quad[1] - quad[0]))), float(np.hypot(*(quad[2] - quad[1])))


def mirrored(quad: Float32) -> Float32:
    """The corners of a line for mirror writing: anticlockwise, from its first letter."""
    return np.ascontiguousarray(quad[[1, 0, 3, 2]])


def backwards(lines: list[TextLine]) -> list[TextLine]:
    """Second readings, letter by letter from the end, of lines that a mirror may have turned unnoticed."""
    return [
        TextLine(mirrored(line.quad), line.text[::-1], line.score)
        for line in lines
        if _SAME_IN_A_MIRROR.fullmatch(line.text)
    ]
