"""People whose face was not found, and places in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from anonymiser.detect.blazepose import BlazePose
from anonymiser.detect.people import PersonFinder, places, unseen
from anonymiser.samples import sample_images
from anonymiser.stages import load_detector
from anonymiser.values.faces import Faces, Place
from anonymiser.weights import ModelId, session


def boxes(*xyxy):
    found = np.array(xyxy, np.float32).reshape(-1, 4)
    return Faces(found, np.full(len(found), 0.9, np.float32), np.full((len(found), 5, 2), np.nan, np.float32))


def square(x, y, side):
    return [x - side / 2, y - side / 2, x + side / 2, y + side / 2]


@pytest.mark.parametrize(
    ("offset", "side", "seen"),
    [
        pytest.param((0, 0), 70, True, id="the face of this head"),
        pytest.param((0, 0), 40, True, id="a face much smaller than its head"),
        pytest.param((50, 30), 70, True, id="half a head away, as shoulders may mislead"),
        pytest.param((130, 0), 70, False, id="the neighbour's face"),
        pytest.param((0, 260), 70, False, id="a face below"),
        pytest.param((0, 50), 300, True, id="a part of a close face, taken for a head"),
        pytest.param((330, 0), 400, False, id="a close face, this head behind it"),
        pytest.param((0, 0), 10, False, id="a tiny face, as on a badge"),
    ],
)
def test_a_head_is_seen_where_a_face_of_about_its_size_is_near(offset, side, seen):
    """A head of 100 px beside one face."""
    face = boxes(square(500 + offset[0], 500 + offset[1], side))
    assert len(unseen(boxes(square(500, 500, 100)), face)) == (0 if seen else 1)


def test_every_head_is_unseen_where_no_face_was_found():
    """No face: all heads; no head: nothing."""
    two = boxes(square(50, 50, 20), square(90, 90, 20))
    np.testing.assert_array_equal(unseen(two, Faces.none()), two.xyxy)
    assert unseen(Faces.none(), two).shape == unseen(Faces.none(), Faces.none()).shape == (0, 4)


coordinates = st.floats(-100, 1100)
heads_anywhere = st.lists(st.tuples(coordinates, coordinates, st.floats(1, 400)), max_size=6)


@given(heads_anywhere, heads_anywhere)
def test_another_face_never_makes_a_head_unseen(heads, faces):
    """Every face found can only answer for heads; one at the head itself always does."""
    found = boxes(*(square(*head) for head in heads))
    before = unseen(found, boxes(*(square(*face) for face in faces[1:])))
    after = unseen(found, boxes(*(square(*face) for face in faces)))
    assert {tuple(box) for box in after.tolist()} <= {tuple(box) for box in before.tolist()}
    assert len(unseen(found, found)) == 0


@pytest.mark.parametrize(("x", "y", "place"), [
    (10, 10, "top left"), (450, 10, "top"), (890, 10, "top right"),
    (10, 300, "left side"), (450, 300, "middle"), (890, 300, "right side"),
    (10, 590, "bottom left"), (450, 590, "bottom"), (890, 590, "bottom right"),
])  # fmt: skip
def test_the_nine_places(x, y, place):
    """Each ninth of the photo has its words."""
    assert places(np.array([square(x, y, 30)], np.float32), 900, 600) == (place,)


@given(heads_anywhere)
def test_a_place_is_told_once_in_reading_order(heads):
    """However many people are there, and even beyond the frame; nobody is nowhere."""
    told = places(boxes(*(square(*head) for head in heads)).xyxy, 1000, 800)
    assert list(told) == [place for place in Place if place in told]
    assert bool(told) == bool(heads)


class Fixed:
    """A tile detector that sees heads in the given boxes of the first tile that it looks at, and nothing after."""

    def __init__(self, *xyxy):
        self.heads = boxes(*xyxy)
        self.calls = []

    def __call__(self, tiles, threshold):
        self.calls.append(tiles.shape)
        first = len(self.calls) == 1
        return (self.heads if first else Faces.none()), np.zeros(len(self.heads) if first else 0, np.intp)


def test_heads_are_told_in_photo_pixels_once_and_only_inside_the_frame():
    """Two answers for one head are one; a person whose head the frame cuts off has none to be found."""
    bodies = Fixed(square(50, 60, 20), square(52, 60, 20), square(100, -5, 20), square(30, 130, 20))
    heads = PersonFinder(bodies).heads(np.zeros((480, 896, 3), np.uint8))
    np.testing.assert_allclose(heads.xyxy, [square(200, 240, 80)])
    assert [shape[1:3] for shape in bodies.calls] == [(224, 224)] * 2


def test_heads_are_where_the_faces_of_a_sample_photo_are():
    """The installed network, asked at a low score, points at heads whose faces are found, and at nobody on a wall."""
    finder = PersonFinder(BlazePose(session(ModelId.BLAZEPOSE)), 0.5)
    pixels = np.asarray(Image.open(sample_images() / "inbox" / "Sports day" / "IMG_4312.jpg").convert("RGB"))
    heads = finder.heads(pixels)
    assert len(heads) > 0
    assert len(unseen(heads, load_detector().detect(pixels))) == 0
    assert len(finder.heads(np.full((600, 800, 3), 200, np.uint8))) == 0
