"""What decoding costs is bounded by the pixels of the picture, whatever a file claims."""

from __future__ import annotations

import struct
import tracemalloc

import numpy as np
import pytest
from bad_inputs import encoded, gradient
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from anonymiser.errors import OversizedPhoto
from anonymiser.photo import colour
from anonymiser.photo.colour import flatten
from anonymiser.photo.decode import DecodeLimits, decode

LIMITS = DecodeLimits()


def tiled(width: int, height: int, tile_wh: tuple[int, int], samples: int = 3) -> bytes:
    """A TIFF of a few hundred bytes whose tiles are of any size."""
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 8),
        (262, 3, 1, 2 if samples == 3 else 1),
        (277, 3, 1, samples),
        (322, 4, 1, tile_wh[0]),
        (323, 4, 1, tile_wh[1]),
        (324, 4, 1, 8),
        (325, 4, 1, 8),
    ]
    rows = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<I", 16) + bytes(8) + struct.pack("<H", len(tags)) + rows + bytes(4)


@pytest.mark.parametrize("tile_wh", [(16_384, 16_384), (65_536, 64), (64, 1 << 20), (4096, 4096)])
@pytest.mark.parametrize("samples", [1, 3])
def test_huge_tiles_are_never_decoded(monkeypatch: pytest.MonkeyPatch, tile_wh: tuple[int, int], samples: int) -> None:
    """A small file that asks for a gigabyte is refused before its picture is touched."""
    monkeypatch.setattr(TiffImageFile, "load", lambda _: pytest.fail("decoded"))
    with pytest.raises(OversizedPhoto):
        decode(tiled(64, 64, tile_wh, samples), LIMITS)


@pytest.mark.parametrize("tile", [128, 256, 512, 1024])
def test_usual_tiles_are_decoded(tile: int) -> None:
    """Tiles that overhang a small picture are no reason to refuse it."""
    data = encoded(gradient(300, 200), "TIFF", tiffinfo={322: tile, 323: tile})
    assert decode(data, LIMITS).source_wh == (300, 200)


def test_tile_of_no_width() -> None:
    """A tile without width or height is no division by nothing."""
    with pytest.raises(Exception, match="damaged"):
        decode(tiled(64, 64, (0, 0)), LIMITS)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "CMYK", "1"])
@pytest.mark.parametrize("size", [(500, 300), (37, 1900), (1900, 37)])
@pytest.mark.parametrize("megapixels", [0, 0.02])
def test_strips_leave_no_seam(
    monkeypatch: pytest.MonkeyPatch, mode: str, size: tuple[int, int], megapixels: float
) -> None:
    """Converted in strips the picture is the same as converted whole, but for rounding."""
    image = gradient(*size).convert(mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.radial_gradient("L").resize(size))
    kind = "JPEG" if mode == "CMYK" else "PNG"
    whole = decode(encoded(image, kind), DecodeLimits(min_side_pixels=1), max_megapixels=megapixels)
    monkeypatch.setattr(colour, "_STRIP_PIXELS", 5000)
    strips = decode(encoded(image, kind), DecodeLimits(min_side_pixels=1), max_megapixels=megapixels)
    assert np.abs(strips.pixels.astype(int) - whole.pixels).max() <= 1


def test_transparency_is_never_flattened_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large picture with transparency only a strip exists in several forms at a time."""
    largest = 0

    def spy(image: Image.Image, tones: object = None) -> Image.Image:
        nonlocal largest
        largest = max(largest, image.width * image.height)
        return flatten(image)

    monkeypatch.setattr(colour, "flatten", spy)
    image = Image.new("RGBA", (6000, 4000), (200, 30, 40, 128))
    tracemalloc.start()
    photo = decode(encoded(image, "PNG", compress_level=1), LIMITS, max_megapixels=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert photo.pixels.shape[0] * photo.pixels.shape[1] <= 1_000_000
    assert largest < 5_000_000
    assert peak < 40_000_000
