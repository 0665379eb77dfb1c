"""Both suitability networks behind one interface."""

from __future__ import annotations

from anonymiser.suitability.interface import SuitabilityClassifier
from anonymiser.suitability.swimwear import SwimwearModel
from anonymiser.suitability.unsuitable import UnsuitableModel
from anonymiser.values.photo import Pixels
from anonymiser.values.suitability import Suitability


class PhotoClassifier(SuitabilityClassifier):
    """EfficientNet-Lite2 for swimwear and open_nsfw for nudity; neither knows about the other."""

    def __init__(self, swimwear: SwimwearModel, unsuitable: UnsuitableModel) -> None:
        self._swimwear = swimwear
        self._unsuitable = unsuitable

    def assess(self, pixels: Pixels) -> Suitability:
        """Scores of the photo: the worst over the whole picture and its parts."""
        return Suitability(swimwear=self._swimwear.score(pixels), unsuitable=self._unsuitable.score(pixels))
