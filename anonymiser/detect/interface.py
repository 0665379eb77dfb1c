"""The value that detection hands on, and what a detector must offer."""

from __future__ import annotations

from abc import ABC, abstractmethod

from anonymiser.values.faces import Faces
from anonymiser.values.photo import Pixels


class FaceDetector(ABC):
    """Anything that finds faces in a whole photo."""

    @abstractmethod
    def detect(self, pixels: Pixels) -> Faces:
        """Every face of `pixels`, unsorted, at the detector's own threshold."""


class HeadFinder(ABC):
    """A second opinion: anything that finds heads by what belongs to a head, and not by the face."""

    @abstractmethod
    def heads(self, pixels: Pixels) -> Faces:
        """Every likely head of `pixels`, unsorted: boxes and scores; all points are NaN."""
