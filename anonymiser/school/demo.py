"""Every step on invented pupils, and whether the result is right.

A real school with real settings, except for LOOSENED: rendered people differ from photographed ones, and with a
school's own limits the program would, rightly, show almost nobody here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from anonymiser.consent.biometrics import GateState
from anonymiser.consent.register import Register
from anonymiser.consent.vault import KeyFile
from anonymiser.errors import UsageError
from anonymiser.evaluate.truth import Photo, Truth
from anonymiser.evaluate.verdicts import Published, Verdicts, check
from anonymiser.intake.batch import Stop
from anonymiser.intake.results import Result
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.recognise.calibrate import Budget, Calibration, NoPromise
from anonymiser.samples import sample_images
from anonymiser.school.consents import BiometricsImported, Imported
from anonymiser.school.faces import Enrolment, whole_school
from anonymiser.school.runs import Run, WorkerFactory
from anonymiser.school.school import School
from anonymiser.settings import Settings, SuitabilitySettings
from anonymiser.values.photo import Pixels
from anonymiser.values.progress import Progress, untold

MARKER = "this-is-a-demo"
"""File in `data/` that tells a later demo that it may clear the folder."""

CALIBRATION_EVENTS = ("Class assembly", "Playground")
"""Events whose photos stand for the school's own photos in calibration."""

RISK = Budget(false_keeps=0.15, confidence=0.8)
SWIMWEAR_REVIEW = 0.3

DPIA, APPROVED_BY = "DEMO-1", "nobody, this is a demo"


@dataclass(frozen=True, slots=True)
class Loosened:
    """A limit that is looser in the demo than in a school."""

    what: str
    here: str
    in_a_school: str
    why: str


LOOSENED = (
    Loosened(
        "risk of showing a face that is not enrolled",
        f"{RISK.false_keeps:.0%}, {RISK.confidence:.0%} sure",
        f"1 in {1 / Budget().false_keeps:,.0f}, {Budget().confidence:.0%} sure",
        "rendered faces are far more alike than real ones; here calibration could promise nothing better",
    ),
    Loosened(
        "swimwear score from which a photo waits",
        f"{SWIMWEAR_REVIEW:g}",
        f"{SuitabilitySettings().swimwear_review:g}",
        "rendered skin and cloth are smooth, and the network takes some of them for swimwear",
    ),
    Loosened(
        "people who still look alike",
        "declared different, by this program",
        "a person compares each pair",
        "each was rendered as a different person, so it is known here that they differ",
    ),
)
"""Shown to the person who runs the demo."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """How alike the invented people are."""

    result: Calibration | NoPromise
    declared_different: int
    """Pairs of look-alikes that nobody compared: the demo itself declared them different."""


class Demo:
    """One demonstration; call its steps in their order."""

    def __init__(self, school: School, samples: Path) -> None:
        self.school = school
        self.samples = samples

    @classmethod
    def begin(cls, root: Path, workers: WorkerFactory | None = None) -> Self:
        """A new workspace in `root` with the sample photos in its inbox.

        The folder of an earlier demo is cleared first. Raises UsageError if `root` holds anything else.
        """
        samples = sample_images()
        if (root / "data" / MARKER).is_file():
            shutil.rmtree(root)
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise UsageError(f"{root} is in use", remedy="Give another folder: anonymise demo DIR")
        settings = Settings(suitability=SuitabilitySettings(swimwear_review=SWIMWEAR_REVIEW))
        school = School.create(root, settings, workers=workers)
        workspace = school.workspace
        (workspace.data / MARKER).touch()
        # A demo leaves nothing behind in the user's keyring.
        Register.open(workspace, KeyFile(workspace.key_file)).close()
        shutil.copytree(samples / "inbox", workspace.inbox, dirs_exist_ok=True)
        return cls(school, samples)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.school.close()

    def import_consents(self) -> Imported:
        """Who agreed to what."""
        done = self.school.import_consents(self.samples / "consents.csv")
        if not isinstance(done, Imported):
            raise TypeError("the sample consents are in the program's own format")
        return done

    def import_biometrics(self) -> BiometricsImported:
        """Who agreed to face recognition."""
        return self.school.import_biometrics(self.samples / "biometric_consent.csv")

    def open_gate(self) -> GateState:
        """Switch recognition on."""
        self.school.register.open_gate(DPIA, APPROVED_BY)
        return self.school.register.gate()

    def enrol(self, progress: Progress = untold) -> Enrolment:
        """The faces of those who agreed."""
        return self.school.enrol(self.samples / "enrolment", progress=progress)

    def calibrate(self, progress: Progress = untold) -> Calibrated:
        """How alike the faces are, with the demo's own limits."""
        inbox = self.school.workspace.inbox
        photos = [path for event in CALIBRATION_EVENTS for path in sorted((inbox / event).iterdir())]
        result = self.school.calibrate(photos, RISK, progress=progress)
        if isinstance(result, NoPromise):
            return Calibrated(result, 0)
        register = self.school.register
        pairs = whole_school(register, result.model_sha256, self.school.settings.recognition).lookalikes
        for pair in pairs:
            register.declare_lookalikes(pair, alike=False)
        return Calibrated(result, len(pairs))

    def photos(self, stop: Stop | None = None) -> AbstractContextManager[Run]:
        """The run over every sample photo."""
        return self.school.run(stop=stop)

    def verdicts(self, results: Iterable[Result]) -> Verdicts:
        """Every face and every name, looked for in the copies themselves, and every file where it must be."""
        root = self.school.workspace.root
        published = {
            result.relative: Published(result.report.kind, root / result.output if result.output else None)
            for result in results
        }
        return check(Truth.load(self.samples / "truth.json"), published, self._original)

    def _original(self, photo: Photo) -> Pixels:
        data = (self.samples / "inbox" / photo.file).read_bytes()
        pixels: Pixels = np.asarray(decode(data, DecodeLimits()).pixels)
        return pixels
