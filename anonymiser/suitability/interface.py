"""Suitability scores, and what a classifier must offer."""

from __future__ import annotations

from abc import ABC, abstractmethod

from anonymiser.values.photo import Pixels
from anonymiser.values.suitability import Suitability


class SuitabilityClassifier(ABC):
    """Anything that scores a whole photo."""

    @abstractmethod
    def assess(self, pixels: Pixels) -> Suitability:
        """Scores of the photo; the worst over the whole picture and its parts."""
