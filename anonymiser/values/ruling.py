"""What a person has told the program about one photo: acts on places, never on rows, because detection may change.

Boxes are in upright pixel coordinates of the original, like those of a report. Acts are followed in their order
(rulings.py), so that of two about the same face the later one counts.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from anonymiser.values.people import PersonId
from anonymiser.values.photo import Box


@dataclass(frozen=True, slots=True)
class Cover:
    """Cover this face, or this place where the program found none."""

    box: Box


@dataclass(frozen=True, slots=True)
class Show:
    """Show this face, which is this person's; refused wherever a rule forbids it (see `decide`)."""

    box: Box
    person: PersonId


@dataclass(frozen=True, slots=True)
class NotAFace:
    """What was found here is no face (a poster's pattern, a football), and stays as it is."""

    box: Box
    confirmed: bool = False
    """Whether the person was asked twice; without it nothing is uncovered."""


@dataclass(frozen=True, slots=True)
class NotAName:
    """What was read here names nobody, and stays as it is."""

    box: Box
    confirmed: bool = False
    """Whether the person was asked twice: what was read is somebody's full name, letter by letter."""


@dataclass(frozen=True, slots=True)
class Crop:
    """Keep this part of the photo alone; it is processed as if nothing else had ever been in the picture."""

    box: Box


Act = Cover | Show | NotAFace | NotAName | Crop
"""One thing that a person said about one photo."""


@dataclass(frozen=True, slots=True)
class Rulings:
    """Everything that people have said about one photo, as it counts now.

    Without acts: somebody wants to look at the photo, so that it waits, whatever the program makes of it.
    """

    acts: tuple[Act, ...]
    """In the order in which they were said; what may be shown depends on it (see `then`)."""
    by: str
    """Who said so, by role or account ("office"); empty if nobody gave a name."""
    at: dt.datetime
    """When, in UTC without a time zone, like every moment of the ledger."""

    @property
    def crop(self) -> Box | None:
        """The part that is kept; None for the whole photo."""
        return next((act.box for act in reversed(self.acts) if isinstance(act, Crop)), None)

    @property
    def covers(self) -> tuple[Cover, ...]:
        """What a person wants hidden: this holds for the picture, whatever it is used for."""
        return tuple(act for act in self.acts if isinstance(act, Cover))

    def without(self, person: PersonId) -> Rulings:
        """The same, without any mention of the person: whoever they were told to be stays covered."""
        return replace(self, acts=tuple(Cover(a.box) if _shows(a, person) else a for a in self.acts))


def checked(acts: Iterable[Act]) -> tuple[Act, ...]:
    """The acts. Raises ValueError if a box is not finite or encloses nothing."""
    acts = tuple(acts)
    for act in acts:
        left, top, right, bottom = act.box
        if not all(map(math.isfinite, act.box)) or right <= left or bottom <= top:
            raise ValueError("a box is not finite or ends before it begins")
    return acts


def then(acts: tuple[Act, ...], act: Act) -> tuple[Act, ...]:
    """`acts`, and after them `act`, which replaces what was said of the very same box.

    What was said of a box beside it stays, and the later act counts for a face that both mean: so covering never
    shows more. For the same reason a `Show` stays while a later one names the same person. The later one was refused,
    because nobody is in a photo twice; without the first it would take effect.
    """
    stands = any(act == old and not _about(acts[position + 1 :], act) for position, old in enumerate(acts))
    if stands and not isinstance(act, Show):  # one that was refused may be done now, in its new place
        return acts
    kept = [
        old
        for position, old in enumerate(acts)
        if not _about((old,), act) or any(_repeats(later, old) for later in acts[position + 1 :])
    ]
    return (*kept, act)


def combined(acts: tuple[Act, ...], more: Iterable[Act]) -> tuple[Act, ...]:
    """`acts`, then each of `more` in order, as `then` adds them."""
    for act in more:
        acts = then(acts, act)
    return acts


def moved(acts: Iterable[Act], crop: Box | None, scale: float) -> tuple[Act | None, ...]:
    """The acts in the frame of a photo that was cropped to `crop` and then scaled.

    None in place of an act that concerns nothing in the crop: its middle is outside, or, of a `Cover`, all of it.
    """
    return tuple(_moved(act, crop, scale) for act in acts)


def _moved(act: Act, crop: Box | None, scale: float) -> Act | None:
    left, top, right, bottom = act.box
    x, y = (0.0, 0.0) if crop is None else crop[:2]
    if crop is not None and not isinstance(act, Crop):
        middle = crop[0] <= (left + right) / 2 <= crop[2] and crop[1] <= (top + bottom) / 2 <= crop[3]
        if not middle and not (isinstance(act, Cover) and shared_area(act.box, crop) > 0):
            return None
    return replace(act, box=((left - x) * scale, (top - y) * scale, (right - x) * scale, (bottom - y) * scale))


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1; 0 if they share nothing."""
    shared = shared_area(a, b)
    return shared / (area(a) + area(b) - shared) if shared > 0 else 0.0


def shared_area(a: Box, b: Box) -> float:
    """Area that two boxes share, in square pixels."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0.0


def area(box: Box) -> float:
    """Of one box, in square pixels."""
    return (box[2] - box[0]) * (box[3] - box[1])


def _shows(act: Act, person: PersonId) -> bool:
    return isinstance(act, Show) and act.person == person


def _repeats(later: Act, earlier: Act) -> bool:
    return isinstance(earlier, Show) and _shows(later, earlier.person)


def _about(acts: tuple[Act, ...], act: Act) -> bool:
    """Whether one of `acts` is about the same face as `act`, or the same text, or is a crop as well."""
    return any(
        isinstance(act, Crop)
        if isinstance(other, Crop)
        else not isinstance(act, Crop)
        and isinstance(act, NotAName) == isinstance(other, NotAName)
        and act.box == other.box
        for other in acts
    )
