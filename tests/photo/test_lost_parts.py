"""Files whose picture has a gap that its own decoder fills without a word."""

import itertools
import struct
import zlib

import numpy as np
import pytest
from bad_inputs import encoded, gradient
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from anonymiser.errors import UnreadablePhoto
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.png import holds_every_row

NOISE = np.random.default_rng(7).integers(-40, 40, (480, 640, 3))
PHOTO = Image.fromarray((np.asarray(gradient(640, 480), int) + NOISE).clip(0, 255).astype(np.uint8))


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_of(wh: tuple[int, int], rows: bytes, *, depth: int = 8, colour: int = 2, interlaced: int = 0) -> bytes:
    """A PNG with every sum right, whose compressed picture ends properly after `rows`."""
    header = struct.pack(">IIBBBBB", *wh, depth, colour, 0, 0, interlaced)
    packed = zlib.compress(rows)
    half = len(packed) // 2
    data = chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", packed[half:])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


@pytest.mark.parametrize("kept", [1, 240, 479])
def test_a_png_that_ends_early_and_properly_is_refused(kept: int) -> None:
    """The decoder shows black for the rows that are missing, even if it is only one."""
    rows = b"".join(b"\0" + row.tobytes() for row in np.asarray(PHOTO))
    size = 1 + 3 * 640
    assert decode(png_of((640, 480), rows), DecodeLimits()).source_wh == (640, 480)
    with pytest.raises(UnreadablePhoto, match="part of the picture is missing"):
        decode(png_of((640, 480), rows[: kept * size]), DecodeLimits())


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_png_that_is_black_to_its_end_is_whole(mode: str) -> None:
    """However its colours are stored."""
    for wh in ((33, 47), (64, 32), (501, 40)):
        data = encoded(Image.new(mode, wh), "PNG")
        assert holds_every_row(data)
        assert decode(data, DecodeLimits()).source_wh == wh


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([(1, 0), (8, 2), (16, 6), (4, 3)]), st.booleans())
def test_the_rows_of_a_png_are_counted_as_it_stores_them(
    width: int, height: int, kind: tuple[int, int], interlaced: bool
) -> None:
    """Every row of each pass has one byte more; with one byte less than that, something is missing."""
    depth, colour = kind
    bits = depth * {0: 1, 2: 3, 3: 1, 6: 4}[colour]
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    sizes = [(len(range(x, width, dx)), len(range(y, height, dy))) for x, y, dx, dy in passes]
    needed = sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns)
    for missing in (0, 1):
        data = png_of((width, height), bytes(needed - missing), depth=depth, colour=colour, interlaced=int(interlaced))
        assert holds_every_row(data) is not bool(missing)


def with_gap(data: bytes, at: int, length: int) -> bytes:
    return data[:at] + bytes(length) + data[at + length :]


@pytest.mark.parametrize(("kind", "length"), [("AVIF", 1024), ("HEIF", 1024), ("WEBP", 8192)])
@pytest.mark.parametrize("place", [0.4, 0.6])
def test_a_part_that_a_disk_lost_is_found_anywhere(kind: str, length: int, place: float) -> None:
    """Zeros in the middle of a compressed picture, with the rest of it still there."""
    data = encoded(PHOTO, kind, quality=80)
    assert decode(data, DecodeLimits()).source_wh == (640, 480)
    with pytest.raises(UnreadablePhoto, match="part of the picture is missing"):
        decode(with_gap(data, int(len(data) * place), length), DecodeLimits())


def test_blank_camera_data_are_no_gap() -> None:
    """Cameras leave room in their notes; in a HEIC these lie beside the picture."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0" + bytes(4096)
    for kind in ("HEIF", "AVIF"):
        assert decode(encoded(PHOTO, kind, quality=80, exif=exif), DecodeLimits()).source_wh == (640, 480)


def test_a_plain_wall_is_no_gap() -> None:
    """Large areas of one tone need so few bytes that none of them looks like a loss."""
    for kind, tone in itertools.product(("HEIF", "AVIF", "WEBP"), ("black", "white")):
        wall = Image.new("RGB", (1600, 1200), tone)
        wall.paste(PHOTO, (480, 360))
        assert decode(encoded(wall, kind), DecodeLimits()).source_wh == (1600, 1200)
