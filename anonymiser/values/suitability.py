"""What the classifiers say of a photo as a whole."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suitability:
    """What the classifiers say of a whole photo; each 0..1, higher is worse."""

    swimwear: float
    """Probability that somebody wears swimwear."""
    unsuitable: float
    """Probability of nudity."""
