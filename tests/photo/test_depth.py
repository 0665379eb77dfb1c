"""Brightness that is stored in unusual ways: sixteen bits, counted from white, and nothing to see at all."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from bad_inputs import encoded, gradient
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from anonymiser.errors import UnsupportedFile
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.visible import little_visible
from anonymiser.values.reasons import Code

LIMITS = DecodeLimits()
GREY = np.asarray(gradient(96, 64).convert("L"), np.uint32)


def grey_tiff(values: np.ndarray, photometric: int, bits: int = 16, order: str = "<") -> bytes:
    """An uncompressed TIFF of one channel with `bits` a pixel, 12 of them packed two pixels to three bytes."""
    height, width = values.shape
    if bits == 12:
        pairs = values.reshape(-1, 2).astype(np.uint32)
        joined = pairs[:, 0] << 12 | pairs[:, 1]
        pixels = np.stack([joined >> 16, joined >> 8 & 255, joined & 255], 1).astype(np.uint8).tobytes()
    else:
        pixels = values.astype(f"{order}u2").tobytes()
    tags = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, photometric),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, len(pixels)),
    ]

    def entry(tag: int, kind: int, value: int) -> bytes:
        packed = struct.pack(f"{order}H", value) + bytes(2) if kind == 3 else struct.pack(f"{order}I", value)
        return struct.pack(f"{order}HHI", tag, kind, 1) + packed

    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8 + len(pixels))
    return head + pixels + struct.pack(f"{order}H", len(tags)) + b"".join(entry(*tag) for tag in tags) + bytes(4)


def png(values: np.ndarray, colour_type: int) -> bytes:
    """A 16-bit PNG of `[H, W, channels]`."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("bits", [9, 10, 11, 12, 13, 14, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_grey_of_fewer_bits_is_seen(bits: int, kind: str) -> None:
    """A sensor's 9 to 14 bits stored in 16 show the picture, as every bit depth does."""
    values = (GREY * ((1 << bits) - 1) // 255).astype(np.uint16)
    photo = decode(encoded(Image.fromarray(values), kind), LIMITS)
    assert np.abs(photo.pixels[..., 0] - GREY.astype(int)).max() <= 1


def test_full_range_is_not_stretched() -> None:
    """A dark picture that uses the 16 bits stays as dark as it was taken."""
    values = (GREY * 257 * 0.4).astype(np.uint16)
    photo = decode(encoded(Image.fromarray(values), "PNG"), LIMITS)
    assert np.abs(photo.pixels[..., 0] - GREY * 0.4).max() <= 1


@pytest.mark.parametrize(("bits", "photometric"), [(10, 0), (10, 1), (16, 0), (16, 1), (12, 1)])
def test_white_is_zero(bits: int, photometric: int) -> None:
    """A TIFF that counts from white to black is no negative."""
    most = (1 << bits) - 1
    values = GREY * most // 255
    stored = most - values if photometric == 0 else values
    photo = decode(grey_tiff(stored, photometric, 12 if bits == 12 else 16), LIMITS)
    assert np.abs(photo.pixels[..., 0] - GREY.astype(int)).max() <= 1


def test_a_form_that_no_decoder_knows_is_unsupported() -> None:
    """What Pillow cannot read at all is not called damaged."""
    for data in (grey_tiff(GREY * 257, 0, order=">"), grey_tiff(GREY * 16, 0, bits=12)):
        with pytest.raises(UnsupportedFile, match="scientific"):
            decode(data, LIMITS)


@pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (4, 2), (6, 4)])
@pytest.mark.parametrize("bits", [9, 10, 12, 13])
def test_dark_colour_of_sixteen_bits_waits(colour_type: int, channels: int, bits: int) -> None:
    """Colour whose upper eight bits hold hardly anything is refused, not published black."""
    values = np.repeat((GREY * ((1 << bits) - 1) // 255)[..., None], channels, 2)
    if channels in (2, 4):
        values[..., -1] = 65_535
    with pytest.raises(UnsupportedFile, match="darkly"):
        decode(png(values, colour_type), LIMITS)
    decode(png(values << 16 - bits, colour_type), LIMITS)


def covered(photo: np.ndarray, left: float) -> np.ndarray:
    """`photo` with all but a share of its rows covered."""
    copy = photo.copy()
    copy[round(len(copy) * left) :] = (90, 90, 90)
    return copy


PHOTO = np.asarray(gradient(640, 480))


@given(tone=st.integers(0, 255), spread=st.integers(0, 3), seed=st.integers(0, 99))
def test_one_tone_shows_nothing(tone: int, spread: int, seed: int) -> None:
    """A page that is blank, black or the noise of a covered lens shows nobody."""
    noise = np.random.default_rng(seed).integers(-spread, spread + 1, (90, 120, 3))
    page = (tone + noise).clip(0, 255).astype(np.uint8)
    assert little_visible(page, page) == Code.NOTHING_VISIBLE()


@given(left=st.floats(0.36, 1), width=st.integers(40, 900))
def test_a_photo_shows_something(left: float, width: int) -> None:
    """A photo of which some is left is worth a look, whatever its size and shape."""
    photo = np.asarray(gradient(width, 200))
    assert little_visible(covered(photo, left), photo) is None


@pytest.mark.parametrize("left", [0, 0.02, 0.08, 0.2, 0.3])
def test_a_copy_that_is_mostly_cover_says_so(left: float) -> None:
    """A copy of which two thirds or more is covered waits with a reason of its own."""
    assert little_visible(covered(PHOTO, left), PHOTO) == Code.MOSTLY_COVERED()


def test_a_covered_portrait_on_a_plain_wall() -> None:
    """Where all that is left is a plain wall, nothing is."""
    photo = PHOTO.copy()
    photo[:240] = 230
    assert little_visible(covered(photo, 0.5), photo) == Code.NOTHING_VISIBLE()


def test_first_frame_is_blank() -> None:
    """A film strip whose first picture is blank decodes to one tone."""
    stream = io.BytesIO()
    Image.new("P", (64, 64), 1).save(stream, "GIF", save_all=True, append_images=[gradient(64, 64).quantize()])
    pixels = decode(stream.getvalue(), LIMITS).pixels
    assert little_visible(pixels, pixels) == Code.NOTHING_VISIBLE()
