"""MediaPipe's BlazePose person detector as a tile detector: finds heads by the shoulders below them, not by the face.

V. Bazarevsky and others, "BlazePose: On-device Real-time Body Pose tracking" (2020); anchors as in
mediapipe/modules/pose_detection/pose_detection_cpu.pbtxt.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.blazeface import anchor_rows, probabilities, raw_outputs
from anonymiser.detect.interface import TileDetector
from anonymiser.networks import Network
from anonymiser.values.faces import Faces, Float32

TILE_PX = 224
"""Side of the tiles; the network's anchors allow no other."""
GRIDS = ((28, 2), (14, 2), (7, 6))
"""Cells along a tile's side, and anchors in each cell; the order is that of the network's output."""
UP, SIDE = 0.28, 0.34
"""Where the head is, and how large, as shares of the distance from the shoulders to the circle around the upper body:
medians over the people whose face is known in 224 photos of WIDER FACE."""


class BlazePose(TileDetector):
    """Tiles must be of TILE_PX."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, tiles: NDArray[np.uint8], threshold: float) -> tuple[Faces, NDArray[np.intp]]:
        """Heads of people above the threshold in tile pixels, and the tile of each."""
        return decode(*raw_outputs(self._network, "BlazePose", tiles), threshold=threshold)


def anchors() -> Float32:
    """`float32 [2254, 2]`: x, y of every anchor in tile pixels, the middle of its cell."""
    return anchor_rows(TILE_PX, GRIDS)


_ANCHORS = anchors()


def decode(regressors: Float32, logits: Float32, *, threshold: float) -> tuple[Faces, NDArray[np.intp]]:
    """Outputs `[B, 2254, 12]` and `[B, 2254, 1]` to heads in tile pixels, for the whole batch at once.

    Of the regressors, in tile pixels from the anchor, only the third and fourth point are used: the middle of the
    shoulders, and a point on the circle around the upper body, straight above them in the body's own direction.
    """
    probability = probabilities(logits)
    tile, row = np.nonzero(probability >= threshold)
    shoulders, above = regressors[tile, row, 8:10] + _ANCHORS[row], regressors[tile, row, 10:12] + _ANCHORS[row]
    points = np.full((len(tile), 5, 2), np.nan, np.float32)
    return Faces(head_boxes(shoulders, above), probability[tile, row].astype(np.float32), points), tile


def head_boxes(shoulders: Float32, above: Float32) -> Float32:
    """Boxes `[N, 4]` of the heads above the middles of the shoulders `[N, 2]`, in the direction of `above` `[N, 2]`."""
    upwards = above - shoulders
    centre = shoulders + UP * upwards
    half = SIDE / 2 * np.hypot(upwards[:, 0], upwards[:, 1])[:, None]
    return np.concatenate([centre - half, centre + half], 1).astype(np.float32)
