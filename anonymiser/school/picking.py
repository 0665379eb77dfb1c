"""Which photos of an event to publish first: a suggestion orders and says why, and a person chooses.

Alike photos are told by their small grey copies, and sharpness is compared among alike photos only: it is no mark.
Nothing of this is kept.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from anonymiser.school.views import Candidate, Summary
from anonymiser.values.decision import Keep
from anonymiser.values.photo import Box, turned_box
from anonymiser.values.report import Copy

_HASH_WH = (9, 8)
"""Of the grey copy whose neighbouring pixels are compared: a difference hash of 64 bits (Krawetz, "Kind of Like That",
2013)."""
_ALIKE_BITS = 8
"""Up to so many different bits, photos are taken for the same scene."""


@enum.unique
class Order(enum.StrEnum):
    """What comes first."""

    FEWEST_COVERED = "covered"
    """Photos in which little has to be covered, by area: a large head in front counts more than one at the back."""
    FEWEST_SHOWN = "shown"
    """Photos that show few children: guidance asks schools not to show more than they need."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One photo, with what speaks for it."""

    summary: Summary
    output: str | None
    """Where its released copy is, relative to the workspace; None while it waits."""
    covered_share: float
    """Area of the covered heads divided by that of all heads; 0 where nobody is in the photo."""
    sharpest: bool
    """Whether it is the sharpest of those that are alike; False where none is alike."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Photos that look alike: the one to take, and the others."""

    best: Pick
    others: tuple[Pick, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The photos of an event in a useful order."""

    scenes: tuple[Scene, ...]
    agreed: tuple[Candidate, ...]
    """Everybody of the event's group (of the register, if it has none) who may be shown."""
    in_none: tuple[Candidate, ...]
    """Those of them whom none of the photos shows."""


@dataclass(frozen=True, slots=True)
class Photographed:
    """What is known of one photo before it is compared with others."""

    summary: Summary
    output: str | None
    made: Copy
    data: bytes | None
    """The copy; None if it is not to be looked at unasked, or not here: then nothing is alike."""


def select(photos: Sequence[Photographed], order: Order) -> tuple[Scene, ...]:
    """Scenes, best first; in each, the best photo first."""
    scenes = []
    for alike in _alike(photos):
        sharpness = {photo.summary.id: _sharpness(photo) for photo in alike} if len(alike) > 1 else {}
        sharpest = max(sharpness, key=sharpness.__getitem__, default="")
        picks = [_pick(photo, sharpest=photo.summary.id == sharpest) for photo in alike]
        picks.sort(key=lambda pick: (*_rank(pick, order), -sharpness.get(pick.summary.id, 0.0)))
        scenes.append(Scene(picks[0], tuple(picks[1:])))
    return tuple(sorted(scenes, key=lambda scene: (*_rank(scene.best, order), scene.best.summary.id)))


def shown_in(photos: Iterable[Photographed]) -> frozenset[str]:
    """Ids of everybody who is shown in one of the photos."""
    decisions = [face.decision for photo in photos for face in photo.made.faces]
    return frozenset(decision.person for decision in decisions if isinstance(decision, Keep) and decision.person)


def _rank(pick: Pick, order: Order) -> tuple[float, ...]:
    counts = pick.summary.counts
    undecided = float(pick.output is None)
    if order is Order.FEWEST_SHOWN:
        return float(counts.shown), undecided, pick.covered_share
    return pick.covered_share, undecided, -float(counts.shown), float(counts.covered)


def _pick(photo: Photographed, *, sharpest: bool) -> Pick:
    areas = [(_area(face.box), isinstance(face.decision, Keep)) for face in photo.made.faces]
    whole = sum(area for area, _ in areas)
    covered = sum(area for area, shown in areas if not shown)
    return Pick(photo.summary, photo.output, covered / whole if whole else 0.0, sharpest)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _alike(photos: Sequence[Photographed]) -> list[list[Photographed]]:
    """Groups in which each photo is like at least one other."""
    hashes: Mapping[str, NDArray[np.bool_]] = {
        photo.summary.id: found for photo in photos if photo.data and (found := _hash(photo.data)) is not None
    }
    group = {photo.summary.id: [photo] for photo in photos}
    for (one, bits), (other, more) in combinations(hashes.items(), 2):
        if group[one] is not group[other] and np.count_nonzero(bits != more) <= _ALIKE_BITS:
            group[one].extend(group[other])
            for moved in group[other]:
                group[moved.summary.id] = group[one]
    return list({id(members): members for members in group.values()}.values())


def _hash(data: bytes) -> NDArray[np.bool_] | None:
    import cv2  # noqa: PLC0415 - as in look.py: only where somebody chooses

    grey = _grey(data, cv2.IMREAD_REDUCED_GRAYSCALE_8)
    if grey is None:
        return None
    small = np.asarray(cv2.resize(grey, _HASH_WH, interpolation=cv2.INTER_AREA), np.int16)
    return np.asarray(small[:, 1:] > small[:, :-1])


def _sharpness(photo: Photographed) -> float:
    """Variance of the Laplacian in the middle of the shown faces, or in the whole picture if nobody is shown."""
    import cv2  # noqa: PLC0415 - as above

    grey = None if photo.data is None else _grey(photo.data, cv2.IMREAD_REDUCED_GRAYSCALE_2)
    if grey is None:
        return 0.0
    edges = np.asarray(cv2.Laplacian(grey, cv2.CV_32F), np.float32)
    places = [face.box for face in photo.made.faces if isinstance(face.decision, Keep)]
    parts = [edges[rows, columns] for rows, columns in (_within(box, photo.made, edges.shape) for box in places)]
    found = [float(part.var()) for part in parts if part.size]
    return float(np.median(found)) if found else float(edges.var())


def _within(box: Box, made: Copy, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a box of the original in the reduced copy."""
    x, y, right, bottom = made.crop or (0.0, 0.0, float(made.source_wh[0]), float(made.source_wh[1]))
    kept = right - x, bottom - y
    box = turned_box((box[0] - x, box[1] - y, box[2] - x, box[3] - y), kept, made.turn_degrees)
    width, height = kept[::-1] if made.turn_degrees % 180 else kept
    across, down = shape[1] / width, shape[0] / height
    rows = slice(max(0, int(box[1] * down)), max(0, int(box[3] * down)))
    return rows, slice(max(0, int(box[0] * across)), max(0, int(box[2] * across)))


def _grey(data: bytes, how: int) -> NDArray[np.uint8] | None:
    import cv2  # noqa: PLC0415 - as above

    found = cv2.imdecode(np.frombuffer(data, np.uint8), how)
    return None if found is None else np.asarray(found, np.uint8)
