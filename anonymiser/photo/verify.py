"""The last check of a written copy: does it contain a picture, and nothing but a picture?

This reader goes through the JPEG's markers itself (ITU-T T.81, annex B; JFIF 1.02). It shares no code with the writer
and uses no imaging library, so that a mistake there cannot hide here. It knows what may be in a copy and refuses
everything else, including kinds of metadata that nobody has thought of yet.
"""

from __future__ import annotations

import re
from typing import NoReturn

from anonymiser.errors import VerificationFailed

_SOI, _EOI, _SOS, _DQT, _DHT, _DRI, _APP0 = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xDD, 0xE0
_SOF0, _SOF2 = 0xC0, 0xC2

_JFIF = re.compile(rb"JFIF\0\x01[\x00-\x02][\x00-\x02].{4}\0\0", re.DOTALL)
"""Version 1.0x, any density, and a thumbnail of 0 x 0."""

_END_OF_SCAN = re.compile(rb"\xff[^\x00]")
_END_OF_SCAN_WITH_RESTARTS = re.compile(rb"\xff[^\x00\xd0-\xd7]")

_MOST_TABLE_BYTES = 4 * 65 + 8 * 273
"""Four quantisation and eight Huffman tables of the largest size: more than any copy needs, and no hiding place."""

_KNOWN_CONTENT = (
    (0xE1, b"Exif\0", "camera data (EXIF)"),
    (0xE1, b"http://ns.adobe.com/xap/", "editing data (XMP)"),
    (0xE2, b"ICC_PROFILE\0", "a colour profile"),
    (0xE2, b"MPF\0", "the index of a second picture (MPF)"),
    (0xED, b"", "captions (IPTC)"),
    (0xEE, b"", "an Adobe marker"),
    (0xFE, b"", "a comment"),
    (_SOI, b"", "the start of a second picture"),
)


def verify(data: bytes, expected_wh: tuple[int, int]) -> None:
    """Accept the bytes of a copy, or raise VerificationFailed, which says what else is in them.

    A copy may contain, in any valid order: SOI, one JFIF header of 16 bytes without a thumbnail, quantisation and
    Huffman tables, a restart interval, one 8-bit frame of three components and exactly `expected_wh` pixels, its scans,
    and EOI, with not one byte after it.
    """
    _Reader(data, expected_wh).read()


class _Reader:
    def __init__(self, data: bytes, expected_wh: tuple[int, int]) -> None:
        self._data = data
        self._expected_wh = expected_wh
        self._at = 0
        self._seen: set[int] = set()
        self._table_bytes = 0

    def read(self) -> None:
        if not self._data.startswith(b"\xff\xd8"):
            _refuse("is not a JPEG")
        self._at = 2
        if self._marker() != _APP0:
            _refuse("does not begin with a JFIF header")
        self._jfif(self._segment())
        while (marker := self._marker()) != _EOI:
            self._part(marker)
        if _SOS not in self._seen:
            _refuse("holds no picture")
        if self._at != len(self._data):
            _refuse(f"holds {len(self._data) - self._at} bytes after the end of the picture")

    def _part(self, marker: int) -> None:
        if marker in (_DQT, _DHT):
            self._tables(marker, self._segment())
        elif marker == _DRI:
            if len(self._segment()) != 2:
                _refuse("holds a malformed restart interval")
        elif marker in (_SOF0, _SOF2):
            self._frame(self._segment())
        elif marker == _SOS:
            self._scan(self._segment())
        else:
            _refuse(f"holds {self._describe(marker)}")
        self._seen.add(_SOF0 if marker == _SOF2 else marker)

    def _marker(self) -> int:
        pair = self._data[self._at : self._at + 2]
        if len(pair) < 2:
            _refuse("ends too early")
        if pair[0] != 0xFF or pair[1] in (0x00, 0xFF):
            _refuse("holds bytes that belong to no part of the picture")
        self._at += 2
        return pair[1]

    def _segment(self) -> bytes:
        length = int.from_bytes(self._data[self._at : self._at + 2], "big")
        content = self._data[self._at + 2 : self._at + length]
        if length < 2 or len(content) != length - 2:
            _refuse("ends too early")
        self._at += length
        return content

    def _describe(self, marker: int) -> str:
        content = self._data[self._at + 2 : self._at + 40]
        for known, beginning, name in _KNOWN_CONTENT:
            if marker == known and content.startswith(beginning):
                return name
        return f"a part that is not needed to show it (marker FF{marker:02X})"

    def _jfif(self, content: bytes) -> None:
        if not _JFIF.fullmatch(content):
            _refuse("holds a JFIF header with a thumbnail or other additions")

    def _tables(self, marker: int, content: bytes) -> None:
        self._table_bytes += len(content)
        at = 0
        while at < len(content):
            if marker == _DQT:
                at += 1 + 64 * (1 + (content[at] >> 4))
            else:
                at += 17 + sum(content[at + 1 : at + 17])
        if at != len(content) or self._table_bytes > _MOST_TABLE_BYTES:
            _refuse("holds malformed or needless tables")

    def _frame(self, content: bytes) -> None:
        if _SOF0 in self._seen:
            _refuse("holds a second picture")
        if len(content) != 15 or content[0] != 8 or content[5] != 3:
            _refuse("is not an 8-bit colour picture")
        size = int.from_bytes(content[3:5], "big"), int.from_bytes(content[1:3], "big")
        if size != self._expected_wh:
            _refuse("has another size than the picture that was checked")

    def _scan(self, content: bytes) -> None:
        if _SOF0 not in self._seen or not content or len(content) != 4 + 2 * content[0]:
            _refuse("holds a malformed scan")
        end = (_END_OF_SCAN_WITH_RESTARTS if _DRI in self._seen else _END_OF_SCAN).search(self._data, self._at)
        if end is None:
            _refuse("ends too early")
        if end.start() == self._at:
            _refuse("holds an empty scan")
        self._at = end.start()


def _refuse(what: str) -> NoReturn:
    raise VerificationFailed(
        f"the copy {what}",
        remedy="The copy is not used. Please report this: it is a defect in anonymiser or in one of its parts.",
    )
