"""A test of every network before it is trusted with a photo.

A runtime that calculates wrongly, a processor that lacks an instruction, a model file that is not the one that was
tested: most such defects look like photos with nobody in them. So each worker, before its first photo, and `anonymise
doctor` examine a picture about which everything is known. They find its faces, upright and turned, tell two people
apart, read a name, and score it. Anything wrong ends the run.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from anonymiser.detect.merge import overlaps, suppress
from anonymiser.errors import ModelError, PhotoError
from anonymiser.labels.names import find_names
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.recognise.recognise import describe
from anonymiser.stages import Stages, load_stages
from anonymiser.values.faces import Faces, Float32
from anonymiser.values.identity import Embedding
from anonymiser.values.labels import NameIndex
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Pixels
from anonymiser.values.suitability import Suitability

PICTURE = Path(__file__).with_name("canary.jpg")
"""Drawn by tools/make_canary.py from rendered portraits of people who do not exist; 320 x 400 px."""
CELL_WH = (160, 200)
"""The picture has four cells of this size: the same pupil twice in the top row, another bottom left, a name badge."""
NAME = "Rowan Featherstone"

FACES = np.array([[54, 55, 110, 126], [222, 57, 277, 130], [48, 249, 115, 319]], np.float32)
"""Boxes of the three faces, as found when the picture was drawn: the same pupil twice, then the other."""
TILE_XY, TILE_PX, TILE_SCORE = (18, 27), 128, 0.5
"""Top left corner and side of a part of the picture that every face detector takes, and that holds the first face: each
gives it a score of 0.88 to 0.93, and BlazeFace in MediaPipe's own runtime 0.81."""
SAME_FACE = 0.5
"""Share of their union that a found box must have in common with the known one."""
SAME_PERSON, OTHER_PERSON = 0.65, 0.50
"""Least cosine similarity of the same pupil's faces (0.82 when the picture was drawn), and most of different pupils'
(0.34)."""
SCORES = Suitability(swimwear=0.00017, unsuitable=0.0064)
"""As they were when the networks were chosen."""
SCORES_FACTOR = Suitability(swimwear=4, unsuitable=2)
"""Scores this many times higher or lower are wrong. Noise of 3 grey levels, much more than the difference between two
JPEG decoders, changed them by a factor of 2.6 and 1.2 at most. A network that always says the same is out by more: a
network for which all classes are alike gives a swimwear score of 0.001."""

_REMEDY = (
    "Do not publish anything from this computer until anonymise doctor finds nothing wrong. Install again from where "
    "anonymiser came: pip install --force-reinstall FOLDER_OR_WHEEL"
)


def check(stages: Stages | None = None) -> None:
    """Examine the known picture with every network; default: those that `load_stages` loads.

    Takes about a second of one core. Raises ModelError, with the remedy, if any answer is wrong or missing.
    """
    pixels = _picture()
    stages = stages or load_stages()
    try:
        wrong = _first_wrong(pixels, stages)
    except (ModelError, MemoryError):
        raise
    except Exception as error:  # a runtime may raise anything
        raise _refusal(f"a network stopped with {type(error).__name__}") from error
    if wrong:
        raise _refusal(wrong)


def _picture() -> Pixels:
    try:
        return decode(PICTURE.read_bytes(), DecodeLimits()).pixels
    except (OSError, PhotoError) as error:
        raise _refusal(f"the test picture {PICTURE.name} cannot be read") from error


def _refusal(what: str) -> ModelError:
    return ModelError(f"the networks do not work on this computer: {what}", remedy=_REMEDY)


def _first_wrong(pixels: Pixels, stages: Stages) -> str:
    """The first thing that is wrong, in plain English; empty if nothing is."""
    return (
        _found(pixels, stages)
        or _told_apart(pixels, stages)
        or _read(pixels, stages)
        or _judged(scores(pixels, stages))
    )


def _found(pixels: Pixels, stages: Stages) -> str:
    left, top = TILE_XY
    tile = pixels[None, top : top + TILE_PX, left : left + TILE_PX]
    on_tile = FACES[:1] - np.array([left, top, left, top], np.float32)
    for name, detect in stages.detector.tile_detectors().items():
        if not (overlaps(on_tile, suppress(detect(tile, TILE_SCORE)[0]).xyxy)[0] >= SAME_FACE).any():
            return f"{name} does not find a face of the test picture"
    top_row = pixels[: CELL_WH[1]]
    on_its_side = stages.detector.detect(np.ascontiguousarray(np.rot90(top_row)))
    if matched(on_its_side, _anticlockwise(FACES[:2], top_row.shape[1])) is None:
        return "the faces of the test picture are not found when it lies on its side"
    if not (overlaps(stages.people.heads(pixels).xyxy, FACES)[0] >= SAME_FACE).any():
        return "no body in the test picture is found"
    return ""


def _told_apart(pixels: Pixels, stages: Stages) -> str:
    faces = matched(stages.detector.detect(pixels), FACES)
    if faces is None:
        return "the faces of the test picture are not found"
    described = describe(pixels, faces, stages.embedder)
    if len(described.rows) < len(FACES) or any(described.shortcomings):
        return "the faces of the test picture are not clear enough"
    same, *others = similarities(described.embeddings)
    if not same >= SAME_PERSON:
        return "two pictures of the same person are taken for two people"
    if not max(others) <= OTHER_PERSON:
        return "pictures of two people are taken for one person"
    return ""


def _read(pixels: Pixels, stages: Stages) -> str:
    named = find_names(stages.reader.read(pixels), NameIndex.build([(NAME, PersonId("canary"))]))
    if not any((label.quad.mean(0) > CELL_WH).all() for label in named):
        return "the name in the test picture is not read"
    return ""


def scores(pixels: Pixels, stages: Stages) -> Suitability:
    """What the suitability networks say of the picture."""
    return Suitability(
        swimwear=stages.classifier.swimwear(pixels, FACES), unsuitable=stages.classifier.unsuitable(pixels)
    )


def _judged(scores: Suitability) -> str:
    swimwear = _near(scores.swimwear, SCORES.swimwear, SCORES_FACTOR.swimwear)
    if not swimwear or not _near(scores.unsuitable, SCORES.unsuitable, SCORES_FACTOR.unsuitable):
        return "the test picture is not judged as it should be"
    return ""


def matched(faces: Faces, known: Float32) -> Faces | None:
    """The rows of `faces` in the order of the boxes `known` `[N, 4]`; None unless each is found and nothing else."""
    same = overlaps(known, faces.xyxy)[0] >= SAME_FACE
    if len(faces) != len(known) or not (same.sum(0) == 1).all() or not (same.sum(1) == 1).all():
        return None
    return faces[same.argmax(1)]


def similarities(embeddings: Embedding) -> tuple[float, float, float]:
    """The first pupil's two faces compared, and each of them with the other pupil's; for `[3, 128]` in that order."""
    cosine = embeddings @ embeddings.T
    return float(cosine[0, 1]), float(cosine[0, 2]), float(cosine[1, 2])


def _anticlockwise(xyxy: Float32, width: int) -> Float32:
    """The same boxes after a picture of this width is turned anticlockwise by a quarter."""
    left, top, right, bottom = xyxy.T
    return np.stack([top, width - right, bottom, width - left], 1)


def _near(score: float, expected: float, factor: float) -> bool:
    return expected / factor <= score <= expected * factor
