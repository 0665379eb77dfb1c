"""The crop that is suggested, against every crop there is."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anonymiser.school import framing
from anonymiser.school.framing import best_part
from anonymiser.values.photo import Box

WIDTH, HEIGHT = 10, 8
heads = st.builds(
    lambda x, y, wide, tall: (float(x), float(y), float(x + wide), float(y + tall)),
    st.integers(0, WIDTH - 2),
    st.integers(0, HEIGHT - 2),
    st.integers(1, 2),
    st.integers(1, 2),
)


def touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def holds(part: Box, box: Box) -> bool:
    return part[0] <= box[0] and part[1] <= box[1] and box[2] <= part[2] and box[3] <= part[3]


def every_part(least: tuple[float, float]) -> list[Box]:
    return [
        (float(left), float(top), float(right), float(bottom))
        for left, right in itertools.combinations(range(WIDTH + 1), 2)
        for top, bottom in itertools.combinations(range(HEIGHT + 1), 2)
        if right - left >= least[0] and bottom - top >= least[1]
    ]


@pytest.fixture(scope="module", autouse=True)
def exact() -> None:
    """Heads as they are, so that whole numbers stay whole; parts of any shape."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(framing, "_AROUND_SHOWN", 0.0)
        patch.setattr(framing, "_AROUND_COVERED", 0.0)
        patch.setattr(framing, "_WIDEST", 100.0)
        yield


@given(st.lists(heads, min_size=2, max_size=5, unique=True), st.data())
def test_no_crop_is_better_than_the_one_that_is_suggested(boxes: list[Box], data: st.DataObject) -> None:
    """Most of those who are shown, none of the others, then the largest; or none if too few would be left."""
    assume(not any(touch(one, other) for one, other in itertools.combinations(boxes, 2)))
    number = data.draw(st.integers(1, len(boxes) - 1))
    shown, covered = boxes[:number], boxes[number:]
    found = best_part((WIDTH, HEIGHT), shown, covered, 2)
    worth = [
        (sum(holds(part, box) for box in shown), (part[2] - part[0]) * (part[3] - part[1]))
        for part in every_part((2.5, 2.0))
        if not any(touch(part, box) for box in covered)
        and not any(touch(part, box) and not holds(part, box) for box in shown)
    ]
    best = max(worth, default=(0, 0.0))
    if best[0] < len(shown) * 2 / 3:
        assert found is None
    else:
        assert found is not None
        assert sum(holds(found, box) for box in shown) == best[0]
        assert (found[2] - found[0]) * (found[3] - found[1]) == best[1]
        assert not any(touch(found, box) for box in covered)


def test_a_long_part_is_shortened_around_those_who_are_shown() -> None:
    """A strip over the whole photo is no picture."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(framing, "_WIDEST", 16 / 9)
        part = best_part((4000, 1000), [(3000.0, 100.0, 3100.0, 220.0)], [(100.0, 700.0, 200.0, 820.0)], 100)
    assert part is not None
    assert part[2] - part[0] <= (part[3] - part[1]) * 16 / 9 + 1e-6
    assert holds(part, (3000.0, 100.0, 3100.0, 220.0))


@pytest.mark.parametrize(("shown", "covered"), [(0, 3), (3, 0), (30, 30)])
def test_nothing_is_suggested_where_it_would_not_help(shown: int, covered: int) -> None:
    """Nobody is shown, nobody is covered, or it is a crowd."""
    row = [(60.0 * place, 100.0, 60.0 * place + 40, 150.0) for place in range(shown + covered)]
    assert best_part((6000, 4000), row[:shown], row[shown:], 100) is None
