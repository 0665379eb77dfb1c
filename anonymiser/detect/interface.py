"""The value that detection hands on, and what a detector must offer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from anonymiser.values.faces import Faces
from anonymiser.values.photo import Pixels
from anonymiser.values.reasons import Reason


@dataclass(frozen=True, slots=True)
class Seen:
    """What a search of a photo found, and why it may not be all."""

    faces: Faces
    doubts: tuple[Reason, ...] = ()
    """Each makes the photo wait."""


class FaceDetector(ABC):
    """Anything that finds faces in a whole photo."""

    @abstractmethod
    def detect(self, pixels: Pixels) -> Faces:
        """Every face of `pixels`, unsorted, at the detector's own threshold."""

    def look(self, pixels: Pixels) -> Seen:
        """The faces, and doubts whether they are all; a detector without an opinion has none."""
        return Seen(self.detect(pixels))


class HeadFinder(ABC):
    """A second opinion: anything that finds heads by what belongs to a head, and not by the face."""

    @abstractmethod
    def heads(self, pixels: Pixels) -> Faces:
        """Every likely head of `pixels`, unsorted: boxes and scores; all points are NaN."""
