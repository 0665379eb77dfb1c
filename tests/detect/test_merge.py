"""Overlaps and suppression, held against plain loops."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from anonymiser.detect.merge import overlaps, suppress
from anonymiser.values.faces import Faces


def faces_of(boxes, scores=None):
    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
    scores = np.linspace(1, 0.5, len(boxes)) if scores is None else scores
    return Faces(boxes, np.asarray(scores, np.float32), np.full((len(boxes), 5, 2), np.nan, np.float32))


boxes = st.integers(0, 25).flatmap(
    lambda n: arrays(np.float32, (n, 4), elements=st.floats(0, 60, width=32)).map(
        lambda a: np.concatenate([a[:, :2], a[:, :2] + a[:, 2:] + 1], 1)
    )
)


def plain_iou(a, b):
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    shared = w * h
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


@given(boxes, boxes)
def test_overlaps_equal_a_plain_loop(a, b):
    """The matrix of intersections over unions is what two loops compute."""
    iou, _ = overlaps(a, b)
    expected = np.array([[plain_iou(x, y) for y in b.tolist()] for x in a.tolist()]).reshape(len(a), len(b))
    np.testing.assert_allclose(iou, expected, atol=1e-4)


@settings(max_examples=50)
@given(boxes)
def test_suppression_equals_a_plain_loop(found):
    """The survivors are those of the textbook algorithm, in the same order."""
    scores = np.linspace(1, 0.1, len(found)).astype(np.float32)
    kept = []
    for box in found.tolist():
        if all(plain_iou(box, other) < 0.4 for other in kept):
            kept.append(box)
    assert suppress(faces_of(found, scores)).xyxy.tolist() == kept
