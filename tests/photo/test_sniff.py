"""Files are recognised by what is in them."""

from __future__ import annotations

import pytest
from bad_inputs import encoded, gradient, raw_files, tiff_with, video
from hypothesis import given
from hypothesis import strategies as st

from anonymiser.errors import UnreadablePhoto
from anonymiser.photo.decode import DecodeLimits, decode
from anonymiser.photo.sniff import Foreign, Picture, looks_like_text, sniff


@pytest.mark.parametrize(
    ("kind", "picture"),
    [
        ("JPEG", Picture.JPEG),
        ("PNG", Picture.PNG),
        ("WEBP", Picture.WEBP),
        ("TIFF", Picture.TIFF),
        ("BMP", Picture.BMP),
        ("GIF", Picture.GIF),
        ("HEIF", Picture.HEIC),
        ("AVIF", Picture.AVIF),
    ],
)
def test_pictures(kind: str, picture: Picture) -> None:
    """Every kind that is processed is known by its own bytes."""
    assert sniff(encoded(gradient(32, 32), kind)) is picture


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (video(b"isom"), "video"),
        (video(b"qt  "), "video"),
        (video(b"3gp5"), "video"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video"),
        (b"RIFF\0\0\0\0AVI LIST", "video"),
        (b"\x1aE\xdf\xa3\x9fB\x86", "video"),
        (b"\0\0\x01\xba\x44", "video"),
        ((b"\x47" + bytes(187)) * 3, "video"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video"),
        (video(b"M4A "), "sound"),
        (b"RIFF\0\0\0\0WAVEfmt ", "sound"),
        (b"ID3\x03\0", "sound"),
        (b"II*\0\x10\0\0\0CR\x02\0", "RAW"),
        (b"IIU\0\x18\0\0\0", "RAW"),
        (b"FUJIFILMCCD-RAW 0201", "RAW"),
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "Office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office"),
        (b"PK\x05\x06", "ZIP"),
        (b"Rar!\x1a\x07\x01\0", "ZIP"),
        (b"\n\n%PDF-1.4", "PDF"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"%!PS-Adobe-3.0", "print"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "few programs"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "few programs"),
        (b"\xff\x4f\xff\x51\0\x2f", "few programs"),
        (b"II\xbc\x01\x20\0\0\0", "few programs"),
        (b"v/1\x01\x02\0\0\0", "few programs"),
        (b"P6\n# made by a scanner\n640 480\n255\n", "few programs"),
        (b"P7\nWIDTH 640\n", "few programs"),
        (b"qoif\0\0\x02\x80", "few programs"),
        (b"gimp xcf v011\0", "design"),
        (b"fLaC\0\0\0\x22", "sound"),
        (b"photos/a.jpg" + bytes(245) + b"ustar\x0000", "ZIP"),
        (b"\xfd7zXZ\0\0\x04", "ZIP"),
        (b"book\0\0\0\0mark\0\0\0\0", "shortcut"),
        (b"[InternetShortcut]\r\nURL=https://example.org\r\n", "shortcut"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "drawing"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html>", "web page"),
        (b"\0\x05\x16\x07\0\x02\0\0Mac OS X", "macOS"),
        (b"L\0\0\0\x01\x14\x02\0", "shortcut"),
        (b"MZ\x90\0", "program"),
        *((data, "RAW") for data in raw_files().values()),
    ],
)
def test_foreign_files(data: bytes, what: str) -> None:
    """What is not processed is called by its everyday name, with a way out."""
    kind = sniff(data)
    assert isinstance(kind, Foreign)
    assert what in kind.what
    assert kind.remedy.endswith(".")


@pytest.mark.parametrize("order", ["II", "MM"])
def test_raw_in_either_byte_order(order: str) -> None:
    """DNG's version tag betrays a RAW file in a big-endian TIFF as well."""
    little = tiff_with({50706: ("I", 0x01040000)})
    big = b"MM\0*\0\0\0\x08\0\x01" + bytes.fromhex("c612 0004 00000001 01040000 00000000")
    assert sniff({"II": little, "MM": big}[order]) == sniff(raw_files()["nef"])


def test_scanned_pages_are_no_raw_file() -> None:
    """A TIFF with a maker's name, sub-images or reduced copies, but without a sensor's readings, is a picture."""
    plain = {256: ("I", 64), 257: ("I", 64), 259: ("H", 1), 262: ("H", 2)}
    assert sniff(tiff_with(plain)) is Picture.TIFF
    assert sniff(tiff_with(plain, ({**plain, 254: ("I", 1)},) * 3)) is Picture.TIFF
    assert sniff(tiff_with({**plain, 254: ("I", 1)})) is Picture.TIFF


def test_avif_under_a_general_brand() -> None:
    """Some writers name AVIF only among the compatible brands."""
    box = b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf"
    assert sniff(box) is Picture.AVIF


def container(main: bytes, *compatible: bytes, items: bytes = b"") -> bytes:
    brands = b"".join(compatible)
    return (16 + len(brands)).to_bytes(4, "big") + b"ftyp" + main + bytes(4) + brands + items


@pytest.mark.parametrize("main", [b"mif1", b"heif", b"MiHE", b"MiHB", b"miaf", b"tmap", b"1234"])
def test_compatible_brands_tell_a_picture(main: bytes) -> None:
    """Phones put a brand of their own first; the codec stands among the compatible ones, or in the list of items."""
    assert sniff(container(main, b"mif1", b"heic", b"miaf")) is Picture.HEIC
    assert sniff(container(main, b"mif1", b"avif", b"miaf")) is Picture.AVIF
    assert sniff(container(main, b"mif1", b"miaf", items=b"meta....infe....hvc1")) is Picture.HEIC
    assert sniff(container(main, b"mif1", b"miaf", items=b"meta....infe....av01")) is Picture.AVIF


@pytest.mark.parametrize("main", [b"isom", b"iso6", b"mp42", b"qt  ", b"M4V ", b"3gp4", b"avc1", b"dash"])
def test_films_stay_films(main: bytes) -> None:
    """A film is a film, even where it names a picture brand besides."""
    kind = sniff(container(main, main, b"mp41", b"msf1", b"hevc"))
    assert isinstance(kind, Foreign)
    assert "video" in kind.what


@pytest.mark.parametrize("brand", [b"MiHE", b"heif", b"mif1"])
def test_other_brands_are_decoded(brand: bytes) -> None:
    """What is recognised as HEIC under another brand can be opened."""
    data = encoded(gradient(), "HEIF")
    assert decode(data[:8] + brand + data[12:], DecodeLimits()).source_wh == (320, 240)


def test_text() -> None:
    """Letters are told from noise."""
    assert looks_like_text(b"Dear parents,\r\n\tcaf\xc3\xa9\n")
    assert not looks_like_text(b"\x00\x01binary")
    assert not looks_like_text(b"   \n")


@given(st.binary(max_size=600))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    """Sniffing never fails, whatever the bytes."""
    assert isinstance(sniff(data), Picture | Foreign | None)
    assert isinstance(sniff(b"II*\0" + data), Picture | Foreign)
    assert isinstance(sniff(b"MM\0+\0\x08\0\0" + data), Picture | Foreign)


def test_a_file_of_zeros_is_said_to_be_one() -> None:
    """A copy that was allocated and never filled is no unknown kind of file."""
    with pytest.raises(UnreadablePhoto, match="nothing but zeros"):
        decode(bytes(5000), DecodeLimits())
