from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.labels.layout import neighbours


def test_one_line_has_no_neighbour(line):
    """Fewer than two lines make no pair."""
    assert list(neighbours([])) == []
    assert list(neighbours([line("Ella").quad])) == []


@given(turned=st.floats(0, 360), scale=st.floats(0.5, 10))
def test_neighbours_do_not_depend_on_the_way_a_badge_is_held(line, turned, scale):
    """A badge that is turned or nearer to the camera still reads from its first line to its second."""
    above = line("Ella", 0, 0, 20 * scale, turned).quad
    below = line("Smith", 0, 26 * scale, 20 * scale, turned).quad
    beside = line("Smith", 70 * scale, 0, 20 * scale, turned).quad
    assert list(neighbours([above, below])) == [(0, 1)]
    assert list(neighbours([above, beside])) == [(0, 1)]
    assert list(neighbours([below, above])) == [(1, 0)]


@pytest.mark.parametrize(
    ("left", "top", "height", "turned"),
    [
        (0, 60, 20, 0),
        (0, 26, 20, 45),
        (0, 26, 20, 180),
        (300, 26, 20, 0),
        (160, 0, 20, 0),
        (0, 30, 100, 0),
    ],
    ids=["too far below", "slanted", "upside down", "not above it", "too far right", "far larger"],
)
def test_lines_that_do_not_belong_together_are_no_pair(line, left, top, height, turned):
    """Distance, direction and size part lines."""
    assert list(neighbours([line("Ella").quad, line("Smith", left, top, height, turned).quad])) == []
