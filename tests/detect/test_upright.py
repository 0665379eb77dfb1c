"""Photos on their side or upside down become upright where their heads agree, and nowhere else."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from anonymiser.detect.upright import AGREE, LEANING_DEGREES, LEAST_HEADS, HeadsSay, heads_say, upright
from anonymiser.evaluate.truth import Truth
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.warp import inverse, moved, turned
from anonymiser.samples import sample_images
from anonymiser.stages import load_stages
from anonymiser.values.faces import Faces
from anonymiser.values.photo import Photo
from anonymiser.values.reasons import Code

_FACE = np.array([[-10, -8], [10, -8], [0, 4], [-8, 14], [8, 14]], np.float32)
"""An upright head's points around its middle."""


def heads(*leans):
    """Heads side by side, each leaning clockwise by so many degrees."""
    points = []
    for column, lean in enumerate(leans):
        cos, sin = np.cos(np.radians(lean)), np.sin(np.radians(lean))
        points.append(_FACE @ np.array([[cos, sin], [-sin, cos]]) + [50 + 60 * column, 40])
    points = np.array(points, np.float32).reshape(-1, 5, 2)
    middle = points.mean(1)
    return Faces(np.concatenate([middle - 20, middle + 20], 1), np.full(len(leans), 0.9, np.float32), points)


def photo(width=500, height=80, source_scale=1):
    pixels = np.random.default_rng(5).integers(0, 255, (height, width, 3), np.uint8)
    return Photo(pixels, (width * source_scale, height * source_scale), "image/jpeg", dt.date(2026, 5, 1), None)


quarters = pytest.mark.parametrize("degrees", [90, 180, 270])


@quarters
def test_heads_that_agree_turn_the_photo(degrees):
    """Three heads that lean by a quarter turn, each a little differently, say which turn undoes it."""
    assert heads_say(heads(degrees - 20, degrees, degrees + 25)) == HeadsSay((360 - degrees) % 360, clearly=True)


@given(st.lists(st.floats(-180, 180), min_size=1, max_size=12))
def test_a_photo_is_turned_only_if_most_heads_are_upright_afterwards(leans):
    """However the heads lean, enough of them are within LEANING_DEGREES of upright after a clear turn."""
    said = heads_say(heads(*leans))
    after = np.abs((np.array(leans) + said.turn_degrees + 180) % 360 - 180)
    standing = np.count_nonzero(after <= LEANING_DEGREES + 0.01)
    if said.clearly:
        assert len(leans) >= LEAST_HEADS
        assert standing >= AGREE * len(leans)
    if said.turn_degrees:
        assert 2 * standing > len(leans)


@quarters
def test_a_baby_that_lies_among_upright_heads_turns_nothing(degrees):
    """One head of three that is turned is somebody who lies down: nothing is done and nothing is said."""
    assert heads_say(heads(0, 5, degrees)).turn_degrees == 0


@pytest.mark.parametrize("leans", [(180,), (90, 95), (180, 180, 180, 0, 0)])
def test_too_few_heads_are_a_remark(leans):
    """One or two heads, or three of five, may be children who hang upside down: the photo stays, with a remark."""
    before = photo()
    after, faces = upright(before, heads(*leans))
    assert after.pixels is before.pixels
    assert after.notices == (Code.MAY_NEED_TURNING(),)
    assert np.array_equal(faces.points, heads(*leans).points)


@pytest.mark.parametrize("leans", [(), (0,), (45, 45, 45), (90, 180, 270)])
def test_heads_that_agree_on_no_turn_say_nothing(leans):
    """Without heads, with upright ones, and with such that lean half way or all differently, a photo stays as it is."""
    before = photo()
    assert upright(before, heads(*leans))[0] is before


def test_heads_that_are_not_located_have_no_vote():
    """A box without a nose tip comes from a rough look, and shows nothing about the photo."""
    faces = heads(180, 180, 180)
    faces.points[:, 2] = np.nan
    assert heads_say(faces).turn_degrees == 0


@quarters
@pytest.mark.parametrize("lean", [0, 12])
def test_pixels_boxes_and_points_turn_together(degrees, lean):
    """Turning the photo anew to where it was gives every pixel and place back; the original keeps its size."""
    before, faces = photo(source_scale=2), heads(lean, -lean, lean)
    image = turned(before.pixels, degrees)
    wrong = Photo(image.pixels, before.source_wh[:: -1 if degrees % 180 else 1], "image/jpeg", None, None)
    to_stored = inverse(image.back)
    corners = moved(to_stored, faces.xyxy.reshape(-1, 2, 2))
    stored = Faces(
        np.concatenate([corners.min(1), corners.max(1)], 1).astype(np.float32),
        faces.score,
        moved(to_stored, faces.points).astype(np.float32),
    )
    after, found = upright(wrong, stored)
    assert np.array_equal(after.pixels, before.pixels)
    assert (after.source_wh, after.turn_degrees) == (wrong.source_wh, -degrees % 360)
    assert after.scale == before.scale
    assert after.notices == (Code.TURNED_UPRIGHT(degrees=360 - degrees),)
    np.testing.assert_allclose(found.xyxy, faces.xyxy, atol=1e-3)
    np.testing.assert_allclose(found.points, faces.points, atol=1e-3)


SAMPLE = "Playground/MVIMG_20260605_101500.jpg"


@pytest.fixture(scope="module")
def detector():
    return load_stages().detector


@pytest.fixture(scope="module")
def playground():
    return decode((sample_images() / "inbox" / SAMPLE).read_bytes(), DecodeLimits())


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_real_photo_is_upright_whichever_way_it_was_stored(detector, playground, degrees):
    """Every face of the truth is where the truth says, in a photo that has lost its orientation tag."""
    stored = turned(playground.pixels, degrees).pixels
    after, faces = upright(Photo(stored, stored.shape[1::-1], "image/jpeg", None, None), detector.detect(stored))
    assert np.array_equal(after.pixels, playground.pixels)
    truth = next(photo for photo in Truth.load(sample_images() / "truth.json").photos if photo.file == SAMPLE)
    middle = (faces.xyxy[:, :2] + faces.xyxy[:, 2:]) / 2
    for face in truth.faces:
        left, top, right, bottom = face.box
        assert ((middle > [left, top]) & (middle < [right, bottom])).all(1).any()


@quarters
def test_a_real_portrait_that_lies_among_upright_people_turns_nothing(detector, playground, degrees):
    """A child who lies on the ground in front of the others leaves the photo as it is, without a remark."""
    portrait = next((sample_images() / "enrolment").rglob("*.jpg"))
    child = np.asarray(Image.open(portrait).convert("RGB").resize((150, 150)))
    pixels = playground.pixels.copy()
    pixels[-150:, :150] = turned(child, degrees).pixels
    together = Photo(pixels, pixels.shape[1::-1], "image/jpeg", None, None)
    faces = detector.detect(pixels)
    lying = (faces.xyxy[:, 0] < 150) & (faces.xyxy[:, 1] > len(pixels) - 150)
    assert lying.any()
    assert upright(together, faces)[0] is together
