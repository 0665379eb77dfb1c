"""Swimwear, by the five ImageNet classes of what people wear in water."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from anonymiser.networks import Network, ask
from anonymiser.photo.warp import resized
from anonymiser.suitability.views import parts
from anonymiser.values.photo import Pixels

SWIMWEAR_CLASSES = {433: "bathing cap", 445: "bikini", 638: "maillot", 639: "tank suit", 842: "swimming trunks"}
"""Rows of the ImageNet-1k class list (ILSVRC 2012 order)."""

_SIDE = 260
"""Side of the picture that the network takes, in pixels."""
_MEAN, _SCALE = 127.0, 128.0
"""What EfficientNet-Lite was trained with (efficientnet-lite, `MEAN_RGB` and `STDDEV_RGB`)."""


class SwimwearModel:
    """EfficientNet-Lite2, trained on ImageNet; input `float32 [1, 3, 260, 260]` RGB, output 1,000 logits."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def score(self, pixels: Pixels) -> float:
        """Probability in 0..1 of the five classes together: the highest over the whole photo and its parts.

        Raises ModelError if a logit is not a finite number.
        """
        return max(self._score_view(view) for view in itertools.chain([pixels], parts(pixels)))

    def _score_view(self, view: Pixels) -> float:
        square = resized(view, _SIDE, _SIDE)
        batch = ((square.astype(np.float32) - _MEAN) / _SCALE).transpose(2, 0, 1)[None]
        return swimwear_probability(ask(self._network, "EfficientNet-Lite2", ("y",), {"x": batch})[0][0])


def swimwear_probability(logits: NDArray[np.float32]) -> float:
    """Sum of the softmax of `float32 [1000]` over the swimwear classes."""
    exponents = np.exp(logits - logits.max())
    return float(exponents[list(SWIMWEAR_CLASSES)].sum() / exponents.sum())
