"""Reads text with PaddlePaddle's PP-OCRv6 small: one network finds lines, another reads them.

The files come from the wheel of rapidocr. Its own code is not used, because it downloads missing files and brings an
HTTP client with it; nothing in this reader can open a connection. This reader also reads lines that are sideways or
upside down, as in a photo that has lost its orientation tag, and the memory needed to find lines does not grow with the
photo.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.errors import UnsupportedFile
from anonymiser.labels.components import rectangles
from anonymiser.labels.interface import TextReader
from anonymiser.labels.mirror import backwards, mirrored, once
from anonymiser.networks import Network, ask
from anonymiser.photo.warp import cut, resized
from anonymiser.values.labels import TextLine
from anonymiser.values.photo import Pixels

Float32 = NDArray[np.float32]

DETECTION_SCALES = (0.85, 0.425)
"""Lines are searched for in smaller versions and read at full size; docs/labels.md explains the trade-off. The second
version finds large letters; lines that the detector runs together at one size are separate at another."""

_TILE = 960
"""Longest side of what the detector is given at once, which bounds its memory."""
_TILE_MARGIN = 48
"""Tiles overlap by twice this much, and this much of each edge is ignored, because text cut by an edge is misjudged."""

# Differentiable binarisation as the detector is shipped to be used (rapidocr's config.yaml).
_UNCLIP_RATIO = 1.6

_OUTPUT = ("fetch_name_0",)
"""Name of the output of both networks."""

# The recogniser takes lines 48 px high and was trained with at least 320 px of width.
_LINE_HEIGHT = 48
_LEAST_WIDTH = 320
_WIDEST = 3200
"""A longer line is squeezed to this many pixels, which bounds the memory of one call."""
_BATCH = 6
"""Lines in one call of the recogniser."""
_MOST_LINES = 500
"""More than a newspaper's page has; of 151 photos with people, none had more than 32."""

_SURE = 0.95
"""A line read with a lower score than this is read again the other way up."""
_DOUBTFUL = 0.9
"""A line that reads no better than this either way up may be two lines taken for one. It is searched once more..."""
_SECOND_LOOK_SIDE, _LARGEST_SCALE = 240, 2.0
"""...with its surroundings, scaled so that their short side has this many pixels, but at most to twice the size."""
_LEGIBLE = 0.5
"""Below this mean probability, a string of characters is noise (rapidocr's text_score)."""


class PpOcrReader(TextReader):
    """Finds lines with one network and reads them with the other."""

    def __init__(self, detector: Network, recogniser: Network, characters: Sequence[str]) -> None:
        """`characters`: the recogniser's classes in order, without "no character" before them and the space after."""
        self._detector = detector
        self._recogniser = recogniser
        self._alphabet = np.array(["", *characters, " "])

    def read(self, pixels: Pixels) -> list[TextLine]:
        """Every legible line, whichever way up it is, and in a mirror too.

        Raises UnsupportedFile if there is so much text, or what looks like text, that reading it would take minutes.
        """
        bgr = np.ascontiguousarray(pixels[:, :, ::-1])
        lines: list[TextLine] = []
        for scale in DETECTION_SCALES:
            lines += self._lines(bgr, scale, [line.quad for line in lines if line.score >= _SURE])
        _refuse_endless_text(len(lines))
        doubtful = [line.quad for line in lines if line.score < _DOUBTFUL]
        for quad in doubtful:
            lines += self._lines_near(bgr, quad)
            _refuse_endless_text(len(lines))
        lines += self._in_a_mirror(bgr, lines) + backwards(lines)
        return [line for line in lines if line.score >= _LEGIBLE and line.text.strip()]

    def _in_a_mirror(self, bgr: Pixels, lines: Sequence[TextLine]) -> list[TextLine]:
        """What lines say as seen in a mirror: those that read badly, and all where one of them reads better so."""
        sure = [line for line in lines if line.score >= _SURE]
        found = self._read_mirrored(bgr, once(sure, [line for line in lines if line.score < _SURE]))
        if any(line.score >= _SURE for line in found):
            found += self._read_mirrored(bgr, sure)
        return found

    def _read_mirrored(self, bgr: Pixels, lines: Sequence[TextLine]) -> list[TextLine]:
        """Each line mirrored left to right, and top to bottom."""
        sideways = [mirrored(line.quad) for line in lines]
        return self._recognise(bgr, sideways + [np.roll(quad, -2, axis=0) for quad in sideways])

    def _lines_near(self, bgr: Pixels, quad: Float32) -> list[TextLine]:
        """The lines found around `quad` at another size."""
        margin = min(_sides(quad)) / 2
        low = (quad.min(0) - margin).clip(0).astype(int)
        high = np.ceil(quad.max(0) + margin).astype(int)
        region = bgr[low[1] : high[1], low[0] : high[0]]
        nearby = self._lines(region, min(_LARGEST_SCALE, _SECOND_LOOK_SIDE / min(region.shape[:2])))
        return [TextLine(line.quad + low.astype(np.float32), line.text, line.score) for line in nearby]

    def _lines(self, bgr: Pixels, scale: float, known: Sequence[Float32] = ()) -> list[TextLine]:
        """Every line outside `known`, read the way up that reads best, including those that read as noise."""
        quads = [
            quad
            for quad in _quads(self._text_map(bgr, scale), bgr.shape[1], bgr.shape[0])
            if not any(cv2.pointPolygonTest(sure, quad.mean(0).tolist(), measureDist=False) >= 0 for sure in known)
        ]
        _refuse_endless_text(len(quads))
        lines = self._recognise(bgr, quads)
        unsure = [row for row, line in enumerate(lines) if line.score < _SURE]
        for turns in (2, 1, 3):
            # A short line is nearly square, so its shape does not show which side is the top.
            again = [row for row in unsure if turns == 2 or _is_squarish(quads[row])]
            turned = self._recognise(bgr, [np.roll(quads[row], -turns, axis=0) for row in again])
            for row, line in zip(again, turned, strict=True):
                lines[row] = max(lines[row], line, key=lambda candidate: candidate.score)
        return lines

    def _text_map(self, bgr: Pixels, scale: float) -> Float32:
        """Probability that a pixel belongs to a text line, `float32 [h, w]`, of the photo scaled by `scale`."""
        height, width = (max(32, round(side * scale)) for side in bgr.shape[:2])
        scaled = resized(bgr, width, height)
        text_map = np.zeros((height, width), np.float32)
        for rows in _tiles(height):
            for columns in _tiles(width):
                found = self._run_detector(scaled[rows.start : rows.stop, columns.start : columns.stop])
                text_map[rows.inner, columns.inner] = found[rows.kept, columns.kept]
        return text_map

    def _run_detector(self, tile: Pixels) -> Float32:
        height, width = tile.shape[:2]
        below, right = -height % 32, -width % 32  # the network halves its input five times
        padded = cv2.copyMakeBorder(tile, 0, below, 0, right, cv2.BORDER_REPLICATE)
        batch = _normalised(np.asarray(padded, np.uint8))[None]
        (probability,) = ask(self._detector, "PP-OCR detector", _OUTPUT, {"x": batch})
        return probability[0, 0, :height, :width]

    def _recognise(self, bgr: Pixels, quads: Sequence[Float32]) -> list[TextLine]:
        """The text of each quad, read from its first corner towards its second."""
        strips = [_strip(bgr, quad) for quad in quads]
        lines: dict[int, TextLine] = {}
        by_width = sorted(range(len(strips)), key=lambda row: strips[row].shape[1])
        for start in range(0, len(by_width), _BATCH):
            rows = by_width[start : start + _BATCH]
            width = max(_LEAST_WIDTH, *(strips[row].shape[1] for row in rows))
            batch = np.zeros((len(rows), 3, _LINE_HEIGHT, width), np.float32)
            for place, row in enumerate(rows):
                batch[place, :, :, : strips[row].shape[1]] = _normalised(strips[row])
            (answer,) = ask(self._recogniser, "PP-OCR recogniser", _OUTPUT, {"x": batch})
            for row, probabilities in zip(rows, answer, strict=True):
                lines[row] = TextLine(quads[row], *self._decode(probabilities))
        return [lines[row] for row in range(len(quads))]

    def _decode(self, probabilities: Float32) -> tuple[str, float]:
        """Greedy CTC decoding of `float32 [steps, classes]`: text, and the mean probability of its characters."""
        best = probabilities.argmax(axis=1)
        kept = best != 0
        kept[1:] &= best[1:] != best[:-1]
        if not kept.any():
            return "", 0.0
        return "".join(self._alphabet[best[kept]]), float(probabilities.max(axis=1)[kept].mean())


def _refuse_endless_text(lines: int) -> None:
    if lines > _MOST_LINES:
        raise UnsupportedFile(
            "there is more writing in the picture than can be searched for names",
            remedy="Cut out the part that you need, and put that into the folder.",
        )


@dataclass(frozen=True, slots=True)
class _Span:
    """One tile along one axis."""

    start: int
    stop: int
    inner: slice
    """The part of the whole that this tile answers for."""
    kept: slice
    """The same, counted from the tile's start."""


def _tiles(length: int) -> list[_Span]:
    """Equal tiles of at most _TILE whose answers cover `length` without a gap or an overlap."""
    count = 1 if length <= _TILE else math.ceil(length / (_TILE - 2 * _TILE_MARGIN))
    edges = np.linspace(0, length, count + 1).round().astype(int)
    spans = []
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        start, stop = max(0, low - _TILE_MARGIN), min(length, high + _TILE_MARGIN)
        spans.append(_Span(start, stop, slice(low, high), slice(low - start, high - start)))
    return spans


def _normalised(bgr: Pixels) -> Float32:
    """`float32 [3, H, W]` in -1..1."""
    scaled: Float32 = bgr.transpose(2, 0, 1).astype(np.float32) / np.float32(127.5) - np.float32(1)
    return scaled


def _quads(text_map: Float32, width: int, height: int) -> list[Float32]:
    """Corners of text lines in a photo of `width` x `height`, clockwise, from where upright text would begin."""
    scale = np.array([width / text_map.shape[1], height / text_map.shape[0]], np.float32)
    quads = []
    for centre, (long, short), angle in rectangles(text_map):
        # The detector marks the core of a line, which is grown by area x ratio / perimeter (Liao et al. 2020, eq. 10).
        grow = long * short * _UNCLIP_RATIO / (long + short)
        corners = cv2.boxPoints((centre, (long + grow, short + grow), angle)) * scale
        quads.append(_upright(corners.astype(np.float32)))
    return quads


def _upright(corners: Float32) -> Float32:
    """Clockwise corners, the first side along the line: to the right, or downwards if the line is steep."""
    if _is_squarish(corners):
        turns = max(range(4), key=lambda turn: float((corners[(turn + 1) % 4] - corners[turn])[0]))
        return np.roll(corners, -turns, axis=0)
    along, across = _sides(corners)
    if across > along:
        corners = np.roll(corners, -1, axis=0)
    first = corners[1] - corners[0]
    return np.roll(corners, -2, axis=0) if first[np.abs(first).argmax()] < 0 else corners


def _sides(quad: Float32) -> tuple[float, float]:
    """Length of the first and of the second side, along and across the line."""
    return float(np.hypot(*(quad[1] - quad[0]))), float(np.hypot(*(quad[2] - quad[1])))


def _is_squarish(quad: Float32) -> bool:
    return max(_sides(quad)) < 1.5 * min(_sides(quad))


def _strip(bgr: Pixels, quad: Float32) -> Pixels:
    """The line, cut out and level, `uint8 [48, W, 3]`."""
    width, height = (max(1.0, side) for side in _sides(quad))
    target_width = min(_WIDEST, max(1, math.ceil(_LINE_HEIGHT * width / height)))
    target = np.array([[0, 0], [target_width, 0], [target_width, _LINE_HEIGHT]], np.float32)
    affine = np.asarray(cv2.getAffineTransform(quad[:3].astype(np.float32), target), np.float64)
    # Averaged wherever it shrinks, and no further than it must: the strokes of letters are thin.
    return cut(
        bgr,
        affine,
        target_width,
        _LINE_HEIGHT,
        interpolation=cv2.INTER_CUBIC,
        border=cv2.BORDER_REPLICATE,
        shrink_below=1.0,
        spare=1.0,
    )
