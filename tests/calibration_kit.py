"""Faces for a calibration without a network: every picture shows so many strangers, each time the same ones."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field

import numpy as np
import pytest

from anonymiser import calibration
from anonymiser.consent.register import Register
from anonymiser.recognise.embed import normalised
from anonymiser.school import faces
from anonymiser.values.identity import Embedding
from anonymiser.values.photo import Pixels
from anonymiser.weights import ModelId, model_sha256
from anonymiser.workspace import Workspace


@dataclass(frozen=True)
class Described:
    """The faces of one picture; several are looked at at the same time."""

    good: Embedding


@dataclass
class Crowd:
    """In place of detector and embedder."""

    people: int = 12
    """In each picture."""
    waits_for: threading.Event | None = None
    """From the second picture on, nothing goes on before this."""
    model_sha256: str = field(default_factory=lambda: model_sha256(ModelId.SFACE))
    seen: list[str] = field(default_factory=list)

    def detect(self, pixels: Pixels) -> Described:
        if self.waits_for is not None and self.seen:
            assert self.waits_for.wait(60)
        key = hashlib.sha256(pixels.tobytes()).hexdigest()
        self.seen.append(key)
        random = np.random.default_rng(int(key[:8], 16))
        return Described(normalised(random.normal(size=(self.people, 128)).astype(np.float32)))


def crowd(monkeypatch: pytest.MonkeyPatch, people: int = 12) -> Crowd:
    """From here on in this test, what the networks see."""
    made = Crowd(people)
    monkeypatch.setattr(faces, "networks", lambda *_: (made, made))
    monkeypatch.setattr(calibration, "describe", lambda _pixels, found, _embedder: found)
    return made


def open_gate(workspace: Workspace) -> None:
    with Register.open(workspace) as register:
        register.open_gate("DPIA 7", "governors")
