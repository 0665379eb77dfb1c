"""What lies over a photo: patterns of many periods, two levels, and hardly any contrast."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser.detect.texture import Texture, texture
from anonymiser.evaluate import overlays
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.samples import sample_images


def scene(seed, size=(480, 640)):
    """Clouds of every size, as natural pictures have them: the larger, the stronger."""
    rng = np.random.default_rng(seed)
    clouds = sum(
        cv2.resize(rng.normal(0, side, (side, side)).astype(np.float32), size[::-1], interpolation=cv2.INTER_CUBIC)
        for side in (4, 8, 16, 32)
    )
    return overlays._uint8(128 + 40 * clouds[..., None] / clouds.std() + np.array([10.0, 0.0, -10.0]))


@pytest.mark.parametrize("path", sorted(sample_images().glob("inbox/S*/*.jp*g")), ids=lambda path: path.name)
def test_ordinary_photos_have_no_texture(path):
    """Sample photos, brick walls and uniforms and all, are searched once."""
    assert texture(decode(path.read_bytes(), DecodeLimits()).pixels) == Texture()


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 5),
    period=st.floats(4, 24),
    thick=st.floats(0.15, 0.4),
    degrees=st.floats(0, 90),
    light=st.sampled_from([0, 60, 250]),
    bars=st.booleans(),
)
def test_nets_and_fences_are_noticed_with_their_period(seed, period, thick, degrees, light, bars):
    """Whatever the period, the angle, the width and the colour; a harmonic is no other pattern."""
    wire = max(1.2, thick * period)
    if bars:
        picture = overlays.fence(scene(seed), period, wire / period, degrees, (light,) * 3)
    else:
        picture = overlays.net(scene(seed), period, wire, degrees, (light,) * 3)
    found = texture(picture)
    assert found.patterned
    assert found.grainy or max(found.periods_px) < 2.2 * period


@pytest.mark.parametrize(
    "overlay",
    [
        lambda pixels: overlays.halftone(pixels, 5, 45),
        lambda pixels: overlays.colour_halftone(pixels, 6),
        lambda pixels: overlays.stored_as_jpeg(overlays.ordered_dither(pixels, 2), 80),
        lambda pixels: overlays.moire(pixels, 5, 20, 0.8),
        lambda pixels: overlays.perforated(pixels, 9, 0.75),
        overlays.noise_dither,
        overlays.diffused,
        overlays.photocopy,
    ],
)
def test_dots_and_two_levels_are_noticed(overlay):
    """Newspaper, fax, photocopy, dither and photographed screens, some of them saved as JPEG."""
    assert texture(overlay(scene(1))).patterned


def test_a_pattern_over_a_part_of_the_photo_is_noticed():
    """A goal that fills a quarter of the picture."""
    picture = scene(2, (800, 1000))
    picture[400:, :500] = overlays.net(picture[400:, :500], 12, 2.5)
    assert texture(picture).periods_px
    assert texture(picture).periods_px[-1] == pytest.approx(12, rel=0.15)


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (0, 80, 200)])
def test_a_faded_photo_is_narrow(colour):
    """A picture of which an eighth of the contrast is left, and not the picture itself."""
    assert texture(overlays.faded(scene(3), 0.12, colour)).narrow
    assert not texture(scene(3)).narrow


@pytest.mark.parametrize("shape", [(32, 32), (40, 4000), (64, 64), (65, 130)])
def test_pictures_smaller_than_a_sample_are_judged_by_their_tones(shape):
    """No shape that decoding lets through is refused; of small ones only the tones speak."""
    grey = np.full((*shape, 3), 90, np.uint8)
    assert texture(grey) == Texture(narrow=True)
