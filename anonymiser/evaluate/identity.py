"""How often recognition is right, wrong and silent, on photos of people who are named.

Open set, as in a school: some people are enrolled, the others are strangers. At each threshold, the false-positive
identification rate (FPIR) is the share of strangers' faces that would be taken for somebody enrolled, and the
true-positive identification rate (TPIR) is the share of the enrolled people's other photos that would be recognised
(ISO/IEC 19795-1). Quality, margin and what identification adds to a threshold (identify.py) count as they do when a
photo is published. The people to enrol are chosen at random several times, because one small group says little about
the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from anonymiser.detect.interface import FaceDetector
from anonymiser.errors import PhotoError, UsageError
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.recognise.align import copies
from anonymiser.recognise.embed import normalised
from anonymiser.recognise.identify import lead, sure_thresholds
from anonymiser.recognise.interface import FaceEmbedder
from anonymiser.recognise.quality import ENROLMENT, MATCHING, measure, shortcomings
from anonymiser.recognise.score import Scores, person_scores
from anonymiser.values.faces import Faces
from anonymiser.values.identity import MARGIN, SURE_BY_RISK, Embedding, Gallery, Thresholds
from anonymiser.values.people import PersonId

EVERYBODY = "everybody"
"""The group of all people, in addition to those that groups.json names."""
THRESHOLDS: NDArray[np.float64] = np.round(np.arange(0.20, 0.81, 0.01), 2)
"""No decision ever uses a threshold below or above these."""

Scored = Callable[[Embedding, Gallery], tuple[Scores, NDArray[np.floating]]]

_Form = TypeVar("_Form")
_Identities = TypeAdapter(dict[str, tuple[str, ...]])
_Groups = TypeAdapter(dict[str, str])


@dataclass(frozen=True, slots=True)
class NamedFaces:
    """The one face that counts in each photo, as columns."""

    person: tuple[str, ...] = field(repr=False)
    group: tuple[str, ...]
    embeddings: Embedding = field(repr=False)
    """`float32 [N, 128]`, unit length, raw: as a face in a photo."""
    templates: Embedding = field(repr=False)
    """`float32 [N, 128]`, unit length, raw: as an enrolment photo."""
    fit_to_match: NDArray[np.bool_]
    fit_to_enrol: NDArray[np.bool_]
    unusable: int
    """Photos without a face, or that cannot be read."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Rates of one group over `THRESHOLDS`."""

    group: str
    enrolled_faces: int
    stranger_faces: int
    """How many faces the rates come from, in all draws together."""
    fpir: NDArray[np.float64]
    tpir: NDArray[np.float64]
    misnamed: NDArray[np.float64]
    """Share of the enrolled people's photos that would be taken for somebody else enrolled."""

    def at(self, threshold: float) -> tuple[float, float]:
        """FPIR and TPIR at a threshold of `THRESHOLDS`."""
        row = int(np.abs(threshold - THRESHOLDS).argmin())
        return float(self.fpir[row]), float(self.tpir[row])

    def at_fpir(self, rate: float) -> tuple[float, float] | None:
        """The lowest threshold that keeps FPIR within `rate`, and TPIR there; None if none does."""
        fits = np.flatnonzero(self.fpir <= rate)
        return (float(THRESHOLDS[fits[0]]), float(self.tpir[fits[0]])) if len(fits) else None


@dataclass(frozen=True, slots=True)
class Plan:
    """How to make a school out of the people."""

    enrolled: int
    photos_each: int = 3
    draws: int = 10
    others: int = 0
    """People enrolled beside these, who belong to other groups of the school (`Gallery.cohort`)."""


def load_identities(directory: Path) -> tuple[Mapping[str, tuple[Path, ...]], Mapping[str, str]]:
    """People and their photos from identities.json, and their groups from groups.json, which may be missing.

    Photos are in the folder itself or in its images/. Raises UsageError if a file is missing or wrong.
    """
    identities = _read(directory / "identities.json", _Identities)
    groups = _read(directory / "groups.json", _Groups) if (directory / "groups.json").exists() else {}
    photos = {person: tuple(_photo(directory, name) for name in names) for person, names in identities.items()}
    return photos, groups


def _read(path: Path, form: TypeAdapter[_Form]) -> _Form:
    try:
        return form.validate_python(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (ValidationError, ValueError) as error:
        raise UsageError(
            f"{path} does not have the expected form", remedy='{"person": ["photo.jpg", ...], ...}'
        ) from error


def _photo(directory: Path, name: str) -> Path:
    found = next((path for path in (directory / name, directory / "images" / name) if path.is_file()), None)
    if found is None:
        raise UsageError(f"a photo that identities.json names is not in {directory}")
    return found


def describe_people(
    photos: Mapping[str, Sequence[Path]],
    groups: Mapping[str, str],
    detector: FaceDetector,
    embedder: FaceEmbedder,
    progress: Callable[[], None] = lambda: None,
) -> NamedFaces:
    """Find, measure and embed the main face of every photo."""
    people, of_group, embeddings, templates, to_match, to_enrol = [], [], [], [], [], []
    unusable = 0
    for person, paths in photos.items():
        for path in paths:
            progress()
            found = main_face(path, detector)
            if found is None:
                unusable += 1
                continue
            pixels, face = found
            chips = copies(pixels, face.points)[0]
            quality = measure(face.points, chips[:1])
            described = embedder.embed(chips)
            people.append(person)
            of_group.append(groups.get(person, EVERYBODY))
            embeddings.append(described[0])
            templates.append(normalised(described.mean(0)))
            to_match.append(not shortcomings(quality, MATCHING)[0])
            to_enrol.append(not shortcomings(quality, ENROLMENT)[0])
    return NamedFaces(
        tuple(people),
        tuple(of_group),
        np.array(embeddings, np.float32).reshape(-1, 128),
        np.array(templates, np.float32).reshape(-1, 128),
        np.array(to_match, bool),
        np.array(to_enrol, bool),
        unusable,
    )


def main_face(path: Path, detector: FaceDetector) -> tuple[NDArray[np.uint8], Faces] | None:
    """The face that is meant, with all its landmarks: of a photo named after somebody, the large one in the middle."""
    try:
        pixels = decode(path.read_bytes(), DecodeLimits()).pixels
    except (PhotoError, OSError):
        return None
    faces = detector.detect(pixels)
    faces = faces[np.flatnonzero(np.isfinite(faces.points).all((1, 2)))]
    if not len(faces):
        return None
    width = faces.xyxy[:, 2] - faces.xyxy[:, 0]
    off_centre = (faces.xyxy[:, :2] + faces.xyxy[:, 2:]) / 2 - np.array(pixels.shape[1::-1]) / 2
    prominence = faces.score * width / (1 + np.hypot(*off_centre.T) / width)
    return pixels, faces[np.argsort(-prominence)[:1]]


def as_published(embeddings: Embedding, gallery: Gallery) -> tuple[Scores, NDArray[np.floating]]:
    """The scores `[N, P]` of faces, and from which score on each person is known `[P]`."""
    return person_scores(embeddings, gallery), sure_thresholds(gallery)


def evaluate(faces: NamedFaces, plan: Plan, seed: int = 0, scored: Scored = as_published) -> tuple[Curve, ...]:
    """The curves of everybody, and of each group if there are several; a group's strangers are its own people.

    `scored` is as `as_published`; another tells how another recipe would do on the same draws.

    Raises UsageError if too few people have enough photos, or nobody would be left as a stranger.
    """
    random = np.random.default_rng(seed)
    person = np.array(faces.person)
    enrollable = [name for name in sorted(set(faces.person)) if _enough(faces, person == name, plan.photos_each)]
    wanted = plan.enrolled + plan.others
    if plan.enrolled < 1 or wanted >= len(set(faces.person)) or wanted > len(enrollable):
        raise UsageError(
            f"{wanted} people cannot be enrolled: {len(enrollable)} of {len(set(faces.person))} have "
            f"{plan.photos_each} good photos and one more",
            remedy="Enrol fewer people, with fewer photos each; some must be left as strangers.",
        )
    rounds = [_round(faces, random, enrollable, plan, scored) for _ in range(plan.draws)]
    groups = sorted(set(faces.group))
    named = [group for group in groups if group != EVERYBODY] if len(groups) > 1 else []
    return tuple(_curve(group, rounds, faces) for group in (EVERYBODY, *named))


def _enough(faces: NamedFaces, own: NDArray[np.bool_], photos_each: int) -> bool:
    return int((own & faces.fit_to_enrol).sum()) >= photos_each and int(own.sum()) > photos_each


@dataclass(frozen=True, slots=True)
class _Round:
    """What happened to every face in one draw."""

    probe: NDArray[np.bool_]
    """`[N]`: of somebody enrolled, but not one of the enrolment photos."""
    stranger: NDArray[np.bool_]
    score: NDArray[np.float64]
    """`[N]`: the highest `Thresholds.sure` at which the face would be taken for its best person; -inf if a rule forbids
    it."""
    right: NDArray[np.bool_]
    """`[N]`: whether the best person is the true one."""


def _round(
    faces: NamedFaces, random: np.random.Generator, enrollable: Sequence[str], plan: Plan, scored: Scored
) -> _Round:
    person = np.array(faces.person)
    chosen = random.permutation(enrollable)[: plan.enrolled + plan.others]
    good = [np.flatnonzero((person == name) & faces.fit_to_enrol) for name in chosen]
    rows = np.stack([random.permutation(own)[: plan.photos_each] for own in good])
    own, others = rows[: plan.enrolled], rows[plan.enrolled :]
    gallery = Gallery(
        tuple(PersonId(str(name)) for name in chosen[: plan.enrolled]),
        faces.templates[own.ravel()],
        np.repeat(np.arange(plan.enrolled), plan.photos_each),
        Thresholds.standard(max(SURE_BY_RISK), MARGIN),
        cohort=faces.templates[others].mean(1),
    )
    scores, sure = scored(faces.embeddings, gallery)
    ahead = np.array([lead(row) for row in scores])
    best = scores.argmax(1)
    score = scores.max(1) - (sure - gallery.thresholds.sure)[best]
    allowed = faces.fit_to_match & (ahead >= MARGIN)
    used = np.zeros(len(person), bool)
    used[own] = True
    member = np.isin(person, chosen[: plan.enrolled])
    return _Round(
        member & ~used,
        ~np.isin(person, chosen),
        np.where(allowed, score, -np.inf),
        chosen[best] == person,
    )


def _curve(group: str, rounds: Sequence[_Round], faces: NamedFaces) -> Curve:
    inside = np.ones(len(faces.person), bool) if group == EVERYBODY else np.array(faces.group) == group
    strangers = np.concatenate([r.score[r.stranger & inside] for r in rounds])
    right = np.concatenate([np.where(r.right, r.score, -np.inf)[r.probe & inside] for r in rounds])
    wrong = np.concatenate([np.where(r.right, -np.inf, r.score)[r.probe & inside] for r in rounds])
    fpir, tpir, misnamed = (_share_from(scores) for scores in (strangers, right, wrong))
    return Curve(group, len(right), len(strangers), fpir, tpir, misnamed)


def _share_from(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of scores at or above each threshold; NaN if there are none."""
    if not len(scores):
        return np.full(len(THRESHOLDS), np.nan)
    share: NDArray[np.float64] = (scores[:, None] >= THRESHOLDS).mean(0)
    return share
