"""A photo that was stored on its side, through all stages: what is reported and written is the upright picture."""

import io

import numpy as np
import pytest
from PIL import Image
from test_pipeline import FACE, POINTS, Heads, OneFace, Scores, job, noise_jpeg, pipeline, pixels_of

from anonymiser.detect.interface import FaceDetector
from anonymiser.evaluate.covered import box_quad, destroyed, intact
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.values.faces import Faces
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind
from anonymiser.values.suitability import Suitability

__all__ = ["job"]


class OnTheirSide(FaceDetector):
    """Three heads that are upright after a quarter turn clockwise of a photo of 200 x 300."""

    upright = np.array([FACE, [150, 40, 230, 140], [210, 80, 290, 180]], np.float32)

    def detect(self, pixels):
        height = pixels.shape[0]
        points = np.array([POINTS], np.float32) + (self.upright[:, :2] - FACE[:2])[:, None]
        left, top, right, bottom = self.upright.T
        boxes = np.stack([top, height - right, bottom, height - left], 1).astype(np.float32)
        stored = np.stack([points[..., 1], height - points[..., 0]], -1).astype(np.float32)
        return Faces(boxes, np.ones(3, np.float32), stored)


class WorseUpright(Scores):
    """Sees nothing odd in a photo on its side."""

    def assess(self, pixels):
        wide = pixels.shape[1] > pixels.shape[0]
        return self.scores if wide else Suitability(0.0, 0.0)


def on_its_side():
    """A wide photo, stored a quarter turn anticlockwise without saying so; and the photo upright."""
    wide = np.asarray(Image.open(io.BytesIO(noise_jpeg((300, 200)))).convert("RGB"))
    buffer = io.BytesIO()
    Image.fromarray(np.rot90(wide, 1)).save(buffer, "PNG")
    return buffer.getvalue(), wide


def test_a_photo_on_its_side_is_published_upright(job):
    """Copy, sizes and boxes are those of the upright photo, later stages see it so, and the report says so."""
    data, wide = on_its_side()
    people, task = Heads([0, 180, 10, 199]), job(data)
    report = pipeline(detector=OnTheirSide(), people=people).process(task)
    assert report.made.source_wh == report.made.output_wh == (300, 200)
    assert report.made.turn_degrees == 90
    assert report.reasons == (Code.NO_FACE_FOUND(place="bottom left"),)
    assert report.notices == (Code.NAMES_NOT_READ(), Code.TURNED_UPRIGHT(degrees=90))
    copy = pixels_of(task.staging)
    for face, box in zip(report.faces, OnTheirSide.upright, strict=True):
        assert face.box == pytest.approx(box.tolist())
        assert destroyed(wide, copy, box_quad(box))
    assert intact(wide, copy, box_quad(np.array([5, 150, 50, 195])))


@pytest.mark.parametrize(
    ("classifier", "outcome"),
    [(WorseUpright(swimwear=0.9), OutcomeKind.REVIEW), (WorseUpright(unsuitable=0.99), OutcomeKind.SEALED)],
)
def test_a_turned_photo_is_judged_anew(job, classifier, outcome):
    """What a network sees only in the upright photo counts."""
    assert pipeline(classifier, OnTheirSide()).process(job(on_its_side()[0])).kind is outcome


def test_the_worse_look_at_a_turned_photo_counts():
    """Neither a better second score nor one that is no number hides the first."""
    first, second = Suitability(0.9, float("nan")), Suitability(0.1, 0.2)
    for worse in (first.worse(second), second.worse(first)):
        assert worse.swimwear == 0.9
        assert np.isnan(worse.unsuitable)


@pytest.mark.parametrize("degrees", [0, 180, 270])
def test_a_caller_may_set_the_turn(job, degrees):
    """Then the heads are not asked: a picture that comes as an array goes back in its own shape."""
    data, _ = on_its_side()
    stored = decode(data, DecodeLimits())
    result = pipeline(detector=OneFace()).redact(stored, job(data).context, turn_degrees=degrees)
    before = np.rot90(stored.pixels, -degrees // 90)
    assert np.array_equal(result.photo.pixels, before)
    assert result.photo.notices == (Code.TURNED_UPRIGHT(degrees=degrees),) * bool(degrees)
    height, width = before.shape[:2]
    assert (width, height) == result.photo.source_wh
