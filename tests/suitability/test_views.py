from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from anonymiser.suitability.views import bodies, halved, parts, squares

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


@given(SIDES, SIDES, st.lists(st.tuples(*[st.integers(-300, 700)] * 2, st.integers(1, 60)), max_size=4))
def test_a_body_holds_its_head_as_far_as_the_photo_does(width, height, heads):
    """Whatever the frame cuts off, all of the head that is in the photo is in the view of its body."""
    for x, y, side in heads:
        pixels = black(width, height)
        head = pixels[max(0, y) : max(0, y + side), max(0, x) : max(0, x + side)]
        for view in bodies(pixels, np.array([[x, y, x + side, y + side]], np.float32)):
            view[:] = 255
            assert head.all()
            assert 8 <= min(view.shape[:2]) <= max(view.shape[:2]) <= 9 * side + 1


def test_a_body_is_below_its_head():
    """A head of 20 px in a large photo has a view of 180 px whose middle is 30 px below the head's."""
    pixels = black(1000, 800)
    (view,) = bodies(pixels, np.array([[490, 290, 510, 310]], np.float32))
    view[:] = 255
    rows, columns = np.nonzero(pixels[..., 0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (240, 419, 410, 589)


@given(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 600))
def test_a_view_is_halved_as_far_as_it_may_be(width, height, least):
    """The short side stays at the least or above, and below twice that; a smaller view is not touched."""
    view = black(width, height)
    small = halved(view, least)
    if min(view.shape[:2]) < 2 * least:
        assert small is view
    else:
        assert least - 1 <= min(small.shape[:2]) <= 2 * least
