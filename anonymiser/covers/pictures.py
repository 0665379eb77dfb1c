"""What is drawn over a head, by style. None of it depends on the head.

The ornaments are the same for every photo. The size of their cells is a power of two, and they start at random, seeded
by the place of the head: if an ornament were fitted to the head, it would tell an attacker the proportions of the face
box.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.covers.regions import FEATHER, Head, Mask
from anonymiser.covers.tones import GRAINS, GREY, Tones, tones_of
from anonymiser.settings import RedactionStyle
from anonymiser.values.photo import Pixels

_Grey = NDArray[np.uint8]

STICKER, RIM = (247, 199, 72), (255, 255, 255)
"""Yellow with a white rim, which nobody takes for skin or hair."""
_EDGE_PX = 1.5
"""Over how many pixels the colours of a sticker run into one another."""

_PATTERN = np.array([[4, -6, 8, -2], [-8, 6, -4, 7], [7, -3, 5, -8], [-5, 8, -7, 3]])
"""Cells of the mosaic, added to GREY; ornament only."""
_FINE = 8
"""Pixels on a side with which a cell of the ornament is drawn."""
_LARGEST_CELL = 16
"""As a power of two; larger than any photo."""

_GRAIN_SIDE = 512
_GRAIN_ROOM = 16
"""Added to the grain and taken from the tones, so that one sum of unsigned numbers puts the grain on."""


class Painter:
    """Draws the covers of one photo."""

    def __init__(
        self, style: RedactionStyle, pixels: Pixels, heads: Sequence[Head], labels: Sequence[NDArray[np.int32]]
    ) -> None:
        self._style = style
        self._tones: Tones | None = None
        if style is RedactionStyle.TONES and heads:
            tones = tones_of(pixels, heads, labels)
            self._tones = replace(tones, field=tones.field - _GRAIN_ROOM)

    def draw(self, head: Head, alpha: Mask, out: Pixels) -> None:
        """Write the picture over the rows and columns of `head` into `out` `[h, w, 3]`.

        `alpha` `[h, w]` is the head's share of the mask; it becomes the opacity of the picture, 255 wherever it was.
        """
        if self._tones is not None:
            _draw_tones(self._tones, head, out)
            cv2.LUT(alpha, _SMOOTHLY, dst=alpha)
        elif self._style is RedactionStyle.STICKER:
            edge = min(_EDGE_PX / (FEATHER * min(head.axes)), 0.5) * 255
            levels = np.arange(256)[:, None]
            rim = ((255 - levels) / edge).clip(0, 1)
            colours = np.rint(np.array(STICKER) * (1 - rim) + np.array(RIM) * rim).astype(np.uint8)
            cv2.LUT(cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB), colours[:, None], dst=out)
            cv2.LUT(alpha, (levels[:, 0] * 255 / edge).clip(0, 255).astype(np.uint8), dst=alpha)
        else:
            cv2.cvtColor(_ornamented(head, self._style), cv2.COLOR_GRAY2RGB, dst=out)


def _smoothly() -> NDArray[np.uint8]:
    """An even fall from 255 to 0, without the corners at its beginning and end."""
    share = np.arange(256) / 255
    return np.rint(255 * share * share * (3 - 2 * share)).astype(np.uint8)


_SMOOTHLY = _smoothly()


def _draw_tones(tones: Tones, head: Head, out: Pixels) -> None:
    plain, grain = tones.over(head), _grain(tones.grain)
    # The grain lies on the photo and not on the head, so that it tells nothing of where the head begins.
    for rows, at_rows in _tiles(head.rows):
        for columns, at_columns in _tiles(head.columns):
            cv2.add(plain[rows, columns], grain[at_rows, at_columns], dst=out[rows, columns])


def _tiles(part: slice) -> Iterator[tuple[slice, slice]]:
    """The rows or columns of a head in pieces on one tile of grain each, counted from its start and from the tile's."""
    for tile in range(part.start // _GRAIN_SIDE * _GRAIN_SIDE, part.stop, _GRAIN_SIDE):
        start, stop = max(tile, part.start), min(tile + _GRAIN_SIDE, part.stop)
        yield slice(start - part.start, stop - part.start), slice(start - tile, stop - tile)


@functools.cache
def _grain(level: int) -> NDArray[np.uint8]:
    """`uint8 [512, 512, 3]`: the same noise in every photo, the same in every channel, about _GRAIN_ROOM."""
    noise = np.random.default_rng(0).normal(scale=GRAINS[level], size=(_GRAIN_SIDE, _GRAIN_SIDE))
    grey = (np.rint(noise) + _GRAIN_ROOM).clip(0, 2 * _GRAIN_ROOM).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _ornamented(head: Head, style: RedactionStyle) -> _Grey:
    ornament = _ORNAMENTS[style]
    cell_px = 2 ** min(max(0, round(math.log2(head.axes[0] / 2))), _LARGEST_CELL)
    lot = np.random.default_rng([abs(int(coordinate)) for coordinate in head.centre_xy])
    rows, columns = (
        (np.arange(part.start, part.stop) + start) * _FINE // cell_px % len(ornament)
        for part, start in zip((head.rows, head.columns), lot.integers(cell_px * len(_PATTERN), size=2), strict=True)
    )
    picture: _Grey = ornament.take(rows, 0).take(columns, 1)
    return picture


def _ornaments() -> dict[RedactionStyle, _Grey]:
    """One period of each, `uint8 [n, n]`, which repeats seamlessly on every side."""
    cells = np.kron(GREY + _PATTERN, np.ones((_FINE, _FINE), int)).astype(np.uint8)
    side = len(cells)
    smooth = cv2.GaussianBlur(np.tile(cells, (3, 3)), (0, 0), _FINE / 4)
    return {
        RedactionStyle.MOSAIC: cells,
        RedactionStyle.BLUR: np.asarray(smooth[side : 2 * side, side : 2 * side], np.uint8),
        RedactionStyle.FILL: np.full_like(cells, GREY),
    }


_ORNAMENTS = _ornaments()
