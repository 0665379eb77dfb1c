"""Both detectors on their pyramids, merged: what the pipeline calls."""

from __future__ import annotations

from anonymiser.detect.interface import FaceDetector, Faces
from anonymiser.detect.mediapipe import BlazeFace
from anonymiser.detect.merge import merge
from anonymiser.detect.pyramid import Level, search
from anonymiser.detect.yunet import YuNet
from anonymiser.photo.interface import Pixels

YUNET_TILE_PX, YUNET_OVERLAP_PX = 1280, 192
"""Bounds the memory of one call; YuNet's largest anchor sees about 200 px of context."""

BLAZEFACE_TILE_PX, BLAZEFACE_OVERLAP_PX = 768, 144


class CombinedDetector(FaceDetector):
    """YuNet upright and turned, BlazeFace on three scales."""

    def __init__(
        self, *, yunet_threshold: float = 0.35, turned_threshold: float = 0.6, blazeface_threshold: float = 0.5
    ) -> None:
        self._yunet = YuNet(yunet_threshold)
        self._turned_threshold = turned_threshold
        self._blazeface = BlazeFace(blazeface_threshold)

    def detect(self, pixels: Pixels) -> Faces:
        """Every face, one row each, in photo pixels."""
        longest = max(pixels.shape[:2])
        upright = search(pixels, yunet_levels(longest), self._yunet)
        turned = search(pixels, turned_levels(longest), self._yunet)
        close = search(pixels, blazeface_levels(longest), self._blazeface)
        return merge([upright, turned[turned.score >= self._turned_threshold], close])


def yunet_levels(longest_px: int) -> tuple[Level, ...]:
    """Native size, twice that for small faces, and small copies for faces too large for the network's anchors."""
    scales = [1.0, 2.0 if longest_px <= 1600 else 1.0, min(1.0, 320 / longest_px)]
    return tuple(Level(scale, YUNET_TILE_PX, YUNET_OVERLAP_PX) for scale in sorted(set(scales)))


def turned_levels(longest_px: int) -> tuple[Level, ...]:
    """Quarter turns, for photos without an orientation tag and for children upside down."""
    scale = min(1.0, 1024 / longest_px)
    return tuple(Level(scale, YUNET_TILE_PX, YUNET_OVERLAP_PX, turn_degrees=turn) for turn in (90, 180, 270))


def blazeface_levels(longest_px: int) -> tuple[Level, ...]:
    """The whole photo, its halves and its quarters at the 192 px that the network was trained for."""
    return tuple(
        Level(min(1.0, 192 * parts / longest_px), BLAZEFACE_TILE_PX, BLAZEFACE_OVERLAP_PX) for parts in (1, 2, 4)
    )
