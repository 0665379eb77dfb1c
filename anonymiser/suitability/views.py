"""The parts of a photo that are judged in addition to the whole, because a child in a wide photo is small."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from anonymiser.photo.warp import ScaledVersions
from anonymiser.values.photo import Pixels

_SHARE = 0.6
"""Side of a part, as a share of the photo's short side."""


_MOST_COLUMNS = 12
"""Parts along the long side. A photo more than six times as wide as high is cut into longer parts instead of more."""
_OVERLAP = 1.2
"""Length of such a part, as a multiple of what would just cover the photo."""
_BODY_SIDE, _BODY_BELOW = 9.0, 1.5
"""Side of the square around a body, and how far below the head its middle is, in sides of the head's box. Of squares of
4, 6 and 9 sides, this one parted small swimmers best from clothed people (docs/suitability.md)."""
_LEAST_BODY_PX = 8
"""A body of which less is in the photo is not looked at."""


def squares(pixels: Pixels) -> Iterator[Pixels]:
    """The largest squares that cover the photo along its long side; nothing if the photo is itself square."""
    short, long = sorted(pixels.shape[:2])
    if long > short:
        yield from _grid(pixels, short, rows=1, columns=math.ceil(long / short))


def parts(pixels: Pixels) -> Iterator[Pixels]:
    """Overlapping squares of 0.6 times the short side that cover the photo: six for a 3:2 photo."""
    short, long = sorted(pixels.shape[:2])
    yield from _grid(pixels, math.ceil(short * _SHARE), rows=2, columns=math.ceil(2 * long / short))


def bodies(pixels: Pixels, heads: NDArray[np.float32]) -> Iterator[Pixels]:
    """Squares around the bodies below heads `[N, 4]`, in their order, as far as they are in the photo.

    They are wide enough for a body that lies, or that swims.
    """
    height, width = pixels.shape[:2]
    for left, top, right, bottom in heads.tolist():
        side = max(right - left, bottom - top)
        x, y, half = (left + right) / 2, (top + bottom) / 2 + _BODY_BELOW * side, _BODY_SIDE / 2 * side
        low, high = max(0, round(y - half)), min(height, round(y + half))
        start, end = max(0, round(x - half)), min(width, round(x + half))
        if min(high - low, end - start) >= _LEAST_BODY_PX:
            yield pixels[low:high, start:end]


def halved(view: Pixels, least_px: int) -> Pixels:
    """A view at half its size, or a quarter and so on, as long as its short side keeps `least_px` pixels.

    What a network takes has 224 to 260 pixels a side. From the small copy it is made in a fraction of the time, and
    twice that size keeps what there is to see.
    """
    times = max(0, math.floor(math.log2(min(view.shape[:2]) / least_px)))
    return ScaledVersions(view).at(0.5**times)


def _grid(pixels: Pixels, side: int, *, rows: int, columns: int) -> Iterator[Pixels]:
    """Squares spread evenly from edge to edge, `rows` along the short side and `columns` along the long one.

    Of a strip they are longer than square, so that the work does not grow with its length.
    """
    height, width = pixels.shape[:2]
    length = side
    if columns > _MOST_COLUMNS:
        columns = _MOST_COLUMNS
        length = max(side, math.ceil(_OVERLAP * max(height, width) / columns))
    down, across, high, wide = (rows, columns, side, length) if width >= height else (columns, rows, length, side)
    for top in _starts(height - high, down):
        for left in _starts(width - wide, across):
            yield pixels[top : top + high, left : left + wide]


def _starts(room: int, count: int) -> Iterator[int]:
    return (room * place // max(1, count - 1) for place in range(count))
