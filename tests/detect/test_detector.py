"""The three detectors together."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from anonymiser.detect import detector
from anonymiser.detect.detector import CombinedDetector
from anonymiser.samples import sample_images


def test_nobody_is_located_whom_blazeface_sees_elsewhere(monkeypatch):
    """A face whose landmarks are contradicted is found, hence obscured, and cannot be recognised."""
    path = min(sample_images().glob("enrolment/*/*.jpg"))
    pixels = np.asarray(Image.open(path).convert("RGB"))
    face = CombinedDetector().detect(pixels)
    assert len(face) == 1
    assert np.isfinite(face.points).all()
    gather = detector.gather

    def contradicted(proposals):
        heads = gather(proposals)
        return replace(heads, by_blazeface=heads.points + face.xyxy[0, 2] - face.xyxy[0, 0])

    monkeypatch.setattr(detector, "gather", contradicted)
    found = CombinedDetector().detect(pixels)
    np.testing.assert_array_equal(found.xyxy, face.xyxy)
    assert np.isnan(found.points).all()


@pytest.mark.parametrize(
    ("strength", "searched"),
    [
        pytest.param({0: 0.0, 90: 0.0}, {0: True}, id="no head at all"),
        pytest.param({0: 5.0, 90: 1.0}, {0: True}, id="upright"),
        pytest.param({0: 1.0, 90: 5.0}, {0: False, 90: True}, id="on its side"),
        pytest.param({0: 3.0, 315: 4.0}, {0: True, 315: True}, id="tilted"),
    ],
)
def test_a_photo_is_searched_as_it_is_stored_and_as_its_heads_are_upright(strength, searched):
    """The stored way is always searched, and is doubted only where another is much likelier."""
    assert detector.held(strength) == searched
