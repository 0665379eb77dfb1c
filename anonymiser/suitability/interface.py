"""Suitability scores, and what a classifier must offer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from anonymiser.photo.interface import Pixels


@dataclass(frozen=True, slots=True)
class Suitability:
    """What the classifiers say of a whole photo; each 0..1, higher is worse."""

    swimwear: float
    unsuitable: float


class SuitabilityClassifier(ABC):
    """Anything that scores a whole photo."""

    @abstractmethod
    def assess(self, pixels: Pixels) -> Suitability:
        """Scores of the photo; the worst over the whole picture and its parts."""
