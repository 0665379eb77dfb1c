"""Files whose structure is wrong do no harm where they are opened."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hostile_files import mutated, valid_files

from anonymiser.errors import PhotoError
from anonymiser.isolation import IsolatedDecoder
from anonymiser.photo.decode import DecodeLimits, decode

LIMITS = DecodeLimits()


@pytest.mark.parametrize("kind", sorted(valid_files()))
def test_valid_files_come_through_among_malformed_ones(kind: str) -> None:
    """After ten malformed files of a format, the valid one is the same picture to the pixel."""
    valid, rng = valid_files()[kind], np.random.default_rng(7)
    isolated = IsolatedDecoder()
    try:
        for _ in range(10):
            with suppress(PhotoError):
                isolated(mutated(kind, valid, rng), LIMITS)
        assert np.array_equal(isolated(valid, LIMITS).pixels, decode(valid, LIMITS).pixels)
    finally:
        isolated.close()


@pytest.mark.parametrize("kind", sorted(valid_files()))
def test_mutations_reach_the_decoders(kind: str) -> None:
    """Of 40 malformed files none is the valid one, and not all are refused or opened for the same reason."""
    valid, rng = valid_files()[kind], np.random.default_rng(3)
    outcomes = set()
    for _ in range(40):
        wrong = mutated(kind, valid, rng)
        assert wrong != valid
        try:
            decode(wrong, LIMITS)
            outcomes.add("opened")
        except PhotoError as error:
            outcomes.add(error.message)
    assert len(outcomes) > 1
