"""Text and codes that tell where a child is: through all stages, into the copy and the report."""

import io
from dataclasses import replace

import cv2
import numpy as np
import zxingcpp
from PIL import Image
from test_pipeline import ANN, At, Says, consents, job, noise_jpeg, pipeline, pixels_of

from anonymiser.ledger.report_json import report_from_json, report_to_json
from anonymiser.pipeline import Pipeline
from anonymiser.settings import Settings, Text
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind
from anonymiser.values.ruling import Cover

__all__ = ["job"]


def code_jpeg(side=240):
    """A photo of noise with a QR code in it."""
    drawn = cv2.QRCodeEncoder.create().encode("https://example.org/where")
    drawn = cv2.resize(cv2.copyMakeBorder(drawn, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255), (side, side))
    pixels = np.array(Image.open(io.BytesIO(noise_jpeg((800, 600)))))
    pixels[300 : 300 + side, 450 : 450 + side] = drawn[..., None]
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def test_an_address_is_listed_with_its_place_and_the_photo_does_not_wait(job):
    """What it says is nowhere in the report, and no pixel of it changes."""
    task = job(snapshot=consents(ANN), names=[("Ann Smith", ANN)])
    report = pipeline(reader=Says("12 Mill Lane LS1 4AP")).process(task)
    assert report.kind is OutcomeKind.RELEASED
    assert [(label.box, label.decision) for label in report.labels] == [
        ((20.0, 160.0, 180.0, 180.0), Keep(None, Code.CLUE(kind="address")))
    ]
    assert [type(face.decision) for face in report.faces] == [Keep]
    assert pixels_of(task.staging)[163:177, 30:170].std() > 20
    assert "Mill" not in repr(report)
    assert "Mill" not in report_to_json(report)
    assert report_from_json(report_to_json(report)) == report


def test_a_kind_that_the_school_covers_is_destroyed_and_hides_nobody(job):
    """Its own words too, as settings give them; the face beside them stays."""
    text = Text(school_words=("Hilltop Primary",), cover=("school",))
    task = job(snapshot=consents(ANN), names=[("Ben Jones", PersonId("pupil-002"))])
    report = Pipeline(Settings(text=text), pipeline(reader=Says("HILLTOP PRIMARY"))._stages).process(task)
    assert report.kind is OutcomeKind.RELEASED
    assert [label.decision for label in report.labels] == [Obscure(Code.CLUE(kind="school"))]
    assert [type(face.decision) for face in report.faces] == [Keep]
    assert pixels_of(task.staging)[163:177, 30:170].std() < 12


def test_a_class_of_the_register_is_listed(job):
    """Groups come with the register's answer for the event."""
    task = job(snapshot=consents(ANN), names=[("Ann Smith", ANN)])
    task = replace(task, context=replace(task.context, groups=("Otters",)))
    report = pipeline(reader=Says("Otters class")).process(task)
    assert [label.decision for label in report.labels] == [Keep(None, Code.CLUE(kind="class"))]


def test_a_qr_code_is_covered_without_a_register_and_cannot_be_read_in_the_copy(job):
    """Its content is nowhere in the report."""
    task = job(code_jpeg())
    report = pipeline(detector=At()).process(task)
    assert report.kind is OutcomeKind.RELEASED
    assert [label.decision for label in report.labels] == [Obscure(Code.CLUE(kind="code"))]
    assert cv2.QRCodeDetector().detectAndDecode(np.array(Image.open(io.BytesIO(task.source.read_bytes()))))[0]
    assert not zxingcpp.read_barcodes(pixels_of(task.staging), return_errors=True)
    assert "example" not in repr(report)


def test_a_school_that_only_lists_codes_leaves_them_readable(job):
    """A choice of the school, in the settings."""
    task = job(code_jpeg())
    report = Pipeline(Settings(text=Text(cover=())), pipeline(detector=At())._stages).process(task)
    assert [label.decision for label in report.labels] == [Keep(None, Code.CLUE(kind="code"))]
    assert zxingcpp.read_barcodes(pixels_of(task.staging))


def test_a_person_covers_what_was_only_listed(job):
    """With the box of the report; the copy then waits, as after every change."""
    names = [("Ann Smith", ANN)]
    listed = pipeline(reader=Says("LS1 4AP")).process(job(names=names)).labels[0]
    task = job(names=names, acts=(Cover(listed.box),))
    report = pipeline(reader=Says("LS1 4AP")).process(task)
    assert [label.decision for label in report.labels] == [Obscure(Code.CLUE_COVERED_BY_PERSON(kind="address"))]
    assert [face.score for face in report.faces if not face.score] == []
    assert Code.CHANGED_BY_PERSON() in report.reasons
    assert pixels_of(task.staging)[163:177, 30:170].std() < 12
