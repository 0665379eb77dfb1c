"""Three detectors propose, all that they say of a head is judged together: what the pipeline calls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.blazeface import TILE_PX, BlazeFace
from anonymiser.detect.centerface import CenterFace
from anonymiser.detect.confirm import View, look_again
from anonymiser.detect.evidence import FLOOR, HEAD_TURNED, LITTLE, Heads, Proposals, Source, disagree, gather
from anonymiser.detect.interface import FaceDetector
from anonymiser.detect.merge import suppress, without_parts
from anonymiser.detect.pyramid import Copies, Level, TileDetector, search
from anonymiser.detect.yunet import YuNet
from anonymiser.values.faces import Faces, Float32
from anonymiser.values.photo import Pixels

LARGE_TILE_PX, OVERLAP_PX = 1408, 128
"""Bounds the memory of one call. A face larger than what neighbouring tiles share is whole on a smaller copy."""
CENTERFACE_PX = 1280
"""Longest side that CenterFace searches: it is the best judge and the dearest, and looks closer at what YuNet finds
besides. On 2,048 px wide montages of four photos of WIDER FACE each, 1,600 covered the same 880 of 891 recognisable
faces, 1,024 two fewer."""
YUNET_DOUBLED_PX = 1600
"""Photos up to this long side are also searched at twice their size, where faces of 8 px become findable."""
YUNET_SMALL_PX = 320
"""Long side of the copy on which faces that fill the frame have the size of YuNet's anchors."""
YUNET_SMALL_LEAST_PX, BLAZEFACE_LEAST_PX = 24, 20
"""Smaller faces on that copy, or on BlazeFace's tiles, are misplaced by half their size and better seen elsewhere; on
its tiles a fringe then passes for eyes, and would contradict right ones."""
TURNED_PX = 640
"""Long side of turned copies, and of the one on which CenterFace sees large heads: a head lying sideways is rarely a
far one, and 1,024 found no more."""
TURNS = range(0, 360, 45)
"""Every eighth of a turn: photos without an orientation tag, children upside down, heads lying sideways."""
REFINED_PX = 8.0
"""Distance between the eyes from which a face is worth recognising."""
LANDMARK_VIEWS = (View(), View(-15.0), View(15.0))
"""Of 1,800 pairs of Labeled Faces in the Wild 99.44 % are verified by the mean landmarks of these
views, 99.33 % by those of the first alone."""
RIVAL = 0.5
"""Where the heads of the photo as it was stored are less strong than this beside those of another turn, it is held
wrongly, and CenterFace is believed less of what it sees there."""
YUNET_VIEWS = (View(), View(-22.0), View(22.0))
"""Of closer looks at doubtful heads, of which the best counts: a face is seen from more than one angle, a chance
pattern rarely."""
CENTERFACE_VIEWS = (View(), View(mirrored=True))
"""The mean counts: on 224 photos of WIDER FACE it finds one more recognisable face than the first view alone, with
fewer mistakes."""


class CombinedDetector(FaceDetector):
    """CenterFace and YuNet however the photo is held, MediaPipe's BlazeFace on a few large tiles."""

    def __init__(self) -> None:
        self._yunet = {source: YuNet(FLOOR[source]) for source in (Source.YUNET, Source.YUNET_SMALL)}
        self._yunet_turned = YuNet(FLOOR[Source.YUNET_TURNED])
        self._blazeface = BlazeFace(FLOOR[Source.BLAZEFACE])
        self._centerface = CenterFace(FLOOR[Source.CENTERFACE])
        self._centerface_turned = CenterFace(HEAD_TURNED)
        self._yunet_closely, self._centerface_closely = YuNet(0.02), CenterFace(LITTLE)

    def detect(self, pixels: Pixels) -> Faces:
        """Every face, one row each, in photo pixels; the score is the best of any detector's."""
        heads = gather(self._proposals(Copies(pixels)))
        heads = heads[self._kept(pixels, heads)]
        points = self._refined(pixels, heads)
        return without_parts(Faces(heads.xyxy, heads.score.max(1, initial=0), points))

    def _proposals(self, copies: Copies) -> Proposals:
        longest = max(copies.pixels.shape[:2])
        level = {turn: _level(min(1.0, TURNED_PX / longest), turn) for turn in TURNS}
        turned = {turn: _propose(copies, level[turn], self._yunet_turned, Source.YUNET_TURNED) for turn in TURNS}
        strength = {turn: float((found.faces.score**4).sum()) for turn, found in turned.items()}
        proposals = list(turned.values())
        for turn, believed in held(strength).items():
            centerface = self._centerface if believed else self._centerface_turned
            proposals.append(_propose(copies, level[turn], centerface, Source.CENTERFACE_SMALL))
            proposals += self._thoroughly(copies, turn, centerface)
        return Proposals.concatenate(proposals)

    def _thoroughly(self, copies: Copies, turn: int, centerface: CenterFace) -> list[Proposals]:
        """What is seen of the heads that are upright once the photo is turned."""
        longest = max(copies.pixels.shape[:2])
        native = [1.0, 2.0] if longest <= YUNET_DOUBLED_PX else [1.0]
        blazeface = search(copies, blazeface_levels(longest, turn), self._blazeface)
        return [
            _propose(copies, _level(min(1.0, CENTERFACE_PX / longest), turn), centerface, Source.CENTERFACE),
            *(_propose(copies, _level(scale, turn), self._yunet[Source.YUNET], Source.YUNET) for scale in native),
            _propose(
                copies,
                _level(min(1.0, YUNET_SMALL_PX / longest), turn, YUNET_SMALL_LEAST_PX),
                self._yunet[Source.YUNET_SMALL],
                Source.YUNET_SMALL,
            ),
            Proposals.of(suppress(blazeface), Source.BLAZEFACE, turn),
        ]

    def _kept(self, pixels: Pixels, heads: Heads) -> NDArray[np.bool_]:
        """`[N]`: which are heads, after a closer look at every one that it could decide."""
        no, yes = np.zeros(len(heads), np.float32), np.ones(len(heads), np.float32)
        doubtful = np.flatnonzero(heads.kept(yes, yes) & ~heads.kept(no, yes))
        by_centerface, by_yunet = no.copy(), no.copy()
        by_centerface[doubtful] = _closely(pixels, heads[doubtful], self._centerface_closely, CENTERFACE_VIEWS).mean(1)
        doubtful = np.flatnonzero(heads.kept(by_centerface, yes) & ~heads.kept(by_centerface, no))
        by_yunet[doubtful] = _closely(pixels, heads[doubtful], self._yunet_closely, YUNET_VIEWS).max(1)
        return heads.kept(by_centerface, by_yunet)

    def _refined(self, pixels: Pixels, heads: Heads) -> Float32:
        """`[N, 5, 2]`: landmarks as closer looks give them, of heads that are located and not tiny.

        None where BlazeFace contradicts. CenterFace's are too rough to contradict anybody.
        """
        points = heads.points.copy()
        eyes_px = np.hypot(*(points[:, 0] - points[:, 1]).T)
        located = np.flatnonzero(np.isfinite(points).all((1, 2)) & (eyes_px >= REFINED_PX))
        look = look_again(pixels, heads.xyxy[located], heads.turn[located], self._yunet_closely, LANDMARK_VIEWS)
        # What the closer look sees elsewhere is a neighbour, or a pattern.
        seen = np.isfinite(look.points).all((1, 2)) & ~disagree(points[located], look.points)
        points[located[seen]] = look.points[seen]
        points[disagree(points, heads.by_blazeface)] = np.nan
        return points


def held(strength: dict[int, float]) -> dict[int, bool]:
    """At which turns a photo is searched thoroughly, and whether it may be held so.

    As it was stored, whatever the heads say, and as most of its heads are upright; `strength` is that of the heads that
    are upright at each turn.
    """
    best = max(strength, key=lambda turn: strength[turn])
    return {turn: strength[turn] >= RIVAL * strength[best] for turn in sorted({0, best})}


def _closely(pixels: Pixels, heads: Heads, detect: TileDetector, views: tuple[View, ...]) -> Float32:
    """`[N, len(views)]`: the score of every view of each head."""
    return look_again(pixels, heads.xyxy, heads.turn, detect, views).score


def _propose(copies: Copies, level: Level, detect: TileDetector, source: Source) -> Proposals:
    return Proposals.of(suppress(search(copies, (level,), detect)), source, level.turn_degrees)


def _level(scale: float, turn: float, least_px: float = 0.0) -> Level:
    return Level(scale, LARGE_TILE_PX, OVERLAP_PX, turn_degrees=turn, least_px=least_px)


def blazeface_levels(longest_px: int, turn: float = 0.0) -> tuple[Level, ...]:
    """The whole photo and tiles of half its long side: near faces, for which it was made."""
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
