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


def worse(one: float, other: float) -> float:
    """The higher of two scores; one that is not a number stays in."""
    return one if math.isnan(one) or one > other else other
