"""What recognition needs from a network."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.identity import Embedding


class FaceEmbedder(Protocol):
    """Turns aligned face chips into vectors that are alike for the same person."""

    model_sha256: str
    """Identifies the weights; templates made by other weights cannot be compared and are never matched."""

    @abstractmethod
    def embed(self, chips: NDArray[np.uint8]) -> Embedding:
        """Embeddings `float32 [N, 128]` of unit length for chips `uint8 [N, 112, 112, 3]` RGB (see align.py).

        Raises ModelError if the network is broken.
        """
