from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from anonymiser.recognise.align import TEMPLATE, align
from anonymiser.recognise.quality import ENROLMENT, MATCHING, Quality, measure, shortcomings
from anonymiser.values.reasons import Code

_GOOD = Quality(*(np.array([value], float) for value in (40, 0.01, 0, 0, 3, 1)))


def _points(yaw: float, pitch: float, roll: float = 0.0) -> np.ndarray:
    """A head in three dimensions, turned and projected; proportions are the tests' own, not the program's."""
    head = np.array([[-32, -30, 0], [32, -30, 0], [0, 8, -38], [-26, 42, -4], [26, 42, -4]], float)
    y, p, r = np.radians([-yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return (head @ (about_z @ about_x @ about_y).T)[:, :2] * 2 + 300


def _measured(points: np.ndarray) -> Quality:
    return measure(points[None], np.zeros((1, 112, 112, 3), np.uint8))


@pytest.mark.parametrize("yaw", [-60, -40, -20, 0, 20, 40, 60])
@pytest.mark.parametrize("roll", [-90, -20, 0, 45, 180])
def test_yaw_is_estimated_whatever_the_roll(yaw: float, roll: float) -> None:
    """A turned head's yaw is found within ten degrees, and its sign says which way the nose points."""
    assert _measured(_points(yaw, 0, roll)).yaw[0] == pytest.approx(yaw, abs=10)


def test_pitch_follows_the_head() -> None:
    """Looking down gives more than looking straight, and that more than looking up."""
    up, level, down = (float(_measured(_points(0, pitch)).pitch[0]) for pitch in (-30, 0, 30))
    assert up < level - 10
    assert level + 10 < down


def test_size_is_the_distance_between_the_eyes() -> None:
    """Measured in photo pixels, along the face."""
    assert _measured(_points(0, 0, 30)).inter_ocular[0] == pytest.approx(128)


def test_points_of_a_face_fit_and_others_do_not() -> None:
    """The template fits itself; swapped sides, shuffled points and points on a line do not."""
    assert _measured(TEMPLATE).misfit[0] == pytest.approx(0, abs=1e-6)
    line = np.linspace((0, 0), (50, 0), 5)
    for wrong in (TEMPLATE[[1, 0, 2, 4, 3]], TEMPLATE[[2, 0, 4, 1, 3]], line):
        assert _measured(wrong).misfit[0] > MATCHING.misfit


def test_sharpness_falls_with_blur_in_any_direction(sample_photo) -> None:
    """Focus blur and motion along either axis are all seen; darkness and low contrast are not mistaken for blur."""
    photo = sample_photo("Class photo/oak class 1.jpg")
    chips = align(photo.pixels, photo.faces.points)
    points = photo.faces.points

    def sharpness(change) -> np.ndarray:
        return measure(points, np.stack([change(chip) for chip in chips])).sharpness

    clear = sharpness(lambda chip: chip)
    motion = np.zeros((15, 15), np.float32)
    motion[7] = 1 / 15
    for kernel in (motion, motion.T.copy()):
        assert (sharpness(lambda chip, k=kernel: cv2.filter2D(chip, -1, k)) < 0.3 * clear).all()
    assert (sharpness(lambda chip: cv2.GaussianBlur(chip, (0, 0), 3)) < 0.4 * clear).all()
    assert np.allclose(sharpness(lambda chip: (chip * 0.4).astype(np.uint8)), clear, rtol=0.3)


def test_a_featureless_chip_is_not_sharp() -> None:
    """A plain patch counts as blurred, not as a division by zero."""
    assert _measured(TEMPLATE).sharpness[0] == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"inter_ocular": 9.0}, Code.TOO_SMALL()),
        ({"sharpness": 0.0001}, Code.BLURRED()),
        ({"yaw": 50.0}, Code.TURNED_AWAY()),
        ({"yaw": -50.0}, Code.TURNED_AWAY()),
        ({"pitch": 35.0}, Code.TURNED_AWAY()),
        ({"pitch": -35.0}, Code.TURNED_AWAY()),
        ({"misfit": 11.0}, Code.MISPLACED_FEATURES()),
        ({"yaw": 50.0, "sharpness": 0.0, "inter_ocular": 1.0}, Code.TOO_SMALL()),
        ({"inter_ocular": np.nan}, Code.TOO_SMALL()),
        ({"sharpness": np.nan}, Code.BLURRED()),
        ({"yaw": np.nan}, Code.TURNED_AWAY()),
        ({"under_eyes": 0.5}, Code.EYES_HIDDEN()),
        ({"under_eyes": np.nan}, Code.EYES_HIDDEN()),
    ],
)
def test_each_shortcoming_has_its_reason(change: dict[str, float], reason: str) -> None:
    """The first limit that is missed is named; a measurement that is not a number misses it."""
    quality = replace(_GOOD, **{name: np.array([value]) for name, value in change.items()})
    assert shortcomings(quality, ENROLMENT) == (reason,)


def test_dark_glasses_do_not_hinder_matching() -> None:
    """A child in sunglasses may be recognised by templates without; only templates ask for eyes that are seen."""
    assert shortcomings(replace(_GOOD, under_eyes=np.array([0.1])), MATCHING) == (None,)


def test_the_eyes_are_judged_by_the_skin_around_them_in_any_light() -> None:
    """Brightness of the whole picture and of one side do not matter; darkness below both eyes does."""
    chip = np.full((112, 112, 3), 200, np.uint8)
    glasses = chip.copy()
    glasses[42:66, 16:96] = 30
    one_side = chip.copy()
    one_side[:, :56] = 40
    chips = np.stack([chip, chip // 8, one_side, glasses, glasses // 4, np.zeros_like(chip)])
    measured = measure(np.repeat(TEMPLATE[None], len(chips), 0), chips).under_eyes >= ENROLMENT.under_eyes
    assert measured.tolist() == [True, True, True, False, False, False]


def test_enrolment_asks_for_more_than_matching() -> None:
    """Whatever may become a template may also be matched."""
    assert ENROLMENT.inter_ocular > MATCHING.inter_ocular
    assert ENROLMENT.sharpness > MATCHING.sharpness
    assert ENROLMENT.yaw < MATCHING.yaw
    assert ENROLMENT.pitch < MATCHING.pitch
    assert ENROLMENT.misfit < MATCHING.misfit
    assert ENROLMENT.under_eyes > MATCHING.under_eyes


def test_no_faces_have_no_shortcomings() -> None:
    """An empty photo is no error."""
    empty = measure(np.zeros((0, 5, 2), np.float32), np.zeros((0, 112, 112, 3), np.uint8))
    assert shortcomings(empty, MATCHING) == ()
