from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.stages import load_classifier
from anonymiser.suitability.classifier import PhotoClassifier
from anonymiser.suitability.swimwear import (
    GROUPS,
    SWIMWEAR_CLASSES,
    WATER_CLASSES,
    SwimwearModel,
    group_logarithms,
    probability,
)
from anonymiser.suitability.unsuitable import UnsuitableModel, prepare
from anonymiser.values.decision import Policy

NOBODY = np.zeros((0, 4), np.float32)
BLANK = np.zeros((200, 300, 3), np.uint8)
BLANK[..., 0] = 255


class RecordingNetwork:
    """Stands where onnxruntime would: keeps what it was given and answers from a list."""

    def __init__(self, answers):
        self.answers = iter(answers)
        self.batches = []

    def run(self, _outputs, inputs):
        """The next answer, for a batch of one."""
        self.batches += inputs.values()
        return [np.asarray([next(self.answers)], np.float32)]


def view_probability(logits):
    """Score of a view in which the rows named have these logits, and all others none."""
    every = np.zeros(1000, np.float32)
    for row, logit in logits.items():
        every[row] = logit
    return probability(np.array([(*group_logarithms(every), 0.0)]))


@pytest.fixture(scope="module")
def classifier():
    return load_classifier()


def pictures():
    """Pictures without anybody in them."""
    noise = np.random.default_rng(3).integers(0, 256, (300, 450, 3), dtype=np.uint8)
    sky = np.linspace((90, 150, 230), (230, 240, 255), 300).astype(np.uint8)[:, None].repeat(400, 1)
    return {"noise": noise, "black": np.zeros((64, 64, 3), np.uint8), "sky": sky, "strip": noise[:16, :64]}


@pytest.mark.parametrize("name", sorted(pictures()))
def test_scores_are_probabilities_and_always_the_same(classifier, name):
    """Any picture gets two scores in 0..1, and the same ones again."""
    pixels = pictures()[name]
    first = classifier.swimwear(pixels, NOBODY), classifier.unsuitable(pixels)
    assert all(0 <= score <= 1 for score in first)
    assert (classifier.swimwear(pixels.copy(), NOBODY), classifier.unsuitable(pixels.copy())) == first


@pytest.mark.parametrize("name", ["black", "sky"])
def test_an_empty_picture_raises_no_alarm(classifier, name):
    """A flat picture and a sky stay below every threshold."""
    assert classifier.swimwear(pictures()[name], NOBODY) < 0.1
    assert classifier.unsuitable(pictures()[name]) < 0.1


def test_the_classifier_hands_on_each_networks_own_score():
    """Neither score is taken for the other, and neither network is asked for the other's."""
    networks = RecordingNetwork([np.zeros(1000)] * 8), RecordingNetwork([(0.25, 0.75)] * 3)
    classifier = PhotoClassifier(SwimwearModel(networks[0]), UnsuitableModel(networks[1]))
    assert classifier.unsuitable(BLANK) == 0.75
    assert not networks[0].batches
    assert classifier.swimwear(BLANK, NOBODY) < 0.01
    assert len(networks[1].batches) == 3


@pytest.mark.parametrize("row", sorted(SWIMWEAR_CLASSES))
def test_each_swimwear_class_raises_the_alarm(row):
    """A network that is sure of one of the five classes gives a probability near one."""
    assert view_probability({row: 30}) > 0.99


def test_no_neighbouring_class_raises_the_alarm():
    """The rows beside the five, where an error of one would land, stay below the threshold."""
    for row in {place + step for place in SWIMWEAR_CLASSES for step in (-1, 1)} - set(SWIMWEAR_CLASSES):
        assert view_probability({row: 30}) < Policy().swimwear_review


def test_no_class_is_in_two_groups():
    """What counts for swimwear cannot count against it."""
    rows = [row for group in GROUPS for row in group]
    assert len(rows) == len(set(rows))
    assert all(0 <= row < 1000 for row in rows)


@given(st.integers(0, 2**32), st.sampled_from(sorted(SWIMWEAR_CLASSES)), st.floats(0.1, 10))
def test_more_evidence_never_lowers_the_score(seed, row, more):
    """Raising the logit of a swimwear class cannot make a photo look safer, whatever else is in it."""
    before = np.random.default_rng(seed).normal(0, 10, 1000).astype(np.float32)
    after = before.copy()
    after[row] += more
    scores = [probability(np.array([(*group_logarithms(logits), 0.0)])) for logits in (before, after)]
    assert 0 <= scores[0] <= scores[1] + 1e-6 <= 1 + 2e-6


@given(st.lists(st.integers(0, 999), min_size=1, max_size=5), st.floats(-20, 20))
def test_clothes_and_sports_lower_the_score_of_swimwear(others, logit):
    """Of two views with as much swimwear, the one that shows more of anything else, except water, is the safer one."""
    rows = set(others) - set(SWIMWEAR_CLASSES) - set(WATER_CLASSES)
    plain = {445: 5.0}
    assert view_probability({**plain, **dict.fromkeys(rows, abs(logit))}) <= view_probability(plain) + 1e-9


def test_evidence_of_another_scale_does_not_overflow():
    """Logits as large as float32 allows still give a probability."""
    assert view_probability({445: 1e30}) == 1
    assert view_probability({0: 1e30}) == 0


@pytest.mark.parametrize(("heads", "views"), [([], 8), ([(140, 20, 160, 40)], 3), ([(140, 20, 160, 40)] * 5, 4)])
def test_the_worst_of_squares_and_bodies_counts(heads, views):
    """Two squares and at most two bodies; without any body, the photo's six parts as before."""
    boxes = np.array(heads, np.float32).reshape(-1, 4)
    for worst in range(views):
        answers = [np.zeros(1000) for _ in range(views)]
        answers[worst][445] = 30
        network = RecordingNetwork(answers)
        assert SwimwearModel(network).score(BLANK, boxes) > 0.99
        assert len(network.batches) == views
    for batch in network.batches:
        assert batch.shape == (1, 3, 260, 260)
        assert batch.dtype == np.float32
        np.testing.assert_allclose(batch[0].mean((1, 2)), [1, -127 / 128, -127 / 128])


def test_heads_whose_bodies_are_outside_the_photo_do_not_count():
    """A photo with nothing but such heads is looked at part by part."""
    network = RecordingNetwork([np.zeros(1000)] * 8)
    SwimwearModel(network).score(BLANK, np.array([[140, 5000, 160, 5020]], np.float32))
    assert len(network.batches) == 8


def test_the_unsuitable_score_is_the_second_output_of_the_worst_view():
    """The photo and its two squares are judged, and the highest probability of nudity counts."""
    network = RecordingNetwork([(0.9, 0.1), (0.3, 0.7), (0.8, 0.2)])
    assert UnsuitableModel(network).score(np.zeros((200, 300, 3), np.uint8)) == pytest.approx(0.7)
    assert [batch.shape for batch in network.batches] == [(1, 224, 224, 3)] * 3


def test_open_nsfw_sees_blue_first_and_no_mean():
    """A plain red view becomes BGR less the mean of the training set, as far as JPEG keeps it."""
    view = np.zeros((100, 80, 3), np.uint8)
    view[..., 0] = 200
    prepared = prepare(view)
    assert prepared.dtype == np.float32
    assert prepared.flags.c_contiguous
    np.testing.assert_allclose(prepared.mean((0, 1)), [-104, -117, 200 - 123], atol=3)


def test_open_nsfw_sees_the_middle_of_a_view():
    """The outer sixteenth is cut off, as the network was trained; the squares make up for it."""
    view = np.zeros((256, 256, 3), np.uint8)
    view[:14] = view[-14:] = view[:, :14] = view[:, -14:] = 255
    assert prepare(view).max() < 0
