"""The detectors together: real ones, and ones that are a few lines of NumPy."""

import numpy as np
import pytest
from PIL import Image

from anonymiser.detect.blazeface import TILE_PX
from anonymiser.detect.blazeface_short_range import TILE_PX as SHORT_RANGE_PX
from anonymiser.detect.centerface import CenterFace
from anonymiser.detect.confirm import CROP_PX
from anonymiser.detect.detector import CombinedDetector, orientations
from anonymiser.detect.yunet import YuNet
from anonymiser.samples import sample_images
from anonymiser.stages import load_detector
from anonymiser.values.faces import Faces
from anonymiser.weights import ModelId, session

LEFT, TOP, SIDE = 200, 150, 50
"""The head in the photo: a white square, red in its top half."""


def photo(turns=0, width=600, height=400, *, heads=((LEFT, TOP),)):
    """Turned anticlockwise by quarters."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for left, top in heads:
        pixels[top : top + SIDE, left : left + SIDE] = 255
        pixels[top : top + SIDE // 2, left : left + SIDE, 1:] = 0
    return np.ascontiguousarray(np.rot90(pixels, turns))


def nobody(tiles, threshold):
    """A detector that finds nothing."""
    return Faces.none(), np.zeros(0, np.intp)


class Sees:
    """A detector that finds the head where it is upright: with one score from afar and another from near."""

    def __init__(self, afar, near=0.0):
        self.afar, self.near = afar, near
        self.shapes = []

    def __call__(self, tiles, threshold):
        self.shapes.append(tiles.shape[1:3])
        score = self.near if tiles.shape[1:3] == (CROP_PX, CROP_PX) else self.afar
        faces, which = [], []
        for index, tile in enumerate(tiles):
            ys, xs = np.nonzero(tile[..., 0] > 200)
            if score >= threshold and len(xs) and self._is_upright(tile, ys):
                box = np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]], np.float32)
                at = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
                points = box[:, None, :2] + at * (box[:, None, 2:] - box[:, None, :2])
                faces.append(Faces(box, np.array([score], np.float32), points))
                which.append(index)
        return Faces.concatenate(faces), np.array(which, np.intp)

    @staticmethod
    def _is_upright(tile, ys):
        """Red is above white, as far apart as in an upright head and no further."""
        red = np.nonzero((tile[..., 0] > 200) & (tile[..., 1] < 100))[0]
        return len(red) and (ys.mean() - red.mean()) > 0.22 * (ys.max() + 1 - ys.min())


def found(pixels, yunet=nobody, centerface=nobody, blazeface=nobody, short_range=nobody):
    networks = {"yunet": yunet, "centerface": centerface, "blazeface": blazeface, "short_range": short_range}
    return CombinedDetector(**networks).detect(pixels)


def is_the_head(faces):
    return len(faces) == 1 and np.abs(faces.xyxy[0] - [LEFT, TOP, LEFT + SIDE, TOP + SIDE]).max() < 5


def test_what_nobody_proposes_is_no_face():
    """Detectors that find nothing give no face, and no error."""
    assert len(found(photo())) == 0


@pytest.mark.parametrize(
    ("yunet", "centerface", "kept"),
    [
        pytest.param(nobody, Sees(0.3), True, id="CenterFace alone"),
        pytest.param(nobody, Sees(0.2, near=0.9), False, id="CenterFace in doubt, nobody else"),
        pytest.param(Sees(0.9, near=0.9), nobody, False, id="YuNet, and CenterFace sees nothing even from near"),
        pytest.param(Sees(0.5), Sees(0.0, near=0.4), True, id="YuNet, and CenterFace from near"),
        pytest.param(Sees(0.6, near=0.7), Sees(0.0, near=0.25), True, id="YuNet from afar and from near"),
        pytest.param(Sees(0.6, near=0.6), Sees(0.0, near=0.25), False, id="YuNet, but hardly from near"),
    ],
)
def test_what_is_enough_for_a_face(yunet, centerface, kept):
    """A doubtful proposal is looked at from near, and what is seen there decides."""
    faces = found(photo(), yunet, centerface)
    assert is_the_head(faces) if kept else len(faces) == 0


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize(("near", "kept"), [(0.9, True), (0.4, False), (0.0, False)])
def test_what_centerface_doubts_is_a_face_if_blazeface_sees_it_from_near(turns, near, kept):
    """At the head's own turn, whichever way up the photo is; and nobody is recognised by it."""
    pixels = photo(turns)
    faces = found(pixels, Sees(0.42), Sees(0.2), short_range=Sees(near))
    assert len(faces) == kept
    for face in range(len(faces)):
        left, top, right, bottom = np.round(faces.xyxy[face]).astype(int)
        assert (pixels[top + 2 : bottom - 2, left + 2 : right - 2, 0] > 200).all()
        assert np.isnan(faces.points[face, 2]).all()


@pytest.mark.parametrize(
    ("centerface", "near", "views"),
    [
        pytest.param(0.5, 0.9, 0, id="seen without it"),
        pytest.param(0.2, 0.9, 2, id="it could decide"),
        pytest.param(0.13, 0.0, 1, id="after the first view it can no longer decide"),
        pytest.param(0.0, 0.9, 0, id="not even proposed"),
    ],
)
def test_blazeface_looks_closer_only_where_that_could_decide(centerface, near, views):
    """It costs time on few photos, and it never searches."""
    short_range = Sees(near)
    found(photo(), Sees(0.42), Sees(centerface), short_range=short_range)
    assert short_range.shapes == [(SHORT_RANGE_PX, SHORT_RANGE_PX)] * views


@pytest.mark.parametrize(
    ("yunet", "centerface", "refused"),
    [
        pytest.param(Sees(0.0), Sees(0.45), True, id="nobody sees anything from near"),
        pytest.param(Sees(0.0, near=0.4), Sees(0.45, near=0.4), True, id="two networks hardly do"),
        pytest.param(Sees(0.0, near=0.5), Sees(0.45, near=0.5), False, id="two networks do"),
        pytest.param(Sees(0.0), Sees(0.55), False, id="CenterFace is sure"),
    ],
)
@pytest.mark.parametrize("turns", [0, 1])
def test_a_large_head_that_closer_looks_deny_is_refused_and_reported(turns, yunet, centerface, refused):
    """It is not covered, and its place is told, because somebody has to look there; a small one is left alone."""
    pixels = photo(turns)
    if turns:  # seen lying by a detector that sees upright heads only
        yunet = Sees(0.5, near=yunet.near)
    networks = {"yunet": yunet, "centerface": centerface, "blazeface": nobody, "short_range": nobody}
    large = np.repeat(np.repeat(pixels, 2, 0), 2, 1)
    seen = CombinedDetector(**networks).examine(large)
    assert (len(seen.faces), len(seen.refused)) == ((0, 1) if refused else (1, 0))
    left, top, right, bottom = np.round((seen.refused if refused else seen.faces).xyxy[0]).astype(int)
    assert (large[top + 4 : bottom - 4, left + 4 : right - 4, 0] > 200).all()
    assert len(CombinedDetector(**networks).examine(pixels).refused) == 0


def test_a_head_that_all_see_is_one_face():
    """Detectors at all scales and turns still mean one head, with the best score."""
    faces = found(photo(), Sees(0.8, near=0.9), Sees(0.7), Sees(0.75))
    assert is_the_head(faces)
    assert faces.score[0] == pytest.approx(0.8)
    assert np.isfinite(faces.points).all()


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_photo_is_searched_the_way_up_that_its_heads_are(turns):
    """CenterFace, which sees upright heads only, finds a head of a photo that was stored on its side."""
    pixels = photo(turns)
    faces = found(pixels, Sees(0.8), Sees(0.5))
    assert len(faces) == 1
    left, top, right, bottom = np.round(faces.xyxy[0]).astype(int)
    assert (pixels[top + 2 : bottom - 2, left + 2 : right - 2, 0] > 200).all()


@pytest.mark.parametrize(("turns", "searches"), [(0, 1), (1, 2)])
def test_a_photo_is_searched_twice_only_where_its_heads_lie(turns, searches):
    """CenterFace looks at two scales, and again where another way up is likelier; BlazeFace gets its own tiles."""
    centerface, blazeface = Sees(0.5), Sees(0.0)
    found(photo(turns), Sees(0.8), centerface, blazeface)
    assert len(centerface.shapes) == 2 * searches
    assert set(blazeface.shapes) == {(TILE_PX, TILE_PX)}


def test_two_heads_are_two_faces():
    """Neighbours keep a row each."""
    pixels = photo(heads=((200, 150), (200 + SIDE + 150, 150)))

    def left_and_right(tiles, threshold):
        halves = [Sees(0.8, near=0.8)(np.where(mask, tiles, 0), threshold) for mask in halved(tiles)]
        return Faces.concatenate([faces for faces, _ in halves]), np.concatenate([which for _, which in halves])

    def halved(tiles):
        middle = tiles.shape[2] * 0.52
        left = (np.arange(tiles.shape[2]) < middle)[None, None, :, None]
        return left, ~left

    assert len(found(pixels, centerface=left_and_right)) == 2


def test_nobody_is_located_whom_blazeface_sees_elsewhere():
    """A face whose landmarks are contradicted is found, hence obscured, and cannot be recognised."""
    path = min(sample_images().glob("enrolment/*/*.jpg"))
    pixels = np.asarray(Image.open(path).convert("RGB"))
    yunet, centerface = YuNet(session(ModelId.YUNET)), CenterFace(session(ModelId.CENTERFACE))
    face = found(pixels, yunet, centerface)
    assert len(face) == 1
    assert np.isfinite(face.points).all()

    def elsewhere(tiles, threshold):
        scale = np.float32(TILE_PX / max(pixels.shape[:2]))
        points = (face.points + (face.xyxy[0, 2] - face.xyxy[0, 0])) * scale
        points[:, 3:] = np.nan
        return Faces(face.xyxy * scale, np.array([0.6], np.float32), points), np.zeros(1, np.intp)

    contradicted = found(pixels, yunet, centerface, elsewhere)
    np.testing.assert_array_equal(contradicted.xyxy, face.xyxy)
    assert np.isnan(contradicted.points).all()


def test_a_portrait_is_one_face_with_all_its_points():
    """The installed networks agree on who is there."""
    pixels = np.asarray(Image.open(min(sample_images().glob("enrolment/*/*.jpg"))).convert("RGB"))
    face = load_detector().detect(pixels)
    assert len(face) == 1
    assert np.isfinite(face.points).all()


@pytest.mark.parametrize(
    ("strength", "searched"),
    [
        pytest.param({0: 0.0, 90: 0.0}, {0: True}, id="no head at all"),
        pytest.param({0: 5.0, 90: 1.0}, {0: True}, id="upright"),
        pytest.param({0: 1.0, 90: 5.0}, {0: False, 90: True}, id="on its side"),
        pytest.param({0: 3.0, 315: 4.0}, {0: True, 315: True}, id="tilted"),
    ],
)
def test_a_photo_is_searched_as_it_is_stored_and_as_its_heads_are_upright(strength, searched):
    """The stored orientation is always searched, and is doubted only where another is much likelier."""
    assert orientations(strength) == searched
