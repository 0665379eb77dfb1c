"""One photo of a class in which somebody names faces, so that the program learns several children at once.

The photo is held in memory alone, and never becomes a photo of the pipeline. Opening it finds faces and measures how
clear they are; nobody is described before somebody has named them and their consent has been checked.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np

from anonymiser.consent.people import Person, name_key
from anonymiser.consent.register import Register
from anonymiser.consent.rules import Ruling
from anonymiser.errors import PhotoError, UsageError
from anonymiser.school.inbox import groups_of
from anonymiser.school.look import shrunk
from anonymiser.school.viewing import in_reading_order
from anonymiser.settings import Settings
from anonymiser.values.faces import Faces
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box, Pixels
from anonymiser.weights import ModelId, model_sha256
from anonymiser.wording import NOT_ON_LIST, say

_QUALITY = 85
"""Of a picture that is looked at once, on a screen."""


@dataclass(frozen=True, slots=True)
class FaceFound:
    """One face of the photo."""

    number: int
    """From 1 in reading order."""
    box: Box
    """In the pixels of `ClassPhoto.size`."""
    why_not: str
    """Why it cannot be learned, in plain English; empty if it can."""


@dataclass(frozen=True, slots=True)
class ClassPhoto:
    """A photo that waits for names; it is gone when nobody holds this value any more."""

    key: str
    """16 hexadecimal digits, so that a page can say which photo it speaks of."""
    size: tuple[int, int]
    """Width and height that the boxes are for."""
    faces: tuple[FaceFound, ...]
    picture: bytes = field(repr=False)
    """A JPEG for the screen, upright and without anything but pixels."""
    pixels: Pixels = field(repr=False)
    found: Faces = field(repr=False)
    """Row n - 1 is the face of number n."""


@dataclass(frozen=True, slots=True)
class Nameable:
    """Somebody of the register, as a choice for a face."""

    person: PersonId
    forename: str = field(repr=False)
    """The name in daily use."""
    surname: str = field(repr=False)
    groups: tuple[str, ...]
    in_group: bool
    """Whether they belong to the class that the photo shows."""
    learned: bool
    """Whether something was learned about their face before."""
    why_not: str
    """Why they cannot be chosen, in plain English; empty if they can."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What became of the names."""

    learned: tuple[PersonId, ...]
    refused: tuple[tuple[PersonId, str], ...]
    """Who was not learned, and why in plain English."""
    alike: int
    """How many pairs look alike now and have been compared by nobody."""


class ClassPhotos:
    """Photos of classes for a front end that a person sits at; `SchoolRecognition.class_photos` makes it."""

    def __init__(
        self, register: Register, settings: Settings, refusals: Callable[[str], AbstractContextManager[None]]
    ) -> None:
        """`refusals` records what is refused inside it, by what was tried."""
        self._register = register
        self._settings = settings
        self._refusals = refusals

    def groups(self) -> tuple[str, ...]:
        """Every class of the school's list, in order."""
        return groups_of(self._register)

    def people(self, group: str) -> tuple[Nameable, ...]:
        """Everybody: the class first, each part by surname. Who may not be learned is listed with the reason."""
        rulings = self._register.biometric_rulings()
        enrolled = self._register.enrolled(model_sha256(ModelId.SFACE))
        found = [
            Nameable(
                person=person.id,
                forename=person.names.preferred or person.names.forename,
                surname=person.names.surname,
                groups=person.groups,
                in_group=person.belongs_to(group),
                learned=person.id in enrolled,
                why_not=_why_not(person, rulings[person.id]),
            )
            for person in self._register.people()
        ]
        return tuple(sorted(found, key=lambda one: (not one.in_group, name_key(one.surname), name_key(one.forename))))

    def opening(self, longest_side: int) -> Callable[[bytes], ClassPhoto]:
        """What finds the faces of a photo in a file; `picture` is at most `longest_side` pixels long and wide.

        It asks the register nothing, so it may be called in any thread. It raises UsageError if the file is no picture
        or no face is in it. Raises SafetyRefusal if the gate is closed.
        """
        with self._refusals("enrolment"):
            self._register.gate().require_open()
        return functools.partial(_opened, settings=self._settings, longest_side=longest_side)

    def learn(self, photo: ClassPhoto, named: Mapping[int, PersonId]) -> Learned:
        """Learn the people who were named, by the numbers of their faces; consent is asked about before anything else.

        Each face joins what was learned about its person before. Raises SafetyRefusal if the gate is closed, UsageError
        if nobody is named, somebody twice, or a face that the photo does not have.
        """
        from anonymiser.school import faces  # noqa: PLC0415 - loads the networks

        if not named:
            raise UsageError("nobody is named", remedy="Choose at least one face and say who it is.")
        if len(set(named.values())) < len(named):
            raise UsageError("the same person is named for two faces", remedy="Take the name off one of the two.")
        if not named.keys() <= {face.number for face in photo.faces}:
            raise UsageError("the photo has no such face", remedy="Reload the page.")
        rows = {person: number - 1 for number, person in named.items()}
        with self._refusals("enrolment"):
            done = faces.enrol_in_photo(self._register, photo.pixels, photo.found, rows, self._settings)
        return Learned(
            learned=tuple(one.person for one in done.result.people if len(one.templates)),
            refused=tuple((one.person, one.refused_because) for one in done.result.people if not len(one.templates)),
            alike=len(done.unruled),
        )


def _opened(data: bytes, *, settings: Settings, longest_side: int) -> ClassPhoto:
    from anonymiser.photo.encode import encode  # noqa: PLC0415 - as the networks: only where a photo has come
    from anonymiser.school import faces  # noqa: PLC0415 - loads the networks

    try:
        photo, found, short = faces.find(data, settings)
    except PhotoError as error:
        raise UsageError(f"this photo cannot be used: {error.message}", remedy=error.remedy) from None
    if not len(found):
        raise UsageError("no face was found in this photo", remedy="Choose another one, sharp and upright.")
    height, width = photo.pixels.shape[:2]
    boxes = [_box(found, row) for row in range(len(found))]
    order = in_reading_order(range(len(found)), lambda row: boxes[row])
    reasons = [short[row] for row in order]
    return ClassPhoto(
        key=secrets.token_hex(8),
        size=(width, height),
        faces=tuple(
            FaceFound(number, boxes[row], say(reason) if reason else "")
            for number, (row, reason) in enumerate(zip(order, reasons, strict=True), 1)
        ),
        picture=encode(shrunk(photo.pixels, max(1, longest_side)), quality=_QUALITY),
        pixels=photo.pixels,
        found=found[np.array(order, np.intp)],
    )


def _why_not(person: Person, ruling: Ruling) -> str:
    if not person.present:
        return NOT_ON_LIST
    return say(ruling.because) if ruling.because else ""


def _box(faces: Faces, row: int) -> Box:
    left, top, right, bottom = (float(value) for value in faces.xyxy[row])
    return left, top, right, bottom
