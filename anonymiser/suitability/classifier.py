"""Both suitability networks behind one interface."""

from __future__ import annotations

from anonymiser.suitability.interface import SuitabilityClassifier
from anonymiser.suitability.swimwear import SwimwearModel
from anonymiser.suitability.unsuitable import UnsuitableModel
from anonymiser.values.faces import Float32
from anonymiser.values.photo import Pixels


class PhotoClassifier(SuitabilityClassifier):
    """EfficientNet-Lite2 for swimwear and open_nsfw for nudity; neither knows about the other."""

    def __init__(self, swimwear: SwimwearModel, unsuitable: UnsuitableModel) -> None:
        self._swimwear = swimwear
        self._unsuitable = unsuitable

    def unsuitable(self, pixels: Pixels) -> float:
        """Probability of nudity: the worst over the whole picture and the squares that cover it."""
        return self._unsuitable.score(pixels)

    def swimwear(self, pixels: Pixels, heads: Float32) -> float:
        """Probability of swimwear: the worst over squares that cover the photo and bodies below `heads`."""
        return self._swimwear.score(pixels, heads)
