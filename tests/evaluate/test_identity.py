"""Rates of recognition: right for faces whose scores are known, and the whole way on the sample people."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from anonymiser.cli import cli
from anonymiser.detect.interface import FaceDetector
from anonymiser.detect.search import Level, search
from anonymiser.detect.yunet import YuNet
from anonymiser.errors import UsageError
from anonymiser.evaluate.identity import (
    EVERYBODY,
    THRESHOLDS,
    Curve,
    NamedFaces,
    Plan,
    describe_people,
    evaluate,
    load_identities,
)
from anonymiser.evaluate.identity_report import identity_json, identity_page
from anonymiser.photo.warp import ScaledVersions
from anonymiser.samples import sample_images
from anonymiser.stages import load_embedder
from anonymiser.values.faces import Faces
from anonymiser.values.identity import SURE_BY_RISK
from anonymiser.weights import ModelId, session


def faces_of(people: int, photos: int, *, noise: float = 0.02, group: str = EVERYBODY, seed: int = 0) -> NamedFaces:
    """People whose photos differ by little noise, and who are nothing like each other."""
    random = np.random.default_rng(seed)
    own = np.repeat(np.eye(128)[:people], photos, axis=0) + noise * random.normal(size=(people * photos, 128))
    names = tuple(np.repeat([f"p{number}" for number in range(people)], photos).tolist())
    fit = np.ones(len(names), bool)
    embeddings = (own / np.linalg.norm(own, axis=1, keepdims=True)).astype(np.float32)
    return NamedFaces(names, (group,) * len(names), embeddings, embeddings, fit, fit.copy(), 0)


class _QuickDetector(FaceDetector):
    def __init__(self, *_: object) -> None:
        self._yunet = YuNet(session(ModelId.YUNET))

    def detect(self, pixels: np.ndarray) -> Faces:
        return search(ScaledVersions(pixels), (Level(0.5, 1280, 192),), self._yunet, 0.7)


def test_people_who_are_told_apart_are_all_recognised() -> None:
    """No stranger is taken for anybody, and every other photo of the enrolled is recognised."""
    (curve,) = evaluate(faces_of(8, 5), Plan(enrolled=4))
    assert curve.fpir[THRESHOLDS >= 0.5].max() == 0
    assert curve.tpir[THRESHOLDS <= 0.7].min() == 1
    assert curve.misnamed.max() == 0
    assert curve.enrolled_faces == 4 * 2 * 10
    assert curve.stranger_faces == 4 * 5 * 10
    threshold, recognised = curve.at_fpir(0.001)
    assert threshold < 0.3
    assert recognised == 1


def test_a_stranger_who_looks_like_somebody_counts_as_false() -> None:
    """Two people with one face: whichever is enrolled, the other one's photos raise FPIR and nothing helps."""
    faces = faces_of(2, 5)
    same = faces.embeddings[[0, 1, 2, 3, 4, 0, 1, 2, 3, 4]]
    twins = replace(faces, embeddings=same, templates=same)
    (curve,) = evaluate(twins, Plan(enrolled=1))
    assert curve.fpir.min() == 1
    assert curve.at_fpir(0.1) is None


def test_rates_fall_with_the_threshold() -> None:
    """Every rate is a share that a higher threshold can only lower."""
    (curve,) = evaluate(faces_of(12, 6, noise=0.12), Plan(enrolled=6))
    for rates in (curve.fpir, curve.tpir, curve.misnamed):
        assert (np.diff(rates) <= 0).all()
        assert 0 <= rates.min() <= rates.max() <= 1
    assert curve.tpir[0] > curve.tpir[-1]


def test_what_is_badly_seen_is_never_recognised() -> None:
    """Quality forbids recognition here as it does when a photo is published."""
    faces = faces_of(6, 5)
    (curve,) = evaluate(replace(faces, fit_to_match=np.zeros(30, bool)), Plan(enrolled=3))
    assert curve.tpir.max() == 0
    assert curve.fpir.max() == 0


def test_groups_have_their_own_curves() -> None:
    """One for everybody first, then one a group; a group without a face has no rate."""
    faces = faces_of(8, 5)
    mixed = replace(faces, group=("infants",) * 20 + ("staff",) * 20)
    curves = evaluate(mixed, Plan(enrolled=4))
    assert [curve.group for curve in curves] == [EVERYBODY, "infants", "staff"]
    assert sum(curve.stranger_faces for curve in curves[1:]) == curves[0].stranger_faces


def test_people_of_other_groups_are_neither_enrolled_here_nor_strangers() -> None:
    """They are company: none of their photos counts."""
    (curve,) = evaluate(faces_of(9, 5), Plan(enrolled=4, others=3))
    assert curve.enrolled_faces == 4 * 2 * 10
    assert curve.stranger_faces == 2 * 5 * 10
    with pytest.raises(UsageError, match="9 people"):
        evaluate(faces_of(9, 5), Plan(enrolled=4, others=5))


def test_rates_at_the_standard_thresholds_are_those_of_the_curve() -> None:
    """Whoever reads the rates at 1 in 1,000 reads the same as in the curve at that score."""
    (curve,) = evaluate(faces_of(12, 6, noise=0.12), Plan(enrolled=6))
    for sure in SURE_BY_RISK.values():
        row = THRESHOLDS.tolist().index(sure)
        assert curve.at(sure) == (curve.fpir[row], curve.tpir[row])


@pytest.mark.parametrize("enrolled", [0, 4, 9])
def test_somebody_must_be_enrolled_and_somebody_strange(enrolled: int) -> None:
    """Rates that cannot be measured are refused, not invented."""
    with pytest.raises(UsageError, match="cannot be enrolled"):
        evaluate(faces_of(4, 5), Plan(enrolled=enrolled))


def test_people_with_too_few_photos_are_not_enrolled() -> None:
    """Whoever has no photo left to be recognised in is a stranger at most."""
    faces = faces_of(3, 4)
    faces.fit_to_enrol[:4] = False
    with pytest.raises(UsageError, match="2 of 3"):
        evaluate(faces, Plan(enrolled=3))
    assert evaluate(faces, Plan(enrolled=2))


def test_page_and_json_name_nobody() -> None:
    """Groups are named, people are not, and a rate of no face is null."""
    faces = faces_of(4, 5)
    nothing = np.full(len(THRESHOLDS), np.nan)
    curves = (*evaluate(faces, Plan(enrolled=2)), Curve("<b>", 0, 0, nothing, nothing, nothing))
    text = identity_page(curves, Plan(enrolled=2), faces)
    value = json.dumps(identity_json(curves, Plan(enrolled=2), faces), allow_nan=False)
    assert not any(person in text + value for person in faces.person)
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert "http" not in text
    assert json.loads(value)["groups"][1]["tpir"][0] is None


@pytest.fixture
def named(tmp_path):
    """Three sample people's portraits, one file that is no photo, and the lists."""
    photos = {}
    (tmp_path / "images").mkdir()
    for person in ("pupil-002", "pupil-003", "pupil-004"):
        files = sorted((sample_images() / "enrolment" / person).glob("*.jpg"))
        for file in files:
            (tmp_path / "images" / f"{person}-{file.name}").write_bytes(file.read_bytes())
        photos[person] = [f"{person}-{file.name}" for file in files]
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    photos["pupil-003"].append("broken.jpg")
    (tmp_path / "identities.json").write_text(json.dumps(photos), encoding="utf-8")
    (tmp_path / "groups.json").write_text(json.dumps({"pupil-002": "oak"}), encoding="utf-8")
    return tmp_path


def test_photos_are_described(named) -> None:
    """Every readable photo gives one face, with its group; the unreadable one is counted."""
    photos, groups = load_identities(named)
    seen = []
    faces = describe_people(photos, groups, _QuickDetector(), load_embedder(), lambda: seen.append(1))
    assert len(faces.person) == len(seen) - 1 == sum(map(len, photos.values())) - 1
    assert faces.unusable == 1
    assert set(faces.group) == {"oak", EVERYBODY}
    assert faces.fit_to_match.sum() >= faces.fit_to_enrol.sum() >= len(faces.person) // 2
    for rows in (faces.embeddings, faces.templates):
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert 0.9 < (faces.embeddings * faces.templates).sum(1).min() < 1


def test_the_command(named, monkeypatch) -> None:
    """JSON on request, and a page where one is asked for."""
    monkeypatch.setattr("anonymiser.school.faces.load_detector", _QuickDetector)
    options = ["--enrolled", "2", "--photos", "2", "--json", "--report", str(named / "page.html")]
    arguments = ["evaluate", "identity", str(named), *options]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False, catch_exceptions=False)
    value = json.loads(result.stdout)
    assert value["people"] == 3
    assert value["unusable"] == 1
    assert [group["group"] for group in value["groups"]] == [EVERYBODY, "oak"]
    assert "<svg" in (named / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "[]", '{"a": "b"}', '{"a": ["missing.jpg"]}'])
def test_a_wrong_list_is_refused(tmp_path, text: str) -> None:
    """Missing, of another form, or naming a photo that is not there: a usage error."""
    if text:
        (tmp_path / "identities.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError):
        load_identities(tmp_path)
