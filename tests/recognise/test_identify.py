from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymiser.recognise.identify import (
    REFERENCE_PEOPLE,
    SURE_PER_TENFOLD,
    centred,
    contested,
    identify,
    lead,
    person_means,
    person_scores,
    resembles,
    sure_threshold,
)
from anonymiser.values.identity import Gallery, Identity, Known, Thresholds, Unknown, Unsure
from anonymiser.values.people import PersonId
from anonymiser.values.reasons import Code

_T = Thresholds(could_be=0.40, sure=0.53, margin=0.08)
A, B, C = map(PersonId, "abc")


def _face(*scores: float) -> np.ndarray:
    """A unit vector with the given similarities to the axes, the rest in a direction of its own."""
    own = math.sqrt(1 - sum(score**2 for score in scores))
    vector = np.zeros(128, np.float32)
    vector[: len(scores)] = scores
    vector[100 + len(scores)] = own
    return vector


@pytest.fixture
def axes(gallery_of: Callable[..., Gallery]) -> Gallery:
    """Three people whose templates are the first three axes, so that a face's coordinates are its scores."""
    return gallery_of(dict(zip("abc", np.eye(128, dtype=np.float32), strict=False)))


@pytest.mark.parametrize(
    ("faces", "shortcomings", "expected"),
    [
        ([_face(0.8, 0.1, 0.1)], [None], [Known(A, 0.8, frozenset({A}))]),
        ([_face(0.39, 0.1, 0.1)], [None], [Unknown()]),
        ([_face(0.39, 0.1, 0.1)], [Code.BLURRED()], [Unknown(Code.BLURRED())]),
        ([_face(0.8, 0.1, 0.1)], [Code.BLURRED()], [Unsure(frozenset({A}), Code.BLURRED())]),
        ([_face(0.5, 0.1, 0.1)], [None], [Unsure(frozenset({A}), Code.NOT_CLEAR())]),
        ([_face(0.6, 0.55, 0.1)], [None], [Unsure(frozenset({A, B}), Code.TWO_PEOPLE())]),
        ([_face(0.7, 0.45, 0.1)], [None], [Known(A, 0.7, frozenset({A, B}))]),
        (
            [_face(0.8, 0.1, 0.1), _face(0.6, 0.2, 0.3)],
            [None, None],
            [Unsure(frozenset({A}), Code.TWO_FACES())] * 2,
        ),
        (
            [_face(0.8, 0.1, 0.1), _face(0.6, 0.2, 0.3)],
            [None, Code.BLURRED()],
            [
                Unsure(frozenset({A}), Code.TWO_FACES()),
                Unsure(frozenset({A}), Code.BLURRED()),
            ],
        ),
        (
            [_face(0.8, 0.1, 0.1), _face(0.1, 0.8, 0.1)],
            [None, None],
            [Known(A, 0.8, frozenset({A})), Known(B, 0.8, frozenset({B}))],
        ),
        (
            [_face(0.8, 0.1, 0.1), _face(0.45, 0.1, 0.1)],
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
    axes: Gallery, faces: list[np.ndarray], shortcomings: list[str], expected: list[Identity]
) -> None:
    """The table of rules, first that fits."""
    found = identify(np.array(faces, np.float32).reshape(-1, 128), shortcomings, axes)
    assert len(found) == len(expected)
    for identity, wanted in zip(found, expected, strict=True):
        if isinstance(identity, Known) and isinstance(wanted, Known):
            assert identity.score == pytest.approx(wanted.score, abs=1e-5)
            assert (identity.person, identity.could_be) == (wanted.person, wanted.could_be)
        else:
            assert identity == wanted


def test_a_closed_gallery_knows_nobody() -> None:
    """Everybody is unknown, for the gallery's own reason."""
    found = identify(np.eye(128, dtype=np.float32)[:2], [None, None], Gallery.closed(Code.GATE_CLOSED()))
    assert found == (Unknown(Code.GATE_CLOSED()),) * 2


def test_a_gallery_without_templates_knows_nobody(gallery_of: Callable[..., Gallery]) -> None:
    """Nothing to compare with is no reason to guess, and no error."""
    (found,) = identify(np.eye(128, dtype=np.float32)[:1], [None], gallery_of({}))
    assert isinstance(found, Unknown)


def test_faces_and_shortcomings_must_belong_together(axes: Gallery) -> None:
    """A missing verdict on quality is an error, not a good face."""
    with pytest.raises(ValueError, match="shortcomings"):
        identify(np.eye(128, dtype=np.float32)[:2], [None], axes)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_broken_numbers_are_nobody(axes: Gallery, bad: float) -> None:
    """An embedding that is not a number matches no one, and hides no one else."""
    faces = np.stack([np.full(128, bad, np.float32), _face(0.1, 0.8, 0.1)])
    with np.errstate(invalid="ignore"):
        broken, fine = identify(faces, [None, None], axes)
    assert not isinstance(broken, Known)
    assert isinstance(fine, Known)


@pytest.mark.parametrize(
    ("people", "raised"), [(0, 0.0), (1, 0.0), (10, 0.0), (25, 0.0398), (30, 0.0477), (60, 0.0778), (100, 0.1)]
)
def test_larger_galleries_need_higher_scores(people: int, raised: float) -> None:
    """Up to ten people the configured value holds; ten times as many people ask for 0.1 more."""
    assert sure_threshold(_T, people) == pytest.approx(0.53 + raised, abs=1e-3)


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_growth_keeps_the_measured_slope(fewer: int, more: int) -> None:
    """The threshold never falls with the number of people, and depends on their ratio alone."""
    low, high = sorted((fewer, more))
    difference = sure_threshold(_T, high) - sure_threshold(_T, low)
    assert difference >= 0
    if low >= REFERENCE_PEOPLE:
        assert difference == pytest.approx(SURE_PER_TENFOLD * math.log10(high / low))


def test_sure_is_never_below_could_be() -> None:
    """Settings the wrong way round make recognition stricter, not looser."""
    assert sure_threshold(Thresholds(could_be=0.7, sure=0.5, margin=0.08), 5) == 0.7


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
    assert contested(np.array(scores, np.float32), 0.53) == rows


@pytest.mark.parametrize(
    ("declared", "scores", "could_be"),
    [
        ((), [0.5, 0.1, 0.1], "a"),
        ((), [0.39, 0.1, 0.1], ""),
        ((), [0.5, 0.45, 0.1], "ab"),
        ((("a", "b"),), [0.5, 0.1, 0.1], "ab"),
        ((("a", "b"),), [0.1, 0.1, 0.5], "c"),
        ((("a", "b"), ("b", "c")), [0.5, 0.1, 0.1], "abc"),
        ((("a", "elsewhere"),), [0.5, 0.1, 0.1], ["a", "elsewhere"]),
        ((("a", "b"),), [0.39, 0.1, 0.1], ""),
    ],
)
def test_look_alikes_count_together(
    gallery_of: Callable[..., Gallery], declared: tuple[tuple[str, ...], ...], scores: list[float], could_be: str
) -> None:
    """Whoever could be one twin could be the other, through chains, and even if the other is not in the gallery."""
    gallery = gallery_of(dict(zip("abc", np.eye(128, dtype=np.float32), strict=False)), lookalikes=declared)
    assert resembles(np.array(scores, np.float32), gallery) == set(could_be)


def test_a_person_is_the_mean_of_their_templates(gallery_of: Callable[..., Gallery]) -> None:
    """Whatever the order and number of templates, the score is the cosine to their mean."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(7, 128)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    ordered = gallery_of({"a": rows[:3], "b": rows[3:4], "c": rows[4:]})
    shuffle = random.permutation(7)
    shuffled = Gallery(ordered.people, ordered.templates[shuffle], ordered.owner[shuffle], None, _T)
    expected = np.stack([part.mean(0) / np.linalg.norm(part.mean(0)) for part in (rows[:3], rows[3:4], rows[4:])])
    assert np.allclose(person_means(ordered), expected, atol=1e-6)
    assert np.allclose(person_means(shuffled), expected, atol=1e-6)
    assert np.allclose(person_scores(rows, shuffled), rows @ expected.T, atol=1e-5)


def test_people_without_templates_match_nobody(gallery_of: Callable[..., Gallery]) -> None:
    """An expired person listed without templates scores minus infinity, not zero."""
    gallery = gallery_of({"a": np.eye(128, dtype=np.float32)[:1], "b": np.zeros((0, 128), np.float32)})
    assert person_scores(np.eye(128, dtype=np.float32)[:1], gallery).tolist() == [[1.0, -np.inf]]


def test_centring_removes_what_all_faces_share(random_faces, gallery_of) -> None:
    """With the mean of other faces subtracted from both sides, strangers no longer resemble each other."""
    faces = random_faces(400)
    mean = faces[200:].mean(0)
    plain, without = (person_scores(faces[:20], gallery_of({"a": faces[100:103]}, mean=m)) for m in (None, mean))
    assert plain.mean() > 0.12
    assert abs(without.mean()) < 0.06
    assert np.allclose(np.linalg.norm(centred(faces, mean), axis=1), 1, atol=1e-5)


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
    gallery = Gallery(tuple(PersonId(str(i)) for i in range(people)), templates, np.arange(people), None, _T)
    shortcomings = [Code.BLURRED() if random.random() < 0.2 else None for _ in range(faces)]
    scores = probes @ templates.T
    found = identify(probes, shortcomings, gallery)
    known = [identity.person for identity in found if isinstance(identity, Known)]
    assert len(known) == len(set(known))
    for row, identity in enumerate(found):
        if isinstance(identity, Known):
            best, *others = sorted(scores[row], reverse=True)
            assert not shortcomings[row]
            assert best >= _T.sure
            assert not others or best - others[0] >= _T.margin - 1e-5
            assert identity.person in identity.could_be
        assert isinstance(identity, Unknown) == bool((scores[row] < _T.could_be).all())
