"""Whether published copies of photos with known truth show the people they may show, and nobody else.

What the program itself reports about faces and labels plays no part: every face and every label in the truth is looked
for in the pixels of the copy.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from anonymiser.evaluate.covered import box_quad, destroyed, intact
from anonymiser.evaluate.truth import Photo, Truth
from anonymiser.values.photo import Pixels
from anonymiser.values.report import OutcomeKind

_PICTURE_FACTS = frozenset({"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"})
"""What Pillow reports about a JPEG that contains only a picture."""

_HELD_BACK = (OutcomeKind.REVIEW, OutcomeKind.QUARANTINED, OutcomeKind.FAILED, OutcomeKind.SEALED)
"""Outcomes without a copy in the outbox, now or before."""


@dataclass(frozen=True, slots=True)
class Published:
    """Where one file of the inbox ended up."""

    outcome: OutcomeKind
    copy: Path | None
    """The copy in `outbox/` or `review/`; None if none was made."""


@enum.unique
class Question(enum.StrEnum):
    """What is asked about faces, labels, copies and files; the most important first."""

    HIDDEN = "faces that must not be shown: destroyed"
    UNNAMED = "names on badges, boards and certificates: destroyed"
    HELD_BACK = "files that must wait or be refused: held back"
    CLEAN = "copies that hold nothing but a picture"
    SHOWN = "clear faces of people who agreed: kept"
    ARRIVED = "files that ended where they should"


@dataclass(frozen=True, slots=True)
class Answer:
    """One question, asked once."""

    question: Question
    file: str
    """`Photo.file` of the photo in question."""
    subject: str
    """Face, label or file, without anybody's name."""
    met: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was as it had to be."""

    met: int
    of: int

    def __str__(self) -> str:
        return f"{self.met} of {self.of}"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The comparison of all photos with the truth."""

    answers: tuple[Answer, ...]

    def count(self, question: Question) -> Count:
        """How often the question was asked and met."""
        met = [answer.met for answer in self.answers if answer.question is question]
        return Count(sum(met), len(met))

    @property
    def misses(self) -> tuple[Answer, ...]:
        """Everything that is not as it should be."""
        return tuple(answer for answer in self.answers if not answer.met)

    @property
    def safe(self) -> bool:
        """Nobody was exposed, and nothing that must wait was released; hiding too much exposes nobody."""
        return {miss.question for miss in self.misses} <= {Question.SHOWN, Question.ARRIVED}

    @property
    def table(self) -> tuple[tuple[str, str], ...]:
        """Plain-English lines: what was asked, and how often it was met."""
        return tuple((str(question), str(self.count(question))) for question in Question)


def check(truth: Truth, published: Mapping[str, Published], original_of: Callable[[Photo], Pixels]) -> Verdicts:
    """Compare copies with the truth.

    Args:
        truth: What every file shows.
        published: Result by `Photo.file`; a file without one is lost.
        original_of: The photo's upright pixels before anything was done to them, at `Photo.size`.
    """
    answers: list[Answer] = []
    for twins in _twins(truth.photos):
        answers += _held_back(twins, published)
        answers += _arrivals(twins, published)
        copies = [(photo, copy) for photo in twins if (copy := _copy_of(photo, published))]
        for photo, copy in copies:
            answers += _look(photo, original_of(photo), copy)
        if not copies:
            answers += _unseen(twins[0])
    return Verdicts(tuple(answers))


def _copy_of(photo: Photo, published: Mapping[str, Published]) -> Path | None:
    result = published.get(photo.file)
    return result.copy if result else None


def _twins(photos: tuple[Photo, ...]) -> list[list[Photo]]:
    """Photos grouped by equal bytes: which of two equal files is processed depends on the order of arrival."""
    groups: dict[str, list[Photo]] = defaultdict(list)
    for photo in photos:
        groups[min(photo.file, photo.same_as or photo.file)].append(photo)
    return list(groups.values())


def _held_back(twins: list[Photo], published: Mapping[str, Published]) -> Iterator[Answer]:
    """Whether every file was held back that a person must see first, or that nobody may see.

    A file that is held back for another reason counts too; but a file that must be sealed must be in no other place.
    """
    found = [published[photo.file].outcome for photo in twins if photo.file in published]
    for photo in twins:
        if photo.outcome not in _HELD_BACK:
            continue
        enough = [photo.outcome] if photo.outcome is OutcomeKind.SEALED else [photo.outcome, *_HELD_BACK]
        match = next((outcome for outcome in enough if outcome in found), None)
        if match is not None:
            found.remove(match)
        yield Answer(Question.HELD_BACK, photo.file, f"must be {photo.outcome}", met=match is not None)


def _arrivals(twins: list[Photo], published: Mapping[str, Published]) -> Iterator[Answer]:
    due = [photo.outcome for photo in twins]
    for photo in twins:
        result = published.get(photo.file)
        found = result.outcome if result else None
        met = found in due
        if found and met:
            due.remove(found)
        yield Answer(Question.ARRIVED, photo.file, f"{found or 'lost'} instead of {photo.outcome}", met)


def _unseen(photo: Photo) -> Iterator[Answer]:
    """Answers for a photo without a copy: nobody is exposed, and nobody is shown."""
    for number, face in enumerate(photo.faces, 1):
        if not face.may_keep:
            yield Answer(Question.HIDDEN, photo.file, f"face {number}", met=True)
        elif face.must_keep:
            yield Answer(Question.SHOWN, photo.file, f"face {number}", met=False)
    for number, _ in enumerate(photo.labels, 1):
        yield Answer(Question.UNNAMED, photo.file, f"label {number}", met=True)


def _look(photo: Photo, original: Pixels, copy: Path) -> Iterator[Answer]:
    with Image.open(copy) as image:
        pixels = np.array(image.convert("RGB"))
        extras = sorted(map(str, set(image.info) - _PICTURE_FACTS)) + ["EXIF"] * bool(image.getexif())
    extras += ["trailing bytes"] * (not copy.read_bytes().endswith(b"\xff\xd9"))
    yield Answer(Question.CLEAN, photo.file, ", ".join(extras) or "copy", met=not extras)
    for number, face in enumerate(photo.faces, 1):
        subject = f"face {number} ({face.person}, {face.because})"
        quad = box_quad(np.array(face.box))
        if not face.may_keep:
            yield Answer(Question.HIDDEN, photo.file, subject, met=destroyed(original, pixels, quad))
        elif face.must_keep:
            yield Answer(Question.SHOWN, photo.file, subject, met=intact(original, pixels, quad))
    for number, label in enumerate(photo.labels, 1):
        subject = f"label {number} ({label.kind})"
        yield Answer(Question.UNNAMED, photo.file, subject, met=destroyed(original, pixels, np.array(label.quad)))
