"""Text in a photo, and the names to look for in it."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anonymiser.values.people import PersonId


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text as read from the picture."""

    quad: NDArray[np.float32]
    """`float32 [4, 2]`: corners clockwise from the text's own top left, upright pixel coordinates."""
    text: str = field(repr=False)
    """As read; kept out of repr because it may be a name."""
    score: float


@dataclass(frozen=True, slots=True)
class NameLabel:
    """Text that names somebody in the register."""

    quad: NDArray[np.float32]
    """`float32 [4, 2]`, upright pixel coordinates; covers the whole line that holds the name."""
    people: frozenset[PersonId]
    """Everybody whose name this can be; more than one if pupils share a name."""


@enum.unique
class ClueKind(enum.StrEnum):
    """What besides a name tells who or where a child is; the words of settings and JSON."""

    SCHOOL = "school"
    """The school's own words (settings), or what ends as schools' names do."""
    CLASS = "class"
    ADDRESS = "address"
    """A postcode, or a street with its number."""
    PHONE = "phone"
    WEB = "web"
    """A web or e-mail address, or a name as on social media."""
    PLATE = "plate"
    """A vehicle's registration mark."""
    CODE = "code"
    """A QR code or a barcode; what it says is never read."""


@dataclass(frozen=True, slots=True)
class Clue:
    """A place in the picture that tells where a child is; what it says is not kept."""

    quad: NDArray[np.float32]
    """`float32 [4, 2]`, upright pixel coordinates; covers the whole line, or the whole code."""
    kind: ClueKind
    named: frozenset[int] = frozenset()
    """Rows of the name labels that hold the same text: it counts once a person has said that they all name nobody."""


@dataclass(frozen=True, slots=True)
class ClueWords:
    """Words by which people know the school; hashable, cheap to send to a worker."""

    school: tuple[str, ...] = ()
    """Its name and what its crest says."""
    groups: tuple[str, ...] = ()
    """Names of its classes."""


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Full names from the register in the form for comparing with text; a plain value, cheap to send to a worker."""

    names: tuple[tuple[str, PersonId], ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.names)

    @staticmethod
    def build(pairs: Iterable[tuple[str, PersonId]]) -> NameIndex:
        """Index `pairs` of "Forename Surname" and whose name it is; variants (preferred forename) are extra pairs.

        A name of one word is looked for as it stands.
        """
        return NameIndex(tuple(dict.fromkeys((" ".join(name.split()), person) for name, person in pairs)))
