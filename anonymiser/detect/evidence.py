"""Gathers what several detectors say about each head, and says how much is enough.

Scores of different detectors mean different things, and if one of them is in doubt, another usually is not. So
proposals are taken at low scores, gathered head by head, and judged together.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.merge import overlaps, same_head
from anonymiser.values.faces import Faces, Float32


@enum.unique
class Source(enum.IntEnum):
    """The detector that proposes, and the version of the photo; the number is the column in `Heads.score`."""

    CENTERFACE = 0
    """In a frame in which the photo's heads are upright."""
    CENTERFACE_SMALL = 1
    """The same in a smaller version."""
    YUNET = 2
    """In such a frame, at the photo's own size or larger."""
    YUNET_SMALL = 3
    """The same in a small version, for faces too large for its anchors."""
    YUNET_TURNED = 4
    """In any frame."""
    BLAZEFACE = 5
    """On its own tiles, in a frame in which the photo's heads are upright."""


FLOOR = np.array([0.12, 0.12, 0.25, 0.3, 0.4, 0.5], np.float32)
"""By source: the score from which a proposal counts. Together they find what can be found."""
_PRECEDENCE = np.array([0, -0.1, 0, -0.1, -0.1, -0.15], np.float32)
"""By source: added to the score when proposals of one head compete to describe it."""

HEAD = 0.28
"""From this score of CenterFace on there is a head, even if no other detector sees it. On 224 school-like photos of
WIDER FACE it is by far the best judge. With 9 of 892 recognisable faces lost it leaves 1.5 needless boxes a photo; the
others together, weighed by logistic regression on the other half of the photos, leave more than 4."""
HEAD_TURNED = 0.45
"""The same if the photo is searched as it was stored but most of its heads are upright at another turn."""
SMALL_PX = 64
"""Longer side of a face, in pixels, below which a mistake costs few pixels."""
HEAD_LARGE, GLIMPSED = 0.4, 0.1
"""If CenterFace gives a larger head less than the first score, and no other detector proposes it clearly, it needs at
least the second score in YuNet's closer look."""
PROPOSED, CLOSELY, CLOSELY_LARGE = 0.45, 0.35, 0.7
"""If CenterFace sees no head in the photo: the score of another detector from which CenterFace looks closer, and the
score that then decides, for small heads and for larger ones. Measured on photos on their side, in which only small
turned versions are searched (as for a single child who lies on their side), this covers 802 of 840 recognisable faces;
without closer looks by CenterFace it is 777."""
VOUCHED, VOUCHED_CLOSELY = 0.7, 0.8
"""The scores that another detector and YuNet's closer look need if CenterFace sees little even there."""
SMALL_VOUCHED, SMALL_VOUCHED_CLOSELY = 0.6, 0.7
"""The same for small upright faces."""
LITTLE = 0.25
"""Below this score of CenterFace's closer look, no other detector is believed. More than half of the mistakes that only
other detectors make have less; with .2 and with .25 the same recognisable faces of those photos were covered."""
DOUBTED, DOUBTED_LEAST_PX, DOUBTED_MOST = 0.12, 40, 12
"""From this score of CenterFace and this longer side on, BlazeFace (short range) looks closer at heads that the other
rules refuse; in one photo, at no more than the last."""
TOGETHER, TOGETHER_DOUBLED = -1.5, 0.3
"""The sum of both logits from which the smallest of such heads is kept, and by how much it must be larger each time
that the side doubles, because a mistake costs more there. The halves of the photos of docs/detection.md give -1.55 and
-1.4 at a tenth of a needless box a photo."""
ALONE = 0.3
"""By how much less of that sum is enough for a head that no other network proposes: where another one does, its own
closer looks have refused the head already. Each half of the 212 photos of docs/detection.md gains two faces by it."""
REFUSED, REFUSED_BELOW = -5.5, 0.5
"""A large head of which CenterFace says less than the second is refused if the closer looks of YuNet, CenterFace and
BlazeFace (short range) have less than the first as the sum of their logits; the photo then waits. No recognisable face
in the 436 photos of docs/detection.md, 224 of them at every quarter turn, has less than -4.9."""
TAKEN_IOU, TAKEN_INSIDE = 0.2, 0.6
"""From this share of their union, or of the smaller one, in common with a better head on, such a head is no other."""

_SURELY_NOT = 0.005
"""No score says less, and none more than one minus this: a single network never settles the matter by itself."""
_AGREED = 0.4
"""Largest distance, in sizes of the face (see `disagree`), at which two looks mean the same eyes, nose and mouth. In
distances between the eyes, which are no larger than that size, YuNet and BlazeFace were 0.14 apart in the median of 80
press portraits, and never more than 0.31 in those, in 52 enrolment portraits and in 24 photos of people who pose."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Faces as the detectors see them, in columns."""

    faces: Faces
    """One row for each proposal, in photo pixels."""
    source: NDArray[np.intp]
    """`intp [N]`: a `Source`."""
    turn: Float32
    """`float32 [N]`: degrees clockwise by which the photo was turned when the face was seen."""
    search: NDArray[np.intp]
    """`intp [N]`: the number of the search that proposes. Heads that one search keeps apart are different."""

    @staticmethod
    def of(faces: Faces, source: Source, turn_degrees: float = 0.0) -> Proposals:
        """All from one search, after suppression."""
        n = len(faces)
        return Proposals(faces, np.full(n, source, np.intp), np.full(n, turn_degrees, np.float32), np.zeros(n, np.intp))

    @staticmethod
    def concatenate(searches: list[Proposals]) -> Proposals:
        """Rows of all searches, in order, each search with a number of its own."""
        return Proposals(
            Faces.concatenate([part.faces for part in searches]),
            np.concatenate([part.source for part in searches]),
            np.concatenate([part.turn for part in searches]),
            np.concatenate([np.full(len(part.turn), number) for number, part in enumerate(searches)]),
        )

    def __getitem__(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Proposals:
        return Proposals(self.faces[rows], self.source[rows], self.turn[rows], self.search[rows])


@dataclass(frozen=True, slots=True)
class Heads:
    """One row for each head, in columns."""

    xyxy: Float32
    """`float32 [N, 4]`: the proposal that describes the head best."""
    points: Float32
    """`float32 [N, 5, 2]`, as in `Faces.points`: YuNet's; see `_located`."""
    by_blazeface: Float32
    """`float32 [N, 5, 2]`: BlazeFace's landmarks, which may contradict; NaN if it sees no face."""
    score: Float32
    """`float32 [N, len(Source)]`: the best score of each source, 0 if it saw nothing."""
    turn: Float32
    """`float32 [N]`: the turn at which the best proposal was seen."""

    def __len__(self) -> int:
        return len(self.turn)

    def __getitem__(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Heads:
        return Heads(self.xyxy[rows], self.points[rows], self.by_blazeface[rows], self.score[rows], self.turn[rows])

    def kept(self, by_centerface: Float32, by_yunet: Float32, by_short_range: Float32) -> NDArray[np.bool_]:
        """`[N]`: which are heads, if closer looks give these scores `[N]`; a higher one never loses a head."""
        upright = self.score[:, [Source.YUNET, Source.YUNET_SMALL]].max(1)
        vouched = (self._others >= VOUCHED) & (by_yunet >= VOUCHED_CLOSELY)
        vouched |= self._small & (upright >= SMALL_VOUCHED) & (by_yunet >= SMALL_VOUCHED_CLOSELY)
        enough = np.where(self._small, CLOSELY, CLOSELY_LARGE).astype(np.float32)
        closely = (self._others >= PROPOSED) & (by_centerface >= enough)
        clear = self._small | (self._centerface >= HEAD_LARGE) | (self._others >= SMALL_VOUCHED)
        seen = self._seen & (clear | (by_yunet >= GLIMPSED))
        vouched &= by_centerface >= LITTLE
        heads: NDArray[np.bool_] = seen | closely | vouched | self._together(by_short_range)
        return heads

    def questioned(self, sure: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Rows of the `sure` ones `[N]` that are large and of which CenterFace says little: a mistake costs most there.

        All three networks that look closer should be asked; see `denied`.
        """
        return np.flatnonzero(sure & ~self._small & (self._centerface < REFUSED_BELOW))

    def doubted(self, sure: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Rows at which BlazeFace (short range) should look closer, those of which CenterFace says most first.

        Where one of the `sure` ones `[N]` is, a doubted head is that one framed again, or a part of it.
        """
        rows = np.flatnonzero(self._doubted & ~sure)
        rows = rows[~_one_place(self.xyxy[rows], self.xyxy[sure]).any(1)]
        return rows[np.argsort(-self._centerface[rows], kind="stable")][:DOUBTED_MOST]

    def chosen(self, sure: NDArray[np.bool_], by_short_range: Float32) -> Heads:
        """The `sure` ones `[N]`, and those that CenterFace and BlazeFace (short range) `[N]` see together, once each.

        Nobody is recognised by what was in doubt, so the nose tip of those that are added is NaN.
        """
        kept = sure.copy()
        doubted = self.doubted(sure)
        doubted = doubted[self._together(by_short_range)[doubted]]
        doubted = doubted[np.argsort(-self._sum(by_short_range)[doubted], kind="stable")]
        one_place = _one_place(self.xyxy[doubted], self.xyxy[doubted])
        for place, row in enumerate(doubted):
            kept[row] = not (one_place[place] & kept[doubted])[:place].any()
        points = self.points.copy()
        points[~sure, 2] = np.nan
        return Heads(self.xyxy, points, self.by_blazeface, self.score, self.turn)[kept]

    @property
    def seen_by_centerface(self) -> NDArray[np.bool_]:
        """`[N]`: whether CenterFace, the best judge, sees a head on its own."""
        seen: NDArray[np.bool_] = self._centerface >= HEAD
        return seen

    @property
    def _small(self) -> NDArray[np.bool_]:
        small: NDArray[np.bool_] = self._side < SMALL_PX
        return small

    @property
    def _side(self) -> Float32:
        """`[N]`: the longer side in pixels."""
        side: Float32 = (self.xyxy[:, 2:] - self.xyxy[:, :2]).max(1, initial=0)
        return side

    @property
    def _doubted(self) -> NDArray[np.bool_]:
        doubted: NDArray[np.bool_] = (self._side >= DOUBTED_LEAST_PX) & (self._centerface >= DOUBTED)
        return doubted

    @property
    def _centerface(self) -> Float32:
        best: Float32 = self.score[:, [Source.CENTERFACE, Source.CENTERFACE_SMALL]].max(1)
        return best

    @property
    def _others(self) -> Float32:
        best: Float32 = self.score[:, Source.YUNET :].max(1)
        return best

    def _sum(self, by_short_range: Float32) -> Float32:
        """Of both networks' logits, which is what their scores are worth together if they err independently."""
        total: Float32 = _logit(self._centerface) + _logit(by_short_range)
        return total

    def _together(self, by_short_range: Float32) -> NDArray[np.bool_]:
        """Whether two networks that doubt, trained on different photos, see a head together."""
        doubled = np.log2(np.maximum(self._side / DOUBTED_LEAST_PX, 1))
        least = TOGETHER + TOGETHER_DOUBLED * doubled - ALONE * (self._others == 0)
        enough: NDArray[np.bool_] = self._doubted & (by_short_range > 0) & (self._sum(by_short_range) > least)
        return enough

    @property
    def _seen(self) -> NDArray[np.bool_]:
        """Whether CenterFace sees a head, and not only in its own smaller version."""
        seen: NDArray[np.bool_] = self.seen_by_centerface & np.delete(self.score, Source.CENTERFACE_SMALL, 1).any(1)
        return seen


def denied(said: Float32) -> NDArray[np.bool_]:
    """`[N]`: whether networks that looked closer and gave the scores `[N, 3]` deny a head together.

    Whatever has not been asked yet counts as 0, so that more looks never deny what fewer do not.
    """
    no: NDArray[np.bool_] = _logit(said).sum(1) < REFUSED
    return no


def _one_place(a: Float32, b: Float32) -> NDArray[np.bool_]:
    """`[N, M]`: whether two boxes, `[N, 4]` and `[M, 4]`, lie too much over each other to be two doubted heads."""
    iou, inside = overlaps(a, b)
    taken: NDArray[np.bool_] = (iou >= TAKEN_IOU) | (inside >= TAKEN_INSIDE)
    return taken


def _logit(score: Float32) -> Float32:
    bounded = np.clip(score, _SURELY_NOT, 1 - _SURELY_NOT)
    logit: Float32 = np.log(bounded / (1 - bounded))
    return logit


def gather(proposals: Proposals) -> Heads:
    """One head for all proposals that mean it.

    The best proposal takes those that frame the same head (`merge.same_head`), but only the one from each search that
    overlaps it most. So two heads that one search keeps apart never share a row, however alike another search frames
    them. A proposal that is not taken counts towards the scores, and also has a row of its own; `repeats.py` decides
    which of those rows are the same head after all. The loop runs once for each head, so memory grows with the number
    of proposals and not with its square.
    """
    rank = proposals.faces.score + _PRECEDENCE[proposals.source]
    proposals = proposals[np.argsort(-rank, kind="stable")]
    xyxy = proposals.faces.xyxy
    owner = np.zeros(len(xyxy), np.intp)
    first: list[np.intp] = []
    scores: list[Float32] = []
    rest = np.arange(len(xyxy))
    while len(rest):
        iou, inside = (share[0] for share in overlaps(xyxy[rest[:1]], xyxy[rest]))
        same = same_head(iou, inside)
        same[0] = True
        scores.append(np.zeros(len(Source), np.float32))
        np.maximum.at(scores[-1], proposals.source[rest[same]], proposals.faces.score[rest[same]])
        same &= _closest_of_each(proposals.search[rest], np.where(same, iou, -1))
        owner[rest[same]] = len(first)
        first.append(rest[0])
        rest = rest[~same]
    best = np.array(first, np.intp)
    score = np.array(scores, np.float32).reshape(-1, len(Source))
    by_blazeface = _best_points(proposals, owner, proposals.source == Source.BLAZEFACE, len(best))
    return Heads(xyxy[best], _located(proposals, owner, len(best)), by_blazeface, score, proposals.turn[best])


def _closest_of_each(search: NDArray[np.intp], overlap: Float32) -> NDArray[np.bool_]:
    """`[N]`: whether a proposal overlaps more than all others of its search; among equals, the first does."""
    order = np.lexsort((-overlap, search))
    closest = np.zeros(len(search), bool)
    closest[order[np.diff(search[order], prepend=-1) != 0]] = True
    return closest


def _located(proposals: Proposals, owner: NDArray[np.intp], heads: int) -> Float32:
    """Landmarks `[heads, 5, 2]`: YuNet's, which recognition is tuned to.

    If YuNet sees no face, those of the others show which way up the head is, and the nose tip is NaN, so that nobody is
    recognised unless YuNet has located them.
    """
    by_yunet = np.isin(proposals.source, (Source.YUNET, Source.YUNET_SMALL, Source.YUNET_TURNED))
    points = _best_points(proposals, owner, by_yunet, heads)
    unseen = np.isnan(points).all((1, 2))
    for source in (Source.CENTERFACE, Source.CENTERFACE_SMALL, Source.BLAZEFACE):
        others = _best_points(proposals, owner, proposals.source == source, heads)
        points[unseen] = others[unseen]
        points[unseen, 2] = np.nan
        unseen &= np.isnan(points).all((1, 2))
    return points


def _best_points(proposals: Proposals, owner: NDArray[np.intp], rows: NDArray[np.bool_], heads: int) -> Float32:
    """Landmarks of the best of the chosen proposals of each head, NaN if it has none; proposals are best first."""
    points = np.full((heads, 5, 2), np.nan, np.float32)
    chosen = np.flatnonzero(rows)
    found, firsts = np.unique(owner[chosen], return_index=True)
    points[found] = proposals.faces.points[chosen[firsts]]
    return points


def disagree(points: Float32, others: Float32) -> NDArray[np.bool_]:
    """Whether two sets of landmarks `[N, 5, 2]` cannot both be right; points that either set lacks do not count.

    The size of a face is the distance between the eyes or, if that is longer, as in a head that is turned, the distance
    from the eyes to the mouth.
    """
    eyes = np.hypot(*(points[:, 0] - points[:, 1]).T)
    down = np.hypot(*(points[:, :2].mean(1) - points[:, 3:].mean(1)).T)
    apart = np.nan_to_num(np.hypot(*(points - others).transpose(2, 0, 1)), nan=0.0).max(1, initial=0)
    contradicted: NDArray[np.bool_] = apart > _AGREED * np.maximum(eyes, down)
    return contradicted
