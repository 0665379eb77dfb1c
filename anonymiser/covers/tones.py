"""The tones and the grain of a photo, taken from what its copy shows anyway.

No pixel of a covered head or label is read, and none of the ring around it. So whatever these values tell, the copy
tells already: they could be worked out from the copy itself. They are few besides: a colour of 15 bits for each of at
most 12 x 12 places, and one of five grains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.covers.regions import FEATHER, Head
from anonymiser.values.photo import Pixels

GREY = 128
"""The tone if there is nothing to take one from, in every channel."""
GRAINS = (0.7, 1.5, 2.5, 4.0, 6.0)
"""Standard deviations of grain that can be told apart, in grey levels; the least is enough to hide steps of 1."""

_RING = 0.25
"""Width of the ring around a head that is not read either, in half-axes of the head."""
_LEAST_RING_PX = 4
_SAMPLED = 400
"""About how many pixels of the longer side are looked at."""
_CELLS = 12
"""Places along the longer side. With 8 the covers come out much the same grey in most photos; with 16 nothing gets
better to the eye."""
_STEP = 8
"""Grey levels to which a tone is rounded."""
_DARKEST, _LIGHTEST = 20, 235
"""Room for the grain on both sides."""
_SPREAD = 0.6
"""Sigma in cells with which tones of neighbouring places run into one another."""
_OVERALL = 0.05
"""Weight of the overall tone in each place, in pixels read there as a share of its area."""
_GREYER = 0.5
"""How much colour a tone like skin loses, by eye."""
_LIFT, _BRIGHT = 0.2, 208
"""How far a tone is drawn towards a bright one, by eye: a dark cover in front of dark looks like a face in shadow."""
_FINE = 8
"""Pixels on a side with which a cell is smoothed."""
REDUCED = 16
"""Pixels of the photo on a side of one of `Tones.field`."""
_FEWEST = 64
"""Samples without which there is no tone to speak of."""
_PATCH = 8
"""Pixels on a side of a patch whose grain is measured."""
_SMOOTHEST = 0.25
"""Share of the patches that are taken for smooth; in the others structure is stronger than grain."""


@dataclass(frozen=True, slots=True)
class Tones:
    """How a photo looks on the whole."""

    field: NDArray[np.uint8] = field(repr=False)
    """`uint8 [h, w, 3]` in _DARKEST.._LIGHTEST: soft patches of colour, a pixel for each REDUCED x REDUCED pixels of
    the photo and one beyond each border."""
    grain: int
    """Index in GRAINS."""

    def over(self, head: Head) -> Pixels:
        """The part of `field` that lies over the rows and columns of a head, as large as they are."""
        first = [part.start // REDUCED for part in (head.rows, head.columns)]
        last = [(part.stop - 1) // REDUCED + 2 for part in (head.rows, head.columns)]
        part = self.field[first[0] : last[0] + 1, first[1] : last[1] + 1]
        # Whole multiples, because resizing is ten times as fast as warping.
        large = cv2.resize(part, (part.shape[1] * REDUCED, part.shape[0] * REDUCED), interpolation=cv2.INTER_LINEAR)
        top, left = (part.start % REDUCED + REDUCED for part in (head.rows, head.columns))
        return np.asarray(large[top : top + head.shape[0], left : left + head.shape[1]], np.uint8)


def tones_of(pixels: Pixels, heads: Sequence[Head], labels: Sequence[NDArray[np.int32]]) -> Tones:
    """Tones of what a photo shows beside `heads`, `labels` (polygons `int32 [K, 1, 2]`) and a ring around each."""
    height, width = pixels.shape[:2]
    step = max(1, max(height, width) // _SAMPLED)
    free = _free((height, width), step, heads, labels)
    if int(free.sum()) < _FEWEST:
        cells = np.full((1, 1, 3), GREY, np.uint8)
        return Tones(_stretched(cells, (height, width)), 0)
    cells = _cells(pixels[::step, ::step], free)
    return Tones(_stretched(cells, (height, width)), _grain(pixels, step, free))


def _free(
    shape: tuple[int, int], step: int, heads: Sequence[Head], labels: Sequence[NDArray[np.int32]]
) -> NDArray[np.uint8]:
    """1 for each pixel of every `step`-th row and column that may be read."""
    rows, columns = np.arange(0, shape[0], step), np.arange(0, shape[1], step)
    free = np.ones((len(rows), len(columns)), np.uint8)
    for head in heads:
        # A step wider, so that nothing of a small head lies unseen between two samples that are free.
        across, along = (axis * (1 + FEATHER) + max(_RING * axis, _LEAST_RING_PX) + step for axis in head.axes)
        reach = max(across, along)
        down, right = (
            slice(*np.searchsorted(places + 0.5, (centre - reach, centre + reach)))
            for places, centre in ((rows, head.centre_xy[1]), (columns, head.centre_xy[0]))
        )
        y, x = rows[down, None] + 0.5 - head.centre_xy[1], columns[None, right] + 0.5 - head.centre_xy[0]
        down_x, down_y = head.down_xy
        outside = ((x * down_y - y * down_x) / across) ** 2 + ((x * down_x + y * down_y) / along) ** 2 > 1
        free[down, right] &= outside
    for polygon in labels:
        # The upright box around it: writing is mostly level, and what a slanted line takes too much is only not read.
        low, high = (
            polygon.reshape(-1, 2).min(0) - _LEAST_RING_PX - 1,
            polygon.reshape(-1, 2).max(0) + _LEAST_RING_PX + 1,
        )
        down, right = (
            slice(*np.searchsorted(places, (first, last + 1)))
            for places, first, last in ((rows, low[1], high[1]), (columns, low[0], high[0]))
        )
        free[down, right] = 0
    return free


def _cells(sample: Pixels, free: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """All that is taken of a photo's colours: `uint8 [h, w, 3]`, with at most _CELLS rows and columns."""
    height, width = free.shape
    cells = tuple(max(1, round(_CELLS * side / max(height, width))) for side in (width, height))
    seen = cv2.bitwise_and(sample, sample, mask=free).astype(np.float32)
    colour = cv2.resize(seen, cells, interpolation=cv2.INTER_AREA).reshape(*cells[::-1], 3)
    weight = cv2.resize(free.astype(np.float32), cells, interpolation=cv2.INTER_AREA).reshape(*cells[::-1], 1)
    overall = colour.sum((0, 1)) / weight.sum()
    colour, weight = (
        cv2.GaussianBlur(part, (0, 0), _SPREAD, borderType=cv2.BORDER_CONSTANT).reshape(*cells[::-1], -1)
        for part in (colour, weight)
    )
    tone = _unlike_skin((colour + _OVERALL * overall) / (weight + _OVERALL))
    tone += _LIFT * (_BRIGHT - tone).clip(0)
    return np.asarray((np.rint(tone / _STEP) * _STEP).clip(_DARKEST, _LIGHTEST), np.uint8)


def _unlike_skin(tone: NDArray[np.float32]) -> NDArray[np.float32]:
    """The tones `[..., 3]`, greyer where red exceeds green and green exceeds blue, as in skin of any colour.

    Wood, sand and brick have such tones too, and in the place of a head they would pass for a face without features.
    """
    red, green, blue = np.moveaxis(tone, -1, 0)
    like = ((red - green) / 12).clip(0, 1) * ((green - blue + 8) / 16).clip(0, 1)
    grey = tone.mean(-1, keepdims=True)
    return np.asarray(grey + (tone - grey) * (1 - _GREYER * like[..., None]), np.float32)


def _stretched(cells: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """`Tones.field` for a photo of `shape`."""
    rows, columns = cells.shape[:2]
    fine = cv2.resize(cells.astype(np.float32), (columns * _FINE, rows * _FINE), interpolation=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(fine, (0, 0), _FINE / 2, borderType=cv2.BORDER_REPLICATE)
    height, width = (-(-side // REDUCED) for side in shape)
    field = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
    bordered = cv2.copyMakeBorder(field, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return np.asarray(np.rint(bordered), np.uint8)


def _patches(shape: tuple[int, ...], step: int, free: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Row and column `[N, 2]` of the first pixel of at most some 1,000 patches that lie where the photo may be read."""
    around = 2 * (_PATCH // step + 1) + 1
    whole = cv2.erode(free, np.ones((around, around), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
    places = np.argwhere(whole)
    places = places[:: max(1, len(places) // 1000)] * step
    return places[(places + _PATCH <= shape[:2]).all(1)]


def _grain(pixels: Pixels, step: int, free: NDArray[np.uint8]) -> int:
    """Which of GRAINS is nearest to what the smoothest patches have beside flat and evenly sloping light.

    The residual is that of Immerkaer ("Fast noise variance estimation", Computer Vision and Image Understanding 64,
    1996), reduced to two by two pixels; of white noise it has the same standard deviation.
    """
    places = _patches(pixels.shape, step, free)
    if len(places) == 0:
        return 0
    offsets = np.arange(_PATCH)
    rows = (places[:, 0, None] + offsets)[:, :, None]
    columns = (places[:, 1, None] + offsets)[:, None, :]
    patch = pixels[rows, columns, 1].astype(np.float32)
    residual = (patch[:, :-1, :-1] - patch[:, 1:, :-1] - patch[:, :-1, 1:] + patch[:, 1:, 1:]) / 2
    sigma = float(np.quantile(residual.std((1, 2)), _SMOOTHEST))
    return int(np.abs(np.array(GRAINS) - sigma).argmin())
