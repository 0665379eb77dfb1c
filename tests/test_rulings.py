"""The table of cases of what people may tell the program about a photo, and what must hold for any sequence of acts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.decide import decide
from anonymiser.redaction import redaction_mask, to_destroy
from anonymiser.values.consent import ConsentSnapshot, Hold, Medium, Purpose
from anonymiser.values.decision import Keep, Obscure, PhotoDecision, Policy, Verdict
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Identity, Known, Unknown, Unsure
from anonymiser.values.labels import Clue, NameLabel
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box
from anonymiser.values.reasons import WAITING, Code, Reason
from anonymiser.values.ruling import Act, Cover, Crop, NotAFace, NotAName, Rulings, Show, combined, then
from anonymiser.values.suitability import Suitability

ANN, BEN, CAL = map(PersonId, ("pupil-001", "pupil-002", "pupil-003"))
HARMLESS = Suitability(swimwear=0.0, unsuitable=0.0)
SAID_SO = Code.SHOWN_BY_PERSON(purpose="website")
REFUSED = Code.NO_CONSENT(purpose="website", why="said-no")
SIDE = 40


def box(left: float, top: float = 100, side: float = SIDE) -> Box:
    return (left, top, left + side, top + side)


def faces(*lefts: float) -> Faces:
    boxes = np.array([box(left) for left in lefts], np.float32).reshape(-1, 4)
    return Faces(boxes, np.ones(len(boxes), np.float32), np.full((len(boxes), 5, 2), np.nan, np.float32))


def consents(*granted: PersonId, holds: dict[PersonId, Hold] | None = None, alike: set[PersonId] | None = None):
    pairs = frozenset({frozenset(alike)}) if alike else frozenset()
    day, website = dt.date(2026, 6, 19), Purpose("website")
    return ConsentSnapshot(website, Medium.IMAGE, day, 1, frozenset(granted), {BEN: REFUSED}, holds or {}, pairs)


def label(left: float, top: float, *people: PersonId) -> NameLabel:
    quad = np.array([[left, top], [left + 60, top], [left + 60, top + 20], [left, top + 20]], np.float32)
    return NameLabel(quad, frozenset(people))


def known(person: PersonId, *others: PersonId) -> Known:
    return Known(person, 0.8, frozenset({person, *others}))


def said(
    *acts: Act | None,
    found: tuple[Identity, ...] = (Unknown(),),
    labels: tuple[NameLabel, ...] = (),
    snapshot: ConsentSnapshot | None = None,
    clues: tuple[Clue, ...] = (),
) -> PhotoDecision:
    """Decide a photo with faces at 100, 300, 500, ... after these acts."""
    rows = faces(*(100 + 200 * row for row in range(len(found))))
    consented = snapshot or consents(ANN, CAL)
    return decide(rows, (), found, labels, HARMLESS, consented, Policy(), acts=acts, clues=clues)


CLOSED = Unknown(Code.GATE_CLOSED())
PERHAPS_BEN = Unsure(frozenset({BEN}), Code.NOT_CLEAR())
HERE = box(100)

SHOW_ANN = [
    # what the program knows, consents, labels, why not (None: shown)
    (Unknown(), consents(ANN), (), None),
    (CLOSED, consents(ANN), (), None),
    (PERHAPS_BEN, consents(ANN), (), None),
    (known(CAL), consents(ANN, CAL), (), None),
    (known(ANN), consents(ANN), (), None),
    (Unknown(), consents(CAL), (), Code.NO_RECORD()),
    (known(CAL), consents(CAL), (), Code.NO_RECORD()),
    (known(BEN), consents(ANN), (), Code.LOOKS_LIKE_REFUSED()),
    (known(CAL, BEN), consents(ANN, CAL), (), Code.LOOKS_LIKE_REFUSED()),
    (known(ANN, BEN), consents(ANN), (), Code.LOOKS_LIKE_REFUSED()),
    (Unknown(), consents(ANN, holds={ANN: Hold.NEVER_PUBLISH}), (), Code.HELD()),
    (Unknown(), consents(ANN, holds={ANN: Hold.NEVER_SHOWN}), (), Code.HELD()),
    (PERHAPS_BEN, consents(ANN, BEN, holds={BEN: Hold.NEVER_SHOWN}), (), Code.HELD()),
    (known(ANN, BEN), consents(ANN, BEN, holds={BEN: Hold.NEVER_PHOTOGRAPH}), (), Code.HELD()),
    (Unknown(), consents(ANN, alike={ANN, BEN}), (), Code.LOOKS_LIKE_REFUSED()),
    (Unknown(), consents(ANN, BEN, alike={ANN, BEN}), (), None),
    (Unknown(), consents(ANN, BEN, holds={BEN: Hold.NEVER_SHOWN}, alike={ANN, BEN}), (), Code.HELD()),
    (Unknown(), consents(ANN), (label(2000, 2000, ANN),), Code.NAMED()),
    (Unknown(), consents(ANN), (label(95, 160, CAL),), Code.BESIDE_LABEL()),
    (Unknown(), consents(ANN), (label(2000, 2000, CAL),), None),
]


@pytest.mark.parametrize(("identity", "snapshot", "labels", "why_not"), SHOW_ANN)
def test_table_of_cases_for_showing(
    identity: Identity, snapshot: ConsentSnapshot, labels: tuple[NameLabel, ...], why_not: Reason | None
) -> None:
    """Somebody says that this face is Ann: shown, or covered for the reason in the row; the photo waits either way."""
    decision = said(Show(HERE, ANN), found=(identity,), labels=labels, snapshot=snapshot)
    assert decision.answers == (why_not,)
    (face,) = decision.faces
    assert (type(face), face.person) == (Obscure if why_not else Keep, ANN)
    assert face.reason == (why_not or SAID_SO)
    assert decision.verdict is Verdict.REVIEW
    assert Code.CHANGED_BY_PERSON() in decision.reasons
    assert (Code.ACT_REFUSED() in decision.reasons) == (why_not is not None)


@pytest.mark.parametrize(
    ("place", "why_not"),
    [(box(700), Code.NO_FACE_THERE()), (box(118), Code.NO_FACE_THERE()), (box(108), None), (box(95, 95, 50), None)],
)
def test_a_box_means_the_face_that_it_shares_most_with(place: Box, why_not: Reason | None) -> None:
    """Another model's box of the same face will do; a box beside it will not."""
    assert said(Show(place, ANN)).answers == (why_not,)


def test_two_faces_in_one_box_are_both_covered() -> None:
    """Nobody can tell which of them was meant."""
    rows = faces(100, 106)
    decision = decide(rows, (), (known(ANN), Unknown()), (), HARMLESS, consents(ANN), Policy(), acts=[Show(HERE, ANN)])
    assert decision.faces == (Obscure(Code.SEVERAL_FACES_THERE()),) * 2
    assert decision.answers == (Code.SEVERAL_FACES_THERE(),)


def test_nobody_is_shown_twice_in_one_photo() -> None:
    """Neither beside a face that the program recognised nor beside one that was named before."""
    for found in ((known(ANN), Unknown()), (Unknown(), Unknown())):
        decision = said(Show(HERE, ANN), Show(box(300), ANN), found=found)
        assert [type(face) for face in decision.faces] == [Keep, Obscure]
        assert decision.answers == (None, Code.SHOWN_ALREADY())
    recognised = said(Show(box(300), ANN), found=(known(ANN), Unknown()))
    assert [face.reason for face in recognised.faces] == [Code.AGREED(purpose="website"), Code.SHOWN_ALREADY()]


def test_covering_the_first_does_not_bring_up_the_second() -> None:
    """What was refused stays refused until somebody says it again, after the cover."""
    acts: tuple[Act, ...] = (Show(HERE, ANN), Show(box(300), ANN))
    found = (Unknown(), Unknown())
    covered = then(acts, Cover(HERE))
    assert [type(face) for face in said(*covered, found=found).faces] == [Obscure, Obscure]
    again = then(covered, Show(box(300), ANN))
    assert [type(face) for face in said(*again, found=found).faces] == [Obscure, Keep]
    recognised = said(Show(box(300), ANN), Cover(HERE), found=(known(ANN), Unknown()))
    assert [type(face) for face in recognised.faces] == [Obscure, Obscure]


def test_a_shown_face_can_be_found_and_taken_down() -> None:
    """The copy tells who it is, and of those who agreed, whom else the program or somebody takes for them."""
    snapshot = consents(ANN, CAL, alike={ANN, CAL})
    resembles = Unsure(frozenset({CAL, BEN}), Code.NOT_CLEAR())
    (face,) = said(Show(HERE, ANN), found=(resembles,), snapshot=snapshot).faces
    assert face == Keep(ANN, SAID_SO, frozenset({CAL}))


def test_a_face_named_as_somebody_who_refused_is_covered_even_if_recognised() -> None:
    """A person's word against showing weighs more than the program's for it."""
    decision = said(Show(HERE, BEN), found=(known(ANN),))
    assert decision.faces == (Obscure(REFUSED, BEN),)


def test_somebody_with_a_hold_who_is_named_stops_the_photo() -> None:
    """If a person says that they are in the picture, the photo cannot be approved while the hold stands."""
    held = said(Show(HERE, ANN), snapshot=consents(ANN, holds={ANN: Hold.NEVER_PHOTOGRAPH}))
    assert Code.HOLD() in held.reasons
    never_shown = said(Show(HERE, ANN), snapshot=consents(ANN, holds={ANN: Hold.NEVER_SHOWN}))
    assert Code.HOLD() not in never_shown.reasons


@pytest.mark.parametrize(
    ("place", "covered", "drawn"),
    [
        (HERE, True, []),
        (box(97, 97, 46), True, [True]),
        (box(60, 60, 200), True, [True]),
        (box(900), False, [False]),
        (box(130), False, [False]),
    ],
)
def test_table_of_cases_for_covering(place: Box, covered: bool, drawn: list[bool]) -> None:
    """The face that was found, one in a larger box, or a place without a face: what is marked is covered."""
    decision = said(Cover(place), found=(known(ANN),))
    assert decision.answers == (None,)
    (face,) = decision.faces
    assert (face == Obscure(Code.COVERED_BY_PERSON(), ANN)) == covered
    assert [(where.box, where.found) for where in decision.covered] == [(place, found) for found in drawn]


def test_a_later_act_on_the_same_face_counts() -> None:
    """Show after cover shows, cover after show covers, a region that was drawn for the face alone gives way."""
    near = box(97, 97, 46)
    shown = said(Cover(near), Show(HERE, ANN))
    assert isinstance(shown.faces[0], Keep)
    assert shown.covered == ()
    assert isinstance(said(Show(HERE, ANN), Cover(near)).faces[0], Obscure)
    under = said(Cover(box(60, 60, 200)), Show(HERE, ANN))
    assert under.answers == (None, Code.COVERED_BY_PERSON())
    assert isinstance(under.faces[0], Obscure)


NO_FACE = [
    (Unknown(), NotAFace(HERE, confirmed=True), None),
    (CLOSED, NotAFace(HERE, confirmed=True), None),
    (Unknown(), NotAFace(HERE), Code.NOT_CONFIRMED()),
    (Unknown(), NotAFace(box(900), confirmed=True), Code.NO_FACE_THERE()),
    (PERHAPS_BEN, NotAFace(HERE, confirmed=True), Code.RESEMBLES_SOMEBODY()),
    (known(BEN), NotAFace(HERE, confirmed=True), Code.RESEMBLES_SOMEBODY()),
]


@pytest.mark.parametrize(("identity", "act", "why_not"), NO_FACE)
def test_table_of_cases_for_what_is_no_face(identity: Identity, act: NotAFace, why_not: Reason | None) -> None:
    """Uncovered only if somebody confirmed it, and nobody enrolled resembles it."""
    decision = said(act, found=(identity,))
    assert decision.answers == (why_not,)
    assert decision.faces == (Keep(None, Code.NOT_A_FACE()),) or why_not


def test_what_is_no_face_is_covered_again_by_a_later_cover() -> None:
    """And a cover over it that was meant for more than it stays."""
    assert isinstance(said(NotAFace(HERE, confirmed=True), Cover(HERE)).faces[0], Obscure)
    under = said(Cover(box(60, 60, 200)), NotAFace(HERE, confirmed=True))
    assert under.answers == (None, Code.COVERED_BY_PERSON())


BOARD = label(2000, 2000, CAL)
ON_BOARD: Box = (2000, 2000, 2060, 2020)
NO_NAME = [
    (NotAName(ON_BOARD, confirmed=True), consents(ANN), None),
    (NotAName(ON_BOARD), consents(ANN), Code.NOT_CONFIRMED()),
    (NotAName(HERE, confirmed=True), consents(ANN), Code.NO_LABEL_THERE()),
    (NotAName(ON_BOARD, confirmed=True), consents(ANN, holds={CAL: Hold.NEVER_SHOWN}), Code.HELD()),
]


@pytest.mark.parametrize(("act", "snapshot", "why_not"), NO_NAME)
def test_table_of_cases_for_what_is_no_name(act: NotAName, snapshot: ConsentSnapshot, why_not: Reason | None) -> None:
    """It stays readable only if somebody confirmed it, and nobody whose name it is has a hold."""
    decision = said(act, labels=(BOARD,), snapshot=snapshot)
    assert decision.answers == (why_not,)
    assert decision.labels == ((Obscure(Code.FULL_NAME()),) if why_not else (Keep(None, Code.NOT_A_NAME()),))


def test_what_is_no_name_links_nobody_to_a_face() -> None:
    """With the label gone, a face beside it and the person it would name are decided as if it had not been read."""
    beside = label(95, 160, ANN)
    act = NotAName((95, 160, 155, 180), confirmed=True)
    assert isinstance(said(found=(known(ANN),), labels=(beside,)).faces[0], Obscure)
    assert isinstance(said(act, found=(known(ANN),), labels=(beside,)).faces[0], Keep)
    assert said(act, Show(HERE, ANN), labels=(beside,)).answers == (None, None)


def test_what_a_crop_cut_away_is_no_refusal() -> None:
    """It says so, and the photo does not say that something was not done."""
    decision = said(None, Crop((0, 0, 900, 900)))
    assert decision.answers == (Code.CROPPED_AWAY(), None)
    assert decision.reasons == (Code.CHANGED_BY_PERSON(),)


def test_a_photo_waits_as_soon_as_anybody_has_said_anything() -> None:
    """Also if every act was taken back: somebody wants to look."""
    assert said().reasons == (Code.CHANGED_BY_PERSON(),)
    untouched = decide(faces(100), (), (known(ANN),), (), HARMLESS, consents(ANN), Policy())
    assert untouched.verdict is Verdict.RELEASE


def test_nobody_rules_on_a_sealed_photo() -> None:
    """Over the highest threshold every act is refused."""
    acts: tuple[Act, ...] = (Show(HERE, ANN), NotAFace(HERE, confirmed=True), NotAName(ON_BOARD, confirmed=True))
    decision = decide(faces(100), (), (known(ANN),), (BOARD,), Suitability(0, 1), consents(ANN), Policy(), acts=acts)
    assert decision.answers == (Code.PHOTO_SEALED(),) * 3
    assert decision.faces == decision.labels == (Obscure(Code.PHOTO_SEALED()),)


def test_whoever_is_forgotten_stays_covered() -> None:
    """Rulings that named them cover the face instead, and mention nobody."""
    now = dt.datetime.now(dt.UTC)
    rulings = Rulings((Show(HERE, ANN), Cover(box(300)), Show(box(500), CAL)), "office", now)
    assert rulings.without(ANN).acts == (Cover(HERE), Cover(box(300)), Show(box(500), CAL))


# --- whatever anybody says -----------------------------------------------------------------------------------

people = st.sampled_from([ANN, BEN, CAL])
crowds = st.frozensets(people)
places = st.one_of(
    st.sampled_from([box(100 + 200 * row) for row in range(4)]),
    st.builds(box, st.floats(0, 900), st.floats(50, 150), st.floats(5, 300)),
)
covers = st.builds(Cover, places)
acts = st.one_of(
    covers,
    st.builds(Show, places, people),
    st.builds(NotAFace, places, st.booleans()),
    st.builds(NotAName, places, st.booleans()),
    st.builds(Crop, places),
)
identities = st.one_of(
    st.builds(lambda person, others: Known(person, 0.9, others | {person}), people, crowds),
    st.builds(Unsure, crowds, st.just(Code.NOT_CLEAR())),
    st.builds(Unknown),
)
crowd_of_identities = st.lists(identities, min_size=1, max_size=4).map(tuple)
label_lists = st.lists(st.builds(label, st.integers(0, 900), st.integers(0, 400), people), max_size=2).map(tuple)
snapshots = st.builds(
    lambda granted, holds, pair: replace(consents(*granted, holds=holds), lookalikes=pair),
    crowds,
    st.dictionaries(people, st.sampled_from(Hold), max_size=1),
    st.one_of(st.just(frozenset()), st.just(frozenset({frozenset({ANN, BEN})}))),
)


@given(st.lists(acts, max_size=8), crowd_of_identities, label_lists, snapshots)
def test_no_acts_show_anybody_against_the_rules(
    sequence: list[Act], found: tuple[Identity, ...], labels: tuple[NameLabel, ...], snapshot: ConsentSnapshot
) -> None:
    """Whoever is shown has agreed, has no hold, is named nowhere legible and is there once; the photo always waits."""
    decision = said(*combined((), sequence), found=found, labels=labels, snapshot=snapshot)
    kept = [face for face in decision.faces if isinstance(face, Keep)]
    by_hand = [face.person for face in kept if face.reason == SAID_SO]
    assert all([face.person for face in kept].count(person) == 1 for person in by_hand)
    legible = [one for one, what in zip(labels, decision.labels, strict=True) if isinstance(what, Obscure)]
    named = frozenset[PersonId]().union(*(one.people for one in legible))
    for identity, face in zip(found, decision.faces, strict=True):
        if not isinstance(face, Keep):
            continue
        could_be = frozenset() if isinstance(identity, Unknown) else identity.could_be
        if face.person is None:
            assert isinstance(identity, Unknown)
            continue
        assert {face.person, *face.could_be} <= snapshot.granted
        assert not ({face.person} | could_be) & snapshot.holds.keys()
        assert face.person not in named
        assert face.reason.code is Code.AGREED or snapshot.alike(face.person) <= snapshot.granted
        assert isinstance(identity, Unsure) or could_be <= snapshot.granted
    assert decision.verdict is Verdict.REVIEW
    assert {reason.code for reason in decision.reasons} <= set(WAITING)


@given(st.lists(acts, max_size=6), crowd_of_identities, snapshots, crowds)
def test_consents_taken_away_show_nobody_more(
    sequence: list[Act], found: tuple[Identity, ...], snapshot: ConsentSnapshot, withdrawn: frozenset[PersonId]
) -> None:
    """The same acts, processed again after withdrawals: whoever withdrew is not shown, whoever named them."""
    later = replace(snapshot, granted=snapshot.granted - withdrawn)
    decision = said(*combined((), sequence), found=found, snapshot=later)
    for face in decision.faces:
        if isinstance(face, Keep):
            assert not {face.person, *face.could_be} & withdrawn


@given(st.lists(acts, max_size=6), crowd_of_identities, snapshots, snapshots, covers)
def test_a_no_outlives_everything_else(
    sequence: list[Act],
    found: tuple[Identity, ...],
    snapshot: ConsentSnapshot,
    later: ConsentSnapshot,
    cover: Cover,
) -> None:
    """What somebody covered last stays covered, whoever is enrolled, agrees or is recognised from then on."""
    last = then(combined((), sequence), cover)
    for consents_then in (snapshot, later):
        for identities_then in (found, (CLOSED,) * len(found)):
            decision = said(*last, found=identities_then, snapshot=consents_then)
            rows = faces(*(100 + 200 * row for row in range(len(found))))
            mask = redaction_mask((300, 1200), *to_destroy(rows, (), decision))
            left, top, right, bottom = cover.box
            assert mask[round((top + bottom) / 2), min(round((left + right) / 2), 1199)] == 255
