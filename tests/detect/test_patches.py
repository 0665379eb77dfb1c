"""Patches of nearly one tone, each with its own contrast: what is under a translucent pen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from anonymiser.detect.filtered import FilteredDetector
from anonymiser.detect.interface import FaceDetector
from anonymiser.detect.patches import CROP_PX, faces_in_patches, patches
from anonymiser.evaluate import overlays
from anonymiser.samples import sample_images
from anonymiser.stages import load_stages
from anonymiser.values.faces import Faces
from anonymiser.values.reasons import Code

HIDDEN = (150.0, 90.0, 230.0, 170.0)
"""What is painted over in the pictures below."""


def busy(width=400, height=300, spot=4):
    """Bright and dark spots, nothing smooth."""
    noise = np.random.default_rng(2).integers(0, 256, (height // spot, width // spot, 3), np.uint8)
    return np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.NEAREST))


def painted(pixels, share=0.04, colour=(200, 40, 40), box=HIDDEN):
    """The same with a disc of one colour over a bright square on black, of which only `share` shows."""
    under = pixels.copy()
    left, top, right, bottom = map(int, box)
    under[top - 20 : bottom + 20, left - 20 : right + 20] = 0
    under[top + 25 : bottom - 25, left + 25 : right - 25] = 255
    return overlays.penned(under, np.array([box]), share, colour)


class Sees:
    """A network that finds a square where a crop is bright in its middle; remembers how many crops it saw."""

    def __init__(self, score=0.9):
        self.score, self.crops = score, 0

    def __call__(self, tiles, threshold):
        self.crops += len(tiles)
        seen = [index for index, tile in enumerate(tiles) if tile[56:72, 56:72].mean() > 200 > self.score * 100]
        seen = seen if self.score >= threshold else []
        box = np.array([[32, 32, 96, 96]], np.float32)
        n = len(seen)
        found = Faces(np.repeat(box, n, 0), np.full(n, self.score, np.float32), np.ones((n, 5, 2), np.float32))
        return found, np.array(seen, np.intp)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([(200, 40, 40), (0, 0, 0), (255, 255, 255), (20, 90, 40)]),
    st.floats(0.015, 0.035),
    st.integers(60, 240),
    st.integers(60, 160),
    st.sampled_from([1, 3]),
)
def test_what_shows_through_a_patch_has_the_whole_contrast(colour, share, left, top, enlarged):
    """Wherever the pen was and whatever its colour, one picture shows the square that it hides, where it is."""
    box = (left, top, left + 80, top + 80)
    pixels = np.repeat(np.repeat(painted(busy(), share, colour, box), enlarged, 0), enlarged, 1)
    shown = [patch for patch in patches(pixels) if patch.picture[64, 64, 0] > 200 and patch.picture[28, 64, 0] < 60]
    assert len(shown) == 1
    middle = np.array(shown[0].corner_xy) + shown[0].scale * CROP_PX / 2
    np.testing.assert_allclose(middle, (np.array([left, top]) + 40) * enlarged, atol=6 * enlarged)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_patch_that_shows_nothing_or_everything_is_none(share):
    """Nobody sees anything under an opaque pen; and what keeps its contrast is searched in the photo itself."""
    assert list(patches(painted(busy(), share))) == []


@pytest.mark.parametrize("size", [(64, 48), (8, 8), (3000, 40)])
def test_pictures_without_room_for_a_patch_have_none(size):
    """Tiny pictures and strips are no mistake."""
    assert list(patches(busy(*size))) == []


def test_a_face_on_which_both_networks_agree_is_found_where_it_is():
    """In photo pixels, with the first network's score."""
    found = faces_in_patches(painted(busy()), Sees(0.8), Sees(0.6))
    assert len(found) == 1
    assert found.score[0] == np.float32(0.8)
    np.testing.assert_allclose((found.xyxy[0, :2] + found.xyxy[0, 2:]) / 2, [190, 130], atol=4)
    assert 50 < found.xyxy[0, 2] - found.xyxy[0, 0] < 110


@pytest.mark.parametrize(("first", "second"), [(0.8, 0.1), (0.1, 0.8)])
def test_one_network_alone_finds_nobody(first, second):
    """Chance patterns look like a face to one network, rarely to both."""
    assert not len(faces_in_patches(painted(busy()), Sees(first), Sees(second)))


def test_the_second_network_sees_only_what_the_first_found():
    """It is the slow one."""
    second = Sees()
    faces_in_patches(painted(busy()), Sees(0.1), second)
    assert second.crops == 0


class Nobody(FaceDetector):
    def detect(self, pixels):
        return Faces.none()


def test_somebody_under_a_pen_is_covered_and_asked_about():
    """Nobody else finds the face; others may be hidden as well."""
    seen = FilteredDetector(Nobody(), Sees(0.55), Sees(0.4)).examine(painted(busy()))
    assert Code.TOO_FAINT() in seen.doubts
    assert len(seen.faces) == 1
    assert np.isnan(seen.faces.points[0, 2]).all()


@pytest.fixture(scope="module")
def real():
    return load_stages().detector


@pytest.mark.parametrize("colour", [(40, 90, 50), (200, 60, 40), (120, 120, 120)])
def test_a_small_penned_face_among_stronger_tones_is_found(real, colour):
    """A rendered person among bright and dark spots, under a pen that leaves a twentieth of the contrast."""
    portrait = min(sample_images().glob("enrolment/*/*.jpg"))
    pixels = busy(640, 480, spot=40).copy()
    pixels[200:260, 300:360] = np.asarray(Image.open(portrait).convert("RGB").resize((60, 60)))
    seen = real.examine(overlays.penned(pixels, np.array([[313, 209, 347, 247]]), 0.05, colour))
    assert ((seen.faces.xyxy[:, :2] < [330, 228]) & (seen.faces.xyxy[:, 2:] > [330, 228])).all(1).any()
    assert seen.doubts
