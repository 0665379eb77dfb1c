"""What a judge of whether photos are suitable must offer."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from anonymiser.values.faces import Float32
from anonymiser.values.photo import Pixels


class SuitabilityClassifier(Protocol):
    """Scores a whole photo: for nudity before anything else looks at it, for swimwear once it is known who is in it."""

    @abstractmethod
    def unsuitable(self, pixels: Pixels) -> float:
        """Probability of nudity, 0..1. Raises ModelError if a network is broken."""

    @abstractmethod
    def swimwear(self, pixels: Pixels, heads: Float32) -> float:
        """Probability that somebody wears swimwear, 0..1.

        `heads` are boxes `[N, 4]` in photo pixels where people may be, the likeliest first; wrong ones do no harm, and
        without any the photo is looked at part by part. Raises ModelError if a network is broken.
        """
