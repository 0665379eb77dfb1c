"""From a photo and five points for each face to the upright chips that an embedder expects."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.values.photo import Pixels

CHIP = 112
"""Side of a chip in pixels."""

TEMPLATE: NDArray[np.float64] = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
"""`[5, 2]`: where right eye, left eye, nose tip, right and left mouth corner (the person's own right) belong in a
chip. From ArcFace (Deng and others, CVPR 2019; `arcface_dst` of insightface); SFace was trained on the same."""

_SHRINK_BELOW = 0.5
"""Bilinear sampling reads two pixels a side, so it loses information when it shrinks a picture to less than half."""

_SPARE = 1.5
"""How much larger than a chip the anti-aliased copy is, so that the final warp does not blur it a second time."""


def similarity(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Transforms `[N, 2, 3]` that bring points `[N, 5, 2]` onto the template, in the least-squares sense.

    Rotation, one scale and a shift, without mirroring: the closed form in two dimensions from Umeyama, "Least-squares
    estimation of transformation parameters between two point patterns", PAMI 1991. If a face's points are not finite,
    or all coincide, its transform is NaN.
    """
    source = np.where(np.isfinite(points), points, np.nan).astype(np.float64)
    source_mean = source.mean(1, keepdims=True)
    target_mean = TEMPLATE.mean(0)
    s, t = source - source_mean, TEMPLATE - target_mean
    spread = (s * s).sum((1, 2))
    spread = np.where(spread > 0, spread, np.nan)
    cos = (s * t).sum((1, 2)) / spread
    sin = (s[..., 0] * t[:, 1] - s[..., 1] * t[:, 0]).sum(1) / spread
    turn = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    shift = target_mean - (turn @ source_mean.mT)[..., 0]
    return np.concatenate([turn, shift[..., None]], -1)


def align(pixels: Pixels, points: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Chips `uint8 [N, 112, 112, 3]`, RGB, for points `[N, 5, 2]` in the pixel coordinates of the photo.

    Anything outside the photo is black. Raises ValueError if a face's points are not finite or coincide.
    """
    chips = np.zeros((len(points), CHIP, CHIP, 3), np.uint8)
    transforms = similarity(points)
    if not np.isfinite(transforms).all():
        raise ValueError("a face without five distinct points cannot be aligned")
    for chip, transform in zip(chips, transforms, strict=True):
        _warp(pixels, transform, chip)
    return chips


def _warp(pixels: Pixels, transform: NDArray[np.float64], chip: NDArray[np.uint8]) -> None:
    """Fill `chip`; if the face is large, shrink its surroundings by area first."""
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    if scale < _SHRINK_BELOW:
        crop, left, top = _surroundings(pixels, transform, scale)
        if not crop.size:
            return
        width, height = (max(1, round(side * scale * _SPARE)) for side in crop.shape[1::-1])
        factor = np.array([width / crop.shape[1], height / crop.shape[0]])
        pixels = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        turn = transform[:, :2] / factor
        # Pixel i of the crop has its centre at i + 1/2; the half is scaled with it.
        shift = transform[:, 2] + transform[:, :2] @ np.array([left, top]) + turn @ ((1 - factor) / 2)
        transform = np.column_stack([turn, shift])
    cv2.warpAffine(pixels, transform, (CHIP, CHIP), dst=chip, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def _surroundings(pixels: Pixels, transform: NDArray[np.float64], scale: float) -> tuple[Pixels, int, int]:
    """The part of the photo that the chip shows, with a margin for interpolation, and its left and top edge."""
    corners = np.array([[0.0, 0.0], [CHIP, 0.0], [0.0, CHIP], [CHIP, CHIP]])
    in_photo = np.linalg.solve(transform[:, :2], (corners - transform[:, 2]).T).T
    margin = 2 / scale
    height, width = pixels.shape[:2]
    left, top = (np.floor(in_photo.min(0) - margin)).clip(0, (width, height)).astype(int)
    right, bottom = (np.ceil(in_photo.max(0) + margin)).clip(0, (width, height)).astype(int)
    return pixels[top:bottom, left:right], int(left), int(top)
