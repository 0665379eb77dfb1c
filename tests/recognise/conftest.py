from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.recognise.embed import SFaceEmbedder
from anonymiser.samples import sample_images
from anonymiser.stages import load_embedder
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Embedding, Gallery, Thresholds
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Pixels

_DEFAULT = Thresholds.standard(1000, 0.08)


@dataclass(frozen=True)
class SamplePhoto:
    """A rendered photo with its true faces."""

    pixels: Pixels
    faces: Faces
    people: tuple[str, ...]


@pytest.fixture(scope="session")
def sample_photo() -> Callable[[str], SamplePhoto]:
    """Read a sample photo by its path in the sample inbox, with the true points of its faces."""
    truth = {p["file"]: p for p in json.loads((sample_images() / "truth.json").read_text(encoding="utf-8"))["photos"]}

    def read(file: str) -> SamplePhoto:
        pixels = decode((sample_images() / "inbox" / file).read_bytes(), DecodeLimits()).pixels
        faces = truth[file]["faces"]
        return SamplePhoto(
            pixels,
            Faces(
                np.array([face["box"] for face in faces], np.float32),
                np.ones(len(faces), np.float32),
                np.array([face["points"] for face in faces], np.float32),
            ),
            tuple(face["person"] for face in faces),
        )

    return read


@pytest.fixture(scope="session")
def sface() -> SFaceEmbedder:
    return load_embedder()


def unit(vectors: np.ndarray) -> Embedding:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture
def random_faces() -> Callable[..., Embedding]:
    """Invented embeddings that share `common` of their direction, as real faces do."""

    def make(count: int, seed: int = 0, common: float = 0.38) -> Embedding:
        random = np.random.default_rng(seed)
        own = unit(random.normal(size=(count, 128)))
        shared = np.eye(128)[0]
        return unit(np.sqrt(1 - common**2) * own + common * shared)

    return make


@pytest.fixture
def gallery_of() -> Callable[..., Gallery]:
    """A gallery from templates by person."""

    def make(
        templates: dict[str, Embedding],
        *,
        cohort: Embedding | None = None,
        thresholds: Thresholds = _DEFAULT,
        lookalikes: tuple[tuple[str, ...], ...] = (),
    ) -> Gallery:
        parts = [np.atleast_2d(part) for part in templates.values()]
        return Gallery(
            people=tuple(map(PersonId, templates)),
            templates=np.concatenate([np.zeros((0, 128), np.float32), *parts]),
            owner=np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
            thresholds=thresholds,
            cohort=np.zeros((0, 128), np.float32) if cohort is None else cohort,
            lookalikes=frozenset(frozenset(map(PersonId, alike)) for alike in lookalikes),
        )

    return make
