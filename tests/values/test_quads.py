"""What two lines of text share, whichever way they are turned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from anonymiser.values.quads import quad_area, shared_part
from anonymiser.values.ruling import area, shared_area

Quad = NDArray[np.float32]

places = st.tuples(st.floats(-500, 500), st.floats(-500, 500), st.floats(1, 400), st.floats(1, 400))
turns = st.floats(-180, 180)


def quad(left: float, top: float, width: float, height: float) -> Quad:
    right, bottom = left + width, top + height
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def turned(corners: Quad, degrees: float) -> Quad:
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (corners @ rotation.T).astype(np.float32)


@given(places, places, turns, st.integers(0, 3), st.booleans())
def test_turning_both_changes_nothing(
    one: tuple[float, ...], other: tuple[float, ...], degrees: float, first: int, mirrored: bool
) -> None:
    """What upright boxes share is what they share turned, from whichever corner and whichever way round."""
    boxes = [(left, top, left + width, top + height) for left, top, width, height in (one, other)]
    second = np.roll(quad(*other), first, axis=0)[:: -1 if mirrored else 1]
    share = shared_part(turned(quad(*one), degrees), turned(second, degrees))
    assert share == pytest.approx(shared_area(*boxes) / area(boxes[0]), abs=0.01)


@given(places, turns)
def test_a_line_lies_in_itself(place: tuple[float, ...], degrees: float) -> None:
    corners = turned(quad(*place), degrees)
    assert shared_part(corners, corners) == pytest.approx(1, abs=1e-3)
    assert quad_area(corners) == pytest.approx(place[2] * place[3], rel=0.01)


@given(places)
def test_what_encloses_nothing_shares_nothing(place: tuple[float, ...]) -> None:
    left, top, width, _ = place
    flat = quad(left, top, width, 0)
    assert shared_part(flat, quad(*place)) == shared_part(quad(*place), flat) == 0


def test_a_line_across_another_shares_where_they_cross() -> None:
    level = quad(-100, -10, 200, 20)
    assert shared_part(level, turned(level, 90)) == pytest.approx(0.1)
