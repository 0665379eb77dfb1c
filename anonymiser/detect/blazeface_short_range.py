"""MediaPipe's BlazeFace (short range) as a tile detector: a second judge of heads that CenterFace doubts.

As a search it finds hands and lettering. On a crop around a head that another network proposes it is a good judge,
because it was trained on other photos. V. Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on
Mobile GPUs" (2019); anchors as in mediapipe/modules/face_detection/face_detection_short_range.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.blazeface import anchor_rows, faces_of, probabilities, raw_outputs
from anonymiser.detect.interface import TileDetector
from anonymiser.networks import Network
from anonymiser.values.faces import Faces, Float32

TILE_PX = 128
"""Side of the tiles; the network's anchors allow no other."""
GRIDS = ((16, 2), (8, 6))
"""Cells along a tile's side, and anchors in each cell; the order is that of the network's output."""


class BlazeFaceShortRange(TileDetector):
    """Tiles must be of TILE_PX."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, tiles: NDArray[np.uint8], threshold: float) -> tuple[Faces, NDArray[np.intp]]:
        """Faces above the threshold in tile pixels, and the tile of each."""
        return decode(*raw_outputs(self._network, "BlazeFace short range", tiles), threshold=threshold)


_ANCHORS = anchor_rows(TILE_PX, GRIDS)


def decode(regressors: Float32, logits: Float32, *, threshold: float) -> tuple[Faces, NDArray[np.intp]]:
    """Outputs `[B, 896, 16]` and `[B, 896, 1]` to faces in tile pixels, for the whole batch at once.

    The regressors are those of `blazeface.decode`, and so are the points.
    """
    probability = probabilities(logits)
    tile, row = np.nonzero(probability >= threshold)
    return faces_of(regressors[tile, row], _ANCHORS[row], probability[tile, row]), tile
