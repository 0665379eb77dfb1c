from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.stages import load_classifier
from anonymiser.suitability.classifier import PhotoClassifier
from anonymiser.suitability.swimwear import SWIMWEAR_CLASSES, SwimwearModel, swimwear_probability
from anonymiser.suitability.unsuitable import UnsuitableModel, prepare


class RecordingNetwork:
    """Stands where onnxruntime would: keeps what it was given and answers from a list."""

    def __init__(self, answers):
        self.answers = iter(answers)
        self.batches = []

    def run(self, _outputs, inputs):
        """The next answer, for a batch of one."""
        self.batches += inputs.values()
        return [np.asarray([next(self.answers)], np.float32)]


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
    first = classifier.assess(pixels)
    assert 0 <= first.swimwear <= 1
    assert 0 <= first.unsuitable <= 1
    assert classifier.assess(pixels.copy()) == first


@pytest.mark.parametrize("name", ["black", "sky"])
def test_an_empty_picture_raises_no_alarm(classifier, name):
    """A flat picture and a sky stay far below every threshold."""
    assert classifier.assess(pictures()[name]).swimwear < 0.1
    assert classifier.assess(pictures()[name]).unsuitable < 0.1


def test_the_classifier_hands_on_each_networks_own_score():
    """Neither score is taken for the other."""
    logits = np.full(1000, -30.0)
    logits[[1, 445]] = np.log(3), 0
    networks = RecordingNetwork([logits] * 7), RecordingNetwork([(0.25, 0.75)] * 3)
    classifier = PhotoClassifier(SwimwearModel(networks[0]), UnsuitableModel(networks[1]))
    scores = classifier.assess(np.zeros((200, 300, 3), np.uint8))
    assert (scores.swimwear, scores.unsuitable) == (pytest.approx(0.25), 0.75)


@pytest.mark.parametrize("row", sorted(SWIMWEAR_CLASSES))
def test_each_swimwear_class_counts(row):
    """A network that is sure of one of the five classes gives a probability near one."""
    logits = np.zeros(1000, np.float32)
    logits[row] = 30
    assert swimwear_probability(logits) > 0.999


def test_no_neighbouring_class_counts():
    """The rows beside the five, where an error of one would land, give a probability near nought."""
    for row in {place + step for place in SWIMWEAR_CLASSES for step in (-1, 1)} - set(SWIMWEAR_CLASSES):
        logits = np.zeros(1000, np.float32)
        logits[row] = 30
        assert swimwear_probability(logits) < 0.001


@given(st.integers(0, 2**32), st.sampled_from(sorted(SWIMWEAR_CLASSES)), st.floats(0.1, 10))
def test_more_evidence_never_lowers_the_probability(seed, row, more):
    """Raising the logit of a swimwear class cannot make a photo look safer."""
    before = np.random.default_rng(seed).normal(0, 10, 1000).astype(np.float32)
    after = before.copy()
    after[row] += more
    assert 0 <= swimwear_probability(before) <= swimwear_probability(after) + 1e-6 <= 1 + 2e-6


def test_the_swimwear_score_is_that_of_the_worst_view():
    """One part among seven views is enough."""
    answers = [np.zeros(1000) for _ in range(7)]
    answers[4][445] = 30
    network = RecordingNetwork(answers)
    pixels = np.zeros((200, 300, 3), np.uint8)
    pixels[..., 0] = 255
    assert SwimwearModel(network).score(pixels) > 0.999
    assert len(network.batches) == 7
    for batch in network.batches:
        assert batch.shape == (1, 3, 260, 260)
        assert batch.dtype == np.float32
        np.testing.assert_allclose(batch[0].mean((1, 2)), [1, -127 / 128, -127 / 128])


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
