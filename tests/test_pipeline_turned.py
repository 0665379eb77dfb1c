"""A photo that was stored on its side, through all stages: what is reported and written is the upright picture."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from test_pipeline import FACE, POINTS, Heads, OneFace, Scores, job, noise_jpeg, pipeline, pixels_of

from anonymiser.detect.interface import FaceDetector
from anonymiser.evaluate.covered import box_quad, destroyed, intact
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.school.viewing import as_said, as_seen
from anonymiser.values.faces import Faces
from anonymiser.values.photo import turned_box
from anonymiser.values.reasons import Code
from anonymiser.values.report import Copy, OutcomeKind
from anonymiser.values.ruling import Cover
from anonymiser.values.suitability import worse

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

    def unsuitable(self, pixels):
        return self.scores.unsuitable if pixels.shape[1] > pixels.shape[0] else 0.0

    def swimwear(self, pixels, heads):
        return self.scores.swimwear if pixels.shape[1] > pixels.shape[0] else 0.0


class WorseStored(Scores):
    """Sees nothing odd in a photo that was turned upright."""

    def swimwear(self, pixels, heads):
        return self.scores.swimwear if pixels.shape[1] < pixels.shape[0] else 0.0


def on_its_side():
    """A wide photo, stored a quarter turn anticlockwise without saying so; and the photo upright."""
    wide = np.asarray(Image.open(io.BytesIO(noise_jpeg((300, 200)))).convert("RGB"))
    buffer = io.BytesIO()
    Image.fromarray(np.rot90(wide, 1)).save(buffer, "PNG")
    return buffer.getvalue(), wide


def test_a_photo_on_its_side_is_published_upright(job):
    """Later stages see it so, the report says so, and its boxes are still in the frame of the original."""
    data, wide = on_its_side()
    people, task = Heads([0, 180, 10, 199]), job(data)
    report = pipeline(detector=OnTheirSide(), people=people).process(task)
    assert (report.made.source_wh, report.made.output_wh) == ((200, 300), (300, 200))
    assert report.made.turn_degrees == 90
    assert report.reasons == (Code.NO_FACE_FOUND(place="bottom left"), Code.MOSTLY_COVERED())
    assert report.notices == (Code.NAMES_NOT_READ(), Code.TURNED_UPRIGHT(degrees=90))
    copy = pixels_of(task.staging)
    for face, box in zip(report.faces, OnTheirSide.upright, strict=True):
        assert turned_box(face.box, report.made.source_wh, 90) == pytest.approx(box.tolist())
        assert destroyed(wide, copy, box_quad(box))
    assert intact(wide, copy, box_quad(np.array([5, 150, 50, 195])))


@pytest.mark.parametrize(
    ("classifier", "outcome"),
    [
        (WorseUpright(swimwear=0.9), OutcomeKind.REVIEW),
        (WorseStored(swimwear=0.9), OutcomeKind.REVIEW),
        (WorseUpright(unsuitable=0.99), OutcomeKind.SEALED),
    ],
)
def test_a_turned_photo_is_judged_both_ways_up(job, classifier, outcome):
    """What a network sees only in the upright photo counts, and so does what it sees only in the stored one."""
    assert pipeline(classifier, OnTheirSide()).process(job(on_its_side()[0])).kind is outcome


def test_the_worse_look_at_a_turned_photo_counts():
    """Neither a better second score nor one that is no number hides the first."""
    nan = float("nan")
    assert worse(0.9, 0.1) == worse(0.1, 0.9) == 0.9
    assert np.isnan(worse(nan, 0.2))
    assert np.isnan(worse(0.2, nan))


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
    assert result.photo.unturned_wh == result.photo.source_wh
    assert (width, height) == result.photo.source_wh[:: -1 if degrees % 180 else 1]


def test_what_a_person_covered_stays_covered_however_the_photo_is_turned(job):
    """Acts are in the frame of the original, so they mean the same place whatever the heads say."""
    data, wide = on_its_side()
    here = (5.0, 150.0, 45.0, 190.0)
    task = job(data, acts=(Cover(turned_box(here, (300, 200), 270)),))
    report = pipeline(detector=OnTheirSide()).process(task)
    assert report.made.turn_degrees == 90
    assert destroyed(wide, pixels_of(task.staging), box_quad(np.array(here)))
    assert report.made.answers == (None,)
    assert turned_box(report.faces[-1].box, (200, 300), 90) == here


@given(st.sampled_from([0, 90, 180, 270]), st.tuples(*[st.integers(1, 30)] * 2), st.tuples(*[st.integers(0, 29)] * 4))
def test_a_box_turns_with_its_pixels(degrees, wh, corners):
    """Whatever is in the box before the turn is in it afterwards, and the turn back gives the same box."""
    (width, height), (x, y, more_x, more_y) = wh, corners
    left, top = x % width, y % height
    box = (left, top, left + 1 + more_x % (width - left), top + 1 + more_y % (height - top))
    picture = np.zeros((height, width), np.uint8)
    picture[box[1] : box[3], box[0] : box[2]] = 1
    after = np.rot90(picture, -degrees // 90)
    left, top, right, bottom = turned_box(box, wh, degrees)
    assert after[top:bottom, left:right].all()
    assert (right - left) * (bottom - top) == picture.sum()
    assert turned_box((left, top, right, bottom), after.shape[::-1], -degrees) == box


@given(st.sampled_from([0, 90, 180, 270]), st.tuples(*[st.floats(0, 3000)] * 4))
def test_what_is_said_on_the_screen_is_kept_in_the_frame_of_the_original(degrees, box):
    """A box that was shown comes back as it was, to a hundredth of a pixel, whichever way the copy is turned."""
    notices = (Code.TURNED_UPRIGHT(degrees=degrees),) if degrees else ()
    copy = Copy("ab", (4000, 3000), (4000, 3000), notices=notices)
    back = as_said(as_seen(Cover(box), copy), copy)
    assert back.box == pytest.approx(box, abs=0.01)
