"""Whether a face is clear enough to be compared at all, from its five points and its chip.

Bad pictures of different people resemble each other. With 500 strangers against 30 enrolled people of Labeled Faces in
the Wild, the best stranger scored 0.45 on sharp photos, 0.55 if probe and templates were both blurred (sigma 2 chip
pixels), and 0.64 if both had moved (15 chip pixels). Against sharp templates, a bad probe scored no higher than a good
one. So enrolment is strict, and matching may be lenient.

Wrong landmarks do not make strangers resemble enrolled people. With each landmark moved by 10%, 20% and 35% of the
distance between the eyes, 99%, 73% and 22% of 500 strangers' faces passed, and their best score against 30 people was
0.40, 0.38 and 0.32 (centred); with true landmarks it was 0.38. It is the same if all landmarks are shifted together and
turned upside down; mirrored ones never pass.

Hidden eyes are recognised by dark glasses. These cover the skin below the eyes too, while ordinary glasses and a deep
brow leave it as bright as the cheeks. The eyes themselves say less: closed or narrow eyes, and eyes behind shining
glasses, are less like the mean eye than 19 in 20 black lenses that were drawn on photos.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from anonymiser.recognise.align import TEMPLATE, similarity
from anonymiser.values.reasons import Code, Reason

_Float64 = NDArray[np.float64]

_HEAD: _Float64 = np.array([[-0.5, 0, 0], [0.5, 0, 0], [0, 0.64, -0.6], [-0.41, 1.15, 0], [0.41, 1.15, 0]])
"""`[5, 3]`: the points of a level head, in distances between the eyes; x to the picture's right, y down, z away from
the camera. The proportions are those of `TEMPLATE`. The depth of the nose was fitted to 169 rendered heads of known yaw
(mean error 3.6 degrees up to 60), and its height so that the median of 2,640 press photos is level."""

_FACE = slice(24, 104), slice(16, 96)
"""Rows and columns of a chip that show skin and features, not hair or background."""

_BELOW_EYES = tuple((slice(56, 65), slice(x - 8, x + 9)) for x in (38, 74))
"""Rows and columns of a chip from just below each eye down to where most glasses end."""
_CHEEKS = tuple((slice(69, 82), slice(x - 6, x + 7)) for x in (36, 76))
"""Rows and columns of a chip on both sides of the tip of the nose, below most glasses."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Measurements of N faces as columns."""

    inter_ocular: _Float64
    """`[N]`: distance between the eyes in photo pixels."""
    sharpness: _Float64
    """`[N]`: variance of the second derivative over variance of brightness, in the blurrier of two directions."""
    yaw: _Float64
    """`[N]` degrees: positive if the nose points to the picture's right."""
    pitch: _Float64
    """`[N]` degrees: positive if the nose points down; only rough, because faces differ in proportion."""
    misfit: _Float64
    """`[N]` chip pixels: root mean square distance of the aligned points from `TEMPLATE`."""
    under_eyes: _Float64
    """`[N]`: brightness of the skin under the brighter eye, divided by that of the cheeks."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a face must reach to be used for one thing."""

    inter_ocular: float
    """Photo pixels between the eyes, at least."""
    sharpness: float
    """`Quality.sharpness`, at least."""
    yaw: float
    """Degrees to either side, at most."""
    pitch: float
    """Degrees up or down, at most."""
    misfit: float
    """Chip pixels, at most."""
    under_eyes: float
    """`Quality.under_eyes`, at least."""


MATCHING = Limits(inter_ocular=10, sharpness=0.0005, yaw=45, pitch=30, misfit=10, under_eyes=0)
"""For a face in a photo. At 10 px between the eyes, 95% of own scores were still 0.48 or more; at 8 px, 0.43. The
sharpness rejects half of the faces blurred with sigma 3 or moved by 11 chip pixels, of which a quarter of own scores
fell below 0.5, and 1 in 100 faces 8 px wide. Upright, finite points of 2,640 press photos misfit by 9.5 at most."""

ENROLMENT = Limits(inter_ocular=24, sharpness=0.002, yaw=35, pitch=25, misfit=8, under_eyes=0.6)
"""For a template. Scores fell below 24 px. 99 in 100 press photos reach the sharpness; of those blurred with sigma 2 or
moved by 11 pixels, 1 in 10 do. Skin under the eyes was darker than 0.6 of the cheeks in 1 of 935 press photos without
dark glasses (many with ordinary ones), in none of 72 other portraits, and in 9 of 14 photos of people who wore dark or
tinted glasses. If glasses were drawn on photos, it was so for 98% of black ones, 93% of brown and of 70% grey ones, 40%
of 50% grey ones, and none of those that reflect a bright sky."""


def measure(points: NDArray[np.floating], chips: NDArray[np.uint8]) -> Quality:
    """Measure faces by their points `[N, 5, 2]` in photo pixels and their chips `[N, 112, 112, 3]` (see align.py)."""
    exact = points.astype(np.float64)
    yaw, pitch = _pose(exact)
    transforms = similarity(exact)
    aligned = exact @ transforms[:, :, :2].mT + transforms[:, None, :, 2]
    return Quality(
        inter_ocular=np.hypot(*(exact[:, 0] - exact[:, 1]).T),
        sharpness=np.array([_sharpness(chip) for chip in chips], np.float64),
        yaw=yaw,
        pitch=pitch,
        misfit=np.sqrt(((aligned - TEMPLATE) ** 2).sum(2).mean(1)),
        under_eyes=np.array([_under_eyes(chip) for chip in chips], np.float64),
    )


def shortcomings(quality: Quality, limits: Limits) -> tuple[Reason | None, ...]:
    """The first thing that each face falls short of; None if it is good enough.

    A measurement that is not a number falls short.
    """
    checks = (
        (Code.TOO_SMALL(), quality.inter_ocular >= limits.inter_ocular),
        (Code.TURNED_AWAY(), (np.abs(quality.yaw) <= limits.yaw) & (np.abs(quality.pitch) <= limits.pitch)),
        (Code.MISPLACED_FEATURES(), quality.misfit <= limits.misfit),
        (Code.BLURRED(), quality.sharpness >= limits.sharpness),
        (Code.EYES_HIDDEN(), quality.under_eyes >= limits.under_eyes),
    )
    return tuple(
        next((reason for reason, passed in checks if not passed[row]), None) for row in range(len(quality.yaw))
    )


def _pose(points: _Float64) -> tuple[_Float64, _Float64]:
    """Yaw and pitch from the affine camera that maps `_HEAD` onto the points, with the roll taken out."""
    head = _HEAD - _HEAD.mean(0)
    camera = ((points - points.mean(1, keepdims=True)).mT @ np.linalg.pinv(head).T).astype(np.float64)
    roll = np.arctan2(camera[:, 1, 0], camera[:, 0, 0])
    cos, sin = np.cos(roll)[:, None], np.sin(roll)[:, None]
    across = cos * camera[:, 0] + sin * camera[:, 1]
    down = cos * camera[:, 1] - sin * camera[:, 0]
    return np.degrees(np.arctan2(-across[:, 2], across[:, 0])), np.degrees(np.arctan2(-down[:, 2], down[:, 1]))


def _sharpness(chip: NDArray[np.uint8]) -> float:
    """Independent of contrast and, by the smoothing, nearly of noise; the minimum finds motion in one direction."""
    grey = cv2.GaussianBlur(cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1)[_FACE]
    # Below one grey level of variance there is nothing to see.
    return min(float(np.diff(grey, 2, axis=axis).var()) for axis in (0, 1)) / max(float(grey.var()), 1.0)


def _under_eyes(chip: NDArray[np.uint8]) -> float:
    """The median ignores frames and reflections; the brighter eye allows for light from one side."""
    grey = cv2.cvtColor(chip, cv2.COLOR_RGB2GRAY)
    below, cheeks = ([float(np.median(grey[place])) for place in places] for places in (_BELOW_EYES, _CHEEKS))
    return max(below) / max(sum(cheeks) / 2, 1.0)
