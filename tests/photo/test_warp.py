"""Places and pixels agree: what is marked in a photo lands where the affine says, cut, scaled or turned."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anonymiser.photo.warp import ScaledVersions, cut, inverse, moved, resized, turned

SIDE = 120
"""Of every result here."""


def marked(x, y, width=400, height=300, radius=6.0):
    """A black photo with a soft round mark whose centre of mass is at x, y."""
    columns, rows = np.arange(width) + 0.5, np.arange(height) + 0.5
    mark = np.exp(-((columns[None] - x) ** 2 + (rows[:, None] - y) ** 2) / (2 * radius**2))
    return np.repeat((255 * mark).round().astype(np.uint8)[..., None], 3, 2)


def centre_of_mass(pixels):
    """Where the mark is, as a place."""
    weight = pixels[..., 0].astype(np.float64)
    rows, columns = np.indices(weight.shape) + 0.5
    return np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()


def affine_to_middle(place, scale, degrees, mirrored, shift):
    """Scale and turn a photo so that `place` lands at the middle of the result, moved by `shift`."""
    turn = np.radians(degrees)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if mirrored:
        linear[0] *= -1
    return np.column_stack([linear, SIDE / 2 + np.array(shift) - linear @ place])


@settings(max_examples=150, deadline=None)
@given(
    place=st.tuples(st.floats(60, 340), st.floats(60, 240)),
    scale=st.floats(0.08, 3),
    degrees=st.floats(-180, 180),
    mirrored=st.booleans(),
    shift=st.tuples(st.floats(-5, 5), st.floats(-5, 5)),
)
@example(place=(100.0, 100.0), scale=0.1, degrees=0.0, mirrored=False, shift=(0.0, 0.0))
@example(place=(100.0, 100.0), scale=3.0, degrees=45.0, mirrored=False, shift=(0.0, 0.0))
def test_a_mark_lands_where_the_affine_says(place, scale, degrees, mirrored, shift):
    """Enlarged, shrunk, turned, mirrored: within a tenth of a pixel of the result, averaged first or not."""
    affine = affine_to_middle(np.array(place), scale, degrees, mirrored, shift)
    pixels = marked(*place, radius=min(15.0, max(4.0, 5 / scale)))
    landed = centre_of_mass(cut(pixels, affine, SIDE, SIDE))
    assert np.abs(landed - moved(affine, np.array(place))).max() < 0.1


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.floats(60, 340), st.floats(60, 240)), st.floats(-360, 360))
def test_a_mark_in_a_turned_picture_leads_back(place, degrees):
    """At quarter turns exactly, at others within a tenth of a pixel."""
    image = turned(marked(*place), degrees)
    assert np.abs(moved(image.back, centre_of_mass(image.pixels)) - place).max() < 0.1


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.floats(80, 320), st.floats(80, 220)), st.floats(0.1, 2.5))
def test_a_mark_in_a_scaled_version_leads_back(place, scale):
    """Sides are rounded to whole pixels, and the affine knows it."""
    photo = ScaledVersions(marked(*place, radius=12))
    landed = centre_of_mass(photo.at(scale))
    assert np.abs(moved(photo.to_photo(scale), landed) - place).max() < 0.1 / min(scale, 1)


@pytest.mark.parametrize(("width", "height"), [(100, 75), (40, 300), (900, 700)])
def test_a_mark_in_a_resized_picture_stays_in_proportion(width, height):
    """Smaller, larger, or out of proportion."""
    landed = centre_of_mass(resized(marked(130.3, 170.7, radius=15), width, height))
    np.testing.assert_allclose(landed, [130.3 * width / 400, 170.7 * height / 300], atol=0.15)


@given(st.floats(0.05, 20), st.floats(-180, 180), st.booleans(), st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)))
def test_the_inverse_undoes_the_affine(scale, degrees, mirrored, shift):
    """There and back again is where one was."""
    affine = affine_to_middle(np.array([3.0, 5.0]), scale, degrees, mirrored, shift)
    places = np.random.default_rng(0).uniform(-500, 500, (2, 5, 2))
    np.testing.assert_allclose(moved(inverse(affine), moved(affine, places)), places, atol=1e-6)


def test_the_identity_changes_no_pixel():
    """A part of a photo at its own size is that part, to the last bit."""
    pixels = np.random.default_rng(1).integers(0, 256, (90, 130, 3), np.uint8)
    affine = np.array([[1.0, 0, -20], [0, 1.0, -30]])
    np.testing.assert_array_equal(cut(pixels, affine, 50, 40), pixels[30:70, 20:70])


@pytest.mark.parametrize("scale", [0.3, 0.2, 0.1])
@pytest.mark.parametrize("degrees", [0, 30])
def test_shrinking_makes_no_false_patterns(scale, degrees):
    """One-pixel stripes become grey."""
    stripes = np.zeros((2000, 2000, 3), np.uint8)
    stripes[:, ::2] = 255
    shown = cut(stripes, affine_to_middle(np.array([1000.0, 1000.0]), scale, degrees, False, (0, 0)), SIDE, SIDE)
    assert abs(shown.mean() - 127.5) < 4
    assert shown.std() < 128 / 8


@pytest.mark.parametrize("scale", [0.1, 1.0, 4.0])
def test_beyond_the_picture_it_is_black_or_as_at_the_edge(scale):
    """Whatever is cut from a place far away; and a bordering part keeps what there is."""
    white = np.full((400, 400, 3), 255, np.uint8)
    far = affine_to_middle(np.array([-9000.0, 200.0]), scale, 0, False, (0, 0))
    assert not cut(white, far, SIDE, SIDE).any()
    edge = affine_to_middle(np.array([0.0, 200.0]), scale, 0, False, (0, 0))
    half = cut(white, edge, SIDE, SIDE)[SIDE // 2]
    assert not half[: SIDE // 2 - 2].any()
    assert (half[SIDE // 2 + 2 : SIDE // 2 + 15] == 255).all()
    assert cut(white, edge, SIDE, SIDE, border=cv2.BORDER_REPLICATE)[SIDE // 2].all()
