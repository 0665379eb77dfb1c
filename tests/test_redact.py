"""Redaction destroys what it covers, covers the whole head, and touches nothing else."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from anonymiser import redact as module
from anonymiser.redact import CELLS, GREY, redact, redaction_mask
from anonymiser.settings import RedactionStyle

NO_HEADS = np.zeros((0, 4), np.float32)
NO_LABELS = np.zeros((0, 4, 2), np.float32)
STYLES = list(RedactionStyle)

sides = st.integers(1, 120)
coordinates = st.floats(-200, 300, width=32) | st.sampled_from([-1e9, 1e9, 3e38, -3e38, 0.0])
boxes = st.lists(st.tuples(*[coordinates] * 4), max_size=5).map(lambda rows: np.array(rows, np.float32).reshape(-1, 4))
quads = st.lists(st.tuples(*[coordinates] * 8), max_size=3).map(
    lambda rows: np.array(rows, np.float32).reshape(-1, 4, 2)
)


def noise(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def heads(*rows: tuple[float, float, float, float]) -> NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(-1, 4)


@settings(deadline=None, max_examples=150)
@given(sides, sides, boxes, quads, st.sampled_from(STYLES))
def test_outside_the_mask_nothing_changes(
    height: int, width: int, boxes: NDArray[np.float32], quads: NDArray[np.float32], style: RedactionStyle
) -> None:
    """Any boxes on any photo: a new array of the same form, equal where the mask is 0, in any order of the boxes."""
    pixels = noise(height, width)
    before = pixels.copy()
    redacted = redact(pixels, boxes, quads, style)
    mask = redaction_mask(pixels.shape, boxes, quads)
    assert redacted.shape == pixels.shape
    assert redacted.dtype == np.uint8
    assert mask.shape == pixels.shape[:2]
    assert np.array_equal(pixels, before)
    assert np.array_equal(redacted[mask == 0], pixels[mask == 0])
    assert np.array_equal(redacted, redact(pixels, boxes[::-1], quads[::-1], style))


@settings(deadline=None, max_examples=150)
@given(sides, sides, boxes)
def test_every_pixel_of_a_face_box_is_covered(height: int, width: int, boxes: NDArray[np.float32]) -> None:
    """The box itself, to its corners and rounded outwards, lies in the part that is replaced altogether."""
    mask = redaction_mask((height, width), boxes, NO_LABELS)
    for box in boxes.astype(np.float64):
        left, right = np.sort(box[0::2]).clip(0, width)
        top, bottom = np.sort(box[1::2]).clip(0, height)
        if left < right and top < bottom:
            inside = mask[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))]
            assert (inside == 255).all()


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.floats(-30, 140), st.floats(-30, 140), st.floats(24, 90)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 159), st.integers(0, 159)), min_size=1, max_size=3),
    st.sampled_from(STYLES),
)
def test_detail_under_the_mask_leaves_no_trace(
    faces: list[tuple[float, float, float]], spots: list[tuple[int, int]], style: RedactionStyle
) -> None:
    """Small detail that is covered, by one head or by several that overlap, changes no covered pixel at all."""
    face_boxes = heads(*((x, y, x + 0.8 * size, y + size) for x, y, size in faces))
    mask = redaction_mask((160, 160), face_boxes, NO_LABELS)
    plain = np.full((160, 160, 3), 153, np.uint8)
    detailed = plain.copy()
    for y, x in spots:
        if mask[y, x] == 255:
            detailed[y, x] = 255, 0, 90
    covered = mask == 255
    first, second = (redact(pixels, face_boxes, NO_LABELS, style) for pixels in (plain, detailed))
    assert np.array_equal(first[covered], second[covered])


@pytest.mark.parametrize("style", STYLES)
def test_only_the_cells_survive(style: RedactionStyle) -> None:
    """Exchanging the pixels within each cell at random gives the same redaction: nothing finer is kept."""
    pixels = cv2.GaussianBlur(noise(300, 300), (0, 0), 9)
    face = heads((110, 110, 180, 200))
    shuffled, rng = pixels.copy(), np.random.default_rng(1)
    (head,) = module._heads(face, pixels.shape)
    rows, columns = (
        [part.start + (part.stop - part.start) * i // CELLS for i in range(CELLS + 1)]
        for part in (head.rows, head.columns)
    )
    for (top, bottom), (left, right) in itertools.product(itertools.pairwise(rows), itertools.pairwise(columns)):
        cell = shuffled[top:bottom, left:right]
        cell[:] = rng.permutation(cell.reshape(-1, 3)).reshape(cell.shape)
    covered = redaction_mask(pixels.shape, face, NO_LABELS) == 255
    assert not np.array_equal(pixels[covered], shuffled[covered])
    first, second = (redact(image, face, NO_LABELS, style) for image in (pixels, shuffled))
    assert np.array_equal(first[covered], second[covered])


@pytest.mark.parametrize("size", [12, 40, 160, 900])
def test_the_number_of_cells_does_not_grow(size: int) -> None:
    """A mosaic head has at most sixteen colours, however large the face."""
    pixels = noise(1000, 1000)
    pixels[:500] //= 2
    pixels[:, 300:] //= 3
    face = heads((60, 60, 60 + 0.8 * size, 60 + size))
    mask = redaction_mask(pixels.shape, face, NO_LABELS)
    colours = np.unique(redact(pixels, face, NO_LABELS, RedactionStyle.MOSAIC)[mask == 255], axis=0)
    assert 1 <= len(colours) <= CELLS**2


def test_cells_have_few_colours() -> None:
    """All colours there are come down to at most 6 x 5 x 5, fewer than six levels of each channel."""
    values = np.arange(0, 256, 5, dtype=np.float32)
    every = np.stack(np.meshgrid(values, values, values), -1).reshape(len(values), -1, 3)
    few = np.unique(module._few_levels(every).reshape(-1, 3), axis=0)
    assert len(few) <= 150
    assert {(0, 0, 0), (102, 102, 102), (255, 255, 255)} <= set(map(tuple, few.tolist()))


def test_the_same_head_at_any_scale() -> None:
    """A head that is photographed four times as large is redacted to the same picture."""
    small = cv2.resize(noise(12, 12), (240, 240), interpolation=cv2.INTER_CUBIC)
    large = cv2.resize(small, (960, 960), interpolation=cv2.INTER_LINEAR)
    face = heads((70, 80, 150, 180))
    one = redact(small, face, NO_LABELS, RedactionStyle.BLUR)
    four = cv2.resize(redact(large, face * 4, NO_LABELS, RedactionStyle.BLUR), (240, 240), interpolation=cv2.INTER_AREA)
    covered = redaction_mask(small.shape, face, NO_LABELS) == 255
    assert np.abs(one[covered].astype(int) - four[covered]).mean() < 8


def test_a_cut_head_has_no_finer_cells() -> None:
    """Where the frame shows half a head, it shows half its cells."""
    pixels = noise(400, 400)
    half = heads((-50, 150, 50, 280))
    mask = redaction_mask(pixels.shape, half, NO_LABELS)
    colours = np.unique(redact(pixels // 2, half, NO_LABELS, RedactionStyle.MOSAIC)[mask == 255], axis=0)
    assert len(colours) <= CELLS * CELLS // 2


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "box",
    [
        (100, 100, 101, 101),
        (50, 50, 50, 50),
        (60, 40, 60, 90),
        (-500, -500, 900, 900),
        (150, 20, 100, 90),
        (-9, -9, 4, 4),
    ],
)
def test_extreme_boxes(box: tuple[float, float, float, float], style: RedactionStyle) -> None:
    """One pixel, no area, larger than the photo, corners exchanged, beyond the corner: covered without a fault."""
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


def test_fill_is_the_same_for_everybody() -> None:
    """The style `fill` holds nothing of anybody, overlapping or not."""
    faces = heads((20, 20, 60, 70), (50, 30, 100, 90), (120, 120, 150, 160))
    mask = redaction_mask((200, 200), faces, NO_LABELS)
    for seed in (0, 1):
        assert (redact(noise(200, 200, seed), faces, NO_LABELS, RedactionStyle.FILL)[mask == 255] == GREY).all()


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
    """A head that is nowhere must not pass as no head."""
    with pytest.raises(ValueError, match="finite"):
        redact(noise(9, 9), heads((bad, 0, 5, 5)), NO_LABELS, RedactionStyle.BLUR)
    with pytest.raises(ValueError, match="finite"):
        redaction_mask((9, 9), NO_HEADS, np.full((1, 4, 2), bad, np.float32))
