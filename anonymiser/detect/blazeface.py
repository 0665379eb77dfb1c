"""MediaPipe's BlazeFace (full range, sparse) as a tile detector: close and half-turned faces.

The network is MediaPipe's own, run by the runtime that runs every other model; a test compares it with MediaPipe's
FaceDetector task. V. Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs" (2019);
anchors as in mediapipe/modules/face_detection/face_detection_full_range.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.interface import TileDetector
from anonymiser.networks import Network, ask
from anonymiser.values.faces import Faces, Float32

TILE_PX = 192
"""Side of the tiles that the network was trained on. It also runs on larger ones, but finds a tenth fewer faces."""
STRIDE = 4
"""Tile pixels per cell of the output grid; each cell has one anchor at its centre."""


class BlazeFace(TileDetector):
    """Tiles should be of TILE_PX."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, tiles: NDArray[np.uint8], threshold: float) -> tuple[Faces, NDArray[np.intp]]:
        """Faces above the threshold in tile pixels, and the tile of each."""
        return decode(*raw_outputs(self._network, "BlazeFace", tiles), threshold=threshold)


def raw_outputs(network: Network, name: str, tiles: NDArray[np.uint8]) -> tuple[Float32, Float32]:
    """Regressors and logits of one of MediaPipe's detectors, which take tiles with values in -1..1."""
    image = np.ascontiguousarray(tiles.transpose(0, 3, 1, 2), np.float32)
    image /= 127.5
    image -= 1
    regressors, logits = ask(network, name, ("regressors", "logits"), {"image": image})
    return regressors, logits


def anchor_rows(tile_px: int, grids: tuple[tuple[int, int], ...]) -> Float32:
    """`float32 [N, 2]`: x, y in tile pixels of the anchors of grids one after the other, each the middle of its cell.

    A grid is given by its cells along a tile's side and the anchors in each cell.
    """
    rows = []
    for cells, each in grids:
        middle = (np.arange(cells, dtype=np.float32) + 0.5) * np.float32(tile_px / cells)
        rows.append(np.stack(np.meshgrid(middle, middle), -1).reshape(-1, 2).repeat(each, 0))
    return np.concatenate(rows)


def decode(regressors: Float32, logits: Float32, *, threshold: float) -> tuple[Faces, NDArray[np.intp]]:
    """Outputs `[B, h, w, 16]` and `[B, h, w, 1]` to faces in tile pixels, for the whole batch at once.

    Regressors are in tile pixels relative to the anchor: centre, sides, then six points (right eye, left eye, nose
    tip, mouth centre, right and left ear). MediaPipe gives no mouth corners, so they stay NaN, and a face that
    only BlazeFace finds is never recognised.
    """
    probability = probabilities(logits)
    tile, row, column = np.nonzero(probability >= threshold)
    anchor = (np.stack([column, row], 1).astype(np.float32) + 0.5) * STRIDE
    return faces_of(regressors[tile, row, column], anchor, probability[tile, row, column]), tile


def probabilities(logits: Float32) -> Float32:
    """`[..., 1]` to scores in 0..1 `[...]`."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits[..., 0], -80, 80))), np.float32)


def faces_of(regressors: Float32, anchor: Float32, score: Float32) -> Faces:
    """Faces of either BlazeFace: regressors `[N, 16]` relative to anchors `[N, 2]`, both in tile pixels."""
    centre, half = anchor + regressors[:, :2], np.maximum(regressors[:, 2:4], 0) / 2
    points = np.full((len(anchor), 5, 2), np.nan, np.float32)
    points[:, :3] = regressors[:, 4:10].reshape(-1, 3, 2) + anchor[:, None]
    xyxy = np.concatenate([centre - half, centre + half], 1).astype(np.float32)
    return Faces(xyxy, score.astype(np.float32), points)
