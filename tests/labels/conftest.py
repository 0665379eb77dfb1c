"""Lines of text as a reader would hand them on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from anonymiser.values.labels import TextLine

MakeLine = Callable[..., TextLine]


def make_line(text: str, left: float = 0, top: float = 0, height: float = 20, turned: float = 0) -> TextLine:
    """A line whose box starts at (left, top), as wide as print is, turned about the origin by `turned` degrees."""
    width = max(1, len(text)) * height * 0.6
    quad = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]])
    angle = np.radians(turned)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return TextLine((quad @ rotation.T).astype(np.float32), text, 0.99)


@pytest.fixture(scope="session")
def line() -> MakeLine:
    """The factory above."""
    return make_line
