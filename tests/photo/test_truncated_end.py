"""Pictures without compression that were copied with their full length and never filled."""

import io

import numpy as np
import pytest
from PIL import Image

from anonymiser.errors import UnreadablePhoto
from anonymiser.photo.decode import DecodeLimits, decode

PIXELS = np.random.default_rng(5).integers(1, 256, (240, 320, 3), np.uint8)


def stored(kind: str, pixels: np.ndarray = PIXELS) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["BMP", "TIFF"])
@pytest.mark.parametrize("missing", [0.12, 0.5, 0.9])
def test_a_file_that_was_never_filled_is_refused(kind: str, missing: float) -> None:
    """The end of the file is zeros, as a copy leaves it that was allocated at once and cut off."""
    data = stored(kind)
    left = int(len(data) * (1 - missing))
    with pytest.raises(UnreadablePhoto):
        decode(data[:left] + bytes(len(data) - left), DecodeLimits())


@pytest.mark.parametrize("kind", ["BMP", "TIFF"])
def test_a_black_edge_is_a_part_of_the_picture(kind: str) -> None:
    """A few black rows at either end are no reason to refuse a picture."""
    pixels = PIXELS.copy()
    pixels[:12] = pixels[-12:] = 0
    assert decode(stored(kind, pixels), DecodeLimits()).pixels.shape == (240, 320, 3)
