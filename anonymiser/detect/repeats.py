"""Several rows for one face: a face framed twice, a part of a face, and perhaps somebody in front of a face.

If a part is taken for a second face, the first is not recognised, because nobody is in a photo twice. If a second face
is taken for a part, it is published. So only a certain face explains others away, and any remaining doubt is reported.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anonymiser.detect.evidence import disagree
from anonymiser.detect.merge import overlaps, same_head
from anonymiser.values.faces import Detection, Faces

CERTAIN = 0.8
"""From this score on, a face with all five landmarks explains others away. Nothing is dropped because it is in a
doubtful box: a large mistake must not hide the children inside it."""
DOUBTFUL = 0.7
"""Below this score, a smaller face inside a certain one is more likely an eye, or a cheek with a mouth. From it on, it
is somebody in front of a larger face."""
INSIDE = 0.8
"""Share of its own box that must be inside."""


def without_repeats(faces: Faces, own_head: NDArray[np.bool_]) -> Detection:
    """One row for each face, and where there may be one more.

    `own_head` `[N]` says whether CenterFace, the best judge of what is a head, sees a head on its own. A face in the
    place of a certain one with a higher score is that one framed again, unless CenterFace sees it too and its landmarks
    are elsewhere. A doubtful face inside a certain one is dropped and reported if CenterFace does not see it. On 224
    photos of WIDER FACE that happens in 2 (0.9%), and neither is a face.
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
    """`[N, N]`: whether two faces, the second of them certain, have eyes, nose and mouth in the same places."""
    located = np.isfinite(faces.points).all((1, 2))
    same = np.zeros((len(faces), len(faces)), bool)
    for column in np.flatnonzero(certain):
        certain_points = np.broadcast_to(faces.points[column], faces.points.shape)
        same[:, column] = located & ~disagree(certain_points, faces.points)
    return same
