"""A class photo of the sample, whose people are known, and a school in which some of them agreed to recognition."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from intake_kit import import_consents
from PIL import Image

from anonymiser.consent.register import Register
from anonymiser.detect.interface import FaceDetector
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.samples import sample_images
from anonymiser.school import faces
from anonymiser.settings import Runtime
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Embedding
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box, Pixels
from anonymiser.workspace import Workspace

PICTURE = "Class photo/oak class 2.jpg"
ELSIE, LUCAS, RORY, ANIKA, ZOE, MINA = map(
    PersonId, ("pupil-001", "pupil-005", "pupil-012", "pupil-014", "pupil-006", "pupil-009")
)
"""In the picture; one of its faces has its eyes hidden."""
AGREED = (ELSIE, LUCAS, RORY)
"""Those of them whose parents agreed in writing."""


@functools.cache
def class_photo(width: int = 1750) -> bytes:
    """The picture, made smaller: less to look through, and faces that are still large enough."""
    with Image.open(sample_images() / "inbox" / PICTURE) as picture:
        return as_jpeg(
            np.asarray(picture.convert("RGB").resize((width, round(width * picture.height / picture.width))))
        )


def as_jpeg(pixels: Pixels) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=92)
    return stream.getvalue()


def portraits(person: str) -> list[bytes]:
    folder = sample_images() / "enrolment" / person
    return [path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix == ".jpg"]


def who_is_at(boxes: Sequence[Box], size: tuple[int, int]) -> dict[str, int]:
    """For each person of the picture the number of the box around their face; numbers begin with 1."""
    truth = json.loads((sample_images() / "truth.json").read_text(encoding="utf-8"))
    (shown,) = (entry for entry in truth["photos"] if entry["file"] == PICTURE)
    with Image.open(sample_images() / "inbox" / PICTURE) as picture:
        scale = size[0] / picture.width
    found = {}
    for face in shown["faces"]:
        x, y = (scale * (face["box"][at] + face["box"][at + 2]) / 2 for at in (0, 1))
        inside = [n for n, box in enumerate(boxes, 1) if box[0] <= x <= box[2] and box[1] <= y <= box[3]]
        found[face["person"]] = inside[0]
    return found


def oak_class(workspace: Workspace, agreed: Sequence[PersonId] = AGREED, *, gate: bool = True) -> None:
    """The sample's class in the workspace's register."""
    import_consents(workspace, (sample_images() / "consents.csv").read_text(encoding="utf-8"))
    (workspace.root / "consents.csv").unlink()
    with Register.open(workspace) as register:
        for person in agreed:
            register.record_biometric_consent(person, evidence="file 3", parents_notified=dt.date(2024, 9, 2))
        if gate:
            register.open_gate("DPIA 7", "governors")


@dataclass
class Watched(FaceDetector, FaceEmbedder):
    """The product's own networks: each picture is searched once for all tests, and descriptions are counted."""

    detector: FaceDetector
    embedder: FaceEmbedder
    described: Counter[str] = field(default_factory=Counter)
    loaded: int = 0
    _found: dict[str, Faces] = field(default_factory=dict)

    @property
    def model_sha256(self) -> str:
        return self.embedder.model_sha256

    def detect(self, pixels: Pixels) -> Faces:
        key = hashlib.sha256(pixels.tobytes()).hexdigest()
        if key not in self._found:
            self._found[key] = self.detector.detect(pixels)
        return self._found[key]

    def embed(self, chips: np.ndarray) -> Embedding:
        self.described["chips"] += len(chips)
        return self.embedder.embed(chips)

    @property
    def chips(self) -> int:
        """How many pictures of faces were described since the last `forget`."""
        return self.described["chips"]

    def forget(self) -> None:
        self.described.clear()
        self.loaded = 0

    def load(self, _runtime: Runtime = Runtime.ONNXRUNTIME) -> tuple[FaceDetector, FaceEmbedder]:
        self.loaded += 1
        return self, self


@functools.cache
def _watched() -> Watched:
    return Watched(*faces.networks())


def watched_networks(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """From here on in this test, in place of the networks of `school.faces`."""
    networks = _watched()
    networks.forget()
    monkeypatch.setattr(faces, "networks", networks.load)
    return networks
