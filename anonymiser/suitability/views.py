"""The parts of a photo that are judged in addition to the whole, because a child in a wide photo is small."""

from __future__ import annotations

import math
from collections.abc import Iterator

from anonymiser.values.photo import Pixels

_SHARE = 0.6
"""Side of a part, as a share of the photo's short side."""


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
    """Squares spread evenly from edge to edge, `rows` along the short side and `columns` along the long one."""
    height, width = pixels.shape[:2]
    down, across = (rows, columns) if width >= height else (columns, rows)
    for top in _starts(height - side, down):
        for left in _starts(width - side, across):
            yield pixels[top : top + side, left : left + side]


def _starts(room: int, count: int) -> Iterator[int]:
    return (room * place // max(1, count - 1) for place in range(count))
