"""Which way up a photo is, as its heads say: how one without a right orientation tag is published upright.

Faces are found whichever way up they are, but a copy on its side is of little use. Children lie on the floor and hang
from bars, so one head proves nothing: a photo is turned only if several heads agree and hardly any of them contradicts.
If too few heads say so, the report says that the photo may have to be turned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from anonymiser.detect.search import moved
from anonymiser.photo.warp import inverse, turned
from anonymiser.values.faces import Faces
from anonymiser.values.photo import Photo
from anonymiser.values.reasons import Code

LEAST_HEADS = 3
"""Fewer may be children who lie down or hang upside down."""
AGREE = 0.8
"""Share of the heads that must be upright after a turn."""
LEANING_DEGREES = 35.0
"""A head that leans further is not upright at any quarter turn."""


@dataclass(frozen=True, slots=True)
class HeadsSay:
    """What the heads of a photo say about the way up that it is."""

    turn_degrees: int = 0
    """0, 90, 180 or 270: the clockwise turn that makes most heads upright."""
    clearly: bool = False
    """Enough heads agree."""


def heads_say(faces: Faces) -> HeadsSay:
    """Judge the heads with both eyes and the mouth located; without any, the photo counts as upright."""
    located = faces.points[np.isfinite(faces.points).all((1, 2))]
    if not len(located):
        return HeadsSay()
    down = located[:, 3:].mean(1) - located[:, :2].mean(1)
    needed = -np.degrees(np.arctan2(-down[:, 0], down[:, 1]))
    quarters = np.rint(needed / 90)
    upright = np.abs(needed - 90 * quarters) <= LEANING_DEGREES
    votes = np.bincount(quarters[upright].astype(int) % 4, minlength=4)
    best = int(votes.argmax())
    if 2 * votes[best] <= len(located):
        return HeadsSay()
    return HeadsSay(90 * best, len(located) >= LEAST_HEADS and bool(votes[best] >= AGREE * len(located)))


def upright(photo: Photo, faces: Faces) -> tuple[Photo, Faces]:
    """The photo as its heads are upright, and its faces there, in the same order.

    A notice says what was done, or what may have to be done.
    """
    say = heads_say(faces)
    if not say.turn_degrees:
        return photo, faces
    if not say.clearly:
        return replace(photo, notices=(*photo.notices, Code.MAY_NEED_TURNING())), faces
    return turned_by(photo, say.turn_degrees), moved(faces, inverse(turned(photo.pixels, say.turn_degrees).back))


def turned_by(photo: Photo, degrees: int) -> Photo:
    """The photo turned clockwise by 0, 90, 180 or 270 degrees, with a notice; no pixel is changed."""
    if not degrees:
        return photo
    return replace(
        photo,
        pixels=turned(photo.pixels, degrees).pixels,
        turn_degrees=(photo.turn_degrees + degrees) % 360,
        notices=(*photo.notices, Code.TURNED_UPRIGHT(degrees=degrees)),
    )
