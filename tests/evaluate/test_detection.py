"""Measuring a detector: with detectors that know the truth, or half of it, on sample photos."""

import json

import numpy as np
import pytest
from PIL import Image

from anonymiser.detect.interface import FaceDetector
from anonymiser.errors import UsageError
from anonymiser.evaluate.detection import THRESHOLDS, PhotoTruth, compare, evaluate, load_truth, summarise
from anonymiser.evaluate.detection_report import detection_page
from anonymiser.evaluate.truth import Truth
from anonymiser.redaction import redaction_mask
from anonymiser.samples import sample_images
from anonymiser.values.faces import Faces

FILE = "Sports day/IMG_4312.jpg"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One sample photo with its truth in the form of WIDER FACE."""
    root = tmp_path_factory.mktemp("set")
    photo = next(photo for photo in Truth.load(sample_images() / "truth.json").photos if photo.file == FILE)
    (root / "images").mkdir()
    (root / "images" / "a.jpg").write_bytes((sample_images() / "inbox" / FILE).read_bytes())
    faces = [
        {"box": [left, top, right - left, bottom - top], "blur": 0, "occlusion": 0, "pose": int(abs(face.yaw) > 20)}
        for face in photo.faces
        for left, top, right, bottom in [face.box]
    ]
    truth = {"a.jpg": {"event": "Sports day", "faces": faces, "ignore": []}}
    (root / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    return root


class Told(FaceDetector):
    """Gives what it was told."""

    def __init__(self, xyxy, score=None):
        boxes = np.asarray(xyxy, np.float32).reshape(-1, 4)
        scores = np.ones(len(boxes)) if score is None else score
        self.faces = Faces(boxes, np.asarray(scores, np.float32), np.full((len(boxes), 5, 2), np.nan, np.float32))
        self.shapes = []

    def detect(self, pixels):
        self.shapes.append(pixels.shape)
        return self.faces


def boxes_of(folder):
    xywh = np.array([face.box for face in load_truth(folder)["a.jpg"].faces])
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], 1)


def measured(folder, detector, turn=0.0):
    return summarise(list(evaluate(folder, load_truth(folder), detector, turn)))


def test_whoever_knows_the_truth_misses_nothing(folder):
    """The boxes of the truth cover every face and nothing needless."""
    summary = measured(folder, Told(boxes_of(folder)))
    assert all(count.covered == count.of for count in summary.counts)
    assert (summary.false_boxes, summary.needless, summary.misses) == (0, 0, ())


def test_whoever_finds_nothing_misses_everybody(folder):
    """Every recognisable face is listed, the largest first."""
    summary = measured(folder, Told([]))
    sides = [miss.face.side for miss in summary.misses]
    assert len(sides) == len(boxes_of(folder))
    assert sides == sorted(sides, reverse=True)
    assert summary.counts[0].recall == 0


def test_a_box_on_a_wall_is_counted_with_the_area_that_it_costs(folder):
    """A false box counts once, and its area is that of the painted ellipse."""
    wall = Told([[20, 900, 120, 1000]])
    summary = measured(folder, Told([*boxes_of(folder), *wall.faces.xyxy]))
    assert summary.false_boxes == 1
    painted = redaction_mask((1067, 1600), wall.faces, np.zeros((0, 4, 2), np.float32)) > 0
    assert summary.needless == pytest.approx(painted.mean(), rel=0.01)
    assert summary.counts[0].recall == 1


def test_a_box_beside_a_face_does_not_cover_it(folder):
    """A head painted one face too far to the left leaves the face visible."""
    boxes = boxes_of(folder)
    left, top, right, bottom = boxes[0]
    boxes[0] = [left - 1.3 * (right - left), top, right - 1.3 * (right - left), bottom]
    summary = measured(folder, Told(boxes))
    assert [miss.face.box for miss in summary.misses] == [load_truth(folder)["a.jpg"].faces[0].box]


def test_the_curve_gives_up_recall_for_precision(folder):
    """Raising the threshold above a false box's score removes it, and then the doubtful faces."""
    boxes = boxes_of(folder)
    scores = np.r_[0.22, np.linspace(0.42, 0.92, len(boxes))]
    curve = measured(folder, Told([[20, 900, 120, 1000], *boxes], scores)).curve
    assert len(curve) == len(THRESHOLDS)
    assert (curve[0].recall, curve[0].precision) == (1, pytest.approx(len(boxes) / (len(boxes) + 1)))
    at = {point.threshold: point for point in curve}
    assert (at[0.3].recall, at[0.3].precision) == (1, 1)
    assert at[0.95].recall == 0
    recalls = [point.recall for point in curve]
    assert recalls == sorted(recalls, reverse=True)


@pytest.mark.parametrize("turn", [90, 180, 270, 30, -45])
def test_the_truth_turns_with_the_photo(folder, turn):
    """In a turned photo the faces are looked for where they then are."""
    boxes = boxes_of(folder)
    wh = np.array([1600, 1067])
    radians = np.radians(turn)
    rotation = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    canvas = np.ceil(np.abs(rotation) @ wh - 1e-9)
    centre = ((boxes[:, :2] + boxes[:, 2:]) / 2 - wh / 2) @ rotation.T + canvas / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True) / 2
    detector = Told(np.concatenate([centre - half, centre + half], 1))
    summary = measured(folder, detector, turn)
    assert summary.counts[0].recall == 1
    assert summary.false_boxes == 0
    assert detector.shapes[0][:2] == tuple(canvas[::-1].astype(int))


def test_a_large_photo_is_judged_at_the_size_that_is_published(folder, tmp_path):
    """The truth is scaled with the photo; a detector never sees more than what is published."""
    (tmp_path / "images").mkdir()
    with Image.open(folder / "images" / "a.jpg") as image:
        # The pixels alone: orientation is a matter of decoding.
        Image.new("RGB", (3000, 2000)).save(tmp_path / "images" / "a.jpg")
        assert image.size
    truth = {"a.jpg": {"faces": [{"box": [1500, 1000, 200, 200]}]}}
    (tmp_path / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    scale = (4e6 / 6e6) ** 0.5
    detector = Told(np.array([[1500, 1000, 1700, 1200]]) * scale)
    assert measured(tmp_path, detector).counts[0].recall == 1
    assert np.prod(detector.shapes[0][:2]) <= 4e6


def test_faces_that_nobody_recognises_are_no_misses():
    """Heavily blurred or hidden faces, and helmets, count only in their own rows; ignored places are not false."""
    truth = PhotoTruth.model_validate(
        {"event": "e", "faces": [{"box": [10, 10, 30, 30], "blur": 2}], "ignore": [[60, 60, 30, 30]]}
    )
    corners = np.array([[[10, 10], [40, 10], [40, 40], [10, 40]], [[60, 60], [90, 60], [90, 90], [60, 90]]], float)
    found = Told([[60, 60, 90, 90]]).faces
    summary = summarise([compare("a", truth, (200, 200, 3), found, corners)])
    assert (summary.misses, summary.false_boxes) == ((), 0)
    assert {c.kind: c.covered for c in summary.counts if c.of} == {
        "16 px and more, heavily blurred": 0,
        "16 px and more, free": 0,
        "every face, however small": 0,
    }


def test_a_photo_of_nobody_counts_only_false_boxes():
    """Without faces in the truth every box is false."""
    found = Told([[60, 60, 90, 90]]).faces
    score = compare("a", PhotoTruth(), (200, 200, 3), found, np.zeros((0, 4, 2)))
    assert score.false_boxes[0] == 1
    with pytest.raises(ValueError, match="no photo"):
        summarise([])


def test_the_page_shows_every_miss_and_loads_nothing(folder):
    """One picture a miss, embedded, with its facts; no link leads out of the page."""
    summary = measured(folder, Told([]), 90.0)
    page = detection_page(folder, [summary])
    assert page.count('src="data:image/jpeg;base64,') == len(summary.misses)
    assert "http" not in page
    assert "turned by 90 degrees" in page


@pytest.mark.parametrize("text", [None, "{", '{"a.jpg": {"faces": [{"box": [1, 2]}]}}', "[]"])
def test_a_truth_that_cannot_be_used_is_a_usage_error(tmp_path, text):
    """Missing, damaged and wrongly formed truths are named."""
    if text is not None:
        (tmp_path / "truth.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"truth\.json"):
        load_truth(tmp_path)


def test_a_missing_photo_is_a_usage_error(tmp_path):
    """A photo that the truth names and the folder lacks is named."""
    (tmp_path / "truth.json").write_text('{"gone.jpg": {}}', encoding="utf-8")
    with pytest.raises(UsageError, match=r"gone\.jpg"):
        measured(tmp_path, Told([]))
