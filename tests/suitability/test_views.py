from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from anonymiser.suitability.views import parts, squares

SIDES = st.integers(1, 400)


def covered(views, pixels):
    """Whether painting every view, each of which shares its photo's memory, paints the photo."""
    for view in views:
        view[:] = 255
    return bool(pixels.all())


def black(width, height):
    return np.zeros((height, width, 3), np.uint8)


@given(SIDES, SIDES)
def test_the_parts_cover_the_photo(width, height):
    """Every pixel is in some part, however long and narrow the photo is."""
    pixels = black(width, height)
    assert covered(parts(pixels), pixels)


@given(SIDES, SIDES)
def test_the_squares_cover_the_photo_unless_it_is_one(width, height):
    """The squares along a photo cover it; a square photo is judged whole, once."""
    pixels = black(width, height)
    assert covered(squares(pixels), pixels) == (width != height)


@given(SIDES, SIDES)
def test_every_view_is_a_square(width, height):
    """Nobody in a part is squashed when it is brought to the size of the network, except in a strip."""
    pixels = black(width, height)
    assume(max(width, height) <= 6 * min(width, height))
    assert all(view.shape[0] == view.shape[1] > 0 for view in (*parts(pixels), *squares(pixels)))


@given(st.integers(1, 40), st.integers(1, 20_000), st.booleans())
def test_the_work_for_a_strip_is_bounded(short, long, upright):
    """However long and narrow a picture is, the networks look at no more than 36 views, which cover it."""
    pixels = black(*(short, long) if upright else (long, short))
    assert len(list(parts(pixels))) + len(list(squares(pixels))) <= 36
    assert covered(parts(pixels), pixels)


def test_an_ordinary_photo_has_six_parts_and_two_squares():
    """The work for one photo is known: 3:2 and 4:3 alike."""
    for width, height in ((1500, 1000), (1000, 1500), (2016, 1512)):
        assert len(list(parts(black(width, height)))) == 6
        assert len(list(squares(black(width, height)))) == 2
