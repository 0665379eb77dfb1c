"""Faces behind patterns and in faint tones, found on filtered copies, with detectors that say what the test wants."""

import numpy as np
import pytest
from PIL import Image

from anonymiser.detect.filtered import FilteredDetector, contrast_within, smoothed
from anonymiser.detect.interface import FaceDetector
from anonymiser.detect.texture import Texture
from anonymiser.evaluate import overlays
from anonymiser.samples import sample_images
from anonymiser.stages import load_stages
from anonymiser.values.faces import Detection, Faces
from anonymiser.values.reasons import Code


def faces(*boxes, score=0.9):
    n = len(boxes)
    return Faces(
        np.array(boxes, np.float32).reshape(-1, 4), np.full(n, score, np.float32), np.ones((n, 5, 2), np.float32)
    )


class Sees(FaceDetector):
    """One answer for the photo itself, and another for every other picture."""

    def __init__(self, photo, in_photo=(), in_copies=()):
        self.photo, self.in_photo, self.in_copies = photo, faces(*in_photo), faces(*in_copies)
        self.others = 0

    def detect(self, pixels):
        if pixels is self.photo:
            return self.in_photo
        self.others += 1
        return self.in_copies.moved(pixels.shape[1] / self.photo.shape[1])


def quick(*boxes, score=0.9):
    """A quick look that sees the same on every tile."""

    def detect(tiles, threshold):
        return faces(*boxes, score=score), np.zeros(len(boxes), np.intp)

    return detect


def ordinary():
    """Soft noise: no pattern, all tones."""
    noise = np.random.default_rng(1).integers(0, 256, (12, 16, 3), np.uint8)
    return np.asarray(Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC))


def look(photo, in_photo=(), in_copies=(), suspected=(), score=0.9):
    detector = Sees(photo, in_photo, in_copies)
    seen = FilteredDetector(detector, quick(*suspected, score=score), quick()).examine(photo)
    return seen, detector.others


ANN, BEN = (20, 20, 60, 70), (200, 100, 240, 150)


def test_an_ordinary_photo_is_searched_once():
    """Neither copies nor doubts, whatever they would show."""
    seen, others = look(ordinary(), [ANN], [BEN])
    assert (len(seen.faces), seen.doubts, others) == (1, (), 0)


class Refuses(Sees):
    """The same, with a large head that was refused."""

    def examine(self, pixels):
        return Detection(self.detect(pixels), refused=faces(BEN))


@pytest.mark.parametrize("photo", [ordinary(), overlays.net(ordinary(), 12, 3)], ids=["ordinary", "behind a net"])
def test_a_head_that_was_refused_stays_reported(photo):
    """Somebody has to look there, whatever filtered copies show elsewhere."""
    seen = FilteredDetector(Refuses(photo, [ANN], [ANN]), quick(), quick()).examine(photo)
    assert seen.refused.xyxy.tolist() == [list(BEN)]


def test_faces_of_filtered_copies_are_added_and_nobody_is_recognised_by_them():
    """The photo's own faces stay as they are; the others lack what recognition asks for."""
    photo = overlays.net(ordinary(), 12, 3)
    seen, _ = look(photo, [ANN], [ANN, BEN])
    np.testing.assert_allclose(seen.faces.xyxy, [ANN, BEN], atol=1e-3)
    assert np.isfinite(seen.faces.points[0]).all()
    assert np.isnan(seen.faces.points[1, 2]).all()
    assert seen.doubts == (Code.FINE_PATTERN(),)


@pytest.mark.parametrize(
    ("overlay", "in_photo", "in_copies"),
    [
        pytest.param(lambda pixels: overlays.net(pixels, 12, 3), [ANN], [ANN], id="nobody new"),
        pytest.param(lambda pixels: overlays.net(pixels, 12, 3), (), (), id="nobody found at all"),
        pytest.param(overlays.diffused, [ANN], [ANN], id="two levels"),
    ],
)
def test_a_pattern_always_makes_the_photo_wait(overlay, in_photo, in_copies):
    """Nothing proves that everybody was found, and names may be hidden like faces."""
    seen, others = look(overlay(ordinary()), in_photo, in_copies)
    assert seen.doubts == (Code.FINE_PATTERN(),)
    assert others


@pytest.mark.parametrize(
    ("score", "found", "doubts"), [(0.45, 1, 0), (0.55, 2, 0), (0.8, 2, 1)], ids=["chance", "covered", "asked"]
)
def test_a_faint_face_is_covered_and_a_sure_one_asked_about(score, found, doubts):
    """The quick look's score decides, where the photo has hardly any contrast."""
    photo = ordinary().copy()
    photo[90:160, 190:250] = 7
    seen, _ = look(photo, [ANN], [ANN], suspected=[BEN], score=score)
    assert (len(seen.faces), len(seen.doubts)) == (found, doubts)


def test_a_face_with_contrast_is_not_taken_from_a_stretched_copy():
    """There the photo itself was searched, and a stretched copy is full of chance patterns."""
    seen, others = look(ordinary(), [ANN], [BEN], suspected=[BEN])
    assert (len(seen.faces), others) == (1, 0)


def test_a_narrow_photo_always_waits():
    """Nobody publishes it on purpose, and whoever turns up the contrast sees more than the program."""
    seen, _ = look(overlays.faded(ordinary(), 0.1, (0, 0, 0)), [ANN], [ANN])
    assert seen.doubts == (Code.TOO_FAINT(),)


@pytest.mark.parametrize("what", [Texture((6.0, 40.0)), Texture((3.0,), True), Texture(two_levels=True), Texture()])
def test_copies_have_the_photos_proportions_and_leave_it_alone(what):
    """Smaller where the pattern is coarse; as many as the pattern calls for."""
    photo = ordinary()
    before = photo.copy()
    copies = list(smoothed(photo, what))
    assert bool(copies) == what.patterned
    for copy in copies:
        assert copy.dtype == np.uint8
        assert copy.shape[1] / copy.shape[0] == pytest.approx(4 / 3, rel=0.02)
    np.testing.assert_array_equal(photo, before)


def test_contrast_beyond_the_frame_is_none():
    """A box that the frame cuts is measured by what is inside, one outside counts as flat."""
    grey = np.tile(np.array([0, 200], np.uint8), (50, 25))
    boxes = np.array([[-20, -20, 30, 30], [80, 80, 90, 90]], np.float32)
    np.testing.assert_allclose(contrast_within(grey, boxes), [100, 0], atol=3)


def row_of_portraits(columns=3, side=150):
    """Rendered people side by side, and the middle of each."""
    paths = sorted(sample_images().glob("enrolment/*/*.jpg"))[::2][:columns]
    portraits = [np.asarray(Image.open(path).convert("RGB").resize((side, side))) for path in paths]
    return np.concatenate(portraits, 1), [(side * column + side // 2, side // 2) for column in range(columns)]


@pytest.fixture(scope="module")
def real():
    return load_stages().detector


@pytest.mark.parametrize(
    "overlay",
    [
        lambda pixels, _: overlays.halftone(pixels, 4, 30),
        lambda pixels, _: overlays.stored_as_jpeg(overlays.net(pixels, 11, 2.5), 85),
        lambda pixels, _: overlays.net(pixels, 14, 2, 45, (0, 0, 0)),
        lambda pixels, _: overlays.fence(pixels, 10, 0.45),
        lambda pixels, _: overlays.faded(pixels, 0.03, (255, 255, 255)),
        lambda pixels, boxes: overlays.penned(pixels, boxes, 0.05, (0, 0, 0)),
        lambda pixels, boxes: overlays.penned(pixels, boxes, 0.07, (0, 80, 255)),
    ],
    ids=["halftone", "net", "chain link", "fence", "faded", "black pen", "blue pen"],
)
def test_people_are_found_behind_it(real, overlay):
    """Every rendered person is covered, by the program's own networks."""
    pixels, middles = row_of_portraits()
    pens = np.array([[x - 42, y - 50, x + 42, y + 50] for x, y in middles], np.float32)
    found = real.examine(overlay(pixels, pens)).faces.xyxy
    for x, y in middles:
        assert ((found[:, :2] < [x, y]) & (found[:, 2:] > [x, y])).all(1).any()
