"""Which photos of an event come first, and which look alike."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from anonymiser.school.picking import Order, Photographed, Scene, select, shown_in
from anonymiser.school.views import Counts, Standing, Summary
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box
from anonymiser.values.reasons import Code
from anonymiser.values.report import Copy, FaceReport, OutcomeKind

SIZE = (640, 480)
FRONT: Box = (100.0, 100.0, 300.0, 300.0)
BACK: Box = (400.0, 100.0, 440.0, 140.0)


def scene(seed: int) -> Image.Image:
    """A picture of its own; the same seed is the same scene."""
    small = np.random.default_rng(seed).integers(0, 255, (60, 80, 3), np.uint8)
    return Image.fromarray(small).resize(SIZE, Image.Resampling.BICUBIC)


def face(box: Box, person: str | None) -> FaceReport:
    decision = Keep(PersonId(person), Code.AGREED(purpose="website")) if person else Obscure(Code.NOT_RECOGNISED())
    return FaceReport(box=box, score=1.0, decision=decision)


def photo(number: int, *faces: FaceReport, picture: Image.Image | None = None, waits: bool = False) -> Photographed:
    buffer = io.BytesIO()
    (picture or scene(number)).save(buffer, "JPEG", quality=95)
    shown = sum(isinstance(one.decision, Keep) for one in faces)
    summary = Summary(
        id=f"20260619-{number:06}",
        event=Event("Fair", Purpose("website")),
        standing=Standing.WAITS if waits else Standing.RELEASED,
        outcome=OutcomeKind.RELEASED,
        verdict=None,
        reasons=(),
        counts=Counts(shown, len(faces) - shown, 0),
        received_at=dt.datetime(2026, 6, 19),  # noqa: DTZ001 - as every moment of the ledger
    )
    made = Copy(sha256="0" * 64, source_wh=SIZE, output_wh=SIZE, faces=faces)
    return Photographed(summary, None if waits else f"outbox/{number}.jpg", made, buffer.getvalue())


def order(scenes: tuple[Scene, ...]) -> list[int]:
    return [int(one.best.summary.id[-6:]) for one in scenes]


def test_a_large_covered_head_counts_more_than_a_small_one() -> None:
    """By area: a child in front that nobody may see spoils a picture."""
    nobody = photo(1, face(FRONT, "p1"))
    behind = photo(2, face(FRONT, "p1"), face(BACK, None))
    before = photo(3, face(FRONT, None), face(BACK, "p1"))
    assert order(select([before, behind, nobody], Order.FEWEST_COVERED)) == [1, 2, 3]


def test_where_nobody_is_shown_the_photo_with_fewer_people_comes_first() -> None:
    """All of each is covered then, and a picture of five heads is not as good as one of a single head."""
    many = photo(1, face(FRONT, None), face(BACK, None))
    one = photo(2, face(FRONT, None))
    assert order(select([many, one], Order.FEWEST_COVERED)) == [2, 1]


def test_the_other_order_begins_with_the_fewest_who_are_shown() -> None:
    """A view of hands on a drawing before a class photo."""
    many = photo(1, face(FRONT, "p1"), face(BACK, "p2"))
    one = photo(2, face(FRONT, "p1"))
    assert order(select([many, one], Order.FEWEST_SHOWN)) == [2, 1]
    assert order(select([one, many], Order.FEWEST_COVERED)) == [1, 2]


def test_of_two_that_are_equally_good_the_released_one_comes_first() -> None:
    """The other one still needs a person."""
    assert order(
        select([photo(1, face(FRONT, "p1"), waits=True), photo(2, face(FRONT, "p1"))], Order.FEWEST_COVERED)
    ) == [2, 1]


def test_photos_of_one_moment_are_one_scene_and_its_sharpest_is_named() -> None:
    """A burst is one choice, not four; sharpness is that of the faces that are shown."""
    sharp = scene(7)
    burst = [
        photo(1, face(FRONT, "p1"), picture=sharp.filter(ImageFilter.GaussianBlur(2))),
        photo(2, face(FRONT, "p1"), picture=sharp),
        photo(3, face(FRONT, "p1"), picture=sharp.filter(ImageFilter.GaussianBlur(1))),
    ]
    other = photo(4, face(FRONT, "p1"))
    found = select([*burst, other], Order.FEWEST_COVERED)
    assert order(found) == [2, 4]
    assert [pick.summary.id[-1] for pick in found[0].others] == ["3", "1"]
    assert found[0].best.sharpest
    assert not any(pick.sharpest for pick in found[0].others)
    assert not found[1].best.sharpest


def test_a_copy_that_is_not_to_be_looked_at_is_like_no_other() -> None:
    """A worrying one is not even opened for the comparison."""
    one, other = photo(1, face(FRONT, "p1"), picture=scene(7)), photo(2, face(FRONT, "p1"), picture=scene(7))
    hidden = Photographed(other.summary, other.output, other.made, None)
    assert len(select([one, hidden], Order.FEWEST_COVERED)) == 2


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_faces_are_looked_at_where_they_are_in_a_turned_copy(turn: int) -> None:
    """The sharp half of the picture wins only if the face is in it."""
    sharp = np.asarray(scene(9))
    blurred = np.asarray(scene(9).filter(ImageFilter.GaussianBlur(3)))

    def half(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> Image.Image:
        whole = np.concatenate([left[:, :320], right[:, 320:]], axis=1)
        return Image.fromarray(np.ascontiguousarray(np.rot90(whole, -turn // 90)))

    burst = []
    for number, (left, right) in enumerate(((sharp, blurred), (blurred, sharp)), 1):
        plain = photo(number, face(FRONT, "p1"), picture=half(left, right))
        size = SIZE[::-1] if turn % 180 else SIZE
        made = replace(plain.made, output_wh=size, notices=turned_notice(turn))
        burst.append(Photographed(plain.summary, plain.output, made, plain.data))
    (found,) = select(burst, Order.FEWEST_COVERED)
    assert found.best.summary.id.endswith("1")


def turned_notice(degrees: int) -> tuple:
    return (Code.TURNED_UPRIGHT(degrees=str(degrees)),) if degrees else ()


def test_who_is_shown_is_counted_over_all_photos() -> None:
    """Covered faces count for nobody."""
    assert shown_in([photo(1, face(FRONT, "p1"), face(BACK, None)), photo(2, face(BACK, "p2"))]) == {"p1", "p2"}
