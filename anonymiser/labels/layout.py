"""Which lines of text belong together, like the two lines of a name badge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_PARALLEL = 0.94
"""Cosine of 20 degrees."""
_MOST_TIMES_HIGHER = 3.5
"""A badge may print the forename up to this many times larger than the surname."""


def neighbours(quads: Sequence[NDArray[np.float32]]) -> Iterator[tuple[int, int]]:
    """Pairs (first, second) of lines in reading order, with the second below the first or to its right.

    Both run in the same direction, and are no further apart than about the height of the larger one.
    Quads are `float32 [4, 2]` clockwise from the text's own top left.
    """
    if len(quads) < 2:
        return
    corners = np.stack(quads).astype(np.float64)
    along = corners[:, 1] - corners[:, 0]
    width = np.hypot(*along.T)
    along /= np.maximum(width, 1e-6)[:, None]
    down = corners[:, 3] - corners[:, 0]
    height = np.maximum(np.hypot(*down.T), 1e-6)
    down /= height[:, None]

    # Every line in every other line's own frame: [first, second, corner].
    offset = corners[None] - corners[:, None, :1]
    x = (offset * along[:, None, None]).sum(-1)
    y = (offset * down[:, None, None]).sum(-1)
    left, right, top, bottom = x.min(-1), x.max(-1), y.min(-1), y.max(-1)
    larger = np.maximum(height[:, None], height[None])
    similar = (along @ along.T > _PARALLEL) & (larger / np.minimum(height[:, None], height[None]) < _MOST_TIMES_HIGHER)

    shared_width = np.minimum(right, width[:, None]) - left.clip(0)
    shared_height = np.minimum(bottom, height[:, None]) - top.clip(0)
    half_narrower = np.minimum(width[:, None], width[None]) / 2
    half_lower = np.minimum(height[:, None], height[None]) / 2
    below = (top > 0) & (top - height[:, None] < larger) & (shared_width > half_narrower) & (shared_height < half_lower)
    beside = (left > 0) & (left - width[:, None] < 1.5 * larger) & (shared_height > half_lower)
    for first, second in np.argwhere(similar & (below | beside) & ~np.eye(len(quads), dtype=bool)):
        yield int(first), int(second)
