"""Text in a photo, names in the text, and what a reader must offer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anonymiser.photo.interface import Pixels
from anonymiser.recognise.interface import PersonId


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
    """Everybody whose name this can be; several where two pupils share a name."""


class TextReader(ABC):
    """Anything that reads text in a whole photo."""

    @abstractmethod
    def read(self, pixels: Pixels) -> list[TextLine]:
        """Every line of legible text, in any order."""
