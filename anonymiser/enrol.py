"""From portraits of known people to templates; says why a photo cannot be used.

A wrong or bad template shows a child who must not be shown, so every doubt about a photo rejects it. Nothing is
computed about people who may not be enrolled, and nothing is written: the caller stores the templates.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from anonymiser.detect.interface import FaceDetector
from anonymiser.errors import PhotoError, UsageError
from anonymiser.recognise.identify import resembling_pairs
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.recognise.quality import ENROLMENT
from anonymiser.recognise.recognise import NOT_LOCATED, describe_portrait, falling_short
from anonymiser.threads import in_order
from anonymiser.values.faces import Faces
from anonymiser.values.identity import Embedding, Gallery
from anonymiser.values.people import PersonId
from anonymiser.values.photo import Photo, Pixels
from anonymiser.values.progress import Progress, untold
from anonymiser.wording import say

_BYSTANDER = 0.4
"""A face with less than this share of the main one's prominence is in the background and is ignored."""

_SAME_HEAD = 0.75
"""In widths and heights of the main face's box: a centre this near to its own is a second box, not another head."""

_SAME_PICTURE = 0.90
"""Similarity of one picture saved twice (median 0.96 if cropped, reduced or lightened). Of two photos of one adult, 1
pair in 1,000 reaches it; pairs of different people do not exceed 0.5."""

_SAME_PERSON = 0.41
"""A photo must be at least this similar to another of the same person: 98% of pairs of different children are not (0.40
for photos as they are; the means of their copies are a little more alike)."""

_NO_FACE = "no face"
_SEVERAL = "several faces"
_TWICE = "given twice for this person"
_TWO_PEOPLE = "given for two people"
_SOMEBODY_ELSES = "the same picture is enrolled for somebody else"
_UNLIKE = "does not look like the person's other photos"
_LEARNED_BEFORE = "learned from this very picture before"

MOST_PHOTOS = 12
"""Of one person: more than four bring little (docs/recognition.md)."""
_ENOUGH = "learned from enough photos already"


class Portrait(Protocol):
    """One photo of one person, as a file or as bytes that never become one."""

    @property
    def name(self) -> str:
        """What the person who gave it calls it."""

    def read_bytes(self) -> bytes:
        """The whole file. Raises OSError."""


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """What happened to one photo."""

    file: str = field(repr=False)
    """Its name, which may hold a pupil's: for the terminal of the person who gave it, never for a log or JSON."""
    rejected_because: str
    """Plain English; empty if the photo became a template."""


@dataclass(frozen=True, slots=True)
class PersonResult:
    """What happened to one person's folder."""

    person: PersonId
    templates: Embedding = field(repr=False)
    """`float32 [k, 128]`, raw, unit length; k is 0 if the person cannot be enrolled."""
    photos: tuple[PhotoResult, ...]
    """In order of their file names; empty if the photos were not opened."""
    refused_because: str = ""
    """Why the person cannot be enrolled, in plain English."""


@dataclass(frozen=True, slots=True)
class EnrolmentResult:
    """What happened to all the portraits."""

    people: tuple[PersonResult, ...]
    lookalikes: tuple[tuple[PersonId, PersonId], ...]
    """Pairs within the "could be" threshold, at least one of them now enrolled: neither is shown unless both have
    agreed."""
    loose_files: int
    """Photos that are not in a person's folder, and were not opened."""


@dataclass(frozen=True, slots=True)
class _Template:
    """A photo of one person, with what is known about it so far."""

    person: PersonId
    photo: PhotoResult
    sha256: str
    embedding: Embedding | None = field(default=None, repr=False)

    def rejected(self, because: str) -> _Template:
        return replace(self, photo=PhotoResult(self.photo.file, because), embedding=None)


def enrol_folder(
    folder: Path,
    *,
    person_of: Callable[[str], PersonId] = PersonId,
    forbidden: Callable[[PersonId], str],
    decode: Callable[[bytes], Photo],
    detector: FaceDetector,
    embedder: FaceEmbedder,
    gallery: Gallery,
    progress: Progress = untold,
) -> EnrolmentResult:
    """Make templates from `folder/<person>/<photo>`.

    Args:
        folder: Folder of folders; hidden files and folders are ignored.
        person_of: Whom a folder's name means; by default it is the id. Folders of one person count as one.
        forbidden: Why a person may not be enrolled, in which case their photos are not opened; empty if they may.
        decode: The picture in a file; its PhotoErrors become reasons.
        detector: Finds the faces.
        embedder: Makes the embeddings.
        gallery: Who is already enrolled, and the score from which two people could be each other.
        progress: Told of each photo; photos that are not opened do not count.

    Raises UsageError if the folder has no folder of a person, or cannot be read.
    """
    people, loose_files = _listing(folder, person_of)
    done = enrol_portraits(
        people,
        forbidden=forbidden,
        decode=decode,
        detector=detector,
        embedder=embedder,
        gallery=gallery,
        progress=progress,
    )
    return replace(done, loose_files=loose_files)


def enrol_portraits(
    people: Mapping[PersonId, Sequence[Portrait]],
    *,
    forbidden: Callable[[PersonId], str],
    decode: Callable[[bytes], Photo],
    detector: FaceDetector,
    embedder: FaceEmbedder,
    gallery: Gallery,
    progress: Progress = untold,
) -> EnrolmentResult:
    """Make templates from each person's photos; the arguments are those of `enrol_folder`."""
    refusals = {person: forbidden(person) for person in people}
    to_open = [(person, photo) for person, photos in people.items() if not refusals[person] for photo in photos]
    found = list(in_order(lambda given: _template(*given, decode, detector, embedder), to_open, progress))
    found = _without_strangers(
        _without_others(_without_shared(_without_copies(found)), gallery, replaced=people.keys())
    )
    by_person: dict[PersonId, list[_Template]] = defaultdict(list)
    for template in found:
        by_person[template.person].append(template)
    results = tuple(_person_result(person, by_person[person], refusals[person]) for person in people)
    return EnrolmentResult(results, _lookalikes(results, gallery), loose_files=0)


def enrol_named(
    pixels: Pixels,
    faces: Faces,
    named: Mapping[PersonId, int],
    *,
    forbidden: Callable[[PersonId], str],
    embedder: FaceEmbedder,
    gallery: Gallery,
) -> EnrolmentResult:
    """Make templates from the faces of one photo that somebody has named.

    Unlike portraits, a face joins what was learned about its person before, and has to resemble it.

    Args:
        pixels: The photo, upright.
        faces: Its faces, in its own pixels.
        named: For each person the row of `faces` that shows them.
        forbidden: Why a person may not be enrolled, in which case their face is not described; empty if they may.
        embedder: Makes the embeddings.
        gallery: Who is already enrolled, and the score from which two people could be each other.
    """
    refusals = {person: forbidden(person) for person in named}
    short = falling_short(pixels, faces, ENROLMENT)
    found: list[_Template] = []
    for person, row in named.items():
        start = _Template(person, PhotoResult("", refusals[person]), "")
        if refusals[person]:
            found.append(start)
        elif reason := short[row]:
            found.append(start.rejected(say(reason)))
        else:
            described = describe_portrait(pixels, faces[slice(row, row + 1)], embedder, ENROLMENT)
            found.append(replace(start, embedding=described.embeddings[0]))
    before = {person: gallery.templates[gallery.owner == row] for row, person in enumerate(gallery.people)}
    found = _joining(_without_others(_without_shared(found), gallery, replaced=()), before)
    results = tuple(
        PersonResult(
            template.person,
            _rows([*before.get(template.person, ()), template.embedding] if template.embedding is not None else []),
            (template.photo,),
            template.photo.rejected_because,
        )
        for template in found
    )
    return EnrolmentResult(results, _lookalikes(results, gallery), loose_files=0)


def _joining(templates: Sequence[_Template], before: Mapping[PersonId, Embedding]) -> list[_Template]:
    """Reject a face that may show somebody else than the person's earlier templates, or adds nothing to them."""
    kept = list(templates)
    for row, template, embedding in _usable(templates):
        earlier = before.get(template.person)
        if earlier is None or not len(earlier):
            continue
        nearest = float((earlier @ embedding).max())
        if nearest >= _SAME_PICTURE:
            kept[row] = template.rejected(_LEARNED_BEFORE)
        elif nearest < _SAME_PERSON:
            kept[row] = template.rejected(_UNLIKE)
        elif len(earlier) >= MOST_PHOTOS:
            kept[row] = template.rejected(_ENOUGH)
    return kept


def _listing(folder: Path, person_of: Callable[[str], PersonId]) -> tuple[dict[PersonId, list[Path]], int]:
    """Photos by person, sorted, and the number of files that are not in a person's folder."""
    try:
        entries = [entry for entry in sorted(folder.iterdir()) if not _is_hidden(entry)]
        people: dict[PersonId, list[Path]] = {}
        for entry in filter(Path.is_dir, entries):
            photos = [file for file in sorted(entry.iterdir()) if file.is_file() and not _is_hidden(file)]
            people.setdefault(person_of(entry.name), []).extend(photos)
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}", remedy="Check the path.") from error
    if not people:
        raise UsageError(
            f"{folder} holds no folder of a person",
            remedy="Put each person's photos into a folder named with their id from the register, or their full name.",
        )
    return people, sum(not entry.is_dir() for entry in entries)


def _is_hidden(path: Path) -> bool:
    """Whether the operating system left it in a folder of pictures."""
    return path.name.startswith((".", "~")) or path.name.casefold() in {"thumbs.db", "desktop.ini", "__macosx"}


def _template(
    person: PersonId,
    photo: Portrait,
    decode: Callable[[bytes], Photo],
    detector: FaceDetector,
    embedder: FaceEmbedder,
) -> _Template:
    start = _Template(person, PhotoResult(photo.name, ""), "")
    try:
        data = photo.read_bytes()
        pixels = decode(data).pixels
    except PhotoError as error:
        return start.rejected(error.message)
    except OSError:
        return start.rejected("the file cannot be read")
    faces = detector.detect(pixels)
    if not len(faces):
        return start.rejected(_NO_FACE)
    main, alone = _main_face(faces)
    if not alone:
        return start.rejected(_SEVERAL)
    described = describe_portrait(pixels, main, embedder, ENROLMENT)
    if not len(described.rows):
        return start.rejected(say(NOT_LOCATED))
    if reason := described.shortcomings[0]:
        return start.rejected(say(reason))
    return replace(start, sha256=hashlib.sha256(data).hexdigest(), embedding=described.embeddings[0])


def _main_face(faces: Faces) -> tuple[Faces, bool]:
    """The most prominent face (large, and clearly a face), and whether it is the only one that could be meant."""
    size = faces.xyxy[:, 2:] - faces.xyxy[:, :2]
    prominence = size[:, 0] * faces.score
    row = int(prominence.argmax())
    centre = (faces.xyxy[:, :2] + faces.xyxy[:, 2:]) / 2
    elsewhere = (np.abs(centre - centre[row]) > _SAME_HEAD * size[row]).any(1)
    rivals = elsewhere & (prominence >= _BYSTANDER * prominence[row])
    return faces[slice(row, row + 1)], not rivals.any()


def _usable(templates: Sequence[_Template]) -> Iterator[tuple[int, _Template, Embedding]]:
    for row, template in enumerate(templates):
        if template.embedding is not None:
            yield row, template, template.embedding


def _without_copies(templates: Sequence[_Template]) -> list[_Template]:
    """Keep only the first of byte-identical photos of one person, because a copy would count twice."""
    seen: set[tuple[PersonId, str]] = set()
    kept = list(templates)
    for row, template, _ in _usable(templates):
        if (template.person, template.sha256) in seen:
            kept[row] = template.rejected(_TWICE)
        seen.add((template.person, template.sha256))
    return kept


def _without_shared(templates: Sequence[_Template]) -> list[_Template]:
    """Reject a picture that was given for two people, however it was saved: there is no way to tell whose it is."""
    usable = list(_usable(templates))
    kept = list(templates)
    for row, template, embedding in usable:
        for _, other, other_embedding in usable:
            if other.person != template.person and float(embedding @ other_embedding) >= _SAME_PICTURE:
                kept[row] = template.rejected(_TWO_PEOPLE)
    return kept


def _without_others(
    templates: Sequence[_Template], gallery: Gallery, *, replaced: Collection[PersonId]
) -> list[_Template]:
    """Reject a picture from which somebody else was enrolled before; templates of `replaced` people are no more."""
    kept = list(templates)
    for row, template, embedding in _usable(templates):
        gone = {template.person, *replaced}
        elsewhere = gallery.templates[[gallery.people[owner] not in gone for owner in gallery.owner]]
        if len(elsewhere) and float((elsewhere @ embedding).max()) >= _SAME_PICTURE:
            kept[row] = template.rejected(_SOMEBODY_ELSES)
    return kept


def _without_strangers(templates: Sequence[_Template]) -> list[_Template]:
    """Reject a photo that resembles none of the person's others: it may show somebody else."""
    usable = list(_usable(templates))
    kept = list(templates)
    for row, template, embedding in usable:
        others = [e for r, other, e in usable if other.person == template.person and r != row]
        if others and max(float(embedding @ other) for other in others) < _SAME_PERSON:
            kept[row] = template.rejected(_UNLIKE)
    return kept


def _person_result(person: PersonId, templates: Sequence[_Template], refusal: str) -> PersonResult:
    embeddings = [embedding for _, _, embedding in _usable(templates)]
    if not refusal and not embeddings:
        refusal = "no photo is good enough" if templates else "no photo was given"
    return PersonResult(person, _rows(embeddings), tuple(template.photo for template in templates), refusal)


def _rows(embeddings: Sequence[Embedding]) -> Embedding:
    return np.array(embeddings, np.float32).reshape(-1, 128)


def _lookalikes(results: Sequence[PersonResult], gallery: Gallery) -> tuple[tuple[PersonId, PersonId], ...]:
    """Compare everybody's mean template with everybody else's, including people who were enrolled before."""
    fresh = [result for result in results if len(result.templates)]
    if not fresh:
        return ()
    replaced = {result.person for result in fresh}
    before = [row for row, person in enumerate(gallery.people) if person not in replaced]
    parts = [result.templates for result in fresh] + [gallery.templates[gallery.owner == row] for row in before]
    everybody = replace(
        gallery,
        people=tuple(result.person for result in fresh) + tuple(gallery.people[row] for row in before),
        templates=np.concatenate(parts),
        owner=np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
        lookalikes=frozenset(),
    )
    pairs = [pair for pair in resembling_pairs(everybody) if pair & replaced]
    fresh_first = [sorted(pair, key=lambda person: (person not in replaced, person)) for pair in pairs]
    return tuple(sorted((first, second) for first, second in fresh_first))
