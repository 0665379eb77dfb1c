"""How fast those of MediaPipe's networks are that either runtime can run."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median

import numpy as np
from PIL import Image

from anonymiser.detect import blazeface, blazepose
from anonymiser.detect.interface import TileDetector
from anonymiser.school.measure import enlarged
from anonymiser.settings import Runtime
from anonymiser.stages import load_blazeface, load_blazepose

_MEGAPIXELS = 0.3
"""Of the photo whose tiles are compared: about the size at which BlazeFace sees a whole photo in a few tiles."""
_TILES, _BATCHES = 8, 7


@dataclass(frozen=True, slots=True)
class RuntimeSpeed:
    """One network in one runtime."""

    network: str
    runtime: str
    tiles_per_second: float


def runtime_speeds() -> Iterator[RuntimeSpeed]:
    """Both networks in both runtimes; nothing without MediaPipe's wheel. Raises ModelError if that is broken."""
    if find_spec("mediapipe") is None:
        return
    networks = {"BlazeFace": (load_blazeface, blazeface.TILE_PX), "BlazePose": (load_blazepose, blazepose.TILE_PX)}
    for name, (load, side) in networks.items():
        for runtime in Runtime:
            yield RuntimeSpeed(name, runtime.value, round(_tiles_per_second(load(runtime), side), 1))


def _tiles_per_second(detect: TileDetector, side: int) -> float:
    """The median of seven batches of eight tiles cut from the sample, after one to warm up."""
    with Image.open(io.BytesIO(enlarged(_MEGAPIXELS))) as image:
        pixels = np.asarray(image.convert("RGB"))
    starts = np.linspace(0, pixels.shape[1] - side, _TILES).astype(int)
    tiles = np.stack([pixels[:side, start : start + side] for start in starts])
    taken = []
    for _ in range(_BATCHES + 1):
        start = time.perf_counter()
        detect(tiles, 0.5)
        taken.append(time.perf_counter() - start)
    return _TILES / median(taken[1:])
