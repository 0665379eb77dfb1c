"""What detection is made of: networks that look at tiles, and what looks at a whole photo."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.faces import Detection, Faces
from anonymiser.values.photo import Pixels


class TileDetector(Protocol):
    """Finds faces, or heads, on small pictures of one size; every network's adapter is one, and so is a lambda."""

    @abstractmethod
    def __call__(self, tiles: NDArray[np.uint8], threshold: float, /) -> tuple[Faces, NDArray[np.intp]]:
        """Look at a batch of tiles.

        Args:
            tiles: `uint8 [B, h, w, 3]`, RGB. Which sides are allowed is the adapter's business.
            threshold: Score in 0..1 from which something counts.

        Returns:
            What was found, in tile pixels, and for each the tile that it is in, `intp [N]` in 0..B-1.

        Raises:
            ModelError: The network gave values that are no numbers.
        """


class FaceDetector(Protocol):
    """Finds faces in a whole photo."""

    @abstractmethod
    def detect(self, pixels: Pixels) -> Faces:
        """Every face of `pixels`, in its own pixels, unsorted, at the detector's own threshold.

        Raises ModelError if a network is broken.
        """

    def examine(self, pixels: Pixels) -> Detection:
        """The same faces, those inside which there may be another, and doubts whether they are all.

        Raises ModelError if a network is broken.
        """
        return Detection(self.detect(pixels))

    def tile_detectors(self) -> Mapping[str, TileDetector]:
        """The networks that it combines, by name, so that each can be tested alone; without a definition, none."""
        return {}


class HeadFinder(Protocol):
    """A second opinion: finds heads by what belongs to a head, and not by the face."""

    @abstractmethod
    def heads(self, pixels: Pixels) -> Faces:
        """Every likely head of `pixels`, in its own pixels, unsorted: boxes and scores; all points are NaN.

        Raises ModelError if a network is broken.
        """
