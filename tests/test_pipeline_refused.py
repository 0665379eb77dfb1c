"""Places that were taken for large heads until closer looks denied it: not covered, and the photo waits."""

import numpy as np
import pytest
from test_pipeline import ANN, FACE, NOBODY, OneFace, consents, job, pipeline
from test_pipeline_turned import OnTheirSide, on_its_side

from anonymiser.redaction import without_points
from anonymiser.values.faces import Detection
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind
from anonymiser.values.ruling import Cover

__all__ = ["job"]

CORNER = (150.0, 4.0, 174.0, 28.0)


class Refuses(OneFace):
    """The one face, and a head that was refused."""

    def __init__(self, box):
        self.box = box

    def examine(self, pixels):
        return Detection(self.detect(pixels), refused=without_points([self.box]))


def test_a_photo_waits_for_a_head_that_was_refused(job):
    """With its place: whoever was covered until now is not published without a person's look."""
    report = pipeline(detector=Refuses(CORNER)).process(job(snapshot=consents(ANN)))
    assert report.kind is OutcomeKind.REVIEW
    assert report.reasons == (Code.NO_FACE_FOUND(place="top right"),)
    assert len(report.faces) == 1


@pytest.mark.parametrize("within", [FACE, [70, 50, 130, 130]])
def test_a_refused_head_in_the_place_of_a_face_is_no_reason_to_wait(job, within):
    """It is that face, framed again."""
    report = pipeline(detector=Refuses(within)).process(job(snapshot=consents(ANN)))
    assert report.kind is OutcomeKind.RELEASED


def test_a_person_who_covers_a_refused_head_has_answered(job):
    """What they draw there accounts for it."""
    task = job(found=NOBODY, acts=(Cover(CORNER),))
    report = pipeline(detector=Refuses(CORNER)).process(task)
    assert Code.CHANGED_BY_PERSON() in report.reasons
    assert Code.NO_FACE_FOUND not in {reason.code for reason in report.reasons}


class RefusesOnItsSide(OnTheirSide):
    """Three heads on their side, and a fourth that was refused at the stored photo's top left corner."""

    def examine(self, pixels):
        return Detection(self.detect(pixels), refused=without_points([(2.0, 2.0, 22.0, 22.0)]))


def test_the_place_of_a_refused_head_is_that_in_the_upright_picture(job):
    """A quarter turn clockwise leads from the stored photo's top left to the top right."""
    data, wide = on_its_side()
    report = pipeline(detector=RefusesOnItsSide()).process(job(data))
    assert report.made.turn_degrees == 90
    assert Code.NO_FACE_FOUND(place="top right") in report.reasons
    assert np.shape(wide)[:2] == report.made.output_wh[::-1]
