"""Both detectors on their pyramids, doubtful faces looked at again, all merged: what the pipeline calls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.confirm import look_again
from anonymiser.detect.interface import FaceDetector, Faces, Float32
from anonymiser.detect.mediapipe import TILE_PX, BlazeFace
from anonymiser.detect.merge import merge, suppress, without_parts
from anonymiser.detect.pyramid import Level, search
from anonymiser.detect.yunet import YuNet
from anonymiser.photo.interface import Pixels

YUNET_TILE_PX, YUNET_OVERLAP_PX = 1280, 192
"""Bounds the memory of one call; neighbouring tiles share more than the largest face sought at native size."""
YUNET_LARGE_PX = 320
"""Long side of the copy on which faces that fill the frame have the size of YuNet's anchors."""
TURNED_PX = 1024
"""Long side of turned copies: a head lying sideways is rarely a far one."""
DOUBLED_PX = 1280
"""Photos up to this long side are also searched at twice their size, where faces of 8 px become findable."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores from which a proposal counts; chosen for recall, on school-like photos of WIDER FACE."""

    propose_upright: float = 0.3
    propose_turned: float = 0.5
    propose_blazeface: float = 0.4
    certain: float = 0.7
    """An upright proposal up to `large_px` with this score needs no closer look."""
    confirm_small: float = 0.3
    confirm_large: float = 0.65
    """What the closer look must say; stricter for large faces, where it sees most and a mistake costs most pixels."""
    confirm_turned: float = 0.65
    """As strict for every turned face: seven turns make seven times the mistakes."""
    large_px: int = 100


class CombinedDetector(FaceDetector):
    """YuNet upright and in seven turns, MediaPipe's BlazeFace on tiles of three scales."""

    def __init__(self, thresholds: Thresholds = Thresholds()) -> None:
        self._thresholds = thresholds
        self._yunet_upright = YuNet(thresholds.propose_upright)
        self._yunet_turned = YuNet(thresholds.propose_turned)
        self._yunet_close = YuNet(min(thresholds.confirm_small, thresholds.confirm_large))
        self._blazeface = BlazeFace(thresholds.propose_blazeface)

    def detect(self, pixels: Pixels) -> Faces:
        """Every face, one row each, in photo pixels."""
        longest = max(pixels.shape[:2])
        parts = [self._upright(pixels, search(pixels, yunet_levels(longest), self._yunet_upright))]
        parts += [self._turned(pixels, level) for level in turned_levels(longest)]
        parts += [self._upright(pixels, search(pixels, blazeface_levels(longest), self._blazeface))]
        return without_parts(merge(parts))

    def _upright(self, pixels: Pixels, proposed: Faces) -> Faces:
        faces = suppress(proposed)
        certain = (faces.score >= self._thresholds.certain) & ~self._large(faces)
        doubtful = faces[~certain]
        needed = np.where(self._large(doubtful), self._thresholds.confirm_large, self._thresholds.confirm_small)
        close = look_again(pixels, doubtful, self._yunet_close)
        return Faces.concatenate([faces[certain], close[close.score >= needed]])

    def _turned(self, pixels: Pixels, level: Level) -> Faces:
        faces = suppress(search(pixels, (level,), self._yunet_turned))
        close = look_again(pixels, faces, self._yunet_close, turn_degrees=level.turn_degrees)
        return close[close.score >= self._thresholds.confirm_turned]

    def _large(self, faces: Faces) -> NDArray[np.bool_]:
        side: Float32 = (faces.xyxy[:, 2:] - faces.xyxy[:, :2]).max(1, initial=0)
        return side >= self._thresholds.large_px


def yunet_levels(longest_px: int) -> tuple[Level, ...]:
    """Native size, twice that for small faces, and a small copy for faces too large for the network's anchors."""
    scales = {1.0, min(1.0, YUNET_LARGE_PX / longest_px)}
    if longest_px <= DOUBLED_PX:
        scales.add(2.0)
    return tuple(Level(scale, YUNET_TILE_PX, YUNET_OVERLAP_PX) for scale in sorted(scales))


def turned_levels(longest_px: int) -> tuple[Level, ...]:
    """Every eighth of a turn: photos without an orientation tag, children upside down, heads lying sideways."""
    scale = min(1.0, TURNED_PX / longest_px)
    return tuple(
        Level(scale, YUNET_TILE_PX, YUNET_OVERLAP_PX, turn_degrees=turn) for turn in range(45, 360, 45)
    )  # fmt: skip


def blazeface_levels(longest_px: int) -> tuple[Level, ...]:
    """The whole photo, tiles of half and tiles of a quarter of its long side, each at the size of the training."""
    return tuple(Level(min(1.0, TILE_PX * parts / longest_px), TILE_PX, TILE_PX // 4) for parts in (1, 2, 4))
