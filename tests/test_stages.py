"""Networks are loaded in one place, and one that cannot be loaded is refused with its remedy."""

from __future__ import annotations

import sys

import pytest

from anonymiser import stages, weights
from anonymiser.errors import ModelError
from anonymiser.weights import ModelId

LOADERS = [
    stages.load_classifier,
    stages.load_detector,
    stages.load_head_finder,
    stages.load_embedder,
    stages.load_reader,
]
each_loader = pytest.mark.parametrize("load", LOADERS, ids=lambda load: load.__name__)


@pytest.fixture
def not_loaded_yet(monkeypatch):
    """Networks are read from the disk again, and forgotten afterwards."""
    weights.listing()
    monkeypatch.setattr(weights, "model_file", weights.model_file.__wrapped__)
    monkeypatch.setattr(stages, "session", weights.session.__wrapped__)


@each_loader
@pytest.mark.usefixtures("not_loaded_yet")
def test_a_missing_network_is_refused(monkeypatch, tmp_path, load):
    """Without its model file nothing is made that could look at a photo."""
    monkeypatch.setattr(weights, "WEIGHTS_DIR", tmp_path)
    with pytest.raises(ModelError, match="is missing") as refusal:
        load()
    assert "pip install" in refusal.value.remedy


@each_loader
@pytest.mark.usefixtures("not_loaded_yet")
def test_a_file_that_the_runtime_cannot_use_is_refused(monkeypatch, tmp_path, load):
    """A network that an older onnxruntime does not understand is no traceback."""
    (tmp_path / "network.onnx").write_bytes(b"no network")
    monkeypatch.setattr(weights, "model_file", lambda _: tmp_path / "network.onnx")
    with pytest.raises(ModelError, match=r"onnxruntime [0-9.]+ cannot use the model file network\.onnx"):
        load()


@pytest.mark.usefixtures("not_loaded_yet")
def test_a_runtime_that_cannot_be_loaded_is_refused(monkeypatch):
    """On a Windows without the C++ runtime libraries the remedy names them."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match="onnxruntime") as refusal:
        stages.session(ModelId.YUNET)
    assert "Visual C++ Redistributable" in refusal.value.remedy
