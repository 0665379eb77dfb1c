"""A model file that is missing or altered is refused with the remedy, and the real ones keep their contracts."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anonymiser import weights
from anonymiser.cli import cli
from anonymiser.cli.console import run
from anonymiser.errors import ExitCode, ModelError
from anonymiser.weights import ModelId, listing, model_file, model_sha256, session, verify


def forget():
    """Make the module look at the disk again."""
    for cached in (listing, model_file, session):
        cached.cache_clear()


@pytest.fixture
def installation(tmp_path, monkeypatch):
    """The weights folder of an installation with a small file for every model."""
    lines = []
    for model in ModelId:
        content = f"the weights of {model}".encode()
        (tmp_path / f"{model}.onnx").write_bytes(content)
        lines += [
            "[[weights]]",
            f'id = "{model}"',
            'task = "testing"',
            f'file = "{model}.onnx"',
            f"size = {len(content)}",
            f'sha256 = "{hashlib.sha256(content).hexdigest()}"',
            'licence = "MIT"',
            'origin = "tests"',
        ]
    (tmp_path / "manifest.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(weights, "WEIGHTS_DIR", tmp_path)
    forget()
    yield tmp_path
    forget()


def test_every_model_is_listed_and_found(installation):
    """Every id has a file, in the order of the ids."""
    assert [entry.id for entry in listing()] == list(ModelId)
    for entry in listing():
        content = model_file(entry.id).read_bytes()
        assert len(content) == entry.size
        assert hashlib.sha256(content).hexdigest() == model_sha256(entry.id)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=st.sampled_from(ModelId), position=st.integers(0, 20), change=st.integers(1, 255))
def test_one_altered_byte_is_refused(installation, model, position, change):
    """Any change of any byte of any model file is refused, and the remedy says how to get the right one."""
    path = installation / f"{model}.onnx"
    good = path.read_bytes()
    bad = bytearray(good)
    bad[position % len(bad)] ^= change
    forget()
    try:
        path.write_bytes(bad)
        with pytest.raises(ModelError, match="is not the one that was tested") as refusal:
            model_file(model)
        with pytest.raises(ModelError):
            session(model)
    finally:
        path.write_bytes(good)
    assert "pip install --force-reinstall" in refusal.value.remedy


def test_a_missing_file_is_refused(installation):
    """A model file that is gone is named, with the remedy and the exit code of a broken installation."""
    (installation / "yunet.onnx").unlink()
    with pytest.raises(ModelError, match=r"yunet\.onnx is missing") as refusal:
        model_file(ModelId.YUNET)
    assert "pip install" in refusal.value.remedy
    assert refusal.value.exit_code == ExitCode.WORKSPACE


def test_an_unreadable_file_is_refused(installation):
    """A folder in the place of a model file is an error with a remedy, not a traceback."""
    path = installation / "sface.onnx"
    path.unlink()
    path.mkdir()
    with pytest.raises(ModelError, match="cannot be read"):
        model_file(ModelId.SFACE)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_text("[[weights", encoding="utf-8"),
        lambda path: path.write_bytes(b"\xff\xfe\x00"),
        lambda path: path.write_text("weights = []", encoding="utf-8"),
        lambda path: path.write_text('[[weights]]\nid = "unheard-of"', encoding="utf-8"),
    ],
    ids=["missing", "no TOML", "no text", "without a model", "with an unknown model"],
)
def test_an_unusable_manifest_is_refused(installation, damage):
    """Without the list of hashes nothing is loaded."""
    damage(installation / "manifest.toml")
    forget()
    with pytest.raises(ModelError, match="list of model files") as refusal:
        model_file(ModelId.YUNET)
    assert "pip install" in refusal.value.remedy


def test_a_file_is_read_once_per_process_but_verified_anew(installation):
    """Loading trusts the first check; `verify` reads the file again and finds a change since."""
    path = model_file(ModelId.YUNET)
    path.write_bytes(b"altered later")
    assert model_file(ModelId.YUNET) == path
    assert [check.weights.id for check in verify() if check.refusal] == [ModelId.YUNET]


def test_models_verify_reports_every_file(installation, capsys):
    """`models verify` goes through all files, ends with the documented exit code and gives the remedy."""
    assert run(cli, ["models", "verify"]) == ExitCode.DONE
    (installation / "open-nsfw.onnx").write_bytes(b"[altered]")
    capsys.readouterr()
    assert run(cli, ["models", "verify", "--json"]) == ExitCode.WORKSPACE
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["id"] for line in lines] == list(ModelId)
    assert [line["id"] for line in lines if not line["ok"]] == ["open-nsfw"]
    assert run(cli, ["models", "verify"]) == ExitCode.WORKSPACE


def test_models_list_as_json_is_complete(installation, capsys):
    """`models list --json` prints one object a model and nothing else on standard output."""
    assert run(cli, ["models", "list", "--json"]) == ExitCode.DONE
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["id"], line["sha256"]) for line in lines] == [(entry.id, entry.sha256) for entry in listing()]
    assert run(cli, ["models", "list"]) == ExitCode.DONE
    assert capsys.readouterr().out == ""


def test_the_installed_weights_are_the_pinned_ones():
    """This installation's own model files pass."""
    assert [check.refusal for check in verify()] == [None] * len(ModelId)


@pytest.mark.parametrize(
    ("model", "inputs", "outputs"),
    [
        (ModelId.BLAZEFACE, {"image": (3, 96, 160)}, {"regressors": (24, 40, 16), "logits": (24, 40, 1)}),
        (ModelId.BLAZEFACE_SHORT_RANGE, {"image": (3, 128, 128)}, {"regressors": (896, 16), "logits": (896, 1)}),
        (
            ModelId.YUNET,
            {"input": (3, 64, 96)},
            {
                f"{head}_{stride}": (64 * 96 // stride**2, size)
                for head, size in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
                for stride in (8, 16, 32)
            },
        ),
        (ModelId.BLAZEPOSE, {"image": (3, 224, 224)}, {"regressors": (2254, 12), "logits": (2254, 1)}),
        (ModelId.SFACE, {"data": (3, 112, 112)}, {"fc1": (128,)}),
        (ModelId.EFFICIENTNET_LITE2, {"x": (3, 260, 260)}, {"y": (1000,)}),
        (ModelId.OPEN_NSFW, {"input:0": (224, 224, 3)}, {"outputs": (2,)}),
        (ModelId.TEXT_DETECTOR, {"x": (3, 64, 96)}, {"fetch_name_0": (1, 64, 96)}),
        (ModelId.TEXT_READER, {"x": (3, 48, 320)}, {"fetch_name_0": (40, 18710)}),
    ],
)
def test_networks_keep_their_contract_and_treat_a_batch_as_its_items(model, inputs, outputs):
    """Names and shapes are as documented, and an item's result does not depend on what else is in the batch."""
    rng = np.random.default_rng(3)
    batch = {name: rng.uniform(-1, 1, (3, *shape)).astype(np.float32) for name, shape in inputs.items()}
    network = session(model)
    together = dict(zip(outputs, network.run(list(outputs), batch), strict=True))
    assert {name: result.shape[1:] for name, result in together.items()} == outputs
    for item in range(3):
        alone = network.run(list(outputs), {name: value[item : item + 1] for name, value in batch.items()})
        for name, result in zip(outputs, alone, strict=True):
            np.testing.assert_allclose(result[0], together[name][item], rtol=1e-4, atol=1e-4)


def test_a_session_is_shared_within_the_process():
    """Asking twice costs the memory of one network, which runs on one thread."""
    network = session(ModelId.YUNET)
    assert session(ModelId.YUNET) is network
    assert network.get_session_options().intra_op_num_threads == 1


def test_a_face_is_found_alike_wherever_it_is():
    """A shift by one cell of BlazeFace's coarsest grid shifts its answer, further than 544 pixels from a border."""
    rng = np.random.default_rng(5)
    strip = rng.uniform(-1, 1, (1, 3, 32, 1600)).astype(np.float32)
    network = session(ModelId.BLAZEFACE)
    first, second = (
        network.run(None, {"image": np.ascontiguousarray(part)}) for part in (strip[..., :-32], strip[..., 32:])
    )
    inner = slice(544 // 4, (1600 - 64 - 544) // 4)
    for before, after in zip(first, second, strict=True):
        shifted = before[:, :, 8:][:, :, inner]
        np.testing.assert_allclose(shifted, after[:, :, inner], atol=1e-3)
