"""Several rows for one face: a face framed twice, a part of a face, and what may be somebody in front of a face.

A part that is taken for a second face would stop the first from being recognised, because nobody is in a photo twice.
A second face that is taken for a part would be published. So only a certain face explains others away, and what is
left of doubt is reported.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.evidence import disagree
from anonymiser.detect.merge import overlaps, same_head
from anonymiser.values.faces import Detection, Faces

CERTAIN = 0.8
"""Score from which a face that has all five landmarks explains others away. Nothing is dropped for lying in a doubtful
box: a large mistake must not hide the children inside it."""
DOUBTFUL = 0.7
"""Score below which a smaller face inside a certain one is more likely an eye, or a cheek with a mouth. What is less
doubtful is somebody in front of a larger face."""
INSIDE = 0.8
"""Share of its own box by which it lies inside."""


def without_repeats(faces: Faces, own_head: NDArray[np.bool_]) -> Detection:
    """One row a face, and where there may be one more.

    `own_head` `[N]` says where CenterFace, the best judge of what is a head, sees a head on its own. A face in the
    place of a certain one with a higher score is that one framed again, unless CenterFace sees it too and its landmarks
    are elsewhere. A doubtful face inside a certain one is dropped where CenterFace does not see it, and reported. On
    224 photos of WIDER FACE that happens in 2 (0.9%), and neither is a face.
    """
    certain = (faces.score >= CERTAIN) & np.isfinite(faces.points).all((1, 2))
    iou, inside = overlaps(faces.xyxy, faces.xyxy)
    better = faces.score[:, None] < faces.score[None]
    repeated = certain[None] & better & same_head(iou, inside) & (~own_head[:, None] | _same_landmarks(faces, certain))
    repeats = repeated.any(1)
    area = (faces.xyxy[:, 2:] - faces.xyxy[:, :2]).prod(1)
    within = (certain & ~repeats)[None] & (inside >= INSIDE) & (area[:, None] < area[None])
    within &= (~repeats & ~own_head & (faces.score < DOUBTFUL))[:, None]
    rows = np.flatnonzero(~repeats & ~within.any(1))
    return Detection(faces[rows], frozenset(np.flatnonzero(within.any(0)[rows]).tolist()))


def _same_landmarks(faces: Faces, certain: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`[N, N]`: whether two faces, of which the second is certain, have eyes, nose and mouth in the same places."""
    located = np.isfinite(faces.points).all((1, 2))
    same = np.zeros((len(faces), len(faces)), bool)
    for column in np.flatnonzero(certain):
        certain_points = np.broadcast_to(faces.points[column], faces.points.shape)
        same[:, column] = located & ~disagree(certain_points, faces.points)
    return same
