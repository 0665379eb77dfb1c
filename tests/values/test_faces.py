"""What cannot be a face is refused before anybody counts on it."""

import numpy as np
import pytest

from anonymiser.values.faces import Faces

BOX = [10.0, 10.0, 30.0, 40.0]


@pytest.mark.parametrize(
    ("box", "score", "message"),
    [
        pytest.param([np.nan, 10, 30, 40], 0.5, "not finite", id="a box without a left side"),
        pytest.param([10, 10, np.inf, 40], 0.5, "not finite", id="a box without an end"),
        pytest.param([30, 10, 10, 40], 0.5, "before it begins", id="a box that ends before it begins"),
        pytest.param(BOX, np.nan, "score", id="no score"),
        pytest.param(BOX, np.inf, "score", id="an infinite score"),
    ],
)
def test_values_that_are_no_face_are_refused(box, score, message):
    """A score that is no number compares as false with every threshold, and the face would be passed over."""
    with pytest.raises(ValueError, match=message):
        Faces(np.array([box], np.float32), np.array([score], np.float32), np.zeros((1, 5, 2), np.float32))
