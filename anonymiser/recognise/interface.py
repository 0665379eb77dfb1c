"""Identities, galleries, and what an embedder must offer."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.identity import Embedding


class FaceEmbedder(ABC):
    """Anything that turns aligned face chips into comparable vectors."""

    model_sha256: str
    """Identifies the weights; templates of other weights are not comparable and are never matched."""

    @abstractmethod
    def embed(self, chips: NDArray[np.uint8]) -> Embedding:
        """Embeddings `float32 [N, 128]` of unit length for chips `uint8 [N, 112, 112, 3]` RGB (see align.py)."""
