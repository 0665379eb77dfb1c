"""Many boxes for one face become one: overlaps, non-maximum suppression, and what is merely a part of a face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.faces import Faces


def overlaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Intersection over union, and intersection over the smaller box, of boxes `[N, 4]` and `[M, 4]`: `[N, M]` each."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.maximum(high - low, 0).prod(2)
    area_a, area_b = (np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-3).prod(1) for boxes in (a, b))
    union = area_a[:, None] + area_b[None] - shared
    return shared / union, shared / np.minimum(area_a[:, None], area_b[None])


def suppress(faces: Faces, *, iou: float = 0.4) -> Faces:
    """Hard non-maximum suppression, best score first: no two results overlap by `iou` or more.

    The loop runs once per surviving face and compares it with all that are left, so memory grows with the number of
    proposals and not with its square: a crowd has thousands of them.
    """
    rest = np.argsort(-faces.score, kind="stable")
    kept = []
    while len(rest):
        best, rest = rest[0], rest[1:]
        kept.append(best)
        rest = rest[overlaps(faces.xyxy[best][None], faces.xyxy[rest])[0][0] < iou]
    return faces[np.array(kept, np.intp)]


def without_parts(faces: Faces, *, strong: float = 0.8, weak: float = 0.7, inside: float = 0.8) -> Faces:
    """Drop doubtful faces that are merely a part of a certain one: an eye, a cheek with a mouth.

    Only a face with score under `weak` that lies by the share `inside` in a face with landmarks and a score of at
    least `strong` is dropped. Nothing is ever dropped for lying in a doubtful box: a large mistake must not hide
    the children inside it; nor for being certain: a small face in front of a large one is somebody else.
    """
    outer = (faces.score >= strong) & np.isfinite(faces.points).all((1, 2))
    share = overlaps(faces.xyxy, faces.xyxy)[1]
    area = (faces.xyxy[:, 2:] - faces.xyxy[:, :2]).prod(1)
    part = (share >= inside) & outer[None] & (area[:, None] < area[None])
    return faces[~(part.any(1) & (faces.score < weak))]
