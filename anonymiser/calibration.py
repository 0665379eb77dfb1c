"""Thresholds from a folder of the school's own photos: detect, describe, calibrate; nothing is written or kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from anonymiser.detect.interface import FaceDetector
from anonymiser.errors import PhotoError
from anonymiser.isolation import decode
from anonymiser.photo.decode import DecodeLimits
from anonymiser.recognise.calibrate import Budget, Calibration, NoPromise, calibrate
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.recognise.recognise import describe
from anonymiser.settings import Settings
from anonymiser.threads import in_order
from anonymiser.values.identity import Embedding, Gallery
from anonymiser.values.progress import Progress, untold


def calibrate_from_photos(
    photos: Sequence[Path],
    everybody: Gallery,
    detector: FaceDetector,
    embedder: FaceEmbedder,
    settings: Settings,
    budget: Budget,
    progress: Progress = untold,
) -> Calibration | NoPromise:
    """Calibrate on `photos` and on the enrolled people of `everybody` (the whole school's gallery).

    Files that are not photos are ignored. Give each picture only once: in copies, one face would count as two people.
    """
    owner = everybody.owner
    enrolled = {person: everybody.templates[owner == row] for row, person in enumerate(everybody.people)}
    return calibrate(
        enrolled,
        [good for good in _good_faces(photos, detector, embedder, settings, progress) if len(good) > 1],
        embedder.model_sha256,
        budget=budget,
        lookalikes=everybody.lookalikes,
    )


def _good_faces(
    photos: Sequence[Path], detector: FaceDetector, embedder: FaceEmbedder, settings: Settings, progress: Progress
) -> Iterator[Embedding]:
    limits = DecodeLimits(settings.intake.max_source_megapixels, settings.intake.min_side_pixels)

    def good_faces(path: Path) -> Embedding | None:
        try:
            photo = decode(path.read_bytes(), limits, max_megapixels=settings.publishing.max_megapixels)
        except (PhotoError, OSError):
            return None
        return describe(photo.pixels, detector.detect(photo.pixels), embedder).good

    return (good for good in in_order(good_faces, photos, progress) if good is not None)
