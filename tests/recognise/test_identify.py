from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser.recognise.identify import (
    ALONE,
    ONE_PHOTO,
    SURE_PER_TENFOLD,
    contested,
    identify,
    judge,
    lead,
    resembles,
    resembling_pairs,
    sure_thresholds,
)
from anonymiser.recognise.score import person_scores
from anonymiser.values.identity import (
    COULD_BE,
    FEWEST_MEASURED,
    MOST_MEASURED,
    SURE_BY_RISK,
    Gallery,
    Identity,
    Known,
    Thresholds,
    Unknown,
    Unsure,
)
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code

_T = Thresholds.standard(1000, 0.08)
_AXES = np.eye(128, dtype=np.float32)
A, B, C = map(PersonId, "abc")


@pytest.fixture
def axes(gallery_of: Callable[..., Gallery]) -> Gallery:
    """Three people of one photo each, who have nothing in common."""
    return gallery_of(dict(zip("abc", _AXES, strict=False)))


@pytest.mark.parametrize(
    ("scores", "shortcomings", "expected"),
    [
        ([[0.8, 0.1, 0.1]], [None], [Known(A, 0.8, frozenset({A}))]),
        ([[0.27, 0.1, 0.1]], [None], [Unknown()]),
        ([[0.27, 0.1, 0.1]], [Code.BLURRED()], [Unknown(Code.BLURRED())]),
        ([[0.8, 0.1, 0.1]], [Code.BLURRED()], [Unsure(frozenset({A}), Code.BLURRED())]),
        ([[0.48, 0.1, 0.1]], [None], [Unsure(frozenset({A}), Code.NOT_CLEAR())]),
        ([[0.6, 0.55, 0.1]], [None], [Unsure(frozenset({A, B}), Code.TWO_PEOPLE())]),
        ([[0.7, 0.45, 0.1]], [None], [Known(A, 0.7, frozenset({A, B}))]),
        (
            [[0.8, 0.1, 0.1], [0.6, 0.2, 0.2]],
            [None, None],
            [Unsure(frozenset({A}), Code.TWO_FACES())] * 2,
        ),
        (
            [[0.8, 0.1, 0.1], [0.6, 0.2, 0.2]],
            [None, Code.BLURRED()],
            [
                Unsure(frozenset({A}), Code.TWO_FACES()),
                Unsure(frozenset({A}), Code.BLURRED()),
            ],
        ),
        (
            [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]],
            [None, None],
            [Known(A, 0.8, frozenset({A})), Known(B, 0.8, frozenset({B}))],
        ),
        (
            [[0.8, 0.1, 0.1], [0.46, 0.1, 0.1]],
            [None, None],
            [
                Known(A, 0.8, frozenset({A})),
                Unsure(frozenset({A}), Code.NOT_CLEAR()),
            ],
        ),
        ([], [], []),
    ],
)
def test_each_rule_has_its_answer(
    axes: Gallery, scores: list[list[float]], shortcomings: list[str], expected: list[Identity]
) -> None:
    """The table of rules, first that fits."""
    found = judge(np.array(scores, np.float32).reshape(-1, 3), shortcomings, axes)
    assert len(found) == len(expected)
    for identity, wanted in zip(found, expected, strict=True):
        if isinstance(identity, Known) and isinstance(wanted, Known):
            assert identity.score == pytest.approx(wanted.score, abs=1e-5)
            assert (identity.person, identity.could_be) == (wanted.person, wanted.could_be)
        else:
            assert identity == wanted


def test_a_closed_gallery_knows_nobody() -> None:
    """Everybody is unknown, for the gallery's own reason."""
    found = identify(_AXES[:2], [None, None], Gallery.closed(Code.GATE_CLOSED()))
    assert found == (Unknown(Code.GATE_CLOSED()),) * 2


def test_a_gallery_without_templates_knows_nobody(gallery_of: Callable[..., Gallery]) -> None:
    """Nothing to compare with is no reason to guess, and no error."""
    (found,) = identify(_AXES[:1], [None], gallery_of({}))
    assert isinstance(found, Unknown)


def test_faces_and_shortcomings_must_belong_together(axes: Gallery) -> None:
    """A missing verdict on quality is an error, not a good face."""
    with pytest.raises(ValueError, match="shortcomings"):
        identify(_AXES[:2], [None], axes)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_broken_numbers_are_nobody(axes: Gallery, bad: float) -> None:
    """An embedding that is not a number matches no one, and hides no one else."""
    faces = np.stack([np.full(128, bad, np.float32), _AXES[1]])
    with np.errstate(invalid="ignore"):
        broken, fine = identify(faces, [None, None], axes)
    assert not isinstance(broken, Known)
    assert isinstance(fine, Known)


def _sure(people: int, cohort: int = 0, each: int = 2, thresholds: Thresholds = _T) -> list[float]:
    ids = tuple(PersonId(str(number)) for number in range(people))
    templates, others = (np.zeros((count, 128), np.float32) for count in (people * each, cohort))
    gallery = Gallery(ids, templates, np.repeat(np.arange(people), each), thresholds, others)
    return sure_thresholds(gallery).tolist()


@given(st.integers(FEWEST_MEASURED, MOST_MEASURED))
def test_one_threshold_serves_every_gallery_that_was_measured(people: int) -> None:
    """Without a cohort, "sure" is the same for ten people and for sixty."""
    assert _sure(people) == [_T.sure] * people


@pytest.mark.parametrize(("people", "cohort", "raised"), [(1, 0, 0.06), (4, 0, 0.04), (4, 3, 0.02), (10, 0, 0)])
def test_a_small_company_asks_for_more(people: int, cohort: int, raised: float) -> None:
    """With fewer than ten people in gallery and cohort, there is little to know what faces have in common."""
    assert _sure(people, cohort)[0] == pytest.approx(_T.sure + raised, abs=0.01)
    assert _sure(people, cohort)[0] >= _sure(people, 30)[0]


@given(st.integers(10, 400), st.integers(10, 400), st.integers(0, 200))
def test_more_people_never_need_less(fewer: int, more: int, cohort: int) -> None:
    """Whatever the cohort, "sure" does not fall as the gallery grows, and beyond what was measured it rises."""
    low, high = sorted((fewer, more))
    assert _sure(low, cohort)[0] <= _sure(high, cohort)[0]
    if low > MOST_MEASURED:
        difference = _sure(high, cohort)[0] - _sure(low, cohort)[0]
        assert difference == pytest.approx(SURE_PER_TENFOLD * math.log10(high / low))


@pytest.mark.parametrize(
    ("people", "cohort", "relief"),
    [
        (60, 100, 0),
        (25, 0, 0),
        (25, 20, 0.0133),
        (25, 100, 0.0222),
        (10, 100, 0.0454),
        (3, 100, 0.0454),
        (90, 9, -0.0176),
    ],
)
def test_a_cohort_asks_a_little_less_of_small_galleries(people: int, cohort: int, relief: float) -> None:
    """As measured for 10 to 60 people; smaller galleries get no more of it, larger ones none."""
    assert _sure(people, cohort)[0] == pytest.approx(_T.sure - relief, abs=1e-4)


@given(st.integers(10, 60), st.integers(1, 100))
def test_a_calibration_for_fewer_people_rises_from_there(most: int, people: int) -> None:
    """Thresholds hold for as many people as were enrolled at calibration; more are more chances of a mistake."""
    raised = SURE_PER_TENFOLD * max(0.0, math.log10(people / most)) + ALONE * max(0, 10 - people) / 9
    assert _sure(people, thresholds=replace(_T, most=most))[0] == pytest.approx(_T.sure + raised)


def test_who_gave_one_photo_needs_a_higher_score(gallery_of: Callable[..., Gallery]) -> None:
    """Only that person does."""
    sure = sure_thresholds(gallery_of({"a": _AXES[:1], "b": _AXES[1:3], "c": _AXES[3:6]}))
    assert (sure - sure[1]).tolist() == pytest.approx([ONE_PHOTO, 0, 0])


@given(st.integers(1, 80), st.integers(0, 200), st.floats(0.1, 1), st.floats(0.1, 1))
def test_sure_is_never_below_could_be(people: int, cohort: int, could_be: float, sure: float) -> None:
    """Thresholds the wrong way round make recognition stricter, not looser, and so does any relief."""
    assert min(_sure(people, cohort, thresholds=Thresholds(could_be, sure, 0.08))) >= could_be


def test_less_risk_needs_a_higher_score() -> None:
    """The standard thresholds rise as the risk falls, and none is as low as "could be"."""
    sure = [SURE_BY_RISK[one_in] for one_in in sorted(SURE_BY_RISK)]
    assert sorted(set(sure)) == sure
    assert min(sure) > COULD_BE


@pytest.mark.parametrize(
    ("scores", "ahead"), [([0.9], math.inf), ([0.9, 0.8], 0.1), ([0.2, 0.9, 0.4], 0.5), ([0.5, 0.5], 0), ([], math.inf)]
)
def test_lead_is_the_distance_to_the_second(scores: list[float], ahead: float) -> None:
    """In any order; a gallery of one has no second."""
    assert lead(np.array(scores, np.float32)) == pytest.approx(ahead, abs=1e-6)


@pytest.mark.parametrize(
    ("scores", "rows"),
    [
        ([[0.9, 0.1], [0.8, 0.2]], {0, 1}),
        ([[0.9, 0.1], [0.1, 0.9]], set()),
        ([[0.9, 0.1], [0.52, 0.1]], set()),
        ([[0.9, 0.1], [0.53, 0.1], [0.2, 0.9]], {0, 1}),
        ([[0.9, 0.6], [0.6, 0.9]], set()),
        ([[0.9, 0.1]] * 3, {0, 1, 2}),
    ],
)
def test_faces_that_share_a_person_are_contested(scores: list[list[float]], rows: set[int]) -> None:
    """Every claimant of one person, never those of different people."""
    assert contested(np.array(scores, np.float32), np.full(2, 0.53, np.float32)) == rows


@pytest.mark.parametrize(
    ("declared", "scores", "could_be"),
    [
        ((), [0.5, 0.1, 0.1], "a"),
        ((), [0.27, 0.1, 0.1], ""),
        ((), [0.5, 0.45, 0.1], "ab"),
        ((("a", "b"),), [0.5, 0.1, 0.1], "ab"),
        ((("a", "b"),), [0.1, 0.1, 0.5], "c"),
        ((("a", "b"), ("b", "c")), [0.5, 0.1, 0.1], "abc"),
        ((("a", "elsewhere"),), [0.5, 0.1, 0.1], ["a", "elsewhere"]),
        ((("a", "b"),), [0.27, 0.1, 0.1], ""),
    ],
)
def test_look_alikes_count_together(
    gallery_of: Callable[..., Gallery], declared: tuple[tuple[str, ...], ...], scores: list[float], could_be: str
) -> None:
    """Whoever could be one twin could be the other, through chains, and even if the other is not in the gallery."""
    gallery = gallery_of(dict(zip("abc", _AXES, strict=False)), lookalikes=declared)
    assert resembles(np.array(scores, np.float32), gallery) == set(could_be)


def test_people_who_look_alike_are_found_in_pairs(gallery_of: Callable[..., Gallery]) -> None:
    """Whoever could be taken for another, in either order; nobody is paired with themselves."""
    alike = np.stack([0.8 * _AXES[0] + 0.6 * _AXES[1], 0.8 * _AXES[0] - 0.6 * _AXES[1]])
    gallery = gallery_of({"a": alike[:1], "b": _AXES[5], "c": alike[1:], "none": np.zeros((0, 128), np.float32)})
    assert resembling_pairs(gallery) == {frozenset((A, C))}
    assert resembling_pairs(gallery_of({"a": _AXES[0]})) == resembling_pairs(gallery_of({})) == frozenset()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 6), st.floats(0.2, 0.99))
def test_whoever_is_known_meets_every_rule(seed: int, faces: int, people: int, likeness: float) -> None:
    """For any photo: known faces are of different people, sure, ahead, and among whom they could be."""
    random = np.random.default_rng(seed)
    templates = random.normal(size=(people, 128)).astype(np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    chosen = random.integers(0, people, faces)
    noise = random.normal(size=(faces, 128)) / np.sqrt(128)
    probes = likeness * templates[chosen] + np.sqrt(1 - likeness**2) * noise
    probes = (probes / np.linalg.norm(probes, axis=1, keepdims=True)).astype(np.float32)
    gallery = Gallery(tuple(PersonId(str(i)) for i in range(people)), templates, np.arange(people), _T)
    shortcomings = [Code.BLURRED() if random.random() < 0.2 else None for _ in range(faces)]
    scores = person_scores(probes, gallery)
    sure = sure_thresholds(gallery)
    found = identify(probes, shortcomings, gallery)
    known = [identity.person for identity in found if isinstance(identity, Known)]
    assert len(known) == len(set(known))
    for row, identity in enumerate(found):
        if isinstance(identity, Known):
            best, *others = sorted(scores[row], reverse=True)
            assert not shortcomings[row]
            assert best >= sure[int(identity.person)]
            assert not others or best - others[0] >= _T.margin - 1e-5
            assert identity.person in identity.could_be
        assert isinstance(identity, Unknown) == bool((scores[row] < _T.could_be).all())
