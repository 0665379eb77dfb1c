"""Covers look like the rest of the photo, as far as that is seen from a distance."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from anonymiser.covers import tones
from anonymiser.covers.regions import heads_in
from anonymiser.covers.tones import GRAINS, GREY, tones_of
from anonymiser.redaction import redact, redaction_mask
from anonymiser.settings import RedactionStyle
from anonymiser.values.faces import Faces

NO_LABELS = np.zeros((0, 4, 2), np.float32)
WIDTH, HEIGHT = 640, 480


def head(box: tuple[float, float, float, float] = (280, 180, 360, 280)) -> Faces:
    """A face without landmarks, whose head is a circle."""
    return Faces(np.array([box], np.float32), np.ones(1, np.float32), np.full((1, 5, 2), np.nan, np.float32))


def cover(pixels: NDArray[np.uint8], face: Faces) -> NDArray[np.uint8]:
    """The pixels `[N, 3]` that replace a head altogether."""
    redacted = redact(pixels, face, NO_LABELS, RedactionStyle.TONES)
    return redacted[redaction_mask(pixels.shape, face, NO_LABELS) == 255]


def grainy(sigma: float, level: int = 128, shape: tuple[int, int] = (HEIGHT, WIDTH)) -> NDArray[np.uint8]:
    """A wall in even light, photographed with noise."""
    noise = np.random.default_rng(1).normal(level, sigma, (*shape, 3))
    return np.rint(noise).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("colour", [(40, 90, 180), (200, 200, 210), (60, 120, 60), (150, 40, 70)])
def test_a_cover_has_the_colour_of_the_photo(colour: tuple[int, int, int]) -> None:
    """In front of one colour the cover has it, rounded and a little lighter, whatever the head itself is."""
    pixels = np.full((HEIGHT, WIDTH, 3), colour, np.uint8)
    pixels[150:310, 250:390] = (255, 0, 255)
    lighter = np.array(colour) + 0.2 * (208 - np.array(colour)).clip(0)
    assert np.abs(cover(pixels, head()).mean(0) - lighter).max() <= 10


def test_a_cover_runs_from_what_is_above_to_what_is_below() -> None:
    """Between a bright sky and a dark field it is bright at the top and dark at the bottom, without an edge."""
    pixels = np.full((HEIGHT, WIDTH, 3), 210, np.uint8)
    pixels[HEIGHT // 2 :] = 60
    redacted = redact(pixels, head(), NO_LABELS, RedactionStyle.TONES)
    down = redacted[160:300, 300:340].mean((1, 2))
    assert down[0] > 150
    assert down[-1] < 130
    assert np.abs(np.diff(down)).max() < 4


@pytest.mark.parametrize("skin", [(240, 205, 180), (200, 150, 120), (120, 80, 60), (70, 45, 35)])
def test_no_cover_has_the_colour_of_skin(skin: tuple[int, int, int]) -> None:
    """Tones like skin of any colour lose half of it, so that no cover looks like a face without features."""
    shown = cover(np.full((HEIGHT, WIDTH, 3), skin, np.uint8), head()).mean(0)
    assert np.ptp(shown) < 0.7 * np.ptp(skin)


@pytest.mark.parametrize("level", range(len(GRAINS)))
def test_a_cover_has_the_grain_of_the_photo(level: int) -> None:
    """Noise of the rest is measured, and laid on the cover."""
    shown = cover(grainy(GRAINS[level]), head()).astype(float)
    assert shown.std(0).mean() == pytest.approx(GRAINS[level], rel=0.25, abs=0.2)


def test_structure_is_no_grain() -> None:
    """Grass over three quarters of a photo does not make the covers rough, where the rest is smooth."""
    pixels = grainy(GRAINS[0])
    pixels[: HEIGHT * 2 // 3] = grainy(40, shape=(HEIGHT * 2 // 3, WIDTH))
    assert tones_of(pixels, heads_in(head(), pixels.shape), []).grain == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (9, 9), (7, 300), (40, 40)])
def test_where_nothing_is_left_the_cover_is_grey(shape: tuple[int, int]) -> None:
    """A head that fills the photo, however small that is."""
    pixels = np.full((*shape, 3), 250, np.uint8)
    assert np.abs(cover(pixels, head((-600, -600, 900, 900))).astype(int) - GREY).max() <= 4


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (3, 100), (15, 16), (17, 33), (1030, 1100)])
def test_a_photo_of_any_shape(shape: tuple[int, int]) -> None:
    """Flat and tall photos, and those that are no multiple of anything, have covers of their own colour."""
    pixels = np.full((*shape, 3), 200, np.uint8)
    shown = cover(pixels, head((0, 0, 1, 1)))
    assert np.abs(shown.astype(int) - 200).max() <= 12


@pytest.mark.parametrize("shape", [(300, 400), (400, 90), (50, 50)])
def test_few_bits_of_a_photo_are_taken(shape: tuple[int, int]) -> None:
    """All that a cover can depend on are at most 12 x 12 colours of 15 bits, and one of five grains."""
    sample = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    cells = tones._cells(sample, np.ones(shape, np.uint8))
    assert max(cells.shape[:2]) <= 12
    values = {tones._cells(np.full_like(sample, level), np.ones(shape, np.uint8))[0, 0, 0] for level in range(256)}
    assert len(values) <= 2**5
    assert set(np.unique(cells)) <= values
