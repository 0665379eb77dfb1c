"""Whether anything is left to see in a copy."""

from __future__ import annotations

import numpy as np

from anonymiser.values.photo import Pixels

_LOOKED_AT = 512
"""About how many rows and columns are looked at."""
_LEAST_LEFT = 0.1
"""Of the picture; a face cut to its portrait keeps a quarter of it."""
_ONE_TONE = 8
"""Levels of 255 that lie between the 1st and the 99th of a hundred pixels; a foggy field has 20."""


def nothing_visible(copy: Pixels, photo: Pixels) -> bool:
    """Whether a copy shows nobody and nothing: it is of one tone, or almost all of it is cover.

    Both are `uint8 [H, W, 3]` of one size; where they differ, `photo` was covered. What is not covered is judged by
    its tones, so a blank page, a picture that was lost in black, and a portrait before a plain wall count too.
    """
    down, across = (max(1, side // _LOOKED_AT) for side in copy.shape[:2])
    seen = copy[::down, ::across]
    left = (seen == photo[::down, ::across]).all(-1)
    if left.mean() < _LEAST_LEFT:
        return True
    low, high = np.percentile(seen[left], (1, 99), axis=0)
    return bool((high - low).max() <= _ONE_TONE)
