"""Whatever is wrong with a network is noticed before it looks at a photo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from anonymiser import canary, pipeline, stages
from anonymiser.detect.detector import CombinedDetector
from anonymiser.errors import ModelError
from anonymiser.health import check_computer
from anonymiser.settings import Settings
from anonymiser.values.faces import Faces
from anonymiser.values.suitability import Suitability
from anonymiser.weights import ModelId, session

NETWORKS = [model for model in ModelId if model not in {ModelId.BLAZEFACE_ORIGINAL, ModelId.BLAZEPOSE_ORIGINAL}]


@pytest.fixture(scope="module")
def working():
    return stages.load_stages()


class Blind:
    """A network of which every answer is nought, and every logit says that nothing is there."""

    def __init__(self, network):
        self.network = network

    def run(self, outputs, inputs):
        answers = self.network.run(outputs, inputs)
        return [
            np.full_like(answer, -80 if name == "logits" else 0) for name, answer in zip(outputs, answers, strict=True)
        ]

    def get_modelmeta(self):
        return self.network.get_modelmeta()


class Changed:
    """A stage whose answer is changed before anybody sees it."""

    model_sha256 = "0" * 64

    def __init__(self, stage, change):
        self.stage, self.change = stage, change

    def tile_detectors(self):
        return {}

    def detect(self, pixels):
        return self.change(self.stage.detect(pixels))

    def heads(self, pixels):
        return self.change(self.stage.heads(pixels))

    def embed(self, chips):
        return self.change(self.stage.embed(chips))

    def read(self, pixels):
        return self.change(self.stage.read(pixels))

    def unsuitable(self, pixels):
        return self.change(Suitability(canary.SCORES.swimwear, self.stage.unsuitable(pixels))).unsuitable

    def swimwear(self, pixels, heads):
        return self.change(Suitability(self.stage.swimwear(pixels, heads), canary.SCORES.unsuitable)).swimwear


def test_networks_that_work_pass(working):
    """The installed networks know the picture; so does whoever asks without having loaded them."""
    canary.check(working)
    canary.check()


@pytest.mark.parametrize("model", NETWORKS)
def test_a_network_that_sees_nothing_is_noticed(monkeypatch, model):
    """Each of them alone, also where another one could make up for it on most photos."""
    monkeypatch.setattr(stages, "session", lambda each: Blind(session(each)) if each is model else session(each))
    with pytest.raises(ModelError, match="do not work on this computer") as refusal:
        canary.check()
    assert "Do not publish" in refusal.value.remedy


def shifted(faces):
    return Faces(faces.xyxy + 40, faces.score, faces.points)


def first_twice(faces):
    return Faces.concatenate([faces, faces[:1]])


def only_upright(faces):
    return faces if len(faces) == len(canary.FACES) else Faces.none()


@pytest.mark.parametrize(
    ("stage", "change", "message"),
    [
        pytest.param("detector", lambda faces: faces[:2], "faces .* not found", id="a face is missed"),
        pytest.param("detector", first_twice, "faces .* not found", id="a face is found twice"),
        pytest.param("detector", shifted, "faces .* not found", id="faces are found elsewhere"),
        pytest.param("detector", only_upright, "lies on its side", id="nobody is found who lies on a side"),
        pytest.param("people", shifted, "no body in", id="heads are found elsewhere"),
        pytest.param("embedder", lambda e: e[:1].repeat(len(e), 0), "two people are taken", id="everybody is alike"),
        pytest.param("embedder", lambda e: np.eye(len(e), 128), "taken for two people", id="nobody is alike"),
        pytest.param("reader", lambda lines: lines[:1], "name .* not read", id="half of the name is read"),
        pytest.param(
            "reader",
            lambda lines: [replace(line, quad=line.quad - 150) for line in lines],
            "name .* not read",
            id="the name is read elsewhere",
        ),
        pytest.param("classifier", lambda _: Suitability(0.0, 0.0), "not judged", id="nothing is unsuitable"),
        pytest.param("classifier", lambda s: replace(s, swimwear=1.0), "not judged", id="everything is swimwear"),
        pytest.param("classifier", lambda s: replace(s, unsuitable=0.5), "not judged", id="a coin is tossed"),
        pytest.param("classifier", lambda s: replace(s, swimwear=float("nan")), "not judged", id="no number"),
    ],
)
def test_a_wrong_answer_is_noticed(working, stage, change, message):
    """Stage by stage: what the pipeline would believe is compared with what is known."""
    broken = replace(working, **{stage: Changed(getattr(working, stage), change)})
    with pytest.raises(ModelError, match=message):
        canary.check(broken)


def test_a_runtime_that_stops_is_an_error_with_a_remedy(working):
    """What it says stays inside; a lack of memory is no fault of the networks."""

    def stops(_):
        raise RuntimeError("Amelia Khan")

    with pytest.raises(ModelError, match="RuntimeError") as refusal:
        canary.check(replace(working, reader=Changed(working.reader, stops)))
    assert "Amelia" not in str(refusal.value)

    def has_no_memory(_):
        raise MemoryError

    with pytest.raises(MemoryError):
        canary.check(replace(working, reader=Changed(working.reader, has_no_memory)))


def test_the_picture_is_part_of_the_test(working, monkeypatch, tmp_path):
    """Without it, or with another in its place, nothing is proved."""
    monkeypatch.setattr(canary, "PICTURE", tmp_path / "canary.jpg")
    with pytest.raises(ModelError, match="cannot be read"):
        canary.check(working)
    canary.PICTURE.write_bytes(b"no picture")
    with pytest.raises(ModelError, match="cannot be read"):
        canary.check(working)


def test_a_worker_with_a_wrong_network_never_starts(monkeypatch, working):
    """The pipeline is not made, so that no photo can be processed."""
    monkeypatch.setattr(pipeline, "_pipeline", None)
    blind = CombinedDetector(
        **{
            name: lambda tiles, threshold: (Faces.none(), np.zeros(0, np.intp))
            for name in ("yunet", "centerface", "blazeface", "short_range")
        }
    )
    monkeypatch.setattr(pipeline, "load_stages", lambda *_: replace(working, detector=blind))
    with pytest.raises(ModelError):
        pipeline.initialise(Settings())
    assert pipeline._pipeline is None


@pytest.mark.parametrize("model", [None, ModelId.CENTERFACE])
def test_doctor_says_whether_the_networks_work(monkeypatch, model):
    """One line, with the remedy where something is wrong."""
    monkeypatch.setattr(stages, "session", lambda each: Blind(session(each)) if each is model else session(each))
    (finding,) = [finding for finding in check_computer() if finding.check == "networks"]
    assert finding.ok is (model is None)
    assert ("Do not publish" in finding.detail) is not finding.ok
