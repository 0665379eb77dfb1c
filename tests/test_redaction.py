"""Redaction destroys what it covers, covers the whole head, and touches nothing else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from anonymiser.covers import tones
from anonymiser.covers.pictures import RIM, STICKER
from anonymiser.covers.regions import grown_labels, heads_in
from anonymiser.covers.tones import GREY
from anonymiser.redaction import redact, redaction_mask
from anonymiser.settings import RedactionStyle
from anonymiser.values.faces import Faces

NO_LABELS = np.zeros((0, 4, 2), np.float32)
STYLES = list(RedactionStyle)
ORNAMENTS = [RedactionStyle.BLUR, RedactionStyle.MOSAIC, RedactionStyle.FILL]
UPRIGHT = np.array([[0.3, 0.35], [0.7, 0.35], [0.5, 0.55], [0.35, 0.78], [0.65, 0.78]])
"""Landmarks in widths and heights of the face box."""

sides = st.integers(1, 120)
coordinates = st.floats(-200, 300, width=32) | st.sampled_from([-1e9, 1e9, 1e38, -1e38, 0.0])
landmarks = st.one_of(
    st.just(np.full((5, 2), np.nan)),
    st.sampled_from([0, 45, 90, 135, 180, 270]),
    st.lists(st.floats(-300, 400) | st.just(np.nan), min_size=10, max_size=10).map(np.array),
)


@st.composite
def some_faces(draw: st.DrawFn) -> Faces:
    """Up to five faces anywhere, without landmarks, with true or with senseless ones."""
    corners = draw(st.lists(st.tuples(*[coordinates] * 4), max_size=5))
    boxes = np.array(corners, np.float32).reshape(-1, 2, 2)
    boxes = np.concatenate([boxes.min(1, initial=np.inf), boxes.max(1, initial=-np.inf)], 1).reshape(-1, 4)
    points = [
        turned_points(box, mark) if isinstance(mark := draw(landmarks), int) else np.reshape(mark, (5, 2))
        for box in boxes
    ]
    return Faces(boxes, np.ones(len(boxes), np.float32), np.array(points, np.float32).reshape(-1, 5, 2))


quads = st.lists(st.tuples(*[coordinates] * 8), max_size=3).map(
    lambda rows: np.array(rows, np.float32).reshape(-1, 4, 2)
)


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def turned_points(box: NDArray[np.floating], degrees: float) -> NDArray[np.floating]:
    """Landmarks of a head in the box, turned clockwise about its centre."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centre = (box[:2].astype(np.float64) + box[2:]) / 2
    return centre + (UPRIGHT - 0.5) * (box[2:].astype(np.float64) - box[:2]) @ turn


def heads(*rows: tuple[float, float, float, float], degrees: float = 0) -> Faces:
    boxes = np.array(rows, np.float32).reshape(-1, 4)
    points = [turned_points(box, degrees) for box in boxes]
    return Faces(boxes, np.ones(len(boxes), np.float32), np.array(points, np.float32).reshape(-1, 5, 2))


NO_HEADS = heads()


@settings(deadline=None, max_examples=150)
@given(sides, sides, some_faces(), quads, st.sampled_from(STYLES))
def test_outside_the_mask_nothing_changes(
    height: int, width: int, faces: Faces, quads: NDArray[np.float32], style: RedactionStyle
) -> None:
    """Any boxes on any photo: a new array of the same form, equal where the mask is 0, in any order of the boxes."""
    pixels = noise(height, width)
    before = pixels.copy()
    redacted = redact(pixels, faces, quads, style)
    mask = redaction_mask(pixels.shape, faces, quads)
    assert redacted.shape == pixels.shape
    assert redacted.dtype == np.uint8
    assert mask.shape == pixels.shape[:2]
    assert np.array_equal(pixels, before)
    assert np.array_equal(redacted[mask == 0], pixels[mask == 0])
    assert np.array_equal(redacted, redact(pixels, faces[::-1], quads[::-1], style))


@settings(deadline=None, max_examples=150)
@given(sides, sides, some_faces())
def test_every_pixel_of_a_face_box_is_covered(height: int, width: int, faces: Faces) -> None:
    """The box itself, to its corners and rounded outwards, lies in the part that is replaced altogether."""
    mask = redaction_mask((height, width), faces, NO_LABELS)
    for box in faces.xyxy.astype(np.float64):
        left, right = np.sort(box[0::2]).clip(0, width)
        top, bottom = np.sort(box[1::2]).clip(0, height)
        if left < right and top < bottom:
            inside = mask[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))]
            assert (inside == 255).all()


def unlike_only_where_covered(
    shape: tuple[int, int], faces: Faces, quads: NDArray[np.float32], ring_px: int = 2
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    """Two photos that are equal but for what is covered and a ring around it; and where they are covered altogether."""
    mask = redaction_mask(shape, faces, quads)
    inside = cv2.dilate(mask, np.ones((2 * ring_px + 1, 2 * ring_px + 1), np.uint8)) > 0
    first, second = noise(*shape), noise(*shape)
    first[inside], second[inside] = noise(*shape, seed=1)[inside], 255
    return first, second, mask == 255


@settings(deadline=None, max_examples=150)
@given(sides, sides, some_faces(), quads, st.sampled_from(STYLES))
def test_nothing_of_what_is_covered_is_kept(
    height: int, width: int, faces: Faces, quads: NDArray[np.float32], style: RedactionStyle
) -> None:
    """Whatever the covered heads, the labels and the ring around them are, the covers are the same to the byte."""
    first, second, covered = unlike_only_where_covered((height, width), faces, quads)
    one, other = (redact(pixels, faces, quads, style) for pixels in (first, second))
    assert np.array_equal(one[covered], other[covered])


def assert_read_beside(shape: tuple[int, int], faces: Faces, quads: NDArray[np.float32], step: int) -> int:
    """No pixel that tones or grain are taken from is covered or in the ring; how many there are."""
    covered = redaction_mask(shape, faces, quads) > 0
    ringed = cv2.dilate(covered.astype(np.uint8), np.ones((5, 5), np.uint8))
    free = tones._free(shape, step, heads_in(faces, shape), list(grown_labels(quads)))
    read = np.zeros(shape, np.uint8)
    read[::step, ::step] = free
    for row, column in tones._patches(shape, step, free):
        read[row : row + 8, column : column + 8] = 1
    assert not (read & ringed).any()
    return int(read.sum())


@settings(deadline=None, max_examples=150)
@given(sides, sides, some_faces(), quads, st.integers(1, 9))
def test_nothing_that_is_covered_is_read(
    height: int, width: int, faces: Faces, quads: NDArray[np.float32], step: int
) -> None:
    """Neither for the tones nor for the grain, also not if only every few pixels are looked at; nor from the ring."""
    assert_read_beside((height, width), faces, quads, step)


@pytest.mark.parametrize("box_px", [1, 6, 40, 300])
def test_nothing_of_a_head_is_read_in_a_large_photo(box_px: int) -> None:
    """Small heads and labels lie between the pixels that are looked at, and are not read either."""
    random = np.random.default_rng(box_px)
    faces = heads(*((x, y, x + box_px, y + box_px) for x, y in random.uniform(0, 1300, (60, 2)).tolist()))
    names = random.uniform(0, 1300, (20, 1, 2)) + np.array([[0, 0], [40, 10], [39, 14], [-1, 4]])
    assert assert_read_beside((1400, 1500), faces, names.astype(np.float32), 10) > 1000


@pytest.mark.parametrize("style", STYLES)
def test_the_covers_can_be_made_from_the_copy_alone(style: RedactionStyle) -> None:
    """Redacting the copy gives the covers of the photo: they tell nothing that the rest of the copy does not tell."""
    pixels = np.kron(noise(15, 20), np.ones((20, 20, 1), np.uint8))
    faces = heads((60, 80, 120, 160), (200, 150, 280, 250), degrees=20)
    copy = redact(pixels, faces, NO_LABELS, style)
    covered = redaction_mask(pixels.shape, faces, NO_LABELS) == 255
    assert np.array_equal(redact(copy, faces, NO_LABELS, style)[covered], copy[covered])


@pytest.mark.parametrize("style", [style for style in STYLES if style is not RedactionStyle.TONES])
def test_only_one_style_looks_at_the_photo(style: RedactionStyle) -> None:
    """Two photos with nothing in common get the same stickers and ornaments."""
    black, white = (np.full((200, 200, 3), value, np.uint8) for value in (0, 255))
    face = heads((60, 60, 120, 140))
    covered = redaction_mask(black.shape, face, NO_LABELS) == 255
    first, second = (redact(pixels, face, NO_LABELS, style) for pixels in (black, white))
    assert np.array_equal(first[covered], second[covered])


@pytest.mark.parametrize("style", ORNAMENTS)
def test_the_ornaments_are_grey_and_faint(style: RedactionStyle) -> None:
    """No colour, and so little contrast that nobody takes the ornament for a face."""
    face = heads((60, 100, 140, 200))
    covered = redaction_mask((300, 300), face, NO_LABELS) == 255
    shown = redact(noise(300, 300), face, NO_LABELS, style)[covered].astype(int)
    assert (shown == shown[:, :1]).all()
    assert np.abs(shown - GREY).max() <= 12
    assert len(np.unique(shown)) == 1 if style is RedactionStyle.FILL else len(np.unique(shown)) > 4


def test_a_sticker_has_one_colour_and_a_white_rim() -> None:
    """The head is yellow to its edge; the rim lies in the soft edge of the other styles, and never beyond."""
    face = heads((100, 100, 180, 200))
    pixels = np.zeros((300, 300, 3), np.uint8)
    mask = redaction_mask(pixels.shape, face, NO_LABELS)
    shown = redact(pixels, face, NO_LABELS, RedactionStyle.STICKER)
    assert (shown[mask == 255] == STICKER).all()
    assert (shown[(mask > 100) & (mask < 160)] == RIM).all()
    assert (shown[mask == 0] == 0).all()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "box",
    [
        (100, 100, 101, 101),
        (50, 50, 50, 50),
        (60, 40, 60, 90),
        (-500, -500, 900, 900),
        (-9, -9, 4, 4),
    ],
)
def test_extreme_boxes(box: tuple[float, float, float, float], style: RedactionStyle) -> None:
    """One pixel, no area, larger than the photo, beyond the corner: covered without a fault."""
    pixels = noise(200, 200)
    mask = redaction_mask(pixels.shape, heads(box), NO_LABELS)
    x, y = np.clip([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], 0, 199).astype(int)
    assert mask[y, x] == 255
    redacted = redact(pixels, heads(box), NO_LABELS, style)
    assert (redacted[mask == 255] != pixels[mask == 255]).any(-1).mean() > 0.99


def test_hair_ears_and_chin_are_covered_and_the_body_is_not() -> None:
    """The mask reaches half a face above the brow, beside the ears and below the chin, and leaves the chest."""
    mask = redaction_mask((500, 500), heads((200, 200, 280, 300)), NO_LABELS)
    crown, left_ear, right_ear, chin, chest, neighbour = (
        (150, 240),
        (240, 180),
        (240, 299),
        (320, 240),
        (380, 240),
        (250, 340),
    )
    assert [mask[spot] for spot in (crown, left_ear, right_ear, chin)] == [255] * 4
    assert [mask[spot] for spot in (chest, neighbour)] == [0, 0]


def test_a_profile_is_as_wide_as_a_head() -> None:
    """A narrow box, as of a face from the side, still covers the ear behind it."""
    mask = redaction_mask((500, 500), heads((200, 200, 245, 300)), NO_LABELS)
    assert mask[250, 275] == 255


def crown_and_chest(degrees: float) -> tuple[tuple[int, int], tuple[int, int]]:
    """Row and column of the hair's top and of the body, for the face box (200, 200, 280, 300)."""
    up = np.array([-np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    crown, chest = (np.array([250, 240]) + up * 98).astype(int), (np.array([250, 240]) - up * 128).astype(int)
    return (int(crown[0]), int(crown[1])), (int(chest[0]), int(chest[1]))


@pytest.mark.parametrize("degrees", range(0, 360, 15))
def test_the_head_grows_towards_its_own_crown(degrees: float) -> None:
    """Sideways, upside down or slanted: the hair is covered, the body is not, and so is the face box."""
    mask = redaction_mask((500, 500), heads((200, 200, 280, 300), degrees=degrees), NO_LABELS)
    crown, chest = crown_and_chest(degrees)
    assert (mask[crown], mask[chest]) == (255, 0)
    assert (mask[200:300, 200:280] == 255).all()


@pytest.mark.parametrize("degrees", range(0, 360, 45))
def test_eyes_alone_tell_how_a_head_lies(degrees: float) -> None:
    """A detector that gives no mouth still gives the line of the eyes."""
    faces = heads((200, 200, 280, 300), degrees=degrees)
    faces.points[:, 3:] = np.nan
    mask = redaction_mask((500, 500), faces, NO_LABELS)
    crown, chest = crown_and_chest(degrees)
    assert (mask[crown], mask[chest]) == (255, 0)


@pytest.mark.parametrize(
    "points", [np.full((5, 2), np.nan), np.zeros((5, 2)), np.full((5, 2), 240.0), (UPRIGHT - 0.5) * 900]
)
def test_without_landmarks_the_hair_may_be_anywhere(points: NDArray[np.floating]) -> None:
    """No landmarks, or senseless ones: the head is covered whichever way it lies."""
    faces = Faces(heads((200, 200, 280, 300)).xyxy, np.ones(1, np.float32), points[None].astype(np.float32))
    mask = redaction_mask((500, 500), faces, NO_LABELS)
    assert all(mask[crown_and_chest(degrees)[0]] == 255 for degrees in range(0, 360, 15))


def test_the_edge_is_soft_outside_only() -> None:
    """From a head outwards the mask falls evenly from 255 to 0, and within the feather the original shines through."""
    pixels = np.full((300, 300, 3), 200, np.uint8)
    pixels[100:200, 100:200] = 0
    face = heads((110, 110, 190, 190))
    profile = redaction_mask(pixels.shape, face, NO_LABELS)[140].astype(int)
    assert (np.diff(profile[150:]) <= 0).all()
    assert 4 <= ((profile > 0) & (profile < 255)).sum() // 2 <= 20
    shown = redact(pixels, face, NO_LABELS, RedactionStyle.FILL)[140, 150:, 0].astype(int)
    assert set(shown[profile[150:] == 255]) == {GREY}
    assert ((shown >= GREY) & (shown <= 200)).all()


def test_the_soft_edge_takes_little_of_what_is_not_the_head() -> None:
    """An eighth of the head's area: it is there for the eye, and hides nobody."""
    mask = redaction_mask((900, 900), heads((350, 350, 550, 550)), NO_LABELS)
    assert 1.05 < (mask > 0).sum() / (mask == 255).sum() < 1.16


@pytest.mark.parametrize("style", STYLES)
def test_labels_become_one_constant(style: RedactionStyle) -> None:
    """A line of text, slanted or at the border, becomes grey with a margin, in every style and over every head."""
    pixels = noise(200, 300)
    slanted = np.array([[[20, 60], [180, 100], [175, 120], [15, 80]], [[280, 150], [340, 150], [340, 170], [280, 170]]])
    redacted = redact(pixels, heads((30, 40, 90, 110)), slanted.astype(np.float32), style)
    inside = np.zeros((200, 300), np.uint8)
    for quad in slanted:
        cv2.fillConvexPoly(inside, quad.astype(np.int32), 1)
    grown = cv2.dilate(inside, np.ones((5, 5), np.uint8))
    assert (redacted[grown > 0] == GREY).all()
    mask = redaction_mask(pixels.shape, NO_HEADS, slanted.astype(np.float32))
    assert (mask[grown > 0] == 255).all()
    assert mask[30, 150] == 0


def test_labels_beyond_the_photo() -> None:
    """A label that is larger than the photo covers all of it, and one beside it nothing."""
    corners = np.array([[[-1, -1], [1, -1], [1, 1], [-1, 1]]], np.float32)
    assert (redaction_mask((50, 70), NO_HEADS, corners * 1e9) == 255).all()
    assert (redaction_mask((50, 70), NO_HEADS, corners * 100 + 500) == 0).all()


def test_nothing_to_redact() -> None:
    """A photo without heads and labels comes out equal, as a new array."""
    pixels = noise(20, 30)
    redacted = redact(pixels, NO_HEADS, NO_LABELS, RedactionStyle.BLUR)
    assert np.array_equal(redacted, pixels)
    assert not np.shares_memory(redacted, pixels)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_coordinates_must_be_finite(bad: float) -> None:
    """A label that is nowhere must not pass as no label; of a face, its own type sees to it."""
    with pytest.raises(ValueError, match="finite"):
        redact(noise(9, 9), NO_HEADS, np.full((1, 4, 2), bad, np.float32), RedactionStyle.BLUR)
    with pytest.raises(ValueError, match="finite"):
        Faces(np.array([[0, 0, bad, 5]], np.float32), np.ones(1, np.float32), np.zeros((1, 5, 2), np.float32))
