"""The three detectors together."""

from dataclasses import replace

import numpy as np
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
