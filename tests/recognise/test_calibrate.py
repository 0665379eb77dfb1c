from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from anonymiser.recognise.calibrate import Budget, Calibration, NoPromise, calibrate, normal_threshold
from anonymiser.recognise.identify import identify
from anonymiser.values.identity import COULD_BE, MARGIN, SURE_BY_RISK, Embedding, Gallery, Known
from anonymiser.values.people import PersonId

_BUDGET = Budget(false_keeps=0.01)


def _people(count: int, seed: int, spread: int = 40, common: float = 0.38) -> np.ndarray:
    """Invented people: what all share, and an own direction among `spread`; fewer make them more alike."""
    random = np.random.default_rng(seed)
    own = np.zeros((count, 128))
    own[:, :spread] = random.normal(size=(count, spread))
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    own *= math.sqrt(1 - common**2)
    own[:, 127] = common
    return own


def _photos_of(people: np.ndarray, each: int, seed: int, noise: float = 0.5) -> np.ndarray:
    random = np.random.default_rng(seed)
    photos = np.repeat(people[:, None], each, 1) + noise * random.normal(size=(len(people), each, 128)) / np.sqrt(128)
    return (photos / np.linalg.norm(photos, axis=2, keepdims=True)).astype(np.float32)


def _enrolled(count: int, seed: int = 1, each: int = 3, **kind: float) -> dict[PersonId, Embedding]:
    photos = _photos_of(_people(count, seed, **kind), each, seed)
    return {PersonId(f"p{number}"): part for number, part in enumerate(photos)}


def _groups(count: int, size: int, seed: int = 2, **kind: float) -> list[Embedding]:
    return [_photos_of(_people(size, seed + number, **kind), 1, seed + number)[:, 0] for number in range(count)]


def _gallery(enrolled: dict[PersonId, Embedding], result: Calibration) -> Gallery:
    sizes = [len(part) for part in enrolled.values()]
    templates = np.concatenate(list(enrolled.values()))
    return Gallery(tuple(enrolled), templates, np.repeat(np.arange(len(sizes)), sizes), result.thresholds)


def _false_keeps(gallery: Gallery, strangers: np.ndarray) -> float:
    found = [identify(face[None], [""], gallery)[0] for face in strangers]
    return sum(isinstance(identity, Known) for identity in found) / len(found)


@pytest.mark.parametrize("rate", [0.02, 1e-3, 1e-4, 1e-5])
def test_the_curve_foretells_the_tail(rate: float) -> None:
    """From a thousand normal scores the threshold for a rate is the true one, a little on the safe side."""
    scores = np.random.default_rng(0).normal(0.144, 0.126, 1000)
    true = NormalDist(0.144, 0.126).inv_cdf(1 - rate)
    assert true - 0.02 < normal_threshold(scores, rate) < true + 0.06


def test_a_heavy_tail_raises_the_threshold() -> None:
    """A tenth of look-alikes (siblings) widens the curve; the body of the scores does not hide them."""
    random = np.random.default_rng(0)
    plain = random.normal(0.15, 0.1, 2000)
    siblings = np.concatenate([plain[:1800], random.normal(0.45, 0.05, 200)])
    assert normal_threshold(siblings, 1e-3) > normal_threshold(plain, 1e-3) + 0.1


def test_one_odd_pair_changes_nothing_much() -> None:
    """A mirror or poster in one photo (the same face twice) does not switch recognition off for a school."""
    scores = np.random.default_rng(0).normal(0.15, 0.1, 1000)
    assert normal_threshold(np.append(scores, 0.99), 1e-3) == pytest.approx(normal_threshold(scores, 1e-3), abs=0.01)


@pytest.mark.parametrize("spread", [40, 28])
@pytest.mark.parametrize(("enrolled_people", "groups"), [(30, 0), (14, 12), (40, 10)])
def test_strangers_stay_within_the_budget(spread: int, enrolled_people: int, groups: int) -> None:
    """Thresholds from one set of people hold for thousands of others, alike or not."""
    enrolled = _enrolled(enrolled_people, spread=spread)
    result = calibrate(enrolled, _groups(groups, 9, spread=spread), "model", budget=_BUDGET)
    assert isinstance(result, Calibration)
    strangers = _photos_of(_people(3000, 99, spread=spread), 1, 99)[:, 0]
    assert _false_keeps(_gallery(enrolled, result), strangers) <= _BUDGET.false_keeps


def test_enrolled_people_are_still_kept() -> None:
    """Being careful with strangers does not obscure everybody: other photos of the enrolled are recognised."""
    people = _people(30, 1)
    enrolled = {PersonId(str(number)): part for number, part in enumerate(_photos_of(people, 3, 1))}
    result = calibrate(enrolled, [], "model", budget=_BUDGET)
    assert isinstance(result, Calibration)
    gallery = _gallery(enrolled, result)
    probes = _photos_of(people, 1, 77)[:, 0]
    found = [identify(face[None], [""], gallery)[0] for face in probes]
    right = sum(isinstance(who, Known) and who.person == str(n) for n, who in enumerate(found))
    assert right >= 27
    assert result.own_kept > 0.9


def test_a_smaller_risk_needs_a_higher_score() -> None:
    """Thresholds fall monotonically with the risk that a school accepts, and with the confidence it asks for."""
    enrolled, groups = _enrolled(30, spread=28), _groups(10, 10, spread=28)

    def sure(false_keeps: float, confidence: float = 0.95) -> float:
        result = calibrate(enrolled, groups, "model", budget=Budget(false_keeps, confidence))
        assert isinstance(result, Calibration)
        return result.thresholds.sure

    assert sure(0.05) < sure(0.01) < sure(0.001)
    assert sure(0.001, 0.5) < sure(0.001, 0.95) < sure(0.001, 0.99)


def test_the_same_faces_give_the_same_thresholds() -> None:
    """Nothing in a calibration is left to chance."""
    enrolled, groups = _enrolled(20), _groups(8, 8)
    first, second = (calibrate(enrolled, groups, "model", budget=_BUDGET) for _ in range(2))
    assert isinstance(first, Calibration)
    assert isinstance(second, Calibration)
    assert (first.thresholds, first.comparisons, first.note) == (second.thresholds, second.comparisons, second.note)


@pytest.mark.parametrize("people", [14, 30])
def test_calibration_never_goes_below_the_floor(people: int) -> None:
    """However different the faces of a small school are, children's thresholds stay the least."""
    for risk, floor in ((0.1, SURE_BY_RISK[100]), (0.009, SURE_BY_RISK[300])):
        result = calibrate(_enrolled(people, spread=120), _groups(6, 8, spread=120), "model", budget=Budget(risk, 0.5))
        assert isinstance(result, Calibration)
        assert result.thresholds.sure >= floor
        assert result.thresholds.could_be >= COULD_BE
        assert result.thresholds.margin == MARGIN


def test_enrolled_people_in_a_photo_are_not_counted_twice() -> None:
    """A photo of people who are all enrolled adds nobody."""
    people = _people(20, 1)
    enrolled = {PersonId(str(number)): part for number, part in enumerate(_photos_of(people, 3, 1))}
    result = calibrate(enrolled, [_photos_of(people, 1, 5)[:, 0]], "model", budget=_BUDGET)
    assert isinstance(result, Calibration)
    assert result.people == 20


@pytest.mark.parametrize(
    ("enrolled", "photos"),
    [({}, []), (_enrolled(3), []), ({}, _groups(2, 5)), (_enrolled(1), [np.zeros((0, 128), np.float32)])],
)
def test_too_few_comparisons_promise_nothing(enrolled: dict[PersonId, Embedding], photos: list[Embedding]) -> None:
    """The answer says how many comparisons there are, how many are needed and what would help."""
    result = calibrate(enrolled, photos, "model", budget=_BUDGET)
    assert isinstance(result, NoPromise)
    assert f"{result.comparisons} comparisons" in result.why
    assert "enrol more people" in result.why


def test_a_risk_too_small_for_the_evidence_promises_nothing() -> None:
    """One in ten million cannot be foretold from a few hundred comparisons."""
    result = calibrate(_enrolled(14), [], "model", budget=Budget(false_keeps=1e-7))
    assert isinstance(result, NoPromise)
    assert "cannot promise" in result.why


def test_faces_that_all_look_alike_promise_nothing() -> None:
    """Where strangers score like the same person, no threshold is offered."""
    result = calibrate(_enrolled(20, spread=3), _groups(5, 8, spread=3), "model", budget=_BUDGET)
    assert isinstance(result, NoPromise)
    assert "look so alike" in result.why


def test_declared_twins_do_not_count() -> None:
    """Twins raise the threshold for the school only as long as nobody has declared them."""
    enrolled = _enrolled(16)
    for number in range(0, 16, 2):
        enrolled[PersonId(f"p{number + 1}")] = _photos_of(
            np.stack([enrolled[PersonId(f"p{number}")].mean(0)]), 3, number, noise=0.3
        )[0]
    pairs = frozenset(frozenset((PersonId(f"p{n}"), PersonId(f"p{n + 1}"))) for n in range(0, 16, 2))
    unaware, aware = (calibrate(enrolled, [], "m", budget=Budget(0.05), lookalikes=p) for p in (frozenset(), pairs))
    assert isinstance(aware, Calibration)
    assert aware.thresholds.sure <= (unaware.thresholds.sure if isinstance(unaware, Calibration) else 1.0)
    assert aware.comparisons < unaware.comparisons


def test_people_with_one_photo_are_measured_too() -> None:
    """Without a second photo of anybody, the share of own photos kept is unknown, not zero."""
    result = calibrate(_enrolled(30, each=1), [], "model", budget=_BUDGET)
    assert isinstance(result, Calibration)
    assert math.isnan(result.own_kept)
    assert "nan" not in result.note


def test_the_result_is_tied_to_the_model_and_shows_no_embedding() -> None:
    """The weights are named, and the repr holds no number of a face."""
    result = calibrate(_enrolled(30), [], "abc123", budget=_BUDGET)
    assert isinstance(result, Calibration)
    assert result.model_sha256 == "abc123"
    assert "array" not in repr(result)
    assert "1 in 100" in result.note
