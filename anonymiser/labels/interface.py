"""What a reader of the text in a photo must offer."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from anonymiser.values.labels import TextLine
from anonymiser.values.photo import Pixels


class TextReader(Protocol):
    """Reads text in a whole photo."""

    @abstractmethod
    def read(self, pixels: Pixels) -> list[TextLine]:
        """Every line of legible text, in any order. Raises ModelError if a network is broken."""
