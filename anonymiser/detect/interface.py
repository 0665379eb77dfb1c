"""The parts of detection: networks that examine tiles, and detectors that examine a whole photo."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.faces import Detection, Faces
from anonymiser.values.photo import Pixels


class TileDetector(Protocol):
    """Finds faces, or heads, on small pictures of one size; every network's adapter is one, and so may a lambda be."""

    @abstractmethod
    def __call__(self, tiles: NDArray[np.uint8], threshold: float, /) -> tuple[Faces, NDArray[np.intp]]:
        """Examine a batch of tiles.

        Args:
            tiles: `uint8 [B, h, w, 3]`, RGB. Each adapter says which sizes it takes.
            threshold: Score in 0..1 from which a finding counts.

        Returns:
            The findings in tile pixels, and the tile of each, `intp [N]` in 0..B-1.

        Raises:
            ModelError: The network gave values that are not numbers.
        """


class FaceDetector(Protocol):
    """Finds faces in a whole photo."""

    @abstractmethod
    def detect(self, pixels: Pixels) -> Faces:
        """Every face of `pixels`, in its own pixels, unsorted, at the detector's own threshold.

        Raises ModelError if a network is broken.
        """

    def examine(self, pixels: Pixels) -> Detection:
        """The same faces, those that may have another inside, and doubts whether these are all.

        Raises ModelError if a network is broken.
        """
        return Detection(self.detect(pixels))

    def tile_detectors(self) -> Mapping[str, TileDetector]:
        """The networks that it combines, by name, so that each can be tested alone; by default none."""
        return {}


class HeadFinder(Protocol):
    """A second opinion: finds heads by the body, not by the face."""

    @abstractmethod
    def heads(self, pixels: Pixels) -> Faces:
        """Every likely head of `pixels`, in its own pixels, unsorted: boxes and scores; all points are NaN.

        Raises ModelError if a network is broken.
        """
