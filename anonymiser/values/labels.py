"""Text in a photo, and the names to look for in it."""

from __future__ import annotations

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
