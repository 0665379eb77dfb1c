"""One photo through all stages, with models that say what the test wants and files that are real."""

import datetime as dt
import errno
import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from anonymiser.detect.interface import FaceDetector, HeadFinder
from anonymiser.errors import DiskFullError, ModelError
from anonymiser.evaluate.covered import box_quad, destroyed, intact
from anonymiser.labels.interface import TextReader
from anonymiser.pipeline import Pipeline, Stages
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.settings import Publishing, Release, Settings
from anonymiser.suitability.interface import SuitabilityClassifier
from anonymiser.values.consent import ConsentSnapshot, Event, EventContext, Hold, Medium, Purpose
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.faces import Detection, Faces
from anonymiser.values.identity import Gallery, Thresholds
from anonymiser.values.labels import NameIndex, TextLine
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code
from anonymiser.values.report import Job, OutcomeKind
from anonymiser.values.ruling import Cover, Crop, Rulings, Show
from anonymiser.values.suitability import Suitability
from anonymiser.wording import say

ANN = PersonId("pupil-001")
EVENT = Event("Sports day", Purpose("website"))
FACE = [60, 40, 140, 140]
POINTS = [[82, 78], [118, 78], [100, 98], [86, 116], [114, 116]]


class Scores(SuitabilityClassifier):
    def __init__(self, swimwear=0.0, unsuitable=0.0):
        self.scores = Suitability(swimwear, unsuitable)

    def unsuitable(self, pixels):
        return self.scores.unsuitable

    def swimwear(self, pixels, heads):
        self.heads = heads.tolist()
        return self.scores.swimwear


class OneFace(FaceDetector):
    calls = 0

    def detect(self, pixels):
        self.calls += 1
        scale = pixels.shape[1] / 200
        return Faces(
            np.array([FACE], np.float32) * np.float32(scale),
            np.ones(1, np.float32),
            np.array([POINTS], np.float32) * np.float32(scale),
        )


class At(FaceDetector):
    """A face at the same pixels of whatever it looks at, or none."""

    def __init__(self, *boxes):
        self.boxes = np.array(boxes, np.float32).reshape(-1, 4)

    def detect(self, pixels):
        n = len(self.boxes)
        return Faces(self.boxes, np.ones(n, np.float32), np.full((n, 5, 2), np.nan, np.float32))


class Broken(FaceDetector, HeadFinder):
    def __init__(self, error):
        self.error = error

    def detect(self, pixels):
        raise self.error

    def heads(self, pixels):
        raise self.error


class Heads(HeadFinder):
    """Heads at the given boxes of a photo 200 px wide."""

    def __init__(self, *boxes):
        self.boxes = np.array(boxes, np.float32).reshape(-1, 4)
        self.score = 0.8
        self.calls = 0

    def heads(self, pixels):
        self.calls += 1
        n = len(self.boxes)
        scale = np.float32(pixels.shape[1] / 200)
        return Faces(self.boxes * scale, np.full(n, self.score, np.float32), np.full((n, 5, 2), np.nan, np.float32))


class AlwaysAnn(FaceEmbedder):
    model_sha256 = "0" * 64
    calls = 0

    def embed(self, chips):
        self.calls += 1
        return np.tile(np.eye(1, 128, dtype=np.float32), (len(chips), 1))


class Says(TextReader):
    def __init__(self, *lines):
        self.lines = lines
        self.calls = 0

    def read(self, pixels):
        self.calls += 1
        quad = np.array([[20, 160], [180, 160], [180, 180], [20, 180]], np.float32)
        return [TextLine(quad, line, 0.99) for line in self.lines]


def gallery():
    thresholds = Thresholds(could_be=0.4, sure=0.5, margin=0.05)
    return Gallery((ANN,), np.eye(1, 128, dtype=np.float32), np.zeros(1, np.intp), thresholds)


def consents(*granted, holds=None):
    return ConsentSnapshot(EVENT.purpose, Medium.IMAGE, dt.date(2026, 6, 19), 1, frozenset(granted), {}, holds or {})


def noise_jpeg(size=(200, 200), **save):
    pixels = np.random.default_rng(3).integers(0, 255, (size[1] // 4, size[0] // 4, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=95, **save)
    return buffer.getvalue()


@pytest.fixture
def job(tmp_path):
    def make(data=None, *, snapshot=None, names=(), found=None, acts=None):
        data = noise_jpeg() if data is None else data
        source = tmp_path / "source"
        source.write_bytes(data)
        context = EventContext(EVENT, snapshot or consents(), found or gallery(), NameIndex.build(names))
        rulings = None if acts is None else Rulings(acts, "office", dt.datetime(2026, 6, 22, tzinfo=dt.UTC))
        sha256 = hashlib.sha256(data).hexdigest()
        return Job("20260619-000001", source, sha256, tmp_path / "staged.jpg", context, rulings)

    return make


def pipeline(classifier=None, detector=None, embedder=None, reader=None, people=None, **publishing):
    stages = Stages(
        classifier or Scores(), detector or OneFace(), people or Heads(), embedder or AlwaysAnn(), reader or Says()
    )
    return Pipeline(Settings(publishing=Publishing(**publishing)), stages)


def pixels_of(source):
    return np.asarray(Image.open(source).convert("RGB"))


def shows_the_face(copy):
    """True or False where it is clear, None for something in between."""
    original, copy, quad = pixels_of(io.BytesIO(noise_jpeg())), pixels_of(copy), box_quad(np.array(FACE))
    return True if intact(original, copy, quad) else False if destroyed(original, copy, quad) else None


def test_a_consented_face_is_released_visible(job):
    """The copy shows the face as it was, and the report says on whose consent."""
    task = job(snapshot=consents(ANN))
    report = pipeline().process(task)
    assert report.kind is OutcomeKind.RELEASED
    assert [face.decision for face in report.faces] == [Keep(ANN, Code.AGREED(purpose="website"))]
    assert shows_the_face(task.staging) is True
    assert report.made.sha256 == hashlib.sha256(task.staging.read_bytes()).hexdigest()


def test_a_face_without_consent_is_destroyed(job):
    """The same face, not agreed to: nothing of its detail is left in the copy."""
    task = job()
    report = pipeline().process(task)
    assert report.kind is OutcomeKind.RELEASED
    assert [type(face.decision) for face in report.faces] == [Obscure]
    assert shows_the_face(task.staging) is False


def test_nobody_is_embedded_where_recognition_is_off(job):
    """With a closed gallery no face template is ever computed."""
    embedder = AlwaysAnn()
    report = pipeline(embedder=embedder).process(job(snapshot=consents(ANN), found=Gallery.closed(Code.GATE_CLOSED())))
    assert report.faces[0].decision == Obscure(Code.GATE_CLOSED())
    assert embedder.calls == 0


def test_a_sealed_photo_is_looked_at_by_nothing_else(job):
    """Over the highest threshold no detector, reader or writer sees the photo, and no copy exists."""
    detector, people, reader = OneFace(), Heads(), Says("Ann Smith")
    task = job(names=[("Ann Smith", ANN)])
    report = pipeline(Scores(unsuitable=0.99), detector, reader=reader, people=people).process(task)
    assert report.kind is OutcomeKind.SEALED
    assert (detector.calls, people.calls, reader.calls) == (0, 0, 0)
    assert not task.staging.exists()
    assert report.faces == ()


def test_swimwear_waits_for_a_person(job):
    """The copy is made, and the reason is said."""
    task = job()
    report = pipeline(Scores(swimwear=0.9)).process(task)
    assert report.kind is OutcomeKind.REVIEW
    assert report.reasons == (Code.MAY_SHOW_SWIMWEAR(),)
    assert task.staging.exists()


def test_a_head_without_a_face_waits_for_a_person_with_its_place(job):
    """Two heads in one corner are one reason; a photo of reduced size tells the same place."""
    corner = Heads([150, 4, 174, 28], [170, 20, 194, 44], [60, 30, 140, 140])
    task = job(noise_jpeg((2000, 2000)), snapshot=consents(ANN))
    report = pipeline(people=corner, max_megapixels=0.25).process(task)
    assert report.kind is OutcomeKind.REVIEW
    assert report.reasons == (Code.NO_FACE_FOUND(place="top right"),)
    assert [type(face.decision) for face in report.faces] == [Keep]
    assert task.staging.exists()


def test_a_head_whose_face_was_found_is_no_reason_to_wait(job):
    """Where the second opinion agrees with the first, nobody is asked."""
    assert pipeline(people=Heads([55, 25, 145, 130])).process(job(snapshot=consents(ANN))).kind is OutcomeKind.RELEASED


class TwoInOne(OneFace):
    """The one face, and something inside it."""

    def examine(self, pixels):
        return Detection(self.detect(pixels), frozenset({0}))


@pytest.mark.parametrize(("agreed", "outcome"), [((ANN,), OutcomeKind.REVIEW), ((), OutcomeKind.RELEASED)])
def test_a_face_that_may_be_two_waits_where_it_is_shown(job, agreed, outcome):
    """With its place; where the face is obscured, so is whatever is inside it."""
    report = pipeline(detector=TwoInOne()).process(job(snapshot=consents(*agreed)))
    assert report.kind is outcome
    assert report.reasons == (Code.SECOND_FACE(place="middle"),)[: len(agreed)]


def test_a_name_is_destroyed_with_the_person_it_names(job):
    """The printed name and the consented face that it names both go."""
    task = job(snapshot=consents(ANN), names=[("Ann Smith", ANN)])
    report = pipeline(reader=Says("Star of the week: Ann Smith")).process(task)
    assert [type(face.decision) for face in report.faces] == [Obscure]
    assert [label.decision for label in report.labels] == [Obscure(Code.FULL_NAME())]
    assert shows_the_face(task.staging) is False
    assert pixels_of(task.staging)[163:177, 30:170].std() < 12
    assert "Ann" not in str(report)


def test_without_a_register_no_text_is_read(job):
    """Where no name is known there is nothing to look for."""
    reader = Says("Ann Smith")
    pipeline(reader=reader).process(job())
    assert reader.calls == 0


def test_a_held_person_sends_the_photo_to_review(job):
    """Obscured even so, and somebody looks."""
    report = pipeline().process(job(snapshot=consents(ANN, holds={ANN: Hold.NEVER_PUBLISH})))
    assert report.kind is OutcomeKind.REVIEW
    assert isinstance(report.faces[0].decision, Obscure)


def test_release_after_review_is_obeyed(job):
    """A school that looks at every photo gets every photo."""
    assert pipeline(release=Release.AFTER_REVIEW).process(job()).kind is OutcomeKind.REVIEW


def test_boxes_are_reported_in_the_originals_pixels(job):
    """A copy of reduced size is reported in the frame of the photo that the teacher took."""
    task = job(noise_jpeg((2000, 2000)))
    report = pipeline(max_megapixels=0.25).process(task)
    assert report.made.source_wh == (2000, 2000)
    assert report.made.output_wh == (500, 500)
    assert report.faces[0].box == pytest.approx([value * 10 for value in FACE], abs=1)


NOBODY = Gallery.closed(Code.GATE_CLOSED())


@pytest.mark.parametrize(("person", "visible"), [(ANN, True), (PersonId("pupil-002"), False)])
def test_a_face_that_somebody_names_is_visible_with_consent_alone(job, person, visible):
    """With recognition off; the photo waits either way."""
    task = job(snapshot=consents(ANN), found=NOBODY, acts=(Show(tuple(map(float, FACE)), person),))
    report = pipeline().process(task)
    assert report.kind is OutcomeKind.REVIEW
    assert report.faces[0].decision.person == person
    assert [answer is None for answer in report.made.answers] == [visible]
    assert shows_the_face(task.staging) is visible


def test_a_place_that_somebody_covers_is_destroyed(job):
    """Where the program found nobody; a head that it suspects there is accounted for."""
    task = job(found=NOBODY, acts=(Cover(tuple(map(float, FACE))),))
    report = pipeline(detector=At(), people=Heads(FACE)).process(task)
    assert [(face.box, face.score, face.decision) for face in report.faces] == [
        (tuple(FACE), 0, Obscure(Code.COVERED_BY_PERSON()))
    ]
    assert Code.CHANGED_BY_PERSON() in report.reasons
    assert Code.NO_FACE_FOUND not in {reason.code for reason in report.reasons}
    assert shows_the_face(task.staging) is False


@pytest.mark.parametrize("megapixels", [0, 0.0056])
def test_a_part_that_somebody_keeps_is_processed_alone(job, megapixels):
    """Acts and reports stay in the frame of the whole photo; the copy shows the part and nothing else."""
    left, top, right, bottom = 40.0, 20.0, 180.0, 180.0
    scale = 0.5 if megapixels else 1
    there = np.array(FACE) - (left, top, left, top)
    acts = (Crop((left, top, right, bottom)), Show(tuple(map(float, FACE)), ANN), Cover((0.0, 0.0, 30.0, 30.0)))
    task = job(snapshot=consents(ANN), found=NOBODY, acts=acts)
    report = pipeline(detector=At(there * scale), max_megapixels=megapixels).process(task)
    assert (report.made.source_wh, report.made.output_wh) == ((200, 200), (140 * scale, 160 * scale))
    assert report.made.crop == (left, top, right, bottom)
    assert report.made.answers == (None, None, Code.CROPPED_AWAY())
    assert [(face.box, face.decision.person) for face in report.faces] == [(tuple(FACE), ANN)]
    whole = Image.open(io.BytesIO(noise_jpeg())).crop((40, 20, 180, 180))
    expected = np.asarray(whole.resize(report.made.output_wh, Image.Resampling.BOX), int)
    assert np.abs(pixels_of(task.staging) - expected).mean() < 20  # of other noise: 60


def test_a_changed_file_is_refused(job):
    """What was claimed is what is processed."""
    task = job()
    task.source.write_bytes(noise_jpeg((240, 200)))
    report = pipeline().process(task)
    assert report.kind is OutcomeKind.QUARANTINED
    assert "changed" in say(report.reasons[0])


@pytest.mark.parametrize(
    "error", [RuntimeError("Ann Smith was here"), MemoryError(), ValueError("x"), OSError(errno.EIO, "I/O error")]
)
def test_a_stage_that_crashes_leaves_no_copy_and_no_details(job, error):
    """Whatever a model raises, the photo fails closed, and the exception's text stays inside."""
    task = job()
    for broken in ({"detector": Broken(error)}, {"people": Broken(error)}):
        report = pipeline(**broken).process(task)
        assert report.kind is OutcomeKind.FAILED
        assert not task.staging.exists()
        assert "Ann" not in str(report)


class Defect:
    """Every stage at once, with a broken network."""

    def __getattr__(self, name):
        raise ModelError("the network gave values that are no numbers", remedy="Run: anonymise doctor.")


@pytest.mark.parametrize("stage", ["classifier", "detector", "people", "embedder", "reader"])
def test_a_broken_network_stops_the_run_and_leaves_no_copy(job, stage):
    """Whichever network it is, the photo is not set aside as if it were to blame."""
    task = job(snapshot=consents(ANN), names=[("Ann Smith", ANN)])
    with pytest.raises(ModelError, match="no numbers"):
        pipeline(**{stage: Defect()}).process(task)
    assert not task.staging.exists()


def test_a_full_disk_stops_the_run_and_leaves_nothing_half_written(job, monkeypatch):
    """The disk filling up is no photo's fault: the run stops with the remedy."""
    task = job()

    def full(path, data):
        path.write_bytes(data[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("anonymiser.staging.write_durably", full)
    with pytest.raises(DiskFullError, match="disk is full"):
        pipeline().process(task)
    assert not task.staging.exists()


def test_a_copy_that_fails_verification_is_never_left(job, monkeypatch):
    """An encoder that adds a comment is caught by the independent reader."""
    monkeypatch.setattr("anonymiser.pipeline.encode", lambda pixels, quality: noise_jpeg(comment=b"Ann Smith"))
    task = job()
    report = pipeline().process(task)
    assert report.kind is OutcomeKind.FAILED
    assert report.reasons[0].code is Code.FAILED_CHECK
    assert not task.staging.exists()


def test_every_stage_is_timed(job):
    """The report says where the time went."""
    report = pipeline().process(job())
    assert list(report.seconds) == [
        "decode", "suitability", "detect", "people", "swimwear", "recognise", "labels", "codes", "redact", "write",
            "verify",
    ]  # fmt: skip
