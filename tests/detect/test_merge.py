"""Overlaps and suppression, held against plain loops, and parts of faces."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from anonymiser.detect.merge import overlaps, suppress, without_parts
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


def scored(*rows):
    """Faces with landmarks from (box, score)."""
    boxes = np.array([box for box, _ in rows], np.float32)
    return Faces(boxes, np.array([score for _, score in rows], np.float32), np.ones((len(rows), 5, 2), np.float32))


BIG, EYE = [0, 0, 100, 100], [20, 20, 50, 50]


def test_an_eye_is_not_a_second_face():
    """A doubtful box inside a certain face is a part of it."""
    assert without_parts(scored((BIG, 0.9), (EYE, 0.5))).xyxy.tolist() == [BIG]


def test_a_certain_small_face_in_front_of_a_large_one_stays():
    """A baby held before a face is somebody else."""
    assert len(without_parts(scored((BIG, 0.9), (EYE, 0.9)))) == 2


def test_a_doubtful_large_box_hides_nobody():
    """However many children a mistaken box spans, each keeps a box of their own."""
    assert len(without_parts(scored((BIG, 0.6), (EYE, 0.5), ([60, 60, 90, 90], 0.4)))) == 3


def test_a_face_without_landmarks_absorbs_nothing():
    """Only a face with eyes, nose and mouth is certain enough to explain its parts away."""
    pointless = Faces(np.array([BIG, EYE], np.float32), np.array([0.9, 0.5], np.float32), np.full((2, 5, 2), np.nan))
    assert len(without_parts(pointless)) == 2
