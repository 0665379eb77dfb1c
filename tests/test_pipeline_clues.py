"""Text and codes that tell where a child is: through all stages, into the copy and the report."""

import functools
import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFont
from test_pipeline import ANN, At, Says, consents, job, noise_jpeg, pipeline, pixels_of

from anonymiser.ledger.report_json import report_from_json, report_to_json
from anonymiser.pipeline import Pipeline
from anonymiser.settings import Settings, Text
from anonymiser.stages import load_reader
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code
from anonymiser.values.report import OutcomeKind
from anonymiser.values.ruling import Cover, NotAName

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


def board_jpeg(*lines, tilt=0):
    """A photo of a board with lines of print close below each other, tilted by so many degrees."""
    picture = Image.new("RGB", (480, 300), (235, 235, 225))
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        draw.text((60, 125 + 25 * row), line, (25, 25, 35), ImageFont.load_default(24))
    buffer = io.BytesIO()
    picture.rotate(-tilt, Image.Resampling.BICUBIC, fillcolor=(235, 235, 225)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


a_reader = functools.cache(load_reader)


def reading(pixels):
    return " ".join(line.text for line in a_reader().read(pixels))


def publishing(*cover):
    """A pipeline that reads, of a school that covers these kinds."""
    stages = pipeline(detector=At(), reader=a_reader())._stages
    return Pipeline(Settings(text=Text(cover=cover)), stages)


@pytest.mark.parametrize("tilt", [-12, 9])
def test_a_number_just_under_a_slanting_name_is_covered_too(job, tilt):
    """As a school wants it that covers numbers; it is no part of the name, however the board hangs."""
    task = job(board_jpeg("Certificate for Ann Smith", "07700 900123", tilt=tilt), names=[("Ann Smith", ANN)])
    assert "900123" in reading(np.array(Image.open(io.BytesIO(task.source.read_bytes()))))
    report = publishing("phone").process(task)
    reasons = {label.decision for label in report.labels}
    assert reasons == {Obscure(Code.FULL_NAME()), Obscure(Code.CLUE(kind="phone"))}
    assert "900123" not in reading(pixels_of(task.staging))


@pytest.mark.parametrize("cover", [(), ("class",)])
def test_a_class_in_what_is_no_name_is_treated_as_any_class(job, cover):
    """There is one entry for the line: the name and then, once a person has said that it is none, the class."""
    data, names = board_jpeg("Ann Smith, Year 3"), [("Ann Smith", ANN)]
    before = publishing(*cover).process(job(data, names=names)).labels
    assert {label.decision for label in before} == {Obscure(Code.FULL_NAME())}
    task = job(data, names=names, acts=(NotAName(before[0].box, confirmed=True),))
    (label,) = publishing(*cover).process(task).labels
    reason = Code.CLUE(kind="class")
    assert label.decision == (Obscure(reason) if cover else Keep(None, reason))
    assert label.box == before[0].box
    assert ("Year" in reading(pixels_of(task.staging))) is not bool(cover)
