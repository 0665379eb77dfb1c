"""What kind of file this is, by its bytes; the file's name and extension are never used.

Only the kinds named here reach a decoder, and each goes only to its own decoder. No library is asked to guess, so that
a file cannot steer itself to a rarely used parser.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Literal


@enum.unique
class Picture(enum.StrEnum):
    """Kinds of file that are processed; the value is the media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    TIFF = "image/tiff"
    BMP = "image/bmp"
    GIF = "image/gif"
    HEIC = "image/heic"
    AVIF = "image/avif"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A kind of file that is recognised and never processed."""

    what: str
    """Completes the sentence "this is ..."."""
    remedy: str = "Take it out of the folder; it is not needed here."


_SAVE_AS = "Open it in the program it came from, save the picture as JPEG, and put that into the folder."

_VIDEO = Foreign("a video", "Only still pictures are processed. Keep videos elsewhere, or export pictures as JPEG.")
_SOUND = Foreign("a sound recording")
_RAW = Foreign("a camera RAW file", "Export it as JPEG with the camera's own program, or set the camera to JPEG.")
_ARCHIVE = Foreign("a ZIP or other archive", "Unpack it, and put the pictures themselves into the folder.")
_OFFICE = Foreign("an Office document", _SAVE_AS)
_PDF = Foreign("a PDF document", _SAVE_AS)
_DRAWING = Foreign("a drawing, not a photo", _SAVE_AS)
_DESIGN = Foreign("a Photoshop or print design file", _SAVE_AS)
_RARE_PICTURE = Foreign("a picture in a format that few programs can open", _SAVE_AS)
_WEB_PAGE = Foreign("a web page", "Save the picture itself from the page, and put that into the folder.")
_SHORTCUT = Foreign("a shortcut to a file, not the file itself", "Copy the picture itself into the folder.")
_COMPANION = Foreign("a companion file that macOS makes for each picture, not the picture itself")
_PROGRAM = Foreign("a program", "Do not open it. Tell whoever looks after your computers.")

_SIGNATURES: tuple[tuple[int, bytes, Picture | Foreign], ...] = (
    (0, b"\xff\xd8\xff", Picture.JPEG),
    (0, b"\x89PNG\r\n\x1a\n", Picture.PNG),
    (0, b"GIF87a", Picture.GIF),
    (0, b"GIF89a", Picture.GIF),
    (8, b"WEBP", Picture.WEBP),
    (8, b"AVI ", _VIDEO),
    (8, b"WAVE", _SOUND),
    (8, b"CR\x02\x00", _RAW),  # Canon CR2, inside a TIFF
    (0, b"IIU\x00", _RAW),  # Panasonic RW2
    (0, b"IIRO", _RAW),  # Olympus ORF
    (0, b"IIRS", _RAW),
    (0, b"MMOR", _RAW),
    (0, b"FUJIFILMCCD-RAW", _RAW),
    (0, b"FOVb", _RAW),  # Sigma X3F
    (0, b"\x00MRM", _RAW),  # Minolta MRW
    (0, b"II*\x00", Picture.TIFF),
    (0, b"MM\x00*", Picture.TIFF),
    (0, b"II+\x00", Picture.TIFF),  # BigTIFF
    (0, b"MM\x00+", Picture.TIFF),
    (4, b"moov", _VIDEO),  # QuickTime films older than the ftyp box begin with any of these
    (4, b"mdat", _VIDEO),
    (4, b"wide", _VIDEO),
    (4, b"free", _VIDEO),
    (4, b"skip", _VIDEO),
    (4, b"pnot", _VIDEO),
    (0, b"\x1aE\xdf\xa3", _VIDEO),  # Matroska, WebM
    (0, b"FLV\x01", _VIDEO),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _VIDEO),  # WMV
    (0, b"\x00\x00\x01\xba", _VIDEO),  # MPEG programme stream
    (0, b"OggS", _SOUND),
    (0, b"ID3", _SOUND),
    (0, b"fLaC", _SOUND),
    (0, b"#!AMR", _SOUND),
    (30, b"[Content_Types].xml", _OFFICE),  # first member of .docx, .pptx and .xlsx
    (0, b"PK\x03\x04", _ARCHIVE),
    (0, b"PK\x05\x06", _ARCHIVE),
    (0, b"Rar!\x1a\x07", _ARCHIVE),
    (0, b"7z\xbc\xaf\x27\x1c", _ARCHIVE),
    (0, b"\x1f\x8b\x08", _ARCHIVE),
    (0, b"BZh", _ARCHIVE),
    (0, b"\xfd7zXZ\x00", _ARCHIVE),
    (0, b"\x28\xb5\x2f\xfd", _ARCHIVE),  # Zstandard
    (0, b"MSCF", _ARCHIVE),
    (257, b"ustar", _ARCHIVE),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OFFICE),  # .doc, .ppt and .xls
    (0, b"8BPS", _DESIGN),
    (0, b"gimp xcf ", _DESIGN),
    (0, b"%!PS", _DESIGN),
    (0, b"\x00\x00\x00\x0cjP  ", _RARE_PICTURE),  # JPEG 2000
    (0, b"\x00\x00\x00\x0cJXL ", _RARE_PICTURE),
    (0, b"\xff\x0a", _RARE_PICTURE),  # JPEG XL codestream
    (0, b"\xff\x4f\xff\x51", _RARE_PICTURE),  # JPEG 2000 codestream
    (0, b"II\xbc\x01", _RARE_PICTURE),  # JPEG XR
    (0, b"v/1\x01", _RARE_PICTURE),  # OpenEXR
    (0, b"#?RADIANCE", _RARE_PICTURE),
    (0, b"qoif", _RARE_PICTURE),
    (0, b"DDS ", _RARE_PICTURE),
    (0, b"FLIF", _RARE_PICTURE),
    (0, b"BPG\xfb", _RARE_PICTURE),
    (0, b"icns", _RARE_PICTURE),
    (0, b"\x8bJNG\r\n\x1a\n", _RARE_PICTURE),
    (0, b"\x8aMNG\r\n\x1a\n", _RARE_PICTURE),
    (0, b"AT&TFORM", _RARE_PICTURE),  # DjVu
    (0, b"\x00\x00\x01\x00", _RARE_PICTURE),  # Windows icon
    (0, b"\x4c\x00\x00\x00\x01\x14\x02\x00", _SHORTCUT),
    (0, b"book\x00\x00\x00\x00mark", _SHORTCUT),  # macOS
    (0, b"[InternetShortcut]", _SHORTCUT),
    (0, b"\x00\x05\x16\x07", _COMPANION),
    (0, b"MZ", _PROGRAM),
    (0, b"\x7fELF", _PROGRAM),
)
"""(offset, bytes at that offset, kind); the first that fits decides."""

_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEVC_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"))
_PICTURE_BRANDS = frozenset((b"mif1", b"mif2", b"mif3", b"msf1", b"miaf", b"MiHA", b"MiHB", b"MiHE", b"heif"))
"""A picture in any codec (ISO/IEC 23008-12 and 23000-22, and what phones write instead)."""
_FILM_BRANDS = re.compile(rb"mp4\d|isom|iso\d|avc\d|M4VP|M4V |qt  |3g[p2].|dash|mmp4|f4v |MSNV")
_PLAIN_PIXELS = re.compile(rb"P(?:[1-6]\s+(?:#[^\n]*\s+)*\d+\s+(?:#[^\n]*\s+)*\d+\s|7\s+WIDTH )")
"""The header of PBM, PGM, PPM and PAM (netpbm)."""
_BMP_HEADER_SIZES = frozenset((12, 40, 52, 56, 64, 108, 124))


def sniff(data: bytes) -> Picture | Foreign | None:
    """The kind of file that `data` is, or None if it is unknown."""
    if data[4:8] == b"ftyp":
        return _iso_media(data)
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BMP_HEADER_SIZES:
        return Picture.BMP
    if data[:1] == b"\x47" == data[188:189] == data[376:377]:
        return _VIDEO  # MPEG transport stream: packets of 188 bytes
    for offset, signature, kind in _SIGNATURES:
        if data.startswith(signature, offset):
            return _RAW if kind is Picture.TIFF and _Tiff(data).is_raw() else kind
    return _RARE_PICTURE if _PLAIN_PIXELS.match(data) else _markup(data[:4096])


def looks_like_text(data: bytes) -> bool:
    """Whether the file begins with text that a person could read."""
    head = data[:4096]
    return bool(head.strip()) and not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", head)


def _iso_media(data: bytes) -> Picture | Foreign:
    """HEIC, AVIF, videos and Canon CR3 share one container; its brands tell them apart.

    The main brand can be anything; a picture that other programs can open lists a brand of theirs as compatible.
    """
    size = min(int.from_bytes(data[:4], "big"), 512)
    main = data[8:12]
    brands = {main, *(data[at : at + 4] for at in range(16, size, 4))}
    if main == b"crx ":
        return _RAW
    if main in (b"M4A ", b"M4B "):
        return _SOUND
    if _FILM_BRANDS.fullmatch(main):
        return _VIDEO
    if main in _AVIF_BRANDS or (brands & _AVIF_BRANDS and main not in _HEVC_BRANDS):
        return Picture.AVIF
    if brands & _HEVC_BRANDS:
        return Picture.HEIC
    if brands & _PICTURE_BRANDS:
        return Picture.AVIF if b"av01" in data[:_ITEMS_WITHIN] else Picture.HEIC
    return _VIDEO


_ITEMS_WITHIN = 65_536
"""The list of a file's pictures, which names their codec, is within this many bytes of its beginning."""


def _markup(head: bytes) -> Foreign | None:
    if b"%PDF-" in head[:1024]:
        return _PDF
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in start:
        return _DRAWING
    return _WEB_PAGE if start.startswith((b"<!doctype html", b"<html")) else None


_NEW_SUBFILE_TYPE, _COMPRESSION, _PHOTOMETRIC, _SUB_IFDS, _DNG_VERSION = 254, 259, 262, 330, 50706
_SENSOR_PHOTOMETRICS = frozenset((32803, 34892))
"""Colour filter array and linear raw: readings of a sensor, which only RAW files have (TIFF/EP, DNG 1.7)."""
_MAKERS_COMPRESSIONS = frozenset((32767, 32769, 32770, 32867, 34713, 65000, 65535))
"""Sony, Epson, Samsung, Kodak (two), Nikon and Pentax RAW data (ExifTool's table of TIFF compressions)."""
_NUMBER_SIZES = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}
"""Bytes of each TIFF field type that holds unsigned numbers (TIFF 6.0, BigTIFF)."""


class _Tiff:
    """Reads just enough of a TIFF to tell a picture from a camera's RAW file.

    NEF, ARW, DNG, PEF, SRW and others look like TIFF from outside. Their first image is a small preview, which must not
    be published instead of the photo.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order: Literal["little", "big"] = "little" if data[:1] == b"I" else "big"
        self._big = b"+" in data[2:4]

    def is_raw(self) -> bool:
        first = self._directory(self._number(8, 8) if self._big else self._number(4, 4))
        children = first.get(_SUB_IFDS, ())
        preview_first = bool(children) and bool(first.get(_NEW_SUBFILE_TYPE, (0,))[0] & 1)
        return (
            preview_first
            or _DNG_VERSION in first
            or any(
                not _SENSOR_PHOTOMETRICS.isdisjoint(directory.get(_PHOTOMETRIC, ()))
                or not _MAKERS_COMPRESSIONS.isdisjoint(directory.get(_COMPRESSION, ()))
                for directory in (first, *map(self._directory, children))
            )
        )

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self._data[at : at + size], self._order)

    def _directory(self, offset: int) -> dict[int, tuple[int, ...]]:
        """Numbers of one image file directory by tag; fields of other types are left out, and lists are cut at 16."""
        count_size, word = (8, 8) if self._big else (2, 4)
        fields = {}
        for row in range(min(self._number(offset, count_size), 512)):
            entry = offset + count_size + row * (4 + 2 * word)
            size = _NUMBER_SIZES.get(self._number(entry + 2, 2), 0)
            count = self._number(entry + 4, word)
            value = entry + 4 + word
            start = value if size * count <= word else self._number(value, word)
            if size and count:
                fields[self._number(entry, 2)] = tuple(
                    self._number(start + size * i, size) for i in range(min(count, 16))
                )
        return fields
