from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.recognise.align import CHIP, COPIES, TEMPLATE, align, copies, similarity


def _moved(scale: float, degrees: float, shift: tuple[float, float]) -> np.ndarray:
    turn = np.radians(degrees)
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return TEMPLATE @ rotation.T + shift


@given(
    scale=st.floats(0.05, 50),
    degrees=st.floats(-180, 180),
    shift=st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000)),
)
def test_a_moved_template_is_brought_back_exactly(scale: float, degrees: float, shift: tuple[float, float]) -> None:
    """Any rotation, size and place of the template's own points is undone."""
    points = _moved(scale, degrees, shift)
    transform = similarity(points[None])[0]
    assert np.allclose(points @ transform[:, :2].T + transform[:, 2], TEMPLATE, atol=1e-4)


def test_no_other_similarity_fits_better() -> None:
    """The closed form is the least-squares optimum: every small change of it fits worse."""
    random = np.random.default_rng(0)
    points = TEMPLATE * 3 + random.normal(0, 6, (5, 2))

    def error(transform: np.ndarray) -> float:
        return float(((points @ transform[:, :2].T + transform[:, 2] - TEMPLATE) ** 2).sum())

    best = similarity(points[None])[0]
    a, b, x, y = best[0, 0], best[1, 0], *best[:, 2]
    for change in random.normal(0, 1e-3, (200, 4)):
        other = np.array([a, b, x, y]) * (1 + change)
        assert error(np.array([[other[0], -other[1], other[2]], [other[1], other[0], other[3]]])) >= error(best)


def test_faces_are_independent_of_each_other() -> None:
    """Aligning several faces at once gives what aligning each alone gives."""
    points = np.random.default_rng(1).uniform(0, 100, (7, 5, 2))
    assert np.allclose(similarity(points), np.concatenate([similarity(p[None]) for p in points]))


@pytest.mark.parametrize("points", [np.full((1, 5, 2), np.nan), np.full((1, 5, 2), 40.0), np.full((1, 5, 2), np.inf)])
def test_points_that_are_no_face_are_refused(points: np.ndarray) -> None:
    """Missing, infinite or coinciding points raise ValueError instead of giving a meaningless chip."""
    with pytest.raises(ValueError, match="five distinct points"):
        align(np.zeros((50, 50, 3), np.uint8), points)


def test_no_face_gives_no_chip() -> None:
    """An empty list of faces is no error."""
    assert align(np.zeros((50, 50, 3), np.uint8), np.zeros((0, 5, 2))).shape == (0, CHIP, CHIP, 3)


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.9, 2.1, 5.0, 9.0])
@pytest.mark.parametrize("degrees", [0, 30, 180])
def test_a_chip_shows_the_same_at_every_size(scale: float, degrees: float) -> None:
    """A smooth face drawn at any size and turn gives the same chip, with or without prior shrinking."""
    shift = (130.0 * scale, 130.0 * scale)
    points = _moved(scale, degrees, shift)
    side = int(points.max() + 70 * scale)
    y, x = np.mgrid[:side, :side].astype(np.float32) + 0.5
    inverse = similarity(points[None])[0]
    u = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]
    v = inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]
    picture = np.stack([128 + 100 * np.sin(u / 9), 128 + 100 * np.sin(v / 9), 128 + 100 * np.cos((u + v) / 14)], -1)
    chip = align(picture.astype(np.uint8), points[None])[0].astype(int)
    v, u = np.mgrid[:CHIP, :CHIP] + 0.5
    expected = np.stack([128 + 100 * np.sin(u / 9), 128 + 100 * np.sin(v / 9), 128 + 100 * np.cos((u + v) / 14)], -1)
    inner = slice(20, 92)
    assert np.abs(chip - expected)[inner, inner].mean() < 2
    assert np.abs(chip - expected)[inner, inner].max() < 12


def test_shrinking_does_not_alias() -> None:
    """One-pixel stripes of a huge face become grey, not false stripes."""
    stripes = np.zeros((2400, 2400, 3), np.uint8)
    stripes[:, ::2] = 255
    chip = align(stripes, (TEMPLATE * 20 + 80)[None])[0]
    assert chip[20:92, 20:92].std() < 6
    assert abs(chip[20:92, 20:92].mean() - 127.5) < 3


@pytest.mark.parametrize("offset", [(-4000.0, 0.0), (0.0, 5000.0), (1e6, 1e6)])
def test_a_face_outside_the_photo_is_black(offset: tuple[float, float]) -> None:
    """Points beyond the frame give a black chip, large or small."""
    photo = np.full((300, 300, 3), 200, np.uint8)
    for scale in (1, 10):
        assert not align(photo, (TEMPLATE * scale + offset)[None]).any()


def test_a_face_cut_by_the_frame_keeps_the_part_that_is_there() -> None:
    """The half inside is shown, the half outside is black, also after shrinking."""
    photo = np.full((3000, 3000, 3), 200, np.uint8)
    chip = align(photo, (TEMPLATE * 10 - (560.0, 0.0))[None])[0]
    assert (chip[2:, 60:] == 200).all()
    assert not chip[:, :50].any()


def test_the_photo_is_left_as_it_was() -> None:
    """Aligning never writes into the photo."""
    photo = np.random.default_rng(2).integers(0, 256, (400, 400, 3), np.uint8)
    before = photo.copy()
    align(photo, np.stack([TEMPLATE, TEMPLATE * 3]))
    assert np.array_equal(photo, before)


def test_the_result_agrees_with_opencv() -> None:
    """For a face that needs no shrinking the chip is OpenCV's own warp of OpenCV's own estimate.

    OpenCV counts from the centre of the first pixel, this program from its corner.
    """
    photo = np.random.default_rng(3).integers(0, 256, (300, 300, 3), np.uint8)
    points = _moved(1.2, 15, (100, 60))
    theirs, _ = cv2.estimateAffinePartial2D(points - 0.5, TEMPLATE - 0.5, method=cv2.LMEDS)
    expected = cv2.warpAffine(photo, theirs, (CHIP, CHIP))
    assert np.abs(align(photo, points[None])[0].astype(int) - expected).mean() < 0.5


def test_the_copies_of_a_chip_are_small_changes_of_it() -> None:
    """The first is the chip itself, the second its mirror image, and the others move or scale it a little."""
    y, x = np.mgrid[:300, :300].astype(np.float32)
    photo = np.stack([128 + 100 * np.sin(x / 20), 128 + 100 * np.sin(y / 17), 128 + 100 * np.cos((x + y) / 25)], -1)
    photo = photo.astype(np.uint8)
    (chip,), (found,) = (cut(photo, _moved(1.7, 8, (70, 60))[None]) for cut in (align, copies))
    assert found.shape == (len(COPIES), CHIP, CHIP, 3)
    assert np.array_equal(found[0], chip)
    assert np.abs(found[1, :, ::-1].astype(int) - chip).max() <= 2
    differences = np.abs(found[2:].astype(int) - chip)[:, 20:92, 20:92].mean((1, 2, 3))
    assert (differences > 1).all()
    assert (differences < 20).all()
    for plus, minus in ((2, 3), (4, 5), (6, 7)):
        assert np.abs(found[[plus, minus]].mean(0) - chip)[20:92, 20:92].mean() < 2


def test_no_face_gives_no_copies() -> None:
    """An empty list of faces is no error."""
    shape = (0, len(COPIES), CHIP, CHIP, 3)
    assert copies(np.zeros((50, 50, 3), np.uint8), np.zeros((0, 5, 2))).shape == shape
