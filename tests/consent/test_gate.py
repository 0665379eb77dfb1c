"""The gate of a whole group, from the register to the pixels of a copy."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from anonymiser.consent.contexts import WorkspaceContexts
from anonymiser.consent.importing import ImportReport
from anonymiser.consent.register import Register
from anonymiser.consent.rules import BiometricFact
from anonymiser.detect.interface import FaceDetector, HeadFinder
from anonymiser.labels.interface import TextReader
from anonymiser.pipeline import Pipeline, Stages
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.suitability.interface import SuitabilityClassifier
from anonymiser.values.consent import Event
from anonymiser.values.decision import Keep, Obscure
from anonymiser.values.faces import Faces, Float32
from anonymiser.values.identity import Embedding
from anonymiser.values.labels import TextLine
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Pixels
from anonymiser.values.reasons import Code
from anonymiser.values.report import Job, OutcomeKind, PhotoReport
from anonymiser.weights import ModelId, model_sha256
from anonymiser.workspace import Workspace

ELLA, TOM = PersonId("p00"), PersonId("p01")
SFACE = model_sha256(ModelId.SFACE)


class Scene(SuitabilityClassifier, FaceDetector, HeadFinder, FaceEmbedder, TextReader):
    """Plays all models: the photo is decent, has no text and one face, which is Ella's."""

    model_sha256 = SFACE

    def __init__(self, ella: Embedding) -> None:
        self.ella = ella
        self.described = 0
        """How many faces were turned into numbers."""

    def unsuitable(self, pixels: Pixels) -> float:
        return 0.0

    def swimwear(self, pixels: Pixels, heads: Float32) -> float:
        return 0.0

    def detect(self, pixels: Pixels) -> Faces:
        points = [[82, 78], [118, 78], [100, 98], [86, 116], [114, 116]]
        return Faces(np.array([[60, 40, 140, 140]], np.float32), np.ones(1, np.float32), np.array([points], np.float32))

    def heads(self, pixels: Pixels) -> Faces:
        return Faces.none()

    def embed(self, chips: np.ndarray) -> Embedding:
        self.described += len(chips)
        return np.repeat(self.ella[:1], len(chips), 0)

    def read(self, pixels: Pixels) -> list[TextLine]:
        return []


@pytest.fixture
def scene(face: Callable[[int], Embedding]) -> Scene:
    return Scene(face(0))


@pytest.fixture
def publish(
    workspace: Workspace,
    school: ImportReport,
    register: Register,
    agree: Callable[..., None],
    scene: Scene,
    tmp_path: Path,
) -> Callable[..., PhotoReport]:
    """Process a photo of Ella, who has agreed to everything and is enrolled; her classmate Tom has not answered."""
    register.open_gate("DPIA 7", "Head")
    agree(ELLA)
    register.store_templates(ELLA, scene.ella[:1], SFACE)
    buffer = io.BytesIO()
    noise = np.random.default_rng(3).integers(0, 255, (50, 50, 3), np.uint8)
    Image.fromarray(noise).resize((200, 200), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=95)
    source = tmp_path / "photo.jpg"
    source.write_bytes(buffer.getvalue())
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()

    def run(event: Event) -> PhotoReport:
        settings = Workspace.open(workspace.root).settings
        with WorkspaceContexts(Workspace.open(workspace.root)) as contexts:
            context = contexts.current(event).context
        job = Job("20260619-000001", source, digest, tmp_path / "copy", context)
        return Pipeline(settings, Stages(scene, scene, scene, scene, scene)).process(job)

    return run


def require_whole_group(workspace: Workspace) -> None:
    (workspace.root / "anonymiser.toml").write_text('[recognition]\ngate = "whole-group"\n', encoding="utf-8")


def test_a_group_with_one_missing_consent_is_obscured_as_a_whole(
    workspace: Workspace, publish: Callable[..., PhotoReport], scene: Scene, website: Event
) -> None:
    """The copy goes out with everybody obscured and the reason; no face was even described."""
    require_whole_group(workspace)
    report = publish(replace(website, group="3A"))
    assert report.kind is OutcomeKind.RELEASED
    assert [face.decision for face in report.faces] == [Obscure(Code.GROUP_NOT_AGREED(missing=1))]
    assert scene.described == 0


def test_an_event_without_a_group_is_obscured_as_a_whole(
    workspace: Workspace, publish: Callable[..., PhotoReport], scene: Scene, website: Event
) -> None:
    """Where nobody said who could be in the photo, nobody can say that all of them agreed."""
    require_whole_group(workspace)
    (face,) = publish(website).faces
    assert face.decision == Obscure(Code.NO_GROUP())
    assert scene.described == 0


def test_the_last_consent_opens_the_gate_and_a_refusal_or_a_newcomer_closes_it(
    workspace: Workspace,
    publish: Callable[..., PhotoReport],
    register: Register,
    agree: Callable[..., None],
    load: Callable[..., ImportReport],
    website: Event,
) -> None:
    """Ella is kept while all of 3A have agreed, and from the moment that one has not she is obscured again."""
    require_whole_group(workspace)
    event = replace(website, group="3A")

    def kept() -> bool:
        (face,) = publish(event).faces
        assert face.decision.person == (ELLA if isinstance(face.decision, Keep) else None)
        return isinstance(face.decision, Keep)

    assert not kept()
    agree(TOM)
    assert kept()
    register.record_biometric_refusal(TOM, BiometricFact.CHILD_REFUSAL)
    assert not kept()
    agree(TOM, lifts_refusal=True)
    assert kept()
    load(
        "person_id,forename,surname,class,website\np00,Ella,Smith,3A,granted\np01,Tom,Brown,3A,granted\n"
        "p02,Mia,Khan,3B,granted\np03,Ali,Jones,3B,granted\np04,Ida,West,3A,granted\n"
    )
    assert not kept()


def test_without_that_setting_those_who_agreed_are_recognised(
    publish: Callable[..., PhotoReport], website: Event
) -> None:
    """The default gate looks at each person for themselves."""
    (face,) = publish(replace(website, group="3A")).faces
    assert isinstance(face.decision, Keep)
    assert face.decision.person == ELLA
