"""What a judge of whether photos are suitable must offer."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from anonymiser.values.photo import Pixels
from anonymiser.values.suitability import Suitability


class SuitabilityClassifier(Protocol):
    """Scores a whole photo."""

    @abstractmethod
    def assess(self, pixels: Pixels) -> Suitability:
        """Scores of the photo: the worst over the whole picture and its parts.

        Raises ModelError if a network is broken.
        """
