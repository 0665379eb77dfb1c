"""CenterFace as a tile detector: it takes ten times as long as YuNet, and is by far the best judge of what is a head.

Y. Xu, W. Yan, G. Yang and others, "CenterFace: Joint Face Detection and Alignment Using Face as Point", Scientific
Programming (2020).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.interface import TileDetector
from anonymiser.networks import Network, ask
from anonymiser.values.faces import Faces, Float32

STRIDE = 4
"""Tile pixels per cell of the output grid."""
OUTPUTS = ("heat", "sizes", "offsets", "points")
"""The network's outputs, in the order of `decode`'s arguments."""


class CenterFace(TileDetector):
    """Tile sides must be multiples of 32."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, tiles: NDArray[np.uint8], threshold: float) -> tuple[Faces, NDArray[np.intp]]:
        """Faces above the threshold in tile pixels, and the tile of each."""
        image = np.ascontiguousarray(tiles.transpose(0, 3, 1, 2), np.float32)
        return decode(*ask(self._network, "CenterFace", OUTPUTS, {"image": image}), threshold=threshold)


def decode(
    heat: Float32, sizes: Float32, offsets: Float32, points: Float32, *, threshold: float
) -> tuple[Faces, NDArray[np.intp]]:
    """Outputs `[B, 1|2|2|10, h, w]` to faces in tile pixels, for the whole batch at once.

    Pairs are y before x: sizes are logarithms in cells, offsets lead from a cell's middle to the face's centre in
    cells, points are in heights and widths from the box's top left corner.
    """
    tile, row, column = np.nonzero(heat[:, 0] >= threshold)
    # The bound stops a wild output from overflowing; no tile has e^7 cells.
    size = np.exp(np.minimum(sizes[tile, :, row, column], 7.0))[:, ::-1] * STRIDE
    middle = np.stack([column, row], 1).astype(np.float32) + 0.5
    low = (middle + offsets[tile, :, row, column][:, ::-1]) * STRIDE - size / 2
    found = points[tile, :, row, column].reshape(-1, 5, 2)[..., ::-1] * size[:, None] + low[:, None]
    xyxy = np.concatenate([low, low + size], 1)
    return Faces(xyxy.astype(np.float32), heat[tile, 0, row, column], found.astype(np.float32)), tile
