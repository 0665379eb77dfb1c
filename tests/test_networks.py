"""Values that are no numbers are refused, whichever network gives them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from anonymiser.detect.blazeface import BlazeFace
from anonymiser.detect.blazeface_short_range import BlazeFaceShortRange
from anonymiser.detect.blazepose import BlazePose
from anonymiser.detect.centerface import CenterFace
from anonymiser.detect.yunet import YuNet
from anonymiser.errors import ModelError
from anonymiser.labels.ppocr import PpOcrReader
from anonymiser.networks import ask, is_finite
from anonymiser.recognise.embed import SFaceEmbedder
from anonymiser.suitability.swimwear import SwimwearModel
from anonymiser.suitability.unsuitable import UnsuitableModel
from anonymiser.values.faces import Faces

WRONG = [np.nan, np.inf, -np.inf]
TILES = np.zeros((2, 64, 64, 3), np.uint8)


@dataclass
class Says:
    """A network that answers every question with the same arrays, one value of which may be wrong."""

    answers: dict[str, np.ndarray]
    wrong: tuple[str, float] | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, outputs, inputs):
        self.asked.append(tuple(outputs))
        answers = {name: np.array(value, np.float32) for name, value in self.answers.items()}
        if self.wrong:
            answers[self.wrong[0]].flat[-1] = self.wrong[1]
        return [answers[name] for name in outputs]


def grid(channels, cells=16):
    return np.zeros((2, channels, cells, cells))


def text_network(wrong, *, at):
    """The reader's two networks: a line across the picture, and a text of one letter."""
    line = np.zeros((1, 1, 64, 64))
    line[0, 0, 20:40, 8:56] = 0.9
    letters = np.zeros((1, 40, 3))
    letters[0, :, 1] = 0.99
    finds = Says({"fetch_name_0": line}, wrong if at == "detector" else None)
    reads = Says({"fetch_name_0": letters}, wrong if at == "recogniser" else None)
    return PpOcrReader(finds, reads, ["a"]).read(np.zeros((64, 64, 3), np.uint8))


YUNET = {
    f"{kind}_{stride}": np.zeros((2, (64 // stride) ** 2, size))
    for stride in (8, 16, 32)
    for kind, size in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
}
CENTERFACE = {"heat": grid(1), "sizes": grid(2), "offsets": grid(2), "points": grid(10)}
BLAZEFACE = {"regressors": np.zeros((2, 16, 16, 16)), "logits": np.zeros((2, 16, 16, 1)) - 5}
SHORT_RANGE = {"regressors": np.zeros((2, 896, 16)), "logits": np.zeros((2, 896, 1)) - 5}
BLAZEPOSE = {"regressors": np.zeros((2, 2254, 12)), "logits": np.zeros((2, 2254, 1)) - 5}
PIXELS = np.zeros((60, 80, 3), np.uint8)
ADAPTERS = {
    "YuNet": (YUNET, lambda network: YuNet(network)(TILES, 0.5)),
    "CenterFace": (CENTERFACE, lambda network: CenterFace(network)(TILES, 0.5)),
    "BlazeFace": (BLAZEFACE, lambda network: BlazeFace(network)(TILES, 0.5)),
    "BlazeFace short range": (SHORT_RANGE, lambda network: BlazeFaceShortRange(network)(TILES, 0.5)),
    "BlazePose": (BLAZEPOSE, lambda network: BlazePose(network)(TILES, 0.5)),
    "SFace": (
        {"fc1": np.ones((2, 128))},
        lambda network: SFaceEmbedder(network, "0" * 64).embed(np.zeros((2, 112, 112, 3), np.uint8)),
    ),
    "EfficientNet-Lite2": (
        {"y": np.zeros((1, 1000))},
        lambda network: SwimwearModel(network).score(PIXELS, Faces.none().xyxy),
    ),
    "open_nsfw": ({"outputs": np.zeros((1, 2))}, lambda network: UnsuitableModel(network).score(PIXELS)),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    ("name", "output"), [(name, output) for name, (answers, _) in ADAPTERS.items() for output in answers]
)
def test_every_adapter_refuses_values_that_are_no_numbers(name, output, wrong):
    """One wrong value in any output ends the run: compared with a threshold it would look like an empty photo."""
    answers, use = ADAPTERS[name]
    use(Says(answers))
    with pytest.raises(ModelError, match=f"{name} gave values that are not numbers"):
        use(Says(answers, wrong=(output, wrong)))


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("at", ["detector", "recogniser"])
def test_the_text_reader_refuses_values_that_are_no_numbers(at, wrong):
    """Text that is not found, or not read, names nobody; so neither network may be wrong."""
    assert [line.text for line in text_network(None, at=at)] == ["a"]
    with pytest.raises(ModelError, match=f"PP-OCR {at}"):
        text_network(("fetch_name_0", wrong), at=at)


def test_outputs_come_in_the_order_that_was_asked_for():
    """What an adapter unpacks is what it named."""
    network = Says({"a": np.zeros(2), "b": np.ones(3)})
    answers = ask(network, "test", ("b", "a"), {})
    assert network.asked == [("b", "a")]
    assert [answer.tolist() for answer in answers] == [[1, 1, 1], [0, 0]]


@given(arrays(np.float32, st.integers(0, 40), elements=st.floats(width=32)))
def test_finite_is_what_numpy_calls_finite(values):
    """The quick check agrees with the plain one; no value at all is no wrong value."""
    assert is_finite(values) == bool(np.isfinite(values).all())
