"""What the pipeline calls: three detectors propose heads, and all that they say about one head is judged together.

A fourth network, which searches nothing, has a say about heads that the best judge of the three doubts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.blazeface import TILE_PX
from anonymiser.detect.blazeface_short_range import TILE_PX as SHORT_RANGE_PX
from anonymiser.detect.confirm import CROP_PX, View, look_again
from anonymiser.detect.evidence import FLOOR, HEAD_TURNED, LITTLE, Heads, Proposals, Source, denied, disagree, gather
from anonymiser.detect.interface import FaceDetector, TileDetector
from anonymiser.detect.merge import suppress
from anonymiser.detect.repeats import without_repeats
from anonymiser.detect.search import Level, search
from anonymiser.photo.warp import ScaledVersions
from anonymiser.values.faces import Detection, Faces, Float32
from anonymiser.values.photo import Pixels

LARGE_TILE_PX, OVERLAP_PX = 1408, 128
"""Limits the memory of one call. A face larger than what neighbouring tiles share is whole in a smaller version."""
CENTERFACE_PX = 1280
"""Longest side that CenterFace searches: it is the best judge and the most expensive, and it looks closer at what only
YuNet finds. On 2,048 px wide montages of four photos of WIDER FACE each, 1,600 covered the same 880 of 891
recognisable faces, 1,024 two fewer."""
YUNET_DOUBLED_PX = 1600
"""Photos up to this long side are also searched at twice their size, where faces of 8 px can be found."""
YUNET_SMALL_PX = 320
"""Long side of the version in which faces that fill the frame have the size of YuNet's anchors."""
YUNET_SMALL_LEAST_PX, BLAZEFACE_LEAST_PX = 24, 20
"""Smaller faces in that version, or on BlazeFace's tiles, are misplaced by half their size and better seen elsewhere.
On its tiles a fringe may then pass for eyes, and would contradict correct ones."""
TURNED_PX = 640
"""Long side of turned versions, and of the one in which CenterFace sees large heads: a head lying sideways is rarely
far away, and 1,024 found no more."""
TURNS = range(0, 360, 45)
"""Every eighth of a turn: photos without an orientation tag, children upside down, heads lying sideways."""
REFINED_PX = 8.0
"""With at least this distance between the eyes, a face is worth recognising."""
LANDMARK_VIEWS = (View(), View(-15.0), View(15.0))
"""Of 1,800 pairs of Labeled Faces in the Wild 99.44% are verified by the mean landmarks of these
views, 99.33% by those of the first alone."""
RIVAL = 0.5
"""If the heads of the photo as it was stored have less than this share of the strength of those at another turn, it was
stored the wrong way up, and CenterFace is believed less there."""
YUNET_CLOSELY = 0.02
"""From this score on, YuNet's closer look counts; `evidence.py` says what is enough."""
YUNET_VIEWS = (View(), View(-22.0), View(22.0))
"""Of closer looks at doubtful heads. The best one counts: a face is seen from more than one angle, a chance pattern
rarely is."""
CENTERFACE_CLOSELY = 0.02
"""From this score on, CenterFace's closer look counts against refusing a large head; elsewhere, from LITTLE on."""
CENTERFACE_VIEWS = (View(), View(mirrored=True))
"""The mean counts: on 224 photos of WIDER FACE it finds one more recognisable face than the first view alone, with
fewer mistakes."""
SHORT_RANGE_CLOSELY = 0.01
"""From this score on, BlazeFace's closer look counts."""
SHORT_RANGE_VIEWS = (View(face_share=0.5), View(mirrored=True, face_share=0.3))
"""The mean counts. The second is taken only where it could decide."""


class CombinedDetector(FaceDetector):
    """CenterFace and YuNet whichever way up the photo is, MediaPipe's BlazeFace on a few large tiles.

    Its short-range version searches nothing; it only looks closer at what the others propose.
    """

    def __init__(
        self, *, yunet: TileDetector, centerface: TileDetector, blazeface: TileDetector, short_range: TileDetector
    ) -> None:
        self._yunet = yunet
        self._centerface = centerface
        self._blazeface = blazeface
        self._short_range = short_range

    def detect(self, pixels: Pixels) -> Faces:
        """Every face, one row each, in photo pixels; the score is the best of any detector's."""
        return self.examine(pixels).faces

    def examine(self, pixels: Pixels) -> Detection:
        """The same, the rows inside which there may be a further face, and large heads that were refused."""
        heads, refused = self._kept(pixels, gather(self._proposals(ScaledVersions(pixels))))
        points = self._refined(pixels, heads)
        faces = Faces(heads.xyxy, heads.score.max(1, initial=0), points)
        return replace(without_repeats(faces, heads.seen_by_centerface), refused=refused)

    def tile_detectors(self) -> Mapping[str, TileDetector]:
        """All four, by name."""
        return {
            "YuNet": self._yunet,
            "CenterFace": self._centerface,
            "BlazeFace": self._blazeface,
            "BlazeFace short range": self._short_range,
        }

    def _proposals(self, photo: ScaledVersions) -> Proposals:
        small = min(1.0, TURNED_PX / max(photo.pixels.shape[:2]))
        turned = {turn: _propose(photo, _level(small, turn), self._yunet, Source.YUNET_TURNED) for turn in TURNS}
        strength = {turn: float((found.faces.score**4).sum()) for turn, found in turned.items()}
        proposals = list(turned.values())
        for turn, believed in orientations(strength).items():
            least = None if believed else HEAD_TURNED
            proposals.append(_propose(photo, _level(small, turn), self._centerface, Source.CENTERFACE_SMALL, least))
            proposals += self._thoroughly(photo, turn, least)
        return Proposals.concatenate(proposals)

    def _thoroughly(self, photo: ScaledVersions, turn: int, least_centerface: float | None) -> list[Proposals]:
        """What is found about the heads that are upright when the photo is turned by `turn` degrees clockwise."""
        longest = max(photo.pixels.shape[:2])
        medium, small = min(1.0, CENTERFACE_PX / longest), min(1.0, YUNET_SMALL_PX / longest)
        native = [1.0, 2.0] if longest <= YUNET_DOUBLED_PX else [1.0]
        blazeface = search(photo, blazeface_levels(longest, turn), self._blazeface, float(FLOOR[Source.BLAZEFACE]))
        return [
            _propose(photo, _level(medium, turn), self._centerface, Source.CENTERFACE, least_centerface),
            *(_propose(photo, _level(scale, turn), self._yunet, Source.YUNET) for scale in native),
            _propose(photo, _level(small, turn, YUNET_SMALL_LEAST_PX), self._yunet, Source.YUNET_SMALL),
            Proposals.of(suppress(blazeface), Source.BLAZEFACE, turn),
        ]

    def _kept(self, pixels: Pixels, heads: Heads) -> tuple[Heads, Faces]:
        """Those that are heads, after a closer look at every one where that could decide, and the refused ones."""
        no, yes = np.zeros(len(heads), np.float32), np.ones(len(heads), np.float32)
        doubtful = np.flatnonzero(heads.kept(yes, yes, no) & ~heads.kept(no, yes, no))
        by_centerface, by_yunet, by_short_range = no.copy(), no.copy(), no.copy()
        by_centerface[doubtful] = _closely(pixels, heads[doubtful], self._centerface, LITTLE, CENTERFACE_VIEWS).mean(1)
        doubtful = np.flatnonzero(heads.kept(by_centerface, yes, no) & ~heads.kept(by_centerface, no, no))
        by_yunet[doubtful] = _closely(pixels, heads[doubtful], self._yunet, YUNET_CLOSELY, YUNET_VIEWS).max(1)
        sure = heads.kept(by_centerface, by_yunet, no)
        refused = self._refused(pixels, heads, sure)
        sure[refused] = False
        doubted = heads.doubted(sure)
        for number, view in enumerate(SHORT_RANGE_VIEWS):
            most = by_short_range + 1 - number / len(SHORT_RANGE_VIEWS)
            doubtful = doubted[heads.kept(by_centerface, by_yunet, most)[doubted]]
            score = _closely(pixels, heads[doubtful], self._short_range, SHORT_RANGE_CLOSELY, (view,), SHORT_RANGE_PX)
            by_short_range[doubtful] += score[:, 0] / len(SHORT_RANGE_VIEWS)
        nowhere = np.full((len(refused), 5, 2), np.nan, np.float32)
        places = Faces(heads.xyxy[refused], heads.score[refused].max(1, initial=0), nowhere)
        return heads.chosen(sure, by_short_range), places

    def _refused(self, pixels: Pixels, heads: Heads, sure: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Rows of large heads that every network denies when it looks closer; the quickest looks first."""
        said = np.zeros((len(heads), 3), np.float32)
        asked = heads.questioned(sure)
        said[asked, 0] = _closely(pixels, heads[asked], self._yunet, YUNET_CLOSELY, YUNET_VIEWS).max(1)
        asked = asked[denied(said[asked])]
        short_range = self._short_range, SHORT_RANGE_CLOSELY, SHORT_RANGE_VIEWS, SHORT_RANGE_PX
        said[asked, 1] = _closely(pixels, heads[asked], *short_range).mean(1)
        asked = asked[denied(said[asked])]
        centerface = self._centerface, CENTERFACE_CLOSELY, CENTERFACE_VIEWS
        said[asked, 2] = _closely(pixels, heads[asked], *centerface).mean(1)
        return asked[denied(said[asked])]

    def _refined(self, pixels: Pixels, heads: Heads) -> Float32:
        """`[N, 5, 2]`: landmarks from closer looks, for heads that are located and not tiny.

        NaN if BlazeFace contradicts them. CenterFace's landmarks are too rough to contradict any others.
        """
        points = heads.points.copy()
        eyes_px = np.hypot(*(points[:, 0] - points[:, 1]).T)
        located = np.flatnonzero(np.isfinite(points).all((1, 2)) & (eyes_px >= REFINED_PX))
        look = look_again(pixels, heads.xyxy[located], heads.turn[located], self._yunet, YUNET_CLOSELY, LANDMARK_VIEWS)
        # Landmarks that the closer look sees elsewhere are a neighbour's, or a pattern.
        seen = np.isfinite(look.points).all((1, 2)) & ~disagree(points[located], look.points)
        points[located[seen]] = look.points[seen]
        points[disagree(points, heads.by_blazeface)] = np.nan
        return points


def orientations(strength: Mapping[int, float]) -> dict[int, bool]:
    """The turns, in degrees clockwise, at which a photo is searched thoroughly, and whether it may be upright there.

    It is always searched as it was stored, and at the turn at which most of its heads are upright. `strength` says for
    each turn how strongly upright heads show.
    """
    best = max(strength, key=lambda turn: strength[turn])
    return {turn: strength[turn] >= RIVAL * strength[best] for turn in sorted({0, best})}


def _closely(
    pixels: Pixels,
    heads: Heads,
    detect: TileDetector,
    threshold: float,
    views: tuple[View, ...],
    crop_px: int = CROP_PX,
) -> Float32:
    """`[N, len(views)]`: the score of each view of each head."""
    return look_again(pixels, heads.xyxy, heads.turn, detect, threshold, views, crop_px).score


def _propose(
    photo: ScaledVersions, level: Level, detect: TileDetector, source: Source, least: float | None = None
) -> Proposals:
    """What one search finds with a score of `least` or more; default: the score from which its proposals count."""
    threshold = float(FLOOR[source]) if least is None else least
    return Proposals.of(suppress(search(photo, (level,), detect, threshold)), source, level.turn_degrees)


def _level(scale: float, turn: float, least_px: float = 0.0) -> Level:
    return Level(scale, LARGE_TILE_PX, OVERLAP_PX, turn_degrees=turn, least_px=least_px)


def blazeface_levels(longest_px: int, turn: float = 0.0) -> tuple[Level, ...]:
    """The whole photo and tiles of half its long side: near faces, which it was made for."""
    return tuple(
        Level(
            min(1.0, TILE_PX * parts / longest_px),
            TILE_PX,
            TILE_PX // 4,
            multiple=TILE_PX,
            least_px=BLAZEFACE_LEAST_PX,
            turn_degrees=turn,
        )
        for parts in (1, 2)
    )
