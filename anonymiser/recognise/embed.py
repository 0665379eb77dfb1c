"""Face chips to vectors, with SFace."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anonymiser.networks import Network, ask
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.values.identity import Embedding

BATCH = 8
"""Chips in each run: more are no faster on a CPU, and 32 took 800 MB, while 8 took 310 MB."""

WIDTH = 128
"""Length of an SFace embedding."""


class SFaceEmbedder(FaceEmbedder):
    """SFace, OpenCV Zoo's weights of December 2021.

    Zhong and others, "SFace: Sigmoid-constrained hypersphere loss", IEEE Transactions on Image Processing (2021).
    """

    def __init__(self, network: Network, model_sha256: str) -> None:
        """`model_sha256` is the hash of the network's weights, in lower-case hexadecimal."""
        self._network = network
        self.model_sha256 = model_sha256

    def embed(self, chips: NDArray[np.uint8]) -> Embedding:
        """Embeddings `float32 [N, 128]` of unit length for chips `uint8 [N, 112, 112, 3]` RGB.

        The network contains its own normalisation; its input is 0..255.
        """
        out = np.empty((len(chips), WIDTH), np.float32)
        for start in range(0, len(chips), BATCH):
            batch = chips[start : start + BATCH].transpose(0, 3, 1, 2).astype(np.float32)
            out[start : start + BATCH] = ask(self._network, "SFace", ("fc1",), {"data": batch})[0]
        return normalised(out)


def normalised(vectors: NDArray[np.floating]) -> Embedding:
    """The same directions at unit length; a zero vector stays zero, and resembles nothing."""
    length = np.sqrt(np.einsum("...i,...i", vectors, vectors))[..., None]
    result: Embedding = (vectors / np.where(length > 0, length, 1)).astype(np.float32, copy=False)
    return result
