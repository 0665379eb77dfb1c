"""Which rows are one face after all, and where there may be somebody in front of a face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from anonymiser.detect.repeats import without_repeats
from anonymiser.values.faces import Faces

BIG, EYE, HALF = [0, 0, 100, 100], [20, 20, 50, 50], [10, 10, 70, 70]
"""A face, a box on a part of it, and one in which a part of it passes for a whole face."""
ELSEWHERE = "landmarks of its own"


def face(box, score, points=None, *, own=False):
    """A row and whether CenterFace sees it; landmarks where BIG has them, ELSEWHERE, or None for none."""
    left, top, right, bottom = BIG if points is None or points == "none" else box
    at = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])
    where = [left, top] + at * [right - left, bottom - top]
    return box, score, np.full((5, 2), np.nan) if points == "none" else where, own


def told(*rows):
    boxes, scores, points, own = zip(*rows, strict=True)
    found = Faces(np.array(boxes, np.float32), np.array(scores, np.float32), np.array(points, np.float32))
    detection = without_repeats(found, np.array(own))
    return detection.faces.xyxy.tolist(), detection.doubtful_in


def test_an_eye_is_not_a_second_face_but_a_doubt():
    """A doubtful box inside a certain face is dropped, and the face is named in which it lies."""
    assert told(face([200, 0, 300, 100], 0.9, ELSEWHERE), face(EYE, 0.5, ELSEWHERE), face(BIG, 0.9)) == (
        [[200, 0, 300, 100], BIG],
        {1},
    )


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param(face(EYE, 0.9, ELSEWHERE), id="certain"),
        pytest.param(face(EYE, 0.5, ELSEWHERE, own=True), id="seen by CenterFace"),
    ],
)
def test_a_small_face_in_front_of_a_large_one_stays(inner):
    """A baby held before a face is somebody else, if it is certain or CenterFace sees it."""
    assert told(face(BIG, 0.95), inner) == ([BIG, EYE], frozenset())


def test_a_doubtful_large_box_hides_nobody():
    """However many children a mistaken box spans, each keeps a box of their own."""
    boxes = [BIG, EYE, [60, 60, 90, 90]]
    assert told(*(face(box, score, ELSEWHERE) for box, score in zip(boxes, (0.6, 0.5, 0.4), strict=True)))[0] == boxes


def test_a_face_without_landmarks_explains_nothing_away():
    """Only a face with eyes, nose and mouth is certain enough to explain its parts away."""
    assert told(face(BIG, 0.9, "none"), face(EYE, 0.5, "none")) == ([BIG, EYE], frozenset())


@pytest.mark.parametrize(
    ("second", "rows"),
    [
        pytest.param(face(HALF, 0.85, ELSEWHERE), 1, id="half of the face, which CenterFace does not see"),
        pytest.param(face([8, 8, 108, 108], 0.5), 1, id="the whole face, a little beside it"),
        pytest.param(face([8, 8, 108, 108], 0.5, own=True), 1, id="also to CenterFace, with the same landmarks"),
        pytest.param(face([30, 0, 130, 100], 0.85, ELSEWHERE, own=True), 2, id="also to CenterFace, others"),
        pytest.param(face([60, 0, 160, 100], 0.85, ELSEWHERE), 2, id="a neighbour"),
    ],
)
def test_a_face_that_is_framed_twice_is_one_face_and_no_doubt(second, rows):
    """It would not be recognised if it counted twice; whoever CenterFace sees elsewhere stays."""
    kept, doubts = told(face(BIG, 0.9), second)
    assert kept == [BIG, second[0]][:rows]
    assert doubts == frozenset()


@given(
    st.integers(0, 8).flatmap(
        lambda n: st.tuples(
            arrays(np.float32, (n, 4), elements=st.floats(0, 60, width=32)),
            arrays(np.float32, n, elements=st.floats(0, 1, width=32)),
            arrays(bool, n),
            arrays(bool, n),
        )
    )
)
def test_every_dropped_row_lies_in_or_on_a_certain_face_that_is_kept(values):
    """Nobody is dropped for a face that is itself dropped or doubtful, and doubts name rows that are there."""
    corners, score, located, own = values
    xyxy = np.concatenate([corners[:, :2], corners[:, :2] + corners[:, 2:] + 1], 1)
    points = np.where(located[:, None, None], xyxy[:, None, :2] + np.arange(10).reshape(5, 2), np.nan)
    detection = without_repeats(Faces(xyxy, score, points.astype(np.float32)), own)
    kept = detection.faces
    assert detection.doubtful_in <= set(range(len(kept)))
    certain = kept.xyxy[(kept.score >= 0.8) & np.isfinite(kept.points).all((1, 2))]
    for box in xyxy.tolist():
        if box not in kept.xyxy.tolist():
            low, high = np.maximum(certain[:, :2], box[:2]), np.minimum(certain[:, 2:], box[2:])
            assert (high > low).all(1).any()
