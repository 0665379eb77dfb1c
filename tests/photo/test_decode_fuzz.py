"""Whatever happens to the bytes of a file: a photo or a PhotoError comes out, and nothing else."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from bad_inputs import encoded, gradient, heic_with_depth, video
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.ExifTags import IFD, Base

from anonymiser.errors import PhotoError
from anonymiser.photo.decode import DecodeLimits, decode

LIMITS = DecodeLimits(max_source_megapixels=1, min_side_pixels=1)


@functools.cache
def seeds() -> dict[str, bytes]:
    """Small real files with everything in them that has a parser of its own."""
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    exif[Base.Make] = "Apple"
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "2024:06:12 10:33:21"
    extras = {
        "exif": exif.tobytes(),
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes(),
    }
    image = gradient(48, 40)
    layered = image.copy()
    layered.putalpha(gradient(48, 40, seed=2).convert("L"))

    def pages() -> dict[str, object]:
        return {"save_all": True, "append_images": [gradient(48, 40, seed=2)]}

    return {
        "jpeg": encoded(image, "JPEG", **extras) + video(b"mp42"),
        "progressive": encoded(image, "JPEG", progressive=True),
        "mpf": encoded(image, "MPO", **pages()),
        "cmyk": encoded(image.convert("CMYK"), "JPEG"),
        "png": encoded(layered, "PNG", **extras),
        "apng": encoded(image.quantize(), "PNG", **pages()),
        "webp": encoded(layered, "WEBP", **extras),
        "webp-lossless": encoded(image, "WEBP", lossless=True, **pages()),
        "gif": encoded(image.quantize(16), "GIF", **pages()),
        "tiff": encoded(image, "TIFF", exif=exif, **pages()),
        "tiff-lzw": encoded(image.convert("L"), "TIFF", compression="tiff_lzw"),
        "tiff-jpeg": encoded(image, "TIFF", compression="jpeg"),
        "tiff-16": encoded(Image.fromarray(np.arange(1920, dtype=np.uint16).reshape(40, 48) * 34), "TIFF"),
        "bmp": encoded(image.quantize(16), "BMP"),
        "heic": encoded(image, "HEIF", exif=exif.tobytes()),
        "heic-depth": heic_with_depth(),
        "avif": encoded(layered, "AVIF", **extras),
    }


def decodes_or_refuses(data: bytes, max_megapixels: float) -> None:
    try:
        photo = decode(data, LIMITS, max_megapixels=max_megapixels)
    except PhotoError:
        return
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.shape[2:] == (3,)
    assert photo.pixels.flags.c_contiguous


@pytest.mark.parametrize("kind", sorted(seeds()))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_files(kind: str, data: st.DataObject) -> None:
    """Bytes flipped, cut off and appended, mostly in the header, where the parsers are."""
    damaged = bytearray(seeds()[kind])
    near, far = min(160, len(damaged)) - 1, len(damaged) - 1
    places = st.integers(0, near) | st.integers(0, far)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=6)):
        damaged[place] = value
    cut = data.draw(st.just(len(damaged)) | st.integers(0, len(damaged)))
    tail = data.draw(st.just(b"") | st.binary(max_size=40))
    decodes_or_refuses(bytes(damaged[:cut]) + tail, data.draw(st.sampled_from([0, 0.0005])))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(seeds())), st.integers(2, 32), st.binary(max_size=200))
def test_signature_with_noise(kind: str, kept: int, noise: bytes) -> None:
    """A good beginning followed by noise."""
    decodes_or_refuses(seeds()[kind][:kept] + noise, 0)
