"""Faces of one photo, and places in it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.reasons import Reason

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces of one photo as columns (structure of arrays); row i of every column is face i.

    Frame: upright pixel coordinates of the photo that was searched, origin at the top left corner.
    """

    xyxy: Float32
    """`float32 [N, 4]`: left, top, right, bottom; may reach beyond the photo if the frame cuts a face."""
    score: Float32
    """`float32 [N]` in 0..1, the detector's own confidence; comparable within one detector only."""
    points: Float32
    """`float32 [N, 5, 2]`: right eye, left eye, nose tip, right and left mouth corner (the person's own
    right); NaN if the detector gives none. If only the nose tip is NaN, the other points show which way up the
    head is, but are not certain enough for recognition."""

    def __post_init__(self) -> None:
        n = len(self.score)
        if self.xyxy.shape != (n, 4) or self.points.shape != (n, 5, 2):
            raise ValueError(f"columns disagree: {self.xyxy.shape}, {self.score.shape}, {self.points.shape}")
        if not np.isfinite(self.xyxy).all() or (self.xyxy[:, 2:] < self.xyxy[:, :2]).any():
            raise ValueError("a box is not finite or ends before it begins")
        if not np.isfinite(self.score).all():
            raise ValueError("a score is not a number")

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Faces:
        return Faces(self.xyxy[rows], self.score[rows], self.points[rows])

    @staticmethod
    def none() -> Faces:
        """No face at all."""
        return Faces(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32))

    @staticmethod
    def concatenate(parts: list[Faces]) -> Faces:
        """Rows of all parts, in order."""
        if not parts:
            return Faces.none()
        return Faces(
            np.concatenate([p.xyxy for p in parts]),
            np.concatenate([p.score for p in parts]),
            np.concatenate([p.points for p in parts]),
        )

    def moved(self, scale: float, offset_xy: tuple[float, float] = (0.0, 0.0)) -> Faces:
        """The same faces in another frame: multiplied by `scale`, then shifted by `offset_xy`."""
        xy = np.asarray(offset_xy, np.float32)
        return Faces(
            self.xyxy * np.float32(scale) + np.tile(xy, 2),
            self.score,
            self.points * np.float32(scale) + xy,
        )


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detector finds in one photo."""

    faces: Faces
    """One row a face."""
    doubtful_in: frozenset[int] = frozenset()
    """Rows of `faces` inside which there may be a further face, too doubtful for a row of its own."""
    doubts: tuple[Reason, ...] = ()
    """Why these may not be all; each makes the photo wait."""
    refused: Faces = field(default_factory=Faces.none)
    """Places, without points, that were taken for large heads until closer looks denied it. Somebody has to look there,
    unless a face was found in the same place."""


@enum.unique
class Place(enum.StrEnum):
    """A ninth of the photo, in words for the person who looks at it; in reading order."""

    TOP_LEFT = "top left"
    TOP = "top"
    TOP_RIGHT = "top right"
    LEFT = "left side"
    MIDDLE = "middle"
    RIGHT = "right side"
    BOTTOM_LEFT = "bottom left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom right"

    @staticmethod
    def at(x: float, y: float) -> Place:
        """The ninth of a point, which is given in widths and heights of the photo."""
        column, row = (min(2, max(0, int(share * 3))) for share in (x, y))
        return tuple(Place)[row * 3 + column]
