"""Text in a photo, names in the text, and what a reader must offer."""

from __future__ import annotations

from abc import ABC, abstractmethod

from anonymiser.values.labels import TextLine
from anonymiser.values.photo import Pixels


class TextReader(ABC):
    """Anything that reads text in a whole photo."""

    @abstractmethod
    def read(self, pixels: Pixels) -> list[TextLine]:
        """Every line of legible text, in any order."""
