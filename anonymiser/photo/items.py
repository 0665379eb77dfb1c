"""What the container of a HEIC or AVIF lists: its pictures, and the camera data beside them (ISO/IEC 23008-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from anonymiser.photo.boxes import boxes

_CODED = frozenset((b"hvc1", b"lhv1", b"av01"))
"""Kinds of item that are compressed pictures; what is in others, such as camera data, may be blank."""
_MOST_PLACES = 10_000


def picture_data(data: bytes) -> Iterator[bytes]:
    """The stored bytes of each picture of the file, in one or several pieces, as far as they can be found.

    Those of every media box where the file does not list its pictures, as a film does not.
    """
    try:
        meta = dict(boxes(dict(boxes(data))[b"meta"][4:]))
        coded = {item for item, kind in _kinds(meta[b"iinf"]) if kind in _CODED}
        places = [(at, length) for item, at, length in _places(meta[b"iloc"]) if item in coded]
    except (KeyError, IndexError, struct.error):
        yield from (content for kind, content in boxes(data) if kind == b"mdat")
        return
    yield from (data[at : at + length if length else len(data)] for at, length in places)


def _kinds(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and kind of each item (`infe`, ISO/IEC 14496-12, 8.11.6)."""
    for kind, entry in boxes(content[8 if content[0] else 6 :]):
        if kind == b"infe" and entry[0] >= 2:
            wide = 2 if entry[0] > 2 else 0
            yield int.from_bytes(entry[4 : 6 + wide], "big"), entry[8 + wide : 12 + wide]


def _places(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Item, offset in the file and length of each piece of each item (`iloc`, ISO/IEC 14496-12, 8.11.3)."""
    version = content[0]
    offset_size, length_size, base_size = content[4] >> 4, content[4] & 15, content[5] >> 4
    index_size = content[5] & 15 if version else 0
    reader = _Numbers(content, 6)
    found = 0
    for _ in range(reader.next(4 if version == 2 else 2)):
        item = reader.next(4 if version == 2 else 2)
        in_file = not version or reader.next(2) & 15 == 0
        reader.next(2)
        base = reader.next(base_size)
        for _ in range(reader.next(2)):
            reader.next(index_size)
            offset, length = reader.next(offset_size), reader.next(length_size)
            found += 1
            if found > _MOST_PLACES:
                return
            if in_file:
                yield item, base + offset, length


class _Numbers:
    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def next(self, size: int) -> int:
        """The next number of so many bytes. Raises IndexError at the end."""
        if self._at + size > len(self._data):
            raise IndexError(self._at)
        self._at += size
        return int.from_bytes(self._data[self._at - size : self._at], "big")
