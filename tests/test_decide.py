"""The table of cases of the decision, and what must hold for any evidence at all."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.decide import decide
from anonymiser.values.consent import ConsentSnapshot, Hold, Medium, Purpose
from anonymiser.values.decision import Keep, Obscure, Policy, Verdict
from anonymiser.values.faces import Faces, Place
from anonymiser.values.identity import Known, Unknown, Unsure
from anonymiser.values.labels import NameLabel
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import WAITING, Code
from anonymiser.values.suitability import Suitability

ANN, BEN, CAL = map(PersonId, ("pupil-001", "pupil-002", "pupil-003"))
EXPIRED = Code.ENDED(purpose="website", last_day="2026-05-01")
HARMLESS = Suitability(swimwear=0.0, unsuitable=0.0)


def faces(*lefts):
    """Faces 40 px square, 100 px from the top, at the given left edges."""
    boxes = np.array([[left, 100, left + 40, 140] for left in lefts], np.float32).reshape(-1, 4)
    return Faces(boxes, np.ones(len(boxes), np.float32), np.zeros((len(boxes), 5, 2), np.float32))


def consents(*granted, holds=None, refused=None):
    return ConsentSnapshot(
        Purpose("website"), Medium.IMAGE, dt.date(2026, 6, 19), 1, frozenset(granted), refused or {}, holds or {}
    )


def known(person, *others):
    return Known(person, 0.8, frozenset({person, *others}))


def label(left, top, *people):
    quad = np.array([[left, top], [left + 60, top], [left + 60, top + 20], [left, top + 20]], np.float32)
    return NameLabel(quad, frozenset(people))


def one(identity, snapshot, *labels):
    """Decide a photo with one face at the left."""
    return decide(faces(100), (), (identity,), labels, HARMLESS, snapshot, Policy())


ONE_FACE = [
    # identity, consents, labels, kept?, reason
    (known(ANN), consents(ANN), (), True, Code.AGREED(purpose="website")),
    (known(ANN), consents(BEN), (), False, Code.NO_RECORD()),
    (known(ANN), consents(refused={ANN: EXPIRED}), (), False, EXPIRED),
    (known(ANN, BEN), consents(ANN, BEN), (), True, Code.AGREED(purpose="website")),
    (known(ANN, BEN), consents(ANN), (), False, Code.LOOKS_LIKE_REFUSED()),
    (known(ANN), consents(ANN, holds={ANN: Hold.NEVER_PUBLISH}), (), False, Code.HELD()),
    (known(ANN, BEN), consents(ANN, BEN, holds={BEN: Hold.NEVER_PHOTOGRAPH}), (), False, Code.HELD()),
    (known(ANN), consents(ANN), (label(2000, 2000, ANN),), False, Code.NAMED()),
    (known(ANN), consents(ANN), (label(95, 160, BEN),), False, Code.BESIDE_LABEL()),
    (known(ANN), consents(ANN), (label(2000, 2000, BEN),), True, Code.AGREED(purpose="website")),
    (Unsure(frozenset({ANN}), Code.TWO_PEOPLE()), consents(ANN), (), False, Code.TWO_PEOPLE()),
    (Unknown(), consents(ANN), (), False, Code.NOT_RECOGNISED()),
    (Unknown(Code.GATE_CLOSED()), consents(ANN), (), False, Code.GATE_CLOSED()),
]


@pytest.mark.parametrize(("identity", "snapshot", "labels", "kept", "reason"), ONE_FACE)
def test_table_of_cases_for_one_face(identity, snapshot, labels, kept, reason):
    """Each row of the table is decided as it says, for the reason it says."""
    (decision,) = one(identity, snapshot, *labels).faces
    assert isinstance(decision, Keep if kept else Obscure)
    assert decision.reason == reason


@pytest.mark.parametrize(
    ("suitability", "verdict", "reason"),
    [
        (HARMLESS, Verdict.RELEASE, None),
        (Suitability(swimwear=0.25, unsuitable=0.0), Verdict.REVIEW, Code.MAY_SHOW_SWIMWEAR()),
        (Suitability(swimwear=0.0, unsuitable=0.3), Verdict.REVIEW, Code.MAY_BE_UNSUITABLE()),
        (Suitability(swimwear=0.0, unsuitable=0.85), Verdict.SEAL, Code.MAY_BE_INDECENT()),
        (Suitability(swimwear=1.0, unsuitable=1.0), Verdict.SEAL, Code.MAY_BE_INDECENT()),
        (Suitability(swimwear=float("nan"), unsuitable=0.0), Verdict.REVIEW, Code.MAY_SHOW_SWIMWEAR()),
        (Suitability(swimwear=0.0, unsuitable=float("nan")), Verdict.SEAL, Code.MAY_BE_INDECENT()),
    ],
)
def test_table_of_cases_for_suitability(suitability, verdict, reason):
    """Swimwear and doubt go to review; the highest scores seal the photo and decide nothing else."""
    policy = Policy(swimwear_review=0.25, unsuitable_review=0.3, unsuitable_seal=0.85)
    decision = decide(faces(100), (), (known(ANN),), (), suitability, consents(ANN), policy)
    assert decision.verdict is verdict
    assert decision.reasons == (() if reason is None else (reason,))
    if verdict is Verdict.SEAL:
        assert isinstance(decision.faces[0], Obscure)


@pytest.mark.parametrize(
    "evidence",
    [
        ((known(ANN),), ()),
        ((Unsure(frozenset({ANN, BEN}), Code.TWO_PEOPLE()),), ()),
        ((known(BEN, ANN),), ()),
        ((Unknown(),), (label(2000, 2000, ANN),)),
    ],
)
def test_a_held_person_who_may_be_in_the_photo_stops_it(evidence):
    """Known, merely possible, or only named: a hold sends the photo to a person."""
    identities, labels = evidence
    snapshot = consents(ANN, BEN, holds={ANN: Hold.NEVER_PUBLISH})
    decision = decide(faces(100), (), identities, labels, HARMLESS, snapshot, Policy())
    assert decision.verdict is Verdict.REVIEW
    assert decision.reasons == (Code.HOLD(),)


@pytest.mark.parametrize(
    "identity",
    [known(ANN), known(BEN, ANN), Unsure(frozenset({ANN, BEN}), "too close to call")],
)
def test_whoever_is_never_shown_is_hidden_and_the_photo_goes_out(identity):
    """The person, and everybody who could be them, is obscured; nobody has to look at the photo."""
    snapshot = consents(ANN, BEN, CAL, holds={ANN: Hold.NEVER_SHOWN})
    decision = decide(faces(100, 900), (), (identity, known(CAL)), (), HARMLESS, snapshot, Policy())
    assert decision.verdict is Verdict.RELEASE
    assert [type(face) for face in decision.faces] == [Obscure, Keep]
    named = decide(faces(100), (), (known(BEN),), (label(2000, 2000, ANN),), HARMLESS, snapshot, Policy())
    assert (named.verdict, len(named.labels)) == (Verdict.RELEASE, 1)


def test_a_hold_that_blocks_is_not_softened_by_one_that_does_not():
    """Where two held people may be in the photo, the stricter hold counts for it."""
    snapshot = consents(ANN, BEN, holds={ANN: Hold.NEVER_SHOWN, BEN: Hold.NEVER_PUBLISH})
    assert one(known(ANN, BEN), snapshot).verdict is Verdict.REVIEW


def test_a_hold_on_somebody_else_stops_nothing():
    """A hold concerns the photos that may show that person, and no others."""
    assert one(known(ANN), consents(ANN, holds={BEN: Hold.NEVER_PUBLISH})).verdict is Verdict.RELEASE


def test_release_after_review_holds_a_photo_without_findings():
    """Where the school wants to see every photo, every photo waits."""
    decision = decide(faces(100), (), (known(ANN),), (), HARMLESS, consents(ANN), Policy(release_automatically=False))
    assert decision.verdict is Verdict.REVIEW


def test_somebody_whose_face_was_not_found_is_looked_for_by_a_person():
    """One reason a place; the faces that were found are decided as ever."""
    places = (Place.TOP_RIGHT, Place.MIDDLE)
    decision = decide(faces(100), places, (known(ANN),), (), HARMLESS, consents(ANN), Policy())
    assert decision.verdict is Verdict.REVIEW
    assert decision.reasons == (
        Code.NO_FACE_FOUND(place="top right"),
        Code.NO_FACE_FOUND(place="middle"),
    )
    assert isinstance(decision.faces[0], Keep)


def test_a_second_face_inside_one_that_is_shown_is_looked_for_by_a_person():
    """Only where the larger face is shown: what is obscured hides whoever is in front of it. One reason a place."""
    identities = (known(ANN), known(BEN), known(ANN), Unknown())
    second_in = {0: Place.LEFT, 1: Place.TOP, 2: Place.LEFT, 3: Place.MIDDLE}
    decision = decide(
        faces(0, 100, 200, 300), (), identities, (), HARMLESS, consents(ANN), Policy(), second_in=second_in
    )
    assert decision.verdict is Verdict.REVIEW
    assert decision.reasons == (Code.SECOND_FACE(place="left side"),)
    obscured = decide(faces(0), (), (known(BEN),), (), HARMLESS, consents(ANN), Policy(), second_in={0: Place.LEFT})
    assert obscured.verdict is Verdict.RELEASE


def test_a_doubt_of_detection_makes_the_photo_wait():
    """It stands among the reasons as it came; the faces that were found are decided as ever."""
    doubts = (Code.FINE_PATTERN(), Code.TOO_FAINT())
    decision = decide(faces(100), (), (known(ANN),), (), HARMLESS, consents(ANN), Policy(), doubts)
    assert decision.verdict is Verdict.REVIEW
    assert decision.reasons == doubts
    assert isinstance(decision.faces[0], Keep)


def test_a_sealed_photo_is_not_said_to_wait_for_anything_else():
    """Over the highest threshold the place of a person is nobody's business."""
    decision = decide(faces(), (Place.TOP,), (), (), Suitability(0, 1), consents(), Policy())
    assert decision.verdict is Verdict.SEAL
    assert decision.reasons == (Code.MAY_BE_INDECENT(),)


def test_a_badge_obscures_the_nearest_face_only():
    """The face above the badge is linked to the name; the next child is not."""
    decision = decide(
        faces(100, 400), (), (known(ANN), known(BEN)), (label(95, 170, CAL),), HARMLESS, consents(ANN, BEN), Policy()
    )
    assert [type(face) for face in decision.faces] == [Obscure, Keep]
    assert decision.labels == (Obscure(Code.FULL_NAME()),)


def test_a_visible_face_tells_who_else_it_may_be():
    """So that they find it one day; of an obscured face no resemblance is recorded."""
    kept, hidden = one(known(ANN, BEN), consents(ANN, BEN)).faces + one(known(ANN, BEN), consents(BEN)).faces
    assert kept == Keep(ANN, Code.AGREED(purpose="website"), frozenset({BEN}))
    assert hidden == Obscure(Code.NO_RECORD(), ANN)


def test_faces_and_identities_must_belong_together():
    """A mismatch of rows is a defect and never a guess."""
    with pytest.raises(ValueError, match="2 faces, but 1"):
        decide(faces(0, 100), (), (Unknown(),), (), HARMLESS, consents(), Policy())


people = st.sampled_from([ANN, BEN, CAL])
crowds = st.frozensets(people)
identities = st.one_of(
    st.builds(lambda person, others: Known(person, 0.9, others | {person}), people, crowds),
    st.builds(Unsure, crowds, st.just(Code.NOT_CLEAR())),
    st.builds(Unknown),
)


@given(
    st.lists(identities, max_size=5),
    crowds,
    st.dictionaries(people, st.sampled_from(Hold)),
    st.lists(st.builds(label, st.integers(0, 900), st.integers(0, 400), people), max_size=3),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sets(st.sampled_from(Place)),
)
def test_nobody_is_ever_kept_against_the_rules(found, granted, holds, labels, swimwear, unsuitable, somebody_at):
    """Whatever the evidence: who is kept is known, agreed, like nobody who has not, unheld, unnamed and unsealed."""
    snapshot = consents(*granted, holds=holds)
    decision = decide(
        faces(*range(0, 100 * len(found), 100)),
        tuple(somebody_at),
        tuple(found),
        tuple(labels),
        Suitability(swimwear, unsuitable),
        snapshot,
        Policy(),
    )
    named = frozenset().union(*(found_label.people for found_label in labels))
    assert len(decision.faces) == len(found)
    for identity, face in zip(found, decision.faces, strict=True):
        if isinstance(face, Keep):
            assert isinstance(identity, Known)
            assert identity.person == face.person
            assert identity.could_be <= granted - holds.keys()
            assert identity.person not in named
            assert decision.verdict is not Verdict.SEAL
    assert decision.verdict is not Verdict.RELEASE or not (decision.reasons or somebody_at)
    assert {reason.code for reason in decision.reasons} <= {*WAITING, Code.MAY_BE_INDECENT}
