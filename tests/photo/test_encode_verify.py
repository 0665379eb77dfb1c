"""A written copy holds pixels and nothing else, and the independent reader proves it."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from bad_inputs import encoded, gradient, video
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.ExifTags import IFD, Base

from anonymiser.errors import VerificationFailed
from anonymiser.photo.encode import LONGEST_SIDE, encode
from anonymiser.photo.verify import verify

PIXELS = np.asarray(gradient())
WH = (320, 240)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 100), st.integers(0, 2**32 - 1))
def test_what_encode_writes_is_accepted(width: int, height: int, quality: int, seed: int) -> None:
    """Every copy of any size, quality and content passes."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    verify(encode(pixels, quality=quality), (width, height))


def test_encode_keeps_the_picture() -> None:
    """The copy shows the pixels that were given, the same bytes each time."""
    data = encode(PIXELS, quality=90)
    assert data == encode(PIXELS, quality=90)
    shown = np.asarray(Image.open(io.BytesIO(data)), int)
    assert np.abs(shown - PIXELS).mean() < 2


def test_encode_refuses_what_no_jpeg_can_hold() -> None:
    """A side beyond the format's limit is the caller's mistake."""
    with pytest.raises(ValueError, match="do not fit"):
        encode(np.zeros((1, LONGEST_SIDE + 1, 3), np.uint8), quality=90)


@pytest.mark.parametrize(
    "options",
    [{"progressive": True}, {"optimize": True}, {"subsampling": "4:4:4"}, {"restart_marker_rows": 1}, {"quality": 100}],
)
def test_other_plain_jpegs_are_accepted(options: dict[str, object]) -> None:
    """Progressive scans, fitted tables, full colour and restart markers are pixels too."""
    verify(encoded(gradient(), "JPEG", **options), WH)


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def after_jfif(content: bytes) -> bytes:
    """The copy with something planted behind its JFIF header."""
    data = encode(PIXELS, quality=90)
    return data[:20] + content + data[20:]


def gps_exif() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(IFD.GPSInfo)[1] = "N"
    exif[Base.Artist] = "somebody"
    return exif.tobytes()


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
MPO = {"save_all": True, "append_images": [gradient(seed=2)]}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (encoded(gradient(), "JPEG", exif=gps_exif()), "EXIF"),
        (encoded(gradient(), "JPEG", xmp=b"<x:xmpmeta/>"), "XMP"),
        (encoded(gradient(), "JPEG", icc_profile=SRGB), "colour profile"),
        (encoded(gradient(), "JPEG", comment=b"Amelia, Year 3"), "comment"),
        (encoded(gradient(), "MPO", **MPO), "MPF"),
        (after_jfif(segment(0xED, b"Photoshop 3.0\0caption")), "IPTC"),
        (after_jfif(segment(0xEE, b"Adobe\0d\0\0\0\0\0")), "Adobe"),
        (after_jfif(segment(0xE1, b"anything")), "FFE1"),
        (after_jfif(segment(0xE0, b"JFXX\0\x10thumbnail")), "FFE0"),
        (after_jfif(segment(0xEB, b"JUMBF provenance")), "FFEB"),
        (after_jfif(segment(0xFE, b"late") + b"\xff\xd8"), "comment"),
        (after_jfif(b"\xff\xd8"), "second picture"),
        (after_jfif(b"\xff\xff"), "belong to no part"),
        (after_jfif(b"text between"), "belong to no part"),
        (after_jfif(segment(0xDB, bytes(64))), "tables"),
        (after_jfif(segment(0xDB, bytes(65)) * 50), "tables"),
        (after_jfif(segment(0xDD, b"\0\0\0\0")), "restart interval"),
        (after_jfif(segment(0xDA, b"\x03")), "malformed scan"),
        (after_jfif(segment(0xC9, bytes(15))), "FFC9"),
        (encode(PIXELS, quality=90) + video(b"mp42"), "96 bytes after"),
        (encode(PIXELS, quality=90) + b"\0", "1 bytes after"),
        (encode(PIXELS, quality=90) * 2, "bytes after"),
        (encoded(gradient().convert("L"), "JPEG"), "8-bit colour"),
        (encoded(gradient().convert("CMYK"), "JPEG"), "JFIF header"),
        (encoded(gradient(300, 240), "JPEG"), "another size"),
        (encoded(gradient(), "JPEG", keep_rgb=True), "JFIF header"),
        (encoded(gradient(), "PNG"), "not a JPEG"),
        (b"", "not a JPEG"),
        (b"\xff\xd8\xff\xe0", "ends too early"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xd9", "no picture"),
    ],
)
def test_anything_else_is_refused(data: bytes, says: str) -> None:
    """Whatever is planted in a copy is found and called by its name."""
    with pytest.raises(VerificationFailed) as caught:
        verify(data, WH)
    assert says in caught.value.message
    assert "Amelia" not in caught.value.message


def test_jfif_thumbnail_is_refused() -> None:
    """The one header that is allowed must not carry a small copy of the unredacted picture."""
    data = encode(PIXELS, quality=90)
    with_thumbnail = data[:4] + b"\0\x13" + data[6:18] + b"\x01\x01" + b"rgb" + data[20:]
    with pytest.raises(VerificationFailed, match="thumbnail"):
        verify(with_thumbnail, WH)


def test_second_frame_and_empty_scan_are_refused() -> None:
    """One frame, and every scan with data in it."""
    data = encode(PIXELS, quality=90)
    frame, scan = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    with pytest.raises(VerificationFailed, match="second picture"):
        verify(data[:scan] + data[frame : frame + 19] + data[scan:], WH)
    with pytest.raises(VerificationFailed, match="empty scan"):
        verify(data[: scan + 14] + b"\xff\xd9", WH)


def test_restart_markers_need_an_interval() -> None:
    """A restart marker inside a scan is only valid where an interval was declared."""
    data = encode(PIXELS, quality=90)
    with pytest.raises(VerificationFailed, match="FFD0"):
        verify(data[:-2] + b"\xff\xd0" + data[-2:], WH)


@given(st.integers(0, 10**6))
def test_no_prefix_is_accepted(cut: int) -> None:
    """A copy that was not written to its end is never released."""
    data = encode(PIXELS, quality=90)
    with pytest.raises(VerificationFailed):
        verify(data[: cut % len(data)], WH)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_politely(noise: bytes) -> None:
    """No other error than the refusal comes out, whatever was written."""
    with pytest.raises(VerificationFailed):
        verify(after_jfif(b"")[:20] + noise, WH)
