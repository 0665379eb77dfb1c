"""The product's own pipeline for spawned workers, with a detector whose network breaks at the first bright photo.

Importable by name in the worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from anonymiser import pipeline
from anonymiser.detect.detector import CombinedDetector
from anonymiser.detect.yunet import YuNet
from anonymiser.settings import Settings
from anonymiser.stages import Stages
from anonymiser.values.faces import Faces
from anonymiser.values.photo import Pixels


class BreakingYuNet:
    """Sees nobody in the dark, and gives values that are no numbers as soon as there is light."""

    def run(self, outputs: Sequence[str], inputs: Mapping[str, NDArray[np.float32]], /) -> list[NDArray[np.float32]]:
        (image,) = inputs.values()
        batch, _, height, width = image.shape
        size = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
        value = np.nan if image.max() > 200 else 0.0
        return [
            np.full((batch, height * width // int(stride) ** 2, size[kind]), value, np.float32)
            for kind, stride in (name.split("_") for name in outputs)
        ]


def sees_nobody(tiles: NDArray[np.uint8], threshold: float) -> tuple[Faces, NDArray[np.intp]]:
    """A tile detector."""
    return Faces.none(), np.zeros(0, np.intp)


class Others:
    """Every other stage: nothing to see."""

    def unsuitable(self, pixels: Pixels) -> float:
        return 0.0

    def swimwear(self, pixels: Pixels, heads: NDArray[np.float32]) -> float:
        return 0.0

    def heads(self, pixels: Pixels) -> Faces:
        return Faces.none()


def initialise() -> None:
    """What `pipeline.initialise` does, with these networks."""
    others = Others()
    detector = CombinedDetector(
        yunet=YuNet(BreakingYuNet()), centerface=sees_nobody, blazeface=sees_nobody, short_range=sees_nobody
    )
    pipeline._pipeline = pipeline.Pipeline(Settings(), Stages(others, detector, others, others, others))
