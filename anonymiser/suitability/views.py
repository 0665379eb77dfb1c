"""The parts of a photo that are judged in addition to the whole, because a child in a wide photo is small."""

from __future__ import annotations

import math
from collections.abc import Iterator

from anonymiser.values.photo import Pixels

_SHARE = 0.6
"""Side of a part, as a share of the photo's short side."""


_MOST_COLUMNS = 12
"""Parts along the long side. A photo more than six times as wide as high is cut into longer parts instead of more."""
_OVERLAP = 1.2
"""Length of such a part, as a multiple of what would just cover the photo."""


def squares(pixels: Pixels) -> Iterator[Pixels]:
    """The largest squares that cover the photo along its long side; nothing if the photo is itself square."""
    short, long = sorted(pixels.shape[:2])
    if long > short:
        yield from _grid(pixels, short, rows=1, columns=math.ceil(long / short))


def parts(pixels: Pixels) -> Iterator[Pixels]:
    """Overlapping squares of 0.6 times the short side that cover the photo: six for a 3:2 photo."""
    short, long = sorted(pixels.shape[:2])
    yield from _grid(pixels, math.ceil(short * _SHARE), rows=2, columns=math.ceil(2 * long / short))


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
