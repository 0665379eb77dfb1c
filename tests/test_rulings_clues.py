"""What people may tell the program about text and codes that are no name, and what covering does to every pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_rulings import (
    ANN,
    BOARD,
    CAL,
    HERE,
    ON_BOARD,
    acts,
    consents,
    covers,
    crowd_of_identities,
    faces,
    label,
    label_lists,
    said,
    snapshots,
)

from anonymiser.decide import decide
from anonymiser.redaction import redaction_mask, to_destroy
from anonymiser.rulings import box_of_quad
from anonymiser.values.consent import ConsentSnapshot, Hold
from anonymiser.values.decision import Keep, LabelDecision, Obscure, Policy
from anonymiser.values.identity import Identity
from anonymiser.values.labels import Clue, ClueKind, NameLabel
from anonymiser.values.reasons import Code, Reason
from anonymiser.values.ruling import Act, Cover, NotAName, combined, then
from anonymiser.values.suitability import Suitability


def clue(left: float, top: float, kind: ClueKind = ClueKind.ADDRESS, slant: float = 0) -> Clue:
    corners = [[left, top], [left + 60, top + slant], [left + 60, top + 20 + slant], [left, top + 20]]
    return Clue(np.array(corners, np.float32), kind)


LISTED = Keep(None, Code.CLUE(kind="address"))
HIDDEN = Obscure(Code.CLUE_COVERED_BY_PERSON(kind="address"))
QR_HIDDEN, QR_SHOWN = Obscure(Code.CLUE(kind="code")), Keep(None, Code.CLUE_SHOWN_BY_PERSON(kind="code"))
ABOUT_CLUES = [
    # acts, kind, decision, answers, areas drawn besides
    ((), ClueKind.ADDRESS, LISTED, (), 0),
    ((Cover(ON_BOARD),), ClueKind.ADDRESS, HIDDEN, (None,), 0),
    ((Cover((1990, 1990, 2100, 2040)),), ClueKind.ADDRESS, HIDDEN, (None,), 1),
    ((Cover((1990, 1990, 2010, 2040)),), ClueKind.ADDRESS, LISTED, (None,), 1),
    ((Cover(ON_BOARD), NotAName(ON_BOARD, confirmed=True)), ClueKind.ADDRESS,
     Keep(None, Code.CLUE_SHOWN_BY_PERSON(kind="address")), (None, None), 0),
    ((), ClueKind.CODE, QR_HIDDEN, (), 0),
    ((NotAName(ON_BOARD, confirmed=True),), ClueKind.CODE, QR_SHOWN, (None,), 0),
    ((NotAName(ON_BOARD),), ClueKind.CODE, QR_HIDDEN, (Code.NOT_CONFIRMED(),), 0),
    ((NotAName(HERE, confirmed=True),), ClueKind.CODE, QR_HIDDEN, (Code.NO_LABEL_THERE(),), 0),
    ((NotAName(ON_BOARD, confirmed=True), Cover(ON_BOARD)), ClueKind.CODE,
     Obscure(Code.CLUE_COVERED_BY_PERSON(kind="code")), (None, None), 0),
]  # fmt: skip


@pytest.mark.parametrize(("acts", "kind", "what", "answers", "drawn"), ABOUT_CLUES)
def test_table_of_cases_for_clues(
    acts: tuple[Act, ...], kind: ClueKind, what: LabelDecision, answers: tuple[Reason | None, ...], drawn: int
) -> None:
    """A person can cover what is only listed, and show what is covered; the later act counts."""
    decision = said(*acts, clues=(clue(2000, 2000, kind),))
    assert (decision.clues, decision.answers, len(decision.covered)) == ((what,), answers, drawn)


def test_a_name_with_a_hold_keeps_the_clue_under_it_covered_too() -> None:
    """One act about both does nothing, because one of them forbids it."""
    snapshot = consents(ANN, holds={CAL: Hold.NEVER_SHOWN})
    act = NotAName(ON_BOARD, confirmed=True)
    assert said(act, labels=(BOARD,), clues=(clue(2000, 2000, ClueKind.CODE),), snapshot=snapshot).clues == (QR_HIDDEN,)


def named(kind: ClueKind, *rows: int) -> Clue:
    """In the line of the labels in these rows, the first of which is `BOARD`."""
    return Clue(BOARD.quad, kind, frozenset(rows))


NO_NAME = NotAName(ON_BOARD, confirmed=True)
IN_A_NAME = [
    # acts, kind, label, clue
    ((), ClueKind.CLASS, Obscure(Code.FULL_NAME()), None),
    ((NotAName(ON_BOARD),), ClueKind.CLASS, Obscure(Code.FULL_NAME()), None),
    ((Cover(ON_BOARD),), ClueKind.CLASS, Obscure(Code.FULL_NAME()), None),
    ((NO_NAME,), ClueKind.CLASS, None, Keep(None, Code.CLUE(kind="class"))),
    ((NO_NAME,), ClueKind.CODE, None, Obscure(Code.CLUE(kind="code"))),
    ((NO_NAME, Cover(ON_BOARD)), ClueKind.CLASS, None, Obscure(Code.CLUE_COVERED_BY_PERSON(kind="class"))),
    ((Cover(ON_BOARD), NO_NAME), ClueKind.CLASS, None, Obscure(Code.CLUE_COVERED_BY_PERSON(kind="class"))),
]  # fmt: skip


@pytest.mark.parametrize(("acts", "kind", "name", "what"), IN_A_NAME)
def test_table_of_cases_for_a_clue_in_a_name(
    acts: tuple[Act, ...], kind: ClueKind, name: LabelDecision | None, what: LabelDecision | None
) -> None:
    """There is one entry: the name, and once it is none, the clue, treated as its kind is."""
    decision = said(*acts, labels=(BOARD,), clues=(named(kind, 0),))
    assert (decision.labels, decision.clues) == ((name,), (what,))


def test_a_clue_in_two_names_counts_once_both_are_none() -> None:
    """A line may be part of another one that names somebody as well."""
    wider = label(2000, 2400, CAL)
    decision = said(NO_NAME, labels=(BOARD, wider), clues=(named(ClueKind.CLASS, 0, 1),))
    assert decision.labels == (Keep(None, Code.NOT_A_NAME()), Obscure(Code.FULL_NAME()))
    assert decision.clues == (None,)


@given(st.floats(-45, 45), st.floats(21, 60), st.booleans(), st.booleans())
def test_of_slanting_lines_only_the_one_that_is_meant_is_no_name(
    tilt: float, distance: float, second: bool, of_a_clue: bool
) -> None:
    """The next line of a list, whose upright box shares most of its area, stays covered."""
    angle = np.radians(tilt)
    along, down = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    first = np.array([0 * along, 800 * along, 800 * along + 20 * down, 20 * down])
    quads = [first.astype(np.float32), (first + distance * down).astype(np.float32)]
    meant = NameLabel(quads[second], frozenset({ANN}))
    act = NotAName(box_of_quad(meant), confirmed=True)
    if of_a_clue:
        decision = said(act, labels=(meant,), clues=(Clue(quads[not second], ClueKind.CODE),))
        assert (decision.labels, decision.clues) == ((Keep(None, Code.NOT_A_NAME()),), (QR_HIDDEN,))
    else:
        decision = said(act, labels=tuple(NameLabel(quad, frozenset({ANN})) for quad in quads))
        assert [isinstance(what, Keep) for what in decision.labels] == [not second, second]


def test_a_sealed_photo_destroys_clues_as_well() -> None:
    """Nothing of it is decided one by one."""
    sealed = decide(faces(), (), (), (), Suitability(0, 1), consents(), Policy(), clues=(clue(0, 0),))
    assert sealed.clues == (Obscure(Code.PHOTO_SEALED()),)


clue_lists = st.lists(
    st.builds(clue, st.integers(0, 900), st.integers(0, 200), st.sampled_from(ClueKind), st.integers(0, 60)), max_size=2
).map(tuple)


@given(
    st.lists(acts, max_size=6),
    crowd_of_identities,
    label_lists,
    clue_lists,
    snapshots,
    covers,
    st.booleans(),
    st.booleans(),
)
def test_covering_never_shows_more_pixels(
    sequence: list[Act],
    found: tuple[Identity, ...],
    labels: tuple[NameLabel, ...],
    clues: tuple[Clue, ...],
    snapshot: ConsentSnapshot,
    cover: Cover,
    of_a_clue: bool,
    in_a_name: bool,
) -> None:
    """Whatever was said before, one more cover leaves every pixel at least as hidden, and covers what it marks."""
    if in_a_name and labels:
        clues += (Clue(labels[0].quad, ClueKind.CLASS, frozenset({0})),)
    if of_a_clue and clues:
        cover = Cover(box_of_quad(clues[-1]))
    before = combined((), sequence)
    after = then(before, cover)
    rows = faces(*(100 + 200 * row for row in range(len(found))))
    shape = (500, 1200)
    masks = []
    for list_of_acts in (before, after):
        decision = said(*list_of_acts, found=found, labels=labels, snapshot=snapshot, clues=clues)
        masks.append(redaction_mask(shape, *to_destroy(rows, (*labels, *clues), decision)))
    assert (masks[1] >= masks[0]).all()
    left, top, right, bottom = map(round, cover.box)
    middle = masks[1][min((top + bottom) // 2, shape[0] - 1), min((left + right) // 2, shape[1] - 1)]
    assert middle == 255
