"""YuNet as a tile detector: upright faces of about 10 to 300 px, with good landmarks.

W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 20 (2023).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.interface import TileDetector
from anonymiser.networks import Network, ask
from anonymiser.values.faces import Faces, Float32

STRIDES = (8, 16, 32)
"""Tile pixels per cell of the three output grids."""
OUTPUTS = [f"{kind}_{stride}" for stride in STRIDES for kind in ("cls", "obj", "bbox", "kps")]
"""The network's outputs, in the order of `decode`'s arguments, stride by stride."""


class YuNet(TileDetector):
    """Tile sides must be multiples of 32."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, tiles: NDArray[np.uint8], threshold: float) -> tuple[Faces, NDArray[np.intp]]:
        """Faces above the threshold in tile pixels, and the tile of each."""
        bgr = np.ascontiguousarray(tiles[..., ::-1].transpose(0, 3, 1, 2), np.float32)
        outputs = ask(self._network, "YuNet", OUTPUTS, {"input": bgr})
        width = tiles.shape[2]
        parts = [
            decode(*outputs[4 * k : 4 * k + 4], stride=stride, columns=width // stride, threshold=threshold)
            for k, stride in enumerate(STRIDES)
        ]
        return Faces.concatenate([faces for faces, _ in parts]), np.concatenate([tile for _, tile in parts])


def decode(
    cls: Float32, obj: Float32, bbox: Float32, kps: Float32, *, stride: int, columns: int, threshold: float
) -> tuple[Faces, NDArray[np.intp]]:
    """One stride's outputs `[B, cells, 1|1|4|10]` to faces in tile pixels, for the whole batch at once.

    As in OpenCV's FaceDetectorYN: the score is the geometric mean of class and objectness; centres and points are
    offsets from the cell's corner in strides, sides are exponentials of strides.
    """
    score = np.sqrt(np.clip(cls[..., 0], 0, 1) * np.clip(obj[..., 0], 0, 1))
    tile, cell = np.nonzero(score >= threshold)
    corner = np.stack([cell % columns, cell // columns], 1).astype(np.float32)
    raw, points = bbox[tile, cell], kps[tile, cell].reshape(-1, 5, 2)
    centre = (corner + raw[:, :2]) * stride
    # A side of e^6 strides is more than any tile has; the bound keeps a wild output from overflowing.
    half = np.exp(np.minimum(raw[:, 2:], 6.0)) * stride / 2
    xyxy = np.concatenate([centre - half, centre + half], 1)
    return Faces(xyxy, score[tile, cell], (points + corner[:, None]) * stride), tile
