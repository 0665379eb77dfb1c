"""The faces of a school: learning them from portraits, and how alike they are.

Loads the networks, so School imports it only when faces are asked for.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from anonymiser import wording
from anonymiser.calibration import calibrate_from_photos
from anonymiser.consent.biometrics import thresholds_now
from anonymiser.consent.naming import people_called
from anonymiser.consent.register import Register
from anonymiser.detect.interface import FaceDetector
from anonymiser.enrol import EnrolmentResult, PersonResult, enrol_folder, enrol_named, enrol_portraits
from anonymiser.isolation import decode
from anonymiser.photo.decode import DecodeLimits
from anonymiser.recognise.calibrate import Budget, Calibration, NoPromise
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.recognise.quality import ENROLMENT
from anonymiser.recognise.recognise import falling_short
from anonymiser.settings import Recognition, RecognitionGate, Runtime, Settings
from anonymiser.stages import load_detector, load_embedder
from anonymiser.values.consent import Event, Purpose
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Gallery
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Photo, Pixels
from anonymiser.values.progress import Progress, untold
from anonymiser.values.reasons import Reason

__all__ = [
    "Budget",
    "Calibration",
    "Enrolment",
    "EnrolmentResult",
    "NoPromise",
    "PersonResult",
    "calibrate",
    "enrol",
    "enrol_in_photo",
    "enrol_one",
    "find",
    "networks",
    "whole_school",
]

Forbidden = Callable[[PersonId], str]
"""Why a person may not be enrolled; empty if they may."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What happened to portraits; templates of everybody who could be enrolled are stored."""

    result: EnrolmentResult
    known: frozenset[PersonId] = field(repr=False)
    """Everybody in the register: a folder may have any name, even a pupil's."""
    unruled: tuple[tuple[PersonId, PersonId], ...]
    """Pairs that look alike, and that no person has compared yet."""


def networks(runtime: Runtime = Runtime.ONNXRUNTIME) -> tuple[FaceDetector, FaceEmbedder]:
    """The product's own detector and recogniser. Raises ModelError if a model file is missing or altered."""
    return load_detector(runtime), load_embedder()


@dataclass(frozen=True, slots=True)
class Given:
    """A portrait that came as bytes and is held in memory alone."""

    name: str
    data: bytes = field(repr=False)

    def read_bytes(self) -> bytes:
        """The whole file."""
        return self.data


def enrol(register: Register, folder: Path, settings: Settings, progress: Progress) -> Enrolment:
    """Learn the faces of people with biometric consent from `folder/<person>/<photos>`, which are not kept.

    A folder is named after its person: by id, or by a full name that only one person in the register has.

    Raises SafetyRefusal if the gate is closed, UsageError if the folder has no folder of a person.
    """
    people = {person.id: person for person in register.people()}

    def person_of(name: str) -> PersonId:
        called = people_called(people, name)
        return called[0] if len(called) == 1 else PersonId(name)

    return _enrolled(register, settings, functools.partial(enrol_folder, folder, person_of=person_of), progress)


def enrol_one(
    register: Register, person: PersonId, photos: Sequence[bytes], settings: Settings, progress: Progress
) -> Enrolment:
    """Learn one person's face from photos that replace those learned before; they are numbered from 1 and not kept.

    Raises SafetyRefusal if the gate is closed.
    """
    given = {person: [Given(str(number), data) for number, data in enumerate(photos, start=1)]}
    return _enrolled(register, settings, functools.partial(enrol_portraits, given), progress)


def find(data: bytes, settings: Settings) -> tuple[Photo, Faces, tuple[Reason | None, ...]]:
    """The photo, its faces, and why each cannot be learned; nobody is described. Raises PhotoError if it is no picture.

    It asks the register nothing: the gate is the caller's.
    """
    photo = _decoder(settings)(data)
    detector, _ = networks(settings.detection.runtime)
    faces = detector.detect(photo.pixels)
    return photo, faces, falling_short(photo.pixels, faces, ENROLMENT)


def enrol_in_photo(
    register: Register, pixels: Pixels, faces: Faces, named: Mapping[PersonId, int], settings: Settings
) -> Enrolment:
    """Learn the faces that somebody has named in one photo; each joins what was learned before (enrol.enrol_named).

    Raises SafetyRefusal if the gate is closed.
    """

    def enrolling(*, forbidden: Forbidden, embedder: FaceEmbedder, gallery: Gallery, **_: object) -> EnrolmentResult:
        return enrol_named(pixels, faces, named, forbidden=forbidden, embedder=embedder, gallery=gallery)

    return _enrolled(register, settings, enrolling, untold, joining=True)


def _decoder(settings: Settings) -> Callable[[bytes], Photo]:
    limits = DecodeLimits(settings.intake.max_source_megapixels, settings.intake.min_side_pixels)
    return functools.partial(decode, limits=limits, max_megapixels=settings.publishing.max_megapixels)


def _enrolled(
    register: Register,
    settings: Settings,
    enrolling: Callable[..., EnrolmentResult],
    progress: Progress,
    *,
    joining: bool = False,
) -> Enrolment:
    """Templates of everybody who may be enrolled, made by `enrolling` and stored.

    `joining` says that those who were enrolled before keep their templates, and with them their last day.
    """
    register.gate().require_open()
    people = {person.id: person for person in register.people()}
    detector, embedder = networks(settings.detection.runtime)
    gallery = whole_school(register, embedder.model_sha256, settings.recognition)

    def forbidden(person: PersonId) -> str:
        if person not in people:
            if called := people_called(people, person):
                return f"{len(called)} people have that name: name the folder after an id ({', '.join(called)})"
            return "the register has no such person"
        if joining and not people[person].present:
            return wording.NOT_ON_LIST
        ruling = register.biometric_ruling(person)
        return wording.say(ruling.because) if ruling.because else ""

    result = enrolling(
        forbidden=forbidden,
        decode=_decoder(settings),
        detector=detector,
        embedder=embedder,
        gallery=gallery,
        progress=progress,
    )
    for person in result.people:
        if len(person.templates):
            expiry = settings.recognition.template_expiry
            if joining and person.person in gallery.people:
                known = register.dossier(person.person, ()).templates_expire
                expiry = min(filter(None, [expiry, known]), default=None)
            register.store_templates(person.person, person.templates, embedder.model_sha256, expiry)
    rulings = register.lookalikes()
    return Enrolment(
        result, frozenset(people), tuple(pair for pair in result.lookalikes if frozenset(pair) not in rulings)
    )


def calibrate(
    register: Register,
    photos: Sequence[Path],
    settings: Settings,
    budget: Budget | None,
    progress: Progress,
) -> Calibration | NoPromise:
    """Measure on `photos` and the people enrolled, and keep the thresholds if they meet the budget.

    Raises SafetyRefusal if the gate is closed.
    """
    register.gate().require_open()
    detector, embedder = networks(settings.detection.runtime)
    everybody = whole_school(register, embedder.model_sha256, settings.recognition)
    result = calibrate_from_photos(
        photos,
        everybody,
        detector,
        embedder,
        settings,
        budget or Budget(),
        progress,
    )
    if isinstance(result, Calibration):
        register.store_calibration(result.model_sha256, result.thresholds)
    return result


def whole_school(register: Register, model_sha256: str, settings: Recognition) -> Gallery:
    """Everybody who is enrolled, in no group: look-alikes and thresholds are for the whole school."""
    everybody = settings.model_copy(update={"max_gallery": sys.maxsize, "gate": RecognitionGate.ENROLLED_ONLY})
    gallery = register.gallery(Event("enrolment", Purpose("enrolment")), model_sha256, everybody)
    if not gallery.closed_because:
        return gallery
    return replace(
        Gallery.closed(gallery.closed_because),
        thresholds=thresholds_now(register.calibration(model_sha256), settings),
        closed_because=None,
    )
