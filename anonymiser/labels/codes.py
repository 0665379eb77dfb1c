"""QR codes, Aztec codes and barcodes: where they are. What they say is dropped, and is in no value, log or message.

OpenCV has detectors too, but they need ten times as long and find fewer (docs/labels.md).
"""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from anonymiser.values.labels import Clue, ClueKind
from anonymiser.values.photo import Pixels

Grey = NDArray[np.uint8]
Quad = NDArray[np.float32]

_LINEAR = zxingcpp.BarcodeFormat.AllLinear
_MICRO = zxingcpp.BarcodeFormat.MicroQRCode
_SQUARE = (zxingcpp.BarcodeFormat.QRCode, _MICRO)
_AZTEC = zxingcpp.BarcodeFormat.Aztec
_AZTEC_PIXELS = 1_000_000
"""Aztec codes are looked for in a copy of about so many pixels: at 4 megapixels that takes a tenth of the time of the
other codes, instead of a third. docs/labels.md says why Data Matrix and PDF417 are not looked for."""
_MOST_LOOKS = 8
"""What was found is covered and the photo looked at again, until nothing is left: a reader stops at some number of
codes, and finds one at a time where several touch."""
_COVERED = 128
_ALIKE, _SAME, _LEAST_CONTRAST = 0.6, 0.95, 0.3
"""Correlation from which a row shows the same bars as the one before, and from which no better one is looked for; and
the least of its contrast, in the first's."""
_MOST_SAMPLES = 300
"""Along a row: three for each module of an EAN-13."""
_STEPS, _SHIFTS = (1, 2, 4), (0, -1, 1, -2, 2, -4, 4)
"""How far the next row may be down and aside, in samples; 45 degrees, beyond which the reader goes the other way."""
_BEYOND = 0.06
"""Bars that the outline of a barcode may lack at each end, in its lengths."""


def find_codes(pixels: Pixels) -> tuple[Clue, ...]:
    """Every code of these kinds that can be read, whichever way up, and those that are too blurred to be read whole."""
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    found: list[Quad] = []
    for _ in range(_MOST_LOOKS):
        quads = _look(grey)
        if not quads:
            break
        found += quads
        for quad in quads:
            cv2.fillConvexPoly(grey, np.rint(quad).astype(np.int32), (_COVERED,))
    return tuple(Clue(quad, ClueKind.CODE) for quad in found)


def _look(grey: Grey) -> list[Quad]:
    quads = []
    kinds = zxingcpp.BarcodeFormats([*_SQUARE, _LINEAR])
    for code in zxingcpp.read_barcodes(grey, formats=kinds, try_downscale=False, return_errors=True):
        if code.format == _MICRO and not code.valid:
            continue  # a ring in a letter looks like the one corner of these
        quad = _outline(code)
        quads.append(quad if code.format in _SQUARE else _all_of_the_bars(grey, quad))
    return quads + _aztec(grey)


def _aztec(grey: Grey) -> list[Quad]:
    times = max(1, round(math.sqrt(grey.size / _AZTEC_PIXELS)))
    height, width = (side // times for side in grey.shape)
    # By a whole number, because any other scale takes longer than the search.
    whole = grey[: height * times, : width * times]
    small = np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    kinds = zxingcpp.BarcodeFormats([_AZTEC])
    found = zxingcpp.read_barcodes(small, formats=kinds, try_downscale=False, try_invert=False, return_errors=True)
    return [_outline(code) * np.float32(times) for code in found]


def _outline(code: zxingcpp.Barcode) -> Quad:
    place = code.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return np.array([(corner.x, corner.y) for corner in corners], np.float32) + np.float32(0.5)


def _all_of_the_bars(grey: Grey, quad: Quad) -> Quad:
    """The whole of a barcode: the reader's outline is upright and holds only the rows that it happened to read.

    From the middle of that outline the bars are followed both ways, each row compared with the one before at a small
    shift, so that slanting bars are followed too.
    """
    left, right = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    length = float(np.hypot(*(right - left)))
    if length < 1:
        return quad
    along = (right - left) / np.float32(length)
    down = np.array([-along[1], along[0]], np.float32)
    across = np.linspace(0, length, min(_MOST_SAMPLES, math.ceil(length)), dtype=np.float32)[:, None] * along
    unit = max(1, round(length / _MOST_SAMPLES))

    def row(height: int, shift: int) -> NDArray[np.float32]:
        seen = _at(grey, left + across + height * down + shift * along).astype(np.float32)
        return np.asarray(seen - seen.mean(), np.float32)

    def end(way: int) -> Quad:
        last, height, shift = row(0, 0), 0, 0
        least = _LEAST_CONTRAST * float(np.hypot.reduce(last))
        while abs(height) <= length:
            best, place = -1.0, (height, shift)
            for step, aside in itertools.product(_STEPS, _SHIFTS):
                tried = height + way * step * unit, shift + aside * unit
                alike = _alike(last, row(*tried), least)
                if alike > best:
                    best, place = alike, tried
                if best >= _SAME:
                    break
            if best < _ALIKE:
                break
            height, shift = place
            last = row(*place)
        return np.asarray(left + (height + 2 * way * unit) * down + shift * along, np.float32)

    heights = (quad - left) @ down
    top, bottom = end(-1), end(1)
    top = top + min(0.0, float(heights.min() - (top - left) @ down)) * down
    bottom = bottom + max(0.0, float(heights.max() - (bottom - left) @ down)) * down
    beyond = _BEYOND * length * along
    width = length * along
    return np.array([top - beyond, top + width + beyond, bottom + width + beyond, bottom - beyond], np.float32)


def _alike(one: NDArray[np.float32], other: NDArray[np.float32], least: float) -> float:
    """Correlation of two rows of mean 0; -1 if the second has less contrast than `least`."""
    size = float(np.hypot.reduce(other))
    return -1.0 if size < max(least, 1e-3) else float(one @ other) / (float(np.hypot.reduce(one)) * size + 1e-6)


def _at(grey: Grey, places: Quad) -> Grey:
    """The pixels that hold these places; of a place beyond the picture, the nearest one."""
    columns = np.floor(places[..., 0]).astype(np.intp).clip(0, grey.shape[1] - 1)
    rows = np.floor(places[..., 1]).astype(np.intp).clip(0, grey.shape[0] - 1)
    return np.asarray(grey[rows, columns], np.uint8)
