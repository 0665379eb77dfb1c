"""How well the suitability scores part photos of known kinds: rates at every threshold, and each photo judged wrongly.

Nothing here shows a picture: photos are named, and scores are numbers.
"""

from __future__ import annotations

import html
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from anonymiser.detect.interface import HeadFinder
from anonymiser.errors import UsageError
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.settings import SuitabilitySettings
from anonymiser.suitability.interface import SuitabilityClassifier
from anonymiser.values.suitability import Suitability

WANTED = "swimwear"
"""The kind of photo that must be found; every other kind is flagged wrongly."""
THRESHOLDS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 0.85, 0.95)
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass(frozen=True, slots=True)
class Judged:
    """One photo and its scores."""

    file: str
    """Relative to the folder, with forward slashes."""
    kind: str
    scores: Suitability
    seconds: float
    """How long both networks took, without the search for people."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One score at one threshold."""

    score: str
    """`swimwear` or `unsuitable`."""
    threshold: float
    flagged: dict[str, int]
    """Photos of each kind at or over the threshold."""


@dataclass(frozen=True, slots=True)
class Summary:
    """All photos of a folder."""

    photos: tuple[Judged, ...]
    settings: SuitabilitySettings

    @property
    def kinds(self) -> dict[str, int]:
        """How many photos there are of each kind."""
        return {kind: sum(photo.kind == kind for photo in self.photos) for kind in self._names}

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted({photo.kind for photo in self.photos}, key=lambda kind: (kind != WANTED, kind)))

    @property
    def rates(self) -> tuple[Rate, ...]:
        """The curves: both scores at every threshold."""
        return tuple(
            Rate(
                score,
                at,
                {
                    kind: sum(photo.kind == kind and getattr(photo.scores, score) >= at for photo in self.photos)
                    for kind in self._names
                },
            )
            for score in ("swimwear", "unsuitable")
            for at in THRESHOLDS
        )

    @property
    def waiting(self) -> dict[str, int]:
        """How many photos of each kind a school's default settings would keep for a person, for either score."""
        return {kind: sum(photo.kind == kind and self.waits(photo) for photo in self.photos) for kind in self._names}

    @property
    def area(self) -> float | None:
        """Area under the curve of swimwear against all other kinds, 0..1; None without both.

        It is the share of pairs of a wanted and another photo in which the wanted one has the higher score.
        """
        wanted = np.array([photo.scores.swimwear for photo in self.photos if photo.kind == WANTED])
        others = np.array([photo.scores.swimwear for photo in self.photos if photo.kind != WANTED])
        if not wanted.size or not others.size:
            return None
        higher = (wanted[:, None] > others).mean() + (wanted[:, None] == others).mean() / 2
        return float(higher)

    @property
    def errors(self) -> tuple[Judged, ...]:
        """Swimwear that was missed, then what was flagged without any; the worst of each first."""
        missed = [photo for photo in self.photos if photo.kind == WANTED and not self._swims(photo)]
        needless = [photo for photo in self.photos if photo.kind != WANTED and self.waits(photo)]
        missed.sort(key=lambda photo: photo.scores.swimwear)
        needless.sort(key=lambda photo: -max(photo.scores.swimwear, photo.scores.unsuitable))
        return (*missed, *needless)

    @property
    def seconds(self) -> float:
        """Median seconds a photo."""
        return float(np.median([photo.seconds for photo in self.photos]))

    def waits(self, photo: Judged) -> bool:
        """Whether a person would have to look, for either score; one that is not a number counts as the worst."""
        return self._swims(photo) or not photo.scores.unsuitable < self.settings.unsuitable_review

    def _swims(self, photo: Judged) -> bool:
        return not photo.scores.swimwear < self.settings.swimwear_review


def load_kinds(directory: Path) -> dict[str, tuple[str, ...]]:
    """Files by kind: as `DIR/labels.json` says (`{"kind": ["file", ...]}`), else each sub-folder is a kind.

    Raises UsageError if the file has another form, or if there is no photo.
    """
    path = directory / "labels.json"
    if path.exists():
        try:
            kinds = TypeAdapter(dict[str, tuple[str, ...]]).validate_python(json.loads(path.read_text("utf-8")))
        except (OSError, ValidationError, ValueError) as error:
            raise UsageError(
                f"{path} does not say which photos are of which kind", remedy="docs/suitability.md shows its form."
            ) from error
    else:
        kinds = {
            folder.name: tuple(
                file.relative_to(directory).as_posix()
                for file in sorted(folder.iterdir())
                if file.suffix.lower() in _SUFFIXES
            )
            for folder in sorted(directory.iterdir())
            if folder.is_dir()
        }
    if not any(kinds.values()):
        raise UsageError(
            f"{directory} holds no photos by kind",
            remedy=f"Give a folder with a sub-folder for each kind of photo, one of them called {WANTED}.",
        )
    return kinds


def judge(
    directory: Path, kinds: Mapping[str, tuple[str, ...]], classifier: SuitabilityClassifier, people: HeadFinder
) -> Iterator[Judged]:
    """Score every photo, in the order of the kinds.

    Raises UnreadablePhoto for a photo that cannot be decoded and UsageError for one that is missing.
    """
    for kind, files in kinds.items():
        for file in files:
            try:
                data = (directory / file).read_bytes()
            except OSError as error:
                raise UsageError(
                    f"{directory / file} cannot be read: {error.strerror}", remedy="Take it out of labels.json."
                ) from error
            pixels = decode(data, DecodeLimits()).pixels
            heads = people.heads(pixels).xyxy
            start = time.perf_counter()
            scores = Suitability(swimwear=classifier.swimwear(pixels, heads), unsuitable=classifier.unsuitable(pixels))
            yield Judged(file, kind, scores, time.perf_counter() - start)


def error_sheet(summary: Summary) -> str:
    """A self-contained HTML page: the curves, and a table of the photos that were judged wrongly, without a picture."""
    kinds = summary.kinds
    head = "".join(f"<th>{html.escape(kind)} ({count})" for kind, count in kinds.items())
    rates = "".join(
        f"<tr><td>{rate.score}<td>{rate.threshold:g}"
        + "".join(f"<td>{rate.flagged[kind] / count:.1%}" for kind, count in kinds.items())
        for rate in summary.rates
    )
    errors = "".join(
        f"<tr><td>{html.escape(photo.file)}<td>{html.escape(photo.kind)}<td>{photo.scores.swimwear:.3f}"
        f"<td>{photo.scores.unsuitable:.3f}"
        for photo in summary.errors
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Suitability</title>'
        "<style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem}td,th{padding:.1rem .9rem .1rem 0;text-align:left}"
        "</style><h1>Suitability</h1><p>This page names photos and shows none of them.</p>"
        f"<h2>Share of photos at or over each threshold</h2><table><tr><th>score<th>threshold{head}{rates}</table>"
        f"<h2>{len(summary.errors)} photos judged wrongly</h2>"
        f"<table><tr><th>photo<th>kind<th>swimwear<th>unsuitable{errors}</table></html>"
    )
