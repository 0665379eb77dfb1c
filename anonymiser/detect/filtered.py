"""Faces behind a pattern, or with hardly any contrast: found on filtered copies of the photo.

Networks that find faces were trained on photographs. They see nobody in a newspaper's dots, on a fax, behind a goal net
or under a translucent pen, where a person who steps back or turns up the contrast sees everybody. If texture.py says
that a photo is of that kind, the same search is made on copies with the pattern smoothed away, or with the contrast
stretched locally.

Such a copy shows where a face is, but never whose: its landmarks are not those of the photo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from anonymiser.detect.interface import FaceDetector, TileDetector
from anonymiser.detect.merge import overlaps, suppress
from anonymiser.detect.patches import faces_in_patches
from anonymiser.detect.search import Level, search
from anonymiser.detect.texture import Grey, Texture, halved, texture
from anonymiser.photo.warp import ScaledVersions
from anonymiser.values.faces import Detection, Faces, Float32
from anonymiser.values.photo import Pixels
from anonymiser.values.reasons import Code

SIGMAS = (0.35, 0.6)
"""Sigmas of Gaussians, in periods: the narrower keeps more of a face, the wider leaves less of the pattern."""
GRAIN_SIGMAS = (1.0, 2.0)
"""The same in pixels, for dots without a period."""
MEDIAN, WIRE = 0.8, 0.6
"""Sides, in periods, of the windows of a median, and of what closes dark wires and opens light ones."""
LARGEST_PERIOD_PX = 16.0
"""The photo is shrunk until the pattern has this period: with a coarser pattern, finer faces cannot be seen."""
GRAIN_MEDIAN_PX = 5
CONTRAST_LIMIT, CONTRAST_TILES = 40.0, 8
"""Of CLAHE: K. Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems IV (1994). Of 144 real
faces with 3 to 15% left under a pen or a veil it finds 139, as many as with grids of 16; without it, 88 are found."""
QUICK_PX = 640
"""Long side of the copy on which a quick look shows whether there are faint faces."""
QUICK, FAINT = 0.5, 4.0
"""From this score of the quick look on, a face is covered. Below this standard deviation of its grey levels it is
faint: ordinary faces have 20 to 60, and 7% of their contrast is left under a pen."""
FAINT_SURELY, FAINT_LIMIT = 0.7, 8.0
"""The same for a surer face."""
DOUBT = 0.6
"""From this score of the quick look on, the whole photo is searched again with its contrast stretched, and somebody is
asked to look, because others may be hidden too. That happens with none of 250 ordinary photos."""
_CORE = 0.6
"""Middle part of a face, where the contrast is measured: what a pen leaves uncovered around it is not faint."""
_SAME_IOU, _SAME_INSIDE = 0.3, 0.7
"""From this overlap on, a face on a filtered copy is already known."""


class FilteredDetector(FaceDetector):
    """Another detector's faces, and those that it finds on filtered copies if the photo needs them."""

    def __init__(self, detector: FaceDetector, quick: TileDetector, second: TileDetector) -> None:
        """`quick` takes the quick looks; `second` must agree where they are at a single patch of the photo."""
        self._detector = detector
        self._quick = quick
        self._second = second

    def tile_detectors(self) -> Mapping[str, TileDetector]:
        """Those of the other detector."""
        return self._detector.tile_detectors()

    def detect(self, pixels: Pixels) -> Faces:
        """Only the faces; see `examine`."""
        return self.examine(pixels).faces

    def examine(self, pixels: Pixels) -> Detection:
        """Every face; those of filtered copies come last, without a nose tip, so that nobody is recognised by them.

        A photo that was searched behind a pattern always comes with a doubt: nothing proves that everybody was found,
        and names may be hidden from the program in the same way.
        """
        plain = self._detector.examine(pixels)
        faces = plain.faces
        what = texture(pixels)
        if what.patterned:
            faces = Faces.concatenate([faces, self._behind(pixels, faces, what)])
        faint = self._faint(pixels, faces, what)
        doubts = [Code.FINE_PATTERN()] if what.patterned else []
        doubts += [Code.TOO_FAINT()] if faint.doubtful else []
        # The plain faces come first, so their rows stay what they were.
        everybody = Faces.concatenate([faces, faint.faces])
        return Detection(everybody, plain.doubtful_in, (*plain.doubts, *doubts), plain.refused)

    def _behind(self, pixels: Pixels, faces: Faces, what: Texture) -> Faces:
        """What the photo hides and filtered copies show."""
        found = [self._detector.detect(copy).moved(pixels.shape[1] / copy.shape[1]) for copy in smoothed(pixels, what)]
        return _new(found, faces)

    def _faint(self, pixels: Pixels, faces: Faces, what: Texture) -> _Hidden:
        grey: Grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
        painted = _new([faces_in_patches(pixels, self._quick, self._second)], faces)
        suspected = _new([faint_faces(grey, self._quick), painted], faces)
        if not what.narrow and not len(painted) and not (suspected.score >= DOUBT).any():
            return _Hidden(suspected)
        found = self._detector.detect(stretched(grey))
        # Where the photo has contrast, it has been searched itself, and a stretched copy is full of chance patterns.
        faint = np.asarray(contrast_within(grey, found.xyxy) < FAINT_LIMIT, np.bool_)
        return _Hidden(_new([found[faint], suspected], faces), doubtful=True)


@dataclass(frozen=True, slots=True)
class _Hidden:
    """What filtered copies show in addition."""

    faces: Faces = field(default_factory=Faces.none)
    doubtful: bool = False


def smoothed(pixels: Pixels, what: Texture) -> Iterator[Pixels]:
    """Copies without the pattern, perhaps smaller; one at a time, because each is as large as the photo."""
    if what.grainy or what.two_levels:
        for sigma in GRAIN_SIGMAS:
            yield _gaussian(pixels, sigma)
        yield np.asarray(cv2.medianBlur(pixels, GRAIN_MEDIAN_PX), np.uint8)
    if not what.periods_px:
        return
    longest, shortest = what.periods_px[-1], what.periods_px[0]
    scale = min(1.0, LARGEST_PERIOD_PX / longest)
    copy, period = _shrunk(pixels, scale), longest * scale
    for sigma in SIGMAS:
        yield _gaussian(copy, sigma * period)
    if shortest < longest / 2:
        yield _gaussian(pixels, SIGMAS[1] * shortest)
    yield np.asarray(cv2.medianBlur(copy, _odd(MEDIAN * period)), np.uint8)
    wire = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_odd(WIRE * period),) * 2)
    for how in (cv2.MORPH_OPEN, cv2.MORPH_CLOSE):
        yield np.asarray(cv2.morphologyEx(copy, how, wire), np.uint8)


def stretched(grey: Grey) -> Pixels:
    """A grey copy `uint8 [H, W, 3]` of `[H, W]` in which every place has the whole range of tones."""
    clahe = cv2.createCLAHE(CONTRAST_LIMIT, (CONTRAST_TILES, CONTRAST_TILES))
    return np.asarray(cv2.cvtColor(clahe.apply(grey), cv2.COLOR_GRAY2RGB), np.uint8)


def faint_faces(grey: Grey, quick: TileDetector) -> Faces:
    """Faces with hardly any contrast, in pixels of `grey`, as a quick look at a small stretched copy shows them."""
    small = grey
    while max(small.shape) >= 2 * QUICK_PX:
        small = halved(small)
    if max(small.shape) > QUICK_PX:
        scale = QUICK_PX / max(small.shape)
        size = (max(1, round(small.shape[1] * scale)), max(1, round(small.shape[0] * scale)))
        small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    found = suppress(search(ScaledVersions(stretched(small)), (Level(1.0, QUICK_PX, 0),), quick, QUICK))
    contrast = contrast_within(small, found.xyxy)
    faint = (found.score >= QUICK) & (contrast < FAINT)
    faint |= (found.score >= FAINT_SURELY) & (contrast < FAINT_LIMIT)
    return found[faint].moved(grey.shape[1] / small.shape[1])


def contrast_within(grey: Grey, xyxy: Float32) -> Float32:
    """`float32 [N]`: standard deviation of the grey levels in the middle of each box `[N, 4]`."""
    deviations = np.zeros(len(xyxy), np.float32)
    for row, (left, top, right, bottom) in enumerate(xyxy):
        centre, half = np.array([left + right, top + bottom]) / 2, np.array([right - left, bottom - top]) * _CORE / 2
        low, high = np.maximum(centre - half, 0).astype(int), np.maximum(centre + half, 0).astype(int) + 1
        part = grey[low[1] : high[1], low[0] : high[0]]
        if part.size:
            deviations[row] = part.std()
    return deviations


def _new(found: list[Faces], known: Faces) -> Faces:
    """Each unknown face once; its nose tip is NaN, so that it shows which way up the head is but not whose it is."""
    faces = suppress(Faces.concatenate(found))
    iou, inside = overlaps(faces.xyxy, known.xyxy)
    known_already = np.asarray(((iou >= _SAME_IOU) | (inside >= _SAME_INSIDE)).any(1), np.bool_)
    new = faces[~known_already]
    points = new.points.copy()
    points[:, 2] = np.nan
    return Faces(new.xyxy, new.score, points)


def _gaussian(pixels: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def _shrunk(pixels: Pixels, scale: float) -> Pixels:
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _odd(length: float) -> int:
    return max(3, int(length) // 2 * 2 + 1)
