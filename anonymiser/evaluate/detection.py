"""How many faces a detector leaves uncovered in photos with known truth, and how much it covers needlessly.

What counts is the mask that redaction would paint, not the overlap of boxes: a face is covered where its pixels are
replaced completely. The truth has the form of `DIR/truth.json`; the photos are in `DIR/images`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from anonymiser.detect.interface import FaceDetector
from anonymiser.detect.merge import overlaps
from anonymiser.errors import UsageError
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.warp import turned
from anonymiser.redaction import redaction_mask
from anonymiser.settings import Publishing
from anonymiser.values.faces import Faces
from anonymiser.values.photo import Pixels

COVERED_SHARE = 0.7
"""Share of a face's box that must be replaced; the rest is hair and background in its corners."""
SAME_FACE = 0.3
"""A detection and a face are the same head if they have more than this share of the smaller box in common."""
HELMETED = frozenset({"36--Football", "58--Hockey"})
"""Events of WIDER FACE with faces behind grilles, although the truth does not call them occluded."""
THRESHOLDS = np.round(np.arange(0, 1, 0.05), 2)
"""Scores of the points of the precision-recall curve; the first keeps everything that the detector gives."""

_NO_LABELS = np.zeros((0, 4, 2), np.float32)

Box = tuple[float, float, float, float]
Grade = Annotated[int, Field(ge=0, le=2)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Face(_Record):
    """One face of one photo, in the terms of WIDER FACE."""

    box: Box
    """Left, top, width, height in pixels of the upright photo."""
    blur: Grade = 0
    """0 clear, 1 somewhat blurred, 2 heavily."""
    occlusion: Grade = 0
    """0 free, 1 partly hidden, 2 mostly hidden."""
    pose: Annotated[int, Field(ge=0, le=1)] = 0
    """1 for an unusual pose."""

    @property
    def side(self) -> float:
        """Pixels of the longer side."""
        return max(self.box[2:])


class PhotoTruth(_Record):
    """What one photo shows."""

    event: str = ""
    faces: tuple[Face, ...] = ()
    ignore: tuple[Box, ...] = ()
    """Places that are neither right nor wrong to cover: left, top, width, height."""

    def recognisable(self, face: Face) -> bool:
        """Whether somebody who knows the child would recognise the face."""
        return face.blur <= 1 and face.occlusion <= 1 and self.event not in HELMETED


@dataclass(frozen=True, slots=True)
class PhotoScore:
    """One photo, searched and compared with its truth. T is the number of THRESHOLDS, N of faces in the truth."""

    file: str
    turn_degrees: float
    truth: PhotoTruth
    covered: NDArray[np.float32]
    """`float32 [T, N]`: replaced share of each face if detections below the threshold are dropped."""
    false_boxes: NDArray[np.intp]
    """`intp [T]`: number of detections that are on nobody's head."""
    needless: NDArray[np.float32]
    """`float32 [T]`: share of the photo that only these change."""
    seconds: float
    """How long the search took."""


@dataclass(frozen=True, slots=True)
class Count:
    """Covered faces of one kind."""

    kind: str
    covered: int
    of: int

    @property
    def recall(self) -> float:
        """Share in 0..1; 1 if there is no such face."""
        return self.covered / self.of if self.of else 1.0


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the precision-recall curve, for recognisable faces of 16 px and more."""

    threshold: float
    recall: float
    precision: float
    """Share of the detections that are on a face."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A recognisable face that stays visible."""

    score: PhotoScore
    face: Face
    covered: float


@dataclass(frozen=True, slots=True)
class Summary:
    """A set of photos, all turned by the same angle."""

    turn_degrees: float
    photos: int
    counts: tuple[Count, ...]
    curve: tuple[Point, ...]
    misses: tuple[Miss, ...]
    """Of 16 px and more, largest first."""
    false_boxes: float
    """Mean number for each photo."""
    needless: float
    """Mean share of each photo."""
    seconds: float
    """Median for each photo."""


def load_truth(directory: Path) -> dict[str, PhotoTruth]:
    """What `DIR/truth.json` says, by file name.

    Raises UsageError if it is missing or does not have this form.
    """
    path = directory / "truth.json"
    try:
        return TypeAdapter(dict[str, PhotoTruth]).validate_python(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", remedy="Give the folder that holds it.") from error
    except (ValidationError, ValueError) as error:
        raise UsageError(
            f"{path} is not a truth file for detection", remedy="docs/detection.md shows its form."
        ) from error


def evaluate(
    directory: Path, truth: dict[str, PhotoTruth], detector: FaceDetector, turn_degrees: float = 0.0
) -> Iterator[PhotoScore]:
    """Search every photo at the size that would be published, turned clockwise by `turn_degrees`.

    Raises UnreadablePhoto for a photo that cannot be decoded and UsageError for one that is missing.
    """
    for name, expected in truth.items():
        pixels, scale = load_photo(directory, name)
        quads = [_quad(box, scale) for box in (*(face.box for face in expected.faces), *expected.ignore)]
        corners = np.array(quads, np.float64).reshape(-1, 4, 2)
        if turn_degrees:
            image = turned(pixels, turn_degrees)
            pixels = image.pixels
            corners = (corners - image.back[:2, 2]) @ np.linalg.inv(image.back[:2, :2]).T
        start = time.perf_counter()
        faces = detector.detect(pixels)
        seconds = time.perf_counter() - start
        yield compare(name, expected, pixels.shape, faces, corners, turn_degrees=turn_degrees, seconds=seconds)


def load_photo(directory: Path, name: str) -> tuple[Pixels, float]:
    """A photo of the set at the size that would be published, and its pixels per original pixel."""
    path = directory / "images" / name
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", remedy="Restore the photo.") from error
    photo = decode(data, DecodeLimits(), max_megapixels=Publishing().max_megapixels)
    return photo.pixels, photo.scale


def compare(
    file: str,
    truth: PhotoTruth,
    shape: tuple[int, ...],
    faces: Faces,
    corners: NDArray[np.float64],
    *,
    turn_degrees: float = 0.0,
    seconds: float = 0.0,
) -> PhotoScore:
    """What redaction of `faces` covers in a photo of `shape`.

    `corners` is `[N + I, 4, 2]`: the corners of the faces of `truth`, then those of the places to ignore, in pixels
    of the photo as it was searched.
    """
    low, high = corners.min(1, initial=np.inf), corners.max(1, initial=-np.inf)
    known = np.concatenate([low, high], 1).astype(np.float32)
    wrong = overlaps(faces.xyxy, known)[1].max(1, initial=0) <= SAME_FACE
    count = len(THRESHOLDS)
    covered = np.zeros((count, len(truth.faces)), np.float32)
    false_boxes, needless = np.zeros(count, np.intp), np.zeros(count, np.float32)
    for row, threshold in enumerate(THRESHOLDS):
        if row and not ((faces.score >= THRESHOLDS[row - 1]) & (faces.score < threshold)).any():
            covered[row], false_boxes[row], needless[row] = covered[row - 1], false_boxes[row - 1], needless[row - 1]
            continue
        kept = faces.score >= threshold
        right = redaction_mask(shape, faces[kept & ~wrong], _NO_LABELS)
        both = np.maximum(right, redaction_mask(shape, faces[kept & wrong], _NO_LABELS))
        covered[row] = [_replaced(both, quad) for quad in corners[: len(truth.faces)]]
        false_boxes[row] = int((kept & wrong).sum())
        needless[row] = ((both > 0) & (right == 0)).mean()
    return PhotoScore(file, turn_degrees, truth, covered, false_boxes, needless, seconds)


def summarise(scores: list[PhotoScore]) -> Summary:
    """All photos of one turn together. Raises ValueError if there are none."""
    if not scores:
        raise ValueError("no photo was evaluated")
    misses = [
        Miss(score, face, float(share))
        for score in scores
        for face, share in zip(score.truth.faces, score.covered[0], strict=True)
        if share < COVERED_SHARE and face.side >= 16 and score.truth.recognisable(face)
    ]
    return Summary(
        turn_degrees=scores[0].turn_degrees,
        photos=len(scores),
        counts=tuple(_count(scores, kind, belongs) for kind, belongs in _KINDS.items()),
        curve=tuple(_point(scores, row) for row in range(len(THRESHOLDS))),
        misses=tuple(sorted(misses, key=lambda miss: -miss.face.side)),
        false_boxes=float(np.mean([score.false_boxes[0] for score in scores])),
        needless=float(np.mean([score.needless[0] for score in scores])),
        seconds=float(np.median([score.seconds for score in scores])),
    )


_Belongs = Callable[[PhotoTruth, Face], bool]


def _recognisable(least: float, below: float = np.inf) -> _Belongs:
    return lambda photo, face: photo.recognisable(face) and least <= face.side < below


_KINDS: dict[str, _Belongs] = {
    "recognisable, 24 px and more": _recognisable(24),
    "recognisable, 16 px and more": _recognisable(16),
    "recognisable, 16 to 23 px": _recognisable(16, 24),
    "recognisable, 24 to 47 px": _recognisable(24, 48),
    "recognisable, 48 to 95 px": _recognisable(48, 96),
    "recognisable, 96 px and more": _recognisable(96),
    "recognisable, usual pose": lambda photo, face: _recognisable(16)(photo, face) and not face.pose,
    "recognisable, unusual pose": lambda photo, face: _recognisable(16)(photo, face) and face.pose == 1,
    "16 px and more, clear": lambda _, face: face.side >= 16 and face.blur == 0,
    "16 px and more, somewhat blurred": lambda _, face: face.side >= 16 and face.blur == 1,
    "16 px and more, heavily blurred": lambda _, face: face.side >= 16 and face.blur == 2,
    "16 px and more, free": lambda _, face: face.side >= 16 and face.occlusion == 0,
    "16 px and more, partly hidden": lambda _, face: face.side >= 16 and face.occlusion == 1,
    "16 px and more, mostly hidden": lambda _, face: face.side >= 16 and face.occlusion == 2,
    "every face, however small": lambda _photo, _face: True,
}
"""What is counted, in the order of the report: name -> whether a face belongs to it."""


def _count(scores: list[PhotoScore], kind: str, belongs: _Belongs, row: int = 0) -> Count:
    shares = [
        float(share)
        for score in scores
        for face, share in zip(score.truth.faces, score.covered[row], strict=True)
        if belongs(score.truth, face)
    ]
    return Count(kind, sum(share >= COVERED_SHARE for share in shares), len(shares))


def _point(scores: list[PhotoScore], row: int) -> Point:
    recall = _count(scores, "", _recognisable(16), row).recall
    right = sum(int((score.covered[row] >= COVERED_SHARE).sum()) for score in scores)
    wrong = sum(int(score.false_boxes[row]) for score in scores)
    return Point(float(THRESHOLDS[row]), recall, right / (right + wrong) if right + wrong else 1.0)


def _quad(box: Box, scale: float) -> list[list[float]]:
    left, top, width, height = (value * scale for value in box)
    right, bottom = left + width, top + height
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def _replaced(mask: NDArray[np.uint8], quad: NDArray[np.float64]) -> float:
    """Share of the quad's pixels inside the photo that are replaced completely; 1 if none is inside."""
    low = np.maximum(np.floor(quad.min(0)).astype(int), 0)
    high = np.minimum(np.ceil(quad.max(0)).astype(int), mask.shape[1::-1])
    if (high <= low).any():
        return 1.0
    part = mask[low[1] : high[1], low[0] : high[0]]
    inside = np.zeros_like(part)
    cv2.fillConvexPoly(inside, np.rint(quad - low - 0.5).astype(np.int32), (1,))
    return float((part[inside > 0] == 255).mean()) if inside.any() else 1.0
