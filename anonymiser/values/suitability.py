"""What the classifiers say about a photo as a whole."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suitability:
    """What the classifiers say about a whole photo; each score is 0..1, and higher is worse."""

    swimwear: float
    """Probability that somebody wears swimwear."""
    unsuitable: float
    """Probability of nudity."""

    def worse(self, other: Suitability) -> Suitability:
        """The higher of each pair of scores; one that is not a number stays in."""
        return Suitability(_worse(self.swimwear, other.swimwear), _worse(self.unsuitable, other.unsuitable))


def _worse(one: float, other: float) -> float:
    return one if math.isnan(one) or one > other else other
