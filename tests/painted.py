"""Painted photos, and the product's own pipeline with eyes for nothing but paint; importable by name in a worker.

A face is a brown disc with a spot of magenta, at one of eight places. Decoding, deciding, destroying, writing and
checking are the product's own.
"""

from __future__ import annotations

import functools
import io
from pathlib import Path

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from anonymiser import pipeline
from anonymiser.detect.interface import FaceDetector, HeadFinder
from anonymiser.labels.interface import TextReader
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.settings import Settings
from anonymiser.stages import Stages
from anonymiser.suitability.interface import SuitabilityClassifier
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Embedding
from anonymiser.values.labels import TextLine
from anonymiser.values.photo import Pixels
from anonymiser.weights import ModelId, model_sha256
from anonymiser.workers.pool import WorkerSetup

SIZE = (1200, 800)
PLACES = [(200 + 260 * column, 220 + 320 * row) for row in range(2) for column in range(4)]
"""Middles of faces, in reading order."""
RADIUS = 50
SPOT, SWIM, TEXT = (255, 0, 255), (255, 255, 0), (0, 255, 255)
SWIM_AT, TEXT_AT = (1150, 760), (60, 740)
NAME = "Amelia Khan"
CODE_AT = (900, 480)
"""Where the last face of eight would be."""


def paint(
    path: Path, faces: int, *, seed: int = 0, swimwear: bool = False, name: bool = False, code: bool = False
) -> Path:
    """A photo of that many faces; each seed another picture."""
    rng = np.random.default_rng(seed)
    ground = Image.fromarray(rng.integers(60, 200, (8, 12, 3), np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(ground)
    for x, y in PLACES[:faces]:
        pen.ellipse((x - RADIUS, y - 60, x + RADIUS, y + 60), fill=(150, 100, 70))
        pen.ellipse((x - 30, y - 25, x - 14, y - 10), fill=(250, 250, 250))
        pen.ellipse((x + 14, y - 25, x + 30, y - 10), fill=(250, 250, 250))
        pen.rectangle((x - 8, y - 8, x + 8, y + 8), fill=SPOT)
    for wanted, (x, y), colour in ((swimwear, SWIM_AT, SWIM), (name, TEXT_AT, TEXT)):
        if wanted:
            pen.rectangle((x - 12, y - 12, x + 12, y + 12), fill=colour)
    if code:
        drawn = zxingcpp.create_barcode("where we are", zxingcpp.BarcodeFormat.QRCode).to_image(scale=8)
        ground.paste(Image.fromarray(np.asarray(drawn)), CODE_AT)
    buffer = io.BytesIO()
    ground.save(buffer, "JPEG", quality=95, subsampling=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())
    return path


def is_painted(pixels: NDArray[np.uint8], at: tuple[int, int], colour: tuple[int, int, int] = SPOT) -> bool:
    """Whether the spot of that colour can be seen there."""
    x, y = at
    if y >= pixels.shape[0] or x >= pixels.shape[1]:
        return False
    return bool(np.abs(pixels[y, x].astype(int) - colour).max() < 60)


def visible(data: bytes) -> list[int]:
    """Which of the faces, counted from 1, can be seen in a copy."""
    with Image.open(io.BytesIO(data)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    return [number for number, place in enumerate(PLACES, start=1) if is_painted(pixels, place)]


class Painted(SuitabilityClassifier, FaceDetector, HeadFinder, FaceEmbedder, TextReader):
    """Every model: sees paint."""

    model_sha256 = model_sha256(ModelId.SFACE)

    def unsuitable(self, pixels: Pixels) -> float:
        return 0.0

    def swimwear(self, pixels: Pixels, heads: NDArray[np.float32]) -> float:
        return 0.5 if is_painted(pixels, SWIM_AT, SWIM) else 0.0

    def detect(self, pixels: Pixels) -> Faces:
        found = [(x, y) for x, y in PLACES if is_painted(pixels, (x, y))]
        boxes = [[x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS] for x, y in found]
        points = [[[x - 22, y - 17], [x + 22, y - 17], [x, y], [x - 18, y + 25], [x + 18, y + 25]] for x, y in found]
        count = len(found)
        return Faces(
            np.array(boxes, np.float32).reshape(count, 4),
            np.ones(count, np.float32),
            np.array(points, np.float32).reshape(count, 5, 2),
        )

    def heads(self, pixels: Pixels) -> Faces:
        return Faces.none()

    def embed(self, chips: NDArray[np.uint8]) -> Embedding:
        return np.zeros((len(chips), 128), np.float32)

    def read(self, pixels: Pixels) -> list[TextLine]:
        if not is_painted(pixels, TEXT_AT, TEXT):
            return []
        x, y = TEXT_AT
        quad = np.array([[x - 30, y - 20], [x + 30, y - 20], [x + 30, y + 20], [x - 30, y + 20]], np.float32)
        return [TextLine(quad, NAME, 0.99)]


def initialise(settings: Settings) -> None:
    """What `pipeline.initialise` does, with eyes for paint."""
    seer = Painted()
    pipeline._pipeline = pipeline.Pipeline(settings, Stages(seer, seer, seer, seer, seer))


def painted_workers(settings: Settings) -> WorkerSetup:
    """Workers of a school whose photos are painted."""
    return WorkerSetup(functools.partial(initialise, settings), pipeline.process)
